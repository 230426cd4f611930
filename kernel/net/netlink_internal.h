/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AF_NETLINK, following netlink(7). What its files share.
 *
 *	netlink.c	sockets: names, groups, queues
 *	netlink_route.c	answers of NETLINK_ROUTE: lo, its addresses and routes
 *
 * Locks: netlink_lock (spin) guards the list of sockets, names and groups;
 * q.lock nests inside it.
 */
#ifndef KERNEL_NET_NETLINK_INTERNAL_H
#define KERNEL_NET_NETLINK_INTERNAL_H

#include <abi/netlink.h>
#include "queue.h"

/* A message as it is built: one datagram of at most NL_BUF bytes. */
#define NL_BUF 4096u
struct nl_buf {
	char *data;
	u32 len;
	u32 start; /* of the message in work */
	/* whom it answers */
	u32 seq, pid;
	struct nlsock *to; /* NULL: nobody */
};

/* Begin one message with a family's header; attributes follow. */
void nl_begin(struct nl_buf *b, u16 type, u16 flags, const void *head, u32 n);
void nl_attr(struct nl_buf *b, u16 type, const void *val, u32 n);
void nl_attr_u32(struct nl_buf *b, u16 type, u32 v);
void nl_end(struct nl_buf *b);
/* Between the messages of a dump: send what there is if it is much. */
void nl_flush(struct nl_buf *b);
/* The attribute of this type behind a family header of `head` bytes. */
const void *nl_find(const struct nlmsghdr *h, u32 head, u16 type, u32 *len);
/* A message for listeners: `groups` of a protocol. */
void netlink_notify(int protocol, u32 groups, const struct nl_buf *b);
/* One request of NETLINK_SOCK_DIAG; as rtnl_request. */
int diag_request(const struct nlmsghdr *h, struct nl_buf *b);

/*
 * One request of NETLINK_ROUTE, `len` bytes with its header. Answers go to b.
 * => 0, or what is told in NLMSG_ERROR
 */
int rtnl_request(const struct nlmsghdr *h, struct nl_buf *b);

#endif
