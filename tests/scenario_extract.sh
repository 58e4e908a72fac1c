#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# extract: what comes out of real volumes is what was backed up (tests/trees); what is chosen, what is there already, what is damaged; and
# what became of volumes of hostile.py.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

root=
[ "$(id -u)" != 0 ] || root=yes

# list FOLDER: as in tests/trees, as far as we may restore it
list() { "$PYTHON" "$here/treelist.py" "$1" | comparable; }

xattrs=
if "$PYTHON" -c 'import os
open("probe", "w").close()
os.setxattr("probe", "user.x", b"y")
os.setxattr("probe", "system.posix_acl_access",
            bytes.fromhex("0200000001000600ffffffff020006000100000004000400ffffffff10000600ffffffff20000400ffffffff"))' 2>"$work/probe"; then
	xattrs=yes
else
	skip 'access lists and extended attributes' "$(tail -n 1 "$work/probe")"
fi
# With what this file system cannot hold, each run ends with 1.
all_well=0
[ -n "$xattrs" ] || all_well=1

# What is no matter of the tree: owners if we are not root, attributes if the file system has none.
comparable() {
	if [ -n "$root" ]; then cat; else sed 's/ [0-9]*:[0-9]* / - /'; fi |
		if [ -n "$xattrs" ]; then cat; else sed 's/ [a-z.]*\.[a-z_]*=[0-9a-f]*//g'; fi
}

# same_tree TREE FOLDER TEXT: FOLDER is as TREE; a fifo was not asked for
same_tree() {
	list "$2" >got
	grep -v ' fifo ' "$here/trees/$1" | comparable >wanted
	check "$3" diff wanted got || diff wanted got | head -n 6 | cut -c 1-200 | sed 's/^/# /'
}

