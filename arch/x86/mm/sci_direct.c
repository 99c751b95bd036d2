// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the direct map without user memory.
 *
 * All isolated address spaces share one direct map of their own.  It lacks the
 * pages that were allocated with __GFP_HIGHMEM: the kernel has declared that it
 * needs no permanent mapping of these, and asks for one with kmap_local_page()
 * and its kin where it has to do with their content (sci_window.c).
 *
 * sci_hidden has a bit for each page, from before the first one is allocated.  A
 * page changes sides when it is handed out for a use of the other kind, not
 * when it is freed: most are used for the same again.
 *
 * The tables are built when the first cgroup is isolated, and all of them at
 * once, 0.2 % of the memory: pages are handed out where nothing can be
 * allocated.  A block of 2 MiB of which nothing is hidden is mapped by a huge
 * leaf, and its PTE page waits.
 *
 * A page that is hidden may still be in the TLB of a CPU that is on a view.
 * Those CPUs get an interrupt, which makes them leave the view and load it
 * again: that flushes all there is of it.
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/bitmap.h>
#include <linux/cgroup.h>
#include <linux/irq_work.h>
#include <linux/memblock.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/sections.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#include "sci.h"

#define SCI_GIB_PAGES		(PUD_SIZE >> PAGE_SHIFT)
#define SCI_BLOCK_PAGES		(PMD_SIZE >> PAGE_SHIFT)

/**
 * struct sci_gib - one GiB of the direct map
 * @pmd: its table; NULL: there is no memory
 * @pte: the PTE page of each block; NULL: there is no memory
 */
struct sci_gib {
	pmd_t	*pmd;
	pte_t	**pte;
};

/**
 * struct sci_direct - the direct map
 * @pud: tables below the top-level entries from that of PAGE_OFFSET on, NULL if
 *	they are not built yet
 * @gib: what these lead to, in one row
 *
 * Like all tables, it is hidden itself.
 */
struct sci_direct {
	pud_t		**pud;
	struct sci_gib	gib[];
};

DEFINE_STATIC_KEY_FALSE(sci_hide_key);
unsigned long *sci_hidden __ro_after_init;
unsigned long sci_nr_pages __ro_after_init;
/* Of the hidden pages, SCI's own: no window shows them. */
static unsigned long *sci_own __ro_after_init;
static struct sci_direct *sci_direct __ro_after_init;
/* vmalloc space, where stacks are, begins below the same top-level entry. */
bool sci_direct_shared __ro_after_init;

/* Protects bits and entries. */
static DEFINE_RAW_SPINLOCK(sci_direct_lock);
/* Serializes building. */
static DEFINE_MUTEX(sci_direct_mutex);

/* Pages that changed sides, flushes for it, and those that nobody could wait for. */
static unsigned long sci_hides, sci_shows;
static atomic_long_t sci_flushes, sci_late_flushes;

static __always_inline unsigned int sci_first_pgd(void)
{
	return pgd_index(PAGE_OFFSET);
}

static __always_inline unsigned int sci_nr_puds(void)
{
	return pgd_index(PAGE_OFFSET + (sci_nr_pages << PAGE_SHIFT) - 1) - sci_first_pgd() + 1;
}

static bool sci_in_direct(unsigned long address)
{
	return address - PAGE_OFFSET < sci_nr_pages << PAGE_SHIFT;
}

static unsigned long sci_direct_pfn(unsigned long address)
{
	return (address - PAGE_OFFSET) >> PAGE_SHIFT;
}

static unsigned long sci_direct_address(unsigned long pfn)
{
	return PAGE_OFFSET + (pfn << PAGE_SHIFT);
}

/* What isolated calls look at, but must not change: the bits, and the known calls. */
static unsigned long sci_bits_bytes(void)
{
	return PAGE_ALIGN(sci_nr_pages / BITS_PER_BYTE);
}

static unsigned long sci_read_only_bytes(void)
{
	return sci_bits_bytes() + PAGE_ALIGN(SCI_CALL_PLACES * sizeof(*sci_known_calls));
}

static bool sci_is_read_only(unsigned long address, unsigned long bytes)
{
	unsigned long start = (unsigned long)sci_hidden;

	return address < start + sci_read_only_bytes() && start < address + bytes;
}

/* Boot */

