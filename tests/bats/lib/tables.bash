# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For suites that attack top-level page tables: these are loaded when another process
# has run.

# busy: a process that never sleeps on each CPU
busy() {
	local cpu

	busy_pids=()
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		taskset -c "$cpu" sh -c 'while :; do :; done' 3>&- &
		busy_pids+=($!)
	done
}

# idle: they are gone
idle() {
	[[ -z ${busy_pids[*]-} ]] || kill "${busy_pids[@]}"
	busy_pids=()
}
