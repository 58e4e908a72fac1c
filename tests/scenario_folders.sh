#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Volumes that are folders: chunks, dedupable, parts of a cloud.  Read by every verb, damaged, written, and from each kind to each.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

for name in vol-append vol-multi vol-none vol-nochecksum; do
	xz -dc "$here/volumes/bareos/$name.xz" >"$name"
done
xz -dc "$here/volumes/bacula/plain-none-sparse.xz" >bacula
tar -xJf "$here/volumes/field/cloud.tar.xz"
tar -xJf "$here/volumes/field/dedupable.tar.xz" --one-top-level=daemon

# cut VOLUME BYTES FOLDER: chunks of so many bytes
cut_up() {
	mkdir "$3"
	split -b "$2" -d -a 4 "$1" "$3/"
}

x() { run "$XFLATE" "$@"; }

# prints PATTERN TEXT FILE
prints() {
	if grep -Eq "$1" "$3"; then ok "$2"; else not_ok "$2" && show "$3"; fi
}

# refuses STATUS PATTERN TEXT: so, and says why
refuses() {
	refused "$1" "$3" && says "$2" "$3: it says why"
}

# same TEXT A B
same() {
	if cmp -s "$2" "$3"; then ok "$1"; else not_ok "$1"; fi
}

# --- what daemons wrote ---

x verify --json daemon/vol-append
expect_status 0 'verify of a dedupable volume of Bareos'
x -o joined daemon/vol-append
expect_status 0 'filter reads it'
same 'and what it reads is the volume whose blocks were given to the daemon, byte by byte' joined vol-append
x list -v daemon/vol-append
expect_status 0 'list -v'
prints '^block 2: BB02, 229092 bytes' 'names blocks by their number' "$out"
prints 'addresses 2 to 2' 'and jobs by theirs' "$out"
x verify cloud/CloudVol1
expect_status 0 'verify of the parts of a cloud volume'
prints '^sound: 1 job, 4 of 4 files' 'is sound' "$out"
x list -v cloud/CloudVol1
prints '^block 3:0: BB02, 16005 bytes' 'blocks are named by part and byte' "$out"
x verify cloud/CloudVol1/part.1
refuses 1 'give the folder' 'one part alone is refused, with the remedy'

# --- chunks ---

cut_up vol-multi 100000 chunks
x verify chunks
expect_status 0 'verify of chunks'
x compare chunks --vs vol-multi
expect_status 0 'compare of chunks with the file'
x --map map -r lz4 -o lz4-of-chunks chunks
x --map map2 -r lz4 -o lz4-of-file vol-multi
same 'what is made of them is what is made of the file' lz4-of-chunks lz4-of-file
same 'the maps are the same, too' map map2
x extract --job 51 -C from-chunks chunks
expect_status 0 'extract of a job'
x extract --job 51 -C from-file vol-multi
is "$(cd from-chunks && find . -type f -exec sha256sum {} + | sort)" "$(cd from-file && find . -type f -exec sha256sum {} + | sort)" \
	'the same files come out'
x -o copy chunks
same 'a copy of chunks is the file' copy vol-multi

cp -r chunks gone
rm gone/0003
x verify gone
expect_status 3 'a missing chunk is damage'
says '193536 bytes at byte 258256: chunk 0003 is missing' 'named, with its place and length'
# What is left of the file itself, with the hole in its place: the same is lost.
"$PYTHON" - <<-'PY'
	data = bytearray(open("vol-multi", "rb").read())
	data[300000:400000] = bytes(100000)
	open("holed", "wb").write(data)
PY
x -q --on-damage=skip -o left gone
expect_status 3 'skip saves the rest'
x -q --on-damage=skip -o left2 holed
same 'and loses no more than a file with a hole in that place' left left2

