// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the direct map without user memory.
 *
 * All isolated address spaces share one direct map of their own.  It lacks the
 * pages that were allocated with __GFP_HIGHMEM: the kernel has declared that it
 * needs no permanent mapping of these, and asks for one with kmap_local_page()
 * and its kin where it has to do with their content (sci_window.c).
 *
 * sci_kinds says of each page what it is, from before the first one is allocated.
 * A page's kind changes when it is handed out for a use of another kind, not when
 * it is freed: most are used for the same again.
 *
 * There are two of these maps.  They differ in page tables: one lets only read them,
 * the other, for calls that manage memory, write (sci_table.c).
 *
 * The tables are built when the first cgroup is isolated, and all of them at
 * once, 0.2 % of the memory: pages are handed out where nothing can be
 * allocated.  A block of 2 MiB of which nothing is hidden is mapped by a huge
 * leaf, and its PTE page waits.  The second map has PTE pages of its own for
 * blocks with page tables in them, out of the reserve.
 *
 * A page that is hidden, or becomes a page table, may still be in the TLB of a CPU
 * that is on a view.  Those CPUs get an interrupt, which makes them leave the view
 * and load it again: that flushes all there is of it.
 */
#define pr_fmt(fmt) "sci: " fmt

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
#include <linux/string.h>

#include <asm/sections.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#include "sci.h"

#define SCI_GIB_PAGES		(PUD_SIZE >> PAGE_SHIFT)
#define SCI_BLOCK_PAGES		(PMD_SIZE >> PAGE_SHIFT)

/**
 * struct sci_gib - one GiB of the direct maps
 * @pmd: its table in each of them; NULL: there is no memory
 * @pte: the PTE page of each block; NULL: there is no memory, and in
 *	SCI_DIRECT_RW also: the other map's
 */
struct sci_gib {
	pmd_t	*pmd[NR_SCI_DIRECT_MAPS];
	pte_t	**pte[NR_SCI_DIRECT_MAPS];
};

/**
 * struct sci_direct - the direct maps
 * @pud: tables below the top-level entries from that of PAGE_OFFSET on, NULL if
 *	they are not built yet
 * @gib: what these lead to, in one row
 *
 * Like all tables, it is hidden itself.
 */
struct sci_direct {
	pud_t		**pud[NR_SCI_DIRECT_MAPS];
	struct sci_gib	gib[];
};

DEFINE_STATIC_KEY_FALSE(sci_hide_key);
u8 *sci_kinds __ro_after_init;
unsigned long sci_nr_pages __ro_after_init;
static struct sci_direct *sci_maps __ro_after_init;
/* vmalloc space, where stacks are, begins below the same top-level entry. */
bool sci_direct_shared __ro_after_init;

/* Protects kinds and entries. */
static DEFINE_RAW_SPINLOCK(sci_direct_lock);
/* Serializes building. */
static DEFINE_MUTEX(sci_direct_mutex);

/* Pages of each kind, those that became so, and page tables that are left as they were. */
static unsigned long sci_pages_of[NR_SCI_KINDS], sci_changes_to[NR_SCI_KINDS], sci_unprotected_tables;
/* Flushes for it, and those that nobody could wait for. */
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

/* What isolated calls look at, but must not change: the kinds, and the known calls. */
static unsigned long sci_kinds_bytes(void)
{
	return PAGE_ALIGN(sci_nr_pages * sizeof(*sci_kinds));
}

static unsigned long sci_read_only_bytes(void)
{
	return sci_kinds_bytes() + PAGE_ALIGN(SCI_ICALL_PLACES * sizeof(*sci_known_icalls));
}

static bool sci_is_read_only(unsigned long address, unsigned long bytes)
{
	unsigned long start = (unsigned long)sci_kinds;

	return address < start + sci_read_only_bytes() && start < address + bytes;
}

