// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: views.
 *
 * A view starts with the text that all views map.  It grows by one verified page at a time,
 * and it lives as long as its domain.
 *
 * Pages of the kernel image never leave a view.  An entry changes only from nothing to
 * read-only data or text, and from data to text.  So adding a page takes no lock and no TLB
 * flush: a CPU that still has the old entry cached faults once and finds the new one.  The
 * range of modules is different, see modules.c.
 *
 * The PTE pages for the image are allocated with the view.  A fault comes in atomic
 * context, with any lock held, including the page allocator's.  If it could not be handled
 * for lack of memory, a process would be killed that has done nothing wrong.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include <asm/sections.h>

#include "../base/image.h"
#include "../base/pause.h"
#include "../base/syscalls.h"
#include "../memory/own.h"
#include "../memory/tables.h"
#include "modules.h"
#include "template.h"
#include "view.h"

static pte_t *sci_view_pte(const struct sci_view *view, unsigned long address)
{
	return pte_offset_kernel(&view->pmd[pmd_index(address)], address);
}

/**
 * sci_view_executable - does the view map this page executable?
 * @view: the view
 * @address: any
 */
bool sci_view_executable(const struct sci_view *view, unsigned long address)
{
	pte_t pte;

	if (sci_in_modules(address))
		return sci_module_executable(view, address);
	if (!sci_is_text(address))
		return false;
	pte = READ_ONCE(*sci_view_pte(view, address));
	return pte_present(pte) && pte_exec(pte);
}

static bool sci_image_map(struct sci_view *view, unsigned long address, bool exec)
{
	unsigned long *p = &sci_view_pte(view, address)->pte;
	unsigned long old = READ_ONCE(*p), new;

	new = pte_val(pfn_pte(__pa_symbol(address) >> PAGE_SHIFT,
			      exec ? PAGE_KERNEL_ROX : PAGE_KERNEL_RO));
	do {
		if (old & _PAGE_PRESENT && (!exec || !(old & _PAGE_NX)))
			return false;
	} while (!try_cmpxchg(p, &old, new));

	if (exec)
		atomic_inc(&view->pages);
	return true;
}

/**
 * sci_view_map - add a page of text to a view
 * @view: the view
 * @address: an address in text of the kernel image, or in the range of modules
 * @exec: true to make it executable; otherwise it is mapped as data
 *
 * Context: interrupts off, full page table loaded
 * Return: 1: the view has changed; 0: the page was mapped that way already; -ENOMEM: there
 *	is no PTE page for the range of modules
 */
int sci_view_map(struct sci_view *view, unsigned long address, bool exec)
{
	sci_assert_full_table();
	if (sci_in_modules(address))
		return sci_module_map(view, address, exec);
	return sci_image_map(view, address, exec);
}

/**
 * sci_view_bytes - get the size of a view's tables in bytes
 * @view: the view
 */
unsigned long sci_view_bytes(const struct sci_view *view)
{
	return (2 + sci_own_blocks + READ_ONCE(view->module_blocks)) * PAGE_SIZE;
}

/**
 * sci_view_free - free a view's tables
 * @view: a view that is not in use, or that sci_view_init() could not complete
 */
void sci_view_free(struct sci_view *view)
{
	unsigned int i, first = pmd_index((unsigned long)_text);

	for (i = first; view->pmd && i < first + sci_own_blocks; i++)
		if (!pmd_none(view->pmd[i]))
			sci_put_pages((void *)pmd_page_vaddr(view->pmd[i]), 0);
	sci_put_pages(view->pmd, 0);
	sci_module_free(view);
}

/**
 * sci_view_init - make a view with the text that all views map
 * @view: its structure, all zero
 * @nr: its index
 * @gfp: flags for the page allocator
 *
 * Context: process context, may sleep; full page table loaded
 * Return: false if out of memory; @view is all zero again
 */
bool sci_view_init(struct sci_view *view, unsigned int nr, gfp_t gfp)
{
	unsigned int i, first = pmd_index((unsigned long)_text);
	const pmd_t *init = pmd_off_k(__START_KERNEL_map);

	sci_assert_full_table();
	view->nr = nr;
	view->writes_tables = sci_syscall_writes_tables(nr);
	view->pmd = sci_get_pages(gfp | __GFP_ZERO, 0);
	if (!view->pmd || !sci_module_alloc(view, gfp))
		goto fail;

	for (i = 0; i < sci_text_blocks; i++) {
		pte_t *pte = sci_text_template[i];

		if (i < sci_own_blocks) {
			pte = sci_get_pages(gfp | __GFP_ZERO, 0);
			if (!pte)
				goto fail;
			copy_page(pte, sci_text_template[i]);
		}
		view->pmd[first + i] = __pmd(_KERNPG_TABLE | __sme_pa(pte));
	}

	/*
	 * The rest, such as data, is copied as it is now.  Mappings that are split or made
	 * later are copied at the first fault on them, see sci_sync_entry().
	 */
	for (i = 0; i < PTRS_PER_PMD; i++)
		if (i < first || i >= first + sci_text_blocks)
			view->pmd[i] = pmd_none(sci_image_shared_pmd(i)) ? init[i] :
									   sci_image_shared_pmd(i);

	view->pud = __pud(_KERNPG_TABLE | __sme_pa(view->pmd));
	return true;

fail:
	sci_view_free(view);
	*view = (struct sci_view){ };
	return false;
}
