#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# stress-ng in an isolated cgroup on two CPUs: each stressor, as two instances that check
# their own results, ends as it does outside.
#
# limit: 900

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
	mkdir -p /tmp/stress
}

teardown() {
	remove_top
	rm -rf /tmp/stress
}

# SECONDS NAME...: run the stressors; "NAME STATUS" for each. They lack the capability with
# which the stressor madvise would poison pages, its own among them, and die of that.
stress_script='
	cd /tmp/stress || exit 1
	seconds=$1
	shift
	for name; do
		status=0
		setpriv --bounding-set=-sys_admin stress-ng --$name 2 --timeout ${seconds}s --verify --quiet --oomable >/tmp/stress-$name.log 2>&1 || status=$?
		echo "$name $status"
	done'

# stressors NAME...: outside and inside they end the same way, and well
stressors() {
	local outside inside bad

	equals "CPUs" "$(nproc)" 2
	isolated_cgroup a
	outside=$(bash -c "$stress_script" stress 1 "$@" 3>&-)
	inside=$(inside $top/a bash -c "$stress_script" stress 2 "$@")
	equals "stressors that ran" "$(wc -l <<<"$inside")" $#
	bad=$(awk '$2 != 0' <<<"$outside")
	equals "not well outside" "$bad" ""
	bad=$(awk '$2 != 0 { print $1 }' <<<"$inside")
	for bad in $bad; do
		say "inside, $bad:"
		tail -n 20 /tmp/stress-$bad.log >&2
	done
	equals "results inside" "$inside" "$outside"
	at_least "isolated_syscalls" "$(isolated_syscalls $top/a)" 10000
	no_violations $top/a
}

@test "8 stressors of processes and threads end inside as they do outside" {
	stressors clone exec fork pthread vfork wait futex switch
}

@test "8 stressors of memory end inside as they do outside" {
	stressors brk fault madvise malloc mmap mprotect mremap vm
}

@test "8 stressors of files end inside as they do outside" {
	stressors dentry dup fcntl fstat getdent open rename splice
}

@test "8 stressors of pipes, sockets and waiting end inside as they do outside" {
	stressors epoll eventfd fifo pipe poll sock sockpair udp
}

@test "8 stressors of signals, timers and IPC end inside as they do outside" {
	stressors itimer kill msg sem-sysv shm-sysv sigfd signal timer
}
