#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The attack matrix in isolated cgroups, each attack in one of its own. An attack that is
# stopped ends in a kill that is counted and logged with its reason, and without an oops; one
# that is not stopped is shown to succeed. matrix.off.bats has the same attacks without SCI.
#
# Writes to constants end in an oops with SCI as well, and so does a read where nothing is
# mapped at all:
# guest: --expect-oops BUG:.unable.to.handle.page.fault.for|Oops:.Oops:.000[03].
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

@test "corrupted pointers come to what the matrix says" {
	as_expected on pointers
}

@test "forged stacks come to what the matrix says" {
	as_expected on returns
}

@test "execution of data and writes come to what the matrix says" {
	as_expected on memory
}

@test "reads and writes of other tenants' memory come to what the matrix says" {
	load_swap
	as_expected on secrets
}

@test "writes to SCI itself come to what the matrix says" {
	as_expected on own
}

@test "LKDTM's attacks come to what the matrix says" {
	as_expected on lkdtm
}

@test "every part of the matrix has its test" {
	all_told pointers returns memory secrets own lkdtm
}
