// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel half of the mm unit test: the files of kernel/mm with everything
 * around them faked. The fake host is an array of pages that remembers what was
 * mapped where and, by a token, whether the guest's private bytes are still
 * there. Fake files have windows at fixed pool offsets and a residency bitmap.
 */
#define FAKEHOST
#include "../../../kernel/mm/vma.c"
#include "../../../kernel/mm/reach.c"
#include "../../../kernel/mm/hostmap.c"
#include "../../../kernel/mm/mm.c"
#include "../../../kernel/mm/mmap.c"
#include "../../../kernel/mm/mprotect.c"
#include "../../../kernel/mm/mremap.c"
#include "../../../kernel/mm/fault.c"
#include "../../../kernel/mm/execmem.c"
#include "fake.h"

struct host_info host_info; /* no vDSO here */

#define FAKE_WINDOW (64u << PAGE_SHIFT)

struct task *fakehost_current;
u32 debug_mask;
static struct process fake_proc;
static struct task fake_task;
static struct mm *fake_mm;
static struct fake_page fake_pages[FAKE_PAGES];
static struct inode fake_inode[FAKE_FILES];
static struct file fake_file[FAKE_FILES];
static u64 fake_resident[FAKE_FILES];
static int fake_objects;

/* --- Around the kernel --- */

struct text_image *text_image_get(struct file *f, u64 off)
{
	return NULL;
}
void text_image_prepare(struct text_image *ti, u64 off, u64 len)
{
}
bool text_page_is_bad(const struct mapping *m, u64 pg)
{
	return false;
}
u64 text_run(const struct mapping *m, u64 from, u64 to)
{
	return to;
}
/* The fake host does not want to see text (host_info.scans_text). */
size_t host_text_scan(const u8 *p, size_t n)
{
	return n;
}
bool host_text_edge(const u8 *a_end, const u8 *b)
{
	return false;
}
bool host_text_defuse(u8 *p, size_t n, size_t at)
{
	return false;
}
u64 host_text_gate(bool slow)
{
	return 0;
}
u64 mapping_run(struct mapping *m, u64 pg, u64 max, bool *set)
{
	*set = true;
	return max;
}
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos)
{
	return -EIO;
}
struct mapping *text_image_mapping(struct text_image *ti)
{
	return NULL;
}
struct mapping *text_image_trampolines(struct text_image *ti)
{
	return NULL;
}
void *kmalloc(size_t n)
{
	fake_objects++;
	return fake_malloc(n);
}
void *kzalloc(size_t n)
{
	return memset(kmalloc(n), 0, n);
}
void kfree(const void *p)
{
	if (p)
		fake_objects--;
	fake_free((void *)p);
}
void mutex_init(struct mutex *m)
{
	m->state = 0;
}
void mutex_lock_slow(struct mutex *m)
{
	fake_die("a mutex is taken twice");
}
void mutex_unlock_slow(struct mutex *m)
{
	fake_die("a mutex has waiters");
}
void printk(const char *fmt, ...)
{
	fake_die(fmt);
}
u64 rlimit(int res)
{
	return RLIM_INFINITY;
}
bool capable(int cap)
{
	return true;
}
u64 mm_total_kb(void)
{
	return 0;
}
void host_random(void *buf, size_t n)
{
	memset(buf, 7, n);
}
void host_yield(void)
{
	fake_die("host_yield");
}
void force_signal(int sig, int code, u64 addr)
{
}
void file_put(struct file *f)
{
	if (ref_put(&f->refs))
		fake_die("a file's last reference");
}
void file_get(struct file *f)
{
	ref_get(&f->refs);
}
struct file *shmem_file_create(const char *name, u64 size, int flags)
{
	file_get(&fake_file[0]);
	return &fake_file[0];
}
long shmem_get_seals(struct file *f)
{
	return -EINVAL;
}
int mm_populate(struct mm *mm, u64 start, u64 end)
{
	return 0;
}

/* --- Files --- */

static int fake_read(struct mapping *m, u64 off, u64 len)
{
	return 0;
}
static const struct mapping_ops fake_backed = { .read = fake_read };

static int fake_no(const struct mapping *m)
{
	int i;

	for (i = 0; &fake_inode[i].mapping != m; i++)
		;
	return i;
}
int mapping_prepare_mmap(struct mapping *m, u64 size)
{
	return size > m->window_len ? -EFBIG : 0;
}
int mapping_populate(struct mapping *m, u64 off, u64 len)
{
	u64 i;

	for (i = off >> PAGE_SHIFT; i < PAGE_UP(off + len) >> PAGE_SHIFT; i++)
		if (i < mapping_file_pages(m))
			fake_resident[fake_no(m)] |= 1ull << i;
	return 0;
}
u64 mapping_resident_run(struct mapping *m, u64 pgoff, u64 max)
{
	u64 n = 0;

	if (!m->ops)
		return max;
	while (n < max && fake_resident[fake_no(m)] >> (pgoff + n) & 1)
		n++;
	return n;
}

