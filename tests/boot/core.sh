# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# A panic leaves a core file, a machine that runs can be dumped from outside, and
# gdb's commands work on both as on a live machine.
bad=0 out=$PWD/out
export LODGER_CORE=$PWD
fail() { # NAME
	tail -n 30 "$out" | sed 's/^/    /'
	echo "FAIL core_$1"
	bad=1
}
has() { # NAME PATTERN: in $out
	if grep -aqE -- "$2" "$out"; then
		echo "ok core_$1"
	else
		echo "  no '$2' in:"
		fail "$1"
	fi
}
look() { # CORE: what the commands say of it
	cat >commands <<-'EOF'
		lodger-ps
		lodger-bt all
		lodger-mounts
		lodger-dmesg
		echo -- current\n
		bt
	EOF
	timeout -k 2 60 "$lodger" gdb "$1" -batch -x "$PWD/commands" >"$out" 2>&1
}
have_gdb() {
	command -v gdb >/dev/null && return 0
	echo "  skipped: no gdb here"
	echo "SKIP core_gdb"
	return 1
}

# sysrq c is a panic of the kernel's own
timeout -k 2 60 "$lodger" run -q --name "core$$" --root "$work/root" -- /bin/sh -c \
	'echo c >/proc/sysrq-trigger' </dev/null >"$out" 2>&1
rc=$?
if [ "$rc" = 120 ]; then
	echo "ok core_panic_status"
else
	echo "  status $rc"
	fail panic_status
fi
has panic_says '^lodger: core file: '
core=$(sed -n 's/^lodger: core file: \([^ ]*\) .*/\1/p' "$out")
if [ -s "$core" ] && [ "$(stat -c %a "$core")" = 600 ]; then
	echo "ok core_panic_file"
else
	ls -la . >"$out"
	fail panic_file
fi
if [ -s "$core" ] && have_gdb; then
	look "$core"
	has panic_ps '^ +1 +1 sleeping .*init'
	has panic_dmesg 'kernel panic: sysrq triggered crash'
	has panic_mounts ' /proc '
	has panic_bt_all 'sleep_on'
	has panic_bt 'in (panic|proc_write_sysrq)'
fi
[ -z "$core" ] || rm -f "$core"

# a machine that runs
case $(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null) in
'' | 0) ;;
*)
	echo "  skipped: the host restricts ptrace (Yama)"
	echo "SKIP core_dump"
	exit "$bad"
	;;
esac
name=dump$$
mkfifo fifo
timeout -k 2 100 "$lodger" run -q --name "$name" --root "$work/root" -- /bin/sh -c \
	'echo up; read x; echo "got $x"' <fifo >run.out 2>&1 &
exec 3>fifo
i=0
until grep -q '^up' run.out || [ "$i" -ge 300 ]; do
	i=$((i + 1))
	sleep 0.1
done
timeout -k 2 60 "$lodger" dump "$name" the.core >"$out" 2>&1
has dump_says '^the.core: [0-9]+ threads'
# it goes on as if nothing had been
echo on >&3
exec 3>&-
wait
cp run.out "$out"
has dump_goes_on '^got on'
if have_gdb; then
	look the.core
	has dump_ps '^ +1 +1 sleeping '
	has dump_bt_all 'sleep_on'
	has dump_mounts ' /proc '
	has dump_dmesg 'Lodger .*backend'
fi
exit "$bad"
