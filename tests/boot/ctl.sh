# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Commands to a running machine: lodger ctl, and Debian's uml_mconsole; disks
# that come and go.
bad=0
check() { # NAME WANT GOT
	if [ "$2" = "$3" ]; then
		echo "ok ctl_$1"
	else
		printf '  wanted "%s", got "%s"\n' "$2" "$3"
		echo "FAIL ctl_$1"
		bad=1
	fi
}
dir=$PWD/ctl
name=ctl$$
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"
cd "$dir" || exit 1
mkfifo in
truncate -s 1M disk.img
head -c 1M /dev/urandom >base.img
: >out
timeout -k 2 90 "$lodger" run -q --name "$name" -- sh -c '
	while read -r line; do eval "$line"; echo done; done' <in >out 2>&1 &
machine=$!
exec 9>in
said=0
guest() { # COMMAND: wait until the machine has done it
	echo "$1" >&9
	said=$((said + 1))
	for _ in $(seq 300); do
		[ "$(grep -c '^done$' out)" -lt "$said" ] || return
		sleep 0.1
	done
	echo "  the machine does not answer"
}
ctl() {
	timeout 30 "$lodger" ctl "$name" "$@" 2>&1
}
guest 'echo up'
check up up "$(head -n 1 out)"
check version Lodger "$(ctl version)"
check help 1 "$(ctl help | grep -c 'config ubdN=FILE')"
ctl config ubd1=disk.img
guest 'echo hi | dd of=/dev/ubdb conv=sync 2>/dev/null; exec 5</dev/ubdb'
check plugged hi "$(head -c 2 disk.img)"
check locked 1 "$(ctl config ubd2=disk.img | grep -c 'in use')"
check missing_file 1 "$(ctl config ubd2=none | grep -c 'No such file')"
check busy 1 "$(ctl remove ubd1 | grep -c 'in use')"
guest 'exec 5<&-'
check removed "" "$(ctl remove ubd1)"
guest 'test -e /dev/ubdb || echo gone'
check gone 1 "$(grep -c gone out)"
check no_such_disk 1 "$(ctl remove ubd1 | grep -c 'no such disk')"
ctl config ubd3=new.cow,base.img
guest 'echo cow | dd of=/dev/ubdd conv=sync,fsync 2>/dev/null'
check cow 1 "$(grep -c cow new.cow)"
check proc 1 "$(ctl proc meminfo | grep -c MemTotal)"
ctl log "a line from outside"
guest 'dmesg | grep -c "a line from outside"'
check log 1 "$(tail -n 2 out | head -n 1)"
check unknown 1 "$(ctl nothing | grep -c 'unknown command')"
check bad_word 1 "$(ctl config eth7=what | grep -c 'cannot be changed')"
if command -v uml_mconsole >/dev/null; then
	state=${XDG_RUNTIME_DIR:-/nowhere}/lodger/$name
	[ -d "$state" ] || state=/tmp/lodger-$(id -u)/$name
	uml() {
		timeout 30 uml_mconsole "$state/mconsole" "$1" 2>/dev/null
	}
	check mconsole_version "OK Lodger" "$(uml version | xargs)"
	check mconsole_long_answer 1 "$(uml 'proc meminfo' | grep -c Committed_AS)"
	check mconsole_config OK "$(uml "config ubd5=$dir/disk.img" | xargs)"
	check mconsole_remove OK "$(uml 'remove ubd5' | xargs)"
	check mconsole_halt OK "$(uml halt | xargs)"
else
	echo "skip ctl_mconsole (no uml-utilities)"
	ctl halt
fi
wait "$machine"
check halted 0 $?
exec 9>&-
exit $bad
