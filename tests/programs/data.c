// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * data DIR [CASE...] - user memory and page cache, as system calls see them
 *
 * All ways to move bytes between a process, a file, a pipe, a socket and another process,
 * with sizes and at offsets that do not fit pages.  All bytes are compared with what they
 * should be, and checksums are printed.  Files are made in DIR, and removed; fsx leaves
 * its file there, after 3000 operations or as many as DATA_FSX in the environment says.
 * Operations that a file system lacks are named in the output.
 */
#include "check.h"
#include <dirent.h>
#include <elf.h>
#include <arpa/inet.h>
#include <linux/aio_abi.h>
#include <linux/errqueue.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>

#define PAGE	4096UL
#define MIB	(1UL << 20)

static const size_t sizes[] = { 1, 511, PAGE - 1, PAGE, PAGE + 1, 65536, 65536 + 13, 3 * MIB + 7 };
static const size_t offsets[] = { 0, 1, PAGE - 3, 65536 - 5 };

/* The largest of both. */
#define MOST	(4 * MIB)

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fill(void *buf, size_t len, uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
	unsigned char *p = buf;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			next_random(&state);
		p[i] = state >> (i % 8 * 8);
	}
}

static uint64_t sum_of(const void *buf, size_t len, uint64_t sum)
{
	const unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 0x100000001b3ULL;
	return sum;
}

#define NO_SUM	0xcbf29ce484222325ULL

static void print_sum(const char *what, uint64_t sum)
{
	printf("%s: %016llx\n", what, (unsigned long long)sum);
}

/* The same bytes, or the first that differs is told. */
static void same(const char *what, const void *got, const void *wanted, size_t len)
{
	const unsigned char *g = got, *w = wanted;

	if (!memcmp(g, w, len))
		return;
	for (size_t i = 0; i < len; i++)
		if (g[i] != w[i])
			fail("%s: byte %zu of %zu is %#x, should be %#x", what, i, len, g[i], w[i]);
}

static void *memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void read_all(int fd, void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, (char *)buf + done, len - done);

		CHECK(n > 0);
		done += n;
	}
}

static void write_all(int fd, const void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		CHECK(n > 0);
		done += n;
	}
}

static void pread_all(int fd, void *buf, size_t len, off_t pos)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, pos + done);

		CHECK(n > 0);
		done += n;
	}
}

/* A new file; its name is gone unless it is given. */
static int new_file(const char *name, int flags)
{
	const char *path = name ? name : "data.tmp";
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);

	CHECK(fd >= 0);
	if (!name)
		CHECK(!unlink(path));
	return fd;
}

/* ------------------------------------------------------------------ */
/* files */

static void files(void)
{
	char *in = memory(MOST), *out = memory(MOST);
	uint64_t seed = 1, sum = NO_SUM;

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (size_t o = 0; o < ARRAY_SIZE(offsets); o++, seed++) {
			size_t len = sizes[s], pos = offsets[o];
			int fd = new_file(NULL, 0);

			/* the buffers are no better aligned than the file */
			fill(in + o, len, seed);
			CHECK(lseek(fd, pos, SEEK_SET) == (off_t)pos);
			write_all(fd, in + o, len);
			memset(out, 0xee, MOST);
			CHECK(pread(fd, out, pos, 0) == (ssize_t)pos);
			for (size_t i = 0; i < pos; i++)
				CHECK(!out[i]);
			pread_all(fd, out + 7, len, pos);
			same("pread", out + 7, in + o, len);
			CHECK(out[6] == (char)0xee || pos >= 7);
			CHECK(out[7 + len] == (char)0xee || 7 + len < pos);
			CHECK(lseek(fd, pos, SEEK_SET) == (off_t)pos);
			memset(out, 0, len);
			read_all(fd, out, len);
			same("read", out, in + o, len);
			CHECK(read(fd, out, 1) == 0);
			CHECK(!fdatasync(fd));
			sum = sum_of(out, len, sum);
			close(fd);
		}
	}
	print_sum("files", sum);
}

static void vectors(void)
{
	static const size_t parts[] = { 1, 4095, 0, 8192, 13, 65536, 100000, 3 };
	struct iovec iov[ARRAY_SIZE(parts)];
	char *in = memory(MIB), *out = memory(MIB);
	size_t len = 0;
	int fd = new_file(NULL, 0);

	fill(in, MIB, 77);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		iov[i] = (struct iovec){ in + len, parts[i] };
		len += parts[i];
	}
	CHECK(pwritev(fd, iov, ARRAY_SIZE(iov), 4090) == (ssize_t)len);
	/* backwards, into other parts */
	for (size_t i = 0, at = 0; i < ARRAY_SIZE(parts); i++) {
		iov[i] = (struct iovec){ out + at, parts[ARRAY_SIZE(parts) - 1 - i] };
		at += iov[i].iov_len;
	}
	CHECK(preadv(fd, iov, ARRAY_SIZE(iov), 4090) == (ssize_t)len);
	same("preadv", out, in, len);
	memset(out, 0, len);
	CHECK(preadv2(fd, iov, ARRAY_SIZE(iov), 4090, 0) == (ssize_t)len);
	same("preadv2", out, in, len);
	print_sum("vectors", sum_of(out, len, NO_SUM));
}

static void direct(void)
{
	char *in = memory(MOST), *out = memory(MOST);
	int fd = open("data.direct", O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600), buffered;
	uint64_t sum = NO_SUM;

	if (fd < 0 && errno == EINVAL) {
		printf("without O_DIRECT\n");
		return;
	}
	CHECK(fd >= 0);
	buffered = open("data.direct", O_RDWR);
	CHECK(buffered >= 0 && !unlink("data.direct"));
	for (size_t len = PAGE; len <= 2 * MIB; len *= 8) {
		for (size_t shift = 0; shift < 2048; shift += 512) {
			fill(in + shift, len, len + shift);
			CHECK(pwrite(fd, in + shift, len, 3 * PAGE) == (ssize_t)len);
			pread_all(buffered, out, len, 3 * PAGE);
			same("buffered after direct", out, in + shift, len);
			fill(in + shift, len, len + shift + 1);
			CHECK(pwrite(buffered, in + shift, len, 3 * PAGE) == (ssize_t)len);
			CHECK(pread(fd, out + shift, len, 3 * PAGE) == (ssize_t)len);
			same("direct after buffered", out + shift, in + shift, len);
			sum = sum_of(out + shift, len, sum);
		}
	}
	print_sum("direct", sum);
}

