#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What skip and keep save of damaged volumes, and that what they write is a volume: tests/rescue has the right answers.
# shellcheck disable=SC2094,SC2238 # a kind of wound and the file with it are called alike
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

wound() { "$PYTHON" "$here/rescue.py" "$@"; }

# saved HOW STATUS VOLUME: ./result of --on-damage=HOW; it begins with a label, verify calls it sound, the oracle finds nothing
saved() {
	run "$XFLATE" "--on-damage=$1" --force -o result "$3"
	expect_status "$2" "$3 $1: finished"
	cp "$err" "$work/told"
	run "$XFLATE" verify result
	expect_status 0 "$3 $1: what it writes is sound"
	check "$3 $1: by the other reader, too" volcheck --partial --lax-addresses result
	is "$("$XFLATE" list --records result | grep -c '^  label: *B')" 1 "$3 $1: with a label"
}

stops() {
	run "$XFLATE" -o stopped "$1"
	refused 1 "$1 stop: refused"
	says "$2" "$1 stop: and why"
	is "$(in_folder . | tr ' ' '\n' | grep -c '^stopped')" 0 "$1 stop: no output"
}

records() { "$XFLATE" list --records "$1" 2>/dev/null | grep -c '^  record'; }

for name in crc1180 two-bad-crc-first first-two-blocks-crc label-second length-lies-nosum length-lies-crc midblock-continuation \
	leftover-7-bytes; do
	xz -dc "$here/rescue/$name.xz" >"$name"
done

# --- checksums as Bareos 19.2.4/5 on FreeBSD made them ---

freebsd='checksum as Bareos 19.2.4/5 on FreeBSD made it'
for name in vol-gzip6 good-bb01; do
	wound freebsd "$(find "$VOLUMES" -name "$name")" >"freebsd-$name"
done
for name in crc1180 freebsd-vol-gzip6 freebsd-good-bb01; do
	run "$XFLATE" list --blocks "$name"
	expect_status 0 "$name list: no damage"
	check "$name list: names it" grep -q "^  checksums:  $freebsd on" "$out"
	check "$name list: of each block" grep -q "^block 0: .*, $freebsd\$" "$out"
	run "$XFLATE" verify "$name"
	expect_status 3 "$name verify: no other version reads it"
	says "checksums: [0-9]+ of [0-9]+ blocks: $freebsd" "$name verify: names it"
	check "$name verify: and no damage" grep -q '^WOUNDED: ' "$out"
	stops "$name" "block at byte 0: $freebsd: no other version takes it; rerun with --repair"
	for how in --repair --on-damage=keep --on-damage=skip '-i --repair'; do
		# shellcheck disable=SC2086 # options
		run "$XFLATE" $how --force -o result "$name"
		expect_status 0 "$name $how: nothing is lost"
		says "$freebsd is replaced by the right one" "$name $how: which is told"
		check "$name $how: the same content" xflate compare -q "$name" --vs result
		check "$name $how: sound" xflate verify -qq result
		check "$name $how: by the other reader, too" volcheck --lax-addresses result
	done
done
wound freebsd-flip "$VOLUMES/bareos/vol-gzip6" >freebsd-flip
run "$XFLATE" verify freebsd-flip
says 'damaged: .*CRC32 is' 'a wrong checksum of FreeBSD is damage'
check 'a wrong checksum of FreeBSD is damage: in the report' grep -q '^DAMAGED: ' "$out"

# --- checksums alone ---

run "$XFLATE" --on-damage=keep --force -o result two-bad-crc-first
expect_status 3 'two-bad-crc-first keep: finished'
is "$(records result)" 14 'two-bad-crc-first keep: all records'
check 'two-bad-crc-first keep: right checksums' xflate list result
run "$XFLATE" --on-damage=keep --force -o result first-two-blocks-crc
is "$(records result)" 218 'first-two-blocks-crc keep: all records'
stops first-two-blocks-crc 'block at byte 138 \(job 35 \(job.1\), FileIndex 1\): CRC32 is fbc97dfb'
saved skip 3 first-two-blocks-crc
is "$(sed -n 's/.*lost: .*, FileIndex \([0-9]*\) .*/\1/p' told | sort -u | tr '\n' ' ')" '1 2 ' 'first-two-blocks-crc skip: names what is lost'
is "$("$XFLATE" verify result | sed -n 's/^  missing: *//p')" '' 'first-two-blocks-crc skip: and no more is'
for name in bareos/vol-gzip6 bacula/plain-interleave made/good-bb01 made/good-interleaved; do
	wound sums "$VOLUMES/$name" >sums
	saved keep 3 sums
	check "sums of $name keep: the same content" xflate compare -q "$VOLUMES/$name" --vs result
	is "$(records result)" "$(records "$VOLUMES/$name")" "sums of $name keep: every record"
	run "$XFLATE" verify sums
	expect_status 3 "sums of $name verify: damaged"
	check "sums of $name verify: no file is" test "$(grep -c '^  DAMAGED: *FileIndex' "$out")" = 0
done

# --- a record's header ---

