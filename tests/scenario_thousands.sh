#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Ten thousand small volumes in a hundred folders, one of them cut off: a batch that is killed in the middle and goes on, in memory that
# does not grow with them, and their reports as one.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# done_in FOLDER: how many of its reports are complete
done_in() { find "$1" -name '*.report.json' -exec grep -l '^  "complete": true,$' {} + | wc -l; }

"$PYTHON" "$here/mkvolume.py" --many 10000 many
head -c 700 many/50/vol05050 >shortened
mv shortened many/50/vol05050
cat >peak.py <<'END'
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
open(sys.argv[1], "w").write("%d\n" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(status)
END
# Nothing here outlives a power failure: the disk need not be waited for.
preload=
! with_shim 'no waiting for the disk' || preload=$shim
LD_PRELOAD=$preload FAULT_SYNC=no "$XFLATE" filter --recursive --skip-done=quick --jobs 2 -qq -r gzip -o all many 2>"$err" &
pid=$!
for _ in $(seq 1200); do
	[ "$(find all -name '*.map' 2>/dev/null | wc -l)" -lt 1500 ] || break
	sleep 0.25
done
children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || pgrep -P $pid)
kill -KILL $pid 2>/dev/null
wait $pid
# shellcheck disable=SC2086 # several
check 'killed, and its children end' gone $children
first=$(done_in all)
check "killed in the middle, behind $first" test "$first" -ge 1000 -a "$first" -lt 9999
LD_PRELOAD=$preload FAULT_SYNC=no "$PYTHON" peak.py peak "$XFLATE" filter --recursive --skip-done=quick --jobs 2 -q -r gzip --exit-class -o all many 2>"$err"
is $? 65 'gone on with, but for one that is cut off'
says "^xflate: 10000 units of 10000 volumes: [0-9]+ done, $first done before, 1 failed$" 'each is done once'
if sanitized; then
	skip 'memory stays flat' 'a sanitizer has its own'
else
	check "memory stays flat ($(cat peak) MiB)" test "$(cat peak)" -lt 64
fi
is "$(done_in all)" 9999 'their reports'
is "$(find all -maxdepth 1 -name 'vol?????' | wc -l)" 9999 'their volumes'
is "$(find all -name '.xflate-*' | wc -l)" 0 'nothing half done is left'
"$PYTHON" peak.py peak "$XFLATE" report merge all >"$out" 2>"$err"
is $? 1 'merged'
is "$(tail -n 1 "$out" | cut -d , -f 1-4)" '10000 reports: 9999 done, 0 damaged, 1 failed, 0 twice; 9999 volumes' 'merged: counted'
sanitized || check "merged: memory ($(cat peak) MiB)" test "$(cat peak)" -lt 96
done_testing
