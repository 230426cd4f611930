// SPDX-License-Identifier: GPL-2.0
/*
 * Inflate: RFC 1951 in an RFC 1952 wrapper, memory to memory.
 *
 * Input is untrusted. Three rules keep it harmless: bits past the end read as
 * zero and are counted, and running into them is an error; a copy never
 * reaches back before the start of the output; nothing is written past `cap`.
 *
 * Codes of up to INFLATE_FAST bits are decoded by one look into a table of
 * (symbol, length); longer ones, which are rare by construction, bit by bit
 * from the counts of codes per length. State lies in one allocation, for the
 * kernel stack is small.
 */
#include <abi/errno.h>
#include <kernel/atomic.h>
#include <kernel/inflate.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#define INFLATE_FAST	 10u
#define INFLATE_MAX_BITS 15u
#define INFLATE_LITLEN	 288u
#define INFLATE_DIST	 30u
#define INFLATE_END	 256u

struct inflate_code {
	u16 fast[1u << INFLATE_FAST]; /* symbol << 4 | length; 0: longer */
	u16 count[INFLATE_MAX_BITS + 1];
	u16 symbol[INFLATE_LITLEN]; /* in order of their codes */
};

struct inflate {
	const u8 *in, *in_end;
	u64 bits; /* the next bits, lowest first */
	u32 nbits;
	u32 past; /* bytes invented after the end of the input */
	u8 *out, *start, *out_end;
	struct inflate_code lit, dist;
	u8 len[INFLATE_LITLEN + INFLATE_DIST + 2];
};

/* --- check sum --- */

static u32 crc32_table[256];

static void crc32_init(void)
{
	for (u32 i = 256; i-- > 0;) { /* the last one filled in is entry 0 */
		u32 c = i;

		for (u32 k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		WRITE_ONCE(crc32_table[i], c);
	}
}

u32 crc32(u32 crc, const u8 *p, size_t n)
{
	if (!READ_ONCE(crc32_table[1]))
		crc32_init();
	crc = ~crc;
	while (n--)
		crc = crc >> 8 ^ crc32_table[(crc ^ *p++) & 0xff];
	return ~crc;
}

/* --- bits --- */

static void inflate_fill(struct inflate *s)
{
	while (s->nbits <= 56) {
		u64 byte = 0;

		if (s->in < s->in_end)
			byte = *s->in++;
		else
			s->past++;
		s->bits |= byte << s->nbits;
		s->nbits += 8;
	}
}

/* n <= 32 */
static u32 inflate_take(struct inflate *s, u32 n)
{
	u32 v;

	if (s->nbits < n)
		inflate_fill(s);
	v = (u32)(s->bits & ((1ull << n) - 1));
	s->bits >>= n;
	s->nbits -= n;
	return v;
}

/* Were bits used that the input does not have? */
static bool inflate_overrun(const struct inflate *s)
{
	return s->past * 8 > s->nbits;
}

/* Forget the rest of the current byte; unread whole bytes. */
static void inflate_align(struct inflate *s)
{
	u32 whole;

	inflate_take(s, s->nbits % 8);
	whole = s->nbits / 8;
	if (whole <= s->past) /* all of them invented */
		whole = 0;
	else
		whole -= s->past;
	s->in -= whole;
	s->bits = 0;
	s->nbits = 0;
	s->past = 0;
}

/* --- codes --- */

static u32 inflate_reverse(u32 code, u32 len)
{
	u32 r = 0;

	while (len--) {
		r = r << 1 | (code & 1);
		code >>= 1;
	}
	return r;
}

/* A code from the lengths of n symbols. => 0, -EINVAL */
static int inflate_build(struct inflate_code *c, const u8 *len, u32 n)
{
	u16 first[INFLATE_MAX_BITS + 2], at[INFLATE_MAX_BITS + 2];
	u32 used = 0;
	s32 left = 1;

	memset(c->fast, 0, sizeof(c->fast));
	memset(c->count, 0, sizeof(c->count));
	for (u32 i = 0; i < n; i++)
		c->count[len[i]]++;
	used = n - c->count[0];
	c->count[0] = 0;
	first[1] = at[1] = 0;
	for (u32 l = 1; l <= INFLATE_MAX_BITS; l++) {
		left = left * 2 - c->count[l];
		if (left < 0)
			return -EINVAL; /* more codes than there can be */
		first[l + 1] = (u16)((first[l] + c->count[l]) << 1);
		at[l + 1] = (u16)(at[l] + c->count[l]);
	}
	/* only a code of one symbol may leave room */
	if (left > 0 && used > 1)
		return -EINVAL;
	for (u32 i = 0; i < n; i++) {
		u32 l = len[i], code;

		if (!l)
			continue;
		c->symbol[at[l]++] = (u16)i;
		code = first[l]++;
		if (l > INFLATE_FAST)
			continue;
		for (code = inflate_reverse(code, l); code < 1u << INFLATE_FAST;
		     code += 1u << l)
			c->fast[code] = (u16)(i << 4 | l);
	}
	return 0;
}

/* => symbol, or -EINVAL for a code that means nothing */
static s32 inflate_symbol(struct inflate *s, const struct inflate_code *c)
{
	u32 e, code = 0, first = 0, index = 0;

	if (s->nbits < INFLATE_MAX_BITS)
		inflate_fill(s);
	e = c->fast[s->bits & ((1u << INFLATE_FAST) - 1)];
	if (likely(e)) {
		s->bits >>= e & 15;
		s->nbits -= e & 15;
		return (s32)(e >> 4);
	}
	for (u32 l = 1; l <= INFLATE_MAX_BITS; l++) {
		u32 n = c->count[l];

		code |= (u32)(s->bits >> (l - 1)) & 1;
		if (code < first + n) {
			s->bits >>= l;
			s->nbits -= l;
			return c->symbol[index + code - first];
		}
		index += n;
		first = (first + n) << 1;
		code <<= 1;
	}
	return -EINVAL;
}

/* --- blocks --- */

static const u16 inflate_len_base[29] = { 3,   4,   5,	 6,   7,  8,  9,  10,
					  11,  13,  15,	 17,  19, 23, 27, 31,
					  35,  43,  51,	 59,  67, 83, 99, 115,
					  131, 163, 195, 227, 258 };
static const u8 inflate_len_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
					  1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
					  4, 4, 4, 4, 5, 5, 5, 5, 0 };
