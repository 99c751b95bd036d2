/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: hidden pages, which isolated system calls reach through windows,
 * and page tables, which most of them can only read.
 *
 * The direct maps of isolated system calls lack the pages that were allocated with
 * __GFP_HIGHMEM: user memory, page cache and other pages that the kernel declares to need
 * no permanent mapping.  kmap_local_page() and similar functions open a window onto such a
 * page for the running task.
 *
 * A header of its own, because page-flags.h, highmem.h and the architecture's pgtable.h
 * include it.
 */
#ifndef _LINUX_SCI_PAGE_H
#define _LINUX_SCI_PAGE_H

#include <linux/types.h>

struct page;

#ifdef CONFIG_CGROUP_SCI

#include <linux/jump_label.h>
#include <linux/percpu-defs.h>

#include <asm/page_types.h>

/* Some cgroup is isolated, or has been since boot. */
DECLARE_STATIC_KEY_FALSE(sci_key);

/**
 * enum sci_on - the page table that CR3 leads to
 * @SCI_ON_FULL: the full page table
 * @SCI_ON_VIEW: the current task's own, in which page tables are read-only
 * @SCI_ON_VIEW_TABLES: the current task's own, in which page tables can be written
 */
enum sci_on {
	SCI_ON_FULL,
	SCI_ON_VIEW,
	SCI_ON_VIEW_TABLES,
};

/* enum sci_on of this CPU.  It changes shortly before or after CR3 does. */
DECLARE_PER_CPU(u8, sci_on_view);

/**
 * enum sci_kind - the kind of a page: how isolated system calls can access it
 * @SCI_VISIBLE: the kernel's data, which they can read and write
 * @SCI_TABLE: a page table, which most of them can only read
 * @SCI_HIDDEN: a hidden page, which they reach through a window only
 * @SCI_OWN: SCI's own memory, which they cannot reach
 * @NR_SCI_KINDS: their number
 */
enum sci_kind {
	SCI_VISIBLE,
	SCI_TABLE,
	SCI_HIDDEN,
	SCI_OWN,
	NR_SCI_KINDS,
};

/* enum sci_kind of each page.  Isolated system calls can only read it. */
extern u8 *sci_kinds;
extern unsigned long sci_nr_pages;

/*
 * Windows are in the hole between the espfix area and EFI's.  The last entry of the
 * top-level table covers it, and each space has a table of its own below that entry.
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
 * sci_page_hidden - must the running code map this page to access it?
 * @page: any page
 *
 * To an isolated system call, a hidden page is like a page of high memory.
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
 * @address: the address of the page in the kernel's direct map
 *
 * Context: any.  As with kmap_local_page(), no other task may use the address.
 * Return: @address; if the page is hidden from the running system call, the address of a
 *	window onto this one page
 */
static __always_inline void *sci_kmap(struct page *page, void *address)
{
	if (sci_page_hidden(page))
		return __sci_kmap(page);
	return address;
}

/**
 * sci_is_window - is this address in the range of windows?
 * @address: any address
 */
static __always_inline bool sci_is_window(const void *address)
{
	return static_branch_unlikely(&sci_key) &&
	       (unsigned long)address - SCI_WINDOW_BASE < SCI_WINDOW_SIZE;
}

/**
 * sci_kunmap - end the use of an address that sci_kmap() has returned
 * @address: the address, or another one in the same page
 *
 * The window is closed later: when the view is loaded the next time, after an interrupt
 * for example, or at the end of the system call.
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
 * sci_tables_read_only - are page tables read-only to the running code?
 *
 * They are in isolated system calls, except for those of memory management.
 *
 * Context: any
 */
static __always_inline bool sci_tables_read_only(void)
{
	return static_branch_unlikely(&sci_key) &&
	       unlikely(raw_cpu_read(sci_on_view) == SCI_ON_VIEW);
}

/**
 * sci_table_set - write an entry of a page table if page tables are read-only
 * @entry: the entry
 * @value: the value
 *
 * Context: any
 * Return: true: the entry has been written; false: the caller can write it
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
 * For code that writes many entries and may run in any system call.
 *
 * Context: any but NMI; sci_tables_write_end() follows in the same context
 * Return: the argument for sci_tables_write_end()
 */
static __always_inline bool sci_tables_write_begin(void)
{
	if (!sci_tables_read_only())
		return false;
	__sci_tables_write_begin();
	return true;
}

/**
 * sci_tables_write_end - make page tables read-only again after sci_tables_write_begin()
 * @began: the return value of sci_tables_write_begin()
 */
static __always_inline void sci_tables_write_end(bool began)
{
	if (unlikely(began))
		__sci_tables_write_end();
}

/**
 * sci_table_write_begin - sci_tables_write_begin() if a page is a page table
 * @page: the page; for several pages of one kind, the first one
 *
 * Return: as sci_tables_write_begin()
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

static __always_inline void sci_tables_write_end(bool began) { }
static __always_inline void sci_kunmap(const void *address) { }
static inline void sci_page_show(struct page *page) { }

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_PAGE_H */
