#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a run gives up before it looks at a volume, seen from outside while it waits at a pipe; and that whatever was named is reached all the
# same.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

v=$VOLUMES/bareos/vol-gzip6
w=$VOLUMES/bareos/vol-append
cp "$v" first
cp "$w" second
xflate -q -r lz4 -o good "$v"
xflate list "$v" >listed

# ---- what there is ----

# landlock: its version on this kernel, 0 for none
landlock() {
	"$PYTHON" -c 'import ctypes
print(max(0, ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)))'
}
case $(uname -m) in
x86_64 | aarch64 | i?86) calls=2 ;;
*) calls=0 ;;
esac
grep -q '^Seccomp:' /proc/self/status 2>/dev/null || calls=0
files=$(landlock)
[ "$files" -ge 2 ] || files=0
before=$(awk '$1 == "Seccomp_filters:" { print $2 }' /proc/self/status)
before=${before:-0}
# Somebody may have bound us already; that is seen where the kernel counts.
grep -q '^Seccomp_filters:' /proc/self/status && counts=yes || counts=
[ -n "$counts" ] || [ "$(awk '$1 == "Seccomp:" { print $2 }' /proc/self/status)" = 0 ] || calls=0

# held OPTIONS...: xflate waits at the named pipe $work/here/pipe, with whatever else it was given; its number is in $held
held() {
	rm -f pipe
	mkfifo pipe
	"$XFLATE" "$@" >held.out 2>held.err &
	held=$!
	until_true 20 waits || {
		not_ok "it comes to the pipe: $*"
		show held.err
	}
}
waits() { find "/proc/$held/fd" -lname '*/pipe' 2>/dev/null | grep -q .; }

