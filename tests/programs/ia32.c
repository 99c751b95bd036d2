// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ia32 int80|fast NAME...: a 32-bit program without a C library.
 *
 * "fast" calls through the vDSO, which is SYSENTER on Intel and SYSCALL on AMD
 * CPUs; "int80" through the interrupt.  Prints "ok NAME" for each case, as
 * the other programs do; without a name it runs them all.
 */

typedef unsigned int u32;

enum {
	NR_exit = 1, NR_fork = 2, NR_read = 3, NR_write = 4, NR_open = 5, NR_close = 6,
	NR_waitpid = 7, NR_unlink = 10, NR_execve = 11, NR_lseek = 19, NR_getpid = 20,
	NR_pause = 29, NR_kill = 37, NR_dup = 41, NR_pipe = 42, NR_brk = 45,
	NR_ioctl = 54, NR_getppid = 64, NR_munmap = 91, NR_socketcall = 102,
	NR_wait4 = 114, NR_uname = 122, NR_rt_sigaction = 174,
	NR_sigaction = 67, NR_getcwd = 183, NR_vfork = 190, NR_mmap2 = 192, NR_stat64 = 195,
	NR_getuid32 = 199, NR_getdents64 = 220, NR_gettid = 224, NR_futex = 240,
	NR_set_thread_area = 243, NR_exit_group = 252,
	NR_clock_gettime64 = 403, NR_clock_nanosleep_time64 = 407,
	NR_mprotect = 125, NR_old_mmap = 90, NR_modify_ldt = 123, NR_alarm = 27,
};

enum { EFAULT = 14, EINTR = 4, ENOSYS = 38, ENOENT = 2 };
enum { SIGUSR1 = 10, SIGSEGV = 11, SIGALRM = 14 };

static void *vsyscall;
static int fast;

int main(int argc, char **argv, char **envp);
void start(u32 *stack);

static int call6(int nr, int a, int b, int c, int d, int e, int f)
{
	struct { int nr, b, f; } in = { nr, a, f };
	int ret;

	/* ebx and ebp are saved by hand; esi, edi, ecx, edx carry arguments */
	if (fast)
		asm volatile("push %%ebp\n\tpush %%ebx\n\t"
			     "push %[vsyscall]\n\t"
			     "mov 4(%%eax), %%ebx\n\tmov 8(%%eax), %%ebp\n\tmov (%%eax), %%eax\n\t"
			     "call *(%%esp)\n\t"
			     "add $4, %%esp\n\tpop %%ebx\n\tpop %%ebp"
			     : "=a"(ret)
			     : "a"(&in), "c"(b), "d"(c), "S"(d), "D"(e),
			       [vsyscall] "m"(vsyscall)
			     : "memory", "cc");
	else
		asm volatile("push %%ebp\n\tpush %%ebx\n\t"
			     "mov 4(%%eax), %%ebx\n\tmov 8(%%eax), %%ebp\n\tmov (%%eax), %%eax\n\t"
			     "int $0x80\n\t"
			     "pop %%ebx\n\tpop %%ebp"
			     : "=a"(ret)
			     : "a"(&in), "c"(b), "d"(c), "S"(d), "D"(e)
			     : "memory", "cc");
	return ret;
}

#define call0(nr)		call6(nr, 0, 0, 0, 0, 0, 0)
#define call1(nr, a)		call6(nr, (int)(a), 0, 0, 0, 0, 0)
#define call2(nr, a, b)		call6(nr, (int)(a), (int)(b), 0, 0, 0, 0)
#define call3(nr, a, b, c)	call6(nr, (int)(a), (int)(b), (int)(c), 0, 0, 0)
#define call4(nr, a, b, c, d)	call6(nr, (int)(a), (int)(b), (int)(c), (int)(d), 0, 0)

