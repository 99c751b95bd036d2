// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: SCI's own memory.
 *
 * Isolated system calls cannot reach it.  The direct maps without user memory lack it, and
 * no window opens onto it.
 */
#include <linux/gfp.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sci_cgroup.h>

#include "kinds.h"
#include "own.h"

/**
 * sci_boot_pages - allocate SCI's own memory at boot
 * @bytes: its size
 *
 * Context: boot, before the page allocator has any page; after sci_kinds_init()
 * Return: the memory, all zero; NULL: out of memory
 */
void *__init sci_boot_pages(unsigned long bytes)
{
	void *p = memblock_alloc(PAGE_ALIGN(bytes), PAGE_SIZE);
	unsigned long i;

	for (i = 0; p && i < PFN_UP(bytes); i++)
		sci_set_kind((__pa(p) >> PAGE_SHIFT) + i, SCI_OWN);
	return p;
}

/**
 * sci_get_pages - allocate SCI's own memory
 * @gfp: flags for the page allocator
 * @order: the order of the number of pages
 *
 * It can be accessed on the full page table only.
 *
 * Return: the pages; NULL: out of memory
 */
void *sci_get_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp | __GFP_HIGHMEM, order);

	if (!page)
		return NULL;
	sci_page_set_kind(page, order, SCI_OWN);
	return page_address(page);
}

/**
 * sci_put_pages - free pages of sci_get_pages()
 * @pages: the pages, or NULL
 * @order: the order that they were allocated with
 */
void sci_put_pages(void *pages, unsigned int order)
{
	if (!pages)
		return;
	sci_page_set_kind(virt_to_page(pages), order, SCI_HIDDEN);
	free_pages((unsigned long)pages, order);
}
