// SPDX-License-Identifier: GPL-2.0
/*
 * What a task has open, following proc(5): fd/ (links to the files), fdinfo/
 * (position, flags and what the file's kind adds), and the links exe, cwd and
 * root.
 *
 * The links are magic: following one gives the very file or directory, also
 * when its name is gone. A node of fd/ carries the descriptor plus one in
 * node->sub, and is looked up anew each time.
 */
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "fs/proc.h"

/* The node's task, if current may look into it; reference. ERR_PTR. */
static struct task *proc_task_access(const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	int err;

	if (!t)
		return ERR_PTR(-ESRCH);
	err = proc_may_access(t);
	if (!err)
		return t;
	task_put(t);
	return ERR_PTR(err);
}

/* --- exe, cwd, root --- */

int proc_get_exe(const struct seqtree_node *n, struct path *out)
{
	struct mm *mm = proc_mm(n);
	struct file *f = NULL;

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (!mm)
		return -ENOENT;
	mutex_lock(&mm->lock);
	if (mm->exe) {
		f = mm->exe;
		*out = f->path;
		path_get(out);
	}
	mutex_unlock(&mm->lock);
	mm_put(mm);
	return f ? 0 : -ENOENT;
}

static int proc_get_place(const struct seqtree_node *n, struct path *out,
			  bool root)
{
	struct task *t = proc_task_access(n);
	struct fs_context *fs;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	fs = task_get_fs(t);
	task_put(t);
	if (!fs)
		return -ENOENT;
	spin_lock(&fs->lock);
	*out = root ? fs->root : fs->cwd;
	path_get(out);
	spin_unlock(&fs->lock);
	fs_context_put(fs);
	return 0;
}

int proc_get_cwd(const struct seqtree_node *n, struct path *out)
{
	return proc_get_place(n, out, false);
}

int proc_get_root(const struct seqtree_node *n, struct path *out)
{
	return proc_get_place(n, out, true);
}

/* --- Descriptors --- */

static struct file *proc_file(const struct seqtree_node *n, bool *cloexec)
{
	struct task *t = proc_task_access(n);
	struct files *files;
	struct file *f;

	if (IS_ERR(t))
		return (struct file *)t;
	files = task_get_files(t);
	task_put(t);
	if (!files)
		return ERR_PTR(-ENOENT);
	f = files_get_fd(files, n->sub - 1);
	if (f && cloexec)
		*cloexec = files_cloexec(files, n->sub - 1);
	files_put(files);
	return f ? f : ERR_PTR(-ENOENT);
}

static int proc_fd_get_path(const struct seqtree_node *n, struct path *out)
{
	struct file *f = proc_file(n, NULL);

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

static int proc_show_fdinfo(struct seqbuf *s, const struct seqtree_node *n)
{
	bool cloexec = false;
	struct file *f = proc_file(n, &cloexec);
	u32 flags;

	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	flags = f->flags & ~(u32)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	if (cloexec)
		flags |= O_CLOEXEC;
	else
		flags &= ~(u32)O_CLOEXEC;
	seq_printf(s, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%u\nino:\t%llu\n",
		   (long long)f->pos, flags, f->path.mnt ? f->path.mnt->id : 0,
		   (unsigned long long)f->inode->ino);
	if (f->ops->show_fdinfo) {
		char *buf = kmalloc(PAGE_SIZE);
		int len = buf ? f->ops->show_fdinfo(f, buf, PAGE_SIZE) : 0;

		if (len > 0)
			seq_write(s, buf, min((size_t)len, PAGE_SIZE - 1));
		kfree(buf);
	}
	file_put(f);
	return 0;
}

/* One for each access mode, which is what the link's own mode shows. */
static const struct seqtree_entry proc_fd_entries[] = {
	{ .mode = S_IFLNK | 0500, .get_path = proc_fd_get_path },
	{ .mode = S_IFLNK | 0300, .get_path = proc_fd_get_path },
	{ .mode = S_IFLNK | 0700, .get_path = proc_fd_get_path },
	{ .mode = S_IFLNK | 0000, .get_path = proc_fd_get_path },
};
static const struct seqtree_entry proc_fdinfo_entry = {
	.mode = S_IFREG | 0444,
	.show = proc_show_fdinfo,
};

static const struct seqtree_entry *proc_fd_entry(const struct file *f)
{
	u32 rw = f->mode & (FMODE_READ | FMODE_WRITE);

	if (rw == FMODE_READ)
		return &proc_fd_entries[0];
	if (rw == FMODE_WRITE)
		return &proc_fd_entries[1];
	return rw ? &proc_fd_entries[2] : &proc_fd_entries[3];
}

static int proc_parse_fd(const char *name, u32 len, u32 *out)
{
	u32 v = 0, i;

	if (!len || len > 9 || (name[0] == '0' && len > 1))
		return -ENOENT;
	for (i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -ENOENT;
		v = v * 10 + (u32)(name[i] - '0');
	}
	*out = v;
	return 0;
}

static int proc_fd_lookup_as(const char *name, u32 len,
			     struct seqtree_node *out, bool info)
{
	struct file *f;
	u32 fd;
	int err = proc_parse_fd(name, len, &fd);

	if (err)
		return err;
	out->sub = fd + 1;
	f = proc_file(out, NULL);
	if (IS_ERR(f))
		return PTR_ERR(f) == -ESRCH ? -ENOENT : (int)PTR_ERR(f);
	out->e = info ? &proc_fdinfo_entry : proc_fd_entry(f);
	file_put(f);
	return 0;
}

static int proc_fd_lookup(const struct seqtree_node *dir, const char *name,
			  u32 len, struct seqtree_node *out)
{
	return proc_fd_lookup_as(name, len, out, false);
}

static int proc_fdinfo_lookup(const struct seqtree_node *dir, const char *name,
			      u32 len, struct seqtree_node *out)
{
	return proc_fd_lookup_as(name, len, out, true);
}

static int proc_fd_iterate_as(const struct seqtree_node *dir,
			      struct dir_context *ctx, bool info)
{
	struct seqtree_node n = *dir;
	struct task *t = proc_task_access(dir);
	struct files *files;
	u32 fd, end;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	files = task_get_files(t);
	task_put(t);
	if (!files)
		return 0;
	end = files_max_fd(files);
	for (fd = (u32)(ctx->pos - SEQTREE_DYN); fd <= end; fd++) {
		struct file *f = files_get_fd(files, fd);
		char name[16];

		if (!f)
			continue;
		n.e = info ? &proc_fdinfo_entry : proc_fd_entry(f);
		n.sub = fd + 1;
		file_put(f);
		snprintf(name, sizeof(name), "%u", fd);
		if (!seqtree_emit(ctx, name, &n, fd))
			break;
	}
	files_put(files);
	return 0;
}

static int proc_fd_iterate(const struct seqtree_node *dir,
			   struct dir_context *ctx)
{
	return proc_fd_iterate_as(dir, ctx, false);
}

static int proc_fdinfo_iterate(const struct seqtree_node *dir,
			       struct dir_context *ctx)
{
	return proc_fd_iterate_as(dir, ctx, true);
}

const struct seqtree_dir proc_fd_dir = {
	.lookup = proc_fd_lookup,
	.iterate = proc_fd_iterate,
};
const struct seqtree_dir proc_fdinfo_dir = {
	.lookup = proc_fdinfo_lookup,
	.iterate = proc_fdinfo_iterate,
};
