#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pods as Kubernetes starts them, with containerd under the cgroupfs manager, or with what
# CRI_RUNTIME names. The handler is what a RuntimeClass names.

# Paths have no spaces; variables are those of bats and of helpers.bash.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2046,SC2086,SC2154,SC2206
load ../lib/helpers.bash
load ../lib/images.bash
load ../lib/cri.bash

@test "the runtime has read what sci-install wrote, and is ready" {
	cri Version '{}'
	equals "runtime" "$(field .runtime_name)" ${CRI_RUNTIME/crio/cri-o}
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

@test "handler sci: a sandbox that the pod's containers see is isolated from before the first of them starts" {
	pid_namespace=0
	pod p1 sci
	if [[ $CRI_RUNTIME == containerd ]]; then
		cri PodSandboxStatus '{ pod_sandbox_id: $id }' --arg id $sandbox
		equals "handler" "$(field .status.runtime_handler)" sci
		equals "sci.enabled.effective before" "$(<$(cgroup_of $pause)/sci.enabled.effective)" 0
	fi
	create c1 /programs/calls spin
	cri StartContainer '{ container_id: $id }' --arg id $container
	seen_from_outside $pause
}

@test "handler sci: a pod cannot opt out by annotation" {
	pod p-false sci false
	container c1
	seen_from_outside $pid
	pod p-nonsense sci nonsense
	if [[ $CRI_RUNTIME == crio ]]; then
		# Its hook file is there for all handlers, and the hook refuses that.
		run create c1 touch /witness/started
		[[ $status != 0 && $output == *"CreateContainer: "* && ! -e $witness/started ]]
	else
		container c1
		seen_from_outside $pid
	fi
}

@test "default handler: the pod's annotation isolates its containers" {
	pod p1 "" true
	container c1
	seen_from_outside $pid
	[[ $lacks_sandboxes ]] || seen_from_outside $pause
	exec_in $container /programs/attacker escalate
	stopped $pid
}

@test "the pod's annotation io.sci.profile names the profile of its containers, under both handlers" {
	local handler value

	mkdir -p /etc/sci/profiles
	pid_namespace=0
	for handler in sci ""; do
		value=(true)
		[[ ! $handler ]] || value=()
		profile=
		pod p1-$handler "$handler" "${value[@]}"
		container c1
		exec_in $container cat /proc/version
		equals "exit status" "$status" 0
		profile_of_calls "$(cgroup_of $pid)" >/etc/sci/profiles/web

		profile=web
		pod p2-$handler "$handler" "${value[@]}"
		for name in c1 c2; do
			container $name
			seen_from_outside $pid
			equals "sci.sealed" "$(<$(cgroup_of $pid)/sci.sealed)" 1
			exec_in $container cat /proc/version
			equals "exit status" "$status" 0
			exec_in $container mkdir /witness/x
			[[ $status != 0 && $output == *"Function not implemented"* ]]
		done
		seen_from_outside $pause
		equals "sci.sealed of the sandbox" "$(<$(cgroup_of $pause)/sci.sealed)" 0

		profile=none
		pod p3-$handler "$handler" "${value[@]}"
		answer=
		if create c1 touch /witness/started; then
			ask StartContainer '{ container_id: $id }' --arg id $container
		fi
		say "$answer"
		[[ $answer != "OK "* && $answer == *"cannot read /etc/sci/profiles/none: "* ]]
		[[ ! -e $witness/started ]]
	done
}

@test "default handler: without the annotation a pod is not isolated, and an attack succeeds" {
	pod p1 ""
	container c1
	not_isolated $pid
	[[ $lacks_sandboxes ]] ||
		equals "sci.enabled.effective of the sandbox" "$(<$(cgroup_of $pause)/sci.enabled.effective)" 0
	exec_in $container /programs/attacker escalate
	escaped
}

@test "default handler: a malformed annotation refuses the container with the hook's message" {
	pod p1 "" True
	if create c1 touch /witness/started; then
		ask StartContainer '{ container_id: $id }' --arg id $container
	fi
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

@test "the runtime's restart leaves running containers isolated" {
	pod p1 sci
	container c1
	stop_runtime
	seen_from_outside $pid
	start_runtime
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
