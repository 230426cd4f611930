# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Networks: user mode to a server on the host's loopback, ports forwarded into
# the machine, DHCP, two machines on a lan, and the scripted peer (netpeer.c).
bad=0
check() { # NAME WANT GOT
	if [ "$2" = "$3" ]; then
		echo "ok network_$1"
	else
		printf '  wanted "%s", got "%s"\n' "$2" "$3"
		echo "FAIL network_$1"
		bad=1
	fi
}
run() {
	timeout -k 2 30 "$lodger" run -q "$@" 2>&1 </dev/null
}
root=$work/root
mkdir -p "$work/tmp/net"
cd "$work/tmp/net" || exit 1
trap 'kill $server 2>/dev/null; rm -rf "$work/tmp/net"' EXIT

# A server of our own: netserve prints its port.
"$work/bin/netserve" >port &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s port ] && break
	sleep 0.2
done
port=$(cat port)

check none_unless_asked "lo" "$(run --root "$root" -- /bin/sh -c \
	'for i in /proc/net/dev; do /bin/busybox awk -F: "NR>2 {print \$1}" $i; done' |
	tr -d ' ')"
check bad_kind 125 "$(run --net nosuch -- /bin/busybox true >/dev/null; echo $?)"
check bad_forward 125 "$(run --net user,hostfwd=tcp:x:1 -- /bin/busybox true \
	>/dev/null; echo $?)"
check address "10.0.2.15" "$(run --root "$root" --net user -- /bin/busybox \
	ifconfig eth0 | sed -n 's/.*inet addr:\([0-9.]*\).*/\1/p')"
check ping 1 "$(run --root "$root" --net user -- /bin/busybox ping -c 1 -W 5 \
	10.0.2.2 | grep -c '1 packets received')"
check tcp "hello tcp" "$(run --root "$root" --net user -- /bin/sh -c \
	"echo hello tcp | /bin/busybox nc -w 5 10.0.2.2 $port")"
check udp "hello udp" "$(run --root "$root" --net user -- \
	/tests/netclient udp 10.0.2.2 "$port" "hello udp")"
check tcp6 "hello six" "$(run --root "$root" --net user -- \
	/tests/netclient tcp6 fec0::2 "$port" "hello six")"
check megabytes "30000000 ok" "$(run --root "$root" --net user -- \
	/tests/netclient bulk 10.0.2.2 "$port" 30000000)"
check refused "Connection refused" "$(run --root "$root" --net user -- \
	/tests/netclient tcp 10.0.2.2 1 x)"
check name_server "nameserver 10.0.2.3" "$(run --root "$root" --net user -- \
	/bin/busybox cat /run/lodger-resolv.conf)"
check dhcp "10.0.2.15 10.0.2.2" "$(run --root "$root" --net user ip=off -- \
	/bin/sh -c 'echo "#!/bin/sh
	[ \$1 = bound ] && echo \$ip \$router" >/tmp/s; /bin/busybox chmod 755 /tmp/s
	/bin/busybox ifconfig eth0 up
	/bin/busybox udhcpc -i eth0 -n -q -s /tmp/s' | tail -n 1)"
check ip_word "10.7.7.7" "$(run --root "$root" --net user \
	ip=10.7.7.7/24::10.7.7.1 -- /bin/busybox ifconfig eth0 |
	sed -n 's/.*inet addr:\([0-9.]*\).*/\1/p')"

fwd=$((20000 + $$ % 20000))
timeout -k 2 30 "$lodger" run -q --root "$root" \
	--net user,hostfwd=tcp:$fwd:80,hostfwd=udp:127.0.0.1:$fwd:80 -- \
	/tests/netclient serve 80 >serve.out 2>&1 </dev/null &
inside=$!
check forwarded "to the inside" "$("$work/bin/netserve" ask tcp $fwd "to the inside")"
check forwarded_udp "and udp" "$("$work/bin/netserve" ask udp $fwd "and udp")"
"$work/bin/netserve" ask tcp $fwd quit >/dev/null
wait $inside
check inside_ended 0 $?

timeout -k 2 30 "$lodger" run -q --root "$root" --net lan=t$$ ip=10.8.0.1/24 \
	-- /tests/netclient serve 80 >serve.out 2>&1 </dev/null &
inside=$!
check lan "between machines" "$(run --root "$root" --net lan=t$$ \
	ip=10.8.0.2/24 -- /tests/netclient tcp 10.8.0.1 80 "between machines")"
run --root "$root" --net lan=t$$ ip=10.8.0.3/24 -- \
	/tests/netclient tcp 10.8.0.1 80 quit >/dev/null
wait $inside
check lan_ended 0 $?

run --root "$root" --net user,pcap=cap -- /bin/busybox ping -c 1 10.0.2.2 \
	>/dev/null
check pcap "d4 c3 b2 a1" "$(od -An -tx1 -N4 cap | xargs)"
check tap_refused 2 "$(run --net tap=nosuch0 -- /bin/busybox true |
	grep -c 'ip tuntap add\|ip link set')"
[ -w /dev/net/tun ] || echo "  no tap: /dev/net/tun is not writable"

"$work/bin/netpeer" "$lodger" "$root" || bad=1
exit $bad
