// SPDX-License-Identifier: GPL-2.0
/* mount(2) and its relatives as root: flags, errors, shared subtrees. */
#include "d.h"

/* Where things are mounted here: mount points below this directory, with what
 * mountinfo tells of sharing, group numbers by order of appearance. */
static void show(void)
{
	char l[1000], cwd[PATH_MAX], root[400], at[400], opt[200], *rest;
	static int seen[64], nseen;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t n;

	if (!f || !getcwd(cwd, sizeof(cwd)))
		return;
	n = strlen(cwd);
	nseen = 0;
	while (fgets(l, sizeof(l), f)) {
		char *dash = strstr(l, " - ");

		if (!dash ||
		    sscanf(l, "%*d %*d %*s %399s %399s %199s", root, at, opt) !=
			    3 ||
		    strncmp(at, cwd, n))
			continue;
		rest = strstr(l, opt) + strlen(opt);
		*dash = 0;
		printf("  %s %s", at + n, opt);
		for (char *t = strtok(rest, " "); t; t = strtok(NULL, " ")) {
			char *c = strchr(t, ':');
			int g = c ? atoi(c + 1) : 0, i;

			if (!c) {
				printf(" %s", t);
				continue;
			}
			for (i = 0; i < nseen && seen[i] != g; i++)
				;
			if (i == nseen)
				seen[nseen++] = g;
			printf(" %.*s:%d", (int)(c - t), t, i);
		}
		printf("\n");
	}
	fclose(f);
}

/* A tmpfs of our own to work in. */
static void begin(void)
{
	R(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	R(mount("t", ".", "tmpfs", 0, NULL));
	chdir(getcwd(NULL, 0));
	for (int i = 0; i < 6; i++) {
		char n[2] = { (char)('a' + i), 0 };

		mkdir(n, 0755);
		strcpy((char[8]){ 0 }, n);
	}
	mkdir("a/x", 0755);
	mkdir("a/y", 0755);
	put("file", "");
	put("file2", "x");
}
#define BIND(a, b)  R(mount(a, b, NULL, MS_BIND, NULL))
#define RBIND(a, b) R(mount(a, b, NULL, MS_BIND | MS_REC, NULL))
#define TYPE(a, t)  R(mount("none", a, NULL, t, NULL))
#define TMP(a)	    R(mount("t", a, "tmpfs", 0, NULL))

D(errors)
{
	begin();
	R(mount("t", "missing", "tmpfs", 0, NULL));
	R(mount("t", "file", "tmpfs", 0, NULL));
	R(mount("t", "a", "nofs", 0, NULL));
	R(mount("t", "a", NULL, 0, NULL));
	R(mount(NULL, "a", "tmpfs", MS_BIND, NULL));
	R(mount("missing", "a", NULL, MS_BIND, NULL));
	R(mount("file", "a", NULL, MS_BIND, NULL));
	R(mount("a", "file", NULL, MS_BIND, NULL));
	R(mount("file2", "file", NULL, MS_BIND, NULL));
	C("file");
	R(umount("file"));
	R(umount("file"));
	R(umount("a"));
	R(umount2("a", 0x100));
	R(umount2("a", MNT_EXPIRE | MNT_FORCE));
	R(mount("none", "a", NULL, MS_SHARED | MS_PRIVATE, NULL));
	R(mount("none", "a", NULL, MS_SHARED, NULL));
	R(mount("none", "a", NULL, MS_REMOUNT, NULL));
	R(mount("a", "b", NULL, MS_MOVE, NULL));
	R(mount("t", "a", "tmpfs", 0, "size=nonsense"));
	R(mount("t", "a", "tmpfs", 0, "what=1"));
	R(mount("t", "a", "tmpfs", MS_RDONLY, "mode=0700,uid=5,gid=6"));
	S("a");
	R(mkdir("a/x", 0755));
	R(mount(NULL, "a", NULL, MS_REMOUNT, NULL));
	R(mkdir("a/x", 0755));
	R(open("a/f", O_CREAT | O_RDWR, 0644) >= 0);
	R(mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	R(umount("a"));
	R(umount2("a", MNT_DETACH));
}

D(flags_of_a_mount)
{
	begin();
	put("a/prog", "#!/bin/sh\n");
	chmod("a/prog", 0755);
	mknod("a/dev", S_IFCHR | 0666, 0x103);
	symlink("prog", "a/link");
	BIND("a", "b");
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	show();
	R(open("b/new", O_CREAT | O_RDWR, 0644));
	R(open("b/prog", O_RDWR));
	R(access("b/prog", W_OK));
	R(chmod("b/prog", 0700));
	R(unlink("b/prog"));
	R(access("a/prog", W_OK));
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOEXEC,
		NULL));
	R(open("b/dev", O_RDWR));
	R(open("a/dev", O_RDWR) >= 0);
	R(access("b/prog", X_OK));
	R(execl("b/prog", "prog", NULL));
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | 256 /* nosymfollow */,
		NULL));
	R(open("b/link", O_RDONLY));
	R(open("a/link", O_RDONLY) >= 0);
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME | MS_NOSUID,
		NULL));
	show();
	R(rename("a/prog", "b/prog"));
	R(link("a/prog", "b/hard"));
	R(mount("a", "c", NULL, MS_MOVE, NULL));
	R(mount("b", "b/x", NULL, MS_MOVE, NULL));
	R(mount("b", "c", NULL, MS_MOVE, NULL));
	show();
	R(rmdir("c"));
	R(rename("c", "g"));
	R(rmdir("a/x"));
}

