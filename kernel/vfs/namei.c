// SPDX-License-Identifier: GPL-2.0
/*
 * The path walk, following path_resolution(7) and openat2(2).
 *
 * There are two ways down a path. The lockless one (path_lookup_fast) takes no
 * lock and no reference: each step reads the dentry cache and checks by
 * sequence numbers that what it has read was true; the caller checks the last
 * one after use, or turns it into references. It knows plain names, ".", and
 * mounts; whatever else it meets (a name not cached, "..", a symlink, a
 * directory whose file system must be asked) sends the whole walk to the slow
 * way, which holds references on where it stands and may sleep.
 *
 * The slow way keeps its state in struct nameidata. A symlink's target becomes
 * the string being walked and what stood behind the link waits on a stack; a
 * link in last place leaves nothing to wait for, so that the last component of
 * the target counts as the last component of the whole. nd_walk_parent() stops
 * before it: that is the start of every call that creates, removes, or opens.
 *
 * LOOKUP_BENEATH and LOOKUP_IN_ROOT take the starting directory as root.
 */
#include "vfs/internal.h"

static bool is_slash(char c)
{
	return c == '/';
}

static u32 component_len(const char *p)
{
	u32 n = 0;

	while (p[n] && !is_slash(p[n]))
		n++;
	return n;
}

static const char *skip_slashes(const char *p)
{
	while (is_slash(*p))
		p++;
	return p;
}

/* --- The lockless walk --- */

/* Where the walk starts, without references. */
static int fast_start(int dfd, bool absolute, struct path *p, u32 *dseq)
{
	struct fs_context *fs = current->fs;
	u32 s;

	if (!absolute && dfd != AT_FDCWD) {
		struct file *f;

		/* only if nobody can close it under us */
		if (READ_ONCE(current->files->refs.n) != 1)
			return -ECHILD;
		f = files_peek(current->files, (u32)dfd);
		if (!f)
			return -EBADF;
		if (!S_ISDIR(f->inode->mode))
			return -ENOTDIR;
		*p = f->path;
		*dseq = load_acquire(&p->dentry->seq);
		return *dseq & 1 ? -ECHILD : 0;
	}
	s = load_acquire(&fs->seq);
	*p = absolute ? fs->root : fs->cwd;
	if ((s & 1) || !p->dentry)
		return -ECHILD;
	*dseq = load_acquire(&p->dentry->seq);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if ((*dseq & 1) || READ_ONCE(fs->seq) != s)
		return -ECHILD;
	return 0;
}

/* Is a cached entry of such a file system still to be believed? */
static bool fast_trusted(const struct dentry *d, u64 *now)
{
	const struct name_watch *w = d->sb->watch;
	u64 trust = d->sb->trust_ns, watch = READ_ONCE(d->watch);

	if (!trust)
		return false;
	if (!*now)
		*now = time_mono_ns();
	if (watch && load_acquire(&w->words[watch >> 32]) == (u32)watch &&
	    *now - READ_ONCE(w->synced) < w->trust_ns)
		return true;
	return *now - READ_ONCE(d->stamp) < trust;
}

