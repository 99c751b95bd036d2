#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The attack matrix on a kernel booted with sci=off: every attack succeeds, or NX, SMEP or
# write protection stops it by an oops. With SCI it ends in a clean kill (matrix.bats).
# These oopses are expected, and no other kernel report is:
# guest: --expect-oops BUG:.(unable.to.handle.page.fault.for|kernel.NULL.pointer.dereference)|Oops:.Oops:.00(03|10|11).
# limit: 1200

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/matrix.bash

setup_file() {
	load_matrix
}

setup() {
	make_top
}

teardown() {
	remove_top
}

@test "there is no sci controller" {
	run grep -w sci $root_cgroup/cgroup.controllers
	exits 1
	run ls $root_cgroup/sci.direct_map
	exits 2
}

@test "corrupted pointers succeed" {
	as_expected off pointers
}

@test "forged stacks succeed" {
	as_expected off returns
}

@test "execution of data and writes succeed, or end in the hardware's oops" {
	as_expected off memory
}

@test "other tenants' memory can be read and written" {
	load_swap
	as_expected off secrets
}

@test "attacks on SCI itself find nothing to write to, and the attack that follows succeeds" {
	as_expected off own
}

@test "LKDTM's attacks succeed, or end in the hardware's oops" {
	as_expected off lkdtm
}

@test "every part of the matrix has its test" {
	all_told pointers returns memory secrets own lkdtm
}
