#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Only parts of volumes: out of every bundled volume and set, seeded choices of files are the same through the blocks that hold them as by a
# pass over everything (check_ranges); and extract --bsr, which reads what a bootstrap names.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

BUILD=${BUILD:-${here%/*}/build}
seed=${SEED:-20261130}
: >nokey
key_of() { printf '%s' "xflate-fixture:$1" | openssl dgst -sha512 -binary | head -c "${2:-64}" >key; }

# both_ways TEXT KEY VOLUME...: KEY is a file, or nothing
both_ways() {
	text=$1 key=$2
	shift 2
	if timeout -k 5 120 "$BUILD/tests/check_ranges" "$seed" "$key" "$@" >"$out" 2>"$err"; then
		ok "$text: $(tail -n 1 "$out")"
	else
		not_ok "$text: through ranges, as by a pass over everything (SEED=$seed)"
		show "$out" "$err"
	fi
}

mkdir field rescue
for v in "$here"/volumes/field/*.xz; do xz -dc "$v" >"field/$(basename "$v" .xz)"; done
for v in "$here"/rescue/*.xz; do xz -dc "$v" >"rescue/$(basename "$v" .xz)"; done
for v in "$VOLUMES"/bareos/* "$VOLUMES"/bacula-mixed/* "$VOLUMES"/made/* field/* rescue/*; do
	both_ways "$(basename "$(dirname "$v")")/${v##*/}" '' "$v"
done
for v in "$VOLUMES"/bacula/*; do
	case ${v##*/} in
	enc128*) key_of "${v##*/}" 32 && k=key ;;
	enc256* | strong*) key_of "${v##*/}" && k=key ;;
	mk-*) continue ;; # a master key's; see scenario_getkey
	*) k= ;;
	esac
	both_ways "bacula/${v##*/}" "$k" "$v"
done
bareos=$VOLUMES/bareos
bacula=$VOLUMES/bacula
made=$VOLUMES/made
both_ways 'a set' '' "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
both_ways 'a set in the wrong order' '' "$bareos/vol-span-gzip6-2" "$bareos/vol-span-gzip6-1"
both_ways 'a set of Bacula' '' "$bacula/plain-span1" "$bacula/plain-span2"
both_ways 'three volumes, over several' '' "$VOLUMES"/made/good-set-[123]
both_ways 'a slow job' '' field/set-skip-vol1 field/set-skip-vol2 field/set-skip-vol3
both_ways 'empty records at the change' '' field/set-empty-rec1 field/set-empty-rec2
both_ways 'a tape file by file' '' field/tapefiles-f0 field/tapefiles-f1 field/tapefiles-f2
cat "$bareos/vol-multi" "$bareos/vol-append" >two
both_ways 'a volume behind another' '' two
cat "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2" >two
both_ways 'a set in one file' '' two
key_of enc256-append
cat "$bacula/enc256-append" "$bacula/plain-zstd3" >two
both_ways 'an encrypted volume before another in one file' key two

# ---- --bsr ----

v=$bacula/plain-zstd3
# tree FOLDER: what is in it
tree() { (cd "$1" 2>/dev/null && find . -type f -exec sha256sum {} + | sort -k 2); }
# as_chosen TEXT: x is as plain
as_chosen() {
	tree plain >wanted
	tree x >got
	check "$1" sh -c '[ -s wanted ] && cmp wanted got'
}

# Some of the last files.
index=$("$XFLATE" catalog bsr "$v" | sed -n 's/^FileIndex=.*-//p')
"$XFLATE" catalog bsr --file-index "$((index - 4))-$((index - 2))" "$v" >boot
"$XFLATE" -qq extract -C plain --file-index "$((index - 4))-$((index - 2))" "$v" >said
run "$XFLATE" extract -C x --bsr boot "$v"
status_plain=$status
as_chosen 'files of a bootstrap'
range=$(sed -n 's/^VolAddr=//p' boot)
check 'it names a part of the volume' [ "${range%-*}" -gt 60000 ]
# Nothing else is read: it may be anything.
"$PYTHON" - "$v" part "$range" <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
first, last = map(int, sys.argv[3].split("-"))
label = struct.unpack(">I", data[4:8])[0]
data[label:first] = b"\xa5" * (first - label)
data[last + 1:] = b"\xa5" * (len(data) - last - 1)
open(sys.argv[2], "wb").write(data)
END
rm -rf x
run "$XFLATE" extract -C x -b boot part
expect_status "$status_plain" 'what it does not name may be damaged'
as_chosen 'and the files are the same'
fails 'no damage is told' grep -i damage "$out" "$err"
run "$XFLATE" extract --dry-run "$PWD/part"
expect_status 3 'which a pass over everything finds'
rm -rf x
run "$XFLATE" extract -C x -b - "$v" <boot
as_chosen 'a bootstrap from standard input'
rm -rf x
run "$XFLATE" extract -C x -b boot - <"$v"
as_chosen 'a volume from a pipe is read to its end'
mkdir lost
{ head -c 200 /dev/zero && tail -c +201 "$v"; } >lost/plain-zstd3
rm -rf x
run "$XFLATE" extract -C x -b boot lost/plain-zstd3
as_chosen 'one that has lost its label is known by its file'
run "$XFLATE" extract -C x -b - - <boot
expect_status 2 'both from standard input: 2'
for o in '--file x' '--file-index 1' '--files-from boot'; do
	# shellcheck disable=SC2086 # options
	run "$XFLATE" extract -C x -b boot $o "$v"
	expect_status 2 "with ${o%% *}: 2"
