// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of `lodger run`: long options in the ordinary style, kernel
 * words as User Mode Linux knows them, and after `--` the command.
 *
 * Words: those the monitor needs itself (mem=, umid=, root= with rootfstype=
 * and rootflags=, con0=) are understood here and have the same effect as their
 * long options; the kernel gets all of them, parses its own (init=, quiet,
 * debug, strace= …) and hands unknown ones to init, as Linux does. So nothing
 * is an error among the words except a bad value.
 *
 * Environment of the job: nothing of the caller's but TERM; --env adds.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "names.h"
#include "options.h"
#include "say.h"

enum {
	OPT_ROOT = 256,
	OPT_RW,
	OPT_OVERLAY,
	OPT_MEM,
	OPT_CPUS,
	OPT_HOSTNAME,
	OPT_ENV,
	OPT_WORKDIR,
	OPT_TRAP,
	OPT_INIT,
	OPT_CONSOLE,
	OPT_NAME,
	OPT_USER,
	OPT_GDB,
	OPT_NET,
	OPT_DISK,
};

static const struct option options_long[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "rw", no_argument, NULL, OPT_RW },
	{ "overlay", no_argument, NULL, OPT_OVERLAY },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "hostname", required_argument, NULL, OPT_HOSTNAME },
	{ "env", required_argument, NULL, OPT_ENV },
	{ "workdir", required_argument, NULL, OPT_WORKDIR },
	{ "trap", required_argument, NULL, OPT_TRAP },
	{ "init", required_argument, NULL, OPT_INIT },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "user", required_argument, NULL, OPT_USER },
	{ "gdb", no_argument, NULL, OPT_GDB },
	{ "net", required_argument, NULL, OPT_NET },
	{ "disk", required_argument, NULL, OPT_DISK },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *name;
	enum boot_backend backend;
} options_backends[] = {
	{ "direct", BACKEND_DIRECT },
	{ "direct-unwalled", BACKEND_DIRECT_UNWALLED },
	{ "seccomp", BACKEND_SECCOMP },
	{ "ptrace", BACKEND_PTRACE },
};

void options_help(void)
{
	fputs("usage: lodger run [OPTIONS] [KERNEL WORDS] [-- COMMAND "
	      "[ARG...]]\n"
	      "       lodger ls | stop NAME | kill NAME | doctor\n"
	      "       lodger ctl NAME COMMAND...\n"
	      "       lodger gdb NAME|PID|CORE [GDB-ARG...]\n"
	      "       lodger dump NAME|PID [FILE]\n"
	      "       lodger --version | --help\n"
	      "\n"
	      "Boot a machine. Without COMMAND the root's init runs on the "
	      "console; with\n"
	      "COMMAND that runs with this terminal or these pipes, and its "
	      "exit status is\n"
	      "lodger's.\n"
	      "\n"
	      "  --root DIR          a host directory as root (default: the "
	      "built-in root)\n"
	      "  --rw                write through to DIR (default: read-only, "
	      "tmpfs on /tmp, /run)\n"
	      "  --overlay           the root can be changed, and forgets the "
	      "changes at the end\n"
	      "  --mem SIZE          memory of the machine, e.g. 512M\n"
	      "  --cpus N            processors of the machine\n"
	      "  --name NAME         its name (default: generated)\n"
	      "  --hostname NAME     host name inside (default: lodger)\n"
	      "  --user UID[:GID]    who runs COMMAND inside (default: 0:0)\n"
	      "  --env K=V           add to the environment; may be repeated\n"
	      "  --workdir DIR       working directory inside (default: /)\n"
	      "  --init PATH         the root's init (default: /sbin/init, "
	      "/init ...)\n"
	      "  --net KIND[,...]    a network: user, tap=NAME, lan=NAME or "
	      "fd=N; with user also\n"
	      "                      hostfwd=tcp:[ADDR:]PORT:GUESTPORT and "
	      "restrict; for all mac=,\n"
	      "                      mtu=, pcap=FILE. May be repeated: eth0, "
	      "eth1 ... (default: none)\n"
	      "  --disk FILE[,...]   a disk, /dev/ubda and so on; with "
	      "cow=FILE for what is written,\n"
	      "                      ro, sync, serial=TEXT. May be repeated\n"
	      "  --trap BACKEND      direct, seccomp, ptrace, or auto: the "
	      "first that fits here\n"
	      "  --console KIND      fd, pty, null or file:PATH\n"
	      "  --gdb               under gdb, stopped where the kernel "
	      "starts\n"
	      "  -q, --quiet         no boot messages\n"
	      "  -v, --verbose       more of them\n"
	      "\n"
	      "Words as User Mode Linux has them: mem=, umid=, con0=, init=, "
	      "root=,\n"
	      "rootfstype=hostfs rootflags=DIR, ubd0=FILE, ubd0=COW,FILE "
	      "(ubd0r= read-only, ubd0s=\n"
	      "synchronous), eth0=tuntap,NAME, ip=, quiet, debug, strace=. "
	      "Unknown ones go to init.\n"
	      "\n"
	      "Exit status: the command's (128+n when signal n killed it); 120 "
	      "the guest's kernel\n"
	      "panicked; 125 lodger failed; 126 COMMAND cannot be run; 127 it "
	      "was not found.\n",
	      stdout);
}