# json EXPRESSION: of the report in $out, as d
json() { "$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "$out" 2>&1; }

# all_known TREE FOLDER TEXT: each file of FOLDER is as in TREE, damaged ones apart
all_known() {
	comparable <"$here/trees/$1" >wanted
	list "$2" | grep ' file ' | grep -v "\.damaged' file" >got
	check "$3" sh -c '[ -s got ] && ! grep -v -x -F -f wanted got' || show "$work/said"
}

# nothing_half FOLDER TEXT: no temporary names
nothing_half() { is "$(find "$1" -name '.xflate-*' | wc -l)" 0 "$2"; }

# ---- every kind of volume against its tree ----

bareos=$VOLUMES/bareos
bacula=$VOLUMES/bacula
key_of() { printf '%s' "xflate-fixture:$1" | openssl dgst -sha512 -binary | head -c "${2:-64}"; }

out_of() { # NAME TREE BELOW VOLUME...: all of it, in this folder
	name=$1 tree=$2 below=$3
	shift 3
	rm -rf x
	run "$XFLATE" extract -C x "$@"
	expect_status $all_well "$name: extracted"
	same_tree "$tree" "x/$below" "$name: as its source"
	nothing_half x "$name: nothing half is left"
}
for v in none gzip6 lz4hc lzfast lzo nochecksum; do
	out_of "bareos $v" bareos-tree srv/data/tree "$bareos/vol-$v"
done
out_of 'a set' bareos-tree srv/data/tree "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
for v in sparse-gzip6 sparse-lz4; do
	out_of "bareos $v" bareos-sparse srv/data/sparse "$bareos/vol-$v"
	is "$(($(du -k x/srv/data/sparse/all-hole-1048576.bin | cut -f 1) < 600))" 1 "bareos $v: holes are holes"
done
out_of 'addresses that Bareos stored twice' bareos-sparse srv/data/sparse "$bareos/vol-ax-sparse-lz4"
for v in plain-none-sparse plain-gzip1-sparse plain-lzo-sparse plain-zstd3 plain-zstd1-sparse plain-xxh3-128 small-lzo nosum-gzip6; do
	out_of "bacula $v" bacula-tree srv/src/tree "$bacula/$v"
done
out_of 'a NULL cipher' bacula-tree srv/src/tree "$bacula/encnull-gzip6"
for v in enc256-spoolseg strong256-gzip6; do
	key_of $v >key
	out_of "encrypted: $v" bacula-tree srv/src/tree --key key "$bacula/$v"
done
key_of enc128-gzip6-sparse 32 >key
out_of 'encrypted: 128 bits' bacula-tree srv/src/tree --key key "$bacula/enc128-gzip6-sparse"
run "$XFLATE" extract -C none "$bacula/enc256-append"
expect_status 4 'without its key: 4'

# A pipe, one thread.
rm -rf x
run "$XFLATE" extract -T1 -C x - <"$bareos/vol-gzip6"
expect_status $all_well 'from a pipe, one thread'
same_tree bareos-tree x/srv/data/tree 'from a pipe: as its source'
# What one thread makes, many make.
"$XFLATE" -qq extract -T8 -C eight "$bareos/vol-gzip6" >"$work/eight"
check 'eight threads: the same report' cmp "$out" "$work/eight"

# ---- several jobs ----

run "$XFLATE" extract -C several "$bareos/vol-multi"
expect_status 2 'several jobs and none named: 2'
says 'say with --job which one' 'and says what to do'
nothing_half several 'nothing half is left'
for job in 50 51 J-multi-c 52/1795351262 J-multi-a.2026-11-22_12.44.19_42; do
	rm -rf x
	run "$XFLATE" extract -C x --job $job "$bareos/vol-multi"
	[ "$status" = "$all_well" ] || expect_status 0 "interleaved jobs: $job"
	all_known bareos-tree x/srv/data/tree "job $job: not one file is other than its source"
done
list a/srv/data/tree >got
for job in 1 2; do
	name=$("$XFLATE" list "$bareos/vol-append" | sed -n 's/^job \([0-9]*\) .*/\1/p' | sed -n "${job}p")
	rm -rf x
	run "$XFLATE" extract -C x --job "$name" "$bareos/vol-append"
	[ "$status" = "$all_well" ] || expect_status 0 "appended jobs: the one of id $name"
	all_known bareos-tree x/srv/data/tree "job $name: as its source"
done
run "$XFLATE" extract -C x --job no-such "$bareos/vol-append"
expect_status 1 'a job that is not here: 1'
says 'no-such: no such job' 'and says so'

# ---- what is chosen ----

v=$bareos/vol-gzip6
chosen() { # TEXT WANTED OPTION...: the files below srv/data/tree
	text=$1 wanted=$2
	shift 2
	rm -rf x
	run "$XFLATE" extract -C x "$@" "$v"
	is "$status $(cd x/srv/data/tree 2>/dev/null && find . -type f | sed 's|^\./||' | sort | tr '\n' ' ')" "$wanted" "$text"
}
chosen 'a file' '0 acl/acl.txt ' --file /srv/data/tree/acl/acl.txt
chosen 'without its slash' '0 acl/acl.txt ' --file srv/data/tree/acl/acl.txt
chosen 'a folder' '0 acl/acl.txt acl/both.txt acl/xattr.txt ' --file /srv/data/tree/acl
chosen 'a beginning of a name is no folder' '1 ' --file /srv/data/tree/ac
chosen 'a pattern' '0 acl/both.txt ' --file '*/bo*.txt'
chosen 'two of them' '0 acl/acl.txt acl/both.txt ' --file '*/bo*.txt' --file '/srv/*/acl.txt'
printf '/srv/data/tree/acl/acl.txt\n/srv/data/tree/acl/both.txt' >names
chosen 'names in a file' '0 acl/acl.txt acl/both.txt ' --files-from names
printf '/srv/data/tree/acl/acl.txt\0srv/data/tree/acl/both.txt\0' >names
chosen 'a NUL behind each' '0 acl/acl.txt acl/both.txt ' --files-from names
: >names
chosen 'no name in the file' '2 ' --files-from names
says 'names: no name is in it' 'it is not taken for all files'
printf '\n\n' >names
chosen 'empty lines' '2 ' --files-from names
index=$("$XFLATE" verify -v "$v" | sed -n 's|.* \([0-9]*\) /srv/data/tree/acl/both.txt$|\1|p')
chosen 'by its number' '0 acl/both.txt ' --file-index "$index"
chosen 'what is not there' '1 acl/both.txt ' --file-index "$index" --file nowhere
says 'not on the volumes: nowhere' 'it is named'
run "$XFLATE" extract -C x --file-index 0 "$v"
refused 2 'no FileIndex'
run "$XFLATE" extract "$v"
refused 2 'nowhere to go'
run "$XFLATE" extract -C x --file-from - -
expect_status 2 'standard input twice'
rm -rf x
run "$XFLATE" extract -C x --strip 3 --file /srv/data/tree/acl "$v"
is "$status $(in_folder x)" '0 acl acl/acl-dir acl/acl.txt acl/both.txt acl/xattr.txt ' '--strip'
# Of a hard link the name that has the content comes first.
first=$("$XFLATE" verify -v "$v" | sed -n 's|.* \(/srv/data/tree/links/.*\)$|\1|p' | grep -e hard -e target | head -n 1)
other=$("$XFLATE" verify -v "$v" | sed -n 's|^empty .* \(/srv/data/tree/links/[a-z0-9.]*\)$|\1|p' | grep -e hard -e target | head -n 1)
rm -rf x
run "$XFLATE" extract -C x --file "$other" "$v"
expect_status 1 'a hard link whose first name is not chosen: 1'
says "choose that, too: $first" 'and says which'
run "$XFLATE" extract -C x --file "$other" --file "$first" "$v"
expect_status 0 'with it: there'
is "$(stat -c %i "x$first")" "$(stat -c %i "x$other")" 'both are one file'

# ---- what is there already ----

fresh_x() {
	rm -rf x
	mkdir -p x/srv/data/tree/acl
	echo mine >x/srv/data/tree/acl/acl.txt
	touch -d @"${1:-1}" x/srv/data/tree/acl/acl.txt
}
good=$(grep "^'acl/acl.txt'" "$here/trees/bareos-tree" | cut -d ' ' -f 7)
sum_of() { sha256sum <"$1" | cut -d ' ' -f 1; }
fresh_x
run "$XFLATE" extract -C x "$v"
expect_status $all_well 'a name that is taken'
is "$(cat x/srv/data/tree/acl/acl.txt)" mine 'it stays'
check 'which is told' grep -q 'there:  *1 ' "$out"
fresh_x
run "$XFLATE" extract --existing replace -C x "$v"
is "$(sum_of x/srv/data/tree/acl/acl.txt)" "$good" '--existing replace'
fresh_x 1600000000
run "$XFLATE" extract --existing newer -C x "$v"
is "$(sum_of x/srv/data/tree/acl/acl.txt)" "$good" '--existing newer: the older one is replaced'
fresh_x 1800000000
run "$XFLATE" extract --existing newer -C x "$v"
is "$(cat x/srv/data/tree/acl/acl.txt)" mine '--existing newer: the newer one stays'
fresh_x
run "$XFLATE" extract --existing keep-both -C x "$v"
is "$(cat x/srv/data/tree/acl/acl.txt) $(sum_of x/srv/data/tree/acl/acl.txt.2)" "mine $good" '--existing keep-both'
# A second run finds all of it there, and mends nothing but what is missing; hard links to what is there already included.
rm -rf x
"$XFLATE" -qq extract -C x "$v" >/dev/null
rm "x$other" x/srv/data/tree/acl/acl.txt
chmod 700 x/srv/data/tree/acl
run "$XFLATE" extract -C x "$v"
expect_status $all_well 'a second run'
same_tree bareos-tree x/srv/data/tree 'adds what was missing'
# Written through, a hard link of somebody else's would change the other name.
fresh_x
ln x/srv/data/tree/acl/acl.txt other-name
run "$XFLATE" extract --existing replace -C x "$v"
is "$(cat other-name)" mine 'replaced is the name, not the file behind it'
fresh_x
rm x/srv/data/tree/acl/acl.txt
ln -s ../../../../../outside x/srv/data/tree/acl/acl.txt
echo outside >outside
run "$XFLATE" extract --existing replace -C x "$v"
is "$(cat outside) $(sum_of x/srv/data/tree/acl/acl.txt)" "outside $good" 'a link in the place of a file is replaced, not followed'
rm -rf x elsewhere
mkdir -p x/srv/data elsewhere
ln -s ../../../elsewhere x/srv/data/tree
run "$XFLATE" extract -C x "$v"
expect_status 1 'a link in the place of a folder: 1'
is "$(in_folder elsewhere)" '' 'nothing goes through it'

# ---- rehearsal ----

rm -rf x
run "$XFLATE" extract --dry-run "$v"
expect_status 0 '--dry-run'
check 'proves' grep -q 'to extract: 30 files (30 proved' "$out"
run "$XFLATE" extract --dry-run -C x "$v"
check 'and makes nothing' test ! -e x

# ---- an archive ----

run "$XFLATE" extract --tar "$bareos/vol-gzip6"
if [ "$status" = 2 ] && grep -q 'built without libarchive' "$err"; then
	skip 'archives' 'built without libarchive'
else
	tarred() { # NAME TREE BELOW VOLUME...: GNU tar and Python read it
		name=$1 tree=$2 below=$3
		shift 3
		rm -rf x
		mkdir x
		"$XFLATE" extract --tar "$@" >archive 2>"$err"
		is "$?" 0 "$name: as an archive"
		check "$name: the report is on standard error" grep -q 'extracted:  *[0-9]* files' "$err"
		tar --acls --xattrs --xattrs-include='*' -xpf archive -C x 2>"$work/tar"
		is "$(grep -v hdrcharset "$work/tar")" '' "$name: tar has nothing to say"
		same_tree "$tree" "x/$below" "$name: what tar unpacks is as the source"
		"$PYTHON" -c 'import hashlib, sys, tarfile
t = tarfile.open(sys.argv[1])
for m in t.getmembers():
    if m.isreg():
        print(hashlib.sha256(t.extractfile(m).read()).hexdigest())' archive | sort -u >sums
		# shellcheck disable=SC2016 # for an inner shell
		check "$name: and what Python reads" sh -c 'grep -o " [0-9a-f]\{64\}" "$1" | tr -d " " | sort -u | cmp - sums' - "$here/trees/$tree"
	}
	tarred 'gzip' bareos-tree srv/data/tree "$bareos/vol-gzip6"
	tarred 'sparse' bareos-sparse srv/data/sparse "$bareos/vol-sparse-lz4"
	tarred 'sparse, Bacula' bacula-tree srv/src/tree "$bacula/plain-gzip1-sparse"
	rm -rf x
	mkdir -p x spooled
	TMPDIR=$work/here/spooled "$XFLATE" -q extract --tar -T1 --strip 2 "$bareos/vol-none" | tar --acls --xattrs --xattrs-include='*' -xpf - -C x
	same_tree bareos-tree x/tree 'through a pipe, without some components'
	is "$(in_folder spooled)" '' 'nothing is left where content was kept'
	run "$XFLATE" extract --tar -C x "$v"
	refused 2 'an archive or a folder'
	run "$XFLATE" extract --tar --json "$v"
	refused 2 'an archive or JSON'
	head -c 1500000 "$bareos/vol-none" | "$XFLATE" extract --tar - >archive 2>"$err"
	is "$?" 3 'damage: 3'
	check 'the damaged one is called so' sh -c 'tar -tf archive | grep -q "\.damaged$"'
	"$XFLATE" extract --tar "$bareos/vol-multi" >archive 2>"$err"
	is "$?" 2 'a run that fails'
	fails 'its archive has no end' "$PYTHON" -c 'import sys
d = open("archive", "rb").read()
sys.exit(0 if len(d) >= 1024 and d.endswith(bytes(1024)) else 1)'
	"$XFLATE" extract --tar "$v" >/dev/full 2>"$err"
	is "$?" 1 'standard output is full: 1'
	check 'and it says so' grep -q 'standard output: .*No space' "$err"
	timeout 60 "$XFLATE" extract --tar "$v" 2>"$err" | head -c 100 >/dev/null
	is "$(cat "$err")" '' 'a reader that goes away: quietly'
fi

# ---- damage ----

flip() { # FILE BYTE: one bit
	"$PYTHON" -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); b = f.read(1)[0]; f.seek(int(sys.argv[2])); f.write(bytes([b ^ 16]))' "$1" "$2"
}
cp "$bareos/vol-none" bad
flip bad 1500000
rm -rf x
run "$XFLATE" extract --json -C x bad
expect_status 3 'a flipped bit: 3'
is "$(find x -name '*.damaged' | wc -l)" 1 'one file is called damaged'
is "$(json 'd["results"]["damaged"], d["results"]["failed"], d["exit_status"], d["complete"]')" '(1, 0, 3, True)' 'JSON says so'
all_known bareos-tree x/srv/data/tree 'all others are as they were'
# Two blocks lost in the middle.
{
	head -c 200000 "$bareos/vol-nochecksum"
	tail -c +400000 "$bareos/vol-nochecksum"
} >bad
rm -rf x
run "$XFLATE" extract -C x bad
expect_status 3 'a hole in the volume: 3'
all_known bareos-tree x/srv/data/tree 'what is called by its name is as it was'
rm -rf x
run "$XFLATE" extract -C x "$bareos/vol-crashed"
expect_status 3 'a job that was cut off: 3'
is "$(find x -name '*.damaged' | wc -l)" 1 'the last file is damaged'
rm -rf x
run "$XFLATE" extract -C x "$bareos/vol-span-gzip6-1"
expect_status 3 'the first of two volumes: 3'
nothing_half x 'nothing half is left'
rm -rf x
run "$XFLATE" extract -C x "$bareos/vol-span-gzip6-2"
is "$status $(find x/lost+found -type f | wc -l)" '3 1' 'the second of two: data without a name are kept'

