// SPDX-License-Identifier: GPL-2.0
/*
 * System calls about the machine itself: its names (uname, sethostname,
 * setdomainname), its state (sysinfo, syslog, getcpu), randomness, personality,
 * and its end (reboot).
 *
 * The kernel log is a ring of text in which every position is absolute, so that
 * syslog(2)'s "unread" and "cleared" are two numbers. Nothing wakes a reader
 * when a line comes: SYSLOG_ACTION_READ looks twice a second, which is what its
 * one user, klogd, can live with.
 */
#include <abi/capability.h>
#include <abi/personality.h>
#include <abi/random.h>
#include <abi/reboot.h>
#include <abi/sysinfo.h>
#include <kernel/checks.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/tty.h>
#include <kernel/uaccess.h>

/* --- Names --- */

/* personality(2): what old programs are told. */
static void uts_apply_personality(struct utsname *u)
{
	u32 p = current->personality;

	if (p & UNAME26)
		strlcpy(u->release, "2.6.52-lodger", UTS_LEN);
	if ((p & PER_MASK) == PER_LINUX32)
		strlcpy(u->machine, "i686", UTS_LEN);
}

long sys_uname(uaddr name)
{
	struct utsname u;

	mutex_lock(&uts_lock);
	u = *uts_current();
	mutex_unlock(&uts_lock);
	if (unlikely(current->personality))
		uts_apply_personality(&u);
	return copy_to_user(name, &u, sizeof(u));
}

static long uts_set(char *field, uaddr name, u64 len)
{
	char buf[UTS_LEN];

	if (!uts_may_set())
		return -EPERM;
	if (len > UTS_LEN - 1)
		return -EINVAL;
	memset(buf, 0, sizeof(buf));
	if (copy_from_user(buf, name, len))
		return -EFAULT;
	mutex_lock(&uts_lock);
	memcpy(field, buf, UTS_LEN);
	mutex_unlock(&uts_lock);
	return 0;
}

long sys_sethostname(uaddr name, u64 len)
{
	return uts_set(uts_current()->nodename, name, (u64)(s64)(int)len);
}

long sys_setdomainname(uaddr name, u64 len)
{
	return uts_set(uts_current()->domainname, name, (u64)(s64)(int)len);
}

/* --- State --- */

long sys_sysinfo(uaddr info)
{
	struct sysinfo si;
	struct mem_stats m;
	u32 total, running;

	memset(&si, 0, sizeof(si));
	mm_get_stats(&m);
	task_counts(&total, &running);
	load_get(si.loads);
	si.uptime = (s64)(machine_uptime_ns() / NSEC_PER_SEC);
	si.totalram = m.total_kb << 10;
	si.freeram = m.free_kb << 10;
	si.sharedram = m.shmem_kb << 10;
	si.procs = (u16)min(total, 65535u);
	si.mem_unit = 1;
	return copy_to_user(info, &si, sizeof(si));
}

/* Linux keeps the processor's number in the limit of a segment for this. */
static u32 cpu_number(void)
{
	u32 limit = 0;

	__asm__ volatile("lsl %1, %0" : "=r"(limit) : "r"(0x7bu));
	limit &= 0xfff;
	return host_info.ncpus ? limit % host_info.ncpus : limit;
}

long sys_getcpu(uaddr cpu, uaddr node, uaddr unused)
{
	u32 zero = 0, nr = cpu_number();

	if (cpu.va && put_user(nr, cpu))
		return -EFAULT;
	if (node.va && put_user(zero, node))
		return -EFAULT;
	return 0;
}

long sys_personality(u32 persona)
{
	u32 old = current->personality;

	if (persona != 0xffffffffu)
		current->personality = persona;
	return (long)old;
}

/* --- Randomness --- */

long sys_getrandom(uaddr buf, u64 count, u32 flags)
{
	u8 chunk[256];
	u64 done = 0;
	size_t n;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) ==
	    (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	count = min(count, (u64)0x7fffffff & PAGE_MASK);
	if (buf.va > USER_MAX)
		return -EFAULT;
	while (done < count) {
		n = min_t(size_t, sizeof(chunk), count - done);
		host_random(chunk, n);
		if (copy_to_user(uadd(buf, done), chunk, n))
			break;
		done += n;
		if (done % PAGE_SIZE == 0 && signal_pending(current))
			break;
	}
	memset(chunk, 0, sizeof(chunk));
	/* the secret does not stay on the stack */
	__asm__ volatile("" : : "r"(chunk) : "memory");
	return done || !count ? (long)done : -EFAULT;
}

/* --- The kernel log: syslog(2) --- */

enum syslog_action {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};
#define SYSLOG_POLL_NS	   (500 * NSEC_PER_MSEC)
#define SYSLOG_BUFFER_SIZE (256 * 1024)

static struct mutex syslog_lock = MUTEX_INIT(syslog_lock);
static u64 syslog_read_pos, syslog_clear_pos; /* under syslog_lock */

