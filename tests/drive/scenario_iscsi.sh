#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# iscsi:// against Debian's tgt, an independent target whose tape knows no encryption.
VOLUMES=/nonexistent
export VOLUMES
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

if ! "$XFLATE" --version | grep -q libiscsi; then
	skip "iscsi://" "libiscsi was not there when xflate was built"
	done_testing
fi
number=$(($$ % 30000 + 100))
port=$((number % 20000 + 20000))
name=iqn.2026-11.test:tape
url=iscsi://127.0.0.1:$port/$name
tgtd -f -C "$number" --iscsi portal="127.0.0.1:$port" >tgtd.log 2>&1 &
server=$!
# tgtd passes over SIGTERM while it has a target.
trap 'kill -9 $server 2>/dev/null; wait $server 2>/dev/null; cleanup' EXIT
admin() { tgtadm -C "$number" --lld iscsi "$@" >>tgtd.log 2>&1; }
for _ in $(seq 50); do
	admin --mode sys --op show && break
	sleep 0.1
done
tgtimg --op new --device-type tape --barcode TEST01L6 --size 10 --type data --file tape.img >>tgtd.log 2>&1
admin --mode target --op new --tid 1 --targetname "$name"
admin --mode logicalunit --op new --tid 1 --lun 1 --backing-store "$PWD/tape.img" --device-type tape --bstype ssc
if ! admin --mode target --op bind --tid 1 --initiator-address ALL; then
	show tgtd.log
	skip "iscsi://" "tgtd does not run here"
	done_testing
fi

run "$XFLATE" key status "$url/1"
expect_status 0 "the status of a drive without encryption"
check "... names the drive" grep -q 'IET VIRTUAL-TAPE' "$out"
check "... and has no method" grep -q 'encryption method: *none' "$out"
printf 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef\n' >pass
chmod 600 pass
run "$XFLATE" key load --key pass "$url/1"
expect_status 6 "a key is refused"
says 'cannot encrypt' "... and why"
run "$XFLATE" key status "$url/0"
expect_status 6 "the target's controller"
says 'is no tape drive' "... is no tape drive"
run "$XFLATE" key status "$url/9"
check "no such unit" [ "$status" != 0 ]
run "$XFLATE" key status "iscsi://127.0.0.1:$port/iqn.nothere/1"
expect_status 6 "no such target"
run "$XFLATE" key status iscsi://127.0.0.1:9/iqn.nothere/1
expect_status 6 "nobody answers"
run "$XFLATE" key status "iscsi://user%secret@127.0.0.1:$port/$name/1"
expect_status 2 "a password in the URL is refused"
fails "... and not repeated" grep -q secret "$err"
run "$XFLATE" key status iscsi://nonsense
expect_status 2 "a URL that is none"

"$ISCSI_ECHO" "$url/1" >echo.tap
grep -v '^1\.\.' echo.tap
tests=$((tests + $(grep -cE '^(not )?ok ' echo.tap)))
failures=$((failures + $(grep -c '^not ok ' echo.tap)))
done_testing
