#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the tests. Everything runs as an ordinary user: the caller, or, when the
# caller is root, uid 65534 on a copy it can read. The last line reads
# `N passed, M failed, K skipped`.
#
# usage: tests/run.sh BUILD native|check|long [TOPIC...]
#
# A guest test (tests/guest/NAME.c, static) runs on the host first, then in a
# machine with every backend; each of its cases must come out the same. Tests
# named *_root.c run as root: on the host in throwaway namespaces, which needs
# real root, else they are skipped there.
set -u
build=$1 mode=$2
shift 2
topics=$*
BACKENDS=${BACKENDS:-direct}
passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/lodger-tests.XXXXXX") || exit 1
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$work/root/tests" "$work/root/bin" "$work/root/tmp" "$work/home" \
	"$work/run" "$work/root/dev" "$work/root/proc" "$work/root/sys" \
	"$work/root/run" "$work/root/etc" "$work/out" "$work/bin"
cp "$build/lodger" "$work/bin/"
cp "$build"/tests/guest/* "$work/root/tests/"
cp /bin/busybox "$work/root/bin/"
ln -s busybox "$work/root/bin/sh"
printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' \
	>"$work/root/etc/passwd"
chmod -R a+rX "$work"
chmod 777 "$work/home" "$work/run" "$work/root/tmp"
lodger=$work/bin/lodger
export XDG_RUNTIME_DIR="$work/run" HOME="$work/home" TMPDIR=/tmp

# run as the ordinary user
as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}

wanted() { # NAME: is it among the topics, or are there none?
	[ -z "$topics" ] && return 0
	for w in $topics; do
		case $1 in "$w"*) return 0 ;; esac
	done
	return 1
}

# Count the case lines of an output file; $2 says where it ran. With a third
# file, lines that differ from it count as failed.
count() {
	n=$(grep -c '^ok ' "$1")
	f=$(grep -c '^FAIL ' "$1")
	s=$(grep -c '^SKIP ' "$1")
	if ! grep -q '^[0-9]* passed, ' "$1"; then
		f=$((f + 1))
		echo "FAIL $2: no summary line; the end of its output:"
		tail -n 5 "$1" | sed 's/^/    /'
	fi
	[ "$f" -eq 0 ] || { echo "-- $2"; grep -B3 '^FAIL ' "$1" | sed 's/^/    /'; }
	[ "$s" -eq 0 ] || grep -A0 -B1 '^SKIP ' "$1" | grep -v '^--' |
		sed "s|^|skip $2: |"
	passed=$((passed + n)) failed=$((failed + f)) skipped=$((skipped + s))
}

single() { # NAME COMMAND...: one test, by its exit status
	name=$1
	shift
	if "$@" >"$work/out/single" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $name:"
		tail -n 15 "$work/out/single" | sed 's/^/    /'
	fi
}

native_one() { # NAME => out/NAME.host
	case $1 in
	*_root)
		if [ "$(id -u)" != 0 ]; then
			echo "skip host $1: needs root"
			skipped=$((skipped + 1))
			return
		fi
		(cd /tmp && timeout -k 5 90 unshare -m -p -f -n -i -u --mount-proc \
			"$work/root/tests/$1") >"$work/out/$1.host" 2>&1 </dev/null
		;;
	*)
		(cd /tmp && as_user timeout -k 5 90 "$work/root/tests/$1") \
			>"$work/out/$1.host" 2>&1 </dev/null
		;;
	esac
	count "$work/out/$1.host" "host $1"
}

machine_one() { # NAME BACKEND
	user="--user 65534:65534"
	case $1 in *_root) user= ;; esac
	# shellcheck disable=SC2086 # $user is two words or none
	as_user timeout -k 5 90 "$lodger" run --trap "$2" $user --workdir /tmp \
		--root "$work/root" -- "/tests/$1" \
		>"$work/out/$1.$2" 2>&1 </dev/null
	count "$work/out/$1.$2" "$2 $1"
}

for t in "$build"/tests/guest/*; do
	t=$(basename "$t")
	wanted "$t" || continue
	native_one "$t"
done
echo "host: $passed passed, $failed failed, $skipped skipped"
if [ "$mode" != native ]; then
	[ -n "$topics" ] || . tests/more.sh
	for b in $BACKENDS; do
		start=$(date +%s)
		for t in "$build"/tests/guest/*; do
			t=$(basename "$t")
			wanted "$t" || continue
			machine_one "$t" "$b"
		done
		echo "$b: guest tests took $(($(date +%s) - start)) s"
	done
	left=$(pgrep -f "^$lodger" || true)
	if [ -n "$left" ]; then
		echo "FAIL processes left behind: $left"
		failed=$((failed + 1))
	fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
