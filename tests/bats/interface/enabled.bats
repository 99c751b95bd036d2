#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sci.enabled and sci.enabled.effective: what may be written, by whom, what it means for
# the cgroups below, and when it takes effect on running tasks.
#
# limit: 360

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
}

teardown() {
	remove_top
}

# Files and values

@test "a non-root cgroup has the files of sci, and the root cgroup has sci.direct_map only" {
	local file

	make_cgroup a
	for file in sci.enabled sci.enabled.effective sci.mode sci.mode.effective sci.stat sci.views sci.events sci.events.local; do
		[[ -f $top/a/$file ]]
	done
	[[ ! -e $top/a/sci.direct_map ]]
	equals "files of the root" "$(find $root_cgroup -maxdepth 1 -name 'sci.*')" $root_cgroup/sci.direct_map
}

@test "a cgroup whose parent does not enable the controller for it has no files of sci" {
	mkdir $top/a
	[[ -z $(find $top/a -name 'sci.*') ]]
}

@test "a new cgroup is not isolated, has no view and counts nothing" {
	local name value names=()

	make_cgroup a
	state $top/a 0 0
	while read -r name value; do
		names+=("$name")
		equals "$name" "$value" 0
	done <$top/a/sci.stat
	equals "keys of sci.stat" "${names[*]}" "isolated_syscalls code_faults icall_faults data_faults spurious_faults pgd_syncs refused_syscalls windows denied_syscalls views mapped_pages table_bytes"
	equals "sci.events" "$(<$top/a/sci.events)" $'violations 0\nkills 0'
	equals "sci.events.local" "$(<$top/a/sci.events.local)" $'violations 0\nkills 0'
	equals "sci.views" "$(<$top/a/sci.views)" ""
}

@test "sci.enabled takes 0 and 1, with and without a newline, and again" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	state $top/a 1 1
	writes $top/a/sci.enabled 1
	state $top/a 1 1
	writes $top/a/sci.enabled $'0\n'
	state $top/a 0 0
	writes $top/a/sci.enabled 0
	state $top/a 0 0
	writes $top/a/sci.enabled $'1\n'
	state $top/a 1 1
}

@test "sci.enabled refuses everything else with EINVAL and stays as it is" {
	local bad start

	make_cgroup a
	for start in 0 1; do
		writes $top/a/sci.enabled $start
		for bad in 2 -1 10 $'\n' yes on ' 1 x' '1 0' $'1\n0' 99999999999999999999 \
			18446744073709551617 4294967297 1.0 1x 0x '1,' "$(printf '%04000d' 2)"; do
			refuses EINVAL $top/a/sci.enabled "$bad"
			state $top/a $start $start
		done
	done
}

@test "an empty write changes nothing" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	put $top/a/sci.enabled ""
	state $top/a 1 1
}

@test "the read-only files refuse a write, even by root" {
	local file

	make_cgroup a
	for file in sci.enabled.effective sci.mode.effective sci.stat sci.views sci.events sci.events.local; do
		put $top/a/$file 1
		equals "exit status of writing $file" "$status" 1
	done
	state $top/a 0 0
}

# Hierarchy

@test "a cgroup created below an isolated one is isolated, and so is its child" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	make_cgroup a/b/c
	state $top/a/b 0 1
	state $top/a/b/c 0 1
	isolates $top/a/b/c
}

@test "enabling isolates the cgroups that already exist below" {
	make_cgroup a/b/c
	make_cgroup a/d
	writes $top/a/sci.enabled 1
	state $top/a/b 0 1
	state $top/a/b/c 0 1
	state $top/a/d 0 1
	state $top 0 0
	isolates $top/a/b/c
}

@test "writing 0 in a cgroup does not undo the 1 of an ancestor" {
	make_cgroup a/b
	writes $top/a/sci.enabled 1
	writes $top/a/b/sci.enabled 1
	writes $top/a/b/sci.enabled 0
	state $top/a/b 0 1
	isolates $top/a/b
}

