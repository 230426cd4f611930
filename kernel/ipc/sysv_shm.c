// SPDX-License-Identifier: GPL-2.0
/*
 * System V shared memory: shmget(2), shmop(2), shmctl(2).
 *
 * A segment is a file in memory (kernel/shmem.h). Each shmat() opens it anew
 * and maps that; the vmas, their copies after fork and their pieces after a
 * partial munmap hold the open file. How many are attached is therefore asked
 * of the file's list of mappers, not counted. When the last vma of one shmat()
 * goes, the open file is released, which tells us of the detach.
 *
 * IPC_RMID takes the key away and marks the segment; it goes when nothing is
 * attached and no shmat() is on its way (`busy`).
 *
 * Locks: shm_ids.lock, in it the mapping's vma_lock. Files are put without it.
 */
#include <kernel/mm.h>
#include <kernel/shmem.h>
#include <kernel/vfs.h>
#include "vfs/internal.h"
#include "sysv_internal.h"

struct shm_seg {
	struct sysv_perm perm; /* first */
	u64 size;
	s64 atime, dtime, ctime;
	s32 cpid, lpid;
	struct file *file; /* the segment's own; never mapped */
	u32 busy;	   /* open files, mapped or about to be */
};

static struct sysv_ids shm_ids = SYSV_IDS_INIT(shm_ids);
static u64 shm_total_pages; /* under shm_ids.lock */
static const struct file_ops shm_file_ops;

static struct shm_seg *shm_of(struct sysv_perm *p)
{
	return container_of(p, struct shm_seg, perm);
}

static u64 shm_nattch(struct shm_seg *s)
{
	struct mapping *m = &s->file->inode->mapping;
	struct vma *v;
	u64 n = 0;

	mutex_lock(&m->vma_lock);
	list_for_each_entry (v, &m->vmas, map_node)
		n++;
	mutex_unlock(&m->vma_lock);
	return n;
}

static u64 shm_pages(const struct shm_seg *s)
{
	return PAGE_UP(s->size) >> PAGE_SHIFT;
}

/* Out of the table. => it, to be freed without the lock */
static struct shm_seg *shm_unlink_locked(struct shm_seg *s)
{
	shm_total_pages -= shm_pages(s);
	sysv_remove(&shm_ids, &s->perm);
	return s;
}

static void shm_free(struct shm_seg *s)
{
	if (!s)
		return;
	file_put(s->file);
	kfree(s);
}

/* --- Attached files --- */

static void shm_file_release(struct file *f)
{
	struct shm_seg *s = f->priv, *dead = NULL;

	mutex_lock(&shm_ids.lock);
	s->busy--;
	s->dtime = sysv_now();
	s->lpid = (s32)current->proc->pid;
	if (!s->busy && (s->perm.mode & SYSV_DEST))
		dead = shm_unlink_locked(s);
	mutex_unlock(&shm_ids.lock);
	shm_free(dead);
}

static int shm_file_mmap(struct file *f, struct mapping **m, int prot,
			 int flags)
{
	*m = &f->inode->mapping;
	return 0;
}

static const struct file_ops shm_file_ops = {
	.release = shm_file_release,
	.mmap = shm_file_mmap,
};

/* Called with the lock held; busy was incremented. */
static struct file *shm_open_locked(struct shm_seg *s, bool rdonly)
{
	struct file *f = file_alloc(rdonly ? O_RDONLY : O_RDWR);

	if (!f)
		return NULL;
	path_get(&s->file->path);
	f->path = s->file->path;
	f->inode = s->file->inode;
	f->ops = &shm_file_ops;
	f->priv = s;
	f->mode = FMODE_READ | FMODE_OPENED | (rdonly ? 0 : FMODE_WRITE);
	s->busy++;
	return f;
}

/* --- shmget --- */

static int shm_fits(const struct sysv_perm *p, u64 size)
{
	return container_of(p, const struct shm_seg, perm)->size < size
		       ? -EINVAL
		       : 0;
}

static struct shm_seg *shm_new(s32 key, u64 size)
{
	struct shm_seg *s = kzalloc(sizeof(*s));
	char name[16];