static void sci_set_kind(unsigned long pfn, enum sci_kind kind)
{
	sci_pages_of[sci_kinds[pfn]]--;
	sci_pages_of[kind]++;
	WRITE_ONCE(sci_kinds[pfn], kind);
}

/* Boot */

static __init void *sci_boot_pages(unsigned long bytes)
{
	void *p = memblock_alloc(PAGE_ALIGN(bytes), PAGE_SIZE);
	unsigned long i;

	for (i = 0; p && i < PFN_UP(bytes); i++)
		sci_set_kind((__pa(p) >> PAGE_SHIFT) + i, SCI_OWN);
	return p;
}

static __init bool sci_spaces_init(void)
{
	unsigned long i, n = sci_nr_pages << PAGE_SHIFT >> SCI_TASK_SHIFT;
	struct sci_space **none = sci_boot_pages(PAGE_SIZE);

	n = DIV_ROUND_UP(n, SCI_SPACES_PER_PAGE);
	sci_spaces = sci_boot_pages(n * sizeof(*sci_spaces));
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
		for (; from < to; from++)
			sci_set_kind(from, SCI_HIDDEN);
	}
}

/**
 * sci_hide_init - begin to take note of what pages are used for
 *
 * Memory beyond the highest possible address is not put online later, nor is
 * so much more than there is now that the kinds alone would cost a lot.
 *
 * Context: boot, before the page allocator has any page
 */
