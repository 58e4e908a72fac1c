#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# filter --in-place and --discard-original: what takes the place of a volume, what is refused, and what stands there when it is broken off.
#
#   FAULTS=all    signals and errors at every call, too, and not only at every third
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

made=$VOLUMES/made
in_place() { run "$XFLATE" filter -q --in-place -T1 "$@"; }
# put NAME SOURCE...: a fresh folder d with a copy
put() {
	rm -rf d
	mkdir d
	while [ $# -gt 0 ]; do
		cp "$2" "d/$1"
		shift 2
	done
}
# untouched NAME SOURCE TEXT: d/NAME is that volume, and nothing stands beside it
untouched() {
	is "$(in_folder d)$(cmp "d/$1" "$2" 2>&1)" "$1 " "$3: the volume is as it was, and nothing is beside it"
}
xattrs() { "$PYTHON" -c 'import os, sys
print({n: os.getxattr(sys.argv[1], n) for n in os.listxattr(sys.argv[1]) if not n.startswith("security.")})' "$1"; }

# ---- it takes its place ----

run "$XFLATE" filter -q -r lz4 --map plain.map -o plain "$made/good-forms"
put v "$made/good-forms"
chmod 4604 d/v
touch -d '2021-02-03 04:05:06.789' d/v
"$PYTHON" -c 'import os; os.setxattr("d/v", "user.note", b"kept")' 2>/dev/null || skip 'extended attributes' 'none on this file system'
[ "$(id -u)" != 0 ] || chown 4545:4546 d/v
[ "$(id -u)" != 0 ] || chmod 4604 d/v
looks="$(stat -c '%a %u %g %y' d/v) $(xattrs d/v)"
in_place -r lz4 d/v
expect_status 0 'in place'
is "$(in_folder d)" 'v v.map v.orig ' 'the new volume, its map, the old one'
check 'the new volume is what -o writes' cmp d/v plain
check 'the map is what --map writes' cmp d/v.map plain.map
check 'the old volume is what it was' cmp d/v.orig "$made/good-forms"
is "$(stat -c '%a %u %g %y' d/v) $(xattrs d/v)" "$looks" 'owner, group, mode, times and attributes are kept'
is "$(stat -c '%h %h' d/v d/v.orig | tr '\n' ' ')" '1 1 1 1 ' 'each has one name'
in_place -r lz4 d/v
refused 1 'again: refused'
says 'v\.orig exists: .*--discard-original' 'and it says what to do'
check 'and the new volume stands' cmp d/v plain

run "$XFLATE" filter --discard-original d/v
expect_status 0 '--discard-original'
says 'holds all of d/v.orig, which is removed' 'it says so'
is "$(in_folder d)" 'v v.map ' 'the old volume is gone, the map is not'
run "$XFLATE" filter --discard-original d/v
refused 1 '--discard-original without an original'
put v "$made/good-forms"
in_place -r lz4 --database sqlite d/v
expect_status 0 'with --database'
is "$(in_folder d)" 'v v.map v.orig v.sql v.undo.sql ' 'the SQL for the catalog and the way back are there, too'
"$XFLATE" catalog sql --database sqlite --undo back d/v.map | sed 's|undo.*|undo|; s|: back$|: undo|' >there
sed 's|^\(-- The way back: \).*|\1undo|' d/v.sql >got
check 'the script is what catalog sql makes of the map' cmp there got
check 'the way back, too' cmp back d/v.undo.sql
for taken in v.sql v.undo.sql; do
	put v "$made/good-forms"
	echo mine >"d/$taken"
	in_place -r lz4 --database sqlite d/v
	refused 1 "$taken is taken"
	says "d/$taken: exists; move it away" 'it says what to do'
	is "$(in_folder d)$(cat "d/$taken")$(cmp d/v "$made/good-forms" 2>&1)" "v $taken mine" 'nothing is converted, and what has that name stays'
done
# Files of at most 6144 bytes: the volume and its map are smaller, the script is not.
put v "$made/false-empty-gzip"
# shellcheck disable=SC3045 # dash has it
(ulimit -f 12 && trap '' XFSZ && exec timeout 60 "$XFLATE" filter -q --in-place -T1 -r lz4 --database sqlite d/v) >"$out" 2>"$err"
status=$?
refused 1 'a script that cannot be written'
says 'new volumes are in their places all the same' 'it says what is done'
is "$(in_folder d)" 'v v.map v.orig ' 'and nothing half stands there'
run "$XFLATE" -q --database sqlite -o none "$made/good-forms"
expect_status 2 '--database without --in-place'
put v "$made/good-forms"
in_place -r lz4 d/v
rm d/v.orig
in_place -r gzip d/v
refused 1 'in place once more: the map is in its place'
says 'v\.map exists' 'and it says so'
rm d/v.map
in_place -r gzip d/v
expect_status 0 'in place once more, the map moved away'

# A checked copy, and the job log.
put v "$made/good-forms"
run "$XFLATE" --in-place d/v
expect_status 0 'in place, with nothing to convert'
says 'd/v: sound, and the same 1 job, 9 files and 52100 bytes' 'what was proved is told'
says 'd/v: is the new volume from now on; the old one is d/v.orig' 'and what came of it'

put v "$made/good-forms"
run "$XFLATE" -q --in-place -r lz4 --report d.report d/v
expect_status 0 'with a report'
check 'the report names the volume, and calls it complete' "$PYTHON" -c 'import json
r = json.load(open("d.report"))
v = r["volumes"][0]
assert r["complete"] and v["complete"] and v["output"].endswith("d/v") and v["input"] == v["output"], r'

# The report takes no name of these, --force or not: it would come last, and replace the old volume.
for tail in orig map sql undo.sql xflate-new map.xflate-new; do
	put v "$made/good-forms"
	in_place -r lz4 --force --database sqlite --report "./d/../d/v.$tail" d/v
	refused 2 "a report that would be v.$tail"
	says 'taken by --in-place' "v.$tail: it says so"
	untouched v "$made/good-forms" "v.$tail"
done
put v "$made/good-forms"
in_place -r lz4 d/v
cp "$made/good-forms" d/w
in_place -r lz4 --force --report d/v.orig d/w d/v
refused 2 'a report that would be the original of an earlier run'
check 'which stays' cmp d/v.orig "$made/good-forms"

# ---- sets ----

put a "$made/good-set-1" b "$made/good-set-2" c "$made/good-set-3"
run "$XFLATE" filter -q -r lz4 -o set "$made/good-set-1" "$made/good-set-2" "$made/good-set-3"
in_place -r lz4 d/a d/b d/c
expect_status 0 'a set in place'
is "$(in_folder d)" 'a a.map a.orig b b.map b.orig c c.map c.orig ' 'each volume has its map and its original'
for i in 1:a 2:b 3:c; do
	check "volume ${i%:*} is what -o writes" cmp "d/${i#*:}" "set/good-set-${i%:*}"
	check "map ${i%:*} is whole, of this volume" grep -q "^volume	good-set-${i%:*}	" "d/${i#*:}.map"
done
run "$XFLATE" filter -q --discard-original d/a
refused 1 'discarding one of a set whose records go on: refused'
is "$(in_folder d)" 'a a.map a.orig b b.map b.orig c c.map c.orig ' 'and nothing is removed'
run "$XFLATE" filter -q --discard-original d/a d/b d/c
expect_status 0 'all of it'
is "$(in_folder d)" 'a a.map b b.map c c.map ' 'originals are gone'

# Larger ones, which are still being read when the first of the new ones is written.
put a "$VOLUMES/bareos/vol-none" b "$VOLUMES/bareos/vol-none" c "$VOLUMES/bareos/vol-gzip6"
in_place -r lz4 d/a d/b d/c
expect_status 0 'three sets of larger volumes'
is "$(in_folder d)" 'a a.map a.orig b b.map b.orig c c.map c.orig ' 'each has its map and its original'

# One that fails costs only itself; one that was converted before, too.
put a "$made/good-forms" b "$made/bad-crc" c "$made/good-big-blocks"
in_place -r lz4 d/a d/b d/c
expect_status 1 'three sets, one damaged'
is "$(in_folder d)" 'a a.map a.orig b c c.map c.orig ' 'the others are exchanged, the damaged one stands alone'
check 'and is as it was' cmp d/b "$made/bad-crc"
put a "$made/good-forms" b "$made/good-big-blocks"
in_place -r lz4 d/a
in_place -r lz4 d/a d/b
expect_status 1 'two, one of which was converted before'
is "$(in_folder d)" 'a a.map a.orig b b.map b.orig ' 'the other one is converted'

# ---- what is no option ----

put v "$made/good-forms"
for words in '--in-place' '--in-place -o x d/v' '--in-place --map x d/v' '--in-place --on-damage=skip d/v' '--in-place --on-damage=keep d/v' '--in-place --rename a=b d/v' \
	'--in-place -' '--in-place /dev/null' '--in-place d/v d/v' '--discard-original' '--discard-original --in-place d/v' \
	'--discard-original -i d/v' '--discard-original -o x d/v' '--discard-original --report x d/v' '--discard-original --repair d/v'; do
	# shellcheck disable=SC2086 # words
	run "$XFLATE" filter $words </dev/null
	refused 2 "wrong usage: $words"
done
untouched v "$made/good-forms" 'wrong usage'
mkfifo d/fifo
in_place d/fifo
refused 2 'a named pipe'
rm d/fifo
in_place d
refused 1 'a folder'
in_place d/none
refused 1 'a file that is not there'
ln -s v d/l
in_place d/v d/l
refused 2 'one file by two names'
rm d/l
untouched v "$made/good-forms" 'what cannot be replaced'

# ---- where it stands ----

mkdir -p elsewhere
put x "$made/good-forms"
mv d/x elsewhere/v
ln -s ../elsewhere/v d/l
in_place -r lz4 d/l
expect_status 0 'a symbolic link'
is "$(in_folder d)$(readlink d/l) $(in_folder elsewhere)" 'l ../elsewhere/v v v.map v.orig ' 'it is followed and stays; the rest is beside the file'
check 'and leads to the new volume' cmp d/l plain
run "$XFLATE" -q filter --discard-original d/l
expect_status 0 'and so is it by --discard-original'
is "$(in_folder elsewhere)" 'v v.map ' 'there'

# stands NAME: something that is not ours has a name that would be needed
stands() {
	in_place -r lz4 d/v
	refused 1 "$1 stands there: refused"
	says "${2:-move it away}" "$1: what to do"
	check "$1: the volume is as it was" cmp d/v "$made/good-forms"
	is "$(in_folder d)" "$before" "$1: nothing else has changed"
}
for name in v.orig v.map v.xflate-new v.map.xflate-new; do
	for what in file folder link hardlink; do
		put v "$made/good-forms"
		echo precious >precious
		case $what in
		# An unfinished file of ours looks like that.
		file) case $name in *.xflate-new) continue ;; esac && cp precious "d/$name" ;;
		folder) mkdir "d/$name" ;;
		link) ln -s ../precious "d/$name" ;;
		hardlink) ln precious "d/$name" ;;
		esac
		before=$(in_folder d)
		stands "$name, a $what" 'move (it|one of them) away'
		is "$(cat precious)" precious "$name, a $what: it is not written to"
	done
