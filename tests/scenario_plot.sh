#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# list --plot, verify --plot: maps of volumes, against the volumes (plotcheck.py), as SVG and on a terminal.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

bareos=$VOLUMES/bareos
made=$VOLUMES/made
judge() { "$PYTHON" "$here/plotcheck.py" "$@"; }
# draws FILE: it can be, and is no blank
draws() { rsvg-convert "$1" -o "$1.png" && [ "$(wc -c <"$1.png")" -gt 3000 ]; }

# ---- to the byte ----

for set in vol-gzip6 vol-multi 'vol-append vol-multi' 'vol-span-gzip6-1 vol-span-gzip6-2'; do
	paths=
	for v in $set; do paths="$paths $bareos/$v"; done
	rm -f m.svg
	# shellcheck disable=SC2086 # paths
	run "$XFLATE" list --json --plot m.svg $paths
	expect_status 0 "$set: a map"
	# shellcheck disable=SC2086 # paths
	check "$set: each box has its bytes, and all are the volume's" judge bins m.svg "$out" $paths
	check "$set: it can be drawn" draws m.svg
	# shellcheck disable=SC2086 # paths
	run "$XFLATE" verify -qq --force --plot v.svg $paths
	expect_status 0 "$set: verify draws"
	check "$set: the same" cmp m.svg v.svg
done
# Many jobs in one place: the largest have their own colours.
"$PYTHON" -c 'import random, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import mkvolume as m
r = random.Random(3)
queues = []
for i in range(1, 41):
    s = m.Session(m.Packer(m.BAREOS, "BB02", 4096, i), i, i, name="job%d" % i)
    for n in range(41 - i):
        s.file(r.randbytes(r.randrange(9000)), 2)
    queues.append(s.close())
open("many", "wb").write(m.whole("many", m.interleave(queues)))' "$here"
run "$XFLATE" list --json --plot many.svg many
expect_status 0 'forty jobs'
check 'forty jobs: each box has its bytes' judge bins many.svg "$out" many
check 'forty jobs: they can be drawn' draws many.svg
check 'forty jobs: six colours and a grey' grep -q '>34 other jobs: ' many.svg

# ---- damage is where it is ----

