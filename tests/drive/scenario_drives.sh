#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# xflate drives: the list of a machine whose sysfs is made here and whose first drive is the test drive.
#
#   DRIVES_OF=path  tests/drive/drives_of.c, built
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

run "$XFLATE" drives --json extra
expect_status 2 "it takes no device"
says 'takes no DEVICE' "... and says so"
drive hp-lto6
list
expect_status 1 "without a sysfs it fails"
says 'sys/class: cannot be read' "... and names the place"
mkdir -p sys/class
list
expect_status 0 "no drive is no error"
is "$(cat "$out")" "This machine has no tape drive and no changer that its kernel knows of." "... but a sentence"
list --json
is "$(json 'd["devices"]')" "[]" "... and an empty list"

device 2:0:0:0 1 HP 'Ultrium 6-SCSI' ''
called scsi_generic sg0 2:0:0:0
called scsi_tape nst0 2:0:0:0
list
expect_status 0 "a drive is listed"
prints "^$mnt/nst0 +$mnt/sg0 +drive +2:0:0:0 +HP Ultrium 6-SCSI R100 +TST0000001 +yes +application +yes\$" \
	"... with its nodes, its own serial number, that it encrypts, who manages its keys, that commands may be sent"
says '6/29/00 UNIT ATTENTION' "the attention that was waiting is told"
is "$(count_commands 00)" 0 "nothing but questions: no TEST UNIT READY"
is "$(awk '{ print substr($1, 1, 2) }' "$work/log" | sort -u | tr '\n' ' ')" "12 a2 a3 " "... INQUIRY, SECURITY PROTOCOL IN, and how long commands take"
list --json
is "$(json '[d["devices"][0][k] for k in ("kind", "address", "vendor", "product", "revision", "serial", "commands", "encrypts", "method")]')" \
	"['drive', '2:0:0:0', 'HP', 'Ultrium 6-SCSI', 'R100', 'TST0000001', 'all', True, 'application']" "the same as JSON"
is "$(json 'd["devices"][0]["node"], d["devices"][0]["sg"]')" "('$mnt/nst0', '$mnt/sg0')" "... nodes, too"
for kind in library appliance; do
	drive $kind
	list
	prints " yes +$kind +yes\$" "keys by the $kind"
done
drive lto3 'medium lto3'
list
prints ' no +- +yes$' "a drive that does not encrypt"
drive hp-lto6 'medium none'
list
expect_status 0 "without a cartridge"
prints ' yes +application +yes$' "... it is the same"
drive hp-lto6 'fault op=a2 error=1 count=99'
list
expect_status 0 "the kernel does not let a command pass: that is an answer"
prints ' \? +\? +some$' "... some commands may be sent"
says 'sg0: the kernel does not let this process send this command' "... and why not others"
list --json
is "$(json 'd["devices"][0]["commands"], "encrypts" in d["devices"][0], "kernel" in d["devices"][0]["error"]')" "('some', False, True)" "... as JSON"
drive hp-lto6 'fault op=a2 sense=4/44/00 count=99'
list
expect_status 6 "a drive that fails is an error"
prints ' \? +\? +yes$' "... and listed"
says 'sg0: .*4/44/00' "... with its sense"

# ---- others beside it ----
drive hp-lto6
device 2:0:0:1 8 HP 'MSL G3 Series' MSL01
called scsi_generic sg7 2:0:0:1
called scsi_changer sch0 2:0:0:1
device 3:0:0:0 1 IBM ULT3580-HH8 IBM02
called scsi_generic sg8 3:0:0:0
list
expect_status 0 "a changer, and a drive without nodes"
prints "^$mnt/sch0 +$mnt/sg7 +changer +2:0:0:1 +HP MSL G3 Series R100 +MSL01 +- +- +no\$" "... the changer"
prints "^- +$mnt/sg8 +drive +3:0:0:0 +IBM ULT3580-HH8 R100 +IBM02 +\\? +\\? +no\$" "... the drive"
says '3:0:0:0: it has no node here' "... and why it was not asked"
is "$(sed -n '2,$p' "$out" | awk '{ print $4 }' | tr '\n' ' ')" "2:0:0:0 2:0:0:1 3:0:0:0 " "... in the order of addresses"
done_testing
