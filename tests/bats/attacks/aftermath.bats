#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The consequences of attacks that were stopped: the attacker's threads die with it, all
# other processes go on, and even a thousand violations cost the host nothing.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

setup_file() {
	load_module sci_attack
	panic_on_any_report
}

teardown_file() {
	no_panic_on_report
	# The next suite may look for a line in the log, which takes ten in five seconds.
	sleep 5
}

setup() {
	make_top
	make_cgroup a
}

teardown() {
	remove_top
}

@test "an attack that was stopped once is stopped again" {
	isolated_cgroup a
	for _ in 1 2 3 4 5; do
		dies $top/a escalate
	done
}

@test "the other threads of the attacker die with it" {
	isolated_cgroup a
	dies $top/a -u 0 -t escalate
	equals "tasks left in the cgroup" "$(<$top/a/cgroup.threads)" ""
}

@test "other processes of the cgroup are not disturbed" {
	isolated_cgroup a
	coproc echoes { inside $top/a cat; }
	echo one >&"${echoes[1]}"
	read -r -t 10 -u "${echoes[0]}" answer
	equals "answer before" "$answer" one
	dies $top/a escalate
	echo two >&"${echoes[1]}"
	read -r -t 10 -u "${echoes[0]}" answer
	equals "answer after" "$answer" two
	equals "effective" "$(<$top/a/sci.enabled.effective)" 1
	fd=${echoes[1]}
	exec {fd}>&-
}

@test "attacks in a cgroup that is not isolated succeed next to an isolated one" {
	isolated_cgroup a
	make_cgroup neighbour
	dies $top/a escalate
	becomes_root $top/neighbour escalate
}

# Free memory in KiB, caches dropped, and with the pages that CPUs keep for themselves.
free_memory() {
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { sum += $2 } $1 == "count:" { sum += 4 * $2 } END { print sum }' \
		/proc/meminfo /proc/zoneinfo
}

@test "1000 violations in a row do not harm the host" {
	isolated_cgroup a
	dmesg --clear
	attack $top/a -r 1000 escalate
	equals "attacks" "$output" "came back 0, killed 1000, refused 0, other 0"
	counted $top/a 1000 1000
	# The log is rate-limited: something, but not everything.
	within "lines of the log" "$(violations_logged | wc -l)" 1 200
	# The host works, and the next attack is stopped.
	ls -lR /proc/self/ >/dev/null 2>&1 || true
	dies $top/a escalate
	becomes_root $root_cgroup escalate
}

@test "violations do not leak memory" {
	isolated_cgroup a
	# The first ones fill the caches of the allocators.
	inside $top/a $attacker -r 500 escalate
	tables=$(key $top/a/sci.stat table_bytes)
	before=$(free_memory)
	run inside $top/a $attacker -r 1000 escalate
	equals "attacks" "$output" "came back 0, killed 1000, refused 0, other 0"
	after=$(free_memory)
	equals "table_bytes" "$(key $top/a/sci.stat table_bytes)" "$tables"
	# Half of what a task's page table takes, for each, would be a leak.
	at_least "free KiB afterwards, of $before" "$after" $((before - 3999))
}

@test "attackers that run on all CPUs at once are stopped" {
	isolated_cgroup a
	for attack in escalate ret pivot "mid int_sqrt body 1"; do
		inside $top/a $attacker -r 100 $attack >$BATS_TEST_TMPDIR/${attack%% *} &
	done
	wait
	for attack in escalate ret pivot mid; do
		equals "$attack" "$(<$BATS_TEST_TMPDIR/$attack)" "came back 0, killed 100, refused 0, other 0"
	done
	counted $top/a 400 400
}
