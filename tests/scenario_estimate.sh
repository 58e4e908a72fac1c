#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# estimate: what it says of a conversion, against the conversion.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# A volume of 100 MB whose data changes from place to place: words, noise, zeros, in stretches of a seed.
"$PYTHON" -c 'import random, sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
r = random.Random(7)
s = m.Session(m.Packer(cap=64512), name="large")
words = [bytes(r.randrange(97, 123) for _ in range(r.randrange(2, 12))) for _ in range(3000)]
done = 0
while done < 100000000:
    kind, n = r.randrange(4), r.randrange(20000, 900000)
    if kind == 0:
        data = r.randbytes(n)
    elif kind == 1:
        data = bytes(n)
    else:
        data = b" ".join(r.choice(words) for _ in range(n // 7))
    s.file(data, 2, chunk=65536)
    done += len(data)
open("large", "wb").write(m.whole("large", s.close()))' "$here"
check 'there is a volume to choose from' [ "$(wc -c <large)" -gt 100000000 ]
judged() { "$PYTHON" -c 'import json, sys
d = json.load(open(sys.argv[1]))
for e in d["estimates"]:
    print(e["algorithm"] + (":%d" % e["level"] if "level" in e else ""), *[e[n] for n in sys.argv[2:]])' "$out" "$@"; }

# ---- right within its bounds ----
for algorithm in gzip:1 lz4 lzo; do
	xflate -q -r "$algorithm" large | wc -c >"true.$algorithm"
done
within=0
tried=0
for seed in 1 2 3 4 5 6 7 8; do
	run "$XFLATE" estimate --json --seed "$seed" --sample 8% -d gzip:1 -d lz4 -d lzo large
	expect_status 0 "seed $seed"
	judged bytes_out ratio_error >rows
	while read -r algorithm bytes error; do
		[ "$algorithm" != plain ] || continue
		tried=$((tried + 1))
		within=$((within + $("$PYTHON" -c 'import sys
out, error, true, size = map(float, sys.argv[1:])
print(int(abs(out - true) <= error * size))' "$bytes" "$error" "$(cat "true.$algorithm")" "$(wc -c <large)")))
	done <rows
done
is "$tried" 24 'three algorithms, eight samples'
check "$within of 24 are within the bound that holds for 95 of 100" [ "$within" -ge 21 ]
run "$XFLATE" estimate --json --seed 3 --sample 8% -d gzip:1 large
judged bytes_out ratio ratio_error >once
run "$XFLATE" estimate --json --seed 3 --sample 8% -d gzip:1 large
judged bytes_out ratio ratio_error >twice
check 'the same seed: the same sample, and the same size' cmp once twice
run "$XFLATE" estimate --json --seed 4 --sample 8% -d gzip:1 large
judged bytes_out ratio ratio_error >other
fails 'another seed: another sample' cmp -s once other
# All of it: no error, and the size but for blocks' headers and ends.
run "$XFLATE" estimate --json --sample all -d gzip:1 -d lz4 large
judged bytes_out ratio_error >rows
for algorithm in gzip:1 lz4; do
	# shellcheck disable=SC2046 # words
	set -- $(grep "^$algorithm " rows)
	is "$3" 0.0 "$algorithm, all of it: no error"
	check "$algorithm: $2 of $(cat "true.$algorithm") bytes, within a thousandth" "$PYTHON" -c 'import sys
a, b = float(sys.argv[1]), float(sys.argv[2])
sys.exit(abs(a - b) > b / 1000)' "$2" "$(cat "true.$algorithm")"
done
# Small real ones are read whole; what filter makes of them is what was said.
for volume in bareos/vol-gzip6 bareos/vol-lz4hc bareos/vol-multi bacula/plain-zstd3 bacula/plain-interleave bacula/plain-gzip1-sparse; do
	run "$XFLATE" estimate --json -d lzo "$VOLUMES/$volume"
	expect_status 0 "$volume"
	is "$("$PYTHON" -c 'import json; d = json.load(open("'"$out"'")); print(d["sample"]["share"], d["sample"]["records_cut"], d["sample"]["damage"])')" \
		'1.0 0 0' "$volume: all of it was read"
	said=$(judged bytes_out | sed -n 's/^lzo //p')
	real=$(xflate -q -r lzo "$VOLUMES/$volume" | wc -c)
	check "$volume: $said said, $real made" "$PYTHON" -c 'import sys
a, b = float(sys.argv[1]), float(sys.argv[2])
sys.exit(abs(a - b) > b / 50 + 300)' "$said" "$real"
done

# ---- what it shows ----
run "$XFLATE" estimate large
expect_status 0 'the usual ones'
check 'those of Bareos' grep -q '^lzfast ' "$out"
fails 'and none that it does not read' grep -q '^zstd' "$out"
run "$XFLATE" estimate "$VOLUMES/bacula/plain-zstd3"
check 'of Bacula zstd' grep -q '^zstd:3 ' "$out"
fails 'and no lz4' grep -q '^lz4' "$out"
run "$XFLATE" estimate -d zstd:3 large
check 'what is asked for is shown, with a word' grep -Eq '^zstd:3 .*does not read it' "$out"
run "$XFLATE" estimate -T1 --drive-rate 1 -d lz4 large
check 'a slow drive streams' grep -Eq '^lz4 .* streams$' "$out"
run "$XFLATE" estimate -T1 --drive-rate 1000G -d lz4 large
check 'a fast one stops' grep -Eq '^lz4 .* stops: 0 % of what it takes$' "$out"
run "$XFLATE" estimate --json "$VOLUMES/bareos/vol-gzip6"
is "$("$PYTHON" -c 'import json; print(*[s["algorithm"] for s in json.load(open("'"$out"'"))["stored"]])')" 'gzip other' 'how records are stored'
mkdir folder
cp "$VOLUMES/bareos/vol-gzip6" folder/a
cp "$VOLUMES/bareos/vol-lz4hc" folder/b
run "$XFLATE" estimate --recursive --json -d lz4 folder
is "$("$PYTHON" -c 'import json; d = json.load(open("'"$out"'")); print(d["volume_count"], d["bytes_in"])')" "2 $(cat folder/a folder/b | wc -c)" 'of all volumes in a folder'
run sh -c "'$XFLATE' estimate -d lz4 --json - <'$VOLUMES/bareos/vol-gzip6'"
expect_status 0 'a pipe is read whole'
is "$("$PYTHON" -c 'import json; print(json.load(open("'"$out"'"))["bytes_in"])')" "$(wc -c <"$VOLUMES/bareos/vol-gzip6")" 'and its size known then'

# ---- pictures ----
run "$XFLATE" estimate -d gzip:6 -d lz4 --plot picture.svg large
expect_status 0 'a picture'
check 'is XML' "$PYTHON" -c 'import sys, xml.dom.minidom as m
texts = [t.firstChild.data for t in m.parse("picture.svg").getElementsByTagName("text")]
assert "gzip:6" in texts and "lz4" in texts and any("second of one processor" in t for t in texts), texts'
check 'and can be drawn' rsvg-convert picture.svg -o picture.png
check 'with something in it' [ "$(wc -c <picture.png)" -gt 10000 ]
cp picture.svg before.svg
run "$XFLATE" estimate -d gzip:6 --plot picture.svg large
expect_status 1 'what is there is not replaced'
check 'it is as it was' cmp picture.svg before.svg
cp large victim
run "$XFLATE" estimate -d gzip:6 --plot victim victim
refused 2 'nor a volume'
check 'which is as it was' cmp large victim
rm -f victim
run "$XFLATE" estimate -d gzip:6 --plot - large
check 'as text' grep -Eq '^gzip:6 +[0-9.]+ % #+$' "$out"
is "$(awk 'length > 80' "$out" | grep -c '#')" 0 'in 80 columns'
is "$("$XFLATE" estimate -d gzip:6 --plot /dev/full large 2>&1 >/dev/null | grep -c 'No space left')" 1 'a full disk is told'

# ---- volumes that are not alike ----
# of OUT BYTES KIND: noise; words; or mix: long records of noise and short ones of words.
of() {
	"$PYTHON" -c 'import random, sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
out, size, kind = sys.argv[2], int(sys.argv[3]), sys.argv[4]
r = random.Random(out)
s = m.Session(m.Packer(cap=64512), name="job")
words = [bytes(r.randrange(97, 123) for _ in range(r.randrange(2, 12))) for _ in range(3000)]
text = b" ".join(r.choice(words) for _ in range(200000))
done = 0
while done < size:
    at = r.randrange(len(text) - 70000)
    if kind == "noise" or (kind == "mix" and r.random() < 0.3):
        data = r.randbytes(65536)
    elif kind == "mix":
        data = text[at:at + 4096]
    else:
        data = text[at:at + 65536]
    s.file(data, 2, chunk=65536)
    done += len(data)
open(out, "wb").write(m.whole("vol", s.close()))' "$here" "$@"
}
of noise1 9000000 noise
of noise2 9000000 noise
of words 60000000 words
of mix 60000000 mix
# near TEXT TRUE-BYTES FILE...: what is said of the files is within its bound, or a fiftieth
near() {
	text=$1 real=$2
	shift 2
	run "$XFLATE" estimate --json -d lz4 --sample 15% "$@"
	check "$text" "$PYTHON" -c 'import json, sys
d = json.load(open(sys.argv[1]))
e = [e for e in d["estimates"] if e["algorithm"] == "lz4"][0]
off, bound = abs(e["bytes_out"] - float(sys.argv[2])) / d["bytes_in"], max(1.5 * e["ratio_error"], 0.02)
print(e, d["sample"], off)
sys.exit(off > bound)' "$out" "$real"
}
real=$(for v in noise1 noise2 words; do xflate -q -r lz4 "$v"; done | wc -c)
near 'each volume counts by its size' "$real" noise1 noise2 words
real=$(xflate -q -r lz4 mix | wc -c)
near 'long records count by theirs' "$real" mix
cp mix mix2
near 'a copy counts as much' $((2 * real)) mix mix2
rm -f mix2
run "$XFLATE" estimate --json -d lz4 words missing
expect_status 1 'one that is not there'
is "$("$PYTHON" -c 'import json; d = json.load(open("'"$out"'")); print(d["volume_count"], d["volumes_left_out"])')" '1 1' 'costs itself alone'
says 'missing: cannot open' 'and is named'
run "$XFLATE" estimate -d lz4 words "$VOLUMES/bacula/enc256-append"
expect_status 4 'one that is encrypted, too'
says 'enc256-append: is encrypted; give its key' 'and is named'
# A volume that was backed up: its blocks are data.
"$PYTHON" -c 'import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
inner = open("words", "rb").read()[:20000000]
for name, cap in (("outer", 1000000), ("outer64", 64512)):
    s = m.Session(m.Packer(cap=cap), name="job")
    for i in range(2):
        s.file(inner, 2, chunk=65536)
    open(name, "wb").write(m.whole("vol", s.close()))' "$here"
for name in outer outer64; do
	for seed in 1 2 3 4; do
		run "$XFLATE" estimate --json --sample 10% --seed "$seed" -d lz4 "$name"
		expect_status 0 "$name: backups of backups, seed $seed"
	done
done
# Behind the volume nothing, and much of it.
cp "$VOLUMES/bareos/vol-none" holes
truncate -s 2T holes
began=$(date +%s)
run "$XFLATE" estimate -d lz4 --sample 0.0001% holes
refused 1 'nothing but zeros at the places'
says 'no block stands at any of' 'is said'
check 'and takes no time' [ $(($(date +%s) - began)) -lt 40 ]
# Nothing but rows of what looks like blocks, each of which breaks off: they cost no more than others.
"$PYTHON" -c 'import struct, sys
one = struct.pack(">III4sII", 0, 24, 1, b"BB02", 1, 1)
row = one * 37000 + b"\xff" * 40
sys.stdout.buffer.write(open(sys.argv[1], "rb").read() + row * 72)' "$VOLUMES/bareos/vol-none" >rows.vol
began=$(date +%s)
run "$XFLATE" estimate -d lz4 --sample 1% rows.vol
check "rows that lead nowhere: an end, and no success ($status)" [ "$status" = 1 ] || [ "$status" = 3 ]
check 'and soon' [ $(($(date +%s) - began)) -lt 30 ]
rm -f holes outer outer64 noise1 noise2 rows.vol

# ---- what cannot be ----
"$PYTHON" -c 'd = bytearray(open("large", "rb").read()); d[2000000:2300000] = bytes(300000); open("hurt", "wb").write(d)'
run "$XFLATE" estimate --sample all -d lz4 hurt
expect_status 3 'damage is told of'
says 'places in what was read are damaged' 'in words'
run "$XFLATE" estimate "$VOLUMES/bacula/enc256-append"
refused 4 'encrypted, and no key'
printf '%s' xflate-fixture:enc256-append | openssl dgst -sha512 -binary >key256
chmod 600 key256
run "$XFLATE" estimate --json -d gzip --key key256 "$VOLUMES/bacula/enc256-append"
expect_status 0 'with its key'
check 'it is read' [ "$(judged bytes_out | sed -n 's/^gzip:6 //p')" -gt 1000 ]
printf 'not it' >wrong
chmod 600 wrong
run "$XFLATE" estimate -d gzip --key wrong "$VOLUMES/bacula/enc256-append"
refused 4 'with another'
run "$XFLATE" estimate missing
refused 1 'one that is not there'
echo no >no
run "$XFLATE" estimate no
refused 1 'one that is none'
run "$XFLATE" estimate
refused 2 'none at all'
run "$XFLATE" estimate --json --sample 2/25 --seed 3 -d gzip:1 large
judged bytes_out ratio ratio_error >twice
check '2/25 is 8%' cmp once twice
for sample in 0/4 1/0 5/4 1/ /2 1/x 0% 101% -1% 5 x nan% 1e1% ''; do
	run "$XFLATE" estimate --sample "$sample" large
	refused 2 "--sample '$sample'"
done
run "$XFLATE" estimate -d brotli large
refused 2 'no such algorithm'
run "$XFLATE" estimate --json --plot - large
refused 2 'JSON and a picture on one stream'
run sh -c "'$XFLATE' estimate --sample 1% - <'$VOLUMES/bareos/vol-gzip6'"
expect_status 2 'a part of a pipe'
says 'reads all of it' 'is refused with the remedy'

done_testing
