#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Batches: folders of volumes, each unit converted by a process of its own.  Whatever dies, and whenever: run again, every unit is done
# once, with the bytes that it always has.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

bareos=$VOLUMES/bareos

# fill: a folder with a set of two volumes and two alone, in folders
fill() {
	rm -rf in
	mkdir -p in/a/b
	cp -p "$bareos/vol-gzip6" in/
	cp -p "$bareos/vol-span-gzip6-1" in/a/
	cp -p "$bareos/vol-span-gzip6-2" "$bareos/vol-append" in/a/b/
	echo notes >in/readme
}

# in_batch OPTIONS...: the batch over it
in_batch() { run "$XFLATE" filter --recursive "$@" in; }

# volumes_of FOLDER: digest and name of all in it but reports and what killed runs have left
volumes_of() {
	[ ! -d "$1" ] || find "$1" -name '.xflate-*' -prune -o -type f ! -name '*.report.json' -print | sed "s|^$1/||" | sort | while read -r file; do
		echo "$(sha256sum <"$1/$file") $file"
	done
}

# done_in FOLDER: how many of its reports say so
done_in() { find "$1" -name '*.report.json' -exec grep -l '^  "complete": true,$' {} + | wc -l; }

# truthful FOLDER: what a complete report names is there
truthful() {
	"$PYTHON" - "$1" <<'END'
import glob, json, os, sys
import xxhash
for path in glob.glob(sys.argv[1] + "/*.report.json"):
    r = json.load(open(path))
    if not r["complete"]:
        continue
    files = [(v["output"], v["bytes_out"], v["xxh64_out"]) for v in r["volumes"]]
    for name, size, digest in files + [(r["map"], r["map_bytes"], r["map_xxh64"])]:
        if os.path.isfile(name):
            data = open(name, "rb").read()
            assert len(data) == size and xxhash.xxh64(data).hexdigest() == digest, (path, name)
        else:
            assert os.path.isdir(name), (path, name)
    assert all(v["complete"] for v in r["volumes"])
END
}

