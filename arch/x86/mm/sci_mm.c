// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: boot, and the tasks' top-level page tables.
 *
 * A task's table mirrors the one of its mm in all entries but the last, so
 * that user memory, the direct map, vmalloc space and so on are the same
 * tables, with the same content at each moment.  What can differ is a
 * top-level entry itself:
 *
 *  - It appears (first mapping in a 512 GiB slot, LDT under PTI, memory
 *    hotplug): the access faults and sci_sync_entry() copies it.
 *  - It goes away with its table (last unmapping in a slot): the generation
 *    in mm->context.sci_gen changes before the flush, see sci_table_freed().
 *  - The mm is another one (exec): mm->context.ctx_id differs.
 *
 * The last entry maps the kernel image, modules and fixmap.  It leads to a
 * table of the task's own, which mirrors init's except for two GiB, the kernel
 * image's and the modules', which are the view of the running call.
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/cgroup.h>
#include <linux/cpufeature.h>
#include <linux/ftrace.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/rethook.h>
#include <linux/slab.h>
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

/* init's table below the last top-level entry. */
static pud_t *sci_init_pud(void)
{
	return pud_offset(p4d_offset(pgd_offset_k(__START_KERNEL_map), __START_KERNEL_map), 0);
}

/**
 * sci_sync_mm - mirror another mm
 * @sci: the current task's
 * @mm: the mm that is loaded
 *
 * Above the direct map's begin, all mms have the same entries.
 *
 * Context: interrupts off.  Called on the full page table and on the view:
 *	what changes in the latter case is not in use.
 */
noinstr void sci_sync_mm(struct sci_task *sci, const struct mm_struct *mm)
{
	const pgd_t *pgd = mm->pgd;
	unsigned long *copy = sci->pgd;
	unsigned int i;

	/* An entry that changes after this read changes the generation again. */
	sci->mm_gen = raw_atomic_long_read(&mm->context.sci_gen);
	sci->mm_id = mm->context.ctx_id;
	barrier();
	for (i = 0; i < KERNEL_PGD_BOUNDARY; i++)
		WRITE_ONCE(copy[i], READ_ONCE(pgd[i].pgd));
	/* Hot-added memory: sci_full_cr3() reads @mm where a fault would recurse. */
	i = pgd_index((unsigned long)mm);
	WRITE_ONCE(copy[i], READ_ONCE(pgd[i].pgd));
}

static bool sci_sync_value(unsigned long *copy, unsigned long value)
{
	/* The copy gets its accessed and dirty bits on its own. */
	if (!((READ_ONCE(*copy) ^ value) & ~(_PAGE_ACCESSED | _PAGE_DIRTY)))
		return false;

	WRITE_ONCE(*copy, value);
	sci_count(SCI_PGD_SYNCS);
	return true;
}

/**
 * sci_sync_entry - bring what maps an address up to date
 * @sci: the current task's
 * @address: one that faulted; not in kernel text, and no module's
 *
 * Context: interrupts off, full page table loaded
 * Return: true: something was out of date, the access may work now.
 */
bool sci_sync_entry(struct sci_task *sci, unsigned long address)
{
	const struct mm_struct *mm = this_cpu_read(cpu_tlbstate.loaded_mm);
	unsigned int i = pgd_index(address);
	pud_t *pud;

	if (i != SCI_PGD_INDEX)
		return sci_sync_value(&sci->pgd[i], READ_ONCE(mm->pgd[i].pgd));

	i = pud_index(address);
	pud = sci_init_pud() + i;
	if (i == SCI_MODULE_PUD_INDEX) {
		i = pmd_index(address);
		return sci_sync_value(&sci->view->module_pmd[i].pmd,
				      READ_ONCE(pmd_offset(pud, 0)[i].pmd));
	}
	if (i != SCI_PUD_INDEX)
		return sci_sync_value(&sci->pgd[PTRS_PER_PGD + i], READ_ONCE(pud->pud));

	/* Where there is text, the view's PTE pages are not init's. */
	i = pmd_index(address);
	if (i - pmd_index((unsigned long)_text) < sci_text_blocks)
		return false;
	return sci_sync_value(&sci->view->pmd[i].pmd,
			      READ_ONCE(pmd_offset(pud, 0)[i].pmd));
}

