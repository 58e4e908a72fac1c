#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Loading and clearing: pages byte for byte, every personality, every reason to refuse.
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

bareos_set=0010003040000203010000000000000000000020$drive_key
zeros=0000000000000000000000000000000000000000000000000000000000000000

drive hp-lto6
run "$XFLATE" key load --key pass "$sg"
expect_status 0 "a passphrase is loaded"
says 'key [0-9a-f]{8} is in the drive: algorithm 1 \(AES-256-GCM-128\), mode mixed, key instance counter 1' "... and it says how"
is "$(pages)" "$bareos_set" "... with Bareos's page, byte for byte"
is "$(grep -c '^b52000100000000000340000 ' "$work/log")" 1 "... and Bareos's command"
key_is "$drive_key" "... 31 bytes of it and a zero"
drive_is 2 3 "... to encrypt, and to read both"
is "$(grep -Ec 'page=0 key=1' "$mnt/leaks") $(tail -n 1 "$mnt/leaks")" "1 close page=0 key=0 watch=0" \
	"the page is wiped before the status is read, the key before the drive is closed"
run "$XFLATE" key clear "$sg"
expect_status 0 "the key is cleared"
drive_is 0 0 "... both modes are off"
is "$(state key)" none "... and there is none"
is "$(pages | tail -n 1)" 0010001040000000010000000000000000000000 "... with a page without a key"
run "$XFLATE" key clear -q "$sg"
expect_status 0 "clearing again is no error"
is "$(cat "$err")" "" "... and -q says nothing"

run "$XFLATE" key load --raw-key --key raw "$sg"
expect_status 0 "64 hex digits are loaded"
key_is "$drive_key" "... the same key"
before=$(state counter)
run "$XFLATE" key load --key other "$sg"
expect_status 0 "another key takes its place"
says 'replaces a key' "... it says so"
is "$(state counter)" $((before + 1)) "... with one command"

run "$XFLATE" key load --key pass --kad 'VOL-0001 %k' --clear-on-demount "$sg"
expect_status 0 "a key with a descriptor, to be cleared on demount"
is "$(state ukad | cut -c 1-9) $(state kad_format) $(state ckod)" "VOL-0001  2 1" "... the drive has both"
is "$(pages | tail -n 1 | cut -c 1-40)" 0010004540040203010002000000000000000020 "... in the page, with its length and format"
run "$XFLATE" key status "$sg"
prints 'key descriptor: +U-KAD "VOL-0001 [0-9a-f]{8}"' "the status shows the descriptor"
run sg_raw "$sg" 1b 00 00 00 00 00
is "$(state key)" none "unloading the tape clears it"
ctl 'medium blank'
run "$XFLATE" key load --key pass --mode decrypt "$sg"
expect_status 0 "a key for decryption only"
drive_is 0 2 "... writes are clear"
run "$XFLATE" key load --mode raw "$sg"
expect_status 0 "raw reading, without a key"
drive_is 0 1 "... and no encryption"
is "$(state key)" none "... and no key"
run "$XFLATE" key load --key pass --dry-run "$sg"
expect_status 0 "a dry run"
drive_is 0 1 "... changes nothing"

run sh -c "'$XFLATE' key load --key - '$sg' <pass"
expect_status 0 "the key from standard input"
run "$XFLATE" key load --key fd:9 "$sg" 9<pass
expect_status 0 "... from a descriptor"
mkdir creds && cp pass creds/volkey && chmod 600 creds/volkey
run env CREDENTIALS_DIRECTORY="$PWD/creds" "$XFLATE" key load --key cred:volkey "$sg"
expect_status 0 "... from a systemd credential"
run env TAPE="$sg" "$XFLATE" key status
expect_status 0 "the device from TAPE"
run "$XFLATE" key load --json -q --key pass --kad %k "$sg"
is "$(json 'd["loaded"], d["algorithm_index"], d["mode"], len(d["key_id"])')" "(True, 1, 'mixed', 8)" "loading as JSON"
fails "... no key in it" grep -q "$passphrase\|$drive_key" "$out" "$err"

# ---- a wrapped key: nothing of it, of the KEK or of the passphrase is left when the drive is closed ----
umask 077
"$XFLATE" key generate --kek kek -o wrapped 2>/dev/null
umask 022
ctl forget
ctl "watch $(od -An -w64 -tx1 -N16 kek | tr -d ' ')"
run "$XFLATE" key load -q --key wrapped --kek kek "$sg"
expect_status 0 "a wrapped key is loaded"
is "$(tail -n 1 "$mnt/leaks")" "close page=0 key=0 watch=0" "... nothing of it and of the KEK is left in memory"
ctl forget
ctl "watch $(od -An -w64 -tx1 -N32 pass | tr -d ' ')"
run "$XFLATE" key load -q --key pass "$sg"
is "$(cat "$mnt/leaks")" "status page=0 key=1 watch=0
close page=0 key=0 watch=0" "... the passphrase is gone before the status is read"

