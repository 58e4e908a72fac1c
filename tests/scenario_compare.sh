#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# compare: what a restore would see otherwise is different, what it would not is the same.
#
#   ORDERS=20   random jobs for each kind of change       ORDERS_SEED=1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# --- volumes that 0.1.0 called the same (tests/volumes/field) ---

for name in cmp-220-a cmp-220-b cmp-35-a cmp-35-b; do
	xz -dc "$here/volumes/field/$name.xz" >"$name"
done
run "$XFLATE" compare cmp-220-a --vs cmp-220-b
expect_status 1 'data behind its digest: different'
check 'data behind its digest: in this file' grep -q '^job 36 (job.1): FileIndex 2 /s8/file2: its records stand in another order' "$out"
run "$XFLATE" compare --json cmp-35-a --vs cmp-35-b
expect_status 1 'an empty record: different'
check 'an empty record: in this file' grep -q '"file": "/s7/file7"' "$out"
check 'an empty record: JSON says so' grep -q '"same": false' "$out"
for name in cmp-220-a cmp-220-b cmp-35-a cmp-35-b; do
	for options in -i '-r lzo' '-r gzip' '-r zstd' '--block-format=bb02'; do
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -qq --force $options -o made "$name"
		expect_status 0 "$name: $options"
		check "$name: $options: the same" xflate compare -q "$name" --vs made
	done
done

# --- files that change places ---

"$PYTHON" "$here/mkvolume.py" false-swapped-blocks swapped
"$PYTHON" - "$here" straight <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
open(sys.argv[2], "wb").write(m.whole("false-swapped-blocks", m.whole_blocks(4)))
END
run "$XFLATE" compare straight --vs swapped
expect_status 1 'files in another order: different'
check 'files in another order: which' grep -q '): its files stand in another order: FileIndex 2 behind 3$' "$out"
is "$(grep -c FileIndex "$out")" 1 'files in another order: only that'

# --- random jobs, changed in one way ---

"$PYTHON" "$here/orders.py" --runs "${ORDERS:-20}" --seed "${ORDERS_SEED:-1}" "$XFLATE" >"$work/orders" 2>"$err"
grep -v '^1\.\.' "$work/orders"
tests=$((tests + $(grep -cE '^(not )?ok ' "$work/orders")))
failures=$((failures + $(grep -c '^not ok ' "$work/orders")))
if ! grep -q '^1\.\.' "$work/orders"; then
	not_ok 'the runs came to their end'
	tail -n 5 "$err" >"$work/last"
	show "$work/last"
fi
done_testing
