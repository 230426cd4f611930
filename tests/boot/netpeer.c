// SPDX-License-Identifier: GPL-2.0
/*
 * A peer on the wire that does what a script says: it holds the other end of a
 * machine's network device (--net fd=N) and speaks Ethernet, ARP, IPv4, ICMP,
 * UDP and TCP by hand, in good and in bad manners. The programs in the machine
 * are in tests/stress/netguest.c.
 *
 *	netpeer LODGER ROOT [SCRIPT...]
 *
 * Each script boots a machine of its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIN 1
#define SYN 2
#define RST 4
#define PSH 8
#define ACK 16
#define URG 32

#define ME  0x0a090901u
#define YOU 0x0a090902u

#define CHECK(c)                                                         \
	do {                                                             \
		if (!(c)) {                                              \
			printf("  %s:%d: %s\n", __FILE__, __LINE__, #c); \
			fflush(stdout);                                  \
			_exit(1);                                        \
		}                                                        \
	} while (0)

static int wire;
static const uint8_t my_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t your_mac[6] = { 2, 0, 0, 0, 0, 2 };
static uint16_t ip_id;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void p16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static void p32(uint8_t *p, uint32_t v)
{
	p16(p, v >> 16);
	p16(p + 2, v & 0xffff);
}
static unsigned int g16(const uint8_t *p)
{
	return (unsigned int)(p[0] << 8 | p[1]);
}
static uint32_t g32(const uint8_t *p)
{
	return (uint32_t)g16(p) << 16 | g16(p + 2);
}

static unsigned int sum(unsigned int s, const uint8_t *p, unsigned int n)
{
	for (; n > 1; p += 2, n -= 2)
		s += g16(p);
	if (n)
		s += (unsigned int)p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static unsigned int pseudo(int proto, unsigned int n)
{
	return (ME >> 16) + (ME & 0xffff) + (YOU >> 16) + (YOU & 0xffff) +
	       (unsigned int)proto + n;
}

/* --- out --- */

static void send_eth(int type, const uint8_t *p, unsigned int n)
{
	uint8_t f[2000];

	memcpy(f, your_mac, 6);
	memcpy(f + 6, my_mac, 6);
	p16(f + 12, (unsigned int)type);
	memcpy(f + 14, p, n);
	CHECK(send(wire, f, n + 14, 0) == (ssize_t)n + 14);
}

static void send_ip_frag(int proto, const uint8_t *p, unsigned int n,
			 unsigned int id, unsigned int frag)
{
	uint8_t h[2000] = { 0x45 };

	p16(h + 2, n + 20);
	p16(h + 4, id);
	p16(h + 6, frag);
	h[8] = 64;
	h[9] = (uint8_t)proto;
	p32(h + 12, ME);
	p32(h + 16, YOU);
	p16(h + 10, ~sum(0, h, 20) & 0xffff);
	memcpy(h + 20, p, n);
	send_eth(0x800, h, n + 20);
}

static void send_ip(int proto, const uint8_t *p, unsigned int n)
{
	send_ip_frag(proto, p, n, ++ip_id, 0);
}

static void send_udp(unsigned int sport, unsigned int dport, const void *data,
		     unsigned int n, bool bad)
{
	uint8_t u[2000];

	p16(u, sport);
	p16(u + 2, dport);
	p16(u + 4, n + 8);
	p16(u + 6, 0);
	memcpy(u + 8, data, n);
	p16(u + 6, (~sum(pseudo(17, n + 8), u, n + 8) & 0xffff) ^ bad);
	send_ip(17, u, n + 8);
}

/* --- the connection under test --- */

static struct {
	unsigned int port, yours;
	uint32_t snd, rcv; /* our next, their next */
	unsigned int wnd;
	bool ts;
	uint32_t tsval, tsecr;
	bool bad; /* checksums */
	unsigned int urg;
} c;

static void send_tcp_at(int flags, uint32_t seq, const uint8_t *opt,
			unsigned int nopt, const void *data, unsigned int n)
{
	uint8_t t[2000];
	unsigned int h = 20;

	memset(t, 0, 60);
	if (c.ts && !(flags & SYN)) {
		t[h++] = 1;
		t[h++] = 1;
		t[h++] = 8;
		t[h++] = 10;
		p32(t + h, ++c.tsval);
		p32(t + h + 4, c.tsecr);
		h += 8;
	}
	memcpy(t + h, opt ? opt : t, opt ? nopt : 0);
	h += opt ? nopt : 0;
	p16(t, c.port);
	p16(t + 2, c.yours);
	p32(t + 4, seq);
	if (flags & ACK)
		p32(t + 8, c.rcv);
	t[12] = (uint8_t)(h / 4 << 4);
	t[13] = (uint8_t)flags;
	p16(t + 14, c.wnd);
	if (flags & URG)
		p16(t + 18, c.urg);
	if (n)
		memcpy(t + h, data, n);
	p16(t + 16, (~sum(pseudo(6, h + n), t, h + n) & 0xffff) ^ c.bad);
	send_ip(6, t, h + n);
}

