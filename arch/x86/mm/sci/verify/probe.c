// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: text that probes and tracers generate.
 *
 * A probed instruction is executed in a slot.  It is there alone, reached by the INT3 that
 * has replaced it.  If the probe is optimized, it is there behind a detour, which saves
 * registers on the stack and calls the handlers.  Slots have no unwind tables.  For the
 * verifier a slot stands for the probed place in the function, because the stack is as
 * the function has it there.
 *
 * A tracer's trampoline is a copy of ftrace_caller() or ftrace_regs_caller(), so their
 * unwind tables fit.  The kernel's own unwinder uses them only while the tracer is
 * registered, but a task may execute the trampoline for some time after that.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include <asm/insn.h>
#include <asm/segment.h>
#include <asm/stacktrace.h>
#include <asm/text-patching.h>

#include "../memory/tables.h"
#include "probe.h"

/* Finds the probe of a slot: the running one, or the one that its jump leads back to. */
static const struct kprobe *sci_slot_probe(unsigned long slot)
{
	const struct kprobe *probe = kprobe_running();
	struct insn insn, jump;

	if (probe && (unsigned long)probe->ainsn.insn == slot)
		return probe;
	if (insn_decode_kernel(&insn, (void *)slot) ||
	    insn_decode_kernel(&jump, (void *)slot + insn.length) ||
	    jump.opcode.bytes[0] != JMP32_INSN_OPCODE)
		return NULL;

	/* The jump leads behind the probed instruction, which is as long as the copy. */
	probe = get_kprobe((void *)slot + jump.length + jump.immediate.value);
	return probe && (unsigned long)probe->ainsn.insn == slot ? probe : NULL;
}

#ifdef CONFIG_OPTPROBES

#define SCI_SLOT_VALUE	((long)optprobe_template_val - (long)optprobe_template_entry)
#define SCI_SLOT_CALL	((long)optprobe_template_call - (long)optprobe_template_entry)
#define SCI_SLOT_END	((long)optprobe_template_end - (long)optprobe_template_entry)

/* Finds the probe of an optimized probe's slot: the argument that it gives the handlers. */
static const struct kprobe *sci_optslot_probe(unsigned long slot)
{
	struct optimized_kprobe *op;
	kprobe_opcode_t *insn;

	/* movabs $op, %rdi */
	if (copy_from_kernel_nofault(&op, (void *)slot + SCI_SLOT_VALUE + 2, sizeof(op)) ||
	    copy_from_kernel_nofault(&insn, &op->optinsn.insn, sizeof(insn)) ||
	    (unsigned long)insn != slot)
		return NULL;
	return &op->kp;
}

/* A slot is entered at its start, or from an INT3, behind the detour. */
static const struct kprobe *sci_optslot_entered(unsigned long ip)
{
	return sci_optslot_probe(ip) ?: sci_optslot_probe(ip - SCI_SLOT_END);
}

/**
 * sci_probe_return - unwind from an optimized probe's handlers to the probed function
 * @regs: set to the function's registers at the probed instruction
 * @ret: the return address of the handlers
 * @sp: the stack pointer at their call
 *
 * Return: true if @ret is in the slot of an optimized probe
 */
bool sci_probe_return(struct pt_regs *regs, unsigned long ret, unsigned long sp)
{
	struct pt_regs *saved = (struct pt_regs *)sp;
	const struct kprobe *probe;
	struct stack_info info;

	if (!is_kprobe_optinsn_slot(ret) ||
	    !in_task_stack((unsigned long *)sp, current, &info) ||
	    !on_stack(&info, saved, sizeof(*saved)))
		return false;

	probe = sci_optslot_probe(ret - CALL_INSN_SIZE - SCI_SLOT_CALL);
	if (!probe)
		return false;

	*regs = *saved;
	/* The slot does not save these, and the handlers may not have set them yet. */
	regs->ip = (unsigned long)probe->addr;
	regs->cs = __KERNEL_CS;
	regs->sp = (unsigned long)(saved + 1);
	return true;
}

#else

static const struct kprobe *sci_optslot_entered(unsigned long ip)
{
	return NULL;
}

bool sci_probe_return(struct pt_regs *regs, unsigned long ret, unsigned long sp)
{
	return false;
}

#endif /* CONFIG_OPTPROBES */

/**
 * sci_probe_enter - judge a fault on a probe's slot
 * @regs: the registers at the fault; its ip is set to the probed instruction
 *
 * Return: true if there is a probe that leads to this place
 */
bool sci_probe_enter(struct pt_regs *regs)
{
	const struct kprobe *probe;

	if (is_kprobe_optinsn_slot(regs->ip))
		probe = sci_optslot_entered(regs->ip);
	else
		probe = sci_slot_probe(regs->ip);
	if (!probe)
		return false;
	regs->ip = (unsigned long)probe->addr;
	return true;
}

/* Enough to tell the two originals apart, and copied unchanged. */
#define SCI_TRAMPOLINE_START	8

static bool sci_copied_from(unsigned long start, void (*original)(void))
{
	u8 code[SCI_TRAMPOLINE_START];

	return !copy_from_kernel_nofault(code, (void *)start, sizeof(code)) &&
	       !memcmp(code, original, sizeof(code));
}

/**
 * sci_trampoline - find the original of an address in a tracer's trampoline
 * @ip: the address
 *
 * Return: the same place in the original; 0: @ip is in no such trampoline
 */
unsigned long sci_trampoline(unsigned long ip)
{
	/* A trampoline starts at a page boundary, and is not longer than a page. */
	unsigned long start = ip & PAGE_MASK;

	if (!sci_is_module_text(ip))
		return 0;
	if (sci_copied_from(start, ftrace_regs_caller))
		return (unsigned long)ftrace_regs_caller + ip - start;
	if (sci_copied_from(start, ftrace_caller))
		return (unsigned long)ftrace_caller + ip - start;
	return 0;
}
