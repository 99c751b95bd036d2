// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: credentials.
 *
 * What a task may do is kernel data, which an arbitrary write reaches.  So SCI has a
 * copy, where isolated calls do not: made when the kernel gives the task its
 * credentials, and compared when an isolated call ends.  Between the two, nothing but
 * commit_creds() changes them.
 *
 * A thread that shares them may have used them in the meantime: they are found out,
 * not prevented.
 */
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/sci_cred.h>

#include "sci.h"

/* One after the other, without a branch: all are the same nearly always. */
static __always_inline unsigned long sci_creds_differ(const struct sci_creds *copy,
						      const struct cred *cred)
{
	unsigned long differ;

	differ = __kuid_val(copy->uid) ^ __kuid_val(cred->uid);
	differ |= __kgid_val(copy->gid) ^ __kgid_val(cred->gid);
	differ |= __kuid_val(copy->suid) ^ __kuid_val(cred->suid);
	differ |= __kgid_val(copy->sgid) ^ __kgid_val(cred->sgid);
	differ |= __kuid_val(copy->euid) ^ __kuid_val(cred->euid);
	differ |= __kgid_val(copy->egid) ^ __kgid_val(cred->egid);
	differ |= __kuid_val(copy->fsuid) ^ __kuid_val(cred->fsuid);
	differ |= __kgid_val(copy->fsgid) ^ __kgid_val(cred->fsgid);
	differ |= copy->securebits ^ cred->securebits;
	differ |= copy->inheritable.val ^ cred->cap_inheritable.val;
	differ |= copy->permitted.val ^ cred->cap_permitted.val;
	differ |= copy->effective.val ^ cred->cap_effective.val;
	differ |= copy->bset.val ^ cred->cap_bset.val;
	differ |= copy->ambient.val ^ cred->cap_ambient.val;
	differ |= (unsigned long)copy->user_ns ^ (unsigned long)cred->user_ns;
	differ |= (unsigned long)copy->group_info ^ (unsigned long)cred->group_info;
	return differ;
}

static void sci_creds_copy(struct sci_creds *copy, const struct cred *cred)
{
	*copy = (struct sci_creds){
		.cred		= cred,
		.uid		= cred->uid,
		.gid		= cred->gid,
		.suid		= cred->suid,
		.sgid		= cred->sgid,
		.euid		= cred->euid,
		.egid		= cred->egid,
		.fsuid		= cred->fsuid,
		.fsgid		= cred->fsgid,
		.securebits	= cred->securebits,
		.inheritable	= cred->cap_inheritable,
		.permitted	= cred->cap_permitted,
		.effective	= cred->cap_effective,
		.bset		= cred->cap_bset,
		.ambient	= cred->cap_ambient,
		.user_ns	= cred->user_ns,
		.group_info	= cred->group_info,
	};
}

/**
 * sci_creds_trust - the credentials of a task are what they should be
 * @space: its space
 * @task: the current one, or one that does not run yet
 *
 * Context: full page table loaded
 */
void sci_creds_trust(struct sci_space *space, const struct task_struct *task)
{
	sci_creds_copy(&space->creds, rcu_dereference_protected(task->real_cred, 1));
}

/**
 * sci_task_fork - allocate what a new task needs to be isolated
 * @task: the child, which has its credentials and its mm
 *
 * Context: as sci_task_alloc()
 * Return: as sci_task_alloc()
 */
int sci_task_fork(struct task_struct *task)
{
	int ret = sci_task_alloc(task);
	struct sci_pause step;

	if (ret)
		return ret;
	step = sci_view_pause();
	sci_creds_trust(sci_task_space(task), task);
	sci_mm_trust(sci_task_space(task), task);
	sci_view_unpause(step);
	return 0;
}

/* commit_creds() has changed those of the current task. */
void __sci_creds_committed(void)
{
	struct sci_pause step = sci_view_pause();
	struct sci_space *space = sci_task_space(current);

	/* Before its first isolated call, a task has no copy. */
	if (space && space->creds.cred)
		sci_creds_trust(space, current);
	sci_view_unpause(step);
}

/**
 * sci_creds_wrong - have the current task's credentials been written to?
 * @space: its space
 *
 * Context: full page table loaded
 */
noinstr bool sci_creds_wrong(const struct sci_space *space)
{
	const struct cred *cred = space->creds.cred;

	return rcu_access_pointer(current->cred) != cred ||
	       rcu_access_pointer(current->real_cred) != cred ||
	       sci_creds_differ(&space->creds, cred);
}
