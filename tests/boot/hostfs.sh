# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# A host directory as root, written through: what the guest does is on the
# host, what the host does is seen in the guest, what the host refuses is an
# error. Then the tests of files once more, in such a directory.
bad=0
check() { # NAME WANT GOT
	if [ "$2" = "$3" ]; then
		echo "ok hostfs_$1"
	else
		printf '  wanted "%s", got "%s"\n' "$2" "$3"
		echo "FAIL hostfs_$1"
		bad=1
	fi
}
root=$PWD/hostfs out=$PWD/out # each job has a folder of its own
data=$root/data
trap 'chmod -R u+w "$root"; rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/run" \
	"$root/tmp" "$root/etc" "$root/tests" "$data"
for applet in busybox sh cat ls mv rm ln mkdir rmdir chmod touch truncate stat \
	sync sleep readlink dd test wc; do
	ln "$work/root/bin/busybox" "$root/bin/$applet" 2>/dev/null ||
		cp "$work/root/bin/busybox" "$root/bin/$applet"
done
cp "$work/root/etc/passwd" "$root/etc/"
run() {
	timeout -k 2 60 "$lodger" run -q --rw --root "$root" --workdir /data "$@"
}

# --- what the guest does ---

mkdir "$data/locked" "$data/full"
echo no >"$data/locked/file"
echo no >"$data/fixed"
chmod 444 "$data/fixed"
chmod 555 "$data/locked"
run -- /bin/sh -c '
	echo one >a; mv a b; ln b c; ln -s b s; mkdir -p d/e; chmod 700 d
	echo more >>b; mv b d/e/f; truncate -s 100000 big; truncate -s 5 d/e/f
	echo x >gone; exec 3<gone; rm gone; rmdir full; cat <&3
	dd if=/dev/zero of=blocks bs=64k count=20 2>/dev/null
	echo late >synced; sync' >"$out" 2>&1
check open_file_without_name x "$(cat "$out")"
check names "big blocks c d fixed locked s synced" "$(ls "$data" | xargs)"
check content "one
m" "$(cat "$data/d/e/f")"
check link "$(stat -c %i "$data/c")" "$(stat -c %i "$data/d/e/f")"
check symlink b "$(readlink "$data/s")"
check mode 700 "$(stat -c %a "$data/d")"
check size 100000 "$(stat -c %s "$data/big")"
check written 1310720 "$(stat -c %s "$data/blocks")"

# --- what the host refuses ---

refused() { # NAME COMMAND
	run -- /bin/sh -c "$2" >"$out" 2>&1
	check "refused_$1" 1 "$(grep -c 'not permitted\|denied' "$out")"
}
refused create 'touch locked/new'
refused unlink 'rm -f locked/file'
refused rename 'mv locked/file locked/other'
refused mkdir 'mkdir locked/d'
refused link 'ln c locked/c'
refused write 'echo x >>fixed'
refused chown 'busybox chown 1 c'
check refused_changes_nothing "no no" \
	"$(cat "$data/locked/file" "$data/fixed" | xargs)"

# --- what the host does, while the machine runs ---

step() { # what the host does; then the guest is asked again
	sleep 0.3
	(cd "$data" && eval "$1")
	echo 'echo "$(cat f g 2>&1 | busybox head -n 1)" $(ls d2) $(test -e d2/n && echo n) $(stat -c %a f 2>/dev/null) $(readlink l)'
}
mkdir "$data/d2"
seen=$({
	step 'echo 1 >f; ln -s f l'
	step 'echo 2 >>f; echo 2 >f'
	step 'chmod 600 f'
	step 'echo 3 >f.new; mv f.new f; touch d2/n'
	step 'mv d2/n d2/m; rm l; ln -s g l'
	step 'rm -r d2; mkdir d2; touch d2/o'
	step 'mv f g; chmod 640 g'
	sleep 0.3
} | run -- /bin/sh 2>&1)
check changes_are_seen "1 644 f
2 644 f
2 600 f
3 n n 644 f
3 m 644 g
3 o 644 g
cat: can't open 'f': No such file or directory o g" "$seen"

# --- the tests of files ---

chmod 777 "$root/tmp"
for t in fs_names fs_open fs_rw fs_lock mm_file mm_mmap; do
	cp "$work/root/tests/$t" "$root/tests/"
	run --workdir /tmp --user 65534:65534 -- "/tests/$t" \
		>"$out" 2>&1
	status=$?
	check "$t" 0 $status
	[ $status = 0 ] || grep -B3 '^FAIL' "$out" | sed 's/^/  /'
done
exit $bad
