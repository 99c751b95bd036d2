// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that changes under the translations which a CPU has cached.
 *
 * A page is reached in two ways: by the program itself and, as an argument of
 * a system call, by the kernel, which in an isolated system call uses another page
 * table and, where the CPU has PCIDs, another part of the TLB.  After
 * every change of the mapping both must find at once what is there now, and neither
 * may find what was there before.
 */
#include "check.h"
#include <asm/ldt.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/uio.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define ROUNDS		50

/* ------------------------------------------------------------------ */
/* access by the kernel */

static int fds[2];

/* Each process has a pipe of its own, or they would read each other's values. */
static void open_pipe(void)
{
	CHECK(!pipe(fds));
}

static uint64_t kernel_reads(const void *p)
{
	uint64_t value;

	CHECK(write(fds[1], p, sizeof(value)) == sizeof(value));
	CHECK(read(fds[0], &value, sizeof(value)) == sizeof(value));
	return value;
}

static void kernel_writes(void *p, uint64_t value)
{
	CHECK(write(fds[1], &value, sizeof(value)) == sizeof(value));
	CHECK(read(fds[0], p, sizeof(value)) == sizeof(value));
}

static void kernel_cannot_read(const void *p)
{
	CHECK_ERRNO(write(fds[1], p, sizeof(uint64_t)), EFAULT);
}

static void kernel_cannot_write(void *p)
{
	uint64_t value = 0xbad;

	CHECK(write(fds[1], &value, sizeof(value)) == sizeof(value));
	CHECK_ERRNO(read(fds[0], p, sizeof(value)), EFAULT);
	CHECK(read(fds[0], &value, sizeof(value)) == sizeof(value));
}

/* ------------------------------------------------------------------ */
/* access by the program */

static sigjmp_buf env;

static void on_fault(int sig)
{
	siglongjmp(env, sig);
}

/* Returns the signal, 0 when there was none. */
static int touch(volatile uint64_t *p, bool store)
{
	struct sigaction sa = { .sa_handler = on_fault }, segv, bus;
	int sig;

	CHECK(!sigaction(SIGSEGV, &sa, &segv) && !sigaction(SIGBUS, &sa, &bus));
	sig = sigsetjmp(env, 1);
	if (!sig) {
		if (store)
			*p = 0xbad;
		else
			(void)*p;
	}
	CHECK(!sigaction(SIGSEGV, &segv, NULL) && !sigaction(SIGBUS, &bus, NULL));
	return sig;
}

static uint64_t user_reads(const volatile void *p)
{
	return *(const volatile uint64_t *)p;
}

static void user_writes(volatile void *p, uint64_t value)
{
	*(volatile uint64_t *)p = value;
}

/* ------------------------------------------------------------------ */
/* either, in an order that differs from round to round */

static uint64_t any_reads(unsigned int by, const void *p)
{
	return by & 1 ? kernel_reads(p) : user_reads(p);
}

static void any_writes(unsigned int by, void *p, uint64_t value)
{
	if (by & 1)
		kernel_writes(p, value);
	else
		user_writes(p, value);
}

static void both_read(unsigned int by, const void *p, uint64_t value)
{
	CHECK(any_reads(by, p) == value);
	CHECK(any_reads(by + 1, p) == value);
}

/* Both can read and write there: translations for all of it are cached. */
static void both_use(unsigned int by, void *p, uint64_t value)
{
	any_writes(by, p, ~value);
	both_read(by >> 1, p, ~value);
	any_writes(by + 1, p, value);
	both_read(by >> 1, p, value);
}

static void nobody_reads(unsigned int by, void *p)
{
	if (by & 1)
		kernel_cannot_read(p);
	CHECK(touch(p, false) == SIGSEGV);
	kernel_cannot_read(p);
}

static void nobody_writes(unsigned int by, void *p)
{
	if (by & 1)
		kernel_cannot_write(p);
	CHECK(touch(p, true) == SIGSEGV);
	kernel_cannot_write(p);
}

