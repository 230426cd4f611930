# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Disks: images that the host's tools have made, seen and written by a machine.
# Locks, read-only ones, partitions, COW files with User Mode Linux's own tools,
# loop devices, and random reads and writes that are verified.
bad=0
check() { # NAME WANT GOT
	if [ "$2" = "$3" ]; then
		echo "ok disk_$1"
	else
		printf '  wanted "%s", got "%s"\n' "$2" "$3"
		echo "FAIL disk_$1"
		bad=1
	fi
}
dir=$PWD/disk
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/root/bin" "$dir/root/dev" "$dir/root/proc" "$dir/root/sys" \
	"$dir/root/tmp" "$dir/root/run"
for a in busybox sh cat dd cmp ls head grep losetup blockdev sync; do
	ln "$work/root/bin/busybox" "$dir/root/bin/$a" 2>/dev/null ||
		cp "$work/root/bin/busybox" "$dir/root/bin/$a"
done
cp "$work/root/tests/diskverify" "$dir/root/bin/"
cd "$dir" || exit 1
run() {
	timeout -k 2 60 "$lodger" run -q --root "$dir/root" "$@" 2>&1
}
sfdisk=$(command -v sfdisk || command -v /sbin/sfdisk)

# --- raw images ---

head -c 3145728 /dev/urandom >a.img
cp a.img a.copy
truncate -s 4M b.img
check copies "" "$(run ubd0=a.img --disk b.img,serial=one -- sh -c '
	dd if=/dev/ubda of=/dev/ubdb bs=64k conv=fsync 2>/dev/null
	test -e /dev/disk/by-id/ubd-one || echo no serial')"
check on_the_host same "$(cmp -n 3145728 a.img b.img && echo same)"
check reading_changes_nothing same "$(cmp a.img a.copy && echo same)"
check partitions_file "98 0 3072 ubda 98 16 4096 ubdb" \
	"$(run ubd0=a.img ubdb=b.img -- grep ubd /proc/partitions | xargs)"
check read_only 'Operation not permitted' "$(run ubd0r=a.img -- sh -c \
	'echo x | dd of=/dev/ubda 2>&1' | grep -o 'Operation not permitted')"
check end_of_disk "No space left" "$(run ubd0=b.img -- sh -c \
	'dd if=/dev/zero of=/dev/ubda bs=1M 2>&1' | grep -o 'No space left')"
check all_of_it 4194304 "$(tr -dc '\0' <b.img | wc -c)"
check locked 1 "$(run ubd0=b.img ubd1=b.img -- true |
	grep -c 'in use by another machine')"
check readers_share /dev/ubdb \
	"$(run --disk b.img,ro --disk b.img,ro -- ls /dev/ubdb)"
check missing_file 1 "$(run ubd0=none -- true | grep -c 'No such file')"

# --- random work, verified ---

seed=$(od -An -N2 -tu2 /dev/urandom | xargs)
truncate -s 0 b.img
truncate -s 8M b.img
check "verify" "verified 2048 blocks" \
	"$(run ubd0=b.img -- diskverify /dev/ubda "$seed" 800 ||
		echo "seed $seed")"

# --- partitions ---

if [ -n "$sfdisk" ]; then
	truncate -s 0 b.img
	truncate -s 32M b.img
	printf 'label: gpt\nsize=4M, name=one\nsize=6M, name=two\n' |
		"$sfdisk" -q b.img
	truncate -s 16M c.img
	printf 'label: dos\nsize=2M\nsize=10M, type=5\nsize=3M\nsize=4M\n' |
		"$sfdisk" -q c.img
	check partitions "ubda1 8192 ubda2 12288 ubdb1 4096 ubdb2 2 ubdb3 6144 ubdb5 8192" "$(
		run ubd0=b.img ubd1=c.img -- sh -c '
			cd /sys/class/block
			for p in ubda[0-9] ubdb[0-9]; do echo $p $(cat $p/size); done' |
			xargs)"
	run ubd0=b.img -- sh -c '
		echo hello | dd of=/dev/disk/by-partlabel/two conv=sync 2>/dev/null' >out
	start=$("$sfdisk" -d b.img | sed -n 's/.*start= *\([0-9]*\).*"two"/\1/p')
	check in_its_place hello \
		"$(dd if=b.img bs=512 skip="$start" count=1 2>/dev/null | head -c 5)"
	check loop_partscan "hello 8388608" "$(run --disk b.img,ro -- sh -c '
		cat /dev/ubda >/tmp/disk; losetup /dev/loop3 /tmp/disk
		blockdev --rereadpt /dev/loop3 2>/dev/null
		losetup -o $((512*'"$start"')) /dev/loop4 /tmp/disk
		head -c 5 /dev/loop4; echo; losetup -d /dev/loop3
		cat /sys/block/loop3/size >/dev/null; echo 8388608' | xargs)"
