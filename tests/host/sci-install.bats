#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# runtime-hooks/sci-install on make-believe nodes: directories with the files that it looks at.

# shellcheck disable=SC2030,SC2031,SC2154
bats_require_minimum_version 1.5.0
load ../bats/lib/assert.bash

setup() {
	hooks=$BATS_TEST_DIRNAME/../../runtime-hooks
	root=$BATS_TEST_TMPDIR/root
	config=$root/etc/containerd/config.toml
	daemon=$root/etc/docker/daemon.json
	mkdir -p "$root/sys/fs/cgroup" "$root/usr/bin" "$BATS_TEST_TMPDIR/bin"
	echo "cpu memory sci pids" >"$root/sys/fs/cgroup/cgroup.controllers"
	program usr/libexec/oci/hooks.d/sci-hook
	# containerd's client
	cat >"$BATS_TEST_TMPDIR/bin/ctr" <<-'END'
		#!/bin/sh
		[ "$*" = "oci spec" ] && echo '{"ociVersion":"1.0.2-dev","process":{"args":null},"linux":{"cgroupsPath":"/x"}}'
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/ctr"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# program PATH: one that is installed on the node
program() {
	mkdir -p "$(dirname "$root/$1")"
	printf '#!/bin/sh\n' >"$root/$1"
	chmod +x "$root/$1"
}

# config FILE: its content from standard input
config() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

install() {
	run "$hooks/sci-install" --root "$root" "$@"
	echo "$output"
}

# The node's files and what is in them.
snapshot() {
	(cd "$root" && find . -type f ! -path './var/lib/sci-install/*' -exec sha256sum {} + | sort -k 2)
}

# toml FILE EXPRESSION: of Python, on the parsed file
toml() {
	python3 -c 'import sys, tomllib
t = tomllib.load(open(sys.argv[1], "rb"))
cri = t["plugins"].get("io.containerd.grpc.v1.cri") or t["plugins"].get("io.containerd.cri.v1.runtime")
runtimes = cri["containerd"]["runtimes"]
print(eval(sys.argv[2]))' "$1" "$2"
}

@test "sci-install: podman gets the hook file and a runtime, and nothing else" {
	program usr/bin/podman
	program usr/bin/crun
	program usr/share/sci/sci-crun
	install --yes
	exits 0
	cmp "$hooks/sci.json" "$root/usr/share/containers/oci/hooks.d/sci.json"
	[[ $(ls "$root/usr/share/containers/oci/hooks.d") == sci.json ]]
	[[ $(cd "$root/etc" && find . -type f) == ./containers/containers.conf.d/50-sci.conf ]]
	runtime_of_podman /usr/share/sci/sci-crun
	[[ $(<"$root/usr/share/sci/sci-crun") == '#!/bin/sh' && $output != *"systemctl"* ]]
}

# The file gives podman this runtime of the name sci.
runtime_of_podman() {
	python3 -c 'import sys, tomllib
t = tomllib.load(open(sys.argv[1], "rb"))
assert t == {"engine": {"runtimes": {"sci": [sys.argv[2]]}}}, t' "$root/etc/containers/containers.conf.d/50-sci.conf" "$1"
}

@test "sci-install: the runtime that isolates is installed where no package has done it, and undo removes it" {
	program usr/bin/podman
	program usr/bin/dockerd
	before=$(snapshot)
	for _ in 1 2; do
		install --yes
		exits 0
		[[ -x $root/usr/share/sci/sci-runc ]]
		cmp "$hooks/sci-runc" "$root/usr/share/sci/sci-runc"
		runtime_of_podman /usr/share/sci/sci-runc
	done
	prints "nothing to change"
	install --undo --yes
	exits 0
	[[ $(snapshot) == "$before" ]]
}

@test "sci-install: sci.json asks for the keys of both annotations, with any value" {
	local key pattern

	jq -e '.version == "1.0.0" and .stages == ["createRuntime"] and (.when.annotations | length) == 1' \
		"$hooks/sci.json"
	pattern=$(jq -r '.when.annotations | keys[0]' "$hooks/sci.json")
	for key in io.sci.untrusted io.sci.require; do
		[[ $key =~ $pattern ]]
		[[ ! ${key}d =~ $pattern && ! x$key =~ $pattern ]]
	done
	[[ false =~ $(jq -r '.when.annotations[]' "$hooks/sci.json") ]]
}

@test "sci-install: CRI-O gets a handler with the runtime that is there, and the hook file" {
	program usr/bin/crio
	program usr/libexec/crio/crun
	program usr/bin/runc
	install --yes
	exits 0
	file=$root/etc/crio/crio.conf.d/50-sci.conf
	python3 -c 'import sys, tomllib
h = tomllib.load(open(sys.argv[1], "rb"))["crio"]["runtime"]["runtimes"]["sci"]
assert h == {"runtime_path": "/usr/share/sci/sci-crun", "runtime_type": "oci", "runtime_root": "/run/crun"}, h' "$file"
	[[ -x $root/usr/share/sci/sci-crun && -e $root/usr/share/containers/oci/hooks.d/sci.json ]]
	prints "now run: systemctl restart crio"
}

@test "sci-install: CRI-O without a runtime is refused" {
	program usr/bin/crio
	install --yes
	exits 1
	prints "neither crun nor runc"
	[[ ! -e $root/etc ]]
}

@test "sci-install: containerd without a configuration gets one with its default handler, and sci" {
	program usr/bin/containerd
	install --yes
	exits 0
	[[ $(toml "$config" 't["version"]') == 2 ]]
	[[ $(toml "$config" 'sorted(runtimes)') == "['runc', 'sci']" ]]
	[[ $(toml "$config" 'runtimes["sci"]["base_runtime_spec"]') == /etc/containerd/sci-require.json ]]
	[[ $(toml "$config" 'runtimes["runc"]["base_runtime_spec"]') == /etc/containerd/sci-annotation.json ]]
	[[ $(toml "$config" 'runtimes["runc"]["pod_annotations"]') == "['io.sci.*']" ]]
	jq -e '.hooks.createRuntime == [{ path: "/usr/libexec/oci/hooks.d/sci-hook", args: ["sci-hook", "--require"],
		timeout: 10 }] and .linux.cgroupsPath == "/x"' "$root/etc/containerd/sci-require.json"
	jq -e '.hooks.createRuntime[0].args == ["sci-hook"]' "$root/etc/containerd/sci-annotation.json"
	prints "now run: systemctl restart containerd"
}

