/* SPDX-License-Identifier: GPL-2.0 */
/* Between the kernel half and the tests of tests/unit/ext4. */
#ifndef TEST_EXT4_FAKE_H
#define TEST_EXT4_FAKE_H

#include "tools/hostkern/hostkern.h"

#endif
