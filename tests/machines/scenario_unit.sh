#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# xflate-unit by itself: done once, by two at a time, killed, told to stop, with nothing to be had, with names that hurt; xflate-merge.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/machines/lib.sh
. "$(dirname "$0")/lib.sh"

one() { # LIST OPTION...
	listed=$1
	shift
	# shellcheck disable=SC2086 # words
	run "$XFLATE_UNIT" "$(list_of "$listed")" "$results" $options "$@"
}
one vol-span-gzip6-1
expect_status 0 'a set of two is done'
check 'as one' cmp "$results/vol-span-gzip6-1/vol-span-gzip6-2" "$work/wanted/vol-span-gzip6-1/vol-span-gzip6-2"
made >before
one vol-span-gzip6-1
expect_status 0 'done already'
says 'xflate-unit: vol-span-gzip6-1: done already' 'which is said'
made >after
check 'and not done again' cmp before after
one vol-multi
expect_status 0 'with damage passed on it is done, too'
check 'its report tells' grep -q '"exit_status": 3' "$results/vol-multi/vol-multi.report.json"
one enc256-append
expect_status 65 'without the key: give up'
check 'the report of what failed is kept' grep -q '"complete": false' "$results/.failed/enc256-append.report.json"
check 'and nothing else' [ ! -e "$results/enc256-append" ]
one none
expect_status 65 'no such list: give up'
: >"$plan/units/77.empty"
one empty
expect_status 65 'a list of nothing: give up'
rm "$plan/units/77.empty"
run "$XFLATE_UNIT" -n 12 "$plan/units" "$results"
expect_status 65 'no such unit: give up'
run "$XFLATE_UNIT" -n 4 "$plan/units" "$results" -q -r gzip:1
expect_status 0 'by its number, a volume with a newline and a quote in its name'
check 'it keeps its name' cmp "$work/wanted/small-lzo/$odd" "$results/small-lzo/$odd"
run "$XFLATE_UNIT"
expect_status 65 'nothing said: give up'

# ---- what may be better the next time ----
mv "$volumes/vol-gzip6" "$volumes/away"
one vol-gzip6
expect_status 75 'a volume that is not there now: try again'
mv "$volumes/away" "$volumes/vol-gzip6"
mkdir "$work/small"
mount -t tmpfs -o size=300k none "$work/small"
run "$XFLATE_UNIT" "$(list_of vol-gzip6)" "$work/small/results" -q -r gzip:1
expect_status 75 'a full disk: try again'
umount "$work/small"
XFLATE=$work/no-such-program one vol-gzip6
expect_status 75 'no program on this machine: try again, elsewhere'

# ---- two at a time, killed, stopped ----
slow() { # LIST
	# shellcheck disable=SC2086 # words
	"$XFLATE_UNIT" "$(list_of "$1")" "$results" $options --limit-rate 700k 2>"$work/$1.$2" &
}
here_at_work() { at_work "$(uname -n)"; }
slow vol-lz4hc a
first=$!
slow vol-lz4hc b
second=$!
wait "$first" && wait "$second"
is $? 0 'two at one unit: both end well'
is "$(cat "$work/vol-lz4hc.a" "$work/vol-lz4hc.b")" 'xflate-unit: vol-lz4hc: somebody else was done first' 'and one was first'
check 'one result' cmp "$work/wanted/vol-lz4hc/vol-lz4hc" "$results/vol-lz4hc/vol-lz4hc"
is "$(in_folder "$results/.staging")" '' 'nothing is left of the other'

slow vol-lzfast a
killed=$!
check 'one is in the middle' until_true 10 here_at_work
kill -TERM "$killed"
wait "$killed"
is $? 75 'SIGTERM: try again'
is "$(in_folder "$results/.staging")" '' 'nothing is left'
slow vol-lzfast a
killed=$!
check 'one more is in the middle' until_true 10 here_at_work
kill -KILL "$killed"
wait "$killed" 2>/dev/null
check 'killed, it leaves its folder' [ -n "$(in_folder "$results/.staging")" ]
check 'and no result' [ ! -e "$results/vol-lzfast" ]
# xflate itself lives on, into a folder that goes away.
one vol-lzfast
expect_status 0 'the next one does the unit'
until_true 10 sh -c '! pgrep -f limit-rate'
is "$(in_folder "$results/.staging")" '' 'and what the dead one left is gone'

# As the first process of a container.
unshare --pid --fork --kill-child --mount-proc sh -c 'exec "$@"' sh "$XFLATE_UNIT" "$(list_of vol-lzo)" "$results" -q -r gzip:1 --limit-rate 500k 2>"$err" &
pod=$!
check 'process number 1 is in the middle' until_true 10 here_at_work
kill -TERM "$(pgrep -P "$pod")"
wait "$pod"
is $? 75 'SIGTERM ends it, too: try again'
is "$(in_folder "$results/.staging")" '' 'and nothing is left of it'

# ---- merge ----
run "$contrib/xflate-merge" "$plan" "$results"
expect_status 1 'merge: not all is done'
is "$(merged "$out")" '11 units planned: 4 done, 1 damaged, 2 failed, 4 missing, 0 twice' 'merge counts'
# shellcheck disable=SC2086 # words
for number in 1 2 3 4 5 6 7 8 9 10 11; do "$XFLATE_UNIT" -n $number "$plan/units" "$results" $options; done 2>/dev/null
check 'all units' as_wanted
run "$contrib/xflate-merge" "$plan" "$results"
is "$(merged "$out")" "$wanted_line" 'merge counts all'
expect_status 1 'one has failed'
run "$contrib/xflate-merge" "$plan" "$work/nowhere"
expect_status 2 'no such folder'

done_testing
