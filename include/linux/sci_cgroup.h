/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the hooks for the rest of the kernel.
 *
 * Each system call of a task in an isolated cgroup runs on a page table of the
 * task's own.  Of the kernel's text it maps only the part that this system call
 * number has legitimately reached in this cgroup: a view.  Of the kernel's memory it
 * lacks all pages that need no permanent mapping, such as user memory and page cache,
 * and lets most system calls only read page tables.
 *
 * A hook is one line where it is called, a patched-out jump until some cgroup is
 * isolated, and nothing at all without CONFIG_CGROUP_SCI.  The hooks keep one rule: a
 * view is loaded only while the code of an isolated system call itself runs.
 * Interrupts, exceptions, softirqs and the scheduler run on the full page table.
 *
 * <linux/sci_page.h> has the hooks of memory management, <asm/sci.h> those of the
 * architecture, <linux/sci_controller.h> the contract between the controller and the
 * architecture.  docs/architecture.md has the table of terms.
 */
#ifndef _LINUX_SCI_CGROUP_H
#define _LINUX_SCI_CGROUP_H

#include <linux/sci_irq.h>
#include <linux/sci_page.h>
#include <linux/sci_types.h>

struct cgroup;
struct pt_regs;
struct task_struct;

#ifdef CONFIG_CGROUP_SCI

#include <linux/mm.h>
#include <linux/sched.h>

#include <asm/sci.h>

struct sci_space;

/*
 * The directory of isolated tasks: the space of each, by the address of its
 * task_struct.  Isolated system calls cannot reach it, and nothing else says which
 * tasks are isolated.  No two task_structs start within the same SCI_TASK_SIZE.
 */
#define SCI_TASK_SHIFT		11
#define SCI_TASK_SIZE		BIT(SCI_TASK_SHIFT)
#define SCI_SPACES_PER_PAGE	(PAGE_SIZE / sizeof(struct sci_space *))
extern struct sci_space ***sci_spaces;

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
void __sci_creds_committed(void);
void __sci_user_fault(unsigned long address);
bool __sci_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address);

/*
 * Ends a function whose last statement is a call that __sci_check_caller() looks at: the
 * compiler must not make a jump of it.
 */
#define sci_no_tail_call()	barrier()

/**
 * sci_task_space - get a task's space
 * @task: any user task
 *
 * Context: full page table loaded.  For another task than the current one, the
 *	controller's locks keep it from being released.
 * Return: NULL: it has none, it is not isolated
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
	return (unsigned long)task - PAGE_OFFSET < sci_nr_pages << PAGE_SHIFT &&
	       sci_task_space(task);
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
	sci_no_tail_call();
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
	sci_no_tail_call();
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
	sci_no_tail_call();
}

/**
 * sci_nmi_exit - an NMI-like exception returns to kernel mode
 * @state: from sci_nmi_enter()
 */
static __always_inline void sci_nmi_exit(struct sci_irq_state *state)
{
	if (unlikely(state->on_view))
		__sci_nmi_exit(state);
	sci_no_tail_call();
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
	sci_no_tail_call();
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
	sci_no_tail_call();
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
	sci_no_tail_call();
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
 * sci_creds_committed - the current task has got other credentials
 *
 * Context: the task's own; right after the change
 */
static inline void sci_creds_committed(void)
{
	if (static_branch_unlikely(&sci_key))
		__sci_creds_committed();
}

/* For the page allocator. */
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

/* The controller's, for the cgroup core. */
int sci_cgroup_vet_migration(struct cgroup *src, struct cgroup *dst);

#else /* !CONFIG_CGROUP_SCI */

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
static inline void sci_creds_committed(void) { }

#endif /* CONFIG_CGROUP_SCI */
#endif /* _LINUX_SCI_CGROUP_H */
