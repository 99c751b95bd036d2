#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build a guest kernel from Debian's kernel source.
#
#   scripts/kernel.sh [lean|debug|vanilla|...] [MAKE TARGET...]
#
#   lean     source + overlay + patches, configs/lean.config    -> build/kernel
#   debug    same source, lean.config + debug.config            -> build/debug-kernel
#   vanilla  source as Debian ships it, lean.config             -> build/vanilla-kernel
#   lint     as lean, for scripts/kernel-lint                   -> build/lint-kernel
#   off      source + overlay + patches, lean.config + off.config -> build/off-kernel
#   off-vanilla  source as Debian ships it, the same configuration -> build/off-vanilla-kernel
#   source   prepares the source trees and builds nothing
#   overlay  lists the files of the overlay
#
# Two source trees: build/src/pristine is Debian's and is never changed;
# build/src/sci is the same with the overlay (kernel/, arch/, include/,
# scripts/gcc-plugins/ and Documentation/ of this repository) and the series in
# patches/. Overlay and patched files are first put together in build/src/stage, then
# only those that differ are copied, so that an edit rebuilds what depends on it and
# nothing else. The series names *.patch files, and *.files, which say what part of the
# overlay comes at that point (scripts/series): here all of the overlay is copied.
#
# LINUX_SOURCE names another tarball than Debian's /usr/src/linux-source-6.12.tar.xz.
# With make targets (for example "bzImage" or "arch/x86/mm/sci/views/view.o") only
# these are built; without, the kernel and what modules need. KMAKE holds more
# arguments for make, for example KMAKE="C=2".

set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
build=$repo/build
package=linux-source-6.12
tarball=${LINUX_SOURCE:-/usr/src/$package.tar.xz}
pristine=$build/src/pristine
patched=$build/src/sci
stage=$build/src/stage
changes=$build/src/sci.changes	# when files of $patched changed, in nanoseconds
overlay_dirs=(kernel arch include scripts/gcc-plugins Documentation)

# Lines of the fragments that a variant may drop, and why.
allow_vanilla=(CONFIG_CGROUP_SCI)	# exists only in the patched source

# Build steps of a clean lean build as measured; for the percentage only.
expected_steps=2070

die() {
	printf 'kernel: %s\n' "$@" >&2
	exit 1
}

say() {
	printf 'kernel: %s\n' "$*"
}

# --- Debian's source

# version TREE: prints 6.12.N
version() {
	awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { p = $3 }
	     $1 == "SUBLEVEL" { print v "." p "." $3; exit }' "$1/Makefile"
}

tarball_id() {
	stat -L -c '%n %s %Y' "$tarball"
}

pristine_is_current() {
	[[ -e $pristine/Makefile && -e $build/src/pristine.id ]] &&
		[[ $(<"$build/src/pristine.id") == "$(tarball_id)" ]]
}

unpack() {
	local new=$build/src/new

	say "unpacking $tarball"
	rm -rf "$new" "$build/src/pristine.id"
	mkdir -p "$new"
	tar -xJf "$tarball" --strip-components=1 -C "$new"
	if [[ -e $pristine/Makefile ]]; then
		# A newer package: only the files that differ get a new time stamp.
		rsync -rlp --checksum --delete "$new/" "$pristine/"
		rm -rf "$new"
	else
		rm -rf "$pristine"
		mv "$new" "$pristine"
	fi
	tarball_id >"$build/src/pristine.id"
	say "$package $(version "$pristine") in build/src/pristine"
}

# --- overlay and series