static void send_tcp(int flags, const void *data, unsigned int n)
{
	send_tcp_at(flags, c.snd, NULL, 0, data, n);
	c.snd += n + !!(flags & SYN) + !!(flags & FIN);
}

/* --- in --- */

struct seg {
	int proto;
	int flags;
	uint32_t seq, ack;
	unsigned int len, wnd, sport, dport, frag, id, urg;
	const uint8_t *data, *opt;
	unsigned int nopt;
	uint8_t frame[66000];
};
static struct seg s;

static void answer_arp(const uint8_t *a)
{
	uint8_t r[28];

	if (g16(a + 6) != 1 || g32(a + 24) != ME)
		return;
	memcpy(r, a, 28);
	p16(r + 6, 2);
	memcpy(r + 8, my_mac, 6);
	p32(r + 14, ME);
	memcpy(r + 18, a + 8, 10);
	send_eth(0x806, r, 28);
}

/* The next thing that is for us; false: nothing for so long */
static bool next_one(int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;

	for (;;) {
		struct pollfd p = { wire, POLLIN, 0 };
		int64_t left = (int64_t)(end - now_ms());
		uint8_t *ip = s.frame + 14, *t;
		unsigned int h, n;
		ssize_t k;

		if (poll(&p, 1, left > 0 ? (int)left : 0) <= 0)
			return false;
		k = recv(wire, s.frame, sizeof(s.frame), 0);
		if (k <= 0)
			return false;
		if (g16(s.frame + 12) == 0x806) {
			answer_arp(ip);
			continue;
		}
		if (g16(s.frame + 12) != 0x800 || g32(ip + 16) != ME)
			continue;
		CHECK(k >= 34 && ip[0] == 0x45 && sum(0, ip, 20) == 0xffff);
		n = g16(ip + 2) - 20;
		CHECK(n + 34 <= (unsigned int)k);
		t = ip + 20;
		s.proto = ip[9];
		s.frag = g16(ip + 6);
		s.id = g16(ip + 4);
		s.data = t;
		s.len = n;
		if (s.proto == 17 && !(s.frag & 0x3fff)) {
			s.sport = g16(t);
			s.dport = g16(t + 2);
			CHECK(sum(pseudo(17, n), t, n) == 0xffff);
			s.data = t + 8;
			s.len = n - 8;
		}
		if (s.proto != 6)
			return true;
		h = (unsigned int)(t[12] >> 4) * 4;
		CHECK(sum(pseudo(6, n), t, n) == 0xffff);
		s.sport = g16(t);
		s.dport = g16(t + 2);
		s.seq = g32(t + 4);
		s.ack = g32(t + 8);
		s.flags = t[13] & 63;
		s.wnd = g16(t + 14);
		s.urg = g16(t + 18);
		s.opt = t + 20;
		s.nopt = h - 20;
		s.data = t + h;
		s.len = n - h;
		for (unsigned int i = 0; i + 1 < s.nopt;) {
			if (s.opt[i] == 1) {
				i++;
				continue;
			}
			if (s.opt[i] == 8)
				c.tsecr = g32(s.opt + i + 2);
			i += s.opt[i + 1] ? s.opt[i + 1] : 60;
		}
		return true;
	}
}

static bool next(int ms)
{
	bool got = next_one(ms);

	if (getenv("NETPEER_TRACE") && got)
		fprintf(stderr,
			"%llu proto %d flags %x seq %u ack %u len %u wnd %u\n",
			(unsigned long long)now_ms() % 100000, s.proto, s.flags,
			s.seq, s.ack, s.len, s.wnd);
	return got;
}

static bool has_option(int kind)
{
	for (unsigned int i = 0; i < s.nopt;) {
		if (s.opt[i] == kind)
			return true;
		if (s.opt[i] == 0)
			return false;
		i += s.opt[i] == 1 ? 1 : s.opt[i + 1];
	}
	return false;
}

