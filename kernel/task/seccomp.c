// SPDX-License-Identifier: GPL-2.0
/*
 * seccomp(2): strict mode, and filters in classic BPF.
 *
 * A filter is checked once, when it is installed: every jump goes forward and
 * stays inside, every load is a word of struct seccomp_data or of the scratch
 * memory after it was stored, the last instruction returns. So the interpreter
 * needs no bounds of its own and always ends.
 *
 * Filters form a chain, newest first; each counts one reference for every task
 * or younger filter that holds it. A call runs through all of a task's chain
 * and the most severe answer counts. A chain only ever grows at its head, by the
 * task itself or, with TSYNC, by a sibling under sighand->lock.
 *
 * A task without filters pays nothing: SYSCALL_WORK_SECCOMP shares one test
 * with tracing in kern_syscall().
 */
#include <abi/capability.h>
#include <abi/errno.h>
#include <abi/ptrace.h>
#include <abi/seccomp.h>
#include <kernel/fdtable.h>
#include <kernel/printk.h>
#include <kernel/ptrace.h>
#include <kernel/seccomp.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "internal.h"
#include "seccomp_notify.h"

#define BPF_MAXINSNS  4096
#define BPF_MEMWORDS  16
#define SECCOMP_DEPTH 32768 /* instructions in a chain, with 4 a filter */

/* Instruction fields of classic BPF, as in <linux/bpf_common.h>. */
#define BPF_CLASS(c)  ((c)&0x07)
#define BPF_LD	      0x00
#define BPF_LDX	      0x01
#define BPF_ST	      0x02
#define BPF_STX	      0x03
#define BPF_ALU	      0x04
#define BPF_JMP	      0x05
#define BPF_RET	      0x06
#define BPF_MISC      0x07
#define BPF_W	      0x00
#define BPF_IMM	      0x00
#define BPF_ABS	      0x20
#define BPF_MEM	      0x60
#define BPF_LEN	      0x80
#define BPF_ADD	      0x00
#define BPF_SUB	      0x10
#define BPF_MUL	      0x20
#define BPF_DIV	      0x30
#define BPF_OR	      0x40
#define BPF_AND	      0x50
#define BPF_LSH	      0x60
#define BPF_RSH	      0x70
#define BPF_NEG	      0x80
#define BPF_XOR	      0xa0
#define BPF_JA	      0x00
#define BPF_JEQ	      0x10
#define BPF_JGT	      0x20
#define BPF_JGE	      0x30
#define BPF_JSET      0x40
#define BPF_K	      0x00
#define BPF_X	      0x08
#define BPF_A	      0x10
#define BPF_TAX	      0x00
#define BPF_TXA	      0x80

struct seccomp_filter {
	struct ref refs;
	struct seccomp_filter *older; /* reference */
	u32 depth;		      /* instructions of the whole chain */
	u32 count;		      /* filters of the whole chain */
	bool log;
	struct seccomp_listener *listener; /* NULL: none; it has a reference */
	u32 len;
	struct sock_filter insn[];
};

/* --- The checker --- */

static bool seccomp_insn_ok(const struct sock_filter *f, u32 left)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return f->k < sizeof(struct seccomp_data) && !(f->k & 3);
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
		return true;
	case BPF_ALU | BPF_DIV | BPF_K:
		return f->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return f->k < 32;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return f->k < BPF_MEMWORDS;
	case BPF_JMP | BPF_JA:
		return f->k < left;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return f->jt < left && f->jf < left;
	}
	return false;
}

