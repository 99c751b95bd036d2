// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: views of what is not the kernel image's.
 *
 * Modules, BPF images and all kinds of trampolines live in one range of
 * addresses, text and data mixed, and come and go.  In each view, what is mapped
 * there is mapped as data; text becomes executable page by page, as a fault on it
 * is verified.  A 2 MiB block that a call uses has a PTE page of the view's own,
 * which mirrors init's but for that.
 *
 * A page that appears is copied at the first fault on it.  What changes or goes
 * is followed by a flush of the TLBs: sci_kernel_flush() counts these, before the
 * flush begins, and each view is brought up to date when it is loaded the next
 * time.  Whichever CPU is on a view takes the flush's interrupt, and so loads it
 * again.  Text that a view executes stays executable if it is the same page of
 * text: calls that sleep will return into it.
 *
 * PTE pages come from a reserve, since faults come with any lock held.  They go
 * with the view.
 */
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#include "sci.h"

static_assert(pgd_index(MODULES_VADDR) == SCI_PGD_INDEX);
static_assert(IS_ALIGNED(MODULES_VADDR, PUD_SIZE) && IS_ALIGNED(MODULES_END, PMD_SIZE));
static_assert(MODULES_END - MODULES_VADDR <= PUD_SIZE);

struct sci_modules *sci_modules __ro_after_init;

static arch_spinlock_t sci_module_lock = __ARCH_SPIN_LOCK_UNLOCKED;

bool sci_in_modules(unsigned long address)
{
	return address >= MODULES_VADDR && address < MODULES_END;
}

static pte_t sci_init_pte(unsigned long address)
{
	pmd_t pmd = READ_ONCE(*pmd_off_k(address));

	if (!pmd_present(pmd))
		return __pte(0);
	if (pmd_leaf(pmd))
		return pfn_pte(pmd_pfn(pmd) + pte_index(address),
			       pgprot_large_2_4k(pmd_pgprot(pmd)));
	return READ_ONCE(*pte_offset_kernel(&pmd, address));
}

static bool sci_pte_runs(pte_t pte)
{
	return pte_present(pte) && pte_exec(pte);
}

/**
 * sci_is_module_text - does the kernel map this address executable, outside of its image?
 * @address: any
 */
bool sci_is_module_text(unsigned long address)
{
	return sci_in_modules(address) && sci_pte_runs(sci_init_pte(address));
}

/**
 * sci_module_present - does the kernel map anything here?
 * @address: in the range of modules
 */
bool sci_module_present(unsigned long address)
{
	return pte_flags(sci_init_pte(address)) & _PAGE_PRESENT;
}

/* The entry of the view's own table; NULL: it has none for this block. */
static pte_t *sci_module_pte(const struct sci_view *view, unsigned long address)
{
	pmd_t pmd = READ_ONCE(view->module_pmd[pmd_index(address)]);

	return pmd_none(pmd) ? NULL : pte_offset_kernel(&pmd, address);
}

/**
 * sci_module_executable - does the view map this page executable?
 * @view: the view
 * @address: of a module or alike
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
		sci_module_mirror(view, &table[i], sci_init_pte(address), false);
}

static void sci_module_update(struct sci_view *view)
{
	unsigned long address, gen = READ_ONCE(sci_modules->gen);
	pte_t *table;

	if (view->module_gen == gen)
		return;

	/* What changes after this changes it again. */
	WRITE_ONCE(view->module_gen, gen);
	smp_rmb();	/* pairs with sci_kernel_flush() */
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
 * @view: about to be loaded, by this CPU or by others too
 *
 * Context: interrupts off, full page table loaded
 */
void sci_module_refresh(struct sci_view *view)
{
	arch_spin_lock(&sci_module_lock);
	sci_module_update(view);
	arch_spin_unlock(&sci_module_lock);
}

/**
 * __sci_kernel_flush - kernel mappings have changed, TLBs are about to be flushed
 * @start: first address
 * @end: behind the last one
 *
 * This CPU gets no interrupt.  If it is on a view, that is brought up to date here.
 */
void __sci_kernel_flush(unsigned long start, unsigned long end)
{
	struct sci_pause step;

	sci_direct_flush(start, end);
	__sci_text_gone(start, end);
	if (end <= MODULES_VADDR || start >= MODULES_END)
		return;

	step = sci_lock(&sci_module_lock);
	smp_wmb();	/* the mappings before the count, see sci_module_update() */
	WRITE_ONCE(sci_modules->gen, sci_modules->gen + 1);
	sci_unlock(&sci_module_lock, step);
}

/* The reserve */

/* Returns false if there is no room for the page; without a page, tells if there is. */
static bool sci_reserve_add(void *page)
{
	struct sci_pause step = sci_lock(&sci_module_lock);
	bool room = sci_modules->reserved < SCI_RESERVE;

	if (room && page)
		sci_modules->reserve[sci_modules->reserved++] = page;
	sci_unlock(&sci_module_lock, step);
	return room;
}

