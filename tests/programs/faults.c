// SPDX-License-Identifier: GPL-2.0-or-later
/* User memory that is not there, or not yet, when a system call reaches for it. */
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <linux/userfaultfd.h>

#define PAGE	4096UL

static int zero_fd(void)
{
	int fd = open("/dev/zero", O_RDONLY);

	CHECK(fd >= 0);
	return fd;
}

static char *anonymous(size_t size, int prot)
{
	char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void lazy(void)
{
	int fd = zero_fd();

	for (int i = 0; i < 50; i++) {
		char *p = anonymous(64 * PAGE, PROT_READ | PROT_WRITE);

		CHECK(read(fd, p + 100, 60 * PAGE) == (ssize_t)(60 * PAGE));
		CHECK(p[100] == 0 && !munmap(p, 64 * PAGE));
	}
}

/* One entry of the top-level table is 512 GiB: here the kernel is the first. */
static void fresh_slot(void)
{
	int fds[2];
	pid_t pid;

	CHECK(!pipe(fds));
	pid = fork();
	if (!pid) {
		for (unsigned long slot = 10; slot < 200; slot++) {
			char *p = mmap((void *)(slot << 39), PAGE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
				       -1, 0);

			if (p == MAP_FAILED) {
				CHECK(errno == EEXIST);
				continue;
			}
			CHECK(write(fds[1], "first", 6) == 6);
			CHECK(read(fds[0], p + 10, 6) == 6);
			CHECK(!strcmp(p + 10, "first"));
		}
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
}

static void copy_on_write(void)
{
	char *p = anonymous(16 * PAGE, PROT_READ | PROT_WRITE);
	int fd = zero_fd();

	for (int i = 0; i < 20; i++) {
		pid_t pid;

		memset(p, 'x', 16 * PAGE);
		pid = fork();
		if (!pid) {
			CHECK(read(fd, p, 16 * PAGE) == (ssize_t)(16 * PAGE));
			_exit(p[5 * PAGE] == 0 ? 0 : 1);
		}
		CHECK_EXIT(pid, 0);
		CHECK(p[0] == 'x' && p[15 * PAGE] == 'x');
	}
}

static void bad_addresses(void)
{
	void *bad[] = {
		NULL, (void *)8, anonymous(PAGE, PROT_NONE),
		(void *)0xffffffff81000000UL, (void *)0xffff888000000000UL,
		(void *)0x0000800000000000UL, (void *)0x8000000000000000UL,
		(void *)-4096L, (void *)-8L,
	};
	int zero = zero_fd(), fds[2];

	CHECK(!pipe(fds));
	CHECK(write(fds[1], "data", 4) == 4);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_ERRNO(read(zero, bad[i], 8), EFAULT);
		CHECK_ERRNO(read(fds[0], bad[i], 4), EFAULT);
		CHECK_ERRNO(write(fds[1], bad[i], 8), EFAULT);
		CHECK_ERRNO(syscall(SYS_getcwd, bad[i], 4096), EFAULT);
		CHECK_ERRNO(syscall(SYS_pipe2, bad[i], 0), EFAULT);
		CHECK_ERRNO(syscall(SYS_uname, bad[i]), EFAULT);
		CHECK_ERRNO(syscall(SYS_stat, "/", bad[i]), EFAULT);
		CHECK_ERRNO(syscall(SYS_open, bad[i], O_RDONLY), EFAULT);
		CHECK_ERRNO(syscall(SYS_poll, bad[i], 1, 0), EFAULT);
		CHECK_ERRNO(syscall(SYS_execve, bad[i], NULL, NULL), EFAULT);
		if (bad[i]) {
			CHECK_ERRNO(syscall(SYS_nanosleep, bad[i], NULL), EFAULT);
			CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, bad[i], NULL, 8), EFAULT);
		}
	}
}

static void partial(void)
{
	char *p = anonymous(2 * PAGE, PROT_READ | PROT_WRITE);
	int fd = zero_fd(), fds[2];

	CHECK(!pipe(fds));
	CHECK(!mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK(read(fd, p + PAGE - 100, 200) == 100);
	CHECK(write(fds[1], p, PAGE) == (ssize_t)PAGE);
	CHECK_ERRNO(write(fds[1], p + PAGE, 1), EFAULT);
}

static void file_mapping(void)
{
	char path[] = "/tmp/faults.XXXXXX";
	int fd = mkstemp(path), fds[2], self;
	struct stat st;
	char *p;

	CHECK(fd >= 0 && !unlink(path) && !pipe(fds));
	CHECK(!ftruncate(fd, 16 * PAGE));
	p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 16; i++) {
		CHECK(pwrite(fd, "page", 4, i * PAGE) == 4);
		CHECK(write(fds[1], p + i * PAGE, 4) == 4);
		CHECK(read(fds[0], p + i * PAGE + 8, 4) == 4);
		CHECK(!memcmp(p + i * PAGE + 8, "page", 4));
	}
	CHECK(!ftruncate(fd, PAGE));
	CHECK_ERRNO(write(fds[1], p + 2 * PAGE, 4), EFAULT);

	self = open("/proc/self/exe", O_RDONLY);
	CHECK(self >= 0 && !fstat(self, &st));
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, self, 0);
	CHECK(p != MAP_FAILED);
	for (off_t at = 0; at + 4096 < st.st_size; at += 65536) {
		char buf[4096];

		CHECK(write(fds[1], p + at, 4096) == 4096);
		CHECK(read(fds[0], buf, 4096) == 4096);
		CHECK(!memcmp(buf, p + at, 4096));
	}
}

