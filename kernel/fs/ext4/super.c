// SPDX-License-Identifier: GPL-2.0
/*
 * Mounting, unmounting, errors, and what happens every few seconds.
 *
 * Mount: the superblock, checked; the descriptors; the journal is replayed if
 * it has to be, after which everything is read again; then, for writing, the
 * journal is opened, the superblock says that the file system is in use, and
 * the orphans of the last time are seen to.
 *
 * An error in the structure is told once, noted in the superblock on the disk,
 * and ends all writing (errors=remount-ro, also where the superblock says
 * "continue"; who wants that says errors=continue).
 *
 * The thread: dirty files older than a round are written, then the journal is
 * committed, and brought in place when it is a quarter full.
 */
#include <abi/stat.h>
#include <kernel/time.h>
#include "options.h"

static spinlock_t ext4_mounts_lock = SPINLOCK_INIT;
static struct ext4_mounted {
	struct ext4_mounted *next;
	struct super *sb;
	u64 rdev;
} * ext4_mounts;

static const struct super_ops ext4_super_ops;

/* --- errors --- */

void ext4_super_csum(struct ext4_fs *fs)
{
	if (fs->csum)
		fs->es->checksum = ext4_crc32c(
			~0u, fs->es, offsetof(struct ext4_dsuper, checksum));
}

/* In the superblock on the disk, which may be older than the one in memory. */
static void super_note_error(struct ext4_fs *fs)
{
	u32 lb = max(fs->bdev->logical_block, 1024u);
	u64 pos = ALIGN_DOWN((u64)1024, lb);
	u8 *buf = kmalloc(lb);
	struct ext4_dsuper *es;

	if (!buf)
		return;
	es = (void *)(buf + (1024 - pos));
	if (!bdev_read(fs->bdev, pos, buf, lb) && es->magic == EXT4_MAGIC) {
		es->state |= EXT4_STATE_ERROR;
		es->error_count++;
		es->last_error_time = ext4_now();
		if (!es->first_error_time)
			es->first_error_time = es->last_error_time;
		if (fs->csum)
			es->checksum = ext4_crc32c(
				~0u, es,
				offsetof(struct ext4_dsuper, checksum));
		bdev_write(fs->bdev, pos, buf, lb, BIO_FUA);
	}
	kfree(buf);
}

