// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the mm of a task, and the direct map that it uses.
 *
 * An arbitrary write could replace a task's top-level page table: the kernel keeps its
 * address in mm->pgd.  So SCI keeps a copy of the address in its own memory, and the table
 * that is loaded must be the one that the copy leads to, see sci_check_mm().
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "../base/pause.h"
#include "../memory/direct.h"
#include "mm.h"
#include "space.h"

/**
 * sci_mm_trust - record a task's mm and its top-level table as trusted
 * @space: the task's space
 * @task: the current task, or one that does not run yet
 *
 * Context: full page table loaded
 */
void sci_mm_trust(struct sci_space *space, const struct task_struct *task)
{
	sci_assert_full_table();
	space->mm = task->mm;
	space->top = task->mm ? __pa(task->mm->pgd) : 0;
}

/**
 * __sci_mm_changed - see sci_mm_changed()
 */
void __sci_mm_changed(void)
{
	struct sci_space *space;

	guard(sci_paused)();
	space = sci_task_space(current);
	if (space)
		sci_mm_trust(space, current);
}

/**
 * __sci_mm_gone - see sci_task_exit()
 */
void __sci_mm_gone(void)
{
	struct sci_space *space = sci_task_space(current);

	if (space)
		space->top = 0;
}

static void sci_set_writes_tables(bool writes_tables)
{
	struct sci_space *space;

	guard(sci_paused)();
	space = sci_task_space(current);
	if (space && !space->unconfined) {
		sci_direct_enter(space->pgd, sci_direct_map_for(writes_tables));
		space->writes_tables = writes_tables;
	}
}

/**
 * __sci_tables_write_begin - see sci_tables_write_begin()
 */
void __sci_tables_write_begin(void)
{
	sci_set_writes_tables(true);
}
EXPORT_SYMBOL(__sci_tables_write_begin);

/**
 * __sci_tables_write_end - see sci_tables_write_end()
 */
void __sci_tables_write_end(void)
{
	sci_set_writes_tables(false);
}
EXPORT_SYMBOL(__sci_tables_write_end);
