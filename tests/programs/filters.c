// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * filters [-w] [CASE...]
 *
 * Code that the kernel makes from a program of the user's: classic and extended BPF
 * as socket filters, on a cgroup, for seccomp and as a probe.
 *
 *   -w	when the code is in place write a byte to standard output, and wait for
 *	one on standard input before it is used
 */
#include "check.h"
#include <pthread.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static bool waits;

static void in_place(void)
{
	char byte = 'r';

	if (waits)
		CHECK(write(1, &byte, 1) == 1 && read(0, &byte, 1) == 1);
	waits = false;
}

/*
 * A classic filter on a UNIX socket runs in the sender's own system call.  The
 * loads with a negative offset and the extensions call helpers of the kernel.
 */
static void socket_filter(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PAY_OFFSET),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_CPU),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'y', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 4),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };
	char buf[16];
	int sv[2];

	for (int i = 0; i < 50; i++) {
		CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
		CHECK(!setsockopt(sv[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
		in_place();
		/* dropped: the sender does not learn of it, or gets EPERM */
		CHECK(send(sv[0], "no", 2, 0) == 2 || errno == EPERM);
		CHECK(send(sv[0], "yes and more", 12, 0) == 12);
		CHECK(recv(sv[1], buf, sizeof(buf), 0) == 4 && !memcmp(buf, "yes ", 4));
		CHECK_ERRNO(recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
		close(sv[0]);
		close(sv[1]);
	}
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i })

static int load_bpf(int type, int attach_type, const struct bpf_insn *insns, int count)
{
	static char log[65536];
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach_type;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = count;
	attr.license = (unsigned long)"GPL";
	attr.log_buf = (unsigned long)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		skip("BPF_PROG_LOAD");
	if (fd < 0)
		fail("BPF_PROG_LOAD: %s\n%s", strerror(errno), log);
	return fd;
}

/* An eBPF filter counts in a map: a helper, called in the sender's system call. */
static void bpf_map_filter(void)
{
	for (int i = 0; i < 20; i++) {
		union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 4,
					.value_size = 8, .max_entries = 4 };
		int map = bpf(BPF_MAP_CREATE, &attr), prog, sv[2], key = 0;
		uint64_t value = 0;

		if (map < 0)
			skip("BPF_MAP_CREATE");
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = map;
		attr.key = (unsigned long)&key;
		attr.value = (unsigned long)&value;
		CHECK(!bpf(BPF_MAP_UPDATE_ELEM, &attr));
		{
			const struct bpf_insn insns[] = {
				INSN(BPF_ST | BPF_W | BPF_MEM, 10, 0, -4, 0),
				INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
				INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
				INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
				INSN(0, 0, 0, 0, 0),
				INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
				INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0),
				INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1),
				INSN(BPF_STX | BPF_DW | BPF_ATOMIC, 0, 1, 0, BPF_ADD),
				INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns),
				INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 100),
				INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
			};

			prog = load_bpf(BPF_PROG_TYPE_SOCKET_FILTER, 0, insns,
					ARRAY_SIZE(insns));
		}
		CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
		CHECK(!setsockopt(sv[1], SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)));
		in_place();
		for (int n = 0; n < 10; n++) {
			char byte;

			CHECK(send(sv[0], "x", 1, 0) == 1);
			CHECK(recv(sv[1], &byte, 1, 0) == 1);
		}
		CHECK(!bpf(BPF_MAP_LOOKUP_ELEM, &attr) && value == 10);
		close(prog);
		close(map);
		close(sv[0]);
		close(sv[1]);
	}
}

/* The argument that attaches the program to the own cgroup, or detaches it. */
static union bpf_attr cgroup_attr(int type, int attach_type, const struct bpf_insn *insns,
				  int count)
{
	char line[PATH_MAX], path[PATH_MAX + 32];
	union bpf_attr attr;
	FILE *f = fopen("/proc/self/cgroup", "r");

	CHECK(f && fgets(line, sizeof(line), f) && !fclose(f));
	line[strcspn(line, "\n")] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s", line + 3);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = open(path, O_RDONLY | O_DIRECTORY);
	CHECK((int)attr.target_fd >= 0);
	attr.attach_bpf_fd = load_bpf(type, attach_type, insns, count);
	attr.attach_type = attach_type;
	return attr;
}

/* A program on the own cgroup decides which sockets may be made. */
static void bpf_cgroup(void)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_uid_gid),
		INSN(BPF_LDX | BPF_W | BPF_MEM, 1, 6, offsetof(struct bpf_sock, type), 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 1, 0, 1, SOCK_DGRAM),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = cgroup_attr(BPF_PROG_TYPE_CGROUP_SOCK,
					  BPF_CGROUP_INET_SOCK_CREATE, insns,
					  ARRAY_SIZE(insns));
	int fd;

	for (int i = 0; i < 10; i++) {
		if (bpf(BPF_PROG_ATTACH, &attr))
			skip("BPF_PROG_ATTACH to a cgroup");
		in_place();
		CHECK_ERRNO(socket(AF_INET, SOCK_DGRAM, 0), EPERM);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		CHECK(fd >= 0 && !close(fd));
		CHECK(!bpf(BPF_PROG_DETACH, &attr));
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		CHECK(fd >= 0 && !close(fd));
	}
}

