#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian package: 'make deb'.

# shellcheck disable=SC2154
bats_require_minimum_version 1.5.0

setup_file() {
	export package
	package=$("$BATS_TEST_DIRNAME/../../packaging/deb" | tail -n 1)
	dpkg-deb --extract "$package" "$BATS_FILE_TMPDIR/root"
	export root=$BATS_FILE_TMPDIR/root
}

@test "package: the hook runs, and the files that others name are there" {
	[[ $("$root/usr/libexec/oci/hooks.d/sci-hook" --version) == "sci-hook $(dpkg-deb -f "$package" Version)" ]]
	for file in "$root"/usr/share/sci/*.json; do
		for path in $(jq -r '[.. | .path? // empty] | unique | .[]' "$file"); do
			[[ -x $root$path ]]
		done
	done
	[[ -x $root/usr/share/sci/sci-runc && -x $root/usr/share/sci/sci-crun && -x $root/usr/share/sci/sci-service && -e $root/usr/share/man/man8/sci-hook.8.gz ]]
}

@test "package: it depends on jq and the libraries of the hook, and on nothing else" {
	run -0 dpkg-deb -f "$package" Depends
	[[ $output =~ ^jq,\ libc6\ .*,\ libjansson4\ [^,]*$ ]]
}

@test "package: sci-install works from where it is installed" {
	mkdir -p "$root/sys/fs/cgroup" "$root/usr/bin"
	echo sci >"$root/sys/fs/cgroup/cgroup.controllers"
	run -0 "$root/usr/sbin/sci-install" --root "$root" --runtime podman --yes
	[[ -e $root/usr/share/containers/oci/hooks.d/sci.json ]]
	run -0 "$root/usr/sbin/sci-install" --root "$root" --undo --yes
	[[ ! -e $root/usr/share/containers/oci/hooks.d/sci.json ]]
}

@test "package: its removal undoes sci-install, and its upgrade does not" {
	dpkg-deb --control "$package" "$BATS_TEST_TMPDIR/control"
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "$@"\n' >"$BATS_TEST_TMPDIR/bin/sci-install"
	chmod +x "$BATS_TEST_TMPDIR/bin/sci-install"
	touch "$BATS_TEST_TMPDIR/files"
	sed -i "s|/var/lib/sci-install/files|$BATS_TEST_TMPDIR/files|" "$BATS_TEST_TMPDIR/control/prerm"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	run -0 "$BATS_TEST_TMPDIR/control/prerm" upgrade 0.2
	[[ -z $output ]]
	run -0 "$BATS_TEST_TMPDIR/control/prerm" remove
	[[ $output == "--undo --yes" ]]
}
