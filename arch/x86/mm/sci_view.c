// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: domains and their views.
 *
 * A view starts with the text that all views map and grows one verified page
 * at a time; pages never leave it, and a view lives as long as its domain.  So
 * adding a page takes no lock and no TLB flush: an entry only ever changes
 * from nothing to read-only data or text, and from data to text, and a CPU
 * that still has the old entry cached faults once and finds the new one.
 *
 * The PTE pages are allocated with the view.  Faults come in atomic context,
 * with any lock held, that of the page allocator included, and a fault that
 * could not be served would kill the task for nothing.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <asm/sections.h>
#include <asm/unistd.h>
#include <asm/unistd_32_ia32.h>

#include "sci.h"

/* Views of one domain. */
struct sci_view_page {
	struct sci_view_page	*next;
	unsigned int		used;
	struct sci_view		view[];
};

#define SCI_VIEWS_PER_PAGE	((PAGE_SIZE - sizeof(struct sci_view_page)) / \
				 sizeof(struct sci_view))
#define SCI_DOMAIN_ORDER	get_order(sizeof(struct sci_domain))

/* A domain that is about to be freed; in memory that everyone sees, for lists lead here. */
struct sci_domain_end {
	struct rcu_work		work;
	struct sci_domain	*domain;
};

/**
 * sci_is_text - is this an address of the kernel image's text?
 * @address: any
 */
bool sci_is_text(unsigned long address)
{
	return address >= (unsigned long)_stext && address < (unsigned long)_etext;
}

static pte_t *sci_view_pte(const struct sci_view *view, unsigned long address)
{
	return pte_offset_kernel(&view->pmd[pmd_index(address)], address);
}

/**
 * sci_view_executable - does the view map this page executable?
 * @view: the view
 * @address: any
 */
bool sci_view_executable(const struct sci_view *view, unsigned long address)
{
	pte_t pte;

	if (sci_in_modules(address))
		return sci_module_executable(view, address);
	if (!sci_is_text(address))
		return false;
	pte = READ_ONCE(*sci_view_pte(view, address));
	return pte_present(pte) && pte_exec(pte);
}

/**
 * sci_view_map - add a page of text to a view
 * @view: the view
 * @address: in kernel text
 * @exec: for execution; otherwise for reading as data
 *
 * Context: any
 * Return: false: the page was mapped that way already.
 */
bool sci_view_map(struct sci_view *view, unsigned long address, bool exec)
{
	unsigned long *p = &sci_view_pte(view, address)->pte;
	unsigned long old = READ_ONCE(*p), new;

	new = pte_val(pfn_pte(__pa_symbol(address) >> PAGE_SHIFT,
			      exec ? PAGE_KERNEL_ROX : PAGE_KERNEL_RO));
	do {
		if (old & _PAGE_PRESENT && (!exec || !(old & _PAGE_NX)))
			return false;
	} while (!try_cmpxchg(p, &old, new));

	if (exec)
		atomic_inc(&view->pages);
	return true;
}

static unsigned long sci_view_bytes(const struct sci_view *view)
{
	return (2 + sci_own_blocks + READ_ONCE(view->module_blocks)) * PAGE_SIZE;
}

static void sci_view_free(struct sci_view *view)
{
	unsigned int i, first = pmd_index((unsigned long)_text);

	for (i = first; view->pmd && i < first + sci_own_blocks; i++)
		if (!pmd_none(view->pmd[i]))
			sci_put_pages((void *)pmd_page_vaddr(view->pmd[i]), 0);
	sci_put_pages(view->pmd, 0);
	sci_module_free(view);
}

/**
 * sci_syscall_must_run - is this a call that cannot fail?
 * @nr: index of its view
 *
 * What follows it in user mode is not made to be executed.  Memory limits are exceeded
 * rather.
 */
bool sci_syscall_must_run(unsigned int nr)
{
	switch (nr) {
	case __NR_exit:
	case __NR_exit_group:
	case __NR_rt_sigreturn:
	case SCI_IA32_BASE + __NR_ia32_exit:
	case SCI_IA32_BASE + __NR_ia32_exit_group:
	case SCI_IA32_BASE + __NR_ia32_sigreturn:
	case SCI_IA32_BASE + __NR_ia32_rt_sigreturn:
		return true;
	}
	return false;
}

