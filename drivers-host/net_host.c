// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices, the monitor's side: frames between the rings in the arena
 * (hostapi/netring.h) and a descriptor that keeps frames apart.
 *
 *	tap	the descriptor of /dev/net/tun, opened here
 *	user	one end of a socket pair; at the other a helper process that runs
 *		libslirp (net_slirp_host.c)
 *	lan	the same with a helper that is a port of a switch among the
 *		user's machines (net_lan_host.c)
 *	fd	a socket that the caller made, for tests and other programs
 *
 * The helpers are processes of their own because they need what the monitor
 * gives up before the machine runs: making sockets, connecting, looking up
 * names. They die with it. What the monitor itself does with frames is to copy.
 *
 * When the kernel attaches a device two threads start, one for each direction.
 * Ring positions are kept here; those in shared memory are only read, once, and
 * checked. A ring that makes no sense ends the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <hostapi/netring.h>
#include "monitor.h"

#define NET_SOCKBUF (4 << 20)

static struct net_host {
	int fd;
	uint32_t mtu;
	uint64_t kind;
	uint8_t mac[6];
	struct net_area *area;
	bool vnet; /* frames have a struct virtio_net_hdr in front: a tap's */
	int pcap;  /* -1: none */
	pthread_mutex_t pcap_lock;
	_Atomic bool attached;
} net_hosts[NET_UNITS];
static int net_count;

/* --- capture: the classic pcap format --- */

