/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: indirect calls.
 */
#ifndef _SCI_VERIFY_ICALL_H
#define _SCI_VERIFY_ICALL_H

#include <linux/types.h>

#include "icall_check.h"
#include "verdict.h"

/* The table of known indirect calls. */
extern u64 *sci_known_icalls;
#define SCI_ICALL_BYTES		(SCI_ICALL_PLACES * sizeof(u64))

int sci_icall_init(void);
bool sci_is_icall_fault(unsigned long ip, unsigned long address);
enum sci_verdict sci_verify_icall(const struct sci_view *view, const struct pt_regs *regs);

#endif /* _SCI_VERIFY_ICALL_H */
