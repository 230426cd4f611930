// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX access control lists, by their attributes: acl(5). On the host in a
 * file system that has them (tmpfs has), else skipped.
 */
#include "t.h"
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define ACCESS	"system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

enum {
	USER_OBJ = 1,
	USER = 2,
	GROUP_OBJ = 4,
	GROUP = 8,
	MASK = 16,
	OTHER = 32
};

struct entry {
	unsigned short tag, perm;
	unsigned id;
};
struct list {
	unsigned version;
	struct entry e[8];
};
#define SIZE(n) (4 + (n) * sizeof(struct entry))

/* owner, one named user, group, mask, others */
static struct list named(unsigned uid, unsigned perm, unsigned mask)
{
	return (struct list){ 2,
			      { { USER_OBJ, 6, -1u },
				{ USER, (unsigned short)perm, uid },
				{ GROUP_OBJ, 4, -1u },
				{ MASK, (unsigned short)mask, -1u },
				{ OTHER, 0, -1u } } };
}

static void enter(void)
{
	static const char *const places[] = { "/dev/shm", "/run", "/tmp" };
	struct list l = named(1, 4, 4);

	for (int i = 0; i < 3; i++) {
		char dir[64];

		snprintf(dir, sizeof(dir), "%s/acl-XXXXXX", places[i]);
		if (!mkdtemp(dir))
			continue;
		if (!setxattr(dir, ACCESS, &l, SIZE(5), 0)) {
			CHECK_EQ(removexattr(dir, ACCESS), 0);
			CHECK_EQ(chmod(dir, 0755), 0);
			CHECK_EQ(chdir(dir), 0);
			return;
		}
		rmdir(dir);
	}
	SKIP("no access control lists here");
}

