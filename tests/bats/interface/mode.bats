#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sci.mode: what follows a violation, for which cgroups, and who may change it; and
# the trace events that tell of faults and violations.
#
# limit: 240

# Paths have no spaces; variables are those of bats, of helpers.bash and of
# attack.bash.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/attack.bash
load ../lib/helpers.bash

t=/sys/kernel/tracing

setup() {
	make_top
	load_attack_module
}

teardown() {
	echo 0 >$t/events/sci/enable
	: >$t/trace
	remove_top
}

# mode CGROUP OWN EFFECTIVE
mode() {
	equals "$1/sci.mode" "$(<$1/sci.mode)" $2
	equals "$1/sci.mode.effective" "$(<$1/sci.mode.effective)" $3
}

# attack_in CGROUP: run it there; its exit status in $status, what it said in $output
attack_in() {
	run inside $1 $attacker -u 1000 mid int_sqrt body 1764
}

# comes_back CGROUP: the attack succeeds there
comes_back() {
	attack_in $1
	equals "exit status" $status 0
	equals "result" "${lines[2]}" "value: 42"
}

# dies CGROUP: the attack is stopped there
dies() {
	attack_in $1
	equals "exit status" $status 137
}

# counted CGROUP VIOLATIONS KILLS: so many so far
counted() {
	equals "violations of $1" "$(key $1/sci.events violations)" $2
	equals "kills of $1" "$(key $1/sci.events kills)" $3
}

# The files

@test "the mode is enforce unless it is set, and effective only where it is enabled" {
	make_cgroup a/b
	mode $top/a enforce off
	echo 1 >$top/a/sci.enabled
	mode $top/a enforce enforce
	mode $top/a/b enforce enforce
	echo 0 >$top/a/sci.enabled
	mode $top/a enforce off
	mode $top/a/b enforce off
}

@test "sci.mode takes enforce and audit, with and without a newline, and nothing else" {
	local text

	make_cgroup a
	writes $top/a/sci.mode audit
	mode $top/a audit off
	writes $top/a/sci.mode $'enforce\n'
	mode $top/a enforce off
	for text in "" off 0 1 2 Audit auditt aud "enforce audit" "enforce,audit" -; do
		[[ -z $text ]] || refuses EINVAL $top/a/sci.mode "$text"
		mode $top/a enforce off
	done
}

@test "the mode is changed while it is enabled, and again" {
	make_cgroup a
	echo 1 >$top/a/sci.enabled
	writes $top/a/sci.mode audit
	mode $top/a audit audit
	writes $top/a/sci.mode audit
	writes $top/a/sci.mode enforce
	mode $top/a enforce enforce
}

@test "an ancestor's enforce cannot be weakened below, an ancestor's audit can be strengthened" {
	make_cgroup strict/weak
	echo audit >$top/strict/weak/sci.mode
	echo 1 >$top/strict/weak/sci.enabled
	mode $top/strict/weak audit audit
	echo 1 >$top/strict/sci.enabled
	mode $top/strict/weak audit enforce
	dies $top/strict/weak
	make_cgroup lenient/firm
	make_cgroup lenient/other
	echo audit >$top/lenient/sci.mode
	echo 1 >$top/lenient/sci.enabled
	mode $top/lenient/firm enforce audit
	comes_back $top/lenient/firm
	echo 1 >$top/lenient/firm/sci.enabled
	mode $top/lenient/firm enforce enforce
	mode $top/lenient audit audit
	dies $top/lenient/firm
	comes_back $top/lenient/other
}

# Who may

@test "to weaken the mode takes CAP_SYS_ADMIN, where it is not enabled as well; to strengthen it does not" {
	local state

	make_cgroup a
	for state in 0 1; do
		echo $state >$top/a/sci.enabled
		refuses EPERM $top/a/sci.mode audit -c
		writes $top/a/sci.mode audit
		writes $top/a/sci.mode enforce -c
		mode $top/a enforce "$( ((state)) && echo enforce || echo off)"
	done
}

@test "root of a user namespace has no capability to weaken the mode" {
	isolated_cgroup a
	run unshare -Ur $programs/put $top/a/sci.mode audit
	((status != 0))
	mode $top/a enforce enforce
}

