// SPDX-License-Identifier: GPL-2.0
/*
 * Details of tasks, signals and sockets that suites of other kernels look at,
 * each of which was wrong once.
 */
#include "inet_util.h"
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <ucontext.h>

#define SOL_NETLINK_ 270
#ifndef TCP_INQ
#define TCP_INQ 36
#endif

/* --- frames --- */

static volatile int segvs;

static void spoil(int sig, siginfo_t *si, void *ctx)
{
	uint64_t *header =
		(uint64_t *)((char *)((ucontext_t *)ctx)->uc_mcontext.fpregs +
			     512);

	header[2] = 0xfffffff; /* must be zero */
}

static void count_segv(int sig)
{
	segvs++;
}

T(after_a_bad_vector_image_the_program_goes_on_where_it_was)
{
	struct sigaction sa = { .sa_sigaction = spoil, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	signal(SIGSEGV, count_segv);
	raise(SIGUSR1);
	CHECK_EQ(segvs, 1);
}

static volatile int scratch_ok;

static void look_at_scratch(int sig, siginfo_t *si, void *ctx)
{
	greg_t *g = ((ucontext_t *)ctx)->uc_mcontext.gregs;

	scratch_ok =
		(g[REG_R11] == g[REG_EFL]) + 2 * (g[REG_RCX] == g[REG_RIP]);
}

T(a_call_leaves_rcx_and_r11_as_the_processor_does)
{
	struct sigaction sa = { .sa_sigaction = look_at_scratch,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK_EQ(scratch_ok, 3);
}

/* --- tracing --- */

static int next_stop(pid_t pid)
{
	int st;

	CHECK_EQ(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	return WIFSTOPPED(st) ? WSTOPSIG(st) : -1;
}

T(only_minus_one_is_no_call_for_a_tracer)
{
	static const struct {
		int nr;
		long result;
	} want[] = { { -1, -9999 }, { -2, -ENOSYS }, { -64, -ENOSYS } };
	struct user_regs_struct r;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (;;)
			syscall(SYS_getppid);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 3; i++) {
		do {
			CHECK_EQ(next_stop(pid), SIGTRAP);
			CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &r), 0);
		} while (r.orig_rax != SYS_getppid || (long)r.rax != -ENOSYS);
		r.orig_rax = (unsigned long long)want[i].nr;
		r.rax = (unsigned long long)-9999l;
		CHECK_EQ(ptrace(PTRACE_SETREGS, pid, 0, &r), 0);
		CHECK_EQ(next_stop(pid), SIGTRAP);
		CHECK_EQ(ptrace(PTRACE_GETREGS, pid, 0, &r), 0);
		CHECK_EQ((long)r.rax, want[i].result);
	}
	kill(pid, SIGKILL);
}

/* A base in the kernel's half can be written, and the machine survives it. */
T(a_strange_gs_base)
{
	uint32_t a = 7, b, c = 0, d;
	unsigned long was;
	pid_t pid;
	int st;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(b & 1))
		SKIP("no FSGSBASE");
	__asm__ volatile("rdgsbase %0" : "=r"(was));
	__asm__ volatile("wrgsbase %0" : : "r"(~0ul));
	pid = fork();
	if (!pid)
		_exit(5);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 5 << 8);
	__asm__ volatile("wrgsbase %0" : : "r"(was));
}

/* --- urgent data --- */

static volatile sig_atomic_t urgent;

static void on_urgent(int sig)
{
	urgent++;
}

