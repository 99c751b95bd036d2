/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: system call numbers and their attributes.
 *
 * Views, and all that is kept for each system call, are indexed by one number: 64-bit
 * system calls, x32 included, by their own, 32-bit ones SCI_IA32_BASE above theirs.
 */
#ifndef _SCI_BASE_SYSCALLS_H
#define _SCI_BASE_SYSCALLS_H

#include <linux/types.h>

#include <asm/sci.h>

/* How an index is shown: "%s:%u". */
static inline const char *sci_syscall_abi(unsigned int nr)
{
	return nr < SCI_IA32_BASE ? "x86_64" : "i386";
}

static inline unsigned int sci_syscall_nr(unsigned int nr)
{
	return nr < SCI_IA32_BASE ? nr : nr - SCI_IA32_BASE;
}

bool sci_syscall_must_run(unsigned int nr);
bool sci_syscall_writes_tables(unsigned int nr);
bool sci_syscall_is_uring(unsigned int nr);

#endif /* _SCI_BASE_SYSCALLS_H */
