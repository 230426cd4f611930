/* SPDX-License-Identifier: GPL-2.0 */
/* Steps of the random programs: names and what is behind them. */

/* A write that faults leaves a page behind, or not. */
static int blocks_unsure;

static void show_stat(const struct stat *st)
{
	out(" mode %o nlink %ld uid %d gid %d rdev %lx", st->st_mode,
	    (long)st->st_nlink, st->st_uid, st->st_gid, (long)st->st_rdev);
	if (!S_ISDIR(st->st_mode))
		out(" size %ld blocks %ld", (long)st->st_size,
		    blocks_unsure ? -1 : (long)st->st_blocks);
}

static const unsigned open_flags[] = { O_CREAT,	    O_CREAT,	O_CREAT,
				       O_EXCL,	    O_TRUNC,	O_APPEND,
				       O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC,
				       O_PATH,	    O_SYNC };
static const unsigned modes[] = { 0644, 0600,  0777,  0,     0444, 0222,
				  0755, 04755, 02755, 01777, 0311, 07777 };

static void f_open(struct rng *r)
{
	const char *s = arg_name(r);
	unsigned fl;

	out(", ");
	fl = FLAGS(r, open_flags, 18) | below(r, 3) | O_NONBLOCK;
	if (chance(r, 2))
		fl |= 3;
	unsigned m = PICK(r, modes);
	out("|%o, %o", fl & 3, m);
	res(open(s, (int)fl, m));
}
static void f_tmpfile(struct rng *r)
{
	const char *s = arg_name(r);
	unsigned fl = O_TMPFILE | below(r, 3) | (chance(r, 20) ? O_EXCL : 0);

	out(", %x", fl);
	res(open(s, (int)fl, 0640));
}
static void f_linkfd(struct rng *r)
{
	char path[32];
	int fd = arg_fd(r);
	const char *s;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	out(", ");
	s = arg_name(r);
	res(linkat(AT_FDCWD, path, AT_FDCWD, s, AT_SYMLINK_FOLLOW));
}
static void f_openat(struct rng *r)
{
	int fd = arg_fd(r);
	const char *s;
	unsigned fl;

	out(", ");
	s = arg_name(r);
	out(", ");
	fl = FLAGS(r, open_flags, 15) | below(r, 3) | O_NONBLOCK;
	res(openat(fd, s, (int)fl, 0644));
}
static void f_mkdir(struct rng *r)
{
	const char *s = arg_name(r);
	unsigned m = chance(r, 80) ? 0755 : PICK(r, modes);

	out(", %o", m);
	res(mkdir(s, m));
}
static void f_rmdir(struct rng *r)
{
	res(rmdir(arg_name(r)));
}
static void f_unlink(struct rng *r)
{
	res(unlink(arg_name(r)));
}
static void f_rename(struct rng *r)
{
	static const unsigned fl[] = { 0, 0, 0, 0, 1, 2, 2, 3, 8 };
	const char *a = arg_name(r), *b;
	unsigned f = PICK(r, fl);

	out(", ");
	b = arg_name(r);
	out(", %u", f);
	res(renameat2(AT_FDCWD, a, AT_FDCWD, b, f));
}
static void f_link(struct rng *r)
{
	const char *a = arg_name(r), *b;
	int fl = chance(r, 30) ? AT_SYMLINK_FOLLOW : 0;

	out(", ");
	b = arg_name(r);
	out(", %d", fl);
	res(linkat(AT_FDCWD, a, AT_FDCWD, b, fl));
}
static void f_symlink(struct rng *r)
{
	static const char *const to[] = { "a",	 "b", "d", "l", "nowhere", "b",
					  "d/e", "",  "m", ".", "a/" };
	static const char *const at[] = { "l", "m", "d/y", "b/y", "c" };
	const char *t = PICK(r, to), *s = PICK(r, at);

	out("\"%s\", \"%s\"", t, s);
	res(symlink(t, s));
}
static void f_readlink(struct rng *r)
{
	char b[64];
	long n = res(readlink(arg_name(r), b, chance(r, 80) ? 64 : 2));

	if (n > 0)
		out(" %.*s", (int)n, b);
}
static void f_mknod(struct rng *r)
{
	static const unsigned t[] = { S_IFIFO, S_IFIFO, S_IFREG, S_IFSOCK,
				      S_IFBLK, S_IFBLK, 0,	 S_IFDIR };
	const char *s = arg_name(r);
	unsigned m = PICK(r, t) | 0664;

	out(", %o", m);
	res(mknod(s, m, 0));
}
static void f_chmod(struct rng *r)
{
	const char *s = arg_name(r);
	unsigned m = PICK(r, modes);

	out(", %o", m);
	res(chmod(s, m));
}
static void f_chown(struct rng *r)
{
	const char *s = arg_name(r);
	int how = (int)below(r, 5);
	uid_t u = how == 0 ? getuid() : how == 1 ? 1 : (uid_t)-1;
	gid_t g = how == 2 ? getgid() : how == 3 ? 1 : (gid_t)-1;

	out(", %d", how);
	res(chown(s, u, g));
}
static void f_stat(struct rng *r)
{
	const char *s = arg_name(r);
	int fl = chance(r, 50) ? AT_SYMLINK_NOFOLLOW : 0;
	struct stat st;

	out(", %d", fl);
	if (!res(fstatat(AT_FDCWD, s, &st, fl)))
		show_stat(&st);
}
static void f_statx(struct rng *r)
{
	const char *s = arg_name(r);
	struct statx st;

	if (!res(statx(AT_FDCWD, s, AT_SYMLINK_NOFOLLOW, STATX_ALL, &st)))
		out(" mask %x mode %o attr %llx", st.stx_mask & 0xfff,
		    st.stx_mode,
		    (long long)st.stx_attributes &
			    ~(long long)STATX_ATTR_MOUNT_ROOT);
}
static void f_utimens(struct rng *r)
{
	const char *s = arg_name(r);
	struct timespec ts[2];
	struct stat st;

	for (int i = 0; i < 2; i++) {
		ts[i].tv_sec = (long)below(r, 2000000000);
		ts[i].tv_nsec = chance(r, 10) ? 1000000000
					      : (long)below(r, 999);
		if (chance(r, 10))
			ts[i].tv_nsec = UTIME_OMIT;
	}
	res(utimensat(AT_FDCWD, s, ts, 0));
	if (!stat(s, &st) && st.st_mtime < 2000000000 &&
	    st.st_mtime < 1700000000)
		out(" mtime %ld", (long)st.st_mtime);
}
static void f_truncate(struct rng *r)
{
	const char *s = arg_name(r);

	out(", ");
	res(truncate(s, arg_off(r)));
}
static void f_access(struct rng *r)
{
	const char *s = arg_name(r);
	int m = (int)below(r, 9);

	out(", %d", m);
	res(access(s, m));
}
static void f_chdir(struct rng *r)
{
	char b[PATH_MAX];
	const char *s;

	if (chance(r, 50)) {
		out("..");
		s = getcwd(b, sizeof(b)) && strstr(b, "/fuzz") &&
				    !strchr(strstr(b, "/fuzz") + 1, '/')
			    ? "."
			    : "..";
	} else {
		s = arg_name(r);
	}
	res(chdir(s));
	if (getcwd(b, sizeof(b)) && strstr(b, "/fuzz") &&
	    strlen(strstr(b, "/fuzz")) > 11)
		out(" %s", strstr(b, "/fuzz") + 11);
}
static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}
static void f_list(struct rng *r)
{
	const char *s = chance(r, 50) ? "." : arg_name(r);
	char *names[64];
	int n = 0;
	DIR *d = opendir(s);

	out(chance(r, 0) ? "" : s);
	res(d ? 0 : -1);
	for (struct dirent *e; d && n < 64 && (e = readdir(d));) {
		char b[300];

		snprintf(b, sizeof(b), "%s:%d", e->d_name, e->d_type);
		names[n++] = strdup(b);
	}
	qsort(names, (size_t)n, sizeof(*names), by_name);
	for (int i = 0; i < n; i++) {
		out(" %s", names[i]);
		free(names[i]);
	}
	if (d)
		closedir(d);
}
static const char *const xnames[] = { "user.a",	   "user.bb", "user.",
				      "trusted.x", "bad",     "security.x",
				      "system.x" };
