/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System call isolation, x86: shared by arch/x86/mm.
 *
 * sci_mm.c	boot
 * sci_task.c	the tasks' top-level tables, and who has one
 * sci_policy.c	what holds for each cgroup
 * sci_switch.c	entering and leaving views
 * sci_view.c	domains and their views
 * sci_profile.c	what the views of a sealed domain may come to contain
 * sci_module.c	views of modules and of generated code
 * sci_direct.c	the direct maps without user memory
 * sci_window.c	windows onto single pages that it lacks
 * sci_table.c	page tables, which most calls can only read
 * sci_cred.c	the copy of the tasks' credentials
 * sci_fault.c	faults on a view: whose they are, and what follows
 * sci_verify.c	may this fault add text to the view?
 * sci_edge.c	does the code itself lead there?
 * sci_taken.c	which functions can an indirect call reach?
 * sci_types.c	the types of functions and of indirect calls
 * sci_calls.c	checks of all indirect calls, made in sci_check.S
 * sci_probe.c	what stands for text that probes and tracers have made
 * sci_insn_decode.c	instructions, as the flow of control sees them
 */
#ifndef _X86_MM_SCI_H
#define _X86_MM_SCI_H

#include <linux/sci_cgroup.h>

struct mm_struct;

#ifdef CONFIG_CGROUP_SCI

#include <linux/capability.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/ratelimit_types.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/uidgid_types.h>

#include <asm/alternative.h>
#include <asm/page.h>
#include <asm/sci.h>

#include "sci_check.h"

/* The entry of the top-level table that maps the kernel image, and its index below. */
#define SCI_PGD_INDEX		pgd_index(__START_KERNEL_map)
#define SCI_PUD_INDEX		pud_index(__START_KERNEL_map)
/* The GiB above: modules, BPF images, trampolines; at its end the fixmap. */
#define SCI_MODULE_PUD_INDEX	pud_index(MODULES_VADDR)

/*
 * Not 0, which early code flushes; none of the kernel's own, which are small;
 * and without bit 11, which PTI sets for user mode.
 */
#define SCI_PCID		0x400UL

/* The thunks: vmlinux.lds.S, arch/x86/lib/retpoline.S. */
extern const char __sci_thunks_start[], __sci_return_thunks[], __sci_thunks_end[];
extern const char __sci_icall_checks_start[], __sci_icall_checks_end[];
extern const char __static_call_text_start[], __static_call_text_end[];

/* The kernel's notes, its build id among them. */
extern const char __start_notes[], __stop_notes[];

/* Of the kernel image, see kernel/extable.c. */
struct exception_table_entry;
extern struct exception_table_entry __start___ex_table[], __stop___ex_table[];

/* The same, see kernel/static_call_inline.c. */
struct static_call_site;
extern struct static_call_site __start_static_call_sites[], __stop_static_call_sites[];

/*
 * Text in 2 MiB blocks, a PTE page each.  The first ones hold text that views
 * can differ in: each view has PTE pages of its own for these, which begin as
 * copies of the template.  The others hold entry code only, and all views share
 * the template's.
 */
extern unsigned int sci_text_blocks;
extern unsigned int sci_own_blocks;
extern pte_t **sci_text_template;

/**
 * struct sci_view - the kernel text that one system call number may use
 * @nr: index of the call, see SCI_IA32_BASE
 * @writes_tables: it is a call of memory management, which writes page tables
 * @pmd: the table of the kernel image's GiB; its entries lead to PTE pages of
 *	the view's own where there is text, and to what all share elsewhere
 * @pud: the entry that leads to @pmd
 * @module_pmd: the table of the GiB above it; the entries of the range of modules
 *	lead to PTE pages of the view's own, or nowhere yet
 * @module_pud: the entry that leads to @module_pmd
 * @module_gen: the sci_modules->gen of which this is the state
 * @module_blocks: PTE pages below @module_pmd
 * @pages: pages of text that faults have added
 * @faults: faults that added them
 */
struct sci_view {
	unsigned int		nr;
	bool			writes_tables;
	pmd_t			*pmd;
	pud_t			pud;
	pmd_t			*module_pmd;
	pud_t			module_pud;
	unsigned long		module_gen;
	unsigned int		module_blocks;
	atomic_t		pages;
	atomic_t		faults;
};

/**
 * struct sci_creds - what credentials a task should have
 * @cred: the object; NULL: nothing is known yet
 *
 * The others as in struct cred.
 */