bool options_size(const char *s, uint64_t *out)
{
	static const char units[] = "kmgt";
	char *end;
	unsigned long long v;
	unsigned int shift = 0;
	const char *u;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	v = strtoull(s, &end, 0);
	if (errno)
		return false;
	if (*end) {
		u = strchr(units, tolower((unsigned char)*end));
		if (!u)
			return false;
		shift = 10u * ((unsigned int)(u - units) + 1);
		end++;
		if (*end == 'i')
			end++;
		if (*end == 'B' || *end == 'b')
			end++;
	}
	if (*end || (shift && v >> (64 - shift)))
		return false;
	*out = (uint64_t)v << shift;
	return true;
}

static uint64_t options_number(const char *what, const char *s, uint64_t max)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(s, &end, 10);
	if (!isdigit((unsigned char)*s) || *end || errno || v > max)
		say_die("%s: '%s' is not a number from 0 to %llu", what, s,
			(unsigned long long)max);
	return v;
}

static void options_mem(struct options *o, const char *what, const char *s)
{
	if (!options_size(s, &o->mem))
		say_die("%s: '%s' is not a size; write for instance 512M or 2G",
			what, s);
	if (o->mem && o->mem < (16u << 20))
		say_die("%s: %s is too little; a machine needs 16M at least",
			what, s);
}

static void options_user(struct options *o, const char *s)
{
	char buf[32];
	char *colon;

	if (strlen(s) >= sizeof(buf))
		say_die("--user: '%s' is not UID[:GID]", s);
	strcpy(buf, s);
	colon = strchr(buf, ':');
	if (colon)
		*colon++ = 0;
	o->uid = (uint32_t)options_number("--user", buf, 0xfffffffe);
	o->gid = colon ? (uint32_t)options_number("--user", colon, 0xfffffffe)
		       : o->uid;
}

static void options_backend(struct options *o, const char *s)
{
	o->backend_given = false;
	if (!strcmp(s, "auto"))
		return;
	for (size_t i = 0;
	     i < sizeof(options_backends) / sizeof(options_backends[0]); i++)
		if (!strcmp(s, options_backends[i].name)) {
			o->backend = options_backends[i].backend;
			o->backend_given = true;
			return;
		}
	say_die("--trap: no backend '%s'; there are auto, direct, seccomp, "
		"ptrace and direct-unwalled",
		s);
}