static void *map(size_t size, int flags, int fd)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void *anonymous(size_t size)
{
	return map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* A file of one page, which begins with value. */
static int file_of(uint64_t value)
{
	int fd = memfd_create("memory", 0);

	CHECK(fd >= 0 && !ftruncate(fd, PAGE));
	CHECK(pwrite(fd, &value, sizeof(value), 0) == sizeof(value));
	return fd;
}

static uint64_t file_value(int fd)
{
	uint64_t value;

	CHECK(pread(fd, &value, sizeof(value), 0) == sizeof(value));
	return value;
}

/* The page frame; 0: none, or this process may not know. */
static uint64_t frame(const void *p)
{
	static int pagemap = -1;
	uint64_t entry;

	if (pagemap < 0)
		pagemap = open("/proc/self/pagemap", O_RDONLY);
	CHECK(pagemap >= 0);
	CHECK(pread(pagemap, &entry, 8, (uintptr_t)p / PAGE * 8) == 8);
	return entry >> 63 ? entry & ((1UL << 55) - 1) : 0;
}

/* ------------------------------------------------------------------ */
/* a mapping goes away or becomes another one */

static void unmapped(void)
{
	void *p = anonymous(PAGE);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		both_use(i, p, 100 + i);
		CHECK(!munmap(p, PAGE));
		nobody_reads(i, p);
		nobody_writes(i, p);
		CHECK(mmap(p, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
		both_read(i, p, 0);
	}
}

static void protected(void)
{
	void *p = anonymous(PAGE);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		both_use(i, p, 200 + i);
		CHECK(!mprotect(p, PAGE, PROT_READ));
		nobody_writes(i, p);
		both_read(i, p, 200 + i);
		CHECK(!mprotect(p, PAGE, PROT_NONE));
		nobody_reads(i, p);
		CHECK(!mprotect(p, PAGE, PROT_READ | PROT_WRITE));
		both_read(i, p, 200 + i);
	}
}

static void moved(void)
{
	void *p = anonymous(PAGE), *q = anonymous(PAGE), *old;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		both_use(i, p, 300 + i);
		both_use(i, q, 400 + i);
		CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
		nobody_reads(i, p);
		both_read(i, q, 300 + i);
		CHECK(mmap(p, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
		old = p;
		p = q;
		q = old;
	}
}

static void replaced(void)
{
	int a = file_of(1), b = file_of(2);
	void *p = map(PAGE, MAP_SHARED, a);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		int old = i & 1 ? b : a, new = i & 1 ? a : b;

		both_use(i, p, 500 + i);
		user_writes(p, 1);
		CHECK(pwrite(new, &(uint64_t){ 2 }, 8, 0) == 8);
		CHECK(mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, new, 0) == p);
		both_read(i, p, 2);
		both_use(i, p, 600 + i);
		CHECK(file_value(old) == 1 && file_value(new) == 600 + i);
	}
}

static void dropped(void)
{
	void *p = anonymous(PAGE);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		both_use(i, p, 700 + i);
		CHECK(!madvise(p, PAGE, MADV_DONTNEED));
		both_read(i, p, 0);
	}
}

/* The file changes, not the mapping. */
static void truncated(void)
{
	int fd = file_of(0);
	void *p = map(PAGE, MAP_SHARED, fd);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		both_use(i, p, 800 + i);
		CHECK(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
		both_read(i, p, 0);
		both_use(i, p, 900 + i);
		CHECK(!ftruncate(fd, 0));
		kernel_cannot_read(p);
		CHECK(touch(p, false) == SIGBUS);
		kernel_cannot_write(p);
		CHECK(!ftruncate(fd, PAGE));
		both_read(i, p, 0);
	}
}

/* ------------------------------------------------------------------ */
/* a page is replaced by a copy */

static void private_file(void)
{
	int fd = file_of(0x111);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		void *p = map(PAGE, MAP_PRIVATE, fd);

		both_read(i, p, 0x111);
		any_writes(i >> 1, p, 0x222 + i);
		both_read(i >> 2, p, 0x222 + i);
		both_use(i, p, 0x333);
		CHECK(file_value(fd) == 0x111);
		CHECK(!munmap(p, PAGE));
	}
}

static void zero_page(void)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		void *p = anonymous(PAGE), *q = anonymous(PAGE);

		both_read(i, p, 0);
		both_read(i, q, 0);
		any_writes(i >> 1, p, 0x444);
		both_read(i >> 2, p, 0x444);
		both_read(i >> 2, q, 0);
		CHECK(!munmap(p, PAGE) && !munmap(q, PAGE));
	}
}

static void forked(void)
{
	void *p = anonymous(PAGE);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		pid_t pid;

		both_use(i, p, 0x555);
		pid = fork();
		if (!pid) {
			open_pipe();
			both_read(i, p, 0x555);
			any_writes(i >> 1, p, 0x666);
			both_read(i >> 2, p, 0x666);
			_exit(0);
		}
		if (i & 8) {		/* here the parent makes the copy */
			both_read(i >> 2, p, 0x555);
			any_writes(i >> 1, p, 0x777);
			both_read(i, p, 0x777);
		}
		CHECK_EXIT(pid, 0);
		both_read(i, p, i & 8 ? 0x777 : 0x555);
	}
}

