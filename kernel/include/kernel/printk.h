/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel log and the end of the world.
 *
 * printk() writes a line into the log ring in the arena; the console sink, once
 * registered, gets it as well unless the machine is quiet. Formats: d i u x X o
 * p s c %, with flags "-0+ #", width, precision, `*`, and l ll z h hh.
 * Never blocks; callable anywhere.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <stdarg.h>
#include <kernel/types.h>

#define KERN_ERR   "<3>"
#define KERN_WARN  "<4>"
#define KERN_INFO  "<6>"
#define KERN_DEBUG "<7>"

void printk(const char *fmt, ...) __printf(1, 2);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
/* As C's snprintf: returns what would have been written. */
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* Our bug. Prints message, registers, backtrace, tasks; ends the machine. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

#define BUG_ON(c)                                                   \
	do {                                                        \
		if (unlikely(c))                                    \
			panic("%s:%d: %s", __FILE__, __LINE__, #c); \
	} while (0)
#define WARN_ON(c)                                                         \
	({                                                                 \
		bool warn_ = (c);                                          \
		if (unlikely(warn_))                                       \
			printk(KERN_WARN "warning: %s:%d: %s\n", __FILE__, \
			       __LINE__, #c);                              \
		warn_;                                                     \
	})

/* Read the log: bytes from absolute position *pos on; advances *pos. */
size_t klog_read(u64 *pos, char *buf, size_t n);
u64 klog_end(void);
extern u64 klog_start_ns; /* time_mono_ns() of the machine's start */
/* Lines of levels below this go to the console (syslog(2)). */
extern u32 console_level;
/* The console driver works; before that lines go raw to the host's stderr. */
extern bool console_ready;

/* debug=NAME[,NAME…]: one bit per subsystem. */
enum debug_bit {
	DEBUG_TASK,
	DEBUG_SIGNAL,
	DEBUG_MM,
	DEBUG_VFS,
	DEBUG_TTY,
	DEBUG_NET,
	DEBUG_RING,
	DEBUG_ARCH,
	DEBUG_NR,
};
extern u32 debug_mask;
#define pr_debug(bit, ...)                                \
	do {                                              \
		if (unlikely(debug_mask & (1u << (bit)))) \
			printk(KERN_DEBUG __VA_ARGS__);   \
	} while (0)

#endif
