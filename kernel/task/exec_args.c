// SPDX-License-Identifier: GPL-2.0
/*
 * execve(2): argument strings, and the stack a program starts with.
 *
 * From the top down, as Linux lays it out and ps, gdb and language runtimes
 * expect it: eight zero bytes, the program's name, the environment strings, the
 * argument strings; then, a little lower (randomised), the platform string and
 * sixteen random bytes; then the auxiliary vector, envp, argv, argc, where the
 * stack pointer is left, at a multiple of 16.
 *
 * Limits as execve(2) tells them: 128 KiB a string, a quarter of RLIMIT_STACK
 * for all of them with their pointers, but at least 128 KiB and at most 6 MiB.
 */
#include <abi/auxv.h>
#include <abi/limits.h>
#include <abi/personality.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include "exec.h"

#define EXEC_STRING_MAX (32 * PAGE_SIZE)
#define EXEC_ARGS_MAX	(6ull << 20)
#define EXEC_PTR_BATCH	16u

void exec_args_init(struct exec_args *a)
{
	memset(a, 0, sizeof(*a));
	a->limit = min(rlimit(RLIMIT_STACK) / 4, EXEC_ARGS_MAX);
	a->limit = max(a->limit, (u64)ARG_MAX);
}

void exec_args_free(struct exec_args *a)
{
	for (u32 i = 0; i < a->npages; i++)
		page_free(a->page[i], 0);
	kfree(a->page);
	kfree(a->prefix);
	a->page = NULL;
	a->prefix = NULL;
	a->npages = 0;
}

/* Room at the end: *p, and how many bytes of it there are. */
static int exec_args_room(struct exec_args *a, char **p, u64 *n)
{
	u32 i = (u32)(a->used >> PAGE_SHIFT);
	u64 off = a->used & (PAGE_SIZE - 1);

	if (i == a->npages) {
		if (i == a->max_pages) {
			u32 max_pages = a->max_pages ? 4 * a->max_pages : 8;
			char **pages =
				krealloc(a->page, max_pages * sizeof(*pages));

			if (!pages)
				return -ENOMEM;
			a->page = pages;
			a->max_pages = max_pages;
		}
		a->page[i] = page_alloc(0);
		if (!a->page[i])
			return -ENOMEM;
		a->npages++;
	}
	*p = a->page[i] + off;
	*n = PAGE_SIZE - off;
	return 0;
}

static bool exec_args_full(const struct exec_args *a)
{
	return exec_args_bytes(a) + 8ull * (a->argc + a->envc + 2) > a->limit;
}

static int exec_args_add_user(struct exec_args *a, uaddr s)
{
	u64 start = a->used, n;
	char *p;

	for (;;) {
		int err = exec_args_room(a, &p, &n);
		ssize_t len;

		if (err)
			return err;
		len = strncpy_from_user(p, s, n);
		if (len < 0)
			return (int)len;
		if ((u64)len < n) {
			a->used += (u64)len + 1;
			break;
		}
		a->used += n;
		s = uadd(s, n);
		if (a->used - start >= EXEC_STRING_MAX || exec_args_full(a))
			return -E2BIG;
	}
	if (a->used - start > EXEC_STRING_MAX || exec_args_full(a))
		return -E2BIG;
	return 0;
}

static int exec_args_add(struct exec_args *a, const char *s)
{
	u64 left = strlen(s) + 1, n;
	char *p;

	if (left > EXEC_STRING_MAX)
		return -E2BIG;
	while (left) {
		int err = exec_args_room(a, &p, &n);

		if (err)
			return err;
		n = min(n, left);
		memcpy(p, s, n);
		a->used += n;
		s += n;
		left -= n;
	}
	return exec_args_full(a) ? -E2BIG : 0;
}

static int exec_args_take_user(struct exec_args *a, uaddr vec, u32 *count)
{
	u64 ptr[EXEC_PTR_BATCH];

	for (;;) {
		/* not past the page: the vector may end at its very end */
		u64 n = (PAGE_SIZE - (vec.va & (PAGE_SIZE - 1))) / 8;

		n = min(max(n, 1ull), (u64)EXEC_PTR_BATCH);
		if (copy_from_user(ptr, vec, n * 8))
			return -EFAULT;
		for (u64 i = 0; i < n; i++) {
			int err;

			if (!ptr[i])
				return 0;
			++*count;
			err = exec_args_add_user(a, UADDR(ptr[i]));
			if (err)
				return err;
		}
		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
		vec = uadd(vec, n * 8);
	}
}

int exec_args_take(struct exec_args *a, const struct exec_vector *v, u32 *count,
		   bool at_least_one)
{
	int err = 0;

	if (v->kern) {
		for (u32 i = 0; v->kern[i] && !err; i++) {
			++*count;
			err = exec_args_add(a, v->kern[i]);
		}
	} else if (v->user.va) {
		err = exec_args_take_user(a, v->user, count);
	}
	if (!err && at_least_one && !*count) {
		++*count;
		err = exec_args_add(a, "");
	}
	return err;
}

/* Bytes of the first string in the pages, its NUL included. */
static u64 exec_args_first_len(const struct exec_args *a)
{
	u64 at = a->skip;

	while (a->page[at >> PAGE_SHIFT][at & (PAGE_SIZE - 1)])
		at++;
	return at + 1 - a->skip;
}

