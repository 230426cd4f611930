/* SPDX-License-Identifier: GPL-2.0 */
/* epoll(7). */
#ifndef ABI_EPOLL_H
#define ABI_EPOLL_H

#include <kernel/types.h>

#define EPOLLIN		 1
#define EPOLLPRI	 2
#define EPOLLOUT	 4
#define EPOLLERR	 8
#define EPOLLHUP	 16
#define EPOLLNVAL	 32
#define EPOLLRDNORM	 64
#define EPOLLRDBAND	 128
#define EPOLLWRNORM	 0x100
#define EPOLLWRBAND	 0x200
#define EPOLLMSG	 0x400
#define EPOLLRDHUP	 0x2000
#define EPOLL_CTL_ADD	 1
#define EPOLL_CTL_DEL	 2
#define EPOLL_CTL_MOD	 3
#define EPOLL_CLOEXEC	 0x80000
#define EPOLL_URING_WAKE 0x8000000
#define EPOLLEXCLUSIVE	 (1u << 28)
#define EPOLLWAKEUP	 (1u << 29)
#define EPOLLONESHOT	 (1u << 30)
#define EPOLLET		 (1u << 31)

struct epoll_event {
	u32 events;
	u64 data;
} __packed;

#endif
