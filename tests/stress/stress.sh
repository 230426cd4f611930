# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# 200 processes at random for 10 s (60 s in check-long) on two processors.
seconds=10
[ "$mode" != long ] || seconds=60
seed=$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')
echo "seed $seed"
exec "$lodger" run -q --cpus 2 --root "$work/root" -- \
	/tests/stress "$seed" "$seconds" 200
