#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel files keep to their layers, scripts/layers would say if they did not, and
# docs/architecture.md lists each of them.

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
}

# copy: a repository of its own with the kernel files, to be broken
copy() {
	local dir=$BATS_TEST_TMPDIR/copy

	mkdir "$dir"
	git ls-files -- arch include kernel patches scripts/layers docs/architecture.md |
		while read -r file; do
			[[ ! -e $file ]] || cp --parents "$file" "$dir"
		done
	cd "$dir"
	git init -q
	git add .
}

# list FILE: the lines of the table, without the numbers, which change with each edit
list() {
	sed -nE '/^\| `(base|memory|views|verify|tasks|run)\/` \| `/s/` [0-9]+/`/gp' "$1"
}

@test "no file includes a header of a higher layer" {
	run scripts/layers
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "an include of a higher layer's header is refused" {
	copy
	scripts/layers
	sed -i 's,^#include "kinds.h",&\n#include "../run/switch.h",' arch/x86/mm/sci/memory/own.c
	run scripts/layers
	[ "$status" -eq 1 ]
	[[ $output == *"memory/own.c: memory/ is below run/"*"../run/switch.h"* ]]
}

@test "the controller's header is refused to other files" {
	copy
	sed -i '0,/^#include/s,,#include <linux/sci_controller.h>\n&,' include/trace/events/sci.h
	run scripts/layers
	[ "$status" -eq 1 ]
	[[ $output == *"include/trace/events/sci.h: <linux/sci_controller.h> is not for this file"* ]]
}

@test "a file that the Makefile does not build is refused" {
	copy
	touch arch/x86/mm/sci/run/more.c
	run scripts/layers
	[ "$status" -eq 1 ]
	[[ $output == *"run/more.c: "*"Makefile does not build it"* ]]
}

@test "docs/architecture.md lists each file of each layer" {
	scripts/layers --list >"$BATS_TEST_TMPDIR/table"
	[ "$(list "$BATS_TEST_TMPDIR/table" | wc -l)" -eq 6 ]
	# scripts/layers --update writes it.
	diff <(list docs/architecture.md) <(list "$BATS_TEST_TMPDIR/table")
}

@test "scripts/layers --update writes the table, and nothing else" {
	copy
	scripts/layers --update
	git add docs
	touch arch/x86/mm/sci/run/more.h
	scripts/layers --update
	grep '^| `run/` .*`more.h` 0' docs/architecture.md
	git diff --numstat docs/architecture.md | grep -P '^1\t1\t'
}
