/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: text that probes and tracers generate.
 */
#ifndef _SCI_VERIFY_PROBE_H
#define _SCI_VERIFY_PROBE_H

#include <linux/types.h>

struct pt_regs;

bool sci_probe_enter(struct pt_regs *regs);
bool sci_probe_return(struct pt_regs *regs, unsigned long ret, unsigned long sp);
unsigned long sci_trampoline(unsigned long ip);

#endif /* _SCI_VERIFY_PROBE_H */
