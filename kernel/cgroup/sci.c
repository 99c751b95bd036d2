// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation controller for cgroups.
 *
 * Each system call of an isolated cgroup runs on a view of the kernel: a page table that
 * maps only the kernel text that system calls of this number legitimately reach.  If an
 * exploit diverts a system call to other text, this is a violation.  The process is killed
 * and the event is counted.
 *
 * To isolate a cgroup, write 1 to sci.enabled (not available in the root cgroup).  This
 * isolates all of its descendants as well.  A cgroup is isolated if sci.enabled is 1 in
 * itself or in any ancestor, so a 0 below never undoes a 1 above.  sci.enabled.effective
 * shows whether it is.  A write takes effect at each task's next system call.
 *
 * Views belong to the topmost enabled cgroup.  Two such cgroups share no views, so an
 * attacker in one gains nothing from text that the other has needed.  Views grow as the
 * cgroup's tasks run.  They never shrink, and they last until the cgroup is disabled or
 * removed.
 *
 * sci.mode is enforce (the default) or audit.  In enforce mode, a violation kills the
 * process.  In audit mode, the violation is counted and reported, and the rest of the
 * system call is unconfined: it reaches all text and memory.  If several cgroups from here
 * to the root are enabled, the strictest of their modes applies, which sci.mode.effective
 * shows.
 *
 * Write permission for the files is enough to raise isolation.  Lowering it also takes
 * CAP_SYS_ADMIN in the initial user namespace, and a task that is not isolated itself.
 * This applies to every way of lowering it: writing 0 or audit, moving a task to a cgroup
 * that is less isolated or out of a sealed one, creating a task there, replacing a complete
 * profile, and disabling the controller.  The files in the root of a cgroup namespace
 * cannot be written from inside the namespace.
 *
 * sci.profile shows the system calls and the kernel text that the views have.  A profile
 * that is written before the cgroup is enabled limits its views from the start.  Writing
 * "seal" to an enabled cgroup limits its views to their present contents.  sci.sealed shows
 * whether such a limit applies.  In enforce mode, a system call that the profile lacks
 * fails with ENOSYS.  Text that the profile lacks is a violation.  A sealed cgroup below an
 * enabled one has views of its own.
 *
 * Enforce mode refuses work that cannot be isolated.  The system calls of io_uring fail
 * with EPERM.  Kernel threads and the workers of io_uring and vhost make no system calls:
 * they cannot be created in such a cgroup or moved into it, and a cgroup that contains them
 * cannot be put into this mode.
 *
 * A task never runs less isolated than these files say.  If memory is short, the write, the
 * migration or the fork fails with ENOMEM.  So does a system call that is the first one of
 * its number in the cgroup.
 *
 * sci.stat shows counters and memory use, sci.views shows the views, and sci.events and
 * sci.events.local show the number of violations.  A change of the last two generates a
 * file modified event.  sci.direct_map in the root cgroup shows how memory is hidden.
 */
#include <linux/cgroup.h>
#include <linux/irq_work.h>
#include <linux/nsproxy.h>
#include <linux/percpu.h>
#include <linux/sci_controller.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "cgroup-internal.h"

static const char * const sci_level_names[NR_SCI_LEVELS] = {
	[SCI_OFF]	= "off",
	[SCI_AUDIT]	= "audit",
	[SCI_ENFORCE]	= "enforce",
};

enum sci_event {
	/* Violations by system calls. */
	SCI_VIOLATIONS,
	/* Processes that were killed for a violation. */
	SCI_KILLS,
	NR_SCI_EVENTS,
};

static const char * const sci_event_names[NR_SCI_EVENTS] = {
	[SCI_VIOLATIONS]	= "violations",
	[SCI_KILLS]		= "kills",
};

static const char * const sci_item_names[NR_SCI_ITEMS] = {
	[SCI_SYSCALLS]		= "isolated_syscalls",
	[SCI_CODE_FAULTS]	= "code_faults",
	[SCI_ICALL_FAULTS]	= "icall_faults",
	[SCI_DATA_FAULTS]	= "data_faults",
	[SCI_SPURIOUS_FAULTS]	= "spurious_faults",
	[SCI_PGD_SYNCS]		= "pgd_syncs",
	[SCI_REFUSED]		= "refused_syscalls",
	[SCI_WINDOWS_OPENED]	= "windows",
	[SCI_DENIED]		= "denied_syscalls",
};

