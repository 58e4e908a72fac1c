#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Independent eyes: Debian's stenc, sg_raw, sg_logs and sg_inq on the same drive as xflate, before and after it.
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

printf '%s\n' "$drive_key" >stenc.key
printf '%064d\n' 7 >wrong.key
chmod 600 stenc.key wrong.key
# What stenc shows, one word each.
stenc_says() { stenc -f "$nst" --detail 2>&1 | sed -n "s/^$1: *//p"; }
rewind() { mt -f "$nst" rewind; }
head -c 262144 /dev/urandom >plain

drive hp-lto6
is "$(stenc_says 'Drive Encryption')" off "before: stenc sees no encryption"
run "$XFLATE" key load --key pass --kad 'VOL-0001 descr' "$nst"
expect_status 0 "xflate loads a key"
is "$(stenc_says 'Drive Encryption')" mixed "stenc sees mixed mode"
is "$(stenc_says 'Drive Input')" Encrypting "... encrypting"
is "$(stenc_says 'Key Instance Counter')" "$(state counter)" "... the key instance counter"
is "$(stenc_says 'Encryption Algorithm')" 1 "... the algorithm"
is "$(stenc_says 'Drive Key Desc.(uKAD)')" "VOL-0001 descr" "... the descriptor"
sg_raw -r 8192 "$sg" a2 20 00 20 00 00 00 00 20 00 00 00 2>/dev/null -o raw.page
is "$(od -An -tx1 -N8 raw.page | tr -d ' ')" 0020002642020301 "sg_raw reads page 0020h: 02 encrypt, 03 mixed, algorithm 1"

# ---- data: a key of xflate's, read with stenc's, and the other way round ----
check "dd writes under xflate's key" dd if=plain of="$nst" bs=65536
rewind
run "$XFLATE" key clear -q "$nst"
is "$(stenc_says 'Drive Encryption')" off "stenc sees that the key is cleared"
fails "without a key it cannot be read" dd if="$nst" of=got bs=65536
is "$(stenc -f "$nst" --detail 2>&1 | grep -c 'unable to decrypt')" 1 "stenc says that the block cannot be decrypted"
check "stenc loads the hex of the same key" stenc -f "$nst" -e mixed -k stenc.key -a 1
rewind
check "... dd reads it" dd if="$nst" of=got bs=65536
check "... the same" cmp plain got
run "$XFLATE" key status --json "$nst"
is "$(json 'd["status"]["encryption_mode"], d["status"]["decryption_mode"], d["status"]["key_instance_counter"]')" \
	"('encrypt', 'mixed', $(state counter))" "xflate sees what stenc did"
check "stenc loads another key" stenc -f "$nst" -e mixed -k wrong.key -a 1
rewind
fails "... which does not read it" dd if="$nst" of=got bs=65536
rewind
run "$XFLATE" key status "$nst"
prints 'next block: +0: encrypted, and its key is missing or another' "... as xflate says, too"
printf "%s\nmade by stenc\n" "$drive_key" >described.key
chmod 600 described.key
check "stenc loads a key with a description" stenc -f "$nst" -e on -k described.key -a 1
run "$XFLATE" key status "$nst"
prints 'key descriptor: +U-KAD "made by stenc"' "xflate shows the description"
prints 'reads: +encrypted blocks only' "... and that clear blocks are refused"
check "dd writes under stenc's key" dd if=plain of="$nst" bs=65536
rewind
run "$XFLATE" key load --raw-key --key stenc.key "$nst"
expect_status 0 "xflate loads the same file as a raw key"
check "... dd reads it" dd if="$nst" of=got bs=65536
check "... the same" cmp plain got
run "$XFLATE" key load --key other "$nst"
rewind
fails "another passphrase does not read it" dd if="$nst" of=got bs=65536
check "stenc turns encryption off" stenc -f "$nst" -e off -a 1
run "$XFLATE" key status --bscrypto "$nst"
prints '^   Encryption Mode: Disabled$' "... xflate sees it, in bscrypto's words"

# ---- flags ----
ctl 'alert 20'
ctl 'alert 38'
run "$XFLATE" alerts --keep --json "$sg"
is "$(json '[f["flag"] for f in d["flags"]]')" "[20, 38]" "xflate sees the TapeAlert flags, and leaves them"
sg_logs --page=0x2e "$sg" >logs 2>&1
is "$(grep -cE ': 1$' logs)" 2 "sg_logs sees as many"
check "... by the same name" grep -qi 'clean.*: 1' logs
run "$XFLATE" alerts "$sg"
expect_status 0 "... and has cleared them"
is "$(sg_inq "$sg" | sed -n 's/ *Product identification: *\(.*[^ ]\) */\1/p')" "Ultrium 6-SCSI" "sg_inq and xflate name the same drive"
sg_logs --page=0x2e --hex "$sg" >hex 2>/dev/null

