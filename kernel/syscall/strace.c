// SPDX-License-Identifier: GPL-2.0
/*
 * strace inside the kernel: the kernel word `strace=1` prints every system
 * call of every task to the log, `strace=openat,read` only those; a task with
 * task->strace set is printed whatever the word says.
 *
 * A line looks as strace(1) prints it, with the thread's number in front:
 *
 *	[3] openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 *
 * The formats come from syscalls.tbl: two characters an argument, its type and
 * a letter for the way it is shown. A letter is either plain (numbers,
 * strings, buffers: strace_put_plain) or names a table of flags below. The
 * line is printed when the call returns, from the registers as they were at
 * entry; calls that may not come back are printed when they begin.
 *
 * All of it is off the fast path, and may sleep: strings are read from guest
 * memory. A line that does not fit ends in "...".
 */
#include <abi/epoll.h>
#include <abi/fcntl.h>
#include <abi/futex.h>
#include <abi/ioctl.h>
#include <abi/mman.h>
#include <abi/resource.h>
#include <abi/sched.h>
#include <abi/signal.h>
#include <abi/socket.h>
#include <abi/time.h>
#include <abi/wait.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include "internal.h"
#include "strace.h"

#define STRACE_LINE   480u
#define STRACE_STRING 32u
#define STRACE_ARGV   6u

u32 strace_active;
/* One bit a number; all ones with strace=1. */
static u64 strace_mask[(NR_SYSCALLS + 63) / 64];

struct strace_line {
	size_t len;
	char buf[STRACE_LINE];
};

static void __printf(2, 3)
	strace_put(struct strace_line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->buf) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += min((size_t)n, room - 1);
}

static void strace_put_quoted(struct strace_line *l, const u8 *p, size_t n)
{
	static const char esc[] = "\a\b\t\n\v\f\r", name[] = "abtnvfr";
	size_t i;

	strace_put(l, "\"");
	for (i = 0; i < n; i++) {
		const char *e = p[i] ? strchr(esc, p[i]) : NULL;

		if (e)
			strace_put(l, "\\%c", name[e - esc]);
		else if (p[i] == '"' || p[i] == '\\')
			strace_put(l, "\\%c", p[i]);
		else if (p[i] >= 0x20 && p[i] < 0x7f)
			strace_put(l, "%c", p[i]);
		else
			strace_put(l, "\\%o", p[i]);
	}
	strace_put(l, "\"");
}

/* Guest bytes, abridged; falls back to the address. */
static void strace_put_bytes(struct strace_line *l, u64 addr, u64 n)
{
	u8 buf[STRACE_STRING];
	u64 shown = min(n, (u64)sizeof(buf));

	if (!addr || copy_from_user(buf, UADDR(addr), shown)) {
		strace_put(l, addr ? "0x%llx" : "NULL",
			   (unsigned long long)addr);
		return;
	}
	strace_put_quoted(l, buf, shown);
	if (n > shown)
		strace_put(l, "...");
}

static void strace_put_string(struct strace_line *l, u64 addr)
{
	char buf[256];
	ssize_t n = -EFAULT;

	if (addr)
		n = strncpy_from_user(buf, UADDR(addr), sizeof(buf));
	if (n < 0) {
		strace_put(l, addr ? "0x%llx" : "NULL",
			   (unsigned long long)addr);
		return;
	}
	strace_put_quoted(l, (u8 *)buf, min((size_t)n, sizeof(buf)));
	if ((size_t)n >= sizeof(buf))
		strace_put(l, "...");
}

static void strace_put_argv(struct strace_line *l, u64 addr)
{
	u64 p;
	u32 i;

	strace_put(l, "[");
	for (i = 0; !get_user(p, UADDR(addr + 8ull * i)) && p; i++) {
		if (i)
			strace_put(l, ", ");
		if (i == STRACE_ARGV) {
			strace_put(l, "...");
			break;
		}
		strace_put_string(l, p);
	}
	strace_put(l, "]");
}

static void strace_put_fd(struct strace_line *l, int fd)
{
	if (fd == AT_FDCWD)
		strace_put(l, "AT_FDCWD");
	else
		strace_put(l, "%d", fd);
}

/* A number by type and plain letter. */
static void strace_put_plain(struct strace_line *l, char type, char letter,
			     u64 v)
{
	if (type == 'i' || type == 'u')
		v = type == 'i' ? (u64)(s64)(s32)v : (u32)v;
	if (letter == 'p' && !v)
		strace_put(l, "NULL");
	else if (letter == 'p' || letter == 'x')
		strace_put(l, v ? "0x%llx" : "0",
			   (unsigned long long)(type == 'i' ? (u32)v : v));
	else if (letter == 'o')
		strace_put(l, "0%llo", (unsigned long long)(u32)v);
	else if (letter == 'u')
		strace_put(l, "%llu", (unsigned long long)v);
	else
		strace_put(l, "%lld", (long long)v);
}

/* mode is shown by open only when a file may be created. */
static bool strace_skip_arg(const struct syscall_format *f, u32 i,
			    const u64 *args)
{
	return i && f->args[2 * i + 1] == 'o' && f->args[2 * i - 1] == 'O' &&
	       !(args[i - 1] & (O_CREAT | __O_TMPFILE));
}

