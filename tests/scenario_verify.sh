#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# verify: sound volumes are called sound, with every digest counted that the oracle counts; what is wrong is named, by job,
# file and place; what it says in JSON is what it says in words.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# counts FILE: "files proved, of files with content, damaged" as the last line of a report says
counts() { sed -n '$s/^[A-Za-z][A-Za-z0-9, ]*: [0-9]* jobs*, \([0-9]*\) of \([0-9]*\) files with content proved by their digests\(, \([0-9]*\) damaged\)*\(, [0-9]* missing\)*$/\1 \2 \4/p' "$1"; }

# endless REPORT: what its last line has to say of jobs without an end
endless() {
	count=$(grep -c '^  ended:      not here$' "$1")
	case $count in
	0) ;;
	1) echo ', but 1 job has no end here' ;;
	*) echo ", but $count jobs have no end here" ;;
	esac
}

# json EXPRESSION: of the report in $out, as d
json() { "$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "$out" 2>&1; }

# One volume of the list: what verify counts is what the oracle proves (hard links apart: they have no content).
one() {
	listed "$1"
	[ "$flags" != '(set)' ] || flags=--partial
	run "$XFLATE" verify "$volume"
	case $name in
	vol-ax-sparse-*)
		expect_status 3 "$name: wounded"
		done_testing
		;;
	esac
	if [ "$flags" = '(encrypted)' ]; then
		refused 4 "$name: it is encrypted"
		done_testing
	fi
	expect_status 0 "$name: sound" || done_testing
	# Where a job has no end, it is not plain "sound".
	check "$name: the report says so" grep -q "^sound$(endless "$out"): " "$out"
	# shellcheck disable=SC2086 # options
	volcheck $flags "$volume" >"$work/oracle" 2>&1
	links=$("$XFLATE" verify -v "$volume" 2>/dev/null | grep -c '^empty  *-')
	proved=$(sed -n 's/.*digests=\([0-9]*\) ok.*/\1/p' "$work/oracle" | tail -n 1)
	mine=$(counts "$out")
	mine=${mine%% *}
	is "$((mine <= proved && mine + links >= proved))" 1 "$name: it proves the files that the oracle does ($mine, $proved)"
	cp "$out" report
	run "$XFLATE" verify -T1 - <"$volume"
	expect_status 0 "$name: from a pipe, one thread"
	check "$name: the same report" diff report "$out"
	run "$XFLATE" verify --json "$volume"
	is "$(json 'd["format"], d["sound"], d["complete"], d["exit_status"], d["files_proved"]')" "(1, True, True, 0, $mine)" "$name: JSON says the same"
	# Inflated, it is the same to the last digest.
	if "$XFLATE" -qq -i -o plain "$volume" 2>/dev/null; then
		run "$XFLATE" verify plain
		is "$(counts "$out")" "$(counts report)" "$name: inflated, the same files are proved"
	fi
	done_testing
}

[ "${1:-}" != --one ] || one "$2"

# --- sound ones ---

grep -E '^(bareos|bacula|bacula-mixed|made/good-)' "$VOLUMES/list" | grep -v good-set >"$work/list"
in_parallel "$work/list"

