/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the state in a task_struct.
 *
 * A header of its own, because sched.h includes it.
 */
#ifndef _LINUX_SCI_TYPES_H
#define _LINUX_SCI_TYPES_H

#include <linux/types.h>

#ifdef CONFIG_CGROUP_SCI

/**
 * struct sci_task - the state of a task that its isolated system calls can write
 * @windows: a bit for the slot of each window that is open, see sci_kmap()
 * @bytes: the size of the task's space, for sci.stat
 *
 * Nothing here decides where a system call runs.  That is in struct sci_space, which
 * isolated system calls cannot reach.
 *
 * A child starts with all of it zero, see sci_can_fork().
 */
struct sci_task {
	u64				windows;
	unsigned int			bytes;
};

#else

struct sci_task { };

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_TYPES_H */
