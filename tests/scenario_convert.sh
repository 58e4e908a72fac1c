#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every real volume through every conversion: the result holds the same, is right in every byte of its structure, and
# every digest in it is still proved by its content.  (Spanned sets: scenario_sets.sh.)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# verdict FLAGS VOLUME: what the oracle counts and what it finds wrong, without the places
verdict() {
	# shellcheck disable=SC2086 # options
	volcheck $1 "$2" 2>&1 | sed 's/blocks=[0-9]* //; s/^error: [^ ]*:[0-9]*: /error: /'
}

# convert WHAT ALGORITHM OPTION...: leaves ./result; each of its records is in ALGORITHM, if one is named
convert() {
	text="$name $1"
	algorithm=$2
	shift 2
	rm -f result
	run "$XFLATE" -q -T8 -o result "$@" "$volume"
	expect_status 0 "$text" || return
	run "$XFLATE" -q -T1 "$@" "$volume"
	check "$text: one thread or eight, the same bytes" cmp result "$out"
	check "$text: compare says same" xflate compare -q "$volume" --vs result
	# The records, files and digests that were there are there and right.
	verdict "$strict ${algorithm:+--expect-alg $algorithm}" result >"$work/verdict"
	# Some readers take 64 KiB at once: there are more records then.
	[ -z "${pieces:-}" ] || sed 's/records=[0-9]* //' "$work/wanted" >"$work/wanted.pieces"
	[ -z "${pieces:-}" ] || sed -i 's/records=[0-9]* //' "$work/verdict"
	check "$text: structure and digests" diff "$work/wanted${pieces:-}" "$work/verdict"
}

# Where jobs take turns, their blocks stand in another order then.
there_and_back() {
	volcheck --dump-all "$volume" 2>/dev/null | sort >wanted.dump
	run "$XFLATE" -q -i --max-block 1000000 result
	expect_status 0 "$name there and back" || return
	mv "$out" back
	volcheck --dump-all back 2>/dev/null | sort >back.dump
	check "$name there and back: all of its files and labels" diff wanted.dump back.dump
	case $name in
	vol-multi | plain-interleave) return ;;
	esac
	run "$XFLATE" -q -i --max-block 1000000 "$volume"
	check "$name there and back: the bytes of the plain volume" cmp back "$out"
}

one_product() {
	case $product in
	bareos)
		convert 'to lzfast' lzfast -r lzfast
		convert 'to lz4hc' lz4hc -r lz4hc:3
		convert 'to lz4' lz4 -r lz4
		;;
	bacula)
		convert 'to zstd' zstd -r zstd
		convert 'to zstd:1' zstd -r zstd:1
		;;
	esac
	there_and_back
	case $name in
	vol-gzip6 | vol-multi | vol-sparse-lz4)
		convert 'to gzip for bacula' gzip-legacy -r gzip --target bacula
		convert 'to gzip for anybody' gzip-legacy -r gzip --target any
		pieces=.pieces
		convert 'to lzo for bacula' lzo -r lzo --target bacula
		convert 'to zstd for bacula' zstd -r zstd --target bacula
		convert 'to lz4 for old bareos' lz4 -r lz4 --target bareos-22
		pieces=
		convert 'in small blocks' lz4 -r lz4 --max-block 64512
		check "$name in small blocks: none is larger" volcheck --max-block 64512 result
		;;
	plain-zstd3 | plain-interleave | plain-lzo-sparse | plain-append)
		convert 'to lz4 for bareos' lz4 -r lz4 --target bareos
		convert 'to gzip for anybody' gzip-legacy -r gzip --target any
		convert 'to gzip for bareos' gzip -r gzip --target bareos
		run "$PYTHON" "$here/volcheck.py" --expect-alg gzip-legacy result
		is "$status" 1 "$name to gzip for bareos: with the header"
		;;
	esac
}

# A job that never ended: its last record has no end, and stays as it was.
unfinished() {
	rm -f ./*
	for options in '-d gzip:1' '-r lzo' '-r lz4'; do
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -q -o result $options "$volume"
		expect_status 0 "$name $options: passes"
		says "$name: job 64 .*ends inside a record of FileIndex 5 here" "$name $options: names job and file"
		check "$name $options: verify agrees" xflate verify -qq result
		volcheck --unfinished --dump "$volume" | sed -n 1,4p >wanted.dump
		volcheck --unfinished --dump result | sed -n 1,4p >result.dump
		check "$name $options: all whole files are there" diff wanted.dump result.dump
		rm -f ./*
	done
}

# one LINE of the list
one() {
	listed "$1"
	# A volume that Bareos itself spoilt: what is wrong in it must stay as it is.
	good=OK
	if [ "$flags" = '(must fail)' ]; then
		flags=
		good=error
	fi
	verdict "$flags" "$volume" >"$work/wanted"
	case $(cat "$work/wanted") in
	"$good"*) ok "$name: the oracle knows it" ;;
	*) not_ok "$name: the oracle knows it" && show "$work/wanted" ;;
	esac

	strict=$flags
	convert copy ''
	check "$name copy: not a byte is another" cmp "$volume" result
	convert inflate none -i
	case $name in
	vol-none | plain-none-sparse) check "$name inflate: not a byte is another" cmp "$volume" result ;;
	vol-crashed)
		unfinished
		done_testing
		;;
	esac
	# What a daemon left stale is put right where blocks move.
	strict=$(echo "$flags" | sed 's/--lax-addresses//')
	convert 'deflate gzip:1' '' -d gzip:1
	! "$XFLATE" --version | grep -q ISA-L || convert 'deflate gzip:fast' '' -d gzip:fast
	convert 'deflate lzo' '' -d lzo
	convert 'to gzip' gzip -r gzip
	convert 'to gzip:9' gzip -r gzip:9
	convert 'to lzo' lzo -r lzo
	one_product
	done_testing
}

[ "${1:-}" != --one ] || one "$2"

grep -v -e '^made/' -e '(set)' -e '(encrypted)' "$VOLUMES/list" >"$work/list"
in_parallel "$work/list"
# --- a level of its own, in builds that have it ---

fast=$VOLUMES/bareos/vol-none
if "$XFLATE" --version | grep -q ISA-L; then
	run "$XFLATE" -q -T1 -d gzip:fast -o fast "$fast"
	expect_status 0 'gzip:fast'
	run "$XFLATE" -q -T8 -d gzip:fast -o fast8 "$fast"
	check 'gzip:fast: the same bytes with eight threads' cmp fast fast8
	run "$XFLATE" compare -q "$fast" --vs fast
	expect_status 0 'gzip:fast: the same content'
	run "$XFLATE" list --records fast
	check 'gzip:fast: headers say level 1' grep -q 'gzip level 1,' "$out"
	run "$XFLATE" estimate -d gzip:fast "$fast"
	check 'estimate names it' grep -q '^gzip:fast ' "$out"
else
	run "$XFLATE" -d gzip:fast -o fast "$fast"
	expect_status 2 'gzip:fast: refused where it is not built in'
	check 'gzip:fast: says what is missing, and what to take instead' grep -q 'built without ISA-L; the next one is gzip:1' "$err"
fi
run "$XFLATE" -d lz4hc:fast -o other "$fast"
expect_status 2 'lz4hc:fast: it has no such level'

done_testing
