#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sci.stat and sci.views: the counters, the views, and their memory, which a removed cgroup
# gives back.
#
# limit: 300

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
}

teardown() {
	remove_top
}

@test "sci.stat of a parent is the sum of its subtree" {
	local a b

	isolated_cgroup a
	make_cgroup a/b
	make_cgroup a/c
	inside $top/a/b $programs/calls count 500
	inside $top/a/c $programs/calls count 300
	a=$(isolated_syscalls $top/a)
	b=$(($(isolated_syscalls $top/a/b) + $(isolated_syscalls $top/a/c)))
	within "isolated_syscalls of b" "$(isolated_syscalls $top/a/b)" 500 600
	within "isolated_syscalls of c" "$(isolated_syscalls $top/a/c)" 300 400
	equals "isolated_syscalls of the parent" "$a" "$b"
	equals "isolated_syscalls of the top" "$(isolated_syscalls $top)" "$a"
}

@test "sci.stat of a parent keeps what removed children had counted" {
	local isolated faults

	make_cgroup a/b
	writes $top/a/b/sci.enabled 1
	inside $top/a/b $programs/calls count 500
	isolated=$(isolated_syscalls $top/a)
	faults=$(key $top/a/sci.stat code_faults)
	at_least "isolated_syscalls" $isolated 500
	at_least "code_faults" $faults 1
	rmdir $top/a/b
	equals "isolated_syscalls after the rmdir" "$(isolated_syscalls $top/a)" $isolated
	equals "code_faults after the rmdir" "$(key $top/a/sci.stat code_faults)" $faults
}

@test "a removed cgroup gives back its views and tables" {
	make_cgroup a/b
	writes $top/a/b/sci.enabled 1
	inside $top/a/b $programs/calls mix
	at_least "views" "$(key $top/a/sci.stat views)" 50
	at_least "table_bytes" "$(key $top/a/sci.stat table_bytes)" 4096
	rmdir $top/a/b
	eventually 10 given_back $top/a
}

given_back() {
	[[ $(key $1/sci.stat views) == 0 && $(key $1/sci.stat mapped_pages) == 0 &&
		$(key $1/sci.stat table_bytes) == 0 ]]
}

available_kb() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { print $2 }' /proc/meminfo
}

available() {
	(($(available_kb) > $1))
}

@test "making, using and removing 25 isolated cgroups leaks no memory" {
	local i before

	for ((i = 0; i < 30; i++)); do
		((i != 5)) || before=$(available_kb)
		isolated_cgroup a
		inside $top/a $programs/calls mix >/dev/null
		eventually 5 rmdir $top/a
	done
	# the tables of one such cgroup alone are more than a MiB
	eventually 20 available $((before - 8 * 1024))
}

@test "sci.views has a line for each view of the isolated cgroup, and none elsewhere" {
	isolated_cgroup a
	make_cgroup a/b
	inside $top/a/b $programs/calls mix
	equals "lines that are wrong" "$(grep -cvE '^(x86_64|i386):[0-9]+ pages=[1-9][0-9]* faults=[1-9][0-9]*$' $top/a/sci.views)" 0
	grep -q '^x86_64:110 ' $top/a/sci.views
	equals "lines" "$(wc -l <$top/a/sci.views)" "$(key $top/a/sci.stat views)"
	equals "twice the same call" "$(cut -d' ' -f1 $top/a/sci.views | sort | uniq -d)" ""
	equals "pages" "$(awk -F '[ =]' '{ sum += $3 } END { print sum }' $top/a/sci.views)" \
		"$(key $top/a/sci.stat mapped_pages)"
	equals "sci.views of the child" "$(<$top/a/b/sci.views)" ""
	equals "sci.views of the parent" "$(<$top/sci.views)" ""
}

@test "two isolated cgroups have views of their own" {
	isolated_cgroup a
	isolated_cgroup b
	inside $top/a $programs/calls mix
	equals "sci.views of b" "$(<$top/b/sci.views)" ""
	inside $top/b $programs/calls count 10
	grep -q '^x86_64:110 ' $top/b/sci.views
	run grep '^x86_64:82 ' $top/b/sci.views
	equals "rename in the views of b" "$output" ""
	grep -q '^x86_64:82 ' $top/a/sci.views
}
