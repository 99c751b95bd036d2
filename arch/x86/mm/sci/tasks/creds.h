/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the copy of a task's credentials.
 */
#ifndef _SCI_TASKS_CREDS_H
#define _SCI_TASKS_CREDS_H

#include <linux/capability.h>
#include <linux/uidgid_types.h>

struct cred;
struct group_info;
struct sci_space;
struct task_struct;
struct user_namespace;

/**
 * struct sci_creds - the credentials that a task should have
 * @cred: the struct cred that was copied; NULL: no copy yet
 * @uid: as in struct cred
 * @suid: as in struct cred
 * @euid: as in struct cred
 * @fsuid: as in struct cred
 * @gid: as in struct cred
 * @sgid: as in struct cred
 * @egid: as in struct cred
 * @fsgid: as in struct cred
 * @securebits: as in struct cred
 * @inheritable: cap_inheritable
 * @permitted: cap_permitted
 * @effective: cap_effective
 * @bset: cap_bset
 * @ambient: cap_ambient
 * @user_ns: as in struct cred
 * @group_info: as in struct cred
 */
struct sci_creds {
	const struct cred		*cred;
	kuid_t				uid, suid, euid, fsuid;
	kgid_t				gid, sgid, egid, fsgid;
	unsigned int			securebits;
	kernel_cap_t			inheritable, permitted, effective, bset, ambient;
	const struct user_namespace	*user_ns;
	const struct group_info		*group_info;
};

void sci_creds_trust(struct sci_space *space, const struct task_struct *task);
bool sci_creds_wrong(const struct sci_space *space);

#endif /* _SCI_TASKS_CREDS_H */
