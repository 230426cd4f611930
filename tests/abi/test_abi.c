// SPDX-License-Identifier: GPL-2.0
/*
 * Compares what the kernel believes of the Linux ABI (kernel/include/abi) with
 * what the host's headers say: every constant, size and offset by name. A name
 * that neither host table knows is counted, not failed: our headers follow a
 * newer Linux than some hosts have.
 */
#include <stdio.h>
#include <string.h>
#include "abi.h"

static const struct abi_value *find(const struct abi_value *t, const char *name)
{
	for (; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

static int compare(const struct abi_value *ours, const struct abi_value *host,
		   const char *who, int *known)
{
	const struct abi_value *h = find(host, ours->name);

	if (!h)
		return 0;
	*known = 1;
	/* Flags may be int in one header and unsigned in the other. */
	if (h->value == ours->value || (int)h->value == ours->value ||
	    h->value == (int)ours->value)
		return 0;
	printf("not ok: %s: ours %lld (0x%llx), %s %lld (0x%llx)\n", ours->name,
	       ours->value, (unsigned long long)ours->value, who, h->value,
	       (unsigned long long)h->value);
	return 1;
}

int main(int argc, char **argv)
{
	int n = 0, bad = 0, unknown = 0;

	(void)argv;
	for (const struct abi_value *v = abi_ours; v->name; v++, n++) {
		int known = 0;

		bad += compare(v, abi_uapi, "uapi", &known);
		bad += compare(v, abi_libc, "libc", &known);
		unknown += !known;
		if (!known && argc > 1)
			printf("not on this host: %s\n", v->name);
	}
	printf("abi: %d names, %d differ, %d not on this host\n", n, bad,
	       unknown);
	return bad ? 1 : 0;
}