static void __attribute__((noinline)) deep(int fd, int level)
{
	char frame[32 * 1024];

	CHECK(read(fd, frame, sizeof(frame)) == sizeof(frame));
	if (level)
		deep(fd, level - 1);
	CHECK(frame[100] == 0);
}

/* The stack grows under the kernel's hands. */
static void growing_stack(void)
{
	deep(zero_fd(), 100);
}

static void zapped(void)
{
	char *p = anonymous(8 * PAGE, PROT_READ | PROT_WRITE);
	int fds[2];
	char c;

	CHECK(!pipe(fds));
	for (int i = 0; i < 100; i++) {
		memset(p, 'z', 8 * PAGE);
		CHECK(!madvise(p, 8 * PAGE, MADV_DONTNEED));
		CHECK(write(fds[1], p + 3 * PAGE, 1) == 1);
		CHECK(read(fds[0], &c, 1) == 1 && c == 0);
	}
}

static void moved(void)
{
	char *p = anonymous(4 * PAGE, PROT_READ | PROT_WRITE), *q;
	int fds[2];

	CHECK(!pipe(fds));
	for (int i = 0; i < 50; i++) {
		p[0] = i;
		q = mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			   (void *)((20UL + i) << 39));
		CHECK(q != MAP_FAILED);
		CHECK(write(fds[1], q, 1) == 1 && read(fds[0], q + PAGE, 1) == 1);
		CHECK(q[PAGE] == (char)i);
		CHECK_ERRNO(write(fds[1], p, 1), EFAULT);
		p = q;
	}
}

static void huge_page(void)
{
	size_t size = 8 << 20;
	char *p = anonymous(size, PROT_READ | PROT_WRITE);
	int fd = zero_fd();

	madvise(p, size, MADV_HUGEPAGE);
	CHECK(read(fd, p, size) == (ssize_t)size);
	memset(p, 1, size);
	CHECK(!mprotect(p + (4 << 20), PAGE, PROT_READ));
	CHECK(read(fd, p, size) == 4 << 20);
	CHECK(p[(4 << 20) - 1] == 0 && p[4 << 20] == 1);
}

static int uffd;

static void *serve(void *arg)
{
	static char page[4096] __attribute__((aligned(4096)));
	struct pollfd pfd = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	memset(page, 'u', sizeof(page));
	while (poll(&pfd, 1, -1) == 1 && read(uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		struct uffdio_copy copy = {
			.dst = msg.arg.pagefault.address & ~(PAGE - 1),
			.src = (unsigned long)page,
			.len = PAGE,
		};

		CHECK(msg.event == UFFD_EVENT_PAGEFAULT);
		CHECK(!ioctl(uffd, UFFDIO_COPY, &copy));
	}
	return arg;
}

/* A system call sleeps in a page fault until another thread brings the page. */
static void user_faults(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg;
	char *p = anonymous(32 * PAGE, PROT_READ | PROT_WRITE);
	pthread_t t;
	int fds[2];
	char c;

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		skip("userfaultfd");
	CHECK(!pipe(fds));
	CHECK(!ioctl(uffd, UFFDIO_API, &api));
	reg = (struct uffdio_register){
		.range = { (unsigned long)p, 32 * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	CHECK(!ioctl(uffd, UFFDIO_REGISTER, &reg));
	CHECK(!pthread_create(&t, NULL, serve, NULL));
	for (int i = 0; i < 32; i++) {
		CHECK(write(fds[1], p + i * PAGE + 7, 1) == 1);
		CHECK(read(fds[0], &c, 1) == 1 && c == 'u');
	}
	_exit(0);
}

static const struct test_case cases[] = {
	{ "lazy", lazy },
	{ "fresh_slot", fresh_slot },
	{ "copy_on_write", copy_on_write },
	{ "bad_addresses", bad_addresses },
	{ "partial", partial },
	{ "file_mapping", file_mapping },
	{ "growing_stack", growing_stack },
	{ "zapped", zapped },
	{ "moved", moved },
	{ "huge_page", huge_page },
	{ "user_faults", user_faults },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
