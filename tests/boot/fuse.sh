# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# lodger-mount: an image seen and written on the host, as the ordinary user.
mnt=$work/bin/lodger-mount
PATH=$PATH:/sbin:/usr/sbin
if [ ! -x "$mnt" ]; then
	echo "skipped: lodger-mount was not built"
	exit 77
elif [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
	echo "skipped: /dev/fuse is not for this user"
	exit 77
fi
dir=$PWD/mount
mkdir -p "$dir/at" && cd "$dir" || exit 1
trap 'fusermount3 -qu "$dir/at"; rm -rf "$dir"' EXIT
truncate -s 32M a.img
mke2fs -q -t ext4 a.img
timeout 30 "$mnt" -o fakeroot a.img at || exit 1
mkdir at/d && cp "$mnt" at/d/copy && ln -s d at/link && echo x >at/f &&
	mv at/f at/g && cmp "$mnt" at/link/copy || exit 1
"$mnt" a.img at 2>/dev/null && echo "mounted twice" && exit 1
fusermount3 -u at
# it is still writing for a moment: the lock tells
for _ in 1 2 3 4 5 6 7 8 9 10; do
	timeout 30 "$mnt" -o ro a.img at 2>/dev/null && break
	sleep 0.3
done
cmp "$mnt" at/d/copy && [ "$(cat at/g)" = x ] || exit 1
echo y 2>/dev/null >at/no && exit 1
fusermount3 -u at
e2fsck -fn a.img || exit 1