static int net_pcap_open(const char *file)
{
	static const uint32_t head[6] = { 0xa1b2c3d4, 4u << 16 | 2, 0,
					  0,	      262144,	    1 };
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
		      0644);
	uint32_t h[6];

	memcpy(h, head, sizeof(h));
	h[1] = 2 | 4u << 16; /* version 2.4 */
	if (fd >= 0 && write(fd, h, sizeof(h)) != sizeof(h)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void net_pcap_put(struct net_host *u, const void *p, uint32_t n)
{
	struct timespec ts;
	uint32_t h[4];
	struct iovec io[2] = { { h, sizeof(h) }, { (void *)(uintptr_t)p, n } };

	if (u->pcap < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	h[0] = (uint32_t)ts.tv_sec;
	h[1] = (uint32_t)(ts.tv_nsec / 1000);
	h[2] = h[3] = n;
	pthread_mutex_lock(&u->pcap_lock);
	if (writev(u->pcap, io, 2) < 0)
		u->pcap = -1; /* the disk is full: no more of it */
	pthread_mutex_unlock(&u->pcap_lock);
}

/* --- frames --- */

static void net_futex(uint32_t *word, int op, uint32_t val,
		      const struct timespec *ts)
{
	syscall(SYS_futex, word, op, val, ts, NULL, 0);
}

/*
 * What a tap wants to know of a frame whose checksum is only begun, or that is
 * more than one segment. The host checks it as it would any program's.
 */
static void net_vnet_fill(struct virtio_net_hdr *v, const uint8_t *p,
			  uint32_t n, uint32_t offload)
{
	uint32_t l4, hlen;
	bool v6;

	memset(v, 0, sizeof(*v));
	if (!(offload & NETREC_PARTIAL) || n < 14 + 40)
		return;
	v6 = p[12] == 0x86 && p[13] == 0xdd;
	l4 = v6 ? 14 + 40 : 14 + (p[14] & 15) * 4u;
	if (n < l4 + 20)
		return;
	hlen = l4 + (p[l4 + 12] >> 4) * 4u;
	v->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	v->csum_start = (uint16_t)l4;
	v->csum_offset = 16;
	if ((offload & NETREC_GSO_MASK) && n > hlen) {
		v->gso_type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6
				 : VIRTIO_NET_HDR_GSO_TCPV4;
		v->gso_size = (uint16_t)(offload & NETREC_GSO_MASK);
		v->hdr_len = (uint16_t)hlen;
	}
}

static bool net_write(struct net_host *u, const void *p, uint32_t n,
		      uint32_t offload)
{
	struct pollfd pfd = { .fd = u->fd, .events = POLLOUT };
	struct virtio_net_hdr v;
	struct iovec io[2] = { { &v, sizeof(v) }, { (void *)(uintptr_t)p, n } };

	if (u->vnet)
		net_vnet_fill(&v, p, n, offload);
	for (;;) {
		if (writev(u->fd, io + !u->vnet, 1 + u->vnet) >= 0)
			return true;
		if (errno == EAGAIN)
			poll(&pfd, 1, 100);
		else if (errno == ENOBUFS)
			usleep(200);
		else if (errno == EINVAL || errno == EIO)
			return true; /* nonsense, or the interface is down */
		else if (errno != EINTR)
			return errno != EPIPE && errno != ECONNRESET &&
			       errno != ENOTCONN && errno != EBADF;
	}
}

/* From the guest. */
static void *net_tx_thread(void *arg)
{
	struct net_host *u = arg;
	struct netring *r = &u->area->tx;
	uint32_t tail = 0;

	for (;;) {
		uint32_t head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
		uint32_t at = tail % NETRING_SIZE, len, seq;
		struct netring_rec *rec = (void *)(r->data + at);

		if (head == tail) {
			seq = __atomic_load_n(&r->seq, __ATOMIC_SEQ_CST);
			__atomic_store_n(&r->sleeping, 1, __ATOMIC_SEQ_CST);
			if (__atomic_load_n(&r->head, __ATOMIC_SEQ_CST) == tail)
				net_futex(&r->seq, FUTEX_WAIT, seq, NULL);
			__atomic_store_n(&r->sleeping, 0, __ATOMIC_SEQ_CST);
			continue;
		}
		len = __atomic_load_n(&rec->len, __ATOMIC_RELAXED);
		if (len == NETRING_SKIP) {
			tail += NETRING_SIZE - at;
			__atomic_store_n(&r->tail, tail, __ATOMIC_RELEASE);
			continue;
		}
		if (head - tail > NETRING_SIZE || len > NETRING_FRAME ||
		    at + sizeof(*rec) + len > NETRING_SIZE) {
			monitor_die("the machine's network ring is corrupt");
			return NULL;
		}
		net_pcap_put(u, rec->data, len);
		if (len && !net_write(u, rec->data, len,
				      __atomic_load_n(&rec->offload,
						      __ATOMIC_RELAXED))) {
			monitor_warn("the network's helper has ended");
			return NULL;
		}
		tail += (len + (uint32_t)sizeof(*rec) + NETRING_ALIGN - 1) &
			~(NETRING_ALIGN - 1);
		__atomic_store_n(&r->tail, tail, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&r->full, __ATOMIC_SEQ_CST)) {
			__atomic_store_n(&r->full, 0, __ATOMIC_SEQ_CST);
			__atomic_fetch_add(&r->tail_seq, 1, __ATOMIC_SEQ_CST);
			net_futex(&r->tail_seq, FUTEX_WAKE, 1, NULL);
		}
	}
}

/* Room for the longest frame. => where its record goes */
static struct netring_rec *net_rx_room(struct netring *r, uint32_t *head)
{
	const uint32_t most = NETRING_FRAME + NETRING_ALIGN;

	for (;;) {
		uint32_t at = *head % NETRING_SIZE, used, seq, skip = 0;
		struct netring_rec *rec = (void *)(r->data + at);

		if (at + most > NETRING_SIZE)
			skip = NETRING_SIZE - at;
		seq = __atomic_load_n(&r->tail_seq, __ATOMIC_SEQ_CST);
		used = *head - __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
		if (used <= NETRING_SIZE &&
		    used + skip + most <= NETRING_SIZE) {
			if (!skip)
				return rec;
			__atomic_store_n(&rec->len, NETRING_SKIP,
					 __ATOMIC_RELAXED);
			*head += skip;
			continue;
		}
		__atomic_store_n(&r->full, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&r->tail, __ATOMIC_SEQ_CST) + used == *head)
			net_futex(&r->tail_seq, FUTEX_WAIT, seq,
				  &(struct timespec){ 0, 10000000 });
	}
}

