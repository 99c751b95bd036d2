#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The attack matrix on a kernel booted with sci=off: every attack succeeds, or it is one
# that NX, SMEP and write protection stop, by an oops. With SCI that is a clean kill
# (matrix.bats). The oopses are expected, and no other report of the kernel's:
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

@test "where SCI would be, there is nothing to write to, and the attack that follows succeeds" {
	as_expected off own
}

@test "LKDTM's attacks succeed, or end in the hardware's oops" {
	as_expected off lkdtm
}

@test "all parts of the matrix have their test" {
	all_told pointers returns memory secrets own lkdtm
}
