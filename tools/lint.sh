#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What can be said about the sources without building them: licence lines,
# white space, who may include what, scripts, and committed files that are made
# from others; without `quick` also cppcheck and the format (.clang-format).
# From the top of the tree; exit status 1 when something is wrong.
# usage: lint.sh [quick]
set -u
bad=0
say() {
	echo "lint: $*"
	bad=1
}
sources() { # PATTERN...
	git ls-files -- "$@" 2>/dev/null || find . -path ./build -prune -o -type f -print
}
refuse() { # WHY GREP-PATTERN FILE...
	why=$1 pattern=$2
	shift 2
	found=$(grep -nE -- "$pattern" "$@" /dev/null) || return 0
	say "$why"
	echo "$found" | head -20
}

# Every source says its licence in one of its first two lines.
for f in $(sources '*.c' '*.h' '*.S' '*.sh' '*.awk' '*.lds' '.ci/run'); do
	sed 2q "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0' ||
		say "$f: no SPDX-License-Identifier line"
done

# shellcheck disable=SC2046 # lists of files
refuse 'white space at the end of a line' '[[:blank:]]+$' \
	$(sources '*.c' '*.h' '*.S' '*.sh' '*.awk' '*.lds' Makefile '*.mk' '*.md')

# The arrows between the folders. (The build also refuses: -nostdinc, nm.)
refuse 'the kernel includes headers that are not its own' \
	'^#[[:blank:]]*include[[:blank:]]*<(linux|asm|sys|bits|std(io|lib)|string|unistd|errno|fcntl|pthread)[./]' \
	$(sources 'kernel/*.c' 'kernel/*.h' 'drivers-host/*_kern.c')
refuse 'arch-um uses libc' \
	'^#[[:blank:]]*include[[:blank:]]*<(sys/|stdio|stdlib|string\.h|unistd|errno\.h|fcntl|pthread)' \
	$(sources 'arch-um/*.c' 'arch-um/*.h')
refuse 'the command includes the kernel proper' \
	'^#[[:blank:]]*include[[:blank:]]*<(kernel|abi)/' \
	$(sources 'boot/*.c' 'boot/*.h' 'drivers-host/*_host.c')

for f in $(sources '*.sh' '.ci/run' 'boot/initramfs/etc/init.d/*'); do
	case $(sed q "$f") in
	*bash*) bash -n "$f" || say "$f: syntax" ;;
	*) sh -n "$f" || say "$f: syntax" ;;
	esac
done
if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2046
	shellcheck -S warning $(sources 'tools/*.sh' '.ci/run') || bad=1
fi

table=kernel/syscall/SYSCALLS.md
make_table="awk -v out=md -f tools/gen-syscalls.awk kernel/syscall/syscalls.tbl"
$make_table | cmp -s - "$table" ||
	say "$table is stale; make tables, and commit it"

if [ "${1-}" != quick ]; then
	if command -v cppcheck >/dev/null; then
		cppcheck --quiet --force --inline-suppr -j "$(nproc)" \
			--std=c11 --enable=warning,portability \
			--error-exitcode=1 --max-configs=2 \
			--suppressions-list=tools/cppcheck.txt \
			-I kernel -I kernel/include -I . \
			arch-um boot drivers-host kernel || bad=1
	else
		echo "lint: cppcheck is not installed: no static checks"
	fi
	if command -v clang-format >/dev/null; then
		for f in $(sources '*.c' '*.h'); do
			clang-format --dry-run -Werror "$f" 2>/dev/null ||
				say "$f: clang-format -i would change it"
		done
	else
		echo "lint: clang-format is not installed: the format is not checked"
	fi
fi

[ $bad -ne 0 ] || echo "lint: fine"
exit $bad