static __init void *sci_boot_pages(unsigned long bytes, bool hidden)
{
	void *p = memblock_alloc(PAGE_ALIGN(bytes), PAGE_SIZE);

	if (p && hidden)
		bitmap_set(sci_hidden, __pa(p) >> PAGE_SHIFT, PFN_UP(bytes));
	if (p && hidden && sci_own)
		bitmap_set(sci_own, __pa(p) >> PAGE_SHIFT, PFN_UP(bytes));
	return p;
}

static __init bool sci_spaces_init(void)
{
	unsigned long i, n = sci_nr_pages << PAGE_SHIFT >> SCI_TASK_SHIFT;
	struct sci_space **none = sci_boot_pages(PAGE_SIZE, true);

	n = DIV_ROUND_UP(n, SCI_SPACES_PER_PAGE);
	sci_spaces = sci_boot_pages(n * sizeof(*sci_spaces), true);
	if (!none || !sci_spaces)
		return false;
	for (i = 0; i < n; i++)
		sci_spaces[i] = none;
	return true;
}

/* What nobody uses yet: to show a page costs no flush. */
static __init void sci_hide_free(void)
{
	phys_addr_t start, end;
	unsigned long from, to;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		from = PFN_UP(start);
		to = min(PFN_DOWN(end), sci_nr_pages);
		if (from < to)
			bitmap_set(sci_hidden, from, to - from);
	}
}

/**
 * sci_hide_init - begin to take note of what pages are used for
 *
 * Memory beyond the highest possible address is not put online later, nor is
 * so much more than there is now that the bits alone would cost a lot.
 *
 * Context: boot, before the page allocator has any page
 */
void __init sci_hide_init(void)
{
	unsigned long gibs;

	if (!sci_available)
		return;

	gibs = min3(max_possible_pfn, 8 * max_pfn, (PHYSMEM_END >> PAGE_SHIFT) + 1);
	gibs = DIV_ROUND_UP(gibs, SCI_GIB_PAGES);
	sci_nr_pages = gibs * SCI_GIB_PAGES;
	sci_hidden = sci_boot_pages(sci_read_only_bytes(), false);
	if (sci_hidden)
		sci_known_calls = (u64 *)((void *)sci_hidden + sci_bits_bytes());
	if (sci_hidden)
		sci_own = sci_boot_pages(sci_nr_pages / BITS_PER_BYTE, true);
	if (sci_own)	/* as sci_boot_pages() does for the others from now on */
		bitmap_set(sci_own, __pa(sci_own) >> PAGE_SHIFT,
			   PFN_UP(sci_nr_pages / BITS_PER_BYTE));
	if (sci_own)
		sci_direct = sci_boot_pages(struct_size(sci_direct, gib, gibs), true);
	if (sci_direct)
		sci_direct->pud = sci_boot_pages(sci_nr_puds() * sizeof(pud_t *), true);
	if (!sci_direct || !sci_direct->pud || !sci_spaces_init()) {
		pr_err("out of memory at boot, the sci cgroup controller is not available\n");
		sci_available = false;
		static_branch_disable(&sci_cgrp_subsys_enabled_key);
		return;
	}
	sci_direct_shared = sci_direct_has(pgd_index(VMALLOC_START));
	sci_hide_free();
	static_branch_enable(&sci_hide_key);
}

/* SCI's own memory */

static void sci_mark_own(void *pages, unsigned int order, bool own)
{
	struct sci_pause step = sci_step_out();
	unsigned long pfn = __pa(pages) >> PAGE_SHIFT, end = pfn + (1UL << order);

	for (; pfn < end; pfn++)
		assign_bit(pfn, sci_own, own);
	sci_step_back(step);
}

/**
 * sci_get_pages - allocate memory that isolated calls do not see, not by a window either
 * @gfp: how
 * @order: of the number of pages
 *
 * Return: the pages; NULL if there are none.  All access is on the full page table.
 */
void *sci_get_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp | __GFP_HIGHMEM, order);

	if (!page)
		return NULL;
	sci_mark_own(page_address(page), order, true);
	return page_address(page);
}

/**
 * sci_put_pages - free what sci_get_pages() has allocated
 * @pages: may be NULL
 * @order: the same
 */
