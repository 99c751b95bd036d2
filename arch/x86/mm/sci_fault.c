// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: faults on a view.
 *
 * A fault in an isolated system call is ours if isolation is its cause: text
 * that the view lacks, or a table entry that the task's copy lacks.  The
 * execution of anything but kernel text and a write to kernel text are a
 * violation whatever the cause, and so is access to memory that is hidden from
 * isolated calls, other than through a window.  Every other fault, such as on
 * user memory, is left to the ordinary handler, which runs on the full page table
 * as well.
 *
 * A violation kills the process, not by an oops: how often a tenant is caught
 * must not decide on panic_on_oops or oops_limit.  As in an oops, locks that
 * the system call holds are not released.  In audit mode the access is let
 * through instead: nothing is hidden from the rest of the call, see sci_space_unconfine().
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/debug_locks.h>
#include <linux/extable.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include <asm/extable.h>
#include <asm/stacktrace.h>
#include <asm/trap_pf.h>
#include <asm/trapnr.h>

#include "sci.h"

#define CREATE_TRACE_POINTS
#include <trace/events/sci.h>

static const char * const sci_reasons[NR_SCI_VERDICTS] = {
	[SCI_OK]		= "ok",
	[SCI_MID_FUNCTION]	= "mid-function",
	[SCI_NOT_A_SYMBOL]	= "not-a-symbol",
	[SCI_NO_CALL]		= "no-call",
	[SCI_WRONG_CALL]	= "wrong-call",
	[SCI_WRONG_TYPE]	= "wrong-type",
	[SCI_BAD_CROSSING]	= "bad-crossing",
	[SCI_STACK_FOREIGN]	= "stack-foreign",
	[SCI_STACK_BROKEN]	= "stack-broken",
	[SCI_STACK_FORGED]	= "stack-forged",
	[SCI_EXEC_DATA]		= "exec-of-data",
	[SCI_WRITE_TEXT]	= "write-to-text",
	[SCI_HIDDEN_MEMORY]	= "hidden-memory",
	[SCI_PAGE_TABLE]	= "page-table",
	[SCI_CREDENTIALS]	= "credentials",
	[SCI_NOT_IN_PROFILE]	= "not-in-profile",
	[SCI_NO_MEMORY]		= "no-memory",
};

/**
 * sci_die - end the current process after a violation
 *
 * Nothing of the system call is resumed, whatever its state was.
 *
 * Context: task; interrupts off; the preemption count is that of the fault
 */
void __noreturn sci_die(void)
{
	struct task_struct *task = current;

	/* What the call had on its stack may not be there any more. */
	task->plug = NULL;
	task->bio_list = NULL;
	task->reclaim_state = NULL;
	task->nameidata = NULL;
	task->bpf_net_context = NULL;
#ifdef CONFIG_BPF_SYSCALL
	task->bpf_ctx = NULL;
#endif
#ifdef CONFIG_COMPACTION
	task->capture_control = NULL;
#endif
	task->pagefault_disabled = 0;

	/* Locks stay held, which lockdep need not report again and again. */
	if (lockdep_depth(task) || softirq_count())
		debug_locks_off();
	lockdep_on();

	/* It may have been about to sleep. */
	__set_current_state(TASK_RUNNING);
	preempt_count_set(PREEMPT_ENABLED);
	local_irq_enable();
	/* These at least can be released: nothing is read any more. */
	while (rcu_preempt_depth())
		__rcu_read_unlock();
	while (task->migration_disabled)
		migrate_enable();
	do_group_exit(SIGKILL);
}

/* Returns in audit mode only. */
static void sci_violation(struct sci_space *space, unsigned long target,
			  enum sci_verdict verdict)
{
	const struct sci_view *view = space->view;
	const char *reason = sci_reasons[verdict];
	bool kill = READ_ONCE(space->level) == SCI_ENFORCE;
	struct stack_info info;

	sci_cgroup_violation(kill);
	trace_sci_violation(view->nr, target, reason, kill);
	/* Its own limit for each domain: a tenant's flood must not hide another's. */
	if (__ratelimit(&space->held->log_limit))
		/* Any lock may be held, the console's included. */
		printk_deferred(pr_fmt("%sviolation: %s[%d] syscall %s:%u target %pS reason %s\n"),
				kill ? "" : "audited ", current->comm, task_pid_nr(current),
				sci_syscall_abi(view->nr), sci_syscall_nr(view->nr),
				(void *)target, reason);
	if (!kill) {
		sci_space_unconfine(space);
		return;
	}

	/*
	 * Others may have links to objects on the stack, such as wait queue
	 * entries: keep it, if it is the task's and there is room.
	 */
	if (in_task_stack((unsigned long *)current_stack_pointer, current, &info) &&
	    current_stack_pointer - (unsigned long)info.begin > THREAD_SIZE / 2)
		sci_die();
	sci_rewind_and_die();
}

