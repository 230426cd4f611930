#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the tests. Everything runs as an ordinary user: the caller, or, when the
# caller is root, uid 65534 on a copy it can read. The last line reads
# `N passed, M failed, K skipped`; the exit status is 0 when nothing failed.
#
# usage: tests/run.sh BUILD native|check|long [TOPIC...]
#
# A job is a line `KIND NAME`, carried out by tests/one.sh, two at a time:
#
#	host NAME	guest test tests/guest/NAME.c on the host's own Linux
#	direct NAME	the same binary in a machine, or tests/attack/NAME.c; one
#			kind for each backend
#	boot-direct NAME a whole boot or a storm, likewise
#	vs-BACKEND NAME	tests/diff/NAME.c on the host and in a machine: the
#			same output
#	san NAME	guest test NAME in a machine whose kernel looks for bugs:
#			BUILD/san/lodger, if there is one, on seccomp
#	single NAME	what tests/more.sh makes of NAME, as the ordinary user
#	build NAME	tests/NAME/run.sh, as the caller: it compiles
#
# Each job has a time limit of its own; shortly before it machines are asked for
# their tasks. Its output is kept until the end of the run and counted then, in
# the order of the list. A job that failed is run once more then, alone. When it
# passes now it counts so, but that is told (`again KIND NAME`), with the output of
# the first time. TOPIC words select the jobs whose name starts so. Environment:
# BACKENDS (direct seccomp ptrace), JOBS (2), AGAIN (seconds to spend on
# second tries, 240; 0: none).
set -u
build=$1 mode=$2
shift 2
topics=$*
BACKENDS=${BACKENDS:-direct seccomp ptrace}
case $build in /*) ;; *) build=$PWD/$build ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/lodger-tests.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'stopped' HUP INT TERM
# Whoever stops this stops its jobs, and their machines.
stopped() {
	trap '' HUP INT TERM
	# shellcheck disable=SC2046 # a list
	kill $(ps -eo pid=,ppid= | awk -v top=$$ '
		{ parent[$1] = $2 }
		END {
			for (p in parent) {
				for (q = parent[p]; q > 1 && q != top; )
					q = parent[q]
				if (q == top)
					print p
			}
		}') 2>/dev/null
	sleep 1
	exit 1
}

passed=0 failed=0 skipped=0 again=0
again_left=${AGAIN:-240}
reports='BUG: (undefined|address|lock|race|leak): '

# --- what the tests see: a copy that the ordinary user can read ---

mkdir -p "$work/root/tests" "$work/root/bin" "$work/root/tmp" "$work/home" \
	"$work/run" "$work/root/dev" "$work/root/proc" "$work/root/sys" \
	"$work/root/run" "$work/root/etc" "$work/out" "$work/bin" "$work/tmp" \
	"$work/scripts"
cp "$build/lodger" "$work/bin/"
[ ! -x "$build/lodger-img" ] || cp "$build/lodger-img" "$work/bin/"
[ ! -x "$build/lodger-mount" ] || cp "$build/lodger-mount" "$work/bin/"
[ ! -x "$build/san/lodger" ] || cp "$build/san/lodger" "$work/bin/lodger-san"
[ ! -d "$build/tests/bin" ] || cp "$build"/tests/bin/* "$work/bin/"
for src in tests/guest/*.c tests/attack/*.c tests/stress/*.c tests/diff/*.c; do
	src=${src#tests/}
	[ ! -x "$build/tests/${src%.c}" ] ||
		cp "$build/tests/${src%.c}" "$work/root/tests/"
done
cp -r tests/more.sh tests/boot tests/stress "$work/scripts/"
cp /bin/busybox "$work/root/bin/"
for applet in sh true false sleep cat echo; do
	ln -s busybox "$work/root/bin/$applet"
done
printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' \
	>"$work/root/etc/passwd"
chmod -R a+rX "$work"
chmod 777 "$work/home" "$work/tmp" "$work/root/tmp"
[ "$(id -u)" != 0 ] || chown 65534:65534 "$work/run"
chmod 700 "$work/run"
# make coverage: the ordinary user must be able to write there
covered=${LODGER_COVERAGE:-}
if [ -n "$covered" ]; then
	mkdir -m 1777 "$work/cov"
	chmod 1777 "$work/cov"
	export LODGER_COVERAGE="$work/cov"
fi
export build work mode

# --- the list of jobs ---

wanted() { # NAME: is it among the topics, or are there none?
	[ -z "$topics" ] && return 0
	for w in $topics; do
		case $1 in "$w"*) return 0 ;; esac
	done
	return 1
}

list() { # KIND NAME...
	kind=$1
	shift
	for n; do
		n=${n##*/}
		n=${n%.c}
		[ "$n" = '*' ] || ! wanted "$n" || echo "$kind $n"
	done
}

