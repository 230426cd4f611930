#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# make lint: the format of every C file, cppcheck, shellcheck where it is there.
# usage: lint.sh [FILE...]	(all files of the tree without)
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
files=${*:-$(git ls-files '*.c' '*.h')}

if command -v clang-format >/dev/null; then
	# shellcheck disable=SC2086 # a list
	clang-format --dry-run -Werror $files || bad=1
else
	echo "lint: clang-format is not installed: the format is not checked"
fi

if command -v cppcheck >/dev/null; then
	[ $# -gt 0 ] || cppcheck --quiet --force --inline-suppr -j "$(nproc)" \
		--std=c11 --enable=warning,portability --error-exitcode=1 \
		--suppressions-list=tools/cppcheck.txt \
		--max-configs=2 -I kernel -I kernel/include -I . \
		arch-um boot drivers-host kernel || bad=1
else
	echo "lint: cppcheck is not installed: no static checks"
fi

if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2046 # a list
	shellcheck $(git ls-files '*.sh') .ci/run || bad=1
fi
[ "$bad" = 0 ] && echo "lint: clean"
exit "$bad"
