#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# verify over an archive, night by night: which volumes, what is told and kept of them, damage, changes, volumes that are gone; killed,
# out of time, on a full disk, with a state that is none.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

made=$VOLUMES/made
bareos=$VOLUMES/bareos

proofs() { "$PYTHON" "$here/proofs.py" "$@"; }
ask() { proofs ask "$out" "$1" 2>&1; }

# fill: volumes in folders, all sound, a set of three and one of two among them
fill() {
	rm -rf pool proof proof.lock
	mkdir -p pool/a/b pool/c
	for name in good-set-1 good-bb01 good-crashed good-fifo good-forms good-rerun good-vernum10 good-win32 good-ndmp; do
		cp -p "$made/$name" pool/a/
	done
	for name in good-set-3 good-jobid-29 good-high-bits good-small-blocks good-opaque good-fz-raw good-interleaved good-interleaved-bb03; do
		cp -p "$made/$name" pool/a/b/
	done
	for name in good-set-2 good-header-at-end good-bb01-mixed good-offsets-bit26 good-gzip-legacy-bareos good-nochecksum-bb02; do
		cp -p "$made/$name" pool/c/
	done
	cp -p "$bareos/vol-gzip6" "$bareos/vol-span-gzip6-2" "$bareos/vol-append" "$bareos/vol-lzo" pool/c/
	cp -p "$bareos/vol-span-gzip6-1" "$bareos/vol-nochecksum" "$bareos/vol-none" "$bareos/vol-multi" pool/
	echo notes >pool/readme
}

# small: one of three volumes, 1.3 MB
small() {
	rm -rf pool proof proof.lock
	mkdir pool
	cp -p "$bareos/vol-append" "$bareos/vol-gzip6" "$bareos/vol-crashed" pool/
}

# night: of a thirtieth, with JSON
night() { run "$XFLATE" verify -qq --recursive --sample 1/30 --state proof --json pool; }
# all OPTIONS...: everything that is there
all() { run "$XFLATE" verify --recursive --state proof "$@" pool; }

# last PATTERN TEXT: the last line of the last run
last() {
	if tail -n 1 "$out" | grep -Eq "$1"; then
		ok "$2"
	else
		not_ok "$2"
		echo "# the last line is: $(tail -n 1 "$out")"
	fi
}

# printed PATTERN TEXT
printed() { check "$2" grep -Eq "$1" "$out"; }

# looked: units of the last run, their inputs, a line each; reasons: why they were due
looked() { ask '"\n".join(" ".join(v["input"] for v in u["inputs"]) for u in d["units"])'; }
reasons() { ask '" ".join(u["due"] for u in d["units"])'; }

# ---- thirty nights ----
fill
"$XFLATE" plan -qq --json --recursive pool >archive.json
volumes=$(find pool -type f ! -name readme | wc -l)
: >wrong
: >every
for number in $(seq 30); do
	proofs next proof archive.json 1 30 >wanted
	night
	[ "$status" = 0 ] || echo "night $number: exit status $status" >>wrong
	looked >got
	cmp wanted got >>wrong 2>&1
	cat got >>every
	proofs state proof >/dev/null 2>>wrong || echo "night $number: the state" >>wrong
	[ "$(ask '(d["sound"], d["complete"], d["exit_status"], d["units_left"])')" = '(True, True, 0, 0)' ] || echo "night $number: JSON" >>wrong
	[ "$(ask 'd["never_proved"]')" = $(($(find pool -type f ! -name readme | wc -l) - $(proofs state proof | wc -l))) ] || echo "night $number: never_proved" >>wrong