	if (!s)
		return ERR_PTR(-ENOMEM);
	snprintf(name, sizeof(name), "SYSV%08x", (u32)key);
	s->file = shmem_file_create(name, size, 0);
	if (IS_ERR(s->file)) {
		long err = PTR_ERR(s->file);

		kfree(s);
		return ERR_PTR(err);
	}
	s->size = size;
	s->ctime = sysv_now();
	s->cpid = (s32)current->proc->pid;
	return s;
}

static long shm_add_locked(struct shm_seg *s, s32 key, int flags)
{
	u64 pages = shm_pages(s), all = sysctl_get(SYSCTL_SHMALL);
	long id;

	if (shm_total_pages + pages < shm_total_pages ||
	    shm_total_pages + pages > all)
		return -ENOSPC;
	id = sysv_add(&shm_ids, &s->perm, key, flags,
		      (u32)sysctl_get(SYSCTL_SHMMNI));
	if (id >= 0) {
		shm_total_pages += pages;
		s->file->inode->ino = (u64)id;
		s->file->inode->uid = s->perm.uid;
		s->file->inode->gid = s->perm.gid;
		s->file->inode->mode = S_IFREG | s->perm.mode;
	}
	return id;
}

long do_shmget(s32 key, u64 size, int flags)
{
	struct shm_seg *s = NULL;
	bool added = false;
	long ret;

	for (;;) {
		mutex_lock(&shm_ids.lock);
		ret = sysv_get(&shm_ids, key, flags, shm_fits, size);
		if (ret == SYSV_MAKE && s) {
			ret = shm_add_locked(s, key, flags);
			added = ret >= 0;
		}
		mutex_unlock(&shm_ids.lock);
		if (ret != SYSV_MAKE)
			break;
		if (size < 1 || size > sysctl_get(SYSCTL_SHMMAX))
			return -EINVAL;
		if (flags & SHM_HUGETLB)
			return -ENOMEM; /* none are reserved */
		if (size > 1ull << 62)
			return -ENOSPC;
		s = shm_new(key, size);
		if (IS_ERR(s))
			return PTR_ERR(s);
	}
	if (!added)
		shm_free(s);
	return ret;
}

/* --- shmat, shmdt --- */

static int shm_place(u64 *addr, int flags, int *map)
{
	if (!*addr) {
		if (flags & SHM_REMAP)
			return -EINVAL;
		return 0;
	}
	if (*addr & (PAGE_SIZE - 1)) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		*addr &= PAGE_MASK;
		if (!*addr && (flags & SHM_REMAP))
			return -EINVAL;
	}
	*map |= flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	return 0;
}

long do_shmat(int id, uaddr where, int flags)
{
	int prot = PROT_READ, map = MAP_SHARED, acc = S_IRUGO, err;
	u64 addr = where.va, size;
	struct shm_seg *s, *dead = NULL;
	struct sysv_perm *p;
	struct file *f;
	long ret;

	err = shm_place(&addr, flags, &map);
	if (err || id < 0)
		return -EINVAL;
	if (!(flags & SHM_RDONLY)) {
		prot |= PROT_WRITE;
		acc |= S_IWUGO;
	}
	if (flags & SHM_EXEC) {
		prot |= PROT_EXEC;
		acc |= S_IXUGO;
	}
	mutex_lock(&shm_ids.lock);
	p = sysv_find(&shm_ids, id);
	err = IS_ERR(p) ? (int)PTR_ERR(p) : sysv_may(p, acc);
	if (err) {
		mutex_unlock(&shm_ids.lock);
		return err;
	}
	s = shm_of(p);
	f = shm_open_locked(s, flags & SHM_RDONLY);
	size = s->size;
	mutex_unlock(&shm_ids.lock);
	if (!f)
		return -ENOMEM;
	ret = do_mmap(current->mm, addr, size, prot, map, f, 0);
	if (ret == -EEXIST)
		ret = -EINVAL;
	mutex_lock(&shm_ids.lock);
	if (ret > 0) {
		s->atime = sysv_now();
		s->lpid = (s32)current->proc->pid;
	} else {
		/* it was never attached: no detach is to be seen */
		f->mode &= ~FMODE_OPENED;
		if (!--s->busy && (s->perm.mode & SYSV_DEST))
			dead = shm_unlink_locked(s);
	}
	mutex_unlock(&shm_ids.lock);
	file_put(f);
	shm_free(dead);
	return ret;
}

