#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How scripts/kernel.sh puts the source together, on a kernel of three files.

load ../bats/lib/assert.bash

setup() {
	repo=$BATS_TEST_TMPDIR/repo
	mkdir -p "$repo/scripts" "$repo/patches" "$repo/kernel" "$BATS_TEST_TMPDIR/linux/kernel"
	cp "$BATS_TEST_DIRNAME/../../scripts/kernel.sh" "$repo/scripts/"
	cd "$BATS_TEST_TMPDIR/linux"
	printf 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 99\n' >Makefile
	seq 1 40 >kernel/fork.c
	echo exit >kernel/exit.c
	tarball 1
	echo 6.12.42 >"$repo/patches/tested-version"
	echo 'int sci;' >"$repo/kernel/sci.c"
	# Line 20 of fork.c becomes "twenty".
	sed 's/^20$/twenty/' kernel/fork.c >fork.new
	make_patch a.patch kernel/fork.c fork.new
	cd "$repo"
}

# tarball N: pack the make-believe kernel; N makes the time stamp differ.
tarball() {
	tar -cJf "$BATS_TEST_TMPDIR/linux.tar.xz" -C "$BATS_TEST_TMPDIR" linux
	touch -d "2024-01-0$1" "$BATS_TEST_TMPDIR/linux.tar.xz"
}

# make_patch NAME FILE NEW
make_patch() {
	diff -u --label "a/$2" --label "b/$2" "$2" "$3" >"$repo/patches/$1" || true
	echo "$1" >>"$repo/patches/series"
	rm "$3"
}

source_tree() {
	LINUX_SOURCE=$BATS_TEST_TMPDIR/linux.tar.xz run scripts/kernel.sh source
}

@test "overlay and series are applied, the pristine tree is left alone" {
	source_tree
	exits 0
	grep -qx twenty build/src/sci/kernel/fork.c
	[ -e build/src/sci/kernel/sci.c ]
	grep -qx 20 build/src/pristine/kernel/fork.c
	[ ! -e build/src/pristine/kernel/sci.c ]
}

@test "a second run changes no file" {
	source_tree
	[ -e build/src/sci/kernel/sci.c ]
	touch stamp
	source_tree
	exits 0
	[ -z "$(find build/src/sci -newer stamp -type f)" ]
}

@test "an edit of the overlay changes that file and no other" {
	source_tree
	touch stamp
	sleep 0.1
	echo 'int sci2;' >>kernel/sci.c
	source_tree
	[ "$(find build/src/sci -newer stamp -type f)" = build/src/sci/kernel/sci.c ]
}

@test "a patch that is taken out of the series gives the original file back, with a new time stamp" {
	source_tree
	touch stamp
	sleep 0.1
	: >patches/series
	source_tree
	[ "$(find build/src/sci -newer stamp -type f)" = build/src/sci/kernel/fork.c ]
	cmp build/src/sci/kernel/fork.c build/src/pristine/kernel/fork.c
}

@test "an overlay file that is removed goes from the tree" {
	source_tree
	[ -e build/src/sci/kernel/sci.c ]
	rm kernel/sci.c
	source_tree
	exits 0
	[ ! -e build/src/sci/kernel/sci.c ]
}

@test "a hunk that fails stops with the file, the version found and the version last tested" {
	sed -i 's/^-20$/-no such line/' patches/a.patch
	source_tree
	fails
	prints "patches/a.patch does not apply to kernel/fork.c"
	prints "source found: 6.12.99; series last tested with: 6.12.42"
}

@test "a hunk whose context differs is not applied with fuzz" {
	sed -i 's/^ 17$/ seventeen/' patches/a.patch
	source_tree
	fails
	prints "does not apply to kernel/fork.c"
}

@test "a patch for a file that does not exist stops" {
	sed -i 's,kernel/fork.c,kernel/spoon.c,' patches/a.patch
	source_tree
	fails
	prints "patches/a.patch does not apply"
}

@test "a hunk at other line numbers is applied, with a note" {
	sed -i '1i zero' "$BATS_TEST_TMPDIR/linux/kernel/fork.c"
	tarball 1
	source_tree
	exits 0
	prints "note: patches/a.patch applies with an offset"
	grep -qx twenty build/src/sci/kernel/fork.c
}

@test "an overlay file that the kernel already has is refused" {
	echo mine >kernel/exit.c
	source_tree
	fails
	prints "kernel/exit.c exists in linux-source-6.12 already"
}

@test "a series that names a missing patch is refused" {
	echo missing.patch >>patches/series
	source_tree
	fails
	prints "names missing.patch"
}

@test "after a failure the tree is what it was" {
	source_tree
	sed -i 's/^-20$/-no such line/' patches/a.patch
	touch stamp
	source_tree
	fails
	[ -z "$(find build/src/sci -newer stamp -type f)" ]
}

@test "a newer kernel package reaches both trees and leaves other files alone" {
	source_tree
	touch stamp
	sleep 0.1
	echo 'exit, better' >"$BATS_TEST_TMPDIR/linux/kernel/exit.c"
	tarball 2
	source_tree
	exits 0
	grep -qx 'exit, better' build/src/sci/kernel/exit.c
	grep -qx 'exit, better' build/src/pristine/kernel/exit.c
	grep -qx twenty build/src/sci/kernel/fork.c
	[ ! build/src/sci/Makefile -nt stamp ]
}

@test "a missing kernel package is named" {
	rm "$BATS_TEST_TMPDIR/linux.tar.xz"
	source_tree
	fails
	prints "run 'make deps' (package linux-source-6.12)"
}

@test "entries of the series that are not patches change nothing" {
	printf 'Subject: x\n\nThe body.\n---\nkernel/sci.c\n' >patches/b.files
	echo b.files >>patches/series
	source_tree
	[ "$status" -eq 0 ]
	grep -qx twenty build/src/sci/kernel/fork.c
	[ -e build/src/sci/kernel/sci.c ]
}

@test "the overlay has all of its folders, and is listed" {
	mkdir -p Documentation/arch scripts/gcc-plugins
	echo page >Documentation/arch/sci.rst
	echo plugin >scripts/gcc-plugins/sci_plugin.c
	run scripts/kernel.sh overlay
	[ "$(sort <<<"$output" | paste -sd,)" = Documentation/arch/sci.rst,kernel/sci.c,scripts/gcc-plugins/sci_plugin.c ]
	source_tree
	[ "$status" -eq 0 ]
	[ -e build/src/sci/Documentation/arch/sci.rst ]
	[ -e build/src/sci/scripts/gcc-plugins/sci_plugin.c ]
}
