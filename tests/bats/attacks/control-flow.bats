#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attacks on the control flow and the code of an isolated system call kill the attacker.
# They succeed outside, and without SCI (baseline.off.bats). The attack matrix has more.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

setup_file() {
	load_module sci_attack
	panic_on_any_report
}

teardown_file() {
	no_panic_on_report
}

setup() {
	make_top
	make_cgroup a
}

teardown() {
	remove_top
}

@test "a function pointer into the middle of prepare_kernel_cred makes root where nobody is isolated" {
	becomes_root $top/a escalate
	no_violations $top/a
}

@test "a function pointer into the middle of prepare_kernel_cred kills the attacker in an isolated cgroup" {
	isolated_cgroup a
	dies $top/a escalate
	equals "before the attack" "$output" "before: uid 1000, capabilities 0000000000000000"
}

@test "an attack in the 32-bit write by int 0x80 is stopped, and the log names that system call" {
	becomes_root $top/a -i escalate
	isolated_cgroup a
	dmesg --clear
	dies $top/a -i escalate
	logged_once 'syscall i386:4 target prepare_kernel_cred\+0x.* reason [a-z-]+'
}

@test "root inside the container is stopped like any other user" {
	isolated_cgroup a
	dies $top/a -u 0 escalate
}

@test "a forged return chain to function starts makes root outside and kills inside" {
	becomes_root $top/a ret
	isolated_cgroup a
	dies $top/a ret
}

@test "a forged return chain on a heap stack makes root outside and kills inside" {
	becomes_root $top/a pivot
	isolated_cgroup a
	dies $top/a pivot
}

@test "a jump into the middle of a harmless function is stopped" {
	gets_42 $top/a mid int_sqrt body 1764
	isolated_cgroup a
	dies $top/a -u 0 mid int_sqrt body 1764
}

@test "a forged return to a function's start is stopped" {
	gets_42 $top/a ret int_sqrt 0 1764
	isolated_cgroup a
	dies $top/a -u 0 ret int_sqrt 0 1764
}

@test "a forged return into the middle of a function is stopped" {
	gets_42 $top/a ret int_sqrt body 1764
	isolated_cgroup a
	dies $top/a -u 0 ret int_sqrt body 1764
}

@test "a return to a function's start on a heap stack is stopped" {
	gets_42 $top/a pivot int_sqrt 0 1764
	isolated_cgroup a
	dies $top/a -u 0 pivot int_sqrt 0 1764
}

@test "execution of heap memory kills the attacker without an oops" {
	isolated_cgroup a
	dies $top/a -u 0 exec-data heap
}

@test "execution of user memory kills the attacker without an oops" {
	isolated_cgroup a
	dies $top/a -u 0 exec-data user
}

@test "a write to kernel code kills the attacker without an oops" {
	isolated_cgroup a
	dies $top/a -u 0 write-text int_sqrt
}

@test "a write to code in the view of the system call kills the attacker without an oops" {
	isolated_cgroup a
	dies $top/a -u 0 write-text ksys_write
}

@test "reading code does not make it executable" {
	isolated_cgroup a
	attack $top/a -u 0 read-text int_sqrt
	exits 0
	dies $top/a -u 0 mid int_sqrt body 1764
	dies $top/a -u 0 read-exec int_sqrt body 1764
}

@test "code verified for one system call is not in the view of another" {
	isolated_cgroup a
	# setresuid(2), which the attacker uses to become uid 1000, calls commit_creds()
	attack $top/a read-text int_sqrt
	exits 0
	grep -q '^x86_64:117 ' $top/a/sci.views
	dies $top/a mid commit_creds body 0
}
