/* SPDX-License-Identifier: GPL-2.0 */
/* Steps of the random programs: what is done with descriptors. */
#include <linux/falloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/file.h>
#include <sys/ioctl.h>

static void d_close(struct rng *r)
{
	res(close(arg_fd(r)));
}
/*
 * Data that came. What was spliced from a file may be the file's own pages:
 * after that the data of pipes and sockets are not comparable.
 */
static int data_unsure;

static void show_data(long n)
{
	if (n > 0 && !data_unsure)
		out(" #%llx", (unsigned long long)hash(fuzz_buf, (size_t)n));
}
static int is_special(int fd, const char *kind)
{
	char path[32], b[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, b, sizeof(b) - 1);
	b[n < 0 ? 0 : n] = 0;
	return kind ? !!strstr(b, kind)
		    : strstr(b, "signalfd") || strstr(b, "inotify");
}
static void d_read(struct rng *r)
{
	int fd = arg_fd(r);
	size_t n;
	long v;

	out(", ");
	n = arg_len(r);
	v = res(read(fd, fuzz_buf, n));
	if (v > 0 && !is_special(fd, NULL))
		show_data(v);
}
static void d_write(struct rng *r)
{
	int fd = arg_fd(r);
	size_t n;

	out(", ");
	n = arg_len(r);
	fill(r, n);
	res(write(fd, fuzz_buf, n));
}
static void d_pread(struct rng *r)
{
	int fd = arg_fd(r);
	size_t n;

	out(", ");
	n = arg_len(r);
	out(", ");
	show_data(res(pread(fd, fuzz_buf, n, arg_off(r))));
}
static void d_pwrite(struct rng *r)
{
	int fd = arg_fd(r);
	size_t n;

	out(", ");
	n = arg_len(r);
	fill(r, n);
	out(", ");
	res(pwrite(fd, fuzz_buf, n, arg_off(r)));
}
static void d_vec(struct rng *r)
{
	static const int fl[] = { 0, 0, 1, 2, 4, 0x10, 0x20, 0x40 };
	struct iovec v[3];
	int fd = arg_fd(r), w = (int)below(r, 2), f = PICK(r, fl);
	long n;

	for (int i = 0; i < 3; i++) {
		v[i].iov_base = fuzz_buf + i * 5000;
		v[i].iov_len = below(r, chance(r, 80) ? 100 : 5000);
		out(" %zu", v[i].iov_len);
	}
	out(", %s %x, ", w ? "w" : "r", f);
	if (w) {
		fill(r, 15000);
		res(pwritev2(fd, v, 3, chance(r, 50) ? -1 : arg_off(r), f));
		return;
	}
	memset(fuzz_buf, 0, 15000);
	/* (whether pages are cached is not comparable) */
	n = res(preadv2(fd, v, 3, chance(r, 50) ? -1 : arg_off(r), f & ~8));
	if (n > 0 && !is_special(fd, NULL))
		show_data(15000);
}
static void d_lseek(struct rng *r)
{
	int fd = arg_fd(r), wh = (int)below(r, 6);
	struct stat st;
	long off;

	out(", %d, ", wh);
	off = arg_off(r);
	if (blocks_unsure && (wh == SEEK_DATA || wh == SEEK_HOLE))
		wh = 0;
	/* (positions in directories are not comparable) */
	if (wh < 2 && !fstat(fd, &st) && S_ISDIR(st.st_mode))
		wh = off = 0;
	res(lseek(fd, off, wh));
}
static void d_ftruncate(struct rng *r)
{
	int fd = arg_fd(r);

	out(", ");
	res(ftruncate(fd, arg_off(r)));
}
static void d_fallocate(struct rng *r)
{
	static const int modes_[] = { 0, 0,    1,    3,	   3,	 2,
				      8, 0x10, 0x11, 0x20, 0x40, 0x80 };
	int fd = arg_fd(r), m = PICK(r, modes_);
	long at;

	out(", %x, ", m);
	at = arg_off(r);
	out(", ");
	blocks_unsure = 1; /* (what is allocated and not written is a hole) */
	res(fallocate(fd, m, at, (long)arg_len(r)));
}
static void d_fstat(struct rng *r)
{
	int fd = arg_fd(r);
	struct stat st;

	if (!res(fstat(fd, &st)))
		show_stat(&st);
}
static void d_fchmod(struct rng *r)
{
	int fd = arg_fd(r);
	unsigned m = PICK(r, modes);

	out(", %o", m);
	res(fchmod(fd, m));
}
static void d_dup(struct rng *r)
{
	int fd = arg_fd(r), to, how = (int)below(r, 4);

	out(", %d, ", how);
	if (how == 0) {
		res(dup(fd));
		return;
	}
	to = arg_fd(r);
	if (how == 1)
		res(dup2(fd, to));
	else if (how == 2)
		res(dup3(fd, to, chance(r, 50) ? O_CLOEXEC : 0));
	else
		res(fcntl(fd, F_DUPFD, to));
}
static void d_fcntl(struct rng *r)
{
	static const unsigned sfl[] = { O_APPEND, O_NOATIME, O_CREAT, O_SYNC };
	int fd = arg_fd(r);
	unsigned fl;

	switch (below(r, 9)) {
	case 0:
		out(", getfl");
		res(fcntl(fd, F_GETFL));
		break;
	case 1:
		out(", setfl, ");
		fl = FLAGS(r, sfl, 30);
		res(fcntl(fd, F_SETFL, fl | O_NONBLOCK));
		break;
	case 2:
		out(", getfd");
		res(fcntl(fd, F_GETFD));
		break;
	case 3:
		fl = below(r, 2);
		out(", setfd, %u", fl);
		res(fcntl(fd, F_SETFD, fl));
		break;
	case 4:
		fl = below(r, 100000);
		out(", setpipe, %u", fl);
		res(fcntl(fd, F_SETPIPE_SZ, fl));
		break;
	case 5:
		out(", getpipe");
		res(fcntl(fd, F_GETPIPE_SZ));
		break;
	case 6:
		fl = 1u << below(r, 6);
		out(", addseals, %x", fl);
		res(fcntl(fd, F_ADD_SEALS, fl));
		break;
	case 7:
		out(", seals");
		res(fcntl(fd, F_GET_SEALS));
		break;
	default:
		fl = below(r, 5);
		out(", notify/lease %u", fl);
		res(fcntl(fd, F_SETLEASE, fl));
	}
}
static void d_lock(struct rng *r)
{
	static const int cmds[] = { F_GETLK,	 F_SETLK,     F_SETLK,
				    F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLK };
	int fd = arg_fd(r), cmd = PICK(r, cmds);
	struct flock l = { .l_type = (short)below(r, 3),
			   .l_whence = (short)below(r, 4) };

	struct stat st;

	if (l.l_whence && !fstat(fd, &st) && S_ISDIR(st.st_mode))
		l.l_whence = 0;
	l.l_start = (long)below(r, 30) - 5;
	l.l_len = (long)below(r, 20) - 5;
	out(", %d, %d %d %ld %ld", cmd, l.l_type, l.l_whence, (long)l.l_start,
	    (long)l.l_len);
	if (!res(fcntl(fd, cmd, &l)))
		out(" %d %d %ld %ld %d", l.l_type, l.l_whence, (long)l.l_start,
		    (long)l.l_len, l.l_pid > 0 ? 1 : l.l_pid);
}
static void d_flock(struct rng *r)
{
	static const int op[] = { LOCK_SH, LOCK_EX, LOCK_UN };
	int fd = arg_fd(r), o = PICK(r, op);

	out(", %d", o);
	res(flock(fd, o | LOCK_NB));
}
static void d_pipe(struct rng *r)
{
	int p[2] = { -1, -1 };
	int fl = O_NONBLOCK | (chance(r, 20) ? O_DIRECT : 0);

	out("%x", fl);
	res(pipe2(p, fl));
	out(" %d %d", p[0], p[1]);
}
static void d_splice(struct rng *r)
{
	int a = arg_fd(r), b;
	size_t n;
	long oa, ob;
	int wa = chance(r, 30), wb = chance(r, 30), fl;

	struct stat st;

	out(", ");
	b = arg_fd(r);
	if (!fstat(a, &st) && S_ISREG(st.st_mode))
		data_unsure = 1;
	out(", ");
	n = arg_len(r);
	fl = (int)below(r, 8) | 2;
	out(", %x, ", fl);
	oa = wa ? arg_off(r) : 0;
	ob = wb ? arg_off(r) : 0;
	res(splice(a, wa ? &oa : NULL, b, wb ? &ob : NULL, n, (unsigned)fl));
	out(" %ld %ld", oa, ob);
}
static void d_tee(struct rng *r)
{
	int a = arg_fd(r), b;

	out(", ");
	b = arg_fd(r);
	out(", ");
	res(tee(a, b, arg_len(r), 2));
}
static void d_vmsplice(struct rng *r)
{
	/* (the pipe may hold these very pages) */
	static unsigned char same[4096];
	struct iovec v = { same, 0 };
	int a = arg_fd(r);

	out(", ");
	v.iov_len = arg_len(r) % 4096;
	res(vmsplice(a, &v, 1, 2));
}
static void d_sendfile(struct rng *r)
{
	int a = arg_fd(r), b;
	size_t n;
	long o = 0;
	int w = chance(r, 50);

	data_unsure = 1;
	out(", ");
	b = arg_fd(r);
	out(", ");
	n = arg_len(r);
	out(", ");
	if (w)
		o = arg_off(r);
	res(sendfile(a, b, w ? &o : NULL, n));
	out(" %ld", o);
}
static void d_copy_range(struct rng *r)
{
	int a = arg_fd(r), b;
	size_t n;
	long oa, ob;
	int wa = chance(r, 50), wb = chance(r, 50);

	out(", ");
	b = arg_fd(r);
	out(", ");
	n = arg_len(r);
	out(", ");
	oa = wa ? arg_off(r) : 0;
	ob = wb ? arg_off(r) : 0;
	res(copy_file_range(a, wa ? &oa : NULL, b, wb ? &ob : NULL, n,
			    chance(r, 5)));
	out(" %ld %ld", oa, ob);
}
static void d_memfd(struct rng *r)
{
	unsigned fl = below(r, 4);

	out("%u", fl);
	res(memfd_create("x", fl));
}
static void d_eventfd(struct rng *r)
{
	int fl = EFD_NONBLOCK | (chance(r, 30) ? EFD_SEMAPHORE : 0);

	out("%x", fl);
	res(eventfd(below(r, 3), fl));
}
static void d_event_write(struct rng *r)
{
	uint64_t v = chance(r, 10) ? ~0ull - below(r, 3) : below(r, 10);
	int fd = arg_fd(r);

	out(", %llu", (unsigned long long)v);
	res(write(fd, &v, 8));
}
static void d_poll(struct rng *r)
{
	struct pollfd p[12];

	memset(p, 0, sizeof(p));
	for (int i = 0; i < 12; i++) {
		p[i].fd = 3 + i;
		p[i].events = (short)(chance(r, 80) ? 0x3fff : 0);
	}
	out("%s)", poll(p, 12, 0) < 0 ? d_err(errno) : "");
	for (int i = 0; i < 12; i++) {
		struct stat st;

		/* (room for datagrams is counted differently) */
		if (!fstat(p[i].fd, &st) && S_ISSOCK(st.st_mode))
			p[i].revents &= ~0x304;
		out(" %x", p[i].revents);
	}
}
static void d_epoll(struct rng *r)
{
	struct epoll_event e[8];
	int ep, fd, op;
	long n;

	switch (below(r, 5)) {
	case 0:
		out("create");
		res(epoll_create1(0));
		return;
	case 1:
	case 2:
		ep = arg_fd(r);
		op = 1 + (int)below(r, 3);
		out(", ctl %d, ", op);
		fd = arg_fd(r);
		e[0].events = (chance(r, 30) ? EPOLLET : 0) |
			      (chance(r, 20) ? EPOLLONESHOT : 0) | EPOLLIN |
			      (chance(r, 50) ? EPOLLOUT : 0);
		e[0].data.u64 = (unsigned)fd;
		out(", %x", e[0].events);
		res(epoll_ctl(ep, op, fd, e));
		return;
	default:
		ep = arg_fd(r);
		n = res(epoll_wait(ep, e, 8, 0));
		/* their order is a matter of history: sums */
		unsigned long s = 0, t = 0;

		for (long i = 0; i < n; i++) {
			s += e[i].data.u64;
			t += e[i].events * (e[i].data.u64 + 1);
		}
		out(" %lu %lx", s, t);
	}
}
static void d_inotify(struct rng *r)
{
	int fd;
	long n, m;
	unsigned mask;

	switch (below(r, 6)) {
	case 0:
		out("init");
		res(inotify_init1(IN_NONBLOCK));
		return;
	case 1:
	case 2:
		fd = arg_fd(r);
		out(", add, ");
		const char *s = arg_name(r);

		mask = chance(r, 80) ? IN_ALL_EVENTS : 1u << below(r, 32);
		out(", %x", mask);
		res(inotify_add_watch(fd, s, mask));
		return;
	case 3:
		fd = arg_fd(r);
		mask = below(r, 4);
		out(", rm %u", mask);
		res(inotify_rm_watch(fd, (int)mask));
		return;
	default:
		fd = arg_fd(r);
		if (!is_special(fd, "inotify")) {
			out(") none");
			return;
		}
		m = n = res(read(fd, fuzz_buf, 4096));
		for (unsigned char *p = fuzz_buf; n > 0 && p < fuzz_buf + m;) {
			struct inotify_event *e = (void *)p;

			out(" %d:%x:%d:%s", e->wd, e->mask, !!e->cookie,
			    e->len ? e->name : "");
			p += sizeof(*e) + e->len;
		}
	}
}
static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static void d_socketpair(struct rng *r)
{
	int p[2] = { -1, -1 }, t = PICK(r, types);

	out("%d", t);
	res(socketpair(AF_UNIX, t | SOCK_NONBLOCK, 0, p));
	out(" %d %d", p[0], p[1]);
}
static void d_socket(struct rng *r)
{
	int t = PICK(r, types);

	out("%d", t);
	res(socket(AF_UNIX, t | SOCK_NONBLOCK, 0));
}
static void d_listen(struct rng *r)
{
	res(listen(arg_fd(r), 3));
}
static void d_connect(struct rng *r)
{
	struct sockaddr_un was;
	socklen_t len = sizeof(was);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = arg_fd(r);

	out(", ");
	strcpy(un.sun_path, arg_name(r));
	if (!getpeername(fd, (struct sockaddr *)&was, &len)) {
		out(") connected");
		return;
	}
	res(connect(fd, (struct sockaddr *)&un, sizeof(un)));
}
static void d_accept(struct rng *r)
{
	res(accept4(arg_fd(r), NULL, NULL, SOCK_NONBLOCK));
}
static void d_send(struct rng *r)
{
	int fd = arg_fd(r);
	size_t n;

	out(", ");
	n = arg_len(r);
	fill(r, n);
	res(send(fd, fuzz_buf, n,
		 MSG_DONTWAIT | (chance(r, 90) ? MSG_NOSIGNAL : 0)));
}
static void d_recv(struct rng *r)
{
	static const unsigned fl[] = { MSG_PEEK, MSG_TRUNC };
	int fd = arg_fd(r);
	size_t n;
	unsigned f;
	long v;

	out(", ");
	n = arg_len(r);
	out(", ");
	f = FLAGS(r, fl, 20);
	memset(fuzz_buf, 0, 300);
	v = res(recv(fd, fuzz_buf, n, (int)f | MSG_DONTWAIT));
	show_data(v > 300 ? 300 : v);
}
static void d_shutdown(struct rng *r)
{
	int fd = arg_fd(r), how = (int)below(r, 4);

	out(", %d", how);
	res(shutdown(fd, how));
}
static void d_ioctl(struct rng *r)
{
	static const unsigned long cmd[] = { FIONREAD, FIONBIO, FIOCLEX,
					     FIONCLEX, 0x5402,	TIOCOUTQ,
					     FIOASYNC, 0x125d };
	int fd = arg_fd(r), v = 1;
	unsigned long c = PICK(r, cmd);

	if (c == FIOASYNC)
		v = 0;
	out(", %lx", c);
	res(ioctl(fd, c, &v));
	out(" %d", c == TIOCOUTQ ? !!v : v);
}
static void d_fsync(struct rng *r)
{
	int fd = arg_fd(r);

	switch (below(r, 4)) {
	case 0:
		out(", sync");
		res(fsync(fd));
		break;
	case 1:
		out(", data");
		res(fdatasync(fd));
		break;
	case 2:
		out(", range");
		res(sync_file_range(fd, 0, 100, below(r, 9)));
		break;
	default:
		out(", advise");
		res(posix_fadvise(fd, 0, 100, (int)below(r, 8)));
	}
}
static void d_fchdir(struct rng *r)
{
	int fd = arg_fd(r);
	char path[32], b[200];
	ssize_t n;

	/* not out of the program's own directory */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, b, sizeof(b) - 1);
	b[n < 0 ? 0 : n] = 0;
	if (b[0] == '/' && !strstr(b, "/fuzz")) {
		out(") left out");
		return;
	}
	res(fchdir(fd));
}
static void d_getdents(struct rng *r)
{
	int fd = arg_fd(r);
	size_t n = below(r, 200);

	out(", %zu", n);
	n = (size_t)syscall(SYS_getdents64, fd, fuzz_buf, n);
	if ((long)n < 0 || n == 0)
		res((long)n);
}
static void d_close_range(struct rng *r)
{
	unsigned a = 3 + below(r, 15), b = a + below(r, 4);
	unsigned fl = chance(r, 50) ? 0 : chance(r, 80) ? 4 : below(r, 9);

	out("%u, %u, %x", a, b, fl);
	res(close_range(a, b, (int)fl));
}
static void d_fxattr(struct rng *r)
{
	int fd = arg_fd(r), how = (int)below(r, 4);
	const char *x = PICK(r, xnames);
	struct stat st;
	char b[128];

	out(", %d, %s", how, x);
	if (!fstat(fd, &st) && S_ISSOCK(st.st_mode)) {
		out(") none");
		return;
	}
	res(how == 0   ? fsetxattr(fd, x, "abc", 3, 0)
	    : how == 1 ? fgetxattr(fd, x, b, sizeof(b))
	    : how == 2 ? flistxattr(fd, b, sizeof(b))
		       : fremovexattr(fd, x));
}

