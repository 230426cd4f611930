#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/bench/chart.sh BUILD OUT.svg: the ratios of the last `make bench`, sorted,
# one bar each on a logarithmic scale; the line is the host.
set -u
build=$1 out=$2
cat "$build/bench-spine.json" "$build/bench-jobs.json" 2>/dev/null |
awk '
	function field(name,   s) {
		if (!match($0, "\"" name "\":\"?[^,\"}]*"))
			return ""
		s = substr($0, RSTART, RLENGTH)
		sub(/^[^:]*:"?/, "", s)
		return s
	}
	/"ratio"/ {
		b = field("backend")
		if (b == "uml" || b == "runsc" || (b != "" && first != "" && b != first))
			next
		if (first == "" && b != "")
			first = b
		name = field("row")
		if (name == "")
			name = "job: " field("job")
		print field("ratio"), field("ratio_min"), field("ratio_max"), name
	}' | sort -n | awk '
	function x(r) {
		r = r < 0.05 ? 0.05 : r > 5 ? 5 : r
		return left + width * log(r / 0.05) / log(5 / 0.05)
	}
	BEGIN { left = 190; width = 520; step = 16; top = 34 }
	{
		ratio[NR] = $1; lo[NR] = $2; hi[NR] = $3
		sub(/^[^ ]* [^ ]* [^ ]* /, "")
		gsub(/_/, " ")
		name[NR] = $0
	}
	END {
		if (!NR)
			exit 1
		h = top + NR * step + 14
		printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"780\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", h
		print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
		print "<text x=\"8\" y=\"15\" font-size=\"13\">time in a machine, direct backend; 1 = on the host, shorter is faster</text>"
		n = split("0.05 0.1 0.2 0.5 1 2 5", tick, " ")
		for (i = 1; i <= n; i++) {
			printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\"/>\n", x(tick[i]), top - 4, x(tick[i]), h - 8, tick[i] == 1 ? "#000" : "#ddd"
			printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#555\">%s</text>\n", x(tick[i]), top - 7, tick[i]
		}
		for (i = 1; i <= NR; i++) {
			y = top + (i - 1) * step
			one = x(1); at = x(ratio[i])
			printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 8, y + 11, name[i]
			printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"10\" fill=\"%s\"/>\n", at < one ? at : one, y + 2, (at < one ? one - at : at - one) + 0.5, ratio[i] <= 1 ? "#4a9a5b" : "#c8643c"
			printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#333\"/>\n", x(lo[i]), y + 7, x(hi[i]), y + 7
			printf "<text x=\"%d\" y=\"%d\" fill=\"#555\">%.2f</text>\n", left + width + 10, y + 11, ratio[i]
		}
		print "</svg>"
	}' >"$out.new" && mv "$out.new" "$out"
