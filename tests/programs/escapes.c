// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ways to have the kernel do something other than by a system call of one's own:
 * workers, deferred work, faults, signals, helper programs.  The test finds out which
 * code runs on which page table (tests/modules/sci_where).
 */
#include "check.h"
#include "uring.h"
#include <poll.h>
#include <pthread.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <linux/aio_abi.h>
#include <linux/if_packet.h>
#include <linux/userfaultfd.h>
#include <linux/vhost.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

static int temporary(const char *dir)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/escapes.XXXXXX", dir);
	fd = mkstemp(path);
	CHECK(fd >= 0 && !unlink(path));
	return fd;
}

/* io_uring */

/* Write to @in by a ring; the same must come out of @out. */
static void write_by_ring(int in, int out, unsigned int ring_flags, unsigned int sqe_flags)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_WRITE, .fd = in, .flags = sqe_flags, .off = -1,
		.addr = (unsigned long)"written", .len = 7,
	};
	struct ring ring;
	char buf[8] = "";

	ring_setup(&ring, ring_flags);
	for (int i = 0; i < 100; i++)
		CHECK(ring_do(&ring, &sqe) == 7);
	for (int i = 0; i < 100; i++)
		CHECK(read(out, buf, 7) == 7 && !strcmp(buf, "written"));
}

static void uring_worker(void)
{
	int in = temporary("/tmp"), out;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", in);
	out = open(path, O_RDONLY);
	CHECK(out >= 0);
	write_by_ring(in, out, 0, IOSQE_ASYNC);
}

static void uring_sqpoll(void)
{
	int fds[2];

	CHECK(!pipe(fds));
	write_by_ring(fds[1], fds[0], IORING_SETUP_SQPOLL, 0);
}

static long by_int80(long nr, long arg)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(arg), "c"(0L), "d"(0L)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void check_refused(int fd)
{
	struct io_uring_params params = { .flags = 0 };

	CHECK_ERRNO(syscall(SYS_io_uring_setup, 8, &params), EPERM);
	CHECK_ERRNO(syscall(SYS_io_uring_enter, fd, 1, 0, 0, NULL, 0), EPERM);
	CHECK_ERRNO(syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE, NULL, 0), EPERM);
	/* the numbers are the same */
	CHECK(by_int80(SYS_io_uring_setup, 8) == -EPERM);
	CHECK(by_int80(SYS_io_uring_enter, fd) == -EPERM);
	CHECK(by_int80(SYS_io_uring_register, fd) == -EPERM);
}

static void uring_refused(void)
{
	check_refused(-1);
}

/* Tell that we are ready, wait until the test has done its part. */
static void rendezvous(void)
{
	char byte;

	CHECK(write(STDOUT_FILENO, "r", 1) == 1);
	CHECK(read(STDIN_FILENO, &byte, 1) == 1);
}

/* A ring from before isolation, without a worker. */
static void uring_kept(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_NOP };
	struct ring ring;

	ring_setup(&ring, 0);
	CHECK(ring_do(&ring, &sqe) == 0);
	rendezvous();
	ring_queue(&ring, &sqe);
	check_refused(ring.fd);
	CHECK(!ring_completed(&ring));
}

/* The same with one: a thread that polls. */
static void uring_polling(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_NOP };
	struct ring ring;

	ring_setup(&ring, IORING_SETUP_SQPOLL);
	CHECK(ring_do(&ring, &sqe) == 0);
	rendezvous();
	CHECK(ring_do(&ring, &sqe) == 0);
}

/* The attack of tests/modules/sci_attack: a pointer into the middle of int_sqrt(). */
#define ATTACK	"mid int_sqrt body 1764"

static void attack_by_ring(unsigned int ring_flags, unsigned int sqe_flags)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_WRITE, .fd = open("/proc/sci_attack", O_RDWR),
		.flags = sqe_flags, .addr = (unsigned long)ATTACK, .len = strlen(ATTACK),
	};
	struct ring ring;
	char value[8] = "";

	CHECK(sqe.fd >= 0);
	ring_setup(&ring, ring_flags);
	CHECK(ring_do(&ring, &sqe) == (int)sqe.len);
	CHECK(read(sqe.fd, value, sizeof(value)) > 0 && !strcmp(value, "42\n"));
}

static void attack_worker(void)
{
	attack_by_ring(0, IOSQE_ASYNC);
}

static void attack_sqpoll(void)
{
	attack_by_ring(IORING_SETUP_SQPOLL, IOSQE_ASYNC);
}

/* Asynchronous I/O: reads and writes are made at once, these two are not. */

static void aio_do(struct iocb *cb, void (*meanwhile)(int fd))
{
	struct iocb *list[] = { cb };
	aio_context_t ctx = 0;
	struct io_event event;

	if (syscall(SYS_io_setup, 8, &ctx))
		skip("io_setup");
	for (int i = 0; i < 20; i++) {
		CHECK(syscall(SYS_io_submit, ctx, 1, list) == 1);
		meanwhile(cb->aio_fildes);
		CHECK(syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) == 1);
		CHECK((long)event.res >= 0);
	}
	CHECK(!syscall(SYS_io_destroy, ctx));
}