# What is written here stays out of the volumes that all scenarios read.
cp "$VOLUMES"/bareos/* . || exit 1
run "$XFLATE" verify vol-gzip6
expect_status 0 'a report: sound'
cat >"$work/wanted" <<'END'
volume vol-gzip6
  read:       735.0 kB (734952 bytes), 2 blocks, each with a checksum
job 3 (J-gzip6.2026-11-22_12.41.35_08)
  files:      30 proved (SHA-256), 31 without content
  content:    2.7 MB in 136 records
  ended:      status T, 61 files, 732768 bytes
sound: 1 job, 30 of 30 files with content proved by their digests
END
check 'a report: these words' diff "$work/wanted" "$out"
is "$(wc -c <"$err")" 0 'a report: nothing to warn of'
run "$XFLATE" verify "$VOLUMES/made/good-undoubled"
expect_status 0 'pages that bear their own address are no wound'
run "$XFLATE" verify "$VOLUMES/made/wound-doubled"
is "$(grep -c ': doubled: job 1 ' "$err")" 8 'doubled addresses: with digests and without'

# --- sets ---

run "$XFLATE" verify vol-span-gzip6-1 vol-span-gzip6-2
expect_status 0 'set: sound'
is "$(counts "$out")" '30 30 ' 'set: every file is proved'
run "$XFLATE" verify --json vol-span-gzip6-1 vol-span-gzip6-2
is "$(json '[v["volume"] for v in d["volumes"]]')" "['vol-span-gzip6-1', 'vol-span-gzip6-2']" 'set: each volume is in the report once'
run "$XFLATE" verify vol-span-gzip6-1
expect_status 0 'first of a set: sound as far as it goes'
check 'first of a set: a file is in parts' grep -q '1 in parts on other volumes' "$out"
says 'has no end here' 'first of a set: no end'
run "$XFLATE" verify vol-span-gzip6-2
expect_status 0 'second of a set: sound as far as it goes'
says 'has no start of session here' 'second of a set: no start'
run "$XFLATE" verify vol-span-gzip6-2 vol-span-gzip6-1
expect_status 3 'set in the wrong order: damage'
run "$XFLATE" verify "$VOLUMES/made/good-set-1" "$VOLUMES/made/good-set-3"
expect_status 3 'set with a volume missing: damage'
says 'begins on a volume that is not given' 'set with a volume missing: it says so'
cat vol-span-gzip6-1 vol-span-gzip6-2 >"$work/row"
run "$XFLATE" verify - <"$work/row"
is "$status $(counts "$out")" '0 30 30 ' 'a row of volumes in one stream'

# --- wounds ---

run "$XFLATE" verify vol-ax-sparse-lz4
expect_status 3 'doubled addresses: found'
is "$(grep -c 'doubled: job 47 (.*), FileIndex [0-9]* /srv/data/sparse/.* --repair mends it' "$err")" 6 'doubled addresses: six files by name'
check 'doubled addresses: the report' grep -q '^WOUNDED: 1 job, 7 of 7 files' "$out"
for options in '' '-i' '-r gzip:9' '-r lzo'; do
	# shellcheck disable=SC2086 # options
	run "$XFLATE" -q --repair $options -o "$work/mended" --force vol-ax-sparse-lz4
	expect_status 0 "--repair $options" || continue
	run "$XFLATE" verify "$work/mended"
	is "$status $(counts "$out")" '0 7 7 ' "--repair $options: each digest proves it"
	check "--repair $options: the oracle, too" volcheck --plain-digests "$work/mended"
done
run "$XFLATE" --repair -o "$work/same" vol-gzip6
expect_status 0 '--repair of a volume without a wound'
run "$XFLATE" verify -qq "$work/same"
expect_status 0 '--repair of a volume without a wound: sound'
check '--repair of a volume without a wound: the same' xflate compare -q vol-gzip6 --vs "$work/same"
run "$XFLATE" verify "$VOLUMES/made/wound-network-cut"
expect_status 3 'cut by the network: found'
is "$(grep -c 'cut: job 1 (.*), FileIndex [1-578] /srv/job/file[1-578]: ' "$err")" 7 'cut by the network: seven files by name'

# Of a file that only its digest tells to be doubled, a record is empty.
"$PYTHON" - "$here" empty <<'END'
import struct, sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
s = m.Session(m.Packer(cap=4096))
s.new(bytes(500), 30, size=77)
s.put(30, bytes(8) + m.encode("lz4", bytes(8) + bytes(500)))
s.put(30, b"")
s.digest(bytes(500))
open(sys.argv[2], "wb").write(m.whole("wound-empty", s.close()))
END
run "$XFLATE" -v --repair -o "$work/mended" --force empty
expect_status 0 'doubled addresses, an empty record among them: mended'
says 'records that held their address twice were mended' 'doubled addresses, an empty record among them: the digest tells'
rm -f empty

# A piece whose rest is not there is past mending.
"$PYTHON" "$here/mkvolume.py" --split wound-network-cut 49 first second
run "$XFLATE" --repair -o "$work/kept" first
refused 1 'cut by the network, its rest missing: --repair refuses'
says 'was cut at 999996 by the network layer, and its rest does not follow' 'cut by the network, its rest missing: it says so'
run "$XFLATE" --repair --on-damage=keep -o "$work/kept" first
expect_status 3 'cut by the network, its rest missing: kept'
rm -f first second

# Wounds where one volume of a set ends: within a piece, between two, among records that wait for what tells.
for place in network-cut:1 network-cut:15 network-cut:16 network-cut:17 network-cut:33 network-cut:130 network-cut:131 doubled:1 doubled:2 doubled:4 doubled:5; do
	name=wound-${place%:*}
	blocks=${place#*:}
	original=$VOLUMES/made/$name
	[ "$name" != wound-doubled ] || original=$VOLUMES/made/good-undoubled
	rm -rf "$work/set"
	mkdir "$work/set"
	"$PYTHON" "$here/mkvolume.py" --split "$name" "$blocks" first second
	for options in '' '-r gzip'; do
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -q --repair $options -o "$work/set" --force first second
		expect_status 0 "$name, a set cut behind block $blocks: --repair $options" || continue
		run "$XFLATE" verify -qq "$work/set/first" "$work/set/second"
		expect_status 0 "$name, a set cut behind block $blocks: --repair $options: sound"
		check "$name, a set cut behind block $blocks: --repair $options: the same" \
			xflate compare -q "$original" --vs "$work/set/first" "$work/set/second"
	done
	rm -f first second
done

# --- damage ---

for path in "$VOLUMES"/made/bad-*; do
	name=${path##*/}
	run "$XFLATE" verify "$path"
	expect_status 3 "$name: damaged"
	says "$name: damaged: .*[0-9]+ bytes at byte [0-9]+: " "$name: the place is named"
	cp "$err" words
	run "$XFLATE" verify --json "$path"
	is "$(json 'd["sound"], d["exit_status"], sum(p["kind"] == "damaged" for p in d["problems"])')" \
		"(False, 3, $(grep -c ': damaged: ' words))" "$name: JSON says the same"
