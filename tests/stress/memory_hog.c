// SPDX-License-Identifier: GPL-2.0
/* Touches memory without end; somebody has to stop it. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
	for (int i = 0; i < 16384; i++) {
		volatile char *p = malloc(1 << 20);

		if (!p)
			return 3;
		for (int k = 0; k < 1 << 20; k += 4096)
			p[k] = 1;
	}
	return 0;
}
