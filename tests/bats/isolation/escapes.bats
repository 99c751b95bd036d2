#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Work that could escape isolation: all that the kernel does for an isolated task other than
# in the task's own system calls is isolated, or is refused, or docs/threat-model.md says why
# it is safe. The module sci_where tells on which page table a function runs.
#
# limit: 360

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

escapes=$programs/escapes

setup() {
	make_top
	load_module sci_where
	load_module sci_attack
	modprobe=$(</proc/sys/kernel/modprobe)
	core_pattern=$(</proc/sys/kernel/core_pattern)
}

teardown() {
	watch ""
	echo $modprobe >/proc/sys/kernel/modprobe
	echo "$core_pattern" >/proc/sys/kernel/core_pattern
	rm -f /tmp/helper /tmp/helped /sbin/request-key
	remove_top
}

# watch FUNCTION...: from now on sci_where notes which programs run these, and where
watch() {
	echo "$*" >/proc/sci_where
}

# through CASE: this case of escapes goes well, isolated, and nothing is a violation
through() {
	isolated_cgroup a
	run inside $top/a $escapes $1
	[[ $output != "skip $1" && $output != *"skip: "* ]] || skip "$output"
	equals "result" "$output" "ok $1"
	no_violations $top/a
}

# ran FUNCTION PAGE_TABLE COMM: tasks whose name matches have run it there, and there
# only. FUNCTION is a regular expression, too.
ran() {
	local where

	where=$(awk -v name="^$1\$" -v comm="^$3\$" \
		'$1 ~ name && $3 ~ comm { print $2 }' /proc/sci_where | sort -u | paste -sd' ')
	equals "where $3 ran $1" "$where" "$2" || {
		cat /proc/sci_where >&2
		return 1
	}
}

# has_view NAME: with this view in the isolated cgroup
has_view() {
	grep -q "^$1 pages=" $top/a/sci.views || {
		say "no view $1:"
		cat $top/a/sci.views >&2
		return 1
	}
}

# helper: a program for the kernel to start, which prints its arguments, its cgroup and
# whether that is isolated
helper() {
	cat >/tmp/helper <<-'END'
		#!/bin/bash
		[[ ! -p /dev/stdin ]] || size=$(wc -c)
		IFS=: read -r _ _ cgroup </proc/self/cgroup
		isolated=$(cat /sys/fs/cgroup$cgroup/sci.enabled.effective 2>/dev/null)
		echo "cgroup $cgroup isolated ${isolated:-0} input ${size:-0} uid $UID arguments $*" >/tmp/helped.new
		mv /tmp/helped.new /tmp/helped
	END
	chmod 755 /tmp/helper
}

# helped REGEX: it has been started, outside of any isolated cgroup, with these arguments
helped() {
	eventually 30 test -e /tmp/helped
	[[ $(</tmp/helped) =~ ^"cgroup / isolated 0 input "([0-9]+)" uid 0 arguments "$1 ]] || {
		say "the helper: $(</tmp/helped)"
		return 1
	}
}

@test "a task's own system call runs on a view if it is isolated, and on the full page table if not" {
	watch ksys_write
	make_cgroup out
	inside $top/out $programs/calls mix >/dev/null
	ran ksys_write full calls
	watch ksys_write
	isolated_cgroup a
	inside $top/a $programs/calls mix >/dev/null
	ran ksys_write view calls
}

# io_uring: its workers and polling threads would do a system call's work outside of isolation

# denied CGROUP: how many system calls of io_uring so far
denied() {
	key $1/sci.stat denied_syscalls
}

@test "the system calls of io_uring are refused with EPERM, also the 32-bit ones, and counted" {
	through uring_refused
	equals "denied_syscalls" "$(denied $top/a)" 6
}

@test "a ring from before isolation cannot be used any more" {
	local result

	make_cgroup a
	fifos
	start_inside $top/a $escapes uring_kept <&7 >&8
	answers r
	echo 1 >$top/a/sci.enabled
	printf x >&7
	read -r -t 60 result <&8
	equals "result" "$result" "ok uring_kept"
	equals "denied_syscalls" "$(denied $top/a)" 6
	no_violations $top/a
}

# all_to CGROUP FROM: the processes of FROM move, one by one
all_to() {
	local pid

	for pid in $(<$2/cgroup.procs); do
		writes $1/cgroup.procs $pid
	done
}

