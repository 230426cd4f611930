// SPDX-License-Identifier: GPL-2.0
/*
 * Files of /proc/PID about namespaces: ns/ and the maps of ids, following
 * namespaces(7) and user_namespaces(7).
 */
#include <abi/capability.h>
#include <kernel/ns.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "fs/proc.h"

static struct ns *proc_ns(const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct ns *ns;
	int err;

	if (!t)
		return ERR_PTR(-ESRCH);
	err = proc_may_access(t);
	ns = err ? ERR_PTR(err) : task_get_ns(t, (u32)n->e->arg);
	task_put(t);
	return ns ? ns : ERR_PTR(-ENOENT);
}

static ssize_t proc_read_ns(const struct seqtree_node *n, char *buf,
			    size_t size)
{
	struct ns *ns = proc_ns(n);
	ssize_t len;

	if (IS_ERR(ns))
		return PTR_ERR(ns);
	len = snprintf(buf, size, "%s:[%u]", ns_name(ns->kind), ns->inum);
	ns_put(ns);
	return len;
}

static int proc_get_ns(const struct seqtree_node *n, struct path *out)
{
	struct ns *ns = proc_ns(n);

	return IS_ERR(ns) ? (int)PTR_ERR(ns) : ns_path(ns, out);
}

#define PROC_NS(n, kind)                                                     \
	{                                                                    \
		.name = n, .mode = S_IFLNK | 0777, .readlink = proc_read_ns, \
		.get_path = proc_get_ns, .arg = kind                         \
	}

const struct seqtree_entry proc_ns_entries[] = {
	PROC_NS("cgroup", NS_CGROUP),
	PROC_NS("ipc", NS_IPC),
	PROC_NS("mnt", NS_MNT),
	PROC_NS("net", NS_NET),
	PROC_NS("pid", NS_PID),
	PROC_NS("pid_for_children", NS_PID | NS_CHILDREN),
	PROC_NS("time", NS_TIME),
	PROC_NS("time_for_children", NS_TIME | NS_CHILDREN),
	PROC_NS("user", NS_USER),
	PROC_NS("uts", NS_UTS),
	PROC_END,
};

/* --- Maps --- */

static struct user_ns *proc_user_ns(const struct seqtree_node *n)
{
	struct task *t = proc_task(n);
	struct ns *ns;

	if (!t)
		return NULL;
	ns = task_get_ns(t, NS_USER);
	task_put(t);
	return container_of(ns, struct user_ns, ns);
}

int proc_show_id_map(struct seqbuf *s, const struct seqtree_node *n)
{
	struct user_ns *ns = proc_user_ns(n);
	int err;

	if (!ns)
		return -ESRCH;
	err = user_ns_show_map(s, ns, (enum id_kind)n->e->arg);
	ns_put(&ns->ns);
	return err;
}

int proc_write_id_map(const struct seqtree_node *n, char *buf, size_t len)
{
	struct user_ns *ns = proc_user_ns(n);
	int err;

	if (!ns)
		return -ESRCH;
	err = user_ns_write_map(ns, (enum id_kind)n->e->arg, buf);
	ns_put(&ns->ns);
	return err;
}

int proc_show_setgroups(struct seqbuf *s, const struct seqtree_node *n)
{
	struct user_ns *ns = proc_user_ns(n);

	if (!ns)
		return -ESRCH;
	seq_puts(s, ns->deny_setgroups ? "deny\n" : "allow\n");
	ns_put(&ns->ns);
	return 0;
}

int proc_write_setgroups(const struct seqtree_node *n, char *buf, size_t len)
{
	struct user_ns *ns;
	int err;

	if (len > 7)
		return -EINVAL;
	ns = proc_user_ns(n);
	if (!ns)
		return -ESRCH;
	err = ns_capable(ns, CAP_SYS_ADMIN) ? user_ns_write_setgroups(ns, buf)
					    : -EACCES;
	ns_put(&ns->ns);
	return err;
}