static void mapped(void)
{
	char *in = memory(MIB), *out = memory(MIB), *shared, *private;
	int fd = new_file("data.map", 0);

	fill(in, MIB, 5);
	/* of a file without a name 9p cannot */
	CHECK(!ftruncate(fd, MIB) && !unlink("data.map"));
	private = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(private != MAP_FAILED);
	shared = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED) {
		printf("without shared mappings\n");
		CHECK(errno == EINVAL || errno == ENODEV);
		return;
	}
	memcpy(shared, in, MIB);
	pread_all(fd, out, MIB, 0);
	same("read of what was stored", out, in, MIB);
	fill(in + 12345, 23456, 6);
	CHECK(pwrite(fd, in + 12345, 23456, 12345) == 23456);
	same("mapping of what was written", shared, in, MIB);
	same("private mapping", private, in, MIB);
	private[12345]++;
	same("shared beside a private copy", shared, in, MIB);
	/* the buffer of the system call is the file itself */
	CHECK(pwrite(fd, shared + PAGE + 1, 3 * PAGE, 40 * PAGE + 5) == 3 * PAGE);
	memcpy(in + 40 * PAGE + 5, in + PAGE + 1, 3 * PAGE);
	same("written from its own mapping", shared, in, MIB);
	CHECK(pread(fd, shared + 80 * PAGE + 9, 2 * PAGE, 3) == 2 * PAGE);
	memcpy(in + 80 * PAGE + 9, in + 3, 2 * PAGE);
	CHECK(!msync(shared, MIB, MS_SYNC));
	pread_all(fd, out, MIB, 0);
	same("read into its own mapping", out, in, MIB);
	shared = mremap(shared, MIB, MIB / 2, 0);
	CHECK(shared != MAP_FAILED);
	CHECK(!madvise(shared, MIB / 2, MADV_DONTNEED));
	same("after MADV_DONTNEED", shared, in, MIB / 2);
	print_sum("mapped", sum_of(out, MIB, NO_SUM));
}

static void sendfiles(void)
{
	const size_t len = MIB + 12345;
	char *in = memory(len), *out = memory(len);
	int from = new_file(NULL, 0), to = new_file("data.to", 0), sv[2], ends[2];
	off_t pos;
	pid_t pid;

	CHECK(!unlink("data.to"));
	fill(in, len, 9);
	write_all(from, in, len);
	/* to a file */
	pos = 3;
	while (pos < (off_t)len)
		CHECK(sendfile(to, from, &pos, 100001) > 0);
	pread_all(to, out, len - 3, 0);
	same("sendfile to a file", out, in + 3, len - 3);
	/* to a socket */
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	pid = fork();
	if (!pid) {
		pos = 0;
		while (pos < (off_t)len)
			CHECK(sendfile(sv[1], from, &pos, len - pos) > 0);
		_exit(0);
	}
	memset(out, 0, len);
	read_all(sv[0], out, len);
	same("sendfile to a socket", out, in, len);
	CHECK_EXIT(pid, 0);
	/* to a pipe */
	CHECK(!pipe(ends));
	pos = PAGE - 1;
	CHECK(sendfile(ends[1], from, &pos, 20000) == 20000);
	read_all(ends[0], out, 20000);
	same("sendfile to a pipe", out, in + PAGE - 1, 20000);
	print_sum("sendfiles", sum_of(out, 20000, NO_SUM));
}

static void splices(void)
{
	const size_t len = 60000;
	char *in = memory(len), *out = memory(len);
	int from = new_file(NULL, 0), to = new_file("data.to", 0), a[2], b[2];
	struct iovec iov;
	loff_t pos = 0;
	size_t n;

	CHECK(!unlink("data.to"));
	fill(in, len, 11);
	write_all(from, in, len);
	CHECK(!pipe(a) && !pipe(b));
	/* file, pipe, a second pipe, file; and the first pipe to memory */
	for (size_t done = 0; done < len; done += n) {
		n = splice(from, &pos, a[1], NULL, len - done < 4099 ? len - done : 4099, 0);
		CHECK((ssize_t)n > 0);
		CHECK(tee(a[0], b[1], n, 0) == (ssize_t)n);
		CHECK(splice(b[0], NULL, to, NULL, n, 0) == (ssize_t)n);
		read_all(a[0], out + done, n);
	}
	same("splice, then read", out, in, len);
	memset(out, 0, len);
	pread_all(to, out, len, 0);
	same("tee, then splice", out, in, len);
	/* memory, by reference */
	iov = (struct iovec){ in + 17, 50000 };
	CHECK(vmsplice(a[1], &iov, 1, 0) == 50000);
	memset(out, 0, len);
	for (size_t done = 0; done < 50000; done += n) {
		n = read(a[0], out + done, 7777);
		CHECK((ssize_t)n > 0);
	}
	same("vmsplice, then read", out, in + 17, 50000);
	iov.iov_len = 30000;
	CHECK(vmsplice(a[1], &iov, 1, SPLICE_F_GIFT) == 30000);
	pos = 5;
	for (size_t done = 0; done < 30000; done += n) {
		n = splice(a[0], NULL, to, &pos, 30000 - done, SPLICE_F_MOVE);
		CHECK((ssize_t)n > 0);
	}
	pread_all(to, out, 30000, 5);
	same("vmsplice, then splice", out, in + 17, 30000);
	/* to memory */
	write_all(a[1], in, 5000);
	iov = (struct iovec){ out + 1, 5000 };
	CHECK(vmsplice(a[0], &iov, 1, 0) == 5000);
	same("vmsplice to memory", out + 1, in, 5000);
	print_sum("splices", sum_of(out, len, NO_SUM));
}

