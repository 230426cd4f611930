// SPDX-License-Identifier: GPL-2.0
/*
 * User-mode networking: a helper process in which libslirp plays the router
 * 10.0.2.2 (and fec0::2) for one machine. TCP and UDP of the guest become
 * sockets of ours, on behalf of the user; a DHCP server gives out 10.0.2.15, a
 * name server at 10.0.2.3 asks the host's; 10.0.2.2 itself is the host's
 * loopback. Ports of the host can be forwarded into the guest.
 *
 * The library is loaded when it is asked for, so that machines without a
 * network neither need it nor wait for it.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "monitor.h"

#define SLIRP_LIB   "libslirp.so.0"
#define SLIRP_MTU   65520
#define SLIRP_FRAME 65600
#define SLIRP_BURST 64

struct slirp_timer {
	SlirpTimerCb cb;
	void *opaque;
	int64_t at; /* ms; -1: not armed */
	struct slirp_timer *next;
};

static struct {
	int fd;
	struct pollfd *fds;
	unsigned int nfds, room;
	struct slirp_timer *timers;
	Slirp *(*new)(const SlirpConfig *, const SlirpCb *, void *);
	void (*fill)(Slirp *, uint32_t *, SlirpAddPollCb, void *);
	void (*poll)(Slirp *, int, SlirpGetREventsCb, void *);
	void (*input)(Slirp *, const uint8_t *, int);
	int (*hostfwd)(Slirp *, int, struct in_addr, int, struct in_addr, int);
} sl;

/* --- what the library calls --- */

