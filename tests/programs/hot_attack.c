// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hot_attack CGROUP TIMES COMMAND [WORD...]
 *
 * Attack from inside CGROUP, each time from a new process, right after the same
 * code has run on the full page table of the same CPU: its translations are in
 * the TLB then, and an attack that is stopped only by what the page table lacks
 * gets through if they outlive the change to the view.  This process makes them
 * hot by the same attack and so has to be outside of isolation, where the attack must
 * succeed; its result is the value to be expected.
 *
 * Prints how many of the attackers came back and how many were killed:
 *
 *	came back 0, killed 20, other 0
 */
#include "check.h"
#include <sched.h>

#define WARM_UP	3

static char command[128];

/* Returns the value; fails if the attack did not come back. */
static long attack(int fd)
{
	char value[32];
	ssize_t n;

	if (write(fd, command, strlen(command)) < 0)
		fail("refused: %s: %s", command, strerror(errno));
	n = read(fd, value, sizeof(value) - 1);
	CHECK(n > 0);
	value[n] = '\0';
	return strtol(value, NULL, 10);
}

static void attacker(const char *cgroup, int ready, int go)
{
	static const char harmless[] = "mid no_such_symbol body 1";
	char path[PATH_MAX], c;
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	if (put_file(path, "0"))
		fail("%s: %s", path, strerror(errno));
	fd = open("/proc/sci_attack", O_RDWR);
	CHECK(fd >= 0);
	CHECK(!setresuid(1000, 1000, 1000));
	/* The way to the attack adds nothing to the view, and so evicts less. */
	for (int i = 0; i < WARM_UP; i++)
		CHECK_ERRNO(write(fd, harmless, strlen(harmless)), ENOENT);
	CHECK(write(ready, "x", 1) == 1);
	CHECK(read(go, &c, 1) == 1);
	if (write(fd, command, strlen(command)) == (ssize_t)strlen(command))
		_exit(0);
	_exit(2);
}

int main(int argc, char **argv)
{
	int fd, ready[2], go[2], times, back = 0, killed = 0, other = 0;
	cpu_set_t cpu;
	size_t len = 0;

	if (argc < 4)
		fail("usage: hot_attack CGROUP TIMES COMMAND [WORD...]");
	times = atoi(argv[2]);
	for (int i = 3; i < argc; i++)
		len += snprintf(command + len, sizeof(command) - len, "%s%s",
				len ? " " : "", argv[i]);
	CHECK(len < sizeof(command));

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	CHECK(!sched_setaffinity(0, sizeof(cpu), &cpu));
	fd = open("/proc/sci_attack", O_RDWR);
	CHECK(fd >= 0);

	for (int i = 0; i < times; i++) {
		long value;
		int status;
		pid_t pid;
		char c;

		CHECK(!pipe(ready) && !pipe(go));
		pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			attacker(argv[1], ready[1], go[0]);
		CHECK(!close(ready[1]) && !close(go[0]));
		if (read(ready[0], &c, 1) != 1)
			fail("the attacker died too early");
		value = attack(fd);
		if (value != attack(fd))
			fail("two values outside: %ld is the first", value);
		CHECK(write(go[1], "x", 1) == 1);
		status = wait_for(pid);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			killed++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			back++;
		else
			other++;
		CHECK(!close(ready[0]) && !close(go[1]));
	}
	printf("came back %d, killed %d, other %d\n", back, killed, other);
	return other != 0;
}