/*
 * Nothing here decides about isolation, because a compromised system call could write it.
 * The cgroup's struct sci_policy does.  It changes under cgroup_mutex.  Once the cgroup has
 * tasks, its domain and level change under cgroup_threadgroup_rwsem as well.
 */
struct sci_cgroup {
	struct cgroup_subsys_state	css;

	struct sci_stat __percpu	*stat;
	/* The counters of removed children, under sci_folded_lock. */
	struct sci_stat			folded;
	/* @stat and @folded have been added to the parent's @folded. */
	bool				is_folded;

	/* sci.events and sci.events.local, and the interrupt that notifies readers. */
	struct cgroup_file		events_file;
	struct cgroup_file		events_local_file;
	struct irq_work			notify;

	atomic64_t			events[NR_SCI_EVENTS];
	atomic64_t			events_local[NR_SCI_EVENTS];
};

/* Readers see a removed child's counters either in the child or in its parent. */
static DEFINE_SPINLOCK(sci_folded_lock);

static struct sci_cgroup *css_sci(struct cgroup_subsys_state *css)
{
	return container_of(css, struct sci_cgroup, css);
}

static struct sci_cgroup *parent_sci(struct sci_cgroup *scg)
{
	return css_sci(scg->css.parent);
}

/* The root cgroup is never isolated. */
static struct sci_policy sci_policy_of(struct sci_cgroup *scg)
{
	return scg->css.parent ? sci_policy_get(scg) : (struct sci_policy){ };
}

/* Runs in an interrupt, because a violation may come with any lock held. */
static void sci_notify(struct irq_work *work)
{
	struct sci_cgroup *scg = container_of(work, struct sci_cgroup, notify);

	cgroup_file_notify(&scg->events_local_file);
	for (; scg->css.parent; scg = parent_sci(scg))
		cgroup_file_notify(&scg->events_file);
}

static struct cgroup_subsys_state *
sci_css_alloc(struct cgroup_subsys_state *parent)
{
	struct sci_cgroup *scg;

	scg = kzalloc(sizeof(*scg), GFP_KERNEL);
	if (!scg)
		return ERR_PTR(-ENOMEM);

	scg->stat = alloc_percpu(struct sci_stat);
	if (!scg->stat || (parent && sci_policy_add(scg))) {
		free_percpu(scg->stat);
		kfree(scg);
		return ERR_PTR(-ENOMEM);
	}
	init_irq_work(&scg->notify, sci_notify);
	return &scg->css;
}

static int sci_css_online(struct cgroup_subsys_state *css)
{
	struct sci_policy above, policy = { .mode = SCI_ENFORCE };
	struct sci_cgroup *scg = css_sci(css);

	if (css->parent) {
		above = sci_policy_of(parent_sci(scg));
		policy.domain = above.domain;
		policy.level = above.level;
		policy.stat = scg->stat;
		sci_policy_set(scg, &policy);
	}
	return 0;
}

static void sci_sum(struct sci_cgroup *scg, struct sci_stat *sum)
{
	unsigned int item;
	int cpu;

	for (item = 0; item < NR_SCI_ITEMS; item++) {
		sum->count[item] += scg->folded.count[item];
		for_each_possible_cpu(cpu)
			sum->count[item] += READ_ONCE(per_cpu_ptr(scg->stat, cpu)->count[item]);
	}
}

/* No task is left, so the counters are final. */
static void sci_css_offline(struct cgroup_subsys_state *css)
{
	struct sci_cgroup *scg = css_sci(css);
	struct sci_policy policy = sci_policy_of(scg);
	struct sci_domain *own = policy.own;

	spin_lock(&sci_folded_lock);
	sci_sum(scg, &parent_sci(scg)->folded);
	scg->is_folded = true;
	spin_unlock(&sci_folded_lock);

	policy.own = NULL;
	sci_policy_set(scg, &policy);
	if (own)
		sci_domain_put(own);
}

