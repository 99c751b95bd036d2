// SPDX-License-Identifier: GPL-2.0-or-later
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"

#define MAX_PROFILE ((size_t)1 << 20) /* the text of a whole kernel has a tenth of it */

struct work {
	const struct options *options;
	const struct cgroup *root; /* of the hierarchy */
	/*
	 * With --dry-run: +sci would be written above the cgroup first, so it need not
	 * have the controller's files yet.
	 */
	bool not_given_yet;
};

static int check_controller(const struct cgroup *root, struct error *err)
{
	cleanup_free char *controllers = read_cgroup_file(root, "cgroup.controllers", err);
	cleanup_free char *cmdline = NULL;
	const char *todo =
		"boot a kernel with SCI, or see in 'dmesg | grep sci:' why this kernel cannot use it";

	if (!controllers)
		return -1;
	if (has_word(controllers, "sci"))
		return 0;
	cmdline = read_file(AT_FDCWD, "/proc/cmdline");
	if (cmdline && has_word(cmdline, "sci=off"))
		todo = "the kernel was booted with sci=off: remove that and boot again";
	return refuse(err, todo, "cannot find sci in %s/cgroup.controllers", root->name);
}

/* This also proves that the path, as seen from this mount, is the process's cgroup. */
static int check_member(const struct cgroup *cgroup, const char *process, struct error *err)
{
	static const char file[] = "cgroup.procs";
	cleanup_free char *pids = read_cgroup_file(cgroup, file, err);

	if (!pids)
		return -1;
	if (has_word(pids, process))
		return 0;
	return refuse(err, "nothing may move or end the container's process while it is created",
		      "cannot find process %s in %s/%s", process, cgroup->name, file);
}

static int would_write(const struct cgroup *cgroup, const char *file, const char *text,
		       struct error *err)
{
	char line[3 * PATH_MAX];

	snprintf(line, sizeof(line), "would write %s to %s/%s", text, cgroup->name, file);
	make_printable(line);
	return print(line, err) < 0 ? -1 : print("\n", err);
}

/* With --dry-run: could the file be written to, now or after +sci? errno is that of its open. */
static bool only_print(const struct work *work, int fd)
{
	return work->options->dry_run && (fd >= 0 || (errno == ENOENT && work->not_given_yet));
}

static int write_cgroup_file(const struct work *work, const struct cgroup *cgroup, const char *file,
			     const char *text, struct error *err)
{
	cleanup_close int fd = open_at(cgroup->dir, file, O_WRONLY, BENEATH);
	ssize_t n = -1;

	if (only_print(work, fd))
		return would_write(cgroup, file, text, err);
	if (fd >= 0)
		n = write_once(fd, text, strlen(text));
	if (n == (ssize_t)strlen(text))
		return 0;
	if (n >= 0)
		errno = EIO;
	return refuse(err, advice(errno), "cannot write %s to %s/%s: %s", text, cgroup->name, file,
		      strerror(errno));
}

/* With --dry-run: the kernel lets no cgroup but the root have both processes and +sci. */
static int check_empty(const struct cgroup *cgroup, struct error *err)
{
	cleanup_free char *pids = read_cgroup_file(cgroup, "cgroup.procs", err);

	if (!pids)
		return -1;
	if (!*pids)
		return 0;
	return refuse(err, advice(EBUSY), "cannot give sci to the children of %s: %s", cgroup->name,
		      strerror(EBUSY));
}

/* Gives the files of the controller to the children of a cgroup. */
static int enable_controller(struct work *work, const char *path, size_t len, struct error *err)
{
	static const char file[] = "cgroup.subtree_control";
	cleanup_free char *enabled = NULL;
	cleanup_cgroup struct cgroup cgroup = { .dir = -1 };

	if (open_cgroup(work->root, path, len, NULL, &cgroup, err) < 0)
		return -1;
	enabled = read_cgroup_file(&cgroup, file, err);
	if (!enabled)
		return -1;
	if (has_word(enabled, "sci"))
		return 0;
	if (work->options->dry_run && len && check_empty(&cgroup, err) < 0)
		return -1;
	work->not_given_yet = work->options->dry_run;
	return write_cgroup_file(work, &cgroup, file, "+sci", err);
}

/* A kernel without the files of the mode can only enforce. */
static bool need_no_mode(const struct options *options, const char *text)
{
	return !text && errno == ENOENT && !strcmp(options->mode, MODE_ENFORCE);
}