static const u16 inflate_dist_base[INFLATE_DIST] = {
	1,    2,    3,	  4,	5,    7,    9,	  13,	 17,	25,
	33,   49,   65,	  97,	129,  193,  257,  385,	 513,	769,
	1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577
};

static int inflate_copy(struct inflate *s, u32 len, u32 dist)
{
	u8 *d = s->out;
	const u8 *from;

	if (dist > (u64)(d - s->start))
		return -EINVAL;
	if (len > (u64)(s->out_end - d))
		return -ENOSPC;
	from = d - dist;
	s->out += len;
	if (dist >= len) {
		memcpy(d, from, len);
		return 0;
	}
	while (len--) /* it repeats itself */
		*d++ = *from++;
	return 0;
}

static int inflate_codes(struct inflate *s)
{
	for (;;) {
		s32 sym = inflate_symbol(s, &s->lit);
		u32 len, dist;
		int err;

		if (sym < 0 || inflate_overrun(s))
			return -EINVAL;
		if (sym < (s32)INFLATE_END) {
			if (s->out == s->out_end)
				return -ENOSPC;
			*s->out++ = (u8)sym;
			continue;
		}
		if (sym == (s32)INFLATE_END)
			return 0;
		sym -= INFLATE_END + 1;
		if (sym >= 29)
			return -EINVAL;
		len = inflate_len_base[sym] +
		      inflate_take(s, inflate_len_extra[sym]);
		sym = inflate_symbol(s, &s->dist);
		if (sym < 0 || sym >= (s32)INFLATE_DIST)
			return -EINVAL;
		dist = inflate_dist_base[sym] +
		       inflate_take(s, sym < 2 ? 0 : (u32)sym / 2 - 1);
		err = inflate_copy(s, len, dist);
		if (err)
			return err;
	}
}

static int inflate_stored(struct inflate *s)
{
	u32 n;

	inflate_align(s);
	if (s->in_end - s->in < 4)
		return -EINVAL;
	n = s->in[0] | (u32)s->in[1] << 8;
	if ((n ^ 0xffff) != (s->in[2] | (u32)s->in[3] << 8))
		return -EINVAL;
	s->in += 4;
	if (n > (u64)(s->in_end - s->in))
		return -EINVAL;
	if (n > (u64)(s->out_end - s->out))
		return -ENOSPC;
	memcpy(s->out, s->in, n);
	s->in += n;
	s->out += n;
	return 0;
}

static int inflate_fixed(struct inflate *s)
{
	memset(s->len, 8, 144);
	memset(s->len + 144, 9, 112);
	memset(s->len + 256, 7, 24);
	memset(s->len + 280, 8, 8);
	inflate_build(&s->lit, s->len, INFLATE_LITLEN);
	/* 32 codes of 5 bits, two of which mean nothing */
	memset(s->len, 5, INFLATE_DIST + 2);
	inflate_build(&s->dist, s->len, INFLATE_DIST + 2);
	return inflate_codes(s);
}

