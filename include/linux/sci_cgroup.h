/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: what the rest of the kernel sees of it.
 *
 * Each system call of a task in an isolated cgroup runs on a page table of
 * the task's own.  It maps what the kernel's maps, except for the kernel's
 * text: of that, only what calls of this number, made in this cgroup, have
 * legitimately reached.  The set of such page tables of one cgroup is its
 * domain, the part of one system call number is a view.
 *
 * First part: hooks, one line each where they are called, nothing but a
 * patched-out jump until some cgroup is isolated, and nothing at all without
 * CONFIG_CGROUP_SCI.  They keep one rule: the view is loaded only while the
 * code of an isolated system call itself runs.  Whatever comes in between
 * (interrupts, exceptions, softirqs, the scheduler) runs on the
 * full page table.
 *
 * Second part: the contract between the controller (kernel/cgroup/sci.c) and
 * the architecture (arch/x86/mm/sci_*.c).
 */
#ifndef _LINUX_SCI_CGROUP_H
#define _LINUX_SCI_CGROUP_H

#include <linux/sci_irq.h>
#include <linux/sci_page.h>
#include <linux/sci_types.h>

struct cgroup;
struct pt_regs;
struct sci_profile;
struct seq_file;
struct task_struct;

#ifdef CONFIG_CGROUP_SCI

#include <linux/mm.h>
#include <linux/sched.h>

#include <asm/sci.h>

struct sci_space;

/*
 * The directory of isolated tasks: what each has, by its task_struct's address.
 * It is out of reach of isolated calls, and the only truth about who is isolated.
 * No two tasks begin within the same SCI_TASK_SIZE.
 */
#define SCI_TASK_SHIFT		11
#define SCI_TASK_SIZE		BIT(SCI_TASK_SHIFT)
#define SCI_SPACES_PER_PAGE	(PAGE_SIZE / sizeof(struct sci_space *))
extern struct sci_space ***sci_spaces;
/* Pages of the direct map; more cannot be put online. */
extern unsigned long sci_nr_pages;

bool __sci_syscall_enter(struct pt_regs *regs, unsigned int nr);
void __sci_syscall_exit(void);
void __sci_irq_enter(struct sci_irq_state *state);
void __sci_irq_exit(struct sci_irq_state *state);
void __sci_nmi_enter(struct sci_irq_state *state);
void __sci_nmi_exit(struct sci_irq_state *state);
void __sci_view_suspend(void);
void __sci_view_resume(void);
void __sci_view_leave(void);
void __sci_mm_changed(void);
void __sci_mm_gone(void);
void __sci_check_caller(unsigned long function, unsigned long ret);
void __sci_user_fault(unsigned long address);
bool __sci_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address);

/**
 * sci_space - what a task has to be isolated
 * @task: any user task
 *
 * Context: full page table loaded.  For another task than the current one, the
 *	controller's locks keep it from being released.
 * Return: NULL: nothing, it is not isolated
 */
static __always_inline struct sci_space *sci_task_space(const struct task_struct *task)
{
	unsigned long i = ((unsigned long)task - PAGE_OFFSET) >> SCI_TASK_SHIFT;

	return READ_ONCE(sci_spaces[i / SCI_SPACES_PER_PAGE][i % SCI_SPACES_PER_PAGE]);
}

/**
 * sci_task_has_space - has a task what it takes to be isolated?
 * @task: any, also one that is not in the direct map, as the first idle one
 *
 * Context: as sci_task_space()
 */
static __always_inline bool sci_task_has_space(const struct task_struct *task)
{
	return (unsigned long)task - PAGE_OFFSET < sci_nr_pages << PAGE_SHIFT && sci_task_space(task);
}

/**
 * sci_syscall_enter - isolate the system call that is about to run
 * @regs: the task's user registers
 * @nr: index of the call's view, see SCI_IA32_BASE
 *
 * Context: after the entry work (ptrace, seccomp, audit), interrupts on.  May
 *	sleep on the first use of a call number.
 * Return: true: make the call, then call sci_syscall_exit().  False: the call
 *	cannot be isolated and must not run; its result is set to -ENOMEM, or
 *	to -EPERM if it is one that never can.
 */
