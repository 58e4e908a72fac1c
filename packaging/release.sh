#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# release.sh [--all] - what must hold before a version is given out, one line each; the last is "N passed, N failed".
#
# Without an option: what the tree itself tells, in seconds.  --all: the tests that no other run has made, too: .ci/run, packages with all
# that belongs to them, other systems, fuzzing and the bench; two days.  Nothing is tagged, signed or sent: the last lines say how.
# shellcheck disable=SC2317 # called by name
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.." || exit 1
version=$(cat VERSION)
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# holds TEXT COMMAND...
holds() {
	text=$1
	shift
	if "$@" >"$log" 2>&1; then
		echo "ok - $text"
		passed=$((passed + 1))
	else
		echo "not ok - $text"
		tail -n 20 "$log" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

clean() { test -z "$(git status --porcelain)"; }
untagged() { test -z "$(git tag --list "v$version")"; }
dated() { grep -m 1 '^## ' CHANGELOG.md | grep -E "^## $version \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$"; }
# The address of the maintainers is one that takes mail.
reachable() { ! grep -rn 'xflate\.example' debian packaging SECURITY.md --include='*' --exclude=release.sh; }
# Twice from two folders.
same_archive() {
	folder=$(mktemp -d) && git clone -q . "$folder/other" && make -s dist && make -s -C "$folder/other" dist &&
		cmp "xflate-$version.tar.gz" "$folder/other/xflate-$version.tar.gz"
	same=$?
	rm -rf "$folder"
	return $same
}
unfinished() { ! git grep -nE 'TODO|FIXME' -- ':!packaging/release.sh' ':!tests' ':!debian' ':!STYLE.md'; }

holds 'nothing is uncommitted' clean
holds "there is no version $version yet" untagged
holds "CHANGELOG.md begins with $version and its day" dated
holds 'versions and packages are the same everywhere' tests/lint_packages
holds 'manual, citations, layout and scripts are in order' make -s lint
holds 'the maintainers can be reached' reachable
holds 'nothing is marked as unfinished' unfinished
holds 'the archive of the sources is the same from any folder' same_archive
if [ "${1:-}" = --all ]; then
	holds 'everything that is tested at every change' .ci/run
	holds 'packages: built twice, installed, used, removed; the RPM; the units' make check-package FULL=1
	holds 'other compilers, processors, libraries and systems' make check-elsewhere
	holds 'each parser, an hour of fuzzing' make fuzz FUZZ_SECONDS=3600
	holds 'the figures of docs/performance.md, made anew' make bench
fi
echo "$passed passed, $failed failed"
if [ "$failed" = 0 ]; then
	echo "# git tag -s v$version && make dist; sign the archive; packages from packaging/ and debian/"
fi
[ "$failed" = 0 ]
