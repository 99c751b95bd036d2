#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The files of the sci controller: what may be written, by whom, when it takes
# effect, and what the counters say.
#
# limit: 420

# Paths have no spaces; variables are those of bats and of helpers.bash.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash

setup() {
	make_top
}

teardown() {
	[[ ! -e /proc/self/make-it-fail ]] || disarm
	remove_top
}

# state CGROUP OWN EFFECTIVE
state() {
	local own effective

	read -r own <$1/sci.enabled
	read -r effective <$1/sci.enabled.effective
	equals "$1/sci.enabled" "$own" "$2"
	equals "$1/sci.enabled.effective" "$effective" "$3"
}

# counts CGROUP YES|NO: 200 calls of a new process there are (all, none) isolated
counts() {
	local n isolated rest

	read -r rest n rest isolated < <(inside $1 $programs/calls count 200)
	equals "calls that succeeded" "$n" 200
	case $2 in
	yes) within "isolated calls in $1" "$isolated" 200 202 ;;
	no) equals "isolated calls in $1" "$isolated" 0 ;;
	esac
}

# Files and values

@test "a non-root cgroup has the files of sci, the root has the direct map's" {
	local file

	make_cgroup a
	for file in sci.enabled sci.enabled.effective sci.mode sci.mode.effective sci.stat sci.views sci.events sci.events.local; do
		[[ -f $top/a/$file ]]
	done
	[[ ! -e $top/a/sci.direct_map ]]
	equals "files of the root" "$(find $root_cgroup -maxdepth 1 -name 'sci.*')" $root_cgroup/sci.direct_map
}

@test "a cgroup whose parent does not give the controller has no files of sci" {
	mkdir $top/a
	[[ -z $(find $top/a -name 'sci.*') ]]
}

@test "a new cgroup is not isolated, has no view and counts nothing" {
	local name value names=()

	make_cgroup a
	state $top/a 0 0
	while read -r name value; do
		names+=("$name")
		equals "$name" "$value" 0
	done <$top/a/sci.stat
	equals "keys of sci.stat" "${names[*]}" "isolated_syscalls code_faults call_faults data_faults spurious_faults pgd_syncs refused_syscalls windows denied_syscalls views mapped_pages table_bytes"
	equals "sci.events" "$(<$top/a/sci.events)" $'violations 0\nkills 0'
	equals "sci.events.local" "$(<$top/a/sci.events.local)" $'violations 0\nkills 0'
	equals "sci.views" "$(<$top/a/sci.views)" ""
}

@test "sci.enabled takes 0 and 1, with and without a newline, and again" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	state $top/a 1 1
	writes $top/a/sci.enabled 1
	state $top/a 1 1
	writes $top/a/sci.enabled $'0\n'
	state $top/a 0 0
	writes $top/a/sci.enabled 0
	state $top/a 0 0
	writes $top/a/sci.enabled $'1\n'
	state $top/a 1 1
}

@test "sci.enabled refuses everything else with EINVAL and stays as it is" {
	local bad start

	make_cgroup a
	for start in 0 1; do
		writes $top/a/sci.enabled $start
		for bad in 2 -1 10 $'\n' yes on ' 1 x' '1 0' $'1\n0' 99999999999999999999 \
			18446744073709551617 4294967297 1.0 1x 0x '1,' "$(printf '%04000d' 2)"; do
			refuses EINVAL $top/a/sci.enabled "$bad"
			state $top/a $start $start
		done
	done
}

@test "an empty write changes nothing" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	write $top/a/sci.enabled ""
	state $top/a 1 1
}

@test "the files that only tell refuse a write, even by root" {
	local file

	make_cgroup a
	for file in sci.enabled.effective sci.mode.effective sci.stat sci.views sci.events sci.events.local; do
		write $top/a/$file 1
		equals "exit status of writing $file" "$status" 1
	done
	state $top/a 0 0
}

