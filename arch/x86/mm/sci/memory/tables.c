// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the kernel's page tables.
 *
 * A write to a page table can open up all memory.  So page tables are pages of a kind of
 * their own, and there are two direct maps (direct.c).  System calls of memory management
 * run with the map in which page tables can be written.  Other system calls write page
 * tables, too, when they fault user memory in, allocate vmalloc space or reclaim memory.
 * For these, code that writes one entry does so on the full page table (sci_table_set()),
 * and code that writes many entries changes to the other map for that time
 * (sci_tables_write_begin()).
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/string.h>

#include <asm/sections.h>
#include <asm/set_memory.h>

#include "../base/image.h"
#include "../base/pause.h"
#include "direct.h"
#include "kinds.h"
#include "own.h"
#include "tables.h"

/*
 * The PMD entries of the kernel image's data that all views share: those of blocks with
 * page tables in them.  The others are empty.
 */
static pmd_t *sci_image __ro_after_init;

/* The kernel's mappings */

/**
 * sci_kernel_pte - how does the kernel map this address?
 * @address: any
 * @level: set to the level of the mapping, see lookup_address(); or NULL
 *
 * Return: a PTE for this one page, also if it is part of a huge mapping; an empty one if
 *	the page is not mapped
 */
pte_t sci_kernel_pte(unsigned long address, unsigned int *level)
{
	unsigned int unused;
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;
	pte_t pte;

	level = level ?: &unused;
	*level = PG_LEVEL_NONE;
	/* Read each entry once: another CPU may split a large page meanwhile. */
	p4d = READ_ONCE(*p4d_offset(pgd_offset_k(address), address));
	if (!p4d_present(p4d))
		return __pte(0);
	pud = READ_ONCE(*pud_offset(&p4d, address));
	if (!(pud_flags(pud) & _PAGE_PRESENT))
		return __pte(0);
	if (pud_leaf(pud)) {
		*level = PG_LEVEL_1G;
		return pfn_pte(pud_pfn(pud) + PFN_DOWN(address) % SCI_GIB_PAGES,
			       pgprot_large_2_4k(pud_pgprot(pud)));
	}
	pmd = READ_ONCE(*pmd_offset(&pud, address));
	if (!(pmd_flags(pmd) & _PAGE_PRESENT))
		return __pte(0);
	if (pmd_leaf(pmd)) {
		*level = PG_LEVEL_2M;
		return pfn_pte(pmd_pfn(pmd) + PFN_DOWN(address) % SCI_BLOCK_PAGES,
			       pgprot_large_2_4k(pmd_pgprot(pmd)));
	}
	*level = PG_LEVEL_4K;
	pte = READ_ONCE(*pte_offset_kernel(&pmd, address));
	return pte_flags(pte) & _PAGE_PRESENT ? pte : __pte(0);
}

/**
 * sci_is_module_text - does the kernel map this address executable, outside of its image?
 * @address: any
 */
bool sci_is_module_text(unsigned long address)
{
	return sci_in_modules(address) && sci_pte_runs(sci_kernel_pte(address, NULL));
}

/**
 * sci_module_present - does the kernel map anything here?
 * @address: in the range of modules
 */
bool sci_module_present(unsigned long address)
{
	return pte_present(sci_kernel_pte(address, NULL));
}

/**
 * sci_table_xchg - exchange an entry of a page table that is read-only
 * @entry: the entry
 * @value: the new value
 *
 * Anything but a page table is written on the view, so a corrupted pointer gains nothing.
 *
 * Context: any but NMI
 * Return: the old value
 */
unsigned long sci_table_xchg(void *entry, unsigned long value)
{
	unsigned long *p = entry;

	if (!sci_direct_is_table((unsigned long)p))
		return xchg(p, value);

	guard(sci_paused)();
	return xchg(p, value);
}
EXPORT_SYMBOL(sci_table_xchg);

/* Page tables that exist before the first cgroup is isolated */

/* Returns false if the page is known as a page table already. */
static bool sci_table_found(const void *table)
{
	struct page *page = virt_to_page(table);

	if (__sci_page_is_table(page))
		return false;
	sci_page_set_kind(page, 0, SCI_TABLE);
	return true;
}

static void sci_tables_find_pud(pud_t *pud)
{
	unsigned int i, j;
	pmd_t *pmd;

	if (!sci_table_found(pud))
		return;
	for (i = 0; i < PTRS_PER_PUD; i++) {
		if (!pud_present(pud[i]) || pud_leaf(pud[i]))
			continue;
		pmd = pmd_offset(&pud[i], 0);
		if (!sci_table_found(pmd))
			continue;
		for (j = 0; j < PTRS_PER_PMD; j++)
			if (pmd_present(pmd[j]) && !pmd_leaf(pmd[j]))
				sci_table_found(pte_offset_kernel(&pmd[j], 0));
	}
}

/**
 * sci_tables_find - find the page tables that boot code has allocated
 *
 * All others were allocated with __GFP_TABLE.
 *
 * Context: process context; the direct maps are not built yet
 */
void sci_tables_find(void)
{
	p4d_t *p4d = p4d_offset(pgd_offset_k(0), 0);
	unsigned int i;

	sci_table_found(__va(__pa_symbol(init_top_pgt)));
	for (i = KERNEL_PGD_BOUNDARY; i < PTRS_PER_PGD; i++)
		if (p4d_present(p4d[i]))
			sci_tables_find_pud(pud_offset(&p4d[i], 0));
}

/**
 * sci_image_build - make page tables in the kernel image's data read-only in all views
 *
 * Continues where it failed the last time, and does nothing once sci_key is enabled.
 *
 * Context: process context, may sleep; after sci_tables_find()
 * Return: 0 or -ENOMEM
 */
int sci_image_build(void)
{
	unsigned long block = ALIGN((unsigned long)_etext, PMD_SIZE), address;
	pte_t *table, pte;
	pmd_t *pmd;
	int i;

	if (static_key_enabled(&sci_key))
		return 0;

	for (; block < (unsigned long)_end; block += PMD_SIZE) {
		pmd = &sci_image[pmd_index(block)];
		if (!pmd_none(*pmd) || !memchr(&sci_kinds[__pa_symbol(block) >> PAGE_SHIFT],
					       SCI_TABLE, PTRS_PER_PTE))
			continue;
		table = sci_get_pages(GFP_KERNEL, 0);
		if (!table)
			return -ENOMEM;
		for (i = 0; i < PTRS_PER_PTE; i++) {
			address = block + i * PAGE_SIZE;
			pte = sci_kernel_pte(address, NULL);
			table[i] = sci_direct_is_table(address) ? pte_wrprotect(pte) : pte;
		}
		*pmd = __pmd(_KERNPG_TABLE | __sme_pa(table));
	}
	return 0;
}

/**
 * sci_image_shared_pmd - get a PMD entry of the kernel image that all views share
 * @i: its index
 *
 * Context: full page table loaded
 * Return: the entry; an empty one if init's entry can be used
 */
pmd_t sci_image_shared_pmd(unsigned int i)
{
	sci_assert_full_table();
	return sci_image[i];
}

/**
 * sci_tables_init - allocate the image's shared PMD entries
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_tables_init(void)
{
	sci_image = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	return sci_image ? 0 : -ENOMEM;
}