done
run "$XFLATE" verify "$VOLUMES/made/bad-adler"
says 'bad-adler: damaged: job 1 \(.*\), FileIndex 3 /srv/job/file3: [0-9]+ bytes at byte' 'damage: job, file and name'
check 'damage: the report lists the file' grep -q '^  DAMAGED:    FileIndex 3 /srv/job/file3$' "$out"

# --- whole files lost ---

# zeroed VOLUME N OUTPUT: its N-th block becomes a hole; -N: the block is taken out
zeroed() {
	"$PYTHON" - "$@" <<'END'
import struct, sys
data, n = open(sys.argv[1], "rb").read(), int(sys.argv[2])
at = 0
for i in range(abs(n)):
    at += struct.unpack(">I", data[at + 4:at + 8])[0]
end = at + struct.unpack(">I", data[at + 4:at + 8])[0]
open(sys.argv[3], "wb").write(data[:at] + (bytes(end - at) if n > 0 else b"") + data[end:])
END
}
zeroed vol-nochecksum 11 "$work/hole"
zeroed vol-nochecksum -11 "$work/gone"
for name in hole gone; do
	run "$XFLATE" verify "$work/$name"
	expect_status 3 "$name: damaged"
	says "$name: damaged: job 38 \\(.*, FileIndex 19 to 29: nothing of these files is here" "$name: which files are gone"
	check "$name: the report" grep -q '^  missing:    FileIndex 19 to 29 (11 files)$' "$out"
	check "$name: the totals" grep -q '^DAMAGED: 1 job, 21 of 23 .*, 2 damaged, 11 missing$' "$out"
	run "$XFLATE" verify --json "$work/$name"
	is "$(json 'd["files_missing"], d["jobs"][0]["missing"], [(p["file_index"], p["last_file_index"]) for p in d["problems"] if "last_file_index" in p]')" \
		"(11, [{'first': 19, 'last': 29}], [(19, 29)])" "$name: JSON says the same"
	run "$XFLATE" --on-damage=skip --report "$work/report" --force -o "$work/skipped" "$work/$name"
	says "lost: job 38 \\(.*, FileIndex 19 to 29: nothing of these files is here" "$name: skip says so"
	cp "$work/report" "$out"
	is "$(json '[(l["file_index"], l["last_file_index"]) for l in d["damage"] if "last_file_index" in l]')" '[(19, 29)]' "$name: so does its report"
	run "$XFLATE" verify "$work/skipped"
	expect_status 0 "$name: what skip made is sound"
	says '12 files are missing in its FileIndex: left out when this volume was made' "$name: and the gap is told"