struct sci_creds {
	const struct cred		*cred;
	kuid_t				uid, suid, euid, fsuid;
	kgid_t				gid, sgid, egid, fsgid;
	unsigned int			securebits;
	kernel_cap_t			inheritable, permitted, effective, bset, ambient;
	const struct user_namespace	*user_ns;
	const struct group_info		*group_info;
};

/**
 * struct sci_space - the address space of a task's isolated calls
 * @domain: where the next system call runs; NULL: not isolated.  Written by
 *	the controller for any task, read by the task itself.
 * @stat: counters of the task's cgroup, never NULL if @domain is not
 * @level: what holds in it
 * @held: the domain whose views the task uses now.  Only the task itself
 *	writes it, at a system call's entry, and it holds a reference.
 * @view: the view that @pgd leads to; NULL: none yet.  It belongs to @held.
 * @active: the running system call is isolated, and its own code runs: not
 *	an interrupt or exception on top of it.  Whether the view is loaded is
 *	another question (sci_on_view): not so inside the scheduler.
 * @unconfined: the running call has been let off by audit mode: @pgd leads to all text
 *	and all memory
 * @writes_tables: @pgd leads to a direct map in which page tables can be written
 * @pgd: top-level page table, one page, followed by the pages of the table
 *	that its last entry leads to, and of the one below that leads to @windows
 * @windows: the PTE page of windows, see sci_kmap()
 * @missed: text that the running call has needed and the profile lacks; 0: none
 * @used: slots of @windows that the TLB may know: a bit each
 * @creds: the copy of the task's credentials
 * @mm: the task's mm
 * @top: where its top-level page table is, as in CR3; 0: not known yet
 * @cr3: what selects @pgd
 * @mm_id: context id of the mm that the lower entries of @pgd mirror
 * @mm_gen: its generation at that moment, see mm_context_t
 * @mirrored: which groups of the lower entries of @pgd are not all empty: a bit each
 *
 * As everything that decides where a call runs and what it reaches, it is in
 * memory that isolated calls do not see, see sci_get_pages(): all access is on
 * the full page table.
 */
struct sci_space {
	struct sci_domain		*domain;
	struct sci_stat __percpu	*stat;
	enum sci_level			level;
	struct sci_domain		*held;
	struct sci_view			*view;
	bool				active;
	bool				unconfined;
	bool				writes_tables;
	unsigned long			*pgd;
	pte_t				*windows;
	unsigned long			missed;
	u64				used;
	struct sci_creds		creds;
	struct mm_struct		*mm;
	unsigned long			top;
	unsigned long			cr3;
	u64				mm_id;
	unsigned long			mm_gen;
	u64				mirrored;
};

/**
 * struct sci_domain - the views of one isolated cgroup
 * @refs: the controller's, and one of each task that uses or used its views
 * @lock: serializes the creation of views
 * @pages: that hold the views' structures
 * @log_limit: of messages about violations
 * @end: frees the domain after a grace period
 * @profile: what the views may come to contain; NULL: whatever the verifier accepts
 * @retired: bytes of views that are in @pages only, as it was when sci_view_retire()
 *	took them out of @views
 * @views: by index; set once, and again after sci_view_retire()
 */
struct sci_domain {
	refcount_t		refs;
	struct mutex		lock;	/* creation of views */
	struct ratelimit_state	log_limit;
	struct sci_domain_end	*end;
	struct sci_profile	*profile;
	struct sci_view_page	*pages;
	atomic_long_t		retired;
	struct sci_view		*views[SCI_NR_VIEWS];
};

/**
 * enum sci_verdict - may the access go on?
 * @SCI_OK: yes
 * @SCI_MID_FUNCTION: target inside a function, of which nothing leads there
 * @SCI_NOT_A_SYMBOL: target not inside any function
 * @SCI_NO_CALL: target is a function's start, but no call has led there
 * @SCI_WRONG_CALL: the call that has led there does not lead there
 * @SCI_WRONG_TYPE: an indirect call of a function of another type
 * @SCI_BAD_CROSSING: not an instruction that begins on the page before
 * @SCI_STACK_FOREIGN: the stack pointer left the task's stack
 * @SCI_STACK_BROKEN: the stack cannot be unwound to the system call entry
 * @SCI_STACK_FORGED: a return address on it follows no call instruction
 * @SCI_EXEC_DATA: execution of what is not kernel text
 * @SCI_WRITE_TEXT: write to kernel text
 * @SCI_HIDDEN_MEMORY: access to memory that only a window may reach
 * @SCI_PAGE_TABLE: write to a page table, in a call that is not one of memory management
 * @SCI_CREDENTIALS: the task's credentials were written to
 * @SCI_NOT_IN_PROFILE: the call has needed text that the profile lacks
 * @SCI_NO_MEMORY: no violation, but there is no page for the view's tables
 * @NR_SCI_VERDICTS: their number
 */
