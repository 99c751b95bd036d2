// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: spaces, the address spaces of tasks.
 *
 * A task's own top-level table mirrors most entries of its mm's.  User memory, vmalloc
 * space and so on are therefore the same lower tables, with the same content at any time.
 * Only a top-level entry itself can differ:
 *
 *  - It appears (first mapping in a slot of 512 GiB, LDT under PTI): the access faults, and
 *    sci_sync_entry() copies the entry.
 *  - It goes away with its table (last unmapping in a slot): the generation in
 *    mm->context.sci_gen changes before the flush, see sci_table_freed().
 *  - The task has another mm (exec): mm->context.ctx_id differs.
 *
 * The entries of the direct map lead to one of the direct maps without user memory, see
 * memory/direct.c.  The last entry is for the kernel image, modules and fixmap.  It leads
 * to a table of the task's own, which mirrors init's except for three GiB.  The kernel
 * image's and the modules' are the view of the running system call, and the third one has
 * the task's windows.
 *
 * Only the two GiB of the view can map executable pages.  The entries that lead to other
 * tables than SCI's have _PAGE_NX, whatever these tables say, and windows are not
 * executable.
 */
#include <linux/atomic.h>
#include <linux/cpufeature.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include <asm/sections.h>
#include <asm/tlbflush.h>

#include "../base/image.h"
#include "../base/pause.h"
#include "../memory/direct.h"
#include "../memory/own.h"
#include "../memory/tables.h"
#include "../views/template.h"
#include "../views/view.h"
#include "space.h"

#define SCI_WINDOW_PUD_INDEX	pud_index(SCI_WINDOW_BASE)

static_assert(pgd_index(SCI_WINDOW_BASE) == SCI_PGD_INDEX);
static_assert(SCI_WINDOWS <= PTRS_PER_PTE && SCI_WINDOWS == BITS_PER_TYPE(u64));

/* Makes an entry of an upper table forbid execution of everything below it. */
static __always_inline unsigned long sci_no_exec(unsigned long entry)
{
	return entry & _PAGE_PRESENT ? entry | _PAGE_NX : entry;
}

/* Returns init's table below the last top-level entry. */
static pud_t *sci_init_pud(void)
{
	return pud_offset(p4d_offset(pgd_offset_k(__START_KERNEL_map), __START_KERNEL_map), 0);
}

/*
 * The entries below the direct map are mirrored in groups, because most groups are empty in
 * both tables.  The last group ends where the direct map starts, which KASLR decides.
 */
#define SCI_GROUP	8

static_assert(PTRS_PER_PGD / SCI_GROUP == BITS_PER_TYPE(u64));

static __always_inline u64 sci_group(unsigned int i)
{
	return BIT_ULL(i / SCI_GROUP);
}

static __always_inline void sci_sync_group(struct sci_space *space, const pgd_t *pgd,
					   unsigned int first, unsigned int end)
{
	unsigned long any = 0;
	unsigned int i;

	for (i = first; i < end; i++)
		any |= READ_ONCE(pgd[i].pgd);
	if (!any && !(space->mirrored & sci_group(first)))
		return;
	space->mirrored |= sci_group(first);
	for (i = first; i < end; i++)
		WRITE_ONCE(space->pgd[i], sci_no_exec(READ_ONCE(pgd[i].pgd)));
}

/**
 * sci_sync_mm - mirror the top-level entries of an mm
 * @space: the current task's space
 * @mm: the mm that is loaded
 *
 * Only those below the direct map: from there on, all mms have the same entries.
 *
 * Context: interrupts off, full page table loaded
 */
noinstr void sci_sync_mm(struct sci_space *space, const struct mm_struct *mm)
{
	const pgd_t *pgd = mm->pgd;
	unsigned int i, end = KERNEL_PGD_BOUNDARY;

	sci_assert_full_table();
	/* The generation before the entries: a change after this increments it again. */
	space->mm_gen = raw_atomic_long_read(&mm->context.sci_gen);
	space->mm_id = mm->context.ctx_id;
	barrier();
	for (i = 0; i + SCI_GROUP <= end; i += SCI_GROUP)
		sci_sync_group(space, pgd, i, i + SCI_GROUP);
	sci_sync_group(space, pgd, i, end);
}

