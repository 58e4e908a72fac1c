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
check 'names that are no UTF-8 come in hex, too' grep -q '"file_hex"' "$out"

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
run "$XFLATE" find '*' "$made/false-digest"
expect_status 3 'a wrong digest, too'
is "$(grep -c ' DAMAGED ' "$out")" 1 'and which file it is'
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
	run "$XFLATE" find --key key '*' "$bacula/enc256-append"
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
	sort "$out" >indexed
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
"$XFLATE" -q -i --max-block 4096 <"$bareos/vol-append" >whole
second=$("$XFLATE" list --blocks whole | sed -n 's|^block \([0-9]*\): .* session 33/.*|\1|p' | head -n 1)
head -c "$second" whole >grows
run "$XFLATE" find --index g.db '*' grows
is "$(wc -l <"$out")" 17 'the first job of a volume'
# Nobody reads this again.
cp whole grows
printf 'XXXXXXXXXXXXXXXX' | dd of=grows bs=1 seek=20000 conv=notrunc 2>/dev/null
run "$XFLATE" find --index g.db '*' grows
expect_status 0 'the volume has grown by a job'
is "$(told)" '0 volumes read, 1 from where they had ended, 0 unchanged, 0 gone' 'only that is read'
is "$(wc -l <"$out") $(grep -c 'job 33 ' "$out")" '31 14' 'and is there'
run "$XFLATE" find --index whole.db '*' whole
sort "$out" >wanted
run "$XFLATE" find --index g.db '*'
sort "$out" >sorted
check 'as if it had been read at once' cmp sorted wanted
run "$XFLATE" find --index g.db '*' grows
is "$(told)" '0 volumes read, 0 from where they had ended, 1 unchanged, 0 gone' 'then it is known'

# Its label is another one for who reads all of it, or none; or a tape's stands before it.
xz -dc "$here/volumes/field/ansi-label.xz" >ansi-label
for v in "$made/false-label-id" "$made/false-label-second" "$made/false-option-label" ansi-label; do
	rm -rf g.db plain indexed
	xflate find -q --index g.db --update "$v" >"$out" 2>&1
	run "$XFLATE" find --index g.db --update "$v"
	is "$(told)" '0 volumes read, 0 from where they had ended, 1 unchanged, 0 gone' "${v##*/}: is known again"
	xflate extract -qq -C plain "$v" >"$out" 2>&1
	xflate extract -qq --index g.db -C indexed >"$out" 2>&1
	check "${v##*/}: and extracted from" diff -r plain indexed
done
rm -rf plain indexed
cp "$bareos/vol-none" grows
xflate find -q --index g.db --update grows >"$out" 2>&1
"$XFLATE" -qq --keep-layout --rename vol-none=vol-else -o there "$bareos/vol-none"
mv there grows
xflate find --index g.db --update grows >"$out" 2>"$err"
is "$(told)" '1 volume read, 0 from where they had ended, 0 unchanged, 0 gone' 'one with another sound label is another one'

# It had ended in the middle of a block, or in padding of a tape.
for at in $((second + 1000)) 64512; do
	from=whole
	[ $at != 64512 ] || from=$made/good-tape-dump-fixed
	rm -f g.db grows
	head -c $at "$from" >grows
	xflate find -q --index g.db --update grows >"$out" 2>&1
	cp "$from" grows
	run "$XFLATE" find --index g.db '*' grows
	expect_status 0 "grown from $at bytes on: it is whole now"
	is "$(told)" '1 volume read, 0 from where they had ended, 0 unchanged, 0 gone' 'and read anew'
	run "$XFLATE" find --index g.db --volumes
	is "$(grep -c DAMAGE "$out")" 0 'nothing of it is damaged'
done

# Its job had not ended.
half=$("$XFLATE" list --blocks whole | sed -n 's|^block \([0-9]*\): .* session 32/.*|\1|p' | sed -n 5p)
head -c "$half" whole >open
run "$XFLATE" find --index o.db '*' open
cp whole open
run "$XFLATE" find --index o.db '*' open
is "$(told)" '1 volume read, 0 from where they had ended, 0 unchanged, 0 gone' 'a volume whose job was at work is read anew'
sort "$out" >sorted
check 'and all of it is there once' cmp sorted wanted