static void copy_range(void)
{
	const size_t len = MIB + 333;
	char *in = memory(len), *out = memory(len);
	int from = new_file(NULL, 0), to = new_file("data.to", 0);
	loff_t pos = 1, at = 4091;

	CHECK(!unlink("data.to"));
	fill(in, len, 13);
	write_all(from, in, len);
	while (pos < (loff_t)len) {
		ssize_t n = copy_file_range(from, &pos, to, &at, 77777, 0);

		CHECK(n > 0);
	}
	pread_all(to, out, len - 1, 4091);
	same("copy_file_range", out, in + 1, len - 1);
	print_sum("copy_range", sum_of(out, len - 1, NO_SUM));
}

/* Directories, long links and attributes are pages, too. */
static void names(void)
{
	char target[4000], got[4001], path[64];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	CHECK(!mkdir("data.dir", 0700));
	for (int i = 0; i < 150; i++) {
		snprintf(path, sizeof(path), "data.dir/a-name-that-is-not-short-%d", i);
		CHECK(!mknod(path, S_IFREG | 0600, 0));
	}
	dir = opendir("data.dir");
	CHECK(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] == 'a';
	closedir(dir);
	CHECK(count == 150);
	for (int i = 0; i < 150; i++) {
		snprintf(path, sizeof(path), "data.dir/a-name-that-is-not-short-%d", i);
		CHECK(!unlink(path));
	}
	CHECK(!rmdir("data.dir"));

	memset(target, 'x', sizeof(target));
	target[3999] = '\0';
	CHECK(!symlink(target, "data.link"));
	CHECK(readlink("data.link", got, sizeof(got)) == 3999 && !memcmp(got, target, 3999));
	CHECK(!unlink("data.link"));

	close(new_file("data.attr", 0));
	if (setxattr("data.attr", "user.a", target, 3000, 0)) {
		CHECK(errno == EOPNOTSUPP);
		printf("without attributes\n");
	} else {
		CHECK(getxattr("data.attr", "user.a", got, sizeof(got)) == 3000);
		CHECK(!memcmp(got, target, 3000));
	}
	CHECK(!unlink("data.attr"));
}

static void aio(void)
{
	aio_context_t ctx = 0;
	char *in = memory(MIB), *out = memory(MIB);
	int fd = open("data.aio", O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	struct iocb cb[16], *cbs[16];
	struct io_event events[16];

	if (fd < 0 && errno == EINVAL) {
		printf("without O_DIRECT\n");
		return;
	}
	CHECK(fd >= 0 && !unlink("data.aio"));
	fill(in, MIB, 17);
	CHECK(!syscall(SYS_io_setup, 16, &ctx));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 16; i++) {
			memset(&cb[i], 0, sizeof(cb[i]));
			cb[i].aio_lio_opcode = round ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE;
			cb[i].aio_fildes = fd;
			cb[i].aio_buf = (uintptr_t)(round ? out : in) + i * 65536;
			cb[i].aio_nbytes = 65536;
			cb[i].aio_offset = (15 - i) * 65536;
			cbs[i] = &cb[i];
		}
		CHECK(syscall(SYS_io_submit, ctx, 16, cbs) == 16);
		CHECK(syscall(SYS_io_getevents, ctx, 16, 16, events, NULL) == 16);
		for (int i = 0; i < 16; i++)
			CHECK(events[i].res == 65536);
	}
	same("aio", out, in, MIB);
	CHECK(!syscall(SYS_io_destroy, ctx));
	print_sum("aio", sum_of(out, MIB, NO_SUM));
}

/* Files that are there, for example on a file system that is read-only. */
static void readers(void)
{
	struct dirent **list;
	int count = scandir(".", &list, NULL, alphasort), ends[2];
	uint64_t by_read = NO_SUM, by_map = NO_SUM, by_splice = NO_SUM;
	char *buf = memory(70001);

	CHECK(count > 0 && !pipe(ends));
	for (int i = 0; i < count; i++) {
		int fd = open(list[i]->d_name, O_RDONLY);
		struct stat st;
		ssize_t n;
		char *p;

		if (fd < 0)
			continue;
		CHECK(!fstat(fd, &st));
		if (!S_ISREG(st.st_mode) || !st.st_size) {
			close(fd);
			continue;
		}
		while ((n = read(fd, buf, 70001)) > 0)
			by_read = sum_of(buf, n, by_read);
		CHECK(!n);
		p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		CHECK(p != MAP_FAILED);
		by_map = sum_of(p, st.st_size, by_map);
		CHECK(!munmap(p, st.st_size));
		CHECK(!lseek(fd, 0, SEEK_SET));
		while ((n = splice(fd, NULL, ends[1], NULL, 65536, 0)) > 0) {
			read_all(ends[0], buf, n);
			by_splice = sum_of(buf, n, by_splice);
		}
		CHECK(!n);
		close(fd);
	}
	CHECK(by_read != NO_SUM && by_read == by_map && by_read == by_splice);
	print_sum("readers", by_read);
}

/* ------------------------------------------------------------------ */
/* random operations on one file, and what it should then be */

#define FSX_MAX		(512 * 1024UL)

struct fsx {
	int fd, ends[2];
	char *model, *buf, *map;
	size_t size;
	bool maps, punches;
};

/* A place and a length; within the file if @inside. */
static size_t fsx_range(struct fsx *f, uint64_t *random, bool inside, size_t *len)
{
	size_t end = inside ? f->size : FSX_MAX, pos;

	if (!end) {
		*len = 0;
		return 0;
	}
	pos = next_random(random) % end;
	*len = next_random(random) % (next_random(random) % 4 ? 9000 : 200000) + 1;
	if (*len > end - pos)
		*len = end - pos;
	return pos;
}

