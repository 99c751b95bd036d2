// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that share a memory map.
 *
 * One entry of the top-level page table covers 512 GiB.  A whole such slot
 * that comes or goes, while other threads are in system calls, is where a copy
 * of the table can be late: the kernel must see new mappings, must not see
 * old ones, and the data must be right.
 */
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define SLOT		(1UL << 39)
#define FIRST_SLOT	20
#define LAST_SLOT	180
#define THREADS		8
#define STORM_SECONDS	2.5

static volatile bool stop;

static void *map_at(unsigned long addr, size_t size, int extra)
{
	return mmap((void *)addr, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | extra, -1, 0);
}

static void start(pthread_t *t, void *(*fn)(void *), void *arg)
{
	int err = pthread_create(t, NULL, fn, arg);

	if (err)
		fail("pthread_create: %s", strerror(err));
}

/* The kernel writes to addr first, then reads it back. */
static void kernel_touches(int *fds, unsigned long *addr, unsigned long value)
{
	unsigned long copy = 0;

	CHECK(write(fds[1], &value, sizeof(value)) == sizeof(value));
	CHECK(read(fds[0], addr, sizeof(value)) == sizeof(value));
	CHECK(*addr == value);
	CHECK(write(fds[1], addr, sizeof(value)) == sizeof(value));
	CHECK(read(fds[0], &copy, sizeof(copy)) == sizeof(copy) && copy == value);
}

static void *slot_storm(void *arg)
{
	unsigned long id = (unsigned long)arg;
	unsigned long count = 0;
	unsigned int seed = id;
	int fds[2];

	CHECK(!pipe(fds));
	while (!stop || count <= 10) {
		unsigned long slot = FIRST_SLOT + rand_r(&seed) % (LAST_SLOT - FIRST_SLOT);
		unsigned long addr = slot * SLOT + (rand_r(&seed) % 64) * 4096;
		void *p = map_at(addr, 4096, MAP_FIXED_NOREPLACE);

		if (p == MAP_FAILED) {
			CHECK(errno == EEXIST);
			continue;
		}
		CHECK(p == (void *)addr);
		kernel_touches(fds, p, (id << 32) + ++count);
		CHECK(!munmap(p, 4096));
	}
	return NULL;
}

static void slots(void)
{
	pthread_t t[THREADS];

	for (unsigned long i = 0; i < THREADS; i++)
		start(&t[i], slot_storm, (void *)i);
	sleep_ms(STORM_SECONDS * 1000);
	stop = true;
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_join(t[i], NULL));
}

static void *caller(void *arg)
{
	unsigned long word, n = 0;
	int fds[2];

	CHECK(!pipe(fds));
	while (!stop)
		kernel_touches(fds, &word, n++);
	return arg;
}

/*
 * After a slot is gone the kernel must not reach what was there, and after it
 * is back it must find zeroes: never the old pages.
 */
static void stale(void)
{
	unsigned long addr = 100 * SLOT, value = 0x5a5a5a5a5a5a5a5a, zero;
	pthread_t t[3];
	int fds[2];
	double end;

	CHECK(!pipe(fds));
	for (int i = 0; i < 3; i++)
		start(&t[i], caller, NULL);
	for (end = now() + STORM_SECONDS; now() < end;) {
		unsigned long *p = map_at(addr, 4096, MAP_FIXED_NOREPLACE);

		CHECK(p == (void *)addr);
		kernel_touches(fds, p, value);
		CHECK(!munmap(p, 4096));
		CHECK_ERRNO(write(fds[1], p, sizeof(value)), EFAULT);
		CHECK(map_at(addr, 4096, MAP_FIXED_NOREPLACE) == p);
		CHECK(write(fds[1], p, sizeof(zero)) == sizeof(zero));
		CHECK(read(fds[0], &zero, sizeof(zero)) == sizeof(zero) && zero == 0);
		CHECK(!munmap(p, 4096));
	}
	stop = true;
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_join(t[i], NULL));
}

