// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: is this a stack that calls have built?
 *
 * From the fault down to the system call's entry, the stack must be the task's own and must
 * unwind with the kernel's unwind tables.  Each return address must be behind a call
 * instruction in text that the view executes.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/task_stack.h>

#include <asm/sections.h>
#include <asm/segment.h>
#include <asm/stacktrace.h>
#include <asm/unwind.h>

#include "../base/insn.h"
#include "../base/pause.h"
#include "../memory/tables.h"
#include "../views/view.h"
#include "edge.h"
#include "probe.h"
#include "stack.h"

/* More than a legitimate stack has: as many frames of 32 bytes each fill 16 KiB. */
#define SCI_MAX_FRAMES		512

/**
 * sci_follows_call - is there, or was there, a call instruction before this address?
 * @ret: the address
 *
 * Context: preemption off
 */
bool sci_follows_call(unsigned long ret)
{
	struct sci_insn call;

	return sci_insn_call_before(ret, &call) || sci_was_call(ret);
}

/**
 * sci_return_address - get the return address on top of the stack
 * @regs: the registers
 *
 * Return: the return address that the call has pushed; 0: the stack is not the task's
 */
unsigned long sci_return_address(const struct pt_regs *regs)
{
	unsigned long *sp = (unsigned long *)regs->sp;
	struct unwind_state state = { .task = current };
	struct stack_info info;

	/* A tracer may have replaced the return address. */
	return in_task_stack(sp, current, &info) ? unwind_recover_ret_addr(&state, *sp, sp) : 0;
}

/**
 * sci_is_jit - is this an address in generated code without unwind tables?
 * @ip: the address
 *
 * BPF images are such code.  They keep the frame pointer, which the unwinder falls back to.
 * Those of classic filters have no symbol either.
 */
bool sci_is_jit(unsigned long ip)
{
	return sci_is_module_text(ip) && !is_module_text_address(ip) &&
	       !sci_trampoline(ip) && !is_kprobe_optinsn_slot(ip);
}

static bool sci_is_syscall_entry(unsigned long ip)
{
	return ip >= (unsigned long)__entry_text_start && ip < (unsigned long)__entry_text_end;
}

static bool sci_is_code(unsigned long ip)
{
	return __kernel_text_address(ip) || sci_is_jit(ip) || sci_trampoline(ip);
}

/* Text without unwind tables may stand for other text: get the registers there. */
static bool sci_stand_in(const struct unwind_state *state, struct pt_regs *regs)
{
	unsigned long ip;

	if (sci_probe_return(regs, state->ip, state->sp))
		return true;
	ip = sci_trampoline(state->ip);
	if (!ip)
		return false;
	/* An address in the call instruction, not the one behind it. */
	*regs = (struct pt_regs){
		.ip = ip - 1, .sp = state->sp, .bp = state->bp, .cs = __KERNEL_CS,
	};
	return true;
}

/**
 * sci_verify_stack - judge the stack of an isolated system call
 * @view: its view
 * @regs: the registers at the place from which to unwind
 *
 * Context: interrupts off, full page table loaded
 * Return: SCI_OK, or the violation
 */
enum sci_verdict sci_verify_stack(const struct sci_view *view, struct pt_regs *regs)
{
	struct unwind_state state;
	struct stack_info info;
	struct pt_regs other;
	unsigned int frames = 0;
	unsigned long ip = regs->ip;

	sci_assert_full_table();
	if (!in_task_stack((unsigned long *)regs->sp, current, &info))
		return SCI_STACK_FOREIGN;

	unwind_start(&state, current, regs, NULL);
	while (!unwind_done(&state)) {
		struct pt_regs *entry = unwind_get_entry_regs(&state, NULL);

		/* No interrupt handler runs on a view, so these must be the user's. */
		if (entry)
			return entry == task_pt_regs(current) && user_mode(entry) &&
			       !state.error && sci_is_syscall_entry(ip) ?
				SCI_OK : SCI_STACK_BROKEN;

		if (state.stack_info.type != STACK_TYPE_TASK)
			return SCI_STACK_FOREIGN;

		/* The unwinder reports an error when it falls back to the frame pointer. */
		if (state.error && sci_is_jit(ip))
			state.error = false;

		ip = state.ip;
		if (state.error || ++frames > SCI_MAX_FRAMES || !sci_is_code(ip))
			return SCI_STACK_BROKEN;
		/* The view must have the call.  It may lack the instruction behind it. */
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
