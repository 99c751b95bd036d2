/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: views of the range of modules.
 */
#ifndef _SCI_VIEWS_MODULES_H
#define _SCI_VIEWS_MODULES_H

#include <linux/gfp_types.h>

struct sci_view;

/* Counts the flushes of mappings in the range of modules. */
extern unsigned long *sci_module_gen;

int sci_module_init(void);
bool sci_module_executable(const struct sci_view *view, unsigned long address);
int sci_module_map(struct sci_view *view, unsigned long address, bool exec);
unsigned long sci_module_page(const struct sci_view *view, unsigned long address);
void sci_module_refresh(struct sci_view *view);
void sci_module_flush(unsigned long start, unsigned long end);
bool sci_module_alloc(struct sci_view *view, gfp_t gfp);
void sci_module_free(struct sci_view *view);

#endif /* _SCI_VIEWS_MODULES_H */
