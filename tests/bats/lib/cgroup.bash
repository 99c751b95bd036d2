# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The cgroups of a test, all of them below $top: how they are made and removed, what runs
# in them, what is written to their files and what these say. Loaded by helpers.bash.
#
# With SCI_TEST_NO_ENABLE=1 isolated_cgroup leaves sci.enabled at 0: a test of isolation
# that still passes then shows nothing.

# Some variables are those of bats and of helpers.bash.
# shellcheck disable=SC2154
root_cgroup=/sys/fs/cgroup
top=$root_cgroup/sci-test

# booted_off: with sci=off, so that there is no controller
booted_off() {
	grep -qw sci=off /proc/cmdline
}

# make_top: $top, with the controller unless the kernel was booted with sci=off. Where it
# lacks for any other reason no test can pass.
make_top() {
	if ! booted_off; then
		[[ " $(<$root_cgroup/cgroup.controllers) " == *" sci "* ]] || {
			say "no controller sci in $root_cgroup/cgroup.controllers"
			return 1
		}
		echo +sci >$root_cgroup/cgroup.subtree_control
	fi
	mkdir -p $top
}

# remove_cgroup CGROUP: what runs in it and below is killed, and all of it goes
remove_cgroup() {
	local dir i

	[[ -d $1 ]] || return 0
	echo 1 >"$1/cgroup.kill"
	for ((i = 0; i < 200; i++)); do
		while read -r dir; do
			rmdir "$dir" 2>/dev/null || true
		done < <(find "$1" -depth -type d)
		[[ -d $1 ]] || return 0
		sleep 0.05
	done
	say "cannot remove $1"
	find "$1" -type d >&2
	return 1
}

remove_top() {
	remove_cgroup $top
}

# make_cgroup PATH: below the top, with the controller, if there is one, all along the path
make_cgroup() {
	local part dir=$top

	for part in ${1//\// }; do
		[[ " $(<"$dir/cgroup.subtree_control") " == *" sci "* ]] || booted_off ||
			echo +sci >"$dir/cgroup.subtree_control"
		dir+=/$part
		mkdir -p "$dir"
	done
}

# isolated_cgroup NAME: a cgroup below the top, isolated
isolated_cgroup() {
	make_cgroup "$1"
	[[ -n ${SCI_TEST_NO_ENABLE-} ]] || echo 1 >"$top/$1/sci.enabled"
}

# audited_cgroup NAME: the same, in audit mode
audited_cgroup() {
	make_cgroup "$1"
	echo audit >"$top/$1/sci.mode"
	isolated_cgroup "$1"
}

# inside CGROUP COMMAND...: COMMAND as a member of CGROUP, here
inside() {
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@" 3>&-
}

# start_inside CGROUP COMMAND...: the same in the background, its pid in $started
start_inside() {
	# without the "<&0" standard input would be /dev/null
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@" <&0 3>&- &
	started=$!
	eventually 10 member "$1" "$started"
}

# member CGROUP PID
member() {
	grep -qx "$2" "$1/cgroup.procs" 2>/dev/null
}

# cgroup_of PID: its directory
cgroup_of() {
	local path

	path=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
	echo "$root_cgroup$path"
}

# put FILE TEXT [OPTION...]: one write(2) by tests/programs/put; its error in $output
put() {
	# shellcheck disable=SC2034 # read by the tests
	run "$programs/put" "${@:3}" "$1" "$2"
}

# writes FILE TEXT [OPTION...]: the write succeeds
writes() {
	put "$@"
	((status == 0)) || {
		say "writing \"$2\" to $1: $output"
		return 1
	}
}

# refuses ERROR FILE TEXT [OPTION...]: the write fails with that error
refuses() {
	local error=$1

	shift
	put "$@"
	[[ $status == 1 && $output == "$error" ]] || {
		say "writing \"$2\" to $1: status $status, \"$output\", should be $error"
		return 1
	}
}

# key FILE NAME: the value in a flat keyed file
key() {
	awk -v key="$2" '$1 == key { print $2; found = 1 } END { exit !found }' "$1"
}

# isolated_syscalls CGROUP: how many it has counted so far
isolated_syscalls() {
	key "$1/sci.stat" isolated_syscalls
}

# state CGROUP OWN EFFECTIVE: what sci.enabled and sci.enabled.effective say
state() {
	local own effective

	read -r own <"$1/sci.enabled"
	read -r effective <"$1/sci.enabled.effective"
	equals "$1/sci.enabled" "$own" "$2"
	equals "$1/sci.enabled.effective" "$effective" "$3"
}

# mode CGROUP OWN EFFECTIVE: what sci.mode and sci.mode.effective say
mode() {
	equals "$1/sci.mode" "$(<"$1/sci.mode")" "$2"
	equals "$1/sci.mode.effective" "$(<"$1/sci.mode.effective")" "$3"
}

# counted CGROUP VIOLATIONS KILLS: so many so far
counted() {
	local violations kills

	violations=$(key "$1/sci.events" violations)
	kills=$(key "$1/sci.events" kills)
	[[ $violations == "$2" && $kills == "$3" ]] || {
		say "$1: $violations violations and $kills kills, should be $2 and $3"
		dmesg | grep -E 'sci: (audited )?violation' | tail -n 5 >&2
		return 1
	}
}

# no_violations CGROUP
no_violations() {
	counted "$1" 0 0
}

# isolates CGROUP: the 200 system calls of a new process there are isolated
isolates() {
	within "isolated system calls in $1" "$(isolated_of_200 "$1")" 200 202
}

# does_not_isolate CGROUP: none of them is
does_not_isolate() {
	equals "isolated system calls in $1" "$(isolated_of_200 "$1")" 0
}

isolated_of_200() {
	local n isolated rest

	read -r rest n rest isolated < <(inside "$1" "$programs/calls" count 200)
	equals "system calls that succeeded" "$n" 200 && echo "$isolated"
}

# rises CGROUP: its tasks make isolated system calls
rises() {
	eventually 10 above "$1" $(($(isolated_syscalls "$1") + 20))
}

# above CGROUP NUMBER: it has counted more isolated system calls
above() {
	(($(isolated_syscalls "$1") > $2))
}

# still CGROUP PID: PID, a "calls spin", goes on, and CGROUP counts none of its system calls
still() {
	local before

	goes_on "$2" 2
	before=$(isolated_syscalls "$1")
	goes_on "$2" 20
	equals "isolated_syscalls when $2 had gone on" "$(isolated_syscalls "$1")" "$before"
}

# same_inside PROGRAM [ARGUMENT...]: outside and in an isolated cgroup the program ends the
# same way and prints the same, inside with isolated system calls and no violation.
same_inside() {
	local outside inside inside_status=0 outside_status=0 cg=$top/same

	outside=$("$@" 3>&-) || outside_status=$?
	isolated_cgroup same
	inside=$(inside "$cg" "$@") || inside_status=$?
	equals "exit status inside" $inside_status $outside_status
	equals "output inside" "$inside" "$outside"
	equals "exit status" $inside_status 0
	at_least "isolated_syscalls" "$(isolated_syscalls "$cg")" 1
	no_violations "$cg"
	if [[ $inside == skip* && $inside != *ok* ]]; then
		skip "this kernel or CPU lacks it: $inside"
	fi
}
