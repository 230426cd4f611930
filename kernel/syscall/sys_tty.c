// SPDX-License-Identifier: GPL-2.0
/*
 * vhangup(2). Everything else that concerns terminals is ioctl(2): a terminal
 * is a file, and kernel/dev/tty_ioctl.c has the requests.
 */
#include <abi/capability.h>
#include <kernel/cred.h>
#include <kernel/syscall.h>
#include <kernel/tty.h>

long sys_vhangup(void)
{
	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	tty_vhangup_current();
	return 0;
}
