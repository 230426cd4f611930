// SPDX-License-Identifier: GPL-2.0
/*
 * Core files: core(5).
 *
 * A thread that dies of a signal whose default action is to dump core comes
 * here before its process ends. It ends the group (nobody else may), and waits
 * until every other thread stands at the door of do_exit(), where its registers
 * are whole: core_wait(). Then it writes and lets them go; that the file was
 * made is told to the parent by W_COREDUMP.
 *
 * The file is where core_pattern says, in the crashing task's own directory
 * and with its own rights; who may not be looked into (dumpable) leaves none,
 * and RLIMIT_CORE bounds it. Patterns that name a program are not supported:
 * no core.
 *
 * It is an ELF file: notes about the process and about each thread, then the
 * mappings that coredump_filter selects. Memory that was never touched is a
 * hole in the file. Read-only parts of mapped files are left out but for their
 * first page: a debugger has the files.
 */
#include <abi/elf.h>
#include <abi/fcntl.h>
#include <abi/ptrace.h>
#include <abi/stat.h>
#include <abi/wait.h>
#include <kernel/machine.h>
#include <kernel/mm.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/sysctl.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include <kernel/coredump.h>
#include "ptrace_internal.h"

char core_pattern[CORE_PATTERN_MAX] = "core";
struct mutex core_pattern_lock = MUTEX_INIT(core_pattern_lock);

#define CORE_XFEATURE_PKRU  0x200u
#define CORE_XSTATE_PKRU    2688u
#define CORE_MAPS_MAX	    65000u
#define CORE_SMALL_MAP	    (1ull << 20)
/* bits of coredump_filter */
#define CORE_ANON_PRIVATE   1u
#define CORE_ANON_SHARED    2u
#define CORE_MAPPED_PRIVATE 4u
#define CORE_MAPPED_SHARED  8u
#define CORE_ELF_HEADERS    16u

struct core_map {
	u64 start, end, dump; /* bytes of it in the file */
	u64 off;
	u32 flags; /* PF_* */
	u64 pgoff;
	struct file *file; /* reference */
};

struct core_file {
	struct file *f;
	loff_t pos;
	u64 limit, written;
	u8 *page;
	struct core_map *maps;
	u32 nmaps;
	u8 *fpu; /* of the threads, one after the other */
	u32 nthreads;
	struct task **threads; /* the dumper first */
};

/* --- The other threads --- */

/* Keep what others cannot read: bases and vector state. */
static void core_keep_state(struct task *t)
{
	size_t n = host_fpu_frame_size();
	u64 at = ALIGN_DOWN(task_regs(t)->rsp - 128 - n, 64);

	t->pt.fs_base = host_get_fs();
	t->pt.gs_base = host_get_gs();
	t->core_fpu = kzalloc(n);
	if (!t->core_fpu)
		return;
	/* only its own memory can take the state; below the stack is room */
	if (uaccess_fault_in(UADDR(at), n, true) || host_fpu_save_user(at) ||
	    copy_from_user(t->core_fpu, UADDR(at), n)) {
		kfree(t->core_fpu);
		t->core_fpu = NULL;
	}
}

void core_wait(struct task *t)
{
	struct process *p = t->proc;
	struct sighand *sh;

	if (t->core_seen || READ_ONCE(p->core_dumper) == t)
		return;
	t->core_seen = true;
	core_keep_state(t);
	sh = sighand_lock(p);
	if (p->core_dumper && !--p->core_missing)
		task_wake(p->core_dumper);
	spin_unlock(&sh->lock);
	for (;;) {
		u32 seq = sleep_prepare();

		if (!load_acquire(&p->core_dumper))
			break;
		sleep_on(seq, TIME_NEVER, SLEEP_UNINTR, "core_wait");
	}
}

/* => this thread is the one, and the group is on its way out */
static bool core_stop_group(struct task *t, int sig)
{
	struct process *p = t->proc;
	struct sighand *sh = sighand_lock(p);
	struct task *u;

	if ((p->group_flags & PROC_GROUP_EXIT) || p->exec_task) {
		spin_unlock(&sh->lock);
		return false;
	}
	p->group_flags = PROC_GROUP_EXIT;
	p->group_exit_code = sig;
	p->core_missing = 0;
	list_for_each_entry (u, &p->threads, thread_node)
		if (u != t && !u->dying)
			p->core_missing++;
	WRITE_ONCE(p->core_dumper, t);
	signal_kill_threads_locked(p, t);
	spin_unlock(&sh->lock);
	return true;
}

