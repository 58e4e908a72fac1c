#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# JSON is a contract: whatever prints it, of sound, damaged, encrypted, empty volumes and in runs that fail, fits its schema in
# docs/schemas, and what the schemas list does come.  Drives' are judged where there is a drive: tests/drive.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

if ! "$PYTHON" -c 'import jsonschema' 2>/dev/null; then
	not_ok 'python3-jsonschema is there (packages.txt)'
	done_testing
fi
bareos=$VOLUMES/bareos
bacula=$VOLUMES/bacula
made=$VOLUMES/made
number=0

# json VERB NAME COMMAND...: what it prints is to be judged; VERB: check a document, lines JSON lines
json() {
	number=$((number + 1))
	echo "$1 $2 $work/json/$number" >>"$work/judge"
	shift 2
	timeout -k 5 60 "$@" >"$work/json/$number" 2>"$err"
	status=$?
	echo "$status $*" >>"$work/ran"
}
mkdir "$work/json"
check 'the schemas are JSON Schema, describe each member and take no other' "$PYTHON" "$here/schemas.py" sound

# ---- volumes ----

for v in "$bareos"/* "$bacula"/* "$made"/*; do
	[ -f "$v" ] || continue
	json check list "$XFLATE" list --json "$v"
	json check verify "$XFLATE" verify -qq --json "$v"
	rm -f o
	"$XFLATE" -qq -r lz4 --target bareos --on-damage skip --report r$number -o o "$v" >"$out" 2>&1
	[ ! -s r$number ] || echo "check report $work/here/r$number" >>"$work/judge"
done
for v in vol-none vol-gzip6 vol-lzo vol-multi; do
	json lines file "$XFLATE" find --json '*' "$bareos/$v"
	json lines file "$XFLATE" list --files "$bareos/$v"
	json check extract "$XFLATE" extract -qq --json -v -C "x-$v" "$bareos/$v"
	json check estimate "$XFLATE" estimate --json --drive-rate 300M --sample 50% "$bareos/$v"
done
for v in "$bacula"/*; do json lines file "$XFLATE" find -qq --json '*' "$v"; done
for v in "$made"/bad-*; do
	json check extract "$XFLATE" extract -qq --json -C "y-${v##*/}" "$v"
