// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * calls count N     make N getppid() system calls; print how many succeeded and by how
 *                   much isolated_syscalls of the own cgroup rose meanwhile
 * calls warm N      make rounds of at least N system calls of the mix until three in a row
 *                   cause no fault, thirty at most; print how many did, and by how
 *                   much the counters rose in the last one
 * calls mix         run the mix once and print how many system calls it makes
 * calls offset      print where in this file the function is that runs the mix once
 * calls mixing      run the mix over and over until there is something to read on
 *                   standard input, or its end
 * calls tell FILE   for each byte read from standard input write to standard output
 *                   what FILE contains, or the error's number and a newline
 * calls reading FILE
 *                   open and read FILE over and over, without a pause, until killed
 * calls spin        make a getppid() system call every millisecond, for ever
 * calls wait        for each byte read from standard input make 1,000 getppid()
 *                   system calls and write the byte to standard output
 * calls threads N   N threads, each of which waits for a byte of its own; when all
 *                   have one, each makes 1,000 getppid() and writes the byte
 *
 * The counters are read with pread(2) from a file that is open all the time,
 * so that reading them costs one system call.
 */
#include "check.h"
#include <elf.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <linux/futex.h>

/* The sci.stat of the cgroup of this process. */
static int open_stat(void)
{
	char line[PATH_MAX], path[PATH_MAX + 64];
	FILE *f = fopen("/proc/self/cgroup", "r");
	int fd;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "0::", 3))
			break;
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/sci.stat", line + 3);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

struct stat_values {
	unsigned long long isolated_syscalls;
	unsigned long long code_faults;
	unsigned long long icall_faults;
	unsigned long long data_faults;
	unsigned long long spurious_faults;
	unsigned long long pgd_syncs;
};

static unsigned long long value(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text) {
		if (!strncmp(text, key, len) && text[len] == ' ')
			return strtoull(text + len, NULL, 10);
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	fail("no %s in sci.stat", key);
}

static void read_stat(int fd, char *buf, size_t size)
{
	ssize_t len = syscall(SYS_pread64, fd, buf, size - 1, 0);

	CHECK(len > 0);
	buf[len] = '\0';
}

static void parse_stat(const char *text, struct stat_values *v)
{
	v->isolated_syscalls = value(text, "isolated_syscalls");
	v->code_faults = value(text, "code_faults");
	v->icall_faults = value(text, "icall_faults");
	v->data_faults = value(text, "data_faults");
	v->spurious_faults = value(text, "spurious_faults");
	v->pgd_syncs = value(text, "pgd_syncs");
}

static char text_before[4096], text_after[4096];

static int count(unsigned long n)
{
	struct stat_values before, after;
	unsigned long done = 0, i;
	int fd = open_stat();

	read_stat(fd, text_before, sizeof(text_before));
	for (i = 0; i < n; i++)
		if (syscall(SYS_getppid) >= 0)
			done++;
	read_stat(fd, text_after, sizeof(text_after));
	parse_stat(text_before, &before);
	parse_stat(text_after, &after);
	printf("calls %lu isolated %llu\n", done,
	       after.isolated_syscalls - before.isolated_syscalls);
	return 0;
}

/* After so many rounds the views ought to be warm. */
#define WARM_ROUNDS	30
/* So many in a row without a fault are the steady state. */
#define QUIET_ROUNDS	3

