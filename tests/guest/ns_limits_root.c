// SPDX-License-Identifier: GPL-2.0
/* /proc/sys/user: how many namespaces there may be; ENOSPC when it is too many. */
#include "ns_util.h"

static void refused(const char *kind, int flag)
{
	char path[64], was[32];

	snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", kind);
	memcpy(was, get(path), sizeof(was) - 1);
	was[sizeof(was) - 1] = 0;
	if (put(path, "0"))
		SKIP("limits cannot be written here");
	errno = 0;
	flag = unshare(flag) == -1 && errno == ENOSPC;
	CHECK_EQ(put(path, was), 0);
	CHECK(flag);
}

/* In a user namespace of its own, not to disturb anybody. */
T(limits)
{
	ns_root(0);
	refused("uts", CLONE_NEWUTS);
	refused("ipc", CLONE_NEWIPC);
	refused("mnt", CLONE_NEWNS);
	refused("user", CLONE_NEWUSER);
	CHECK_EQ(unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS), 0);
}

T_MAIN
