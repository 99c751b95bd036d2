/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation: the check of an indirect call.
 *
 * All indirect calls go through the thunks of arch/x86/lib/retpoline.S, one for each
 * register.  Views map another page in place of the thunks (icall.c), which jumps to the
 * checks here.  An indirect call that is in the table of known ones continues.  Any other
 * one faults, and the fault handler decides.  On the full page table nothing leads here.
 *
 * Only %r10 and %r11 may be changed: the other registers belong to the indirect call.
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

/* Turns a target into the key of the indirect call, and the key into the target. */
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

	/* ITS: the indirect jump must be in the upper half of a cache line. */
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
	/* sci_icall_fault() continues at the target, which it takes from %r10. */
	SCI_TARGET %r10, %r11
	movq	sci_known_icalls(%rip), %r11
	movb	$0, (%r11)
	ud2
SYM_CODE_END(sci_icall_checks)
_ASM_NOKPROBE(sci_icall_checks)
