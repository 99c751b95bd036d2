// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: does the code itself lead there?
 *
 * The kernel's text says which steps its control flow can take.  A direct call
 * names its target.  An indirect call, one through a retpoline included, reaches
 * functions whose address is taken: objtool finds those of which it is not, and
 * at boot apply_seal_endbr() overwrites their ENDBR, whatever the CPU.  A
 * function that was called may end in a jump to another one.  Within a function
 * a branch names its target, or execution runs on, or the exception table
 * continues it elsewhere.
 *
 * All of this is decoded from the text as it is now, patched sites included.
 * Where it is being patched or probed, what it was cannot be decoded, and a
 * step that does not fit gets the benefit of the doubt: no system call of a
 * tenant's patches text at will.
 *
 * The compiler must not use jump tables: X86_KERNEL_IBT sees to it.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/memory.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/extable.h>
#include <asm/ibt.h>
#include <asm/insn.h>
#include <asm/sections.h>
#include <asm/text-patching.h>

#include "sci.h"

/* A tail call from the function that a tail call led to, and so on. */
#define SCI_MAX_TAIL_CALLS	4

/* What an instruction does to the flow of control. */
enum sci_flow {
	SCI_FLOW_ON,
	SCI_FLOW_BRANCH,
	SCI_FLOW_CALL,
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
 * @doubt: it has been replaced, by a kprobe or for a moment
 */
struct sci_step {
	unsigned long	ip;
	unsigned long	next;
	unsigned long	target;
	enum sci_flow	flow;
	bool		doubt;
};

/**
 * struct sci_search - is there an instruction that leads to a place?
 * @view: must have the instruction's page
 * @target: the place
 * @found: there is
 * @doubt: there may be
 */
struct sci_search {
	const struct sci_view	*view;
	unsigned long		target;
	bool			found;
	bool			doubt;
};

/* Big, and faults on a view do not nest. */
static DEFINE_PER_CPU(char [KSYM_SYMBOL_LEN + sizeof(".cold")], sci_name);

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
		if (X86_MODRM_REG(insn->modrm.bytes[0]) == 4)	/* jmp * */
			return SCI_FLOW_JUMP_INDIRECT;
		break;
	case 0xc2:						/* ret imm16 */
	case RET_INSN_OPCODE:
	case INT3_INSN_OPCODE:
	case 0xcf:						/* iret */
		return SCI_FLOW_END;
	}
	return SCI_FLOW_ON;
}

static bool sci_in(unsigned long address, const char *start, const char *end)
{
	return address >= (unsigned long)start && address < (unsigned long)end;
}

static void sci_decode(unsigned long ip, struct sci_step *step)
{
	struct insn insn;

	*step = (struct sci_step){ .ip = ip, .next = ip + 1, .flow = SCI_FLOW_END };
	if (insn_decode_kernel(&insn, (void *)ip))
		return;

	step->next = ip + insn.length;
	step->target = step->next + insn.immediate.value;
	step->flow = sci_flow_of(&insn);

	if (insn.opcode.bytes[0] == INT3_INSN_OPCODE)
		step->doubt = get_kprobe((void *)ip) || mutex_is_locked(&text_mutex);
	if (step->flow != SCI_FLOW_JUMP)
		return;
	if (sci_in(step->target, __sci_thunks_start, __sci_return_thunks))
		step->flow = SCI_FLOW_JUMP_INDIRECT;
	else if (sci_in(step->target, __sci_return_thunks, __static_call_text_start))
		step->flow = SCI_FLOW_END;
	else
		step->doubt = is_kprobe_optinsn_slot(step->target);
}

static bool sci_address_taken(unsigned long function)
{
	u32 insn;

	return !copy_from_kernel_nofault(&insn, (void *)function, sizeof(insn)) &&
	       insn == gen_endbr();
}

/* Does an instruction of [start, end) that the view has lead to the target? */
static void sci_search_range(struct sci_search *search, unsigned long start, unsigned long end)
{
	struct sci_step step;

	for (; start < end && !search->found; start = step.next) {
		bool jumps, runs_on, switches;

		sci_decode(start, &step);
		search->doubt |= step.doubt;

		jumps = (step.flow == SCI_FLOW_BRANCH || step.flow == SCI_FLOW_JUMP) &&
			step.target == search->target;
		runs_on = step.flow <= SCI_FLOW_CALL && step.next == search->target;
		if (!jumps && !runs_on)
			continue;

		/* The call itself was made on the full page table. */
		switches = step.flow == SCI_FLOW_CALL &&
			   sci_in(step.target, __noinstr_text_start, __noinstr_text_end);
		search->found = switches || sci_view_executable(search->view, step.ip);
	}
}

static int sci_search_symbol(void *data, unsigned long start)
{
	unsigned long size, offset;

	if (sci_is_text(start) && kallsyms_lookup_size_offset(start, &size, &offset) && !offset)
		sci_search_range(data, start, start + size);
	return 0;
}

/* The other one of the two parts that the compiler made of a function. */
static void sci_search_other_part(struct sci_search *search)
{
	char *name = this_cpu_ptr(sci_name), *suffix;

	sprint_symbol_no_offset(name, search->target);
	suffix = strstr(name, ".cold");
	if (suffix)
		*suffix = '\0';
	else
		strcat(name, ".cold");
	kallsyms_on_each_match_symbol(sci_search_symbol, name, search);
}