done
check 'thirty nights: each ends with 0, and looks at what the judge says' [ ! -s wrong ] || sed 's/^/# /' wrong
tr ' ' '\n' <every | sort -u >seen
is "$(wc -l <seen | tr -d ' ')" "$volumes" 'all volumes were proved'
check 'the set of three in one go, in order' grep -qx 'pool/a/good-set-1 pool/c/good-set-2 pool/a/b/good-set-3' every
check 'and that of two' grep -qx 'pool/vol-span-gzip6-1 pool/c/vol-span-gzip6-2' every
sort every | uniq -d >twice
sort -u every | wc -l >units
check 'nothing a second time before all had their first' [ "$(head -n "$(cat units)" every | sort -u | wc -l)" = "$(cat units)" ]
is "$(ask 'd["never_proved"]')" 0 'nothing is left that was never proved'
# shellcheck disable=SC2046 # the names have no blanks
check 'the state has size, time and XXH64 of each' proofs stable proof $(cat seen)
proofs next proof archive.json 1 30 >wanted
night
looked >got
check 'then the oldest come again' cmp wanted got
is "$(reasons | tr ' ' '\n' | sort -u)" oldest 'and JSON says why'
run sh -c 'cd pool && exec "$0" verify -qq --recursive --sample 1/30 --state ../proof --json .' "$XFLATE"
is "$(reasons | tr ' ' '\n' | sort -u)" oldest 'from another folder they are the same volumes'
cp proof before
run "$XFLATE" verify --recursive --sample 1/30 --state proof pool
last '^sound: [0-9]+ of 31 volumes looked at, .* in [0-9]+ units?; oldest proof 20[0-9T:-]*Z$' 'a last line'
fails 'and the state is another one then' cmp -s proof before

# ---- as if it were given alone ----
fill
all
expect_status 0 'without --sample: all'
is "$(grep -c '^sound: pool/' "$out")" "$(cat units)" 'a line each unit'
says '^xflate: proof: is not there yet: all volumes count as never proved$' 'it says that there was no state'
last '^sound: 31 of 31 volumes looked at, ' 'all of them'
all -q
is "$(cat "$out" "$err")" '' 'with -q nothing'
all --json
cp "$out" together
proofs ask together '"\n".join(u["inputs"][0]["input"] for u in d["units"])' >firsts
: >wrong
while read -r first; do
	inputs=$(proofs ask together "[' '.join(v['input'] for v in u['inputs']) for u in d['units'] if u['inputs'][0]['input'] == '$first'][0]")
	# shellcheck disable=SC2086 # the names have no blanks
	run "$XFLATE" verify --json $inputs
	[ "$(ask 'd')" = "$(proofs ask together "[u['report'] for u in d['units'] if u['inputs'][0]['input'] == '$first'][0]")" ] || echo "$first" >>wrong
done <firsts
check 'JSON: of each unit the report that it has alone' [ ! -s wrong ] || sed 's/^/# /' wrong
run "$XFLATE" verify --recursive pool
expect_status 0 'without a state: all, too'
last '^sound: 31 of 31 volumes looked at, [0-9.]+ MB in [0-9]+ units$' 'and nothing is said of other nights'
find pool -type f ! -name readme -print0 >list
run "$XFLATE" verify --files-from list --null
last '^sound: 31 of 31 ' '--files-from --null'
all -v
check '-v: the whole report of each' [ "$(grep -c '^  read:  ' "$out")" = 31 ]
check '-v: and no line for each file' sh -c '! grep -q "^proved " "$1"' - "$out"
all -vv
check '-vv: these, too' grep -q '^proved ' "$out"

run "$XFLATE" verify -q --recursive --events 'cat >>events' pool
is "$("$PYTHON" -c 'import json; print(len({d["unit"] for d in map(json.loads, open("events")) if d["event"] == "run-end"}))')" "$(cat units)" '--events: of each unit'

