// SPDX-License-Identifier: GPL-2.0
/*
 * Namespaces: their life, their files (nsfs), and how a task gets into one:
 * clone(2), unshare(2), setns(2). The story is in kernel/ns.h.
 *
 * A namespace's file is an inode of its own for each lookup, numbered as the
 * namespace and holding a reference on it: so whoever has it open, or only its
 * path, keeps the namespace alive.
 */
#include <abi/capability.h>
#include <abi/sched.h>
#include <kernel/machine.h>
#include <kernel/ns.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/sysv.h>
#include <kernel/uaccess.h>
#include "../vfs/internal.h"
#include "internal.h"
#include "ptrace_internal.h"

#define NS_GET_USERNS	       0xb701u
#define NS_GET_PARENT	       0xb702u
#define NS_GET_NSTYPE	       0xb703u
#define NS_GET_OWNER_UID       0xb704u
#define NS_GET_PID_FROM_PIDNS  0x8004b706u
#define NS_GET_TGID_FROM_PIDNS 0x8004b707u
#define NS_GET_PID_IN_PIDNS    0x8004b708u
#define NS_GET_TGID_IN_PIDNS   0x8004b709u

#define NS_FIRST_DYNAMIC       4026532200u /* numbers below are taken on Linux */

struct mutex uts_lock = MUTEX_INIT(uts_lock);
struct uts_ns init_uts_ns = {
	.ns = { .refs = { 1 }, .kind = NS_UTS, .inum = 4026531838u,
		.owner = &init_user_ns },
	.name = {
		.sysname = "Linux",
		.nodename = "lodger",
		.release = MACHINE_RELEASE,
		.version = MACHINE_VERSION,
		.machine = "x86_64",
		.domainname = "(none)",
	},
};

#define NS_FIRST(k, no)                                                      \
	{                                                                    \
		.refs = { 1 }, .kind = k, .inum = no, .owner = &init_user_ns \
	}
/* Of these there is one so far. */
static struct ns init_cgroup_ns = NS_FIRST(NS_CGROUP, 4026531835u),
		 init_net_ns = NS_FIRST(NS_NET, 4026531840u),
		 init_time_ns = NS_FIRST(NS_TIME, 4026531834u);

struct nsset init_nsset = {
	.refs = { 1 },
	.ns = { [NS_CGROUP] = &init_cgroup_ns,
		[NS_IPC] = &init_ipc_ns.ns,
		[NS_MNT] = &init_mnt_ns.ns,
		[NS_NET] = &init_net_ns,
		[NS_PID] = &init_pid_ns.ns,
		[NS_TIME] = &init_time_ns,
		[NS_UTS] = &init_uts_ns.ns },
	.time = &init_time_ns,
};

static struct ns *uts_ns_copy(struct ns *of, struct user_ns *owner,
			      struct fs_context *fs);
static void uts_ns_free(struct ns *ns);

/* There are no groups yet, so each shows the same: nothing but a name. */
static struct ns *cgroup_ns_copy(struct ns *of, struct user_ns *owner,
				 struct fs_context *fs)
{
	struct ns *ns = kzalloc(sizeof(*ns));

	if (!ns)
		return ERR_PTR(-ENOMEM);
	ns_init(ns, NS_CGROUP, owner);
	return ns;
}

static void plain_ns_free(struct ns *ns)
{
	kfree(ns);
}

/* A kind's copy() makes one for a new set; without it none can be made. */
static const struct {
	const char *name;
	u32 flag;
	struct ns *(*copy)(struct ns *of, struct user_ns *owner,
			   struct fs_context *fs);
	void (*free)(struct ns *ns);
} ns_kinds[] = {
	[NS_CGROUP] = { "cgroup", CLONE_NEWCGROUP, cgroup_ns_copy,
			plain_ns_free },
	[NS_IPC] = { "ipc", CLONE_NEWIPC, ipc_ns_copy, ipc_ns_free },
	[NS_MNT] = { "mnt", CLONE_NEWNS, mnt_ns_copy, mnt_ns_free },
	[NS_NET] = { "net", CLONE_NEWNET },
	[NS_PID] = { "pid", CLONE_NEWPID, pid_ns_copy, pid_ns_free },
	[NS_TIME] = { "time", CLONE_NEWTIME },
	[NS_USER] = { "user", CLONE_NEWUSER, NULL, user_ns_free },
	[NS_UTS] = { "uts", CLONE_NEWUTS, uts_ns_copy, uts_ns_free },
};
_Static_assert(ARRAY_SIZE(ns_kinds) == NS_NR, "names");

