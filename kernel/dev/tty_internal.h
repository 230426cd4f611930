/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the terminal code know of each other:
 *
 * tty_core.c	the file operations of a terminal, open, close, hangup
 * tty_jobctl.c	sessions, controlling terminals, foreground groups
 * tty_ioctl.c	termios and the other ioctls
 * tty_ldisc.c	N_TTY, the input side: editing, signals, read(2)
 * tty_output.c	N_TTY, the output side: OPOST, echo, flow control, write(2)
 * pty.c	the master side and /dev/ptmx
 * fs/devpts.c	the names of slaves
 *
 * struct tty is the line with its discipline: what a program that opens
 * /dev/pts/0 or /dev/console talks to. Bytes travel
 *
 *	driver -> tty_input() -> pend -> line discipline -> in -> read(2)
 *	write(2) or echo -> OPOST -> out -> driver
 *
 * The driver of a pty is the process at the master's descriptor: its write(2)
 * calls tty_input(), its read(2) empties `out`. There is no struct tty for the
 * master. `pend` holds what the discipline has no room for, so that the
 * driver feels back-pressure only when both are full.
 *
 * One mutex guards everything of the line, both directions and both ends of a
 * pty: there is no order of locks within. poll reads single words without it.
 * session and pgrp are under tasklist_lock, which may be taken inside.
 *
 * References: each open file, each process whose controlling terminal it is.
 * A hangup increments `hangups`; a file that was opened under a smaller count
 * is dead from then on (reads give 0, the rest EIO).
 */
#ifndef KERNEL_DEV_TTY_INTERNAL_H
#define KERNEL_DEV_TTY_INTERNAL_H

#include <abi/ioctl.h>
#include <abi/termios.h>
#include <kernel/task.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>

#define LDISC_BUF_SIZE	4096u /* a line: 4095 bytes and the newline */
#define LDISC_ECHO_SIZE 1024u
#define TTY_PEND_SIZE	8192u
#define TTY_OUT_SIZE	16384u
/* Of flushed output so much is taken to have left already. */
#define TTY_OUT_SENT	4095u

/* A byte ring; head and tail run freely, size is a power of two. */
struct tty_ring {
	u8 *buf;
	u32 size;
	u32 head, tail;
};

static inline u32 tty_ring_used(const struct tty_ring *r)
{
	return READ_ONCE(r->head) - READ_ONCE(r->tail);
}
static inline u32 tty_ring_room(const struct tty_ring *r)
{
	return r->size - tty_ring_used(r);
}
static inline void tty_ring_put(struct tty_ring *r, u8 c)
{
	r->buf[r->head & (r->size - 1)] = c;
	WRITE_ONCE(r->head, r->head + 1);
}
/* Append up to n bytes; => how many found room. */
u32 tty_ring_write(struct tty_ring *r, const u8 *p, u32 n);
/* The bytes at the tail that stand in one piece. */
static inline u32 tty_ring_piece(const struct tty_ring *r, u8 **p)
{
	u32 off = r->tail & (r->size - 1);

	*p = r->buf + off;
	return min(tty_ring_used(r), r->size - off);
}

/* The state of N_TTY, under tty->lock. */
struct ldisc {
	u8 *buf;			/* LDISC_BUF_SIZE */
	u32 head, tail;			/* run freely */
	u32 canon_head;			/* end of the last complete line */
	u64 marks[LDISC_BUF_SIZE / 64]; /* this byte ends a line */
	u64 special[4];			/* bytes that are not simply data */
	bool plain;			/* no byte is special, no echo */
	bool lnext;			/* the next byte is literal */
	bool erasing;			/* inside \.../ of ECHOPRT */
	u32 column;			/* of the cursor */
	u32 canon_column;     /* where the current line's echo began */
	struct tty_ring echo; /* echo that could not go out yet */
	u8 echo_buf[LDISC_ECHO_SIZE];
};

struct tty;

/* A driver's part; all are called with tty->lock held and do not sleep. */
struct tty_ops {
	/* There may be something new in `out`, or `stopped` has changed. */
	void (*out_ready)(struct tty *t);
	/* `pend` has room again. */
	void (*in_room)(struct tty *t);
	/* Output in flight that a flush cannot take back; default 0. */
	u32 (*out_busy)(struct tty *t);
	/* pty packet mode: set and clear bits of the status byte. */
	void (*packet)(struct tty *t, u8 clear, u8 set);
	/* The last reference went. Not under lock. */
	void (*free)(struct tty *t);
};

struct tty {
	struct mutex lock;
	/* under lock: */
	struct termios2 termios;
	struct termios locked; /* bits that stay: TIOCSLCKTRMIOS */
	struct winsize winsize;
	u32 opens;	  /* files open on the line, masters not counted */
	u32 hangups;	  /* readable without the lock */
	bool exclusive;	  /* TIOCEXCL */
	bool stopped;	  /* no output, by ^S or tcflow() */
	bool tco_stopped; /* by tcflow(): ^Q does not undo it */
	bool closed;	  /* the other end (master) is gone */
	bool input_eof;	  /* the driver has no more input, ever */
	bool writing;	  /* somebody is inside write(2) */
	struct ldisc ld;
	struct tty_ring pend, out;

	struct waitqueue read_wait;  /* input came, state changed */
	struct waitqueue write_wait; /* room in `out`, state changed */

	/* under tasklist_lock: */
	u32 session, pgrp; /* 0 = none */

	/* fixed after creation */
	struct ref refs;
	const struct tty_ops *ops;
	const struct termios2 *init_termios;
	bool is_pty;
	u64 dev;
	char name[24];
	void *priv;
};

