/* SPDX-License-Identifier: GPL-2.0 */
/* UDP over loopback. */
#include "inet_util.h"
#include <sys/time.h>
#include <sys/uio.h>

#define ALL (POLLIN | POLLOUT | POLLPRI | POLLRDHUP)

static char big[65600];

static int receiver(void)
{
	return bound(SOCK_DGRAM, name4("127.0.0.1", 0));
}

static long send_to(int fd, const char *s, struct name n)
{
	return sendto(fd, s, strlen(s), 0, &n.sa, n.len);
}

static void one_datagram(struct name at, struct name from)
{
	struct name a = { .len = sizeof(a.in6) };
	int r = bound(SOCK_DGRAM, at),
	    s = socket(at.sa.sa_family, SOCK_DGRAM, 0);
	char buf[16] = "";

	at = own_name(r);
	CHECK_EQ(revents(r, ALL), POLLOUT);
	CHECK_EQ(send_to(s, "hello", at), 5);
	CHECK_EQ(revents(r, ALL), POLLIN | POLLOUT);
	CHECK_EQ(recvfrom(r, buf, 16, 0, &a.sa, &a.len), 5);
	CHECK_STR(buf, "hello");
	CHECK_EQ(a.len, at.len);
	from.in.sin_port = a.in.sin_port;
	CHECK_EQ(a.in.sin_port, own_name(s).in.sin_port);
	CHECK_EQ(memcmp(&from.sa, &a.sa, a.len), 0);
	CHECK_EQ(send_to(r, "back", a), 4);
	CHECK_EQ(recv(s, buf, 16, 0), 4);
	CHECK_ERRNO(recv(s, buf, 16, MSG_DONTWAIT), EAGAIN);
}

T(ipv4)
{
	one_datagram(name4("127.0.0.1", 0), name4("127.0.0.1", 0));
}
T(all_of_127_is_here)
{
	one_datagram(name4("127.1.2.3", 0), name4("127.0.0.1", 0));
}
T(ipv6)
{
	one_datagram(name6("::1", 0), name6("::1", 0));
}
T(mapped)
{
	one_datagram(name6("::ffff:127.0.0.1", 0),
		     name6("::ffff:127.0.0.1", 0));
}

T(both_families_at_once)
{
	int r = bound(SOCK_DGRAM, name6("::", 0)), p = port_of(r);
	struct name a = { .len = sizeof(a.in6) };
	char buf[8], text[64];

	CHECK_EQ(send_to(socket(AF_INET, SOCK_DGRAM, 0), "four",
			 name4("127.0.0.1", p)),
		 4);
	CHECK_EQ(recvfrom(r, buf, 8, 0, &a.sa, &a.len), 4);
	CHECK_STR(inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof(text)),
		  "::ffff:127.0.0.1");
	CHECK_EQ(send_to(r, "re", a), 2);
	/* an IPv6 socket takes IPv4 names, too */
	CHECK_EQ(send_to(socket(AF_INET6, SOCK_DGRAM, 0), "x",
			 name4("127.0.0.1", p)),
		 1);
	CHECK_EQ(recv(r, buf, 8, 0), 1);
}

T(errors)
{
	int r = receiver(), s = socket(AF_INET, SOCK_DGRAM, 0);
	struct name n = own_name(r);

	CHECK_ERRNO(send(s, "x", 1, 0), EDESTADDRREQ);
	CHECK_ERRNO(sendto(s, "x", 1, 0, &n.sa, 8), EINVAL);
	CHECK_ERRNO(sendto(s, "x", 1, MSG_OOB, &n.sa, n.len), EOPNOTSUPP);
	CHECK_ERRNO(sendto(s, big, 65508, 0, &n.sa, n.len), EMSGSIZE);
	CHECK_EQ(sendto(s, big, 65507, 0, &n.sa, n.len), 65507);
	CHECK_EQ(recv(r, big, sizeof(big), 0), 65507);
	n.sa.sa_family = AF_UNIX;
	CHECK_ERRNO(sendto(s, "x", 1, 0, &n.sa, n.len), EAFNOSUPPORT);
	CHECK_ERRNO(send_to(s, "x", name4("127.0.0.1", 0)), EINVAL);
	CHECK_ERRNO(listen(s, 1), EOPNOTSUPP);
	CHECK_ERRNO(accept(s, NULL, NULL), EOPNOTSUPP);
	n.len = sizeof(n.in6);
	CHECK_ERRNO(getpeername(s, &n.sa, &n.len), ENOTCONN);
	n = own_name(r);
	CHECK_ERRNO(bind(r, &n.sa, n.len), EINVAL);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_ERRNO(bind(s, &n.sa, n.len), EADDRINUSE);
	CHECK_ERRNO(send_to(s, "x", name4("127.255.255.255", 9)), EACCES);
}

