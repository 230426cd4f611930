// SPDX-License-Identifier: GPL-2.0
/*
 * More of a task's address space, following proc(5): pagemap (a word for each
 * page), map_files (a link for each mapped file), numa_maps and clear_refs.
 *
 * pagemap tells which pages have memory, as far as the host tells, and never
 * where: frame numbers are zero, as they are on Linux for those without
 * CAP_SYS_ADMIN. Soft-dirty bits are not kept, and neither are referenced ones:
 * what is written to clear_refs is checked and changes nothing.
 *
 * A node of map_files carries the address at which its area begins; areas are
 * looked up anew each time.
 */
#include <abi/capability.h>
#include <kernel/mempolicy.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "fs/proc.h"

#define PM_PRESENT   (1ull << 63)
#define PM_FILE	     (1ull << 61)
#define PM_EXCLUSIVE (1ull << 56)
#define PAGEMAP_STEP 256u	  /* pages at a time */
#define PAGEMAP_TOP  (1ull << 35) /* pages of an address space */

/* --- pagemap --- */

struct pagemap_buf {
	u8 resident[PAGEMAP_STEP];
	u64 word[PAGEMAP_STEP];
};

/* Words for nr pages from addr on. => Caller holds mm->lock. */
static void pagemap_fill(struct mm *mm, u64 addr, u64 nr, struct pagemap_buf *b)
{
	u64 end = addr + (nr << PAGE_SHIFT), from = addr;
	struct vma *v;

	memset(b->word, 0, sizeof(b->word));
	for (v = vma_find(mm, addr); v && v->start < end; v = vma_next(v)) {
		u64 lo = max(v->start, from), hi = min(v->end, end), n, i;
		u64 *w = b->word + ((lo - from) >> PAGE_SHIFT);

		if (v->flags & VM_HIDDEN ||
		    !(v->flags & (VM_READ | VM_WRITE | VM_EXEC)))
			continue;
		n = (hi - lo) >> PAGE_SHIFT;
		if (host_mm_resident(mm, lo, n << PAGE_SHIFT, b->resident))
			continue;
		for (i = 0; i < n; i++)
			if (b->resident[i] & 1)
				w[i] = PM_PRESENT |
				       (v->mapping ? PM_FILE : PM_EXCLUSIVE);
	}
}

static ssize_t proc_pagemap_read(struct file *f, struct iov_iter *it,
				 loff_t *pos)
{
	struct pagemap_buf *b;
	ssize_t done = 0;
	struct mm *mm;

	if ((*pos | (loff_t)it->count) & 7)
		return -EINVAL;
	mm = proc_mm(seqtree_node_of(f->inode));
	if (!mm || IS_ERR(mm))
		return mm ? PTR_ERR(mm) : 0;
	b = kmalloc(sizeof(*b));
	if (!b)
		done = -ENOMEM;
	while (b && it->count && (u64)*pos / 8 < PAGEMAP_TOP) {
		u64 page = (u64)*pos / 8;
		u64 nr = min(it->count / 8, PAGEMAP_TOP - page);
		size_t n;

		nr = min(nr, (u64)PAGEMAP_STEP);
		mutex_lock(&mm->lock);
		pagemap_fill(mm, page << PAGE_SHIFT, nr, b);
		mutex_unlock(&mm->lock);
		n = copy_to_iter(it, b->word, nr * 8);
		done += (ssize_t)n;
		*pos += (loff_t)n;
		if (n < nr * 8) {
			done = done ? done : -EFAULT;
			break;
		}
	}
	kfree(b);
	mm_put(mm);
	return done;
}

static int proc_pagemap_open(struct inode *ino, struct file *f)
{
	struct mm *mm = proc_mm(seqtree_node_of(ino));

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (mm)
		mm_put(mm);
	return 0;
}

const struct file_ops proc_pagemap_fops = {
	.open = proc_pagemap_open,
	.read = proc_pagemap_read,
	.llseek = seqtree_llseek,
	.mmap = seqtree_no_mmap,
};