static void core_await_threads(struct process *p)
{
	for (;;) {
		u32 seq = sleep_prepare();

		if (!load_acquire(&p->core_missing))
			break;
		sleep_on(seq, TIME_NEVER, SLEEP_UNINTR, "core_threads");
	}
}

static void core_let_go(struct process *p, bool dumped)
{
	struct sighand *sh = sighand_lock(p);
	struct task *u;

	if (dumped)
		p->group_exit_code |= W_COREDUMP;
	store_release(&p->core_dumper, NULL);
	list_for_each_entry (u, &p->threads, thread_node)
		task_wake(u);
	spin_unlock(&sh->lock);
}

/* --- Where it goes --- */

struct core_name {
	char *s;
	size_t n, max;
};

static void core_name_char(struct core_name *c, char ch)
{
	if (c->n + 1 < c->max)
		c->s[c->n++] = ch;
}

/* Text of the guest's: no part of it may be a directory. */
static void core_name_text(struct core_name *c, const char *s)
{
	for (; *s; s++)
		core_name_char(c, *s == '/' ? '!' : *s);
}

static void core_name_number(struct core_name *c, s64 v)
{
	char b[24];

	snprintf(b, sizeof(b), "%lld", (long long)v);
	core_name_text(c, b);
}

static void core_name_exe(struct core_name *c, bool whole)
{
	struct file *exe = current->mm->exe;
	char *buf = page_alloc(0), *s;
	struct path root;

	if (!exe || !buf) {
		core_name_text(c, current->comm);
	} else {
		fs_get_root(&root);
		s = path_string(&exe->path, &root, buf, PAGE_SIZE);
		path_put(&root);
		if (IS_ERR(s))
			s = current->comm;
		if (!whole && strrchr(s, '/'))
			s = (char *)strrchr(s, '/') + 1;
		core_name_text(c, s);
	}
	if (buf)
		page_free(buf, 0);
}

static bool core_name_special(struct core_name *c, char what, int sig)
{
	struct process *p = current->proc;

	switch (what) {
	case '%':
		core_name_char(c, '%');
		break;
	case 'p':
		core_name_number(c, pid_shown(p->pid));
		return true;
	case 'P':
		core_name_number(c, p->pid);
		return true;
	case 'i':
		core_name_number(c, pid_shown(current->tid));
		break;
	case 'I':
		core_name_number(c, current->tid);
		break;
	case 'u':
		core_name_number(c, current->cred->uid);
		break;
	case 'g':
		core_name_number(c, current->cred->gid);
		break;
	case 'd':
		core_name_number(c, current->mm->dumpable);
		break;
	case 's':
		core_name_number(c, sig);
		break;
	case 't':
		core_name_number(c, (s64)(host_clock_ns(0) / NSEC_PER_SEC));
		break;
	case 'h':
		core_name_text(c, uts_current()->nodename);
		break;
	case 'e':
		core_name_text(c, current->comm);
		break;
	case 'f':
		core_name_exe(c, false);
		break;
	case 'E':
		core_name_exe(c, true);
		break;
	case 'c':
		core_name_number(c, (s64)rlimit(RLIMIT_CORE));
		break;
	case 'C':
		core_name_number(c, 0);
		break;
	}
	return false;
}

static void core_make_name(struct core_name *c, const char *pattern, int sig)
{
	bool pid = false;

	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			core_name_char(c, *pattern);
		} else if (!*++pattern) {
			break;
		} else {
			pid |= core_name_special(c, *pattern, sig);
		}
	}
	if (!pid && sysctl_get(SYSCTL_CORE_USES_PID)) {
		core_name_char(c, '.');
		core_name_number(c, current->proc->pid);
	}
	c->s[c->n] = 0;
}

/* Somebody else's file, one with other names or readers, is left alone. */
static bool core_may_take(struct file *f)
{
	struct inode *ino = f->inode;

	return S_ISREG(ino->mode) && ino->nlink == 1 &&
	       ino->uid == current->cred->fsuid && (ino->mode & 0677) == 0600;
}

static struct file *core_open(int sig)
{
	struct core_name c = { .n = 0, .max = PAGE_SIZE };
	char pattern[CORE_PATTERN_MAX];
	struct file *f;