# A set, one volume after the other.
run "$XFLATE" find --index s.db --json '*' "$bareos/vol-span-gzip6-1"
is "$(lines 'd["verdict"]' | grep -c cut)" 1 'the first volume of two: a file is cut'
run "$XFLATE" find --index s.db --json '*' "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
is "$(told)" '2 volumes read, 0 from where they had ended, 0 unchanged, 0 gone' 'its job goes on: both are read'
is "$(lines 'd["verdict"]' | grep -c cut)" 0 'and nothing is cut'
lines '"%s %s %s" % (d["file"].encode(), d["file_index"], d["verdict"])' | sort >indexed
run "$XFLATE" find --json '*' "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
lines '"%s %s %s" % (d["file"].encode(), d["file_index"], d["verdict"])' | sort >plain
check 'all as without an index' cmp plain indexed

# The last one first.
rm s.db
xflate find -q --index s.db --update "$bareos/vol-span-gzip6-2" >"$out" 2>&1
run "$XFLATE" find --index s.db --json '*' "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
is "$(told)" '2 volumes read, 0 from where they had ended, 0 unchanged, 0 gone' 'the end of a set, then its beginning: both are read'
lines '"%s %s %s" % (d["file"].encode(), d["file_index"], d["verdict"])' | sort >indexed
check 'and all is as without an index' cmp plain indexed
run "$XFLATE" find --index s.db --update "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
is "$(told)" '0 volumes read, 0 from where they had ended, 2 unchanged, 0 gone' 'once'

# In the wrong order, then in the right one.
run "$XFLATE" find --index w.db --update "$bareos/vol-span-gzip6-2" "$bareos/vol-span-gzip6-1"
expect_status 3 'a set in a wrong order: 3'
says 'wrong order' 'which is said'
run "$XFLATE" find --index w.db --update "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
expect_status 0 'then in the right one: it is read anew'
run "$XFLATE" find --index w.db --json '*'
is "$(lines 'd["verdict"]' | grep -c cut)" 0 'and nothing is cut'
is "$(lines 'd["verdict"]' | grep -c proven)" 30 'but proven'
run "$XFLATE" find --index w.db --update "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
says '2 unchanged' 'and once more it is not read'

# The last one had been labelled, and nothing more.
rm s.db
head -c 183 "$made/good-set-3" >grows
xflate find -q --index s.db --update "$made/good-set-1" "$made/good-set-2" grows >"$out" 2>&1
head -c 28855 "$made/good-set-3" >grows
xflate find -q --index s.db --update "$made/good-set-1" "$made/good-set-2" grows >"$out" 2>&1
cp "$made/good-set-3" grows
run "$XFLATE" find --index s.db '*' "$made/good-set-1" "$made/good-set-2" grows
is "$(grep -c cut "$out") $(grep -c proven "$out")" '0 8' 'a set whose last volume grows: nothing is cut'

# Another volume of the same label.
cp "$bareos/vol-multi" other
run "$XFLATE" find --index r.db --update other
before=$("$XFLATE" find --index r.db '*' | wc -l)
"$XFLATE" -q -r lz4 <"$bareos/vol-multi" >other
run "$XFLATE" find --index r.db '*' other
is "$(told)" '1 volume read, 0 from where they had ended, 0 unchanged, 0 gone' 'written anew: it is read anew'
is "$(wc -l <"$out")" "$before" 'its files stand there once'
run "$XFLATE" find --index r.db --volumes
is "$(wc -l <"$out")" 1 'and it is one volume'

# ---- extract ----

