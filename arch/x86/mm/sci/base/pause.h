/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: pausing the view.
 *
 * SCI's own memory is mapped on the full page table only, so every layer needs this.  The
 * functions behind it are in the topmost layer, in run/switch.c.
 */
#ifndef _SCI_BASE_PAUSE_H
#define _SCI_BASE_PAUSE_H

#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/mmdebug.h>
#include <linux/sci_cgroup.h>
#include <linux/spinlock.h>

#include <asm/special_insns.h>

/* The state that sci_view_unpause() restores. */
struct sci_pause {
	unsigned long flags;
	bool on_view;
};

/**
 * sci_view_pause - load the full page table for a few lines
 *
 * For code that may run on a view and needs memory that the view does not map.
 *
 * Inline, as the guards below are: a function may have run on into a page that the view
 * lacks, and a return into that page from another function could not be verified.
 *
 * Context: any but NMI; interrupts are off until sci_view_unpause()
 * Return: the state for sci_view_unpause()
 */
static __always_inline struct sci_pause sci_view_pause(void)
{
	struct sci_pause pause;

	local_irq_save(pause.flags);
	pause.on_view = static_branch_unlikely(&sci_key) && this_cpu_read(sci_on_view);
	if (pause.on_view)
		sci_view_suspend();
	return pause;
}

/**
 * sci_view_unpause - load the page table again that sci_view_pause() left
 * @pause: the return value of sci_view_pause()
 */
static __always_inline void sci_view_unpause(struct sci_pause pause)
{
	if (pause.on_view)
		sci_view_resume();
	local_irq_restore(pause.flags);
}

/* guard(sci_paused)(): full page table and interrupts off, to the end of the scope. */
DEFINE_LOCK_GUARD_0(sci_paused, _T->pause = sci_view_pause(), sci_view_unpause(_T->pause),
		    struct sci_pause pause)

/*
 * guard(sci_paused_lock)(&lock): the same, with the lock held.  For locks that faults on
 * a view take: such a fault with the lock held would deadlock.  They are arch_spinlock_t
 * because the lockdep and tracing code of other locks may fault as well.
 */
DEFINE_LOCK_GUARD_1(sci_paused_lock, arch_spinlock_t,
		    _T->pause = sci_view_pause(); arch_spin_lock(_T->lock),
		    arch_spin_unlock(_T->lock); sci_view_unpause(_T->pause),
		    struct sci_pause pause)

/*
 * guard(sci_paused_raw_lock)(&lock): the same for a raw spinlock, which lockdep knows.
 * sparse does not see that the end of a scope releases the lock, so it must not see the
 * lock taken either.
 */
DEFINE_LOCK_GUARD_1(sci_paused_raw_lock, raw_spinlock_t,
		    _T->pause = sci_view_pause(); raw_spin_lock(_T->lock); __release(_T->lock),
		    __acquire(_T->lock); raw_spin_unlock(_T->lock); sci_view_unpause(_T->pause),
		    struct sci_pause pause)

/* Is the loaded page table one that SCI did not make? */
static __always_inline bool sci_full_table_loaded(void)
{
	unsigned long pfn = (__native_read_cr3() & CR3_ADDR_MASK) >> PAGE_SHIFT;

	return !sci_kinds || pfn >= sci_nr_pages || READ_ONCE(sci_kinds[pfn]) != SCI_OWN;
}

/**
 * sci_assert_full_table - check, in debug builds, that the full page table is loaded
 *
 * SCI's own memory is not mapped on any other.
 */
static __always_inline void sci_assert_full_table(void)
{
	VM_WARN_ON_ONCE(!sci_full_table_loaded());
}

#endif /* _SCI_BASE_PAUSE_H */
