// SPDX-License-Identifier: GPL-2.0
/*
 * Who may look into whom: ptrace(2), "Ptrace access mode checking", with the
 * caller's real ids (PTRACE_MODE_ATTACH_REALCREDS), and Yama's ptrace_scope.
 */
#include <abi/capability.h>
#include <abi/errno.h>
#include <kernel/mm.h>
#include <kernel/ptrace.h>
#include <kernel/sysctl.h>
#include "internal.h"

static bool ptrace_same_user(struct task *t)
{
	const struct cred *me = current->cred;
	struct cred *c = task_get_cred(t);
	bool ok;

	ok = me->uid == c->euid && me->uid == c->suid && me->uid == c->uid &&
	     me->gid == c->egid && me->gid == c->sgid && me->gid == c->gid &&
	     me->user_ns == c->user_ns &&
	     !(c->cap_permitted & ~me->cap_permitted);
	cred_put(c);
	return ok;
}

static bool ptrace_is_descendant(struct process *p)
{
	bool yes = false;

	mutex_lock(&tasklist_lock);
	for (; p && p->parent != p && p != init_process; p = p->parent)
		if (p->parent == current->proc) {
			yes = true;
			break;
		}
	mutex_unlock(&tasklist_lock);
	return yes;
}

int ptrace_may_attach(struct task *t)
{
	struct mm *mm;
	struct cred *c;
	bool ok;

	if (t->proc == current->proc)
		return 0;
	c = task_get_cred(t);
	ok = ns_capable(c->user_ns, CAP_SYS_PTRACE);
	cred_put(c);
	if (ok)
		return 0;
	ok = ptrace_same_user(t);
	if (ok) {
		mm = task_get_mm(t);
		ok = !mm || mm->dumpable == 1;
		if (mm)
			mm_put(mm);
	}
	if (ok && sysctl_get(SYSCTL_PTRACE_SCOPE))
		ok = sysctl_get(SYSCTL_PTRACE_SCOPE) == 1 &&
		     ptrace_is_descendant(t->proc);
	return ok ? 0 : -EPERM;
}

bool ptrace_forbids_setid(void)
{
	struct task *tracer;
	struct cred *c;
	bool no = false;

	if (!READ_ONCE(current->tracer))
		return false;
	mutex_lock(&tasklist_lock);
	tracer = current->tracer;
	if (tracer) {
		c = task_get_cred(tracer);
		no = !(c->cap_effective >> CAP_SYS_PTRACE & 1);
		cred_put(c);
	}
	mutex_unlock(&tasklist_lock);
	return no;
}
