// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the policies of cgroups.
 *
 * The controller's structures are in memory that every system call can write.  So its
 * decisions are kept here, in SCI's own memory.  The address of a cgroup's structure is the
 * key of its record.  The hash table has a fixed size, because there are not many cgroups
 * with the controller enabled.
 */
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/sci_controller.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../base/pause.h"
#include "../memory/own.h"
#include "policy.h"

struct sci_record {
	struct sci_record	*next;
	const void		*key;
	struct sci_policy	policy;
};

#define SCI_BUCKET_BITS		8
#define SCI_RECORDS_PER_PAGE	(PAGE_SIZE / sizeof(struct sci_record))

/* The table and all records are in SCI's own memory. */
struct sci_policy_table {
	struct sci_record	*bucket[1 << SCI_BUCKET_BITS];
	struct sci_record	*unused;
};

static struct sci_policy_table *sci_policies __ro_after_init;
static DEFINE_RAW_SPINLOCK(sci_policy_lock);

/* Returns the link that leads to the record, or the last link, if there is no record. */
static struct sci_record **sci_record_link(const void *key)
{
	struct sci_record **link = &sci_policies->bucket[hash_ptr(key, SCI_BUCKET_BITS)];

	while (*link && (*link)->key != key)
		link = &(*link)->next;
	return link;
}

static bool sci_record_use(const void *key)
{
	struct sci_record *record, **link;

	guard(sci_paused_raw_lock)(&sci_policy_lock);
	record = sci_policies->unused;
	if (!record)
		return false;
	sci_policies->unused = record->next;
	link = sci_record_link(key);
	*record = (struct sci_record){ .key = key };
	*link = record;
	return true;
}

static void sci_policies_provide(struct sci_record *page)
{
	unsigned int i;

	guard(sci_paused_raw_lock)(&sci_policy_lock);
	for (i = 0; i < SCI_RECORDS_PER_PAGE; i++) {
		page[i].next = sci_policies->unused;
		sci_policies->unused = &page[i];
	}
}

/**
 * sci_policy_add - create the record of a cgroup, with an empty policy
 * @key: identifies the cgroup; no other one may have it before sci_policy_remove()
 *
 * Context: process context, may sleep
 * Return: 0 or -ENOMEM
 */
int sci_policy_add(const void *key)
{
	if (!sci_policies)
		return -ENOMEM;
	while (!sci_record_use(key)) {
		struct sci_record *page = sci_get_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, 0);

		if (!page)
			return -ENOMEM;
		sci_policies_provide(page);
	}
	return 0;
}

/**
 * sci_policy_remove - remove the record of a cgroup
 * @key: as given to sci_policy_add()
 *
 * Context: any but NMI
 */
void sci_policy_remove(const void *key)
{
	struct sci_record **link, *record;

	guard(sci_paused_raw_lock)(&sci_policy_lock);
	link = sci_record_link(key);
	record = *link;
	if (WARN_ON_ONCE(!record))
		return;
	*link = record->next;
	record->next = sci_policies->unused;
	sci_policies->unused = record;
}

/**
 * sci_policy_set - set the policy of a cgroup
 * @key: as given to sci_policy_add()
 * @policy: the policy, of which the record gets a copy
 *
 * Context: any but NMI; the caller serializes changes of one cgroup's policy
 */
void sci_policy_set(const void *key, const struct sci_policy *policy)
{
	struct sci_record *record;

	guard(sci_paused_raw_lock)(&sci_policy_lock);
	record = *sci_record_link(key);
	if (!WARN_ON_ONCE(!record))
		record->policy = *policy;
}

/**
 * sci_policy_get - get the policy of a cgroup
 * @key: as given to sci_policy_add()
 *
 * Context: any but NMI
 * Return: a copy of the policy; an empty one, without isolation, if there is no record
 */
struct sci_policy sci_policy_get(const void *key)
{
	struct sci_record *record;

	guard(sci_paused_raw_lock)(&sci_policy_lock);
	record = *sci_record_link(key);
	return record ? record->policy : (struct sci_policy){ };
}

/**
 * sci_policy_init - allocate the table of policies
 *
 * Return: 0 or -ENOMEM
 */
int __init sci_policy_init(void)
{
	sci_policies = sci_get_pages(GFP_KERNEL | __GFP_ZERO, get_order(sizeof(*sci_policies)));
	return sci_policies ? 0 : -ENOMEM;
}
