// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace(2): registers of a stopped task.
 *
 * The general ones stand in its pt_regs and are read and written there. FS and
 * GS bases were taken down when it stopped and are put back when it goes on.
 * Vector state the tracee itself has to fetch: it is asked by pt.fpu_cmd, and
 * writes its image below the red zone of its stack, as a signal frame would,
 * from where it is copied. Flags that user mode may not change stay.
 */
#include <abi/elf.h>
#include <abi/errno.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include "ptrace_internal.h"

#define PTRACE_FLAGS_MASK    0x54dd5ull /* CF PF AF ZF SF TF DF OF NT RF AC */
#define PTRACE_USER_SIZE     912	/* of the guest's struct user */
#define PTRACE_USER_DEBUG    848
#define PTRACE_USER_CS	     0x33
#define PTRACE_USER_SS	     0x2b
#define PTRACE_FXSAVE	     512
#define PTRACE_TF	     0x100ull

#define PTRACE_NT_PRSTATUS   1
#define PTRACE_NT_PRFPREG    2
#define PTRACE_NT_X86_XSTATE 0x202

/* --- General registers --- */

void task_user_regs(struct task *t, struct user_regs *u)
{
	const struct pt_regs *r = task_regs(t);

	memset(u, 0, sizeof(*u));
	u->r15 = r->r15;
	u->r14 = r->r14;
	u->r13 = r->r13;
	u->r12 = r->r12;
	u->rbp = r->rbp;
	u->rbx = r->rbx;
	u->r11 = r->r11;
	u->r10 = r->r10;
	u->r9 = r->r9;
	u->r8 = r->r8;
	u->rax = r->rax;
	u->rcx = r->rcx;
	u->rdx = r->rdx;
	u->rsi = r->rsi;
	u->rdi = r->rdi;
	u->orig_rax = r->orig_rax;
	u->rip = r->rip;
	u->cs = PTRACE_USER_CS;
	u->eflags = t->pt.step ? r->rflags & ~PTRACE_TF : r->rflags;
	u->rsp = r->rsp;
	u->ss = PTRACE_USER_SS;
	u->fs_base = t->pt.fs_base;
	u->gs_base = t->pt.gs_base;
}

static bool ptrace_base_ok(u64 base)
{
	return base < USER_MAX;
}

static int ptrace_set_user_regs(struct task *t, const struct user_regs *u)
{
	struct pt_regs *r = task_regs(t);

	if (!ptrace_base_ok(u->fs_base) || !ptrace_base_ok(u->gs_base))
		return -EIO;
	r->r15 = u->r15;
	r->r14 = u->r14;
	r->r13 = u->r13;
	r->r12 = u->r12;
	r->rbp = u->rbp;
	r->rbx = u->rbx;
	r->r11 = u->r11;
	r->r10 = u->r10;
	r->r9 = u->r9;
	r->r8 = u->r8;
	r->rax = u->rax;
	r->rcx = u->rcx;
	r->rdx = u->rdx;
	r->rsi = u->rsi;
	r->rdi = u->rdi;
	r->orig_rax = u->orig_rax;
	r->rip = u->rip;
	r->rflags = (r->rflags & ~PTRACE_FLAGS_MASK) |
		    (u->eflags & PTRACE_FLAGS_MASK);
	r->rsp = u->rsp;
	r->flags |= PT_REGS_FULL;
	t->pt.fs_base = u->fs_base;
	t->pt.gs_base = u->gs_base;
	return 0;
}

/* One word of the guest's struct user. */
static long ptrace_user_word(struct task *t, bool set, u64 off, uaddr data)
{
	struct user_regs u;
	u64 word = 0;

	if ((off & 7) || off >= PTRACE_USER_SIZE)
		return -EIO;
	if (off < sizeof(u)) {
		task_user_regs(t, &u);
		if (!set) {
			memcpy(&word, (char *)&u + off, sizeof(word));
		} else {
			memcpy((char *)&u + off, &data.va, sizeof(word));
			return ptrace_set_user_regs(t, &u);
		}
	} else if (set) {
		/* no debug registers: zero is what they hold */
		return off >= PTRACE_USER_DEBUG && data.va ? -EINVAL : 0;
	}
	return put_user(word, data);
}

/* --- Vector state --- */

static u64 ptrace_fpu_place(struct task *t)
{
	return ALIGN_DOWN(task_regs(t)->rsp - 128 - host_fpu_frame_size(), 64);
}

void ptrace_fpu_serve(struct task *t)
{
	struct ptrace_task *pt = &t->pt;
	size_t n = host_fpu_frame_size();
	u64 at = ptrace_fpu_place(t);
	int err = uaccess_fault_in(UADDR(at), n, true);

	if (err)
		goto out;
	if (pt->fpu_cmd == PTRACE_FPU_GET) {
		err = host_fpu_save_user(at);
		if (!err)
			err = copy_from_user(pt->fpu, UADDR(at), n);
	} else {
		err = copy_to_user(UADDR(at), pt->fpu, n);
		if (!err)
			err = host_fpu_restore_user(at);
	}
out:
	pt->fpu_err = err;
	store_release(&pt->fpu_cmd, 0);
	if (t->tracer)
		task_wake(t->tracer);
}

