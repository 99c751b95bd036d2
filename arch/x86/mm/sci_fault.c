// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: faults on a view.
 *
 * A fault in an isolated system call is ours if isolation is its cause: text
 * that the view lacks, or a table entry that the task's copy lacks.  The
 * execution of anything but kernel text and a write to kernel text are a
 * violation whatever the cause.  Every other fault, such as on user memory, is
 * left to the ordinary handler, which runs on the full page table as well.
 *
 * A violation kills the process, not by an oops: how often a tenant is caught
 * must not decide on panic_on_oops or oops_limit.  As in an oops, locks that
 * the system call holds are not released.  In audit mode the access is let
 * through instead: the rest of the call runs on the full page table.
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

#include <asm/stacktrace.h>
#include <asm/trap_pf.h>

#include "sci.h"

#define CREATE_TRACE_POINTS
#include <trace/events/sci.h>

static const char * const sci_reasons[NR_SCI_VERDICTS] = {
	[SCI_OK]		= "ok",
	[SCI_MID_FUNCTION]	= "mid-function",
	[SCI_NOT_A_SYMBOL]	= "not-a-symbol",
	[SCI_NO_CALL]		= "no-call",
	[SCI_WRONG_CALL]	= "wrong-call",
	[SCI_BAD_CROSSING]	= "bad-crossing",
	[SCI_STACK_FOREIGN]	= "stack-foreign",
	[SCI_STACK_BROKEN]	= "stack-broken",
	[SCI_STACK_FORGED]	= "stack-forged",
	[SCI_EXEC_DATA]		= "exec-of-data",
	[SCI_WRITE_TEXT]	= "write-to-text",
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
static void sci_violation(const struct sci_view *view, unsigned long target,
			  enum sci_verdict verdict, struct sci_irq_state *state)
{
	const char *reason = sci_reasons[verdict];
	bool kill = sci_cgroup_enforces();
	struct stack_info info;

	sci_cgroup_violation(kill);
	trace_sci_violation(view->nr, target, reason, kill);
	/* Its own limit for each domain: a tenant's flood must not hide another's. */
	if (__ratelimit(&current->sci.held->log_limit))
		/* Any lock may be held, the console's included. */
		printk_deferred(pr_fmt("%sviolation: %s[%d] call %s:%u target %pS reason %s\n"),
				kill ? "" : "audited ", current->comm, task_pid_nr(current),
				sci_call_abi(view->nr), sci_call_number(view->nr),
				(void *)target, reason);
	if (!kill) {
		state->stay_off = true;
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

static int sci_map(struct sci_view *view, unsigned long address, bool exec)
{
	if (sci_in_modules(address))
		return sci_module_map(view, address, exec);
	return sci_view_map(view, address, exec);
}

/* A fault on the execution of text. */
static void sci_code_fault(struct sci_view *view, struct pt_regs *regs, unsigned long address,
			   struct sci_irq_state *state)
{
	enum sci_verdict verdict;
	int mapped = 0;

	if (sci_view_executable(view, address)) {
		sci_count(SCI_SPURIOUS_FAULTS);
		return;
	}

	verdict = sci_verify(view, regs, address);
	if (verdict == SCI_OK) {
		mapped = sci_map(view, address, true);
		if (mapped < 0)
			verdict = SCI_NO_MEMORY;
	}
	trace_sci_fault(view->nr, regs->ip, address, "exec", sci_reasons[verdict]);
	if (verdict != SCI_OK) {
		sci_violation(view, regs->ip, verdict, state);
		return;
	}
	atomic_inc(&view->faults);
	sci_count(mapped ? SCI_CODE_FAULTS : SCI_SPURIOUS_FAULTS);
}

/* Text as data: the instruction decoder, kprobes, text patching. */
static void sci_data_fault(struct sci_view *view, struct pt_regs *regs, unsigned long address)
{
	trace_sci_fault(view->nr, regs->ip, address, "read", sci_reasons[SCI_OK]);
	sci_count(sci_view_map(view, address, false) ? SCI_DATA_FAULTS : SCI_SPURIOUS_FAULTS);
}

/* A fault on anything but the image's text: something may be out of date. */
static bool sci_sync(struct sci_task *sci, unsigned long error_code, unsigned long address,
		     struct sci_irq_state *state)
{
	int synced;

	if (!sci_in_modules(address))
		return sci_sync_entry(sci, address);

	synced = sci_module_map(sci->view, address, false);
	if (synced < 0)
		sci_violation(sci->view, address, SCI_NO_MEMORY, state);
	if (synced)
		return true;

	/* Another CPU on the same view may have been faster. */
	if ((error_code & X86_PF_PROT) || !sci_module_present(address))
		return false;
	sci_count(SCI_SPURIOUS_FAULTS);
	return true;
}

static bool sci_handle_fault(struct pt_regs *regs, unsigned long error_code,
			     unsigned long address, struct sci_irq_state *state)
{
	struct sci_task *sci = &current->sci;
	bool image = sci_is_text(address);
	bool text = image || sci_is_module_text(address);

	if (error_code & X86_PF_INSTR) {
		if (text) {
			sci_code_fault(sci->view, regs, address, state);
			return true;
		}
		if (sci_sync(sci, error_code, address, state))
			return true;
		sci_violation(sci->view, address, SCI_EXEC_DATA, state);
		return false;
	}

	if (text && (error_code & X86_PF_WRITE)) {
		/* Code that expects a failure may probe. */
		if (!search_exception_tables(regs->ip))
			sci_violation(sci->view, address, SCI_WRITE_TEXT, state);
		return false;
	}

	if (!image)
		return sci_sync(sci, error_code, address, state);

	sci_data_fault(sci->view, regs, address);
	return true;
}

/*
 * The fault comes from any place, also between a change of the preemption count
 * and lockdep's notice of it.  What is taken here are RCU's read locks only.
 */
bool __sci_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address,
		      struct sci_irq_state *state)
{
	bool handled;

	lockdep_off();
	handled = sci_handle_fault(regs, error_code, address, state);
	lockdep_on();
	return handled;
}
