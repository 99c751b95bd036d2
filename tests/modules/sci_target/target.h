/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module that answers by every kind of call that a module can make.  For tests
 * only.  It is built twice, with another VARIANT each, as code of the same layout:
 * where the one has been unloaded the other one is loaded, and a stale mapping of
 * its pages would give the wrong answer, or none.
 *
 * Reading /proc/sci_target gives
 *
 *	direct a far a pointer a static a key off kernel ok
 *
 * and after a write, which patches the module's text, "static A key on".
 */
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/static_call.h>
#include <linux/string.h>

/* An address for the livepatch and for tracers, which must not be inlined. */
noinline char sci_target_direct(void);
static noinline char sci_target_far(void);
static noinline char sci_target_pointer(void);
static noinline char sci_target_static(void);
static noinline char sci_target_static_other(void);

static DEFINE_STATIC_KEY_FALSE(sci_target_key);
DEFINE_STATIC_CALL(sci_target_call, sci_target_static);

noinline char sci_target_direct(void)
{
	barrier();
	return VARIANT;
}

static noinline __aligned(4096) char sci_target_far(void)
{
	barrier();
	return VARIANT;
}

/* On another page. */
static noinline __aligned(4096) char sci_target_pointer(void)
{
	barrier();
	return VARIANT;
}

static noinline char sci_target_static(void)
{
	barrier();
	return VARIANT;
}

static noinline char sci_target_static_other(void)
{
	barrier();
	return VARIANT - 'a' + 'A';
}

static char (*sci_target_pointers[])(void) = { sci_target_pointer };

static int sci_target_show(struct seq_file *m, void *v)
{
	/* Into the kernel, through a pointer, and back from it into the module. */
	size_t (*length)(const char *) = strlen;
	unsigned int zero = 0;

	OPTIMIZER_HIDE_VAR(zero);
	OPTIMIZER_HIDE_VAR(length);
	seq_printf(m, "direct %c far %c pointer %c static %c key %s kernel %s\n",
		   sci_target_direct(), sci_target_far(), sci_target_pointers[zero](),
		   static_call(sci_target_call)(),
		   static_branch_unlikely(&sci_target_key) ? "on" : "off",
		   length("four") == 4 ? "ok" : "not ok");
	return 0;
}

static int sci_target_open(struct inode *inode, struct file *file)
{
	return single_open(file, sci_target_show, NULL);
}

static ssize_t sci_target_write(struct file *file, const char __user *buf, size_t count,
				loff_t *ppos)
{
	if (static_key_enabled(&sci_target_key)) {
		static_branch_disable(&sci_target_key);
		static_call_update(sci_target_call, sci_target_static);
	} else {
		static_branch_enable(&sci_target_key);
		static_call_update(sci_target_call, sci_target_static_other);
	}
	return count;
}

static const struct proc_ops sci_target_ops = {
	.proc_open	= sci_target_open,
	.proc_read	= seq_read,
	.proc_write	= sci_target_write,
	.proc_release	= single_release,
};

static int __init sci_target_init(void)
{
	return proc_create("sci_target", 0600, NULL, &sci_target_ops) ? 0 : -ENOMEM;
}

static void __exit sci_target_exit(void)
{
	remove_proc_entry("sci_target", NULL);
}

module_init(sci_target_init);
module_exit(sci_target_exit);
MODULE_DESCRIPTION("Code to call, for tests of system call isolation");
MODULE_LICENSE("GPL");
