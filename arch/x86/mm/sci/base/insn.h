/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: instructions and the flow of control.
 */
#ifndef _SCI_BASE_INSN_H
#define _SCI_BASE_INSN_H

#include <linux/types.h>

/* The effect of an instruction on the flow of control. */
enum sci_flow {
	SCI_FLOW_NEXT,
	SCI_FLOW_BRANCH,
	SCI_FLOW_CALL,
	SCI_FLOW_ICALL,
	SCI_FLOW_JUMP,
	SCI_FLOW_IJUMP,
	SCI_FLOW_END,
};

/**
 * struct sci_insn - a decoded instruction
 * @ip: its address
 * @next: the address of the instruction behind it
 * @target: the target of a direct branch, call or jump
 * @flow: its effect on the flow of control
 * @pending: it is being patched; the other fields describe the INT3 in its place
 */
struct sci_insn {
	unsigned long	ip;
	unsigned long	next;
	unsigned long	target;
	enum sci_flow	flow;
	bool		pending;
};

void sci_insn_decode(unsigned long ip, struct sci_insn *insn);
bool sci_insn_icall_before(unsigned long ret, struct sci_insn *call);
bool sci_insn_call_before(unsigned long ret, struct sci_insn *call);

/* Can execution continue behind it, at once or when a call returns? */
static inline bool sci_insn_falls_through(const struct sci_insn *insn)
{
	return insn->flow <= SCI_FLOW_ICALL;
}

/* Can it go to @insn->target without leaving a return address? */
static inline bool sci_insn_jumps(const struct sci_insn *insn)
{
	return insn->flow == SCI_FLOW_BRANCH || insn->flow == SCI_FLOW_JUMP;
}

#endif /* _SCI_BASE_INSN_H */
