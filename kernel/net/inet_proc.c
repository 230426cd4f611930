// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net of the Internet families, in the columns of Linux: proc(5).
 *
 * Walks inet_all under inet_lock. The buffer may have to grow under that lock,
 * which is fine: kernel memory never sleeps.
 */
#include <kernel/seqbuf.h>
#include <kernel/string.h>
#include "inet_internal.h"

static void proc_put_addr4(struct seqbuf *s, const struct in6_addr *a, u16 port)
{
	seq_printf(s, "%08X:%04X ", __builtin_bswap32(in6_v4(a)), port);
}

static void proc_put_addr6(struct seqbuf *s, const struct in6_addr *a, u16 port)
{
	u32 w[4];

	memcpy(w, a, sizeof(w));
	seq_printf(s, "%08X%08X%08X%08X:%04X ", w[0], w[1], w[2], w[3], port);
}

/* What is left of a closed socket's connection is shown too. */
static u8 proc_state(struct isock *is)
{
	struct tcpw_info i;

	if (!is->wired)
		return is->sk.type == SOCK_STREAM || is->state != TCP_CLOSE
			       ? is->state
			       : (u8)TCP_CLOSE;
	tcpw_peek(is, &i);
	return i.state;
}

static void proc_put_sock(struct seqbuf *s, struct isock *is, u32 n)
{
	bool stream = is->sk.type == SOCK_STREAM;
	u32 rx = is->state == TCP_LISTEN ? is->npending
					 : sock_queue_unread(&is->q, true);
	size_t from = s->len;

	seq_printf(s, stream ? "%4u: " : "%5u: ", n);
	if (is->sk.family == AF_INET) {
		proc_put_addr4(s, &is->laddr, is->lport);
		proc_put_addr4(s, &is->raddr, is->rport);
	} else {
		proc_put_addr6(s, &is->laddr, is->lport);
		proc_put_addr6(s, &is->raddr, is->rport);
	}
	seq_printf(s, "%02X %08X:%08X %02X:%08X %08X %5u %8d %llu %u %s",
		   proc_state(is), 0u, rx, 0u, 0u, 0u, is->uid, 0,
		   is->dead ? 0ull : (unsigned long long)is->sk.number,
		   is->sk.refs.n, "0000000000000000");
	if (stream && is->state != TCP_LISTEN)
		seq_puts(s, " 20 4 0 10 -1");
	else if (stream)
		seq_puts(s, " 100 0 0 10 0");
	else
		seq_printf(s, " %u", is->drops);
	if (is->sk.family == AF_INET)
		seq_pad(s, from, stream ? 149 : 127);
	seq_putc(s, '\n');
}

static void proc_put_socks(struct seqbuf *s, int family, int type)
{
	struct isock *is;
	u32 n = 0;

	spin_lock(&inet_lock);
	list_for_each_entry (is, &inet_all, all_node)
		if (is->sk.family == family && is->sk.type == type &&
		    (type != SOCK_DGRAM || is->sk.protocol == IPPROTO_UDP) &&
		    (is->lport || type == SOCK_RAW) &&
		    (type != SOCK_STREAM || proc_state(is) != TCP_CLOSE))
			proc_put_sock(s, is, n++);
	spin_unlock(&inet_lock);
}

#define PROC_HEAD4                                                            \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when " \
	"retrnsmt   uid  timeout inode"
#define PROC_HEAD6                                                          \
	"  sl  local_address                         remote_address"        \
	"                        st tx_queue rx_queue tr tm->when retrnsmt" \
	"   uid  timeout inode"

static void proc_tcp(struct seqbuf *s)
{
	size_t from = s->len;

	seq_puts(s, PROC_HEAD4);
	seq_pad(s, from, 149);
	seq_putc(s, '\n');
	proc_put_socks(s, AF_INET, SOCK_STREAM);
}

static void proc_tcp6(struct seqbuf *s)
{
	seq_puts(s, PROC_HEAD6 "\n");
	proc_put_socks(s, AF_INET6, SOCK_STREAM);
}

static void proc_udp(struct seqbuf *s)
{
	size_t from = s->len;

	seq_puts(s, " " PROC_HEAD4 " ref pointer drops");
	seq_pad(s, from, 127);
	seq_putc(s, '\n');
	proc_put_socks(s, AF_INET, SOCK_DGRAM);
}

static void proc_udp6(struct seqbuf *s)
{
	seq_puts(s, PROC_HEAD6 " ref pointer drops\n");
	proc_put_socks(s, AF_INET6, SOCK_DGRAM);
}

static void proc_raw(struct seqbuf *s)
{
	seq_puts(s, PROC_HEAD4 " ref pointer drops\n");
	proc_put_socks(s, AF_INET, SOCK_RAW);
}

static void proc_raw6(struct seqbuf *s)
{
	seq_puts(s, PROC_HEAD6 " ref pointer drops\n");
	proc_put_socks(s, AF_INET6, SOCK_RAW);
}

struct proc_counts {
	u32 tcp[2], udp[2], alloc;
};

static void proc_count(struct proc_counts *c)
{
	struct isock *is;

	memset(c, 0, sizeof(*c));
	spin_lock(&inet_lock);
	list_for_each_entry (is, &inet_all, all_node) {
		bool v6 = is->sk.family == AF_INET6;

		if (is->sk.type == SOCK_STREAM) {
			c->alloc++;
			c->tcp[v6] += is->state != TCP_CLOSE;
		} else {
			c->udp[v6] += is->lport != 0;
		}
	}
	spin_unlock(&inet_lock);
}

static void proc_sockstat(struct seqbuf *s)
{
	struct proc_counts c;

	proc_count(&c);
	seq_printf(s,
		   "sockets: used %u\n"
		   "TCP: inuse %u orphan 0 tw 0 alloc %u mem 0\n"
		   "UDP: inuse %u mem 0\nUDPLITE: inuse 0\n"
		   "RAW: inuse 0\nFRAG: inuse 0 memory 0\n",
		   c.alloc + c.udp[0] + c.udp[1], c.tcp[0], c.alloc, c.udp[0]);
}

void inet_proc_init(void)
{
	proc_register("net/tcp", proc_tcp);
	proc_register("net/tcp6", proc_tcp6);
	proc_register("net/udp", proc_udp);
	proc_register("net/udp6", proc_udp6);
	proc_register("net/raw", proc_raw);
	proc_register("net/raw6", proc_raw6);
	proc_register("net/sockstat", proc_sockstat);
}