static void fsx_grow(struct fsx *f, size_t end)
{
	if (end > f->size)
		f->size = end;
}

static void fsx_step(struct fsx *f, uint64_t *random, unsigned int nr)
{
	unsigned int what = next_random(random) % 12;
	size_t len, pos;
	loff_t at, from;
	char name[32];

	snprintf(name, sizeof(name), "operation %u", nr);
	switch (what) {
	case 0:
	case 1:
	case 2:
		pos = fsx_range(f, random, true, &len);
		if (!len)
			return;
		pread_all(f->fd, f->buf + what, len, pos);
		same(name, f->buf + what, f->model + pos, len);
		return;
	case 3:
	case 4:
	case 5:
		pos = fsx_range(f, random, false, &len);
		fill(f->buf + what, len, *random);
		CHECK(pwrite(f->fd, f->buf + what, len, pos) == (ssize_t)len);
		memcpy(f->model + pos, f->buf + what, len);
		fsx_grow(f, pos + len);
		return;
	case 6:
		pos = next_random(random) % FSX_MAX;
		if (next_random(random) % 4)
			return;
		CHECK(!ftruncate(f->fd, pos));
		if (pos < f->size)
			memset(f->model + pos, 0, f->size - pos);
		f->size = pos;
		return;
	case 7:
		pos = fsx_range(f, random, true, &len);
		if (!f->maps || !len)
			return;
		same(name, f->map + pos, f->model + pos, len);
		fill(f->map + pos, len, *random);
		memcpy(f->model + pos, f->map + pos, len);
		return;
	case 8:
		pos = fsx_range(f, random, true, &len);
		if (!f->punches || !len)
			return;
		CHECK(!fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos, len));
		memset(f->model + pos, 0, len);
		return;
	case 9:
		/* within the file, where both do not overlap */
		pos = fsx_range(f, random, true, &len);
		if (len > pos)
			len = pos;
		if (!len)
			return;
		from = 0;
		at = pos;
		for (size_t done = 0; done < len;) {
			ssize_t n = copy_file_range(f->fd, &from, f->fd, &at, len - done, 0);

			CHECK(n > 0);
			done += n;
		}
		memcpy(f->model + pos, f->model, len);
		return;
	case 10:
		pos = fsx_range(f, random, true, &len);
		if (len > 50000)
			len = 50000;
		at = pos;
		for (size_t done = 0; done < len;) {
			ssize_t n = splice(f->fd, &at, f->ends[1], NULL, len - done, 0);

			CHECK(n > 0);
			read_all(f->ends[0], f->buf + done, n);
			done += n;
		}
		same(name, f->buf, f->model + pos, len);
		return;
	case 11:
		pos = fsx_range(f, random, false, &len);
		if (len > 50000)
			len = 50000;
		fill(f->buf, len, *random);
		write_all(f->ends[1], f->buf, len);
		at = pos;
		for (size_t done = 0; done < len;) {
			ssize_t n = splice(f->ends[0], NULL, f->fd, &at, len - done, 0);

			CHECK(n > 0);
			done += n;
		}
		memcpy(f->model + pos, f->buf, len);
		fsx_grow(f, pos + len);
		return;
	}
}

static void fsx(void)
{
	const char *operations = getenv("DATA_FSX");
	unsigned int count = operations ? atoi(operations) : 3000;
	uint64_t random = 20240607;
	struct fsx f = {
		.model = memory(FSX_MAX), .buf = memory(FSX_MAX + PAGE),
	};

	f.fd = new_file("data.fsx", 0);
	CHECK(!pipe(f.ends) && fcntl(f.ends[1], F_SETPIPE_SZ, 256 * 1024) > 0);
	CHECK(!ftruncate(f.fd, PAGE));
	f.map = mmap(NULL, FSX_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd, 0);
	f.maps = f.map != MAP_FAILED;
	f.punches = !fallocate(f.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE);
	CHECK(!ftruncate(f.fd, 0));
	printf("with%s shared mappings, with%s holes\n", f.maps ? "" : "out", f.punches ? "" : "out");
	for (unsigned int i = 0; i < count; i++) {
		struct stat st;

		fsx_step(&f, &random, i);
		CHECK(!fstat(f.fd, &st) && st.st_size == (off_t)f.size);
		if (i % 500 == 499) {
			CHECK(!fsync(f.fd));
			CHECK(!posix_fadvise(f.fd, 0, 0, POSIX_FADV_DONTNEED));
		}
	}
	CHECK(!fsync(f.fd));
	pread_all(f.fd, f.buf, f.size, 0);
	same("the file in the end", f.buf, f.model, f.size);
	print_sum("fsx", sum_of(f.model, f.size, NO_SUM));
}

/* ------------------------------------------------------------------ */
/* pipes and sockets */

static void pipes(void)
{
	const size_t len = 5 * MIB + 321;
	char *in = memory(len), *out = memory(len);
	uint64_t random = 3;
	int ends[2];
	pid_t pid;

	fill(in, len, 19);
	for (int big = 0; big < 2; big++) {
		CHECK(!pipe(ends));
		if (big)
			CHECK(fcntl(ends[1], F_SETPIPE_SZ, MIB) == MIB);
		pid = fork();
		if (!pid) {
			for (size_t done = 0; done < len;) {
				size_t n = next_random(&random) % (big ? 300000 : 9000) + 1;

				n = n < len - done ? n : len - done;
				write_all(ends[1], in + done, n);
				done += n;
			}
			_exit(0);
		}
		memset(out, 0, len);
		read_all(ends[0], out, len);
		same("pipe", out, in, len);
		CHECK_EXIT(pid, 0);
		close(ends[0]);
		close(ends[1]);
	}
	/* packets stay apart */
	CHECK(!pipe2(ends, O_DIRECT));
	CHECK(write(ends[1], in, 100) == 100 && write(ends[1], in + 100, PAGE) == PAGE);
	CHECK(read(ends[0], out, len) == 100 && read(ends[0], out + 100, len) == PAGE);
	same("packets", out, in, 100 + PAGE);
	print_sum("pipes", sum_of(out, len, NO_SUM));
}

