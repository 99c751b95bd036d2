// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "file.h"

void close_cgroup(const struct cgroup *cgroup)
{
	close_fd(&cgroup->dir);
}

char *read_cgroup_file(const struct cgroup *cgroup, const char *file, struct error *err)
{
	char *text = read_file(cgroup->dir, file);

	if (!text)
		refuse(err, advice(errno), "cannot read %s/%s: %s", cgroup->name, file,
		       strerror(errno));
	return text;
}

bool has_word(const char *text, const char *word)
{
	while (*(text += strspn(text, " \n"))) {
		size_t len = strcspn(text, " \n");

		if (len == strlen(word) && !memcmp(text, word, len))
			return true;
		text += len;
	}
	return false;
}

/*
 * The path in the line "0::/path" of a /proc/PID/cgroup. The kernel forbids
 * newlines in names, so there is only one such line.
 */
const char *parse_cgroup(char *text, const char *file, struct error *err)
{
	const char *path = NULL;
	char *line;
	char *end;

	for (line = text; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (strncmp(line, "0::", 3) != 0)
			continue;
		if (path)
			break;
		path = line + 3;
	}
	if (*line) {
		refuse(err, "report this: the kernel does not write such a file",
		       "cannot find the cgroup in %s: \"%.80s\" is not expected", file, line);
		return NULL;
	}
	if (!path)
		refuse(err, "SCI needs cgroup v2: boot with systemd.unified_cgroup_hierarchy=1",
		       "cannot find the cgroup in %s: there is no line that starts with 0::", file);
	return path;
}

char *cgroup_of(const char *process, struct error *err)
{
	char file[sizeof("/proc//cgroup") + 16];
	cleanup_free char *text = NULL;
	const char *path;
	char *copy;

	snprintf(file, sizeof(file), "/proc/%s/cgroup", process);
	text = read_file(AT_FDCWD, file);
	if (!text) {
		refuse(err, errno == ENOENT ? advice(ESRCH) : advice(errno), "cannot read %s: %s",
		       file, strerror(errno));
		return NULL;
	}
	path = parse_cgroup(text, file, err);
	if (!path)
		return NULL;
	copy = strdup(path);
	if (!copy)
		refuse(err, advice(ENOMEM), "cannot prepare the isolation: %s", strerror(ENOMEM));
	return copy;
}

int check_path(const char *path, const char *process, struct error *err)
{
	static const char deleted[] = " (deleted)";
	const char *name = path;
	size_t len = strlen(path);

	if (!strcmp(path, "/..") || !strncmp(path, "/../", 4))
		return refuse(
			err, "run the container runtime in the host's cgroup namespace",
			"cannot use %s, the cgroup of process %s: it is outside of the hook's cgroup "
			"namespace",
			path, process);
	if (!strcmp(path, "/"))
		return refuse(
			err, "let the container runtime use cgroup v2, and do not disable cgroups",
			"cannot use /, the cgroup of process %s: the root cgroup cannot be isolated",
			process);
	if (len >= strlen(deleted) && !strcmp(path + len - strlen(deleted), deleted))
		return refuse(err, advice(ESRCH),
			      "cannot use %s, the cgroup of process %s: it was removed", path,
			      process);

	do {
		len = *name == '/' ? strcspn(name + 1, "/") : 0;
		if (!len || (len <= 2 && !strncmp(name + 1, "..", len)))
			return refuse(
				err, "report this: the kernel does not write such a path",
				"cannot use \"%s\", the cgroup of process %s: not a cgroup's path",
				path, process);
		name += 1 + len;
	} while (*name);
	return 0;
}

int check_not_shared(const char *path, struct error *err)
{
	cleanup_free char *own = cgroup_of("self", err);
	size_t len = strlen(path);

	if (!own)
		return -1;
	if (strncmp(own, path, len) != 0 || (own[len] && own[len] != '/'))
		return 0;
	return refuse(err, "let the container runtime make a cgroup for the container",
		      "cannot isolate %s: the container runtime itself is in this cgroup", path);
}

static bool open_cgroup2(const char *mount, struct cgroup *root)
{
	int dir = open_at(AT_FDCWD, mount, O_PATH | O_DIRECTORY, 0);
	struct statfs fs;

	if (dir >= 0 && !fstatfs(dir, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC) {
		snprintf(root->name, sizeof(root->name), "%s", mount);
		root->dir = dir;
		return true;
	}
	close_fd(&dir);
	return false;
}

/*
 * Lines are "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAGS...] - TYPE SOURCE
 * OPTIONS". A mount point with an escaped name is not found.
 */
bool search_mountinfo(char *text, struct cgroup *root)
{
	for (const char *line; (line = strsep(&text, "\n"));) {
		char top[PATH_MAX];
		char mount[PATH_MAX];

		if (strstr(line, " - cgroup2 ") &&
		    sscanf(line, "%*s %*s %*s %4095s %4095s", top, mount) == 2 &&
		    !strcmp(top, "/") && open_cgroup2(mount, root))
			return true;
	}
	return false;
}

int find_cgroup2(struct cgroup *root, struct error *err)
{
	static const char mountinfo[] = "/proc/self/mountinfo";
	cleanup_free char *text = NULL;

	if (open_cgroup2("/sys/fs/cgroup", root))
		return 0;
	text = read_file(AT_FDCWD, mountinfo);
	if (!text)
		return refuse(err, advice(errno), "cannot look for the cgroup2 mount in %s: %s",
			      mountinfo, strerror(errno));
	if (search_mountinfo(text, root))
		return 0;
	return refuse(
		err, "mount it: mount -t cgroup2 none /sys/fs/cgroup",
		"cannot find the root of the cgroup2 file system: not at /sys/fs/cgroup, not in %s",
		mountinfo);
}

int open_cgroup(const struct cgroup *root, const char *path, size_t len, const char *if_missing,
		struct cgroup *cgroup, struct error *err)
{
	static const char not_seen[] =
		"run the container runtime and the hook in the same cgroup and mount namespaces";
	const char *below = cgroup->name + strlen(root->name) + 1;
	int n = snprintf(cgroup->name, sizeof(cgroup->name), "%s%.*s", root->name, (int)len, path);

	if ((size_t)n < sizeof(cgroup->name))
		cgroup->dir = open_at(root->dir, len ? below : ".", O_PATH | O_DIRECTORY, BENEATH);
	else
		errno = ENAMETOOLONG;
	if (cgroup->dir >= 0)
		return 0;
	if (!if_missing)
		if_missing = not_seen;
	return refuse(err, errno == ENOENT ? if_missing : advice(errno),
		      "cannot open the cgroup %s: %s", cgroup->name, strerror(errno));
}
