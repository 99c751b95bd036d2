#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How a violation is reported: in the kernel log, in sci.events and sci.events.local, to
# processes that wait for these files, and by trace events.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

t=/sys/kernel/tracing

setup() {
	make_top
	load_module sci_attack
}

teardown() {
	echo 0 >$t/events/sci/enable
	: >$t/trace
	remove_top
}

# The log

@test "the log names the process, the system call, the target and the reason" {
	isolated_cgroup a
	dmesg --clear
	dies $top/a escalate
	logged_once 'syscall x86_64:1 target prepare_kernel_cred\+0x[0-9a-f]+/0x[0-9a-f]+ .*reason [a-z-]+'
}

# The files

@test "a violation wakes up poll on sci.events" {
	isolated_cgroup a
	run $programs/await_event poll $top/a/sci.events 5 \
		bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' $top/a $attacker escalate
	equals "poll" "${lines[-1]}" event
	equals "violations" "$(key $top/a/sci.events violations)" 1
}

@test "a violation is an inotify event on sci.events and on sci.events.local" {
	isolated_cgroup a
	for file in sci.events sci.events.local; do
		run $programs/await_event inotify $top/a/$file 5 \
			bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' $top/a $attacker escalate
		equals "inotify on $file" "${lines[-1]}" event
	done
}

@test "there is no event without a violation" {
	isolated_cgroup a
	for how in poll inotify; do
		run $programs/await_event $how $top/a/sci.events 1 \
			bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' $top/a $attacker read-text int_sqrt
		equals "$how" "${lines[-1]}" "no event"
	done
}

@test "events count in ancestors, local events in the cgroup of the attacker only" {
	make_cgroup a/child
	isolated_cgroup a
	equals "effective in the child" "$(<$top/a/child/sci.enabled.effective)" 1
	dies $top/a/child escalate
	for file in child/sci.events.local sci.events; do
		equals "violations in $file" "$(key $top/a/$file violations)" 1
		equals "kills in $file" "$(key $top/a/$file kills)" 1
	done
	equals "violations in sci.events.local" "$(key $top/a/sci.events.local violations)" 0
	run $programs/await_event poll $top/a/sci.events 5 \
		bash -c 'echo $$ >"$0/child/cgroup.procs" && exec "$@"' $top/a $attacker escalate
	equals "poll on the parent's sci.events" "${lines[-1]}" event
	rmdir $top/a/child
	equals "violations after the child is gone" "$(key $top/a/sci.events violations)" 2
}

# Trace events

# events PATTERN: lines of the trace that match
events() {
	grep -E "$1" $t/trace
}

@test "the trace event sci_fault has the system call, the instruction, the target and the verdict" {
	isolated_cgroup a
	echo 1 >$t/events/sci/sci_fault/enable
	inside $top/a $programs/calls mix >/dev/null
	echo 0 >$t/events/sci/sci_fault/enable
	events 'calls-.* sci_fault: syscall=x86_64:0 ip=[^ ]+ target=[^ ]+ access=exec verdict=ok$'
	# one for each page that was added
	within "events" "$(events 'access=exec verdict=ok' | grep -c .)" \
		1 "$(key $top/a/sci.stat code_faults)"
}

@test "the trace event sci_violation has the system call, the target, the reason and the verdict" {
	audited_cgroup a
	echo 1 >$t/events/sci/sci_violation/enable
	gets_42 $top/a mid int_sqrt body 1764
	echo enforce >$top/a/sci.mode
	dies $top/a mid int_sqrt body 1764
	echo 0 >$t/events/sci/sci_violation/enable
	equals "events" "$(events sci_violation | sed 's/.*sci_violation: //; s/+0x[^ ]*//')" \
		$'syscall=x86_64:1 target=int_sqrt reason=mid-function verdict=audit\nsyscall=x86_64:1 target=int_sqrt reason=mid-function verdict=kill'
}