static void sci_css_free(struct cgroup_subsys_state *css)
{
	struct sci_cgroup *scg = css_sci(css);

	irq_work_sync(&scg->notify);
	if (css->parent) {
		sci_profile_free(sci_policy_of(scg).profile);
		sci_policy_remove(scg);
	}
	free_percpu(scg->stat);
	kfree(scg);
}

/*
 * May the current task make itself or others less isolated?  Not if it is isolated itself,
 * because a compromised system call may have changed its credentials.
 */
static bool sci_may_lower(void)
{
	return sci_task_level(current) == SCI_OFF && capable(CAP_SYS_ADMIN);
}

/* May the caller move this task, or create its child, where @policy applies? */
static bool sci_may_go(struct task_struct *task, const struct sci_policy *policy)
{
	return (policy->level >= sci_task_level(task) &&
		!sci_task_sealed(task, policy->domain)) || sci_may_lower();
}

/* Does this task run kernel code without system calls, so that it cannot be isolated? */
static bool sci_is_worker(const struct task_struct *task)
{
	return task->flags & (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER);
}

/**
 * sci_cgroup_vet_migration - may the caller move tasks to another cgroup?
 * @src: the cgroup of the tasks
 * @dst: the cgroup to move them to
 *
 * Context: cgroup_mutex held, with the credentials of the opener of the file
 * Return: 0; -EPERM: the tasks would be less isolated, which the caller may not do
 */
int sci_cgroup_vet_migration(struct cgroup *src, struct cgroup *dst)
{
	struct sci_policy from, to;
	bool lowered;

	rcu_read_lock();
	from = sci_policy_of(css_sci(cgroup_e_css(src, &sci_cgrp_subsys)));
	to = sci_policy_of(css_sci(cgroup_e_css(dst, &sci_cgrp_subsys)));
	lowered = from.level > to.level ||
		  (from.domain != to.domain && sci_domain_sealed(from.domain));
	rcu_read_unlock();
	return lowered && !sci_may_lower() ? -EPERM : 0;
}

