/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File systems that are tables: procfs and sysfs.
 *
 * A tree of struct seqtree_entry, constant data, says which names there are and
 * which function shows or takes the content of each. What the tree of entries
 * cannot say (a directory for each process, a link for each descriptor) is done
 * by the entry's ->dir functions.
 *
 * A node is an entry together with what it is about: for procfs the task (tid
 * and start time, so that a number used again is told apart) and a descriptor.
 * Each inode carries one. Nodes of a task are never cached by name: their
 * dentries go with the last user.
 */
#ifndef FS_SEQTREE_H
#define FS_SEQTREE_H

#include <kernel/seqbuf.h>
#include <kernel/vfs.h>

struct seqtree_node;
struct pid_ns;

/* Children that no table can list. Called with the directory's lock held. */
struct seqtree_dir {
	/* => 0 with *out filled in; -ENOENT */
	int (*lookup)(const struct seqtree_node *dir, const char *name, u32 len,
		      struct seqtree_node *out);
	/* Emit those numbered ctx->pos - SEQTREE_DYN and up. */
	int (*iterate)(const struct seqtree_node *dir, struct dir_context *ctx);
};
/* Directory positions below are . and .. and the table's entries. */
#define SEQTREE_DYN 1024

struct seqtree_entry {
	const char *name;
	u32 mode; /* S_IF* and permissions */
	/* Regular files. All may sleep. => 0 or -errno */
	int (*show)(struct seqbuf *s, const struct seqtree_node *n);
	/* One write(2), NUL-terminated, at most 4095 bytes. => 0 or -errno */
	int (*write)(const struct seqtree_node *n, char *buf, size_t len);
	/* Or instead: its own operations; f->inode's node: seqtree_node_of. */
	const struct file_ops *fops;
	/* Directories */
	const struct seqtree_entry *children; /* ends with a NULL name */
	const struct seqtree_dir *dir;
	/* with dir: asks the type's ->permission; with write: who opened it
	   must be who writes */
	bool guarded;
	/* Links: as inode_ops. With get_path only: readlink shows the path. */
	ssize_t (*readlink)(const struct seqtree_node *n, char *buf,
			    size_t size);
	int (*get_path)(const struct seqtree_node *n, struct path *out);
	/* The functions' own. */
	const void *data;
	u64 arg;
};

struct seqtree_node {
	const struct seqtree_entry *e;
	u32 tid; /* 0: about no task */
	u32 sub; /* descriptor, processor … */
	u64 start_time;
	u64 at;			     /* the functions' own: an address */
	const struct pid_ns *pid_ns; /* procfs: whose numbers it shows */
};

/* One file system made this way. */
struct seqtree_type {
	struct seqtree_entry root;
	u64 magic;
	bool absent_is_error; /* lookup of no such name: ENOENT at once */
	/* May be NULL. Is what the node is about still there? */
	bool (*alive)(const struct seqtree_node *n);
	/* Owner; default root. */
	void (*owner)(const struct seqtree_node *n, u32 *uid, u32 *gid);
	/* For guarded directories. */
	int (*permission)(const struct seqtree_node *n, struct inode *ino,
			  u32 mask);
};

/* ns: procfs's pid namespace, or NULL. */
struct super *seqtree_mount(const struct fs_type *t,
			    const struct seqtree_type *st, struct pid_ns *ns);
static inline const struct seqtree_node *seqtree_node_of(const struct inode *i)
{
	return i->priv;
}
u64 seqtree_ino(const struct seqtree_node *n);
/* An entry under name for n; false: the reader's buffer is full. */
bool seqtree_emit(struct dir_context *ctx, const char *name,
		  const struct seqtree_node *n, u64 num);
/* For fops of entries: a file that shows what fn writes at each rewind. */
loff_t seqtree_llseek(struct file *f, loff_t off, int whence);
int seqtree_no_mmap(struct file *f, struct mapping **m, int prot, int flags);

#endif
