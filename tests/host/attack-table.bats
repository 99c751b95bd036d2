#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The table of attacks in docs/threat-model.md is what the matrix says, and whatever gets
# through is explained there.

load ../bats/lib/assert.bash

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	cp docs/threat-model.md "$BATS_TEST_TMPDIR/doc.md"
	export ATTACK_TABLE_DOCUMENT=$BATS_TEST_TMPDIR/doc.md
}

# taps: what the suites print when all is as the matrix says
taps() {
	awk -F' [|] ' '!/^[#[]/ && NF { print "# attack " $1 ": " $4 }' tests/attacks.txt >"$BATS_TEST_TMPDIR/with.tap"
	awk -F' [|] ' '!/^[#[]/ && NF { print "# attack " $1 ": " $3 }' tests/attacks.txt >"$BATS_TEST_TMPDIR/without.tap"
}

@test "the table is that of the matrix, and each attack that gets through is explained" {
	run scripts/attack-table --check
	exits 0
}

@test "a changed line of the table fails the check" {
	sed -i 's/^| `mid-cred` .*| killed |/&x/' "$ATTACK_TABLE_DOCUMENT"
	run scripts/attack-table --check
	exits 1
	prints "out of date"
}

@test "an attack that gets through without a word about it fails the check" {
	sed -i '/attack-table: begin/,$!s/`corrupt-work`//' "$ATTACK_TABLE_DOCUMENT"
	run scripts/attack-table --check
	exits 1
	prints "not explained" corrupt-work
}

@test "the table is made of the suites' results" {
	taps
	run scripts/attack-table "$BATS_TEST_TMPDIR/with.tap" "$BATS_TEST_TMPDIR/without.tap"
	exits 0
	cmp "$ATTACK_TABLE_DOCUMENT" docs/threat-model.md
	sed -i 's/^# attack mid-cred: .*/# attack mid-cred: root/' "$BATS_TEST_TMPDIR/with.tap"
	scripts/attack-table "$BATS_TEST_TMPDIR/with.tap" "$BATS_TEST_TMPDIR/without.tap"
	grep '^| `mid-cred` .*not stopped' "$ATTACK_TABLE_DOCUMENT"
}

@test "without the result of each attack no table is made" {
	taps
	sed -i '/^# attack rop:/d' "$BATS_TEST_TMPDIR/without.tap"
	run scripts/attack-table "$BATS_TEST_TMPDIR/with.tap" "$BATS_TEST_TMPDIR/without.tap"
	fails
	prints "no result of rop"
	cmp "$ATTACK_TABLE_DOCUMENT" docs/threat-model.md
}