done
# A FileIndex that is none, of a piece whose beginning is not there, is no range of files.
"$PYTHON" - "$here" "$VOLUMES/made/good-cancelled" "$work/negative" <<'END'
import struct, sys
sys.path.insert(0, sys.argv[1])
import wounds
data = bytearray(open(sys.argv[2], "rb").read())
b = wounds.blocks_of(bytes(data))[0][6]
data[b.at + b.head:b.at + b.head + 4] = struct.pack(">i", -7)
data[b.at:b.at + b.size] = wounds.seal(data[b.at:b.at + b.size])
open(sys.argv[3], "wb").write(data)
END
for verb in verify list "compare --on-damage=skip $VOLUMES/made/good-cancelled --vs" '--on-damage=skip -o /dev/null'; do
	# shellcheck disable=SC2086 # words
	run "$XFLATE" $verb "$work/negative"
	says ': (damaged|lost): job 1 \([^)]*\): 988 bytes at byte [0-9]*: the beginning of this record is missing$' "a negative FileIndex, ${verb%% *}: of no file"
	fails "a negative FileIndex, ${verb%% *}: no range of files" grep -q 'FileIndex -' "$err"
done
# Of a job without its start the end tells the name.
zeroed vol-multi 10 "$work/start"
run "$XFLATE" verify "$work/start"
check 'a lost start: the job has its name' grep -q '^job 52 (J-multi-c.*), session 52/1795351262$' "$out"
check 'a lost start: the file has none' grep -q '^  DAMAGED:    FileIndex 1 (its name is lost)$' "$out"

# --- blocks that are lost: which files were in them ---

# Two jobs, blocks in turn, of 12 small files each.  The second job's second block holds the end of file 3, files 4 to 6
# and the attributes of file 7.
"$PYTHON" - "$here" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
def job(i):
    s = m.Session(m.Packer(cap=1024, sid=i, stime=i), i, i, i, "job%d" % i)
    for n in range(12):
        s.file(m.text(n, 158), 2)
    return s.close()
blocks = m.lay("lost", m.interleave([job(1), job(2)]))
third = [i for i, b in enumerate(blocks) if b[16:20] == b"\0\0\0\2"][1]
bad = blocks[third]
def write(name, block, rest=blocks[third + 1:]):
    with open(name, "wb") as f:
        f.write(b"".join(blocks[:third]) + block + b"".join(rest))
write("lost-hole", bytes(len(bad)))
write("lost-missing", b"")
write("lost-crc", bad[:500] + bytes([bad[500] ^ 1]) + bad[501:])
write("lost-swapped", blocks[third + 2], [blocks[third + 1], bad] + blocks[third + 3:])
write("lost-end", bytes(100), [])
END
for name in lost-hole lost-missing; do
	run "$XFLATE" verify "$name"
	expect_status 3 "$name: damaged"
	check "$name: files of which nothing is left are counted" grep -q '^  files:      7 proved (MD5), 2 DAMAGED, 3 missing$' "$out"
	check "$name: and listed" grep -q '^  missing:    FileIndex 4 to 6 (3 files)$' "$out"
	check "$name: all files are accounted for" grep -q '^DAMAGED: 2 jobs, 19 of 21 files .*, 2 damaged, 3 missing$' "$out"
	run "$XFLATE" verify --json "$name"
	is "$(json '[(j["results"]["proved"], j["files_missing"], j["missing"], [f["file_index"] for f in j["damaged_files"]]) for j in d["jobs"]]')" \
		"[(12, 0, [], []), (7, 3, [{'first': 4, 'last': 6}], [3, 7])]" "$name: JSON says the same"
	run "$XFLATE" -q --on-damage=skip --report report -o result "$name"
	says 'lost: job 2 .*, FileIndex 4 to 6: nothing of these files is here' "$name: skip says so, too"
	cp report "$out"
	is "$(json '[(l["file_index"], l["last_file_index"]) for l in d["damage"] if "last_file_index" in l]')" '[(4, 6)]' \
		"$name: and its report"
	rm -f result report
done
run "$XFLATE" -q --on-damage=skip -o result lost-crc
expect_status 3 'lost-crc: damaged'
for n in 3 4 5 6 7; do
	says "lost: job 2 .*, FileIndex $n /srv/job2/file$n: [0-9]+ bytes at byte [0-9]+: in the block that is left out" \
		"lost-crc: what skip leaves out is told by name: file $n"
done
says 'FileIndex 7 /srv/job2/file7: .*the attributes of its file are lost' 'lost-crc: and where it goes on'
rm -f result
run "$XFLATE" verify lost-crc
check 'lost-crc: verify reads on, only one file is hurt' grep -q '^  files:      11 proved (MD5), 1 DAMAGED$' "$out"
run "$XFLATE" verify lost-swapped
expect_status 3 'lost-swapped: damaged'
says 'FileIndex goes back from' 'lost-swapped: out of order'
is "$(grep -c -e LOST -e missing "$out")" 0 'lost-swapped: what is there after all is not lost'
is "$(sed -n 's/^  DAMAGED:    FileIndex \([0-9]*\) .*/\1/p' "$out" | tr '\n' ' ')" '3 7 10 ' \
	'lost-swapped: nor damaged, but for what is cut by the wrong order'
