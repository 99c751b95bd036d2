/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation, x86: instructions, as the flow of control sees them.
 */
#ifndef _X86_MM_SCI_DECODE_H
#define _X86_MM_SCI_DECODE_H

#include <linux/types.h>

/* What an instruction does to the flow of control. */
enum sci_flow {
	SCI_FLOW_ON,
	SCI_FLOW_BRANCH,
	SCI_FLOW_CALL,
	SCI_FLOW_CALL_INDIRECT,
	SCI_FLOW_JUMP,
	SCI_FLOW_JUMP_INDIRECT,
	SCI_FLOW_END,
};

/**
 * struct sci_step - an instruction
 * @ip: its address
 * @next: address of the one behind
 * @target: where a direct branch, call or jump goes
 * @flow: which of these it is
 * @pending: it is being patched: what it was, or will be, cannot be told
 */
struct sci_step {
	unsigned long	ip;
	unsigned long	next;
	unsigned long	target;
	enum sci_flow	flow;
	bool		pending;
};

void sci_decode(unsigned long ip, struct sci_step *step);
bool sci_decode_indirect_call(unsigned long ret, struct sci_step *call);
bool sci_decode_call(unsigned long ret, struct sci_step *call);

/* Execution goes on behind it, at once or after a call. */
static inline bool sci_runs_on(const struct sci_step *step)
{
	return step->flow <= SCI_FLOW_CALL_INDIRECT;
}

/* It may go to @step->target without leaving a return address. */
static inline bool sci_jumps(const struct sci_step *step)
{
	return step->flow == SCI_FLOW_BRANCH || step->flow == SCI_FLOW_JUMP;
}

#endif /* _X86_MM_SCI_DECODE_H */
