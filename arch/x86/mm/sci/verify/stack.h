/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: stacks of isolated system calls.
 */
#ifndef _SCI_VERIFY_STACK_H
#define _SCI_VERIFY_STACK_H

#include <linux/types.h>

#include "verdict.h"

bool sci_follows_call(unsigned long ret);
bool sci_is_jit(unsigned long ip);
unsigned long sci_return_address(const struct pt_regs *regs);
enum sci_verdict sci_verify_stack(const struct sci_view *view, struct pt_regs *regs);

#endif /* _SCI_VERIFY_STACK_H */