# ---- what its client encrypted ----

rm -rf x
run "$XFLATE" extract -C x "$bacula/pki-gzip6"
expect_status 4 'encrypted by its client: 4'
is "$(find x -type f -size +0 | wc -l)" 0 'no file of garbage'
says 'encrypted: /srv/src/tree' 'they are named'

# ---- ended in the middle ----

rm -rf x
mkfifo slow
ignored='' fresh "$XFLATE" extract -C x - <slow >"$out" 2>"$err" &
pid=$!
exec 3>slow
head -c 1200000 "$bareos/vol-none" >&3
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(find x -type f 2>/dev/null | wc -l)" -gt 3 ] && break
	sleep 0.3
done
kill -TERM $pid
sleep 0.3
exec 3>&-
wait $pid
is "$?" 143 'SIGTERM: ends by it'
nothing_half x 'SIGTERM: nothing half is left'
all_known bareos-tree x/srv/data/tree 'SIGTERM: each file is whole'
check 'SIGTERM: some were there' [ "$(wc -l <got)" -gt 3 ]
is "$(find x/srv/data/tree -type d -perm 700 | wc -l)" 0 'SIGTERM: folders have got their modes'
run "$XFLATE" extract -C x "$bareos/vol-none"
expect_status $all_well 'taken up again'
same_tree bareos-tree x/srv/data/tree 'as if nothing had been'

