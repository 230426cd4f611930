// SPDX-License-Identifier: GPL-2.0
/* What kernel/include/abi says; compiled as the kernel is. */
#define ABI_IS_OURS
#include <abi_all.h>
#include "abi.h"

const struct abi_value abi_ours[] = {
#include <abi_consts.h>
#include "structs_uapi.h"
#include "structs_libc.h"
	{ 0, 0 },
};
