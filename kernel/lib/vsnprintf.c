/* SPDX-License-Identifier: GPL-2.0 */
/* Formatted output into a buffer; the formats are listed in kernel/printk.h. */
#include <kernel/printk.h>
#include <kernel/string.h>

struct fmt_out {
	char *buf;
	size_t size, len;
};

struct fmt_spec {
	bool left, plus, space, alt, zero;
	int width, prec; /* -1: none */
};

static void fmt_putc(struct fmt_out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void fmt_pad(struct fmt_out *o, int n, char c)
{
	while (n-- > 0)
		fmt_putc(o, c);
}

static void fmt_string(struct fmt_out *o, const struct fmt_spec *s,
		       const char *str, size_t n)
{
	int pad = s->width - (int)n;

	if (!s->left)
		fmt_pad(o, pad, ' ');
	while (n--)
		fmt_putc(o, *str++);
	if (s->left)
		fmt_pad(o, pad, ' ');
}

static void fmt_number(struct fmt_out *o, const struct fmt_spec *s, u64 v,
		       bool neg, unsigned int base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[32], pre[3];
	int n = 0, npre = 0, zeros = 0, pad;

	if (neg)
		pre[npre++] = '-';
	else if (s->plus)
		pre[npre++] = '+';
	else if (s->space)
		pre[npre++] = ' ';
	if (s->alt && base == 16 && v) {
		pre[npre++] = '0';
		pre[npre++] = upper ? 'X' : 'x';
	}
	if (v || s->prec)
		do {
			tmp[n++] = digits[v % base];
			v /= base;
		} while (v);
	if (s->alt && base == 8 && (!n || tmp[n - 1] != '0'))
		tmp[n++] = '0';
	if (s->prec > n)
		zeros = s->prec - n;
	pad = s->width - n - npre - zeros;
	if (s->zero && !s->left && s->prec < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!s->left)
		fmt_pad(o, pad, ' ');
	for (int i = 0; i < npre; i++)
		fmt_putc(o, pre[i]);
	fmt_pad(o, zeros, '0');
	while (n)
		fmt_putc(o, tmp[--n]);
	if (s->left)
		fmt_pad(o, pad, ' ');
}

static int fmt_int(const char **f)
{
	int v = 0;

	while (**f >= '0' && **f <= '9')
		v = v * 10 + (*(*f)++ - '0');
	return v;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct fmt_out o = { buf, size, 0 };

	for (; *fmt; fmt++) {
		struct fmt_spec s = { .prec = -1 };
		int length = 0;
		const char *str;
		u64 v;
		s64 d;

		if (*fmt != '%') {
			fmt_putc(&o, *fmt);
			continue;
		}
		for (fmt++;; fmt++) {
			if (*fmt == '-')
				s.left = true;
			else if (*fmt == '+')
				s.plus = true;
			else if (*fmt == ' ')
				s.space = true;
			else if (*fmt == '#')
				s.alt = true;
			else if (*fmt == '0')
				s.zero = true;
			else
				break;
		}
		if (*fmt == '*') {
			s.width = va_arg(ap, int);
			if (s.width < 0) {
				s.left = true;
				s.width = -s.width;
			}
			fmt++;
		} else {
			s.width = fmt_int(&fmt);
		}
		if (*fmt == '.') {
			fmt++;
			if (*fmt == '*') {
				s.prec = va_arg(ap, int);
				fmt++;
			} else {
				s.prec = fmt_int(&fmt);
			}
		}
		for (;; fmt++) {
			if (*fmt == 'l' || *fmt == 'z' || *fmt == 't')
				length++;
			else if (*fmt == 'h')
				length--;
			else
				break;
		}
		switch (*fmt) {
		case 'd':
		case 'i':
			d = length > 0 ? va_arg(ap, long) : va_arg(ap, int);
			if (length == -1)
				d = (short)d;
			else if (length < -1)
				d = (signed char)d;
			fmt_number(&o, &s, d < 0 ? -(u64)d : (u64)d, d < 0, 10,
				   false);
			break;
		case 'u':
		case 'x':
		case 'X':
		case 'o':
			v = length > 0 ? va_arg(ap, unsigned long)
				       : va_arg(ap, unsigned int);
			if (length == -1)
				v = (u16)v;
			else if (length < -1)
				v = (u8)v;
			s.plus = s.space = false;
			fmt_number(&o, &s, v, false,
				   *fmt == 'u'	 ? 10
				   : *fmt == 'o' ? 8
						 : 16,
				   *fmt == 'X');
			break;
		case 'p':
			s.alt = true;
			fmt_number(&o, &s, (u64)va_arg(ap, void *), false, 16,
				   false);
			break;
		case 'c': {
			char c = (char)va_arg(ap, int);

			fmt_string(&o, &s, &c, 1);
			break;
		}
		case 's':
			str = va_arg(ap, const char *);
			if (!str)
				str = "(null)";
			fmt_string(&o, &s, str,
				   s.prec >= 0 ? strnlen(str, (size_t)s.prec)
					       : strlen(str));
			break;
		case '%':
			fmt_putc(&o, '%');
			break;
		default:
			fmt_putc(&o, '%');
			if (!*fmt)
				goto out;
			fmt_putc(&o, *fmt);
		}
	}
out:
	if (size)
		buf[o.len < size ? o.len : size - 1] = 0;
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
