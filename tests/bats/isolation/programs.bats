#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs in an isolated cgroup: every system call is isolated and gives the same result as
# outside. Each program is run outside, then inside, and compared. The CPUs are parallel,
# because some of the programs are races.
#
# guest: --parallel
# limit: 600

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
	echo core >/proc/sys/kernel/core_pattern
	echo 0 >/proc/sys/kernel/core_uses_pid
}

teardown() {
	remove_top
	[[ ! -e /sys/module/sci_target_a ]] || rmmod sci_target_a
}

# Every system call counts, once

@test "each of 5,000 getppid() in an isolated cgroup is counted as isolated" {
	local a n b delta

	isolated_cgroup a
	read -r a n b delta < <(inside $top/a $programs/calls count 5000)
	equals "first words" "$a $b" "calls isolated"
	equals "calls that succeeded" "$n" 5000
	within "isolated_syscalls" "$delta" 5000 5002
}

@test "none of 5,000 getppid() outside is counted as isolated" {
	local a n b delta

	make_cgroup a
	read -r a n b delta < <(inside $top/a $programs/calls count 5000)
	equals "first words" "$a $b" "calls isolated"
	equals "calls that succeeded" "$n" 5000
	equals "isolated_syscalls" "$delta" 0
}

@test "all system calls of a libc program, from exec to exit, are isolated" {
	local before n cg=$top/a

	# strace counts them outside, without the exec itself.
	n=$(strace -f -o /tmp/trace $programs/calls mix | awk '{ print $2 }')
	at_least "calls of the mix" "$n" 80
	n=$(grep -c '(' /tmp/trace)
	isolated_cgroup a
	# The shell: a write to cgroup.procs, then exec. Its end is not counted twice.
	before=$(isolated_syscalls $cg)
	inside $cg $programs/calls mix
	within "isolated_syscalls" $(($(isolated_syscalls $cg) - before)) $((n - 1)) $((n + 25))
	no_violations $cg
}

