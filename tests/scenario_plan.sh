#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# xflate plan: units of all real and made volumes, in any order; neighbours that are missing, copies, folders of every kind, lists, names
# that are odd, what is no volume, very many.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-$(dirname "$XFLATE")}

# units: of the last run, their volumes' names, a line each
units() { cut -f 4- "$out" | sed 's|[^ 	]*/||g' | tr '\t' ' '; }

# shuffled SEED FILE...: one a line
shuffled() {
	"$PYTHON" -c 'import random, sys
names = sys.argv[2:]
random.Random(sys.argv[1]).shuffle(names)
print("\n".join(names))' "$@"
}

# ---- every volume there is ----
run "$XFLATE" plan -q --recursive "$VOLUMES/bareos" "$VOLUMES/bacula"
expect_status 3 'the real volumes: a job was broken off'
cp "$out" wanted
is "$(wc -l <wanted)" "$(($(find "$VOLUMES/bareos" "$VOLUMES/bacula" -type f | wc -l) - 2))" 'all are units of their own but two pairs'
is "$(units | grep ' ')" "plain-span1 plain-span2
vol-span-gzip6-1 vol-span-gzip6-2" 'and those are in order'
is "$(grep -c has.no.end.here "$err")" 1 'the job without an end is the one that was broken off'
says 'vol-crashed: job 64 ' 'and its volume and job are named'
for seed in 1 2 3; do
	# shellcheck disable=SC2046 # the names have no blanks
	shuffled $seed $(find "$VOLUMES/bareos" "$VOLUMES/bacula" -type f) >names
	run "$XFLATE" plan -qq --files-from names
	check "in another order ($seed) it is the same plan" cmp wanted "$out"
