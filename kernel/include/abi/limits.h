/* SPDX-License-Identifier: GPL-2.0 */
/* Limits that programs see. */
#ifndef ABI_LIMITS_H
#define ABI_LIMITS_H

#define XATTR_NAME_MAX 255
#define XATTR_LIST_MAX 65536
#define XATTR_SIZE_MAX 65536
#define RTSIG_MAX      32
#define LINK_MAX       127
#define NAME_MAX       255
#define NR_OPEN	       1024
#define PATH_MAX       4096
#define NGROUPS_MAX    65536
#define ARG_MAX	       131072

#endif
