/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: domains.
 */
#ifndef _SCI_VIEWS_DOMAIN_H
#define _SCI_VIEWS_DOMAIN_H

#include <linux/mutex.h>
#include <linux/ratelimit_types.h>
#include <linux/refcount.h>

#include <asm/sci.h>

struct sci_domain_end;
struct sci_profile;
struct sci_view;
struct sci_view_page;

/**
 * struct sci_domain - the views of one isolated cgroup
 * @refs: references: the controller's, and one for each space that holds the domain
 * @lock: serializes the creation of views
 * @log_limit: the rate limit of messages about violations
 * @end: frees the domain after a grace period
 * @profile: the limit of what the views may contain; NULL: whatever the verifier accepts
 * @pages: the pages with the structures of the views, retired ones included
 * @retired: bytes of retired views, as of the time of sci_view_retire()
 * @views: the views by index.  An entry is set once, and again after sci_view_retire().
 */
struct sci_domain {
	refcount_t		refs;
	struct mutex		lock;	/* creation of views */
	struct ratelimit_state	log_limit;
	struct sci_domain_end	*end;
	struct sci_profile	*profile;
	struct sci_view_page	*pages;
	atomic_long_t		retired;
	struct sci_view		*views[SCI_NR_VIEWS];
};

struct sci_domain *sci_domain_create(void);
struct sci_view *sci_domain_view(struct sci_domain *domain, unsigned int nr);
void sci_view_retire(struct sci_domain *domain, struct sci_view *view);

#endif /* _SCI_VIEWS_DOMAIN_H */