/* --- The host --- */

static void fake_range(u64 addr, u64 len, int *from, int *to)
{
	if (addr < FAKE_BASE)
		fake_die("host call below the test's range");
	if (len & ~PAGE_MASK || addr & ~PAGE_MASK || !len)
		fake_die("host call with odd range");
	*from = (int)((addr - FAKE_BASE) >> PAGE_SHIFT);
	*to = *from + (int)(len >> PAGE_SHIFT);
	if (*to > FAKE_PAGES)
		fake_die("host call above the test's range");
}
int host_mm_map(struct mm *mm, u64 addr, u64 len, int prot, int kind, u64 off)
{
	int i, to;

	for (fake_range(addr, len, &i, &to); i < to; i++, off += PAGE_SIZE)
		fake_pages[i] =
			(struct fake_page){ 1, prot, kind & 0xff, off, 0 };
	return 0;
}
int host_mm_unmap(struct mm *mm, u64 addr, u64 len)
{
	int i, to;

	for (fake_range(addr, len, &i, &to); i < to; i++)
		fake_pages[i] = (struct fake_page){ 0 };
	return 0;
}
int host_mm_protect(struct mm *mm, u64 addr, u64 len, int prot)
{
	int i, to;

	for (fake_range(addr, len, &i, &to); i < to; i++) {
		if (!fake_pages[i].mapped)
			fake_die("mprotect of nothing");
		fake_pages[i].prot = prot;
	}
	return 0;
}
int host_mm_move(struct mm *mm, u64 from, u64 old_len, u64 to, u64 new_len)
{
	struct fake_page copy;
	int i, n, j, e;

	fake_range(from, old_len, &i, &n);
	fake_range(to, new_len, &j, &e);
	for (n = i + 1; n < i + (int)(old_len >> PAGE_SHIFT); n++)
		if (fake_pages[n].kind != fake_pages[i].kind ||
		    fake_pages[n].prot != fake_pages[i].prot)
			return -EFAULT; /* more than one mapping */
	for (n = j; n < e; n++)
		if (fake_pages[n].mapped)
			fake_die("mremap onto something");
	copy = fake_pages[i];
	copy.token = 0;
	for (n = 0; j < e; n++, j++) {
		fake_pages[j] = copy;
		if (n < (int)(old_len >> PAGE_SHIFT)) {
			fake_pages[j] = fake_pages[i + n];
			fake_pages[i + n] = (struct fake_page){ 0 };
		} else if (copy.kind == HOST_MAP_POOL_PRIVATE ||
			   copy.kind == HOST_MAP_POOL_SHARED) {
			fake_die("mremap shows more of the pool");
		}
	}
	return 0;
}
int host_mm_advise(struct mm *mm, u64 addr, u64 len, int advice)
{
	return 0;
}
ssize_t host_mm_read(struct mm *mm, u64 addr, void *buf, size_t n)
{
	return 0;
}
ssize_t host_mm_write(struct mm *mm, u64 addr, const void *buf, size_t n,
		      bool force)
{
	return 0;
}

/* --- For the test --- */

#define FAKE_END   (FAKE_BASE + FAKE_PAGES * PAGE_SIZE)
#define FAKE_FENCE (VM_DONTFORK | VM_DONTDUMP)

/* Leave no free place outside of the range. */
static void fake_fence(u64 start, u64 end)
{
	struct vma *v = vma_alloc(fake_mm, start, end, FAKE_FENCE);

	vma_insert(fake_mm, v);
}

