// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: start-up.
 *
 * There are three steps.  Before the kernel's direct map is built, sci_check_boottime()
 * decides whether isolation can be used, because kernel mappings must be non-global for it.
 * Before the page allocator has any pages, sci_mem_init() starts to note their kinds.
 * After everything that patches text at boot, sci_init() prepares the views.
 *
 * The rest is left to the first domain: sci_domain_alloc() builds the direct maps without
 * user memory and patches in the hooks.
 *
 * sci/Makefile lists the layers below.  <linux/sci_controller.h> is the contract with the
 * controller.
 */
#define pr_fmt(fmt) "sci: " fmt

#include <linux/cgroup.h>
#include <linux/cpufeature.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/sched/task.h>
#include <linux/sci_controller.h>
#include <linux/string_choices.h>

#include <asm/sci.h>
#include <asm/sections.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#include "sci/base/image.h"
#include "sci/memory/direct.h"
#include "sci/memory/kinds.h"
#include "sci/memory/reserve.h"
#include "sci/memory/tables.h"
#include "sci/tasks/directory.h"
#include "sci/tasks/policy.h"
#include "sci/tasks/space.h"
#include "sci/verify/icall.h"
#include "sci/verify/taken.h"
#include "sci/verify/types.h"
#include "sci/views/domain.h"
#include "sci/views/modules.h"
#include "sci/views/template.h"

/* Views replace the one PUD entry that maps the kernel image. */
static_assert(KERNEL_IMAGE_SIZE <= PUD_SIZE);

static bool sci_off __initdata;
/* Start-up has succeeded. */
static bool sci_ready __ro_after_init;

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

static __init void sci_disable(void)
{
	sci_available = false;
	static_branch_disable(&sci_cgrp_subsys_enabled_key);
}

/**
 * sci_check_boottime - decide whether isolation can be used
 *
 * If not, there is no controller, and kernel mappings are as without CONFIG_CGROUP_SCI.
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
		sci_disable();
	}
}

/**
 * sci_mem_init - allocate the memory that isolation needs from the start
 *
 * Context: boot, before the page allocator has any page
 */
void __init sci_mem_init(void)
{
	if (!sci_available)
		return;

	sci_known_icalls = sci_kinds_init(SCI_ICALL_BYTES);
	if (!sci_known_icalls || !sci_direct_init() || !sci_directory_init()) {
		pr_err("out of memory at boot, the sci cgroup controller is not available\n");
		sci_disable();
		return;
	}
	sci_kinds_use();
}

/*
 * Pages that the kernel image has freed by now, such as the lock addresses of SMP
 * alternatives, may become user memory: remove their mappings in the image.
 * free_kernel_image_pages() does the same for pages that are freed later.
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
	int pages;

	if (!sci_available)
		return 0;

	sci_unmap_freed(start, PFN_ALIGN(_end));

	/* Early boot code has mapped the image globally, before sci_check_boottime(). */
	set_memory_nonglobal(start, (end - start) >> PAGE_SHIFT);
	flush_tlb_all();

	/* Text and data must not share a PTE page, because views replace those of text. */
	if (WARN_ON((unsigned long)__start_rodata < ALIGN((unsigned long)_etext, PMD_SIZE)))
		return -EINVAL;

	/* No two task_structs may have the same entry in the directory. */
	if (WARN_ON(arch_task_struct_size < SCI_TASK_SIZE))
		return -EINVAL;

	pages = sci_template_init();
	if (pages < 0 || sci_tables_init() || sci_reserve_init() || sci_module_init() ||
	    sci_space_init() || sci_policy_init() || sci_icall_init() || !sci_types_known() ||
	    sci_taken_init()) {
		pr_err("out of memory at boot, no cgroup can be isolated\n");
		return -ENOMEM;
	}

	sci_ready = true;
	pr_info("on, %lu pages of kernel text, %d that every view maps, checks of indirect calls %s, PCID %s, PTI %s\n",
		PFN_UP((unsigned long)__sci_thunks_end - start), pages,
		str_on_off(sci_keeps_thunks()),
		str_on_off(boot_cpu_has(X86_FEATURE_PCID)),
		str_on_off(boot_cpu_has(X86_FEATURE_PTI)));
	return 0;
}
late_initcall(sci_init);

/**
 * sci_domain_alloc - create a domain without views
 *
 * The hooks that the first domain patches in stay, because users who may enable and remove
 * cgroups must not be able to make all CPUs patch text over and over.
 *
 * Context: process context, may sleep.  Takes cpu_hotplug_lock.
 * Return: the domain, with one reference; ERR_PTR(-ENOMEM); ERR_PTR(-EOPNOTSUPP):
 *	sci_init() has failed
 */
struct sci_domain *sci_domain_alloc(void)
{
	struct sci_domain *domain;

	if (!sci_ready)
		return ERR_PTR(-EOPNOTSUPP);
	if (sci_reserve_fill() || sci_direct_build() || sci_image_build())
		return ERR_PTR(-ENOMEM);

	domain = sci_domain_create();
	if (!domain)
		return ERR_PTR(-ENOMEM);
	if (!static_key_enabled(&sci_key)) {
		sci_space_prepare();
		static_branch_enable(&sci_key);
	}
	return domain;
}
