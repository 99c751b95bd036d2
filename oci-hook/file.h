/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open, read, write; and the clean-up of what a function holds. */
#ifndef SCI_HOOK_FILE_H
#define SCI_HOOK_FILE_H

#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define cleanup_free __attribute__((cleanup(free_pointer)))
#define cleanup_close __attribute__((cleanup(close_fd)))

void free_pointer(void *pointer);
void close_fd(const int *fd);

/* How to open what lies in a cgroup mount: no symlink is followed, no other mount entered. */
#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)

/* openat2(2). There is no other way where the kernel lacks it: the hook refuses then. */
int open_at(int dir, const char *path, uint64_t flags, uint64_t resolve);

/* The whole text with a NUL after it, or NULL and errno. More than max bytes is EFBIG. */
char *read_all(int fd, size_t max, size_t *len);

/* As read_all(). The file is a full path and dir is AT_FDCWD, or it is a cgroup's file. */
char *read_file(int dir, const char *file);

/* One write(2), because a cgroup's file takes its text as a whole. */
ssize_t write_once(int fd, const char *text, size_t len);

#endif
