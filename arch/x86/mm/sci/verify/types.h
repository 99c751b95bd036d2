/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the types of functions and of indirect calls.
 */
#ifndef _SCI_VERIFY_TYPES_H
#define _SCI_VERIFY_TYPES_H

#include <linux/types.h>

struct module;

/* An entry as the compiler leaves it.  The place is relative to its own address. */
struct sci_type_note {
	s32	place;
	u32	hash;
};

extern const struct sci_type_note __sci_functions_start[], __sci_functions_end[];
extern const struct sci_type_note __sci_icalls_start[], __sci_icalls_end[];

bool sci_types_known(void);
void sci_module_types_trim(const struct module *mod);
u32 sci_icall_type(unsigned long ret);
bool sci_function_has_type(unsigned long function, u32 type);

#endif /* _SCI_VERIFY_TYPES_H */