void ext4_error(struct ext4_fs *fs, const char *fmt, ...)
{
	static const char level[] = KERN_ERR;
	char line[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (fs->errors_told < 20)
		printk("%sext4 (%s): error: %s\n", level, fs->bdev->name, line);
	fs->errors_told++;
	if (fs->sb_buf && !fs->read_only_dev && !ext4_readonly(fs)) {
		if (fs->errors_told == 1)
			super_note_error(fs);
		fs->es->state |= EXT4_STATE_ERROR;
	}
	if (fs->opt.errors == 3)
		panic("ext4 (%s): errors=panic", fs->bdev->name);
	if (fs->opt.errors == 2 && !fs->aborted) {
		fs->aborted = true;
		if (!ext4_readonly_flag(fs)) {
			printk("%sext4 (%s): read-only from now on\n", level,
			       fs->bdev->name);
			fs->sb->flags |= MS_RDONLY;
		}
	}
}

int ext4_flush(struct ext4_fs *fs)
{
	u64 writes = READ_ONCE(fs->data_writes);
	int err;

	if (!fs->opt.barrier)
		return 0;
	err = bdev_flush(fs->bdev);
	if (!err)
		WRITE_ONCE(fs->data_flushed, writes);
	return err;
}

/* --- the superblock --- */

static int super_bad(struct ext4_fs *fs, int err, const char *why)
{
	if (!(fs->sb->flags & MS_SILENT))
		printk(KERN_ERR "ext4 (%s): %s\n", fs->bdev->name, why);
	return err;
}

static int super_geometry(struct ext4_fs *fs, const struct ext4_dsuper *es)
{
	u64 groups;

	if (es->log_block_size > 6)
		return super_bad(fs, -EUCLEAN, "block size");
	fs->bsize = 1024u << es->log_block_size;
	fs->bbits = 10 + es->log_block_size;
	fs->spb = fs->bsize / 512;
	if (fs->bsize > PAGE_SIZE)
		return super_bad(fs, -EINVAL, "blocks larger than a page");
	fs->is64 = es->incompat & INCOMPAT_64BIT;
	fs->blocks = es->blocks_count_lo |
		     (fs->is64 ? (u64)es->blocks_count_hi << 32 : 0);
	fs->first_block = es->first_data_block;
	fs->blocks_per_group = es->blocks_per_group;
	fs->inodes_per_group = es->inodes_per_group;
	fs->inodes = es->inodes_count;
	fs->isize = es->rev_level ? es->inode_size : EXT4_GOOD_OLD_ISIZE;
	fs->desc_size = fs->is64 ? es->desc_size : 32;
	if (fs->isize < EXT4_GOOD_OLD_ISIZE || fs->isize > fs->bsize ||
	    (fs->isize & (fs->isize - 1)))
		return super_bad(fs, -EUCLEAN, "inode size");
	if (fs->desc_size < (fs->is64 ? 64 : 32) || fs->desc_size > fs->bsize ||
	    (fs->desc_size & (fs->desc_size - 1)))
		return super_bad(fs, -EUCLEAN, "descriptor size");
	fs->inodes_per_block = fs->bsize / fs->isize;
	fs->desc_per_block = fs->bsize / fs->desc_size;
	if (fs->blocks_per_group < 8 || fs->blocks_per_group > fs->bsize * 8 ||
	    (fs->blocks_per_group & 7) || !fs->inodes_per_group ||
	    fs->inodes_per_group > fs->bsize * 8 ||
	    (fs->inodes_per_group & 7) ||
	    fs->inodes_per_group < fs->inodes_per_block)
		return super_bad(fs, -EUCLEAN, "group size");
	if (fs->first_block != (fs->bsize == 1024) ||
	    fs->blocks <= fs->first_block + 4)
		return super_bad(fs, -EUCLEAN, "number of blocks");
	if (fs->blocks > fs->bdev->size >> fs->bbits)
		return super_bad(fs, -EINVAL, "larger than the disk");
	groups = (fs->blocks - fs->first_block + fs->blocks_per_group - 1) /
		 fs->blocks_per_group;
	if (groups > 0x1000000 / 8 ||
	    groups * fs->inodes_per_group != fs->inodes)
		return super_bad(fs, -EUCLEAN, "number of groups or inodes");
	fs->ngroups = (u32)groups;
	if ((es->incompat & INCOMPAT_META_BG) &&
	    es->first_meta_bg > fs->ngroups / fs->desc_per_block + 1)
		return super_bad(fs, -EUCLEAN, "first meta group");
	if (es->rev_level && (es->first_ino < 11 || es->first_ino > fs->inodes))
		return super_bad(fs, -EUCLEAN, "first inode");
	return 0;
}

static int super_features(struct ext4_fs *fs, struct ext4_dsuper *es, bool ro)
{
	u32 incompat = es->incompat & ~(INCOMPAT_KNOWN | INCOMPAT_READ);
	u32 rocompat = es->ro_compat & ~RO_KNOWN;

	if (es->rev_level > 1)
		return super_bad(fs, -EINVAL, "unknown revision");
	if (!es->rev_level) {
		es->first_ino = 11;
		es->compat = es->incompat = es->ro_compat = 0;
		incompat = rocompat = 0;
	}
	if (es->ro_compat & RO_BIGALLOC)
		return super_bad(fs, -EINVAL, "bigalloc is not supported");
	if (es->incompat & INCOMPAT_JOURNAL_DEV)
		return super_bad(fs, -EINVAL, "a journal, no file system");
	if (incompat) {
		printk(KERN_ERR "ext4 (%s): features not supported: %x\n",
		       fs->bdev->name, incompat);
		return -EINVAL;
	}
	rocompat &= ~(RO_QUOTA | RO_PROJECT | RO_ORPHAN_PRESENT);
	if (!ro && rocompat) {
		printk(KERN_ERR "ext4 (%s): features that cannot be written: "
				"%x\n",
		       fs->bdev->name, rocompat);
		return -EROFS;
	}
	if (!ro && (es->incompat & INCOMPAT_READ))
		return super_bad(fs, -EROFS,
				 "mmp and ea_inode cannot be written");
	if (!ro && (es->ro_compat & (RO_QUOTA | RO_PROJECT)))
		return super_bad(fs, -EROFS, "quotas cannot be written");
	if (!ro && (es->ro_compat & RO_ORPHAN_PRESENT))
		return super_bad(fs, -EROFS,
				 "it has an orphan file in use: "
				 "run e2fsck");
	return 0;
}

/* What the type asked for may not be what it is. */
static bool super_type_fits(const struct fs_type *t,
			    const struct ext4_dsuper *es)
{
	u32 ro = RO_SPARSE_SUPER | RO_LARGE_FILE | RO_BTREE_DIR;
	u32 in = INCOMPAT_FILETYPE | INCOMPAT_META_BG;

	if (!strcmp(t->name, "ext4"))
		return true;
	if (!strcmp(t->name, "ext3")) {
		if (!(es->compat & COMPAT_HAS_JOURNAL))
			return false;
		in |= INCOMPAT_RECOVER;
	}
	return !(es->ro_compat & ~ro) && !(es->incompat & ~in);
}

static int super_load(struct ext4_fs *fs, bool ro)
{
	u8 *tmp = kmalloc(4096);
	struct ext4_dsuper *es;
	int err;

	if (!tmp)
		return -ENOMEM;
	es = (void *)(tmp + 1024);
	err = fs->bdev->size < 8192 ? -EINVAL
				    : bdev_read(fs->bdev, 0, tmp, 4096);
	if (!err && es->magic != EXT4_MAGIC)
		err = super_bad(fs, -EINVAL, "no ext4 file system");
	if (!err)
		err = super_features(fs, es, ro);
	if (!err && !super_type_fits(fs->sb->type, es))
		err = super_bad(fs, -EINVAL, "it is not of this type");
	if (!err && (es->ro_compat & RO_METADATA_CSUM)) {
		if (es->ro_compat & RO_GDT_CSUM)
			err = super_bad(fs, -EINVAL, "two kinds of checksums");
		else if (es->checksum_type != 1 ||
			 es->checksum !=
				 ext4_crc32c(~0u, es,
					     offsetof(struct ext4_dsuper,
						      checksum)))
			err = super_bad(fs, -EUCLEAN,
					"superblock: bad checksum");
	}
	if (!err)
		err = super_geometry(fs, es);
	if (err)
		goto out;
	fs->csum = es->ro_compat & RO_METADATA_CSUM;
	fs->gdt_csum = es->ro_compat & RO_GDT_CSUM;
	fs->extents = es->incompat & INCOMPAT_EXTENTS;
	fs->dir_index = es->compat & COMPAT_DIR_INDEX;
	fs->filetype = es->incompat & INCOMPAT_FILETYPE;
	fs->huge_file = es->ro_compat & RO_HUGE_FILE;
	fs->largedir = es->incompat & INCOMPAT_LARGEDIR;
	fs->csum_seed = es->incompat & INCOMPAT_CSUM_SEED
				? es->checksum_seed
				: ext4_crc32c(~0u, es->uuid, 16);
	fs->hash_unsigned = es->flags & EXT4_FLAG_UNSIGNED_HASH;
	fs->bc = buffer_cache_create(fs->bdev, fs->bsize);
	if (IS_ERR(fs->bc)) {
		err = (int)PTR_ERR(fs->bc);
		fs->bc = NULL;
		goto out;
	}
	fs->sb_buf = buffer_read(fs->bc, 1024 / fs->bsize);
	if (IS_ERR(fs->sb_buf)) {
		err = (int)PTR_ERR(fs->sb_buf);
		fs->sb_buf = NULL;
		goto out;
	}
	fs->es = (void *)(fs->sb_buf->data + 1024 % fs->bsize);
	if (!fs->es->rev_level)
		fs->es->first_ino = 11;
	fs->free_blocks = 0;
	fs->free_inodes = 0;
	err = ext4_groups_read(fs);
out:
	kfree(tmp);
	return err;
}

static void super_unload(struct ext4_fs *fs)
{
	ext4_groups_free(fs);
	if (fs->sb_buf)
		buffer_put(fs->sb_buf);
	fs->sb_buf = NULL;
	fs->es = NULL;
	if (fs->bc)
		buffer_cache_destroy(fs->bc);
	fs->bc = NULL;
}

/* Straight to the disk: there is no journal, or it is empty. */
static int super_write(struct ext4_fs *fs)
{
	struct ext4_dsuper *es = fs->es;

	es->wtime = ext4_now();
	es->free_blocks_lo = (u32)fs->free_blocks;
	if (fs->is64)
		es->free_blocks_hi = (u32)(fs->free_blocks >> 32);
	es->free_inodes = fs->free_inodes;
	ext4_super_csum(fs);
	return bdev_write(fs->bdev, fs->sb_buf->block << fs->bbits,
			  fs->sb_buf->data, fs->bsize,
			  fs->opt.barrier ? BIO_FUA : 0);
}

/* --- the thread --- */

static void super_thread(void *arg)
{
	struct ext4_fs *fs = arg;

	while (!fs->stop) {
		wait_event_deadline(&fs->thread_wait,
				    READ_ONCE(fs->stop) || READ_ONCE(fs->kick),
				    time_mono_ns() +
					    fs->opt.commit * NSEC_PER_SEC,
				    SLEEP_UNINTR, "ext4");
		WRITE_ONCE(fs->kick, false);
		if (!fs->stop)
			ext4_background(fs);
	}
	WRITE_ONCE(fs->thread_live, 0);
	waitqueue_wake_all(&fs->thread_wait);
}

static void super_thread_start(struct ext4_fs *fs)
{
	struct task *t;
	char name[16];

	if (fs->thread_live)
		return;
	fs->stop = false;
	fs->thread_live = 1;
	snprintf(name, sizeof(name), "ext4-%s", fs->bdev->name);
	t = kthread_start(name, super_thread, fs);
	if (!t || IS_ERR(t))
		fs->thread_live = 0;
}

static void super_thread_stop(struct ext4_fs *fs)
{
	WRITE_ONCE(fs->stop, true);
	waitqueue_wake_all(&fs->thread_wait);
	wait_event(&fs->thread_wait, !READ_ONCE(fs->thread_live), "ext4_stop");
}

/* --- writing --- */

int ext4_become_writable(struct ext4_fs *fs)
{
	struct ext4_dsuper *es = fs->es;
	int err;

	if (es->state & EXT4_STATE_ERROR)
		printk(KERN_WARN "ext4 (%s): errors were found in it before: "
				 "run e2fsck\n",
		       fs->bdev->name);
	if ((es->compat & COMPAT_HAS_JOURNAL) && es->journal_inum) {
		err = ext4_journal_open(fs);
		if (err)
			return err;
		es->incompat |= INCOMPAT_RECOVER;
	} else if (es->compat & COMPAT_HAS_JOURNAL) {
		return super_bad(fs, -EINVAL,
				 "a journal on another disk is not supported");
	} else {
		es->state &= (u16)~EXT4_STATE_VALID;
	}
	es->mnt_count++;
	es->mtime = ext4_now();
	err = super_write(fs);
	if (err)
		return err;
	ext4_orphan_cleanup(fs);
	super_thread_start(fs);
	return 0;
}

/* All that is in memory goes out, and the disk says that it is clean. */
static void super_finish(struct ext4_fs *fs)
{
	super_thread_stop(fs);
	ext4_sync_fs(fs);
	if (!fs->aborted)
		ext4_checkpoint_all(fs);
	ext4_journal_close(fs);
	if (fs->aborted)
		return;
	fs->es->incompat &= ~INCOMPAT_RECOVER;
	fs->es->state |= EXT4_STATE_VALID;
	super_write(fs);
	ext4_flush(fs);
}

static int ext4_remount(struct super *sb, u32 flags, const char *data)
{
	struct ext4_fs *fs = ext4_fs(sb);
	struct ext4_options opt = fs->opt;
	bool ro = flags & MS_RDONLY, was = sb->flags & MS_RDONLY;
	int err = ext4_options_parse(&opt, data);

	if (err)
		return err;
	opt.noload = fs->opt.noload;
	if (was && !ro) {
		if (fs->aborted || fs->read_only_dev)
			return -EROFS;
		if (fs->opt.noload)
			return super_bad(fs, -EINVAL, "mounted with noload");
		err = super_features(fs, fs->es, false);
		if (err)
			return err;
		fs->opt = opt;
		sb->flags &= ~MS_RDONLY;
		err = ext4_become_writable(fs);
		if (err)
			sb->flags |= MS_RDONLY;
		return err;
	}
	fs->opt = opt;
	if (ro && !was) {
		super_finish(fs);
		sb->flags |= MS_RDONLY;
	}
	return 0;
}

/* --- mount --- */

static u64 super_overhead(struct ext4_fs *fs)
{
	u64 n = fs->first_block;
	u32 gd = (fs->ngroups + fs->desc_per_block - 1) / fs->desc_per_block;
	u32 table = (fs->inodes_per_group + fs->inodes_per_block - 1) /
		    fs->inodes_per_block;

	for (u32 g = 0; g < fs->ngroups; g++) {
		n += 2 + table;
		if (ext4_group_has_super(fs, g))
			n += 1 + gd + fs->es->reserved_gdt_blocks;
	}
	if (fs->es->overhead_blocks)
		n = fs->es->overhead_blocks;
	return min(n, fs->blocks);
}

/* Replay, where it is due. => 1 when everything must be read again */
static int super_replay(struct ext4_fs *fs, bool ro)
{
	int err;

	if (!(fs->es->compat & COMPAT_HAS_JOURNAL) ||
	    !(fs->es->incompat & INCOMPAT_RECOVER))
		return 0;
	if (fs->opt.noload) {
		if (!ro)
			return super_bad(fs, -EINVAL,
					 "noload wants a read-only mount");
		return 0;
	}
	if (fs->read_only_dev)
		return super_bad(fs, -EROFS,
				 "its journal must be replayed, and the disk "
				 "is read-only: try noload");
	if (!fs->es->journal_inum)
		return super_bad(fs, -EINVAL,
				 "a journal on another disk is not supported");
	err = ext4_journal_replay(fs);
	return err ? err : 1;
}

static int super_fill(struct ext4_fs *fs, u32 flags, const char *data)
{
	bool ro = flags & MS_RDONLY;
	struct ext4_dsuper *es;
	struct inode *root;
	int err = super_load(fs, ro);

	if (err)
		return err;
	ext4_options_default(&fs->opt, fs->es);
	err = ext4_options_parse(&fs->opt, data);
	if (err)
		return err;
	err = super_replay(fs, ro);
	if (err < 0)
		return err;
	if (err) {
		super_unload(fs);
		err = super_load(fs, ro);
		if (err)
			return err;
		if (ro) { /* replayed: it is clean */
			fs->es->incompat &= ~INCOMPAT_RECOVER;
			err = super_write(fs);
		}
		if (err)
			return err;
	}
	es = fs->es;
	fs->reserved_blocks = es->r_blocks_count_lo |
			      (fs->is64 ? (u64)es->r_blocks_count_hi << 32 : 0);
	fs->overhead = super_overhead(fs);
	fs->sb->blksize = fs->bsize;
	root = ext4_iget(fs->sb, EXT4_ROOT_INO);
	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	if (!S_ISDIR(root->mode) || !root->nlink) {
		inode_put(root);
		return super_bad(fs, -EUCLEAN, "the root is no directory");
	}
	fs->sb->root = dentry_alloc_root(fs->sb, root);
	if (!fs->sb->root) {
		inode_put(root);
		return -ENOMEM;
	}
	return ro ? 0 : ext4_become_writable(fs);
}

static struct ext4_fs *super_new(struct super *sb, struct bdev *b)
{
	struct ext4_fs *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	fs->sb = sb;
	fs->bdev = b;
	fs->read_only_dev = b->read_only;
	fs->opt.errors = 2;
	fs->opt.barrier = true;
	mutex_init(&fs->alloc_lock);
	mutex_init(&fs->wb_lock);
	mutex_init(&fs->orphan_lock);
	spin_init(&fs->inode_lock);
	spin_init(&fs->dirty_lock);
	list_init(&fs->dirty);
	list_init(&fs->orphans);
	waitqueue_init(&fs->thread_wait);
	return fs;
}

/* The same disk again: the same super, with a reference. */
static struct super *super_mounted(u64 rdev, u32 flags)
{
	struct super *sb = NULL;

	spin_lock(&ext4_mounts_lock);
	for (struct ext4_mounted *m = ext4_mounts; m; m = m->next)
		if (m->rdev == rdev && ref_get_unless_zero(&m->sb->refs))
			sb = m->sb;
	spin_unlock(&ext4_mounts_lock);
	if (sb && ((sb->flags ^ flags) & MS_RDONLY)) {
		super_put(sb);
		return ERR_PTR(-EBUSY);
	}
	return sb;
}

static struct super *ext4_mount(const struct fs_type *t, const char *source,
				u32 flags, const char *data)
{
	struct ext4_mounted *m;
	struct ext4_fs *fs;
	struct super *sb;
	struct bdev *b;
	u64 rdev = 0;
	int err = bdev_from_source(source, &rdev);

	if (err)
		return ERR_PTR(err);
	sb = super_mounted(rdev, flags);
	if (sb)
		return sb;
	m = kzalloc(sizeof(*m));
	sb = m ? super_alloc(t) : NULL;
	if (!sb) {
		kfree(m);
		return ERR_PTR(-ENOMEM);
	}
	/* read-only mounts replay the journal as well, if they can */
	b = bdev_open(rdev, true, sb);
	if (IS_ERR(b) && PTR_ERR(b) == -EROFS && (flags & MS_RDONLY))
		b = bdev_open(rdev, false, sb);
	fs = IS_ERR(b) ? NULL : super_new(sb, b);
	if (!fs) {
		kfree(m);
		super_put(sb);
		if (!IS_ERR(b))
			bdev_close(b, sb);
		return IS_ERR(b) ? (struct super *)b : ERR_PTR(-ENOMEM);
	}
	sb->priv = fs;
	sb->ops = &ext4_super_ops;
	sb->magic = EXT4_MAGIC;
	sb->dev = rdev;
	sb->flags = flags;
	m->sb = sb;
	m->rdev = rdev;
	spin_lock(&ext4_mounts_lock);
	m->next = ext4_mounts;
	ext4_mounts = m;
	spin_unlock(&ext4_mounts_lock);
	err = super_fill(fs, flags, data);
	if (!err)
		return sb;
	fs->dying = true;
	super_put(sb);
	return ERR_PTR(err);
}

static void ext4_kill(struct super *sb)
{
	struct ext4_fs *fs = ext4_fs(sb);
	struct ext4_mounted **pp, *m;

	if (!fs)
		return;
	spin_lock(&ext4_mounts_lock);
	for (pp = &ext4_mounts; (m = *pp) && m->sb != sb; pp = &m->next)
		;
	if (m)
		*pp = m->next;
	spin_unlock(&ext4_mounts_lock);
	kfree(m);
	if (fs->es && !(sb->flags & MS_RDONLY) && !fs->dying) {
		super_finish(fs);
	} else {
		super_thread_stop(fs);
		ext4_drop_dirty(fs);
		ext4_journal_close(fs);
	}
	fs->opt.discard = false;
	ext4_close_held(fs);
	if (fs->group)
		ext4_release_held(fs);
	super_unload(fs);
	bdev_close(fs->bdev, sb);
	kfree(fs);
	sb->priv = NULL;
}

/* --- statfs --- */

static int ext4_statfs(struct super *sb, struct statfs_k *st)
{
	struct ext4_fs *fs = ext4_fs(sb);
	u64 free = fs->free_blocks, a, b;

	memset(st, 0, sizeof(*st));
	free -= min(free, READ_ONCE(fs->delayed));
	st->type = EXT4_MAGIC;
	st->bsize = fs->bsize;
	st->blocks = fs->blocks - (fs->opt.minixdf ? 0 : fs->overhead);
	st->bfree = free;
	st->bavail = free - min(free, fs->reserved_blocks);
	st->files = fs->inodes;
	st->ffree = fs->free_inodes;
	st->namelen = EXT4_NAME_MAX;
	memcpy(&a, fs->es->uuid, 8);
	memcpy(&b, fs->es->uuid + 8, 8);
	st->fsid = a ^ b;
	return 0;
}

static const struct super_ops ext4_super_ops = {
	.evict = ext4_evict,
	.statfs = ext4_statfs,
	.sync = ext4_sync_super,
	.kill = ext4_kill,
	.remount = ext4_remount,
	.show_options = ext4_show_options,
};

static struct fs_type ext4_type = { .name = "ext4", .mount = ext4_mount };
static struct fs_type ext3_type = { .name = "ext3", .mount = ext4_mount };
static struct fs_type ext2_type = { .name = "ext2", .mount = ext4_mount };

void ext4_init(void)
{
	ext4_crc_init();
	fs_register(&ext3_type);
	fs_register(&ext2_type);
	fs_register(&ext4_type);
}