@test "isolating a process with a polling thread fails with EBUSY and changes nothing" {
	local result pid

	make_cgroup a
	make_cgroup b
	fifos
	start_inside $top/a $escapes uring_polling <&7 >&8
	answers r
	refuses EBUSY $top/a/sci.enabled 1
	equals "sci.enabled" "$(<$top/a/sci.enabled)" 0
	equals "sci.mode.effective" "$(<$top/a/sci.mode.effective)" off
	echo 1 >$top/b/sci.enabled
	# the process whose thread it is
	pid=$(grep -lx "iou-sqp-.*" /proc/[0-9]*/task/*/comm | cut -d/ -f3)
	refuses EBUSY $top/b/cgroup.procs $pid
	member $top/a $pid
	# audit mode takes it, and does not become enforce mode with it
	writes $top/a/sci.mode audit
	writes $top/a/sci.enabled 1
	refuses EBUSY $top/a/sci.mode enforce
	equals "sci.mode.effective" "$(<$top/a/sci.mode.effective)" audit
	printf x >&7
	read -r -t 60 result <&8
	equals "result" "$result" "ok uring_polling"
}

@test "an attack by an io_uring worker succeeds outside and gets no worker inside" {
	make_cgroup out
	run inside $top/out $escapes attack_worker
	equals "result outside" "$output" "ok attack_worker"
	isolated_cgroup a
	run inside $top/a $escapes attack_worker
	prints "io_uring_setup: Operation not permitted"
	equals "denied_syscalls" "$(denied $top/a)" 1
}

@test "an attack from a ring with a polling thread succeeds outside and gets no ring inside" {
	make_cgroup out
	run inside $top/out $escapes attack_sqpoll
	equals "result outside" "$output" "ok attack_sqpoll"
	isolated_cgroup a
	run inside $top/a $escapes attack_sqpoll
	prints "io_uring_setup: Operation not permitted"
	equals "denied_syscalls" "$(denied $top/a)" 1
}

@test "audit mode lets io_uring work, outside of isolation, and counts its system calls" {
	watch shmem_file_write_iter pipe_write
	audited_cgroup a
	run inside $top/a $escapes uring_worker uring_sqpoll
	equals "results" "$output" $'ok uring_worker\nok uring_sqpoll'
	ran shmem_file_write_iter full 'iou-wrk-[0-9]+'
	ran pipe_write full 'iou-sqp-[0-9]+'
	at_least "denied_syscalls" "$(denied $top/a)" 100
	no_violations $top/a
}

# vhost: its worker is a thread of the process that asks for it

@test "a vhost worker is refused in enforce mode, which vhost reports as ENOMEM" {
	[[ -e /dev/vhost-net ]] || skip "no vhost in this kernel"
	make_cgroup out
	run inside $top/out $escapes vhost
	equals "result outside" "$output" "ok vhost"
	isolated_cgroup a
	run inside $top/a $escapes vhost
	prints "no worker: Cannot allocate memory"
	no_violations $top/a
}

@test "audit mode lets a vhost worker run, outside of isolation" {
	[[ -e /dev/vhost-net ]] || skip "no vhost in this kernel"
	watch packet_sendmsg
	audited_cgroup a
	run inside $top/a $escapes vhost
	equals "result" "$output" "ok vhost"
	ran packet_sendmsg full 'vhost-[0-9]+'
	no_violations $top/a
}

# Deferred work

@test "the last close() of a file releases it on the view of the system call" {
	watch eventfd_release
	through last_close
	ran eventfd_release view escapes
}

@test "a file whose last reference dup2() drops is released after the system call, on the full page table" {
	watch eventfd_release
	through last_dup2
	ran eventfd_release full escapes
}

@test "a file that is open when its process exits is released on the full page table" {
	watch eventfd_release
	through last_exit
	ran eventfd_release full escapes
}

@test "aio's fsync is done by a kernel thread, which only syncs the file" {
	watch aio_fsync_work ext4_sync_file io_submit_one
	through aio_fsync
	ran io_submit_one view escapes
	ran ext4_sync_file full 'kworker/.*'
}

@test "aio's poll completes where the file is made ready, or in a kernel thread" {
	watch aio_poll_wake aio_poll_complete_work
	through aio_poll
	ran aio_poll_wake view escapes
}

# Other ways in

@test "a 32-bit system call of a 64-bit program runs on a view of its own" {
	watch shmem_file_write_iter
	through int80_write
	ran shmem_file_write_iter view escapes
	has_view i386:4
}

@test "the vsyscall page offers its three functions and nothing else" {
	through vsyscall
}

@test "a system call that waits for userfaultfd goes on isolated" {
	watch handle_userfault userfaultfd_ioctl shmem_write_end
	through uffd
	# the fault itself is an exception
	ran handle_userfault full escapes
	ran userfaultfd_ioctl view escapes
	ran shmem_write_end view escapes
}

@test "signals are delivered between system calls, and their handlers' system calls are isolated" {
	watch get_signal restore_altstack '*_sys_getppid'
	through signals
	ran get_signal full escapes
	ran restore_altstack view escapes
	ran '.*_sys_getppid' view escapes
}

@test "system calls that a tracer makes an isolated process do run on that process's views" {
	make_cgroup out
	isolated_cgroup a
	watch __x64_sys_getcwd
	run $programs/tracing -r $top/out -t $top/a injection
	equals "output" "$output" "ok injection"
	ran __x64_sys_getcwd view tracing
	no_violations $top/a
}

# Programs that the kernel starts

@test "a crash writes its core file outside of isolation, where core_pattern says" {
	echo /tmp/core.%e >/proc/sys/kernel/core_pattern
	watch do_coredump
	through crash
	ran do_coredump full escapes
	[[ $(head -c 4 /tmp/core.escapes) == $'\177ELF' ]]
	rm /tmp/core.escapes
}

@test "a core dump's helper is the host's: it runs in the root cgroup" {
	local size

	helper
	echo '|/tmp/helper %P %s' >/proc/sys/kernel/core_pattern
	through crash
	helped '[0-9]+ 11$'
	size=${BASH_REMATCH[1]}
	at_least "size of the dump" "$size" 4096
}

@test "modprobe for an isolated task is the host's, with a name that the kernel makes" {
	helper
	echo /tmp/helper >/proc/sys/kernel/modprobe
	watch __request_module call_usermodehelper_exec_work
	through autoload
	ran __request_module view escapes
	ran call_usermodehelper_exec_work full 'kworker/.*'
	helped '-q -- net-pf-9'
}

@test "request-key for an isolated task is the host's" {
	helper
	cp /tmp/helper /sbin/request-key
	through upcall
	helped 'create [0-9]+ 0 0 '
}
