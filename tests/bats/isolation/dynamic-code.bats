#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Code that the kernel makes, loads and patches at run time: tracers, BPF, static keys and
# calls, modules, livepatches. Isolated system calls use it, it comes and goes in the middle
# of them, and it is there before a task is isolated. Each kind does its work, and none is a
# violation.
#
# limit: 1500

# Paths have no spaces; variables are those of bats and of the helpers; the
# functions named on_*, off_* and seen_* are called by name.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154,SC2317
load ../lib/helpers.bash

t=/sys/kernel/tracing

# One process in an isolated cgroup, whose views are warm, runs during all tests.
setup() {
	local pid=$BATS_FILE_TMPDIR/a.pid

	if [[ ! -e $pid ]] || ! kill -0 "$(<$pid)"; then
		remove_top
		make_top
		isolated_cgroup a
		mixing $top/a a
		echo $started >$pid
	fi
}

teardown_file() {
	remove_top
}

teardown() {
	local name

	echo nop >$t/current_tracer
	echo 0 >$t/events/enable
	: >$t/set_ftrace_filter
	: >$t/dynamic_events
	: >$t/trace
	[[ ! -d $t/instances/sci ]] || rmdir $t/instances/sci
	if [[ -e $top/b ]]; then
		echo 1 >$top/b/cgroup.kill
		eventually 20 rmdir $top/b
	fi
	for name in sci_direct sci_target_a sci_target_b; do
		[[ ! -e /sys/module/$name ]] || rmmod $name
	done
}

# mixing CGROUP NAME: a process that makes system calls of all kinds there, until a byte is
# written to the FIFO of this name
mixing() {
	[[ -p $BATS_FILE_TMPDIR/$2 ]] || mkfifo $BATS_FILE_TMPDIR/$2
	exec 9<>$BATS_FILE_TMPDIR/$2
	start_inside $1 $programs/calls mixing <&9
}

# mixed CGROUP: its process goes on, for more than a round of all kinds of system calls
mixed() {
	local before

	before=$(isolated_syscalls $1)
	eventually 60 mixed_or_dead $1 $((before + 100))
	above $1 $((before + 100))
}

mixed_or_dead() {
	above $1 $2 || [[ -z $(<$1/cgroup.procs) ]]
}

# unharmed: the process that runs throughout, and all others
unharmed() {
	mixed $top/a
	kill -0 "$(<$BATS_FILE_TMPDIR/a.pid)"
	no_violations $top
}

# used KIND [TURNS]: on_KIND brings code of this kind, off_KIND takes it away, seen_KIND
# says whether it has done its work for an isolated system call. It comes and goes TURNS
# times while a task is isolated, and is there when a running task is isolated, whose
# views are new then.
used() {
	local turn status=0

	for ((turn = 0; turn < ${2-2}; turn++)); do
		on_$1
		eventually 60 seen_$1
		off_$1
		mixed $top/a
	done

	make_cgroup b
	mixing $top/b $1
	on_$1
	echo 1 >$top/b/sci.enabled
	mixed $top/b
	eventually 60 seen_$1
	off_$1
	mixed $top/b
	printf x >&9
	wait $started || status=$?
	exits 0
	unharmed
}

needs() {
	[[ -e $1 ]] || skip "no $1 in this kernel"
}

# Tracers

on_function() {
	: >$t/trace
	echo '*_sys_get* vfs_* ksys_*' >$t/set_ftrace_filter
	echo function >$t/current_tracer
}

off_function() {
	echo nop >$t/current_tracer
}

seen_function() {
	grep -qm1 'calls-.*vfs_read' $t/trace
}

@test "the function tracer comes and goes while isolated system calls run" {
	used function
}

on_all_functions() {
	: >$t/trace
	: >$t/set_ftrace_filter
	echo function >$t/current_tracer
}

off_all_functions() {
	off_function
}

seen_all_functions() {
	seen_function
}

# Slow: once.
@test "the function tracer of all functions comes and goes while isolated system calls run" {
	used all_functions 0
}

on_graph() {
	: >$t/trace
	echo '*_sys_get* vfs_* ksys_*' >$t/set_ftrace_filter
	echo function_graph >$t/current_tracer
	echo 1 >$t/options/funcgraph-proc
}