static ssize_t slirp_send(const void *buf, size_t len, void *opaque)
{
	ssize_t n;

	do
		n = send(sl.fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		_exit(0); /* the machine is over */
	return n;
}

static void slirp_error(const char *msg, void *opaque)
{
}

static int64_t slirp_clock(void *opaque)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void *slirp_timer_new(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
	struct slirp_timer *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->cb = cb;
	t->opaque = cb_opaque;
	t->at = -1;
	t->next = sl.timers;
	sl.timers = t;
	return t;
}

static void slirp_timer_free(void *timer, void *opaque)
{
	struct slirp_timer **p = &sl.timers;

	while (*p && *p != timer)
		p = &(*p)->next;
	if (*p)
		*p = (*p)->next;
	free(timer);
}

static void slirp_timer_mod(void *timer, int64_t at, void *opaque)
{
	((struct slirp_timer *)timer)->at = at;
}

static void slirp_fd(int fd, void *opaque)
{
}

static void slirp_notify(void *opaque)
{
}

static const SlirpCb slirp_cb = {
	.send_packet = slirp_send,
	.guest_error = slirp_error,
	.clock_get_ns = slirp_clock,
	.timer_new = slirp_timer_new,
	.timer_free = slirp_timer_free,
	.timer_mod = slirp_timer_mod,
	.register_poll_fd = slirp_fd,
	.unregister_poll_fd = slirp_fd,
	.notify = slirp_notify,
};

/* --- waiting --- */

static int slirp_add_poll(int fd, int events, void *opaque)
{
	struct pollfd *p;

	if (sl.nfds == sl.room) {
		sl.room = sl.room ? sl.room * 2 : 64;
		sl.fds = realloc(sl.fds, sl.room * sizeof(*sl.fds));
		if (!sl.fds)
			abort();
	}
	p = &sl.fds[sl.nfds];
	p->fd = fd;
	p->revents = 0;
	p->events = (short)((events & SLIRP_POLL_IN ? POLLIN : 0) |
			    (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
			    (events & SLIRP_POLL_PRI ? POLLPRI : 0));
	return (int)sl.nfds++;
}

static int slirp_revents(int i, void *opaque)
{
	short r = sl.fds[i].revents;

	return (r & POLLIN ? SLIRP_POLL_IN : 0) |
	       (r & POLLOUT ? SLIRP_POLL_OUT : 0) |
	       (r & POLLPRI ? SLIRP_POLL_PRI : 0) |
	       (r & POLLERR ? SLIRP_POLL_ERR : 0) |
	       (r & POLLHUP ? SLIRP_POLL_HUP : 0);
}

static void slirp_run_timers(void)
{
	int64_t now = slirp_clock(NULL) / 1000000;

	for (struct slirp_timer *t = sl.timers; t; t = t->next)
		if (t->at >= 0 && t->at <= now) {
			t->at = -1;
			t->cb(t->opaque);
		}
}

static uint32_t slirp_timeout(uint32_t most)
{
	int64_t now = slirp_clock(NULL) / 1000000;

	for (struct slirp_timer *t = sl.timers; t; t = t->next)
		if (t->at >= 0 && t->at - now < (int64_t)most)
			most = t->at > now ? (uint32_t)(t->at - now) : 0;
	return most;
}

/* Some frames of the guest. => false: the machine is over */
static bool slirp_take_frames(Slirp *s)
{
	static uint8_t frame[SLIRP_FRAME];

	for (int i = 0; i < SLIRP_BURST; i++) {
		ssize_t n = recv(sl.fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return false;
		sl.input(s, frame, (int)n);
	}
	return true;
}

static void slirp_loop(Slirp *s)
{
	for (;;) {
		uint32_t timeout = 60000;
		int n;

		sl.nfds = 0;
		slirp_add_poll(sl.fd, SLIRP_POLL_IN, NULL);
		sl.fill(s, &timeout, slirp_add_poll, NULL);
		n = poll(sl.fds, sl.nfds, (int)slirp_timeout(timeout));
		if (n < 0)
			for (unsigned int i = 0; i < sl.nfds; i++)
				sl.fds[i].revents = 0;
		slirp_run_timers();
		sl.poll(s, n < 0, slirp_revents, NULL);
		if ((sl.fds[0].revents & (POLLIN | POLLHUP | POLLERR)) &&
		    !slirp_take_frames(s))
			return;
	}
}

/* --- forwards: PROTO:[ADDRESS:]PORT:PORT --- */

static const char *slirp_port(const char *s, int *port)
{
	char *end;
	long v;

	if (!isdigit((unsigned char)*s))
		return NULL;
	v = strtol(s, &end, 10);
	*port = (int)v;
	return v < 1 || v > 65535 ? NULL : end;
}

static const char *slirp_parse_forward(const char *s, int *udp,
				       struct in_addr *addr, int *host,
				       int *guest)
{
	char text[32];
	const char *colon;

	*udp = !strncmp(s, "udp:", 4);
	if (!*udp && strncmp(s, "tcp:", 4))
		return "it begins with tcp: or udp:";
	s += 4;
	addr->s_addr = htonl(INADDR_LOOPBACK);
	colon = strchr(s, ':');
	if (colon && strchr(colon + 1, ':')) {
		if ((size_t)(colon - s) >= sizeof(text))
			return "that is no address";
		memcpy(text, s, (size_t)(colon - s));
		text[colon - s] = 0;
		if (text[0] && inet_pton(AF_INET, text, addr) != 1)
			return "that is no address";
		s = colon + 1;
	}
	s = slirp_port(s, host);
	if (!s || *s != ':')
		return "write PORT-OF-THE-HOST:PORT-OF-THE-GUEST";
	s = slirp_port(s + 1, guest);
	return s && !*s ? NULL : "the last is a port of the guest";
}

const char *net_forward_check(const char *spec)
{
	struct in_addr addr;
	int udp, host, guest;

	return slirp_parse_forward(spec, &udp, &addr, &host, &guest);
}

static void slirp_forwards(Slirp *s, const struct net_config *c)
{
	struct in_addr addr, to;
	int udp, host, guest;

	inet_pton(AF_INET, "10.0.2.15", &to);
	for (int i = 0; i < c->nforwards; i++) {
		if (slirp_parse_forward(c->forward[i], &udp, &addr, &host,
					&guest))
			continue;
		if (sl.hostfwd(s, udp, addr, host, to, guest))
			monitor_warn("hostfwd=%s: %s", c->forward[i],
				     strerror(errno));
	}
}

static void slirp_load(void)
{
	void *lib = dlopen(SLIRP_LIB, RTLD_NOW);

	if (lib) {
		*(void **)&sl.new = dlsym(lib, "slirp_new");
		*(void **)&sl.fill = dlsym(lib, "slirp_pollfds_fill");
		*(void **)&sl.poll = dlsym(lib, "slirp_pollfds_poll");
		*(void **)&sl.input = dlsym(lib, "slirp_input");
		*(void **)&sl.hostfwd = dlsym(lib, "slirp_add_hostfwd");
	}
	if (!lib || !sl.new || !sl.fill || !sl.poll || !sl.input ||
	    !sl.hostfwd) {
		monitor_warn("--net user: %s is missing; install the package "
			     "libslirp0",
			     SLIRP_LIB);
		_exit(1);
	}
}

void net_slirp_main(const struct net_config *c, int fd)
{
	SlirpConfig cfg = { .version = 1,
			    .restricted = c->restricted,
			    .in_enabled = true,
			    .in6_enabled = true,
			    .vprefix_len = 64,
			    .vhostname = "lodger",
			    .if_mtu = SLIRP_MTU,
			    .if_mru = SLIRP_MTU };
	Slirp *s;

	slirp_load();
	sl.fd = fd;
	inet_pton(AF_INET, "10.0.2.0", &cfg.vnetwork);
	inet_pton(AF_INET, "255.255.255.0", &cfg.vnetmask);
	inet_pton(AF_INET, "10.0.2.2", &cfg.vhost);
	inet_pton(AF_INET, "10.0.2.15", &cfg.vdhcp_start);
	inet_pton(AF_INET, "10.0.2.3", &cfg.vnameserver);
	inet_pton(AF_INET6, "fec0::", &cfg.vprefix_addr6);
	inet_pton(AF_INET6, "fec0::2", &cfg.vhost6);
	inet_pton(AF_INET6, "fec0::3", &cfg.vnameserver6);
	s = sl.new(&cfg, &slirp_cb, NULL);
	if (!s) {
		monitor_warn("--net user: libslirp does not start");
		_exit(1);
	}
	slirp_forwards(s, c);
	slirp_loop(s);
	_exit(0);
}
