// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: may this fault add text to the view?
 *
 * There are two questions.  First, does the code itself lead there (edge.c): by a call to
 * the start of the function, by a branch within the function, or by an instruction that
 * crosses into the page?  Second, have calls built the stack (stack.c)?
 *
 * They are asked once for each page of a view, so clarity comes before speed.
 */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#include <asm/insn.h>
#include <asm/sci.h>
#include <asm/sections.h>
#include <asm/text-patching.h>

#include "../base/image.h"
#include "../base/pause.h"
#include "../views/view.h"
#include "edge.h"
#include "probe.h"
#include "stack.h"
#include "verdict.h"

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
 * sci_reason - get the name of a verdict, as users see it
 * @verdict: the verdict
 */
const char *sci_reason(enum sci_verdict verdict)
{
	return sci_reasons[verdict];
}

/* Does the instruction at @ip continue in the page that starts at @address? */
static bool sci_crosses(const struct sci_view *view, unsigned long ip, unsigned long address)
{
	struct insn insn;

	if (offset_in_page(address) || address - ip >= MAX_INSN_SIZE ||
	    !sci_view_executable(view, ip))
		return false;
	if (insn_decode_kernel(&insn, (void *)ip))
		return false;
	/* If it is being patched, it may have been longer a moment ago. */
	return ip + insn.length > address || text_poke_pending((void *)ip);
}

static enum sci_verdict sci_verify_target(const struct sci_view *view, struct pt_regs *regs,
					  unsigned long address)
{
	unsigned long size, offset, ret;
	bool called;

	/* Behind the thunks is entry code, which all views map, so this is padding. */
	if (sci_is_text(address) && address >= (unsigned long)__sci_thunks_end)
		return SCI_NOT_A_SYMBOL;

	if (regs->ip != address)
		return sci_crosses(view, regs->ip, address) ? SCI_OK : SCI_BAD_CROSSING;

	if (is_kprobe_insn_slot(address) || is_kprobe_optinsn_slot(address))
		return sci_probe_enter(regs) ? SCI_OK : SCI_MID_FUNCTION;

	ret = sci_return_address(regs);
	called = ret && sci_follows_call(ret);
	if (called && sci_edge_call(view, address, ret)) {
		/* It has not set up its frame pointer yet: unwind from the call. */
		if (sci_is_jit(address)) {
			regs->ip = ret - 1;
			regs->sp += sizeof(long);
			return sci_view_executable(view, regs->ip) ? SCI_OK : SCI_STACK_FORGED;
		}
		return SCI_OK;
	}
	if (sci_edge_within(view, address))
		return SCI_OK;

	if (!kallsyms_lookup_size_offset(address, &size, &offset))
		return SCI_NOT_A_SYMBOL;
	if (offset)
		return SCI_MID_FUNCTION;
	return called ? SCI_WRONG_CALL : SCI_NO_CALL;
}

/**
 * sci_verify - judge a fault on the execution of text
 * @view: the view, which lacks the page
 * @regs: the registers at the fault
 * @address: the address that could not be fetched
 *
 * Context: interrupts off, full page table loaded
 * Return: SCI_OK: the page may be added to the view; otherwise the violation
 */
enum sci_verdict sci_verify(const struct sci_view *view, const struct pt_regs *regs,
			    unsigned long address)
{
	struct pt_regs at = *regs;
	enum sci_verdict verdict;

	sci_assert_full_table();
	verdict = sci_verify_target(view, &at, address);
	if (verdict != SCI_OK)
		return verdict;
	at.ip = sci_trampoline(at.ip) ?: at.ip;
	return sci_verify_stack(view, &at);
}
