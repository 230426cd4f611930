// SPDX-License-Identifier: GPL-2.0
/* What random programs found (tests/diff/fuzz.c), a case for each. */
#include "fs_util.h"
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>

static volatile int got, got_code;

static void handler(int sig, siginfo_t *si, void *uc)
{
	got = sig;
	got_code = si->si_code;
}

static void catch (int sig)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = handler;
	sa.sa_flags = SA_SIGINFO;
	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

T(wait_is_not_interrupted_by_the_child_it_waits_for)
{
	int st;

	catch (SIGCHLD);
	for (int i = 0; i < 50; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(3);
		CHECK_EQ(waitpid(pid, &st, 0), pid);
		CHECK_EQ(WEXITSTATUS(st), 3);
	}
}

T(eventfd_takes_eight_bytes_only)
{
	struct pollfd p = { eventfd(0, 0), 0x3fff, 0 };
	char b[16] = { 1 };

	CHECK_ERRNO(write(p.fd, b, 16), EINVAL);
	CHECK_EQ(write(p.fd, b, 8), 8);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT);
	CHECK_EQ(lseek(p.fd, 5, SEEK_SET), 0);
	CHECK_ERRNO(lseek(p.fd, 5, 9), EINVAL);
	CHECK_ERRNO(pread(p.fd, b, 8, 0), ESPIPE);
	CHECK_ERRNO(ioctl(epoll_create1(0), TIOCOUTQ, b), EINVAL);
}

T(pipe_counts_in_slots)
{
	int p[2], n = 0;
	char b[5000];
	struct iovec v = { b, 10 };

	memset(b, 1, sizeof(b));
	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	while (write(p[1], b, 3000) == 3000) /* two do not share a page */
		n++;
	CHECK_EQ(n, 16);
	CHECK_ERRNO(fcntl(p[1], F_SETPIPE_SZ, 32768), EBUSY);
	CHECK_EQ(read(p[0], b, 3000), 3000);
	CHECK_EQ(write(p[1], b, 100), 100);
	CHECK_EQ(write(p[1], b, 3900), 3900); /* joins the last one */
	CHECK_ERRNO(write(p[1], b, 200), EAGAIN);
	CHECK_EQ(read(p[0], b, 3000), 3000);
	CHECK_EQ(vmsplice(p[1], &v, 1, 0), 10);
	CHECK_ERRNO(write(p[1], b, 1), EAGAIN); /* given pages are not joined */
}

T(pipe_write_that_faults_leaves_whole_pages)
{
	char *m = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int p[2];

	CHECK_EQ(mprotect(m + 2 * 4096, 4096, PROT_NONE), 0);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], m + 1000, 3 * 4096 - 1000), 4096);
	CHECK_ERRNO(write(p[1], m + 2 * 4096 - 10, 100), EFAULT);
}

T(pipe_without_a_reader_refuses_a_splice_at_once)
{
	int p[2], f;

	in_new_dir();
	put("f", "");
	f = open("f", O_RDONLY);
	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	catch (SIGPIPE);
	CHECK_ERRNO(sendfile(p[1], f, NULL, 10), EPIPE);
	CHECK_EQ(got, SIGPIPE);
	CHECK_EQ(got_code, SI_USER);
}

T(splice_from_pipe_to_pipe)
{
	int a[2], b[2];
	char c[16];

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe2(b, O_NONBLOCK), 0);
	CHECK_EQ(write(a[1], "hello", 5), 5);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 3, 0), 3);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, 0), 2);
	CHECK_EQ(read(b[0], c, 16), 5);
	CHECK(!memcmp(c, "hello", 5));
	CHECK_ERRNO(splice(a[0], NULL, a[1], NULL, 1, 0), EINVAL);
	CHECK_ERRNO(splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK),
		    EAGAIN);
}

T(packet_splits_when_spliced)
{
	int p[2], q[2];
	char b[300];

	CHECK_EQ(pipe2(p, O_DIRECT), 0);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_DIRECT, 0);
	CHECK_EQ(pipe(q), 0);
	CHECK_EQ(write(p[1], b, 250), 250);
	CHECK_EQ(splice(p[0], NULL, q[1], NULL, 200, 0), 200);
	CHECK_EQ(read(p[0], b, 300), 50);
}

