#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a daemon or a restore would stumble over, though each byte is as it was written: verify names it.  And what only looks
# like it is sound.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# damaged VOLUME PATTERN: verify says so, with exit status 3, in words and in JSON
damaged() {
	run "$XFLATE" verify "$1"
	expect_status 3 "${1##*/}: damaged"
	check "${1##*/}: the report says so" grep -q '^DAMAGED: ' "$out"
	says "${1##*/}: damaged: .*$2" "${1##*/}: and why"
	words=$(grep -c ': damaged: ' "$err")
	run "$XFLATE" verify --json "$1"
	is "$("$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["sound"], d["exit_status"], sum(p["kind"] == "damaged" for p in d["problems"]))' "$out")" \
		"False 3 $words" "${1##*/}: JSON says the same"
}

# sound VOLUME [NOTE]: so it is, with this note
sound() {
	run "$XFLATE" verify "$1"
	expect_status 0 "${1##*/}: sound"
	check "${1##*/}: the report says so" grep -q '^sound: ' "$out"
	[ $# = 1 ] || says "$2" "${1##*/}: with a note"
	run "$XFLATE" verify -q "$1"
	is "$(wc -c <"$err")" 0 "${1##*/}: and it is only a note"
}

field() {
	xz -dc "$here/volumes/field/$1.xz" >"$1"
}

made=$VOLUMES/made

# --- labels ---

damaged "$made/false-label-second" 'the volume label stands here, behind data, and not at the beginning'
damaged "$made/false-label-missing" 'there is no volume label'
damaged "$made/false-label-id" 'the volume label bears the id of no product'
damaged "$made/false-label-version" 'the volume label has a version that no product writes'
damaged "$made/false-label-name" 'the Volume Name in the label has characters that none can have'
damaged "$made/false-client" 'the labels at its start and its end are of different jobs: the client differs'
damaged "$made/false-job-id" 'the label is of JobId 1, its header says 2'
damaged "$made/false-end-of-medium" 'a label of FileIndex -3'
damaged "$made/false-label-kind" 'a label of FileIndex -9'
field label-second
damaged label-second 'the volume label stands here, behind data, and not at the beginning'
field labels-disagree
damaged labels-disagree 'job 10 .* the JobId differs'
says 'job 35 .* the pool type differs' 'labels-disagree: the other job, too'
check 'labels-disagree: the one that is right is not accused' sh -c "! grep -q 'job 36' '$err'"
field two-sos-copy
sound two-sos-copy 'a second start-of-session label, of JobId 11'

# A job that ran again, and a copy of several jobs: two starts, each behind the end before.
"$PYTHON" - "$here" again <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
s = m.Session(m.Packer(cap=2048))
s.file(m.text(1, 900))
s.end()
s.bytes = 0
s.packer.put_whole(s, m.SOS, 1, m.session_label(s.packer.product, 1, "job", 10))
s.file(m.text(2, 900))
s.packer.flush()
open(sys.argv[2], "wb").write(m.whole("again", s.packer.blocks))
END
run "$XFLATE" verify again
expect_status 0 'a start behind an end: no damage'
says 'a start-of-session label behind the job.s end' 'a start behind an end: a note'
check 'a start behind an end: the second has none' grep -q '^sound, but 1 job has no end here: ' "$out"

# --- two volumes ---

damaged "$made/false-two-volumes" 'another volume begins here, in the same file'
run "$XFLATE" verify - <"$made/false-two-volumes"
expect_status 0 'two volumes out of a pipe: a row of them'
mkdir apart
run "$XFLATE" -o apart/ "$made/false-two-volumes"
expect_status 0 'two volumes in one file: taken apart'
sound apart/another
sound apart/false-two-volumes

# --- blocks ---

damaged "$made/false-number" 'a record goes on in block 8 of its job, behind block 2: Bacula 15 discards such'
field bb03-blockno-jumps
damaged bb03-blockno-jumps 'job 36 .* in block 6 of its job, behind block 3446531796'
says 'job 35 .* in block 4 of its job, behind block 1:' 'bb03-blockno-jumps: the other job, too'
# Data spooling: the numbers begin anew, in mid record, too; or are equal (volume-format.md 1.8).
"$PYTHON" - "$here" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
open("spooled", "wb").write(m.spooled(lambda n: n - 3)("spooled"))
open("spooled-0", "wb").write(m.spooled(lambda n: 0)("spooled-0"))
s = m.Session(m.Packer(m.BACULA, "BB03", cap=2048))
for i in range(4):
    s.file(m.text(i + 1, 600))
    s.packer.flush()
blocks = s.close()
for b in blocks[2:]:
    b.number += 5
open("jumped", "wb").write(m.whole("jumped", blocks))
END
sound spooled
sound spooled-0
# Between whole records nobody asks.
sound jumped '1 of its blocks do not bear the number that follows'

for name in false-option-label false-option; do
	damaged "$made/$name" 'its checksum option is off, but there is a checksum, which fits with the option on'
	for how in skip keep; do
		run "$XFLATE" -qq -i --force --on-damage=$how -o saved "$made/$name"
		expect_status 3 "$name: $how"
		run "$XFLATE" verify saved
		expect_status 0 "$name: what $how makes is sound"
		is "$(sed -n '$s/^sound: 1 job, \([0-9]* of [0-9]*\) .*/\1/p' "$out")" '1 of 1' "$name: $how loses nothing"
	done
done
damaged "$made/false-option-on" 'its checksum option is on, but there is no checksum'
damaged "$made/false-option-clear" 'its options say that the volume is encrypted, but not this block'
damaged "$made/false-option-unknown" 'its option bits make no sense'
damaged "$made/false-option-cipher" 'its option bits make no sense'
field bb03-optbit-label
damaged bb03-optbit-label 'its checksum option is off, but there is a checksum, which fits'
field bb03-optbit-and-name
damaged bb03-optbit-and-name 'XXH3 is [0-9a-f]*, header says'

# Each option bit of each block of real volumes, flipped alone: never sound.  (Without a key, a block that looks encrypted is
# not told apart; without checksums the label may say that its volume is encrypted.)
cat >flips.py <<'END'
import struct, subprocess, sys
xflate, path, options = sys.argv[1], sys.argv[2], sys.argv[3:]
data, starts, at, missed, tried = open(path, "rb").read(), [], 0, [], 0
while at < len(data):
    starts.append(at)
    at += struct.unpack_from(">I", data, at + 4)[0]
for at in starts[:2] + starts[-2:]:
    for bit in (0, 1, 2, 3, 31):
        word = struct.unpack_from(">I", data, at)[0] ^ 1 << bit
        with open("flipped", "wb") as f:
            f.write(data[:at] + struct.pack(">I", word) + data[at + 4:])
        status = subprocess.run([xflate, "verify", "-qq", *options, "flipped"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
        tried += 1
        if status not in (3, 4) and (at, bit, word & 1) != (0, 1, 0):
            missed.append((at, bit, status))
print(tried, missed)
END
for name in plain-gzip1-sparse nosum-gzip6 enc128-gzip6-sparse encnull-gzip6 small-lzo; do
	options=
	if [ $name = enc128-gzip6-sparse ]; then
		"$PYTHON" -c 'import hashlib, sys; sys.stdout.buffer.write(hashlib.sha512(b"xflate-fixture:" + sys.argv[1].encode()).digest()[:32])' $name >key
		options='--key key'
	fi
	# shellcheck disable=SC2086 # options
	is "$("$PYTHON" flips.py "$XFLATE" "$VOLUMES/bacula/$name" $options)" '20 []' "$name: each flipped option bit is seen"
done

# --- records that a restore would pass over, or fail at ---

damaged "$made/false-behind-digest" 'FileIndex 2 /srv/job/file2: .*data of stream 2 behind stream 3: a restore passes over it'
damaged "$made/false-second-digest" 'FileIndex 1 /srv/job/file1: .*a second digest of its file'
damaged "$made/false-second-attributes" 'FileIndex 1 /srv/job/file1: .*attributes a second time'
damaged "$made/false-no-attributes" 'FileIndex 2: .*without the attributes of its file'
run "$XFLATE" verify "$made/false-no-attributes"
check 'false-no-attributes: the file is not counted as proved' grep -q '^  files:      1 proved (MD5), 1 DAMAGED$' "$out"
damaged "$made/false-unknown-stream" 'stream 300, which nobody knows'
damaged "$made/false-digest-length" 'no digest of stream 3 has 15 bytes'
for stream in gzip:29 zlib:4 lzo:31; do
	damaged "$made/false-empty-${stream%:*}" "FileIndex 2 /srv/job/file2: .*an empty record of stream ${stream#*:}: a restore finds nothing to inflate in it"
done
damaged "$made/false-empty-sparse" 'an empty record of stream 6: a restore finds no address in it'
damaged "$made/false-empty-sparse-gzip" 'an empty record of stream 30: a restore finds no address in it'
# Written anew, an empty record holds what it has to hold.
run "$XFLATE" -qq --force -r lzo -o anew "$made/false-empty-gzip"
expect_status 0 'an empty record of stream 29: recompressed'
sound anew
check 'an empty record of stream 29: recompressed, the same' xflate compare -q "$made/false-empty-gzip" --vs anew
field cmp-35-a
sound cmp-35-a
field cmp-35-b
damaged cmp-35-b 'FileIndex 7 /s7/file7: .*an empty record of stream 4'
field cmp-220-b
damaged cmp-220-b 'FileIndex 2 /s8/file2: .*data of stream 2 behind stream 3'

# --- restore objects ---

sound "$made/good-objects"
damaged "$made/false-object" 'FileIndex 2: .*the restore object does not inflate'
damaged "$made/false-object-shorter" 'FileIndex 2: .*the restore object is shorter than the 3001 bytes that it says'
damaged "$made/false-object-longer" 'FileIndex 2: .*the restore object is longer than the 2999 bytes that it says'
damaged "$made/false-object-cut" 'FileIndex 2: .*the restore object says 3000 bytes, the record has [0-9]*'
damaged "$made/false-object-plain" 'FileIndex 2: .*says 299 bytes and, not compressed, 300'
damaged "$made/false-object-absurd" 'FileIndex 2: .*cannot come out of'
sound "$made/good-opaque" 'the header of a restore object is not one that xflate reads'
field restore-object
damaged restore-object 'FileIndex 2: .*the restore object does not inflate'

# --- jobs that do not end here ---

run "$XFLATE" verify "$made/good-unfinished"
expect_status 0 'a job without an end: no damage'
check 'a job without an end: not plain sound' grep -q '^sound, but 1 job has no end here: 1 job, ' "$out"
run "$XFLATE" verify --whole "$made/good-unfinished"
expect_status 3 'a job without an end, --whole'
says 'not whole: job 1 .*: has no end here' 'a job without an end, --whole: it says so'
check 'a job without an end, --whole: so does the report' grep -q '^NOT WHOLE: 1 job, ' "$out"
run "$XFLATE" verify --json --whole "$made/good-unfinished"
is "$("$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["sound"], d["exit_status"], d["jobs_without_end"], [p["kind"] for p in d["problems"]])' "$out")" \
	"False 3 1 ['not whole']" 'a job without an end, --whole: JSON'
run "$XFLATE" verify "$made/good-set-1"
check 'two jobs without an end' grep -q '^sound, but 2 jobs have no end here: ' "$out"
run "$XFLATE" verify --whole "$made/good-set-1" "$made/good-set-2" "$made/good-set-3"
expect_status 0 '--whole of a whole set'
run "$XFLATE" verify --whole "$made/good-set-2" "$made/good-set-3"
expect_status 3 '--whole of jobs without a start'
says 'not whole: .*has no start of session here' '--whole of jobs without a start: it says so'
run "$XFLATE" verify --whole "$VOLUMES/bareos/vol-gzip6"
expect_status 0 '--whole of a whole volume'
done_testing