T(whole_or_cut)
{
	struct iovec v = { big, 3 };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1 };
	int r = receiver(), s = connected(SOCK_DGRAM, own_name(r)), n;
	char buf[16];

	for (int i = 0; i < 4; i++)
		CHECK_EQ(send(s, "abcdef", 6, 0), 6);
	CHECK_EQ(send(s, "", 0, 0), 0);
	usleep(2000);
	CHECK_EQ(ioctl(r, FIONREAD, &n), 0);
	CHECK_EQ(n, 6);
	CHECK_EQ(recv(r, buf, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(r, buf, 3, MSG_PEEK | MSG_TRUNC), 6);
	CHECK_EQ(recv(r, buf, 3, 0), 3);
	CHECK_EQ(recv(r, buf, 3, MSG_TRUNC), 6);
	CHECK_EQ(recvmsg(r, &h, 0), 3);
	CHECK_EQ(h.msg_flags, MSG_TRUNC);
	v.iov_len = 16;
	CHECK_EQ(recvmsg(r, &h, 0), 6);
	CHECK_EQ(h.msg_flags, 0);
	CHECK_EQ(recv(r, buf, 3, 0), 0);
	CHECK_ERRNO(recv(r, buf, 3, MSG_DONTWAIT), EAGAIN);
}

T(connected_hears_its_peer_only)
{
	int a = receiver(), b = receiver(), c = receiver();
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct name n = own_name(b);
	char buf[8];

	CHECK_EQ(connect(a, &n.sa, n.len), 0);
	CHECK_EQ(send_to(c, "no", own_name(a)), 2);
	CHECK_EQ(send_to(b, "yes", own_name(a)), 3);
	CHECK_EQ(recv(a, buf, 8, 0), 3);
	CHECK_ERRNO(recv(a, buf, 8, MSG_DONTWAIT), EAGAIN);
	n.len = sizeof(n.in6);
	CHECK_EQ(getpeername(a, &n.sa, &n.len), 0);
	CHECK_EQ(n.in.sin_port, own_name(b).in.sin_port);
	CHECK_EQ(send_to(a, "elsewhere", own_name(c)), 9);
	CHECK_EQ(recv(c, buf, 8, 0), 8);
	CHECK_EQ(connect(a, &none, sizeof(none)), 0);
	CHECK_ERRNO(getpeername(a, &n.sa, &n.len), ENOTCONN);
}

T(names_come_and_go)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int r = receiver(), s = socket(AF_INET, SOCK_DGRAM, 0);
	struct name n = own_name(r);

	CHECK_EQ(own_name(s).in.sin_port, 0);
	CHECK_EQ(connect(s, &n.sa, n.len), 0);
	n = own_name(s);
	CHECK(n.in.sin_port != 0);
	CHECK_EQ(n.in.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	CHECK_EQ(connect(s, &none, sizeof(none)), 0);
	n = own_name(s);
	CHECK_EQ(n.in.sin_port, 0);
	CHECK_EQ(n.in.sin_addr.s_addr, 0);
}

