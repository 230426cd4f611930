#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/bench/run.sh BUILD [ROUNDS]: the spine benchmark on the host and in a
# machine by turns, as an ordinary user. Of each row the median in nanoseconds,
# guest time over host time, and the spread of that ratio over the rounds. Then
# a boot to /bin/true, the memory of an idle machine and of one more process.
# Also as JSON, BUILD/bench-spine.json.
# BACKEND: which backends, one or several words (auto); CPUS=1 binds everything to
# one processor. PEERS=1 adds columns for User Mode Linux and gVisor, named by
# UML= (a linux binary) and RUNSC=; one that does not run here is said to be
# unusable.
set -u
build=$1 rounds=${2:-5}
backends=${BACKEND:-auto}
work=$(mktemp -d "${TMPDIR:-/tmp}/lodger-bench.XXXXXX") || exit 1
# files in memory on both sides, where the host has a place for them
shm=$(mktemp -d /dev/shm/lodger-bench.XXXXXX 2>/dev/null) || shm=$work/home
trap 'rm -rf "$work" "$shm"' EXIT
mkdir -p "$work/root/tmp" "$work/root/bin" "$work/root/dev" "$work/root/proc" \
	"$work/root/sys" "$work/root/run" "$work/home"
cp "$build/lodger" "$work/"
cp "$build/tests/bench/spine" "$work/root/bin/"
cp /bin/busybox "$work/root/bin/"
cat >"$work/root/bin/uml-init" <<'END'
#!/bin/busybox sh
/bin/busybox mount -t tmpfs none /tmp
/bin/busybox mount -t proc none /proc
/bin/spine /tmp
/bin/busybox poweroff -f
END
chmod 755 "$work/root/bin/uml-init"
chmod -R a+rX "$work"
chmod 777 "$work/home" "$work/root/tmp" "$shm"
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

peers=
peer_uml() {
	as_user timeout -k 2 300 "$UML" mem=512M rootfstype=hostfs \
		rootflags="$work/root" rw quiet con=null con0=fd:0,fd:1 \
		init=/bin/uml-init
}
peer_runsc() {
	as_user timeout -k 2 300 "$RUNSC" --rootless --network=none do \
		"$work/root/bin/spine" /tmp
}
rows_only() {
	tr -d '\r' | grep -E '^[a-z][a-z0-9_]* [0-9.]+$'
}
if [ "${PEERS:-}" = 1 ]; then
	[ -z "${UML:-}" ] || peers="$peers uml"
	[ -z "${RUNSC:-}" ] || peers="$peers runsc"
	[ -n "$peers" ] || echo "PEERS=1: name them, UML=linux or RUNSC=runsc"
fi

i=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	as_user timeout -k 2 300 "$work/root/bin/spine" "$shm" </dev/null | sed "s/^/host $i /" >>"$work/rows"
	for b in $backends; do
		as_user timeout -k 2 300 "$work/lodger" run -q --trap "$b" \
			--workdir /tmp --root "$work/root" -- /bin/spine \
			</dev/null | sed "s/^/$b $i /" >>"$work/rows"
	done
	for b in $peers; do
		"peer_$b" </dev/null 2>/dev/null | rows_only |
			sed "s/^/$b $i /" >>"$work/rows"
	done
done
for b in $peers; do
	grep -q "^$b " "$work/rows" && continue
	echo "$b: unusable here"
	peers=$(echo "$peers" | sed "s/ $b//")
done
sort -k3,3 -k1,1 -k4,4n "$work/rows" | awk -v backends="$backends $peers" \
	-v json="$build/bench-spine.json" '
	function flush_group() {
		if (n)
			m[key] = v[int((n + 1) / 2)]
		n = 0
	}
	{
		k = $1 " " $3
		if (k != key)
			flush_group()
		key = k
		v[++n] = $4
		by[k, $2] = $4
		if ($2 > rounds)
			rounds = $2
		if (!seen[$3]++)
			name[++names] = $3
	}
	END {
		flush_group()
		nb = split(backends, b, " ")
		printf "%-20s %11s", "ns per operation", "host"
		for (k = 1; k <= nb; k++)
			printf " %11s %6s %11s", b[k], "ratio", "spread"
		print ""
		printf "[" >json
		for (i = 1; i <= names; i++) {
			h = m["host " name[i]]
			printf "%-20s %11.1f", name[i], h
			for (k = 1; k <= nb; k++) {
				g = m[b[k] " " name[i]]
				lo = hi = 0
				for (r = 1; r <= rounds; r++) {
					x = by["host " name[i], r]
					y = by[b[k] " " name[i], r]
					if (!x || !y)
						continue
					q = y / x
					if (!lo || q < lo)
						lo = q
					if (q > hi)
						hi = q
				}
				if (!h || !g) {
					printf " %11s %6s %11s", "-", "-", "-"
					continue
				}
				printf " %11.1f %6.2f %5.2f-%-5.2f", g, g / h,
					lo, hi
				printf "%s\n{\"row\":\"%s\",\"backend\":\"%s\"," \
					"\"host_ns\":%.1f,\"guest_ns\":%.1f," \
					"\"ratio\":%.3f,\"ratio_min\":%.3f," \
					"\"ratio_max\":%.3f}", (some++ ? "," : ""),
					name[i], b[k], h, g, g / h, lo, hi >json
			}
			print ""
		}
		printf "\n]\n" >json
	}'

# Machines with that binary: the sum of their PSS in KiB.
pss() {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname "$work/lodger" \
		2>/dev/null |
	while read -r p; do
		grep -h '^Pss:' "${p%exe}smaps_rollup" 2>/dev/null
	done | awk '{ s += $2 } END { print s + 0 }'
}

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
	printf "%-20s %11s %11.2f ms\n", "boot_true_off", b,
		v[int((NR + 1) / 2)] / 100 }'

# an idle machine: PSS of all its processes, 5 s after its start; one with 20
# sleeping processes more
as_user timeout -k 2 20 "$work/lodger" run -q --trap "$b" --name "idle$$" -- \
	/bin/busybox sleep 8 </dev/null >/dev/null 2>&1 &
sleep 5
idle=$(pss)
wait
as_user timeout -k 2 6 "$work/lodger" run -q --trap "$b" --name "idle$$" \
	--root "$work/root" -- /bin/spine --processes 0 </dev/null >/dev/null 2>&1 &
sleep 3
one=$(pss)
wait
as_user timeout -k 2 6 "$work/lodger" run -q --trap "$b" --name "idle$$" \
	--root "$work/root" -- /bin/spine --processes 20 </dev/null >/dev/null 2>&1 &
sleep 3
more=$(pss)
wait
awk -v b="$b" -v i="$idle" -v o="$one" -v m="$more" 'BEGIN {
	printf "%-20s %11s %11.2f MiB (PSS)\n", "idle_machine", b, i / 1024
	printf "%-20s %11s %11.0f KiB (PSS)\n", "one_more_process", b,
		(m - o) / 20 }'
done
exit 0
