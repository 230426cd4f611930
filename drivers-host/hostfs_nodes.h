/* SPDX-License-Identifier: GPL-2.0 */
/* The table of files that the machine knows (hostfs_nodes_host.c). */
#ifndef DRIVERS_HOST_HOSTFS_NODES_H
#define DRIVERS_HOST_HOSTFS_NODES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "hostfs.h"

/* One file of the host. */
struct hnode {
	uint32_t index, gen; /* fixed */
	uint64_t dev, ino;
	int64_t btime;
	uint32_t type; /* S_IFMT bits */
	bool rw;       /* the root it was granted with */
	/* under the table's lock */
	uint32_t refs;	      /* users, children, and one for lookups */
	uint32_t busy;	      /* calls at work on it: its descriptors stay */
	uint64_t lookups;     /* how many the machine must forget */
	struct hnode *parent; /* NULL: a root. Counted */
	char *name;
	struct hnode *hash_next, *place_next;
	bool orphan;	   /* the name is gone: descriptors are all there is */
	int pfd, rfd, wfd; /* O_PATH, reading, writing; or -1 */
	struct hnode *lru_prev, *lru_next; /* while it has a descriptor */
	int wd; /* directories: inotify's number; 0 none, -1 impossible */
	struct hnode *wd_next;
};

/* => descriptor, or -errno */
int hnodes_add_root(const char *dir, bool rw);
struct hnode *hnode_get_root(uint64_t index);

/* => at work on it, or NULL */
struct hnode *hnode_get(uint64_t handle);
void hnode_put(struct hnode *n);
uint64_t hnode_handle(const struct hnode *n);
/* What the machine has looked up: find or make. Counts. => NULL: too many */
struct hnode *hnode_intern(struct hnode *dir, const char *name,
			   const struct statx *st);
void hnode_forget(uint64_t handle, uint64_t count);
bool hnode_is(const struct hnode *n, const struct statx *st);
/* It has another place now; it has this one no more. */
void hnode_renamed(struct hnode *n, struct hnode *dir, const char *name);
void hnode_lost_name(struct hnode *n, struct hnode *dir, const char *name);

/*
 * Descriptors, valid as long as the caller is at work on n. => fd, or -errno;
 * -ESTALE when the name leads to another file by now.
 */
int hnode_path(struct hnode *n);
int hnode_open(struct hnode *n, bool write);
/* Whatever there is, or -1. */
int hnode_any_fd(struct hnode *n);
/* Take over a descriptor that creating it gave. */
void hnode_give_fd(struct hnode *n, int fd, bool write);
/* Parent's O_PATH descriptor and the name (256 bytes); parent to be put. */
int hnode_place(struct hnode *n, struct hnode **parent, char *name);

void hnodes_lock(void);
void hnodes_unlock(void);
/* With the lock: the node that has this place; all nodes. */
struct hnode *hnode_at_locked(struct hnode *dir, const char *name);
void hnodes_each_locked(void (*fn)(struct hnode *n, void *arg), void *arg);

/*
 * hostfs_watch_host.c: what others change on the host. The order of a call that
 * tells the machine something: hwatch_dir() of the directory, hwatch_seq(), the
 * look at the host, hwatch_seen(). Words are only changed with the lock held,
 * when an event is taken in; if one was since hwatch_seq(), nothing is promised.
 */
int hwatch_open(void); /* before the monitor confines itself */
int hwatch_table(struct hostfs_word *table, uint64_t bytes);
void hwatch_dir(struct hnode *dir, int dirfd);
uint32_t hwatch_seq(void);
void hwatch_seen(struct hnode *n, uint32_t seq, struct hostfs_word *seen);
/* The word of the names in dir. */
uint32_t hwatch_names(struct hnode *dir, uint32_t seq);
void hwatch_sync(void);
/* With the lock: it has moved; it is gone. */
void hwatch_moved_locked(struct hnode *n);
void hwatch_gone_locked(struct hnode *n);

/* statx(2) of an entry without following anything; -errno */
int hostfs_statx(int dirfd, const char *name, struct statx *st);

#endif
