/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SCI_ATTACK_H
#define SCI_ATTACK_H

#include <linux/types.h>

/* stack.S: what C cannot say without losing its own stack */

/*
 * Overwrite the stack with the @n words of @chain and return into the first;
 * it finds @arg as its first argument.  The last word has to be
 * sci_attack_resume, which returns to the caller what the chain left in RAX.
 */
u64 sci_attack_smash(const u64 *chain, unsigned long n, u64 arg);

/*
 * The same with the stack pointer turned to @chain itself.  The word after
 * sci_attack_resume, chain[@n], is written: the way back is kept there.
 */
u64 sci_attack_pivot(u64 *chain, unsigned long n, u64 arg);

/* where a chain ends; an address to return to, not a function to call */
extern const char sci_attack_resume[];

/* the gadget that passes one function's result to the next as an argument */
extern const char sci_attack_result_to_arg[];

#endif
