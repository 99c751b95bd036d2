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
 * Notes an error. The format says what was tried, on what path, and why it failed.
 * The result is always -1, for the caller to return.
 */
__attribute__((format(printf, 3, 4))) int refuse(struct error *err, const char *todo,
						 const char *format, ...);

/* Advice for a failed operation on a file of /proc or of a cgroup. */
const char *advice(int error);

/* The container's id is empty if it is not known. */
void report(const struct error *err, const char *container, bool log);

/* Anyone may have chosen a name or a value: it must not forge a line or drive a terminal. */
void make_printable(char *line);

/* An answer on standard output, for people who run the hook by hand. */
int print(const char *text, struct error *err);

#endif
