/* SPDX-License-Identifier: GPL-2.0 */
/* AF_UNIX addresses. */
#ifndef ABI_UN_H
#define ABI_UN_H

#include <kernel/types.h>

#define UNIX_PATH_MAX 108

struct sockaddr_un {
	u16 sun_family;
	char sun_path[UNIX_PATH_MAX];
};

#endif