static bool sci_sync_value(struct sci_space *space, unsigned long *copy, unsigned long value)
{
	if (!sci_differs(READ_ONCE(*copy), value))
		return false;

	WRITE_ONCE(*copy, value);
	sci_count(space, SCI_PGD_SYNCS);
	return true;
}

/* As sci_sync_entry(), for the addresses below the last top-level entry. */
static bool sci_sync_last(struct sci_space *space, unsigned long address)
{
	unsigned int i = pud_index(address);
	pud_t *pud = sci_init_pud() + i;

	if (i == SCI_WINDOW_PUD_INDEX)
		return false;
	if (i != SCI_PUD_INDEX && i != SCI_MODULE_PUD_INDEX)
		return sci_sync_value(space, &space->pgd[PTRS_PER_PGD + i],
				      sci_no_exec(READ_ONCE(pud->pud)));
	if (space->unconfined)
		return sci_sync_value(space, &space->pgd[PTRS_PER_PGD + i],
				      READ_ONCE(pud->pud));
	if (i == SCI_MODULE_PUD_INDEX) {
		i = pmd_index(address);
		return sci_sync_value(space, &space->view->module_pmd[i].pmd,
				      READ_ONCE(pmd_offset(pud, 0)[i].pmd));
	}

	/* Blocks with text or page tables have other PTE pages than init's. */
	i = pmd_index(address);
	if (i - pmd_index((unsigned long)_text) < sci_text_blocks ||
	    !pmd_none(sci_image_shared_pmd(i)))
		return false;
	return sci_sync_value(space, &space->view->pmd[i].pmd,
			      READ_ONCE(pmd_offset(pud, 0)[i].pmd));
}

/**
 * sci_sync_entry - bring the entry that maps an address up to date
 * @space: the current task's space
 * @address: an address that faulted.  It is neither in text of the kernel image nor in the
 *	range of modules, unless the system call is unconfined.
 *
 * Context: interrupts off, full page table loaded
 * Return: true if an entry was out of date, so that the access may work now
 */
bool sci_sync_entry(struct sci_space *space, unsigned long address)
{
	const struct mm_struct *mm = this_cpu_read(cpu_tlbstate.loaded_mm);
	unsigned int i = pgd_index(address);

	sci_assert_full_table();
	if (i == SCI_PGD_INDEX)
		return sci_sync_last(space, address);
	if (sci_direct_has(i) && !space->unconfined)
		return sci_direct_sync(address);
	space->mirrored |= sci_group(i);
	return sci_sync_value(space, &space->pgd[i], sci_no_exec(READ_ONCE(mm->pgd[i].pgd)));
}

/**
 * sci_set_view - let a task's top-level table lead to a view
 * @space: the current task's space
 * @view: the view, which belongs to the domain @space->held
 *
 * Context: interrupts off, full page table loaded
 */
noinstr void sci_set_view(struct sci_space *space, struct sci_view *view)
{
	sci_assert_full_table();
	space->view = view;
	WRITE_ONCE(space->pgd[PTRS_PER_PGD + SCI_PUD_INDEX], view->pud.pud);
	WRITE_ONCE(space->pgd[PTRS_PER_PGD + SCI_MODULE_PUD_INDEX], view->module_pud.pud);
	if (unlikely(space->unconfined || space->writes_tables != view->writes_tables))
		sci_direct_enter(space->pgd, sci_direct_map_for(view->writes_tables));
	space->writes_tables = view->writes_tables;
	space->unconfined = false;
}

/**
 * sci_space_unconfine - let a task's top-level table lead to all text and memory
 * @space: the current task's space
 *
 * For the rest of a system call that audit mode lets off.  It stays on its own table,
 * because it may have windows open.
 *
 * Context: interrupts off, full page table loaded
 */
void sci_space_unconfine(struct sci_space *space)
{
	const pud_t *pud = sci_init_pud();
	unsigned int i;

	sci_assert_full_table();
	space->unconfined = true;
	space->writes_tables = true;
	space->pgd[PTRS_PER_PGD + SCI_PUD_INDEX] = pud[SCI_PUD_INDEX].pud;
	space->pgd[PTRS_PER_PGD + SCI_MODULE_PUD_INDEX] = pud[SCI_MODULE_PUD_INDEX].pud;
	for (i = KERNEL_PGD_BOUNDARY; i < SCI_PGD_INDEX; i++)
		if (sci_direct_has(i))
			space->pgd[i] = pgd_offset_k(0)[i].pgd;
}

