#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The runner on guests that do well and on guests that do not.

load ../bats/lib/assert.bash

setup() {
	runner=$BATS_TEST_DIRNAME/../../scripts/run-guest
	kernel=${SCI_TEST_KERNEL:-lean}
	out=$BATS_TEST_TMPDIR/out
}

guest() {
	run "$runner" --kernel "$kernel" --out "$out" --timeout 90 "$@"
}

@test "the exit status of the command is returned, its output streamed, its files kept" {
	guest -- sh -c 'echo "in the guest: $(id -u) $PWD"; echo kept >/out/file; exit 7'
	exits 7
	prints "in the guest: 0 /sci"
	[ "$(cat "$out/file")" = kept ]
	grep -q 'Linux version' "$out/.guest/dmesg"
}

@test "arguments reach the command as they are" {
	guest -- printf '<%s>\n' 'a b' '' '*' $'x\ny' "it's"
	exits 0
	prints $'<a b>\n<>\n<*>\n<x\ny>\n<it\'s>'
}

@test "in the guest the repository is read-only and the disk a snapshot" {
	guest -- sh -c 'touch /sci/written 2>/dev/null && exit 1; test ! -e /written && touch /written'
	exits 0
	guest -- test ! -e /written
	exits 0
}

@test "the guest has cgroups v2, file systems and runtimes" {
	guest -- bash -ec '
		for c in cpu memory pids misc; do grep -qw $c /sys/fs/cgroup/cgroup.controllers; done
		mountpoint /sys/kernel/debug && mountpoint /sys/kernel/tracing && mountpoint /sys/kernel/security
		mountpoint /dev/pts && mountpoint /tmp && mountpoint /out
		runc --version && crun --version && bats --version && stress-ng --version
		ping=$(ip -o addr show dev lo); [[ $ping == *127.0.0.1* ]]
		/usr/share/sci/bundle-rootfs/bin/busybox true'
	exits 0
}

@test "a panic is a failure, at once, with the log named" {
	guest -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
	exits 125
	prints "FAILED: the kernel reported a bug" "console.log"
	prints "Kernel panic"
}

@test "a warning is a failure even if the command succeeds" {
	guest -- sh -c 'echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT'
	exits 125
}

@test "a warning that the option quiet keeps off the console is a failure" {
	guest --append quiet -- sh -c 'echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT'
	exits 125
}

@test "an oops is a failure unless it is expected" {
	guest -- sh -c 'echo EXEC_DATA >/sys/kernel/debug/provoke-crash/DIRECT; true'
	exits 125
	guest --expect-oops 'unable to handle|Oops:' -- sh -c '
		sh -c "echo EXEC_DATA >/sys/kernel/debug/provoke-crash/DIRECT"; exit 5'
	exits 5
}

@test "an oops that is not the expected one is a failure" {
	guest --expect-oops 'Oops: something else' -- sh -c '
		sh -c "echo EXEC_DATA >/sys/kernel/debug/provoke-crash/DIRECT"; true'
	exits 125
}

@test "a program's own words do not count as a kernel report" {
	# not into the middle of a line of the kernel's, which may still tell of its start
	guest -- sh -c 'sleep 5; echo "WARNING: BUG: Oops: Kernel panic"; bash -c "kill -SEGV \$\$"; true'
	exits 0
}

@test "a hang ends when the time is up, and the log says what the kernel was doing" {
	run "$runner" --kernel "$kernel" --out "$out" --timeout 12 -- sleep 1000
	exits 124
	prints "FAILED: time was up after 12 s"
	prints "sysrq: Show Blocked State"
}

@test "a guest that dies without a status is a failure" {
	guest -- busybox poweroff -f
	exits 125
	prints "ended without an exit status"
}

@test "kernel parameters and the number of CPUs are passed on" {
	guest --smp 1 --append "sci.test=1" --append nosmt -- sh -c 'nproc; cat /proc/cmdline'
	exits 0
	prints $'\n1\n' "sci.test=1 nosmt"
}

@test "a guest that counts instructions runs" {
	guest --icount -- true
	exits 0
}

@test "a guest has all its CPUs, whether they run in parallel or as the QEMU can" {
	for option in --parallel ''; do
		guest $option --smp 2 -- nproc
		exits 0
		prints $'\n2\n'
	done
}

@test "with --systemd the command is a service of systemd's, and its exit status is returned" {
	guest --systemd -- sh -c 'cat /proc/1/comm; echo "in $(cut -d: -f3 /proc/self/cgroup)"; systemctl is-active dbus.socket; exit 7'
	exits 7
	prints "guest: ready after "
	prints $'\nsystemd\nin /system.slice/sci-guest.service\nactive\n'
}

@test "wrong options are refused with exit status 2" {
	run "$runner" --kernel nosuch -- true
	exits 2
	run "$runner" --timeout soon -- true
	exits 2
	run "$runner" --kernel "$kernel"
	exits 2
	run "$runner" --nosuch -- true
	exits 2
}