static int sci_can_attach(struct cgroup_taskset *tset)
{
	struct cgroup_subsys_state *css;
	struct task_struct *task;
	int ret;

	cgroup_taskset_for_each(task, css, tset) {
		struct sci_policy policy = sci_policy_of(css_sci(css));

		if (!sci_may_go(task, &policy))
			return -EPERM;
		if (policy.level == SCI_ENFORCE && sci_is_worker(task))
			return -EBUSY;
		ret = policy.domain ? sci_task_alloc(task) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/* This cannot fail: sci_can_fork() and sci_can_attach() have allocated the memory. */
static void sci_task_join(struct task_struct *task, struct sci_cgroup *scg)
{
	struct sci_policy policy = sci_policy_of(scg);

	sci_task_set(task, &policy);
}

static void sci_attach(struct cgroup_taskset *tset)
{
	struct cgroup_subsys_state *css;
	struct task_struct *task;

	cgroup_taskset_for_each(task, css, tset)
		sci_task_join(task, css_sci(css));
}

/* cgroup_threadgroup_rwsem, held for reading until sci_fork(), pins the policy. */
static int sci_can_fork(struct task_struct *task, struct css_set *cset)
{
	struct sci_policy policy = sci_policy_of(css_sci(cset->subsys[sci_cgrp_id]));

	/* It is still a copy of the parent's. */
	task->sci = (struct sci_task){ };

	if (!sci_may_go(current, &policy) ||
	    (policy.level == SCI_ENFORCE && sci_is_worker(task)))
		return -EPERM;
	return policy.domain ? sci_task_fork(task) : 0;
}

static void sci_cancel_fork(struct task_struct *task, struct css_set *cset)
{
	sci_task_free(task);
}

static void sci_fork(struct task_struct *task)
{
	rcu_read_lock();
	sci_task_join(task, css_sci(task_css(task, sci_cgrp_id)));
	rcu_read_unlock();
}

static void sci_release(struct task_struct *task)
{
	sci_task_free(task);
}

/* Give all tasks in @top and below the memory that isolation at this level needs. */
static int sci_prepare_tasks(struct cgroup_subsys_state *top, enum sci_level level)
{
	struct cgroup_subsys_state *css;
	struct css_task_iter it;
	struct task_struct *task;
	int ret = 0;

	css_for_each_descendant_pre(css, top) {
		css_task_iter_start(css, 0, &it);
		while (!ret && (task = css_task_iter_next(&it))) {
			/* It may be released at any time, and will enter no view. */
			if (task->flags & PF_EXITING)
				continue;
			if (level == SCI_ENFORCE && sci_is_worker(task))
				ret = -EBUSY;
			else
				ret = sci_task_alloc(task);
		}
		css_task_iter_end(&it);
		if (ret)
			break;
	}
	return ret;
}

/* Carry a change of @top's own domain or mode to all descendants and their tasks. */
static void sci_update_tree(struct cgroup_subsys_state *top)
{
	struct cgroup_subsys_state *css;
	struct css_task_iter it;
	struct task_struct *task;

	css_for_each_descendant_pre(css, top) {
		struct sci_policy above = sci_policy_of(parent_sci(css_sci(css)));
		struct sci_policy policy = sci_policy_of(css_sci(css));

		policy.domain = sci_domain_sealed(policy.own) ? policy.own :
				above.domain ?: policy.own;
		policy.level = max(above.level, policy.own ? policy.mode : SCI_OFF);
		sci_policy_set(css_sci(css), &policy);

		css_task_iter_start(css, 0, &it);
		while ((task = css_task_iter_next(&it)))
			/* An exiting task may have no space, or be about to lose it. */
			if (!(task->flags & PF_EXITING))
				sci_task_set(task, &policy);
		css_task_iter_end(&it);
	}
}

/*
 * Set the domain and the mode of a cgroup, at once for all tasks in it and below.
 * cgroup_threadgroup_rwsem keeps them from forking and from starting to exit meanwhile.
 */
static int sci_set(struct sci_cgroup *scg, struct sci_domain *own, enum sci_level mode)
{
	struct sci_policy policy;
	int ret = 0;

	cgroup_attach_lock(true);
	if (own)
		ret = sci_prepare_tasks(&scg->css, mode);
	if (!ret) {
		policy = sci_policy_of(scg);
		policy.own = own;
		policy.mode = mode;
		sci_policy_set(scg, &policy);
		sci_update_tree(&scg->css);
	}
	cgroup_attach_unlock(true);
	return ret;
}

/* Sealed cgroups do not nest: an inner profile would undo the outer one. */
static bool sci_is_near_sealed(struct sci_cgroup *scg)
{
	struct cgroup_subsys_state *css;
	bool near = sci_domain_sealed(sci_policy_of(parent_sci(scg)).domain);

	rcu_read_lock();
	css_for_each_descendant_pre(css, &scg->css)
		near |= css != &scg->css && sci_domain_sealed(sci_policy_of(css_sci(css)).own);
	rcu_read_unlock();
	return near;
}

static int sci_enable(struct sci_cgroup *scg)
{
	struct sci_policy policy = sci_policy_of(scg);
	struct sci_domain *own;
	int ret;

	if (policy.profile && !sci_profile_complete(policy.profile))
		return -EINVAL;
	if (policy.profile && sci_is_near_sealed(scg))
		return -EBUSY;
	own = sci_domain_alloc();
	if (IS_ERR(own))
		return PTR_ERR(own);

	sci_domain_seal(own, policy.profile);
	ret = sci_set(scg, own, policy.mode);
	if (ret) {
		sci_domain_seal(own, NULL);
		sci_domain_put(own);
		return ret;
	}
	policy = sci_policy_of(scg);
	policy.profile = NULL;
	sci_policy_set(scg, &policy);
	return 0;
}

static void sci_disable(struct sci_cgroup *scg)
{
	struct sci_policy policy = sci_policy_of(scg);

	sci_set(scg, NULL, policy.mode);
	/* Tasks that still use the domain have references of their own. */
	sci_domain_put(policy.own);
}

static bool sci_file_may_lower(struct kernfs_open_file *of)
{
	return file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN) && sci_may_lower();
}

static int sci_enabled_set(struct kernfs_open_file *of, struct sci_cgroup *scg, bool enable)
{
	if (enable == !!sci_policy_of(scg).own)
		return 0;
	if (enable)
		return sci_enable(scg);
	if (!sci_file_may_lower(of))
		return -EPERM;
	sci_disable(scg);
	return 0;
}

/* The mode is protected also while disabled: a user who enables it later relies on it. */
static int sci_mode_set(struct kernfs_open_file *of, struct sci_cgroup *scg, enum sci_level mode)
{
	struct sci_policy policy = sci_policy_of(scg);

	if (mode < policy.mode && !sci_file_may_lower(of))
		return -EPERM;
	return mode == policy.mode ? 0 : sci_set(scg, policy.own, mode);
}

/* Limit the views to their present contents. */
static int sci_seal(struct sci_cgroup *scg)
{
	struct sci_policy policy = sci_policy_of(scg);
	struct sci_profile *profile;

	if (sci_domain_sealed(policy.own))
		return 0;
	if (!policy.own || policy.own != policy.domain || sci_is_near_sealed(scg))
		return -EBUSY;
	profile = sci_profile_take(policy.own);
	if (IS_ERR(profile))
		return PTR_ERR(profile);
	sci_domain_seal(policy.own, profile);
	return 0;
}

static void sci_profile_set(struct sci_cgroup *scg, struct sci_profile *profile)
{
	struct sci_policy policy = sci_policy_of(scg);

	sci_profile_free(policy.profile);
	policy.profile = profile;
	sci_policy_set(scg, &policy);
}

/*
 * Add a piece of text to the profile for the next domain.  To replace a complete profile
 * takes the same right as to lower isolation.
 */
static ssize_t sci_profile_load(struct kernfs_open_file *of, struct sci_cgroup *scg,
				const char *text, size_t len)
{
	struct sci_policy policy = sci_policy_of(scg);
	bool drop = sysfs_streq(text, "none");
	struct sci_profile *profile;

	if (policy.own)
		return -EBUSY;
	if (policy.profile && sci_profile_complete(policy.profile) && !sci_file_may_lower(of))
		return -EPERM;
	if (drop || !policy.profile || strstarts(text, "sci-profile ")) {
		profile = drop ? NULL : sci_profile_alloc();
		if (!drop && !profile)
			return -ENOMEM;
		sci_profile_set(scg, profile);
	}
	return drop ? len : sci_profile_write(sci_policy_of(scg).profile, text, len);
}

/*
 * Find the cgroup of a file that is written to, and lock it against all other changes.  The
 * caller ends this with cgroup_kn_unlock(), unless an error is returned.
 */
static struct sci_cgroup *sci_lock_live(struct kernfs_open_file *of)
{
	struct cgroup_namespace *ns = current->nsproxy->cgroup_ns;
	struct cgroup_subsys_state *css;
	struct sci_cgroup *scg;
	struct cgroup *cgrp;

	cgrp = cgroup_kn_lock_live(of->kn, false);
	if (!cgrp)
		return ERR_PTR(-ENODEV);

	css = rcu_dereference_protected(cgrp->subsys[sci_cgrp_id],
					lockdep_is_held(&cgroup_mutex));
	if (!css || !(css->flags & CSS_ONLINE) || css_is_dying(css))
		scg = ERR_PTR(-ENODEV);
	/* As cgroup core does if cgroup2 is mounted with nsdelegate. */
	else if (ns != &init_cgroup_ns && ns->root_cset->dfl_cgrp == cgrp)
		scg = ERR_PTR(-EPERM);
	else
		return css_sci(css);

	cgroup_kn_unlock(of->kn);
	return scg;
}

static ssize_t sci_enabled_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
				 loff_t off)
{
	struct sci_cgroup *scg;
	int ret;

	buf = strstrip(buf);
	if (strcmp(buf, "0") && strcmp(buf, "1"))
		return -EINVAL;

	scg = sci_lock_live(of);
	if (IS_ERR(scg))
		return PTR_ERR(scg);
	ret = sci_enabled_set(of, scg, *buf == '1');
	cgroup_kn_unlock(of->kn);
	return ret ?: nbytes;
}

