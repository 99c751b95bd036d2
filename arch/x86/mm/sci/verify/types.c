// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the types of functions and of indirect calls.
 *
 * scripts/gcc-plugins/sci_types_plugin.c notes them when the kernel and its modules are
 * compiled.  Here they are sorted and kept in SCI's own memory: the kernel image's from
 * boot on, a module's as long as it is loaded.
 *
 * Indirect calls in assembly have no type.  A function in assembly has the type by which C
 * code declares it where it takes its address.
 */
#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <asm/sci.h>

#include "../base/pause.h"
#include "../memory/own.h"
#include "types.h"

enum sci_type_kind {
	SCI_FUNCTION_TYPE,
	SCI_ICALL_TYPE,
	NR_SCI_TYPE_KINDS,
};

/* Sorted by place: the lower half of an address, which is in the last 2 GiB. */
struct sci_type {
	u32	place;
	u32	hash;
};

/**
 * struct sci_types - the types of the kernel image or of one module
 * @next: the types of the next module
 * @mod: the module; NULL: the kernel image
 * @order: the order of this allocation
 * @nr: the number of types of each kind
 * @type: the types of functions, then those of indirect calls
 */
struct sci_types {
	struct sci_types	*next;
	const struct module	*mod;
	unsigned int		order;
	unsigned int		nr[NR_SCI_TYPE_KINDS];
	struct sci_type		type[];
};

/* The kernel image's types, which lead to the list of the modules'. */
static struct sci_types *sci_image_types __ro_after_init;

static arch_spinlock_t sci_types_lock = __ARCH_SPIN_LOCK_UNLOCKED;

