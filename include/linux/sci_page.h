/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: memory that isolated calls reach through windows only, and
 * page tables, which most of them can only read.
 *
 * The kernel's direct map, as isolated system calls see it, lacks the pages that
 * were allocated with __GFP_HIGHMEM: user memory, page cache, and whatever else
 * the kernel declares to need no permanent mapping.  kmap_local_page() and its
 * kin open a window onto such a page, for the task that asks.
 *
 * Kept apart from sci_cgroup.h, because page-flags.h, highmem.h and the
 * architecture's pgtable.h include it.
 */
#ifndef _LINUX_SCI_PAGE_H
#define _LINUX_SCI_PAGE_H

#include <linux/types.h>

struct page;

#ifdef CONFIG_CGROUP_SCI

#include <linux/jump_label.h>
#include <linux/percpu-defs.h>

#include <asm/page_types.h>
#include <asm/percpu.h>

/* Some cgroup is isolated, or has been. */
DECLARE_STATIC_KEY_FALSE(sci_key);

/**
 * enum sci_on - what CR3 leads to
 * @SCI_ON_FULL: the full page table
 * @SCI_ON_VIEW: a task's own, which lets page tables only be read
 * @SCI_ON_VIEW_TABLES: the same, and it lets them be written
 */
enum sci_on {
	SCI_ON_FULL,
	SCI_ON_VIEW,
	SCI_ON_VIEW_TABLES,
};

/* Of this CPU, now or with the next instruction; enum sci_on. */
DECLARE_PER_CPU(u8, sci_on_view);

/**
 * enum sci_kind - what a page is to isolated calls
 * @SCI_VISIBLE: the kernel's own data
 * @SCI_TABLE: a page table, or part of one
 * @SCI_HIDDEN: reached by a window only
 * @SCI_OWN: SCI's own, out of their reach
 * @NR_SCI_KINDS: their number
 */
enum sci_kind {
	SCI_VISIBLE,
	SCI_TABLE,
	SCI_HIDDEN,
	SCI_OWN,
	NR_SCI_KINDS,
};

/* enum sci_kind of each page, for isolated calls to read. */
extern u8 *sci_kinds;
extern unsigned long sci_nr_pages;

/*
 * Where windows are: a hole between the espfix area and EFI's, in the last entry
 * of the top-level table, of which each isolated task has a copy.
 */
#define SCI_WINDOW_BASE		0xffffff8000000000UL
#define SCI_WINDOWS		64
#define SCI_WINDOW_SIZE		(SCI_WINDOWS * PAGE_SIZE)

bool __sci_page_hidden(const struct page *page);
bool __sci_page_is_table(const struct page *page);
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

void __sci_tables_write_begin(void);
void __sci_tables_write_end(void);
unsigned long sci_table_xchg(void *entry, unsigned long value);

/**
 * sci_tables_read_only - can the running code read page tables, but not write them?
 *
 * So it is in isolated calls other than those of memory management.
 *
 * Context: any
 */
static __always_inline bool sci_tables_read_only(void)
{
	return static_branch_unlikely(&sci_key) &&
	       unlikely(raw_cpu_read(sci_on_view) == SCI_ON_VIEW);
}

/**
 * sci_table_set - write an entry of a page table, if that takes more than a store
 * @entry: the entry
 * @value: the value
 *
 * Context: any
 * Return: false: it can be written as ever
 */
static __always_inline bool sci_table_set(void *entry, unsigned long value)
{
	if (!sci_tables_read_only())
		return false;
	sci_table_xchg(entry, value);
	return true;
}

/**
 * sci_tables_write_begin - let the running task write page tables
 *
 * For code that writes many entries, on behalf of a call that is not one of memory
 * management.
 *
 * Context: any but NMI; sci_tables_write_end() follows in the same
 * Return: what sci_tables_write_end() needs
 */
static __always_inline bool sci_tables_write_begin(void)
{
	if (!sci_tables_read_only())
		return false;
	__sci_tables_write_begin();
	return true;
}

/**
 * sci_tables_write_end - back to what was before sci_tables_write_begin()
 * @opened: what it has returned
 */
static __always_inline void sci_tables_write_end(bool opened)
{
	if (unlikely(opened))
		__sci_tables_write_end();
}

/**
 * sci_table_write_begin - the same for what writes to pages, of page tables perhaps
 * @page: of this kind are all of them
 */
static __always_inline bool sci_table_write_begin(const struct page *page)
{
	return sci_tables_read_only() && __sci_page_is_table(page) && sci_tables_write_begin();
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

static __always_inline bool sci_tables_read_only(void)
{
	return false;
}

static __always_inline bool sci_table_set(void *entry, unsigned long value)
{
	return false;
}

static inline unsigned long sci_table_xchg(void *entry, unsigned long value)
{
	return 0;
}

static __always_inline bool sci_tables_write_begin(void)
{
	return false;
}

static __always_inline bool sci_table_write_begin(const struct page *page)
{
	return false;
}

static __always_inline void sci_tables_write_end(bool opened) { }
static __always_inline void sci_kunmap(const void *address) { }
static inline void sci_page_show(struct page *page) { }

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_PAGE_H */