# ---- offline ----
sg_raw -r 8192 "$sg" a2 20 00 10 00 00 00 00 20 00 00 00 2>/dev/null -o caps.page
run "$XFLATE" key status --explain "$(od -An -tx1 caps.page)"
prints 'algorithm 1: +AES-256-GCM-128 \(00010014\), 32-byte keys' "a page that sg_raw read is explained"
run sh -c "od -An -tx1 raw.page | '$XFLATE' key status --explain -"
prints 'U-KAD "VOL-0001 descr"' "... and one from standard input"
run "$XFLATE" key status --explain '72 07 74 03 00 00 00 00'
prints '7/74/03 DATA PROTECT: wrong key' "sense data, too"
run "$XFLATE" key status --explain "00 10 00 30 40 00 02 03 01 00 00 00 00 00 00 00 00 00 00 20 $drive_key"
prints 'key: +32 bytes \(not shown\)' "a page with a key is explained without it"
fails "... indeed" grep -q 4142434445 "$out" "$err"
run "$XFLATE" key status --explain '0000 0008 0010 0020 0021 0030'
prints '0010h 0020h 0021h 0030h' "a list of pages"
run "$XFLATE" key status --explain '0011 0002 00 02'
prints 'wrapped with the drive' "the formats of keys"
run "$XFLATE" key status --explain '0031 000c 00000000 00000000 0002 abcd'
prints 'public key: +type 0, format 0, 2 bytes' "a public key"
run "$XFLATE" key status --explain '0030 0010 000102030405060708090a0b0c0d0e0f'
expect_status 0 "a random number"
run "$XFLATE" key status --explain 'zz'
expect_status 2 "what is no hex"
run "$XFLATE" key status --explain '00 99 00 00'
expect_status 1 "what is no page"


# ---- what other programs print of the same bytes ----
printf '\160\000\005\000\000\000\000\012\000\000\000\000\046\000\000\200\000\010' >sense.bin
for tool in 'xxd' 'xxd -g1' 'xxd -p' 'xxd -i' 'xxd -u' 'hexdump -C' 'hexdump' 'od -Ax -tx1' 'od -Ax -tx1z' 'od -tx1' 'od -An -tx1' 'od -x' 'od' \
	'od -b' 'cat'; do
	# shellcheck disable=SC2086 # options
	run sh -c "$tool sense.bin | '$XFLATE' key status --explain -"
	prints '5/26/00 ILLEGAL REQUEST: .*byte 8' "sense data as $tool prints them"
	run sh -c "$tool raw.page | '$XFLATE' key status --explain -"
	prints 'U-KAD "VOL-0001 descr"' "... and a status page"
done
printf '\000\020\000\060\100\000\002\003\001\000\000\000\000\000\000\000\000\000\000\040ABCDEFGHIJKLMNOPQRSTUVWXYZabcde\000' >set.bin
for tool in 'xxd' 'xxd -p' 'xxd -i' 'xxd -b' 'hexdump -C' 'hexdump' 'od -Ax -tx1' 'od -c' 'od -x' 'od' 'od -b' 'od -tu1' 'od -td2' 'strings' 'cat'; do
	run sh -c "$tool set.bin | '$XFLATE' key status --explain -"
	fails "nothing of a key is shown that $tool prints" grep -qiE 'CDE|434445|43 44 45|67.*68.*69|103 104 105' "$out" "$err"
	check "... it is called what it is, or not explained" [ -n "$(grep -E 'page holds a key|may hold a key|no hex digits|may be a key' "$err")" ]
done
ctl 'fault op=b5 sense=5/26/00'
run sg_raw -v -s 52 -i set.bin "$sg" b5 20 00 10 00 00 00 00 00 34 00 00
cat "$out" "$err" >sg.log
run sh -c "'$XFLATE' key status --explain - <sg.log"
expect_status 0 "what sg_raw -v says of a refusal"
prints '5/26/00 ILLEGAL REQUEST' "... is explained"
# sg3_utils knows every code of the standard's that the tables have.
for code in '26 00' '24 00' '0c 00' '11 00' '00 17' '27 01' '30 0c' '3b 0e' '3f 01' '53 02' '44 00' '4b 00' '74 01' '74 03' '74 6e' '74 21' '74 0a' '5a 02' '26 11' '2a 0d' '04 10' '3a 04' '53 0a' '29 07' '5d ff'; do
	# shellcheck disable=SC2086 # two bytes
	sg_decode_sense 70 00 05 00 00 00 00 0a 00 00 00 00 $code 00 00 00 00 >decoded 2>&1
	run sh -c "'$XFLATE' key status --explain - <decoded"
	prints "5/$(echo "$code" | tr ' ' /) " "xflate reads $code from the words of sg_decode_sense"
	run "$XFLATE" key status --explain "70 00 05 00 00 00 00 0a 00 00 00 00 $code 00 00 00 00"
	prints "5/$(echo "$code" | tr ' ' /) " "sg_decode_sense and xflate know $code"
	fails "... both have words" grep -q 'ASC=' decoded
