#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Volumes on an encrypted tape: a lost host, probing, the changer, reading and writing with the key in the drive.
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"
volumes=${here%/*}/volumes
xz -dc "$volumes/bareos/vol-multi.xz" >vol 2>/dev/null
name=$(xflate list --json vol | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["volumes"][0]["volume"])')

# ---- the keys: one cache with the volume's and others ----
umask 077
for i in 1 2 3 4 5; do
	"$XFLATE" key generate --kek kek -o "k$i" 2>/dev/null
done
{
	printf 'OTHER-1\t%s\n' "$(cat k1)"
	printf 'OTHER-2\t%s\n' "$(cat k2)"
	printf 'OTHER-3\t%s\n' "$(cat k3)"
	printf '%s\t%s\n' "$name" "$(cat k4)"
	printf 'OTHER-5\t%s\n' "$(cat k5)"
} >list
check "a cache is made" "$XFLATE" cache import cache list
umask 022

# ---- a backup: label in clear, data under the key ----
drive hp-lto6
check "the label is written in clear" label vol
run "$XFLATE" key load --volume "$name" --cache cache --kek kek --kad '%v %k' "$nst"
expect_status 0 "the key of the volume is loaded by its name"
says "key [0-9a-f]{8} of volume $name is in the drive" "... it says so"
key_id=$(sed -n 's/.*: key \([0-9a-f]*\) of volume.*/\1/p' "$err")
check "the data is written" data vol
run "$XFLATE" key clear "$nst"
check "the data is encrypted on the tape" [ "$(state encrypted)" -gt 10 ]
rewind
run "$XFLATE" verify "$nst"
check "without the key the tape cannot be read" [ "$status" -ne 0 ]
to_data
run "$XFLATE" key status "$nst"
prints 'next block: +2: encrypted, and its key is missing' "the status knows that the next block is locked"
prints "its descriptor: +U-KAD \"$name $key_id\"" "... and shows whose key it wants"
prints 'encrypted blocks: +the volume has some' "... and that there are such blocks"

# ---- probing ----
run "$XFLATE" key probe --cache cache --kek kek "$nst"
expect_status 0 "probe finds the key"
is "$(cat "$out")" "volume $name, key $key_id" "... by name and id"
is "$(grep -c '^b5200010000000000034' "$work/log")" 1 "... at once, by the block's descriptor"
is "$(state key) $(state position)" "none 2" "... no key stays, the tape has not moved"
run "$XFLATE" key probe --json --cache cache --kek kek "$nst"
is "$(json 'd["found"], d["volume"], d["wrong"]')" "(True, '$name', 0)" "... as JSON"
grep -v "^$name	" list >others
"$XFLATE" cache import cache2 others 2>/dev/null
run "$XFLATE" key probe --cache cache2 --kek kek "$nst"
expect_status 4 "probing keys that do not fit"
says 'none of 3 keys opens the block; the rest was not tried' "... stops after three"
is "$(state wrong) $(state key)" "0 none" "... without a wrong read"
run "$XFLATE" key probe --cache cache2 --kek kek --tries 9 "$nst"
says 'none of 4 keys opens the block$' "... or goes on if told to"
run "$XFLATE" key load -q --key pass "$nst"
run "$XFLATE" key probe --cache cache --kek kek "$nst"
expect_status 1 "probing while a key is in the drive is refused"
run "$XFLATE" key probe --lose-key --cache cache --kek kek "$nst"
expect_status 0 "... unless forced"
rewind
run "$XFLATE" key probe --cache cache --kek kek "$nst"
expect_status 1 "probing at the label"
says 'is not encrypted' "... says that it is clear"
run "$XFLATE" key probe --cache cache "$nst" </dev/null
expect_status 1 "... without a KEK, too"

# ---- the host is lost ----
check "the keys are exported as a bundle" "$XFLATE" cache export cache --bundle bundle --kek kek
rm -f cache cache2 k1 k2 k3 k4 k5 list others
# Typed in again: as the eye reads it, without blanks at the ends of lines.
sed 's/[[:space:]]*$//' bundle >typed
chmod 600 typed
check "... and typed in again on another" "$XFLATE" cache import cache typed
rewind
run "$XFLATE" key load --auto --cache cache --kek kek "$nst"
expect_status 0 "the tape's label tells whose key to load"
says "of volume $name is in the drive" "... it is the volume's"
is "$(state position)" 0 "... the tape stands at its beginning"
run "$XFLATE" verify "$nst"
expect_status 0 "verify proves the whole volume"
rewind
run "$XFLATE" list "$nst"
expect_status 0 "list reads it"
rewind
run "$XFLATE" -i -d lz4 -o recompressed "$nst"
expect_status 0 "filter reads it"
rewind
check "... into a volume of the same content" "$XFLATE" compare vol --vs recompressed
run "$XFLATE" key clear "$nst"
expect_status 0 "the key is cleared"
is "$(state key)" none "... and gone"

# ---- filter writes to the encrypted tape ----
ctl 'medium blank'
run "$XFLATE" key load -q --key pass "$nst"
run "$XFLATE" -q -r lzo -o "$nst" vol
expect_status 0 "filter writes to a drive with a key"
check "... every block is encrypted" [ "$(state encrypted)" = "$(($(state blocks) - 1))" ]
rewind
check "... and reads back the same" "$XFLATE" compare vol --vs "$nst"

# ---- labels that tell nothing ----
rewind
run "$XFLATE" key load --auto --cache cache --kek kek "$nst"
expect_status 4 "a label that was written with a key that is not in the cache"
says 'label of the tape is encrypted, and none of 3 keys of cache opens it; the rest was not tried' "... says so"
is "$(state key)" none "... and the key is cleared"
ctl 'medium blank'
run "$XFLATE" key load --auto --cache cache --kek kek "$nst"
expect_status 1 "a blank tape"
says 'no label' "... has none"
printf '%080d' 7 | "$PYTHON" -c 'import os, sys; fd = os.open(sys.argv[1], os.O_WRONLY); os.write(fd, sys.stdin.buffer.read())' "$nst"
rewind
run "$XFLATE" key load --auto --cache cache --kek kek "$nst"
expect_status 1 "something that is no label"
rewind
printf 'VOL1ANSI01%070d' 3 | "$PYTHON" -c 'import os, sys; fd = os.open(sys.argv[1], os.O_WRONLY); os.write(fd, sys.stdin.buffer.read())' "$nst"
rewind
run "$XFLATE" key load --auto --cache cache --kek kek "$nst"
says 'volume ANSI01 has no key in cache; no key is in the drive now' "an ANSI label"
ctl 'medium blank'
label vol
run "$XFLATE" key load --auto --cache cache --kek kek "$sg"
expect_status 1 "a tape that is not at its beginning"
says 'stands at block 2' "... says where it is"
run "$XFLATE" key load --auto --rewind --cache cache --kek kek "$sg"
expect_status 0 "... is rewound if allowed, by commands of sg alone"
is "$(state position)" 0 "... and stands at its beginning"
run "$XFLATE" key load --auto --cache cache --kek other "$sg"
expect_status 4 "the wrong KEK"
ctl 'medium none'
run "$XFLATE" key load --auto --cache cache --kek kek "$sg"
expect_status 5 "no tape"

# ---- the changer ----
cat >mtx-changer <<'SH'
#!/bin/sh
# CHANGER OPERATION SLOT DEVICE INDEX
echo "$*" >>calls
grep '^key=' MNT/state >>calls
case $2 in
load) [ "$3" = 9 ] && exit 5; echo 'medium protected' >MNT/ctl ;;
unload) echo 'medium none' >MNT/ctl ;;
list) printf '1:VOL1\n2:VOL2\n' ;;
fail) exit 3 ;;
esac
SH
sed -i "s|MNT|$mnt|" mtx-changer
chmod +x mtx-changer
changer() { run "$XFLATE" changer --cache cache --kek kek "$@"; }
drive hp-lto6
label vol
rewind
ctl 'medium none'
changer -- ./mtx-changer /dev/sg9 load 1 "$nst" 0
expect_status 0 "changer: load"
is "$(head -n 1 calls)" "/dev/sg9 load 1 $nst 0" "... the command got its arguments"
check "... the volume's key is in the drive" [ "$(state key)" != none ]
rm -f calls
changer -- ./mtx-changer /dev/sg9 unload 1 "$nst" 0
expect_status 0 "changer: unload"
check "... the key stays as long as the tape" [ "$(tail -n 1 calls)" != key=none ]
is "$(state key)" none "... and has gone with it"
changer -- ./mtx-changer /dev/sg9 list
expect_status 0 "changer: list"
is "$(cat "$out")" "1:VOL1
2:VOL2" "... its output passes through"
is "$(cat "$err")" "" "... and nothing else is said"
changer -- ./mtx-changer /dev/sg9 fail
expect_status 3 "changer: the command's status passes through"
changer -- ./mtx-changer /dev/sg9 load 9 "$nst" 0
expect_status 5 "... and of a load that fails"
is "$(state key)" none "... no key then"
# shellcheck disable=SC2016 # for the events' shells
hook='cat >>events; printf "%s " "$XFLATE_EVENT" >>names'
changer --events "$hook" -- ./mtx-changer /dev/sg9 load 1 "$nst" 0
expect_status 0 "changer: a load with events"
is "$(cat names)" 'label-read key-loaded ' "... they are told"
check "... of the volume" grep -q "\"event\": \"label-read\".*\"volume\": \"$name\"" events
rm -f names
changer --events "$hook" -- ./mtx-changer /dev/sg9 unload 1 "$nst" 0
expect_status 0 "changer: an unload with events"
is "$(cat names)" 'key-cleared ' "... the key is cleared"
rm -f names
changer --events "$hook; [ \$XFLATE_EVENT != label-read ]" --events-veto -- ./mtx-changer /dev/sg9 load 1 "$nst" 0
expect_status 1 "changer: a veto at the label"
is "$(state key) $(cat names)" 'none label-read ' "... no key is loaded"
ctl 'medium none'
changer -- ./nothere x list
expect_status 127 "changer: no such command"
changer
expect_status 2 "changer: no command"
run "$XFLATE" changer -- ./mtx-changer x load 1 "$nst" 0
expect_status 2 "changer: no cache"
"$XFLATE" cache remove cache "$name" 2>/dev/null
changer -- ./mtx-changer /dev/sg9 load 1 "$nst" 0
expect_status 0 "changer: a volume without a key"
says 'will not be encrypted' "... is used in clear, and it is said"
is "$(state key)" none "... without a key"
ctl 'medium none'
changer --require-key -- ./mtx-changer /dev/sg9 load 1 "$nst" 0
expect_status 4 "... unless keys are required"
run "$XFLATE" key load -q --key pass --kad 'OLD ONE' "$sg"
ctl 'fault op=b5 count=9 sense=5/26/0'
changer -- ./mtx-changer /dev/sg9 unload 1 "$nst" 0
expect_status 0 "changer: a key that cannot be cleared does not keep the tape in the drive"
says 'could not be cleared; STILL IN THE DRIVE: a key, .*"OLD ONE"' "... but it is said, and which"
ctl 'fault count=0'

