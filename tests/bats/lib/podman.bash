# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# podman as sci-install leaves it, for podman.bats and podman.systemd.bats. Its containers
# have the host's network: this kernel has no other. Needs container.bash and image.bash.

# Paths have no spaces; variables are those of bats and of the other helpers.
# shellcheck disable=SC2034,SC2086,SC2154,SC2206
setup_file() {
	install_for podman
	load_module sci_attack
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
	parent=/sci-test
	! under_systemd || parent=scitest.slice
}

teardown() {
	[[ ! ${pod-} ]] || engine pod rm --force --time 0 $pod
	engine rm --all --force --time 0
	remove_top
}

# engine ARG...: podman with a store of this file, under the manager that there is
engine() {
	local manager=cgroupfs

	! under_systemd || manager=systemd
	podman --root $BATS_FILE_TMPDIR/store --runroot $BATS_FILE_TMPDIR/run --storage-driver overlay \
		--cgroup-manager $manager --events-backend none --runtime ${runtime:-crun} "$@" 3>&- </dev/null
}

# common: $common are the options of all containers of a test
common() {
	common=(--network host --cgroup-parent $parent --volume /sci/build/programs:/programs:ro
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

# spin NAME [OPTION...]: a container that runs "calls spin"; its first process is $pid
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

isolated_by_annotation() {
	once $marked -- $counting
	all_isolated_among_others
	spin c1 $marked
	is_isolated $pid
	# exec
	run engine exec c1 $counting
	all_isolated_among_others
	# an attack
	run engine exec c1 /programs/attacker escalate
	attack_stopped $pid
	# another life
	dir=$(cgroup_of $pid)
	engine restart --time 0 c1
	pid_of c1
	is_isolated $pid
	dir=$(cgroup_of $pid)
	engine rm --force --time 0 c1
	[[ ! -e $dir ]]
}
