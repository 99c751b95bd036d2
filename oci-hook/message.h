/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages: an error is noted where it happens, passed up, and reported once, as one
 * line on standard error and in syslog.
 */
#ifndef SCI_HOOK_MESSAGE_H
#define SCI_HOOK_MESSAGE_H

#include <limits.h>
#include <stdbool.h>

/* Why the container must not start, and what to do about it. */
struct error {
	char text[3 * PATH_MAX];
};

/*
 * Notes an error. The format tells what was tried, on what path, and what was wrong.
 * Always -1, the caller's result.
 */
__attribute__((format(printf, 3, 4))) int refuse(struct error *err, const char *todo,
						 const char *format, ...);

/* What to do about a failed operation on a file of /proc or of a cgroup. */
const char *advice(int error);

/* The container's id is empty as long as it is not known. */
void report(const struct error *err, const char *container, bool log);

/* Names and values may come from anyone: they cannot forge a second line or drive a terminal. */
void make_printable(char *line);

/* An answer on standard output, for people who run the hook by hand. */
int print(const char *text, struct error *err);

#endif
