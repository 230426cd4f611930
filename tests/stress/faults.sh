# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Things that fail, in a kernel built with FAULTS=1: the first allocation, the
# second …, through boot and a small workload (faults_work.c), and the same for
# host calls. Whatever fails, the machine ends, with an errno for the guest or
# a panic that names what was missing; and after a failure that the guest got
# through, everything works again.
#
# FAULTS_ONLY="alloc host", FAULTS_FROM, FAULTS_STEP, FAULTS_TO, FAULTS_BACKENDS
# choose. The short run takes steps, the long one (make check-long) all.
bad=0 tried=0 out=$PWD/out
export LODGER_CORE=no # the panics here are wanted
step=${FAULTS_STEP:-37}
[ "$mode" != long ] || step=1
machine() { # WORD TASK: what fails; only what tasks of that name do
	timeout -k 2 40 "$lodger" run -q --trap "$backend" --root "$work/root" \
		"fail$1=$n$2" -- /tests/faults_work </dev/null >"$out" 2>&1
	rc=$?
}

judge() { # => 1: nothing failed any more
	tried=$((tried + 1))
	grep -aq '^faults: ' "$out" || {
		# before the log works, or not at all
		[ "$rc" = 120 ] && return 0
		return 1
	}
	why=
	case $rc in
	120)
		if grep -aqE 'fault in kernel code|exits while it exits|page_free|which is no alloc|died:' "$out" ||
			! grep -aq 'kernel panic: ' "$out"; then
			why="a crash"
		fi
		;;
	124 | 137) why="it hangs" ;;
	1)
		# the failure came in the first round, errors in the second
		# (what fails at boot, a mount for instance, stays away)
		awk '/^faults: / { exit !(done || /task 0 /) }
			/^round 1 done/ { done = 1 }' "$out" ||
			why="it does not recover"
		;;
	0 | 12[5-7] | 139 | 134 | 143) ;;
	*) [ "$rc" -lt 128 ] || why="status $rc" ;;
	esac
	grep -aqE 'BUG: ' "$out" && why="a report"
	[ -n "$why" ] || return 0
	bad=1
	echo "fail$what=$n$only on $backend: $why (status $rc)"
	head -c 4000 "$out" | sed 's/^/    /'
	echo
}

for backend in ${FAULTS_BACKENDS:-direct}; do
	for what in ${FAULTS_ONLY:-alloc host}; do
		for only in "" "@faults_work"; do
			n=${FAULTS_FROM:-1}
			while [ "$n" -le "${FAULTS_TO:-100000}" ]; do
				machine "$what" "$only"
				if ! judge; then
					[ "$tried" != 1 ] || {
						echo "not built with FAULTS=1"
						exit 77
					}
					break
				fi
				n=$((n + step))
			done
			echo "$backend: fail$what=$n$only: nothing failed any more"
		done
	done
done
echo "$tried machines"
exit "$bad"
