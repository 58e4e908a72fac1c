#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Volumes that want to get out of the folder that they are extracted to (hostile.py), each to a folder and through --tar, and what is around
# that folder before and behind it (attacked.py).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

check 'there are eighty attacks' [ "$("$PYTHON" "$here/hostile.py" --list | wc -l)" -ge 80 ]
[ "$(id -u)" = 0 ] || skip 'devices that are asked for' 'not root'
if "$XFLATE" extract --tar - </dev/null 2>&1 | grep -q 'built without libarchive'; then
	skip 'all of them through --tar' 'built without libarchive'
	without=--no-tar
fi
"$PYTHON" "$here/attacked.py" ${without:+"$without"} "$XFLATE" >"$work/attacked" 2>"$err"
grep -v '^1\.\.' "$work/attacked"
tests=$((tests + $(grep -cE '^(not )?ok ' "$work/attacked")))
failures=$((failures + $(grep -c '^not ok ' "$work/attacked")))
if ! grep -q '^1\.\.' "$work/attacked"; then
	not_ok 'the attacks came to their end'
	show "$err"
fi
done_testing