static void f_setxattr(struct rng *r)
{
	const char *s = arg_name(r), *x = PICK(r, xnames);
	size_t n = chance(r, 90) ? below(r, 100) : 65537;
	int fl = chance(r, 60) ? 0 : (int)below(r, 4);

	out(", %s, %zu, %d", x, n, fl);
	res(lsetxattr(s, x, fuzz_buf, n, fl));
}
static void f_getxattr(struct rng *r)
{
	char b[128];
	const char *s = arg_name(r), *x = PICK(r, xnames);
	size_t n = chance(r, 70) ? 128 : below(r, 30);

	out(", %s, %zu", x, n);
	res(lgetxattr(s, x, b, n));
}
static void f_listxattr(struct rng *r)
{
	char b[128];
	const char *s = arg_name(r);
	size_t n = chance(r, 70) ? 128 : below(r, 30);

	out(", %zu", n);
	res(llistxattr(s, b, n));
}
static void f_removexattr(struct rng *r)
{
	const char *s = arg_name(r), *x = PICK(r, xnames);

	out(", %s", x);
	res(lremovexattr(s, x));
}
static void f_umask(struct rng *r)
{
	res(umask(PICK(r, modes) & 0777 & ~0700u));
}
static void f_bind(struct rng *r)
{
	struct sockaddr_un was;
	socklen_t len = sizeof(was);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = arg_fd(r);

	out(", ");
	strcpy(un.sun_path, arg_name(r));
	if (!getsockname(fd, (struct sockaddr *)&was, &len) && len > 2) {
		out(") bound");
		return;
	}
	res(bind(fd, (struct sockaddr *)&un, sizeof(un)));
}

const struct step steps_file[] = {
	{ "open", f_open, 40 },
	{ "tmpfile", f_tmpfile, 2 },
	{ "linkfd", f_linkfd, 2 },
	{ "openat", f_openat, 8 },
	{ "mkdir", f_mkdir, 12 },
	{ "rmdir", f_rmdir, 6 },
	{ "unlink", f_unlink, 8 },
	{ "rename", f_rename, 12 },
	{ "link", f_link, 6 },
	{ "symlink", f_symlink, 6 },
	{ "readlink", f_readlink, 3 },
	{ "mknod", f_mknod, 5 },
	{ "chmod", f_chmod, 8 },
	{ "chown", f_chown, 4 },
	{ "stat", f_stat, 12 },
	{ "statx", f_statx, 3 },
	{ "utimens", f_utimens, 4 },
	{ "truncate", f_truncate, 6 },
	{ "access", f_access, 4 },
	{ "chdir", f_chdir, 3 },
	{ "list", f_list, 5 },
	{ "setxattr", f_setxattr, 4 },
	{ "getxattr", f_getxattr, 3 },
	{ "listxattr", f_listxattr, 2 },
	{ "removexattr", f_removexattr, 2 },
	{ "umask", f_umask, 1 },
	{ "bind", f_bind, 3 },
	{ NULL, NULL, 0 },
};
