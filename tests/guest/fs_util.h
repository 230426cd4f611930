/* SPDX-License-Identifier: GPL-2.0 */
/* Each file test works in a new, empty directory of its own. */
#ifndef FS_UTIL_H
#define FS_UTIL_H
#include "t.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static inline void in_new_dir(void)
{
	static char dir[] = "fs_XXXXXX";

	umask(022);
	CHECK(mkdtemp(dir));
	CHECK_EQ(chmod(dir, 0777), 0);
	CHECK_EQ(chdir(dir), 0);
}
static inline void put(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(close(fd), 0);
}
static inline const char *get(const char *path)
{
	static char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return "(none)";
	n = read(fd, buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	close(fd);
	return buf;
}
static inline struct stat st_of(const char *path)
{
	struct stat st;

	CHECK_EQ(lstat(path, &st), 0);
	return st;
}
/* Run fn in a child; it must return without a failed check. */
static inline void in_child(void (*fn)(void))
{
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		fn();
		fflush(stdout);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, 0);
}
#endif