# ---- damage ----
fill
all -q
"$PYTHON" "$here/proofs.py" flip pool/c/vol-gzip6 300000
night
expect_status 0 'damage that no night has come to yet'
all
expect_status 3 'damage: exit status 3'
printed '^DAMAGED: pool/c/vol-gzip6: 1 volume, 735.0 kB, 1 job, 29 of 30 files with content proved by their digests, 1 damaged, in ' 'a line for it'
printed '^  DAMAGED:    FileIndex 10 /srv/data/tree/text/compressible-1500000.txt$' 'behind its whole report'
printed '^not sound: pool/c/vol-gzip6: damaged since .*Z, looked at last ' 'named at the end'
last '^DAMAGED: 31 of 31 volumes looked at, .*, 1 not sound; oldest proof ' 'counted in the last line'
since=$(grep '^not sound' "$out" | sed 's/.*since //; s/,.*//')
sleep 1
night
expect_status 3 'the next night: it is damaged still'
is "$(looked | head -n 1) $(reasons | cut -d ' ' -f 1)" 'pool/c/vol-gzip6 failed' 'and the first'
is "$(ask 'd["units"][0]["verdict"], d["units"][0]["report"]["files_damaged"], d["units"][0]["exit_status"]')" "('damaged', 1, 3)" 'JSON says so'
is "$(ask 'len(d["units"]) > 1 and all(u["verdict"] == "sound" for u in d["units"][1:])')" True 'others have their turn all the same'
is "$(ask '[r["since"] for r in d["not_sound"]]')" "['$since']" 'since when'
cp pool/c/vol-gzip6 damaged
cp -p "$bareos/vol-gzip6" pool/c/
night
expect_status 0 'a copy in its place: sound again'
is "$(looked | head -n 1) $(reasons | cut -d ' ' -f 1)" 'pool/c/vol-gzip6 failed' 'it was the first once more'
is "$(ask 'd["not_sound"]')" '[]' 'and is not listed any more'
# Of a set one volume is not sound.
"$PYTHON" "$here/proofs.py" flip pool/c/vol-span-gzip6-2 100000
all -q
expect_status 3 'damage in a set'
is "$(grep '^xflate: not sound' "$err" | cut -d : -f 3)" ' pool/c/vol-span-gzip6-2' 'that volume of it is not sound, the other one is'
night
is "$(looked | head -n 1)" 'pool/vol-span-gzip6-1 pool/c/vol-span-gzip6-2' 'both are looked at again'
run "$XFLATE" verify -qq --state proof pool/vol-none
expect_status 0 'who names others is not told of it'
run "$XFLATE" verify -qq --state proof --max-duration 1s --limit-rate 200k pool/vol-none pool/c/vol-span-gzip6-2
expect_status 3 'who names it is'
# Wrong in a place where no checksum and no digest looks: the host's name in a label.
cp -p "$bareos/vol-span-gzip6-2" pool/c/
all -qq
expect_status 0 'all is well again'
offset=$("$PYTHON" -c 'import sys; print(open(sys.argv[1], "rb").read(400).index(b"storage") if b"storage" in open(sys.argv[1], "rb").read(400) else 200)' pool/vol-nochecksum)
"$PYTHON" "$here/proofs.py" flip pool/vol-nochecksum "$((offset + 1))"
run "$XFLATE" verify pool/vol-nochecksum
expect_status 0 'a byte that nothing proves is another one: verify does not see it'
all
expect_status 3 'with a state it does'
printed '^OTHER BYTES: pool/vol-nochecksum: 1 volume' 'it is no "sound"'
says '^xflate: pool/vol-nochecksum: its XXH64 was [0-9a-f]{16} when it was proved and is another one now, though its size and time are the same: compare it with a copy; if it is right so, touch it$' 'it says why, and what to do'
night
expect_status 3 'the next night, too'
is "$(ask '[r["verdict"] for r in d["not_sound"]]')" "['other-bytes']" 'JSON says so'
touch pool/vol-nochecksum
night
expect_status 0 'touched: it is taken as it is'
"$PYTHON" "$here/proofs.py" flip pool/vol-nochecksum "$((offset + 1))"
all -qq
expect_status 3 'as it is from then on'

