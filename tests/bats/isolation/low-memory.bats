#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Without the memory for isolation a task is refused or ends. No system call of an isolated
# cgroup runs without isolation.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
}

teardown() {
	[[ ! -e /proc/self/make-it-fail ]] || disarm
	remove_top
}

@test "with too little memory in the cgroup a task ends or is isolated" {
	local i run isolated n words=0

	make_cgroup a
	echo +memory >$root_cgroup/cgroup.subtree_control
	echo +memory >$top/cgroup.subtree_control
	echo 0 >$top/a/memory.swap.max 2>/dev/null || true
	writes $top/a/sci.enabled 1
	for i in 200 400 600 800 1000 1500 2000 4000; do
		echo ${i}K >$top/a/memory.max
		# a task that is killed, or refused, says nothing
		run=$(inside $top/a timeout 20 $programs/calls count 1000 2>/dev/null) || true
		[[ $run =~ ^calls\ ([0-9]+)\ isolated\ ([0-9]+)$ ]] || continue
		n=${BASH_REMATCH[1]} isolated=${BASH_REMATCH[2]}
		at_least "isolated calls with $i KiB" "$isolated" "$n"
		words=$((words + 1))
	done
	echo max >$top/a/memory.max
	isolates $top/a
	no_violations $top/a
	say "programs that could run: $words of 8"
}

# arm: make one in ten allocations fail of the tasks that ask for it
arm() {
	local dir

	for dir in failslab fail_page_alloc; do
		[[ -d /sys/kernel/debug/$dir ]] || skip "no fault injection in this kernel (CONFIG_FAIL_PAGE_ALLOC, CONFIG_FAILSLAB)"
		echo Y >/sys/kernel/debug/$dir/task-filter
		echo 10 >/sys/kernel/debug/$dir/probability
		echo -1 >/sys/kernel/debug/$dir/times
		echo 0 >/sys/kernel/debug/$dir/verbose
		echo N >/sys/kernel/debug/$dir/ignore-gfp-wait 2>/dev/null || true
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

disarm() {
	local dir

	for dir in failslab fail_page_alloc; do
		[[ ! -d /sys/kernel/debug/$dir ]] || echo 0 >/sys/kernel/debug/$dir/probability
	done
}

@test "when allocations fail a task ends or all its system calls are isolated" {
	local i run n isolated ran=0

	arm
	make_cgroup a
	writes $top/a/sci.enabled 1
	for ((i = 0; i < 60; i++)); do
		run=$(inside $top/a bash -c "echo 1 >/proc/self/make-it-fail; exec $programs/calls count 300" 2>/dev/null) || true
		[[ $run =~ ^calls\ ([0-9]+)\ isolated\ ([0-9]+)$ ]] || continue
		n=${BASH_REMATCH[1]} isolated=${BASH_REMATCH[2]}
		at_least "isolated calls" "$isolated" "$n"
		ran=$((ran + 1))
	done
	disarm
	isolates $top/a
	say "programs that could run: $ran of 60"
}