int path_lookup_fast(int dfd, const char *name, u32 flags, struct path *out,
		     u32 *seq, u32 *mseq)
{
	const struct cred *cred = current->cred;
	struct path p;
	struct inode *ino;
	u64 now = 0;
	u32 dseq;
	int err;

	if (flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT | LOOKUP_NO_XDEV))
		return -ECHILD;
	*mseq = load_acquire(&mount_seq);
	if (*mseq & 1)
		return -ECHILD;
	err = fast_start(dfd, is_slash(*name), &p, &dseq);
	if (err)
		return err;
	ino = READ_ONCE(p.dentry->inode);
	name = skip_slashes(name);
	while (*name) {
		const struct inode_ops *ops;
		struct dentry *d;
		u32 len, cseq;

		if (unlikely(!ino))
			return -ECHILD;
		ops = READ_ONCE(ino->ops);
		if (unlikely(!S_ISDIR(ino->mode)))
			return path_fast_ok(&p, dseq, *mseq) ? -ENOTDIR
							     : -ECHILD;
		if (unlikely((ino->mode & 0111) != 0111 || ops->permission)) {
			if (ops->permission)
				return -ECHILD;
			if (generic_permission(ino, MAY_EXEC, cred))
				return path_fast_ok(&p, dseq, *mseq) ? -EACCES
								     : -ECHILD;
		}
		len = component_len(name);
		if (unlikely(name[0] == '.')) {
			if (len == 1) {
				name = skip_slashes(name + 1);
				continue;
			}
			if (len == 2 && name[1] == '.')
				return -ECHILD;
		}
		if (unlikely(len > NAME_MAX))
			return -ECHILD;
		d = dentry_find_nolock(p.dentry, name, len,
				       name_hash(name, len), &cseq);
		if (!d)
			return -ECHILD;
		/* (what is mounted on hides what it was) */
		if (unlikely(ops->revalidate) &&
		    !(READ_ONCE(d->flags) & DENTRY_MOUNTED) &&
		    !fast_trusted(d, &now))
			return -ECHILD;
		ino = load_acquire(&d->inode);
		/* the parent was its parent, and not gone, until here */
		if (unlikely(!dentry_seq_ok(p.dentry, dseq)))
			return -ECHILD;
		p.dentry = d;
		dseq = cseq;
		if (!ino)
			return path_fast_ok(&p, dseq, *mseq) ? -ENOENT
							     : -ECHILD;
		if (unlikely(READ_ONCE(d->flags) & DENTRY_MOUNTED)) {
			path_cross_mounts_nolock(&p);
			dseq = load_acquire(&p.dentry->seq);
			ino = READ_ONCE(p.dentry->inode);
			if ((dseq & 1) || READ_ONCE(mount_seq) != *mseq || !ino)
				return -ECHILD;
		}
		name += len;
		if (is_slash(*name)) {
			name = skip_slashes(name);
			/* "x/" is "x/." */
			if (!*name && !S_ISDIR(ino->mode))
				return -ECHILD;
			if (S_ISLNK(ino->mode))
				return -ECHILD;
		} else if (S_ISLNK(ino->mode) && (flags & LOOKUP_FOLLOW)) {
			return -ECHILD;
		}
	}
	if (!ino)
		return -ECHILD;
	if ((flags & LOOKUP_DIRECTORY) && !S_ISDIR(ino->mode))
		return path_fast_ok(&p, dseq, *mseq) ? -ENOTDIR : -ECHILD;
	*out = p;
	*seq = dseq;
	return 0;
}

/* => true: references taken on what the lockless walk found. */
static bool path_get_checked(const struct path *p, u32 seq, u32 mseq)
{
	struct mount *m = p->mnt;

	if (!ref_get_unless_zero(&m->refs))
		return false;
	if (likely(READ_ONCE(mount_seq) == mseq)) {
		if (likely(dentry_get_checked(p->dentry, seq)))
			return true;
	}
	path_put(&(struct path){ m, NULL });
	return false;
}

/* --- The slow walk: beginning and end --- */

static int nd_start(struct nameidata *nd, int dfd, const char *name)
{
	bool scoped = nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT);
	struct file *f;
	int err = 0;

	if (is_slash(*name) && !scoped) {
		fs_get_root(&nd->path);
		return 0;
	}
	if (is_slash(*name) && (nd->flags & LOOKUP_BENEATH))
		return -EXDEV;
	if (dfd == AT_FDCWD) {
		fs_get_cwd(&nd->path);
	} else {
		f = fd_get_any(dfd);
		if (!f)
			return -EBADF;
		if (*name && !S_ISDIR(f->inode->mode)) {
			err = -ENOTDIR;
		} else {
			nd->path = f->path;
			path_get(&nd->path);
		}
		file_put(f);
		if (err)
			return err;
	}
	if (scoped) {
		nd->mseq = load_acquire(&mount_seq);
		nd->rseq = load_acquire(&rename_seq);
		nd->root = nd->path;
		path_get(&nd->root);
		nd->root_held = true;
	}
	return 0;
}

int nd_begin(struct nameidata *nd, int dfd, const char *name, u32 flags)
{
	memset(nd, 0, offsetof(struct nameidata, rest));
	nd->flags = flags;
	nd->cred = current->cred;
	nd->name = name;
	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	return nd_start(nd, dfd, name);
}

void nd_end(struct nameidata *nd)
{
	path_put(&nd->path);
	if (nd->root_held)
		path_put(&nd->root);
	while (nd->nbodies)
		kfree(nd->body[--nd->nbodies]);
}

static void nd_need_root(struct nameidata *nd)
{
	if (nd->root_held)
		return;
	fs_get_root(&nd->root);
	nd->root_held = true;
}

/* --- The slow walk: steps --- */

/*
 * A step up could have led past the walk's root, were the directory it was in
 * moved out from below it in the meantime: then the caller is to try again.
 */
