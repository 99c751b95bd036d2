// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the direct maps without user memory.
 *
 * Isolated system calls have direct maps of their own, which all spaces share.  These
 * lack the pages that were allocated with __GFP_HIGHMEM.  The kernel has declared that it
 * needs no permanent mapping of such pages: it asks for a mapping, by kmap_local_page()
 * for example, before it accesses their content (run/window.c).
 *
 * There are two of these maps.  Page tables are read-only in one of them.  They can be
 * written in the other, which is for system calls that manage memory.
 *
 * All tables of the maps are built when the first cgroup is isolated, because pages change
 * their kind where nothing can be allocated.  They take 0.2 % of the memory.  A block of
 * 2 MiB in which all pages are visible is mapped by a huge leaf, and its PTE page waits
 * unused.  The second map shares the PTE pages of the first one, except for blocks with
 * page tables in them.  When a block gets its first page table later, its second PTE page
 * comes out of the reserve (reserve.c).
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sci_controller.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <asm/sections.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#include "../base/pause.h"
#include "direct.h"
#include "kinds.h"
#include "own.h"
#include "reserve.h"
#include "tables.h"

/**
 * struct sci_gib - one GiB of the direct maps
 * @pmd: its PMD page in each map; NULL: not built yet
 * @pte: an array of its blocks' PTE pages for each map; NULL: not built yet.  An entry is
 *	NULL if the block has no memory.  In SCI_DIRECT_RW it is NULL also if the block
 *	shares the PTE page of SCI_DIRECT_RO.
 */
struct sci_gib {
	pmd_t	*pmd[NR_SCI_DIRECT_MAPS];
	pte_t	**pte[NR_SCI_DIRECT_MAPS];
};

/**
 * struct sci_direct - the direct maps
 * @pud: the PUD page of each top-level entry, from that of PAGE_OFFSET on, for each map;
 *	NULL: not built yet
 * @gib: each GiB below them, from PAGE_OFFSET on
 *
 * It is in SCI's own memory, as all of its tables are.
 */
struct sci_direct {
	pud_t		**pud[NR_SCI_DIRECT_MAPS];
	struct sci_gib	gib[];
};

static struct sci_direct *sci_maps __ro_after_init;
bool sci_direct_shared __ro_after_init;

/* Protects the kinds of pages and the entries of the maps. */
static DEFINE_RAW_SPINLOCK(sci_direct_lock);
/* Serializes the building of tables. */
static DEFINE_MUTEX(sci_direct_mutex);

/* Page tables that are not read-only, because the reserve was used up. */
static unsigned long sci_unprotected_tables;

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

/**
 * sci_direct_init - allocate the direct maps' structures, without any tables yet
 *
 * Context: boot, before the page allocator has any page; after sci_kinds_init()
 * Return: false: out of memory
 */
bool __init sci_direct_init(void)
{
	unsigned int map;

	sci_maps = sci_boot_pages(struct_size(sci_maps, gib, sci_nr_pages / SCI_GIB_PAGES));
	for (map = 0; sci_maps && map < NR_SCI_DIRECT_MAPS; map++)
		sci_maps->pud[map] = sci_boot_pages(sci_nr_puds() * sizeof(pud_t *));
	sci_direct_shared = sci_direct_has(pgd_index(VMALLOC_START));
	return sci_maps && sci_maps->pud[SCI_DIRECT_RO] && sci_maps->pud[SCI_DIRECT_RW];
}

/* Entries */

