#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Volumes of a set converted by themselves: --before and --after, --by-volume.  Seeded sets: neighbours.py; PROPERTIES=400 tries so many.
# shellcheck disable=SC2086,SC2317 # lists of names and options; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

half=$((${PROPERTIES:-40} / 2))
seed=${PROPERTIES_SEED:-1}
"$PYTHON" "$here/neighbours.py" --xflate "$XFLATE" --seed "$seed" --runs "$half" >first 2>&1 &
"$PYTHON" "$here/neighbours.py" --xflate "$XFLATE" --seed $((seed + half)) --runs "$half" >second 2>&1
wait
for part in first second; do
	grep -q '^1\.\.' "$part" || not_ok "the seeded sets were tried to their end"
	grep -v '^1\.\.' "$part"
	tests=$((tests + $(grep -cE '^(not )?ok ' "$part")))
	failures=$((failures + $(grep -c '^not ok ' "$part")))
done
rm -f first second

# fresh_set GROUP VOLUME...: these, under short names, in an empty folder
fresh_set() {
	group=$1
	shift
	chmod -R u+rwx . && rm -rf ./*
	for v; do cp "$VOLUMES/$group/$v" "$v"; done
	set=$*
}

# digests FOLDER NAME...
digests() { (cd "$1" && shift && sha256sum "$@"); }

# ask FILE EXPRESSION: of JSON, as r
ask() {
	"$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# alone FOLDER OPTIONS: each volume of $set by itself, with the neighbours that plan names
alone() {
	folder=$1
	options=$2
	mkdir "$folder"
	"$XFLATE" plan -qq --json $set >plan.json
	for v in $set; do
		near=$(ask plan.json "' '.join('--%s %s' % (side, x['input']) for u in r['units'] for v in u['volumes'] if v['input'] == '$v' for side in ('before', 'after') for x in v[side])")
		xflate -qq $options $near --map "$folder/$v.map" -o "$folder/$v" "$v" || return 1
	done
}

# by_volume GROUP VOLUME...: real sets, converted in every way that its readers know
by_volume() {
	fresh_set "$@"
	volcheck --dump-all $set 2>/dev/null >before.dump
	ways="-i;-r gzip;-d gzip:1;-r lzo;-r lzo --max-block 5000"
	case $2 in
	plain-*) ways="$ways;-r zstd;-i --block-format bb02;--decrypt" ;;
	*) ways="$ways;-r lz4;-r lz4hc;" ;;
	esac
	echo "$ways" | tr ';' '\n' >ways
	while read -r way; do
		text="$2.. by volume, ${way:-copied}"
		rm -rf together apart
		run "$XFLATE" filter -qq $way --by-volume -o together $set
		expect_status 0 "$text" || continue
		check "$text: each alone, with --before and --after" alone apart "$way"
		maps=$(for v in $set; do echo "$v.map"; done)
		is "$(digests together $set $maps)" "$(digests apart $set $maps)" "$text: the same bytes, and maps"
		new=$(printf 'together/%s ' $set)
		check "$text: verify calls them sound" xflate verify -q $new
		check "$text: compare says same" xflate compare -q $set --vs $new
		volcheck --lax-numbers --lax-totals --dump-all $new 2>/dev/null >after.dump
		check "$text: all files and labels" diff before.dump after.dump
		for v in $set; do
			run "$XFLATE" filter -qq $way --by-volume --jobs 2 -o alone "$v"
			[ "$v" = "$2" ] || [ "${way:--d}" != "${way#-d}" ] || cmp -s "alone/$v" "together/$v" && continue
			[ "$v" = "$2" ] || ok "$text: without its neighbours $v is another, or refused"
			rm -rf alone
		done
	done <ways
}
by_volume bareos vol-span-gzip6-1 vol-span-gzip6-2
by_volume bacula plain-span1 plain-span2
by_volume made good-set-1 good-set-2 good-set-3

# ---- what is in order, and what is told ----
fresh_set made good-set-1 good-set-2 good-set-3
run "$XFLATE" filter -r lz4 --by-volume -o new good-set-3 good-set-1 good-set-2
expect_status 0 'a set in another order'
says '3 units of 3 volumes: 3 done' 'each volume is a unit'
is "$(ask new/good-set-2.report.json "(r['unit'], r['before'], r['after'], [x['input'] for x in r['inputs']])")" \
	"('good-set-2', ['good-set-1'], ['good-set-3'], ['good-set-2'])" 'its report names the neighbours, and no other input'
is "$(ask new/good-set-1.report.json "(r['before'], r['after'])")" "([], ['good-set-2', 'good-set-3'])" 'a record over three volumes wants two'
is "$("$XFLATE" list -q new/good-set-2 | grep -c 'job ')" 0 'what that record was all of holds nothing now'
check 'maps are of one volume each' [ "$(grep -c '^volume' new/good-set-1.map new/good-set-2.map new/good-set-3.map | tr '\n' ' ')" = \
	'new/good-set-1.map:1 new/good-set-2.map:1 new/good-set-3.map:1 ' ]
"$XFLATE" plan -q --json $set >plan.json
"$XFLATE" plan -q --whole --json $set >whole.json
for plan in plan.json whole.json; do
	is "$(ask $plan "[([x['input'] for x in v['before']], [x['input'] for x in v['after']]) for v in r['units'][0]['volumes']]")" \
		"[([], ['good-set-2', 'good-set-3']), (['good-set-1'], ['good-set-3']), (['good-set-2'], [])]" "plan --json names the neighbours: $plan"
done
run "$XFLATE" filter -q -r lz4 --by-volume --rename good-set-2=other-2 -o named $set
is "$status $(cd named && echo good-set-? other-?)" '0 good-set-1 good-set-3 other-2' 'one of them gets another name'
check 'with the bytes of its records' xflate compare -q $set --vs named/good-set-1 named/other-2 named/good-set-3
run "$XFLATE" filter -q -r lz4 --before good-set-2 -o piped - <good-set-3
check 'a volume from standard input' cmp piped new/good-set-3
run sh -c '"$XFLATE" filter -q -r lz4 --before good-set-1 --after good-set-3 good-set-2 >stdout'
check 'a volume to standard output' cmp stdout new/good-set-2
run "$XFLATE" filter -q -r lz4 --before good-set-2 --report r.json -o reported good-set-3
is "$(ask r.json "(r['before'], r['after'], r['complete'])")" "(['good-set-2'], [], True)" 'a report of one run names them'
run "$XFLATE" filter -q -r lz4 -o plain good-set-3
refused 1 'without its neighbours the volume is refused as ever'

# ---- what is not in order: told, and nothing is written ----

# wrong STATUS PATTERN OPTION...: of the conversion of one volume
wrong() {
	expected=$1
	pattern=$2
	shift 2
	rm -rf nothing
	run "$XFLATE" filter -q -r lz4 -o nothing "$@"
	refused "$expected" "$*: refused" && says "$pattern" "$*: why"
	check "$*: nothing is written" [ ! -e nothing ]
}
wrong 2 'good-set-1: job 1 .*is in a record of FileIndex 2 .*--after' --after good-set-3 good-set-1
wrong 2 'good-set-1: job 1 .*not to its end.*--after' --after good-set-2 good-set-1
wrong 2 'good-set-3: session 1/.* not what it has open at the end of good-set-1: .*--before' --before good-set-1 good-set-3
wrong 2 'good-set-2: no job goes on from here on good-set-1: .*plan' --before good-set-2 good-set-1
wrong 2 'good-set-1: no job goes on here from good-set-3: .*plan' --after good-set-1 good-set-3
wrong 2 'good-set-1: no job goes on' --before good-set-1 --before good-set-2 good-set-3
wrong 2 'stands twice' --before good-set-2 good-set-2
wrong 2 'stands twice' --before good-set-1 --after ./good-set-1 good-set-2
wrong 1 'nowhere: cannot open' --before nowhere good-set-3
wrong 1 'nowhere: cannot open' --after nowhere good-set-1
wrong 2 'before: a file is wanted' --before - good-set-3
wrong 2 'after: a file is wanted' --after '' good-set-1
wrong 2 'go with one volume' --before good-set-1 good-set-2 good-set-3
wrong 2 'go with one volume' --jobs 2 --before good-set-1 good-set-2
wrong 2 'leave out --before and --after|go with one volume' --by-volume --before good-set-1 good-set-2
wrong 2 'and --repair' --repair --before good-set-1 good-set-2
wrong 2 'and --repair' --repair --by-volume $set
mkfifo fifo
wrong 2 'fifo: can be read only once' --before fifo good-set-3
wrong 2 'fifo: can be read only once' --after fifo good-set-1
echo notes >notes
wrong 1 'notes: is no volume' --before notes good-set-3
cp "$VOLUMES/bareos/vol-gzip6" other
wrong 2 'other: no job goes on from here on good-set-3' --before other good-set-3
wrong 2 'other: no job goes on here from good-set-1' --after other good-set-1
run "$XFLATE" filter -q -r lz4 --in-place --before good-set-2 good-set-3
refused 2 '--in-place: what a neighbour is made of would be gone'
run "$XFLATE" filter -q -r lz4 --by-volume good-set-1 good-set-2
refused 2 '--by-volume without a folder'
run "$XFLATE" filter -q -r lz4 --force --before good-set-2 -o good-set-2 good-set-3
refused 2 'a neighbour is never written to'
check 'and is as it was' cmp good-set-2 "$VOLUMES/made/good-set-2"
run "$XFLATE" filter -qq -r lz4 --by-volume -o part good-set-1 good-set-3
is "$status $(in_folder part)" '2 good-set-1.report.json good-set-3.report.json ' 'a set without its middle: no volume of it, reports that say why'

# ---- damage ----

# spoil FILE BYTE: a byte is another; negative: from the end
spoil() {
	"$PYTHON" -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]), 2 if int(sys.argv[2]) < 0 else 0)
    b = f.read(1)[0]
    f.seek(-1, 1)
    f.write(bytes([b ^ 255]))' "$1" "$2"
}
fresh_set bacula plain-span1 plain-span2
cp plain-span1 hurt1
cp plain-span2 hurt2
spoil hurt1 -300
spoil hurt2 20000
for damage in stop skip keep; do
	case $damage in stop) wanted=1 ;; *) wanted=3 ;; esac
	run "$XFLATE" filter -q -r zstd --on-damage=$damage --after hurt2 -o "one-$damage" plain-span1
	expect_status $wanted "the rest of a record is damaged, $damage"
	run "$XFLATE" filter -q -r zstd --on-damage=$damage --before hurt1 -o "two-$damage" plain-span2
	[ $damage = keep ] && [ "$status" = 0 ] && wanted=0
	expect_status $wanted "the beginning of a record is damaged, $damage"
done
cp plain-span1 copy-span1
run "$XFLATE" filter -q -r zstd --before copy-span1 -o copied plain-span1
refused 2 'a copy of the volume is no neighbour of it'
says 'one is a copy of the other' 'and that is said'
# A neighbour that was damaged, and is not any more: what was lost with it is made anew.
mkdir in mended
cp plain-span1 in/
cp hurt2 in/plain-span2
run "$XFLATE" filter --by-volume --skip-done -q -r zstd --on-damage=skip -o mended in/plain-span1 in/plain-span2
expect_status 3 'by volume, one is damaged'
cp plain-span2 in/plain-span2
run "$XFLATE" filter --by-volume --skip-done -q -r zstd --on-damage=skip -o mended in/plain-span1 in/plain-span2
expect_status 0 'a good copy of it is there: the unit beside it is made anew, too'
check 'and nothing is lost' xflate compare -q plain-span1 plain-span2 --vs mended/plain-span1 mended/plain-span2
rm -rf in mended
check 'stop: nothing is written' [ ! -e one-stop ]
check 'stop: nor there' [ ! -e two-stop ]
run "$XFLATE" filter -q -r zstd --on-damage=stop --before hurt1 -o two-stop plain-span2
says 'plain-span2: .*the beginning of this record is missing' 'what is damaged is told'
run "$XFLATE" filter -q -r zstd --on-damage=skip --after hurt2 -o again plain-span1
says 'lost: .*rest of this record does not follow' 'and what is lost of the other'
check 'what skip left of the first is sound' xflate verify -qq one-skip
cp plain-span2 hurt
spoil hurt 300
run "$XFLATE" filter -q -r zstd --on-damage=skip --before plain-span1 -o hurt2.new hurt
expect_status 3 'damage on the volume itself'
says 'hurt: lost: .*FileIndex 36: .*in the block that is left out' 'what was lost with it is told'
fails 'and not that files of the volume before are missing' grep 'FileIndex 1 to' "$err"
# Damage beside the cut records is the neighbours' own.
cp plain-span1 hurt1
spoil hurt1 100000
run "$XFLATE" filter -qq -r zstd --before hurt1 -o two plain-span2
expect_status 0 'damage elsewhere on a neighbour'
run "$XFLATE" filter -qq -r zstd --before plain-span1 -o right plain-span2
check 'changes nothing' cmp two right

# ---- where the cut records lie far from the ends ----
fresh_set made
"$PYTHON" "$here/neighbours.py" --make far .
run "$XFLATE" filter -qq -r zstd --after two -o new1 one
expect_status 0 'a job that was slower than another: the first volume'
run "$XFLATE" filter -qq -r zstd --before one -o new2 two
expect_status 0 'the second volume, of a neighbour whose block is far from its end'
check 'they are sound' xflate verify -qq new1 new2
check 'compare says same' xflate compare -q one two --vs new1 new2
run "$XFLATE" filter -qq -r zstd --by-volume -o together one two
check 'the same by volume: one' cmp together/one new1
check 'the same by volume: two' cmp together/two new2

# ---- a block that stands on both ----
fresh_set made
"$PYTHON" "$here/neighbours.py" --make again .
run "$XFLATE" filter -qq -r lzo --by-volume -o new one two
expect_status 0 'a drive that warned early'
check 'compare says same' xflate compare -q one two --vs new/one new/two
check 'its records are there once' xflate verify -qq new/one new/two

# ---- records that end with their block, and empty ones ----
fresh_set made
"$PYTHON" "$here/neighbours.py" --make edges .
for pair in cut-*; do
	: >wrong
	for way in '-r lzo' -i; do
		"$XFLATE" filter -qq $way --by-volume -o new "$pair/one" "$pair/two" 2>>wrong || echo "$way" >>wrong
		"$XFLATE" verify -qq new/one new/two >/dev/null 2>>wrong || echo "$way: verify" >>wrong
		"$XFLATE" compare -qq "$pair/one" "$pair/two" --vs new/one new/two >/dev/null 2>>wrong || echo "$way: compare" >>wrong
		rm -rf new
	done
	is "$(cat wrong)" '' "records and headers that end with their block, $pair"
done

# ---- what the network layer cut ----
fresh_set made
"$PYTHON" "$here/neighbours.py" --make network .
run "$XFLATE" filter -q -r lzo --after two -o new one
refused 2 'a record in pieces on both sides: refused'
says 'one: a compressed record of FileIndex 1 .*give all volumes of the set as one' 'and what to do'
run "$XFLATE" filter -q -r lzo --before one -o new two
expect_status 1 'nor is the other side converted'
check 'nothing is written' [ ! -e new ]
run "$XFLATE" filter -q -r lzo -o new one two
expect_status 0 'as one set they are'
run "$XFLATE" filter -q --by-volume -o passed one two
check 'where nothing is converted, they pass' cmp one passed/one

# ---- neighbours of other kinds ----

# in_folders ALGORITHM KIND: the set as folders
in_folders() {
	algorithm=$1
	kind=$2
	one=${set% *}
	two=${set#* }
	run "$XFLATE" filter -qq $kind -o folders $set
	expect_status 0 "a set in folders, $kind"
	run "$XFLATE" filter -qq -r "$algorithm" --by-volume -o wanted $set
	run "$XFLATE" filter -qq -r "$algorithm" --before "folders/$one" -o 2 "$two"
	check "a folder before, $kind" cmp 2 "wanted/$two"
	run "$XFLATE" filter -qq -r "$algorithm" --after "folders/$two" -o 1 "$one"
	check "a folder behind, $kind" cmp 1 "wanted/$one"
	run "$XFLATE" filter -qq -r "$algorithm" --by-volume -o all folders/*
	check "all in folders, $kind" xflate compare -q $set --vs "all/$one" "all/$two"
}
fresh_set bareos vol-span-gzip6-1 vol-span-gzip6-2
in_folders lz4 '--chunk-size 10485760'
fresh_set bareos vol-span-gzip6-1 vol-span-gzip6-2
in_folders lzo --dedupable
fresh_set bacula plain-span1 plain-span2
in_folders zstd '--part-size 100000'

# ---- encrypted ----
fresh_set bacula plain-span1 plain-span2
mkdir keys
head -c 64 /dev/urandom >key
chmod 600 key
run "$XFLATE" filter -qq --encrypt aes-256-xts --new-key key --block-format bb03 -o closed plain-span1 plain-span2
expect_status 0 'an encrypted set'
for way in -i '-r zstd' ''; do
	rm -rf open wanted
	run "$XFLATE" filter -qq --decrypt --key key $way --by-volume -o open closed/plain-span1 closed/plain-span2
	expect_status 0 "decrypted by volume, ${way:-copied}"
	check "decrypted by volume, ${way:-copied}: compare says same" xflate compare -q plain-span1 plain-span2 --vs open/plain-span1 open/plain-span2
	check "decrypted by volume, ${way:-copied}: sound" xflate verify -qq open/plain-span1 open/plain-span2
	run "$XFLATE" filter -qq --decrypt --key key $way --before closed/plain-span1 -o two closed/plain-span2
	check "decrypted by volume, ${way:-copied}: alone it has the same bytes" cmp two open/plain-span2
	rm -f two
done
run "$XFLATE" filter -q -r zstd --encrypt aes-256-xts --new-key key --by-volume -o never plain-span1 plain-span2
refused 2 'one key for blocks that are numbered apart: refused'
says 'by-volume and --encrypt.* --new-key-dir or --new-key-command' 'and what to do'
run "$XFLATE" filter -qq -r zstd --encrypt aes-256-xts --new-key-dir keys --block-format bb03 --by-volume -o locked plain-span1 plain-span2
expect_status 0 'a key for each volume'
check 'a key for each volume: sound' xflate verify -qq --key-dir keys locked/plain-span1 locked/plain-span2
run "$XFLATE" filter -qq --decrypt --key-dir keys -i --by-volume -o opened locked/plain-span1 locked/plain-span2
check 'a key for each volume: and back' xflate compare -q plain-span1 plain-span2 --vs opened/plain-span1 opened/plain-span2

# ---- batches that are run again ----
fresh_set bacula plain-span1 plain-span2
mv plain-span2 later
run "$XFLATE" filter -qq --by-volume -r zstd -o new plain-span1
expect_status 0 'the last volume of a pool ends in a record'
cp new/plain-span1 early
mv later plain-span2
run "$XFLATE" filter -q --by-volume --skip-done -r zstd -o new $set
expect_status 0 'the pool has grown: with what is done passed over'
fails 'the volume whose job goes on now is made anew' cmp -s early new/plain-span1
check 'and all is as if it had been there from the beginning' xflate compare -q $set --vs new/plain-span1 new/plain-span2
digests new $set >sums
run "$XFLATE" filter --by-volume --skip-done -r zstd -o new $set
says '2 units of 2 volumes: 2 done before' 'once more: all is done'
is "$(digests new $set)" "$(cat sums)" 'and as it was'
run "$XFLATE" filter -q --skip-done -r zstd -o new $set
refused 1 'as a set it would be another thing: refused'
says 'other options .*--by-volume' 'and why'
"$XFLATE" plan -qq --json $set >plan.json
check 'the plan of the set is done, says report merge' xflate report merge -q --plan plan.json new
done_testing
