// SPDX-License-Identifier: GPL-2.0
/* Kernel half of the ext4 tests: all of it is tools/hostkern. */
#include "../../../tools/hostkern/hostkern.c"
