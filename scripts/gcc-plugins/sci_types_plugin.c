// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: the types of functions and of indirect calls.
 *
 * In C, each indirect call has the type of the function that it calls. The machine code
 * lacks this type, so it is noted here, for arch/x86/mm/sci/verify/types.c, as a hash:
 *
 *  __sci_functions	functions that may have their address taken
 *  __sci_icalls	return addresses of indirect calls
 *
 * Each entry is an address, relative to itself, and the hash.
 *
 * Types have the same hash if C calls them compatible, with two exceptions. Integers of
 * the same size and signedness have the same hash. The hash of a structure, union or
 * enumeration is that of its name, and all those without a name have the same.
 *
 * An indirect call in tail position stays a call, because a jump would leave no return
 * address that tells where it was made.
 */
#include "gcc-common.h"

__visible int plugin_is_GPL_compatible;

static struct plugin_info sci_types_plugin_info = {
	.version	= PLUGIN_VERSION,
	.help		= "notes the types of functions and indirect calls\n",
};

/* The nesting of types that is hashed, such as of functions that take functions. */
#define SCI_MAX_DEPTH	16

/* FNV-1a */
#define SCI_HASH_INIT	2166136261u
#define SCI_HASH_PRIME	16777619u

static unsigned int sci_calls;

static unsigned int sci_hash_byte(unsigned int hash, unsigned char byte)
{
	return (hash ^ byte) * SCI_HASH_PRIME;
}

static unsigned int sci_hash_string(unsigned int hash, const char *string)
{
	for (; *string; string++)
		hash = sci_hash_byte(hash, *string);
	/* End the string. */
	return sci_hash_byte(hash, 0);
}

static unsigned int sci_hash_type(unsigned int hash, const_tree type, int depth);

static unsigned int sci_hash_tag(unsigned int hash, const_tree type)
{
	const_tree name = TYPE_NAME(type);

	if (name && TREE_CODE(name) == TYPE_DECL)
		name = DECL_NAME(name);
	return sci_hash_string(hash, name ? IDENTIFIER_POINTER(name) : "");
}

static unsigned int sci_hash_parameters(unsigned int hash, const_tree type, int depth)
{
	const_tree parameter;

	for (parameter = TYPE_ARG_TYPES(type); parameter; parameter = TREE_CHAIN(parameter))
		hash = sci_hash_type(hash, TYPE_MAIN_VARIANT(TREE_VALUE(parameter)), depth);
	/* GCC ends the list with void, unless the function has variable arguments. */
	return sci_hash_byte(hash, stdarg_p(type) ? '.' : ';');
}

/* The qualifiers of the type that a pointer leads to are part of the pointer's type. */
static unsigned int sci_hash_pointer(unsigned int hash, const_tree type, int depth)
{
	const_tree to = TREE_TYPE(type);

	/* On function types, these flags are the attributes const and noreturn. */
	if (TREE_CODE(to) != FUNCTION_TYPE) {
		if (TYPE_READONLY(to))
			hash = sci_hash_byte(hash, 'K');
		if (TYPE_VOLATILE(to))
			hash = sci_hash_byte(hash, 'V');
	}
	return sci_hash_type(hash, TYPE_MAIN_VARIANT(to), depth);
}

static unsigned int sci_hash_type(unsigned int hash, const_tree type, int depth)
{
	if (!depth--)
		return hash;

	switch (TREE_CODE(type)) {
	case VOID_TYPE:
		return sci_hash_byte(hash, 'v');
	case BOOLEAN_TYPE:
		return sci_hash_byte(hash, 'b');
	case INTEGER_TYPE:
		hash = sci_hash_byte(hash, TYPE_UNSIGNED(type) ? 'u' : 'i');
		return sci_hash_byte(hash, TYPE_PRECISION(type));
	case REAL_TYPE:
		hash = sci_hash_byte(hash, 'f');
		return sci_hash_byte(hash, TYPE_PRECISION(type));
	case ENUMERAL_TYPE:
		return sci_hash_tag(sci_hash_byte(hash, 'e'), type);
	case RECORD_TYPE:
		return sci_hash_tag(sci_hash_byte(hash, 's'), type);
	case UNION_TYPE:
		return sci_hash_tag(sci_hash_byte(hash, 'n'), type);
	case POINTER_TYPE:
		return sci_hash_pointer(sci_hash_byte(hash, 'p'), type, depth);
	case ARRAY_TYPE:
		return sci_hash_pointer(sci_hash_byte(hash, 'a'), type, depth);
	case FUNCTION_TYPE:
		hash = sci_hash_byte(hash, 'F');
		hash = sci_hash_type(hash, TYPE_MAIN_VARIANT(TREE_TYPE(type)), depth);
		return sci_hash_parameters(hash, type, depth);
	default:
		return sci_hash_string(hash, get_tree_code_name(TREE_CODE(type)));
	}
}

static unsigned int sci_hash(const_tree type)
{
	return sci_hash_type(SCI_HASH_INIT, type, SCI_MAX_DEPTH);
}

static void sci_note(const char *section, const char *address, unsigned int hash)
{
	fprintf(asm_out_file, "\t.pushsection %s, \"a\"\n\t.long %s - ., %#x\n\t.popsection\n",
		section, address, hash);
}