stops midblock-continuation 'a continuation stands in the middle of the block'
saved skip 3 midblock-continuation
is "$(records result)" "$(($(records midblock-continuation)))" 'midblock-continuation skip: but one record'
says_told() { check "$2" grep -Eq "$1" told; }
says_told 'lost: job 35 \(job.1\), FileIndex 1: 171 bytes at byte 335: a continuation' 'midblock-continuation skip: which is named'
is "$(grep -c lost: told)" 1 'midblock-continuation skip: and nothing else'
for name in length-lies-nosum length-lies-crc; do
	saved skip 3 "$name"
	run "$XFLATE" compare --on-damage=skip "$name" --vs result
	is "$("$XFLATE" verify result | sed -n 's/^  files: *//p')" '11 proved (MD5), 1 without a digest, 2 without content' "$name skip: 13 of 14 files"
	is "$(sed -n 's/.*lost: .*, FileIndex \([0-9]*\)[ :].*/\1/p' told | sort -u)" 14 "$name skip: the other one is named"
done
run "$XFLATE" list leftover-7-bytes
expect_status 3 'leftover-7-bytes list: damaged'
says 'damaged: .*: 7 bytes at byte 7124: behind its last record are bytes that are none' 'leftover-7-bytes list: says so'
run "$XFLATE" verify leftover-7-bytes
expect_status 3 'leftover-7-bytes verify: damaged'
says 'damaged: .*FileIndex 5 /s7/file5: 7 bytes at byte 7124' 'leftover-7-bytes verify: says so'
stops leftover-7-bytes 'bytes that are none'
saved skip 3 leftover-7-bytes

# --- a record that the network layer cut ---

wound cut - >cut
for how in '' -i '-r lzo'; do
	# shellcheck disable=SC2086 # options
	run "$XFLATE" $how --on-damage=skip --force -o result cut
	expect_status 3 "cut skip $how: finished"
	run "$XFLATE" verify result
	expect_status 0 "cut skip $how: sound, the second piece is gone, too"
	check "cut skip $how: the other files are there" grep -q '2 of [0-9] files with content proved' "$out"
done
run "$XFLATE" --on-damage=skip --force -o result cut
says 'lost: .*FileIndex 2 .*: the first piece of this record is lost' 'cut skip: which is told'

# --- labels ---

wound headless "$VOLUMES/bareos/vol-append" >headless
stops headless 'there is no volume label at the beginning; rerun with --on-damage=skip to make one'
for how in skip keep; do
	saved $how 3 headless
	check "headless $how: nothing else is lost" xflate compare -q "$VOLUMES/bareos/vol-append" --vs result
	check "headless $how: its name is that of its file" grep -q '^volume headless' "$work/out"
done
"$XFLATE" --on-damage=skip <headless >result 2>"$err"
is $? 3 'headless from a pipe: finished'
run "$XFLATE" verify result
expect_status 0 'headless from a pipe: sound'
check 'headless from a pipe: named by its first session' grep -q '^volume rescued-32-1795351262' "$out"
stops label-second 'there is no volume label at the beginning'
run "$XFLATE" verify label-second
expect_status 3 'label-second verify: damaged'
says 'the volume label stands here, behind data, and not at the beginning' 'label-second verify: and why'
for how in skip keep; do
	saved $how 3 label-second
	check "label-second $how: the true label" grep -q '^volume vol1' "$work/out"
	check "label-second $how: all its files" grep -q '6 of 6 files' "$work/out"
done
x300=$(printf '%0300d' 0)
for label in '' a/b ../up .. 'a\nb' '\x1b[2J' "$x300"; do
	wound name "$VOLUMES/bareos/vol-append" "$label" >misnamed
	stops misnamed 'Volume Name'
	saved skip 3 misnamed
	check "named '$label': nothing else is lost" xflate compare -q "$VOLUMES/bareos/vol-append" --vs result
	rm -rf folder
	run "$XFLATE" --on-damage=skip -o folder/ misnamed
	is "$(in_folder folder)" 'misnamed ' "named '$label': no other file"
done

# --- whose files are lost ---

# A hole over the job's first blocks: nobody saw its beginning.
cp "$VOLUMES/made/good-small-blocks" hole
dd if=/dev/zero of=hole bs=1 seek=200 count=20000 conv=notrunc 2>/dev/null
saved skip 3 hole
check 'hole skip: files of which nothing is left are numbered' grep -Eq 'lost: .*FileIndex 1( to [0-9]+)?: nothing of' told
run "$XFLATE" verify hole
says 'damaged: .*FileIndex 1( to [0-9]+)?: nothing of' 'hole verify: too'

# --- blocks once more ---

for name in made/good-small-blocks made/good-bb01 made/good-bb01-mixed bareos/vol-multi bacula/plain-interleave; do
	for range in '1 1' '1 2' '2 3' "1 $(($("$XFLATE" list --blocks "$VOLUMES/$name" | grep -c ^block) - 1))"; do
		# shellcheck disable=SC2086 # two numbers
		wound again "$VOLUMES/$name" $range >again
		saved skip 3 again
		check "$name, blocks $range once more: each file once" xflate compare -q "$VOLUMES/$name" --vs result
		is "$(records result)" "$(records "$VOLUMES/$name")" "$name, blocks $range once more: every record, once"
	done
done
# Hundreds of them, with and without checksums.
check 'small blocks: made' xflate -q --max-block 4096 --force -o small "$VOLUMES/bareos/vol-none"
wound nosum small >nosum
for name in small nosum; do
	wound again $name 100 420 >again
	saved skip 3 again
	is "$(grep -c 'stands here once more' told)" 321 "$name, 321 blocks once more: each is told"
	check "$name, 321 blocks once more: each file once" xflate compare -q small --vs result
	is "$(records result)" "$(records small)" "$name, 321 blocks once more: every record, once"
done
done_testing
