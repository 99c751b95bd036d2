// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals: handlers, stacks, restarts, and system calls that a timer interrupts. */
#include "check.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/time.h>

static volatile sig_atomic_t hits;
static volatile sig_atomic_t order[8];
static volatile sig_atomic_t depth;
static void *volatile seen;
static sigjmp_buf jump;
static volatile char *page;

static void install(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	CHECK(!sigaction(sig, &sa, NULL));
}

static void count_hit(int sig)
{
	(void)sig;
	hits++;
	syscall(SYS_getppid);
}

static void handler(void)
{
	install(SIGUSR1, count_hit, 0);
	for (int i = 0; i < 1000; i++)
		CHECK(!kill(getpid(), SIGUSR1));
	CHECK(hits == 1000);
}

static void note_stack(int sig)
{
	char here;

	(void)sig;
	seen = &here;
	hits++;
}

static void altstack(void)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };

	CHECK(!sigaltstack(&ss, NULL));
	install(SIGUSR1, note_stack, SA_ONSTACK);
	for (int i = 0; i < 200; i++) {
		seen = NULL;
		CHECK(!raise(SIGUSR1));
		CHECK((char *)seen >= stack && (char *)seen < stack + sizeof(stack));
	}
}

static void nest(int sig)
{
	order[depth++] = sig;
	if (sig == SIGUSR1)
		raise(SIGUSR2);
	else if (sig == SIGUSR2)
		raise(SIGHUP);
	order[depth++] = -sig;
}

static void nested(void)
{
	install(SIGUSR1, nest, 0);
	install(SIGUSR2, nest, 0);
	install(SIGHUP, nest, 0);
	CHECK(!raise(SIGUSR1));
	CHECK(depth == 6);
	CHECK(order[0] == SIGUSR1 && order[1] == SIGUSR2 && order[2] == SIGHUP);
	CHECK(order[3] == -SIGHUP && order[4] == -SIGUSR2 && order[5] == -SIGUSR1);
}

static siginfo_t got_info;

static void keep_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	got_info = *info;
	hits++;
}

static void siginfo(void)
{
	struct sigaction sa = { .sa_sigaction = keep_info, .sa_flags = SA_SIGINFO };
	union sigval v = { .sival_int = 4711 };

	CHECK(!sigaction(SIGRTMIN, &sa, NULL));
	CHECK(!sigqueue(getpid(), SIGRTMIN, v));
	CHECK(hits == 1 && got_info.si_value.sival_int == 4711);
	CHECK(got_info.si_pid == getpid() && got_info.si_code == SI_QUEUE);
}

static void eintr(void)
{
	struct itimerval once = { { 0, 0 }, { 0, 50000 } };
	int fds[2];
	char c;

	install(SIGALRM, count_hit, 0);
	CHECK(!pipe(fds));
	for (int i = 0; i < 5; i++) {
		CHECK(!setitimer(ITIMER_REAL, &once, NULL));
		CHECK_ERRNO(read(fds[0], &c, 1), EINTR);
	}
	CHECK(hits == 5);
}

static void restarted_read(void)
{
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	int fds[2];
	pid_t pid;
	char c;

	install(SIGALRM, count_hit, SA_RESTART);
	CHECK(!pipe(fds));
	pid = fork();
	if (!pid) {
		sleep_ms(300);
		CHECK(write(fds[1], "x", 1) == 1);
		_exit(0);
	}
	CHECK(!setitimer(ITIMER_REAL, &often, NULL));
	CHECK(read(fds[0], &c, 1) == 1 && c == 'x');
	CHECK(hits > 0);
	memset(&often, 0, sizeof(often));
	CHECK(!setitimer(ITIMER_REAL, &often, NULL));
	CHECK_EXIT(pid, 0);
}

/* A stop and a continue end in restart_syscall(2). */
static void restarted_sleep(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct timespec ts = { 0, 400000000 };
		double start = now();

		if (syscall(SYS_nanosleep, &ts, NULL))
			_exit(1);
		_exit(now() - start >= 0.4 ? 0 : 2);
	}
	sleep_ms(100);
	CHECK(!kill(pid, SIGSTOP));
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	CHECK(!kill(pid, SIGCONT));
	CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
	CHECK_EXIT(pid, 0);
}

