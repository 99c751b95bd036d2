/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the mm that a task should have.
 */
#ifndef _SCI_TASKS_MM_H
#define _SCI_TASKS_MM_H

struct sci_space;
struct task_struct;

void sci_mm_trust(struct sci_space *space, const struct task_struct *task);

#endif /* _SCI_TASKS_MM_H */