default_config() {
	config "$config" <<-'END'
		version = 2
		[plugins]
		  [plugins."io.containerd.grpc.v1.cri"]
		    sandbox_image = "registry.k8s.io/pause:3.9"
		    [plugins."io.containerd.grpc.v1.cri".containerd]
		      default_runtime_name = "runc"
		      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes]
		        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		          base_runtime_spec = ""
		          pod_annotations = []
		          runtime_type = "io.containerd.runc.v2"
		          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		            SystemdCgroup = true
		        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
		          runtime_type = "io.containerd.kata.v2"
		          base_runtime_spec = ""
		    [plugins."io.containerd.grpc.v1.cri".cni]
		      bin_dir = "/opt/cni/bin"
	END
}

@test "sci-install: a full configuration of containerd keeps all that is in it, and the cgroup manager is the same" {
	program usr/bin/containerd
	default_config
	install --yes
	exits 0
	[[ $(toml "$config" 'sorted(runtimes)') == "['kata', 'runc', 'sci']" ]]
	[[ $(toml "$config" 'runtimes["sci"]["options"]["SystemdCgroup"]') == True ]]
	[[ $(toml "$config" 'runtimes["runc"]["options"]["SystemdCgroup"]') == True ]]
	[[ $(toml "$config" 'runtimes["runc"]["base_runtime_spec"]') == /etc/containerd/sci-annotation.json ]]
	[[ $(toml "$config" 'runtimes["kata"]["base_runtime_spec"]') == "" ]]
	[[ $(toml "$config" 'cri["cni"]["bin_dir"]') == /opt/cni/bin ]]
}

@test "sci-install: containerd 2's configuration and another default handler are understood" {
	program usr/bin/containerd
	config "$config" <<-'END'
		version = 3
		[plugins.'io.containerd.cri.v1.runtime'.containerd]
		  default_runtime_name = 'crun'
		[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.crun]
		  runtime_type = 'io.containerd.runc.v2'
	END
	install --yes
	exits 0
	[[ $(toml "$config" 'sorted(runtimes)') == "['crun', 'sci']" ]]
	[[ $(toml "$config" 'runtimes["crun"]["pod_annotations"]') == "['io.sci.*']" ]]
	[[ $(toml "$config" 'runtimes["sci"]["options"]["SystemdCgroup"]') == False ]]
}