/* A system call that does not go through the mapping makes the copy. */
static void forced(void)
{
	int fd = file_of(0x888), mem = open("/proc/self/mem", O_RDWR);

	CHECK(mem >= 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		void *p = map(PAGE, MAP_PRIVATE, fd);
		uint64_t value = 0x999 + i;

		CHECK(!mprotect(p, PAGE, PROT_READ));
		both_read(i, p, 0x888);
		CHECK(pwrite(mem, &value, 8, (uintptr_t)p) == 8);
		both_read(i >> 1, p, value);
		nobody_writes(i, p);
		CHECK(file_value(fd) == 0x888);
		CHECK(!munmap(p, PAGE));
	}
}

/* Another process makes the copy while this one is in a system call, or is not. */
static void from_outside(void)
{
	int go[2], back[2];
	char c;

	CHECK(!pipe(go) && !pipe(back));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t value = 0xaaa, changed = 0xbbb;
		void *p = anonymous(PAGE);
		struct iovec local = { &changed, 8 }, remote = { p, 8 };
		pid_t pid;

		user_writes(p, value);
		pid = fork();
		if (!pid) {
			open_pipe();
			both_read(i, p, value);
			CHECK(write(back[1], "x", 1) == 1);
			CHECK(read(go[0], &c, 1) == 1);
			both_read(i >> 1, p, changed);
			both_use(i, p, 0xccc);
			_exit(0);
		}
		CHECK(read(back[0], &c, 1) == 1);
		CHECK(process_vm_writev(pid, &local, 1, &remote, 1, 0) == 8);
		CHECK(write(go[1], "x", 1) == 1);
		both_read(i, p, value);
		CHECK_EXIT(pid, 0);
		both_read(i, p, value);
		CHECK(!munmap(p, PAGE));
	}
}

/* ------------------------------------------------------------------ */
/* two tasks */

static void shared(void)
{
	int fd = file_of(0), go[2], back[2];
	void *p = map(PAGE, MAP_SHARED, fd);
	pid_t pid;
	char c;

	CHECK(!pipe(go) && !pipe(back));
	pid = fork();
	if (!pid) {
		open_pipe();
		/* where the parent has it, this process has something else */
		void *q = map(PAGE, MAP_SHARED, fd);

		CHECK(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			   -1, 0) == p);
		for (unsigned int i = 0; i < 4 * ROUNDS; i++) {
			CHECK(read(go[0], &c, 1) == 1);
			both_read(i >> 1, q, i % 5 ? i : 0);
			both_read(i, p, 0);
			any_writes(i, q, ~(uint64_t)i);
			CHECK(write(back[1], "x", 1) == 1);
		}
		_exit(0);
	}
	for (unsigned int i = 0; i < 4 * ROUNDS; i++) {
		any_writes(i >> 2, p, i);
		if (i % 5 == 0)
			CHECK(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					 0, PAGE));
		CHECK(write(go[1], "x", 1) == 1);
		CHECK(read(back[0], &c, 1) == 1);
		both_read(i >> 3, p, ~(uint64_t)i);
	}
	CHECK_EXIT(pid, 0);
}

static void *blocked_in;
static int blocked_fds[2];

static void *blocked_reader(void *arg)
{
	ssize_t n = read(blocked_fds[0], blocked_in, 8);

	CHECK(n == 8 || (n < 0 && errno == EFAULT));
	return n == 8 ? arg : NULL;
}

/* The memory that a system call is to write to changes while it sleeps. */
static void replaced_in_call(void)
{
	uint64_t value = 0xddd;

	CHECK(!pipe(blocked_fds));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		int old = file_of(1), new = file_of(2);
		void *p = map(PAGE, MAP_SHARED, old), *result;
		pthread_t t;

		both_use(i, p, 1);
		blocked_in = p;
		CHECK(!pthread_create(&t, NULL, blocked_reader, p));
		for (int n = 0; n < 3; n++)
			sched_yield();
		if (i % 3 == 2)
			CHECK(!munmap(p, PAGE));
		else
			CHECK(mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				   new, 0) == p);
		CHECK(write(blocked_fds[1], &value, 8) == 8);
		CHECK(!pthread_join(t, &result));
		CHECK(file_value(old) == 1);
		if (i % 3 == 2) {
			CHECK(!result && file_value(new) == 2);
			CHECK(read(blocked_fds[0], &value, 8) == 8);
		} else {
			CHECK(result && file_value(new) == value);
			both_read(i, p, value);
			CHECK(!munmap(p, PAGE));
		}
		CHECK(!close(old) && !close(new));
	}
}

