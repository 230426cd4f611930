#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Install what is missing of the packages that a target needs. The lists are
# tools/packages-run.txt and, for the tests, tools/packages-test.txt as well.
# Nothing missing: apt is not touched.
# usage: install-deps.sh run|test
set -eu
cd "$(dirname "$0")"

case ${1-} in
run) lists=packages-run.txt ;;
test) lists="packages-run.txt packages-test.txt" ;;
*)
	echo "usage: install-deps.sh run|test" >&2
	exit 2
	;;
esac

missing=
# shellcheck disable=SC2086,SC2013 # a list of files, of words
for pkg in $(grep -hv '^#' $lists); do
	case $(dpkg-query -W -f '${Status}' "$pkg" 2>/dev/null || true) in
	*"install ok installed") ;;
	*) missing="$missing $pkg" ;;
	esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "Lodger needs these Debian packages, and there is no apt-get here:$missing" >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	sudo="env"
elif command -v sudo >/dev/null; then
	sudo="sudo env"
else
	echo "Missing packages:$missing" >&2
	echo "Install them as root: apt-get install$missing" >&2
	exit 1
fi
echo "Installing:$missing"
# shellcheck disable=SC2086 # lists of words
install() {
	$sudo DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends $missing
}
# lists of packages may be absent or old: then once more with new ones
install || { $sudo apt-get update && install; }
