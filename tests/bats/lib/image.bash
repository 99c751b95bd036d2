# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An image for container engines, made here because there is no network, and the hook where a
# user has it. For podman.bash and cri.bash; needs container.bash.

# Paths have no spaces; variables are those of bats and of the other helpers.
# shellcheck disable=SC2086,SC2154

# make_image TAG FILE COMMAND...: an archive as "docker save" makes it, of a root of
# busybox, and calls, that runs COMMAND
make_image() {
	local dir=$BATS_FILE_TMPDIR/image root=$BATS_FILE_TMPDIR/image/root sum

	make_root $root
	cp $programs/calls $root/bin/
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
