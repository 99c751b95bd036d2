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

#define NATIVE(name, attributes)	[__NR_##name] = (attributes)
#define IA32(name, attributes)		[SCI_IA32_BASE + __NR_ia32_##name] = (attributes)
#define BOTH(name, attributes)		NATIVE(name, attributes), IA32(name, attributes)

static const u8 sci_syscall_attributes[SCI_NR_VIEWS] = {
	BOTH(exit,			MUST_RUN),
	BOTH(exit_group,		MUST_RUN),
	BOTH(rt_sigreturn,		MUST_RUN),
	IA32(sigreturn,			MUST_RUN),

	BOTH(brk,			WRITES_TABLES),
	BOTH(clone,			WRITES_TABLES),
	BOTH(clone3,			WRITES_TABLES),
	BOTH(execve,			WRITES_TABLES),
	BOTH(execveat,			WRITES_TABLES),
	BOTH(fork,			WRITES_TABLES),
	BOTH(madvise,			WRITES_TABLES),
	NATIVE(mbind,			WRITES_TABLES),
	NATIVE(migrate_pages,		WRITES_TABLES),
	BOTH(mlock,			WRITES_TABLES),
	BOTH(mlock2,			WRITES_TABLES),
	BOTH(mlockall,			WRITES_TABLES),
	BOTH(mmap,			WRITES_TABLES),
	IA32(mmap2,			WRITES_TABLES),
	NATIVE(move_pages,		WRITES_TABLES),
	BOTH(mprotect,			WRITES_TABLES),
	BOTH(mremap,			WRITES_TABLES),
	BOTH(munmap,			WRITES_TABLES),
	BOTH(pkey_mprotect,		WRITES_TABLES),
	BOTH(process_madvise,		WRITES_TABLES),
	BOTH(process_mrelease,		WRITES_TABLES),
	BOTH(remap_file_pages,		WRITES_TABLES),
	BOTH(shmat,			WRITES_TABLES),
	BOTH(shmdt,			WRITES_TABLES),
	BOTH(vfork,			WRITES_TABLES),

	BOTH(io_uring_setup,		URING),
	BOTH(io_uring_enter,		URING),
	BOTH(io_uring_register,		URING),
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
