/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of the test programs: cases, checks, and what they print.
 *
 * A program is a table of cases.  Each case runs in a child of its own, so
 * that one that dies says so and the next one starts clean, and prints
 * "ok NAME" or "not ok NAME" (the reason goes to stderr).  The output holds
 * nothing that differs from run to run: a bats test compares the run in an
 * isolated cgroup with the run outside.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit status of a case whose prerequisite this kernel lacks. */
#define EXIT_SKIP	77

/* A case that takes longer than this hangs. */
#define CASE_SECONDS	120

struct test_case {
	const char *name;
	void (*run)(void);
};

static inline void __attribute__((noreturn, format(printf, 1, 2)))
fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(1);
}

static inline void __attribute__((noreturn))
skip(const char *reason)
{
	fprintf(stderr, "skip: %s: %s\n", reason, strerror(errno));
	_exit(EXIT_SKIP);
}

/* The condition holds, or the case ends here. */
#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			fail("%s:%d: not true: %s (errno %d, %s)",	\
			     __FILE__, __LINE__, #cond, errno,		\
			     strerror(errno));				\
	} while (0)

/* The system call fails with this errno. */
#define CHECK_ERRNO(call, err)						\
	do {								\
		errno = 0;						\
		long __ret = (long)(call);				\
		if (__ret != -1 || errno != (err))			\
			fail("%s:%d: %s returned %ld, errno %d (%s), not %s", \
			     __FILE__, __LINE__, #call, __ret, errno,	\
			     strerror(errno), #err);			\
	} while (0)

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static inline void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* Wait for the child and return its status, restarting after a signal. */
static inline int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		CHECK(errno == EINTR);
	return status;
}

#define CHECK_EXIT(pid, code)						\
	do {								\
		int __status = wait_for(pid);				\
		if (!WIFEXITED(__status) || WEXITSTATUS(__status) != (code)) \
			fail("%s:%d: child ended with wait status %#x, not exit %d", \
			     __FILE__, __LINE__, __status, (code));	\
	} while (0)

#define CHECK_KILLED(pid, sig)						\
	do {								\
		int __status = wait_for(pid);				\
		if (!WIFSIGNALED(__status) || WTERMSIG(__status) != (sig)) \
			fail("%s:%d: child ended with wait status %#x, not signal %d", \
			     __FILE__, __LINE__, __status, (sig));	\
	} while (0)

static inline int run_case(const struct test_case *c)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		fail("fork: %s", strerror(errno));
	if (!pid) {
		alarm(CASE_SECONDS);
		c->run();
		exit(0);
	}
	status = wait_for(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		printf("ok %s\n", c->name);
		return 0;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIP) {
		printf("skip %s\n", c->name);
		return 0;
	}
	printf("not ok %s\n", c->name);
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: killed by signal %d (%s)\n", c->name,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 1;
}

/*
 * Run the cases named on the command line, or all.  The exit status is 0 only
 * if every one of them ended well.
 */
static inline int run_cases(const struct test_case *cases, size_t count,
			    int argc, char **argv)
{
	int failed = 0;
	size_t i;
	int arg;

	if (argc == 1) {
		for (i = 0; i < count; i++)
			failed += run_case(&cases[i]);
		return failed ? 1 : 0;
	}
	for (arg = 1; arg < argc; arg++) {
		for (i = 0; i < count; i++)
			if (!strcmp(cases[i].name, argv[arg]))
				break;
		if (i == count)
			fail("no case named %s", argv[arg]);
		failed += run_case(&cases[i]);
	}
	return failed ? 1 : 0;
}

/* Write the whole string in one write(2); -1 and errno if that fails. */
static inline int put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t ret;
	int saved;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return ret == (ssize_t)strlen(text) ? 0 : -1;
}

#endif /* CHECK_H */