	mutex_lock(&core_pattern_lock);
	memcpy(pattern, core_pattern, sizeof(pattern));
	mutex_unlock(&core_pattern_lock);
	if (!pattern[0] || pattern[0] == '|')
		return NULL;
	c.s = page_alloc(0);
	if (!c.s)
		return NULL;
	core_make_name(&c, pattern, sig);
	/* an old one makes room; nobody has the new one open */
	(void)do_unlinkat(AT_FDCWD, c.s);
	f = file_open(AT_FDCWD, c.s,
		      O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_LARGEFILE,
		      0600);
	page_free(c.s, 0);
	if (IS_ERR(f))
		return NULL;
	if (!core_may_take(f)) {
		file_put(f);
		return NULL;
	}
	return f;
}

/* --- Writing --- */

static bool core_emit(struct core_file *c, const void *data, size_t n)
{
	ssize_t done;

	if (c->written + n > c->limit || fatal_signal_pending(current))
		return false;
	done = file_write_kernel(c->f, data, n, c->pos);
	if (done != (ssize_t)n)
		return false;
	c->pos += (loff_t)n;
	c->written += n;
	return true;
}

static bool core_note(struct core_file *c, const char *name, u32 type,
		      const void *data, u32 n)
{
	struct elf64_nhdr h = { (u32)strlen(name) + 1, n, type };
	static const char zero[8];
	u32 pad = -h.n_namesz & 3;

	return core_emit(c, &h, sizeof(h)) && core_emit(c, name, h.n_namesz) &&
	       core_emit(c, zero, pad) && core_emit(c, data, n) &&
	       core_emit(c, zero, -n & 3);
}

static u64 core_note_size(u32 name, u64 n)
{
	return sizeof(struct elf64_nhdr) + ALIGN_UP(name, 4u) +
	       ALIGN_UP(n, 4ull);
}

/* --- The notes --- */

struct core_timeval {
	s64 sec, usec;
};

struct core_prstatus {
	s32 si_signo, si_code, si_errno;
	s16 cursig;
	u64 sigpend, sighold;
	s32 pid, ppid, pgrp, sid;
	struct core_timeval utime, stime, cutime, cstime;
	struct user_regs regs;
	s32 fpvalid;
};
_Static_assert(sizeof(struct core_prstatus) == 336, "elf_prstatus");

struct core_prpsinfo {
	char state, sname, zomb, nice;
	u64 flag;
	u32 uid, gid;
	s32 pid, ppid, pgrp, sid;
	char fname[16], args[80];
};
_Static_assert(sizeof(struct core_prpsinfo) == 136, "elf_prpsinfo");

static struct core_timeval core_time(u64 ns)
{
	return (struct core_timeval){ (s64)(ns / NSEC_PER_SEC),
				      (s64)(ns % NSEC_PER_SEC / 1000) };
}

static bool core_note_prstatus(struct core_file *c, struct task *t,
			       const struct siginfo *si)
{
	struct core_prstatus *s = kzalloc(sizeof(*s));
	struct process *p = t->proc;
	u64 ut, st;
	bool ok;

	if (!s)
		return false;
	s->si_signo = s->cursig = (s16)si->si_signo;
	if (t == current) {
		s->si_code = si->si_code;
		s->si_errno = si->si_errno;
	}
	s->sigpend = t->pending.set;
	s->sighold = t->blocked;
	s->pid = (s32)pid_shown(t->tid);
	s->ppid = (s32)pid_shown(p->parent->pid);
	s->pgrp = (s32)pid_shown(p->pgid);
	s->sid = (s32)pid_shown(p->sid);
	task_cputime(t, &ut, &st);
	s->utime = core_time(ut);
	s->stime = core_time(st);
	s->cutime = core_time(p->cutime_ns);
	s->cstime = core_time(p->cstime_ns);
	task_user_regs(t, &s->regs);
	s->fpvalid = t->core_fpu != NULL;
	ok = core_note(c, "CORE", NT_PRSTATUS, s, sizeof(*s));
	kfree(s);
	return ok;
}

