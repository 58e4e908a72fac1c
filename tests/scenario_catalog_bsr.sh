#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# catalog bsr: bootstraps from real volumes and from maps, for jobs and files, and stale ones mended.  What bextract makes of them,
# make check-bacula tries.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

volume() { echo "$VOLUMES/bareos/$1"; }
bsr() { run "$XFLATE" catalog bsr "$@"; }
# section VOLUME SESSION ADDRESSES FILES...: as it is wanted
section() {
	printf 'Volume="%s"\nMediaType="File"\nVolSessionId=%s\nVolSessionTime=1795351262\nVolAddr=%s\n' "$1" "$2" "$3"
	shift 3
	printf 'FileIndex=%s\n' "$@"
}
# wanted TEXT: what is in the file want is in $out, comments apart
wanted() {
	grep -v '^#' "$out" >got
	check "$1" diff want got || :
}

# --- jobs: the addresses are those of the rows that a real Bareos wrote ---

bsr "$(volume vol-gzip6)"
expect_status 0 'the only job'
section vol-gzip6 3 208-734951 1-61 >want
wanted 'the only job: as its row'
is "$(head -n 1 "$out")" '# xflate catalog bsr: job 3 (J-gzip6.2026-11-22_12.41.35_08), session 3/1795351262' 'the only job: which it is'
for job in 51 J-multi-b J-multi-b.2026-11-22_12.44.19_43 51/1795351262; do
	bsr --job "$job" "$(volume vol-multi)"
	expect_status 0 "--job $job"
	# Bareos begins its row with the first block of data, as the job does.
	[ "$job" != 51 ] || sed -n 's/^VolAddr=//p' "$out" >addresses
	is "$(sed -n 's/^VolAddr=//p' "$out")" "$(cat addresses)" "--job $job: the same"
done
is "$(cat addresses)" 774352-1680427 '--job: as its row'
bsr "$(volume vol-multi)"
refused 2 'several jobs, and none is named'
says 'job 52 \(J-multi-c' 'several jobs: which they are'
bsr --job J-multi "$(volume vol-multi)"
refused 2 'no such job'
bsr --job J-multi-c "$(volume vol-multi)" "$(volume vol-crashed)"
refused 2 'two runs of a job'
says 'session 1/1795351599' 'two runs of a job: which they are'
bsr --job 50 --job 52 --job J-multi-a "$(volume vol-multi)"
expect_status 0 'two jobs'
says 'interleaved' 'two jobs: they lie interleaved'
is "$(grep -c '^Volume=' "$out")" 2 'two jobs: each once'
bsr --job 32 --job 33 "$(volume vol-append)"
expect_status 0 'two jobs one behind the other'
is "$(wc -c <"$err")" 0 'two jobs one behind the other: nothing to warn of'
{
	section vol-append 32 210-28140 1-17
	section vol-append 33 28141-257232 1-14
} >want
wanted 'two jobs one behind the other: as their rows'

bsr --storage S --device D --media-type M --slot 3,4 "$(volume vol-span-gzip6-1)" "$(volume vol-span-gzip6-2)"
expect_status 0 'a spanned job'
{
	section vol-span-gzip6-1 54 220-387291 1-10 | sed '1i Storage="S"
s/^MediaType=.*/MediaType="M"\nDevice="D"\nSlot=3/'
	section vol-span-gzip6-2 54 220-347943 10-61 | sed '1i Storage="S"
s/^MediaType=.*/MediaType="M"\nDevice="D"\nSlot=4/'
} >want
wanted 'a spanned job: as its rows, with all lines'
bsr "$(volume vol-span-gzip6-2)" "$(volume vol-span-gzip6-1)"
is "$([ "$status" = 0 ] && echo taken || echo refused)" refused 'volumes in the wrong order'
bsr "$(volume vol-span-gzip6-2)"
expect_status 0 'the end of a job'
says 'its beginning is not on these volumes' 'the end of a job: a warning'
bsr - <"$(volume vol-gzip6)"
expect_status 0 'from standard input'
bsr "$(volume OUT1)"
refused 2 'a volume without jobs'

