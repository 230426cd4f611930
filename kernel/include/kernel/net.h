/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets: the layer between the system calls and the address families.
 *
 * sock		one socket, whatever its family; a family embeds it first in
 *		its own struct. The socket's file holds one reference.
 * sock_ops	what a family and type can do
 * sock_msg	one sendmsg or recvmsg in progress, in kernel terms
 * scm		descriptors that travel with a message
 *
 * Locks: sk->lock guards the family's slow state (bind, listen, connect);
 * options are plain words, read at any time. Queues have the family's own
 * locks. All ops may sleep and are called without locks.
 */
#ifndef KERNEL_NET_H
#define KERNEL_NET_H

#include <abi/socket.h>
#include <kernel/atomic.h>
#include <kernel/iov.h>
#include <kernel/lock.h>
#include <kernel/vfs.h>
#include <kernel/wait.h>

struct sock;

#define SCM_MAX_FD 253 /* descriptors in one message */
#define SOCK_NKEPT 18u /* options that are only kept: sockopt.c */

/* Files in flight, each with a reference; freed by scm_free(). */
struct scm {
	struct scm *next; /* being freed */
	u32 n;
	struct cred *cred; /* whose account they are on; reference */
	struct file *file[];
};

/* How a datagram of the Internet family came, for its ancillary data. */
struct sock_arrival {
	u8 to[16]; /* an IPv6 address, IPv4 ones mapped */
	u16 port;
	u8 ttl, tos;
	s32 oif;
	bool have;
};

/* What ancillary data asks of one datagram: ip(7), ipv6(7). */
struct sock_wish {
	u8 src[16]; /* an IPv6 address, IPv4 ones mapped */
	bool have_src;
	s32 oif;      /* 0 = none */
	s32 ttl, tos; /* -1 = none */
};

/* Where ancillary data is written to: see scm_put(). */
struct scm_out {
	uaddr at;
	u64 left, used;
};

struct sock_msg {
	struct iov_iter *it;
	int flags; /* MSG_*; never blocks with MSG_DONTWAIT */
	/* send: the destination; recv: room for the source */
	struct sockaddr_storage *name;
	u32 namelen; /* 0 = none */
	/* send: to be taken over (set to NULL); recv: what came, the caller's */
	struct scm *scm;
	struct ucred cred; /* send: whose; recv: the sender's */
	u32 out_flags;	   /* recv: MSG_TRUNC, MSG_CTRUNC, MSG_EOR */
	struct sock_arrival in;
	struct sock_wish *wish; /* send: NULL = none; the caller's room */
};

enum sock_name {
	SOCK_NAME_OWN,
	SOCK_NAME_PEER,
	SOCK_NAME_ACCEPTED, /* the peer's for accept, though it may be gone */
};

struct sock_ops {
	/* The file went; drops the file's reference. */
	void (*release)(struct sock *sk);
	int (*bind)(struct sock *sk, const struct sockaddr_storage *a, u32 len);
	int (*connect)(struct sock *sk, const struct sockaddr_storage *a,
		       u32 len, bool nonblock);
	int (*pair)(struct sock *a, struct sock *b);
	int (*listen)(struct sock *sk, int backlog);
	/* => a connected socket (its reference is the caller's), ERR_PTR */
	struct sock *(*accept)(struct sock *sk, bool nonblock);
	/* => length of the address */
	int (*getname)(struct sock *sk, struct sockaddr_storage *a,
		       enum sock_name which);
	/* => bytes. EPIPE: the caller sends SIGPIPE. */
	ssize_t (*sendmsg)(struct sock *sk, struct sock_msg *m);
	ssize_t (*recvmsg)(struct sock *sk, struct sock_msg *m);
	int (*shutdown)(struct sock *sk, int how);
	u32 (*poll)(struct sock *sk, struct file *f, struct poll_table *pt);
	/* -ENOIOCTLCMD does not exist here: unknown is -ENOTTY */
	long (*ioctl)(struct sock *sk, u32 cmd, u64 arg);
	/* Options of other levels than SOL_SOCKET, and those of it that the
	   layer does not know. Default: ENOPROTOOPT (EOPNOTSUPP). */
	int (*setsockopt)(struct sock *sk, int level, int name, uaddr val,
			  u32 len);
	/* buf has room for *len (<= 256) bytes; sets *len */
	int (*getsockopt)(struct sock *sk, int level, int name, void *buf,
			  u32 *len);
	/* Ancillary data of its own for what was received; may be absent. */
	void (*cmsg)(struct sock *sk, struct sock_msg *m, struct scm_out *o);
	void (*keepalive)(struct sock *sk); /* SO_KEEPALIVE changed; optional */
};

/* sk->shutdown */
#define SOCK_SHUT_RCV 1u
#define SOCK_SHUT_SND 2u
#define SOCK_SHUT_ALL 3u

