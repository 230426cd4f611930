#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The built-in root file system as a newc cpio archive: BusyBox with a link for
# each applet, and what lies in boot/initramfs. Needs no root (devtmpfs has the
# device nodes), and the same inputs give the same bytes.
# usage: mkinitramfs.sh FOLDER OUT
set -eu
src=$1 out=$2
export LC_ALL=C
busybox=${BUSYBOX:-/bin/busybox}

for need in "$busybox" "$(command -v cpio || echo cpio)"; do
	[ -x "$need" ] && continue
	echo "mkinitramfs: $need is missing; run: sh tools/install-deps.sh run" >&2
	exit 1
done
if readelf -lW "$busybox" | grep -q INTERP; then
	echo "mkinitramfs: $busybox is not static; install busybox-static" >&2
	exit 1
fi

stage=$out.stage
rm -rf "$stage"
mkdir -p "$stage"
trap 'rm -rf "$stage"' EXIT
(
	cd "$stage"
	mkdir -p bin sbin usr/bin usr/sbin usr/local/bin etc proc sys dev tmp \
		run root home/user mnt var/log var/tmp
	cp "$busybox" bin/busybox
	"$busybox" --list-full | while read -r path; do
		case $path in
		bin/busybox | linuxrc) continue ;;
		esac
		mkdir -p "${path%/*}"
		ln -s /bin/busybox "$path"
	done
	ln -s /bin/busybox init
)
cp -R "$src/." "$stage/"
find "$stage" -type d -exec chmod 755 {} +
find "$stage" -type f -perm -u+x -exec chmod 755 {} +
find "$stage" -type f ! -perm -u+x -exec chmod 644 {} +
chmod 1777 "$stage/tmp" "$stage/var/tmp"
chmod 700 "$stage/root"
find "$stage" -exec touch -h -d @0 {} +
(cd "$stage" && find . | sort |
	cpio --quiet --reproducible -R +0:+0 -H newc -o) >"$out.tmp"
mv "$out.tmp" "$out"
