// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the credentials of a task.
 *
 * Credentials are kernel data, which an arbitrary write can reach.  So SCI keeps a copy in
 * its own memory.  The copy is made when the kernel gives the task its credentials, and
 * again when commit_creds() changes them.  At the end of each isolated system call the
 * credentials must be equal to the copy.
 *
 * This detects a change, but does not prevent it: another thread that shares the
 * credentials may have used them in the meantime.
 */
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/sci_cgroup.h>

#include "../base/pause.h"
#include "creds.h"
#include "space.h"

/* No branches, because the credentials are nearly always equal to the copy. */
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
 * sci_creds_trust - record a task's credentials as trusted
 * @space: the task's space
 * @task: the current task, or one that does not run yet
 *
 * Context: full page table loaded
 */
void sci_creds_trust(struct sci_space *space, const struct task_struct *task)
{
	sci_assert_full_table();
	sci_creds_copy(&space->creds, rcu_dereference_protected(task->real_cred, 1));
}

/**
 * __sci_creds_committed - see sci_creds_committed()
 */
void __sci_creds_committed(void)
{
	struct sci_space *space;

	guard(sci_paused)();
	space = sci_task_space(current);
	/* Before its first isolated system call, a task may have no copy. */
	if (space && space->creds.cred)
		sci_creds_trust(space, current);
}

/**
 * sci_creds_wrong - do the current task's credentials differ from the trusted ones?
 * @space: the task's space
 *
 * Context: full page table loaded
 */
noinstr bool sci_creds_wrong(const struct sci_space *space)
{
	const struct cred *cred;

	sci_assert_full_table();
	cred = space->creds.cred;
	return rcu_access_pointer(current->cred) != cred ||
	       rcu_access_pointer(current->real_cred) != cred ||
	       sci_creds_differ(&space->creds, cred);
}