static void unprotect(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	seen = info->si_addr;
	hits++;
	mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
}

static void segv_repaired(void)
{
	struct sigaction sa = { .sa_sigaction = unprotect, .sa_flags = SA_SIGINFO };

	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	CHECK(!sigaction(SIGSEGV, &sa, NULL));
	for (int i = 1; i <= 100; i++) {
		CHECK(!mprotect((void *)page, 4096, PROT_NONE));
		page[5] = i;
		CHECK(hits == i && seen == page + 5 && page[5] == i);
	}
}

static void leap(int sig)
{
	siglongjmp(jump, sig);
}

/* Each CPU exception that a program can cause becomes its signal. */
static void exceptions(void)
{
	char path[] = "/tmp/signals.XXXXXX";
	volatile int sink;
	int fd;
	volatile int sig;

	install(SIGFPE, leap, 0);
	install(SIGILL, leap, 0);
	install(SIGTRAP, leap, 0);
	install(SIGBUS, leap, 0);
	install(SIGSEGV, leap, 0);

	sig = sigsetjmp(jump, 1);
	if (!sig)
		asm volatile("xorl %%edx, %%edx; xorl %%ecx, %%ecx; divl %%ecx"
			     : : "a"(1) : "ecx", "edx");
	CHECK(sig == SIGFPE);
	sig = sigsetjmp(jump, 1);
	if (!sig)
		asm volatile("ud2");
	CHECK(sig == SIGILL);
	sig = sigsetjmp(jump, 1);
	if (!sig)
		asm volatile("int3");
	CHECK(sig == SIGTRAP);
	sig = sigsetjmp(jump, 1);
	if (!sig)
		asm volatile("hlt");
	CHECK(sig == SIGSEGV);
	sig = sigsetjmp(jump, 1);
	if (!sig)
		sink = *(volatile int *)0xffffffff81000000UL;
	CHECK(sig == SIGSEGV);
	(void)sink;

	fd = mkstemp(path);
	CHECK(fd >= 0 && !unlink(path));
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED);
	sig = sigsetjmp(jump, 1);
	if (!sig)
		sink = page[0];
	CHECK(sig == SIGBUS);
}

static void jump_out(void)
{
	install(SIGUSR1, leap, 0);
	for (int i = 0; i < 500; i++) {
		if (!sigsetjmp(jump, 1)) {
			raise(SIGUSR1);
			fail("raise returned");
		}
	}
}

static void signal_fd(void)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
	fd = signalfd(-1, &set, 0);
	CHECK(fd >= 0);
	CHECK(!kill(getpid(), SIGUSR1));
	CHECK(read(fd, &info, sizeof(info)) == sizeof(info));
	CHECK(info.ssi_signo == SIGUSR1 && info.ssi_pid == (uint32_t)getpid());
}

static void timed_wait(void)
{
	struct timespec ts = { 0, 20000000 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_ERRNO(sigtimedwait(&set, &info, &ts), EAGAIN);
	CHECK(!kill(getpid(), SIGUSR2));
	CHECK(sigtimedwait(&set, &info, &ts) == SIGUSR2);
}

static void killed(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid)
			for (;;)
				syscall(SYS_getppid);
		sleep_ms(5);
		CHECK(!kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
}

static const struct test_case cases[] = {
	{ "handler", handler },
	{ "altstack", altstack },
	{ "nested", nested },
	{ "siginfo", siginfo },
	{ "eintr", eintr },
	{ "restarted_read", restarted_read },
	{ "restarted_sleep", restarted_sleep },
	{ "segv_repaired", segv_repaired },
	{ "exceptions", exceptions },
	{ "jump_out", jump_out },
	{ "signal_fd", signal_fd },
	{ "timed_wait", timed_wait },
	{ "killed", killed },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