done

# ---- bscrypto ----
ln -s "$XFLATE" bscrypto
drive hp-lto6
run ./bscrypto -s pass "$nst"
expect_status 0 "bscrypto -s"
is "$(pages)" "0010003040000203010000000000000000000020$drive_key" "... sends bscrypto's page"
run ./bscrypto -e -v "$nst"
expect_status 1 "bscrypto -e -v on a blank tape: -v has nothing to tell"
check "dd writes" dd if=plain of="$nst" bs=65536
rewind
run ./bscrypto -e -v "$nst"
expect_status 0 "bscrypto -e -v"
cat >expected <<'LINES'
Drive encryption status:
   Encryption Mode: Encrypt
   Decryption Mode: Mixed
   Raw Decryption Mode Disabled (RDMD): Enabled
   Volume Contains Encrypted Logical Blocks (VCELB): Enabled
   Logical Block encryption parameters: Application Managed
   Key Associated Data (KAD) Descriptor: Normal key
Volume encryption status:
   Compression Status: Compression Enabled
   Encryption Status: Encryption Enabled
   Raw Decryption Mode Disabled Status (RDMDS): Enabled
   Encryption Mode External Status (EMES): Disabled
   Next Block Key Associated Data (KAD) Descriptor: Normal key
LINES
is "$(cat "$out")" "$(cat expected)" "... line for line"
run ./bscrypto -c "$nst"
expect_status 0 "bscrypto -c"
is "$(pages | tail -n 1)" "00100030400000000100000000000000000000200000000000000000000000000000000000000000000000000000000000000000" \
	"... sends bscrypto's page"
is "$(cat "$out" "$err")" "" "... and says nothing"
"$XFLATE" key generate --kek kek -o wrapped 2>/dev/null
run ./bscrypto -s wrapped -w kek "$nst"
expect_status 0 "bscrypto -s -w"
key_is "$("$XFLATE" key unwrap wrapped --kek kek 2>/dev/null | "$PYTHON" -c 'import sys; print(sys.stdin.read(31).encode().hex() + "00")')" \
	"... the first 31 bytes of what was wrapped"
ctl 'fault op=b5 sense=5/26/0'
run ./bscrypto -s pass "$nst"
expect_status 1 "bscrypto -s that fails is exit status 1"
run ./bscrypto -s wrapped -w other "$nst"
expect_status 1 "... as is one whose key cannot be unwrapped"
drive library
run ./bscrypto -s pass "$nst"
expect_status 1 "... and a drive that the library manages"

# ---- the life of the cartridge ----
# read_attr TEXT, stats TEXT: the value that sg_read_attr or sg_logs has behind it
read_attr() { sg_read_attr "$sg" 2>&1 | sed -n "s/^ *$1: *\([^ ]*\) *.*/\1/p"; }
stats() { sg_logs --page=0x17 "$sg" 2>&1 | sed -n "s/^ *$1: *\([^ ]*\) *\$/\1/p"; }
drive hp-lto6 'life 79 1234567 89'
check "dd writes clear blocks" dd if=plain of="$nst" bs=65536 count=2
run "$XFLATE" key load -q --key pass "$nst"
check "... encrypted ones behind them" dd if=plain of="$nst" bs=65536
run "$XFLATE" key clear -q "$nst"
check "... and a clear one" dd if=plain of="$nst" bs=65536 count=1
run "$XFLATE" key status "$sg"
expect_status 0 "key status shows the cartridge's life"
prints '^  drive: +HP Ultrium 6-SCSI, firmware 35GD, ' "... the firmware"
prints '^  loaded: +79 times$' "... loads"
prints '^  in its life: +1234567 MB written, 89 MB read$' "... what was written and read"
prints '^  lasting errors: +0 of writing, 0 of reading$' "... errors"
prints '^  native capacity: +2500000 MB, 1234567 MB of it used$' "... capacity"
prints '^  first encrypted: +block 3; first clear one behind it: block 8$' "... the first encrypted block (file marks count)"
run "$XFLATE" key status --json "$sg"
is "$(json 'd["revision"]')" "$(sg_inq "$sg" | sed -n 's/ *Product revision level: *//p')" "sg_inq and xflate show the same firmware"
is "$(json 'd["cartridge_memory"]["serial"], d["cartridge_memory"]["barcode"]')" \
	"('$(read_attr 'Medium serial number')', '$(read_attr Barcode)')" "sg_read_attr and xflate show the same serial number and barcode"
