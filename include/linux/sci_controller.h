/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the contract between the controller (kernel/cgroup/sci.c) and the
 * architecture (arch/x86/mm/sci_mm.c, arch/x86/mm/sci/).  Nothing else includes this.
 *
 * The controller decides which tasks are isolated, and how.  The architecture keeps these
 * decisions in memory that isolated system calls cannot reach, and carries them out.  Each
 * function is described at its definition.
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
 * @SCI_CODE_FAULTS: pages of text that were added to a view after verification
 * @SCI_ICALL_FAULTS: indirect calls that were verified
 * @SCI_DATA_FAULTS: pages of text that were mapped as data in a view
 * @SCI_SPURIOUS_FAULTS: faults on pages that another CPU had mapped in the meantime
 * @SCI_PGD_SYNCS: entries of tasks' own tables that were brought up to date
 * @SCI_REFUSED: system calls that returned -ENOMEM because no view could be made
 * @SCI_WINDOWS_OPENED: windows that sci_kmap() has opened
 * @SCI_DENIED: system calls of io_uring, which cannot be isolated: they return -EPERM in
 *	enforce mode, and run without isolation in audit mode.  Also system calls that the
 *	profile lacks: they return -ENOSYS in enforce mode, and run isolated in audit mode.
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
 * struct sci_stat - the counters of one cgroup on one CPU
 * @count: the counters, by enum sci_item
 */
struct sci_stat {
	u64 count[NR_SCI_ITEMS];
};

/**
 * struct sci_usage - the memory that domains use
 * @views: the number of views
 * @pages: the number of pages of text that faults have made executable in these views
 * @bytes: the size of page tables
 */
struct sci_usage {
	u64 views;
	u64 pages;
	u64 bytes;
};

/**
 * enum sci_level - the level of isolation; a greater one is stricter
 * @SCI_OFF: tasks are not isolated
 * @SCI_AUDIT: violations are counted and reported
 * @SCI_ENFORCE: violations are counted and reported, and the process is killed
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
 * @own: the domain of this cgroup's own; NULL while sci.enabled is 0.  RCU keeps it alive
 *	for readers of the pointer.
 * @mode: sci.mode
 * @profile: the profile that was written to sci.profile.  The next domain takes it over.
 * @domain: the domain that its tasks use; NULL if it is not isolated.  It is the topmost
 *	enabled cgroup's own, or that of a sealed cgroup below.
 * @level: the level of isolation of its tasks
 * @stat: the counters
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
