// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: does the code itself lead to the place of a fault?
 *
 * The kernel's text determines the edges of its flow of control.  A direct call names its
 * target.  An indirect call, also one through a retpoline, reaches functions whose address
 * is taken (taken.c).  A function that was called may end in a jump to another function.
 * Within a function, a branch names its target, execution runs on to the next instruction,
 * or the exception table continues it elsewhere.
 *
 * All of this is decoded from the text as it is now.  The call that led to the place may
 * have been patched since: a tracer was removed, or a static call has another target.  In
 * this case only functions that such a call could have reached are accepted.
 *
 * The compiler must not use jump tables.  X86_KERNEL_IBT turns them off.
 */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include <asm/extable.h>
#include <asm/ibt.h>
#include <asm/sections.h>
#include <asm/text-patching.h>

#include "../base/image.h"
#include "../base/insn.h"
#include "../base/pause.h"
#include "../views/modules.h"
#include "../views/view.h"
#include "edge.h"
#include "probe.h"
#include "taken.h"
#include "types.h"

/* The longest chain of tail calls that is followed. */
#define SCI_MAX_TAIL_CALLS	8

/* The largest BPF image without a symbol, in pages, and the alignment of its start. */
#define SCI_MAX_JIT_PAGES	16
#define SCI_JIT_ALIGN		4

/**
 * struct sci_search - a search for an instruction that leads to an address
 * @view: the view, which must have the instruction's page
 * @target: the address
 * @found: there is such an instruction, or one is being patched that may be
 */
struct sci_search {
	const struct sci_view	*view;
	unsigned long		target;
	bool			found;
};

/* Per CPU because it is too big for the stack.  Faults on a view do not nest. */
static DEFINE_PER_CPU(char [MODULE_NAME_LEN + KSYM_SYMBOL_LEN + sizeof(":.cold")], sci_name);

static bool sci_in(unsigned long address, const char *start, const char *end)
{
	return address >= (unsigned long)start && address < (unsigned long)end;
}

/* Finds the function at an address; also finds BPF programs that have a symbol. */
static bool sci_function_of(unsigned long address, unsigned long *start, unsigned long *size)
{
	unsigned long offset;

	if (!kallsyms_lookup_size_offset(address, size, &offset))
		return false;
	*start = address - offset;
	return true;
}

static bool sci_starts_function(unsigned long address)
{
	unsigned long start, size;

	return sci_function_of(address, &start, &size) && start == address;
}

/* Does an instruction in [start, end) that the view has lead to the target? */
static void sci_search_range(struct sci_search *search, unsigned long start, unsigned long end)
{
	struct sci_insn insn;

	for (; start < end && !search->found; start = insn.next) {
		bool switches;

		sci_insn_decode(start, &insn);
		if (insn.pending) {
			search->found = sci_view_executable(search->view, insn.ip);
			continue;
		}
		if (!(sci_insn_jumps(&insn) && insn.target == search->target) &&
		    !(sci_insn_falls_through(&insn) && insn.next == search->target))
			continue;

		/*
		 * A call of .noinstr.text may have been made on the full page table: its
		 * page need not be in the view.
		 */
		switches = insn.flow == SCI_FLOW_CALL &&
			   sci_in(insn.target, __noinstr_text_start, __noinstr_text_end);
		search->found = switches || sci_view_executable(search->view, insn.ip);
	}
}

static int sci_search_symbol(void *data, unsigned long address)
{
	unsigned long start, size;

	if (address && sci_function_of(address, &start, &size) && start == address)
		sci_search_range(data, start, start + size);
	return 0;
}

/* The compiler may split a function in two: search the other part. */
static void sci_search_other_part(struct sci_search *search)
{
	const struct module *mod = __module_address(search->target);
	char *name = this_cpu_ptr(sci_name), *suffix;
	int length = 0;

	if (mod)
		length = scnprintf(name, MODULE_NAME_LEN + 1, "%s:", mod->name);
	sprint_symbol_no_offset(name + length, search->target);
	/* "function [module]" */
	suffix = strchrnul(name, ' ');
	*suffix = '\0';
	suffix = strstr(name, ".cold");
	if (suffix)
		*suffix = '\0';
	else
		strcat(name, ".cold");

	if (mod)
		sci_search_symbol(search, kallsyms_lookup_name(name));
	else
		kallsyms_on_each_match_symbol(sci_search_symbol, name, search);
}

