/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the kind of each page.
 */
#ifndef _SCI_MEMORY_KINDS_H
#define _SCI_MEMORY_KINDS_H

#include <linux/sci_cgroup.h>

struct seq_file;

/* The number of pages below an entry of a PUD page, and of a PMD page. */
#define SCI_GIB_PAGES		(PUD_SIZE >> PAGE_SHIFT)
#define SCI_BLOCK_PAGES		(PMD_SIZE >> PAGE_SHIFT)

void *sci_kinds_init(unsigned long extra);
void sci_kinds_use(void);
void sci_set_kind(unsigned long pfn, enum sci_kind kind);
bool sci_change_kind(unsigned long pfn, enum sci_kind kind);
void sci_pages_set_kind(unsigned long pfn, unsigned long end, enum sci_kind kind);
bool sci_is_read_only(unsigned long address, unsigned long bytes);
void sci_kinds_show(struct seq_file *m);

#endif /* _SCI_MEMORY_KINDS_H */