static int nd_still_inside(const struct nameidata *nd)
{
	if (!(nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)))
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if ((nd->mseq & 1) || READ_ONCE(mount_seq) != nd->mseq ||
	    (nd->rseq & 1) || READ_ONCE(rename_seq) != nd->rseq)
		return -EAGAIN;
	return 0;
}

static int nd_dotdot(struct nameidata *nd)
{
	struct dentry *parent;

	nd_need_root(nd);
	for (;;) {
		struct path up;

		if (nd->path.dentry == nd->root.dentry &&
		    nd->path.mnt == nd->root.mnt)
			return nd->flags & LOOKUP_BENEATH ? -EXDEV : 0;
		if (nd->path.dentry != nd->path.mnt->root)
			break;
		up = nd->path;
		path_get(&up);
		if (!path_up_mounts(&up)) {
			path_put(&up);
			return 0; /* the top of everything, or detached */
		}
		path_put(&nd->path);
		nd->path = up;
		if (nd->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
	}
	parent = dentry_get_parent(nd->path.dentry);
	dentry_put(nd->path.dentry);
	nd->path.dentry = parent;
	path_cross_mounts(&nd->path);
	return nd_still_inside(nd);
}

/* Set out along a symlink's target. nd->path is the link's directory. */
static int nd_push_target(struct nameidata *nd, const char *target, size_t len,
			  const char *rest)
{
	char *body;

	if (!len)
		return -ENOENT;
	if (rest) {
		const char *r = skip_slashes(rest);

		if (*r)
			nd->rest[nd->depth++] = r;
		else if (r != rest)
			nd->trailing = true;
	}
	body = kmalloc(len + 1);
	if (!body)
		return -ENOMEM;
	memcpy(body, target, len);
	body[len] = 0;
	nd->body[nd->nbodies++] = body;
	nd->name = body;
	if (is_slash(*body)) {
		if (nd->flags & LOOKUP_BENEATH)
			return -EXDEV;
		nd_need_root(nd);
		if ((nd->flags & LOOKUP_NO_XDEV) &&
		    nd->path.mnt != nd->root.mnt)
			return -EXDEV;
		path_get(&nd->root);
		path_put(&nd->path);
		nd->path = nd->root;
	}
	return 0;
}

/*
 * Follow `link`, an entry of nd->path. rest: what stands behind it, or NULL.
 */
static int nd_follow(struct nameidata *nd, struct dentry *link,
		     const char *rest)
{
	struct inode *ino = link->inode;
	struct path lp = { nd->path.mnt, link };
	char *buf;
	ssize_t n;
	int err;

	if (nd->links++ >= MAX_LINKS || (nd->flags & LOOKUP_NO_LINKS) ||
	    (nd->path.mnt->flags & MS_NOSYMFOLLOW))
		return -ELOOP;
	touch_atime(&lp);
	if (ino->ops->get_path) {
		struct path to;

		if (nd->flags & LOOKUP_NO_MAGIC)
			return -ELOOP;
		if (nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))
			return -EXDEV;
		err = ino->ops->get_path(ino, &to);
		if (err)
			return err;
		if ((nd->flags & LOOKUP_NO_XDEV) && to.mnt != nd->path.mnt) {
			path_put(&to);
			return -EXDEV;
		}
		path_put(&nd->path);
		nd->path = to;
		nd->name = rest ? skip_slashes(rest) : "";
		if (rest && nd->name != rest && !*nd->name)
			nd->trailing = true;
		return 1; /* jumped: no string to walk */
	}
	if (ino->link)
		return nd_push_target(nd, ino->link, strlen(ino->link), rest);
	if (!ino->ops->readlink)
		return -EINVAL;
	buf = kmalloc(PATH_MAX);
	if (!buf)
		return -ENOMEM;
	n = ino->ops->readlink(ino, buf, PATH_MAX);
	err = n < 0 ? (int)n : nd_push_target(nd, buf, (size_t)n, rest);
	kfree(buf);
	return err;
}

/* An entry of the directory we stand in, with a reference; may be negative. */
static struct dentry *nd_lookup(struct nameidata *nd, const char *name, u32 len)
{
	struct dentry *dir = nd->path.dentry, *d;
	struct inode *ino = dir->inode;

