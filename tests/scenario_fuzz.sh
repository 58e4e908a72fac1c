#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every input in fuzz/corpus once through its target: what fuzzing found stays mended, with any compiler.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

top=${here%/*}
BUILD=${BUILD:-$top/build}
for source in "$top"/fuzz/fuzz_*.c; do
	name=${source##*/fuzz_}
	name=${name%.c}
	if [ ! -d "$top/fuzz/corpus/$name" ]; then
		not_ok "$name: fuzz/corpus/$name has inputs"
		continue
	fi
	run "$BUILD/fuzz/replay_$name" "$top/fuzz/corpus/$name"
	expect_status 0 "$name: $(find "$top/fuzz/corpus/$name" -type f | wc -l | tr -d ' ') inputs pass" || continue
	is "$(cat "$out")" "$(find "$top/fuzz/corpus/$name" -type f | wc -l | tr -d ' ') inputs" "$name: all were tried"
done
done_testing
