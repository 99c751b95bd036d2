/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: a task's address space for isolated system calls.
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
 * Not 0, which early code flushes; none of the kernel's own, which are small;
 * and without bit 11, which PTI sets for user mode.
 */
#define SCI_PCID		0x400UL

/**
 * struct sci_space - the address space of a task's isolated system calls
 * @domain: the domain of the task's next system call; NULL: not isolated.  Written by
 *	the controller for any task, read by the task itself.
 * @stat: counters of the task's cgroup, never NULL if @domain is not
 * @level: of isolation
 * @held: the domain whose views the task uses now.  Only the task itself
 *	writes it, at a system call's entry, and it holds a reference.
 * @view: the view that @pgd leads to; NULL: none yet.  It belongs to @held.
 * @active: the running system call is isolated, and its own code runs: not
 *	an interrupt or exception on top of it.  Inside the scheduler a task is
 *	active although no view is loaded, see sci_on_view.
 * @unconfined: audit mode has let the running system call off: @pgd leads to all
 *	text and all memory
 * @writes_tables: @pgd leads to a direct map in which page tables can be written
 * @pgd: top-level page table, one page, followed by the pages of the table
 *	that its last entry leads to, and of the one below that leads to @windows
 * @windows: the PTE page of windows, see sci_kmap()
 * @missed: text that the running system call has needed and the profile lacks; 0: none
 * @used: slots of @windows that the TLB may know: a bit each
 * @creds: the copy of the task's credentials
 * @mm: the task's mm
 * @top: where its top-level page table is, as in CR3; 0: not known yet
 * @cr3: the value that selects @pgd
 * @mm_id: context id of the mm that the lower entries of @pgd mirror
 * @mm_gen: its generation at that moment, see mm_context_t
 * @mirrored: groups of the lower entries of @pgd that are not all empty: a bit each
 *
 * All that decides where a system call runs and which memory it reaches is here, in
 * memory that isolated system calls do not see: all access is on the full page table.
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

/* Its tables and its structure. */
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
 * sci_count - count one event for the cgroup of a task
 * @space: the current task's
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
