/* SPDX-License-Identifier: GPL-2.0 */
/* Options of Internet sockets, and what programs ask about the interface. */
#include "inet_util.h"
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static int tcp, udp, udp6;

static void sockets(void)
{
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	udp6 = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(tcp >= 0 && udp >= 0 && udp6 >= 0);
}

static void number(int fd, int level, int name, int def, int to, int bad)
{
	CHECK_EQ(get_int(fd, level, name), def);
	CHECK_EQ(set_int(fd, level, name, to), 0);
	CHECK_EQ(get_int(fd, level, name), to);
	if (bad)
		CHECK_ERRNO(set_int(fd, level, name, bad), EINVAL);
	CHECK_EQ(get_int(fd, level, name), to);
}

T(of_the_socket_layer)
{
	struct linger l = { 1, 7 };
	socklen_t n = sizeof(l);

	sockets();
	CHECK_EQ(get_int(tcp, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	CHECK_EQ(get_int(tcp, SOL_SOCKET, SO_DOMAIN), AF_INET);
	CHECK_EQ(get_int(tcp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	CHECK_EQ(get_int(udp6, SOL_SOCKET, SO_DOMAIN), AF_INET6);
	CHECK_EQ(get_int(udp6, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
	CHECK_EQ(get_int(tcp, SOL_SOCKET, SO_ACCEPTCONN), 0);
	number(tcp, SOL_SOCKET, SO_KEEPALIVE, 0, 1, 0);
	number(tcp, SOL_SOCKET, SO_REUSEADDR, 0, 1, 0);
	number(tcp, SOL_SOCKET, SO_REUSEPORT, 0, 1, 0);
	number(tcp, SOL_SOCKET, SO_OOBINLINE, 0, 1, 0);
	number(udp, SOL_SOCKET, SO_BROADCAST, 0, 1, 0);
	number(udp, SOL_SOCKET, SO_TIMESTAMP, 0, 1, 0);
	CHECK_EQ(set_int(tcp, SOL_SOCKET, SO_RCVBUF, 20000), 0);
	CHECK_EQ(get_int(tcp, SOL_SOCKET, SO_RCVBUF), 40000);
	CHECK_EQ(set_int(tcp, SOL_SOCKET, SO_SNDBUF, 1), 0);
	CHECK_EQ(get_int(tcp, SOL_SOCKET, SO_SNDBUF), 4608);
	CHECK_EQ(setsockopt(tcp, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	l.l_linger = 0;
	CHECK_EQ(getsockopt(tcp, SOL_SOCKET, SO_LINGER, &l, &n), 0);
	CHECK_EQ(l.l_linger, 7);
	CHECK_ERRNO(setsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, "nix", 4),
		    ENODEV);
	CHECK_EQ(setsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
}

T(of_tcp)
{
	char name[32] = "";
	socklen_t n = sizeof(name);
	struct tcp_info ti;
	int s[2];

	sockets();
	number(tcp, IPPROTO_TCP, TCP_NODELAY, 0, 1, 0);
	number(tcp, IPPROTO_TCP, TCP_CORK, 0, 1, 0);
	number(tcp, IPPROTO_TCP, TCP_KEEPIDLE, 7200, 60, 40000);
	number(tcp, IPPROTO_TCP, TCP_KEEPINTVL, 75, 10, -1);
	number(tcp, IPPROTO_TCP, TCP_KEEPCNT, 9, 3, 200);
	number(tcp, IPPROTO_TCP, TCP_SYNCNT, 6, 3, 200);
	number(tcp, IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 5000, -5);
	CHECK_EQ(set_int(tcp, IPPROTO_TCP, TCP_QUICKACK, 1), 0);
	CHECK_EQ(get_int(tcp, IPPROTO_TCP, TCP_MAXSEG), 536);
	CHECK_ERRNO(set_int(tcp, IPPROTO_TCP, TCP_MAXSEG, 5), EINVAL);
	CHECK_EQ(getsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, name, &n), 0);
	CHECK(name[0] != 0);
	CHECK_EQ(setsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
	CHECK_ERRNO(setsockopt(tcp, IPPROTO_TCP, TCP_CONGESTION, "nix", 3),
		    ENOENT);
	CHECK_ERRNO(setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &n, 1), EINVAL);
	CHECK_ERRNO(set_int(udp, IPPROTO_TCP, TCP_NODELAY, 1), ENOPROTOOPT);
	CHECK_ERRNO(set_int(tcp, IPPROTO_TCP, 9999, 1), ENOPROTOOPT);
	CHECK_ERRNO(set_int(tcp, 9999, 1, 1), ENOPROTOOPT);
	tcp_pair(s);
	n = sizeof(ti);
	CHECK_EQ(getsockopt(s[0], IPPROTO_TCP, TCP_INFO, &ti, &n), 0);
	CHECK_EQ(ti.tcpi_state, TCP_ESTABLISHED);
	CHECK(ti.tcpi_snd_mss > 500);
	close(s[1]);
	usleep(2000);
	CHECK_EQ(getsockopt(s[0], IPPROTO_TCP, TCP_INFO, &ti, &n), 0);
	CHECK_EQ(ti.tcpi_state, TCP_CLOSE_WAIT);
}

T(a_listener_passes_them_on)
{
	int l = listener(), k, s;

	CHECK_EQ(set_int(l, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	CHECK_EQ(set_int(l, IPPROTO_TCP, TCP_KEEPIDLE, 99), 0);
	CHECK_EQ(set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
	k = connected(SOCK_STREAM, own_name(l));
	s = accept(l, NULL, NULL);
	CHECK_EQ(get_int(s, IPPROTO_TCP, TCP_NODELAY), 1);
	CHECK_EQ(get_int(s, IPPROTO_TCP, TCP_KEEPIDLE), 99);
	CHECK_EQ(get_int(s, SOL_SOCKET, SO_KEEPALIVE), 1);
	CHECK_EQ(get_int(k, SOL_SOCKET, SO_KEEPALIVE), 0);
}

T(of_ip)
{
	socklen_t n = 1;
	char c = 9;

	sockets();
	number(udp, IPPROTO_IP, IP_TTL, 64, 12, 256);
	CHECK_EQ(set_int(udp, IPPROTO_IP, IP_TTL, -1), 0);
	CHECK_EQ(get_int(udp, IPPROTO_IP, IP_TTL), 64);
	CHECK_EQ(setsockopt(udp, IPPROTO_IP, IP_TTL, &c, 1), 0);
	c = 0;
	CHECK_EQ(getsockopt(udp, IPPROTO_IP, IP_TTL, &c, &n), 0);
	CHECK_EQ(c, 9);
	CHECK_EQ(n, 1);
	number(udp, IPPROTO_IP, IP_TOS, 0, 0x13, 0);
	CHECK_EQ(set_int(tcp, IPPROTO_IP, IP_TOS, 0x13), 0);
	CHECK_EQ(get_int(tcp, IPPROTO_IP, IP_TOS), 0x10);
	number(udp, IPPROTO_IP, IP_PKTINFO, 0, 1, 0);
	number(udp, IPPROTO_IP, IP_RECVERR, 0, 1, 0);
	number(udp, IPPROTO_IP, IP_MTU_DISCOVER, 1, 2, 77);
	number(udp, IPPROTO_IP, IP_MULTICAST_TTL, 1, 5, 256);
	number(udp, IPPROTO_IP, IP_MULTICAST_LOOP, 1, 0, 0);
	number(udp, IPPROTO_IP, IP_FREEBIND, 0, 1, 0);
	CHECK_ERRNO(set_int(udp, IPPROTO_IP, IP_TRANSPARENT, 1), EPERM);
	CHECK_ERRNO(set_int(udp, IPPROTO_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT);
	CHECK_ERRNO(set_int(udp, IPPROTO_IP, 9999, 1), ENOPROTOOPT);
}

T(of_ipv6)
{
	sockets();
	number(udp6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64, 12, 256);
	number(udp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, 5, 256);
	number(udp6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1, 0, 7);
	number(udp6, IPPROTO_IPV6, IPV6_TCLASS, 0, 0x10, 256);
	number(udp6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 0, 1, 0);
	number(udp6, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 0, 1, 0);
	number(udp6, IPPROTO_IPV6, IPV6_V6ONLY, 0, 1, 0);
	number(udp6, IPPROTO_IP, IP_TTL, 64, 12, 0);
}

T(ioctls_of_lo)
{
	struct ifreq r;

	sockets();
	memset(&r, 0, sizeof(r));
	strcpy(r.ifr_name, "lo");
	CHECK_EQ(ioctl(udp, SIOCGIFFLAGS, &r), 0);
	CHECK_EQ(r.ifr_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING),
		 IFF_UP | IFF_LOOPBACK | IFF_RUNNING);
	CHECK_EQ(ioctl(udp, SIOCGIFINDEX, &r), 0);
	CHECK_EQ(r.ifr_ifindex, 1);
	CHECK_EQ(ioctl(udp, SIOCGIFMTU, &r), 0);
	CHECK_EQ(r.ifr_mtu, 65536);
	CHECK_EQ(ioctl(tcp, SIOCGIFADDR, &r), 0);
	CHECK_EQ(ntohl(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr),
		 INADDR_LOOPBACK);
	CHECK_EQ(ioctl(tcp, SIOCGIFNETMASK, &r), 0);
	CHECK_EQ(ntohl(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr),
		 0xff000000);
	CHECK_EQ(ioctl(tcp, SIOCGIFHWADDR, &r), 0);
	CHECK_EQ(r.ifr_hwaddr.sa_family, 772);
	r.ifr_flags = IFF_UP;
	CHECK_ERRNO(ioctl(tcp, SIOCSIFFLAGS, &r), EPERM);
	strcpy(r.ifr_name, "nix0");
	CHECK_ERRNO(ioctl(tcp, SIOCGIFFLAGS, &r), ENODEV);
	CHECK_EQ(if_nametoindex("lo"), 1);
	CHECK_STR(if_indextoname(1, r.ifr_name) ? r.ifr_name : "?", "lo");
}

T(the_list_of_interfaces)
{
	struct ifreq r[8];
	struct ifconf c = { .ifc_len = sizeof(r), .ifc_req = r };
	int lo = 0;

	sockets();
	CHECK_EQ(ioctl(udp, SIOCGIFCONF, &c), 0);
	for (unsigned i = 0; i < c.ifc_len / sizeof(r[0]); i++)
		lo += !strcmp(r[i].ifr_name, "lo");
	CHECK_EQ(lo, 1);
}

T(getifaddrs_knows_lo)
{
	struct ifaddrs *all, *i;
	int seen = 0;

	CHECK_EQ(getifaddrs(&all), 0);
	for (i = all; i; i = i->ifa_next) {
		if (strcmp(i->ifa_name, "lo") || !i->ifa_addr)
			continue;
		CHECK(i->ifa_flags & IFF_LOOPBACK);
		if (i->ifa_addr->sa_family == AF_INET) {
			seen |= 1;
			CHECK_EQ(ntohl(((struct sockaddr_in *)i->ifa_addr)
					       ->sin_addr.s_addr),
				 INADDR_LOOPBACK);
			CHECK_EQ(ntohl(((struct sockaddr_in *)i->ifa_netmask)
					       ->sin_addr.s_addr),
				 0xff000000);
		} else if (i->ifa_addr->sa_family == AF_INET6) {
			seen |= 2;
			CHECK(IN6_IS_ADDR_LOOPBACK(
				&((struct sockaddr_in6 *)i->ifa_addr)
					 ->sin6_addr));
		} else if (i->ifa_addr->sa_family == AF_PACKET) {
			seen |= 4;
		}
	}
	CHECK_EQ(seen, 7);
	freeifaddrs(all);
}

static int netlink(int proto)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, proto);
}

T(netlink_names)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK }, b;
	int fd = netlink(NETLINK_ROUTE);
	socklen_t n = sizeof(b);

	CHECK(fd >= 0);
	CHECK_ERRNO(netlink(77), EPROTONOSUPPORT);
	CHECK_ERRNO(socket(AF_NETLINK, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_PROTOCOL), NETLINK_ROUTE);
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	CHECK_EQ(getsockname(fd, (void *)&b, &n), 0);
	CHECK_EQ(n, sizeof(b));
	CHECK_EQ(b.nl_pid, getpid());
	fd = netlink(NETLINK_ROUTE);
	a.nl_pid = getpid();
	CHECK_ERRNO(bind(fd, (void *)&a, sizeof(a)), EADDRINUSE);
	a.nl_pid = 0;
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	n = sizeof(b);
	CHECK_EQ(getsockname(fd, (void *)&b, &n), 0);
	CHECK((int)b.nl_pid != getpid());
	fd = netlink(NETLINK_KOBJECT_UEVENT);
	CHECK(fd >= 0);
	a.nl_groups = 1;
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	CHECK_ERRNO(recv(fd, &b, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(revents(fd, POLLIN), 0);
}

/* Send a request; => the type of the first answer, all answers counted. */
static int ask(int type, int flags, int size, int *count)
{
	static char buf[32768];
	struct {
		struct nlmsghdr h;
		char body[64];
	} q = { .h = { .nlmsg_type = type,
		       .nlmsg_seq = 5,
		       .nlmsg_len = sizeof(q.h) + size,
		       .nlmsg_flags = NLM_F_REQUEST | flags } };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = netlink(NETLINK_ROUTE), first = 0;

	*count = 0;
	CHECK_EQ(sendto(fd, &q, q.h.nlmsg_len, 0, (void *)&kernel,
			sizeof(kernel)),
		 q.h.nlmsg_len);
	for (;;) {
		struct sockaddr_nl from;
		socklen_t n = sizeof(from);
		int len = recvfrom(fd, buf, sizeof(buf), 0, (void *)&from, &n);
		struct nlmsghdr *h = (void *)buf;

		CHECK(len > 0);
		CHECK_EQ(from.nl_pid, 0);
		for (; NLMSG_OK(h, (unsigned)len); h = NLMSG_NEXT(h, len)) {
			CHECK_EQ(h->nlmsg_seq, 5);
			first = first ? first : h->nlmsg_type;
			if (h->nlmsg_type == NLMSG_ERROR) {
				first = ((struct nlmsgerr *)NLMSG_DATA(h))
						->error;
				close(fd);
				return first;
			}
			if (h->nlmsg_type == NLMSG_DONE) {
				close(fd);
				return first;
			}
			CHECK(h->nlmsg_flags & NLM_F_MULTI);
			++*count;
		}
	}
}

T(netlink_dumps)
{
	int n;

	CHECK_EQ(ask(RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg), &n),
		 RTM_NEWLINK);
	CHECK(n >= 1);
	CHECK_EQ(ask(RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg), &n),
		 RTM_NEWADDR);
	CHECK(n >= 2);
	CHECK_EQ(ask(RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg), &n),
		 RTM_NEWROUTE);
	CHECK(n >= 3);
	ask(RTM_GETNEIGH, NLM_F_DUMP, sizeof(struct ndmsg), &n);
	/* what only an administrator may */
	CHECK_EQ(ask(RTM_NEWADDR, NLM_F_ACK, sizeof(struct ifaddrmsg), &n),
		 -EPERM);
}

T_MAIN