D(shared_mounts_see_each_other)
{
	begin();
	BIND("a", "a");
	TYPE("a", MS_SHARED);
	BIND("a", "b");
	show();
	TMP("a/x");
	show();
	put("b/x/f", "1");
	C("a/x/f");
	R(umount("b/x"));
	show();
	TMP("b/y");
	TYPE("b", MS_PRIVATE);
	show();
	R(umount("a/y"));
	show();
}

D(slaves_hear_and_say_nothing)
{
	begin();
	BIND("a", "a");
	TYPE("a", MS_SHARED);
	BIND("a", "b");
	TYPE("b", MS_SLAVE);
	show();
	TMP("a/x");
	show();
	TMP("b/y");
	show();
	BIND("b", "c");
	show();
	TYPE("b", MS_SHARED);
	BIND("b", "d");
	show();
	R(umount("a/x"));
	show();
	TMP("a/x");
	show();
	TYPE("a", MS_PRIVATE);
	show();
}

D(unbindable)
{
	begin();
	BIND("a", "a");
	TYPE("a", MS_UNBINDABLE);
	BIND("a", "b");
	show();
	RBIND(".", "c");
	show();
	TYPE("a", MS_SHARED);
	BIND("a", "b");
	show();
}

D(recursive)
{
	begin();
	TMP("a/x");
	mkdir("a/x/z", 0755);
	TMP("a/x/z");
	RBIND("a", "b");
	show();
	R(umount("b"));
	R(umount2("b", MNT_DETACH));
	show();
	TYPE(".", MS_SHARED | MS_REC);
	show();
	RBIND("a", "b");
	show();
	R(mount("a/x", "c", NULL, MS_MOVE, NULL));
	R(umount2("b", MNT_DETACH));
	show();
}

D(peers_of_the_same_file_system)
{
	begin();
	BIND("a", "a");
	TYPE("a", MS_SHARED);
	BIND("a/x", "b");
	mkdir("a/x/in", 0755);
	TMP("a/x/in");
	show();
	TMP("a/y");
	show();
	mkdir("b/q", 0755);
	TMP("b/q");
	show();
}

