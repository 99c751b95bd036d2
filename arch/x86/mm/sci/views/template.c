// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the text that all views map.
 *
 * The template is made late during boot, after everything that patches text at boot.
 */
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/rethook.h>

#include <asm/nospec-branch.h>
#include <asm/sections.h>

#include "../base/image.h"
#include "../memory/own.h"
#include "template.h"

unsigned int sci_text_blocks __ro_after_init;
unsigned int sci_own_blocks __ro_after_init;
pte_t **sci_text_template __ro_after_init;

static __init pte_t *sci_template_pte(unsigned long address)
{
	unsigned int block = (address - ((unsigned long)_text & PMD_MASK)) >> PMD_SHIFT;

	return &sci_text_template[block][pte_index(address)];
}

/**
 * sci_template_set - let all views map a page of text
 * @address: an address in the page
 * @pfn: the page that they map there
 */
void __init sci_template_set(unsigned long address, unsigned long pfn)
{
	*sci_template_pte(address) = pfn_pte(pfn, PAGE_KERNEL_ROX);
}

/**
 * sci_template_pfn - get the page that all views map at an address
 * @address: an address that sci_template_set() was called for
 */
unsigned long __init sci_template_pfn(unsigned long address)
{
	return pte_pfn(*sci_template_pte(address));
}

static __init unsigned int sci_template_page(unsigned long address)
{
	sci_template_set(address, __pa_symbol(address) >> PAGE_SHIFT);
	return 1;
}

/* Returns the number of pages. */
static __init unsigned int sci_template_range(const void *start, const void *end)
{
	unsigned long address = (unsigned long)start & PAGE_MASK;
	unsigned int pages = 0;

	for (; address < (unsigned long)end; address += PAGE_SIZE)
		pages += sci_template_page(address);
	return pages;
}

/*
 * Every view maps the text that a fault cannot add:
 *  - entry code and .noinstr.text, which run between an exception and the load of the full
 *    page table, and on the way back;
 *  - the thunks of returns and indirect calls, which that code goes through as well, and
 *    the checks of indirect calls (verify/icall.c);
 *  - trampolines whose address a tracer puts in place of a return address, because a
 *    return never adds text to a view.
 */
static __init unsigned int sci_template_fill(void)
{
	unsigned int pages = 0;

	pages += sci_template_range(__noinstr_text_start, __noinstr_text_end);
	pages += sci_template_range(__irqentry_text_start, __irqentry_text_end);
	pages += sci_template_range(__entry_text_start, __entry_text_end);
	pages += sci_template_range(__sci_thunks_start, __sci_thunks_end);
#ifdef CONFIG_MITIGATION_SRSO
	/* Each is in a page of its own.  That of the second has its return thunk, too. */
	pages += sci_template_page((unsigned long)srso_alias_untrain_ret);
	pages += sci_template_page((unsigned long)srso_alias_safe_ret);
#endif
#ifdef CONFIG_FUNCTION_GRAPH_TRACER
	pages += sci_template_page((unsigned long)return_to_handler);
#endif
#ifdef CONFIG_RETHOOK
	pages += sci_template_page((unsigned long)arch_rethook_trampoline);
#endif
	return pages;
}

static __init unsigned int sci_count_blocks(const void *end)
{
	return DIV_ROUND_UP((unsigned long)end - ((unsigned long)_text & PMD_MASK), PMD_SIZE);
}

/**
 * sci_template_init - make the template of the text that all views map
 *
 * Return: the number of pages, or -ENOMEM
 */
int __init sci_template_init(void)
{
	unsigned int i;

	sci_text_blocks = sci_count_blocks(_etext);
	sci_own_blocks = sci_count_blocks(__sci_thunks_end);
	sci_text_template = sci_get_pages(GFP_KERNEL | __GFP_ZERO,
					  get_order(sci_text_blocks * sizeof(*sci_text_template)));
	if (!sci_text_template)
		return -ENOMEM;
	for (i = 0; i < sci_text_blocks; i++) {
		sci_text_template[i] = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
		if (!sci_text_template[i])
			return -ENOMEM;
	}
	return sci_template_fill();
}
