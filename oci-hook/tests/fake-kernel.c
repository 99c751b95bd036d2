// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A make-believe kernel for the unit tests of sci-hook
 *
 * Linked with -Wl,--wrap into the test builds only. Full paths lie in the tree
 * $FAKE_ROOT, and writing to its plain files does what a kernel with SCI does.
 * Paths below a directory are resolved by the real openat2. $FAKE_ROOT/log lists
 * what the hook opens and writes, $FAKE_ROOT/syslog has the lines for syslog.
 *
 *   FAKE_FAIL="OP WHAT ERRNO"  the operation fails: open, read, write of a path in
 *                              the tree, or of stdin, stdout, stderr; malloc, strdup
 *                              of the N-th call; pidfd of nothing (two spaces).
 *                              With SHORT as ERRNO a write takes one byte less.
 *   FAKE_SLOW=1                reads and messages come byte by byte, with EINTR between
 *   FAKE_INERT=1               sci.enabled takes the 1, and nothing becomes effective
 *   FAKE_OLD=1                 a kernel without sci.mode and sci.profile
 *   FAKE_HANG=1                syslog does not return
 *   FAKE_AFTER=COMMAND         shell command right after sci.enabled was written
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <syslog.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

long __real_syscall(long nr, ...);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t size);
int __real_open(const char *path, int flags, ...);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
void *__real_malloc(size_t size);
char *__real_strdup(const char *text);
__attribute__((noreturn)) void __real__exit(int status);
__attribute__((weak)) void __gcov_dump(void);

long __wrap_syscall(long nr, ...);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
int __wrap_open(const char *path, int flags, ...);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
void __wrap_syslog(int priority, const char *format, ...);
void *__wrap_malloc(size_t size);
char *__wrap_strdup(const char *text);
__attribute__((noreturn)) void __wrap__exit(int status);

#define SHORT (-1)

static const char *fake_root(void)
{
	const char *root = getenv("FAKE_ROOT");

	if (!root)
		abort();
	return root;
}

__attribute__((format(printf, 2, 3))) static void append(const char *file, const char *format, ...)
{
	char path[2 * PATH_MAX];
	FILE *stream;
	va_list args;

	snprintf(path, sizeof(path), "%s/%s", fake_root(), file);
	stream = fopen(path, "a");
	if (!stream)
		abort();
	va_start(args, format);
	vfprintf(stream, format, args);
	va_end(args);
	fclose(stream);
}

/* The order of FAKE_FAIL for this operation: an errno, SHORT or 0. */
static int ordered(const char *operation, const char *path)
{
	const char *order = getenv("FAKE_FAIL");
	char prefix[2 * PATH_MAX];
	const char *name;

	snprintf(prefix, sizeof(prefix), "%s %s ", operation, path);
	if (!order || strncmp(order, prefix, strlen(prefix)) != 0)
		return 0;
	name = order + strlen(prefix);
	if (!strcmp(name, "SHORT"))
		return SHORT;
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i) && !strcmp(strerrorname_np(i), name))
			return i;
	abort();
}

static bool fails(const char *operation, const char *path)
{
	int error = ordered(operation, path);

	if (error > 0)
		errno = error;
	return error > 0;
}

/* The path in the fake tree of an open file, or the name of a standard stream. */
static const char *name_of(int fd, char *buffer)
{
	static const char *const standard[] = { "stdin", "stdout", "stderr" };
	size_t root = strlen(fake_root());
	char link[32];
	ssize_t n;

	if (fd >= 0 && fd <= STDERR_FILENO)
		return standard[fd];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buffer, PATH_MAX - 1);
	if (n < 0)
		return "";
	buffer[n] = '\0';
	return strncmp(buffer, fake_root(), root) == 0 ? buffer + root : buffer;
}

/* Every second time, with EINTR. */
static bool interrupted(void)
{
	static bool odd;

	odd = !odd && getenv("FAKE_SLOW");
	if (odd)
		errno = EINTR;
	return odd;
}

