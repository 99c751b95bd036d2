// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keeper KIND - keep a secret, for others to find
 *
 * Prints where it is, as tests/modules/sci_attack wants to be told, and what it is, a
 * random number:
 *
 *	user:812:0x7f1c2a000000 11400714819323198485
 *
 * With each line on standard input it says whether the secret is "intact" or "changed",
 * until the end of the input.  KIND:
 *
 *   anon      anonymous memory
 *   file      page cache of a file on the root file system
 *   shmem     ... of a memfd
 *   pipe      what is in a pipe
 *   huge      a huge page; hugetlb: one of hugetlbfs
 *   stack     the kernel stack of this process, which has it as an argument
 *   cow       a page that was shared with the parent until it was written
 *   swap      a page that was swapped out, then in (there must be swap space)
 *   migrate   a page that compaction has moved
 *   collapse  a page that has become part of a huge one
 *   split     a page that has been part of a huge one
 *   reused    a page that had been another process's
 *   image     a page among those of the kernel's image, which it has given back
 *
 * A kind that does not come about, because nothing was moved, say, is an error.
 */
#include "check.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define PAGE		4096UL
#define HUGE_PAGE	(2UL << 20)

#define PM_PRESENT	(1ULL << 63)
#define PM_SWAPPED	(1ULL << 62)
#define PM_PFN		((1ULL << 55) - 1)

static uint64_t secret;
static volatile uint64_t *place;	/* NULL: not in memory of ours */
static int pipe_ends[2], file = -1;

static uint64_t pagemap(const volatile void *addr)
{
	static pid_t whose;
	static int fd = -1;
	uint64_t entry;

	if (whose != getpid()) {
		whose = getpid();
		fd = open("/proc/self/pagemap", O_RDONLY);
		CHECK(fd >= 0);
	}
	CHECK(pread(fd, &entry, 8, (uintptr_t)addr / PAGE * 8) == 8);
	return entry;
}

static uint64_t frame(const volatile void *addr)
{
	uint64_t entry = pagemap(addr);

	CHECK(entry & PM_PRESENT && entry & PM_PFN);
	return entry & PM_PFN;
}

/* Of small pages, unless told otherwise; aligned to huge ones. */
static char *map(size_t bytes)
{
	char *p = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	p = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & -HUGE_PAGE);
	CHECK(!madvise(p, bytes, MADV_NOHUGEPAGE));
	return p;
}

static void keep_in(void *p)
{
	place = (uint64_t *)((char *)p + 0x123 * 8);
	*place = secret;
}

static unsigned long kib_of_huge_pages(const void *addr)
{
	unsigned long start, end, kib = 0;
	bool here = false;
	char line[512];
	FILE *f = fopen("/proc/self/smaps", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (uintptr_t)addr && (uintptr_t)addr < end;
		else if (here && sscanf(line, "AnonHugePages: %lu", &kib) == 1)
			break;
	}
	fclose(f);
	return kib;
}

static void *huge_page(void)
{
	char *p = map(HUGE_PAGE);

	CHECK(!madvise(p, HUGE_PAGE, MADV_HUGEPAGE));
	memset(p, 1, HUGE_PAGE);
	CHECK(kib_of_huge_pages(p));
	return p;
}

static void anon(void)
{
	keep_in(map(PAGE));
}

static void in_file(void)
{
	char path[] = "/var/tmp/keeper.XXXXXX", *p;

	file = mkstemp(path);
	CHECK(file >= 0 && !unlink(path));
	CHECK(!ftruncate(file, PAGE));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
	CHECK(p != MAP_FAILED);
	CHECK(pwrite(file, &secret, 8, 0x123 * 8) == 8);
	CHECK(!fsync(file));
	place = (uint64_t *)(p + 0x123 * 8);
}

