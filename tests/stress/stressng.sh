#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# stress-ng in a machine whose root is this system's: each stressor of the list
# alone, 1 s (check) or 10 s (long), as guest root. A case fails when stress-ng
# says so, when it does not end, or when the kernel printed a warning. (Its own
# sock with --sock-domain unix fails on Linux, too: sockpair and sockfd instead.)
set -u
command -v stress-ng >/dev/null || {
	echo "stress-ng is not installed"
	exit 77
}
list="cpu vm fork pipe futex signal timer mmap dentry epoll eventfd sem sem-sysv
	shm shm-sysv msg mq switch clone exec sock sockpair sockfd poll fcntl flock
	inotify dir rename link chmod utime sigq sigfd pthread vfork"
# shellcheck disable=SC2086 # words
set -- $list
all=$#
secs=1
[ "$mode" != long ] || secs=10
# shellcheck disable=SC2016,SC2086 # words; the inner shell's
timeout -k 5 $((36 * (secs + 3))) "$lodger" run -q --mem 1G --root / --workdir /tmp -- \
	sh -c '
	secs=$1
	shift
	for s; do
		more=
		[ "$s" != vm ] || more="--vm-bytes 64M"
		timeout -k 2 $((secs + 20)) stress-ng --temp-path /tmp \
			"--$s" 1 -t "${secs}s" --verify $more \
			>/tmp/out 2>&1
		rc=$?
		if [ $rc -ne 0 ] || grep -q "fail:" /tmp/out; then
			sed "s/^/  /" /tmp/out | tail -n 12
			echo "FAIL $s ($rc)"
		else
			echo "ok $s"
		fi
	done
	dmesg | tail -n +2 | grep -v "Killed process" | sed "s/^/  log: /"
	' sh "$secs" $list >"$work/tmp/stressng.out" 2>&1 </dev/null
rc=$?
cat "$work/tmp/stressng.out"
p=$(grep -c '^ok ' "$work/tmp/stressng.out")
f=$(grep -c '^FAIL ' "$work/tmp/stressng.out")
if [ "$rc" -ne 0 ] || [ $((p + f)) -ne "$all" ]; then
	echo "FAIL all_of_them_ran (status $rc)"
	f=$((f + 1))
fi
if grep -q '  log: ' "$work/tmp/stressng.out"; then
	echo "FAIL the_kernel_is_silent"
	f=$((f + 1))
fi
echo "$p passed, $f failed, 0 skipped"
[ "$f" -eq 0 ]