/* A file of one page: the first word tells which it is, the second one is written. */
static uint64_t *current_page;
static volatile uint64_t newest;
static volatile bool done;

static void *use_page(void *arg)
{
	unsigned int by = (uintptr_t)arg;
	int own[2];
	uint64_t i;

	CHECK(!pipe(own));
	for (i = 1; !done; i++) {
		uint64_t expected = newest, value;

		if ((by + i) & 1) {
			CHECK(write(own[1], current_page, 8) == 8);
			CHECK(read(own[0], &value, 8) == 8);
			CHECK(write(own[1], &i, 8) == 8);
			CHECK(read(own[0], current_page + 1, 8) == 8);
		} else {
			value = user_reads(current_page);
			user_writes(current_page + 1, i);
		}
		if (value < expected)
			fail("page %lu, but %lu was mapped before", value, expected);
		if (i % 64 == 0)
			sched_yield();
	}
	CHECK(i > 10);
	return NULL;
}

/*
 * One thread changes the mapping, others use it, also on other CPUs.  Once the
 * change is done nobody gets at the old page any more.
 */
static void other_threads(void)
{
	enum { USERS = 3 };
	pthread_t t[USERS];
	int fd = file_of(1);

	current_page = map(PAGE, MAP_SHARED, fd);
	newest = 1;
	for (uintptr_t i = 0; i < USERS; i++)
		CHECK(!pthread_create(&t[i], NULL, use_page, (void *)i));
	for (uint64_t i = 2; i < 10 * ROUNDS; i++) {
		int old = fd;
		uint64_t word;

		fd = file_of(i);
		CHECK(mmap(current_page, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, fd, 0) == current_page);
		newest = i;
		CHECK(pread(old, &word, 8, 8) == 8);
		sched_yield();
		if (i % 16 == 0)
			sleep_ms(5);
		for (int n = 0; n < 10; n++) {
			uint64_t again;

			CHECK(pread(old, &again, 8, 8) == 8);
			CHECK(again == word);
		}
		CHECK(file_value(old) == i - 1);
		CHECK(!close(old));
	}
	done = true;
	for (int i = 0; i < USERS; i++)
		CHECK(!pthread_join(t[i], NULL));
}

/* ------------------------------------------------------------------ */
/* the kernel moves pages */

static void compacted(void)
{
	enum { PAGES = 2048 };
	char *p = anonymous(PAGES * PAGE);
	static uint64_t before[PAGES];
	unsigned int i, changed = 0;

	if (put_file("/proc/sys/vm/compact_memory", "1"))
		skip("compact_memory");
	for (int round = 0; round < 10 && !changed; round++) {
		for (i = 0; i < PAGES; i++)
			both_use(i, p + i * PAGE, i);
		for (i = 0; i < PAGES; i++)
			if (i % 4)
				CHECK(!madvise(p + i * PAGE, PAGE, MADV_DONTNEED));
		for (i = 0; i < PAGES; i += 4)
			before[i] = frame(p + i * PAGE);
		if (!before[0])
			skip("page frames");
		CHECK(!put_file("/proc/sys/vm/compact_memory", "1"));
		for (i = 0; i < PAGES; i += 4) {
			changed += frame(p + i * PAGE) != before[i];
			both_read(i >> 2, p + i * PAGE, i);
			both_use(i >> 3, p + i * PAGE, i);
		}
	}
	fprintf(stderr, "compacted: %u pages were moved\n", changed);
	CHECK(changed);
}

static void huge(void)
{
	char *room = anonymous(2 * HUGE);
	char *p = (char *)(((uintptr_t)room + HUGE - 1) & ~(HUGE - 1));

	CHECK(!madvise(p, HUGE, MADV_NOHUGEPAGE));
	for (unsigned int i = 0; i < HUGE / PAGE; i++)
		both_use(i, p + i * PAGE, i);
	CHECK(!madvise(p, HUGE, MADV_HUGEPAGE));
	if (madvise(p, HUGE, MADV_COLLAPSE))
		skip("MADV_COLLAPSE");
	for (unsigned int i = 0; i < HUGE / PAGE; i++) {
		both_read(i, p + i * PAGE, i);
		both_use(i >> 1, p + i * PAGE, ~(uint64_t)i);
	}
	/* and back: one entry becomes 512 */
	CHECK(!munmap(p + 5 * PAGE, PAGE));
	nobody_reads(0, p + 5 * PAGE);
	nobody_writes(0, p + 5 * PAGE);
	CHECK(!mprotect(p + 9 * PAGE, PAGE, PROT_READ));
	nobody_writes(1, p + 9 * PAGE);
	for (unsigned int i = 0; i < HUGE / PAGE; i++)
		if (i != 5)
			both_read(i, p + i * PAGE, ~(uint64_t)i);
}

