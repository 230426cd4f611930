/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random operations, with a note of what must survive a crash at which moment.
 *
 * Sixteen files have a model: their content is known, each change and each
 * fsync is noted with the number of disk writes there were before and after.
 * At a crash a file counts whose last note before it is an fsync that had
 * returned. The other names are there to stir up directories, links,
 * attributes and space.
 */
#ifndef TEST_EXT4_CRASH_H
#define TEST_EXT4_CRASH_H

#include "disk.h"

#define CR_FILES 16
#define CR_MAX	 300000u

struct cr_note {
	unsigned begin, end; /* disk->nlog */
	int file, synced;
	unsigned char *copy;
	unsigned size; /* ~0: there is no such file */
};
struct cr_file {
	int there;
	unsigned size;
	unsigned char *data;
};
struct crasher {
	struct disk *d;
	uint64_t seed;
	struct cr_file f[CR_FILES];
	struct cr_note *note;
	unsigned n, room;
	int extents;
};

static unsigned cr_rand(struct crasher *c, unsigned n)
{
	return (unsigned)(disk_rand(&c->seed) % n);
}

static void cr_note(struct crasher *c, int file, unsigned begin, int synced)
{
	struct cr_file *f = &c->f[file];
	struct cr_note *n;

	if (c->n == c->room) {
		c->room = c->room ? c->room * 2 : 256;
		c->note = realloc(c->note, c->room * sizeof(*c->note));
	}
	n = &c->note[c->n++];
	*n = (struct cr_note){ begin, c->d->nlog, file, synced, NULL, ~0u };
	if (synced && f->there) {
		n->size = f->size;
		n->copy = malloc(f->size + 1);
		memcpy(n->copy, f->data, f->size);
	}
}

static void cr_path(int file, char *p)
{
	sprintf(p, "/mnt/w%d/file%d", file % 3, file);
}

static void cr_resize(struct cr_file *f, unsigned size)
{
	if (size > f->size)
		memset(f->data + f->size, 0, size - f->size);
	f->size = size;
}

static void cr_write(struct crasher *c, struct cr_file *f, void *h)
{
	unsigned at = cr_rand(c, 4) ? cr_rand(c, f->size + 1)
				    : cr_rand(c, CR_MAX / 2);
	unsigned n = 1 + cr_rand(c, cr_rand(c, 3) ? 6000 : 120000);
	unsigned char *p = malloc(n);
	long r;

	if (at + n > CR_MAX)
		n = CR_MAX - at;
	for (unsigned i = 0; i < n; i++)
		p[i] = (unsigned char)(1 + (i * 7 + c->n * 31 + at) % 255);
	r = hk_write(h, p, n, at);
	if (r > 0) {
		if (at + r > f->size)
			cr_resize(f, at + (unsigned)r);
		memcpy(f->data + at, p, (size_t)r);
	} else if (r != -ENOSPC) {
		fprintf(stderr, "write: %ld\n", r);
		abort();
	}
	free(p);
}

static void cr_falloc(struct crasher *c, struct cr_file *f, void *h)
{
	unsigned at = cr_rand(c, CR_MAX / 2), n = 1 + cr_rand(c, 60000);
	int mode = cr_rand(c, 4), flags;

	flags = mode == 0 ? 0 : mode == 1 ? 1 : mode == 2 ? 3 : 0x11;
	if (hk_fallocate(h, flags, at, n))
		return;
	if (mode == 0 && at + n > f->size)
		cr_resize(f, at + n);
	for (unsigned i = at; mode >= 2 && i < at + n && i < f->size; i++)
		f->data[i] = 0;
}

static void cr_file_op(struct crasher *c)
{
	int i = (int)cr_rand(c, CR_FILES), err;
	struct cr_file *f = &c->f[i];
	unsigned begin = c->d->nlog;
	char path[64];
	void *h;

	cr_path(i, path);
	if (f->there && !cr_rand(c, 12)) {
		if (!hk_unlink(path)) {
			f->there = 0;
			f->size = 0;
		}
		cr_note(c, i, begin, 0);
		return;
	}
	h = hk_open(path, O_RDWR | O_CREAT, 0644);
	if ((uintptr_t)h > (uintptr_t)-4096) {
		cr_note(c, i, begin, 0);
		return; /* no space */
	}
	f->there = 1;
	switch (cr_rand(c, 10)) {
	case 0:
		err = hk_truncate(path, cr_rand(c, 2) ? cr_rand(c, CR_MAX) : 0);
		if (!err) {
			struct hk_stat st;

			hk_stat(path, &st);
			cr_resize(f, (unsigned)st.size);
		}
		break;
	case 1:
		if (c->extents)
			cr_falloc(c, f, h);
		break;
	default:
		cr_write(c, f, h);
	}
	cr_note(c, i, begin, 0);
	if (!cr_rand(c, 3)) {
		begin = c->d->nlog;
		if (!hk_fsync(h, (int)cr_rand(c, 2)))
			cr_note(c, i, begin, 1);
	}
	hk_close(h);
}

