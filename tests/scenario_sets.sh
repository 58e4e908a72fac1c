#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Jobs that span volumes: given together, alone, in a pipe.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# links GROUP VOLUME...: short names in this folder
links() {
	group=$1
	shift
	rm -rf ./*
	for v; do ln -s "$VOLUMES/$group/$v" "$v"; done
}

# into ALGORITHM OPTION...: the set $set to the folder new
into() {
	text="$first.. $*"
	algorithm=$1
	shift
	rm -rf new
	# shellcheck disable=SC2086 # the names
	run "$XFLATE" -q "$@" -o new $set
	expect_status 0 "$text" || return
	is "$(in_folder new)" "$set " "$text: a volume for each"
	# shellcheck disable=SC2086 # the names
	(cd new && ls $set >/dev/null && judge "${algorithm:+--expect-alg $algorithm}" $set) >"$work/judgement" 2>"$err"
	if cmp -s "$work/wanted" "$work/judgement"; then
		ok "$text: structure and digests of the set"
	else
		not_ok "$text: structure and digests of the set"
		show "$work/wanted" "$work/judged" "$err"
	fi
	# shellcheck disable=SC2086,SC2046 # the names
	check "$text: compare says same" xflate compare -q $set --vs $(printf 'new/%s ' $set)
	# shellcheck disable=SC2086 # the names
	run "$XFLATE" -q -T1 "$@" $set
	# shellcheck disable=SC2086 # the names
	(cd new && cat $set) >joined
	check "$text: to stdout they follow one another, one thread" cmp joined "$out"
}

# split STREAM: part-1, part-2, ... : where another volume label stands, another volume begins
split() {
	"$PYTHON" - "$1" <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as f:
		    data, at, n = f.read(), 0, 0
		while at < len(data):
		    length, head = struct.unpack_from(">I", data, at + 4)[0], {b"BB02": 24, b"BB03": 32}[data[at + 12:at + 16]]
		    n += struct.unpack_from(">i", data, at + head)[0] == -2
		    with open("part-%d" % n, "ab") as f:
		        f.write(data[at:at + length])
		    at += length
	END
}

# together VOLUME...
together() {
	set=$*
	first=$1
	judge '' "$@" >"$work/wanted" 2>"$err"
	case $(cat "$work/wanted") in
	OK*) ok "$first..: the oracle knows the set" ;;
	*) not_ok "$first..: the oracle knows the set" && show "$err" ;;
	esac
	into ''
	for v; do check "$v copy: not a byte is another" cmp "$v" "new/$v"; done
	into none -i
	mv new plain
	into lzo -r lzo
	into gzip -r gzip
	into '' -d gzip:1
	case $first in
	plain-*) into zstd -r zstd ;;
	*) into lz4 -r lz4 ;;
	esac
	mv new packed
	# There and back.  (The largest block decides where the others end: it is the same for both.)
	# shellcheck disable=SC2046 # the names
	run "$XFLATE" -q -i --max-block 500000 -o back1 $(printf 'packed/%s ' "$@")
	expect_status 0 "$first.. there and back"
	run "$XFLATE" -q -i --max-block 500000 -o back2 "$@"
	for v; do volcheck --partial --dump-all "back1/$v" 2>/dev/null; done >/dev/null
	# shellcheck disable=SC2046 # the names
	volcheck --dump-all $(printf 'back1/%s ' "$@") >1.dump
	volcheck --dump-all "$@" >2.dump
	check "$first.. there and back: all files and labels" diff 1.dump 2.dump

	# A folder that is there already, an output that is none.
	mkdir there
	run "$XFLATE" -q -o there "$@"
	expect_status 0 "$first.. into a folder that exists"
	run "$XFLATE" -q -o there "$@"
	refused 1 "$first.. into the same again: refused"
	run "$XFLATE" -q --force -o there "$@"
	expect_status 0 "$first.. into the same again with --force"
	echo keep >file
	run "$XFLATE" -q -o file "$@"
	refused 2 "$first.. to one file: refused"
	is "$(cat file)" keep "$first.. to one file: it is as it was"
	run "$XFLATE" -q --force -o . "$@"
	refused 2 "$first.. into their own folder: refused"
	for v; do check "$v is as it was" cmp "$v" "plain/../$v"; done

	# As one stream: the record at the boundary may be on either side of it.
	cat "$@" >stream
	# shellcheck disable=SC2016 # for the inner shell
	run sh -c 'cat "$@" | "$XFLATE" -q -i' sh "$@"
	expect_status 0 "$first.. in a pipe, one behind the other"
	mv "$out" result
	check "$first.. in a pipe: compare says same" xflate compare -q "$@" --vs result
	split result
	judge '--expect-alg none' part-? >"$work/judgement" 2>"$err" || show "$err"
	check "$first.. in a pipe: structure and digests of the set" cmp "$work/wanted" "$work/judgement"
	is "$(find . -name 'part-?' | wc -l)" $# "$first.. in a pipe: as many volumes"
	run "$XFLATE" -q -i stream
	check "$first.. as one file: the same" cmp result "$out"
	# shellcheck disable=SC2016 # for the inner shell
	run sh -c 'cat "$@" | "$XFLATE" -q' sh "$@"
	check "$first.. copied in a pipe: not a byte is another" cmp stream "$out"
	run "$XFLATE" list "$@"
	expect_status 0 "$first.. listed"
	is "$(grep -c '^volume ' "$out")" $# "$first.. listed: each volume"
	rm -rf ./*
}

# alone VOLUME JOB OPTION...: the record at its end or beginning would change
alone() {
	volume=$1
	job=$2
	shift 2
	run "$XFLATE" -q "$@" -o result "$volume"
	refused 1 "$volume alone $*: refused"
	says "$volume: record at byte [0-9]+ .*$job.*FileIndex.*give all volumes" "$volume alone $*: names the job and what to do"
	is "$(in_folder . | tr ' ' '\n' | grep -c result)" 0 "$volume alone $*: no output"
	run "$XFLATE" -q --on-damage=keep "$@" -o result "$volume"
	expect_status 3 "$volume alone $* keep: finished with damage"
	says "damaged but kept: .*$job" "$volume alone $* keep: names the job"
	# What can be proved of the volume alone is proved still; the file of the parts has records of two kinds now.
	volcheck --partial --dump "$volume" 2>/dev/null >1.dump
	volcheck --partial --dump result 2>/dev/null >2.dump
	broken="^${session:-[0-9]+ [0-9]+} ${cut:-0} "
	grep -Ev "$broken" 1.dump >1.whole
	grep -Ev "$broken" 2.dump >2.whole
	check "$volume alone $* keep: the whole files" diff 1.whole 2.whole
	check "$volume alone $* keep: they are there" test -s 2.whole
	run "$XFLATE" -q --on-damage=skip --force "$@" -o result "$volume"
	expect_status 3 "$volume alone $* skip: finished with damage"
	says "lost: .*$job" "$volume alone $* skip: names the job"
	volcheck --partial --dump result 2>/dev/null | grep -Ev "$broken" >2.whole
	check "$volume alone $* skip: the whole files" diff 1.whole 2.whole
	rm -f result ./*.dump ./*.whole
}

# ends_inside VOLUME JOB NEXT OPTION...: the record at its end would change, and nobody can tell whether it goes on.  It stays as
# it was; with the volume where it goes on it can be converted still.
ends_inside() {
	volume=$1
	job=$2
	next=$3
	shift 3
	for damage in stop skip keep; do
		run "$XFLATE" -q --on-damage=$damage "$@" --force -o result "$volume"
		expect_status 0 "$volume alone $* $damage: passes"
		says "$volume: $job .*ends inside a record of FileIndex $cut here.*convert both together" "$volume alone $* $damage: names job and file"
		check "$volume alone $* $damage: verify agrees" xflate verify -qq result
		volcheck --partial --dump "$volume" 2>/dev/null | grep -Ev "^[0-9]+ [0-9]+ $cut " >1.whole
		volcheck --partial --dump result 2>/dev/null | grep -Ev "^[0-9]+ [0-9]+ $cut " >2.whole
		check "$volume alone $* $damage: the whole files" diff 1.whole 2.whole
		check "$volume alone $* $damage: they are there" test -s 2.whole
	done
	mkdir again
	run "$XFLATE" -q "$@" -o again result "$next"
	expect_status 0 "$volume alone $*, then both: converted"
	run "$XFLATE" verify -qq again/result "again/$next"
	expect_status 0 "$volume alone $*, then both: sound"
	check "$volume alone $*, then both: the same" xflate compare -q "$volume" "$next" --vs again/result "again/$next"
	# Half converted, a restore would pass over the record.
	run "$XFLATE" verify -qq result "$next"
	expect_status 3 "$volume alone $*, with the next as it was: verify tells"
	rm -rf again result ./*.whole
}

# passes VOLUME OPTION...: nothing that is cut would change
passes() {
	volume=$1
	shift
	run "$XFLATE" -q "$@" -o result "$volume"
	expect_status 0 "$volume alone $*: passes" || return
	check "$volume alone $*: compare says same" xflate compare -q "$volume" --vs result
	judge --partial "$volume" >"$work/wanted"
	judge --partial result >"$work/judgement" 2>"$err" || show "$err"
	check "$volume alone $*: structure and digests" cmp "$work/wanted" "$work/judgement"
	rm -f result
}

links bareos vol-span-gzip6-1 vol-span-gzip6-2
together vol-span-gzip6-1 vol-span-gzip6-2
links bareos vol-span-gzip6-1 vol-span-gzip6-2
cut=10
ends_inside vol-span-gzip6-1 'job 54' vol-span-gzip6-2 -i
alone vol-span-gzip6-2 'session 54/' -i
for v in 1 2; do
	passes "vol-span-gzip6-$v"
	passes "vol-span-gzip6-$v" -r lzo
	passes "vol-span-gzip6-$v" -r lz4
	passes "vol-span-gzip6-$v" -d gzip:1
done
run "$XFLATE" compare -q vol-span-gzip6-1 --vs vol-span-gzip6-1 vol-span-gzip6-2
expect_status 1 'a set without its second volume is not the same'
run "$XFLATE" -q -i -o new vol-span-gzip6-2 vol-span-gzip6-1
is "$status" 1 'a set in the wrong order: refused'

links bacula plain-span1 plain-span2
together plain-span1 plain-span2
links bacula plain-span1 plain-span2
cut=36
ends_inside plain-span1 'job 42' plain-span2 -r gzip
ends_inside plain-span1 'job 42' plain-span2 -d zstd
alone plain-span2 'session 10/' -r lzo
for v in 1 2; do
	passes "plain-span$v"
	passes "plain-span$v" -i
done

links made good-set-1 good-set-2 good-set-3
together good-set-1 good-set-2 good-set-3
links made good-set-1 good-set-2 good-set-3
run "$XFLATE" -q -i -o new good-set-1 good-set-3
refused 1 'a set without its middle: refused'
is "$(in_folder new 2>/dev/null | tr ' ' '\n' | grep -c 'tmp\|partial')" 0 'a set without its middle: nothing half done stays'

# Volumes that have nothing to do with each other.
links bareos vol-gzip6 vol-lz4hc
cat vol-gzip6 vol-lz4hc >stream
run sh -c "cat stream | '$XFLATE' -q -r lzo"
expect_status 0 'two whole volumes in a pipe'
mv "$out" result
"$XFLATE" -q -r lzo vol-gzip6 >wanted
"$XFLATE" -q -r lzo vol-lz4hc >>wanted
check 'two whole volumes in a pipe: the bytes of each' cmp wanted result
check 'two whole volumes in a pipe: compare says same' xflate compare -q vol-gzip6 vol-lz4hc --vs result
done_testing