# ---- what changes, comes, goes ----
fill
all -q
touch pool/a/good-forms
cp -p "$made/good-rerun-own-files" pool/new
night
is "$(looked | head -n 2 | sort | tr '\n' ' ')$(reasons | cut -d ' ' -f 1-2 | tr ' ' '\n' | sort | tr '\n' ' ')" 'pool/a/good-forms pool/new changed new ' 'first what has changed, and what is new'
proofs future proof good-vernum10
night
is "$(looked | head -n 1)" 'pool/a/good-vernum10' 'one that was proved in the future, by a clock that was wrong: it has its turn now, not then'
mv pool/c/vol-lzo pool/vol-multi .
night
expect_status 1 'volumes are gone: exit status 1'
is "$(ask 'sorted(r["input"].rpartition("/")[2] for r in d["gone"])')" "['vol-lzo', 'vol-multi']" 'they are told'
all
printed '^gone: .*/pool/vol-multi: sound since .*Z, looked at last .*Z$' 'in text, too'
last '^NOT PROVED: 30 of 30 volumes looked at, .*, 2 gone; oldest proof ' 'and counted'
mv vol-multi pool/
night
is "$(ask '[r["input"].rpartition("/")[2] for r in d["gone"]]')" "['vol-lzo']" 'one is back'
all --forget
expect_status 0 '--forget: exit status 0'
printed '^forgotten: .*/pool/c/vol-lzo: is gone; sound when it was looked at last, ' 'it is told once'
all
expect_status 0 'and not again'
fails 'it is not in the state' grep -q vol-lzo proof
mkdir other
cp -p "$made/good-rerun" other/
run "$XFLATE" verify --recursive --state proof other
last '^sound: 1 of 1 volume looked at' 'another folder with the same state'
all
last '^sound: 31 of 31 ' 'neither misses the other one'
rm -rf other
run "$XFLATE" verify --state proof pool/nosuch pool/vol-none
expect_status 1 'a volume that is not there'
printed '^NOT PROVED: pool/nosuch: 1 volume, .*: pool/nosuch: .*No such file or directory$' 'is told'
printed '^sound: pool/vol-none: ' 'costs no other'
fails 'and is not kept' grep -q nosuch proof
run "$XFLATE" verify -q --state proof pool/readme
expect_status 1 'what is no volume'

# ---- names ----
rm -rf pool proof
mkdir pool
odd=$(printf 'pool/caf\351 \\x41\nnew\033[31m')
cp -p "$made/good-rerun" "$odd"
cp -p "$made/good-forms" pool/ordinary
all -q
expect_status 0 'a name that is no UTF-8, with a newline'
is "$(proofs state proof | cut -d ' ' -f 1,3-)" "sound 'caf\\udce9 \\\\x41\\nnew\\x1b[31m'
sound 'ordinary'" 'stands in the state as it is'
check 'in printable lines' sh -c '! LC_ALL=C grep -q "[^	 -~]" proof'
night
is "$(reasons)" oldest 'it is found again'
all
fails 'no terminal obeys it' grep -q "$(printf '\033')" "$out"
all --json
is "$(ask '[bytes.fromhex(v["input_hex"])[-4:] for u in d["units"] for v in u["inputs"] if "input_hex" in v]')" "[b'[31m']" 'JSON has its bytes'

# ---- volumes that are folders, encrypted ones ----
rm -rf pool proof
mkdir pool
"$XFLATE" -q -i --chunk-size 10M -o pool/chunked "$bareos/vol-none" 2>"$err" || cat "$err"
cp -p "$bareos/vol-append" pool/
all
expect_status 0 'a folder that is a volume'
is "$(grep -c '^sound: pool/' "$out") $(proofs state proof | grep -c "^sound [0-9a-f]* 'chunked'")" '2 1' 'is one'
touch pool/chunked/0000
night
is "$(looked) $(reasons)" 'pool/chunked changed' 'one of its files is touched'
cp -p "$VOLUMES/bacula/enc256-append" pool/
all -q
expect_status 4 'an encrypted volume without a key'
is "$(sed -n 's/^xflate: \(not sound.*\) since.*/\1/p' "$err")" 'not sound: pool/enc256-append: not-proved' 'is not proved'
for option in '--key -' '--key tty' '--key fd:0' '--key /dev/stdin' '--pki-key -'; do
	# shellcheck disable=SC2086 # an option and its value
	run "$XFLATE" verify --recursive $option pool
	refused 2 "$option is read once only"
done

# ---- time ----
fill
run "$XFLATE" verify --recursive --state proof --max-duration 1s --limit-rate 700k --sample 1/3 pool
expect_status 1 'the time is up before the share is: exit status 1'
last '^NOT PROVED: [0-9]+ of 31 volumes looked at, .*, [1-9][0-9]* units? left; ' 'the last line tells'
check 'the unit at work came to its end: the state has what was looked at' [ "$(proofs state proof | grep -c '^sound')" = "$(tail -n 1 "$out" | sed 's/^NOT PROVED: \([0-9]*\) .*/\1/')" ]
had=$(proofs state proof | wc -l)
run "$XFLATE" verify --recursive --state proof --max-duration 1s --limit-rate 700k pool
expect_status 0 'no share was asked for: what fits into the time, exit status 0'
last '^sound: .* units? left; ' 'what is left is told all the same'
check 'it goes on where the last one ended' [ "$(proofs state proof | wc -l)" -gt "$had" ]
run "$XFLATE" verify -q --recursive --max-duration 1s --limit-rate 700k pool
expect_status 1 'without a state: 1'
run "$XFLATE" verify -q --recursive --max-duration 1h30m pool
expect_status 0 'time enough'