# Hierarchy

@test "a cgroup created below an isolated one is isolated, and so is its child" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	make_cgroup a/b/c
	state $top/a/b 0 1
	state $top/a/b/c 0 1
	counts $top/a/b/c yes
}

@test "enabling isolates the cgroups that are below already" {
	make_cgroup a/b/c
	make_cgroup a/d
	writes $top/a/sci.enabled 1
	state $top/a/b 0 1
	state $top/a/b/c 0 1
	state $top/a/d 0 1
	state $top 0 0
	counts $top/a/b/c yes
}

@test "a 0 below does not undo the 1 of an ancestor" {
	make_cgroup a/b
	writes $top/a/sci.enabled 1
	writes $top/a/b/sci.enabled 1
	writes $top/a/b/sci.enabled 0
	state $top/a/b 0 1
	counts $top/a/b yes
}

@test "disabling an ancestor leaves the cgroups with a 1 of their own isolated, and only them" {
	make_cgroup a/b/c
	make_cgroup a/d
	writes $top/a/sci.enabled 1
	writes $top/a/b/sci.enabled 1
	writes $top/a/sci.enabled 0
	state $top/a 0 0
	state $top/a/b 1 1
	state $top/a/b/c 0 1
	state $top/a/d 0 0
	counts $top/a/b/c yes
	counts $top/a/d no
}

@test "siblings are isolated one by one" {
	make_cgroup a
	make_cgroup b
	writes $top/a/sci.enabled 1
	state $top/b 0 0
	counts $top/a yes
	counts $top/b no
}

@test "isolation works twelve levels down" {
	make_cgroup a/b/c/d/e/f/g/h/i/j/k/l
	writes $top/a/sci.enabled 1
	state $top/a/b/c/d/e/f/g/h/i/j/k/l 0 1
	counts $top/a/b/c/d/e/f/g/h/i/j/k/l yes
	writes $top/a/sci.enabled 0
	state $top/a/b/c/d/e/f/g/h/i/j/k/l 0 0
	counts $top/a/b/c/d/e/f/g/h/i/j/k/l no
}

# A domain controller

@test "the controller is not given by a cgroup that has processes: EBUSY" {
	make_cgroup a
	start_inside $top/a sleep 100
	refuses EBUSY $top/a/cgroup.subtree_control +sci
	equals "cgroup.subtree_control" "$(<$top/a/cgroup.subtree_control)" ""
}

@test "a cgroup that gives the controller takes no process: EBUSY" {
	make_cgroup a/b
	refuses EBUSY $top/a/cgroup.procs $$
}

@test "below a cgroup that gives the controller there are no threaded cgroups" {
	make_cgroup a/b
	refuses EOPNOTSUPP $top/a/b/cgroup.type threaded
	state $top/a/b 0 0
}

@test "a thread moved to a threaded cgroup below an isolated one stays isolated" {
	local before

	make_cgroup a
	writes $top/a/sci.enabled 1
	mkdir $top/a/t
	start_inside $top/a $programs/calls spin
	writes $top/a/t/cgroup.type threaded
	writes $top/a/t/cgroup.threads $started
	rises $top/a
	kill -0 $started
}

# Effect on running tasks

@test "enabling isolates a running task at its next call, disabling ends it" {
	make_cgroup a
	start_inside $top/a $programs/calls spin
	still $top/a $started
	equals "isolated_syscalls" "$(calls $top/a)" 0
	writes $top/a/sci.enabled 1
	rises $top/a
	writes $top/a/sci.enabled 0
	still $top/a $started
	writes $top/a/sci.enabled 1
	rises $top/a
	kill -0 $started
	no_violations $top/a
}

