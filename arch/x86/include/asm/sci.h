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

struct module;

#ifdef CONFIG_CGROUP_SCI

/* Decided before the direct map is built: isolation can be used. */
extern bool sci_available;

bool text_poke_pending(const void *addr);

bool sci_keeps_thunks(void);
void __sci_text_gone(unsigned long start, unsigned long end);
int sci_module_types(const struct module *mod, const void *functions, unsigned long functions_size,
		     const void *calls, unsigned long calls_size);
void sci_module_types_free(const struct module *mod);

/**
 * sci_text_gone - generated code has been given up, other code may take its place
 * @start: its address
 * @size: its size in bytes
 *
 * Context: any but NMI
 */
static inline void sci_text_gone(const void *start, size_t size)
{
	if (sci_available)
		__sci_text_gone((unsigned long)start, (unsigned long)start + size);
}

#else

static inline bool sci_keeps_thunks(void)
{
	return false;
}

static inline void sci_text_gone(const void *start, size_t size) { }

static inline int sci_module_types(const struct module *mod,
				   const void *functions, unsigned long functions_size,
				   const void *calls, unsigned long calls_size)
{
	return 0;
}

static inline void sci_module_types_free(const struct module *mod) { }

#endif

#endif /* _ASM_X86_SCI_H */