static ssize_t sci_mode_write(struct kernfs_open_file *of, char *buf, size_t nbytes, loff_t off)
{
	struct sci_cgroup *scg;
	int mode, ret;

	mode = match_string(sci_level_names, NR_SCI_LEVELS, strstrip(buf));
	if (mode < SCI_AUDIT)
		return -EINVAL;

	scg = sci_lock_live(of);
	if (IS_ERR(scg))
		return PTR_ERR(scg);
	ret = sci_mode_set(of, scg, mode);
	cgroup_kn_unlock(of->kn);
	return ret ?: nbytes;
}

static ssize_t sci_profile_file_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
				      loff_t off)
{
	struct sci_cgroup *scg = sci_lock_live(of);
	ssize_t ret;

	if (IS_ERR(scg))
		return PTR_ERR(scg);
	if (sysfs_streq(buf, "seal"))
		ret = sci_seal(scg) ?: nbytes;
	else
		ret = sci_profile_load(of, scg, buf, nbytes);
	cgroup_kn_unlock(of->kn);
	return ret;
}

static u64 sci_enabled_read(struct cgroup_subsys_state *css, struct cftype *cft)
{
	return !!sci_policy_of(css_sci(css)).own;
}

static u64 sci_effective_read(struct cgroup_subsys_state *css, struct cftype *cft)
{
	return !!sci_policy_of(css_sci(css)).domain;
}