/* The lengths of both codes, themselves in a code (s->lit for now). */
static int inflate_lengths(struct inflate *s, u32 n)
{
	for (u32 i = 0; i < n;) {
		s32 sym = inflate_symbol(s, &s->lit);
		u32 rep;
		u8 val = 0;

		if (sym < 0 || inflate_overrun(s))
			return -EINVAL;
		if (sym < 16) {
			s->len[i++] = (u8)sym;
			continue;
		}
		if (sym == 16) {
			if (!i)
				return -EINVAL;
			val = s->len[i - 1];
			rep = 3 + inflate_take(s, 2);
		} else {
			rep = sym == 17 ? 3 + inflate_take(s, 3)
					: 11 + inflate_take(s, 7);
		}
		if (rep > n - i)
			return -EINVAL;
		memset(s->len + i, val, rep);
		i += rep;
	}
	return 0;
}

static int inflate_dynamic(struct inflate *s)
{
	static const u8 order[19] = { 16, 17, 18, 0, 8,	 7, 9,	6, 10, 5,
				      11, 4,  12, 3, 13, 2, 14, 1, 15 };
	u32 nlit = 257 + inflate_take(s, 5);
	u32 ndist = 1 + inflate_take(s, 5);
	u32 ncode = 4 + inflate_take(s, 4);
	int err;

	if (nlit > 286 || ndist > INFLATE_DIST)
		return -EINVAL;
	memset(s->len, 0, 19);
	for (u32 i = 0; i < ncode; i++)
		s->len[order[i]] = (u8)inflate_take(s, 3);
	err = inflate_build(&s->lit, s->len, 19);
	if (!err)
		err = inflate_lengths(s, nlit + ndist);
	if (err)
		return err;
	if (!s->len[INFLATE_END])
		return -EINVAL; /* it would never end */
	err = inflate_build(&s->dist, s->len + nlit, ndist);
	if (!err)
		err = inflate_build(&s->lit, s->len, nlit);
	return err ? err : inflate_codes(s);
}

static int inflate_blocks(struct inflate *s)
{
	u32 last;
	int err;

	do {
		last = inflate_take(s, 1);
		switch (inflate_take(s, 2)) {
		case 0:
			err = inflate_stored(s);
			break;
		case 1:
			err = inflate_fixed(s);
			break;
		case 2:
			err = inflate_dynamic(s);
			break;
		default:
			err = -EINVAL;
		}
		if (!err && inflate_overrun(s))
			err = -EINVAL;
	} while (!err && !last);
	return err;
}

/* --- gzip --- */

#define GZIP_HCRC    2u
#define GZIP_EXTRA   4u
#define GZIP_NAME    8u
#define GZIP_COMMENT 16u

/* => bytes of the header, or -EINVAL */
static ssize_t gzip_header(const u8 *p, size_t n)
{
	size_t at = 10;
	u8 flags;

	if (n < at || p[0] != 0x1f || p[1] != 0x8b || p[2] != 8 ||
	    (p[3] & 0xe0))
		return -EINVAL;
	flags = p[3];
	if (flags & GZIP_EXTRA) {
		if (n - at < 2)
			return -EINVAL;
		at += 2u + (p[at] | (size_t)p[at + 1] << 8);
	}
	for (u32 i = 0; i < 2; i++) {
		const u8 *nul;

		if (!(flags & (i ? GZIP_COMMENT : GZIP_NAME)))
			continue;
		nul = at < n ? memchr(p + at, 0, n - at) : NULL;
		if (!nul)
			return -EINVAL;
		at = (size_t)(nul - p) + 1;
	}
	if (flags & GZIP_HCRC)
		at += 2;
	return at <= n ? (ssize_t)at : -EINVAL;
}

static u32 gzip_le32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

ssize_t gzip_inflate(const u8 *in, size_t n, u8 *out, size_t cap, size_t *used)
{
	ssize_t head = gzip_header(in, n), ret;
	struct inflate *s;

	if (head < 0)
		return head;
	s = kzalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->in = in + head;
	s->in_end = in + n;
	s->out = s->start = out;
	s->out_end = out + cap;
	ret = inflate_blocks(s);
	if (ret)
		goto out;
	inflate_align(s);
	ret = -EINVAL;
	if (s->in_end - s->in < 8 ||
	    gzip_le32(s->in) != crc32(0, out, (size_t)(s->out - out)) ||
	    gzip_le32(s->in + 4) != (u32)(s->out - out))
		goto out;
	*used = (size_t)(s->in + 8 - in);
	ret = s->out - out;
out:
	kfree(s);
	return ret;
}