# bound: "FILTERS NONEWPRIVS", the least and the most of all its threads
bound() {
	cat "/proc/$held"/task/*/status | awk -v before="$before" -v counts="$counts" '
		$1 == "Seccomp_filters:" { print $2 - before, "filters" }
		$1 == "Seccomp:" && counts == "" { print ($2 == 2), "filters" }
		$1 == "NoNewPrivs:" { print $2, "privileges" }' | sort -u | tr '\n' ' '
}

# let_go: it reads the first volume, and goes on; $status
let_go() {
	cat "$v" >pipe
	wait "$held"
	status=$?
	ran="the run held at the pipe"
	cp held.err "$err"
	cp held.out "$out"
}

# ---- calls ----

confined='1 filters 1 privileges '
free='0 filters 0 privileges '
[ "$(awk '$1 == "NoNewPrivs:" { print $2 }' /proc/self/status)" = 0 ] || free='0 filters 1 privileges '
if [ "$calls" = 0 ]; then
	skip 'calls that are given up' "no filter for them on $(uname -m), or one is there already"
else
	mkdir tree
	for words in 'list' 'list --files' 'verify -q -T3' 'compare first --vs' 'extract -C tree' 'extract -C made' \
		'extract --dry-run' 'filter -q -r lz4 -T3 -o new' 'filter -q'; do
		# shellcheck disable=SC2086 # words
		held $words pipe
		is "$(bound)" "$confined" "$words: all its threads have given up what they do not need"
		let_go
		expect_status 0 "$words: and it comes to its end"
	done
	check 'what was extracted is there' test -n "$(find made -type f)"
	check 'what was converted is right' cmp new good
	held extract --tar pipe
	is "$(bound)" "$confined" 'extract --tar'
	let_go
	expect_status 0 'extract --tar: comes to its end'
	check 'and its archive is one' tar -tf held.out

	for words in 'list --no-sandbox' 'verify -q --no-sandbox' 'compare --no-sandbox first --vs' 'extract --no-sandbox --dry-run' \
		'filter --no-sandbox -q' 'filter -q --events true' 'verify -q --events true' 'list --key-command false' 'extract --dry-run --events true'; do
		# shellcheck disable=SC2086 # words
		held $words pipe
		is "$(bound)" "$free" "$words: is not confined"
		let_go
		expect_status 0 "$words: comes to its end"
	done
	# A thread of its own for the sake of the stack.
	# shellcheck disable=SC3045 # dash has it
	(ulimit -s 512 && exec "$XFLATE" list pipe) >held.out 2>held.err &
	held=$!
	until_true 20 waits
	is "$(bound)" "$confined" 'with a small stack: both threads'
	let_go
	expect_status 0 'with a small stack: comes to its end'
fi

# ---- files ----

# What stands there was swapped while it waited: no rule knows the new one.
swap() {
	cp "$w" other
	mv other second
}
if [ "$files" = 0 ]; then
	skip 'files that are given up' 'no Landlock on this kernel'
	run "$XFLATE" verify -v first
	expect_status 0 'without Landlock a run goes on'
	says 'not confined to its files: the kernel has no Landlock' 'and with -v it says so'
else
	for words in 'list' 'verify -q' 'compare first second --vs' 'extract --dry-run --job 1' 'filter -q -o folder'; do
		mkdir folder
		# shellcheck disable=SC2086 # words
		held $words pipe second
		swap
		let_go
		case $status in
		0 | 2) not_ok "$words: a file that came into the place of another cannot be opened: status $status" ;;
		*) says 'second.*(Permission denied|not permitted)' "$words: a file that came into the place of another cannot be opened" ;;
		esac
		rm -rf folder
	done
	held list --no-sandbox pipe second
	swap
	let_go
	expect_status 0 '--no-sandbox: it is opened'

	# And so for what is written: a link that was put into the folder of the outputs.
	mkdir folder elsewhere
	held filter -q -r lz4 -o folder pipe second
	ln -s ../elsewhere/second folder/second
	let_go
	is "$(in_folder elsewhere)" '' 'an output is not led out of its folder by a link that was not there'
	rm -rf folder elsewhere
	mkdir folder elsewhere
	held filter --no-sandbox -q -r lz4 -o folder pipe second
	ln -s ../elsewhere/second folder/second
	let_go
	is "$(in_folder elsewhere)" 'second ' '--no-sandbox: it is led there'
	rm -rf folder elsewhere
fi

# ---- what must be reached ----

# same TEXT FILE: what the conversion was to be
same() { check "$1" cmp good "$2"; }

run "$XFLATE" -q -r lz4 -o new.here "$v"
expect_status 0 'a new file in this folder'
same 'is right' new.here
mkdir far near
run "$XFLATE" -q -r lz4 -o far/out --map near/map --report near/report "$v"
expect_status 0 'output, map and report in other folders'
same 'is right, too' far/out
run "$XFLATE" -q -r lz4 --force -o far/out --map near/map --report near/report "$v"
expect_status 0 '--force'
ln -s far/by.link link
run "$XFLATE" -q -r lz4 -o link "$v"
expect_status 0 'through a link that leads nowhere yet'
same 'and it is where it leads' far/by.link
ln -s "$work/here/far/map" near/link
run "$XFLATE" -q -r lz4 --map near/link "$v"
expect_status 0 'a map through a link'
check 'which is there' test -s far/map
run "$XFLATE" -q -r lz4 -o /dev/null "$v"
expect_status 0 '/dev/null'
xflate -q -r lz4 -o /dev/fd/1 "$v" | cat >piped
same '/dev/fd/1, a pipe' piped
xflate -q -r lz4 -o /dev/fd/7 "$v" 7>seven
same '/dev/fd/7, a file' seven
xflate -q -r lz4 -o - /dev/fd/0 <"$v" >zero
same '/dev/fd/0, a file that has no other name here' zero
cp "$v" going
exec 8<going
rm going
xflate -q -r lz4 -o gone /dev/fd/8
same 'a file that has no name any more' gone
exec 8<&-
mkfifo out.pipe
cat out.pipe >from.pipe &
run "$XFLATE" -q -r lz4 -o out.pipe "$v"
expect_status 0 'a named pipe'
wait $!
same 'which was read' from.pipe
mkdir in
ln -s "$v" in/vol-gzip6
cp "$w" in/
mkdir out
ln -s ../elsewhere/vol-gzip6 out/vol-gzip6
mkdir elsewhere
run "$XFLATE" filter -q --recursive -r lz4 -o out --jobs 2 in
expect_status 1 'a batch: what is there, be it a link, is refused as ever'
rm out/*
run "$XFLATE" filter -q --recursive -r lz4 -o out --jobs 2 --skip-done in
expect_status 0 'a batch with an input by a link'
same 'is right, through the link' out/vol-gzip6
run "$XFLATE" filter -q --recursive -r lz4 -o out --jobs 2 --skip-done in
expect_status 0 'and once more'
run "$XFLATE" filter -q --recursive -r lz4 -o fresh/ in
expect_status 0 'a batch into a folder that is made'
same 'is right, too' fresh/vol-gzip6
printf '%s\n' "$v" "$PWD/in/vol-append" >names
run "$XFLATE" filter -q --files-from names -r lz4 -o listed.out
expect_status 0 'a batch from a list'
run "$XFLATE" verify -q --files-from names --state near/state
expect_status 0 'verify of a list, with its state elsewhere'
run "$XFLATE" verify -q --recursive --state near/state in
expect_status 0 'verify of a folder with a link'
ln -s near/state state.link
run "$XFLATE" verify -q --recursive --state state.link --sample 1/2 in
expect_status 0 'verify: its state through a link'
cp "$v" place
ln -s ../place near/place
run "$XFLATE" filter -q -r lz4 --in-place --database sqlite near/place
expect_status 0 'in place, through a link'
same 'is right' place
run "$XFLATE" filter -q --discard-original near/place
expect_status 0 'and the original goes'
check 'it is gone' test ! -e place.orig
run "$XFLATE" filter -q --chunk-size 10485760 -o chunked "$v"
expect_status 0 'a folder of chunks'
run "$XFLATE" compare "$v" --vs chunked
expect_status 0 'which is read'
mv chunked/0000 far/
ln -s ../far/0000 chunked/
run "$XFLATE" compare "$v" --vs chunked
expect_status 0 'and where a chunk is a link to another place'
run "$XFLATE" verify -q --recursive chunked
expect_status 0 'by verify of many, too'
run "$XFLATE" filter -q --encrypt aes-256-xts --new-key-dir keys --block-format bb03 -o locked "$VOLUMES/bacula/plain-zstd3"
expect_status 0 'a new folder of keys'
run "$XFLATE" verify -q --key-dir keys locked
expect_status 0 'which is read'
run "$XFLATE" compare --key-dir keys locked --vs "$VOLUMES/bacula/plain-zstd3"
expect_status 0 'by compare, too'
head -c 32 /dev/urandom >key
chmod 600 key
xflate filter -q --encrypt aes-128-xts --new-key key -o locked2 "$VOLUMES/bacula/plain-zstd3"
run "$XFLATE" list --key key locked2
expect_status 0 'a key in a file'
mkfifo key.pipe
cat key >key.pipe &
run "$XFLATE" list --key key.pipe locked2
expect_status 0 'a key in a named pipe'
mkdir credentials
cp key credentials/
run env CREDENTIALS_DIRECTORY="$PWD/credentials" "$XFLATE" verify -q --recursive --key cred:key locked2
expect_status 0 'a key of systemd'
run env TZ=":$PWD/zone" "$XFLATE" extract --dry-run --as-of now first
expect_status 0 'a zone that is no file'

# Folders: several levels, links between them, one that is there and one that is not.
run "$XFLATE" extract -C to.make first
expect_status 0 'a folder that is made'
run "$XFLATE" extract -C to.make --existing replace first
expect_status 0 'one that is there'
ln -s far to.link
run "$XFLATE" extract -C to.link/ first
expect_status 0 'one behind a link'
run "$XFLATE" extract -C not/there first
expect_status 1 'one whose own folder is not there'
says 'cannot make this folder' 'is told as ever'
run "$XFLATE" extract -C for.nothing --bsr nothing first
expect_status 1 'a bootstrap that is not there'
check 'and no folder is made for it' test ! -e for.nothing
run env TMPDIR="$PWD/near" "$XFLATE" extract --tar first
expect_status 0 'an archive, with TMPDIR'
if "$XFLATE" --version | grep -q 'indexes: SQLite'; then
	xflate find -q --index near/index --update first
	run env TMPDIR="$PWD/far" "$XFLATE" extract --index near/index -C from.index
	expect_status 0 'what an index names'
	check 'is there' test -n "$(find from.index -type f)"
fi

# What may be read by its mode, and by no other's.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	mkdir of.user
	chown 1234:1234 of.user
	chmod 711 "$work" "$work/here"
	chmod 644 first
	mkdir locked.folder
	cp first locked.folder/vol
	chmod 711 locked.folder
	cp "$XFLATE" program
	run setpriv --reuid 1234 --regid 1234 --clear-groups ./program -q -r lz4 -o of.user/out locked.folder/vol
	expect_status 0 'an ordinary user, in a folder whose names are hidden from it'
	same 'is right' of.user/out
	mkdir -m 733 blind
	run setpriv --reuid 1234 --regid 1234 --clear-groups ./program -q -r lz4 -o blind/out first
	expect_status 0 'into a folder that may be written to and not read'
	run setpriv --reuid 1234 --regid 1234 --clear-groups ./program -q -r lz4 -o out first
	expect_status 1 'and one that may not is refused as ever'
fi

# ---- where it cannot be set ----

# No more than sixteen layers: with that many, or where its calls fail, a run goes on, and says so when asked.
if [ "$files" != 0 ]; then
	cat >layers.py <<'END'
import ctypes, os, sys
c = ctypes.CDLL(None, use_errno=True)
c.prctl(38, 1, 0, 0, 0)
handled = ctypes.c_uint64(1 << 9)
for i in range(16):
    rules = c.syscall(444, ctypes.byref(handled), ctypes.c_size_t(8), 0)
    if c.syscall(446, rules, 0) != 0:
        break
os.execv(sys.argv[1], sys.argv[1:])
END
	if sanitized; then
		skip 'with all layers taken' 'the leak checker has no way to its process then'
	else
		run "$PYTHON" layers.py "$XFLATE" verify -v first
		expect_status 0 'with all layers taken a run goes on'
		says 'not confined to its files: its rules could not be set' 'and with -v it says so'
		run "$PYTHON" layers.py "$XFLATE" -q -r lz4 -o in.layers first
		expect_status 0 'and so does one that writes'
	fi
	run "$XFLATE" verify -v first
	if grep -q confined "$err"; then
		not_ok 'where it is set nothing is said'
	else
		ok 'where it is set nothing is said'
	fi
fi
run "$XFLATE" verify -v --events true first
expect_status 0 'a run that starts programs'
says 'starts programs, and is not confined' 'with -v it says that it is not confined'

done_testing
