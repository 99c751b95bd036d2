#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pods as Kubernetes starts them, with containerd under the cgroupfs manager. The
# handler is what a RuntimeClass names.

# Paths have no spaces; variables are those of bats and of helpers.bash.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2046,SC2086,SC2154,SC2206
load helpers.bash
load images.bash
load cri.bash

@test "containerd has read what sci-install wrote, and its CRI plugin is ready" {
	cri Version '{}'
	equals "runtime" "$(field .runtime_name)" containerd
	cri Status '{}'
	equals "RuntimeReady" "$(field '.status.conditions[] | select(.type == "RuntimeReady").status')" true
}

@test "handler sci: both containers of a pod are isolated, exec into them, too, and an attack is stopped" {
	pod p1 sci
	container c1
	first=$container first_pid=$pid
	seen_from_outside $pid
	exec_in $container $counting
	counted
	container c2
	seen_from_outside $pid
	exec_in $container /programs/attacker escalate
	stopped $pid
	seen_from_outside $first_pid
}

@test "handler sci: the sandbox is isolated from before the pod's first container starts" {
	pod p1 sci
	cri PodSandboxStatus '{ pod_sandbox_id: $id }' --arg id $sandbox
	equals "handler" "$(field .status.runtime_handler)" sci
	equals "sci.enabled.effective before" "$(<$(cgroup_of $pause)/sci.enabled.effective)" 0
	create c1 /programs/calls spin
	cri StartContainer '{ container_id: $id }' --arg id $container
	seen_from_outside $pause
}

@test "handler sci: a pod cannot opt out by annotation" {
	for value in false nonsense; do
		pod p-$value sci $value
		container c1
		seen_from_outside $pid
	done
}

@test "default handler: the pod's annotation isolates its containers" {
	pod p1 "" true
	container c1
	seen_from_outside $pid
	seen_from_outside $pause
	exec_in $container /programs/attacker escalate
	stopped $pid
}

@test "default handler: without the annotation a pod is not isolated, and an attack succeeds" {
	pod p1 ""
	container c1
	not_isolated $pid
	equals "sci.enabled.effective of the sandbox" "$(<$(cgroup_of $pause)/sci.enabled.effective)" 0
	exec_in $container /programs/attacker escalate
	escaped
}

@test "default handler: a malformed annotation refuses the container with the hook's message" {
	pod p1 "" True
	create c1 touch /witness/started
	ask StartContainer '{ container_id: $id }' --arg id $container
	say "$answer"
	[[ $answer != "OK "* && $answer == *"sci-hook: "*"neither true nor false"* ]]
	[[ ! -e $witness/started ]]
}

@test "a container that is started again is isolated again, a removed one leaves no cgroup" {
	pod p1 sci
	container c1
	dir=$(cgroup_of $pid)
	cri StopContainer '{ container_id: $id }' --arg id $container
	cri RemoveContainer '{ container_id: $id }' --arg id $container
	[[ ! -e $dir ]]
	container c1
	seen_from_outside $pid
	dir=$(cgroup_of $pid)
	remove_pod $sandbox
	[[ ! -e $dir ]]
}

@test "containerd's restart leaves running containers isolated" {
	pod p1 sci
	container c1
	stop_daemon
	seen_from_outside $pid
	start_daemon
	exec_in $container $counting
	counted
	container c2
	seen_from_outside $pid
}

@test "a handler that is not configured is an error" {
	run pod p1 nonsense
	say "$output"
	[[ $status != 0 && $output == *nonsense* ]]
}
