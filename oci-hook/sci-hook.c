// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sci-hook - isolate the system calls of a container that is marked untrusted
 *
 * An OCI runtime runs this program as a createRuntime (or prestart) hook. At
 * that moment the container's cgroup exists and its first process is in it,
 * but nothing from the container's image has run. The container's state comes
 * on standard input. If its annotation io.sci.untrusted is "true", or with
 * --require or io.sci.require whatever that is, the hook switches system call isolation on for
 * that cgroup and exits 0 only after the kernel has confirmed it. Any other
 * exit makes the runtime give the container up: whatever goes wrong, an
 * untrusted container does not run unisolated.
 *
 * Where containerd, CRI-O or podman started it for a pod, the pod's sandbox is isolated
 * with it: they give no hooks to that one, and the pod's containers may share its pid
 * namespace, and with it the right to trace it.
 *
 * The order of work:
 *
 *   state      standard input -> pid, annotations, sandbox
 *   cgroup     pid -> path of its cgroup -> directory in the cgroup2 mount
 *   isolate    +sci down to the cgroup, sci.mode, sci.enabled, proof
 *
 * Runtimes differ in what else they say and do, so the hook looks at nothing
 * more: not at ociVersion, status, bundle or root, not at its environment or
 * working directory, and never into the container's file system.
 */
#include "cgroup.h"
#include "file.h"
#include "message.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONTROLLER "sci"
#define ENFORCE "enforce"
#define AUDIT "audit"

#define MAX_PROFILE ((size_t)1 << 20) /* the text of a whole kernel has a tenth of it */

static struct options options = { .mode = ENFORCE };

/*
 * Isolate
 */

/*
 * With --dry-run: +sci would have to be written above the cgroup first, so it
 * need not have the controller's files yet.
 */
static bool not_given_yet;

static int would_write(const struct cgroup *cgroup, const char *file, const char *text,
		       struct error *err)
{
	char line[3 * PATH_MAX];

	snprintf(line, sizeof(line), "would write %s to %s/%s", text, cgroup->name, file);
	make_printable(line);
	return print(line, err) < 0 ? -1 : print("\n", err);
}

static int write_cgroup_file(const struct cgroup *cgroup, const char *file, const char *text,
			     struct error *err)
{
	cleanup_close int fd = open_at(cgroup->dir, file, O_WRONLY, BENEATH);
	ssize_t n = -1;

	if (options.dry_run && (fd >= 0 || (errno == ENOENT && not_given_yet)))
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

static int check_controller(const struct cgroup *root, struct error *err)
{
	cleanup_free char *controllers = read_cgroup_file(root, "cgroup.controllers", err);
	cleanup_free char *cmdline = NULL;
	const char *todo =
		"boot a kernel with SCI; if this is one, dmesg | grep sci: tells why it is "
		"not available";

	if (!controllers)
		return -1;
	if (has_word(controllers, CONTROLLER))
		return 0;
	cmdline = read_file(AT_FDCWD, "/proc/cmdline");
	if (cmdline && has_word(cmdline, "sci=off"))
		todo = "the kernel was booted with sci=off: remove that and boot again";
	return refuse(err, todo, "cannot find " CONTROLLER " in %s/cgroup.controllers", root->name);
}

/* With --dry-run: what the kernel would say of processes in a cgroup with controlled children. */
static int check_empty(const struct cgroup *cgroup, struct error *err)
{
	cleanup_free char *pids = read_cgroup_file(cgroup, "cgroup.procs", err);

	if (!pids)
		return -1;
	return *pids ? refuse(err, advice(EBUSY),
			      "cannot give " CONTROLLER " to the children of %s: %s", cgroup->name,
			      strerror(EBUSY))
		     : 0;
}

/* Gives the files of the controller to the children of a cgroup. */
static int enable_controller(const struct cgroup *root, const char *path, size_t len,
			     struct error *err)
{
	static const char file[] = "cgroup.subtree_control";
	cleanup_free char *enabled = NULL;
	cleanup_cgroup struct cgroup cgroup = { .dir = -1 };

