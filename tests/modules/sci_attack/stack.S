/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Returns along forged chains, and jumps.  Code that cannot be unwound, on purpose,
 * is kept from objtool, which would drop the ORC data of the whole module.
 *
 * All of it is in one page: a view that has sci_attack_page() has the rest
 * as well, so that what stops an attack is what it attacks.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

	.text
	.balign	1024
.Lbegin:

/* void sci_attack_page(void): as harmless as it looks, and can be unwound */
SYM_FUNC_START(sci_attack_page)
	RET
SYM_FUNC_END(sci_attack_page)

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

/* u64 sci_attack_forge(u64 *chain, unsigned long n, const u64 *args, const u8 *save) */
SYM_FUNC_START(sci_attack_forge)
	movzbl	0(%rcx), %eax
	movq	%rbx, (%rdi, %rax, 8)
	movzbl	1(%rcx), %eax
	movq	%rbp, (%rdi, %rax, 8)
	movzbl	2(%rcx), %eax
	movq	%r12, (%rdi, %rax, 8)
	movzbl	3(%rcx), %eax
	movq	%r13, (%rdi, %rax, 8)
	movzbl	4(%rcx), %eax
	movq	%r14, (%rdi, %rax, 8)
	movzbl	5(%rcx), %eax
	movq	%r15, (%rdi, %rax, 8)
1:	pushq	-8(%rdi, %rsi, 8)
	decq	%rsi
	jnz	1b
	movq	0(%rdx), %rdi
	movq	8(%rdx), %rsi
	movq	16(%rdx), %rdx
	RET
SYM_FUNC_END(sci_attack_forge)
STACK_FRAME_NON_STANDARD sci_attack_forge

/* u64 sci_attack_jump(u64 addr, u64 arg) */
SYM_FUNC_START(sci_attack_jump)
	movq	%rdi, %rax
	movq	%rsi, %rdi
	JMP_NOSPEC rax
SYM_FUNC_END(sci_attack_jump)

/* u64 sci_attack_dispatch(const struct jump *table) */
SYM_FUNC_START(sci_attack_dispatch)
	pushq	%rbx
	movq	%rdi, %rbx
	xorl	%eax, %eax
1:	movq	(%rbx), %rdi
	movq	8(%rbx), %rsi
	testq	%rdi, %rdi
	jz	2f
	testq	%rsi, %rsi
	cmovzq	%rax, %rsi
	addq	$16, %rbx
	call	sci_attack_jump
	jmp	1b
2:	popq	%rbx
	RET
SYM_FUNC_END(sci_attack_dispatch)

/* u64 sci_attack_sleep(void) */
SYM_FUNC_START(sci_attack_sleep)
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rax
	pushq	%rax			/* taken by sci_attack_resume */
	subq	$24, %rsp
	leaq	-8(%rsp), %rdi
	call	sci_attack_sleeper
	xorl	%eax, %eax
	addq	$32, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	RET
SYM_FUNC_END(sci_attack_sleep)

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

/* The same behind a call, which is never made. */
SYM_CODE_START(sci_attack_called)
	UNWIND_HINT_UNDEFINED
	ANNOTATE_NOENDBR
	call	sci_attack_resume
SYM_INNER_LABEL(sci_attack_resume_called, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	jmp	sci_attack_resume
SYM_CODE_END(sci_attack_called)

SYM_CODE_START(sci_attack_result_to_arg)
	UNWIND_HINT_UNDEFINED
	ANNOTATE_NOENDBR
	movq	%rax, %rdi
	RET
SYM_CODE_END(sci_attack_result_to_arg)

SYM_CODE_START(sci_attack_pop_arg)
	UNWIND_HINT_UNDEFINED
	ANNOTATE_NOENDBR
	popq	%rdi
	RET
SYM_CODE_END(sci_attack_pop_arg)

/* void sci_attack_to_user(struct pt_regs *regs, u64 addr) */
SYM_CODE_START(sci_attack_to_user)
	UNWIND_HINT_UNDEFINED
	ENDBR
	cli
	movq	%rdi, %rsp
	pushq	%rsi
	RET
SYM_CODE_END(sci_attack_to_user)

	/* an error if there is more than the alignment keeps in one page */
	.org	.Lbegin + 1024, 0xcc
