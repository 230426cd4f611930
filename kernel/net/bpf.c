// SPDX-License-Identifier: GPL-2.0
/*
 * Classic packet filters, as SO_ATTACH_FILTER takes them: a machine with an
 * accumulator, an index and sixteen words, which only jumps forward, so that it
 * ends. Programs are checked when they are loaded; loads beyond the packet end
 * a run with "keep nothing".
 */
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <abi/errno.h>
#include "bpf.h"

#define BPF_MAXINSNS 4096u
#define BPF_WORDS    16u
#define BPF_AD_OFF   0xfffff000u
#define BPF_NET_OFF  0xfff00000u

struct bpf_insn_c {
	u16 code;
	u8 jt, jf;
	u32 k;
};

struct bpf_prog {
	u32 n;
	struct bpf_insn_c i[];
};

struct sock_fprog_abi {
	u16 len;
	u64 filter;
};

enum { LD, LDX, ST, STX, ALU, JMP, RET, MISC };

static bool bpf_insn_ok(const struct bpf_insn_c *i, u32 at, u32 n)
{
	switch (i->code & 7) {
	case LD:
		return (i->code & 0xe0) <= 0x80 && (i->code & 0x18) != 0x18 &&
		       ((i->code & 0xe0) != 0x60 || i->k < BPF_WORDS);
	case LDX:
		return (i->code & 0xe0) != 0x60 || i->k < BPF_WORDS;
	case ST:
	case STX:
		return i->k < BPF_WORDS;
	case ALU:
		if ((i->code & 0xf0) > 0xa0)
			return false;
		if (i->code & 8)
			return true;
		if ((i->code & 0xf0) == 0x30 || (i->code & 0xf0) == 0x90)
			return i->k != 0;
		if ((i->code & 0xf0) == 0x60 || (i->code & 0xf0) == 0x70)
			return i->k < 32;
		return true;
	case JMP:
		if ((i->code & 0xf0) > 0x40)
			return false;
		if (!(i->code & 0xf0))
			return i->k < n - at - 1;
		return (u32)i->jt < n - at - 1 && (u32)i->jf < n - at - 1;
	default:
		return true;
	}
}

struct bpf_prog *bpf_load(uaddr fprog, u32 len)
{
	struct sock_fprog_abi a;
	struct bpf_prog *f;

	if (len != sizeof(a))
		return ERR_PTR(-EINVAL);
	if (get_user(a, fprog))
		return ERR_PTR(-EFAULT);
	if (!a.len || a.len > BPF_MAXINSNS)
		return ERR_PTR(-EINVAL);
	f = kmalloc(sizeof(*f) + a.len * sizeof(f->i[0]));
	if (!f)
		return ERR_PTR(-ENOMEM);
	f->n = a.len;
	if (copy_from_user(f->i, UADDR(a.filter), a.len * sizeof(f->i[0]))) {
		kfree(f);
		return ERR_PTR(-EFAULT);
	}
	for (u32 at = 0; at < f->n; at++)
		if (!bpf_insn_ok(&f->i[at], at, f->n)) {
			kfree(f);
			return ERR_PTR(-EINVAL);
		}
	if ((f->i[f->n - 1].code & 7) != RET) {
		kfree(f);
		return ERR_PTR(-EINVAL);
	}
	return f;
}

struct bpf_state {
	const u8 *data;
	u32 len;
	u16 proto;
	int ifindex;
	u8 type;
};

/* => false: beyond the packet */
static bool bpf_fetch(const struct bpf_state *s, u32 off, u32 size, u32 *out)
{
	u32 v = 0;

	if (off >= BPF_AD_OFF) {
		switch (off - BPF_AD_OFF) {
		case 0:
			*out = s->proto;
			return true;
		case 4:
			*out = s->type;
			return true;
		case 8:
			*out = (u32)s->ifindex;
			return true;
		default:
			*out = 0;
			return true;
		}
	}
	if (off >= BPF_NET_OFF)
		off -= BPF_NET_OFF;
	if (off > s->len || size > s->len - off)
		return false;
	for (u32 i = 0; i < size; i++)
		v = v << 8 | s->data[off + i];
	*out = v;
	return true;
}

static u32 bpf_alu(u16 op, u32 a, u32 b)
{
	switch (op) {
	case 0x00:
		return a + b;
	case 0x10:
		return a - b;
	case 0x20:
		return a * b;
	case 0x30:
		return b ? a / b : 0;
	case 0x40:
		return a | b;
	case 0x50:
		return a & b;
	case 0x60:
		return b < 32 ? a << b : 0;
	case 0x70:
		return b < 32 ? a >> b : 0;
	case 0x80:
		return -a;
	case 0x90:
		return b ? a % b : 0;
	default:
		return a ^ b;
	}
}

static bool bpf_test(u16 op, u32 a, u32 b)
{
	switch (op) {
	case 0x10:
		return a == b;
	case 0x20:
		return a > b;
	case 0x30:
		return a >= b;
	default:
		return a & b;
	}
}

u32 bpf_run(const struct bpf_prog *f, const u8 *data, u32 len, u16 proto,
	    int ifindex, u8 type)
{
	static const u8 sizes[4] = { 4, 2, 1, 0 };
	struct bpf_state s = { data, len, proto, ifindex, type };
	u32 a = 0, x = 0, mem[BPF_WORDS] = { 0 }, v;

	for (u32 at = 0; at < f->n; at++) {
		const struct bpf_insn_c *i = &f->i[at];
		u32 size = sizes[i->code >> 3 & 3];

		switch (i->code & 7) {
		case LD:
			switch (i->code & 0xe0) {
			case 0x00:
				a = i->k;
				break;
			case 0x20:
				if (!bpf_fetch(&s, i->k, size, &a))
					return 0;
				break;
			case 0x40:
				if (!bpf_fetch(&s, x + i->k, size, &a))
					return 0;
				break;
			case 0x60:
				a = mem[i->k];
				break;
			default:
				a = len;
			}
			break;
		case LDX:
			switch (i->code & 0xe0) {
			case 0x00:
				x = i->k;
				break;
			case 0x60:
				x = mem[i->k];
				break;
			case 0x80:
				x = len;
				break;
			default: /* four times the low nibble: an IP header */
				if (!bpf_fetch(&s, i->k, 1, &v))
					return 0;
				x = (v & 15) * 4;
			}
			break;
		case ST:
			mem[i->k] = a;
			break;
		case STX:
			mem[i->k] = x;
			break;
		case ALU:
			v = i->code & 8 ? x : i->k;
			if (!v && ((i->code & 0xf0) == 0x30 ||
				   (i->code & 0xf0) == 0x90))
				return 0;
			a = bpf_alu(i->code & 0xf0, a, v);
			break;
		case JMP:
			if (!(i->code & 0xf0))
				at += i->k;
			else
				at += bpf_test(i->code & 0xf0, a,
					       i->code & 8 ? x : i->k)
					      ? i->jt
					      : i->jf;
			break;
		case RET:
			return (i->code & 0x18) == 0x10	  ? a
			       : (i->code & 0x18) == 0x08 ? x
							  : i->k;
		default:
			if (i->code & 0xf8)
				a = x;
			else
				x = a;
		}
	}
	return 0;
}
