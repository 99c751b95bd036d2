// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define SYSLOG_SECONDS 3 /* to wait for a syslog daemon that hangs */

int refuse(struct error *err, const char *todo, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, "; %s", todo);
	return -1;
}

const char *advice(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "run the container runtime as root, outside of user and cgroup namespaces";
	case EBUSY:
		return "move the processes that live in this cgroup itself into a child cgroup";
	case ELOOP:
	case EXDEV:
		return "remove the link or mount that lies on this path in the cgroup file system";
	case EMFILE:
	case ENFILE:
		return "raise the limit on open files";
	case ENODEV:
	case ESRCH:
		return "the container is gone: start it again";
	case ENOENT:
		return "the kernel has sci, but this cgroup lacks the file: it must be a domain "
		       "(see cgroup.type), and nothing may take sci out of "
		       "cgroup.subtree_control above it";
	case ENOMEM:
	case ENOSPC:
		return "free memory, then start the container again";
	case ENOSYS:
		return "use Linux 5.6 or later, and let no seccomp filter of the runtime forbid openat2 "
		       "and pidfd_open";
	case EOPNOTSUPP:
		return "make it a domain cgroup: SCI does not work in threaded ones (see cgroup.type)";
	case EROFS:
		return "mount the cgroup2 file system writable for the container runtime";
	default:
		return "see the kernel log";
	}
}

void make_printable(char *line)
{
	for (; *line; line++)
		if (!isprint((unsigned char)*line))
			*line = '?';
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int print(const char *text, struct error *err)
{
	if (!write_all(STDOUT_FILENO, text, strlen(text)))
		return 0;
	return refuse(err, "give it a standard output that can be written",
		      "cannot write to standard output: %s", strerror(errno));
}

static void give_up(int signal)
{
	(void)signal;
	_exit(EXIT_FAILURE);
}

/* syslog(3) blocks while the daemon's socket is full. The hook then fails without the line. */
static void log_line(const char *line)
{
	const struct sigaction action = { .sa_handler = give_up };
	sigset_t alarms;

	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	alarm(SYSLOG_SECONDS);
	openlog("sci-hook", LOG_PID, LOG_DAEMON);
	syslog(LOG_ERR, "%s", line);
	closelog();
	alarm(0);
}

void report(const struct error *err, const char *container, bool log)
{
	static const char name[] = "sci-hook: ";
	char line[sizeof(err->text) + 128];
	size_t len;

	if (*container)
		snprintf(line, sizeof(line), "%scontainer %.100s: %s", name, container, err->text);
	else
		snprintf(line, sizeof(line), "%s%s", name, err->text);
	make_printable(line);
	len = strlen(line);
	line[len] = '\n';
	write_all(STDERR_FILENO, line, len + 1);
	line[len] = '\0';
	if (log)
		log_line(line + strlen(name));
}
