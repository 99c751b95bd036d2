// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: violations.
 *
 * A violation kills the process.  It is not an oops, because a tenant must not be able to
 * panic the machine by panic_on_oops or oops_limit.  As after an oops, locks that the
 * system call holds are not released.  In audit mode the access continues, and the rest of
 * the system call is unconfined, see sci_space_unconfine().
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/debug_locks.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sci_controller.h>

#include <asm/stacktrace.h>

#include "../base/pause.h"
#include "../base/syscalls.h"
#include "../tasks/space.h"
#include "../views/domain.h"
#include "../views/view.h"
#include "violation.h"

#define CREATE_TRACE_POINTS
#include <trace/events/sci.h>

/**
 * sci_die - end the current process after a violation
 *
 * The system call does not continue, whatever its state was.
 *
 * Context: task; interrupts off; the preemption count is that of the fault
 */
void __noreturn sci_die(void)
{
	struct task_struct *task = current;

	/* Objects on the system call's stack may be gone. */
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

	/* Locks stay held: keep lockdep from reporting them over and over. */
	if (lockdep_depth(task) || softirq_count())
		debug_locks_off();
	lockdep_on();

	/* The task may have been about to sleep. */
	__set_current_state(TASK_RUNNING);
	preempt_count_set(PREEMPT_ENABLED);
	local_irq_enable();
	/* These can be ended, because the system call reads nothing any more. */
	while (rcu_preempt_depth())
		__rcu_read_unlock();
	while (task->migration_disabled)
		migrate_enable();
	do_group_exit(SIGKILL);
}

/**
 * sci_violation - report a violation, and end the process unless the mode is audit
 * @space: the current task's space
 * @target: the address that the system call tried to reach
 * @verdict: the violation
 *
 * Context: fault on a view, interrupts off, full page table loaded
 */
void sci_violation(struct sci_space *space, unsigned long target, enum sci_verdict verdict)
{
	const struct sci_view *view = space->view;
	const char *reason = sci_reason(verdict);
	bool kill = READ_ONCE(space->level) == SCI_ENFORCE;
	struct stack_info info;

	sci_assert_full_table();
	sci_cgroup_violation(kill);
	trace_sci_violation(view->nr, target, reason, kill);
	/* A limit for each domain: one tenant's flood must not hide another's messages. */
	if (__ratelimit(&space->held->log_limit))
		/* Any lock may be held, even the console's. */
		printk_deferred(pr_fmt("%sviolation: %s[%d] syscall %s:%u target %pS reason %s\n"),
				kill ? "" : "audited ", current->comm, task_pid_nr(current),
				sci_syscall_abi(view->nr), sci_syscall_nr(view->nr),
				(void *)target, reason);
	if (!kill) {
		sci_space_unconfine(space);
		return;
	}

	/*
	 * Stay on this stack if it is the task's and has room: other tasks may have links
	 * to objects on it, such as wait queue entries.
	 */
	if (in_task_stack((unsigned long *)current_stack_pointer, current, &info) &&
	    current_stack_pointer - (unsigned long)info.begin > THREAD_SIZE / 2)
		sci_die();
	sci_rewind_and_die();
}

/**
 * sci_found - as sci_violation(), for a violation that was not found by a fault on a view
 * @space: the current task's space
 * @target: the address that the system call tried to reach
 * @verdict: the violation
 *
 * Context: task, interrupts off without lockdep's knowledge, full page table loaded
 */
void sci_found(struct sci_space *space, unsigned long target, enum sci_verdict verdict)
{
	lockdep_off();
	sci_violation(space, target, verdict);
	lockdep_on();
}

/**
 * sci_bad_exit - report that a function that leaves the view was not called directly
 * @function: the function
 *
 * Context: task, interrupts off, full page table loaded.  From __sci_nmi_exit() the view
 *	may be: the access to the directory is a violation then, which ends the process, too.
 */
void sci_bad_exit(unsigned long function)
{
	struct sci_space *space = sci_task_space(current);
	bool active;

	/* A task that is not isolated has no view to leave. */
	if (!space || !space->held)
		return;

	/* The dying task may sleep, and must not come back to the view. */
	active = space->active;
	space->active = false;
	sci_found(space, function, SCI_WRONG_CALL);
	space->active = active;
}

/**
 * sci_bad_creds - report that the current task's credentials are not the trusted ones
 * @space: the task's space
 *
 * Context: end of an isolated system call, interrupts off, full page table loaded
 */
void sci_bad_creds(struct sci_space *space)
{
	sci_assert_full_table();
	sci_found(space, (unsigned long)rcu_dereference_raw(current->cred), SCI_CREDENTIALS);
	/* In audit mode, report it only once. */
	sci_creds_trust(space, current);
}

/**
 * sci_bad_text - report that a system call has executed text that the profile lacks
 * @space: the current task's space
 *
 * The fault finds it, but it is reported at the end of the system call, when no locks are
 * held.  The verifier has accepted the text, so it is likely to be legitimate and rare,
 * such as moving a task to another CPU.  A process that died there, with locks of the
 * scheduler held, would stop the machine.
 *
 * Context: as sci_bad_creds()
 */
void sci_bad_text(struct sci_space *space)
{
	unsigned long missed;

	sci_assert_full_table();
	missed = space->missed;
	space->missed = 0;
	sci_found(space, missed, SCI_NOT_IN_PROFILE);
}

/**
 * sci_bad_mm - report that the current task's page table was not the trusted one
 * @space: the task's space
 *
 * Context: interrupts off, the trusted full page table is loaded again
 */
void sci_bad_mm(struct sci_space *space)
{
	bool active;

	sci_assert_full_table();
	active = space->active;
	space->active = false;
	sci_found(space, (unsigned long)&space->mm->pgd, SCI_PAGE_TABLE);
	space->active = active;
}