static void dirty(int fd)
{
	CHECK(write(fd, "x", 1) == 1);
}

static void aio_fsync(void)
{
	struct iocb cb = { .aio_fildes = temporary("/var/tmp"),
			   .aio_lio_opcode = IOCB_CMD_FSYNC };

	aio_do(&cb, dirty);
}

static void poke(int fd)
{
	uint64_t value = 1;

	CHECK(write(fd, &value, sizeof(value)) == sizeof(value));
	CHECK(read(fd, &value, sizeof(value)) == sizeof(value));
	CHECK(write(fd, &value, sizeof(value)) == sizeof(value));
}

static void aio_poll(void)
{
	struct iocb cb = { .aio_fildes = eventfd(0, 0), .aio_buf = POLLIN,
			   .aio_lio_opcode = IOCB_CMD_POLL };

	CHECK((int)cb.aio_fildes >= 0);
	aio_do(&cb, poke);
}

/* The last reference to a file goes: at once in close(2), later elsewhere. */

static void last_close(void)
{
	int fd = eventfd(0, 0);

	CHECK(fd >= 0 && !close(fd));
}

static void last_dup2(void)
{
	int fd = eventfd(0, 0), other = open("/dev/null", O_RDONLY);

	CHECK(fd >= 0 && other >= 0 && dup2(other, fd) == fd);
	syscall(SYS_getppid);
}

static void last_exit(void)
{
	CHECK(eventfd(0, 0) >= 0);
}

/* vhost: a worker takes a frame from our memory and sends it on our socket. */

#define RING_SIZE	16
#define FRAME		(sizeof(struct virtio_net_hdr) + 60)
#define ETHERTYPE	0x88b5

static int packet_socket(void)
{
	struct sockaddr_ll lo = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE),
		.sll_ifindex = if_nametoindex("lo"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETHERTYPE));

	CHECK(fd >= 0 && lo.sll_ifindex && !bind(fd, (void *)&lo, sizeof(lo)));
	return fd;
}

static void vhost(void)
{
	static struct {
		struct vring_desc desc[RING_SIZE];
		struct { uint16_t flags, idx, ring[RING_SIZE], event; } avail;
		struct { uint16_t flags, idx; struct vring_used_elem ring[RING_SIZE]; } used
			__attribute__((aligned(4)));
		char frame[FRAME];
	} m __attribute__((aligned(4096)));
	struct { struct vhost_memory head; struct vhost_memory_region region; } memory = {
		.head = { .nregions = 1 },
		.region = { .guest_phys_addr = (unsigned long)&m, .memory_size = sizeof(m),
			    .userspace_addr = (unsigned long)&m },
	};
	/* queue 1 is what sends */
	struct vhost_vring_state num = { 1, RING_SIZE }, base = { 1, 0 };
	struct vhost_vring_addr addr = {
		.index = 1, .desc_user_addr = (unsigned long)m.desc,
		.avail_user_addr = (unsigned long)&m.avail,
		.used_user_addr = (unsigned long)&m.used,
	};
	struct vhost_vring_file kick = { 1, eventfd(0, 0) }, call = { 1, eventfd(0, 0) };
	struct vhost_vring_file backend = { 1, packet_socket() };
	uint64_t features = 1ULL << VHOST_NET_F_VIRTIO_NET_HDR, one = 1;
	int fd = open("/dev/vhost-net", O_RDWR), from = packet_socket();
	char got[FRAME];

	if (fd < 0)
		skip("/dev/vhost-net");
	if (ioctl(fd, VHOST_SET_OWNER, NULL))
		fail("no worker: %s", strerror(errno));
	CHECK(!ioctl(fd, VHOST_SET_FEATURES, &features));
	CHECK(!ioctl(fd, VHOST_SET_MEM_TABLE, &memory));
	CHECK(!ioctl(fd, VHOST_SET_VRING_NUM, &num));
	CHECK(!ioctl(fd, VHOST_SET_VRING_BASE, &base));
	CHECK(!ioctl(fd, VHOST_SET_VRING_ADDR, &addr));
	CHECK(!ioctl(fd, VHOST_SET_VRING_KICK, &kick));
	CHECK(!ioctl(fd, VHOST_SET_VRING_CALL, &call));
	CHECK(!ioctl(fd, VHOST_NET_SET_BACKEND, &backend));

	memset(m.frame + sizeof(struct virtio_net_hdr), 0xff, 12);
	m.frame[sizeof(struct virtio_net_hdr) + 12] = ETHERTYPE >> 8;
	m.frame[sizeof(struct virtio_net_hdr) + 13] = (char)ETHERTYPE;
	m.desc[0] = (struct vring_desc){ .addr = (unsigned long)m.frame, .len = FRAME };
	for (uint16_t i = 1; i <= 20; i++) {
		m.frame[FRAME - 1] = i;
		__atomic_store_n(&m.avail.idx, i, __ATOMIC_RELEASE);
		CHECK(write(kick.fd, &one, sizeof(one)) == sizeof(one));
		while (__atomic_load_n(&m.used.idx, __ATOMIC_ACQUIRE) != i)
			CHECK(read(call.fd, &one, sizeof(one)) == sizeof(one));
		CHECK(recv(from, got, sizeof(got), 0) == 60 && got[59] == (char)i);
	}
}

