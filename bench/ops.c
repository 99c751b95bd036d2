// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measures what kernel operations cost, in instructions.
 *
 *   ops run [NAME...]	measure the operations, all or those named
 *   ops enable DIR	measure what writing 1 to sci.enabled costs, for cgroups
 *			made below the cgroup DIR with 0, 1 and 100 tasks
 *   ops faults DIR	measure what one fault that adds text to a view costs, in
 *			isolated cgroups made below the cgroup DIR
 *   ops nothing	end at once (what the operation vfork+exec executes)
 *
 * Made for a guest of one CPU under QEMU's -icount shift=0, where the time
 * stamp counter counts instructions, user's and kernel's; the row "calibration"
 * shows whether it does.  Each sample is a batch of operations between two
 * readings of the counter, less the same batch with an empty body.  The median
 * of many samples leaves out what timer ticks and other tasks added to a few.
 *
 * One line for each operation:
 *   NAME MEDIAN MIN MAX SAMPLES FAULTS
 * per operation and in instructions; FAULTS is by how much code_faults and
 * icall_faults of the own cgroup rose while all samples were taken, after the
 * warm-up, "-" where there is no sci.stat.  A series with faults was not warm: it
 * is taken again, MAX_SERIES times at most.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MAX_SERIES	10

#define MUST(cond)							\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "ops: %s:%d: not true: %s (%s)\n", \
				__FILE__, __LINE__, #cond, strerror(errno)); \
			_exit(1);					\
		}							\
	} while (0)

static char *self;	/* path of this program */

static inline uint64_t counter(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* System calls without the C library's wrappers, so that all have the same overhead. */
static inline long sys(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long sys4(long nr, long a, long b, long c, long d)
{
	register long r10 asm("r10") = d;
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
		     : "rcx", "r11", "memory");
	return ret;
}

/* ------------------------------------------------------------------ */
/* the operations */

static int zero_fd, data_fd, pipe_fds[2], ping_fds[2], pong_fds[2];
static char buffer[65536];
static char file_name[] = "/tmp/ops-file";

static void op_getppid(void)
{
	sys(SYS_getppid, 0, 0, 0);
}

static void setup_read(void)
{
	zero_fd = open("/dev/zero", O_RDONLY);
	MUST(zero_fd >= 0);
}

static void op_read(void)
{
	sys(SYS_read, zero_fd, (long)buffer, 64);
}

static void setup_pipe(void)
{
	MUST(!pipe(pipe_fds));
}

static void op_pipe(void)
{
	sys(SYS_write, pipe_fds[1], (long)buffer, 64);
	sys(SYS_read, pipe_fds[0], (long)buffer, 64);
}

static void setup_open(void)
{
	int fd = open(file_name, O_WRONLY | O_CREAT, 0600);

	MUST(fd >= 0);
	close(fd);
}

static void op_open(void)
{
	sys(SYS_close, sys(SYS_open, (long)file_name, O_RDONLY, 0), 0, 0);
}

static void op_mmap(void)
{
	/* 16 pages, none touched */
	void *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p, 65536);
}

/* a file with content in the page cache, on disk and on tmpfs */
static void fill(int fd)
{
	MUST(fd >= 0);
	MUST(write(fd, buffer, sizeof(buffer)) == sizeof(buffer));
	data_fd = fd;
}

static void setup_file(void)
{
	fill(open("/var/ops-file", O_RDWR | O_CREAT | O_TRUNC, 0600));
}

static void setup_tmpfs(void)
{
	fill(memfd_create("ops", 0));
}

static void close_data(void)
{
	close(data_fd);
}

static void op_read_4k(void)
{
	sys4(SYS_pread64, data_fd, (long)buffer, 4096, 0);
}

static void op_read_64k(void)
{
	sys4(SYS_pread64, data_fd, (long)buffer, 65536, 0);
}

static void op_write_4k(void)
{
	sys4(SYS_pwrite64, data_fd, (long)buffer, 4096, 0);
}

static void op_write_64k(void)
{
	sys4(SYS_pwrite64, data_fd, (long)buffer, 65536, 0);
}

