// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sci-hook - isolate the system calls of a container that is marked untrusted
 *
 * An OCI runtime runs this program as a createRuntime (or prestart) hook. At that moment
 * the container's cgroup exists and its first process is in it, but nothing from the
 * container's image has run. The container's state comes on standard input. The hook
 * isolates the cgroup if the annotation io.sci.untrusted is "true", if there is an
 * annotation io.sci.require, or with --require. It exits 0 only after the kernel has
 * confirmed the isolation. The runtime gives the container up on any other exit status:
 * an untrusted container does not run unisolated, whatever goes wrong.
 *
 * If containerd, CRI-O or podman started the container for a pod, the hook isolates the
 * pod's sandbox too. The runtime runs no hook for the sandbox, but the pod's containers
 * may share its pid namespace, and with it the right to trace it.
 *
 * The order of work, a file each:
 *
 *   state      standard input -> pid, annotations, sandbox
 *   cgroup     pid -> path of its cgroup -> directory in the cgroup2 mount
 *   isolate    +sci down to the cgroup, sci.mode, sci.enabled, proof
 *
 * All of them use file (open, read, write; never through a symlink in the cgroup tree)
 * and message (one line on stderr and in syslog for a failure).
 *
 * Runtimes differ in what else they say and do, so the hook looks at nothing more: not
 * at ociVersion, status, bundle or root, not at its environment or working directory,
 * and never into the container's file system.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "isolate.h"
#include "message.h"
#include "state.h"

#define EXIT_USAGE 2

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
	"The annotation " ANNOTATION_REQUIRE ", with any value, does the same as --require.\n"
	"The annotation " ANNOTATION_PROFILE " names a profile for an isolated container:\n"
	"a file in " PROFILE_DIR ".\n"
	"\n"
	"  --require        isolates whatever the annotations say, even \"false\"\n"
	"  --mode enforce   kills a process that leaves what its system call may execute;\n"
	"                   the default\n"
	"  --mode audit     only counts and logs such violations\n"
	"  --profile FILE   allows the container only the system calls and the kernel text\n"
	"                   that this profile lists; overrides the annotation\n"
	"  --dry-run        prints what would be written, and writes nothing\n"
	"\n"
	"Exit status: 0 if the container is isolated or need not be, 1 if it must not\n"
	"start, 2 if the command line is wrong. Each failure prints one line, on standard\n"
	"error and to syslog, that says what to do. See sci-hook(8).\n";

static int parse_options(int argc, char **argv, struct options *options, struct error *err)
{
	/* A hook's args that lack the name would otherwise silently lack their first option. */
	if (argc && *argv[0] == '-')
		return refuse(err, "begin the hook's args with the program's name",
			      "cannot use the command line: \"%.80s\" is in place of the name",
			      argv[0]);

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--require")) {
			options->require = true;
		} else if (!strcmp(argv[i], "--dry-run")) {
			options->dry_run = true;
		} else if (!strcmp(argv[i], "--profile") && i + 1 < argc) {
			options->profile = argv[++i];
			if (*options->profile != '/')
				return refuse(err, "write the full path of the profile",
					      "cannot use the command line: \"%.80s\" does not begin with /",
					      options->profile);
		} else if (!strcmp(argv[i], "--mode") && i + 1 < argc) {
			options->mode = argv[++i];
			if (strcmp(options->mode, MODE_ENFORCE) != 0 &&
			    strcmp(options->mode, MODE_AUDIT) != 0)
				return refuse(err, "see sci-hook --help",
					      "cannot use the command line: the mode \"%.80s\" is not known",
					      options->mode);
		} else {
			return refuse(err, "see sci-hook --help",
				      "cannot use the command line: \"%.80s\" is not known",
				      argv[i]);
		}
	}
	return 0;
}

/* A cgroup's file could otherwise be opened as stderr, and a message be written into it. */
static bool open_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return false;
	return true;
}

static int answer(const char *text, struct error *err)
{
	return print(text, err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The exit status. The options and the state say how to report an error. */
static int run(int argc, char **argv, struct options *options, struct state *state,
	       struct error *err)
{
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return answer(help, err);
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return answer("sci-hook " VERSION "\n", err);
	if (parse_options(argc, argv, options, err) < 0)
		return EXIT_USAGE;
	if (read_state(options, state, err) < 0)
		return EXIT_FAILURE;
	if (!state->untrusted)
		return options->dry_run ? answer("would do nothing\n", err) : EXIT_SUCCESS;
	return isolate(options, state, err) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options = { .mode = MODE_ENFORCE };
	struct state state = { .untrusted = false };
	struct error err = { "" };
	int status;

	if (!open_standard_files())
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv, &options, &state, &err);
	if (status != EXIT_SUCCESS)
		report(&err, state.id, !options.dry_run);
	return status;
}