/* The next piece at or above `from` of what was attached at base. */
static struct file *shm_piece(struct mm *mm, u64 base, u64 from, u64 end,
			      struct file *want, u64 *lo, u64 *hi)
{
	struct file *f = NULL;
	struct vma *v;

	mutex_lock(&mm->lock);
	for (v = vma_find(mm, from); v && v->start < end; v = vma_next(v)) {
		if (!v->file || v->file->ops != &shm_file_ops ||
		    (want && v->file != want) ||
		    v->start - base != v->pgoff << PAGE_SHIFT)
			continue;
		f = v->file;
		file_get(f);
		*lo = v->start;
		*hi = v->end;
		break;
	}
	mutex_unlock(&mm->lock);
	return f;
}

long do_shmdt(u64 addr)
{
	struct mm *mm = current->mm;
	u64 lo, hi, end;
	struct file *f, *g;
	struct shm_seg *s;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	f = shm_piece(mm, addr, addr, USER_MAX, NULL, &lo, &hi);
	if (!f)
		return -EINVAL;
	s = f->priv; /* f keeps it */
	end = addr + PAGE_UP(s->size);
	for (;;) {
		(void)do_munmap(mm, lo, hi - lo);
		g = shm_piece(mm, addr, hi, end, f, &lo, &hi);
		if (!g)
			break;
		file_put(g);
	}
	mutex_lock(&shm_ids.lock);
	s->dtime = sysv_now();
	s->lpid = (s32)current->proc->pid;
	mutex_unlock(&shm_ids.lock);
	file_put(f);
	return 0;
}

/* --- shmctl --- */

static int shm_info_out(uaddr buf)
{
	struct shminfo64 i;
	int top;

	memset(&i, 0, sizeof(i));
	i.shmmax = sysctl_get(SYSCTL_SHMMAX);
	i.shmmin = 1;
	i.shmmni = i.shmseg = sysctl_get(SYSCTL_SHMMNI);
	i.shmall = sysctl_get(SYSCTL_SHMALL);
	mutex_lock(&shm_ids.lock);
	top = sysv_max_index(&shm_ids);
	mutex_unlock(&shm_ids.lock);
	return copy_to_user(buf, &i, sizeof(i)) ? -EFAULT : top;
}

static int shm_usage_out(uaddr buf)
{
	struct shm_info i;
	int top;

	memset(&i, 0, sizeof(i));
	mutex_lock(&shm_ids.lock);
	i.used_ids = (s32)shm_ids.used;
	i.shm_tot = shm_total_pages;
	for (u32 n = 0; n < shm_ids.top; n++)
		if (shm_ids.slot[n])
			i.shm_rss += READ_ONCE(
				shm_of(shm_ids.slot[n])
					->file->inode->mapping.nr_resident);
	top = sysv_max_index(&shm_ids);
	mutex_unlock(&shm_ids.lock);
	return copy_to_user(buf, &i, sizeof(i)) ? -EFAULT : top;
}

static int shm_stat(int id, int cmd, uaddr buf)
{
	struct shmid64_ds d;
	struct sysv_perm *p;
	struct shm_seg *s;
	int ret = 0;

	memset(&d, 0, sizeof(d));
	mutex_lock(&shm_ids.lock);
	p = cmd == IPC_STAT ? sysv_find(&shm_ids, id)
			    : sysv_find_slot(&shm_ids, id);
	if (IS_ERR(p))
		ret = (int)PTR_ERR(p);
	else if (cmd != SHM_STAT_ANY)
		ret = sysv_may(p, S_IRUGO);
	if (!ret) {
		s = shm_of(p);
		sysv_perm_out(&d.shm_perm, p);
		d.shm_segsz = s->size;
		d.shm_atime = s->atime;
		d.shm_dtime = s->dtime;
		d.shm_ctime = s->ctime;
		d.shm_cpid = (s32)pid_shown((u32)s->cpid);
		d.shm_lpid = (s32)pid_shown((u32)s->lpid);
		d.shm_nattch = shm_nattch(s);
		ret = cmd == IPC_STAT ? 0 : p->id;
	}
	mutex_unlock(&shm_ids.lock);
	if (ret >= 0 && copy_to_user(buf, &d, sizeof(d)))
		ret = -EFAULT;
	return ret;
}

