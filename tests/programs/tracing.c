// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tracing [-r TRACER_CGROUP] [-t TRACEE_CGROUP] [CASE]...
 *
 * ptrace(2) between processes that may be in different cgroups: each tracee
 * moves to TRACEE_CGROUP before it is traced, the tracer, a process for each case,
 * to TRACER_CGROUP once it has its tracee, because a child of an isolated task is isolated.
 */
#include "check.h"
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <linux/elf.h>

static const char *tracer_cgroup, *tracee_cgroup;

static void join_cgroup(const char *cgroup)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	if (put_file(path, "0"))
		fail("%s: %s", path, strerror(errno));
}

/* fork(), and each goes to its cgroup. */
static pid_t fork_tracee(void)
{
	const char *cgroup;
	pid_t pid = fork();

	CHECK(pid >= 0);
	cgroup = pid ? tracer_cgroup : tracee_cgroup;
	if (cgroup)
		join_cgroup(cgroup);
	return pid;
}

/* A child that has asked to be traced, stopped in front of fn. */
static pid_t traced(void (*fn)(void), long options)
{
	int status;
	pid_t pid = fork_tracee();

	if (!pid) {
		CHECK(!ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		fn();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(!ptrace(PTRACE_SETOPTIONS, pid, 0, options | PTRACE_O_EXITKILL));
	return pid;
}

/* Go on until the next stop; false when the tracee is gone with exit 0. */
static bool go_on(int request, pid_t pid, int *status)
{
	CHECK(!ptrace(request, pid, 0, 0));
	CHECK(waitpid(pid, status, 0) == pid);
	if (WIFSTOPPED(*status))
		return true;
	CHECK(WIFEXITED(*status) && WEXITSTATUS(*status) == 0);
	return false;
}

static bool at_syscall(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

static struct user_regs_struct regs_of(pid_t pid)
{
	struct user_regs_struct regs;

	CHECK(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
	return regs;
}

static void hundred_calls(void)
{
	for (int i = 0; i < 100; i++)
		if (syscall(SYS_getppid) < 0)
			_exit(1);
}

static void syscalls(void)
{
	pid_t pid = traced(hundred_calls, PTRACE_O_TRACESYSGOOD);
	int entries = 0, exits = 0, status;
	bool inside = false;

	while (go_on(PTRACE_SYSCALL, pid, &status)) {
		struct user_regs_struct regs;

		CHECK(at_syscall(status));
		regs = regs_of(pid);
		inside = !inside;
		if (regs.orig_rax != SYS_getppid)
			continue;
		if (inside) {
			CHECK((long)regs.rax == -ENOSYS);
			entries++;
		} else {
			CHECK((pid_t)regs.rax == getpid());
			exits++;
		}
	}
	CHECK(entries == 100 && exits == 100);
}

static void singlestep(void)
{
	pid_t pid = traced(hundred_calls, 0);
	int status, steps = 0;

	while (steps < 2000 && go_on(PTRACE_SINGLESTEP, pid, &status)) {
		CHECK(WSTOPSIG(status) == SIGTRAP);
		steps++;
	}
	CHECK(steps > 500);
	if (WIFSTOPPED(status)) {
		CHECK(!ptrace(PTRACE_CONT, pid, 0, 0));
		CHECK_EXIT(pid, 0);
	}
}

static void expect_gettid(void)
{
	CHECK(syscall(SYS_getppid) == getpid());
	CHECK_ERRNO(syscall(SYS_getppid), ENOSYS);
	CHECK(syscall(SYS_getppid) == 12345);
}

/* At the entry stop the tracer makes it another system call, none, or lies. */
static void changed_number(void)
{
	pid_t pid = traced(expect_gettid, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct regs;
	int status, calls = 0;

	while (go_on(PTRACE_SYSCALL, pid, &status)) {
		CHECK(at_syscall(status));
		regs = regs_of(pid);
		if (regs.orig_rax == SYS_getppid) {
			calls++;
			if (calls == 1)
				regs.orig_rax = SYS_gettid;
			else if (calls == 2)
				regs.orig_rax = -1;
			CHECK(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
			CHECK(go_on(PTRACE_SYSCALL, pid, &status) && at_syscall(status));
			regs = regs_of(pid);
			if (calls == 2)
				regs.rax = -ENOSYS;
			else if (calls == 3)
				regs.rax = 12345;
			CHECK(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
			continue;
		}
		if (!go_on(PTRACE_SYSCALL, pid, &status))
			break;
	}
	CHECK(calls == 3);
}

static void pause_for_ever(void)
{
	for (;;)
		pause();
}

/*
 * Make the tracee make a system call at "syscall; int3", planted where it stopped,
 * and put everything back.
 */
static long inject(pid_t pid, long nr, long a, long b, long c, long d, long e, long f)
{
	struct user_regs_struct saved = regs_of(pid), regs = saved;
	long word, status_word;
	int status;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, saved.rip, 0);
	CHECK(!errno);
	status_word = (word & ~0xffffffL) | 0xcc050f;
	CHECK(!ptrace(PTRACE_POKETEXT, pid, saved.rip, status_word));
	regs.rax = nr;
	regs.orig_rax = -1;
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	regs.r10 = d;
	regs.r8 = e;
	regs.r9 = f;
	CHECK(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
	CHECK(!ptrace(PTRACE_CONT, pid, 0, 0));
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	regs = regs_of(pid);
	CHECK(!ptrace(PTRACE_POKETEXT, pid, saved.rip, word));
	CHECK(!ptrace(PTRACE_SETREGS, pid, 0, &saved));
	return regs.rax;
}

static void injection(void)
{
	int status;
	pid_t pid = traced(pause_for_ever, 0);
	long addr;

	for (int i = 0; i < 20; i++)
		CHECK(inject(pid, SYS_getpid, 0, 0, 0, 0, 0, 0) == pid);
	addr = inject(pid, SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(addr > 0);
	CHECK(inject(pid, SYS_getcwd, addr, 4096, 0, 0, 0, 0) > 0);
	CHECK((ptrace(PTRACE_PEEKDATA, pid, addr, 0) & 0xff) == '/');
	CHECK(inject(pid, SYS_munmap, addr, 8192, 0, 0, 0, 0) == 0);
	CHECK(!ptrace(PTRACE_KILL, pid, 0, 0));
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static void sysemu(void)
{
	pid_t pid = traced(hundred_calls, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct regs;
	int status, calls;

	for (calls = 0; calls < 100; calls++) {
		CHECK(go_on(PTRACE_SYSEMU, pid, &status));
		regs = regs_of(pid);
		if (regs.orig_rax != SYS_getppid)
			break;
		regs.rax = 4711;
		CHECK(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
	}
	CHECK(calls == 100);
	CHECK(!kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

static volatile long watched;
static int watch_pipe[2];

static void kernel_writes_watched(void)
{
	long value = 77, again = 78;

	CHECK(write(watch_pipe[1], &value, sizeof(value)) == sizeof(value));
	CHECK(write(watch_pipe[1], &again, sizeof(again)) == sizeof(again));
	CHECK(read(watch_pipe[0], (void *)&watched, sizeof(watched)) == sizeof(watched));
	watched = 79;
	CHECK(read(watch_pipe[0], (void *)&watched, sizeof(watched)) == sizeof(watched));
}

/*
 * A hardware watchpoint: the kernel's own store, in the middle of a system call,
 * raises #DB, and the tracee is stopped for it.
 */
static void watchpoint(void)
{
	int status, stops = 0;
	pid_t pid;

	CHECK(!pipe(watch_pipe));
	pid = traced(kernel_writes_watched, 0);
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), &watched))
		skip("debug registers");
	/* local enable of 0, on write, 8 bytes */
	CHECK(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]),
		      1 | 1 << 16 | 2 << 18));
	while (go_on(PTRACE_CONT, pid, &status)) {
		CHECK(WSTOPSIG(status) == SIGTRAP);
		stops++;
	}
	CHECK(stops >= 1 && stops <= 3);
}

static void attach_detach(void)
{
	pid_t pid = fork_tracee();
	int status;

	if (!pid) {
		for (;;)
			syscall(SYS_getppid);
	}
	sleep_ms(20);
	for (int i = 0; i < 50; i++) {
		CHECK(!ptrace(PTRACE_ATTACH, pid, 0, 0));
		CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
		CHECK(regs_of(pid).rip);
		CHECK(!ptrace(PTRACE_DETACH, pid, 0, 0));
	}
	CHECK(!kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

static void makes_children(void)
{
	char *argv[] = { "tracing", "--exit", NULL };
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	CHECK_EXIT(pid, 0);
	pid = vfork();
	if (!pid)
		_exit(0);
	CHECK_EXIT(pid, 0);
	execv("/proc/self/exe", argv);
}

static void events(void)
{
	pid_t pid = traced(makes_children, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT);
	unsigned int seen = 0;
	int status;

	CHECK(!ptrace(PTRACE_CONT, pid, 0, 0));
	for (;;) {
		int sig = 0;
		pid_t who = waitpid(-1, &status, __WALL);

		CHECK(who > 0);
		if (!WIFSTOPPED(status)) {
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			if (who == pid)
				break;
			continue;
		}
		if (status >> 16)
			seen |= 1U << (status >> 16);
		else if (WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP)
			sig = WSTOPSIG(status);
		CHECK(!ptrace(PTRACE_CONT, who, 0, sig));
	}
	CHECK(seen & 1 << PTRACE_EVENT_FORK);
	CHECK(seen & 1 << PTRACE_EVENT_VFORK);
	CHECK(seen & 1 << PTRACE_EVENT_EXEC);
	CHECK(seen & 1 << PTRACE_EVENT_EXIT);
}

static char remote[8192];

static void foreign_memory(void)
{
	struct iovec local, far = { remote, sizeof(remote) };
	static char mine[8192];
	pid_t pid = traced(pause_for_ever, 0);

	for (int i = 0; i < 20; i++) {
		memset(mine, 'a' + i, sizeof(mine));
		local = (struct iovec){ mine, sizeof(mine) };
		CHECK(process_vm_writev(pid, &local, 1, &far, 1, 0) == sizeof(mine));
		memset(mine, 0, sizeof(mine));
		CHECK(process_vm_readv(pid, &local, 1, &far, 1, 0) == sizeof(mine));
		CHECK(mine[0] == 'a' + i && mine[8191] == 'a' + i);
		CHECK((ptrace(PTRACE_PEEKDATA, pid, remote + 4096, 0) & 0xff) == 'a' + i);
	}
	CHECK(!kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

static const struct test_case cases[] = {
	{ "syscalls", syscalls },
	{ "singlestep", singlestep },
	{ "changed_number", changed_number },
	{ "injection", injection },
	{ "sysemu", sysemu },
	{ "watchpoint", watchpoint },
	{ "attach_detach", attach_detach },
	{ "events", events },
	{ "foreign_memory", foreign_memory },
};

int main(int argc, char **argv)
{
	int opt;

	if (argc == 2 && !strcmp(argv[1], "--exit"))
		return 0;
	while ((opt = getopt(argc, argv, "+r:t:")) != -1) {
		switch (opt) {
		case 'r':
			tracer_cgroup = optarg;
			break;
		case 't':
			tracee_cgroup = optarg;
			break;
		default:
			return 2;
		}
	}
	return run_cases(cases, ARRAY_SIZE(cases), argc - optind + 1, argv + optind - 1);
}
