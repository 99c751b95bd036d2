/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: addresses of the kernel image and of the range of modules.
 */
#ifndef _SCI_BASE_IMAGE_H
#define _SCI_BASE_IMAGE_H

#include <linux/pgtable.h>

#include <asm/alternative.h>
#include <asm/sections.h>

/* Index of the kernel image's entry in the top-level table, and in the table below it. */
#define SCI_PGD_INDEX		pgd_index(__START_KERNEL_map)
#define SCI_PUD_INDEX		pud_index(__START_KERNEL_map)
/* The next GiB holds modules, BPF images and trampolines, and the fixmap at its end. */
#define SCI_MODULE_PUD_INDEX	pud_index(MODULES_VADDR)

/* There is one thunk for each register that may hold the target of an indirect call. */
#define SCI_REGISTERS		16

/* The thunks are in arch/x86/lib/retpoline.S, these symbols in vmlinux.lds.S. */
extern const char __sci_thunks_start[], __sci_return_thunks[], __sci_thunks_end[];
extern const char __sci_icall_checks_start[], __sci_icall_checks_end[];
extern const char __static_call_text_start[], __static_call_text_end[];

/* The kernel's ELF notes, which include its build id. */
extern const char __start_notes[], __stop_notes[];

/* Defined for kernel/extable.c and kernel/static_call_inline.c. */
struct exception_table_entry;
extern struct exception_table_entry __start___ex_table[], __stop___ex_table[];
struct static_call_site;
extern struct static_call_site __start_static_call_sites[], __stop_static_call_sites[];

/* Is this an address in the kernel image's text? */
static inline bool sci_is_text(unsigned long address)
{
	return address >= (unsigned long)_stext && address < (unsigned long)_etext;
}

/* Is this an address in the range of modules, BPF images and trampolines? */
static inline bool sci_in_modules(unsigned long address)
{
	return address >= MODULES_VADDR && address < MODULES_END;
}

/* Does a call or jump to this address go where a register points? */
static inline bool sci_is_indirect_thunk(unsigned long address)
{
	if (IS_ENABLED(CONFIG_MITIGATION_ITS) &&
	    address >= (unsigned long)its_static_thunk(0) &&
	    address <= (unsigned long)its_static_thunk(SCI_REGISTERS - 1))
		return true;
	return address >= (unsigned long)__sci_thunks_start &&
	       address < (unsigned long)__sci_return_thunks;
}

static inline bool sci_is_return_thunk(unsigned long address)
{
	return address >= (unsigned long)__sci_return_thunks &&
	       address < (unsigned long)__static_call_text_start;
}

#endif /* _SCI_BASE_IMAGE_H */