const char *ns_name(enum ns_kind kind)
{
	return ns_kinds[kind].name;
}

u32 ns_flag(enum ns_kind kind)
{
	return ns_kinds[kind].flag;
}

u32 ns_new_inum(void)
{
	static u32 next = NS_FIRST_DYNAMIC;

	return atomic_add(&next, 1);
}

void ns_get(struct ns *ns)
{
	ref_get(&ns->refs);
}

void ns_put(struct ns *ns)
{
	while (ns && ref_put(&ns->refs)) {
		struct user_ns *owner = ns->owner;

		ns_uncount(owner, ns->kind);
		ns_kinds[ns->kind].free(ns);
		ns = &owner->ns;
	}
}

void ns_init(struct ns *ns, enum ns_kind kind, struct user_ns *owner)
{
	ref_init(&ns->refs, 1);
	ns->kind = kind;
	ns->inum = ns_new_inum();
	ns->owner = owner;
	ns_get(&owner->ns);
}

struct ns *task_get_ns(struct task *t, u32 kind)
{
	bool children = kind & NS_CHILDREN;
	struct ns *ns = NULL;

	kind &= ~NS_CHILDREN;

	spin_lock(&t->lock);
	if (kind == NS_USER)
		ns = &t->cred->user_ns->ns;
	else if (kind == NS_PID && !children)
		ns = &t->pid_ns->ns;
	else if (t->nss)
		ns = kind == NS_TIME && !children ? t->nss->time
						  : t->nss->ns[kind];
	/* a pid namespace without init is not shown */
	if (ns && kind == NS_PID && children &&
	    !container_of(ns, struct pid_ns, ns)->init && ns != &init_pid_ns.ns)
		ns = NULL;
	if (ns)
		ns_get(ns);
	spin_unlock(&t->lock);
	return ns;
}

/* --- Sets --- */

void nsset_get(struct nsset *s)
{
	ref_get(&s->refs);
}

void nsset_put(struct nsset *s)
{
	if (!s || !ref_put(&s->refs))
		return;
	for (u32 i = 0; i < NS_NR; i++)
		ns_put(s->ns[i]);
	ns_put(s->time);
	kfree(s);
}

/* Of the same namespaces, to be changed before anybody sees it. */
static struct nsset *nsset_copy(const struct nsset *of)
{
	struct nsset *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	*s = *of;
	ref_init(&s->refs, 1);
	for (u32 i = 0; i < NS_NR; i++)
		if (s->ns[i])
			ns_get(s->ns[i]);
	ns_get(s->time);
	return s;
}

static void nsset_install(struct task *t, struct nsset *s)
{
	struct nsset *old = t->nss;

	spin_lock(&t->lock);
	t->nss = s;
	spin_unlock(&t->lock);
	nsset_put(old);
}

void ns_exit(struct task *t)
{
	nsset_install(t, NULL);
}

/* Put ns, whose reference is taken over, in its place. */
static void nsset_replace(struct nsset *s, struct ns *ns)
{
	struct ns *old = s->ns[ns->kind];

	s->ns[ns->kind] = ns;
	ns_put(old);
}

/* --- Names of the machine --- */

struct utsname *uts_current(void)
{
	return &container_of(current->nss->ns[NS_UTS], struct uts_ns, ns)->name;
}

bool uts_may_set(void)
{
	return ns_capable(current->nss->ns[NS_UTS]->owner, CAP_SYS_ADMIN);
}

void uts_set_nodename(const char *name)
{
	mutex_lock(&uts_lock);
	memset(init_uts_ns.name.nodename, 0, UTS_LEN);
	strlcpy(init_uts_ns.name.nodename, name, UTS_LEN);
	mutex_unlock(&uts_lock);
}

static struct ns *uts_ns_copy(struct ns *of, struct user_ns *owner,
			      struct fs_context *fs)
{
	struct uts_ns *u = kzalloc(sizeof(*u));