/* To the guest. */
static void *net_rx_thread(void *arg)
{
	struct net_host *u = arg;
	struct netring *r = &u->area->rx;
	struct pollfd pfd = { .fd = u->fd, .events = POLLIN };
	uint32_t head = 0;

	for (;;) {
		struct netring_rec *rec = net_rx_room(r, &head);
		struct virtio_net_hdr v = { 0 };
		struct iovec io[2] = { { &v, sizeof(v) },
				       { rec->data, NETRING_FRAME } };
		ssize_t n = readv(u->fd, io + !u->vnet, 1 + u->vnet);
		uint32_t offload = 0;

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			poll(&pfd, 1, -1);
			continue;
		}
		if (u->vnet && n > 0)
			n -= (ssize_t)sizeof(v);
		if (n <= 0)
			return NULL; /* the other side has ended */
		if (v.flags &
		    (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID))
			offload = NETREC_PARTIAL;
		if (v.gso_type)
			offload |= v.gso_size;
		__atomic_store_n(&rec->offload, offload, __ATOMIC_RELAXED);
		net_pcap_put(u, rec->data, (uint32_t)n);
		__atomic_store_n(&rec->len, (uint32_t)n, __ATOMIC_RELAXED);
		head += ((uint32_t)n + (uint32_t)sizeof(*rec) + NETRING_ALIGN -
			 1) &
			~(NETRING_ALIGN - 1);
		__atomic_store_n(&r->head, head, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&r->sleeping, __ATOMIC_SEQ_CST)) {
			__atomic_fetch_add(&r->seq, 1, __ATOMIC_SEQ_CST);
			net_futex(&r->seq, FUTEX_WAKE, 1, NULL);
		}
	}
}

static int net_start(struct net_host *u)
{
	pthread_t t;
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&t, NULL, net_tx_thread, u);
	if (!err)
		pthread_detach(t);
	if (!err)
		err = pthread_create(&t, NULL, net_rx_thread, u);
	if (!err)
		pthread_detach(t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

int64_t net_serve(struct ring_work *w)
{
	struct net_host *u;
	int err;

	if (w->op != NET_ATTACH)
		return -ENOSYS;
	if (w->arg[0] >= (uint64_t)net_count)
		return -ENODEV;
	u = &net_hosts[w->arg[0]];
	if (w->arg[1] % 16 ||
	    !monitor_ptr(RING_ARENA, w->arg[1], sizeof(struct net_area)))
		return -EFAULT;
	if (__atomic_exchange_n(&u->attached, true, __ATOMIC_SEQ_CST))
		return -EBUSY;
	u->area = monitor_ptr(RING_ARENA, w->arg[1], sizeof(struct net_area));
	for (int i = 0; i < 6; i++)
		w->ret[0] |= (uint64_t)u->mac[i] << 8 * i;
	w->ret[1] = u->mtu;
	w->ret[2] = u->kind;
	w->ret[3] = u->vnet ? NET_OFFLOAD : 0;
	err = net_start(u);
	return err;
}

/* --- opening --- */

static void net_big_buffers(int fd)
{
	int n = NET_SOCKBUF;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
}

/* A helper at the other end of a socket pair. => our end, -errno */
static int net_helper(const struct net_config *c, const char *lan_dir)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	net_big_buffers(pair[0]);
	net_big_buffers(pair[1]);
	pid = fork();
	if (pid < 0) {
		int err = errno;

		close(pair[0]);
		close(pair[1]);
		return -err;
	}
	if (!pid) {
		sigset_t none;

		/* the lan's has something to remove: it sees the end of fd 3 */
		if (c->backend == NET_USERMODE)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		setsid(); /* Ctrl-C is the machine's */
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_IGN);
		if (dup2(pair[1], 3) < 0)
			_exit(1);
		syscall(SYS_close_range, 4u, ~0u, 0);
		prctl(PR_SET_NAME, "lodger:net");
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (c->backend == NET_USERMODE)
			net_slirp_main(c, 3);
		net_lan_main(c, 3, lan_dir);
	}
	close(pair[1]);
	return pair[0];
}

