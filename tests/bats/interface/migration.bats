#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tasks that are moved or cloned into an isolated cgroup, between two of them, and out:
# when they are isolated, and who may do it.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
}

teardown() {
	remove_top
}

# Migration

@test "a task that moves in is isolated from its next system call on, and no longer when it has moved out" {
	make_cgroup a
	isolated_cgroup b
	start_inside $top/a $programs/calls spin
	still $top/b $started
	writes $top/b/cgroup.procs $started
	rises $top/b
	writes $top/a/cgroup.procs $started
	still $top/b $started
	equals "isolated_syscalls outside" "$(isolated_syscalls $top/a)" 0
	kill -0 $started
}

@test "a task that moves between isolated cgroups uses the views of the new one" {
	isolated_cgroup a
	isolated_cgroup b
	start_inside $top/a $programs/calls spin
	rises $top/a
	equals "sci.views of b" "$(<$top/b/sci.views)" ""
	writes $top/b/cgroup.procs $started
	rises $top/b
	still $top/a $started
	grep -q '^x86_64:110 ' $top/b/sci.views
	kill -0 $started
}

@test "moving in and between isolated cgroups needs no capability, moving out needs CAP_SYS_ADMIN" {
	make_cgroup a
	isolated_cgroup b
	isolated_cgroup c
	start_inside $top/a $programs/calls spin
	writes $top/b/cgroup.procs $started -c
	rises $top/b
	writes $top/c/cgroup.procs $started -c
	rises $top/c
	refuses EPERM $top/a/cgroup.procs $started -c
	member $top/c $started
	rises $top/c
	refuses EPERM $root_cgroup/cgroup.procs $started -c
	member $top/c $started
	writes $top/a/cgroup.procs $started
	member $top/a $started
}

@test "an isolated task cannot leave by itself without CAP_SYS_ADMIN" {
	make_cgroup a
	isolated_cgroup b
	run inside $top/b setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		$programs/put $top/a/cgroup.procs 0
	equals "output" "$output" EPERM
	run inside $top/b setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		$programs/put $top/b/sci.enabled 0
	equals "output" "$output" EPERM
	state $top/b 1 1
}

@test "a user who owns the subtree can move tasks in and cannot move them out" {
	make_cgroup a/in
	make_cgroup a/out
	writes $top/a/in/sci.enabled 1
	chown -R 1000 $top/a
	start_inside $top/a/out setpriv --reuid 1000 --regid 1000 --clear-groups $programs/calls spin
	writes $top/a/in/cgroup.procs $started -u 1000
	rises $top/a/in
	refuses EPERM $top/a/out/cgroup.procs $started -u 1000
	member $top/a/in $started
}

# all_wait PID N: the first thread waits for N others, which wait for a byte
all_wait() {
	in_syscall $1 202 && (($(cat /proc/$1/task/*/syscall | grep -c '^0 ') == $2))
}

@test "the threads of a process move in together" {
	local threads

	make_cgroup a
	isolated_cgroup b
	fifos
	start_inside $top/a $programs/calls threads 8 <&7 >&8
	eventually 20 all_wait $started 8
	threads=$(ls /proc/$started/task)
	writes $top/b/cgroup.procs $started
	equals "cgroup.threads of a" "$(<$top/a/cgroup.threads)" ""
	equals "cgroup.threads of b" "$(sort -n $top/b/cgroup.threads)" "$(sort -n <<<"$threads")"
	equals "isolated_syscalls of threads that sleep" "$(isolated_syscalls $top/b)" 0
	printf xxxxxxxx >&7
	answers xxxxxxxx
	wait $started
	# 8,000, and what it takes to meet, to answer and to end
	within "isolated_syscalls" "$(isolated_syscalls $top/b)" 8000 8200
	no_violations $top/b
}

@test "writing -sci to an ancestor's cgroup.subtree_control needs CAP_SYS_ADMIN while tasks are isolated below" {
	make_cgroup a/b
	writes $top/a/b/sci.enabled 1
	start_inside $top/a/b $programs/calls spin
	rises $top/a/b
	refuses EPERM $top/a/cgroup.subtree_control -sci -c
	state $top/a/b 1 1
	rises $top/a/b
	writes $top/a/cgroup.subtree_control -sci
	[[ ! -e $top/a/b/sci.enabled ]]
	kill -0 $started
	writes $top/a/cgroup.subtree_control +sci
	state $top/a/b 0 0
	still $top/a/b $started
	kill -0 $started
}

@test "writing -sci below an isolated cgroup keeps the tasks isolated and needs no capability" {
	make_cgroup a/b
	writes $top/a/sci.enabled 1
	start_inside $top/a/b $programs/calls spin
	rises $top/a
	writes $top/a/cgroup.subtree_control -sci -c
	[[ ! -e $top/a/b/sci.enabled ]]
	rises $top/a
	kill -0 $started
	no_violations $top/a
}

@test "writing +sci for a cgroup with tasks below an isolated one keeps them isolated" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	mkdir $top/a/b
	start_inside $top/a/b $programs/calls spin
	rises $top/a
	writes $top/a/cgroup.subtree_control +sci
	state $top/a/b 0 1
	rises $top/a
	kill -0 $started
}

# CLONE_INTO_CGROUP

@test "a child cloned into an isolated cgroup is isolated from its first system call on" {
	make_cgroup a
	isolated_cgroup b
	run inside $top/a $programs/clone_into -c $top/b $programs/calls count 100
	say "$output"
	exits 0
	[[ $output =~ ^calls\ 100\ isolated\ 10[0-2]$ ]]
	equals "isolated_syscalls of the parent" "$(isolated_syscalls $top/a)" 0
}

@test "a child cannot be cloned out of an isolated cgroup, not even with CAP_SYS_ADMIN" {
	make_cgroup a
	isolated_cgroup b
	run inside $top/b $programs/clone_into -c $top/a true
	exits 125
	equals "output" "$output" EPERM
	run inside $top/b $programs/clone_into $top/a true
	exits 125
	equals "output" "$output" EPERM
}

@test "a child can be cloned from one isolated cgroup into another without a capability" {
	isolated_cgroup a
	isolated_cgroup b
	run inside $top/a $programs/clone_into -c $top/b $programs/calls count 100
	say "$output"
	exits 0
	[[ $output =~ ^calls\ 100\ isolated\ 10[0-2]$ ]]
}