# --- files ---

bsr --job 51 --file-index 6,30,1 "$(volume vol-multi)"
expect_status 0 '--file-index'
"$XFLATE" list -v "$(volume vol-multi)" 2>/dev/null | sed -n 's/^block byte \([0-9]*\): BB02, \([0-9]*\) bytes, .*session 51\/.*FileIndex \([0-9]*\)\.\.\([0-9]*\).*/\1 \2 \3 \4/p; s/^block \([0-9]*\): BB02, \([0-9]*\) bytes, .*session 51\/.*FileIndex \([0-9]*\)\.\.\([0-9]*\).*/\1 \2 \3 \4/p' >blocks
check '--file-index: blocks of the job, as list shows them' [ -s blocks ]
awk '$3 <= 1 && $4 >= 1 || $3 <= 6 && $4 >= 6 { if (!n++) start = $1; end = $1 + $2 - 1 } END { print start "-" end }' blocks >first
awk '$3 <= 30 && $4 >= 30 { if (!n++) start = $1; end = $1 + $2 - 1 } END { print start "-" end }' blocks >second
{
	section vol-multi 51 "$(cat first)" 1 6
	section vol-multi 51 "$(cat second)" 30
} >want
wanted '--file-index: from the first block that holds one to the last, and nothing between that is not wanted'
bsr --job 51 --file-index 30-31 "$(volume vol-multi)"
refused 2 'a FileIndex that is not there'
bsr --job 51 --file-index 0 "$(volume vol-multi)"
refused 2 'no FileIndex'
name=/srv/data/tree/text/small.txt
bsr --file "$name" "$(volume vol-gzip6)"
expect_status 0 '--file'
section vol-gzip6 3 208-734951 11 >want
wanted '--file: one name, one file'
bsr --file "$name" --file no/such/file "$(volume vol-gzip6)"
refused 2 '--file: one that is there, and one that is not'
says 'no/such/file: no file on these volumes fits' 'it is named'
bsr --file "${name#/}" "$(volume vol-gzip6)"
section vol-gzip6 3 208-734951 11 >want
wanted '--file: without its leading slash'
bsr --file '*/no-such-*' "$(volume vol-gzip6)"
refused 2 '--file: none fits'
bsr --file /srv --file-index 3 "$(volume vol-gzip6)"
refused 2 '--file and --file-index'
bsr --file /srv/data "$(volume vol-gzip6)"
section vol-gzip6 3 208-734951 1-61 >want
wanted '--file: a folder is all below it'
# A further name of a file has its content in the first one.
bsr --file /srv/data/tree/links/hard1.txt "$(volume vol-gzip6)"
section vol-gzip6 3 208-734951 54 59 >want
wanted '--file: a hard link, and the name that has the content'
bsr --file /srv/data/tree/links/hard2.txt "$(volume vol-gzip6)"
section vol-gzip6 3 208-734951 54 >want
wanted '--file: that one alone'

# --- the last save of a job ---

bsr --catalog-job J-multi-c "$(volume vol-crashed)" "$(volume vol-multi)"
expect_status 0 '--catalog-job: the last that ended well, not the last'
is "$(sed -n 's/^VolSessionId=//p' "$out")" 52 '--catalog-job: it is that one'
says 'job 52 .*, of 2026-11-22 12:44:2[0-9] UTC' '--catalog-job: and says which'
bsr --catalog-job J-multi-c "$(volume vol-crashed)"
refused 1 '--catalog-job: none that ended'

# --- from maps; stale ones ---

mkdir new
for set in vol-multi vol-append 'vol-span-gzip6-1 vol-span-gzip6-2'; do
	paths=
	for name in $set; do paths="$paths $(volume "$name")"; done
	# shellcheck disable=SC2086 # a list of files
	"$XFLATE" -q -i --map "map.${set%% *}" -o new/ $paths
