/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: spaces, the address spaces of tasks.
 */
#ifndef _SCI_TASKS_SPACE_H
#define _SCI_TASKS_SPACE_H

#include <linux/pgtable.h>
#include <linux/sci_controller.h>

#include "../base/pause.h"
#include "creds.h"

struct mm_struct;
struct sci_domain;
struct sci_view;

/*
 * The PCID of all spaces.  It is not 0, which early code flushes, and none of the kernel's
 * own, which are small.  Bit 11 is clear, because PTI sets it for user mode.
 */
#define SCI_PCID		0x400UL

/**
 * struct sci_space - the address space of a task's isolated system calls
 * @domain: the domain of the task's next system call; NULL: not isolated.  The controller
 *	writes it for any task, and the task itself reads it.
 * @stat: the counters of the task's cgroup; valid while @domain is not NULL
 * @level: the level of isolation
 * @held: the domain whose views the task uses now, with a reference.  Only the task itself
 *	writes it, when it enters a system call.
 * @view: the view that @pgd leads to; NULL: none yet.  It belongs to @held.
 * @active: the task runs the code of an isolated system call, not of an interrupt or
 *	exception on top of it.  In the scheduler the task is active, although no view is
 *	loaded, see sci_on_view.
 * @unconfined: audit mode has let the running system call off, and @pgd leads to all text
 *	and all memory
 * @writes_tables: @pgd leads to the direct map in which page tables can be written
 * @pgd: the top-level page table, a page.  Behind it are the table that its last entry
 *	leads to, the one below that has the entry for @windows, and @windows.
 * @windows: the PTE page of windows, see sci_kmap()
 * @missed: text that the running system call has executed and the profile lacks; 0: none
 * @used: a bit for each slot of @windows that the TLB may have
 * @creds: the copy of the task's credentials
 * @mm: the task's mm
 * @top: the address of its top-level page table, as in CR3; 0: not known yet, or no mm
 * @cr3: the value of CR3 that selects @pgd
 * @mm_id: the context id of the mm that the lower entries of @pgd mirror
 * @mm_gen: the generation of that mm when they were mirrored, see mm_context_t
 * @mirrored: a bit for each group of the lower entries of @pgd that is not known as empty
 *
 * It has everything that decides where a system call runs and which memory it reaches.  It
 * is in SCI's own memory: all access is on the full page table.
 */
struct sci_space {
	struct sci_domain		*domain;
	struct sci_stat __percpu	*stat;
	enum sci_level			level;
	struct sci_domain		*held;
	struct sci_view			*view;
	bool				active;
	bool				unconfined;
	bool				writes_tables;
	unsigned long			*pgd;
	pte_t				*windows;
	unsigned long			missed;
	u64				used;
	struct sci_creds		creds;
	struct mm_struct		*mm;
	unsigned long			top;
	unsigned long			cr3;
	u64				mm_id;
	unsigned long			mm_gen;
	u64				mirrored;
};

/* The size of a space: its tables and its structure. */
#define SCI_SPACE_BYTES		(5 * PAGE_SIZE)

int sci_space_init(void);
void sci_space_prepare(void);
struct sci_space *sci_space_alloc(void);
void sci_space_free(struct sci_space *space);
bool sci_sync_entry(struct sci_space *space, unsigned long address);
void sci_sync_mm(struct sci_space *space, const struct mm_struct *mm);
void sci_set_view(struct sci_space *space, struct sci_view *view);
void sci_space_unconfine(struct sci_space *space);

/**
 * sci_count - count an event for the cgroup of the current task
 * @space: the task's space
 * @item: the event
 *
 * Context: interrupts or preemption off, full page table loaded
 */
static __always_inline void sci_count(struct sci_space *space, enum sci_item item)
{
	sci_assert_full_table();
	raw_cpu_inc(space->stat->count[item]);
}

#endif /* _SCI_TASKS_SPACE_H */
