/* SPDX-License-Identifier: GPL-2.0 */
/* What test_mm.c sees of the address spaces under test: fake.c. */
#ifndef TEST_MM_FAKE_H
#define TEST_MM_FAKE_H

#pragma GCC visibility push(default)

#define FAKE_BASE  0x7000a0000000ull /* the pages that are looked at */
#define FAKE_PAGES 192
#define FAKE_FILES 3 /* RAM, backed, small backed */

/* What the fake host has at a page. */
struct fake_page {
	int mapped, prot, kind; /* enum host_map_kind */
	unsigned long long off; /* pool offset */
	int token; /* what the guest wrote privately; 0 = nothing */
};
/* What the vmas say about a page. */
struct fake_vpage {
	int mapped, prot, shared, file; /* file: -1 = none */
	unsigned long long pgoff;
	int reach;
};

void fake_reset(void);
long fake_mmap(unsigned long long addr, unsigned long long len, int prot,
	       int flags, int file, unsigned long long off);
int fake_munmap(unsigned long long addr, unsigned long long len);
int fake_mprotect(unsigned long long addr, unsigned long long len, int prot);
long fake_mremap(unsigned long long addr, unsigned long long old_len,
		 unsigned long long new_len, int flags, unsigned long long to);
int fake_fault(unsigned long long addr, int write);
void fake_truncate(int file, unsigned long long size);
int fake_fork_and_exit(void);
unsigned long long fake_file_pages(int file);
unsigned long long fake_file_window(int file);
struct fake_page *fake_host(int page);
void fake_vma_page(int page, struct fake_vpage *out);
/* Tree order, heap order, gaps, counters. => NULL or what is wrong. */
const char *fake_check_tree(void);
unsigned fake_vma_count(void);
int fake_live_objects(void);
int fake_file_refs(int file);

/* provided by test_mm.c */
void *fake_malloc(unsigned long n);
void fake_free(void *p);
unsigned fake_rand(void);
void fake_die(const char *msg) __attribute__((noreturn));

#pragma GCC visibility pop
#endif