@test "sci-install: a default handler with a base specification of its own is left alone with a message" {
	program usr/bin/containerd
	default_config
	sed -i '0,/base_runtime_spec = ""/s//base_runtime_spec = "\/etc\/mine.json"/' "$config"
	install --yes
	exits 0
	prints "handler runc in /etc/containerd/config.toml has a base_runtime_spec"
	[[ $(toml "$config" 'runtimes["runc"]["base_runtime_spec"]') == /etc/mine.json ]]
	[[ $(toml "$config" 'runtimes["sci"]["base_runtime_spec"]') == /etc/containerd/sci-require.json ]]
}

@test "sci-install: a configuration of containerd that is too old is refused, and one with CRI off is reported" {
	program usr/bin/containerd
	echo 'root = "/x"' | config "$config"
	install --yes
	exits 1
	prints "has version 1"
	printf 'version = 2\ndisabled_plugins = ["cri"]\n' >"$config"
	install --yes
	exits 0
	prints "disables CRI"
}

@test "sci-install: a containerd that gives no specification is refused" {
	program usr/bin/containerd
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/ctr"
	install --yes
	exits 1
	prints "'ctr oci spec' failed"
	[[ ! -e $root/etc && ! -e $root/var ]]
}

@test "sci-install: Docker gets the runtime sci beside what daemon.json has" {
	program usr/bin/dockerd
	echo '{"log-driver":"journald","runtimes":{"kata":{"path":"/k"}}}' | config "$daemon"
	install --yes
	exits 0
	prints "now run: systemctl reload docker"
	jq -e '. == { "log-driver": "journald", runtimes: { kata: { path: "/k" }, sci: { path: "/usr/share/sci/sci-runc" } } }' \
		"$daemon"
	rm "$daemon"
	install --yes
	jq -e '. == { runtimes: { sci: { path: "/usr/share/sci/sci-runc" } } }' "$daemon"
}

@test "sci-install: a daemon.json that is not JSON is refused" {
	program usr/bin/dockerd
	echo '{' | config "$daemon"
	install --yes
	exits 1
	prints "not JSON"
	[[ $(<"$daemon") == '{' ]]
}

all_runtimes() {
	program usr/bin/containerd
	program usr/bin/crio
	program usr/bin/runc
	program usr/bin/dockerd
	program usr/bin/podman
	default_config
	printf '{ "debug":   true }\n\n' | config "$daemon"
}

@test "sci-install: a second run changes nothing and says so" {
	all_runtimes
	install --yes
	exits 0
	prints "containerd crio docker podman"
	before=$(snapshot)
	install --yes
	exits 0
	prints "nothing to change"
	[[ $(snapshot) == "$before" ]]
}

@test "sci-install: --restart restarts only engines that read their configuration at the start, and only after a change" {
	all_runtimes
	printf '#!/bin/sh\necho "chroot $*"\n' >"$BATS_TEST_TMPDIR/bin/chroot"
	chmod +x "$BATS_TEST_TMPDIR/bin/chroot"
	install --yes --restart
	exits 0
	[[ $(grep -c ^chroot <<<"$output") == 3 ]]
	prints "chroot $root systemctl restart containerd"
	prints "chroot $root systemctl restart crio"
	prints "chroot $root systemctl reload docker"
	install --yes --restart
	exits 0
	[[ $output != *chroot* ]]
}

@test "sci-install: --dry-run shows each change and makes none" {
	all_runtimes
	before=$(snapshot)
	install --dry-run
	exits 0
	prints "+++ $root/etc/containerd/config.toml"
	prints '+      "path": "/usr/share/sci/sci-runc"'
	[[ $(snapshot) == "$before" && ! -e $root/var ]]
}

@test "sci-install: without --yes it asks, and takes no answer for a no" {
	program usr/bin/podman
	install </dev/null
	exits 1
	prints "nothing was changed"
	[[ ! -e $root/usr/share && ! -e $root/var ]]
	install <<<y
	exits 0
	[[ -e $root/usr/share/containers/oci/hooks.d/sci.json ]]
}

