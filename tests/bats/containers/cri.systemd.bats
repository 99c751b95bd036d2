#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pods as Kubernetes starts them, with containerd as a service and under the systemd
# manager, which kubelets ask for, or with the runtime that CRI_RUNTIME names. cri.bats has
# the tests that do not depend on the manager.
#
# guest: --systemd
# limit: 900

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2046,SC2086,SC2154,SC2206
load ../lib/helpers.bash
load ../lib/attack.bash
load ../lib/container.bash
load ../lib/image.bash
load ../lib/cri.bash

@test "handler sci: both containers of a pod, its sandbox and exec into them are isolated, and an attack is stopped" {
	pod p1 sci
	container c1
	[[ $(cgroup_of $pid) == $root_cgroup/scitest.slice/$scope-$container.scope?(/container) ]]
	[[ $(cgroup_of $pause) == $root_cgroup/scitest.slice/$scope-$sandbox.scope?(/container) ]]
	first=$pid
	is_isolated $pause
	exec_in $container $counting
	all_isolated_among_others
	container c2
	is_isolated $pid
	exec_in $container /programs/attacker escalate
	attack_stopped $pid
	is_isolated $first
}

@test "default handler: the pod's annotation isolates its containers and its sandbox, and a malformed one refuses them" {
	pod p1 "" true
	container c1
	is_isolated $pid
	is_isolated $pause
	pod p2 "" True
	if create c1 touch /witness/started; then
		ask StartContainer '{ container_id: $id }' --arg id $container
	fi
	say "$answer"
	[[ $answer != "OK "* && $answer == *"sci-hook: "*"neither true nor false"* ]]
	did_not_run
	[[ $(journalctl --quiet -t sci-hook --output cat) == *"container "*"neither true nor false"* ]]
}

@test "default handler: without the annotation neither container nor sandbox is isolated" {
	pod p1 ""
	container c1
	is_not_isolated $pid
	is_not_isolated $pause
}

@test "the runtime's restart, and systemd's reload and re-execution, leave running containers isolated" {
	pod p1 sci
	container c1
	systemctl restart $CRI_RUNTIME
	eventually 60 answers_calls
	systemctl daemon-reload
	systemctl daemon-reexec
	is_isolated $pid
	is_isolated $pause
	container c2
	is_isolated $pid
}
