// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the tasks' address spaces, and who has one.
 *
 * A task's top-level table mirrors the one of its mm in most entries, so that
 * user memory, vmalloc space and so on are the same tables, with the same
 * content at each moment.  What can differ is a top-level entry itself:
 *
 *  - It appears (first mapping in a 512 GiB slot, LDT under PTI): the access
 *    faults and sci_sync_entry() copies it.
 *  - It goes away with its table (last unmapping in a slot): the generation
 *    in mm->context.sci_gen changes before the flush, see sci_table_freed().
 *  - The mm is another one (exec): mm->context.ctx_id differs.
 *
 * The entries of the direct map lead to the one that all isolated calls share,
 * see sci_direct.c.  The last entry maps the kernel image, modules and fixmap.
 * It leads to a table of the task's own, which mirrors init's except for two GiB,
 * the kernel image's and the modules', which are the view of the running call,
 * and one for the task's windows.
 *
 * Nothing is executable but what the two GiB map so: all other entries at the top,
 * and beside these two, say so themselves, whatever is in the tables below.
 *
 * Who is isolated is in a directory that isolated calls cannot reach, and the
 * key to it is the address of the task_struct: nothing in the task_struct has
 * to be believed.
 */
#include <linux/atomic.h>
#include <linux/cpufeature.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include <asm/sections.h>
#include <asm/tlbflush.h>

#include "sci.h"

/* Of a space: the four tables, and the structure. */
#define SCI_TABLES_ORDER	2
#define SCI_SPACE_BYTES		((1 << SCI_TABLES_ORDER) * PAGE_SIZE + PAGE_SIZE)

#define SCI_WINDOW_PUD_INDEX	pud_index(SCI_WINDOW_BASE)

static_assert(pgd_index(SCI_WINDOW_BASE) == SCI_PGD_INDEX);
static_assert(SCI_WINDOWS <= PTRS_PER_PTE && SCI_WINDOWS == BITS_PER_TYPE(u64));

struct sci_space ***sci_spaces __ro_after_init;
/* What a directory entry leads to where no task is isolated. */
static struct sci_space **sci_no_spaces __ro_after_init;

/* The entry of an upper table, so that nothing below it can be executed. */
static __always_inline unsigned long sci_no_exec(unsigned long entry)
{
	return entry & _PAGE_PRESENT ? entry | _PAGE_NX : entry;
}

/* init's table below the last top-level entry. */
static pud_t *sci_init_pud(void)
{
	return pud_offset(p4d_offset(pgd_offset_k(__START_KERNEL_map), __START_KERNEL_map), 0);
}

/*
 * Lower entries are mirrored in groups: all but a few are empty, there and here.  The
 * last one ends where the direct map begins, which is anywhere.
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
 * sci_sync_mm - mirror another mm
 * @space: the current task's
 * @mm: the mm that is loaded
 *
 * Above the direct map's begin, all mms have the same entries.
 *
 * Context: interrupts off, full page table loaded
 */
noinstr void sci_sync_mm(struct sci_space *space, const struct mm_struct *mm)
{
	const pgd_t *pgd = mm->pgd;
	unsigned int i, end = KERNEL_PGD_BOUNDARY;

	/* An entry that changes after this read changes the generation again. */
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

/* Below the last top-level entry. */
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

	/* Where there is text, or page tables, the view's PTE pages are not init's. */
	i = pmd_index(address);
	if (i - pmd_index((unsigned long)_text) < sci_text_blocks || !pmd_none(sci_image_shared_pmd(i)))
		return false;
	return sci_sync_value(space, &space->view->pmd[i].pmd,
			      READ_ONCE(pmd_offset(pud, 0)[i].pmd));
}

/**
 * sci_sync_entry - bring what maps an address up to date
 * @space: the current task's
 * @address: one that faulted; not in kernel text, and no module's
 *
 * Context: interrupts off, full page table loaded
 * Return: true: something was out of date, the access may work now.
 */
bool sci_sync_entry(struct sci_space *space, unsigned long address)
{
	const struct mm_struct *mm = this_cpu_read(cpu_tlbstate.loaded_mm);
	unsigned int i = pgd_index(address);

	if (i == SCI_PGD_INDEX)
		return sci_sync_last(space, address);
	if (sci_direct_has(i) && !space->unconfined)
		return sci_direct_sync(address);
	space->mirrored |= sci_group(i);
	return sci_sync_value(space, &space->pgd[i], sci_no_exec(READ_ONCE(mm->pgd[i].pgd)));
}

/**
 * sci_set_view - have a task's top-level table lead to a view
 * @space: the current task's
 * @view: the view; it belongs to @space->held
 *
 * Context: interrupts off, full page table loaded
 */
noinstr void sci_set_view(struct sci_space *space, struct sci_view *view)
{
	space->view = view;
	WRITE_ONCE(space->pgd[PTRS_PER_PGD + SCI_PUD_INDEX], view->pud.pud);
	WRITE_ONCE(space->pgd[PTRS_PER_PGD + SCI_MODULE_PUD_INDEX], view->module_pud.pud);
	if (unlikely(space->unconfined || space->writes_tables != view->writes_tables))
		sci_direct_enter(space->pgd, sci_direct_map_for(view->writes_tables));
	space->writes_tables = view->writes_tables;
	space->unconfined = false;
}

