// SPDX-License-Identifier: GPL-2.0
/*
 * The names strace shows: one table for each letter of syscalls.tbl that stands
 * for flags or for an enumeration, and the names of errors.
 *
 * A value is a field (bits of `field`: an access mode, a mapping type, or the
 * whole of an enumeration) and flags. Names with bits in the field are
 * compared with all of it; the others are printed while all their bits are
 * set, in the order of the table: those of several bits come first. What
 * remains is printed in hex.
 */
#include <abi/epoll.h>
#include <abi/errno.h>
#include <abi/fcntl.h>
#include <abi/futex.h>
#include <abi/ioctl.h>
#include <abi/mman.h>
#include <abi/resource.h>
#include <abi/sched.h>
#include <abi/signal.h>
#include <abi/socket.h>
#include <abi/time.h>
#include <abi/wait.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include "strace.h"

#define N(x)                 \
	{                    \
		(u32)(x), #x \
	}

static const struct strace_name strace_names_open[] = {
	N(O_WRONLY),	N(O_RDWR),    N(O_CREAT),     N(O_EXCL),
	N(O_NOCTTY),	N(O_TRUNC),   N(O_APPEND),    N(O_NONBLOCK),
	N(O_SYNC),	N(O_DSYNC),   N(FASYNC),      N(O_DIRECT),
	N(O_LARGEFILE), N(O_TMPFILE), N(O_DIRECTORY), N(O_NOFOLLOW),
	N(O_NOATIME),	N(O_CLOEXEC), N(O_PATH),      { 0, NULL },
};

static const struct strace_name strace_names_access[] = {
	N(R_OK),
	N(W_OK),
	N(X_OK),
	{ 0, NULL },
};

static const struct strace_name strace_names_at[] = {
	N(AT_SYMLINK_NOFOLLOW), N(AT_REMOVEDIR),  N(AT_SYMLINK_FOLLOW),
	N(AT_NO_AUTOMOUNT),	N(AT_EMPTY_PATH), N(AT_STATX_FORCE_SYNC),
	N(AT_STATX_DONT_SYNC),	N(AT_RECURSIVE),  { 0, NULL },
};

static const struct strace_name strace_names_whence[] = {
	N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE), { 0, NULL },
};

static const struct strace_name strace_names_fcntl[] = {
	N(F_GETFD),	 N(F_SETFD),	  N(F_GETFL),	  N(F_SETFL),
	N(F_GETLK),	 N(F_SETLK),	  N(F_SETLKW),	  N(F_SETOWN),
	N(F_GETOWN),	 N(F_SETSIG),	  N(F_GETSIG),	  N(F_SETOWN_EX),
	N(F_GETOWN_EX),	 N(F_OFD_GETLK),  N(F_OFD_SETLK), N(F_OFD_SETLKW),
	N(F_SETLEASE),	 N(F_GETLEASE),	  N(F_NOTIFY),	  N(F_DUPFD_CLOEXEC),
	N(F_SETPIPE_SZ), N(F_GETPIPE_SZ), N(F_ADD_SEALS), N(F_GET_SEALS),
	{ 0, NULL },
};

static const struct strace_name strace_names_ioctl[] = {
	N(TCGETS),	N(TCSETS),	 N(TCSETSW),	 N(TCSETSF),
	N(TCGETA),	N(TCSBRK),	 N(TCXONC),	 N(TCFLSH),
	N(TIOCEXCL),	N(TIOCNXCL),	 N(TIOCSCTTY),	 N(TIOCGPGRP),
	N(TIOCSPGRP),	N(TIOCOUTQ),	 N(TIOCSTI),	 N(TIOCGWINSZ),
	N(TIOCSWINSZ),	N(FIONREAD),	 N(TIOCPKT),	 N(FIONBIO),
	N(TIOCNOTTY),	N(TIOCSETD),	 N(TIOCGETD),	 N(TCSBRKP),
	N(TIOCGSID),	N(TCGETS2),	 N(TCSETS2),	 N(TIOCGPTN),
	N(TIOCSPTLCK),	N(TIOCGPTPEER),	 N(FIONCLEX),	 N(FIOCLEX),
	N(FIOASYNC),	N(FIOQSIZE),	 N(SIOCGIFCONF), N(SIOCGIFFLAGS),
	N(SIOCGIFADDR), N(SIOCGIFINDEX), N(FICLONE),	 N(FS_IOC_GETFLAGS),
	{ 0, NULL },
};

