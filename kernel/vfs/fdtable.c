// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptor tables: allocation, duplication, closing. The layout and the
 * lockless reading side are in kernel/fdtable.h.
 *
 * A descriptor is in one of three states: free (bit clear), reserved (bit set,
 * slot NULL: the call that will fill it is still working), open. Slots and bits
 * change under files->lock; the file's reference moves with the slot.
 *
 * Tables double when they are full. The old version stays linked from the new
 * one until the whole goes, since another thread may be reading it; all
 * versions together are at most twice the newest.
 */
#include "vfs/internal.h"

/*
 * Only the owners of a table change it; who shares it with nobody needs no
 * lock for that. (Others may look on, by files_get_fd.)
 */
static bool files_lock(struct files *fs)
{
	if (likely(READ_ONCE(fs->refs.n) == 1))
		return false;
	spin_lock(&fs->lock);
	return true;
}

static void files_unlock(struct files *fs, bool locked)
{
	if (locked)
		spin_unlock(&fs->lock);
}

static bool bit_get(const u64 *map, u32 n)
{
	return map[n / 64] >> (n % 64) & 1;
}

static void bit_put(u64 *map, u32 n, bool on)
{
	u64 m = 1ull << (n % 64);

	map[n / 64] = on ? map[n / 64] | m : map[n / 64] & ~m;
}

struct files *files_alloc(void)
{
	struct files *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	ref_init(&fs->refs, 1);
	spin_init(&fs->lock);
	fs->tab0.max = FDTABLE_INLINE;
	fs->tab0.fd = fs->fd0;
	fs->tab0.open = &fs->open0;
	fs->tab0.cloexec = &fs->cloexec0;
	fs->tab = &fs->tab0;
	return fs;
}

static struct fdtable *fdtable_alloc(u32 max)
{
	size_t bits = max / 64 * sizeof(u64);
	struct fdtable *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	t->max = max;
	t->fd = kzalloc((size_t)max * sizeof(*t->fd));
	t->open = kzalloc(2 * bits);
	if (!t->fd || !t->open) {
		kfree(t->fd);
		kfree(t->open);
		kfree(t);
		return NULL;
	}
	t->cloexec = t->open + max / 64;
	return t;
}

static void fdtable_free(struct fdtable *t)
{
	kfree(t->fd);
	kfree(t->open);
	kfree(t);
}

static void fdtable_fill(struct fdtable *to, const struct fdtable *from)
{
	memcpy(to->fd, from->fd, from->max * sizeof(*from->fd));
	memcpy(to->open, from->open, from->max / 8);
	memcpy(to->cloexec, from->cloexec, from->max / 8);
}

static u32 fdtable_size_for(u32 fd)
{
	u32 max = FDTABLE_INLINE;

	while (max <= fd)
		max *= 2;
	return max;
}

/* Make room for fd. => 0, -EMFILE, -ENOMEM */
static int files_grow(struct files *fs, u32 fd)
{
	struct fdtable *t;

	if (fd >= FDTABLE_MAX)
		return -EMFILE;
	t = fdtable_alloc(fdtable_size_for(fd));
	if (!t)
		return -ENOMEM;
	fdtable_fill(t, fs->tab);
	t->older = fs->tab;
	store_release(&fs->tab, t);
	return 0;
}

/* Highest bit set, plus one. */
static u32 fdtable_used(const struct fdtable *t)
{
	u32 i = t->max / 64;

	while (i && !t->open[i - 1])
		i--;
	return i ? i * 64 - (u32)__builtin_clzll(t->open[i - 1]) : 0;
}

struct files *files_copy(struct files *old)
{
	struct files *fs = files_alloc();
	struct fdtable *t = NULL;
	u32 used, i;

	if (!fs)
		return NULL;
	spin_lock(&old->lock);
	while ((used = fdtable_used(old->tab)) > fs->tab->max &&
	       (!t || t->max < used)) {
		spin_unlock(&old->lock);
		if (t)
			fdtable_free(t);
		t = fdtable_alloc(fdtable_size_for(used - 1));
		if (!t) {
			kfree(fs);
			return NULL;
		}
		spin_lock(&old->lock);
	}
	if (t) {
		t->older = &fs->tab0;
		fs->tab = t;
	}
	t = fs->tab;
	for (i = 0; i < used; i++) {
		struct file *f = old->tab->fd[i];

		if (!f) /* free, or reserved by another thread */
			continue;
		file_get(f);
		t->fd[i] = f;
		bit_put(t->open, i, true);
		if (bit_get(old->tab->cloexec, i))
			bit_put(t->cloexec, i, true);
	}
	fs->next = old->next;
	spin_unlock(&old->lock);
	/* a reservation of another thread is free here */
	for (i = 0; i < fs->next; i++)
		if (!bit_get(t->open, i))
			fs->next = i;
	return fs;
}