void sci_put_pages(void *pages, unsigned int order)
{
	if (!pages)
		return;
	sci_mark_own(pages, order, false);
	free_pages((unsigned long)pages, order);
}

/**
 * sci_page_own - is this page SCI's own?
 * @pfn: any that is hidden
 *
 * Context: full page table loaded
 */
noinstr bool sci_page_own(unsigned long pfn)
{
	return arch_test_bit(pfn, sci_own);
}

/* Entries */

/* How the kernel maps this address of the direct map; @level: by which size. */
static pte_t sci_kernel_pte(unsigned long address, unsigned int *level)
{
	unsigned long pfn = sci_direct_pfn(address);
	pte_t *p = lookup_address(address, level);

	if (!p || !(pte_flags(*p) & _PAGE_PRESENT))
		return __pte(0);
	switch (*level) {
	case PG_LEVEL_1G:
		return pfn_pte(pfn, pgprot_large_2_4k(pud_pgprot(*(pud_t *)p)));
	case PG_LEVEL_2M:
		return pfn_pte(pfn, pgprot_large_2_4k(pmd_pgprot(*(pmd_t *)p)));
	}
	return *p;
}

static pte_t sci_wanted_pte(unsigned long pfn)
{
	unsigned long address = sci_direct_address(pfn);
	unsigned int level;
	pte_t pte;

	if (test_bit(pfn, sci_hidden))
		return __pte(0);
	pte = sci_kernel_pte(address, &level);
	return sci_is_read_only(address, PAGE_SIZE) ? pte_wrprotect(pte) : pte;
}

static pmd_t sci_wanted_pmd(unsigned long pfn, pte_t *table)
{
	unsigned long first = round_down(pfn, SCI_BLOCK_PAGES), address = sci_direct_address(first);
	unsigned int level;
	pte_t pte;

	pte = sci_kernel_pte(address, &level);
	if (level < PG_LEVEL_2M || !pte_present(pte) || sci_is_read_only(address, PMD_SIZE) ||
	    find_next_bit(sci_hidden, first + SCI_BLOCK_PAGES, first) < first + SCI_BLOCK_PAGES)
		return table ? __pmd(_KERNPG_TABLE | __sme_pa(table)) : __pmd(0);
	return pmd_mkhuge(pfn_pmd(pte_pfn(pte), pgprot_4k_2_large(pte_pgprot(pte))));
}

/*
 * Bring the entries of one page up to date.  Returns true if one has changed.  What
 * came without notice (ZONE_DEVICE) has no PTE page: huge leaves have to do.
 */
static bool sci_direct_update(unsigned long pfn)
{
	struct sci_gib *gib = &sci_direct->gib[pfn / SCI_GIB_PAGES];
	unsigned int block = pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD;
	bool changed = false;
	pte_t *table, pte;
	pmd_t pmd;

	if (!gib->pte)
		return false;
	table = gib->pte[block];
	pte = sci_wanted_pte(pfn);
	if (table && sci_differs(pte_val(table[pfn % PTRS_PER_PTE]), pte_val(pte))) {
		WRITE_ONCE(table[pfn % PTRS_PER_PTE], pte);
		changed = true;
	}
	pmd = sci_wanted_pmd(pfn, table);
	if (sci_differs(pmd_val(gib->pmd[block]), pmd_val(pmd))) {
		WRITE_ONCE(gib->pmd[block], pmd);
		changed = true;
	}
	return changed;
}

/* What shares a top-level entry with the direct map, such as vmalloc space. */
static bool sci_neighbour_sync(unsigned long address)
{
	pud_t *pud = sci_direct->pud[pgd_index(address) - sci_first_pgd()];
	pgd_t *pgd = pgd_offset_k(address);
	pud_t value = __pud(0);

	if (pgd_present(*pgd))
		value = READ_ONCE(*pud_offset(p4d_offset(pgd, address), address));
	if (!pud || !sci_differs(pud_val(pud[pud_index(address)]), pud_val(value)))
		return false;
	WRITE_ONCE(pud[pud_index(address)], value);
	return true;
}

/**
 * sci_direct_has - does this top-level entry lead to the direct map?
 * @i: its index
 */
bool sci_direct_has(unsigned int i)
{
	return i - sci_first_pgd() < sci_nr_puds();
}

