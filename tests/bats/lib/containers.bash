# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Containers for runtimes.bats and runtimes.off.bats: a root of busybox, the test programs
# at /programs, a writable directory at /witness, the cgroup /sci-test/NAME.

# Paths have no spaces; some variables are of helpers.bash or for the tests.
# shellcheck disable=SC2034,SC2086,SC2154
hook=/sci/build/hook/sci-hook
crun="crun --cgroup-manager=cgroupfs"

# What a container runs to see whether its calls are isolated.
counting="/programs/calls count 300"

# start_containers: directories of this test; $runtime is runc
start_containers() {
	local applet

	runtime=runc
	bundles=$BATS_TEST_TMPDIR/bundles
	state=$BATS_TEST_TMPDIR/state
	witness=$BATS_TEST_TMPDIR/witness
	rootfs=$BATS_TEST_TMPDIR/rootfs
	mkdir -p $bundles $state $witness $rootfs/{bin,proc,sys,dev,tmp,programs,witness}
	cp "$(command -v busybox)" $rootfs/bin/
	for applet in sh cat echo ls mkdir rmdir touch sleep wc sort head; do
		ln -s busybox $rootfs/bin/$applet
	done
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

# start NAME: in the background, calling all the time
start() {
	configure $1 '.process.args = ["/programs/calls", "spin"]'
	$runtime --root $state run --detach --bundle $bundles/$1 $1 </dev/null >/dev/null 2>&1 3>&-
	eventually 10 grep -q . $top/$1/cgroup.procs
}
