// SPDX-License-Identifier: GPL-2.0
/*
 * Growing text buffers (kernel/seqbuf.h).
 *
 * A buffer starts empty and takes its first memory with the first write: most
 * files of procfs fit in the first piece. It doubles from there. SEQBUF_MAX
 * bounds what one file may show, so that a guest cannot drain the arena by
 * opening /proc/self/smaps often enough with a million mappings.
 */
#include <abi/errno.h>
#include <kernel/printk.h>
#include <kernel/seqbuf.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#define SEQBUF_FIRST 1024u
#define SEQBUF_MAX   (4u << 20)

void seqbuf_init(struct seqbuf *s)
{
	*s = (struct seqbuf){ NULL, 0, 0, 0 };
}

void seqbuf_destroy(struct seqbuf *s)
{
	kfree(s->buf);
	seqbuf_init(s);
}

/* Room for n more bytes and a NUL. */
static bool seqbuf_room(struct seqbuf *s, size_t n)
{
	size_t cap = s->cap ? s->cap : SEQBUF_FIRST;
	char *p;

	if (likely(s->len + n < s->cap))
		return !s->err;
	if (s->err)
		return false;
	while (cap <= s->len + n)
		cap *= 2;
	p = cap <= SEQBUF_MAX ? krealloc(s->buf, cap) : NULL;
	if (!p) {
		s->err = -ENOMEM;
		return false;
	}
	s->buf = p;
	s->cap = cap;
	return true;
}

void seq_printf(struct seqbuf *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!seqbuf_room(s, 64))
		return;
	va_start(ap, fmt);
	n = vsnprintf(s->buf + s->len, s->cap - s->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= s->cap - s->len) {
		if (!seqbuf_room(s, (size_t)n))
			return;
		va_start(ap, fmt);
		vsnprintf(s->buf + s->len, s->cap - s->len, fmt, ap);
		va_end(ap);
	}
	s->len += (size_t)n;
}

void seq_write(struct seqbuf *s, const void *p, size_t n)
{
	if (!seqbuf_room(s, n))
		return;
	memcpy(s->buf + s->len, p, n);
	s->len += n;
}

void seq_puts(struct seqbuf *s, const char *str)
{
	seq_write(s, str, strlen(str));
}

void seq_putc(struct seqbuf *s, char c)
{
	seq_write(s, &c, 1);
}

void seq_escape(struct seqbuf *s, const char *str, const char *esc)
{
	for (; *str; str++) {
		if (strchr(esc, *str))
			seq_printf(s, "\\%03o", (u8)*str);
		else
			seq_putc(s, *str);
	}
}

void seq_pad(struct seqbuf *s, size_t from, size_t col)
{
	while (!s->err && s->len - from < col)
		seq_putc(s, ' ');
}
