#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel's text may hold WRPKRU at the three gates and XRSTOR at one place
# only, counted at every byte offset: user mode can jump to any of them. (The
# page that starts the machine has one more; it is unmapped before guests run. The
# stubs' page has an XRSTOR; where there are gates it is unmapped as well.)
# usage: check-gates.sh KERNEL.elf
set -e
t=$(mktemp)
trap 'rm -f "$t"' EXIT
objcopy -O binary --only-section=.text "$1" "$t"
count() {
	LC_ALL=C grep -obUaP "$1" "$t" | wc -l
}
wrpkru=$(count '\x0f\x01\xef')
xrstor=$(count '\x0f\xae[\x28-\x2f\x68-\x6f\xa8-\xaf]')
if [ "$wrpkru" != 3 ] || [ "$xrstor" != 1 ]; then
	echo "check-gates: WRPKRU at $wrpkru places (3 wanted)," \
		"XRSTOR at $xrstor (1 wanted)" >&2
	exit 1
fi