off_graph() {
	echo nop >$t/current_tracer
}

seen_graph() {
	# a leaf's line, or the end of a function that has called others
	grep -qm1 'calls-.*vfs_read();' $t/trace || grep -qm1 'calls-.*}' $t/trace
}

@test "the function graph tracer, which replaces return addresses, comes and goes while isolated system calls run" {
	grep -q function_graph $t/available_tracers || skip "no function_graph tracer in this kernel"
	used graph
}

# probes LINE...: these dynamic events exist, enabled
probes() {
	printf '%s\n' "$@" >$t/dynamic_events
	echo 1 >$t/events/sci/enable
}

no_probes() {
	echo 0 >$t/events/sci/enable
	: >$t/dynamic_events
}

# hit EVENT: it has counted a hit
hit() {
	(($(awk -v name=$1 '$1 == name { print $2 }' $t/kprobe_profile) > 0))
}

on_kprobes() {
	probes 'p:sci/entry vfs_read' 'r:sci/return vfs_read $retval' 'r:sci/call __x64_sys_getppid'
}

off_kprobes() {
	no_probes
}

seen_kprobes() {
	hit entry && hit return && hit call
}

@test "kprobes and kretprobes on functions come and go while isolated system calls run" {
	needs $t/dynamic_events
	used kprobes
}

# boundaries FUNCTION: where a probe may be, from the second instruction on: those of
# the first 160 bytes
boundaries() {
	local offset

	for ((offset = 9; offset < 160; offset++)); do
		echo "p:sci/try $1+$offset" >$t/dynamic_events 2>/dev/null || continue
		: >$t/dynamic_events
		echo $offset
	done
}

on_everywhere() {
	local lines=() offset

	for offset in "${offsets[@]}"; do
		lines+=("p:sci/at$offset vfs_read+$offset")
	done
	probes "${lines[@]}"
}

off_everywhere() {
	no_probes
}

seen_everywhere() {
	hit at${offsets[0]} && grep -q 'vfs_read.*OPTIMIZED' /sys/kernel/debug/kprobes/list
}

