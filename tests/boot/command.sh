# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# The command without a terminal: exit statuses, streams, options, names.
bad=0
check() { # NAME WANT GOT
	if [ "$2" = "$3" ]; then
		echo "ok command_$1"
	else
		printf '  wanted "%s", got "%s"\n' "$2" "$3"
		echo "FAIL command_$1"
		bad=1
	fi
}
run() {
	timeout -k 2 30 "$lodger" run -q "$@"
}
status() { # WANT ARG...
	want=$1
	shift
	run "$@" >/dev/null 2>&1 </dev/null
	check "status_$want" "$want" $?
}

status 0 -- /bin/busybox true
status 1 -- /bin/busybox false
status 7 -- /bin/sh -c 'exit 7'
status 127 -- /no/such/program
status 126 -- /etc/passwd
status 125 --no-such-option
status 125 --root /no/such/folder -- /bin/busybox true
status 137 -- /bin/sh -c 'kill -9 $$'
status 143 -- /bin/sh -c 'kill -TERM $$'
status 134 -- /bin/sh -c 'kill -ABRT $$'

check boots_with_no_input 0 "$(timeout -k 2 30 "$lodger" run </dev/null \
	>/dev/null 2>&1; echo $?)"
check commands_on_stdin "Linux 6.12.0-lodger" "$(echo uname -sr |
	timeout -k 2 30 "$lodger" run 2>/dev/null | tr -d '\r' |
	grep -o 'Linux 6.12.0-lodger' | head -n 1)"
check without_keys "1 2" "$(run --trap direct-unwalled -- /bin/sh -c \
	'echo $(echo 1; sh -c "echo 2")')"
check stdout hello "$(run -- /bin/busybox echo hello)"
check stderr_apart hello "$(run -- /bin/sh -c 'echo no; echo hello >&2' \
	2>&1 >/dev/null)"
check stdin "HELLO" "$(echo hello | run -- /bin/busybox tr a-z A-Z)"
check much_stdin 20000000 "$(head -c 20000000 /dev/zero | run -- /bin/busybox wc -c)"
check much_stdout 20000000 "$(run -- /bin/busybox head -c 20000000 /dev/zero | wc -c)"
check reader_gone 0 "$(run -- /bin/busybox yes | head -n 1 >/dev/null; echo $?)"
check user "65534 65534" "$(run --user 65534 --root "$work/root" -- /bin/sh -c \
	'/bin/busybox id -u; /bin/busybox id -g' | xargs)"
check root_is_read_only 1 "$(run --root "$work/root" -- /bin/sh -c \
	'echo x >/new' >/dev/null 2>&1; echo $?)"
check tmp_is_writable x "$(run --root "$work/root" -- /bin/sh -c \
	'echo x >/tmp/new; cat /tmp/new')"
check tmp_is_not_the_hosts "" "$(ls "$work/root/tmp")"
check overlay_forgets "x gone" "$(run --overlay --root "$work/root" -- /bin/sh -c \
	'echo x >/new; /bin/busybox rm /bin/true; cat /new; [ -e /bin/true ] || echo gone' | xargs)"
check overlay_left_nothing "" "$(ls "$work/root/new" 2>/dev/null)"
mkdir -p "$PWD/rw/bin"
cp "$work/root/bin/busybox" "$PWD/rw/bin/sh"
check rw_writes_through through "$(run --rw --root "$PWD/rw" -- /bin/sh -c \
	'echo through >/new'; cat "$PWD/rw/new")"
rm -rf "$PWD/rw"
check hostname somewhere "$(run --hostname somewhere -- /bin/busybox hostname)"
check env there "$(run --env HERE=there -- /bin/sh -c 'echo $HERE')"
check workdir /proc "$(run --workdir /proc -- /bin/busybox pwd)"
check cpus 1 "$(run --cpus 1 -- /bin/busybox nproc)"
check version 0 "$("$lodger" --version >/dev/null; echo $?)"
check help 0 "$("$lodger" --help >/dev/null; echo $?)"
check doctor 0 "$("$lodger" doctor >/dev/null 2>&1; echo $?)"

# names: seen by ls, ended by stop and kill
for how in stop kill; do
	name=t$how$$ # the other backends run at the same time
	run --name "$name" -- /bin/busybox sleep 60 >/dev/null 2>&1 </dev/null &
	job=$!
	i=0
	until "$lodger" ls | grep -q "$name"; do
		i=$((i + 1))
		[ "$i" -lt 50 ] || break
		sleep 0.1
	done
	check "ls_$how" "$name" "$("$lodger" ls | grep -o "$name" | head -n 1)"
	timeout 10 "$lodger" "$how" "$name" >/dev/null 2>&1
	wait $job
	rc=$?
	[ "$rc" -ne 0 ] && [ "$rc" -ne 124 ] || [ "$how" = stop ] && rc=ended
	check "$how" ended "$rc"
	check "gone_$how" "" "$("$lodger" ls | grep "$name")"
done
check no_such_machine 125 "$("$lodger" stop nobody >/dev/null 2>&1; echo $?)"

# memory: the guest's program is killed, the machine goes on
# shellcheck disable=SC2016
check out_of_memory goes-on "$(run --mem 128M --root "$work/root" -- /bin/sh -c \
	'/tests/memory_hog; echo goes-on' 2>/dev/null | tail -n 1)"
exit "$bad"