static int sci_mode_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", sci_level_names[sci_policy_of(css_sci(seq_css(m))).mode]);
	return 0;
}

static int sci_mode_effective_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", sci_level_names[sci_policy_of(css_sci(seq_css(m))).level]);
	return 0;
}

/* The size of the spaces of the tasks in one cgroup. */
static u64 sci_task_bytes(struct cgroup_subsys_state *css)
{
	struct css_task_iter it;
	struct task_struct *task;
	u64 bytes = 0;

	css_task_iter_start(css, 0, &it);
	while ((task = css_task_iter_next(&it)))
		bytes += READ_ONCE(task->sci.bytes);
	css_task_iter_end(&it);
	return bytes;
}

static int sci_stat_show(struct seq_file *m, void *v)
{
	struct cgroup_subsys_state *top = seq_css(m), *css;
	struct sci_usage usage = { };
	struct sci_stat sum = { };
	unsigned int item;

	rcu_read_lock();
	css_for_each_descendant_pre(css, top) {
		struct sci_domain *own = sci_policy_of(css_sci(css)).own;

		if (own)
			sci_domain_usage(own, &usage);
		usage.bytes += sci_task_bytes(css);
	}

	spin_lock(&sci_folded_lock);
	css_for_each_descendant_pre(css, top)
		if (!css_sci(css)->is_folded)
			sci_sum(css_sci(css), &sum);
	spin_unlock(&sci_folded_lock);
	rcu_read_unlock();

	for (item = 0; item < NR_SCI_ITEMS; item++)
		seq_printf(m, "%s %llu\n", sci_item_names[item], sum.count[item]);
	seq_printf(m, "views %llu\n", usage.views);
	seq_printf(m, "mapped_pages %llu\n", usage.pages);
	seq_printf(m, "table_bytes %llu\n", usage.bytes);
	return 0;
}

static int sci_direct_map_show(struct seq_file *m, void *v)
{
	sci_direct_show(m);
	return 0;
}

static int sci_views_show(struct seq_file *m, void *v)
{
	struct sci_domain *own;

	rcu_read_lock();
	own = sci_policy_of(css_sci(seq_css(m))).own;
	if (own)
		sci_domain_show(m, own);
	rcu_read_unlock();
	return 0;
}

/* Show the contents of the views, so that they can be read before sealing and after. */
static int sci_profile_file_show(struct seq_file *m, void *v)
{
	struct sci_profile *profile;
	struct sci_domain *own;

	rcu_read_lock();
	own = sci_policy_of(css_sci(seq_css(m))).own;
	if (own && !sci_domain_get(own))
		own = NULL;
	rcu_read_unlock();
	if (!own)
		return 0;

	profile = sci_profile_take(own);
	sci_domain_put(own);
	if (IS_ERR(profile))
		return PTR_ERR(profile);
	sci_profile_show(m, profile);
	sci_profile_free(profile);
	return 0;
}

