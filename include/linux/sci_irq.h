/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the state that an interrupt or exception carries.
 *
 * A header of its own, because entry-common.h includes it.
 */
#ifndef _LINUX_SCI_IRQ_H
#define _LINUX_SCI_IRQ_H

#include <linux/types.h>

#ifdef CONFIG_CGROUP_SCI

/**
 * struct sci_irq_state - the state that an interrupt or exception found
 * @cr3: CR3, for NMI-like exceptions only
 * @on_view: SCI_ON_FULL, unless the view was loaded or about to be
 * @hardirqs: interrupts were enabled according to lockdep.  They may have been off behind
 *	its back when a page of text was missing.
 */
struct sci_irq_state {
	unsigned long			cr3;
	u8				on_view;
	bool				hardirqs;
};

#else

struct sci_irq_state { };

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_IRQ_H */
