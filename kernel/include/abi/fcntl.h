/* SPDX-License-Identifier: GPL-2.0 */
/* open, fcntl, the *at() calls and their kin. */
#ifndef ABI_FCNTL_H
#define ABI_FCNTL_H

#include <kernel/types.h>

/* open(2) flags */
#define O_RDONLY		       00000000
#define O_WRONLY		       00000001
#define O_RDWR			       00000002
#define O_ACCMODE		       00000003
#define O_CREAT			       00000100
#define O_EXCL			       00000200
#define O_NOCTTY		       00000400
#define O_TRUNC			       00001000
#define O_APPEND		       00002000
#define O_NDELAY		       0x800
#define O_NONBLOCK		       00004000
#define O_DSYNC			       00010000
#define O_DIRECT		       00040000
#define O_LARGEFILE		       00100000
#define O_DIRECTORY		       00200000
#define O_NOFOLLOW		       00400000
#define O_NOATIME		       01000000
#define O_CLOEXEC		       02000000
#define __O_SYNC		       04000000
#define O_SYNC			       0x101000
#define O_PATH			       010000000
#define __O_TMPFILE		       020000000
#define O_TMPFILE		       0x410000
#define FASYNC			       00020000

/* fcntl(2) */
#define DN_ACCESS		       0x00000001
#define DN_MODIFY		       0x00000002
#define DN_CREATE		       0x00000004
#define DN_DELETE		       0x00000008
#define DN_RENAME		       0x00000010
#define DN_ATTRIB		       0x00000020
#define DN_MULTISHOT		       0x80000000
#define F_DUPFD			       0
#define F_OWNER_TID		       0
#define F_RDLCK			       0
#define F_GETFD			       1
#define F_OWNER_PID		       1
#define F_SEAL_SEAL		       0x0001
#define F_WRLCK			       1
#define F_OWNER_PGRP		       2
#define F_SEAL_SHRINK		       0x0002
#define F_SETFD			       2
#define F_UNLCK			       2
#define F_GETFL			       3
#define F_EXLCK			       4
#define F_SEAL_GROW		       0x0004
#define F_SETFL			       4
#define F_GETLK			       5
#define F_SETLK			       6
#define F_SETLKW		       7
#define F_SEAL_WRITE		       0x0008
#define F_SETOWN		       8
#define F_SHLCK			       8
#define F_GETOWN		       9
#define F_SETSIG		       10
#define F_GETSIG		       11
#define F_SETOWN_EX		       15
#define F_GETOWN_EX		       16
#define F_SEAL_FUTURE_WRITE	       0x0010
#define F_SEAL_EXEC		       0x0020
#define F_GETOWNER_UIDS		       17
#define F_OFD_GETLK		       36
#define F_OFD_SETLK		       37
#define F_OFD_SETLKW		       38
#define F_SETLEASE		       0x400
#define F_GETLEASE		       0x401
#define F_NOTIFY		       0x402
#define F_CANCELLK		       0x405
#define F_DUPFD_CLOEXEC		       0x406
#define F_SETPIPE_SZ		       0x407
#define F_GETPIPE_SZ		       0x408
#define F_ADD_SEALS		       0x409
#define F_GET_SEALS		       0x40a
#define F_GET_RW_HINT		       0x40b
#define F_SET_RW_HINT		       0x40c
#define F_GET_FILE_RW_HINT	       0x40d
#define F_SET_FILE_RW_HINT	       0x40e
#define LOCK_SH			       1
#define LOCK_EX			       2
#define LOCK_NB			       4
#define LOCK_UN			       8
#define LOCK_MAND		       32
#define LOCK_READ		       64
#define LOCK_WRITE		       128
#define LOCK_RW			       192
#define RWH_WRITE_LIFE_NOT_SET	       0
#define RWH_WRITE_LIFE_NONE	       1
#define RWH_WRITE_LIFE_SHORT	       2
#define RWH_WRITE_LIFE_MEDIUM	       3
#define RWH_WRITE_LIFE_LONG	       4
#define RWH_WRITE_LIFE_EXTREME	       5
#define RWF_WRITE_LIFE_NOT_SET	       0
#define FD_CLOEXEC		       1