/* A TCP segment with these flags, PSH aside; pure ACKs are passed over. */
static void want(int flags)
{
	do
		CHECK(next(3000) && s.proto == 6);
	while ((s.flags & ~PSH) == ACK && !s.len && flags != ACK);
	CHECK((s.flags & ~PSH) == flags);
}

static void want_syn(void)
{
	memset(&c, 0, sizeof(c));
	CHECK(next(5000) && s.proto == 6 && s.flags == SYN);
	c.port = s.dport;
	c.yours = s.sport;
	c.rcv = s.seq + 1;
	c.snd = 0xfffff000; /* numbers shall wrap */
	c.wnd = 60000;
}

static void accept_with(const uint8_t *opt, unsigned int n)
{
	send_tcp_at(SYN | ACK, c.snd, opt, n, NULL, 0);
	c.snd++;
	CHECK(next(3000) && s.proto == 6 && (s.flags & ~PSH) == ACK);
	CHECK(s.ack == c.snd && s.seq == c.rcv);
}

static void accept_plain(void)
{
	static const uint8_t mss[4] = { 2, 4, 5, 0xb4 };

	want_syn();
	accept_with(mss, 4);
}

/* They close first, then we. */
static void finish(void)
{
	want(FIN | ACK);
	c.rcv = s.seq + s.len + 1;
	send_tcp(ACK, NULL, 0);
	/* the program has ended, and its machine with it: no answer */
	send_tcp(FIN | ACK, NULL, 0);
}

static unsigned char pattern(unsigned int i)
{
	return (unsigned char)(i * 7 + i / 251);
}

/* --- scripts --- */

static void p_syn_is_sent_again(void)
{
	static const uint8_t opt[] = { 2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7, 0, 0 };
	uint32_t seq;
	uint64_t t;

	want_syn();
	CHECK(has_option(2) && has_option(3) && has_option(4) && has_option(8));
	seq = s.seq;
	t = now_ms();
	CHECK(next(3000) && s.flags == SYN && s.seq == seq);
	CHECK(now_ms() - t > 800);
	accept_with(opt, sizeof(opt));
	finish();
}

static void p_refused(void)
{
	want_syn();
	/* for something that was never sent: to be passed over */
	c.rcv -= 1;
	send_tcp(RST | ACK, NULL, 0);
	c.rcv += 1;
	send_tcp(RST | ACK, NULL, 0);
	want_syn();
	send_tcp(RST | ACK, NULL, 0);
}

static void p_unreachable(void)
{
	while (next(6000))
		;
}

/* Take their pattern, losing each nth segment once; SACK if they may. */
static void take(unsigned int total, unsigned int nth, bool sack)
{
	static uint8_t have[1 << 20];
	uint32_t base = c.rcv, top = c.rcv;
	unsigned int count = 0, segs = 0, again = 0, lost = 0, fin = 0;

	memset(have, 0, sizeof(have));
	while (c.rcv - base < total || !fin) {
		uint32_t off;
		uint8_t opt[12] = { 1, 1, 5, 10 };
		bool drop;

		CHECK(next(4000) && s.proto == 6);
		if (!s.len && !(s.flags & FIN))
			continue;
		off = s.seq - base;
		CHECK(off + s.len <= total);
		segs++;
		if (s.len && have[off])
			again++;
		drop = nth && s.seq == top && ++count % nth == 0;
		if ((int32_t)(s.seq + s.len - top) > 0)
			top = s.seq + s.len;
		if (drop) {
			lost++;
			continue;
		}
		for (unsigned int i = 0; i < s.len; i++) {
			CHECK(s.data[i] == pattern(off + i));
			have[off + i] = 1;
		}
		if (s.flags & FIN)
			fin = 1;
		while (c.rcv - base < total && have[c.rcv - base])
			c.rcv++;
		if (fin && c.rcv - base == total)
			break;
		if (sack && top != c.rcv) {
			uint32_t a = top;

			while (a - 1 - base < total && have[a - 1 - base])
				a--;
			p32(opt + 4, a);
			p32(opt + 8, top);
			if (a != top) {
				send_tcp_at(ACK, c.snd, opt, 12, NULL, 0);
				continue;
			}
		}
		send_tcp(ACK, NULL, 0);
	}
	c.rcv++;
	send_tcp(FIN | ACK, NULL, 0);
	CHECK(!nth || lost > 5);
	/* what was not lost is hardly sent twice */
	if (sack)
		CHECK(again <= lost * 3 + 5);
}

