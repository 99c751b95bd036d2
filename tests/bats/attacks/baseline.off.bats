#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# On a kernel booted with sci=off the attacks of control-flow.bats succeed, which shows that
# it is SCI that stops them there. Attacks on memory protection are not here: without SCI
# they end in an oops, and that is a panic in this guest.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

setup_file() {
	load_module sci_attack
}

setup() {
	make_top
	make_cgroup a
}

teardown() {
	remove_top
}

@test "there is no sci controller" {
	run grep -w sci $root_cgroup/cgroup.controllers
	exits 1
	[[ ! -e $top/a/sci.enabled ]]
}

@test "a function pointer into the middle of prepare_kernel_cred makes root" {
	becomes_root $top/a escalate
}

@test "a function pointer into the middle of prepare_kernel_cred makes root in the 32-bit write by int 0x80, too" {
	becomes_root $top/a -i escalate
}

@test "a forged return chain makes root" {
	becomes_root $top/a ret
}

@test "a forged return chain on a heap stack makes root" {
	becomes_root $top/a pivot
}

@test "a jump into the middle of a function runs it" {
	gets_42 $top/a mid int_sqrt body 1764
	gets_42 $top/a read-exec int_sqrt body 1764
}

@test "forged returns and heap stacks run what they return to" {
	gets_42 $top/a ret int_sqrt 0 1764
	gets_42 $top/a ret int_sqrt body 1764
	gets_42 $top/a pivot int_sqrt 0 1764
	gets_42 $top/a pivot int_sqrt body 1764
}

@test "all of a hundred attacks succeed" {
	attack $top/a -r 100 escalate
	equals "attacks" "$output" "came back 100, killed 0, refused 0, other 0"
}

@test "a top-level page table of the attacker's own maps another process's memory" {
	keep anon
	busy_cpus
	attack $top/a remap-top $where
	idle_cpus
	look_after
	returns $secret
}