/* The same, found elsewhere than in a fault: lockdep has not been told that interrupts are off. */
static void sci_found(struct sci_space *space, unsigned long target, enum sci_verdict verdict)
{
	lockdep_off();
	sci_violation(space, target, verdict);
	lockdep_on();
}

static int sci_map_text(struct sci_view *view, unsigned long address, bool exec)
{
	if (sci_in_modules(address))
		return sci_module_map(view, address, exec);
	return sci_view_map(view, address, exec);
}

/**
 * sci_bad_exit - a function that leaves the view has not been called for it
 * @function: the function
 *
 * Context: task, interrupts off, full page table loaded
 */
void sci_bad_exit(unsigned long function)
{
	struct sci_space *space = sci_task_space(current);

	/* Nobody else comes here on the full page table. */
	if (!space || !space->held)
		return;

	/* Dying, the task may sleep: not to come back to the view. */
	space->active = false;
	sci_found(space, function, SCI_WRONG_CALL);
	space->active = true;
}

/**
 * sci_bad_creds - the current task's credentials are not what the kernel gave it
 * @space: its space
 *
 * Context: end of an isolated call, interrupts off, full page table loaded
 */
void sci_bad_creds(struct sci_space *space)
{
	sci_found(space, (unsigned long)rcu_dereference_raw(current->cred), SCI_CREDENTIALS);
	/* Audit mode: once is enough. */
	sci_creds_trust(space, current);
}

/**
 * sci_bad_text - the current task's call has needed text that the profile lacks
 * @space: its space
 *
 * Found at the fault, and told here, where the call holds no locks: what the verifier
 * accepts is likely to be something legitimate that is rarely done, such as to move a task
 * to another CPU.  To die of it in the middle of the scheduler would stop the machine.
 *
 * Context: as sci_bad_creds()
 */
void sci_bad_text(struct sci_space *space)
{
	unsigned long missed = space->missed;

	space->missed = 0;
	sci_found(space, missed, SCI_NOT_IN_PROFILE);
}

/**
 * sci_bad_mm - the current task's page table was not the one that the kernel gave it
 * @space: its space
 *
 * Context: interrupts off, full page table loaded, which is the right one by now
 */
void sci_bad_mm(struct sci_space *space)
{
	bool active = space->active;

	space->active = false;
	sci_found(space, (unsigned long)&space->mm->pgd, SCI_PAGE_TABLE);
	space->active = active;
}

/**
 * __sci_user_fault - user mode was entered with the view still loaded
 * @address: the program went on there; the view maps no user memory executable
 *
 * Context: page fault, interrupts off
 */
void __sci_user_fault(unsigned long address)
{
	__sci_view_leave();
	sci_found(sci_task_space(current), address, SCI_EXEC_DATA);
}

/**
 * sci_space_add_text - add a page of text to a view without a fault
 * @space: the current task's
 * @address: in the page, which is known to be what the call executes
 *
 * Context: interrupts off, full page table loaded
 */
void sci_space_add_text(struct sci_space *space, unsigned long address)
{
	struct sci_view *view = space->view;

	if (space->unconfined || sci_view_executable(view, address) || sci_map_text(view, address, true) <= 0)
		return;
	atomic_inc(&view->faults);
	sci_count(space, SCI_CODE_FAULTS);
}

/* The call may go on, see sci_bad_text(); but no other one is to find that text in its view. */
static void sci_check_profile(struct sci_space *space, unsigned long address)
{
	struct sci_profile *profile = READ_ONCE(space->held->profile);

	if (!profile || space->missed || sci_profile_has_text(profile, address))
		return;
	space->missed = address;
	if (READ_ONCE(space->level) == SCI_ENFORCE)
		sci_view_retire(space->held, space->view);
}

/* A fault on the execution of text. */
static void sci_code_fault(struct sci_space *space, struct pt_regs *regs, unsigned long address)
{
	struct sci_view *view = space->view;
	enum sci_verdict verdict;
	int mapped = 0;

	if (sci_view_executable(view, address)) {
		sci_count(space, SCI_SPURIOUS_FAULTS);
		return;
	}

	verdict = sci_verify(view, regs, address);
	if (verdict == SCI_OK) {
		sci_check_profile(space, address);
		mapped = sci_map_text(view, address, true);
		if (mapped < 0)
			verdict = SCI_NO_MEMORY;
	}
	trace_sci_fault(view->nr, regs->ip, address, "exec", sci_reasons[verdict]);
	if (verdict != SCI_OK) {
		sci_violation(space, regs->ip, verdict);
		return;
	}
	atomic_inc(&view->faults);
	sci_count(space, mapped ? SCI_CODE_FAULTS : SCI_SPURIOUS_FAULTS);
}