@test "disabling an ancestor leaves those cgroups isolated that have a 1 of their own, and no others" {
	make_cgroup a/b/c
	make_cgroup a/d
	writes $top/a/sci.enabled 1
	writes $top/a/b/sci.enabled 1
	writes $top/a/sci.enabled 0
	state $top/a 0 0
	state $top/a/b 1 1
	state $top/a/b/c 0 1
	state $top/a/d 0 0
	isolates $top/a/b/c
	does_not_isolate $top/a/d
}

@test "siblings are isolated one by one" {
	make_cgroup a
	make_cgroup b
	writes $top/a/sci.enabled 1
	state $top/b 0 0
	isolates $top/a
	does_not_isolate $top/b
}

@test "isolation works twelve levels down" {
	make_cgroup a/b/c/d/e/f/g/h/i/j/k/l
	writes $top/a/sci.enabled 1
	state $top/a/b/c/d/e/f/g/h/i/j/k/l 0 1
	isolates $top/a/b/c/d/e/f/g/h/i/j/k/l
	writes $top/a/sci.enabled 0
	state $top/a/b/c/d/e/f/g/h/i/j/k/l 0 0
	does_not_isolate $top/a/b/c/d/e/f/g/h/i/j/k/l
}

# Domain controller

@test "a cgroup that has processes cannot enable the controller for its children: EBUSY" {
	make_cgroup a
	start_inside $top/a sleep 100
	refuses EBUSY $top/a/cgroup.subtree_control +sci
	equals "cgroup.subtree_control" "$(<$top/a/cgroup.subtree_control)" ""
}

@test "a cgroup that enables the controller for its children takes no process: EBUSY" {
	make_cgroup a/b
	refuses EBUSY $top/a/cgroup.procs $$
}

@test "below a cgroup that enables the controller there are no threaded cgroups" {
	make_cgroup a/b
	refuses EOPNOTSUPP $top/a/b/cgroup.type threaded
	state $top/a/b 0 0
}

@test "a thread moved to a threaded cgroup below an isolated one stays isolated" {
	local before

	make_cgroup a
	writes $top/a/sci.enabled 1
	mkdir $top/a/t
	start_inside $top/a $programs/calls spin
	writes $top/a/t/cgroup.type threaded
	writes $top/a/t/cgroup.threads $started
	rises $top/a
	kill -0 $started
}

# Effect on running tasks

@test "enabling isolates a running task at its next system call, and disabling ends its isolation" {
	make_cgroup a
	start_inside $top/a $programs/calls spin
	still $top/a $started
	equals "isolated_syscalls" "$(isolated_syscalls $top/a)" 0
	writes $top/a/sci.enabled 1
	rises $top/a
	writes $top/a/sci.enabled 0
	still $top/a $started
	writes $top/a/sci.enabled 1
	rises $top/a
	kill -0 $started
	no_violations $top/a
}

@test "a task that sleeps in read() is isolated when it wakes, and is not after isolation was disabled" {
	local before

	make_cgroup a
	fifos
	start_inside $top/a $programs/calls wait <&7 >&8
	eventually 20 in_syscall $started 0
	writes $top/a/sci.enabled 1
	before=$(isolated_syscalls $top/a)
	printf x >&7
	answers x
	within "isolated calls after it woke" $(($(isolated_syscalls $top/a) - before)) 1000 1010
	eventually 20 in_syscall $started 0
	writes $top/a/sci.enabled 0
	before=$(isolated_syscalls $top/a)
	printf y >&7
	answers y
	equals "isolated calls after the disable" $(($(isolated_syscalls $top/a) - before)) 0
}

@test "a frozen task is isolated when it thaws" {
	make_cgroup a
	start_inside $top/a $programs/calls spin
	writes $top/a/cgroup.freeze 1
	eventually 10 grep -q 'frozen 1' $top/a/cgroup.events
	writes $top/a/sci.enabled 1
	equals "isolated_syscalls while frozen" "$(isolated_syscalls $top/a)" 0
	writes $top/a/cgroup.freeze 0
	rises $top/a
	kill -0 $started
}