static void send_in_child(int from, int to, const char *in, char *out, size_t len, int flags)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		for (size_t done = 0; done < len;) {
			ssize_t n = send(from, in + done, len - done, flags);

			if (n < 0 && errno == ENOBUFS) {	/* of notifications */
				sleep_ms(1);
				continue;
			}
			CHECK(n > 0);
			done += n;
		}
		/* the memory must not go before the kernel has sent it */
		while (flags & MSG_ZEROCOPY) {
			char control[128];
			struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
			int unsent;

			CHECK(!ioctl(from, TIOCOUTQ, &unsent));
			while (recvmsg(from, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
				msg.msg_controllen = sizeof(control);
			CHECK(errno == EAGAIN);
			if (!unsent)
				break;
			sleep_ms(1);
		}
		_exit(0);
	}
	memset(out, 0, len);
	read_all(to, out, len);
	same("socket", out, in, len);
	CHECK_EXIT(pid, 0);
}

static void unix_sockets(void)
{
	const size_t len = 3 * MIB + 77;
	char *in = memory(len), *out = memory(len);
	int sv[2];

	fill(in, len, 23);
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	send_in_child(sv[1], sv[0], in + 5, out, len - 5, 0);
	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv));
	for (size_t n = 1; n < 100000; n = n * 3 + 1) {
		CHECK(send(sv[1], in + n, n, 0) == (ssize_t)n);
		CHECK(recv(sv[0], out, len, 0) == (ssize_t)n);
		same("seqpacket", out, in + n, n);
	}
	print_sum("unix_sockets", sum_of(out, len - 5, NO_SUM));
}

static void tcp_pair(int *from, int *to)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(listener >= 0 && !bind(listener, (void *)&addr, sizeof(addr)) && !listen(listener, 1));
	CHECK(!getsockname(listener, (void *)&addr, &len));
	*from = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(*from >= 0 && !connect(*from, (void *)&addr, sizeof(addr)));
	*to = accept(listener, NULL, NULL);
	CHECK(*to >= 0);
	close(listener);
}

static void tcp(void)
{
	const size_t len = 3 * MIB + 77;
	char *in = memory(len), *out = memory(len);
	int from, to;

	fill(in, len, 29);
	tcp_pair(&from, &to);
	send_in_child(from, to, in + 3, out, len - 3, 0);
	print_sum("tcp", sum_of(out, len - 3, NO_SUM));
}

static void zerocopy(void)
{
	const size_t len = 3 * MIB + 77;
	char *in = memory(len), *out = memory(len);
	int from, to, one = 1;

	fill(in, len, 31);
	tcp_pair(&from, &to);
	if (setsockopt(from, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		skip("SO_ZEROCOPY");
	send_in_child(from, to, in + 3, out, len - 3, MSG_ZEROCOPY);
	send_in_child(from, to, in, out, 100, MSG_ZEROCOPY);
	print_sum("zerocopy", sum_of(out, len - 3, NO_SUM));
}

static void udp(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t addr_len = sizeof(addr);
	char *in = memory(MIB), *out = memory(MIB);
	int from = socket(AF_INET, SOCK_DGRAM, 0), to = socket(AF_INET, SOCK_DGRAM, 0);

	fill(in, MIB, 37);
	CHECK(!bind(to, (void *)&addr, sizeof(addr)));
	CHECK(!getsockname(to, (void *)&addr, &addr_len));
	CHECK(!connect(from, (void *)&addr, sizeof(addr)));
	for (size_t n = 1; n < 65000; n = n * 2 + 1) {
		CHECK(send(from, in + n, n, 0) == (ssize_t)n);
		CHECK(recv(to, out, MIB, 0) == (ssize_t)n);
		same("datagram", out, in + n, n);
	}
	print_sum("udp", sum_of(out, MIB, NO_SUM));
}

/* ------------------------------------------------------------------ */
/* memory of other processes */

/* A child with the same memory, that waits until it is told. */
struct child {
	pid_t pid;
	int ends[2];
};

static void have_child(struct child *c, const char *check, const char *wanted, size_t len)
{
	char byte;

	CHECK(!pipe(c->ends));
	c->pid = fork();
	CHECK(c->pid >= 0);
	if (c->pid)
		return;
	close(c->ends[1]);
	CHECK(read(c->ends[0], &byte, 1) == 1);
	same("seen by the child", check, wanted, len);
	_exit(0);
}

static void end_child(struct child *c)
{
	CHECK(write(c->ends[1], "x", 1) == 1);
	CHECK_EXIT(c->pid, 0);
}

static void process_vm(void)
{
	const size_t len = 2 * MIB + 555;
	char *there = memory(len), *wanted = memory(len), *here = memory(len);
	struct iovec local[3], remote = { there + 7, len - 7 };
	struct child c;

	fill(there, len, 41);
	fill(wanted, len, 43);
	memcpy(wanted, there, 7);
	have_child(&c, there, wanted, len);
	local[0] = (struct iovec){ here + 1, 5000 };
	local[1] = (struct iovec){ here + 6000, 1 };
	local[2] = (struct iovec){ here + 7000, len - 7 - 5001 - 7000 };
	remote.iov_len = 5001 + local[2].iov_len;
	CHECK(process_vm_readv(c.pid, local, 3, &remote, 1, 0) == (ssize_t)remote.iov_len);
	same("process_vm_readv", here + 1, there + 7, 5000);
	CHECK(here[6000] == there[5007]);
	same("process_vm_readv", here + 7000, there + 5008, local[2].iov_len);
	local[0] = (struct iovec){ wanted + 7, len - 7 };
	remote.iov_len = len - 7;
	CHECK(process_vm_writev(c.pid, local, 1, &remote, 1, 0) == (ssize_t)len - 7);
	end_child(&c);
	print_sum("process_vm", sum_of(here, len, NO_SUM));
}

static void proc_mem(void)
{
	const size_t len = MIB + 555;
	char *there = memory(len), *wanted = memory(len), *here = memory(len), path[64];
	struct child c;
	int fd;

	fill(there, len, 47);
	fill(wanted, len, 53);
	have_child(&c, there, wanted, len);
	snprintf(path, sizeof(path), "/proc/%d/mem", c.pid);
	fd = open(path, O_RDWR);
	CHECK(fd >= 0);
	pread_all(fd, here, len - 3, (uintptr_t)there + 3);
	same("/proc/PID/mem", here, there + 3, len - 3);
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, wanted + done, len - done, (uintptr_t)there + done);

		CHECK(n > 0);
		done += n;
	}
	end_child(&c);
	print_sum("proc_mem", sum_of(here, len, NO_SUM));
}

