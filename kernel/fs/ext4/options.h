/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FS_EXT4_OPTIONS_H
#define FS_EXT4_OPTIONS_H

#include "ext4.h"

void ext4_options_default(struct ext4_options *o, const struct ext4_dsuper *es);
int ext4_options_parse(struct ext4_options *o, const char *data);
int ext4_show_options(struct super *sb, char *buf, size_t n);

#endif