/* Scratch words are stored on every way to their load. */
static bool seccomp_memory_ok(const struct sock_filter *f, u32 len)
{
	u16 *known = kmalloc(len * sizeof(*known)), now = 0;
	bool ok = known != NULL;

	if (ok)
		memset(known, 0xff, len * sizeof(*known));
	for (u32 i = 0; ok && i < len; i++) {
		now &= known[i];
		switch (BPF_CLASS(f[i].code)) {
		case BPF_ST:
		case BPF_STX:
			now |= (u16)(1u << f[i].k);
			break;
		case BPF_LD:
		case BPF_LDX:
			if ((f[i].code & 0xe0) == BPF_MEM)
				ok = now >> f[i].k & 1;
			break;
		case BPF_JMP:
			if (f[i].code == (BPF_JMP | BPF_JA)) {
				known[i + 1 + f[i].k] &= now;
			} else {
				known[i + 1 + f[i].jt] &= now;
				known[i + 1 + f[i].jf] &= now;
			}
			now = 0xffff;
			break;
		}
	}
	kfree(known);
	return ok;
}

static bool seccomp_program_ok(const struct sock_filter *f, u32 len)
{
	for (u32 i = 0; i < len; i++)
		if (!seccomp_insn_ok(&f[i], len - i - 1))
			return false;
	return BPF_CLASS(f[len - 1].code) == BPF_RET &&
	       seccomp_memory_ok(f, len);
}

/* --- The interpreter --- */

static u32 seccomp_alu(u16 code, u32 a, u32 b)
{
	switch (code & 0xf0) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 31);
	case BPF_RSH:
		return a >> (b & 31);
	}
	return -a; /* BPF_NEG */
}

static bool seccomp_test(u16 code, u32 a, u32 b)
{
	switch (code & 0xf0) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	}
	return a & b; /* BPF_JSET */
}

static u32 seccomp_load(const struct sock_filter *f, const u32 *mem)
{
	switch (f->code & 0xe0) {
	case BPF_IMM:
		return f->k;
	case BPF_MEM:
		return mem[f->k];
	}
	return sizeof(struct seccomp_data); /* BPF_LEN */
}

static u32 seccomp_run(const struct sock_filter *f,
		       const struct seccomp_data *data)
{
	u32 mem[BPF_MEMWORDS], a = 0, x = 0, b;

	for (;; f++) {
		b = f->code & BPF_X ? x : f->k;
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			if ((f->code & 0xe0) == BPF_ABS)
				memcpy(&a, (const char *)data + f->k, 4);
			else
				a = seccomp_load(f, mem);
			break;
		case BPF_LDX:
			x = seccomp_load(f, mem);
			break;
		case BPF_ST:
			mem[f->k] = a;
			break;
		case BPF_STX:
			mem[f->k] = x;
			break;
		case BPF_ALU:
			a = seccomp_alu(f->code, a, b);
			break;
		case BPF_JMP:
			if ((f->code & 0xf0) == BPF_JA)
				f += f->k;
			else
				f += seccomp_test(f->code, a, b) ? f->jt
								 : f->jf;
			break;
		case BPF_RET:
			return f->code & BPF_A ? a : f->k;
		default: /* BPF_MISC */
			if (f->code & BPF_TXA)
				a = x;
			else
				x = a;
		}
	}
}

/* --- What becomes of a call --- */

static void seccomp_data_of(struct seccomp_data *d, const struct pt_regs *r)
{
	d->nr = (s32)r->orig_rax;
	d->arch = AUDIT_ARCH_X86_64;
	d->instruction_pointer = r->rip;
	d->args[0] = r->rdi;
	d->args[1] = r->rsi;
	d->args[2] = r->rdx;
	d->args[3] = r->r10;
	d->args[4] = r->r8;
	d->args[5] = r->r9;
}

/* The most severe answer of the chain: actions order as signed numbers. */
static u32 seccomp_verdict(struct seccomp_filter *f,
			   const struct seccomp_data *d,
			   struct seccomp_filter **match)
{
	u32 ret = SECCOMP_RET_ALLOW;

	for (; f; f = f->older) {
		u32 r = seccomp_run(f->insn, d);

		if ((s32)(r & SECCOMP_RET_ACTION_FULL) <
		    (s32)(ret & SECCOMP_RET_ACTION_FULL)) {
			ret = r;
			*match = f;
		}
	}
	return ret;
}

