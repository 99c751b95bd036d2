#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks that need no page to be missing from a view: of indirect calls and of credentials,
# in enforce and in audit mode. The kernel is booted with retpolines, because the thunks
# that the checks replace are longer then.
#
# guest: --append spectre_v2=retpoline,generic

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

setup_file() {
	load_module sci_attack
}

setup() {
	make_top
	isolated_cgroup a
	dmesg --clear
}

teardown() {
	remove_top
}

@test "retpolines are in use, and indirect calls are checked" {
	[[ $(</sys/devices/system/cpu/vulnerabilities/spectre_v2) == *Retpolines* ]]
	run inside $top/a $programs/calls mix
	exits 0
	at_least "icall_faults" "$(key $top/a/sci.stat icall_faults)" 20
	no_violations $top/a
}

@test "warm system calls cause no fault on indirect calls" {
	run inside $top/a $programs/calls warm 2000
	exits 0
	prints "quiet 3 " "code_faults 0 icall_faults 0 data_faults 0"
}

@test "a corrupted pointer to a gadget in a page of the system call's view kills the attacker" {
	dies $top/a own-page
	logged_once '.* reason mid-function'
}

@test "a corrupted pointer to a function of another type kills the attacker" {
	dies $top/a fault-in
	logged_once '.* reason wrong-type'
}

@test "audit mode counts a call of a function that no pointer may lead to, and makes the call" {
	echo audit >$top/a/sci.mode
	gets_42 $top/a call int_sqrt 1764
	counted $top/a 1 0
	logged_once audited '.* reason wrong-call'
}

@test "audit mode counts a write to credentials once, however many system calls follow" {
	echo audit >$top/a/sci.mode
	becomes_root $top/a set-cred
	counted $top/a 1 0
	logged_once audited '.* reason credentials'
}

@test "an attacker that writes to its credentials dies, and its parent goes on" {
	run inside $top/a bash -c "$attacker -u 1000 set-cred; echo \"attacker: \$?\"; id -u"
	exits 0
	equals "the parent, afterwards" "${lines[-1]}" 0
	equals "the attacker" "${lines[-2]}" "attacker: 137"
}
