/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: what an interrupt or exception carries.
 *
 * Kept apart from sci_cgroup.h, because entry-common.h includes it.
 */
#ifndef _LINUX_SCI_IRQ_H
#define _LINUX_SCI_IRQ_H

#include <linux/types.h>

#ifdef CONFIG_CGROUP_SCI

/**
 * struct sci_irq_state - what an interrupt or exception found
 * @cr3: CR3 to restore, for NMI-like entries only
 * @on_view: the view was loaded, or about to be: enum sci_on
 * @hardirqs: lockdep took interrupts for enabled.  A fault for want of text can
 *	come where they are off behind lockdep's back.
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
