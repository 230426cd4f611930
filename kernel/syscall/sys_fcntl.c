// SPDX-License-Identifier: GPL-2.0
/*
 * fcntl(2), flock(2) and ioctl(2): control of an open file. Locks are the
 * business of kernel/vfs/locks.c, pipes and seals of their owners; what is left
 * are flags. ioctl answers the few requests that mean the same for every file
 * and hands the rest to the file's own operation.
 */
#include <abi/ioctl.h>
#include <kernel/ipc.h>
#include <kernel/shmem.h>
#include "syscall/sys_file.h"
#include "vfs/fasync.h"
#include "vfs/internal.h"
#include "vfs/locks.h"

#define F_DUPFD_QUERY	(1024 + 3)
#define FCNTL_SETFL	(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)
#define F_CREATED_QUERY (1024 + 4)

/* --- Record locks --- */

/* From the guest's struct flock to a range. fcntl(2): l_len may be negative. */
static int flock_to_request(struct file *f, const struct flock *fl,
			    struct lock_request *r)
{
	s64 start;

	switch (fl->l_whence) {
	case SEEK_SET:
		start = 0;
		break;
	case SEEK_CUR:
		start = f->mode & FMODE_STREAM ? 0 : f->pos;
		break;
	case SEEK_END:
		start = (s64)f->inode->size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(start, fl->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	r->start = (u64)start;
	r->end = INT64_MAX;
	if (fl->l_len > 0) {
		if (fl->l_len - 1 > INT64_MAX - start)
			return -EOVERFLOW;
		r->end = (u64)(start + (fl->l_len - 1));
	} else if (fl->l_len < 0) {
		if (start + fl->l_len < 0)
			return -EINVAL;
		r->start = (u64)(start + fl->l_len);
		r->end = (u64)(start - 1);
	}
	return 0;
}

static int fcntl_lock_request(struct file *f, const struct flock *fl, bool ofd,
			      struct lock_request *r)
{
	int err = flock_to_request(f, fl, r);

	if (err)
		return err;
	if (ofd && fl->l_pid)
		return -EINVAL;
	r->kind = ofd ? LOCK_OFD : LOCK_POSIX;
	r->type = fl->l_type;
	r->owner = ofd ? (void *)f : (void *)current->files;
	r->pid = ofd ? -1 : (s32)current->proc->pid;
	return 0;
}

static long fcntl_getlk(struct file *f, uaddr arg, bool ofd)
{
	struct lock_request r = { .wait = false };
	struct flock fl;
	int err;

	if (copy_from_user(&fl, arg, sizeof(fl)))
		return -EFAULT;
	if (fl.l_type != F_RDLCK && fl.l_type != F_WRLCK &&
	    !(ofd && fl.l_type == F_UNLCK))
		return -EINVAL;
	err = fcntl_lock_request(f, &fl, ofd, &r);
	if (err)
		return err;
	file_lock_get(f, &r);
	fl.l_type = (s16)r.type;
	if (r.type != F_UNLCK) {
		fl.l_whence = SEEK_SET;
		fl.l_start = (s64)r.start;
		fl.l_len = r.end >= INT64_MAX ? 0 : (s64)(r.end - r.start + 1);
		fl.l_pid = r.pid < 0 ? r.pid : (s32)pid_shown((u32)r.pid);
	}
	return copy_to_user(arg, &fl, sizeof(fl)) ? -EFAULT : 0;
}

static long fcntl_setlk(int fd, struct file *f, uaddr arg, bool ofd, bool wait)
{
	struct lock_request r = { .wait = wait };
	struct flock fl;
	int err;

	if (copy_from_user(&fl, arg, sizeof(fl)))
		return -EFAULT;
	err = fcntl_lock_request(f, &fl, ofd, &r);
	if (err)
		return err;
	switch (fl.l_type) {
	case F_RDLCK:
		if (!(f->mode & FMODE_READ))
			return -EBADF;
		break;
	case F_WRLCK:
		if (!(f->mode & FMODE_WRITE))
			return -EBADF;
		break;
	case F_UNLCK:
		break;
	default:
		return -EINVAL;
	}
	err = file_lock_set(f, &r);
	/* closed by another thread meanwhile: its close did not see the lock */
	if (!err && !ofd && r.type != F_UNLCK &&
	    files_peek(current->files, (u32)fd) != f) {
		r.type = F_UNLCK;
		file_lock_set(f, &r);
		err = -EBADF;
	}
	return err;
}

long sys_flock(int fd, u32 cmd)
{
	struct lock_request r = { .kind = LOCK_FLOCK,
				  .start = 0,
				  .end = ~0ull,
				  .wait = !(cmd & LOCK_NB) };
	struct fd_ref ref;
	long err = -EBADF;

	if (cmd & 32) /* LOCK_MAND: once was, and is ignored now */
		return 0;
	switch (cmd & ~(u32)LOCK_NB) {
	case LOCK_SH:
		r.type = F_RDLCK;
		break;
	case LOCK_EX:
		r.type = F_WRLCK;
		break;
	case LOCK_UN:
		r.type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	ref = fd_ref_get(fd);
	if (!ref.file)
		return -EBADF;
	if (r.type == F_UNLCK ||
	    (ref.file->mode & (FMODE_READ | FMODE_WRITE))) {
		r.owner = ref.file;
		r.pid = (s32)current->proc->pid;
		err = file_lock_set(ref.file, &r);
	}
	fd_ref_put(ref);
	return err;
}

/* --- Owner of signals --- */

static long fcntl_setown_ex(struct file *f, uaddr arg)
{
	struct f_owner_ex ex;

	if (copy_from_user(&ex, arg, sizeof(ex)))
		return -EFAULT;
	if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP)
		return -EINVAL;
	if (ex.pid > 0)
		ex.pid = (s32)pid_given((u32)ex.pid);
	return file_set_owner(f, (u32)ex.type, ex.pid, true);
}

static long fcntl_getown_ex(struct file *f, uaddr arg)
{
	struct f_owner_ex ex;
	u32 type;

	ex.pid = (s32)pid_shown((u32)file_get_owner(f, &type));
	ex.type = (s32)type;
	return copy_to_user(arg, &ex, sizeof(ex)) ? -EFAULT : 0;
}

/* --- Flags --- */

static long fcntl_setfl(int fd, struct file *f, u32 arg)
{
	int err;

	if (((arg ^ f->flags) & O_APPEND) &&
	    unlikely(f->inode->attrs & FS_APPEND_FL))
		return -EPERM;
	if (((arg ^ f->flags) & O_NOATIME) && (arg & O_NOATIME) &&
	    !inode_owner_or_capable(f->inode))
		return -EPERM;
	if (((arg ^ f->flags) & FASYNC) && file_can_async(f)) {
		err = file_set_async(f, fd, arg & FASYNC);
		if (err)
			return err;
	}
	spin_lock(&f->lock);
	WRITE_ONCE(f->flags,
		   (f->flags & ~(u32)FCNTL_SETFL) | (arg & FCNTL_SETFL));
	spin_unlock(&f->lock);
	return 0;
}

static long fcntl_dup(struct file *f, u64 from, bool cloexec)
{
	int fd;

	if (from >= current->proc->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EINVAL;
	file_get(f);
	fd = fd_install_new(f, (int)from, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long fcntl_rw_hint(u32 cmd, uaddr arg)
{
	u64 hint = RWH_WRITE_LIFE_NOT_SET;

	if (cmd == F_GET_RW_HINT || cmd == F_GET_FILE_RW_HINT)
		return put_user(hint, arg) ? -EFAULT : 0;
	if (get_user(hint, arg))
		return -EFAULT;
	return hint > RWH_WRITE_LIFE_EXTREME ? -EINVAL : 0;
}

/* What O_PATH descriptors know too. -ENOTTY: none of these. */
static long fcntl_descriptor(int fd, struct file *f, u32 cmd, u64 arg)
{
	switch (cmd) {
	case F_DUPFD:
		return fcntl_dup(f, (u32)arg, false);
	case F_DUPFD_CLOEXEC:
		return fcntl_dup(f, (u32)arg, true);
	case F_DUPFD_QUERY:
		return files_peek(current->files, (u32)arg) == f ? 1
		       : files_peek(current->files, (u32)arg)	 ? 0
								 : -EBADF;
	case F_GETFD:
		return fd_get_cloexec((u32)fd);
	case F_SETFD:
		return fd_set_cloexec((u32)fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return (long)f->flags;
	}
	return -ENOTTY;
}

static long fcntl_file(int fd, struct file *f, u32 cmd, u64 arg)
{
	long ret;
	u32 type;

	switch (cmd) {
	case F_SETFL:
		return fcntl_setfl(fd, f, (u32)arg);
	case F_GETLK:
	case F_OFD_GETLK:
		return fcntl_getlk(f, UADDR(arg), cmd == F_OFD_GETLK);
	case F_SETLK:
	case F_SETLKW:
		return fcntl_setlk(fd, f, UADDR(arg), false, cmd == F_SETLKW);
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(fd, f, UADDR(arg), true,
				   cmd == F_OFD_SETLKW);
	case F_GETOWN:
		ret = (s32)pid_shown((u32)file_get_owner(f, &type));
		return type == F_OWNER_PGRP ? -ret : ret;
	case F_SETOWN:
		if ((int)arg == INT32_MIN)
			return -EINVAL;
		if ((int)arg < 0)
			return file_set_owner(f, F_OWNER_PGRP,
					      (s32)pid_given((u32) - (int)arg),
					      true);
		return file_set_owner(f, F_OWNER_PID, (s32)pid_given((u32)arg),
				      true);
	case F_GETOWN_EX:
		return fcntl_getown_ex(f, UADDR(arg));
	case F_SETOWN_EX:
		return fcntl_setown_ex(f, UADDR(arg));
	case F_GETSIG:
		return f->owner_sig;
	case F_SETSIG:
		if (arg > NSIG)
			return -EINVAL;
		f->owner_sig = (u32)arg;
		return 0;
	case F_SETLEASE:
		return lease_set(f, fd, (int)arg);
	case F_GETLEASE:
		return lease_get(f);
	case F_CREATED_QUERY:
		return !!(f->mode & FMODE_CREATED);
	case F_NOTIFY:
		return dnotify_set(f, fd, (u32)arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(f, (int)cmd, arg);
	case F_ADD_SEALS:
		return shmem_add_seals(f, (u32)arg);
	case F_GET_SEALS:
		return shmem_get_seals(f);
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
	case F_GET_FILE_RW_HINT:
	case F_SET_FILE_RW_HINT:
		return fcntl_rw_hint(cmd, UADDR(arg));
	}
	return -EINVAL;
}

long sys_fcntl(int fd, u32 cmd, u64 arg)
{
	struct fd_ref r = fd_ref_get_any(fd);
	long ret;

	if (!r.file)
		return -EBADF;
	ret = fcntl_descriptor(fd, r.file, cmd, arg);
	if (ret == -ENOTTY)
		ret = r.file->mode & FMODE_PATH
			      ? -EBADF
			      : fcntl_file(fd, r.file, cmd, arg);
	fd_ref_put(r);
	return ret;
}

/* --- ioctl --- */

static long ioctl_set_flag(struct file *f, uaddr arg, u32 flag)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	spin_lock(&f->lock);
	WRITE_ONCE(f->flags, on ? f->flags | flag : f->flags & ~flag);
	spin_unlock(&f->lock);
	return 0;
}

static long ioctl_async(int fd, struct file *f, uaddr arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	if (!on != !(f->flags & FASYNC)) {
		int err = file_can_async(f) ? file_set_async(f, fd, on)
					    : -ENOTTY;

		return err;
	}
	return 0;
}

static long ioctl_regular(struct file *f, u32 cmd, uaddr arg)
{
	s64 size = (s64)READ_ONCE(f->inode->size);

	switch (cmd) {
	case FIONREAD:
		return put_user((int)(size - f->pos), arg) ? -EFAULT : 0;
	case FIFREEZE:
	case FITHAW:
		return capable(CAP_SYS_ADMIN) ? -EOPNOTSUPP : -EPERM;
	case FIBMAP:
		return capable(CAP_SYS_RAWIO) ? -EINVAL : -EPERM;
	case FIGETBSZ:
		return put_user((int)f->inode->sb->blksize, arg) ? -EFAULT : 0;
	}
	return -ENOTTY;
}

static long ioctl_file(int fd, struct file *f, u32 cmd, u64 arg)
{
	long ret = -ENOTTY;

	switch (cmd) {
	case FIOCLEX:
		return fd_set_cloexec((u32)fd, true);
	case FIONCLEX:
		return fd_set_cloexec((u32)fd, false);
	case FIONBIO:
		return ioctl_set_flag(f, UADDR(arg), O_NONBLOCK);
	case FIOASYNC:
		return ioctl_async(fd, f, UADDR(arg));
	case FIOQSIZE:
		if (!S_ISREG(f->inode->mode) && !S_ISDIR(f->inode->mode) &&
		    !S_ISLNK(f->inode->mode))
			break;
		return put_user((s64)f->inode->size, UADDR(arg)) ? -EFAULT : 0;
	}
	if (f->ops->ioctl)
		ret = f->ops->ioctl(f, cmd, arg);
	if (ret == -ENOTTY && S_ISREG(f->inode->mode))
		ret = ioctl_regular(f, cmd, UADDR(arg));
	if (ret == -ENOTTY)
		ret = fileattr_ioctl(f, cmd, UADDR(arg));
	return ret;
}

long sys_ioctl(int fd, u32 cmd, u64 arg)
{
	struct fd_ref r = fd_ref_get(fd);
	long ret;

	if (!r.file)
		return -EBADF;
	ret = ioctl_file(fd, r.file, cmd, arg);
	fd_ref_put(r);
	return ret;
}