cp "$bareos/vol-multi" hurt
printf '\377' | dd of=hurt bs=1 seek=700123 conv=notrunc 2>/dev/null
run "$XFLATE" verify -qq --json --plot hurt.svg hurt
expect_status 3 'a byte that is wrong'
check 'flags are where its report says' judge marks hurt.svg "$out"
block=$("$PYTHON" -c 'import re, sys
sys.path.insert(0, sys.argv[1])
import plotcheck
print(*[b for b in plotcheck.blocks_of(sys.argv[2]) if b[0] <= 700123 < b[1]][0][:2])' "$here" "$bareos/vol-multi")
first=${block% *}
check 'its block is red' grep -q "fill=\"#e00000\"><title>damaged: [0-9]* bytes" hurt.svg
is "$(judge kind hurt.svg damaged)" $((${block#* } - first)) 'no more, and no less'
check 'a flag says so' grep -q "<title>byte $first: " hurt.svg
check 'it can be drawn' draws hurt.svg
run "$XFLATE" list --json --plot hurt2.svg hurt
expect_status 3 'list finds it, too'
check 'the boxes are the volume' judge sums hurt2.svg "$out"
is "$(judge kind hurt2.svg damaged)" $((${block#* } - first)) 'the block is damaged'
run env COLUMNS=100 "$XFLATE" list -qq --plot - hurt
is "$("$PYTHON" -c 'import sys
line = [l for l in open(sys.argv[1]) if l[0] == "|"][0].strip()[1:-1]
bad = [i for i, c in enumerate(line) if c == "X"]
size = int(sys.argv[4])
wanted = range(int(sys.argv[2]) * 98 // size, (int(sys.argv[3]) - 1) * 98 // size + 1)
print(len(line), set(wanted) <= set(bad), len(bad) <= len(wanted) + 3)' \
	"$out" "$first" "${block#* }" "$(wc -c <hurt)" 2>&1)" '98 True True' 'as text it is in its columns'
for v in "$made"/bad-* "$made"/wound-* "$made"/false-*; do
	rm -f b.svg
	"$XFLATE" verify -qq --json --plot b.svg "$v" >b.json 2>"$err"
	judge marks b.svg b.json >"$work/said" 2>&1 || echo "verify ${v##*/}: $(cat "$work/said")" >>"$work/wrong"
	"$XFLATE" list -qq --json --force --plot b.svg "$v" >b.json 2>"$err"
	judge sums b.svg b.json >"$work/said" 2>&1 || echo "list ${v##*/}: $(cat "$work/said")" >>"$work/wrong"
	draws b.svg || echo "${v##*/}: cannot be drawn" >>"$work/wrong"
done
check 'bad, wounded and false ones: flags at their places, boxes from end to end' [ ! -e "$work/wrong" ] || show "$work/wrong"

run "$XFLATE" verify -qq --json --plot wound.svg "$made/wound-doubled"
count=$("$PYTHON" -c 'import json, sys
print(sum(p["kind"] != "note" and "address" not in p for p in json.load(open(sys.argv[1]))["problems"]))' "$out")
check 'what has no place is counted' [ "$count" -gt 1 ]
check '... and said' grep -q ", $count findings without a place<" wound.svg

# ---- what is not read, encrypted, of blocks ----

head -c 1000000 "$bareos/vol-multi" >short
if with_shim 'a volume that cannot be read to its end'; then
	run env LD_PRELOAD="$shim" FAULT_BAD="$(stat -c %i hurt):1200000" "$XFLATE" list --json --plot unread.svg hurt
	expect_status 1 'a volume that cannot be read to its end'
	unread=$(judge kind unread.svg 'not read')
	check 'its map has the rest as not read' [ "${unread:-0}" -ge 600000 ]
	check 'and says so' grep -q 'not read to its end' unread.svg
fi
run "$XFLATE" list --json --plot gone.svg "$bareos/vol-gzip6" missing
expect_status 1 'a volume that is not there'
check 'the map has the one before it, and names it' grep -q '>missing: 0 B' gone.svg
check 'it can be drawn' draws gone.svg
umask 077
openssl rand 64 >key
umask 022
"$XFLATE" -qq -d gzip --encrypt aes-256-xts --new-key key --block-format bb03 --target bacula -o enc "$VOLUMES/bacula/plain-none-sparse" 2>"$err"
run "$XFLATE" list --json --plot enc.svg enc
check 'encrypted: from end to end' judge sums enc.svg "$out"
label=$(judge kind enc.svg 'volume label')
is "$(judge kind enc.svg 'encrypted, no key')" $(($(wc -c <enc) - label)) 'encrypted: so it says'
run "$XFLATE" list --json --key key --force --plot enc.svg enc
check 'with the key: from end to end' judge sums enc.svg "$out"
is "$(judge kind enc.svg 'encrypted, no key')" 0 'with the key: it is its jobs'
"$XFLATE" -qq -r lz4 --dedupable -o folder "$bareos/vol-multi"
run "$XFLATE" list --json --plot folder.svg folder
check 'a volume of numbered blocks: from end to end' judge sums folder.svg "$out"
check 'its axis says what it is of' grep -q 'bytes that were read of the volume up to there' folder.svg
run sh -c '"$1" list --json --plot pipe.svg - <"$2"' sh "$XFLATE" "$bareos/vol-multi"
check 'out of a pipe: each box has its bytes' judge bins pipe.svg "$out" "$bareos/vol-multi"

# ---- on a terminal ----

widest() { "$PYTHON" -c 'import sys
print(max(len(l) for l in open(sys.argv[1], encoding="utf-8", errors="replace").read().split("\n")))' "$out"; }
run env -u COLUMNS "$XFLATE" list -qq --plot - "$bareos/vol-multi"
expect_status 0 'as text'
# Behind what list tells anyway.
sed -n '/^$/,$p' "$out" >map
cp map "$out"
is "$(widest)" 80 'eighty columns'
check 'jobs have their letters' grep -q '^A .*job 50' "$out"
check 'the strip' grep -Eq '^\|[ABC]{78}\|$' "$out"
check 'jobs begin and end' grep -Eq '^ \[.*\[.*\].*\]$' "$out"
check 'the axis has its unit' grep -Eq "^bytes from the volume's beginning; a column: 23.8 kB" "$out"
for columns in 40 60 132; do
	run env COLUMNS=$columns "$XFLATE" verify -qq --plot - hurt
	expect_status 3 "$columns columns"
	is "$(widest)" $columns "$columns columns: as wide as that"
done
odd=$(printf 'v<&">\033[31m\377\302\233\357\277\277\001 x')
cp hurt "$odd"
run "$XFLATE" verify -qq --plot - "$odd"
is "$(LC_ALL=C tr -d '\012\040-\176\277\357\377' <"$out" | wc -c)" 0 'nothing of a name reaches the terminal that it would obey'
run "$XFLATE" verify -qq --plot odd.svg "$odd"
check 'and in SVG it is escaped' draws odd.svg
check 'as it is' grep -q 'v&lt;&amp;&quot;&gt;?\[31m' odd.svg

# ---- large ----

"$PYTHON" -c 'import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import mkvolume as m
s = m.Session(m.Packer(cap=64512), name="large")
for i in range(34000):
    s.file(b"%d" % i * 40, 2)
open("large", "wb").write(m.whole("large", s.close()))' "$here"
run "$XFLATE" list --json --plot large.svg large
expect_status 0 'a volume of many records'
check 'there are 100,000' [ "$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["volumes"][0]["jobs"][0]["records"])' "$out")" -ge 100000 ]
check 'its map is small' [ "$(wc -c <large.svg)" -lt 100000 ]
check 'each box has its bytes' judge bins large.svg "$out" large
# A hundred thousand places.
"$PYTHON" -c 'import sys
d = bytearray(open("large", "rb").read())
for at in range(70000, len(d), 300):
    d[at] ^= 255
open("riddled", "wb").write(d)'
run "$XFLATE" verify -qq --plot riddled.svg riddled
expect_status 3 'one with holes'
check 'its map is small, too' [ "$(wc -c <riddled.svg)" -lt 1000000 ]
check 'and can be drawn' draws riddled.svg

# ---- what is in the way ----

echo kept >there.svg
run "$XFLATE" list --plot there.svg "$bareos/vol-gzip6"
expect_status 1 'what is there is not replaced'
says 'there.svg: exists already; use --force' 'and how it is'
is "$(cat there.svg)" kept 'it is as it was'
run "$XFLATE" verify -qq --json --plot there.svg "$bareos/vol-gzip6"
expect_status 1 'verify: neither'
is "$("$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["complete"], d["exit_status"], "exists" in d["error"], d["where"])' "$out")" \
	'False 1 True there.svg' 'and its JSON says so'
run "$XFLATE" list -q --force --plot there.svg "$bareos/vol-gzip6"
expect_status 0 '--force'
check 'it is the map' draws there.svg
cp "$bareos/vol-gzip6" victim
for verb in list verify estimate; do
	run "$XFLATE" $verb --force --plot victim victim
	expect_status 2 "$verb: over the volume itself: never"
	run "$XFLATE" $verb --force --plot folder/block folder
	expect_status 2 "$verb: into a volume that is a folder: never"
	run "$XFLATE" $verb --plot none/x.svg victim
	expect_status 1 "$verb: a folder that is not there"
	run "$XFLATE" $verb --json --plot - victim
	refused 2 "$verb: JSON and a picture on standard output"
	run "$XFLATE" $verb --force victim
	refused 2 "$verb: --force without --plot"
	run "$XFLATE" $verb --plot '' victim
	refused 2 "$verb: no path"
	run "$XFLATE" $verb --json --plot /dev/full victim
	expect_status 1 "$verb: a full disk"
	is "$("$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["exit_status"], "No space left" in d["error"], d["where"])' "$out")" \
		'1 True /dev/full' "$verb: its JSON says so"
	run sh -c '"$1" "$2" --plot - victim >/dev/full' sh "$XFLATE" $verb
	check "$verb: text on a full disk: told" [ "$status" -ne 0 ]
done
check 'the volume is as it was' cmp victim "$bareos/vol-gzip6"
run "$XFLATE" verify --recursive --plot x.svg .
refused 2 'of many units: none'
run "$XFLATE" list --files --plot x.svg victim
refused 2 'nor of files'
run "$XFLATE" list --plot key.svg --key nokey victim
fails 'a run that fails before it reads leaves none' [ -e key.svg ]
done_testing
