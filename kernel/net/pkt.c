// SPDX-License-Identifier: GPL-2.0
/*
 * Packet buffers and the Internet checksum (RFC 1071).
 *
 * Sums are kept in host order: the checksum does not care, as long as what is
 * added comes from memory as it lies there.
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include "wire.h"

struct pkt *pkt_alloc(u32 n)
{
	struct pkt *p = kmalloc(sizeof(*p) + PKT_HEAD + n);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	list_init(&p->node);
	p->cap = PKT_HEAD + n;
	p->data = p->buf + PKT_HEAD;
	p->len = n;
	p->ttl = 64;
	return p;
}

void pkt_free(struct pkt *p)
{
	kfree(p);
}

struct pkt *pkt_copy(const struct pkt *p)
{
	struct pkt *c = kmalloc(sizeof(*c) + p->cap);

	if (!c)
		return NULL;
	memcpy(c, p, sizeof(*p) + p->cap);
	list_init(&c->node);
	c->data = c->buf + (p->data - p->buf);
	if (p->mac)
		c->mac = c->buf + (p->mac - p->buf);
	if (p->net)
		c->net = c->buf + (p->net - p->buf);
	return c;
}

u64 csum_add(u64 sum, const void *data, u32 n)
{
	const u8 *p = data;
	u64 v[4], carry = 0;
	u32 w;
	u16 h;

	while (n >= 32) {
		memcpy(v, p, 32);
		for (int i = 0; i < 4; i++)
			carry += __builtin_add_overflow(sum, v[i], &sum);
		p += 32;
		n -= 32;
	}
	/* what is left: small words cannot overflow a folded sum */
	sum = (sum & 0xffffffffu) + (sum >> 32) + carry;
	for (; n >= 4; n -= 4, p += 4) {
		memcpy(&w, p, 4);
		sum += w;
	}
	if (n >= 2) {
		memcpy(&h, p, 2);
		sum += h;
		p += 2;
		n -= 2;
	}
	if (n)
		sum += *p;
	return sum;
}

static u64 csum_add_pseudo(const struct in6_addr *src,
			   const struct in6_addr *dst, u8 proto, u32 n)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = !memcmp(dst, mapped, sizeof(mapped));
	u8 tail[8] = { 0 };
	u64 sum = 0;

	sum = csum_add(sum, src->s6_addr + (v4 ? 12 : 0), v4 ? 4 : 16);
	sum = csum_add(sum, dst->s6_addr + (v4 ? 12 : 0), v4 ? 4 : 16);
	put32(tail, n);
	tail[7] = proto;
	return csum_add(sum, tail, sizeof(tail));
}

u16 csum_l4(const struct in6_addr *src, const struct in6_addr *dst, u8 proto,
	    const void *data, u32 n)
{
	return csum_fold(
		csum_add(csum_add_pseudo(src, dst, proto, n), data, n));
}

u16 csum_pseudo(const struct in6_addr *src, const struct in6_addr *dst,
		u8 proto, u32 n)
{
	return (u16)~csum_fold(csum_add_pseudo(src, dst, proto, n));
}

void pkt_finish_csum(struct pkt *p, u32 hlen)
{
	u32 at = p->l4 == IPPROTO_TCP ? 16 : 6, n = p->len - hlen;
	u8 *l4 = p->data + hlen;
	u16 sum;

	if ((p->l4 != IPPROTO_TCP && p->l4 != IPPROTO_UDP) || n < at + 2)
		return;
	put16(l4 + at, 0);
	sum = csum_l4(&p->src, &p->dst, p->l4, l4, n);
	if (!sum && p->l4 == IPPROTO_UDP)
		sum = 0xffff;
	memcpy(l4 + at, &sum, 2);
	p->partial = false;
}