jobs_native() {
	list host tests/guest/*.c
}

jobs_machine() {
	# shellcheck disable=SC2046 # names without blanks
	list single $(sh tests/more.sh list single)
	list build abi lint
	[ ! -x "$work/bin/lodger-san" ] || list san tests/guest/*.c
	for b in $BACKENDS; do
		# shellcheck disable=SC2046
		list "boot-$b" $(sh tests/more.sh list boot)
		list "$b" tests/attack/*.c tests/guest/*.c
		# shellcheck disable=SC2046 # names without blanks
		list "vs-$b" $(ls tests/diff/*.c | grep -v fuzz)
	done
}

# --- counting ---

# Count the case lines of a job's output; one without any counts by its status.
count() { # KIND NAME
	out=$work/out/$1.$2
	if [ ! -f "$out" ] || [ ! -f "$out.rc" ]; then
		echo "FAIL $1 $2: did not run"
		failed=$((failed + 1))
		return
	fi
	rc=$(cat "$out.rc")
	n=$(grep -ac '^ok ' "$out")
	f=$(grep -ac '^FAIL ' "$out")
	s=$(grep -ac '^SKIP ' "$out")
	if ! grep -aq '^[0-9]* passed, [0-9]* failed' "$out"; then
		case $1:$((n + f + s)):$rc in
		single:0:0 | build:0:0 | boot-*:0:0) n=1 ;;
		single:0:77 | build:0:77 | boot-*:0:77)
			s=1 && sed "s/^/SKIP $2: /" "$out"
			;;
		esac
		if [ "$rc" != 0 ] && [ "$rc" != 77 ] ||
			[ $((n + f + s)) -eq 0 ]; then
			f=$((f + 1))
			echo "FAIL $1 $2: status $rc; the end of its output:"
			tail -n 15 "$out" | sed 's/^/    /'
		fi
	elif [ "$rc" != 0 ] && [ "$f" -eq 0 ]; then
		f=1
		echo "FAIL $1 $2: all cases passed, but the status is $rc"
		tail -n 5 "$out" | sed 's/^/    /'
	fi
	# what a kernel built with checkers (SAN=, LOCKDEP=1) says
	if grep -aqE "$reports" "$out"; then
		f=$((f + 1))
		echo "FAIL $1 $2: the kernel reports:"
		grep -aE -A12 "$reports" "$out" | head -40 | sed 's/^/    /'
	fi
	if grep -aq '^FAIL ' "$out"; then
		echo "-- $1 $2"
		grep -a -B3 '^FAIL ' "$out" | sed 's/^/    /'
	fi
	grep -a -B1 '^SKIP ' "$out" | awk -v on="$1 $2" '
		/skipped: / { sub(/.*skipped: /, ""); why = $0 }
		/^SKIP / { print "skip " on ": " $2 ": " why; why = "" }'
	passed=$((passed + n)) failed=$((failed + f)) skipped=$((skipped + s))
}

fails() { # KIND NAME
	(
		failed=0
		count "$1" "$2" >/dev/null
		[ "$failed" -gt 0 ]
	)
}

# One second try for what failed, alone.
second_try() { # KIND NAME
	fails "$1" "$2" && [ "$again_left" -gt 0 ] || return 0
	first=$work/first
	told=$(count "$1" "$2" | grep '^FAIL' | sed 's/^/    /')
	mkdir -p "$first"
	mv "$work/out/$1.$2"* "$first/"
	again_start=$(date +%s)
	sh tests/one.sh "$1" "$2"
	again_left=$((again_left - ($(date +%s) - again_start)))
	if fails "$1" "$2"; then
		echo "again $1 $2: failed twice; the first time:"
	else
		again=$((again + 1))
		echo "again $1 $2: passed at the second try; the first time:"
	fi
	echo "$told"
	# it may not come a second time
	[ ! -f "$first/$1.$2" ] || {
		grep -a -B12 '^FAIL ' "$first/$1.$2" | head -n 150
		echo "..."
		tail -n 40 "$first/$1.$2"
	} | sed 's/^/    | /'
	rm -rf "$first"
}

run_jobs() { # LABEL, list of jobs on stdin
	start=$(date +%s)
	cat >"$work/jobs"
	[ -s "$work/jobs" ] || return
	before=$passed/$failed/$skipped
	# long ones first would be better; the list is short enough
	rm -f "$work"/out/*.s
	xargs -P "${JOBS:-2}" -L 1 sh tests/one.sh <"$work/jobs" &
	wait $!
	while read -r k n; do
		second_try "$k" "$n" </dev/null
		count "$k" "$n"
	done <"$work/jobs"
	echo "$1: $(wc -l <"$work/jobs") jobs took $(($(date +%s) - start)) s" \
		"(passed/failed/skipped $before -> $passed/$failed/$skipped)"
	for b in $BACKENDS san; do
		cat "$work/out/$b".*.s "$work/out/boot-$b".*.s "$work/out/vs-$b".*.s 2>/dev/null |
			awk -v b="$b" '{ t += $1 } END { if (NR)
				printf "  %s: %d jobs, %.1f s\n", b, NR, t / 1000 }'
	done
}

jobs_native >"$work/list"
run_jobs host <"$work/list"
if [ "$mode" != native ]; then
	jobs_machine >"$work/list"
	run_jobs machine <"$work/list"
	# Nothing may be left: no process of this copy, no state of a machine.
	for i in 1 2 3 4 5 6 7 8 9 10; do
		# by the program they run: machines empty their command lines
		left=$(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' \
			-lname "$work/bin/*" 2>/dev/null |
			sed 's|/proc/\([0-9]*\)/exe|\1|')
		[ -n "$left" ] || break
		sleep 0.3
	done
	if [ -n "$left" ]; then
		echo "FAIL processes left behind:"
		# shellcheck disable=SC2086 # a list
		ps -o pid,ppid,stat,etime,args -p $(echo $left | tr ' ' ,)
		failed=$((failed + 1))
		# shellcheck disable=SC2086
		kill -9 $left 2>/dev/null
	fi
	# (a machine whose monitor was killed is tidied up by the next command)
	sh tests/one.sh ls ls
	left=$(find "$work/run" -mindepth 2 2>/dev/null)
	if [ -n "$left" ]; then
		echo "FAIL left behind in the state directory:" "$left"
		failed=$((failed + 1))
	fi
fi
echo "$again jobs passed at the second try only"
[ -z "$covered" ] || find "$work/cov" -name '*.cov' -size +0 -exec mv {} "$covered" \;
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
