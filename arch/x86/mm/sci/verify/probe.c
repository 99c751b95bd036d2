// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: text that probes and tracers have made.
 *
 * A probed instruction is executed elsewhere, in a slot: alone after the int3 that
 * has replaced it, or, where the probe is optimized, behind a detour that builds
 * registers on the stack and calls the handlers.  There are no unwind tables for
 * slots.  To the verifier a slot is the place in the function that it stands for:
 * the stack is the one that the function has there.
 *
 * A tracer's trampoline is a copy of ftrace_caller() or ftrace_regs_caller(), whose
 * unwind tables fit.  The kernel's own unwinder finds them only while the tracer is
 * registered, and the last ones to execute the trampoline do so after that.
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

/* The probe to which a slot belongs; its boosted instruction is followed by a jump. */
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

	/* It leads behind the probed instruction, which is as long as the copy. */
	probe = get_kprobe((void *)slot + jump.length + jump.immediate.value);
	return probe && (unsigned long)probe->ainsn.insn == slot ? probe : NULL;
}

#ifdef CONFIG_OPTPROBES

#define SCI_SLOT_VALUE	((long)optprobe_template_val - (long)optprobe_template_entry)
#define SCI_SLOT_CALL	((long)optprobe_template_call - (long)optprobe_template_entry)
#define SCI_SLOT_END	((long)optprobe_template_end - (long)optprobe_template_entry)

/* The probe of an optimized probe's slot: the one that the slot hands to its handlers. */
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

/* Execution gets there from the function, or behind the detour after an int3. */
static const struct kprobe *sci_optslot_entered(unsigned long ip)
{
	return sci_optslot_probe(ip) ?: sci_optslot_probe(ip - SCI_SLOT_END);
}

/**
 * sci_probe_return - what stands for a return address in an optimized probe's slot
 * @regs: the function's registers at the probed instruction, to go on from
 * @ret: the return address
 * @sp: the stack pointer when the handlers were called
 *
 * Return: whether it is one
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
	/* These the slot does not save, the handlers may not have done so yet. */
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
 * sci_probe_enter - a fault on a probe's slot
 * @regs: registers at the fault; the probed instruction's address replaces the slot's
 *
 * Return: whether execution can have got there
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

/* As much as tells the two apart, and is copied as it is. */
#define SCI_TRAMPOLINE_START	8

static bool sci_copied_from(unsigned long start, void (*original)(void))
{
	u8 code[SCI_TRAMPOLINE_START];

	return !copy_from_kernel_nofault(code, (void *)start, sizeof(code)) &&
	       !memcmp(code, original, sizeof(code));
}

/**
 * sci_trampoline - what stands for an address in a tracer's trampoline
 * @ip: the address
 *
 * Return: the same place of what was copied; 0: it is in no such trampoline
 */
unsigned long sci_trampoline(unsigned long ip)
{
	/* Each has pages of its own, and none is longer than one. */
	unsigned long start = ip & PAGE_MASK;

	if (!sci_is_module_text(ip))
		return 0;
	if (sci_copied_from(start, ftrace_regs_caller))
		return (unsigned long)ftrace_regs_caller + ip - start;
	if (sci_copied_from(start, ftrace_caller))
		return (unsigned long)ftrace_caller + ip - start;
	return 0;
}
