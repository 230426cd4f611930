// SPDX-License-Identifier: GPL-2.0
/*
 * Text images (kernel/text.h). An image belongs to one version of one inode:
 * when size or modification time have changed and nobody maps it, it is made
 * anew; while somebody does, new mappings get the plain file.
 *
 * The patched copy is a backed mapping whose read copies from the file's own
 * page cache and then writes the sites over it, so that pages come and go like
 * others. The trampolines are a small mapping in RAM.
 */
#include <abi/errno.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/text.h>
#include <kernel/vfs.h>

#define TEXT_MAX       (8ull << 20) /* longer text is mapped as it is */
#define TEXT_SITES_MAX 4096

struct text_image {
	struct mapping copy, tramp;
	struct timespec_k mtime;
	u64 size;
	int nsites;
	bool empty; /* no sites: the file itself will do */
	struct host_text_site sites[];
};

/* Making images is rare: one at a time, and against the drop of a stale one. */
static struct mutex text_lock = MUTEX_INIT(text_lock);

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

static void text_apply(const struct text_image *ti, u8 *page, u64 off, u64 len)
{
	int i, j;

	for (i = 0; i < ti->nsites; i++) {
		const struct host_text_site *s = &ti->sites[i];

		if (s->off + s->len <= off || s->off >= off + len)
			continue;
		for (j = 0; j < s->len; j++)
			if (s->off + (u64)j - off < len)
				page[s->off + (u64)j - off] = s->bytes[j];
	}
}

static int text_read(struct mapping *m, u64 off, u64 len)
{
	struct text_image *ti = container_of(m, struct text_image, copy);
	u8 *p = host_pool_ptr(m->window + off);
	ssize_t n = text_read_file(m->inode, p, len, off);

	if (n < 0)
		return (int)n;
	text_apply(ti, p, off, len);
	return 0;
}

static const struct mapping_ops text_ops = { .read = text_read };

static bool text_current(const struct text_image *ti, const struct inode *ino)
{
	return ti->size == ino->size && ti->mtime.sec == ino->mtime.sec &&
	       ti->mtime.nsec == ino->mtime.nsec;
}

/* What was written of a fresh trampoline area, in whole pages. */
static size_t text_used(const u8 *tramp)
{
	size_t n = HOST_TEXT_TRAMP;

	while (n && !tramp[n - 1])
		n--;
	return PAGE_UP(n);
}

static struct text_image *text_make(struct inode *ino, u64 off, u64 len)
{
	struct host_text_site *sites;
	struct text_image *ti = NULL;
	u8 *text = kmalloc(len), *tramp = kzalloc(HOST_TEXT_TRAMP);
	size_t bytes;
	int n = 0;

	sites = kmalloc(TEXT_SITES_MAX * sizeof(*sites));
	if (!text || !tramp || !sites ||
	    text_read_file(ino, text, len, off) != (ssize_t)len)
		goto out;
	n = host_text_patch(text, off, len, tramp, sites, TEXT_SITES_MAX);
	bytes = (size_t)n * sizeof(*sites);
	ti = kzalloc(sizeof(*ti) + bytes);
	if (!ti)
		goto out;
	mapping_init(&ti->tramp, NULL, NULL);
	mapping_init(&ti->copy, ino, &text_ops);
	ti->nsites = n;
	ti->mtime = ino->mtime;
	ti->size = ino->size;
	memcpy(ti->sites, sites, bytes);
	ti->empty = !n || mapping_prepare_mmap(&ti->tramp, HOST_TEXT_TRAMP) ||
		    mapping_prepare_mmap(&ti->copy, ino->size);
	if (!ti->empty)
		memcpy(host_pool_ptr(ti->tramp.window), tramp,
		       text_used(tramp));
out:
	kfree(sites);
	kfree(tramp);
	kfree(text);
	return ti;
}

static void text_free(struct text_image *ti)
{
	mapping_destroy(&ti->copy);
	mapping_destroy(&ti->tramp);
	kfree(ti);
}

struct text_image *text_image_get(struct file *f, u64 off, u64 len)
{
	struct inode *ino = f->inode;
	struct text_image *ti = load_acquire(&ino->text);
	u64 size = READ_ONCE(ino->size);

	if (unlikely(!ti || !text_current(ti, ino))) {
		if (off >= size || READ_ONCE(ino->mapping.nr_writable))
			return NULL;
		len = min(len, size - off);
		if (len > TEXT_MAX || len < 64)
			return NULL;
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
			ti = text_make(ino, off, len);
			store_release(&ino->text, ti);
		}
		mutex_unlock(&text_lock);
	}
	return ti && !ti->empty ? ti : NULL;
}

struct mapping *text_image_mapping(struct text_image *ti)
{
	return &ti->copy;
}

struct mapping *text_image_trampolines(struct text_image *ti)
{
	return &ti->tramp;
}

void text_image_drop(struct inode *ino)
{
	if (ino->text)
		text_free(ino->text);
	ino->text = NULL;
}
