/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The root file system and the mounts a program expects to find.
 *
 * The root is a host folder (hostfs) or a tmpfs with the built-in archive
 * unpacked. /dev is mounted in any case, because init needs a console; the
 * others only for a job: an init of its own mounts them itself. A root that is
 * read-only gets a tmpfs on /tmp and /run. A missing mount point is not an
 * error: a root may be as small as one static program.
 */
#include <abi/mount.h>
#include <abi/errno.h>
#include <kernel/block.h>
#include <kernel/fs.h>
#include <kernel/machine.h>
#include <kernel/net.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/vfs.h>
#include <kernel/task.h>
#include "internal.h"

struct init_mount {
	const char *source, *target, *type;
	u64 flags;
	const char *data;
};

static void init_mount_one(const struct init_mount *m)
{
	int err = do_mount(m->source, m->target, m->type, m->flags, m->data);

	if (err)
		pr_debug(DEBUG_VFS, "mount of %s on %s: error %d\n", m->type,
			 m->target, -err);
}

static const char *init_root_error(int err)
{
	switch (-err) {
	case ENXIO:
		return "there is no such disk";
	case EINVAL:
		return "no file system that this kernel knows is on it, or it "
		       "is broken";
	case ENODEV:
		return "there is no such file system (rootfstype=)";
	default:
		return init_error(err);
	}
}

/* One of a list of types, separated by commas. => 0 or the last error */
static int init_mount_disk_as(const char *at, const char *types, u64 flags)
{
	const char *data = init_words.rootflags ? init_words.rootflags : "";
	int err = -ENODEV;
	char type[16];

	while (*types && err) {
		size_t n = 0;

		while (types[n] && types[n] != ',')
			n++;
		if (n && n < sizeof(type)) {
			memcpy(type, types, n);
			type[n] = 0;
			err = do_mount(init_words.root, at, type, flags, data);
			if (err == -EACCES || err == -EROFS)
				err = do_mount(init_words.root, at, type,
					       flags | MS_RDONLY, data);
		}
		types += n;
		if (*types == ',')
			types++;
	}
	return err;
}

/* root=/dev/ubda: what rootfstype= says, else what fits. */
static int init_mount_disk(const struct boot_params *bp, const char *at)
{
	u64 flags = bp->flags & BOOT_ROOT_RW ? 0 : MS_RDONLY;
	const char *types = init_words.rootfstype;
	int err;

	if (!bdev_by_name(init_words.root))
		return -ENXIO;
	if (types && strcmp(types, "auto"))
		return init_mount_disk_as(at, types, flags);
	err = init_mount_disk_as(at, "ext4,ext2,squashfs,erofs", flags);
	return err == -EINVAL || err == -ENODEV ? -EINVAL : err;
}

static int init_mount_given(const struct boot_params *bp, const char *at)
{
	if (bp->flags & BOOT_ROOT_DISK)
		return init_mount_disk(bp, at);
	return do_mount("/dev/root", at, "hostfs",
			bp->flags & BOOT_ROOT_RW ? 0 : MS_RDONLY, "");
}

/*
 * The given root below, a directory of a tmpfs above: made in that tmpfs, which
 * is the root for a moment and then out of everybody's sight.
 */
static int init_mount_overlay(const struct boot_params *bp)
{
	static const char *const names[] = { "lower", "upper", "work", "new" };
	struct path old, top;
	int err = do_mount("tmpfs", "/", "tmpfs", 0, "mode=755");

	if (err)
		return err;
	fs_get_root(&old);
	for (u32 i = 0; !err && i < ARRAY_SIZE(names); i++)
		err = vfs_mkdir(old.dentry, names[i], 0755);
	if (!err)
		err = init_mount_given(bp, "/lower");
	if (!err)
		err = do_mount("overlay", "/new", "overlay", 0,
			       "lowerdir=/lower,upperdir=/upper,workdir=/work");
	if (!err)
		err = path_lookup(AT_FDCWD, "/new", LOOKUP_FOLLOW, &top);
	if (!err) {
		err = mount_switch_root(&top, &old);
		path_put(&top);
	}
	path_put(&old);
	return err;
}

void init_mount_root(const struct boot_params *bp)
{
	int err;

	if (!current->fs)
		current->fs = fs_context_alloc();
	if (!current->fs)
		panic("init: no memory for the first directory");
	if (bp->flags & (BOOT_ROOT_DISK | BOOT_ROOT_OVERLAY)) {
		err = bp->flags & BOOT_ROOT_OVERLAY ? init_mount_overlay(bp)
						    : init_mount_disk(bp, "/");
		if (err) {
			init_complain("cannot mount root=%s: %s",
				      init_words.root ? init_words.root : "",
				      init_root_error(err));
			machine_stop(false, 125);
		}
	} else if (bp->flags & BOOT_ROOT_HOSTFS) {
		err = init_mount_given(bp, "/");
	} else {
		err = do_mount("tmpfs", "/", "tmpfs", 0, "mode=755");
		if (!err)
			err = initramfs_unpack_boot();
	}
	if (err)
		panic("init: cannot mount the root: error %d", -err);
}

/*
 * A job whose network is user mode finds the name server there: over the root's
 * own /etc/resolv.conf where the root is read-only, into it where it is ours.
 */
static void init_resolv_conf(const struct boot_params *bp)
{
	const char *path = bp->flags & BOOT_ROOT_HOSTFS
				   ? "/run/lodger-resolv.conf"
				   : "/etc/resolv.conf";
	u32 a = net_name_server();
	struct file *f;
	char text[64];
	int n;

	if (!a || !(bp->flags & BOOT_HAVE_JOB) || (bp->flags & BOOT_ROOT_RW))
		return;
	f = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (IS_ERR(f))
		return;
	n = snprintf(text, sizeof(text), "nameserver %u.%u.%u.%u\n", a >> 24,
		     a >> 16 & 255, a >> 8 & 255, a & 255);
	file_write_kernel(f, text, (size_t)n, 0);
	file_put(f);
	if (bp->flags & BOOT_ROOT_HOSTFS)
		do_mount(path, "/etc/resolv.conf", "", MS_BIND, "");
}

void init_mount_below(const struct boot_params *bp)
{
	static const struct init_mount dev = { "devtmpfs", "/dev", "devtmpfs",
					       MS_NOSUID, "mode=755" };
	static const struct init_mount job[] = {
		{ "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "" },
		{ "sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "" },
		{ "devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "gid=5,mode=620,ptmxmode=666" },
		{ "tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV,
		  "mode=1777" },
	};
	static const struct init_mount readonly[] = {
		{ "tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" },
		{ "tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755" },
	};

	init_mount_one(&dev);
	if (bp->flags & BOOT_HAVE_JOB)
		for (u32 i = 0; i < ARRAY_SIZE(job); i++)
			init_mount_one(&job[i]);
	if ((bp->flags & (BOOT_ROOT_HOSTFS | BOOT_ROOT_DISK)) &&
	    !(bp->flags & BOOT_ROOT_RW) &&
	    ((bp->flags & BOOT_ROOT_HOSTFS) || (bp->flags & BOOT_HAVE_JOB)))
		for (u32 i = 0; i < ARRAY_SIZE(readonly); i++)
			init_mount_one(&readonly[i]);
	init_resolv_conf(bp);
}