/* Returns the callee of an indirect call of known type, NULL for other instructions. */
static rtx sci_called(rtx_insn *insn)
{
	rtx call, callee;

	if (!CALL_P(insn) || SIBLING_CALL_P(insn))
		return NULL_RTX;
	call = get_call_rtx_from(insn);
	if (!call || !MEM_P(XEXP(call, 0)))
		return NULL_RTX;
	callee = XEXP(call, 0);
	if (GET_CODE(XEXP(callee, 0)) == SYMBOL_REF || !MEM_EXPR(callee) ||
	    TREE_CODE(TREE_TYPE(MEM_EXPR(callee))) != FUNCTION_TYPE)
		return NULL_RTX;
	return callee;
}

/*
 * When GCC merges two calls into one, it keeps the expression of the callee, and with it
 * the type, only if both calls have the same. So all calls of one type get the same one.
 */
static unsigned int sci_share_types_execute(void)
{
	auto_vec<tree> exprs;
	rtx_insn *insn;
	unsigned int i;

	for (insn = get_insns(); insn; insn = NEXT_INSN(insn)) {
		rtx callee = sci_called(insn);
		unsigned int hash;

		if (!callee)
			continue;
		hash = sci_hash(TREE_TYPE(MEM_EXPR(callee)));
		for (i = 0; i < exprs.length(); i++)
			if (sci_hash(TREE_TYPE(exprs[i])) == hash)
				break;
		if (i == exprs.length())
			exprs.safe_push(MEM_EXPR(callee));
		set_mem_expr(callee, exprs[i]);
	}
	return 0;
}

#define PASS_NAME sci_share_types
#define NO_GATE
#include "gcc-generate-rtl-pass.h"

/* GCC calls this after it has written an instruction. */
static void sci_after_insn(FILE *file, rtx_insn *insn, rtx *operands, int nr)
{
	rtx callee = sci_called(insn);
	char label[32];

	if (!callee)
		return;
	snprintf(label, sizeof(label), ".Lsci_call%u", sci_calls++);
	fprintf(file, "%s:\n", label);
	sci_note("__sci_icalls", label, sci_hash(TREE_TYPE(MEM_EXPR(callee))));
}

/*
 * The type of a call is lost when GIMPLE becomes instructions: these keep the type of the
 * variable that has the address. So convert the address to a variable of the call's type.
 */
static void sci_type_call(gimple_stmt_iterator *gsi)
{
	gcall *call = as_a_gcall(gsi_stmt(*gsi));
	tree type = build_pointer_type(gimple_call_fntype(call));
	tree pointer = make_ssa_name(type);

	gsi_insert_before(gsi, gimple_build_assign(pointer, NOP_EXPR, gimple_call_fn(call)),
			  GSI_SAME_STMT);
	gimple_call_set_fn(call, pointer);
	gimple_call_set_tail(call, false);
	update_stmt(call);
}

static unsigned int sci_type_calls_execute(void)
{
	gimple_stmt_iterator gsi;
	basic_block bb;

	FOR_EACH_BB_FN(bb, cfun) {
		for (gsi = gsi_start_bb(bb); !gsi_end_p(gsi); gsi_next(&gsi)) {
			gimple stmt = gsi_stmt(gsi);

			if (is_gimple_call(stmt) && !gimple_call_internal_p(stmt) &&
			    !gimple_call_fndecl(stmt))
				sci_type_call(&gsi);
		}
	}
	return 0;
}

#define PASS_NAME sci_type_calls
#define NO_GATE
#include "gcc-generate-gimple-pass.h"

/* At the end of the unit, all references are known and all code is written. */
static void sci_finish_unit(void *gcc_data, void *user_data)
{
	struct cgraph_node *node;

	FOR_EACH_FUNCTION(node) {
		tree decl = node->decl, name;

		if (!node->address_taken && !TREE_PUBLIC(decl))
			continue;
		/* Note an external function only if its address is taken here. */
		if (DECL_EXTERNAL(decl) && !node->address_taken)
			continue;
		if (fndecl_built_in_p(decl) || !DECL_ASSEMBLER_NAME_SET_P(decl))
			continue;
		name = DECL_ASSEMBLER_NAME(decl);
		if (DECL_EXTERNAL(decl) ? !TREE_SYMBOL_REFERENCED(name) : !TREE_ASM_WRITTEN(decl))
			continue;
		sci_note("__sci_functions", targetm.strip_name_encoding(IDENTIFIER_POINTER(name)),
			 sci_hash(TREE_TYPE(decl)));
	}
}

__visible int plugin_init(struct plugin_name_args *plugin_info, struct plugin_gcc_version *version)
{
	const char *const name = plugin_info->base_name;

	PASS_INFO(sci_type_calls, "optimized", 1, PASS_POS_INSERT_AFTER);
	PASS_INFO(sci_share_types, "expand", 1, PASS_POS_INSERT_AFTER);

	if (!plugin_default_version_check(version, &gcc_version)) {
		error(G_("incompatible gcc/plugin versions"));
		return 1;
	}
	if (targetm.asm_out.final_postscan_insn) {
		error(G_("this target uses final_postscan_insn itself"));
		return 1;
	}

	register_callback(name, PLUGIN_INFO, NULL, &sci_types_plugin_info);
	register_callback(name, PLUGIN_PASS_MANAGER_SETUP, NULL, &sci_type_calls_pass_info);
	register_callback(name, PLUGIN_PASS_MANAGER_SETUP, NULL, &sci_share_types_pass_info);
	register_callback(name, PLUGIN_FINISH_UNIT, sci_finish_unit, NULL);
	targetm.asm_out.final_postscan_insn = sci_after_insn;
	return 0;
}