static void peek_and_poke(void)
{
	const size_t len = 2 * PAGE;
	char *there = memory(len), *wanted = memory(len);
	struct child c;
	int status;
	long word;

	fill(there, len, 59);
	fill(wanted, len, 61);
	have_child(&c, there, wanted, len);
	CHECK(!ptrace(PTRACE_ATTACH, c.pid, 0, 0));
	CHECK(waitpid(c.pid, &status, 0) == c.pid && WIFSTOPPED(status));
	for (size_t i = 0; i < len; i += 8) {
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, c.pid, there + i, 0);
		CHECK(!errno && !memcmp(&word, there + i, 8));
		memcpy(&word, wanted + i, 8);
		CHECK(!ptrace(PTRACE_POKEDATA, c.pid, there + i, word));
	}
	/* across a page */
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, c.pid, there + PAGE - 3, 0);
	CHECK(!errno && !memcmp(&word, wanted + PAGE - 3, 8));
	CHECK(!ptrace(PTRACE_DETACH, c.pid, 0, 0));
	end_child(&c);
	print_sum("peek_and_poke", sum_of(wanted, len, NO_SUM));
}

static void exchange(char *shared, size_t len, const char *what)
{
	char *wanted = memory(len);
	struct child c;

	fill(shared, len, 67);
	fill(wanted, len, 71);
	have_child(&c, shared, wanted, len);
	/* by a system call, so that the kernel writes it */
	{
		int fd = memfd_create("from", 0);

		CHECK(fd >= 0);
		write_all(fd, wanted, len);
		pread_all(fd, shared, len, 0);
		close(fd);
	}
	end_child(&c);
	same(what, shared, wanted, len);
	print_sum(what, sum_of(shared, len, NO_SUM));
}

static void shared_memory(void)
{
	const size_t len = 2 * MIB + 5 * PAGE;
	int id = shmget(IPC_PRIVATE, len, IPC_CREAT | 0600), fd = memfd_create("data", 0);
	char *p = shmat(id, NULL, 0);

	CHECK(id >= 0 && p != (void *)-1 && !shmctl(id, IPC_RMID, NULL));
	exchange(p, len, "shmget");
	CHECK(fd >= 0 && !ftruncate(fd, len));
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	exchange(p, len, "memfd");
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	exchange(p, len, "anonymous");
}

static void hugetlb(void)
{
	const size_t len = 4 * MIB;
	int fd = memfd_create("data", MFD_HUGETLB);
	char *p, *out = memory(len);

	if (fd < 0 || ftruncate(fd, len))
		skip("hugetlbfs");
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		skip("huge pages");
	exchange(p, len, "hugetlb");
	pread_all(fd, out, len - 5, 5);
	same("read of hugetlbfs", out, p + 5, len - 5);
}

/* ------------------------------------------------------------------ */
/* memory of one's own */

/* Check the memory as a system call sees it: by way of a pipe. */
static void seen_by_call(const char *what, const char *p, const char *wanted, size_t len)
{
	char *out = memory(65536);
	int ends[2];

	CHECK(!pipe(ends));
	for (size_t done = 0; done < len;) {
		size_t n = len - done < 50001 ? len - done : 50001;

		CHECK(write(ends[1], p + done, n) == (ssize_t)n);
		read_all(ends[0], out, n);
		same(what, out, wanted + done, n);
		done += n;
	}
	close(ends[0]);
	close(ends[1]);
	CHECK(!munmap(out, 65536));
}

static void remapped(void)
{
	const size_t len = 2 * MIB;
	char *p = memory(len), *wanted = memory(2 * len), *q;

	fill(p, len, 73);
	fill(wanted, len, 73);
	seen_by_call("new", p, wanted, len);
	q = memory(4 * len);
	p = mremap(p, len, 2 * len, MREMAP_MAYMOVE | MREMAP_FIXED, q + PAGE);
	CHECK(p == q + PAGE);
	seen_by_call("moved and grown", p, wanted, 2 * len);
	CHECK(!mprotect(p, len, PROT_READ));
	seen_by_call("read-only", p, wanted, len);
	CHECK(!mprotect(p, len, PROT_READ | PROT_WRITE));
	CHECK(!madvise(p + 3 * PAGE, 7 * PAGE, MADV_DONTNEED));
	memset(wanted + 3 * PAGE, 0, 7 * PAGE);
	seen_by_call("with a hole", p, wanted, len);
	fill(p + 5 * PAGE, PAGE, 79);
	fill(wanted + 5 * PAGE, PAGE, 79);
	CHECK(!madvise(p, len, MADV_COLD));
	CHECK(!madvise(p, len, MADV_HUGEPAGE));
	seen_by_call("advised", p, wanted, len);
	CHECK(!mlock(p, len));
	seen_by_call("locked", p, wanted, len);
	print_sum("remapped", sum_of(p, len, NO_SUM));
}