done

# A set, in whatever order it is given, and with a volume too many.
"$XFLATE" catalog bsr "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2" >boot
rm -rf x plain
"$XFLATE" -qq extract -C plain "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2" >said
run "$XFLATE" extract -C x -b boot "$bareos/vol-span-gzip6-2" "$v" "$bareos/vol-span-gzip6-1"
as_chosen 'a set, in the order of the bootstrap'
run "$XFLATE" extract -C none -b boot "$bareos/vol-span-gzip6-2"
refused 2 'a volume that is not given: 2'
says 'wants volume vol-span-gzip6-1' 'it is named'

# Each FileIndex that it names has to come: one began on a volume that is not here, one is nowhere.
"$XFLATE" -qq catalog bsr --job 2/1694498816 "$made/good-set-3" >boot
run "$XFLATE" extract -C part3 -b boot "$made/good-set-3"
expect_status 1 'a file that began before: 1'
says 'not on the volumes: all of FileIndex 2 to 4' 'and which of them should have come'
"$XFLATE" catalog bsr "$bareos/vol-none" | sed 's/^\(FileIndex=[0-9]*\)-.*/\1-999/' >boot
run "$XFLATE" extract -C upto999 -b boot "$bareos/vol-none"
expect_status 1 'FileIndexes that are nowhere: 1'
says 'not on the volumes: all of FileIndex 1 to 999' 'they are told'

# Interleaved jobs.
for job in 50 51 52; do
	"$XFLATE" catalog bsr --job $job "$bareos/vol-multi" >boot
	rm -rf x plain
	"$XFLATE" -qq extract -C plain --job $job "$bareos/vol-multi" >said
	run "$XFLATE" extract -C x -b boot "$bareos/vol-multi"
	as_chosen "one of interleaved jobs: $job"
	cat boot >>several
done
run "$XFLATE" extract -C none -b several "$bareos/vol-multi"
refused 2 'several jobs: 2'
says 'several jobs, of the sessions' 'and says which'
rm -rf x
run "$XFLATE" extract -C x -b several --job 52/1795351262 "$bareos/vol-multi"
as_chosen 'one of them, named'

# Encrypted.
key_of enc256-append
"$XFLATE" catalog bsr --key key --job 30 "$bacula/enc256-append" >boot
rm -rf x plain
"$XFLATE" -qq extract -C plain --key key --job 30 "$bacula/enc256-append" >said
run "$XFLATE" extract -C x --key key -b boot "$bacula/enc256-append"
as_chosen 'an encrypted volume'
run "$XFLATE" extract -C none -b boot "$bacula/enc256-append"
expect_status 4 'without its key: 4'

# Converted since: its blocks are elsewhere, or hold something else.
"$XFLATE" catalog bsr --file-index "$((index - 2))" "$v" >boot
for o in "" --max-block=20000; do
	rm -f plain-zstd3
	# shellcheck disable=SC2086 # nothing or an option
	"$XFLATE" -qq filter -i $o -o plain-zstd3 "$v"
	run "$XFLATE" extract -C none -b boot plain-zstd3
	expect_status 1 "a volume that was changed $o: 1"
	says 'does not fit th' 'and says so'
done
is "$(find . -path './none/*' -type f | wc -l | tr -d ' ')" 0 'nothing came of it'
"$XFLATE" catalog bsr --update boot plain-zstd3 >mended
rm -rf x plain
"$XFLATE" -qq extract -C plain --file-index "$((index - 2))" "$v" >said
run "$XFLATE" extract -C x -b mended plain-zstd3
as_chosen 'with the bootstrap brought up to date'
printf 'no bootstrap\n' >boot
run "$XFLATE" extract -C none -b boot "$v"
refused 2 'no bootstrap: 2'
run "$XFLATE" extract -C none -b nowhere "$v"
refused 1 'no such file: 1'

done_testing