done
"$XFLATE" -q -r lz4 -o other "$bareos/vol-gzip6"
json check compare "$XFLATE" compare --json "$bareos/vol-gzip6" --vs other
json check compare "$XFLATE" compare -qq --json "$bareos/vol-gzip6" --vs "$bareos/vol-none"
json check estimate "$XFLATE" estimate --json "$bareos/vol-gzip6" "$bacula/plain-none-sparse"
json check plan "$XFLATE" plan --json --recursive "$VOLUMES"
mkdir batch
cp "$bareos/vol-gzip6" "$made/bad-adler" "$made/good-unfinished" batch
json check verify-many "$XFLATE" verify -qq --json --recursive batch
json check verify-many "$XFLATE" verify -qq --json --state state --recursive batch
rm batch/vol-gzip6
json check verify-many "$XFLATE" verify -qq --json --state state --recursive batch
json check verify-many "$XFLATE" verify -qq --json --state state --forget --recursive batch
"$XFLATE" plan -qq --json --recursive batch >plan.json
"$XFLATE" filter -qq -r lz4 --target bareos --recursive -o converted batch >"$out" 2>&1
"$XFLATE" filter -qq -r lz4 --target bareos --recursive -o again batch >"$out" 2>&1
json check report-merge "$XFLATE" report merge --json --plan plan.json converted again
for f in converted/*.report.json; do echo "check report $work/here/$f" >>"$work/judge"; done
json lines file "$XFLATE" find -qq --index db --json '*' "$bareos/vol-gzip6" "$bareos/vol-none"
json lines index-volume "$XFLATE" find --index db --volumes --json

json lines file "$XFLATE" find -qq --json '*' "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
json check plan "$XFLATE" plan -qq --json missing "$bareos/vol-none"

# ---- encrypted ones ----

openssl rand 64 >key
"$XFLATE" -qq -d gzip --encrypt aes-256-xts --new-key key --block-format bb03 --target bacula --report enc-report -o enc "$bacula/plain-none-sparse"
echo "check report $work/here/enc-report" >>"$work/judge"
json check verify "$XFLATE" verify -qq --json --key key enc
json check list "$XFLATE" list -qq --json enc
json check verify "$XFLATE" verify -qq --json enc

# ---- clients' keys, jobs of several days, other systems, neighbours, folders, catalogs ----

umask 077
cp "$here/pki/client.pem" .
umask 022
pki=$here/pki/fdpki-aes256-gzip-0004
json check extract "$XFLATE" extract -qq --json -C pki-x --pki-key client.pem "$pki"
json check verify "$XFLATE" verify -qq --json --pki-key client.pem "$pki"
json check verify-many "$XFLATE" verify -qq --json --recursive --pki-key client.pem "$pki"
json check verify-many "$XFLATE" verify -qq --json --recursive --key key enc
"$PYTHON" "$here/chaincases.py" consolidated-by-bacula days
json check extract "$XFLATE" extract -qq --json --as-of now -C days-x days/vol*
"$PYTHON" "$here/hostile.py" windows windows
json check extract "$XFLATE" extract -qq --json -C windows-x windows

# reported NAME OPTION... VOLUME: a run with a report
reported() {
	name=$1
	shift
	timeout -k 5 60 "$XFLATE" -qq --report "$name-report" -o "$name" "$@" >"$out" 2>"$err"
	echo "check report $work/here/$name-report" >>"$work/judge"
}
reported second -r lz4 --before "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
reported first -r lz4 --after "$bareos/vol-span-gzip6-2" "$bareos/vol-span-gzip6-1"
reported folder -r lz4 --dedupable "$bareos/vol-none"
reported of-folder -r lz4 folder
reported clear --decrypt --key key enc
mkdir folders
cp "$bareos/vol-none" folders/vol
"$XFLATE" -qq -i --dedupable --recursive -o batched folders
head -c 40000 "$bareos/vol-none" >folders/vol
"$XFLATE" -qq -i --dedupable --recursive --skip-done -o batched folders >"$out" 2>&1
echo "check report $work/here/batched/vol.report.json" >>"$work/judge"

sh "$here/catalog/bareos/database.sh" "$work/catalog"
"$XFLATE" catalog rows "$bareos/vol-gzip6" "$bareos/vol-multi" | sqlite3 "$work/catalog" >catalog.rows
json check catalog-check "$XFLATE" catalog check --json --rows catalog.rows "$bareos/vol-gzip6" "$bareos/vol-multi"
json check catalog-check "$XFLATE" catalog check --json --rows catalog.rows "$bareos/vol-gzip6" "$bareos/vol-none"
"$XFLATE" -qq -r lz4 --max-block 20000 -o grown "$bareos/vol-gzip6"
json check catalog-check "$XFLATE" catalog check -qq --json --rows catalog.rows grown

# ---- names that are no UTF-8 ----

odd=$(printf 'vol-\377\001"x')
cp "$bareos/vol-gzip6" "$odd"
for verb in list verify; do
	json check $verb "$XFLATE" $verb -qq --json "$odd"
	is "$("$PYTHON" -c 'import json, os, sys
print(bytes.fromhex(json.load(open(sys.argv[1]))["volumes"][0]["input_hex"]) == os.fsencode(sys.argv[2]))' "$work/json/$number" "$odd")" True "$verb: its bytes come back"
done
json check plan "$XFLATE" plan -qq --json "$odd"
json check report-merge "$XFLATE" report merge --json "$odd"
"$XFLATE" -qq -r lz4 --report odd-report -o "$odd.new" "$odd"
echo "check report $work/here/odd-report" >>"$work/judge"
is "$("$PYTHON" -c 'import json, os, sys
d = json.load(open("odd-report"))
print(bytes.fromhex(d["inputs"][0]["input_hex"]) == os.fsencode(sys.argv[1]), bytes.fromhex(d["volumes"][0]["output_hex"]) == os.fsencode(sys.argv[1] + ".new"),
      b"\0".join(map(bytes.fromhex, d["command_hex"])).count(os.fsencode(sys.argv[1] + ".new")) == 1)' "$odd")" 'True True True' 'report: so do names and words of the command'

# ---- runs that fail ----

number_before=$number
json check list "$XFLATE" list --json missing
json check verify "$XFLATE" verify --json missing
json check compare "$XFLATE" compare --json missing --vs "$bareos/vol-none"
json check extract "$XFLATE" extract --json -C none missing
json lines file "$XFLATE" find --json x missing
json lines file "$XFLATE" find --json 'no such name' "$bareos/vol-none"
json lines file "$XFLATE" list --files missing
json check plan "$XFLATE" plan --json --files-from missing
json check estimate "$XFLATE" estimate --json --files-from missing
json check report-merge "$XFLATE" report merge --json --plan missing "$bareos"
json check catalog-check "$XFLATE" catalog check --json --rows missing "$bareos/vol-none"
json check cache-list "$XFLATE" cache list --json missing
json check cache-check "$XFLATE" cache check --json missing
json check key-status "$XFLATE" key status --json missing
json check key-clear "$XFLATE" key clear --json missing
json check key-load "$XFLATE" key load --json --key missing missing
json check key-probe "$XFLATE" key probe --json --cache missing missing
json check alerts "$XFLATE" alerts --json missing
json check plan "$XFLATE" plan --json missing
json check plan "$XFLATE" plan --json missing "$bareos/vol-none"
json check estimate "$XFLATE" estimate --json missing
json check estimate "$XFLATE" estimate --json missing "$bareos/vol-none"
json check estimate "$XFLATE" estimate --json enc
json check estimate "$XFLATE" estimate --json --plot nowhere/x.svg "$bareos/vol-none"
json check report-merge "$XFLATE" report merge --json missing
json check report-merge "$XFLATE" report merge --json missing converted
json check verify-many "$XFLATE" verify --json --recursive missing
json check verify-many "$XFLATE" verify --json --recursive missing batch
json check verify-many "$XFLATE" verify --json --files-from missing
json check extract "$XFLATE" extract --json --dry-run --job nobody "$bareos/vol-none"
json check extract "$XFLATE" extract --json --dry-run --file nothing "$bareos/vol-none"
json check index-volume "$XFLATE" find --index missing --volumes --json
# The first line of a list is an option for nobody.
printf 'a\000b\n' >nul
json check plan "$XFLATE" plan --json --files-from nul
is "$status" 2 'what is found to be wrong usage once the run has begun'
first=$((number_before + 1))
awk -v first=$first 'NR >= first && $1 == 0' "$work/ran" >"$work/well"
check 'none of them ends well' [ ! -s "$work/well" ]
for n in $(seq $first "$number"); do
	"$PYTHON" -c 'import json, sys
t = open(sys.argv[1]).read()
d = json.loads(t)
sys.exit(not (d["error"] and d["exit_status"] == int(sys.argv[2])))' "$work/json/$n" "$(sed -n "${n}s/ .*//p" "$work/ran")" 2>/dev/null ||
		sed -n "${n}p" "$work/ran" >>"$work/without"
