/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the hooks for the rest of the kernel.
 *
 * Each system call of a task in an isolated cgroup runs on a page table of the task's own.
 * Of the kernel's text, this maps only a view: the part that this system call number has
 * legitimately reached in this cgroup.  Of the kernel's memory, it lacks all pages that
 * need no permanent mapping, such as user memory and page cache.  Page tables are read-only
 * to most system calls.
 *
 * A hook is one line where it is called, a patched-out jump until some cgroup is isolated,
 * and nothing at all without CONFIG_CGROUP_SCI.  The hooks keep one rule: a view is loaded
 * only while the code of an isolated system call itself runs.  Interrupts, exceptions,
 * softirqs and the scheduler run on the full page table.
 *
 * <linux/sci_page.h> has the hooks of memory management, <asm/sci.h> has those of the
 * architecture, and <linux/sci_controller.h> has the contract between the controller and
 * the architecture.  Documentation/arch/x86/sci.rst explains the terms.
 */
#ifndef _LINUX_SCI_CGROUP_H
#define _LINUX_SCI_CGROUP_H

#include <linux/percpu.h>
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
 * The directory of tasks' spaces, by the address of the task_struct.  Isolated system calls
 * cannot reach it, and nothing else decides which tasks are isolated.  No two task_structs
 * start within the same SCI_TASK_SIZE.
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
 * Ends a function whose last statement is a call that __sci_check_caller() looks for: the
 * compiler must not turn the call into a jump.
 */
#define sci_no_tail_call()	barrier()

/**
 * sci_task_space - get a task's space
 * @task: the current task, or one that the controller's locks keep from being released; it
 *	is not init_task
 *
 * Context: full page table loaded
 * Return: the space; NULL: the task has none, so it is not isolated
 */
static __always_inline struct sci_space *sci_task_space(const struct task_struct *task)
{
	unsigned long i = ((unsigned long)task - PAGE_OFFSET) >> SCI_TASK_SHIFT;

	return READ_ONCE(sci_spaces[i / SCI_SPACES_PER_PAGE][i % SCI_SPACES_PER_PAGE]);
}

/**
 * sci_task_has_space - does a task have a space?
 * @task: as for sci_task_space(), or init_task
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
 * @nr: index of the system call's view, see SCI_IA32_BASE
 *
 * Call sci_syscall_exit() after it in either case.
 *
 * Context: after the entry work (ptrace, seccomp, audit), interrupts on.  May sleep when
 *	the cgroup uses a system call for the first time.
 * Return: true: run the system call.  False: it must not run, and its result is set to an
 *	error: -ENOMEM; -EPERM: it cannot be isolated; -ENOSYS: the profile lacks it.
 */
static __always_inline bool sci_syscall_enter(struct pt_regs *regs, unsigned int nr)
{
	if (static_branch_unlikely(&sci_key) && unlikely(sci_task_space(current)))
		return __sci_syscall_enter(regs, nr);
	return true;
}

/**
 * sci_syscall_exit - leave the view, before the exit work
 */
static __always_inline void sci_syscall_exit(void)
{
	if (static_branch_unlikely(&sci_key) && unlikely(raw_cpu_read(sci_on_view)))
		__sci_syscall_exit();
	sci_no_tail_call();
}

/**
 * sci_irq_enter - an interrupt or exception from kernel mode starts
 * @state: for the matching sci_irq_exit()
 *
 * Also for softirqs that run in the context of a system call but are not part of it.
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
 * sci_check_caller - check that the running function was called by a direct call
 * @state: from sci_irq_enter() or sci_nmi_enter()
 * @function: the running function
 *
 * For functions that switch the page table.  All views map their text, so a corrupted
 * pointer that leads to one causes no fault.
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
 * Does not test sci_key: an interrupt that left a view must return to it.
 *
 * Context: interrupts off
 */
static __always_inline void sci_irq_exit(struct sci_irq_state *state)
{
	if (unlikely(state->on_view))
		__sci_irq_exit(state);
}

/**
 * sci_nmi_enter - an NMI-like exception from kernel mode starts
 * @state: for the matching sci_nmi_exit()
 *
 * It may come between any two instructions of a switch, when sci_on_view does not tell what
 * CR3 holds.  So both are saved and restored.
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
 * @error_code: the error code of the hardware
 * @address: the address that was accessed
 * @state: from sci_irq_enter()
 *
 * Does not return if the access is a violation and the mode is enforce: the process is
 * killed.  In audit mode the rest of the system call is unconfined.
 *
 * Context: interrupts off; full page table loaded, unless user mode has faulted
 * Return: true: the fault is handled, and execution can continue at @regs; false: it is an
 *	ordinary fault
 */
static __always_inline bool sci_page_fault(struct pt_regs *regs, unsigned long error_code,
					   unsigned long address, struct sci_irq_state *state)
{
	if (unlikely(state->on_view))
		return __sci_page_fault(regs, error_code, address);
	/* Exceptions from kernel mode have left the view: this one is from user mode. */
	if (static_branch_unlikely(&sci_key) && unlikely(this_cpu_read(sci_on_view)))
		__sci_user_fault(address);
	return false;
}

/**
 * sci_view_suspend - load the full page table; the system call stays isolated
 *
 * For the scheduler, and for code that is about to load another mm.
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
 * sci_view_resume - load the view again after sci_view_suspend(), if the task is active
 *
 * Context: preemption off; the task and the mm to continue with are loaded
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
 * It then resumes the view, as sci_view_resume() does.
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
 * sci_view_leave - let the system call run on the full page table until its end
 *
 * For a task that exits, and for code that cannot run on a view, such as suspend and kexec.
 */
static __always_inline void sci_view_leave(void)
{
	if (static_branch_unlikely(&sci_key) && unlikely(raw_cpu_read(sci_on_view)))
		__sci_view_leave();
	sci_no_tail_call();
}

/**
 * sci_task_exit - the current task exits: it leaves the view, and then its mm
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
 * Context: right after the change
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
 * sci_page_alloc - set the kind of pages that the page allocator hands out
 * @page: the first page
 * @order: the order of their number
 * @gfp: the flags of the allocation
 *
 * Free pages keep the kind of their last use until here.
 *
 * Context: any but NMI
 */
static __always_inline void sci_page_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	/* One comparison for both flags: with __GFP_TABLE it never finds the same kind. */
	static_assert(SCI_VISIBLE == 0 && SCI_HIDDEN == (__force unsigned int)__GFP_HIGHMEM);
	static_assert((__force unsigned int)__GFP_TABLE > U8_MAX);

	if (static_branch_likely(&sci_hide_key) &&
	    (order || sci_kinds[page_to_pfn(page)] !=
		      (__force unsigned int)(gfp & (__GFP_HIGHMEM | __GFP_TABLE))))
		__sci_page_alloc(page, order, gfp);
}

/* A hook of the controller, for the cgroup core */
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
