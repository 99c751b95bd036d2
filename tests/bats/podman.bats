#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# podman with runc and crun under the cgroupfs manager, as sci-install leaves it: run,
# exec and restart, isolated by annotation and by --cgroup-conf, and not isolated. Its
# containers have the host's network: this kernel has no other.

# Paths have no spaces; variables are those of bats and of helpers.bash.
# shellcheck disable=SC2030,SC2031,SC2034,SC2086,SC2154,SC2206
load helpers.bash
load images.bash

setup_file() {
	install_for podman
	[[ -e /proc/sci_attack ]] || insmod /sci/build/modules/sci_attack.ko
	make_image localhost/test:1 $BATS_FILE_TMPDIR/image.tar /programs/calls spin
	engine load --quiet --input $BATS_FILE_TMPDIR/image.tar
}

teardown_file() {
	engine rm --all --force --time 0 || true
	uninstall
}

setup() {
	make_top
	witness=$BATS_TEST_TMPDIR/witness
	mkdir $witness
}

teardown() {
	engine rm --all --force --time 0
	remove_top
}

# engine ARG...: podman with a store of this file
engine() {
	podman --root $BATS_FILE_TMPDIR/store --runroot $BATS_FILE_TMPDIR/run --storage-driver overlay \
		--cgroup-manager cgroupfs --events-backend none --runtime ${runtime:-crun} "$@" 3>&- </dev/null
}

# What all containers of a test are given; $common before the image
common() {
	common=(--network host --cgroup-parent /sci-test --volume /sci/build/programs:/programs:ro
		--volume $witness:/witness)
}

# once OPTION... -- COMMAND...: in a container that ends; with run
once() {
	local options=()

	until [[ $1 == -- ]]; do
		options+=("$1")
		shift
	done
	common
	run engine run --rm "${common[@]}" "${options[@]}" localhost/test:1 "${@:2}"
}

# spin NAME [OPTION...]: a container that calls all the time; its first process is $pid
spin() {
	common
	engine run --detach --name $1 "${common[@]}" "${@:2}" localhost/test:1 >/dev/null
	pid_of $1
}

pid_of() {
	pid=$(engine inspect --format '{{.State.Pid}}' $1)
	at_least "pid of $1" "$pid" 1
}

marked="--annotation io.sci.untrusted=true"

# The same with either runtime

isolated_by_annotation() {
	once $marked -- $counting
	counted
	spin c1 $marked
	seen_from_outside $pid
	# exec
	run engine exec c1 $counting
	counted
	# an attack
	run engine exec c1 /programs/attacker escalate
	stopped $pid
	# another life
	dir=$(cgroup_of $pid)
	engine restart --time 0 c1
	pid_of c1
	seen_from_outside $pid
	dir=$(cgroup_of $pid)
	engine rm --force --time 0 c1
	[[ ! -e $dir ]]
}

@test "runc: with the annotation a container, exec into it and the restarted one are isolated, an attack is stopped" {
	runtime=runc
	isolated_by_annotation
}

@test "crun: with the annotation a container, exec into it and the restarted one are isolated, an attack is stopped" {
	runtime=crun
	isolated_by_annotation
}

@test "runc and crun: without the annotation, and with false, a container is not isolated and an attack succeeds" {
	for runtime in runc crun; do
		spin $runtime-1
		not_isolated $pid
		run engine exec $runtime-1 /programs/attacker escalate
		escaped
		spin $runtime-2 --annotation io.sci.untrusted=false
		not_isolated $pid
	done
}

@test "runc and crun: a malformed annotation refuses the container" {
	for runtime in runc crun; do
		for value in True 1 ""; do
			once --annotation "io.sci.untrusted=$value" -- touch /witness/started
			say "\"$value\": $status: $output"
			[[ $status != 0 && ! -e $witness/started ]]
			# crun tells the hook's exit status only
			[[ $runtime == crun || $output == *"sci-hook: "*"neither true nor false"* ]]
		done
	done
}

@test "runc and crun: io.sci.require isolates whatever the other annotation says" {
	for runtime in runc crun; do
		once --annotation io.sci.require=true --annotation io.sci.untrusted=false -- $counting
		counted
	done
}

@test "runc: --cgroup-conf isolates a container" {
	runtime=runc
	spin c1 --cgroup-conf sci.enabled=1
	seen_from_outside $pid
	run engine exec c1 /programs/attacker escalate
	stopped $pid
}
