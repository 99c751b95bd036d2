// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: may this fault add text to the view?
 *
 * Two questions.  Does the code itself lead there: a call to the start of this
 * function, a branch within a function that runs already, an instruction that
 * crosses into the page (sci_edge.c)?  And is the whole stack, from the fault down to
 * the system call's entry, one that calls have built: unwindable with the
 * build's own tables, on the task's own stack, each return address behind a
 * call instruction, in text that the view has?
 *
 * Called once for each page of a view, so clarity comes before speed.
 */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/task_stack.h>

#include <asm/insn.h>
#include <asm/sections.h>
#include <asm/segment.h>
#include <asm/stacktrace.h>
#include <asm/text-patching.h>
#include <asm/unwind.h>

#include "sci.h"
#include "sci_insn_decode.h"

/* Deeper stacks than a 16 KiB stack can hold. */
#define SCI_MAX_FRAMES		512

/* Does a call precede this address, or what has been one? */
static bool sci_follows_call(unsigned long ret)
{
	struct sci_insn call;

	return sci_insn_call_before(ret, &call) || sci_was_call(ret);
}

/**
 * sci_return_address - the return address on top of the stack
 * @regs: registers
 *
 * Return: the one that the call has left; 0: the stack is not the task's
 */
unsigned long sci_return_address(const struct pt_regs *regs)
{
	unsigned long *sp = (unsigned long *)regs->sp;
	struct unwind_state state = { .task = current };
	struct stack_info info;

	/* A tracer may have replaced it. */
	return in_task_stack(sp, current, &info) ? unwind_recover_ret_addr(&state, *sp, sp) : 0;
}

/*
 * Code that the kernel has generated and that comes without unwind tables: BPF
 * images, of which classic ones are in no symbol table either.  They keep the
 * frame pointer, which the unwinder then uses.
 */
static bool sci_is_jit(unsigned long ip)
{
	return sci_is_module_text(ip) && !is_module_text_address(ip) &&
	       !sci_trampoline(ip) && !is_kprobe_optinsn_slot(ip);
}

/* The instruction at @ip goes on in the page at @address. */
static bool sci_crosses(const struct sci_view *view, unsigned long ip, unsigned long address)
{
	struct insn insn;

	if (offset_in_page(address) || address - ip >= MAX_INSN_SIZE ||
	    !sci_view_executable(view, ip))
		return false;
	if (insn_decode_kernel(&insn, (void *)ip))
		return false;
	/* Or it was longer a moment ago. */
	return ip + insn.length > address || text_poke_pending((void *)ip);
}

static enum sci_verdict sci_verify_target(const struct sci_view *view, struct pt_regs *regs,
					  unsigned long address)
{
	unsigned long size, offset, ret;
	bool called;

	/* Entry code and padding: all views map what there is. */
	if (sci_is_text(address) && address >= (unsigned long)__sci_thunks_end)
		return SCI_NOT_A_SYMBOL;

	if (regs->ip != address)
		return sci_crosses(view, regs->ip, address) ? SCI_OK : SCI_BAD_CROSSING;

	if (is_kprobe_insn_slot(address) || is_kprobe_optinsn_slot(address))
		return sci_probe_enter(regs) ? SCI_OK : SCI_MID_FUNCTION;

	ret = sci_return_address(regs);
	called = ret && sci_follows_call(ret);
	if (called && sci_edge_call(view, address, ret)) {
		/* The frame pointer is the caller's still: go on from the call. */
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

static bool sci_is_syscall_entry(unsigned long ip)
{
	return ip >= (unsigned long)__entry_text_start && ip < (unsigned long)__entry_text_end;
}

static bool sci_is_code(unsigned long ip)
{
	return __kernel_text_address(ip) || sci_is_jit(ip) || sci_trampoline(ip);
}

/* Where unwind tables are missing: the registers at a place that stands for this one. */
static bool sci_stand_in(const struct unwind_state *state, struct pt_regs *regs)
{
	unsigned long ip;

	if (sci_probe_return(regs, state->ip, state->sp))
		return true;
	ip = sci_trampoline(state->ip);
	if (!ip)
		return false;
	/* In the call, not behind it. */
	*regs = (struct pt_regs){
		.ip = ip - 1, .sp = state->sp, .bp = state->bp, .cs = __KERNEL_CS,
	};
	return true;
}

static enum sci_verdict sci_verify_stack(const struct sci_view *view, struct pt_regs *regs)
{
	struct unwind_state state;
	struct stack_info info;
	struct pt_regs other;
	unsigned int frames = 0;
	unsigned long ip = regs->ip;

	if (!in_task_stack((unsigned long *)regs->sp, current, &info))
		return SCI_STACK_FOREIGN;

	unwind_start(&state, current, regs, NULL);
	while (!unwind_done(&state)) {
		struct pt_regs *entry = unwind_get_entry_regs(&state, NULL);

		/* Nothing interrupts a view's code: these are the user's. */
		if (entry)
			return entry == task_pt_regs(current) && user_mode(entry) &&
			       !state.error && sci_is_syscall_entry(ip) ?
				SCI_OK : SCI_STACK_BROKEN;

		if (state.stack_info.type != STACK_TYPE_TASK)
			return SCI_STACK_FOREIGN;

		if (state.error && sci_is_jit(ip))
			state.error = false;

		ip = state.ip;
		if (state.error || ++frames > SCI_MAX_FRAMES || !sci_is_code(ip))
			return SCI_STACK_BROKEN;
		/* The call's last byte has been executed, what is behind it perhaps not yet. */
		if (!sci_follows_call(ip) || !sci_view_executable(view, ip - 1))
			return SCI_STACK_FORGED;

		if (sci_stand_in(&state, &other)) {
			ip = other.ip;
			unwind_start(&state, current, &other, NULL);
		} else {
			unwind_next_frame(&state);
		}
	}
	return SCI_STACK_BROKEN;
}

/**
 * sci_verify - judge a fault on the execution of text
 * @view: the view that lacks the page
 * @regs: registers at the fault
 * @address: what could not be fetched
 *
 * Context: interrupts off, full page table loaded
 * Return: SCI_OK: the page may be mapped; otherwise why not
 */
enum sci_verdict sci_verify(const struct sci_view *view, const struct pt_regs *regs,
			    unsigned long address)
{
	struct pt_regs at = *regs;
	enum sci_verdict verdict = sci_verify_target(view, &at, address);

	if (verdict != SCI_OK)
		return verdict;
	at.ip = sci_trampoline(at.ip) ?: at.ip;
	return sci_verify_stack(view, &at);
}
