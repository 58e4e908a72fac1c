#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# xflate-unit by itself: done once, by two at a time, killed, told to stop, with nothing to be had, with names that hurt; xflate-merge.
# shellcheck source=tests/machines/lib.sh
. "$(dirname "$0")/lib.sh"

one() { # LIST OPTION...
	listed=$1
	shift
	# shellcheck disable=SC2086 # words
	run "$XFLATE_UNIT" "$plan/$listed" "$results" $options "$@"
}
one 01-span
expect_status 0 'a set of two is done'
check 'as one' cmp "$results/01-span/span2" "$work/wanted/01-span/span2"
made >before
one 01-span
expect_status 0 'done already'
says 'xflate-unit: 01-span: done already' 'which is said'
made >after
check 'and not done again' cmp before after
one 10-torn
expect_status 0 'with damage passed on it is done, too'
check 'its report tells' grep -q '"exit_status": 3' "$results/10-torn/10-torn.report.json"
one 11-locked
expect_status 65 'without the key: give up'
check 'the report of what failed is kept' grep -q '"complete": false' "$results/.failed/11-locked.report.json"
check 'and nothing else' [ ! -e "$results/11-locked" ]
one 99-none
expect_status 65 'no such list: give up'
: >"$plan/empty"
one empty
expect_status 65 'a list of nothing: give up'
rm "$plan/empty"
run "$XFLATE_UNIT" -n 12 "$plan" "$results"
expect_status 65 'no such unit: give up'
run "$XFLATE_UNIT" -n 7 "$plan" "$results" -q -r gzip:1
expect_status 0 'by its number, a volume with a newline and a quote in its name'
check 'it keeps its name' cmp "$work/wanted/07-small-lzo/$odd" "$results/07-small-lzo/$odd"
run "$XFLATE_UNIT"
expect_status 65 'nothing said: give up'

# ---- what may be better the next time ----
mv "$volumes/02-vol-gzip6" "$volumes/away"
one 02-vol-gzip6
expect_status 75 'a volume that is not there now: try again'
mv "$volumes/away" "$volumes/02-vol-gzip6"
mkdir "$work/small"
mount -t tmpfs -o size=300k none "$work/small"
run "$XFLATE_UNIT" "$plan/02-vol-gzip6" "$work/small/results" -q -r gzip:1
expect_status 75 'a full disk: try again'
umount "$work/small"
XFLATE=$work/no-such-program one 02-vol-gzip6
expect_status 75 'no program on this machine: try again, elsewhere'

# ---- two at a time, killed, stopped ----
slow() { # LIST
	# shellcheck disable=SC2086 # words
	"$XFLATE_UNIT" "$plan/$1" "$results" $options --limit-rate 700k 2>"$work/$1.$2" &
}
here_at_work() { at_work "$(uname -n)"; }
slow 03-vol-lz4hc a
first=$!
slow 03-vol-lz4hc b
second=$!
wait "$first" && wait "$second"
is $? 0 'two at one unit: both end well'
is "$(cat "$work/03-vol-lz4hc.a" "$work/03-vol-lz4hc.b")" 'xflate-unit: 03-vol-lz4hc: somebody else was done first' 'and one was first'
check 'one result' cmp "$work/wanted/03-vol-lz4hc/03-vol-lz4hc" "$results/03-vol-lz4hc/03-vol-lz4hc"
is "$(in_folder "$results/.staging")" '' 'nothing is left of the other'

slow 04-vol-lzfast a
killed=$!
check 'one is in the middle' until_true 10 here_at_work
kill -TERM "$killed"
wait "$killed"
is $? 75 'SIGTERM: try again'
is "$(in_folder "$results/.staging")" '' 'nothing is left'
slow 04-vol-lzfast a
killed=$!
check 'one more is in the middle' until_true 10 here_at_work
kill -KILL "$killed"
wait "$killed" 2>/dev/null
check 'killed, it leaves its folder' [ -n "$(in_folder "$results/.staging")" ]
check 'and no result' [ ! -e "$results/04-vol-lzfast" ]
# xflate itself lives on, into a folder that goes away.
one 04-vol-lzfast
expect_status 0 'the next one does the unit'
until_true 10 sh -c '! pgrep -f limit-rate'
is "$(in_folder "$results/.staging")" '' 'and what the dead one left is gone'

# As the first process of a container.
unshare --pid --fork --kill-child --mount-proc sh -c 'exec "$@"' sh "$XFLATE_UNIT" "$plan/05-vol-lzo" "$results" -q -r gzip:1 --limit-rate 500k 2>"$err" &
pod=$!
check 'process number 1 is in the middle' until_true 10 here_at_work
kill -TERM "$(pgrep -P "$pod")"
wait "$pod"
is $? 75 'SIGTERM ends it, too: try again'
is "$(in_folder "$results/.staging")" '' 'and nothing is left of it'

# ---- merge ----
run "$contrib/xflate-merge" "$plan" "$results"
expect_status 1 'merge: not all is done'
is "$(tail -n 1 "$out")" '11 planned, 5 done, 1 of them damaged, 2 failed, 4 missing' 'merge counts'
# shellcheck disable=SC2086 # words
for number in 1 2 3 4 5 6 7 8 9 10 11; do "$XFLATE_UNIT" -n $number "$plan" "$results" $options; done 2>/dev/null
check 'all units' as_wanted
run "$contrib/xflate-merge" "$plan" "$results"
is "$(tail -n 1 "$out")" "$wanted_line" 'merge counts all'
expect_status 1 'one has failed'
rm "$plan/11-locked"
run "$contrib/xflate-merge" "$plan" "$results"
expect_status 3 'without that one there is damage'
rm "$plan/10-torn"
run "$contrib/xflate-merge" "$plan" "$results"
expect_status 0 'and without that, all is well'
run "$contrib/xflate-merge" "$plan" "$work/nowhere"
expect_status 2 'no such folder'

done_testing
