#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Link the kernel image twice: the second time with a table of its own symbols,
# for backtraces. usage: kallsyms.sh BUILD SCRIPT OUT OBJECT...
set -e
o=$1 lds=$2 out=$3
shift 3
: >"$o/kallsyms0.S"
link() {
	${CC:-gcc} -c "$1" -o "$1.o"
	ld -static -nostdlib -z noexecstack --build-id=none -T "$lds" -o "$2" "$objs" "$1.o" 2>&1 |
		grep -v 'RWX permissions' >&2 || true
}
table() {
	nm -n "$1" | awk '
	BEGIN { print ".section .rodata.kallsyms,\"a\"\n.globl kallsyms_start\n.hidden kallsyms_start\nkallsyms_start:" }
	tolower($2) == "t" { printf ".quad 0x%s\n.asciz \"%s\"\n.balign 8\n", $1, $3 }
	END { print ".quad 0" }'
}
objs=$o/kernel-all.o
ld -r -o "$objs" "$@"
printf '.section .rodata.kallsyms,"a"\n.globl kallsyms_start\n.hidden kallsyms_start\nkallsyms_start: .quad 0\n' >"$o/kallsyms0.S"
link "$o/kallsyms0.S" "$out.tmp"
table "$out.tmp" >"$o/kallsyms1.S"
link "$o/kallsyms1.S" "$out.tmp"
mv "$out.tmp" "$out"
