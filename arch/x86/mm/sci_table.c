// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: page tables, which most calls can only read.
 *
 * Whoever can write to a page table has all memory.  So page tables are pages of
 * a kind of their own, and there are two direct maps (sci_direct.c).  Calls whose
 * work is memory management run with the one that lets them be written.  Others
 * have to do with page tables, too: they need a page of user memory that is not
 * there, allocate vmalloc space, reclaim memory.  What writes an entry finds out
 * that it cannot, and does it on the full page table (sci_table_set()); what
 * writes many of them changes to the other map meanwhile (sci_tables_write_begin()).
 *
 * A task's top-level table could be replaced by another one, where the kernel notes
 * its address.  What is loaded is therefore compared with a copy, sci_check_mm().
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/string.h>

#include <asm/sections.h>
#include <asm/unistd.h>
#include <asm/unistd_32_ia32.h>

#include "sci.h"

/*
 * Of the table that maps the kernel's image, the entries for blocks of 2 MiB with
 * page tables of its own in them: all views share these.
 */
static pmd_t *sci_image __ro_after_init;

/**
 * sci_syscall_writes_tables - is this a call of memory management?
 * @nr: its index
 *
 * A matter of speed only: other calls can do all the same.
 */
bool sci_syscall_writes_tables(unsigned int nr)
{
	switch (nr) {
	case __NR_brk:
	case __NR_clone:
	case __NR_clone3:
	case __NR_execve:
	case __NR_execveat:
	case __NR_fork:
	case __NR_madvise:
	case __NR_mbind:
	case __NR_migrate_pages:
	case __NR_mlock:
	case __NR_mlock2:
	case __NR_mlockall:
	case __NR_mmap:
	case __NR_move_pages:
	case __NR_mprotect:
	case __NR_mremap:
	case __NR_munmap:
	case __NR_pkey_mprotect:
	case __NR_process_madvise:
	case __NR_process_mrelease:
	case __NR_remap_file_pages:
	case __NR_shmat:
	case __NR_shmdt:
	case __NR_vfork:
	case SCI_IA32_BASE + __NR_ia32_brk:
	case SCI_IA32_BASE + __NR_ia32_clone:
	case SCI_IA32_BASE + __NR_ia32_clone3:
	case SCI_IA32_BASE + __NR_ia32_execve:
	case SCI_IA32_BASE + __NR_ia32_execveat:
	case SCI_IA32_BASE + __NR_ia32_fork:
	case SCI_IA32_BASE + __NR_ia32_madvise:
	case SCI_IA32_BASE + __NR_ia32_mlock:
	case SCI_IA32_BASE + __NR_ia32_mlock2:
	case SCI_IA32_BASE + __NR_ia32_mlockall:
	case SCI_IA32_BASE + __NR_ia32_mmap:
	case SCI_IA32_BASE + __NR_ia32_mmap2:
	case SCI_IA32_BASE + __NR_ia32_mprotect:
	case SCI_IA32_BASE + __NR_ia32_mremap:
	case SCI_IA32_BASE + __NR_ia32_munmap:
	case SCI_IA32_BASE + __NR_ia32_pkey_mprotect:
	case SCI_IA32_BASE + __NR_ia32_process_madvise:
	case SCI_IA32_BASE + __NR_ia32_process_mrelease:
	case SCI_IA32_BASE + __NR_ia32_remap_file_pages:
	case SCI_IA32_BASE + __NR_ia32_shmat:
	case SCI_IA32_BASE + __NR_ia32_shmdt:
	case SCI_IA32_BASE + __NR_ia32_vfork:
		return true;
	}
	return false;
}

/**
 * __sci_page_is_table - is this page a page table?
 * @page: any page
 *
 * Context: any
 */
bool __sci_page_is_table(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn < sci_nr_pages && sci_kinds[pfn] == SCI_TABLE;
}

/**
 * sci_table_xchg - exchange an entry of a page table that cannot be written
 * @entry: the entry
 * @value: the new value
 *
 * What is no page table is written as by anyone: the pointer may be corrupted.
 *
 * Context: any but NMI
 * Return: the old value
 */
unsigned long sci_table_xchg(void *entry, unsigned long value)
{
	unsigned long *p = entry, old;
	struct sci_pause step;

	if (!sci_direct_is_table((unsigned long)p))
		return xchg(p, value);

	step = sci_view_pause();
	old = xchg(p, value);
	sci_view_unpause(step);
	return old;
}
EXPORT_SYMBOL(sci_table_xchg);

static void sci_tables_set(bool tables)
{
	struct sci_pause step = sci_view_pause();
	struct sci_space *space = sci_task_space(current);

	if (space && !space->unconfined) {
		sci_direct_enter(space->pgd, sci_direct_map_for(tables));
		space->writes_tables = tables;
	}
	sci_view_unpause(step);
}

/**
 * __sci_tables_write_begin - see sci_tables_write_begin()
 */
void __sci_tables_write_begin(void)
{
	sci_tables_set(true);
}
EXPORT_SYMBOL(__sci_tables_write_begin);

/**
 * __sci_tables_write_end - see sci_tables_write_end()
 */
void __sci_tables_write_end(void)
{
	sci_tables_set(false);
}
EXPORT_SYMBOL(__sci_tables_write_end);

/**
 * sci_mm_trust - the mm of a task is what it should be, and so is its top-level table
 * @space: its space
 * @task: the current one, or one that does not run yet
 *
 * Context: full page table loaded
 */
void sci_mm_trust(struct sci_space *space, const struct task_struct *task)
{
	space->mm = task->mm;
	space->top = task->mm ? __pa(task->mm->pgd) : 0;
}

/**
 * __sci_mm_changed - see sci_mm_changed()
 */
void __sci_mm_changed(void)
{
	struct sci_pause step = sci_view_pause();
	struct sci_space *space = sci_task_space(current);

	if (space)
		sci_mm_trust(space, current);
	sci_view_unpause(step);
}

/**
 * __sci_mm_gone - see sci_task_exit()
 */
void __sci_mm_gone(void)
{
	struct sci_space *space = sci_task_space(current);

	if (space)
		space->top = 0;
}

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

/* As init maps it, but page tables are read-only. */
static pte_t sci_image_pte(unsigned long address)
{
	unsigned int level;
	pte_t *p = lookup_address(address, &level), pte;

	if (!p || !(pte_flags(*p) & _PAGE_PRESENT))
		return __pte(0);
	pte = *p;
	if (level == PG_LEVEL_2M)
		pte = pfn_pte(__pa_symbol(address) >> PAGE_SHIFT,
			      pgprot_large_2_4k(pmd_pgprot(*(pmd_t *)p)));
	return sci_direct_is_table(address) ? pte_wrprotect(pte) : pte;
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
	unsigned long block = ALIGN((unsigned long)_etext, PMD_SIZE);
	pte_t *table;
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
		for (i = 0; i < PTRS_PER_PTE; i++)
			table[i] = sci_image_pte(block + i * PAGE_SIZE);
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
	return sci_image[i];
}

/**
 * sci_table_init - what page tables need at boot
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_table_init(void)
{
	sci_image = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	return sci_image ? 0 : -ENOMEM;
}
