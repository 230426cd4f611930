// SPDX-License-Identifier: GPL-2.0
/*
 * What procfs shows of a task's address space, following proc(5).
 *
 * maps, smaps and smaps_rollup are text made from the vmas under mm->lock.
 * cmdline, environ and mem read the task's memory at the position of the read,
 * a page at a time through a kernel buffer, so that no argument list is too
 * long; the address space is found again at each read and belongs to whatever
 * program the task runs then.
 *
 * smaps asks the host which pages have memory (host_mm_resident), which for
 * anonymous memory is what Linux would call Rss; what it calls shared or dirty
 * only the host knows, and all of it is shown as private and dirty.
 */
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include "fs/proc.h"

#define PROC_MAPS_PATH_COL 73u
#define VSYSCALL_PAGE	   0xffffffffff600000ull
#define PROC_RSS_CHUNK	   4096u	/* pages asked for at a time */
#define PROC_RSS_MAX	   (1ull << 18) /* pages of a vma that are looked at */

/* --- maps --- */

static const char *proc_vma_name(const struct vma *v)
{
	if (v->flags & VM_STACK)
		return "[stack]";
	if (v->flags & VM_HEAP)
		return "[heap]";
	return NULL;
}

static void proc_show_vma(struct seqbuf *s, struct vma *v,
			  const struct path *root, char *buf)
{
	const char *name = proc_vma_name(v);
	struct kstat st = { 0 };
	size_t from = s->len;

	if (v->file)
		inode_fill_stat(v->file->inode, &st);
	seq_printf(s, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ",
		   (unsigned long long)v->start, (unsigned long long)v->end,
		   v->flags & VM_READ ? 'r' : '-',
		   v->flags & VM_WRITE ? 'w' : '-',
		   v->flags & VM_EXEC ? 'x' : '-',
		   v->flags & VM_SHARED ? 's' : 'p',
		   (unsigned long long)(v->file ? v->pgoff << PAGE_SHIFT : 0),
		   MAJOR(st.dev), MINOR(st.dev), (unsigned long long)st.ino);
	if (v->file) {
		char *p = path_string(&v->file->path, root, buf, PATH_MAX);

		seq_pad(s, from, PROC_MAPS_PATH_COL);
		seq_escape(s, IS_ERR(p) ? "?" : p, "\n");
	} else if (name) {
		seq_pad(s, from, PROC_MAPS_PATH_COL);
		seq_puts(s, name);
	}
	seq_putc(s, '\n');
}

/* Calls fn for each vma under mm->lock. */
struct proc_walk {
	struct seqbuf *s;
	struct path root;
	char *buf; /* PATH_MAX bytes */
	u8 *resident;
	u64 rss_kb, size_kb;
	bool first;
	u64 lo, hi;
};

static int proc_walk_vmas(struct seqbuf *s, const struct seqtree_node *n,
			  struct proc_walk *w,
			  void (*fn)(struct proc_walk *w, struct vma *v))
{
	struct mm *mm = proc_mm(n);
	struct vma *v;

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (!mm)
		return 0;
	memset(w, 0, sizeof(*w));
	w->s = s;
	w->buf = kmalloc(PATH_MAX + PROC_RSS_CHUNK);
	if (!w->buf) {
		mm_put(mm);
		return -ENOMEM;
	}
	w->resident = (u8 *)w->buf + PATH_MAX;
	fs_get_root(&w->root);
	mutex_lock(&mm->lock);
	vma_for_each (v, mm) {
		if (v->flags & VM_HIDDEN)
			continue;
		fn(w, v);
		if (s->err)
			break;
	}
	mutex_unlock(&mm->lock);
	path_put(&w->root);
	kfree(w->buf);
	mm_put(mm);
	return 0;
}

/* What every program has and no vma stands for. */
static void proc_maps_special(struct seqbuf *s, u64 start, u64 len,
			      const char *mode, const char *name)
{
	size_t from = s->len;

	seq_printf(s, "%08llx-%08llx %s 00000000 00:00 0 ",
		   (unsigned long long)start, (unsigned long long)(start + len),
		   mode);
	seq_pad(s, from, PROC_MAPS_PATH_COL);
	seq_printf(s, "%s\n", name);
}