@test "sci-install: --undo puts back every byte, and leaves no file" {
	all_runtimes
	chmod 640 "$daemon"
	before=$(snapshot)
	install --yes
	[[ $(snapshot) != "$before" && $(stat -c %a "$daemon") == 640 ]]
	install --undo --yes
	exits 0
	[[ $(snapshot) == "$before" && $(stat -c %a "$daemon") == 640 && ! -e $root/var/lib/sci-install ]]
	install --undo --yes
	exits 0
	prints "nothing is installed"
}

@test "sci-install: --undo after a second run with a new containerd still knows the first state" {
	all_runtimes
	before=$(snapshot)
	install --yes
	sed -i 's/1.0.2-dev/1.2.0/' "$BATS_TEST_TMPDIR/bin/ctr"
	install --yes
	exits 0
	jq -e '.ociVersion == "1.2.0"' "$root/etc/containerd/sci-require.json"
	install --undo --yes
	exits 0
	[[ $(snapshot) == "$before" ]]
}

@test "sci-install: --undo keeps changes that others have made meanwhile" {
	all_runtimes
	install --yes
	sed -i 's/bin_dir = .*/bin_dir = "\/mine"/' "$config"
	jq '.icc = false' "$daemon" >"$daemon.new" && mv "$daemon.new" "$daemon"
	install --undo --yes
	exits 0
	[[ $(toml "$config" 'cri["cni"]["bin_dir"]') == /mine ]]
	[[ $(toml "$config" 'sorted(runtimes)') == "['kata', 'runc']" ]]
	[[ $(toml "$config" 'runtimes["runc"]["pod_annotations"]') == "[]" ]]
	jq -e '. == { debug: true, icc: false }' "$daemon"
}

@test "sci-install: --undo leaves a file of its own that was changed, and fails" {
	program usr/bin/podman
	install --yes
	echo >>"$root/usr/share/containers/oci/hooks.d/sci.json"
	install --undo --yes
	exits 1
	prints "sci.json was changed since it was installed: left as it is"
	[[ -e $root/usr/share/containers/oci/hooks.d/sci.json ]]
	[[ ! -e $root/etc/containers/containers.conf.d/50-sci.conf ]]
}

@test "sci-install: a kernel without SCI is refused, unless --any-kernel" {
	program usr/bin/podman
	echo "cpu memory pids" >"$root/sys/fs/cgroup/cgroup.controllers"
	install --yes
	exits 1
	prints "the running kernel has no SCI"
	[[ ! -e $root/usr/share ]]
	rm "$root/sys/fs/cgroup/cgroup.controllers"
	install --yes
	exits 1
	prints "the running kernel has no SCI"
	install --yes --any-kernel
	exits 0
}

@test "sci-install: no hook, no runtime and wrong options are refused" {
	install --yes
	exits 1
	prints "found no container runtime"
	install --runtime podman --yes
	exits 0
	rm "$root/usr/libexec/oci/hooks.d/sci-hook"
	install --yes
	exits 1
	prints "sci-hook is not there"
	for option in --nonsense --runtime --root "--runtime lxc"; do
		# shellcheck disable=SC2086 # words
		install $option
		exits 2
	done
}

# The runtime that isolates, with make-believe runtimes and a make-believe hook

