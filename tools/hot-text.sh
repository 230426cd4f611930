#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Sample kernel text while machines run, and print the functions found, most
# often first: what arch-um/hot.lds should list. Needs perf and root.
# usage: hot-text.sh KERNEL.elf SECONDS
set -e
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
perf record -a -e cpu-clock -F 20000 -o "$t/perf" sleep "$2" >/dev/null 2>&1
nm -n "$1" | awk '$2 ~ /[tT]/ { print $1, $3 }' >"$t/syms"
perf script -i "$t/perf" -F ip | awk '$1 ~ /^68000/ { print $1 }' | sort >"$t/ips"
sort -m "$t/syms" "$t/ips" | awk 'NF == 2 { s = $2; next } { n[s]++ }
	END { for (s in n) print n[s], s }' | sort -rn
