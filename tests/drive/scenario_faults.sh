#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each command of load, clear, status and alerts fails with each class of status; unplugging, resets, rights.
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

drive hp-lto6
"$PYTHON" "$here/faults.py" "$XFLATE" "$mnt" "$work/log" pass >faults
grep -v '^1\.\.' faults
tests=$((tests + $(grep -cE '^(not )?ok ' faults)))
failures=$((failures + $(grep -c '^not ok ' faults)))
grep -q '^1\.\.' faults || not_ok "the faults came to their end"

# ---- the drive goes away, comes back, loses its key ----
drive hp-lto6 'unplug 1'
run "$XFLATE" key status "$sg"
expect_status 6 "an unplugged drive: sg"
says 'has gone' "... says so"
run "$XFLATE" key status "$nst"
expect_status 6 "an unplugged drive: st"
ctl 'unplug 0'
run "$XFLATE" key load --key pass "$sg"
expect_status 0 "plugged in again"
ctl reset
is "$(state key)" none "a reset loses the key"
run "$XFLATE" key status "$sg"
expect_status 0 "the status after a reset"
says '6/29/00 UNIT ATTENTION: power on or reset: the drive has lost its key' "... tells of it"
prints 'key: +none' "... and that there is none"
run "$XFLATE" key load --key pass -q "$sg"
ctl 'attention 2a/11'
ctl 'attention 29/0'
ctl 'attention 28/0'
run "$XFLATE" key load --key pass -q "$sg"
expect_status 0 "three attentions in a row"
ctl 'attention 2a/11'
ctl 'fault op=b5 sense=6/2a/11'
run "$XFLATE" key load --key pass -q "$sg"
expect_status 0 "another host changes the parameters between status and load"
ctl 'loading 1'
run "$XFLATE" key status "$sg"
expect_status 0 "a drive that is loading: its status"
prints 'cartridge: +not ready yet' "... says so"
run "$XFLATE" key load --auto --cache /dev/null "$sg"
expect_status 1 "... an empty cache"
(sleep 1; ctl 'loading 0') &
run "$XFLATE" key status --wait 20 "$sg"
wait_done=$status
wait $!
is "$wait_done" 0 "waiting for it"
prints 'cartridge: +LTO-6' "... until it has loaded"

# ---- sense with a field, in words ----
run "$XFLATE" key clear -q "$sg"
ctl 'fault op=b5 sense=7/26/10'
run "$XFLATE" key load --key pass "$sg"
expect_status 6 "a drive that has locked itself"
says 'too many wrong keys.*unload and load the cartridge' "... what it means, and what to do"
ctl 'fault op=b5 sense=5/26/0'
run "$XFLATE" key load --key pass "$sg"
says '5/26/00 ILLEGAL REQUEST: invalid field in the parameter list; algorithm index' "a refusal has its code, its words, its advice"
ctl 'fault op=a2 sense=5/ee/1'
run "$XFLATE" key status "$sg"
expect_status 6 "IBM's own code"
says '5/ee/01 ILLEGAL REQUEST: IBM: the key service is not configured; .*application managed' "... in words"

# ---- rights ----
ctl 'rawio 0'
run "$XFLATE" key status "$sg"
expect_status 0 "without CAP_SYS_RAWIO an sg node that may be written to tells the status"
run "$XFLATE" key load -q --key pass "$sg"
expect_status 0 "... and takes a key"
run "$XFLATE" key status "$nst"
expect_status 7 "... a node of st does nothing without it"
says 'a node of st takes the capability CAP_SYS_RAWIO .*AmbientCapabilities=CAP_SYS_RAWIO.*setcap' "... says so, and how to give it"
ctl 'read-only 1'
run "$XFLATE" alerts "$sg"
expect_status 0 "... an sg node that may only be read tells alerts"
run "$XFLATE" key load --key pass "$sg"
expect_status 7 "... but takes no key"
says 'an sg node that may not be written to takes the capability CAP_SYS_RAWIO.*write permission' "... and says what is missing"
run "$XFLATE" key status "$sg"
expect_status 7 "... nor tells its status"
ctl 'read-only 0'
ctl 'fault op=b5 error=1'
run "$XFLATE" key load --key pass "$sg"
expect_status 7 "a kernel that filters this command all the same"
says 'it takes the capability CAP_SYS_RAWIO' "... the message names the capability"
ctl 'rawio 1'
ctl 'exclusive 1'
"$PYTHON" -c 'import os, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
open("opened", "w").close()
time.sleep(3)' "$nst" &
while ! [ -e opened ]; do sleep 0.05; done
run "$XFLATE" key status "$nst"
expect_status 5 "a tape node that another program has open"
says 'another program' "... says so"
run "$XFLATE" key status "$sg"
expect_status 0 "... its sg node does not mind"
wait $!
done_testing
