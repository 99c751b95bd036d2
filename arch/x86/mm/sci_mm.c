// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: boot.
 *
 * Whether isolation can be used is decided before the direct map is built, for
 * kernel mappings have to be non-global then.  The text that all views map is
 * listed late, when everything that patches text has done so.
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/cgroup.h>
#include <linux/cpufeature.h>
#include <linux/ftrace.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/rethook.h>
#include <linux/sched/task.h>
#include <linux/string_choices.h>
#include <linux/syscalls.h>

#include <asm/nospec-branch.h>
#include <asm/sections.h>
#include <asm/set_memory.h>
#include <asm/syscall.h>
#include <asm/tlbflush.h>

#include "sci.h"

static_assert(NR_syscalls <= SCI_IA32_BASE);
static_assert(X32_NR_syscalls <= SCI_IA32_BASE);
static_assert(SCI_IA32_BASE + IA32_NR_syscalls <= SCI_NR_VIEWS);
/* The image shares its GiB with nothing, and the last entry with little. */
static_assert(KERNEL_IMAGE_SIZE <= PUD_SIZE);

bool sci_available __ro_after_init;
unsigned int sci_text_blocks __ro_after_init;
unsigned int sci_own_blocks __ro_after_init;
pte_t **sci_text_template __ro_after_init;

static bool sci_off __initdata;

static int __init sci_parse(char *arg)
{
	if (!arg)
		return -EINVAL;
	if (!strcmp(arg, "off"))
		sci_off = true;
	else if (strcmp(arg, "on"))
		return -EINVAL;
	return 0;
}
early_param("sci", sci_parse);

/**
 * sci_check_boottime - decide whether isolation can be used
 *
 * Without it the controller is left out, and kernel mappings stay as they are
 * without CONFIG_CGROUP_SCI.
 *
 * Context: boot, before the direct map is built and cgroups are initialized
 */
void __init sci_check_boottime(void)
{
	const char *why = NULL;

	if (sci_off)
		why = "off on the kernel command line";
	else if (!boot_cpu_has(X86_FEATURE_NX))
		why = "not available: the CPU lacks NX";
	else if (pgtable_l5_enabled())
		why = "not available: five-level page tables are in use, boot with no5lvl";

	sci_available = !why;
	if (why) {
		pr_info("%s, the sci cgroup controller is not available\n", why);
		static_branch_disable(&sci_cgrp_subsys_enabled_key);
	}
}

static __init pte_t *sci_template_pte(unsigned long address)
{
	unsigned int block = (address - ((unsigned long)_text & PMD_MASK)) >> PMD_SHIFT;

	return &sci_text_template[block][pte_index(address)];
}

/**
 * sci_template_set - have all views map a page of text
 * @address: in the page
 * @pfn: what is mapped there
 */
void __init sci_template_set(unsigned long address, unsigned long pfn)
{
	*sci_template_pte(address) = pfn_pte(pfn, PAGE_KERNEL_ROX);
}

/**
 * sci_template_pfn - what do all views map here?
 * @address: one for which sci_template_set() was called
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
 * Text that every view maps, because it runs on the view outside of what a
 * fault could add:
 *  - entry code and .noinstr.text: from the exception to the full page table
 *    and back;
 *  - the thunks that every return and indirect call goes through, there too, or what
 *    stands for them (sci_calls.c);
 *  - trampolines that a return leads to, where tracing replaces a return
 *    address: a return never adds text to a view.
 */
static __init unsigned int sci_template_fill(void)
{
	unsigned int pages = 0;

	pages += sci_template_range(__noinstr_text_start, __noinstr_text_end);
	pages += sci_template_range(__irqentry_text_start, __irqentry_text_end);
	pages += sci_template_range(__entry_text_start, __entry_text_end);
	pages += sci_template_range(__sci_thunks_start, __sci_thunks_end);
#ifdef CONFIG_MITIGATION_SRSO
	/* These two have pages to themselves, the latter its return thunk behind it. */
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

/*
 * What the image has given back by now, such as the places of locks for SMP
 * alternatives, may become user memory: nothing of it stays mapped here.
 * free_kernel_image_pages() sees to what comes later.
 */
static __init void sci_unmap_freed(unsigned long start, unsigned long end)
{
	for (; start < end; start += PAGE_SIZE)
		if (!PageReserved(pfn_to_page(PFN_DOWN(__pa_symbol(start)))))
			set_memory_np_noalias(start, 1);
}

static int __init sci_init(void)
{
	unsigned long start = PFN_ALIGN(_text), end = ALIGN((unsigned long)_end, PMD_SIZE);
	unsigned int blocks = sci_count_blocks(_etext), i;

	if (!sci_available)
		return 0;

	sci_unmap_freed(start, PFN_ALIGN(_end));

	/* What the early boot code mapped, before sci_kernel_nonglobal() could tell. */
	set_memory_nonglobal(start, (end - start) >> PAGE_SHIFT);
	flush_tlb_all();

	/* Views replace whole PTE pages: data must not share one with text. */
	if (WARN_ON((unsigned long)__start_rodata < ALIGN((unsigned long)_etext, PMD_SIZE)))
		return -EINVAL;

	/* The key to a task's space is where its task_struct begins. */
	if (WARN_ON(arch_task_struct_size < SCI_TASK_SIZE))
		return -EINVAL;

	sci_text_template = sci_get_pages(GFP_KERNEL | __GFP_ZERO,
					  get_order(blocks * sizeof(*sci_text_template)));
	if (!sci_text_template || sci_task_init() || sci_module_init() || sci_policy_init() ||
	    sci_table_init())
		goto fail;
	for (i = 0; i < blocks; i++) {
		sci_text_template[i] = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
		if (!sci_text_template[i])
			goto fail;
	}
	i = sci_template_fill();
	if (sci_icall_init() || !sci_types_known() || sci_taken_init())
		goto fail;

	/* From here on cgroups can be isolated. */
	sci_text_blocks = blocks;
	sci_own_blocks = sci_count_blocks(__sci_thunks_end);
	pr_info("on, %lu pages of kernel text, %u that every view maps, checks of indirect calls %s, PCID %s, PTI %s\n",
		PFN_UP((unsigned long)__sci_thunks_end - start), i,
		str_on_off(sci_keeps_thunks()),
		str_on_off(boot_cpu_has(X86_FEATURE_PCID)),
		str_on_off(boot_cpu_has(X86_FEATURE_PTI)));
	return 0;

fail:
	pr_err("out of memory at boot, no cgroup can be isolated\n");
	return -ENOMEM;
}
late_initcall(sci_init);
