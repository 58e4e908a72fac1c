#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Not faster than that: --limit-rate; and not in small pieces: --rate-high, --rate-low.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

now() { date +%s%N; }
# takes COMMAND...: $took, in milliseconds
takes() {
	began=$(now)
	run "$@"
	took=$((($(now) - began) / 1000000))
}

# 2,756,319 bytes; a tenth of a second is made up for.
volume=$VOLUMES/bareos/vol-none
for threads in 1 2; do
	takes "$XFLATE" -q "-T$threads" --limit-rate 1M -o limited "$volume"
	expect_status 0 "-T$threads: a limited run"
	check "-T$threads: at 1 MiB a second it takes 2.5 seconds, not $took ms" [ "$took" -ge 2450 ]
	check "-T$threads: and not for ever" [ "$took" -le 20000 ]
	check "-T$threads: its output is that of any run" cmp "$volume" limited
	rm -f limited
done
# Small ones one after the other have one rate in common.
mkdir many new
for i in 1 2 3 4 5 6; do cp "$VOLUMES/bacula/plain-zstd3" "many/$i"; done
takes "$XFLATE" -q --limit-rate 1M -o new many/*
expect_status 0 'six volumes'
check "of all volumes together: 1.4 MiB take a second and more, not $took ms" [ "$took" -ge 1250 ]
takes "$XFLATE" -q verify --limit-rate 1M "$volume"
expect_status 0 'verify is limited, too'
check "verify: 2.5 seconds, not $took ms" [ "$took" -ge 2450 ]
# Waiting, it is ended as ever.
takes timeout -s TERM 1 "$XFLATE" -q --limit-rate 1k -o never "$volume"
expect_status 124 'a run that waits is ended by SIGTERM'
check "at once, not after $took ms" [ "$took" -le 5000 ]
check 'and leaves nothing' [ -z "$(in_folder . | tr ' ' '\n' | grep never)" ]
takes timeout -s TERM 1 "$XFLATE" -q --on-damage=skip --limit-rate 1k -o never "$volume"
check "one that keeps what it has read, too, not after $took ms" [ "$took" -le 5000 ]
run "$XFLATE" --limit-rate 0 -o never "$volume"
refused 2 'a rate of nothing is refused'

# ---- a drive streams or stands ----
# How often it had to start: after how many pauses of a fifth of a second something came.
starts() {
	"$PYTHON" -c 'import os, select, sys
starts, ready = 0, False
out = open(sys.argv[1], "wb")
while True:
    ready = bool(select.select([0], [], [], 0.2)[0])
    if not ready:
        starts += 1
        select.select([0], [], [])
    data = os.read(0, 1 << 20)
    if not data:
        break
    out.write(data)
print(max(starts, 1))' "$1"
}
# A volume of small blocks that comes at 250 kB a second.
small=$VOLUMES/bareos/vol-multi
"$XFLATE" -q --limit-rate 250k "$small" | starts as-it-comes >often
"$XFLATE" -q --limit-rate 250k --rate-high 1M --rate-low 100k "$small" | starts with-marks >seldom
check 'the bytes are the same' cmp as-it-comes with-marks
check 'all of them' cmp "$small" with-marks
check "by the marks it starts twice or thrice, not $(cat seldom) times" [ "$(cat seldom)" -le 3 ]
check "as blocks come, $(cat often) times" [ "$(cat often)" -ge 6 ]
"$XFLATE" -q --rate-high 64k "$small" | cmp - "$small"
is $? 0 'with little room it goes on all the same'
# shellcheck disable=SC2016 # for the inner shell
run sh -c '{ "$0" -q --rate-high 1M "$1"; echo $? >status; } | head -c 1000 >/dev/null' "$XFLATE" "$volume"
is "$(cat status)" 141 'who reads no more ends it, as without marks'
cp "$VOLUMES/bareos/vol-none" torn
printf 'torn' | dd of=torn bs=1 seek=2000000 conv=notrunc 2>/dev/null
"$XFLATE" -qq torn >plain 2>/dev/null
"$XFLATE" -qq --rate-high 10M torn 2>/dev/null | cat >marked
check 'of a run that fails all is written that was good' cmp plain marked
run "$XFLATE" -q --rate-high 1M -o file "$volume"
refused 2 'a file is no drive'
says 'output to a tape or a pipe; file is neither' 'which is said'
run "$XFLATE" -q --rate-high 1M --rate-low 1M "$volume"
refused 2 'the marks are two'
run "$XFLATE" -q --rate-low 1M "$volume"
refused 2 'one of them alone is none'

done_testing
