#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attacks from inside an isolated system call are stopped, counted and logged, and
# harm nobody else. baseline.off.bats shows that they work on a kernel without SCI.

# shellcheck disable=SC2154 # variables of attack.bash and of bats
load ../lib/attack.bash

setup_file() {
	load_attack_module
	echo +sci >"$root_cgroup/cgroup.subtree_control"
	# Any oops or WARN is the end of this guest.
	echo 1 >/proc/sys/kernel/panic_on_oops
	echo 1 >/proc/sys/kernel/oops_limit
	echo 1 >/proc/sys/kernel/panic_on_warn
}

teardown_file() {
	echo 0 >/proc/sys/kernel/panic_on_warn
	echo 10000 >/proc/sys/kernel/oops_limit
}

setup() {
	new_cgroup
}

teardown() {
	remove_cgroups
}

isolate() {
	echo 1 >"$cg/sci.enabled"
	is "sci.enabled.effective" "$(<"$cg/sci.enabled.effective")" 1
}

# The violations logged since "dmesg --clear". The log is rate-limited, so tests that
# look for a line come first.
violations_logged() {
	dmesg --notime | grep 'sci: violation: '
}

# stopped ATTACK...: the attack, in the isolated $cg, kills the attacker and is
# counted once. What the attacker had said is in $output.
stopped() {
	local violations kills

	violations=$(event "$cg/sci.events" violations)
	kills=$(event "$cg/sci.events" kills)
	run inside "$cg" "$attacker" "$@"
	is "exit status" "$status" 137
	if [[ $output == *after* || $output == *refused* ]]; then
		echo "the attack came back: $output" >&2
		return 1
	fi
	is "violations" "$(event "$cg/sci.events" violations)" $((violations + 1))
	is "kills" "$(event "$cg/sci.events" kills)" $((kills + 1))
}

# logged REGEX: the log line of the last attack; what it says of call, target, reason
logged() {
	local line

	line=$(violations_logged | tail -n 1)
	[[ $line =~ ^sci:\ violation:\ attacker\[[0-9]+\]\ $1 ]] || {
		printf 'log line: "%s"\nshould match: "%s"\n' "$line" "$1" >&2
		return 1
	}
}

@test "a function pointer into the middle of prepare_kernel_cred makes root where nobody is isolated" {
	becomes_root "$cg" escalate
	is "violations" "$(event "$cg/sci.events" violations)" 0
}

@test "a function pointer into the middle of prepare_kernel_cred kills the attacker in an isolated cgroup" {
	isolate
	stopped -u 1000 escalate
	is "before the attack" "$output" "before: uid 1000, capabilities 0000000000000000"
}

@test "the log names the process, the call, the target and the reason" {
	isolate
	dmesg --clear
	stopped -u 1000 escalate
	logged 'call x86_64:1 target prepare_kernel_cred\+0x[0-9a-f]+/0x[0-9a-f]+ .*reason [a-z]+'
}

@test "the 32-bit write by int 0x80 is stopped, too, and named in the log" {
	becomes_root "$cg" -i escalate
	isolate
	dmesg --clear
	stopped -u 1000 -i escalate
	logged 'call i386:4 target prepare_kernel_cred\+0x'
}

@test "root inside the container is stopped like any other user" {
	isolate
	stopped -u 0 escalate
}

@test "a forged return chain to function starts makes root outside and kills inside" {
	becomes_root "$cg" ret
	isolate
	stopped -u 1000 ret
}

@test "a forged return chain on a heap stack makes root outside and kills inside" {
	becomes_root "$cg" pivot
	isolate
	stopped -u 1000 pivot
}

@test "a jump into the middle of a harmless function is stopped as well" {
	gets_42 "$cg" mid int_sqrt body 1764
	isolate
	stopped mid int_sqrt body 1764
}

@test "a forged return to a function's start is stopped" {
	gets_42 "$cg" ret int_sqrt 0 1764
	isolate
	stopped ret int_sqrt 0 1764
}

@test "a forged return into the middle of a function is stopped" {
	gets_42 "$cg" ret int_sqrt body 1764
	isolate
	stopped ret int_sqrt body 1764
}

@test "a heap stack is stopped at a function's start" {
	gets_42 "$cg" pivot int_sqrt 0 1764
	isolate
	stopped pivot int_sqrt 0 1764
}

@test "execution of heap memory kills the attacker without an oops" {
	isolate
	stopped exec-data heap
}

@test "execution of user memory kills the attacker without an oops" {
	isolate
	stopped exec-data user
}

@test "a write to kernel code kills the attacker without an oops" {
	isolate
	stopped write-text int_sqrt
}

@test "a write to code that the call has in its view kills the attacker without an oops" {
	isolate
	stopped write-text ksys_write
}

@test "reading code does not make it executable" {
	isolate
	run inside "$cg" "$attacker" read-text int_sqrt
	is "exit status" "$status" 0
	stopped mid int_sqrt body 1764
	stopped read-exec int_sqrt body 1764
}

@test "code verified for one system call is not in the view of another" {
	isolate
	# setresuid(2) uses commit_creds legitimately; -u makes the attacker call it
	run inside "$cg" "$attacker" -u 1000 read-text int_sqrt
	is "exit status" "$status" 0
	grep -q '^x86_64:117 ' "$cg/sci.views"
	stopped -u 1000 mid commit_creds body 0
}

