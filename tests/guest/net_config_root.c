// SPDX-License-Identifier: GPL-2.0
/*
 * Raw and packet sockets, interfaces, addresses and routes, by ioctl and by
 * rtnetlink: netdevice(7), raw(7), packet(7), rtnetlink(7). On the host in a
 * network namespace of its own.
 */
#include <netpacket/packet.h>
#include "inet_util.h"
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <sys/utsname.h>

/* Where we may change things. */
static void own_net(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	struct utsname u;
	int fd;

	uname(&u);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) &&
	    (geteuid() || !strstr(u.release, "lodger")))
		SKIP("no network namespace of our own");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	r.ifr_flags = IFF_UP;
	CHECK_EQ(ioctl(fd, SIOCSIFFLAGS, &r), 0);
	close(fd);
}

static unsigned short sum16(const void *p, int n)
{
	const unsigned char *b = p;
	unsigned int s = 0;

	for (int i = 0; i + 1 < n; i += 2)
		s += (unsigned int)(b[i] << 8 | b[i + 1]);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((unsigned short)~s);
}

static void make_echo(struct icmphdr *h, int id)
{
	memset(h, 0, sizeof(*h));
	h->type = ICMP_ECHO;
	h->un.echo.id = htons((unsigned short)id);
	h->un.echo.sequence = htons(1);
	h->checksum = sum16(h, sizeof(*h));
}

T(raw_sockets_want_a_capability)
{
	if (!geteuid() && setresuid(65534, 65534, 65534))
		SKIP("cannot become somebody else");
	CHECK_ERRNO(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
	CHECK_ERRNO(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
	CHECK_ERRNO(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EACCES);
}

T(echo_through_a_raw_socket)
{
	struct name to = name4("127.0.0.1", 0);
	unsigned char b[256];
	struct icmphdr h;
	struct iphdr *ip = (void *)b;
	int fd, n, replies = 0;

	own_net();
	CHECK_ERRNO(socket(AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	CHECK(fd >= 0);
	make_echo(&h, 77);
	CHECK_EQ(sendto(fd, &h, sizeof(h), 0, &to.sa, to.len), sizeof(h));
	/* both the question and the answer pass here */
	for (int i = 0; i < 2; i++) {
		struct pollfd p = { fd, POLLIN, 0 };
		struct icmphdr *got = (void *)(b + 20);

		CHECK_EQ(poll(&p, 1, 3000), 1);
		n = (int)recv(fd, b, sizeof(b), 0);
		CHECK_EQ(n, 28);
		CHECK_EQ(ip->version, 4);
		CHECK_EQ(ip->protocol, IPPROTO_ICMP);
		CHECK_EQ(ntohs(ip->tot_len), 28);
		CHECK_EQ(ntohs(got->un.echo.id), 77);
		replies += got->type == ICMP_ECHOREPLY;
	}
	CHECK_EQ(replies, 1);
}

T(filters_of_raw_sockets)
{
	struct name to = name4("127.0.0.1", 0);
	unsigned int mask = ~(1u << ICMP_ECHOREPLY);
	unsigned char b[256];
	struct icmphdr h;
	int fd;

	own_net();
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	CHECK_EQ(setsockopt(fd, SOL_RAW, 1 /* ICMP_FILTER */, &mask,
			    sizeof(mask)),
		 0);
	make_echo(&h, 78);
	CHECK_EQ(sendto(fd, &h, sizeof(h), 0, &to.sa, to.len), sizeof(h));
	CHECK_EQ(recv(fd, b, sizeof(b), 0), 28);
	CHECK_EQ(b[20], ICMP_ECHOREPLY);
	CHECK_ERRNO(recv(fd, b, sizeof(b), MSG_DONTWAIT), EAGAIN);
}

T(a_header_of_ones_own)
{
	struct name to = name4("127.0.0.1", 0);
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
	} p;
	unsigned char b[256];
	int fd, in, one = 0;

	own_net();
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	CHECK(fd >= 0);
	one = get_int(fd, IPPROTO_IP, IP_HDRINCL);
	CHECK_EQ(one, 1);
	in = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	memset(&p, 0, sizeof(p));
	p.ip.version = 4;
	p.ip.ihl = 5;
	p.ip.ttl = 33;
	p.ip.protocol = IPPROTO_ICMP;
	p.ip.daddr = htonl(INADDR_LOOPBACK);
	make_echo(&p.icmp, 79);
	CHECK_EQ(sendto(fd, &p, sizeof(p), 0, &to.sa, to.len), sizeof(p));
	CHECK_EQ(recv(in, b, sizeof(b), 0), 28);
	CHECK_EQ(b[8], 33);
	/* length, checksum and source were filled in */
	CHECK_EQ(b[3], 28);
	CHECK_EQ(b[12], 127);
	CHECK_EQ(sum16(b, 20), 0);
}

T(packet_sockets_see_lo)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL) };
	struct name to = name4("127.0.0.1", 0);
	int fd, raw, seen[5] = { 0 };
	socklen_t len = sizeof(ll);
	struct icmphdr h;
	unsigned char b[256];

	own_net();
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	CHECK(fd >= 0);
	ll.sll_ifindex = 4711;
	CHECK_ERRNO(bind(fd, (void *)&ll, sizeof(ll)), ENODEV);
	ll.sll_ifindex = (int)if_nametoindex("lo");
	CHECK_EQ(bind(fd, (void *)&ll, sizeof(ll)), 0);
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	make_echo(&h, 80);
	CHECK_EQ(sendto(raw, &h, sizeof(h), 0, &to.sa, to.len), sizeof(h));
	/* question and answer, each going out and coming in */
	for (int i = 0; i < 4; i++) {
		struct pollfd p = { fd, POLLIN, 0 };

		CHECK_EQ(poll(&p, 1, 3000), 1);
		len = sizeof(ll);
		CHECK_EQ(recvfrom(fd, b, sizeof(b), 0, (void *)&ll, &len), 42);
		CHECK_EQ(b[12], 8);
		CHECK_EQ(ll.sll_hatype, 772);
		CHECK_EQ(ntohs(ll.sll_protocol), ETH_P_IP);
		CHECK(ll.sll_pkttype <= 4);
		seen[ll.sll_pkttype]++;
	}
	CHECK_EQ(seen[PACKET_OUTGOING], 2);
	CHECK_EQ(seen[PACKET_HOST], 2);
}