# ---- docs/tapes.md: its scripts, and a label that a daemon has written again under the key ----
# script LINE-IN-IT: the script of the page that has it, with the paths of this place
page=${here%/*/*}/docs/tapes.md
script() {
	awk -v line="$1" '/^ *```/ { if (has) { printf "%s", text; exit } text = ""; next } { sub(/^   /, ""); text = text $0 "\n" }
		index($0, line) { has = 1 }' "$page" |
		sed "s|/usr/bin/xflate|$XFLATE|; s|/etc/bacula/scripts/|$PWD/|; s|/etc/bacula/keys.cryptoc|page.cryptoc|; s|/etc/bacula/|$PWD/|"
}
script 'xflate changer' >page-changer
script '^  writes:' >has-key
chmod +x page-changer has-key
is "$(head -n 1 page-changer) $(head -n 1 has-key)" '#!/bin/sh #!/bin/sh' "the page has both scripts"
is "$(sed -n 's/.*Changer Command = "\(.*\)"/\1/p' "$page" "${page%/*}/drives.md" | awk 'length > 127')" '' "... no Changer Command is too long for Bacula"
umask 077
echo "$name" >names
check "... keys are made as it says" "$XFLATE" key generate --volumes=names --kek kek --cache page.cryptoc -o /dev/null
umask 022
drive hp-lto6
label vol
rewind
ctl 'medium none'
run ./has-key "$sg"
expect_status 1 "has-key: there is none"
run ./page-changer /dev/sg9 load 1 "$nst" 0
expect_status 0 "the first load, with a clear label"
run ./has-key "$sg"
expect_status 0 "has-key: now there is"
ctl 'medium same'
rewind
label vol
data vol
is "$(state encrypted)" "$(($(state blocks) - 2))" "the first job encrypts the label, too: all but the file marks"
run ./page-changer /dev/sg9 unload 1 "$nst" 0
run ./page-changer /dev/sg9 load 1 "$nst" 0
expect_status 0 "... the tape can be loaded again"
says "of volume $name is in the drive" "... with its key"
is "$(state position) $(state wrong)" '0 0' "... it stands at its beginning"
run "$XFLATE" verify "$nst"
expect_status 0 "... and is read"
run "$XFLATE" key clear "$nst"
rewind
run sh -c "'$XFLATE' key status '$nst' | grep -E '  (writes|encrypted blocks|next block|its descriptor):'"
is "$(grep -c . "$out")" 4 "the page's lines of the status"
prints 'next block: +0: encrypted, and its key is missing' "... the label is encrypted"
run "$XFLATE" key probe --cache page.cryptoc --kek kek "$nst"
prints "^volume $name, key " "... probe says whose key it is"

# Its key is the last of six in the cache: the descriptor finds it at once.
umask 077
"$XFLATE" key generate --volumes A B C D E --kek kek --cache six -o /dev/null 2>/dev/null
"$XFLATE" cache export page.cryptoc 2>/dev/null | "$XFLATE" cache import six 2>/dev/null
umask 022
is "$("$XFLATE" cache list six | tail -n 1 | cut -d ' ' -f 1)" "$name" "the last of six keys"
run "$XFLATE" key load --auto --cache six --kek kek "$nst"
expect_status 0 "... is found by the label's descriptor"
# Without one it is not tried; with the cartridge's barcode as the volume's name it is.
rewind
ctl 'medium same'
run "$XFLATE" key load -q --volume "$name" --cache six --kek kek "$nst"
label vol
run "$XFLATE" key load --auto --rewind --cache six --kek kek "$nst"
expect_status 4 "an encrypted label without a descriptor, and six keys"
is "$(state key)" none "... no key is in the drive"
"$XFLATE" cache export six 2>/dev/null | sed "s/^$name	/A00001L6	/" >renamed
chmod 600 renamed
"$XFLATE" cache import seven renamed 2>/dev/null
run "$XFLATE" key load --auto --rewind --cache seven --kek kek "$nst"
expect_status 0 "... the cartridge's barcode names the volume"
says 'of volume A00001L6 is in the drive' "... and so its key"

# ---- ten wrong keys and reads ----
drive hp-lto4 'medium lto4'
run "$XFLATE" key load -q --key pass "$nst"
"$PYTHON" -c 'import os, sys; os.write(os.open(sys.argv[1], os.O_WRONLY), b"x" * 1024)' "$nst"
for i in 1 2 3 4 5 6 7 8 9 10; do
	rewind
	run "$XFLATE" key load -q --raw-key --key /dev/fd/8 "$nst" 8<<KEY
$(printf '%064d' "$i")
KEY
	"$PYTHON" -c 'import os, sys; os.read(os.open(sys.argv[1], os.O_RDONLY), 1024)' "$nst" 2>/dev/null
done
is "$(state locked)" 1 "HP LTO-4 locks itself after ten wrong keys and reads"
run "$XFLATE" key load --key pass "$nst"
expect_status 6 "... then it takes no key"
says 'too many wrong keys: .*unload and load' "... and what to do"
run "$XFLATE" key clear "$nst"
expect_status 0 "... clearing works"
run sg_raw "$sg" 1b 00 00 00 00 00
run sg_raw "$sg" 1b 00 00 00 01 00
run "$XFLATE" key load --key pass "$nst"
expect_status 0 "after unloading the right key is taken"

# ---- alerts ----
ctl 'alert 3'
ctl 'alert 20'
ctl 'alert 64'
run "$XFLATE" alerts --keep "$sg"
expect_status 3 "alerts: a critical flag is exit status 3"
prints '^20 ACTIVE +critical:' "... with severity"
prints 'what to do: clean the drive' "... and advice"
prints '^64 ACTIVE' "... the 64th, too"
prints 'does not clear' "... --keep leaves them"
run "$XFLATE" alerts --json "$sg"
is "$(json '[f["flag"] for f in d["flags"]], d["bareos_flags"], d["cleared_by_reading"]')" "([3, 20, 64], '0x0000000000100008', True)" "... as JSON"
run "$XFLATE" alerts "$sg"
expect_status 0 "... reading has cleared them"
prints 'no TapeAlert flag is active' "... there is none now"
prints 'Reading has cleared the flags' "... and it says what reading does"
run "$XFLATE" alerts --all "$sg"
is "$(grep -cE '^ ?[0-9]+ -' "$out")" 64 "... all 64 on demand"

# ---- what has no page 2Eh, or no 12h ----
drive hp-lto6 'alert 20' 'no-log 2e'
run "$XFLATE" alerts "$sg"
expect_status 3 "alerts: without page 2Eh page 12h is asked"
prints '^20 ACTIVE' "... it has the flag"
prints 'does not clear' "... and says that it stays"
run "$XFLATE" alerts --json "$sg"
is "$(json 'd["page"], d["cleared_by_reading"], d["critical"], d["type"]')" "('12', False, True, 'drive')" "... as JSON"
drive hp-lto6 'alert 20' 'no-log 12'
run "$XFLATE" alerts --keep "$sg"
expect_status 6 "alerts --keep without page 12h is refused"
says 'without --keep page 2Eh is read, which clears' "... and says what would be"
is "$(count_commands 4d006e)" 0 "... page 2Eh is not read"
drive hp-lto6 'no-log 12' 'no-log 2e'
run "$XFLATE" alerts "$sg"
expect_status 6 "alerts of a drive that has neither"

# ---- a library has other flags, other devices have none ----
drive hp-lto6 'type 8' 'alert 1' 'alert 16' 'alert 23'
run "$XFLATE" alerts --keep "$sg"
expect_status 3 "alerts of a library: flag 1 is critical there"
prints '^ 1 ACTIVE +critical: Library hardware A' "... by its name"
prints '^16 ACTIVE +critical: Library door' "... the door"
prints '^23 ACTIVE +warning: Library scan retry' "... a warning"
fails "... none of a drive" grep -q 'Read warning\|Forced eject\|cleaning' "$out"
run "$XFLATE" alerts --json "$sg"
is "$(json 'd["type"], [(f["flag"], f["severity"]) for f in d["flags"]]')" "('library', [(1, 'critical'), (16, 'critical'), (23, 'warning')])" "... as JSON"
drive hp-lto6 'type 8' 'alert 20' 'no-log 12'
run "$XFLATE" alerts "$sg"
expect_status 0 "flag 20 of a library is no matter of cleaning"
prints '^20 ACTIVE +information: Library security mode' "... but of its security"
for type in 0 3 5 6 13 31; do
	drive hp-lto6 "type $type" 'alert 20'
	run "$XFLATE" alerts "$sg"
	expect_status 6 "alerts of a device of type $type are refused"
	says 'neither a tape drive nor a library' "... with the reason"
	is "$(count_commands 4d)" 0 "... before a log page is read"
	ctl 'type 1'
	run "$XFLATE" alerts --keep "$sg"
	expect_status 3 "... so its flags are still there"
done
drive hp-lto6 'type 8'
run "$XFLATE" key status "$sg"
expect_status 6 "a library has no key status"

# ---- pages that were pasted ----
drive hp-lto6 'alert 1' 'alert 20' 'alert 64'
sg_turs "$sg" >/dev/null 2>&1 # takes the UNIT ATTENTION
sg_logs --page=0x2e --hex "$sg" >page.hex 2>/dev/null
run sh -c "'$XFLATE' alerts --explain - <page.hex"
expect_status 3 "alerts --explain: what sg_logs -H has printed"
prints '^20 ACTIVE +drive: critical: Clean now' "... as of a drive"
prints '^20 ACTIVE +library: information: Library security mode' "... and as of a library"
prints 'does not tell whether a drive or a library' "... since it does not tell"
run sh -c "'$XFLATE' alerts --type library --explain - <page.hex"
expect_status 3 "... of a library flag 1 is critical"
prints '^ 1 ACTIVE +critical: Library hardware A' "... by its name"
run sh -c "'$XFLATE' alerts --type drive --json --explain - <page.hex"
is "$(json 'd["type"], [f["flag"] for f in d["flags"]]')" "('drive', [1, 20, 64])" "... as JSON"
run sh -c "head -n 8 page.hex | '$XFLATE' alerts --explain -"
expect_status 1 "half a page is refused"
says 'only a part' "... not read as having no flags"
run "$XFLATE" alerts --type drive --explain '12 00 00 0c 00 00 00 08 00 00 10 00 00 00 00 00'
expect_status 3 "page 12h"
prints '^20 ACTIVE' "... has its bits the other way round"
run "$XFLATE" alerts --explain "00 10 00 30 40 00 02 03 01 00 00 00 00 00 00 00 00 00 00 20 $drive_key"
expect_status 1 "a page with a key is refused"
fails "... and not shown" grep -q 41424344 "$out" "$err"
run "$XFLATE" alerts --type drive "$sg"
expect_status 2 "--type is for pages"
done_testing
