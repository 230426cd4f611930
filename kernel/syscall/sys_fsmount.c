// SPDX-License-Identifier: GPL-2.0
/*
 * The calls that mount by descriptors: fsopen(2), fspick(2), fsconfig(2),
 * fsmount(2), open_tree(2), move_mount(2), mount_setattr(2).
 *
 * A context (struct fscontext) is what fsopen() and fspick() return: parameters
 * are collected in it until a command makes the super, or changes one. A
 * descriptor of fsmount(), or of open_tree() with OPEN_TREE_CLONE, is like one
 * of O_PATH at the top of a tree of mounts that is nowhere yet; move_mount()
 * gives it a place, the last close without one ends it.
 */
#include <abi/mount.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

#define FSCONTEXT_DATA 1024u
#define FSCONTEXT_KEY  256u

/* Commands out of turn are EBUSY. */
enum fscontext_phase {
	FSCONTEXT_PARAMS,  /* fsopen: taking parameters */
	FSCONTEXT_CREATED, /* the super is there, to be mounted */
	FSCONTEXT_RECONF,  /* fspick, or mounted: taking parameters */
	FSCONTEXT_FAILED,
};

struct fscontext {
	struct mutex lock;
	/* fixed: */
	const struct fs_type *type;
	/* under lock: */
	enum fscontext_phase phase;
	struct super *sb; /* reference */
	u32 flags;	  /* MS_* of the super */
	bool has_source;
	char source[64];
	u32 len;
	char data[FSCONTEXT_DATA]; /* "key=value,key" */
};

static void fscontext_release(struct file *f)
{
	struct fscontext *fc = f->priv;

	if (fc->sb)
		super_put(fc->sb);
	kfree(fc);
}

/* Messages of the file system: there are none. */
static ssize_t fscontext_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	return -ENODATA;
}

static const struct file_ops fscontext_ops = {
	.release = fscontext_release,
	.read = fscontext_read,
};