	if (!u)
		return ERR_PTR(-ENOMEM);
	ns_init(&u->ns, NS_UTS, owner);
	mutex_lock(&uts_lock);
	u->name = container_of(of, struct uts_ns, ns)->name;
	mutex_unlock(&uts_lock);
	return &u->ns;
}

static void uts_ns_free(struct ns *ns)
{
	kfree(container_of(ns, struct uts_ns, ns));
}

/* --- Files --- */

static void nsfs_evict(struct inode *ino)
{
	ns_put(ino->priv);
}

static const struct super_ops nsfs_super_ops = { .evict = nsfs_evict };
static const struct fs_type nsfs_type = { .name = "nsfs", .nodev = true };
static struct super nsfs_super = {
	.refs = { 1 },
	.type = &nsfs_type,
	.ops = &nsfs_super_ops,
	.dev = MKDEV(0, 4),
	.magic = 0x6e736673,
	.blksize = 4096,
};
static const struct file_ops nsfs_file_ops;

int ns_path(struct ns *ns, struct path *out)
{
	struct inode *ino = inode_alloc(&nsfs_super, S_IFREG | 0444);
	struct dentry *d = NULL;
	char name[32];

	if (!ino) {
		ns_put(ns);
		return -ENOMEM;
	}
	ino->priv = ns;
	ino->ino = ns->inum;
	ino->uid = ino->gid = 0;
	ino->fops = &nsfs_file_ops;
	snprintf(name, sizeof(name), "%s:[%u]", ns_name(ns->kind), ns->inum);
	d = dentry_alloc_anon(&nsfs_super, name, ino);
	if (!d) {
		inode_put(ino);
		return -ENOMEM;
	}
	ref_get(&anon_mount.refs);
	*out = (struct path){ &anon_mount, d };
	return 0;
}

struct ns *ns_of_file(struct file *f)
{
	return f->ops == &nsfs_file_ops ? f->inode->priv : NULL;
}

struct ns *ns_of_inode(const struct inode *ino)
{
	return ino && ino->fops == &nsfs_file_ops ? ino->priv : NULL;
}

/* A descriptor for ns, whose reference is taken over. */
static long ns_open(struct ns *ns)
{
	struct path p;
	struct file *f;
	int err = ns_path(ns, &p);

	if (err)
		return err;
	f = file_open_path(&p, O_RDONLY);
	path_put(&p);
	if (IS_ERR(f))
		return PTR_ERR(f);
	err = fd_install_new(f, 0, true);
	if (err < 0)
		file_put(f);
	return err;
}

/* May current see ns, that is: is it below its own user namespace? */
static long ns_open_user(struct user_ns *ns)
{
	struct user_ns *at = ns;

	while (at && at != current->cred->user_ns)
		at = at->ns.owner;
	if (!ns || !at)
		return -EPERM;
	ns_get(&ns->ns);
	return ns_open(&ns->ns);
}

/* Of a pid namespace, where current is in that or above it. */
static long ns_open_parent(struct ns *ns)
{
	struct pid_ns *up = container_of(ns, struct pid_ns, ns)->parent;

	if (!up || !pid_ns_is_within(up, current->pid_ns))
		return -EPERM;
	ns_get(&up->ns);
	return ns_open(&up->ns);
}

/* NS_GET_PID_FROM_PIDNS and its like: t's number there, or ours of theirs. */
static long ns_translate_pid(struct ns *ns, u32 cmd, u32 nr)
{
	struct pid_ns *pns = container_of(ns, struct pid_ns, ns);
	bool from = cmd == NS_GET_PID_FROM_PIDNS ||
		    cmd == NS_GET_TGID_FROM_PIDNS;
	bool tgid = cmd == NS_GET_TGID_FROM_PIDNS ||
		    cmd == NS_GET_TGID_IN_PIDNS;
	struct task *t;
	long ret;

	if (ns->kind != NS_PID)
		return -EINVAL;
	t = task_find_get(from ? pid_of_nr(nr, pns) : pid_given(nr));
	if (!t)
		return -ESRCH;
	ret = tgid ? t->proc->pid : t->tid;
	ret = from ? pid_shown((u32)ret) : pid_nr_in((u32)ret, pns);
	task_put(t);
	return ret ? ret : -ESRCH;
}