/* 64 page faults, and their pages given back */
static void op_faults(void)
{
	char *p = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	for (i = 0; i < 64; i++)
		*(volatile char *)(p + i * 4096L) = 1;
	munmap(p, 64 * 4096);
}

static void setup_ping_pong(void)
{
	pid_t pid;
	char c;

	MUST(!pipe(ping_fds) && !pipe(pong_fds));
	pid = fork();
	MUST(pid >= 0);
	if (pid) {
		close(ping_fds[0]);
		close(pong_fds[1]);
		return;
	}
	close(ping_fds[1]);
	close(pong_fds[0]);
	while (sys(SYS_read, ping_fds[0], (long)&c, 1) == 1)
		sys(SYS_write, pong_fds[1], (long)&c, 1);
	_exit(0);
}

static void op_ping_pong(void)
{
	sys(SYS_write, ping_fds[1], (long)buffer, 1);
	sys(SYS_read, pong_fds[0], (long)buffer, 1);
}

static void teardown_ping_pong(void)
{
	close(ping_fds[1]);
	close(pong_fds[0]);
	MUST(wait(NULL) > 0);
}

static void op_fork(void)
{
	long pid = sys(SYS_fork, 0, 0, 0);

	if (!pid)
		sys(SYS_exit_group, 0, 0, 0);
	waitpid(pid, NULL, 0);
}