/* Room for one more view.  NULL: out of memory. */
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

static struct sci_view *sci_view_alloc(struct sci_domain *domain, unsigned int nr)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | (sci_syscall_must_run(nr) ? __GFP_NOFAIL : 0);
	unsigned int i, first = pmd_index((unsigned long)_text);
	const pmd_t *init = pmd_off_k(__START_KERNEL_map);
	struct sci_view *view = sci_view_room(domain, gfp);

	if (!view)
		return NULL;
	view->nr = nr;
	view->writes_tables = sci_syscall_writes_tables(nr);
	view->pmd = sci_get_pages(gfp | __GFP_ZERO, 0);
	if (!view->pmd || !sci_module_alloc(view, gfp))
		goto fail;

	for (i = 0; i < sci_text_blocks; i++) {
		pte_t *pte = sci_text_template[i];

		if (i < sci_own_blocks) {
			pte = sci_get_pages(gfp | __GFP_ZERO, 0);
			if (!pte)
				goto fail;
			copy_page(pte, sci_text_template[i]);
		}
		view->pmd[first + i] = __pmd(_KERNPG_TABLE | __sme_pa(pte));
	}

	/*
	 * Data and the rest: as it is now.  What is split or mapped later is
	 * copied at the first fault on it, see sci_sync_entry().
	 */
	for (i = 0; i < PTRS_PER_PMD; i++)
		if (i < first || i >= first + sci_text_blocks)
			view->pmd[i] = pmd_none(sci_image_shared_pmd(i)) ? init[i] : sci_image_shared_pmd(i);

	view->pud = __pud(_KERNPG_TABLE | __sme_pa(view->pmd));
	domain->pages->used++;
	return view;

fail:
	sci_view_free(view);
	*view = (struct sci_view){ };
	return NULL;
}

/**
 * sci_domain_view - get a view, create it if need be
 * @domain: its domain
 * @nr: its index
 *
 * Context: process context, may sleep; full page table loaded
 * Return: the view, valid as long as the domain, or ERR_PTR(-ENOMEM)
 */
struct sci_view *sci_domain_view(struct sci_domain *domain, unsigned int nr)
{
	struct sci_view *view;

	mutex_lock(&domain->lock);
	view = domain->views[nr];
	if (!view) {
		/* The next faults take from it; if it is low, they may still have enough. */
		sci_reserve_fill();
		view = sci_view_alloc(domain, nr);
		if (view)	/* complete, for __sci_syscall_enter() */
			smp_store_release(&domain->views[nr], view);
	}
	mutex_unlock(&domain->lock);

	return view ?: ERR_PTR(-ENOMEM);
}

/**
 * sci_view_retire - have the next call of this number begin with a new view
 * @domain: the view's domain
 * @view: the view; calls that run on it go on, and it stays until the domain ends
 *
 * Context: any, full page table loaded
 */
