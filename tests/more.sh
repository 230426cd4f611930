#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tests that are no guest tests: unit tests, boots, storms.
#
#	more.sh list single	names of those that look after backends themselves
#	more.sh list boot	of those that are run once for each backend
#	more.sh limit NAME	seconds it may take
#	more.sh run NAME	run it, as the ordinary user
#
# Exit status 0 passed, 77 skipped (the output says why), else failed; or a
# test prints cases and a summary line as guest tests do. $lodger is the copy
# under test, $work the tests' folder, $mode check or long.
set -u

one_unit() {
	[ -x "$work/bin/unit-$1" ] || {
		echo "not built with checkers"
		exit 77
	}
	[ "$mode" != long ] || export LODGER_LONG=1
	CK_FORK=yes CK_DEFAULT_TIMEOUT=60 TMPDIR=$work/tmp "$work/bin/unit-$1"
}

case $1 in
list)
	for u in tests/unit/*/; do
		[ "$2" = boot ] || echo "unit-$(basename "$u")"
	done
	for b in tests/boot/*.sh tests/stress/*.sh; do
		b=$(basename "$b" .sh)
		case $2:$b in
		single:gdb | single:fuse | single:checkers | single:kcov | single:faults | single:stressng | single:python) echo "$b" ;;
		boot:gdb | boot:fuse | boot:checkers | boot:kcov | boot:faults | boot:stressng | boot:python) ;;
		boot:*) echo "$b" ;;
		esac
	done
	;;
limit)
	case $mode:$2 in
	long:fuzz) echo 800 ;;
	long:python | long:faults) echo 3000 ;;
	check:checkers) echo 300 ;;
	long:*) echo 600 ;;
	*) echo 120 ;;
	esac
	;;
run)
	here=$work/scripts
	case $2 in
	unit-*) one_unit "${2#unit-}" ;;
	*)
		for f in "$here/boot/$2.sh" "$here/stress/$2.sh"; do
			[ ! -f "$f" ] || exec sh "$f"
		done
		echo "no such test: $2"
		exit 1
		;;
	esac
	;;
esac
