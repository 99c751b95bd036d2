#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Races: processes fork and exit while cgroups are isolated, released, made and removed
# around them.

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
}

teardown() {
	remove_top
}

# while_forking TURNS CGROUP COMMAND: COMMAND over and over while processes fork in CGROUP,
# all of which must end well
while_forking() {
	local storm n status=0

	fifos
	start_inside $2 $programs/forkstorm 4 20 <&7
	storm=$started
	for ((n = 0; n < $1; n++)); do
		"$3" $n
	done
	kill -0 $storm
	printf x >&7
	wait $storm || status=$?
	equals "exit status of the storm" $status 0
}

toggle() {
	echo $(($1 % 2 == 0)) >$top/a/sci.enabled
}

@test "processes fork and exit in peace while sci.enabled goes up and down" {
	make_cgroup a
	while_forking 20 $top/a toggle
	echo 1 >$top/a/sci.enabled
	isolates $top/a
	no_violations $top/a
}

to_and_fro() {
	local pid to=$top/a

	(($1 % 2)) || to=$top/b
	while read -r pid; do
		echo "$pid" >$to/cgroup.procs 2>/dev/null || true
	done < <(cat $top/a/cgroup.procs $top/b/cgroup.procs)
}

@test "processes fork and exit in peace while they are moved in and out" {
	make_cgroup a
	isolated_cgroup b
	while_forking 8 $top/a to_and_fro
	at_least "isolated_syscalls" "$(isolated_syscalls $top/b)" 10
	isolates $top/b
	no_violations $top/b
}

@test "cgroups are made, used, toggled, killed and removed in a race" {
	local end=$((SECONDS + 8)) racers=() i status=0

	make_cgroup p/keep
	for i in 1 2; do
		(
			while ((SECONDS < end)); do
				mkdir $top/p/$i
				echo 1 >$top/p/$i/sci.enabled
				inside $top/p/$i $programs/calls count 20 >/dev/null || exit 1
				start_inside $top/p/$i $programs/calls spin
				echo 1 >$top/p/$i/cgroup.kill
				wait $started || true
				until rmdir $top/p/$i 2>/dev/null; do sleep 0.01; done
			done
		) 3>&- &
		racers+=($!)
	done
	(
		while ((SECONDS < end)); do
			echo 1 >$top/p/sci.enabled
			cat $top/p/sci.stat $top/p/sci.views $top/p/*/sci.views >/dev/null 2>&1 || true
			echo 0 >$top/p/sci.enabled
		done
	) 3>&- &
	racers+=($!)
	for i in "${racers[@]}"; do
		wait $i || status=$?
	done
	equals "exit status of the racers" $status 0
	no_violations $top/p
}
