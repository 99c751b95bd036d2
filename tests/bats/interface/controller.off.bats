#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A kernel booted with sci=off has no sci controller, says so in its log, and otherwise works
# as ever.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2086,SC2154
load ../lib/helpers.bash

@test "the kernel log says that SCI was switched off on the command line" {
	run dmesg
	prints "sci: off on the kernel command line, the sci cgroup controller is not available"
	[[ $output != *"sci: on"* ]]
}

@test "the controller is in no list" {
	[[ " $(<$root_cgroup/cgroup.controllers) " != *" sci "* ]]
	[[ " $(<$root_cgroup/cgroup.subtree_control) " != *" sci "* ]]
}

@test "the controller cannot be enabled for children" {
	put $root_cgroup/cgroup.subtree_control +sci
	exits 1
	equals "output" "$output" EINVAL
}

@test "a cgroup has no files of sci" {
	mkdir $top
	run find $top -name 'sci.*'
	rmdir $top
	equals "files" "$output" ""
}

@test "programs run, and nothing is counted" {
	mkdir $top
	run inside $top $programs/calls mix
	exits 0
	run inside $top $programs/calls count 10
	rmdir $top
	# it finds no sci.stat
	exits 1
}
