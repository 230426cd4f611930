// SPDX-License-Identifier: GPL-2.0
/*
 * Where a process stands: root, working directory and umask, shared by tasks
 * cloned with CLONE_FS; and the way back from a path to a string.
 *
 * root and cwd change under fs->lock, with fs->seq odd meanwhile, so that the
 * lockless walk can start from them without a reference.
 */
#include "vfs/internal.h"

struct fs_context *fs_context_alloc(void)
{
	struct fs_context *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	ref_init(&fs->refs, 1);
	spin_init(&fs->lock);
	fs->umask = 022;
	return fs;
}

struct fs_context *fs_context_copy(struct fs_context *old)
{
	struct fs_context *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	ref_init(&fs->refs, 1);
	spin_init(&fs->lock);
	spin_lock(&old->lock);
	fs->root = old->root;
	fs->cwd = old->cwd;
	fs->umask = old->umask;
	if (fs->root.dentry)
		path_get(&fs->root);
	if (fs->cwd.dentry)
		path_get(&fs->cwd);
	spin_unlock(&old->lock);
	return fs;
}

void fs_context_put(struct fs_context *fs)
{
	if (!fs || !ref_put(&fs->refs))
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	kfree(fs);
}

static void fs_get_place(struct fs_context *fs, const struct path *place,
			 struct path *out)
{
	spin_lock(&fs->lock);
	*out = *place;
	path_get(out);
	spin_unlock(&fs->lock);
}

void fs_get_root(struct path *out)
{
	fs_get_place(current->fs, &current->fs->root, out);
}

void fs_get_cwd(struct path *out)
{
	fs_get_place(current->fs, &current->fs->cwd, out);
}

static void fs_set_place(struct fs_context *fs, struct path *place,
			 const struct path *p)
{
	struct path old;

	spin_lock(&fs->lock);
	old = *place;
	store_release(&fs->seq, fs->seq + 1);
	*place = *p;
	store_release(&fs->seq, fs->seq + 1);
	spin_unlock(&fs->lock);
	path_put(&old);
}

void fs_set_root(struct fs_context *fs, const struct path *p)
{
	fs_set_place(fs, &fs->root, p);
}

void fs_set_cwd(struct fs_context *fs, const struct path *p)
{
	fs_set_place(fs, &fs->cwd, p);
}

/* --- Paths as strings --- */

static bool prepend(char **p, const char *buf, const char *s, u32 len)
{
	if ((size_t)(*p - buf) < len)
		return false;
	*p -= len;
	memcpy(*p, s, len);
	return true;
}

/*
 * Names up to `root` or the top of the tree. dcache_lock keeps parents and
 * names still; a step over a mount takes mount_hash_lock inside path_up_mounts,
 * so the lock is dropped there, with references held.
 * => 1 reached root, 0 reached a top that is not root, -ENAMETOOLONG
 */
static int path_string_walk(struct path *at, const struct path *root,
			    const char *buf, char **p)
{
	for (;;) {
		struct dentry *d;
		bool ok = true;

		spin_lock(&dcache_lock);
		d = at->dentry;
		while (ok && d != at->mnt->root && d->parent != d &&
		       !(d == root->dentry && at->mnt == root->mnt)) {
			ok = prepend(p, buf, d->name, d->len) &&
			     prepend(p, buf, "/", 1);
			d = d->parent;
		}
		ref_get(&d->refs);
		spin_unlock(&dcache_lock);
		dentry_put(at->dentry);
		at->dentry = d;
		if (!ok)
			return -ENAMETOOLONG;
		if (d == root->dentry && at->mnt == root->mnt)
			return 1;
		if (d != at->mnt->root || !path_up_mounts(at))
			return 0;
	}
}

char *path_string_from(const struct path *path, const struct path *root,
		       char *buf, size_t n, bool *reached)
{
	struct path at = *path;
	struct dentry *d = path->dentry;
	char *p = buf + n;
	int r;

	*reached = true;
	if (!n)
		return ERR_PTR(-ENAMETOOLONG);
	*--p = 0;
	if (path->mnt == &anon_mount) { /* "pipe:[12]", "/memfd:x (deleted)" */
		bool gone = d->flags & DENTRY_DELETED;

		if ((gone && !prepend(&p, buf, " (deleted)", 10)) ||
		    !prepend(&p, buf, d->name, d->len) ||
		    (gone && !prepend(&p, buf, "/", 1)))
			return ERR_PTR(-ENAMETOOLONG);
		return p;
	}
	if ((d->flags & DENTRY_DELETED) && d->parent != d &&
	    !prepend(&p, buf, " (deleted)", 10))
		return ERR_PTR(-ENAMETOOLONG);
	path_get(&at);
	r = path_string_walk(&at, root, buf, &p);
	path_put(&at);
	if (r < 0)
		return ERR_PTR(r);
	*reached = r;
	if ((*p == 0 || *p == ' ') && !prepend(&p, buf, "/", 1))
		return ERR_PTR(-ENAMETOOLONG);
	return p;
}

char *path_string(const struct path *p, const struct path *root, char *buf,
		  size_t n)
{
	bool reached;

	return path_string_from(p, root, buf, n, &reached);
}
