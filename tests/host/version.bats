#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The version is written in VERSION. Files that cannot read it there repeat it.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
}

@test "version: VERSION is one line with a version" {
	[[ $(wc -l <VERSION) == 1 && $(<VERSION) =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "version: the DaemonSet runs the image of this version" {
	[[ $(sed -n 's/^ *image: //p' kubernetes/base/installer.yaml) == "sci-installer:$(<VERSION)" ]]
}

@test "version: no other file repeats the hook's or the image's version" {
	run -0 git grep -lE 'sci-(hook|installer)[ :_]"?[0-9]+\.[0-9]' -- . ':!*/version.bats'
	echo "$output"
	[[ $output == kubernetes/base/installer.yaml ]]
}
