#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pods as Kubernetes starts them, with containerd under the cgroupfs manager, or with the
# runtime that CRI_RUNTIME names. A RuntimeClass names the handler.
#
# limit: 1500

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2046,SC2086,SC2154,SC2206
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/container.bash
load ../lib/image.bash
load ../lib/cri.bash

@test "the runtime has read what sci-install wrote, and is ready" {
	cri Version '{}'
	equals "runtime" "$(field .runtime_name)" ${CRI_RUNTIME/crio/cri-o}
	cri Status '{}'
	equals "RuntimeReady" "$(field '.status.conditions[] | select(.type == "RuntimeReady").status')" true
}

@test "handler sci: both containers of a pod and exec into them are isolated, and an attack is stopped" {
	pod p1 sci
	container c1
	first=$container first_pid=$pid
	is_isolated $pid
	exec_in $container $counting
	all_isolated_among_others
	container c2
	is_isolated $pid
	exec_in $container /programs/attacker escalate
	attack_stopped $pid
	is_isolated $first_pid
}

@test "handler sci: a sandbox that the pod's containers see is isolated before the first of them starts" {
	pid_namespace=0
	pod p1 sci
	if [[ $CRI_RUNTIME == containerd ]]; then
		cri PodSandboxStatus '{ pod_sandbox_id: $id }' --arg id $sandbox
		equals "handler" "$(field .status.runtime_handler)" sci
		equals "sci.enabled.effective before" "$(<$(cgroup_of $pause)/sci.enabled.effective)" 0
	fi
	create c1 /programs/calls spin
	cri StartContainer '{ container_id: $id }' --arg id $container
	is_isolated $pause
}

@test "handler sci: a pod cannot opt out by annotation" {
	pod p-false sci false
	container c1
	is_isolated $pid
	pod p-nonsense sci nonsense
	if [[ $CRI_RUNTIME == crio ]]; then
		# Its hook file is there for all handlers, and the hook refuses that.
		run create c1 touch /witness/started
		fails
		prints "CreateContainer: "
		did_not_run
	else
		container c1
		is_isolated $pid
	fi
}

@test "default handler: the pod's annotation isolates its containers" {
	pod p1 "" true
	container c1
	is_isolated $pid
	[[ $lacks_sandboxes ]] || is_isolated $pause
	exec_in $container /programs/attacker escalate
	attack_stopped $pid
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
		exits 0
		profile_of_syscalls "$(cgroup_of $pid)" >/etc/sci/profiles/web

		profile=web
		pod p2-$handler "$handler" "${value[@]}"
		for name in c1 c2; do
			container $name
			is_isolated $pid
			equals "sci.sealed" "$(<$(cgroup_of $pid)/sci.sealed)" 1
			exec_in $container cat /proc/version
			exits 0
			exec_in $container mkdir /witness/x
			fails
			prints "Function not implemented"
		done
		is_isolated $pause
		equals "sci.sealed of the sandbox" "$(<$(cgroup_of $pause)/sci.sealed)" 0

		profile=none
		pod p3-$handler "$handler" "${value[@]}"
		answer=
		if create c1 touch /witness/started; then
			ask StartContainer '{ container_id: $id }' --arg id $container
		fi
		say "$answer"
		[[ $answer != "OK "* && $answer == *"cannot read /etc/sci/profiles/none: "* ]]
		did_not_run
	done
}

@test "default handler: without the annotation a pod is not isolated, and an attack succeeds" {
	pod p1 ""
	container c1
	is_not_isolated $pid
	[[ $lacks_sandboxes ]] ||
		equals "sci.enabled.effective of the sandbox" "$(<$(cgroup_of $pause)/sci.enabled.effective)" 0
	exec_in $container /programs/attacker escalate
	attack_succeeded
}

@test "default handler: a malformed annotation refuses the container with the hook's message" {
	pod p1 "" True
	if create c1 touch /witness/started; then
		ask StartContainer '{ container_id: $id }' --arg id $container
	fi
	say "$answer"
	[[ $answer != "OK "* && $answer == *"sci-hook: "*"neither true nor false"* ]]
	did_not_run
}

@test "a container that is started again is isolated again, and a removed one leaves no cgroup" {
	pod p1 sci
	container c1
	dir=$(cgroup_of $pid)
	cri StopContainer '{ container_id: $id }' --arg id $container
	cri RemoveContainer '{ container_id: $id }' --arg id $container
	[[ ! -e $dir ]]
	container c1
	is_isolated $pid
	dir=$(cgroup_of $pid)
	remove_pod $sandbox
	[[ ! -e $dir ]]
}

@test "the runtime's restart leaves running containers isolated" {
	pod p1 sci
	container c1
	stop_runtime
	is_isolated $pid
	start_runtime
	exec_in $container $counting
	all_isolated_among_others
	container c2
	is_isolated $pid
}

@test "a handler that is not configured is an error" {
	run pod p1 nonsense
	fails
	prints nonsense
}
