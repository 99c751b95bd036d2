// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: domains, the views of one isolated cgroup.
 */
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sci_controller.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../base/pause.h"
#include "../base/syscalls.h"
#include "../memory/own.h"
#include "../memory/reserve.h"
#include "domain.h"
#include "view.h"

/* A page of struct sci_view; all of them belong to one domain. */
struct sci_view_page {
	struct sci_view_page	*next;
	unsigned int		used;
	struct sci_view		view[];
};

#define SCI_VIEWS_PER_PAGE	((PAGE_SIZE - sizeof(struct sci_view_page)) / \
				 sizeof(struct sci_view))
#define SCI_DOMAIN_ORDER	get_order(sizeof(struct sci_domain))

/*
 * Frees a domain after a grace period.  It is in ordinary memory, because lists of RCU and
 * of the workqueue lead here.
 */
struct sci_domain_end {
	struct rcu_work		work;
	struct sci_domain	*domain;
};

/* Returns a place for one more view, or NULL: out of memory. */
static struct sci_view *sci_view_room(struct sci_domain *domain, gfp_t gfp)
{
	struct sci_view_page *page = domain->pages;

	if (!page || page->used == SCI_VIEWS_PER_PAGE) {
		page = sci_get_pages(gfp | __GFP_ZERO, 0);
		if (!page)
			return NULL;
		page->next = domain->pages;
		domain->pages = page;
	}
	return &page->view[page->used];
}

/* Returns NULL if out of memory. */
static struct sci_view *sci_view_alloc(struct sci_domain *domain, unsigned int nr)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | (sci_syscall_must_run(nr) ? __GFP_NOFAIL : 0);
	struct sci_view *view = sci_view_room(domain, gfp);

	if (!view || !sci_view_init(view, nr, gfp))
		return NULL;
	domain->pages->used++;
	return view;
}

/**
 * sci_domain_view - get a view, and create it if it does not exist yet
 * @domain: its domain
 * @nr: its index
 *
 * Context: process context, may sleep; full page table loaded
 * Return: the view, valid as long as the domain, or ERR_PTR(-ENOMEM)
 */
struct sci_view *sci_domain_view(struct sci_domain *domain, unsigned int nr)
{
	struct sci_view *view;

	sci_assert_full_table();
	mutex_lock(&domain->lock);
	view = domain->views[nr];
	if (!view) {
		/* For faults on the new view.  If it fails, the rest may be enough. */
		sci_reserve_fill();
		view = sci_view_alloc(domain, nr);
		if (view)	/* complete: __sci_syscall_enter() takes no lock */
			smp_store_release(&domain->views[nr], view);
	}
	mutex_unlock(&domain->lock);

	return view ?: ERR_PTR(-ENOMEM);
}

/**
 * sci_view_retire - let the next system call of this number start with a new view
 * @domain: the view's domain
 * @view: the view; system calls that run on it continue, and it stays until the domain ends
 *
 * Context: any, full page table loaded
 */
void sci_view_retire(struct sci_domain *domain, struct sci_view *view)
{
	sci_assert_full_table();
	if (try_cmpxchg(&domain->views[view->nr], &view, NULL))
		atomic_long_add(sci_view_bytes(view), &domain->retired);
}

static void sci_domain_free(struct work_struct *work)
{
	struct sci_domain_end *end = container_of(to_rcu_work(work), struct sci_domain_end, work);
	struct sci_domain *domain = end->domain;
	struct sci_view_page *page = domain->pages, *next;
	unsigned int i;

	for (; page; page = next) {
		next = page->next;
		for (i = 0; i < page->used; i++)
			sci_view_free(&page->view[i]);
		sci_put_pages(page, 0);
	}
	sci_profile_free(domain->profile);
	sci_put_pages(domain, SCI_DOMAIN_ORDER);
	kfree(end);
}

/**
 * sci_domain_create - create a domain without views
 *
 * Context: process context, may sleep
 * Return: the domain, with one reference; NULL: out of memory
 */
