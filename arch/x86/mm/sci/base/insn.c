// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: instructions and the flow of control.
 *
 * Text is decoded as it is now, patched sites included.  An instruction that a probe has
 * replaced is decoded as it was before.  An instruction that is being patched cannot be
 * decoded for a moment: it is reported as pending, and the caller decides what to do.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/insn.h>
#include <asm/sci.h>
#include <asm/text-patching.h>

#include "../../../kernel/kprobes/common.h"
#include "image.h"
#include "insn.h"

/* The longest indirect call has a prefix, opcode, ModRM, SIB and 32-bit displacement. */
#define SCI_MAX_ICALL_SIZE		8

static enum sci_flow sci_flow_of(const struct insn *insn)
{
	u8 opcode = insn->opcode.bytes[0], second = insn->opcode.bytes[1];

	switch (opcode) {
	case 0x0f:
		if ((second & 0xf0) == 0x80)			/* jcc rel32 */
			return SCI_FLOW_BRANCH;
		if (second == 0x0b || second == 0xb9)		/* ud2, ud1 */
			return SCI_FLOW_END;
		break;
	case 0x70 ... 0x7f:					/* jcc rel8 */
	case 0xe0 ... 0xe3:					/* loop, jrcxz */
		return SCI_FLOW_BRANCH;
	case CALL_INSN_OPCODE:
		return SCI_FLOW_CALL;
	case JMP8_INSN_OPCODE:
	case JMP32_INSN_OPCODE:
		return SCI_FLOW_JUMP;
	case 0xff:
		switch (X86_MODRM_REG(insn->modrm.bytes[0])) {
		case 2:						/* call * */
			return SCI_FLOW_ICALL;
		case 4:						/* jmp * */
			return SCI_FLOW_IJUMP;
		}
		break;
	case 0xc2:						/* ret imm16 */
	case RET_INSN_OPCODE:
	case INT3_INSN_OPCODE:
	case 0xcf:						/* iret */
		return SCI_FLOW_END;
	}
	return SCI_FLOW_NEXT;
}

static bool sci_read_code(unsigned long ip, u8 *code, bool *pending)
{
	if (copy_from_kernel_nofault(code, (void *)ip, MAX_INSN_SIZE))
		return false;
	if (code[0] != INT3_INSN_OPCODE)
		return true;
	*pending = text_poke_pending((void *)ip);
	/* If the patching is done by now, read the result. */
	return *pending || !copy_from_kernel_nofault(code, (void *)ip, MAX_INSN_SIZE);
}

/**
 * sci_insn_decode - decode an instruction of the kernel's text
 * @ip: its address; an instruction must start there
 * @result: the decoded instruction; SCI_FLOW_END if it cannot be decoded
 *
 * Context: preemption off
 */
void sci_insn_decode(unsigned long ip, struct sci_insn *result)
{
	kprobe_opcode_t code[MAX_INSN_SIZE];
	struct insn insn;
	unsigned long at;

	*result = (struct sci_insn){ .ip = ip, .next = ip + 1, .flow = SCI_FLOW_END };
	/* Recovery takes a call of the function tracer for a NOP: decode it as it is. */
	at = ftrace_location(ip) == ip ? ip : recover_probed_instruction(code, ip);
	if (!at)
		return;
	if (at == ip && !sci_read_code(ip, code, &result->pending))
		return;
	if (insn_decode_kernel(&insn, code))
		return;

	result->next = ip + insn.length;
	result->target = result->next + insn.immediate.value;
	result->flow = sci_flow_of(&insn);

	if (result->flow != SCI_FLOW_JUMP)
		return;
	if (sci_is_indirect_thunk(result->target))
		result->flow = SCI_FLOW_IJUMP;
	else if (sci_is_return_thunk(result->target))
		result->flow = SCI_FLOW_END;
}

/* Is there a call instruction at @ip that ends at @ret? */
static bool sci_insn_is_call(unsigned long ip, unsigned long ret, struct sci_insn *call)
{
	sci_insn_decode(ip, call);
	return call->next == ret &&
	       (call->flow == SCI_FLOW_CALL || call->flow == SCI_FLOW_ICALL);
}

/**
 * sci_insn_icall_before - decode an indirect call without a thunk before a return address
 * @ret: the return address
 * @call: set to the call instruction, if there is one
 *
 * Context: preemption off
 * Return: true if there is one
 */
bool sci_insn_icall_before(unsigned long ret, struct sci_insn *call)
{
	unsigned int length;

	for (length = 2; length <= SCI_MAX_ICALL_SIZE; length++)
		if (sci_insn_is_call(ret - length, ret, call) && call->flow == SCI_FLOW_ICALL)
			return true;
	return false;
}

/**
 * sci_insn_call_before - decode the call instruction before a return address
 * @ret: the return address
 * @call: set to the call instruction, if there is one; SCI_FLOW_ICALL if it calls a thunk
 *
 * Context: preemption off
 * Return: true if there is one, or if an instruction that may be one is being patched
 */
bool sci_insn_call_before(unsigned long ret, struct sci_insn *call)
{
	/* Only calls of this length are ever patched, so only here can one be pending. */
	if (sci_insn_is_call(ret - CALL_INSN_SIZE, ret, call)) {
		if (call->flow == SCI_FLOW_CALL && sci_is_indirect_thunk(call->target))
			call->flow = SCI_FLOW_ICALL;
		return true;
	}
	return call->pending || sci_insn_icall_before(ret, call);
}