# ---- what dies ----
small
# slowly OPTIONS...: in the background, a second or more for each unit; $pid
slowly() {
	fresh "$XFLATE" verify --recursive --state proof --limit-rate 300k "$@" pool >"$out" 2>"$err" &
	pid=$!
}
# wait_rows N: until the state has so many
wait_rows() {
	for _ in $(seq 400); do
		[ -f proof ] && [ "$(grep -c '^volume' proof)" -ge "$1" ] && return 0
		sleep 0.05
	done
	return 1
}
# child_of PID
child_of() { tr -d ' ' <"/proc/$1/task/$1/children"; }
slowly -T1
check 'a unit is done' wait_rows 1
timeout 60 "$XFLATE" verify -q --recursive --state proof pool >second 2>"$err"
is "$? $(cat second)" '1 ' 'a second one meanwhile is refused'
says '^xflate: proof: another verify is at work with this state$' 'it says why'
child=$(child_of $pid)
kill -KILL $pid
wait $pid 2>/dev/null
is "$(proofs state proof | wc -l | tr -d ' ')" 1 'killed: what was done is in the state'
check 'and nobody is at work any more' gone "$child"
run "$XFLATE" verify -q --recursive --sample 1/30 --state proof --json pool
expect_status 0 'the next one is not locked out'
is "$(reasons)" new 'and goes on'

small
slowly -T1
check 'a unit is done' wait_rows 1
kill -TERM $pid
wait $pid 2>/dev/null
status=$?
expect_status 143 'SIGTERM: it ends by that'
is "$(proofs state proof | wc -l | tr -d ' ')" 1 'what was done is in the state, what was at work is not'
last '^NOT PROVED: 1 of 3 volumes looked at, .*, 2 units left; 2 never proved as they are; ' 'the last line tells'

small
slowly -T1 --json
check 'a unit is done' wait_rows 1
sleep 0.3
kill -KILL "$(child_of $pid)"
wait $pid
status=$?
expect_status 1 'the process of a unit is killed: exit status 1'
is "$(proofs state proof | cut -d ' ' -f 1 | sort | tr '\n' ' ')" 'not-proved sound sound ' 'the others are looked at'
is "$(ask '[(u["verdict"], "report" in u, u.get("error", "")[:39]) for u in d["units"] if u["verdict"] != "sound"]')" \
	"[('not-proved', False, 'its process was killed by signal 9 (Kil')]" 'JSON stays JSON, and says so'
night
expect_status 0 'the next night it is sound'
is "$(reasons | cut -d ' ' -f 1)" failed 'and was the first'

small
"$PYTHON" "$here/proofs.py" flip pool/vol-gzip6 300000
slowly -T1
check 'two units are done' wait_rows 1
sleep 1
touch pool/vol-append pool/vol-crashed pool/vol-gzip6
wait $pid
status=$?
expect_status 1 'written to while it was found damaged: it could not be told'
printed '^NOT PROVED: pool/vol-gzip6: .*: was written to while it was read: what was found says nothing$' 'it says why'
all -qq
expect_status 3 'and the next time it is damaged'

# ---- states that are none ----
small
all -q
cp proof good
head -c 100 good >short
sed 's/sound/Sound/' good >changed
echo 'my notes' >foreign
: >empty
printf 'xflate-verify-state\t2\n' >newer
cp pool/vol-gzip6 volume
for state in short changed foreign empty newer volume; do
	cp $state copy
	run "$XFLATE" verify --recursive --state $state pool
	refused 1 "a state that is $state: refused"
	says 'nothing is written over it: name another file, or move this one away' "$state: what to do"
	check "$state: it is as it was" cmp $state copy
done
mkdir folder
mkfifo pipe
for state in folder pipe /dev/null; do
	run "$XFLATE" verify --recursive --state $state pool
	refused 2 "$state is no file"