# ask FILE EXPRESSION: of a report, as r
ask() {
	"$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# --- as if each were given alone ---

fill
xflate -qq -r lz4 -o alone-1 in/vol-gzip6
xflate -qq -r lz4 -o alone/ in/a/vol-span-gzip6-1 in/a/b/vol-span-gzip6-2
in_batch -r lz4 -o out
expect_status 0 'a batch'
says '^xflate: done: vol-gzip6: 1 volume, 735\.0 kB -> [0-9.]+ [kM]B in [0-9.]+ s$' 'a batch: a line of a unit'
says '^xflate: done: vol-span-gzip6-1: 2 volumes, ' 'a batch: and of a set'
says '^xflate: 3 units of 4 volumes: 3 done$' 'a batch: the last line'
is "$(wc -l <"$err")" 4 'a batch: no other'
is "$(in_folder out)" "$(printf '%s ' vol-append vol-append.map vol-append.report.json vol-gzip6 vol-gzip6.map vol-gzip6.report.json vol-span-gzip6-1 \
	vol-span-gzip6-1.map vol-span-gzip6-1.report.json vol-span-gzip6-2)" 'a batch: what is in the folder'
check 'a batch: the bytes of a volume alone' cmp alone-1 out/vol-gzip6
check 'a batch: the bytes of a set alone' cmp alone/vol-span-gzip6-2 out/vol-span-gzip6-2
check 'a batch: its reports tell the truth' truthful out
report=out/vol-span-gzip6-1.report.json
is "$(ask $report '[v["volume"] for v in r["volumes"]], [v["input"] for v in r["volumes"]]')" \
	"(['vol-span-gzip6-1', 'vol-span-gzip6-2'], ['in/a/vol-span-gzip6-1', 'in/a/b/vol-span-gzip6-2'])" 'a report: labels, and paths as given'
is "$(ask $report '[(j["begins_elsewhere"], j["ends_elsewhere"], j["first_file_index"], j["last_file_index"]) for j in r["jobs"]]')" \
	'[(False, False, 1, 61)]' 'a report: the job, over both volumes'
is "$(ask $report 'r["command"], r["exit_class"], r["unit"], "error" in r')" \
	"(['--recursive', '-r', 'lz4', '-o', 'out'], 'done', 'vol-span-gzip6-1', False)" 'a report: what was asked for'
is "$(ask $report 'r["began"] <= r["ended"], len(r["host"]) > 0, [i["stored_bytes"] for i in r["inputs"]] == [v["bytes_in"] for v in r["volumes"]]')" \
	'(True, True, True)' 'a report: where and when, and of which inputs'
run "$XFLATE" -q -r lz4 --report half --map half.map -o half.out in/a/b/vol-span-gzip6-2
is "$(ask half '[(j["begins_elsewhere"], j["ends_elsewhere"], j["first_file_index"] > 1, j["last_file_index"]) for j in r["jobs"]]')" \
	'[(True, False, True, 61)]' 'a report of half a set: its job begins elsewhere'
volumes_of out >good
in_batch -q -r lz4 --jobs 4 -T1 -o four
expect_status 0 'four at once'
is "$(wc -c <"$err")" 0 'four at once, -q: nothing is said'
volumes_of four >got
check 'four at once: the same bytes' cmp good got
find in -type f ! -name readme | sort -r >list
run "$XFLATE" filter --files-from list -q -r lz4 -o listed
expect_status 0 '--files-from'
volumes_of listed >got
check '--files-from, in another order: the same bytes' cmp good got
tr '\n' '\000' <list >list.null
"$XFLATE" filter --files-from - --null -q -r lz4 -o nulls <list.null 2>"$err"
is $? 0 '--null from standard input'
volumes_of nulls >got
check '--null from standard input: the same bytes' cmp good got
newline='in/a
b'
mv in/vol-gzip6 "$newline"
in_batch -q -r lz4 -o odd
expect_status 0 'a name with a newline'
check 'a name with a newline: its volume' cmp alone-1 'odd/a
b'
in_batch -q -r lz4 --skip-done -o odd
expect_status 0 'a name with a newline: done before'

# --- refused before anything is read ---

fill
for options in '--jobs 2 -i' '--recursive -i -o -' '--skip-done -i'; do
	# shellcheck disable=SC2086 # words
	run "$XFLATE" filter $options in
	refused 2 "$options: it needs a folder"
done
for options in '--map m' '--report r' '--in-place' '--skip-done=slow' '--jobs 0' '--jobs 257' '--null'; do
	# shellcheck disable=SC2086 # words
	run "$XFLATE" filter --recursive $options -i -o refused in
	refused 2 "$options: refused"
done
for key in - fd:3 tty; do
	run "$XFLATE" filter --recursive --decrypt --key $key -o refused in
	refused 2 "--key $key: each unit would read it"
done
mkfifo pipe
run "$XFLATE" filter --jobs 2 -i -o refused pipe
refused 2 'a pipe is read once'
run "$XFLATE" filter --jobs 2 -i -o refused -
refused 2 'so is standard input'
run "$XFLATE" filter --jobs 2 -i -o refused ''
refused 2 'an empty path is no volume'
rm -rf refused
run "$XFLATE" filter --recursive -i -o refused missing
expect_status 1 'a folder that is not there'
says '^xflate: failed: missing: .*No such file' 'a folder that is not there: said'
rm -rf refused
mkdir in/twin
cp "$bareos/vol-append" in/twin/vol-gzip6
in_batch -i -o refused
refused 2 'one name in two folders'
says 'in/twin/vol-gzip6 and in/vol-gzip6 would become one file in refused' 'one name in two folders: both are named'
mv in/twin/vol-gzip6 in/twin/vol-gzip6.map
in_batch -i -o refused
refused 2 'the name of a map'
rm -r in/twin
mkdir in/folder
xflate -q --dedupable -o in/folder/v in/vol-gzip6
in_batch -i -o in/folder/v
refused 2 'into a volume'
rm -r in/folder
check 'refused: nothing was made' test ! -e refused
in_batch -r lz4 -o out
refused 1 'what is there already'
says 'exists already; --skip-done goes on with what is not done yet, --force replaces all' 'what is there already: the remedy'
cp "$bareos/vol-none" in/a/own
run "$XFLATE" filter -q --jobs 1 -r lz4 -o in/a in/a/own in/vol-gzip6
refused 2 'an input that is named lies where the outputs go'
says 'in/a/own: lies where the outputs go, so it is no input' 'an input that lies where the outputs go: which'
rm in/a/own
in_batch -q -r lz4 -o in/new
expect_status 0 'outputs in the folder that is read'
in_batch -q -r lz4 --skip-done -o in/new
expect_status 0 'outputs in the folder that is read: once more'
rm in/new/*.report.json in/new/*.map
volumes_of in/new >got
grep -v '\.map$' good >wanted
check 'outputs in the folder that is read: they are no inputs' cmp wanted got

# --- what is done is passed over ---

fill
in_batch -r lz4 --skip-done -o out
expect_status 0 'done before'
says '^xflate: 3 units of 4 volumes: 3 done before$' 'done before: counted'
in_batch -q -r gzip --skip-done -o out
expect_status 1 'other options'
says 'made with other options \(--recompress=lz4:1\); --force makes them anew' 'other options: said'
volumes_of out >got
check 'other options: all is as it was' cmp good got
touch in/vol-gzip6
in_batch -r lz4 --skip-done -o out
says '^xflate: 3 units of 4 volumes: 3 done before$' 'an input of another age, and with the same bytes'
in_batch -r lz4 --skip-done=quick -o out
says '^xflate: done: vol-gzip6' 'an input of another age: quick does not read it'
in_batch -r lz4 --skip-done=quick -o out
says '^xflate: 3 units of 4 volumes: 3 done before$' 'quick: done before'
cp "$bareos/vol-append" in/vol-gzip6
in_batch -q -r lz4 --skip-done -o out
expect_status 0 'an input that has changed'
xflate -qq -r lz4 -o alone-2 in/vol-gzip6
check 'an input that has changed: its output has, too' cmp alone-2 out/vol-gzip6
printf x | dd of=out/vol-append bs=1 seek=3000 conv=notrunc 2>/dev/null
in_batch -q -r lz4 --skip-done=quick -o out
expect_status 1 'an output that has changed: quick'
in_batch -q -r lz4 --skip-done -o out
expect_status 1 'an output that has changed'
says 'failed: vol-append: .*out/vol-append: exists already, and is not what its report says; use --force' 'an output that has changed: said'
check 'an output that has changed: its report is as it was' grep -q '^  "complete": true,$' out/vol-append.report.json
in_batch -q -r lz4 --skip-done --force -o out
expect_status 0 'an output that has changed: --force'
in_batch -q -r lz4 --skip-done -o out
expect_status 0 'and it is done'
rm out/vol-span-gzip6-2
in_batch -q -r lz4 --skip-done -o out
expect_status 0 'an output that is gone'
mv in/a/b/vol-span-gzip6-2 aside
in_batch -q -r lz4 --skip-done -o out
expect_status 1 'half a set that was done whole'
says 'made together with in/a/b/vol-span-gzip6-2, which is not among the inputs' 'half a set that was done whole: said'
# A run that fails in between leaves them as they are, and they are no less a whole.
head -c 100000 aside >in/a/b/vol-span-gzip6-2
in_batch -q -r lz4 --skip-done -o out
expect_status 1 'a set that was done whole, one of which is cut off now'
rm in/a/b/vol-span-gzip6-2
volumes_of out >wanted
in_batch -q -r lz4 --skip-done -o out
expect_status 1 'and half of it'
says 'made together with in/a/b/vol-span-gzip6-2, which is not among the inputs' 'and half of it: said'
cp -p aside in/a/b/vol-span-gzip6-2
in_batch -q -r gzip --skip-done -o out
says 'span-gzip6-1.report.json: its volumes were made with other options' 'and other options'
volumes_of out >got
check 'and all is as it was' cmp wanted got
in_batch -q -r lz4 --skip-done -o out
expect_status 0 'and it is done'
rm aside
rm out/vol-span-gzip6-1.map
in_batch -q -r lz4 --skip-done -o out
expect_status 0 'a map that is gone'
echo '{"format": 1' >out/vol-append.report.json
in_batch -q -r lz4 --skip-done -o out
expect_status 1 'a report that is cut off'
says 'out/vol-append.report.json: is no report that is whole: .*; --force replaces it' 'a report that is cut off: said'
rm out/vol-append.report.json
mkfifo out/vol-append.report.json
in_batch -q -r lz4 --skip-done -o out
expect_status 1 'a pipe that is called as a report is'
says 'out/vol-append.report.json: is no file, and a report is to stand there; move it away' 'a pipe that is called as a report is: said'
run "$XFLATE" report merge out
expect_status 1 'a pipe among reports that are merged'
says 'out/vol-append.report.json: is no file, and so no report' 'a pipe among reports that are merged: said'
rm out/vol-append.report.json
fill
in_batch -q -r gzip --force -o out
expect_status 0 '--force: with other options'
volumes_of out >got
rm -rf gzipped
in_batch -q -r gzip --force -o gzipped
volumes_of gzipped >wanted
check '--force: all anew' cmp wanted got

# --- two runs at once ---

rm -rf out
head -c 300000 "$bareos/vol-gzip6" >cut-off
run "$XFLATE" filter -qq --jobs 1 --skip-done -r lz4 -o out cut-off
cp "$bareos/vol-gzip6" cut-off
"$XFLATE" filter -q --jobs 1 --skip-done --limit-rate 200000 -r lz4 -o out cut-off 2>slow.err &
pid=$!
sleep 1
run "$XFLATE" filter -q --jobs 1 --skip-done -r lz4 -o out cut-off
expect_status 0 'two runs at once: the one that is faster'
wait $pid
is $? 1 'two runs at once: the other one'
check 'two runs at once: the report of what is done stays' grep -q '^  "complete": true,$' out/cut-off.report.json
run "$XFLATE" filter --jobs 1 --skip-done -r lz4 -o out cut-off
says '^xflate: 1 unit of 1 volume: 1 done before$' 'two runs at once: it is done'

# --- a bad one costs itself ---

fill
cp "$VOLUMES/made/bad-adler" in/
rm -rf out
in_batch -q -i -o out
expect_status 1 'a bad one'
says '^xflate: failed: bad-adler: 1 volume in [0-9.]+ s, exit status 1: in/bad-adler: .*--on-damage' 'a bad one: named, with what to do'
says '^xflate: 4 units of 5 volumes: 3 done, 1 failed$' 'a bad one: counted'
check 'a bad one: no volume of it' test ! -e out/bad-adler
is "$(ask out/bad-adler.report.json 'r["complete"], r["exit_class"], r["exit_status"], r["error"] == r["failures"][0]["error"], r["inputs"][0]["input"]')" \
	"(False, 'give up', 1, True, 'in/bad-adler')" 'a bad one: its report tells'
in_batch -q -i --skip-done --exit-class -o out
expect_status 65 'a bad one: give up'
in_batch -q -i --skip-done --on-damage=skip --exit-class -o skip
expect_status 0 'damage that is passed over: done'
in_batch -q -i --skip-done --on-damage=skip -o skip
expect_status 3 'damage that is passed over: it is known the next time'
says '^xflate: done before, with damage: bad-adler: ' 'damage that is passed over: said the next time'
run "$XFLATE" -q --exit-class -i -o xx missing
expect_status 75 'an input that is not there: try again'
run "$XFLATE" -q --exit-class -i -o missing/xx in/vol-gzip6
expect_status 75 'a folder that is not there: try again'
run "$XFLATE" -q --exit-class -i -o xx in/readme
expect_status 65 'no volume: give up'
run "$XFLATE" -q --exit-class -i -o xx in/vol-gzip6
expect_status 0 'done'
run "$XFLATE" -q --exit-class -i -o xx in/vol-gzip6
expect_status 65 'an output that exists: give up'
run "$XFLATE" -q --exit-class --report failed -i -o yy in/readme
is "$(ask failed 'r["complete"], r["exit_class"], r["exit_status"]')" "(False, 'give up', 1)" 'a report of no volume'
if [ -e /dev/full ]; then
	"$XFLATE" -q --exit-class -i in/vol-gzip6 >/dev/full 2>"$err"
	is $? 75 'no space: try again'
fi
rm -f in/bad-adler
rm -rf renamed
in_batch -q -i --rename vol-append=Other -o renamed
expect_status 0 '--rename'
check '--rename: the file has that name, its report that of the input' test -f renamed/Other -a -f renamed/vol-append.report.json
in_batch -q -i --rename vol-append=Other --skip-done -o renamed
expect_status 0 '--rename: done before, and the name is met'
in_batch -q -i --rename vol-append=Another --skip-done -o renamed
expect_status 0 '--rename to another name'
check '--rename to another name: it is done' test -f renamed/Another
in_batch -i --rename vol-append=Another --skip-done -o renamed
says '^xflate: [34] units of [45] volumes: [34] done before$' '--rename to another name: and is done before'
in_batch -q -i --rename vol-append=Another --rename nobody=x --skip-done -o renamed
expect_status 2 '--rename of a name that no volume has'

# --- whatever is killed, and when ---

# killed_at K KIND OPTIONS: the batch that ends there in each unit; then once more.  Fails behind the last call; what is wrong is in $what.
killed_at() {
	at=$1
	fault=$2:$1:signal:9
	shift 2
	! LD_PRELOAD=$shim FAULT=$fault FAULT_SYNC=no timeout 60 "$XFLATE" filter --recursive -q -T1 --skip-done "$@" -o out in >"$out" 2>"$err" ||
		return 1
	truthful out || what="$what $at:false"
	left=$(find out -name '.xflate-*.tmp' -prune 2>/dev/null | wc -l)
	timeout 60 "$XFLATE" filter --recursive -q -T1 --skip-done "$@" -o out in 2>"$err" || what="$what $at:again"
	[ "$left" = 0 ] || grep -q "^xflate: out: $left unfinished files* of earlier runs" "$err" || what="$what $at:$left unsaid"
	volumes_of out >got
	cmp -s whole.list got || what="$what $at:bytes"
	[ "$(done_in out)" = 2 ] || what="$what $at:incomplete"
	truthful out || what="$what $at:untrue"
}

# failing STEP LAST KIND ERRNO: one of each STEP calls of KIND fails in each unit, to call LAST; nothing half done is left, and the next run
# does the rest
failing() {
	what=
	failures_met=0
	for k in $(seq 1 "$1" "$2"); do
		rm -rf out
		LD_PRELOAD=$shim FAULT=$3:$k:once:$4 FAULT_SYNC=no timeout 60 "$XFLATE" filter --recursive -q -T1 -r lz4 -o out in >"$out" 2>"$err"
		ended=$?
		[ ! -d out ] || truthful out || what="$what $k:false"
		[ ! -d out ] || [ -z "$(find out -name '.xflate-*')" ] || what="$what $k:left"
		if [ $ended = 0 ]; then
			volumes_of out >got
			cmp -s whole.list got && [ "$(done_in out)" = 2 ] || what="$what $k:status 0"
			continue
		fi
		failures_met=$((failures_met + 1))
		[ -s "$err" ] || what="$what $k:silent"
		timeout 60 "$XFLATE" filter --recursive -q -T1 --skip-done -r lz4 -o out in 2>"$err" || what="$what $k:again"
		volumes_of out >got
		cmp -s whole.list got || what="$what $k:bytes"
	done
	is "$what" '' "each ${1}th of $2 calls of $3 fails: nothing is lost, and the next run does the rest"
	check "$failures_met of these calls of $3 are missed" test $failures_met -gt 1
}

# killed STEP KIND OPTIONS: at the first of each STEP calls of KIND; over what is in the folder older, if there is one
killed() {
	step=$1
	kind=$2
	shift 2
	rm -rf whole
	in_batch -q -T1 "$@" -o whole
	volumes_of whole >whole.list
	what=
	for k in $(seq 1 "$step" 200); do
		rm -rf out
		[ ! -d older ] || cp -pr older out
		killed_at "$k" "$kind" "$@" || break
	done
	is "$what" '' "killed at each of $((k - 1)) calls of $kind, $*$([ -d older ] && echo ', over older outputs'): done all the same"
	check "$kind, $*: such calls are met, and come to an end" test "$k" -gt 3 -a "$k" -lt 199
}

if with_shim 'killed at every call'; then
	fill
	rm in/a/b/vol-append
	killed 1 rename -r lz4
	killed 1 fsync -r lz4
	killed 3 open -r lz4
	killed 3 write -r lz4
	rm -rf whole
	in_batch -q -T1 -r lz4 -o whole
	volumes_of whole >whole.list
	failing 1 6 rename 5
	failing 1 12 fsync 5
	failing 3 24 write 28
	failing 3 60 open 24
	failing 3 60 stat 5
	failing 60 1500 alloc 12
	# A volume that cannot be looked at may belong with another one.
	rm -rf out
	LD_PRELOAD=$shim FAULT=read:4:from:5 FAULT_SYNC=no timeout 60 "$XFLATE" filter --recursive -q -r lz4 -o out in 2>"$err"
	is $? 1 'no volume can be read'
	is "$(done_in out)" 0 'no volume can be read: no unit is done'
	is "$(ask out/vol-gzip6.report.json 'r["exit_class"], "Input/output error" in r["error"]')" "('try again', True)" \
		'no volume can be read: the reports tell'
	in_batch -q -T1 -r lz4 --skip-done -o out
	volumes_of out >got
	check 'no volume can be read: the next run does them' cmp whole.list got
	killed 1 rename --dedupable
	in_batch -q -T1 -r lz4 -o older
	cp "$bareos/vol-append" in/vol-gzip6
	killed 1 rename -r lz4
	rm -r older
	fill
	rm in/a/b/vol-append
	in_batch -q -T1 --dedupable -o older
	cp "$bareos/vol-append" in/vol-gzip6
	killed 1 rename --dedupable
	killed 1 unlink --dedupable
	rm -r older
	# A call that fails ends the unit, and no other.
	fill
	rm -rf out
	LD_PRELOAD=$shim FAULT=rename:2:once:28 FAULT_SYNC=no timeout 60 "$XFLATE" filter --recursive -q -r lz4 --exit-class -o out in 2>"$err"
	is $? 75 'no space for a map: try again'
	is "$(done_in out)" 0 'no space for a map: no unit is done'
	in_batch -q -r lz4 --skip-done -o out
	expect_status 0 'no space for a map: the next run'
fi

# --- signals ---

# A unit that waits for its key: for as long as nobody ends it.
fill
rm -rf out
cp "$VOLUMES/bacula/enc256-append" in/waits
cat >slow-key <<'END'
#!/bin/sh
touch asked
exec sleep 50
END
chmod 755 slow-key
wait_for() {
	for _ in $(seq 200); do
		[ ! -e "$1" ] || return 0
		sleep 0.05
	done
	return 1
}
for signal in TERM INT HUP; do
	rm -rf asked out
	fresh "$XFLATE" filter --recursive --jobs 4 --decrypt --key-command ./slow-key -i -o out in 2>"$err" &
	pid=$!
	check "$signal: it is at work" wait_for asked
	sleep 0.5
	kill "-$signal" $pid
	wait $pid
	status=$?
	is "$status" "$(case $signal in TERM) echo 143 ;; INT) echo 130 ;; HUP) echo 129 ;; esac)" "$signal: ends it, as it would have"
	says '^xflate: killed: waits: 1 volume in [0-9.]+ s, by signal' "$signal: the unit at work is named"
	says '^xflate: 4 units of 5 volumes: 3 done, 1 failed$' "$signal: the others are counted"
	is "$(find out -name '.xflate-*')" '' "$signal: nothing half done is left"
	check "$signal: the reports tell the truth" truthful out
done
rm -rf asked out
fresh "$XFLATE" filter --recursive --jobs 4 --decrypt --key-command ./slow-key -i -o out in 2>"$err" &
pid=$!
check 'a child is killed: it is at work' wait_for asked
sleep 0.5
pkill -KILL -P $pid
wait $pid
is $? 1 'a child is killed: exit status'
says '^xflate: killed: waits: .*by signal 9' 'a child is killed: said'
is "$(done_in out)" 3 'a child is killed: it costs itself'
rm -rf asked out
fresh "$XFLATE" filter --recursive --jobs 4 --decrypt --key-command ./slow-key -i -o out in 2>"$err" &
pid=$!
check 'kill -9: it is at work' wait_for asked
children=$(pgrep -P $pid)
kill -KILL $pid
wait $pid
# shellcheck disable=SC2086 # several
check 'kill -9: its children end, too' gone $children
is "$(find out -name '.xflate-*')" '' 'kill -9: they have put away what was not done'
rm in/waits
in_batch -q -i --decrypt --key-command ./slow-key --skip-done -o out
expect_status 0 'kill -9: the next run'

# --- reports as one ---

fill
rm -rf out two
in_batch -q -r lz4 -o out
run "$XFLATE" report merge out
expect_status 0 'merged: all is done'
is "$(tail -n 1 "$out" | cut -d , -f 1-4)" '3 reports: 3 done, 0 damaged, 0 failed, 0 twice; 4 volumes' 'merged: counted'
run "$XFLATE" report merge out out/vol-append.report.json ./out
is "$(tail -n 1 "$out" | cut -d , -f 1-4)" '3 reports: 3 done, 0 damaged, 0 failed, 0 twice; 4 volumes' 'merged: a report that is named twice is one'
run "$XFLATE" filter -q --jobs 1 -r lz4 -o two in/vol-gzip6
run "$XFLATE" report merge out two
expect_status 3 'merged: a volume that is done twice'
is "$(grep -c '^twice' "$out")" 2 'merged: done twice: its label and its path'
fill
cp "$VOLUMES/made/bad-adler" in/
in_batch -q -i -o fails
run "$XFLATE" report merge fails
expect_status 1 'merged: a failure'
check 'merged: a failure: named' grep -Eq '^failed   bad-adler: .*\(give up\): fails/bad-adler.report.json$' "$out"
run "$XFLATE" filter -q --jobs 1 -i --on-damage=skip -o later in/bad-adler
run "$XFLATE" report merge fails later
expect_status 3 'merged: what failed was done later, with damage'
check 'merged: damage: named' grep -Eq '^damaged  bad-adler: [1-9][0-9]* damaged: later/bad-adler.report.json$' "$out"
run "$XFLATE" plan --json --recursive in
cp "$out" plan
run "$XFLATE" report merge --plan plan fails later
expect_status 3 'merged, against the plan'
check 'merged, against the plan: counted' grep -q '^4 units planned: 3 done, 1 damaged, 0 failed, 0 missing' "$out"
rm later/*.json fails/vol-gzip6.report.json
run "$XFLATE" report merge --json --plan plan fails
expect_status 1 'merged: one is missing'
is "$("$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(r["done"], r["damaged"], r["failed"], r["missing"], sorted((p["unit"], p["state"]) for p in r["planned"]))' "$out")" \
	"2 0 1 1 [('bad-adler', 'failed'), ('vol-append', 'done'), ('vol-gzip6', 'missing'), ('vol-span-gzip6-1', 'done')]" 'merged: one is missing: which'
# report FILE COMPLETE BEGAN INPUT...: of a run; a volume that is done with damage: INPUT!
report() {
	"$PYTHON" -c 'import json, sys
name, complete, began, *inputs = sys.argv[1:]
done = [i for i in inputs if complete == "yes" or i.endswith("!")]
json.dump({"format": 1, "program": "xflate 0", "complete": complete == "yes", "began": began, "exit_status": 0 if complete == "yes" else 1,
	"inputs": [{"input": i.rstrip("!")} for i in inputs],
	"volumes": [{"input": i.rstrip("!"), "volume": i.rstrip("!"), "complete": True, "damaged": i.count("!")} for i in done]}, open(name, "w"))' "$@"
}
mkdir some
report some/1.report.json no 2026-01-01T00:00:00Z a b
report some/2.report.json no 2026-01-02T00:00:00Z a
report some/3.report.json yes 2026-01-03T00:00:00Z a
run "$XFLATE" report merge some
expect_status 1 'merged: two failed, and one of them was done later'
check 'merged: two failed: which is left' grep -q '^failed   a: .*some/1.report.json$' "$out"
report some/4.report.json no 2026-01-04T00:00:00Z a b
run "$XFLATE" report merge some
is "$(grep -c '^failed' "$out")" 1 'merged: that both failed again tells of both'
rm some/*
report some/1.report.json no 2026-01-01T00:00:00Z a! b
report some/2.report.json yes 2026-01-02T00:00:00Z b
run "$XFLATE" report merge some
expect_status 3 'merged: of a run that failed one was done with damage, the other later'
is "$(grep '^damaged' "$out")" 'damaged  a: 1 damaged: some/1.report.json' 'merged: of a run that failed: the damage'
rm some/*
report some/1.report.json yes 2026-01-01T00:00:00Z a! b
echo '{"format": 1, "units": [{"unit": "A", "volumes": [{"input": "a"}]}, {"unit": "B", "volumes": [{"input": "b"}]}]}' >two.plan
run "$XFLATE" report merge --plan two.plan some
expect_status 3 'merged, against the plan: one report of two units'
check 'merged, against the plan: one of them is damaged' grep -q '^2 units planned: 1 done, 1 damaged' "$out"
mkdir nothing
run "$XFLATE" report merge some nothing
says '^xflate: nothing: there is no report in it' 'merged: a folder without any is told'
mkdir seen
cp "$bareos/vol-gzip6" seen/
xflate plan -qq --json seen/vol-gzip6 seen/gone >seen.plan
xflate filter -q --jobs 1 -i -o seen.done seen/vol-gzip6
run "$XFLATE" report merge --plan seen.plan seen.done
expect_status 1 'merged: what the plan could not look at is missing'
check 'merged: what the plan could not look at: named' grep -q '^missing  seen/gone' "$out"
ln seen/vol-gzip6 seen/again
run "$XFLATE" filter -q --jobs 1 -i -o seen.twice seen/vol-gzip6 seen/again
says '^xflate: seen/again: left out: that file is there under another name' 'one file under two names is told'
mkdir odd-names
cp "$bareos/vol-append" "odd-names/M$(printf '\374')ller"
cp "$bareos/vol-gzip6" "odd-names/M$(printf '\366')ller"
xflate plan -q --json --recursive odd-names >odd-plan
xflate filter -q --jobs 1 -i -o odd-done "odd-names/M$(printf '\374')ller"
run "$XFLATE" report merge --plan odd-plan odd-done
refused 1 'merged: names that are one name in a plan'
run "$XFLATE" report merge --plan in/readme out
refused 1 'a plan that is none'
run "$XFLATE" report merge in
refused 1 'no report'
echo '{"format": 1, "program": "xflate 0.1.0", "complete": true' >out/cut.report.json
run "$XFLATE" report merge out
expect_status 1 'a report that is cut off'
says 'out/cut.report.json: is no report that is whole' 'a report that is cut off: named'
run "$XFLATE" report merge
refused 2 'of nothing'
done_testing
