/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: an indirect call of an isolated system call.
 *
 * All indirect calls go through the thunks of arch/x86/lib/retpoline.S, one for
 * each register.  In views, another page is mapped in their place (icall.c),
 * which jumps to the checks here.  A call that is in the table of known calls goes on;
 * one that is not faults, and the fault decides.  Outside of views nothing leads
 * here.
 *
 * As in any thunk, all registers but %r10 and %r11 belong to the call.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <linux/stringify.h>

#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

#include "icall_check.h"

	.section .text..__sci.checks, "ax"

/* The target of a call: what makes the key of its return address. */
.macro SCI_TARGET to, key
	movq	(%rsp), \to
	shlq	$32, \to
	xorq	\key, \to
.endm

.macro SCI_RETPOLINE reg
	ANNOTATE_INTRA_FUNCTION_CALL
	call	.Lreturn_\@
	int3
.Lreturn_\@:
	movq	%\reg, (%rsp)
	UNWIND_HINT_FUNC
	RET
.endm

.macro SCI_JUMP reg
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%\reg
	int3
.endm

.macro SCI_ICALL_CHECK reg
	.balign SCI_ICALL_CHECK_SIZE, 0xcc
.Lcheck_\@:
	UNWIND_HINT_FUNC
	.ifc \reg, r11
	movq	%r11, %r10
	SCI_TARGET %r11, %r10
	.else
	SCI_TARGET %r11, %\reg
	.endif
	imulq	$SCI_ICALL_PRIME, %r11, %r10
	shrq	$(64 - SCI_ICALL_BITS - 3), %r10
	andl	$~7, %r10d
	addq	sci_known_icalls(%rip), %r10
.Lnext_\@:
	cmpq	%r11, (%r10)
	je	.Lknown_\@
	addq	$8, %r10
	cmpq	$0, -8(%r10)
	jne	.Lnext_\@
	jmp	.Lmiss

	/* The jump has to be in the upper half of a cache line: ITS. */
	.skip	96 - (. - .Lcheck_\@), 0xcc
.Lknown_\@:
	.ifc \reg, r10
	SCI_TARGET %r10, %r11
	.endif
	.ifc \reg, r11
	SCI_TARGET %r10, %r11
	movq	%r10, %r11
	.endif
	ALTERNATIVE_2 __stringify(SCI_RETPOLINE \reg), \
		      __stringify(lfence; SCI_JUMP \reg), X86_FEATURE_RETPOLINE_LFENCE, \
		      __stringify(SCI_JUMP \reg), ALT_NOT(X86_FEATURE_RETPOLINE)
.endm

SYM_CODE_START(sci_icall_checks)

#define GEN(reg) SCI_ICALL_CHECK reg
#include <asm/GEN-for-each-reg.h>
#undef GEN

	.balign SCI_ICALL_CHECK_SIZE, 0xcc
.Lmiss:
	UNWIND_HINT_FUNC
	/* For the handler, which goes on there, see sci_icall_fault(). */
	SCI_TARGET %r10, %r11
	movq	sci_known_icalls(%rip), %r11
	movb	$0, (%r11)
	ud2
SYM_CODE_END(sci_icall_checks)
_ASM_NOKPROBE(sci_icall_checks)