static unsigned int swapped_pages(const void *p, size_t len)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned int count = 0;
	uint64_t entry;

	CHECK(fd >= 0);
	for (size_t i = 0; i < len / PAGE; i++) {
		CHECK(pread(fd, &entry, 8, ((uintptr_t)p / PAGE + i) * 8) == 8);
		count += entry >> 62 & 1;
	}
	close(fd);
	return count;
}

static void swapped(void)
{
	const size_t len = MIB;
	char *p = memory(len), *wanted = memory(len);

	CHECK(!madvise(p, len, MADV_NOHUGEPAGE));
	for (int round = 0; round < 3; round++) {
		fill(p, len, 83 + round);
		fill(wanted, len, 83 + round);
		for (int try = 0; swapped_pages(p, len) < len / PAGE / 2; try++) {
			CHECK(try < 100);
			CHECK(!madvise(p, len, MADV_PAGEOUT));
			sleep_ms(20);
		}
		seen_by_call("after swap", p, wanted, len);
	}
	print_sum("swapped", sum_of(p, len, NO_SUM));
}

static void cow(void)
{
	const size_t len = 4 * MIB;
	char *p = memory(len), *wanted = memory(len), *other = memory(len);
	int fd = memfd_create("from", 0);
	struct child c;

	CHECK(fd >= 0);
	fill(p, len, 89);
	fill(wanted, len, 89);
	fill(other, len, 97);
	write_all(fd, other, len);
	for (int huge = 0; huge < 2; huge++) {
		CHECK(!madvise(p, len, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE));
		/* the child keeps what was there, while a system call writes the parent's */
		have_child(&c, p, wanted, len);
		pread_all(fd, p + 1, len - 1, 0);
		same("the parent's copy", p + 1, other, len - 1);
		end_child(&c);
		fill(p, len, 89);
	}
	print_sum("cow", sum_of(p, len, NO_SUM));
}

static void *serve_faults(void *arg)
{
	int fd = *(int *)arg;
	char *page = memory(PAGE);
	struct uffd_msg msg;

	while (read(fd, &msg, sizeof(msg)) == sizeof(msg)) {
		uint64_t addr = msg.arg.pagefault.address & -PAGE;

		if (addr / PAGE % 4 == 3) {
			struct uffdio_zeropage zero = { .range = { addr, PAGE } };

			CHECK(!ioctl(fd, UFFDIO_ZEROPAGE, &zero));
		} else {
			struct uffdio_copy copy = {
				.dst = addr, .src = (uintptr_t)page, .len = PAGE,
			};

			fill(page, PAGE, addr / PAGE % 64);
			CHECK(!ioctl(fd, UFFDIO_COPY, &copy));
		}
	}
	return NULL;
}

static void user_faults(void)
{
	const size_t pages = 64;
	char *base = memory(2 * pages * PAGE), *p, *wanted = memory(pages * PAGE);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range;
	pthread_t thread;
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		skip("userfaultfd");
	/* so that the addresses, modulo 64 pages, are the same in each run */
	p = (char *)(((uintptr_t)base + pages * PAGE - 1) & -(pages * PAGE));
	CHECK(!ioctl(fd, UFFDIO_API, &api));
	range = (struct uffdio_register){
		.range = { (uintptr_t)p, pages * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	CHECK(!ioctl(fd, UFFDIO_REGISTER, &range));
	CHECK(!pthread_create(&thread, NULL, serve_faults, &fd));
	for (size_t i = 0; i < pages; i++)
		if (i % 4 != 3)
			fill(wanted + i * PAGE, PAGE, i);
	/* half of the faults are those of system calls */
	seen_by_call("faulted in by a call", p, wanted, pages * PAGE / 2);
	same("faulted in", p, wanted, pages * PAGE);
	print_sum("user_faults", sum_of(p, pages * PAGE, NO_SUM));
	exit(0);
}

static void core(void)
{
	const size_t len = MIB + 3 * PAGE;
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	char *p = memory(len), *out = memory(len), name[32];
	bool found = false;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	int status, fd;
	pid_t pid;

	fill(p, len, 101);
	CHECK(!put_file("/proc/sys/kernel/core_uses_pid", "1"));
	CHECK(!setrlimit(RLIMIT_CORE, &unlimited));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_DUMPABLE, 1);
		abort();
	}
	status = wait_for(pid);
	CHECK(WIFSIGNALED(status) && WCOREDUMP(status));
	snprintf(name, sizeof(name), "core.%d", pid);
	fd = open(name, O_RDONLY);
	CHECK(fd >= 0 && !unlink(name));
	pread_all(fd, &eh, sizeof(eh), 0);
	for (int i = 0; i < eh.e_phnum; i++) {
		pread_all(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph));
		if (ph.p_type != PT_LOAD || ph.p_vaddr > (uintptr_t)p ||
		    ph.p_vaddr + ph.p_filesz < (uintptr_t)p + len)
			continue;
		pread_all(fd, out, len, ph.p_offset + (uintptr_t)p - ph.p_vaddr);
		same("core dump", out, p, len);
		found = true;
	}
	CHECK(found);
	print_sum("core", sum_of(out, len, NO_SUM));
}

/* Another of these programs, with a long command line, and what it finds there. */
static void long_exec(void)
{
	const int count = 40;
	char *args[48] = { "data", ".", "args" }, *env[24] = { NULL };
	uint64_t sum = NO_SUM, got;
	int ends[2];
	pid_t pid;

	for (int i = 0; i < count; i++) {
		size_t len = 20000 + i * 1000;
		char *arg = malloc(len + 1);

		fill(arg, len, i + 103);
		for (size_t j = 0; j < len; j++)
			arg[j] = 'a' + (arg[j] & 15);
		arg[len] = '\0';
		sum = sum_of(arg, len, sum);
		if (i < 20)
			args[3 + i] = arg;
		else
			env[i - 20] = arg;
	}
	CHECK(!pipe(ends));
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		execve("/proc/self/exe", args, env);
		_exit(1);
	}
	CHECK_EXIT(pid, 0);
	CHECK(read(ends[0], &got, 8) == 8 && got == sum);
	print_sum("long_exec", sum);
}

