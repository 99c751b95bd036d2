#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# User memory and page cache are hidden from isolated system calls, except through windows,
# which the code opens that has a reason to touch them. Every legitimate access gives the
# same bytes inside as outside, and any other is a violation. Most attacks on hidden memory
# are in attacks/matrix.bats.
#
# limit: 900

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

direct_map=$root_cgroup/sci.direct_map

# The cases of tests/programs/data that need a directory.
in_directory="files vectors direct mapped sendfiles splices copy_range names aio fsx"

setup() {
	make_top
	load_module sci_attack
	echo core >/proc/sys/kernel/core_pattern
	dir=$BATS_TEST_TMPDIR/data
	mkdir -p $dir
}

teardown() {
	mountpoint -q $dir && umount $dir
	rm -rf /var/tmp/data /out/data /tmp/big
	echo 0 >/proc/sys/kernel/core_uses_pid
	remove_top
}

# Counters

@test "sci.direct_map is in the root cgroup only, and has nine counters" {
	isolated_cgroup a
	equals "keys" "$(awk '{ print $1 }' $direct_map | tr '\n' ' ')" \
		"hidden_pages table_pages hides shows tables flushes late_flushes unprotected_tables table_bytes "
	[[ ! -e $top/sci.direct_map && ! -e $top/a/sci.direct_map ]]
	awk 'NF != 2 || $2 !~ /^[0-9]+$/ { exit 1 }' $direct_map
}

@test "pages allocated for user memory are hidden, and the tables take less than 0.3 % of memory" {
	local hides shows total

	isolated_cgroup a
	# memory of the kernel's that becomes user memory
	shows=$(key $direct_map shows)
	find / -xdev >/dev/null
	at_least "shows" "$(key $direct_map shows)" $((shows + 1))
	echo 2 >/proc/sys/vm/drop_caches
	hides=$(key $direct_map hides)
	dd if=/dev/zero of=/tmp/big bs=1M count=800 status=none
	at_least "hidden_pages" "$(key $direct_map hidden_pages)" 204800
	at_least "hides" "$(key $direct_map hides)" $((hides + 1))
	total=$(awk '$1 == "MemTotal:" { print $2 * 1024 }' /proc/meminfo)
	within "table_bytes" "$(key $direct_map table_bytes)" 4096 $((total * 3 / 1000))
}

@test "windows are counted for the cgroup whose system calls open them" {
	local before

	make_cgroup out
	isolated_cgroup in
	isolated_cgroup idle
	head -c 4M /dev/urandom >$dir/file
	before=$(key $top/in/sci.stat windows)
	inside $top/out dd if=$dir/file of=/dev/null bs=64K status=none
	equals "windows outside" "$(key $top/out/sci.stat windows)" 0
	equals "windows inside, before" "$(key $top/in/sci.stat windows)" $before
	inside $top/in dd if=$dir/file of=/dev/null bs=64K status=none
	at_least "windows inside" "$(key $top/in/sci.stat windows)" $((before + 1024))
	equals "windows of another cgroup" "$(key $top/idle/sci.stat windows)" 0
	no_violations $top/in
}

# Violations and legitimate accesses

@test "in enforce mode a raw read of another process's memory kills the attacker, and is counted and logged once" {
	isolated_cgroup a
	keep anon
	dmesg --clear
	dies $top/a read $where
	counted $top/a 1 1
	logged_once 'syscall x86_64:1 target [^ ]+ reason hidden-memory'
}

@test "in audit mode a raw read is counted and let through, and windows of that system call and of the next show the same" {
	audited_cgroup a
	keep anon
	dmesg --clear
	attack $top/a window-then-raw $where
	returns $secret
	counted $top/a 1 0
	logged_once audited 'syscall x86_64:1 target [^ ]+ reason hidden-memory'
	attack $top/a window $where
	returns $secret
	counted $top/a 1 0
	head -c 1M /dev/urandom >$dir/file
	cmp $dir/file <(inside $top/a cat $dir/file)
	counted $top/a 1 0
}

@test "in audit mode a raw write is counted and let through" {
	audited_cgroup a
	keep anon
	attack $top/a write $where
	exits 0
	counted $top/a 1 0
	look_after
	equals "secret" "$kept" changed
}

@test "several windows at once onto another process's page show it without a violation" {
	local kind before

	isolated_cgroup a
	for kind in anon file shmem pipe huge cow split; do
		keep $kind
		before=$(key $top/a/sci.stat windows)
		attack $top/a window $where
		returns $secret
		# three, one, and one more
		at_least "windows" "$(key $top/a/sci.stat windows)" $((before + 5))
		look_after
		equals "secret" "$kept" intact
	done
	no_violations $top/a
}

@test "an access that may fail does fail, and is no violation" {
	make_cgroup out
	isolated_cgroup in
	keep anon
	attack $top/out try $where
	returns $secret
	attack $top/in try $where
	returns 0
	no_violations $top/in
}

@test "pages that were user memory and are the kernel's now are there without a window" {
	local shows i

	isolated_cgroup a
	shows=$(key $direct_map shows)
	for ((i = 0; i < 20; i++)); do
		attack $top/a read-returned
		returns 42
	done
	no_violations $top/a
	at_least "shows" "$(key $direct_map shows)" $((shows + 1))
}

