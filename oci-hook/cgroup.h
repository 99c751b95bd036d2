/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a process to its cgroup: pid, path, directory in the cgroup2 mount. */
#ifndef SCI_HOOK_CGROUP_H
#define SCI_HOOK_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "message.h"

#define cleanup_cgroup __attribute__((cleanup(close_cgroup)))

struct cgroup {
	int dir;
	char name[2 * PATH_MAX]; /* its full path, for messages */
};

void close_cgroup(const struct cgroup *cgroup);

/*
 * The cgroup v2 path of a process, a pid or "self", as seen from the hook's cgroup
 * namespace, whatever namespace the process has. NULL is an error.
 */
char *cgroup_of(const char *process, struct error *err);

/* Fails unless it is the path of a live cgroup below the root, in its only spelling. */
int check_path(const char *path, const char *process, struct error *err);

/* Fails if the runtime is in the cgroup: isolation would hold for the runtime too, for good. */
int check_not_shared(const char *path, struct error *err);

/* The root of the hierarchy, at its usual place or where mountinfo has it. */
int find_cgroup2(struct cgroup *root, struct error *err);

/*
 * Opens the cgroup that the first len bytes of the path name. if_missing is the advice if
 * there is no such cgroup, or NULL for the usual one.
 */
int open_cgroup(const struct cgroup *root, const char *path, size_t len, const char *if_missing,
		struct cgroup *cgroup, struct error *err);

char *read_cgroup_file(const struct cgroup *cgroup, const char *file, struct error *err);

/* Is the word in a text of words between spaces and newlines? */
bool has_word(const char *text, const char *word);

/* Parsers, declared for tests/fuzz.c. */
const char *parse_cgroup(char *text, const char *file, struct error *err);
bool search_mountinfo(char *text, struct cgroup *root);

#endif
