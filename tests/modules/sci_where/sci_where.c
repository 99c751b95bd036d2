// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells on which page table kernel functions run.  For tests only.
 *
 * Write names of kernel functions to /proc/sci_where, one a line, and read from it
 * which programs have run them since, and on which page table:
 *
 *	vfs_write view calls
 *	vfs_write full bash
 *
 * "full" is the full page table, or the one that a kernel thread runs on;
 * "view" is any other, which is a task's own while it is on a view.
 * An empty write ends it.  Each line is there once, whatever the number of calls.
 */
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include <asm/special_insns.h>

#define MAX_SEEN	256

struct sighting {
	unsigned long	ip;
	bool		on_view;
	char		comm[TASK_COMM_LEN];
};

static struct sighting seen[MAX_SEEN];
static unsigned int nr_seen;
static DEFINE_RAW_SPINLOCK(seen_lock);

static bool on_view(void)
{
	return current->mm && (__read_cr3() & CR3_ADDR_MASK) != __pa(current->mm->pgd);
}

static void note(unsigned long ip)
{
	struct sighting new = { .ip = ip, .on_view = on_view() };
	unsigned long flags;
	unsigned int i;

	strscpy(new.comm, current->comm);
	raw_spin_lock_irqsave(&seen_lock, flags);
	for (i = 0; i < nr_seen; i++)
		if (!memcmp(&seen[i], &new, sizeof(new)))
			break;
	if (i == nr_seen && nr_seen < MAX_SEEN)
		seen[nr_seen++] = new;
	raw_spin_unlock_irqrestore(&seen_lock, flags);
}

static void callback(unsigned long ip, unsigned long parent_ip,
		     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	int bit = ftrace_test_recursion_trylock(ip, parent_ip);

	if (bit < 0)
		return;
	/* An NMI may have interrupted note(). */
	if (!in_nmi())
		note(ip);
	ftrace_test_recursion_unlock(bit);
}

static struct ftrace_ops ops = { .func = callback };
static bool watching;
static DEFINE_MUTEX(lock);

static void end_watch(void)
{
	if (watching)
		unregister_ftrace_function(&ops);
	watching = false;
	ftrace_set_filter(&ops, NULL, 0, 1);
}

static int watch(char *names)
{
	char *name;
	int err = 0;

	end_watch();
	nr_seen = 0;
	while (!err && (name = strsep(&names, "\n ")))
		if (*name) {
			err = ftrace_set_filter(&ops, name, strlen(name), 0);
			watching = true;
		}
	if (watching && !err)
		err = register_ftrace_function(&ops);
	if (err)
		watching = false;
	return err;
}

static ssize_t where_write(struct file *file, const char __user *ubuf, size_t count, loff_t *ppos)
{
	char buf[512];
	int err;

	if (count >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, count))
		return -EFAULT;
	buf[count] = '\0';

	mutex_lock(&lock);
	err = watch(buf);
	mutex_unlock(&lock);
	return err ?: count;
}

static int where_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < READ_ONCE(nr_seen); i++)
		seq_printf(m, "%ps %s %s\n", (void *)seen[i].ip,
			   seen[i].on_view ? "view" : "full", seen[i].comm);
	return 0;
}

static int where_open(struct inode *inode, struct file *file)
{
	return single_open(file, where_show, NULL);
}

static const struct proc_ops where_ops = {
	.proc_open	= where_open,
	.proc_read	= seq_read,
	.proc_write	= where_write,
	.proc_release	= single_release,
};

static int __init where_init(void)
{
	return proc_create("sci_where", 0600, NULL, &where_ops) ? 0 : -ENOMEM;
}

static void __exit where_exit(void)
{
	remove_proc_entry("sci_where", NULL);
	end_watch();
}

module_init(where_init);
module_exit(where_exit);
MODULE_DESCRIPTION("On which page table a function runs, for tests of system call isolation");
MODULE_LICENSE("GPL");
