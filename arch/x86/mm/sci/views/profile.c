// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call isolation: profiles.
 *
 * A profile limits what the views of a domain may contain: it lists the system calls, and
 * the pages of text that any of them may execute.  A domain with a profile is sealed.
 * Text must be accepted by the verifier and be in the profile.  So a profile only adds a
 * condition and never permits anything, and any user may supply one.
 *
 * There is one list of pages for all system calls, because of text that is rarely needed,
 * such as reclaim: one system call reaches it while the profile is made, and another one
 * does later.  Even so it takes long until all rare text has been reached.  A profile may
 * therefore list the system calls only and not restrict text.
 *
 * Pages are counted from the start of the kernel's text or of a module's.  A profile is
 * therefore valid for one build of the kernel only, which its first line names.  Generated
 * code has no names: the verifier alone decides about it.
 *
 * A profile is written before a domain uses it.  It does not change after that.
 */
#include <linux/bitmap.h>
#include <linux/buildid.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/sci_controller.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <asm/sections.h>

#include "../base/image.h"
#include "../base/pause.h"
#include "../base/syscalls.h"
#include "../memory/own.h"
#include "domain.h"
#include "modules.h"
#include "profile.h"
#include "view.h"

#define SCI_PROFILE_ORDER	3
#define SCI_PROFILE_LINE	128
/* One bit for each page: 32 MiB of the kernel's text, 8 MiB of a module's. */
#define SCI_TEXT_BITS		8192
#define SCI_MODULE_BITS		2048

struct sci_profile_module {
	char	name[MODULE_NAME_LEN];
	DECLARE_BITMAP(text, SCI_MODULE_BITS);
};

/**
 * struct sci_profile - the limit of what views may contain
 * @begun: the first line, which names the kernel, has been read
 * @complete: the last line has been read
 * @any_text: text is not restricted
 * @used: the number of bytes in @line
 * @line: the start of a line whose end has not been written yet
 * @syscalls: the system calls, by index
 * @text: the pages of the kernel image's text
 * @modules: the number of entries of @module that are in use
 * @module: the pages of each module's text
 */
struct sci_profile {
	bool				begun;
	bool				complete;
	bool				any_text;
	unsigned int			used;
	char				line[SCI_PROFILE_LINE];
	DECLARE_BITMAP(syscalls, SCI_NR_VIEWS);
	DECLARE_BITMAP(text, SCI_TEXT_BITS);
	unsigned int			modules;
	struct sci_profile_module	module[];
};

#define SCI_PROFILE_MODULES	(((PAGE_SIZE << SCI_PROFILE_ORDER) - \
				  sizeof(struct sci_profile)) / \
				 sizeof(struct sci_profile_module))

/* Makes the first line of a profile for this kernel. */
static void sci_profile_head(char head[SCI_PROFILE_LINE])
{
	unsigned char id[BUILD_ID_SIZE_MAX] = { };

	build_id_parse_buf(__start_notes, id, __stop_notes - __start_notes);
	snprintf(head, SCI_PROFILE_LINE, "sci-profile %*phN", BUILD_ID_SIZE_MAX, id);
}

/*
 * Returns the bitmap of a module.  NULL: the profile does not have the module, and with
 * @add, there is no room for it.
 */
static unsigned long *sci_profile_text(struct sci_profile *profile, const char *name, bool add)
{
	unsigned int i;

	for (i = 0; i < profile->modules; i++)
		if (!strcmp(profile->module[i].name, name))
			return profile->module[i].text;
	if (!add || i == SCI_PROFILE_MODULES ||
	    strscpy(profile->module[i].name, name) < 0)
		return NULL;
	profile->modules++;
	return profile->module[i].text;
}

/**
 * sci_profile_alloc - make an empty profile
 *
 * Context: process context, may sleep
 * Return: the profile; NULL: out of memory
 */
struct sci_profile *sci_profile_alloc(void)
{
	return sci_get_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, SCI_PROFILE_ORDER);
}

/**
 * sci_profile_free - free a profile
 * @profile: a profile that no domain uses, or NULL
 */
void sci_profile_free(struct sci_profile *profile)
{
	sci_put_pages(profile, SCI_PROFILE_ORDER);
}

/**
 * sci_profile_complete - has the last line of a profile been written?
 * @profile: the profile
 */
bool sci_profile_complete(const struct sci_profile *profile)
{
	guard(sci_paused)();
	return profile->complete;
}