T(copy_file_range_looks_at_what_there_is)
{
	struct rlimit rl = { 5000, RLIM_INFINITY };
	off_t in = 8192, out = 0;
	int fd;

	in_new_dir();
	fd = open("f", O_CREAT | O_RDWR, 0644);
	CHECK_EQ(ftruncate(fd, 9000), 0);
	CHECK_EQ(copy_file_range(fd, &in, fd, &out, 10000, 0), 808);
	in = 10000;
	CHECK_EQ(copy_file_range(fd, &in, fd, &out, 20000, 0), 0);
	out = LONG_MAX;
	CHECK_ERRNO(copy_file_range(fd, &in, fd, &out, 1, 0), EFBIG);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &rl), 0);
	catch (SIGXFSZ);
	out = 6000;
	CHECK_ERRNO(copy_file_range(fd, &in, fd, &out, 1, 0), EFBIG);
	CHECK_EQ(got, SIGXFSZ);
	CHECK_EQ(got_code, SI_USER);
}

T(position_must_not_overflow)
{
	char b[64];
	int fd;

	fd = memfd_create("f", 0);
	CHECK_ERRNO(pwrite(fd, b, 10, LONG_MAX - 5), EINVAL);
	CHECK_ERRNO(pread(fd, b, 10, LONG_MAX - 5), EINVAL);
	CHECK_EQ(lseek(fd, LONG_MAX, SEEK_SET), LONG_MAX);
	CHECK_ERRNO(write(fd, b, 10), EINVAL);
	CHECK_ERRNO(lseek(fd, 1, SEEK_CUR), EINVAL);
	CHECK_EQ(ftruncate(fd, LONG_MAX), 0);
	CHECK_ERRNO(lseek(fd, 1, SEEK_END), EINVAL);
	/* what no window can hold can be mapped all the same */
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
}

T(directories_seek_by_set_and_cur_only)
{
	int fd;

	in_new_dir();
	fd = open(".", O_RDONLY);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERRNO(fallocate(fd, 0, 0, 1), EBADF);
}

T(chown_takes_set_id_bits_even_from_nobody)
{
	in_new_dir();
	put("f", "");
	CHECK_EQ(chmod("f", 06777), 0);
	CHECK_EQ(chown("f", -1, -1), 0);
	CHECK_EQ(st_of("f").st_mode & 07777, 0777);
}

T(truncate_to_the_same_size_frees_what_is_beyond)
{
	int fd;

	in_new_dir();
	put("f", "");
	fd = open("f", O_RDWR);
	CHECK_EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 10000, 100), 0);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(st_of("f").st_blocks, 0);
}

T(fallocate_heeds_the_limit_even_when_the_size_stays)
{
	struct rlimit rl = { 100, RLIM_INFINITY };
	int fd;

	fd = memfd_create("f", 0); /* tmpfs; other file systems do not */
	CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND), 0);
	CHECK_EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			   100),
		 0); /* O_APPEND is no obstacle */
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &rl), 0);
	catch (SIGXFSZ);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 200), EFBIG);
	CHECK_EQ(got, SIGXFSZ);
}

T(flags_of_one_write)
{
	struct iovec v = { (void *)"ab", 2 };
	char b[8];
	int fd;

	in_new_dir();
	put("f", "12345");
	fd = open("f", O_RDWR | O_APPEND);
	CHECK_EQ(pwritev2(fd, &v, 1, 1, 0x20 /* RWF_NOAPPEND */), 2);
	CHECK_STR(get("f"), "1ab45");
	CHECK_EQ(pwritev2(fd, &v, 1, 1, 0), 2);
	CHECK_STR(get("f"), "1ab45ab");
	CHECK_ERRNO(pwritev2(fd, &v, 1, 1, 0x30), EINVAL);
	CHECK_ERRNO(pwritev2(fd, &v, 1, 1, 0x10000), EOPNOTSUPP);
	v.iov_len = 0;
	CHECK_EQ(pwritev2(fd, &v, 1, 1, 0x10000), 0);
	v.iov_base = b;
	v.iov_len = 8;
	CHECK_ERRNO(preadv2(open(".", O_RDONLY), &v, 1, -1, 2), EOPNOTSUPP);
}

T(xattr_arguments_come_before_the_path)
{
	char *big = calloc(1, 70000);

	in_new_dir();
	CHECK_ERRNO(setxattr("no", "user.a", big, 70000, 0), E2BIG);
	CHECK_ERRNO(setxattr("no", "user.a", big, 1, 9), EINVAL);
	put("f", "");
	CHECK_ERRNO(setxattr("f", "user.", big, 1, 0), EINVAL);
	CHECK_ERRNO(setxattr("f", "bad", big, 1, 0), EOPNOTSUPP);
}

