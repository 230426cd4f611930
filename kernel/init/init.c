/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Process 1, in one of two forms.
 *
 * Without a command it is the root's own init: a kernel thread that executes
 * it (init=, /init, /sbin/init …) with the console as stdin, stdout, stderr.
 * When it exits the machine powers off with its status.
 *
 * With a command process 1 stays in the kernel: it starts the job as its child,
 * so that the program does not see itself as pid 1 with its special signal
 * rules, reaps orphans, and when the job ends it ends the machine with the
 * job's status (128+n for signal n). What cannot be executed gives 126 or 127,
 * as env(1).
 *
 * The job is a kernel thread too until its execve: it makes itself a child of
 * process 1, a session with (when the caller had a terminal) the console as
 * controlling terminal, takes on user and directory, and looks for the program
 * along PATH.
 */
#include <abi/ioctl.h>
#include <abi/wait.h>
#include <hostapi/boot.h>
#include <kernel/machine.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>
#include "internal.h"

#define EXIT_LODGER    125
#define EXIT_CANNOT    126
#define EXIT_NOT_FOUND 127

static const struct boot_params *init_bp;
static struct waitqueue init_job_wait = WAITQUEUE_INIT(init_job_wait);
static u32 init_job_pid; /* set by the job itself, once */

void init_machine_end(int code)
{
	sys_sync();
	machine_stop(false, code);
}

/* To the user's stderr, whatever the console is: the caller's own mistake. */
void init_complain(const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	int n;

	strlcpy(buf, "lodger: ", sizeof(buf));
	va_start(ap, fmt);
	n = vsnprintf(buf + 8, sizeof(buf) - 10, fmt, ap);
	va_end(ap);
	n = min_t(int, n + 8, (int)sizeof(buf) - 3);
	buf[n++] = '\r';
	buf[n++] = '\n';
	host_early_print(buf, (size_t)n);
}

const char *init_error(int err)
{
	switch (-err) {
	case ENOENT:
		return "No such file or directory";
	case EACCES:
		return "Permission denied";
	case ENOTDIR:
		return "Not a directory";
	case EISDIR:
		return "Is a directory";
	case ENOEXEC:
		return "Exec format error";
	case ENOMEM:
		return "Cannot allocate memory";
	case ELOOP:
		return "Too many levels of symbolic links";
	case E2BIG:
		return "Argument list too long";
	default:
		return "error";
	}
}

/* --- Standard descriptors ------------------------------------------------- */

static void init_console_fds(void)
{
	struct file *f =
		file_open(AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY, 0);

	if (IS_ERR(f)) {
		printk(KERN_WARN "init: unable to open /dev/console (%ld)\n",
		       -PTR_ERR(f));
		return;
	}
	for (int i = 0; i < 3; i++) {
		file_get(f);
		if (fd_install_new(f, 0, false) < 0)
			file_put(f);
	}
	file_put(f);
}

static void init_job_fds(void)
{
	struct file *out[3] = { NULL, NULL, NULL };
	int err = hostio_open_job_fds(out);

	if (err)
		panic("init: no descriptors for the job: error %d", -err);
	for (int i = 0; i < 3; i++) {
		struct file *f = out[i];

		if (!f)
			continue;
		if ((init_bp->flags & BOOT_TTY_FD(i)) && f->ops->ioctl)
			f->ops->ioctl(f, TIOCSCTTY, 0);
		fd_install_new(f, 0, false);
	}
}

/* --- The job -------------------------------------------------------------- */

/* The string vectors of the boot page; argv, then environment. */
static void init_job_vectors(const char **argv, const char **envp)
{
	const char *p = init_bp->strings;

	for (u32 i = 0; i < init_bp->job_argc; i++, p += strlen(p) + 1)
		argv[i] = p;
	argv[init_bp->job_argc] = NULL;
	for (u32 i = 0; i < init_bp->job_envc; i++, p += strlen(p) + 1)
		envp[i] = p;
	envp[init_bp->job_envc] = NULL;
}

