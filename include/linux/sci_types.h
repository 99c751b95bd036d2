/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: what a task carries.
 *
 * Kept apart from sci_cgroup.h, because sched.h includes it.
 */
#ifndef _LINUX_SCI_TYPES_H
#define _LINUX_SCI_TYPES_H

#include <linux/types.h>

struct sci_domain;
struct sci_stat;
struct sci_view;

#ifdef CONFIG_CGROUP_SCI

/**
 * struct sci_task - system call isolation of one task
 * @domain: where the next system call runs; NULL: not isolated.  Written by
 *	the controller for any task, read by the task itself.
 * @held: the domain whose views the task uses now.  Only the task itself
 *	writes it, at a system call's entry, and it holds a reference.
 * @view: the view that @pgd leads to; NULL: none yet.  It belongs to @held.
 * @pgd: top-level page table, one page, followed by the page of the table
 *	that its last entry leads to.  Allocated before @domain is first set,
 *	stays until the task is released.
 * @cr3: what selects @pgd
 * @mm_id: context id of the mm that the lower entries of @pgd mirror
 * @mm_gen: its generation at that moment, see mm_context_t
 * @stat: counters of the task's cgroup, never NULL if @domain is not
 * @active: the running system call is isolated, and its own code runs: not
 *	an interrupt or exception on top of it.  Whether the view is loaded is
 *	another question (sci_on_view): not so inside the scheduler.
 *
 * A child starts with all of it zero (sci_can_fork()).
 */
struct sci_task {
	struct sci_domain		*domain;
	struct sci_domain		*held;
	struct sci_view			*view;
	unsigned long			*pgd;
	unsigned long			cr3;
	u64				mm_id;
	unsigned long			mm_gen;
	struct sci_stat __percpu	*stat;
	bool				active;
};

#else

struct sci_task { };

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_TYPES_H */