static void seccomp_trap(struct pt_regs *regs, u32 data)
{
	struct siginfo si;

	memset(&si, 0, sizeof(si));
	si.si_signo = SIGSYS;
	si.si_code = SYS_SECCOMP;
	si.si_errno = (s32)data;
	si.si_call_addr = regs->rip;
	si.si_syscall = (s32)regs->orig_rax;
	si.si_arch = AUDIT_ARCH_X86_64;
	regs->rax = regs->orig_rax; /* as before the call */
	force_signal_info(&si);
}

static void seccomp_kill(u32 action, bool thread)
{
	struct task *t = current;

	printk(KERN_INFO "seccomp: %s[%u]: killed at system call %d\n", t->comm,
	       t->tid, (int)task_regs(t)->orig_rax);
	if (thread && t->proc->nr_threads > 1)
		do_exit(SIGSYS);
	force_fatal_signal(SIGSYS);
}

static bool seccomp_trace(struct pt_regs *regs, u32 data)
{
	bool skip;

	if (!ptrace_seccomp(data)) {
		regs->rax = (u64)-ENOSYS;
		return true;
	}
	if ((s64)regs->orig_rax < 0 || fatal_signal_pending(current))
		return true;
	/* The tracer may have changed it: ask again, but not him. */
	current->seccomp_traced = true;
	skip = seccomp_check(regs);
	current->seccomp_traced = false;
	return skip;
}

static bool seccomp_filter_check(struct pt_regs *regs)
{
	struct seccomp_data d;
	struct seccomp_filter *match = NULL;
	u32 ret, data;

	seccomp_data_of(&d, regs);
	ret = seccomp_verdict(load_acquire(&current->seccomp), &d, &match);
	data = ret & SECCOMP_RET_DATA;
	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return false;
	case SECCOMP_RET_LOG:
		printk(KERN_INFO "seccomp: %s[%u]: system call %d\n",
		       current->comm, current->tid, d.nr);
		return false;
	case SECCOMP_RET_TRACE:
		/* the second time round, with the call the tracer let pass */
		return current->seccomp_traced ? false
					       : seccomp_trace(regs, data);
	case SECCOMP_RET_ERRNO:
		regs->rax = (u64) - (s64)min(data, (u32)MAX_ERRNO);
		return true;
	case SECCOMP_RET_TRAP:
		seccomp_trap(regs, data);
		return true;
	case SECCOMP_RET_USER_NOTIF:
		if (match->listener)
			return seccomp_notify(match->listener, &d, regs);
		regs->rax = (u64)-ENOSYS; /* nobody listens */
		return true;
	case SECCOMP_RET_KILL_THREAD:
		seccomp_kill(ret, true);
		return true;
	}
	seccomp_kill(ret, false);
	return true;
}

static bool seccomp_strict_check(struct pt_regs *regs)
{
	switch ((u32)regs->orig_rax) {
	case __NR_read:
	case __NR_write:
	case __NR_exit:
	case __NR_rt_sigreturn:
		return false;
	}
	do_exit(SIGKILL);
}

bool seccomp_check(struct pt_regs *regs)
{
	if (current->seccomp_strict)
		return seccomp_strict_check(regs);
	return seccomp_filter_check(regs);
}

/* --- Life --- */

static void seccomp_free(struct seccomp_filter *f)
{
	if (f->listener)
		seccomp_listener_drop(f->listener);
	kfree(f);
}

static void seccomp_put(struct seccomp_filter *f)
{
	while (f && ref_put(&f->refs)) {
		struct seccomp_filter *older = f->older;

		seccomp_free(f);
		f = older;
	}
}

void seccomp_clone(struct task *child)
{
	struct task *me = current;

	child->seccomp = me->seccomp;
	if (child->seccomp)
		ref_get(&child->seccomp->refs);
	child->seccomp_strict = me->seccomp_strict;
	child->syscall_work |= me->syscall_work & SYSCALL_WORK_SECCOMP;
}

void seccomp_exit(struct task *t)
{
	struct seccomp_filter *f = t->seccomp;

	t->seccomp = NULL;
	seccomp_put(f);
}