static long nsfs_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct ns *ns = f->inode->priv;
	u32 uid;

	switch (cmd) {
	case NS_GET_USERNS:
		return ns_open_user(ns->owner);
	case NS_GET_PARENT:
		if (ns->kind == NS_USER)
			return ns_open_user(ns->owner);
		return ns->kind == NS_PID ? ns_open_parent(ns) : -EINVAL;
	case NS_GET_PID_FROM_PIDNS:
	case NS_GET_TGID_FROM_PIDNS:
	case NS_GET_PID_IN_PIDNS:
	case NS_GET_TGID_IN_PIDNS:
		return ns_translate_pid(ns, cmd, (u32)arg);
	case NS_GET_NSTYPE:
		return ns_flag(ns->kind);
	case NS_GET_OWNER_UID:
		if (ns->kind != NS_USER)
			return -EINVAL;
		uid = uid_shown(container_of(ns, struct user_ns, ns)->uid);
		return put_user(uid, UADDR(arg));
	}
	return -ENOTTY;
}

static const struct file_ops nsfs_file_ops = {
	.ioctl = nsfs_ioctl,
};

/* --- New ones --- */

int ns_check_flags(u64 flags)
{
	if (!(flags & NS_ALL))
		return 0;
	if (!(flags & CLONE_NEWUSER) && !own_capable(CAP_SYS_ADMIN))
		return -EPERM;
	for (u32 i = 0; i < NS_NR; i++)
		if (i != NS_USER && (flags & ns_kinds[i].flag) &&
		    !ns_kinds[i].copy)
			return -EINVAL;
	return 0;
}

/* => a cred in a new user namespace, or ERR_PTR */
struct cred *ns_new_user(const struct cred *c)
{
	struct user_ns *ns = user_ns_create(c);
	struct cred *n;

	if (IS_ERR(ns))
		return (struct cred *)ns;
	n = cred_copy(c);
	if (!n) {
		ns_put(&ns->ns);
		return ERR_PTR(-ENOMEM);
	}
	user_ns_enter(n, ns);
	return n;
}

/*
 * The set of `of` with new ones of the kinds in flags; fs moves to the copies
 * of mounts. => ERR_PTR
 */
static struct nsset *ns_new_set(const struct nsset *of, u64 flags,
				struct user_ns *owner, struct fs_context *fs)
{
	struct nsset *s = nsset_copy(of);
	struct ns *ns;

	if (!s)
		return ERR_PTR(-ENOMEM);
	for (u32 i = 0; i < NS_NR; i++) {
		if (i == NS_USER || !(flags & ns_kinds[i].flag))
			continue;
		ns = ERR_PTR(-ENOSPC);
		if (ns_count(owner, i)) {
			ns = ns_kinds[i].copy(s->ns[i], owner, fs);
			if (IS_ERR(ns))
				ns_uncount(owner, i);
		}
		if (IS_ERR(ns)) {
			nsset_put(s);
			return (struct nsset *)ns;
		}
		nsset_replace(s, ns);
	}
	return s;
}

int ns_clone(struct task *t, u64 flags)
{
	struct nsset *s;

	if (flags & CLONE_NEWUSER)
		t->proc->securebits = 0;
	if (flags & (NS_ALL & ~(u64)CLONE_NEWUSER)) {
		s = ns_new_set(t->nss, flags & ~(u64)CLONE_NEWPID,
			       t->cred->user_ns, t->fs);
		if (IS_ERR(s))
			return (int)PTR_ERR(s);
		if (flags & CLONE_NEWPID) { /* it was made with the number */
			ns_get(&t->pid_ns->ns);
			nsset_replace(s, &t->pid_ns->ns);
		}
		nsset_install(t, s);
	}
	return 0;
}

/* The flags have been checked, nothing is shared with other threads. */
long ns_unshare(u64 flags)
{
	struct cred *n = NULL;
	struct nsset *s;

	if (flags & CLONE_NEWUSER) {
		n = ns_new_user(current->cred);
		if (IS_ERR(n))
			return PTR_ERR(n);
	}
	if (flags & (NS_ALL & ~(u64)CLONE_NEWUSER)) {
		s = ns_new_set(current->nss, flags,
			       (n ? n : current->cred)->user_ns, current->fs);
		if (IS_ERR(s)) {
			if (n)
				cred_put(n);
			return PTR_ERR(s);
		}
		nsset_install(current, s);
	}
	if (n) {
		current->proc->securebits = 0;
		cred_install(n);
	}
	return 0;
}

