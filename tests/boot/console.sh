# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Boots on a terminal: the shell, its job control, the ways to end, a command on
# the terminal; the terminal is as before however the machine ends.
here=$work/scripts/boot
bad=0
talk() { # NAME SCRIPT ARG...
	name=$1 script=$2
	shift 2
	if timeout -k 2 60 "$work/bin/ptytalk" "$script" "$lodger" run "$@" \
		>"$work/tmp/talk.$$" 2>&1; then
		echo "ok console_$name"
	else
		sed 's/^/  /' "$work/tmp/talk.$$"
		echo "FAIL console_$name"
		bad=1
	fi
}
s=$work/tmp/script.$$

talk shell "$here/shell.talk"
talk exit "$here/exit.talk"
printf 'expect # \nsend reboot\\n\nexpect BusyBox\nexpect # \nsend poweroff\\n\nstatus 0\ntermios\n' >"$s"
talk reboot "$s"
printf 'expect # \nsend halt\\n\nstatus 0\ntermios\n' >"$s"
talk halt "$s"
printf 'status 7\ntermios\n' >"$s"
talk command_status "$s" -q -- /bin/sh -c 'exit 7'
printf 'expect rows\nsend x\\n\nexpect got x\nstatus 0\ntermios\n' >"$s"
# shellcheck disable=SC2016 # for the shell in the machine
talk command_terminal "$s" -q -- /bin/sh -c \
	'tty >/dev/null && echo rows; read a; echo got $a'
printf 'expect ready\nsend \\x03\nstatus 130\ntermios\n' >"$s"
talk command_interrupt "$s" -q -- /bin/sh -c 'echo ready; sleep 100'
rm -f "$s" "$work/tmp/talk.$$"
exit "$bad"