/* *at() calls */
#define AT_STATX_SYNC_AS_STAT	       0x0000
#define AT_SYMLINK_NOFOLLOW	       0x100
#define AT_EACCESS		       0x200
#define AT_REMOVEDIR		       0x200
#define AT_SYMLINK_FOLLOW	       0x400
#define AT_NO_AUTOMOUNT		       0x800
#define AT_EMPTY_PATH		       0x1000
#define AT_EXECVE_CHECK		       0x10000
#define AT_STATX_FORCE_SYNC	       0x2000
#define AT_STATX_DONT_SYNC	       0x4000
#define AT_STATX_SYNC_TYPE	       0x6000
#define AT_RECURSIVE		       0x8000
#define AT_FDCWD		       (-100)

#define SEEK_MAX		       4
#define SEEK_SET		       0
#define SEEK_CUR		       1
#define SEEK_END		       2
#define SEEK_DATA		       3
#define SEEK_HOLE		       4

/* access(2) */
#define F_OK			       0
#define X_OK			       1
#define W_OK			       2
#define R_OK			       4

#define FALLOC_FL_KEEP_SIZE	       0x01
#define FALLOC_FL_PUNCH_HOLE	       0x02
#define FALLOC_FL_NO_HIDE_STALE	       0x04
#define FALLOC_FL_COLLAPSE_RANGE       0x08
#define FALLOC_FL_ZERO_RANGE	       0x10
#define FALLOC_FL_INSERT_RANGE	       0x20
#define FALLOC_FL_UNSHARE_RANGE	       0x40
#define FALLOC_FL_WRITE_ZEROES	       0x80

#define POSIX_FADV_NORMAL	       0
#define POSIX_FADV_RANDOM	       1
#define POSIX_FADV_SEQUENTIAL	       2
#define POSIX_FADV_WILLNEED	       3
#define POSIX_FADV_DONTNEED	       4
#define POSIX_FADV_NOREUSE	       5

#define RESOLVE_NO_XDEV		       0x01
#define RESOLVE_NO_MAGICLINKS	       0x02
#define RESOLVE_NO_SYMLINKS	       0x04
#define RESOLVE_BENEATH		       0x08
#define RESOLVE_IN_ROOT		       0x10
#define RESOLVE_CACHED		       0x20

#define CLOSE_RANGE_UNSHARE	       0x2
#define CLOSE_RANGE_CLOEXEC	       0x4

#define RENAME_NOREPLACE	       0x1
#define RENAME_EXCHANGE		       0x2
#define RENAME_WHITEOUT		       0x4

#define RWF_HIPRI		       1
#define RWF_DSYNC		       2
#define RWF_SYNC		       4
#define RWF_NOWAIT		       8
#define RWF_APPEND		       16
#define RWF_SUPPORTED		       31

#define SYNC_FILE_RANGE_WAIT_BEFORE    1
#define SYNC_FILE_RANGE_WRITE	       2
#define SYNC_FILE_RANGE_WAIT_AFTER     4
#define SYNC_FILE_RANGE_WRITE_AND_WAIT 7

#define SPLICE_F_MOVE		       1
#define SPLICE_F_NONBLOCK	       2
#define SPLICE_F_MORE		       4
#define SPLICE_F_GIFT		       8

struct flock {
	s16 l_type;
	s16 l_whence;
	s64 l_start;
	s64 l_len;
	s32 l_pid;
};

struct f_owner_ex {
	s32 type;
	s32 pid;
};

struct open_how {
	u64 flags;
	u64 mode;
	u64 resolve;
};
#define OPEN_HOW_SIZE_VER0 24

#endif
