// SPDX-License-Identifier: GPL-2.0
/*
 * TCP's deadlines. Each tcpcb has one timer, armed for the nearest of:
 *
 *	rtx_at		data (or a SYN, a FIN) is not acknowledged, or the peer's
 *			window is shut and must be probed
 *	delack_at	an ACK has been held back long enough
 *	keep_at		nothing was heard for long: ask (SO_KEEPALIVE)
 *	wait_at		TIME_WAIT, or an orphan in FIN_WAIT2, is over
 *
 * The timer holds no reference: it takes one when it fires, if there still is
 * one to take, and the last owner waits for it to have finished.
 */
#include <kernel/task.h>
#include "tcp_wire.h"

static void tcp_more_often(struct tcpcb *t)
{
	u64 rto = t->rto << (t->backoff < 12 ? t->backoff : 12);

	t->rtx_at = time_mono_ns() + min(rto, TCP_RTO_MAX);
}

void tcp_rtx_start(struct tcpcb *t)
{
	tcp_more_often(t);
}

void tcp_keep_start(struct tcpcb *t)
{
	t->keep_at = TIME_NEVER;
	t->keep_probes = 0;
	if (t->is->sk.keepalive)
		t->keep_at = t->heard_at +
			     (u64)inet_opt(t->is, IPPROTO_TCP, TCP_KEEPIDLE) *
				     NSEC_PER_SEC;
}

void tcp_rearm(struct tcpcb *t)
{
	u64 at = min(t->rtx_at, t->delack_at);

	at = min(at, t->keep_at);
	at = min(at, t->wait_at);
	if (t->state == TCP_CLOSE)
		at = TIME_NEVER;
	if (at == TIME_NEVER)
		timer_cancel_nowait(&t->timer);
	else if (!t->timer.heap_pos || t->timer.deadline > at ||
		 t->timer.deadline + NSEC_PER_SEC < at)
		timer_arm(&t->timer, at);
	/* else it fires a little early, and is armed again then */
}

/* How often before it is given up. */
static u32 tcp_retries(const struct tcpcb *t)
{
	if (t->state == TCP_SYN_SENT) {
		s32 n = inet_opt(t->is, IPPROTO_TCP, TCP_SYNCNT);

		return n ? (u32)n : TCP_SYN_RETRIES;
	}
	if (t->state == TCP_SYN_RECV)
		return 5;
	return t->is->dead ? TCP_ORPHAN_RETRIES : TCP_RETRIES;
}

static bool tcp_gave_up(struct tcpcb *t)
{
	s32 user = inet_opt(t->is, IPPROTO_TCP, TCP_USER_TIMEOUT);
	u64 now = time_mono_ns();

	if (!t->stalled_at)
		t->stalled_at = now;
	if (user > 0 && t->state != TCP_SYN_SENT && t->state != TCP_SYN_RECV)
		return now - t->stalled_at >= (u64)user * NSEC_PER_MSEC;
	return t->backoff >= tcp_retries(t);
}

/* The peer's window is shut, or it has taken everything and says nothing. */
static void tcp_probe(struct tcpcb *t)
{
	if (t->probes >= tcp_retries(t) && t->is->dead) {
		tcb_close(t, 0);
		return;
	}
	t->probes++;
	t->backoff = min(t->backoff + 1, 12u);
	tcp_send_probe(t);
	tcp_more_often(t);
}

static void tcp_retransmit(struct tcpcb *t)
{
	struct net_path path;

	t->rtx_at = TIME_NEVER;
	if (t->state == TCP_ESTABLISHED || t->state == TCP_CLOSE_WAIT ||
	    t->state == TCP_FIN_WAIT1 || t->state == TCP_LAST_ACK ||
	    t->state == TCP_CLOSING) {
		if (t->snd_nxt == t->snd_una) {
			if (t->snd_end != t->snd_nxt && !t->snd_wnd)
				tcp_probe(t);
			else
				tcp_output(t);
			return;
		}
	} else if (t->state != TCP_SYN_SENT && t->state != TCP_SYN_RECV) {
		return;
	}
	if (tcp_gave_up(t)) {
		tcb_close(t, t->state == TCP_SYN_RECV ? 0
			     : t->soft_err	      ? t->soft_err
						      : ETIMEDOUT);
		return;
	}
	/* perhaps there is another way by now */
	if (t->backoff > 2 &&
	    !net_route(&net0, &t->raddr, t->is->sk.bound_dev, &path) &&
	    path.dev->index != NET_LO)
		t->path = path;
	if (t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECV) {
		t->rtt_at = 0;
		tcp_send_syn(t);
	} else {
		tcp_rto_loss(t);
		t->rtx_at = TIME_NEVER;
		tcp_output(t);
	}
	t->retrans++;
	t->backoff++;
	tcp_more_often(t);
}

static void tcp_keepalive(struct tcpcb *t)
{
	u64 now = time_mono_ns(), idle;

	t->keep_at = TIME_NEVER;
	if (!t->is->sk.keepalive || t->state == TCP_TIME_WAIT ||
	    t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECV)
		return;
	idle = (u64)inet_opt(t->is, IPPROTO_TCP, TCP_KEEPIDLE) * NSEC_PER_SEC;
	if (now < t->heard_at + idle) {
		tcp_keep_start(t);
		return;
	}
	/* data under way asks the same question */
	if (t->snd_nxt == t->snd_una) {
		s32 user = inet_opt(t->is, IPPROTO_TCP, TCP_USER_TIMEOUT);

		if (user > 0 ? t->keep_probes &&
				       now - t->heard_at >=
					       (u64)user * NSEC_PER_MSEC
			     : (s32)t->keep_probes >= inet_opt(t->is,
							       IPPROTO_TCP,
							       TCP_KEEPCNT)) {
			tcp_send_rst(t);
			tcb_close(t, ETIMEDOUT);
			return;
		}
		t->keep_probes++;
		tcp_send_probe(t);
	}
	t->keep_at = now + (u64)inet_opt(t->is, IPPROTO_TCP, TCP_KEEPINTVL) *
				   NSEC_PER_SEC;
}

void tcp_timer_fn(struct timer *timer)
{
	struct tcpcb *t = container_of(timer, struct tcpcb, timer);
	struct isock *is = t->is;
	u64 now;

	if (!ref_get_unless_zero(&is->sk.refs))
		return;
	tcb_lock(t);
	now = time_mono_ns();
	if (t->state != TCP_CLOSE && t->wait_at <= now)
		tcb_close(t, 0);
	if (t->state != TCP_CLOSE && t->delack_at <= now) {
		t->delack_at = TIME_NEVER;
		tcp_send_ack(t);
	}
	if (t->state != TCP_CLOSE && t->rtx_at <= now)
		tcp_retransmit(t);
	if (t->state != TCP_CLOSE && t->keep_at <= now)
		tcp_keepalive(t);
	tcb_unlock(t);
	isock_put(is);
}
