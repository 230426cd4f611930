// SPDX-License-Identifier: GPL-2.0
/*
 * The mount table as the task's root sees it, following proc(5): mounts (the
 * format of fstab(5)), mountinfo and mountstats.
 *
 * Written under mount_lock, in order of mounting. Blanks, tabs, newlines and
 * backslashes in names are octal escapes.
 */
#include <abi/mount.h>
#include <kernel/ns.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "fs/proc.h"
#include "vfs/internal.h"

#define PROC_MOUNT_ESC " \t\n\\#"

struct proc_mounts {
	struct seqbuf *s;
	struct path root;
	char *buf;	    /* PATH_MAX */
	char *name, *place; /* where in it, PATH_MAX */
};

static const struct {
	u32 flag;
	const char *name;
} proc_mount_opts[] = {
	{ MS_NOSUID, ",nosuid" },	    { MS_NODEV, ",nodev" },
	{ MS_NOEXEC, ",noexec" },	    { MS_NOATIME, ",noatime" },
	{ MS_NODIRATIME, ",nodiratime" },   { MS_RELATIME, ",relatime" },
	{ MS_NOSYMFOLLOW, ",nosymfollow" },
};

static void proc_mount_flags(struct seqbuf *s, u32 flags)
{
	u32 i;

	seq_puts(s, flags & MS_RDONLY ? "ro" : "rw");
	for (i = 0; i < ARRAY_SIZE(proc_mount_opts); i++)
		if (flags & proc_mount_opts[i].flag)
			seq_puts(s, proc_mount_opts[i].name);
}

/* Of the instance: what its file system adds, behind a comma. */
static void proc_super_opts(struct proc_mounts *w, struct super *sb)
{
	int n;

	if (sb->flags & MS_SYNCHRONOUS)
		seq_puts(w->s, ",sync");
	if (!sb->ops || !sb->ops->show_options)
		return;
	w->buf[0] = 0;
	n = sb->ops->show_options(sb, w->buf, PATH_MAX);
	if (n < 0 || !w->buf[0])
		return;
	if (w->buf[0] != ',')
		seq_putc(w->s, ',');
	seq_escape(w->s, w->buf, " \t\n\\");
}

static void proc_mount_point(struct proc_mounts *w)
{
	seq_escape(w->s, IS_ERR(w->place) ? "?" : w->place, PROC_MOUNT_ESC);
}

/* Of a mount that the root does not lead to nothing is told. */
static bool proc_mount_seen(struct proc_mounts *w, struct mount *m)
{
	struct path at = { m, m->root };
	bool reached;

	w->place = path_string_from(&at, &w->root, w->name, PATH_MAX, &reached);
	return reached;
}

static const char *proc_mount_source(const struct mount *m)
{
	return m->source[0] ? m->source : "none";
}

static void proc_mounts_line(struct proc_mounts *w, struct mount *m)
{
	u32 flags = m->flags | (m->sb->flags & MS_RDONLY);

	seq_escape(w->s, proc_mount_source(m), PROC_MOUNT_ESC);
	seq_putc(w->s, ' ');
	proc_mount_point(w);
	seq_printf(w->s, " %s ", m->sb->type->name);
	proc_mount_flags(w->s, flags);
	proc_super_opts(w, m->sb);
	seq_puts(w->s, " 0 0\n");
}

/* The directory inside its own file system that a mount shows. */
static void proc_mount_root(struct proc_mounts *w, struct mount *m)
{
	char *p = w->buf + PATH_MAX - 1;
	struct dentry *d = m->root;

	if (ns_of_inode(d->inode)) {
		seq_escape(w->s, d->name, PROC_MOUNT_ESC);
		return;
	}
	*p = 0;
	for (; d->parent != d && p - w->buf > d->len + 1; d = d->parent) {
		p -= d->len;
		memcpy(p, d->name, d->len);
		*--p = '/';
	}
	seq_escape(w->s, *p ? p : "/", PROC_MOUNT_ESC);
}

static void proc_mountinfo_line(struct proc_mounts *w, struct mount *m)
{
	seq_printf(w->s, "%u %u %u:%u ", m->id, m->parent ? m->parent->id : 0,
		   MAJOR(m->sb->dev), MINOR(m->sb->dev));
	proc_mount_root(w, m);
	seq_putc(w->s, ' ');
	proc_mount_point(w);
	seq_putc(w->s, ' ');
	proc_mount_flags(w->s, m->flags);
	if (m->group_id)
		seq_printf(w->s, " shared:%u", m->group_id);
	if (m->master)
		seq_printf(w->s, " master:%u", m->master->group_id);
	if (m->unbindable)
		seq_puts(w->s, " unbindable");
	seq_printf(w->s, " - %s ", m->sb->type->name);
	seq_escape(w->s, proc_mount_source(m), PROC_MOUNT_ESC);
	seq_puts(w->s, m->sb->flags & MS_RDONLY ? " ro" : " rw");
	proc_super_opts(w, m->sb);
	seq_putc(w->s, '\n');
}

static void proc_mountstats_line(struct proc_mounts *w, struct mount *m)
{
	seq_puts(w->s, "device ");
	seq_escape(w->s, proc_mount_source(m), PROC_MOUNT_ESC);
	seq_puts(w->s, " mounted on ");
	proc_mount_point(w);
	seq_printf(w->s, " with fstype %s\n", m->sb->type->name);
}

static int proc_each_mount(struct seqbuf *s, const struct seqtree_node *n,
			   void (*line)(struct proc_mounts *, struct mount *))
{
	struct proc_mounts w = { .s = s };
	struct task *t = proc_task(n);
	struct fs_context *fs;
	struct mount *m;
	struct ns *ns;

	if (!t)
		return -ESRCH;
	fs = task_get_fs(t);
	ns = task_get_ns(t, NS_MNT);
	task_put(t);
	w.buf = kmalloc(2 * PATH_MAX);
	if (!fs || !ns || !w.buf) {
		if (fs)
			fs_context_put(fs);
		if (ns)
			ns_put(ns);
		return w.buf ? -EINVAL : -ENOMEM;
	}
	w.name = w.buf + PATH_MAX;
	spin_lock(&fs->lock);
	w.root = fs->root;
	path_get(&w.root);
	spin_unlock(&fs->lock);
	fs_context_put(fs);
	mutex_lock(&mount_lock);
	list_for_each_entry (m, &all_mounts, node)
		if (m->ns && &m->ns->ns == ns && proc_mount_seen(&w, m))
			line(&w, m);
	mutex_unlock(&mount_lock);
	path_put(&w.root);
	ns_put(ns);
	kfree(w.buf);
	return 0;
}

int proc_show_mounts(struct seqbuf *s, const struct seqtree_node *n)
{
	return proc_each_mount(s, n, proc_mounts_line);
}

int proc_show_mountinfo(struct seqbuf *s, const struct seqtree_node *n)
{
	return proc_each_mount(s, n, proc_mountinfo_line);
}

int proc_show_mountstats(struct seqbuf *s, const struct seqtree_node *n)
{
	return proc_each_mount(s, n, proc_mountstats_line);
}
