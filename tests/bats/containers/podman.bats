#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# podman with runc and crun under the cgroupfs manager: run, exec and restart, isolated
# by annotation and by --cgroup-conf, and not isolated.
#
# limit: 1500

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2034,SC2086,SC2154,SC2206
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/container.bash
load ../lib/image.bash
load ../lib/podman.bash

@test "runc: with the annotation a container, exec into it and the restarted one are isolated, and an attack is stopped" {
	runtime=runc
	isolated_by_annotation
}

@test "crun: with the annotation a container, exec into it and the restarted one are isolated, and an attack is stopped" {
	runtime=crun
	isolated_by_annotation
}

@test "runc and crun: without the annotation, and with false, a container is not isolated and an attack succeeds" {
	for runtime in runc crun; do
		spin $runtime-1
		is_not_isolated $pid
		run engine exec $runtime-1 /programs/attacker escalate
		attack_succeeded
		spin $runtime-2 --annotation io.sci.untrusted=false
		is_not_isolated $pid
	done
}

@test "runc and crun: a malformed annotation refuses the container" {
	for runtime in runc crun; do
		for value in True 1 ""; do
			once --annotation "io.sci.untrusted=$value" -- touch /witness/started
			say "\"$value\": $status: $output"
			fails
			did_not_run
			# crun tells the hook's exit status only
			[[ $runtime == crun || $output == *"sci-hook: "*"neither true nor false"* ]]
		done
	done
}

@test "runc and crun: io.sci.require isolates whatever the other annotation says" {
	for runtime in runc crun; do
		once --annotation io.sci.require=true --annotation io.sci.untrusted=false -- $counting
		all_isolated_among_others
	done
}

@test "runc and crun: io.sci.profile names the profile of a container, and a missing profile refuses it" {
	mkdir -p /etc/sci/profiles
	for runtime in runc crun; do
		spin $runtime-1 $marked
		dir=$(cgroup_of $pid)
		run engine exec $runtime-1 cat /proc/version
		exits 0
		equals "sci.sealed" "$(<$dir/sci.sealed)" 0
		profile_of_syscalls $dir >/etc/sci/profiles/$runtime

		spin $runtime-2 $marked --annotation io.sci.require=true --annotation io.sci.profile=$runtime
		is_isolated $pid
		dir=$(cgroup_of $pid)
		equals "sci.sealed" "$(<$dir/sci.sealed)" 1
		run engine exec $runtime-2 cat /proc/version
		exits 0
		run engine exec $runtime-1 mkdir /witness/$runtime-1
		exits 0
		run engine exec $runtime-2 mkdir /witness/$runtime-2
		fails
		prints "Function not implemented"

		once $marked --annotation io.sci.profile=none -- touch /witness/started
		fails
		did_not_run
		[[ $runtime == crun || $output == *"sci-hook: "*"cannot read /etc/sci/profiles/none: "* ]]
	done
}

@test "runc: --cgroup-conf isolates a container" {
	runtime=runc
	spin c1 --cgroup-conf sci.enabled=1
	is_isolated $pid
	run engine exec c1 /programs/attacker escalate
	attack_stopped $pid
}

@test "crun: --cgroup-conf isolates a container, because podman writes +sci above it" {
	runtime=crun
	[[ " $(<$top/cgroup.subtree_control) " != *" sci "* ]]
	once --cgroup-conf sci.enabled=1 -- $counting
	all_isolated_among_others
	spin c1 --cgroup-conf sci.enabled=1
	is_isolated $pid
	run engine exec c1 /programs/attacker escalate
	attack_stopped $pid
}

@test "runc: a container that is restored from a checkpoint is isolated, and an attack is stopped" {
	runtime=runc
	spin c1 $marked
	dir=$(cgroup_of $pid)
	engine container checkpoint c1
	[[ ! -e $dir ]]
	engine container restore c1
	pid_of c1
	is_isolated $pid
	run engine exec c1 /programs/attacker escalate
	attack_stopped $pid
}

@test "crun: a checkpoint that cannot be made is refused, and the container goes on isolated" {
	runtime=crun
	spin c1 $marked
	run engine container checkpoint c1
	say "$status: $output"
	[[ $status != 0 && $output == *[Cc]heckpoint* ]]
	is_isolated $pid
}