static int ptrace_fpu_ask(struct task *t, u32 cmd, u8 *image)
{
	t->pt.fpu = image;
	store_release(&t->pt.fpu_cmd, cmd);
	task_wake(t);
	for (;;) {
		u32 seq = sleep_prepare();

		if (!load_acquire(&t->pt.fpu_cmd))
			break;
		if (READ_ONCE(t->dying))
			return -ESRCH;
		/* it may be killed instead: look again now and then */
		(void)sleep_on(seq, time_mono_ns() + 10 * NSEC_PER_MSEC,
			       SLEEP_UNINTR, "ptrace_fpu");
		if (!(READ_ONCE(t->jobctl) & JOBCTL_TRACED) &&
		    load_acquire(&t->pt.fpu_cmd))
			return -ESRCH;
	}
	return t->pt.fpu_err ? -EIO : 0;
}

/* What comes from the tracer goes over the first bytes of the image. */
static long ptrace_fpu(struct task *t, bool set, uaddr data, size_t want,
		       size_t *done)
{
	size_t n = host_fpu_frame_size(), len;
	struct abi_fpx_sw_bytes sw, shown;
	u8 *image = kzalloc(n);
	long err;

	if (!image)
		return -ENOMEM;
	err = ptrace_fpu_ask(t, PTRACE_FPU_GET, image);
	if (err)
		goto out;
	memcpy(&sw, image + FPX_SW_OFFSET, sizeof(sw));
	len = min(want, (size_t)sw.xstate_size);
	*done = len;
	if (!set) {
		memset(&shown, 0, sizeof(shown));
		if (len > PTRACE_FXSAVE)
			memcpy(&shown, &sw.xfeatures, sizeof(u64));
		memcpy(image + FPX_SW_OFFSET, &shown, sizeof(shown));
		err = copy_to_user(data, image, len);
		goto out;
	}
	err = copy_from_user(image, data, len);
	if (err)
		goto out;
	memcpy(image + FPX_SW_OFFSET, &sw, sizeof(sw));
	if (len <= PTRACE_FXSAVE) /* x87 and SSE are stated now */
		image[PTRACE_FXSAVE] |= 3;
	err = ptrace_fpu_ask(t, PTRACE_FPU_SET, image);
out:
	kfree(image);
	return err;
}

/* --- Requests --- */

bool ptrace_regs_is_request(long req)
{
	switch (req) {
	case PTRACE_PEEKUSR:
	case PTRACE_POKEUSR:
	case PTRACE_GETREGS:
	case PTRACE_SETREGS:
	case PTRACE_GETFPREGS:
	case PTRACE_SETFPREGS:
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return true;
	}
	return false;
}

static long ptrace_general(struct task *t, bool set, uaddr data, size_t want,
			   size_t *done)
{
	struct user_regs u;

	if (want % sizeof(u64))
		return -EINVAL;
	*done = min(want, sizeof(u));
	task_user_regs(t, &u);
	if (!set)
		return copy_to_user(data, &u, *done);
	if (copy_from_user(&u, data, *done))
		return -EFAULT;
	return ptrace_set_user_regs(t, &u);
}

static long ptrace_regset(struct task *t, bool set, u64 type, uaddr vec)
{
	struct {
		u64 base, len;
	} v;
	size_t done = 0;
	long err;

	if (get_user(v, vec))
		return -EFAULT;
	switch (type) {
	case PTRACE_NT_PRSTATUS:
		err = ptrace_general(t, set, UADDR(v.base), v.len, &done);
		break;
	case PTRACE_NT_PRFPREG:
		err = ptrace_fpu(t, set, UADDR(v.base),
				 min(v.len, (u64)PTRACE_FXSAVE), &done);
		break;
	case PTRACE_NT_X86_XSTATE:
		err = ptrace_fpu(t, set, UADDR(v.base), v.len, &done);
		break;
	default:
		return -EINVAL;
	}
	v.len = done;
	return err ? err : put_user(v, vec);
}

long ptrace_regs_request(struct task *t, long req, u64 addr, uaddr data)
{
	size_t done;

	switch (req) {
	case PTRACE_PEEKUSR:
	case PTRACE_POKEUSR:
		return ptrace_user_word(t, req == PTRACE_POKEUSR, addr, data);
	case PTRACE_GETREGS:
	case PTRACE_SETREGS:
		return ptrace_general(t, req == PTRACE_SETREGS, data,
				      sizeof(struct user_regs), &done);
	case PTRACE_GETFPREGS:
	case PTRACE_SETFPREGS:
		return ptrace_fpu(t, req == PTRACE_SETFPREGS, data,
				  PTRACE_FXSAVE, &done);
	}
	return ptrace_regset(t, req == PTRACE_SETREGSET, addr, data);
}
