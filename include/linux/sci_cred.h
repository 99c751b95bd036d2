/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the copy of a task's credentials.
 */
#ifndef _LINUX_SCI_CRED_H
#define _LINUX_SCI_CRED_H

#include <linux/sci_cgroup.h>

#ifdef CONFIG_CGROUP_SCI

int sci_task_fork(struct task_struct *task);
void __sci_creds_committed(void);

/**
 * sci_creds_committed - the current task has got other credentials
 *
 * Context: the task's own; right after the change
 */
static inline void sci_creds_committed(void)
{
	if (static_branch_unlikely(&sci_key))
		__sci_creds_committed();
}

#else

static inline void sci_creds_committed(void) { }

#endif

#endif /* _LINUX_SCI_CRED_H */