/* This goes before sci.enabled, so that audit mode never enforces for a moment. */
static int set_mode(const struct work *work, const struct cgroup *cgroup, struct error *err)
{
	static const char file[] = "sci.mode";
	cleanup_free char *mode = read_file(cgroup->dir, file);

	if (need_no_mode(work->options, mode) || (mode && has_word(mode, work->options->mode)))
		return 0;
	if (mode || (errno == ENOENT && work->not_given_yet))
		return write_cgroup_file(work, cgroup, file, work->options->mode, err);
	return refuse(err,
		      errno == ENOENT ? "boot a kernel whose SCI can audit, or leave --mode out" :
					advice(errno),
		      "cannot read %s/%s: %s", cgroup->name, file, strerror(errno));
}

static int refuse_profile(int error, const struct cgroup *cgroup, const char *profile, size_t line,
			  struct error *err)
{
	const char *todo = advice(error);

	switch (error) {
	case EINVAL:
		todo = "correct this line of the profile, see docs/interface.md";
		break;
	case ENOSPC:
		todo = "shorten the profile: the kernel accepts the text of at most 100 modules";
		break;
	case ESTALE:
		todo = "the profile is another kernel's: make one on the kernel that runs";
		break;
	case EBUSY:
	case EPERM:
		todo = "isolate the container in one way only, and in a new cgroup: this one is "
		       "enabled or has a profile already, and the hook cannot replace that";
		break;
	case ENOENT:
		todo = "boot a kernel whose SCI has profiles, or leave the profile out";
		break;
	}
	return refuse(err, todo, "cannot write line %zu of %s to %s/sci.profile: %s", line, profile,
		      cgroup->name, strerror(error));
}

/*
 * This goes before sci.enabled, which puts the profile in force. It is written line by
 * line, so that the message can name the line that the kernel does not take.
 */
static int write_profile(const struct work *work, const struct cgroup *cgroup, const char *profile,
			 struct error *err)
{
	static const char file[] = "sci.profile";
	cleanup_close int source = open_at(AT_FDCWD, profile, O_RDONLY, 0);
	cleanup_close int fd = -1;
	cleanup_free char *text = NULL;
	size_t line = 0;
	size_t len = 0;

	if (source >= 0)
		text = read_all(source, MAX_PROFILE, &len);
	if (!text)
		return refuse(err,
			      "make the profile on this host, from sci.profile of a cgroup that has "
			      "done the work",
			      "cannot read %s: %s", profile, strerror(errno));
	fd = open_at(cgroup->dir, file, O_WRONLY, BENEATH);
	if (only_print(work, fd))
		return would_write(cgroup, file, profile, err);
	if (fd < 0)
		return refuse_profile(errno, cgroup, profile, 1, err);

	for (const char *at = text, *end = text + len; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((newline ? newline + 1 : end) - at);
		ssize_t n = write_once(fd, at, size);

		if (n != (ssize_t)size)
			return refuse_profile(n < 0 ? errno : EINVAL, cgroup, profile, line + 1, err);
		at += size;
	}
	return 0;
}

static int check_effective(const struct cgroup *cgroup, struct error *err)
{
	static const char file[] = "sci.enabled.effective";
	cleanup_free char *effective = read_cgroup_file(cgroup, file, err);

	if (!effective)
		return -1;
	if (!strcmp(effective, "1\n"))
		return 0;
	return refuse(err, advice(0), "cannot confirm the isolation: %s/%s is \"%.8s\", not 1",
		      cgroup->name, file, effective);
}

static int check_sealed(const struct cgroup *cgroup, const char *profile, struct error *err)
{
	static const char file[] = "sci.sealed";
	cleanup_free char *sealed = read_cgroup_file(cgroup, file, err);

	if (!sealed)
		return -1;
	if (!strcmp(sealed, "1\n"))
		return 0;
	return refuse(err, "write a whole profile to that file: it ends with the line end",
		      "cannot confirm the profile %s: %s/%s is \"%.8s\", not 1", profile,
		      cgroup->name, file, sealed);
}

static int check_mode(const struct options *options, const struct cgroup *cgroup, struct error *err)
{
	static const char file[] = "sci.mode.effective";
	cleanup_free char *mode = read_file(cgroup->dir, file);

	if (need_no_mode(options, mode))
		return 0;
	if (!mode)
		return refuse(err, advice(errno), "cannot read %s/%s: %s", cgroup->name, file,
			      strerror(errno));
	if (has_word(mode, options->mode))
		return 0;
	return refuse(err, "look at sci.mode and sci.enabled of the cgroups above it",
		      "cannot confirm the mode: %s/%s is \"%.16s\", not %s", cgroup->name, file,
		      mode, options->mode);
}

/*
 * A cgroup can give to its children only what it was given, so +sci is written from the
 * top down: from the cgroup that ends at this point of the path to the parent.
 */
