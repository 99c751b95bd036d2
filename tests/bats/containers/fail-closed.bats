#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A container that is to be isolated and cannot be does not run, whatever the cause.
# runtimes.bats has wrong annotations, runtimes.off.bats a kernel with sci=off.
#
# limit: 420

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/container.bash
load ../lib/bundle.bash

setup() {
	make_top
	prepare_bundles
	messages=$BATS_TEST_TMPDIR/messages
	busybox syslogd -n -O $messages 3>&- &
	syslogd=$!
	eventually 20 test -S /dev/log
}

teardown() {
	stop_containers
	remove_top
	kill $syslogd
	rm -f /dev/log
}

# hook_after NAME COMMANDS [TIMEOUT]: the hook of the bundle runs after these commands
# of the shell, as the process that they ran in
hook_after() {
	configure $1 '.hooks.createRuntime = [{ path: "/bin/sh", timeout: $timeout,
			args: ["sh", "-c", $commands + "\nexec " + $hook] }]' \
		--arg commands "$2" --arg hook $hook --argjson timeout "${3:-60}"
}

# refused NAME REGEX: the container did not run, and the reason is in the runtime's message
# or, if that quotes none, in the log
refused() {
	runtime run $1 touch /witness/started
	say "$runtime: $status: $output"
	[[ $status != 0 && $status != 124 ]]
	did_not_run
	[[ $output =~ $2 ]] || eventually 10 grep -qE "$2" $messages
	run $runtime --root $state state $1
	fails
}

@test "runc and crun: a hook that runs as in these tests isolates if nothing is wrong" {
	for runtime in runc "$crun"; do
		bundle c1 true
		hook_after c1 :
		runtime run c1 $counting
		all_isolated
	done
}

@test "runc and crun: a read-only cgroup file system refuses the container" {
	for runtime in runc "$crun"; do
		bundle c1 true
		configure c1 '.hooks.createRuntime = [{ path: "/usr/bin/unshare", timeout: 60, args: ["unshare", "--mount",
			"sh", "-c", "mount -o remount,bind,ro /sys/fs/cgroup && exec \($hook)"] }]' --arg hook $hook
		refused c1 "Read-only file system"
	done
}

@test "runc and crun: a hook that hangs is killed, and the container is refused" {
	for runtime in runc "$crun"; do
		bundle c1 true
		hook_after c1 'exec sleep 1000' 2
		refused c1 "ran past specified timeout|error executing hook .*-1"
	done
}

@test "runc and crun: a hook that finds no memory refuses the container" {
	make_cgroup small
	for runtime in runc "$crun"; do
		bundle c1 true
		hook_after c1 "echo \$\$ >$top/small/cgroup.procs; echo 0 >$top/small/memory.max"
		refused c1 "running hook: signal: killed|error executing hook .*137"
	done
}

@test "runc and crun: with little memory a container runs isolated or not at all" {
	for runtime in runc "$crun"; do
		refused=0 isolated=0
		for mib in 1 2 3 4 6 64; do
			bundle c1 true
			configure c1 '.linux.resources.memory = { limit: $limit }' --argjson limit $((mib << 20))
			runtime run c1 $counting
			say "$runtime, $mib MiB: $status: $output"
			if ((status)); then
				refused=$((refused + 1))
				[[ $output != *isolated* ]]
			else
				isolated=$((isolated + 1))
				all_isolated
			fi
			stop_containers
		done
		at_least "refused" $refused 1
		at_least "isolated" $isolated 1
	done
}
