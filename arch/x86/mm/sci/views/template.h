/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the text that all views map.
 */
#ifndef _SCI_VIEWS_TEMPLATE_H
#define _SCI_VIEWS_TEMPLATE_H

#include <linux/pgtable.h>

/*
 * The template has a PTE page for each block of 2 MiB of the kernel image's text.  Views
 * can differ in the first sci_own_blocks of the sci_text_blocks: a view has PTE pages of
 * its own for these, which start as copies of the template's.  The others hold entry code
 * only, and all views share the template's PTE pages for them.
 */
extern unsigned int sci_text_blocks;
extern unsigned int sci_own_blocks;
extern pte_t **sci_text_template;

int sci_template_init(void);
void sci_template_set(unsigned long address, unsigned long pfn);
unsigned long sci_template_pfn(unsigned long address);

#endif /* _SCI_VIEWS_TEMPLATE_H */