T(refused)
{
	int r = receiver(), s, u = socket(AF_INET, SOCK_DGRAM, 0);
	struct name n = own_name(r);
	char c;

	s = connected(SOCK_DGRAM, n);
	close(r);
	CHECK_EQ(send(s, "x", 1, 0), 1);
	CHECK_EQ(revents(s, ALL), POLLOUT | POLLERR);
	CHECK_ERRNO(recv(s, &c, 1, 0), ECONNREFUSED);
	CHECK_EQ(send(s, "x", 1, 0), 1);
	usleep(2000);
	CHECK_ERRNO(send(s, "x", 1, 0), ECONNREFUSED);
	CHECK_EQ(send(s, "x", 1, 0), 1);
	usleep(2000);
	CHECK_EQ(get_int(s, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	CHECK_EQ(send_to(u, "x", n), 1); /* not connected: not told */
	CHECK_EQ(send_to(u, "x", n), 1);
	CHECK_ERRNO(recv(u, &c, 1, MSG_DONTWAIT), EAGAIN);
}

T(who_fits_best)
{
	int any = socket(AF_INET, SOCK_DGRAM, 0), one, s;
	struct name n = name4("0.0.0.0", 0);
	char buf[8];

	CHECK_EQ(set_int(any, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	CHECK_EQ(bind(any, &n.sa, n.len), 0);
	one = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ(set_int(one, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	n = name4("127.0.0.1", port_of(any));
	CHECK_EQ(bind(one, &n.sa, n.len), 0);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ(send_to(s, "one", n), 3);
	CHECK_EQ(send_to(s, "other", name4("127.0.0.2", port_of(any))), 5);
	CHECK_EQ(recv(one, buf, 8, 0), 3);
	CHECK_EQ(recv(any, buf, 8, 0), 5);
}

T(shut_down)
{
	int r = receiver(), s = connected(SOCK_DGRAM, own_name(r));
	char c;

	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(shutdown(r, SHUT_RD), ENOTCONN);
	CHECK_EQ(recv(r, &c, 1, 0), 0); /* it is all the same */
	CHECK_EQ(shutdown(s, SHUT_WR), 0);
	CHECK_ERRNO(send(s, "x", 1, 0), EPIPE);
	CHECK_EQ(shutdown(s, SHUT_RD), 0);
	CHECK_EQ(revents(s, ALL), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

T(a_full_queue_drops)
{
	int r = receiver(), s = connected(SOCK_DGRAM, own_name(r)), n = 0;

	CHECK_EQ(set_int(r, SOL_SOCKET, SO_RCVBUF, 10000), 0);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(send(s, big, 1000, 0), 1000);
	usleep(2000);
	while (recv(r, big, 2000, MSG_DONTWAIT) == 1000)
		n++;
	CHECK(n > 3 && n < 50);
}

T(where_it_came_to)
{
	char ctl[256];
	struct iovec v = { big, 16 };
	struct msghdr h = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = ctl,
			    .msg_controllen = 256 };
	int r = bound(SOCK_DGRAM, name4("0.0.0.0", 0)), seen = 0;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK_EQ(set_int(r, IPPROTO_IP, IP_PKTINFO, 1), 0);
	CHECK_EQ(set_int(r, IPPROTO_IP, IP_RECVTTL, 1), 0);
	CHECK_EQ(set_int(r, IPPROTO_IP, IP_RECVTOS, 1), 0);
	CHECK_EQ(set_int(r, SOL_SOCKET, SO_TIMESTAMP, 1), 0);
	CHECK_EQ(set_int(s, IPPROTO_IP, IP_TTL, 33), 0);
	CHECK_EQ(set_int(s, IPPROTO_IP, IP_TOS, 0x10), 0);
	CHECK_EQ(send_to(s, "x", name4("127.0.0.5", port_of(r))), 1);
	CHECK_EQ(recvmsg(r, &h, 0), 1);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		void *d = CMSG_DATA(c);

		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMP)
			seen |= 8;
		if (c->cmsg_level != IPPROTO_IP)
			continue;
		if (c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *p = d;

			seen |= 1;
			CHECK_EQ(p->ipi_ifindex, 1);
			CHECK_EQ(ntohl(p->ipi_addr.s_addr), 0x7f000005);
		} else if (c->cmsg_type == IP_TTL) {
			seen |= 2;
			CHECK_EQ(*(int *)d, 33);
		} else if (c->cmsg_type == IP_TOS) {
			seen |= 4;
			CHECK_EQ(*(char *)d, 0x10);
		}
	}
	CHECK_EQ(seen, 15);
}

T(where_it_came_to_ipv6)
{
	char ctl[256];
	struct iovec v = { big, 16 };
	struct msghdr h = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = ctl,
			    .msg_controllen = 256 };
	int r = bound(SOCK_DGRAM, name6("::", 0)), seen = 0;
	int s = socket(AF_INET6, SOCK_DGRAM, 0);

	CHECK_EQ(set_int(r, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), 0);
	CHECK_EQ(set_int(r, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1), 0);
	CHECK_EQ(send_to(s, "x", name6("::1", port_of(r))), 1);
	CHECK_EQ(recvmsg(r, &h, 0), 1);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		CHECK_EQ(c->cmsg_level, IPPROTO_IPV6);
		if (c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *p = (void *)CMSG_DATA(c);

			seen |= 1;
			CHECK_EQ(p->ipi6_ifindex, 1);
			CHECK(IN6_IS_ADDR_LOOPBACK(&p->ipi6_addr));
		} else if (c->cmsg_type == IPV6_HOPLIMIT) {
			seen |= 2;
			CHECK_EQ(*(int *)CMSG_DATA(c), 64);
		}
	}
	CHECK_EQ(seen, 3);
}

T(many_in_one_call)
{
	int r = receiver(), s = connected(SOCK_DGRAM, own_name(r));
	static char buf[8][16];
	struct mmsghdr m[8];
	struct iovec v[8];

	memset(m, 0, sizeof(m));
	for (int i = 0; i < 8; i++) {
		v[i] = (struct iovec){ buf[i], 1 + i };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sendmmsg(s, m, 8, 0), 8);
	CHECK_EQ(m[7].msg_len, 8);
	usleep(2000);
	CHECK_EQ(recvmmsg(r, m, 8, MSG_WAITFORONE, NULL), 8);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(m[i].msg_len, 1 + i);
}

T(a_timeout)
{
	struct timeval tv = { 0, 20000 };
	int r = receiver();
	char c;

	CHECK_EQ(setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	CHECK_ERRNO(recv(r, &c, 1, 0), EAGAIN);
}

T(multicast_on_lo)
{
	struct ip_mreqn m = { .imr_ifindex = 1 };
	int r = bound(SOCK_DGRAM, name4("0.0.0.0", 0));
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[8];

	inet_pton(AF_INET, "239.1.2.3", &m.imr_multiaddr);
	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)),
		 0);
	CHECK_ERRNO(setsockopt(r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)),
		    EADDRINUSE);
	CHECK_EQ(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)), 0);
	CHECK_EQ(send_to(s, "all", name4("239.1.2.3", port_of(r))), 3);
	CHECK_EQ(recv(r, buf, 8, 0), 3);
	CHECK_EQ(setsockopt(r, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)),
		 0);
	CHECK_ERRNO(
		setsockopt(r, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)),
		EADDRNOTAVAIL);
}

T_MAIN
