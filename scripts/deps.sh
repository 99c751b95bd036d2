#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   scripts/deps.sh [bochs|audit|crio]
#
# Install the Debian 12 packages that the build and the tests need, and those that only
# 'make check-bochs', 'make audit' or 'make crio' needs when told so. Does nothing when
# all are there; otherwise runs apt-get, as root or with sudo.

set -euo pipefail

packages=(
	# kernel
	bc binutils bison build-essential ccache cpio flex gcc-12-plugin-dev kmod libelf-dev libssl-dev
	linux-source-6.12 patch perl python3-minimal quilt rsync sparse xz-utils
	# guest
	e2fsprogs ipxe-qemu mmdebstrap qemu-system-x86 seabios uidmap
	# hook, programs and tests
	bats clang debhelper jq libclang-rt-14-dev libjansson-dev mandoc pkg-config python3 shellcheck
	valgrind
	# to know what has to be built again
	git
)
[[ ${1:-} != bochs ]] ||
	packages+=(bochs bochs-term bochsbios busybox-static isolinux syslinux-common vgabios xorriso)
[[ ${1:-} != audit ]] ||
	packages+=(gcc-multilib libcap-dev libnuma-dev)
[[ ${1:-} != crio ]] ||
	packages+=(golang-go libseccomp-dev libsqlite3-dev)

die() {
	printf 'deps: %s\n' "$@" >&2
	exit 1
}

missing() {
	local package

	for package in "${packages[@]}"; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
			printf '%s\n' "$package"
	done
}

candidate() {
	apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

command -v dpkg-query >/dev/null || die "this needs Debian 12 (there is no dpkg here)"
mapfile -t list < <(missing)
((${#list[@]})) || exit 0

printf 'deps: to be installed: %s\n' "${list[*]}"
root=()
if ((EUID)); then
	command -v sudo >/dev/null ||
		die "not root, and no sudo here: as root, run" "    apt-get install --no-install-recommends ${list[*]}"
	root=(sudo)
fi

apt() {
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 "$@"
}

apt update || die "apt-get update failed"
for package in "${list[@]}"; do
	[[ -n $(candidate "$package") ]] || case $package in
	linux-source-*)
		die "no archive in /etc/apt offers $package." \
		    "Debian 12 has it in bookworm-security, or in bookworm-backports: add one of them, for example" \
		    "    deb http://deb.debian.org/debian-security bookworm-security main" \
		    "and see what 'apt-cache policy $package' says." ;;
	*)
		die "no archive in /etc/apt offers $package: is this Debian 12 (component main)?" ;;
	esac
done
apt install -y --no-install-recommends "${list[@]}" || die "apt-get install failed"
mapfile -t list < <(missing)
((${#list[@]} == 0)) || die "still not installed: ${list[*]}"
