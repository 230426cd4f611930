// SPDX-License-Identifier: GPL-2.0
/*
 * ELF programs: elf(5), for execve(2).
 *
 * elf_prepare() reads and checks everything that can be checked while the old
 * program is still there to get an error: headers, segments, the interpreter's
 * headers. elf_load() maps both into the empty address space; an error from
 * then on is the end of the process.
 *
 * Nothing a file says is believed: extents are checked against overflow and the
 * user range as unbiased numbers, and every mapping goes through do_mmap(),
 * which checks again.
 *
 * Where things go, as on Linux: ET_EXEC where it says; a PIE with interpreter at
 * two thirds of the user range plus up to 2^40; an interpreter, or a PIE without
 * one, below mmap_base. The heap begins behind the program, randomised; for a
 * static PIE near where a PIE would be.
 */
#include <abi/auxv.h>
#include <abi/personality.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include "exec.h"

#define ELF_DYN_BASE  PAGE_DOWN(USER_MAX / 3 * 2)
#define ELF_RND_PAGES (1ull << 28)
#define ELF_BRK_PAGES (1ull << 18) /* 1 GiB */
#define ELF_PHDRS_MAX 65536u
#define ELF_ALIGN_MAX (1ull << 30)

static u64 elf_random_pages(u64 n)
{
	u64 r;

	if (current->personality & ADDR_NO_RANDOMIZE)
		return 0;
	host_random(&r, sizeof(r));
	return r % n;
}

/* --- Reading and checking --- */

static int elf_read(struct file *f, void *buf, u64 n, u64 pos)
{
	ssize_t r;

	if (pos > (1ull << 62))
		return -ENOEXEC;
	r = file_read_kernel(f, buf, n, (loff_t)pos);
	if (r < 0)
		return (int)r;
	return (u64)r == n ? 0 : -ENOEXEC;
}

static int elf_check_header(const struct elf64_ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    (eh->e_type != ET_EXEC && eh->e_type != ET_DYN) ||
	    eh->e_machine != EM_X86_64 ||
	    eh->e_phentsize != sizeof(struct elf64_phdr) || !eh->e_phnum ||
	    eh->e_phnum * sizeof(struct elf64_phdr) > ELF_PHDRS_MAX)
		return -ENOEXEC;
	return 0;
}

/* Extent and sanity of the segments to load. */
static int elf_check_segments(struct elf_file *e)
{
	u64 lo = ~0ull, hi = 0;

	e->align = PAGE_SIZE;
	for (u32 i = 0; i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *ph = &e->ph[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_filesz > ph->p_memsz || ph->p_vaddr >= USER_MAX ||
		    ph->p_memsz > USER_MAX - ph->p_vaddr ||
		    ph->p_offset + ph->p_filesz < ph->p_offset)
			return -EINVAL;
		if (ph->p_filesz &&
		    ((ph->p_vaddr - ph->p_offset) & (PAGE_SIZE - 1)))
			return -EINVAL;
		lo = min(lo, (u64)PAGE_DOWN(ph->p_vaddr));
		hi = max(hi, (u64)PAGE_UP(ph->p_vaddr + ph->p_memsz));
		if (!(ph->p_align & (ph->p_align - 1)) &&
		    ph->p_align <= ELF_ALIGN_MAX)
			e->align = max(e->align, ph->p_align);
	}
	if (lo >= hi)
		return -ENOEXEC;
	e->lo = lo;
	e->hi = hi;
	return 0;
}

static int elf_read_segments(struct elf_file *e)
{
	u64 n = e->eh.e_phnum * sizeof(struct elf64_phdr);
	int err = elf_check_header(&e->eh);

	if (err)
		return err;
	e->ph = kmalloc(n);
	if (!e->ph)
		return -ENOMEM;
	err = elf_read(e->file, e->ph, n, e->eh.e_phoff);
	return err ? err : elf_check_segments(e);
}

