#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The built kernel has what its source relies on.

bats_require_minimum_version 1.5.0

map=$BATS_TEST_DIRNAME/../../build/kernel/System.map

@test "the functions that pause a view are inline everywhere" {
	grep -q ' __sci_view_suspend$' "$map"
	run ! grep -E ' (class_sci_paused[a-z_]*|sci_view_pause|sci_view_unpause)(\.|$)' "$map"
}
