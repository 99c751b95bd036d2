// SPDX-License-Identifier: GPL-2.0-or-later
/* Files, pipes, sockets and the ways to wait for them. */
#include "check.h"
#include "uring.h"
#include <dirent.h>
#include <mqueue.h>
#include <poll.h>
#include <termios.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <linux/aio_abi.h>

static int temporary(void)
{
	char path[] = "/tmp/io.XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0 && !unlink(path));
	return fd;
}

static void pipes(void)
{
	int to[2], from[2];
	unsigned int n;
	pid_t pid;

	CHECK(!pipe(to) && !pipe(from));
	pid = fork();
	if (!pid) {
		close(to[1]);
		while (read(to[0], &n, sizeof(n)) == sizeof(n)) {
			n *= 3;
			CHECK(write(from[1], &n, sizeof(n)) == sizeof(n));
		}
		_exit(0);
	}
	for (unsigned int i = 0; i < 1000; i++) {
		CHECK(write(to[1], &i, sizeof(i)) == sizeof(i));
		CHECK(read(from[0], &n, sizeof(n)) == sizeof(n) && n == 3 * i);
	}
	close(to[1]);
	CHECK_EXIT(pid, 0);
	signal(SIGPIPE, SIG_IGN);
	close(from[0]);
	CHECK_ERRNO(write(from[1], "x", 1), EPIPE);
}

static void epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(0), ev = eventfd(0, 0);
	uint64_t one = 1, got;
	pid_t pid;

	CHECK(ep >= 0 && ev >= 0);
	CHECK(!epoll_ctl(ep, EPOLL_CTL_ADD, ev, &event));
	CHECK(epoll_wait(ep, &event, 1, 10) == 0);
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 100; i++) {
			sleep_ms(1);
			CHECK(write(ev, &one, 8) == 8);
		}
		_exit(0);
	}
	for (uint64_t sum = 0; sum < 100; sum += got) {
		CHECK(epoll_wait(ep, &event, 1, 5000) == 1);
		CHECK(read(ev, &got, 8) == 8);
	}
	CHECK_EXIT(pid, 0);
}