static void p_loss(void)
{
	accept_plain();
	take(600000, 23, false);
}

static void p_loss_with_sack(void)
{
	static const uint8_t opt[] = { 2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 3, 1, 1 };

	want_syn();
	c.wnd = 20000;
	accept_with(opt, sizeof(opt));
	take(600000, 17, true);
}

static void p_no_loss(void)
{
	accept_plain();
	take(600000, 0, false);
}

/* Send the pattern in disorder: twice, swapped, with holes. */
static void p_disorder_comes_in_order(void)
{
	unsigned int total = 300000, base, sent = 0, acked = 0, round = 0;
	uint8_t b[1400];
	uint32_t start;

	accept_plain();
	start = c.snd;
	while (acked < total) {
		unsigned int n = 0, at[8];

		/* eight segments from what is acknowledged on, shuffled */
		for (base = acked; n < 8 && base < total; base += 1400)
			at[n++] = base;
		for (unsigned int i = 0; i < n; i++) {
			unsigned int k = (i * 5 + round) % n, len;

			if (round % 3 == 1 && i == n / 2)
				continue; /* lost */
			len = total - at[k] < 1400 ? total - at[k] : 1400;
			for (unsigned int j = 0; j < len; j++)
				b[j] = pattern(at[k] + j);
			send_tcp_at(ACK, start + at[k], NULL, 0, b, len);
			if (i % 4 == 3) /* and an overlapping one */
				send_tcp_at(ACK, start + at[k] + 7, NULL, 0,
					    b + 7, len - 7);
		}
		round++;
		sent += n;
		while (next(sent ? 30 : 1000))
			if (s.proto == 6 && s.ack - start > acked &&
			    s.ack - start <= total)
				acked = s.ack - start;
		CHECK(round < 2000);
	}
	c.snd = start + total;
	send_tcp(FIN | ACK, NULL, 0);
	want(FIN | ACK);
	c.rcv = s.seq + 1;
	send_tcp(ACK, NULL, 0);
}

static void p_tiny_windows(void)
{
	unsigned int got = 0, wnd = 1, steps = 0;

	want_syn();
	c.wnd = 1;
	accept_with(NULL, 0);
	while (got < 3000) {
		CHECK(next(3000) && s.proto == 6);
		if (!s.len || s.seq != c.rcv)
			continue;
		CHECK(s.len <= c.wnd);
		for (unsigned int i = 0; i < s.len; i++)
			CHECK(s.data[i] == pattern(got + i));
		got += s.len;
		c.rcv += s.len;
		wnd = wnd * 3 % 97 + 1;
		c.wnd = wnd;
		send_tcp(ACK, NULL, 0);
		steps++;
	}
	CHECK(steps > 20);
	if (!(s.flags & FIN))
		want(FIN | ACK);
	c.rcv++;
	send_tcp(FIN | ACK, NULL, 0);
}

static void p_zero_window_is_probed(void)
{
	static const uint8_t mss[4] = { 2, 4, 5, 0xb4 };
	unsigned int got = 0, probes = 0;

	want_syn();
	c.wnd = 1000;
	accept_with(mss, 4);
	while (got < 1000) {
		CHECK(next(3000));
		got += s.len;
		c.rcv += s.len;
	}
	CHECK(got == 1000);
	c.wnd = 0;
	send_tcp(ACK, NULL, 0);
	while (probes < 3) {
		CHECK(next(4000) && s.proto == 6);
		CHECK(s.len <= 1 && s.seq - c.rcv + 1 <= 1);
		probes++;
		send_tcp(ACK, NULL, 0);
	}
	c.wnd = 60000;
	send_tcp(ACK, NULL, 0);
	while (got < 3000) {
		CHECK(next(3000));
		if (s.seq != c.rcv)
			continue;
		got += s.len;
		c.rcv += s.len;
	}
	if (!(s.flags & FIN))
		want(FIN | ACK);
	c.rcv++;
	send_tcp(FIN | ACK, NULL, 0);
}

