// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: may this fault add text to the view?
 *
 * Two questions.  Does the code itself lead there: a call to the start of this
 * function, a branch within a function that runs already, an instruction that
 * crosses into the page (sci_edge.c)?  And is the whole stack, from the fault down to
 * the system call's entry, one that calls have built: unwindable with the
 * build's own tables, on the task's own stack, each return address behind a
 * call instruction?
 *
 * Called once for each page of a view, so clarity comes before speed.
 */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include <asm/insn.h>
#include <asm/sections.h>
#include <asm/stacktrace.h>
#include <asm/text-patching.h>
#include <asm/unwind.h>

#include "sci.h"

/* Deeper stacks than a 16 KiB stack can hold. */
#define SCI_MAX_FRAMES		512

/* The longest: opcode, ModRM, SIB, 32-bit displacement. */
#define SCI_MAX_CALL		7

/* Length of an instruction without prefix that has a ModRM byte behind its opcode. */
static unsigned int sci_modrm_length(const u8 *insn)
{
	unsigned int mod = X86_MODRM_MOD(insn[1]), rm = X86_MODRM_RM(insn[1]);
	unsigned int length = 2;

	if (mod == 3)
		return length;
	if (rm == 4) {
		rm = X86_SIB_BASE(insn[2]);
		length++;
	}
	if (mod == 2 || (mod == 0 && rm == 5))
		return length + 4;
	return length + mod;
}

/**
 * sci_follows_indirect_call - does an indirect call instruction precede this?
 * @ret: a return address
 */
bool sci_follows_indirect_call(unsigned long ret)
{
	/* A byte more, which a longer instruction than looked for may have. */
	u8 code[SCI_MAX_CALL + 1] = { }, *insn;

	if (copy_from_kernel_nofault(code, (void *)ret - SCI_MAX_CALL, SCI_MAX_CALL))
		return false;

	for (insn = code; insn < &code[SCI_MAX_CALL - 1]; insn++)
		if (insn[0] == 0xff && X86_MODRM_REG(insn[1]) == 2 &&
		    insn + sci_modrm_length(insn) == &code[SCI_MAX_CALL])
			return true;
	return false;
}

/* Does a call instruction precede this address? */
static bool sci_follows_call(unsigned long ret)
{
	unsigned int length;
	u8 opcode;

	if (copy_from_kernel_nofault(&opcode, (void *)ret - CALL_INSN_SIZE, 1))
		return false;
	if (opcode == CALL_INSN_OPCODE)
		return true;
	/* It is being patched: the first byte is replaced in the meantime. */
	if (opcode == INT3_INSN_OPCODE && mutex_is_locked(&text_mutex))
		return true;
	/* A kprobe is on it: the first byte is replaced, and the call emulated. */
	for (length = 2; length <= SCI_MAX_CALL + 1; length++)
		if (get_kprobe((void *)ret - length))
			return true;

	return sci_follows_indirect_call(ret);
}

/* The return address on top of the stack; 0: that is not the task's. */
static unsigned long sci_return_address(const struct pt_regs *regs)
{
	unsigned long *sp = (unsigned long *)regs->sp;
	struct unwind_state state = { .task = current };
	struct stack_info info;

	/* A tracer may have replaced it. */
	return in_task_stack(sp, current, &info) ? unwind_recover_ret_addr(&state, *sp, sp) : 0;
}

static enum sci_verdict sci_verify_target(const struct sci_view *view,
					  const struct pt_regs *regs, unsigned long address)
{
	unsigned long size, offset, ret;
	bool called = false;

	/* Entry code and padding: all views map what there is. */
	if (address >= (unsigned long)__sci_thunks_end)
		return SCI_NOT_A_SYMBOL;

	/* The instruction at regs->ip goes on in the page at address. */
	if (regs->ip != address)
		return !offset_in_page(address) && address - regs->ip < MAX_INSN_SIZE &&
		       sci_is_text(regs->ip) && sci_view_executable(view, regs->ip) ?
			SCI_OK : SCI_BAD_CROSSING;

	if (!kallsyms_lookup_size_offset(address, &size, &offset))
		return SCI_NOT_A_SYMBOL;

	if (!offset) {
		ret = sci_return_address(regs);
		called = ret && sci_follows_call(ret);
		if (called && sci_edge_call(view, address, ret))
			return SCI_OK;
	}
	if (sci_edge_within(view, address))
		return SCI_OK;

	if (offset)
		return SCI_MID_FUNCTION;
	return called ? SCI_WRONG_CALL : SCI_NO_CALL;
}

