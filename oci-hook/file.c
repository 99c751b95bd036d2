// SPDX-License-Identifier: GPL-2.0-or-later
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_PROC_FILE ((size_t)16 << 20) /* mountinfo of a node with many containers */

void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int open_at(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

char *read_all(int fd, size_t max, size_t *len)
{
	cleanup_free char *text = malloc(max + 2);
	char *result = text;
	size_t used = 0;

	if (!text)
		return NULL;
	while (used <= max) {
		ssize_t n = read(fd, text + used, max + 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0) {
			text[used] = '\0';
			*len = used;
			text = NULL;
			return result;
		}
		used += (size_t)n;
	}
	errno = EFBIG;
	return NULL;
}

char *read_file(int dir, const char *file)
{
	cleanup_close int fd = open_at(dir, file, O_RDONLY, dir == AT_FDCWD ? 0 : BENEATH);
	size_t len;

	return fd < 0 ? NULL : read_all(fd, MAX_PROC_FILE, &len);
}

ssize_t write_once(int fd, const char *text, size_t len)
{
	ssize_t n;

	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	return n;
}
