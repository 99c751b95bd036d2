/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the kernel's page tables.
 */
#ifndef _SCI_MEMORY_TABLES_H
#define _SCI_MEMORY_TABLES_H

#include <linux/pgtable.h>

/* Do two page table entries differ in more than the bits that the hardware sets? */
static inline bool sci_differs(unsigned long a, unsigned long b)
{
	return (a ^ b) & ~(_PAGE_ACCESSED | _PAGE_DIRTY);
}

static inline bool sci_pte_runs(pte_t pte)
{
	return pte_present(pte) && pte_exec(pte);
}

pte_t sci_kernel_pte(unsigned long address, unsigned int *level);
bool sci_is_module_text(unsigned long address);
bool sci_module_present(unsigned long address);

int sci_tables_init(void);
void sci_tables_find(void);
int sci_image_build(void);
pmd_t sci_image_shared_pmd(unsigned int i);

#endif /* _SCI_MEMORY_TABLES_H */
