/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: what a task carries.
 *
 * Kept apart from sci_cgroup.h, because sched.h includes it.
 */
#ifndef _LINUX_SCI_TYPES_H
#define _LINUX_SCI_TYPES_H

#include <linux/types.h>

#ifdef CONFIG_CGROUP_SCI

/**
 * struct sci_task - system call isolation of one task: what its calls may write
 * @windows: slots of the windows that are open, a bit each, see sci_kmap()
 * @bytes: of page tables and alike, for sci.stat
 *
 * Nothing here decides where a call runs: that is struct sci_space, which
 * isolated calls cannot reach.
 *
 * A child starts with all of it zero (sci_can_fork()).
 */
struct sci_task {
	u64				windows;
	unsigned int			bytes;
};

#else

struct sci_task { };

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_TYPES_H */
