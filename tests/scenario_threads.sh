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
same 0 -r gzip:9 "$VOLUMES/bareos/vol-none"
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

# Labels that come late, twice or not at all: what is said and written depends on where they are, never on how far reading
# is ahead of writing.

# moved HOW N VOLUME OUTPUT: label, its label stands behind N other blocks (0: nowhere); again, it stands there once more;
# start, the block with the first start of session stands behind N others; small, as label, and the label says that the
# device takes blocks of 20480 bytes.
moved() {
	"$PYTHON" - "$@" <<-'END'
		import struct, sys
		import xxhash
		how, n, data, blocks = sys.argv[1], int(sys.argv[2]), open(sys.argv[3], "rb").read(), []
		while data:
		    size = struct.unpack_from(">I", data, 4)[0]
		    blocks.append(data[:size])
		    data = data[size:]
		at = 1 if how == "start" else 0
		block = blocks[at] if how == "again" else blocks.pop(at)
		if how == "small":
		    block = bytearray(block)
		    place = len(block) - 16
		    assert block[12:16] == b"BB03" and not any(block[place:])
		    struct.pack_into(">I", block, place, 20480)
		    block[24:32] = bytes(8)
		    block[24:32] = xxhash.xxh3_64_digest(bytes(block))
		    block = bytes(block)
		if n or how == "start":
		    blocks.insert(n, block)
		with open(sys.argv[4], "wb") as f:
		    f.write(b"".join(blocks))
	END
}

# kept PLACE: what the last run left, but for the time it took and the threads it had
kept() {
	mkdir "$1"
	for file in result map report; do
		[ ! -f "$file" ] || mv "$file" "$1"
	done
	echo "$status" >"$1/status"
	sed 's/ in [0-9.]* s$//' "$err" >"$1/err"
	[ ! -f "$1/report" ] || sed -i -e '/"seconds":/d' -e '/"threads":/d' -e '/"\(began\|ended\|mtime\)":/d' -e '/"command": \[/,/\]/d' "$1/report"
}

# feed VOLUME and drain FILE: in pieces of odd sizes, with pauses
feed() { "$PYTHON" "$here/slowly.py" 7919 <"$1"; }
drain() { "$PYTHON" "$here/slowly.py" 5003 >"$1"; }

# alike WANTED-STATUS VOLUME (it is one of those) OPTION...: output, map, report, words and exit status
alike() {
	wanted=$1
	volume=$2
	shift 2
	text="${volume##*/} $*"
	for threads in 1 2 3 8; do
		for again in 1 2; do
			run "$XFLATE" "$@" "-T$threads" --map map --report report -o result "$volume"
			kept "file-$threads-$again"
			[ -d first-file ] || mv "file-$threads-$again" first-file
		done
	done
	case " $wanted " in
	*" $(cat first-file/status) "*) ok "$text: exit status" ;;
	*) not_ok "$text: exit status $(cat first-file/status)" && show first-file/err ;;
	esac
	for other in file-*; do
		check "$text: $other, the same in every word" diff -r first-file "$other"
	done
	for how in fast-in:fast-out slow-in:fast-out fast-in:slow-out; do
		for threads in 1 8; do
			# shellcheck disable=SC2016 # for the inner shell
			case $how in
			slow-in:*) feed "$volume" | { timeout 60 "$XFLATE" "$@" "-T$threads" --map map --report report >result 2>"$err"; echo $? >status; } ;;
			*:slow-out) { timeout 60 "$XFLATE" "$@" "-T$threads" --map map --report report <"$volume" 2>"$err"; echo $? >status; } | drain result ;;
			*) { timeout 60 "$XFLATE" "$@" "-T$threads" --map map --report report <"$volume" >result 2>"$err"; echo $? >status; } ;;
			esac
			status=$(cat status)
			kept "pipe-$how-$threads"
			[ -d first-pipe ] || mv "pipe-$how-$threads" first-pipe
		done
	done
	for other in pipe-*; do
		check "$text: $other, the same in every word" diff -r first-pipe "$other"
	done
	rm -rf file-* pipe-* first-*
}

interleaved=$VOLUMES/bacula/plain-interleave
moved label 2 "$multi" label-late
moved label 25 "$multi" label-last
moved label 0 "$multi" label-gone
moved again 9 "$multi" label-twice
moved start 12 "$multi" start-late
moved small 2 "$interleaved" label-small
moved label 0 "$interleaved" label-none
ln -s "$multi" labelled
alike 1 label-late -r gzip:1
alike 3 label-late -r gzip:1 --on-damage=skip --target bareos
alike 3 label-last -r lzo -v --on-damage=keep
alike 3 label-gone -r lz4 -v --on-damage=skip
alike 1 label-twice -r gzip:1
alike 3 label-twice -r lzo -v --on-damage=skip
alike 1 start-late -i
alike 3 start-late -r lzo -v --on-damage=skip
alike 0 labelled -v
alike 1 "$VOLUMES/made/bad-adler" -r lz4
printf '%s' 'A key that was made up, for volumes of this test only, 64 bytes.' | base64 -w 0 >key
chmod 600 key
alike 0 "$interleaved" -r lzo -v --encrypt aes-256-xts --new-key key
for volume in label-small label-none; do
	alike 1 "$volume" -r lzo -v --encrypt aes-256-xts --new-key key
	alike '1 3' "$volume" -r lzo -v --on-damage=keep --encrypt aes-256-xts --new-key key
done

# A reader that goes away, and a signal, while all threads are at work.
set -- "$VOLUMES/bareos/vol-none" "$VOLUMES/bareos/vol-lzo" "$VOLUMES/bareos/vol-lzfast" "$multi"
for command in '-r gzip:9' '-r lzo' ''; do
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