static void op_exec(void)
{
	char *argv[] = { self, "nothing", NULL };
	char *envp[] = { NULL };
	pid_t pid = vfork();

	if (!pid) {
		execve(self, argv, envp);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

/* 100 instructions, to see that the counter counts them */
static void op_calibration(void)
{
	asm volatile(".rept 100\n\tnop\n\t.endr");
}

/* one instruction with 4096 repetitions, as the kernel's clear_page() */
static void op_rep(void)
{
	void *to = buffer;
	long n = 4096;

	asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory");
}

/* bench/pages has to be loaded */
static void setup_pages(void)
{
	data_fd = open("/proc/bench_pages", O_WRONLY);
	MUST(data_fd >= 0);
}

static void op_kernel_pages(void)
{
	sys(SYS_write, data_fd, (long)"k", 1);
}

static void op_user_pages(void)
{
	sys(SYS_write, data_fd, (long)"u", 1);
}

static void op_empty(void)
{
}

static const struct op {
	const char *name;
	void (*run)(void);
	void (*setup)(void);
	void (*teardown)(void);
	int batch, samples;
} ops[] = {
	{ "calibration", op_calibration, NULL, NULL, 1000, 101 },
	{ "calibration-rep", op_rep, NULL, NULL, 10, 101 },
	{ "getppid", op_getppid, NULL, NULL, 500, 201 },
	{ "read-64", op_read, setup_read, NULL, 500, 201 },
	{ "pipe-write-read", op_pipe, setup_pipe, NULL, 100, 201 },
	{ "open-close", op_open, setup_open, NULL, 50, 201 },
	{ "mmap-munmap", op_mmap, NULL, NULL, 25, 201 },
	{ "file-read-4k", op_read_4k, setup_file, close_data, 50, 201 },
	{ "file-read-64k", op_read_64k, setup_file, close_data, 10, 201 },
	{ "file-write-4k", op_write_4k, setup_file, close_data, 50, 201 },
	{ "file-write-64k", op_write_64k, setup_file, close_data, 10, 201 },
	{ "tmpfs-read-4k", op_read_4k, setup_tmpfs, close_data, 50, 201 },
	{ "tmpfs-read-64k", op_read_64k, setup_tmpfs, close_data, 10, 201 },
	{ "tmpfs-write-4k", op_write_4k, setup_tmpfs, close_data, 50, 201 },
	{ "tmpfs-write-64k", op_write_64k, setup_tmpfs, close_data, 10, 201 },
	{ "64-page-faults", op_faults, NULL, NULL, 5, 201 },
	{ "kernel-pages", op_kernel_pages, setup_pages, close_data, 1, 201 },
	{ "user-pages", op_user_pages, setup_pages, close_data, 1, 201 },
	{ "ping-pong", op_ping_pong, setup_ping_pong, teardown_ping_pong, 20, 201 },
	{ "fork-exit-wait", op_fork, NULL, NULL, 1, 201 },
	{ "vfork-exec", op_exec, NULL, NULL, 1, 201 },
};

/* ------------------------------------------------------------------ */
/* measuring */

static uint64_t __attribute__((noinline)) sample(void (*run)(void), int batch)
{
	uint64_t begin = counter();
	int i;

	for (i = 0; i < batch; i++)
		run();
	return counter() - begin;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The sci.stat of the own cgroup, or -1. */
static int open_stat(void)
{
	char line[PATH_MAX], path[PATH_MAX + 64];
	FILE *f = fopen("/proc/self/cgroup", "r");
	int fd = -1;

	MUST(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3))
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/sci.stat", line + 3);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	fclose(f);
	return fd;
}

static long long stat_value(int fd, const char *key)
{
	char text[4096], *p;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	MUST(n > 0);
	text[n] = '\0';
	p = strstr(text, key);
	MUST(p && p[strlen(key)] == ' ');
	return atoll(p + strlen(key));
}

/* On pages of text, and on indirect calls: a warm system call has neither. */
static long long all_faults(int fd)
{
	return stat_value(fd, "code_faults") + stat_value(fd, "icall_faults");
}

static void measure(const struct op *op, int stat_fd)
{
	static uint64_t samples[1024];
	uint64_t empty = UINT64_MAX, one;
	long long faults = 0, windows = 0;
	int series, i;

	MUST(op->samples <= (int)ARRAY_SIZE(samples));
	for (i = 0; i < 20; i++) {
		one = sample(op_empty, op->batch);
		if (one < empty)
			empty = one;
	}
	if (op->setup)
		op->setup();
	/* three times what is measured later, so that slow paths are warm as well */
	for (i = 0; i < 3 * op->samples; i++)
		sample(op->run, op->batch);
	for (series = 0; series < MAX_SERIES; series++) {
		if (stat_fd >= 0) {
			all_faults(stat_fd);
			faults = all_faults(stat_fd);
			windows = stat_value(stat_fd, "windows");
		}
		for (i = 0; i < op->samples; i++)
			samples[i] = sample(op->run, op->batch) - empty;
		if (stat_fd >= 0) {
			windows = stat_value(stat_fd, "windows") - windows;
			faults = all_faults(stat_fd) - faults;
		}
		if (!faults)
			break;
	}
	if (op->teardown)
		op->teardown();

	qsort(samples, op->samples, sizeof(samples[0]), compare);
	printf("%s %.1f %.1f %.1f %d ", op->name,
	       (double)samples[op->samples / 2] / op->batch,
	       (double)samples[0] / op->batch,
	       (double)samples[op->samples - 1] / op->batch, op->samples);
	if (stat_fd >= 0)
		printf("%lld %.1f\n", faults, (double)windows / op->samples / op->batch);
	else
		puts("- -");
	fflush(stdout);
}

static int run(int argc, char **argv)
{
	int stat_fd = open_stat(), i;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(ops); k++) {
		bool wanted = argc == 0;

		for (i = 0; i < argc; i++)
			if (!strcmp(argv[i], ops[k].name))
				wanted = true;
		if (wanted)
			measure(&ops[k], stat_fd);
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* enabling */

static void put(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY);
	MUST(fd >= 0);
	MUST(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* The dead leave their cgroup a moment after their parent knows. */
static void remove_cgroup(const char *dir)
{
	int i;

	for (i = 0; rmdir(dir); i++) {
		MUST(errno == EBUSY && i < 1000);
		usleep(1000);
	}
}

static uint64_t enable_once(const char *dir, int tasks)
{
	char path[PATH_MAX], text[32];
	pid_t pids[100];
	uint64_t begin, end;
	int fd, i;

	MUST(!mkdir(dir, 0755));
	for (i = 0; i < tasks; i++) {
		pids[i] = fork();
		MUST(pids[i] >= 0);
		if (!pids[i]) {
			pause();
			_exit(1);
		}
		snprintf(text, sizeof(text), "%d", pids[i]);
		put(dir, "cgroup.procs", text);
	}
	snprintf(path, sizeof(path), "%s/sci.enabled", dir);
	fd = open(path, O_WRONLY);
	MUST(fd >= 0);
	begin = counter();
	MUST(sys(SYS_write, fd, (long)"1", 1) == 1);
	end = counter();
	close(fd);
	for (i = 0; i < tasks; i++) {
		kill(pids[i], SIGKILL);
		MUST(waitpid(pids[i], NULL, 0) == pids[i]);
	}
	remove_cgroup(dir);
	return end - begin;
}

static int enable(const char *parent)
{
	static const int tasks[] = { 0, 1, 100 };
	uint64_t samples[11];
	char dir[PATH_MAX - 64];
	size_t k, i;

	snprintf(dir, sizeof(dir), "%s/ops-enable", parent);
	for (k = 0; k < ARRAY_SIZE(tasks); k++) {
		enable_once(dir, tasks[k]);
		for (i = 0; i < ARRAY_SIZE(samples); i++)
			samples[i] = enable_once(dir, tasks[k]);
		qsort(samples, ARRAY_SIZE(samples), sizeof(samples[0]), compare);
		printf("enable-%d-tasks %llu %llu %llu %zu -\n", tasks[k],
		       (unsigned long long)samples[ARRAY_SIZE(samples) / 2],
		       (unsigned long long)samples[0],
		       (unsigned long long)samples[ARRAY_SIZE(samples) - 1],
		       ARRAY_SIZE(samples));
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* faults */

/*
 * In a new isolated cgroup: what the first open and close of a file take more than
 * later ones, for each fault.  The views are there before, with the text that an open
 * and a close take that fail at once.
 */
static double faults_once(const char *dir)
{
	uint64_t cold, warm = UINT64_MAX, one;
	long long faults;
	char text[32];
	int fd, i;

	snprintf(text, sizeof(text), "%d", getpid());
	put(dir, "cgroup.procs", text);
	fd = open_stat();
	MUST(fd >= 0);
	MUST(sys(SYS_open, (long)"", O_RDONLY, 0) == -ENOENT);
	MUST(sys(SYS_close, -1, 0, 0) == -EBADF);
	stat_value(fd, "code_faults");
	faults = stat_value(fd, "code_faults");
	cold = sample(op_open, 1);
	faults = stat_value(fd, "code_faults") - faults;
	for (i = 0; i < 20; i++) {
		one = sample(op_open, 1);
		if (one < warm)
			warm = one;
	}
	MUST(faults > 0);
	return (double)(cold - warm) / faults;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int measure_faults(const char *parent)
{
	char dir[PATH_MAX - 64];
	double samples[11];
	int fds[2], i, k;
	pid_t pid;

	setup_open();
	MUST(!pipe(fds));
	snprintf(dir, sizeof(dir), "%s/ops-faults", parent);
	for (i = 0; i < (int)ARRAY_SIZE(samples); i++) {
		MUST(!mkdir(dir, 0755));
		put(dir, "sci.enabled", "1");
		pid = fork();
		MUST(pid >= 0);
		if (!pid) {
			samples[i] = faults_once(dir);
			MUST(write(fds[1], &samples[i], sizeof(samples[i])) == sizeof(samples[i]));
			_exit(0);
		}
		MUST(waitpid(pid, &k, 0) == pid && k == 0);
		MUST(read(fds[0], &samples[i], sizeof(samples[i])) == sizeof(samples[i]));
		remove_cgroup(dir);
	}
	qsort(samples, ARRAY_SIZE(samples), sizeof(samples[0]), compare_doubles);
	printf("verified-fault %.1f %.1f %.1f %zu -\n", samples[ARRAY_SIZE(samples) / 2],
	       samples[0], samples[ARRAY_SIZE(samples) - 1], ARRAY_SIZE(samples));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return 0;
	self = realpath(argv[0], NULL);
	MUST(self);
	if (argc >= 2 && !strcmp(argv[1], "run"))
		return run(argc - 2, argv + 2);
	if (argc == 3 && !strcmp(argv[1], "enable"))
		return enable(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "faults"))
		return measure_faults(argv[2]);
	fprintf(stderr, "usage: ops run [NAME...] | ops enable CGROUP | ops faults CGROUP\n");
	return 2;
}
