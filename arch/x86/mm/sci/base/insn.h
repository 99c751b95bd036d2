/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: instructions, as the flow of control sees them.
 */
#ifndef _SCI_BASE_INSN_H
#define _SCI_BASE_INSN_H

#include <linux/types.h>

/* What an instruction does to the flow of control. */
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
 * struct sci_insn - an instruction
 * @ip: its address
 * @next: address of the one behind
 * @target: where a direct branch, call or jump goes
 * @flow: which of these it is
 * @pending: it is being patched: what it was, or will be, cannot be told
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

/* Execution goes on behind it, at once or after a call. */
static inline bool sci_insn_falls_through(const struct sci_insn *insn)
{
	return insn->flow <= SCI_FLOW_ICALL;
}

/* It may go to @insn->target without leaving a return address. */
static inline bool sci_insn_jumps(const struct sci_insn *insn)
{
	return insn->flow == SCI_FLOW_BRANCH || insn->flow == SCI_FLOW_JUMP;
}

#endif /* _SCI_BASE_INSN_H */
