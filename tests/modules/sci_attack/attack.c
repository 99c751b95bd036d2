// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the kernel, on request.  For tests only: a process that can
 * open /proc/sci_attack owns the machine, unless SCI stops it.
 *
 * A vulnerability gives an attacker a corrupted function pointer, or a stack
 * that is no longer the kernel's, or a write to wherever they like.  This
 * module plays the vulnerability, and leaves alone what an attacker would have
 * to find in the kernel.  Each command runs inside the caller's own write(2),
 * one command for each write.  The commands are described where they are
 * made: control.c, returns.c, data.c, secrets.c.
 *
 * SYMBOL is any name in /proc/kallsyms.  OFFSET is a number, or "body" for the
 * first instruction behind ENDBR and the ftrace nop: there a function works as
 * from its start, though no one may enter it so.  ARG is a number or &SYMBOL.
 *
 * "at-release COMMAND" makes the attack when the file is released: in close(2), or as the
 * process exits.
 *
 * A write that comes back returns its length, and reading the same open file
 * then gives the value the attack returned, in decimal.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/umh.h>

#include <asm/ibt.h>
#include <asm/text-patching.h>

#include "attack.h"

#define MAX_COMMAND	128

const u8 payload[PAYLOAD_BYTES] = { PAYLOAD };
struct known known;

static unsigned long (*lookup_name)(const char *name);

/* ------------------------------------------------------------------ */
/* preparations */

struct preparation {
	int (*fn)(void *data);
	void *data;
	int err;
	struct completion done;
};

static struct task_struct *preparer;
static struct preparation *requested;