/* fd | fd:N[,fd:M] | pty | null | none | file:PATH */
static void options_console(struct options *o, const char *what, const char *s)
{
	int in = 0, out = 1, n = 0;

	if (!strcmp(s, "pty") || !strcmp(s, "pts")) {
		o->console = CONSOLE_PTY;
	} else if (!strcmp(s, "null") || !strcmp(s, "none")) {
		o->console = CONSOLE_NULL;
	} else if (!strncmp(s, "file:", 5) && s[5]) {
		o->console = CONSOLE_FILE;
		o->console_file = s + 5;
	} else if (!strcmp(s, "fd")) {
		o->console = CONSOLE_FD;
	} else if (sscanf(s, "fd:%d,fd:%d%n", &in, &out, &n) == 2 && !s[n]) {
		o->console = CONSOLE_FD;
	} else if (sscanf(s, "fd:%d%n", &in, &n) == 1 && !s[n]) {
		o->console = CONSOLE_FD;
		out = in;
	} else {
		say_die("%s: '%s' is no console; there are fd, fd:IN,fd:OUT, "
			"pty, null and file:PATH",
			what, s);
	}
	if (in < 0 || out < 0)
		say_die("%s: '%s' names no descriptor", what, s);
	o->con_in = in;
	o->con_out = out;
}

static void options_env_add(struct options *o, const char *kv)
{
	size_t key = strcspn(kv, "=");
	const char **p;
	int i;

	if (!kv[key] || !key)
		say_die("--env: '%s' is not NAME=VALUE", kv);
	for (i = 0; i < o->envc; i++)
		if (!strncmp(o->envp[i], kv, key + 1))
			break;
	if (i == o->envc) {
		p = realloc(o->envp, sizeof(*p) * (size_t)(o->envc + 1));
		if (!p)
			say_die("out of memory");
		o->envp = p;
		o->envc++;
	}
	o->envp[i] = kv;
}

/* The same unless the name has a value already. */
static void options_env_default(struct options *o, const char *kv)
{
	size_t key = strcspn(kv, "=") + 1;

	for (int i = 0; i < o->envc; i++)
		if (!strncmp(o->envp[i], kv, key))
			return;
	options_env_add(o, kv);
}

static void options_word_add(struct options *o, const char *word)
{
	size_t used = strlen(o->cmdline);

	if (strpbrk(word, " \t\n"))
		say_die("kernel word '%s' has a space in it", word);
	if (used + strlen(word) + 2 > sizeof(o->cmdline))
		say_die("too many kernel words: at most %zu bytes",
			sizeof(o->cmdline) - 1);
	if (used)
		strcat(o->cmdline, " ");
	strcat(o->cmdline, word);
}

static const char *options_value(const char *word, const char *key)
{
	size_t n = strlen(key);

	return strncmp(word, key, n) ? NULL : word + n;
}

/* --- networks --- */

static void options_mac(struct net_config *c, const char *what, const char *s)
{
	unsigned int m[6];
	int n = 0;

	if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x%n", &m[0], &m[1], &m[2], &m[3],
		   &m[4], &m[5], &n) != 6 ||
	    s[n] || (m[0] & 1))
		say_die("%s: '%s' is no Ethernet address of one machine", what,
			s);
	for (int i = 0; i < 6; i++)
		c->mac[i] = (uint8_t)m[i];
}

/* One of the words after the first: KEY=VALUE. */
static void options_net_word(struct net_config *c, const char *what,
			     const char *word)
{
	const char *v, *wrong;

	if ((v = options_value(word, "hostfwd="))) {
		wrong = net_forward_check(v);
		if (wrong)
			say_die("%s: hostfwd=%s: %s", what, v, wrong);
		if (c->backend != NET_USERMODE)
			say_die("%s: only user-mode networks forward ports",
				what);
		if (c->nforwards == NET_FORWARDS)
			say_die("%s: at most %d forwards", what, NET_FORWARDS);
		c->forward[c->nforwards++] = v;
	} else if ((v = options_value(word, "pcap="))) {
		c->pcap = v;
	} else if ((v = options_value(word, "mac="))) {
		options_mac(c, what, v);
	} else if ((v = options_value(word, "mtu="))) {
		c->mtu = (uint32_t)options_number("mtu", v, 65520);
		if (c->mtu < 68)
			say_die("%s: an mtu is 68 at least", what);
	} else if (!strcmp(word, "restrict")) {
		c->restricted = true;
	} else {
		say_die("%s: '%s' is not understood; there are hostfwd=, "
			"restrict, mac=, mtu= and pcap=",
			what, word);
	}
}

