// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the functions that an indirect call can reach.
 *
 * An indirect call can reach a function whose address is taken.  objtool knows the
 * functions whose address is not taken, and apply_seal_endbr() overwrites their ENDBR at
 * boot.  But objtool has to spare exported functions, because a module may take their
 * address.  Most of these are only ever called directly.  So look for references to them:
 * in all of the kernel's text and data at boot, and in each module's when it is loaded.
 *
 * A word that only looks like a function's address counts as a reference.  It permits
 * indirect calls of that function, and does no other harm.
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/sci_cgroup.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include <asm/ibt.h>
#include <asm/insn.h>
#include <asm/sections.h>

#include "../../../../../kernel/module/internal.h"

#include "../base/image.h"
#include "../memory/own.h"
#include "taken.h"
#include "types.h"

/* Functions are aligned to this.  There is a bit for each place where one may start. */
#define SCI_FUNCTION_ALIGN	16

#define SCI_LEA_OPCODE		0x8d

/* Exported functions with no reference but direct calls and jumps.  SCI's own memory. */
static unsigned long *sci_untaken __ro_after_init;

static unsigned long sci_function_bit(unsigned long function)
{
	return (function - (unsigned long)_stext) / SCI_FUNCTION_ALIGN;
}

static bool sci_has_bit(unsigned long function)
{
	return sci_is_text(function) && IS_ALIGNED(function, SCI_FUNCTION_ALIGN);
}

static void sci_taken(unsigned long function)
{
	unsigned long bit = sci_function_bit(function);

	/* Test first: few words are a function's address, and most of those are known. */
	if (sci_has_bit(function) && test_bit(bit, sci_untaken))
		clear_bit(bit, sci_untaken);
}

/* Any aligned word may be a pointer. */
static void sci_scan_data(const void *start, const void *end)
{
	const unsigned long *p;

	for (p = PTR_ALIGN(start, sizeof(*p)); p + 1 <= (const unsigned long *)end; p++)
		sci_taken(*p);
}

/* An instruction holds an address as an immediate, or as the displacement of a LEA. */
static void sci_scan_text(const void *start, const void *end)
{
	const u8 *p;

	for (p = start; p + sizeof(s32) <= (const u8 *)end; p++) {
		long value = get_unaligned((const s32 *)p);

		sci_taken(value);
		if (p - (const u8 *)start >= 2 && p[-2] == SCI_LEA_OPCODE &&
		    X86_MODRM_MOD(p[-1]) == 0 && X86_MODRM_RM(p[-1]) == 5)
			sci_taken((unsigned long)p + sizeof(s32) + value);
	}
}

static void sci_scan_module(const struct module *mod)
{
	for_each_mod_mem_type(type) {
		const struct module_memory *mem = &mod->mem[type];

		if (!mem->size)
			continue;
		if (mod_mem_type_is_text(type))
			sci_scan_text(mem->base, mem->base + mem->size);
		sci_scan_data(mem->base, mem->base + mem->size);
	}
}

/* A module that is COMING has been relocated, and none of its code has run. */
static int sci_module_event(struct notifier_block *nb, unsigned long action, void *mod)
{
	if (action == MODULE_STATE_LIVE)
		sci_module_types_trim(mod);
	if (action != MODULE_STATE_COMING)
		return NOTIFY_OK;
	/* A task that loads a module can run any code anyway: leave the view. */
	sci_view_leave();
	sci_scan_module(mod);
	return NOTIFY_OK;
}

static struct notifier_block sci_module_notifier = {
	.notifier_call	= sci_module_event,
	.priority	= INT_MAX,
};

static __init void sci_exported(const struct kernel_symbol *start, const struct kernel_symbol *end)
{
	const struct kernel_symbol *symbol;

	for (symbol = start; symbol < end; symbol++) {
		unsigned long function = (unsigned long)offset_to_ptr(&symbol->value_offset);

		if (sci_has_bit(function))
			set_bit(sci_function_bit(function), sci_untaken);
	}
}

/**
 * sci_taken_init - find the functions whose address is taken
 *
 * Context: boot, while init memory is still there
 * Return: 0 or -ENOMEM
 */
int __init sci_taken_init(void)
{
	unsigned long bits = sci_function_bit((unsigned long)_etext) + 1;
	unsigned int order = get_order(BITS_TO_LONGS(bits) * sizeof(long));
	const struct module *mod;
	int ret;

	sci_untaken = sci_get_pages(GFP_KERNEL | __GFP_ZERO, order);
	if (!sci_untaken)
		return -ENOMEM;

	sci_exported(__start___ksymtab, __stop___ksymtab);
	sci_exported(__start___ksymtab_gpl, __stop___ksymtab_gpl);
	sci_scan_text(_stext, _etext);
	sci_scan_text(_sinittext, _einittext);
	sci_scan_data(__start_rodata, __end_rodata);
	sci_scan_data(_sdata, _edata);
	sci_scan_data(__init_begin, __init_end);

	ret = register_module_notifier(&sci_module_notifier);
	if (ret) {
		sci_put_pages(sci_untaken, order);
		sci_untaken = NULL;
		return ret;
	}

	/* Modules that were loaded before the notifier was registered. */
	mutex_lock(&module_mutex);
	list_for_each_entry(mod, &modules, list)
		if (mod->state != MODULE_STATE_UNFORMED)
			sci_scan_module(mod);
	mutex_unlock(&module_mutex);
	return 0;
}

/**
 * sci_address_taken - may an indirect call or jump reach this function?
 * @function: any address
 *
 * Context: any
 */
bool sci_address_taken(unsigned long function)
{
	u32 insn;

	if (copy_from_kernel_nofault(&insn, (void *)function, sizeof(insn)) || insn != gen_endbr())
		return false;
	return !sci_has_bit(function) || !test_bit(sci_function_bit(function), sci_untaken);
}
