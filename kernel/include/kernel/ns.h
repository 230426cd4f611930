/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Namespaces, following namespaces(7) and user_namespaces(7).
 *
 * A namespace of any kind begins with struct ns: a count, its number as files
 * show it, and the user namespace that owns it.
 *
 * The user namespace hangs at the cred, the pid namespace at the task's numbers
 * (pid.c); those of the other kinds at a set (struct nsset), which tasks share
 * until one of them changes it by taking another set: a set is never written
 * to. It goes when the task ends, before that is waited for. Inside
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
struct inode;
struct mount;
struct super;
struct path;
struct fs_context;

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
	/* namespaces owned here and below, by atomics; what may be */
	u32 count[NS_NR], max[NS_NR];
	u32 level;
	u32 uid, gid; /* who made it */
	bool deny_setgroups;
	bool parent_setfcap;  /* its maker had CAP_SETFCAP outside */
	struct id_map map[3]; /* by enum id_kind */
};
#define NS_DEFAULT_MAX 15000u
enum id_kind { ID_UID, ID_GID, ID_PROJ };

struct uts_ns {
	struct ns ns; /* first */
	struct utsname name;
};
extern struct uts_ns init_uts_ns;

/* Its story is told in kernel/task/pid.c. */
struct pid_ns {
	struct ns ns; /* first */
	/* fixed: */
	struct pid_ns *parent; /* reference; NULL: the first */
	u32 level;
	/* under pid_lock: */
	u32 last;	     /* number given out last */
	u32 tasks;	     /* in it and below */
	bool init;	     /* number 1 has been given */
	bool dead;	     /* its init ends: no more tasks */
	struct task *waiter; /* its init, for the end of the others */
	/* under tasklist_lock: */
	struct process *reaper; /* its init, while that lives */
};
#define PID_NS_LEVELS 32u
struct ns *pid_ns_copy(struct ns *of, struct user_ns *owner,
		       struct fs_context *fs);
void pid_ns_free(struct ns *ns);
bool pid_ns_is_within(const struct pid_ns *ns, const struct pid_ns *top);
struct process *pid_ns_reaper_locked(const struct pid_ns *ns);
void pid_ns_end(struct pid_ns *ns);

struct ipc_ns {
	struct ns ns;	  /* first */
	struct super *mq; /* its message queues; reference */
};
extern struct ipc_ns init_ipc_ns;
struct ns *ipc_ns_copy(struct ns *of, struct user_ns *owner,
		       struct fs_context *fs);
void ipc_ns_free(struct ns *ns);

struct mnt_ns {
	struct ns ns;	    /* first */
	struct mount *root; /* under mount_lock; the tree's reference */
	u64 seq;	    /* by age */
};
extern struct mnt_ns init_mnt_ns;

/* NS_PID and NS_TIME: of the children to come. NS_USER: none. */
struct nsset {
	struct ref refs;
	struct ns *ns[NS_NR];
	struct ns *time; /* its own */
};
extern struct nsset init_nsset;
void nsset_get(struct nsset *s);
void nsset_put(struct nsset *s);
/* The end of a task: its namespaces but user and pid. */
void ns_exit(struct task *t);

/* One reference, the next number; owner's is taken. Counted before. */
void ns_init(struct ns *ns, enum ns_kind kind, struct user_ns *owner);
/* One more of a kind in owner and all above: false where it is too many. */
bool ns_count(struct user_ns *owner, enum ns_kind kind);
void ns_uncount(struct user_ns *owner, enum ns_kind kind);

void ns_get(struct ns *ns);
void ns_put(struct ns *ns);
u32 ns_new_inum(void);
/* "uts": what readlink(2) shows; and the CLONE_NEW* of a kind. */
const char *ns_name(enum ns_kind kind);
u32 ns_flag(enum ns_kind kind);
/* The namespace t is in, with a reference; NULL: it has ended. */
struct ns *task_get_ns(struct task *t, u32 kind);
#define NS_CHILDREN 0x100u /* with NS_PID, NS_TIME: of its children to come */
/* The file of a namespace; takes over the reference of ns. => 0 or -errno */
int ns_path(struct ns *ns, struct path *out);
struct ns *ns_of_file(struct file *f); /* NULL: another file */
struct ns *ns_of_inode(const struct inode *ino);

/* --- user_ns.c --- */
/* => the id, or -1: has none there */
u32 id_to_kernel(const struct user_ns *ns, enum id_kind k, u32 id);
u32 id_from_kernel(const struct user_ns *ns, enum id_kind k, u32 id);
/* A cred in a new user namespace below c's, all capabilities. ERR_PTR */
struct user_ns *user_ns_create(const struct cred *c);
void user_ns_enter(struct cred *n, struct user_ns *ns); /* takes reference */
void user_ns_free(struct ns *ns);
struct seqbuf;
int user_ns_show_map(struct seqbuf *s, struct user_ns *ns, enum id_kind k);
int user_ns_write_map(struct user_ns *ns, enum id_kind k, char *buf);
int user_ns_write_setgroups(struct user_ns *ns, const char *buf);
/* Is ns `top`, or below it? */
bool user_ns_is_within(const struct user_ns *ns, const struct user_ns *top);
bool user_ns_may_setgroups(const struct user_ns *ns);

/* --- vfs/mnt_ns.c --- */
/* A copy, onto whose mounts fs moves. ERR_PTR */
struct ns *mnt_ns_copy(struct ns *of, struct user_ns *owner,
		       struct fs_context *fs);
int mnt_ns_enter(struct ns *ns, struct fs_context *fs);
void mnt_ns_free(struct ns *ns);
bool mnt_ns_chrooted(void);

/* --- ns.c --- */
/* unshare(2) and clone(2): what flags ask for can be made? 0, EPERM, EINVAL */
int ns_check_flags(u64 flags);
/* A cred in a new user namespace below c's. ERR_PTR */
struct cred *ns_new_user(const struct cred *c);
/* The child's namespaces, that of its cred and pid excepted; it shares current's. => 0 or -errno */
int ns_clone(struct task *t, u64 flags);
/* unshare(2); fs: current's own, with CLONE_NEWNS */
long ns_unshare(u64 flags);
#define NS_ALL                                                         \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWPID | \
	 CLONE_NEWNET | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_NEWUTS)

#endif
