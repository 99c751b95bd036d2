// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System calls under interruption: a timer that fires every half millisecond, two
 * busy processes on each CPU, and a task that changes CPU all the time.
 */
#include "check.h"
#include <sched.h>
#include <sys/time.h>

static volatile sig_atomic_t ticks;

static void tick(int sig)
{
	(void)sig;
	ticks++;
	syscall(SYS_getppid);
}

static void one_round(int *fds, unsigned int i)
{
	unsigned int in = i, out = 0;
	int fd;

	CHECK(write(fds[1], &in, sizeof(in)) == sizeof(in));
	CHECK(read(fds[0], &out, sizeof(out)) == sizeof(out) && out == i);
	CHECK(syscall(SYS_getppid) > 0);
	fd = open("/proc/self/stat", O_RDONLY);
	CHECK(fd >= 0 && read(fd, &out, 1) == 1 && !close(fd));
}

static void run_under(int which, int sig)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, off = { 0 };
	struct sigaction sa = { .sa_handler = tick, .sa_flags = SA_RESTART };
	int fds[2];

	CHECK(!pipe(fds));
	CHECK(!sigaction(sig, &sa, NULL));
	CHECK(!setitimer(which, &often, NULL));
	for (unsigned int i = 0; ticks < 400; i++)
		one_round(fds, i);
	CHECK(!setitimer(which, &off, NULL));
}

static void itimer_real(void)
{
	run_under(ITIMER_REAL, SIGALRM);
}

static void itimer_prof(void)
{
	run_under(ITIMER_PROF, SIGPROF);
}

/* A sleep that the timer interrupts says EINTR and how much is left. */
static void interrupted_sleep(void)
{
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	struct sigaction sa = { .sa_handler = tick };
	struct itimerval off = { 0 };
	struct timespec ts = { 1000, 0 };

	CHECK(!sigaction(SIGALRM, &sa, NULL));
	CHECK(!setitimer(ITIMER_REAL, &often, NULL));
	for (int i = 0; i < 100; i++) {
		struct timespec before = ts;

		CHECK_ERRNO(nanosleep(&ts, &ts), EINTR);
		CHECK(ts.tv_sec < before.tv_sec || ts.tv_nsec <= before.tv_nsec);
	}
	CHECK(ts.tv_sec < 1000);
	CHECK(!setitimer(ITIMER_REAL, &off, NULL));
	ts = (struct timespec){ 0, 1000000 };
	CHECK(!nanosleep(&ts, &ts));
}

/* More runnable processes than CPUs: system calls are preempted in the middle. */
static void preempted(void)
{
	pid_t pids[4];

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			double end = now() + 1.5;
			int fds[2];

			CHECK(!pipe(fds));
			for (unsigned int n = 0; now() < end; n++)
				one_round(fds, n);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EXIT(pids[i], 0);
}

static void set_cpu(pid_t pid, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(pid, sizeof(set), &set));
}

/* The task moves itself to another CPU, and the parent moves it too. */
static void migrated(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double end = now() + 1.5;
	pid_t pid;

	CHECK(cpus > 1);
	pid = fork();
	if (!pid) {
		int fds[2];

		CHECK(!pipe(fds));
		for (unsigned int i = 0; now() < end; i++) {
			one_round(fds, i);
			if (i % 4 == 0)
				set_cpu(0, i / 4 % cpus);
		}
		_exit(0);
	}
	for (unsigned int i = 0; now() < end - 0.2; i++) {
		set_cpu(pid, i % cpus);
		sleep_ms(1);
	}
	CHECK_EXIT(pid, 0);
}

static const struct test_case cases[] = {
	{ "itimer_real", itimer_real },
	{ "itimer_prof", itimer_prof },
	{ "interrupted_sleep", interrupted_sleep },
	{ "preempted", preempted },
	{ "migrated", migrated },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