done
bsr --job 52/1795351262 --media-type File map.vol-multi
expect_status 0 'from a map'
grep -v '^#' "$out" >want
bsr --job 52/1795351262 new/vol-multi
wanted 'from a map: as from the volume'
bsr --file /srv map.vol-multi
refused 2 'a map knows no names'
bsr --catalog-job J-multi-c map.vol-multi
refused 2 'a map knows no ends'

cat >old.bsr <<'END'
# by a director

Storage = "File1"
Volume="vol-append"
MediaType="File"
VolSessionId=33
VolSessionTime=1795351262
VolAddr=28141-257232
FileIndex=1-14
Count=14
Storage=File1
volume = vol-multi   # old spellings
 VolSessionId=51
VolSessionTime = 1795351262
VolFile=0
VolBlock=774352-1680427
FileIndex=1-30
Volume="vol-span-gzip6-1|vol-span-gzip6-2"
VolSessionId=54
VolAddr=220-387291
END
bsr --update old.bsr new/*
expect_status 0 '--update'
cp "$out" mended
address() { "$XFLATE" catalog bsr "$@" 2>/dev/null | sed -n 's/^VolAddr=//p'; }
{
	sed -n '1,7p' old.bsr
	echo "VolAddr=$(address --job 33 --file-index 1-14 new/vol-append)"
	sed -n '9,14p' old.bsr
	echo "VolAddr=$(address --job 51 --file-index 1-30 new/vol-multi)"
	sed -n '17p' old.bsr
	for name in vol-span-gzip6-1 vol-span-gzip6-2; do
		first=1-10
		[ "$name" = vol-span-gzip6-1 ] || first=10-61
		printf 'Volume="%s"\nVolSessionId=54\nVolAddr=%s\n' "$name" "$(address --file-index "$first" "new/$name")"
	done
} >want
check '--update: the addresses, and nothing else' diff want mended
bsr --update old.bsr map.*
expect_status 0 '--update by maps'
check '--update by maps: the same' cmp mended "$out"
bsr --update - new/* <old.bsr
check '--update from standard input: the same' cmp mended "$out"
bsr --update mended new/*
check '--update of what was mended changes nothing' cmp mended "$out"
bsr --update old.bsr new/vol-append
refused 2 '--update: a volume that is not given'
says 'old.bsr: the section of line 12: volume vol-multi is not among' '--update: its line'
bsr --update old.bsr --job 33 new/*
refused 2 '--update takes no jobs'
printf 'Volume=vol-append\nVolAdr=1-2\n' >bad.bsr
bsr --update bad.bsr new/*
refused 2 '--update: what is not understood'
says 'bad.bsr: line 2: no keyword of a bootstrap' '--update: its line, again'
bsr --update nothing.bsr new/*
refused 1 '--update: no file'

# Renamed by the conversion, where the map tells of it.
if "$XFLATE" -q -i --rename vol-append=Disk-1 --map map.renamed -o renamed/ "$(volume vol-append)" 2>/dev/null; then
	sed -n '4,10p' old.bsr >one.bsr
	bsr --update one.bsr renamed/Disk-1
	refused 2 '--update: the volume alone does not tell its former name'
	if [ "$(head -n 1 map.renamed)" != "xflate-map${tab:=$(printf '\t')}1" ]; then
		bsr --update one.bsr map.renamed
		is "$(head -n 1 "$out")" 'Volume="Disk-1"' '--update: a renamed volume, by its map'
	fi
fi

# --- damaged, encrypted ---

"$PYTHON" -c 'import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[700000] ^= 1
open(sys.argv[2], "wb").write(data)' "$(volume vol-multi)" damaged
bsr --job 50 damaged
expect_status 3 'a damaged volume: a bootstrap, and status 3'
is "$(sed -n 's/^VolAddr=//p' "$out")" 208-940770 'a damaged volume: what is sound is covered'
xflate find -q --index hurt.db --update damaged
bsr --index hurt.db --job 50
expect_status 3 'a damaged volume in an index: status 3'
says 'the index tells of damage on these volumes' 'a damaged volume in an index: and why'
"$PYTHON" -c 'import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[300000] ^= 1
open(sys.argv[2], "wb").write(data)' "$(volume vol-gzip6)" lost
bsr lost
refused 1 'a damaged volume of which no job is left: that is no wrong usage'
bsr "$VOLUMES/bacula/enc256-append"
refused 4 'an encrypted one without its key'
# The bundled ones have public keys.
"$PYTHON" -c 'import base64, hashlib
print(base64.b64encode(hashlib.sha512(b"xflate-fixture:enc256-append").digest()).decode())' >key
job=$("$XFLATE" list --key key "$VOLUMES/bacula/enc256-append" 2>/dev/null | sed -n 's/^  session:  *//p' | tail -n 1)
bsr --key key --job "$job" "$VOLUMES/bacula/enc256-append"
expect_status 0 'an encrypted one with its key'
grep -v '^#' "$out" >want
"$XFLATE" -q --decrypt --key key -o clear "$VOLUMES/bacula/enc256-append"
bsr --job "$job" clear
wanted 'an encrypted one: as the clear one, whose blocks are in the same places'
bsr --job 2/1694498816 "$VOLUMES/made/good-bb01-mixed"
refused 2 'blocks of several jobs each: 2'
says 'block-format bb02' 'and what makes others of them'
"$XFLATE" -q --block-format bb02 -o apart "$VOLUMES/made/good-bb01-mixed"
bsr --job 2/1694498816 apart
expect_status 0 'those are taken'
bsr "$here/scenario_catalog_bsr.sh"
refused 1 'no volume'

