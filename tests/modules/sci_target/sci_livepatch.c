// SPDX-License-Identifier: GPL-2.0-only
/*
 * While this patch is on, /proc/cmdline reads "livepatched", and the answer of
 * sci_target_a says "direct L".  For tests only.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "livepatched\n");
	return 0;
}

static char livepatch_target_direct(void)
{
	return 'L';
}

static struct klp_func vmlinux_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = livepatch_cmdline_proc_show },
	{ }
};

static struct klp_func target_funcs[] = {
	{ .old_name = "sci_target_direct", .new_func = livepatch_target_direct },
	{ }
};

static struct klp_object objects[] = {
	{ .funcs = vmlinux_funcs },
	{ .name = "sci_target_a", .funcs = target_funcs },
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objects };

static int __init sci_livepatch_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit sci_livepatch_exit(void)
{
}

module_init(sci_livepatch_init);
module_exit(sci_livepatch_exit);
MODULE_DESCRIPTION("A livepatch, for tests of system call isolation");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