run "$XFLATE" verify --json lost-end
is "$(json '[(j["files_missing"], j["ended"]) for j in d["jobs"]]')" '[(0, False), (0, False)]' 'lost-end: how many are behind nobody knows'
# What a pipe says of a volume is what its file says.
"$XFLATE" verify --json - <lost-missing 2>/dev/null | grep -v '"input"' >piped
"$XFLATE" verify --json lost-missing 2>/dev/null | grep -v '"input"' >as-file
check 'from a pipe: the same report' cmp piped as-file

# --- all of it at once ---

run "$XFLATE" verify "$VOLUMES/made/false-wreck"
expect_status 3 'a wreck: damaged'
says 'stands here once more; nothing is missing for it' 'a wreck: the block that stands there twice'
says 'FileIndex [0-9]+ to [0-9]+: nothing of these files is here' 'a wreck: files of which nothing is left'
is "$(grep -c '^  DAMAGED:    FileIndex' "$out")" "$(sed -n '$s/.* \([0-9]*\) damaged.*/\1/p' "$out")" 'a wreck: the list is as long as its count'
is "$(sed -n '$s/.*, \([0-9]*\) of \([0-9]*\) files.*, \([0-9]*\) damaged, \([0-9]*\) missing/\1 \2 \3 \4/p' "$out" |
	awk '{ print $2 + $4, $1 + $3 + $4 }')" '30 30' 'a wreck: all files are accounted for'
run "$XFLATE" --on-damage=skip --force -o "$work/skipped" "$VOLUMES/made/false-wreck"
expect_status 3 'a wreck: skip'
run "$XFLATE" --force -o "$work/again" "$work/skipped"
expect_status 0 'a wreck: what skip made passes without damage'
check 'a wreck: and is the same' cmp "$work/skipped" "$work/again"

# --- a label that is lost ---