/**
 * sci_profile_has_syscall - does a profile list this system call?
 * @profile: the profile
 * @nr: index of the system call
 *
 * The system calls that must not fail count as listed in every profile.
 *
 * Context: full page table loaded
 */
bool sci_profile_has_syscall(const struct sci_profile *profile, unsigned int nr)
{
	sci_assert_full_table();
	return test_bit(nr, profile->syscalls) || sci_syscall_must_run(nr);
}

/**
 * sci_profile_has_text - does a profile list this page of text?
 * @profile: the profile
 * @address: an address in the page
 *
 * Text that no profile can name, such as generated code, counts as listed.
 *
 * Context: full page table loaded, preemption off
 */
bool sci_profile_has_text(struct sci_profile *profile, unsigned long address)
{
	const struct module *mod;
	unsigned long *text, page;

	sci_assert_full_table();
	if (profile->any_text)
		return true;
	if (sci_is_text(address)) {
		page = PFN_DOWN(address - (unsigned long)_text);
		return page < SCI_TEXT_BITS && test_bit(page, profile->text);
	}
	mod = __module_text_address(address);
	if (!mod)
		return true;
	text = sci_profile_text(profile, mod->name, false);
	page = PFN_DOWN(address - (unsigned long)mod->mem[MOD_TEXT].base);
	return text && page < SCI_MODULE_BITS && test_bit(page, text);
}

/* Adds the contents of a view.  Returns false if there is no room for them. */
static bool sci_profile_add(struct sci_profile *profile, const struct sci_view *view)
{
	unsigned long address, page, *text;
	const struct module *mod;

	__set_bit(view->nr, profile->syscalls);
	for (address = (unsigned long)_text; address < (unsigned long)_etext;
	     address += PAGE_SIZE) {
		page = PFN_DOWN(address - (unsigned long)_text);
		if (!sci_view_executable(view, address))
			continue;
		if (page >= SCI_TEXT_BITS)
			return false;
		__set_bit(page, profile->text);
	}
	for (address = MODULES_VADDR; (address = sci_module_page(view, address));
	     address += PAGE_SIZE) {
		mod = __module_text_address(address);
		if (!mod)
			continue;
		text = sci_profile_text(profile, mod->name, true);
		page = PFN_DOWN(address - (unsigned long)mod->mem[MOD_TEXT].base);
		if (!text || page >= SCI_MODULE_BITS)
			return false;
		__set_bit(page, text);
	}
	return true;
}

/**
 * sci_profile_take - make a profile of the contents of a domain's views
 * @domain: the domain
 *
 * Context: process context, may sleep; the caller has a reference to @domain
 * Return: the profile, which is complete; ERR_PTR(-ENOMEM); ERR_PTR(-ENOSPC): there are
 *	more modules or more text than a profile can hold
 */
struct sci_profile *sci_profile_take(struct sci_domain *domain)
{
	struct sci_profile *profile = sci_profile_alloc();
	bool fits = true;
	unsigned int nr;

	if (!profile)
		return ERR_PTR(-ENOMEM);
	for (nr = 0; nr < SCI_NR_VIEWS && fits; nr++) {
		const struct sci_view *view;

		guard(sci_paused)();
		view = READ_ONCE(domain->views[nr]);
		if (view)
			fits = sci_profile_add(profile, view);
	}
	if (!fits) {
		sci_profile_free(profile);
		return ERR_PTR(-ENOSPC);
	}
	guard(sci_paused)();
	profile->begun = true;
	profile->complete = true;
	return profile;
}

/* The text format */

static unsigned long sci_profile_next(const unsigned long *bits, unsigned long size,
				      unsigned long from)
{
	guard(sci_paused)();
	return find_next_bit(bits, size, from);
}

static void sci_profile_show_text(struct seq_file *m, const char *name,
				  const unsigned long *text, unsigned long size)
{
	unsigned long page = 0;

	for (; (page = sci_profile_next(text, size, page)) < size; page++)
		seq_printf(m, "text %s%lx\n", name, page << PAGE_SHIFT);
}

/**
 * sci_profile_show - print a profile in the format that sci_profile_write() reads
 * @m: the file
 * @profile: the profile
 */
