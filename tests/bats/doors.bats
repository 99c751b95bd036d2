#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No way around: what the kernel does for an isolated task other than by the task's
# own system calls runs isolated too, or is refused, or docs/threat-model.md says why
# it is safe. The module sci_where tells on which page table a function runs.
#
# guest: --smp 2
# limit: 240

# Paths have no spaces; variables are those of bats and of helpers.bash.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load helpers.bash

doors=$programs/doors

setup() {
	make_top
	[[ -e /proc/sci_where ]] || insmod /sci/build/modules/sci_where.ko
	[[ -e /proc/sci_attack ]] || insmod /sci/build/modules/sci_attack.ko
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

# watch FUNCTION...: from now on sci_where notes who runs these, and where
watch() {
	echo "$*" >/proc/sci_where
}

# through CASE: this case of doors goes well, isolated, and nothing is a violation
through() {
	isolated_cgroup a
	run inside $top/a $doors $1
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

# The attack succeeds through the door where nobody is isolated, and nowhere else.
# stops CASE
stops() {
	make_cgroup out
	run inside $top/out $doors $1
	equals "result outside" "$output" "ok $1"
	isolated_cgroup a
	run inside $top/a $doors $1
	say "$output"
	[[ $output == *"killed by signal 9"* ]]
	equals "violations" "$(key $top/a/sci.events violations)" 1
	equals "kills" "$(key $top/a/sci.events kills)" 1
}

# helper: a program for the kernel to start, which tells its arguments, its cgroup and
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

@test "a task's own call runs on its view, and so does one that is not isolated on the full table" {
	watch ksys_write
	make_cgroup out
	inside $top/out $programs/calls mix >/dev/null
	ran ksys_write full calls
	watch ksys_write
	isolated_cgroup a
	inside $top/a $programs/calls mix >/dev/null
	ran ksys_write view calls
}

# io_uring

@test "an io_uring worker runs isolated" {
	watch shmem_file_write_iter
	through uring_worker
	ran shmem_file_write_iter view 'iou-wrk-[0-9]+'
	has_view worker:0
}

@test "an io_uring polling thread runs isolated" {
	watch pipe_write
	through uring_sqpoll
	ran pipe_write view 'iou-sqp-[0-9]+'
	has_view worker:1
}

@test "what io_uring leaves for the task to do on its way to user mode runs isolated" {
	watch eventfd_read
	through uring_task_work
	ran eventfd_read view doors
	has_view worker:3
}

@test "what io_uring's workers do counts as isolated" {
	local before

	isolated_cgroup a
	inside $top/a $doors uring_worker
	before=$(calls $top/a)
	inside $top/a $doors last_close
	before=$(($(calls $top/a) - before))
	# 100 calls of the program's to ask for a write, 100 reads, 100 writes by a worker
	say "an empty run: $before"
	at_least "isolated_syscalls of a run" "$(run_of uring_worker)" $((before + 300))
}

# run_of CASE: by how much isolated_syscalls rises
run_of() {
	local before

	before=$(calls $top/a)
	inside $top/a $doors $1 >/dev/null
	echo $(($(calls $top/a) - before))
}

@test "an attack by an io_uring worker succeeds outside and is stopped inside" {
	stops attack_worker
}

@test "an attack from a ring with a polling thread succeeds outside and is stopped inside" {
	stops attack_sqpoll
}

# vhost

@test "a vhost worker runs isolated" {
	[[ -e /dev/vhost-net ]] || skip "no vhost in this kernel"
	watch packet_sendmsg
	through vhost
	ran packet_sendmsg view 'vhost-[0-9]+'
	has_view worker:2
}

@test "a vhost worker that is not a child of its owner is refused with EPERM" {
	[[ -e /dev/vhost-net ]] || skip "no vhost in this kernel"
	through vhost_kthread
}

# Work put off

@test "the last close of a file releases it in the call" {
	watch eventfd_release
	through last_close
	ran eventfd_release view doors
}

@test "a file whose last reference goes with dup2 is released isolated, after the call" {
	watch eventfd_release
	through last_dup2
	ran eventfd_release view doors
	has_view worker:3
}

@test "a file that is open when its process exits is released isolated" {
	watch eventfd_release
	through last_exit
	ran eventfd_release view doors
}

@test "aio's fsync is done by a kernel thread, which only syncs the file" {
	watch aio_fsync_work ext4_sync_file io_submit_one
	through aio_fsync
	ran io_submit_one view doors
	ran ext4_sync_file full 'kworker/.*'
}

@test "aio's poll completes where the file is made ready, or in a kernel thread" {
	watch aio_poll_wake aio_poll_complete_work
	through aio_poll
	ran aio_poll_wake view doors
}

# Other ways in

@test "a 32-bit call of a 64-bit program runs on a view of its own" {
	watch shmem_file_write_iter
	through int80_write
	ran shmem_file_write_iter view doors
	has_view i386:4
}

@test "a vsyscall gives its three functions and nothing else" {
	through vsyscall
}

@test "a call sleeps in userfaultfd's hands and goes on isolated" {
	watch handle_userfault userfaultfd_ioctl shmem_write_end
	through uffd
	# the fault itself is an exception
	ran handle_userfault full doors
	ran userfaultfd_ioctl view doors
	ran shmem_write_end view doors
}

@test "signals are delivered between calls, and their handlers' calls run isolated" {
	watch get_signal restore_altstack '*_sys_getppid'
	through signals
	ran get_signal full doors
	ran restore_altstack view doors
	ran '.*_sys_getppid' view doors
}

@test "a tracer's calls into an isolated process run on that process's views" {
	make_cgroup out
	isolated_cgroup a
	watch __x64_sys_getcwd
	run $programs/tracing -r $top/out -t $top/a injection
	equals "output" "$output" "ok injection"
	ran __x64_sys_getcwd view tracing
	no_violations $top/a
}

# Programs that the kernel starts

@test "a crash writes its core outside of isolation, where core_pattern says" {
	echo /tmp/core.%e >/proc/sys/kernel/core_pattern
	watch do_coredump
	through crash
	ran do_coredump full doors
	[[ $(head -c 4 /tmp/core.doors) == $'\177ELF' ]]
	rm /tmp/core.doors
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
	ran __request_module view doors
	ran call_usermodehelper_exec_work full 'kworker/.*'
	helped '-q -- net-pf-9'
}

@test "request-key for an isolated task is the host's" {
	helper
	cp /tmp/helper /sbin/request-key
	through upcall
	helped 'create [0-9]+ 0 0 '
}