/* Creation */

/*
 * The tables of a space, and their initial content.  Entries that appear later are copied
 * at the first fault on them, see sci_sync_entry().
 */
struct sci_space_tables {
	unsigned long pgd[PTRS_PER_PGD];
	unsigned long pud[PTRS_PER_PUD];
	unsigned long pmd[PTRS_PER_PMD];
	unsigned long pte[PTRS_PER_PTE];
};

#define SCI_TABLES_ORDER	2

static_assert(sizeof(struct sci_space_tables) == PAGE_SIZE << SCI_TABLES_ORDER);
static_assert(sizeof(struct sci_space_tables) + PAGE_SIZE == SCI_SPACE_BYTES);

static struct sci_space_tables *sci_space_template __ro_after_init;

/**
 * sci_space_prepare - fill in the initial content of all spaces' tables
 *
 * Context: process context; sci_direct_build() has been successful
 */
void sci_space_prepare(void)
{
	struct sci_space_tables *tables = sci_space_template;
	unsigned int i;

	guard(sci_paused)();
	for (i = KERNEL_PGD_BOUNDARY; i < SCI_PGD_INDEX; i++)
		tables->pgd[i] = sci_no_exec(pgd_offset_k(0)[i].pgd);
	sci_direct_enter(tables->pgd, SCI_DIRECT_RO);
	for (i = 0; i < PTRS_PER_PUD; i++)
		tables->pud[i] = sci_no_exec(sci_init_pud()[i].pud);
}

static void sci_space_fill(struct sci_space *space, struct sci_space_tables *tables)
{
	guard(sci_paused)();
	copy_page(tables->pgd, sci_space_template->pgd);
	copy_page(tables->pud, sci_space_template->pud);
	copy_page(tables->pmd, sci_space_template->pmd);
	copy_page(tables->pte, sci_space_template->pte);
	tables->pgd[SCI_PGD_INDEX] = _KERNPG_TABLE | __sme_pa(tables->pud);
	tables->pud[SCI_WINDOW_PUD_INDEX] = _KERNPG_TABLE | _PAGE_NX | __sme_pa(tables->pmd);
	tables->pmd[pmd_index(SCI_WINDOW_BASE)] = _KERNPG_TABLE | __sme_pa(tables->pte);

	/* The first load of a view calls sci_sync_mm(), because no mm has the id 0. */
	*space = (struct sci_space){
		.pgd = tables->pgd,
		.windows = (pte_t *)tables->pte,
		.cr3 = __sme_pa(tables->pgd) | (boot_cpu_has(X86_FEATURE_PCID) ? SCI_PCID : 0),
	};
}

/**
 * sci_space_alloc - allocate a space
 *
 * Context: process context, may sleep; sci_space_prepare() has been called
 * Return: the space; NULL: out of memory
 */
struct sci_space *sci_space_alloc(void)
{
	struct sci_space_tables *tables;
	struct sci_space *space;

	/*
	 * In one block, because bit 12 of the first page's address must be clear: PTI takes
	 * a CR3 with that bit set for the one of user mode.
	 */
	tables = sci_get_pages(GFP_KERNEL_ACCOUNT, SCI_TABLES_ORDER);
	space = sci_get_pages(GFP_KERNEL_ACCOUNT, 0);
	if (!tables || !space) {
		sci_put_pages(tables, SCI_TABLES_ORDER);
		sci_put_pages(space, 0);
		return NULL;
	}
	sci_space_fill(space, tables);
	return space;
}

/**
 * sci_space_free - free a space, and drop its reference to a domain
 * @space: the space, which no task uses any more; or NULL
 *
 * Context: any but NMI
 */
void sci_space_free(struct sci_space *space)
{
	struct sci_domain *held;
	unsigned long *pgd;

	if (!space)
		return;
	scoped_guard(sci_paused) {
		held = space->held;
		pgd = space->pgd;
	}
	if (held)
		sci_domain_put(held);
	sci_put_pages(pgd, SCI_TABLES_ORDER);
	sci_put_pages(space, 0);
}

/**
 * sci_space_init - allocate room for the initial content of all spaces' tables
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_space_init(void)
{
	sci_space_template = sci_get_pages(GFP_KERNEL | __GFP_ZERO, SCI_TABLES_ORDER);
	return sci_space_template ? 0 : -ENOMEM;
}
