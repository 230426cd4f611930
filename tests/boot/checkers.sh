# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Does each checker see what it should? A kernel built with checkers makes one
# mistake after the other (broken=WHAT, kernel/debug/broken.c) and has to report
# it in the right words, with the place. Whatever was not built in is left out.
bad=0 out=$PWD/out lodger=${lodger_san:-$lodger}
for b in seccomp ptrace direct; do
	"$lodger" run -q --trap "$b" -- true >/dev/null 2>&1 && break
done
broken() { # WHAT: leaves the log in $out
	timeout -k 2 60 "$lodger" run --trap "$b" --name "broken$$" "broken=$1" "$2" -- \
		true </dev/null >"$out" 2>&1
}
finds() { # WHAT PATTERN [PATTERN]: each in the log, and nothing unexpected
	broken "$1" loglevel=4
	for p in "^broken: $1" "$2" "${3:-}"; do
		grep -aqE -- "$p" "$out" && continue
		echo "  no '$p' with broken=$1 in:"
		head -n 40 "$out" | sed 's/BUG:/bug:/; s/^/    /'
		echo "FAIL checkers_$1"
		bad=1
		return
	done
	n=$(grep -ac 'BUG: ' "$out")
	if [ "$n" -gt "${4:-1}" ]; then
		echo "  $n reports with broken=$1:"
		head -n 60 "$out" | sed 's/BUG:/bug:/; s/^/    /'
		echo "FAIL checkers_$1"
		bad=1
		return
	fi
	echo "ok checkers_$1"
}

broken none loglevel=4
if ! grep -aq '^broken: nothing is called none' "$out"; then
	echo "not built with checkers"
	exit 77
fi
# which are there?
broken late,lock-order,shift,heap loglevel=4
has() {
	grep -aqE "$1" "$out"
}
address= heap= lock= undefined=
has 'BUG: address: heap out of bounds' && address=1
has 'BUG: address: write after free' && heap=1
has 'BUG: lock: order' && lock=1
has 'BUG: undefined' && undefined=1
echo "  address:${address:-0} heap:${heap:-0} lock:${lock:-0} undefined:${undefined:-0}"
if [ -z "$address$heap$lock$undefined" ]; then
	echo "FAIL checkers_any"
	exit 1
fi
if [ -n "$address" ]; then
	finds heap 'BUG: address: heap out of bounds: write of 1 ' 'broken_heap' 2
	finds heap-read 'BUG: address: heap out of bounds: read of 1 '
	finds memcpy 'BUG: address: heap out of bounds: write of 25 ' 'memcpy|broken_memcpy' 2
	finds uaf 'BUG: address: use after free: read of 1 ' '^freed:'
	finds uaf-pages 'BUG: address: use of free pages: read of 1 '
	finds global 'BUG: address: global out of bounds: read of 1 '
	finds stack 'BUG: address: stack out of bounds: write of 1 '
	finds scope 'BUG: address: stack use after scope: '
elif [ -n "$heap" ]; then
	finds heap 'BUG: address: heap overflow, found when it was freed' broken_heap
fi
if [ -n "$heap" ]; then
	finds late 'BUG: address: write after free' broken_late
	finds double 'BUG: address: double free' '^freed:'
	finds free 'BUG: address: free of what is no allocation' broken_free
	finds leak 'BUG: leak: 1 allocations, 240 bytes' broken_leak
fi
if [ -n "$undefined" ]; then
	finds shift 'BUG: undefined: .*shift out of bounds'
	finds index 'BUG: undefined: .*index out of bounds' '' 3
fi
if [ -n "$lock" ]; then
	finds lock-order 'BUG: lock: order' 'but before, in another place'
	finds lock-cycle 'BUG: lock: order' 'held &broken_b'
	finds lock-kinds 'BUG: lock: order' 'in what is allocated by'
	finds lock-sleep 'BUG: lock: sleeps under a spinlock'
	finds lock-mutex 'BUG: lock: mutex taken under a spinlock'
	finds lock-free 'BUG: lock: released, but not held'
fi
# and nothing where nothing is wrong
broken none loglevel=4
if grep -aq 'BUG: ' "$out"; then
	head -n 60 "$out" | sed 's/^/    /'
	echo "FAIL checkers_clean"
	bad=1
else
	echo "ok checkers_clean"
fi
exit "$bad"
