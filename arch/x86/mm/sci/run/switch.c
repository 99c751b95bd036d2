// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: switches between the view and the full page table.
 *
 * There are two separate facts.  sci_space.active is per task: the task runs the code of an
 * isolated system call.  sci_on_view is per CPU: CR3 holds the current task's own table.
 * Both are false in an interrupt, an exception or a softirq.  In the scheduler the task is
 * active and the CPU is not on a view.  The CPU on which the task continues resumes the
 * view if the task is active.
 *
 * Code that switches is in .noinstr.text, which every view maps, because it runs on the
 * view before it has loaded the full page table and after it has loaded the view.
 *
 * PCIDs: all views of all tasks share SCI_PCID on each CPU, and each load of a view flushes
 * it.  The full page table keeps the PCID of its mm, and loading it flushes nothing.  There
 * is one exception: a flush that is requested on a view reaches only SCI_PCID, because
 * INVLPG and a write of CR3 reach only the loaded PCID.  sci_flush_full notes that, and the
 * next load of the full page table flushes.  Every way out of a view loads it, also the one
 * through switch_mm_irqs_off().
 */
#include <linux/cpufeature.h>
#include <linux/ftrace.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include <asm/irqflags.h>
#include <asm/sections.h>
#include <asm/special_insns.h>
#include <asm/text-patching.h>
#include <asm/tlbflush.h>

#include "../base/pause.h"
#include "../base/syscalls.h"
#include "../memory/direct.h"
#include "../tasks/mm.h"
#include "../tasks/space.h"
#include "../views/domain.h"
#include "../views/modules.h"
#include "../views/profile.h"
#include "../views/view.h"
#include "fault.h"
#include "switch.h"
#include "violation.h"
#include "window.h"

/* The PCID of the full page table may have stale entries. */
static DEFINE_PER_CPU(bool, sci_flush_full);

static __always_inline unsigned long sci_full_cr3(void)
{
	struct mm_struct *mm = this_cpu_read(cpu_tlbstate.loaded_mm);
	/* Not __sme_pa(): with debugging it calls a function that the view may lack. */
	unsigned long cr3 = __phys_addr_nodebug((unsigned long)mm->pgd) | sme_me_mask |
			    tlbstate_lam_cr3_mask();

	if (static_cpu_has(X86_FEATURE_PCID)) {
		/* As in build_cr3_noflush() */
		cr3 |= this_cpu_read(cpu_tlbstate.loaded_mm_asid) + 1;
		if (!this_cpu_read(sci_flush_full))
			cr3 |= CR3_NOFLUSH;
	}
	return cr3;
}

/* An NMI may come between these writes: it saves and restores CR3 and sci_on_view. */
static __always_inline void sci_load_full(void)
{
	native_write_cr3(sci_full_cr3());
	this_cpu_write(sci_flush_full, false);
	this_cpu_write(sci_on_view, SCI_ON_FULL);
}

/*
 * The loaded full page table must be the trusted one.  The scheduler and sci_load_full()
 * load the table that the task's mm, loaded_mm and mm->pgd lead to, and an isolated system
 * call can write these.  The kernel part of the loaded table must be right for execution to
 * get here.
 */
static __always_inline void sci_check_mm(struct sci_space *space)
{
	struct mm_struct *mm = space->mm;

	if (likely((__native_read_cr3() & CR3_ADDR_MASK) == space->top))
		return;

	/* Restore the real mm, so that exit tears down the right tables. */
	mm->pgd = __va(space->top);
	current->mm = mm;
	current->active_mm = mm;
	this_cpu_write(cpu_tlbstate.loaded_mm, mm);
	this_cpu_write(sci_flush_full, true);
	sci_load_full();
	instrumentation_begin();
	sci_bad_mm(space);
	instrumentation_end();
}

static __always_inline void sci_load_view(struct sci_space *space)
{
	const struct mm_struct *mm = this_cpu_read(cpu_tlbstate.loaded_mm);
	struct sci_view *view = space->view;

	sci_check_mm(space);
	if (unlikely(space->mm_id != mm->context.ctx_id ||
		     space->mm_gen != raw_atomic_long_read(&mm->context.sci_gen)))
		sci_sync_mm(space, mm);
	if (unlikely(view->module_gen != READ_ONCE(*sci_module_gen) && !space->unconfined)) {
		instrumentation_begin();
		sci_module_refresh(view);
		instrumentation_end();
	}
	if (unlikely(space->used))
		sci_windows_close(space, current->sci.windows);
	if (unlikely(sci_direct_shared)) {
		/* No fault may come on the stack: its handler would need the stack. */
		instrumentation_begin();
		sci_direct_sync(current_stack_pointer);
		instrumentation_end();
	}

	this_cpu_write(sci_on_view, SCI_ON_VIEW + space->writes_tables);
	native_write_cr3(space->cr3 | tlbstate_lam_cr3_mask());
}