done
check 'a glance, a look at every block and filter find the same: Bareos' timeout 60 "$BUILD/tests/check_units" "$VOLUMES"/bareos/*
check 'and Bacula' timeout 60 "$BUILD/tests/check_units" "$VOLUMES"/bacula/*
: >others
for v in "$VOLUMES"/made/*; do timeout 60 "$BUILD/tests/check_units" "$v" >>others 2>&1 || echo "$v" >>others; done
check 'and of each made one' [ ! -s others ] || sed 's/^/# /' others
check 'and of a set of three' timeout 60 "$BUILD/tests/check_units" "$VOLUMES"/made/good-set-[123]
for whole in '' --whole; do
	: >orders
	for order in '1 2 3' '1 3 2' '2 1 3' '2 3 1' '3 1 2' '3 2 1'; do
		# shellcheck disable=SC2046,SC2086 # options
		run "$XFLATE" plan -q $whole $(for n in $order; do echo "$VOLUMES/made/good-set-$n"; done)
		echo "$status $(units)"
	done | sort -u >orders
	is "$(cat orders)" '0 good-set-1 good-set-2 good-set-3' "three volumes in six orders $whole"
done

# ---- what is not here ----
set=$VOLUMES/made/good-set
run "$XFLATE" plan "$set-3" "$set-1"
expect_status 3 'without the second'
is "$(units)" 'good-set-1 good-set-3' 'those two still belong together'
says 'good-set-1: job 1 .*does not go on on .*good-set-3 where it is cut' 'a volume is missing between them'
run "$XFLATE" plan "$set-3" "$set-2"
expect_status 3 'without the first'
says 'good-set-2: .*begins on a volume that is not here' 'a job begins on it'
run "$XFLATE" plan "$set-1" "$set-2"
expect_status 3 'without the third'
says 'good-set-2: job 1 .*has no end here' 'a job goes on behind it, or was broken off'
says '1 unit of 2 volumes, .*; 1 incomplete; 0 not read' 'the last line counts'
run "$XFLATE" plan -q "$VOLUMES/made/good-unfinished"
expect_status 3 'a job without an end may have gone on'
run "$XFLATE" plan -q "$VOLUMES/made/good-cancelled"
expect_status 0 'but not where others began behind it'
run "$XFLATE" plan -q "$VOLUMES/bareos/vol-append"
expect_status 0 'all is here of what was appended to'

# ---- copies ----
mkdir first second third
cp "$set-1" "$set-2" "$set-3" first
cp "$set-1" "$set-2" "$set-3" second
cp "$set-2" third
run "$XFLATE" plan --recursive second third first
expect_status 3 'a copy of all, and one of a part'
is "$(cut -f 3 "$out" | tr '\n' ' ')" 'good-set-1 good-set-1-2 good-set-2 ' 'three units, each with a name of its own'
is "$(cut -f 4 "$out" | tr '\n' ' ')" 'first/good-set-1 second/good-set-1 third/good-set-2 ' 'copies go with copies'
is "$(cut -f 6 "$out" | tr '\n' ' ')" 'first/good-set-3 second/good-set-3  ' 'up to the last'
is "$(grep -c 'is called' "$err")" 4 'volumes of one name are told'
xflate -q --rename good-set-1=other -o renamed "$set-1" 2>/dev/null
run "$XFLATE" plan -q renamed "$set-1" "$set-2" "$set-3"
says 'job 1 .* is here and on .*: one is a copy of the other' 'under another name it is told by its job'
ln first/good-set-1 first/again
run "$XFLATE" plan -q first/again first/good-set-1 first/good-set-1 first/good-set-2 first/good-set-3
expect_status 0 'one file under two names is one volume'
is "$(units)" 'again good-set-2 good-set-3' 'under the first of them'
rm first/again

# ---- volumes that are folders ----
mkdir folders
for v in vol-span-gzip6-1 vol-span-gzip6-2; do
	xflate -q --chunk-size 10485760 -o "folders/chunks-$v" "$VOLUMES/bareos/$v"
	xflate -q --dedupable -o "folders/dedup-$v" "$VOLUMES/bareos/$v" 2>/dev/null
done
xflate -q --part-size 70000 -o folders "$VOLUMES/bacula/plain-span1" "$VOLUMES/bacula/plain-span2" 2>/dev/null
for pair in chunks-vol-span-gzip6- dedup-vol-span-gzip6- plain-span; do
	run "$XFLATE" plan -q "folders/${pair}2" "folders/${pair}1"
	expect_status 0 "$pair: a set of folders"
	is "$(units)" "${pair}1 ${pair}2" "$pair: in order"
	check "$pair: a glance, a look at every block and filter find the same" \
		timeout 60 "$BUILD/tests/check_units" "folders/${pair}1" "folders/${pair}2"
done
run "$XFLATE" plan -q --recursive folders
is "$(cut -f 4- "$out" | tr '\t' '\n' | grep -c folders/)" 6 'a folder of folders: each is one volume'
run "$XFLATE" plan -q first
refused 2 'a folder that is none wants --recursive'

# ---- large ones are not read ----
"$PYTHON" - <<'END'
import struct, zlib
def block(sid, body):
    b = struct.pack(">II4sII", 24 + len(body), 0, b"BB02", sid, 7) + body
    return struct.pack(">I", zlib.crc32(b)) + b
label = open("first/good-set-1", "rb").read(300)
label = label[:struct.unpack(">I", label[4:8])[0]]
with open("large", "wb") as f:
    f.write(label)
    middle = block(2, struct.pack(">iiI", 5, -2, 9000000) + bytes(64488 - 12))
    for n in range(800):
        sid = 1 if n < 100 else 2 if n < 700 else 3
        f.write(middle if sid == 2 else block(sid, struct.pack(">iiI", 5, -2, 9000000) + bytes(64488 - 12)))
with open("huge", "wb") as f:
    f.write(label)
    for sid in (1, 3):
        f.seek(0 if sid == 1 else 1 << 40, 1)
        for n in range(100):
            f.write(block(sid, struct.pack(">iiI", 5, -2, 9000000) + bytes(64488 - 12)))
END
run "$XFLATE" plan -q huge
expect_status 3 'a terabyte (a hole in it) takes no time'
is "$(grep -c 'session [13]/7' "$err")" 2 'both ends of it are seen'
run "$XFLATE" plan -q large
is "$(grep -c 'session [13]/7' "$err") $(grep -c 'session 2/7' "$err")" '2 0' 'what lies far from both ends is not seen'
run "$XFLATE" plan -q --whole large
says 'session 2/7 begins on a volume' 'but with --whole'
"$PYTHON" - <<'END'
import os, struct
data = open("large", "rb").read()
for name in ("chunked", "parted", "deduped"):
    os.mkdir(name)
for n, at in enumerate(range(0, len(data), 10485760)):
    with open("chunked/%04d" % n, "wb") as f:
        f.write(data[at:at + 10485760])
at, n = 0, 1
while at < len(data):
    with open("parted/part.%d" % n, "wb") as f:
        while at < len(data) and (f.tell() == 0 or (n > 1 and f.tell() < 3000000)):
            length = struct.unpack(">I", data[at + 4:at + 8])[0]
            f.write(data[at:at + length])
            at += length
    n += 1
# Each block is one part, in the file that takes any length.  formats/volume-kinds.md 2
blocks, parts, payload, at = b"", b"", b"", 0
while at < len(data):
    length = struct.unpack(">I", data[at + 4:at + 8])[0]
    blocks += data[at:at + 24] + struct.pack(">I4xQ", 1, len(parts) // 16)
    parts += struct.pack(">IIQ", 1, length - 24, len(payload))
    payload += data[at + 24:at + length]
    at += length
config = struct.pack(">QIIII", 1, 37, 1, 1, 2) + b"blockspartsaligned.dataunaligned.data"
config += struct.pack(">IIQQI4x", 0, 6, 0, len(blocks) // 40, 0) + struct.pack(">IIQQI4x", 6, 5, 0, len(parts) // 16, 0)
config += struct.pack(">IIQQIB3x", 11, 12, 0, 4096, 0, 0) + struct.pack(">IIQQIB3x", 23, 14, len(payload), 1, 1, 0)
for name, what in (("config", config), ("blocks", blocks + bytes(4000)), ("parts", parts), ("aligned.data", b""), ("unaligned.data", payload)):
    with open("deduped/" + name, "wb") as f:
        f.write(what)
END
for kind in chunked parted deduped; do
	run "$XFLATE" plan -q $kind
	expect_status 3 "$kind: both ends of a large one"
	is "$(grep -c 'session [13]/7' "$err") $(grep -c 'session 2/7' "$err") $(grep -c damaged "$err")" '2 0 0' "$kind: are what is read"
	run "$XFLATE" plan -q --whole $kind
	is "$(grep -c 'session [123]/7' "$err") $(grep -c damaged "$err")" '6 0' "$kind: or all of it"
done
rm chunked/0002 parted/part.7
for kind in chunked parted; do
	run "$XFLATE" plan -q $kind
	is "$(grep -c damaged "$err")" 0 "$kind: what is missing far from both ends is not seen"
	run "$XFLATE" plan -q --whole $kind
	is "$(grep -c damaged "$err")" 1 "$kind: but with --whole"
done

# ---- a volume that is called as a piece of one ----
for piece in 0000 part.1; do
	mkdir "as-$piece"
	cp "$VOLUMES/bareos/vol-gzip6" "as-$piece/$piece"
	cp "$VOLUMES/bareos/vol-lzo" "as-$piece/Full-1"
	cp "$VOLUMES/bareos/vol-none" "as-$piece/Full-2"
	echo text >"as-$piece/readme"
	run "$XFLATE" plan --recursive "as-$piece"
	expect_status 0 "$piece: a volume of that name"
	is "$(cut -f 4- "$out" | tr '\n' ' ')" "as-$piece as-$piece/Full-1 as-$piece/Full-2 " "$piece: hides no other"
	is "$(grep -c "^xflate: as-$piece: is taken for one volume, and Full-[12] in it for another" "$err")" 2 "$piece: it is told"
done

# ---- lists, names, what is left out ----
mkdir -p odd/sub odd/empty
cp "$VOLUMES/bareos/vol-gzip6" "odd/a b'c"
cp "$VOLUMES/bareos/vol-lzo" "odd/new
line"
cp "$VOLUMES/bareos/vol-lz4hc" "$(printf 'odd/sub/\377')"
cp "$VOLUMES/bareos/vol-none" odd/.hidden
cp "$VOLUMES/bareos/vol-none" odd/v.orig
cp "$VOLUMES/bareos/vol-none" odd/v.xflate-new
echo '{"format":1}' >odd/report.json
head -c 300000 /dev/zero >odd/zeros
: >odd/nothing
ln -s ../first odd/link
ln -s . odd/sub/round
mkfifo odd/pipe
run "$XFLATE" plan -v --recursive odd
expect_status 1 'one of them cannot stand in a line'
says 'vol-lzo: the name of a volume of it cannot stand in a line; --json' 'it is told'
is "$(wc -l <"$out")" 2 'the others do'
is "$(cut -f 4 "$out" | od -An -c | tr -d ' \n')" "odd/ab'c\\nodd/sub/377\\n" 'as they are'
is "$(grep -c 'left out:' "$err")" 9 'each that was left out is told with -v'
run "$XFLATE" plan -qq --json --recursive odd
expect_status 0 'JSON tells all'
is "$("$PYTHON" -c 'import json, sys
for u in json.load(sys.stdin)["units"]:
    for v in u["volumes"]:
        print(repr(v["input"]), v.get("input_hex"), v["volume"], v["bytes"])' <"$out")" \
	"\"odd/a b'c\" None vol-gzip6 734952
'odd/sub/�' 6f64642f7375622fff vol-lz4hc 836461
'odd/new\\nline' None vol-lzo 1029811" 'paths as they are, in hex where they are no UTF-8'
find odd/sub -type f -print0 >names
run "$XFLATE" plan -q --null --files-from names
expect_status 0 'a list of names that end in NUL'
find first -type f | sort -r | timeout 60 "$XFLATE" plan -q --files-from - >"$out"
is "$(units)" 'good-set-1 good-set-2 good-set-3' 'a list on standard input'
run "$XFLATE" plan --null first/good-set-1
refused 2 '--null alone'
run "$XFLATE" plan --recursive odd/empty
refused 1 'an empty folder: there may be no disk mounted'
run "$XFLATE" plan --files-from missing
refused 1 'a list that is not there'
run "$XFLATE" plan
refused 2 'nothing'
run "$XFLATE" plan first/good-set-1 ''
refused 2 'an empty name'
run "$XFLATE" plan --files-from - - </dev/null
refused 2 'standard input twice'

# ---- what cannot be read costs no other ----
run "$XFLATE" plan "$VOLUMES/bareos/vol-gzip6" odd/zeros missing odd/pipe odd/nothing -
expect_status 1 'no volumes among them'
is "$(units)" vol-gzip6 'the volume is there'
is "$(grep -c '^xflate: .*\(no volume\|No such file\|is empty\|only once\)' "$err")" 5 'of each of the others is told why not'
says '; 5 not read$' 'and how many those are'
run "$XFLATE" plan -qq --json odd/zeros "$VOLUMES/bareos/vol-gzip6"
is "$("$PYTHON" -c 'import json, sys
p = json.load(sys.stdin)
print(len(p["units"]), [(u["input"], "no volume" in u["error"]) for u in p["unread"]])' <"$out")" "1 [('odd/zeros', True)]" 'JSON, too'
head -c 500000 "$VOLUMES/bareos/vol-gzip6" >short
run "$XFLATE" plan -q short
expect_status 3 'one that was cut off'
says 'short: what was looked at is damaged' 'is told as damaged'
run sh -c '"$0" plan "$1" >/dev/full' "$XFLATE" "$VOLUMES/bareos/vol-gzip6"
expect_status 1 'a full standard output is an error'

# ---- the largest first ----
run "$XFLATE" plan -qq --largest-first --recursive "$VOLUMES/bareos"
cut -f 2 "$out" >sizes
check 'the largest first' sort -rnc sizes
is "$(cut -f 1 "$out" | tr '\n' ' ')" "$(seq -s ' ' "$(wc -l <"$out")") " 'numbers follow the lines'

# ---- very many ----
mkdir many
"$PYTHON" - <<'END'
import struct, zlib
label = open("first/good-set-1", "rb").read(300)
label = label[:struct.unpack(">I", label[4:8])[0]]
def block(sid, body):
    b = struct.pack(">II4sII", 24 + len(body), 0, b"BB02", sid, 7) + body
    return struct.pack(">I", zlib.crc32(b)) + b
# Each third has the rest of the job on the one before it.
for n in range(10000):
    body = label[36:].replace(b"good-set-1\0", b"v%09d\0" % (7919 * n % 10000))
    v = 7919 * n % 10000
    with open("many/%d" % n, "wb") as f:
        f.write(block(0, label[24:36] + body))
        f.write(block(v - (v % 3 == 2) + 1, struct.pack(">iiI", 1 + v % 3, 2 if v % 3 < 2 else -2, 100 if v % 3 == 0 else 50) + bytes(50)))
END
run "$XFLATE" plan -qq --recursive many
is "$(wc -l <"$out") $(cut -f 5 "$out" | grep -c many)" '6667 3333' 'ten thousand volumes'
is "$(cut -f 4- "$out" | tr '\t' '\n' | sort -u | wc -l)" 10000 'each in one unit'
done_testing
