# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Containers, whatever has started them: their root, whether they are isolated, whether they
# ran at all, what came of an attack in them. For all suites in containers/; needs helpers.bash
# and attack.bash.

# Paths have no spaces; some variables are of the other helpers or for the tests.
# shellcheck disable=SC2034,SC2086,SC2154
hook=/sci/build/hook/sci-hook

# The hook's place on a user's machine, which the files name that sci-install writes.
installed_hook=/usr/libexec/oci/hooks.d/sci-hook

# A container runs this to count how many of its system calls are isolated.
counting="/programs/calls count 300"

under_systemd() {
	[[ $(</proc/1/comm) == systemd ]]
}

# make_root DIR: a root of busybox, with a directory for the test programs and one for what
# the container leaves as a witness
make_root() {
	local applet

	mkdir -p $1/{bin,dev,proc,sys,tmp,programs,witness}
	cp "$(command -v busybox)" $1/bin/
	for applet in sh cat echo ls mkdir rmdir touch sleep wc sort head; do
		ln -s busybox $1/bin/$applet
	done
}

# is_isolated PID: so is the "calls spin" in a container, as seen from outside
is_isolated() {
	local dir

	dir=$(cgroup_of $1)
	equals "sci.enabled.effective of $dir" "$(<$dir/sci.enabled.effective)" 1
	rises $dir
	no_violations $dir
}

# is_not_isolated PID: a "calls spin" in a container that is not
is_not_isolated() {
	local dir

	dir=$(cgroup_of $1)
	if [[ -e $dir/sci.enabled.effective ]]; then
		equals "sci.enabled.effective of $dir" "$(<$dir/sci.enabled.effective)" 0
		still $dir $1
	fi
	goes_on $1 2
}

# all_isolated: $counting, alone in its container, found each of its system calls isolated
all_isolated() {
	exits 0
	[[ $output =~ ^calls\ 300\ isolated\ ([0-9]+)$ ]]
	within "isolated system calls" "${BASH_REMATCH[1]}" 300 302
}

# all_isolated_among_others: the same where other processes of the container are counted too
all_isolated_among_others() {
	exits 0
	[[ $output =~ calls\ 300\ isolated\ ([0-9]+) ]]
	at_least "isolated system calls" "${BASH_REMATCH[1]}" 300
}

# none_isolated: $counting found none isolated
none_isolated() {
	exits 0
	equals "output" "$output" "calls 300 isolated 0"
}

# did_not_run: a container that was to make /witness/started
did_not_run() {
	[[ ! -e $witness/started ]] || {
		say "the container has run"
		return 1
	}
}

# attack_stopped PID: the "attacker escalate" just run in the container of PID was killed,
# and counted; the container goes on
attack_stopped() {
	exits 137
	prints "before: uid 0, capabilities "
	[[ $output != *after* ]]
	counted "$(cgroup_of $1)" 1 1
	goes_on $1 2
}

# attack_succeeded: the "attacker escalate" just run got what the container does not have
attack_succeeded() {
	exits 0
	prints "after: uid 0, capabilities $all_caps"
	[[ $output != *"before: uid 0, capabilities $all_caps"* ]]
}

# profile_of_syscalls CGROUP: a profile of a container that does not make directories. It has
# all other system calls, because one run does not show all that the Go runtime and signals
# make.
profile_of_syscalls() {
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
