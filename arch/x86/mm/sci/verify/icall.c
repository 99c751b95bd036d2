// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: indirect calls.
 *
 * Every indirect call and jump of an isolated system call is checked, because a page of
 * text that the view has is entered without a fault.  Indirect calls go through thunks.
 * All views map another page in place of the thunks, which leads to the checks of
 * icall_check.S.  There an indirect call that was verified once continues, and any other
 * one faults.
 *
 * The target must be the start of a function whose address is taken, and the function must
 * have the type of the indirect call.  Both are facts about the kernel's text, so all
 * cgroups share the table of known indirect calls.  Isolated system calls can only read it.
 *
 * The thunks must stay in use: apply_retpolines() must not replace the calls of them.
 * Call depth tracking needs it to do so.  With that, an indirect call is verified only if
 * it is the first one to enter a page.
 */
#include <linux/bpf.h>
#include <linux/cpufeature.h>
#include <linux/filter.h>
#include <linux/kallsyms.h>
#include <linux/linkage.h>
#include <linux/module.h>

#include <asm/ibt.h>
#include <asm/nospec-branch.h>
#include <asm/sci.h>
#include <asm/text-patching.h>

#include "../base/image.h"
#include "../base/insn.h"
#include "../base/pause.h"
#include "../memory/own.h"
#include "../memory/tables.h"
#include "../views/template.h"
#include "edge.h"
#include "icall.h"
#include "stack.h"
#include "taken.h"
#include "types.h"

u64 *sci_known_icalls __ro_after_init;

/* @modules: the number of known indirect calls from or to the range of modules */
struct sci_icall_table {
	arch_spinlock_t	lock;
	unsigned int	modules;
};

static struct sci_icall_table *sci_icalls __ro_after_init;

static u64 sci_icall_key(unsigned long ret, unsigned long target)
{
	return (u64)ret << 32 ^ target;
}

static unsigned long sci_icall_target(u64 key)
{
	return (long)(s32)key;
}

static unsigned long sci_icall_ret(u64 key)
{
	return (long)(s32)~(key >> 32);
}

static u64 *sci_icall_place(u64 key)
{
	return &sci_known_icalls[key * SCI_ICALL_PRIME >> (64 - SCI_ICALL_BITS)];
}

/**
 * sci_keeps_thunks - must indirect calls stay calls of a thunk?
 */
bool sci_keeps_thunks(void)
{
	return sci_available && !cpu_feature_enabled(X86_FEATURE_CALL_DEPTH);
}

/*
 * Let a thunk lead to the check of its register, in the copy of its page that views map.
 * Returns false if out of memory.
 */
static __init bool sci_replace_thunk(void *thunk, unsigned int reg)
{
	unsigned long pfn = sci_template_pfn((unsigned long)thunk);
	void *page = __va(PFN_PHYS(pfn));

	if (pfn == PFN_DOWN(__pa_symbol(thunk))) {
		page = sci_get_pages(GFP_KERNEL, 0);
		if (!page)
			return false;
		copy_page(page, (void *)((unsigned long)thunk & PAGE_MASK));
		sci_template_set((unsigned long)thunk, PFN_DOWN(__pa(page)));
	}
	__text_gen_insn(page + offset_in_page(thunk), JMP32_INSN_OPCODE, thunk,
			__sci_icall_checks_start + reg * SCI_ICALL_CHECK_SIZE, JMP32_INSN_SIZE);
	return true;
}

/**
 * sci_icall_init - make the pages that views map in place of the thunks
 *
 * Context: boot, after alternatives were patched and the template has the thunks
 * Return: 0 or -ENOMEM
 */
int __init sci_icall_init(void)
{
	unsigned int reg;

	if (!sci_keeps_thunks())
		return 0;

	sci_icalls = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!sci_icalls)
		return -ENOMEM;
	sci_icalls->lock = (arch_spinlock_t)__ARCH_SPIN_LOCK_UNLOCKED;

	for (reg = 0; reg < SCI_REGISTERS; reg++)
		if (!sci_replace_thunk(&__x86_indirect_thunk_array[reg], reg) ||
		    (IS_ENABLED(CONFIG_MITIGATION_ITS) &&
		     !sci_replace_thunk(its_static_thunk(reg), reg)))
			return -ENOMEM;
	return 0;
}

static void sci_icall_forget(u64 *place)
{
	if (sci_in_modules(sci_icall_target(*place)) || sci_in_modules(sci_icall_ret(*place)))
		sci_icalls->modules--;
	WRITE_ONCE(*place, 0);
}

static void sci_icall_add(unsigned long ret, unsigned long target)
{
	u64 key = sci_icall_key(ret, target), *first = sci_icall_place(key), *place;

	for (place = first; place < first + SCI_ICALL_PROBES - 1; place++)
		if (!*place || *place == key)
			break;
	if (place == first + SCI_ICALL_PROBES - 1) {
		/* Bucket full: empty it.  An entry still in use costs one more fault. */
		for (place = first; place < first + SCI_ICALL_PROBES - 1; place++)
			sci_icall_forget(place);
		place = first;
	}
	if (!*place) {
		WRITE_ONCE(*place, key);
		sci_icalls->modules += sci_in_modules(target) || sci_in_modules(ret);
	}
}