done
check 'each has its error and its exit status in the JSON' [ ! -e "$work/without" ]
[ ! -e "$work/without" ] || show "$work/without"
is "$("$PYTHON" -c 'import json, sys
for n in sys.argv[1:]:
    d = json.load(open(n))
    print([u["input"] for u in d["unread"]], d["where"])' "$work/json/$((first + 19))")" "['missing'] missing" 'plan: what could not be read, once more at the end'
for words in 'plan --json --nonsense' 'verify --json' 'estimate --json' 'report merge --json'; do
	# shellcheck disable=SC2086 # words
	run "$XFLATE" $words </dev/null
	refused 2 "$words: wrong words on the command line leave nothing"
done

# ---- what extract could not write ----

# not_restored TEXT: of the last one, and complete is false
not_restored() {
	is "$("$PYTHON" -c 'import json, sys
d = json.load(open(sys.argv[1]))
n = [f for f in d["not_restored"] if f.get("result") == "failed"]
p = [f["file"] for f in d["problems"] if f.get("result") == "failed"]
print(d["complete"], sum(f["files"] for f in n) == len(p) == d["results"]["failed"] > 0, n[0]["first"] == p[0], bool(n[0]["reason"] and d["error"]))' \
		"$work/json/$number" 2>&1)" 'False True True True' "$1"
	is "$status" 1 '... exit status 1'
}
mkdir -p closed/srv
chmod 777 closed
chmod 555 closed/srv
as_nobody=
[ "$(id -u)" != 0 ] || as_nobody='setpriv --reuid 65534 --clear-groups'
chmod 755 "$work" "$work/here"
# shellcheck disable=SC2086 # words
json check extract $as_nobody "$XFLATE" extract -qq --json -C closed "$bareos/vol-gzip6"
not_restored 'a folder that cannot be written to: what is not restored is told'
# What the run ends with stays what it is.
run "$XFLATE" extract -qq --json -C two-jobs "$bareos/vol-multi"
expect_status 2 'a run that breaks off at wrong usage ends so'
is "$("$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["complete"], d["exit_status"], d["not_restored"][0]["files"])' "$out")" \
	'False 2 1' 'and tells the file that was being written'
