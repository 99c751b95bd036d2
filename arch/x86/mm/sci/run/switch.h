/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: switches between the view and the full page table.
 */
#ifndef _SCI_RUN_SWITCH_H
#define _SCI_RUN_SWITCH_H

#include <linux/types.h>

struct sci_space;

void sci_view_pause_noinstr(void);
void sci_view_unpause_noinstr(struct sci_space *space, bool flush);

#endif /* _SCI_RUN_SWITCH_H */
