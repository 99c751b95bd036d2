# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the attack tests share. The attacks are those of tests/modules/sci_attack,
# made by tests/programs/attacker from inside a write(2).

programs=/sci/build/programs
attacker=$programs/attacker
root_cgroup=/sys/fs/cgroup
all_caps=$(awk '$1 == "CapBnd:" { print $2 }' /proc/1/status)

# It stays: who is killed in a write(2) to its file has that open for ever, and the
# module's removal would wait for it.
load_attack_module() {
	[[ -e /proc/sci_attack ]] || insmod /sci/build/modules/sci_attack.ko
}

# new_cgroup: $cg is a new cgroup of this test
new_cgroup() {
	cg=$root_cgroup/attack-$BATS_TEST_NUMBER
	mkdir "$cg"
}

remove_cgroups() {
	local dir i

	for dir in "$cg"/*/ "$cg"; do
		[[ -d $dir ]] || continue
		echo 1 >"$dir/cgroup.kill"
		for ((i = 0; i < 100; i++)); do
			rmdir "$dir" 2>/dev/null && break
			sleep 0.05
		done
	done
}

# inside CGROUP COMMAND...: run COMMAND as a member of CGROUP
inside() {
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@"
}

# event FILE KEY: the value of a flat keyed file
event() {
	awk -v key="$2" '$1 == key { print $2; found = 1 } END { exit !found }' "$1"
}

# is WHAT GOT WANTED: the test's verdict, in words when it is not so
is() {
	[[ $2 == "$3" ]] || {
		printf '%s: "%s", should be "%s"\n' "$@" >&2
		return 1
	}
}

# becomes_root CGROUP ATTACK...: the attack succeeds in CGROUP
# shellcheck disable=SC2154 # set by run of bats
becomes_root() {
	run inside "$1" "$attacker" -u 1000 "${@:2}"
	is "exit status" "$status" 0
	is "before the attack" "${lines[0]}" "before: uid 1000, capabilities 0000000000000000"
	is "after the attack" "${lines[1]}" "after: uid 0, capabilities $all_caps"
}

# gets_42 CGROUP ATTACK...: the attack runs int_sqrt(1764)
# shellcheck disable=SC2154
gets_42() {
	run inside "$1" "$attacker" -u 1000 "${@:2}"
	is "exit status" "$status" 0
	is "result" "${lines[2]}" "value: 42"
}
