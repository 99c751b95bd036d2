#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sci.mode: what follows a violation, for which cgroups, and who may change it.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

# An attack whose result shows that it came back.
harmless=(mid int_sqrt body 1764)

setup() {
	make_top
	load_module sci_attack
}

teardown() {
	remove_top
}

# The files

@test "the mode is enforce unless it is set, and takes effect only where isolation is enabled" {
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

@test "the mode can be changed while isolation is enabled, more than once" {
	make_cgroup a
	echo 1 >$top/a/sci.enabled
	writes $top/a/sci.mode audit
	mode $top/a audit audit
	writes $top/a/sci.mode audit
	writes $top/a/sci.mode enforce
	mode $top/a enforce enforce
}

@test "an ancestor's enforce cannot be weakened below, an ancestor's audit can be strengthened" {
	audited_cgroup strict/weak
	mode $top/strict/weak audit audit
	echo 1 >$top/strict/sci.enabled
	mode $top/strict/weak audit enforce
	dies $top/strict/weak "${harmless[@]}"
	make_cgroup lenient/firm
	make_cgroup lenient/other
	echo audit >$top/lenient/sci.mode
	echo 1 >$top/lenient/sci.enabled
	mode $top/lenient/firm enforce audit
	gets_42 $top/lenient/firm "${harmless[@]}"
	echo 1 >$top/lenient/firm/sci.enabled
	mode $top/lenient/firm enforce enforce
	mode $top/lenient audit audit
	dies $top/lenient/firm "${harmless[@]}"
	gets_42 $top/lenient/other "${harmless[@]}"
}

# Permissions

@test "weakening the mode needs CAP_SYS_ADMIN even where isolation is not enabled; strengthening it needs no capability" {
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

@test "root of a user namespace cannot weaken the mode" {
	isolated_cgroup a
	run unshare -Ur $programs/put $top/a/sci.mode audit
	((status != 0))
	mode $top/a enforce enforce
}

@test "from inside a cgroup namespace not even root can write the mode of its root cgroup" {
	isolated_cgroup a
	run inside $top/a unshare -C $programs/put $top/a/sci.mode audit
	equals "output" "$output" EPERM
	mode $top/a enforce enforce
}

@test "moving a task from enforce to audit needs CAP_SYS_ADMIN, moving it the other way needs no capability" {
	isolated_cgroup firm
	audited_cgroup lenient
	start_inside $top/lenient $programs/calls spin
	writes $top/firm/cgroup.procs $started -c
	refuses EPERM $top/lenient/cgroup.procs $started -c
	member $top/firm $started
	writes $top/lenient/cgroup.procs $started
	kill $started
}

# Violations in either mode

@test "in audit mode a violation is counted and logged, and the attack succeeds; in enforce mode it kills the attacker" {
	audited_cgroup a
	dmesg --clear
	gets_42 $top/a "${harmless[@]}"
	counted $top/a 1 0
	logged_once audited 'syscall x86_64:1 target int_sqrt\+0x.* reason mid-function'
	echo enforce >$top/a/sci.mode
	dies $top/a "${harmless[@]}"
	counted $top/a 2 1
}

@test "the system calls after an audited violation are isolated" {
	audited_cgroup a
	load_module sci_where
	# the attack is a write, then its result is read
	echo ksys_read >/proc/sci_where
	gets_42 $top/a "${harmless[@]}"
	grep '^ksys_read .* attacker$' /proc/sci_where >$BATS_TEST_TMPDIR/where
	echo "" >/proc/sci_where
	equals "where the attacker reads" "$(<$BATS_TEST_TMPDIR/where)" "ksys_read view attacker"
}

@test "audit mode wakes up poll on sci.events" {
	audited_cgroup a
	run $programs/await_event poll $top/a/sci.events 20 \
		bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' $top/a $attacker "${harmless[@]}"
	equals "poll" "${lines[-1]}" event
	counted $top/a 1 0
}

@test "io_uring works in audit mode, with and without a worker, and its system calls count as denied" {
	audited_cgroup a
	equals "result" "$(inside $top/a $programs/io uring)" "ok uring"
	at_least "denied_syscalls" "$(key $top/a/sci.stat denied_syscalls)" 100
	counted $top/a 0 0
}
