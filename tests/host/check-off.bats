#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Without CONFIG_CGROUP_SCI the kernel is the same code as Debian's. "make check-off"
# compares all of it.

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
}

# compile DIRECTORY LINE [BEFORE]: an object of three functions, one of which has the line
compile() {
	mkdir -p "$BATS_TEST_TMPDIR/$1"
	gcc -O2 -fno-pic -mcmodel=kernel -c -o "$BATS_TEST_TMPDIR/$1/a.o" -x c - <<-EOF
		#include <stdio.h>
		${3-}
		int shared;
		int first(int x) { puts("a string"); return x + 1; }
		__attribute__((noipa)) int second(int x) { $2 }
		int third(int x) { static int n; shared = n++; puts("another"); return second(x); }
	EOF
}

# compare ALLOWED...
compare() {
	printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/allowed"
	run scripts/compare-objects --allow "$BATS_TEST_TMPDIR/allowed" \
		"$BATS_TEST_TMPDIR/old" "$BATS_TEST_TMPDIR/new" <<<a.o
}

@test "a function that differs is found, and no other" {
	compile old 'puts("x"); return x;'
	compile new 'puts("x"); return x ? x : printf("%d", shared);'
	compare '# nothing'
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = 'a.o: second differs, and patches/off-allowed does not say so' ]
	[[ ${lines[1]} == '1 objects, '*', 1 differ' ]]
}

@test "a function that may differ is named" {
	compile old 'puts("x"); return x;'
	compile new 'puts("x"); return x ? x : printf("%d", shared);'
	compare 'second some.patch  # why'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 'a.o: second differs, as patches/some.patch says' ]
}

@test "another string, another symbol and another constant are differences" {
	compile old 'puts("x"); return shared;'
	for line in 'puts("y"); return shared;' 'perror("x"); return shared;' 'puts("x"); return 1;'; do
		compile new "$line"
		compare '# nothing'
		[ "$status" -eq 1 ]
		[[ ${lines[0]} == 'a.o: second differs'* ]]
	done
}

@test "the same code at another address is the same" {
	compile old 'puts("x"); return x;'
	compile new 'puts("x"); return x;' \
		'static int more = 7; int zeroth(void) { static int n; puts("first"); return n += more++; }'
	compare '# nothing'
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = 'a.o: zeroth is new, and patches/off-allowed does not say so' ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "no object to compare is a failure" {
	compile old 'return x;'
	compile new 'return x;'
	run scripts/compare-objects --allow /dev/null "$BATS_TEST_TMPDIR/old" "$BATS_TEST_TMPDIR/new" </dev/null
	[ "$status" -ne 0 ]
}

@test "without SCI, the files that the series touches are the same code as Debian's" {
	run scripts/check-off --touched
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a function that may differ is named with a patch of the series" {
	while read -r function patch; do
		[[ $function != '#'* && $function ]] || continue
		grep -qx "$patch" patches/series
	done <patches/off-allowed
}
