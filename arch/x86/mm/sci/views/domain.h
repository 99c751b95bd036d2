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
 * @refs: the controller's, and one of each task that uses or used its views
 * @lock: serializes the creation of views
 * @log_limit: of messages about violations
 * @end: frees the domain after a grace period
 * @profile: what the views may come to contain; NULL: whatever the verifier accepts
 * @pages: hold the structures of the views
 * @retired: bytes of views that are in @pages only, as it was when sci_view_retire()
 *	took them out of @views
 * @views: by index; set once, and again after sci_view_retire()
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
