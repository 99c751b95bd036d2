# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the suites of container engines share: an image made here, for there is no
# network; a container's cgroup; what a container is asked, and what it must answer.
# The hook is where a user has it, and sci-install has told the engine.

# Paths have no spaces; some variables are of helpers.bash or for the tests.
# shellcheck disable=SC2034,SC2086,SC2154
all_caps=$(awk '$1 == "CapBnd:" { print $2 }' /proc/1/status)
installed_hook=/usr/libexec/oci/hooks.d/sci-hook

# What a container runs to see whether its calls are isolated.
counting="/programs/calls count 300"

# make_image TAG FILE COMMAND...: an archive as "docker save" makes it, of a root of
# busybox, and calls, that runs COMMAND
make_image() {
	local dir=$BATS_FILE_TMPDIR/image root=$BATS_FILE_TMPDIR/image/root applet sum

	mkdir -p $root/{bin,dev,proc,sys,tmp,programs,witness}
	cp "$(command -v busybox)" $programs/calls $root/bin/
	for applet in sh cat echo ls mkdir rmdir touch sleep wc sort head; do
		ln -s busybox $root/bin/$applet
	done
	tar -C $root --owner=0 --group=0 -cf $dir/layer.tar .
	sum=$(sha256sum <$dir/layer.tar)
	jq -n --arg layer "sha256:${sum%% *}" '{ architecture: "amd64", os: "linux",
		config: { Cmd: $ARGS.positional }, rootfs: { type: "layers", diff_ids: [$layer] } }' \
		--args "${@:3}" >$dir/config.json
	jq -n --arg tag "$1" '[{ Config: "config.json", RepoTags: [$tag], Layers: ["layer.tar"] }]' >$dir/manifest.json
	tar -C $dir -cf "$2" manifest.json config.json layer.tar
	rm -rf $dir
}

# install_for ENGINE: the hook, and what ENGINE has to know of it
install_for() {
	install -D /sci/build/hook/sci-hook $installed_hook
	/sci/runtime-hooks/sci-install --runtime $1 --yes
}

uninstall() {
	/sci/runtime-hooks/sci-install --undo --yes
	rm -f $installed_hook
}

# cgroup_of PID: its directory
cgroup_of() {
	local path

	path=$(sed -n 's/^0:://p' /proc/$1/cgroup)
	echo $root_cgroup$path
}

# seen_from_outside PID: a "calls spin" in a container that is isolated
seen_from_outside() {
	local dir

	dir=$(cgroup_of $1)
	equals "sci.enabled.effective of $dir" "$(<$dir/sci.enabled.effective)" 1
	rises $dir
	no_violations $dir
}

# not_isolated PID: a "calls spin" in a container that is not
not_isolated() {
	local dir

	dir=$(cgroup_of $1)
	if [[ -e $dir/sci.enabled.effective ]]; then
		equals "sci.enabled.effective of $dir" "$(<$dir/sci.enabled.effective)" 0
		still $dir $1
	fi
	goes_on $1 2
}

# counted: $counting in a container found all of its calls isolated, or more where
# another process in there calls as well
counted() {
	say "$output"
	equals "exit status" "$status" 0
	[[ $output =~ calls\ 300\ isolated\ ([0-9]+) ]]
	at_least "isolated calls" "${BASH_REMATCH[1]}" 300
}

# stopped PID: the "attacker escalate" just run in the container of PID was killed, and
# counted; the container goes on
stopped() {
	local dir

	dir=$(cgroup_of $1)
	say "$output"
	equals "exit status" "$status" 137
	[[ $output == *"before: uid 0, capabilities "* && $output != *after* ]]
	equals "violations" "$(key $dir/sci.events violations)" 1
	equals "kills" "$(key $dir/sci.events kills)" 1
	goes_on $1 2
}

# escaped: the "attacker escalate" just run got what the container does not have
escaped() {
	say "$output"
	equals "exit status" "$status" 0
	[[ $output == *"after: uid 0, capabilities $all_caps"* ]]
	[[ $output != *"before: uid 0, capabilities $all_caps"* ]]
}
