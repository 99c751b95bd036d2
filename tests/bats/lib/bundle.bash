# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Containers that runc and crun start from a bundle: a root of busybox, the test programs
# at /programs, a writable directory at /witness, the cgroup /sci-test/NAME. For
# runtimes*.bats, fail-closed.bats and without-hook.bats; needs container.bash.

# Paths have no spaces; some variables are of helpers.bash or for the tests.
# shellcheck disable=SC2034,SC2086,SC2154
crun="crun --cgroup-manager=cgroupfs"

# prepare_bundles: directories of this test; $runtime is runc
prepare_bundles() {
	runtime=runc
	bundles=$BATS_TEST_TMPDIR/bundles
	state=$BATS_TEST_TMPDIR/state
	witness=$BATS_TEST_TMPDIR/witness
	rootfs=$BATS_TEST_TMPDIR/rootfs
	mkdir -p $bundles $state $witness
	make_root $rootfs
}

# stop_containers: those of this test, of either runtime
stop_containers() {
	local dir name

	for dir in "$state"/*/; do
		[[ -d $dir ]] || continue
		name=$(basename "$dir")
		if [[ -e $dir/state.json ]]; then
			runc --root "$state" delete --force "$name" 2>/dev/null || true
		else
			$crun --root "$state" delete --force "$name" 2>/dev/null || true
		fi
	done
}

# bundle NAME [ANNOTATION]: a bundle with the hook, and with the annotation if given
bundle() {
	local dir=$bundles/$1 value

	mkdir -p $dir
	rm -f $dir/config.json
	(cd $dir && runc spec)
	jq --arg root $rootfs --arg cgroup "/sci-test/$1" --arg hook $hook --arg witness $witness '
		.process.terminal = false | .process.cwd = "/"
		| .root.path = $root | .root.readonly = false
		| .linux.cgroupsPath = $cgroup
		| .mounts += [
			{ destination: "/programs", type: "bind", source: "/sci/build/programs",
			  options: ["rbind", "ro"] },
			{ destination: "/witness", type: "bind", source: $witness, options: ["rbind", "rw"] }
		]
		| .hooks = { createRuntime: [{ path: $hook, timeout: 20 }] }' $dir/config.json >$dir/new
	mv $dir/new $dir/config.json
	(($# < 2)) || printf -v value '%b' "$2"
	(($# < 2)) || configure $1 '.annotations["io.sci.untrusted"] = $value' --arg value "$value"
}

# configure NAME FILTER [jq options...]: change the configuration of a bundle
configure() {
	local dir=$bundles/$1

	jq "$2" $dir/config.json "${@:3}" >$dir/new
	mv $dir/new $dir/config.json
}

# runtime VERB NAME [COMMAND...]: its status and output as with run of bats
runtime() {
	local verb=$1 name=$2

	shift 2
	if [[ $verb == run ]]; then
		configure $name '.process.args = $ARGS.positional' --args -- "$@"
		run timeout 60 $runtime --root $state run --bundle $bundles/$name $name 3>&- </dev/null
	else
		run $runtime --root $state $verb $name
	fi
}

# spin NAME: in the background, making system calls all the time; its first process is $pid,
# its cgroup $dir
spin() {
	configure $1 '.process.args = ["/programs/calls", "spin"]'
	$runtime --root $state run --detach --bundle $bundles/$1 $1 </dev/null >$BATS_TEST_TMPDIR/log 2>&1 3>&- || {
		say "$runtime: $(<$BATS_TEST_TMPDIR/log)"
		return 1
	}
	look_at $1
}

# look_at NAME: its $pid and $dir
look_at() {
	pid=$($runtime --root $state state $1 | jq .pid)
	dir=$(cgroup_of $pid)
}