cp -r chunks short
truncate -s 500 short/0004
x verify short
expect_status 3 'a chunk that is cut short is damage'
says 'chunk 0004 has only 500 of 100000 bytes' 'named'
cp -r chunks relabelled
head -c 210 vol-multi >relabelled/0000
x list relabelled
refuses 1 'labelled anew' 'chunks behind a new label are refused'
cp -r chunks swapped
mv swapped/0005 x && mv swapped/0006 swapped/0005 && mv x swapped/0006
x verify swapped
expect_status 3 'chunks in each other'"'"'s place are damage'
cp -r chunks extra
echo junk >extra/0001.tmp
echo junk >extra/99999
x verify extra
expect_status 0 'files that are no chunks are in nobody'"'"'s way'
mkdir loop
ln -s 0000 loop/0000
x list loop
refuses 1 '0000: cannot open' 'a link that leads round is told'
mkdir fifo
mkfifo fifo/0000
x list fifo
refuses 1 'is no file' 'a pipe among them is not waited for'
x list "$work/here"
refuses 1 'is a folder, and no volume' 'a folder without any of it'

# --- sets ---

xz -dc "$here/volumes/bacula/plain-span1.xz" >span1
xz -dc "$here/volumes/bacula/plain-span2.xz" >span2
cut_up span1 70000 span1.c
x --part-size 100k -o span2.p span2 --on-damage=skip -q
x verify span1 span2
cp "$out" whole
x verify span1.c span2
sed 's/span1\.c/span1/' "$out" >chunky
same 'a set of a folder and a file is judged as that of two files' whole chunky
x -r gzip -o sets/ span1.c span2
expect_status 0 'a record that goes on from chunks in a file is converted'
x verify sets/span1.c sets/span2
expect_status 0 'and is whole'

# --- cloud: parts that are not there ---

cp -r cloud/CloudVol1 parts
rm parts/part.2
x verify parts
expect_status 3 'a missing part is damage'
says 'part.2 is not there, or empty: fetch it from the cloud' 'named, with the remedy'
: >parts/part.2
x verify parts
expect_status 3 'an empty one, too'
cp cloud/CloudVol1/part.2 parts/
echo junk >parts/part.0
echo junk >parts/part.4294967298
echo junk >parts/xfer_1_2.3
x verify parts
expect_status 0 'what is no part is in nobody'"'"'s way'

# --- dedupable: configs that lie ---

# lie FIELD VALUE: an 8-byte field of config at FIELD
lie() {
	rm -rf lying
	cp -r daemon/vol-append lying
	"$PYTHON" -c 'import struct, sys; f = open("lying/config", "r+b"); f.seek(int(sys.argv[1])); f.write(struct.pack(">Q", int(sys.argv[2])))' "$1" "$2"
}
lie 77 1152921504606846976
x verify lying
expect_status 3 '2^60 blocks: those that are there are read, the rest is damage at once'
prints '2 jobs, 16 of 16 files' 'nothing else is lost' "$out"
lie 77 2
x verify lying
expect_status 0 'less blocks than the file holds: those that are counted'
prints '^sound: 1 job' 'and no more' "$out"
lie 133 1000
x verify lying
expect_status 3 'payload behind what is used is damage'
says 'lies behind what is used' 'of its block alone'
lie 141 0
x list lying
refuses 1 'its config is none of a dedupable volume' 'a block size of 0 is refused'
rm -rf lying
cp -r daemon/vol-append lying
head -c 100 daemon/vol-append/config >lying/config
x list lying
refuses 1 'cut short' 'a config that is cut short is refused'
cp daemon/vol-append/config lying/
rm lying/aligned.data
x verify lying
expect_status 3 'a file of payload that is missing is damage'
says '27931 bytes at block 1: aligned.data is missing' 'of the blocks that have parts in it'
prints '257233 bytes., 1 block' 'and of no others' "$out"
x -q --on-damage=skip -o without lying
expect_status 3 'and they can be saved'
rm lying/parts
ln -s parts lying/parts
x list lying
refuses 1 'parts: cannot open' 'and a link that leads round'

# --- written ---

