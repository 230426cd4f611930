/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver of the random programs: on the host, it runs them here and, by the
 * given command and its own path there, in a machine; compares; and shrinks
 * what differs by leaving out steps for as long as it still differs.
 * "/tests/fuzz" is where this program is in the machine.
 */
#define DRIVE_WORST 20
#define BATCH	    20
#define STEPS	    120u

static char **drive_cmd;
static int drive_worst;

/* Run on the host (there = 0) or in a machine; output to `file`. */
static int drive_run(int there, const char *file, char *const args[])
{
	char *v[32];
	int n = 0, st = 0;
	pid_t pid = fork();

	if (!pid) {
		int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0644);
		int nul = open("/dev/null", O_RDONLY);

		dup2(nul, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		close(fd);
		close(nul);
		if (there) {
			for (char **c = drive_cmd; *c && n < 20; c++)
				v[n++] = *c;
			v[n++] = (char *)"/tests/fuzz";
		} else {
			v[n++] = (char *)"/proc/self/exe";
		}
		for (int i = 0; args[i]; i++)
			v[n++] = args[i];
		v[n] = NULL;
		alarm(240);
		execvp(v[0], v);
		_exit(127);
	}
	waitpid(pid, &st, 0);
	return st;
}

static char *slurp(const char *file)
{
	static const char none[] = "";
	struct stat st;
	int fd = open(file, O_RDONLY);
	char *b;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !(b = malloc((size_t)st.st_size + 1)))
		return strdup(none);
	n = read(fd, b, (size_t)st.st_size);
	b[n < 0 ? 0 : n] = 0;
	close(fd);
	return b;
}

/* The section of a seed; *len. */
static const char *section(const char *text, uint64_t seed, size_t *len)
{
	char head[32];
	const char *p, *e;

	snprintf(head, sizeof(head), "[%llu]\n", (unsigned long long)seed);
	p = strstr(text, head);
	if (!p) {
		*len = 0;
		return "";
	}
	e = strstr(p + 1, "\n[");
	*len = e ? (size_t)(e - p) : strlen(p);
	return p;
}

/* Does the program with these steps differ? Leaves the outputs behind. */
static int drive_differs(uint64_t seed, const unsigned char *keep)
{
	char mask[STEPS / 4 + 1], num[24], *h, *g;
	char *args[] = { (char *)"one", num, mask, NULL };
	int r;

	snprintf(num, sizeof(num), "%llu", (unsigned long long)seed);
	for (unsigned i = 0; i < STEPS / 4; i++) {
		unsigned d = 0;

		for (unsigned k = 0; k < 4; k++)
			d |= (unsigned)keep[i * 4 + k] << k;
		mask[i] = "0123456789abcdef"[d];
	}
	mask[STEPS / 4] = 0;
	drive_run(0, "shrunk.host", args);
	drive_run(1, "shrunk.guest", args);
	h = slurp("shrunk.host");
	g = slurp("shrunk.guest");
	r = strcmp(h, g) != 0;
	free(h);
	free(g);
	return r;
}

static void drive_print(const char *tag, const char *file)
{
	char *t = slurp(file), *save = NULL;

	for (char *l = strtok_r(t, "\n", &save); l;
	     l = strtok_r(NULL, "\n", &save))
		printf("  %s %s\n", tag, l);
	free(t);
}

static void drive_shrink(uint64_t seed, unsigned steps)
{
	unsigned char keep[STEPS];

	memset(keep, 0, sizeof(keep));
	memset(keep, 1, steps);
	if (!drive_differs(seed, keep)) {
		printf("  seed %llu: not alone, or not always\n",
		       (unsigned long long)seed);
		return;
	}
	for (unsigned chunk = 32; chunk; chunk /= 2)
		for (unsigned at = steps - steps % chunk + chunk;
		     at >= chunk;) {
			unsigned char was[STEPS];
			int any = 0;

			at -= chunk;
			memcpy(was, keep, sizeof(was));
			for (unsigned i = at; i < at + chunk && i < steps;
			     i++) {
				any |= keep[i];
				keep[i] = 0;
			}
			if (any && !drive_differs(seed, keep))
				memcpy(keep, was, sizeof(was));
			if (at < chunk)
				break;
		}
	if (!drive_differs(seed, keep))
		printf("  (not always)\n");
	drive_print("host: ", "shrunk.host");
	drive_print("guest:", "shrunk.guest");
}

/* The steps up to the first line that differs, from its number. */
static unsigned first_difference(const char *h, size_t hn, const char *g,
				 size_t gn)
{
	size_t i = 0, l = 0;

	for (; i < hn && i < gn && h[i] == g[i]; i++)
		if (h[i] == '\n')
			l = i + 1;
	i = (size_t)atoi(h + l);
	return i + 1 > STEPS || l == 0 || !(h[l] >= '0' && h[l] <= '9')
		       ? STEPS
		       : (unsigned)i + 1;
}

static int drive(int seconds, uint64_t seed, char **cmd)
{
	time_t end = time(NULL) + seconds;
	unsigned long ran = 0;

	drive_cmd = cmd;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (time(NULL) < end && drive_worst < DRIVE_WORST &&
	       (!getenv("FUZZ_MAX") ||
		ran < strtoul(getenv("FUZZ_MAX"), 0, 10))) {
		char num[24], count[8], steps[8], *h, *g;
		char *args[] = { (char *)"run", num, count, steps, NULL };

		snprintf(num, sizeof(num), "%llu", (unsigned long long)seed);
		snprintf(count, sizeof(count), "%d", BATCH);
		snprintf(steps, sizeof(steps), "%u", STEPS);
		drive_run(0, "batch.host", args);
		drive_run(1, "batch.guest", args);
		h = slurp("batch.host");
		g = slurp("batch.guest");
		for (unsigned i = 0; i < BATCH && drive_worst < DRIVE_WORST;
		     i++) {
			size_t hn, gn;
			const char *hs = section(h, seed + i, &hn);
			const char *gs = section(g, seed + i, &gn);

			ran++;
			if (hn == gn && !memcmp(hs, gs, hn))
				continue;
			drive_shrink(seed + i,
				     first_difference(hs, hn, gs, gn));
			printf("FAIL seed %llu\n",
			       (unsigned long long)(seed + i));
			drive_worst++;
		}
		free(h);
		free(g);
		seed += BATCH;
	}
	printf("  %lu programs of %u steps\n", ran, STEPS);
	if (!drive_worst)
		printf("ok fuzz\n");
	printf("%d passed, %d failed, 0 skipped\n", !drive_worst, drive_worst);
	return drive_worst != 0;
}