static void timerfd(void)
{
	struct itimerspec its = { { 0, 2000000 }, { 0, 2000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t got, sum = 0;

	CHECK(fd >= 0 && !timerfd_settime(fd, 0, &its, NULL));
	while (sum < 50) {
		CHECK(read(fd, &got, 8) == 8);
		sum += got;
	}
}

static void posix_timer(void)
{
	struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec its = { { 0, 1000000 }, { 0, 1000000 } };
	sigset_t set;
	timer_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(!sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK(!timer_create(CLOCK_MONOTONIC, &sev, &t));
	CHECK(!timer_settime(t, 0, &its, NULL));
	for (int i = 0; i < 50; i++)
		CHECK(sigwaitinfo(&set, NULL) == SIGUSR1);
	CHECK(!timer_delete(t));
}

/* Read every file below a directory of /proc that can be read. */
static int read_tree(const char *dir, int depth)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int files = 0;

	if (!d)
		return 0;
	while ((e = readdir(d))) {
		char path[PATH_MAX], buf[4096];
		struct stat st;
		int fd;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			files += read_tree(path, depth - 1);
		if (S_ISLNK(st.st_mode))
			CHECK(readlink(path, buf, sizeof(buf)) >= 0 || errno == ENOENT);
		if (!S_ISREG(st.st_mode) || !strcmp(e->d_name, "clear_refs"))
			continue;
		fd = open(path, O_RDONLY | O_NONBLOCK);
		if (fd < 0)
			continue;
		for (int i = 0; i < 16 && read(fd, buf, sizeof(buf)) > 0; i++)
			;
		close(fd);
		files++;
	}
	closedir(d);
	return files;
}

static void proc(void)
{
	CHECK(read_tree("/proc/self", 1) > 50);
	CHECK(read_tree("/proc/sys/kernel", 1) > 20);
	for (int i = 0; i < 20; i++) {
		static const char *const files[] = {
			"/proc/stat", "/proc/meminfo", "/proc/mounts", "/proc/interrupts",
			"/proc/cpuinfo", "/proc/loadavg", "/proc/uptime", "/proc/vmstat",
			"/proc/net/dev", "/proc/kallsyms", "/proc/filesystems",
		};

		for (size_t n = 0; n < ARRAY_SIZE(files); n++) {
			char buf[8192];
			int fd = open(files[n], O_RDONLY);

			CHECK(fd >= 0 && read(fd, buf, sizeof(buf)) > 0 && !close(fd));
		}
	}
}

static void unix_sockets(void)
{
	int sv[2], fd, got;
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	for (int i = 0; i < 50; i++) {
		msg.msg_controllen = sizeof(control);
		CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
		fd = temporary();
		CHECK(write(fd, "passed", 6) == 6);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
		CHECK(sendmsg(sv[0], &msg, 0) == 1);
		CHECK(recvmsg(sv[1], &msg, 0) == 1);
		memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
		CHECK(lseek(got, 0, SEEK_CUR) == 6);
		close(fd);
		close(got);
		close(sv[0]);
		close(sv[1]);
	}
}

static void tcp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, s;
	static char buf[65536];
	pid_t pid;

	CHECK(listener >= 0);
	CHECK(!setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	CHECK(!bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	CHECK(!listen(listener, 5));
	CHECK(!getsockname(listener, (struct sockaddr *)&addr, &len));
	pid = fork();
	if (!pid) {
		ssize_t n, sum = 0;

		s = accept(listener, NULL, NULL);
		CHECK(s >= 0);
		while ((n = recv(s, buf, sizeof(buf), 0)) > 0)
			sum += n;
		CHECK(sum == 20L * sizeof(buf));
		CHECK(send(s, "done", 4, 0) == 4);
		_exit(0);
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(!connect(s, (struct sockaddr *)&addr, sizeof(addr)));
	for (int i = 0; i < 20; i++)
		CHECK(send(s, buf, sizeof(buf), 0) == sizeof(buf));
	CHECK(!shutdown(s, SHUT_WR));
	CHECK(recv(s, buf, sizeof(buf), 0) == 4 && !memcmp(buf, "done", 4));
	CHECK_EXIT(pid, 0);
	close(listener);
	CHECK_ERRNO(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&addr,
			    sizeof(addr)), ECONNREFUSED);
}

static void udp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[64];

	CHECK(a >= 0 && b >= 0);
	CHECK(!bind(a, (struct sockaddr *)&addr, sizeof(addr)));
	CHECK(!getsockname(a, (struct sockaddr *)&addr, &len));
	for (int i = 0; i < 200; i++) {
		CHECK(sendto(b, &i, sizeof(i), 0, (struct sockaddr *)&addr, len) == sizeof(i));
		CHECK(recv(a, buf, sizeof(buf), 0) == sizeof(i) && !memcmp(buf, &i, sizeof(i)));
	}
}

static void splices(void)
{
	int in = temporary(), out = temporary(), p[2], q[2];
	static char buf[65536], back[65536];
	loff_t off = 0;
	off_t start = 0;
	struct iovec iov = { buf, 4096 };

	memset(buf, 's', sizeof(buf));
	CHECK(write(in, buf, sizeof(buf)) == sizeof(buf));
	CHECK(!pipe(p) && !pipe(q));
	for (int i = 0; i < 16; i++) {
		CHECK(splice(in, &off, p[1], NULL, 4096, 0) == 4096);
		CHECK(tee(p[0], q[1], 4096, 0) == 4096);
		CHECK(splice(p[0], NULL, out, NULL, 4096, 0) == 4096);
		CHECK(read(q[0], back, 4096) == 4096 && back[4095] == 's');
	}
	CHECK(vmsplice(p[1], &iov, 1, 0) == 4096 && read(p[0], back, 4096) == 4096);
	CHECK(pread(out, back, sizeof(back), 0) == sizeof(back));
	CHECK(!memcmp(buf, back, sizeof(buf)));
	CHECK(sendfile(out, in, &start, sizeof(buf)) == sizeof(buf));
	CHECK(lseek(out, 0, SEEK_END) == 2L * sizeof(buf));
	start = 0;
	CHECK(copy_file_range(in, &start, out, NULL, 4096, 0) == 4096);
}

static void directories(void)
{
	char dir[] = "/tmp/io.XXXXXX", path[64], other[64];
	struct dirent *e;
	int count = 0, fd;
	DIR *d;

	CHECK(mkdtemp(dir));
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		snprintf(other, sizeof(other), "%s/l%d", dir, i);
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
		CHECK(fd >= 0 && !close(fd));
		CHECK(!link(path, other));
	}
	CHECK_ERRNO(rmdir(dir), ENOTEMPTY);
	d = opendir(dir);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			count++;
	closedir(d);
	CHECK(count == 100);
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		snprintf(other, sizeof(other), "%s/l%d", dir, i);
		CHECK(!rename(path, other) && !unlink(other));
		/* rename onto a link of the same file does nothing */
		CHECK(!unlink(path) || errno == ENOENT);
	}
	CHECK(!rmdir(dir));
}

