/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: windows onto hidden pages.  <linux/sci_page.h> has the functions
 * by which the rest of the kernel opens and closes them.
 */
#ifndef _SCI_RUN_WINDOW_H
#define _SCI_RUN_WINDOW_H

#include <linux/types.h>

struct sci_space;

void sci_windows_close(struct sci_space *space, u64 keep);

#endif /* _SCI_RUN_WINDOW_H */
