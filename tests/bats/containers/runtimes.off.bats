#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# On a kernel booted with sci=off nothing can be isolated: an annotated container
# does not start, all others do.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2034,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/container.bash
load ../lib/bundle.bash

setup() {
	mkdir -p $top
	prepare_bundles
}

teardown() {
	stop_containers
	remove_top
}

@test "runc: an annotated container does not start, and the message says why and what to do" {
	bundle c1 true
	runtime run c1 touch /witness/started
	fails
	prints "sci-hook: " "booted with sci=off"
	did_not_run
	[[ ! -d $top/c1 ]]
}

@test "crun: an annotated container does not start" {
	runtime=$crun
	bundle c1 true
	runtime run c1 touch /witness/started
	fails
	did_not_run
}

@test "runc and crun: containers without the annotation, or with false, start" {
	for runtime in runc "$crun"; do
		bundle c1
		runtime run c1 touch /witness/started
		exits 0
		rm $witness/started
		bundle c1 false
		runtime run c1 touch /witness/started
		exits 0
		rm $witness/started
	done
}