enum sci_verdict {
	SCI_OK,
	SCI_MID_FUNCTION,
	SCI_NOT_A_SYMBOL,
	SCI_NO_CALL,
	SCI_WRONG_CALL,
	SCI_WRONG_TYPE,
	SCI_BAD_CROSSING,
	SCI_STACK_FOREIGN,
	SCI_STACK_BROKEN,
	SCI_STACK_FORGED,
	SCI_EXEC_DATA,
	SCI_WRITE_TEXT,
	SCI_HIDDEN_MEMORY,
	SCI_PAGE_TABLE,
	SCI_CREDENTIALS,
	SCI_NOT_IN_PROFILE,
	SCI_NO_MEMORY,
	NR_SCI_VERDICTS,
};

/* How a view's index is shown: "%s:%u", as the call it stands for. */
static inline const char *sci_syscall_abi(unsigned int nr)
{
	return nr < SCI_IA32_BASE ? "x86_64" : "i386";
}

static inline unsigned int sci_syscall_nr(unsigned int nr)
{
	return nr < SCI_IA32_BASE ? nr : nr - SCI_IA32_BASE;
}

enum sci_verdict sci_verify(const struct sci_view *view, const struct pt_regs *regs,
			    unsigned long address);
bool sci_edge_call(const struct sci_view *view, unsigned long function, unsigned long ret);
unsigned long sci_return_address(const struct pt_regs *regs);
bool sci_was_call(unsigned long ret);
bool sci_edge_within(const struct sci_view *view, unsigned long address);
int sci_taken_init(void);
bool sci_address_taken(unsigned long function);
bool sci_probe_enter(struct pt_regs *regs);
unsigned long sci_trampoline(unsigned long ip);
bool sci_probe_return(struct pt_regs *regs, unsigned long ret, unsigned long sp);

bool sci_is_text(unsigned long address);
bool sci_syscall_must_run(unsigned int nr);
bool sci_profile_has_syscall(const struct sci_profile *profile, unsigned int nr);
bool sci_profile_has_text(struct sci_profile *profile, unsigned long address);
struct sci_view *sci_domain_view(struct sci_domain *domain, unsigned int nr);
void sci_view_retire(struct sci_domain *domain, struct sci_view *view);
bool sci_view_executable(const struct sci_view *view, unsigned long address);
bool sci_view_map(struct sci_view *view, unsigned long address, bool exec);

void *sci_get_pages(gfp_t gfp, unsigned int order);
void sci_put_pages(void *pages, unsigned int order);
int sci_task_init(void);
void sci_task_prepare(void);
int sci_policy_init(void);
bool sci_sync_entry(struct sci_space *space, unsigned long address);
void sci_sync_mm(struct sci_space *space, const struct mm_struct *mm);
void sci_set_view(struct sci_space *space, struct sci_view *view);
void sci_space_unconfine(struct sci_space *space);

/* The direct maps: page tables can be read in both, and written in one. */
enum sci_direct_map {
	SCI_DIRECT_RO,
	SCI_DIRECT_RW,
	NR_SCI_DIRECT_MAPS,
};

static inline enum sci_direct_map sci_direct_map_for(bool tables)
{
	return tables ? SCI_DIRECT_RW : SCI_DIRECT_RO;
}

void sci_mm_trust(struct sci_space *space, const struct task_struct *task);
void sci_bad_mm(struct sci_space *space);
bool sci_syscall_writes_tables(unsigned int nr);
void sci_tables_find(void);
int sci_table_init(void);
int sci_image_build(void);
pmd_t sci_image_shared_pmd(unsigned int i);

extern bool sci_direct_shared;
int sci_direct_build(void);
void sci_direct_enter(unsigned long *pgd, enum sci_direct_map map);
bool sci_direct_sync(unsigned long address);
bool sci_direct_has(unsigned int i);
bool sci_direct_maps(enum sci_direct_map map, unsigned long address, bool write);
bool sci_direct_is_table(unsigned long address);
bool sci_direct_hides(unsigned long address);
void sci_direct_flush(unsigned long start, unsigned long end);
void sci_hide_init(void);

