// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: views of the range of modules.
 *
 * Modules, BPF images and all kinds of trampolines live in one range of addresses, where
 * text and data are mixed, and they come and go.  A view maps everything there as data at
 * first.  A page of text becomes executable when a fault on it has been verified.  The view
 * has a PTE page of its own for each block of 2 MiB that its system calls use.  Apart from
 * the permission to execute, this mirrors init's PTE page.
 *
 * A page that appears is copied at the first fault on it.  A change or a removal is
 * followed by a flush of the TLBs.  sci_kernel_flush() counts these before the flush
 * starts, and each view is brought up to date when it is loaded the next time.  A CPU on a
 * view takes the flush's interrupt, and loads the view again when that returns.  Text that
 * a view executes stays executable as long as the same page is mapped there, because
 * system calls that sleep will return into it.
 *
 * PTE pages come out of the reserve, and are freed with the view.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include <asm/tlbflush.h>

#include "../base/image.h"
#include "../base/pause.h"
#include "../memory/own.h"
#include "../memory/reserve.h"
#include "../memory/tables.h"
#include "modules.h"
#include "view.h"

static_assert(pgd_index(MODULES_VADDR) == SCI_PGD_INDEX);
static_assert(IS_ALIGNED(MODULES_VADDR, PUD_SIZE) && IS_ALIGNED(MODULES_END, PMD_SIZE));
static_assert(MODULES_END - MODULES_VADDR <= PUD_SIZE);

unsigned long *sci_module_gen __ro_after_init;

static arch_spinlock_t sci_module_lock = __ARCH_SPIN_LOCK_UNLOCKED;

/* Returns the view's entry for an address, or NULL if it has no PTE page for the block. */
static pte_t *sci_module_pte(const struct sci_view *view, unsigned long address)
{
	pmd_t pmd = READ_ONCE(view->module_pmd[pmd_index(address)]);

	return pmd_none(pmd) ? NULL : pte_offset_kernel(&pmd, address);
}

/**
 * sci_module_executable - does the view map this page executable?
 * @view: the view
 * @address: in the range of modules
 */
bool sci_module_executable(const struct sci_view *view, unsigned long address)
{
	pte_t *p = sci_module_pte(view, address);

	return p && sci_pte_runs(READ_ONCE(*p));
}

/* Returns true if the entry has changed. */
static bool sci_module_mirror(struct sci_view *view, pte_t *p, pte_t init, bool exec)
{
	pte_t old = READ_ONCE(*p), new = init;

	if (!pte_present(init))
		new = __pte(0);
	else if (!exec && !(sci_pte_runs(old) && pte_pfn(old) == pte_pfn(init)))
		new = pte_set_flags(init, _PAGE_NX);

	if (!sci_differs(pte_val(old), pte_val(new)))
		return false;
	WRITE_ONCE(*p, new);
	atomic_add(sci_pte_runs(new) - sci_pte_runs(old), &view->pages);
	return true;
}

static void sci_module_mirror_block(struct sci_view *view, pte_t *table, unsigned long address)
{
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++, address += PAGE_SIZE)
		sci_module_mirror(view, &table[i], sci_kernel_pte(address, NULL), false);
}

static void sci_module_update(struct sci_view *view)
{
	unsigned long address, gen = READ_ONCE(*sci_module_gen);
	pte_t *table;

	if (view->module_gen == gen)
		return;

	/* The count before the mappings: a change after this increments the count again. */
	WRITE_ONCE(view->module_gen, gen);
	smp_rmb();	/* pairs with sci_module_flush() */
	if (!view->module_blocks)
		return;
	for (address = MODULES_VADDR; address < MODULES_END; address += PMD_SIZE) {
		table = sci_module_pte(view, address);
		if (table)
			sci_module_mirror_block(view, table, address);
	}
}

/**
 * sci_module_refresh - bring a view up to date after a flush
 * @view: the view, which this CPU is about to load, and others may have loaded
 *
 * Context: interrupts off, full page table loaded
 */
void sci_module_refresh(struct sci_view *view)
{
	sci_assert_full_table();
	arch_spin_lock(&sci_module_lock);
	sci_module_update(view);
	arch_spin_unlock(&sci_module_lock);
}

/**
 * sci_module_flush - mappings in the range of modules have changed
 * @start: the first address
 * @end: the address behind the last one
 *
 * Context: any but NMI; the flush of the TLBs follows
 */