	if (len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	d = dentry_find(dir, name, len, name_hash(name, len));
	if (d && ino->ops->revalidate) {
		int ok = ino->ops->revalidate(d);

		if (ok != 1) {
			if (ok == 0)
				dentry_drop(d);
			dentry_put(d);
			if (ok < 0)
				return ERR_PTR(ok);
			d = NULL;
		}
	}
	if (d)
		return d;
	if (nd->flags & LOOKUP_CACHED)
		return ERR_PTR(-EAGAIN);
	mutex_lock(&ino->lock);
	if (ino->nlink == 0 && S_ISDIR(ino->mode))
		d = ERR_PTR(-ENOENT); /* a removed directory is empty */
	else
		d = dentry_lookup_locked(dir, name, len);
	mutex_unlock(&ino->lock);
	return d;
}

/* Step onto d (reference taken over), entering what is mounted there. */
static int nd_step(struct nameidata *nd, struct dentry *d)
{
	dentry_put(nd->path.dentry);
	nd->path.dentry = d;
	if (path_cross_mounts(&nd->path) && (nd->flags & LOOKUP_NO_XDEV))
		return -EXDEV;
	return 0;
}

/* The next component. => its length; 0: the walk is at its end. */
static u32 nd_next(struct nameidata *nd)
{
	nd->name = skip_slashes(nd->name);
	while (!*nd->name && nd->depth)
		nd->name = nd->rest[--nd->depth];
	return component_len(nd->name);
}

/* What stands behind the component; says whether nothing does. */
static bool nd_is_last(struct nameidata *nd, const char *rest)
{
	return !*skip_slashes(rest) && !nd->depth;
}

static int nd_check_dir(struct nameidata *nd)
{
	struct inode *ino = nd->path.dentry->inode;

	if (!S_ISDIR(ino->mode))
		return -ENOTDIR;
	return may_search(ino, nd->cred);
}

int nd_walk_parent(struct nameidata *nd)
{
	for (;;) {
		const char *name, *rest;
		struct dentry *d;
		u32 len = nd_next(nd);
		int err;

		if (!len) { /* "/", or a magic link in last place */
			nd->last = "";
			nd->last_len = 0;
			nd->last_type = LAST_ROOT;
			return 0;
		}
		err = nd_check_dir(nd);
		if (err)
			return err;
		name = nd->name;
		rest = name + len;
		if (nd_is_last(nd, rest)) {
			if (*rest)
				nd->trailing = true;
			nd->last = name;
			nd->last_len = len;
			nd->name = rest;
			nd->last_type = LAST_NORM;
			if (name[0] == '.' && len == 1)
				nd->last_type = LAST_DOT;
			else if (name[0] == '.' && name[1] == '.' && len == 2)
				nd->last_type = LAST_DOTDOT;
			return 0;
		}
		nd->name = rest;
		if (name[0] == '.' && len == 1)
			continue;
		if (name[0] == '.' && name[1] == '.' && len == 2) {
			err = nd_dotdot(nd);
			if (err)
				return err;
			continue;
		}
		d = nd_lookup(nd, name, len);
		if (IS_ERR(d))
			return (int)PTR_ERR(d);
		if (!d->inode) {
			dentry_put(d);
			return -ENOENT;
		}
		if (S_ISLNK(d->inode->mode)) {
			err = nd_follow(nd, d, rest);
			dentry_put(d);
		} else {
			err = nd_step(nd, d);
		}
		if (err < 0)
			return err;
	}
}

int nd_follow_last(struct nameidata *nd, struct dentry *link)
{
	int err = nd_follow(nd, link, NULL);

	return err < 0 ? err : nd_walk_parent(nd);
}

/* From the parent to the thing itself. */
static int nd_walk_last(struct nameidata *nd)
{
	for (;;) {
		struct dentry *d;
		int err;

		if (nd->last_type == LAST_ROOT || nd->last_type == LAST_DOT)
			break;
		if (nd->last_type == LAST_DOTDOT) {
			err = nd_dotdot(nd);
			if (err)
				return err;
			break;
		}
		d = nd_lookup(nd, nd->last, nd->last_len);
		if (IS_ERR(d))
			return (int)PTR_ERR(d);
		if (!d->inode) {
			dentry_put(d);
			return -ENOENT;
		}
		if (S_ISLNK(d->inode->mode) &&
		    ((nd->flags & LOOKUP_FOLLOW) || nd->trailing)) {
			err = nd_follow_last(nd, d);
			dentry_put(d);
			if (err)
				return err;
			continue;
		}
		err = nd_step(nd, d);
		if (err)
			return err;
		break;
	}
	if ((nd->trailing || (nd->flags & LOOKUP_DIRECTORY)) &&
	    !S_ISDIR(nd->path.dentry->inode->mode))
		return -ENOTDIR;
	return 0;
}

/* --- The public calls --- */

int path_lookup_as(int dfd, const char *name, u32 flags,
		   const struct cred *cred, struct path *out)
{
	struct nameidata nd;
	int err = nd_begin(&nd, dfd, name, flags);

	nd.cred = cred;
	if (!err && *name)
		err = nd_walk_parent(&nd);
	if (!err && *name)
		err = nd_walk_last(&nd);
	if (!err)
		nd_take_path(&nd, out);
	nd_end(&nd);
	return err;
}

int path_lookup_try(int dfd, const char *name, u32 flags, struct path *out)
{
	u32 seq, mseq;
	int err;

	if (unlikely(!*name))
		return -ECHILD;
	err = path_lookup_fast(dfd, name, flags, out, &seq, &mseq);
	if (likely(!err) && unlikely(!path_get_checked(out, seq, mseq))) {
		*out = (struct path){ NULL, NULL }; /* was never held */
		err = -ECHILD;
	}
	return err;
}

int path_lookup(int dfd, const char *name, u32 flags, struct path *out)
{
	int err = path_lookup_try(dfd, name, flags, out);

	if (unlikely(err == -ECHILD))
		err = path_lookup_as(dfd, name, flags, current->cred, out);
	return err;
}

int vfs_stat(int dfd, const char *name, u32 flags, struct kstat *st)
{
	u32 seq, mseq;
	struct path p;
	int err = -ECHILD;

	if (likely(*name))
		err = path_lookup_fast(dfd, name, flags, &p, &seq, &mseq);
	if (likely(!err)) {
		struct inode *ino = READ_ONCE(p.dentry->inode);

		if (likely(ino)) {
			const struct inode_ops *ops = READ_ONCE(ino->ops);

			if (!ops->getattr) {
				inode_fill_stat(ino, st);
				if (likely(path_fast_ok(&p, seq, mseq)))
					return 0;
			} else if (ops->getattr_now) {
				if (ops->getattr_now(ino, st) &&
				    likely(path_fast_ok(&p, seq, mseq)))
					return 0;
			} else if (ops->getattr_fast) {
				err = ops->getattr(ino, st);
				if (likely(path_fast_ok(&p, seq, mseq)))
					return err;
			}
		}
		err = path_get_checked(&p, seq, mseq) ? 0 : -ECHILD;
	}
	if (err == -ECHILD)
		err = path_lookup_as(dfd, name, flags, current->cred, &p);
	if (err)
		return err;
	err = vfs_getattr(&p, st);
	path_put(&p);
	return err;
}

int path_parent(int dfd, const char *name, struct path *parent, char *last,
		enum last_type *type, bool *trailing_slash)
{
	struct nameidata nd;
	int err = nd_begin(&nd, dfd, name, 0);

