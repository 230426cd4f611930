/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel words of the command line. Some are the monitor's (mem=, con0= …)
 * and mean nothing here; some are ours; the rest goes to init as on Linux:
 * NAME=VALUE into its environment, others to its arguments, and everything
 * after `--`, which cannot occur here, likewise.
 */
#include <kernel/checks.h>
#include <kernel/net.h>
#include <kernel/faults.h>
#include <kernel/printk.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include "internal.h"

struct init_words init_words;

static const char *const debug_names[DEBUG_NR] = {
	[DEBUG_TASK] = "task", [DEBUG_SIGNAL] = "signal", [DEBUG_MM] = "mm",
	[DEBUG_VFS] = "vfs",   [DEBUG_TTY] = "tty",	  [DEBUG_NET] = "net",
	[DEBUG_RING] = "ring", [DEBUG_ARCH] = "arch",
};
_Static_assert(ARRAY_SIZE(debug_names) == DEBUG_NR, "debug names");

/* debug=NAME[,NAME...] */
static void init_debug_bits(const char *v)
{
	while (*v) {
		size_t n = 0;
		bool found = false;

		while (v[n] && v[n] != ',')
			n++;
		for (u32 i = 0; i < DEBUG_NR; i++)
			if (strlen(debug_names[i]) == n &&
			    !strncmp(debug_names[i], v, n)) {
				debug_mask |= 1u << i;
				found = true;
			}
		if (n == 3 && !strncmp(v, "all", 3))
			debug_mask = ~0u;
		else if (!found)
			printk(KERN_WARN "debug=: no subsystem '%s'\n", v);
		v += n;
		if (*v == ',')
			v++;
	}
}

static void word_init(const char *v)
{
	init_words.init = v;
}

static void word_debug(const char *v)
{
	init_words.debug = true;
	console_level = 8;
	if (*v)
		init_debug_bits(v);
}

static void word_quiet(const char *v)
{
	console_level = 4;
}

static void word_loglevel(const char *v)
{
	u64 n;

	if (!kstrtou64(v, NULL, &n) && n < 16)
		console_level = (u32)n;
}

static void word_strace(const char *v)
{
	strace_setup(v);
}

static void word_root(const char *v)
{
	init_words.root = v;
}

static void word_rootfstype(const char *v)
{
	init_words.rootfstype = v;
}

static void word_rootflags(const char *v)
{
	init_words.rootflags = v;
}

/* The monitor has dealt with it. */
static void word_known(const char *v)
{
}

static const struct {
	const char *name; /* up to the "=", if it has one */
	void (*fn)(const char *value);
} init_known_words[] = {
	{ "init=", word_init },
	{ "rdinit=", word_init },
	{ "debug=", word_debug },
	{ "debug", word_debug },
	{ "quiet", word_quiet },
	{ "loglevel=", word_loglevel },
	{ "strace=", word_strace },
	{ "mem=", word_known },
	{ "root=", word_root },
	{ "rootfstype=", word_rootfstype },
	{ "rootflags=", word_rootflags },
	{ "hostname=", word_known },
	{ "rootwait", word_known },
	{ "rootdelay=", word_known },
	{ "failalloc=", fault_word_alloc },
	{ "failhost=", fault_word_host },
	{ "broken=", broken_word },
	{ "console=", word_known },
	{ "ro", word_known },
	{ "rw", word_known },
	{ "ip=", net_word_ip },
};

static bool init_word_ours(const char *word)
{
	for (u32 i = 0; i < ARRAY_SIZE(init_known_words); i++) {
		const char *name = init_known_words[i].name;
		size_t n = strlen(name);

		if (name[n - 1] == '=' ? !strncmp(word, name, n)
				       : !strcmp(word, name)) {
			init_known_words[i].fn(word + n);
			return true;
		}
	}
	return false;
}

void init_parse_words(const struct boot_params *bp)
{
	struct init_words *w = &init_words;
	char *p = w->line = kstrdup(bp->cmdline);
	char *end;

	w->argc = 1;
	if (bp->flags & BOOT_QUIET)
		word_quiet("");
	for (; p && *p; p = end) {
		end = strchr(p, ' ');
		if (end)
			*end++ = 0;
		else
			end = p + strlen(p);
		if (!*p || init_word_ours(p))
			continue;
		if (strchr(p, '=')) {
			if (w->envc < INIT_ARGS)
				w->envp[w->envc++] = p;
		} else if (w->argc <= INIT_ARGS) {
			w->argv[w->argc++] = p;
		}
	}
}