static void p_resets_are_checked(void)
{
	accept_plain();
	/* in the window, but not exactly: asked about, not obeyed */
	send_tcp_at(RST, c.snd + 100, NULL, 0, NULL, 0);
	want(ACK);
	CHECK(s.ack == c.snd);
	/* outside of it: nothing at all */
	send_tcp_at(RST, c.snd - 100000, NULL, 0, NULL, 0);
	CHECK(!next(100));
	/* a SYN in the middle */
	send_tcp_at(SYN, c.snd, NULL, 0, NULL, 0);
	want(ACK);
	/* bad checksums are not even looked at */
	c.bad = true;
	send_tcp_at(ACK, c.snd, NULL, 0, "BAD", 3);
	c.bad = false;
	CHECK(!next(100));
	/* acknowledging what was never sent */
	c.rcv += 1000;
	send_tcp_at(ACK, c.snd, NULL, 0, "BAD", 3);
	c.rcv -= 1000;
	want(ACK);
	send_tcp(ACK | PSH, "k", 1);
	want(ACK);
	send_tcp(RST, NULL, 0);
}

static void p_we_close_first(void)
{
	accept_plain();
	send_tcp(ACK | PSH, "last", 4);
	send_tcp(FIN | ACK, NULL, 0);
	while (next(3000) && !s.len)
		;
	CHECK(s.len == 4 && !memcmp(s.data, "last", 4));
	c.rcv = s.seq + 4;
	if (!(s.flags & FIN)) {
		send_tcp(ACK, NULL, 0);
		want(FIN | ACK);
	}
	c.rcv++;
	send_tcp(ACK, NULL, 0);
	CHECK(!next(300));
}

static void p_both_close_at_once(void)
{
	accept_plain();
	send_tcp(ACK | PSH, "k", 1);
	want(FIN | ACK);
	/* ours crosses theirs */
	c.rcv = s.seq;
	send_tcp(FIN | ACK, NULL, 0);
	want(ACK);
	CHECK(s.ack == c.snd);
	c.rcv++;
	send_tcp(ACK, NULL, 0);
	/* and the FIN again, as if the answer were lost: still there */
	send_tcp_at(FIN | ACK, c.snd - 1, NULL, 0, NULL, 0);
	want(ACK);
	CHECK(s.ack == c.snd);
}

static void p_lost_fin_is_sent_again(void)
{
	accept_plain();
	send_tcp(ACK | PSH, "k", 1);
	want(FIN | ACK);
	want(FIN | ACK);
	c.rcv = s.seq + 1;
	send_tcp(ACK, NULL, 0);
	send_tcp(FIN | ACK, NULL, 0);
	want(ACK);
}

static void p_data_for_who_has_closed(void)
{
	accept_plain();
	send_tcp(ACK | PSH, "k", 1);
	want(FIN | ACK);
	c.rcv = s.seq + 1;
	send_tcp(ACK | PSH, "more", 4);
	do
		CHECK(next(3000));
	while (!(s.flags & RST));
}

static void p_half_close(void)
{
	accept_plain();
	CHECK(next(3000) && s.len == 3);
	c.rcv += 3;
	if (!(s.flags & FIN)) {
		send_tcp(ACK, NULL, 0);
		want(FIN | ACK);
	}
	c.rcv++;
	send_tcp(ACK, NULL, 0);
	usleep(100000);
	send_tcp(ACK | PSH, "answer", 6);
	want(ACK);
	send_tcp(FIN | ACK, NULL, 0);
	want(ACK);
	CHECK(s.ack == c.snd);
}

static void dial_from(unsigned int port)
{
	memset(&c, 0, sizeof(c));
	c.port = port;
	c.yours = 80;
	c.snd = 1000000;
	c.wnd = 60000;
}

static void p_they_listen(void)
{
	uint32_t seq;

	CHECK(next(5000) && s.proto == 17);
	dial_from(4000);
	c.yours = 81; /* nobody there */
	send_tcp(SYN, NULL, 0);
	CHECK(next(2000) && s.flags == (RST | ACK) && s.ack == c.snd);
	dial_from(4001);
	c.rcv = 777; /* an ACK out of nowhere */
	send_tcp(ACK, NULL, 0);
	CHECK(next(2000) && s.flags == RST && s.seq == 777);
	dial_from(4002); /* given up half way */
	send_tcp(SYN, NULL, 0);
	CHECK(next(2000) && s.flags == (SYN | ACK));
	c.rcv = s.seq + 1;
	send_tcp(RST, NULL, 0);
	dial_from(4003);
	send_tcp(SYN, NULL, 0);
	CHECK(next(2000) && s.flags == (SYN | ACK) && s.ack == c.snd);
	seq = s.seq;
	CHECK(!has_option(3) && !has_option(4) && !has_option(8));
	send_tcp_at(SYN, c.snd - 1, NULL, 0, NULL, 0); /* they lost it? */
	CHECK(next(2000) && s.flags == (SYN | ACK) && s.seq == seq);
	/* nor did the third segment come: it is sent again */
	CHECK(next(3000) && s.flags == (SYN | ACK) && s.seq == seq);
	c.rcv = seq + 1;
	send_tcp(ACK | PSH | FIN, "hello", 5);
	while (next(2000) && !s.len)
		CHECK(s.flags == ACK);
	CHECK(s.len == 3 && !memcmp(s.data, "bye", 3) && s.ack == c.snd);
	c.rcv += 3;
	if (!(s.flags & FIN)) {
		send_tcp(ACK, NULL, 0);
		want(FIN | ACK);
	}
	c.rcv++;
	send_tcp(ACK, NULL, 0);
	CHECK(!next(300));
}

