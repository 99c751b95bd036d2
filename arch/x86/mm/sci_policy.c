// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: what holds for each cgroup.
 *
 * The controller's structures are in memory that every system call can write, so
 * what it has decided is kept here, in memory that isolated calls do not see.  A
 * record is found by the address of the controller's structure, in a table of
 * fixed size: cgroups with the controller enabled are not many.
 */
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "sci.h"

struct sci_record {
	struct sci_record	*next;
	const void		*key;
	struct sci_policy	policy;
};

#define SCI_BUCKET_BITS		8
#define SCI_RECORDS_PER_PAGE	(PAGE_SIZE / sizeof(struct sci_record))

/* All of the kind: hidden. */
struct sci_records {
	struct sci_record	*bucket[1 << SCI_BUCKET_BITS];
	struct sci_record	*unused;
};

static struct sci_records *sci_records __ro_after_init;
static DEFINE_RAW_SPINLOCK(sci_records_lock);

static struct sci_pause sci_records_begin(void)
	__acquires(&sci_records_lock)
{
	struct sci_pause step = sci_step_out();

	raw_spin_lock(&sci_records_lock);
	return step;
}

static void sci_records_end(struct sci_pause step)
	__releases(&sci_records_lock)
{
	raw_spin_unlock(&sci_records_lock);
	sci_step_back(step);
}

/* The link that leads to the record; if there is none, to NULL. */
static struct sci_record **sci_record_link(const void *key)
{
	struct sci_record **link = &sci_records->bucket[hash_ptr(key, SCI_BUCKET_BITS)];

	while (*link && (*link)->key != key)
		link = &(*link)->next;
	return link;
}

static bool sci_record_use(const void *key)
{
	struct sci_pause step = sci_records_begin();
	struct sci_record *record = sci_records->unused, **link;

	if (record) {
		sci_records->unused = record->next;
		link = sci_record_link(key);
		*record = (struct sci_record){ .key = key };
		*link = record;
	}
	sci_records_end(step);
	return record;
}

static void sci_records_provide(struct sci_record *page)
{
	struct sci_pause step = sci_records_begin();
	unsigned int i;

	for (i = 0; i < SCI_RECORDS_PER_PAGE; i++) {
		page[i].next = sci_records->unused;
		sci_records->unused = &page[i];
	}
	sci_records_end(step);
}

/**
 * sci_policy_add - begin to keep what holds for a cgroup: nothing yet
 * @key: identifies it; no other cgroup does so until sci_policy_remove()
 *
 * Context: process context, may sleep
 * Return: 0 or -ENOMEM
 */
int sci_policy_add(const void *key)
{
	if (!sci_records)
		return -ENOMEM;
	while (!sci_record_use(key)) {
		struct sci_record *page = sci_get_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);

		if (!page)
			return -ENOMEM;
		sci_records_provide(page);
	}
	return 0;
}

/**
 * sci_policy_remove - forget what held for a cgroup
 * @key: as given to sci_policy_add()
 *
 * Context: any but NMI
 */
void sci_policy_remove(const void *key)
{
	struct sci_pause step = sci_records_begin();
	struct sci_record **link = sci_record_link(key), *record = *link;

	if (!WARN_ON_ONCE(!record)) {
		*link = record->next;
		record->next = sci_records->unused;
		sci_records->unused = record;
	}
	sci_records_end(step);
}

/**
 * sci_policy_set - keep what holds for a cgroup from now on
 * @key: as given to sci_policy_add()
 * @policy: is copied
 *
 * Context: any but NMI; the caller serializes changes of one cgroup's
 */
void sci_policy_set(const void *key, const struct sci_policy *policy)
{
	struct sci_pause step = sci_records_begin();
	struct sci_record *record = *sci_record_link(key);

	if (!WARN_ON_ONCE(!record))
		record->policy = *policy;
	sci_records_end(step);
}

/**
 * sci_policy_get - tell what holds for a cgroup
 * @key: as given to sci_policy_add()
 *
 * Context: any but NMI
 * Return: a copy; for a key that nobody has added, of what holds without isolation
 */
struct sci_policy sci_policy_get(const void *key)
{
	struct sci_pause step = sci_records_begin();
	struct sci_record *record = *sci_record_link(key);
	struct sci_policy policy = { };

	if (record)
		policy = record->policy;
	sci_records_end(step);
	return policy;
}

/**
 * sci_policy_init - make the table
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_policy_init(void)
{
	sci_records = sci_get_pages(GFP_KERNEL | __GFP_ZERO, get_order(sizeof(*sci_records)));
	return sci_records ? 0 : -ENOMEM;
}
