// SPDX-License-Identifier: GPL-2.0-or-later
/* Making processes and programs: fork, vfork, clone, exec, spawn. */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>

extern char **environ;

static void forks(void)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (!pid) {
			for (int n = 0; n < 10; n++)
				syscall(SYS_getppid);
			_exit(i);
		}
		CHECK_EXIT(pid, i);
	}
}

/* Start this program again to exit with the given code. */
static void exec_self(const char *code)
{
	char *argv[] = { "processes", "--exit", (char *)code, NULL };

	execv("/proc/self/exe", argv);
	_exit(126);
}

static void vforks(void)
{
	volatile int i;

	for (i = 0; i < 20; i++) {
		volatile int shared = 0;
		pid_t pid = vfork();

		if (!pid) {
			shared = i + 1;
			_exit(9);
		}
		CHECK(shared == i + 1);
		CHECK_EXIT(pid, 9);
	}
	for (i = 0; i < 20; i++) {
		pid_t pid = vfork();

		if (!pid)
			exec_self("7");
		CHECK_EXIT(pid, 7);
	}
}

static void execs(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid)
			exec_self("8");
		CHECK_EXIT(pid, 8);
	}
}

static void exec_chain(void)
{
	char *argv[] = { "processes", "--chain", "20", NULL };
	pid_t pid = fork();

	if (!pid) {
		execv("/proc/self/exe", argv);
		_exit(126);
	}
	CHECK_EXIT(pid, 20);
}

static void exec_errors(void)
{
	char *argv[] = { "x", NULL };
	char path[] = "/tmp/processes.XXXXXX";
	int fd = mkstemp(path);
	char *big = malloc(8 << 20);
	char *big_argv[] = { "x", big, NULL };

	CHECK(fd >= 0 && big);
	CHECK_ERRNO(execv("/nonexistent/x", argv), ENOENT);
	CHECK_ERRNO(execv(path, argv), EACCES);
	CHECK(write(fd, "neither ELF nor script", 22) == 22);
	CHECK(!fchmod(fd, 0755) && !close(fd));
	CHECK_ERRNO(execv(path, argv), ENOEXEC);
	CHECK(!unlink(path));
	memset(big, 'x', (8 << 20) - 1);
	big[(8 << 20) - 1] = '\0';
	CHECK_ERRNO(execv("/proc/self/exe", big_argv), E2BIG);
	CHECK_ERRNO(syscall(SYS_execve, "/proc/self/exe", 8, NULL), EFAULT);
}

static void script(void)
{
	char path[] = "/tmp/processes.XXXXXX";
	int fd = mkstemp(path);
	char *argv[] = { path, "5", NULL };
	char self[PATH_MAX] = "", text[PATH_MAX + 16];
	pid_t pid;

	CHECK(fd >= 0 && readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(text, sizeof(text), "#!%s --script\n", self);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(!fchmod(fd, 0755) && !close(fd));
	pid = fork();
	if (!pid) {
		execv(path, argv);
		_exit(126);
	}
	CHECK_EXIT(pid, 5);
	CHECK(!unlink(path));
}

static void exec_descriptor(void)
{
	char *argv[] = { "processes", "--exit", "6", NULL };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	CHECK(fd >= 0);
	pid = fork();
	if (!pid) {
		fexecve(fd, argv, environ);
		_exit(126);
	}
	CHECK_EXIT(pid, 6);
}

static void *exec_from(void *arg)
{
	exec_self(arg);
	return NULL;
}

static void *busy(void *arg)
{
	for (;;)
		syscall(SYS_getppid);
	return arg;
}

static void exec_in_thread(void)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t t;

			for (int n = 0; n < 3; n++)
				CHECK(!pthread_create(&t, NULL, busy, NULL));
			CHECK(!pthread_create(&t, NULL, exec_from, "11"));
			pause();
			_exit(1);
		}
		CHECK_EXIT(pid, 11);
	}
}

static void *fork_from(void *arg)
{
	pid_t pid = fork();

	if (!pid)
		_exit(12);
	CHECK_EXIT(pid, 12);
	return arg;
}

static void fork_in_thread(void)
{
	for (int i = 0; i < 10; i++) {
		pthread_t t[4];

		for (int n = 0; n < 4; n++)
			CHECK(!pthread_create(&t[n], NULL, fork_from, NULL));
		for (int n = 0; n < 4; n++)
			CHECK(!pthread_join(t[n], NULL));
	}
}

static void spawn(void)
{
	char *argv[] = { "processes", "--exit", "13", NULL };

	for (int i = 0; i < 10; i++) {
		pid_t pid;

		CHECK(!posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ));
		CHECK_EXIT(pid, 13);
	}
}

static int share(void *arg)
{
	*(int *)arg = 14;
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	return 14;
}

/* A process that shares the memory and is no thread. */
static void clone_vm(void)
{
	size_t size = 65536;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	CHECK(stack != MAP_FAILED);
	for (int i = 0; i < 20; i++) {
		volatile int shared = 0;
		pid_t pid = clone(share, stack + size, CLONE_VM | SIGCHLD,
				  (void *)&shared);

		CHECK(pid > 0);
		CHECK_EXIT(pid, 14);
		CHECK(shared == 14);
	}
}

static void orphan(void)
{
	pid_t pid, grandchild;
	int fds[2];

	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK(!pipe(fds));
	pid = fork();
	if (!pid) {
		grandchild = fork();
		if (!grandchild) {
			sleep_ms(50);
			_exit(15);
		}
		CHECK(write(fds[1], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK(read(fds[0], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
	CHECK_EXIT(grandchild, 15);
}

static void pidfd(void)
{
	siginfo_t info = { 0 };
	pid_t pid = fork();
	int fd;

	if (!pid) {
		pause();
		_exit(0);
	}
	fd = syscall(SYS_pidfd_open, pid, 0);
	CHECK(fd >= 0);
	CHECK(!syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	CHECK(!waitid(P_PIDFD, fd, &info, WEXITED));
	CHECK(info.si_code == CLD_KILLED && info.si_status == SIGTERM);
}

static const struct test_case cases[] = {
	{ "forks", forks },
	{ "vforks", vforks },
	{ "execs", execs },
	{ "exec_chain", exec_chain },
	{ "exec_errors", exec_errors },
	{ "script", script },
	{ "exec_descriptor", exec_descriptor },
	{ "exec_in_thread", exec_in_thread },
	{ "fork_in_thread", fork_in_thread },
	{ "spawn", spawn },
	{ "clone_vm", clone_vm },
	{ "orphan", orphan },
	{ "pidfd", pidfd },
};

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "--script"))
		return atoi(argv[3]);
	if (argc >= 3 && !strcmp(argv[1], "--chain")) {
		char left[16];
		char *again[] = { "processes", "--chain", left, "x", NULL };
		int n = atoi(argv[2]);

		if (!n)
			return 20;
		snprintf(left, sizeof(left), "%d", n - 1);
		execv("/proc/self/exe", again);
		return 126;
	}
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