/* An indirect call that is not known.  It is made from here. */
static void sci_icall_fault(struct sci_space *space, struct pt_regs *regs)
{
	enum sci_verdict verdict = sci_verify_icall(space->view, regs);
	unsigned long target = regs->r10;

	trace_sci_fault(space->view->nr, regs->ip, target, "icall", sci_reasons[verdict]);
	if (verdict == SCI_OK)
		sci_count(space, SCI_ICALL_FAULTS);
	else
		sci_violation(space, target, verdict);
	regs->ip = target;
}

/* Text as data: the instruction decoder, kprobes, text patching. */
static void sci_data_fault(struct sci_space *space, struct pt_regs *regs, unsigned long address)
{
	bool mapped = sci_view_map(space->view, address, false);

	trace_sci_fault(space->view->nr, regs->ip, address, "read", sci_reasons[SCI_OK]);
	sci_count(space, mapped ? SCI_DATA_FAULTS : SCI_SPURIOUS_FAULTS);
}

/* A fault on anything but the image's text: something may be out of date. */
static bool sci_sync(struct sci_space *space, unsigned long error_code, unsigned long address)
{
	int synced;

	if (!sci_in_modules(address))
		return sci_sync_entry(space, address);

	synced = sci_module_map(space->view, address, false);
	if (synced < 0)
		sci_violation(space, address, SCI_NO_MEMORY);
	if (synced)
		return true;

	/* Another CPU on the same view may have been faster. */
	if ((error_code & X86_PF_PROT) || !sci_module_present(address))
		return false;
	sci_count(space, SCI_SPURIOUS_FAULTS);
	return true;
}

/* Does the code expect that this address may not be there? */
static bool sci_is_probe(const struct pt_regs *regs)
{
	switch (ex_get_fixup_type(regs->ip)) {
	case EX_TYPE_NONE:
		return false;
	case EX_TYPE_UACCESS:
	case EX_TYPE_UCOPY_LEN:
		/* User memory is meant, unless faults are off on purpose. */
		return pagefault_disabled();
	}
	return true;
}

/* An access to memory that the direct map of this call lacks, or a write to what it protects. */
static bool sci_direct_fault(struct sci_space *space, struct pt_regs *regs,
			     unsigned long error_code, unsigned long address)
{
	bool write = error_code & X86_PF_WRITE, table = write && sci_direct_is_table(address);
	enum sci_verdict verdict = table ? SCI_PAGE_TABLE : SCI_HIDDEN_MEMORY;

	if ((write || !(error_code & X86_PF_PROT)) &&
	    sci_direct_maps(sci_direct_map_for(space->writes_tables), address, write)) {
		sci_count(space, SCI_SPURIOUS_FAULTS);
		return true;
	}
	if (!table && !sci_direct_hides(address))
		return false;
	/* The ordinary handler would find the address mapped, and try again. */
	if (sci_is_probe(regs))
		return fixup_exception(regs, X86_TRAP_PF, error_code, address);

	trace_sci_fault(space->view->nr, regs->ip, address, write ? "write" : "read",
			sci_reasons[verdict]);
	sci_violation(space, address, verdict);
	return true;
}

static bool sci_handle_fault(struct pt_regs *regs, unsigned long error_code,
			     unsigned long address)
{
	struct sci_space *space = sci_task_space(current);
	bool image = sci_is_text(address);
	bool text = image || sci_is_module_text(address);

	if (space->unconfined)
		return sci_sync_entry(space, address);

	if (sci_is_icall_fault(regs->ip, address)) {
		sci_icall_fault(space, regs);
		return true;
	}

	if (error_code & X86_PF_INSTR) {
		if (text) {
			sci_code_fault(space, regs, address);
			return true;
		}
		if (sci_sync(space, error_code, address))
			return true;
		sci_violation(space, address, SCI_EXEC_DATA);
		return false;
	}

	if (text && (error_code & X86_PF_WRITE)) {
		/* Code that expects a failure may probe. */
		if (!search_exception_tables(regs->ip))
			sci_violation(space, address, SCI_WRITE_TEXT);
		return false;
	}

	if (!image)
		return sci_sync(space, error_code, address) ||
		       sci_direct_fault(space, regs, error_code, address);

	sci_data_fault(space, regs, address);
	return true;
}

/*
 * The fault comes from any place, also between a change of the preemption count
 * and lockdep's notice of it.  What is taken here are RCU's read locks only.
 */
bool __sci_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	bool handled;

	lockdep_off();
	handled = sci_handle_fault(regs, error_code, address);
	lockdep_on();
	return handled;
}