@test "kprobes on every instruction of a function, call sites and optimized ones among them, come and go" {
	needs /sys/kernel/debug/kprobes/list
	mapfile -t offsets < <(boundaries vfs_read)
	at_least "instructions that can be probed" ${#offsets[@]} 10
	used everywhere 2
}

on_fprobe() {
	probes 'f:sci/entry vfs_read' 'f:sci/return vfs_write%return'
	: >$t/trace
}

off_fprobe() {
	no_probes
}

seen_fprobe() {
	grep -qm1 'calls-.* entry: ' $t/trace && grep -qm1 'calls-.* return: ' $t/trace
}

@test "fprobes on functions' starts and ends come and go while isolated system calls run" {
	grep -q 'f\[:' $t/README || skip "no fprobe events in this kernel"
	used fprobe
}

on_uprobes() {
	local at

	at=$programs/calls:$($programs/calls offset)
	: >$t/trace
	probes "p:sci/entry $at" "r:sci/return $at"
}

off_uprobes() {
	no_probes
}

seen_uprobes() {
	grep -qm1 'calls-.* entry: ' $t/trace && grep -qm1 'calls-.* return: ' $t/trace
}

@test "uprobes, whose return is a system call of its own, come and go in an isolated program" {
	needs $t/uprobe_events
	used uprobes
	# uretprobe(2), where the kernel has it
	grep -q '^x86_64:335 ' $top/a/sci.views || say "no uretprobe(2)"
}

on_direct() {
	insmod $modules/sci_direct.ko
}

off_direct() {
	rmmod sci_direct
}

seen_direct() {
	(($(</sys/module/sci_direct/parameters/hits) > 100))
}

@test "a direct trampoline of a module comes and goes while isolated system calls run" {
	used direct
}

on_events() {
	: >$t/trace
	echo 1 >$t/events/raw_syscalls/enable
	echo 1 >$t/events/sched/enable
	echo 1 >$t/events/kmem/enable
}

off_events() {
	echo 0 >$t/events/enable
}

seen_events() {
	grep -qm1 'calls-.* sys_enter: ' $t/trace && grep -qm1 ' sched_switch: ' $t/trace &&
		grep -qm1 'calls-.* km' $t/trace
}

@test "tracepoints of system calls, the scheduler and the allocator are switched on and off" {
	used events
}

# Two users of one tracepoint: its static call leads to another function than with one.
on_two_users() {
	on_events
	mkdir $t/instances/sci
	echo 1 >$t/instances/sci/events/raw_syscalls/enable
	echo 1 >$t/instances/sci/events/kmem/enable
}

off_two_users() {
	rmdir $t/instances/sci
	off_events
}

seen_two_users() {
	seen_events && grep -qm1 'calls-.* sys_exit: ' $t/instances/sci/trace
}

@test "a second user of a tracepoint moves its static call, and back" {
	used two_users
}

# Code that patches itself

on_preempt() {
	echo full >/sys/kernel/debug/sched/preempt
}

off_preempt() {
	echo none >/sys/kernel/debug/sched/preempt
	echo voluntary >/sys/kernel/debug/sched/preempt
}

seen_preempt() {
	grep -q '(full)' /sys/kernel/debug/sched/preempt
}

@test "the static calls of the preemption model are switched while isolated system calls run" {
	needs /sys/kernel/debug/sched/preempt
	used preempt 5
}

# BPF

# filters CASE...: they work inside, also when they are in place before a task is isolated
filters() {
	local name result

	run inside $top/a $programs/filters "$@"
	equals "results" "$output" "$(printf 'ok %s\n' "$@")"
	make_cgroup b
	fifos
	start_inside $top/b $programs/filters -w "$@" <&7 >&8
	for name; do
		answers r
		echo 1 >$top/b/sci.enabled
		printf x >&7
		read -r -t 60 result <&8
		equals "result" "$result" "ok $name"
		# The next one is put in place in the meantime, isolated or not.
		echo 0 >$top/b/sci.enabled
	done
	wait $started
	at_least "isolated_syscalls" "$(isolated_syscalls $top/b)" $((20 * $#))
	unharmed
}

@test "socket filters, classic with helpers and eBPF with a map, run in the sender's isolated system call" {
	filters socket_filter bpf_map_filter
}

@test "BPF programs on the isolated cgroup decide about its sockets and packets" {
	filters bpf_cgroup cgroup_skb
}

@test "BPF programs on functions' starts and returns count in isolated system calls" {
	filters probe_entry probe_return
}

# inside_too CASE: this one needs no more than to be run inside
inside_too() {
	run inside $top/a $programs/filters $1
	equals "result" "$output" "ok $1"
	unharmed
}

@test "socket filters of both kinds come and go while isolated system calls run through them" {
	inside_too filters_come_and_go
}

@test "a BPF tail call is patched to other programs while isolated system calls run through it" {
	inside_too tail_calls
}

@test "a static key is flipped while isolated system calls run over it" {
	inside_too static_key
}

@test "a seccomp filter reaches threads in the middle of isolated system calls" {
	inside_too seccomp_all_threads
}

# Modules

# ask: the answer of the reader in the isolated cgroup
ask() {
	local got

	printf x >&7
	read -r -t 60 got <&8
	printf '%s\n' "$got"
}

# answer VARIANT: of the module of this variant
answer() {
	printf 'direct %s far %s pointer %s static %s key off kernel ok\n' $1 $1 $1 $1
}

# reader FILE: in the isolated cgroup a, to ask
reader() {
	fifos
	start_inside $top/a $programs/calls tell $1 <&7 >&8
}

@test "a module that is loaded where another one was is the one that a view executes which has used both" {
	local turn variant address addresses=""

	reader /proc/sci_target
	equals "answer without a module" "$(ask)" 2
	for ((turn = 0; turn < 8; turn++)); do
		for variant in a b; do
			insmod $modules/sci_target_$variant.ko
			equals "answer of $variant" "$(ask)" "$(answer $variant)"
			equals "answer of $variant, again" "$(ask)" "$(answer $variant)"
			address=$(</sys/module/sci_target_$variant/sections/.text)
			addresses+="$address $variant"$'\n'
			rmmod sci_target_$variant
			equals "answer without a module" "$(ask)" 2
		done
	done
	# Otherwise this has shown nothing.
	addresses=$(sort -u <<<"$addresses" | cut -d' ' -f1 | sort | uniq -d)
	at_least "addresses at which both have been" "$(grep -c 0x <<<"$addresses")" 1
	kill -0 $started
	unharmed
}

@test "a module's static key and static call are patched while a view has them" {
	local turn other='direct a far a pointer a static A key on kernel ok'

	insmod $modules/sci_target_a.ko
	reader /proc/sci_target
	for ((turn = 0; turn < 10; turn++)); do
		equals "answer" "$(ask)" "$(answer a)"
		echo >/proc/sci_target
		equals "answer, patched" "$(ask)" "$other"
		echo >/proc/sci_target
	done
	unharmed
}

@test "a module loaded before its reader is isolated answers the same afterwards" {
	insmod $modules/sci_target_b.ko
	make_cgroup b
	fifos
	start_inside $top/b $programs/calls tell /proc/sci_target <&7 >&8
	equals "answer" "$(ask)" "$(answer b)"
	echo 1 >$top/b/sci.enabled
	equals "answer, isolated" "$(ask)" "$(answer b)"
	at_least "isolated_syscalls" "$(isolated_syscalls $top/b)" 3
	unharmed
}

@test "a module's functions are traced and probed while a view has them" {
	insmod $modules/sci_target_a.ko
	reader /proc/sci_target
	echo '*:mod:sci_target_a' >$t/set_ftrace_filter
	echo function >$t/current_tracer
	equals "answer" "$(ask)" "$(answer a)"
	grep -qm1 'calls-.*sci_target_far' $t/trace
	echo nop >$t/current_tracer
	probes 'p:sci/entry sci_target_a:sci_target_pointer' 'r:sci/return sci_target_a:sci_target_far'
	equals "answer" "$(ask)" "$(answer a)"
	hit entry
	hit return
	no_probes
	equals "answer" "$(ask)" "$(answer a)"
	unharmed
}

on_module() {
	insmod $modules/sci_target_a.ko
}

off_module() {
	rmmod sci_target_a
}

seen_module() {
	[[ $(inside $top/a cat /proc/sci_target) == "$(answer a)" ]]
}

@test "modules come and go while other isolated system calls run" {
	used module
}

# patched YES|NO: the livepatch is as it should be
patched() {
	local patch=/sys/kernel/livepatch/sci_livepatch

	case $1 in
	yes) [[ $(<$patch/enabled) == 1 && $(<$patch/transition) == 0 ]] ;;
	no) [[ ! -e $patch ]] ;;
	esac
}

@test "a livepatch of the kernel and of a module comes and goes while isolated system calls run" {
	local cmdline turn

	[[ -e $modules/sci_livepatch.ko ]] || skip "no livepatches in this kernel"
	cmdline=$(</proc/cmdline)
	insmod $modules/sci_target_a.ko
	for turn in 1 2; do
		equals "answer" "$(inside $top/a cat /proc/sci_target)" "$(answer a)"
		equals "cmdline" "$(inside $top/a cat /proc/cmdline)" "$cmdline"
		insmod $modules/sci_livepatch.ko
		eventually 60 patched yes
		equals "cmdline, patched" "$(inside $top/a cat /proc/cmdline)" livepatched
		equals "answer, patched" "$(inside $top/a cat /proc/sci_target)" \
			"direct L far a pointer a static a key off kernel ok"
		mixed $top/a
		# isolated only now
		isolated_cgroup b
		equals "cmdline, in a new view" "$(inside $top/b cat /proc/cmdline)" livepatched
		echo 0 >/sys/kernel/livepatch/sci_livepatch/enabled
		eventually 60 patched no
		eventually 20 rmmod sci_livepatch
		equals "cmdline, in a view that had the patch" "$(inside $top/b cat /proc/cmdline)" "$cmdline"
		eventually 20 rmdir $top/b
	done
	unharmed
}