for path in bareos/vol-multi bacula/plain-interleave bacula/small-lzo; do
	name=${path#*/}
	mkdir -p "$work/lost"
	{ head -c 40 /dev/zero; tail -c +41 "$VOLUMES/$path"; } >"$work/lost/$name"
	run "$XFLATE" --on-damage=skip --force -o "$work/skipped" "$work/lost/$name"
	expect_status 3 "$name: the label is lost"
	says 'its label is lost: it gets one with the name of its file' "$name: which is told"
	run "$XFLATE" verify "$work/skipped"
	expect_status 0 "$name: what skip made is sound"
	check "$name: the volume's name" grep -q "^volume $name\$" "$out"
	check "$name: nothing else is lost" xflate compare -q "$VOLUMES/$path" --vs "$work/skipped"
	run "$XFLATE" list "$work/skipped"
	pool=$("$XFLATE" list "$VOLUMES/$path" | sed -n 's/^  pool: *\([^,]*\),.*/\1/p')
	check "$name: its pool is that of its first job" grep -q "^  pool: *$pool, media type File," "$out"
	is "$(sed -n 's/^  label: *\([A-Z][a-z]*\) .*/\1/p' "$out")" \
		"$("$XFLATE" list "$VOLUMES/$path" | sed -n 's/^  label: *\([A-Z][a-z]*\) .*/\1/p')" "$name: the product that wrote it"
done
"$XFLATE" --on-damage=skip <"$work/lost/vol-multi" >"$work/skipped" 2>"$err"
says 'its label is lost: it gets one with the made-up name rescued-50-1795351262' 'a lost label, from a pipe: its session names it'
run "$XFLATE" verify "$work/skipped"
expect_status 0 'a lost label, from a pipe: sound'
check 'a lost label, from a pipe: the new one' grep -q '^volume rescued-50-1795351262' "$out"

# --- right to the byte, and wrong all the same ---

false_one() {
	run "$XFLATE" verify "$VOLUMES/made/$1"
	expect_status 3 "$1: damaged"
	says "$1: damaged: job 1 \\(.*$2" "$1: and why"
}
false_one false-digest 'FileIndex 2 /srv/job/file2: its content does not match its SHA-256 digest'
false_one false-digest-length 'FileIndex 2 /srv/job/file2: its content does not match its MD5 digest'
false_one false-data-missing 'FileIndex 2 /srv/job/file2: its content does not match its MD5 digest'
false_one false-attributes 'FileIndex 2 /srv/job/file3: .*attributes of FileIndex 3'
false_one false-doubled-block 'a block of this job stands here once more; nothing is missing for it'
false_one false-swapped-blocks 'FileIndex goes back from 3'
false_one false-missing-block 'counts 2784 bytes and 4 files, but 2088 and 4 are here: a volume is missing'
false_one false-stream-change 'data of stream 2 behind stream 29: a restore passes over it'
false_one false-second-start 'a second start-of-session label'
false_one false-behind-end 'behind the job.s end-of-session label'
false_one false-job-files 'counts 996 bytes and 2 files, but 996 and 1 are here: a volume is missing'

# --- large files: their digest is of a kind seen before, or all are counted ---

"$PYTHON" - "$here" large <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
s = m.Session(m.Packer(cap=64512))
big = m.noise("big", 3000000)
s.file(big, 29, "gzip", 200000, "sha1")
s.file(big[1:], 29, "gzip", 200000, "sha1")
s.file(big[2:], 29, "gzip", 200000, "md5")
s.file(m.text(1, 900), 29, "gzip", 3000, "sha256")
open(sys.argv[2], "wb").write(m.whole("large", s.close()))
END
run "$XFLATE" verify large
expect_status 1 'a large file with a digest of another kind: not proved'
says 'not proved: job 1 .*FileIndex 3 /srv/job/file3: .* --all-digests' 'a large file with a digest of another kind: named, with the remedy'
check 'a large file with a digest of another kind: the report' grep -q '^NOT PROVED: 1 job, 3 of 4 files' "$out"
run "$XFLATE" verify --all-digests large
is "$status $(counts "$out")" '0 4 4 ' '--all-digests: proved'

# --- what it is asked ---

run "$XFLATE" verify -v "$VOLUMES/made/false-digest"
check '-v: a line for each file' grep -q '^proved  *MD5  *1/[0-9]* 1 /srv/job/file1$' "$out"
check '-v: the wrong one' grep -q '^WRONG  *SHA-256  *1/[0-9]* 2 /srv/job/file2$' "$out"
run "$XFLATE" verify -qq "$VOLUMES/made/false-digest"
is "$status $(wc -c <"$err")" '3 0' '-qq: only the report and the exit status'
run "$XFLATE" verify
refused 2 'no volume'
run "$XFLATE" verify --frobnicate vol-gzip6
refused 2 'an unknown option'
run "$XFLATE" verify nothing-here
refused 1 'no such file'
run "$XFLATE" verify /dev/null
refused 1 'an empty volume'
run "$XFLATE" verify --json nothing-here
is "$status $(json 'd["sound"], d["complete"], d["exit_status"]')" '1 (False, False, 1)' 'JSON of a run that failed'
# --- as many bytes as there should be ---

n=$(wc -c <vol-gzip6)
run "$XFLATE" verify -q --expect-bytes "$n" vol-gzip6
expect_status 0 'as many bytes as were expected'
run "$XFLATE" verify --json -q --expect-bytes $((n + 1)) vol-gzip6
expect_status 3 'fewer bytes than were expected'
says "^xflate: vol-gzip6: not whole: $n bytes were read, $((n + 1)) were expected: it was cut off" 'fewer bytes: told'
is "$(json '[p["kind"] for p in d["problems"]], d["sound"]')" "(['not whole'], False)" 'fewer bytes: in JSON'
"$PYTHON" "$here/mkvolume.py" good-tape-dump dump
run "$XFLATE" verify -q --expect-bytes "$(wc -c <dump)" dump
expect_status 0 'the padding of a dump counts'
xflate list --blocks vol-multi >blocks
cut=$(sed -n '10s/^block \([0-9]*\):.*/\1/p' blocks)
head -c "$cut" vol-multi >between
run "$XFLATE" -q -o passes - <between
expect_status 0 'a stream that is cut off between two blocks may have ended'
run "$XFLATE" -q -o nothing --map nothing.map --expect-bytes "$(wc -c <vol-multi)" - <between
expect_status 1 'and has not, where more bytes were expected'
says "^xflate: -: $cut bytes were read, .* were expected: it was cut off" 'a stream that was cut off: told'
check 'a stream that was cut off: nothing gets its name' test ! -e nothing -a ! -e nothing.map
run "$XFLATE" --expect-bytes 5 -o folder/ vol-multi vol-gzip6
refused 2 '--expect-bytes of several inputs'
done_testing