void fake_reset(void)
{
	int i;

	fake_task.proc = &fake_proc;
	fakehost_current = &fake_task;
	if (fake_mm) {
		fake_mm->dead = true;
		mm_put(fake_mm);
	}
	for (i = 0; i < FAKE_PAGES; i++)
		fake_pages[i] = (struct fake_page){ 0 };
	for (i = 0; i < FAKE_FILES; i++) {
		struct inode *ino = &fake_inode[i];

		memset(ino, 0, sizeof(*ino));
		ino->mode = S_IFREG | 0644;
		ino->size = (u64)(i == 2 ? 20 : 40) << PAGE_SHIFT;
		ino->mapping.inode = ino;
		list_init(&ino->mapping.vmas);
		ino->mapping.ops = i ? &fake_backed : NULL;
		ino->mapping.window = (u64)(i + 1) << 32;
		ino->mapping.window_len = FAKE_WINDOW;
		fake_file[i] =
			(struct file){ .inode = ino,
				       .mode = FMODE_READ | FMODE_WRITE };
		ref_init(&fake_file[i].refs, 1000);
		fake_resident[i] = 0;
	}
	fake_inode[1].size += (u64)fake_rand() % PAGE_SIZE;
	fake_mm = mm_alloc();
	fake_mm->host[0] = 1;
	fake_mm->mmap_base = FAKE_END;
	fake_fence(USER_MIN, FAKE_BASE);
	fake_fence(FAKE_END, USER_MAX);
}
long fake_mmap(unsigned long long addr, unsigned long long len, int prot,
	       int flags, int file, unsigned long long off)
{
	return do_mmap(fake_mm, addr, len, prot, flags,
		       file < 0 ? NULL : &fake_file[file], off);
}
int fake_munmap(unsigned long long addr, unsigned long long len)
{
	return do_munmap(fake_mm, addr, len);
}
int fake_mprotect(unsigned long long addr, unsigned long long len, int prot)
{
	return do_mprotect(fake_mm, addr, len, prot);
}
long fake_mremap(unsigned long long addr, unsigned long long old_len,
		 unsigned long long new_len, int flags, unsigned long long to)
{
	return do_mremap(fake_mm, addr, old_len, new_len, flags, to);
}
int fake_fault(unsigned long long addr, int write)
{
	return mm_fault(fake_mm, addr, write ? VM_WRITE : VM_READ);
}
void fake_truncate(int file, unsigned long long size)
{
	u64 pages = PAGE_UP(size) >> PAGE_SHIFT;

	fake_inode[file].size = size;
	fake_resident[file] &= pages < 64 ? (1ull << pages) - 1 : ~0ull;
	mm_unmap_mapping_range(&fake_inode[file].mapping, pages, ~0ull, true);
}
int fake_fork_and_exit(void)
{
	struct mm *child;

	mutex_lock(&fake_mm->lock);
	child = mm_fork_locked(fake_mm);
	mutex_unlock(&fake_mm->lock);
	if (IS_ERR(child))
		return (int)PTR_ERR(child);
	child->dead = true;
	mm_put(child);
	return 0;
}
unsigned long long fake_file_pages(int file)
{
	return mapping_file_pages(&fake_inode[file].mapping);
}
unsigned long long fake_file_window(int file)
{
	return fake_inode[file].mapping.window;
}
struct fake_page *fake_host(int page)
{
	return &fake_pages[page];
}
void fake_vma_page(int page, struct fake_vpage *out)
{
	u64 addr = FAKE_BASE + ((u64)page << PAGE_SHIFT);
	struct vma *v = vma_find(fake_mm, addr);

	*out = (struct fake_vpage){ .file = -1 };
	if (!v || v->start > addr)
		return;
	out->mapped = 1;
	out->prot = (int)(v->flags & VM_ACCESS);
	out->shared = !!(v->flags & VM_SHARED);
	if (v->mapping) {
		out->file = fake_no(v->mapping);
		out->pgoff = vma_page_of(v, addr);
		out->reach = reach_test(v, out->pgoff);
	}
}
static u64 fake_max_gap(const struct vma *v)
{
	u64 m;

	if (!v)
		return 0;
	m = max(fake_max_gap(v->left), fake_max_gap(v->right));
	return max(m, v->gap);
}
const char *fake_check_tree(void)
{
	struct vma *v, *prev = NULL;
	u64 total = 0;
	u32 n = 0;

	vma_for_each (v, fake_mm) {
		if (v->start >= v->end || (prev && prev->end > v->start))
			return "order";
		if (v->gap != v->start - (prev ? prev->end : 0))
			return "gap";
		if (v->max_gap != fake_max_gap(v))
			return "max_gap";
		if ((v->left &&
		     (v->left->prio > v->prio || v->left->parent != v)) ||
		    (v->right &&
		     (v->right->prio > v->prio || v->right->parent != v)))
			return "heap";
		if (v->mapping && list_empty(&v->map_node))
			return "not listed";
		if (prev && !prev->mapping && vma_alike(prev, v))
			return "not merged";
		total += v->flags == FAKE_FENCE ? 0 : vma_pages(v);
		prev = v;
		n++;
	}
	if (n != fake_mm->map_count)
		return "map_count";
	if (total != fake_mm->total_pages)
		return "total_pages";
	return NULL;
}
unsigned fake_vma_count(void)
{
	return fake_mm->map_count;
}
int fake_live_objects(void)
{
	return fake_objects;
}
int fake_file_refs(int file)
{
	return (int)fake_file[file].refs.n - 1000;
}
