#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# On a kernel booted with sci=off the attacks of control-flow.bats succeed: so it is SCI
# that stops them there. (Those on memory protection end in an oops without SCI,
# whose end is a panic in this guest, and are not here.)

# shellcheck disable=SC2154 # variables of attack.bash and of bats
load ../lib/matrix.bash
load ../lib/tables.bash

setup_file() {
	load_attack_module
}

setup() {
	new_cgroup
}

teardown() {
	remove_cgroups
}

@test "there is no sci controller" {
	run grep -w sci "$root_cgroup/cgroup.controllers"
	is "grep's status" "$status" 1
	[[ ! -e $cg/sci.enabled ]]
}

@test "a function pointer into the middle of prepare_kernel_cred makes root" {
	becomes_root "$cg" escalate
}

@test "so does one in the 32-bit write by int 0x80" {
	becomes_root "$cg" -i escalate
}

@test "so does a forged return chain" {
	becomes_root "$cg" ret
}

@test "so does a forged return chain on a heap stack" {
	becomes_root "$cg" pivot
}

@test "a jump into the middle of a function runs it" {
	gets_42 "$cg" mid int_sqrt body 1764
	gets_42 "$cg" read-exec int_sqrt body 1764
}

@test "forged returns and heap stacks run what they return to" {
	gets_42 "$cg" ret int_sqrt 0 1764
	gets_42 "$cg" ret int_sqrt body 1764
	gets_42 "$cg" pivot int_sqrt 0 1764
	gets_42 "$cg" pivot int_sqrt body 1764
}

@test "a hundred attacks of a hundred succeed" {
	run inside "$cg" "$attacker" -u 1000 -r 100 escalate
	is "attacks" "$output" "came back 100, killed 0, refused 0, other 0"
}

@test "a top-level page table of the attacker's has another process's memory" {
	keep anon
	busy
	run inside "$cg" "$attacker" -u 1000 remap-top "$where"
	idle
	look_after
	is "exit status" "$status" 0
	is "result" "${lines[2]}" "value: $secret"
}
