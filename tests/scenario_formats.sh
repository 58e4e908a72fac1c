#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# xflate-formats(5): what it says of files and lines is so, both ways, of what the program writes and of what it takes.
# shellcheck disable=SC2317 # check calls functions by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
page=${here%/tests}/man/xflate-formats.5
formats() { "$PYTHON" "$here/formats.py" "$@"; }
bareos=$VOLUMES/bareos
keys=$here/keys

# ---- JSON ----

if "$PYTHON" -c 'import jsonschema' 2>/dev/null; then
	sed -n '/^\.Ss Members of JSON$/,/^\.Ss\|^\.Sh SEE/p' "$page" | sed -n '/^\.Bl/,/^\.El/p' | sed '1d;$d' >said
	"$PYTHON" "$here/schemas.py" manual >wanted
	check 'the schemas have members' [ "$(wc -l <wanted)" -gt 1000 ]
	check 'its members of JSON are those of the schemas ("tests/schemas.py manual" prints them)' diff said wanted
else
	not_ok 'python3-jsonschema is there (packages.txt)'
fi
(cd "${here%/tests}/docs/schemas" && ls ./*.schema.json) | sed 's|^\./||; s|\.schema\.json$||' | grep -v '^common$' | sort >wanted
formats documents >said
check 'so are its documents' diff said wanted

# ---- the map ----

"$XFLATE" -qq -r lz4 --map map1 -o new1 "$bareos/vol-multi"
"$XFLATE" -qq -r lz4 --map map2 -o new2 "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
"$XFLATE" -qq -r lz4 --on-damage keep --map map3 -o new3 "$VOLUMES/made/bad-adler"
check 'each line of a map is one of its kinds' formats lines 'The map' tab map1 map2 map3
mkdir mutants
check 'maps that differ' formats mutants map1 mutants
: >wrong
for mutant in mutants/*; do
	run "$XFLATE" catalog rows "$mutant"
	case $mutant in
	*/same.*) [ "$status" = 0 ] ;;
	*) [ "$status" != 0 ] ;;
	esac || echo "$mutant: $status" >>wrong
done
is "$(find mutants -type f | wc -l)" 40 'of each kind of line: as it is, another kind, a field too few, one too many'
check 'whoever reads a map wants just these lines and fields' [ ! -s wrong ]
[ ! -s wrong ] || show wrong

# ---- proofs, index ----

mkdir pool
cp "$bareos/vol-gzip6" "$VOLUMES/made/bad-adler" pool
run "$XFLATE" verify -qq --state state --recursive pool
check 'each line of a state' formats lines 'The state of proofs' tab state
sed -n '/^\.Ss The state/,/^\.Ss The index/p' "$page" | sed -n '/^The verdict is$/,/^Times/p' | grep '^\.Cm' | tr -s ' ,' '\n' | grep '^[a-z]' | sort >said
formats verdicts >wanted
check 'its verdicts' diff said wanted
is "$(grep '^volume' state | cut -f 2 | sort | comm -23 - wanted)" '' 'it has no others'
check 'its lock' test -f state.lock -a ! -s state.lock
if "$XFLATE" --version | grep -q '^indexes: SQLite'; then
	run "$XFLATE" find --index db '*' "$bareos/vol-gzip6"
	check 'the index' formats index db
else
	skip 'the index' 'SQLite is not built in'
fi

# ---- lists of names ----

v=$bareos/vol-gzip6
w=$bareos/vol-none
"$XFLATE" plan -q "$v" "$w" >wanted
printf '%s\n\n%s\n' "$v" "$w" >names
run "$XFLATE" plan -q --files-from names
check 'a name a line, empty ones are none' cmp wanted "$out"
printf '%s\0\0%s\0' "$v" "$w" >names
run "$XFLATE" plan -q --files-from names --null
check 'a NUL behind each' cmp wanted "$out"
is "$(awk -F '\t' '{ print NF }' wanted | sort -u)" 4 'a plan has four fields'
"$XFLATE" plan -q --lists lists "$v"
printf '%s\0' "$v" >wanted
check 'a list of a plan' cmp wanted "lists/1.$(basename "$v")"
name=$("$XFLATE" list --files "$v" | sed -n 's/.*"file": "\([^"]*[^"/]\)", .*"verdict": "pro.*/\1/p' | head -n 1)
check 'there is a file' [ -n "$name" ]
printf '\n%s\n' "$name" >names1
printf '%s\0\0' "$name" >names2
printf '"%s"\n' "$name" >names3
for list in names1 names2; do
	run "$XFLATE" extract --dry-run --json -C none --files-from $list "$v"
	check "extract takes it: $list" grep -q '"files": 1' "$out"
done
run "$XFLATE" extract --dry-run --json -C none --files-from names3 "$v"
is "$status" 1 'and no quotes'

# ---- bootstraps, rows ----