static int shm_rmid_locked(struct shm_seg *s, struct shm_seg **dead)
{
	s->perm.key = IPC_PRIVATE;
	s->perm.mode |= SYSV_DEST;
	if (!s->busy)
		*dead = shm_unlink_locked(s);
	return 0;
}

static int shm_lock_locked(struct shm_seg *s, int cmd)
{
	u32 euid = current->cred->euid;

	if (!capable(CAP_IPC_LOCK)) {
		if (euid != s->perm.uid && euid != s->perm.cuid)
			return -EPERM;
		if (cmd == SHM_LOCK && !rlimit(RLIMIT_MEMLOCK))
			return -EPERM;
	}
	/* nothing is ever swapped out: only the mark is kept */
	if (cmd == SHM_LOCK)
		s->perm.mode |= SYSV_LOCKED;
	else
		s->perm.mode &= ~SYSV_LOCKED;
	return 0;
}

/* Who is attached keeps what he sees; nobody finds it any more. */
void sysv_shm_ns_end(const struct ns *ns)
{
	for (u32 i = 0;; i++) {
		struct shm_seg *dead = NULL;
		struct sysv_perm *p;
		bool more;

		mutex_lock(&shm_ids.lock);
		more = i < shm_ids.top;
		p = more ? shm_ids.slot[i] : NULL;
		if (p && p->ns == ns) {
			p->ns = NULL;
			shm_rmid_locked(shm_of(p), &dead);
		}
		mutex_unlock(&shm_ids.lock);
		shm_free(dead);
		if (!more)
			return;
	}
}

static int shm_change(int id, int cmd, uaddr buf)
{
	struct shmid64_ds d;
	struct shm_seg *s, *dead = NULL;
	struct sysv_perm *p;
	int err;

	if (cmd == IPC_SET && copy_from_user(&d, buf, sizeof(d)))
		return -EFAULT;
	mutex_lock(&shm_ids.lock);
	p = sysv_find(&shm_ids, id);
	if (IS_ERR(p)) {
		mutex_unlock(&shm_ids.lock);
		return (int)PTR_ERR(p);
	}
	s = shm_of(p);
	if (cmd == SHM_LOCK || cmd == SHM_UNLOCK) {
		err = shm_lock_locked(s, cmd);
	} else {
		err = sysv_may_change(p);
		if (!err && cmd == IPC_RMID)
			err = shm_rmid_locked(s, &dead);
		else if (!err) {
			err = sysv_perm_set(p, &d.shm_perm);
			s->ctime = sysv_now();
		}
	}
	mutex_unlock(&shm_ids.lock);
	shm_free(dead);
	return err;
}

long do_shmctl(int id, int cmd, uaddr buf)
{
	if (cmd < 0 || id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return shm_info_out(buf);
	case SHM_INFO:
		return shm_usage_out(buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return shm_stat(id, cmd, buf);
	case IPC_RMID:
	case IPC_SET:
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shm_change(id, cmd, buf);
	}
	return -EINVAL;
}

/* --- /proc/sysvipc/shm --- */

static void shm_show(struct seqbuf *b)
{
	seq_puts(b, "       key      shmid perms                  size  cpid  "
		    "lpid nattch   uid   gid  cuid  cgid      atime      dtime "
		    "     ctime                   rss                  swap\n");
	mutex_lock(&shm_ids.lock);
	for (u32 i = 0; i < shm_ids.top; i++) {
		struct sysv_perm *p = shm_ids.slot[i];
		struct shm_seg *s;

		if (!p || !sysv_is_ours(p))
			continue;
		s = shm_of(p);
		seq_printf(b,
			   "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u "
			   "%10lu %10lu %10lu %21lu %21lu\n",
			   p->key, p->id, p->mode, (unsigned long)s->size,
			   pid_shown((u32)s->cpid), pid_shown((u32)s->lpid),
			   (unsigned long)shm_nattch(s), p->uid, p->gid,
			   p->cuid, p->cgid, (unsigned long)s->atime,
			   (unsigned long)s->dtime, (unsigned long)s->ctime,
			   (unsigned long)READ_ONCE(
				   s->file->inode->mapping.nr_resident) *
				   PAGE_SIZE,
			   0ul);
	}
	mutex_unlock(&shm_ids.lock);
}

void sysv_shm_init(void)
{
	proc_register("sysvipc/shm", shm_show);
}