static int net_no_tap(const char *name, const char *what, int err)
{
	monitor_warn("tap %s: %s%s. Somebody who may can make it for you:\n"
		     "    sudo ip tuntap add dev %s mode tap user %u\n"
		     "    sudo ip link set %s up",
		     name, what, strerror(err), name, (unsigned int)getuid(),
		     name);
	return -err;
}

static int net_open_tap(const struct net_config *c, struct net_host *u)
{
	int size = sizeof(struct virtio_net_hdr);
	struct ifreq r;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), s;

	if (fd < 0)
		return net_no_tap(c->name, "/dev/net/tun: ", errno);
	memset(&r, 0, sizeof(r));
	if (snprintf(r.ifr_name, IFNAMSIZ, "%s", c->name) >= IFNAMSIZ) {
		monitor_warn("tap %s: the name is too long", c->name);
		close(fd);
		return -ENAMETOOLONG;
	}
	r.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (ioctl(fd, TUNSETIFF, &r)) {
		int err = errno;

		close(fd);
		return net_no_tap(c->name, "", err);
	}
	u->vnet = true;
	ioctl(fd, TUNSETVNETHDRSZ, &size);
	ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s >= 0 && !ioctl(s, SIOCGIFMTU, &r))
		u->mtu = (uint32_t)r.ifr_mtu;
	if (s >= 0)
		close(s);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int net_open_one(struct net_host *u, struct net_config *c,
			const char *lan_dir)
{
	static const uint8_t none[6];
	int type = 0;
	socklen_t n = sizeof(type);

	u->pcap = -1;
	pthread_mutex_init(&u->pcap_lock, NULL);
	u->mtu = 1500;
	switch (c->backend) {
	case NET_USERMODE:
		u->mtu = 65520;
		u->kind = NET_USER;
		u->fd = net_helper(c, lan_dir);
		break;
	case NET_LAN:
		u->fd = net_helper(c, lan_dir);
		break;
	case NET_TAP:
		u->fd = net_open_tap(c, u);
		if (u->fd < 0)
			return u->fd;
		break;
	default:
		u->fd = c->fd;
		if (getsockopt(c->fd, SOL_SOCKET, SO_TYPE, &type, &n) ||
		    (type != SOCK_DGRAM && type != SOCK_SEQPACKET)) {
			monitor_warn("--net fd=%d: no socket that keeps frames "
				     "apart",
				     c->fd);
			return -EINVAL;
		}
	}
	if (u->fd < 0) {
		monitor_warn("network: %s", strerror(-u->fd));
		return u->fd;
	}
	if (c->mtu)
		u->mtu = c->mtu;
	memcpy(u->mac, c->mac, 6);
	if (!memcmp(c->mac, none, 6) && getrandom(u->mac, 6, 0) == 6)
		u->mac[0] = (u->mac[0] & 0xfc) | 2; /* local, one host */
	if (c->pcap) {
		u->pcap = net_pcap_open(c->pcap);
		if (u->pcap < 0) {
			monitor_warn("%s: %s", c->pcap, strerror(errno));
			return -EIO;
		}
	}
	return 0;
}

int net_open(struct net_config *c, int n, const char *lan_dir)
{
	int err;

	for (int i = 0; i < n; i++) {
		err = net_open_one(&net_hosts[i], &c[i], lan_dir);
		if (err)
			return err;
		net_count++;
	}
	return 0;
}
