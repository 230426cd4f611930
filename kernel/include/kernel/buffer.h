/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Metadata blocks in memory: one buffer per block of a device that a file
 * system has its hands on, found by (device, block number). The size is the
 * file system's block size and the same for all buffers of one cache.
 *
 * A buffer is clean, dirty (will be written by write-back or buffer_sync_all)
 * or held by a journal (`journal` is not NULL: nobody but the journal writes it
 * in place, and only after the commit that holds it is on the disk).
 */
#ifndef KERNEL_BUFFER_H
#define KERNEL_BUFFER_H

#include <kernel/block.h>

struct buffer_cache;

struct buffer {
	u64 block;
	u8 *data; /* cache's block size, in the arena, naturally aligned */
	u32 refs;
	bool uptodate, dirty;
	bool write_error;  /* the last attempt failed */
	void *journal;	   /* the file system's journal head */
	struct mutex lock; /* content, for those who need more than their
			      inode's lock */
	struct buffer_cache *cache;
	struct buffer *hash_next;
	struct list_head lru, dirty_node;
};

struct buffer_cache *buffer_cache_create(struct bdev *b, u32 block_size);
/* All buffers gone; dirty ones are lost: sync before. */
void buffer_cache_destroy(struct buffer_cache *c);

/* The block with its content, with a reference. => ERR_PTR: -EIO, -ENOMEM */
struct buffer *buffer_read(struct buffer_cache *c, u64 block);
/* The same without reading: the caller fills it all and sets uptodate. */
struct buffer *buffer_get(struct buffer_cache *c, u64 block);
void buffer_put(struct buffer *b);
/* One more reference on one that is held. */
void buffer_ref(struct buffer *b);
void buffer_mark_dirty(struct buffer *b);
/* Forget a block that was freed: it is never written any more. */
void buffer_forget(struct buffer_cache *c, u64 block);
/* Read ahead of need, without waiting. */
void buffer_readahead(struct buffer_cache *c, u64 block, u32 n);
/* Write this one and wait. */
int buffer_sync(struct buffer *b);
/* Write all dirty ones that no journal holds, and wait. No flush. */
int buffer_sync_all(struct buffer_cache *c);
/* Give memory back: clean buffers without references, oldest first. */
u32 buffer_cache_shrink(u32 nr);

#endif