done
run "$XFLATE" verify --recursive --state nosuch/proof pool
refused 1 'no such folder'
run "$XFLATE" verify --recursive --state "$(printf '%05000d' 0)" pool
refused 1 'a path that is too long'
run "$XFLATE" verify --recursive --state folder --json pool
is "$status $(ask 'd["complete"], d["sound"], d["exit_status"], d["units"]')" '2 (False, False, 2, [])' 'JSON of a run that could not begin'
ln -s good link
run "$XFLATE" verify -q --recursive --state link pool
check 'a symbolic link to a state is followed' [ -L link ]
mkdir empty.d
run "$XFLATE" verify -q --recursive --forget --state good empty.d
expect_status 1 'a folder that is empty, as one that is not mounted: nothing is forgotten'
is "$(proofs state good | wc -l | tr -d ' ')" 3 'the state is as it was'

# ---- full disks, failing calls ----
rm -f proof
run sh -c 'ulimit -f 0; exec "$0" verify -q --recursive --state proof pool' "$XFLATE"
expect_status 1 'no room for the state: exit status 1, before anything is read'
is "$(ls proof 2>/dev/null) $(find . -maxdepth 1 -name '.xflate*')" ' ' 'and nothing is left'
run sh -c 'exec "$0" verify --recursive pool >/dev/full' "$XFLATE"
expect_status 1 'no room for the report: exit status 1'
run sh -c 'exec "$0" verify --json --recursive pool >/dev/full' "$XFLATE"
expect_status 1 'nor for JSON'

# Whatever call fails, of the one that keeps the state or of a unit, or is the last one: the state is one, and what stood in it still does.
broken_off() { # KIND MODE
	for k in $(seq 16); do
		cp -p old proof
		LD_PRELOAD=$shim FAULT=$1:$k:$2 FAULT_SYNC=no timeout 60 "$XFLATE" verify -qq -T1 --recursive --state proof --json pool >"$out" 2>"$err"
		status=$?
		proofs state proof >rows 2>&1 || echo "$1:$k:$2: no state" >>wrong
		[ "$(grep -c '^sound' rows)" -ge 2 ] || [ "$status" = 1 ] || echo "$1:$k:$2: rows are lost" >>wrong
		[ "$(wc -l <rows)" -ge 2 ] || echo "$1:$k:$2: rows are lost" >>wrong
		case $status in
		0) [ "$(grep -c '^sound' rows)" = 3 ] || echo "$1:$k:$2: exit status 0, and $(cat rows)" >>wrong ;;
		1 | 137) struck=$((struck + 1)) ;;
		*) echo "$1:$k:$2: exit status $status" >>wrong ;;
		esac
	done
	rm -f .xflate-*
}
if with_shim 'broken off at every call'; then
	run "$XFLATE" verify -qq --state old pool/vol-append pool/vol-gzip6
	: >wrong
	struck=0
	for fault in 'write once:28' 'write from:28' 'fsync once:5' 'rename once:28' 'open once:24' 'open from:28' 'lock once:5' 'write short:7' \
		'rename signal:9' 'fsync signal:9' 'write signal:9'; do
		broken_off "${fault% *}" "${fault#* }"
	done
	check 'the state is whole each time, and says what was done' [ ! -s wrong ] || head -n 20 wrong | sed 's/^/# /'
	check "it did end early, $struck times" [ "$struck" -ge 40 ]
	cp -p old proof
	run env LD_PRELOAD="$shim" FAULT=rename:2:once:28 FAULT_SYNC=no "$XFLATE" verify --recursive --state proof pool
	expect_status 1 'the state cannot be written behind a unit: the run ends'
	says '^xflate: proof: .*No space left on device' 'and says so'
	printed '^NOT PROVED: 1 of 3 volumes looked at, .*, 2 units left; ' 'the rest is left'
fi

