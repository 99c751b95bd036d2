// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program of the demo's container: for each number N read as a line from
 * standard input make N system calls, of 20 kinds in turn, and answer "done N",
 * or "failed" and the name of the system call that did not do what it should.  Ends
 * with its input.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static char buffer[64];
static int null_fd, file_fd, pipe_fds[2], socket_fds[2], word;
static void *memory;

/* Each makes exactly one system call; those in pairs undo each other. */
static bool do_getppid(void)
{
	return syscall(SYS_getppid) >= 0;
}

static bool do_openat(void)
{
	file_fd = open("/etc/passwd", O_RDONLY);
	return file_fd >= 0;
}

static bool do_fstat(void)
{
	struct stat st;

	return fstat(file_fd, &st) == 0 && st.st_size > 0;
}

static bool do_read(void)
{
	return read(file_fd, buffer, 16) == 16;
}

static bool do_lseek(void)
{
	return lseek(file_fd, 0, SEEK_SET) == 0;
}

static bool do_close(void)
{
	return close(file_fd) == 0;
}

static bool do_write(void)
{
	return write(null_fd, buffer, 64) == 64;
}

static bool do_write_pipe(void)
{
	return write(pipe_fds[1], buffer, 64) == 64;
}

static bool do_read_pipe(void)
{
	return read(pipe_fds[0], buffer, 64) == 64;
}

static bool do_mmap(void)
{
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	*(volatile char *)memory = 1;
	return true;
}

static bool do_munmap(void)
{
	return munmap(memory, 4096) == 0;
}

static bool do_clock_gettime(void)
{
	struct timespec ts;

	return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts) == 0;
}

static bool do_sendto(void)
{
	return send(socket_fds[0], buffer, 64, 0) == 64;
}

static bool do_recvfrom(void)
{
	return recv(socket_fds[1], buffer, 64, 0) == 64;
}

static bool do_poll(void)
{
	struct pollfd p = { .fd = pipe_fds[1], .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

static bool do_getrandom(void)
{
	return getrandom(buffer, 16, 0) == 16;
}

static bool do_uname(void)
{
	struct utsname u;

	return uname(&u) == 0;
}

static bool do_sched_yield(void)
{
	return sched_yield() == 0;
}

static bool do_futex(void)
{
	return syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0;
}

static bool do_getcwd(void)
{
	return syscall(SYS_getcwd, buffer, sizeof(buffer)) > 0;
}

static const struct {
	const char *name;
	bool (*run)(void);
} calls[] = {
	{ "getppid", do_getppid },
	{ "openat", do_openat },
	{ "fstat", do_fstat },
	{ "read", do_read },
	{ "lseek", do_lseek },
	{ "close", do_close },
	{ "write", do_write },
	{ "write (pipe)", do_write_pipe },
	{ "read (pipe)", do_read_pipe },
	{ "mmap", do_mmap },
	{ "munmap", do_munmap },
	{ "clock_gettime", do_clock_gettime },
	{ "sendto", do_sendto },
	{ "recvfrom", do_recvfrom },
	{ "poll", do_poll },
	{ "getrandom", do_getrandom },
	{ "uname", do_uname },
	{ "sched_yield", do_sched_yield },
	{ "futex", do_futex },
	{ "getcwd", do_getcwd },
};

static void make_calls(long n)
{
	char answer[64];
	long i;
	int len;

	for (i = 0; i < n; i++) {
		if (!calls[i % ARRAY_SIZE(calls)].run()) {
			len = snprintf(answer, sizeof(answer), "failed %s\n",
				       calls[i % ARRAY_SIZE(calls)].name);
			goto out;
		}
	}
	len = snprintf(answer, sizeof(answer), "done %ld\n", n);
out:
	if (write(STDOUT_FILENO, answer, len) != len)
		exit(1);
}

int main(void)
{
	char line[32];
	ssize_t n;

	null_fd = open("/dev/null", O_WRONLY);
	if (null_fd < 0 || pipe(pipe_fds) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, socket_fds)) {
		perror("worker");
		return 1;
	}
	while ((n = read(STDIN_FILENO, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		make_calls(atol(line));
	}
	return 0;
}
