#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The made volumes: good-* hold every form and every awkward place of a header and must pass through all conversions;
# of bad-* the damage must be found, named, and cost nothing but itself; wound-* must be mended.  (false-*: scenario_verify.)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# --- good ones ---

# dump FILE OPTION... VOLUME: what the oracle sees there; fails if it finds fault
# shellcheck disable=SC2317 # check calls it
dump() {
	dumped=$1
	shift
	volcheck --dump-all "$@" >"$dumped.unsorted" || return
	sort "$dumped.unsorted" >"$dumped"
	rm "$dumped.unsorted"
}

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
	check "$text: structure and digests" dump result.dump $strict ${algorithm:+--expect-alg $algorithm} result
	# Content at its addresses, labels, attributes, and every stream that is none of ours, to the byte.
	check "$text: all streams" diff "$work/volume.dump" result.dump
	run "$XFLATE" -q -T1 "$@" "$volume"
	check "$text: one thread, the same bytes" cmp result "$out"
	check "$text: verify says so, too" xflate verify -qq result
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

good() {
	# shellcheck disable=SC2086 # options
	check "$name: the oracle knows it" dump "$work/volume.dump" $flags "$volume"
	strict=$flags
	case $name in
	*-tape-dump*)
		# The padding is left out, and what the labels say of places on the tape is true of none.
		strict=--lax-addresses
		convert copy ''
		strict=
		;;
	good-ndmp)
		ndmp
		return
		;;
	*)
		convert copy ''
		check "$name copy: not a byte is another" cmp "$volume" result
		;;
	esac
	rm -f ./*
	case $name in
	good-set-1)
		convert inflate '' -i
		convert 'to lzo' '' -r lzo
		return
		;;
	good-set-*)
		cannot inflate -i
		cannot 'to lzo' -r lzo
		return
		;;
	good-stale-*) strict= ;; # what is stale is counted anew
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

# What an NDMP device sent is nobody's content: it can be deflated, but must be inflated again before a restore.
ndmp() {
	convert copy ''
	convert inflate '' -i
	check "$name inflate: not a byte is another" cmp "$volume" result
	for algorithm in gzip lzo lzfast lz4; do
		run "$XFLATE" -q -r "$algorithm" "$volume"
		expect_status 0 "$name to $algorithm"
		mv "$out" packed
		check "$name to $algorithm: structure" volcheck packed
		run "$XFLATE" -r "$algorithm" "$volume"
		says 'NDMP' "$name to $algorithm: there is a warning"
		run "$XFLATE" -q -i --max-block 64512 packed
		check "$name to $algorithm and back: not a byte is another" cmp "$volume" "$out"
	done
}

# --- wounds: damage that a daemon itself did, and that can be mended ---

wound() {
	run "$PYTHON" "$here/volcheck.py" "$volume"
	is "$status" 1 "$name: the oracle finds fault with it"
	run "$XFLATE" -q -o result "$volume"
	expect_status 0 "$name copy"
	check "$name copy: not a byte is another" cmp "$volume" result
	# Pieces are joined wherever records are inflated; that an address is there twice is left alone unless asked.
	case $name in
	*-doubled) set -- '--repair:' '--repair -i:none' '--repair -r gzip:gzip' '--repair -r lzo:lzo' '--repair -r lz4:lz4' ;;
	*) set -- '--repair:' '-i:none' '-r gzip:gzip' '-r lzo:lzo' '--repair -r lz4:lz4' ;;
	esac
	for options; do
		text="$name ${options%:*}"
		rm -f result
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -q ${options%:*} -o result "$volume"
		expect_status 0 "$text: mended" || continue
		algorithm=${options#*:}
		judge "${algorithm:+--expect-alg $algorithm} --plain-digests" result >"$work/judgement" 2>"$err"
		is $? 0 "$text: structure and digests"
		check "$text: verify says so, too" xflate verify -qq result
		check "$text: the digest of each file is right" grep -q 'digests=[89] ok' "$work/judgement"
		if [ "$name" = wound-doubled ]; then
			check "$text: it is what it was without its wound" xflate compare -q "$VOLUMES/made/good-undoubled" --vs result
		else
			check "$text: compare says same" xflate compare -q "$volume" --vs result
		fi
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -q -T1 ${options%:*} "$volume"
		check "$text: one thread, the same bytes" cmp result "$out"
	done
}

# --- bad ones ---

# sound DIR: what the volume was before it was damaged: sound-blocks is what bad_blocks of mkvolume.py makes, sound-record
# what with_record makes of a good record.
sound() {
	"$PYTHON" - "$here" "$1" "$name" <<-'END'
		import os, sys
		sys.path.insert(0, sys.argv[1])
		import mkvolume as m

		def write(name, data):
		    with open(os.path.join(sys.argv[2], name), "wb") as f:
		        f.write(data)

		write("sound-blocks", b"".join(m.bad_blocks(sys.argv[3])))
		content = m.text(9, 3000)
		write("sound-record", m.with_record(sys.argv[3], content, 29, m.encode("gzip", content)))
	END
}

# block VOLUME N: the byte where this block begins, if the lengths of those before are right
block() {
	"$PYTHON" - "$@" <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as f:
		    data, at = f.read(), 0
		for _ in range(int(sys.argv[2])):
		    at += struct.unpack_from(">I", data, at + 4)[0]
		print(at)
	END
}

# record VOLUME: the byte where the first record of content of file 3 begins
record() {
	"$PYTHON" - "$@" <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as f:
		    data = f.read()
		print(min(at for at in (data.find(struct.pack(">ii", 3, stream)) for stream in (29, 30)) if at > 0))
	END
}

# bad SOUND LOST NAMED PLACE: what the volume was; the FileIndex that has lost something; the FileIndex that the messages
# name; the byte where a block is damaged, nothing where it is a record that cannot be decoded
bad() {
	sound=$sounds/$1
	lost=$2
	named=$3
	place=$4
	set -- -i
	run "$XFLATE" -q -o result "$@" "$volume"
	refused 1 "$name: refused"
	says "$name: (block|record) at byte [0-9]+" "$name: names volume and place"
	says "$name: (block|record) at byte ${place:-$(record "$volume")}[: ]" "$name: it is the right place"
	is "$(in_folder .)" '' "$name: no output"
	run "$XFLATE" "$@" "$volume"
	is "$status" 1 "$name to stdout: refused"

	run "$XFLATE" -q --on-damage=skip -o result "$@" "$volume"
	expect_status 3 "$name skip: finished with damage" || return
	says "$name: lost: .*[0-9]+ bytes at byte [0-9]+: " "$name skip: the loss is listed"
	[ -z "$named" ] || says "lost: job 1 .*, FileIndex $named( /srv/job/file$named)?: " "$name skip: FileIndex $named is listed"
	# The oracle finds fault with nothing but the digests of what was lost.
	# shellcheck disable=SC2086 # options
	volcheck ${lax:-} result 2>&1 | grep '^error' >faults
	grep -v -e "digest (stream [0-9]*) of FileIndex $lost is wrong" -e "${alone:-nothing else}" faults >faults.other
	check "$name skip: the result is right but for what was lost" diff /dev/null faults.other
	# shellcheck disable=SC2086 # options
	volcheck ${lax:-} --dump "$sound" >sound.dump
	# shellcheck disable=SC2086 # options
	volcheck ${lax:-} --dump result >result.dump 2>/dev/null
	for dump in sound result; do
		awk -v fi="$lost" '$3 != fi' "$dump.dump" >"$dump.other"
	done
	check "$name skip: every other file is whole" diff sound.other result.other
	mv result once
	check "$name skip: the result is no longer damaged" xflate -q -i -o result once
	rm -f ./*

	run "$XFLATE" --on-damage=keep -o result "$@" "$volume"
	expect_status 3 "$name keep: finished with damage"
	says "$name: (lost|damaged but kept): .* at byte [0-9]+: " "$name keep: it is listed"
	says ', [1-9][0-9]* damaged; ' "$name keep: it is counted"
	# The records of a block whose checksum alone is wrong are in the output.
	[ "$name" != bad-crc ] || says 'damaged but kept: .*CRC32' "$name keep: it is not called lost"
	rm -f ./*

	run "$XFLATE" list "$volume"
	if [ -n "$place" ]; then
		expect_status 3 "$name list: damage was found"
		says "$name: damaged: .*[0-9]+ bytes at byte $place: " "$name list: and where"
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
	bad-crc | bad-zero-hole) bad sound-blocks 2 2 "$(block "$sounds/sound-blocks" 3)" ;;
	bad-garbage) bad sound-blocks '' '' "$(block "$sounds/sound-blocks" 3)" ;;
	bad-truncated)
		lax=--unfinished
		bad sound-blocks 3 3 "$(block "$sounds/sound-blocks" 6)"
		;;
	# It begins with the attributes of file 2: nothing of the file can stay.
	bad-block-len | bad-continuation)
		alone='FileIndex 3 behind 1'
		bad sound-blocks 2 2 "$(block "$sounds/sound-blocks" 2)"
		;;
	# A part in a block of its own behind file 2; a file 3 that is but a wrong length.
	bad-dangling) bad sound-blocks '' 2 "$(($(block "$volume" 6) + 24))" ;;
	bad-record-len) bad sound-record 3 '' "$(block "$volume" 6)" ;;
	*) bad sound-record 3 3 '' ;;
	esac
}

# one LINE of the list
one() {
	listed "$1"
	case $name in
	good-*) good ;;
	wound-*) wound ;;
	*) bad_one ;;
	esac
	done_testing
}

[ "${1:-}" != --one ] || one "$2"

grep '^made/' "$VOLUMES/list" | grep -v '^made/false-' >"$work/list"
in_parallel "$work/list"
done_testing
