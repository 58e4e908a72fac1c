#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# How long commands are given, how long a drive is waited for, which allocation lengths it takes, raw reading.
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

given() { sed -n "s/^$1 //p" "$mnt/timeouts"; }

# ---- timeouts: what the drive tells, else what its class of commands takes ----
drive hp-lto6
run "$XFLATE" key load -q --key pass "$sg"
expect_status 0 "a drive that tells its timeouts"
is "$(count_commands a30c80000000)" 1 "... is asked once"
is "$(given a2) $(given b5)" "300 300" "... what it tells for keys is less than these commands may take"
is "$(given 1a) $(given 8c)" "180 390" "... for the cartridge memory it tells more"
run "$XFLATE" alerts -q --keep "$sg"
is "$(given 4d)" 390 "... and for log pages"
drive ibm-lto8 'medium lto8'
run "$XFLATE" key load -q --key pass "$sg"
is "$(given a2) $(given b5) $(given 8c)" "792 792 3960" "another drive tells longer ones"
"$PYTHON" -c 'import os, sys; fd = os.open(sys.argv[1], os.O_WRONLY); os.write(fd, b"VOL1ANSI01%070d" % 3)' "$nst"
run "$XFLATE" key load --auto --rewind --cache /dev/null "$sg"
run "$XFLATE" key clear -q "$sg"
drive quantum-lto4 'medium lto4'
run "$XFLATE" key load -q --key pass "$sg"
expect_status 0 "a drive that does not know the question"
is "$(given a2) $(given b5) $(given 8c) $(given 00)" "300 300 180 60" "... gets what its class of commands takes"
run "$XFLATE" alerts -q --keep "$sg"
is "$(given 4d)" 180 "... log pages of an LTO-9 take more than two minutes"
for slow in '8c 125' '4d 131' '1a 121' 'a2 290' 'b5 290'; do
	drive no-list "slow $slow"
	run "$XFLATE" key load --key pass "$sg"
	expect_status 0 "a command ${slow% *} that takes ${slow#* } seconds: key load"
	run "$XFLATE" alerts --keep "$sg"
	expect_status 0 "... alerts"
done
drive ibm-lto8 'medium lto8' 'slow b5 700'
run "$XFLATE" key load -q --key pass "$sg"
expect_status 0 "a drive that takes as long as it tells"
drive no-list 'slow b5 700'
run "$XFLATE" key load -q --key pass "$sg"
expect_status 6 "... which another has not told"
says 'timed out' "... times out"
for fault in 'status=8' 'sense=5/24/0' 'sense=5/20/0' 'sense=4/44/0' 'host=3' 'error=1' 'sense=2/4/1'; do
	drive hp-lto6 "fault op=a3 count=99 $fault"
	run "$XFLATE" key load -q --key pass "$sg"
	expect_status 0 "nothing depends on it: $fault"
done
drive hp-lto6 "fault op=a3 sense=3/c/0 form=71"
run "$XFLATE" key load --key pass "$sg"
expect_status 6 "a deferred error that comes with it is not lost"

# ---- allocation lengths ----
for max in 8192 4096 4095 2048 1024 512 255 252 128 100 64; do
	drive hp-lto6 "allocation-max $max"
	run "$XFLATE" key load -q --key pass "$sg"
	expect_status 0 "a drive that takes allocation lengths up to $max: key load"
	key_is "$drive_key" "... the key is there"
	run "$XFLATE" key status "$sg"
	prints 'encryption method: +application' "... its status"
	run "$XFLATE" key clear -q "$sg"
	expect_status 0 "... key clear"
done
drive ibm-lto8 'medium lto8' 'allocation-max 252'
run "$XFLATE" key status --json "$sg"
is "$(json 'len(d["algorithms"])')" 3 "three algorithms in 252 bytes"
drive hp-lto6 'allocation-max 3'
run "$XFLATE" key load --key pass "$sg"
expect_status 6 "a drive that takes none of the lengths"
drive hp-lto6
run "$XFLATE" key status "$sg"
is "$(awk '/^a2/ { print substr($1, 13, 8) }' "$work/log" | sort -u)" 00002004 "others are asked as bscrypto asks them"
drive no-list
run "$XFLATE" key status "$sg"
is "$(grep -c '^a2200010' "$work/log")" 1 "a refusal that points at the page is none of the length"

