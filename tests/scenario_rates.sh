#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Not faster than that: --limit-rate.
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

done_testing