# ---- who is not root ----

if [ -n "$root" ] && command -v setpriv >/dev/null; then
	OUTSIDE=$work/out-side "$PYTHON" "$here/hostile.py" setuid suid
	mkdir -m 777 theirs
	chmod 755 "$work" "$work/here"
	"$XFLATE" extract -C theirs/root suid >"$out" 2>"$err"
	is "$(stat -c '%a %u' theirs/root/setuid)" '6755 0' 'root: setuid is restored'
	"$XFLATE" extract --no-same-owner -C theirs/mine suid >"$out" 2>"$err"
	is "$(stat -c %a theirs/mine/setuid)" 755 '--no-same-owner: it is not'
	cp "$XFLATE" theirs/xflate
	setpriv --reuid=65534 --regid=65534 --clear-groups theirs/xflate extract -C theirs/x suid >"$out" 2>"$err"
	is "$? $(stat -c '%a %u' theirs/x/setuid)" '0 755 65534' 'another user: neither owner nor setuid'
	check 'which is told' grep -q '2 without their setuid or setgid bit' "$out"
	OUTSIDE=/x "$PYTHON" "$here/hostile.py" no-rights closed
	setpriv --reuid=65534 --regid=65534 --clear-groups theirs/xflate extract -C theirs/closed closed >"$out" 2>"$err"
	is "$?" 0 'another user: folders without any right do not hinder'
	is "$(stat -c %a theirs/closed/closed)" 0 'and have none in the end'
	rm -rf theirs