static void watches(void)
{
	char dir[] = "/tmp/io.XXXXXX", path[64], buf[4096];
	int in = inotify_init1(IN_NONBLOCK), fd;
	struct inotify_event *event = (struct inotify_event *)buf;

	CHECK(in >= 0 && mkdtemp(dir));
	CHECK(inotify_add_watch(in, dir, IN_CREATE | IN_DELETE) >= 0);
	snprintf(path, sizeof(path), "%s/f", dir);
	for (int i = 0; i < 20; i++) {
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		CHECK(fd >= 0 && !close(fd) && !unlink(path));
		CHECK(read(in, buf, sizeof(buf)) > 0 && event->mask == IN_CREATE);
	}
	CHECK(!rmdir(dir));
}

static void attributes(void)
{
	int fd = temporary();
	char buf[16];

	CHECK(!fchmod(fd, 0640) && !fchown(fd, 1, 2) && !fallocate(fd, 0, 0, 65536));
	if (fsetxattr(fd, "trusted.sci", "value", 5, 0))
		CHECK(errno == EOPNOTSUPP || errno == EPERM);
	else
		CHECK(fgetxattr(fd, "trusted.sci", buf, sizeof(buf)) == 5);
	CHECK(!futimens(fd, NULL) && !fsync(fd));
}

static void memory_files(void)
{
	int fd = syscall(SYS_memfd_create, "io", 2 /* MFD_ALLOW_SEALING */);
	char *p;

	CHECK(fd >= 0 && !ftruncate(fd, 65536));
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[0] = 'm';
	CHECK(!munmap(p, 65536));
	CHECK(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	CHECK_ERRNO(write(fd, "x", 1), EPERM);
}

static void ipc(void)
{
	int shm = shmget(IPC_PRIVATE, 65536, 0600), sem = semget(IPC_PRIVATE, 1, 0600);
	int queue = msgget(IPC_PRIVATE, 0600);
	struct { long type; char text[32]; } msg = { 1, "message" };
	struct sembuf up = { 0, 1, 0 }, down = { 0, -1, 0 };
	pid_t pid;
	char *p;

	if (shm < 0 && errno == ENOSYS)
		skip("System V IPC");
	CHECK(shm >= 0 && sem >= 0 && queue >= 0);
	p = shmat(shm, NULL, 0);
	CHECK(p != (void *)-1);
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 100; i++) {
			CHECK(!semop(sem, &down, 1));
			p[i] = i;
			CHECK(!msgsnd(queue, &msg, sizeof(msg.text), 0));
		}
		_exit(0);
	}
	for (int i = 0; i < 100; i++) {
		CHECK(!semop(sem, &up, 1));
		CHECK(msgrcv(queue, &msg, sizeof(msg.text), 0, 0) == sizeof(msg.text));
		CHECK(p[i] == i);
	}
	CHECK_EXIT(pid, 0);
	CHECK(!shmdt(p) && !shmctl(shm, IPC_RMID, NULL));
	CHECK(!semctl(sem, 0, IPC_RMID) && !msgctl(queue, IPC_RMID, NULL));
}