void sci_profile_show(struct seq_file *m, const struct sci_profile *profile)
{
	char name[MODULE_NAME_LEN + 1], head[SCI_PROFILE_LINE];
	unsigned int i, modules;

	sci_profile_head(head);
	seq_printf(m, "%s\n", head);
	for (i = 0; (i = sci_profile_next(profile->syscalls, SCI_NR_VIEWS, i)) < SCI_NR_VIEWS; i++)
		seq_printf(m, "syscall %s:%u\n", sci_syscall_abi(i), sci_syscall_nr(i));
	sci_profile_show_text(m, "", profile->text, SCI_TEXT_BITS);

	scoped_guard(sci_paused)
		modules = profile->modules;
	for (i = 0; i < modules; i++) {
		scoped_guard(sci_paused)
			snprintf(name, sizeof(name), "%s+", profile->module[i].name);
		sci_profile_show_text(m, name, profile->module[i].text, SCI_MODULE_BITS);
	}
	seq_puts(m, "end\n");
}

static int sci_profile_add_syscall(struct sci_profile *profile, char *call)
{
	char *abi = strsep(&call, ":");
	unsigned int nr, base = 0;

	if (!strcmp(abi, "i386"))
		base = SCI_IA32_BASE;
	else if (strcmp(abi, "x86_64"))
		return -EINVAL;
	if (!call || kstrtouint(call, 10, &nr) ||
	    nr >= (base ? SCI_NR_VIEWS - base : SCI_IA32_BASE))
		return -EINVAL;
	__set_bit(base + nr, profile->syscalls);
	return 0;
}

static int sci_profile_add_text(struct sci_profile *profile, char *place)
{
	unsigned long offset, *text = profile->text, size = SCI_TEXT_BITS;
	char *plus = strchr(place, '+');

	if (!strcmp(place, "any")) {
		profile->any_text = true;
		return 0;
	}
	if (plus) {
		*plus = '\0';
		text = sci_profile_text(profile, place, true);
		size = SCI_MODULE_BITS;
		place = plus + 1;
	}
	if (!text)
		return -ENOSPC;
	if (kstrtoul(place, 16, &offset) || offset_in_page(offset) ||
	    PFN_DOWN(offset) >= size)
		return -EINVAL;
	__set_bit(PFN_DOWN(offset), text);
	return 0;
}

static int sci_profile_parse(struct sci_profile *profile, const char *head, char *line)
{
	char *word;

	line = strim(line);
	if (!*line || *line == '#')
		return 0;
	if (profile->complete)
		return -EINVAL;
	if (!profile->begun) {
		profile->begun = !strcmp(line, head);
		if (profile->begun)
			return 0;
		return strstarts(line, "sci-profile ") ? -ESTALE : -EINVAL;
	}
	if (!strcmp(line, "end")) {
		profile->complete = true;
		return 0;
	}
	word = strsep(&line, " ");
	if (line && !strcmp(word, "syscall"))
		return sci_profile_add_syscall(profile, line);
	if (line && !strcmp(word, "text"))
		return sci_profile_add_text(profile, line);
	return -EINVAL;
}

static int sci_profile_add_char(struct sci_profile *profile, char c)
{
	if (!c || profile->used == SCI_PROFILE_LINE - 1)
		return -EINVAL;
	profile->line[profile->used++] = c;
	return 0;
}

/**
 * sci_profile_write - add lines of text to a profile
 * @profile: the profile, which no domain uses yet
 * @text: a piece of the text, which may start and end anywhere in a line
 * @len: its length
 *
 * Context: process context; the caller serializes
 * Return: the length of the part of @text that is in the profile now.  It ends before the
 *	first line that is wrong.  If @text has no line before that, the error of the
 *	line: -EINVAL; -ESTALE: the profile is for another build of the kernel; -ENOSPC:
 *	there are too many modules, or the name of one is too long.
 */
ssize_t sci_profile_write(struct sci_profile *profile, const char *text, size_t len)
{
	char head[SCI_PROFILE_LINE];
	size_t done = 0, i;
	int ret = 0;

	sci_profile_head(head);
	guard(sci_paused)();
	for (i = 0; i < len && !ret; i++) {
		if (text[i] != '\n') {
			ret = sci_profile_add_char(profile, text[i]);
			continue;
		}
		profile->line[profile->used] = '\0';
		ret = sci_profile_parse(profile, head, profile->line);
		profile->used = 0;
		if (!ret)
			done = i + 1;
	}
	if (ret)
		profile->used = 0;
	if (!ret)
		return len;
	return done ?: ret;
}
