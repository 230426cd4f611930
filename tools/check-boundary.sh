#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel proper, linked into one object, may need nothing but the seam.
set -e
bad=$(nm -u "$1" | awk '{print $NF}' | grep -v -e '^host_' -e '^__ubsan_' || true)
if [ -n "$bad" ]; then
	echo "check-boundary: the kernel uses names outside the seam:" >&2
	echo "$bad" >&2
	exit 1
fi
