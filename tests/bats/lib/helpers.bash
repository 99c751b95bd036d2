# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the suites share that do not attack: assertions, cgroups, processes.
#
# With SCI_TEST_NO_ENABLE=1 isolated_cgroup leaves sci.enabled at 0: a test of
# isolation that still passes then shows nothing.

programs=/sci/build/programs
root_cgroup=/sys/fs/cgroup

# The cgroup of this test; everything a test makes is below it.
top=$root_cgroup/sci-test

# say WHAT...: a diagnostic for the log
say() {
	printf '%s\n' "$*" >&2
}

# equals WHAT GOT WANTED
equals() {
	[[ $2 == "$3" ]] || {
		say "$1: \"$2\", should be \"$3\""
		return 1
	}
}

# at_least WHAT GOT MINIMUM
at_least() {
	(($2 >= $3)) || {
		say "$1: $2, should be at least $3"
		return 1
	}
}

# within WHAT GOT MINIMUM MAXIMUM
within() {
	(($2 >= $3 && $2 <= $4)) || {
		say "$1: $2, should be from $3 to $4"
		return 1
	}
}

# eventually SECONDS COMMAND...: COMMAND succeeds within that time
eventually() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS < end)) || {
			say "not within the time: $*"
			return 1
		}
		sleep 0.05
	done
}

# The controller, in the cgroup of the tests. Without it no test can pass.
make_top() {
	[[ " $(<$root_cgroup/cgroup.controllers) " == *" sci "* ]] || {
		say "no controller sci in $root_cgroup/cgroup.controllers"
		return 1
	}
	echo +sci >$root_cgroup/cgroup.subtree_control
	mkdir -p $top
}

# Everything below the top goes, and the top with it.
remove_top() {
	local dir i

	[[ -d $top ]] || return 0
	echo 1 >$top/cgroup.kill
	for ((i = 0; i < 200; i++)); do
		while read -r dir; do
			rmdir "$dir" 2>/dev/null || true
		done < <(find $top -depth -type d)
		[[ -d $top ]] || return 0
		sleep 0.05
	done
	say "cannot remove $top"
	find $top -type d >&2
	return 1
}

# make_cgroup PATH: below the top, with the controller all along the path
make_cgroup() {
	local part dir=$top

	for part in ${1//\// }; do
		[[ " $(<"$dir/cgroup.subtree_control") " == *" sci "* ]] ||
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

member() {
	grep -qx "$2" "$1/cgroup.procs" 2>/dev/null
}

# key FILE NAME: the value in a flat keyed file
key() {
	awk -v key="$2" '$1 == key { print $2; found = 1 } END { exit !found }' "$1"
}

# calls CGROUP: its isolated system calls so far
calls() {
	key "$1/sci.stat" isolated_syscalls
}

# write FILE TEXT ["put" options...]: one write(2); its error in $output
write() {
	# shellcheck disable=SC2034 # read by the tests
	run "$programs/put" "${@:3}" "$1" "$2"
}

# writes FILE TEXT [OPTION...]: the write succeeds
writes() {
	write "$@"
	# shellcheck disable=SC2154
	((status == 0)) || {
		say "writing \"$2\" to $1: $output"
		return 1
	}
}

# refuses ERROR FILE TEXT [OPTION...]: the write fails with that error
refuses() {
	local error=$1

	shift
	write "$@"
	# shellcheck disable=SC2154
	[[ $status == 1 && $output == "$error" ]] || {
		say "writing \"$2\" to $1: status $status, \"$output\", should be $error"
		return 1
	}
}

# profile_of_calls CGROUP: a profile of a container that does not make directories. It has all
# other calls, for one run does not show all that the Go runtime and signals make.
profile_of_calls() {
	local nr

	if grep -qx "syscall x86_64:83" "$1/sci.profile"; then
		say "$1 has made a directory"
		return 1
	fi
	head -n 1 "$1/sci.profile"
	for nr in {0..82} {84..599}; do
		echo "syscall x86_64:$nr"
	done
	echo "text any"
	echo end
}

# rises CGROUP: its tasks make isolated calls
rises() {
	local before

	before=$(calls "$1")
	eventually 10 above "$1" $((before + 20))
}

above() {
	(($(calls "$1") > $2))
}

# still CGROUP PID: PID, a "calls spin", goes on, and CGROUP counts none of its calls
still() {
	local before

	goes_on "$2" 2
	before=$(calls "$1")
	goes_on "$2" 20
	equals "isolated_syscalls when $2 had gone on" "$(calls "$1")" "$before"
}

# goes_on PID TIMES: PID goes to sleep so many times more
goes_on() {
	eventually 20 has_slept "$1" $(($(sleeps "$1") + $2))
}

has_slept() {
	(($(sleeps "$1") >= $2))
}

sleeps() {
	awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$1/status"
}

# in_call PID NUMBER: PID sleeps in this system call
in_call() {
	[[ $(<"/proc/$1/syscall") == "$2 "* ]]
}

# in_state PID LETTER: as ps(1) shows it
in_state() {
	grep -q "^State:[[:space:]]*$2" "/proc/$1/status"
}

# fifos: $in and $out, to talk with a program over file descriptors 7 and 8
fifos() {
	mkfifo "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
	exec 7<>"$BATS_TEST_TMPDIR/in" 8<>"$BATS_TEST_TMPDIR/out"
}

# answers BYTES: the program has written these to file descriptor 8
answers() {
	local got

	read -r -N ${#1} -t 60 got <&8
	equals "answer" "$got" "$1"
}

# no_violations CGROUP
no_violations() {
	local violations kills

	violations=$(key "$1/sci.events" violations)
	kills=$(key "$1/sci.events" kills)
	[[ $violations == 0 && $kills == 0 ]] || {
		say "$1: $violations violations, $kills kills"
		dmesg | grep "sci: violation" | tail -n 5 >&2
		return 1
	}
}

# same_inside PROGRAM [ARG...]: outside and in an isolated cgroup the program ends
# the same way and prints the same, inside with isolated calls and no violation.
same_inside() {
	local outside inside inside_status=0 outside_status=0 cg=$top/same

	outside=$("$@" 3>&-) || outside_status=$?
	isolated_cgroup same
	inside=$(inside "$cg" "$@") || inside_status=$?
	equals "exit status inside" $inside_status $outside_status
	equals "output inside" "$inside" "$outside"
	equals "exit status" $inside_status 0
	at_least "isolated_syscalls" "$(calls "$cg")" 1
	no_violations "$cg"
	if [[ $inside == skip* && $inside != *ok* ]]; then
		skip "this kernel or CPU lacks it: $inside"
	fi
}