else
	skip 'another user' 'not root, or no setpriv'
fi

# ---- volumes that want to get out: what becomes of some (scenario_hostile tries them all) ----

OUTSIDE=$work/outside
export OUTSIDE
mkdir hostile
"$PYTHON" "$here/hostile.py" --all hostile
rm -rf x
run "$XFLATE" extract -C x hostile/same-name
is "$(cat x/same)" third 'of one name in a job the last counts'
capability() { "$PYTHON" -c 'import os, sys; print(os.getxattr(sys.argv[1], "security.capability").hex())' "$1" 2>/dev/null; }
rm -rf x
run "$XFLATE" extract --no-same-owner -C x hostile/capabilities
is "$status $(capability x/capable)" '0 ' 'capabilities are not lent with --no-same-owner'
check 'which is told' grep -q '2 extended attributes that lend rights left out' "$out"
if [ -n "$root" ] && [ -n "$xattrs" ]; then
	rm -rf x
	run "$XFLATE" extract -C x hostile/capabilities
	is "$status $(capability x/capable | cut -c 1-16)" '0 0100000200040000' 'root: capabilities are restored, behind the owner that would clear them'
fi
rm -rf x
run "$XFLATE" extract -C x hostile/windows
expect_status 0 'files of Windows'
"$PYTHON" -c 'import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import mkvolume
sys.stdout.buffer.write(mkvolume.text(1, 5000))' "$here" >content
for n in 7 20 21 1000 100000; do
	check "files of Windows: content alone, records of $n bytes" cmp content "x/C/cut$n.txt"
