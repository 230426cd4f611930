#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# One job of tests/run.sh: `one.sh KIND NAME`. Leaves the output in
# $work/out/KIND.NAME, the exit status beside it in .rc and the milliseconds that
# it took in .s. Always exits with 0.
set -u
kind=$1 name=$2 src=$PWD
out=$work/out/$kind.$name
here=$work/tmp/$kind.$name
mkdir -p "$here"
chmod 777 "$here"
export XDG_RUNTIME_DIR="$work/run" HOME="$work/home" lodger="$work/bin/lodger" \
	LODGER_CORE="$here"
# for what needs a kernel with checkers
[ ! -x "$work/bin/lodger-san" ] || export lodger_san="$work/bin/lodger-san"

# run as the ordinary user
as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}

# Machines that this job has started and not ended yet: their monitors.
monitors() {
	ps -eo pid=,ppid=,comm= | awk -v top=$$ '
		{ parent[$1] = $2; comm[$1] = $3 }
		END {
			for (p in comm) {
				if (comm[p] != "lodger:monitor")
					continue
				for (q = parent[p]; q > 1 && q != top; )
					q = parent[q]
				if (q == top)
					print p
			}
		}'
}

# A job that hangs shows first where.
late() { # SECONDS
	nap=
	trap '[ -z "$nap" ] || kill "$nap"; exit 0' TERM
	sleep "$1" &
	nap=$!
	wait "$nap"
	nap=
	for m in $(monitors); do
		echo "late: the tasks of machine $m:"
		kill -QUIT "$m"
		sleep 1
	done
}

# With a deadline, as the ordinary user or as the caller.
limited() { # SECONDS user|caller COMMAND...
	limit=$1 who=$2
	shift 2
	late $((limit - 8)) &
	watch=$!
	case $who in
	user) as_user timeout -k 5 "$limit" "$@" ;;
	*) timeout -k 5 "$limit" "$@" ;;
	esac
	rc=$?
	kill "$watch" 2>/dev/null
	wait "$watch"
	[ "$rc" != 124 ] || echo "late: ended after $limit s"
	return "$rc"
}

# A test NAME_root is root in the machine.
guest_user="--user 65534:65534"
case $name in *_root) guest_user= ;; esac

# The same program here, on tmpfs, and in a machine; see tests/diff/d.h.
versus() {
	shm=$(mktemp -d /dev/shm/lodger-diff.XXXXXX)
	trap 'rm -rf "$shm"' EXIT
	trap 'exit 1' HUP INT TERM
	cd "$shm" && chmod 777 . || exit 1
	case $name in
	*_root)
		if [ "$(id -u)" != 0 ]; then
			rmdir "$shm"
			echo "  skipped: needs root"
			echo "SKIP $name"
			echo "0 passed, 0 failed, 1 skipped"
			return 0
		fi
		timeout -k 5 100 unshare -m -p -f -n -i -u --mount-proc \
			sh -c 'mount -t tmpfs -o mode=1777 tmpfs . && cd "$PWD" && exec "$0"' \
			"$work/root/tests/$name" >"$out.host" 2>&1
		guest_user=
		;;
	*)
		as_user timeout -k 5 100 "$work/root/tests/$name" >"$out.host" 2>&1
		;;
	esac
	cd "$here" && rm -rf "$shm"
	# shellcheck disable=SC2086 # $guest_user is two words or none
	limited 100 user "$lodger" run --trap "${kind#vs-}" -q \
		$guest_user --workdir /tmp --root "$work/root" -- \
		"/tests/$name" >"$out.guest" 2>&1
	awk -f "$src/tests/diff/compare.awk" "$out.host" "$out.guest"
}

run() {
	case $kind:$name in
	host:*_root)
		# guest root has no other twin than real root
		if [ "$(id -u)" != 0 ]; then
			echo "  skipped: needs root"
			echo "SKIP $name"
			echo "0 passed, 0 failed, 1 skipped"
			return 0
		fi
		timeout -k 5 120 unshare -m -p -f -n -i -u --mount-proc \
			"$work/root/tests/$name"
		;;
	host:*)
		as_user timeout -k 5 120 "$work/root/tests/$name"
		;;
	ls:*)
		as_user timeout -k 5 20 "$lodger" ls
		;;
	build:*)
		limited 120 caller env -u XDG_RUNTIME_DIR \
			sh "tests/$name/run.sh" "$build"
		;;
	single:*)
		limited "$(sh "$work/scripts/more.sh" limit "$name")" user \
			sh "$work/scripts/more.sh" run "$name"
		;;
	vs-*)
		versus
		;;
	boot-*)
		# the scripts do not know that there are backends
		wrap=$work/tmp/lodger-${kind#boot-}
		printf '#!/bin/sh\nw=$1; shift\n[ "$w" != run ] || set -- --trap %s "$@"\nexec "%s" "$w" "$@"\n' \
			"${kind#boot-}" "$lodger" >"$wrap.$$"
		chmod 755 "$wrap.$$"
		mv "$wrap.$$" "$wrap"
		export lodger="$wrap"
		limited "$(sh "$work/scripts/more.sh" limit "$name")" user \
			sh "$work/scripts/more.sh" run "$name"
		;;
	*)
		b=$kind
		[ "$b" != san ] || b=seccomp lodger=$lodger_san
		# shellcheck disable=SC2086 # $guest_user is two words or none
		limited 120 user "$lodger" run --trap "$b" -q $guest_user \
			--workdir /tmp --root "$work/root" -- "/tests/$name"
		;;
	esac
}

start=$(date +%s%N)
case $kind in
build) run >"$out" 2>&1 </dev/null ;;
*) (cd "$here" && run) >"$out" 2>&1 </dev/null ;;
esac
echo $? >"$out.rc"
echo $((($(date +%s%N) - start) / 1000000)) >"$out.s"
exit 0
