/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Namespaces, following namespaces(7) and user_namespaces(7).
 *
 * A namespace of any kind begins with struct ns: a count, its number as files
 * show it, and the user namespace that owns it. There can be many user and UTS
 * namespaces; of each other kind there is the first one only, so that it has a
 * name and can be asked about, but none can be made (EINVAL).
 *
 * The user namespace hangs at the cred, the UTS namespace at the task. Inside
 * the kernel ids are always those of the first user namespace; they are
 * translated where they come from or go to a program.
 *
 * Locks: a map is written once, under user_ns_lock, and read without: its
 * number of extents is published last. Names of a UTS namespace: uts_lock.
 */
#ifndef KERNEL_NS_H
#define KERNEL_NS_H

#include <abi/utsname.h>
#include <kernel/task.h>

struct file;
struct path;

enum ns_kind {
	NS_CGROUP,
	NS_IPC,
	NS_MNT,
	NS_NET,
	NS_PID,
	NS_TIME,
	NS_USER,
	NS_UTS,
	NS_NR,
};

struct ns {
	struct ref refs;
	enum ns_kind kind;
	u32 inum;
	struct user_ns *owner; /* a user namespace's: its parent; reference */
};

struct id_extent {
	u32 first, lower, count; /* lower: as the kernel counts */
};
#define ID_EXTENTS 340u

struct id_map {
	struct id_extent *e;
	u32 n; /* 0: not written yet */
};

struct user_ns {
	struct ns ns; /* first */
	u32 level;
	u32 uid, gid; /* who made it */
	bool deny_setgroups;
	bool parent_setfcap; /* its maker had CAP_SETFCAP outside */
	struct id_map map[3]; /* by enum id_kind */
};
enum id_kind { ID_UID, ID_GID, ID_PROJ };

struct uts_ns {
	struct ns ns; /* first */
	struct utsname name;
};
extern struct uts_ns init_uts_ns;

extern struct ns ns_first[NS_NR]; /* of the kinds there is one of */

void ns_get(struct ns *ns);
void ns_put(struct ns *ns);
u32 ns_new_inum(void);
/* "uts": what readlink(2) shows; and the CLONE_NEW* of a kind. */
const char *ns_name(enum ns_kind kind);
u32 ns_flag(enum ns_kind kind);
/* The namespace t is in, with a reference. */
struct ns *task_get_ns(struct task *t, enum ns_kind kind);
/* The file of a namespace; takes over the reference of ns. => 0 or -errno */
int ns_path(struct ns *ns, struct path *out);
struct ns *ns_of_file(struct file *f); /* NULL: another file */

/* --- user_ns.c --- */
/* => the id, or -1: has none there */
u32 id_to_kernel(const struct user_ns *ns, enum id_kind k, u32 id);
u32 id_from_kernel(const struct user_ns *ns, enum id_kind k, u32 id);
/* A cred in a new user namespace below c's, all capabilities. ERR_PTR */
struct user_ns *user_ns_create(const struct cred *c);
void user_ns_enter(struct cred *n, struct user_ns *ns); /* takes reference */
void user_ns_free(struct user_ns *ns);
struct seqbuf;
int user_ns_show_map(struct seqbuf *s, struct user_ns *ns, enum id_kind k);
int user_ns_write_map(struct user_ns *ns, enum id_kind k, char *buf);
int user_ns_write_setgroups(struct user_ns *ns, const char *buf);
bool user_ns_may_setgroups(const struct user_ns *ns);

/* --- ns.c --- */
struct uts_ns *uts_ns_copy(struct uts_ns *from, struct user_ns *owner);
/* unshare(2) and clone(2): what flags ask for can be made? 0, EPERM, EINVAL */
int ns_check_flags(u64 flags);
/* The child's namespaces; it has none yet. => 0 or -errno */
int ns_clone(struct task *t, u64 flags);
long ns_unshare(u64 flags);

#endif