/* valgrind 3.19 does not know openat2: no symlink is followed, name by name. */
static int walk(int dir, const char *path, const struct open_how *how)
{
	char copy[2 * PATH_MAX];
	char *rest = copy;
	int fd = dup(dir);

	if (!how->resolve)
		return openat(dir, path, (int)how->flags);
	snprintf(copy, sizeof(copy), "%s", path);
	for (const char *name; fd >= 0 && (name = strsep(&rest, "/"));) {
		int next = openat(fd, name, rest ? O_PATH | O_NOFOLLOW : (int)how->flags | O_NOFOLLOW);
		struct stat status;

		if (next >= 0 && !fstat(next, &status) && S_ISLNK(status.st_mode)) {
			close(next);
			next = -1;
			errno = ELOOP;
		}
		close(fd);
		fd = next;
	}
	return fd;
}

static long fake_openat2(int dir, const char *path, const struct open_how *how)
{
	char full[2 * PATH_MAX];
	char parent[PATH_MAX];

	if (*path == '/') {
		if (how->resolve)
			abort();
		append("log", "open %s\n", path);
		if (fails("open", path))
			return -1;
		snprintf(full, sizeof(full), "%s%s", fake_root(), path);
	} else {
		snprintf(full, sizeof(full), "%s/%s", name_of(dir, parent), path);
		append("log", "open %s\n", full);
		if (fails("open", full))
			return -1;
		snprintf(full, sizeof(full), "%s", path);
		if (how->resolve != (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS |
				     RESOLVE_NO_XDEV))
			abort();
	}
	if (RUNNING_ON_VALGRIND)
		return walk(dir, full, how);
	return __real_syscall(SYS_openat2, dir, full, how, sizeof(*how));
}

static long fake_pidfd_open(int pid)
{
	char directory[32];
	int fd;

	append("log", "pidfd %d\n", pid);
	if (fails("pidfd", ""))
		return -1;
	if (!RUNNING_ON_VALGRIND)
		return __real_syscall(SYS_pidfd_open, pid, 0);
	snprintf(directory, sizeof(directory), "/proc/%d", pid);
	fd = __real_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		errno = ESRCH;
	return fd;
}

long __wrap_syscall(long nr, ...)
{
	va_list args;
	long first;
	const char *path;
	long result = -1;

	va_start(args, nr);
	switch (nr) {
	case SYS_openat2:
		first = va_arg(args, int);
		path = va_arg(args, const char *);
		result = fake_openat2((int)first, path, va_arg(args, const struct open_how *));
		break;
	case SYS_pidfd_open:
		first = va_arg(args, int);
		result = fake_pidfd_open((int)first);
		break;
	default:
		abort();
	}
	va_end(args);
	return result;
}

int __wrap_open(const char *path, int flags, ...)
{
	if (strstr(path, ".gcda"))
		return __real_open(path, flags, 0666);
	if (strcmp(path, "/dev/null") != 0)
		abort();
	if (fails("open", path))
		return -1;
	return __real_open(path, flags);
}

/* valgrind 3.19 does not know pidfds either: the process has ended if it is a zombie or gone. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	char text[256];
	const char *state;
	ssize_t n;
	int fd;

	if (!RUNNING_ON_VALGRIND)
		return __real_poll(fds, count, timeout);
	fd = openat(fds->fd, "stat", O_RDONLY);
	if (fd < 0)
		return 1;
	n = __real_read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	state = strrchr(text, ')');
	return !state || state[2] == 'Z';
}

int __wrap_fstatfs(int fd, struct statfs *fs)
{
	memset(fs, 0, sizeof(*fs));
	fs->f_type = faccessat(fd, "cgroup.procs", F_OK, 0) ? TMPFS_MAGIC : CGROUP2_SUPER_MAGIC;
	return 0;
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	char path[PATH_MAX];

	if (fails("read", name_of(fd, path)) || interrupted())
		return -1;
	return __real_read(fd, buffer, getenv("FAKE_SLOW") && size ? 1 : size);
}

/* A directory's file gets this text, in its place or behind what it has. */
static void put(const char *directory, const char *file, const char *mode, const char *text)
{
	char path[3 * PATH_MAX];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	stream = fopen(path, mode);
	if (!stream)
		abort();
	fputs(text, stream);
	fclose(stream);
}

static bool contains(const char *directory, const char *file, const char *word)
{
	char path[3 * PATH_MAX];
	char text[256] = "";
	FILE *stream;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	stream = fopen(path, "r");
	if (!stream)
		return false;
	n = fread(text, 1, sizeof(text) - 1, stream);
	text[n] = '\0';
	fclose(stream);
	return strstr(text, word) != NULL;
}