int seccomp_mode(const struct task *t)
{
	return t->seccomp_strict ? SECCOMP_MODE_STRICT
	       : t->seccomp	 ? SECCOMP_MODE_FILTER
				 : SECCOMP_MODE_DISABLED;
}

u32 seccomp_filters(const struct task *t)
{
	return t->seccomp ? t->seccomp->count : 0;
}

static struct seccomp_filter *seccomp_from_user(uaddr args)
{
	struct seccomp_filter *f;
	struct sock_fprog prog;
	int err = -EFAULT;

	if (get_user(prog, args))
		return ERR_PTR(-EFAULT);
	if (!prog.len || prog.len > BPF_MAXINSNS)
		return ERR_PTR(-EINVAL);
	f = kzalloc(sizeof(*f) + prog.len * sizeof(f->insn[0]));
	if (!f)
		return ERR_PTR(-ENOMEM);
	ref_init(&f->refs, 1);
	f->len = prog.len;
	if (copy_from_user(f->insn, UADDR(prog.filter),
			   prog.len * sizeof(f->insn[0])))
		goto fail;
	err = -EINVAL;
	if (seccomp_program_ok(f->insn, f->len))
		return f;
fail:
	kfree(f);
	return ERR_PTR(err);
}

static bool seccomp_is_ancestor(const struct seccomp_filter *old,
				const struct seccomp_filter *f)
{
	for (; f; f = f->older)
		if (f == old)
			return true;
	return !old;
}

/* => 0, or the tid of a thread whose filters are not ours. */
static u32 seccomp_may_sync_locked(struct task *me)
{
	struct task *t;

	list_for_each_entry (t, &me->proc->threads, thread_node)
		if (t != me && !t->dying &&
		    (t->seccomp_strict ||
		     !seccomp_is_ancestor(t->seccomp, me->seccomp)))
			return pid_shown(t->tid);
	return 0;
}

static void seccomp_give_locked(struct task *t, struct seccomp_filter *f)
{
	struct seccomp_filter *old = t->seccomp;

	ref_get(&f->refs);
	store_release(&t->seccomp, f);
	atomic_or(&t->syscall_work, SYSCALL_WORK_SECCOMP);
	/*
	 * t may be running through the old chain: it lives on, as the new one
	 * holds it as well.
	 */
	if (old && ref_put(&old->refs))
		panic("seccomp: a chain without its base");
}

static long seccomp_attach_locked(struct seccomp_filter *f, u32 flags)
{
	struct task *me = current, *t;
	struct seccomp_filter *older;
	u32 tid;

	if (me->seccomp_strict)
		return -EINVAL;
	f->depth = f->len + 4 + (me->seccomp ? me->seccomp->depth : 0);
	f->count = 1 + seccomp_filters(me);
	if (f->depth > SECCOMP_DEPTH)
		return -ENOMEM;
	for (older = f->listener ? me->seccomp : NULL; older;
	     older = older->older)
		if (older->listener)
			return -EBUSY;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC) {
		tid = seccomp_may_sync_locked(me);
		if (tid)
			return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH
				       ? -ESRCH
				       : (long)tid;
	}
	f->log = flags & SECCOMP_FILTER_FLAG_LOG;
	f->older = me->seccomp; /* me's reference becomes the filter's */
	store_release(&me->seccomp, f);
	atomic_or(&me->syscall_work, SYSCALL_WORK_SECCOMP);
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		list_for_each_entry (t, &me->proc->threads, thread_node)
			if (t != me && !t->dying)
				seccomp_give_locked(t, f);
	return 0;
}

