// SPDX-License-Identifier: GPL-2.0
/*
 * openat2(2) with RESOLVE_BENEATH and RESOLVE_IN_ROOT: nothing leads out, not
 * even a step up out of a directory that is moved away at that moment.
 */
#include "t.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static atomic_bool stop;
static int base;

static void *mover(void *arg)
{
	while (!atomic_load(&stop)) {
		renameat(base, "a/b", base, "x");
		renameat(base, "x", base, "a/b");
	}
	return NULL;
}

static int scoped(int dfd, const char *path, unsigned long long resolve)
{
	struct open_how how = { .flags = O_PATH, .resolve = resolve };

	return (int)syscall(SYS_openat2, dfd, path, &how, sizeof(how));
}

static void storm(unsigned long long resolve)
{
	char dir[] = "/tmp/scoped-XXXXXX";
	struct stat want, st;
	pthread_t t;
	int root;

	CHECK(mkdtemp(dir) != NULL);
	base = open(dir, O_PATH | O_DIRECTORY);
	CHECK_EQ(mkdirat(base, "a", 0755), 0);
	CHECK_EQ(mkdirat(base, "a/b", 0755), 0);
	CHECK_EQ(mkdirat(base, "a/b/c", 0755), 0);
	root = openat(base, "a", O_PATH | O_DIRECTORY);
	CHECK_EQ(fstat(root, &want), 0);
	CHECK_EQ(pthread_create(&t, NULL, mover, NULL), 0);
	for (int i = 0; i < 20000; i++) {
		int fd = scoped(root, "b/c/../../../..", resolve);

		if (fd < 0) {
			CHECK(errno == EXDEV || errno == EAGAIN ||
			      errno == ENOENT);
			continue;
		}
		CHECK_EQ(fstat(fd, &st), 0);
		/* only the root itself, and only where that is the top */
		CHECK_EQ(resolve, RESOLVE_IN_ROOT);
		CHECK_EQ(st.st_ino, want.st_ino);
		close(fd);
	}
	atomic_store(&stop, 1);
	pthread_join(t, NULL);
	renameat(base, "x", base, "a/b");
	unlinkat(base, "a/b/c", AT_REMOVEDIR);
	unlinkat(base, "a/b", AT_REMOVEDIR);
	unlinkat(base, "a", AT_REMOVEDIR);
	rmdir(dir);
}

T(beneath_holds_while_directories_move)
{
	storm(RESOLVE_BENEATH);
}
T(in_root_holds_while_directories_move)
{
	storm(RESOLVE_IN_ROOT);
}

T_MAIN
