# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attacks, for the suites in attacks/ and for others that show what isolation stops: those of
# tests/modules/sci_attack, made by tests/programs/attacker from inside a write(2), and the
# secrets of tests/programs/keeper that they are after. Needs helpers.bash and the module.

# Paths have no spaces; variables are those of bats and of helpers.bash.
# shellcheck disable=SC2034,SC2154
attacker=$programs/attacker
keeper_cgroup=$top/keeper
swapfile=/var/tmp/sci-swap
all_caps=$(awk '$1 == "CapBnd:" { print $2 }' /proc/1/status)

# attack CGROUP [OPTION...] ATTACK...: make it there, as uid 1000 unless an option says
# otherwise; $status, $output, $lines
attack() {
	run inside "$1" "$attacker" -u 1000 "${@:2}"
}

# becomes_root CGROUP ATTACK...: the attack gives its user all rights
becomes_root() {
	attack "$@"
	exits 0
	equals "before the attack" "${lines[0]}" "before: uid 1000, capabilities 0000000000000000"
	equals "after the attack" "${lines[1]}" "after: uid 0, capabilities $all_caps"
}

# returns VALUE: the attack just made came back with it
returns() {
	exits 0
	equals "result" "${lines[2]}" "value: $1"
}

# gets_42 CGROUP ATTACK...: the attack runs int_sqrt(1764)
gets_42() {
	attack "$@"
	returns 42
}

# dies CGROUP ATTACK...: the attack does not come back, the attacker is killed, and both is
# counted once. $output has what the attacker had said.
dies() {
	local violations kills

	violations=$(key "$1/sci.events" violations)
	kills=$(key "$1/sci.events" kills)
	attack "$@"
	exits 137
	if [[ $output == *after* || $output == *refused* ]]; then
		say "the attack came back: $output"
		return 1
	fi
	counted "$1" $((violations + 1)) $((kills + 1))
}

# violations_logged: their lines in the kernel log. No more than ten in five seconds get
# there, so a suite that makes many sleeps at its end, for the next one.
violations_logged() {
	dmesg --notime | grep -E '^sci: (audited )?violation: '
}

# logged_once [audited] REGEX: since "dmesg --clear" there is one such line, an attacker's
# that matches from the system call on
logged_once() {
	local kind=violation line

	if [[ $1 == audited ]]; then
		kind="audited violation"
		shift
	fi
	line=$(violations_logged) || true
	[[ $line != *$'\n'* && $line =~ ^sci:\ $kind:\ attacker\[[0-9]+\]\ $1$ ]] || {
		say "the log: \"$line\", should be one $kind that matches \"$1\""
		return 1
	}
}

# keep KIND: start a keeper in a cgroup of its own, isolated unless the kernel was booted with
# sci=off; $where it keeps which $secret
keep() {
	local fifo=$BATS_TEST_TMPDIR/keeper

	make_cgroup keeper
	booted_off || echo 1 >"$keeper_cgroup/sci.enabled"
	[[ -p $fifo.in ]] || mkfifo "$fifo.in" "$fifo.out"
	exec 7<>"$fifo.in" 8<>"$fifo.out"
	inside "$keeper_cgroup" "$programs/keeper" "$1" <&7 >&8 7>&- 8>&- &
	read -r -t 60 -u 8 where secret || where="no-keeper"
}

# look_after: $kept is what the keeper says of the secret, then the keeper is gone
look_after() {
	echo >&7
	read -r -t 10 -u 8 kept || kept="not kept"
	remove_cgroup "$keeper_cgroup"
	exec 7>&- 8>&-
}

# load_swap: for a page to be swapped out
load_swap() {
	[[ ! -e $swapfile ]] || return 0
	fallocate -l 64M $swapfile
	chmod 600 $swapfile
	mkswap -q $swapfile
	swapon $swapfile
}

# panic_on_any_report: an oops or a warning ends the guest at once, until no_panic_on_report
panic_on_any_report() {
	echo 1 >/proc/sys/kernel/panic_on_oops
	echo 1 >/proc/sys/kernel/oops_limit
	echo 1 >/proc/sys/kernel/panic_on_warn
}

no_panic_on_report() {
	echo 0 >/proc/sys/kernel/panic_on_warn
	echo 10000 >/proc/sys/kernel/oops_limit
}
