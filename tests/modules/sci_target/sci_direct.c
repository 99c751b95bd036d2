// SPDX-License-Identifier: GPL-2.0-only
/*
 * A direct trampoline: while this module is loaded the call site of ftrace in
 * vfs_read() calls this module's own assembly.  For tests only.
 * /sys/module/sci_direct/parameters/hits counts.
 */
#include <linux/ftrace.h>
#include <linux/fs.h>
#include <linux/module.h>

#include <asm/asm-offsets.h>

static unsigned long hits;
module_param(hits, ulong, 0444);

void sci_direct_hit(void);
void sci_direct_hit(void)
{
	WRITE_ONCE(hits, hits + 1);
}

void sci_direct_trampoline(void *);

asm (
"	.pushsection	.text, \"ax\", @progbits\n"
"	.type		sci_direct_trampoline, @function\n"
"	.globl		sci_direct_trampoline\n"
"sci_direct_trampoline:\n"
	ASM_ENDBR
"	pushq	%rbp\n"
"	movq	%rsp, %rbp\n"
	CALL_DEPTH_ACCOUNT
"	pushq	%rdi\n"
"	pushq	%rsi\n"
"	pushq	%rdx\n"
"	pushq	%rcx\n"
"	call	sci_direct_hit\n"
"	popq	%rcx\n"
"	popq	%rdx\n"
"	popq	%rsi\n"
"	popq	%rdi\n"
"	leave\n"
	ASM_RET
"	.size		sci_direct_trampoline, .-sci_direct_trampoline\n"
"	.popsection\n"
);

static struct ftrace_ops direct;

static int __init sci_direct_init(void)
{
	int err = ftrace_set_filter(&direct, "vfs_read", sizeof("vfs_read") - 1, 1);

	return err ?: register_ftrace_direct(&direct, (unsigned long)sci_direct_trampoline);
}

static void __exit sci_direct_exit(void)
{
	unregister_ftrace_direct(&direct, (unsigned long)sci_direct_trampoline, true);
}

module_init(sci_direct_init);
module_exit(sci_direct_exit);
MODULE_DESCRIPTION("A direct trampoline, for tests of system call isolation");
MODULE_LICENSE("GPL");