# ---- a refusal is not "no encryption" ----
for fault in 'sense=4/44/0' 'sense=2/4/1' 'status=8' 'host=3' 'sense=7/74/0'; do
	drive hp-lto6 "fault op=a2 page=0020 count=99 $fault"
	ctl "fault op=a2 count=99 $fault"
	run "$XFLATE" key load --key pass "$sg"
	check "no word of \"no encryption\": $fault" [ "$status" -ne 0 ]
	fails "... indeed" grep -q 'cannot encrypt\|no tape data encryption' "$err"
done

# ---- waiting ----
drive hp-lto6 'not-ready 4/1 for 24 doing b'
run "$XFLATE" key load --wait 30 --key pass "$sg"
expect_status 0 "a new LTO-9 medium is optimized"
says 'waiting, [56] s so far: 2/04/01 NOT READY.*, [78][0-9] % done; it is calibrating: an LTO-9 medium is optimized .* two hours' "... it is said, and for how long"
says 'is in the drive' "... then the key is loaded"
drive hp-lto6 'not-ready 4/1 for 24 doing 2'
run "$XFLATE" key status --wait ready "$sg"
expect_status 0 "a medium that loads"
says 'waiting, [56] s so far: 2/04/01 NOT READY: becoming ready, [78][0-9] % done; it is loading$' "... it is said, and how far it is"
fails "... and not called optimization" grep -q LTO-9 "$err"
for code in 4/0 4/1 4/2 4/3 4/4 4/7 4/9 4/12 3e/0 30/3 3a/3 3a/4 4/1c; do
	drive hp-lto6 "not-ready $code for 0 doing 0"
	run "$XFLATE" key load --wait 1 --key pass "$sg"
	expect_status 5 "not ready in time: $code"
	says 'not ready after [12] s: 2/' "... says so"
	is "$(state key)" none "... no key"
done
for code in 4/0 3e/0 4/4 3a/4 4/2; do
	drive hp-lto6 "not-ready $code for 6 doing 0"
	run "$XFLATE" key load -q --wait 9 --key pass "$sg"
	expect_status 0 "ready after a while: $code"
done
drive hp-lto6 'loading 1'
ctl 'fault op=0 count=5 status=8'
(
	sleep 1
	ctl 'loading 0'
) &
run "$XFLATE" key load -q --wait 9 --key pass "$sg"
wait $!
expect_status 0 "busy, then loading, then ready"
run "$XFLATE" key status --wait soon "$sg"
expect_status 2 "neither seconds nor ready"

# ---- raw reading ----
drive hp-lto6
run "$XFLATE" key load -q --key pass "$sg"
"$PYTHON" -c 'import os, sys; os.write(os.open(sys.argv[1], os.O_WRONLY), b"x" * 1024)' "$nst"
rewind() { "$PYTHON" -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x40086D01, struct.pack("hi", 6, 1))' "$nst"; }
# shellcheck disable=SC2317 # called by check
first() { "$PYTHON" -c 'import os, sys; print(len(os.read(os.open(sys.argv[1], os.O_RDONLY), 4096)))' "$nst"; }
rewind
run "$XFLATE" key load -q --mode raw "$sg"
expect_status 0 "raw reading"
fails "... of what was not marked is refused by the drive" first
ctl 'medium blank'
run "$XFLATE" key load -q --raw-readable --key pass "$sg"
expect_status 0 "--raw-readable"
is "$(pages | tail -n 1 | cut -c 1-40)" 0010003040200203010000000000000000000020 "... sets RDMC 2 and nothing else"
"$PYTHON" -c 'import os, sys; os.write(os.open(sys.argv[1], os.O_WRONLY), b"x" * 1024)' "$nst"
rewind
run "$XFLATE" key load -q --mode raw "$sg"
check "... then it is read raw" first
drive picky
sent=$(count_commands b5)
run "$XFLATE" key load --raw-readable --key pass --kad V1 "$sg"
expect_status 6 "a drive without raw reading"
says 'RDMC_C 1.*leave out --raw-readable' "... says so"
is "$(count_commands b5)" "$sent" "... and nothing was sent"
for mode in decrypt raw; do
	run "$XFLATE" key load --raw-readable --mode $mode "$([ $mode = raw ] || echo --key=pass)" "$sg"
	expect_status 2 "--raw-readable with --mode $mode"
done
drive ibm-lto8 'medium lto8'
run "$XFLATE" key load -q --raw-readable --key pass "$sg"
expect_status 0 "a drive that marks blocks so by itself"
done_testing
