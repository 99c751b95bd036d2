/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: memory that isolated calls reach through windows only.
 *
 * The kernel's direct map, as isolated system calls see it, lacks the pages that
 * were allocated with __GFP_HIGHMEM: user memory, page cache, and whatever else
 * the kernel declares to need no permanent mapping.  kmap_local_page() and its
 * kin open a window onto such a page, for the task that asks.
 *
 * Kept apart from sci_cgroup.h, because page-flags.h and highmem.h include it.
 */
#ifndef _LINUX_SCI_PAGE_H
#define _LINUX_SCI_PAGE_H

#include <linux/types.h>

struct page;

#ifdef CONFIG_CGROUP_SCI

#include <linux/jump_label.h>
#include <linux/percpu.h>

#include <asm/page_types.h>

/* Some cgroup is isolated, or has been. */
DECLARE_STATIC_KEY_FALSE(sci_key);
/* This CPU's CR3 is a task's own table, or becomes so with the next instruction. */
DECLARE_PER_CPU(bool, sci_on_view);

/*
 * Where windows are: a hole between the espfix area and EFI's, in the last entry
 * of the top-level table, of which each isolated task has a copy.
 */
#define SCI_WINDOW_BASE		0xffffff8000000000UL
#define SCI_WINDOWS		64
#define SCI_WINDOW_SIZE		(SCI_WINDOWS * PAGE_SIZE)

bool __sci_page_hidden(const struct page *page);
void *__sci_kmap(struct page *page);
void __sci_kunmap(unsigned long address);
void sci_page_show(struct page *page);
struct page *__sci_window_page(unsigned long address);
gfp_t sci_page_gfp(const struct page *page);

/**
 * sci_page_hidden - must this page be mapped to be accessed?
 * @page: any page
 *
 * To an isolated system call, such a page is like one of high memory.
 *
 * Context: any
 */
static __always_inline bool sci_page_hidden(const struct page *page)
{
	return static_branch_unlikely(&sci_key) && unlikely(raw_cpu_read(sci_on_view)) &&
	       __sci_page_hidden(page);
}

/**
 * sci_kmap - map a page for the running code
 * @page: the page
 * @address: where the kernel has it mapped
 *
 * Context: any.  As kmap_local_page(): not to be handed to another task.
 * Return: @address, or if that is hidden from the running system call the address
 *	of a window onto this one page
 */
static __always_inline void *sci_kmap(struct page *page, void *address)
{
	if (sci_page_hidden(page))
		return __sci_kmap(page);
	return address;
}

/**
 * sci_is_window - is this an address that sci_kmap() may have returned?
 * @address: any, also one inside of the page
 */
static __always_inline bool sci_is_window(const void *address)
{
	return static_branch_unlikely(&sci_key) &&
	       (unsigned long)address - SCI_WINDOW_BASE < SCI_WINDOW_SIZE;
}

/**
 * sci_kunmap - what sci_kmap() returned is not used any more
 * @address: the same, or one inside of the page
 *
 * The window closes when the task is interrupted or put to sleep, or when the
 * call ends.
 */
static __always_inline void sci_kunmap(const void *address)
{
	if (sci_is_window(address))
		__sci_kunmap((unsigned long)address);
}

#else /* !CONFIG_CGROUP_SCI */

static __always_inline bool sci_page_hidden(const struct page *page)
{
	return false;
}

static __always_inline void *sci_kmap(struct page *page, void *address)
{
	return address;
}

static __always_inline bool sci_is_window(const void *address)
{
	return false;
}

static inline struct page *__sci_window_page(unsigned long address)
{
	return NULL;
}

static inline gfp_t sci_page_gfp(const struct page *page)
{
	return 0;
}

static __always_inline void sci_kunmap(const void *address) { }
static inline void sci_page_show(struct page *page) { }

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_PAGE_H */
