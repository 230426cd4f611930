/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel log: a ring of bytes by absolute position. Each record is one line
 * "<level>[seconds] text", seconds since the machine started. The console gets a copy of what is important enough
 * (console_level) as soon as it has registered; before that, and in a panic, the
 * text goes raw to the host.
 */
#include <hostapi/host.h>
#include <kernel/lock.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/tty.h>

#define KLOG_SIZE (256u * 1024)

u32 debug_mask;
u32 console_level = 5; /* levels below this one are shown */
bool console_ready;
u64 klog_start_ns;

static spinlock_t klog_lock;
static char klog_buf[KLOG_SIZE] __big_bss;
static u64 klog_head; /* under klog_lock */
static u32 panic_running;

static void klog_append(const char *s, size_t n)
{
	while (n--)
		klog_buf[klog_head++ % KLOG_SIZE] = *s++;
}

u64 klog_end(void)
{
	return READ_ONCE(klog_head);
}

size_t klog_read(u64 *pos, char *buf, size_t n)
{
	size_t done = 0;

	spin_lock(&klog_lock);
	if (*pos + KLOG_SIZE < klog_head)
		*pos = klog_head - KLOG_SIZE;
	while (done < n && *pos < klog_head)
		buf[done++] = klog_buf[(*pos)++ % KLOG_SIZE];
	spin_unlock(&klog_lock);
	return done;
}

static void printk_line(u32 level, const char *text, size_t n)
{
	char head[40];
	u64 now = time_mono_ns() - klog_start_ns;
	int h = snprintf(head, sizeof(head), "<%u>[%5lu.%06lu] ", level,
			 (unsigned long)(now / NSEC_PER_SEC),
			 (unsigned long)(now % NSEC_PER_SEC / 1000));

	if (!panic_running)
		spin_lock(&klog_lock);
	klog_append(head, (size_t)h);
	klog_append(text, n);
	klog_append("\n", 1);
	if (!panic_running)
		spin_unlock(&klog_lock);
	if (panic_running || level >= console_level) {
		if (panic_running) {
			host_early_print(text, n);
			host_early_print("\n", 1);
		}
		return;
	}
	if (console_ready) {
		console_printk(text, n);
		console_printk("\n", 1);
	} else {
		host_early_print(text, n);
		host_early_print("\n", 1);
	}
}

void printk(const char *fmt, ...)
{
	char buf[512], *p = buf, *nl;
	u32 level = 6;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (p[0] == '<' && p[1] >= '0' && p[1] <= '7' && p[2] == '>') {
		level = (u32)(p[1] - '0');
		p += 3;
	}
	for (; *p; p = nl + 1) {
		nl = strchr(p, '\n');
		if (!nl) {
			printk_line(level, p, strlen(p));
			break;
		}
		printk_line(level, p, (size_t)(nl - p));
	}
}

void panic(const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (atomic_xchg(&panic_running, 1))
		for (;;)
			host_machine_exit(120);
	host_crash_note(NULL);
	printk(KERN_ERR "lodger: kernel panic: %s\n", buf);
	printk(KERN_ERR "task %u (%s)\n", current->tid, current->comm);
	host_dump_state(NULL);
	task_dump_all();
	host_machine_exit(120);
}