for name in vol-append vol-multi vol-none vol-nochecksum; do
	x -q --dedupable -o "$name.d" "$name"
	expect_status 0 "$name becomes dedupable"
	x -q -o "$name.f" "$name.d"
	same 'and again the same file' "$name.f" "$name"
done
x -q -i --dedupable=512 --map dmap -o inflated.d vol-append
expect_status 0 'inflated, in blocks of 512'
x compare inflated.d --vs vol-append
expect_status 0 'the content is the same'
x verify inflated.d
expect_status 0 'it is sound'
if grep -q 'lie behind it' "$err"; then not_ok 'labels tell addresses of this volume'; else ok 'labels tell addresses of this volume'; fi
prints '^volume.*file.*dedupable' 'the map names the medium' dmap
is "$(grep '^new' dmap | cut -f 2 | tr '\n' ' ')" "$(seq 0 $(($(grep -c '^new' dmap) - 1)) | tr '\n' ' ')" 'and counts blocks'
"$PYTHON" - >where <<-'PY'
	import struct
	config = open("inflated.d/config", "rb").read()
	used, size = struct.unpack(">QQ", config[125 + 8:125 + 24])
	data = open("inflated.d/aligned.data", "rb").read()
	parts = open("inflated.d/parts", "rb").read()
	aligned = [struct.unpack(">IIQ", parts[i:i + 16]) for i in range(0, len(parts), 16)]
	aligned = sorted((p for p in aligned if p[0] == 0), key=lambda p: p[2])
	end = 0
	for _, n, at in aligned:
	    assert at == end and n > 0
	    end = at + n
	print(size, used == len(data) == end, used % 512, used > 300000)
PY
is "$(cat where)" '512 True 0 True' 'payload stands in whole blocks, without holes'
x -d lz4 --dedupable -o compressed.d vol-none
expect_status 0 'compressed, it is written'
says 'compressed records have few blocks in common' 'with a warning'

"$PYTHON" - <<-'PY'
	import os, struct, zlib
	with open("vol-append", "rb") as f:
	    out = [f.read(210)]
	for n in range(360):
	    data = os.urandom(60000)
	    body = struct.pack(">iiI", n + 1, 2, len(data)) + data
	    head = struct.pack(">II4sII", 24 + len(body), n, b"BB02", 7, 0x65000000)
	    out.append(struct.pack(">I", zlib.crc32(head + body)) + head + body)
	open("big", "wb").write(b"".join(out))
PY
x -q --chunk-size 10M -o big.c big
expect_status 0 'chunks are written'
is "$(in_folder big.c)" '0000 0001 0002 ' 'by their names'
cat big.c/???? >big.joined
same 'joined they are the volume' big.joined big
is "$(stat -c %s big.c/0000 big.c/0001 | sort -u)" 10485760 'each of its size but the last'
x -q -o big.f big.c
same 'and so it is read' big.f big

x -q -o plain cloud/CloudVol1
expect_status 0 'the parts of a cloud become a file'
x list plain
prints 'Bacula 1.0 immortal, version 11' 'with the label that a file device reads' "$out"
x verify plain
expect_status 0 'which is sound'
x compare plain --vs cloud/CloudVol1
expect_status 0 'and the same'
x -q --part-size 60k --map cmap -o parts.c bacula
expect_status 0 'a file becomes parts'
x list parts.c
prints 'Bacula 1.0 S3 Cloud Data, version 40000' 'with the label of a cloud volume' "$out"
is "$(stat -c %s parts.c/part.1)" "$(awk -F '\t' '$1 == "new" { print $3 - $2 + 1; exit }' cmap)" 'part.1 has the label alone'
is "$(awk -F '\t' '$1 == "new" { print int($2 / 17592186044416) }' cmap | sort -un | head -n 3 | tr '\n' ' ')" '1 2 3 ' \
	'addresses are part << 44 and the byte'
