// SPDX-License-Identifier: GPL-2.0
/*
 * A little of everything, for tests/stress/faults.sh: while something in the
 * kernel is made to fail once, each step may fail with an errno, and nothing
 * else may happen. The whole is done twice: where the failure came in the first
 * round, the second must be without any. "round 1 done" tells the script.
 *
 * Exit status: 0; 1 when the second round had an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

static int errors, round_nr;

/* A step: its value must not be negative (or MAP_FAILED). */
static long step_at(long v, const char *what, int line)
{
	if (v >= 0)
		return v;
	errors++;
	if (round_nr == 2)
		printf("round 2: line %d: %s: %s\n", line, what,
		       strerror(errno));
	return v;
}
#define step(x) step_at((long)(x), #x, __LINE__)

static void drop(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void child(int code, void (*fn)(void))
{
	int st = 0;
	pid_t pid = (pid_t)step(fork());

	if (!pid) {
		if (fn)
			fn();
		_exit(code);
	}
	if (pid > 0 && step(waitpid(pid, &st, 0)) == pid &&
	    (!WIFEXITED(st) || WEXITSTATUS(st) != code)) {
		errno = ECHILD;
		step(-1);
	}
}

static void *thread(void *arg)
{
	return arg;
}

static void tasks(void)
{
	char *argv[] = { (char *)"true", NULL };
	pthread_t t[3];
	int n = 0, st;
	pid_t pid;

	child(3, NULL);
	for (int i = 0; i < 3; i++)
		if (!pthread_create(&t[n], NULL, thread, NULL))
			n++;
		else
			errors++, errno = EAGAIN;
	if (n < 3 && round_nr == 2)
		step(-1);
	while (n)
		pthread_join(t[--n], NULL);
	pid = vfork();
	if (!pid) {
		execve("/bin/true", argv, NULL);
		_exit(0);
	}
	if (step(pid) > 0)
		step(waitpid(pid, &st, 0));
}

static int clean_one(const char *path, const struct stat *st, int type,
		     struct FTW *f)
{
	return remove(path);
}

static void clean(void)
{
	for (int i = 0; i < 3 && !access("/tmp/d", F_OK); i++)
		nftw("/tmp/d", clean_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void files(void)
{
	char buf[8192], name[32];
	int fd, d, i;

	clean(); /* what a failed round left */
	step(mkdir("/tmp/d", 0755));
	for (i = 0; i < 70; i += 23) {
		snprintf(name, sizeof(name), "/tmp/d/file%d", i);
		fd = (int)step(open(name, O_RDWR | O_CREAT, 0644));
		step(write(fd, buf, sizeof(buf)));
		step(pwrite(fd, "x", 1, 1 << 20));
		step(lseek(fd, 0, SEEK_SET));
		step(read(fd, buf, sizeof(buf)));
		step(ftruncate(fd, 100));
		step(fsetxattr(fd, "user.a", "b", 1, 0));
		drop(fd);
	}
	step(link("/tmp/d/file0", "/tmp/d/l"));
	step(symlink("file0", "/tmp/d/s"));
	step(readlink("/tmp/d/s", buf, sizeof(buf)));
	step(rename(
		"/tmp/d/l",
		"/tmp/d/"
		"a-name-that-is-rather-long-and-does-not-fit-into-the-dentry"));
	step(mkfifo("/tmp/d/fifo", 0600));
	d = (int)step(open("/tmp/d", O_RDONLY | O_DIRECTORY));
	step(syscall(217 /* getdents64 */, d, buf, sizeof(buf)));
	drop(d);
	for (i = 0; i < 80; i++)
		if (step(dup(0)) < 0)
			break;
	while (i > 0)
		close(2 + i--);
	fd = (int)step(open("/proc/self/maps", O_RDONLY));
	step(read(fd, buf, sizeof(buf)));
	drop(fd);
	fd = (int)step(open("/proc/meminfo", O_RDONLY));
	step(read(fd, buf, sizeof(buf)));
	drop(fd);
	fd = (int)step(open("/proc/mounts", O_RDONLY));
	step(read(fd, buf, sizeof(buf)));
	drop(fd);
	clean();
}

static void memory(void)
{
	char *p, *q;
	int fd, id;

	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (step((long)p) > 0) {
		p[4096] = 1;
		step(mprotect(p + 8192, 4096, PROT_READ));
		step(mprotect(p + 16384, 4096, PROT_NONE));
		step(madvise(p, 8192, MADV_DONTNEED));
		step(munmap(p + 4096 * 8, 4096));
		q = mremap(p + 65536, 4096, 65536, MREMAP_MAYMOVE);
		if (step((long)q) > 0)
			munmap(q, 65536);
		munmap(p, 1 << 20);
	}
	p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (step((long)p) > 0) {
		*p = 7;
		child(7, NULL);
		munmap(p, 1 << 16);
	}
	fd = (int)step(memfd_create("x", 0));
	step(ftruncate(fd, 1 << 16));
	p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (step((long)p) > 0) {
		p[5000] = 1;
		step(msync(p, 1 << 16, MS_SYNC));
		munmap(p, 1 << 16);
	}
	drop(fd);
	p = sbrk(1 << 20);
	if (step((long)p) > 0) {
		*p = 1;
		step((long)sbrk(-(1 << 20)));
	}
	id = (int)step(shmget(IPC_PRIVATE, 65536, 0600));
	p = shmat(id, NULL, 0);
	if (step((long)p) > 0) {
		*p = 1;
		shmdt(p);
	}
	step(shmctl(id, IPC_RMID, NULL));
}

static void talk(int a, int b)
{
	struct msghdr m = { 0 };
	struct iovec iov = { (void *)"hello", 5 };
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} c;
	char buf[100];

	memset(&c, 0, sizeof(c));
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = &c;
	m.msg_controllen = sizeof(c.buf);
	c.h.cmsg_len = CMSG_LEN(sizeof(int));
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	*(int *)CMSG_DATA(&c.h) = a;
	if (step(sendmsg(a, &m, MSG_DONTWAIT)) < 0)
		return;
	iov.iov_base = buf;
	m.msg_controllen = sizeof(c.buf);
	if (step(recvmsg(b, &m, MSG_DONTWAIT)) > 0 && m.msg_controllen)
		drop(*(int *)CMSG_DATA(&c.h));
}

static void sockets(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX,
				  .sun_path = "/tmp/sock" };
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int p[2], s, c, a;
	char buf[100];

	if (step(socketpair(AF_UNIX, SOCK_STREAM, 0, p)) >= 0) {
		talk(p[0], p[1]);
		close(p[0]);
		close(p[1]);
	}
	if (step(socketpair(AF_UNIX, SOCK_DGRAM, 0, p)) >= 0) {
		talk(p[0], p[1]);
		close(p[0]);
		close(p[1]);
	}
	s = (int)step(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	step(bind(s, (struct sockaddr *)&un, sizeof(un)));
	step(listen(s, 5));
	c = (int)step(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	step(connect(c, (struct sockaddr *)&un, sizeof(un)));
	a = (int)step(accept(s, NULL, NULL));
	drop(a);
	drop(c);
	drop(s);
	unlink("/tmp/sock");
	s = (int)step(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	step(bind(s, (struct sockaddr *)&in, sizeof(in)));
	step(listen(s, 5));
	step(getsockname(s, (struct sockaddr *)&in, &len));
	c = (int)step(socket(AF_INET, SOCK_STREAM, 0));
	step(connect(c, (struct sockaddr *)&in, sizeof(in)));
	a = (int)step(accept(s, NULL, NULL));
	step(send(c, "abc", 3, MSG_DONTWAIT | MSG_NOSIGNAL));
	if (a >= 0)
		step(recv(a, buf, sizeof(buf), MSG_DONTWAIT));
	drop(a);
	drop(c);
	drop(s);
	s = (int)step(socket(AF_INET, SOCK_DGRAM, 0));
	in.sin_port = 0;
	step(bind(s, (struct sockaddr *)&in, sizeof(in)));
	len = sizeof(in);
	step(getsockname(s, (struct sockaddr *)&in, &len));
	step(sendto(s, "abc", 3, MSG_DONTWAIT, (struct sockaddr *)&in,
		    sizeof(in)));
	step(recv(s, buf, sizeof(buf), MSG_DONTWAIT));
	drop(s);
}

static void on_signal(int sig)
{
}

static void events(void)
{
	struct itimerspec its = { .it_value.tv_nsec = 1000000 };
	struct epoll_event ev = { .events = EPOLLIN };
	struct sigevent se = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGRTMIN };
	struct pollfd pf = { .events = POLLIN };
	sigset_t set;
	timer_t timer;
	uint64_t n = 1;
	char buf[4096];
	int p[2], e, t, i;

	if (step(pipe2(p, O_NONBLOCK)) >= 0) {
		step(fcntl(p[1], F_SETPIPE_SZ, 1 << 17));
		step(write(p[1], buf, sizeof(buf)));
		step(read(p[0], buf, sizeof(buf)));
		close(p[0]);
		close(p[1]);
	}
	e = (int)step(epoll_create1(0));
	t = (int)step(eventfd(0, 0));
	step(epoll_ctl(e, EPOLL_CTL_ADD, t, &ev));
	step(write(t, &n, 8));
	step(epoll_wait(e, &ev, 1, 0));
	pf.fd = t;
	step(poll(&pf, 1, 0));
	drop(t);
	drop(e);
	t = (int)step(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	step(timerfd_settime(t, 0, &its, NULL));
	drop(t);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	t = (int)step(signalfd(-1, &set, 0));
	drop(t);
	signal(SIGRTMIN, on_signal);
	step(kill(getpid(), SIGRTMIN));
	if (step(timer_create(CLOCK_MONOTONIC, &se, &timer)) >= 0) {
		step(timer_settime(timer, 0, &its, NULL));
		step(timer_delete(timer));
	}
	t = (int)step(inotify_init1(IN_NONBLOCK));
	step(inotify_add_watch(t, "/tmp", IN_ALL_EVENTS));
	i = open("/tmp/x", O_RDWR | O_CREAT, 0600);
	drop(i);
	unlink("/tmp/x");
	drop(t);
	t = (int)step(msgget(IPC_PRIVATE, 0600));
	step(msgsnd(t, &n, 0, IPC_NOWAIT));
	step(msgctl(t, IPC_RMID, NULL));
	t = (int)step(semget(IPC_PRIVATE, 3, 0600));
	step(semop(t, &(struct sembuf){ 0, 1, SEM_UNDO }, 1));
	step(semctl(t, 0, IPC_RMID));
	t = posix_openpt(O_RDWR | O_NOCTTY);
	if (step(t) >= 0 && !unlockpt(t)) {
		i = open(ptsname(t), O_RDWR | O_NOCTTY);
		step(i);
		step(write(t, "abc\n", 4));
		drop(i);
	}
	drop(t);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (round_nr = 1; round_nr <= 2; round_nr++) {
		errors = 0;
		tasks();
		files();
		memory();
		sockets();
		events();
		printf("round %d done\n", round_nr);
	}
	return errors ? 1 : 0;
}
