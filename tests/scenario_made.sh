#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The made volumes: good-* hold every form and every awkward place of a header and must pass through all conversions;
# of bad-* the damage must be found, named, and cost nothing but itself.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# --- good ones ---

# convert WHAT ALGORITHM OPTION...: leaves ./result
convert() {
	text="$name $1"
	algorithm=$2
	shift 2
	rm -f result
	run "$XFLATE" -q -o result "$@" "$volume"
	expect_status 0 "$text" || return
	check "$text: compare says same" xflate compare -q "$volume" --vs result
	# shellcheck disable=SC2086 # options
	check "$text: structure and digests" volcheck $strict ${algorithm:+--expect-alg $algorithm} result
	# Content at its addresses, labels, attributes, and every stream that is none of ours, to the byte.
	# shellcheck disable=SC2086 # options
	volcheck $flags --dump-all "$volume" 2>/dev/null | sort >wanted.dump
	# shellcheck disable=SC2086 # options
	volcheck $strict --dump-all result 2>/dev/null | sort >result.dump
	check "$text: all streams" diff wanted.dump result.dump
	run "$XFLATE" -q -T1 "$@" "$volume"
	check "$text: one thread, the same bytes" cmp result "$out"
}

# cannot WHAT OPTION...: it begins or ends inside a record that would change
cannot() {
	text="$name $1"
	shift
	rm -f result
	run "$XFLATE" -q -o result "$@" "$volume"
	refused 1 "$text: refused, given alone"
	says "$name: record at byte [0-9]+ .*give all volumes" "$text: says what is missing"
	is "$(in_folder .)" '' "$text: no output"
}