T(inotify_wants_an_inotify_descriptor_first)
{
	in_new_dir();
	CHECK_ERRNO(inotify_add_watch(open(".", O_RDONLY), "no", IN_ACCESS),
		    EINVAL);
}

T(seals_want_a_descriptor_for_writing)
{
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK_ERRNO(fcntl(p[0], F_ADD_SEALS, 1), EPERM);
	CHECK_ERRNO(fcntl(p[1], F_ADD_SEALS, 1), EINVAL);
}

T(mmap_looks_at_the_place_before_the_file)
{
	char *m =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int p[2];

	CHECK_EQ(pipe(p), 0);
	CHECK(mmap(m, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, p[0],
		   0) == MAP_FAILED);
	CHECK_EQ(errno, EEXIST);
	CHECK(mmap(m + 1, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, p[1], 0) ==
	      MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
}

T(ofd_locks_can_be_asked_for_ones_own)
{
	struct flock l = { .l_type = F_RDLCK, .l_start = 5, .l_len = 3 };
	int fd;

	in_new_dir();
	fd = open("f", O_CREAT | O_RDWR, 0644);
	CHECK_EQ(fcntl(fd, F_OFD_SETLK, &l), 0);
	l.l_type = F_UNLCK;
	l.l_start = l.l_len = 0;
	CHECK_EQ(fcntl(fd, F_OFD_GETLK, &l), 0);
	CHECK_EQ(l.l_type, F_RDLCK);
	CHECK_EQ(l.l_start, 5);
	CHECK_EQ(l.l_len, 3);
}

T(bind_finds_the_name_taken)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	in_new_dir();
	put("f", "");
	strcpy(un.sun_path, "f/");
	CHECK_ERRNO(bind(fd, (struct sockaddr *)&un, sizeof(un)), EADDRINUSE);
	strcpy(un.sun_path, "s");
	CHECK_EQ(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	CHECK_ERRNO(bind(fd, (struct sockaddr *)&un, sizeof(un)), EADDRINUSE);
}

T(datagrams_after_shutdown)
{
	int s[2];
	char c;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(shutdown(s[0], SHUT_RD), 0);
	CHECK_ERRNO(recv(s[0], &c, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(recv(s[0], &c, 1, 0), 0);
}

/* A copy of this program that waits until its standard input ends. */
T(running_program_cannot_be_written)
{
	char b[65536];
	int p[2], in, out, st;
	ssize_t n;
	pid_t pid;

	if (getenv("WAIT_HERE")) { /* the copy */
		n = read(0, b, 1);
		_exit(7);
	}
	in_new_dir();
	in = open("/proc/self/exe", O_RDONLY);
	out = open("prog", O_CREAT | O_WRONLY, 0755);
	while ((n = read(in, b, sizeof(b))) > 0)
		CHECK_EQ(write(out, b, n), n);
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(fcntl(out, F_SETFD, 0), 0);
	CHECK_ERRNO(execl("./prog", "prog", NULL), ETXTBSY);
	CHECK_EQ(close(out), 0);
	pid = fork();
	if (!pid) {
		dup2(p[0], 0);
		dup2(open("/dev/null", O_WRONLY), 1);
		close(p[1]);
		close(p[0]);
		setenv("WAIT_HERE", "1", 1);
		execl("./prog", "prog", "running_program_cannot_be_written",
		      NULL);
		_exit(1);
	}
	for (;;) { /* until it runs */
		char link[64], path[4200];

		snprintf(link, sizeof(link), "/proc/%d/exe", pid);
		n = readlink(link, path, sizeof(path) - 1);
		path[n < 0 ? 0 : n] = 0;
		if (strstr(path, "/prog"))
			break;
		usleep(1000);
	}
	CHECK_ERRNO(open("prog", O_WRONLY), ETXTBSY);
	CHECK_ERRNO(open("prog", O_RDWR), ETXTBSY);
	CHECK_ERRNO(truncate("prog", 10), ETXTBSY);
	CHECK_EQ(rename("prog", "other"), 0);
	CHECK_EQ(unlink("other"), 0);
	close(p[1]);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st));
}

T_MAIN