	if (open_cgroup(root, path, len, NULL, &cgroup, err) < 0)
		return -1;
	enabled = read_cgroup_file(&cgroup, file, err);
	if (!enabled)
		return -1;
	if (has_word(enabled, CONTROLLER))
		return 0;
	not_given_yet = true;
	if (options.dry_run && len && check_empty(&cgroup, err) < 0)
		return -1;
	return write_cgroup_file(&cgroup, file, "+" CONTROLLER, err);
}

/* Also tells that the path, as seen from this mount, is the process's cgroup. */
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

/* A kernel without the files of the mode has one mode only. */
static bool need_no_mode(const char *text)
{
	return !text && errno == ENOENT && !strcmp(options.mode, ENFORCE);
}

/* To be done before sci.enabled: what is to be audited is at no moment enforced. */
static int set_mode(const struct cgroup *cgroup, struct error *err)
{
	static const char file[] = CONTROLLER ".mode";
	cleanup_free char *mode = read_file(cgroup->dir, file);

	if (need_no_mode(mode) || (mode && has_word(mode, options.mode)))
		return 0;
	if (mode || (errno == ENOENT && not_given_yet && options.dry_run))
		return write_cgroup_file(cgroup, file, options.mode, err);
	return refuse(err,
		      errno == ENOENT ? "boot a kernel whose SCI can audit, or leave --mode out"
				      : advice(errno),
		      "cannot read %s/%s: %s", cgroup->name, file, strerror(errno));
}

static int check_mode(const struct cgroup *cgroup, struct error *err)
{
	static const char file[] = CONTROLLER ".mode.effective";
	cleanup_free char *mode = read_file(cgroup->dir, file);

	if (need_no_mode(mode))
		return 0;
	if (!mode)
		return refuse(err, advice(errno), "cannot read %s/%s: %s", cgroup->name, file,
			      strerror(errno));
	if (has_word(mode, options.mode))
		return 0;
	return refuse(err,
		      "look at " CONTROLLER ".mode and " CONTROLLER
		      ".enabled of the cgroups above it",
		      "cannot confirm the mode: %s/%s is \"%.16s\", not %s", cgroup->name, file,
		      mode, options.mode);
}

static int check_effective(const struct cgroup *cgroup, struct error *err)
{
	static const char file[] = CONTROLLER ".enabled.effective";
	cleanup_free char *effective = read_cgroup_file(cgroup, file, err);

	if (!effective)
		return -1;
	if (!strcmp(effective, "1\n"))
		return 0;
	return refuse(err, advice(0), "cannot confirm the isolation: %s/%s is \"%.8s\", not 1",
		      cgroup->name, file, effective);
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
		todo = "shorten the profile: the kernel takes the text of 100 modules";
		break;
	case ESTALE:
		todo = "the profile is another kernel's: make one on the kernel that runs";
		break;
	case EBUSY:
	case EPERM:
		todo = "isolate the container in one way only, and in a new cgroup: this one is "
		       "enabled already or has a profile, which cannot be replaced from here";
		break;
	case ENOENT:
		todo = "boot a kernel whose SCI has profiles, or leave the profile out";
		break;
	}
	return refuse(err, todo, "cannot write line %zu of %s to %s/" CONTROLLER ".profile: %s",
		      line, profile, cgroup->name, strerror(error));
}

/*
 * To be done before sci.enabled, which makes it hold. Line by line, so that the message can
 * name the one which the kernel does not take.
 */
static int write_profile(const struct cgroup *cgroup, const char *profile, struct error *err)
{
	static const char file[] = CONTROLLER ".profile";
	cleanup_close int source = open_at(AT_FDCWD, profile, O_RDONLY, 0);
	cleanup_close int fd = -1;
	cleanup_free char *text = NULL;
	size_t line = 0;
	size_t len = 0;

	if (source >= 0)
		text = read_all(source, MAX_PROFILE, &len);
	if (!text)
		return refuse(
			err,
			"make the profile on this host, from sci.profile of a cgroup that has "
			"done the work",
			"cannot read %s: %s", profile, strerror(errno));
	fd = open_at(cgroup->dir, file, O_WRONLY, BENEATH);
	if (options.dry_run && (fd >= 0 || (errno == ENOENT && not_given_yet)))
		return would_write(cgroup, file, profile, err);
	if (fd < 0)
		return refuse_profile(errno, cgroup, profile, 1, err);

	for (const char *at = text, *end = text + len; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((newline ? newline + 1 : end) - at);
		ssize_t n = write_once(fd, at, size);

		if (n != (ssize_t)size)
			return refuse_profile(n < 0 ? errno : EINVAL, cgroup, profile, line + 1,
					      err);
		at += size;
	}
	return 0;
}

