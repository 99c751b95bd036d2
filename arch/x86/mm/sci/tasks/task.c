// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: which tasks are isolated, and how, as the controller decides.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sci_controller.h>

#include "../base/pause.h"
#include "../memory/own.h"
#include "../views/domain.h"
#include "creds.h"
#include "directory.h"
#include "mm.h"
#include "space.h"

/**
 * sci_task_alloc - give a task a space, so that it can be isolated
 * @task: the task
 *
 * Does nothing if the task has a space already.
 *
 * Context: process context, may sleep.  The controller's locks keep @task from
 *	exiting and others from calling this for it.
 * Return: 0; -ENOMEM; -EINVAL: the task cannot be isolated
 */
int sci_task_alloc(struct task_struct *task)
{
	struct sci_space *space, **page = NULL;

	if (!sci_in_directory(task))
		return -EINVAL;
	if (sci_find_space(task))
		return 0;

	space = sci_space_alloc();
	if (sci_directory_lacks(task))
		page = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!space || (!page && sci_directory_lacks(task))) {
		sci_space_free(space);
		sci_put_pages(page, 0);
		return -ENOMEM;
	}

	if (!sci_directory_fill(task, page, space))
		sci_put_pages(page, 0);
	task->sci.bytes = SCI_SPACE_BYTES;
	return 0;
}

/**
 * sci_task_fork - give a new task a space
 * @task: the child, which has its credentials and its mm already
 *
 * Context: as sci_task_alloc()
 * Return: as sci_task_alloc()
 */
int sci_task_fork(struct task_struct *task)
{
	int ret = sci_task_alloc(task);

	if (ret)
		return ret;
	guard(sci_paused)();
	sci_creds_trust(sci_task_space(task), task);
	sci_mm_trust(sci_task_space(task), task);
	return 0;
}

/**
 * sci_task_set - set the domain and the level of a task's next system call
 * @task: the task; if the policy has a domain, sci_task_alloc() has been successful
 * @policy: the policy of its cgroup
 *
 * Context: the controller's locks keep @task from being released
 */
void sci_task_set(struct task_struct *task, const struct sci_policy *policy)
{
	struct sci_space *space = sci_find_space(task);

	if (!space) {
		WARN_ON_ONCE(policy->domain);
		return;
	}
	guard(sci_paused)();
	WRITE_ONCE(space->stat, policy->stat);
	WRITE_ONCE(space->level, policy->level);
	/* Pairs with the acquire in sci_task_adopt(). */
	smp_store_release(&space->domain, policy->domain);
}

/**
 * sci_task_level - get the level of a task's isolation
 * @task: the current task, or one that the controller's locks keep from being released
 */
enum sci_level sci_task_level(const struct task_struct *task)
{
	struct sci_space *space = sci_find_space(task);

	if (!space)
		return SCI_OFF;
	guard(sci_paused)();
	return READ_ONCE(space->level);
}

/**
 * sci_task_sealed - is the task sealed in a domain other than @domain?
 * @task: as for sci_task_level()
 * @domain: the domain that it may go to
 */
bool sci_task_sealed(const struct task_struct *task, const struct sci_domain *domain)
{
	struct sci_space *space = sci_find_space(task);

	if (!space)
		return false;
	guard(sci_paused)();
	return space->domain && space->domain != domain && READ_ONCE(space->domain->profile);
}

static void sci_task_free_space(struct rcu_head *head)
{
	sci_space_free(page_address(container_of(head, struct page, rcu_head)));
}

/**
 * sci_task_free - free a task's space, and drop its reference to a domain
 * @task: a task that has exited, or never ran
 *
 * The space is freed after a grace period, because an exited task may still be on its way
 * out of the scheduler and use it.
 */
void sci_task_free(struct task_struct *task)
{
	struct sci_space *space = sci_find_space(task);

	if (!space)
		return;
	sci_directory_fill(task, NULL, NULL);
	call_rcu(&virt_to_page(space)->rcu_head, sci_task_free_space);
}
