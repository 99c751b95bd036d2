// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: windows onto hidden pages.
 *
 * kmap_local_page() in an isolated system call maps a hidden page at one of SCI_WINDOWS
 * addresses.  These slots are entries of a PTE page of the task's own.  Isolated system
 * calls cannot reach that page, so a window is opened on the full page table.  The way
 * there and back flushes nothing: each slot is used at most once between two flushes, so
 * its old entry cannot be in the TLB.  There is one flush for every SCI_WINDOWS windows.
 *
 * kunmap_local() only notes that the window may be closed.  It is closed when the view is
 * loaded the next time, as after an interrupt or by the scheduler.  All windows are closed
 * at the end of the system call.  Until it is closed, the system call can reach its page.
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
 * @space: the current task's space
 * @keep: a bit for each slot that stays open
 *
 * Context: interrupts off, full page table loaded; the next load of the view flushes
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
 * @page: a hidden page
 *
 * Context: isolated system call
 * Return: the address of the window; the address in the direct map, where an access faults,
 *	if there cannot be a window
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
 * @address: an address in a window
 */
noinstr void __sci_kunmap(unsigned long address)
{
	current->sci.windows &= ~BIT_ULL((address - SCI_WINDOW_BASE) >> PAGE_SHIFT);
}
EXPORT_SYMBOL(__sci_kunmap);

/**
 * __sci_window_page - get the page that a window shows
 * @address: an address in a window that is open
 *
 * Context: isolated system call
 */
struct page *__sci_window_page(unsigned long address)
{
	unsigned int slot = (address - SCI_WINDOW_BASE) >> PAGE_SHIFT;

	guard(sci_paused)();
	return pfn_to_page(pte_pfn(sci_task_space(current)->windows[slot]));
}
EXPORT_SYMBOL(__sci_window_page);
