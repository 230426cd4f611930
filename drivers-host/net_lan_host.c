// SPDX-License-Identifier: GPL-2.0
/*
 * A network among the user's own machines (--net lan=NAME): a helper process,
 * which is one port of a switch that has no centre.
 *
 * All ports of a network are datagram sockets in one folder of the user's
 * runtime directory. A port that has a frame sends it to the socket where it
 * last saw that address, or to all of them; whose socket is dead is removed.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "monitor.h"

#define LAN_FRAME  65600
#define LAN_PORTS  64
#define LAN_MACS   256
#define LAN_RESCAN 1 /* seconds */
#define LAN_BURST  64

static struct {
	int fd, port;
	char dir[80];
	char own[24];
	struct sockaddr_un peer[LAN_PORTS];
	unsigned int npeers;
	time_t scanned;
	struct lan_mac {
		uint8_t mac[6];
		char name[24]; /* of the socket; empty: unused */
	} macs[LAN_MACS];
} lan;

static uint8_t lan_frame[LAN_FRAME];

static struct lan_mac *lan_slot(const uint8_t *mac)
{
	return &lan.macs[(mac[3] * 7u + mac[4] * 31u + mac[5]) % LAN_MACS];
}

static void lan_scan(void)
{
	struct timespec ts;
	struct dirent *e;
	DIR *d;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (lan.scanned && ts.tv_sec - lan.scanned < LAN_RESCAN)
		return;
	lan.scanned = ts.tv_sec ? ts.tv_sec : 1;
	lan.npeers = 0;
	d = opendir(lan.dir);
	if (!d)
		return;
	while ((e = readdir(d)) && lan.npeers < LAN_PORTS) {
		struct sockaddr_un *a = &lan.peer[lan.npeers];

		if (e->d_name[0] == '.' || !strcmp(e->d_name, lan.own) ||
		    strlen(e->d_name) >= sizeof(lan.own))
			continue;
		a->sun_family = AF_UNIX;
		snprintf(a->sun_path, sizeof(a->sun_path), "%s/%.23s", lan.dir,
			 e->d_name);
		lan.npeers++;
	}
	closedir(d);
}

static void lan_send(const struct sockaddr_un *to, const void *p, size_t n)
{
	if (sendto(lan.port, p, n, MSG_DONTWAIT, (const void *)to,
		   sizeof(*to)) < 0 &&
	    errno == ECONNREFUSED)
		unlink(to->sun_path); /* its owner has died */
}

/* => false: the machine is over */
static bool lan_from_guest(void)
{
	for (int i = 0; i < LAN_BURST; i++) {
		ssize_t n = recv(lan.fd, lan_frame, sizeof(lan_frame),
				 MSG_DONTWAIT);
		struct lan_mac *m;
		bool sent = false;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return false;
		if (n < 14)
			continue;
		lan_scan();
		m = lan_slot(lan_frame);
		for (unsigned int k = 0; k < lan.npeers; k++) {
			const char *name =
				strrchr(lan.peer[k].sun_path, '/') + 1;

			if (m->name[0] && !(lan_frame[0] & 1) &&
			    !memcmp(m->mac, lan_frame, 6)) {
				if (strcmp(m->name, name))
					continue;
			}
			lan_send(&lan.peer[k], lan_frame, (size_t)n);
			sent = true;
		}
		if (!sent)
			m->name[0] = 0; /* it has moved, or gone */
	}
	return true;
}

static void lan_to_guest(void)
{
	for (int i = 0; i < LAN_BURST; i++) {
		struct sockaddr_un from;
		socklen_t len = sizeof(from);
		struct lan_mac *m;
		const char *name;
		ssize_t n = recvfrom(lan.port, lan_frame, sizeof(lan_frame),
				     MSG_DONTWAIT, (void *)&from, &len);

		if (n < 14)
			return;
		if (len > sizeof(sa_family_t) && len <= sizeof(from)) {
			from.sun_path[sizeof(from.sun_path) - 1] = 0;
			name = strrchr(from.sun_path, '/');
			m = lan_slot(lan_frame + 6);
			if (name && strlen(name + 1) < sizeof(m->name)) {
				memcpy(m->mac, lan_frame + 6, 6);
				strcpy(m->name, name + 1);
			}
		}
		if (send(lan.fd, lan_frame, (size_t)n, 0) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			return;
	}
}

static void lan_open(const struct net_config *c, const char *dir)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int n = 4 << 20;

	struct stat st;

	if (snprintf(lan.dir, sizeof(lan.dir), "%s/%s", dir, c->name) >=
	    (int)sizeof(lan.dir)) {
		monitor_warn("--net lan=%s: the name is too long", c->name);
		_exit(1);
	}
	/* in /tmp somebody else may have been here first */
	mkdir(dir, 0700);
	if (lstat(dir, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077)) {
		monitor_warn("--net lan=%s: %s is not yours alone", c->name,
			     dir);
		_exit(1);
	}
	mkdir(lan.dir, 0700);
	snprintf(lan.own, sizeof(lan.own), "%d", (int)getpid());
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", lan.dir, lan.own);
	unlink(a.sun_path);
	lan.port = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (lan.port < 0 || bind(lan.port, (void *)&a, sizeof(a))) {
		monitor_warn("--net lan=%s: %s: %s", c->name, a.sun_path,
			     strerror(errno));
		_exit(1);
	}
	setsockopt(lan.port, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	setsockopt(lan.port, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
}

void net_lan_main(const struct net_config *c, int fd, const char *dir)
{
	char path[sizeof(lan.dir) + sizeof(lan.own) + 1];
	struct pollfd p[2];

	lan.fd = fd;
	lan_open(c, dir);
	snprintf(path, sizeof(path), "%s/%s", lan.dir, lan.own);
	p[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = lan.port, .events = POLLIN };
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents && !lan_from_guest())
			break;
		if (p[1].revents)
			lan_to_guest();
	}
	unlink(path);
	/* when it was the last */
	if (!rmdir(lan.dir))
		rmdir(dir);
	_exit(0);
}