static int isolate_cgroup(struct work *work, const char *path, const char *end,
			  const struct cgroup *cgroup, const char *profile, struct error *err)
{
	for (; end; end = strchr(end + 1, '/'))
		if (enable_controller(work, path, (size_t)(end - path), err) < 0)
			return -1;

	if (set_mode(work, cgroup, err) < 0 ||
	    (profile && write_profile(work, cgroup, profile, err) < 0) ||
	    write_cgroup_file(work, cgroup, "sci.enabled", "1", err) < 0)
		return -1;
	if (work->options->dry_run)
		return 0;
	if (check_effective(cgroup, err) < 0 || (profile && check_sealed(cgroup, profile, err) < 0))
		return -1;
	return check_mode(work->options, cgroup, err);
}

static bool is_no_cgroup(const struct cgroup *root, const char *path)
{
	cleanup_close int dir = open_at(root->dir, path + 1, O_PATH | O_DIRECTORY, BENEATH);

	return dir < 0 && errno == ENOENT;
}

/*
 * The sandbox's cgroup has the path of the container's, with one id in place of the
 * other, because the same manager names both. The sandbox runs nothing of the pod
 * before the pod's first container starts.
 */
static int isolate_sandbox(struct work *work, const char *path, const char *id,
			   const struct sandbox *sandbox, struct error *err)
{
	static const char todo[] =
		"start the pod again, and report this if it does not help: the cgroups of container "
		"and sandbox should differ in the id only";
	cleanup_cgroup struct cgroup cgroup = { .dir = -1 };
	char its_path[sizeof(cgroup.name) + NAME_MAX];
	const char *found = NULL;

	for (const char *at = path; (at = strstr(at, id)); at++)
		found = at;
	if (!found)
		return refuse(err, todo,
			      "cannot find the cgroup of the pod's sandbox: the container's cgroup %s "
			      "does not have the container's id in its path", path);
	snprintf(its_path, sizeof(its_path), "%.*s%s%s", (int)(found - path), path, sandbox->id,
		 found + strlen(id));
	if (sandbox->optional && is_no_cgroup(work->root, its_path))
		return 0;
	if (check_not_shared(its_path, err) < 0 ||
	    open_cgroup(work->root, its_path, strlen(its_path), todo, &cgroup, err) < 0)
		return -1;
	/*
	 * The cgroups above the id are the container's too: they have +sci. The profile
	 * is the container's alone: it lacks what the sandbox does.
	 */
	return isolate_cgroup(work, its_path, strchr(its_path + (found - path), '/'), &cgroup, NULL,
			      err);
}

static int isolate_sandboxes(struct work *work, const char *path, const struct state *state,
			     struct error *err)
{
	for (int i = 0; i < SANDBOXES; i++)
		if (*state->sandboxes[i].id &&
		    isolate_sandbox(work, path, state->id, &state->sandboxes[i], err) < 0)
			return -1;
	return 0;
}

/* A pod's annotations are its sandbox's too, but a profile is made from a container. */
static const char *profile_of(const struct options *options, const struct state *state)
{
	if (state->is_sandbox)
		return NULL;
	if (options->profile)
		return options->profile;
	return *state->profile ? state->profile : NULL;
}

/*
 * The pidfd is opened before anything is learnt from the pid: if the process still lives
 * at the end, the pid meant this process all the time. The cgroup's directory stays open,
 * so that isolation and membership are confirmed for the same cgroup.
 */
int isolate(const struct options *options, const struct state *state, struct error *err)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	cleanup_cgroup struct cgroup root = { .dir = -1 };
	struct work work = { .options = options, .root = &root };
	cleanup_cgroup struct cgroup cgroup = { .dir = -1 };
	cleanup_free char *path = NULL;
	char process[16];

	snprintf(process, sizeof(process), "%d", (int)state->pid);
	if (pidfd < 0)
		return refuse(err, advice(errno), "cannot open process %s: %s", process,
			      strerror(errno));
	path = cgroup_of(process, err);
	if (!path || check_path(path, process, err) < 0 || check_not_shared(path, err) < 0 ||
	    find_cgroup2(&root, err) < 0 || check_controller(&root, err) < 0 ||
	    open_cgroup(&root, path, strlen(path), NULL, &cgroup, err) < 0 ||
	    check_member(&cgroup, process, err) < 0 ||
	    isolate_cgroup(&work, path, path, &cgroup, profile_of(options, state), err) < 0 ||
	    isolate_sandboxes(&work, path, state, err) < 0 ||
	    check_member(&cgroup, process, err) < 0)
		return -1;
	if (poll(&ended, 1, 0) != 0)
		return refuse(err, advice(ESRCH), "cannot isolate process %s: it has ended",
			      process);
	return 0;
}
