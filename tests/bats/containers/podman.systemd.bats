#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# podman with runc and crun under the systemd manager: the main cases of podman.bats, and
# pods. Under the cgroupfs manager podman 4.3 gives the cgroup of a pod no devices, so that
# no container starts in one, with or without SCI.
#
# guest: --systemd
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
	[[ $dir == $root_cgroup/scitest.slice/libpod-*.scope ]]
}

@test "crun: with the annotation a container, exec into it and the restarted one are isolated, and an attack is stopped" {
	runtime=crun
	isolated_by_annotation
	[[ $dir == $root_cgroup/scitest.slice/libpod-*.scope/container ]]
}

@test "runc and crun: without the annotation a container is not isolated" {
	for runtime in runc crun; do
		spin $runtime-1
		is_not_isolated $pid
	done
}

@test "runc: --cgroup-conf isolates a container" {
	runtime=runc
	spin c1 --cgroup-conf sci.enabled=1
	is_isolated $pid
}

@test "crun: --cgroup-conf refuses the container, and io.sci.require isolates it" {
	runtime=crun
	once --cgroup-conf sci.enabled=1 -- touch /witness/started
	fails
	prints "controller" "sci" "not available"
	did_not_run
	once --annotation io.sci.require=true -- $counting
	all_isolated_among_others
}

# in_pod NAME [OPTION...]: a container of $pod that runs "calls spin"; its first process
# is $pid
in_pod() {
	engine run --detach --pod $pod --name $1 --volume /sci/build/programs:/programs:ro "${@:2}" localhost/test:1 >/dev/null
	pid_of $1
}

# new_pod: $pod, with an infra container that runs "calls spin"
new_pod() {
	pod=pod-$runtime
	engine pod create --name $pod --network host --share ipc,net,uts,pid --cgroup-parent $parent \
		--infra-image localhost/test:1 --infra-command "/bin/calls spin" >/dev/null
}

# infra: its first process is $pid
infra() {
	pid_of "$(engine pod inspect --format '{{.InfraContainerID}}' $pod)"
}

@test "runc and crun: the marked containers of a pod and its infra container are isolated, and an unmarked one is not" {
	for runtime in runc crun; do
		new_pod
		in_pod c0-$runtime
		infra
		is_not_isolated $pid
		in_pod c1-$runtime $marked
		first=$pid
		in_pod c2-$runtime $marked
		is_isolated $pid
		run engine exec c2-$runtime /programs/attacker escalate
		attack_stopped $pid
		in_pod c3-$runtime
		is_not_isolated $pid
		is_isolated $first
		infra
		is_isolated $pid
	done
}

@test "with the runtime sci the infra container of a pod and all others are isolated, whatever the annotation" {
	runtime=sci
	new_pod
	in_pod c1 --annotation io.sci.untrusted=false
	is_isolated $pid
	run engine exec c1 /programs/attacker escalate
	attack_stopped $pid
	in_pod c2
	is_isolated $pid
	infra
	is_isolated $pid
}

@test "with the runtime sci a container that cannot be isolated does not start, and podman says why" {
	runtime=sci
	mv $installed_hook $installed_hook.away
	printf '%s\n' '#!/bin/sh' "exec unshare --mount sh -c 'mount -o remount,bind,ro /sys/fs/cgroup && exec $installed_hook.away --require'" \
		>$installed_hook
	chmod +x $installed_hook
	once -- touch /witness/started
	mv $installed_hook.away $installed_hook
	fails
	prints "sci-hook: container " "Read-only file system"
	did_not_run
}
