#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Volumes to, from and between tape drives (FUSE files that behave as Linux's st driver does).
# Prints TAP and, last, "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
XFLATE=${XFLATE:-$BUILD/xflate}
passed=0 failed=0
work=$(mktemp -d)
mnt=$work/mnt
server=

stop() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null
		wait "$server" 2>/dev/null
		server=
	fi
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

ok() { # TEXT COMMAND...
	text=$1
	shift
	mv -f "$work/err" "$work/last.err" 2>/dev/null
	if "$@" >"$work/out" 2>"$work/err"; then
		echo "ok - $text"
		passed=$((passed + 1))
	else
		echo "not ok - $text (status $?)"
		sed 's/^/# /' "$work/err" "$work/out"
		failed=$((failed + 1))
	fi
}

fails() { # STATUS COMMAND...
	want=$1
	shift
	"$@"
	[ $? -eq "$want" ]
}

drives() { # OPTIONS...
	stop
	"$work/fuse_tape" "$mnt" "$@" &
	server=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -e "$mnt/st0" ] && return 0
		sleep 0.2
	done
	echo "not ok - the FUSE drives did not appear: is /dev/fuse there, and allowed?"
	echo "$passed passed, $((failed + 1)) failed"
	exit 1
}

mkdir "$mnt"
# shellcheck disable=SC2046
cc -O1 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(pkg-config --cflags fuse3) -o "$work/fuse_tape" \
	tests/tape/fuse_tape.c $(pkg-config --libs fuse3) || exit 1
vol=$work/vol-multi
xz -dc tests/volumes/bareos/vol-multi.xz >"$vol" 2>/dev/null || cp tests/volumes/bareos/vol-multi "$vol"
/usr/bin/python3 tests/mkvolume.py good-big-blocks "$work/big" >/dev/null

same() { "$XFLATE" compare "$1" --vs "$2"; }
padded() { awk '$1 == "block" && $2 % 1024 { bad = 1 } END { exit bad }' "$mnt/st$1.log"; }
label_first() { head -n 1 "$mnt/st$1.log" | grep -qx "block 64512"; }
marks() { [ "$(grep -c mark "$mnt/st$1.log")" -eq "$2" ]; }

drives
ok "a file goes to a tape" "$XFLATE" -o "$mnt/st0" "$vol"
ok "... each block is one write, padded to 1024" padded 0
ok "... its label is a block of 64512 bytes" label_first 0
ok "... one file mark closes it" marks 0 1
ok "... the tape holds the same" same "$vol" "$mnt/st0"
ok "tape to tape, recompressed" "$XFLATE" -r lzo -o "$mnt/st1" "$mnt/st0"
ok "... the same content" same "$vol" "$mnt/st1"
ok "... padded" padded 1
ok "tape to file" "$XFLATE" -i -o "$work/plain" "$mnt/st1"
ok "... the same content" same "$vol" "$work/plain"
ok "... and a good volume in all its rules" /usr/bin/python3 tests/volcheck.py "$work/plain"
ok "tape to file without a change is a good file volume, too" sh -c \
	"'$XFLATE' -o '$work/copy' '$mnt/st0' && /usr/bin/python3 tests/volcheck.py '$work/copy'"
ok "-T1 and -T4 read a tape alike" sh -c \
	"'$XFLATE' -q -T1 -r lz4 '$mnt/st0' | cksum >'$work/1' && '$XFLATE' -q -T4 -r lz4 '$mnt/st0' | cksum | cmp - '$work/1'"
ok "list reads a tape" "$XFLATE" list "$mnt/st0"
ok "verify proves what is on a tape" sh -c "'$XFLATE' verify '$mnt/st0' >'$work/proof' && grep -q '^sound: .* 45 of 45 files' '$work/proof'"
ok "a dump of the tape is read as well" sh -c \
	"dd if='$mnt/st0' of='$work/dump' bs=1M 2>/dev/null && '$XFLATE' compare '$vol' --vs '$work/dump'"
ok "blocks above 1 MiB are read (the drive refuses smaller reads)" sh -c \
	"'$XFLATE' -o '$mnt/st1' '$work/big' && '$XFLATE' compare '$work/big' --vs '$mnt/st1'"
ok "the tape itself is refused as output" fails 2 "$XFLATE" -o "$mnt/st0" "$mnt/st0"

# As Bareos leaves a tape: an ANSI label, a mark behind the volume label, marks in the middle of jobs and records.
cat >"$work/marks.py" <<'PY'
import fcntl, struct, sys
volume, device = open(sys.argv[1], "rb").read(), open(sys.argv[2], "wb", buffering=0)
MTIOCTOP, MTWEOF = 0x40086D01, 5
device.write(b"VOL1" + b" " * 76)
at = count = 0
while at < len(volume):
    length = struct.unpack(">I", volume[at + 4:at + 8])[0]
    device.write(volume[at:at + length] + b"\0" * (-length % 1024))
    at += length
    count += 1
    if count % 5 == 1:
        fcntl.ioctl(device, MTIOCTOP, struct.pack("hi", MTWEOF, 1))
PY
ok "a tape with file marks inside jobs is made" /usr/bin/python3 "$work/marks.py" "$vol" "$mnt/st0"
before=$(grep -c mark "$mnt/st0.log")
ok "... it holds the same" same "$vol" "$mnt/st0"
ok "... goes to another tape" "$XFLATE" -r lzfast -o "$mnt/st1" "$mnt/st0"
ok "... with all its marks" marks 1 "$before"
ok "... and the foreign label before the volume's" sh -c "head -n 1 '$mnt/st1.log' | grep -qx 'block 80'"
ok "... the same content" same "$vol" "$mnt/st1"
ok "... and to a file" sh -c "'$XFLATE' -i -o '$work/f' '$mnt/st1' && /usr/bin/python3 tests/volcheck.py '$work/f'"

# Each number of a map is what a second reader finds on the tape.
mapped() { # TEXT OLD NEW OPTION...
	what=$1 old=$2 new=$3
	shift 3
	ok "$what" "$XFLATE" -q --force "$@" --map "$work/map" -o "${new#tape:}" "${old#tape:}"
	ok "... its map" /usr/bin/python3 tests/mapcheck.py "$work/map" --old "$old" --new "$new"
}
mapped "a tape with foreign labels and marks to a tape, with a map" "tape:$mnt/st1" "tape:$mnt/st0" -r lzo
mapped "... to a file" "tape:$mnt/st0" "$work/mapped" -i
mapped "... to a tape again" "$work/mapped" "tape:$mnt/st1" -r lz4 --max-block 20000
mapped "... and on, unchanged" "tape:$mnt/st1" "tape:$mnt/st0"

drives --fixed 1024
ok "a drive with fixed blocks that are too small is refused by name" fails 1 "$XFLATE" -o "$mnt/st0" "$vol"
ok "... saying what to do" grep -q "setblk 0" "$work/last.err"
drives --fixed 65536
ok "a drive with fixed blocks that fit is filled" "$XFLATE" -o "$mnt/st0" "$vol"
ok "... the same content" same "$vol" "$mnt/st0"
drives --capacity 10
ok "a full tape is an error" fails 1 "$XFLATE" -o "$mnt/st0" "$vol"
ok "... that says so" grep -q "tape is full" "$work/last.err"
drives
ok "an empty tape is an error" fails 1 "$XFLATE" list "$mnt/st0"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
