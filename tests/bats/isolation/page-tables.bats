#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Page tables: only system calls that manage memory can write them. Others cause such writes
# as well, none of which is a violation. Most attacks on page tables are in
# attacks/matrix.bats; the one here needs a busy machine.
#
# limit: 300

# Paths have no spaces; variables are those of bats and of the helpers.
# shellcheck disable=SC2030,SC2031,SC2086,SC2154
load ../lib/helpers.bash
load ../lib/attack.bash

direct_map=$root_cgroup/sci.direct_map

setup() {
	make_top
	dir=$BATS_TEST_TMPDIR/tables
	mkdir -p $dir
}

teardown() {
	idle_cpus
	rm -rf /var/tmp/tables
	remove_top
}

# python_in CGROUP: the program on standard input
python_in() {
	inside $1 python3 -
}

@test "page tables are counted, the kernel's own and those of processes" {
	local counted used

	isolated_cgroup a
	# A PTE page for 2 MiB each of which one page is used. Freed ones are counted until they
	# are used for something else, so that there may be no more of them than before.
	python_in $top/a >$dir/counts <<-END
		import glob, mmap
		def number(path, key):
		    return sum(int(line.split()[1]) for line in open(path) if line.startswith(key))
		memory = mmap.mmap(-1, 512 << 20)
		memory.madvise(mmap.MADV_NOHUGEPAGE)
		for i in range(0, len(memory), 2 << 20):
		    memory[i] = 1
		used = sum(number(path, "VmPTE:") // 4 for path in glob.glob("/proc/[0-9]*/status"))
		print(number("$direct_map", "table_pages"), used)
	END
	read -r counted used <$dir/counts
	at_least "page tables in use" $used 256
	# the kernel's own, beside those of processes
	at_least "table_pages" $counted $((used + 50))
	equals "unprotected_tables" "$(key $direct_map unprotected_tables)" 0
	no_violations $top/a
}

@test "in enforce mode a write to a page table kills the attacker, and is counted and logged once" {
	load_module sci_attack
	isolated_cgroup a
	keep anon
	dmesg --clear
	dies $top/a remap page $where
	counted $top/a 1 1
	logged_once 'syscall x86_64:1 target [^ ]+ reason page-table'
}

@test "in audit mode a write to a page table is counted once and let through" {
	load_module sci_attack
	audited_cgroup a
	keep anon
	attack $top/a remap page $where
	returns $secret
	counted $top/a 1 0
}

@test "a top-level page table of the attacker's own kills the attacker before anything runs on it" {
	load_module sci_attack
	isolated_cgroup a
	keep anon
	busy_cpus
	dmesg --clear
	dies $top/a remap-top $where
	counted $top/a 1 1
	logged_once 'syscall x86_64:1 target [^ ]+ reason page-table'
}

# System calls that write page tables, though they do not manage memory

@test "user memory that is not there yet is populated by reads, O_DIRECT and other processes' writes" {
	isolated_cgroup a
	head -c 4M /dev/urandom >$dir/file
	python_in $top/a <<-END
		import ctypes, mmap, os
		size = 4 << 20
		want = open("$dir/file", "rb").read()
		memory = mmap.mmap(-1, size)
		fd = os.open("$dir/file", os.O_RDONLY | os.O_DIRECT)
		assert os.preadv(fd, [memory], 0) == size and memory[:] == want
		memory = mmap.mmap(-1, size)
		assert os.preadv(os.open("$dir/file", os.O_RDONLY), [memory], 0) == size and memory[:] == want

		# another process's, which has never touched it
		memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
		address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
		go = os.pipe()
		child = os.fork()
		if child == 0:
		    os.read(go[0], 1)
		    os._exit(0 if memory[:] == want else 1)
		other = os.open(f"/proc/{child}/mem", os.O_RDWR)
		assert os.pwrite(other, want, address) == size
		assert os.pread(other, size, address) == want
		os.write(go[1], b"x")
		assert os.waitpid(child, 0)[1] == 0
	END
	no_violations $top/a
}

@test "files that other processes have mapped can be truncated and punched" {
	isolated_cgroup a
	mkdir -p /var/tmp/tables
	for dir in /var/tmp/tables /dev/shm; do
		python_in $top/a <<-END
			import mmap, os, signal
			size = 4 << 20
			fd = os.open("$dir/truncated", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
			os.truncate(fd, size)
			memory = mmap.mmap(fd, size)
			memory[:] = b"x" * size
			os.truncate(fd, size // 2)
			child = os.fork()
			if child == 0:
			    memory[size // 2]
			    os._exit(0)
			assert os.waitpid(child, 0)[1] & 127 == signal.SIGBUS
			assert memory[:4096] == b"x" * 4096
			os.truncate(fd, size)
			assert memory[size // 2:] == bytes(size // 2)
			os.unlink("$dir/truncated")
		END
		inside $top/a sh -c "head -c 1M /dev/urandom >$dir/punched; fallocate -p -o 4096 -l 65536 $dir/punched; rm $dir/punched"
	done
	no_violations $top/a
}

@test "a task's own system calls can reclaim and compact memory, and clear its referenced bits" {
	local cgroup

	isolated_cgroup a
	for cgroup in $root_cgroup $top $top/a; do
		echo +memory >$cgroup/cgroup.subtree_control
	done
	make_cgroup a/b
	python_in $top/a/b <<-END
		import mmap, os
		memory = mmap.mmap(-1, 16 << 20)
		memory[:] = b"x" * len(memory)
		mapped = mmap.mmap(os.open("$0", os.O_RDONLY), 0, access=mmap.ACCESS_READ)
		len(bytes(mapped))
		open("/proc/self/clear_refs", "w").write("1")
		open("/proc/sys/vm/compact_memory", "w").write("1")
		try:
		    open("$top/a/b/memory.reclaim", "w").write("8M")
		except BlockingIOError:	# less than that
		    pass
		assert memory[:] == b"x" * len(memory)
	END
	no_violations $top/a
}

@test "system calls that do not manage memory can allocate and free vmalloc space" {
	local i

	isolated_cgroup a
	for ((i = 0; i < 3; i++)); do
		# the array of a BPF map of 1 MiB: bpf() allocates it and close() frees it
		python_in $top/a <<-END
			import ctypes, os, struct
			libc = ctypes.CDLL(None, use_errno=True)
			attr = ctypes.create_string_buffer(struct.pack("5I", 2, 4, 8192, 128, 0), 72)
			def areas():
			    return sum("bpf_map_area_alloc" in line or "array_map_alloc" in line for line in open("/proc/vmallocinfo"))
			before = areas()
			fd = libc.syscall(321, 0, attr, 72)
			assert fd >= 0, os.strerror(ctypes.get_errno())
			assert areas() > before, open("/proc/vmallocinfo").read()
			os.close(fd)
		END
		inside $top/a cat /proc/self/maps /proc/self/smaps /proc/modules >/dev/null
	done
	no_violations $top/a
}