/* Two TiB come and go at once while the other threads make system calls. */
static void huge_ranges(void)
{
	size_t size = 4 * SLOT;
	unsigned long base = 60 * SLOT;
	pthread_t t[3];
	int fds[2];
	double end;

	CHECK(!pipe(fds));
	for (int i = 0; i < 3; i++)
		start(&t[i], caller, NULL);
	for (end = now() + STORM_SECONDS; now() < end;) {
		char *p = map_at(base, size, MAP_FIXED_NOREPLACE);

		if (p == MAP_FAILED && errno == ENOMEM)
			skip("mmap of 2 TiB");
		CHECK(p == (char *)base);
		for (int i = 0; i < 4; i++)
			kernel_touches(fds, (unsigned long *)(p + i * SLOT + 8192), i + 1);
		CHECK(!munmap(p + SLOT, 2 * SLOT));
		CHECK_ERRNO(write(fds[1], p + SLOT + 8192, 8), EFAULT);
		CHECK(*(unsigned long *)(p + 3 * SLOT + 8192) == 4);
		CHECK(!munmap(p, SLOT) && !munmap(p + 3 * SLOT, SLOT));
	}
	stop = true;
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_join(t[i], NULL));
}

static void *reader_of(void *arg)
{
	unsigned long **where = arg;
	int fds[2];
	unsigned long word;

	CHECK(!pipe(fds));
	while (!stop) {
		unsigned long *p = __atomic_load_n(where, __ATOMIC_ACQUIRE);
		ssize_t ret = write(fds[1], p, sizeof(word));

		if (ret < 0) {
			CHECK(errno == EFAULT);
			continue;
		}
		CHECK(ret == sizeof(word));
		CHECK(read(fds[0], &word, sizeof(word)) == sizeof(word));
		CHECK(word == 0 || word == 0x1234);
	}
	return NULL;
}

/* Calls read memory that another thread is unmapping: data or EFAULT. */
static void racing_unmap(void)
{
	static unsigned long *where;
	unsigned long slot = 40;
	pthread_t t[4];
	double end;

	where = map_at(slot * SLOT, 4096, MAP_FIXED_NOREPLACE);
	for (int i = 0; i < 4; i++)
		start(&t[i], reader_of, &where);
	for (end = now() + STORM_SECONDS; now() < end;) {
		unsigned long *old = where;
		unsigned long *new;

		slot = slot == 40 ? 41 : 40;
		new = map_at(slot * SLOT, 4096, MAP_FIXED_NOREPLACE);
		CHECK(new != MAP_FAILED);
		*new = 0x1234;
		__atomic_store_n(&where, new, __ATOMIC_RELEASE);
		CHECK(!munmap(old, 4096));
	}
	stop = true;
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_join(t[i], NULL));
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int turn;

static void *player(void *arg)
{
	int me = (long)arg;

	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&lock);
		while (turn != me)
			pthread_cond_wait(&cond, &lock);
		turn = !me;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void futexes(void)
{
	pthread_t t[2];

	for (long i = 0; i < 2; i++)
		start(&t[i], player, (void *)i);
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_join(t[i], NULL));
}

static void *brief(void *arg)
{
	CHECK(syscall(SYS_gettid) != getpid());
	return arg;
}

static void many(void)
{
	for (int i = 0; i < 100; i++) {
		pthread_t t[8];

		for (int n = 0; n < 8; n++)
			start(&t[n], brief, NULL);
		for (int n = 0; n < 8; n++)
			CHECK(!pthread_join(t[n], NULL));
	}
}

static void *outlive(void *arg)
{
	(void)arg;
	sleep_ms(100);
	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	exit(42);
}

/* The first thread leaves; the others go on as a process. */
static void leader_first(void)
{
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t t;

			start(&t, outlive, NULL);
			pthread_exit(NULL);
		}
		CHECK_EXIT(pid, 42);
	}
}

static void *for_ever(void *arg)
{
	while (arg)
		syscall(SYS_getppid);
	return NULL;
}

static void exit_group_while_calling(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t t[4];

			for (int n = 0; n < 4; n++)
				start(&t[n], for_ever, t);
			sleep_ms(5);
			_exit(3);
		}
		CHECK_EXIT(pid, 3);
	}
}

static const struct test_case cases[] = {
	{ "slots", slots },
	{ "stale", stale },
	{ "huge_ranges", huge_ranges },
	{ "racing_unmap", racing_unmap },
	{ "futexes", futexes },
	{ "many", many },
	{ "leader_first", leader_first },
	{ "exit_group_while_calling", exit_group_while_calling },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