static void in_of(struct sockaddr *sa, const char *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	inet_pton(AF_INET, a, &in.sin_addr);
	memcpy(sa, &in, sizeof(in));
}

T(addresses_by_ioctl)
{
	struct ifreq r = { .ifr_name = "lo:7" };
	struct sockaddr_in in;
	int fd;

	own_net();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_ERRNO(ioctl(fd, SIOCGIFADDR, &r), EADDRNOTAVAIL);
	in_of(&r.ifr_addr, "10.44.0.1");
	CHECK_EQ(ioctl(fd, SIOCSIFADDR, &r), 0);
	in_of(&r.ifr_addr, "255.255.255.0");
	CHECK_EQ(ioctl(fd, SIOCSIFNETMASK, &r), 0);
	CHECK_EQ(ioctl(fd, SIOCGIFADDR, &r), 0);
	memcpy(&in, &r.ifr_addr, sizeof(in));
	CHECK_EQ(ntohl(in.sin_addr.s_addr), 0x0a2c0001);
	CHECK_EQ(ioctl(fd, SIOCGIFNETMASK, &r), 0);
	memcpy(&in, &r.ifr_addr, sizeof(in));
	CHECK_EQ(ntohl(in.sin_addr.s_addr), 0xffffff00);
	/* it is ours now */
	bound(SOCK_STREAM, name4("10.44.0.1", 0));
	connected(SOCK_STREAM, own_name(listener_at(name4("10.44.0.1", 0), 4)));
	in_of(&r.ifr_addr, "0.0.0.0");
	CHECK_EQ(ioctl(fd, SIOCSIFADDR, &r), 0);
	CHECK_ERRNO(ioctl(fd, SIOCGIFADDR, &r), EADDRNOTAVAIL);
	strcpy(r.ifr_name, "none0");
	CHECK_ERRNO(ioctl(fd, SIOCSIFADDR, &r), ENODEV);
	strcpy(r.ifr_name, "lo");
	r.ifr_mtu = 1000000;
	CHECK(ioctl(fd, SIOCGIFMTU, &r) == 0 && r.ifr_mtu == 65536);
}

struct req {
	struct nlmsghdr h;
	char b[256];
};

static void attr(struct req *q, int type, const void *p, int n)
{
	struct rtattr *a = (void *)((char *)q + NLMSG_ALIGN(q->h.nlmsg_len));

	a->rta_type = (unsigned short)type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), p, (size_t)n);
	q->h.nlmsg_len = NLMSG_ALIGN(q->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* => what the acknowledgement says, as an errno */
static int talk(struct req *q)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	char b[4096];
	struct nlmsghdr *h = (void *)b;
	struct pollfd p = { fd, POLLIN, 0 };

	q->h.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	CHECK(sendto(fd, q, q->h.nlmsg_len, 0, (void *)&to, sizeof(to)) > 0);
	CHECK_EQ(poll(&p, 1, 3000), 1);
	CHECK(recv(fd, b, sizeof(b), 0) > 0);
	close(fd);
	CHECK_EQ(h->nlmsg_type, NLMSG_ERROR);
	return -((struct nlmsgerr *)NLMSG_DATA(h))->error;
}

static int change_addr(int type, int flags, const char *a, int plen, int index)
{
	struct req q = { .h = { .nlmsg_type = (unsigned short)type,
				.nlmsg_flags = (unsigned short)flags } };
	struct ifaddrmsg *m = NLMSG_DATA(&q.h);
	struct in_addr in;

	q.h.nlmsg_len = NLMSG_LENGTH(sizeof(*m));
	m->ifa_family = AF_INET;
	m->ifa_prefixlen = (unsigned char)plen;
	m->ifa_index = (unsigned int)index;
	inet_pton(AF_INET, a, &in);
	attr(&q, IFA_LOCAL, &in, 4);
	attr(&q, IFA_ADDRESS, &in, 4);
	return talk(&q);
}