# --- out of an index ---

# indexed TEXT KEY VOLUME...: KEY is a file, or nothing
indexed() {
	text=$1
	shift
	if timeout -k 5 300 "$PYTHON" "$here/bsrindex.py" "${SEED:-20261130}" "$@" >"$out" 2>"$err"; then
		ok "index, $text: $(tail -n 1 "$out")"
	else
		not_ok "index, $text: bootstraps as those of the volumes (SEED=${SEED:-20261130})"
		show "$out" "$err"
	fi
}
for v in "$VOLUMES"/bareos/* "$VOLUMES"/bacula-mixed/* "$VOLUMES"/made/good-*; do
	case ${v##*/} in
	OUT1 | good-set-[23]) continue ;; # no job; they begin inside a file
	esac
	indexed "$(basename "$(dirname "$v")")/${v##*/}" '' "$v"
done
for v in "$VOLUMES"/bacula/*; do
	length=64
	case ${v##*/} in
	mk-*) continue ;; # a master key's
	enc128*) length=32 ;;
	esac
	"$PYTHON" -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(b"xflate-fixture:" + sys.argv[1].encode()).digest()[:int(sys.argv[2])]).decode())' "${v##*/}" "$length" >key
	case ${v##*/} in
	enc128* | enc256* | strong*) indexed "bacula/${v##*/}" key "$v" ;;
	*) indexed "bacula/${v##*/}" '' "$v" ;;
	esac
done
indexed 'a set' '' "$(volume vol-span-gzip6-1)" "$(volume vol-span-gzip6-2)"
indexed 'a set of Bacula' '' "$VOLUMES/bacula/plain-span1" "$VOLUMES/bacula/plain-span2"
indexed 'three volumes, over several' '' "$VOLUMES"/made/good-set-[123]
indexed 'interleaved jobs, and others on another volume' '' "$(volume vol-multi)" "$(volume vol-append)"