/* What close(2) does beside dropping the reference. */
static int files_close_file(struct files *fs, struct file *f)
{
	int err = 0;

	if (f->ops->flush)
		err = f->ops->flush(f);
	if (unlikely(f->inode->flocks))
		locks_release_posix(f->inode, fs);
	file_put(f);
	return err;
}

void files_put(struct files *fs)
{
	struct fdtable *t;
	u32 i, w;

	if (!fs || !ref_put(&fs->refs))
		return;
	t = fs->tab;
	for (w = 0; w < t->max / 64; w++) {
		u64 bits = t->open[w];

		while (bits) {
			i = w * 64 + (u32)__builtin_ctzll(bits);
			bits &= bits - 1;
			if (t->fd[i])
				files_close_file(fs, t->fd[i]);
		}
	}
	while (t != &fs->tab0) {
		struct fdtable *older = t->older;

		fdtable_free(t);
		t = older;
	}
	kfree(fs);
}

int files_unshare(void)
{
	struct task *t = current;
	struct files *old = t->files, *fs;

	if (READ_ONCE(old->refs.n) == 1)
		return 0;
	fs = files_copy(old);
	if (!fs)
		return -ENOMEM;
	spin_lock(&t->lock);
	t->files = fs;
	spin_unlock(&t->lock);
	files_put(old);
	return 0;
}

/* --- Reading --- */

struct file *files_get_fd(struct files *fs, u32 fd)
{
	for (;;) {
		struct file *f = files_peek(fs, fd);

		if (!f)
			return NULL;
		if (likely(ref_get_unless_zero(&f->refs))) {
			if (likely(files_peek(fs, fd) == f))
				return f;
			file_put(f);
		}
	}
}

struct file *fd_get_any(int fd)
{
	return files_get_fd(current->files, (u32)fd);
}

struct file *fd_get(int fd)
{
	struct file *f = fd_get_any(fd);

	if (unlikely(f && (f->mode & FMODE_PATH))) {
		file_put(f);
		return NULL;
	}
	return f;
}

u32 files_max_fd(struct files *fs)
{
	return load_acquire(&fs->tab)->max;
}

bool files_cloexec(struct files *fs, u32 fd)
{
	struct fdtable *t = load_acquire(&fs->tab);

	return fd < t->max && bit_get(t->cloexec, fd);
}

/* --- Allocating --- */

static u32 fdtable_find_free(const struct fdtable *t, u32 from)
{
	u32 w = from / 64;
	u64 used;

	if (from >= t->max)
		return from;
	used = t->open[w] | ((1ull << (from % 64)) - 1);
	for (;;) {
		if (~used)
			return w * 64 + (u32)__builtin_ctzll(~used);
		if (++w == t->max / 64)
			return t->max;
		used = t->open[w];
	}
}

/* => fd marked as used; the caller holds the lock. */
static int files_reserve_locked(struct files *fs, u32 from, bool cloexec)
{
	u64 limit = current->proc->rlim[RLIMIT_NOFILE].rlim_cur;

	for (;;) {
		u32 fd = fdtable_find_free(fs->tab, max(from, fs->next));
		int err;

		if (unlikely(fd >= limit))
			return -EMFILE;
		if (likely(fd < fs->tab->max)) {
			bit_put(fs->tab->open, fd, true);
			bit_put(fs->tab->cloexec, fd, cloexec);
			if (from <= fs->next)
				fs->next = fd + 1;
			return (int)fd;
		}
		err = files_grow(fs, fd);
		if (err)
			return err;
	}
}

int fd_reserve(int from, bool cloexec)
{
	struct files *fs = current->files;
	bool locked;
	int fd;

	locked = files_lock(fs);
	fd = files_reserve_locked(fs, (u32)from, cloexec);
	files_unlock(fs, locked);
	return fd;
}

void fd_publish(int fd, struct file *f)
{
	struct files *fs = current->files;
	bool locked;

	locked = files_lock(fs); /* the table may be growing */
	store_release(&fs->tab->fd[fd], f);
	files_unlock(fs, locked);
}

static void files_clear_locked(struct files *fs, u32 fd)
{
	store_release(&fs->tab->fd[fd], NULL);
	bit_put(fs->tab->open, fd, false);
	bit_put(fs->tab->cloexec, fd, false);
	if (fd < fs->next)
		fs->next = fd;
}

