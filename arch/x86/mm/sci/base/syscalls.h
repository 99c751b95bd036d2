/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: system call numbers and their attributes.
 *
 * One index numbers the views, and everything else that is kept for each system call.
 * The index of a 64-bit system call, x32 included, is its own number.  The index of a
 * 32-bit one is SCI_IA32_BASE more than its number.
 */
#ifndef _SCI_BASE_SYSCALLS_H
#define _SCI_BASE_SYSCALLS_H

#include <linux/types.h>

#include <asm/sci.h>

/* An index is shown as the ABI and the number: "%s:%u". */
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