/**
 * sci_task_alloc - allocate what a task needs to be isolated
 * @task: a task that is not isolated, or does not run yet
 *
 * Does nothing if the task has it already.
 *
 * Context: process context, may sleep.  The controller's locks keep @task from
 *	exiting and others from calling this for it.
 * Return: 0 or -ENOMEM
 */
int sci_task_alloc(struct task_struct *task)
{
	struct sci_task *sci = &task->sci;
	unsigned long *pgd;

	if (sci->pgd)
		return 0;

	/*
	 * Two pages because there are two tables, and in one block because PTI
	 * takes a CR3 with bit 12 set for a user one: the first page's address
	 * has to have it clear.
	 */
	pgd = (unsigned long *)__get_free_pages(GFP_KERNEL_ACCOUNT, 1);
	if (!pgd)
		return -ENOMEM;

	/* The first use fills in the rest: no mm has the id 0. */
	sci->mm_id = 0;
	memcpy(pgd + KERNEL_PGD_BOUNDARY, pgd_offset_k(0) + KERNEL_PGD_BOUNDARY,
	       KERNEL_PGD_PTRS * sizeof(*pgd));
	memcpy(pgd + PTRS_PER_PGD, sci_init_pud(), PAGE_SIZE);
	pgd[SCI_PGD_INDEX] = _KERNPG_TABLE | __sme_pa(pgd + PTRS_PER_PGD);

	sci->cr3 = __sme_pa(pgd);
	if (boot_cpu_has(X86_FEATURE_PCID))
		sci->cr3 |= SCI_PCID;
	sci->pgd = pgd;
	return 0;
}

/**
 * sci_task_free - free what sci_task_alloc() allocated, leave the domain
 * @task: a task that has exited, or never ran
 */
void sci_task_free(struct task_struct *task)
{
	struct sci_task *sci = &task->sci;

	if (sci->held)
		sci_domain_put(sci->held);
	sci->held = NULL;
	free_pages((unsigned long)sci->pgd, 1);
	sci->pgd = NULL;
}

static __init unsigned int sci_template_page(unsigned long address)
{
	unsigned int block = (address - ((unsigned long)_text & PMD_MASK)) >> PMD_SHIFT;

	sci_text_template[block][pte_index(address)] =
		pfn_pte(__pa_symbol(address) >> PAGE_SHIFT, PAGE_KERNEL_ROX);
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
 *  - the thunks that every return and indirect call goes through, there too;
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

static int __init sci_init(void)
{
	unsigned long start = PFN_ALIGN(_text), end = ALIGN((unsigned long)_end, PMD_SIZE);
	unsigned int blocks = sci_count_blocks(_etext), i;

	if (!sci_available)
		return 0;

	/* What the early boot code mapped, before sci_kernel_nonglobal() could tell. */
	set_memory_nonglobal(start, (end - start) >> PAGE_SHIFT);
	flush_tlb_all();

	/* Views replace whole PTE pages: data must not share one with text. */
	if (WARN_ON((unsigned long)__start_rodata < ALIGN((unsigned long)_etext, PMD_SIZE)))
		return -EINVAL;

	sci_text_template = kcalloc(blocks, sizeof(*sci_text_template), GFP_KERNEL);
	if (!sci_text_template)
		goto fail;
	for (i = 0; i < blocks; i++) {
		sci_text_template[i] = (pte_t *)get_zeroed_page(GFP_KERNEL);
		if (!sci_text_template[i])
			goto fail;
	}
	i = sci_template_fill();
	if (sci_taken_init())
		goto fail;

	/* From here on cgroups can be isolated. */
	sci_text_blocks = blocks;
	sci_own_blocks = sci_count_blocks(__sci_thunks_end);
	pr_info("on, %lu pages of kernel text, %u that every view maps, PCID %s, PTI %s\n",
		PFN_UP((unsigned long)__sci_thunks_end - start), i,
		str_on_off(boot_cpu_has(X86_FEATURE_PCID)),
		str_on_off(boot_cpu_has(X86_FEATURE_PTI)));
	return 0;

fail:
	pr_err("out of memory at boot, no cgroup can be isolated\n");
	return -ENOMEM;
}
late_initcall(sci_init);