@test "a task that sleeps in a read is isolated when it wakes, and no longer after the disable" {
	local before

	make_cgroup a
	fifos
	start_inside $top/a $programs/calls wait <&7 >&8
	eventually 20 in_call $started 0
	writes $top/a/sci.enabled 1
	before=$(calls $top/a)
	printf x >&7
	answers x
	within "isolated calls after it woke" $(($(calls $top/a) - before)) 1000 1010
	eventually 20 in_call $started 0
	writes $top/a/sci.enabled 0
	before=$(calls $top/a)
	printf y >&7
	answers y
	equals "isolated calls after the disable" $(($(calls $top/a) - before)) 0
}

@test "a frozen task is isolated when it thaws" {
	make_cgroup a
	start_inside $top/a $programs/calls spin
	writes $top/a/cgroup.freeze 1
	eventually 10 grep -q 'frozen 1' $top/a/cgroup.events
	writes $top/a/sci.enabled 1
	equals "isolated_syscalls while frozen" "$(calls $top/a)" 0
	writes $top/a/cgroup.freeze 0
	rises $top/a
	kill -0 $started
}

@test "a stopped task is isolated when it continues" {
	make_cgroup a
	start_inside $top/a $programs/calls spin
	kill -STOP $started
	eventually 20 in_state $started T
	writes $top/a/sci.enabled 1
	kill -CONT $started
	rises $top/a
}

has_child() {
	pgrep -P $1 >/dev/null
}

@test "enabling a cgroup with a zombie and enabling an empty one both work" {
	local child

	make_cgroup a
	# its child exits, and nobody waits for it: not before the shell has
	# become sleep, for a shell would wait for it
	start_inside $top/a bash -c \
		'until [[ $(</proc/$$/comm) == sleep ]]; do :; done & exec sleep 100'
	eventually 20 has_child $started
	child=$(pgrep -P $started)
	eventually 20 in_state $child Z
	writes $top/a/sci.enabled 1
	state $top/a 1 1
	writes $top/a/sci.enabled 0
	kill $started
}

# Who may

@test "lowering needs CAP_SYS_ADMIN: root without it gets EPERM" {
	make_cgroup a
	writes $top/a/sci.enabled 1 -c
	refuses EPERM $top/a/sci.enabled 0 -c
	state $top/a 1 1
	writes $top/a/sci.enabled 1 -c
	writes $top/a/sci.enabled 0
	state $top/a 0 0
	writes $top/a/sci.enabled 0 -c
}

@test "lowering needs CAP_SYS_ADMIN even below an isolated ancestor" {
	make_cgroup a/b
	writes $top/a/sci.enabled 1
	writes $top/a/b/sci.enabled 1
	refuses EPERM $top/a/b/sci.enabled 0 -c
	state $top/a/b 1 1
}

@test "bad input is EINVAL without CAP_SYS_ADMIN too" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	refuses EINVAL $top/a/sci.enabled 2 -c
	state $top/a 1 1
}

@test "a user without permission for the file can do nothing" {
	make_cgroup a
	refuses "open: EACCES" $top/a/sci.enabled 1 -u 1000
	state $top/a 0 0
}

@test "a user who owns the file may raise and may not lower" {
	make_cgroup a
	chown 1000 $top/a/sci.enabled
	writes $top/a/sci.enabled 1 -u 1000
	state $top/a 1 1
	refuses EPERM $top/a/sci.enabled 0 -u 1000
	state $top/a 1 1
}

@test "a file opened by a user without the capability does not lower in the hands of root" {
	make_cgroup a
	chown 1000 $top/a/sci.enabled
	writes $top/a/sci.enabled 1
	refuses EPERM $top/a/sci.enabled 0 -o 1000
	state $top/a 1 1
}

@test "root of a user namespace has no capability to lower" {
	make_cgroup a
	chown 1000 $top/a/sci.enabled
	writes $top/a/sci.enabled 1
	run setpriv --reuid 1000 --regid 1000 --clear-groups unshare -U -r $programs/put $top/a/sci.enabled 0
	equals "output" "$output" EPERM
	state $top/a 1 1
}