static const struct strace_name strace_names_prot[] = {
	N(PROT_READ),	   N(PROT_WRITE),   N(PROT_EXEC),
	N(PROT_GROWSDOWN), N(PROT_GROWSUP), { 0, NULL },
};

static const struct strace_name strace_names_map[] = {
	N(MAP_SHARED),	  N(MAP_PRIVATE),   N(MAP_SHARED_VALIDATE),
	N(MAP_FIXED),	  N(MAP_ANONYMOUS), N(MAP_GROWSDOWN),
	N(MAP_DENYWRITE), N(MAP_LOCKED),    N(MAP_NORESERVE),
	N(MAP_POPULATE),  N(MAP_NONBLOCK),  N(MAP_STACK),
	N(MAP_HUGETLB),	  N(MAP_SYNC),	    N(MAP_FIXED_NOREPLACE),
	{ 0, NULL },
};

static const struct strace_name strace_names_madvise[] = {
	N(MADV_RANDOM),	       N(MADV_SEQUENTIAL),     N(MADV_WILLNEED),
	N(MADV_DONTNEED),      N(MADV_FREE),	       N(MADV_REMOVE),
	N(MADV_DONTFORK),      N(MADV_DOFORK),	       N(MADV_MERGEABLE),
	N(MADV_UNMERGEABLE),   N(MADV_HUGEPAGE),       N(MADV_NOHUGEPAGE),
	N(MADV_DONTDUMP),      N(MADV_DODUMP),	       N(MADV_WIPEONFORK),
	N(MADV_KEEPONFORK),    N(MADV_COLD),	       N(MADV_PAGEOUT),
	N(MADV_POPULATE_READ), N(MADV_POPULATE_WRITE), { 0, NULL },
};

static const struct strace_name strace_names_clone[] = {
	N(CLONE_VM),
	N(CLONE_FS),
	N(CLONE_FILES),
	N(CLONE_SIGHAND),
	N(CLONE_PIDFD),
	N(CLONE_PTRACE),
	N(CLONE_VFORK),
	N(CLONE_PARENT),
	N(CLONE_THREAD),
	N(CLONE_NEWNS),
	N(CLONE_SYSVSEM),
	N(CLONE_SETTLS),
	N(CLONE_PARENT_SETTID),
	N(CLONE_CHILD_CLEARTID),
	N(CLONE_DETACHED),
	N(CLONE_UNTRACED),
	N(CLONE_CHILD_SETTID),
	N(CLONE_NEWCGROUP),
	N(CLONE_NEWUTS),
	N(CLONE_NEWIPC),
	N(CLONE_NEWUSER),
	N(CLONE_NEWPID),
	N(CLONE_NEWNET),
	N(CLONE_IO),
	N(SIGCHLD),
	{ 0, NULL },
};

static const struct strace_name strace_names_signal[] = {
	N(SIGHUP),    N(SIGINT),   N(SIGQUIT),	N(SIGILL),  N(SIGTRAP),
	N(SIGABRT),   N(SIGBUS),   N(SIGFPE),	N(SIGKILL), N(SIGUSR1),
	N(SIGSEGV),   N(SIGUSR2),  N(SIGPIPE),	N(SIGALRM), N(SIGTERM),
	N(SIGSTKFLT), N(SIGCHLD),  N(SIGCONT),	N(SIGSTOP), N(SIGTSTP),
	N(SIGTTIN),   N(SIGTTOU),  N(SIGURG),	N(SIGXCPU), N(SIGXFSZ),
	N(SIGVTALRM), N(SIGPROF),  N(SIGWINCH), N(SIGIO),   N(SIGPWR),
	N(SIGSYS),    { 0, NULL },
};

static const struct strace_name strace_names_how[] = {
	N(SIG_UNBLOCK),
	N(SIG_SETMASK),
	{ 0, NULL },
};

static const struct strace_name strace_names_wait[] = {
	N(WNOHANG),	N(WUNTRACED), N(WEXITED),  N(WCONTINUED), N(WNOWAIT),
	N(__WNOTHREAD), N(__WALL),    N(__WCLONE), { 0, NULL },
};

static const struct strace_name strace_names_futex[] = {
	N(FUTEX_WAKE),
	N(FUTEX_FD),
	N(FUTEX_REQUEUE),
	N(FUTEX_CMP_REQUEUE),
	N(FUTEX_WAKE_OP),
	N(FUTEX_LOCK_PI),
	N(FUTEX_UNLOCK_PI),
	N(FUTEX_TRYLOCK_PI),
	N(FUTEX_WAIT_BITSET),
	N(FUTEX_WAKE_BITSET),
	N(FUTEX_WAIT_REQUEUE_PI),
	N(FUTEX_CMP_REQUEUE_PI),
	N(FUTEX_LOCK_PI2),
	N(FUTEX_PRIVATE_FLAG),
	N(FUTEX_CLOCK_REALTIME),
	{ 0, NULL },
};

