#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every number of a map is what tests/mapcheck.py finds on the volumes: the old ones and the new ones, alone, in sets, in one stream,
# encrypted, damaged.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

mapcheck() { "$PYTHON" "$here/mapcheck.py" "$@"; }

# What is a good block of these is judged by more than its checksum: scenario_judgement and scenario_rescue do.
judged='bad-continuation|bad-record-len|false-wreck|false-doubled-block|false-label-.*|false-option-.*|bb03-optbit-and-name|label-second'

# --- alone ---

# damages: of the first volume in the report
damages() { grep -m 1 '"damaged"' report | tr -dc 0-9; }

# converted VOLUME OPTIONS: and its map is checked; false if it was refused
converted() {
	rm -f new map report
	# shellcheck disable=SC2086 # options
	run "$XFLATE" -qq $2 -o new --map map --report report "$1"
	[ "$status" = 0 ] || [ "$status" = 3 ] || return
	damaged=$(damages)
	is "$status" "$([ "$damaged" = 0 ] && echo 0 || echo 3)" "${1##*/} $2: exit status of the damage"
	case ${1##*/} in
	*dump* | dd-sync-* | ansi-label | OUT1 | tapefiles-*) dump=--padded ;;
	*) dump= ;;
	esac
	check "${1##*/} $2: the map" mapcheck map --old "$1" --new new --damage "$damaged" $dump
}

alone() {
	# What holds folders that are volumes is none itself: scenario_folders.
	case $1 in *.tar) return ;; esac
	maps=0
	for options in '' '-r lzo --target any --max-block 20000' '-i --on-damage=skip -T1'; do
		converted "$1" "$options" && maps=$((maps + 1))
	done
	echo "$maps" >>"$VOLUMES/../maps"
}

# --- by two and more ---

# split STREAM PREFIX: PREFIX1, PREFIX2, ...: where another volume label stands, another volume begins
split() {
	"$PYTHON" - "$@" <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as f:
		    data, at, n = f.read(), 0, 0
		while at < len(data):
		    length, head = struct.unpack_from(">I", data, at + 4)[0], {b"BB02": 24, b"BB03": 32}[data[at + 12:at + 16]]
		    n += struct.unpack_from(">i", data, at + head)[0] in (-1, -2)
		    with open(sys.argv[2] + str(n), "ab") as f:
		        f.write(data[at:at + length])
		    at += length
	END
}

# label_of VOLUME: its first block
label_of() {
	"$PYTHON" -c 'import sys
v = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(v[:int.from_bytes(v[4:8], "big")])' "$1"
}

# under FOLDER VOLUME...: what they are called there, or FOLDER is written before each of them
under() {
	folder=$1
	shift
	for v; do printf '%s ' "$folder/${v##*/}"; done
}

# set CHAINS VOLUME...
set_of() {
	chains=$1
	shift
	for options in '' '-i' '-r lzo --target any' '-r lzo --target any --max-block 9000'; do
		rm -rf out map
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -qq $options -o out/ --map map "$@"
		expect_status 0 "${1##*/}.. $options" || continue
		# shellcheck disable=SC2046 # names
		check "${1##*/}.. $options: the map" mapcheck map --old "$@" --new $(under out "$@") --chains "$chains"
	done
}

sets() {
	bareos=$VOLUMES/bareos bacula=$VOLUMES/bacula made=$VOLUMES/made
	set_of 1,1 "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
	set_of 1,1 "$bacula/plain-span1" "$bacula/plain-span2"
	set_of 1,1,1 "$made/good-set-1" "$made/good-set-2" "$made/good-set-3"
	set_of 1,2,2,3,4,4,4,5 "$bareos/vol-multi" "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2" "$bacula/plain-interleave" \
		"$made/good-set-1" "$made/good-set-2" "$made/good-set-3" "$VOLUMES/bacula-mixed/plain-append"
}