done
is "$(stat -c %s x/C/sparse x/C/empty | tr '\n' ' ')$(stat -c %a x/C/empty)" '3145728 0 644' 'sparse and empty ones'
is "$(head -c 5 x/C/sparse)$(dd if=x/C/sparse bs=1 skip=1048576 count=6 2>/dev/null)" beginmiddle 'blocks at their places'
check 'what is left out is named' grep -q "Windows' security descriptors of 8 files: not restored; the first: C:/cut7.txt" "$out"
check 'and alternate streams' grep -q "Windows' alternate data streams of 5 files" "$out"
rm -rf x
run "$XFLATE" extract -C x hostile/odd-windows
is "$(find x/C -type f | wc -l)" "$(find x/C -name '*.damaged' | wc -l)" 'what is none is never called by its name'
rm -rf x
run "$XFLATE" extract -C x --devices hostile/devices
if [ -n "$root" ] && [ "$status" = 0 ]; then
	is "$(stat -c '%F %t:%T' x/null)" 'character special file 1:3' '--devices: they are made'
fi
rm -rf x
run "$XFLATE" extract -C x --devices hostile/fifo-then-file
expect_status 0 '--devices, and a file of a name of a fifo'
check 'nobody waited for a reader' test -f x/pipe

# ---- restore objects ----

