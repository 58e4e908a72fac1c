#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every call that can fail is made to, one at a time (tests/faults); and the faults that need no shim: disks that are full,
# readers that go away or stop, writers that give one byte at a time, signals in the middle.
#
#   FAULTS=all    every call instead of some of each kind
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

v=$VOLUMES/made/good-forms
run "$XFLATE" -q -r lz4 -T1 -o good "$v"
expect_status 0 'the conversion that the faults are measured by'

# ---- the shim ----

if with_shim 'every call made to fail'; then
	all=
	[ "${FAULTS:-}" != all ] || all=--all
	# shellcheck disable=SC2086 # an option or nothing
	"$PYTHON" "$here/faults/faults.py" $all "$XFLATE" "$shim" "$VOLUMES" >"$work/faults" 2>"$err"
	grep -v '^1\.\.' "$work/faults"
	tests=$((tests + $(grep -cE '^(not )?ok ' "$work/faults")))
	failures=$((failures + $(grep -c '^not ok ' "$work/faults")))
	if ! grep -q '^1\.\.' "$work/faults"; then
		not_ok 'the faults came to their end'
		show "$err"
	fi
fi

# ---- what is full ----

if [ -w /dev/full ]; then
	for command in "list" "list --json --records" "compare $v --vs" "-r lz4"; do
		# shellcheck disable=SC2086 # words
		timeout 60 "$XFLATE" $command "$v" >/dev/full 2>"$err" </dev/null
		status=$?
		ran="$command to a full device"
		expect_status 1 "$command: standard output is full"
		says 'No space left|cannot write' "$command: and it says so"
	done
fi
# Also what stdio writes: each size of file that the system allows, in blocks of 512 bytes.
"$XFLATE" -q -r lz4 --map map.good --report report.good -o out.good "$v"
for blocks in 1 2 4 8 16 24 32 40 48 56; do
	mkdir limit
	(
		# shellcheck disable=SC3045 # dash has it
		ulimit -f "$blocks"
		exec "$XFLATE" -q -r lz4 --map limit/map --report limit/report -o limit/out "$v"
	) 2>"$err" >"$out"
	status=$?
	what=good
	if [ "$status" = 0 ]; then
		cmp -s out.good limit/out && cmp -s map.good limit/map && [ -s limit/report ] || what='status 0 without its files'
	elif [ "$status" = 1 ]; then
		[ -s "$err" ] || what='silent'
		[ ! -e limit/out ] || cmp -s out.good limit/out || what='an output that is not whole'
	else
		what="status $status"
	fi
	[ -z "$(find limit -name '.xflate-*')" ] || what='a temporary is left'
	is "$what" good "files of at most $blocks blocks"
	rm -r limit
done

# Too few descriptors to see that two volumes are one set: what ends well is what it always is.
"$XFLATE" -q -r lz4 -T1 --map map.set -o set.good/ "$VOLUMES/bareos/vol-append" "$VOLUMES/bareos/vol-span-gzip6-1" "$VOLUMES/bareos/vol-span-gzip6-2"
for files in 6 7 8 9 10 11 12 13 14; do
	(
		# shellcheck disable=SC3045 # dash has it
		ulimit -n "$files"
		exec "$XFLATE" -q -r lz4 -T1 --map map.few -o few/ "$VOLUMES/bareos/vol-append" "$VOLUMES/bareos/vol-span-gzip6-1" \
			"$VOLUMES/bareos/vol-span-gzip6-2"
	) >"$out" 2>&1
	status=$?
	what=good
	if [ "$status" = 0 ]; then
		diff -r set.good few >/dev/null && cmp -s map.set map.few || what='status 0, and not the same'
	elif ! grep -q 'Too many open files' "$out" || [ "$status" != 1 ]; then
		what="status $status, silent"
	fi
	is "$what" good "no more than $files open files"
	rm -rf few map.few
done

# ---- pipes ----

# A reader that takes some and goes: the writer dies of SIGPIPE, without a word.
for bytes in 0 1 30000; do
	fresh "$XFLATE" -q -r lz4 "$VOLUMES/bareos/vol-none" 2>"$err" | head -c "$bytes" >/dev/null
	is "$(cat "$err")" '' "a reader that leaves after $bytes bytes"
done
ignored=SIGPIPE
mkfifo pipe
fresh "$XFLATE" -q -r lz4 "$VOLUMES/bareos/vol-none" >pipe 2>"$err" &
: <pipe
wait $!
status=$?
ignored=
ran='with SIGPIPE ignored'
expect_status 1 'the same where SIGPIPE is ignored'

# A reader that stops reading: the writer waits, and a signal ends it.
for signal in INT TERM; do
	fresh "$XFLATE" -q -r lz4 "$VOLUMES/bareos/vol-none" >pipe 2>"$err" &
	pid=$!
	exec 3<pipe
	sleep 0.5
	check "$signal: it waits for its reader" kill -0 "$pid"
	kill "-$signal" "$pid"
	wait "$pid"
	status=$?
	exec 3<&-
	is "$status" "$([ "$signal" = INT ] && echo 130 || echo 143)" "$signal: a waiting writer ends"
done

# A writer that dribbles.
dribble() { "$PYTHON" -c 'import os, sys
for byte in open(sys.argv[1], "rb").read(): os.write(1, bytes((byte,)))' "$1"; }
dribble "$v" | "$XFLATE" -q -r lz4 -o dribbled 2>"$err"
is "$(cmp dribbled good 2>&1)" '' 'a writer that gives one byte at a time'
dribble "$v" | "$XFLATE" list - >"$out" 2>"$err"
is $? 0 'list of a volume that comes one byte at a time'

# Killed in the middle: nothing stands under the final name, and the next run is not in the way of what is left.
head -c 200000 "$VOLUMES/bareos/vol-none" >begun
for signal in INT TERM HUP KILL; do
	{
		cat begun
		sleep 60
	} >pipe &
	feeder=$!
	fresh "$XFLATE" -q -r lz4 -o killed pipe 2>"$err" &
	pid=$!
	sleep 0.5
	kill "-$signal" "$pid"
	wait "$pid"
	kill "$feeder"
	wait "$feeder"
	check "$signal: nothing under the output's name" test ! -e killed
	[ "$signal" = KILL ] || is "$(find . -name '.xflate-*')" '' "$signal: no temporary"
done 2>/dev/null
check 'behind what SIGKILL left, the next run works' "$XFLATE" -q -r lz4 -o killed "$v"
check 'and makes the whole' cmp killed good
done_testing
