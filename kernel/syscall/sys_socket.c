// SPDX-License-Identifier: GPL-2.0
/*
 * The socket calls: descriptors, addresses, message headers and options to and
 * from guest memory. What a call does is in kernel/net.
 *
 * Addresses are copied into a sockaddr_storage; on the way out the guest gets
 * as much as it has room for and the true length. Message headers are read
 * once. A message's own buffers are never touched here: they travel as an
 * iov_iter.
 */
#include <abi/errno.h>
#include <abi/socket.h>
#include <abi/time.h>
#include <kernel/fdtable.h>
#include <kernel/ipc.h>
#include <kernel/iov.h>
#include <kernel/net.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>

#define SOCKET_FAST_IOV	  8
#define SOCKET_OPTLEN_MAX 256u
#define SOCKET_TYPE_MASK  0xf
#define SOCKET_MMSG_MAX	  UIO_MAXIOV

/* The socket of fd; sockets are put back with fd_ref_put(). */
static struct sock *socket_get(int fd, struct fd_ref *r, long *err)
{
	struct sock *sk;

	*r = fd_ref_get(fd);
	if (unlikely(!r->file)) {
		*err = -EBADF;
		return NULL;
	}
	sk = sock_of_file(r->file);
	if (unlikely(!sk)) {
		fd_ref_put(*r);
		*err = -ENOTSOCK;
	}
	return sk;
}

static int socket_addr_in(struct sockaddr_storage *a, uaddr from, int len)
{
	a->ss_family = AF_UNSPEC;
	if (len < 0 || len > (int)sizeof(*a))
		return -EINVAL;
	return len ? copy_from_user(a, from, len) : 0;
}

/* *room is what the guest has; the true length goes to lenp. */
static int socket_addr_out(const struct sockaddr_storage *a, int len, uaddr to,
			   int room, uaddr lenp)
{
	if (room < 0)
		return -EINVAL;
	if (copy_to_user(to, a, min(len, room)))
		return -EFAULT;
	return put_user(len, lenp);
}

/* --- making sockets --- */