static void sci_search_extable(struct sci_search *search)
{
	const struct module *mod = __module_address(search->target);
	const struct exception_table_entry *entry, *end;

	entry = mod ? mod->extable : __start___ex_table;
	end = mod ? entry + mod->num_exentries : __stop___ex_table;
	for (; entry < end && !search->found; entry++) {
		unsigned long insn = (unsigned long)&entry->insn + entry->insn;
		unsigned long fixup = (unsigned long)&entry->fixup + entry->fixup;

		if (fixup == search->target)
			search->found = sci_view_executable(search->view, insn);
	}
}

/*
 * BPF images of classic filters have no symbol.  Such an image starts with an ENDBR and is
 * decoded from there.  The view must have all pages between the ENDBR and the target's.
 */
static void sci_search_jit(struct sci_search *search)
{
	unsigned long start = ALIGN_DOWN(search->target, SCI_JIT_ALIGN), page, ip;
	struct sci_insn insn;

	for (page = search->target & PAGE_MASK;
	     !search->found && search->target - start < SCI_MAX_JIT_PAGES * PAGE_SIZE;
	     start -= SCI_JIT_ALIGN) {
		if ((start & PAGE_MASK) != page) {
			page = start & PAGE_MASK;
			if (!sci_view_executable(search->view, page))
				return;
		}
		if (!sci_address_taken(start))
			continue;
		for (ip = start; ip < search->target; ip = insn.next) {
			/* The image has ended: the space between images is full of INT3. */
			if (*(u8 *)ip == INT3_INSN_OPCODE)
				break;
			sci_insn_decode(ip, &insn);
		}
		sci_search_range(search, start, ip);
	}
}

/**
 * sci_edge_within - does code of the same function lead to this address?
 * @view: the view, which lacks the page of @address
 * @address: an address in text
 *
 * It may do so by a branch, by running on from the page before, through the exception
 * table, or by a return from code that switches page tables.  A BPF program is entered
 * behind its prologue by another program's tail call.
 *
 * Context: interrupts off, full page table loaded
 */
bool sci_edge_within(const struct sci_view *view, unsigned long address)
{
	struct sci_search search = { .view = view, .target = address };
	unsigned long start, size, before;

	sci_assert_full_table();
	if (!sci_function_of(address, &start, &size)) {
		if (sci_in_modules(address) && !sci_trampoline(address))
			sci_search_jit(&search);
		return search.found;
	}

	sci_search_range(&search, start, start + size);
	/* Assembly may run from one symbol into the next. */
	if (start == address && !search.found && sci_is_text(address - 1) &&
	    sci_function_of(address - 1, &before, &size))
		sci_search_range(&search, before, address);
	if (sci_in_modules(address) && !__module_address(address))
		return search.found || address == start + SCI_BPF_TAIL_CALL;
	if (!search.found)
		sci_search_other_part(&search);
	if (!search.found)
		sci_search_extable(&search);
	return search.found;
}

/* Does this page of the view contain a jump to the start of the function? */
static bool sci_tail_called_from(const struct sci_view *view, unsigned long page,
				 unsigned long function)
{
	unsigned long ip, end = page + PAGE_SIZE, at, start, size;
	struct sci_insn insn;

	/* A jump may end on the next page, but only if the view has that page. */
	if (!sci_view_executable(view, end))
		end -= sizeof(s32) - 1;
	for (ip = page; ip < end; ip++) {
		/* A direct jump ends with its displacement: look for that first. */
		if (ip + sizeof(s32) + *(s32 *)ip != function ||
		    !sci_function_of(ip, &start, &size))
			continue;
		/* Decode the function to see whether it is part of a jump. */
		for (at = start; at < ip; at = insn.next) {
			sci_insn_decode(at, &insn);
			if (insn.next == ip + sizeof(s32) && insn.target == function &&
			    sci_insn_jumps(&insn))
				return true;
		}
	}
	return false;
}

/* An indirectly called function may have tail-called this one. */
static bool sci_tail_called(const struct sci_view *view, unsigned long function)
{
	unsigned long page;

	for (page = (unsigned long)_text; page < (unsigned long)__sci_thunks_start;
	     page += PAGE_SIZE)
		if (sci_view_executable(view, page) && sci_tail_called_from(view, page, function))
			return true;
	for (page = sci_module_page(view, MODULES_VADDR); page;
	     page = sci_module_page(view, page + PAGE_SIZE))
		if (sci_tail_called_from(view, page, function))
			return true;
	return false;
}