# stream VOLUME...: through a pipe, one behind the other
stream() {
	for options in '' '-r lzo --target any -T1' '-i -T3'; do
		rm -f old* now* map
		cat "$@" >old
		# shellcheck disable=SC2002,SC2086 # a pipe it must be; options
		cat old | timeout 60 "$XFLATE" -qq $options --map map >now
		split old old-
		split now now-
		# shellcheck disable=SC2046 # names
		check "$# in a pipe, $options: the map" mapcheck map --old $(for i in $(seq $#); do echo "old-$i"; done) \
			--new $(for i in $(seq $#); do echo "now-$i"; done)
	done
}

streams() {
	stream "$VOLUMES/bareos/vol-multi"
	stream "$VOLUMES/bareos/vol-multi" "$VOLUMES/bacula/plain-interleave" "$VOLUMES/bareos/vol-append"
	stream "$VOLUMES/made/good-big-blocks" "$VOLUMES/made/good-small-blocks"
	stream "$VOLUMES/bareos/vol-span-gzip6-1" "$VOLUMES/bareos/vol-span-gzip6-2"
	# One that holds nothing but its label, before and between others.
	label_of "$VOLUMES/made/good-forms" >label
	stream "$VOLUMES/bareos/vol-multi" label "$VOLUMES/bacula/plain-interleave"
	stream label "$VOLUMES/bareos/vol-multi"
	# A dump of a tape in its files: no digest of the whole.
	for part in f0 f1 f2; do xz -dc "$here/volumes/field/tapefiles-$part.xz" >"tapefiles-$part"; done
	rm -f map
	run "$XFLATE" -q -i -o out/ --map map tapefiles-f0 tapefiles-f1 tapefiles-f2
	expect_status 0 'the files of a tape'
	is "$(awk '$1 == "form" && $2 == "old" { print $NF }' map)" - 'the files of a tape: no digest of what lies in several'
	is "$(awk '$1 == "end" { print $2 }' map)" "$(cat tapefiles-f? | wc -c | tr -d ' ')" 'the files of a tape: bytes of all'
}

# --- what failed, and what was passed over ---

failures_of_sets() {
	head -c 200000 "$VOLUMES/bareos/vol-span-gzip6-2" >vol-span-gzip6-2
	for options in -i '-r lzo -T1'; do
		rm -rf out map
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -qq $options -o out/ --map map "$VOLUMES/bareos/vol-multi" "$VOLUMES/bareos/vol-span-gzip6-1" vol-span-gzip6-2 \
			"$VOLUMES/made/bad-adler" "$VOLUMES/bacula-mixed/plain-append"
		expect_status 1 "$options, two sets fail"
		check "$options, two sets fail: the map of the others, as if they had been alone" mapcheck map \
			--old "$VOLUMES/bareos/vol-multi" "$VOLUMES/bacula-mixed/plain-append" --new out/vol-multi out/plain-append --chains 1,2
	done
	rm -rf out map
	run "$XFLATE" -qq -i --on-damage=skip -o out/ --map map --report report "$VOLUMES/made/bad-adler" missing
	expect_status 1 'damage, and one that is missing'
	check '... the map is of the one with the damage' mapcheck map --old "$VOLUMES/made/bad-adler" --new out/bad-adler --damage "$(damages)"
	run "$XFLATE" -qq -i --on-damage=keep --force -o new --map map --report report "$VOLUMES/made/bad-adler"
	expect_status 3 'damage that is kept'
	check '... counts in the map' mapcheck map --old "$VOLUMES/made/bad-adler" --new new --damage "$(damages)"
	run "$XFLATE" -qq -i --on-damage=keep --force -o new --map map --report report "$VOLUMES/made/bad-crc"
	expect_status 3 'a block of a wrong checksum that is kept'
	check '... has its line' mapcheck map --kept --old "$VOLUMES/made/bad-crc" --new new --damage "$(damages)"
	# A label that was made: the new name, which nothing on the old volume tells.
	"$PYTHON" -c 'import struct, sys
v = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(v[struct.unpack(">I", v[4:8])[0]:])' "$VOLUMES/bareos/vol-multi" >headless
	run "$XFLATE" -qq -i --on-damage=skip --force -o new --map map headless
	expect_status 3 'a volume that has lost its label'
	is "$(sed -n '2,3p' map | tr '\t' ' ')" "volume headless file headless file 1
label unknown   0" '... has its name and no label'
	check '... but in what was written' volcheck --lax-addresses new
	rm -f map
	run sh -c '"$0" -qq -i --on-damage=skip --map map <headless >new' "$XFLATE"
	expect_status 3 'through a pipe'
	is "$(sed -n '2p' map | tr '\t' ' ')" "volume stdin file $(xflate list new | sed -n 's/^volume //p' | head -n 1) file 1" \
		'... it has a name that was made up'
}

# --- encrypted ---

# key_of VOLUME FILE [BYTES]: the public key of a bundled volume, as base64
key_of() {
	"$PYTHON" -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(b"xflate-fixture:" + sys.argv[1].encode()).digest()[:int(sys.argv[2])]).decode())' "$1" \
		"${3:-64}" >"$2"
}

# twin VOLUME KEY FILE: clear, every block in its place
twin() { xflate -qq --force --decrypt --key "$2" -o "$3" "$1"; }

# cipher VOLUME KEY: as list has it
cipher() { xflate list --key "$2" "$1" | sed -n 's/^ *encrypted: .*\(AES-[0-9]*, key [0-9a-f]*\)$/\1/p'; }

# locked VOLUME KEY CIPHER
locked() {
	twin "$1" "$2" clear
	for options in '--decrypt' '--decrypt -i' '--decrypt -r lzo --block-format bb02' "--decrypt --encrypt $3 --new-key k.new" \
		"--decrypt --encrypt $3 -r lzo -T1" "--decrypt --encrypt $3 --new-key k.new -i --max-block 9000"; do
		rm -f new map
		# shellcheck disable=SC2086 # options
		run "$XFLATE" -qq $options --key "$2" -o new --map map "$1"
		expect_status 0 "${1##*/} $options" || continue
		case $options in
		*--new-key*) key=k.new ;;
		*--encrypt*) key=$2 ;;
		*) key= ;;
		esac
		new_cipher=none
		cp new new.clear
		[ -z "$key" ] || {
			twin new "$key" new.clear
			new_cipher=$(cipher new "$key")
		}
		check "${1##*/} $options: the map" mapcheck map --old "$1" --old-clear clear --old-cipher "$(cipher "$1" "$2")" \
			--new new --new-clear new.clear --new-cipher "$new_cipher"
	done
}

