/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SCI_ATTACK_H
#define SCI_ATTACK_H

#include <linux/ptrace.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#define MAX_ARGS	5

/* A command by its name, and the function that it runs; that returns 0 or an error. */
struct attack {
	const char *name;
	int (*run)(int argc, char **argv, u64 *result);
};

/* Each ends with an empty one. */
extern const struct attack control_attacks[], stack_attacks[], data_attacks[], secret_attacks[];
extern const struct attack table_attacks[];

/* mov $42, %eax; ret */
#define PAYLOAD		0xb8, 0x2a, 0x00, 0x00, 0x00, 0xc3
#define PAYLOAD_BYTES	6
extern const u8 payload[PAYLOAD_BYTES];

/* SYMBOL [OFFSET] [ARG], as words and as what they stand for */
struct target {
	const char *symbol, *offset_word, *arg_word;
	u64 addr, arg;
};

int resolve(struct target *t, const char *symbol, const char *offset,
	    const char *arg);
int resolve_target(struct target *t, int argc, char **argv);

/*
 * The attacker's preparations: fn(data) in a kernel thread, so that no isolated system
 * call has made them.
 */
int prepare(int (*fn)(void *data), void *data);

/* Addresses, 0 if there is no such thing.  For preparations only. */
u64 address_of(const char *name);
u64 body_of(u64 addr);
bool is_return(u64 addr);

/* The place of a secret, as a word and in the direct map. */
struct secret {
	char *where;
	u64 addr;
};

int locate_secret(struct secret *s, char *where);

/* A page of the caller's own. */
unsigned long own_page(void);

/* The entry that leads to @addr, of the table for this shift or of a higher one. */
u64 find_entry(u64 cr3, u64 addr, int lowest);

u64 corrupted_call(u64 addr, u64 arg);
u64 corrupted_call3(u64 addr, u64 arg, u64 arg2, u64 arg3);

/* resolved when the module is loaded, at the attacker's leisure */
extern struct known {
	u64 prepare_kernel_cred, prepare_kernel_cred_body;
	u64 commit_creds, commit_creds_body;
	u64 init_cred;
	u64 return_thunk;
} known;

/*
 * A program that the kernel starts as root, outside of all containers, once
 * call_usermodehelper_exec_work(@work) runs: it makes /run/sci-attack-proof.
 */
struct work_struct *root_program(void);

/* stack.S: what C cannot say without losing its own stack */

/* All of it is in a page that this system call executes anyway. */
void sci_attack_page(void);

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

/*
 * The same as sci_attack_smash(), but the chain ends in a return to the caller
 * proper: the words say what frames would be there had calls led to the first.
 * The callee-saved registers, in the order of enum saved, are first written to
 * chain[@save[..]].
 */
u64 sci_attack_forge(u64 *chain, unsigned long n, const u64 *args, const u8 *save);

enum saved { SAVED_RBX, SAVED_RBP, SAVED_R12, SAVED_R13, SAVED_R14, SAVED_R15, NR_SAVED };

/* A function that ends in a jump through a corrupted pointer. */
u64 sci_attack_jump(u64 addr, u64 arg);

/* Jump where each entry says, until an empty one; a 0 is the result before. */
struct jump {
	u64 addr, arg;
};

u64 sci_attack_dispatch(const struct jump *table);

/*
 * Call sci_attack_sleeper(), whose return address and the three words above it
 * another thread may replace, the last by sci_attack_resume.
 */
u64 sci_attack_sleep(void);
void sci_attack_sleeper(u64 *slot);

/* The stack is that of the system call's first instruction, from where @addr goes on. */
void sci_attack_to_user(struct pt_regs *regs, u64 addr);

/* where a chain ends; addresses to return to, not functions to call */
extern const char sci_attack_resume[], sci_attack_resume_called[];

/* gadgets: the result of one function as argument of the next; pop %rdi */
extern const char sci_attack_result_to_arg[], sci_attack_pop_arg[];

#endif
