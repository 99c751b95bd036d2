#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Make the guest's disk image, build/guest/guest.img: a minimal Debian 12 with the
# packages of scripts/guest/packages, from the package archives that this
# machine's own apt uses. Made again only when an input changes; remove
# build/guest to have it made from today's packages.
#
# Runs as root, or as a user with subordinate ids (see mmdebstrap(1), mode
# unshare). No loop device: mke2fs fills the file system while it makes it.

set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
dir=$repo/build/guest
image=$dir/guest.img
suite=bookworm
size=3G		# of the file system; the file is sparse

say() {
	printf 'guest: %s\n' "$*"
}

inputs_id() {
	cat "$repo/scripts/guest-image.sh" "$repo/scripts/guest/packages" "$repo/scripts/guest/init-stub" | sha256sum
}

# Lines of a sources.list with this machine's Debian archives.
sources() {
	# shellcheck disable=SC2016 # the $(...) are apt's
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
		awk -v suite="$suite" '$1 == "Debian" && ($2 == suite || index($2, suite "-") == 1) && $2 !~ /backports/ {
			print "deb " $3 " " $2 " " $4 }' | sort -u
}

# Options of this machine's apt that say how to reach the archives.
apt_options() {
	apt-config dump | grep -E '^Acquire::(http|https)(::|::[^"]*::)(Proxy|CaInfo|Verify[^ ]*)|^Acquire::Check-' |
		grep -v ' "";$' || true
}

build() {
	local packages list log=$repo/build/log/guest-image.log begin=$SECONDS option options=()

	packages=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$repo/scripts/guest/packages" | paste -sd,)
	list=$(sources)
	if [[ -z $list ]]; then
		say "apt knows no Debian $suite archive on this machine (apt-get update?); taking the public mirrors"
	fi
	while read -r option; do
		[[ -z $option ]] || options+=("--aptopt=$option")
	done < <(apt_options)

	mkdir -p "$dir" "$repo/build/log"
	rm -f "$image" "$image.new" "$dir/guest.id"
	# Under unshare the hook runs as another user id and must be able to write here.
	truncate -s "$size" "$image.new"
	chmod 666 "$image.new"
	export SCI_IMAGE=$image.new SCI_STUB=$repo/scripts/guest/init-stub

	say "debootstrapping Debian $suite (log: build/log/guest-image.log)"
	# shellcheck disable=SC2016 # the hooks' variables are for the hooks
	if ! printf '%s\n' "$list" | mmdebstrap --variant=minbase --format=null \
		--include="$packages" "${options[@]}" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='
			set -e
			install -m 755 "$SCI_STUB" "$1/sci-init"
			mkdir -p "$1/sci" "$1/out" "$1/usr/share/sci/bundle-rootfs"
			cd "$1/usr/share/sci/bundle-rootfs"
			mkdir -p bin dev etc proc root sys tmp
			chmod 1777 tmp
			cp "$1/bin/busybox" bin/busybox
			for applet in $("$1/bin/busybox" --list); do
				[ "$applet" = busybox ] || ln -s busybox "bin/$applet"
			done
			echo "root:x:0:0:root:/root:/bin/sh" >etc/passwd
			echo "root:x:0:" >etc/group
			ln -s bin sbin
			mkdir usr
			ln -s ../bin usr/bin
			ln -s ../bin usr/sbin
			rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/etc/apt/apt.conf.d/99mmdebstrap
			rm -f "$1/etc/apt/sources.list" "$1/etc/resolv.conf"
			echo guest >"$1/etc/hostname"
			printf "127.0.0.1\tlocalhost guest\n" >"$1/etc/hosts"' \
		--customize-hook='
			set -e
			# A plain bind mount leaves out what is mounted below, /proc first of all.
			mkdir "$1/mnt/root"
			mount --bind "$1" "$1/mnt/root"
			mke2fs -q -F -t ext4 -E lazy_itable_init=1,root_owner=0:0 -m 0 -L guest \
				-d "$1/mnt/root" "$SCI_IMAGE" || status=$?
			umount "$1/mnt/root"
			exit ${status:-0}' \
		"$suite" /dev/null ${list:+-} >"$log" 2>&1; then
		tail -40 "$log" >&2
		say "failed; full log: build/log/guest-image.log" >&2
		exit 1
	fi
	chmod 644 "$image.new"
	mv "$image.new" "$image"
	inputs_id >"$dir/guest.id"
	say "build/guest/guest.img made in $((SECONDS - begin)) s ($(du -h "$image" | cut -f1) of disk)"
}

mkdir -p "$dir"
exec {lock}>"$dir/.lock"
flock "$lock"
if [[ -e $image && -e $dir/guest.id && $(<"$dir/guest.id") == "$(inputs_id)" ]]; then
	exit 0
fi
build