static bool core_note_prpsinfo(struct core_file *c)
{
	struct process *p = current->proc;
	struct mm *mm = current->mm;
	struct core_prpsinfo s;
	u64 len = min(mm->arg_end - mm->arg_start, sizeof(s.args) - 1);

	memset(&s, 0, sizeof(s));
	s.sname = 'R';
	s.nice = (char)current->nice;
	s.uid = current->cred->uid;
	s.gid = current->cred->gid;
	s.pid = (s32)pid_shown(p->pid);
	s.ppid = (s32)pid_shown(p->parent->pid);
	s.pgrp = (s32)pid_shown(p->pgid);
	s.sid = (s32)pid_shown(p->sid);
	strlcpy(s.fname, current->comm, sizeof(s.fname));
	if (copy_from_user(s.args, UADDR(mm->arg_start), len))
		memset(s.args, 0, sizeof(s.args));
	for (u64 i = 0; i + 1 < len; i++)
		if (!s.args[i])
			s.args[i] = ' ';
	return core_note(c, "CORE", NT_PRPSINFO, &s, sizeof(s));
}

static const char *core_map_name(const struct core_map *m, u8 *buf)
{
	struct path root;
	const char *s;

	fs_get_root(&root);
	s = path_string(&m->file->path, &root, (char *)buf, PAGE_SIZE);
	path_put(&root);
	return IS_ERR(s) ? "" : s;
}

static u64 core_files_size(struct core_file *c)
{
	u64 n = 16;

	for (u32 i = 0; i < c->nmaps; i++)
		if (c->maps[i].file)
			n += 25 + strlen(core_map_name(&c->maps[i], c->page));
	return n;
}

static bool core_note_files(struct core_file *c)
{
	struct elf64_nhdr h = { 5, (u32)core_files_size(c), NT_FILE };
	u64 head[2] = { 0, PAGE_SIZE };
	u32 i;

	for (i = 0; i < c->nmaps; i++)
		head[0] += c->maps[i].file != NULL;
	if (!core_emit(c, &h, sizeof(h)) || !core_emit(c, "CORE\0\0\0", 8) ||
	    !core_emit(c, head, sizeof(head)))
		return false;
	for (i = 0; i < c->nmaps; i++) {
		struct core_map *m = &c->maps[i];
		u64 v[3] = { m->start, m->end, m->pgoff };

		if (m->file && !core_emit(c, v, sizeof(v)))
			return false;
	}
	for (i = 0; i < c->nmaps; i++) {
		const char *s;

		if (!c->maps[i].file)
			continue;
		s = core_map_name(&c->maps[i], c->page);
		if (!core_emit(c, s, strlen(s) + 1))
			return false;
	}
	return core_emit(c, "\0\0\0", -h.n_descsz & 3);
}

static u32 core_xstate_size(const struct task *t)
{
	struct abi_fpx_sw_bytes sw;

	memcpy(&sw, t->core_fpu + FPX_SW_OFFSET, sizeof(sw));
	/* the protection keys' register comes last, and is not told */
	if (!(sw.xfeatures & CORE_XFEATURE_PKRU) &&
	    sw.xstate_size == CORE_XSTATE_PKRU + 8)
		return CORE_XSTATE_PKRU;
	return sw.xstate_size;
}

static bool core_note_fpu(struct core_file *c, struct task *t)
{
	struct abi_fpx_sw_bytes sw, shown;
	u32 n;

	if (!t->core_fpu)
		return true;
	n = core_xstate_size(t);
	memcpy(&sw, t->core_fpu + FPX_SW_OFFSET, sizeof(sw));
	memset(&shown, 0, sizeof(shown));
	memcpy(&shown, &sw.xfeatures, sizeof(u64));
	memcpy(t->core_fpu + FPX_SW_OFFSET, &shown, sizeof(shown));
	c->fpu = t->core_fpu;
	return core_note(c, "CORE", NT_PRFPREG, c->fpu, 512) &&
	       core_note(c, "LINUX", NT_X86_XSTATE, c->fpu, n);
}

static u64 core_notes_size(struct core_file *c)
{
	u64 n = core_note_size(5, sizeof(struct core_prpsinfo)) +
		core_note_size(5, sizeof(struct siginfo)) +
		core_note_size(5, current->mm->auxv_len) +
		core_note_size(5, core_files_size(c));

	for (u32 i = 0; i < c->nthreads; i++) {
		n += core_note_size(5, sizeof(struct core_prstatus));
		if (c->threads[i]->core_fpu)
			n += core_note_size(5, 512) +
			     core_note_size(6, core_xstate_size(c->threads[i]));
	}
	return n;
}