mkdir vault
for name in vol-multi vol-append vol-span-gzip6-1 vol-span-gzip6-2 vol-gzip6 vol-crashed; do cp "$(volume "$name")" vault/; done
rm -f db
"$XFLATE" find -qq --index db --update vault/* 2>/dev/null
bsr --index db --job 32 --job 33
expect_status 0 'an index: two jobs'
{
	section vol-append 32 210-28140 1-17
	section vol-append 33 28141-257232 1-14
} >want
wanted 'an index: as their rows'
is "$(wc -c <"$err")" 0 'an index: they do not lie interleaved'
bsr --index db --job 50 --job 52
says 'interleaved' 'an index: others do'
bsr --index db --job 54
{
	section vol-span-gzip6-1 54 220-387291 1-10
	section vol-span-gzip6-2 54 0-347943 10-61
} >want
wanted 'an index: a spanned job; where it goes on it is not known where its first block begins'
bsr --index db --job J-gzip6 --file /srv/data/tree/links/hard1.txt
section vol-gzip6 3 208-734951 54 59 >want
wanted 'an index: a hard link, and the name that has the content'
printf '/srv/data/tree/links/hard1.txt\n' >list
bsr --index db --job J-gzip6 --files-from list
wanted 'an index: the same from a list'
bsr --files-from list "$(volume vol-gzip6)"
wanted '--files-from: the same from the volume'
bsr --files-from list map.vol-multi
refused 2 '--files-from: a map knows no names'
printf '/no/such\n' >none
bsr --index db --job J-gzip6 --files-from none
refused 2 'an index: a list of which nothing is there'
: >empty
bsr --index db --job J-gzip6 --files-from empty
refused 2 'an index: a list with nothing in it'
bsr --index db --catalog-job J-multi-c
expect_status 0 'an index: --catalog-job'
is "$(sed -n 's/^VolSessionId=//p' "$out")" 52 'an index: the last that ended well'
bsr --index db
refused 2 'an index: several jobs, and none is named'
bsr --index db --job 4711
refused 2 'an index: no such job'
bsr --index db --job 51 --file-index 30-31
refused 2 'an index: a FileIndex that is not there'
bsr --index db --job 51 vault/vol-multi
refused 2 'an index and volumes: one of them'
bsr --index db --update old.bsr
refused 2 'an index mends no bootstrap'
bsr --index nosuch --job 51
refused 2 'no index'
bsr --index "$(volume vol-multi)" --job 51
refused 2 'an index that is none'
"$PYTHON" "$here/mkvolume.py" good-tape-dump dump
"$XFLATE" find -q --index dumps --update dump
bsr --index dumps --job 1
refused 2 'an index: a dump of a tape'
says 'dump: a dump of a tape' 'an index: and that its addresses are others'
bsr
refused 2 'nothing to read'
bsr --index db --job 33
cp "$out" there
mv vault shelf
bsr --index db --job 33
check 'an index: where the volumes are does not matter' cmp there "$out"
mkdir vault
"$XFLATE" -q -i -o vault/vol-append shelf/vol-append
bsr --index db --job 33
refused 2 'an index: a volume that was written anew'
says 'vault/vol-append: the index does not know this volume as it is now' 'an index: and which'
# Another label under the name, as of a volume that was recycled; and folders, which no catalog follows.
rm vault/vol-append
"$PYTHON" -c 'import sys
sys.path.insert(0, sys.argv[2])
import mkvolume as mk
open(sys.argv[1], "wb").write(mk.label_block(mk.BAREOS, "BB02", "vol-append"))' vault/vol-append "$here"
bsr --index db --job 33
refused 2 'an index: a volume that was labelled anew'
says 'vault/vol-append: the index does not know this volume as it is now' 'an index: labelled anew: told'
tar -xJf "$here/volumes/field/dedupable.tar.xz" --one-top-level=daemon
xflate find -q --index folders.db --update daemon/vol-append
run "$XFLATE" catalog bsr --index folders.db --job "$("$PYTHON" -c 'import sqlite3; print(*next(sqlite3.connect("folders.db").execute("SELECT session_id || \"/\" || session_time FROM job")))')"
refused 2 'an index: a dedupable volume'
says 'daemon/vol-append: is a dedupable volume: only files, chunks and tapes' 'an index: a dedupable volume: told'
rm -rf vault
mv shelf vault
"$PYTHON" -c 'import sqlite3, sys
db = sqlite3.connect("db")
db.execute("UPDATE file SET first_volume = 99, last_volume = 99 WHERE id = (SELECT max(id) FROM file WHERE id >> 32 = (SELECT id FROM job WHERE job_id = 33))")
db.commit()'
bsr --index db --job 33
refused 1 'an index that is damaged'

done_testing