static bool sci_is_syscall_entry(unsigned long ip)
{
	return ip >= (unsigned long)__entry_text_start && ip < (unsigned long)__entry_text_end;
}

/*
 * Code that the kernel has generated and that comes without unwind tables: BPF
 * images, of which classic ones are in no symbol table either.  They keep the
 * frame pointer, which the unwinder then uses.
 */
static bool sci_is_jit(unsigned long ip)
{
	return ip >= MODULES_VADDR && ip < MODULES_END &&
	       !is_module_text_address(ip) && !is_ftrace_trampoline(ip) &&
	       !is_kprobe_optinsn_slot(ip);
}

/*
 * An optimized kprobe's slot has no unwind tables either.  It has built registers
 * on the stack, as of the probed instruction, and then called: go on from these,
 * in @regs, which has to last as long as @state.  The slot's call is preceded by
 * the load of the probe's address.
 */
static bool sci_unwind_optprobe(struct unwind_state *state, struct pt_regs *regs)
{
#ifdef CONFIG_OPTPROBES
	struct pt_regs *saved = (struct pt_regs *)state->sp;
	const struct optimized_kprobe *op;
	struct stack_info info;
	void *load;

	load = (void *)state->ip - CALL_INSN_SIZE - (optprobe_template_call - optprobe_template_val);
	if (!in_task_stack((unsigned long *)state->sp, current, &info) ||
	    !on_stack(&info, saved, sizeof(*saved)) ||
	    copy_from_kernel_nofault(&op, load + 2, sizeof(op)))
		return false;

	*regs = *saved;
	/* What the slot has not saved, and its handlers perhaps not yet. */
	regs->ip = (unsigned long)op->kp.addr;
	regs->cs = __KERNEL_CS;
	regs->sp = (unsigned long)(saved + 1);
	unwind_start(state, current, regs, NULL);
	return true;
#else
	return false;
#endif
}

static enum sci_verdict sci_verify_stack(struct pt_regs *regs)
{
	struct unwind_state state;
	struct stack_info info;
	struct pt_regs probed;
	unsigned int frames = 0;
	unsigned long ip = regs->ip;

	if (!in_task_stack((unsigned long *)regs->sp, current, &info))
		return SCI_STACK_FOREIGN;

	for (unwind_start(&state, current, regs, NULL); !unwind_done(&state);
	     unwind_next_frame(&state)) {
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
		if (is_kprobe_optinsn_slot(ip)) {
			if (!sci_unwind_optprobe(&state, &probed))
				return SCI_STACK_BROKEN;
			ip = state.ip;
		}
		if (state.error || ++frames > SCI_MAX_FRAMES ||
		    (!__kernel_text_address(ip) && !sci_is_jit(ip)))
			return SCI_STACK_BROKEN;
		/* Or a call to a tracer that has been removed in the meantime. */
		if (!sci_follows_call(ip) &&
		    !ftrace_location_range(ip - CALL_INSN_SIZE, ip - CALL_INSN_SIZE))
			return SCI_STACK_FORGED;
	}
	return SCI_STACK_BROKEN;
}

/**
 * sci_verify - judge a fault on the execution of kernel text
 * @view: the view that lacks the page
 * @regs: registers at the fault
 * @address: what could not be fetched
 *
 * Context: interrupts off, full page table loaded
 * Return: SCI_OK: the page may be mapped; otherwise why not
 */
enum sci_verdict sci_verify(const struct sci_view *view, struct pt_regs *regs,
			    unsigned long address)
{
	enum sci_verdict verdict = sci_verify_target(view, regs, address);

	return verdict == SCI_OK ? sci_verify_stack(regs) : verdict;
}
