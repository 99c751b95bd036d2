// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: attributes of system calls.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/syscalls.h>

#include <asm/syscall.h>
#include <asm/unistd.h>
#include <asm/unistd_32_ia32.h>

#include "syscalls.h"

static_assert(NR_syscalls <= SCI_IA32_BASE);
static_assert(X32_NR_syscalls <= SCI_IA32_BASE);
static_assert(SCI_IA32_BASE + IA32_NR_syscalls <= SCI_NR_VIEWS);

/* It must not fail: user code cannot handle an error from it. */
#define MUST_RUN	BIT(0)
/* It manages memory, and writes many entries of page tables. */
#define WRITES_TABLES	BIT(1)
/* Workers and polling threads do its work, and they run on no view. */
#define URING		BIT(2)

#define IA32(name)	(SCI_IA32_BASE + __NR_ia32_##name)

static const u8 sci_syscall_attributes[SCI_NR_VIEWS] = {
	[__NR_exit] = MUST_RUN,
	[IA32(exit)] = MUST_RUN,
	[__NR_exit_group] = MUST_RUN,
	[IA32(exit_group)] = MUST_RUN,
	[__NR_rt_sigreturn] = MUST_RUN,
	[IA32(rt_sigreturn)] = MUST_RUN,
	[IA32(sigreturn)] = MUST_RUN,

	[__NR_brk] = WRITES_TABLES,
	[IA32(brk)] = WRITES_TABLES,
	[__NR_clone] = WRITES_TABLES,
	[IA32(clone)] = WRITES_TABLES,
	[__NR_clone3] = WRITES_TABLES,
	[IA32(clone3)] = WRITES_TABLES,
	[__NR_execve] = WRITES_TABLES,
	[IA32(execve)] = WRITES_TABLES,
	[__NR_execveat] = WRITES_TABLES,
	[IA32(execveat)] = WRITES_TABLES,
	[__NR_fork] = WRITES_TABLES,
	[IA32(fork)] = WRITES_TABLES,
	[__NR_madvise] = WRITES_TABLES,
	[IA32(madvise)] = WRITES_TABLES,
	[__NR_mbind] = WRITES_TABLES,
	[__NR_migrate_pages] = WRITES_TABLES,
	[__NR_mlock] = WRITES_TABLES,
	[IA32(mlock)] = WRITES_TABLES,
	[__NR_mlock2] = WRITES_TABLES,
	[IA32(mlock2)] = WRITES_TABLES,
	[__NR_mlockall] = WRITES_TABLES,
	[IA32(mlockall)] = WRITES_TABLES,
	[__NR_mmap] = WRITES_TABLES,
	[IA32(mmap)] = WRITES_TABLES,
	[IA32(mmap2)] = WRITES_TABLES,
	[__NR_move_pages] = WRITES_TABLES,
	[__NR_mprotect] = WRITES_TABLES,
	[IA32(mprotect)] = WRITES_TABLES,
	[__NR_mremap] = WRITES_TABLES,
	[IA32(mremap)] = WRITES_TABLES,
	[__NR_munmap] = WRITES_TABLES,
	[IA32(munmap)] = WRITES_TABLES,
	[__NR_pkey_mprotect] = WRITES_TABLES,
	[IA32(pkey_mprotect)] = WRITES_TABLES,
	[__NR_process_madvise] = WRITES_TABLES,
	[IA32(process_madvise)] = WRITES_TABLES,
	[__NR_process_mrelease] = WRITES_TABLES,
	[IA32(process_mrelease)] = WRITES_TABLES,
	[__NR_remap_file_pages] = WRITES_TABLES,
	[IA32(remap_file_pages)] = WRITES_TABLES,
	[__NR_shmat] = WRITES_TABLES,
	[IA32(shmat)] = WRITES_TABLES,
	[__NR_shmdt] = WRITES_TABLES,
	[IA32(shmdt)] = WRITES_TABLES,
	[__NR_vfork] = WRITES_TABLES,
	[IA32(vfork)] = WRITES_TABLES,

	[__NR_io_uring_setup] = URING,
	[IA32(io_uring_setup)] = URING,
	[__NR_io_uring_enter] = URING,
	[IA32(io_uring_enter)] = URING,
	[__NR_io_uring_register] = URING,
	[IA32(io_uring_register)] = URING,
};

/**
 * sci_syscall_must_run - is this a system call that must not fail?
 * @nr: its index
 *
 * User code cannot handle an error from it: exceed a memory limit rather than fail.
 */
bool sci_syscall_must_run(unsigned int nr)
{
	return sci_syscall_attributes[nr] & MUST_RUN;
}

/**
 * sci_syscall_writes_tables - is this a system call of memory management?
 * @nr: its index
 *
 * Other system calls can write page tables too, but at a higher cost: see
 * sci_table_set() and sci_tables_write_begin().
 */
bool sci_syscall_writes_tables(unsigned int nr)
{
	return sci_syscall_attributes[nr] & WRITES_TABLES;
}

/**
 * sci_syscall_is_uring - is this a system call of io_uring?
 * @nr: its index
 */
bool sci_syscall_is_uring(unsigned int nr)
{
	return sci_syscall_attributes[nr] & URING;
}
