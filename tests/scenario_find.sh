#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# find: every file of real volumes, with its verdict; the same out of an index; what is read again when volumes are the same, have grown,
# are others, are gone; indexes that are none.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

bareos=$VOLUMES/bareos
bacula=$VOLUMES/bacula
made=$VOLUMES/made
key_of() { printf '%s' "xflate-fixture:$1" | openssl dgst -sha512 -binary | head -c "${2:-64}"; }

# lines EXPRESSION: of each line of JSON in $out, as d
lines() { "$PYTHON" -c 'import json, sys
for line in open(sys.argv[2]):
    d = json.loads(line)
    print(eval(sys.argv[1]))' "$1" "$out" 2>&1; }

run "$XFLATE" find
expect_status 2 'without anything: usage'
run "$XFLATE" find x
expect_status 2 'without a volume: usage'
run "$XFLATE" find --update "$bareos/vol-none"
expect_status 2 '--update without an index: usage'

if run "$XFLATE" find --index none.db x; grep -q 'built without libsqlite3' "$err"; then
	skip 'indexes' 'built without libsqlite3'
	indexes=
else
	refused 2 'an index that is not there'
	says 'no such index' 'and says how one is made'
	is "$(in_folder .)" '' 'nothing is made'
	indexes=yes
fi

# ---- what is on a volume ----

# names_of TREE: of regular files and the like, as they are called there
names_of() { "$PYTHON" -c 'import ast, sys
for line in open(sys.argv[1]):
    print(repr(ast.literal_eval(line[:line.rindex("\x27") + 1] if line.startswith("\x27") and line.count("\x27") == 2 else line.split(" ")[0])))' \
	"$here/trees/$1" 2>/dev/null | sort; }

for v in bareos/vol-none bareos/vol-gzip6 bareos/vol-lzo bacula/plain-zstd3 bacula/plain-lzo-sparse; do
	run "$XFLATE" find --json '*' "$VOLUMES/$v"
	expect_status 0 "$v: all is found"
	files=$("$XFLATE" verify --json "$VOLUMES/$v" 2>/dev/null | sed -n 's/^ *"files_proved": \([0-9]*\).*/\1/p' | head -n 1)
	is "$(lines 'd["verdict"]' | grep -cE '^proven$')" "${files:-x}" "$v: as many are proven as verify proves"
	is "$(lines 'd["verdict"]' | grep -cvE '^(proven|empty|plausible)$')" 0 "$v: nothing is damaged"
done
tree_files=$(grep -c ' file ' "$here/trees/bareos-tree")
run "$XFLATE" find --json '*' "$bareos/vol-none"
is "$(lines 'd.get("kind", "file")' | grep -cE '^(file|hardlink)$')" "$tree_files" 'each file of the tree is there'
check 'names that are no UTF-8 come in hex, too' sh -c 'grep -q "\"file_hex\"" "$1"' sh "$out"

run "$XFLATE" find 'links/hard2.txt' "$bareos/vol-none"
expect_status 1 'a pattern with a slash is about whole names'
run "$XFLATE" find hard2.txt "$bareos/vol-none"
expect_status 0 'one without is about the last part'
check 'a line tells time, size, verdict, job, volume, FileIndex, name' grep -Eqx \
	'2023-11-14T22:14:08Z +3000  proven +job 1 +vol-none 54 +/srv/data/tree/links/hard2.txt' "$out"
run "$XFLATE" find -e hard2.txt -e target.txt "$bareos/vol-none"
is "$(wc -l <"$out")" 2 'two patterns'
run "$XFLATE" find --job 33 '*' "$bareos/vol-append"
is "$(grep -cE ' job 33 ' "$out") $(wc -l <"$out")" '14 14' 'of one job'
run "$XFLATE" find --since '2026-11-22T12:43:20Z' '*' "$bareos/vol-append"
is "$(wc -l <"$out")" 14 'of jobs since'
run "$XFLATE" find --until '2026-11-22T12:43:20Z' --client fd '*' "$bareos/vol-append"
is "$(wc -l <"$out")" 17 'of jobs until'
run "$XFLATE" find --since yesterday '*' "$bareos/vol-append"
expect_status 2 'no time'
xflate find --json hard2.txt - <"$bareos/vol-none" >"$out" 2>"$err"
is "$(lines 'd["verdict"]')" proven 'out of a pipe'
run "$XFLATE" find '*' "$made/bad-crc"
expect_status 3 'damage is told'
run "$XFLATE" find 'no such file' "$bareos/vol-none"
expect_status 1 'nothing is called so'
run "$XFLATE" find --json '*' "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
is "$(lines 'd["verdict"]' | grep -c cut)" 0 'over two volumes nothing is cut'
is "$(lines 'd.get("last_volume", "-")' | grep -c 'span')" 1 'one file lies on both'
run "$XFLATE" list --files "$bareos/vol-none"
expect_status 0 'list --files'
cp "$out" listed
run "$XFLATE" find --json '*' "$bareos/vol-none"
check 'is find of everything' cmp listed "$out"
key_of enc256-append >key
if [ -e "$bacula/enc256-append" ]; then
	run "$XFLATE" find '*' "$bacula/enc256-append"
	expect_status 4 'encrypted, without a key'
	run "$XFLATE" find --key file:key '*' "$bacula/enc256-append"
	expect_status 0 'and with it'
fi

[ -n "$indexes" ] || done_testing

# ---- the same out of an index ----

# told WHAT: the line about what was read
told() { grep '^xflate: index: ' "$err" | sed 's/.*index: //'; }

for v in bareos/vol-none bareos/vol-multi bacula/plain-interleave bareos/vol-sparse-lz4 made/good-interleaved made/good-win32 made/bad-crc; do
	rm -f one.db
	run "$XFLATE" find -q --json '*' "$VOLUMES/$v"
	sort "$out" >plain
	run "$XFLATE" find -q --json --index one.db '*' "$VOLUMES/$v"
	sed 's/"input": ""/"input": "'"$(printf '%s' "$VOLUMES/$v" | sed 's|/|\\/|g')"'"/' "$out" | sort >indexed
	check "$v: the same out of an index" cmp plain indexed
done

cp "$bareos/vol-none" vol-none
cp "$bareos/vol-gzip6" vol-gzip6
run "$XFLATE" find --index i.db --update vol-none vol-gzip6
expect_status 0 'an index of two volumes'
is "$(told)" '2 volumes read, 0 from where they had ended, 0 unchanged, 0 gone' 'both are read'
run "$XFLATE" find --index i.db hard2.txt
is "$(wc -l <"$out")" 2 'both versions without a volume'
run "$XFLATE" find --index i.db --job 3 hard2.txt
is "$(wc -l <"$out")" 1 'that of one job'
run "$XFLATE" find --index i.db --client nobody hard2.txt
expect_status 1 'of a client that is not there'

# Neither is read again: what would be seen is.
printf 'XXXXXXXXXXXXXXXX' | dd of=vol-none bs=1 seek=500000 conv=notrunc 2>/dev/null
run "$XFLATE" find --index i.db --update vol-none vol-gzip6
expect_status 0 'volumes of the same label, size and last block'
is "$(told)" '0 volumes read, 0 from where they had ended, 2 unchanged, 0 gone' 'are not read again'
rm vol-gzip6
run "$XFLATE" find --index i.db hard2.txt vol-none vol-gzip6
expect_status 0 'a volume that is gone'
says 'vol-gzip6: not there' 'is told of'
is "$(wc -l <"$out")" 2 'and its files stay'
run "$XFLATE" find --index i.db --volumes
is "$(grep -c GONE "$out") $(wc -l <"$out")" '1 2' 'and it is so among the volumes'
mkdir moved
cp "$bareos/vol-gzip6" moved/other-name
run "$XFLATE" find --index i.db --update moved/other-name
is "$(told)" '0 volumes read, 0 from where they had ended, 1 unchanged, 0 gone' 'it is known under another path'
run "$XFLATE" find --index i.db --volumes
is "$(grep -c GONE "$out")" 0 'which is taken down'
run "$XFLATE" find --index i.db x not-there
expect_status 1 'a volume that never was'
run "$XFLATE" find --index i.db hard2.txt
is "$(wc -l <"$out")" 2 'changes nothing'

# Grown: only what stands behind is read.
head -c 28141 "$bareos/vol-append" >grows
run "$XFLATE" find --index g.db '*' grows
is "$(wc -l <"$out")" 17 'the first job of a volume'
printf 'XXXX' >mark
cp "$bareos/vol-append" grows
dd if=mark of=grows bs=1 seek=20000 conv=notrunc 2>/dev/null
dd if="$bareos/vol-append" of=grows bs=1 skip=210 seek=210 count=1 conv=notrunc 2>/dev/null
run "$XFLATE" find --index g.db '*' grows
if expect_status 1 'changed inside, its last block is another one'; then :; fi
