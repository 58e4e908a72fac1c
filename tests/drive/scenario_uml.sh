#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# In user-mode-linux: true st and sg nodes.  What FUSE cannot show: st's exclusive open and its commands at open, the way
# from nst to sg through sysfs, CAP_SYS_RAWIO, attentions that st eats, EIO of the kernel.
VOLUMES=/nonexistent
export VOLUMES
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

ctl() {
	rm -f "$STATE"
	printf '%s\n' "$1" >"$CTL"
	while ! [ -f "$STATE" ]; do sleep 0.02; done
}
state() {
	ctl state
	sed -n "s/^$1=//p" "$STATE"
}
prints() {
	if grep -Eq -- "$1" "$out"; then ok "$2"; else
		not_ok "$2"
		show "$out"
	fi
}
umask 077
printf 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef\n' >pass
printf '4142434445464748494a4b4c4d4e4f505152535455565758595a616263646500\n' >stenc.key
umask 022
head -c 262144 /dev/urandom >plain

check "there are a tape node and an sg node" test -c "$NST" -a -c "$SG"
run "$XFLATE" drives
expect_status 0 "the machine's drives are listed"
prints "^$NST +$SG +drive +[0-9]+:[0-9]+:[0-9]+:[0-9]+ +HP Ultrium 6-SCSI 35GD +TST0000001 +yes +application +yes\$" \
	"... this one, with its nodes, that it encrypts, who manages its keys, that commands may be sent"
run "$XFLATE" key status "$NST"
expect_status 0 "status through the tape node"
prints 'drive: +HP Ultrium 6-SCSI' "... names the drive"
prints 'encryption method: +application' "... and the method"
run "$XFLATE" key status "$SG"
expect_status 0 "status through the sg node"
run "$XFLATE" key load --key pass /dev/st0
expect_status 2 "the rewinding node is refused"
says 'use /dev/nst0' "... with the name to use"
run "$XFLATE" key load --key pass --kad VOL-0001 "$NST"
expect_status 0 "a key is loaded"
is "$(state encryption) $(state decryption) $(state ukad)" "2 3 VOL-0001" "... with its descriptor"
is "$(stenc -f "$NST" --detail 2>&1 | sed -n 's/^Drive Encryption: *//p')" mixed "stenc sees it"
is "$(stenc -f "$NST" --detail 2>&1 | sed -n 's/^Key Instance Counter: *//p')" "$(state counter)" "... and the counter"
check "dd writes" dd if=plain of="$NST" bs=65536
check "mt rewinds" mt -f "$NST" rewind
run "$XFLATE" key clear "$NST"
expect_status 0 "the key is cleared"
fails "without it the kernel says EIO" dd if="$NST" of=got bs=65536
cp "$work/said" dd.err
check "... indeed" grep -q "Input/output error" dd.err
mt -f "$NST" rewind
check "stenc loads the hex of the same key" stenc -f "$NST" -e mixed -k stenc.key -a 1
check "dd reads under it" dd if="$NST" of=got bs=65536
check "... the same" cmp plain got
mt -f "$NST" rewind
run "$XFLATE" key status "$NST"
prints 'next block: +0: encrypted, and the key in the drive opens it' "xflate sees that, too"

# ---- st is open elsewhere: its open is exclusive, the sg node found through sysfs is not ----
exec 7<"$NST"
fails "st's open is exclusive" dd if="$NST" of=/dev/null bs=65536 count=1
run "$XFLATE" key status "$NST"
expect_status 0 "... the status comes through the sg node"
exec 7<&-

# ---- attentions: through sg they are ours to see ----
ctl reset
run "$XFLATE" key status "$SG"
expect_status 0 "after a reset"
says '6/29/00 UNIT ATTENTION' "... the attention is passed over, and told"
prints 'key: +none' "... the key is gone"
run "$XFLATE" key load -q --key pass "$SG"
expect_status 0 "... and loaded again"
ctl 'fault op=b5 sense=6/2a/11'
run "$XFLATE" key load -q --key pass "$SG"
expect_status 0 "an attention at the command that loads"

# ---- no capability ----
# shellcheck disable=SC2086 # options
{
without="setpriv --bounding-set=-sys_rawio --inh-caps=-sys_rawio"
if $without true 2>/dev/null; then
	run $without "$XFLATE" key status "$SG"
	expect_status 0 "without CAP_SYS_RAWIO: an sg node that may be written to tells the status"
	run $without "$XFLATE" key load -q --key pass "$SG"
	expect_status 0 "... and takes a key"
	run $without "$XFLATE" key load -q --key pass "$NST"
	expect_status 0 "... a tape node does, too, through its sg node"
	# As somebody who may only read the node: dac_override would see past its mode.
	chmod 0444 "$SG"
	only_reading="setpriv --bounding-set=-sys_rawio,-dac_override --inh-caps=-sys_rawio,-dac_override --reuid=65534 --clear-groups"
	chmod 0644 pass
	chmod 0755 . ..
	run $only_reading "$XFLATE" alerts "$SG"
	check "... an sg node that may only be read tells alerts" [ "$status" = 0 ]
	run $only_reading "$XFLATE" drives
	expect_status 0 "... drives lists it"
	prints " \? +\? +some\$" "... as one that takes some commands"
	run $only_reading "$XFLATE" key load --key pass "$SG"
	expect_status 7 "... but takes no key"
	says 'an sg node that may not be written to takes the capability CAP_SYS_RAWIO' "... and says what is missing"
	chmod 0660 "$SG"
else
	skip "without CAP_SYS_RAWIO" "setpriv cannot drop it here"
fi
}

