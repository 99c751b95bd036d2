/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: what x86 has for it, and how it numbers the views.
 */
#ifndef _ASM_X86_SCI_H
#define _ASM_X86_SCI_H

#include <linux/types.h>

/* The 64-bit calls, x32 included, by their number; then the 32-bit calls. */
#define SCI_IA32_BASE		600
#define SCI_NR_VIEWS		1200

#ifdef CONFIG_CGROUP_SCI
bool text_poke_pending(const void *addr);
#endif

#endif /* _ASM_X86_SCI_H */