T(addresses_by_rtnetlink)
{
	int lo, new = NLM_F_CREATE | NLM_F_EXCL;

	own_net();
	lo = (int)if_nametoindex("lo");
	CHECK_EQ(change_addr(RTM_NEWADDR, new, "10.45.0.1", 24, lo), 0);
	CHECK_EQ(change_addr(RTM_NEWADDR, new, "10.45.0.1", 24, lo), EEXIST);
	bound(SOCK_DGRAM, name4("10.45.0.1", 0));
	CHECK_EQ(change_addr(RTM_NEWADDR, new, "10.45.0.2", 33, lo), EINVAL);
	CHECK_EQ(change_addr(RTM_NEWADDR, new, "10.45.0.2", 24, 4711), ENODEV);
	CHECK_EQ(change_addr(RTM_DELADDR, 0, "10.45.0.9", 24, lo),
		 EADDRNOTAVAIL);
	CHECK_EQ(change_addr(RTM_DELADDR, 0, "10.45.0.1", 24, lo), 0);
	CHECK_EQ(change_addr(RTM_DELADDR, 0, "10.45.0.1", 24, lo),
		 EADDRNOTAVAIL);
}

static int change_route(int type, int flags, const char *dst, int plen,
			int kind)
{
	struct req q = { .h = { .nlmsg_type = (unsigned short)type,
				.nlmsg_flags = (unsigned short)flags } };
	struct rtmsg *m = NLMSG_DATA(&q.h);
	struct in_addr in;

	q.h.nlmsg_len = NLMSG_LENGTH(sizeof(*m));
	m->rtm_family = AF_INET;
	m->rtm_dst_len = (unsigned char)plen;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_BOOT;
	m->rtm_type = (unsigned char)kind;
	inet_pton(AF_INET, dst, &in);
	attr(&q, RTA_DST, &in, 4);
	return talk(&q);
}

T(routes_that_lead_nowhere)
{
	struct name n = name4("10.46.1.1", 9);
	int fd, new = NLM_F_CREATE | NLM_F_EXCL;

	own_net();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), ENETUNREACH);
	CHECK_EQ(change_route(RTM_NEWROUTE, new, "10.46.0.0", 16,
			      RTN_UNREACHABLE),
		 0);
	CHECK_EQ(change_route(RTM_NEWROUTE, new, "10.46.0.0", 16,
			      RTN_UNREACHABLE),
		 EEXIST);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), EHOSTUNREACH);
	CHECK_EQ(change_route(RTM_NEWROUTE, new, "10.46.1.0", 24, RTN_PROHIBIT),
		 0);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), EACCES);
	CHECK_EQ(change_route(RTM_DELROUTE, 0, "10.46.1.0", 24, RTN_PROHIBIT),
		 0);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), EHOSTUNREACH);
	CHECK_EQ(
		change_route(RTM_DELROUTE, 0, "10.46.0.0", 16, RTN_UNREACHABLE),
		0);
	CHECK_EQ(
		change_route(RTM_DELROUTE, 0, "10.46.0.0", 16, RTN_UNREACHABLE),
		ESRCH);
	CHECK_ERRNO(connect(fd, &n.sa, n.len), ENETUNREACH);
}

T(changes_are_announced)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK,
				 .nl_groups = RTMGRP_IPV4_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), lo;
	char b[4096];
	struct nlmsghdr *h = (void *)b;
	struct pollfd p = { -1, POLLIN, 0 };

	own_net();
	close(fd);
	p.fd = fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	CHECK_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	lo = (int)if_nametoindex("lo");
	CHECK_EQ(change_addr(RTM_NEWADDR, NLM_F_CREATE, "10.47.0.1", 32, lo),
		 0);
	CHECK_EQ(poll(&p, 1, 3000), 1);
	CHECK(recv(fd, b, sizeof(b), 0) > 0);
	CHECK_EQ(h->nlmsg_type, RTM_NEWADDR);
	CHECK_EQ(((struct ifaddrmsg *)NLMSG_DATA(h))->ifa_prefixlen, 32);
	CHECK_EQ(change_addr(RTM_DELADDR, 0, "10.47.0.1", 32, lo), 0);
	CHECK_EQ(poll(&p, 1, 3000), 1);
	CHECK(recv(fd, b, sizeof(b), 0) > 0);
	CHECK_EQ(h->nlmsg_type, RTM_DELADDR);
}

T(only_who_may_changes)
{
	if (!geteuid() && setresuid(65534, 65534, 65534))
		SKIP("cannot become somebody else");
	CHECK_EQ(change_addr(RTM_NEWADDR, NLM_F_CREATE, "10.48.0.1", 24, 1),
		 EPERM);
	CHECK_EQ(change_route(RTM_NEWROUTE, NLM_F_CREATE, "10.48.0.0", 16,
			      RTN_UNREACHABLE),
		 EPERM);
	{
		struct ifreq r = { .ifr_name = "lo" };

		r.ifr_flags = IFF_UP;
		CHECK_ERRNO(
			ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &r),
			EPERM);
	}
}

T_MAIN
