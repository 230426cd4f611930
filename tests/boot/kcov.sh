# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# /sys/kernel/debug/kcov, and the file of coverage; kernels built with KCOV=1.
"$lodger" run -q --root "$work/root" -- /tests/kcov >out 2>&1
rc=$?
if grep -q '^SKIP kcov' out; then
	echo "not built with KCOV=1"
	exit 77
fi
cat out
mkdir -p cov
LODGER_COVERAGE=$PWD/cov "$lodger" run -q -- true
n=$(cat cov/*.cov | tr -d '\0' | wc -c)
if [ "$n" -gt 1000 ]; then
	echo "ok kcov_coverage_file"
else
	echo "  $n places"
	echo "FAIL kcov_coverage_file"
	rc=1
fi
exit "$rc"
