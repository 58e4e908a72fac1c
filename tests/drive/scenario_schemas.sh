#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# JSON is a contract where there is a drive, too: key load, clear, probe, status, alerts, drives and their events, of drives of all kinds,
# with and without a key, a cartridge, a fault, fit docs/schemas (run() of drive_lib.sh judges them), and what the schemas list does come.
#
#   DRIVES_OF=path  tests/drive/drives_of.c, built
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

schemas=$here/../schemas.py
check 'the judge takes no member that no schema has' [ "$(schema_of "$XFLATE" key status --json "$sg")" = key-status ]
echo '{"format": 1, "device": "x", "strange": 1}' >strange
fails '... and finds it' "$PYTHON" "$schemas" check key-clear strange

xz -dc "${here%/*}/volumes/bareos/vol-multi.xz" >vol 2>/dev/null
name=$(xflate list --json vol | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["volumes"][0]["volume"])')
umask 077
"$XFLATE" key generate --kek kek -o wrapped 2>/dev/null
printf '%s\t%s\n' "$name" "$(cat wrapped)" >list
"$XFLATE" cache import cache list 2>/dev/null
umask 022
# shellcheck disable=SC2016 # for the events' shells
hook='cat >>events'

# all_of DEVICE: what talks to it
all_of() {
	run "$XFLATE" key status --json "$1"
	run "$XFLATE" key load --json --key pass --kad '%k' "$1"
	run "$XFLATE" key load --json --key other --dry-run "$1"
	run "$XFLATE" key status --json "$1"
	run "$XFLATE" key probe --json --cache cache --kek kek "$1"
	run "$XFLATE" key clear --json "$1"
	run "$XFLATE" alerts --json "$1"
}
before=$failures
for kind in hp-lto6 quantum-lto4 ibm-lto8 lto3 library appliance no-list short-keys picky; do
	drive $kind
	all_of "$sg"
	is "$failures" "$before" "$kind: all of it fits"
done
for fault in 'medium none' 'medium lto3' 'type 8' 'type 0' 'alert 20' 'no-log 2e' 'fault op=a2 sense=4/44/00 count=99' 'fault op=b5 sense=5/26/00 count=99'; do
	drive hp-lto6 "$fault"
	all_of "$nst"
	is "$failures" "$before" "$fault: so it does"
done

# ---- a tape under the key of its volume ----

drive hp-lto6
label vol
run "$XFLATE" key load --json --volume "$name" --cache cache --kek kek --kad '%v %k' --events "$hook" "$nst"
is "$(json 'd["volume"]')" "$name" 'the key of a volume'
data vol
run "$XFLATE" key clear --json --events "$hook" "$nst"
head -c 65536 /dev/zero >clear
check '... a block in clear behind its data' dd if=clear of="$nst" bs=65536
run "$XFLATE" key status --json "$sg"
is "$(json '"object" in d["cartridge_memory"]["first_clear"]')" True '... whose place the cartridge knows'
rewind
to_data
run "$XFLATE" key status --json "$nst"
run "$XFLATE" key probe --json --cache cache --kek kek "$nst"
is "$(json 'd["found"], d["volume"]')" "(True, '$name')" '... is found again'
run "$XFLATE" key load --events "$hook; false" --events-veto --json --key pass "$nst"
expect_status 1 '... a veto'
check 'events of drives' "$PYTHON" "$schemas" lines event events

run "$XFLATE" alerts --json --explain '2e 00 00 05 00 14 03 01 01'
expect_status 3 'a page that was pasted'

# ---- drives ----

list --json
mkdir -p sys/class
list --json
device 2:0:0:0 1 HP 'Ultrium 6-SCSI' ''
called scsi_generic sg0 2:0:0:0
called scsi_tape nst0 2:0:0:0
device 3:0:0:0 1 IBM ULT3580-HH8 IBM02
called scsi_generic sg8 3:0:0:0
drive hp-lto6
list --json
expect_status 0 'drives are listed'
drive hp-lto6 'fault op=a2 sense=4/44/00 count=99'
list --json
expect_status 6 '... one that fails, too'

check 'each member was seen' "$PYTHON" "$schemas" unseen "$work/seen" "$here/schemas_unseen" key-load key-clear key-probe key-status alerts drives
done_testing