/* A socket pair whose one end another thread floods with four bytes each. */
static int flooded[2];
static volatile bool stop;

static void *flood(void *arg)
{
	while (!stop)
		send(flooded[0], "four", 4, 0);
	return arg;
}

/* Packets come until one of this length does. */
static void await_length(ssize_t length)
{
	char buf[8];

	while (recv(flooded[1], buf, sizeof(buf), 0) != length)
		;
}

static pthread_t start_flood(void)
{
	pthread_t t;

	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, flooded));
	CHECK(!pthread_create(&t, NULL, flood, NULL));
	await_length(4);
	return t;
}

static void end_flood(pthread_t t)
{
	stop = true;
	/* wakes up a sender that waits for room, as a shutdown does not */
	CHECK(!close(flooded[1]));
	CHECK(!pthread_join(t, NULL));
}

/* A filter that lets this many bytes through. */
#define CUT(length)							\
	INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, length),		\
	INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Filters of both kinds come and go while another thread sends through them. */
static void filters_come_and_go(void)
{
	/* the second one is a function that the first one calls */
	const struct bpf_insn extended[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
		CUT(2),
	};
	struct sock_filter classic[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	struct sock_fprog fprog = { ARRAY_SIZE(classic), classic };
	pthread_t t = start_flood();

	for (int i = 0; i < 30; i++) {
		int prog, zero = 0;

		CHECK(!setsockopt(flooded[1], SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)));
		await_length(1);
		prog = load_bpf(BPF_PROG_TYPE_SOCKET_FILTER, 0, extended, ARRAY_SIZE(extended));
		CHECK(!setsockopt(flooded[1], SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)));
		close(prog);
		await_length(2);
		CHECK(!setsockopt(flooded[1], SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero)));
		await_length(4);
	}
	end_flood(t);
}

/* A tail call is a jump that the kernel patches when the map changes. */
static void tail_calls(void)
{
	const struct bpf_insn one[] = { CUT(1) }, two[] = { CUT(2) };
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4,
				.value_size = 4, .max_entries = 2 };
	int map = bpf(BPF_MAP_CREATE, &attr), prog, progs[2], key = 1;
	pthread_t t;

	if (map < 0)
		skip("BPF_MAP_CREATE");
	progs[0] = load_bpf(BPF_PROG_TYPE_SOCKET_FILTER, 0, one, ARRAY_SIZE(one));
	progs[1] = load_bpf(BPF_PROG_TYPE_SOCKET_FILTER, 0, two, ARRAY_SIZE(two));
	{
		const struct bpf_insn jump[] = {
			INSN(BPF_LD | BPF_DW | BPF_IMM, 2, BPF_PSEUDO_MAP_FD, 0, map),
			INSN(0, 0, 0, 0, 0),
			INSN(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, key),
			INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call),
			CUT(3),
		};

		prog = load_bpf(BPF_PROG_TYPE_SOCKET_FILTER, 0, jump, ARRAY_SIZE(jump));
	}
	t = start_flood();
	CHECK(!setsockopt(flooded[1], SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)));
	await_length(3);
	for (int i = 0; i < 40; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = map;
		attr.key = (unsigned long)&key;
		attr.value = (unsigned long)&progs[i % 2];
		CHECK(!bpf(BPF_MAP_UPDATE_ELEM, &attr));
		await_length(1 + i % 2);
		if (i % 4 == 3) {
			attr.value = 0;
			CHECK(!bpf(BPF_MAP_DELETE_ELEM, &attr));
			await_length(3);
		}
	}
	end_flood(t);
}

/* How often a program has run, as counted while kernel.bpf_stats_enabled is 1. */
static unsigned long runs(int prog)
{
	unsigned long n = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", prog);
	f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "run_cnt: %lu", &n);
	fclose(f);
	return n;
}

/* A static key in the way of each run of a filter is flipped. */
static void static_key(void)
{
	static const char stats[] = "/proc/sys/kernel/bpf_stats_enabled";
	const struct bpf_insn cut[] = { CUT(1) };
	int prog = load_bpf(BPF_PROG_TYPE_SOCKET_FILTER, 0, cut, ARRAY_SIZE(cut));
	pthread_t t = start_flood();

	CHECK(!setsockopt(flooded[1], SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)));
	for (int i = 0; i < 10; i++) {
		unsigned long before = runs(prog);

		if (put_file(stats, "1"))
			skip(stats);
		while (runs(prog) < before + 10)
			await_length(1);
		CHECK(!put_file(stats, "0"));
		/* A run that had started may still count. */
		await_length(1);
		before = runs(prog);
		for (int n = 0; n < 10; n++)
			await_length(1);
		CHECK(runs(prog) <= before + 1);
	}
	end_flood(t);
}