static void posix_queue(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 64 };
	char name[64], buf[64];
	mqd_t q;

	snprintf(name, sizeof(name), "/io-%d", (int)getpid());
	q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
	if (q < 0 && errno == ENOSYS)
		skip("POSIX message queues");
	CHECK(q >= 0);
	for (int i = 0; i < 100; i++) {
		CHECK(!mq_send(q, "mq", 3, 1));
		CHECK(mq_receive(q, buf, sizeof(buf), NULL) == 3);
	}
	CHECK(!mq_close(q) && !mq_unlink(name));
}

static void terminal(void)
{
	struct termios tio;
	char name[64], buf[64];
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	CHECK(master >= 0 && !grantpt(master) && !unlockpt(master));
	CHECK(!ptsname_r(master, name, sizeof(name)));
	slave = open(name, O_RDWR | O_NOCTTY);
	CHECK(slave >= 0 && !tcgetattr(slave, &tio));
	for (int i = 0; i < 50; i++) {
		CHECK(write(master, "line\n", 5) == 5);
		CHECK(read(slave, buf, sizeof(buf)) == 5);
		CHECK(read(master, buf, sizeof(buf)) > 0);	/* the echo */
	}
	close(slave);
	CHECK_ERRNO(read(master, buf, sizeof(buf)), EIO);
}

static void locks(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };
	int fd = temporary();
	pid_t pid;

	CHECK(!fcntl(fd, F_SETLK, &lock));
	pid = fork();
	if (!pid) {
		CHECK_ERRNO(fcntl(fd, F_SETLK, &lock), EAGAIN);
		CHECK(!fcntl(fd, F_SETLKW, &lock));
		_exit(0);
	}
	sleep_ms(100);
	lock.l_type = F_UNLCK;
	CHECK(!fcntl(fd, F_SETLK, &lock));
	CHECK_EXIT(pid, 0);
}

static void aio(void)
{
	aio_context_t ctx = 0;
	struct iocb cb = { 0 }, *list[] = { &cb };
	struct io_event event;
	int fd = temporary();
	char buf[512];

	if (syscall(SYS_io_setup, 8, &ctx))
		skip("io_setup");
	memset(buf, 'a', sizeof(buf));
	for (int i = 0; i < 50; i++) {
		cb = (struct iocb){
			.aio_fildes = fd, .aio_buf = (unsigned long)buf, .aio_nbytes = 512,
			.aio_lio_opcode = i % 2 ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE,
		};
		CHECK(syscall(SYS_io_submit, ctx, 1, list) == 1);
		CHECK(syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) == 1);
		CHECK(event.res == 512);
	}
	CHECK(!syscall(SYS_io_destroy, ctx));
}

static void uring(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_NOP };
	struct ring ring;
	char out[64] = "by io_uring", in[64] = "";
	int fd = temporary();

	ring_setup(&ring, 0);
	for (int i = 0; i < 50; i++)
		CHECK(ring_do(&ring, &sqe) == 0);
	for (int i = 0; i < 50; i++) {
		/* every other one by a kernel worker */
		sqe = (struct io_uring_sqe){
			.opcode = IORING_OP_WRITE, .fd = fd, .addr = (unsigned long)out,
			.len = sizeof(out), .flags = i % 2 ? IOSQE_ASYNC : 0,
		};
		CHECK(ring_do(&ring, &sqe) == sizeof(out));
		sqe.opcode = IORING_OP_READ;
		sqe.addr = (unsigned long)in;
		memset(in, 0, sizeof(in));
		CHECK(ring_do(&ring, &sqe) == sizeof(in) && !strcmp(in, out));
	}
	sqe.fd = 999;
	CHECK(ring_do(&ring, &sqe) == -EBADF);
}

static const struct test_case cases[] = {
	{ "pipes", pipes },
	{ "epoll", epoll },
	{ "timerfd", timerfd },
	{ "posix_timer", posix_timer },
	{ "proc", proc },
	{ "unix_sockets", unix_sockets },
	{ "tcp", tcp },
	{ "udp", udp },
	{ "splices", splices },
	{ "directories", directories },
	{ "watches", watches },
	{ "attributes", attributes },
	{ "memory_files", memory_files },
	{ "ipc", ipc },
	{ "posix_queue", posix_queue },
	{ "terminal", terminal },
	{ "locks", locks },
	{ "aio", aio },
	{ "uring", uring },
};

int main(int argc, char **argv)
{
	return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