/**
 * sci_direct_sync - bring what maps an address up to date
 * @address: any
 *
 * Context: any but NMI
 * Return: true: something was out of date, an access may work now.
 */
bool sci_direct_sync(unsigned long address)
{
	struct sci_pause step;
	bool changed;

	/* The kernel image's pages have an address in the direct map, too. */
	if (address >= (unsigned long)_text && address < (unsigned long)_end)
		address = (unsigned long)__va(__pa_symbol(address));
	if (!sci_direct_has(pgd_index(address)))
		return false;

	step = sci_step_out();
	raw_spin_lock(&sci_direct_lock);
	changed = sci_in_direct(address) ? sci_direct_update(sci_direct_pfn(address)) :
					   sci_neighbour_sync(address);
	raw_spin_unlock(&sci_direct_lock);
	sci_step_back(step);
	return changed;
}

/**
 * sci_direct_maps - does the direct map of isolated calls have this page by now?
 * @address: any
 *
 * Context: a fault that sci_direct_sync() could not help: another CPU may have
 */
bool sci_direct_maps(unsigned long address)
{
	unsigned long pfn = sci_direct_pfn(address);
	struct sci_gib *gib;
	pmd_t pmd;

	if (!sci_in_direct(address))
		return false;
	gib = &sci_direct->gib[pfn / SCI_GIB_PAGES];
	if (!gib->pte)
		return false;
	pmd = READ_ONCE(gib->pmd[pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD]);
	if (!pmd_present(pmd) || pmd_leaf(pmd))
		return pmd_present(pmd);
	return pte_present(READ_ONCE(*pte_offset_kernel(&pmd, address)));
}

/**
 * sci_direct_hides - does the kernel map this address, and isolation not?
 * @address: any
 *
 * Context: a fault that sci_direct_sync() could not help
 */
bool sci_direct_hides(unsigned long address)
{
	unsigned int level;

	return sci_in_direct(address) && pte_present(sci_kernel_pte(address, &level));
}

/**
 * sci_direct_flush - kernel mappings have changed, TLBs are about to be flushed
 * @start: first address
 * @end: behind the last one
 *
 * Of the direct map, only what comes in small pieces: set_memory_*() tells of each
 * page by itself, see sci_memory_changed().
 */
void sci_direct_flush(unsigned long start, unsigned long end)
{
	unsigned long low = sci_direct_address(0) & PGDIR_MASK;
	unsigned long high = low + sci_nr_puds() * PGDIR_SIZE;
	unsigned long address;

	if (end - start <= PMD_SIZE && sci_in_direct(start)) {
		for (address = start & PAGE_MASK; address < end; address += PAGE_SIZE)
			sci_direct_sync(address);
		return;
	}
	for (address = max(start, low) & PUD_MASK; address < min(end, high); address += PUD_SIZE)
		if (!sci_in_direct(address))
			sci_direct_sync(address);
}

/**
 * sci_direct_enter - have a top-level table lead to the direct map
 * @pgd: the table
 *
 * Context: full page table loaded, sci_direct_build() has been successful
 */
noinstr void sci_direct_enter(unsigned long *pgd)
{
	unsigned int i, first = sci_first_pgd(), n = sci_nr_puds();

	for (i = 0; i < n; i++)
		WRITE_ONCE(pgd[first + i], _KERNPG_TABLE | _PAGE_NX | sme_me_mask |
			   __phys_addr_nodebug((unsigned long)sci_direct->pud[i]));
}

/* Building */

/* Is there any memory in this block? */
static bool sci_block_used(unsigned long pfn)
{
	unsigned int level, i;

	for (i = 0; i < SCI_BLOCK_PAGES; i++)
		if (pte_present(sci_kernel_pte(sci_direct_address(pfn + i), &level)))
			return true;
	return false;
}

static int sci_block_build(struct sci_gib *gib, unsigned long pfn)
{
	unsigned int block = pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD, i;
	pte_t *table;

	if (gib->pte[block] || !sci_block_used(pfn))
		return 0;
	table = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!table)
		return -ENOMEM;

	raw_spin_lock_irq(&sci_direct_lock);
	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = sci_wanted_pte(pfn + i);
	gib->pte[block] = table;
	WRITE_ONCE(gib->pmd[block], sci_wanted_pmd(pfn, table));
	raw_spin_unlock_irq(&sci_direct_lock);
	return 0;
}

