# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# ext4 in a machine: an image that mke2fs has made is mounted, written by several
# programs at once, unmounted or not, and pleases e2fsck; the contents are there.
bad=0
check() { # NAME WANT GOT
	if [ "$2" = "$3" ]; then
		echo "ok ext4_$1"
	else
		printf '  wanted "%s", got "%s"\n' "$2" "$3"
		echo "FAIL ext4_$1"
		bad=1
	fi
}
dir=$PWD/ext4
trap 'rm -rf "$dir"' EXIT
PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || {
	echo "skipped: there is no mke2fs"
	exit 77
}
mkdir -p "$dir/root/bin" "$dir/root/dev" "$dir/root/proc" "$dir/root/sys" \
	"$dir/root/tmp" "$dir/root/mnt"
for a in busybox sh cat cp dd cmp ls rm mkdir mount umount sync seq md5sum \
	ln mv readlink grep; do
	ln "$work/root/bin/busybox" "$dir/root/bin/$a" 2>/dev/null ||
		cp "$work/root/bin/busybox" "$dir/root/bin/$a"
done
cd "$dir" || exit 1
run() {
	timeout -k 2 60 "$lodger" run -q --root "$dir/root" "$@" 2>&1
}
clean() { # IMAGE: what e2fsck has to say against it
	e2fsck -fn "$1" >fsck.out 2>&1 || tail -n 5 fsck.out
}
cat >root/fill <<'END'
for k in 1 2 3; do
	(
		mkdir /mnt/d$k
		for i in $(seq 1 60); do echo $k $i >/mnt/d$k/f$i; done
		dd if=/bin/busybox of=/mnt/d$k/big bs=5000 2>/dev/null
		for i in $(seq 1 4 60); do rm /mnt/d$k/f$i; done
		ln -s /mnt/d$k/f2 /mnt/d$k/link
		ln /mnt/d$k/f3 /mnt/d$k/hard
		mv /mnt/d$k/f4 /mnt/d$k/moved
	) &
done
wait
END
cat >root/look <<'END'
for k in 1 2 3; do
	cmp /bin/busybox /mnt/d$k/big || echo big $k
	test "$(cat /mnt/d$k/link)" = "$k 2" || echo link $k
	test "$(cat /mnt/d$k/hard)" = "$k 3" || echo hard $k
	test "$(cat /mnt/d$k/moved)" = "$k 4" || echo moved $k
	test -e /mnt/d$k/f5 && echo f5 $k
	n=$(ls /mnt/d$k | grep -c .)
	test $n = 48 || echo $n names in $k
done
END
for fs in ext4 ext2; do
	truncate -s 40M $fs.img
	mke2fs -q -t $fs $fs.img
	check ${fs}_write "" "$(run ubd0=$fs.img -- sh -c '
		mount -t '$fs' /dev/ubda /mnt && sh /fill && sh /look && umount /mnt')"
	check ${fs}_clean "" "$(clean $fs.img)"
	check ${fs}_again "" "$(run ubd0r=$fs.img -- sh -c '
		mount -t '$fs' -o ro /dev/ubda /mnt && sh /look && umount /mnt')"
done
# not unmounted: the journal has it
truncate -s 40M left.img
mke2fs -q -t ext4 left.img
check left "" "$(run ubd0=left.img -- sh -c '
	mount -t ext4 /dev/ubda /mnt && sh /fill && sync')"
cp left.img theirs.img
check replay "" "$(run ubd0=left.img -- sh -c '
	mount -t ext4 /dev/ubda /mnt && sh /look && umount /mnt')"
check replay_clean "" "$(clean left.img)"
e2fsck -fy theirs.img >fsck.out 2>&1
check replay_by_e2fsck "" "$(grep '? yes' fsck.out)"
check replay_same "" "$(run ubd0=theirs.img -- sh -c '
	mount -t ext4 /dev/ubda /mnt && sh /look && umount /mnt')"
# remount, and what is damaged
check remount "" "$(run ubd0=left.img -- sh -c '
	mount -t ext4 /dev/ubda /mnt && mount -o remount,ro /mnt
	echo x 2>/dev/null >/mnt/no && echo written
	mount -o remount,rw /mnt && echo x >/mnt/yes && umount /mnt')"
check remount_clean "" "$(clean left.img)"
exit $bad
