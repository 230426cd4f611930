// SPDX-License-Identifier: GPL-2.0
/*
 * Two calls about file systems that newer ones have replaced: ustat(2), room on
 * a mounted device, and sysfs(2), the list of file-system types by number.
 */
#include "syscall/sys_file.h"
#include "vfs/internal.h"

struct ustat {
	s32 f_tfree;
	u64 f_tinode;
	char f_fname[6], f_fpack[6];
};

/* => with a reference, or NULL */
static struct super *ustat_find(u32 dev)
{
	struct super *sb;

	spin_lock(&super_list_lock);
	for (sb = all_supers; sb; sb = sb->next)
		if ((u32)sb->dev == dev && ref_get_unless_zero(&sb->refs))
			break;
	spin_unlock(&super_list_lock);
	return sb;
}

long sys_ustat(u32 dev, uaddr buf)
{
	struct super *sb = ustat_find(dev);
	struct statfs_k k = { .bfree = 0 };
	struct ustat u;
	int err;

	if (!sb)
		return -EINVAL;
	err = sb->ops && sb->ops->statfs ? sb->ops->statfs(sb, &k) : 0;
	super_put(sb);
	if (err)
		return err;
	memset(&u, 0, sizeof(u));
	u.f_tfree = (s32)k.bfree;
	u.f_tinode = k.ffree;
	return copy_to_user(buf, &u, sizeof(u)) ? -EFAULT : 0;
}

static long sysfs_index(uaddr name)
{
	char want[64];
	struct fs_type *t;
	ssize_t n = strncpy_from_user(want, name, sizeof(want));
	long i = 0;

	if (n < 0)
		return n;
	if (n == sizeof(want))
		return -EINVAL;
	for (t = load_acquire(&fs_types); t; t = load_acquire(&t->next), i++)
		if (!strcmp(t->name, want))
			return i;
	return -EINVAL;
}

static long sysfs_name(u64 index, uaddr buf)
{
	struct fs_type *t = load_acquire(&fs_types);

	while (t && index--)
		t = load_acquire(&t->next);
	if (!t)
		return -EINVAL;
	return copy_to_user(buf, t->name, strlen(t->name) + 1) ? -EFAULT : 0;
}

static long sysfs_count(void)
{
	struct fs_type *t;
	long n = 0;

	for (t = load_acquire(&fs_types); t; t = load_acquire(&t->next))
		n++;
	return n;
}

long sys_sysfs(int option, u64 arg1, u64 arg2)
{
	switch (option) {
	case 1:
		return sysfs_index(UADDR(arg1));
	case 2:
		return sysfs_name(arg1, UADDR(arg2));
	case 3:
		return sysfs_count();
	}
	return -EINVAL;
}