static void p_timeouts_double(void)
{
	uint64_t t[5];

	accept_plain();
	for (int i = 0; i < 5; i++) {
		CHECK(next(5000) && s.len == 1 && s.seq == c.rcv);
		t[i] = now_ms();
	}
	for (int i = 2; i < 5; i++) {
		uint64_t a = t[i - 1] - t[i - 2], b = t[i] - t[i - 1];

		CHECK(b > a * 3 / 2);
	}
	CHECK(t[1] - t[0] >= 180 && t[1] - t[0] < 1000);
	c.rcv++;
	send_tcp(ACK | PSH, "y", 1);
	finish();
}

static void p_keepalive(void)
{
	unsigned int probes = 0;

	accept_plain();
	for (;;) {
		CHECK(next(4000) && s.proto == 6);
		if (s.flags & RST)
			break;
		CHECK(s.seq == c.rcv - 1 && !s.len && s.flags == ACK);
		probes++;
	}
	CHECK(probes == 2);
}

static void p_user_timeout(void)
{
	accept_plain();
	while (next(2500))
		CHECK(s.len == 1 || (s.flags & RST));
}

static void p_small_writes(void)
{
	unsigned int got;

	accept_plain();
	CHECK(next(2000) && s.len == 1); /* the rest waits for our answer */
	c.rcv++;
	CHECK(!next(100));
	send_tcp(ACK, NULL, 0);
	CHECK(next(2000) && s.len == 2);
	c.rcv += 2;
	send_tcp(ACK | PSH, "1", 1);
	for (got = 0; got < 3;) {
		CHECK(next(2000));
		if (!s.len)
			continue;
		CHECK(s.len == 1);
		got++;
		c.rcv++;
	}
	send_tcp(ACK | PSH, "2", 1);
	do
		CHECK(next(2000));
	while (!s.len);
	CHECK(s.len == 3);
	c.rcv += 3;
	send_tcp(ACK | PSH, "3", 1);
	finish();
}

static void p_urgent(void)
{
	accept_plain();
	c.urg = 3;
	send_tcp(ACK | URG, "ab!cd", 5);
	do
		CHECK(next(3000));
	while (!s.len);
	CHECK(s.len == 3 && (s.flags & URG) && s.urg == 3);
	c.rcv += 3;
	send_tcp(FIN | ACK, NULL, 0);
	want(FIN | ACK);
	c.rcv++;
	send_tcp(ACK, NULL, 0);
}

/* Their answer, put together; => its length */
static unsigned int whole_udp(uint8_t *out)
{
	unsigned int total = 0, have = 0, id = 0, frags = 0;

	for (;;) {
		unsigned int off;

		CHECK(next(3000) && s.proto == 17);
		off = (s.frag & 0x1fff) * 8;
		if (!(s.frag & 0x3fff)) {
			memcpy(out, s.data, s.len);
			return s.len;
		}
		CHECK(!frags++ || id == s.id);
		id = s.id;
		memcpy(out + off, s.data, s.len);
		have += s.len;
		if (!(s.frag & 0x2000))
			total = off + s.len;
		if (total && have == total)
			break;
	}
	CHECK(sum(pseudo(17, total), out, total) == 0xffff);
	memmove(out, out + 8, total - 8);
	return total - 8;
}

static void udp_make(uint8_t *u, unsigned int n)
{
	p16(u, 9);
	p16(u + 2, 53);
	p16(u + 4, n + 8);
	p16(u + 6, 0);
	for (unsigned int i = 0; i < n; i++)
		u[8 + i] = pattern(i);
	p16(u + 6, ~sum(pseudo(17, n + 8), u, n + 8) & 0xffff);
}