void fd_unreserve(int fd)
{
	struct files *fs = current->files;
	bool locked;

	locked = files_lock(fs);
	files_clear_locked(fs, (u32)fd);
	files_unlock(fs, locked);
}

int fd_install_new(struct file *f, int from, bool cloexec)
{
	struct files *fs = current->files;
	bool locked;
	int fd;

	locked = files_lock(fs);
	fd = files_reserve_locked(fs, (u32)from, cloexec);
	if (likely(fd >= 0))
		store_release(&fs->tab->fd[fd], f);
	files_unlock(fs, locked);
	return fd;
}

/*
 * dup2(2), dup3(2): put f at exactly fd, closing what was there. Takes over
 * f's reference, in case of an error too.
 */
int fd_install_at(struct file *f, u32 fd, bool cloexec)
{
	struct files *fs = current->files;
	bool locked;
	struct file *old;
	int err = 0;

	if (fd >= current->proc->rlim[RLIMIT_NOFILE].rlim_cur) {
		file_put(f);
		return -EBADF;
	}
	locked = files_lock(fs);
	while (!err && fd >= fs->tab->max)
		err = files_grow(fs, fd);
	if (err) {
		files_unlock(fs, locked);
		file_put(f);
		return err == -EMFILE ? -EBADF : err;
	}
	old = fs->tab->fd[fd];
	if (!old && bit_get(fs->tab->open, fd)) {
		/* another thread is about to publish it: dup2(2) */
		files_unlock(fs, locked);
		file_put(f);
		return -EBUSY;
	}
	store_release(&fs->tab->fd[fd], f);
	bit_put(fs->tab->open, fd, true);
	bit_put(fs->tab->cloexec, fd, cloexec);
	files_unlock(fs, locked);
	if (old)
		files_close_file(fs, old);
	return (int)fd;
}

int fd_set_cloexec(u32 fd, bool on)
{
	struct files *fs = current->files;
	bool locked;
	int err = -EBADF;

	locked = files_lock(fs);
	if (fd < fs->tab->max && fs->tab->fd[fd]) {
		bit_put(fs->tab->cloexec, fd, on);
		err = 0;
	}
	files_unlock(fs, locked);
	return err;
}

int fd_get_cloexec(u32 fd)
{
	return files_peek(current->files, fd)
		       ? files_cloexec(current->files, fd)
		       : -EBADF;
}

/* --- Closing --- */

struct file *files_take_fd(struct files *fs, u32 fd)
{
	bool locked;
	struct file *f = NULL;

	locked = files_lock(fs);
	if (likely(fd < fs->tab->max)) {
		f = fs->tab->fd[fd];
		if (f)
			files_clear_locked(fs, fd);
	}
	files_unlock(fs, locked);
	return f;
}

int fd_close(int fd)
{
	struct files *fs = current->files;
	struct file *f = files_take_fd(fs, (u32)fd);

	return f ? files_close_file(fs, f) : -EBADF;
}

void files_close_on_exec(struct files *fs)
{
	u32 w;

	for (w = 0; w < load_acquire(&fs->tab)->max / 64; w++) {
		u64 bits = fs->tab->cloexec[w] & fs->tab->open[w];

		while (bits) {
			u32 fd = w * 64 + (u32)__builtin_ctzll(bits);
			struct file *f = files_take_fd(fs, fd);

			bits &= bits - 1;
			if (f)
				files_close_file(fs, f);
		}
	}
}

int fd_close_range(u32 first, u32 last, u32 flags)
{
	struct files *fs;
	u32 fd;
	int err;

	if (first > last ||
	    (flags & ~(u32)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		err = files_unshare();
		if (err)
			return err;
	}
	fs = current->files;
	for (fd = first; fd <= last; fd++) {
		struct file *f;
		bool locked;

		locked = files_lock(fs);
		while (fd < fs->tab->max && fd <= last && !fs->tab->fd[fd])
			fd++;
		if (fd >= fs->tab->max || fd > last) {
			files_unlock(fs, locked);
			break;
		}
		f = fs->tab->fd[fd];
		if (flags & CLOSE_RANGE_CLOEXEC) {
			bit_put(fs->tab->cloexec, fd, true);
			f = NULL;
		} else {
			files_clear_locked(fs, fd);
		}
		files_unlock(fs, locked);
		if (f)
			files_close_file(fs, f);
		if (fd == ~0u)
			break;
	}
	return 0;
}
