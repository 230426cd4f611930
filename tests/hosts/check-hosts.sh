#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tests/hosts/check-hosts.sh BUILD: the oldest supported host. Boots Debian 12's
# own 6.1 kernel (the package is downloaded and unpacked, never installed) under
# qemu-system's TCG with -cpu max, which has PKU and FSGSBASE, and runs there,
# as an ordinary user, the attack tests and a handful of guest tests in machines
# with the direct backend, and some with the others (TESTS: [BACKEND:]NAME …). No
# disk: all stands in the initial ramdisk.
# The last line reads `N passed, M failed, K skipped`.
set -eu
build=$1
tests="memory hostcalls frames gates text pointers bombs
proc_fork sig_basic sig_frame mm_mmap pipe_basic
seccomp:stubs seccomp:proc_fork seccomp:sig_frame ptrace:sig_basic ptrace:pipe_basic"
tests=${TESTS:-$tests}
cache=${LODGER_CACHE:-$build/hosts}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

if ! command -v qemu-system-x86_64 >/dev/null; then
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get install -y --no-install-recommends qemu-system-x86 || {
		echo "skip check-hosts: no qemu-system-x86"
		echo "0 passed, 0 failed, 1 skipped"
		exit 0
	}
fi
if ! ls "$cache"/vmlinuz-* >/dev/null 2>&1; then
	image=$(apt-cache depends linux-image-amd64 |
		sed -n 's/.*Depends: \(linux-image-6\.1[^ ]*\).*/\1/p' | head -n 1)
	[ -n "$image" ] || { echo "no package of Linux 6.1 here"; exit 1; }
	(cd "$cache" && apt-get download "$image" && dpkg-deb -x "$image"*.deb x &&
		cp x/boot/vmlinuz-* . && rm -rf x "$image"*.deb)
fi

root=$cache/root
rm -rf "$root"
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" \
	"$root/guest/tests" "$root/guest/bin" "$root/guest/tmp" \
	"$root/guest/proc" "$root/guest/sys" "$root/guest/dev" \
	"$root/guest/run" "$root/etc" "$root/run"
cp "$build/lodger" "$root/bin/"
# its libraries, where it looks for them
cp "$(command -v setpriv)" "$root/bin/"
ldd "$build/lodger" "$root/bin/setpriv" | sed -n "s|.*[[:blank:]]\(/[^ ]*\) (.*|\1|p" | sort -u | while read -r lib; do
	mkdir -p "$root$(dirname "$lib")"
	cp -L "$lib" "$root$lib"
done
cp /bin/busybox "$root/bin/"
cp /bin/busybox "$root/guest/bin/"
ln -s busybox "$root/bin/sh"
ln -s busybox "$root/guest/bin/sh"
tests=$(echo $tests) # one line
for t in $tests; do
	t=${t#*:}
	for d in attack guest; do
		[ ! -x "$build/tests/$d/$t" ] ||
			cp "$build/tests/$d/$t" "$root/guest/tests/"
	done
done
cp "$build/tests/bench/spine" "$root/guest/tests/"
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' \
	>"$root/etc/passwd"
cat >"$root/init" <<END
#!/bin/busybox sh
for a in mount ip env timeout poweroff uname; do
	[ -e /bin/\$a ] || /bin/busybox ln -s busybox /bin/\$a
done
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs -o mode=1777 tmp /tmp
ip link set lo up
echo "== \$(uname -r)"
user() { /bin/setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH=/bin HOME=/tmp "\$@"; }
user /bin/lodger doctor
for t in $tests; do
	echo "== \$t"
	trap=direct
	case \$t in *:*) trap=\${t%%:*} ;; esac
	user timeout 600 /bin/lodger run -q --trap \$trap --env T_SLOW=10 \\
		--user 65534:65534 --workdir /tmp --root /guest -- \\
		/tests/\${t#*:} </dev/null 2>&1
	echo "== status \$?"
done
echo "== all done"
poweroff -f
END
chmod 755 "$root/init"
chmod -R a+rX "$root"
(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -1) \
	>"$cache/initrd.gz"

# QEMU before 9.1 reads the frame of an iretq in user mode as the supervisor:
# without SMAP it may.
timeout -k 5 "${LIMIT:-1500}" qemu-system-x86_64 -cpu max,-smap -smp 2 -m 1500 \
	-accel tcg,thread=multi -nographic -no-reboot -nodefaults -serial stdio \
	-kernel "$(ls "$cache"/vmlinuz-*)" -initrd "$cache/initrd.gz" \
	-append "console=ttyS0 loglevel=7 panic=-1 mitigations=off" \
	</dev/null >"$cache/console" 2>&1 || true
tr -d '\r' <"$cache/console" >"$cache/log"
grep -E '^==|^  |FAIL|SKIP|panic' "$cache/log" || true
p=$(grep -c '^ok [a-z]' "$cache/log" || true)
f=$(grep -c '^FAIL ' "$cache/log" || true)
s=$(grep -c '^SKIP ' "$cache/log" || true)
# each test tells its sum; one that does not has died
for t in $tests; do
	awk -v t="$t" '$0 == "== " t { on = 1; next }
		/^== / { if (on) exit !ok; on = 0 }
		on && /^[0-9]+ passed, / { ok = 1 }
		END { exit !ok }' "$cache/log" || {
		echo "FAIL $t: no sum"
		f=$((f + 1))
	}
done
echo "$p passed, $f failed, $s skipped"
[ "$f" -eq 0 ]