static __always_inline bool sci_syscall_enter(struct pt_regs *regs, unsigned int nr)
{
	if (static_branch_unlikely(&sci_key) && unlikely(sci_task_space(current)))
		return __sci_syscall_enter(regs, nr);
	return true;
}

/**
 * sci_syscall_exit - back to the full page table, before the exit work
 */
static __always_inline void sci_syscall_exit(void)
{
	if (static_branch_unlikely(&sci_key) && unlikely(raw_cpu_read(sci_on_view)))
		__sci_syscall_exit();
	barrier();	/* a call, not a jump, see __sci_check_caller() */
}

/**
 * sci_irq_enter - an interrupt or exception from kernel mode begins
 * @state: for the matching sci_irq_exit()
 *
 * Also around work that borrows the task's context and is not part of what
 * the system call asks for: softirqs.
 *
 * Context: interrupts off
 */
static __always_inline void sci_irq_enter(struct sci_irq_state *state)
{
	state->on_view = SCI_ON_FULL;
	if (static_branch_unlikely(&sci_key) && unlikely(this_cpu_read(sci_on_view)))
		__sci_irq_enter(state);
	barrier();	/* a call, not a jump, see __sci_check_caller() */
}

/**
 * sci_check_caller - has this function, which has left the view, been called for it?
 * @state: from sci_irq_enter() or sci_nmi_enter()
 * @function: the running one
 *
 * For functions that return on the full page table.  They are in the text that all
 * views map: a corrupted pointer that leads to one causes no fault.
 */
static __always_inline void sci_check_caller(const struct sci_irq_state *state,
					     const void *function)
{
	if (unlikely(state->on_view))
		__sci_check_caller((unsigned long)function, _RET_IP_);
}

/**
 * sci_irq_exit - an interrupt or exception returns to kernel mode
 * @state: from sci_irq_enter()
 *
 * Does not look at sci_key: who left the view has to return to it.
 *
 * Context: interrupts off
 */
static __always_inline void sci_irq_exit(struct sci_irq_state *state)
{
	if (unlikely(state->on_view))
		__sci_irq_exit(state);
}

/**
 * sci_nmi_enter - an NMI-like exception from kernel mode begins
 * @state: for the matching sci_nmi_exit()
 *
 * It can hit between any two instructions of a switch, so that what CR3 holds
 * and what sci_on_view says are saved and restored one by one.
 */
static __always_inline void sci_nmi_enter(struct sci_irq_state *state)
{
	state->on_view = SCI_ON_FULL;
	if (static_branch_unlikely(&sci_key) && unlikely(this_cpu_read(sci_on_view)))
		__sci_nmi_enter(state);
	barrier();	/* a call, not a jump, see __sci_check_caller() */
}

/**
 * sci_nmi_exit - an NMI-like exception returns to kernel mode
 * @state: from sci_nmi_enter()
 */
static __always_inline void sci_nmi_exit(struct sci_irq_state *state)
{
	if (unlikely(state->on_view))
		__sci_nmi_exit(state);
	barrier();	/* a call, not a jump, see __sci_check_caller() */
}

/**
 * sci_page_fault - handle a fault that isolation causes
 * @regs: registers at the fault
 * @error_code: the hardware's
 * @address: that was accessed
 * @state: from sci_irq_enter()
 *
 * Does not return if the access is a violation and the mode is enforce: the task
 * dies.  In audit mode the rest of the call is not isolated.
 *
 * Context: interrupts off, full page table loaded
 * Return: true: handled, retry the access.  False: an ordinary fault.
 */
static __always_inline bool sci_page_fault(struct pt_regs *regs, unsigned long error_code,
					   unsigned long address, struct sci_irq_state *state)
{
	if (unlikely(state->on_view))
		return __sci_page_fault(regs, error_code, address);
	/* An exception from kernel mode has left the view by now. */
	if (static_branch_unlikely(&sci_key) && unlikely(this_cpu_read(sci_on_view)))
		__sci_user_fault(address);
	return false;
}