static const struct strace_name strace_names_family[] = {
	N(AF_UNIX),    N(AF_INET),   N(AF_INET6),
	N(AF_NETLINK), N(AF_PACKET), { 0, NULL },
};

static const struct strace_name strace_names_socktype[] = {
	N(SOCK_STREAM),	  N(SOCK_DGRAM),     N(SOCK_RAW),
	N(SOCK_RDM),	  N(SOCK_SEQPACKET), N(SOCK_PACKET),
	N(SOCK_NONBLOCK), N(SOCK_CLOEXEC),   { 0, NULL },
};

static const struct strace_name strace_names_clock[] = {
	N(CLOCK_MONOTONIC),
	N(CLOCK_PROCESS_CPUTIME_ID),
	N(CLOCK_THREAD_CPUTIME_ID),
	N(CLOCK_MONOTONIC_RAW),
	N(CLOCK_REALTIME_COARSE),
	N(CLOCK_MONOTONIC_COARSE),
	N(CLOCK_BOOTTIME),
	N(CLOCK_REALTIME_ALARM),
	N(CLOCK_BOOTTIME_ALARM),
	N(CLOCK_TAI),
	{ 0, NULL },
};

static const struct strace_name strace_names_rlimit[] = {
	N(RLIMIT_FSIZE),  N(RLIMIT_DATA),	N(RLIMIT_STACK),
	N(RLIMIT_CORE),	  N(RLIMIT_RSS),	N(RLIMIT_NPROC),
	N(RLIMIT_NOFILE), N(RLIMIT_MEMLOCK),	N(RLIMIT_AS),
	N(RLIMIT_LOCKS),  N(RLIMIT_SIGPENDING), N(RLIMIT_MSGQUEUE),
	N(RLIMIT_NICE),	  N(RLIMIT_RTPRIO),	N(RLIMIT_RTTIME),
	{ 0, NULL },
};

static const struct strace_name strace_names_epoll[] = {
	N(EPOLL_CTL_ADD),
	N(EPOLL_CTL_DEL),
	N(EPOLL_CTL_MOD),
	{ 0, NULL },
};

static const struct strace_flags strace_flags[] = {
	{ 'O', O_ACCMODE, strace_names_open, "O_RDONLY" },
	{ 'a', 0, strace_names_access, "F_OK" },
	{ 't', 0, strace_names_at, NULL },
	{ 'H', ~0u, strace_names_whence, "SEEK_SET" },
	{ 'F', ~0u, strace_names_fcntl, "F_DUPFD" },
	{ 'I', ~0u, strace_names_ioctl, NULL },
	{ 'P', 0, strace_names_prot, "PROT_NONE" },
	{ 'M', MAP_TYPE, strace_names_map, NULL },
	{ 'm', ~0u, strace_names_madvise, "MADV_NORMAL" },
	{ 'C', CSIGNAL, strace_names_clone, NULL },
	{ 'S', ~0u, strace_names_signal, NULL },
	{ 'h', ~0u, strace_names_how, "SIG_BLOCK" },
	{ 'W', 0, strace_names_wait, NULL },
	{ 'K', 0x7fu, strace_names_futex, "FUTEX_WAIT" },
	{ 'A', ~0u, strace_names_family, "AF_UNSPEC" },
	{ 'T', 0xfu, strace_names_socktype, NULL },
	{ 'c', ~0u, strace_names_clock, "CLOCK_REALTIME" },
	{ 'R', ~0u, strace_names_rlimit, "RLIMIT_CPU" },
	{ 'E', ~0u, strace_names_epoll, NULL },
};

