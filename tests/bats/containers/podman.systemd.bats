#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# podman with runc and crun under the systemd manager: what podman.bats has, and pods.
# (podman 4.3 gives the cgroup of a pod no devices under the cgroupfs manager: with or
# without SCI no container starts in one.)
#
# guest: --systemd
# limit: 900

# Paths have no spaces; variables are those of bats and of helpers.bash.
# shellcheck disable=SC2030,SC2031,SC2034,SC2086,SC2154,SC2206
load ../lib/helpers.bash
load ../lib/images.bash
load ../lib/podman.bash

@test "runc: with the annotation a container, exec into it and the restarted one are isolated, an attack is stopped" {
	runtime=runc
	isolated_by_annotation
	[[ $dir == $root_cgroup/scitest.slice/libpod-*.scope ]]
}

@test "crun: with the annotation a container, exec into it and the restarted one are isolated, an attack is stopped" {
	runtime=crun
	isolated_by_annotation
	[[ $dir == $root_cgroup/scitest.slice/libpod-*.scope/container ]]
}

@test "runc and crun: without the annotation a container is not isolated" {
	for runtime in runc crun; do
		spin $runtime-1
		not_isolated $pid
	done
}

@test "runc: --cgroup-conf isolates a container" {
	runtime=runc
	spin c1 --cgroup-conf sci.enabled=1
	seen_from_outside $pid
}

@test "crun: --cgroup-conf refuses the container, and io.sci.require isolates it" {
	runtime=crun
	once --cgroup-conf sci.enabled=1 -- touch /witness/started
	say "$output"
	[[ $status != 0 && $output == *"controller"*"sci"*"not available"* ]]
	[[ ! -e $witness/started ]]
	once --annotation io.sci.require=true -- $counting
	counted
}

# in_pod NAME [OPTION...]: a container of $pod that calls all the time; its first process
# is $pid
in_pod() {
	engine run --detach --pod $pod --name $1 --volume /sci/build/programs:/programs:ro "${@:2}" localhost/test:1 >/dev/null
	pid_of $1
}

# new_pod: $pod, with an infra container that calls all the time
new_pod() {
	pod=pod-$runtime
	engine pod create --name $pod --network host --share ipc,net,uts,pid --cgroup-parent $parent \
		--infra-image localhost/test:1 --infra-command "/bin/calls spin" >/dev/null
}

# infra: its first process is $pid
infra() {
	pid_of "$(engine pod inspect --format '{{.InfraContainerID}}' $pod)"
}

@test "runc and crun: two marked containers of a pod are isolated and the infra container with them, the one that is not marked is not" {
	for runtime in runc crun; do
		new_pod
		in_pod c0-$runtime
		infra
		not_isolated $pid
		in_pod c1-$runtime $marked
		first=$pid
		in_pod c2-$runtime $marked
		seen_from_outside $pid
		run engine exec c2-$runtime /programs/attacker escalate
		stopped $pid
		in_pod c3-$runtime
		not_isolated $pid
		seen_from_outside $first
		infra
		seen_from_outside $pid
	done
}

@test "with the runtime sci the infra container of a pod and all others are isolated, whatever the annotation" {
	runtime=sci
	new_pod
	in_pod c1 --annotation io.sci.untrusted=false
	seen_from_outside $pid
	run engine exec c1 /programs/attacker escalate
	stopped $pid
	in_pod c2
	seen_from_outside $pid
	infra
	seen_from_outside $pid
}

@test "with the runtime sci a container that cannot be isolated does not start, and podman says why" {
	runtime=sci
	mv $installed_hook $installed_hook.away
	printf '%s\n' '#!/bin/sh' "exec unshare --mount sh -c 'mount -o remount,bind,ro /sys/fs/cgroup && exec $installed_hook.away --require'" \
		>$installed_hook
	chmod +x $installed_hook
	once -- touch /witness/started
	mv $installed_hook.away $installed_hook
	say "$output"
	[[ $status != 0 && $output == *"sci-hook: container "*"Read-only file system"* ]]
	[[ ! -e $witness/started ]]
}
