# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pods for cri.bats and cri.systemd.bats: a client (tests/cri) makes the requests of a
# kubelet. Pods have the host's network: this kernel has no other. The container runtime
# is containerd, or the one that CRI_RUNTIME names; containerd.bash and crio.bash say how it is
# configured and started. Needs container.bash and image.bash.

# Paths have no spaces; variables are those of bats and of the other helpers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2046,SC2086,SC2154,SC2206
load ../lib/${CRI_RUNTIME:=containerd}.bash

setup_file() {
	load_module sci_attack
	configure_runtime
	start_runtime
	make_image localhost/test:1 $BATS_FILE_TMPDIR/image.tar /programs/calls spin
	import_image $BATS_FILE_TMPDIR/image.tar
	make_image localhost/pause:1 $BATS_FILE_TMPDIR/image.tar /bin/calls spin
	import_image $BATS_FILE_TMPDIR/image.tar
	mkfifo $BATS_FILE_TMPDIR/requests $BATS_FILE_TMPDIR/answers
	# Open in both directions a FIFO neither blocks nor ends.
	/sci/tests/cri/client.py $socket <>$BATS_FILE_TMPDIR/requests 1<>$BATS_FILE_TMPDIR/answers \
		2>$BATS_FILE_TMPDIR/client.log 3>&- &
	read -r -t 120 answer <>$BATS_FILE_TMPDIR/answers
	equals "first word of the client" "$answer" READY
}

teardown_file() {
	[[ ! -p $BATS_FILE_TMPDIR/requests ]] || echo quit 1<>$BATS_FILE_TMPDIR/requests
	stop_runtime
	uninstall
	forget_runtime
}

setup() {
	make_top
	witness=$BATS_TEST_TMPDIR/witness
	mkdir $witness
	sandboxes=()
	pid_namespace=1
}

teardown() {
	local sandbox

	for sandbox in "${sandboxes[@]}"; do
		remove_pod $sandbox || true
	done
	remove_top
}

# start_runtime, stop_runtime: the daemon, as a service or by itself
start_runtime() {
	if under_systemd; then
		systemctl start $CRI_RUNTIME
	else
		"${daemon[@]}" >>$BATS_FILE_TMPDIR/daemon.log 2>&1 3>&- &
		echo $! >$BATS_FILE_TMPDIR/daemon.pid
	fi
	eventually 60 answers_calls
}

stop_runtime() {
	local pid

	if under_systemd; then
		systemctl stop $CRI_RUNTIME
		return
	fi
	pid=$(<$BATS_FILE_TMPDIR/daemon.pid)
	kill $pid
	eventually 60 gone $pid
}

# ask METHOD FILTER [jq options...]: one request, which jq makes; $answer
ask() {
	printf '%s %s\n' $1 "$(jq -cn "${@:2}")" 1<>$BATS_FILE_TMPDIR/requests
	IFS= read -r -t 180 answer <>$BATS_FILE_TMPDIR/answers || {
		say "no answer to $1: $(tail -n 5 $BATS_FILE_TMPDIR/client.log)"
		return 1
	}
}

# cri METHOD FILTER [jq options...]: the request succeeds
cri() {
	ask "$@"
	[[ $answer == "OK "* ]] || {
		say "$1: $answer"
		return 1
	}
	answer=${answer#OK }
}

# field FILTER: of the last answer
field() {
	jq -r "$1" <<<"$answer"
}

# pod NAME HANDLER [VALUE]: a sandbox, whose containers share its pid namespace if
# $pid_namespace is 0, not if it is 1; its id in $sandbox, its process in $pause; with the
# annotations if VALUE or $profile is given
pod() {
	local parent=/sci-test

	! under_systemd || parent=scitest.slice
	config=$(jq -cn --arg name $1 --arg parent $parent '{
		metadata: { name: $name, uid: $name, namespace: "default" },
		dns_config: { servers: ["127.0.0.1"] },
		annotations: (($ARGS.positional | if length > 0 then { "io.sci.untrusted": .[0] } else {} end) +
			if $profile == "" then {} else { "io.sci.profile": $profile } end),
		linux: { cgroup_parent: $parent,
			security_context: { namespace_options: { network: 2, pid: $pid } } } }' \
		--argjson pid $pid_namespace --arg profile "${profile-}" --args "${@:3}")
	cri RunPodSandbox '{ config: $config, runtime_handler: $handler }' --argjson config "$config" --arg handler "$2" ||
		return
	sandbox=$(field .pod_sandbox_id)
	sandboxes+=($sandbox)
	cri PodSandboxStatus '{ pod_sandbox_id: $id, verbose: true }' --arg id $sandbox
	pause=$(field '.info.info | fromjson | .pid // 0')
	[[ $lacks_sandboxes && $pid_namespace == 1 ]] || at_least "pid of the sandbox of $1" "$pause" 1
}

remove_pod() {
	cri StopPodSandbox '{ pod_sandbox_id: $id }' --arg id $1
	cri RemovePodSandbox '{ pod_sandbox_id: $id }' --arg id $1
}

# create NAME COMMAND...: a container of the last pod, its id in $container
create() {
	cri CreateContainer '{ pod_sandbox_id: $id, sandbox_config: $config, config: {
			metadata: { name: $name }, image: { image: "localhost/test:1" },
			command: $ARGS.positional,
			mounts: [
				{ container_path: "/programs", host_path: "/sci/build/programs", readonly: true },
				{ container_path: "/witness", host_path: $witness } ],
			linux: { security_context: { namespace_options: { network: 2, pid: $pid } } } } }' \
		--argjson pid $pid_namespace --arg id $sandbox --argjson config "$config" --arg name $1 --arg witness $witness --args "${@:2}" ||
		return
	container=$(field .container_id)
}

# container NAME: one that runs "calls spin"; its first process is $pid
container() {
	create $1 /programs/calls spin
	cri StartContainer '{ container_id: $id }' --arg id $container
	cri ContainerStatus '{ container_id: $id, verbose: true }' --arg id $container
	pid=$(field '.info.info | fromjson | .pid')
	at_least "pid of $1" "$pid" 1
}

# exec_in CONTAINER COMMAND...: $output and $status
exec_in() {
	cri ExecSync '{ container_id: $id, cmd: $ARGS.positional, timeout: 60 }' --arg id $1 --args "${@:2}"
	output=$(field '.stdout, .stderr | @base64d')
	status=$(field .exit_code)
}
