/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hostfs: what its front end (hostfs_kern.c, in the machine) and its back end
 * (hostfs_host.c, in the monitor) say to each other over the ring.
 *
 * A file is named by a handle that the back end gave, a directory entry by its
 * directory's handle and one name. Handles are counted: each reply that gives
 * one (lookup, create, root) adds one, HOSTFS_FORGET takes several back.
 *
 * Changes that others make on the host. The machine gives the back end a table
 * of struct hostfs_word, one for each node, by the low half of its handle. The
 * back end watches directories (inotify) and adds to a word when what it stands
 * for may have changed. Every reply says which words it goes with; a word that
 * is still the same after HOSTFS_SYNC, which takes in what the host has
 * reported, means that nothing has changed. What is not watched gets values
 * that no word has.
 *
 * Unless said otherwise the buffer is a struct hostfs_msg in arena memory: the
 * name goes in by it, attributes come back. Results are 0 or -errno. Included
 * by both worlds.
 */
#ifndef DRIVERS_HOST_HOSTFS_H
#define DRIVERS_HOST_HOSTFS_H

#include <stdint.h>

enum hostfs_op {
	/* arg0 index of the granted directory; ret0: HOSTFS_ROOT_RW */
	HOSTFS_ROOT = 1,
	/* arg0 dir, name => attr with a handle, link: a symlink's text */
	HOSTFS_LOOKUP,
	/*
	 * arg0 dir, name, arg1 the handle it had, 0 for none. => attr; or
	 * -ENOENT, or -ESTALE: something else is there. Counts nothing.
	 */
	HOSTFS_REVAL,
	HOSTFS_GETATTR, /* arg0 => attr */
	HOSTFS_SETATTR, /* arg0, arg1 HOSTFS_SET_*, attr => attr */
	HOSTFS_OPEN,	/* arg0, arg1 HOSTFS_MAY_* => attr */
	HOSTFS_READ,	/* arg0, arg1 offset, buffer => bytes, short: end */
	HOSTFS_WRITE,	/* arg0, arg1 offset, buffer => bytes; ret: below */
	/*
	 * arg0, arg1 position, arg2 HOSTFS_DIR_*, buffer => bytes of struct
	 * hostfs_dirblock; the first is of the directory that was asked for.
	 */
	HOSTFS_READDIR,
	HOSTFS_READLINK, /* arg0, buffer => bytes */
	/* arg0 dir, name, arg1 mode with type, arg2 rdev => attr, handle */
	HOSTFS_CREATE,
	/* the same; the text stands after the message, NUL-terminated */
	HOSTFS_SYMLINK,
	HOSTFS_LINK,   /* arg0 file, arg1 dir, name => attr of the file */
	HOSTFS_UNLINK, /* arg0 dir, name, arg1: is a directory, arg2 its
			  handle if it must stay readable, else 0 */
	/* arg0 dir, name, arg1 dir, link: new name, arg2 flags,
	   arg3 handle of what moves, arg4 of what is there (as in UNLINK) */
	HOSTFS_RENAME,
	HOSTFS_STATFS, /* arg0; buffer: struct hostfs_statfs */
	HOSTFS_FSYNC,  /* arg0, arg1: data only */
	HOSTFS_FORGET, /* buffer: array of struct hostfs_forget */
	HOSTFS_WATCH,  /* once; buffer: the table of struct hostfs_word */
	HOSTFS_SYNC,
};

#define HOSTFS_ROOT_RW	     1u

#define HOSTFS_MAY_READ	     1u
#define HOSTFS_MAY_WRITE     2u

#define HOSTFS_SET_MODE	     1u
#define HOSTFS_SET_UID	     2u
#define HOSTFS_SET_GID	     4u
#define HOSTFS_SET_SIZE	     8u
#define HOSTFS_SET_ATIME     16u
#define HOSTFS_SET_MTIME     32u
#define HOSTFS_SET_ATIME_NOW 64u
#define HOSTFS_SET_MTIME_NOW 128u

/* ret[] of HOSTFS_WRITE: how the file is after it */
#define HOSTFS_W_SIZE	     0
#define HOSTFS_W_MTIME	     1
#define HOSTFS_W_CTIME	     2
#define HOSTFS_W_BLOCKS	     3

/* READDIR: attributes of the directories in it, of everything in it; and */
#define HOSTFS_DIR_SUBDIRS   1u
#define HOSTFS_DIR_ALL	     2u
#define HOSTFS_DIR_DEEP	     4u /* the directories in it too, as far as they fit */
#define HOSTFS_DIR_CHUNK     16384u /* most bytes of entries in a block */

#define HOSTFS_NAME_SIZE     256u /* with its NUL */

struct hostfs_word {
	uint32_t attr;	/* attributes, content */
	uint32_t place; /* its name leads elsewhere, or nowhere */
	uint32_t names; /* directories: which names there are */
	uint32_t unused;
};

struct hostfs_attr {
	uint64_t handle;
	uint64_t ino, rdev; /* rdev in the guest's encoding */
	uint64_t size, blocks;
	int64_t atime, mtime, ctime, btime; /* ns since 1970 */
	uint32_t mode, nlink, uid, gid, blksize;
	uint32_t link_len; /* 0: not a symlink, or too long for the message */
	struct hostfs_word seen; /* names: of its directory, if it has one */
};

/*
 * Of one directory: entries, then attributes of some of them, each of which
 * counts as a lookup. Blocks but the first have all entries of theirs.
 */
struct hostfs_dirblock {
	uint64_t handle;
	uint32_t len;	/* of the block; a multiple of 8, as all lengths are */
	uint32_t ents;	/* bytes of struct linux_dirent64 behind this */
	uint32_t count; /* of struct hostfs_dirattr behind those */
	uint32_t names; /* word of the directory */
	uint32_t last;	/* 1: no entries follow */
	uint32_t unused;
};

struct hostfs_dirattr {
	uint32_t entry; /* offset of its linux_dirent64 among the entries */
	uint32_t len;	/* bytes to the next */
	struct hostfs_attr attr;
	char link[]; /* attr.link_len bytes */
};

struct hostfs_msg {
	struct hostfs_attr attr;
	char name[HOSTFS_NAME_SIZE];
	char link[HOSTFS_NAME_SIZE];
};

struct hostfs_statfs {
	uint64_t bsize, blocks, bfree, bavail, files, ffree, namelen;
};

struct hostfs_forget {
	uint64_t handle, count;
};

#endif