static int sci_place_compare(const void *a, const void *b)
{
	const struct sci_type *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

static int sci_type_compare(const void *a, const void *b)
{
	const struct sci_type *x = a, *y = b;

	return sci_place_compare(a, b) ?: x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Returns the number of types.  Those that several files have noted count once. */
static unsigned int sci_types_sort(struct sci_type *type, const struct sci_type_note *note,
				   unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		type[i] = (struct sci_type){
			.place = (unsigned long)&note[i].place + note[i].place,
			.hash = note[i].hash,
		};
	sort(type, nr, sizeof(*type), sci_type_compare, NULL);
	for (i = 0; i < nr; i++)
		if (!n || sci_type_compare(&type[n - 1], &type[i]))
			type[n++] = type[i];
	return n;
}

/* @note, @nr: the entries and their number, by kind */
static struct sci_types *sci_types_make(const struct module *mod,
					const struct sci_type_note *const note[],
					const unsigned int nr[])
{
	unsigned int order, kind, functions = nr[SCI_FUNCTION_TYPE];
	unsigned int n[NR_SCI_TYPE_KINDS];
	struct sci_types *types;
	struct sci_type *sorted;

	/* Sort in ordinary memory: hidden memory needs interrupts off. */
	sorted = kvmalloc_array(size_add(functions, nr[SCI_ICALL_TYPE]), sizeof(*sorted),
				GFP_KERNEL);
	if (!sorted)
		return NULL;
	n[SCI_FUNCTION_TYPE] = sci_types_sort(sorted, note[SCI_FUNCTION_TYPE], functions);
	functions = n[SCI_FUNCTION_TYPE];
	n[SCI_ICALL_TYPE] = sci_types_sort(sorted + functions, note[SCI_ICALL_TYPE],
					   nr[SCI_ICALL_TYPE]);

	order = get_order(struct_size(types, type, functions + n[SCI_ICALL_TYPE]));
	types = sci_get_pages(GFP_KERNEL, order);
	if (types) {
		guard(sci_paused)();
		types->next = NULL;
		types->mod = mod;
		types->order = order;
		for (kind = 0; kind < NR_SCI_TYPE_KINDS; kind++)
			types->nr[kind] = n[kind];
		memcpy(types->type, sorted, (functions + n[SCI_ICALL_TYPE]) * sizeof(*sorted));
	}
	kvfree(sorted);
	return types;
}

/* An early initcall, before any module can be loaded. */
static int __init sci_types_init(void)
{
	const struct sci_type_note *const note[] = {
		[SCI_FUNCTION_TYPE]	= __sci_functions_start,
		[SCI_ICALL_TYPE]	= __sci_icalls_start,
	};
	const unsigned int nr[] = {
		[SCI_FUNCTION_TYPE]	= __sci_functions_end - __sci_functions_start,
		[SCI_ICALL_TYPE]	= __sci_icalls_end - __sci_icalls_start,
	};

	if (sci_available)
		sci_image_types = sci_types_make(NULL, note, nr);
	return 0;
}
core_initcall(sci_types_init);

/**
 * sci_types_known - are the types of the kernel image there?
 */
bool __init sci_types_known(void)
{
	return sci_image_types;
}

/**
 * sci_module_types - add the types of a module
 * @mod: the module, of which no code has run
 * @functions: the section with the types of functions, or NULL
 * @functions_size: its size in bytes
 * @icalls: the section with the types of indirect calls, or NULL
 * @icalls_size: its size in bytes
 *
 * Context: process context, may sleep
 * Return: 0 or -ENOMEM
 */
int sci_module_types(const struct module *mod, const void *functions, unsigned long functions_size,
		     const void *icalls, unsigned long icalls_size)
{
	const struct sci_type_note *const note[] = {
		[SCI_FUNCTION_TYPE]	= functions,
		[SCI_ICALL_TYPE]	= icalls,
	};
	const unsigned int nr[] = {
		[SCI_FUNCTION_TYPE]	= functions_size / sizeof(struct sci_type_note),
		[SCI_ICALL_TYPE]	= icalls_size / sizeof(struct sci_type_note),
	};
	struct sci_types *types;

	if (!sci_image_types || (!nr[SCI_FUNCTION_TYPE] && !nr[SCI_ICALL_TYPE]))
		return 0;
	types = sci_types_make(mod, note, nr);
	if (!types)
		return -ENOMEM;

	guard(sci_paused_lock)(&sci_types_lock);
	types->next = sci_image_types->next;
	sci_image_types->next = types;
	return 0;
}

/* Returns the link that leads to a module's types, or NULL if it has none. */
static struct sci_types **sci_types_of(const struct module *mod)
{
	struct sci_types **p;

	for (p = &sci_image_types->next; *p; p = &(*p)->next)
		if ((*p)->mod == mod)
			return p;
	return NULL;
}

/**
 * sci_module_types_trim - drop the types of a module's init text
 * @mod: the module, the init text of which is about to be freed
 */
void sci_module_types_trim(const struct module *mod)
{
	u32 start = (unsigned long)mod->mem[MOD_INIT_TEXT].base;
	u32 size = mod->mem[MOD_INIT_TEXT].size;
	unsigned int kind, i, n = 0, from = 0;
	struct sci_types **p, *types;

	if (!sci_image_types)
		return;
	guard(sci_paused_lock)(&sci_types_lock);
	p = sci_types_of(mod);
	types = p ? *p : NULL;
	for (kind = 0; types && kind < NR_SCI_TYPE_KINDS; kind++) {
		unsigned int end = from + types->nr[kind], begin = n;

		for (i = from; i < end; i++)
			if (types->type[i].place - start >= size)
				types->type[n++] = types->type[i];
		types->nr[kind] = n - begin;
		from = end;
	}
}

/**
 * sci_module_types_free - drop the types of a module
 * @mod: the module, which is unloaded or could not be loaded
 */
void sci_module_types_free(const struct module *mod)
{
	struct sci_types **p, *types = NULL;
	unsigned int order = 0;

	if (!sci_image_types)
		return;
	scoped_guard(sci_paused_lock, &sci_types_lock) {
		p = sci_types_of(mod);
		if (p) {
			types = *p;
			order = types->order;
			*p = types->next;
		}
	}
	sci_put_pages(types, order);
}

/* Returns the hash of a type that compares equal to the key, or 0 if there is none. */
static u32 sci_type_find(enum sci_type_kind kind, const struct sci_type *key, cmp_func_t compare)
{
	const struct sci_type *start, *found = NULL;
	const struct sci_types *types;
	u32 hash;

	sci_assert_full_table();
	arch_spin_lock(&sci_types_lock);
	for (types = sci_image_types; types && !found; types = types->next) {
		start = types->type + (kind == SCI_ICALL_TYPE ? types->nr[SCI_FUNCTION_TYPE] : 0);
		found = bsearch(key, start, types->nr[kind], sizeof(*start), compare);
	}
	hash = found ? found->hash : 0;
	arch_spin_unlock(&sci_types_lock);
	return hash;
}

/**
 * sci_icall_type - get the type of an indirect call
 * @ret: its return address
 *
 * Context: interrupts off, full page table loaded
 * Return: the hash of the type; 0: the indirect call has none, it is not in C code
 */
u32 sci_icall_type(unsigned long ret)
{
	const struct sci_type key = { .place = ret };

	return sci_type_find(SCI_ICALL_TYPE, &key, sci_place_compare);
}

/**
 * sci_function_has_type - does a function have this type?
 * @function: the start of the function
 * @type: the hash of the type, not 0
 *
 * A function has more than one type if C code declares it in different ways.
 *
 * Context: interrupts off, full page table loaded
 */
bool sci_function_has_type(unsigned long function, u32 type)
{
	const struct sci_type key = { .place = function, .hash = type };

	return sci_type_find(SCI_FUNCTION_TYPE, &key, sci_type_compare);
}
