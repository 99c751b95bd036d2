// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * put [-u UID | -o UID | -c] FILE TEXT
 *
 * Write TEXT to FILE in exactly one write(2), empty text included, and print
 * the name of the error if that fails (exit status 1).  A shell's redirection
 * hides empty writes, splits others and words the error as it likes.
 *
 *   -u UID  open and write as this user, without any capability
 *   -o UID  open as this user, write as root with all capabilities
 *   -c      open and write as root without CAP_SYS_ADMIN
 */
#include "caps.h"
#include <grp.h>

int main(int argc, char **argv)
{
	bool open_only = false, drop = false;
	ssize_t ret;
	int opt, fd;
	int uid = -1;

	while ((opt = getopt(argc, argv, "+u:o:c")) != -1) {
		switch (opt) {
		case 'u':
			uid = atoi(optarg);
			break;
		case 'o':
			uid = atoi(optarg);
			open_only = true;
			break;
		case 'c':
			drop = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2)
		fail("usage: put [-u UID | -o UID | -c] FILE TEXT");

	if (drop)
		drop_sys_admin();
	if (uid >= 0 && open_only) {
		CHECK(!setegid(uid));
		CHECK(!seteuid(uid));
	} else if (uid >= 0) {
		CHECK(!setgroups(0, NULL));
		CHECK(!setresgid(uid, uid, uid));
		CHECK(!setresuid(uid, uid, uid));
	}

	fd = open(argv[optind], O_WRONLY);
	if (fd < 0) {
		printf("open: %s\n", strerrorname_np(errno));
		return 1;
	}
	if (open_only) {
		CHECK(!seteuid(0));
		CHECK(!setegid(0));
	}
	ret = write(fd, argv[optind + 1], strlen(argv[optind + 1]));
	if (ret < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	return 0;
}
