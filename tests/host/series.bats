#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The series as git am applies it: this repository's own, and what scripts/series makes of
# wrong ones.

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
}

# small_repository: a series of one patch and one overlay file
small_repository() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p scripts patches kernel linux/kernel
	cp "$BATS_TEST_DIRNAME"/../../scripts/{series,kernel.sh} scripts/
	echo 'int sci;' >kernel/sci.c
	echo exit >linux/kernel/exit.c
	printf 'Subject: exit: %s\n\nThe body.\n---\n--- a/kernel/exit.c\n+++ b/kernel/exit.c\n@@ -1 +1,2 @@\n exit\n+sci\n' \
		'leave the view' >patches/exit.patch
	printf 'Subject: cgroup: a controller\n\nIt does nothing yet.\n---\nkernel/sci.c\n' >patches/sci.files
	printf '%s\n' exit.patch sci.files >patches/series
}

@test "every file of the overlay is in exactly one entry of the series" {
	run scripts/series --files
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq "$(scripts/kernel.sh overlay | wc -l)" ]
}

@test "the headers come first, the option last" {
	mapfile -t entries <patches/series
	for entry in "${entries[@]}"; do
		[[ $entry != headers.files ]] || break
		run grep -E '^\+.*(sci_|asm/sci\.h|linux/sci)' "patches/$entry"
		[ "$status" -eq 1 ]
	done
	[ "$entry" = headers.files ]
	[ "${entries[-1]}" = kconfig.patch ]
	run grep -lE '^\+(config CGROUP_SCI|SUBSYS\(sci\)|obj-\$\(CONFIG_CGROUP_SCI\))' patches/*.patch
	[ "$output" = patches/kconfig.patch ]
}

@test "subjects have at most 72 characters, bodies are wrapped at 72" {
	for file in patches/*.patch patches/*.files; do
		run sed '1s/^Subject: //; /^---$/,$d' "$file"
		[[ ${lines[0]} == *": "* ]]
		[ "$(wc -L <<<"$output")" -le 72 ]
		[ "${#lines[@]}" -gt 1 ]
	done
}

@test "every patch is in the series" {
	diff <(printf '%s\n' patches/*.patch patches/*.files | sed 's,^patches/,,' | sort) <(sort patches/series)
}

@test "git am applies the series, with the messages, and gives the patched source" {
	small_repository
	run scripts/series --author 'A B <a@b>'
	[ "$status" -eq 0 ]
	cd linux
	git init -q .
	git add -A
	git -c user.name=x -c user.email=x@x commit -qm base
	git -c user.name=x -c user.email=x@x am -q ../build/series/*.patch
	[ "$(git log -2 --format=%s | paste -sd,)" = 'cgroup: a controller,exit: leave the view' ]
	[ "$(git log -1 --format='%an <%ae>: %b')" = 'A B <a@b>: It does nothing yet.' ]
	cmp kernel/sci.c ../kernel/sci.c
	[ "$(paste -sd, kernel/exit.c)" = exit,sci ]
}

@test "the same commit makes the same series" {
	small_repository
	scripts/series
	mv build/series before
	scripts/series
	diff -r before build/series
}

@test "an overlay file that no entry has is refused" {
	small_repository
	echo 'int sci2;' >kernel/sci2.c
	run scripts/series
	[ "$status" -ne 0 ]
	[[ $output == *"kernel/sci2.c is in no entry"* ]]
}

@test "an overlay file in two entries is refused" {
	small_repository
	sed 's/a controller/the same/' patches/sci.files >patches/again.files
	echo again.files >>patches/series
	run scripts/series
	[ "$status" -ne 0 ]
	[[ $output == *"kernel/sci.c is in sci.files and in again.files"* ]]
}

@test "an entry that matches no file is refused" {
	small_repository
	echo 'kernel/sci_*.c' >>patches/sci.files
	run scripts/series
	[ "$status" -ne 0 ]
	[[ $output == *"no file of the overlay is kernel/sci_*.c"* ]]
}

@test "an entry without a subject is refused" {
	small_repository
	sed -i 1d patches/exit.patch
	run scripts/series
	[ "$status" -ne 0 ]
	[[ $output == *'patches/exit.patch: no "Subject:"'* ]]
}
