// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator's fast path, for bench/ops.c.
 *
 * For a letter written to /proc/bench_pages 1,000 pages are allocated and freed, one after
 * another: for the kernel ("k") or, cleared, as for a process ("u").
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>

#define PAGES	1000

static ssize_t bench_pages_write(struct file *file, const char __user *buf, size_t count,
				 loff_t *pos)
{
	struct page *page;
	unsigned int i;
	gfp_t gfp;
	char what;

	if (get_user(what, buf))
		return -EFAULT;
	switch (what) {
	case 'k':
		gfp = GFP_KERNEL;
		break;
	case 'u':
		gfp = GFP_HIGHUSER_MOVABLE | __GFP_ZERO;
		break;
	default:
		return -EINVAL;
	}

	for (i = 0; i < PAGES; i++) {
		page = alloc_page(gfp);
		if (!page)
			return -ENOMEM;
		__free_page(page);
	}
	return count;
}

static const struct proc_ops bench_pages_ops = {
	.proc_write = bench_pages_write,
};

static int __init bench_pages_init(void)
{
	return proc_create("bench_pages", 0200, NULL, &bench_pages_ops) ? 0 : -ENOMEM;
}
module_init(bench_pages_init);

static void __exit bench_pages_exit(void)
{
	remove_proc_entry("bench_pages", NULL);
}
module_exit(bench_pages_exit);

MODULE_DESCRIPTION("The page allocator's fast path, for measurements");
MODULE_LICENSE("GPL");