static u32 length(const char *s)
{
	u32 n = 0;

	while (s[n])
		n++;
	return n;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static void print(int fd, const char *s)
{
	call3(NR_write, fd, s, length(s));
}

static void print_number(int fd, int n)
{
	char buf[12], *p = buf + 11;
	u32 u = n < 0 ? -(u32)n : (u32)n;

	*p = 0;
	do {
		*--p = '0' + u % 10;
		u /= 10;
	} while (u);
	if (n < 0)
		*--p = '-';
	print(fd, p);
}

static void fail_at(int line, const char *what)
{
	print(2, "ia32.c:");
	print_number(2, line);
	print(2, ": not true: ");
	print(2, what);
	print(2, "\n");
	call1(NR_exit_group, 1);
}

#define CHECK(cond)				\
	do {					\
		if (!(cond))			\
			fail_at(__LINE__, #cond); \
	} while (0)

static void calls(void)
{
	int pid = call0(NR_getpid);

	for (int i = 0; i < 1000; i++) {
		CHECK(call0(NR_getppid) > 0);
		CHECK(call0(NR_gettid) == pid);
	}
	CHECK(call0(9999) == -ENOSYS);
	CHECK(call0(-1) == -ENOSYS);
}

static char buf[4096], buf2[4096];

static void files(void)
{
	int fds[2], fd;

	CHECK(call1(NR_pipe, fds) == 0);
	CHECK(call3(NR_write, fds[1], "abcdefgh", 8) == 8);
	CHECK(call3(NR_read, fds[0], buf, 8) == 8 && buf[7] == 'h');
	CHECK(call3(NR_write, fds[1], 8, 8) == -EFAULT);
	CHECK(call3(NR_write, fds[1], 0xfffff000, 8) == -EFAULT);
	CHECK(call1(NR_close, fds[0]) == 0 && call1(NR_close, fds[1]) == 0);

	fd = call3(NR_open, "/proc/self/stat", 0, 0);
	CHECK(fd >= 0);
	CHECK(call3(NR_read, fd, buf, sizeof(buf)) > 10);
	CHECK(call3(NR_lseek, fd, 0, 0) == 0);
	CHECK(call1(NR_close, fd) == 0);
	fd = call3(NR_open, "/", 0200000, 0);
	CHECK(fd >= 0);
	CHECK(call3(NR_getdents64, fd, buf, sizeof(buf)) > 0);
	CHECK(call1(NR_close, fd) == 0);
	CHECK(call3(NR_open, "/nonexistent", 0, 0) == -ENOENT);
	CHECK(call2(NR_stat64, "/", buf) == 0);
	CHECK(call2(NR_getcwd, buf, sizeof(buf)) > 0);
	CHECK(call1(NR_uname, buf) == 0);
}

static void memory(void)
{
	int args[6] = { 0, 8192, 3, 0x22, -1, 0 };
	char *p = (char *)call6(NR_mmap2, 0, 1 << 20, 3, 0x22, -1, 0);
	int fds[2];

	CHECK((u32)p < 0xfffff000);
	p[0] = 1;
	CHECK(call1(NR_pipe, fds) == 0);
	/* first touched by the kernel */
	CHECK(call3(NR_write, fds[1], p + 65536, 4096) == 4096);
	CHECK(call3(NR_read, fds[0], p + 131072, 4096) == 4096);
	CHECK(call3(NR_mprotect, p, 4096, 1) == 0);
	CHECK(call3(NR_write, fds[1], "x", 1) == 1);
	CHECK(call3(NR_read, fds[0], p, 1) == -EFAULT);
	CHECK(call2(NR_munmap, p, 1 << 20) == 0);
	p = (char *)call1(NR_old_mmap, args);
	CHECK((u32)p < 0xfffff000);
	p[4096] = 2;
	CHECK(call2(NR_munmap, p, 8192) == 0);
}

static void processes(void)
{
	int status = 0, pid;

	for (int i = 0; i < 20; i++) {
		pid = call0(NR_fork);
		CHECK(pid >= 0);
		if (!pid)
			call1(NR_exit, i);
		CHECK(call3(NR_waitpid, pid, &status, 0) == pid);
		CHECK(status == i << 8);
	}
}

static const char *self;

static void exec(void)
{
	const char *argv[] = { "ia32", fast ? "fast" : "int80", "--exit", 0 };
	int status = 0, pid;

	for (int i = 0; i < 5; i++) {
		pid = call0(NR_fork);
		CHECK(pid >= 0);
		if (!pid) {
			call3(NR_execve, self, argv, 0);
			call1(NR_exit, 126);
		}
		CHECK(call4(NR_wait4, pid, &status, 0, 0) == pid);
		CHECK(status == 17 << 8);
	}
}

static volatile int hits;
static volatile int info_ok;

static void on_signal(int sig)
{
	hits += sig == SIGUSR1;
	call0(NR_getppid);
}

static void on_info(int sig, int *info)
{
	hits += sig == SIGUSR1;
	info_ok = info[0] == SIGUSR1;
	call0(NR_getppid);
}

static void on_alarm(int sig)
{
	(void)sig;
}

struct old_sigaction {
	void *handler;
	u32 mask, flags;
	void *restorer;
};

struct sigaction {
	void *handler;
	u32 flags;
	void *restorer;
	u32 mask[2];
};

static void signals(void)
{
	struct old_sigaction old = { on_signal, 0, 0, 0 };
	struct sigaction new = { on_info, 4 /* SA_SIGINFO */, 0, { 0, 0 } };
	int pid = call0(NR_getpid), fds[2];

	/* sigreturn */
	CHECK(call3(NR_sigaction, SIGUSR1, &old, 0) == 0);
	for (int i = 0; i < 200; i++)
		CHECK(call2(NR_kill, pid, SIGUSR1) == 0);
	CHECK(hits == 200);
	/* rt_sigreturn */
	CHECK(call4(NR_rt_sigaction, SIGUSR1, &new, 0, 8) == 0);
	for (int i = 0; i < 200; i++)
		CHECK(call2(NR_kill, pid, SIGUSR1) == 0);
	CHECK(hits == 400 && info_ok);
	/* EINTR */
	old.handler = on_alarm;
	CHECK(call3(NR_sigaction, SIGALRM, &old, 0) == 0);
	CHECK(call1(NR_pipe, fds) == 0);
	call1(NR_alarm, 1);
	CHECK(call3(NR_read, fds[0], buf, 1) == -EINTR);
}

static void sockets(void)
{
	int fds[2] = { -1, -1 };
	int args[4] = { 1 /* AF_UNIX */, 1, 0, (int)fds };

	CHECK(call2(NR_socketcall, 8 /* socketpair */, args) == 0);
	CHECK(call3(NR_write, fds[0], "hello", 5) == 5);
	CHECK(call3(NR_read, fds[1], buf2, 5) == 5 && buf2[4] == 'o');
}

static void times(void)
{
	long long short_time[2] = { 0, 1000000 }, ts[2] = { 0, 0 };

	CHECK(call4(NR_clock_nanosleep_time64, 1, 0, short_time, 0) == 0);
	CHECK(call2(NR_clock_gettime64, 1, ts) == 0);
	CHECK(ts[0] > 0 || ts[1] > 0);
}

/* A segment of its own, in the GDT and, where there is one, in the LDT. */
static void segments(void)
{
	static int value = 4711;
	struct { u32 entry, base, limit, flags; } desc = {
		(u32)-1, (u32)&value, 0xfffff, 0x51,
	};
	int got, ret;
	u32 selector;

	CHECK(call1(NR_set_thread_area, &desc) == 0);
	selector = desc.entry << 3 | 3;
	asm volatile("mov %w1, %%fs\n\tmov %%fs:0, %0" : "=r"(got) : "r"(selector));
	CHECK(got == 4711);
	for (int i = 0; i < 50; i++)
		call0(NR_getppid);
	asm volatile("mov %%fs:0, %0" : "=r"(got));
	CHECK(got == 4711);

	desc.entry = 0;
	ret = call3(NR_modify_ldt, 0x11, &desc, sizeof(desc));
	if (ret == -ENOSYS)
		return;
	CHECK(ret == 0);
	selector = 7;
	asm volatile("mov %w1, %%fs\n\tmov %%fs:0, %0" : "=r"(got) : "r"(selector));
	CHECK(got == 4711);
	for (int i = 0; i < 50; i++)
		call0(NR_getppid);
	asm volatile("mov %%fs:0, %0" : "=r"(got));
	CHECK(got == 4711);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "calls", calls },
	{ "files", files },
	{ "memory", memory },
	{ "processes", processes },
	{ "exec", exec },
	{ "signals", signals },
	{ "sockets", sockets },
	{ "times", times },
	{ "segments", segments },
};

int main(int argc, char **argv, char **envp)
{
	u32 *aux = (u32 *)envp;
	int failed = 0, ran = 0;

	while (*aux)
		aux++;
	for (aux++; aux[0]; aux += 2) {
		if (aux[0] == 32)	/* AT_SYSINFO */
			vsyscall = (void *)aux[1];
		if (aux[0] == 31)	/* AT_EXECFN */
			self = (const char *)aux[1];
	}
	if (argc < 2 || (!same(argv[1], "int80") && !same(argv[1], "fast"))) {
		print(2, "usage: ia32 int80|fast [CASE]...\n");
		return 2;
	}
	if (same(argv[1], "fast")) {
		if (!vsyscall) {
			print(2, "no AT_SYSINFO\n");
			return 1;
		}
		fast = 1;
	}
	if (argc == 3 && same(argv[2], "--exit"))
		return 17;
	if (argc == 3 && same(argv[2], "--how")) {
		const unsigned char *p = vsyscall;

		for (int i = 0; fast && i < 32; i++, p++) {
			if (p[0] == 0x0f && p[1] == 0x34)
				print(1, "sysenter\n");
			else if (p[0] == 0x0f && p[1] == 0x05)
				print(1, "syscall\n");
		}
		return 0;
	}

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = 0, pid, wanted = argc == 2;

		for (int n = 2; n < argc; n++)
			wanted |= same(argv[n], cases[i].name);
		if (!wanted)
			continue;
		ran++;
		pid = call0(NR_fork);
		if (!pid) {
			cases[i].run();
			call1(NR_exit_group, 0);
		}
		if (call3(NR_waitpid, pid, &status, 0) != pid || status) {
			print(1, "not ");
			failed = 1;
		}
		print(1, "ok ");
		print(1, cases[i].name);
		print(1, "\n");
	}
	return failed || !ran;
}

void __attribute__((noreturn)) start(u32 *stack)
{
	int argc = stack[0];
	char **argv = (char **)(stack + 1);

	call1(NR_exit_group, main(argc, argv, argv + argc + 1));
	__builtin_unreachable();
}

asm(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %esp, %eax\n\t"
    "and $-16, %esp\n\tsub $12, %esp\n\tpush %eax\n\tcall start\n\thlt");