static bool seccomp_flags_ok(u32 flags)
{
	bool listens = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;

	if (flags & ~(u32)(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
			   SECCOMP_FILTER_FLAG_SPEC_ALLOW |
			   SECCOMP_FILTER_FLAG_NEW_LISTENER |
			   SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
			   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
		return false;
	/* the result cannot be a descriptor and a thread's number */
	if (listens && (flags & SECCOMP_FILTER_FLAG_TSYNC) &&
	    !(flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
		return false;
	return listens || !(flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

/* => a descriptor for f's new listener, or -errno */
static int seccomp_listen(struct seccomp_filter *f, u32 flags)
{
	struct file *file;
	int fd;

	f->listener = seccomp_listener_new(
		flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (!f->listener)
		return -ENOMEM;
	file = seccomp_listener_file(f->listener);
	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	fd = fd_install_new(file, 0, true);
	if (fd < 0)
		file_put(file);
	return fd;
}

static long seccomp_set_filter(u32 flags, uaddr args)
{
	struct task *me = current;
	struct seccomp_filter *f;
	int fd = -1;
	long ret;

	if (!seccomp_flags_ok(flags))
		return -EINVAL;
	if (!me->proc->no_new_privs && !own_capable(CAP_SYS_ADMIN))
		return -EACCES;
	f = seccomp_from_user(args);
	if (IS_ERR(f))
		return PTR_ERR(f);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
		fd = seccomp_listen(f, flags);
		if (fd < 0) {
			seccomp_free(f);
			return fd;
		}
	}
	mutex_lock(&tasklist_lock); /* no thread is just being born */
	spin_lock(&me->sighand->lock);
	ret = seccomp_attach_locked(f, flags);
	spin_unlock(&me->sighand->lock);
	mutex_unlock(&tasklist_lock);
	if (!ret)
		return fd >= 0 ? fd : 0;
	if (fd >= 0) {
		struct file *file = files_take_fd(me->files, (u32)fd);

		if (file)
			file_put(file);
	}
	seccomp_free(f);
	return ret;
}

static long seccomp_set_strict(u32 flags, uaddr args)
{
	struct task *me = current;

	if (flags || args.va || me->seccomp)
		return -EINVAL;
	me->seccomp_strict = true;
	atomic_or(&me->syscall_work, SYSCALL_WORK_SECCOMP);
	return 0;
}

static long seccomp_action_avail(u32 flags, uaddr args)
{
	u32 action;

	if (flags)
		return -EINVAL;
	if (get_user(action, args))
		return -EFAULT;
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		return 0;
	}
	return -EOPNOTSUPP;
}

/* PTRACE_SECCOMP_GET_FILTER and _METADATA: the nth filter from the oldest. */
long seccomp_tell_tracer(struct task *t, bool meta, u64 n, uaddr data)
{
	struct seccomp_filter *f = load_acquire(&t->seccomp);
	u64 md[2] = { 0, 0 }, size = n;

	if (!capable(CAP_SYS_ADMIN) || seccomp_mode(current))
		return -EACCES;
	if (meta) {
		size = min(size, (u64)sizeof(md));
		if (size < sizeof(md[0]))
			return -EINVAL;
		if (get_user(md[0], data))
			return -EFAULT;
		n = md[0];
	}
	if (!f)
		return -EINVAL;
	if (n >= f->count)
		return -ENOENT;
	while (f->count != n + 1)
		f = f->older;
	if (meta) {
		md[1] = f->log ? SECCOMP_FILTER_FLAG_LOG : 0;
		return copy_to_user(data, md, size) ? -EFAULT : (long)size;
	}
	if (data.va && copy_to_user(data, f->insn, f->len * sizeof(f->insn[0])))
		return -EFAULT;
	return (long)f->len;
}

long do_seccomp(u32 op, u32 flags, uaddr args)
{
	switch (op) {
	case SECCOMP_SET_MODE_STRICT:
		return seccomp_set_strict(flags, args);
	case SECCOMP_SET_MODE_FILTER:
		return seccomp_set_filter(flags, args);
	case SECCOMP_GET_ACTION_AVAIL:
		return seccomp_action_avail(flags, args);
	case SECCOMP_GET_NOTIF_SIZES:
		return seccomp_notify_sizes(flags, args);
	}
	return -EINVAL;
}

long sys_seccomp(u32 op, u32 flags, uaddr args)
{
	return do_seccomp(op, flags, args);
}
