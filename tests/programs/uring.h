/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io_uring by hand: one entry at a time. */
#ifndef URING_H
#define URING_H

#include "check.h"
#include <sys/mman.h>
#include <linux/io_uring.h>

struct ring {
	int fd;
	unsigned int enter_flags;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static inline void *ring_map(int fd, size_t size, unsigned long offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       fd, offset);

	CHECK(p != MAP_FAILED);
	return p;
}

static inline void ring_setup(struct ring *r, unsigned int flags)
{
	struct io_uring_params params = { .flags = flags };
	char *sq, *cq;

	r->enter_flags = flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0;
	r->fd = syscall(SYS_io_uring_setup, 8, &params);
	if (r->fd < 0)
		skip("io_uring_setup");
	sq = ring_map(r->fd, params.sq_off.array + 8 * sizeof(int), IORING_OFF_SQ_RING);
	cq = ring_map(r->fd, params.cq_off.cqes + 16 * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, 8 * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	r->sq_tail = (void *)(sq + params.sq_off.tail);
	r->sq_mask = (void *)(sq + params.sq_off.ring_mask);
	r->sq_array = (void *)(sq + params.sq_off.array);
	r->cq_head = (void *)(cq + params.cq_off.head);
	r->cq_tail = (void *)(cq + params.cq_off.tail);
	r->cq_mask = (void *)(cq + params.cq_off.ring_mask);
	r->cqes = (void *)(cq + params.cq_off.cqes);
}

static inline void ring_enter(struct ring *r, unsigned int submit, unsigned int complete)
{
	unsigned int flags = r->enter_flags | (complete ? IORING_ENTER_GETEVENTS : 0);

	CHECK(syscall(SYS_io_uring_enter, r->fd, submit, complete, flags, NULL, 0) ==
	      (long)submit);
}

static inline void ring_queue(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *r->sq_tail, at = tail & *r->sq_mask;

	r->sqes[at] = *sqe;
	r->sq_array[at] = at;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static inline bool ring_completed(struct ring *r)
{
	return *r->cq_head != __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);
}

static inline int ring_result(struct ring *r)
{
	unsigned int head = *r->cq_head;
	int res = r->cqes[head & *r->cq_mask].res;

	CHECK(ring_completed(r));
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

static inline int ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	ring_queue(r, sqe);
	ring_enter(r, 1, 1);
	return ring_result(r);
}

#endif /* URING_H */