static void cr_name(struct crasher *c, char *p)
{
	static const char *const long_part =
		"a-long-name-that-makes-directories-split-early-because-it-is";

	sprintf(p, "/mnt/n%u/%s%u", cr_rand(c, 3),
		cr_rand(c, 2) ? long_part : "x", cr_rand(c, 150));
}

static void cr_noise(struct crasher *c)
{
	static const char text[900] = { 'v', 'a', 'l' };
	char a[200], b[200];
	void *h;

	cr_name(c, a);
	cr_name(c, b);
	switch (cr_rand(c, 11)) {
	case 0:
	case 1:
	case 2:
		h = hk_open(a, O_RDWR | O_CREAT, 0600);
		if ((uintptr_t)h > (uintptr_t)-4096)
			break;
		if (cr_rand(c, 2))
			hk_write(h, text, sizeof(text), cr_rand(c, 40000));
		hk_close(h);
		break;
	case 3:
		hk_mkdir(a, 0755);
		break;
	case 4:
		hk_rename(a, b, cr_rand(c, 4) ? 0 : 2);
		break;
	case 5:
		hk_link(a, b);
		break;
	case 6:
		hk_symlink(cr_rand(c, 2) ? "short" : b + 0, a);
		break;
	case 7:
	case 8:
		if (hk_unlink(a) == -EISDIR)
			hk_rmdir(a);
		break;
	case 9:
		hk_setxattr(a, cr_rand(c, 2) ? "user.a" : "user.bcd", text,
			    cr_rand(c, 800), 0);
		break;
	case 10:
		hk_removexattr(a, "user.a");
		break;
	}
}

static void cr_sync(struct crasher *c, int tick)
{
	unsigned begin = c->d->nlog;

	if (tick) {
		hk_tick();
		return;
	}
	hk_sync();
	for (int i = 0; i < CR_FILES; i++)
		cr_note(c, i, begin, 1);
}

static void cr_init(struct crasher *c, struct disk *d, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	c->d = d;
	c->seed = seed * 0x9e3779b97f4a7c15ull | 1;
	for (int i = 0; i < CR_FILES; i++)
		c->f[i].data = malloc(CR_MAX + 1);
	for (int i = 0; i < 3; i++) {
		char p[16];

		sprintf(p, "/mnt/w%d", i);
		hk_mkdir(p, 0755);
		p[5] = 'n';
		hk_mkdir(p, 0755);
	}
	hk_sync();
}

static void cr_run(struct crasher *c, int ops)
{
	while (ops--) {
		unsigned what = cr_rand(c, 40);

		if (what == 0)
			cr_sync(c, 0);
		else if (what == 1)
			cr_sync(c, 1);
		else if (what < 24)
			cr_file_op(c);
		else
			cr_noise(c);
	}
}

static void cr_free(struct crasher *c)
{
	for (unsigned i = 0; i < c->n; i++)
		free(c->note[i].copy);
	free(c->note);
	for (int i = 0; i < CR_FILES; i++)
		free(c->f[i].data);
}

/* What file holds now is what it should. => NULL, or what is wrong */
static const char *cr_compare(int file, const unsigned char *want,
			      unsigned size)
{
	static unsigned char got[CR_MAX + 8];
	static char why[200];
	char path[64];
	void *h;
	long r;

	cr_path(file, path);
	h = hk_open(path, O_RDONLY, 0);
	if (size == ~0u) {
		if (h == (void *)(long)-ENOENT)
			return NULL;
		sprintf(why, "%s is there", path);
		return why;
	}
	if ((uintptr_t)h > (uintptr_t)-4096) {
		sprintf(why, "%s: open: %ld", path, (long)h);
		return why;
	}
	r = hk_read(h, got, CR_MAX + 8, 0);
	hk_close(h);
	if (r != (long)size) {
		sprintf(why, "%s: %ld bytes, not %u", path, r, size);
		return why;
	}
	for (unsigned i = 0; i < size; i++)
		if (got[i] != want[i]) {
			sprintf(why, "%s: byte %u of %u is %02x, not %02x",
				path, i, size, got[i], want[i]);
			return why;
		}
	return NULL;
}

/* After a crash at `upto`, mounted. *checked: how many files counted */
static const char *cr_verify(struct crasher *c, unsigned upto, int *checked)
{
	for (int i = 0; i < CR_FILES; i++) {
		const struct cr_note *last = NULL;
		const char *why;

		for (unsigned k = 0; k < c->n; k++)
			if (c->note[k].file == i && c->note[k].begin < upto)
				last = &c->note[k];
		if (!last || !last->synced || last->end > upto)
			continue;
		++*checked;
		why = cr_compare(i, last->copy, last->size);
		if (why)
			return why;
	}
	return NULL;
}

#endif
