// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the kernel's page tables.
 *
 * Whoever can write to a page table has all memory.  So page tables are pages of a
 * kind of their own, and there are two direct maps (direct.c).  System calls whose
 * work is memory management run with the one that lets them be written.  Others need
 * to write page tables, too: they fault user memory in, allocate vmalloc space,
 * reclaim memory.  Code that writes an entry asks whether it can, and otherwise does it
 * on the full page table (sci_table_set()).  Code that writes many entries changes to the
 * other map meanwhile (sci_tables_write_begin()).
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
 * Of the table that maps the kernel's image, the entries for blocks of 2 MiB with
 * page tables of its own in them: all views share these.
 */
static pmd_t *sci_image __ro_after_init;

/* Mappings of the kernel */

/**
 * sci_kernel_pte - how does the kernel map this address?
 * @address: any
 * @level: set to the size of the mapping, as lookup_address() tells it; or NULL
 *
 * Return: an entry for the one page; an empty one: it is not mapped
 */
pte_t sci_kernel_pte(unsigned long address, unsigned int *level)
{
	unsigned int size;
	pte_t *p, pte;
	pmd_t pmd;
	pud_t pud;

	p = lookup_address(address, &size);
	if (level)
		*level = size;
	if (!p)
		return __pte(0);
	pte = READ_ONCE(*p);
	if (!(pte_flags(pte) & _PAGE_PRESENT))
		return __pte(0);
	switch (size) {
	case PG_LEVEL_1G:
		pud = native_make_pud(native_pte_val(pte));
		return pfn_pte(pud_pfn(pud) + PFN_DOWN(address) % SCI_GIB_PAGES,
			       pgprot_large_2_4k(pud_pgprot(pud)));
	case PG_LEVEL_2M:
		pmd = native_make_pmd(native_pte_val(pte));
		return pfn_pte(pmd_pfn(pmd) + PFN_DOWN(address) % SCI_BLOCK_PAGES,
			       pgprot_large_2_4k(pmd_pgprot(pmd)));
	}
	return pte;
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
 * sci_table_xchg - exchange an entry of a page table that cannot be written
 * @entry: the entry
 * @value: the new value
 *
 * Anything else is written on the view, so a corrupted pointer gains nothing.
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

/* The tables that exist before the first cgroup is isolated */

/* Returns false if it is known already. */
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
 * sci_tables_find - find the kernel's own page tables
 *
 * Those that boot code has allocated: others say so to the page allocator.
 *
 * Context: process context, the direct maps are not built yet
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
 * sci_image_build - the kernel's image as all views see it: page tables in its data
 *
 * Does nothing once sci_key is enabled, and continues where it failed.
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
 * sci_image_shared_pmd - the entry of the kernel's image that all views share
 * @i: its index
 *
 * Context: full page table loaded
 * Return: the entry, or an empty one: as in init's table
 */
pmd_t sci_image_shared_pmd(unsigned int i)
{
	sci_assert_full_table();
	return sci_image[i];
}

/**
 * sci_tables_init - allocate the table of the image
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_tables_init(void)
{
	sci_image = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	return sci_image ? 0 : -ENOMEM;
}