static void p_datagrams(void)
{
	uint8_t u[5000], back[8000], e[100] = { 3, 3 };

	CHECK(next(5000) && s.proto == 17);
	send_udp(9, 53, "one", 3, false);
	CHECK(next(2000) && s.len == 3 && !memcmp(s.data, "one", 3));
	send_udp(9, 53, "bad", 3, true);
	CHECK(!next(100));
	send_udp(9, 53, "", 0, false);
	CHECK(next(2000) && s.len == 0);
	/* fragments, the last first */
	udp_make(u, 4000);
	send_ip_frag(17, u + 2960, 1048, 77, 2960 / 8);
	send_ip_frag(17, u, 1480, 77, 0x2000);
	CHECK(!next(50));
	send_ip_frag(17, u + 1480, 1480, 77, 0x2000 | 1480 / 8);
	CHECK(whole_udp(back) == 4000 && !memcmp(back, u + 8, 4000));
	/* overlapping ones are an attack */
	send_ip_frag(17, u, 1480, 78, 0x2000);
	send_ip_frag(17, u + 1472, 1480, 78, 0x2000 | 1472 / 8);
	send_ip_frag(17, u + 2952, 1056, 78, 2952 / 8);
	CHECK(!next(100));
	/* one that never ends, and one that goes beyond the end */
	send_ip_frag(17, u, 8, 79, 0x2000 | 0x1fff);
	send_ip_frag(17, u, 1400, 80, 0x1ff0);
	/* nobody at that port */
	send_udp(9, 54, "x", 1, false);
	CHECK(next(2000) && s.proto == 1 && s.data[0] == 3 && s.data[1] == 3);
	CHECK(sum(0, s.data, s.len) == 0xffff);
	send_udp(9, 53, "quit", 4, false);
	CHECK(next(2000) && s.len == 7);
	memcpy(e + 8, s.frame + 14, 28);
	p16(e + 2, ~sum(0, e, 36) & 0xffff);
	send_ip(1, e, 36);
	CHECK(next(2000) && s.len == 4 && !memcmp(s.data, "done", 4));
}

/* They wait for a datagram at the port that they wrote from. */
static void echoes(unsigned int port)
{
	uint8_t e[1400] = { 8, 0, 0, 0, 1, 2, 0, 1 };

	for (unsigned int i = 8; i < sizeof(e); i++)
		e[i] = pattern(i);
	p16(e + 2, ~sum(0, e, sizeof(e)) & 0xffff);
	send_ip(1, e, sizeof(e));
	CHECK(next(2000) && s.proto == 1 && s.data[0] == 0);
	CHECK(s.len == sizeof(e) && !memcmp(s.data + 8, e + 8, sizeof(e) - 8));
	e[2] ^= 1; /* a bad sum */
	send_ip(1, e, sizeof(e));
	CHECK(!next(100));
	send_ip(200, e, 20); /* a protocol that nobody speaks */
	CHECK(next(2000) && s.proto == 1 && s.data[0] == 3 && s.data[1] == 2);
	send_udp(9, port, "x", 1, false);
}

static void p_echo(void)
{
	CHECK(next(5000) && s.proto == 17);
	echoes(s.sport);
}

static void p_path_mtu(void)
{
	uint8_t e[60] = { 3, 4 };
	unsigned int got = 0, big = 0, total = 600000;
	uint32_t base;

	accept_plain();
	base = c.rcv;
	while (got < total) {
		CHECK(next(4000) && s.proto == 6);
		if (!s.len)
			continue;
		if (s.len > 560) { /* a router in between drops it */
			if (big++ < 3) {
				p16(e + 6, 600);
				memcpy(e + 8, s.frame + 14, 28);
				p16(e + 2, 0);
				p16(e + 2, ~sum(0, e, 36) & 0xffff);
				send_ip(1, e, 36);
			}
			CHECK(big < 100);
			continue;
		}
		if (s.seq == c.rcv) {
			c.rcv += s.len;
			got = c.rcv - base;
		}
		send_tcp(ACK, NULL, 0);
	}
	CHECK(big);
	if (!(s.flags & FIN))
		want(FIN | ACK);
	c.rcv++;
	send_tcp(FIN | ACK, NULL, 0);
}