is "$(json 'd["cartridge_memory"]["loads"], d["cartridge_memory"]["written_mb"], d["cartridge_memory"]["read_mb"]')" \
	"($(read_attr 'Load count'), $(read_attr 'Total MiB written in medium life'), $(read_attr 'Total MiB read in medium life'))" \
	"... loads, written, read"
is "$(json 'd["cartridge_memory"]["first_encrypted"]["object"], d["cartridge_memory"]["first_clear"]["object"]')" "(3, 8)" "... places"
check "... as sg_read_attr" sh -c "sg_read_attr $sg | grep -q 'first encrypted block: 3'"
is "$(json 'd["volume_statistics"]["mounts"], d["volume_statistics"]["written_mb"], d["volume_statistics"]["read_mb"], d["volume_statistics"]["used_mb"]')" \
	"($(stats 'Thread count'), $(stats 'Lifetime megabytes written'), $(stats 'Lifetime megabytes read'), $(stats 'Total used native capacity \[MB\]'))" \
	"sg_logs and xflate show the same statistics"
is "$(json 'd["volume_statistics"]["barcode"], d["volume_statistics"]["serial"], d["volume_statistics"]["worm"]')" \
	"('$(stats 'Volume barcode')', '$(stats 'Volume serial number')', $(stats WORM))" "... names and WORM"
is "$(json '[p["object"] for p in d["volume_statistics"]["first_encrypted"] + d["volume_statistics"]["first_clear"]]')" \
	"[$(sg_logs --page=0x17 "$sg" | sed -n 's/.*partition record data counter: //p' | while read -r n; do printf '%s%d' "${comma-}" "$n"; comma=', '; done)]" "... places"
before=$(count_commands 8c)
ctl 'no-log 17'
run "$XFLATE" key status "$sg"
is "$(count_commands 8c)" $((before + 1)) "the memory, which some drives take minutes for, is asked once"
expect_status 0 "without log page 17h"
is "$(cat "$err")" "" "... no error"
prints '^  loaded: +79 times$' "... the cartridge's memory tells the loads"
prints '^  first encrypted: +block 3; first clear one behind it: block 8$' "... and the first encrypted block"
fails "... what it does not tell is not there" grep -q 'lasting errors' "$out"
ctl 'no-memory 1'
run "$XFLATE" key status "$sg"
expect_status 0 "with neither"
is "$(cat "$err")" "" "... no error"
fails "... and nothing of either" grep -qE 'barcode|MEDIUM0001|loaded:|in its life|first encrypted|native|retries|life' "$out"
run "$XFLATE" key status --json "$sg"
is "$(json '"cartridge_memory" in d, "volume_statistics" in d, d["medium_format"]')" "(False, False, 'LTO-6')" "... also as JSON"
ctl 'no-memory 0'
ctl 'fault op=8c sense=5/24/00'
run "$XFLATE" key status --json "$sg"
is "$(json 'd["cartridge_memory"]["serial"], "loads" in d["cartridge_memory"]')" "('MEDIUM0001', False)" \
	"a drive that has no attribute 0 is asked from 0400h on"
drive hp-lto6 'no-memory 1'
run "$XFLATE" key status "$sg"
prints '^  cartridge: +LTO-6, barcode A00001L6, serial number MEDIUM0001$' "without memory, log page 17h names the cartridge"
prints '^  loaded: +1 time$' "... and tells its loads"
ctl 'fault op=4d sense=3/0c/00 form=71'
run "$XFLATE" key status "$sg"
expect_status 6 "a deferred error that comes with log page 17h is not swallowed"
for kind in hp-lto6 ibm-lto8; do
	drive $kind 'medium worm'
	run "$XFLATE" key status "$sg"
	prints '^  medium: +WORM' "a WORM cartridge is called so ($kind)"
	check "dd writes to it" dd if=plain of="$nst" bs=65536
	rewind
	fails "... once" dd if=plain of="$nst" bs=65536 count=1
	drive $kind 'medium protected'
	run "$XFLATE" key status "$sg"
	prints '^  cartridge: .*, write protected$' "a write-protected one ($kind)"
	fails "... is not WORM" grep -q WORM "$out"
done
drive lto3 'medium lto3'
run "$XFLATE" key status "$sg"
prints '^  loaded: +1 time$' "an LTO-3 drive tells what it knows"
fails "... of encryption nothing" grep -q 'first encrypted' "$out"
drive hp-lto6 'medium none'
run "$XFLATE" key status --json "$sg"
is "$(json '"cartridge_memory" in d, "volume_statistics" in d, "worm" in d')" "(False, False, False)" "without a cartridge there is no life of one"
done_testing
