#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/bench/run.sh BUILD [ROUNDS]: the spine benchmark on the host and in a
# machine by turns, as an ordinary user; the median of each row in nanoseconds,
# and guest time over host time. Also a boot to /bin/true and its memory.
# BACKEND: which backends, one or several words (auto); CPUS=1 binds everything to
# one processor.
set -u
build=$1 rounds=${2:-5}
backends=${BACKEND:-auto}
work=$(mktemp -d "${TMPDIR:-/tmp}/lodger-bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/tmp" "$work/root/bin" "$work/root/dev" "$work/root/proc" \
	"$work/root/sys" "$work/root/run" "$work/home"
cp "$build/lodger" "$work/"
cp "$build/tests/bench/spine" "$work/root/bin/"
cp /bin/busybox "$work/root/bin/"
chmod -R a+rX "$work"
chmod 777 "$work/home" "$work/root/tmp"
as_user() {
	if [ "$(id -u)" = 0 ]; then
		$bind setpriv --reuid 65534 --regid 65534 --clear-groups env \
			-u XDG_RUNTIME_DIR HOME="$work/home" "$@"
	else
		$bind "$@"
	fi
}
bind=
[ "${CPUS:-}" != 1 ] || bind="taskset -c 0"

i=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	(cd "$work/home" && as_user timeout -k 2 120 "$work/root/bin/spine" "$work/home") \
		</dev/null | sed 's/^/host /' >>"$work/rows"
	for b in $backends; do
		as_user timeout -k 2 120 "$work/lodger" run -q --trap "$b" \
			--workdir /tmp --root "$work/root" -- /bin/spine \
			</dev/null | sed "s/^/$b /" >>"$work/rows"
	done
done
sort -k2,2 -k1,1 -k3,3n "$work/rows" | awk -v backends="$backends" '
	function flush_group() {
		if (n)
			m[key] = v[int((n + 1) / 2)]
		n = 0
	}
	{
		k = $1 " " $2
		if (k != key)
			flush_group()
		key = k
		v[++n] = $3
		if (!seen[$2]++)
			name[++names] = $2
	}
	END {
		flush_group()
		nb = split(backends, b, " ")
		printf "%-22s %12s", "ns per operation", "host"
		for (k = 1; k <= nb; k++)
			printf " %12s %7s", b[k], "ratio"
		print ""
		for (i = 1; i <= names; i++) {
			h = m["host " name[i]]
			printf "%-22s %12.1f", name[i], h
			for (k = 1; k <= nb; k++) {
				g = m[b[k] " " name[i]]
				printf " %12.1f %7s", g,
					(h > 0 && g > 0 ? sprintf("%.2f", g / h) : "-")
			}
			print ""
		}
	}'

for b in $backends; do
# whole boots: median of 11, in milliseconds
i=0
while [ "$i" -lt 11 ]; do
	i=$((i + 1))
	from=$(date +%s%N)
	as_user "$work/lodger" run -q --trap "$b" -- /bin/busybox true </dev/null
	to=$(date +%s%N)
	echo $(((to - from) / 10000))
done | sort -n | awk -v b="$b" '{ v[NR] = $1 } END {
	printf "%-22s %12s %12.2f ms\n", "boot, true, power off", b,
		v[int((NR + 1) / 2)] / 100 }'

# an idle machine: PSS of all its processes, 5 s after its start
as_user timeout -k 2 20 "$work/lodger" run -q --trap "$b" --name "idle$$" -- \
	/bin/busybox sleep 8 </dev/null >/dev/null 2>&1 &
sleep 5
find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname "$work/lodger" 2>/dev/null |
while read -r p; do
	grep -h '^Pss:' "${p%exe}smaps_rollup" 2>/dev/null
done | awk -v b="$b" '{ s += $2 } END {
	printf "%-22s %12s %12.2f MiB (PSS)\n", "idle machine", b, s / 1024 }'
wait
done