@test "10,000 warm system calls of 70 kinds, three times in a row, cause no fault on text, indirect calls or data" {
	local -A got
	local cg=$top/a words

	isolated_cgroup a
	read -r -a words < <(inside $cg $programs/calls warm 10000)
	while ((${#words[@]})); do
		got[${words[0]}]=${words[1]}
		words=("${words[@]:2}")
	done
	at_least "calls made" "${got[calls]}" 10000
	at_least "isolated_syscalls" "${got[isolated_syscalls]}" "${got[calls]}"
	equals "rounds in a row without a fault" "${got[quiet]}" 3
	equals "code_faults in the last 10,000" "${got[code_faults]}" 0
	equals "icall_faults in the last 10,000" "${got[icall_faults]}" 0
	equals "data_faults in the last 10,000" "${got[data_faults]}" 0
	no_violations $cg
}

@test "a second program in the same cgroup finds the views of the first warm" {
	local cg=$top/a first second

	isolated_cgroup a
	inside $cg $programs/calls mix
	first=$(key $cg/sci.stat code_faults)
	inside $cg $programs/calls mix
	second=$(($(key $cg/sci.stat code_faults) - first))
	at_least "code_faults of the first" "$first" 50
	((second * 10 < first)) || {
		say "code_faults: first $first, second $second"
		return 1
	}
}

@test "the results of the mix of system calls are the same inside" {
	same_inside $programs/calls mix
}

# Processes and threads

@test "fork, vfork, clone, exec, exec from a thread and posix_spawn work the same inside" {
	same_inside $programs/processes
}

@test "threads that map and unmap 512 GiB slots in a race see their own data, also inside" {
	same_inside $programs/threads slots racing_unmap
}

@test "a system call reaches neither memory that was unmapped nor the old page after a new mapping" {
	same_inside $programs/threads stale huge_ranges
}

@test "futexes, short-lived threads, a leader that exits first and exit_group work the same inside" {
	same_inside $programs/threads futexes many leader_first exit_group_while_calling
}

@test "a fork storm in an isolated cgroup ends well" {
	local cg=$top/a

	isolated_cgroup a
	run inside $cg $programs/forkstorm 4 200 </dev/null
	exits 0
	at_least "isolated_syscalls" "$(isolated_syscalls $cg)" 1000
	[[ $output == *"refused 0" ]]
	no_violations $cg
}

# Signals and time

@test "signal handlers, alternate stacks, nesting, restarts and exceptions work the same inside" {
	same_inside $programs/signals
}

@test "system calls interrupted by a timer every half millisecond give the right results inside" {
	same_inside $programs/timers itimer_real itimer_prof interrupted_sleep
}

@test "system calls that are preempted, or whose task changes CPU, give the right results inside" {
	same_inside $programs/timers preempted migrated
}

# ptrace

@test "ptrace works the same with both sides inside" {
	same_inside $programs/tracing
}

@test "an isolated process can be traced from outside: system calls, steps, injected system calls, watchpoints" {
	make_cgroup out
	isolated_cgroup in
	run $programs/tracing -r $top/out -t $top/in
	say "$output"
	exits 0
	at_least "isolated_syscalls of the tracee" "$(isolated_syscalls $top/in)" 100
	equals "isolated_syscalls of the tracer" "$(isolated_syscalls $top/out)" 0
	no_violations $top/in
}

@test "an isolated process can trace one outside" {
	make_cgroup out
	isolated_cgroup in
	run $programs/tracing -r $top/in -t $top/out
	say "$output"
	exits 0
	at_least "isolated_syscalls of the tracer" "$(isolated_syscalls $top/in)" 100
	equals "isolated_syscalls of the tracee" "$(isolated_syscalls $top/out)" 0
	no_violations $top/in
}

@test "an isolated program under strace prints what it prints alone" {
	isolated_cgroup a
	run inside $top/a strace -f -o /tmp/trace $programs/calls mix
	exits 0
	equals "output" "$output" "$($programs/calls mix)"
	grep -q 'getppid()' /tmp/trace
	no_violations $top/a
}

# Other ways in

@test "a 32-bit program works the same inside through int 0x80" {
	same_inside $programs/ia32 int80
	grep -q '^i386:' $top/same/sci.views
}

@test "a 32-bit program works the same inside through its vDSO (SYSENTER or SYSCALL)" {
	local how

	how=$($programs/ia32 fast --how)
	[[ $how == *sysenter* || $how == *syscall* ]]
	same_inside $programs/ia32 fast
	grep -q '^i386:' $top/same/sci.views
}

@test "each system call of a 32-bit program is counted as isolated, either way in" {
	local way before

	isolated_cgroup a
	for way in int80 fast; do
		before=$(isolated_syscalls $top/a)
		inside $top/a $programs/ia32 $way calls
		within "isolated_syscalls through $way" $(($(isolated_syscalls $top/a) - before)) 2003 2040
	done
}

@test "int 0x80 from a 64-bit program is isolated, on views of i386 system calls" {
	isolated_cgroup a
	run inside $top/a $programs/abi int80_calls
	equals "output" "$output" "ok int80_calls"
	grep -q '^i386:64 ' $top/a/sci.views
	at_least "isolated_syscalls" "$(isolated_syscalls $top/a)" 2000
	no_violations $top/a
}

@test "numbers of no system call, and x32 numbers, give ENOSYS inside" {
	same_inside $programs/abi bad_numbers no_x32
}

@test "every system call with bad arguments returns, also inside" {
	same_inside $programs/abi every_number
}

# Memory

@test "page faults in system calls are served: lazy, copy on write, files, stack, huge pages, userfaultfd" {
	same_inside $programs/faults
}

# Files and waiting

@test "pipes, epoll, timers, inotify, locks and terminals work the same inside" {
	same_inside $programs/io pipes epoll timerfd posix_timer watches locks terminal
}

@test "files, directories, splice, xattr and memfd work the same inside" {
	same_inside $programs/io directories attributes memory_files splices
}

@test "sockets work the same inside: UNIX with passed descriptors, TCP, UDP" {
	same_inside $programs/io unix_sockets tcp udp
}

@test "reading all of /proc/self and much of /proc works the same inside" {
	same_inside $programs/io proc
}

@test "System V IPC and POSIX queues work the same inside" {
	same_inside $programs/io ipc posix_queue
}

@test "aio works the same inside" {
	same_inside $programs/io aio
}

# The machine and the world

@test "LDT, segment bases and I/O ports work the same inside" {
	same_inside $programs/system ldt ldt_kept segment_bases ports
}

@test "membarrier and rseq work the same inside" {
	same_inside $programs/system barriers rseq
}

@test "namespaces, mounts and chroot work the same inside" {
	same_inside $programs/system namespaces mounts
}

@test "limits and changes of identity work the same inside" {
	same_inside $programs/system limits identities
}

@test "seccomp filters work the same inside: errno, trap, kill, strict, user notification" {
	same_inside $programs/system seccomp seccomp_notify
}

@test "an isolated process that crashes leaves a core file" {
	same_inside $programs/system core
}

# New views

@test "two processes that start to use a module at the same moment can both use it" {
	local cg=$top/a turn first before

	insmod $modules/sci_target_a.ko
	make_cgroup a
	start_inside $cg $programs/calls reading /proc/sci_target
	first=$started
	start_inside $cg $programs/calls reading /proc/sci_target
	# each time with views that are new
	for ((turn = 0; turn < 20; turn++)); do
		before=$(isolated_syscalls $cg)
		echo 1 >$cg/sci.enabled
		eventually 20 above $cg $((before + 200))
		echo 0 >$cg/sci.enabled
		kill -0 $first
		kill -0 $started
	done
	no_violations $cg
}

# Tracers

@test "perf samples call chains while isolated system calls run" {
	same_inside $programs/system perf_samples
}
