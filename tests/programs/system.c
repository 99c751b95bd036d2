// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System calls that change the process's own machine state or its world: segments,
 * ports, CPU sets, namespaces, mounts, filters, perf, core dumps.
 */
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <grp.h>
#include <stddef.h>
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>

static void ldt(void)
{
	static int value = 815;
	struct user_desc desc = {
		.entry_number = 3, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1,
		.useable = 1,
	};
	/* the segment's base has 32 bits */
	int *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0), got;
	char buf[256];

	CHECK(low != MAP_FAILED);
	*low = value;
	desc.base_addr = (unsigned long)low;
	if (syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)) && errno == ENOSYS)
		skip("modify_ldt");
	CHECK((int)syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)) == 0);
	CHECK((int)syscall(SYS_modify_ldt, 0, buf, sizeof(buf)) > 0);
	asm volatile("mov %w1, %%fs\n\tmov %%fs:0, %0\n\t" : "=r"(got) : "r"(3 << 3 | 7));
	/* FS was the thread pointer: nothing but the end may follow */
	_exit(got == value ? 0 : 1);
}

/* The LDT is copied at fork and kept over many system calls and switches. */
static void ldt_kept(void)
{
	struct user_desc desc = {
		.entry_number = 5, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1,
		.useable = 1,
	};
	int *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(low != MAP_FAILED);
	*low = 4242;
	desc.base_addr = (unsigned long)low;
	if (syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)) && errno == ENOSYS)
		skip("modify_ldt");
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			int got;

			asm volatile("mov %w0, %%es" : : "r"(5 << 3 | 7));
			for (int n = 0; n < 50; n++) {
				syscall(SYS_sched_yield);
				desc.entry_number = 6 + n;
				CHECK((int)syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)) == 0);
			}
			asm volatile("mov %w0, %%gs" : : "r"(20 << 3 | 7));
			asm volatile("mov %%gs:0, %0" : "=r"(got));
			_exit(got == 4242 ? 0 : 1);
		}
		CHECK_EXIT(pid, 0);
	}
}

static void segment_bases(void)
{
	static unsigned long cell = 99;
	unsigned long base = 0, fs = 0, got;

	CHECK(!syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) && fs);
	CHECK(!syscall(SYS_arch_prctl, ARCH_SET_GS, &cell));
	for (int i = 0; i < 100; i++)
		syscall(SYS_sched_yield);
	CHECK(!syscall(SYS_arch_prctl, ARCH_GET_GS, &base) && base == (unsigned long)&cell);
	asm volatile("mov %%gs:0, %0" : "=r"(got));
	CHECK(got == 99);
	CHECK_ERRNO(syscall(SYS_arch_prctl, ARCH_SET_GS, 0xffff888000000000UL), EPERM);
}

static void ports(void)
{
	if (ioperm(0x80, 1, 1))
		skip("ioperm");
	for (int i = 0; i < 50; i++) {
		outb(0, 0x80);
		sched_yield();
	}
	CHECK(!iopl(3));
	outb(0, 0x81);
	CHECK(!iopl(0));
}

static void *barrier_peer(void *arg)
{
	while (!__atomic_load_n((int *)arg, __ATOMIC_RELAXED))
		;
	return NULL;
}

static void barriers(void)
{
	int done = 0;
	pthread_t t;

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		skip("membarrier");
	CHECK(!pthread_create(&t, NULL, barrier_peer, &done));
	for (int i = 0; i < 200; i++)
		CHECK(!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	CHECK(!syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
	done = 1;
	CHECK(!pthread_join(t, NULL));
}

/* The C library has registered an rseq area: the kernel writes the CPU there. */
static void rseq(void)
{
	extern const ptrdiff_t __rseq_offset;
	extern const unsigned int __rseq_size;
	volatile unsigned int *cpu_id;
	cpu_set_t set;

	errno = ENOSYS;
	if (!__rseq_size)
		skip("rseq");
	cpu_id = (unsigned int *)((char *)__builtin_thread_pointer() + __rseq_offset) + 1;
	for (int i = 0; i < 40; i++) {
		unsigned int cpu = i % sysconf(_SC_NPROCESSORS_ONLN);

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		CHECK(!sched_setaffinity(0, sizeof(set), &set));
		CHECK(*cpu_id == cpu);
	}
}

static void namespaces(void)
{
	int old = open("/proc/self/ns/uts", O_RDONLY), user;
	char before[64], after[64];
	pid_t pid;

	CHECK(old >= 0 && !gethostname(before, sizeof(before)));
	CHECK(!unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET));
	CHECK(!sethostname("inside", 6));
	CHECK(!gethostname(after, sizeof(after)) && !strcmp(after, "inside"));
	CHECK(!setns(old, CLONE_NEWUTS));
	CHECK(!gethostname(after, sizeof(after)) && !strcmp(after, before));
	CHECK(!unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		_exit(getpid() == 1 ? 0 : 1);
	CHECK_EXIT(pid, 0);
	pid = fork();
	CHECK(pid == -1 && errno == ENOMEM);
	user = unshare(CLONE_NEWUSER);
	CHECK(!user && geteuid() == 65534);
}

static void mounts(void)
{
	char dir[] = "/tmp/system.XXXXXX", path[64];
	struct stat st, inner;
	int fd;

	CHECK(mkdtemp(dir) && !unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!stat(dir, &st));
	for (int i = 0; i < 5; i++) {
		CHECK(!mount("none", dir, "tmpfs", 0, NULL));
		CHECK(!stat(dir, &inner) && inner.st_dev != st.st_dev);
		snprintf(path, sizeof(path), "%s/sub", dir);
		CHECK(!mkdir(path, 0700));
		CHECK(!mount("/proc", path, NULL, MS_BIND, NULL));
		snprintf(path, sizeof(path), "%s/sub/self/stat", dir);
		CHECK(!access(path, R_OK));
		snprintf(path, sizeof(path), "%s/sub", dir);
		CHECK(!umount(path));
		CHECK(!mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL));
		snprintf(path, sizeof(path), "%s/f", dir);
		CHECK_ERRNO(open(path, O_CREAT | O_WRONLY, 0600), EROFS);
		CHECK(!umount2(dir, MNT_DETACH));
	}
	fd = open("/", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && !chroot(dir) && !chdir("/"));
	CHECK_ERRNO(open("/proc/self/stat", O_RDONLY), ENOENT);
	CHECK(!fchdir(fd) && !chroot(".") && !rmdir(dir));
}

static void filter_calls(unsigned int nr, unsigned int action)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };

	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		skip("seccomp filter");
}

