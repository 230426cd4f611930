// SPDX-License-Identifier: GPL-2.0
/*
 * open(2), close(2), dup(2) and their relatives, and memfd_create(2): calls
 * that make descriptors or take them away. The work is in kernel/vfs/open.c and
 * fdtable.c.
 *
 * The descriptor is reserved before anything is opened, so that a full table
 * leaves no trace (no file created, nothing truncated).
 */
#include <abi/memfd.h>
#include <kernel/shmem.h>
#include "syscall/sys_file.h"
#include "vfs/internal.h"

#define MEMFD_NAME_MAX 249u

static long open_to_fd(int dfd, const char *name, int flags, u32 mode,
		       u32 lookup)
{
	struct file *f;
	int fd = fd_reserve(0, flags & O_CLOEXEC);

	if (unlikely(fd < 0))
		return fd;
	f = file_open_how(dfd, name, flags, mode, lookup);
	if (IS_ERR(f)) {
		fd_unreserve(fd);
		return PTR_ERR(f);
	}
	fd_publish(fd, f);
	return fd;
}

long sys_openat(int dirfd, uaddr path, int flags, u32 mode)
{
	if (unlikely(file_open_flags(flags)))
		return -EINVAL;
	return WITH_PATH(name, path,
			 open_to_fd(dirfd, name, flags | O_LARGEFILE, mode, 0));
}

long sys_open(uaddr path, int flags, u32 mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(uaddr path, u32 mode)
{
	return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* --- openat2(2): the same, but what is not understood is refused --- */

int copy_struct_from_user(void *dst, size_t known, uaddr from, u64 size)
{
	u64 i;

	for (i = known; i < size; i++) {
		u8 byte;

		if (get_user(byte, uadd(from, i)))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	memset(dst, 0, known);
	return copy_from_user(dst, from, min(size, (u64)known)) ? -EFAULT : 0;
}

static int open_how_copy(struct open_how *how, uaddr from, u64 size)
{
	if (size < OPEN_HOW_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(how, sizeof(*how), from, size);
}

static int open_how_check(const struct open_how *how)
{
	const u64 valid = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
			  O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | FASYNC |
			  O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW |
			  O_NOATIME | O_CLOEXEC | O_PATH | __O_TMPFILE;
	const u64 resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS |
			    RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |
			    RESOLVE_IN_ROOT | RESOLVE_CACHED;

	if ((how->flags & ~valid) || (how->resolve & ~resolve))
		return -EINVAL;
	if ((how->resolve & RESOLVE_BENEATH) &&
	    (how->resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if (how->flags & (O_CREAT | __O_TMPFILE)) {
		if (how->mode & ~(u64)S_IALLUGO)
			return -EINVAL;
	} else if (how->mode) {
		return -EINVAL;
	}
	if ((how->flags & O_PATH) &&
	    (how->flags &
	     ~(u64)(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)))
		return -EINVAL;
	if ((how->resolve & RESOLVE_CACHED) &&
	    (how->flags & (O_TRUNC | O_CREAT | __O_TMPFILE)))
		return -EAGAIN;
	return 0;
}

static u32 open_how_lookup(u64 resolve)
{
	u32 lookup = 0;

	if (resolve & RESOLVE_NO_XDEV)
		lookup |= LOOKUP_NO_XDEV;
	if (resolve & RESOLVE_NO_MAGICLINKS)
		lookup |= LOOKUP_NO_MAGIC;
	if (resolve & RESOLVE_NO_SYMLINKS)
		lookup |= LOOKUP_NO_LINKS;
	if (resolve & RESOLVE_BENEATH)
		lookup |= LOOKUP_BENEATH;
	if (resolve & RESOLVE_IN_ROOT)
		lookup |= LOOKUP_IN_ROOT;
	if (resolve & RESOLVE_CACHED)
		lookup |= LOOKUP_CACHED;
	return lookup;
}

long sys_openat2(int dirfd, uaddr path, uaddr uhow, u64 size)
{
	struct open_how how;
	int err = open_how_copy(&how, uhow, size), flags;

	if (!err)
		err = open_how_check(&how);
	if (err)
		return err;
	flags = (int)how.flags;
	if (!(flags & O_PATH))
		flags |= O_LARGEFILE;
	return WITH_PATH(name, path,
			 open_to_fd(dirfd, name, flags, (u32)how.mode,
				    open_how_lookup(how.resolve)));
}

/* --- Closing and duplicating --- */

long sys_close(int fd)
{
	long err = fd_close(fd);

	/* the descriptor is gone: there is nothing to restart. close(2) */
	if (unlikely(err == -ERESTARTSYS || err == -ERESTARTNOINTR ||
		     err == -ERESTARTNOHAND || err == -ERESTART_RESTARTBLOCK))
		err = -EINTR;
	return err;
}

long sys_close_range(u32 first, u32 last, u32 flags)
{
	return fd_close_range(first, last, flags);
}

long sys_dup(int fd)
{
	struct file *f = fd_get_any(fd);
	int new_fd;

	if (!f)
		return -EBADF;
	new_fd = fd_install_new(f, 0, false);
	if (new_fd < 0)
		file_put(f);
	return new_fd;
}

static long dup_to(int oldfd, int newfd, bool cloexec)
{
	struct file *f;

	if ((u32)newfd >= current->proc->rlim[RLIMIT_NOFILE].rlim_cur)
		return -EBADF;
	f = fd_get_any(oldfd);
	return f ? fd_install_at(f, (u32)newfd, cloexec) : -EBADF;
}

long sys_dup2(int oldfd, int newfd)
{
	if (oldfd == newfd)
		return files_peek(current->files, (u32)oldfd) ? newfd : -EBADF;
	return dup_to(oldfd, newfd, false);
}

long sys_dup3(int oldfd, int newfd, int flags)
{
	if ((flags & ~O_CLOEXEC) || oldfd == newfd)
		return -EINVAL;
	return dup_to(oldfd, newfd, flags & O_CLOEXEC);
}

/* --- memfd_create(2) --- */

long sys_memfd_create(uaddr uname, u32 flags)
{
	char name[sizeof("memfd:") + MEMFD_NAME_MAX];
	const size_t prefix = sizeof("memfd:") - 1;
	int shmem = 0, fd;
	struct file *f;
	ssize_t n;

	if (flags &
	    ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC))
		return -EINVAL; /* huge pages too: there are none */
	if ((flags & MFD_NOEXEC_SEAL) && (flags & MFD_EXEC))
		return -EINVAL;
	memcpy(name, "memfd:", prefix);
	n = strncpy_from_user(name + prefix, uname, MEMFD_NAME_MAX + 1);
	if (n < 0)
		return n;
	if (n > (ssize_t)MEMFD_NAME_MAX)
		return -EINVAL;
	if (flags & MFD_NOEXEC_SEAL)
		shmem |= SHMEM_NOEXEC | SHMEM_SEALABLE;
	if (flags & MFD_ALLOW_SEALING)
		shmem |= SHMEM_SEALABLE;
	f = shmem_file_create(name, 0, shmem);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_new(f, 0, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}
