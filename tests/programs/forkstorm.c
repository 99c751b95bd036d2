// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkstorm WORKERS FORKS
 *
 * Each worker forks so many children, by fork, vfork and clone of a thread in turn, and
 * then goes on until there is something to read on standard input, or its end.  A child
 * makes a few system calls and exits with a status of its own.  A fork that is refused
 * (EAGAIN, ENOMEM) is counted and tried again; a child that does not exit with its
 * status is a failure.
 */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>

struct counts {
	unsigned long forks;
	unsigned long refused;
};

static void *thread(void *arg)
{
	for (int i = 0; i < 5; i++)
		CHECK(syscall(SYS_getppid) >= 0);
	return arg;
}

static bool told_to_end(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	return poll(&in, 1, 0) == 1;
}

static void worker(unsigned int forks, struct counts *counts)
{
	unsigned int i;

	for (i = 0; i < forks || !told_to_end(); i++) {
		pid_t pid;

		if (i % 3 == 2) {
			pthread_t t;
			void *ret;
			int err = pthread_create(&t, NULL, thread, &i);

			if (err) {
				if (err != EAGAIN && err != ENOMEM)
					fail("pthread_create: %s", strerror(err));
				__atomic_fetch_add(&counts->refused, 1, __ATOMIC_RELAXED);
				continue;
			}
			CHECK(!pthread_join(t, &ret) && ret == &i);
			__atomic_fetch_add(&counts->forks, 1, __ATOMIC_RELAXED);
			continue;
		}

		pid = i % 3 ? vfork() : fork();
		if (!pid) {
			for (int n = 0; n < 5; n++)
				syscall(SYS_getppid);
			_exit(i % 120);
		}
		if (pid < 0) {
			if (errno != EAGAIN && errno != ENOMEM)
				fail("fork: %s", strerror(errno));
			__atomic_fetch_add(&counts->refused, 1, __ATOMIC_RELAXED);
			continue;
		}
		__atomic_fetch_add(&counts->forks, 1, __ATOMIC_RELAXED);
		CHECK_EXIT(pid, (int)(i % 120));
	}
}

int main(int argc, char **argv)
{
	struct counts *counts;
	int workers = argc == 3 ? atoi(argv[1]) : 0;
	pid_t pids[64];
	int bad = 0;

	if (workers < 1 || workers > (int)ARRAY_SIZE(pids))
		fail("usage: forkstorm WORKERS FORKS");
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counts != MAP_FAILED);
	for (int i = 0; i < workers; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (!pids[i]) {
			worker(atoi(argv[2]), counts);
			_exit(0);
		}
	}
	for (int i = 0; i < workers; i++) {
		int status = wait_for(pids[i]);

		if (status) {
			fprintf(stderr, "worker %d: wait status %#x\n", i, status);
			bad = 1;
		}
	}
	printf("forks %lu refused %lu\n", counts->forks, counts->refused);
	return bad || !counts->forks;
}