@test "an attack that was stopped is stopped again" {
	isolate
	for _ in 1 2 3 4 5; do
		stopped -u 1000 escalate
	done
}

@test "the other threads of the attacker die with it" {
	isolate
	stopped -t escalate
	is "tasks left in the cgroup" "$(<"$cg/cgroup.threads")" ""
}

@test "other processes of the cgroup are not disturbed" {
	isolate
	coproc echoes { inside "$cg" cat; }
	echo one >&"${echoes[1]}"
	read -r -t 10 -u "${echoes[0]}" answer
	is "answer before" "$answer" one
	stopped -u 1000 escalate
	echo two >&"${echoes[1]}"
	read -r -t 10 -u "${echoes[0]}" answer
	is "answer after" "$answer" two
	is "effective" "$(<"$cg/sci.enabled.effective")" 1
	fd=${echoes[1]}
	exec {fd}>&-
}

@test "a violation wakes up poll on sci.events" {
	isolate
	run "$programs/await_event" poll "$cg/sci.events" 5 \
		bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cg" "$attacker" escalate
	is "poll" "${lines[-1]}" event
	is "violations" "$(event "$cg/sci.events" violations)" 1
}

@test "a violation is an inotify event on sci.events and on sci.events.local" {
	isolate
	for file in sci.events sci.events.local; do
		run "$programs/await_event" inotify "$cg/$file" 5 \
			bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cg" "$attacker" escalate
		is "inotify on $file" "${lines[-1]}" event
	done
}

@test "there is no event without a violation" {
	isolate
	for how in poll inotify; do
		run "$programs/await_event" $how "$cg/sci.events" 1 \
			bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cg" "$attacker" read-text int_sqrt
		is "$how" "${lines[-1]}" "no event"
	done
}

@test "events count in ancestors, local events in the cgroup of the attacker only" {
	mkdir "$cg/child"
	echo +sci >"$cg/cgroup.subtree_control"
	isolate
	is "effective in the child" "$(<"$cg/child/sci.enabled.effective")" 1
	run inside "$cg/child" "$attacker" -u 1000 escalate
	is "exit status" "$status" 137
	for file in child/sci.events.local child/sci.events sci.events; do
		is "violations in $file" "$(event "$cg/$file" violations)" 1
		is "kills in $file" "$(event "$cg/$file" kills)" 1
	done
	is "violations in sci.events.local" "$(event "$cg/sci.events.local" violations)" 0
	run "$programs/await_event" poll "$cg/sci.events" 5 \
		bash -c 'echo $$ >"$0/child/cgroup.procs" && exec "$@"' "$cg" "$attacker" escalate
	is "poll on the parent's sci.events" "${lines[-1]}" event
	rmdir "$cg/child"
	is "violations after the child is gone" "$(event "$cg/sci.events" violations)" 2
}

@test "the neighbours of an isolated cgroup are attacked as ever" {
	isolate
	mkdir "$root_cgroup/attack-neighbour"
	stopped -u 1000 escalate
	becomes_root "$root_cgroup/attack-neighbour" escalate
	rmdir "$root_cgroup/attack-neighbour"
}

# Free memory in KiB, caches dropped, and with the pages that CPUs keep for themselves.
free_memory() {
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { sum += $2 } $1 == "count:" { sum += 4 * $2 } END { print sum }' \
		/proc/meminfo /proc/zoneinfo
}

@test "1000 violations in a row do not harm the host" {
	isolate
	dmesg --clear
	run inside "$cg" "$attacker" -u 1000 -r 1000 escalate
	is "attacks" "$output" "came back 0, killed 1000, refused 0, other 0"
	is "violations" "$(event "$cg/sci.events" violations)" 1000
	is "kills" "$(event "$cg/sci.events" kills)" 1000
	# The log is rate-limited: something, but not everything.
	logged=$(violations_logged | wc -l)
	((logged >= 1 && logged <= 200)) || { echo "log lines: $logged" >&2; false; }
	# The host works, and the next attack is stopped.
	ls -lR /proc/self/ >/dev/null 2>&1 || true
	stopped -u 1000 escalate
	becomes_root "$root_cgroup" escalate
}

@test "violations do not leak memory" {
	isolate
	# The first ones fill the caches of the allocators.
	inside "$cg" "$attacker" -r 500 escalate
	tables=$(event "$cg/sci.stat" table_bytes)
	before=$(free_memory)
	run inside "$cg" "$attacker" -r 1000 escalate
	is "attacks" "$output" "came back 0, killed 1000, refused 0, other 0"
	after=$(free_memory)
	is "table_bytes" "$(event "$cg/sci.stat" table_bytes)" "$tables"
	# Half of what a task's page table takes, for each, would be a leak.
	((before - after < 4000)) || { echo "free: $before KiB before, $after KiB after" >&2; false; }
}

@test "attackers on all CPUs at once are stopped" {
	isolate
	for attack in escalate ret pivot "mid int_sqrt body 1"; do
		# shellcheck disable=SC2086 # words
		inside "$cg" "$attacker" -r 100 $attack >"$BATS_TEST_TMPDIR/${attack%% *}" &
	done
	wait
	for attack in escalate ret pivot mid; do
		is "$attack" "$(<"$BATS_TEST_TMPDIR/$attack")" "came back 0, killed 100, refused 0, other 0"
	done
	is "violations" "$(event "$cg/sci.events" violations)" 400
}