# ---- what must not turn green ----
small
all -q
expect_status 0 'three sound volumes'
head -c 257233 /dev/urandom >pool/vol-append
: >pool/vol-gzip6
all -q --sample 1/1
expect_status 1 'overwritten, and emptied: nobody takes them for volumes'
is "$(cat "$out")" '' '-q: nothing on standard output'
check 'both are named all the same' [ "$(grep -c '^xflate: not sound: .*/vol-\(append\|gzip6\): not-proved' "$err")" = 2 ]
says '^xflate: NOT PROVED: 3 of 3 volumes looked at' 'and counted'
rm pool/vol-append
mkfifo pool/vol-append
run timeout 20 "$XFLATE" verify -q --recursive --state proof pool
expect_status 1 'a pipe in the place of one'
says '^xflate: gone: .*/vol-append: ' 'is told as gone'
small
printf X | dd of=pool/vol-append bs=1 seek=70000 conv=notrunc 2>/dev/null
all -qq
expect_status 3 'a damaged one'
rm pool/vol-append
all -q --forget
expect_status 1 'is forgotten: of one that was not sound that is no success'
says '^xflate: forgotten: .*/vol-append: is gone; damaged when' 'and -q does not silence it'
all -q --forget
expect_status 0 'once'
small
mkdir real
run "$XFLATE" verify -q --recursive --state real/proof pool
ln -s real/proof proof.link
"$XFLATE" verify -q --recursive --state proof.link --limit-rate 100k pool >/dev/null 2>&1 &
working=$!
check 'it is at work' until_true 10 sh -c '! flock -n real/proof.lock true'
run "$XFLATE" verify -q --recursive --state real/proof pool
expect_status 1 'one state by two names: two runs at once are refused'
says 'another verify is at work' 'and say so'
kill "$working" 2>/dev/null
wait "$working" 2>/dev/null
ln -s nowhere dangling
run "$XFLATE" verify -q --recursive --state dangling pool
expect_status 2 'a link that leads nowhere is no state'
rm -rf proof.link dangling real
small
(sleep 2; echo pool/vol-gzip6; echo pool/vol-append) | "$XFLATE" verify --files-from - --state proof --max-duration 1s >"$out" 2>"$err"
printed '^sound: 1 of 2 volumes looked at' 'time is up before the first one: one is looked at all the same'
rm proof
all -q
says 'an earlier state is lost' 'a state that was there once, and is not: -q does not silence it'
small
(sleep 1; echo precious >proof; echo pool/vol-gzip6) | "$XFLATE" verify -q --files-from - --state proof >"$out" 2>"$err"
is "$(cat proof)" precious 'what appears under its name meanwhile is not replaced'
rm proof
small
printf X | dd of=pool/vol-append bs=1 seek=70000 conv=notrunc 2>/dev/null
all -qq
"$PYTHON" - proof <<'PY'
import re, sys
import xxhash
lines = open(sys.argv[1]).read().split("\n")
body = "\n".join(re.sub(r"^(volume\tdamaged\t)[0-9.]+", r"\g<1>2006074399.000000001", l) for l in lines[:-2]) + "\n"
open(sys.argv[1], "w").write(body + "xxh64\t" + xxhash.xxh64(body.encode()).hexdigest() + "\n")
PY
run "$XFLATE" verify -qq --recursive --state proof pool/vol-gzip6 pool/vol-crashed pool/vol-append --max-duration 1s --limit-rate 100k
check "damage from a night whose clock was ahead counts ($status)" [ "$status" = 3 ]

# ---- what makes no sense ----
usage() { # WORDS ARGUMENTS...
	said=$1
	shift
	run "$XFLATE" verify "$@"
	refused 2 "$*"
	says "$said" "$*: says so"
}
usage '^xflate: --sample 2/1: must be a part of all' --sample 2/1 --state proof pool
usage '^xflate: --sample x: must be' --sample x --state proof pool
usage '^xflate: --max-duration 4x: must be a time' --max-duration 4x pool
usage '^xflate: --max-duration 0: must be a time' --max-duration 0 pool
usage '^xflate: --sample goes with --state' --sample 1/30 --recursive pool
usage '^xflate: --forget goes with --state' --forget --recursive pool
usage '^xflate: --expect-bytes is of one set' --expect-bytes 5 --recursive pool
usage '^xflate: --null goes with --files-from' --null pool/vol-append
usage 'is a folder, and no volume; --recursive' --state proof pool
usage 'no volume named' --recursive
usage '^xflate: -: is read once only' --state proof -
usage '^xflate: --state names a file' --state - pool/vol-append
usage '^xflate: --state is empty' --state '' pool/vol-append

done_testing