static bool sci_icall_within(u64 key, unsigned long start, unsigned long end)
{
	unsigned long target = sci_icall_target(key), ret = sci_icall_ret(key);

	return (target >= start && target < end) || (ret > start && ret <= end);
}

/**
 * __sci_text_gone - text has been given up, other code may take its place
 * @start: the first address
 * @end: the address behind the last one
 *
 * Context: any but NMI
 */
void __sci_text_gone(unsigned long start, unsigned long end)
{
	u64 *place;

	if (!sci_icalls || end <= MODULES_VADDR || start >= MODULES_END)
		return;

	guard(sci_paused_lock)(&sci_icalls->lock);
	for (place = sci_known_icalls;
	     sci_icalls->modules && place < sci_known_icalls + SCI_ICALL_PLACES; place++)
		if (*place && sci_icall_within(*place, start, end))
			sci_icall_forget(place);
}

/* Never called: these two have the types by which BPF programs and callbacks are called. */
static unsigned int sci_bpf_program(const void *ctx, const struct bpf_insn *insn)
{
	return 0;
}

static u64 sci_bpf_callback(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return 0;
}

static bool sci_is_bpf_type(u32 type)
{
	return sci_function_has_type((unsigned long)sci_bpf_program, type) ||
	       sci_function_has_type((unsigned long)sci_bpf_callback, type);
}

/* The target is in a BPF image or in other generated code. */
static enum sci_verdict sci_verify_icall_of_generated(unsigned long ret, unsigned long target)
{
	u32 type = sci_icall_type(ret);
	unsigned long size, offset;

	if (!kallsyms_lookup_size_offset(target, &size, &offset))
		/* BPF images of classic filters and of struct_ops may have no symbol. */
		return sci_address_taken(target) ? SCI_OK : SCI_NOT_A_SYMBOL;

	/* A BPF tail call leaves @ret as it was, so the type is right for it, too. */
	if (!offset ? !sci_address_taken(target) : offset != SCI_BPF_TAIL_CALL)
		return SCI_MID_FUNCTION;
	return !type || sci_is_bpf_type(type) ? SCI_OK : SCI_WRONG_TYPE;
}

/* Assembly may jump through a register to another place of the same function. */
static bool sci_jumped_within(unsigned long ret, unsigned long target, unsigned long start)
{
	struct sci_insn call;

	return sci_insn_call_before(ret, &call) && call.flow == SCI_FLOW_CALL &&
	       call.target == start && is_endbr(*(u32 *)target);
}

static enum sci_verdict sci_verify_icall_of_function(const struct sci_view *view,
						     unsigned long ret, unsigned long target)
{
	unsigned long size, offset;
	struct sci_insn call;
	u32 type;

	if (!kallsyms_lookup_size_offset(target, &size, &offset))
		return SCI_NOT_A_SYMBOL;
	if (offset)
		return sci_jumped_within(ret, target, target - offset) ? SCI_OK : SCI_MID_FUNCTION;

	/* An indirect tail call: @ret is that of the call of the function that jumps. */
	if (!sci_insn_call_before(ret, &call) || call.flow == SCI_FLOW_CALL)
		return sci_edge_call(view, target, ret) ? SCI_OK : SCI_WRONG_CALL;

	if (!sci_address_taken(target))
		return SCI_WRONG_CALL;
	type = sci_icall_type(ret);
	return !type || sci_function_has_type(target, type) ? SCI_OK : SCI_WRONG_TYPE;
}

/**
 * sci_is_icall_fault - does this fault report an unknown indirect call?
 * @ip: the instruction that faulted
 * @address: the address that it accessed
 */
bool sci_is_icall_fault(unsigned long ip, unsigned long address)
{
	return address == (unsigned long)sci_known_icalls &&
	       ip >= (unsigned long)__sci_icall_checks_start &&
	       ip < (unsigned long)__sci_icall_checks_end;
}

static enum sci_verdict sci_verify_icall_target(const struct sci_view *view, unsigned long ret,
						unsigned long target)
{
	if (!sci_is_text(target) && !sci_is_module_text(target))
		return SCI_EXEC_DATA;
	if (sci_is_text(target) || __module_text_address(target))
		return sci_verify_icall_of_function(view, ret, target);
	return sci_verify_icall_of_generated(ret, target);
}

/**
 * sci_verify_icall - judge an indirect call or jump
 * @view: the view of the system call
 * @regs: the registers at the fault
 *
 * Context: interrupts off, full page table loaded
 * Return: SCI_OK: it may continue, and is known from now on; otherwise the violation
 */
enum sci_verdict sci_verify_icall(const struct sci_view *view, const struct pt_regs *regs)
{
	unsigned long target = regs->r10, ret = sci_return_address(regs);
	enum sci_verdict verdict;

	sci_assert_full_table();
	if (!ret)
		return SCI_STACK_FOREIGN;

	/* If the text goes away meanwhile, __sci_text_gone() forgets it after this. */
	arch_spin_lock(&sci_icalls->lock);
	verdict = sci_verify_icall_target(view, ret, target);
	/* If a tracer has replaced @ret on the stack, the check could not find the key. */
	if (verdict == SCI_OK && ret == *(unsigned long *)regs->sp)
		sci_icall_add(ret, target);
	arch_spin_unlock(&sci_icalls->lock);
	return verdict;
}