static int socket_split_type(int *type, int *flags)
{
	*flags = *type & ~SOCKET_TYPE_MASK;
	if (*flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	*type &= SOCKET_TYPE_MASK;
	return 0;
}

long sys_socket(int family, int type, int protocol)
{
	struct sock *sk;
	struct file *f;
	int flags, err;

	err = socket_split_type(&type, &flags);
	if (err)
		return err;
	sk = sock_create(family, type, protocol);
	if (IS_ERR(sk))
		return PTR_ERR(sk);
	f = sock_open_file(sk, flags);
	if (IS_ERR(f))
		return PTR_ERR(f);
	return fd_install_new(f, 0, flags & SOCK_CLOEXEC);
}

/* Two files joined, or -errno. */
static int socket_pair_files(int family, int type, int protocol, int flags,
			     struct file *f[2])
{
	struct sock *sk[2];
	int err;

	sk[0] = sock_create(family, type, protocol);
	if (IS_ERR(sk[0]))
		return PTR_ERR(sk[0]);
	sk[1] = sock_create(family, type, protocol);
	if (IS_ERR(sk[1])) {
		sk[0]->ops->release(sk[0]);
		return PTR_ERR(sk[1]);
	}
	err = sk[0]->ops->pair ? sk[0]->ops->pair(sk[0], sk[1]) : -EOPNOTSUPP;
	if (err) {
		sk[0]->ops->release(sk[0]);
		sk[1]->ops->release(sk[1]);
		return err;
	}
	f[0] = sock_open_file(sk[0], flags);
	f[1] = sock_open_file(sk[1], flags);
	if (!IS_ERR(f[0]) && !IS_ERR(f[1]))
		return 0;
	err = IS_ERR(f[0]) ? PTR_ERR(f[0]) : PTR_ERR(f[1]);
	for (int i = 0; i < 2; i++)
		if (!IS_ERR(f[i]))
			file_put(f[i]);
	return err;
}

long sys_socketpair(int family, int type, int protocol, uaddr fds)
{
	struct file *f[2] = { NULL, NULL };
	int fd[2], flags, err;

	err = socket_split_type(&type, &flags);
	if (!err)
		err = socket_pair_files(family, type, protocol, flags, f);
	if (err)
		return err;
	err = fd[0] = fd_reserve(0, flags & SOCK_CLOEXEC);
	if (err < 0)
		goto put;
	err = fd[1] = fd_reserve(0, flags & SOCK_CLOEXEC);
	if (err < 0)
		goto unreserve0;
	err = copy_to_user(fds, fd, sizeof(fd));
	if (err)
		goto unreserve1;
	fd_publish(fd[0], f[0]);
	fd_publish(fd[1], f[1]);
	return 0;

unreserve1:
	fd_unreserve(fd[1]);
unreserve0:
	fd_unreserve(fd[0]);
put:
	file_put(f[0]);
	file_put(f[1]);
	return err;
}

long sys_bind(int fd, uaddr addr, int addrlen)
{
	struct sockaddr_storage a;
	struct fd_ref r;
	long err;
	struct sock *sk = socket_get(fd, &r, &err);

	if (!sk)
		return err;
	err = socket_addr_in(&a, addr, addrlen);
	if (!err)
		err = sk->ops->bind(sk, &a, addrlen);
	fd_ref_put(r);
	return err;
}

long sys_connect(int fd, uaddr addr, int addrlen)
{
	struct sockaddr_storage a;
	struct fd_ref r;
	long err;
	struct sock *sk = socket_get(fd, &r, &err);

	if (!sk && err == -ENOTSOCK) {
		int bad = socket_addr_in(&a, addr, addrlen);

		return bad ? bad : err;
	}
	if (!sk)
		return err;
	err = socket_addr_in(&a, addr, addrlen);
	if (!err)
		err = sk->ops->connect(sk, &a, addrlen,
				       r.file->flags & O_NONBLOCK);
	fd_ref_put(r);
	return err;
}

long sys_listen(int fd, int backlog)
{
	struct fd_ref r;
	long err;
	struct sock *sk = socket_get(fd, &r, &err);

	if (!sk)
		return err;
	err = sk->ops->listen(sk, backlog);
	fd_ref_put(r);
	return err;
}

/* The address of a new connection to the guest; it is closed on a fault. */
static int accept_name(struct sock *sk, uaddr addr, uaddr addrlen)
{
	struct sockaddr_storage a;
	int len, room;

	if (!addr.va)
		return 0;
	len = sk->ops->getname(sk, &a, SOCK_NAME_ACCEPTED);
	if (len < 0)
		return -ECONNABORTED;
	if (get_user(room, addrlen))
		return -EFAULT;
	return socket_addr_out(&a, len, addr, room, addrlen);
}

long sys_accept4(int fd, uaddr addr, uaddr addrlen, int flags)
{
	struct sock *n;
	struct file *f;
	struct fd_ref r;
	long err;
	int newfd;
	struct sock *sk;

	sk = socket_get(fd, &r, &err);
	if (!sk)
		return err == -ENOTSOCK &&
				       (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
			       ? -EINVAL
			       : err;
	err = -EINVAL;
	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		goto out;
	err = newfd = fd_reserve(0, flags & SOCK_CLOEXEC);
	if (newfd < 0)
		goto out;
	n = sk->ops->accept(sk, r.file->flags & O_NONBLOCK);
	if (IS_ERR(n)) {
		err = PTR_ERR(n);
		goto unreserve;
	}
	f = sock_open_file(n, flags);
	if (IS_ERR(f)) {
		err = PTR_ERR(f);
		goto unreserve;
	}
	err = accept_name(n, addr, addrlen);
	if (err) {
		file_put(f);
		goto unreserve;
	}
	fd_publish(newfd, f);
	fd_ref_put(r);
	return newfd;

unreserve:
	fd_unreserve(newfd);
out:
	fd_ref_put(r);
	return err;
}

long sys_accept(int fd, uaddr addr, uaddr addrlen)
{
	return sys_accept4(fd, addr, addrlen, 0);
}

static long socket_name(int fd, uaddr addr, uaddr addrlen, bool peer)
{
	struct sockaddr_storage a;
	struct fd_ref r;
	long err;
	int len, room;
	struct sock *sk = socket_get(fd, &r, &err);

	if (!sk)
		return err;
	err = len =
		sk->ops->getname(sk, &a, peer ? SOCK_NAME_PEER : SOCK_NAME_OWN);
	if (len >= 0) {
		err = get_user(room, addrlen);
		if (!err)
			err = socket_addr_out(&a, len, addr, room, addrlen);
	}
	fd_ref_put(r);
	return err;
}

long sys_getsockname(int fd, uaddr addr, uaddr addrlen)
{
	return socket_name(fd, addr, addrlen, false);
}

long sys_getpeername(int fd, uaddr addr, uaddr addrlen)
{
	return socket_name(fd, addr, addrlen, true);
}

long sys_shutdown(int fd, int how)
{
	struct fd_ref r;
	long err;
	struct sock *sk = socket_get(fd, &r, &err);

	if (!sk)
		return err;
	err = how < SHUT_RD || how > SHUT_RDWR ? -EINVAL
					       : sk->ops->shutdown(sk, how);
	fd_ref_put(r);
	return err;
}

/* --- options --- */

long sys_setsockopt(int fd, int level, int optname, uaddr optval, int optlen)
{
	struct fd_ref r;
	long err;
	struct sock *sk;

	sk = socket_get(fd, &r, &err);
	if (!sk)
		return err;
	err = optlen < 0 ? -EINVAL : -ENOPROTOOPT;
	if (!err || err == -ENOPROTOOPT) {
		if (level == SOL_SOCKET)
			err = sock_setsockopt(sk, optname, optval, optlen);
		if (err == -ENOPROTOOPT && sk->ops->setsockopt)
			err = sk->ops->setsockopt(sk, level, optname, optval,
						  optlen);
		else if (level != SOL_SOCKET)
			err = -EOPNOTSUPP;
	}
	fd_ref_put(r);
	return err;
}

long sys_getsockopt(int fd, int level, int optname, uaddr optval, uaddr optlen)
{
	char buf[SOCKET_OPTLEN_MAX];
	struct fd_ref r;
	long err;
	int len;
	u32 n;
	struct sock *sk = socket_get(fd, &r, &err);

	if (!sk)
		return err;
	err = get_user(len, optlen);
	if (!err && len < 0)
		err = -EINVAL;
	if (!err) {
		n = min((u32)len, SOCKET_OPTLEN_MAX);
		err = level == SOL_SOCKET
			      ? sock_getsockopt(sk, optname, buf, &n)
			      : -ENOPROTOOPT;
		if (err == -ENOPROTOOPT && sk->ops->getsockopt)
			err = sk->ops->getsockopt(sk, level, optname, buf, &n);
		else if (level != SOL_SOCKET)
			err = -EOPNOTSUPP;
	}
	/* what does not fit is only told */
	if (!err)
		err = copy_to_user(optval, buf, min(n, (u32)len));
	if (!err || (err == -ERANGE && level == SOL_SOCKET &&
		     optname == SO_PEERGROUPS)) {
		long bad = put_user(n, optlen);

		err = bad ? bad : err;
	}
	fd_ref_put(r);
	return err;
}

/* --- sending --- */

static int socket_msg_flags(struct file *f, u32 flags)
{
	return f->flags & O_NONBLOCK ? flags | MSG_DONTWAIT : flags;
}

long sys_sendto(int fd, uaddr buf, u64 len, u32 flags, uaddr addr, int addrlen)
{
	struct sockaddr_storage a;
	struct iov_iter it;
	struct sock_msg m = { .it = &it, .name = &a };
	struct fd_ref r;
	long ret;
	struct sock *sk;

	if (buf.va > USER_MAX || min(len, 0x7ffff000ull) > USER_MAX - buf.va)
		return -EFAULT; /* before the descriptor */
	sk = socket_get(fd, &r, &ret);
	if (!sk)
		return ret;
	iov_iter_ubuf(&it, buf, min(len, 0x7ffff000ull));
	ret = 0;
	if (addr.va) {
		ret = socket_addr_in(&a, addr, addrlen);
		m.namelen = addrlen;
	}
	if (!ret) {
		m.flags = socket_msg_flags(r.file, flags);
		sock_fill_cred(&m.cred);
		ret = sock_sendmsg(sk, &m);
	}
	fd_ref_put(r);
	return ret;
}

/* One message whose header has been read. */
static long socket_send_hdr(struct sock *sk, struct file *f,
			    const struct msghdr *h, u32 flags)
{
	struct iov_seg fast[SOCKET_FAST_IOV], *segs = NULL;
	struct sockaddr_storage a;
	struct sock_wish wish;
	struct iov_iter it;
	struct sock_msg m = { .it = &it, .name = &a };
	long ret;

	if (h->msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	if (h->msg_name) {
		int n = min_t(int, h->msg_namelen, sizeof(a));

		ret = socket_addr_in(&a, UADDR(h->msg_name), n);
		if (ret)
			return ret;
		m.namelen = n;
	}
	m.flags = socket_msg_flags(f, flags);
	sock_fill_cred(&m.cred);
	ret = iov_iter_import(&it, UADDR(h->msg_iov), h->msg_iovlen, fast,
			      SOCKET_FAST_IOV, &segs);
	if (!ret && h->msg_control && h->msg_controllen &&
	    (sk->family == AF_INET || sk->family == AF_INET6)) {
		memset(&wish, 0, sizeof(wish));
		wish.ttl = wish.tos = -1;
		m.wish = &wish;
	}
	if (!ret && h->msg_control && h->msg_controllen)
		ret = scm_import(&m, UADDR(h->msg_control), h->msg_controllen);
	if (!ret)
		ret = sock_sendmsg(sk, &m);
	kfree(segs);
	return ret;
}

long sys_sendmsg(int fd, uaddr msg, u32 flags)
{
	struct msghdr h;
	struct fd_ref r;
	long ret;
	struct sock *sk;

	if (flags & 0x80000000) /* MSG_CMSG_COMPAT: not from here */
		return -EINVAL;
	sk = socket_get(fd, &r, &ret);
	if (!sk)
		return ret;
	ret = get_user(h, msg);
	if (!ret)
		ret = socket_send_hdr(sk, r.file, &h, flags);
	fd_ref_put(r);
	return ret;
}

long sys_sendmmsg(int fd, uaddr msgvec, u32 vlen, u32 flags)
{
	struct mmsghdr mh;
	struct fd_ref r;
	long ret = 0;
	u32 n;
	struct sock *sk;

	if (flags & 0x80000000)
		return -EINVAL;
	sk = socket_get(fd, &r, &ret);
	if (!sk)
		return ret;
	vlen = min(vlen, (u32)SOCKET_MMSG_MAX);
	ret = 0;
	for (n = 0; n < vlen; n++) {
		uaddr at = uadd(msgvec, n * sizeof(mh));
		u32 len;

		ret = get_user(mh, at);
		if (!ret)
			ret = socket_send_hdr(sk, r.file, &mh.msg_hdr, flags);
		if (ret < 0)
			break;
		len = ret;
		ret = put_user(len,
			       uadd(at, offsetof(struct mmsghdr, msg_len)));
		if (ret)
			break;
	}
	fd_ref_put(r);
	return n ? n : ret;
}

/* --- receiving --- */

long sys_recvfrom(int fd, uaddr buf, u64 len, u32 flags, uaddr addr,
		  uaddr addrlen)
{
	struct sockaddr_storage a;
	struct iov_iter it;
	struct sock_msg m = { .it = &it };
	struct fd_ref r;
	int room, err;
	long ret;
	struct sock *sk;

	if (buf.va > USER_MAX || min(len, 0x7ffff000ull) > USER_MAX - buf.va)
		return -EFAULT; /* before the descriptor */
	sk = socket_get(fd, &r, &ret);
	if (!sk)
		return ret;
	iov_iter_ubuf(&it, buf, min(len, 0x7ffff000ull));
	if (addr.va)
		m.name = &a;
	m.flags = socket_msg_flags(r.file, flags);
	ret = sk->ops->recvmsg(sk, &m);
	if (unlikely(m.scm))
		scm_free(m.scm);
	if (ret >= 0 && addr.va) {
		err = get_user(room, addrlen);
		if (!err)
			err = socket_addr_out(&a, m.namelen, addr, room,
					      addrlen);
		if (err)
			ret = err;
	}
	fd_ref_put(r);
	return ret;
}

/* What recvmsg changes in the header. */
static int socket_recv_done(struct sock *sk, struct sock_msg *m,
			    const struct msghdr *h, uaddr hdr)
{
	u64 used = scm_export(sk, m, UADDR(h->msg_control), h->msg_controllen);
	u32 out = m->out_flags | (m->flags & MSG_CMSG_CLOEXEC);
	int err = 0;

	if (h->msg_name)
		err = socket_addr_out(
			m->name, m->namelen, UADDR(h->msg_name), h->msg_namelen,
			uadd(hdr, offsetof(struct msghdr, msg_namelen)));
	if (!err)
		err = put_user(out,
			       uadd(hdr, offsetof(struct msghdr, msg_flags)));
	if (!err)
		err = put_user(used, uadd(hdr, offsetof(struct msghdr,
							msg_controllen)));
	return err;
}

static long socket_recv_hdr(struct sock *sk, struct file *f, uaddr hdr,
			    u32 flags)
{
	struct iov_seg fast[SOCKET_FAST_IOV], *segs = NULL;
	struct sockaddr_storage a;
	struct iov_iter it;
	struct sock_msg m = { .it = &it };
	struct msghdr h;
	long ret;
	int err;

	if (get_user(h, hdr))
		return -EFAULT;
	if (h.msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	if (h.msg_name) {
		if (h.msg_namelen < 0)
			return -EINVAL;
		m.name = &a;
	}
	m.flags = socket_msg_flags(f, flags);
	ret = iov_iter_import(&it, UADDR(h.msg_iov), h.msg_iovlen, fast,
			      SOCKET_FAST_IOV, &segs);
	if (!ret)
		ret = sk->ops->recvmsg(sk, &m);
	if (ret >= 0) {
		err = socket_recv_done(sk, &m, &h, hdr);
		if (err)
			ret = err;
	} else if (m.scm) {
		scm_free(m.scm);
	}
	kfree(segs);
	return ret;
}

long sys_recvmsg(int fd, uaddr msg, u32 flags)
{
	struct fd_ref r;
	long ret;
	struct sock *sk;

	if (flags & 0x80000000) /* MSG_CMSG_COMPAT: not from here */
		return -EINVAL;
	sk = socket_get(fd, &r, &ret);
	if (!sk)
		return ret;
	ret = socket_recv_hdr(sk, r.file, msg, flags);
	fd_ref_put(r);
	return ret;
}

/* The loop of recvmmsg(2): the deadline is looked at after each message. */
static long socket_recv_many(struct sock *sk, struct file *f, uaddr vec,
			     u32 vlen, u32 flags, u64 deadline)
{
	long ret = 0;
	u32 n = 0, len;

	ret = sock_take_error(sk);
	while (!ret && n < vlen) {
		uaddr at = uadd(vec, n * sizeof(struct mmsghdr));

		ret = socket_recv_hdr(sk, f, at, flags & ~MSG_WAITFORONE);
		if (ret < 0)
			break;
		len = ret;
		ret = put_user(len,
			       uadd(at, offsetof(struct mmsghdr, msg_len)));
		if (ret)
			break;
		n++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != TIME_NEVER && time_mono_ns() >= deadline)
			break;
	}
	if (!n)
		return ret;
	/* an error after the first message is told by the next call */
	if (ret < 0 && ret != -EAGAIN && ret != -ERESTARTSYS && ret != -EINTR)
		WRITE_ONCE(sk->err, -ret);
	return n;
}

long sys_recvmmsg(int fd, uaddr msgvec, u32 vlen, u32 flags, uaddr timeout)
{
	struct abi_timespec left;
	u64 deadline, now;
	struct fd_ref r;
	long ret;
	struct sock *sk;

	if (flags & 0x80000000)
		return -EINVAL;
	ret = deadline_from_user(timeout, &deadline);
	if (ret)
		return ret;
	sk = socket_get(fd, &r, &ret);
	if (!sk)
		return ret;
	ret = socket_recv_many(sk, r.file, msgvec,
			       min(vlen, (u32)SOCKET_MMSG_MAX), flags,
			       deadline);
	fd_ref_put(r);
	if (ret > 0 && timeout.va && deadline != TIME_NEVER) {
		now = time_mono_ns();
		now = deadline > now ? deadline - now : 0;
		left.tv_sec = now / NSEC_PER_SEC;
		left.tv_nsec = now % NSEC_PER_SEC;
		if (put_user(left, timeout))
			ret = -EFAULT;
	}
	return ret;
}