static volatile sig_atomic_t trapped;

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	trapped = info->si_syscall;
}

static void seccomp(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	pid_t pid;

	pid = fork();
	if (!pid) {
		CHECK(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
		syscall(SYS_getpid);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGKILL);
	filter_calls(SYS_getuid, SECCOMP_RET_ERRNO | 77);
	CHECK_ERRNO(syscall(SYS_getuid), 77);
	for (int i = 0; i < 500; i++)
		CHECK(syscall(SYS_getppid) > 0);
	CHECK(!sigaction(SIGSYS, &sa, NULL));
	filter_calls(SYS_getgid, SECCOMP_RET_TRAP);
	syscall(SYS_getgid);
	CHECK(trapped == SYS_getgid);
	filter_calls(SYS_geteuid, SECCOMP_RET_KILL_PROCESS);
	pid = fork();
	if (!pid) {
		syscall(SYS_geteuid);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGSYS);
}

static void seccomp_notify(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };
	struct seccomp_notif notif;
	struct seccomp_notif_resp resp;
	pid_t pid;
	int fd;

	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	if (fd < 0)
		skip("seccomp user notification");
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 50; i++)
			CHECK(syscall(SYS_getsid, 0) == 1000 + i);
		_exit(0);
	}
	for (int i = 0; i < 50; i++) {
		memset(&notif, 0, sizeof(notif));
		CHECK(!ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notif));
		resp = (struct seccomp_notif_resp){ .id = notif.id, .val = 1000 + i };
		CHECK(!ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp));
	}
	CHECK_EXIT(pid, 0);
}

/* Samples are taken in the middle of system calls, with the kernel's call chain. */
static void perf_samples(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 200000,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN,
		.disabled = 1,
	};
	struct perf_event_mmap_page *page;
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0), file;
	char byte;

	if (fd < 0)
		skip("perf_event_open");
	page = mmap(NULL, 65 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(page != MAP_FAILED);
	CHECK(!ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	while (page->data_head <= 100 * sizeof(struct perf_event_header)) {
		file = open("/proc/self/stat", O_RDONLY);
		CHECK(file >= 0 && read(file, &byte, 1) == 1 && !close(file));
		page->data_tail = page->data_head;
	}
	CHECK(!ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
}

static void core(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char dir[] = "/tmp/system.XXXXXX", magic[4];
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status, fd;
	pid_t pid;

	CHECK(mkdtemp(dir) && !chdir(dir) && !setrlimit(RLIMIT_CORE, &limit));
	pid = fork();
	if (!pid) {
		alarm(0);
		*(volatile int *)page = 1;
	}
	status = wait_for(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	CHECK(WCOREDUMP(status));
	fd = open("core", O_RDONLY);
	CHECK(fd >= 0 && read(fd, magic, 4) == 4 && !memcmp(magic, "\177ELF", 4));
	CHECK(lseek(fd, 0, SEEK_END) > 4096);
	CHECK(!unlink("core") && !chdir("/") && !rmdir(dir));
}

static void limits(void)
{
	struct rlimit limit;

	CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 3;
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
	CHECK_ERRNO(open("/dev/null", O_RDONLY), EMFILE);
	CHECK(!setpriority(PRIO_PROCESS, 0, 5) && getpriority(PRIO_PROCESS, 0) == 5);
}

static void identities(void)
{
	gid_t groups[] = { 5, 6, 7 };

	CHECK(!prctl(PR_SET_NAME, "renamed"));
	CHECK(!setgroups(3, groups) && getgroups(0, NULL) == 3);
	CHECK(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	CHECK(getuid() == 1000 && getegid() == 1000);
	CHECK_ERRNO(setuid(0), EPERM);
	CHECK(setsid() > 0 || errno == EPERM);
}

static const struct test_case cases[] = {
	{ "ldt", ldt },
	{ "ldt_kept", ldt_kept },
	{ "segment_bases", segment_bases },
	{ "ports", ports },
	{ "barriers", barriers },
	{ "rseq", rseq },
	{ "namespaces", namespaces },
	{ "mounts", mounts },
	{ "seccomp", seccomp },
	{ "seccomp_notify", seccomp_notify },
	{ "perf_samples", perf_samples },
	{ "core", core },
	{ "limits", limits },
	{ "identities", identities },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