D(statfs_shows_flags)
{
	struct statfs s;

	begin();
	R(mount("t", "a", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m"));
	R(statfs("a", &s));
	P("%lx %lx %ld %ld %ld", (long)s.f_type, (long)s.f_flags & 0xffff,
	  (long)s.f_bsize, (long)s.f_blocks, (long)s.f_namelen);
	R(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	R(statfs("a", &s));
	P("%lx", (long)s.f_flags & 0xffff);
}

/* --- by descriptors --- */

#define FSOPEN(n, f)		 syscall(430, n, f)
#define FSCONFIG(fd, c, k, v, a) syscall(431, fd, c, k, v, a)
#define FSMOUNT(fd, f, a)	 syscall(432, fd, f, a)
#define FSPICK(d, p, f)		 syscall(433, d, p, f)
#define OPEN_TREE(d, p, f)	 syscall(428, d, p, f)
#define MOVE(fd, fp, td, tp, f)	 syscall(429, fd, fp, td, tp, f)
#define SETATTR(d, p, f, a, n)	 syscall(442, d, p, f, a, n)
enum { FLAG, STRING, BINARY, PATH, PATH_EMPTY, FD, CREATE, RECONF };

D(fsopen_to_move_mount)
{
	struct statfs st;
	int fs, m;

	begin();
	R(FSOPEN("nofs", 0));
	R(FSOPEN("tmpfs", 2));
	R(FSOPEN(NULL, 0));
	fs = (int)R(FSOPEN("tmpfs", 1));
	R(fcntl(fs, F_GETFD));
	R(FSMOUNT(fs, 0, 0));
	R(FSCONFIG(fs, STRING, "source", "here", 0));
	R(FSCONFIG(fs, STRING, "source", "there", 0));
	R(FSCONFIG(fs, STRING, "size", "1m", 0));
	R(FSCONFIG(fs, STRING, "size", "nonsense", 0));
	R(FSCONFIG(fs, STRING, "what", "1", 0));
	R(FSCONFIG(fs, FLAG, "what", NULL, 0));
	R(FSCONFIG(fs, FLAG, "ro", NULL, 0));
	R(FSCONFIG(fs, FLAG, "rw", NULL, 0));
	R(FSCONFIG(fs, FLAG, NULL, NULL, 0));
	R(FSCONFIG(fs, FLAG, "ro", "x", 0));
	R(FSCONFIG(fs, STRING, "mode", NULL, 0));
	R(FSCONFIG(fs, STRING, "mode", "0750", 1));
	R(FSCONFIG(fs, STRING, "mode", "0750", 0));
	R(FSCONFIG(fs, CREATE, "x", NULL, 0));
	R(FSCONFIG(fs, RECONF, NULL, NULL, 0));
	R(FSCONFIG(fs, 99, NULL, NULL, 0));
	R(FSCONFIG(-1, CREATE, NULL, NULL, 0));
	R(FSCONFIG(99, CREATE, NULL, NULL, 0));
	R(FSCONFIG(1, CREATE, NULL, NULL, 0));
	R(FSCONFIG(fs, CREATE, NULL, NULL, 0));
	R(FSCONFIG(fs, CREATE, NULL, NULL, 0));
	R(FSCONFIG(fs, STRING, "size", "2m", 0));
	R(FSMOUNT(fs, 2, 0));
	R(FSMOUNT(fs, 0, 0x30));
	R(FSMOUNT(fs, 0, 0x1000));
	R(FSMOUNT(1, 0, 0));
	R(FSMOUNT(99, 0, 0));
	m = (int)R(FSMOUNT(fs, 1, 2 | 4));
	R(fcntl(m, F_GETFL));
	R(FSMOUNT(fs, 0, 0));
	R(mkdirat(m, "inside", 0755));
	R(openat(m, "f", O_CREAT | O_RDWR, 0644) >= 0);
	show();
	R(MOVE(m, "", AT_FDCWD, "a", 0));
	R(MOVE(m, "", AT_FDCWD, "a", 0x8000));
	R(MOVE(m, "", AT_FDCWD, "file", 4));
	R(MOVE(m, "", AT_FDCWD, "missing", 4));
	R(MOVE(m, "inside", AT_FDCWD, "a", 0));
	R(MOVE(m, "", AT_FDCWD, "a", 4));
	show();
	S("a/inside");
	S("a");
	R(statfs("a", &st));
	P("%ld", (long)st.f_blocks);
	R(MOVE(m, "", AT_FDCWD, "b", 4));
	show();
	R(close(m));
	show();
	R(FSCONFIG(fs, FLAG, "ro", NULL, 0));
	close(fs);
	fs = (int)R(FSPICK(AT_FDCWD, "b", 0));
	R(FSPICK(AT_FDCWD, "b/inside", 0));
	R(FSPICK(AT_FDCWD, "b", 0x100));
	R(FSPICK(AT_FDCWD, "missing", 0));
	R(FSCONFIG(fs, FLAG, "ro", NULL, 0));
	R(FSCONFIG(fs, CREATE, NULL, NULL, 0));
}

D(a_tree_without_a_place_goes_with_its_descriptor)
{
	int m, t;

	begin();
	TMP("a/x");
	put("a/x/f", "1");
	m = (int)R(OPEN_TREE(AT_FDCWD, "a", 1 | 0x8000));
	R(openat(m, "x/f", O_RDONLY) >= 0);
	show();
	R(umount("a/x"));
	R(openat(m, "x/f", O_RDONLY) >= 0);
	R(MOVE(m, "", AT_FDCWD, "b", 4));
	show();
	R(umount2("b", MNT_DETACH));
	close(m);
	show();
	m = (int)R(OPEN_TREE(AT_FDCWD, "a", 1));
	close(m);
	R(OPEN_TREE(AT_FDCWD, "a", 0x8000));
	R(OPEN_TREE(AT_FDCWD, "a", 4));
	R(OPEN_TREE(AT_FDCWD, "missing", 1));
	t = (int)R(OPEN_TREE(AT_FDCWD, "a", 02000000));
	R(fcntl(t, F_GETFD));
	R(MOVE(t, "", AT_FDCWD, "c", 4));
	TMP("a");
	t = (int)R(OPEN_TREE(AT_FDCWD, "a", 0));
	R(MOVE(t, "", AT_FDCWD, "c", 4));
	R(MOVE(AT_FDCWD, "c", AT_FDCWD, "d", 0));
	R(MOVE(AT_FDCWD, "d", AT_FDCWD, "d", 0));
	show();
}

D(mount_setattr_flags)
{
	struct {
		uint64_t set, clr, prop, fd, more;
	} a = { 1, 0, 0, 0, 0 };

	begin();
	TMP("a");
	mkdir("a/in", 0755);
	TMP("a/in");
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	show();
	R(mkdir("a/z", 0755));
	R(mkdir("a/in/z", 0755));
	R(SETATTR(AT_FDCWD, "a", 0x8000, &a, 32));
	R(mkdir("a/in/y", 0755));
	a.set = 0;
	a.clr = 1;
	R(SETATTR(AT_FDCWD, "a", 0x8000, &a, 32));
	R(mkdir("a/in/y", 0755));
	a.set = 2 | 4 | 8 | 0x80 | 0x200000;
	a.clr = 0;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 40));
	show();
	a.set = 0x10;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	a.clr = 0x70;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	show();
	a.set = 0x30;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	a.clr = 0x10;
	a.set = 0;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	a.clr = 0;
	a.prop = MS_SHARED;
	R(SETATTR(AT_FDCWD, "a", 0x8000, &a, 32));
	show();
	a.prop = MS_SHARED | MS_PRIVATE;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	a.prop = 5;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	a.prop = 0;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	R(SETATTR(AT_FDCWD, "missing", 0, &a, 32));
	a.set = 1;
	R(SETATTR(AT_FDCWD, "missing", 0, &a, 32));
	R(SETATTR(AT_FDCWD, "b", 0, &a, 32));
	R(SETATTR(AT_FDCWD, "a", 0x40, &a, 32));
	R(SETATTR(AT_FDCWD, "a", 0, &a, 31));
	R(SETATTR(AT_FDCWD, "a", 0, &a, 5000));
	a.more = 1;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 40));
	a.set = 0x1000;
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	a.set = 1;
	R(open("a/f", O_CREAT | O_RDWR, 0644) >= 0);
	R(SETATTR(AT_FDCWD, "a", 0, &a, 32));
	R(SETATTR(AT_FDCWD, "a", 0, NULL, 32));
}

D_MAIN
