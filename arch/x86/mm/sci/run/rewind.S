/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/linkage.h>

#include <asm/asm-offsets.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

/*
 * void __noreturn sci_rewind_and_die(void)
 *
 * Give up the present stack, which may not be the task's, and continue in sci_die() on the
 * task's own, as if the system call had just started.
 */
SYM_CODE_START_NOALIGN(sci_rewind_and_die)
	UNWIND_HINT_FUNC
	ANNOTATE_NOENDBR
	/* The caller's frame is gone: end the chain of frame pointers. */
	xorl	%ebp, %ebp

	movq	PER_CPU_VAR(pcpu_hot + X86_top_of_stack), %rax
	leaq	-PTREGS_SIZE(%rax), %rsp
	UNWIND_HINT_REGS

	call	sci_die
SYM_CODE_END(sci_rewind_and_die)