void sci_view_retire(struct sci_domain *domain, struct sci_view *view)
{
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
 * sci_domain_alloc - create a domain without views
 *
 * The first one has the direct map built and the hooks patched in, and they
 * stay: who may enable and remove cgroups must not make all CPUs patch text at
 * will.
 *
 * Context: process context, may sleep.  Takes cpu_hotplug_lock.
 * Return: the domain, with one reference; ERR_PTR(-ENOMEM);
 *	ERR_PTR(-EOPNOTSUPP) if sci_init() has failed
 */
struct sci_domain *sci_domain_alloc(void)
{
	struct sci_domain_end *end;
	struct sci_domain *domain;
	struct sci_pause step;

	if (!sci_text_blocks)
		return ERR_PTR(-EOPNOTSUPP);
	if (sci_direct_build() || sci_image_build() || sci_reserve_fill())
		return ERR_PTR(-ENOMEM);

	end = kzalloc(sizeof(*end), GFP_KERNEL_ACCOUNT);
	domain = sci_get_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, SCI_DOMAIN_ORDER);
	if (!end || !domain) {
		sci_put_pages(domain, SCI_DOMAIN_ORDER);
		kfree(end);
		return ERR_PTR(-ENOMEM);
	}

	end->domain = domain;
	INIT_RCU_WORK(&end->work, sci_domain_free);
	step = sci_view_pause();
	domain->end = end;
	refcount_set(&domain->refs, 1);
	mutex_init(&domain->lock);
	ratelimit_state_init(&domain->log_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	/* Each message counts on its own: no summary of the ones left out. */
	ratelimit_set_flags(&domain->log_limit, RATELIMIT_MSG_ON_RELEASE);
	sci_view_unpause(step);
	if (!static_key_enabled(&sci_key)) {
		sci_task_prepare();
		static_branch_enable(&sci_key);
	}
	return domain;
}

/**
 * sci_domain_get - take a reference
 * @domain: the domain
 *
 * Context: RCU keeps the domain
 * Return: false: it is about to be freed
 */
bool sci_domain_get(struct sci_domain *domain)
{
	struct sci_pause step = sci_view_pause();
	bool alive = refcount_inc_not_zero(&domain->refs);

	sci_view_unpause(step);
	return alive;
}

/**
 * sci_domain_put - give up a reference
 * @domain: the domain
 *
 * Context: any
 */
void sci_domain_put(struct sci_domain *domain)
{
	struct sci_pause step = sci_view_pause();
	struct sci_domain_end *end = refcount_dec_and_test(&domain->refs) ? domain->end : NULL;

	sci_view_unpause(step);
	if (end)
		queue_rcu_work(system_unbound_wq, &end->work);
}

/**
 * sci_domain_seal - from now on, views contain nothing that a profile lacks
 * @domain: one that is not sealed
 * @profile: complete, and the domain's from now on; NULL takes back the one of a domain
 *	that nobody has used yet
 */
void sci_domain_seal(struct sci_domain *domain, struct sci_profile *profile)
{
	struct sci_pause step = sci_view_pause();

	/* Pairs with the dependent reads of whoever looks at it. */
	smp_store_release(&domain->profile, profile);
	sci_view_unpause(step);
}

/**
 * sci_domain_sealed - has a domain a profile?
 * @domain: the domain, kept alive by a reference or RCU; or NULL
 */
bool sci_domain_sealed(struct sci_domain *domain)
{
	struct sci_pause step = sci_view_pause();
	bool sealed = domain && READ_ONCE(domain->profile);

	sci_view_unpause(step);
	return sealed;
}

/**
 * sci_domain_usage - memory in use by a domain
 * @domain: the domain
 * @usage: is added to
 *
 * Context: the domain is kept alive by a reference or RCU
 */
void sci_domain_usage(struct sci_domain *domain, struct sci_usage *usage)
{
	struct sci_pause step = sci_view_pause();
	unsigned int i;

	for (i = 0; i < SCI_NR_VIEWS; i++) {
		const struct sci_view *view = READ_ONCE(domain->views[i]);

		if (!view)
			continue;
		usage->views++;
		usage->pages += atomic_read(&view->pages);
		usage->bytes += sci_view_bytes(view);
	}
	usage->bytes += atomic_long_read(&domain->retired);
	sci_view_unpause(step);
}

/**
 * sci_domain_show - list a domain's views, a line each
 * @m: where to
 * @domain: the domain
 *
 * Context: the domain is kept alive by a reference or RCU
 */
void sci_domain_show(struct seq_file *m, struct sci_domain *domain)
{
	struct sci_pause step = sci_view_pause();
	unsigned int i;

	for (i = 0; i < SCI_NR_VIEWS; i++) {
		const struct sci_view *view = READ_ONCE(domain->views[i]);

		if (view)
			seq_printf(m, "%s:%u pages=%u faults=%u\n",
				   sci_syscall_abi(i), sci_syscall_nr(i),
				   atomic_read(&view->pages), atomic_read(&view->faults));
	}
	sci_view_unpause(step);
}