# File systems

@test "all ways to read and write a file of ext4 work the same inside" {
	mkdir /var/tmp/data
	same_inside $programs/data /var/tmp/data $in_directory
}

@test "all ways to read and write a file of tmpfs work the same inside" {
	mount -t tmpfs none $dir
	same_inside $programs/data $dir $in_directory
}

@test "all ways to read and write a file of tmpfs in huge pages work the same inside" {
	mount -t tmpfs -o huge=always none $dir
	same_inside $programs/data $dir $in_directory
}

@test "all ways to read and write a file of overlayfs work the same inside" {
	mkdir -p /var/tmp/data/lower /var/tmp/data/upper /var/tmp/data/work
	mount -t overlay -o lowerdir=/var/tmp/data/lower,upperdir=/var/tmp/data/upper,workdir=/var/tmp/data/work none $dir
	same_inside $programs/data $dir $in_directory
}

@test "all ways to read and write a file of 9p work the same inside" {
	mkdir /out/data
	# each operation goes to the host
	DATA_FSX=300 same_inside $programs/data /out/data ${in_directory/names }
}

@test "a file of overlayfs is copied up the same inside" {
	local size copy

	mkdir -p /var/tmp/data/lower /var/tmp/data/upper /var/tmp/data/work
	for size in 1 4097 3000001; do
		head -c $size /dev/urandom >/var/tmp/data/lower/$size
	done
	mount -t overlay -o lowerdir=/var/tmp/data/lower,upperdir=/var/tmp/data/upper,workdir=/var/tmp/data/work none $dir
	isolated_cgroup a
	for size in 1 4097 3000001; do
		copy=$BATS_TEST_TMPDIR/copy
		cp /var/tmp/data/lower/$size $copy
		echo more >>$copy
		inside $top/a bash -c 'echo more >>"$0"' $dir/$size
		cmp $copy $dir/$size
		cmp $copy /var/tmp/data/upper/$size
	done
	no_violations $top/a
}

@test "files of 9p's page cache, of ext4 and of a read-only file system read the same inside" {
	local where

	mount -t tmpfs none $dir
	cp /sci/tests/bats/isolation/*.bats $dir
	mount -o remount,ro $dir
	for where in /sci/tests/programs /etc $dir; do
		echo 3 >/proc/sys/vm/drop_caches
		same_inside $programs/data $where readers
		# first inside
		echo 3 >/proc/sys/vm/drop_caches
		equals "$where" "$(inside $top/same $programs/data $where readers)" \
			"$($programs/data $where readers)"
	done
	no_violations $top/same
}

@test "a file that was written inside reads the same outside, and vice versa" {
	local where first second

	isolated_cgroup a
	mount -t tmpfs none $dir
	mkdir /var/tmp/data
	for where in /var/tmp/data $dir; do
		$programs/data $where fsx
		first=$($programs/data $where readers)
		equals "read inside" "$(inside $top/a $programs/data $where readers)" "$first"
		rm $where/data.fsx
		inside $top/a $programs/data $where fsx
		second=$(inside $top/a $programs/data $where readers)
		equals "written inside" "$second" "$first"
		sync
		echo 3 >/proc/sys/vm/drop_caches
		equals "read outside" "$($programs/data $where readers)" "$first"
	done
	no_violations $top/a
}

# Between processes

@test "pipes and sockets, MSG_ZEROCOPY included, carry the same inside" {
	same_inside $programs/data $dir pipes unix_sockets tcp zerocopy udp
}

@test "process_vm_readv and writev, ptrace and /proc/PID/mem see the same inside" {
	same_inside $programs/data $dir process_vm proc_mem peek_and_poke
}

@test "shared memory is the same inside" {
	same_inside $programs/data $dir shared_memory
}

@test "pages of hugetlbfs are the same inside" {
	echo 8 >/proc/sys/vm/nr_hugepages
	same_inside $programs/data $dir hugetlb
	echo 0 >/proc/sys/vm/nr_hugepages
}

# A process's own memory

@test "mremap, mprotect and madvise keep memory the same inside" {
	same_inside $programs/data $dir remapped
}

@test "memory that was swapped out comes back the same inside" {
	load_swap
	same_inside $programs/data $dir swapped
}

@test "memory is copied on write after a fork the same inside" {
	same_inside $programs/data $dir cow
}

@test "userfaultfd fills a system call's buffer with the same bytes inside" {
	same_inside $programs/data $dir user_faults
}

@test "the core file of an isolated process has its memory" {
	same_inside $programs/data $dir core
}

@test "a long command line arrives the same inside" {
	same_inside $programs/data $dir long_exec
}

@test "no legitimate access is a violation under memory pressure and compaction" {
	local pid i

	load_swap
	isolated_cgroup a
	mkdir /var/tmp/data
	start_inside $top/a $programs/data /var/tmp/data files fsx pipes tcp zerocopy cow process_vm
	pid=$started
	dd if=/dev/zero of=/tmp/big bs=1M count=800 status=none
	for ((i = 0; i < 10; i++)); do
		echo 1 >/proc/sys/vm/compact_memory
		echo 3 >/proc/sys/vm/drop_caches
		sleep 0.3
	done
	wait $pid
	no_violations $top/a
}