@test "from inside a cgroup namespace the mode of its root cannot be written, not even by root" {
	isolated_cgroup a
	run inside $top/a unshare -C $programs/put $top/a/sci.mode audit
	equals "output" "$output" EPERM
	mode $top/a enforce enforce
}

@test "moving a task from enforce to audit takes CAP_SYS_ADMIN, the other way does not" {
	isolated_cgroup firm
	make_cgroup lenient
	echo audit >$top/lenient/sci.mode
	echo 1 >$top/lenient/sci.enabled
	start_inside $top/lenient $programs/calls spin
	writes $top/firm/cgroup.procs $started -c
	refuses EPERM $top/lenient/cgroup.procs $started -c
	member $top/firm $started
	writes $top/lenient/cgroup.procs $started
	kill $started
}

# What follows a violation

@test "in audit mode a violation is counted and logged, and the attack succeeds; in enforce mode it kills" {
	make_cgroup a
	echo audit >$top/a/sci.mode
	echo 1 >$top/a/sci.enabled
	dmesg --clear
	comes_back $top/a
	counted $top/a 1 0
	dmesg --notime | grep -E 'sci: audited violation: attacker\[[0-9]+\] call x86_64:1 target int_sqrt\+0x.* reason mid-function$'
	echo enforce >$top/a/sci.mode
	dies $top/a
	counted $top/a 2 1
}

@test "the calls after an audited violation are isolated" {
	make_cgroup a
	echo audit >$top/a/sci.mode
	echo 1 >$top/a/sci.enabled
	[[ -e /proc/sci_where ]] || insmod /sci/build/modules/sci_where.ko
	# the attack is a write, then its result is read
	echo ksys_read >/proc/sci_where
	comes_back $top/a
	grep '^ksys_read .* attacker$' /proc/sci_where >$BATS_TEST_TMPDIR/where
	echo "" >/proc/sci_where
	equals "where the attacker reads" "$(<$BATS_TEST_TMPDIR/where)" "ksys_read view attacker"
}

@test "audit mode wakes up poll on sci.events" {
	make_cgroup a
	echo audit >$top/a/sci.mode
	echo 1 >$top/a/sci.enabled
	run $programs/await_event poll $top/a/sci.events 20 \
		bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' $top/a $attacker mid int_sqrt body 1764
	equals "poll" "${lines[-1]}" event
	counted $top/a 1 0
}

# Trace events

# events PATTERN: lines of the trace that match
events() {
	grep -E "$1" $t/trace
}

@test "sci_fault tells the call, the instruction, the target and the verdict" {
	isolated_cgroup a
	echo 1 >$t/events/sci/sci_fault/enable
	inside $top/a $programs/calls mix >/dev/null
	echo 0 >$t/events/sci/sci_fault/enable
	events 'calls-.* sci_fault: call=x86_64:0 ip=[^ ]+ target=[^ ]+ access=exec verdict=ok$'
	# one for each page that was added
	within "events" "$(events 'access=exec verdict=ok' | grep -c .)" \
		1 "$(key $top/a/sci.stat code_faults)"
}

@test "sci_violation tells the call, the target, the reason and what follows" {
	make_cgroup a
	echo audit >$top/a/sci.mode
	echo 1 >$top/a/sci.enabled
	echo 1 >$t/events/sci/sci_violation/enable
	comes_back $top/a
	echo enforce >$top/a/sci.mode
	dies $top/a
	echo 0 >$t/events/sci/sci_violation/enable
	equals "events" "$(events sci_violation | sed 's/.*sci_violation: //; s/+0x[^ ]*//')" \
		$'call=x86_64:1 target=int_sqrt reason=mid-function verdict=audit\ncall=x86_64:1 target=int_sqrt reason=mid-function verdict=kill'
}

@test "io_uring works in audit mode, with and without a worker, and its calls count as denied" {
	make_cgroup a
	echo audit >$top/a/sci.mode
	echo 1 >$top/a/sci.enabled
	equals "result" "$(inside $top/a $programs/io uring)" "ok uring"
	at_least "denied_syscalls" "$(key $top/a/sci.stat denied_syscalls)" 100
	counted $top/a 0 0
}