else
	echo "skip disk_partitions (no sfdisk)"
fi

# --- COW files ---

run ubd0=x.cow,a.img -- sh -c 'echo changed | dd of=/dev/ubda bs=512 seek=9 \
	conv=sync 2>/dev/null; head -c 2000000 /dev/zero |
	dd of=/dev/ubda bs=64k seek=8 2>/dev/null' >out
check cow_base_is_untouched same "$(cmp a.img a.copy && echo same)"
check cow_is_sparse yes "$([ "$(du -k x.cow | cut -f 1)" -lt 2500 ] && echo yes)"
check cow_keeps changed "$(run --disk a.img,cow=x.cow -- sh -c \
	'dd if=/dev/ubda bs=512 skip=9 count=1 2>/dev/null | head -c 7')"
check cow_alone_is_refused 1 "$(run ubd0=x.cow -- true | grep -c 'give its base too')"
cp a.img want.img
echo changed | dd of=want.img bs=512 seek=9 conv=notrunc,sync 2>/dev/null
head -c 2000000 /dev/zero | dd of=want.img bs=64k seek=8 conv=notrunc 2>/dev/null
if command -v uml_moo >/dev/null; then
	uml_moo x.cow moo.img >out 2>&1
	check uml_moo_merges same "$(cmp moo.img want.img && echo same)"
	uml_mkcow y.cow a.img >out 2>&1
	check uml_mkcow_is_understood "1 same" "$(run ubd0=y.cow,a.img -- sh -c '
		echo x | dd of=/dev/ubda bs=512 seek=100 conv=sync 2>/dev/null
		dd if=/dev/ubda bs=512 skip=100 count=1 2>/dev/null | grep -c x' | xargs) $(
		cmp a.img a.copy && echo same)"
else
	echo "skip disk_uml_moo (no uml-utilities)"
fi
if [ -x "$work/bin/lodger-img" ]; then
	img=$work/bin/lodger-img
	check img_info "COW file, version 3" "$("$img" info x.cow |
		sed -n 's/^kind *//p')"
	check img_check fine "$("$img" check x.cow)"
	"$img" convert x.cow conv.img
	check img_convert same "$(cmp conv.img want.img && echo same)"
	cp a.img b.base
	"$img" cow z.cow b.base
	run ubd0=z.cow,b.base -- sh -c 'echo zz | dd of=/dev/ubda conv=sync 2>/dev/null'
	mv b.base c.base
	check img_rebase "" "$("$img" rebase z.cow c.base 2>&1)"
	check img_commit "zz" "$("$img" commit z.cow && head -c 2 c.base)"
	check img_committed_is_valid fine "$("$img" check z.cow)"
	"$img" create n.img 1M && "$img" resize n.img 2M
	check img_resize 2097152 "$(stat -c %s n.img)"
else
	echo "skip disk_img (lodger-img is not built)"
fi
touch -d @1000000000 a.img
check cow_changed_base 1 "$(run ubd0=x.cow,a.img -- true | grep -c 'was changed at')"

# --- kill -9 of the machine: what was flushed is there ---

truncate -s 0 b.img
truncate -s 1M b.img
run --name "diskkill$$" ubd0=b.img -- sh -c '
	echo synced | dd of=/dev/ubda conv=fsync,sync 2>/dev/null
	echo flushed; cat' <"/dev/zero" | {
	read -r word
	"$lodger" kill "diskkill$$"
	check killed flushed "$word"
	exit $bad
} || bad=1
check flush_survives synced "$(head -c 6 b.img)"
exit $bad
