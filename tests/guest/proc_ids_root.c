// SPDX-License-Identifier: GPL-2.0
/* The same as root: what proc_ids skips for an ordinary user. */
#include "proc_ids.c"
