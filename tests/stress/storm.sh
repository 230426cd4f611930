# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Storms from the host on random processes of a machine under load: SIGURG, which
# is the kick, must not be noticed at all; kill -9 may cost what it hits, or end
# the machine with a panic message. Neither may leave a machine that hangs: that
# one is asked for its tasks.
seconds=4
rounds=3
total=0
[ "$mode" != long ] || { seconds=20 rounds=10; }
bad=0

# SIGNAL PAUSE ROUND
storm() {
	out=$work/tmp/storm.$$
	rm -f "$out.pid"
	timeout -k 2 $((seconds + 40)) sh -c 'echo $$ >"$0.pid"; exec "$@"' "$out" \
		"$lodger" run -q --name "storm$$" --root "$work/root" -- \
		/tests/stress "$3" "$seconds" 40 "$4" >"$out" 2>&1 </dev/null &
	job=$!
	while [ ! -s "$out.pid" ]; do sleep 0.05; done
	sleep 0.7
	top=$(cat "$out.pid")
	hits=$("$work/bin/hit" "$1" "$top" $((seconds - 1)) "$2" 3)
	# it has a second more; on a busy host, ten
	n=0
	while kill -0 "$job" 2>/dev/null && [ $((n += 1)) -lt 200 ]; do
		sleep 0.1
	done
	if kill -0 "$job" 2>/dev/null; then
		kill -QUIT "$top"
		sleep 2
	fi
	wait "$job"
	rc=$?
	echo "$1 round $3: $hits, status $rc"
	case $1:$rc in
	*:124)
		echo "  the machine hangs:"
		cat "$out"
		bad=1
		;;
	23:0) ;;
	23:*)
		echo "  kicks were noticed:"
		tail -n 5 "$out"
		bad=1
		;;
	9:120)
		grep -qiE 'panic|the machine died' "$out" || {
			echo "  no panic message"
			bad=1
		}
		;;
	esac
	total=$((total + ${hits%% *})) # on a busy host some rounds hit nothing
	rm -f "$out" "$out.pid"
}

i=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	storm 23 10 "$i" ""
	storm 9 300 "$i" rough
done
[ "$total" -gt 3 ] || { echo "no hits in any round"; bad=1; }
if [ "$bad" = 0 ]; then echo "ok storm"; else echo "FAIL storm"; fi
exit "$bad"
