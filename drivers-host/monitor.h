/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the back ends (the _host.c files here) and the monitor (boot/) know of
 * each other.
 *
 * The ring's workers (ring_host.c) take a request from the shared ring, copy
 * it, check it, and call the device's serve function with the private copy.
 * A serve function may block as long as it likes: the pool of workers grows so
 * that there is always one left for the next request. It runs in any thread
 * and beside others of its kind; what it returns becomes the request's result
 * (-errno with the host's numbers, which on x86-64 are the guest's).
 *
 * Everything in a request is hostile. `buf` and `len` have been checked to lie
 * inside arena or pool, but its *contents* can change at any moment: read
 * once, then check, then use.
 *
 * A back end that wants to say something first (input, a size change) posts
 * event bits; the kernel's event thread picks them up.
 */
#ifndef DRIVERS_HOST_MONITOR_H
#define DRIVERS_HOST_MONITOR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <hostapi/boot.h>
#include <hostapi/ring.h>

/* A request, as a serve function sees it. */
struct ring_work {
	uint16_t op;
	uint64_t arg[6];
	void *buf;	 /* NULL: none */
	uint32_t len;	 /* bytes at buf */
	uint64_t ret[4]; /* out */
};

/* One per device; => result of the request. May block. */
int64_t monitor_serve(struct ring_work *w); /* RING_DEV_MONITOR */
int64_t console_serve(struct ring_work *w); /* RING_DEV_CONSOLE */
int64_t hostfs_serve(struct ring_work *w);  /* RING_DEV_HOSTFS */
int64_t hostio_serve(struct ring_work *w);  /* RING_DEV_HOSTIO */
int64_t net_serve(struct ring_work *w);	    /* RING_DEV_NET */
int64_t ubd_serve(struct ring_work *w);	    /* RING_DEV_BLOCK */

/* The running machine, fixed before the workers start. */
struct monitor {
	uint8_t *arena; /* the monitor's own mappings of the memory files */
	uint64_t arena_size;
	uint8_t *pool;
	uint64_t pool_size;
	struct ring_area *ring;
	struct boot_params *bp;
	int arena_fd, pool_fd;
	int msock;	  /* our end; the machine's is FD_MSOCK */
	const char *name; /* of the machine */
	bool verbose;
};
extern struct monitor mon;

/* A checked pointer into arena or pool (enum ring_space), or NULL. */
void *monitor_ptr(uint32_t space, uint64_t off, uint64_t len);
/* Set bits of ring_area.events and wake the kernel's event thread. */
void monitor_post_event(uint32_t bits);
/* The machine is over: wake the main thread; the first code given wins. */
void monitor_end(int code);
/* Same, with a message for the user: something in the machine is broken. */
void monitor_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line on the user's stderr, with "lodger: " before it. */
void monitor_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Start serving the ring of `mon`; stop: no request is answered any more. */
int ring_host_start(void);
void ring_host_stop(void);
/* Wait at most `ms` until no request is being served. => true when so. */
bool ring_host_drain(unsigned int ms);

/*
 * What the monitor calls in the back ends. _open: everything named on the
 * command line, before the monitor confines itself and before any thread
 * exists; => 0 or -errno, having said what is wrong with monitor_warn().
 * _start: when the machine runs; may start threads.
 */
/* Sent to the monitor when its parent has died. Not blocked; deadly. */
#define MONITOR_ORPHANED SIGUSR1

enum console_kind { CONSOLE_FD, CONSOLE_PTY, CONSOLE_NULL, CONSOLE_FILE };

struct console_config {
	enum console_kind kind;
	const char *file;  /* CONSOLE_FILE */
	int in_fd, out_fd; /* CONSOLE_FD */
	bool have_job;	   /* the job's own stdin etc. may be pipes */
	bool quiet;
};
struct console_state {
	uint32_t cols, rows; /* 0: not known */
	/* the job's descriptor n is the console (else served by hostio) */
	bool tty_fd[3];
};

/* console_host.c (with hostio) */
int console_open(const struct console_config *c, struct console_state *out);
int console_start(void);  /* raw mode; input begins */
void console_winch(void); /* SIGWINCH: pass the new size on */
void console_close(void); /* output is out, terminal as it was */

/* hostfs_host.c: => descriptor of the root folder, for Landlock */
int hostfs_open(const char *dir, bool rw);

/* One disk, as the command line has it. */
#define UBD_DISKS 16
struct ubd_config {
	const char *file; /* NULL: no such disk */
	const char *cow;  /* what is written goes there */
	const char *serial;
	bool read_only, sync;
};
/* ubd_host.c: open them. => 0 or -errno, having said what is wrong */
int ubd_open(const struct ubd_config *c, int n);
/* Its files, opened and locked; by whoever may open them. */
struct ubd_files {
	int fd, base; /* base -1: raw */
	bool read_only;
	char why[4608]; /* what went wrong */
};
int ubd_files_open(const struct ubd_config *c, struct ubd_files *f);
void ubd_files_close(struct ubd_files *f);
/* The monitor's: a disk of such files, which are its own if that succeeds. */
int ubd_plug(unsigned int unit, struct ubd_files *f, const char *serial,
	     bool sync);
/* While the machine runs; wait for the kernel. => 0, -errno (EBUSY: in use) */
int ubd_plug_live(unsigned int unit, struct ubd_files *f, const char *serial,
		  bool sync);
int ubd_unplug_live(unsigned int unit);
/* At the end: what COW files still have to be told. */
void ubd_close(void);

/* One network device, as the command line has it. */
enum net_backend { NET_NONE, NET_USERMODE, NET_TAP, NET_LAN, NET_FD };
#define NET_FORWARDS 32
struct net_config {
	enum net_backend backend;
	const char *name; /* NET_TAP: interface; NET_LAN: of the network */
	int fd;		  /* NET_FD: a socket that keeps frames apart */
	uint8_t mac[6];	  /* all zero: make one up */
	uint32_t mtu;	  /* 0: what fits */
	const char *pcap; /* a file for what passes; NULL: none */
	bool restricted;  /* NET_USERMODE: forwards only */
	int nforwards;
	const char *forward[NET_FORWARDS]; /* "tcp:HOST:GUEST" */
};
/*
 * net_host.c: open n devices, before the monitor confines itself; helpers are
 * started. => 0 or -errno, having said what is wrong.
 */
int net_open(struct net_config *c, int n, const char *lan_dir);

/* net_slirp_host.c, net_lan_host.c: a helper's life, with frames at fd. */
void net_slirp_main(const struct net_config *c, int fd)
	__attribute__((noreturn));
void net_lan_main(const struct net_config *c, int fd, const char *dir)
	__attribute__((noreturn));
/* => NULL, or what is wrong with "tcp:[ADDR:]PORT:PORT" */
const char *net_forward_check(const char *spec);

#endif
