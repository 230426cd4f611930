// SPDX-License-Identifier: GPL-2.0
/*
 * Commands from outside that the kernel answers itself (`lodger ctl`, the
 * mconsole protocol): the monitor posts RING_EV_CTL, the event thread fetches
 * the line, does it and sends back what there is to say, "OK" or "ERR" first.
 *
 *	cad		Ctrl-Alt-Del: SIGINT for init
 *	log TEXT	a line in the kernel's log
 *	proc FILE	the content of /proc/FILE
 *	stack		all tasks, in the log
 *	sysrq KEY	b restart, o off, s sync, t tasks, m memory
 */
#include <abi/errno.h>
#include <abi/fcntl.h>
#include <abi/signal.h>
#include <hostapi/kern.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/seqbuf.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/vfs.h>
#include "internal.h"

#define CTL_PART 0x8000u

static void ctl_proc(const char *name, struct seqbuf *s)
{
	char path[96];
	struct file *f;
	char *buf;
	ssize_t n;
	loff_t pos = 0;

	if (!*name || strstr(name, "..")) {
		seq_puts(s, "ERR which file of /proc?");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%s", name);
	f = file_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
	buf = kmalloc(4096);
	if (IS_ERR(f) || !buf) {
		seq_printf(s,
			   "ERR %s cannot be opened (error %ld); is /proc "
			   "mounted?",
			   path, IS_ERR(f) ? -PTR_ERR(f) : (long)ENOMEM);
		if (!IS_ERR(f))
			file_put(f);
		kfree(buf);
		return;
	}
	seq_puts(s, "OK ");
	while ((n = file_read_kernel(f, buf, 4096, pos)) > 0 &&
	       s->len < (1u << 20)) {
		seq_write(s, buf, (size_t)n);
		pos += n;
	}
	kfree(buf);
	file_put(f);
}

static void ctl_sysrq(char key, struct seqbuf *s)
{
	struct mem_stats m;

	switch (key) {
	case 'b':
		machine_stop(true, 0);
	case 'o':
		machine_stop(false, 0);
	case 's':
		sys_sync();
		seq_puts(s, "OK");
		return;
	case 't':
	case 'w':
	case 'l':
		kern_event(KERN_EV_DUMP);
		seq_puts(s, "OK see the log");
		return;
	case 'm':
		mm_get_stats(&m);
		seq_printf(s, "OK %llu of %llu kB free",
			   (unsigned long long)m.free_kb,
			   (unsigned long long)m.total_kb);
		return;
	default:
		seq_puts(s, "ERR keys: b restart, o off, s sync, t tasks, m "
			    "memory");
	}
}

static void ctl_cad(struct seqbuf *s)
{
	const struct boot_params *bp = (void *)ARENA_BASE;

	if ((bp->flags & BOOT_HAVE_JOB) || !init_process) {
		seq_puts(s, "ERR there is no init that could act on it");
		return;
	}
	send_signal_process(init_process, SIGINT, NULL);
	seq_puts(s, "OK");
}

static void ctl_run(char *line, struct seqbuf *s)
{
	char *arg = strchr(line, ' ');

	if (arg)
		*arg++ = 0;
	else
		arg = line + strlen(line);
	if (!strcmp(line, "log")) {
		printk(KERN_INFO "%s\n", arg);
		seq_puts(s, "OK");
	} else if (!strcmp(line, "proc")) {
		ctl_proc(arg, s);
	} else if (!strcmp(line, "sysrq")) {
		ctl_sysrq(*arg, s);
	} else if (!strcmp(line, "cad")) {
		ctl_cad(s);
	} else if (!strcmp(line, "stack")) {
		ctl_sysrq('t', s);
	} else {
		seq_puts(s, "ERR unknown command");
	}
}

static s64 ctl_ring(u16 op, void *buf, u32 len, u64 last)
{
	struct ring_req *r = ring_get(RING_DEV_MONITOR, op);
	s64 ret;

	r->arg[0] = last;
	r->space = RING_ARENA;
	r->buf_off = ring_arena_off(buf);
	r->buf_len = len;
	ret = ring_call(r);
	ring_put(r);
	return ret;
}

void init_ctl_event(u32 bits)
{
	char *line = kzalloc(RING_CTL_LINE + 1);
	struct seqbuf s;
	size_t at = 0;

	if (!line || ctl_ring(RING_MON_CTL_GET, line, RING_CTL_LINE, 0) <= 0) {
		kfree(line);
		return;
	}
	seqbuf_init(&s);
	ctl_run(line, &s);
	do {
		u32 n = (u32)min_t(size_t, s.len - at, CTL_PART);

		/* nothing to say: the line's buffer, of no length */
		ctl_ring(RING_MON_CTL_PUT, n ? s.buf + at : line, n,
			 at + n == s.len);
		at += n;
	} while (at < s.len);
	seqbuf_destroy(&s);
	kfree(line);
}