static void sci_search_extable(struct sci_search *search)
{
	const struct exception_table_entry *entry;

	for (entry = __start___ex_table; entry < __stop___ex_table && !search->found; entry++) {
		unsigned long insn = (unsigned long)&entry->insn + entry->insn;
		unsigned long fixup = (unsigned long)&entry->fixup + entry->fixup;

		if (fixup == search->target && sci_is_text(insn))
			search->found = sci_view_executable(search->view, insn);
	}
}

/**
 * sci_edge_within - does a function that runs lead here, without a call?
 * @view: the view, which lacks the page of @address
 * @address: in kernel text
 *
 * By a branch, by running on from the page before, through the exception table,
 * or out of code that switches page tables.
 *
 * Context: interrupts off, full page table loaded
 */
bool sci_edge_within(const struct sci_view *view, unsigned long address)
{
	struct sci_search search = { .view = view, .target = address };
	unsigned long size, offset;

	if (!kallsyms_lookup_size_offset(address, &size, &offset))
		return false;

	sci_search_range(&search, address - offset, address - offset + size);
	/* Assembly runs from one symbol into the next. */
	if (!offset && !search.found && sci_is_text(address - 1) &&
	    kallsyms_lookup_size_offset(address - 1, &size, &offset))
		sci_search_range(&search, address - 1 - offset, address);
	if (!search.found)
		sci_search_other_part(&search);
	if (!search.found)
		sci_search_extable(&search);
	return search.found || search.doubt;
}

/*
 * Is there, in some page of the view, a jump to the start of this function?  For
 * the case that a function which an indirect call has reached ended in it.
 */
static bool sci_tail_called(const struct sci_view *view, unsigned long function)
{
	unsigned long page, ip, start, size, offset;
	struct sci_step step;

	for (page = (unsigned long)_text; page < (unsigned long)__sci_thunks_start;
	     page += PAGE_SIZE) {
		if (!sci_view_executable(view, page))
			continue;
		for (ip = page; ip < page + PAGE_SIZE; ip++) {
			/* The displacement ends a direct jump of either length. */
			if (ip + 4 + *(s32 *)ip != function)
				continue;
			if (!kallsyms_lookup_size_offset(ip, &size, &offset))
				continue;
			/* Is it part of one? */
			for (start = ip - offset; start < ip; start = step.next) {
				sci_decode(start, &step);
				if (step.next == ip + 4 && step.target == function &&
				    (step.flow == SCI_FLOW_JUMP || step.flow == SCI_FLOW_BRANCH))
					return true;
			}
		}
	}
	return false;
}

static bool sci_indirect_call(const struct sci_view *view, unsigned long function)
{
	return sci_address_taken(function) || sci_tail_called(view, function);
}

/* Does a call of @callee lead to the start of @function, by jumps alone? */
static bool sci_leads_to(const struct sci_view *view, unsigned long callee,
			 unsigned long function, unsigned int depth)
{
	unsigned long size, offset, ip;
	struct sci_step step;

	if (callee == function)
		return true;
	if (sci_in(callee, __sci_thunks_start, __sci_return_thunks))
		return sci_indirect_call(view, function);
	if (!depth || !kallsyms_lookup_size_offset(callee, &size, &offset))
		return false;
	/* A static call's trampoline is one jump, and has no symbol of its own. */
	if (sci_in(callee, __static_call_text_start, __static_call_text_end)) {
		sci_decode(callee, &step);
		return step.doubt || (step.flow == SCI_FLOW_JUMP &&
				      sci_leads_to(view, step.target, function, depth));
	}
	if (offset)
		return false;

	for (ip = callee; ip < callee + size; ip = step.next) {
		sci_decode(ip, &step);
		if (step.doubt)
			return true;
		if (step.flow == SCI_FLOW_JUMP_INDIRECT && sci_indirect_call(view, function))
			return true;
		if ((step.flow == SCI_FLOW_JUMP || step.flow == SCI_FLOW_BRANCH) &&
		    step.target - callee >= size &&
		    sci_leads_to(view, step.target, function, depth - 1))
			return true;
	}
	return false;
}

/**
 * sci_edge_call - does the call before a return address lead to this function?
 * @view: the view, which lacks the page of @function
 * @function: its start
 * @ret: the return address on top of the stack
 *
 * Context: interrupts off, full page table loaded
 */
bool sci_edge_call(const struct sci_view *view, unsigned long function, unsigned long ret)
{
	unsigned long call = ret - CALL_INSN_SIZE;
	struct kprobe *probe;
	u8 opcode;
	s32 rel;

	if (copy_from_kernel_nofault(&opcode, (void *)call, sizeof(opcode)) ||
	    copy_from_kernel_nofault(&rel, (void *)call + 1, sizeof(rel)))
		return false;

	if (opcode == INT3_INSN_OPCODE) {
		if (mutex_is_locked(&text_mutex))
			return true;
		probe = get_kprobe((void *)call);
		if (probe)
			opcode = probe->opcode;
	}
	if (opcode == CALL_INSN_OPCODE &&
	    sci_leads_to(view, ret + rel, function, SCI_MAX_TAIL_CALLS))
		return true;
	return sci_follows_indirect_call(ret) && sci_indirect_call(view, function);
}
