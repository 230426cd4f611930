/* SPDX-License-Identifier: GPL-2.0 */
/* Extended attributes. */
#ifndef ABI_XATTR_H
#define ABI_XATTR_H

#define XATTR_CREATE		0x1
#define XATTR_REPLACE		0x2
#define XATTR_NAME_MAX		255
#define XATTR_LIST_MAX		65536
#define XATTR_SIZE_MAX		65536

#define XATTR_SECURITY_PREFIX	"security."
#define XATTR_SYSTEM_PREFIX	"system."
#define XATTR_TRUSTED_PREFIX	"trusted."
#define XATTR_USER_PREFIX	"user."

#define XATTR_POSIX_ACL_ACCESS	"system.posix_acl_access"
#define XATTR_POSIX_ACL_DEFAULT "system.posix_acl_default"

#endif