static void proc_maps_vdso(struct proc_walk *w)
{
	if (!w->lo && host_info.vdso)
		proc_maps_special(w->s, host_info.vdso, host_info.vdso_len,
				  "r-xp", "[vdso]");
	w->lo = 1;
}

static void proc_maps_vma(struct proc_walk *w, struct vma *v)
{
	if (v->start >= host_info.vdso)
		proc_maps_vdso(w);
	proc_show_vma(w->s, v, &w->root, w->buf);
}

int proc_show_maps(struct seqbuf *s, const struct seqtree_node *n)
{
	struct proc_walk w;
	int err;

	w.s = NULL;
	err = proc_walk_vmas(s, n, &w, proc_maps_vma);
	if (err || !w.s)
		return err;
	proc_maps_vdso(&w);
	if (host_info.vsyscall)
		proc_maps_special(s, VSYSCALL_PAGE, PAGE_SIZE, "--xp",
				  "[vsyscall]");
	return 0;
}

/* --- smaps --- */

/* Resident KiB of a vma, as far as the host tells. Caller holds mm->lock. */
static u64 proc_vma_rss_kb(struct proc_walk *w, struct vma *v)
{
	u64 pages = min((v->end - v->start) >> PAGE_SHIFT, PROC_RSS_MAX);
	u64 at, i, sum = 0;

	/* bookkeeping only, perhaps over the kernel's range */
	if (!(v->flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return 0;
	for (at = 0; at < pages; at += PROC_RSS_CHUNK) {
		u64 nr = min(pages - at, (u64)PROC_RSS_CHUNK);

		if (host_mm_resident(v->mm, v->start + (at << PAGE_SHIFT),
				     nr << PAGE_SHIFT, w->resident))
			break;
		for (i = 0; i < nr; i++)
			sum += w->resident[i] & 1;
	}
	return sum << 2;
}

static void proc_kb(struct seqbuf *s, const char *name, u64 kb)
{
	char label[32];

	snprintf(label, sizeof(label), "%s:", name);
	seq_printf(s, "%-16s%8llu kB\n", label, (unsigned long long)kb);
}

static void proc_smaps_figures(struct seqbuf *s, u64 rss, bool anon)
{
	static const char *const zero[] = {
		"LazyFree",	 "AnonHugePages",  "ShmemPmdMapped",
		"FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb",
		"Swap",		 "SwapPss",	   "Locked",
	};
	u32 i;

	proc_kb(s, "Rss", rss);
	proc_kb(s, "Pss", rss);
	proc_kb(s, "Pss_Dirty", anon ? rss : 0);
	proc_kb(s, "Shared_Clean", 0);
	proc_kb(s, "Shared_Dirty", 0);
	proc_kb(s, "Private_Clean", anon ? 0 : rss);
	proc_kb(s, "Private_Dirty", anon ? rss : 0);
	proc_kb(s, "Referenced", rss);
	proc_kb(s, "Anonymous", anon ? rss : 0);
	proc_kb(s, "KSM", 0);
	for (i = 0; i < ARRAY_SIZE(zero); i++)
		proc_kb(s, zero[i], 0);
}

static void proc_smaps_flags(struct seqbuf *s, u32 f)
{
	static const struct {
		u32 bit;
		const char *name;
	} names[] = {
		{ VM_READ, "rd" },	 { VM_WRITE, "wr" },
		{ VM_EXEC, "ex" },	 { VM_SHARED, "sh" },
		{ VM_MAYREAD, "mr" },	 { VM_MAYWRITE, "mw" },
		{ VM_MAYEXEC, "me" },	 { VM_GROWSDOWN, "gd" },
		{ VM_LOCKED, "lo" },	 { VM_DONTFORK, "dc" },
		{ VM_DONTDUMP, "dd" },	 { VM_NORESERVE, "nr" },
		{ VM_WIPEONFORK, "wf" },
	};
	u32 i;

	seq_puts(s, "VmFlags:");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (f & names[i].bit)
			seq_printf(s, " %s", names[i].name);
	seq_puts(s, " \n");
}

static void proc_smaps_vma(struct proc_walk *w, struct vma *v)
{
	proc_show_vma(w->s, v, &w->root, w->buf);
	proc_kb(w->s, "Size", (v->end - v->start) >> 10);
	proc_kb(w->s, "KernelPageSize", 4);
	proc_kb(w->s, "MMUPageSize", 4);
	proc_smaps_figures(w->s, proc_vma_rss_kb(w, v), !v->file);
	seq_puts(w->s, "THPeligible:           0\n");
	proc_smaps_flags(w->s, v->flags);
}

int proc_show_smaps(struct seqbuf *s, const struct seqtree_node *n)
{
	struct proc_walk w;

	return proc_walk_vmas(s, n, &w, proc_smaps_vma);
}

static void proc_rollup_vma(struct proc_walk *w, struct vma *v)
{
	if (!w->first)
		w->lo = v->start;
	w->first = true;
	w->hi = v->end;
	w->rss_kb += proc_vma_rss_kb(w, v);
}

int proc_show_smaps_rollup(struct seqbuf *s, const struct seqtree_node *n)
{
	struct proc_walk w;
	size_t from;
	int err;

	w.lo = w.hi = w.rss_kb = 0;
	err = proc_walk_vmas(s, n, &w, proc_rollup_vma);
	if (err)
		return err;
	from = s->len;
	seq_printf(s, "%08llx-%08llx ---p 00000000 00:00 0 ",
		   (unsigned long long)w.lo, (unsigned long long)w.hi);
	seq_pad(s, from, PROC_MAPS_PATH_COL);
	seq_puts(s, "[rollup]\n");
	proc_smaps_figures(s, w.rss_kb, true);
	return 0;
}

/* --- Memory itself --- */

/* Copy [addr, addr+n) of mm out. => bytes; short where nothing is mapped. */
static ssize_t proc_copy_mem(struct mm *mm, u64 addr, u64 n,
			     struct iov_iter *it)
{
	char *page = kmalloc(PAGE_SIZE);
	ssize_t done = 0;

	if (!page)
		return -ENOMEM;
	n = min(n, (u64)it->count);
	while (n) {
		size_t chunk =
			min_t(size_t, n, PAGE_SIZE - (addr & (PAGE_SIZE - 1)));
		ssize_t got = mm_read_remote(mm, addr, page, chunk);
		size_t out;

		if (got <= 0)
			break;
		out = copy_to_iter(it, page, (size_t)got);
		done += (ssize_t)out;
		if (out < chunk) {
			if (!done)
				done = -EFAULT;
			break;
		}
		addr += chunk;
		n -= chunk;
	}
	kfree(page);
	return done;
}

/* [start, end) of the node's memory from *pos on. */
static ssize_t proc_read_range(struct mm *mm, u64 start, u64 end,
			       struct iov_iter *it, loff_t *pos)
{
	ssize_t ret = 0;

	if (start < end && *pos >= 0 && (u64)*pos < end - start)
		ret = proc_copy_mem(mm, start + (u64)*pos,
				    end - start - (u64)*pos, it);
	if (ret > 0)
		*pos += ret;
	return ret;
}

/*
 * A program that overwrote the NUL at the end of its arguments (setproctitle)
 * shows one string, which may run on into the environment.
 */
static u64 proc_title_end(struct mm *mm)
{
	u64 at = mm->arg_end;
	char c = 0;

	if (mm_read_remote(mm, mm->arg_end - 1, &c, 1) != 1 || !c)
		return mm->arg_end;
	while (at < mm->env_end && at - mm->arg_end < PAGE_SIZE &&
	       mm_read_remote(mm, at, &c, 1) == 1 && c)
		at++;
	return at;
}

/* Anybody may read it: ps(1). */
static ssize_t proc_cmdline_read(struct file *f, struct iov_iter *it,
				 loff_t *pos)
{
	struct task *t = proc_task(seqtree_node_of(f->inode));
	struct mm *mm;
	ssize_t ret = 0;

	if (!t)
		return -ESRCH;
	mm = task_get_mm(t);
	task_put(t);
	if (!mm)
		return 0;
	if (mm->arg_start < mm->arg_end)
		ret = proc_read_range(mm, mm->arg_start, proc_title_end(mm), it,
				      pos);
	mm_put(mm);
	return ret;
}

static int proc_private_open(struct inode *ino, struct file *f)
{
	struct mm *mm = proc_mm(seqtree_node_of(ino));

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	if (mm)
		mm_put(mm);
	return 0;
}

static ssize_t proc_environ_read(struct file *f, struct iov_iter *it,
				 loff_t *pos)
{
	struct mm *mm = proc_mm(seqtree_node_of(f->inode));
	ssize_t ret;

	if (!mm || IS_ERR(mm))
		return mm ? PTR_ERR(mm) : 0;
	ret = proc_read_range(mm, mm->env_start, mm->env_end, it, pos);
	mm_put(mm);
	return ret;
}

static ssize_t proc_auxv_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct mm *mm = proc_mm(seqtree_node_of(f->inode));
	ssize_t ret = 0;

	if (!mm || IS_ERR(mm))
		return mm ? PTR_ERR(mm) : 0;
	if (*pos >= 0 && (u64)*pos < mm->auxv_len) {
		size_t n = min(it->count, mm->auxv_len - (size_t)*pos);

		ret = (ssize_t)copy_to_iter(it, (char *)mm->auxv + *pos, n);
		*pos += ret;
		if (!ret && n)
			ret = -EFAULT;
	}
	mm_put(mm);
	return ret;
}

static ssize_t proc_mem_read(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct mm *mm = proc_mm(seqtree_node_of(f->inode));
	ssize_t ret;

	if (!mm || IS_ERR(mm))
		return mm ? PTR_ERR(mm) : 0;
	ret = it->count ? proc_copy_mem(mm, (u64)*pos, it->count, it) : 0;
	if (!ret && it->count)
		ret = -EIO;
	if (ret > 0)
		*pos += ret;
	mm_put(mm);
	return ret;
}

static ssize_t proc_mem_write(struct file *f, struct iov_iter *it, loff_t *pos)
{
	struct mm *mm = proc_mm(seqtree_node_of(f->inode));
	char *page = kmalloc(PAGE_SIZE);
	ssize_t ret = page ? 0 : -ENOMEM;

	if (!mm || IS_ERR(mm)) {
		kfree(page);
		return mm ? PTR_ERR(mm) : 0;
	}
	while (page && it->count) {
		size_t chunk = min_t(size_t, it->count,
				     PAGE_SIZE - ((u64)*pos & (PAGE_SIZE - 1)));
		ssize_t n;

		if (copy_from_iter(it, page, chunk) != chunk) {
			ret = ret ? ret : -EFAULT;
			break;
		}
		n = mm_write_remote(mm, (u64)*pos, page, chunk, true);
		if (n <= 0) {
			ret = ret ? ret : -EIO;
			break;
		}
		ret += n;
		*pos += n;
		if ((size_t)n < chunk)
			break;
	}
	kfree(page);
	mm_put(mm);
	return ret;
}

/* Addresses above 2^63 are seen as negative positions: none is mapped there. */
const struct file_ops proc_cmdline_fops = {
	.read = proc_cmdline_read,
	.llseek = seqtree_llseek,
	.mmap = seqtree_no_mmap,
};
const struct file_ops proc_environ_fops = {
	.open = proc_private_open,
	.read = proc_environ_read,
	.llseek = seqtree_llseek,
	.mmap = seqtree_no_mmap,
};
const struct file_ops proc_auxv_fops = {
	.open = proc_private_open,
	.read = proc_auxv_read,
	.llseek = seqtree_llseek,
	.mmap = seqtree_no_mmap,
};
const struct file_ops proc_mem_fops = {
	.open = proc_private_open,
	.read = proc_mem_read,
	.write = proc_mem_write,
	.llseek = seqtree_llseek,
	.mmap = seqtree_no_mmap,
};
