// SPDX-License-Identifier: GPL-2.0
/*
 * Mount options, as ext4(5) lists them. Some choose between ways that Linux has
 * and this has one of: they are accepted and change nothing. What would change
 * what a program sees, or what is safe, is refused.
 */
#include "options.h"

static const char *const options_ignored[] = {
	"delalloc",
	"nodelalloc",
	"auto_da_alloc",
	"noauto_da_alloc",
	"journal_checksum",
	"nojournal_checksum",
	"orlov",
	"oldalloc",
	"init_itable",
	"noinit_itable",
	"block_validity",
	"noblock_validity",
	"dioread_lock",
	"dioread_nolock",
	"bsddf",
	"nogrpid",
	"sysvgroups",
	"quota",
	"noquota",
	"usrquota",
	"grpquota",
	"stripe",
	"inode_readahead_blks",
	"journal_ioprio",
	"max_batch_time",
	"min_batch_time",
	"mblk_io_submit",
	"nomblk_io_submit",
	"nombcache",
	"no_mbcache",
	"nocheck",
	"check",
	"debug",
	"i_version",
	"noi_version",
	"max_dir_size_kb",
	"lazytime",
	"nolazytime",
	"mb_optimize_scan",
	"prefetch_block_bitmaps",
	"no_prefetch_block_bitmaps",
	"reservation",
	"noreservation",
	"bh",
	"nobh",
	"warn_on_error",
	"nowarn_on_error",
	"defaults",
	"rw",
	"ro",
	"relatime",
};

static int option_num(const char *val, u64 max, u64 *out)
{
	if (kstrtou64(val, &val, out) || *val || *out > max)
		return -EINVAL;
	return 0;
}

static int option_errors(struct ext4_options *o, const char *val)
{
	static const char *const name[] = { "continue", "remount-ro", "panic" };

	for (u32 i = 0; i < ARRAY_SIZE(name); i++)
		if (!strcmp(val, name[i])) {
			o->errors = i + 1;
			o->errors_set = true;
			return 0;
		}
	return -EINVAL;
}

static int option_switch(struct ext4_options *o, const char *key)
{
	static const struct {
		const char *name;
		size_t at;
		bool on;
	} sw[] = {
		{ "discard", offsetof(struct ext4_options, discard), true },
		{ "nodiscard", offsetof(struct ext4_options, discard), false },
		{ "noload", offsetof(struct ext4_options, noload), true },
		{ "norecovery", offsetof(struct ext4_options, noload), true },
		{ "nobarrier", offsetof(struct ext4_options, barrier), false },
		{ "acl", offsetof(struct ext4_options, acl), true },
		{ "noacl", offsetof(struct ext4_options, acl), false },
		{ "user_xattr", offsetof(struct ext4_options, user_xattr),
		  true },
		{ "nouser_xattr", offsetof(struct ext4_options, user_xattr),
		  false },
		{ "minixdf", offsetof(struct ext4_options, minixdf), true },
	};

	for (u32 i = 0; i < ARRAY_SIZE(sw); i++)
		if (!strcmp(key, sw[i].name)) {
			*((bool *)o + sw[i].at) = sw[i].on;
			return 0;
		}
	return -EINVAL;
}

static int option_one(struct ext4_options *o, const char *key, const char *val)
{
	int err;
	u64 v;

	if (!strcmp(key, "errors"))
		return option_errors(o, val);
	if (!strcmp(key, "data"))
		return strcmp(val, "ordered") && strcmp(val, "writeback")
			       ? -EINVAL
			       : 0;
	if (!strcmp(key, "commit")) {
		err = option_num(val, 3600, &v);
		o->commit = v ? (u32)v : 5;
		return err;
	}
	if (!strcmp(key, "barrier")) {
		err = *val ? option_num(val, 1, &v) : 0;
		o->barrier = !*val || v;
		return err;
	}
	if (!strcmp(key, "resuid") || !strcmp(key, "resgid")) {
		err = option_num(val, 0xffffffff, &v);
		*(key[3] == 'u' ? &o->resuid : &o->resgid) = (s64)v;
		return err;
	}
	for (u32 i = 0; i < ARRAY_SIZE(options_ignored); i++)
		if (!strcmp(key, options_ignored[i]))
			return 0;
	return option_switch(o, key);
}

int ext4_options_parse(struct ext4_options *o, const char *data)
{
	char *copy, *rest, *s, *val;
	int err = 0;

	if (!data || !*data)
		return 0;
	copy = kstrdup(data);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while (!err && (s = mount_option_next(&rest, &val))) {
		err = option_one(o, s, val ? val : s + strlen(s));
		if (err == -EINVAL)
			printk(KERN_ERR "ext4: option %s%s%s is not known\n", s,
			       val ? "=" : "", val ? val : "");
	}
	kfree(copy);
	return err;
}

void ext4_options_default(struct ext4_options *o, const struct ext4_dsuper *es)
{
	*o = (struct ext4_options){ .barrier = true,
				    .commit = 5,
				    .user_xattr = true,
				    .acl = true,
				    .errors = es->errors == 3 ? 3 : 2,
				    .resuid = es->def_resuid,
				    .resgid = es->def_resgid };
	if (es->default_mount_opts & 0x400) /* discard */
		o->discard = true;
	if (es->default_mount_opts & 0x800) /* nobarrier */
		o->barrier = false;
}

int ext4_show_options(struct super *sb, char *buf, size_t n)
{
	const struct ext4_options *o = &ext4_fs(sb)->opt;
	size_t at = 0;

#define SHOW(...)                                                              \
	do {                                                                   \
		if (at < n)                                                    \
			at += (size_t)snprintf(buf + at, n - at, __VA_ARGS__); \
	} while (0)
	if (n)
		buf[0] = 0;
	if (o->errors_set)
		SHOW(",errors=%s", o->errors == 1   ? "continue"
				   : o->errors == 2 ? "remount-ro"
						    : "panic");
	if (o->resuid)
		SHOW(",resuid=%u", (u32)o->resuid);
	if (o->resgid)
		SHOW(",resgid=%u", (u32)o->resgid);
	if (o->commit != 5)
		SHOW(",commit=%u", o->commit);
	if (!o->barrier)
		SHOW(",nobarrier");
	if (o->discard)
		SHOW(",discard");
	if (o->noload)
		SHOW(",norecovery");
	if (!o->acl)
		SHOW(",noacl");
	if (!o->user_xattr)
		SHOW(",nouser_xattr");
	if (o->minixdf)
		SHOW(",minixdf");
#undef SHOW
	return 0;
}