/**
 * sci_space_unconfine - have a task's top-level table lead to all there is
 * @space: the current task's
 *
 * For the rest of a call that audit mode lets off: it stays on this table, because
 * it may have windows open.
 *
 * Context: interrupts off, full page table loaded
 */
void sci_space_unconfine(struct sci_space *space)
{
	const pud_t *pud = sci_init_pud();
	unsigned int i;

	space->unconfined = true;
	space->writes_tables = true;
	space->pgd[PTRS_PER_PGD + SCI_PUD_INDEX] = pud[SCI_PUD_INDEX].pud;
	space->pgd[PTRS_PER_PGD + SCI_MODULE_PUD_INDEX] = pud[SCI_MODULE_PUD_INDEX].pud;
	for (i = KERNEL_PGD_BOUNDARY; i < SCI_PGD_INDEX; i++)
		if (sci_direct_has(i))
			space->pgd[i] = pgd_offset_k(0)[i].pgd;
}

/* The directory */

static bool sci_in_directory(const struct task_struct *task)
{
	/* Not the one of init, which is in the kernel image. */
	return (unsigned long)task - PAGE_OFFSET < sci_nr_pages << PAGE_SHIFT;
}

static struct sci_space ***sci_directory(const struct task_struct *task)
{
	unsigned long i = ((unsigned long)task - PAGE_OFFSET) >> SCI_TASK_SHIFT;

	return &sci_spaces[i / SCI_SPACES_PER_PAGE];
}

static unsigned int sci_directory_index(const struct task_struct *task)
{
	return (((unsigned long)task - PAGE_OFFSET) >> SCI_TASK_SHIFT) % SCI_SPACES_PER_PAGE;
}

/* Returns false if the page has not been used. */
static bool sci_directory_fill(const struct task_struct *task, struct sci_space **page,
			       struct sci_space *space)
{
	struct sci_space ***entry = sci_directory(task), **old = sci_no_spaces;
	struct sci_pause step = sci_view_pause();
	bool used = page && try_cmpxchg(entry, &old, page);

	WRITE_ONCE((*entry)[sci_directory_index(task)], space);
	sci_view_unpause(step);
	return used;
}

static bool sci_directory_lacks(const struct task_struct *task)
{
	struct sci_pause step = sci_view_pause();
	bool lacks = *sci_directory(task) == sci_no_spaces;

	sci_view_unpause(step);
	return lacks;
}

/* As sci_task_space(), whatever is loaded and whichever task. */
static struct sci_space *sci_find_space(const struct task_struct *task)
{
	struct sci_space *space;
	struct sci_pause step;

	if (!sci_in_directory(task))
		return NULL;
	step = sci_view_pause();
	space = sci_task_space(task);
	sci_view_unpause(step);
	return space;
}

/* Tasks */

/*
 * What the tables of all tasks begin as.  Entries that appear later are copied at the
 * first fault on them, see sci_sync_entry().
 */
struct sci_tables {
	unsigned long pgd[PTRS_PER_PGD];
	unsigned long pud[PTRS_PER_PUD];
	unsigned long pmd[PTRS_PER_PMD];
	unsigned long pte[PTRS_PER_PTE];
};

static_assert(sizeof(struct sci_tables) == PAGE_SIZE << SCI_TABLES_ORDER);

static struct sci_tables *sci_task_template __ro_after_init;

/**
 * sci_task_prepare - fill in what the tables of all tasks begin as
 *
 * Context: process context; sci_direct_build() has been successful
 */
void sci_task_prepare(void)
{
	struct sci_pause step = sci_view_pause();
	struct sci_tables *tables = sci_task_template;
	unsigned int i;

	for (i = KERNEL_PGD_BOUNDARY; i < SCI_PGD_INDEX; i++)
		tables->pgd[i] = sci_no_exec(pgd_offset_k(0)[i].pgd);
	sci_direct_enter(tables->pgd, SCI_DIRECT_RO);
	for (i = 0; i < PTRS_PER_PUD; i++)
		tables->pud[i] = sci_no_exec(sci_init_pud()[i].pud);
	sci_view_unpause(step);
}

static void sci_space_fill(struct sci_space *space, struct sci_tables *tables)
{
	struct sci_pause step = sci_view_pause();

	copy_page(tables->pgd, sci_task_template->pgd);
	copy_page(tables->pud, sci_task_template->pud);
	copy_page(tables->pmd, sci_task_template->pmd);
	copy_page(tables->pte, sci_task_template->pte);
	tables->pgd[SCI_PGD_INDEX] = _KERNPG_TABLE | __sme_pa(tables->pud);
	tables->pud[SCI_WINDOW_PUD_INDEX] = _KERNPG_TABLE | __sme_pa(tables->pmd);
	tables->pmd[pmd_index(SCI_WINDOW_BASE)] = _KERNPG_TABLE | __sme_pa(tables->pte);

	/* The first use fills in the rest: no mm has the id 0. */
	*space = (struct sci_space){
		.pgd = tables->pgd,
		.windows = (pte_t *)tables->pte,
		.cr3 = __sme_pa(tables->pgd) | (boot_cpu_has(X86_FEATURE_PCID) ? SCI_PCID : 0),
	};
	sci_view_unpause(step);
}