static void leave(const char *name)
{
	char cwd[256];

	if (name)
		unlink(name);
	if (getcwd(cwd, sizeof(cwd)))
		rmdir(cwd);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	CHECK_EQ(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

T(the_mask_is_the_group_bits)
{
	struct list l = named(1, 7, 5), got;
	int fd;

	enter();
	fd = open("f", O_CREAT | O_RDWR, 0640);
	CHECK(fd >= 0);
	CHECK_ERRNO(getxattr("f", ACCESS, &got, sizeof(got)), ENODATA);
	CHECK_EQ(fsetxattr(fd, ACCESS, &l, SIZE(5), 0), 0);
	CHECK_EQ(mode_of("f"), 0650);
	CHECK_EQ(getxattr("f", ACCESS, NULL, 0), SIZE(5));
	CHECK_ERRNO(getxattr("f", ACCESS, &got, 8), ERANGE);
	CHECK_EQ(getxattr("f", ACCESS, &got, sizeof(got)), SIZE(5));
	CHECK(!memcmp(&got, &l, SIZE(5)));
	CHECK_EQ(chmod("f", 0604), 0);
	CHECK_EQ(getxattr("f", ACCESS, &got, sizeof(got)), SIZE(5));
	CHECK_EQ(got.e[3].perm, 0); /* the mask */
	CHECK_EQ(got.e[4].perm, 4); /* others */
	CHECK_EQ(got.e[1].perm, 7);
	CHECK_EQ(removexattr("f", ACCESS), 0);
	CHECK_ERRNO(getxattr("f", ACCESS, &got, sizeof(got)), ENODATA);
	leave("f");
}

T(a_list_that_is_a_mode_is_not_kept)
{
	struct list l = { 2,
			  { { USER_OBJ, 7, -1u },
			    { GROUP_OBJ, 5, -1u },
			    { OTHER, 1, -1u } } };
	char names[64];

	enter();
	close(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_EQ(setxattr("f", ACCESS, &l, SIZE(3), 0), 0);
	CHECK_EQ(mode_of("f"), 0751);
	CHECK_ERRNO(getxattr("f", ACCESS, &l, sizeof(l)), ENODATA);
	CHECK_EQ(listxattr("f", names, sizeof(names)), 0);
	l = named(5, 4, 4);
	CHECK_EQ(setxattr("f", ACCESS, &l, SIZE(5), 0), 0);
	CHECK_EQ(listxattr("f", names, sizeof(names)), sizeof(ACCESS));
	CHECK_STR(names, ACCESS);
	leave("f");
}

T(lists_that_cannot_be)
{
	struct list l = named(1, 4, 4);

	enter();
	close(open("f", O_CREAT | O_RDWR, 0600));
	CHECK_ERRNO(setxattr("f", ACCESS, &l, 3, 0), EINVAL);
	CHECK_ERRNO(setxattr("f", ACCESS, &l, SIZE(5) - 1, 0), EINVAL);
	CHECK_ERRNO(setxattr("f", ACCESS, &l, SIZE(4), 0), EINVAL);
	l.version = 1;
	CHECK_ERRNO(setxattr("f", ACCESS, &l, SIZE(5), 0), EOPNOTSUPP);
	l = named(1, 8, 4);
	CHECK_ERRNO(setxattr("f", ACCESS, &l, SIZE(5), 0), EINVAL);
	l = named(1, 4, 4);
	l.e[3].tag = GROUP; /* no mask */
	CHECK_ERRNO(setxattr("f", ACCESS, &l, SIZE(5), 0), EINVAL);
	l = named(1, 4, 4);
	l.e[0].tag = OTHER; /* not in order */
	CHECK_ERRNO(setxattr("f", ACCESS, &l, SIZE(5), 0), EINVAL);
	l = named(1, 4, 4);
	CHECK_ERRNO(setxattr("f", DEFAULT, &l, SIZE(5), 0), EACCES);
	CHECK_EQ(setxattr("f", DEFAULT, NULL, 0, 0), 0);
	CHECK_EQ(symlink("f", "s"), 0);
	CHECK_ERRNO(lsetxattr("s", ACCESS, &l, SIZE(5), 0), EOPNOTSUPP);
	CHECK_ERRNO(lgetxattr("s", ACCESS, &l, SIZE(5)), EOPNOTSUPP);
	unlink("s");
	leave("f");
}

T(new_files_begin_with_the_default_list)
{
	struct list l = named(7, 7, 7), got;
	char names[128];

	enter();
	umask(077); /* does not count where there is a default list */
	CHECK_EQ(setxattr(".", DEFAULT, &l, SIZE(5), 0), 0);
	CHECK_EQ(mode_of("."), 0755);
	close(open("f", O_CREAT | O_RDWR, 0664));
	CHECK_EQ(mode_of("f"), 0660);
	CHECK_EQ(getxattr("f", ACCESS, &got, sizeof(got)), SIZE(5));
	CHECK_EQ(got.e[0].perm, 6);
	CHECK_EQ(got.e[1].perm, 7);
	CHECK_EQ(got.e[3].perm, 6); /* mask: what open(2) asked for */
	CHECK_EQ(mkdir("d", 0777), 0);
	CHECK_EQ(mode_of("d"), 0670);
	CHECK_EQ(getxattr("d", DEFAULT, &got, sizeof(got)), SIZE(5));
	CHECK(!memcmp(&got, &l, SIZE(5)));
	CHECK_EQ(listxattr("d", names, sizeof(names)),
		 sizeof(ACCESS) + sizeof(DEFAULT));
	rmdir("d");
	unlink("f");
	CHECK_EQ(removexattr(".", DEFAULT), 0);
	close(open("f", O_CREAT | O_RDWR, 0664));
	CHECK_EQ(mode_of("f"), 0600);
	leave("f");
}

/* As root: whom does a list let in? */
static int may(unsigned uid, unsigned gid, const char *path, int how)
{
	int status;

	if (!fork()) {
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
			_exit(99);
		_exit(open(path, how) >= 0 ? 0 : errno);
	}
	wait(&status);
	return WEXITSTATUS(status);
}

T(named_users_are_let_in)
{
	struct list l = named(1000, 6, 6), none = named(1000, 0, 7);
	char path[300];

	if (getuid())
		SKIP("needs root");
	enter();
	CHECK(getcwd(path, 256) != NULL);
	strcat(path, "/f");
	umask(0);
	close(open("f", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(may(1000, 1000, path, O_RDONLY), 0);
	CHECK_EQ(setxattr("f", ACCESS, &l, SIZE(5), 0), 0);
	CHECK_EQ(may(1000, 1000, path, O_RDWR), 0);
	CHECK_EQ(may(1001, 1000, path, O_RDONLY), EACCES);
	CHECK_EQ(may(1001, 0, path, O_RDONLY), 0);
	CHECK_EQ(may(1001, 0, path, O_RDWR), EACCES);
	CHECK_EQ(chmod("f", 0640), 0); /* the mask again */
	CHECK_EQ(may(1000, 1000, path, O_RDWR), EACCES);
	CHECK_EQ(may(1000, 1000, path, O_RDONLY), 0);
	/* a denial for one whom the mode of a directory would let through */
	none.e[4].perm = 5;
	CHECK_EQ(setxattr(".", ACCESS, &none, SIZE(5), 0), 0);
	CHECK_EQ(may(1000, 1000, path, O_RDONLY), EACCES);
	leave("f");
}

T_MAIN
