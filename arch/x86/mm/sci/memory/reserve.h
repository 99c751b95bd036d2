/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: a reserve of PTE pages.
 */
#ifndef _SCI_MEMORY_RESERVE_H
#define _SCI_MEMORY_RESERVE_H

int sci_reserve_init(void);
int sci_reserve_fill(void);
void *sci_reserve_get(void);

#endif /* _SCI_MEMORY_RESERVE_H */