@test "a stopped task is isolated when it continues" {
	make_cgroup a
	start_inside $top/a $programs/calls spin
	kill -STOP $started
	eventually 20 in_state $started T
	writes $top/a/sci.enabled 1
	kill -CONT $started
	rises $top/a
}

has_child() {
	pgrep -P $1 >/dev/null
}

@test "enabling a cgroup with a zombie and enabling an empty one both work" {
	local child

	make_cgroup a
	# its child exits, and nobody waits for it: not before the shell has
	# become sleep, for a shell would wait for it
	start_inside $top/a bash -c \
		'until [[ $(</proc/$$/comm) == sleep ]]; do :; done & exec sleep 100'
	eventually 20 has_child $started
	child=$(pgrep -P $started)
	eventually 20 in_state $child Z
	writes $top/a/sci.enabled 1
	state $top/a 1 1
	writes $top/a/sci.enabled 0
	kill $started
}

# Permissions

@test "writing 0 needs CAP_SYS_ADMIN: root without it gets EPERM" {
	make_cgroup a
	writes $top/a/sci.enabled 1 -c
	refuses EPERM $top/a/sci.enabled 0 -c
	state $top/a 1 1
	writes $top/a/sci.enabled 1 -c
	writes $top/a/sci.enabled 0
	state $top/a 0 0
	writes $top/a/sci.enabled 0 -c
}

@test "writing 0 needs CAP_SYS_ADMIN even below an isolated ancestor" {
	make_cgroup a/b
	writes $top/a/sci.enabled 1
	writes $top/a/b/sci.enabled 1
	refuses EPERM $top/a/b/sci.enabled 0 -c
	state $top/a/b 1 1
}

@test "bad input is EINVAL also without CAP_SYS_ADMIN" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	refuses EINVAL $top/a/sci.enabled 2 -c
	state $top/a 1 1
}

@test "a user without permission for the file can do nothing" {
	make_cgroup a
	refuses "open: EACCES" $top/a/sci.enabled 1 -u 1000
	state $top/a 0 0
}

@test "a user who owns the file may write 1 and may not write 0" {
	make_cgroup a
	chown 1000 $top/a/sci.enabled
	writes $top/a/sci.enabled 1 -u 1000
	state $top/a 1 1
	refuses EPERM $top/a/sci.enabled 0 -u 1000
	state $top/a 1 1
}

@test "root cannot write 0 to a file that a user without the capability has opened" {
	make_cgroup a
	chown 1000 $top/a/sci.enabled
	writes $top/a/sci.enabled 1
	refuses EPERM $top/a/sci.enabled 0 -o 1000
	state $top/a 1 1
}

@test "root of a user namespace cannot write 0" {
	make_cgroup a
	chown 1000 $top/a/sci.enabled
	writes $top/a/sci.enabled 1
	run setpriv --reuid 1000 --regid 1000 --clear-groups unshare -U -r $programs/put $top/a/sci.enabled 0
	equals "output" "$output" EPERM
	state $top/a 1 1
}

@test "from inside a cgroup namespace not even root can write sci.enabled of its root cgroup" {
	make_cgroup a
	run inside $top/a unshare -C $programs/put $top/a/sci.enabled 1
	equals "raising: output" "$output" EPERM
	state $top/a 0 0
	writes $top/a/sci.enabled 1
	run inside $top/a unshare -C $programs/put $top/a/sci.enabled 0
	equals "lowering: output" "$output" EPERM
	state $top/a 1 1
	isolates $top/a
}

@test "from inside a cgroup namespace a child of its root cgroup may be isolated" {
	make_cgroup a
	run inside $top/a unshare -C bash -ec "
		mkdir $top/a/init $top/a/c
		echo \$\$ >$top/a/init/cgroup.procs
		echo +sci >$top/a/cgroup.subtree_control
		$programs/put $top/a/c/sci.enabled 1"
	say "$output"
	exits 0
	state $top/a/c 1 1
	isolates $top/a/c
}
