# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# To be run after hook.bats, by 'make check' and 'make coverage'.

@test "coverage: the tests of the sanitizers' build have run every line of the hook" {
    cd "$BATS_TEST_DIRNAME/.."
    for source in $HOOK_SOURCES; do
        gcov --stdout --object-file "$HOOK_BUILD/sanitizers/${source%.c}.gcda" "$source"
    done >"$BATS_TEST_TMPDIR/lines"
    awk -F: '$1 ~ /#####|=====/ { print; missed++ } $1 ~ /[0-9]/ { run++ }
        END { print run " lines were run"; exit missed || run < 250 }' "$BATS_TEST_TMPDIR/lines"
}
