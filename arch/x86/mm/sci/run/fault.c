// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: faults on a view.
 *
 * A fault in an isolated system call is handled here if isolation causes it: the view
 * lacks text, or an entry of the task's own tables is out of date.  Execution of memory
 * other than kernel text is a violation.  So are writes to kernel text and accesses to
 * hidden memory without a window.  Every other fault, such as one on user memory, is left
 * to the ordinary handler.  Both handlers run on the full page table.
 */
#include <linux/extable.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include <asm/extable.h>
#include <asm/trap_pf.h>
#include <asm/trapnr.h>

#include <trace/events/sci.h>

#include "../base/image.h"
#include "../base/pause.h"
#include "../memory/direct.h"
#include "../memory/tables.h"
#include "../tasks/space.h"
#include "../verify/icall.h"
#include "../verify/verdict.h"
#include "../views/domain.h"
#include "../views/modules.h"
#include "../views/profile.h"
#include "../views/view.h"
#include "fault.h"
#include "violation.h"

/**
 * __sci_user_fault - handle a fault in user mode with the view still loaded
 * @address: the address of the fault
 *
 * The system call has entered user mode without leaving its view.  User code faults at
 * once, because spaces map no user memory executable.
 *
 * Context: page fault, interrupts off
 */
void __sci_user_fault(unsigned long address)
{
	__sci_view_leave();
	sci_found(sci_task_space(current), address, SCI_EXEC_DATA);
}

/**
 * sci_space_add_text - add a page of text to the view without a fault
 * @space: the current task's space
 * @address: an address in the page, which the system call is known to execute
 *
 * Context: interrupts off, full page table loaded
 */
void sci_space_add_text(struct sci_space *space, unsigned long address)
{
	struct sci_view *view = space->view;

	sci_assert_full_table();
	if (space->unconfined || sci_view_executable(view, address) ||
	    sci_view_map(view, address, true) <= 0)
		return;
	atomic_inc(&view->faults);
	sci_count(space, SCI_CODE_FAULTS);
}

/*
 * Note text that the profile lacks.  The system call continues, see sci_bad_text().  In
 * enforce mode, later ones must not find that text in their view.
 */
static void sci_check_profile(struct sci_space *space, unsigned long address)
{
	struct sci_profile *profile = READ_ONCE(space->held->profile);

	if (!profile || space->missed || sci_profile_has_text(profile, address))
		return;
	space->missed = address;
	if (READ_ONCE(space->level) == SCI_ENFORCE)
		sci_view_retire(space->held, space->view);
}

/* Handles a fault on the execution of text. */
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
		mapped = sci_view_map(view, address, true);
		if (mapped < 0)
			verdict = SCI_NO_MEMORY;
	}
	trace_sci_fault(view->nr, regs->ip, address, "exec", sci_reason(verdict));
	if (verdict != SCI_OK) {
		sci_violation(space, regs->ip, verdict);
		return;
	}
	atomic_inc(&view->faults);
	sci_count(space, mapped ? SCI_CODE_FAULTS : SCI_SPURIOUS_FAULTS);
}

/* Judges an indirect call that is not known, and continues at its target. */
static void sci_icall_fault(struct sci_space *space, struct pt_regs *regs)
{
	enum sci_verdict verdict = sci_verify_icall(space->view, regs);
	unsigned long target = regs->r10;

	trace_sci_fault(space->view->nr, regs->ip, target, "icall", sci_reason(verdict));
	if (verdict == SCI_OK)
		sci_count(space, SCI_ICALL_FAULTS);
	else
		sci_violation(space, target, verdict);
	regs->ip = target;
}

/* Text of the kernel image may be read: by the instruction decoder, for example. */
static void sci_data_fault(struct sci_space *space, struct pt_regs *regs, unsigned long address)
{
	int mapped = sci_view_map(space->view, address, false);

	trace_sci_fault(space->view->nr, regs->ip, address, "read", sci_reason(SCI_OK));
	sci_count(space, mapped ? SCI_DATA_FAULTS : SCI_SPURIOUS_FAULTS);
}

/* Handles a fault outside of the kernel image's text if an entry was out of date. */
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

	/* Another CPU on the same view may have brought the entry up to date before. */
	if ((error_code & X86_PF_PROT) || !sci_module_present(address))
		return false;
	sci_count(space, SCI_SPURIOUS_FAULTS);
	return true;
}

/* Does the code expect that the access may fail? */
static bool sci_is_probe(const struct pt_regs *regs)
{
	switch (ex_get_fixup_type(regs->ip)) {
	case EX_TYPE_NONE:
		return false;
	case EX_TYPE_UACCESS:
	case EX_TYPE_UCOPY_LEN:
		/* Meant for user memory, unless page faults are off on purpose. */
		return pagefault_disabled();
	}
	return true;
}

/* Handles an access to memory that the direct map lacks or has read-only. */
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
	/* The ordinary handler would find the address mapped, and retry forever. */
	if (sci_is_probe(regs))
		return fixup_exception(regs, X86_TRAP_PF, error_code, address);

	trace_sci_fault(space->view->nr, regs->ip, address, write ? "write" : "read",
			sci_reason(verdict));
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
		/* Code with an exception table entry is allowed to try. */
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
 * lockdep is off, because the fault may come from any place, also between a change of the
 * preemption count and lockdep's notice of it.  Locks that are taken here are held
 * elsewhere only on the full page table with interrupts off, where no such fault comes.
 */
bool __sci_page_fault(struct pt_regs *regs, unsigned long error_code, unsigned long address)
{
	bool handled;

	sci_assert_full_table();
	lockdep_off();
	handled = sci_handle_fault(regs, error_code, address);
	lockdep_on();
	return handled;
}
