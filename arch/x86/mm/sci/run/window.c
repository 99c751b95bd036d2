// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: windows onto memory that the direct map lacks.
 *
 * kmap_local_page() in an isolated system call maps a hidden page at one of a few
 * addresses that lead to a PTE page of the task's own.  That page is out of the
 * system call's reach, like all tables: a window is opened on the full page table.
 * Going there and back does not flush the TLB, because the slot's entry cannot
 * be in it: a slot is used once between two flushes.  So a window costs no
 * flush, but each SCI_WINDOWS windows cost one.
 *
 * kunmap_local() only notes that the window may go.  It is closed when the view is
 * loaded next, after an interrupt, by the scheduler, and for all windows at the
 * end of the system call.  Until then the system call reaches the page that it had
 * reached.
 */
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "../base/pause.h"
#include "../tasks/space.h"
#include "switch.h"
#include "window.h"

/**
 * sci_windows_close - close windows
 * @space: the current task's
 * @keep: but for these
 *
 * Context: interrupts off, full page table loaded; the view's load, which flushes
 *	the TLB, follows
 */
noinstr void sci_windows_close(struct sci_space *space, u64 keep)
{
	u64 close;

	sci_assert_full_table();
	close = space->used & ~keep;
	for (; close; close &= close - 1)
		WRITE_ONCE(space->windows[__ffs64(close)].pte, 0);
	space->used &= keep;
}

/**
 * __sci_kmap - open a window
 * @page: a page that __sci_page_hidden()
 *
 * Context: isolated system call
 * Return: its address; the one in the direct map if there cannot be a window
 */
noinstr void *__sci_kmap(struct page *page)
{
	struct sci_task *sci = &current->sci;
	unsigned long pfn = page_to_pfn(page), flags;
	void *address = page_address(page);
	struct sci_space *space;
	bool flush = false;
	unsigned int slot;
	u64 open;

	raw_local_irq_save(flags);
	sci_view_pause_noinstr();
	space = sci_task_space(current);
	open = READ_ONCE(sci->windows);
	if (unlikely(!~(open | space->used))) {
		sci_windows_close(space, open);
		flush = true;
	}
	open |= space->used;
	/* Nothing legitimate nests deeper or maps other kinds; let the access fault. */
	if (likely(~open && pfn < sci_nr_pages && sci_kinds[pfn] == SCI_HIDDEN)) {
		slot = ffz(open);
		sci->windows |= BIT_ULL(slot);
		space->used |= BIT_ULL(slot);
		WRITE_ONCE(space->windows[slot].pte,
			   (pfn << PAGE_SHIFT) | pgprot_val(PAGE_KERNEL));
		sci_count(space, SCI_WINDOWS_OPENED);
		address = (void *)SCI_WINDOW_BASE + slot * PAGE_SIZE;
	}
	sci_view_unpause_noinstr(space, flush);
	raw_local_irq_restore(flags);
	return address;
}
EXPORT_SYMBOL(__sci_kmap);

/**
 * __sci_kunmap - see sci_kunmap()
 * @address: in a window
 */
noinstr void __sci_kunmap(unsigned long address)
{
	current->sci.windows &= ~BIT_ULL((address - SCI_WINDOW_BASE) >> PAGE_SHIFT);
}
EXPORT_SYMBOL(__sci_kunmap);

/**
 * __sci_window_page - find the page that a window shows
 * @address: in a window that is open
 *
 * Context: isolated system call
 */
struct page *__sci_window_page(unsigned long address)
{
	guard(sci_paused)();
	return pfn_to_page(pte_pfn(sci_task_space(current)->windows[(address - SCI_WINDOW_BASE) >> PAGE_SHIFT]));
}
EXPORT_SYMBOL(__sci_window_page);