sed -n '/^\.Ss Bootstraps/,/^\.Ss Rows/s/^\.It Li //p' "$page" | sed 's/ , /\n/g' | sort >said
sed -n 's/^\t{"\([a-z]*\)", BSRFILE_.*/\1/p' "${here%/tests}/catalog/bsrfile.c" | sort >wanted
tr '[:upper:]' '[:lower:]' <said | sort >small
check 'keywords of bootstraps' diff small wanted
"$XFLATE" catalog bsr --job 50 --storage S --device D --slot 3 "$bareos/vol-multi" >boot
sed -n 's/^\([A-Za-z]*\)=.*/\1/p' boot | sort -u >written
check 'those that are written are spelled so' [ "$(comm -12 written said | wc -l)" = 9 -a "$(wc -l <written)" = 9 ]
: >wrong
while IFS= read -r word; do
	{ cat boot; echo "$word=1"; } >boot2
	run "$XFLATE" catalog bsr --update boot2 "$bareos/vol-multi"
	! grep -q 'no keyword of a bootstrap' "$err" || echo "$word" >>wrong
	case $word in
	FileRegex | Client | Job | JobId | JobType | JobLevel | Stream | Include | Exclude)
		[ "$status" = 0 ] && grep -q "^$word=1" "$out" || echo "$word is not passed on: $status" >>wrong
		run "$XFLATE" extract --dry-run -C none --bsr boot2 "$bareos/vol-multi"
		[ "$status" = 2 ] || echo "extract takes $word" >>wrong
		;;
	esac
done <said
check 'each is taken as it says' [ ! -s wrong ]
[ ! -s wrong ] || show wrong
{ cat boot; echo Nonsense=1; } >boot2
run "$XFLATE" catalog bsr --update boot2 "$bareos/vol-multi"
check 'another one is not' grep -q 'no keyword of a bootstrap' "$err"
"$XFLATE" catalog rows map1 >query
check 'what the query for rows asks for' formats rows query

# ---- keys ----

for c in cache-1 cache-3; do
	"$XFLATE" cache list --json "$keys/$c.cryptoc" >listed 2>"$err"
	"$XFLATE" cache export "$keys/$c.cryptoc" >exported 2>"$err"
	check "$c: what stands at which byte" formats cache "$keys/$c.cryptoc" listed exported
	check "$c of another machine" formats other "$keys/$c.cryptoc" foreign
	"$XFLATE" cache list --json foreign >listed 2>"$err"
	check 'it is one' grep -q '"byte_order": "big"' listed
	check 'of 32 bits' grep -q '"pointer_bytes": 4' listed
	check 'what stands there' formats cache foreign listed exported
done
mkdir shown
check 'lists of keys that it shows' formats lists shown
for list in shown/*; do
	rm -f new
	run "$XFLATE" cache import new "$list"
	expect_status 0 "cache import takes $list"
	is "$("$XFLATE" cache export new 2>"$err" | tr '\t' ' ')" 'A00001L4 /3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g' 'as it is there'
done
umask 077
"$XFLATE" key generate -o kek
length() { "$XFLATE" key generate "$@" 2>"$err" | tr -d '\n' | wc -c; }
is "$(length) $(length --base64) $(length --kek kek) $(length --raw-key)" '32 43 54 64' 'keys are as long as it says'
for n in 32 43 54 64; do check "$n" grep -q "^\.It $n [a-z ]* Ta" "$page"; done
is "$("$XFLATE" key generate --raw-key --kek kek 2>"$err" | cut -c 1-8)" 'xflate1:' 'a raw key that is wrapped'

# ---- paper ----

seq -f 'Vol-%g' 4 >volumes
run "$XFLATE" key generate --volumes=volumes --kek kek --cache made --pool P --media-type T -o sql
printf 'Vol 5%%\t%s\nVol-6\t%s\n' "$("$XFLATE" key generate --base64)" "$("$XFLATE" key generate --raw-key --kek kek)" | "$XFLATE" cache import made 2>"$err"
"$XFLATE" cache export made --bundle bundle --plain-keys --kek kek 2>"$err" || show "$err"
is "$(sed -n 's/^key [0-9]* \([a-z0-9]*\) .*/\1/p' bundle | sort -u | tr '\n' ' ')" 'base64 own wrapped ' 'a bundle with all forms of keys'
"$XFLATE" key split kek --shares 5 --threshold 3 >shares 2>"$err"
check 'names with bytes that are no printable ASCII, or %' grep -q '^volume [0-9]* Vol%205%25 ' bundle
check 'checksums of bundles and shares' formats sums bundle shares
if "$XFLATE" --version | grep -q '^QR codes: libqrencode'; then
	"$XFLATE" cache export made --bundle codes --plain-keys --kek kek --qr html 2>"$err"
	sed -n 's/.*\(code [0-9]* [0-9]* [0-9a-f]* [0-9a-f]*\).*/\1/p' codes >code
	check 'each line of a bundle' formats lines 'The bundle' blank bundle code
else
	formats lines 'The bundle' blank bundle >said
	is "$(cat said)" 'no line code' 'each line of a bundle'
fi
check 'each line of a share' formats lines 'Shares of a KEK' blank shares
sed 's/^\(key 1 .*\)[0-9a-f]$/\1g/' bundle >mistyped
run "$XFLATE" cache check --bundle mistyped --kek kek
check 'another checksum is told' test "$status" != 0
done_testing