if with_shim 'a full disk'; then
	for k in 1 3; do
		json check extract env FAULT=write:$k:from:28 LD_PRELOAD="$shim" "$XFLATE" extract -qq --json -C "full-$k" "$bareos/vol-gzip6"
		not_restored "a disk that is full at write $k: the file that was being written is told"
	done
fi

# ---- keys, alerts, drives ----

for c in "$here"/keys/*.cryptoc "$here"/keys/cache-two-keys-one-name; do
	json check cache-list "$XFLATE" cache list --json "$c"
	json check cache-check "$XFLATE" cache check --json "$c"
done
"$XFLATE" cache export "$here/keys/cache-3.cryptoc" --format json >keys.json 2>"$err"
echo "check key-list $work/here/keys.json" >>"$work/judge"
json check alerts "$XFLATE" alerts --json --all --explain "2e 00 00 05 00 03 03 01 01"
json check drives "$XFLATE" drives --json

# ---- lines: events, progress ----

# shellcheck disable=SC2016 # for the shell of the hook
hook='cat >>"$EVENTS"'
EVENTS=$work/here/events
export EVENTS
"$XFLATE" -qq -r lz4 --events "$hook" -o e1 "$bareos/vol-multi"
"$XFLATE" verify -qq --events "$hook" "$made/bad-adler" >"$out" 2>&1
"$XFLATE" verify -qq --events "$hook" missing >"$out" 2>&1
"$XFLATE" filter -qq -r lz4 --target bareos --recursive --events "$hook" -o e2 batch >"$out" 2>&1
"$XFLATE" -qq -d gzip --encrypt aes-256-xts --new-key key --block-format bb03 --target bacula --events "$hook" -o e3 "$bacula/plain-none-sparse"
chmod 666 "$EVENTS"
# shellcheck disable=SC2086 # words
$as_nobody "$XFLATE" extract -qq --events "$hook" -C closed "$bareos/vol-gzip6" >"$out" 2>&1
mkdir -m 700 keys
printf '[default]\ncipher = AES_256_XTS\n' >key-manager.conf
chmod 600 key-manager.conf
OPERATION=LABEL VOLUME_NAME=Vol1 "$XFLATE" getkey -k keys -C key-manager.conf --events "$hook" >"$out" 2>&1
echo "lines event $EVENTS" >>"$work/judge"
mkfifo pipe
(sleep 2; cat "$bareos/vol-gzip6") >pipe &
"$XFLATE" -qq --progress json -d lz4 -o p1 - <pipe 2>progress >"$out"
wait
timeout -k 5 60 "$XFLATE" verify -qq --progress json --limit-rate 200k "$bareos/vol-gzip6" 2>>progress >"$out"
grep '^{' progress >lines
echo "lines progress $work/here/lines" >>"$work/judge"

check 'all of it fits its schema' "$PYTHON" "$here/schemas.py" all "$work/judge" "$work/seen"

check 'each schema was used, and each member of it seen' "$PYTHON" "$here/schemas.py" unseen "$work/seen" "$here/schemas_unseen"
done_testing