@test "from inside a cgroup namespace the file of its root cannot be written, not even by root" {
	make_cgroup a
	run inside $top/a unshare -C $programs/put $top/a/sci.enabled 1
	equals "raising: output" "$output" EPERM
	state $top/a 0 0
	writes $top/a/sci.enabled 1
	run inside $top/a unshare -C $programs/put $top/a/sci.enabled 0
	equals "lowering: output" "$output" EPERM
	state $top/a 1 1
	counts $top/a yes
}

@test "from inside a cgroup namespace a child of its root may be raised" {
	make_cgroup a
	run inside $top/a unshare -C bash -ec "
		mkdir $top/a/init $top/a/c
		echo \$\$ >$top/a/init/cgroup.procs
		echo +sci >$top/a/cgroup.subtree_control
		$programs/put $top/a/c/sci.enabled 1"
	say "$output"
	equals "exit status" "$status" 0
	state $top/a/c 1 1
	counts $top/a/c yes
}

# Migration

@test "a task that moves in is isolated from its next call, and outside again when it moves out" {
	make_cgroup a
	isolated_cgroup b
	start_inside $top/a $programs/calls spin
	still $top/b $started
	writes $top/b/cgroup.procs $started
	rises $top/b
	writes $top/a/cgroup.procs $started
	still $top/b $started
	equals "isolated_syscalls outside" "$(calls $top/a)" 0
	kill -0 $started
}

@test "a task that moves between isolated cgroups uses the views of the new one" {
	isolated_cgroup a
	isolated_cgroup b
	start_inside $top/a $programs/calls spin
	rises $top/a
	equals "sci.views of b" "$(<$top/b/sci.views)" ""
	writes $top/b/cgroup.procs $started
	rises $top/b
	still $top/a $started
	grep -q '^x86_64:110 ' $top/b/sci.views
	kill -0 $started
}

@test "moving in and between isolated cgroups needs no capability, moving out needs CAP_SYS_ADMIN" {
	make_cgroup a
	isolated_cgroup b
	isolated_cgroup c
	start_inside $top/a $programs/calls spin
	writes $top/b/cgroup.procs $started -c
	rises $top/b
	writes $top/c/cgroup.procs $started -c
	rises $top/c
	refuses EPERM $top/a/cgroup.procs $started -c
	member $top/c $started
	rises $top/c
	refuses EPERM $root_cgroup/cgroup.procs $started -c
	member $top/c $started
	writes $top/a/cgroup.procs $started
	member $top/a $started
}

@test "an isolated task does not get out by itself without CAP_SYS_ADMIN" {
	make_cgroup a
	isolated_cgroup b
	run inside $top/b setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		$programs/put $top/a/cgroup.procs 0
	equals "output" "$output" EPERM
	run inside $top/b setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		$programs/put $top/b/sci.enabled 0
	equals "output" "$output" EPERM
	state $top/b 1 1
}

@test "a user who owns the subtree moves tasks in and not out" {
	make_cgroup a/in
	make_cgroup a/out
	writes $top/a/in/sci.enabled 1
	chown -R 1000 $top/a
	start_inside $top/a/out setpriv --reuid 1000 --regid 1000 --clear-groups $programs/calls spin
	writes $top/a/in/cgroup.procs $started -u 1000
	rises $top/a/in
	refuses EPERM $top/a/out/cgroup.procs $started -u 1000
	member $top/a/in $started
}

