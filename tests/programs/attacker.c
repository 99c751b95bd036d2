// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attacker [-u UID] [-c] [-i] [-t | -s] [-f FILE] [-r TIMES] COMMAND [WORD...] [then ...]
 *
 * Write COMMAND to /proc/sci_attack (tests/modules/sci_attack), after "then"
 * another one, and tell what came of it:
 *
 *	before: uid 1000, capabilities 0000000000000000
 *	after: uid 0, capabilities 000001ffffffffff
 *	value: 0
 *
 * "after" is missing when the attack did not come back, because this process is
 * dead then.  A command that the module refuses is exit status 2.
 *
 *   -u UID    be this user without any capability first
 *   -c        close the file in the end instead of leaving that to exit
 *   -i        write by the 32-bit system call, int 0x80
 *   -t        attack from a second thread; the first sleeps, and would live on
 *             for 20 seconds and exit with 3 if it were not killed as well
 *   -s        COMMAND makes this thread sleep in the kernel; meanwhile a second
 *             one writes smash-sleeper
 *   -f FILE   write to FILE, from which no value is read
 *   -r TIMES  attack so often, each time from a new child, and print only how
 *             many children came back and how many died of which signal
 */
#include "check.h"
#include <grp.h>
#include <pthread.h>

#define MAX_COMMANDS	2

static char commands[MAX_COMMANDS][128];
static int command_count = 1;
static const char *file = "/proc/sci_attack";
static bool ia32, no_value, closes;

static void print_identity(const char *when)
{
	unsigned long long caps = 0;
	char line[256];
	FILE *f = fopen("/proc/thread-self/status", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "CapEff: %llx", &caps);
	fclose(f);
	printf("%s: uid %u, capabilities %016llx\n", when, geteuid(), caps);
	fflush(stdout);
}

/* write(2), number 4 of the 32-bit table: all arguments are below 4 GiB here. */
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
	int fd = open(file, O_RDWR);
	ssize_t n;

	CHECK(fd >= 0);
	if (!quiet)
		print_identity("before");
	for (int i = 0; i < command_count; i++) {
		const char *text = commands[i];
		size_t len = strlen(text);

		n = ia32 ? write_ia32(fd, text, len) : write(fd, text, len);
		if (n < 0) {
			printf("refused: %s: %s\n", text, strerrorname_np(errno));
			return 2;
		}
	}
	if (quiet)
		return 0;
	print_identity("after");
	if (!no_value) {
		n = read(fd, value, sizeof(value) - 1);
		CHECK(n >= 0);
		if (n)
			printf("value: %.*s", (int)n, value);
	}
	if (closes)
		CHECK(!close(fd));
	return 0;
}

static void *attack_in_thread(void *arg)
{
	(void)arg;
	exit(attack(false));
}

static void *smash_sleeper(void *arg)
{
	static const char text[] = "smash-sleeper";
	int fd = open(file, O_RDWR);

	(void)arg;
	CHECK(fd >= 0);
	while (write(fd, text, strlen(text)) < 0) {
		CHECK(errno == EAGAIN);
		sleep_ms(1);
	}
	return NULL;
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
	bool thread = false, sleeper = false;
	int uid = -1, times = 0, opt;
	pthread_t id;
	size_t len = 0;

	while ((opt = getopt(argc, argv, "+u:citsf:r:")) != -1) {
		switch (opt) {
		case 'u':
			uid = atoi(optarg);
			break;
		case 'c':
			closes = true;
			break;
		case 'i':
			ia32 = true;
			break;
		case 't':
			thread = true;
			break;
		case 's':
			sleeper = true;
			break;
		case 'f':
			file = optarg;
			no_value = true;
			break;
		case 'r':
			times = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		fail("usage: attacker [-u UID] [-c] [-i] [-t | -s] [-f FILE] [-r TIMES] COMMAND [WORD...] [then ...]");
	for (; optind < argc; optind++) {
		char *command = commands[command_count - 1];

		if (!strcmp(argv[optind], "then")) {
			if (command_count++ == MAX_COMMANDS)
				fail("too many commands");
			len = 0;
			continue;
		}
		len += snprintf(command + len, sizeof(commands[0]) - len, "%s%s",
				len ? " " : "", argv[optind]);
		if (len >= sizeof(commands[0]))
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
	if (sleeper)
		CHECK(!pthread_create(&id, NULL, smash_sleeper, NULL));
	if (!thread)
		return attack(false);

	CHECK(!pthread_create(&id, NULL, attack_in_thread, NULL));
	sleep(20);
	printf("the other thread is alive\n");
	return 3;
}
