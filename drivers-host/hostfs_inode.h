/* SPDX-License-Identifier: GPL-2.0 */
/* What the two halves of the front end of hostfs share. */
#ifndef DRIVERS_HOST_HOSTFS_INODE_H
#define DRIVERS_HOST_HOSTFS_INODE_H

#include <kernel/ring.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include "hostfs.h"

/* How long a thing is believed without asking, unless it is watched. */
#define HOSTFS_TRUST	  (5 * NSEC_PER_MSEC)
/* What is watched, but could change without a word: see hostfs_watch_host.c */
#define HOSTFS_TRUST_FILE (1 * NSEC_PER_SEC)

/* Nodes that have words; the others are not watched. */
#define HOSTFS_WORDS	  131072u
enum { HOSTFS_WORD_ATTR, HOSTFS_WORD_PLACE, HOSTFS_WORD_NAMES };

/* What is in a directory, as far as it has been read. See hostfs_dir_kern.c */
struct hostfs_listing {
	struct ref refs;
	/* under the directory's inode->lock */
	u32 len, size; /* bytes in buf, and room */
	u64 start;     /* position of the first entry */
	u64 end;       /* of what follows the last */
	u32 seen;      /* the directory's word of names */
	bool whole;    /* nothing follows */
	char *buf;     /* struct linux_dirent64 */
};

/* inode->priv */
struct hostfs_inode {
	struct inode *inode; /* fixed */
	u64 handle;	     /* fixed */
	/* under hostfs_lock */
	struct hostfs_inode *next;
	u64 lookups; /* to be given back to the monitor */
	bool hashed;
	/* written and read by whoever comes: */
	u32 seen;   /* word of attributes that they go with */
	s64 mtime;  /* of the pages we have */
	u64 stamp;  /* when the attributes were true */
	u32 opened; /* HOSTFS_MAY_*: what the host has let us open */
	/* directories, under inode->lock */
	u32 hint;     /* offset in listing behind the last name looked up */
	u64 read_at;  /* when; a hint */
	u64 hint_pos; /* position of what stands there */
	u32 run;      /* lookups that went along the listing */
	struct hostfs_listing *listing;
};

static inline struct hostfs_inode *hostfs_inode(const struct inode *ino)
{
	return ino->priv;
}

extern struct hostfs_word hostfs_words[HOSTFS_WORDS];
extern struct name_watch hostfs_watch;

/* => the word, or NULL */
static inline u32 *hostfs_word(u64 handle, u32 which)
{
	u32 index = (u32)handle;

	return index < HOSTFS_WORDS ? (u32 *)&hostfs_words[index] + which
				    : NULL;
}

/* Is the word as it was, and what the host reported taken in? */
static inline bool hostfs_same(u64 handle, u32 which, u32 seen, u64 now)
{
	const u32 *w = hostfs_word(handle, which);

	return w && load_acquire(w) == seen &&
	       now - READ_ONCE(hostfs_watch.synced) < HOSTFS_TRUST;
}

/* Are the attributes to be believed? Never sleeps. */
static inline bool hostfs_fresh(const struct inode *ino,
				const struct hostfs_inode *hi)
{
	u64 now = time_mono_ns(), age = now - READ_ONCE(hi->stamp);

	if (age < HOSTFS_TRUST)
		return true;
	if (!S_ISDIR(ino->mode) &&
	    (age >= HOSTFS_TRUST_FILE || READ_ONCE(ino->nlink) != 1))
		return false;
	return hostfs_same(hi->handle, HOSTFS_WORD_ATTR, READ_ONCE(hi->seen),
			   now);
}

/* Take in what the host has reported, unless that was done just now. */
void hostfs_sync(void);
/* The attributes are old, whatever the words say. */
void hostfs_stale(struct hostfs_inode *hi);
/* The inode of a reply that counts. link: NULL, or text. => NULL: no memory */
struct inode *hostfs_iget(struct super *sb, const struct hostfs_attr *a,
			  const char *link);
/* What a dentry with these attributes depends on: dentry->watch, ->stamp */
u64 hostfs_place_watch(const struct inode *dir, const struct hostfs_attr *a);
u64 hostfs_names_watch(const struct inode *dir, u32 seen);
u64 hostfs_place_stamp(const struct inode *ino);
void hostfs_forget(u64 handle, u64 count);

/* hostfs_dir_kern.c. Caller holds dir->lock. */
void hostfs_listing_drop(struct hostfs_inode *hi);
/* d by a whole or partial listing. => true: it is answered */
bool hostfs_lookup_listed(struct inode *dir, struct dentry *d);

struct ring_req *hostfs_req(u16 op, u64 handle, u64 arg1);
/* Submit, wait, release the slot. buf may be NULL. => result */
s64 hostfs_run(struct ring_req *r, void *buf, u32 len);
/* Take over what the host says about a file. */
void hostfs_update(struct inode *ino, const struct hostfs_attr *a);
/* The same after a write of ours. */
void hostfs_wrote(struct hostfs_inode *hi, s64 mtime, s64 ctime, u64 blocks);
/* Ask for the attributes if they are old. => 0, -errno */
int hostfs_refresh(struct inode *ino);

int hostfs_fsync(struct file *f, int datasync);

extern const struct inode_ops hostfs_dir_iops, hostfs_file_iops,
	hostfs_link_iops;
extern const struct file_ops hostfs_file_fops, hostfs_dir_fops;
extern const struct mapping_ops hostfs_mapping_ops;

#endif
