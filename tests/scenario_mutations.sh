#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every real volume damaged in seeded ways: what xflate makes of it, judged by tests/mutate.py.  Debian's bls judges it in
# check-bacula and check-bacula15.
#
#   MUTATIONS=8   damaged copies of each volume       MUTATION_SEED=1
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

"$PYTHON" "$here/mutate.py" --runs "${MUTATIONS:-8}" --seed "${MUTATION_SEED:-1}" "$XFLATE" "$VOLUMES" >"$work/mutations" 2>"$err"
grep -v '^1\.\.' "$work/mutations"
tests=$(grep -cE '^(not )?ok ' "$work/mutations")
failures=$(grep -c '^not ok ' "$work/mutations")
if ! grep -q '^1\.\.' "$work/mutations"; then
	not_ok 'the runs came to their end'
	tail -n 5 "$err" >"$work/last"
	show "$work/last"
fi
done_testing