	if (!err)
		err = nd_walk_parent(&nd);
	if (!err && nd.last_len > NAME_MAX)
		err = -ENAMETOOLONG;
	if (!err) {
		memcpy(last, nd.last, nd.last_len);
		last[nd.last_len] = 0;
		*type = nd.last_type;
		*trailing_slash = nd.trailing;
		nd_take_path(&nd, parent);
	}
	nd_end(&nd);
	return err;
}

/* --- Names from the guest --- */

char *path_buf_get(void)
{
	struct task *t = current;

	if (unlikely(t->name_busy))
		return kmalloc(PATH_MAX);
	t->name_busy = true;
	return t->name_buf;
}

char *path_name_get(uaddr name)
{
	char *buf = path_buf_get();
	ssize_t n;

	if (unlikely(!buf))
		return ERR_PTR(-ENOMEM);
	n = strncpy_from_user(buf, name, PATH_MAX);
	if (likely(n > 0 && n < PATH_MAX))
		return buf;
	path_name_put(buf);
	if (n == 0)
		return ERR_PTR(-ENOENT);
	return ERR_PTR(n < 0 ? n : -ENAMETOOLONG);
}

void path_name_put(char *name)
{
	if (likely(name == current->name_buf))
		current->name_busy = false;
	else
		kfree(name);
}

int path_lookup_user(int dfd, uaddr name, u32 flags, struct path *out)
{
	char *s = path_name_get(name);
	int err;

	if (IS_ERR(s)) {
		if (PTR_ERR(s) != -ENOENT || !(flags & LOOKUP_EMPTY))
			return (int)PTR_ERR(s);
		return path_lookup(dfd, "", flags, out);
	}
	err = path_lookup(dfd, s, flags, out);
	path_name_put(s);
	return err;
}