# ---- what is refused, and nothing sent ----
sent=$(count_commands b5)
rejects() { # STATUS PATTERN TEXT ARGUMENTS...
	wanted=$1 pattern=$2 text=$3
	shift 3
	run "$XFLATE" key load "$@"
	expect_status "$wanted" "$text" && says "$pattern" "... and why"
}
rejects 2 'which key' "no key" "$sg"
rejects 2 'one of' "two keys" --key pass --volume V --cache c "$sg"
rejects 2 'cache FILE' "a volume without a cache" --volume V "$sg"
rejects 2 'which DEVICE' "no device" --key pass
rejects 2 'one device' "two devices" --key pass "$sg" "$nst"
rejects 2 'mixed, decrypt or raw' "an unknown mode" --mode on --key pass "$sg"
rejects 2 'takes no key' "raw reading with a key" --mode raw --key pass "$sg"
rejects 2 'rewinds the tape' "a node that rewinds" --key pass "$mnt/st0"
says "use $mnt/nst0" "... and which to use"
rejects 2 'nothing is written encrypted' "a descriptor for decryption" --key pass --mode decrypt --kad x "$sg"
rejects 2 '40 bytes; algorithm 1 of this drive takes 32' "a descriptor that is too long" --key pass --kad 0123456789012345678901234567890123456789 "$sg"
rejects 2 'no volume name' "a descriptor with the name of no volume" --key pass --kad %v "$sg"
rejects 6 'no algorithm 7' "an algorithm that the drive does not have" --key pass --algorithm 7 "$sg"
printf '0011223344' >short
chmod 600 short
rejects 4 '' "a raw key of another length" --raw-key --key short "$sg"
rejects 4 '' "an empty key" --key /dev/null "$sg"
rejects 1 'nothere' "a key file that is not there" --key nothere "$sg"
rejects 1 'nothere' "a device that is not there" --key pass "$mnt/nothere"
rejects 6 'takes no SCSI commands' "a device that is none" --key pass /dev/null
ctl 'medium none'
rejects 5 'needs a cartridge' "clear on demount without a cartridge" --key pass --clear-on-demount "$sg"
ctl 'medium lto3'
rejects 6 'LTO-3.*cannot be encrypted' "an LTO-3 cartridge" --key pass "$sg"
is "$(count_commands b5)" "$sent" "of all these nothing reached the drive"
run "$XFLATE" key load --key pass --algorithm 1 "$sg"
expect_status 6 "forcing the algorithm does not help an LTO-3 cartridge"
ctl 'medium none'
run "$XFLATE" key load --key pass "$sg"
expect_status 0 "a key is loaded without a cartridge"

# ---- personalities ----
drive quantum-lto4 'medium lto4'
run "$XFLATE" key load --key pass "$nst"
expect_status 0 "Quantum LTO-4: a key is loaded"
is "$(state algorithm)" 0 "... with index 0"
run "$XFLATE" key clear "$nst"
expect_status 0 "... and cleared"
run "$XFLATE" key status --json "$nst"
is "$(json 'd["method"]')" "not reported" "... who manages it, it does not say"

drive ibm-lto8 'medium lto8'
run "$XFLATE" key load --key pass "$nst"
expect_status 0 "IBM LTO-8: a key is loaded"
is "$(state algorithm)" 1 "... by the first of three algorithms"
run "$XFLATE" key load --key pass --algorithm 2 --kad SHORT "$nst"
expect_status 0 "... by the second, whose descriptors have a fixed length"
is "$(grep ukad= "$mnt/state")" "ukad=SHORT       " "... padded with blanks"
run "$XFLATE" key load --key pass --algorithm 3 --kad SHORT "$nst"
expect_status 2 "... the third takes no descriptor"

drive picky
run "$XFLATE" key load --key pass "$nst"
expect_status 6 "a drive that wants descriptors"
says 'wants a key descriptor' "... says so"
run "$XFLATE" key load --key pass --kad 'V1' "$nst"
expect_status 0 "... gets one"
is "$(state algorithm)" 7 "... by the one algorithm that is AES-256-GCM"
run "$XFLATE" key load --key pass --kad 'V1' --clear-on-demount "$nst"
expect_status 6 "... it has no clear on demount"
run "$XFLATE" key load --mode raw "$nst"
expect_status 6 "... and no raw reading"
run "$XFLATE" key clear "$nst"
expect_status 0 "... and wants 32 zeros to clear"
is "$(pages | tail -n 1)" "0010003040000000070000000000000000000020$zeros" "... which it got"

drive short-keys
run "$XFLATE" key load --key pass "$nst"
expect_status 6 "a drive with keys of 16 bytes only"
run "$XFLATE" key load --key pass --algorithm 1 "$nst"
expect_status 4 "... even if its algorithm is named"
says 'takes keys of 16 bytes, this one has 32' "... and why"

drive no-list
run "$XFLATE" key load --key pass "$nst"
expect_status 0 "a drive without a list of algorithms"
says 'no list of algorithms: index 1 is tried' "... gets index 1, said aloud"

