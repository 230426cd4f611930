#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# python3's own tests of what it asks of a kernel: on this system first, then in
# a machine whose root it is, as the ordinary user. What fails there must fail
# here as well. Only in check-long: it takes some ten minutes. (When a name is
# given in $PYTHON_TESTS, only that, and always.)
set -u
tests=${PYTHON_TESTS-"test_os test_posix test_subprocess test_signal test_select
	test_selectors test_mmap test_threading test_fcntl test_pty test_io
	test_tempfile test_shutil test_multiprocessing_fork test_time test_thread
	test_resource test_epoll test_poll test_wait3 test_wait4 test_fork1
	test_eintr test_openpty test_ioctl test_faulthandler"}
python3 -c 'import test.test_os' 2>/dev/null || {
	echo "libpython3.11-testsuite is not installed"
	exit 77
}
if [ "$mode" != long ] && [ -z "${PYTHON_TESTS-}" ]; then
	echo "only in check-long"
	exit 77
fi
p=0 f=0
bad() { # the cases that failed
	sed -n 's/^\(FAIL\|ERROR\): //p' "$1" | sort -u
}
for t in $tests; do
	here=$work/tmp/python.$t
	mkdir -p "$here"
	(cd "$here" && TMPDIR=$here timeout -k 5 400 python3 -m test "$t") \
		>"$here.host" 2>&1 </dev/null
	timeout -k 5 400 "$lodger" run -q --user "$(id -u):$(id -g)" \
		--workdir /tmp --root / -- python3 -m test "$t" \
		>"$here.guest" 2>&1 </dev/null
	rc=$?
	bad "$here.host" >"$here.h"
	bad "$here.guest" >"$here.g"
	new=$(comm -13 "$here.h" "$here.g")
	if [ -n "$new" ] || { [ $rc -ne 0 ] && [ ! -s "$here.g" ]; }; then
		tail -n 15 "$here.guest" | sed 's/^/  /'
		echo "  $new"
		echo "FAIL $t ($rc)"
		f=$((f + 1))
	else
		echo "ok $t"
		p=$((p + 1))
	fi
	rm -rf "$here"
done
echo "$p passed, $f failed, 0 skipped"
[ "$f" -eq 0 ]