done
put v "$made/good-forms"
ln d/v d/v.orig
before=$(in_folder d)
stands 'v.orig, the volume itself' 'another name of the same file'
put v "$made/good-forms"
ln d/v d/other
before=$(in_folder d)
stands 'another hard link' '2 names'
put v "$made/good-forms"
cp d/v d/v.orig
cp d/v d/v.xflate-new
before=$(in_folder d)
stands 'v.orig and v.xflate-new' 'move one of them away'
put v.orig "$made/good-forms"
in_place d/v.orig
refused 2 'an original by its name'
in_place "d/$("$PYTHON" -c 'print("n" * 250)')"
refused 1 'a name that leaves no room'

# ---- who has it ----

lease='import fcntl, os, sys
fcntl.fcntl(os.open(sys.argv[1], os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_WRLCK)'
put v "$made/good-forms"
if "$PYTHON" -c "$lease" d/v 2>/dev/null; then
	for how in '<' '>>'; do
		sh -c "exec sleep 60 3${how}d/v" &
		holder=$!
		sleep 0.3
		in_place -r lz4 d/v
		kill "$holder"
		wait "$holder" 2>/dev/null
		refused 1 "another process has it open ($how)"
		says 'open in another process' "and it says so ($how)"
		untouched v "$made/good-forms" "open elsewhere ($how)"
	done
else
	skip 'a volume that is open elsewhere' 'no leases on this file system'
fi
flock d/v sleep 60 &
holder=$!
sleep 0.3
in_place -r lz4 d/v
kill "$holder"
wait "$holder" 2>/dev/null
refused 1 'another run has it'
says 'another run is at work on it' 'and it says so'
untouched v "$made/good-forms" 'another run'

for flag in i a; do
	put v "$made/good-forms"
	if [ "$(id -u)" = 0 ] && chattr "+$flag" d/v 2>/dev/null; then
		in_place -r lz4 d/v
		refused 1 "chattr +$flag"
		says 'is (immutable|append-only), .*chattr -i -a' "chattr +$flag: what to do"
		chattr "-$flag" d/v
		untouched v "$made/good-forms" "chattr +$flag"
	else
		skip "chattr +$flag" 'root alone can, on some file systems'
	fi
done

# As somebody who is not root.
nobody='env'
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	nobody='setpriv --reuid 4545 --regid 4545 --clear-groups'
fi
# own MODE: the folder d, of whoever that is
own() {
	[ "$(id -u)" != 0 ] || chown -R 4545:4545 d
	chmod "$1" d
}
chmod 755 "$work" "$work/here"
cp "$XFLATE" "$work/xflate"
chmod 755 "$work/xflate"
put v "$made/good-forms"
own 555
if $nobody test ! -w d && $nobody test -x "$work/xflate"; then
	# shellcheck disable=SC2086 # words
	run $nobody "$work/xflate" -q --in-place -r lz4 d/v
	refused 1 'a folder that may not be written to'
	untouched v "$made/good-forms" 'a folder that may not be written to'
	own 755
	# shellcheck disable=SC2086 # words
	run $nobody "$work/xflate" -q --in-place -r lz4 d/v
	expect_status 0 'its owner, not root'
else
	skip 'not as root' 'there is nobody else here, or no way for them to the program'
fi
if [ "$(id -u)" = 0 ] && $nobody test -x "$work/xflate"; then
	put v "$made/good-forms"
	chmod 777 d
	# shellcheck disable=SC2086 # words
	run $nobody "$work/xflate" -q --in-place -r lz4 d/v
	refused 1 'a volume of somebody else'
	says 'belongs to user 0 .*run as that user, or as root' 'and it says why'
	untouched v "$made/good-forms" 'a volume of somebody else'
else
	skip 'a volume of somebody else' 'only root can make one'
fi

# ---- what is not sound ----

for volume in bad-crc bad-adler bad-garbage bad-truncated false-digest wound-doubled false-two-volumes false-swapped-blocks; do
	put v "$made/$volume"
	in_place -r lz4 d/v
	refused "$([ "$volume" = false-two-volumes ] && echo 2 || echo 1)" "$volume: refused"
	untouched v "$made/$volume" "$volume"
done
# Without -i and -d no payload is decoded but by the proof.
put v "$made/bad-adler"
in_place d/v
refused 1 'a checked copy of a broken payload: the proof finds it'
says 'the new volume is not sound' 'and says so'
untouched v "$made/bad-adler" 'a broken payload'
put v "$made/wound-doubled"
in_place --repair -r lz4 d/v
expect_status 0 'a wound, mended'
run "$XFLATE" verify -q d/v
expect_status 0 'and the new volume is sound'

# ---- originals ----

# discard_refused TEXT: of the volume d/v, which is not what it should be
discard_refused() {
	run "$XFLATE" filter -q --discard-original d/v
	refused 1 "--discard-original: $1"
	check "$1: the original stays" test -e d/v.orig
}
put v plain v.orig "$made/bad-crc"
discard_refused 'the original cannot be read'
put v plain v.orig "$made/good-big-blocks"
discard_refused 'another volume'
put v "$made/bad-adler" v.orig "$made/good-forms"
discard_refused 'a damaged new volume'
put v plain v.orig "$made/good-forms"
head -c 20000 plain >d/v
discard_refused 'a new volume that is cut'
put v plain v.orig "$made/good-forms" v.xflate-new plain
discard_refused 'an unfinished file beside it'
put v "$made/good-forms"
ln d/v d/v.orig
discard_refused 'the volume itself'
# Jobs that were written since are in nobody's way; jobs that are gone are.
run "$XFLATE" filter -q -r lz4 -o appended "$VOLUMES/bareos/vol-append"
put v appended v.orig "$VOLUMES/bareos/vol-append"
"$PYTHON" - appended d/v.orig "$VOLUMES/bareos/vol-append" <<'END'
import struct, sys
# The original with its first job alone: blocks up to where the session changes.
old, at, first = open(sys.argv[3], "rb").read(), 0, None
while at < len(old):
    n, _, _, session, time = struct.unpack(">IIIII", old[at + 4:at + 8] + old[at + 8:at + 12] + old[at + 12:at + 16] + old[at + 16:at + 24])
    if at > 0 and first is None:
        first = (session, time)
    if at > 0 and (session, time) != first:
        break
    at += n
open(sys.argv[2], "wb").write(old[:at])
END
cp d/v.orig first-job
run "$XFLATE" filter --discard-original d/v
expect_status 0 'a job was written since'
says 'new since it was converted' 'which is told'
put v first-job v.orig "$VOLUMES/bareos/vol-append"
discard_refused 'a job is gone'

# ---- keys ----

"$PYTHON" -c 'import base64; print(base64.b64encode(bytes(range(64))).decode())' >k
chmod 600 k
put v "$VOLUMES/bacula/encnull-gzip6"
in_place --encrypt aes-256-xts --new-key k d/v
expect_status 0 'encrypted in place'
run "$XFLATE" verify -q --key k d/v
expect_status 0 'and it opens with the new key'
run "$XFLATE" filter -q --discard-original d/v
expect_status 4 '--discard-original without the key'
run "$XFLATE" filter -q --discard-original --new-key k d/v
expect_status 0 'and with it'

# ---- broken off ----

if with_shim 'broken off at every call'; then
	# A file system without hard links, and one that has no room.
	put v "$made/good-forms"
	run env LD_PRELOAD="$shim" FAULT=link:1:from:1 "$XFLATE" -q --in-place -r lz4 d/v
	refused 1 'no hard links'
	says 'needs a file system with hard links' 'which is told'
	untouched v "$made/good-forms" 'no hard links'
	for errnum in 28 122; do
		run env LD_PRELOAD="$shim" FAULT=write:1:from:$errnum "$XFLATE" -q --in-place -r lz4 d/v
		refused 1 "no room (errno $errnum)"
		untouched v "$made/good-forms" "no room (errno $errnum)"
	done
	# stopped KIND:K COMMAND: the run stops before that call, and somebody does this
	stopped() {
		put v "$made/good-forms"
		LD_PRELOAD="$shim" FAULT=$1:signal:19 FAULT_COUNTS=counted "$XFLATE" -q --in-place -r lz4 -T1 d/v 2>"$err" >"$out" &
		pid=$!
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			grep -q '^State:.*stopped' "/proc/$pid/status" && break
			sleep 0.1
		done
		sh -c "$2"
		kill -CONT "$pid"
		wait "$pid"
		status=$?
		ran="$2 at $1"
	}
	# It stops in the middle, and somebody writes to the volume, or puts another one in its place.
	for k in 100 115 130; do
		for how in 'printf x >>d/v' 'cp d/v d/w && mv d/w d/v' 'chmod 600 d/v'; do
			stopped "call:$k" "$how"
			refused 1 "$ran: refused" && says 'changed|not a volume|not sound|bytes|block' "$ran: it says so"
			is "$(in_folder d)" 'v ' "$ran: nothing is left"
		done
	done
	# In the exchange itself, before NAME gets its second name, and before the map gets its own: what was proved then is gone.
	other='cp precious d/w && mv d/w d'
	for how in 'printf x >>d/v' "$other/v" "$other/v.xflate-new" 'rm d/v.map.xflate-new'; do
		for at in link:2 rename:1; do
			stopped "$at" "$how"
			refused 1 "$ran: refused" && says 'changed|taken away|cannot be renamed' "$ran: it says so"
			case $how in
			"$other/v") check "$ran: what was put there stays" cmp d/v precious ;;
			printf*) is "$(wc -c <d/v)" "$(($(wc -c <"$made/good-forms") + 1))" "$ran: what was written stays" ;;
			*) untouched v "$made/good-forms" "$ran" ;;
			esac
		done
		[ "$how" != "$other/v" ] || check "$ran: the old one, too" cmp d/v.orig "$made/good-forms"
	done
	every='--every 3 --second 43'
	[ "${FAULTS:-}" != all ] || every=
	# shellcheck disable=SC2086 # options or nothing
	"$PYTHON" "$here/faults/inplace.py" $every "$XFLATE" "$shim" "$VOLUMES" >"$work/faults" 2>"$err"
	grep -v '^1\.\.' "$work/faults"
	tests=$((tests + $(grep -cE '^(not )?ok ' "$work/faults")))
	failures=$((failures + $(grep -c '^not ok ' "$work/faults")))
	if ! grep -q '^1\.\.' "$work/faults"; then
		not_ok 'the faults came to their end'
		show "$err"
	fi
fi
done_testing