/**
 * sci_reserve_fill - fill up the reserve of PTE pages
 *
 * Context: process context, may sleep
 * Return: 0 or -ENOMEM
 */
int sci_reserve_fill(void)
{
	while (sci_reserve_add(NULL)) {
		void *page = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);

		if (!page)
			return -ENOMEM;
		if (!sci_reserve_add(page))
			sci_put_pages(page, 0);
	}
	return 0;
}

static void sci_reserve_work_fn(struct work_struct *work)
{
	sci_reserve_fill();
}

static DECLARE_WORK(sci_reserve_work, sci_reserve_work_fn);

/* Faults come with the workqueue's locks held as well. */
static void sci_reserve_irq_fn(struct irq_work *work)
{
	queue_work(system_unbound_wq, &sci_reserve_work);
}

static DEFINE_IRQ_WORK(sci_reserve_irq, sci_reserve_irq_fn);

static void *sci_reserve_take(void)
{
	if (sci_modules->reserved <= SCI_RESERVE / 2)
		irq_work_queue(&sci_reserve_irq);
	return sci_modules->reserved ? sci_modules->reserve[--sci_modules->reserved] : NULL;
}

/**
 * sci_reserve_get - take a PTE page out of the reserve
 *
 * Context: any but NMI and faults; full page table loaded, interrupts off
 * Return: the page; NULL: the reserve is used up.
 */
void *sci_reserve_get(void)
{
	void *page;

	arch_spin_lock(&sci_module_lock);
	page = sci_reserve_take();
	arch_spin_unlock(&sci_module_lock);
	return page;
}

/**
 * sci_module_init - make room for the reserve
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_module_init(void)
{
	sci_modules = sci_get_pages(GFP_KERNEL | __GFP_ZERO, get_order(sizeof(*sci_modules)));
	return sci_modules ? 0 : -ENOMEM;
}

/* Faults */

/*
 * The entry of the view's table, which is made if need be.  NULL: init has
 * nothing there; ERR_PTR(-ENOMEM): the reserve is used up.
 */
static pte_t *sci_module_get(struct sci_view *view, unsigned long address)
{
	pte_t *p = sci_module_pte(view, address), *table;

	if (p)
		return p;
	if (!pmd_present(READ_ONCE(*pmd_off_k(address))))
		return NULL;

	table = sci_reserve_take();
	if (!table)
		return ERR_PTR(-ENOMEM);
	sci_module_mirror_block(view, table, address & PMD_MASK);
	WRITE_ONCE(view->module_blocks, view->module_blocks + 1);
	/* The entries before what leads to them. */
	smp_store_release(&view->module_pmd[pmd_index(address)].pmd,
			  _KERNPG_TABLE | __sme_pa(table));
	return &table[pte_index(address)];
}

/**
 * sci_module_map - bring a page of a module or alike up to date in a view
 * @view: the view
 * @address: in the page
 * @exec: it is text that was verified
 *
 * Context: interrupts off, full page table loaded
 * Return: 1: something has changed; 0: nothing, it was so already, or init maps
 *	nothing there; -ENOMEM
 */
int sci_module_map(struct sci_view *view, unsigned long address, bool exec)
{
	int ret = 0;
	pte_t *p;

	arch_spin_lock(&sci_module_lock);
	sci_module_update(view);
	p = sci_module_pte(view, address);
	if (!p) {
		p = sci_module_get(view, address);
		/* A new table has all that there is. */
		ret = p && !IS_ERR(p);
	}
	if (IS_ERR(p))
		ret = PTR_ERR(p);
	else if (p)
		ret |= sci_module_mirror(view, p, sci_init_pte(address), exec);
	arch_spin_unlock(&sci_module_lock);
	return ret;
}

/**
 * sci_module_page - find text of modules and alike that a view executes
 * @view: the view
 * @address: where to begin, page-aligned
 *
 * Return: the first such page from there on; 0: there is none
 */
unsigned long sci_module_page(const struct sci_view *view, unsigned long address)
{
	while (address < MODULES_END && !sci_module_executable(view, address))
		address = sci_module_pte(view, address) ? address + PAGE_SIZE :
							  (address & PMD_MASK) + PMD_SIZE;
	return address < MODULES_END ? address : 0;
}

/**
 * sci_module_alloc - make a view's table for the range of modules
 * @view: the view
 * @gfp: how
 *
 * What else is in this GiB, the fixmap above all, is as it is now: what is
 * mapped later is copied at the first fault on it, see sci_sync_entry().
 *
 * Return: false: out of memory
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
 * sci_module_free - free what the view has for the range of modules
 * @view: the view; not in use
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