x compare parts.c --vs bacula
expect_status 0 'the content is the same'
x verify parts.c
if grep -q 'lie behind it' "$err"; then not_ok 'its labels tell such addresses'; else ok 'its labels tell such addresses'; fi
x -q --part-size 60k -o no.c vol-none
refuses 2 'reads no parts of Bacula' 'a volume of Bareos has no parts'
x -q --dedupable -o no.d bacula
refuses 2 'BB02' 'and one of BB03 blocks is not dedupable'
is "$(find . -maxdepth 1 -name 'no.*' -o -maxdepth 1 -name '.xflate*')" '' 'nothing is left of them'

x -q --target bareos --part-size 60k -o no.c cloud/CloudVol1
refuses 2 'Bareos reads no parts' 'nor is it made into one of Bareos'"'"'s'
x -q --target bareos -o bareos-of-cloud cloud/CloudVol1
expect_status 0 'but into a file of Bareos'"'"'s it is'
x verify bareos-of-cloud
expect_status 0 'with the labels of its jobs'
x compare bareos-of-cloud --vs cloud/CloudVol1
expect_status 0 'and the same content'

# --- their names ---

x -q -o slashes/ chunks/ cloud/CloudVol1//
expect_status 0 'a slash behind the name of a folder is none of it'
is "$(in_folder slashes)" 'CloudVol1 chunks ' 'and not of what is made of it'
x -q --chunk-size 10M -o slashes.c/ chunks/
expect_status 0 'from folder to folder, too'
x compare chunks --vs slashes.c/chunks/
expect_status 0 'which is the same'
(cd chunks && timeout 60 "$XFLATE" -q -o ../dot/ .)
is "$(in_folder dot)" "$("$XFLATE" list chunks | sed -n 's/^volume //p') " 'the folder where one is has its label'"'"'s name'
x -o slashes2/ chunks/ ./chunks
refuses 2 'would become one file' 'two spellings of one name are seen'
cp -r cloud/CloudVol1 headless
rm headless/part.1
x -q --on-damage=skip -o with-label headless/
x list with-label
prints '^volume headless$' 'a label that is made has the name without the slash' "$out"

# --- places that are kept ---

x -q --keep-layout --dedupable -o kept.d daemon/vol-append
expect_status 0 'blocks keep their numbers from one dedupable volume to another'
x compare kept.d --vs daemon/vol-append
expect_status 0 'which is the same'
x -q --keep-layout --chunk-size 10M -o kept.c chunks
expect_status 0 'and their bytes from chunks to chunks'
x -q --keep-layout -o kept daemon/vol-append
refuses 2 'addresses in a dedupable volume are numbers of blocks' 'but from one kind to another there are others'
x -q --keep-layout --dedupable -o kept2.d vol-append
refuses 2 'addresses in a dedupable volume are numbers of blocks' 'there or back'

# --- batches ---

mkdir no-volume
x -q -o batch/ chunks no-volume relabelled loop daemon/vol-append nothing cloud/CloudVol1
expect_status 1 'folders that are no volumes fail'
is "$(in_folder batch)" 'CloudVol1 chunks vol-append ' 'and cost nobody else'
says '3 of 7 inputs are converted, 4 not' 'each is counted'
is "$(grep -c 'no-volume: is a folder' "$err")" 1 'and told once'

# --- whole or not there ---