# Every file of the overlay, one a line.
overlay_files() {
	local dirs=() d

	for d in "${overlay_dirs[@]}"; do
		[[ -d $repo/$d ]] && dirs+=("$d")
	done
	((${#dirs[@]})) || return 0
	if git -C "$repo" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$repo" ls-files --cached --others --exclude-standard -- "${dirs[@]}" |
			while read -r d; do
				[[ ! -e $repo/$d ]] || printf '%s\n' "$d"
			done
	else
		(cd "$repo" && find "${dirs[@]}" -type f)
	fi
}

# The patches of the series, one a line.
series() {
	[[ ! -e $repo/patches/series ]] ||
		sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' -e '/\.files$/d' "$repo/patches/series"
}

# The files that a patch touches, without the a/ and b/ prefixes.
patch_files() {
	sed -nE 's,^(---|\+\+\+) [ab]/([^[:space:]]+).*,\2,p' "$1" | sort -u
}

# Put every file that differs from pristine into $stage; list them in $stage.files.
assemble() {
	local file name out tested=unknown

	[[ ! -e $repo/patches/tested-version ]] || tested=$(<"$repo/patches/tested-version")
	rm -rf "$stage"
	mkdir -p "$stage"
	: >"$stage.files"

	while read -r name; do
		[[ -e $repo/patches/$name ]] || die "patches/series names $name, but there is no such file in patches/"
		patch_files "$repo/patches/$name" >"$stage.patch"
		[[ -s $stage.patch ]] || die "patches/$name changes no file (paths must start with a/ and b/)"
		while read -r file; do
			if [[ ! -e $stage/$file && -e $pristine/$file ]] &&
			   ! grep -qxF -- "$file" "$stage.files"; then
				mkdir -p "$stage/$(dirname "$file")"
				cp -p "$pristine/$file" "$stage/$file"
			fi
		done <"$stage.patch"
		cat "$stage.patch" >>"$stage.files"
		# No fuzz: a hunk whose context has changed wants a look by a person.
		if ! out=$(patch -p1 -F0 -f -r - --no-backup-if-mismatch -d "$stage" -i "$repo/patches/$name" 2>&1); then
			printf '%s\n' "$out" | grep -vE '^Hunk #[0-9]+ succeeded' >&2 || true
			file=$(printf '%s\n' "$out" |
			       awk '/^patching file / { f = $3 } /FAILED|ignored|No file to patch|malformed/ { print f; exit }')
			die "patches/$name does not apply${file:+ to $file}" \
			    "source found: $(version "$pristine"); series last tested with: $tested" \
			    "(fuzz is not accepted; adapt the patch, then record the version in patches/tested-version)"
		fi
		if grep -q 'offset' <<<"$out"; then
			say "note: patches/$name applies with an offset ($(grep -c offset <<<"$out") hunks)"
		fi
	done < <(series)
	rm -f "$stage.patch"

	while read -r file; do
		[[ ! -e $pristine/$file ]] || die "$file exists in $package already: change it with a patch, not with the overlay"
		! grep -qxF -- "$file" "$stage.files" || die "$file is in the overlay and in a patch"
		mkdir -p "$stage/$(dirname "$file")"
		cp -p "$repo/$file" "$stage/$file"
		printf '%s\n' "$file" >>"$stage.files"
	done < <(overlay_files)
	sort -u -o "$stage.files" "$stage.files"
}

patched_is_current() {
	[[ -e $patched/Makefile && -e $build/src/sci.id ]] &&
		[[ $(<"$build/src/sci.id") == "$(<"$build/src/pristine.id")" ]]
}

# install_stage check|copy: bring $patched in line with $stage. With "check"
# nothing is changed and the result says whether there is something to do.
install_stage() {
	local mode=$1 file want

	if ! patched_is_current; then
		[[ $mode == copy ]] || return 1
		say "preparing build/src/sci"
		mkdir -p "$patched"
		rm -f "$build/src/sci.id"
		if [[ -e $patched/Makefile ]]; then
			rsync -rlp --checksum --delete "$pristine/" "$patched/"
			: >"$build/src/sci.files"
		else
			cp -a "$pristine/." "$patched/"
		fi
		cp "$build/src/pristine.id" "$build/src/sci.id"
	fi
	touch "$build/src/sci.files"

	# Staged files, and those that were staged the last time.
	while read -r file; do
		if [[ -e $stage/$file ]]; then
			want=$stage/$file
		elif grep -qxF -- "$file" "$stage.files" || [[ ! -e $pristine/$file ]]; then
			want=			# removed by a patch, or no longer added
		else
			want=$pristine/$file	# no longer patched
		fi
		if [[ -z $want ]]; then
			[[ -e $patched/$file ]] || continue
			[[ $mode == copy ]] || return 1
			say "removing $file"
			rm "$patched/$file"
		elif ! cmp -s "$want" "$patched/$file"; then
			[[ $mode == copy ]] || return 1
			say "updating $file"
			mkdir -p "$patched/$(dirname "$file")"
			# By rename and with a new time stamp: make must see it.
			cp "$want" "$patched/$file.sci-new"
			mv "$patched/$file.sci-new" "$patched/$file"
		fi
	done < <(sort -u "$stage.files" "$build/src/sci.files")
	if [[ $mode == copy ]]; then
		cp "$stage.files" "$build/src/sci.files"
		date +%s%N >>"$changes"
	fi
}

# --- configuration

fragments() {
	printf '%s\n' "$repo/configs/lean.config"
	case $variant in
	debug)	printf '%s\n' "$repo/configs/debug.config" ;;
	off*)	printf '%s\n' "$repo/configs/off.config" ;;
	esac
}

# The fragments as one; of two lines for one option the later one stays.
merged_fragment() {
	local files

	mapfile -t files < <(fragments)
	awk '
	function option(line) {
		if (line ~ /^# CONFIG_[A-Za-z0-9_]+ is not set$/) return substr(line, 3, index(line, " is ") - 3)
		if (line ~ /^CONFIG_[A-Za-z0-9_]+=/) return substr(line, 1, index(line, "=") - 1)
		return ""
	}
	/^#/ && option($0) == "" || /^[[:space:]]*$/ { next }
	option($0) == "" { print FILENAME ":" FNR ": neither an option nor a comment: " $0 >"/dev/stderr"; exit 1 }
	{ o = option($0); if (!(o in line)) order[++n] = o; line[o] = $0 }
	END { for (i = 1; i <= n; i++) print line[order[i]] }' "${files[@]}"
	printf 'CONFIG_LOCALVERSION="%s"\n' "$suffix"
}

# Fails with a list when a line of the fragment did not take effect.
verify_config() {
	local line option missing=() allowed=()

	[[ $src == "$patched" ]] || allowed=("${allow_vanilla[@]}")
	while read -r line; do
		option=${line#\# }
		option=${option%%[= ]*}
		[[ " ${allowed[*]} " != *" $option "* ]] || continue
		case $line in
		\#*|*=n) ! grep -q "^$option=" "$objdir/.config" || missing+=("$line") ;;
		*)	 grep -qxF -- "$line" "$objdir/.config" || missing+=("$line") ;;
		esac
	done <"$objdir/.fragment"
	((${#missing[@]} == 0)) ||
		die "these lines of the configuration had no effect (no such option, or one it depends on is missing):" \
		    "${missing[@]/#/    }"
}

config_id() {
	{
		cat "$objdir/.fragment" "$build/src/pristine.id"
		[[ $src != "$patched" ]] || find "$stage" -name 'Kconfig*' -type f | sort | xargs -r cat
		cat "$objdir/.config"
		"${CROSS_COMPILE:-}gcc" --version
	} 2>/dev/null | sha256sum
}

configure() {
	local new

	new=$(merged_fragment)
	printf '%s\n' "$new" >"$objdir/.fragment"
	if [[ -e $objdir/.config && -e $objdir/.config.id && $(<"$objdir/.config.id") == "$(config_id)" ]]; then
		return
	fi
	say "configuring ($(fragments | sed "s,^$repo/,," | paste -sd+))"
	rm -f "$objdir/.config.id"
	kmake KCONFIG_ALLCONFIG="$objdir/.fragment" allnoconfig >"$log" 2>&1 ||
		{ cat "$log" >&2; die "configuration failed"; }
	verify_config
	config_id >"$objdir/.config.id"
}

# --- build

kmake() {
	# shellcheck disable=SC2086 # KMAKE is a list of words
	make -C "$src" O="$objdir" CC="$cc" HOSTCC="$cc" HOSTCXXFLAGS="-ffile-prefix-map=$repo=." \
		${KMAKE:-} "$@"
}

# Shortens make's output: steps become a progress line, all else is passed on.
progress() {
	local unbuffered=()

	# mawk, Debian's own awk, would wait for a full buffer.
	if awk -W version 2>&1 </dev/null | grep -q mawk; then
		unbuffered=(-W interactive)
	fi
	awk "${unbuffered[@]}" -v total="$1" -v start="$(date +%s)" -v tty="$([[ -t 1 ]] && echo 1 || echo 0)" '
	function elapsed(	s) {
		"date +%s" | getline s
		close("date +%s")
		s -= start
		return sprintf("%d:%02d", s / 60, s % 60)
	}
	function show() {
		pct = total ? int(100 * n / total) : 0
		if (pct > 99) pct = 99
		text = total ? sprintf("  [%2d %%, %s] %s", pct, elapsed(), $0) : sprintf("  [%s] %s", elapsed(), $0)
		if (tty)
			printf "\r\033[K%.100s", text
		else
			print text
		fflush()
	}
	/^make(\[[0-9]+\])?: (Entering|Leaving) directory/ { next }
	/^  (GEN +Makefile|CALL|DESCEND|INSTALL) .*/ && !total { next }
	/^  [A-Z0-9_]+ +[^ ]/ {
		n++
		if (!total || (tty ? n % 10 == 0 : n % 100 == 0))
			show()
		next
	}
	/is up to date|is ready|^Setup is|^System is|^CRC / { next }
	NF { if (tty) printf "\r\033[K"; print; fflush() }
	END { if (tty) printf "\r\033[K" }'
}

# changed_since NANOSECONDS: did files of the patched tree change after that time?
changed_since() {
	[[ $src == "$patched" && -e $changes ]] && (($(tail -n 1 "$changes") >= $1))
}

# Another variant may have changed the sources while this one was built. An object
# that was being compiled then is newer than the change but does not have it.
remove_doubtful_objects() {
	local time

	while read -r time; do
		((time >= $1)) || continue
		time=$((time / 1000000000))
		find "$objdir" -name '*.o' -newermt "@$((time - 1))" ! -newermt "@$((time + 120))" -delete
	done <"$changes"
}

# Kbuild does not know that objects depend on the plugin which they are compiled with.
remove_objects_of_other_plugin() {
	local id

	[[ $src == "$patched" && $variant != off ]] || return 0
	id=$(cat "$patched"/scripts/gcc-plugins/sci_*.c | sha256sum)
	[[ -e $objdir/.plugin.id && $(<"$objdir/.plugin.id") == "$id" ]] && return
	find "$objdir" -name '*.o' -delete
	printf '%s\n' "$id" >"$objdir/.plugin.id"
}

compile() {
	local begin=$SECONDS steps=0 secs start status

	[[ -e $objdir/vmlinux.o || $# -gt 0 ]] || steps=$expected_steps
	if (($# == 0)); then
		set -- bzImage modules
	fi
	while
		start=$(date +%s%N)
		status=0
		kmake -j"$(nproc)" "$@" 2>&1 | tee "$log" | progress "$steps" || status=$?
		changed_since "$start"
	do
		say "sources changed during the build of $variant; building again what depends on them"
		remove_doubtful_objects "$start"
		steps=0
	done
	if ((status)); then
		printf '\n' >&2
		grep -nE 'error:|Error [0-9]+|undefined reference|No rule to make|objtool:|failed' "$log" | head -40 >&2 || true
		die "build of variant $variant failed; full log: ${log#"$repo"/}"
	fi
	secs=$((SECONDS - begin))
	say "$variant $(<"$objdir/include/config/kernel.release") built in $((secs / 60)):$(printf %02d $((secs % 60)))" \
	    "($(grep -cE '^  [A-Z0-9_]+ +[^ ]' "$log" || true) steps)"
}

# Called with the stage lock held. Builds hold the source lock shared: a new kernel
# package waits for them. An edit does not (see remove_doubtful_objects).
prepare_sources() {
	exec {srclock}>"$build/src/.lock"
	if ! pristine_is_current || { [[ $src == "$patched" ]] && ! patched_is_current; }; then
		flock -n "$srclock" || { say "waiting for running builds before the source tree is replaced"; flock "$srclock"; }
		pristine_is_current || unpack
	fi
	[[ $src == "$patched" ]] || return 0
	assemble
	install_stage check || install_stage copy
}

main() {
	variant=${1:-lean}
	shift || true
	case $variant in
	overlay) overlay_files; return ;;
	lean)	 objdir=$build/kernel		src=$patched	suffix=-sci ;;
	debug)	 objdir=$build/debug-kernel	src=$patched	suffix=-sci-debug ;;
	vanilla) objdir=$build/vanilla-kernel	src=$pristine	suffix=-vanilla ;;
	lint)	 objdir=$build/lint-kernel	src=$patched	suffix=-sci ;;
	off)	 objdir=$build/off-kernel	src=$patched	suffix=-off ;;
	off-vanilla) objdir=$build/off-vanilla-kernel src=$pristine suffix=-off ;;
	source)	 objdir=''			src=$patched	suffix='' ;;
	*)	 die "unknown variant '$variant': lean, debug, vanilla, lint, off, off-vanilla, source or overlay" ;;
	esac
	log=$build/log/kernel-$variant.log
	mkdir -p "$build/src" "$build/log" ${objdir:+"$objdir"}
	[[ -e $tarball ]] || die "$tarball is missing: run 'make deps' (package $package)"

	# Compiler cache: time stamps, user, host and checkout path must not matter.
	cc=gcc
	if command -v ccache >/dev/null; then
		cc="ccache gcc"
		export CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1
		# a miss must not cost a run of the preprocessor: kbuild writes
		# what a file includes anyway
		export CCACHE_DEPEND=1
		# the compiler's plugin is built here, at another time in each clone
		export CCACHE_COMPILERCHECK=content
	fi
	export KBUILD_BUILD_TIMESTAMP="Thu Jan  1 00:00:00 UTC 1970"
	export KBUILD_BUILD_USER=sci KBUILD_BUILD_HOST=sci KBUILD_BUILD_VERSION=1
	export LC_ALL=C
	unset MAKEFLAGS MAKELEVEL MFLAGS

	exec {stagelock}>"$build/src/.stage-lock"
	if [[ $variant == source ]]; then
		flock "$stagelock"
		prepare_sources
		return
	fi
	exec {objlock}>"$objdir/.lock"
	flock -n "$objlock" || { say "another build of $variant is running; waiting for it"; flock "$objlock"; }
	flock "$stagelock"
	prepare_sources
	configure
	flock -s "$srclock"
	flock -u "$stagelock"
	remove_objects_of_other_plugin
	compile "$@"
}

main "$@"