/**
 * sci_view_pause_noinstr - load the full page table for a few lines of noinstr code
 *
 * sci_on_view stays set.  So other CPUs send their flush interrupts to this one, and these
 * arrive when interrupts are on again, after sci_view_unpause_noinstr().
 *
 * Context: interrupts off, view loaded
 */
noinstr void sci_view_pause_noinstr(void)
{
	native_write_cr3(sci_full_cr3());
	this_cpu_write(sci_flush_full, false);
	__sci_check_caller((unsigned long)sci_view_pause_noinstr, _RET_IP_);
}

/**
 * sci_view_unpause_noinstr - load the view again after sci_view_pause_noinstr()
 * @space: the current task's space
 * @flush: true if the TLB may have stale entries of the view
 */
noinstr void sci_view_unpause_noinstr(struct sci_space *space, bool flush)
{
	unsigned long cr3;

	sci_assert_full_table();
	cr3 = space->cr3 | tlbstate_lam_cr3_mask();
	if (static_cpu_has(X86_FEATURE_PCID) && !flush)
		cr3 |= CR3_NOFLUSH;
	native_write_cr3(cr3);
}

/*
 * Adopts the domain that the controller has set for this task.  The task is on the full
 * page table, so it does not use a view of the old domain.
 */
static void sci_task_adopt(struct sci_space *space)
{
	struct sci_domain *old = space->held, *new;

	sci_assert_full_table();
	/*
	 * The controller may have dropped its reference meanwhile.  If so, it has written
	 * another domain before.
	 */
	rcu_read_lock();
	do {
		/* Pairs with the release in sci_task_set(). */
		new = smp_load_acquire(&space->domain);
	} while (new && !refcount_inc_not_zero(&new->refs));
	rcu_read_unlock();

	space->view = NULL;
	space->held = new;
	/* When isolation starts, the credentials and the mm are trusted as they are. */
	if (!space->creds.cred)
		sci_creds_trust(space, current);
	if (!space->top)
		sci_mm_trust(space, current);
	if (old)
		sci_domain_put(old);
}

static void sci_count_preemptible(struct sci_space *space, enum sci_item item)
{
	preempt_disable();
	sci_count(space, item);
	preempt_enable();
}

/*
 * Returns the view for a system call, or an error if the system call must not run.
 * NULL: it runs without isolation, because the task is not isolated any more or because
 * audit mode permits it.
 */
static noinline struct sci_view *sci_syscall_prepare(struct sci_space *space, unsigned int nr)
{
	const struct sci_profile *profile;
	struct sci_view *view;

	if (space->held != READ_ONCE(space->domain))
		sci_task_adopt(space);
	if (!space->held)
		return NULL;

	if (sci_syscall_is_uring(nr)) {
		sci_count_preemptible(space, SCI_DENIED);
		return READ_ONCE(space->level) == SCI_ENFORCE ? ERR_PTR(-EPERM) : NULL;
	}

	profile = READ_ONCE(space->held->profile);
	if (profile && !sci_profile_has_syscall(profile, nr)) {
		sci_count_preemptible(space, SCI_DENIED);
		if (READ_ONCE(space->level) == SCI_ENFORCE)
			return ERR_PTR(-ENOSYS);
	}

	view = sci_domain_view(space->held, nr);
	if (IS_ERR(view))
		sci_count_preemptible(space, SCI_REFUSED);
	return view;
}

noinstr bool __sci_syscall_enter(struct pt_regs *regs, unsigned int nr)
{
	struct sci_space *space = sci_task_space(current);
	struct sci_view *view = NULL;

	if (likely(space->held && space->held == READ_ONCE(space->domain)))
		view = READ_ONCE(space->held->views[nr]);

	if (unlikely(!view)) {
		instrumentation_begin();
		view = sci_syscall_prepare(space, nr);
		instrumentation_end();
		if (!view)
			return true;
		if (IS_ERR(view)) {
			regs->ax = PTR_ERR(view);
			return false;
		}
	}

	raw_local_irq_disable();
	if (space->view != view ||
	    unlikely(space->unconfined || space->writes_tables != view->writes_tables))
		sci_set_view(space, view);
	space->active = true;
	sci_count(space, SCI_SYSCALLS);
	sci_load_view(space);
	raw_local_irq_enable();
	return true;
}

noinstr void __sci_syscall_exit(void)
{
	struct sci_space *space;

	raw_local_irq_disable();
	sci_load_full();
	__sci_check_caller((unsigned long)__sci_syscall_exit, _RET_IP_);
	space = sci_task_space(current);
	space->active = false;
	sci_check_mm(space);
	if (unlikely(space->used)) {
		current->sci.windows = 0;
		sci_windows_close(space, 0);
	}
	if (unlikely(space->missed)) {
		instrumentation_begin();
		sci_bad_text(space);
		instrumentation_end();
	}
	if (unlikely(sci_creds_wrong(space))) {
		instrumentation_begin();
		sci_bad_creds(space);
		instrumentation_end();
	}
	raw_local_irq_enable();
}

