/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The random programs: what their parts share. See fuzz.c.
 */
#ifndef FUZZ_H
#define FUZZ_H
#include "d.h"

/* The numbers of one step: the same on every system, whatever went before. */
struct rng {
	uint64_t s;
};
static inline uint64_t rnd(struct rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}
static inline unsigned below(struct rng *r, unsigned n)
{
	return (unsigned)(rnd(r) >> 33) % n;
}
static inline int chance(struct rng *r, unsigned percent)
{
	return below(r, 100) < percent;
}
#define PICK(r, a) ((a)[below(r, N(a))])

/* A step prints what it does and what came of it, without the line's end. */
struct step {
	const char *name;
	void (*fn)(struct rng *r);
	unsigned weight;
};
extern const struct step steps_file[], steps_fd[], steps_mem[], steps_proc[];

void out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* ") = value" or ") = ERRNO" */
long res(long r);
uint64_t hash(const void *p, size_t n);

/* Arguments, printed as they are drawn. */
int arg_fd(struct rng *r);
const char *arg_name(struct rng *r);
long arg_off(struct rng *r);
size_t arg_len(struct rng *r);
unsigned arg_flags(struct rng *r, const unsigned *set, unsigned n, unsigned pc);
#define FLAGS(r, set, pc) arg_flags(r, set, N(set), pc)
extern unsigned char fuzz_buf[1 << 16];
void fill(struct rng *r, size_t n);
/* Runs the next `n` steps here. */
void run_next(unsigned n);

#endif
