#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Dumps of tapes: padding and what hides in it, tape labels, tapes read file by file; and sets as slow jobs, drives and empty records
# leave them.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# field NAME...: those volumes of the field, unpacked here
field() { for field_name; do xz -dc "$here/volumes/field/$field_name.xz" >"$field_name"; done; }

# sound JOBS VOLUME...: verify proves so many jobs, and the filter agrees, copying and converting
sound() {
	jobs=$1
	shift
	run "$XFLATE" verify "$@"
	expect_status 0 "$*: verify" || return
	check "$*: sound, with all of its jobs" grep -q "^sound: $jobs job" "$out"
	for how in '' '-i' '-r lz4' '-r gzip'; do
		rm -rf converted
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -q $how -o converted/ "$@"
		expect_status 0 "$*: filter $how" || continue
		check "$*: filter $how: sound" xflate verify -q converted/*
		check "$*: filter $how: the same" xflate compare -q "$@" --vs converted/*
	done
	rm -rf converted
	for t in 1 3; do xflate -q -T$t -r lzo -o - "$@" 2>/dev/null | cksum; done | uniq >sums
	is "$(wc -l <sums | tr -d ' ')" 1 "$*: whatever the threads"
}

# hurt PATTERN VOLUME...: verify and the filter tell the same damage
hurt() {
	pattern=$1
	shift
	run "$XFLATE" verify "$@"
	expect_status 3 "$*: verify"
	says "$pattern" "$*: verify says where and what"
	run "$XFLATE" -q -i -o converted/ "$@"
	expect_status 1 "$*: filter stops"
	rm -rf converted
	run "$XFLATE" -q -i --on-damage=skip -o converted/ "$@"
	expect_status 3 "$*: filter goes on with skip"
	says "$pattern" "$*: filter says where and what"
	rm -rf converted
}

# edit FILE PYTHON...: d is its bytes, to be changed
edit() {
	edited=$1
	shift
	"$PYTHON" - "$edited" "$@" <<'END'
import sys
d = bytearray(open(sys.argv[1], "rb").read())
for line in sys.argv[2:]:
    exec(line)
open(sys.argv[1], "wb").write(d)
END
}

# --- padding ---
field dd-sync-ok dd-sync-lost1
sound 4 dd-sync-ok
hurt '16384 bytes at byte 16384: zeros where a block should be' dd-sync-lost1
for lost in 2 3 4; do
	cp dd-sync-ok "lost$lost"
	edit "lost$lost" "d[16384 * $lost:16384 * ($lost + 1)] = bytes(16384)"
	hurt "16384 bytes at byte $((16384 * lost)): zeros where" "lost$lost"
done
cp dd-sync-ok lost23
edit lost23 'd[32768:65536] = bytes(32768)'
hurt '32768 bytes at byte 32768: zeros where' lost23
cp dd-sync-ok lost0
edit lost0 'd[:16384] = bytes(16384)'
hurt '16384 bytes at byte 0: ' lost0
run sh -c 'cat dd-sync-lost1 | "$XFLATE" verify -'
expect_status 3 'dd-sync-lost1 in a pipe'
cp dd-sync-ok tail
edit tail 'd += bytes(49152)'
hurt '49152 bytes at byte 81920: zeros where' tail
# A file that is larger than its volume, and one of a job's blocks that is gone from a file.
cp "$VOLUMES/bareos/vol-gzip6" allocated
truncate -s +1M allocated
hurt '1048576 bytes at byte 734952' allocated
for dump in good-tape-dump good-tape-dump-fixed; do
	cp "$VOLUMES/made/$dump" .
	jobs=$(xflate verify "$dump" 2>/dev/null | sed -n 's/^sound: \([0-9]*\) job.*/\1/p')
	sound "$jobs" "$dump"
	xflate list --blocks "$dump" 2>/dev/null | sed -n 's/^block \([0-9]*\): .*, \([0-9]*\) bytes, .*/\1 \2/p' >blocks
	while read -r at bytes; do
		cp "$dump" gone
		edit gone "d[$at:$at + $bytes] = bytes($bytes)"
		run "$XFLATE" verify -q gone
		expect_status 3 "$dump without the block at $at"
		run "$XFLATE" -q --on-damage=skip -o - gone
		expect_status 3 "$dump without the block at $at: filter"
	done <blocks
done
rm -f ./*

# --- tape labels ---
field ansi-label
sound 1 ansi-label
run "$XFLATE" verify ansi-label
says '5 tape labels of ANSI or IBM' 'ansi-label: a note'
run "$XFLATE" list ansi-label
check 'ansi-label: list says so' grep -q '5 tape labels of ANSI or IBM' "$out"
cp ansi-label ibm-label
edit ibm-label 'for at in [i for i in range(len(d) - 4) if d[i:i + 4] in (b"VOL1", b"HDR1", b"HDR2", b"EOF1", b"EOF2")]: d[at:at + 80] = d[at:at + 80].decode().encode("cp037")'
fails 'ibm-label is another' cmp -s ansi-label ibm-label
sound 1 ibm-label
# Where a block is missing between them, the labels do not hide it.
cp ansi-label lost
edit lost 'd[64752:99819] = bytes(99819 - 64752)'
run "$XFLATE" verify -q lost
expect_status 3 'ansi-label without its data'
rm -f ./*

# --- one file for each file mark ---
field tapefiles-f0 tapefiles-f1 tapefiles-f2
sound 2 tapefiles-f0 tapefiles-f1 tapefiles-f2
cat tapefiles-f? >whole
check 'tapefiles: as if they were one' xflate compare -q tapefiles-f0 tapefiles-f1 tapefiles-f2 --vs whole
sound 2 whole
run "$XFLATE" -q -i -o new tapefiles-f0 tapefiles-f1 tapefiles-f2
is "$(in_folder new)" 'tapefiles-f0 ' 'tapefiles: one volume comes of it'
run "$XFLATE" list tapefiles-f0 tapefiles-f1 tapefiles-f2
is "$(grep -c '^volume' "$out")" 1 'tapefiles: list: one volume'
check 'tapefiles: list: a note' grep -q 'read file by file: it goes on in the next 2 inputs' "$out"
sound 0 tapefiles-f0
for f in tapefiles-f1 tapefiles-f2; do
	run "$XFLATE" verify "$f"
	expect_status 3 "$f alone: verify"
	says 'this is not the first file of the tape; give all of the tape' "$f alone: says so, and what to do"
	for how in '' -i -rlz4 '-r lzo --target bareos'; do
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -q $how -o new "$f"
		refused 1 "$f alone: filter $how"
		says 'this is not the first file of the tape; give all of the tape' "$f alone: filter $how says so, and what to do"
	done
done
# It could be a later volume of its job: what is missing is told, and not called damage.
run "$XFLATE" verify tapefiles-f0 tapefiles-f2
says 'has no start of session here, nor files before FileIndex 5' 'tapefiles without the second'
# Another volume's label begins another volume, and a file volume is no file of a tape.
cp "$VOLUMES/bareos/vol-gzip6" .
run "$XFLATE" verify tapefiles-f0 tapefiles-f1 tapefiles-f2 vol-gzip6
is "$(grep -c '^volume' "$out")" 2 'tapefiles and a volume: two'
rm -rf ./*

# --- sets ---
field set-skip-vol1 set-skip-vol2 set-skip-vol3 set-empty-rec1 set-empty-rec2
sound 2 set-skip-vol1 set-skip-vol2 set-skip-vol3
sound 1 set-empty-rec1 set-empty-rec2
run sh -c 'cat set-skip-vol? | "$XFLATE" verify -q -'
expect_status 0 'set-skip in a pipe, one behind the other'
run "$XFLATE" -q -i -o new/ set-skip-vol1 set-skip-vol2
expect_status 0 'set-skip without its last: what is cut stays as it was'
says 'set-skip-vol1: job 35 .*ends inside a record of FileIndex 1 here, which stays as it was' '... and is told'
run "$XFLATE" verify -q set-skip-vol2 set-skip-vol3
expect_status 3 'set-skip without its first'
run "$XFLATE" verify -q set-skip-vol3 set-skip-vol1 set-skip-vol2
says 'damaged' 'set-skip in the wrong order'
# The last block of a volume stands at the beginning of the next once more, at each change.
one=$VOLUMES/bareos/vol-span-gzip6-1
two=$VOLUMES/bareos/vol-span-gzip6-2
# twice A B OUT: OUT is B, with A's last block behind its label
twice() {
	"$PYTHON" - "$@" <<'END'
import struct, sys
a, b = (open(p, "rb").read() for p in sys.argv[1:3])
at, n = 0, 0
while at < len(a):
    last, at = at, at + struct.unpack_from(">I", a, at + 4)[0]
label = struct.unpack_from(">I", b, 4)[0]
open(sys.argv[3], "wb").write(b[:label] + a[last:] + b[label:])
END
}
cp "$one" v1
twice v1 "$two" v2
sound 1 v1 v2
run "$XFLATE" verify v1 v2
says 'begins with the block that ended the volume before' 'a block again: a note'
run "$XFLATE" -q v1 v2 -o new
check 'a block again: a copy is a copy' cmp v2 new/v2
twice v2 v1 v3
run "$XFLATE" verify -q v1 v3
expect_status 3 'a block of another volume is none that stands again'
for v in 1 2 3; do cp "$VOLUMES/made/good-set-$v" .; done
twice good-set-1 good-set-2 second
twice good-set-2 good-set-3 third
sound "$(xflate verify good-set-1 good-set-2 good-set-3 2>/dev/null | sed -n 's/^sound: \([0-9]*\) job.*/\1/p')" good-set-1 second third
rm -rf ./*
cp "$one" two-in-one
cat "$two" >>two-in-one
run "$XFLATE" verify two-in-one
expect_status 3 'two volumes in one file'
says 'another volume begins here, in the same file, at its byte 387292' '... verify says so'
run "$XFLATE" list two-in-one
check '... so does list' grep -q 'begins at byte 387292 of its file, behind another volume' "$out"
cat "$one" "$one" >two-in-one
run "$XFLATE" verify two-in-one
expect_status 3 'the same volume twice in one file'
says 'stands here a second time: another volume of this name, or the same once more' '... verify says so'
run "$XFLATE" list two-in-one
says 'stands here a second time: another volume of this name, or the same once more' '... so does list'
rm -f ./*

# --- keys that the label names, where no checksum helps ---
umask 077
mkdir d
xflate -q --encrypt aes-256-xts --new-key-dir d -o sealed "$VOLUMES/bacula/nosum-gzip6"
printf '#!/bin/sh\nprintf "cipher: AES_256_XTS\\ncipher_key: %%s\\nvolume_name: %%s\\n" "$(sed -n "s/^cipher_key: //p" d/nosum-gzip6)" nosum-gzip6\n' >ask
chmod +x ask
sed -n 's/^cipher_key: //p' d/nosum-gzip6 >key
for how in "--key-dir d" "--key-command ./ask" "--key key"; do
	# shellcheck disable=SC2086 # options
	run "$XFLATE" verify -q $how sealed
	expect_status 0 "encrypted without checksums: verify $how"
	# shellcheck disable=SC2086 # options
	run "$XFLATE" -q --decrypt $how -o clear sealed
	expect_status 0 "encrypted without checksums: --decrypt $how"
	check "encrypted without checksums: $how: every byte" cmp "$VOLUMES/bacula/nosum-gzip6" clear
	rm -f clear
done
rm -rf ./*

# --- no volume at all ---
head -c 100000 /dev/zero | tr '\0' x >text
truncate -s 5G text zeros
for f in text zeros; do
	run "$XFLATE" -i -o new "$f"
	refused 1 "5 GB of $f: refused"
	says 'this is no volume: no block header .* at its beginning' "5 GB of $f: in words"
	# It would take longer than it may.
	check "5 GB of $f: at once" timeout 2 sh -c '! "$XFLATE" -q -i -o new '"$f"' 2>err'
	check "5 GB of $f: at once, in a pipe" timeout 2 sh -c 'if cat '"$f"' | "$XFLATE" -q -i -o new 2>err; then exit 1; fi'
	check "5 GB of $f: nothing is left" test ! -e new
done
done_testing