static int check_sealed(const struct cgroup *cgroup, const char *profile, struct error *err)
{
	static const char file[] = CONTROLLER ".sealed";
	cleanup_free char *sealed = read_cgroup_file(cgroup, file, err);

	if (!sealed)
		return -1;
	if (!strcmp(sealed, "1\n"))
		return 0;
	return refuse(err, "write a whole profile to that file: it ends with the line end",
		      "cannot confirm the profile %s: %s/%s is \"%.8s\", not 1", profile,
		      cgroup->name, file, sealed);
}

/*
 * With proof. +sci is written from the cgroup that ends at this point of the path
 * down to the parent; a cgroup can give to its children only what it was given.
 */
static int isolate_cgroup(const struct cgroup *root, const char *path, const char *end,
			  const struct cgroup *cgroup, const char *profile, struct error *err)
{
	for (; end; end = strchr(end + 1, '/'))
		if (enable_controller(root, path, (size_t)(end - path), err) < 0)
			return -1;

	if (set_mode(cgroup, err) < 0 || (profile && write_profile(cgroup, profile, err) < 0) ||
	    write_cgroup_file(cgroup, CONTROLLER ".enabled", "1", err) < 0)
		return -1;
	if (options.dry_run)
		return 0;
	if (check_effective(cgroup, err) < 0 || (profile && check_sealed(cgroup, profile, err) < 0))
		return -1;
	return check_mode(cgroup, err);
}

static bool is_no_cgroup(const struct cgroup *root, const char *path)
{
	cleanup_close int dir = open_at(root->dir, path + 1, O_PATH | O_DIRECTORY, BENEATH);

	return dir < 0 && errno == ENOENT;
}

/*
 * The sandbox of the container's pod. Its cgroup has the path of the container's,
 * with one id in place of the other: whoever manages the cgroups treats the two
 * alike. It runs nothing of the pod before the pod's first container starts.
 */
static int isolate_sandbox(const struct cgroup *root, const char *path, const char *id,
			   const struct sandbox *sandbox, struct error *err)
{
	static const char todo[] = "start the pod again; if that does not help, report this: the "
				   "sandbox's cgroup should be the container's, but for the id";
	cleanup_cgroup struct cgroup cgroup = { .dir = -1 };
	char other[sizeof(cgroup.name) + NAME_MAX];
	const char *found = NULL;

	for (const char *at = path; (at = strstr(at, id)); at++)
		found = at;
	if (!found)
		return refuse(
			err, todo,
			"cannot find the cgroup of the pod's sandbox: %s, the container's, has no id in it",
			path);
	snprintf(other, sizeof(other), "%.*s%s%s", (int)(found - path), path, sandbox->id,
		 found + strlen(id));
	/* CRI-O has one only where the pod's containers share its pid namespace. */
	if (sandbox->optional && is_no_cgroup(root, other))
		return 0;
	if (check_not_shared(other, err) < 0 ||
	    open_cgroup(root, other, strlen(other), todo, &cgroup, err) < 0)
		return -1;
	/*
	 * Cgroups above are the container's, too: they have +sci. The profile is the
	 * container's: what the sandbox does is not in it.
	 */
	return isolate_cgroup(root, other, strchr(other + (found - path), '/'), &cgroup, NULL,
			      err);
}

/* A pod's annotations are its sandbox's, too. What a profile has been made of is a container. */
static const char *profile_of(const struct state *state)
{
	if (state->is_sandbox)
		return NULL;
	if (options.profile)
		return options.profile;
	return *state->profile ? state->profile : NULL;
}

static int isolate_sandboxes(const struct cgroup *root, const char *path, const struct state *state,
			     struct error *err)
{
	for (int i = 0; i < SANDBOXES; i++)
		if (*state->sandboxes[i].id &&
		    isolate_sandbox(root, path, state->id, &state->sandboxes[i], err) < 0)
			return -1;
	return 0;
}

/*
 * Switches isolation on for the cgroup of the process. The pidfd is there
 * before anything is learnt from the pid: if the process still lives in the
 * end, the pid meant this process all the time. The cgroup's directory stays
 * open, so what was confirmed, and who is in it, are about one and the same.
 */
