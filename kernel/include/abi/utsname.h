/* SPDX-License-Identifier: GPL-2.0 */
/* uname(2). */
#ifndef ABI_UTSNAME_H
#define ABI_UTSNAME_H

#include <kernel/types.h>

#define UTS_LEN 65

struct utsname {
	char sysname[UTS_LEN];
	char nodename[UTS_LEN];
	char release[UTS_LEN];
	char version[UTS_LEN];
	char machine[UTS_LEN];
	char domainname[UTS_LEN];
};

#endif