static void merged(void)
{
	enum { PAGES = 32 };
	char *p = anonymous(PAGES * PAGE);
	unsigned int i, same = 0;

	if (!frame(&same))
		skip("page frames");
	if (put_file("/sys/kernel/mm/ksm/run", "1"))
		skip("KSM");
	CHECK(!put_file("/sys/kernel/mm/ksm/sleep_millisecs", "5"));
	for (i = 0; i < PAGES; i++)
		both_use(i, p + i * PAGE, 0xeee);
	CHECK(!madvise(p, PAGES * PAGE, MADV_MERGEABLE));
	for (int n = 0; n < 1000 && same < PAGES; n++) {
		sleep_ms(10);
		for (same = i = 0; i < PAGES; i++)
			same += frame(p + i * PAGE) == frame(p);
		for (i = 0; i < PAGES; i++)
			both_read(n, p + i * PAGE, 0xeee);
	}
	CHECK(same == PAGES);
	for (i = 0; i < PAGES; i++) {
		any_writes(i, p + i * PAGE, i);
		both_read(i >> 1, p + i * PAGE, i);
		if (i < PAGES - 1)
			both_read(i >> 1, p + (i + 1) * PAGE, 0xeee);
	}
	CHECK(!put_file("/sys/kernel/mm/ksm/run", "2"));
	for (i = 0; i < PAGES; i++)
		both_use(i, p + i * PAGE, i);
	CHECK(!put_file("/sys/kernel/mm/ksm/run", "0"));
}

/* ------------------------------------------------------------------ */
/* segments: with page table isolation the LDT has an address of each process's */

static uint64_t through_gs(void)
{
	uint64_t value;

	asm volatile("movl %%gs:0, %k0" : "=r" (value));
	return value;
}

static void set_ldt(int entry, const void *base)
{
	struct user_desc d = {
		.entry_number = entry, .base_addr = (uintptr_t)base, .limit = 0xfffff,
		.seg_32bit = 1, .limit_in_pages = 1, .useable = 1,
	};

	if (syscall(SYS_modify_ldt, 1, &d, sizeof(d)))
		skip("modify_ldt");
}

static void set_gs(int entry)
{
	asm volatile("movl %0, %%gs" : : "r" (entry << 3 | 7));
}

static void segments(void)
{
	uint64_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 64; i++)
		p[i] = i + 1;
	for (int i = 0; i < 64; i++) {
		pid_t pid;

		set_ldt(i, &p[i]);
		set_gs(i);
		CHECK(through_gs() == (uint64_t)i + 1);
		both_use(i, &p[i], i + 1);
		sched_yield();
		CHECK(through_gs() == (uint64_t)i + 1);
		if (i % 8)
			continue;
		pid = fork();
		if (!pid) {
			open_pipe();
			CHECK(through_gs() == (uint64_t)i + 1);
			set_ldt(i, &p[0]);
			set_gs(i);
			CHECK(through_gs() == 1);
			both_use(i, &p[i], 1);
			CHECK(through_gs() == 1);
			_exit(0);
		}
		CHECK_EXIT(pid, 0);
		CHECK(through_gs() == (uint64_t)i + 1);
	}
	asm volatile("movl %0, %%gs" : : "r" (0));
}

static const struct test_case cases[] = {
	{ "unmapped", unmapped },
	{ "protected", protected },
	{ "moved", moved },
	{ "replaced", replaced },
	{ "dropped", dropped },
	{ "truncated", truncated },
	{ "private_file", private_file },
	{ "zero_page", zero_page },
	{ "forked", forked },
	{ "forced", forced },
	{ "from_outside", from_outside },
	{ "shared", shared },
	{ "replaced_in_call", replaced_in_call },
	{ "other_threads", other_threads },
	{ "compacted", compacted },
	{ "huge", huge },
	{ "merged", merged },
	{ "segments", segments },
};

int main(int argc, char **argv)
{
	open_pipe();
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
