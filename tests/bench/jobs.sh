#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/bench/jobs.sh BUILD [ROUNDS [JOB...]]: whole jobs (jobs-inside.sh) in
# the tree ROOT, on the host in a chroot and in a machine by turns, as an
# ordinary user; of each the median in milliseconds, guest over host, and the
# spread of that ratio over the rounds. Also as JSON in BUILD/bench-jobs.json.
# Both sides have an empty tmpfs on /tmp. A ROOT is made with, for example,
#	mmdebstrap --variant=apt --include=python3,gcc,make,git,sqlite3,redis \
#		bookworm DIR
# and jobs whose programs it lacks are left out. Environment: ROOT (default
# /srv/debian), TRAP.
set -u
build=$1 rounds=${2:-3} root=${ROOT:-/srv/debian}
[ $# -lt 2 ] || shift
shift
if [ ! -x "$root/bin/bash" ]; then
	echo "jobs: no tree with bash at $root (set ROOT): skipped"
	exit 0
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/lodger-jobs.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/home"
cp "$build/lodger" tests/bench/jobs-inside.sh "$work/"
chmod -R a+rX "$work"
chmod 777 "$work/home"
as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups env \
			-u XDG_RUNTIME_DIR HOME="$work/home" "$@"
	else
		"$@"
	fi
}
# The script comes by standard input: the tree is left as it is.
on_host() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	as_user unshare -Urm --propagation private sh -c '
		root=$1
		shift
		mount --rbind /dev "$root/dev"
		mount --rbind /proc "$root/proc"
		mount -t tmpfs none "$root/tmp"
		exec chroot "$root" /bin/bash -s -- "$@"' sh "$root" "$@" \
		<"$work/jobs-inside.sh"
}
in_machine() {
	as_user "$work/lodger" run -q ${TRAP:+--trap "$TRAP"} --root "$root" \
		-- /bin/bash -s -- "$@" <"$work/jobs-inside.sh"
}

i=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	on_host "$@" | sed "s/^/host $i /" >>"$work/rows"
	in_machine "$@" | sed "s/^/guest $i /" >>"$work/rows"
done
sort -k3,3 -k1,1 -k4,4n "$work/rows" | awk -v json="$build/bench-jobs.json" '
	function median(side, name,   n) {
		n = count[side, name]
		return n ? val[side, name, int((n + 1) / 2)] / 1000 : 0
	}
	{
		val[$1, $3, ++count[$1, $3]] = $4
		by[$1, $3, $2] = $4
		if ($2 > rounds)
			rounds = $2
		if (!seen[$3]++)
			name[++names] = $3
	}
	END {
		printf "%-14s %10s %10s %7s %s\n", "ms for a job", "host",
			"guest", "ratio", "  spread"
		printf "[" >json
		for (i = 1; i <= names; i++) {
			n = name[i]
			h = median("host", n)
			g = median("guest", n)
			if (!h || !g)
				continue
			lo = hi = 0
			for (k = 1; k <= rounds; k++) {
				if (!by["host", n, k] || !by["guest", n, k])
					continue
				q = by["guest", n, k] / by["host", n, k]
				if (!lo || q < lo)
					lo = q
				if (q > hi)
					hi = q
			}
			printf "%-14s %10.1f %10.1f %7.2f   %.2f-%.2f\n", n, h,
				g, g / h, lo, hi
			printf "%s\n{\"job\":\"%s\",\"host_ms\":%.2f," \
				"\"guest_ms\":%.2f,\"ratio\":%.3f," \
				"\"ratio_min\":%.3f,\"ratio_max\":%.3f}", \
				(i > 1 ? "," : ""), n, h, g, g / h, lo, hi >json
		}
		printf "\n]\n" >json
	}'