# all_wait PID N: the first thread waits for N others, which wait for a byte
all_wait() {
	in_call $1 202 && (($(cat /proc/$1/task/*/syscall | grep -c '^0 ') == $2))
}

@test "the threads of a process move in together" {
	local threads

	make_cgroup a
	isolated_cgroup b
	fifos
	start_inside $top/a $programs/calls threads 8 <&7 >&8
	eventually 20 all_wait $started 8
	threads=$(ls /proc/$started/task)
	writes $top/b/cgroup.procs $started
	equals "cgroup.threads of a" "$(<$top/a/cgroup.threads)" ""
	equals "cgroup.threads of b" "$(sort -n $top/b/cgroup.threads)" "$(sort -n <<<"$threads")"
	equals "isolated_syscalls of threads that sleep" "$(calls $top/b)" 0
	printf xxxxxxxx >&7
	answers xxxxxxxx
	wait $started
	# 8,000, and what it takes to meet, to answer and to end
	within "isolated_syscalls" "$(calls $top/b)" 8000 8200
	no_violations $top/b
}

@test "-sci in cgroup.subtree_control of an ancestor needs CAP_SYS_ADMIN while tasks are isolated below" {
	make_cgroup a/b
	writes $top/a/b/sci.enabled 1
	start_inside $top/a/b $programs/calls spin
	rises $top/a/b
	refuses EPERM $top/a/cgroup.subtree_control -sci -c
	state $top/a/b 1 1
	rises $top/a/b
	writes $top/a/cgroup.subtree_control -sci
	[[ ! -e $top/a/b/sci.enabled ]]
	kill -0 $started
	writes $top/a/cgroup.subtree_control +sci
	state $top/a/b 0 0
	still $top/a/b $started
	kill -0 $started
}

@test "-sci below an isolated cgroup keeps the tasks isolated and needs no capability" {
	make_cgroup a/b
	writes $top/a/sci.enabled 1
	start_inside $top/a/b $programs/calls spin
	rises $top/a
	writes $top/a/cgroup.subtree_control -sci -c
	[[ ! -e $top/a/b/sci.enabled ]]
	rises $top/a
	kill -0 $started
	no_violations $top/a
}

@test "+sci for a cgroup with tasks below an isolated one keeps them isolated" {
	make_cgroup a
	writes $top/a/sci.enabled 1
	mkdir $top/a/b
	start_inside $top/a/b $programs/calls spin
	rises $top/a
	writes $top/a/cgroup.subtree_control +sci
	state $top/a/b 0 1
	rises $top/a
	kill -0 $started
}

# CLONE_INTO_CGROUP

@test "a child cloned into an isolated cgroup is isolated from its first call" {
	make_cgroup a
	isolated_cgroup b
	run inside $top/a $programs/clone_into -c $top/b $programs/calls count 100
	say "$output"
	equals "exit status" "$status" 0
	[[ $output =~ ^calls\ 100\ isolated\ 10[0-2]$ ]]
	equals "isolated_syscalls of the parent" "$(calls $top/a)" 0
}

@test "a child is not cloned out of an isolated cgroup, with CAP_SYS_ADMIN neither" {
	make_cgroup a
	isolated_cgroup b
	run inside $top/b $programs/clone_into -c $top/a true
	equals "exit status" "$status" 125
	equals "output" "$output" EPERM
	run inside $top/b $programs/clone_into $top/a true
	equals "exit status" "$status" 125
	equals "output" "$output" EPERM
}

@test "a child is cloned from one isolated cgroup into another without a capability" {
	isolated_cgroup a
	isolated_cgroup b
	run inside $top/a $programs/clone_into -c $top/b $programs/calls count 100
	say "$output"
	equals "exit status" "$status" 0
	[[ $output =~ ^calls\ 100\ isolated\ 10[0-2]$ ]]
}

# Counters and views

@test "sci.stat of a parent is the sum of its subtree" {
	local a b

	isolated_cgroup a
	make_cgroup a/b
	make_cgroup a/c
	inside $top/a/b $programs/calls count 500
	inside $top/a/c $programs/calls count 300
	a=$(calls $top/a)
	b=$(($(calls $top/a/b) + $(calls $top/a/c)))
	within "isolated_syscalls of b" "$(calls $top/a/b)" 500 600
	within "isolated_syscalls of c" "$(calls $top/a/c)" 300 400
	equals "isolated_syscalls of the parent" "$a" "$b"
	equals "isolated_syscalls of the top" "$(calls $top)" "$a"
}

@test "sci.stat of a parent keeps what removed children had counted" {
	local isolated faults

	make_cgroup a/b
	writes $top/a/b/sci.enabled 1
	inside $top/a/b $programs/calls count 500
	isolated=$(calls $top/a)
	faults=$(key $top/a/sci.stat code_faults)
	at_least "isolated_syscalls" $isolated 500
	at_least "code_faults" $faults 1
	rmdir $top/a/b
	equals "isolated_syscalls after the rmdir" "$(calls $top/a)" $isolated
	equals "code_faults after the rmdir" "$(key $top/a/sci.stat code_faults)" $faults
}

@test "the views and tables of a removed cgroup are given back" {
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

# Storms

# while_forking TURNS CGROUP COMMAND: COMMAND over and over while processes fork
# in CGROUP; none of them may come to harm
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
	counts $top/a yes
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
	at_least "isolated_syscalls" "$(calls $top/b)" 10
	counts $top/b yes
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

# Without memory

@test "with too little memory in the cgroup a task ends or is isolated, and never runs otherwise" {
	local i run isolated n words=0

	make_cgroup a
	echo +memory >$root_cgroup/cgroup.subtree_control
	echo +memory >$top/cgroup.subtree_control
	echo 0 >$top/a/memory.swap.max 2>/dev/null || true
	writes $top/a/sci.enabled 1
	for i in 200 400 600 800 1000 1500 2000 4000; do
		echo ${i}K >$top/a/memory.max
		# a task that is killed, or refused, says nothing
		run=$(inside $top/a timeout 20 $programs/calls count 1000 2>/dev/null) || true
		[[ $run =~ ^calls\ ([0-9]+)\ isolated\ ([0-9]+)$ ]] || continue
		n=${BASH_REMATCH[1]} isolated=${BASH_REMATCH[2]}
		at_least "isolated calls with $i KiB" "$isolated" "$n"
		words=$((words + 1))
	done
	echo max >$top/a/memory.max
	counts $top/a yes
	no_violations $top/a
	say "programs that could run: $words of 8"
}

# arm: make every so-manieth allocation of the tasks that ask for it fail
arm() {
	local dir

	for dir in failslab fail_page_alloc; do
		[[ -d /sys/kernel/debug/$dir ]] || skip "no fault injection in this kernel (CONFIG_FAIL_PAGE_ALLOC, CONFIG_FAILSLAB)"
		echo Y >/sys/kernel/debug/$dir/task-filter
		echo 10 >/sys/kernel/debug/$dir/probability
		echo -1 >/sys/kernel/debug/$dir/times
		echo 0 >/sys/kernel/debug/$dir/verbose
		echo N >/sys/kernel/debug/$dir/ignore-gfp-wait 2>/dev/null || true
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

disarm() {
	local dir

	for dir in failslab fail_page_alloc; do
		[[ ! -d /sys/kernel/debug/$dir ]] || echo 0 >/sys/kernel/debug/$dir/probability
	done
}

@test "when allocations fail, tasks are refused or isolated, and no call runs otherwise" {
	local i run n isolated ran=0

	arm
	make_cgroup a
	writes $top/a/sci.enabled 1
	for ((i = 0; i < 60; i++)); do
		run=$(inside $top/a bash -c "echo 1 >/proc/self/make-it-fail; exec $programs/calls count 300" 2>/dev/null) || true
		[[ $run =~ ^calls\ ([0-9]+)\ isolated\ ([0-9]+)$ ]] || continue
		n=${BASH_REMATCH[1]} isolated=${BASH_REMATCH[2]}
		at_least "isolated calls" "$isolated" "$n"
		ran=$((ran + 1))
	done
	disarm
	counts $top/a yes
	say "programs that could run: $ran of 60"
}