static const struct strace_name strace_errnos[] = {
	N(EPERM),
	N(ENOENT),
	N(ESRCH),
	N(EINTR),
	N(EIO),
	N(ENXIO),
	N(E2BIG),
	N(ENOEXEC),
	N(EBADF),
	N(ECHILD),
	N(EAGAIN),
	N(ENOMEM),
	N(EACCES),
	N(EFAULT),
	N(ENOTBLK),
	N(EBUSY),
	N(EEXIST),
	N(EXDEV),
	N(ENODEV),
	N(ENOTDIR),
	N(EISDIR),
	N(EINVAL),
	N(ENFILE),
	N(EMFILE),
	N(ENOTTY),
	N(ETXTBSY),
	N(EFBIG),
	N(ENOSPC),
	N(ESPIPE),
	N(EROFS),
	N(EMLINK),
	N(EPIPE),
	N(EDOM),
	N(ERANGE),
	N(EDEADLK),
	N(ENAMETOOLONG),
	N(ENOLCK),
	N(ENOSYS),
	N(ENOTEMPTY),
	N(ELOOP),
	N(ENOMSG),
	N(EIDRM),
	N(ECHRNG),
	N(EL2NSYNC),
	N(EL3HLT),
	N(EL3RST),
	N(ELNRNG),
	N(EUNATCH),
	N(ENOCSI),
	N(EL2HLT),
	N(EBADE),
	N(EBADR),
	N(EXFULL),
	N(ENOANO),
	N(EBADRQC),
	N(EBADSLT),
	N(EBFONT),
	N(ENOSTR),
	N(ENODATA),
	N(ETIME),
	N(ENOSR),
	N(ENONET),
	N(ENOPKG),
	N(EREMOTE),
	N(ENOLINK),
	N(EADV),
	N(ESRMNT),
	N(ECOMM),
	N(EPROTO),
	N(EMULTIHOP),
	N(EDOTDOT),
	N(EBADMSG),
	N(EOVERFLOW),
	N(ENOTUNIQ),
	N(EBADFD),
	N(EREMCHG),
	N(ELIBACC),
	N(ELIBBAD),
	N(ELIBSCN),
	N(ELIBMAX),
	N(ELIBEXEC),
	N(EILSEQ),
	N(ERESTART),
	N(ESTRPIPE),
	N(EUSERS),
	N(ENOTSOCK),
	N(EDESTADDRREQ),
	N(EMSGSIZE),
	N(EPROTOTYPE),
	N(ENOPROTOOPT),
	N(EPROTONOSUPPORT),
	N(ESOCKTNOSUPPORT),
	N(EOPNOTSUPP),
	N(EPFNOSUPPORT),
	N(EAFNOSUPPORT),
	N(EADDRINUSE),
	N(EADDRNOTAVAIL),
	N(ENETDOWN),
	N(ENETUNREACH),
	N(ENETRESET),
	N(ECONNABORTED),
	N(ECONNRESET),
	N(ENOBUFS),
	N(EISCONN),
	N(ENOTCONN),
	N(ESHUTDOWN),
	N(ETOOMANYREFS),
	N(ETIMEDOUT),
	N(ECONNREFUSED),
	N(EHOSTDOWN),
	N(EHOSTUNREACH),
	N(EALREADY),
	N(EINPROGRESS),
	N(ESTALE),
	N(EUCLEAN),
	N(ENOTNAM),
	N(ENAVAIL),
	N(EISNAM),
	N(EREMOTEIO),
	N(EDQUOT),
	N(ENOMEDIUM),
	N(EMEDIUMTYPE),
	N(ECANCELED),
	N(ENOKEY),
	N(EKEYEXPIRED),
	N(EKEYREVOKED),
	N(EKEYREJECTED),
	N(EOWNERDEAD),
	N(ENOTRECOVERABLE),
	N(ERFKILL),
	N(EHWPOISON),
	{ 0, NULL },
};

const struct strace_flags *strace_flags_find(char letter)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(strace_flags); i++)
		if (strace_flags[i].letter == letter)
			return &strace_flags[i];
	return NULL;
}

const char *strace_errno_name(u32 err)
{
	const struct strace_name *e;

	for (e = strace_errnos; e->name; e++)
		if (e->val == err)
			return e->name;
	return NULL;
}

/* Does the name stand for something in what is left of the value? */
static bool strace_name_matches(const struct strace_flags *t, u32 name, u32 v)
{
	if (name & t->field && (name & t->field) != (v & t->field))
		return false;
	return (name & v) == name;
}

void strace_flags_format(const struct strace_flags *t, u32 v, char *buf,
			 size_t n)
{
	const struct strace_name *e;
	size_t len = 0;

	if (t->zero && !(v & (t->field ? t->field : ~0u)))
		len = (size_t)snprintf(buf, n, "%s", t->zero);
	for (e = t->names; e->name && len < n; e++) {
		if (!strace_name_matches(t, e->val, v))
			continue;
		len += (size_t)snprintf(buf + len, n - len, "%s%s",
					len ? "|" : "", e->name);
		v &= ~(e->val & t->field ? e->val | t->field : e->val);
	}
	if (len < n && (v || !len))
		snprintf(buf + len, n - len, v ? "%s0x%x" : "%s%u",
			 len ? "|" : "", v);
}
