// SPDX-License-Identifier: GPL-2.0
/*
 * Text images (kernel/text.h). An image belongs to one version of one inode:
 * when size, modification time or writing mappings have changed and nobody maps
 * it, it is made anew; while somebody does, new mappings get the plain file.
 *
 * The patched copy is a backed mapping that is filled chunk by chunk, as
 * programs run into them: the bytes come from the file's own page cache and
 * host_text_patch() works on them in place, before anybody can see them. Pages
 * come and go like others; a chunk that is read again finds the trampolines
 * that it made the first time. Trampolines stand in a small mapping in RAM, its
 * first page holds only the word that leads to the kernel.
 *
 * Contents that change between two readings, or under our hands, make a program
 * wrong, but not dangerous: what is shown is what was scanned.
 */
#include <abi/elf.h>
#include <abi/errno.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/text.h>
#include <kernel/vfs.h>
#include "internal.h"
#include "mapping.h"

#define TEXT_CHUNK    0x10000ul
#define TEXT_PAGES    (TEXT_CHUNK / PAGE_SIZE)
#define TEXT_UNIT     8u	   /* trampolines are counted in these */
#define TEXT_WHOLE    (4ull << 20) /* filled at once when used often */
#define TEXT_OFTEN    6
#define TEXT_SECTIONS 512u

struct text_chunk {
	u16 lo, hi; /* its trampolines; hi 0: not read yet */
	u16 bad;    /* pages that must not be executed */
};

struct text_image {
	struct mapping copy, tramp;
	struct timespec_k mtime;
	u64 size;
	u64 code_lo, code_hi; /* what is not data in it */
	u32 writers;	      /* of the file's mapping: writers_seen */
	u32 used;	      /* of the trampolines, under copy.lock */
	u32 nmaps;
	bool has_bad;
	struct text_chunk chunk[];
};

/* Making images is rare: one at a time, and against the drop of a stale one. */
static struct mutex text_lock = MUTEX_INIT(text_lock);
static struct text_stats text_total;