static bool core_notes(struct core_file *c, const struct siginfo *si)
{
	struct mm *mm = current->mm;

	for (u32 i = 0; i < c->nthreads; i++) {
		struct task *t = c->threads[i];

		if (!core_note_prstatus(c, t, si))
			return false;
		if (!i &&
		    (!core_note_prpsinfo(c) ||
		     !core_note(c, "CORE", NT_SIGINFO, si, sizeof(*si)) ||
		     !core_note(c, "CORE", NT_AUXV, mm->auxv, mm->auxv_len) ||
		     !core_note_files(c)))
			return false;
		if (!core_note_fpu(c, t))
			return false;
	}
	return true;
}

/* --- The memory --- */

static u64 core_map_bytes(const struct vma *v, u32 filter)
{
	u64 len = v->end - v->start;

	if (v->flags & (VM_DONTDUMP | VM_HIDDEN))
		return 0;
	if (v->flags & VM_SHARED) {
		bool named = v->file && v->file->inode->nlink;

		return filter & (named ? CORE_MAPPED_SHARED : CORE_ANON_SHARED)
			       ? len
			       : 0;
	}
	if (!v->file)
		return (filter & CORE_ANON_PRIVATE) &&
				       (v->flags &
					(VM_READ | VM_WRITE | VM_EXEC))
			       ? len
			       : 0;
	if (filter & CORE_MAPPED_PRIVATE)
		return len;
	/* What was written before it was made read-only cannot be told. */
	if ((filter & CORE_ANON_PRIVATE) &&
	    (v->flags & VM_WRITE ||
	     (!(v->flags & VM_EXEC) && len <= CORE_SMALL_MAP)))
		return len;
	if ((filter & CORE_ELF_HEADERS) && !v->pgoff && (v->flags & VM_READ))
		return PAGE_SIZE;
	return 0;
}

/* Skip the untouched lower end of a stack. */
static u64 core_stack_start(struct mm *mm, const struct vma *v)
{
	u64 rsp = PAGE_DOWN(task_regs(current)->rsp);
	u64 room = 128 << 10, at = v->end - min(v->end - v->start, room);

	if (rsp > v->start && rsp < v->end && rsp < at + PAGE_SIZE)
		at = rsp - min(rsp - v->start, (u64)PAGE_SIZE);
	return at;
}

static u32 core_map_prot(u32 vm)
{
	return (vm & VM_READ ? PF_R : 0) | (vm & VM_WRITE ? PF_W : 0) |
	       (vm & VM_EXEC ? PF_X : 0);
}

static bool core_collect_maps(struct core_file *c, struct mm *mm)
{
	u32 filter = mm->core_filter, n = 0;
	struct vma *v;

	mutex_lock(&mm->lock);
	if (mm->map_count > CORE_MAPS_MAX)
		goto out;
	c->maps = kcalloc(mm->map_count + 1u, sizeof(*c->maps));
	if (!c->maps)
		goto out;
	vma_for_each (v, mm) {
		struct core_map *m = &c->maps[n];

		if (v->flags & VM_HIDDEN)
			continue;
		n++;
		m->start = v->flags & VM_STACK ? core_stack_start(mm, v)
					       : v->start;
		m->end = v->end;
		m->dump = min(core_map_bytes(v, filter), m->end - m->start);
		m->flags = core_map_prot(v->flags);
		m->pgoff = v->pgoff;
		m->file = v->file;
		if (m->file)
			file_get(m->file);
	}
out:
	mutex_unlock(&mm->lock);
	c->nmaps = n;
	return n;
}

static bool core_page_is_zero(const u8 *p)
{
	const u64 *w = (const u64 *)p;

	for (u32 i = 0; i < PAGE_SIZE / 8; i++)
		if (w[i])
			return false;
	return true;
}

#define CORE_VEC 512u

static bool core_dump_map(struct core_file *c, const struct core_map *m)
{
	struct mm *mm = current->mm;
	u64 at = m->start, end = m->start + m->dump;
	u8 *vec = c->page + PAGE_SIZE;

	while (at < end) {
		u64 n = min((end - at) >> PAGE_SHIFT, (u64)CORE_VEC);

		if (m->file || host_mm_resident(mm, at, n << PAGE_SHIFT, vec))
			memset(vec, 1, n);
		for (u64 i = 0; i < n; i++, at += PAGE_SIZE) {
			if ((vec[i] & 1) &&
			    mm_read_remote(mm, at, c->page, PAGE_SIZE) ==
				    PAGE_SIZE &&
			    !core_page_is_zero(c->page)) {
				if (!core_emit(c, c->page, PAGE_SIZE))
					return false;
			} else {
				c->pos += PAGE_SIZE; /* a hole */
			}
		}
		if (fatal_signal_pending(current))
			return false;
	}
	return true;
}