struct sci_domain *sci_domain_create(void)
{
	struct sci_domain_end *end = kzalloc(sizeof(*end), GFP_KERNEL_ACCOUNT);
	struct sci_domain *domain = sci_get_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO,
						  SCI_DOMAIN_ORDER);

	if (!end || !domain) {
		sci_put_pages(domain, SCI_DOMAIN_ORDER);
		kfree(end);
		return NULL;
	}

	end->domain = domain;
	INIT_RCU_WORK(&end->work, sci_domain_free);
	guard(sci_paused)();
	domain->end = end;
	refcount_set(&domain->refs, 1);
	mutex_init(&domain->lock);
	ratelimit_state_init(&domain->log_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	/* Do not log the number of suppressed messages: sci.events has all violations. */
	ratelimit_set_flags(&domain->log_limit, RATELIMIT_MSG_ON_RELEASE);
	return domain;
}

/**
 * sci_domain_get - take a reference
 * @domain: the domain
 *
 * Context: RCU keeps the domain alive
 * Return: false if it is about to be freed
 */
bool sci_domain_get(struct sci_domain *domain)
{
	guard(sci_paused)();
	return refcount_inc_not_zero(&domain->refs);
}

/**
 * sci_domain_put - drop a reference
 * @domain: the domain
 *
 * Context: any
 */
void sci_domain_put(struct sci_domain *domain)
{
	struct sci_domain_end *end;

	scoped_guard(sci_paused)
		end = refcount_dec_and_test(&domain->refs) ? domain->end : NULL;
	if (end)
		queue_rcu_work(system_unbound_wq, &end->work);
}

/**
 * sci_domain_seal - let a domain's views contain only what a profile has
 * @domain: one that is not sealed
 * @profile: a complete profile, which the domain owns from now on.  NULL takes it back, if
 *	no task has used the domain yet.
 */
void sci_domain_seal(struct sci_domain *domain, struct sci_profile *profile)
{
	guard(sci_paused)();
	/* Pairs with READ_ONCE() of the pointer and the dependent reads of the profile. */
	smp_store_release(&domain->profile, profile);
}

/**
 * sci_domain_sealed - does a domain have a profile?
 * @domain: the domain, or NULL
 *
 * Context: a reference or RCU keeps the domain alive
 */
bool sci_domain_sealed(struct sci_domain *domain)
{
	guard(sci_paused)();
	return domain && READ_ONCE(domain->profile);
}

/**
 * sci_domain_usage - add up the memory that a domain uses
 * @domain: the domain
 * @usage: the sums so far, which the domain's numbers are added to
 *
 * Context: a reference or RCU keeps the domain alive
 */
void sci_domain_usage(struct sci_domain *domain, struct sci_usage *usage)
{
	unsigned int i;

	guard(sci_paused)();
	for (i = 0; i < SCI_NR_VIEWS; i++) {
		const struct sci_view *view = READ_ONCE(domain->views[i]);

		if (!view)
			continue;
		usage->views++;
		usage->pages += atomic_read(&view->pages);
		usage->bytes += sci_view_bytes(view);
	}
	usage->bytes += atomic_long_read(&domain->retired);
}

/**
 * sci_domain_show - list a domain's views, a line each
 * @m: the file
 * @domain: the domain
 *
 * Context: a reference or RCU keeps the domain alive
 */
void sci_domain_show(struct seq_file *m, struct sci_domain *domain)
{
	unsigned int i;

	guard(sci_paused)();
	for (i = 0; i < SCI_NR_VIEWS; i++) {
		const struct sci_view *view = READ_ONCE(domain->views[i]);

		if (view)
			seq_printf(m, "%s:%u pages=%u faults=%u\n",
				   sci_syscall_abi(i), sci_syscall_nr(i),
				   atomic_read(&view->pages), atomic_read(&view->faults));
	}
}