static int preparer_main(void *unused)
{
	struct preparation *p;

	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		p = xchg(&requested, NULL);
		if (!p) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		p->err = p->fn(p->data);
		complete(&p->done);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/*
 * Kernel threads are not isolated.  A look-up by the caller itself would leave
 * the code of the symbol table and of the number parser, with all that shares a
 * page with them, in the caller's view, and reading the target, as body_of() does,
 * would map that as data.  The attack shall find the view as it was.
 */
int prepare(int (*fn)(void *data), void *data)
{
	struct preparation p = { .fn = fn, .data = data };

	init_completion(&p.done);
	while (cmpxchg(&requested, NULL, &p))
		schedule();
	wake_up_process(preparer);
	wait_for_completion(&p.done);
	return p.err;
}

u64 address_of(const char *name)
{
	return lookup_name(name);
}

/* the first instruction behind what the compiler puts before each body */
u64 body_of(u64 addr)
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

/* a return, which may be a jump to the return thunk */
bool is_return(u64 addr)
{
	u8 *code = (u8 *)addr;

	return *code == RET_INSN_OPCODE ||
	       (*code == JMP32_INSN_OPCODE &&
		addr + JMP32_INSN_SIZE + *(s32 *)(code + 1) == known.return_thunk);
}

static int resolve_work(void *data)
{
	struct target *t = data;
	u64 offset;

	t->addr = address_of(t->symbol);
	if (!t->addr)
		return -ENOENT;

	t->arg = 0;
	if (t->arg_word && t->arg_word[0] == '&') {
		t->arg = address_of(t->arg_word + 1);
		if (!t->arg)
			return -ENOENT;
	} else if (t->arg_word && kstrtoull(t->arg_word, 0, &t->arg)) {
		return -EINVAL;
	}
	if (t->offset_word && strcmp(t->offset_word, "body")) {
		if (kstrtoull(t->offset_word, 0, &offset))
			return -EINVAL;
		t->addr += offset;
	} else if (t->offset_word) {
		t->addr = body_of(t->addr);
		if (!t->addr)
			return -ENXIO;
	}
	return 0;
}

int resolve(struct target *t, const char *symbol, const char *offset,
	    const char *arg)
{
	t->symbol = symbol;
	t->offset_word = offset;
	t->arg_word = arg;
	return prepare(resolve_work, t);
}

/* the words of a command that start with SYMBOL OFFSET [ARG] */
int resolve_target(struct target *t, int argc, char **argv)
{
	if (argc < 3)
		return -EINVAL;
	return resolve(t, argv[1], argv[2], argc > 3 ? argv[3] : NULL);
}

/* Freed by the kernel when it has run. */
struct work_struct *root_program(void)
{
	static char *argv[] = { "/usr/bin/touch", "/run/sci-attack-proof", NULL };
	static char *envp[] = { NULL };
	struct subprocess_info *info;

	info = call_usermodehelper_setup(argv[0], argv, envp, GFP_KERNEL, NULL, NULL, NULL);
	return info ? &info->work : NULL;
}

/* ------------------------------------------------------------------ */
/* /proc/sci_attack */

/* what an open file keeps: the value of the last attack that came back, and one to be made */
struct outcome {
	bool valid;
	u64 value;
	char later[MAX_COMMAND];
};

static int attack_proc_open(struct inode *inode, struct file *file)
{
	struct outcome *outcome = kzalloc(sizeof(*outcome), GFP_KERNEL);

	file->private_data = outcome;
	return outcome ? 0 : -ENOMEM;
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

static const struct attack *find_attack(const char *name)
{
	static const struct attack * const all[] = {
		control_attacks, stack_attacks, data_attacks, secret_attacks,
		table_attacks,
	};
	const struct attack *attack;
	int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		for (attack = all[i]; attack->name; attack++)
			if (!strcmp(attack->name, name))
				return attack;
	return NULL;
}

static int run_command(char *p, u64 *value)
{
	const struct attack *attack;
	char *argv[MAX_ARGS], *word;
	int argc = 0;

	while ((word = strsep(&p, "\n "))) {
		if (!*word)
			continue;
		if (argc == MAX_ARGS)
			return -EINVAL;
		argv[argc++] = word;
	}
	attack = argc ? find_attack(argv[0]) : NULL;
	if (!attack)
		return -EINVAL;
	sci_attack_page();
	return attack->run(argc, argv, value);
}

static int attack_proc_release(struct inode *inode, struct file *file)
{
	struct outcome *o = file->private_data;
	u64 value;

	if (o->later[0])
		run_command(o->later, &value);
	kfree(o);
	return 0;
}

static ssize_t attack_proc_write(struct file *file, const char __user *ubuf,
				 size_t count, loff_t *ppos)
{
	static const char later[] = "at-release ";
	struct outcome *o = file->private_data;
	char buf[MAX_COMMAND];
	u64 value = 0;
	int err;

	if (count >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, count))
		return -EFAULT;
	buf[count] = '\0';

	if (!strncmp(buf, later, strlen(later))) {
		strscpy(o->later, buf + strlen(later));
		return count;
	}
	err = run_command(buf, &value);
	if (err)
		return err;
	o->value = value;
	o->valid = true;
	return count;
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
	known.prepare_kernel_cred = address_of("prepare_kernel_cred");
	known.commit_creds = address_of("commit_creds");
	known.init_cred = address_of("init_cred");
	known.return_thunk = address_of("__x86_return_thunk");
	if (!known.prepare_kernel_cred || !known.commit_creds || !known.init_cred) {
		pr_err("no prepare_kernel_cred, commit_creds or init_cred in kallsyms\n");
		return -ENOENT;
	}
	known.prepare_kernel_cred_body = body_of(known.prepare_kernel_cred);
	known.commit_creds_body = body_of(known.commit_creds);
	if (!known.prepare_kernel_cred_body || !known.commit_creds_body) {
		pr_err("functions have neither ENDBR nor an ftrace nop to skip\n");
		return -ENXIO;
	}
	/* commit_creds(&init_cred) uses up a reference: the host has to live on */
	atomic_long_add(1 << 20, &((struct cred *)known.init_cred)->usage);
	preparer = kthread_run(preparer_main, NULL, "sci_attack");
	if (IS_ERR(preparer))
		return PTR_ERR(preparer);
	if (!proc_create("sci_attack", everyone, NULL, &attack_proc_ops)) {
		kthread_stop(preparer);
		return -ENOMEM;
	}
	return 0;
}

static void __exit attack_exit(void)
{
	remove_proc_entry("sci_attack", NULL);
	kthread_stop(preparer);
}

module_init(attack_init);
module_exit(attack_exit);
MODULE_DESCRIPTION("Attacks on the kernel, for tests of system call isolation");
MODULE_LICENSE("GPL");
