/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the edges of the kernel's flow of control.
 */
#ifndef _SCI_VERIFY_EDGE_H
#define _SCI_VERIFY_EDGE_H

#include <linux/types.h>

#include <asm/ibt.h>

struct sci_view;

/* A BPF program's tail call enters another program behind its prologue. */
#define SCI_BPF_TAIL_CALL	(12 + ENDBR_INSN_SIZE)

bool sci_edge_call(const struct sci_view *view, unsigned long function, unsigned long ret);
bool sci_edge_within(const struct sci_view *view, unsigned long address);
bool sci_was_call(unsigned long ret);

#endif /* _SCI_VERIFY_EDGE_H */