/* Other ways into the kernel */

static void int80_write(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret, fd = temporary("/tmp");

	CHECK(low != MAP_FAILED);
	for (int i = 0; i < 100; i++) {
		asm volatile("int $0x80" : "=a"(ret) : "a"(4), "b"(fd), "c"(low), "d"(16L)
			     : "memory", "r8", "r9", "r10", "r11");
		CHECK(ret == 16);
	}
}

static void jump_to_vsyscall(void)
{
	((void (*)(void))0xffffffffff600010)();
}

static void vsyscall(void)
{
	int (*gettimeofday_at)(struct timeval *, void *) = (void *)0xffffffffff600000;
	long (*time_at)(long *) = (void *)0xffffffffff600400;
	struct timeval tv = { 0, 0 };
	pid_t pid = fork();

	if (!pid) {
		gettimeofday_at(&tv, NULL);
		_exit(0);
	}
	if (wait_for(pid)) {
		errno = ENOSYS;
		skip("vsyscall");
	}
	for (int i = 0; i < 100; i++) {
		CHECK(!gettimeofday_at(&tv, NULL) && labs(tv.tv_sec - time(NULL)) < 100);
		CHECK(labs(time_at(NULL) - time(NULL)) < 100);
	}
	pid = fork();
	if (!pid)
		jump_to_vsyscall();
	CHECK_KILLED(pid, SIGSEGV);
}

/* A fault in the middle of a system call, which another thread has to serve. */

static int faults = -1;
static char served[4096] __attribute__((aligned(4096)));

static void *serve(void *arg)
{
	struct uffd_msg msg;
	struct uffdio_copy copy = { .src = (unsigned long)served, .len = 4096 };

	CHECK(read(faults, &msg, sizeof(msg)) == sizeof(msg));
	CHECK(msg.event == UFFD_EVENT_PAGEFAULT);
	copy.dst = msg.arg.pagefault.address & ~4095UL;
	CHECK(!ioctl(faults, UFFDIO_COPY, &copy));
	return arg;
}

static void uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = temporary("/tmp");
	char byte;

	faults = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (faults < 0)
		skip("userfaultfd");
	CHECK(!ioctl(faults, UFFDIO_API, &api));
	memset(served, 's', sizeof(served));
	for (int i = 0; i < 20; i++) {
		char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pthread_t t;

		reg.range.start = (unsigned long)page;
		reg.range.len = 4096;
		CHECK(page != MAP_FAILED && !ioctl(faults, UFFDIO_REGISTER, &reg));
		CHECK(!pthread_create(&t, NULL, serve, NULL));
		CHECK(pwrite(fd, page, 4096, 0) == 4096);
		CHECK(!pthread_join(t, NULL));
		CHECK(pread(fd, &byte, 1, 4095) == 1 && byte == 's');
		CHECK(!munmap(page, 4096));
	}
}

/* Signals */

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	handled += sig == SIGUSR1;
	syscall(SYS_getppid);
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = handler };

	CHECK(!sigaction(SIGUSR1, &sa, NULL));
	for (int i = 0; i < 100; i++)
		CHECK(!kill(getpid(), SIGUSR1));
	CHECK(handled == 100);
}

/* A crash, with a core dump wherever core_pattern says. */
static void crash(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int *volatile nowhere = (int *)8;
	int status;
	pid_t pid;

	CHECK(!setrlimit(RLIMIT_CORE, &limit) && !chdir("/tmp"));
	pid = fork();
	if (!pid)
		*nowhere = 1;
	status = wait_for(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && WCOREDUMP(status));
}

/* Calls for which the kernel starts a program. */

static void autoload(void)
{
	/* AF_X25, which this kernel does not have */
	CHECK_ERRNO(socket(9, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
}

static void upcall(void)
{
	long ret = syscall(SYS_request_key, "user", "escapes", "callout", 0);

	if (ret < 0 && errno == ENOSYS)
		skip("request_key");
	CHECK(ret < 0);
}

static const struct test_case cases[] = {
	{ "uring_worker", uring_worker },
	{ "uring_sqpoll", uring_sqpoll },
	{ "uring_refused", uring_refused },
	{ "uring_kept", uring_kept },
	{ "uring_polling", uring_polling },
	{ "attack_worker", attack_worker },
	{ "attack_sqpoll", attack_sqpoll },
	{ "aio_fsync", aio_fsync },
	{ "aio_poll", aio_poll },
	{ "last_close", last_close },
	{ "last_dup2", last_dup2 },
	{ "last_exit", last_exit },
	{ "vhost", vhost },
	{ "int80_write", int80_write },
	{ "vsyscall", vsyscall },
	{ "uffd", uffd },
	{ "signals", signals },
	{ "crash", crash },
	{ "autoload", autoload },
	{ "upcall", upcall },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