void sci_module_flush(unsigned long start, unsigned long end)
{
	if (end <= MODULES_VADDR || start >= MODULES_END)
		return;

	guard(sci_paused_lock)(&sci_module_lock);
	smp_wmb();	/* the mappings before the count, see sci_module_update() */
	WRITE_ONCE(*sci_module_gen, *sci_module_gen + 1);
}

/*
 * Returns the view's entry for an address, and makes the PTE page if it is missing.
 * NULL: init has no PTE page there; ERR_PTR(-ENOMEM): the reserve is used up.
 */
static pte_t *sci_module_get(struct sci_view *view, unsigned long address)
{
	pte_t *p = sci_module_pte(view, address), *table;

	if (p)
		return p;
	if (!pmd_present(READ_ONCE(*pmd_off_k(address))))
		return NULL;

	table = sci_reserve_get();
	if (!table)
		return ERR_PTR(-ENOMEM);
	sci_module_mirror_block(view, table, address & PMD_MASK);
	WRITE_ONCE(view->module_blocks, view->module_blocks + 1);
	/* The view may be loaded on other CPUs: the PTE page must be complete before. */
	smp_store_release(&view->module_pmd[pmd_index(address)].pmd,
			  _KERNPG_TABLE | __sme_pa(table));
	return &table[pte_index(address)];
}

/**
 * sci_module_map - bring a page of the range of modules up to date in a view
 * @view: the view
 * @address: an address in the page
 * @exec: true to make it executable: it is text that was verified
 *
 * Context: interrupts off, full page table loaded
 * Return: 1: the view has changed; 0: it was up to date, or init maps nothing there;
 *	-ENOMEM: the reserve is used up
 */
int sci_module_map(struct sci_view *view, unsigned long address, bool exec)
{
	int ret = 0;
	pte_t *p;

	sci_assert_full_table();
	arch_spin_lock(&sci_module_lock);
	sci_module_update(view);
	p = sci_module_pte(view, address);
	if (!p) {
		p = sci_module_get(view, address);
		/* A new PTE page is a change, and up to date except for @exec. */
		ret = p && !IS_ERR(p);
	}
	if (IS_ERR(p))
		ret = PTR_ERR(p);
	else if (p)
		ret |= sci_module_mirror(view, p, sci_kernel_pte(address, NULL), exec);
	arch_spin_unlock(&sci_module_lock);
	return ret;
}

/**
 * sci_module_page - find the next executable page in a view of the range of modules
 * @view: the view
 * @address: the page-aligned address to start from
 *
 * Return: the address of the page; 0: there is none
 */
unsigned long sci_module_page(const struct sci_view *view, unsigned long address)
{
	while (address < MODULES_END && !sci_module_executable(view, address))
		address = sci_module_pte(view, address) ? address + PAGE_SIZE :
							  (address & PMD_MASK) + PMD_SIZE;
	return address < MODULES_END ? address : 0;
}

/**
 * sci_module_alloc - make a view's PMD page for the range of modules
 * @view: the view
 * @gfp: flags for the page allocator
 *
 * The rest of this GiB, such as the fixmap, is copied as it is now.  Mappings that are made
 * later are copied at the first fault on them, see sci_sync_entry().
 *
 * Return: false if out of memory
 */
bool sci_module_alloc(struct sci_view *view, gfp_t gfp)
{
	const pmd_t *init = pmd_off_k(MODULES_VADDR);
	unsigned int i;

	view->module_pmd = sci_get_pages(gfp | __GFP_ZERO, 0);
	if (!view->module_pmd)
		return false;

	for (i = (MODULES_END - MODULES_VADDR) >> PMD_SHIFT; i < PTRS_PER_PMD; i++)
		view->module_pmd[i] = init[i];
	view->module_pud = __pud(_KERNPG_TABLE | __sme_pa(view->module_pmd));
	return true;
}

/**
 * sci_module_free - free a view's tables for the range of modules
 * @view: the view, which is not in use
 */
void sci_module_free(struct sci_view *view)
{
	unsigned long address;
	pte_t *table;

	if (!view->module_pmd)
		return;
	for (address = MODULES_VADDR; address < MODULES_END; address += PMD_SIZE) {
		table = sci_module_pte(view, address);
		if (table)
			sci_put_pages(table, 0);
	}
	sci_put_pages(view->module_pmd, 0);
}

/**
 * sci_module_init - allocate the count of flushes
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_module_init(void)
{
	sci_module_gen = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	return sci_module_gen ? 0 : -ENOMEM;
}
