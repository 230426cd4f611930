# SPDX-License-Identifier: GPL-2.0
# Compares the outputs of a differential program (tests/diff/d.h), the host's
# first: prints a case line for each section, and the lines that differ.
/^\[.*\]$/ {
	sec = substr($0, 2, length($0) - 2)
	if (FNR == NR)
		order[++ns] = sec
	else
		seen[sec] = 1
	next
}
FNR == NR { host[sec, ++nh[sec]] = $0; next }
{ guest[sec, ++ng[sec]] = $0 }
END {
	for (s = 1; s <= ns; s++) {
		sec = order[s]
		if (sec == "")
			continue
		n = nh[sec] > ng[sec] ? nh[sec] : ng[sec]
		bad = !(sec in seen)
		if (bad)
			print "  " sec ": the machine did not get there"
		for (i = 1; i <= n && bad < 12; i++)
			if (host[sec, i] != guest[sec, i]) {
				bad++
				print "  host:  " host[sec, i]
				print "  guest: " guest[sec, i]
			}
		print (bad ? "FAIL " : "ok ") sec
		if (bad)
			f++
		else
			k++
	}
	if (order[ns] != "" || !("" in seen)) {
		print "FAIL the end was not reached"
		f++
	}
	printf "%d passed, %d failed, 0 skipped\n", k, f
	exit f > 0
}
