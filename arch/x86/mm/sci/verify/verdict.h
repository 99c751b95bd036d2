/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: verdicts of the verifier.
 */
#ifndef _SCI_VERIFY_VERDICT_H
#define _SCI_VERIFY_VERDICT_H

struct pt_regs;
struct sci_view;

/**
 * enum sci_verdict - the verdict about an access
 * @SCI_OK: it may continue
 * @SCI_MID_FUNCTION: the target is inside a function, and no code of it leads there
 * @SCI_NOT_A_SYMBOL: the target is not inside any function
 * @SCI_NO_CALL: the target is a function's start, but was not reached by a call
 * @SCI_WRONG_CALL: the target is a function's start, but the call cannot lead there
 * @SCI_WRONG_TYPE: an indirect call reached a function of another type
 * @SCI_BAD_CROSSING: no instruction crosses into the page from where execution was
 * @SCI_STACK_FOREIGN: the stack pointer is not on the task's stack
 * @SCI_STACK_BROKEN: the stack cannot be unwound to the system call entry
 * @SCI_STACK_FORGED: a return address on the stack is not behind a call instruction in text
 *	that the view executes
 * @SCI_EXEC_DATA: execution of memory that is not kernel text
 * @SCI_WRITE_TEXT: a write to kernel text
 * @SCI_HIDDEN_MEMORY: an access to hidden memory without a window, or a write to memory
 *	that is read-only to isolated system calls
 * @SCI_PAGE_TABLE: a write to a page table that was read-only, or a top-level page table
 *	that is not the task's own
 * @SCI_CREDENTIALS: the task's credentials were changed by other code than commit_creds()
 * @SCI_NOT_IN_PROFILE: the system call has executed text that the profile lacks
 * @SCI_NO_MEMORY: not a violation, but there is no page for the view's tables
 * @NR_SCI_VERDICTS: their number
 */
enum sci_verdict {
	SCI_OK,
	SCI_MID_FUNCTION,
	SCI_NOT_A_SYMBOL,
	SCI_NO_CALL,
	SCI_WRONG_CALL,
	SCI_WRONG_TYPE,
	SCI_BAD_CROSSING,
	SCI_STACK_FOREIGN,
	SCI_STACK_BROKEN,
	SCI_STACK_FORGED,
	SCI_EXEC_DATA,
	SCI_WRITE_TEXT,
	SCI_HIDDEN_MEMORY,
	SCI_PAGE_TABLE,
	SCI_CREDENTIALS,
	SCI_NOT_IN_PROFILE,
	SCI_NO_MEMORY,
	NR_SCI_VERDICTS,
};

const char *sci_reason(enum sci_verdict verdict);
enum sci_verdict sci_verify(const struct sci_view *view, const struct pt_regs *regs,
			    unsigned long address);

#endif /* _SCI_VERIFY_VERDICT_H */