static void strace_put_arg(struct strace_line *l, const char *spec,
			   const u64 *arg, long ret)
{
	char type = spec[0], letter = spec[1];
	const struct strace_flags *t = strace_flags_find(letter);
	u64 v = *arg;

	if (t) {
		char buf[256];

		strace_flags_format(t, (u32)v, buf, sizeof(buf));
		strace_put(l, "%s", buf);
		return;
	}
	switch (letter) {
	case 's':
		strace_put_string(l, v);
		break;
	case 'b':
		strace_put_bytes(l, v, arg[1]);
		break;
	case 'B':
		if (ret >= 0)
			strace_put_bytes(l, v, (u64)ret);
		else
			strace_put_plain(l, type, 'p', v);
		break;
	case 'v':
		strace_put_argv(l, v);
		break;
	case 'f':
	case 'D':
		strace_put_fd(l, (int)v);
		break;
	default:
		strace_put_plain(l, type, letter, v);
	}
}

static void strace_put_call(struct strace_line *l, u32 nr, const u64 *args,
			    long ret)
{
	const struct syscall_format *f = &syscall_formats[nr];
	u32 i;

	strace_put(l, "[%u] %s(", current->tid, f->name);
	for (i = 0; f->args[2 * i]; i++) {
		if (strace_skip_arg(f, i, args))
			break;
		if (i)
			strace_put(l, ", ");
		strace_put_arg(l, f->args + 2 * i, &args[i], ret);
	}
	strace_put(l, ")");
}

static const char *strace_restart_name(long ret)
{
	switch (ret) {
	case -ERESTARTSYS:
		return "ERESTARTSYS";
	case -ERESTARTNOINTR:
		return "ERESTARTNOINTR";
	case -ERESTARTNOHAND:
		return "ERESTARTNOHAND";
	case -ERESTART_RESTARTBLOCK:
		return "ERESTART_RESTARTBLOCK";
	}
	return NULL;
}

static void strace_put_result(struct strace_line *l, char kind, long ret)
{
	const char *name;

	if ((u64)ret >= (u64)-MAX_ERRNO) {
		name = strace_restart_name(ret);
		if (name)
			strace_put(l, " = ? %s", name);
		else if ((name = strace_errno_name((u32)-ret)))
			strace_put(l, " = -1 %s", name);
		else
			strace_put(l, " = -1 errno %ld", -ret);
	} else if (kind == 'x') {
		strace_put(l, " = 0x%lx", ret);
	} else if (kind == 'o') {
		strace_put(l, " = 0%lo", ret);
	} else {
		strace_put(l, " = %ld", ret);
	}
}

static void strace_print(struct strace_line *l)
{
	static const char dots[] = "...";

	if (l->len >= sizeof(l->buf) - 1)
		memcpy(l->buf + sizeof(l->buf) - sizeof(dots), dots,
		       sizeof(dots));
	printk(KERN_WARN "%s\n", l->buf); /* shown: it was asked for */
}

static bool strace_wanted(u32 nr)
{
	return current->strace || strace_mask[nr / 64] >> nr % 64 & 1;
}

long strace_syscall(u32 nr, struct pt_regs *regs,
		    long (*fn)(const struct pt_regs *))
{
	const u64 args[7] = { regs->rdi, regs->rsi, regs->rdx, regs->r10,
			      regs->r8,	 regs->r9,  0 };
	struct strace_line *l;
	bool early;
	long ret;

	if (nr >= NR_SYSCALLS || !syscall_formats[nr].name ||
	    !strace_wanted(nr))
		return fn(regs);
	l = kmalloc(sizeof(*l));
	if (!l)
		return fn(regs);
	l->len = 0;
	early = syscall_formats[nr].result == 'e';
	if (early) {
		strace_put_call(l, nr, args, -ENOSYS);
		strace_print(l);
		kfree(l);
		ret = fn(regs);
		l = kmalloc(sizeof(*l));
		if (!l)
			return ret;
		l->len = 0;
		strace_put(l, "[%u] ... %s", current->tid,
			   syscall_formats[nr].name);
	} else {
		ret = fn(regs);
		strace_put_call(l, nr, args, ret);
	}
	strace_put_result(l, syscall_formats[nr].result, ret);
	strace_print(l);
	kfree(l);
	return ret;
}

static void strace_select(const char *name, size_t n)
{
	u32 nr;

	for (nr = 0; nr < NR_SYSCALLS; nr++) {
		const char *s = syscall_formats[nr].name;

		if (s && strlen(s) == n && !memcmp(s, name, n)) {
			strace_mask[nr / 64] |= 1ull << nr % 64;
			strace_active = 1;
			return;
		}
	}
	printk(KERN_WARN "strace: no system call named %.*s\n", (int)n, name);
}

void strace_setup(const char *arg)
{
	const char *end;

	if (!strcmp(arg, "0"))
		return;
	if (!*arg || !strcmp(arg, "1")) {
		memset(strace_mask, 0xff, sizeof(strace_mask));
		strace_active = 1;
		return;
	}
	for (; *arg; arg = *end ? end + 1 : end) {
		end = strchr(arg, ',');
		if (!end)
			end = arg + strlen(arg);
		if (end > arg)
			strace_select(arg, (size_t)(end - arg));
	}
}