run "$XFLATE" find -q --index e.db --update "$bareos/vol-none" "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2" "$bareos/vol-append"
run "$XFLATE" extract --index e.db -C never
expect_status 2 'extract from an index of several jobs: which?'
run "$XFLATE" extract --index e.db --job 1 --file '*hard2.txt' -C one
expect_status 0 'a file of a job'
is "$(in_folder one | tr ' ' '\n' | grep -c txt)" 1 'is that one'
run "$XFLATE" extract --index e.db --job 1 -C all
run "$XFLATE" extract -C direct "$bareos/vol-none"
check 'all of a job is as without an index' diff -r --no-dereference all direct
set_job=$("$XFLATE" find --index e.db --json '*' | sed -n 's|.*"session_id": \([0-9]*\), "session_time": \([0-9]*\).*span-gzip6-2.*|\1/\2|p' | head -n 1)
run "$XFLATE" extract --index e.db --job "$set_job" -C set
run "$XFLATE" extract -C set-direct "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
check 'over two volumes' diff -r --no-dereference set set-direct
run "$XFLATE" extract --index e.db --job "$set_job" -C never "$bareos/vol-span-gzip6-2"
expect_status 2 'a volume that is wanted is not given'
says 'vol-span-gzip6-1' 'and named'
# A record over three volumes, two jobs in turn.
run "$XFLATE" find -q --index t.db --update "$made/good-set-1" "$made/good-set-2" "$made/good-set-3"
wrong=
for of in 1 2; do
	for index in 1 2 3 4; do
		rm -rf each
		xflate extract -q --index t.db --job $of/1694498816 --file-index $index -C each >"$out" 2>&1 || wrong="$wrong $of:$index"
		is "$(find each -type f | wc -l)" 1 "job $of, FileIndex $index: one file"
	done
done
is "$wrong" '' 'each file of a set by itself'
# Only what is wanted is read: elsewhere anything may stand.
cp "$bareos/vol-none" part
run "$XFLATE" find -q --index p.db --update part
where=$("$XFLATE" find --index p.db --json hard2.txt | sed -n 's/.*"address": \([0-9]*\).*/\1/p')
is "$([ "${where:-0}" -gt 300 ] && echo yes)" yes 'hard2.txt does not lie at the beginning'
printf 'XXXXXXXXXXXXXXXX' | dd of=part bs=1 seek=300 conv=notrunc 2>/dev/null
run "$XFLATE" extract --index p.db --file '*hard2.txt' -C part.x
expect_status 0 'damage elsewhere is not seen'
run "$XFLATE" extract --index p.db --file 'no/such' -C never
expect_status 1 'nothing is called so'
cp "$bareos/vol-gzip6" part
run "$XFLATE" extract --index p.db --file '*hard2.txt' -C never
expect_status 2 'another volume stands there now'
says 'update' 'and how the index gets to know it'
is "$(in_folder . | tr ' ' '\n' | grep -c never)" 0 'nothing was made'
# What is damaged, and what has lost its name: as without an index.
for v in bad-block-len bad-continuation bad-dangling bad-record-len false-job-files; do
	rm -rf plain indexed d.db
	run "$XFLATE" extract -C plain "$made/$v"
	xflate find -qq --index d.db --update "$made/$v" >"$out" 2>&1
	run "$XFLATE" extract --index d.db -C indexed
	expect_status 3 "$v: damage of its files is told"
	check "$v: and all is as without an index" diff -r plain indexed
done
says 'missing: 1 files' 'files of the job that never came, too'
rm -rf indexed
xflate find -qq --index d.db --update "$made/bad-block-len" >"$out" 2>&1
run "$XFLATE" extract --index d.db --as-of now --fileset Set --without-full -C indexed
expect_status 3 '--as-of, a file without a name'
is "$(in_folder indexed | tr ' ' '\n' | grep -c 'lost+found/')" 1 'it is there'
cat "$bareos/vol-none" "$bareos/vol-gzip6" >behind
run "$XFLATE" find -q --index behind.db --update behind
run "$XFLATE" extract --index behind.db --job 3 -C never
refused 2 'a volume behind another in one file'
says 'leave --index out' 'is refused, and what helps is said'
run "$XFLATE" find -q --index ob.db --update "$made/good-objects"
run "$XFLATE" extract --index ob.db --objects -C never
refused 2 'restore objects are in no index'
says 'leave --index out' 'and says how they are got'
if [ -e "$bacula/enc256-append" ]; then
	run "$XFLATE" find -q --index k.db --key key --update "$bacula/enc256-append"
	expect_status 0 'an index of an encrypted volume'
	run "$XFLATE" find --index k.db --key key '*' "$bacula/enc256-append"
	is "$(told)" '0 volumes read, 0 from where they had ended, 1 unchanged, 0 gone' 'which is known again'
	job=$(sed -n 's/.* job \([0-9]*\) .*/\1/p' "$out" | head -n 1)
	run "$XFLATE" extract --index k.db --job "$job" --key key -C secret
	expect_status 0 'and is extracted from'
