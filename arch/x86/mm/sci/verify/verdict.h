/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: verdicts of the verifier.
 */
#ifndef _SCI_VERIFY_VERDICT_H
#define _SCI_VERIFY_VERDICT_H

struct pt_regs;
struct sci_view;

/**
 * enum sci_verdict - may the access go on?
 * @SCI_OK: yes
 * @SCI_MID_FUNCTION: the target is inside a function, and nothing in it leads there
 * @SCI_NOT_A_SYMBOL: the target is not inside any function
 * @SCI_NO_CALL: the target is a function's start, but no call has led there
 * @SCI_WRONG_CALL: the call that has led there does not lead there
 * @SCI_WRONG_TYPE: an indirect call of a function of another type
 * @SCI_BAD_CROSSING: no instruction that starts on the page before
 * @SCI_STACK_FOREIGN: the stack pointer has left the task's stack
 * @SCI_STACK_BROKEN: the stack cannot be unwound to the system call entry
 * @SCI_STACK_FORGED: a return address on it follows no call instruction
 * @SCI_EXEC_DATA: execution of memory that is not kernel text
 * @SCI_WRITE_TEXT: write to kernel text
 * @SCI_HIDDEN_MEMORY: access to memory that only a window may reach
 * @SCI_PAGE_TABLE: write to a page table in a system call other than memory management
 * @SCI_CREDENTIALS: the task's credentials were written to
 * @SCI_NOT_IN_PROFILE: the system call has needed text that the profile lacks
 * @SCI_NO_MEMORY: no violation, but there is no page for the view's tables
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
