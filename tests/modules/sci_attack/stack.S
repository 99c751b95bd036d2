/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Returns along forged chains.  None of this can be unwound, on purpose: it
 * is kept from objtool, which would drop the ORC data of the whole module.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

	.text

/* u64 sci_attack_smash(const u64 *chain, unsigned long n, u64 arg) */
SYM_FUNC_START(sci_attack_smash)
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rax
	pushq	%rax			/* taken by sci_attack_resume */
1:	pushq	-8(%rdi, %rsi, 8)
	decq	%rsi
	jnz	1b
	movq	%rdx, %rdi
	RET
SYM_FUNC_END(sci_attack_smash)
STACK_FRAME_NON_STANDARD sci_attack_smash

/* u64 sci_attack_pivot(u64 *chain, unsigned long n, u64 arg) */
SYM_FUNC_START(sci_attack_pivot)
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi, %rsi, 8)	/* taken by sci_attack_resume */
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	RET
SYM_FUNC_END(sci_attack_pivot)
STACK_FRAME_NON_STANDARD sci_attack_pivot

SYM_CODE_START(sci_attack_resume)
	UNWIND_HINT_UNDEFINED
	ANNOTATE_NOENDBR		/* returned to, never called */
	popq	%rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	RET
SYM_CODE_END(sci_attack_resume)

SYM_CODE_START(sci_attack_result_to_arg)
	UNWIND_HINT_UNDEFINED
	ANNOTATE_NOENDBR
	movq	%rax, %rdi
	RET
SYM_CODE_END(sci_attack_result_to_arg)