/* @ret: the return address of the indirect call; 0: it is a jump, which has no type */
static bool sci_icall_reaches(const struct sci_view *view, unsigned long function,
			      unsigned long ret)
{
	u32 type = ret ? sci_icall_type(ret) : 0;
	unsigned long start, size;

	/* Generated code without a symbol may start at any ENDBR. */
	if (sci_function_of(function, &start, &size) ? start != function : sci_is_text(function))
		return false;
	if (sci_address_taken(function) && (!type || sci_in_modules(function) ||
					    sci_function_has_type(function, type)))
		return true;
	return sci_tail_called(view, function);
}

/*
 * Does a call of @callee lead to the start of @function by jumps alone?  The view must have
 * the pages of these jumps, because they have been executed.
 */
static bool sci_leads_to(const struct sci_view *view, unsigned long callee,
			 unsigned long function, unsigned int depth)
{
	unsigned long start, size, ip;
	struct sci_insn insn;

	if (callee == function)
		return true;
	if (sci_is_indirect_thunk(callee))
		return sci_icall_reaches(view, function, 0);
	if (!depth-- || !sci_view_executable(view, callee))
		return false;

	/* A static call's trampoline or an ITS thunk is one jump, without a symbol. */
	sci_insn_decode(callee, &insn);
	if (insn.flow == SCI_FLOW_IJUMP)
		return sci_icall_reaches(view, function, 0);
	if (insn.flow == SCI_FLOW_JUMP)
		return sci_leads_to(view, insn.target, function, depth);
	if (insn.pending)
		return true;

	if (!sci_function_of(callee, &start, &size) || start != callee)
		return false;
	for (ip = callee; ip < callee + size; ip = insn.next) {
		sci_insn_decode(ip, &insn);
		if (!sci_view_executable(view, ip))
			continue;
		if (insn.pending)
			return true;
		if (insn.flow == SCI_FLOW_IJUMP && sci_icall_reaches(view, function, 0))
			return true;
		if (sci_insn_jumps(&insn) && insn.target - callee >= size &&
		    sci_leads_to(view, insn.target, function, depth))
			return true;
	}
	return false;
}

static bool sci_is_ftrace_site(unsigned long ip)
{
	return ftrace_location(ip) == ip;
}

static bool sci_is_static_call_site(unsigned long ip)
{
#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
	const struct module *mod = __module_address(ip);
	const struct static_call_site *site, *end;

	site = mod ? mod->static_call_sites : __start_static_call_sites;
	end = mod ? site + mod->num_static_call_sites : __stop_static_call_sites;
	for (; site < end; site++)
		if ((unsigned long)offset_to_ptr(&site->addr) == ip)
			return true;
#endif
	return false;
}

/**
 * sci_was_call - may a call that was patched away have pushed this return address?
 * @ret: the return address
 *
 * Context: preemption off
 */
bool sci_was_call(unsigned long ret)
{
	unsigned long site = ret - CALL_INSN_SIZE;

	return sci_is_ftrace_site(site) || sci_is_static_call_site(site);
}

/* May a tracer have had this function called from a site that was patched since? */
static bool sci_is_tracers(unsigned long function)
{
	return function == (unsigned long)ftrace_caller ||
	       function == (unsigned long)ftrace_regs_caller ||
	       (sci_trampoline(function) && !offset_in_page(function)) ||
	       (sci_in_modules(function) && sci_starts_function(function));
}

static bool sci_is_livepatch(unsigned long function)
{
	const struct module *mod = __module_address(function);

	return mod && is_livepatch_module((struct module *)mod);
}

/**
 * sci_edge_call - does the call before a return address lead to this function?
 * @view: the view, which lacks the page of @function
 * @function: the start of the function
 * @ret: the return address on top of the stack
 *
 * Context: interrupts off, full page table loaded
 */
bool sci_edge_call(const struct sci_view *view, unsigned long function, unsigned long ret)
{
	unsigned long site = ret - CALL_INSN_SIZE;
	struct sci_insn call;

	sci_assert_full_table();
	if (sci_insn_call_before(ret, &call)) {
		if (call.pending)
			return true;
		if (call.flow == SCI_FLOW_CALL &&
		    sci_leads_to(view, call.target, function, SCI_MAX_TAIL_CALLS))
			return true;
		if ((call.flow == SCI_FLOW_ICALL || sci_insn_icall_before(ret, &call)) &&
		    sci_icall_reaches(view, function, ret))
			return true;
		/* The call is of a function that a livepatch replaces by this one. */
		if (sci_is_livepatch(function) && sci_address_taken(function))
			return true;
	}
	if (sci_is_ftrace_site(site))
		return sci_is_tracers(function);
	return sci_is_static_call_site(site) && sci_icall_reaches(view, function, 0);
}