/* file->priv of an open terminal. */
struct tty_file {
	struct tty *tty; /* reference */
	u32 hangups;
	bool console; /* by /dev/console: no job control, survives hangup */
};

/* --- tty_core.c --- */
extern const struct file_ops tty_file_ops;
extern const struct termios2 tty_std_termios;
/* Fill in a zeroed tty. => 0, -ENOMEM */
int tty_setup(struct tty *t, const struct tty_ops *ops,
	      const struct termios2 *tio);
void tty_destroy(struct tty *t);
/* Attach f to t; the caller has counted it in t->opens and hands over a
 * reference, which is dropped on error. */
int tty_open_file(struct tty *t, struct file *f, bool console, bool noctty);
/* May t be opened once more? Caller holds t->lock. => 0, -EBUSY */
int tty_may_open_locked(struct tty *t);
bool tty_file_dead(const struct tty_file *tf);
void tty_hangup(struct tty *t, bool session_exit);
void tty_wake_all(struct tty *t);
/*
 * Sleep on q until woken: gives t->lock up meanwhile. Every change that a
 * sleeper waits for is made under the lock, so none is missed. => as sleep_on()
 */
int tty_sleep_locked(struct tty *t, struct waitqueue *q, u64 deadline,
		     const char *wchan);
/* Update the inode's times for who(1), no finer than 8 s. */
void tty_touch(struct file *f, bool write);
extern struct tty *console_tty;

/* --- tty_jobctl.c --- */
/* The caller's controlling terminal with a reference, or NULL. */
struct tty *tty_current_get(void);
/*
 * May a process do this to its controlling terminal from the background?
 * sig: SIGTTIN for reads, SIGTTOU else. => 0, -EIO, -ERESTARTSYS (signal sent)
 */
int tty_check_change(struct tty *t, int sig);
void tty_acquire_on_open(struct tty *t, struct file *f);
int tty_set_ctty(struct tty *t, struct file *f, bool steal);
int tty_give_up_ctty(struct tty *t);
/* pgrp: kernel values of the ioctls. check: the fd is no master's. */
int tty_get_pgrp(struct tty *t, bool check, u32 *out);
int tty_get_sid(struct tty *t, bool check, u32 *out);
int tty_set_pgrp(struct tty *t, s32 pgrp);
void tty_hangup_session(struct tty *t, bool session_exit);
void tty_clear_session(struct tty *t);
void tty_signal_pgrp(struct tty *t, int sig);

/* --- tty_ioctl.c --- */
/* master: the ioctl came through the pty's other end. */
long tty_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master);
int tty_set_winsize(struct tty *t, const struct winsize *ws);

/* --- tty_ldisc.c, caller holds t->lock unless said otherwise --- */
void ldisc_init(struct ldisc *ld);
void ldisc_termios_changed(struct tty *t, const struct termios2 *old);
/* Bytes from the driver; => how many were accepted. */
u32 tty_input_locked(struct tty *t, const u8 *p, u32 n);
/* The same, takes the lock itself. */
u32 tty_input(struct tty *t, const u8 *p, u32 n);
void ldisc_flush_input(struct tty *t);
u32 ldisc_readable(const struct tty *t); /* for FIONREAD */
/* Without the lock: would read(2) return now? */
bool ldisc_input_available(const struct tty *t, bool poll);
ssize_t ldisc_read(struct tty *t, struct tty_file *tf, struct file *f,
		   struct iov_iter *it); /* takes the lock */

/* --- tty_output.c, caller holds t->lock unless said otherwise --- */
void tty_stop(struct tty *t);
void tty_start(struct tty *t);
void ldisc_echo_raw(struct tty *t, u8 c);
void ldisc_echo_char(struct tty *t, u8 c);
void ldisc_echo_erase_tab(struct tty *t, u32 width, bool after_tab);
void ldisc_echo_flush(struct tty *t);
void ldisc_move_back(struct tty *t);
void ldisc_flush_output(struct tty *t);
/* A byte to the line past OPOST and flow control. */
void tty_send_xchar(struct tty *t, u8 c);
/* Room was made in `out`: continue echo, wake writers. */
void tty_out_drained(struct tty *t);
bool tty_writable(const struct tty *t); /* without the lock */
ssize_t ldisc_write(struct tty *t, struct tty_file *tf, struct file *f,
		    struct iov_iter *it); /* takes the lock */

static inline bool ldisc_canonical(const struct tty *t)
{
	return (READ_ONCE(t->termios.c_lflag) & (ICANON | EXTPROC)) == ICANON;
}
static inline bool tty_iflag(const struct tty *t, u32 bit)
{
	return t->termios.c_iflag & bit;
}
static inline bool tty_oflag(const struct tty *t, u32 bit)
{
	return t->termios.c_oflag & bit;
}
static inline bool tty_lflag(const struct tty *t, u32 bit)
{
	return t->termios.c_lflag & bit;
}

/* --- pty.c and fs/devpts.c --- */
struct devpts;
/* The instance behind an opened ptmx node, with a reference; or ERR_PTR. */
struct devpts *devpts_of_ptmx(struct file *f);
void devpts_put(struct devpts *d);
/* Where slave `index` is to be found; f: the master. With references. */
int devpts_slave_path(struct devpts *d, struct file *f, u32 index,
		      struct path *out);
/* Make a name for t. => index or -errno */
int devpts_add(struct devpts *d, struct tty *t);
void devpts_remove(struct devpts *d, u32 index);
/* The tty behind a slave's inode with a reference, or NULL. */
struct tty *devpts_inode_tty(struct inode *ino);
void devpts_init(void);
int pty_slave_open(struct inode *ino, struct file *f);

#endif