const struct step steps_fd[] = {
	{ "close", d_close, 14 },
	{ "read", d_read, 20 },
	{ "write", d_write, 24 },
	{ "pread", d_pread, 6 },
	{ "pwrite", d_pwrite, 8 },
	{ "vec", d_vec, 8 },
	{ "lseek", d_lseek, 10 },
	{ "ftruncate", d_ftruncate, 8 },
	{ "fallocate", d_fallocate, 8 },
	{ "fstat", d_fstat, 10 },
	{ "fchmod", d_fchmod, 3 },
	{ "dup", d_dup, 6 },
	{ "fcntl", d_fcntl, 10 },
	{ "lock", d_lock, 10 },
	{ "flock", d_flock, 6 },
	{ "pipe", d_pipe, 8 },
	{ "splice", d_splice, 10 },
	{ "tee", d_tee, 5 },
	{ "vmsplice", d_vmsplice, 4 },
	{ "sendfile", d_sendfile, 6 },
	{ "copy_range", d_copy_range, 6 },
	{ "memfd", d_memfd, 4 },
	{ "eventfd", d_eventfd, 3 },
	{ "event_write", d_event_write, 3 },
	{ "poll", d_poll, 6 },
	{ "epoll", d_epoll, 10 },
	{ "inotify", d_inotify, 12 },
	{ "socketpair", d_socketpair, 6 },
	{ "socket", d_socket, 3 },
	{ "listen", d_listen, 3 },
	{ "connect", d_connect, 4 },
	{ "accept", d_accept, 3 },
	{ "send", d_send, 10 },
	{ "recv", d_recv, 10 },
	{ "shutdown", d_shutdown, 4 },
	{ "ioctl", d_ioctl, 5 },
	{ "fsync", d_fsync, 3 },
	{ "fchdir", d_fchdir, 1 },
	{ "getdents", d_getdents, 3 },
	{ "close_range", d_close_range, 2 },
	{ "fxattr", d_fxattr, 3 },
	{ NULL, NULL, 0 },
};
