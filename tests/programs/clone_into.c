// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clone_into [-c] CGROUP COMMAND [ARG]...
 *
 * Start COMMAND in CGROUP with clone3(CLONE_INTO_CGROUP) and end as it does.
 * Prints the name of the error and exits with 125 if clone3 refuses.
 * -c: without CAP_SYS_ADMIN.
 */
#include "caps.h"
#include <linux/sched.h>

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	int status, fd;
	pid_t pid;

	if (argc > 1 && !strcmp(argv[1], "-c")) {
		drop_sys_admin();
		argc--;
		argv++;
	}
	if (argc < 3)
		fail("usage: clone_into [-c] CGROUP COMMAND [ARG]...");

	fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", argv[1], strerror(errno));
	args.cgroup = fd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 125;
	}
	if (!pid) {
		execvp(argv[2], argv + 2);
		fail("%s: %s", argv[2], strerror(errno));
	}
	status = wait_for(pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