/**
 * sci_task_alloc - allocate what a task needs to be isolated
 * @task: a task that is not isolated, or does not run yet
 *
 * Does nothing if the task has it already.
 *
 * Context: process context, may sleep.  The controller's locks keep @task from
 *	exiting and others from calling this for it.
 * Return: 0; -ENOMEM; -EINVAL: the task cannot be isolated
 */
int sci_task_alloc(struct task_struct *task)
{
	struct sci_space *space, **page = NULL;
	struct sci_tables *tables;

	if (!sci_in_directory(task))
		return -EINVAL;
	if (sci_find_space(task))
		return 0;

	/*
	 * The tables in one block because PTI takes a CR3 with bit 12 set for a user
	 * one: the first page's address has to have it clear.
	 */
	tables = sci_get_pages(GFP_KERNEL_ACCOUNT, SCI_TABLES_ORDER);
	space = sci_get_pages(GFP_KERNEL_ACCOUNT, 0);
	if (sci_directory_lacks(task))
		page = sci_get_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!tables || !space || (!page && sci_directory_lacks(task))) {
		sci_put_pages(tables, SCI_TABLES_ORDER);
		sci_put_pages(space, 0);
		sci_put_pages(page, 0);
		return -ENOMEM;
	}

	sci_space_fill(space, tables);
	if (!sci_directory_fill(task, page, space))
		sci_put_pages(page, 0);
	task->sci.bytes = SCI_SPACE_BYTES;
	return 0;
}

/**
 * sci_task_set - say where and how isolated a task's next system call runs
 * @task: the task
 * @policy: what holds for its cgroup; unless it has no domain, sci_task_alloc()
 *	has been successful
 *
 * Context: the controller's locks keep @task from being released
 */
void sci_task_set(struct task_struct *task, const struct sci_policy *policy)
{
	struct sci_space *space = sci_find_space(task);
	struct sci_pause step;

	if (!space) {
		WARN_ON_ONCE(policy->domain);
		return;
	}
	step = sci_view_pause();
	WRITE_ONCE(space->stat, policy->stat);
	WRITE_ONCE(space->level, policy->level);
	/* Pairs with the acquire in sci_task_adopt(). */
	smp_store_release(&space->domain, policy->domain);
	sci_view_unpause(step);
}

/**
 * sci_task_level - tell how isolated a task is
 * @task: the current one, or one that the controller's locks keep from being
 *	released
 */
enum sci_level sci_task_level(const struct task_struct *task)
{
	struct sci_space *space = sci_find_space(task);
	enum sci_level level = SCI_OFF;
	struct sci_pause step;

	if (space) {
		step = sci_view_pause();
		level = READ_ONCE(space->level);
		sci_view_unpause(step);
	}
	return level;
}

/**
 * sci_task_sealed - is a task sealed, other than in this domain?
 * @task: as for sci_task_level()
 * @domain: where it may go
 */
bool sci_task_sealed(const struct task_struct *task, const struct sci_domain *domain)
{
	struct sci_space *space = sci_find_space(task);
	bool sealed = false;
	struct sci_pause step;

	if (space) {
		step = sci_view_pause();
		sealed = space->domain && space->domain != domain &&
			 READ_ONCE(space->domain->profile);
		sci_view_unpause(step);
	}
	return sealed;
}

static void sci_space_free(struct rcu_head *head)
{
	struct sci_space *space = page_address(container_of(head, struct page, rcu_head));
	struct sci_pause step = sci_view_pause();
	struct sci_domain *held = space->held;
	unsigned long *pgd = space->pgd;

	sci_view_unpause(step);
	if (held)
		sci_domain_put(held);
	sci_put_pages(pgd, SCI_TABLES_ORDER);
	sci_put_pages(space, 0);
}

/**
 * sci_task_free - free what sci_task_alloc() allocated, leave the domain
 * @task: a task that has exited, or never ran
 *
 * A zombie may still be on its way out of the scheduler, and look at its space.
 */
void sci_task_free(struct task_struct *task)
{
	struct sci_space *space = sci_find_space(task);

	if (!space)
		return;
	sci_directory_fill(task, NULL, NULL);
	call_rcu(&virt_to_page(space)->rcu_head, sci_space_free);
}

/**
 * sci_task_init - what tasks need at boot
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_task_init(void)
{
	sci_no_spaces = sci_spaces[0];
	sci_task_template = sci_get_pages(GFP_KERNEL | __GFP_ZERO, SCI_TABLES_ORDER);
	return sci_task_template ? 0 : -ENOMEM;
}
