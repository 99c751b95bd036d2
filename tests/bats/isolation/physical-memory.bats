#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Physical memory that changes under isolation: it is plugged in and out, given to the host,
# moved between nodes, merged, poisoned, allocated as one piece. User memory in it is as
# hidden as anywhere, and has the same bytes inside as outside.
#
# guest: --hotplug --append hugetlb_cma=0:3G --append nokaslr
# limit: 600

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

direct_map=$root_cgroup/sci.direct_map
memory=/sys/devices/system/memory
monitor=/dev/ttyS1
block=$((128 << 20))
cma=/sys/kernel/debug/cma/hugetlb0

setup_file() {
	stty -F $monitor raw -echo
	# Ends the characters that the kernel wrote when it probed the port.
	host
}

setup() {
	make_top
	load_module sci_attack
	dir=$BATS_TEST_TMPDIR/data
	mkdir -p $dir
	# On the node that memory is added to.
	taskset -p -c 0 $BASHPID
}

teardown() {
	rm -rf /var/tmp/data
	remove_top
}

# host COMMAND...: a command for QEMU's monitor
host() {
	printf '%s\n' "$*" >$monitor
}

# plug NAME MIB ADDRESS: a module of memory appears there, not online yet
plug() {
	local first=$(($3 / block))

	host object_add memory-backend-ram,id=$1-memory,size=$2M
	host device_add pc-dimm,id=$1,memdev=$1-memory,addr=$3
	eventually 20 test -d $memory/memory$((first + ($2 << 20) / block - 1))
}

# online MIB ADDRESS: as movable memory, so that it can be unplugged
online() {
	local i first=$(($2 / block))

	for ((i = first; i < first + ($1 << 20) / block; i++)); do
		echo online_movable >$memory/memory$i/state || return
	done
}

# unplug NAME ADDRESS
unplug() {
	host device_del $1
	eventually 60 test ! -d $memory/memory$(($2 / block))
	# QEMU frees the module a little later.
	sleep 1
	host object_del $1-memory
}

# lies_in ADDRESS MIB: the keeper's secret lies there
lies_in() {
	local pid address physical

	IFS=: read -r _ pid address <<<"$where"
	physical=$(python3 - $pid $address <<-'END'
		import struct, sys
		address = int(sys.argv[2], 16)
		pages = open(f"/proc/{sys.argv[1]}/pagemap", "rb")
		pages.seek(address // 4096 * 8)
		print((struct.unpack("Q", pages.read(8))[0] & (1 << 55) - 1) * 4096)
	END
	)
	within "the secret's place" $physical $(($1)) $(($1 + ($2 << 20) - 1))
}

# keep_in ADDRESS MIB: start a keeper whose secret lies there
keep_in() {
	keep anon
	lies_in $1 $2 || {
		look_after
		return 1
	}
}

free_mib() {
	awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo
}

mib_at_most() {
	(($(free_mib) <= $1))
}

mib_at_least() {
	(($(free_mib) >= $1))
}

@test "memory that is plugged in is used and hidden, and can be unplugged under load" {
	local before pid base=0x400000000

	isolated_cgroup a
	before=$(key $direct_map hidden_pages)
	plug one 512 $base
	online 512 $base
	at_least "hidden_pages" "$(key $direct_map hidden_pages)" $((before + 100000))

	keep anon
	lies_in $base 512
	dies $top/a read $where
	attack $top/a window $where
	returns $secret
	counted $top/a 1 1

	isolated_cgroup b
	mkdir /var/tmp/data
	start_inside $top/b $programs/data /var/tmp/data files fsx pipes cow process_vm
	pid=$started
	unplug one $base
	wait $pid
	no_violations $top/b
	look_after
	equals "secret" "$kept" intact
}

@test "memory that was unplugged can be plugged in again" {
	local base=0x400000000 round

	isolated_cgroup a
	for round in 1 2; do
		plug again$round 256 $base
		online 256 $base
		keep anon
		lies_in $base 256
		dies $top/a read $where
		unplug again$round $base
		look_after
		equals "secret" "$kept" intact
	done
}

@test "page tables that map added memory, and its struct pages, are read-only" {
	local base=0x1000000000 what

	isolated_cgroup a
	# at 64 GiB: each is the first in its table
	plug far 256 $base
	online 256 $base
	for what in struct-page last-page; do
		dmesg --clear
		dies $top/a overwrite $what
		logged_once 'syscall x86_64:1 target .* reason page-table'
	done
	keep anon
	lies_in $base 256
	dies $top/a read $where
	equals "unprotected_tables" "$(key $direct_map unprotected_tables)" 0
	unplug far $base
}

@test "memory that is too far away to be isolated is not put online, and the log says why" {
	local base=0x1800000000

	isolated_cgroup a
	dmesg --clear
	plug toofar 128 $base
	run online 128 $base
	exits 1
	[[ $(dmesg) == *"sci: memory above "*" MiB cannot be put online; boot with sci=off to use it"* ]]
	unplug toofar $base
}

@test "memory goes to the host by a balloon and comes back" {
	local pid

	isolated_cgroup a
	mkdir /var/tmp/data
	start_inside $top/a $programs/data /var/tmp/data files fsx pipes cow process_vm
	pid=$started
	host balloon 2048
	eventually 120 mib_at_most 2048
	host balloon 10240
	eventually 120 mib_at_least 8192
	wait $pid
	no_violations $top/a
	at_least "isolated_syscalls" "$(isolated_syscalls $top/a)" 1000
	keep anon
	dies $top/a read $where
}

@test "memory that is moved between nodes is the same inside" {
	same_inside $programs/data $dir moved
}

@test "memory that is merged is the same inside" {
	echo 1 >/sys/kernel/mm/ksm/run
	echo 1000 >/sys/kernel/mm/ksm/pages_to_scan
	same_inside $programs/data $dir merged
	echo 2 >/sys/kernel/mm/ksm/run
	echo 0 >/sys/kernel/mm/ksm/run
}

@test "memory that is allocated as one piece becomes the kernel's, and user memory again" {
	local base mib i

	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
	base=$(($(<$cma/base_pfn) << 12))
	mib=$(($(<$cma/count) >> 8))
	isolated_cgroup a
	eventually 60 keep_in $base $mib

	# In pieces: a page with a reference at this moment is in the way.
	for ((i = 0; i < mib / 16; i++)); do
		echo 4096 >$cma/alloc || break
	done
	say "$(($(<$cma/used) >> 8)) MiB of $mib"
	if lies_in $base $mib; then
		return 1
	fi
	dies $top/a read $where
	look_after
	equals "secret" "$kept" intact

	echo $(($(<$cma/used))) >$cma/free
	eventually 60 keep_in $base $mib
	dies $top/a read $where
	counted $top/a 2 2
}

# This test is the last one, because a poisoned page stays in the way of allocations in one
# piece.
@test "memory that is poisoned is handled inside as outside" {
	same_inside $programs/data $dir broken
}