/**
 * sci_view_suspend - leave the view for a moment, the system call stays isolated
 *
 * For the scheduler, and where another mm is about to be loaded.
 *
 * Context: interrupts off
 */
static __always_inline void sci_view_suspend(void)
{
	if (static_branch_unlikely(&sci_key) && unlikely(this_cpu_read(sci_on_view)))
		__sci_view_suspend();
	barrier();	/* a call, not a jump, see __sci_check_caller() */
}

/**
 * sci_view_resume - load the view again after sci_view_suspend(), if one was loaded
 *
 * Context: preemption off, the task and the mm to continue with are loaded
 */
static __always_inline void sci_view_resume(void)
{
	if (static_branch_unlikely(&sci_key) && !raw_cpu_read(sci_on_view) &&
	    unlikely(sci_task_has_space(current)))
		__sci_view_resume();
	barrier();	/* a call, not a jump, see __sci_check_caller() */
}

/**
 * sci_mm_changed - the current task has got another mm, which is loaded
 *
 * Then as sci_view_resume().
 *
 * Context: preemption off
 */
static __always_inline void sci_mm_changed(void)
{
	if (static_branch_unlikely(&sci_key) && unlikely(sci_task_has_space(current)))
		__sci_mm_changed();
	sci_view_resume();
}

/**
 * sci_view_leave - the system call runs on the full page table until its end
 *
 * For a task that exits, and for what replaces the machine's state.
 */
static __always_inline void sci_view_leave(void)
{
	if (static_branch_unlikely(&sci_key) && unlikely(raw_cpu_read(sci_on_view)))
		__sci_view_leave();
	barrier();	/* a call, not a jump, see __sci_check_caller() */
}

/**
 * sci_task_exit - the current task exits: it leaves the view and will have no mm
 */
static __always_inline void sci_task_exit(void)
{
	sci_view_leave();
	if (static_branch_unlikely(&sci_key) && unlikely(sci_task_has_space(current)))
		__sci_mm_gone();
}

/**
 * enum sci_item - what is counted for each cgroup
 * @SCI_SYSCALLS: isolated system calls
 * @SCI_CODE_FAULTS: pages of text added to a view after verification
 * @SCI_ICALL_FAULTS: indirect calls verified
 * @SCI_DATA_FAULTS: pages of text made readable, not executable, in a view
 * @SCI_SPURIOUS_FAULTS: faults on what another CPU had mapped meanwhile
 * @SCI_PGD_SYNCS: entries of a task's top-level tables brought up to date
 * @SCI_REFUSED: system calls that returned -ENOMEM, as no view could be made
 * @SCI_WINDOWS_OPENED: pages mapped by sci_kmap()
 * @SCI_DENIED: calls of io_uring, which isolation cannot cover, refused with -EPERM in
 *	enforce mode, made outside of isolation in audit mode; and calls that the
 *	profile lacks, refused with -ENOSYS in enforce mode
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
 * @pages: pages of text mapped executable in them, the ones that every view
 *	has not counted
 * @bytes: page tables
 */
struct sci_usage {
	u64 views;
	u64 pages;
	u64 bytes;
};

/* The page allocator's and kmap's part. */
DECLARE_STATIC_KEY_FALSE(sci_hide_key);
void sci_page_set_kind(struct page *page, unsigned int order, enum sci_kind kind);
void __sci_page_alloc(struct page *page, unsigned int order, gfp_t gfp);

/**
 * sci_page_alloc - a page is handed out by the page allocator
 * @page: the first one
 * @order: of their number
 * @gfp: what was asked for
 *
 * What a page was used for last does not matter until here.
 *
 * Context: any but NMI
 */
