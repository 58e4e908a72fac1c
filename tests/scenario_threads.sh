#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The output is the same for every number of threads, whatever happens on the way.  Short: it is what ThreadSanitizer sees.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# same WANTED-STATUS OPTION... VOLUME...: with 1, 2, 3, 8 and 64 threads
same() {
	wanted=$1
	shift
	text=$(echo "$*" | sed "s|$VOLUMES/||g")
	run "$XFLATE" "$@" -T1
	expect_status "$wanted" "$text" || return
	mv "$out" one
	sed 's/ in [0-9.]* s$//' "$err" >one.err
	for threads in 2 3 8 64; do
		run "$XFLATE" "$@" "-T$threads"
		sed 's/ in [0-9.]* s$//' "$err" >other.err
		[ "$status" = "$wanted" ] && cmp -s one "$out" && cmp -s one.err other.err
		is $? 0 "$text: $threads threads, the same bytes and the same words"
	done
}

multi=$VOLUMES/bareos/vol-multi
same 0 "$multi"
same 0 -i "$multi"
same 0 -r lzfast "$multi"
same 0 -r lz4hc:12 --max-block 70000 "$multi"
same 0 -r gzip:9 --force "$VOLUMES/bareos/vol-none"
same 0 -i "$VOLUMES/bareos/vol-gzip6"
same 0 -r zstd:7 "$VOLUMES/bacula/plain-interleave"
same 0 -r lzo "$VOLUMES/made/good-big-blocks"
same 0 -r lzo "$VOLUMES/made/good-small-blocks"
same 0 -r gzip "$VOLUMES/bareos/vol-span-gzip6-1" "$VOLUMES/bareos/vol-span-gzip6-2"
same 0 compare "$multi" --vs "$multi"
same 1 -r lz4 "$VOLUMES/made/bad-adler"
same 3 -r lz4 --on-damage=skip "$VOLUMES/made/bad-adler"
same 3 -r lz4 --on-damage=keep "$VOLUMES/made/bad-crc"
same 4 -i "$VOLUMES/bacula/enc256-append"

# A reader that goes away, and a signal, while all threads are at work.
set -- "$VOLUMES/bareos/vol-none" "$VOLUMES/bareos/vol-lzo" "$VOLUMES/bareos/vol-lzfast" "$multi"
for command in '-r gzip:9 --force' '-r lzo' ''; do
	# More than a pipe takes.
	# shellcheck disable=SC2086 # words
	{ (fresh "$XFLATE" -T8 $command "$@" 2>"$err"); echo "$?" >status; } | head -c 5000 >/dev/null
	is "$(cat status)" 141 "a reader that goes away $command"
done
for name in TERM HUP; do
	{
		cat "$VOLUMES/bareos/vol-none"
		sleep 5
	} | timeout -s "$name" 0.5 "$XFLATE" -T8 -r gzip:9 --force -o result
	is "$(find . -name '*result*')" '' "SIG$name: nothing is left"
done
done_testing
