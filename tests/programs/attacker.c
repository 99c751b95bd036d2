// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attacker [-u UID] [-i] [-t] [-r TIMES] COMMAND [WORD...]
 *
 * Write COMMAND to /proc/sci_attack (tests/modules/sci_attack) and tell what
 * came of it:
 *
 *	before: uid 1000, capabilities 0000000000000000
 *	after: uid 0, capabilities 000001ffffffffff
 *	value: 0
 *
 * "after" is missing when the attack did not come back, for then this process
 * is dead.  A command that the module refuses is exit status 2.
 *
 *   -u UID    be this user without any capability first
 *   -i        write by the 32-bit call, int 0x80
 *   -t        attack from a second thread; the first sleeps, and would live on
 *             for 20 seconds and exit with 3 if it were not killed as well
 *   -r TIMES  attack so often, each time from a new child, and print only how
 *             many children came back and how many died of which signal
 */
#include "check.h"
#include <grp.h>
#include <pthread.h>

static char command[128];
static bool ia32;

static void print_identity(const char *when)
{
	unsigned long long caps = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "CapEff: %llx", &caps);
	fclose(f);
	printf("%s: uid %u, capabilities %016llx\n", when, geteuid(), caps);
	fflush(stdout);
}

/* write(2), call 4 of the 32-bit table: all arguments are below 4 GiB here. */
static ssize_t write_ia32(int fd, const char *text, size_t len)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(4), "b"((long)fd), "c"(text), "d"(len)
		     : "memory", "r8", "r9", "r10", "r11");
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* Returns only when the attack did. */
static int attack(bool quiet)
{
	char value[32];
	int fd = open("/proc/sci_attack", O_RDWR);
	size_t len = strlen(command);
	ssize_t n;

	CHECK(fd >= 0);
	if (!quiet)
		print_identity("before");
	n = ia32 ? write_ia32(fd, command, len) : write(fd, command, len);
	if (n < 0) {
		printf("refused: %s: %s\n", command, strerrorname_np(errno));
		return 2;
	}
	if (quiet)
		return 0;
	print_identity("after");
	n = read(fd, value, sizeof(value) - 1);
	CHECK(n > 0);
	printf("value: %.*s", (int)n, value);
	return 0;
}

static void *attack_in_thread(void *arg)
{
	(void)arg;
	exit(attack(false));
}

static int attack_repeatedly(int times)
{
	int back = 0, refused = 0, killed = 0, other = 0, status, i;
	pid_t pid;

	for (i = 0; i < times; i++) {
		pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(attack(true));
		CHECK(waitpid(pid, &status, 0) == pid);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			killed++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			back++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
			refused++;
		else
			other++;
	}
	printf("came back %d, killed %d, refused %d, other %d\n",
	       back, killed, refused, other);
	return refused || other;
}

int main(int argc, char **argv)
{
	bool thread = false;
	int uid = -1, times = 0, opt;
	pthread_t id;
	size_t len = 0;

	while ((opt = getopt(argc, argv, "+u:itr:")) != -1) {
		switch (opt) {
		case 'u':
			uid = atoi(optarg);
			break;
		case 'i':
			ia32 = true;
			break;
		case 't':
			thread = true;
			break;
		case 'r':
			times = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		fail("usage: attacker [-u UID] [-i] [-t] [-r TIMES] COMMAND [WORD...]");
	for (; optind < argc; optind++) {
		len += snprintf(command + len, sizeof(command) - len, "%s%s",
				len ? " " : "", argv[optind]);
		if (len >= sizeof(command))
			fail("the command is too long");
	}
	if (uid >= 0) {
		CHECK(!setgroups(0, NULL));
		CHECK(!setresgid(uid, uid, uid));
		CHECK(!setresuid(uid, uid, uid));
		/* this made the process undumpable, its /proc files root's */
		CHECK(!prctl(PR_SET_DUMPABLE, 1));
	}
	if (times)
		return attack_repeatedly(times);
	if (!thread)
		return attack(false);

	CHECK(!pthread_create(&id, NULL, attack_in_thread, NULL));
	sleep(20);
	printf("the other thread is alive\n");
	return 3;
}
