// SPDX-License-Identifier: GPL-2.0
/* /proc/net/unix, in the columns of unix(7) and proc(5). */
#include <kernel/seqbuf.h>
#include "unix_internal.h"

#define PROC_ACCEPTCON 0x10000u

/* The name with '@' for its NUL bytes; a path is shown to its end. */
static void proc_put_name(struct seqbuf *s, const struct unix_addr *a)
{
	u32 n = a->len - offsetof(struct sockaddr_un, sun_path);

	seq_putc(s, ' ');
	if (a->un.sun_path[0]) {
		seq_puts(s, a->un.sun_path);
		return;
	}
	for (u32 i = 0; i < n; i++)
		seq_putc(s, a->un.sun_path[i] ? a->un.sun_path[i] : '@');
}

static void proc_unix(struct seqbuf *s)
{
	struct unix_addr *a;
	struct usock *u;

	seq_puts(s,
		 "Num       RefCount Protocol Flags    Type St Inode Path\n");
	spin_lock(&unix_all_lock);
	list_for_each_entry (u, &unix_all, all_node) {
		bool up = u->state == UNIX_CONNECTED;

		/* SS_CONNECTED, SS_CONNECTING (not accepted), SS_UNCONNECTED */
		seq_printf(s, "%s: %08X %08X %08X %04X %02X %5llu",
			   "0000000000000000", u->sk.refs.n, 0u,
			   u->state == UNIX_LISTENING ? PROC_ACCEPTCON : 0,
			   u->sk.type, up ? (u->sk.file ? 3 : 2) : 1,
			   (unsigned long long)u->sk.number);
		a = load_acquire(&u->addr);
		if (a)
			proc_put_name(s, a);
		seq_putc(s, '\n');
	}
	spin_unlock(&unix_all_lock);
}

void unix_proc_init(void)
{
	proc_register("net/unix", proc_unix);
}