rm -rf x
run "$XFLATE" extract -C x "$VOLUMES/made/good-objects"
check 'restore objects are left out, and named' grep -q 'stream 28 RESTORE_OBJECT of 5 files: not restored' "$out"
run "$XFLATE" extract --objects -C x "$VOLUMES/made/good-objects"
expect_status 0 '--objects'
is "$(cd x/restore-objects && stat -c '%n %s' -- * | tr '\n' ' ')" '1-object 3000 2-object 500 3-object 0 4-object 0 5-object 90 ' 'restore objects become files'
check 'inflated' "$PYTHON" -c 'import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import mkvolume
assert all(open("x/restore-objects/" + n, "rb").read() == mkvolume.text(*of) for n, of in (("1-object", (1, 3000)), ("5-object", (3, 90))))' "$here"
rm -rf x
run "$XFLATE" extract --objects -C x hostile/objects
expect_status 3 '--objects, damaged ones among them: 3'
is "$(find x -type f ! -path 'x/restore-objects/[0-9]*' -print0 | tr -cd '\000' | wc -c) $(find x/restore-objects -mindepth 2 | wc -l)" '1 0' 'none leads out of its folder, whatever it is called'
is "$(find x/restore-objects -type f -size 3000c -print0 | tr -cd '\000' | wc -c)" 7 'all that are whole are there'
check 'what comes behind is' test -s x/fine/file
# An address in a block whose checksum is wrong: the digest is right all the same, for it counts none.
"$PYTHON" - "$here" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as mk
unit = 4096
def make(name, place, at):
    p = mk.Packer(cap=unit + 300)
    s = mk.Session(p)
    content = mk.noise("places", 6 * unit)
    s.new(content, 6)
    p.flush()
    for k in range(0, len(content), unit):
        s.put(6, k.to_bytes(8, "big") + content[k:k + unit])
        p.flush()
    s.digest(content)
    blocks = [bytearray(b) for b in mk.lay("Vol", s.close())]
    blocks[2 + place][place_of:place_of + 8] = at.to_bytes(8, "big")
    with open(name, "wb") as f:
        f.write(b"".join(blocks))
place_of = 24 + 12
make("astray-far", 2, unit * 4096)
make("astray-back", 5, 0)
make("astray-on", 2, unit * 3)
make("astray-not", 2, unit * 2)
END
for v in far back on; do
	rm -rf x
	run "$XFLATE" extract -C x astray-$v
	expect_status 3 "an address that is wrong ($v): 3"
	check 'and the file is called damaged' test -e x/srv/job/file1.damaged -a ! -e x/srv/job/file1
done
rm -rf x
run "$XFLATE" extract -C x astray-not
expect_status 0 'addresses that are right: 0'
"$PYTHON" - <<'END'
with open("astray-not", "r+b") as f:
    d = f.read()
    at = d.index(b"BB02", d.index(b"BB02", d.index(b"BB02") + 1) + 1) - 12
    f.seek(at)
    f.write(bytes([d[at] ^ 1]))
END
rm -rf x
run "$XFLATE" extract -C x astray-not
expect_status 3 'a checksum alone that is wrong: 3'
check 'and the file, whose digest is right, is not' test -e x/srv/job/file1

done_testing