static ssize_t text_read_file(struct inode *ino, void *buf, size_t n, u64 pos)
{
	size_t done = 0;

	while (done < n) {
		struct iov_iter it;
		ssize_t r;

		iov_iter_kbuf(&it, (char *)buf + done, n - done);
		r = mapping_read_iter(&ino->mapping, &it, (loff_t)(pos + done));
		if (r < 0)
			return r;
		if (!r)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

/*
 * Chunks meet where each has passed alone. => the pages of this one that do not
 * go with their neighbours
 */
static u32 text_check_edges(struct mapping *m, u8 *p, u64 off, u64 len)
{
	u32 bad = 0;
	bool set;

	if (off) {
		mapping_run(m, off / PAGE_SIZE - 1, 1, &set);
		if (set && host_text_edge(p, p))
			bad |= 1;
	}
	mapping_run(m, (off + len) / PAGE_SIZE, 1, &set);
	if (set && host_text_edge(p + len, p + len))
		bad |= 1u << (len - 1) / PAGE_SIZE;
	return bad;
}

static int text_read_chunk(struct text_image *ti, u64 off, u64 len)
{
	struct mapping *m = &ti->copy;
	struct text_chunk *c = &ti->chunk[off / TEXT_CHUNK];
	u8 *p = host_pool_ptr(m->window + off);
	struct host_text ht = { .text = p,
				.off = off,
				.code_lo = ti->code_lo,
				.code_hi = ti->code_hi,
				.tramp = host_pool_ptr(ti->tramp.window) };
	ssize_t n = text_read_file(m->inode, p, len, off);

	if (n < 0)
		return (int)n;
	ht.len = (u64)n;
	ht.tramp_used = c->hi ? c->lo * TEXT_UNIT : ti->used;
	ht.tramp_limit = c->hi ? c->hi * TEXT_UNIT
			       : HOST_TEXT_TRAMP - TEXT_UNIT;
	host_text_patch(&ht);
	ht.bad |= text_check_edges(m, p, off, len);
	ht.bad <<= off % TEXT_CHUNK / PAGE_SIZE;
	if (ht.bad)
		WRITE_ONCE(ti->has_bad, true);
	c->bad = (u16)ht.bad;
	if (c->hi)
		return 0;
	c->lo = (u16)(ti->used / TEXT_UNIT);
	c->hi = (u16)(ht.tramp_used / TEXT_UNIT);
	ti->used = ht.tramp_used;
	atomic_add(&text_total.chunks, 1);
	atomic_add(&text_total.patched, ht.patched);
	atomic_add(&text_total.left, ht.left);
	for (; ht.bad; ht.bad &= ht.bad - 1)
		atomic_add(&text_total.bad, 1);
	return 0;
}

/* Called for whole chunks only, but for the file's last. */
static int text_read(struct mapping *m, u64 off, u64 len)
{
	struct text_image *ti = container_of(m, struct text_image, copy);
	u64 end = min(off + len, PAGE_UP(ti->size)), n;
	int err = 0;

	for (; !err && off < end; off += n) {
		n = min(TEXT_CHUNK - off % TEXT_CHUNK, end - off);
		err = text_read_chunk(ti, off, n);
	}
	return err;
}

static const struct mapping_ops text_ops = { .read = text_read,
					     .chunk = TEXT_CHUNK };

static bool text_current(const struct text_image *ti, const struct inode *ino)
{
	return ti->size == ino->size && ti->mtime.sec == ino->mtime.sec &&
	       ti->mtime.nsec == ino->mtime.nsec &&
	       ti->writers == READ_ONCE(ino->mapping.writers_seen);
}

static void text_free(struct text_image *ti)
{
	mapping_destroy(&ti->copy);
	mapping_destroy(&ti->tramp);
	kfree(ti);
}

/*
 * Segments may hold data beside code; the section headers tell, where there are
 * any. What they say is only a hint at what can be patched.
 */
static void text_find_code(struct text_image *ti, struct inode *ino)
{
	struct elf64_ehdr eh;
	struct elf64_shdr *sh;
	u64 n;

	ti->code_hi = ~0ull;
	if (text_read_file(ino, &eh, sizeof(eh), 0) != sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) || !eh.e_shnum ||
	    eh.e_shentsize != sizeof(*sh) || eh.e_shnum > TEXT_SECTIONS)
		return;
	n = eh.e_shnum * sizeof(*sh);
	if (eh.e_shoff > ti->size || ti->size - eh.e_shoff < n)
		return;
	sh = kmalloc(n);
	if (sh && text_read_file(ino, sh, n, eh.e_shoff) == (ssize_t)n) {
		ti->code_lo = ~0ull;
		ti->code_hi = 0;
		for (u32 i = 0; i < eh.e_shnum; i++) {
			if (sh[i].sh_type != SHT_PROGBITS ||
			    !(sh[i].sh_flags & SHF_EXECINSTR))
				continue;
			ti->code_lo = min(ti->code_lo, sh[i].sh_offset);
			ti->code_hi = max(ti->code_hi,
					  sh[i].sh_offset + sh[i].sh_size);
		}
	}
	kfree(sh);
}

static struct text_image *text_make(struct inode *ino)
{
	u64 size = READ_ONCE(ino->size);
	u64 n = (size + TEXT_CHUNK - 1) / TEXT_CHUNK;
	struct text_image *ti = kzalloc(sizeof(*ti) + n * sizeof(*ti->chunk));
	int err;

	if (!ti)
		return NULL;
	mapping_init(&ti->tramp, NULL, NULL);
	mapping_init(&ti->copy, ino, &text_ops);
	ti->mtime = ino->mtime;
	ti->size = size;
	ti->writers = READ_ONCE(ino->mapping.writers_seen);
	ti->used = HOST_TEXT_TRAMP_FIRST;
	mutex_lock(&ti->tramp.lock);
	ti->tramp.was_mapped = true;
	err = mapping_reserve_locked(&ti->tramp, HOST_TEXT_TRAMP);
	mutex_unlock(&ti->tramp.lock);
	if (err || mapping_prepare_mmap(&ti->copy, size)) {
		text_free(ti);
		return NULL;
	}
	text_find_code(ti, ino);
	host_text_init(host_pool_ptr(ti->tramp.window));
	return ti;
}

struct text_image *text_image_get(struct file *f, u64 off)
{
	struct inode *ino = f->inode;
	struct text_image *ti = load_acquire(&ino->text);

	/* who writes to it by a mapping wants to see that */
	if (!host_info.scans_text || off >= READ_ONCE(ino->size) ||
	    READ_ONCE(ino->mapping.nr_writable))
		return NULL;
	if (likely(ti && text_current(ti, ino)))
		return ti;
	mutex_lock(&text_lock);
	ti = ino->text;
	if (ti && !text_current(ti, ino)) {
		if (!list_empty(&ti->copy.vmas) ||
		    !list_empty(&ti->tramp.vmas)) {
			mutex_unlock(&text_lock);
			return NULL;
		}
		store_release(&ino->text, NULL);
		text_free(ti);
		ti = NULL;
	}
	if (!ti) {
		ti = text_make(ino);
		store_release(&ino->text, ti);
	}
	mutex_unlock(&text_lock);
	return ti;
}

void text_image_prepare(struct text_image *ti, u64 off, u64 len)
{
	u32 n = READ_ONCE(ti->nmaps);

	/* small text at once, and what is used again and again */
	if (n <= TEXT_OFTEN)
		WRITE_ONCE(ti->nmaps, n + 1);
	if (len <= TEXT_CHUNK || (n == TEXT_OFTEN && len <= TEXT_WHOLE))
		(void)mapping_populate(&ti->copy, off, len);
}

struct mapping *text_image_mapping(struct text_image *ti)
{
	return &ti->copy;
}

struct mapping *text_image_trampolines(struct text_image *ti)
{
	return &ti->tramp;
}

bool text_page_is_bad(const struct mapping *m, u64 pg)
{
	const struct text_image *ti = container_of(m, struct text_image, copy);

	return READ_ONCE(ti->has_bad) &&
	       (ti->chunk[pg / TEXT_PAGES].bad >> pg % TEXT_PAGES & 1);
}

u64 text_run(const struct mapping *m, u64 from, u64 to)
{
	const struct text_image *ti = container_of(m, struct text_image, copy);
	bool bad = text_page_is_bad(m, from);

	if (likely(!READ_ONCE(ti->has_bad)))
		return to;
	for (from++; from < to && text_page_is_bad(m, from) == bad;)
		from++;
	return min(from, to);
}

void text_image_drop(struct inode *ino)
{
	if (ino->text)
		text_free(ino->text);
	ino->text = NULL;
}

void text_get_stats(struct text_stats *st)
{
	*st = text_total;
	exec_add_stats(st);
}
