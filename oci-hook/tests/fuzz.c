// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzing of all that sci-hook parses, with libFuzzer. It is linked with the hook's
 * objects, and -Wl,--wrap puts the functions here in place of the system's. The first
 * byte of an input says what the rest is:
 *
 *   s  the state on standard input
 *   c  a /proc/PID/cgroup
 *   m  a /proc/self/mountinfo, where everything is a cgroup2 mount
 *   w  the words of a cgroup file
 *
 * The sanitizers look for errors of memory; this checks what the hook's other parts rely on.
 */
#include <ctype.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <syslog.h>
#include <unistd.h>

#include "../cgroup.h"
#include "../message.h"
#include "../state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
void __wrap_syslog(int priority, const char *format, ...);
long __wrap_syscall(long nr, ...);
int __wrap_fstatfs(int fd, struct statfs *fs);

static int lines;

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* A message is one line that can be printed. */
ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
	const char *line = buffer;

	require(fd == STDERR_FILENO && size && line[size - 1] == '\n');
	require(!strncmp(line, "sci-hook: ", 10));
	for (size_t i = 0; i < size - 1; i++)
		require(isprint((unsigned char)line[i]));
	lines++;
	return (ssize_t)size;
}

void __wrap_syslog(int priority, const char *format, ...)
{
	require(priority == LOG_ERR && !strcmp(format, "%s"));
}

/* openat2 of a mount point: only that it is there. */
long __wrap_syscall(long nr, ...)
{
	require(nr == SYS_openat2);
	return dup(STDIN_FILENO);
}

int __wrap_fstatfs(int fd, struct statfs *fs)
{
	require(fd >= 0);
	fs->f_type = CGROUP2_SUPER_MAGIC;
	return 0;
}

/* There is an error if one was returned, and it is reported as one line. */
static void check_error(const struct error *err, const char *container, int result)
{
	require(!*err->text == !result);
	if (!result)
		return;
	report(err, container, true);
	require(lines == 1);
}

static void fuzz_state(const char *text, size_t len)
{
	struct options options = { .require = false };
	struct state state = { .untrusted = false };
	struct error err = { "" };
	int result = parse_state(text, len, &options, &state, &err);

	check_error(&err, state.id, result);
	require(result || !state.untrusted || state.pid > 0);
	for (int i = 0; i < SANDBOXES; i++) {
		const char *id = state.sandboxes[i].id;

		require(!strchr(id, '/') && *id != '.');
		require(!*id || (*state.id && !strchr(state.id, '/') && strcmp(id, state.id) != 0));
	}

	/* A container that its annotation isolates is isolated with --require too. */
	options.require = true;
	if (!result && state.untrusted) {
		struct state again = { .untrusted = false };

		require(!parse_state(text, len, &options, &again, &err));
		require(again.untrusted && again.pid == state.pid);
	}
}

static void fuzz_cgroup(char *text)
{
	struct error err = { "" };
	const char *path = parse_cgroup(text, "/proc/1/cgroup", &err);
	int result = path ? check_path(path, "1", &err) : -1;

	check_error(&err, "", result);
	if (result)
		return;
	require(path[0] == '/' && path[1] && path[strlen(path) - 1] != '/');
	require(!strchr(path, '\n') && !strstr(path, "//"));
	for (const char *name = path; (name = strchr(name, '/')); name++)
		require(strcspn(name + 1, "/") > 2 || strncmp(name + 1, "..", strcspn(name + 1, "/")) != 0);
}

static void fuzz_mountinfo(char *text)
{
	struct cgroup root = { .dir = -1 };
	bool found = search_mountinfo(text, &root);

	require(found == (root.dir >= 0) && found == (root.name[0] != '\0'));
	close_cgroup(&root);
}

/* has_word() against the obvious way. */
static void fuzz_words(char *text)
{
	bool found = has_word(text, "sci");
	bool expected = false;

	for (const char *word; (word = strsep(&text, " \n"));)
		expected |= !strcmp(word, "sci");
	require(found == expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	lines = 0;
	text = malloc(size);
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (*data) {
	case 's':
		fuzz_state(text, size - 1);
		break;
	case 'c':
		fuzz_cgroup(text);
		break;
	case 'm':
		fuzz_mountinfo(text);
		break;
	case 'w':
		fuzz_words(text);
		break;
	default:
		free(text);
		return -1; /* not for the corpus */
	}
	free(text);
	return 0;
}
