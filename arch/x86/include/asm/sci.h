/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: how x86 numbers the views.
 */
#ifndef _ASM_X86_SCI_H
#define _ASM_X86_SCI_H

/* The 64-bit calls, x32 included, by their number; then the 32-bit calls. */
#define SCI_IA32_BASE		600
#define SCI_NR_VIEWS		1200

#endif /* _ASM_X86_SCI_H */