/* --- setns(2) --- */

struct setns_job {
	struct cred *cred; /* new one, or NULL */
	struct nsset *set; /* new one, or NULL */
	struct ns *mnt;	   /* the mount namespace to go to; in set */
};

static int setns_user(struct setns_job *j, struct user_ns *ns)
{
	if (ns == current->cred->user_ns || current->proc->nr_threads > 1 ||
	    READ_ONCE(current->fs->refs.n) > 1)
		return -EINVAL;
	if (!ns_capable(ns, CAP_SYS_ADMIN))
		return -EPERM;
	j->cred = cred_copy(current->cred);
	if (!j->cred)
		return -ENOMEM;
	ns_get(&ns->ns);
	user_ns_enter(j->cred, ns);
	return 0;
}

static int setns_one(struct setns_job *j, struct ns *ns)
{
	const struct cred *c = j->cred ? j->cred : current->cred;

	if (ns->kind == NS_USER)
		return setns_user(j, container_of(ns, struct user_ns, ns));
	if (!cred_ns_capable(c, ns->owner, CAP_SYS_ADMIN) ||
	    !(c->cap_effective >> CAP_SYS_ADMIN & 1))
		return -EPERM;
	if (ns->kind == NS_MNT) {
		if (!(c->cap_effective >> CAP_SYS_CHROOT & 1))
			return -EPERM;
		if (READ_ONCE(current->fs->refs.n) > 1)
			return -EINVAL;
		j->mnt = ns;
	}
	if (ns->kind == NS_PID &&
	    !pid_ns_is_within(container_of(ns, struct pid_ns, ns),
			      current->pid_ns))
		return -EINVAL;
	if (ns->kind == NS_TIME && current->proc->nr_threads > 1)
		return -EUSERS;
	if (!j->set)
		j->set = nsset_copy(current->nss);
	if (!j->set)
		return -ENOMEM;
	if (ns->kind == NS_IPC)
		sysv_sem_exit(current);
	ns_get(ns);
	nsset_replace(j->set, ns);
	return 0;
}

static int setns_of_task(struct setns_job *j, struct file *f, u32 flags)
{
	/* the user namespace first: its capabilities open the others */
	static const enum ns_kind order[] = { NS_USER, NS_MNT, NS_UTS,
					      NS_IPC,  NS_PID, NS_CGROUP,
					      NS_NET,  NS_TIME };
	struct task *t;
	bool thread;
	int err;

	if (!flags || (flags & ~(u32)NS_ALL))
		return -EINVAL;
	t = pidfd_task(f, &thread);
	if (!t)
		return -ESRCH;
	err = ptrace_may_attach(t);
	for (u32 i = 0; !err && i < ARRAY_SIZE(order); i++) {
		struct ns *ns;

		if (!(flags & ns_flag(order[i])))
			continue;
		ns = task_get_ns(t, order[i]);
		err = ns ? setns_one(j, ns) : -ESRCH;
		ns_put(ns);
	}
	task_put(t);
	return err;
}

static int setns_finish(struct setns_job *j)
{
	int err = j->mnt ? mnt_ns_enter(j->mnt, current->fs) : 0;

	if (err)
		return err;
	if (j->set)
		nsset_install(current, j->set);
	if (j->cred) {
		current->proc->securebits = 0;
		cred_install(j->cred);
	}
	return 0;
}

long sys_setns(int fd, int nstype)
{
	struct setns_job j = { .cred = NULL };
	struct file *f = fd_get(fd);
	struct ns *ns;
	int err = -EINVAL;

	if (!f)
		return -EBADF;
	ns = ns_of_file(f);
	if (ns && (!nstype || (u32)nstype == ns_flag(ns->kind)))
		err = setns_one(&j, ns);
	else if (!ns && file_is_pidfd(f))
		err = setns_of_task(&j, f, (u32)nstype);
	file_put(f);
	if (!err)
		err = setns_finish(&j);
	if (!err)
		return 0;
	if (j.cred)
		cred_put(j.cred);
	nsset_put(j.set);
	return err;
}
