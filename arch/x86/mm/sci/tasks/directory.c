// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the directory that leads from a task to its space.
 *
 * It is in SCI's own memory, and its key is the address of the task_struct.  So no content
 * of the task_struct needs to be trusted.
 */
#include <linux/atomic.h>
#include <linux/sched.h>
#include <linux/sci_cgroup.h>

#include "../base/pause.h"
#include "../memory/own.h"
#include "directory.h"

struct sci_space ***sci_spaces __ro_after_init;
/* The page of entries that all parts of the directory without an isolated task share. */
static struct sci_space **sci_no_spaces __ro_after_init;

/**
 * sci_directory_init - allocate an empty directory
 *
 * Context: boot, before the page allocator has any page; after sci_kinds_init()
 * Return: false if out of memory
 */
bool __init sci_directory_init(void)
{
	unsigned long i, n = sci_nr_pages << PAGE_SHIFT >> SCI_TASK_SHIFT;

	n = DIV_ROUND_UP(n, SCI_SPACES_PER_PAGE);
	sci_no_spaces = sci_boot_pages(PAGE_SIZE);
	sci_spaces = sci_boot_pages(n * sizeof(*sci_spaces));
	if (!sci_no_spaces || !sci_spaces)
		return false;
	for (i = 0; i < n; i++)
		sci_spaces[i] = sci_no_spaces;
	return true;
}

/**
 * sci_in_directory - does the directory have an entry for this task?
 * @task: any task
 */
bool sci_in_directory(const struct task_struct *task)
{
	/* The directory covers the direct map, but init_task is in the kernel image. */
	return (unsigned long)task - PAGE_OFFSET < sci_nr_pages << PAGE_SHIFT;
}

static struct sci_space ***sci_directory(const struct task_struct *task)
{
	unsigned long i = ((unsigned long)task - PAGE_OFFSET) >> SCI_TASK_SHIFT;

	return &sci_spaces[i / SCI_SPACES_PER_PAGE];
}

static unsigned int sci_directory_index(const struct task_struct *task)
{
	return (((unsigned long)task - PAGE_OFFSET) >> SCI_TASK_SHIFT) % SCI_SPACES_PER_PAGE;
}

/**
 * sci_directory_fill - set a task's entry
 * @task: the task
 * @page: an empty page for its entry and its neighbours', if there is none yet; or NULL
 * @space: the task's space, or NULL
 *
 * Context: any but NMI
 * Return: true if @page is in use now
 */
bool sci_directory_fill(const struct task_struct *task, struct sci_space **page,
			struct sci_space *space)
{
	struct sci_space ***entry = sci_directory(task), **old = sci_no_spaces;
	bool used;

	guard(sci_paused)();
	used = page && try_cmpxchg(entry, &old, page);
	WRITE_ONCE((*entry)[sci_directory_index(task)], space);
	return used;
}

/**
 * sci_directory_lacks - does sci_directory_fill() need a page for this task?
 * @task: the task
 *
 * Context: any but NMI
 */
bool sci_directory_lacks(const struct task_struct *task)
{
	guard(sci_paused)();
	return *sci_directory(task) == sci_no_spaces;
}

/**
 * sci_find_space - get a task's space, on a view or on the full page table
 * @task: the current task, or one that the controller's locks keep from being released
 *
 * Context: any but NMI
 * Return: the space; NULL: the task has none
 */
struct sci_space *sci_find_space(const struct task_struct *task)
{
	if (!sci_in_directory(task))
		return NULL;
	guard(sci_paused)();
	return sci_task_space(task);
}
