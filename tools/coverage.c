// SPDX-License-Identifier: GPL-2.0
/*
 * For tools/coverage.sh: puts together what machines have left in *.cov files,
 * a byte for each byte of kernel text that is not 0 where code ran.
 * usage: coverage FILE... <ADDRESSES >"1 ADDRESS" or "0 ADDRESS" for each
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_BASE 0x680000000000ull
#define TEXT_MAX  (8u << 20)

static uint8_t seen[TEXT_MAX], buf[65536];

int main(int argc, char **argv)
{
	char line[64];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n, at = 0;

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
			for (size_t k = 0; k < n && at < TEXT_MAX; k++, at++)
				seen[at] |= buf[k];
		fclose(f);
	}
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t a = strtoull(line, NULL, 16) - TEXT_BASE;

		printf("%d %#llx\n", a < TEXT_MAX && seen[a],
		       (unsigned long long)(a + TEXT_BASE));
	}
	return 0;
}