x -q --dedupable -o vol-append.d/ vol-append
refuses 2 'is a volume itself' 'nothing is written into a volume'
x -q --force -o chunks/0001 chunks
refuses 2 'lies in the volume' 'nor over a part of what is read'
cp -r chunks before
mkdir links
ln -s ../chunks/0001 links/chunks
x -q --force -o links/ chunks
refuses 2 'lies in the volume' 'nor where a link leads there'
x -q --force --map links/chunks -o mapped chunks
refuses 2 'lies in the volume' 'be it that of a map'
ln -s ../chunks/0099 links/new
x -q -o links/new chunks
refuses 2 'lies in the volume' 'or that of a new name'
if diff -r before chunks >"$out"; then ok 'it stays as it was'; else not_ok 'it stays as it was' && show "$out"; fi
x -q --dedupable -o vol-none vol-append
refuses 1 'exists already' 'a file is not replaced by a folder'
x -q --force --dedupable -o vol-none vol-append
refuses 1 'exists already' 'even with --force'
cp vol-none 0001
x -q --force -o chunks 0001
refuses 2 'is a volume itself' 'nor is a piece of it replaced by a volume of its name'
x -q -o chunks vol-none
refuses 2 'is a volume itself' 'or any file put beside them'
if diff -r before chunks >"$out"; then ok 'and it is as before'; else not_ok 'and it is as before' && show "$out"; fi
# Volumes may have such names themselves.
mkdir numbered
x -q -o numbered/ 0001
x -q -o numbered/ vol-none
expect_status 0 'a folder with a volume called 0001 takes another one'
is "$(in_folder numbered)" '0001 vol-none ' 'which stands beside it'
x --dedupable vol-append
refuses 2 'name one with -o' 'a folder needs a name'
x --chunk-size 5M -o c vol-append
refuses 2 '10485760 at least' 'chunks have a least size'
x --chunk-size 10M --dedupable -o c vol-append
refuses 2 'one of them' 'one kind at a time'
x --in-place chunks
if [ "$status" -ne 0 ]; then ok 'a folder is not replaced in place'; else not_ok 'a folder is not replaced in place'; fi
(
	ulimit -f 5000
	timeout 60 "$XFLATE" -q --chunk-size 10M -o full big 2>"$err"
	echo $? >status
)
is "$(cat status)" 1 'a write error ends the run'
says '0000: write error' 'and names the chunk'
(cat big && sleep 20) | timeout 60 "$XFLATE" -q --chunk-size 10M -o signalled &
reader=$!
tries=0
while [ "$tries" -lt 100 ] && ! find . -name 0001 -path './.xflate*' | grep -q .; do
	sleep 0.1
	tries=$((tries + 1))
done
kill -TERM $reader
wait $reader
is "$(find . -maxdepth 1 -name 'signalled*' -o -maxdepth 1 -name 'full*' -o -maxdepth 1 -name '.xflate*')" '' \
	'neither leaves anything'
(
	ulimit -f 5000
	timeout 60 "$XFLATE" -q --on-damage=skip --chunk-size 10M -o saved big 2>"$err"
)
is "$(in_folder saved.partial)" '0000 ' 'a rescue that fails leaves what it has as .partial'

(
	ulimit -f 1000
	timeout 60 "$XFLATE" -q --on-damage=skip --dedupable -o rescued vol-multi 2>"$err"
)
x verify rescued.partial
prints '^job 50 ' 'and a dedupable one can be read' "$out"

what='what a rescue has on a disk that is full'
mkdir full
# shellcheck disable=SC2016 # the other shell's
if unshare --user --map-root-user --mount sh -c '
	mount -t tmpfs -o size=1m none full || exit 9
	timeout 60 "$0" -q --on-damage=skip --dedupable -o full/v vol-multi
	[ $? = 1 ] && cp -r full/v.partial full.partial' "$XFLATE" 2>"$err"; then
	x verify full.partial
	prints '^job 50 ' "$what can be read" "$out"
elif [ "$(grep -c 'No space left' "$err")" -gt 0 ]; then
	not_ok "$what can be read" && show "$err"
else
	skip "$what" "no file system of one's own here: $(head -n 1 "$err")"
fi

# --- what goes straight into volumes knows files and chunks ---

mkdir there
x mount daemon/vol-append there
refuses 2 'only files and chunks can be mounted' 'mount refuses a dedupable volume'
x find -q --index db --update daemon/vol-append
x extract --index db --job 32 -C straight
refuses 2 'only volumes in files and chunks' 'and so does extract out of an index'

# --- catalogs know files and tapes ---

x catalog bsr vol-append.d
refuses 2 'dedupable volume' 'catalog refuses a dedupable volume'
x catalog sql --database sqlite dmap
refuses 2 'dedupable volume' 'and its map'

done_testing
