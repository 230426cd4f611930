#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Random programs on the host and in a machine: tests/diff/fuzz.c. Both work on
# tmpfs. The same seeds each time in `check`, new ones in `check-long`.
set -u
dir=$(mktemp -d /dev/shm/lodger-fuzz.XXXXXX) || {
	echo "no tmpfs on /dev/shm"
	exit 77
}
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir" || exit 1
seconds=20 seed=1
if [ "$mode" = long ]; then
	seconds=600 seed=$(date +%s)
else
	export FUZZ_MAX=3000
fi
"$work/root/tests/fuzz" drive "$seconds" "$seed" "$lodger" run -q \
	--user "$(id -u):$(id -g)" --workdir /tmp --root "$work/root" --
