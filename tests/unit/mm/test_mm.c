// SPDX-License-Identifier: GPL-2.0
/*
 * Random mmap, munmap, mprotect, mremap, faults, truncates and forks against a
 * model that knows, page by page, what Linux would have there; after each step
 * the vmas, the tree and the fake host must agree with it. Bytes that a guest
 * wrote to private memory must survive whatever they survive on Linux.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"

#define PAGE	    4096ull
#define PG(n)	    (FAKE_BASE + (unsigned long long)(n)*PAGE)
#define M_SHARED    1
#define M_PRIVATE   2
#define M_FIXED	    16
#define M_ANON	    32
#define M_NOREPLACE 0x100000

struct model {
	int mapped, prot, shared, file, token;
	unsigned long long pgoff;
};
static struct model model[FAKE_PAGES];
static unsigned rnd = 1;
static int next_token, step;

void *fake_malloc(unsigned long n)
{
	return malloc(n);
}
void fake_free(void *p)
{
	free(p);
}
unsigned fake_rand(void)
{
	rnd = rnd * 1103515245u + 12345u;
	return rnd >> 8;
}
void fake_die(const char *msg)
{
	ck_abort_msg("step %d: %s", step, msg);
	abort();
}

static int pick(int n)
{
	return (int)(fake_rand() % (unsigned)n);
}

static void model_page_ok(int i)
{
	struct fake_page *h = fake_host(i);
	struct model *m = &model[i];
	struct fake_vpage v;
	int want = m->prot & 6 ? m->prot | 1 : m->prot;

	fake_vma_page(i, &v);
	ck_assert_msg(v.mapped == m->mapped, "step %d page %d: mapped %d", step,
		      i, v.mapped);
	ck_assert_msg(h->mapped == m->mapped, "step %d page %d: host %d", step,
		      i, h->mapped);
	if (!m->mapped)
		return;
	ck_assert_msg(
		v.prot == m->prot && v.shared == m->shared && v.file == m->file,
		"step %d page %d: vma prot %d/%d shared %d/%d file %d/%d", step,
		i, v.prot, m->prot, v.shared, m->shared, v.file, m->file);
	ck_assert_msg(h->token == m->token, "step %d page %d: lost bytes", step,
		      i);
	if (m->file < 0) {
		ck_assert_msg(h->prot == want, "step %d page %d: host prot %d",
			      step, i, h->prot);
		return;
	}
	ck_assert_int_eq(v.pgoff, m->pgoff);
	ck_assert_msg(!v.reach || m->pgoff < fake_file_pages(m->file),
		      "step %d page %d: reach past the end", step, i);
	ck_assert_msg(h->prot == (v.reach ? want : 0),
		      "step %d page %d: host prot %d, reach %d", step, i,
		      h->prot, v.reach);
	if (v.reach)
		ck_assert_msg(h->off == fake_file_window(m->file) +
						m->pgoff * PAGE,
			      "step %d page %d: wrong place", step, i);
}

static void model_ok(void)
{
	const char *bad = fake_check_tree();
	int i;

	ck_assert_msg(!bad, "step %d: tree: %s", step, bad);
	for (i = 0; i < FAKE_PAGES; i++)
		model_page_ok(i);
}

static void do_map(void)
{
	int n = 1 + pick(20), at = pick(FAKE_PAGES - n), prot = pick(8);
	int file = pick(4) - 1, shared = pick(2), off = pick(30), i;
	int flags = (shared ? M_SHARED : M_PRIVATE) | (file < 0 ? M_ANON : 0);
	long r;

	if (file < 0)
		shared = 0, flags = M_PRIVATE | M_ANON;
	if (pick(3))
		flags |= M_FIXED;
	else if (pick(2))
		flags |= M_NOREPLACE;
	r = fake_mmap(PG(at), (unsigned long long)n * PAGE, prot, flags, file,
		      (unsigned long long)off * PAGE);
	if (flags & M_NOREPLACE) {
		int taken = 0;

		for (i = at; i < at + n; i++)
			taken |= model[i].mapped;
		ck_assert_int_eq(r, taken ? -17 : (long)PG(at));
	}
	if (r < 0)
		return;
	/* A chosen place may lie outside of what the model covers. */
	if (r < (long)FAKE_BASE)
		fake_die("place below the range");
	at = (int)(((unsigned long long)r - FAKE_BASE) / PAGE);
	for (i = 0; i < n; i++) {
		if (!(flags & M_FIXED))
			ck_assert_msg(!model[at + i].mapped,
				      "step %d: place taken", step);
		model[at + i] = (struct model){
			1, prot, shared, file, 0, (unsigned long long)(off + i)
		};
	}
}

static void do_unmap(void)
{
	int n = 1 + pick(12), at = pick(FAKE_PAGES - n), i;

	ck_assert_int_eq(fake_munmap(PG(at), (unsigned long long)n * PAGE), 0);
	for (i = at; i < at + n; i++)
		memset(&model[i], 0, sizeof(model[i]));
}

static void do_protect(void)
{
	int n = 1 + pick(16), at = pick(FAKE_PAGES - n), prot = pick(8), i;
	int r = fake_mprotect(PG(at), (unsigned long long)n * PAGE, prot);

	for (i = at; i < at + n && model[i].mapped; i++)
		model[i].prot = prot;
	ck_assert_int_eq(r, i < at + n ? -12 : 0);
}

