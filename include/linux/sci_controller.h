/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the contract between the controller, kernel/cgroup/sci.c, and
 * the architecture, arch/x86/mm/sci_mm.c and below.  Nothing else includes this.
 *
 * The controller decides which tasks are isolated, and how.  The architecture keeps
 * these decisions in memory that isolated system calls cannot reach, and carries them
 * out.  Each function is described where it is defined.
 */
#ifndef _LINUX_SCI_CONTROLLER_H
#define _LINUX_SCI_CONTROLLER_H

#include <linux/sci_cgroup.h>

struct sci_domain;
struct sci_profile;
struct seq_file;

/**
 * enum sci_item - events that are counted for each cgroup
 * @SCI_SYSCALLS: isolated system calls
 * @SCI_CODE_FAULTS: pages of text added to a view after verification
 * @SCI_ICALL_FAULTS: indirect calls verified
 * @SCI_DATA_FAULTS: pages of text made readable, not executable, in a view
 * @SCI_SPURIOUS_FAULTS: faults on pages that another CPU had mapped meanwhile
 * @SCI_PGD_SYNCS: entries of a task's top-level tables brought up to date
 * @SCI_REFUSED: system calls that returned -ENOMEM because no view could be made
 * @SCI_WINDOWS_OPENED: pages mapped by sci_kmap()
 * @SCI_DENIED: system calls of io_uring, which isolation cannot cover: refused with
 *	-EPERM in enforce mode, made outside of isolation in audit mode; and system
 *	calls that the profile lacks: refused with -ENOSYS in enforce mode
 * @NR_SCI_ITEMS: their number
 */
enum sci_item {
	SCI_SYSCALLS,
	SCI_CODE_FAULTS,
	SCI_ICALL_FAULTS,
	SCI_DATA_FAULTS,
	SCI_SPURIOUS_FAULTS,
	SCI_PGD_SYNCS,
	SCI_REFUSED,
	SCI_WINDOWS_OPENED,
	SCI_DENIED,
	NR_SCI_ITEMS,
};

/**
 * struct sci_stat - one CPU's counters of one cgroup
 * @count: by enum sci_item
 */
struct sci_stat {
	u64 count[NR_SCI_ITEMS];
};

/**
 * struct sci_usage - memory in use by a domain
 * @views: their number
 * @pages: pages of text mapped executable in them, without those that every view
 *	maps
 * @bytes: page tables
 */
struct sci_usage {
	u64 views;
	u64 pages;
	u64 bytes;
};

/**
 * enum sci_level - how isolated tasks are: the greater, the stricter
 * @SCI_OFF: not at all
 * @SCI_AUDIT: violations are counted and reported
 * @SCI_ENFORCE: and the process is killed
 * @NR_SCI_LEVELS: their number
 */
enum sci_level {
	SCI_OFF,
	SCI_AUDIT,
	SCI_ENFORCE,
	NR_SCI_LEVELS,
};

/**
 * struct sci_policy - the decisions about one cgroup
 * @own: views of this cgroup's own, while sci.enabled is 1; NULL otherwise.  RCU
 *	keeps them as long as somebody may have a copy of the pointer.
 * @mode: sci.mode
 * @profile: the text written to sci.profile; the next domain takes it over
 * @domain: where its tasks run: the topmost enabled cgroup's own views; NULL if it
 *	is not isolated
 * @level: of isolation of its tasks
 * @stat: counters
 */
struct sci_policy {
	struct sci_domain		*own;
	enum sci_level			mode;
	struct sci_profile		*profile;
	struct sci_domain		*domain;
	enum sci_level			level;
	struct sci_stat __percpu	*stat;
};

/* Policies: tasks/policy.c */
int sci_policy_add(const void *key);
void sci_policy_remove(const void *key);
void sci_policy_set(const void *key, const struct sci_policy *policy);
struct sci_policy sci_policy_get(const void *key);

/* Domains: sci_mm.c, views/domain.c */
struct sci_domain *sci_domain_alloc(void);
bool sci_domain_get(struct sci_domain *domain);
void sci_domain_put(struct sci_domain *domain);
void sci_domain_seal(struct sci_domain *domain, struct sci_profile *profile);
bool sci_domain_sealed(struct sci_domain *domain);
void sci_domain_usage(struct sci_domain *domain, struct sci_usage *usage);
void sci_domain_show(struct seq_file *m, struct sci_domain *domain);

/* Profiles: views/profile.c */
struct sci_profile *sci_profile_alloc(void);
void sci_profile_free(struct sci_profile *profile);
bool sci_profile_complete(const struct sci_profile *profile);
struct sci_profile *sci_profile_take(struct sci_domain *domain);
ssize_t sci_profile_write(struct sci_profile *profile, const char *text, size_t len);
void sci_profile_show(struct seq_file *m, const struct sci_profile *profile);

/* Tasks: tasks/task.c */
int sci_task_alloc(struct task_struct *task);
int sci_task_fork(struct task_struct *task);
void sci_task_free(struct task_struct *task);
void sci_task_set(struct task_struct *task, const struct sci_policy *policy);
enum sci_level sci_task_level(const struct task_struct *task);
bool sci_task_sealed(const struct task_struct *task, const struct sci_domain *domain);

/* The direct maps: memory/direct.c */
void sci_direct_show(struct seq_file *m);

/* The controller's side: kernel/cgroup/sci.c */
void sci_cgroup_violation(bool kill);

#endif /* _LINUX_SCI_CONTROLLER_H */
