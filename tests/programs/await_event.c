// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * await_event poll|inotify FILE SECONDS COMMAND [ARG...]
 *
 * Run COMMAND and see whether FILE, a cgroup file such as sci.events, tells of
 * an event meanwhile or within SECONDS after: by poll(2) for POLLPRI, or by an
 * inotify event IN_MODIFY.  Prints "event" and exits with 0 if so, else prints
 * "no event" and exits with 1.  How COMMAND ends does not count.
 */
#include "check.h"
#include <poll.h>
#include <sys/inotify.h>

int main(int argc, char **argv)
{
	struct pollfd p = { .fd = -1 };
	char buf[4096];
	pid_t pid;
	int n;

	if (argc < 5)
		fail("usage: await_event poll|inotify FILE SECONDS COMMAND [ARG...]");
	if (!strcmp(argv[1], "poll")) {
		p.fd = open(argv[2], O_RDONLY);
		CHECK(p.fd >= 0);
		/* events since the last read are what poll tells */
		CHECK(read(p.fd, buf, sizeof(buf)) >= 0);
		p.events = POLLPRI;
	} else if (!strcmp(argv[1], "inotify")) {
		p.fd = inotify_init1(IN_CLOEXEC);
		CHECK(p.fd >= 0);
		CHECK(inotify_add_watch(p.fd, argv[2], IN_MODIFY) >= 0);
		p.events = POLLIN;
	} else {
		fail("neither poll nor inotify: %s", argv[1]);
	}
	CHECK(poll(&p, 1, 0) == 0);

	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		execvp(argv[4], argv + 4);
		fail("%s: %s", argv[4], strerror(errno));
	}
	CHECK(waitpid(pid, NULL, 0) == pid);

	n = poll(&p, 1, atoi(argv[3]) * 1000);
	CHECK(n >= 0);
	puts(n ? "event" : "no event");
	return !n;
}
