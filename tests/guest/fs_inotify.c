// SPDX-License-Identifier: GPL-2.0
/* inotify(7). */
#include "fs_util.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int in;

/* "wd mask name", or the errno. */
static const char *event(void)
{
	static char buf[4096], out[300];
	static long have, at;
	struct inotify_event *e;

	if (at == have) {
		at = 0;
		have = read(in, buf, sizeof(buf));
		if (have < 0) {
			have = 0;
			return errno == EAGAIN ? "none" : "error";
		}
	}
	e = (void *)(buf + at);
	at += (long)sizeof(*e) + e->len;
	snprintf(out, sizeof(out), "%d %x %s", e->wd, e->mask,
		 e->len ? e->name : "");
	return out;
}

#define EVENT(wd, mask, name)                                                  \
	do {                                                                   \
		char want[300];                                                \
		snprintf(want, sizeof(want), "%d %x %s", wd, (unsigned)(mask), \
			 name);                                                \
		CHECK_STR(event(), want);                                      \
	} while (0)

T(events_of_a_directory)
{
	char c;
	int fd, wd, n;

	in_new_dir();
	in = inotify_init1(IN_NONBLOCK);
	CHECK(in >= 0);
	CHECK_STR(event(), "none");
	wd = inotify_add_watch(in, ".", IN_ALL_EVENTS);
	CHECK_EQ(wd, 1);
	CHECK_EQ(inotify_add_watch(in, ".", IN_ALL_EVENTS), 1);
	CHECK_ERRNO(inotify_add_watch(in, ".", IN_OPEN | IN_MASK_CREATE),
		    EEXIST);
	CHECK_ERRNO(inotify_add_watch(in, "none", IN_CREATE), ENOENT);
	CHECK_ERRNO(inotify_add_watch(in, ".", 0), EINVAL);
	CHECK_ERRNO(inotify_add_watch(0, ".", IN_OPEN), EINVAL);
	fd = open("f", O_CREAT | O_RDWR, 0600);
	EVENT(wd, IN_CREATE, "f");
	EVENT(wd, IN_OPEN, "f");
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(write(fd, "x", 1), 1); /* twice the same is once */
	CHECK_EQ(ioctl(in, FIONREAD, &n), 0);
	CHECK_EQ(n, 32);
	EVENT(wd, IN_MODIFY, "f");
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	EVENT(wd, IN_ACCESS, "f");
	CHECK_EQ(ftruncate(fd, 0), 0);
	EVENT(wd, IN_MODIFY, "f");
	CHECK_EQ(close(fd), 0);
	EVENT(wd, IN_CLOSE_WRITE, "f");
	close(open("f", O_RDONLY));
	EVENT(wd, IN_OPEN, "f");
	EVENT(wd, IN_CLOSE_NOWRITE, "f");
	CHECK_EQ(chmod("f", 0644), 0);
	EVENT(wd, IN_ATTRIB, "f");
	CHECK_EQ(rename("f", "g"), 0);
	EVENT(wd, IN_MOVED_FROM, "f");
	EVENT(wd, IN_MOVED_TO, "g");
	CHECK_EQ(mkdir("d", 0755), 0);
	EVENT(wd, IN_CREATE | IN_ISDIR, "d");
	CHECK_EQ(rmdir("d"), 0);
	EVENT(wd, IN_DELETE | IN_ISDIR, "d");
	CHECK_EQ(symlink("x", "s"), 0);
	EVENT(wd, IN_CREATE, "s");
	CHECK_EQ(link("g", "h"), 0);
	EVENT(wd, IN_CREATE, "h");
	CHECK_EQ(inotify_rm_watch(in, wd), 0);
	EVENT(wd, IN_IGNORED, "");
	CHECK_ERRNO(inotify_rm_watch(in, wd), EINVAL);
	CHECK_STR(event(), "none");
}

T(events_of_a_file)
{
	int wd, fd;

	in_new_dir();
	put("f", "x");
	in = inotify_init1(IN_NONBLOCK);
	wd = inotify_add_watch(in, "f",
			       IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
	CHECK_EQ(rename("f", "g"), 0);
	EVENT(wd, IN_MOVE_SELF, "");
	CHECK_EQ(link("g", "h"), 0);
	EVENT(wd, IN_ATTRIB, "");
	CHECK_EQ(unlink("h"), 0);
	EVENT(wd, IN_ATTRIB, "");
	fd = open("g", O_RDONLY);
	CHECK_EQ(unlink("g"), 0);
	EVENT(wd, IN_ATTRIB, "");
	CHECK_STR(event(), "none"); /* still open */
	CHECK_EQ(close(fd), 0);
	EVENT(wd, IN_DELETE_SELF, "");
	EVENT(wd, IN_IGNORED, "");
}

T(one_shot_and_masks)
{
	struct pollfd p;
	int wd;

	in_new_dir();
	in = inotify_init1(IN_NONBLOCK);
	p = (struct pollfd){ in, POLLIN, 0 };
	CHECK_EQ(inotify_add_watch(in, ".", IN_CREATE | IN_ONESHOT), 1);
	CHECK_EQ(poll(&p, 1, 0), 0);
	put("a", "");
	put("b", "");
	CHECK_EQ(poll(&p, 1, 0), 1);
	EVENT(1, IN_CREATE, "a");
	EVENT(1, IN_IGNORED, "");
	CHECK_STR(event(), "none");
	wd = inotify_add_watch(in, ".", IN_CREATE);
	CHECK_EQ(wd, 2);
	CHECK_EQ(inotify_add_watch(in, ".", IN_DELETE | IN_MASK_ADD), 2);
	put("c", "");
	CHECK_EQ(unlink("c"), 0);
	EVENT(2, IN_CREATE, "c");
	EVENT(2, IN_DELETE, "c");
	put("f", "");
	CHECK_ERRNO(inotify_add_watch(in, "f", IN_ONLYDIR | IN_OPEN), ENOTDIR);
	CHECK_STR(event(), "2 100 f");
}

T(reading_waits)
{
	char buf[16 + 16];
	pid_t pid;

	in_new_dir();
	in = inotify_init1(0);
	CHECK_EQ(inotify_add_watch(in, ".", IN_CREATE), 1);
	CHECK_ERRNO(fcntl(in, F_SETLK, &(struct flock){ .l_type = 9 }), EINVAL);
	pid = fork();
	if (!pid) {
		usleep(50000);
		put("x", "");
		_exit(0);
	}
	CHECK_EQ(read(in, buf, sizeof(buf)), 32);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	put("y", "");
	CHECK_ERRNO(read(in, buf, 8), EINVAL);
}

T_MAIN
