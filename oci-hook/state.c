// SPDX-License-Identifier: GPL-2.0-or-later
#include "state.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#define MAX_STATE ((size_t)1 << 20) /* annotations are the bulk of it */

#define cleanup_json __attribute__((cleanup(free_json)))

static const char bad_state[] =
	"this must be the container's state as JSON, as OCI runtimes give it to hooks";

static void free_json(json_t **json)
{
	json_decref(*json);
}

static const json_t *annotation(const json_t *root, const char *name)
{
	return json_object_get(json_object_get(root, "annotations"), name);
}

static int parse_untrusted(const json_t *root, bool *untrusted, struct error *err)
{
	const json_t *annotations = json_object_get(root, "annotations");
	const json_t *value = annotation(root, ANNOTATION_UNTRUSTED);
	const char *string = json_string_value(value);

	if (annotations && !json_is_object(annotations) && !json_is_null(annotations))
		return refuse(err, bad_state,
			      "cannot read the state: annotations is not an object");
	*untrusted = annotation(root, ANNOTATION_REQUIRE);
	if (*untrusted)
		return 0;
	if (value && !string)
		return refuse(err, "write \"true\" or \"false\", in quotes",
			      "cannot read the annotation " ANNOTATION_UNTRUSTED ": not a string");
	*untrusted = value && !strcmp(string, "true");
	if (!value && annotation(root, ANNOTATION_PROFILE))
		return refuse(err,
			      "write " ANNOTATION_UNTRUSTED
			      ": \"true\" as well, or leave " ANNOTATION_PROFILE " out",
			      "cannot use the annotation " ANNOTATION_PROFILE
			      ": the container is not isolated");
	if (!value || *untrusted || !strcmp(string, "false"))
		return 0;
	return refuse(err, "write \"true\" or \"false\"",
		      "cannot read the annotation " ANNOTATION_UNTRUSTED
		      ": \"%.80s\" is neither true nor false", string);
}

static int parse_pid(const json_t *root, pid_t *pid, struct error *err)
{
	json_int_t value = json_integer_value(json_object_get(root, "pid"));

	if (value <= 0 || value > INT_MAX)
		return refuse(err, "install the hook for createRuntime, where runtimes give the pid",
			      "cannot read the state: it has no pid of a process");
	*pid = (pid_t)value;
	return 0;
}

/* A name can be part of the name of a cgroup or of a file, and is not a path. */
static bool is_name(const char *string)
{
	return string && isalnum((unsigned char)*string) && strlen(string) <= NAME_MAX &&
	       !strchr(string, '/');
}

/* The container may name any profile, because a profile only takes away. */
static int parse_profile(const json_t *root, struct state *state, struct error *err)
{
	const json_t *value = annotation(root, ANNOTATION_PROFILE);
	const char *string = json_string_value(value);

	if (!value)
		return 0;
	if (!is_name(string))
		return refuse(err,
			      "write the name of a file in " PROFILE_DIR
			      ", which begins with a letter or a digit",
			      "cannot read the annotation " ANNOTATION_PROFILE ": not the name of a profile");
	snprintf(state->profile, sizeof(state->profile), PROFILE_DIR "%s", string);
	return 0;
}

static int parse_sandbox(const json_t *root, const char *name, bool optional, struct state *state,
			 struct sandbox *sandbox, struct error *err)
{
	const json_t *value = annotation(root, name);
	const char *string = json_string_value(value);
	const char *id = json_string_value(json_object_get(root, "id"));

	if (!value)
		return 0;
	if (!is_name(string) || !is_name(id))
		return refuse(err, "report this: container runtimes do not give such ids",
			      "cannot tell the pod's sandbox: the container's id and the annotation "
			      "%s must be names", name);
	if (!strcmp(string, id)) {
		state->is_sandbox = true;
		return 0;
	}
	snprintf(sandbox->id, sizeof(sandbox->id), "%s", string);
	sandbox->optional = optional;
	return 0;
}

/*
 * A runtime writes its own annotation for each container, over what the pod says. The
 * pod may say anything under another runtime's, so all of them count. Not each pod of
 * CRI-O and podman has a sandbox.
 */
static int parse_sandboxes(const json_t *root, struct state *state, struct error *err)
{
	static const struct {
		const char *annotation;
		bool optional;
	} runtimes[SANDBOXES] = {
		{ "io.kubernetes.cri.sandbox-id", false }, /* containerd */
		{ "io.kubernetes.cri-o.SandboxID", true }, /* CRI-O, podman */
	};

	for (int i = 0; i < SANDBOXES; i++)
		if (parse_sandbox(root, runtimes[i].annotation, runtimes[i].optional, state,
				  &state->sandboxes[i], err) < 0)
			return -1;
	return 0;
}

int parse_state(const char *text, size_t len, const struct options *options, struct state *state,
		struct error *err)
{
	json_error_t error;
	cleanup_json json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	const char *id;

	if (!root)
		return refuse(err, bad_state,
			      "cannot parse the state on standard input: line %d: %s", error.line,
			      error.text);
	if (!json_is_object(root))
		return refuse(err, bad_state,
			      "cannot parse the state on standard input: not an object");

	id = json_string_value(json_object_get(root, "id"));
	if (id)
		snprintf(state->id, sizeof(state->id), "%s", id);

	/* With --require the host has decided: the container's word is not looked at. */
	state->untrusted = options->require;
	if (!options->require && parse_untrusted(root, &state->untrusted, err) < 0)
		return -1;
	if (!state->untrusted)
		return 0;
	if (parse_pid(root, &state->pid, err) < 0 ||
	    (!options->profile && parse_profile(root, state, err) < 0))
		return -1;
	return parse_sandboxes(root, state, err);
}

int read_state(const struct options *options, struct state *state, struct error *err)
{
	static const char run_by_runtime[] =
		"the container runtime must give the container's state to the hook";
	size_t len;
	cleanup_free char *text = read_all(STDIN_FILENO, MAX_STATE, &len);

	if (!text)
		return refuse(err,
			      errno == EFBIG ? "shorten the container's annotations" :
					       run_by_runtime,
			      "cannot read the state on standard input: %s",
			      errno == EFBIG ? "it is longer than 1 MiB" : strerror(errno));
	if (!len)
		return refuse(err, run_by_runtime,
			      "cannot read the state on standard input: it is empty");
	return parse_state(text, len, options, state, err);
}