static void in_shmem(void)
{
	char *p;

	file = memfd_create("keeper", 0);
	CHECK(file >= 0 && !ftruncate(file, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(p != MAP_FAILED);
	keep_in(p);
}

static void in_pipe(void)
{
	CHECK(!pipe(pipe_ends));
	CHECK(write(pipe_ends[1], &secret, 8) == 8);
}

static void huge(void)
{
	keep_in((char *)huge_page() + HUGE_PAGE / 2);
}

static void hugetlb(void)
{
	char *p;

	CHECK(!put_file("/proc/sys/vm/nr_hugepages", "4"));
	p = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	CHECK(p != MAP_FAILED);
	keep_in(p + HUGE_PAGE / 2);
}

static void on_stack(void)
{
}

/* The parent waits for the child, and is not heard of again. */
static void cow(void)
{
	char *p = map(PAGE);
	uint64_t before;
	pid_t pid;

	memset(p, 1, PAGE);
	before = frame(p);
	pid = fork();
	CHECK(pid >= 0);
	if (pid) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		CHECK_EXIT(pid, 0);
		exit(0);
	}
	CHECK(frame(p) == before);
	keep_in(p);
	CHECK(frame(p) != before);
}

static void swap(void)
{
	char *p = map(PAGE);

	keep_in(p);
	for (int i = 0; !(pagemap(p) & PM_SWAPPED); i++) {
		CHECK(i < 100);
		CHECK(!madvise(p, PAGE, MADV_PAGEOUT));
		sleep_ms(50);
	}
	CHECK(*place == secret);
	CHECK(pagemap(p) & PM_PRESENT);
}

/* Of two pages one is given back, so that there is something to compact, and room. */
static void migrate(void)
{
	const unsigned int count = 16384;
	uint64_t *before = malloc(count * sizeof(*before));
	char *p = map(count * PAGE);
	unsigned int i, try;

	CHECK(before);
	memset(p, 1, count * PAGE);
	/* nor shall page cache take the room */
	sync();
	CHECK(!put_file("/proc/sys/vm/drop_caches", "1"));
	/* what CPUs keep for themselves, compaction does not see */
	CHECK(!put_file("/proc/sys/vm/percpu_pagelist_high_fraction", "1000"));
	for (i = 0; i < count; i++)
		if (i % 2)
			CHECK(!madvise(p + i * PAGE, PAGE, MADV_DONTNEED));
	for (i = 0; i < count; i += 2) {
		keep_in(p + i * PAGE);
		before[i] = frame(p + i * PAGE);
	}
	for (try = 0; try < 20; try++) {
		CHECK(!put_file("/proc/sys/vm/compact_memory", "1"));
		for (i = 0; i < count; i += 2) {
			place = (uint64_t *)(p + i * PAGE + 0x123 * 8);
			if (*place == secret && frame(p + i * PAGE) != before[i]) {
				CHECK(!put_file("/proc/sys/vm/percpu_pagelist_high_fraction", "0"));
				return;
			}
		}
		sleep_ms(100);
	}
	fail("compaction has not moved any of %u pages", count / 2);
}

static void collapse(void)
{
	char *p = map(HUGE_PAGE);
	uint64_t before;

	memset(p, 1, HUGE_PAGE);
	CHECK(!kib_of_huge_pages(p));
	keep_in(p + HUGE_PAGE / 2);
	before = frame(place);
	CHECK(!madvise(p, HUGE_PAGE, MADV_HUGEPAGE));
	CHECK(!madvise(p, HUGE_PAGE, MADV_COLLAPSE));
	CHECK(kib_of_huge_pages(p));
	CHECK(frame(place) != before);
}

static void split(void)
{
	char *p = huge_page(), request[64];

	keep_in(p + HUGE_PAGE / 2);
	snprintf(request, sizeof(request), "%d,0x%lx,0x%lx", getpid(),
		 (unsigned long)p, (unsigned long)p + HUGE_PAGE);
	CHECK(!put_file("/sys/kernel/debug/split_huge_pages", request));
	CHECK(!kib_of_huge_pages(p));
	CHECK(*place == secret);
}

/* The process whose pages these were has ended. */
static void reused(void)
{
	const unsigned int count = 1024;
	uint64_t *frames = mmap(NULL, count * 8, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i, j, try;
	cpu_set_t cpu;
	pid_t pid;

	CHECK(frames != MAP_FAILED);
	/* each CPU keeps some for itself */
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	CHECK(!sched_setaffinity(0, sizeof(cpu), &cpu));
	for (try = 0; try < 20; try++) {
		char *p;

		pid = fork();
		CHECK(pid >= 0);
		if (!pid) {
			p = map(count * PAGE);
			memset(p, 1, count * PAGE);
			for (i = 0; i < count; i++)
				frames[i] = frame(p + i * PAGE);
			_exit(0);
		}
		CHECK_EXIT(pid, 0);
		p = map(count * PAGE);
		memset(p, 2, count * PAGE);
		for (i = 0; i < count; i++) {
			uint64_t f = frame(p + i * PAGE);

			for (j = 0; j < count; j++) {
				if (frames[j] == f) {
					keep_in(p + i * PAGE);
					return;
				}
			}
		}
	}
	fail("none of the pages has come back");
}

/* Many of these pages become page cache when the machine starts. */
static void in_image(void)
{
	const unsigned int count = 65536;
	unsigned long start, end, first = -1, last = 0;
	char *p = map(count * PAGE), line[256], what[64];
	FILE *f = fopen("/proc/iomem", "r");

	CHECK(f);
	CHECK(!put_file("/proc/sys/vm/drop_caches", "1"));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %lx-%lx : Kernel %63s", &start, &end, what) != 3)
			continue;
		if (start < first)
			first = start;
		if (end > last)
			last = end;
	}
	fclose(f);
	CHECK(first < last);
	for (unsigned int i = 0; i < count; i++) {
		unsigned long addr;

		p[i * PAGE] = 1;
		addr = frame(p + i * PAGE) * PAGE;
		if (first <= addr && addr < last) {
			keep_in(p + i * PAGE);
			return;
		}
	}
	fail("none of %u pages is between %#lx and %#lx", count, first, last);
}

static bool intact(void)
{
	uint64_t seen;

	if (pipe_ends[1]) {
		CHECK(read(pipe_ends[0], &seen, 8) == 8);
		CHECK(write(pipe_ends[1], &seen, 8) == 8);
		return seen == secret;
	}
	if (file >= 0) {
		CHECK(pread(file, &seen, 8, 0x123 * 8) == 8);
		if (seen != secret)
			return false;
	}
	return !place || *place == secret;
}

int main(int argc, char **argv)
{
	static const struct test_case kinds[] = {
		{ "anon", anon },	{ "file", in_file },	{ "shmem", in_shmem },
		{ "pipe", in_pipe },	{ "huge", huge },	{ "hugetlb", hugetlb },
		{ "stack", on_stack },	{ "cow", cow },		{ "swap", swap },
		{ "migrate", migrate },	{ "collapse", collapse }, { "split", split },
		{ "reused", reused },	{ "image", in_image },
	};
	size_t i;
	char c;

	CHECK(argc == 2);
	CHECK(getrandom(&secret, sizeof(secret), 0) == sizeof(secret));
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, argv[1]))
			break;
	if (i == ARRAY_SIZE(kinds))
		fail("no such kind: %s", argv[1]);
	kinds[i].run();

	if (place)
		printf("user:%d:%p", getpid(), (void *)place);
	else if (pipe_ends[1])
		printf("pipe:%d:%d", getpid(), pipe_ends[0]);
	else
		printf("stack:%d:0", getpid());
	printf(" %llu\n", (unsigned long long)secret);
	fflush(stdout);

	/* the secret is an argument that read(2) does not have */
	while (syscall(SYS_read, STDIN_FILENO, &c, 1, secret) == 1) {
		if (c != '\n')
			continue;
		puts(intact() ? "intact" : "changed");
		fflush(stdout);
	}
	return 0;
}
