/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the directory that leads from a task to its space.
 */
#ifndef _SCI_TASKS_DIRECTORY_H
#define _SCI_TASKS_DIRECTORY_H

#include <linux/types.h>

struct sci_space;
struct task_struct;

bool sci_directory_init(void);
bool sci_in_directory(const struct task_struct *task);
bool sci_directory_fill(const struct task_struct *task, struct sci_space **page,
			struct sci_space *space);
bool sci_directory_lacks(const struct task_struct *task);
struct sci_space *sci_find_space(const struct task_struct *task);

#endif /* _SCI_TASKS_DIRECTORY_H */