static int print_args(char **argv, char **envp)
{
	uint64_t sum = NO_SUM;

	for (; *argv; argv++)
		sum = sum_of(*argv, strlen(*argv), sum);
	for (; *envp; envp++)
		sum = sum_of(*envp, strlen(*envp), sum);
	return write(STDOUT_FILENO, &sum, 8) == 8 ? 0 : 1;
}

/* ------------------------------------------------------------------ */
/* memory that the kernel moves, merges or gives up */

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

/* From node to node and back. */
static void moved(void)
{
	enum { PAGES = 64 };
	const size_t len = PAGES * PAGE;
	char *p = memory(len), *wanted = memory(len);
	int nodes[PAGES], status[PAGES];
	void *pages[PAGES];

	if (access("/sys/devices/system/node/node1", F_OK))
		skip("a second node");
	CHECK(!madvise(p, len, MADV_NOHUGEPAGE));
	fill(p, len, 131);
	fill(wanted, len, 131);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < PAGES; i++) {
			pages[i] = p + i * PAGE;
			nodes[i] = (round + i) % 2;
		}
		CHECK(!syscall(SYS_move_pages, 0, PAGES, pages, nodes, status, 0));
		for (int i = 0; i < PAGES; i++)
			CHECK(status[i] == nodes[i]);
		seen_by_call("after a move", p, wanted, len);
	}
	print_sum("moved", sum_of(p, len, NO_SUM));
}

static unsigned long merged_pages(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/ksm_stat", "r");
	char line[64];

	if (!f)
		skip("KSM");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "ksm_merging_pages %lu", &pages);
	fclose(f);
	return pages;
}

/* The same page many times, and then one of its own each, written by a system call. */
static void merged(void)
{
	enum { PAGES = 64 };
	const size_t len = PAGES * PAGE;
	char *p = memory(len), *wanted = memory(len);
	int fd = memfd_create("from", 0);

	CHECK(fd >= 0);
	CHECK(!madvise(p, len, MADV_NOHUGEPAGE));
	for (int i = 0; i < PAGES; i++) {
		fill(p + i * PAGE, PAGE, 137);
		fill(wanted + i * PAGE, PAGE, 137);
	}
	CHECK(!madvise(p, len, MADV_MERGEABLE));
	for (int try = 0; merged_pages() < PAGES; try++) {
		CHECK(try < 500);
		sleep_ms(20);
	}
	seen_by_call("merged", p, wanted, len);
	fill(wanted, len, 139);
	write_all(fd, wanted, len);
	pread_all(fd, p, len, 0);
	seen_by_call("written", p, wanted, len);
	CHECK(!madvise(p, len, MADV_UNMERGEABLE));
	print_sum("merged", sum_of(p, len, NO_SUM));
}

static volatile int bus_errors;

static void count_bus_error(int signal)
{
	(void)signal;
	bus_errors++;
}

/* A page that may break is replaced, one that has is lost. */
static void broken(void)
{
	const size_t len = 8 * PAGE;
	char *p = memory(len), *wanted = memory(len);
	int ends[2];

	CHECK(!madvise(p, len, MADV_NOHUGEPAGE));
	fill(p, len, 149);
	fill(wanted, len, 149);
	if (madvise(p + PAGE, 2 * PAGE, MADV_SOFT_OFFLINE))
		skip("memory failure");
	seen_by_call("after soft offline", p, wanted, len);
	CHECK(signal(SIGBUS, count_bus_error) != SIG_ERR);
	CHECK(!madvise(p + 5 * PAGE, PAGE, MADV_HWPOISON));
	CHECK(bus_errors == 1);
	CHECK(!pipe(ends));
	CHECK_ERRNO(write(ends[1], p + 5 * PAGE, PAGE), EFAULT);
	seen_by_call("before it", p, wanted, 5 * PAGE);
	seen_by_call("behind it", p + 6 * PAGE, wanted + 6 * PAGE, 2 * PAGE);
}

/* ------------------------------------------------------------------ */

int main(int argc, char **argv, char **envp)
{
	static const struct test_case cases[] = {
		/* of the directory */
		{ "files", files },
		{ "vectors", vectors },
		{ "direct", direct },
		{ "mapped", mapped },
		{ "sendfiles", sendfiles },
		{ "splices", splices },
		{ "copy_range", copy_range },
		{ "names", names },
		{ "aio", aio },
		{ "readers", readers },
		{ "fsx", fsx },
		/* of none */
		{ "pipes", pipes },
		{ "unix_sockets", unix_sockets },
		{ "tcp", tcp },
		{ "zerocopy", zerocopy },
		{ "udp", udp },
		{ "process_vm", process_vm },
		{ "proc_mem", proc_mem },
		{ "peek_and_poke", peek_and_poke },
		{ "shared_memory", shared_memory },
		{ "hugetlb", hugetlb },
		{ "remapped", remapped },
		{ "swapped", swapped },
		{ "cow", cow },
		{ "user_faults", user_faults },
		{ "core", core },
		{ "long_exec", long_exec },
		{ "moved", moved },
		{ "merged", merged },
		{ "broken", broken },
	};

	if (argc < 3)
		fail("usage: data DIR CASE...");
	if (!strcmp(argv[2], "args"))
		return print_args(argv + 3, envp);
	if (chdir(argv[1]))
		fail("%s: %s", argv[1], strerror(errno));
	return run_cases(cases, ARRAY_SIZE(cases), argc - 1, argv + 1);
}