static long fscontext_fd(const struct fs_type *type, struct super *sb,
			 bool cloexec)
{
	struct fscontext *fc = kzalloc(sizeof(*fc));
	struct file *f;
	int fd;

	if (!fc) {
		if (sb)
			super_put(sb);
		return -ENOMEM;
	}
	mutex_init(&fc->lock);
	fc->type = type;
	fc->sb = sb;
	fc->phase = sb ? FSCONTEXT_RECONF : FSCONTEXT_PARAMS;
	if (sb)
		fc->flags = sb->flags;
	f = file_open_anon("anon_inode:[fscontext]", &fscontext_ops, fc, O_RDWR,
			   0);
	if (IS_ERR(f)) {
		if (sb)
			super_put(sb);
		kfree(fc);
		return PTR_ERR(f);
	}
	fd = fd_install_new(f, 0, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_fsopen(uaddr fs_name, u32 flags)
{
	char name[64];
	struct fs_type *t;
	ssize_t n;

	if (!mount_may())
		return -EPERM;
	if (flags & ~FSOPEN_CLOEXEC)
		return -EINVAL;
	n = strncpy_from_user(name, fs_name, sizeof(name));
	if (n < 0)
		return n;
	t = n < (ssize_t)sizeof(name) ? fs_find(name) : NULL;
	return t ? fscontext_fd(t, NULL, flags & FSOPEN_CLOEXEC) : -ENODEV;
}

long sys_fspick(int dirfd, uaddr path, u32 flags)
{
	u32 lookup = flags & FSPICK_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct super *sb;
	struct path p;
	long ret;

	if (!mount_may())
		return -EPERM;
	if (flags & ~(FSPICK_CLOEXEC | FSPICK_SYMLINK_NOFOLLOW |
		      FSPICK_NO_AUTOMOUNT | FSPICK_EMPTY_PATH))
		return -EINVAL;
	if (flags & FSPICK_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = path_lookup_user(dirfd, path, lookup, &p);
	if (ret)
		return ret;
	ret = -EINVAL;
	if (p.dentry == p.mnt->root && p.mnt->sb->type) {
		sb = p.mnt->sb;
		ref_get(&sb->refs);
		ret = fscontext_fd(sb->type, sb, flags & FSPICK_CLOEXEC);
	}
	path_put(&p);
	return ret;
}

/* --- fsconfig --- */

/* The words that every file system knows. => taken */
static bool fscontext_flag(struct fscontext *fc, const char *key)
{
	static const struct {
		const char *name;
		u32 set, clear;
	} words[] = {
		{ "ro", MS_RDONLY, 0 },
		{ "rw", 0, MS_RDONLY },
		{ "sync", MS_SYNCHRONOUS, 0 },
		{ "async", 0, MS_SYNCHRONOUS },
		{ "dirsync", MS_DIRSYNC, 0 },
		{ "mand", MS_MANDLOCK, 0 },
		{ "nomand", 0, MS_MANDLOCK },
		{ "lazytime", MS_LAZYTIME, 0 },
		{ "nolazytime", 0, MS_LAZYTIME },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(key, words[i].name)) {
			fc->flags = (fc->flags | words[i].set) &
				    ~words[i].clear;
			return true;
		}
	return false;
}

/* Caller holds fc->lock. value NULL: a flag. */
static int fscontext_param(struct fscontext *fc, const char *key,
			   const char *value)
{
	struct super *sb;
	char *old_end;
	u32 was = fc->len;

	if (fc->phase != FSCONTEXT_PARAMS && fc->phase != FSCONTEXT_RECONF)
		return -EBUSY;
	if (!value && fscontext_flag(fc, key))
		return 0;
	if (value && !strcmp(key, "source")) {
		if (fc->has_source)
			return -EINVAL;
		fc->has_source = true;
		strlcpy(fc->source, value, sizeof(fc->source));
		return 0;
	}
	if (fc->phase == FSCONTEXT_RECONF)
		return -EINVAL;
	old_end = fc->data + fc->len;
	fc->len += (u32)snprintf(old_end, sizeof(fc->data) - fc->len,
				 "%s%s%s%s", was ? "," : "", key,
				 value ? "=" : "", value ? value : "");
	if (fc->len >= sizeof(fc->data)) {
		fc->len = was;
		*old_end = 0;
		return -EINVAL;
	}
	/* whether the file system knows it is found by trying */
	sb = fc->type->mount(fc->type, "none", 0, fc->data);
	if (IS_ERR(sb)) {
		fc->len = was;
		*old_end = 0;
		return (int)PTR_ERR(sb);
	}
	super_put(sb);
	return 0;
}

static int fscontext_create(struct fscontext *fc)
{
	struct super *sb;

	if (fc->phase != FSCONTEXT_PARAMS)
		return -EBUSY;
	if (!mount_type_allowed(fc->type))
		return -EPERM;
	sb = fc->type->mount(fc->type, fc->has_source ? fc->source : "none",
			     fc->flags, fc->len ? fc->data : NULL);
	if (IS_ERR(sb)) {
		fc->phase = FSCONTEXT_FAILED;
		return (int)PTR_ERR(sb);
	}
	if (READ_ONCE(sb->refs.n) == 1)
		sb->flags |= fc->flags;
	fc->sb = sb;
	fc->phase = FSCONTEXT_CREATED;
	return 0;
}

/* What may stand beside each command. => -errno or 0 */
static int fsconfig_check(u32 cmd, uaddr key, uaddr value, int aux)
{
	bool k = key.va, v = value.va, bad;

	switch (cmd) {
	case FSCONFIG_SET_FLAG:
		bad = !k || v || aux;
		break;
	case FSCONFIG_SET_STRING:
		bad = !k || !v || aux;
		break;
	case FSCONFIG_SET_BINARY:
		bad = !k || !v || aux <= 0 || aux > 1024 * 1024;
		break;
	case FSCONFIG_SET_PATH:
	case FSCONFIG_SET_PATH_EMPTY:
		bad = !k || !v || (aux != AT_FDCWD && aux < 0);
		break;
	case FSCONFIG_SET_FD:
		bad = !k || v || aux < 0;
		break;
	case FSCONFIG_CMD_CREATE:
	case FSCONFIG_CMD_CREATE_EXCL:
	case FSCONFIG_CMD_RECONFIGURE:
		bad = k || v || aux;
		break;
	default:
		return -EOPNOTSUPP;
	}
	return bad ? -EINVAL : 0;
}

static char *fsconfig_string(uaddr from)
{
	char *s = kmalloc(FSCONTEXT_KEY);
	ssize_t n;

	if (!s)
		return ERR_PTR(-ENOMEM);
	n = strncpy_from_user(s, from, FSCONTEXT_KEY);
	if (n >= 0 && n < (ssize_t)FSCONTEXT_KEY)
		return s;
	kfree(s);
	return ERR_PTR(n < 0 ? n : -EINVAL);
}

static int fsconfig_set(struct fscontext *fc, u32 cmd, uaddr ukey, uaddr uvalue)
{
	char *key = fsconfig_string(ukey), *value = NULL;
	int err;

	if (IS_ERR(key))
		return (int)PTR_ERR(key);
	if (cmd == FSCONFIG_SET_STRING)
		value = fsconfig_string(uvalue);
	if (IS_ERR(value)) {
		err = (int)PTR_ERR(value);
	} else if (cmd != FSCONFIG_SET_FLAG && cmd != FSCONFIG_SET_STRING) {
		err = -EINVAL; /* no file system here takes these */
		if (fc->phase != FSCONTEXT_PARAMS &&
		    fc->phase != FSCONTEXT_RECONF)
			err = -EBUSY;
	} else {
		err = fscontext_param(fc, key, value);
	}
	if (!IS_ERR(value))
		kfree(value);
	kfree(key);
	return err;
}

long sys_fsconfig(int fd, u32 cmd, uaddr key, uaddr value, int aux)
{
	struct fscontext *fc;
	struct file *f;
	int err;

	if (fd < 0)
		return -EINVAL;
	err = fsconfig_check(cmd, key, value, aux);
	if (err)
		return err;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	err = -EINVAL;
	if (f->ops != &fscontext_ops)
		goto out;
	fc = f->priv;
	mutex_lock(&fc->lock);
	switch (cmd) {
	case FSCONFIG_CMD_CREATE:
	case FSCONFIG_CMD_CREATE_EXCL:
		err = fscontext_create(fc);
		break;
	case FSCONFIG_CMD_RECONFIGURE:
		err = fc->phase != FSCONTEXT_RECONF ? -EBUSY
		      : !ns_capable(super_owner(fc->sb), CAP_SYS_ADMIN)
			      ? -EPERM
			      : mount_reconfigure(fc->sb, fc->flags, NULL);
		break;
	default:
		err = fsconfig_set(fc, cmd, key, value);
	}
	mutex_unlock(&fc->lock);
out:
	file_put(f);
	return err;
}

/* --- Descriptors of trees --- */

static void mountfd_release(struct file *f)
{
	mount_drop_anon(f->path.mnt);
}

static const struct file_ops mountfd_ops = {
	.release = mountfd_release,
};

/* Takes over m, a tree that nobody holds. */
static long mountfd_install(struct mount *m, bool cloexec)
{
	struct path p = { m, m->root };
	struct file *f = file_open_path(&p, O_PATH | O_DIRECTORY);
	int fd;

	if (IS_ERR(f)) {
		mount_drop_anon(m);
		return PTR_ERR(f);
	}
	f->ops = &mountfd_ops;
	f->flags = O_PATH;
	fd = fd_install_new(f, 0, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* MOUNT_ATTR_* to the flags of a mount; the words on atime are apart. */
static u32 mount_attr_flags(u64 attr)
{
	u32 f = (u32)attr & 15; /* rdonly, nosuid, nodev, noexec: the same */

	if (attr & MOUNT_ATTR_NODIRATIME)
		f |= MS_NODIRATIME;
	if (attr & MOUNT_ATTR_NOSYMFOLLOW)
		f |= MS_NOSYMFOLLOW;
	return f;
}

/* => the flag, or 0 for a word that is none */
static u32 mount_attr_atime(u64 attr)
{
	switch (attr & MOUNT_ATTR__ATIME) {
	case MOUNT_ATTR_RELATIME:
		return MS_RELATIME;
	case MOUNT_ATTR_NOATIME:
		return MS_NOATIME;
	case MOUNT_ATTR_STRICTATIME:
		return MS_STRICTATIME;
	}
	return 0;
}

#define MOUNT_ATTR_KNOWN                                                 \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |      \
	 MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME | \
	 MOUNT_ATTR_NOSYMFOLLOW)

long sys_fsmount(int fs_fd, u32 flags, u32 attr)
{
	struct fscontext *fc;
	struct mount *m = NULL;
	struct file *f;
	long err;

	if (!mount_may())
		return -EPERM;
	if ((flags & ~FSMOUNT_CLOEXEC) || (attr & ~MOUNT_ATTR_KNOWN) ||
	    !mount_attr_atime(attr))
		return -EINVAL;
	f = fd_get(fs_fd);
	if (!f)
		return -EBADF;
	err = -EINVAL;
	if (f->ops != &fscontext_ops)
		goto out;
	fc = f->priv;
	mutex_lock(&fc->lock);
	if (fc->sb && fc->phase != FSCONTEXT_CREATED)
		err = -EBUSY;
	else if (fc->phase == FSCONTEXT_CREATED &&
		 mount_reveals(fc->sb, mount_attr_flags(attr)))
		err = -EPERM;
	else if (fc->phase == FSCONTEXT_CREATED) {
		ref_get(&fc->sb->refs);
		m = mount_of_super(
			fc->sb, mount_attr_flags(attr) | mount_attr_atime(attr),
			fc->has_source ? fc->source : "none");
		err = IS_ERR(m) ? PTR_ERR(m) : 0;
		if (!err)
			fc->phase = FSCONTEXT_RECONF;
	}
	mutex_unlock(&fc->lock);
	if (!err)
		err = mountfd_install(m, flags & FSMOUNT_CLOEXEC);
out:
	file_put(f);
	return err;
}

static long open_tree(int dirfd, uaddr path, u32 flags)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct mount *m;
	struct file *f;
	struct path p;
	long ret;
	int fd;

	if (flags &
	    ~(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE |
	      AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC))
		return -EINVAL;
	if ((flags & (AT_RECURSIVE | OPEN_TREE_CLONE)) == AT_RECURSIVE)
		return -EINVAL;
	if ((flags & OPEN_TREE_CLONE) && !mount_may())
		return -EPERM;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = path_lookup_user(dirfd, path, lookup, &p);
	if (ret)
		return ret;
	if (flags & OPEN_TREE_CLONE) {
		m = mount_copy_tree(&p, flags & AT_RECURSIVE);
		path_put(&p);
		return IS_ERR(m)
			       ? PTR_ERR(m)
			       : mountfd_install(m, flags & OPEN_TREE_CLOEXEC);
	}
	f = file_open_path(&p, O_PATH);
	path_put(&p);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_new(f, 0, flags & OPEN_TREE_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_open_tree(int dirfd, uaddr path, u32 flags)
{
	return open_tree(dirfd, path, flags);
}

long sys_move_mount(int from_dirfd, uaddr from_path, int to_dirfd,
		    uaddr to_path, u32 flags)
{
	u32 fl = 0, tl = 0;
	struct path from, to;
	long err;

	if (!mount_may())
		return -EPERM;
	if (flags & ~(MOVE_MOUNT__MASK | MOVE_MOUNT_BENEATH))
		return -EINVAL;
	if (flags & (MOVE_MOUNT_BENEATH | MOVE_MOUNT_SET_GROUP))
		return -EINVAL;
	if (flags & MOVE_MOUNT_F_SYMLINKS)
		fl |= LOOKUP_FOLLOW;
	if (flags & MOVE_MOUNT_F_EMPTY_PATH)
		fl |= LOOKUP_EMPTY;
	if (flags & MOVE_MOUNT_T_SYMLINKS)
		tl |= LOOKUP_FOLLOW;
	if (flags & MOVE_MOUNT_T_EMPTY_PATH)
		tl |= LOOKUP_EMPTY;
	err = path_lookup_user(to_dirfd, to_path, tl, &to);
	if (err)
		return err;
	err = path_lookup_user(from_dirfd, from_path, fl, &from);
	if (!err) {
		err = mount_move_path(&from, &to);
		path_put(&from);
	}
	path_put(&to);
	return err;
}

/* --- mount_setattr --- */

struct mount_change {
	u64 set, clear;
	u32 type;
};

static int mount_attr_decode(const struct mount_attr *a, struct mount_change *c)
{
	u64 type = a->propagation;

	if ((type &
	     ~(u64)(MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)) ||
	    (type & (type - 1)))
		return -EINVAL;
	/* owners are not mapped here */
	if ((a->attr_set | a->attr_clr) & ~(u64)MOUNT_ATTR_KNOWN)
		return -EINVAL;
	c->type = (u32)type;
	c->set = mount_attr_flags(a->attr_set);
	c->clear = mount_attr_flags(a->attr_clr);
	if (a->attr_clr & MOUNT_ATTR__ATIME) {
		/* all of it goes, or nothing */
		if ((a->attr_clr & MOUNT_ATTR__ATIME) != MOUNT_ATTR__ATIME ||
		    !mount_attr_atime(a->attr_set))
			return -EINVAL;
		c->clear |= MS_RELATIME | MS_NOATIME | MS_STRICTATIME;
		c->set |= mount_attr_atime(a->attr_set);
	} else if (a->attr_set & MOUNT_ATTR__ATIME) {
		return -EINVAL;
	}
	return 0;
}

long sys_mount_setattr(int dirfd, uaddr path, u32 flags, uaddr uattr, u64 size)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct mount_change c;
	struct mount_attr a;
	struct path p;
	int err;

	if (flags & ~(AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW |
		      AT_NO_AUTOMOUNT))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < sizeof(a))
		return -EINVAL;
	if (!mount_may())
		return -EPERM;
	err = copy_struct_from_user(&a, sizeof(a), uattr, size);
	if (err)
		return err;
	if (!a.attr_set && !a.attr_clr && !a.propagation)
		return 0;
	err = mount_attr_decode(&a, &c);
	if (err)
		return err;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	err = path_lookup_user(dirfd, path, lookup, &p);
	if (err)
		return err;
	err = mount_change_attr(&p, c.set, c.clear, c.type,
				flags & AT_RECURSIVE);
	path_put(&p);
	return err;
}
