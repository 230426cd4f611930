# SPDX-License-Identifier: GPL-2.0
# The calls of kernel/syscall/syscalls.tbl for tests/attack/pointers.c:
# { number, "name", argument letters }, one a line, those at `none` too.
{ sub(/;.*/, "") }
/^[0-9]/ {
	args = ""
	for (i = 5; i <= NF; i++)
		args = args substr($i, 1, 1)
	printf "{ %d, \"%s\", \"%s\" },\n", $1, $2, args
}
