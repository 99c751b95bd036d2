// SPDX-License-Identifier: GPL-2.0-or-later
/* The ways into the kernel of a 64-bit program other than SYSCALL with a good number. */
#include "check.h"
#include <sys/mman.h>

static long int80(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

/* i386 numbers */
enum { I386_READ = 3, I386_WRITE = 4, I386_GETPID = 20, I386_PIPE = 42,
       I386_GETPPID = 64 };

static void int80_calls(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int *fds = (int *)low;

	CHECK(low != MAP_FAILED && (unsigned long)low < 1UL << 32);
	if (int80(I386_GETPID, 0, 0, 0) == -ENOSYS) {
		errno = ENOSYS;
		skip("int $0x80");
	}
	for (int i = 0; i < 1000; i++) {
		CHECK(int80(I386_GETPID, 0, 0, 0) == getpid());
		CHECK(int80(I386_GETPPID, 0, 0, 0) == getppid());
	}
	CHECK(int80(I386_PIPE, (long)fds, 0, 0) == 0);
	strcpy(low + 64, "seven77");
	CHECK(int80(I386_WRITE, fds[1], (long)low + 64, 8) == 8);
	CHECK(int80(I386_READ, fds[0], (long)low + 128, 8) == 8);
	CHECK(!strcmp(low + 128, "seven77"));
	CHECK((int)int80(I386_WRITE, fds[1], 8, 8) == -EFAULT);
	CHECK((int)int80(100000, 0, 0, 0) == -ENOSYS);
	CHECK((int)int80(-1, 0, 0, 0) == -ENOSYS);
}

static void bad_numbers(void)
{
	static const long bad[] = {
		-1, 5000, 100000, 0x7fffffff, 0x80000000, -4096, LONG_MAX,
		400, 1024, 1UL << 32 | 5000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ERRNO(syscall(bad[i]), ENOSYS);
	/* only the low half of the register counts */
	CHECK(syscall(1UL << 32 | SYS_getpid) == getpid());
}

static void no_x32(void)
{
	for (long nr = 0; nr < 600; nr += 13)
		CHECK_ERRNO(syscall(0x40000000 | nr, -1, 0, 0), ENOSYS);
	CHECK_ERRNO(syscall(0x40000000 | SYS_getpid), ENOSYS);
}

/*
 * Every number with arguments that few system calls accept: nothing may break.
 * Left out: what could stop the machine, and vfork, whose child would return
 * on the parent's stack.
 */
static void every_number(void)
{
	for (long nr = 0; nr < 470; nr++) {
		int status;
		pid_t pid;

		if (nr == SYS_reboot || nr == SYS_kexec_load || nr == SYS_vhangup ||
		    nr == SYS_kexec_file_load || nr == SYS_syslog || nr == SYS_sync ||
		    nr == SYS_acct || nr == SYS_swapoff || nr == SYS_kill ||
		    nr == SYS_vfork || nr == 335 /* uretprobe */)
			continue;
		pid = fork();
		if (!pid) {
			signal(SIGALRM, SIG_DFL);
			ualarm(200000, 0);
			syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L);
			_exit(0);
		}
		status = wait_for(pid);
		/* exit, a late alarm, or a signal that the system call asks for by design */
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM &&
		    !(nr == SYS_rt_sigreturn && WTERMSIG(status) == SIGSEGV))
			fail("call %ld: killed by signal %d", nr, WTERMSIG(status));
	}
}

static const struct test_case cases[] = {
	{ "int80_calls", int80_calls },
	{ "bad_numbers", bad_numbers },
	{ "no_x32", no_x32 },
	{ "every_number", every_number },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
