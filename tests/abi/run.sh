#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build and run the comparison of kernel/include/abi with the host's headers.
# usage: tests/abi/run.sh BUILDDIR [-v]		(from the top of the tree)
set -e
o=$1/tests/abi
cc=${CC:-gcc}
mkdir -p "$o"
kern="-std=gnu11 -ffreestanding -nostdinc
	-isystem $($cc -print-file-name=include) -Ikernel -Ikernel/include"

for h in kernel/include/abi/*.h; do
	# each compiles alone
	$cc $kern -Wall -Wextra -Werror -fsyntax-only -x c "$h" \
		2>"$o/err" || { cat "$o/err" >&2; exit 1; }
	echo "#include <abi/$(basename "$h")>"
done >"$o/abi_all.h"

# Every constant of ours: object-like macros, but for strings, guards, member
# names (lower case), and what the kernel's headers add.
$cc $kern -dM -E -x c "$o/abi_all.h" |
awk '$1 == "#define" && $2 ~ /^_?_?[A-Z][A-Za-z0-9_]*$/ && NF > 2 &&
	$3 !~ /^"/ && $3 !~ /^\(\{/ { print $2, "+" }' | sort >"$o/all"
echo '#include <kernel/types.h>' |
$cc $kern -dM -E -x c - | awk '{ print $2, "-" }' | sort >"$o/base"
join -v 1 "$o/all" "$o/base" | awk '
	$1 !~ /^ABI_|^CMSG_/ {
	print "#ifdef " $1; print "\tABI_CONST(" $1 "),"; print "#endif"
}' >"$o/abi_consts.h"

$cc $kern -I"$o" -Itests/abi -Wall -Wextra -c tests/abi/ours.c -o "$o/ours.o"
for f in uapi libc test_abi; do
	$cc -std=gnu11 -O1 -Wall -Wextra -I"$o" -c tests/abi/$f.c -o "$o/$f.o"
done
$cc -o "$o/test_abi" "$o/ours.o" "$o/uapi.o" "$o/libc.o" "$o/test_abi.o"
shift
"$o/test_abi" "$@"
