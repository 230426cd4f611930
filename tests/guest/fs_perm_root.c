// SPDX-License-Identifier: GPL-2.0
/* Permission, as root and as somebody else: path_resolution(7), inode(7). */
#include "fs_util.h"
#include <grp.h>
#include <sys/wait.h>

static void (*user_fn)(void);

static void drop(void)
{
	gid_t g = 2000;

	CHECK_EQ(setgroups(1, &g), 0);
	CHECK_EQ(setresgid(1000, 1000, 1000), 0);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	user_fn();
}
static void as_user(void (*fn)(void))
{
	user_fn = fn;
	in_child(drop);
}

static void user_refused(void)
{
	struct stat st;

	CHECK_ERRNO(stat("p/secret", &st), EACCES);
	CHECK_ERRNO(open("p/secret", O_RDONLY), EACCES);
	CHECK_ERRNO(open("p/none", O_CREAT | O_RDWR, 0600), EACCES);
	CHECK_ERRNO(access("p/secret", F_OK), EACCES);
	CHECK_ERRNO(open("pub/root", O_RDWR), EACCES);
	CHECK(open("pub/root", O_RDONLY) >= 0);
	CHECK_ERRNO(open("pub/root", O_RDONLY | O_TRUNC), EACCES);
	CHECK_ERRNO(open("pub/root", O_RDONLY | O_NOATIME), EPERM);
	CHECK_ERRNO(chmod("pub/root", 0666), EPERM);
	CHECK_ERRNO(unlink("pub/root"), EPERM); /* sticky */
	CHECK_ERRNO(rename("pub/root", "pub/mine"), EPERM);
	CHECK_ERRNO(access("pub/root", W_OK), EACCES);
	CHECK_EQ(access("pub/root", R_OK), 0);
	CHECK_ERRNO(utimensat(AT_FDCWD, "pub/root", NULL, 0), EACCES);
	CHECK_ERRNO(utimensat(AT_FDCWD, "pub/root",
			      (struct timespec[2]){ { 1, 1 }, { 1, 1 } }, 0),
		    EPERM);
	CHECK_ERRNO(chown("pub/root", 1000, -1), EPERM);
	CHECK_ERRNO(truncate("pub/root", 0), EACCES);
	CHECK_ERRNO(mknod("pub/dev", S_IFCHR | 0600, 0x103), EPERM);
	CHECK_ERRNO(chroot("."), EPERM);
	CHECK_ERRNO(chdir("p"), EACCES);
	CHECK_ERRNO(mkdir("ro/x", 0755), EACCES);
	CHECK_ERRNO(unlink("ro/none"), ENOENT);
	CHECK_ERRNO(rmdir("ro/d"), EACCES);
}

static void user_own(void)
{
	put("pub/own", "o");
	CHECK_EQ(chmod("pub/own", 0400), 0);
	CHECK_ERRNO(open("pub/own", O_WRONLY), EACCES);
	CHECK_EQ(chown("pub/own", -1, 2000), 0); /* own group */
	CHECK_ERRNO(chown("pub/own", -1, 3000), EPERM);
	CHECK_ERRNO(chown("pub/own", 0, -1), EPERM);
	CHECK_EQ(chmod("pub/own", 02755), 0);
	CHECK_EQ(st_of("pub/own").st_mode & 07777, 02755);
}
static void user_strange_group(void)
{
	CHECK_EQ(chmod("pub/own", 02755), 0);
	CHECK_EQ(st_of("pub/own").st_mode & 07777, 0755);
}
static void user_groups(void)
{
	CHECK(open("grp", O_RDWR) >= 0);
	CHECK_ERRNO(open("notgrp", O_RDONLY), EACCES);
	CHECK_ERRNO(open("mine", O_RDONLY), EACCES); /* owner comes first */
}
static void user_writes_suid(void)
{
	int fd = open("pub/suid", O_WRONLY);

	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(st_of("pub/suid").st_mode & 07777, 0777);
}

T(refusals)
{
	in_new_dir();
	CHECK_EQ(mkdir("p", 0700), 0);
	CHECK_EQ(mkdir("pub", 0777), 0);
	CHECK_EQ(mkdir("ro", 0755), 0);
	CHECK_EQ(mkdir("ro/d", 0755), 0);
	CHECK_EQ(chmod("pub", 01777), 0);
	put("p/secret", "s");
	put("pub/root", "r");
	CHECK_EQ(chmod("pub/root", 0604), 0);
	as_user(user_refused);
	/* even root needs one x bit to run, but to read nothing */
	CHECK_ERRNO(access("pub/root", X_OK), EACCES);
	CHECK_EQ(chmod("pub/root", 0), 0);
	CHECK_EQ(access("pub/root", R_OK | W_OK), 0);
}

T(owner_and_groups)
{
	in_new_dir();
	CHECK_EQ(mkdir("pub", 0777), 0);
	CHECK_EQ(chmod("pub", 0777), 0);
	as_user(user_own);
	CHECK_EQ(chown("pub/own", -1, 5), 0);
	CHECK_EQ(st_of("pub/own").st_mode & 07777, 0755); /* bit lost */
	as_user(user_strange_group);
	put("grp", "g");
	CHECK_EQ(chown("grp", 0, 2000), 0);
	CHECK_EQ(chmod("grp", 0060), 0);
	put("notgrp", "g");
	CHECK_EQ(chown("notgrp", 0, 2000), 0);
	CHECK_EQ(chmod("notgrp", 0704), 0);
	put("mine", "m");
	CHECK_EQ(chown("mine", 1000, 2000), 0);
	CHECK_EQ(chmod("mine", 0077), 0);
	as_user(user_groups);
}

T(set_id_bits)
{
	in_new_dir();
	CHECK_EQ(mkdir("pub", 0777), 0);
	/* set-group-id directories hand their group down */
	CHECK_EQ(chown("pub", -1, 7), 0);
	CHECK_EQ(chmod("pub", 02777), 0);
	CHECK_EQ(mkdir("pub/sub", 0755), 0);
	put("pub/file", "");
	CHECK_EQ(st_of("pub/sub").st_gid, 7);
	CHECK_EQ(st_of("pub/sub").st_mode & 07777, 02755);
	CHECK_EQ(st_of("pub/file").st_gid, 7);
	/* a write takes set-id bits away, but not root's */
	put("pub/suid", "");
	CHECK_EQ(chmod("pub/suid", 04777), 0);
	put("pub/suid", "x");
	CHECK_EQ(st_of("pub/suid").st_mode & 07777, 04777);
	as_user(user_writes_suid);
}

static void real_ids(void)
{
	CHECK_EQ(setresuid(1000, 0, 0), 0);
	CHECK_EQ(open("f", O_RDONLY) >= 0, 1);
	CHECK_ERRNO(access("f", R_OK), EACCES);
	CHECK_EQ(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS), 0);
}

T(access_asks_for_real_ids)
{
	in_new_dir();
	put("f", "x");
	CHECK_EQ(chmod("f", 0600), 0);
	in_child(real_ids);
}

T_MAIN
