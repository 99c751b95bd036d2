/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: views.
 */
#ifndef _SCI_VIEWS_VIEW_H
#define _SCI_VIEWS_VIEW_H

#include <linux/atomic.h>
#include <linux/gfp_types.h>
#include <linux/pgtable.h>

/**
 * struct sci_view - the kernel text that one system call number may execute
 * @nr: index of the system call, see base/syscalls.h
 * @writes_tables: its system call is one of memory management, which writes page tables
 * @pmd: the PMD page of the kernel image's GiB.  Its entries lead to PTE pages of the
 *	view's own where views can differ, and to shared ones elsewhere.
 * @pud: the entry that leads to @pmd
 * @module_pmd: the PMD page of the next GiB.  The entries of the range of modules lead to
 *	PTE pages of the view's own, or are still empty.
 * @module_pud: the entry that leads to @module_pmd
 * @module_gen: the value of sci_module_gen when @module_pmd was last brought up to date
 * @module_blocks: the number of the view's own PTE pages below @module_pmd
 * @pages: the number of pages of text that faults have made executable
 * @faults: the number of these faults
 */
struct sci_view {
	unsigned int		nr;
	bool			writes_tables;
	pmd_t			*pmd;
	pud_t			pud;
	pmd_t			*module_pmd;
	pud_t			module_pud;
	unsigned long		module_gen;
	unsigned int		module_blocks;
	atomic_t		pages;
	atomic_t		faults;
};

bool sci_view_init(struct sci_view *view, unsigned int nr, gfp_t gfp);
void sci_view_free(struct sci_view *view);
unsigned long sci_view_bytes(const struct sci_view *view);
bool sci_view_executable(const struct sci_view *view, unsigned long address);
int sci_view_map(struct sci_view *view, unsigned long address, bool exec);

#endif /* _SCI_VIEWS_VIEW_H */