/* 1 to 5: referenced bits, of all, private or file pages; soft-dirty; peak. */
int proc_write_clear_refs(const struct seqtree_node *n, char *buf, size_t len)
{
	struct mm *mm;
	s64 v;

	if (proc_parse_s64(buf, &v) || v < 1 || v > 5)
		return -EINVAL;
	mm = proc_mm(n);
	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (!mm)
		return 0;
	if (v == 5) {
		mutex_lock(&mm->lock);
		mm->max_rss_kb = 0;
		mm->rss_at = 0;
		mutex_unlock(&mm->lock);
	}
	mm_put(mm);
	return 0;
}

/* --- map_files --- */

struct map_files_item {
	u64 start, end;
	u32 flags;
};

static struct map_files_item *map_files_collect(struct mm *mm, u32 from,
						u32 *nr)
{
	struct map_files_item *l;
	struct vma *v;
	u32 i = 0;

	*nr = 0;
	mutex_lock(&mm->lock);
	l = kmalloc((mm->map_count + 1) * sizeof(*l));
	if (l)
		vma_for_each (v, mm) {
			if (!v->file || (v->flags & VM_HIDDEN) || i++ < from)
				continue;
			l[(*nr)++] = (struct map_files_item){ v->start, v->end,
							      v->flags };
		}
	mutex_unlock(&mm->lock);
	return l;
}

static int map_files_get_path(const struct seqtree_node *n, struct path *out)
{
	int err = -ENOENT;
	struct vma *v;
	struct mm *mm;

	if (!capable(CAP_SYS_ADMIN) && !capable(CAP_CHECKPOINT_RESTORE))
		return -EPERM;
	mm = proc_mm(n);
	if (!mm || IS_ERR(mm))
		return mm ? (int)PTR_ERR(mm) : -ENOENT;
	mutex_lock(&mm->lock);
	v = vma_find(mm, n->at);
	if (v && v->start == n->at && v->file) {
		*out = v->file->path;
		path_get(out);
		err = 0;
	}
	mutex_unlock(&mm->lock);
	mm_put(mm);
	return err;
}

/* By what the area allows to read and to write. */
static const struct seqtree_entry map_files_entries[4] = {
	{ .mode = S_IFLNK | 0000, .get_path = map_files_get_path },
	{ .mode = S_IFLNK | 0400, .get_path = map_files_get_path },
	{ .mode = S_IFLNK | 0200, .get_path = map_files_get_path },
	{ .mode = S_IFLNK | 0600, .get_path = map_files_get_path },
};

/* Lower-case hexadecimal without zeros in front, up to `stop`. */
static const char *map_files_hex(const char *s, const char *end, char stop,
				 u64 *out)
{
	const char *from = s;
	u64 v = 0;

	for (; s < end && *s != stop; s++) {
		u32 d = *s >= '0' && *s <= '9'	 ? (u32)(*s - '0')
			: *s >= 'a' && *s <= 'f' ? (u32)(*s - 'a') + 10
						 : 16u;

		if (d == 16 || s - from >= 16)
			return NULL;
		v = v << 4 | d;
	}
	if (s == from || (*from == '0' && s != from + 1))
		return NULL;
	*out = v;
	return s;
}

static int map_files_lookup(const struct seqtree_node *dir, const char *name,
			    u32 len, struct seqtree_node *out)
{
	const char *p, *stop = name + len;
	int err = -ENOENT;
	u64 start, end;
	struct vma *v;
	struct mm *mm;

	p = map_files_hex(name, stop, '-', &start);
	if (!p || p == stop)
		return -ENOENT;
	p = map_files_hex(p + 1, stop, 0, &end);
	if (p != stop)
		return -ENOENT;
	mm = proc_mm(dir);
	if (!mm || IS_ERR(mm))
		return mm && PTR_ERR(mm) != -ESRCH ? (int)PTR_ERR(mm) : -ENOENT;
	mutex_lock(&mm->lock);
	v = vma_find(mm, start);
	if (v && v->start == start && v->end == end && v->file &&
	    !(v->flags & VM_HIDDEN)) {
		out->e = &map_files_entries[v->flags & (VM_READ | VM_WRITE)];
		out->at = start;
		out->sub = 1;
		err = 0;
	}
	mutex_unlock(&mm->lock);
	mm_put(mm);
	return err;
}

