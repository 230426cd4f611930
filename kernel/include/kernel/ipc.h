/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rest of the kernel needs of kernel/ipc: pipes, epoll and the small
 * descriptors (eventfd, timerfd, signalfd).
 */
#ifndef KERNEL_IPC_H
#define KERNEL_IPC_H

#include <kernel/types.h>

struct file;
struct file_ops;
struct pollfd;
struct poll_table;

/* The number that a nameless file shows: "pipe:[123]", "socket:[124]". */
u64 ipc_next_number(void);

/* Of FIFO inodes (inode_init_special) and of both ends of a pipe. */
extern const struct file_ops fifo_file_ops;
/* A pipe: out[0] to read, out[1] to write. flags: O_NONBLOCK, O_DIRECT. */
int pipe_create(struct file *out[2], int flags);
/* fcntl(2) F_SETPIPE_SZ, F_GETPIPE_SZ. => bytes, or -EBADF: not a pipe. */
/*
 * Copy from the pipe without taking: up to n bytes that start `skip` bytes on,
 * and to the end of the slot they are in. buf may be NULL: only tell how many.
 */
ssize_t pipe_peek(struct file *f, void *buf, size_t skip, size_t n);
/* Pages that may be spliced in now. */
u32 pipe_free_slots(struct file *f);
/* Nothing in it and nobody who writes, even if there never was. */
bool pipe_at_end(struct file *f);
long pipe_fcntl(struct file *f, int cmd, u64 arg);

/*
 * The last reference of f went: forget it wherever epoll watches it. Called by
 * file_put() before ops->release. May sleep.
 */
void epoll_file_release(struct file *f);

/*
 * poll(2) on kernel memory, until the monotonic `deadline` (0: do not wait).
 * => number of descriptors with events, -EINTR, -ENOMEM
 */
long do_poll(struct pollfd *fds, u32 n, u64 deadline);
/*
 * select(2) on bitmaps of n bits in kernel memory; in[i] may be NULL, out[i]
 * is set where in[i] is not. => number of bits set, -EBADF, -EINTR, -ENOMEM
 */
long do_select(u32 n, u64 *const in[3], u64 *const out[3], u64 deadline);
/* poll(2) on guest memory: sets up the restart if a signal comes. */
long poll_user(uaddr fds, u32 n, u64 deadline);
/* restart_syscall(2) for poll; arguments from current->restart_arg. */
long poll_restart(void);

/* Now + ns, as a monotonic deadline that never overflows. */
u64 deadline_after(u64 ns);
/*
 * A relative struct timespec of the guest as a deadline; a NULL address gives
 * TIME_NEVER, zero gives 0. => 0, -EFAULT, -EINVAL
 */
int deadline_from_user(uaddr ts, u64 *deadline);

struct epoll_event;
/* epoll(7), without the copying of single arguments; flags as O_CLOEXEC. */
struct file *epoll_create_file(void);
int do_epoll_ctl(struct file *epf, int op, int fd, struct file *target,
		 const struct epoll_event *ev);
/* => events stored at `events`, -EINTR, -EFAULT */
long do_epoll_wait(struct file *epf, uaddr events, int max, u64 deadline);
bool file_is_epoll(const struct file *f);
/*
 * Is f (NULL: any file) the nth of what the set watches under the descriptor
 * number fd? For kcmp(2).
 */
bool epoll_watches(struct file *epf, int fd, u32 nth, struct file *f);

struct file *eventfd_create(u32 count, int flags);
bool file_is_eventfd(const struct file *f);

struct abi_itimerspec;
struct file *timerfd_create_file(int clock, int flags);
/* -EINVAL when f is no timerfd. */
int timerfd_set(struct file *f, int flags, const struct abi_itimerspec *nv,
		struct abi_itimerspec *old);
int timerfd_get(struct file *f, struct abi_itimerspec *cur);

struct file *signalfd_create(u64 mask, int flags);
int signalfd_set_mask(struct file *f, u64 mask);

/* Of a file's readiness now: ->poll, or what files without it answer. */
u32 vfs_poll(struct file *f, struct poll_table *pt);

#endif
