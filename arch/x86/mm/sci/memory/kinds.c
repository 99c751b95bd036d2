// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the kind of each page.
 *
 * sci_kinds has a byte for each page, from before the first page is allocated.  A page's
 * kind changes when the page is allocated for a use of another kind, not when it is freed,
 * because most pages are used for the same again.
 *
 * Isolated system calls can only read the kinds.  The same is true for the table of known
 * indirect calls, which is behind the kinds in the same memory.
 *
 * A page that becomes hidden or a page table may still be in the TLB of a CPU that is on a
 * view.  Such a CPU gets an interrupt.  The handler runs on the full page table, and the
 * return to the view flushes all of the view's translations.
 */
#include <linux/irq_work.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/set_memory.h>

#include "../base/pause.h"
#include "direct.h"
#include "kinds.h"

DEFINE_STATIC_KEY_FALSE(sci_hide_key);
u8 *sci_kinds __ro_after_init;
unsigned long sci_nr_pages __ro_after_init;
/* The size of the memory that starts with the kinds. */
static unsigned long sci_read_only_bytes __ro_after_init;

/* The number of pages of each kind, and of pages that became so. */
static unsigned long sci_pages_of[NR_SCI_KINDS], sci_changes_to[NR_SCI_KINDS];
/* Flushes of the views that were waited for, and those that could not be. */
static atomic_long_t sci_flushes, sci_late_flushes;

/**
 * sci_is_read_only - is part of this memory read-only to isolated system calls?
 * @address: its first address, in the direct map
 * @bytes: its size
 */
bool sci_is_read_only(unsigned long address, unsigned long bytes)
{
	unsigned long start = (unsigned long)sci_kinds;

	return address < start + sci_read_only_bytes && start < address + bytes;
}

/**
 * sci_set_kind - note the kind of a page
 * @pfn: the page
 * @kind: its kind
 *
 * Context: boot, or sci_direct_lock held
 */
void sci_set_kind(unsigned long pfn, enum sci_kind kind)
{
	sci_pages_of[sci_kinds[pfn]]--;
	sci_pages_of[kind]++;
	WRITE_ONCE(sci_kinds[pfn], kind);
}

/**
 * sci_kinds_init - allocate the kinds
 * @extra: bytes of additional memory that isolated system calls can only read
 *
 * There are kinds for all memory that firmware announces, present or to be put online
 * later, but for eight times the present memory at most: for more, the kinds themselves
 * would take too much.
 *
 * Context: boot, before the page allocator has any page
 * Return: the memory of @extra bytes, all zero; NULL: out of memory
 */
void *__init sci_kinds_init(unsigned long extra)
{
	unsigned long most = min3(max_possible_pfn, 8 * max_pfn, (PHYSMEM_END >> PAGE_SHIFT) + 1);
	unsigned long pages = round_up(most, SCI_GIB_PAGES);
	unsigned long bytes = PAGE_ALIGN(pages * sizeof(*sci_kinds));

	sci_read_only_bytes = bytes + PAGE_ALIGN(extra);
	sci_kinds = memblock_alloc(sci_read_only_bytes, PAGE_SIZE);
	if (!sci_kinds)
		return NULL;
	sci_nr_pages = pages;
	sci_pages_of[SCI_VISIBLE] = pages;
	return sci_kinds + bytes;
}

/**
 * sci_kinds_use - let the page allocator set the kinds from now on
 *
 * Free memory starts as hidden, because a hidden page can become any other kind without a
 * flush.
 *
 * Context: boot, before the page allocator has any page
 */
void __init sci_kinds_use(void)
{
	phys_addr_t start, end;
	unsigned long from, to;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		from = PFN_UP(start);
		to = min(PFN_DOWN(end), sci_nr_pages);
		for (; from < to; from++)
			sci_set_kind(from, SCI_HIDDEN);
	}
	static_branch_enable(&sci_hide_key);
}

/**
 * sci_change_kind - give a page another kind, and count that
 * @pfn: the page
 * @kind: its kind from now on
 *
 * Context: sci_direct_lock held
 * Return: true if its entries in the direct maps have to change as well
 */
bool sci_change_kind(unsigned long pfn, enum sci_kind kind)
{
	enum sci_kind old = sci_kinds[pfn];

	sci_set_kind(pfn, kind);
	if (old >= SCI_HIDDEN && kind >= SCI_HIDDEN)
		return false;
	sci_changes_to[kind]++;
	return true;
}

/**
 * __sci_page_hidden - is this page hidden from isolated system calls?
 * @page: any page
 *
 * Context: any
 */
noinstr bool __sci_page_hidden(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn < sci_nr_pages && sci_kinds[pfn] >= SCI_HIDDEN;
}
EXPORT_SYMBOL(__sci_page_hidden);

/**
 * __sci_page_is_table - is this page a page table?
 * @page: any page
 *
 * Context: any
 */
bool __sci_page_is_table(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn < sci_nr_pages && sci_kinds[pfn] == SCI_TABLE;
}

/* Changes */

static bool sci_cpu_on_view(int cpu, void *unused)
{
	return per_cpu(sci_on_view, cpu);
}

