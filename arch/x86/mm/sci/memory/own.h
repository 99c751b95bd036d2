/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: SCI's own memory, which isolated system calls cannot reach.
 */
#ifndef _SCI_MEMORY_OWN_H
#define _SCI_MEMORY_OWN_H

#include <linux/gfp_types.h>

void *sci_boot_pages(unsigned long bytes);
void *sci_get_pages(gfp_t gfp, unsigned int order);
void sci_put_pages(void *pages, unsigned int order);

#endif /* _SCI_MEMORY_OWN_H */