/* A program on the own cgroup decides about packets, in the sender's system call. */
static void cgroup_skb(void)
{
	const struct bpf_insn drop[] = { CUT(0) };
	union bpf_attr attr = cgroup_attr(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS,
					  drop, ARRAY_SIZE(drop));
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(fd >= 0);
	for (int i = 0; i < 30; i++) {
		if (bpf(BPF_PROG_ATTACH, &attr))
			skip("BPF_PROG_ATTACH to a cgroup");
		in_place();
		for (int n = 0; n < 10; n++)
			CHECK_ERRNO(sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)), EPERM);
		CHECK(!bpf(BPF_PROG_DETACH, &attr));
		for (int n = 0; n < 10; n++)
			CHECK(sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) == 1);
	}
}

static void *call_until_refused(void *arg)
{
	while (syscall(SYS_getuid) != -1)
		;
	CHECK(errno == 99);
	return arg;
}

/* A filter reaches threads that are in the middle of system calls. */
static void seccomp_all_threads(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 99),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };

	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t t[3];

			CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
			for (int n = 0; n < 3; n++)
				CHECK(!pthread_create(&t[n], NULL, call_until_refused, NULL));
			for (int n = 0; n < 200; n++)
				CHECK(syscall(SYS_getuid) != -1);
			CHECK(!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				       SECCOMP_FILTER_FLAG_TSYNC, &prog));
			for (int n = 0; n < 3; n++)
				CHECK(!pthread_join(t[n], NULL));
			_exit(0);
		}
		CHECK_EXIT(pid, 0);
	}
}

/* A program on the start and on the end of a function counts in a map. */
static void count_reads(unsigned int flags)
{
	static const char *symbols[] = { "vfs_read" };
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1 };
	int map = bpf(BPF_MAP_CREATE, &attr), prog, link, key = 0, fds[2];
	uint64_t value = 0, later = 0;
	char byte;

	if (map < 0)
		skip("BPF_MAP_CREATE");
	{
		const struct bpf_insn insns[] = {
			INSN(BPF_ST | BPF_W | BPF_MEM, 10, 0, -4, 0),
			INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
			INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
			INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
			INSN(0, 0, 0, 0, 0),
			INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
			INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0),
			INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1),
			INSN(BPF_STX | BPF_DW | BPF_ATOMIC, 0, 1, 0, BPF_ADD),
			CUT(0),
		};

		prog = load_bpf(BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, insns,
				ARRAY_SIZE(insns));
	}
	CHECK(!pipe(fds));
	for (int i = 0; i < 5; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.link_create.prog_fd = prog;
		attr.link_create.attach_type = BPF_TRACE_KPROBE_MULTI;
		attr.link_create.kprobe_multi.flags = flags;
		attr.link_create.kprobe_multi.cnt = 1;
		attr.link_create.kprobe_multi.syms = (unsigned long)symbols;
		link = bpf(BPF_LINK_CREATE, &attr);
		if (link < 0)
			skip("BPF_LINK_CREATE for many kprobes");
		in_place();
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = map;
		attr.key = (unsigned long)&key;
		attr.value = (unsigned long)&value;
		CHECK(!bpf(BPF_MAP_LOOKUP_ELEM, &attr));
		for (int n = 0; n < 100; n++)
			CHECK(write(fds[1], "x", 1) == 1 && read(fds[0], &byte, 1) == 1);
		attr.value = (unsigned long)&later;
		CHECK(!bpf(BPF_MAP_LOOKUP_ELEM, &attr));
		CHECK(later >= value + 100);
		close(link);
	}
}

static void probe_entry(void)
{
	count_reads(0);
}

static void probe_return(void)
{
	count_reads(BPF_F_KPROBE_MULTI_RETURN);
}

static const struct test_case cases[] = {
	{ "socket_filter", socket_filter },
	{ "bpf_map_filter", bpf_map_filter },
	{ "filters_come_and_go", filters_come_and_go },
	{ "tail_calls", tail_calls },
	{ "static_key", static_key },
	{ "bpf_cgroup", bpf_cgroup },
	{ "cgroup_skb", cgroup_skb },
	{ "seccomp_all_threads", seccomp_all_threads },
	{ "probe_entry", probe_entry },
	{ "probe_return", probe_return },
};

int main(int argc, char **argv)
{
	waits = argc > 1 && !strcmp(argv[1], "-w");
	return run_cases(cases, ARRAY_SIZE(cases), argc - waits, argv + waits);
}