/* The children, domain cgroups all but those that have a cgroup.type, get the files of sci. */
static void give_to_children(const char *directory)
{
	const struct dirent *entry;
	DIR *children = opendir(directory);

	if (!children)
		abort();
	while ((entry = readdir(children))) {
		char child[2 * PATH_MAX];

		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(child, sizeof(child), "%s/%s", directory, entry->d_name);
		if (contains(child, "cgroup.type", "threaded"))
			continue;
		put(child, "cgroup.controllers", "w", "memory sci pids\n");
		put(child, "sci.enabled", "w", "0\n");
		put(child, "sci.enabled.effective", "w", "0\n");
		if (getenv("FAKE_OLD"))
			continue;
		put(child, "sci.profile", "w", "");
		put(child, "sci.sealed", "w", "0\n");
		put(child, "sci.mode", "w", "enforce\n");
		put(child, "sci.mode.effective", "w", "off\n");
	}
	closedir(children);
}

static int control(const char *path, const char *text)
{
	char directory[2 * PATH_MAX];
	char *name;

	snprintf(directory, sizeof(directory), "%s%s", fake_root(), path);
	name = strrchr(directory, '/');
	*name++ = '\0';
	if (!strcmp(name, "cgroup.subtree_control") && !strcmp(text, "+sci")) {
		if (!contains(directory, "cgroup.controllers", "sci"))
			return ENOENT;
		put(directory, name, "w", "memory sci pids\n");
		give_to_children(directory);
		return 0;
	}
	if (!strcmp(name, "sci.mode") && (!strcmp(text, "enforce") || !strcmp(text, "audit"))) {
		put(directory, name, "w", text);
		return 0;
	}
	if (!strcmp(name, "sci.profile") && strcmp(text, "wrong\n")) {
		put(directory, name, "a", text);
		return 0;
	}
	if (!strcmp(name, "sci.enabled") && !strcmp(text, "1")) {
		const char *after = getenv("FAKE_AFTER");

		put(directory, name, "w", "1\n");
		if (!getenv("FAKE_INERT"))
			put(directory, "sci.enabled.effective", "w", "1\n");
		if (contains(directory, "sci.profile", "end\n"))
			put(directory, "sci.sealed", "w", "1\n");
		if (!getenv("FAKE_OLD"))
			put(directory, "sci.mode.effective", "w",
			    contains(directory, "sci.mode", "audit") ? "audit\n" : "enforce\n");
		if (after && system(after) != 0)
			abort();
		return 0;
	}
	return EINVAL;
}

ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
	char link[PATH_MAX];
	const char *path = name_of(fd, link);
	char text[64];
	int error;

	if (fails("write", path) || interrupted())
		return -1;
	if (fd <= STDERR_FILENO)
		return __real_write(fd, buffer, getenv("FAKE_SLOW") && size ? 1 : size);
	if (size >= sizeof(text))
		abort();
	memcpy(text, buffer, size);
	text[size] = '\0';
	append("log", "write %s %s\n", path, text);
	if (ordered("write", path) == SHORT)
		return (ssize_t)size - 1;
	error = control(path, text);
	if (!error)
		return (ssize_t)size;
	errno = error;
	return -1;
}

void __wrap_syslog(int priority, const char *format, ...)
{
	char line[4 * PATH_MAX];
	va_list args;

	if (getenv("FAKE_HANG"))
		for (;;)
			pause();
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	append("syslog", "%d %s\n", priority, line);
}

/* _exit(2) does not save the coverage. */
void __wrap__exit(int status)
{
	if (__gcov_dump)
		__gcov_dump();
	__real__exit(status);
}

static bool ended;

static void end(void)
{
	ended = true;
}

/* The hook ends with main(). The coverage is saved after it. */
__attribute__((constructor)) static void begin(void)
{
	atexit(end);
}

static bool fails_now(const char *operation, int *calls)
{
	char number[16];

	if (ended)
		return false;
	snprintf(number, sizeof(number), "%d", ++*calls);
	return fails(operation, number);
}

void *__wrap_malloc(size_t size)
{
	static int calls;

	return fails_now("malloc", &calls) ? NULL : __real_malloc(size);
}

char *__wrap_strdup(const char *text)
{
	static int calls;

	return fails_now("strdup", &calls) ? NULL : __real_strdup(text);
}