int exec_args_prefix(struct exec_args *a, const char *interp, const char *arg,
		     const char *name)
{
	size_t ni = strlen(interp) + 1, na = arg ? strlen(arg) + 1 : 0;
	size_t nn = strlen(name) + 1, drop = 0;
	char *p;

	/* argv[0] is in the prefix already when a script runs a script */
	if (a->prefix_len)
		drop = strlen(a->prefix) + 1;
	else
		a->skip += exec_args_first_len(a);
	p = kmalloc(ni + na + nn + a->prefix_len - drop);
	if (!p)
		return -ENOMEM;
	memcpy(p, interp, ni);
	if (arg)
		memcpy(p + ni, arg, na);
	memcpy(p + ni + na, name, nn);
	if (a->prefix)
		memcpy(p + ni + na + nn, a->prefix + drop,
		       a->prefix_len - drop);
	kfree(a->prefix);
	a->prefix = p;
	a->prefix_len += (u32)(ni + na + nn - drop);
	a->argc += arg ? 2 : 1;
	return exec_args_full(a) ? -E2BIG : 0;
}

/* --- The new stack --- */

static int exec_copy_strings(const struct exec_args *a, u64 to)
{
	u64 at = a->skip;

	if (a->prefix_len && copy_to_user(UADDR(to), a->prefix, a->prefix_len))
		return -EFAULT;
	to += a->prefix_len;
	while (at < a->used) {
		u64 off = at & (PAGE_SIZE - 1);
		u64 n = min(PAGE_SIZE - off, a->used - at);

		if (copy_to_user(UADDR(to), a->page[at >> PAGE_SHIFT] + off, n))
			return -EFAULT;
		to += n;
		at += n;
	}
	return 0;
}

/* Writes words to guest memory, a batch at a time. */
struct exec_words {
	u64 to;
	u32 n;
	int err;
	u64 word[64];
};

static void exec_words_flush(struct exec_words *w)
{
	if (w->n && copy_to_user(UADDR(w->to), w->word, w->n * 8))
		w->err = -EFAULT;
	w->to += w->n * 8;
	w->n = 0;
}

static void exec_words_put(struct exec_words *w, u64 v)
{
	w->word[w->n++] = v;
	if (w->n == ARRAY_SIZE(w->word))
		exec_words_flush(w);
}

/* The address of each string, argv first; both lists end with a zero. */
static void exec_put_pointers(struct exec_words *w, const struct exec_args *a,
			      u64 strings)
{
	u32 left = a->argc, total = a->argc + a->envc, i = 0;
	u64 bytes = exec_args_bytes(a), at = 0;

	exec_words_put(w, a->argc);
	if (!left)
		exec_words_put(w, 0);
	while (i < total && at < bytes) {
		u64 start = at, pos;

		for (;; at++) {
			char c;

			pos = at - a->prefix_len + a->skip;
			c = at < a->prefix_len ? a->prefix[at]
					       : a->page[pos >> PAGE_SHIFT]
							[pos & (PAGE_SIZE - 1)];
			if (!c)
				break;
		}
		at++;
		exec_words_put(w, strings + start);
		if (++i == a->argc)
			exec_words_put(w, 0);
	}
	exec_words_put(w, 0);
}

static int exec_put_low_data(u64 platform, u64 random)
{
	u8 bytes[16];

	host_random(bytes, sizeof(bytes));
	if (copy_to_user(UADDR(random), bytes, sizeof(bytes)) ||
	    copy_to_user(UADDR(platform), host_info.platform,
			 strlen(host_info.platform) + 1))
		return -EFAULT;
	return 0;
}

s64 exec_args_build(struct exec_job *job, struct mm *mm)
{
	const struct exec_args *a = &job->args;
	u64 name_len = strlen(job->filename) + 1, execfn, strings, platform;
	u64 random, p, sp, items;
	struct exec_words w = { 0 };
	u32 shift = 0;

	execfn = job->stack_top - 8 - name_len;
	strings = execfn - exec_args_bytes(a);
	mm->arg_start = strings;
	mm->arg_end = strings + a->prefix_len + a->argv_bytes - a->skip;
	mm->env_start = mm->arg_end;
	mm->env_end = execfn;
	if (copy_to_user(UADDR(execfn), job->filename, name_len) ||
	    exec_copy_strings(a, strings))
		return -EFAULT;

	if (!(current->personality & ADDR_NO_RANDOMIZE))
		host_random(&shift, sizeof(shift));
	p = ALIGN_DOWN(strings - shift % 8192, 16);
	platform = p - strlen(host_info.platform) - 1;
	random = platform - 16;
	if (exec_put_low_data(platform, random))
		return -EFAULT;

	mm->auxv_len = 8 * elf_fill_auxv(job, mm->auxv, ARRAY_SIZE(mm->auxv),
					 random, platform, execfn);
	items = 1 + a->argc + 1 + a->envc + 1;
	sp = ALIGN_DOWN(ALIGN_DOWN(random, 16) - mm->auxv_len - 8 * items, 16);
	w.to = sp;
	exec_put_pointers(&w, a, strings);
	for (u32 i = 0; i < mm->auxv_len / 8; i++)
		exec_words_put(&w, mm->auxv[i]);
	exec_words_flush(&w);
	mm->stack_start = sp;
	return w.err ? w.err : (s64)sp;
}
