#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What ran of the kernel, by file: from kernel.elf of a build with KCOV=1 and the
# *.cov files that its machines left (LODGER_COVERAGE=DIR). The unit is a basic
# block, the piece of code between two jumps. The report goes to BUILD/coverage.txt:
# for each file blocks run, blocks, percent, then the lines with blocks that never
# ran, then the functions that nobody called.
# usage: coverage.sh BUILD DIR
set -eu
o=$1 dir=$2
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
${CC:-gcc} -O2 -o "$t/coverage" tools/coverage.c
# a block is named by where its call of the counter returns to
objdump -d --no-show-raw-insn "$o/kernel.elf" | awk '
	/^[0-9a-f]+ </ { next_is = 0 }
	next_is && /^ *[0-9a-f]+:/ { sub(":", "", $1); print $1; next_is = 0 }
	/call .*<__sanitizer_cov_trace_pc>/ { next_is = 1 }' >"$t/points"
find "$dir" -name '*.cov' -size +0 | sort >"$t/files"
[ -s "$t/files" ] || {
	echo "coverage: no machine has left anything in $dir" >&2
	exit 1
}
# shellcheck disable=SC2046 # names without blanks
"$t/coverage" $(cat "$t/files") <"$t/points" >"$t/hits"
# the call itself, one byte before, is where the line is
awk '{ print $2 }' "$t/hits" | addr2line -f -e "$o/kernel.elf" |
	paste -d ' ' - - >"$t/places"
paste -d ' ' "$t/hits" "$t/places" | awk '
	{
		# HIT ADDRESS FUNCTION FILE:LINE
		file = $4
		sub(/^.*\/(kernel|drivers-host|arch-um)\//, "&", file)
		match(file, /(kernel|drivers-host|arch-um)\/[^:]*/)
		if (!RLENGTH || RLENGTH < 0)
			next
		name = substr(file, RSTART, RLENGTH)
		rest = substr(file, RSTART + RLENGTH + 1)
		line = rest + 0
		blocks[name]++
		total++
		called[name " " $3] += $1
		if ($1) {
			run[name]++
			hit++
		} else if (!((name, line) in missed)) {
			missed[name, line] = 1
			lines[name] = lines[name] " " line
		}
	}
	END {
		for (n in blocks)
			printf "1 %-40s %6d %6d %5.1f%%\n", n, run[n], blocks[n],
				100 * run[n] / blocks[n]
		printf "2 %-40s %6d %6d %5.1f%%\n", "all", hit, total,
			total ? 100 * hit / total : 0
		for (n in lines)
			printf "3 %s:%s\n", n, lines[n]
		for (f in called)
			if (!called[f])
				printf "4 never called: %s\n", f
	}' | sort | sed 's/^[0-9] //' >"$o/coverage.txt"
grep -E ' +[0-9]+ +[0-9]+ +[0-9.]+%$' "$o/coverage.txt"
echo "lines and functions that never ran: $o/coverage.txt"
