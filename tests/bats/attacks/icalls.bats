#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Indirect calls are checked where the CPU needs retpolines, too: the thunks that the
# checks stand for are longer then. And what audit mode makes of what is checked without
# a page that a view lacks: indirect calls, credentials.
#
# guest: --append spectre_v2=retpoline,generic

# shellcheck disable=SC2154 # variables of attack.bash and of bats
load ../lib/attack.bash

setup_file() {
	load_attack_module
	echo +sci >"$root_cgroup/cgroup.subtree_control"
}

setup() {
	new_cgroup
	echo 1 >"$cg/sci.enabled"
	dmesg --clear
}

teardown() {
	remove_cgroups
}

# violation REASON: of the only one that was logged
violation() {
	run bash -c "dmesg --notime | grep -E '^sci: (audited )?violation: '"
	is "violations logged" "${#lines[@]}" 1
	is "reason" "${lines[0]##* reason }" "$1"
}

@test "retpolines are in use, and indirect calls are checked" {
	[[ $(</sys/devices/system/cpu/vulnerabilities/spectre_v2) == *Retpolines* ]]
	run inside "$cg" "$programs/calls" mix
	is "exit status" "$status" 0
	[[ $(event "$cg/sci.stat" call_faults) -ge 20 ]]
	is "violations" "$(event "$cg/sci.events" violations)" 0
}

@test "warm calls have their indirect calls known" {
	run inside "$cg" "$programs/calls" warm 2000
	is "exit status" "$status" 0
	[[ $output == *"quiet 3 "*"code_faults 0 call_faults 0 data_faults 0" ]]
}

@test "a gadget in a page that the call has is out of reach of a corrupted pointer" {
	run inside "$cg" "$attacker" -u 1000 own-page
	is "exit status" "$status" 137
	violation mid-function
}

@test "a function of another type is out of reach, wherever it is" {
	run inside "$cg" "$attacker" -u 1000 fault-in
	is "exit status" "$status" 137
	violation wrong-type
}

@test "audit mode counts a call of what no pointer may lead to, and makes it" {
	echo audit >"$cg/sci.mode"
	run inside "$cg" "$attacker" -u 1000 call int_sqrt 1764
	is "exit status" "$status" 0
	is "result" "${lines[2]}" "value: 42"
	is "violations" "$(event "$cg/sci.events" violations)" 1
	is "kills" "$(event "$cg/sci.events" kills)" 0
	violation wrong-call
}

@test "audit mode counts a write to credentials once, however many calls follow" {
	echo audit >"$cg/sci.mode"
	run inside "$cg" "$attacker" -u 1000 set-cred
	is "exit status" "$status" 0
	is "after the attack" "${lines[1]}" "after: uid 0, capabilities $all_caps"
	is "violations" "$(event "$cg/sci.events" violations)" 1
	violation credentials
}

@test "who writes to its credentials dies, and its parent goes on" {
	run inside "$cg" bash -c "'$attacker' -u 1000 set-cred; echo \"attacker: \$?\"; id -u"
	is "exit status" "$status" 0
	is "the parent, afterwards" "${lines[-1]}" 0
	is "the attacker" "${lines[-2]}" "attacker: 137"
}