# Records 2.1: the sparse address and the NDMP data count as content of their own.
good() {
	strict=$flags
	convert copy ''
	case $name in
	# The padding of the tape is left out.
	*-tape-dump*) strict=--lax-addresses && convert copy '' && strict= ;;
	*) check "$name copy: not a byte is another" cmp "$volume" result ;;
	esac
	rm -f ./*
	case $name in
	good-set-*)
		cannot inflate -i
		cannot 'to lzo' -r lzo
		return
		;;
	good-unfinished)
		convert inflate none -i
		rm -f ./*
		cannot 'deflate gzip:1' -d gzip:1
		cannot 'to lzo' -r lzo
		return
		;;
	esac
	convert inflate none -i
	[ "$name" != good-multi-block-fz ] || one_block=1
	convert 'deflate gzip:1' '' -d gzip:1
	# Data of several blocks is rewritten as one, which every reader takes.
	[ -z "${one_block:-}" ] || strict=
	convert 'to gzip' gzip -r gzip
	convert 'to lzo' lzo -r lzo
	convert 'inflate in small blocks' none -i --max-block 4096
	rm -f result
	if [ "$product" = bacula ]; then
		run "$XFLATE" -q -r lz4 "$volume"
		refused 2 "$name to lz4: refused"
		convert 'to lz4 for bareos' lz4 -r lz4 --target bareos
		convert 'to zstd' zstd -r zstd
	else
		run "$XFLATE" -q -r zstd "$volume"
		refused 2 "$name to zstd: refused"
		convert 'to lz4' lz4 -r lz4
		convert 'to lzfast' lzfast -r lzfast
	fi
}

# --- bad ones ---

# The volumes before they were damaged, the places of the damage, and the hash of each file:
# sound-blocks and sound-record are what bad_blocks and with_record of mkvolume.py start from.
sound() {
	"$PYTHON" - "$here" "$1" <<-'END'
		import os, sys
		sys.path.insert(0, sys.argv[1])
		import mkvolume as m

		def write(name, data):
		    with open(os.path.join(sys.argv[2], name), "wb") as f:
		        f.write(data)

		write("sound-blocks", b"".join(m.bad_blocks("bad-crc")))
		content = m.text(9, 3000)
		write("sound-record", m.with_record("bad-adler", content, 29, m.encode("gzip", content)))
	END
}

# place BLOCK: the byte offset of that block of sound-blocks, whose label has the same length, but for its name
place() {
	volcheck_place=$("$PYTHON" - "$here" "$name" "$1" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import mkvolume as m
		blocks = m.bad_blocks(sys.argv[2])
		print(sum(map(len, blocks[:int(sys.argv[3])])))
	END
	)
	echo "$volcheck_place"
}

# bad SOUND "LOST FILES" "BLOCK"|"" OPTION...: BLOCK is the number of the damaged block, if it is not a record
bad() {
	sound=$sounds/$1
	lost=$2
	block=$3
	shift 3
	run "$XFLATE" -q -o result "$@" "$volume"
	refused 1 "$name: refused"
	says "$name: (block|record) at byte [0-9]+" "$name: names volume and place"
	[ -z "$block" ] || says "byte $(place "$block"):" "$name: it is the right place"
	is "$(in_folder .)" '' "$name: no output"
	run "$XFLATE" "$@" "$volume"
	is "$status" 1 "$name to stdout: refused"

	run "$XFLATE" -q --on-damage=skip -o result "$@" "$volume"
	expect_status 3 "$name skip: finished with damage" || return
	says "$name: lost: .*[0-9]+ bytes at byte [0-9]+: " "$name skip: the loss is listed"
	for fi in $lost; do
		[ "$fi" = "${unnamed:-}" ] || says "lost: job 1 .*, FileIndex $fi: " "$name skip: FileIndex $fi is listed"
	done
	# The oracle finds fault with nothing but the digests of what was lost.
	# shellcheck disable=SC2086 # options
	volcheck ${lax:-} result 2>&1 | grep '^error' >faults
	for fi in $lost; do
		grep -v "digest (stream [0-9]*) of FileIndex $fi is wrong" faults >faults.less
		mv faults.less faults
	done
	check "$name skip: the result is right but for what was lost" diff faults - </dev/null
	# shellcheck disable=SC2086 # options
	volcheck ${lax:-} --dump "$sound" >sound.dump
	# shellcheck disable=SC2086 # options
	volcheck ${lax:-} --dump result >result.dump 2>/dev/null
	for fi in $lost; do
		for dump in sound result; do
			awk -v fi="$fi" '$3 != fi' "$dump.dump" >less
			mv less "$dump.dump"
		done
	done
	check "$name skip: every other file is whole" diff sound.dump result.dump
	mv result once
	check "$name skip: the result is no longer damaged" xflate -q -i -o result ${unfinished:+--on-damage=keep} once
	rm -f ./*

	run "$XFLATE" --on-damage=keep -o result "$@" "$volume"
	expect_status 3 "$name keep: finished with damage"
	says "$name: (lost|damaged but kept): .* at byte [0-9]+: " "$name keep: it is listed"
	says ', [1-9][0-9]* damaged; ' "$name keep: it is counted"
	rm -f ./*

	run "$XFLATE" list "$volume"
	if [ -n "$block" ]; then
		expect_status 3 "$name list: damage was found"
		says "$name: byte $(place "$block"): " "$name list: and where"
	else
		expect_status 0 "$name list: payloads are not looked at"
	fi
	run "$XFLATE" compare -q "$volume" --vs "$volume"
	expect_status 1 "$name compare: it could not be told"
	run "$XFLATE" compare -q --on-damage=skip "$volume" --vs "$volume"
	expect_status 3 "$name compare: the same as far as damage lets tell"
}

bad_one() {
	sounds=$work/sound
	mkdir "$sounds"
	sound "$sounds"
	case $name in
	bad-crc | bad-zero-hole) bad sound-blocks 2 3 -i ;;
	bad-block-len) bad sound-blocks 2 2 -i ;;
	bad-garbage) bad sound-blocks '' 3 -i ;;
	bad-truncated)
		lax=--unfinished
		bad sound-blocks 3 6 -i
		;;
	bad-continuation) bad sound-blocks 2 2 -i ;;
	*) bad sound-record 3 '' -i ;;
	esac
}

# one LINE of the list
one() {
	tab=$(printf '\t')
	volume=$VOLUMES/${1%%"$tab"*}
	name=${volume##*/}
	rest=${1#*"$tab"}
	product=${rest%%"$tab"*}
	flags=${rest#*"$tab"}
	case $name in
	good-*) good ;;
	*) bad_one ;;
	esac
	done_testing
}

[ "${1:-}" != --one ] || one "$2"

grep '^made/' "$VOLUMES/list" >"$work/list"
in_parallel "$work/list"
done_testing