struct sock {
	struct mutex lock;
	struct ref refs;
	/* fixed after creation */
	u16 family, type;
	int protocol;
	const struct sock_ops *ops;
	u64 number;	   /* "socket:[number]" */
	struct file *file; /* no reference; NULL before accept, under
			      sock_file_lock for others than its user */
	/* options and state, read at any time */
	u32 shutdown;
	int err; /* pending, for SO_ERROR: taken by sock_take_error() */
	bool listening;
	u32 sndbuf, rcvbuf;
	bool sndbuf_set, rcvbuf_set; /* by the program */
	u64 rcvtimeo, sndtimeo;	     /* ns, TIME_NEVER = none */
	u32 rcvlowat;
	bool passcred, passpidfd, reuseaddr, reuseport, keepalive, broadcast,
		oobinline, debug, dontroute, timestamp, timestampns,
		timestamp_new;
	u32 priority, mark;
	s32 peek_off;  /* SO_PEEK_OFF; -1 = from the start */
	s32 bound_dev; /* SO_BINDTODEVICE: index, 0 = none */
	s32 kept[SOCK_NKEPT];
	struct linger linger;
	struct ucred peercred;
	struct cred *peer_groups; /* whose SO_PEERGROUPS tells; reference */
	/* readers, acceptors and connectors; writers */
	struct waitqueue rwait, wwait;
};

/* Put common fields in order; one reference. */
void sock_init(struct sock *sk, int family, int type, int protocol,
	       const struct sock_ops *ops);
/* The file of a new socket; takes over the reference, also on failure. */
struct file *sock_open_file(struct sock *sk, int flags);
/* => the socket of a file, or NULL: ENOTSOCK */
/* The file goes: call it first in ->release. */
void sock_drop_file(struct sock *sk);
/* An urgent byte came: tells the owner of the file. Never sleeps. */
void sock_signal_urgent(struct sock *sk);
struct sock *sock_of_file(struct file *f);

/* Send, with SIGPIPE where Linux sends it; frees m->scm if it is left over. */
ssize_t sock_sendmsg(struct sock *sk, struct sock_msg *m);

/* When to give up: 0 = at once. */
u64 sock_deadline(u64 timeo, bool nonblock);
/* What a wait that failed with `err` answers. */
int sock_wait_error(int err, u64 timeo);
/* => -errno or 0; it is told once */
static inline int sock_take_error(struct sock *sk)
{
	return READ_ONCE(sk->err) ? -atomic_xchg(&sk->err, 0) : 0;
}
/* Whose message: real ids; who connected: effective ones (unix(7)). */
void sock_fill_cred(struct ucred *c);
/* sk's peer is the caller, or whoever `like` has as its peer */
void sock_set_peer(struct sock *sk, const struct sock *like);
struct ucred sock_cred_shown(const struct ucred *c);
/* Something happened that readers, or writers, may wait for. */
void sock_wake_readers(struct sock *sk);
void sock_wake_writers(struct sock *sk);
void sock_wake_all(struct sock *sk);

/* SOL_SOCKET options; -ENOPROTOOPT when not known here. */
int sock_setsockopt(struct sock *sk, int name, uaddr val, u32 len);
int sock_getsockopt(struct sock *sk, int name, void *buf, u32 *len);

void sock_kept_init(struct sock *sk);
/* A pidfd of the process, installed. => descriptor or -errno */
int sock_pidfd(int pid);

/* Address families register once, at boot. */
struct sock_family {
	int family;
	/* => with one reference, ERR_PTR */
	struct sock *(*create)(int type, int protocol);
	struct sock_family *next;
};
void sock_family_register(struct sock_family *f);
struct sock *sock_create(int family, int type, int protocol);

/* --- ancillary data (kernel/net/scm.c) --- */

/* Parse a guest's control buffer for sending. => 0 and m->scm, m->cred */
int scm_import(struct sock_msg *m, uaddr control, u64 len);
/*
 * Write what came into a guest's control buffer; descriptors are installed.
 * => bytes used; sets MSG_CTRUNC in m->out_flags; m->scm is freed.
 */
u64 scm_export(struct sock *sk, struct sock_msg *m, uaddr control, u64 len);
/* One whole message, cut to the room there is: sets MSG_CTRUNC. */
void scm_put(struct sock_msg *m, struct scm_out *o, int level, int type,
	     const void *data, size_t n);
void scm_free(struct scm *s);
struct scm *scm_dup(const struct scm *s);

/* SIOCGIF* and their like: netdevice(7). -ENOTTY: not one of them */
long netdev_ioctl(u32 cmd, u64 arg);
/* => index of an interface, -ENODEV */
int netdev_index(const char *name);
/* name has IFNAMSIZ bytes. => 0, -ENODEV */
int netdev_name(int index, char *name);

void unix_init(void);
void inet_init(void);
void netlink_init(void);
void net_init(void);
/* /sys/class/net */
struct seqtree_dir;
extern const struct seqtree_dir net_sysfs_dir;
/* drivers-host/net_kern.c: the devices that there are; the word ip= */
struct boot_params;
void net_dev_init(const struct boot_params *bp);
void net_word_ip(const char *v);
/* Its address when the network was set up here and has one; else 0. */
u32 net_name_server(void);

#endif
