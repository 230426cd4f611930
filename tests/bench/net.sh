#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What networks carry: the host's loopback, the machine's own loopback, user mode
# to the host's loopback, and (as root) a tap, in a network namespace of its own.
# usage: tests/bench/net.sh BUILD
set -eu
build=$1
make -s "$build/tests/bench/net" O="$build"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/root/bin" "$dir/root/tmp" "$dir/root/proc" "$dir/root/dev" \
	"$dir/root/sys" "$dir/root/run"
cp "$build/tests/bench/net" /bin/busybox "$dir/root/bin/"
ln -s busybox "$dir/root/bin/sh"
port=$((30000 + $$ % 10000))
run() {
	timeout -k 2 60 "$build/lodger" run -q --root "$dir/root" "$@" </dev/null
}
"$build/tests/bench/net" serve $port &
server=$!
echo "host loopback:   $("$build/tests/bench/net" ask 127.0.0.1 $port)"
echo "machine loopback: $(run -- /bin/sh -c \
	'/bin/net serve 9 & /bin/net ask 127.0.0.1 9 quit')"
echo "user mode:       $(run --net user -- /bin/net ask 10.0.2.2 $port)"
kill $server 2>/dev/null || true
[ "$(id -u)" = 0 ] || exit 0
export build dir port
unshare -n sh -c 'ip link set lo up; ip tuntap add dev lodger0 mode tap
	ip addr add 10.9.9.1/24 dev lodger0; ip link set lodger0 up
	"$build/tests/bench/net" serve $port & sleep 0.2
	timeout -k 2 60 "$build/lodger" run -q --root "$dir/root" \
		--net tap=lodger0 ip=10.9.9.2/24 -- \
		/bin/net ask 10.9.9.1 $port quit </dev/null' >"$dir/tap" 2>&1
echo "tap, mtu 1500:   $(cat "$dir/tap")"