static int map_files_iterate(const struct seqtree_node *dir,
			     struct dir_context *ctx)
{
	u32 from = (u32)(ctx->pos - SEQTREE_DYN), nr, i;
	struct mm *mm = proc_mm(dir);
	struct seqtree_node n = *dir;
	struct map_files_item *l;

	if (!mm || IS_ERR(mm))
		return mm ? (int)PTR_ERR(mm) : 0;
	l = map_files_collect(mm, from, &nr);
	mm_put(mm);
	if (!l)
		return -ENOMEM;
	n.sub = 1;
	for (i = 0; i < nr; i++) {
		char name[40];

		n.e = &map_files_entries[l[i].flags & (VM_READ | VM_WRITE)];
		n.at = l[i].start;
		snprintf(name, sizeof(name), "%llx-%llx",
			 (unsigned long long)l[i].start,
			 (unsigned long long)l[i].end);
		if (!seqtree_emit(ctx, name, &n, from + i))
			break;
	}
	kfree(l);
	return 0;
}

const struct seqtree_dir proc_map_files_dir = {
	.lookup = map_files_lookup,
	.iterate = map_files_iterate,
};

/* --- numa_maps --- */

/* Pages of an area that have memory, at most those of the first gigabyte. */
static u64 numa_pages(struct vma *v, u8 *buf, size_t size)
{
	u64 pages = min((v->end - v->start) >> PAGE_SHIFT, 1ull << 18), at, i;
	u64 sum = 0;

	if (!(v->flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return 0;
	for (at = 0; at < pages; at += size) {
		u64 nr = min(pages - at, (u64)size);

		if (host_mm_resident(v->mm, v->start + (at << PAGE_SHIFT),
				     nr << PAGE_SHIFT, buf))
			break;
		for (i = 0; i < nr; i++)
			sum += buf[i] & 1;
	}
	return sum;
}

int proc_show_numa_maps(struct seqbuf *s, const struct seqtree_node *n)
{
	struct mm *mm = proc_mm(n);
	struct path root;
	struct vma *v;
	char *buf;

	if (!mm || IS_ERR(mm))
		return mm ? (int)PTR_ERR(mm) : 0;
	buf = kmalloc(PATH_MAX);
	if (!buf) {
		mm_put(mm);
		return -ENOMEM;
	}
	fs_get_root(&root);
	mutex_lock(&mm->lock);
	vma_for_each (v, mm) {
		char policy[MEMPOLICY_TEXT];
		u64 pages;

		if (v->flags & VM_HIDDEN)
			continue;
		pages = numa_pages(v, (u8 *)buf, PATH_MAX);
		mempolicy_text(vma_mempolicy(v->flags), policy);
		seq_printf(s, "%08llx %s", (unsigned long long)v->start,
			   policy);
		if (v->file) {
			char *p = path_string(&v->file->path, &root, buf,
					      PATH_MAX);

			seq_puts(s, " file=");
			seq_escape(s, IS_ERR(p) ? "?" : p, "\n\t= ");
		} else if (v->flags & (VM_HEAP | VM_STACK)) {
			seq_puts(s, v->flags & VM_HEAP ? " heap" : " stack");
		}
		if (pages && v->file)
			seq_printf(s, " mapped=%llu",
				   (unsigned long long)pages);
		else if (pages)
			seq_printf(s, " anon=%llu dirty=%llu active=0",
				   (unsigned long long)pages,
				   (unsigned long long)pages);
		if (pages)
			seq_printf(s, " N0=%llu kernelpagesize_kB=4",
				   (unsigned long long)pages);
		seq_putc(s, '\n');
	}
	mutex_unlock(&mm->lock);
	path_put(&root);
	kfree(buf);
	mm_put(mm);
	return 0;
}
