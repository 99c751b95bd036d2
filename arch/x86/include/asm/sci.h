/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the hooks for x86 code, and the numbers of views on x86.
 */
#ifndef _ASM_X86_SCI_H
#define _ASM_X86_SCI_H

#include <linux/types.h>

/* The views of 64-bit system calls, x32 included, by number; then those of 32-bit ones. */
#define SCI_IA32_BASE		600
#define SCI_NR_VIEWS		1200

struct module;
struct mm_struct;

#ifdef CONFIG_CGROUP_SCI

#include <linux/mm_types.h>
#include <linux/sci_page.h>

/* Isolation can be used.  Decided before the direct map is built. */
extern bool sci_available;

/* Boot */

void sci_check_boottime(void);
void sci_mem_init(void);

/* Text */

bool text_poke_pending(const void *addr);
bool sci_keeps_thunks(void);
void __sci_text_gone(unsigned long start, unsigned long end);
int sci_module_types(const struct module *mod, const void *functions, unsigned long functions_size,
		     const void *icalls, unsigned long icalls_size);
void sci_module_types_free(const struct module *mod);

/**
 * sci_text_gone - generated code is gone, and other code may take its place
 * @start: the address of the code
 * @size: its size in bytes
 *
 * Context: any but NMI
 */
static inline void sci_text_gone(const void *start, size_t size)
{
	if (sci_available)
		__sci_text_gone((unsigned long)start, (unsigned long)start + size);
}

/* Page tables and TLBs */

void __sci_flush_local(void);
void __sci_kernel_flush(unsigned long start, unsigned long end);
bool sci_direct_sync(unsigned long address);

/**
 * sci_kernel_nonglobal - does SCI need kernel mappings without _PAGE_GLOBAL?
 *
 * A global TLB entry of kernel text would survive the load of a view, and the text would
 * stay reachable.
 */
static inline bool sci_kernel_nonglobal(void)
{
	return sci_available;
}

/**
 * sci_in_use - may any CPU be on a view?
 */
static inline bool sci_in_use(void)
{
	return static_branch_unlikely(&sci_key);
}

/**
 * sci_view_loaded - is this CPU on a view?
 *
 * Context: interrupts or preemption off
 */
static inline bool sci_view_loaded(void)
{
	return sci_in_use() && unlikely(this_cpu_read(sci_on_view));
}

/**
 * sci_flush_local - a TLB flush of just the loaded PCID is about to be done
 *
 * Context: interrupts or preemption off
 */
static inline void sci_flush_local(void)
{
	if (sci_view_loaded())
		__sci_flush_local();
}

/**
 * sci_kernel_flush - kernel mappings have changed, and TLBs are about to be flushed
 * @start: the first address
 * @end: the address behind the last one
 *
 * Views and the direct maps without user memory have copies of some of these mappings.
 *
 * Context: interrupts on; the flush follows
 */
static inline void sci_kernel_flush(unsigned long start, unsigned long end)
{
	if (sci_in_use())
		__sci_kernel_flush(start, end);
}

/**
 * sci_memory_changed - the kernel's mapping of a page has changed
 * @address: the address of the page; any page-aligned address
 *
 * Context: any but NMI
 */
static inline void sci_memory_changed(unsigned long address)
{
	if (sci_in_use())
		sci_direct_sync(address);
}

/**
 * sci_table_freed - a table that an entry of mm->pgd led to is about to be freed
 * @mm: the owner of the table
 *
 * Tasks' copies of that entry have to go before the table's page is reused.  Call this
 * after the entry was cleared and before the flush that precedes the reuse.  A CPU that
 * loads a view later sees the new generation.  A CPU on a view takes the interrupt of the
 * flush and loads the view again after it, or does the flush itself (sci_flush_local()).
 */
static inline void sci_table_freed(struct mm_struct *mm)
{
	atomic_long_inc(&mm->context.sci_gen);
}

#else /* !CONFIG_CGROUP_SCI */

static inline bool sci_keeps_thunks(void)
{
	return false;
}

static inline int sci_module_types(const struct module *mod,
				   const void *functions, unsigned long functions_size,
				   const void *icalls, unsigned long icalls_size)
{
	return 0;
}

static inline bool sci_kernel_nonglobal(void)
{
	return false;
}

static inline bool sci_in_use(void)
{
	return false;
}

static inline bool sci_view_loaded(void)
{
	return false;
}

static inline void sci_check_boottime(void) { }
static inline void sci_mem_init(void) { }
static inline void sci_text_gone(const void *start, size_t size) { }
static inline void sci_module_types_free(const struct module *mod) { }
static inline void sci_flush_local(void) { }
static inline void sci_kernel_flush(unsigned long start, unsigned long end) { }
static inline void sci_memory_changed(unsigned long address) { }
static inline void sci_table_freed(struct mm_struct *mm) { }

#endif /* CONFIG_CGROUP_SCI */

/*
 * Does PTI or SCI need kernel mappings without _PAGE_GLOBAL?  A macro, so that without
 * CONFIG_CGROUP_SCI it is the test for PTI and nothing else.
 */
#define kernel_nonglobal()							\
	(cpu_feature_enabled(X86_FEATURE_PTI) || sci_kernel_nonglobal())

#endif /* _ASM_X86_SCI_H */