/* One system call: made, counted and checked. */
#define CALL(expr)							\
	do {								\
		made++;							\
		errno = 0;						\
		if (!(expr))						\
			fail("%s:%d: not true: %s (%s)", __FILE__,	\
			     __LINE__, #expr, strerror(errno));		\
	} while (0)

/* The mix: some sixty different system calls, none of which blocks.  Returns how many. */
static __attribute__((noinline)) unsigned long mix(void)
{
	static char buf[4096];
	struct iovec iov = { buf, 64 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct epoll_event event = { .events = EPOLLIN };
	struct pollfd pfd = { .events = POLLIN };
	struct timeval tv = { 0, 0 };
	struct timespec ts = { 0, 0 };
	struct itimerspec its = { { 0, 0 }, { 1000, 0 } };
	struct rusage usage;
	struct rlimit limit;
	struct utsname uts;
	struct sysinfo info;
	struct stat st;
	struct tms tms;
	struct sigaction sa;
	sigset_t set, old;
	cpu_set_t cpus;
	stack_t ss;
	unsigned long made = 0;
	int futex = 0, avail, fds[2], sv[2], fd, fd2, ep, ev, tfd;
	char path[64], path2[72], *map;
	fd_set rfds;

	snprintf(path, sizeof(path), "/tmp/mix.%d", (int)getpid());
	snprintf(path2, sizeof(path2), "%s.new", path);

	CALL(syscall(SYS_getppid) >= 0);
	CALL(syscall(SYS_getpid) > 0);
	CALL(syscall(SYS_gettid) > 0);
	CALL(syscall(SYS_getuid) >= 0);
	CALL(syscall(SYS_geteuid) >= 0);
	CALL(syscall(SYS_getgid) >= 0);
	CALL(syscall(SYS_getegid) >= 0);
	CALL(syscall(SYS_getpgid, 0) >= 0);
	CALL(syscall(SYS_getsid, 0) >= 0);
	CALL(syscall(SYS_umask, 022) >= 0);
	CALL(syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts) == 0);
	CALL(syscall(SYS_gettimeofday, &tv, NULL) == 0);
	CALL(syscall(SYS_times, &tms) >= 0);
	CALL(syscall(SYS_uname, &uts) == 0);
	CALL(sysinfo(&info) == 0);
	CALL(getrusage(RUSAGE_SELF, &usage) == 0);
	CALL(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	CALL(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	CALL(prctl(PR_GET_NAME, buf) == 0);
	CALL(syscall(SYS_getpriority, PRIO_PROCESS, 0) > 0);
	CALL(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
	CALL(sched_yield() == 0);
	CALL(syscall(SYS_getrandom, buf, 16, 0) == 16);

	CALL((fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) >= 0);
	CALL(write(fd, buf, 100) == 100);
	CALL(lseek(fd, 0, SEEK_SET) == 0);
	CALL(read(fd, buf, 64) == 64);
	CALL(pread(fd, buf, 64, 36) == 64);
	CALL(pwrite(fd, buf, 64, 4096) == 64);
	CALL(readv(fd, &iov, 1) == 64);
	CALL(writev(fd, &iov, 1) == 64);
	CALL(fstat(fd, &st) == 0);
	CALL(ftruncate(fd, 8192) == 0);
	CALL(fcntl(fd, F_GETFL) >= 0);
	CALL(flock(fd, LOCK_EX) == 0);
	CALL(fsync(fd) == 0);
	CALL(ioctl(fd, FIONREAD, &avail) == 0);
	CALL((fd2 = dup(fd)) >= 0);
	CALL(dup3(fd, fd2, O_CLOEXEC) == fd2);
	CALL(close(fd2) == 0);
	iov.iov_len = 64;

	CALL((map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0))
	     != MAP_FAILED);
	map[0] = 1;
	CALL(msync(map, 8192, MS_ASYNC) == 0);
	CALL(mprotect(map, 8192, PROT_READ) == 0);
	CALL(madvise(map, 8192, MADV_DONTNEED) == 0);
	CALL(munmap(map, 8192) == 0);
	CALL(syscall(SYS_brk, 0) > 0);
	CALL(close(fd) == 0);

	CALL(stat(path, &st) == 0);
	CALL(access(path, R_OK) == 0);
	CALL(chmod(path, 0640) == 0);
	CALL(rename(path, path2) == 0);
	CALL(symlink(path2, path) == 0);
	CALL(readlink(path, buf, sizeof(buf)) > 0);
	CALL(unlink(path) == 0);
	CALL(unlink(path2) == 0);
	CALL(mkdir(path, 0700) == 0);
	CALL(rmdir(path) == 0);

	CALL(pipe2(fds, O_CLOEXEC) == 0);
	CALL(write(fds[1], buf, 8) == 8);
	pfd.fd = fds[0];
	CALL(poll(&pfd, 1, 0) == 1);
	FD_ZERO(&rfds);
	FD_SET(fds[0], &rfds);
	tv = (struct timeval){ 0, 0 };
	CALL(select(fds[0] + 1, &rfds, NULL, NULL, &tv) == 1);
	CALL((ep = epoll_create1(0)) >= 0);
	CALL(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &event) == 0);
	CALL(epoll_wait(ep, &event, 1, 0) == 1);
	CALL(read(fds[0], buf, 8) == 8);
	CALL(close(ep) == 0);
	CALL(close(fds[0]) == 0);
	CALL(close(fds[1]) == 0);

	CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	CALL(sendmsg(sv[0], &msg, 0) == 64);
	CALL(recvmsg(sv[1], &msg, 0) == 64);
	CALL(shutdown(sv[0], SHUT_RDWR) == 0);
	CALL(close(sv[0]) == 0);
	CALL(close(sv[1]) == 0);

	CALL((ev = eventfd(1, 0)) >= 0);
	CALL(read(ev, buf, 8) == 8);
	CALL(close(ev) == 0);
	CALL((tfd = timerfd_create(CLOCK_MONOTONIC, 0)) >= 0);
	CALL(timerfd_settime(tfd, 0, &its, NULL) == 0);
	CALL(close(tfd) == 0);

	CALL(syscall(SYS_futex, &futex, FUTEX_WAKE, 1, NULL, NULL, 0) == 0);
	sigemptyset(&set);
	CALL(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	CALL(sigaction(SIGUSR1, NULL, &sa) == 0);
	CALL(sigpending(&set) == 0);
	CALL(sigaltstack(NULL, &ss) == 0);
	CALL(syscall(SYS_kill, getpid(), 0) == 0);
	made++;			/* the getpid in the line above */
	return made + 1;	/* and the one for the path */
}

/* At least n system calls of the mix, and by how much the counters rose meanwhile. */
static unsigned long measured(int fd, unsigned long n, struct stat_values *rise)
{
	struct stat_values before, after;
	unsigned long made;

	read_stat(fd, text_before, sizeof(text_before));
	for (made = 0; made < n;)
		made += mix();
	read_stat(fd, text_after, sizeof(text_after));
	parse_stat(text_before, &before);
	parse_stat(text_after, &after);
	rise->isolated_syscalls = after.isolated_syscalls - before.isolated_syscalls;
	rise->code_faults = after.code_faults - before.code_faults;
	rise->icall_faults = after.icall_faults - before.icall_faults;
	rise->data_faults = after.data_faults - before.data_faults;
	return made;
}

/*
 * Rare paths (an allocator that has to refill, a lock that is taken) come at
 * their own pace, so the views are warm only when nothing has been new for a
 * while: two rounds.  The result is that of the round after these, whatever it shows.
 */
static int warm(unsigned long n)
{
	struct stat_values rise;
	unsigned long made = 0;
	int fd = open_stat(), quiet = 0, rounds = 0;

	while (quiet < QUIET_ROUNDS && rounds < WARM_ROUNDS) {
		made = measured(fd, n, &rise);
		quiet = rise.code_faults || rise.icall_faults || rise.data_faults ? 0 : quiet + 1;
		rounds++;
	}
	printf("rounds %d quiet %d calls %lu isolated_syscalls %llu code_faults %llu icall_faults %llu data_faults %llu\n",
	       rounds, quiet, made, rise.isolated_syscalls, rise.code_faults, rise.icall_faults,
	       rise.data_faults);
	return 0;
}

/* The offset in this file, which is what a uprobe takes instead of an address. */
static int offset(void)
{
	const Elf64_Phdr *segment = (void *)getauxval(AT_PHDR);
	unsigned long address = (unsigned long)mix;

	while (segment->p_type != PT_LOAD || address - segment->p_vaddr >= segment->p_filesz)
		segment++;
	printf("%#lx\n", address - segment->p_vaddr + segment->p_offset);
	return 0;
}

static int mixing(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	/* with a pause, or others would have to wait for the CPU */
	while (poll(&in, 1, 2) == 0)
		mix();
	return 0;
}

static int tell(const char *path)
{
	static char text[65536];
	char byte;

	while (read(0, &byte, 1) == 1) {
		int fd = open(path, O_RDONLY);
		ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));

		if (len < 0)
			len = snprintf(text, sizeof(text), "%d\n", errno);
		if (fd >= 0)
			close(fd);
		CHECK(write(1, text, len) == len);
	}
	return 0;
}

static int reading(const char *path)
{
	char text[4096];

	for (;;) {
		int fd = open(path, O_RDONLY);

		CHECK(fd >= 0 && read(fd, text, sizeof(text)) > 0 && !close(fd));
	}
}

static pthread_barrier_t barrier;

static void *wait_once(void *arg)
{
	char byte;

	CHECK(read(0, &byte, 1) == 1);
	/* Nobody goes on before all have a byte: each takes one only. */
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	CHECK(write(1, &byte, 1) == 1);
	return arg;
}

static int threads(unsigned long n)
{
	pthread_t t[64];

	CHECK(n && n <= ARRAY_SIZE(t) && !pthread_barrier_init(&barrier, NULL, n));
	for (unsigned long i = 0; i < n; i++)
		CHECK(!pthread_create(&t[i], NULL, wait_once, NULL));
	for (unsigned long i = 0; i < n; i++)
		CHECK(!pthread_join(t[i], NULL));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	char byte;

	if (!strcmp(what, "count") && argc == 3)
		return count(n);
	if (!strcmp(what, "warm") && argc == 3)
		return warm(n);
	if (!strcmp(what, "mix") && argc == 2) {
		printf("calls %lu\n", mix());
		return 0;
	}
	if (!strcmp(what, "spin") && argc == 2) {
		for (;;) {
			syscall(SYS_getppid);
			sleep_ms(1);
		}
	}
	if (!strcmp(what, "wait") && argc == 2) {
		while (read(0, &byte, 1) == 1) {
			for (n = 0; n < 1000; n++)
				syscall(SYS_getppid);
			CHECK(write(1, &byte, 1) == 1);
		}
		return 0;
	}
	if (!strcmp(what, "threads") && argc == 3)
		return threads(n);
	if (!strcmp(what, "offset") && argc == 2)
		return offset();
	if (!strcmp(what, "mixing") && argc == 2)
		return mixing();
	if (!strcmp(what, "tell") && argc == 3)
		return tell(argv[2]);
	if (!strcmp(what, "reading") && argc == 3)
		return reading(argv[2]);
	fail("usage: calls count N | warm N | mix | mixing | offset | "
	     "tell FILE | reading FILE | spin | wait | threads N");
}
