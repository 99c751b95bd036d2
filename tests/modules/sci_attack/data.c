// SPDX-License-Identifier: GPL-2.0-only
/*
 * Execution of data, reading and writing code, and writes that others act upon:
 *
 *   exec-data WHERE           execute bytes in a kmalloc()ed buffer (heap), in
 *                             vmalloc memory, in module data (module), on the stack,
 *                             in memory of the calling process (user), the same by its
 *                             address in the direct map (physmap), what the direct map
 *                             has of the kernel's text (alias), or what lies between
 *                             the end of that, or of its constants, and the next
 *                             2 MiB (gap)
 *   read-text SYMBOL          read code as data
 *   read-exec SYMBOL OFFSET [ARG]  ... then jump there
 *   write-text SYMBOL [alias] write to code, by way of the direct map perhaps; were it
 *                             let through, the byte written would be the one that
 *                             was there
 *   page-table                make the heap executable in the page tables, then
 *                             execute it
 *   set-cred                  make the own credentials root's
 *   corrupt-work              the function of a work item: a worker starts a root
 *                             program
 */
#include <linux/cred.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "attack.h"

static int exec_user(u64 *result, bool physmap)
{
	/* Not where it would be a negative number of 32 bits: QEMU executes elsewhere. */
	unsigned long user = 0x20000000;
	struct page *page;

	user = vm_mmap(NULL, user, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(user))
		return user;
	if (copy_to_user((void __user *)user, payload, PAYLOAD_BYTES))
		return -EFAULT;
	if (physmap) {
		if (get_user_pages_fast(user, 1, 0, &page) != 1)
			return -EFAULT;
		user = (unsigned long)page_address(page);
		put_page(page);
	}
	*result = corrupted_call(user, 0);
	return 0;
}

static int attack_exec_data(int argc, char **argv, u64 *result)
{
	static u8 module_data[PAYLOAD_BYTES] = { PAYLOAD };
	u8 stack[PAYLOAD_BYTES] = { PAYLOAD };
	struct target t;
	void *memory;
	int err;

	if (argc < 2)
		return -EINVAL;
	if (!strcmp(argv[1], "heap")) {
		memory = kmemdup(payload, PAYLOAD_BYTES, GFP_KERNEL);
		if (!memory)
			return -ENOMEM;
		*result = corrupted_call((u64)memory, 0);
		kfree(memory);
	} else if (!strcmp(argv[1], "vmalloc")) {
		memory = vmalloc(PAGE_SIZE);
		if (!memory)
			return -ENOMEM;
		memcpy(memory, payload, PAYLOAD_BYTES);
		*result = corrupted_call((u64)memory, 0);
		vfree(memory);
	} else if (!strcmp(argv[1], "module")) {
		*result = corrupted_call((u64)module_data, 0);
	} else if (!strcmp(argv[1], "stack")) {
		OPTIMIZER_HIDE_VAR(memory);
		memory = stack;
		*result = corrupted_call((u64)memory, 0);
	} else if (!strcmp(argv[1], "user")) {
		return exec_user(result, false);
	} else if (!strcmp(argv[1], "physmap")) {
		return exec_user(result, true);
	} else if (!strcmp(argv[1], "gap")) {
		err = resolve(&t, "_etext", NULL, NULL);
		if (!err && IS_ALIGNED(PAGE_ALIGN(t.addr), PMD_SIZE))
			err = resolve(&t, "__end_rodata", NULL, NULL);
		if (err)
			return err;
		t.addr = PAGE_ALIGN(t.addr);
		if (IS_ALIGNED(t.addr, PMD_SIZE))
			return -ENXIO;
		*result = corrupted_call(t.addr, 0);
	} else if (!strcmp(argv[1], "alias")) {
		err = resolve(&t, "int_sqrt", NULL, NULL);
		if (err)
			return err;
		*result = corrupted_call((u64)__va(__pa(t.addr)), 1764);
	} else {
		return -EINVAL;
	}
	return 0;
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
	if (err)
		return err;
	if (argc > 2)
		t.addr = (u64)__va(__pa(t.addr));
	asm volatile("orb $0, %0" : "+m" (*(u8 *)t.addr));
	return 0;
}

/* Two writes of the attacker's, and what they knew before. */
static int attack_page_table(int argc, char **argv, u64 *result)
{
	unsigned int level;
	void *page;
	pte_t *pte;

	page = (void *)__get_free_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	memcpy(page, payload, PAYLOAD_BYTES);
	/* Often an entry for more than this page; pmd_t and pud_t look the same. */
	pte = lookup_address((unsigned long)page, &level);
	if (!pte)
		return -ENXIO;
	clear_bit(_PAGE_BIT_NX, (unsigned long *)pte);
	asm volatile("invlpg (%0)" : : "r" (page) : "memory");
	*result = corrupted_call((u64)page, 0);
	set_bit(_PAGE_BIT_NX, (unsigned long *)pte);
	free_page((unsigned long)page);
	return 0;
}

static int attack_set_cred(int argc, char **argv, u64 *result)
{
	struct cred *cred = (struct cred *)current->cred;

	cred->uid = cred->euid = cred->suid = cred->fsuid = GLOBAL_ROOT_UID;
	cred->cap_effective = cred->cap_permitted = CAP_FULL_SET;
	return 0;
}

static void harmless_work(struct work_struct *work)
{
	kfree(work);
}

static int prepare_corruption(void *data)
{
	struct work_struct *item = data, *program = root_program();
	/* what work_for_cpu_fn() takes its function and argument from */
	u64 *behind = (u64 *)(item + 1);

	if (!program)
		return -ENOMEM;
	behind[0] = (u64)program->func;
	behind[1] = (u64)program;
	item->func = (work_func_t)address_of("work_for_cpu_fn");
	return item->func ? 0 : -ENOENT;
}

static int attack_corrupt_work(int argc, char **argv, u64 *result)
{
	struct work_struct *item;
	int err;

	item = kzalloc(256, GFP_KERNEL);	/* the worker's from now on */
	if (!item)
		return -ENOMEM;
	INIT_WORK(item, harmless_work);
	err = prepare(prepare_corruption, item);
	if (!err)
		schedule_work(item);
	return err;
}

const struct attack data_attacks[] = {
	{ "exec-data",		attack_exec_data },
	{ "read-text",		attack_read_text },
	{ "read-exec",		attack_read_exec },
	{ "write-text",		attack_write_text },
	{ "page-table",		attack_page_table },
	{ "set-cred",		attack_set_cred },
	{ "corrupt-work",	attack_corrupt_work },
	{ }
};
