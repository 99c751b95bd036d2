// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does no harm, for others to jump into.
 */
#include <linux/module.h>

static noinline u64 sci_bystander_answer(u64 arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 1;
}

/* To be overwritten. */
static noinline u64 sci_bystander_victim(u64 arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 2;
}

/* The same, in the module's read-only data. */
static const u64 sci_bystander_constants[] __used = { 1, 2, 3 };

static u64 (* volatile functions[])(u64) = { sci_bystander_answer, sci_bystander_victim };

static int __init bystander_init(void)
{
	return functions[0](0) == 1 && functions[1](0) == 2 ? 0 : -EINVAL;
}

static void __exit bystander_exit(void)
{
}

module_init(bystander_init);
module_exit(bystander_exit);
MODULE_DESCRIPTION("What tests of system call isolation attack");
MODULE_LICENSE("GPL");