static bool core_headers(struct core_file *c)
{
	u64 notes = core_notes_size(c), off;
	struct elf64_ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = 1,
		.e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(struct elf64_phdr),
		.e_phnum = (u16)(c->nmaps + 1),
	};
	struct elf64_phdr ph = { .p_type = PT_NOTE };

	off = sizeof(eh) + (c->nmaps + 1ull) * sizeof(ph);
	ph.p_offset = off;
	ph.p_filesz = notes;
	ph.p_align = 4;
	if (!core_emit(c, &eh, sizeof(eh)) || !core_emit(c, &ph, sizeof(ph)))
		return false;
	off = PAGE_UP(off + notes);
	for (u32 i = 0; i < c->nmaps; i++) {
		struct core_map *m = &c->maps[i];

		m->off = off;
		ph = (struct elf64_phdr){
			.p_type = PT_LOAD,
			.p_flags = m->flags,
			.p_offset = off,
			.p_vaddr = m->start,
			.p_filesz = m->dump,
			.p_memsz = m->end - m->start,
			.p_align = PAGE_SIZE,
		};
		if (!core_emit(c, &ph, sizeof(ph)))
			return false;
		off += m->dump;
	}
	return true;
}

static bool core_write(struct core_file *c, const struct siginfo *si)
{
	if (!core_headers(c) || !core_notes(c, si))
		return false;
	for (u32 i = 0; i < c->nmaps; i++) {
		c->pos = (loff_t)c->maps[i].off;
		if (!core_dump_map(c, &c->maps[i]))
			return false;
	}
	/* it ends with the last mapping, even when that is a hole */
	return vfs_truncate(&c->f->path, (u64)c->pos) == 0;
}

/* --- All of it --- */

static bool core_collect_threads(struct core_file *c, struct process *p)
{
	struct task *u;
	u32 max = p->nr_threads;

	c->threads = kcalloc(max + 1u, sizeof(*c->threads));
	if (!c->threads)
		return false;
	c->threads[c->nthreads++] = current;
	mutex_lock(&tasklist_lock);
	list_for_each_entry (u, &p->threads, thread_node)
		if (u != current && u->core_seen && c->nthreads < max)
			c->threads[c->nthreads++] = u;
	mutex_unlock(&tasklist_lock);
	return true;
}

static void core_free(struct core_file *c)
{
	for (u32 i = 0; i < c->nmaps; i++)
		if (c->maps[i].file)
			file_put(c->maps[i].file);
	for (u32 i = 0; i < c->nthreads; i++) {
		kfree(c->threads[i]->core_fpu);
		c->threads[i]->core_fpu = NULL;
	}
	kfree(c->maps);
	kfree(c->threads);
	if (c->page)
		page_free(c->page, 1);
	if (c->f)
		file_put(c->f);
}

static bool core_dump_to(struct file *f, const struct siginfo *si, u64 limit)
{
	struct core_file c = { .f = f, .limit = limit };
	struct task *t = current;

	core_keep_state(t);
	c.page = page_alloc(1);
	if (c.page && core_collect_threads(&c, t->proc) &&
	    core_collect_maps(&c, t->mm))
		(void)core_write(&c, si);
	core_free(&c);
	return true;
}

void do_coredump(const struct siginfo *si)
{
	struct task *t = current;
	u64 limit = rlimit(RLIMIT_CORE);
	struct file *f = NULL;
	bool dumped = false;

	if (!t->mm || t->mm->dumpable != 1 || t->mm->dead || limit < PAGE_SIZE)
		return;
	if (!core_stop_group(t, si->si_signo))
		return;
	core_await_threads(t->proc);
	f = core_open(si->si_signo);
	if (f)
		dumped = core_dump_to(f, si, limit);
	pr_debug(DEBUG_TASK, "%s[%u]: core of signal %d: %d\n", t->comm, t->tid,
		 si->si_signo, dumped);
	core_let_go(t->proc, dumped);
}
