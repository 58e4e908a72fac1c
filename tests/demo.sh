#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh - builds xflate and recompresses a real volume, showing every command. Exit 0: all was as it should be.
#
#   BUILD=folder  where to build (default: build, and ./xflate leads there)
set -eu
LC_ALL=C
export LC_ALL

cd "$(dirname "$0")/.."
tests/packages.sh build

# Inside `make -j` the outer make's job server is not ours to use.
unset MAKEFLAGS MFLAGS MAKELEVEL
if [ "${BUILD:-build}" = build ]; then
	BUILD=build
	make all
else
	make BUILD="$BUILD" "$BUILD/xflate"
fi
PATH=$(cd "$BUILD" && pwd):$PATH
export PATH

work=$(mktemp -d "${TMPDIR:-/tmp}/xflate-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cp tests/volumes/bareos/vol-gzip6 "$work/vol-gzip6"
cd "$work"

fail() {
	echo "demo: $1" >&2
	exit 1
}

# Shows a command line, then runs it. What it prints is shown, and kept in the file "out" to look at.
run() {
	printf '\n$ %s\n' "$1"
	sh -c "$1" >out 2>&1 || { status=$?; cat out; fail "exit status $status"; }
	cat out
}
expect() {
	grep -q "$1" out || fail "\"$1\" is not in what it printed"
}

echo
echo "vol-gzip6 was written by Bareos 26: one job, its data compressed with GZIP by the client."
run 'xflate list vol-gzip6'
expect 'data: *gzip 35$'

run 'xflate -i -d lz4 < vol-gzip6 > vol-gzip6.new'
expect ' 35 recompressed, 0 damaged'

run 'xflate list vol-gzip6.new'
expect 'data: *lz4 35$'

run 'xflate compare vol-gzip6 --vs vol-gzip6.new'
expect ': same$'

cmp -s vol-gzip6 vol-gzip6.new && fail "the new volume is the old one"
[ "$(sha256sum <vol-gzip6)" = 'd517afcdeddc9170e6e9c1795d74f046fbf4e90c5a6534981326f0b45b152804  -' ] ||
	fail "the old volume was changed"

echo
echo "demo: the new volume holds the same job, files and content, compressed with LZ4."
