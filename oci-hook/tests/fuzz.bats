# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash

@test "fuzz: the inputs of the corpus, and 100,000 made from them, break nothing" {
    make -s -C "$BATS_TEST_DIRNAME/.." BUILD="$HOOK_BUILD" FOUND="$BATS_TEST_TMPDIR" SEED=1 RUNS=100000 fuzz
}
