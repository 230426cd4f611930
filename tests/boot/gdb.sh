# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# The kernel under gdb, in batch mode: every command of tools/gdb, breakpoints in
# a machine of many processes, the start, by pid and by name; on both kinds of
# backend. Skipped where there is no gdb or the host lets nobody trace.
if ! command -v gdb >/dev/null; then
	echo "no gdb here"
	exit 77
fi
case $(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null) in
'' | 0) ;;
*)
	echo "the host restricts ptrace (Yama)"
	exit 77
	;;
esac
bad=0 out=$PWD/out
has() { # NAME PATTERN: in $out
	if grep -aqE -- "$2" "$out"; then
		echo "ok gdb_$1"
	else
		echo "  no '$2' in:"
		tail -n 40 "$out" | sed 's/^/    /'
		echo "FAIL gdb_$1"
		bad=1
	fi
}
machine() { # NAME OPTION...: in the background, until it is listed
	name=$1
	shift
	timeout -k 2 100 "$lodger" run -q --name "$name" --root "$work/root" "$@" -- /bin/sh -c \
		'while :; do cat /etc/passwd; sleep 0.1; done' </dev/null >/dev/null 2>&1 &
	i=0
	until "$lodger" ls | grep -q "^$name .*busybox\|^$name .*/bin/sh"; do
		i=$((i + 1))
		[ "$i" -lt 100 ] || break
		sleep 0.1
	done
	sleep 0.5
}
debug() { # NAME: gdb on the machine, commands on stdin
	cat >commands
	timeout -k 2 60 "$lodger" gdb "$1" -batch -x "$PWD/commands" >"$out" 2>&1
}

for b in direct seccomp ptrace; do
	machine "gdb$b" --trap "$b"
	debug "gdb$b" <<-'EOF'
		lodger-ps
		lodger-bt all
		lodger-mounts
		lodger-fds sh
		lodger-vmas sh
		lodger-guest sh
		lodger-locks
		lodger-dmesg
		echo -- bad\n
		lodger-bt nobody
	EOF
	has "${b}_ps" '^ +1 +1 sleeping +[0-9]+ +wait +\[init\]'
	has "${b}_ps_guest" '(sleeping|running) .* (sh|cat|sleep)$'
	has "${b}_bt_asleep" ' in timer_main \(\) at kernel/core/timer.c'
	has "${b}_bt_guest" '^    guest: rip 0x'
	has "${b}_mounts" '^ *[0-9]+ proc +/proc'
	has "${b}_fds" '^ +1 -w pos 0 +hostio_file_ops'
	has "${b}_vmas" 'r-xp .*/bin/busybox$'
	has "${b}_guest" 'runs /bin/busybox$'
	has "${b}_locks" '^tasklist_lock +(free|held)'
	has "${b}_dmesg" "Lodger .*: backend $b"
	has "${b}_no_such_task" "no task 'nobody'"
	# a breakpoint stops whichever process comes to it; on to a next one
	debug "gdb$b" <<-'EOF'
		lodger-break-syscall openat flags==0
		continue
		echo -- one\n
		bt

		next
		delete
		lodger-break-syscall execve
		continue
		echo -- two\n
		bt
		finish
		delete
		tbreak do_exit
		continue
		echo -- three\n
		lodger-bt sh
	EOF
	has "${b}_break" 'Breakpoint 1.*sys_openat \(dirfd=-100'
	has "${b}_break_bt" '^#1 .* in kern_syscall \(regs='
	has "${b}_break_next_process" 'Breakpoint [0-9.]+, sys_execve '
	has "${b}_break_exit" 'reakpoint [0-9.]+, do_exit '
	has "${b}_bt_while_stopped" '^-- three'
	# it has been let go and runs on
	before=$("$lodger" ls | grep -c "^gdb$b ")
	[ "$before" = 1 ] && echo "ok gdb_${b}_runs_on" || {
		echo "FAIL gdb_${b}_runs_on"
		bad=1
	}
	# by the pid of any process of it; gdb itself, without lodger's help
	keeper=$("$lodger" ls | awk -v n="gdb$b" '$1 == n { print $2 }')
	first=$(pgrep -P "$(pgrep -P "$keeper" | head -n 1)" | head -n 1)
	debug "$first" <<-'EOF'
		lodger-ps
	EOF
	has "${b}_by_pid" '\[ktimer\]'
	timeout -k 2 60 gdb -nx -batch -p "$first" -ex 'info threads' \
		-ex 'detach' >"$out" 2>&1
	has "${b}_plain_gdb" 'LWP [0-9]+ "lodger:kernel"'
	"$lodger" kill "gdb$b" >/dev/null 2>&1

	# from the first instruction on
	timeout -k 2 60 "$lodger" run --gdb -q --trap "$b" --root "$work/root" -- /bin/sh -c \
		'echo from the guest; exit 7' >"$out" 2>&1 <<-'EOF'
		bt
		watch nr_tasks
		continue
		delete
		tbreak sys_exit_group
		continue
		bt
		detach
		quit
	EOF
	rc=$?
	has "${b}_run" 'breakpoint 1, kern_start '
	has "${b}_run_watch" 'atchpoint [0-9]+: nr_tasks'
	has "${b}_run_break" 'reakpoint [0-9.]+, sys_exit_group \(code=7\)'
	has "${b}_run_output" '^from the guest'
	case $rc in
	7) echo "ok gdb_${b}_run_status" ;;
	*)
		echo "FAIL gdb_${b}_run_status: $rc"
		bad=1
		;;
	esac
done

# one backtrace, from the kernel through the entry into the guest's own frames
cat >commands <<-'EOF'
	lodger-break-syscall openat
	continue
	lodger-guest fs_open
	bt
	detach
EOF
timeout -k 2 60 "$lodger" run --gdb -q --trap direct --root "$work/root" --workdir /tmp -- \
	/tests/fs_open >"$out" 2>&1 <commands
has guest_symbols 'symbols of /tests/fs_open'
has guest_frames '^#[0-9]+ .*main \('

# killed while it runs kernel code: a panic that ends, seen by the first process
cat >commands <<-'EOF'
	lodger-break-syscall openat
	continue
	kill
EOF
timeout -k 2 30 "$lodger" run --gdb -q --trap direct --root "$work/root" --workdir /tmp -- \
	/tests/fs_open >"$out" 2>&1 <commands
rc=$?
has killed_in_the_kernel 'was killed .* while running kernel code'
[ "$rc" = 120 ] && echo "ok gdb_killed_status" || {
	echo "FAIL gdb_killed_status: $rc"
	bad=1
}

# what gdb was given goes with lodger, even after a kill -9
sleep 20 | "$lodger" run --gdb -q --root "$work/root" -- /bin/sleep 100 >"$out" 2>&1 &
keeper=$!
i=0 dir=
while [ $((i += 1)) -lt 100 ]; do
	gdb=$(pgrep -x -P "$keeper" gdb) &&
		dir=$(tr '\0' '\n' <"/proc/$gdb/cmdline" |
			grep -o '/tmp/lodger-gdb[.][A-Za-z0-9]*' | head -n 1) &&
		[ -n "$dir" ] && break
	sleep 0.1
done
kill -9 "$keeper"
i=0
while [ -e "$dir" ] && [ $((i += 1)) -lt 200 ]; do sleep 0.1; done
if [ -n "$dir" ] && [ ! -e "$dir" ]; then
	echo "ok gdb_nothing_left"
else
	echo "FAIL gdb_nothing_left: $dir"
	bad=1
fi
exit "$bad"