void __sci_view_pause(void);
void __sci_view_unpause(struct sci_space *space, bool flush);
void sci_windows_close(struct sci_space *space, u64 keep);

/* More than the faults of a call can use up before the worker gets to run. */
#define SCI_RESERVE		128

/**
 * struct sci_modules - the range of modules
 * @gen: how often it was flushed
 * @reserved: PTE pages in reserve
 * @reserve: these
 */
struct sci_modules {
	unsigned long	gen;
	unsigned int	reserved;
	void		*reserve[SCI_RESERVE];
};

extern struct sci_modules *sci_modules;
int sci_module_init(void);
bool sci_in_modules(unsigned long address);
bool sci_is_module_text(unsigned long address);
bool sci_module_present(unsigned long address);
bool sci_module_executable(const struct sci_view *view, unsigned long address);
int sci_module_map(struct sci_view *view, unsigned long address, bool exec);
unsigned long sci_module_page(const struct sci_view *view, unsigned long address);
void sci_module_refresh(struct sci_view *view);
bool sci_module_alloc(struct sci_view *view, gfp_t gfp);
void sci_module_free(struct sci_view *view);
int sci_reserve_fill(void);
void *sci_reserve_get(void);

/* A BPF program's tail call enters another one behind what that does at its start. */
#define SCI_BPF_TAIL_CALL	(12 + ENDBR_INSN_SIZE)

extern u64 *sci_known_icalls;
int sci_icall_init(void);
void sci_template_set(unsigned long address, unsigned long pfn);
unsigned long sci_template_pfn(unsigned long address);
bool sci_is_icall_fault(unsigned long ip, unsigned long address);
enum sci_verdict sci_verify_icall(const struct sci_view *view, const struct pt_regs *regs);

/* As the compiler leaves it: the place is relative to itself. */
struct sci_type_note {
	s32	place;
	u32	hash;
};

extern const struct sci_type_note __sci_functions_start[], __sci_functions_end[];
extern const struct sci_type_note __sci_icalls_start[], __sci_icalls_end[];

enum sci_type_kind {
	SCI_FUNCTION_TYPE,
	SCI_ICALL_TYPE,
	NR_SCI_TYPE_KINDS,
};

bool sci_types_known(void);
void sci_module_types_trim(const struct module *mod);
u32 sci_icall_type(unsigned long ret);
bool sci_function_has_type(unsigned long function, u32 type);

void __noreturn sci_rewind_and_die(void);
void __noreturn sci_die(void);
void sci_bad_exit(unsigned long function);
void sci_bad_creds(struct sci_space *space);
void sci_bad_text(struct sci_space *space);
void sci_creds_trust(struct sci_space *space, const struct task_struct *task);
bool sci_creds_wrong(const struct sci_space *space);
void sci_space_add_text(struct sci_space *space, unsigned long address);

void sci_check_boottime(void);
void __sci_flush_local(void);
void __sci_kernel_flush(unsigned long start, unsigned long end);

/* Do two page table entries differ, but for what the hardware sets on its own? */
static inline bool sci_differs(unsigned long a, unsigned long b)
{
	return (a ^ b) & ~(_PAGE_ACCESSED | _PAGE_DIRTY);
}

/* What sci_view_unpause() has to restore. */
struct sci_pause {
	unsigned long flags;
	bool on_view;
};

/**
 * sci_view_pause - go to the full page table for a moment
 *
 * For code of an isolated call that has to do with what isolated calls do not see.
 *
 * Context: any but NMI; interrupts are off until sci_view_unpause()
 * Return: what sci_view_unpause() needs
 */
static inline struct sci_pause sci_view_pause(void)
{
	struct sci_pause step;

	local_irq_save(step.flags);
	step.on_view = static_branch_unlikely(&sci_key) && this_cpu_read(sci_on_view);
	if (step.on_view)
		sci_view_suspend();
	return step;
}

/**
 * sci_view_unpause - back to where sci_view_pause() has come from
 * @step: what it has returned
 */
static inline void sci_view_unpause(struct sci_pause step)
{
	if (step.on_view)
		sci_view_resume();
	local_irq_restore(step.flags);
}

/**
 * sci_lock - take a lock that faults take, too
 * @lock: a raw lock of the lowest kind: faults come in lockdep and tracing as well
 *
 * On the full page table, since a fault with the lock held would want it again.
 *
 * Context: any but NMI and faults; interrupts are off until sci_unlock()
 * Return: what sci_unlock() needs
 */
