// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: a reserve of PTE pages.
 *
 * A fault on a view or an allocation may need a PTE page with any lock held, where nothing
 * can be allocated.  It takes one out of the reserve, and a worker fills the reserve up.
 */
#include <linux/irq_work.h>
#include <linux/workqueue.h>

#include "../base/pause.h"
#include "own.h"
#include "reserve.h"

/* Enough for the faults of one system call, until the worker gets to run. */
#define SCI_RESERVE		128

/* It is in SCI's own memory. */
struct sci_reserve {
	unsigned int	nr;
	void		*page[SCI_RESERVE];
};

static struct sci_reserve *sci_reserved __ro_after_init;

static arch_spinlock_t sci_reserve_lock = __ARCH_SPIN_LOCK_UNLOCKED;

/* Returns false if there is no room for one more page.  @page may be NULL, just to ask. */
static bool sci_reserve_add(void *page)
{
	guard(sci_paused_lock)(&sci_reserve_lock);
	if (sci_reserved->nr == SCI_RESERVE)
		return false;
	if (page)
		sci_reserved->page[sci_reserved->nr++] = page;
	return true;
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

/* A fault may come with locks of the workqueue held: queue the work from an interrupt. */
static void sci_reserve_irq_fn(struct irq_work *work)
{
	queue_work(system_unbound_wq, &sci_reserve_work);
}

static DEFINE_IRQ_WORK(sci_reserve_irq, sci_reserve_irq_fn);

/**
 * sci_reserve_get - take a PTE page out of the reserve
 *
 * Context: any but NMI; full page table loaded, interrupts off
 * Return: the page; NULL: the reserve is used up
 */
void *sci_reserve_get(void)
{
	void *page;

	sci_assert_full_table();
	arch_spin_lock(&sci_reserve_lock);
	if (sci_reserved->nr <= SCI_RESERVE / 2)
		irq_work_queue(&sci_reserve_irq);
	page = sci_reserved->nr ? sci_reserved->page[--sci_reserved->nr] : NULL;
	arch_spin_unlock(&sci_reserve_lock);
	return page;
}

/**
 * sci_reserve_init - allocate an empty reserve
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_reserve_init(void)
{
	sci_reserved = sci_get_pages(GFP_KERNEL | __GFP_ZERO, get_order(sizeof(*sci_reserved)));
	return sci_reserved ? 0 : -ENOMEM;
}
