/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The start of the kernel. arch-um calls kern_start() in the first kernel
 * thread, with memory and locks working; it runs the initcalls below from top
 * to bottom (their names are printed with `debug`), mounts the root and starts
 * process 1 (init.c). Its thread then sleeps for good: it is the parent of the
 * kernel's threads.
 *
 * The order of the initcalls is the whole truth about who depends on whom; no
 * constructor runs anywhere else.
 */
#include <hostapi/kern.h>
#include <kernel/block.h>
#include <kernel/checks.h>
#include <kernel/fs.h>
#include <kernel/futex.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/mqueue.h>
#include <kernel/net.h>
#include <kernel/pool.h>
#include <kernel/printk.h>
#include <kernel/ring.h>
#include <kernel/sysv.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>
#include <kernel/wait.h>
#include "internal.h"

static const struct boot_params *init_boot;

static void init_pool(void)
{
	pool_init(init_boot->pool_size);
}

static void init_uts(void)
{
	uts_set_nodename(init_boot->hostname);
}

static void init_root(void)
{
	init_mount_root(init_boot);
}

static void init_net_devs(void)
{
	net_dev_init(init_boot);
}

static void init_ctl(void)
{
	ring_event_register(RING_EV_CTL, init_ctl_event);
}

static void init_mounts(void)
{
	init_mount_below(init_boot);
}

static const struct initcall {
	const char *name;
	void (*fn)(void);
} initcalls[] = {
	{ "tasks", task_subsys_init },
	{ "timers", timer_subsys_init },
	{ "memory", mm_subsys_init },
	{ "pool", init_pool },
	{ "futex", futex_init },
	{ "names", init_uts },
	{ "vfs", vfs_init },
	{ "tmpfs", tmpfs_init },
	{ "overlay", overlay_init },
	{ "devtmpfs", devtmpfs_init },
	{ "proc", procfs_init },
	{ "sysfs", sysfs_init },
	{ "net", net_init },
	{ "ring", ring_init },
	{ "ring completions", ring_async_start },
	{ "hostfs", hostfs_init },
	{ "block", block_init },
	{ "disks", ubd_init },
	{ "ext4", ext4_init },
	{ "sysv ipc", sysv_init },
	{ "mqueue", mqueue_init },
	{ "root", init_root },
	{ "tty", tty_init },
	{ "pty", pty_init },
	{ "console", console_init },
	{ "memory devices", mem_dev_init },
	{ "control", init_ctl },
	{ "events", ring_events_start },
	{ "console on", console_start },
	{ "load", load_init },
	{ "network devices", init_net_devs },
	{ "mounts", init_mounts },
};

void kern_start(const struct boot_params *bp)
{
	u64 start = time_mono_ns(), last = start, now;

	asan_init();
	lockdep_on();
	kcov_init(bp);
	klog_start_ns = start;
	init_boot = bp;
	init_parse_words(bp);
	for (u32 i = 0; i < ARRAY_SIZE(initcalls); i++) {
		initcalls[i].fn();
		if (!init_words.debug)
			continue;
		now = time_mono_ns();
		printk(KERN_DEBUG "init: %s (%lu us)\n", initcalls[i].name,
		       (unsigned long)(now - last) / 1000);
		last = now;
	}
	printk(KERN_INFO "Lodger %s: backend %s, %u processors, up in %lu us\n",
	       MACHINE_RELEASE, host_info.backend, host_info.ncpus,
	       (unsigned long)(time_mono_ns() - start) / 1000);
	broken_run();
	init_first_process(bp);
	for (;;)
		sleep_on(sleep_prepare(), TIME_NEVER, SLEEP_UNINTR, "idle");
}

void kern_event(enum kern_event ev)
{
	u32 level = console_level;

	switch (ev) {
	case KERN_EV_DUMP:
		console_level = 8; /* somebody has asked to see it */
		task_dump_all();
		console_level = level;
		break;
	case KERN_EV_POWEROFF:
		init_power_button();
		break;
	case KERN_EV_OOM:
		mm_oom();
		break;
	}
}