static inline struct sci_pause sci_lock(arch_spinlock_t *lock)
{
	struct sci_pause step = sci_view_pause();

	arch_spin_lock(lock);
	return step;
}

/**
 * sci_unlock - release a lock, back to where sci_lock() has come from
 * @lock: the same
 * @step: what sci_lock() has returned
 */
static inline void sci_unlock(arch_spinlock_t *lock, struct sci_pause step)
{
	arch_spin_unlock(lock);
	sci_view_unpause(step);
}

/**
 * sci_count - count one event for the cgroup of a task
 * @space: the current task's
 * @item: the event
 *
 * Context: interrupts or preemption off, full page table loaded
 */
static __always_inline void sci_count(struct sci_space *space, enum sci_item item)
{
	raw_cpu_inc(space->stat->count[item]);
}

/* Calls and jumps through these go where a register says. */
static inline bool sci_is_indirect_thunk(unsigned long address)
{
	if (IS_ENABLED(CONFIG_MITIGATION_ITS) &&
	    address >= (unsigned long)its_static_thunk(0) &&
	    address <= (unsigned long)its_static_thunk(SCI_REGISTERS - 1))
		return true;
	return address >= (unsigned long)__sci_thunks_start &&
	       address < (unsigned long)__sci_return_thunks;
}

static inline bool sci_is_return_thunk(unsigned long address)
{
	return address >= (unsigned long)__sci_return_thunks &&
	       address < (unsigned long)__static_call_text_start;
}

/**
 * sci_kernel_nonglobal - must kernel mappings do without _PAGE_GLOBAL?
 *
 * A global TLB entry of kernel text would survive the load of a view, and the
 * text would stay reachable.
 */
static inline bool sci_kernel_nonglobal(void)
{
	return sci_available;
}

/**
 * sci_in_use - may any CPU be on a view?
 */
static inline bool sci_in_use(void)
{
	return static_branch_unlikely(&sci_key);
}

/**
 * sci_view_loaded - is this CPU on a view?
 *
 * Context: interrupts or preemption off
 */
static inline bool sci_view_loaded(void)
{
	return sci_in_use() && unlikely(this_cpu_read(sci_on_view));
}

/**
 * sci_flush_local - a TLB flush is about to be done for the loaded PCID only
 *
 * Context: interrupts or preemption off
 */
static inline void sci_flush_local(void)
{
	if (sci_view_loaded())
		__sci_flush_local();
}

/**
 * sci_kernel_flush - kernel mappings have changed, TLBs are about to be flushed
 * @start: first address
 * @end: behind the last one
 *
 * Views have copies of some of these mappings.
 *
 * Context: interrupts on; the flush follows
 */
static inline void sci_kernel_flush(unsigned long start, unsigned long end)
{
	if (sci_in_use())
		__sci_kernel_flush(start, end);
}

/**
 * sci_memory_changed - how the kernel maps an address has changed
 * @address: page-aligned; in the direct map, or anywhere
 *
 * Context: any but NMI
 */
static inline void sci_memory_changed(unsigned long address)
{
	if (sci_in_use())
		sci_direct_sync(address);
}

/**
 * sci_table_freed - a table that an entry of mm->pgd led to is given up
 * @mm: its owner
 *
 * Tasks' copies of that entry have to go before the table's page is reused.
 * Called after the entry was cleared and before the flush that precedes the
 * reuse: who loads a view later sees the new generation, and who is on a view
 * takes the flush's interrupt, which loads it again, or does the flush itself
 * (sci_flush_local()).
 */
static inline void sci_table_freed(struct mm_struct *mm)
{
	atomic_long_inc(&mm->context.sci_gen);
}

#else

static inline bool sci_kernel_nonglobal(void)
{
	return false;
}

static inline bool sci_in_use(void)
{
	return false;
}

static inline bool sci_view_loaded(void)
{
	return false;
}

static inline void sci_check_boottime(void) { }
static inline void sci_hide_init(void) { }
static inline void sci_memory_changed(unsigned long address) { }
static inline void sci_flush_local(void) { }
static inline void sci_kernel_flush(unsigned long start, unsigned long end) { }
static inline void sci_table_freed(struct mm_struct *mm) { }

#endif /* CONFIG_CGROUP_SCI */
#endif /* _X86_MM_SCI_H */