static pte_t sci_wanted_pte(enum sci_direct_map map, unsigned long pfn)
{
	unsigned long address = sci_direct_address(pfn);
	pte_t pte;

	if (sci_kinds[pfn] >= SCI_HIDDEN)
		return __pte(0);
	pte = sci_kernel_pte(address, NULL);
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
 * Bring the entries of one page up to date.  Returns true if one has changed.  Memory that
 * no notifier announces (ZONE_DEVICE) has no PTE pages, so only huge leaves can map it.
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

/* Give a block that the two maps are about to differ in a second PTE page. */
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

/* Can the two maps differ in this block, so that page tables are read-only in one? */
static bool sci_block_divides(unsigned long pfn)
{
	struct sci_gib *gib = &sci_maps->gib[pfn / SCI_GIB_PAGES];

	/* Before the tables are built: sci_block_build() will find the kind and split. */
	if (!gib->pte[SCI_DIRECT_RW])
		return !static_key_enabled(&sci_key);
	return gib->pte[SCI_DIRECT_RW][pfn / SCI_BLOCK_PAGES % PTRS_PER_PMD] ||
	       sci_block_split(pfn, sci_reserve_get());
}

/* Memory may share a top-level entry with the direct map: vmalloc space, for example. */
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

/* The kernel image's pages have a second address, in the direct map. */
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
 * sci_direct_sync - bring the direct maps' entries for an address up to date
 * @address: any
 *
 * Context: any but NMI
 * Return: true if an entry was out of date, so that an access may work now
 */
bool sci_direct_sync(unsigned long address)
{
	address = sci_image_alias(address);
	if (!sci_direct_has(pgd_index(address)))
		return false;

	guard(sci_paused_raw_lock)(&sci_direct_lock);
	return sci_in_direct(address) ? sci_direct_update(sci_direct_pfn(address)) :
					sci_neighbour_sync(address);
}

/**
 * sci_direct_change - change the kind of pages, and their entries in the maps
 * @pfn: the first page
 * @end: the page behind the last one
 * @kind: their kind from now on
 *
 * Context: any but NMI; interrupts are off meanwhile
 * Return: true if a TLB may have an entry that allows more than the new kind does
 */
bool sci_direct_change(unsigned long pfn, unsigned long end, enum sci_kind kind)
{
	bool stale = false;

	/* If this CPU is on a view, the way back to it flushes its TLB. */
	guard(sci_paused_raw_lock)(&sci_direct_lock);
	for (; pfn < end; pfn++) {
		enum sci_kind old = sci_kinds[pfn], new = kind;

		if (new == SCI_TABLE && old != SCI_TABLE && !sci_block_divides(pfn)) {
			new = SCI_VISIBLE;
			sci_unprotected_tables++;
		}
		if (new == old)
			continue;
		if (sci_change_kind(pfn, new) && sci_direct_update(pfn) && new > old)
			stale = true;
	}
	return stale;
}

/**
 * sci_direct_maps - does a direct map have this page by now?
 * @map: the map
 * @address: any
 * @write: true if it must be mapped for writing
 *
 * After a fault at which sci_direct_sync() found nothing out of date: another CPU may have
 * brought the entry up to date before.
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
 * sci_direct_hides - does the kernel's own direct map have this address?
 * @address: any
 *
 * After a fault that was not due to an entry out of date.  If the kernel maps the address,
 * it is isolation that forbids the access.
 */
bool sci_direct_hides(unsigned long address)
{
	return sci_in_direct(address) && pte_present(sci_kernel_pte(address, NULL));
}

/**
 * sci_direct_flush - kernel mappings have changed, TLBs are about to be flushed
 * @start: first address
 * @end: behind the last one
 *
 * Ranges of the direct map are brought up to date only if they are small.  After larger
 * changes, set_memory_*() calls sci_memory_changed() for each page.
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
 * sci_direct_enter - let a top-level table lead to a direct map
 * @pgd: the table
 * @map: the map
 *
 * Context: full page table loaded, sci_direct_build() has been successful
 */
noinstr void sci_direct_enter(unsigned long *pgd, enum sci_direct_map map)
{
	unsigned int i, first = sci_first_pgd(), n = sci_nr_puds();

	sci_assert_full_table();
	for (i = 0; i < n; i++)
		WRITE_ONCE(pgd[first + i], _KERNPG_TABLE | _PAGE_NX | sme_me_mask |
			   __phys_addr_nodebug((unsigned long)sci_maps->pud[map][i]));
}

/* Building */

/* Is there any memory in this block? */
static bool sci_block_used(unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < SCI_BLOCK_PAGES; i++)
		if (pte_present(sci_kernel_pte(sci_direct_address(pfn + i), NULL)))
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
	/* A page may have become a page table meanwhile, and may have split the block. */
	if (gib->pte[SCI_DIRECT_RW][block]) {
		sci_block_split(pfn, gib->pte[SCI_DIRECT_RW][block]);
	} else if (memchr(&sci_kinds[pfn], SCI_TABLE, SCI_BLOCK_PAGES)) {
		sci_block_split(pfn, second ?: sci_reserve_get());
		second = NULL;
	}
	raw_spin_unlock_irq(&sci_direct_lock);
	sci_put_pages(second, 0);
	return 0;
}

/* Continues where it failed the last time. */
static int sci_gib_build(unsigned long i)
{
	struct sci_gib *gib = &sci_maps->gib[i];
	unsigned long pfn, end = (i + 1) * SCI_GIB_PAGES;
	enum sci_direct_map map;
	int ret = 0;

	/* pte[SCI_DIRECT_RW] is set last: all four tables exist. */
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
	/* sci_neighbour_sync() must not find an incomplete table. */
	smp_store_release(&sci_maps->pud[map][i], pud);
	return 0;
}

/**
 * sci_direct_build - build the tables of the direct maps
 *
 * Continues where it failed the last time, and does nothing once sci_key is enabled.
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

static unsigned long sci_gib_tables(const struct sci_gib *gib, enum sci_direct_map map)
{
	unsigned long tables, block;

	guard(sci_paused)();
	tables = !!gib->pte[map] + !!gib->pmd[map];
	for (block = 0; gib->pte[map] && block < PTRS_PER_PMD; block++)
		tables += !!gib->pte[map][block];
	return tables;
}

/**
 * sci_direct_show - show how the direct maps are used
 * @m: the file
 */
void sci_direct_show(struct seq_file *m)
{
	unsigned long i, tables = 0;
	enum sci_direct_map map;

	for (i = 0; i < sci_nr_pages / SCI_GIB_PAGES; i++)
		for (map = 0; map < NR_SCI_DIRECT_MAPS; map++)
			tables += sci_gib_tables(&sci_maps->gib[i], map);
	sci_kinds_show(m);
	seq_printf(m, "unprotected_tables %lu\n", READ_ONCE(sci_unprotected_tables));
	seq_printf(m, "table_bytes %lu\n", tables * PAGE_SIZE);
}

#ifdef CONFIG_MEMORY_HOTPLUG
static int sci_memory_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct memory_notify *m = data;
	unsigned long i, end = m->start_pfn + m->nr_pages;
	int ret = 0;

	if (action == MEM_OFFLINE || action == MEM_CANCEL_ONLINE) {
		/* Other memory may be put online at these addresses: start as at boot. */
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

	/* Free memory is hidden, as at boot. */
	sci_pages_set_kind(m->start_pfn, end, SCI_HIDDEN);
	/* Building writes SCI's own memory, and may sleep: a pause is not enough. */
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

static int __init sci_memory_notify_init(void)
{
	return sci_available ? hotplug_memory_notifier(sci_memory_notify, 0) : 0;
}
late_initcall(sci_memory_notify_init);
#endif
