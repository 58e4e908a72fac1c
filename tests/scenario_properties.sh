#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What must be true of every volume, on random ones (property.py).  PROPERTIES=2000 tries so many, PROPERTIES_SEED=N others.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

half=$((${PROPERTIES:-60} / 2))
seed=${PROPERTIES_SEED:-1}
"$PYTHON" "$here/property.py" --xflate "$XFLATE" --seed "$seed" --runs "$half" >first 2>&1 &
"$PYTHON" "$here/property.py" --xflate "$XFLATE" --seed $((seed + half)) --runs "$half" >second 2>&1
wait
for part in first second; do
	grep -q '^1\.\.' "$part" || not_ok "the properties were tried to their end"
	grep -v '^1\.\.' "$part"
	tests=$((tests + $(grep -cE '^(not )?ok ' "$part")))
	failures=$((failures + $(grep -c '^not ok ' "$part")))
done
done_testing