static void urgent_byte(int rx, int tx)
{
	struct pollfd pf = { rx, POLLPRI, 0 };
	char c;

	signal(SIGURG, on_urgent);
	urgent = 0;
	CHECK_EQ(fcntl(rx, F_SETOWN, getpid()), 0);
	CHECK_EQ(send(tx, "abc", 3, MSG_OOB), 3);
	while (poll(&pf, 1, 10000) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(pf.revents, POLLPRI);
	CHECK_EQ(urgent, 1);
	CHECK_EQ(recv(rx, &c, 1, MSG_OOB), 1);
	CHECK_EQ(c, 'c');
}

T(urgent_data_signals_the_owner)
{
	int p[2], l, c, s;
	struct name n;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	urgent_byte(p[0], p[1]);
	l = bound(SOCK_STREAM, name4("127.0.0.1", 0));
	CHECK_EQ(listen(l, 1), 0);
	c = socket(AF_INET, SOCK_STREAM, 0);
	n = own_name(l);
	CHECK_EQ(connect(c, &n.sa, n.len), 0);
	s = accept(l, NULL, NULL);
	urgent_byte(s, c);
	close(p[0]);
	send(p[1], "x", 1, MSG_OOB | MSG_NOSIGNAL);
}

/* --- TCP --- */

T(first_data_with_the_connect)
{
	int l = bound(SOCK_STREAM, name4("127.0.0.1", 0));
	int c = socket(AF_INET, SOCK_STREAM, 0), s;
	struct name n = own_name(l);
	char b[8];

	CHECK_EQ(listen(l, 1), 0);
	CHECK_EQ(sendto(c, "hello", 5, MSG_FASTOPEN, &n.sa, n.len), 5);
	s = accept(l, NULL, NULL);
	CHECK_EQ(recv(s, b, sizeof(b), MSG_WAITALL | MSG_DONTWAIT), 5);
	CHECK_ERRNO(sendto(c, "x", 1, MSG_FASTOPEN, &n.sa, n.len), EISCONN);
}

T(how_much_is_left_to_read)
{
	int l = bound(SOCK_STREAM, name4("127.0.0.1", 0));
	int c = socket(AF_INET, SOCK_STREAM, 0), s, left;
	struct name n = own_name(l);
	char b[4], ctl[64];
	struct iovec io = { b, sizeof(b) };
	struct msghdr m = { .msg_iov = &io,
			    .msg_iovlen = 1,
			    .msg_control = ctl,
			    .msg_controllen = sizeof(ctl) };
	struct cmsghdr *h;

	CHECK_EQ(listen(l, 1), 0);
	CHECK_EQ(connect(c, &n.sa, n.len), 0);
	s = accept(l, NULL, NULL);
	CHECK_EQ(set_int(s, IPPROTO_TCP, TCP_INQ, 1), 0);
	CHECK_ERRNO(set_int(s, IPPROTO_TCP, TCP_INQ, 2), EINVAL);
	CHECK_EQ(send(c, "0123456789", 10, 0), 10);
	CHECK_EQ(recvmsg(s, &m, 0), 4);
	h = CMSG_FIRSTHDR(&m);
	CHECK(h);
	CHECK_EQ(h->cmsg_level, IPPROTO_TCP);
	CHECK_EQ(h->cmsg_type, TCP_INQ);
	memcpy(&left, CMSG_DATA(h), sizeof(left));
	CHECK_EQ(left, 6);
}

T(memberships_of_netlink)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	unsigned int g[4] = { 9, 9, 9, 9 };
	socklen_t n = 0;

	CHECK_EQ(getsockopt(fd, SOL_NETLINK_, NETLINK_LIST_MEMBERSHIPS, NULL,
			    &n),
		 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CHECK_EQ(getsockopt(fd, SOL_NETLINK_, NETLINK_LIST_MEMBERSHIPS, NULL,
			    &n),
		 0);
	CHECK_EQ(n, 8);
	n = 4;
	CHECK_EQ(getsockopt(fd, SOL_NETLINK_, NETLINK_LIST_MEMBERSHIPS, g, &n),
		 0);
	CHECK_EQ(n, 8);
	CHECK_EQ(g[0], 1);
	CHECK_EQ(g[1], 9);
}

T(groups_of_the_peer)
{
	gid_t mine[64], g[64];
	int n = getgroups(64, mine), p[2], u;
	socklen_t len = sizeof(g);

	CHECK(n >= 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	CHECK_EQ(getsockopt(p[0], SOL_SOCKET, SO_PEERGROUPS, g, &len), 0);
	CHECK_EQ(len, n * sizeof(gid_t));
	CHECK_EQ(memcmp(g, mine, len), 0);
	if (n) {
		len = 0;
		CHECK_ERRNO(
			getsockopt(p[0], SOL_SOCKET, SO_PEERGROUPS, g, &len),
			ERANGE);
		CHECK_EQ(len, n * sizeof(gid_t));
	}
	u = socket(AF_UNIX, SOCK_STREAM, 0);
	len = sizeof(g);
	CHECK_ERRNO(getsockopt(u, SOL_SOCKET, SO_PEERGROUPS, g, &len), ENODATA);
}

/* --- prctl(PR_SET_MM) --- */

T(what_a_program_says_of_its_memory)
{
	static char title[] = "a title of its own";
	char b[64];
	unsigned int size = 0;
	int fd, n;

	CHECK_EQ(prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0), 0);
	CHECK_EQ(size, sizeof(struct prctl_mm_map));
	CHECK_ERRNO(prctl(PR_SET_MM, PR_SET_MM_MAP, title, 5, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_MM, PR_SET_MM_ARG_START, title, 1, 0), EINVAL);
	if (prctl(PR_SET_MM, PR_SET_MM_ARG_START, title, 0, 0)) {
		CHECK_EQ(errno, EPERM); /* it takes CAP_SYS_RESOURCE */
		return;
	}
	CHECK_ERRNO(prctl(PR_SET_MM, 99, title, 0, 0), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_MM, PR_SET_MM_ARG_END, 4096, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_SET_MM, PR_SET_MM_ARG_END, title + sizeof(title), 0,
		       0),
		 0);
	fd = open("/proc/self/cmdline", O_RDONLY);
	n = read(fd, b, sizeof(b));
	CHECK_EQ(n, sizeof(title));
	CHECK_STR(b, title);
}

/* --- kicks --- */

static void *nothing(void *arg)
{
	return arg;
}

static void over(int sig)
{
	_exit(9);
}

/* Whoever has just made a child is as easily interrupted as before. */
T(signals_reach_a_parent_that_makes_no_more_calls)
{
	pthread_t th;
	pid_t pid;
	int st;

	for (int how = 0; how < 3; how++) {
		pid = fork();
		if (!pid) {
			signal(SIGUSR1, over);
			signal(SIGCHLD, SIG_IGN);
			if (how == 0 && !fork()) {
				kill(getppid(), SIGUSR1);
				_exit(0);
			}
			if (how == 1 && !syscall(SYS_fork)) {
				kill(getppid(), SIGUSR1);
				_exit(0);
			}
			if (how == 2) {
				pthread_create(&th, NULL, nothing, NULL);
				alarm(1);
				signal(SIGALRM, over);
			}
			for (;;)
				;
		}
		CHECK_EQ(waitpid(pid, &st, 0), pid);
		CHECK_EQ(st, 9 << 8);
	}
}

T_MAIN