for name in library appliance; do
	drive "$name"
	run "$XFLATE" key load --key pass "$nst"
	expect_status 6 "$name-managed: refused"
	says 'application managed' "... and how to switch"
	is "$(count_commands b5)" 0 "... nothing was sent"
	run "$XFLATE" key status --json "$nst"
	is "$(json 'd["method"]')" "$name" "... the status names the method"
	run "$XFLATE" key clear "$nst"
	expect_status 6 "... clearing is refused by the drive"
done

drive lto3
run "$XFLATE" key load --key pass "$nst"
expect_status 6 "a drive without encryption: refused"
says 'cannot encrypt' "... and why"
run "$XFLATE" key status "$nst"
expect_status 0 "... its status is no error"
prints 'encryption method: +none' "... and says so"
run "$XFLATE" key clear "$nst"
expect_status 6 "... there is no key to clear"

# ---- drives that say GOOD and do something else ----
drive hp-lto6 'ignore-set 1'
run "$XFLATE" key load --key pass "$nst"
expect_status 6 "a drive that ignores the page"
says 'took the command, but reports encryption mode 0' "... is caught"
drive hp-lto6
run "$XFLATE" key load -q --key other --kad FOREIGN "$nst"
expect_status 0 "a key of another tape is in the drive"
echo 'ignore-set 1' >"${nst%/*}/ctl"
run "$XFLATE" key load --key pass "$nst"
expect_status 6 "a drive that ignores the page, with another key in it"
says 'does not report the key descriptor that it was given, which is none: another key is in it' "... is caught by the descriptor"
says 'FOREIGN' "... and the key that is there is named"
drive hp-lto6 'stuck-counter 1'
run "$XFLATE" key load --key pass "$nst"
expect_status 6 "a drive whose counter stands still"
says 'key instance counter still is 0.*cleared again' "... is caught, and cleared"
drive_is 0 0 "... indeed"
drive hp-lto6 'ignore-kad 1'
run "$XFLATE" key load --key pass --kad V1 "$nst"
expect_status 6 "a drive that loses the descriptor"
says 'does not report the key descriptor.*cleared again' "... is caught, and cleared"
drive_is 0 0 "... indeed"

# ---- events ----
# shellcheck disable=SC2016 # for the events' shells
hook='{ printf "%s " "$XFLATE_EVENT" >>names; cat; env; } >>events'
drive hp-lto6
rm -f names events
run "$XFLATE" key load --key pass --events "$hook" "$sg"
expect_status 0 "a load with events"
is "$(cat names)" 'run-start key-loaded run-end ' "... they are told, in order"
key_id=$(sed -n 's/.*: key \([0-9a-f]*\) is in the drive.*/\1/p' "$err")
check "... with the key's id and the drive" grep -q "\"event\": \"key-loaded\".*\"device\": \"$sg\".*\"key_id\": \"$key_id\".*\"key_instance_counter\": 1" events
fails "... and neither key nor passphrase" grep -aqiE "$drive_key|$(cat pass)" events
rm -f names
run "$XFLATE" key clear --events "$hook" "$sg"
is "$(cat names)" 'run-start key-cleared run-end ' "clearing"
rm -f names
run "$XFLATE" key load --key pass --events "$hook; [ \$XFLATE_EVENT != key-loaded ]" --events-veto "$sg"
expect_status 1 "a veto of a loaded key"
is "$(state key) $(cat names)" 'none run-start key-loaded key-cleared run-end ' "... clears it again, and tells that, too"
says 'stopped at event key-loaded.*the key that was in the drive is cleared' "... and says so"
rm -f names
run "$XFLATE" key load -q --key other --kad FOREIGN "$sg"
run "$XFLATE" key load --key pass --events "$hook; false" --events-veto "$sg"
expect_status 1 "a veto before anything"
is "$(cat names)" 'run-start run-end ' "... at the beginning"
check "... leaves the drive as it is" [ "$(state key)" != none ]
rm -f names
run "$XFLATE" key clear --events "$hook; false" --events-veto "$sg"
expect_status 1 "a veto of clearing"
is "$(cat names)" 'run-start run-end ' "... is told"
check "... and leaves the key" [ "$(state key)" != none ]
run "$XFLATE" key clear -q "$sg"
rm -f names
run "$XFLATE" key clear -q --events "$hook" "$sg"
is "$(cat names)" 'run-start run-end ' "a drive without a key: none is told to be cleared"
run "$XFLATE" key load --key pass --events-veto --events "[ \$XFLATE_EVENT != key-loaded ] || { kill -TERM \"\$(sed 's/.*\"pid\": \([0-9]*\).*/\1/')\"; exit 1; }" "$sg"
expect_status 143 "a signal while a loaded key may be refused"
is "$(state key)" none "... leaves none"
drive hp-lto6 'ignore-set 1'
rm -f names events
run "$XFLATE" key load --key pass --events "$hook" "$sg"
expect_status 6 "a load that fails"
is "$(cat names)" 'run-start run-end ' "... no key is told of"
check "... but the status, and why" grep -q '"exit_status": 6, "error": "the drive took' events
done_testing