void __init sci_hide_init(void)
{
	unsigned long gibs;
	unsigned int map;

	if (!sci_available)
		return;

	gibs = min3(max_possible_pfn, 8 * max_pfn, (PHYSMEM_END >> PAGE_SHIFT) + 1);
	gibs = DIV_ROUND_UP(gibs, SCI_GIB_PAGES);
	sci_nr_pages = gibs * SCI_GIB_PAGES;
	sci_kinds = memblock_alloc(sci_read_only_bytes(), PAGE_SIZE);
	if (sci_kinds) {
		sci_pages_of[SCI_VISIBLE] = sci_nr_pages;
		sci_known_icalls = (u64 *)((void *)sci_kinds + sci_kinds_bytes());
		sci_maps = sci_boot_pages(struct_size(sci_maps, gib, gibs));
	}
	for (map = 0; sci_maps && map < NR_SCI_DIRECT_MAPS; map++)
		sci_maps->pud[map] = sci_boot_pages(sci_nr_puds() * sizeof(pud_t *));
	if (!sci_maps || !sci_maps->pud[SCI_DIRECT_RO] ||
	    !sci_maps->pud[SCI_DIRECT_RW] || !sci_spaces_init()) {
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
	sci_page_set_kind(page, order, SCI_OWN);
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
	sci_page_set_kind(virt_to_page(pages), order, SCI_HIDDEN);
	free_pages((unsigned long)pages, order);
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

static pte_t sci_wanted_pte(enum sci_direct_map map, unsigned long pfn)
{
	unsigned long address = sci_direct_address(pfn);
	unsigned int level;
	pte_t pte;

	if (sci_kinds[pfn] >= SCI_HIDDEN)
		return __pte(0);
	pte = sci_kernel_pte(address, &level);
	if ((map == SCI_DIRECT_RO && sci_kinds[pfn] == SCI_TABLE) ||
	    sci_is_read_only(address, PAGE_SIZE))
		return pte_wrprotect(pte);
	return pte;
}

static pmd_t sci_wanted_pmd(unsigned long pfn, pte_t *table)
{
	unsigned long first = round_down(pfn, SCI_BLOCK_PAGES), address = sci_direct_address(first);
	unsigned int level;
	pte_t pte;

	pte = sci_kernel_pte(address, &level);
	if (level < PG_LEVEL_2M || !pte_present(pte) || sci_is_read_only(address, PMD_SIZE) ||
	    memchr_inv(&sci_kinds[first], SCI_VISIBLE, SCI_BLOCK_PAGES))
		return table ? __pmd(_KERNPG_TABLE | __sme_pa(table)) : __pmd(0);
	return pmd_mkhuge(pfn_pmd(pte_pfn(pte), pgprot_4k_2_large(pte_pgprot(pte))));
}

static bool sci_direct_update_map(enum sci_direct_map map, unsigned long pfn)
{
	struct sci_gib *gib = &sci_maps->gib[pfn / SCI_GIB_PAGES];
	unsigned int block = pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD;
	pte_t *table = gib->pte[map][block], pte;
	bool changed = false;
	pmd_t pmd;

	pte = sci_wanted_pte(map, pfn);
	if (table && sci_differs(pte_val(table[pfn % PTRS_PER_PTE]), pte_val(pte))) {
		WRITE_ONCE(table[pfn % PTRS_PER_PTE], pte);
		changed = true;
	}
	pmd = sci_wanted_pmd(pfn, table ?: gib->pte[SCI_DIRECT_RO][block]);
	if (sci_differs(pmd_val(gib->pmd[map][block]), pmd_val(pmd))) {
		WRITE_ONCE(gib->pmd[map][block], pmd);
		changed = true;
	}
	return changed;
}

/*
 * Bring the entries of one page up to date.  Returns true if one has changed.  What
 * came without notice (ZONE_DEVICE) has no PTE page: huge leaves have to do.
 */
static bool sci_direct_update(unsigned long pfn)
{
	bool changed = false;
	enum sci_direct_map map;

	if (!sci_maps->gib[pfn / SCI_GIB_PAGES].pte[SCI_DIRECT_RW])
		return false;
	for (map = 0; map < NR_SCI_DIRECT_MAPS; map++)
		changed |= sci_direct_update_map(map, pfn);
	return changed;
}

/* A PTE page for a block that the two maps are about to differ in. */
static bool sci_block_split(unsigned long pfn, pte_t *table)
{
	struct sci_gib *gib = &sci_maps->gib[pfn / SCI_GIB_PAGES];
	unsigned int block = pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD, i;

	if (!table)
		return false;
	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = sci_wanted_pte(SCI_DIRECT_RW, round_down(pfn, SCI_BLOCK_PAGES) + i);
	gib->pte[SCI_DIRECT_RW][block] = table;
	WRITE_ONCE(gib->pmd[SCI_DIRECT_RW][block], sci_wanted_pmd(pfn, table));
	return true;
}

/* May this page become a page table, to be written in one of the maps only? */
static bool sci_block_divides(unsigned long pfn)
{
	struct sci_gib *gib = &sci_maps->gib[pfn / SCI_GIB_PAGES];

	/* Not built yet, or no memory that was there then. */
	if (!gib->pte[SCI_DIRECT_RW])
		return !static_key_enabled(&sci_key);
	return gib->pte[SCI_DIRECT_RW][pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD] ||
	       sci_block_split(pfn, sci_reserve_get());
}

/* What shares a top-level entry with the direct map, such as vmalloc space. */
static bool sci_neighbour_sync(unsigned long address)
{
	p4d_t *p4d = p4d_offset(pgd_offset_k(address), address);
	pud_t *pud, value = __pud(0);
	bool changed = false;
	enum sci_direct_map map;

	if (p4d_present(*p4d))
		value = READ_ONCE(*pud_offset(p4d, address));
	for (map = 0; map < NR_SCI_DIRECT_MAPS; map++) {
		pud = sci_maps->pud[map][pgd_index(address) - sci_first_pgd()];
		if (!pud || !sci_differs(pud_val(pud[pud_index(address)]), pud_val(value)))
			continue;
		WRITE_ONCE(pud[pud_index(address)], value);
		changed = true;
	}
	return changed;
}

/* The kernel image's pages have an address in the direct map, too. */
static unsigned long sci_image_alias(unsigned long address)
{
	if (address >= (unsigned long)_text && address < (unsigned long)_end)
		return (unsigned long)__va(__pa_symbol(address));
	return address;
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

	address = sci_image_alias(address);
	if (!sci_direct_has(pgd_index(address)))
		return false;

	step = sci_view_pause();
	raw_spin_lock(&sci_direct_lock);
	changed = sci_in_direct(address) ? sci_direct_update(sci_direct_pfn(address)) :
					   sci_neighbour_sync(address);
	raw_spin_unlock(&sci_direct_lock);
	sci_view_unpause(step);
	return changed;
}

/**
 * sci_direct_maps - does a direct map of isolated calls have this page by now?
 * @map: which one
 * @address: any
 * @write: so that it can be written
 *
 * Context: a fault that sci_direct_sync() could not help: another CPU may have
 */
bool sci_direct_maps(enum sci_direct_map map, unsigned long address, bool write)
{
	unsigned long pfn = sci_direct_pfn(address);
	struct sci_gib *gib;
	pmd_t pmd;
	pte_t pte;

	if (!sci_in_direct(address))
		return false;
	gib = &sci_maps->gib[pfn / SCI_GIB_PAGES];
	if (!gib->pte[SCI_DIRECT_RW])
		return false;
	pmd = READ_ONCE(gib->pmd[map][pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD]);
	if (!pmd_present(pmd) || pmd_leaf(pmd))
		return pmd_present(pmd) && (!write || pmd_write(pmd));
	pte = READ_ONCE(*pte_offset_kernel(&pmd, address));
	return pte_present(pte) && (!write || pte_write(pte));
}

/**
 * sci_direct_is_table - is there a page table at this address?
 * @address: any
 */
bool sci_direct_is_table(unsigned long address)
{
	address = sci_image_alias(address);
	return sci_in_direct(address) && sci_kinds[sci_direct_pfn(address)] == SCI_TABLE;
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
 * sci_direct_enter - have a top-level table lead to a direct map
 * @pgd: the table
 * @map: which one
 *
 * Context: full page table loaded, sci_direct_build() has been successful
 */
noinstr void sci_direct_enter(unsigned long *pgd, enum sci_direct_map map)
{
	unsigned int i, first = sci_first_pgd(), n = sci_nr_puds();

	for (i = 0; i < n; i++)
		WRITE_ONCE(pgd[first + i], _KERNPG_TABLE | _PAGE_NX | sme_me_mask |
			   __phys_addr_nodebug((unsigned long)sci_maps->pud[map][i]));
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
	pte_t *table, *second = NULL;

	if (gib->pte[SCI_DIRECT_RO][block] || !sci_block_used(pfn))
		return 0;
	table = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!table)
		return -ENOMEM;
	if (memchr(&sci_kinds[pfn], SCI_TABLE, SCI_BLOCK_PAGES)) {
		second = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
		if (!second) {
			sci_put_pages(table, 0);
			return -ENOMEM;
		}
	}

	raw_spin_lock_irq(&sci_direct_lock);
	for (i = 0; i < PTRS_PER_PTE; i++)
		table[i] = sci_wanted_pte(SCI_DIRECT_RO, pfn + i);
	gib->pte[SCI_DIRECT_RO][block] = table;
	for (i = 0; i < NR_SCI_DIRECT_MAPS; i++)
		WRITE_ONCE(gib->pmd[i][block], sci_wanted_pmd(pfn, table));
	sci_block_split(pfn, second);
	raw_spin_unlock_irq(&sci_direct_lock);
	return 0;
}

/* Does nothing for what is built already, and continues where it failed. */
static int sci_gib_build(unsigned long i)
{
	struct sci_gib *gib = &sci_maps->gib[i];
	unsigned long pfn, end = (i + 1) * SCI_GIB_PAGES;
	enum sci_direct_map map;
	int ret = 0;

	/* What comes last says that all is there. */
	for (map = 0; map < NR_SCI_DIRECT_MAPS; map++) {
		if (!gib->pmd[map])
			gib->pmd[map] = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
		if (gib->pmd[map] && !gib->pte[map])
			gib->pte[map] = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
		if (!gib->pte[map])
			return -ENOMEM;
	}
	for (pfn = i * SCI_GIB_PAGES; !ret && pfn < end; pfn += SCI_BLOCK_PAGES) {
		ret = sci_block_build(gib, pfn);
		cond_resched();
	}
	return ret;
}

static int sci_pud_build(enum sci_direct_map map, unsigned int i)
{
	unsigned long base = (sci_direct_address(0) & PGDIR_MASK) + i * PGDIR_SIZE, address;
	p4d_t *p4d = p4d_offset(pgd_offset_k(base), base);
	pud_t *pud = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	struct sci_gib *gib;

	if (!pud)
		return -ENOMEM;
	if (p4d_present(*p4d))
		copy_page(pud, pud_offset(p4d, base));

	for (address = base; address - base < PGDIR_SIZE; address += PUD_SIZE) {
		if (!sci_in_direct(address))
			continue;
		gib = &sci_maps->gib[sci_direct_pfn(address) / SCI_GIB_PAGES];
		pud[pud_index(address)] = __pud(_KERNPG_TABLE | __sme_pa(gib->pmd[map]));
	}
	/* Complete, for sci_neighbour_sync(). */
	smp_store_release(&sci_maps->pud[map][i], pud);
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
		sci_tables_find();
		for (i = 0; !ret && i < sci_nr_pages / SCI_GIB_PAGES; i++)
			ret = sci_gib_build(i);
		for (i = 0; !ret && i < NR_SCI_DIRECT_MAPS * sci_nr_puds(); i++)
			if (!sci_maps->pud[i % NR_SCI_DIRECT_MAPS][i / NR_SCI_DIRECT_MAPS])
				ret = sci_pud_build(i % NR_SCI_DIRECT_MAPS, i / NR_SCI_DIRECT_MAPS);
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
 * entries have changed, and with a flush: __sci_view_unpause() has the flag set all the time.
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

/*
 * Returns true if an entry that a TLB may have lets do more than is allowed now.
 */
static bool sci_change(unsigned long pfn, unsigned long end, enum sci_kind kind)
{
	struct sci_pause step = sci_view_pause();
	bool stale = false;

	raw_spin_lock(&sci_direct_lock);
	for (; pfn < end; pfn++) {
		enum sci_kind old = sci_kinds[pfn], new = kind;

		if (new == SCI_TABLE && old != SCI_TABLE && !sci_block_divides(pfn)) {
			new = SCI_VISIBLE;
			sci_unprotected_tables++;
		}
		if (new == old)
			continue;
		sci_set_kind(pfn, new);
		if (old >= SCI_HIDDEN && new >= SCI_HIDDEN)
			continue;
		sci_changes_to[new]++;
		if (sci_direct_update(pfn) && new > old)
			stale = true;
	}
	raw_spin_unlock(&sci_direct_lock);
	/* This CPU's TLB is flushed on the way. */
	sci_view_unpause(step);
	return stale;
}

static void sci_pages_set_kind(unsigned long pfn, unsigned long end, enum sci_kind kind)
{
	bool stale = false;
	u8 *first;

	for (;;) {
		first = memchr_inv(&sci_kinds[pfn], kind, end - pfn);
		if (!first)
			break;
		/* In pieces, for interrupts are off meanwhile. */
		pfn = first - sci_kinds;
		stale |= sci_change(pfn, min(end, pfn + SCI_BLOCK_PAGES), kind);
		pfn += SCI_BLOCK_PAGES;
		if (pfn >= end)
			break;
	}
	if (stale && sci_in_use())
		sci_flush_views();
}

/**
 * sci_page_set_kind - say what pages are from now on
 * @page: the first one
 * @order: of their number
 * @kind: which kind
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
 * @page: the first one
 * @order: of their number
 * @gfp: what was asked for
 */
void __sci_page_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	if (gfp & __GFP_TABLE)
		sci_page_set_kind(page, order, SCI_TABLE);
	else
		sci_page_set_kind(page, order, gfp & __GFP_HIGHMEM ? SCI_HIDDEN : SCI_VISIBLE);
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
	unsigned long pfn = page_to_pfn(head);

	if (pfn < sci_nr_pages && sci_kinds[pfn] == SCI_HIDDEN)
		sci_page_set_kind(head, compound_order(head), SCI_VISIBLE);
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
	       sci_kinds[pfn] >= SCI_HIDDEN ? __GFP_HIGHMEM : 0;
}

/**
 * sci_direct_show - show how the direct map is used
 * @m: where to
 */
void sci_direct_show(struct seq_file *m)
{
	unsigned long i, tables = 0;

	for (i = 0; i < NR_SCI_DIRECT_MAPS * sci_nr_pages / SCI_GIB_PAGES; i++) {
		struct sci_pause step = sci_view_pause();
		struct sci_gib *gib = &sci_maps->gib[i / NR_SCI_DIRECT_MAPS];
		unsigned int block, map = i % NR_SCI_DIRECT_MAPS;

		for (block = 0; gib->pte[map] && block < PTRS_PER_PMD; block++)
			tables += !!gib->pte[map][block];
		tables += !!gib->pte[map] + !!gib->pmd[map];
		sci_view_unpause(step);
	}
	seq_printf(m, "hidden_pages %lu\n",
		   READ_ONCE(sci_pages_of[SCI_HIDDEN]) + READ_ONCE(sci_pages_of[SCI_OWN]));
	seq_printf(m, "table_pages %lu\n", READ_ONCE(sci_pages_of[SCI_TABLE]));
	seq_printf(m, "unprotected_tables %lu\n", READ_ONCE(sci_unprotected_tables));
	seq_printf(m, "hides %lu\n", READ_ONCE(sci_changes_to[SCI_HIDDEN]));
	seq_printf(m, "shows %lu\n", READ_ONCE(sci_changes_to[SCI_VISIBLE]));
	seq_printf(m, "tables %lu\n", READ_ONCE(sci_changes_to[SCI_TABLE]));
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

	if (action == MEM_OFFLINE || action == MEM_CANCEL_ONLINE) {
		/* It may be another device's next. */
		if (end <= sci_nr_pages)
			sci_pages_set_kind(m->start_pfn, end, SCI_HIDDEN);
		return NOTIFY_OK;
	}
	if (action != MEM_GOING_ONLINE)
		return NOTIFY_DONE;
	if (end > sci_nr_pages) {
		pr_err("memory above %lu MiB cannot be put online; boot with sci=off to use it\n",
		       sci_nr_pages >> (20 - PAGE_SHIFT));
		return NOTIFY_BAD;
	}

	/* As at boot: nobody uses it yet. */
	sci_pages_set_kind(m->start_pfn, end, SCI_HIDDEN);
	/* Whoever puts it online: tables are out of an isolated call's reach. */
	sci_view_leave();
	mutex_lock(&sci_direct_mutex);
	for (i = m->start_pfn / SCI_GIB_PAGES; !ret && i * SCI_GIB_PAGES < end; i++)
		if (sci_maps->pud[SCI_DIRECT_RO][0])
			ret = sci_gib_build(i);
	mutex_unlock(&sci_direct_mutex);
	if (ret)
		pr_err("out of memory for the page tables of memory to be put online\n");
	return notifier_from_errno(ret);
}

static int __init sci_direct_init(void)
{
	return sci_available ? hotplug_memory_notifier(sci_memory_notify, 0) : 0;
}
late_initcall(sci_direct_init);
#endif