/* Does nothing for what is built already, and continues where it failed. */
static int sci_gib_build(unsigned long i)
{
	struct sci_gib *gib = &sci_direct->gib[i];
	unsigned long pfn, end = (i + 1) * SCI_GIB_PAGES;
	int ret = 0;

	if (!gib->pmd)
		gib->pmd = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!gib->pte)
		gib->pte = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!gib->pmd || !gib->pte)
		return -ENOMEM;
	for (pfn = i * SCI_GIB_PAGES; !ret && pfn < end; pfn += SCI_BLOCK_PAGES) {
		ret = sci_block_build(gib, pfn);
		cond_resched();
	}
	return ret;
}

static int sci_pud_build(unsigned int i)
{
	unsigned long base = (sci_direct_address(0) & PGDIR_MASK) + i * PGDIR_SIZE, address;
	pud_t *pud = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	struct sci_gib *gib;

	if (!pud)
		return -ENOMEM;
	if (pgd_present(*pgd_offset_k(base)))
		copy_page(pud, pud_offset(p4d_offset(pgd_offset_k(base), base), base));

	for (address = base; address - base < PGDIR_SIZE; address += PUD_SIZE) {
		if (!sci_in_direct(address))
			continue;
		gib = &sci_direct->gib[sci_direct_pfn(address) / SCI_GIB_PAGES];
		pud[pud_index(address)] = __pud(_KERNPG_TABLE | __sme_pa(gib->pmd));
	}
	/* Complete, for sci_neighbour_sync(). */
	smp_store_release(&sci_direct->pud[i], pud);
	return 0;
}

/**
 * sci_direct_build - make the direct map
 *
 * Does nothing once sci_key is enabled.
 *
 * Context: process context, may sleep
 * Return: 0 or -ENOMEM
 */
int sci_direct_build(void)
{
	unsigned long i;
	int ret = 0;

	mutex_lock(&sci_direct_mutex);
	if (!static_key_enabled(&sci_key)) {
		for (i = 0; !ret && i < sci_nr_pages / SCI_GIB_PAGES; i++)
			ret = sci_gib_build(i);
		for (i = 0; !ret && i < sci_nr_puds(); i++)
			if (!sci_direct->pud[i])
				ret = sci_pud_build(i);
	}
	mutex_unlock(&sci_direct_mutex);
	return ret;
}

/* Changing sides */

static bool sci_cpu_on_view(int cpu, void *unused)
{
	return per_cpu(sci_on_view, cpu);
}

/* The interrupt itself is what does it. */
static void sci_flush_nothing(void *unused) { }
static void sci_flush_work_fn(struct irq_work *work) { }
static DEFINE_PER_CPU(struct irq_work, sci_flush_work) = IRQ_WORK_INIT_HARD(sci_flush_work_fn);

/*
 * A CPU that is not on a view when it is looked at loads one, if at all, after the
 * entries have changed, and with a flush: sci_load_again() has the flag set all the time.
 */
static void sci_flush_views(void)
{
	int cpu, this;

	/* The entries before the flags: pairs with the write of CR3 behind them. */
	smp_mb();
	if (preemptible()) {
		atomic_long_inc(&sci_flushes);
		on_each_cpu_cond(sci_cpu_on_view, sci_flush_nothing, NULL, true);
		return;
	}

	/* Who waits here with a lock held may wait for who waits for that lock. */
	atomic_long_inc(&sci_late_flushes);
	this = get_cpu();
	for_each_online_cpu(cpu)
		if (cpu != this && per_cpu(sci_on_view, cpu))
			irq_work_queue_on(&per_cpu(sci_flush_work, cpu), cpu);
	put_cpu();
}

static bool sci_change(unsigned long pfn, unsigned long end, bool hide)
{
	struct sci_pause step = sci_step_out();
	bool changed = false;

	raw_spin_lock(&sci_direct_lock);
	for (; pfn < end; pfn++) {
		if (test_bit(pfn, sci_hidden) == hide)
			continue;
		__assign_bit(pfn, sci_hidden, hide);
		changed |= sci_direct_update(pfn);
		if (hide)
			sci_hides++;
		else
			sci_shows++;
	}
	raw_spin_unlock(&sci_direct_lock);
	/* This CPU's TLB is flushed on the way. */
	sci_step_back(step);
	return changed;
}