# ---- no tape ----
check "mt ejects" mt -f "$NST" offline
run "$XFLATE" key status "$NST"
expect_status 0 "status without a cartridge, at once"
prints 'cartridge: +none' "... says so"
run "$XFLATE" key load --key pass "$NST"
expect_status 0 "a key is loaded without a cartridge"
run "$XFLATE" key load --auto --cache /dev/null "$NST"
check "... but no label read" [ "$status" -ne 0 ]

# ---- the label through st ----
ctl 'medium blank'
mt -f "$NST" status >/dev/null 2>&1
run "$XFLATE" key clear -q "$NST"
xz -dc "${here%/*}/volumes/bareos/vol-multi.xz" >vol 2>/dev/null || xz -dc "$here/../volumes/bareos/vol-multi.xz" >vol
name=$("$XFLATE" list --json vol | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["volumes"][0]["volume"])')
umask 077
"$XFLATE" key generate --base64 -o k >/dev/null 2>&1
printf '%s\t%s\n' "$name" "$(cat k)" >list
umask 022
check "a cache is made" "$XFLATE" cache import cache list
check "a label is written in clear" "$PYTHON" "$here/tapewrite.py" vol "$NST" label
run "$XFLATE" key load -q --volume "$name" --cache cache "$NST"
check "data under the key" "$PYTHON" "$here/tapewrite.py" vol "$NST" data
mt -f "$NST" rewind
run "$XFLATE" key load --auto --cache cache "$NST"
expect_status 0 "the label is read through st, the key loaded"
is "$(state position)" 0 "... the tape stands at its beginning"
run "$XFLATE" verify "$NST"
expect_status 0 "verify proves the volume on the encrypted tape"
run "$XFLATE" key clear -q "$NST"
mt -f "$NST" rewind
run "$XFLATE" key load --auto --cache cache "$SG"
expect_status 0 "the label by commands of sg alone"
ctl 'alert 20'
run "$XFLATE" alerts "$SG"
expect_status 3 "alerts through sg"
prints '^20 ACTIVE' "... the flag that is active"
run "$XFLATE" alerts "$NST"
expect_status 0 "... reading has cleared it"

# ---- the changer: what is in the drive, what does the next write do ----
cat >mtx <<'SH'
#!/bin/sh
ctl() {
	rm -f "$STATE"
	printf '%s\n' "$1" >"$CTL"
	while ! [ -f "$STATE" ]; do sleep 0.02; done
}
. ./does
SH
chmod +x mtx
export CTL STATE
changer() { # OPERATION WHAT-THE-COMMAND-DOES OPTIONS...
	operation=$1
	printf '%s\n' "$2" >does
	shift 2
	run "$XFLATE" changer --cache cache "$@" -- ./mtx /dev/sg9 "$operation" 1 "$NST" 0
}
chmod 600 pass
old_key() { "$XFLATE" key load -q --key pass --kad OLDKAD "$SG"; }
next_write() { dd if=plain of="$NST" bs=65536 count=1 >/dev/null 2>&1 || echo fails; }
"$XFLATE" key clear -q "$SG"
mt -f "$NST" rewind
ctl 'medium none'
old_key
changer load "ctl 'medium same'"
expect_status 0 "changer load into a drive with the key of another tape"
ours=$(state key)
check "... the tape has its own" [ "$ours" != none ]
is "$(state ukad)" "" "... not the other one's"
mt -f "$NST" eod
changer unload 'exit 1'
expect_status 1 "an unload that fails"
says 'so it keeps its key' "... says what is there"
position=$(state position)
next_write
is "$(state last_write) $(state position)" "$ours $((position + 2))" "... the next write is encrypted, and goes on where it was"
changer unload "ctl 'medium none'"
expect_status 0 "an unload"
is "$(state key)" none "... takes the key out"
changer load "ctl 'medium same'"
changer unload 'ctl reset; exit 1'
expect_status 1 "an unload that fails and resets the drive"
is "$(state key)" "$ours" "... its key is loaded again: the tape stood at its beginning"
changer unload 'ctl reset; exit 1' --cache nothere
expect_status 1 "... without a cache it is not"
says 'THE DRIVE IS CLEAR' "... and it is said"
mt -f "$NST" eod
next_write
is "$(state last_write)" clear "... the next write is in clear"
for why in 'loading 1' 'not-ready 3a/4 for 0 doing 0'; do
	ctl 'loading 0'
	old_key
	changer load "ctl '$why'" --wait 1
	expect_status 5 "a load that does not get ready: $why"
	is "$(state key)" none "... the key of another tape is cleared"
done
ctl 'loading 0'
old_key
changer load true --cache nothere
expect_status 1 "a load without a cache"
is "$(state key)" none "... the key of another tape is cleared"
old_key
changer load 'exit 4'
expect_status 4 "a load that fails, the tape of the key in the drive"
says 'STILL IN THE DRIVE: a key, .*"OLDKAD"' "... it is named"
ctl 'not-ready 4/1 for 30 doing b'
run "$XFLATE" key load --wait ready --key pass "$SG"
expect_status 0 "a new LTO-9 medium"
says 'waiting, [0-9]+ s so far: 2/04/01.*optimized' "... is waited for"
ctl 'allocation-max 512'
run "$XFLATE" key load -q --key pass "$NST"
expect_status 0 "allocation lengths up to 512"
ctl 'allocation-max 0'
old_key
rm -f started
printf '%s\n' 'echo $$ >started; sleep 30 & wait' >does
"$XFLATE" changer --cache cache -- ./mtx /dev/sg9 load 1 "$NST" 0 2>killed &
while ! [ -s started ]; do sleep 0.05; done
kill -TERM $!
wait $!
is $? 143 "SIGTERM to a load"
fails "... its command ends with it" kill -0 "$(cat started)"
check "... the key is named" grep -q 'STILL IN THE DRIVE' killed
done_testing