static void p_garbage(void)
{
	uint8_t f[300];
	unsigned int x = 12345, port;

	CHECK(next(5000) && s.proto == 17);
	port = s.sport;
	for (int i = 0; i < 20000; i++) {
		unsigned int n;

		for (n = 0; n < sizeof(f); n++) {
			x = x * 1103515245 + 12345;
			f[n] = (uint8_t)(x >> 16);
		}
		n = (x >> 8) % sizeof(f);
		/* mostly something that looks right at first */
		if (i % 8) {
			f[0] = 0x45 + (i % 64 == 1);
			p16(f + 2, i % 5 ? n : n + 3);
			if (i % 3)
				p16(f + 6, 0);
			f[9] = (uint8_t)(i % 4 == 1   ? 6
					 : i % 4 == 2 ? 17
					 : i % 4 == 3 ? 1
						      : x);
			p32(f + 16, YOU);
			p16(f + 10, 0);
			p16(f + 10, ~sum(0, f, 20) & 0xffff);
		}
		send_eth(i % 7 ? 0x800 : i % 2 ? 0x86dd : 0x806, f, n);
		if (i % 64 == 0)
			while (next(0))
				;
	}
	while (next(300))
		;
	echoes(port);
}

static const struct script {
	const char *name, *guest;
	void (*fn)(void);
} scripts[] = {
	{ "syn_is_sent_again", "plain", p_syn_is_sent_again },
	{ "refused", "refused", p_refused },
	{ "unreachable", "unreachable", p_unreachable },
	{ "no_loss", "out", p_no_loss },
	{ "loss", "out", p_loss },
	{ "loss_with_sack", "out", p_loss_with_sack },
	{ "disorder_comes_in_order", "in", p_disorder_comes_in_order },
	{ "tiny_windows", "small_out", p_tiny_windows },
	{ "zero_window_is_probed", "small_out", p_zero_window_is_probed },
	{ "resets_are_checked", "rst", p_resets_are_checked },
	{ "we_close_first", "echo", p_we_close_first },
	{ "both_close_at_once", "close", p_both_close_at_once },
	{ "lost_fin_is_sent_again", "close", p_lost_fin_is_sent_again },
	{ "data_for_who_has_closed", "close", p_data_for_who_has_closed },
	{ "half_close", "half", p_half_close },
	{ "they_listen", "listen", p_they_listen },
	{ "timeouts_double", "rto", p_timeouts_double },
	{ "keepalive", "keepalive", p_keepalive },
	{ "user_timeout", "user_timeout", p_user_timeout },
	{ "small_writes", "nagle", p_small_writes },
	{ "urgent", "urgent", p_urgent },
	{ "datagrams", "udp", p_datagrams },
	{ "echo", "idle", p_echo },
	{ "path_mtu", "out", p_path_mtu },
	{ "garbage", "idle", p_garbage },
};

/* => 0 passed */
static int run(const struct script *sc, const char *lodger, const char *root)
{
	int pair[2], st = 0, peer = 0, n = 1 << 20;
	pid_t machine, script;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
		return 1;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	fflush(stdout);
	machine = fork();
	if (!machine) {
		dup2(pair[1], 3); /* and so pair[0], if that was it, is gone */
		if (pair[0] != 3)
			close(pair[0]);
		alarm(40);
		execl(lodger, lodger, "run", "-q", "--root", root, "--net",
		      "fd=3,mac=02:00:00:00:00:02,mtu=1500", "ip=10.9.9.2/24",
		      "--", "/tests/netguest", sc->guest, NULL);
		_exit(127);
	}
	close(pair[1]);
	script = fork();
	if (!script) {
		wire = pair[0];
		signal(SIGPIPE, SIG_IGN);
		alarm(40);
		sc->fn();
		/* be there until the machine has ended */
		while (next(30000))
			;
		_exit(0);
	}
	close(pair[0]);
	waitpid(machine, &st, 0);
	waitpid(script, &peer, 0);
	if (st || peer)
		printf("  machine %#x, peer %#x\n", st, peer);
	return st || peer;
}

int main(int argc, char **argv)
{
	int failed = 0, passed = 0;

	if (argc < 3)
		return 2;
	for (unsigned int i = 0; i < sizeof(scripts) / sizeof(scripts[0]);
	     i++) {
		bool wanted = argc == 3;

		for (int k = 3; k < argc; k++)
			wanted |= !strcmp(argv[k], scripts[i].name);
		if (!wanted)
			continue;
		/* they measure time: a busy host gets three tries */
		int tries = 3;

		while (run(&scripts[i], argv[1], argv[2]) && --tries)
			;
		if (!tries) {
			printf("FAIL wire_%s\n", scripts[i].name);
			failed++;
		} else {
			printf("ok wire_%s\n", scripts[i].name);
			passed++;
		}
		fflush(stdout);
	}
	printf("%d passed, %d failed, 0 skipped\n", passed, failed);
	return failed != 0;
}