/* The function does nothing, because the interrupt itself makes the CPU flush. */
static void sci_flush_nothing(void *unused) { }
static void sci_flush_work_fn(struct irq_work *work) { }
static DEFINE_PER_CPU(struct irq_work, sci_flush_work) = IRQ_WORK_INIT_HARD(sci_flush_work_fn);

/*
 * Only CPUs on a view need the interrupt.  Any other CPU sees the new entries: if it loads
 * a view, it does so after they have changed, and flushes.  A CPU in
 * sci_view_pause_noinstr() goes back to its view without a flush, and so counts as on it.
 */
static void sci_flush_views(void)
{
	int cpu, this;

	/* Read sci_on_view after the entries have changed.  Pairs with the write of CR3. */
	smp_mb();
	if (preemptible()) {
		atomic_long_inc(&sci_flushes);
		on_each_cpu_cond(sci_cpu_on_view, sci_flush_nothing, NULL, true);
		return;
	}

	/* Do not wait: the caller may hold a lock that another CPU is spinning on. */
	atomic_long_inc(&sci_late_flushes);
	this = get_cpu();
	for_each_online_cpu(cpu)
		if (cpu != this && per_cpu(sci_on_view, cpu))
			irq_work_queue_on(&per_cpu(sci_flush_work, cpu), cpu);
	put_cpu();
}

/**
 * sci_pages_set_kind - set the kind of pages
 * @pfn: the first page
 * @end: the page behind the last one
 * @kind: their kind from now on
 *
 * Context: any but NMI
 */
void sci_pages_set_kind(unsigned long pfn, unsigned long end, enum sci_kind kind)
{
	bool stale = false;
	u8 *first;

	for (;;) {
		first = memchr_inv(&sci_kinds[pfn], kind, end - pfn);
		if (!first)
			break;
		/* In pieces, because sci_direct_change() has interrupts off. */
		pfn = first - sci_kinds;
		stale |= sci_direct_change(pfn, min(end, pfn + SCI_BLOCK_PAGES), kind);
		pfn += SCI_BLOCK_PAGES;
		if (pfn >= end)
			break;
	}
	if (stale && sci_in_use())
		sci_flush_views();
}

/**
 * sci_page_set_kind - set the kind of pages
 * @page: the first page
 * @order: the order of their number
 * @kind: their kind from now on
 *
 * Context: any but NMI
 */
void sci_page_set_kind(struct page *page, unsigned int order, enum sci_kind kind)
{
	unsigned long pfn = page_to_pfn(page), end = pfn + (1UL << order);

	if (static_branch_likely(&sci_hide_key) && end <= sci_nr_pages)
		sci_pages_set_kind(pfn, end, kind);
}

/**
 * __sci_page_alloc - see sci_page_alloc()
 * @page: the first page
 * @order: the order of their number
 * @gfp: the flags of the allocation
 */
void __sci_page_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	if (gfp & __GFP_TABLE)
		sci_page_set_kind(page, order, SCI_TABLE);
	else
		sci_page_set_kind(page, order, gfp & __GFP_HIGHMEM ? SCI_HIDDEN : SCI_VISIBLE);
}

/**
 * sci_page_show - make a page, with the folio that it is part of, visible until it is freed
 * @page: the page
 *
 * For kmap(): any task may use the address that it returns.
 *
 * Context: any but NMI
 */
void sci_page_show(struct page *page)
{
	struct page *head = compound_head(page);
	unsigned long pfn = page_to_pfn(head);

	if (pfn < sci_nr_pages && sci_kinds[pfn] == SCI_HIDDEN)
		sci_page_set_kind(head, compound_order(head), SCI_VISIBLE);
}
EXPORT_SYMBOL(sci_page_show);

/**
 * sci_page_gfp - get the allocation flag for a page that replaces another one
 * @page: the page that is replaced
 *
 * Context: any
 * Return: __GFP_HIGHMEM if the page is hidden from isolated system calls, else 0
 */
gfp_t sci_page_gfp(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	/* The memory of a device may be at any address. */
	return static_branch_likely(&sci_hide_key) && pfn < sci_nr_pages &&
	       sci_kinds[pfn] >= SCI_HIDDEN ? __GFP_HIGHMEM : 0;
}

/**
 * sci_kinds_show - show the number of pages of each kind, of changes, and of flushes
 * @m: the file
 */
void sci_kinds_show(struct seq_file *m)
{
	seq_printf(m, "hidden_pages %lu\n",
		   READ_ONCE(sci_pages_of[SCI_HIDDEN]) + READ_ONCE(sci_pages_of[SCI_OWN]));
	seq_printf(m, "table_pages %lu\n", READ_ONCE(sci_pages_of[SCI_TABLE]));
	seq_printf(m, "hides %lu\n", READ_ONCE(sci_changes_to[SCI_HIDDEN]));
	seq_printf(m, "shows %lu\n", READ_ONCE(sci_changes_to[SCI_VISIBLE]));
	seq_printf(m, "tables %lu\n", READ_ONCE(sci_changes_to[SCI_TABLE]));
	seq_printf(m, "flushes %lu\n", atomic_long_read(&sci_flushes));
	seq_printf(m, "late_flushes %lu\n", atomic_long_read(&sci_late_flushes));
}