/*
 * A function that was called on the full page table is about to return to @ret on the view.
 * Add the page of @ret, because a fault on a return could not be verified.
 */
static __always_inline void sci_resume_at(struct sci_space *space, unsigned long function,
					  unsigned long ret)
{
	__sci_check_caller(function, ret);
	instrumentation_begin();
	sci_space_add_text(space, ret);
	instrumentation_end();
}

noinstr void __sci_irq_enter(struct sci_irq_state *state)
{
	sci_load_full();
	__sci_check_caller((unsigned long)__sci_irq_enter, _RET_IP_);
	sci_task_space(current)->active = false;
	state->on_view = SCI_ON_VIEW;
	state->hardirqs = lockdep_hardirqs_enabled();
}

noinstr void __sci_irq_exit(struct sci_irq_state *state)
{
	struct sci_space *space = sci_task_space(current);

	/* If interrupts were off behind lockdep's back, nothing else restores its state. */
	if (state->hardirqs && !lockdep_hardirqs_enabled()) {
		instrumentation_begin();
		trace_hardirqs_on_prepare();
		lockdep_hardirqs_on_prepare();
		instrumentation_end();
		lockdep_hardirqs_on(CALLER_ADDR0);
	}

	space->active = true;
	sci_resume_at(space, (unsigned long)__sci_irq_exit, _RET_IP_);
	sci_load_view(space);
}

/* loaded_mm is valid, because the view is suspended before another mm is loaded. */
noinstr void __sci_nmi_enter(struct sci_irq_state *state)
{
	state->cr3 = __native_read_cr3();
	state->on_view = this_cpu_read(sci_on_view);
	native_write_cr3(sci_full_cr3());
	this_cpu_write(sci_on_view, SCI_ON_FULL);
	__sci_check_caller((unsigned long)__sci_nmi_enter, _RET_IP_);
}

noinstr void __sci_nmi_exit(struct sci_irq_state *state)
{
	this_cpu_write(sci_on_view, state->on_view);
	native_write_cr3(state->cr3);
	__sci_check_caller((unsigned long)__sci_nmi_exit, _RET_IP_);
}

/**
 * __sci_check_caller - check that a function was called by a direct call
 * @function: a function that returns on another page table
 * @ret: its return address
 *
 * A caller that got to @function by a corrupted pointer, or by a forged return address,
 * would stay on the full page table.  So there must be a direct call of @function before
 * @ret: it leads back to code that was written for the switch.  Otherwise this is a
 * violation.
 *
 * Context: interrupts off; @function has loaded its page table
 */
noinstr void __sci_check_caller(unsigned long function, unsigned long ret)
{
	if (likely(ret >= (unsigned long)_stext && ret < (unsigned long)_etext &&
		   *(u8 *)(ret - CALL_INSN_SIZE) == CALL_INSN_OPCODE &&
		   ret + *(s32 *)(ret - sizeof(s32)) == function))
		return;

	instrumentation_begin();
	sci_bad_exit(function);
	instrumentation_end();
}

noinstr void __sci_view_suspend(void)
{
	sci_load_full();
	__sci_check_caller((unsigned long)__sci_view_suspend, _RET_IP_);
}

noinstr void __sci_view_resume(void)
{
	struct sci_space *space;
	unsigned long flags;

	raw_local_irq_save(flags);
	space = sci_task_space(current);
	if (space && !this_cpu_read(sci_on_view)) {
		/* Check inactive tasks, too: the scheduler has loaded their mm as well. */
		if (space->top)
			sci_check_mm(space);
		if (space->active) {
			sci_resume_at(space, (unsigned long)__sci_view_resume, _RET_IP_);
			sci_load_view(space);
		}
	}
	raw_local_irq_restore(flags);
}

noinstr void __sci_view_leave(void)
{
	struct sci_space *space;
	unsigned long flags;

	raw_local_irq_save(flags);
	sci_load_full();
	__sci_check_caller((unsigned long)__sci_view_leave, _RET_IP_);
	space = sci_task_space(current);
	space->active = false;
	current->sci.windows = 0;
	sci_windows_close(space, 0);
	raw_local_irq_restore(flags);
}

/*
 * The flush itself follows, and reaches only SCI_PCID.  The next sci_load_full() flushes
 * the PCID of the full page table.  The view is loaded here once more because the flush may
 * be for a table that mm->pgd led to: this drops the copy of its entry.
 */
noinstr void __sci_flush_local(void)
{
	unsigned long flags;

	raw_local_irq_save(flags);
	sci_load_full();
	sci_load_view(sci_task_space(current));
	this_cpu_write(sci_flush_full, true);
	raw_local_irq_restore(flags);
}