static __always_inline void sci_page_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	/* One comparison for both bits: no kind is __GFP_TABLE, who asks for one gets further. */
	static_assert(SCI_VISIBLE == 0 && SCI_HIDDEN == (__force unsigned int)__GFP_HIGHMEM);
	static_assert((__force unsigned int)__GFP_TABLE > U8_MAX);

	if (static_branch_likely(&sci_hide_key) &&
	    (order || sci_kinds[page_to_pfn(page)] !=
		      (__force unsigned int)(gfp & (__GFP_HIGHMEM | __GFP_TABLE))))
		__sci_page_alloc(page, order, gfp);
}

/**
 * enum sci_level - how isolated tasks are: what is greater is stricter
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
 * struct sci_policy - what holds for one cgroup
 * @own: views of this cgroup's own, while sci.enabled is 1; NULL otherwise.  RCU
 *	keeps them as long as somebody may have a copy of the pointer.
 * @mode: sci.mode
 * @profile: what has been written to sci.profile; a domain that begins takes it over
 * @domain: where its tasks run: the topmost enabled cgroup's own views; NULL if it
 *	is not isolated
 * @level: what holds for its tasks
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

/* Of the architecture, for the controller. */
int sci_policy_add(const void *key);
void sci_policy_remove(const void *key);
void sci_policy_set(const void *key, const struct sci_policy *policy);
struct sci_policy sci_policy_get(const void *key);
struct sci_domain *sci_domain_alloc(void);
bool sci_domain_get(struct sci_domain *domain);
void sci_domain_put(struct sci_domain *domain);
void sci_domain_seal(struct sci_domain *domain, struct sci_profile *profile);
bool sci_domain_sealed(struct sci_domain *domain);
struct sci_profile *sci_profile_alloc(void);
void sci_profile_free(struct sci_profile *profile);
bool sci_profile_complete(const struct sci_profile *profile);
struct sci_profile *sci_profile_take(struct sci_domain *domain);
ssize_t sci_profile_write(struct sci_profile *profile, const char *text, size_t len);
void sci_profile_show(struct seq_file *m, const struct sci_profile *profile);
void sci_domain_usage(struct sci_domain *domain, struct sci_usage *usage);
void sci_domain_show(struct seq_file *m, struct sci_domain *domain);
int sci_task_alloc(struct task_struct *task);
void sci_task_set(struct task_struct *task, const struct sci_policy *policy);
enum sci_level sci_task_level(const struct task_struct *task);
bool sci_task_sealed(const struct task_struct *task, const struct sci_domain *domain);
void sci_task_free(struct task_struct *task);
void sci_direct_show(struct seq_file *m);

/* Of the controller, for the architecture. */
void sci_cgroup_violation(bool kill);

/* Of the controller, for the cgroup core. */
int sci_cgroup_vet_migration(struct cgroup *src, struct cgroup *dst);

#else /* !CONFIG_CGROUP_SCI */

#define SCI_IA32_BASE		0

static __always_inline bool sci_syscall_enter(struct pt_regs *regs, unsigned int nr)
{
	return true;
}

static __always_inline bool sci_page_fault(struct pt_regs *regs, unsigned long error_code,
					   unsigned long address, struct sci_irq_state *state)
{
	return false;
}

static inline int sci_cgroup_vet_migration(struct cgroup *src, struct cgroup *dst)
{
	return 0;
}

static __always_inline void sci_page_alloc(struct page *page, unsigned int order, gfp_t gfp) { }
static __always_inline void sci_syscall_exit(void) { }
static __always_inline void sci_irq_enter(struct sci_irq_state *state) { }
static __always_inline void sci_irq_exit(struct sci_irq_state *state) { }
static __always_inline void sci_check_caller(const struct sci_irq_state *state,
					     const void *function) { }
static __always_inline void sci_nmi_enter(struct sci_irq_state *state) { }
static __always_inline void sci_nmi_exit(struct sci_irq_state *state) { }
static __always_inline void sci_view_suspend(void) { }
static __always_inline void sci_view_resume(void) { }
static __always_inline void sci_view_leave(void) { }
static __always_inline void sci_task_exit(void) { }
static __always_inline void sci_mm_changed(void) { }

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_CGROUP_H */
