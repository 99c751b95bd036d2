# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Processes that the suites start: in what state they are, whether they go on, and how to
# talk to them. Loaded by helpers.bash.

# in_syscall PID NUMBER: PID sleeps in this system call
in_syscall() {
	[[ $(<"/proc/$1/syscall") == "$2 "* ]]
}

# in_state PID LETTER: as ps(1) shows it
in_state() {
	grep -q "^State:[[:space:]]*$2" "/proc/$1/status"
}

# gone PID
gone() {
	[[ ! -e /proc/$1 ]]
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

# fifos: to talk with a program that has file descriptor 7 as standard input and 8 as
# standard output
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

# busy_cpus: a process that never sleeps on each CPU, so that page tables are loaded when
# another process has run
busy_cpus() {
	local cpu

	busy_pids=()
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		taskset -c "$cpu" sh -c 'while :; do :; done' 3>&- &
		busy_pids+=($!)
	done
}

# idle_cpus: those processes are gone
idle_cpus() {
	[[ -z ${busy_pids[*]-} ]] || kill "${busy_pids[@]}"
	busy_pids=()
}