/**
 * __sci_page_alloc - see sci_page_alloc()
 * @page: the first one
 * @order: of their number
 * @hide: from isolated system calls
 */
void __sci_page_alloc(struct page *page, unsigned int order, bool hide)
{
	unsigned long pfn = page_to_pfn(page), end = pfn + (1UL << order);
	bool changed = false;

	if (!static_branch_likely(&sci_hide_key) || end > sci_nr_pages)
		return;
	for (;;) {
		pfn = hide ? find_next_zero_bit(sci_hidden, end, pfn) :
			     find_next_bit(sci_hidden, end, pfn);
		if (pfn >= end)
			break;
		/* In pieces, for interrupts are off meanwhile. */
		changed |= sci_change(pfn, min(end, pfn + SCI_BLOCK_PAGES), hide);
		pfn += SCI_BLOCK_PAGES;
	}
	if (changed && hide && sci_in_use())
		sci_flush_views();
}

/**
 * sci_page_show - show a page, and what it is part of, to everyone until it is freed
 * @page: the page
 *
 * For kmap(), whose address may be used by any task, whichever calls it.
 *
 * Context: any but NMI
 */
void sci_page_show(struct page *page)
{
	struct page *head = compound_head(page);

	__sci_page_alloc(head, compound_order(head), false);
}
EXPORT_SYMBOL(sci_page_show);

/**
 * sci_page_gfp - what a page's stand-in has to be allocated with
 * @page: the page
 *
 * Context: any
 * Return: __GFP_HIGHMEM if the page is hidden from isolated system calls, else 0
 */
gfp_t sci_page_gfp(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	/* A device's memory may be anywhere. */
	return static_branch_likely(&sci_hide_key) && pfn < sci_nr_pages &&
	       test_bit(pfn, sci_hidden) ? __GFP_HIGHMEM : 0;
}

/**
 * sci_direct_show - show how the direct map is used
 * @m: where to
 */
void sci_direct_show(struct seq_file *m)
{
	unsigned long i, tables = 0;

	for (i = 0; i < sci_nr_pages / SCI_GIB_PAGES; i++) {
		struct sci_pause step = sci_step_out();
		struct sci_gib *gib = &sci_direct->gib[i];
		unsigned int block;

		for (block = 0; gib->pte && block < PTRS_PER_PMD; block++)
			tables += !!gib->pte[block];
		tables += !!gib->pte + !!gib->pmd;
		sci_step_back(step);
	}
	seq_printf(m, "hidden_pages %u\n", bitmap_weight(sci_hidden, sci_nr_pages));
	seq_printf(m, "hides %lu\n", READ_ONCE(sci_hides));
	seq_printf(m, "shows %lu\n", READ_ONCE(sci_shows));
	seq_printf(m, "flushes %lu\n", atomic_long_read(&sci_flushes));
	seq_printf(m, "late_flushes %lu\n", atomic_long_read(&sci_late_flushes));
	seq_printf(m, "table_bytes %lu\n", tables * PAGE_SIZE);
}

#ifdef CONFIG_MEMORY_HOTPLUG
static int sci_memory_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct memory_notify *m = data;
	unsigned long i, end = m->start_pfn + m->nr_pages;
	int ret = 0;

	if (action != MEM_GOING_ONLINE)
		return NOTIFY_DONE;
	if (end > sci_nr_pages) {
		pr_err("memory above %lu MiB cannot be put online; boot with sci=off to use it\n",
		       sci_nr_pages >> (20 - PAGE_SHIFT));
		return NOTIFY_BAD;
	}
	/* Whoever puts it online: tables are out of an isolated call's reach. */
	sci_leave();
	mutex_lock(&sci_direct_mutex);
	for (i = m->start_pfn / SCI_GIB_PAGES; !ret && i * SCI_GIB_PAGES < end; i++)
		if (sci_direct->pud[0])
			ret = sci_gib_build(i);
	mutex_unlock(&sci_direct_mutex);
	return notifier_from_errno(ret);
}

static int __init sci_direct_init(void)
{
	return sci_available ? hotplug_memory_notifier(sci_memory_notify, 0) : 0;
}
late_initcall(sci_direct_init);
#endif