encrypted() {
	key_of new k.new
	key_of new128 k.new128 32
	key_of enc256-append k.enc256
	key_of enc256-spoolseg k.spoolseg
	key_of strong256-gzip6 k.strong
	key_of enc128-gzip6-sparse k.enc128 32
	locked "$VOLUMES/bacula/enc256-append" k.enc256 aes-256-xts
	locked "$VOLUMES/bacula/enc256-spoolseg" k.spoolseg aes-256-xts
	locked "$VOLUMES/bacula/strong256-gzip6" k.strong aes-256-xts
	cp k.new128 k.new
	locked "$VOLUMES/bacula/enc128-gzip6-sparse" k.enc128 aes-128-xts
	# In one stream, two of which the first is but a label.
	key_of new k.new
	rm -f map
	run "$XFLATE" -qq --encrypt aes-256-xts --new-key k.new -o first "$VOLUMES/bacula/plain-interleave"
	run "$XFLATE" -qq --encrypt aes-256-xts --new-key k.new -o third "$VOLUMES/bacula/plain-zstd3"
	label_of third >label
	cp "$VOLUMES/bacula/plain-interleave" clear
	cp "$VOLUMES/bacula/plain-zstd3" other
	label_of "$VOLUMES/bacula/enc256-fresh" >fresh
	for volumes in 'first third' 'label first' 'label first third' 'third fresh' 'clear label first' 'first label clear' \
		'first label fresh other'; do
		# shellcheck disable=SC2086 # names
		cat $volumes >joined
		rm -f old-* now-* map
		run sh -c '"$0" -qq --decrypt --key k.new --map map <joined >now' "$XFLATE"
		expect_status 0 "$volumes in a pipe, decrypted" || continue
		split joined old-
		split now now-
		is "$(awk '$1 == "form" && $2 == "old" { print $NF }' FS='\t' map | tr '\n' ' ')" "$(digests old-*)" \
			"$volumes in a pipe: their digests"
		is "$(awk '$1 == "form" && $2 == "new" { print $NF }' FS='\t' map | tr '\n' ' ')" "$(digests now-*)" \
			"$volumes in a pipe: those of the clear ones"
	done
}

# digests FILE...: XXH64
digests() {
	"$PYTHON" -c 'import sys, xxhash
print(*(xxhash.xxh64(open(p, "rb").read()).hexdigest() for p in sys.argv[1:]), end=" ")' "$@"
}

case ${1:-} in
--one)
	case $2 in
	sets | streams | failures_of_sets | encrypted) "$2" ;;
	*) alone "$2" ;;
	esac
	done_testing
	;;
esac

mkdir "$work/field"
for packed in "$here"/volumes/field/*.xz; do
	name=${packed##*/}
	xz -dc "$packed" >"$work/field/${name%.xz}"
done
printf '%s\n' sets streams failures_of_sets encrypted >parts
{
	cut -f 1 "$VOLUMES/list" | sed "s|^|$VOLUMES/|"
	ls -d "$work"/field/*
} | grep -Ev "/($judged|false-two-volumes)\$" >>parts
rm -f "$VOLUMES/../maps"
in_parallel parts
check 'so many maps were made, of volumes of all kinds' test "$(awk '{ n += $1 } END { print n }' "$VOLUMES/../maps")" -ge 350
done_testing