static u64 sci_sealed_read(struct cgroup_subsys_state *css, struct cftype *cft)
{
	bool sealed;

	rcu_read_lock();
	sealed = sci_domain_sealed(sci_policy_of(css_sci(css)).domain);
	rcu_read_unlock();
	return sealed;
}

static int sci_events_print(struct seq_file *m, atomic64_t *events)
{
	unsigned int event;

	for (event = 0; event < NR_SCI_EVENTS; event++)
		seq_printf(m, "%s %llu\n", sci_event_names[event],
			   (u64)atomic64_read(&events[event]));
	return 0;
}

static int sci_events_show(struct seq_file *m, void *v)
{
	return sci_events_print(m, css_sci(seq_css(m))->events);
}

static int sci_events_local_show(struct seq_file *m, void *v)
{
	return sci_events_print(m, css_sci(seq_css(m))->events_local);
}

/**
 * sci_cgroup_violation - count a violation by the current task
 * @kill: true if the process will be killed for it
 *
 * Context: any, with any locks held; an interrupt notifies readers of the event files
 */
void sci_cgroup_violation(bool kill)
{
	enum sci_event event, last = kill ? SCI_KILLS : SCI_VIOLATIONS;
	struct sci_cgroup *scg, *pos;

	rcu_read_lock();
	scg = css_sci(task_css(current, sci_cgrp_id));
	for (event = SCI_VIOLATIONS; event <= last; event++) {
		atomic64_inc(&scg->events_local[event]);
		for (pos = scg; pos->css.parent; pos = parent_sci(pos))
			atomic64_inc(&pos->events[event]);
	}
	irq_work_queue(&scg->notify);
	rcu_read_unlock();
}

static struct cftype sci_files[] = {
	{
		.name = "enabled",
		.flags = CFTYPE_NOT_ON_ROOT,
		.read_u64 = sci_enabled_read,
		.write = sci_enabled_write,
	},
	{
		.name = "enabled.effective",
		.flags = CFTYPE_NOT_ON_ROOT,
		.read_u64 = sci_effective_read,
	},
	{
		.name = "mode",
		.flags = CFTYPE_NOT_ON_ROOT,
		.seq_show = sci_mode_show,
		.write = sci_mode_write,
	},
	{
		.name = "mode.effective",
		.flags = CFTYPE_NOT_ON_ROOT,
		.seq_show = sci_mode_effective_show,
	},
	{
		.name = "profile",
		.flags = CFTYPE_NOT_ON_ROOT,
		.max_write_len = SZ_128K,
		.seq_show = sci_profile_file_show,
		.write = sci_profile_file_write,
	},
	{
		.name = "sealed",
		.flags = CFTYPE_NOT_ON_ROOT,
		.read_u64 = sci_sealed_read,
	},
	{
		.name = "stat",
		.flags = CFTYPE_NOT_ON_ROOT,
		.seq_show = sci_stat_show,
	},
	{
		.name = "views",
		.flags = CFTYPE_NOT_ON_ROOT,
		.seq_show = sci_views_show,
	},
	{
		.name = "events",
		.flags = CFTYPE_NOT_ON_ROOT,
		.file_offset = offsetof(struct sci_cgroup, events_file),
		.seq_show = sci_events_show,
	},
	{
		.name = "events.local",
		.flags = CFTYPE_NOT_ON_ROOT,
		.file_offset = offsetof(struct sci_cgroup, events_local_file),
		.seq_show = sci_events_local_show,
	},
	{
		.name = "direct_map",
		.flags = CFTYPE_ONLY_ON_ROOT,
		.seq_show = sci_direct_map_show,
	},
	{ }	/* terminate */
};

struct cgroup_subsys sci_cgrp_subsys = {
	.css_alloc	= sci_css_alloc,
	.css_online	= sci_css_online,
	.css_offline	= sci_css_offline,
	.css_free	= sci_css_free,
	.can_attach	= sci_can_attach,
	.attach		= sci_attach,
	.can_fork	= sci_can_fork,
	.cancel_fork	= sci_cancel_fork,
	.fork		= sci_fork,
	.release	= sci_release,
	.dfl_cftypes	= sci_files,
};