/* Copy the log from *pos out. => bytes or -EFAULT; advances *pos. */
static long syslog_copy(u64 *pos, u64 end, uaddr buf, u64 len)
{
	char *chunk = kmalloc(1024);
	long done = 0;

	if (!chunk)
		return -ENOMEM;
	while ((u64)done < len && *pos < end) {
		size_t n = min_t(size_t, 1024, len - (u64)done);

		n = klog_read(pos, chunk, min_t(size_t, n, end - *pos));
		if (!n)
			break;
		if (copy_to_user(uadd(buf, done), chunk, n)) {
			done = done ? done : -EFAULT;
			break;
		}
		done += (long)n;
	}
	kfree(chunk);
	return done;
}

static long syslog_read(uaddr buf, u64 len)
{
	long ret;

	for (;;) {
		u32 seq = sleep_prepare();
		int err;

		mutex_lock(&syslog_lock);
		ret = syslog_copy(&syslog_read_pos, klog_end(), buf, len);
		mutex_unlock(&syslog_lock);
		if (ret)
			return ret;
		err = sleep_on(seq, time_mono_ns() + SYSLOG_POLL_NS, SLEEP_INTR,
			       "syslog");
		if (err == -EINTR)
			return -ERESTARTSYS;
	}
}

/* Move to the beginning of the next line unless one begins here. */
static u64 syslog_line_start(u64 pos)
{
	char c;

	if (!pos)
		return 0;
	pos--;
	while (klog_read(&pos, &c, 1) && c != '\n')
		;
	return pos;
}

static long syslog_read_all(uaddr buf, u64 len, bool clear)
{
	u64 end, pos;
	long ret;

	mutex_lock(&syslog_lock);
	end = klog_end();
	pos = syslog_clear_pos;
	if (end > SYSLOG_BUFFER_SIZE)
		pos = max(pos, end - SYSLOG_BUFFER_SIZE);
	if (end - pos > len)
		pos = syslog_line_start(end - len);
	ret = syslog_copy(&pos, end, buf, len);
	if (clear && ret >= 0)
		syslog_clear_pos = end;
	mutex_unlock(&syslog_lock);
	return ret;
}

static long syslog_console(int type, int level)
{
	static u32 saved;

	if (type == SYSLOG_CONSOLE_LEVEL && (level < 1 || level > 8))
		return -EINVAL;
	mutex_lock(&syslog_lock);
	if (type == SYSLOG_CONSOLE_LEVEL) {
		console_level = (u32)level;
		saved = 0;
	} else if (type == SYSLOG_CONSOLE_OFF) {
		if (!saved)
			saved = console_level;
		console_level = 1;
	} else if (saved) {
		console_level = saved;
		saved = 0;
	}
	mutex_unlock(&syslog_lock);
	return 0;
}

long sys_syslog(int type, uaddr buf, int len)
{
	bool open_to_all = type == SYSLOG_READ_ALL ||
			   type == SYSLOG_SIZE_BUFFER;
	bool reads = type >= SYSLOG_READ && type <= SYSLOG_READ_CLEAR;
	u64 unread;

	if (!open_to_all && !capable(CAP_SYSLOG) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (reads && (!buf.va || len < 0))
		return -EINVAL;
	if (reads && !len)
		return 0;
	if (reads && !user_range_ok(buf, (size_t)len))
		return -EFAULT;
	switch (type) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ:
		return syslog_read(buf, (u64)len);
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		return syslog_read_all(buf, (u64)len,
				       type == SYSLOG_READ_CLEAR);
	case SYSLOG_CLEAR:
		mutex_lock(&syslog_lock);
		syslog_clear_pos = klog_end();
		mutex_unlock(&syslog_lock);
		return 0;
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
	case SYSLOG_CONSOLE_LEVEL:
		return syslog_console(type, len);
	case SYSLOG_SIZE_UNREAD:
		unread = klog_end() - READ_ONCE(syslog_read_pos);
		return (long)min(unread, (u64)SYSLOG_BUFFER_SIZE);
	case SYSLOG_SIZE_BUFFER:
		return SYSLOG_BUFFER_SIZE;
	}
	return -EINVAL;
}

/* --- The end --- */

void machine_stop(bool restart, int code)
{
	heap_leak_check();
	console_drain();
	hostio_drain();
	if (restart) {
		struct ring_req *r =
			ring_get(RING_DEV_MONITOR, RING_MON_REBOOT);

		r->arg[0] = (u64)(u32)code;
		ring_call(r);
		ring_put(r);
	}
	host_machine_exit(code);
}

static bool reboot_magic_ok(int magic1, int magic2)
{
	switch ((u32)magic2) {
	case LINUX_REBOOT_MAGIC2:
	case LINUX_REBOOT_MAGIC2A:
	case LINUX_REBOOT_MAGIC2B:
	case LINUX_REBOOT_MAGIC2C:
		return (u32)magic1 == LINUX_REBOOT_MAGIC1;
	}
	return false;
}

long sys_reboot(int magic1, int magic2, u32 cmd, uaddr arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (!reboot_magic_ok(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		printk(KERN_INFO "reboot: Restarting system\n");
		machine_stop(true, 0);
	case LINUX_REBOOT_CMD_HALT:
		printk(KERN_INFO "reboot: System halted\n");
		machine_stop(false, 0);
	case LINUX_REBOOT_CMD_POWER_OFF:
		printk(KERN_INFO "reboot: Power down\n");
		machine_stop(false, 0);
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	}
	return -EINVAL;
}