static void options_net_kind(struct net_config *c, const char *what,
			     const char *kind)
{
	const char *v;

	if (!strcmp(kind, "user") || !strcmp(kind, "slirp")) {
		c->backend = NET_USERMODE;
	} else if ((v = options_value(kind, "tap=")) && *v) {
		c->backend = NET_TAP;
		c->name = v;
	} else if ((v = options_value(kind, "lan=")) && names_valid(v)) {
		c->backend = NET_LAN;
		c->name = v;
	} else if ((v = options_value(kind, "fd="))) {
		c->backend = NET_FD;
		c->fd = (int)options_number("fd", v, 1 << 20);
	} else {
		say_die("%s: '%s' is no network; there are user, tap=NAME, "
			"lan=NAME and fd=N",
			what, kind);
	}
}

static void options_net(struct options *o, const char *what, const char *spec)
{
	struct net_config *c = &o->net[o->nnets];
	char *s = strdup(spec), *word, *rest = s;

	if (!s)
		say_die("out of memory");
	if (o->nnets == (int)NET_UNITS)
		say_die("%s: a machine has %u networks at most", what,
			NET_UNITS);
	word = strsep(&rest, ",");
	if (!strcmp(word, "none"))
		return;
	options_net_kind(c, what, word);
	while ((word = strsep(&rest, ",")))
		options_net_word(c, what, word);
	o->nnets++;
}

/* eth0=tuntap,NAME[,MAC], as User Mode Linux has it; or as --net */
static void options_eth(struct options *o, const char *word)
{
	const char *v = strchr(word, '=') + 1, *name;
	char spec[128], *comma;

	if (!strncmp(word, "vec", 3)) {
		/* vec0:transport=tap,ifname=NAME */
		name = strstr(word, "ifname=");
		if (!strstr(word, "transport=tap") || !name)
			say_die("%s: only transport=tap,ifname=NAME is known",
				word);
		snprintf(spec, sizeof(spec), "tap=%s", name + 7);
		comma = strchr(spec, ',');
		if (comma)
			*comma = 0;
		options_net(o, word, spec);
		return;
	}
	name = options_value(v, "tuntap,");
	if (!name) {
		options_net(o, word, v);
		return;
	}
	snprintf(spec, sizeof(spec), "tap=%s", name);
	comma = strchr(spec, ',');
	if (comma)
		*comma = 0;
	options_net(o, word, spec);
	name = strchr(name, ',');
	if (name && name[1] && name[1] != ',')
		options_mac(&o->net[o->nnets - 1], word, name + 1);
}

/* --- disks --- */

static struct ubd_config *options_disk_at(struct options *o, const char *what,
					  int unit)
{
	if (unit >= UBD_DISKS)
		say_die("%s: a machine has %d disks at most", what, UBD_DISKS);
	if (o->disk[unit].file)
		say_die("%s: there is a disk %d already", what, unit);
	if (unit >= o->ndisks)
		o->ndisks = unit + 1;
	return &o->disk[unit];
}

/* FILE[,cow=FILE][,ro][,sync][,serial=TEXT] */
static void options_disk(struct options *o, const char *spec)
{
	char *s = strdup(spec), *word, *rest = s;
	struct ubd_config *c;
	const char *v;
	int unit = 0;

	if (!s)
		say_die("out of memory");
	while (unit < UBD_DISKS && o->disk[unit].file)
		unit++;
	c = options_disk_at(o, "--disk", unit);
	c->file = strsep(&rest, ",");
	if (!*c->file)
		say_die("--disk: '%s' names no file", spec);
	while ((word = strsep(&rest, ","))) {
		if ((v = options_value(word, "cow=")) && *v)
			c->cow = v;
		else if ((v = options_value(word, "serial=")) && *v)
			c->serial = v;
		else if (!strcmp(word, "ro"))
			c->read_only = true;
		else if (!strcmp(word, "sync"))
			c->sync = true;
		else
			say_die("--disk: '%s' is not understood; there are "
				"cow=FILE, ro, sync and serial=TEXT",
				word);
	}
}