/* The guest writes a page: a token for private memory. */
static void do_write(void)
{
	int at = pick(FAKE_PAGES), r;
	struct model *m = &model[at];
	struct fake_page *h = fake_host(at);

	if (!m->mapped) {
		ck_assert_int_eq(fake_fault(PG(at), 1), -14);
		return;
	}
	if (!(m->prot & 2)) {
		ck_assert_int_eq(fake_fault(PG(at), 1), -13);
		return;
	}
	if (!(h->prot & 2)) {
		r = fake_fault(PG(at) + 7, 1);
		if (m->pgoff >= fake_file_pages(m->file)) {
			ck_assert_int_eq(r, -6);
			return;
		}
		ck_assert_int_eq(r, 0);
		ck_assert_msg(h->prot & 2, "step %d: still closed", step);
	}
	if (!m->shared)
		h->token = m->token = ++next_token;
}

static void do_truncate(void)
{
	int file = pick(FAKE_FILES), pages = pick(45), i;

	fake_truncate(file,
		      (unsigned long long)pages * PAGE + (unsigned)pick(2) * 9);
	for (i = 0; i < FAKE_PAGES; i++)
		if (model[i].mapped && model[i].file == file &&
		    !model[i].shared && model[i].pgoff >= fake_file_pages(file))
			model[i].token = 0;
}

/* Does [at, at+n) lie in one vma? The model cannot tell; ask by prot etc. */
static int uniform(int at, int n)
{
	int i;

	for (i = at; i < at + n; i++) {
		if (!model[i].mapped)
			return 0;
		if (i > at &&
		    (model[i].file != model[at].file ||
		     model[i].shared != model[at].shared ||
		     model[i].prot != model[at].prot ||
		     (model[i].file >= 0 &&
		      model[i].pgoff != model[at].pgoff + (unsigned)(i - at))))
			return 0;
	}
	return 1;
}

static void do_remap(void)
{
	int n = 1 + pick(8), at = pick(FAKE_PAGES - n), new_n = 1 + pick(12), i;
	int flags = pick(2), to = 0, keep;
	struct model old[16];
	long r;

	if (flags && pick(2)) {
		flags |= 2;
		to = pick(FAKE_PAGES - new_n);
	}
	r = fake_mremap(PG(at), (unsigned long long)n * PAGE,
			(unsigned long long)new_n * PAGE, flags, PG(to));
	if (r < 0) {
		/* What it had unmapped before it failed is gone on Linux too. */
		if (flags & 2) {
			for (i = 0; i < FAKE_PAGES; i++) {
				struct fake_vpage v;

				fake_vma_page(i, &v);
				if (v.mapped || !model[i].mapped)
					continue;
				ck_assert((i >= to && i < to + new_n) ||
					  (i >= at + new_n && i < at + n));
				memset(&model[i], 0, sizeof(model[i]));
			}
		}
		return;
	}
	keep = n < new_n ? n : new_n;
	if (new_n > n || flags & 2)
		ck_assert(uniform(at, keep));
	memcpy(old, &model[at], sizeof(*old) * (unsigned)keep);
	if ((unsigned long long)r != PG(at))
		for (i = at; i < at + n; i++)
			memset(&model[i], 0, sizeof(model[i]));
	else
		for (i = at + new_n; i < at + n; i++)
			memset(&model[i], 0, sizeof(model[i]));
	at = (int)(((unsigned long long)r - FAKE_BASE) / PAGE);
	if (new_n <= n && !(flags & 2))
		return;
	for (i = 0; i < new_n; i++) {
		if (i < keep) {
			model[at + i] = old[i];
			continue;
		}
		model[at + i] = old[0];
		model[at + i].token = 0;
		model[at + i].pgoff = old[0].pgoff + (unsigned)i;
	}
}

static void run(unsigned seed, int steps)
{
	int base, i;

	rnd = seed;
	memset(model, 0, sizeof(model));
	fake_reset();
	base = fake_live_objects();
	for (step = 0; step < steps; step++) {
		switch (pick(12)) {
		case 0:
		case 1:
		case 2:
			do_map();
			break;
		case 3:
			do_unmap();
			break;
		case 4:
		case 5:
			do_protect();
			break;
		case 6:
		case 7:
		case 8:
			do_write();
			break;
		case 9:
		case 10:
			do_remap();
			break;
		default:
			if (pick(4))
				do_truncate();
			else
				ck_assert_int_eq(fake_fork_and_exit(), 0);
		}
		model_ok();
	}
	fake_munmap(FAKE_BASE, FAKE_PAGES * PAGE);
	ck_assert_int_eq(fake_vma_count(), 2);
	ck_assert_int_eq(fake_live_objects(), base);
	for (i = 0; i < FAKE_FILES; i++)
		ck_assert_int_eq(fake_file_refs(i), 0);
}

START_TEST(random_calls_match_the_model)
{
	run((unsigned)_i * 7919 + 1, 1500);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mm");
	TCase *tc = tcase_create("mm");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, random_calls_match_the_model, 0,
			    getenv("LODGER_LONG") ? 40 : 5);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
