/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: faults on a view.
 */
#ifndef _SCI_RUN_FAULT_H
#define _SCI_RUN_FAULT_H

struct sci_space;

void sci_space_add_text(struct sci_space *space, unsigned long address);

#endif /* _SCI_RUN_FAULT_H */