/* ubd0=FILE, ubda=FILE, ubd0rs=COW,FILE, as User Mode Linux has it */
int options_ubd_parse(const char *word, struct ubd_config *c, char *why,
		      size_t n)
{
	const char *p = word + 3;
	char *files, *comma;
	int unit = UBD_DISKS;

	if (isdigit((unsigned char)*p))
		unit = (int)strtoul(p, (char **)&p, 10);
	else if (*p >= 'a' && *p <= 'p')
		unit = *p++ - 'a';
	if (unit < 0 || unit >= UBD_DISKS) {
		snprintf(why, n, "%.60s: a machine has %d disks at most", word,
			 UBD_DISKS);
		return -1;
	}
	for (; *p && *p != '='; p++) {
		if (*p == 'r')
			c->read_only = true;
		else if (*p == 's')
			c->sync = true;
		else if (!strchr("cdt", *p)) { /* these mean nothing here */
			snprintf(why, n,
				 "%.60s: flag '%c' is not understood; there "
				 "are r (read-only) and s (synchronous)",
				 word, *p);
			return -1;
		}
	}
	files = strdup(*p ? p + 1 : p);
	if (!files || !*files) {
		snprintf(why, n, "%.60s: it names no file", word);
		free(files);
		return -1;
	}
	comma = strchr(files, ',');
	if (comma) {
		*comma = 0;
		c->cow = files;
		files = comma + 1;
	}
	c->file = files;
	return unit;
}

static void options_ubd(struct options *o, const char *word)
{
	struct ubd_config c = { 0 };
	char why[160];
	int unit = options_ubd_parse(word, &c, why, sizeof(why));

	if (unit < 0)
		say_die("%s", why);
	*options_disk_at(o, word, unit) = c;
}

