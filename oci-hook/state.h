/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hook's input: its command line, and the container's state on standard input. */
#ifndef SCI_HOOK_STATE_H
#define SCI_HOOK_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "message.h"

#define ANNOTATION_UNTRUSTED "io.sci.untrusted"
#define ANNOTATION_REQUIRE "io.sci.require"
#define ANNOTATION_PROFILE "io.sci.profile"
#define PROFILE_DIR "/etc/sci/profiles/"

#define MODE_ENFORCE "enforce"
#define MODE_AUDIT "audit"

/* The command line. */
struct options {
	bool require; /* isolate whatever the annotations say */
	bool dry_run; /* print what would be written */
	const char *mode;
	const char *profile; /* full path of the file; NULL: as the annotation says */
};

struct sandbox {
	char id[NAME_MAX + 1]; /* or empty */
	bool optional; /* its cgroup need not exist */
};

enum { SANDBOXES = 2 };

struct state {
	char id[NAME_MAX + 1]; /* any text, cut; a name if there is a sandbox */
	bool untrusted; /* isolate it */
	/* The rest is valid if it is untrusted. */
	pid_t pid;
	char profile[sizeof(PROFILE_DIR) + NAME_MAX]; /* the annotation's file, or empty */
	bool is_sandbox; /* of a pod, itself */
	struct sandbox sandboxes[SANDBOXES]; /* of the container's pod */
};

/* Reads standard input. An error leaves the id there, if it is known. */
int read_state(const struct options *options, struct state *state, struct error *err);

/* The part of read_state() that tests/fuzz.c needs. */
int parse_state(const char *text, size_t len, const struct options *options, struct state *state,
		struct error *err);

#endif
