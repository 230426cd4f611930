# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Storms from the host on random processes of a machine under load: SIGURG, which
# is the kick, must not be noticed at all; kill -9 may cost what it hits, or end
# the machine with a panic message. Neither may leave a machine that hangs.
seconds=4
rounds=3
total=0
[ "$mode" != long ] || { seconds=20 rounds=10; }
bad=0
known=0
strict=$("$lodger" run -v -- /bin/busybox true 2>&1 </dev/null | grep -cE 'backend (seccomp|ptrace)')

# all processes of the machine: the monitor's descendants (they have emptied
# their command lines)
machine() { # PID
	ps -eo pid=,ppid= | awk -v top="$1" '
		{ parent[$1] = $2 }
		END {
			for (p in parent) {
				for (q = parent[p]; q > 1 && q != top; )
					q = parent[q]
				if (q == top)
					print p
			}
		}'
}

# SIGNAL PAUSE ROUND
storm() {
	out=$work/tmp/storm.$$
	timeout -k 2 $((seconds + 15)) sh -c 'echo $$ >"$0.pid"; exec "$@"' "$out" \
		"$lodger" run -q --name "storm$$" --root "$work/root" -- \
		/tests/stress "$3" "$seconds" 40 >"$out" 2>&1 </dev/null &
	job=$!
	sleep 0.7
	monitor=$(cat "$out.pid")
	hits=0
	end=$(($(date +%s) + seconds - 1))
	while [ "$(date +%s)" -lt "$end" ]; do
		for pid in $(machine "$monitor" | shuf -n 3); do
			kill "-$1" "$pid" 2>/dev/null && hits=$((hits + 1))
		done
		sleep "$2"
	done
	wait "$job"
	rc=$?
	echo "$1 round $3: $hits hits, status $rc"
	case $1:$rc in
	*:124 | *:137)
		if [ "$rc" = 137 ] && [ "$1" = KILL ] && [ -s "$out" ]; then
			: # the job itself was hit
		fi
		if [ "$rc" = 124 ]; then
			echo "  the machine hangs"
			# known of the strict backends, see tests/KNOWN.md
			if [ "$1" = KILL ] && [ "$strict" != 0 ]; then
				known=1
			else
				bad=1
			fi
		fi
		;;
	URG:0) ;;
	URG:*)
		echo "  kicks were noticed:"
		tail -n 5 "$out"
		bad=1
		;;
	KILL:120)
		grep -qiE 'panic|the machine died' "$out" || { echo "  no panic message"; bad=1; }
		;;
	esac
	total=$((total + hits)) # on a busy host some rounds hit nothing
	rm -f "$out" "$out.pid"
}

i=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	storm URG 0.01 "$i"
	storm KILL 0.3 "$i"
done
[ "$total" -gt 3 ] || { echo "no hits in any round"; bad=1; }
if [ "$bad" != 0 ]; then
	echo "FAIL storm"
elif [ "$known" != 0 ]; then
	echo "  skipped: the machine hung, see tests/KNOWN.md"
	echo "SKIP storm"
else
	echo "ok storm"
fi
exit "$bad"