# wrapper NAME: it, with a hook that notes what it is given; the runtimes note their
# arguments
wrapper() {
	local bin=$BATS_TEST_TMPDIR/bin runtime

	sed -e "s|^PATH=.*|PATH=$bin:/usr/bin:/bin|" -e "s|^hook=.*|hook=$bin/hook|" "$hooks/sci-runc" >"$bin/$1"
	for runtime in runc crun; do
		cat >"$bin/$runtime" <<-END
			#!/bin/sh
			{ printf '$runtime'; printf ' [%s]' "\$@"; echo; } >>"$BATS_TEST_TMPDIR/calls"
			for word; do
			    [ "\$word" != state ] || echo "the state"
			done
			[ ! -e "$BATS_TEST_TMPDIR/fails" ]
		END
	done
	cat >"$bin/hook" <<-END
		#!/bin/sh
		state=\$(cat)
		printf 'hook [%s] %s\n' "\$*" "\$state" >>"$BATS_TEST_TMPDIR/calls"
		[ ! -e "$BATS_TEST_TMPDIR/refuses" ] || { cat "$BATS_TEST_TMPDIR/refuses" >&2; exit 1; }
	END
	chmod +x "$bin"/*
}

# calls LINE...: the programs that were run since the last time
calls() {
	printf '%s\n' "$@" | diff - "$BATS_TEST_TMPDIR/calls"
	rm "$BATS_TEST_TMPDIR/calls"
}

@test "sci-runc: create gives the state of the container to the hook, with the same global options" {
	wrapper sci-runc
	run -0 sci-runc --root /r --log /l --log-format json --systemd-cgroup create --bundle b --pid-file /p c1
	calls "runc [--root] [/r] [--log] [/l] [--log-format] [json] [--systemd-cgroup] [create] [--bundle] [b] [--pid-file] [/p] [c1]" \
		"runc [--root] [/r] [--log] [/l] [--log-format] [json] [--systemd-cgroup] [state] [c1]" "hook [--require] the state"
	wrapper sci-crun
	run -0 sci-crun --cgroup-manager=systemd --root=/create create start
	calls "crun [--cgroup-manager=systemd] [--root=/create] [create] [start]" \
		"crun [--cgroup-manager=systemd] [--root=/create] [state] [start]" "hook [--require] the state"
}

@test "sci-runc: other verbs and all arguments pass as they are" {
	wrapper sci-runc
	for line in "--root /r start c1" "delete --force create" "--root create state run" "--version"; do
		# shellcheck disable=SC2086 # words
		run sci-runc $line
		calls "runc [${line// /] [}]"
	done
	run -0 sci-runc exec c1 "a  b" ''
	calls "runc [exec] [c1] [a  b] []"
}

@test "sci-runc: a container that the hook refuses is deleted, with the reason in the log and on stderr" {
	wrapper sci-runc
	echo 'sci-hook: cannot "x\y"; do z' >"$BATS_TEST_TMPDIR/refuses"
	run -1 sci-runc --log "$BATS_TEST_TMPDIR/log" --log-format=json create c1
	[[ $output == 'sci-hook: cannot "x\y"; do z' ]]
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/calls") == *"[--log-format=json] [delete] [--force] [c1]" ]]
	jq -e '.level == "error" and .msg == "sci-hook: cannot \"x\\y\"; do z" and (.time | fromdate)' "$BATS_TEST_TMPDIR/log"
	run -1 sci-runc --log="$BATS_TEST_TMPDIR/log2" create c1
	grep -q ' level=error msg="sci-hook: cannot' "$BATS_TEST_TMPDIR/log2"
	: >"$BATS_TEST_TMPDIR/refuses"
	run -1 sci-runc create c1
	prints "cannot isolate c1: the hook gave no reason"
}

@test "sci-runc: a create that fails goes no further" {
	wrapper sci-runc
	touch "$BATS_TEST_TMPDIR/fails"
	run -1 sci-runc create c1
	calls "runc [create] [c1]"
}

@test "sci-runc: a missing hook and a missing state refuse the container" {
	wrapper sci-runc
	rm "$BATS_TEST_TMPDIR/bin/hook"
	run -1 sci-runc create c1
	[[ $(<"$BATS_TEST_TMPDIR/calls") == *"[delete] [--force] [c1]" ]]
	wrapper sci-runc
	sed -i 's/^    .*/    [ "$word" = create ] || [ "$word" = c1 ] || exit 1/' "$BATS_TEST_TMPDIR/bin/runc"
	run -1 sci-runc create c1
	prints "cannot be deleted: do not start it"
}

@test "sci-runc: run and restore, which start at once, are refused, and so are other names" {
	for wrapper in sci-runc sci-crun; do
		wrapper $wrapper
		for verb in run restore; do
			run -1 $wrapper --root /r $verb --bundle b c1
			prints "cannot isolate what '$verb' starts at once; use create and start"
		done
	done
	wrapper sci-youki
	run -1 sci-youki create c1
	prints "cannot tell which runtime this is"
	[[ ! -e $BATS_TEST_TMPDIR/calls ]]
}