static int isolate(const struct state *state, struct error *err)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	cleanup_cgroup struct cgroup root = { .dir = -1 };
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
	    isolate_cgroup(&root, path, path, &cgroup, profile_of(state), err) < 0)
		return -1;
	if (isolate_sandboxes(&root, path, state, err) < 0 ||
	    check_member(&cgroup, process, err) < 0)
		return -1;
	if (poll(&ended, 1, 0) != 0)
		return refuse(err, advice(ESRCH), "cannot isolate process %s: it has ended",
			      process);
	return 0;
}

/*
 * Main
 */

static const char help[] =
	"usage: sci-hook [--require] [--mode enforce|audit] [--profile FILE] [--dry-run] < STATE\n"
	"       sci-hook --help | --version\n"
	"\n"
	"OCI hook for createRuntime (or prestart). Reads the container's state, as JSON,\n"
	"on standard input and looks at its annotation " ANNOTATION_UNTRUSTED ":\n"
	"\n"
	"  \"true\"           isolates the system calls of the container's cgroup,\n"
	"                   and of its pod's sandbox\n"
	"  \"false\", absent  does nothing\n"
	"  anything else    is an error\n"
	"\n"
	"The annotation " ANNOTATION_REQUIRE ", of any value, does what --require does.\n"
	"The annotation " ANNOTATION_PROFILE " names a profile for what is isolated: a file in\n"
	PROFILE_DIR ".\n"
	"\n"
	"  --require        isolates whatever the annotation says, \"false\" included\n"
	"  --mode enforce   kills who leaves what a call may execute; the default\n"
	"  --mode audit     counts and logs it only\n"
	"  --profile FILE   allows the container the system calls and the kernel text that\n"
	"                   this profile lists, and no other; goes before the annotation\n"
	"  --dry-run        prints what would be written, and writes nothing\n"
	"\n"
	"Exit status: 0 if the container is isolated or need not be, 1 if it must not\n"
	"start, 2 if the command line is wrong. Each failure is one line on standard\n"
	"error and in syslog that tells what to do. See sci-hook(8).\n";

static int parse_options(int argc, char **argv, struct error *err)
{
	/* Else a hook's args that lack the name would silently lack their first option. */
	if (argc && *argv[0] == '-')
		return refuse(err, "begin the hook's args with the program's name",
			      "cannot use the command line: \"%.80s\" is in place of the name",
			      argv[0]);

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--require")) {
			options.require = true;
		} else if (!strcmp(argv[i], "--dry-run")) {
			options.dry_run = true;
		} else if (!strcmp(argv[i], "--profile") && i + 1 < argc && *argv[i + 1] == '/') {
			options.profile = argv[++i];
		} else if (!strcmp(argv[i], "--profile") && i + 1 < argc) {
			return refuse(
				err, "write the full path of the profile",
				"cannot use the command line: \"%.80s\" does not begin with /",
				argv[i + 1]);
		} else if (!strcmp(argv[i], "--mode") && i + 1 < argc) {
			options.mode = argv[++i];
			if (strcmp(options.mode, ENFORCE) != 0 && strcmp(options.mode, AUDIT) != 0)
				return refuse(
					err, "see sci-hook --help",
					"cannot use the command line: the mode \"%.80s\" is not known",
					options.mode);
		} else {
			return refuse(err, "see sci-hook --help",
				      "cannot use the command line: \"%.80s\" is not known",
				      argv[i]);
		}
	}
	return 0;
}

/* Else a cgroup's file could take the place of stderr, and a message be written into it. */
static bool open_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return false;
	return true;
}

static int run(int argc, char **argv, struct state *state, struct error *err)
{
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return print(help, err) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return print("sci-hook " VERSION "\n", err) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (parse_options(argc, argv, err) < 0)
		return 2;
	if (read_state(&options, state, err) < 0)
		return EXIT_FAILURE;
	if (!state->untrusted)
		return options.dry_run && print("would do nothing\n", err) ? EXIT_FAILURE
									   : EXIT_SUCCESS;
	return isolate(state, err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct state state = { .untrusted = false };
	struct error err = { "" };
	int status;

	if (!open_standard_files())
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv, &state, &err);
	if (status != EXIT_SUCCESS)
		report(&err, state.id, !options.dry_run);
	return status;
}