fi

# ---- a job on two volumes, of which one is another by now ----

cp "$bareos/vol-span-gzip6-1" spread1
cp "$bareos/vol-span-gzip6-2" spread2
run "$XFLATE" find --index spread.db --update spread1 spread2
is "$(told)" '2 volumes read, 0 from where they had ended, 0 unchanged, 0 gone' 'a job on two volumes'
at=$(($(wc -c <spread1) - 8))
printf 'damaged!' | dd of=spread1 bs=1 seek=$at conv=notrunc 2>said
run "$XFLATE" find --index spread.db --update spread1 spread2
is "$(told)" '2 volumes read, 0 from where they had ended, 0 unchanged, 0 gone' 'one is another by now: that with the rest is read with it'

# ---- what is no index ----

echo text >no.db
run "$XFLATE" find --index no.db x "$bareos/vol-none"
refused 2 'a text is no index'
is "$(cat no.db)" text 'and stays'
printf 'CREATE TABLE file(x); INSERT INTO file VALUES(1);' | sqlite3 foreign.db
cp foreign.db foreign.was
run "$XFLATE" find --index foreign.db x "$bareos/vol-none"
refused 2 'a database of another program'
says 'another program' 'says so'
check 'and stays' cmp foreign.db foreign.was
cp i.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 99'
cp newer.db newer.was
run "$XFLATE" find --index newer.db x
refused 2 'an index of a newer xflate'
check 'stays, too' cmp newer.db newer.was
cp i.db hostile.db
sqlite3 hostile.db "CREATE TRIGGER t AFTER INSERT ON file BEGIN DELETE FROM file; END; DROP INDEX path_name"
run "$XFLATE" find --index hostile.db hard2.txt
refused 1 'an index whose tables are others'
cp i.db jobless.db
sqlite3 jobless.db 'DELETE FROM job WHERE id = (SELECT max(id) FROM job)'
run "$XFLATE" find --index jobless.db '*'
expect_status 1 'files of a job that the index does not have are not told of as those of another'
says 'a job that the index does not have' 'says so'
is "$(sqlite3 i.db "SELECT count(*) FROM version WHERE name LIKE '%hard2.txt'")" 2 'the view is for people'
for i in 1 2 3 4; do
	xflate find -q --index both.db --update "$bareos/vol-multi" "$bareos/vol-gzip6" >two.$i 2>&1 &
done
wait
run "$XFLATE" find -q --index both.db hard2.txt "$bareos/vol-none"
is "$(wc -l <"$out")" 4 'four at once make one index'
is "$(sqlite3 both.db 'PRAGMA integrity_check')" ok 'which is whole'
is "$(cat two.*)" '' 'and none has said anything'

# ---- calls that fail ----

# struck KIND ERRNO: the k-th call of this kind, for some k: it ends well, or says why; then the index takes the volume as if nothing had
# been.
struck() {
	wrong=
	for k in 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987; do
		rm -f f.db*
		LD_PRELOAD=$shim FAULT=$1:$k:once:$2 FAULT_COUNTS=counts timeout 60 "$XFLATE" find -q --index f.db --update v >"$out" 2>"$err"
		status=$?
		[ "$status" = 0 ] || [ -s "$err" ] || wrong="$wrong $k: status $status, silent;"
		[ "$status" -lt 8 ] || wrong="$wrong $k: status $status;"
		"$XFLATE" find -q --index f.db '*' v >"$out" 2>"$err" || wrong="$wrong $k: not taken up again;"
		cmp -s "$out" faultless || wrong="$wrong $k: other rows;"
		grep -q '^struck 0' counts && break
	done
	is "$wrong" '' "$1 fails: the index is taken up again"
}
cp "$made/good-forms" v
"$XFLATE" find -q --index faultless.db '*' v >faultless
if with_shim 'an index whose calls fail'; then
	struck alloc 12
	struck write 28
	struck fsync 5
	struck open 24
	struck read 5
fi
done_testing