static int elf_open_interp(struct exec_job *job, const struct elf64_phdr *ph)
{
	struct elf_file *ld = &job->ld;
	char *name;
	int err;

	if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
		return -ENOEXEC;
	name = kmalloc(ph->p_filesz);
	if (!name)
		return -ENOMEM;
	err = elf_read(job->prog.file, name, ph->p_filesz, ph->p_offset);
	if (!err && name[ph->p_filesz - 1])
		err = -ENOEXEC;
	if (!err) {
		struct file *f = file_open_exec(AT_FDCWD, name, LOOKUP_FOLLOW);

		if (IS_ERR(f))
			err = (int)PTR_ERR(f);
		else
			ld->file = f;
	}
	kfree(name);
	if (err)
		return err;
	err = elf_read(ld->file, &ld->eh, sizeof(ld->eh), 0);
	if (err == -ENOEXEC)
		return -EIO; /* as Linux, for a file too short */
	if (!err)
		err = elf_read_segments(ld);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

int elf_prepare(struct exec_job *job)
{
	struct elf_file *e = &job->prog;
	int err;

	if (job->size < sizeof(e->eh))
		return -ENOEXEC;
	memcpy(&e->eh, job->head, sizeof(e->eh));
	e->file = job->file;
	err = elf_read_segments(e);
	if (err)
		return err;
	for (u32 i = 0; i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *ph = &e->ph[i];

		if (ph->p_type == PT_GNU_STACK)
			job->exec_stack = ph->p_flags & PF_X;
		if (ph->p_type == PT_INTERP && !job->ld.file) {
			err = elf_open_interp(job, ph);
			if (err)
				return err;
		}
	}
	return 0;
}

void elf_release(struct exec_job *job)
{
	kfree(job->prog.ph);
	kfree(job->ld.ph);
	if (job->ld.file)
		file_put(job->ld.file);
	job->prog.ph = job->ld.ph = NULL;
	job->ld.file = NULL;
}

/* --- Mapping --- */

static int elf_prot(const struct elf64_phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) |
	       (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

/* The part of a segment that the file does not have: zeros. */
static int elf_map_bss(struct elf_file *e, struct mm *mm,
		       const struct elf64_phdr *ph)
{
	u64 start = e->bias + ph->p_vaddr + ph->p_filesz;
	u64 end = PAGE_UP(e->bias + ph->p_vaddr + ph->p_memsz);
	long r;

	if (ph->p_filesz) {
		/* the rest of the file's last page; read-only ones stay */
		u64 tail = PAGE_UP(start) - start;

		if ((ph->p_flags & PF_W) && tail &&
		    clear_user(UADDR(start), tail))
			return -EFAULT;
		start = PAGE_UP(start);
	} else {
		start = PAGE_DOWN(start);
	}
	if (start >= end)
		return 0;
	r = do_mmap(mm, start, end - start,
		    PROT_READ | PROT_WRITE |
			    (ph->p_flags & PF_X ? PROT_EXEC : 0),
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	return r < 0 ? (int)r : 0;
}

static int elf_map_segment(struct elf_file *e, struct mm *mm,
			   const struct elf64_phdr *ph, bool first)
{
	u64 start = PAGE_DOWN(e->bias + ph->p_vaddr);
	u64 skew = ph->p_vaddr & (PAGE_SIZE - 1);
	int flags = MAP_PRIVATE | MAP_FIXED;
	long r;

	if (first)
		flags |= MAP_FIXED_NOREPLACE;
	if (ph->p_filesz) {
		r = do_mmap(mm, start, PAGE_UP(skew + ph->p_filesz),
			    elf_prot(ph), flags, e->file, ph->p_offset - skew);
		if (r < 0)
			return (int)r;
		if ((u64)r != start)
			return -ENOMEM;
	}
	return ph->p_memsz > ph->p_filesz ? elf_map_bss(e, mm, ph) : 0;
}

static int elf_map(struct elf_file *e, struct mm *mm)
{
	bool first = true;

	for (u32 i = 0; i < e->eh.e_phnum; i++) {
		int err;

		if (e->ph[i].p_type != PT_LOAD || !e->ph[i].p_memsz)
			continue;
		err = elf_map_segment(e, mm, &e->ph[i], first);
		if (err)
			return err;
		first = false;
	}
	return 0;
}

/* A free place below mmap_base; nothing but program and stack is there yet. */
static s64 elf_find_place(struct elf_file *e, struct mm *mm)
{
	u64 len = e->hi - e->lo, at;
	struct vma *v;
	bool free;
	long r;

	if (len >= mm->mmap_base - USER_MIN)
		return -ENOMEM;
	at = ALIGN_DOWN(mm->mmap_base - len, e->align);
	mutex_lock(&mm->lock);
	v = vma_find(mm, at);
	free = at >= KERNEL_RANGE_HI && (!v || v->start >= at + len);
	mutex_unlock(&mm->lock);
	if (free)
		return (s64)at;
	r = do_mmap(mm, 0, len + e->align, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NULL, 0);
	if (r < 0)
		return r;
	do_munmap(mm, (u64)r, len + e->align);
	return (s64)ALIGN_UP((u64)r, e->align);
}

static int elf_place(struct elf_file *e, struct mm *mm, bool pie_base)
{
	s64 at;

	e->bias = 0;
	if (e->eh.e_type == ET_EXEC)
		return 0;
	if (pie_base) {
		u64 base = ELF_DYN_BASE +
			   (elf_random_pages(ELF_RND_PAGES) << PAGE_SHIFT);

		if (e->hi - e->lo > KERNEL_RANGE_LO - base)
			return -ENOMEM;
		e->bias = ALIGN_DOWN(base, e->align) - e->lo;
		return 0;
	}
	at = elf_find_place(e, mm);
	if (at < 0)
		return (int)at;
	e->bias = (u64)at - e->lo;
	return 0;
}

/* Code and data limits for procfs, and the start of the heap. */
static void elf_note_layout(struct exec_job *job, struct mm *mm)
{
	const struct elf_file *e = &job->prog;
	u64 code_lo = ~0ull, code_hi = 0, data_lo = 0, data_hi = 0, brk;

	for (u32 i = 0; i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *ph = &e->ph[i];
		u64 start = e->bias + ph->p_vaddr;

		if (ph->p_type != PT_LOAD)
			continue;
		if ((ph->p_flags & PF_X) && start < code_lo)
			code_lo = start;
		if (ph->p_flags & PF_X)
			code_hi = max(code_hi, start + ph->p_filesz);
		data_lo = max(data_lo, start);
		data_hi = max(data_hi, start + ph->p_filesz);
	}
	mm->code_start = code_hi ? code_lo : 0;
	mm->code_end = code_hi;
	mm->data_start = data_lo;
	mm->data_end = data_hi;
	brk = e->bias + e->hi;
	if (e->eh.e_type == ET_DYN && !job->ld.file &&
	    !(current->personality & ADDR_NO_RANDOMIZE))
		brk = ELF_DYN_BASE;
	brk += elf_random_pages(ELF_BRK_PAGES) << PAGE_SHIFT;
	mm->brk_start = mm->brk = brk;
}

int elf_load(struct exec_job *job, struct mm *mm)
{
	int err = elf_place(&job->prog, mm, job->ld.file != NULL);

	if (!err)
		err = elf_map(&job->prog, mm);
	if (err)
		return err;
	elf_note_layout(job, mm);
	if (!job->ld.file) {
		mm->text_as_is = true;
		return 0;
	}
	err = elf_place(&job->ld, mm, false);
	return err ? err : elf_map(&job->ld, mm);
}

u64 elf_entry(const struct exec_job *job)
{
	const struct elf_file *e = job->ld.file ? &job->ld : &job->prog;

	return e->bias + e->eh.e_entry;
}

/* Where the program headers are in memory, for the dynamic linker. */
static u64 elf_phdr_address(const struct elf_file *e)
{
	u64 off = e->eh.e_phoff;

	for (u32 i = 0; i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *ph = &e->ph[i];

		if (ph->p_type == PT_LOAD && ph->p_offset <= off &&
		    off - ph->p_offset < ph->p_filesz)
			return e->bias + ph->p_vaddr + (off - ph->p_offset);
	}
	return 0;
}

/* => words filled, the closing AT_NULL included */
u32 elf_fill_auxv(const struct exec_job *job, u64 *auxv, u32 max_words,
		  u64 random, u64 platform, u64 execfn)
{
	const struct cred *c = current->cred;
	const struct elf_file *e = &job->prog;
	const u64 pairs[][2] = {
		{ AT_SYSINFO_EHDR, host_info.vdso },
		{ AT_MINSIGSTKSZ, host_info.minsigstksz },
		{ AT_HWCAP, host_info.hwcap },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, USER_HZ },
		{ AT_PHDR, elf_phdr_address(e) },
		{ AT_PHENT, sizeof(struct elf64_phdr) },
		{ AT_PHNUM, e->eh.e_phnum },
		{ AT_BASE, job->ld.file ? job->ld.bias + job->ld.lo : 0 },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, e->bias + e->eh.e_entry },
		{ AT_UID, c->uid },
		{ AT_EUID, c->euid },
		{ AT_GID, c->gid },
		{ AT_EGID, c->egid },
		{ AT_SECURE, job->secure },
		{ AT_RANDOM, random },
		{ AT_HWCAP2, host_info.hwcap2 },
		{ AT_EXECFN, execfn },
		{ AT_PLATFORM, platform },
		{ AT_NULL, 0 },
	};
	u32 n = 0;

	_Static_assert(ARRAY_SIZE(pairs) * 2 <= 48, "mm->auxv");
	for (u32 i = 0; i < ARRAY_SIZE(pairs) && n + 2 <= max_words; i++) {
		/* no vDSO: no entry */
		if (pairs[i][0] == AT_SYSINFO_EHDR && !pairs[i][1])
			continue;
		auxv[n++] = pairs[i][0];
		auxv[n++] = pairs[i][1];
	}
	return n;
}