static const char *init_env(const char *const *envp, const char *key)
{
	size_t n = strlen(key);

	for (; *envp; envp++)
		if (!strncmp(*envp, key, n) && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* Not an executable format: a script without #!, as execvp(3) has it. */
static int init_exec_script(const char *path, const char *const *argv,
			    const char *const *envp)
{
	u32 n = init_bp->job_argc;
	const char **v = kcalloc(n + 2, sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	v[0] = "sh";
	v[1] = path;
	for (u32 i = 1; i < n; i++)
		v[i + 1] = argv[i];
	err = kernel_execve("/bin/sh", v, envp);
	kfree(v);
	return err;
}

static int init_exec_one(const char *path, const char *const *argv,
			 const char *const *envp)
{
	int err = kernel_execve(path, argv, envp);

	return err == -ENOEXEC ? init_exec_script(path, argv, envp) : err;
}

/* As execvp(3). => only after an error */
static int init_exec_path(const char *const *argv, const char *const *envp)
{
	const char *name = argv[0], *path = init_env(envp, "PATH");
	int err = -ENOENT, ret = -ENOENT;
	bool denied = false;
	char *buf;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/'))
		return init_exec_one(name, argv, envp);
	if (!path)
		path = "/bin:/usr/bin";
	buf = kmalloc(PATH_MAX);
	if (!buf)
		return -ENOMEM;
	while (*path) {
		const char *end = strchr(path, ':');
		size_t n = end ? (size_t)(end - path) : strlen(path);

		ret = -ENAMETOOLONG;
		if (n + strlen(name) + 2 < PATH_MAX) {
			memcpy(buf, path, n);
			buf[n] = '/';
			strlcpy(buf + n + 1, name, PATH_MAX - n - 1);
			ret = init_exec_one(n ? buf : name, argv, envp);
			if (!ret)
				break;
		}
		err = ret;
		if (ret == -EACCES)
			denied = true;
		else if (ret != -ENOENT && ret != -ENOTDIR &&
			 ret != -ENAMETOOLONG)
			break;
		err = -ENOENT;
		path += n;
		if (*path == ':')
			path++;
		ret = err;
	}
	kfree(buf);
	if (!ret)
		return 0;
	return err == -ENOENT && denied ? -EACCES : err;
}

static void init_job_user(void)
{
	struct cred *c;
	u32 uid = init_bp->uid, gid = init_bp->gid;

	if (!uid && !gid)
		return;
	c = cred_copy(current->cred);
	if (!c)
		panic("init: no memory for the job's credentials");
	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = gid;
	if (uid)
		c->cap_permitted = c->cap_effective = c->cap_inheritable = 0;
	cred_install(c);
}

static void init_job_dir(void)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, init_bp->workdir,
			      LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err) {
		init_complain("--workdir %s: %s", init_bp->workdir,
			      init_error(err));
		machine_stop(false, EXIT_LODGER);
	}
	fs_set_cwd(current->fs, &p);
}

/* Out of the kernel's own family into that of process 1. */
static void init_job_adopt(void)
{
	struct process *p = current->proc;

	mutex_lock(&tasklist_lock);
	list_del(&p->sibling);
	p->parent = init_process;
	list_add_tail(&p->sibling, &init_process->children);
	mutex_unlock(&tasklist_lock);
	sys_setsid();
}

static void init_job_main(void *unused)
{
	const char **argv = kcalloc(init_bp->job_argc + 1, sizeof(*argv));
	const char **envp = kcalloc(init_bp->job_envc + 1, sizeof(*envp));
	struct fs_context *fs = fs_context_copy(current->fs);
	struct fs_context *shared = current->fs;
	int err;

	current->files = files_alloc();
	if (!argv || !envp || !fs || !current->files)
		panic("init: no memory for the job");
	current->fs = fs;
	fs_context_put(shared);
	init_job_adopt();
	init_job_vectors(argv, envp);
	init_job_fds();
	init_job_dir();
	init_job_user();
	WRITE_ONCE(init_job_pid, current->tid);
	waitqueue_wake_all(&init_job_wait);

	err = init_exec_path(argv, envp);
	if (err)
		init_complain("cannot run '%s': %s", argv[0], init_error(err));
	kfree(argv);
	kfree(envp);
	if (!err)
		host_return_to_user();
	machine_stop(false, err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT);
}

static int init_exit_status(int status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

/* Process 1 for a job: reap until the job is among them. */
static void init_reaper_main(void *unused)
{
	struct wait_job w;

	wait_event(&init_job_wait, READ_ONCE(init_job_pid) != 0, "init");
	for (;;) {
		memset(&w, 0, sizeof(w));
		w.which = P_ALL;
		w.options = WEXITED | __WALL;
		if (do_wait(&w) > 0 && w.pid == init_job_pid)
			init_machine_end(init_exit_status(w.status));
	}
}

/* --- An init of its own --------------------------------------------------- */

static int init_try(const char *path)
{
	init_words.argv[0] = path;
	return kernel_execve(path, init_words.argv, init_words.envp);
}

static void init_own_main(void *unused)
{
	static const char *const places[] = { "/init", "/sbin/init",
					      "/etc/init", "/bin/init",
					      "/bin/sh" };
	struct init_words *w = &init_words;
	const char *p = init_bp->strings;
	int err;

	/* the command has no argv; what --env and the caller's TERM say */
	for (u32 i = 0; i < init_bp->job_envc && w->envc < INIT_ARGS * 2 - 1;
	     i++, p += strlen(p) + 1)
		w->envp[w->envc++] = p;
	init_console_fds();
	if (w->init) {
		err = init_try(w->init);
		if (!err)
			host_return_to_user();
		init_complain("cannot run init '%s': %s", w->init,
			      init_error(err));
		machine_stop(false,
			     err == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT);
	}
	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		err = init_try(places[i]);
		if (!err)
			host_return_to_user();
		if (err != -ENOENT && err != -ENOTDIR)
			printk(KERN_WARN "init: %s: error %d\n", places[i],
			       -err);
	}
	init_complain("the root has no init: name one with --init, or give a "
		      "command after --");
	machine_stop(false, EXIT_NOT_FOUND);
}

void init_exited(int code)
{
	printk(KERN_INFO "init exited with status %d\n",
	       init_exit_status(code));
	init_machine_end(init_exit_status(code));
}

void init_first_process(const struct boot_params *bp)
{
	struct task *t;

	init_bp = bp;
	if (bp->flags & BOOT_HAVE_JOB) {
		t = kthread_start_init(init_reaper_main, NULL);
		if (!IS_ERR(t))
			t = kthread_start("job", init_job_main, NULL);
	} else {
		t = kthread_start_init(init_own_main, NULL);
	}
	if (IS_ERR(t))
		panic("init: cannot start process 1: error %ld", -PTR_ERR(t));
}

/* --- The power button ----------------------------------------------------- */

/* A process of the kernel's that asks the root's init to power off. */
static void init_poweroff_main(void *unused)
{
	static const char *const argv[] = { "/sbin/poweroff", NULL };
	static const char *const envp[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL
	};

	current->files = files_alloc();
	if (current->files) {
		init_console_fds();
		if (!kernel_execve(argv[0], argv, envp))
			host_return_to_user();
	}
	init_machine_end(0);
}

void init_power_button(void)
{
	struct task *t;

	if (!init_bp) /* still booting */
		machine_stop(false, 128 + SIGTERM);
	if (!(init_bp->flags & BOOT_HAVE_JOB)) {
		t = kthread_start("poweroff", init_poweroff_main, NULL);
		if (IS_ERR(t))
			init_machine_end(0);
		return;
	}
	t = process_find_get(READ_ONCE(init_job_pid));
	if (!t)
		init_machine_end(128 + SIGTERM);
	send_signal_process(t->proc, SIGTERM, NULL);
	/* a stopped job could not hear it */
	send_signal_process(t->proc, SIGCONT, NULL);
	task_put(t);
}