/* Does root=V name a disk? /dev/root and paths of hostfs do not. */
static bool options_root_disk(const char *v)
{
	static const char *const kinds[] = { "/dev/ubd",  "/dev/loop",	"ubd",
					     "PARTUUID=", "PARTLABEL=", "98:",
					     "UUID=",	  "LABEL=" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (options_value(v, kinds[i]))
			return true;
	return false;
}

/* => true when the word is the monitor's alone and need not travel further */
static bool options_word(struct options *o, const char *word, bool *hostfs)
{
	const char *v;

	if ((v = options_value(word, "mem="))) {
		options_mem(o, "mem=", v);
	} else if ((v = options_value(word, "umid="))) {
		o->name = v;
		return true;
	} else if ((v = options_value(word, "con0=")) ||
		   (v = options_value(word, "con="))) {
		options_console(o, "con0=", v);
		return true;
	} else if ((v = options_value(word, "rootfstype="))) {
		*hostfs = !strcmp(v, "hostfs");
	} else if ((v = options_value(word, "rootflags="))) {
		o->rootflags = v;
	} else if ((v = options_value(word, "root="))) {
		o->root_disk = options_root_disk(v) ? v : NULL;
	} else if ((v = options_value(word, "hostname="))) {
		o->hostname = v;
	} else if (!strcmp(word, "quiet")) {
		o->quiet = true;
	} else if (!strcmp(word, "rw")) {
		o->rw = true;
	} else if (!strcmp(word, "ro")) {
		o->rw = false;
	} else if ((!strncmp(word, "eth", 3) || !strncmp(word, "vec", 3)) &&
		   isdigit((unsigned char)word[3]) && strchr(word, '=')) {
		options_eth(o, word);
		return true;
	} else if (!strncmp(word, "ubd", 3) && strchr(word, '=')) {
		options_ubd(o, word);
		return true;
	}
	return false;
}

static void options_check(struct options *o)
{
	if (o->name && !names_valid(o->name))
		say_die("'%s' cannot be a machine's name: use letters, digits, "
			"'.', '_', '-' (at most %d, and begin with a letter or "
			"digit)",
			o->name, NAMES_MAX);
	if (strlen(o->hostname) > 64 || !*o->hostname)
		say_die("--hostname: at most 64 characters");
	if (*o->workdir != '/')
		say_die("--workdir: '%s' does not begin with /", o->workdir);
	if (strlen(o->workdir) >= sizeof(((struct boot_params *)0)->workdir))
		say_die("--workdir: at most %zu bytes",
			sizeof(((struct boot_params *)0)->workdir) - 1);
	if (o->overlay && o->rw)
		say_die("--rw and --overlay: one of them");
	if (o->overlay && !o->root && !o->root_disk)
		o->overlay = false; /* likewise */
	if (o->rw && !o->root && !o->root_disk)
		o->rw = false; /* the built-in root lives in memory anyway */
}

void options_parse(struct options *o, int argc, char **argv)
{
	static char term[128] = "TERM=linux";
	const char *t = getenv("TERM");
	bool hostfs = false, root_given = false;
	int c;

	memset(o, 0, sizeof(*o));
	o->hostname = "lodger";
	o->workdir = "/";
	o->con_out = 1;
	if (t && *t && strlen(t) < sizeof(term) - 6)
		snprintf(term, sizeof(term), "TERM=%s", t);

	opterr = 0;
	optind = 1;
	/* "-": words come in order as option 1, and "--" still ends */
	while ((c = getopt_long(argc, argv, "-:qvh", options_long, NULL)) !=
	       -1) {
		switch (c) {
		case 1:
			if (options_value(optarg, "root=") &&
			    !strcmp(optarg, "root=/dev/root"))
				break;
			if (!options_word(o, optarg, &hostfs))
				options_word_add(o, optarg);
			break;
		case OPT_ROOT:
			o->root = optarg;
			root_given = true;
			break;
		case OPT_RW:
			o->rw = true;
			break;
		case OPT_OVERLAY:
			o->overlay = true;
			break;
		case OPT_MEM:
			options_mem(o, "--mem", optarg);
			break;
		case OPT_CPUS:
			o->cpus = (uint32_t)options_number("--cpus", optarg,
							   1024);
			if (!o->cpus)
				say_die("--cpus: a machine needs one at least");
			break;
		case OPT_HOSTNAME:
			o->hostname = optarg;
			break;
		case OPT_ENV:
			options_env_add(o, optarg);
			break;
		case OPT_WORKDIR:
			o->workdir = optarg;
			break;
		case OPT_TRAP:
			options_backend(o, optarg);
			break;
		case OPT_INIT: {
			char word[300];

			if (*optarg != '/' || strlen(optarg) > 255)
				say_die("--init: '%s' is not an absolute path",
					optarg);
			snprintf(word, sizeof(word), "init=%s", optarg);
			options_word_add(o, word);
			break;
		}
		case OPT_CONSOLE:
			options_console(o, "--console", optarg);
			break;
		case OPT_NAME:
			o->name = optarg;
			break;
		case OPT_USER:
			options_user(o, optarg);
			break;
		case OPT_GDB:
			o->gdb = true;
			break;
		case OPT_DISK:
			options_disk(o, optarg);
			break;
		case OPT_NET:
			options_net(o, "--net", optarg);
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'h':
			options_help();
			exit(0);
		case ':':
			say_die("%s needs a value; see lodger --help",
				argv[optind - 1]);
		default:
			say_die("unknown option %s; see lodger --help",
				argv[optind - 1]);
		}
	}
	/* UML: root=/DIR with rootfstype=hostfs is another way to say it */
	if (hostfs || root_given)
		o->root_disk = NULL;
	if (!root_given && !o->root_disk && o->rootflags)
		o->root = o->rootflags;
	if (hostfs && !root_given && !o->root)
		o->root = "/";
	if (o->verbose)
		options_word_add(o, "loglevel=7");
	options_env_default(o, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
			       "/usr/bin:/sbin:/bin");
	options_env_default(o, o->uid ? "HOME=/" : "HOME=/root");
	options_env_default(o, term);
	o->argc = argc - optind;
	o->argv = argv + optind;
	options_check(o);
}
