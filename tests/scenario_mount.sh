#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# mount: what is seen is what was backed up (tests/trees), to every tool; what is damaged ends in an error where it is and nowhere else; hostile
# names, volumes that change, mount points that are none.  FUSE_REQUIRED=1: without /dev/fuse it fails, else it is skipped.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

m=$work/m
mkdir "$m"
release() {
	fusermount3 -q -u "$m" 2>/dev/null || umount -l "$m" 2>/dev/null
	waited=0
	while [ $waited -lt 100 ] && grep -q " $m fuse" /proc/mounts; do
		sleep 0.05
		waited=$((waited + 1))
	done
}
cleanup() {
	cd /
	release
	chmod -R u+rwx "$work/here" 2>/dev/null
	rm -rf "$work"
}

without() {
	if [ -n "${FUSE_REQUIRED:-}" ]; then
		not_ok "mount: $1"
	else
		skip 'everything about mount' "$1"
	fi
	done_testing
	exit
}
run "$XFLATE" mount "$VOLUMES/bareos/vol-gzip6" "$m"
release
! grep -q 'built without' "$err" || without "$(cat "$err")"
[ "$status" = 0 ] || [ -w /dev/fuse ] || without 'there is no /dev/fuse, or no right to it'
[ "$status" = 0 ] || command -v fusermount3 >/dev/null || without 'no fusermount3 here'

bareos=$VOLUMES/bareos
bacula=$VOLUMES/bacula
key_of() { printf '%s' "xflate-fixture:$1" | openssl dgst -sha512 -binary | head -c "${2:-64}"; }

# up WANTED TEXT ARGUMENT...: mounted, with this exit status
up() {
	release
	wanted_status=$1 text=$2
	shift 2
	run "$XFLATE" mount "$@" "$m"
	expect_status "$wanted_status" "$text: mounted"
}
list() { "$PYTHON" "$here/treelist.py" "$1"; }
same_tree() { # TREE FOLDER TEXT
	list "$2" >got
	check "$3" diff "$here/trees/$1" got || diff "$here/trees/$1" got | head -n 6 | cut -c 1-200 | sed 's/^/# /'
}
only_job() { find "$m" -mindepth 1 -maxdepth 1 ! -name by-time | sort | head -n 1; }

# pages GOOD: reads each file below the mounted folder $1 page by page in a seeded order and compares with the same below GOOD.  Prints "pages
# files": of those that end in an error.  Fails where anything else differs.
cat >pages.py <<'END'
import os, random, sys
seen, good = (os.fsencode(a) for a in sys.argv[1:3])
page, bad, files = 4096, 0, set()
random.seed(15)
for where, _, names in os.walk(good):
    for name in sorted(names):
        path = os.path.join(where, name)
        other = os.path.join(seen, os.path.relpath(path, good))
        if not os.path.isfile(path) or os.path.islink(path):
            continue
        whole = open(path, "rb").read()
        try:
            fd = os.open(other, os.O_RDONLY)
        except OSError:
            files.add(other)
            continue
        assert os.fstat(fd).st_size == len(whole), (other, "size", os.fstat(fd).st_size, len(whole))
        places = list(range(0, len(whole), page))
        random.shuffle(places)
        for at in places:
            try:
                got = os.pread(fd, page, at)
            except OSError:
                bad += 1
                files.add(other)
                continue
            assert got == whole[at:at + page], (other, at)
        os.close(fd)
print(bad, len(files))
END
pages() { timeout 120 "$PYTHON" pages.py "$1" "$2"; }

# Asks each folder below $1 for what comes behind any place: fails if it then gives a name that is not in it.
cat >places.py <<'END'
import os, sys
places = [n << 32 for n in range(5)] + [(3 << 32) + n for n in range(1, 300)] + [(4 << 32) + n for n in range(1, 50)]
def ask(folder):
    fd = os.open(folder, os.O_RDONLY)
    got = set()
    for place in places:
        os.lseek(fd, place, os.SEEK_SET)
        try:
            got.update(os.listdir(fd))
        except OSError:
            pass
    os.close(fd)
    names = os.listdir(folder)
    assert got <= set(names), (folder, got - set(names))
    for path in (os.path.join(folder, n) for n in names):
        if os.path.isdir(path) and not os.path.islink(path):
            ask(path)
ask(sys.argv[1])
END
places() { timeout 120 "$PYTHON" places.py "$1"; }

# ---- every kind of volume against its tree ----

seen_as() { # NAME TREE BELOW ARGUMENT...
	name=$1 tree=$2 below=$3
	shift 3
	up 0 "$name" "$@"
	same_tree "$tree" "$(only_job)/$below" "$name: as its source"
}
for v in none gzip6 lz4hc lzfast lzo nochecksum; do
	seen_as "bareos $v" bareos-tree srv/data/tree "$bareos/vol-$v"
done
seen_as 'a set' bareos-tree srv/data/tree "$bareos/vol-span-gzip6-1" "$bareos/vol-span-gzip6-2"
for v in sparse-gzip6 sparse-lz4; do
	seen_as "bareos $v" bareos-sparse srv/data/sparse "$bareos/vol-$v"
done
seen_as 'addresses that Bareos stored twice' bareos-sparse srv/data/sparse "$bareos/vol-ax-sparse-lz4"
for v in plain-none-sparse plain-gzip1-sparse plain-lzo-sparse plain-zstd3 plain-zstd1-sparse plain-xxh3-128 small-lzo nosum-gzip6 encnull-gzip6; do
	seen_as "bacula $v" bacula-tree srv/src/tree "$bacula/$v"
done
for v in enc256-spoolseg strong256-gzip6; do
	key_of $v >key
	seen_as "encrypted: $v" bacula-tree srv/src/tree --key key "$bacula/$v"
done
key_of enc128-gzip6-sparse 32 >key
seen_as 'encrypted: 128 bits' bacula-tree srv/src/tree --key key "$bacula/enc128-gzip6-sparse"
release
run "$XFLATE" mount "$bacula/enc128-gzip6-sparse" "$m"
expect_status 4 'without its key: 4'

# ---- to every tool ----

# made FOLDER ARGUMENT...: what extract makes, in a new folder
made() {
	rm -rf "$1"
	made_in=$1
	shift
	"$XFLATE" -qq extract --devices -C "$made_in" "$@" >/dev/null 2>&1
}
made good "$bareos/vol-gzip6"
up 0 'for tools' "$bareos/vol-gzip6"
job=$(only_job)
check 'ls -lR' sh -c 'ls -lR "$1" >ls' - "$m"
check 'find' sh -c 'find "$1" -type f -size +0 -newermt 2000-01-01 >found' - "$m"
# diff says of two fifos that they are fifos.
same() {
	diff -r --no-dereference "$1" "$2" >differ 2>&1
	! grep -v ' is a fifo while file .* is a fifo$' differ
}
check 'diff -r with what extract makes' same good "$job"
check 'cp -a' cp -a "$job/srv/data/tree" copied
list copied >got
check 'and it is the source' diff "$here/trees/bareos-tree" got
check 'tar' sh -c 'tar --acls --xattrs -C "$1" -cf archive tree' - "$job/srv/data"
mkdir unpacked
tar --acls --xattrs --xattrs-include='*' -xpf archive -C unpacked
list unpacked/tree >got
check 'what it packed is the source' diff "$here/trees/bareos-tree" got
check 'rsync' rsync -aHAX "$job/srv/data/tree/" synced
list synced >got
check 'and it is the source' diff "$here/trees/bareos-tree" got
is "$(pages "$job" good)" '0 0' 'pages of all files in any order'
first=$(find "$job" -type f -links +1 | head -n 1)
is "$(find "$job" -samefile "$first" | wc -l)" "$(stat -c %h "$first")" 'hard links are one file'
check 'folders give their own names, wherever it is sought in them' places "$m"
fails 'nothing can be written' sh -c ': >"$1/new"' - "$m"
fails 'or removed' rm -f "$first"
# Many at once.
readers=
for i in 1 2 3 4 5 6 7 8; do
	(cd "$job" && find . -type f -exec cat {} + | sha256sum) >sum.$i &
	readers="$readers $!"
done
# shellcheck disable=SC2086 # several
wait $readers
is "$(cat sum.? | sort -u | wc -l)" 1 'eight readers at once read the same'
is "$(cat sum.1)" "$(cd "$job" && find . -type f -print0 | (cd "$work/here/good" && xargs -0 cat) | sha256sum)" 'and it is right'

# ---- several jobs; those that are called alike ----

up 0 'several jobs' "$bareos/vol-multi"
is "$("$XFLATE" list "$bareos/vol-multi" | grep -c '^job ')" "$(find "$m" -mindepth 1 -maxdepth 1 -name 'J*' | wc -l)" 'a folder for each'
for j in 50 51 52; do
	name=$("$XFLATE" list "$bareos/vol-multi" | sed -n "s/^job $j (\\([^)]*\\)).*/\\1/p")
	made x --job $j "$bareos/vol-multi"
	check "interleaved jobs: $j is what extract makes" same x "$m/${name:-none}"
done
cp "$bareos/vol-gzip6" again
"$PYTHON" - again <<'END'
import sys, zlib, struct
# Another session of the same job, as a copy is: each block gets another session time.
d = bytearray(open(sys.argv[1], "rb").read())
at = 0
while at + 24 <= len(d):
    n = struct.unpack(">I", d[at + 4:at + 8])[0]
    if at > 0:
        d[at + 20:at + 24] = struct.pack(">I", struct.unpack(">I", d[at + 20:at + 24])[0] + 1)
    d[at:at + 4] = struct.pack(">I", zlib.crc32(bytes(d[at + 4:at + n])))
    at += n
open(sys.argv[1], "wb").write(d)
END
cat "$bareos/vol-gzip6" >both
tail -c +"$(($("$PYTHON" -c 'import struct; print(struct.unpack(">I", open("again", "rb").read(8)[4:])[0])') + 1))" again >>both
up 0 'two jobs that are called alike' both
is "$(find "$m" -mindepth 1 -maxdepth 1 -name 'J*' | sed 's|.*/||' | sed 's/[0-9]/N/g' | sort | tr '\n' ' ')" \
	'J-gzipN.NNNN-NN-NN_NN.NN.NN_NN J-gzipN.NNNN-NN-NN_NN.NN.NN_NN@N-NNNNNNNNNN ' 'the second tells its session'
check 'and both are there' same "$m"/J*_08 "$m"/J*@*

# ---- damage ----

flip() { # FILE BYTE: one bit
	"$PYTHON" -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); b = f.read(1)[0]; f.seek(int(sys.argv[2])); f.write(bytes([b ^ 16]))' "$1" "$2"
}
made good "$bacula/plain-none-sparse"
damaged() { # TEXT AT_MOST_PAGES AT_MOST_FILES VOLUME
	up 3 "$1" "$4"
	pages "$(only_job)" good >said 2>"$err"
	read -r hurt files <said || hurt=0
	check "$1: an error where it is damaged, and nothing wrong anywhere ($hurt pages, $files files)" \
		[ "$hurt" -gt 0 -a "$hurt" -le "$2" -a "$files" -le "$3" ] || show "$err"
}
cp "$bacula/plain-none-sparse" bad
flip bad 300000
damaged 'a flipped bit' 40 2 bad
# A block that is no block any more: what is behind it is aligned to the end of its file.
cp "$bacula/plain-none-sparse" bad
"$PYTHON" - bad 300000 <<'END'
import struct, sys
d = bytearray(open(sys.argv[1], "rb").read())
at = 0
while True:
    n = struct.unpack(">I", d[at + 4:at + 8])[0]
    if at <= int(sys.argv[2]) < at + n:
        break
    at += n
d[at:at + n] = bytes(n)
open(sys.argv[1], "wb").write(d)
END
damaged 'a lost block' 40 2 bad
# A block that names another session: the rest of a sparse file, and its digest, are lost with it.
cp "$bacula/plain-none-sparse" bad
"$PYTHON" - bad <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(838926)
    f.write(b"\xfe\x01\x02\x03")
END
damaged 'a block that names another session' 60 24 bad
# Zeros over a header of a record: what is behind it is not where it would be counted to.
made good "$bareos/vol-none"
cp "$bareos/vol-none" bad
"$PYTHON" - bad <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(714166)
    f.write(bytes(83324))
END
damaged 'a header of a record under zeros' 367 1 bad
# What stat said is from before the file was read: it tells nothing of what is lost.
"$PYTHON" - "$here" <<'END'
import os, sys
sys.path.insert(0, sys.argv[1])
import mkvolume as mk
unit = 65536
def make(name, said, read, lost, stream=2):
    p = mk.Packer(cap=unit + 300)
    s = mk.Session(p)
    content = mk.noise(name, read * unit)
    s.fi += 1
    s.put(1, mk.attributes(1, "/srv/job/file1", said * unit, stream))
    p.flush()
    for at in range(0, len(content), unit):
        s.put(stream, content[at:at + unit])
        p.flush()
    s.digest(content)
    blocks = mk.lay("Vol", s.close())
    os.makedirs("changed", exist_ok=True)
    with open("changed/%s" % name, "wb") as f:
        f.write(b"".join(blocks))
    with open("changed/%s.bad" % name, "wb") as f:
        f.write(b"".join(bytes(len(b)) if i - 2 in lost else b for i, b in enumerate(blocks)))
make("shrunk", 10, 8, (3,))
make("grown", 8, 10, (3, 4, 5))
END
cat >units.py <<'END'
import os, sys
whole = open(sys.argv[2], "rb").read()
fd, said = os.open(sys.argv[1], os.O_RDONLY), ""
for at in range(0, os.fstat(fd).st_size, 65536):
    try:
        got = os.pread(fd, 4096, at)
    except OSError:
        said += "-"
        continue
    said += "+" if got == whole[at:at + 4096] else "WRONG"
print(said)
END
units() { "$PYTHON" units.py "$(only_job)/srv/job/file1" good/srv/job/file1; }
made good changed/shrunk
up 3 'a file that had become shorter' changed/shrunk.bad
is "$(units)" '+++-------' 'a file that had become shorter while it was read: nothing behind the loss'
made good changed/grown
up 3 'a file that had grown' changed/grown.bad
is "$(units)" '+++-----' 'a file that had grown: nothing behind the loss'
cp changed/grown v
run "$XFLATE" find --index lengths --update v
"$PYTHON" - v changed/grown.bad <<'END'
import os, sys
st = os.stat(sys.argv[1])
with open(sys.argv[1], "r+b") as f:
    f.write(open(sys.argv[2], "rb").read())
os.utime(sys.argv[1], ns=(st.st_atime_ns, st.st_mtime_ns))
END
up 0 'an index from before the loss' --index lengths
is "$(units)" '+++---++++' 'an index that has proved it knows its length: what is behind the loss is there'
up 0 'a job that was cut off' "$bareos/vol-crashed"
fails 'its last file ends in an error' sh -c 'find "$1" -type f -exec cat {} + >/dev/null' - "$m"
release
# ---- hostile names ----

OUTSIDE=$work/outside
export OUTSIDE
mkdir "$OUTSIDE" hostile
"$PYTHON" "$here/hostile.py" --all hostile
: >odd
for v in hostile/*; do
	release
	run "$XFLATE" mount "$v" "$m"
	if ! { [ "$status" = 0 ] || [ "$status" = 3 ]; }; then
		echo "$v: exit status $status: $(head -n 1 "$err")" >>odd
		continue
	fi
	j=$(only_job)
	timeout 60 find "$m" >all 2>"$err" || echo "$v: find: $(head -n 1 "$err")" >>odd
	[ "$(cat "$j/fine/file")" = 'what is fine' ] || echo "$v: what is fine is not there" >>odd
	! find "$m" -name '..' | grep -q . || echo "$v: .." >>odd
	# Some say that they are 2^60 bytes long.
	timeout 60 find "$j" -type f -size -2048k -exec cat {} + >/dev/null 2>&1
	[ $? != 124 ] || echo "$v: reading does not end" >>odd
done
is "$(cat odd)" '' "$(find hostile -type f | wc -l) hostile volumes: all can be looked at, and what is fine is there"
is "$(find "$OUTSIDE" -mindepth 1 | wc -l)" 0 'and nothing is outside'
release
run "$XFLATE" mount hostile/climbs "$m"
check 'a name that climbs is shown harmless' sh -c 'find "$1" -path "*%2E%2E*" | grep -q new' - "$m"
release
run "$XFLATE" mount -f hostile/no-such "$m"
expect_status 1 'a volume that is not there: 1'

# ---- what its client encrypted ----

up 0 'encrypted by its client' "$bacula/pki-gzip6"
file=$(find "$m" -type f -size +0 | head -n 1)
fails 'it cannot be opened' cat "$file"
check 'for want of permission' sh -c 'cat "$1" 2>&1 | grep -q "Permission denied"' - "$file"
is "$(find "$(only_job)" -type l | wc -l | tr -d ' ')" "$(grep -c ' link ' "$here/trees/bacula-tree")" 'what is not content is there'

# ---- and decrypted ----

pki=$here/pki
umask 077
for key in client master stranger; do cp "$pki/$key.pem" .; done
openssl x509 -in client.pem -out client.cert 2>/dev/null
openssl pkey -in client.pem -out client.key 2>/dev/null
openssl pkcs8 -topk8 -in client.key -v2 aes256 -passout pass:'a pass phrase' -out pkcs8.pem
printf 'a pass phrase\n' >phrase
umask 022
for set in aes256-gzip-0004 aes192-lzo-0005 'span-0002 span-0003' aes128-nosum-0006 signed-only-0007; do
	list=$(for v in $set; do echo "$pki/fdpki-$v"; done)
	rm -rf opened db
	# shellcheck disable=SC2086 # a list of files
	{
		"$XFLATE" extract -qq -C opened --pki-key client.pem $list >/dev/null
		up 0 "${set%-*}: with the client's key" --pki-key client.pem $list
		check "${set%-*}: as extract has it" diff -r --no-dereference opened "$(only_job)"
		"$XFLATE" find -q --index db --update $list
	}
	up 0 "${set%-*}: by an index" --pki-key client.pem --index db
	check "${set%-*}: by an index that was made without the key" diff -r --no-dereference opened "$(only_job)"
done
v=$pki/fdpki-aes256-gzip-0004
up 0 'with a master key' --pki-key master.pem "$v"
check 'with a master key: the same' diff -r --no-dereference opened/tmp "$(only_job)/tmp"
up 0 'by the time' --pki-key pkcs8.pem --pki-passphrase phrase "$v"
check 'as of its time, with a pass phrase: the same' sh -c 'diff -r --no-dereference opened/tmp "$1"/by-time/*/*/*/tmp' - "$m"
up 0 'with another key' --pki-key stranger.pem "$v"
file=$(find "$m" -type f -size +0 | head -n 1)
check 'with another key: permission denied' sh -c 'cat "$1" 2>&1 | grep -q "Permission denied"' - "$file"
check 'empty files can be read all the same' sh -c 'cat "$(find "$1" -type f -size 0 -name "empty*" | head -n 1)"' - "$m"
release
run "$XFLATE" mount --pki-key pkcs8.pem "$v" "$m"
expect_status 4 'a protected key without its pass phrase: 4'
run "$XFLATE" mount --pki-passphrase phrase "$v" "$m"
expect_status 2 'a pass phrase for nothing: 2'
run "$XFLATE" mount --pki-key client.cert "$v" "$m"
expect_status 4 'a certificate for a key: 4'
"$XFLATE" mount -f --pki-key stranger.pem "$v" "$m" 2>"$err" &
mounter=$!
waited=0
while [ $waited -lt 100 ] && ! grep -q " $m fuse" /proc/mounts; do
	sleep 0.05
	waited=$((waited + 1))
done
cat "$(find "$m" -type f -size +0 | head -n 1)" >/dev/null 2>&1
kill "$mounter"
wait "$mounter" 2>/dev/null
says 'its client encrypted it, and none of the keys given is one that it was encrypted for: key [0-9a-f]{20}\.\.\.' 'for whom it is encrypted is told'

mkdir locked
check 'volumes of every cipher and form' "$PYTHON" "$here/pkivolumes.py" --all locked
"$PYTHON" "$here/pkivolumes.py" --list >list
tab=$(printf '\t')
while IFS=$tab read -r name extracts what; do
	# Forks are not ours to read; extract gives the rest, and says so.
	[ "$name" != good-fork ] || continue
	rm -rf opened db
	"$XFLATE" extract -qq -C opened --pki-key client.pem "locked/$name" >/dev/null 2>&1
	"$XFLATE" find -qq --index db --update "locked/$name" 2>/dev/null
	for from in "locked/$name" '--index db'; do
		release
		# shellcheck disable=SC2086 # options
		"$XFLATE" mount -qq --pki-key client.pem $from "$m" 2>"$err"
		timeout 60 "$PYTHON" "$here/pkimount.py" "$(only_job)" "locked/$name.d" opened >told 2>&1
		status=$?
		case $name in
		# The whole content came, and its digest and its signature prove it: only what stands behind it is none.
		bad-packet-cut | bad-two-sessions) grep -v '^only here: victim$' told >rest ;;
		*) cp told rest ;;
		esac
		if [ $status = 0 ] && [ ! -s rest ]; then
			ok "$name, $from: $what: as extract has it ($extracts)"
		else
			not_ok "$name, $from: $what: as extract has it ($extracts)"
			show told "$err"
		fi
	done
done <list
release
for name in bad-forged bad-signature bad-garbled; do
	rm -f db
	"$XFLATE" find -qq --index db --update "locked/$name" 2>/dev/null
	up 0 "$name, without a key of it" --index db --pki-cert client.cert
	fails "$name: with the certificate alone nothing is opened" cat "$(only_job)/victim"
	up 0 "$name" --index db --pki-key client.pem
	fails "$name: who reads all of it is told" cat "$(only_job)/victim"
done
rm -rf opened db

# ---- volumes that change ----

made good "$bareos/vol-gzip6"
cp "$bareos/vol-gzip6" v
up 0 'a volume that goes away' v
mv v w
fails 'an error' sh -c 'find "$1" -type f -exec cat {} + >/dev/null' - "$m"
mv w v
check 'and when it is back it is read again' same good "$(only_job)"
up 0 'a volume that becomes another one' v
cp "$bareos/vol-lzo" v
check 'no wrong byte' sh -c 'cd good && find . -type f | while read -r f; do
	cat "$1/$f" >"$2/byte" 2>/dev/null && ! cmp -s "$f" "$2/byte" && exit 1; done; exit 0' - "$(only_job)" "$work"
fails 'but errors' sh -c 'find "$1" -type f -exec cat {} + >/dev/null' - "$m"
cp "$bareos/vol-gzip6" v
up 0 'a volume that is converted in place' v
"$XFLATE" -qq filter --in-place -d lz4 v >/dev/null 2>&1
check 'no wrong byte' sh -c 'cd good && find . -type f | while read -r f; do
	cat "$1/$f" >"$2/byte" 2>/dev/null && ! cmp -s "$f" "$2/byte" && exit 1; done; exit 0' - "$(only_job)" "$work"
cp "$bareos/vol-gzip6" v
up 0 'a volume that grows' v
head -c 30000 /dev/zero >>v
is "$(pages "$(only_job)" good)" '0 0' 'what it had is there'

# What was read and proved, and is damaged then: past the kernel's memory, and past ours.
"$PYTHON" - "$here" v <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as mk
p = mk.Packer(cap=65536 + 300)
s = mk.Session(p)
content = mk.noise("later", 40 * 65536)
s.new(content)
p.flush()
for at in range(0, len(content), 65536):
    s.put(2, content[at:at + 65536])
    p.flush()
s.digest(content)
with open(sys.argv[2], "wb") as f:
    f.write(mk.whole("Vol", s.close()))
END
up 0 'a volume that is damaged later' v
is "$("$PYTHON" - v "$(only_job)/srv/job/file1" <<'END'
import mmap, os, sys
fd = os.open(sys.argv[2], os.O_RDONLY | os.O_DIRECT)
buf = mmap.mmap(-1, 65536)
good = b""
while True:
    n = os.preadv(fd, [buf], len(good))
    if n == 0:
        break
    good += buf[:n]
with open(sys.argv[1], "r+b") as f:
    whole = f.read()
    at = whole.index(good[131072 + 700:131072 + 800])
    f.seek(at)
    f.write(bytes([whole[at] ^ 4]))
try:
    n = os.preadv(fd, [buf], 131072)
    print(len(good), "right" if buf[:n] == good[131072:131072 + n] else "WRONG")
except OSError as e:
    print(len(good), e.strerror)
END
)" '2621440 Input/output error' 'a record that is damaged when it is read again is an error'

# ---- the state of a fileset at a time ----

cat >chain.py <<'END'
import os, sys
sys.path.insert(0, sys.argv[1])
import chains
chains.World(int(sys.argv[2]), sys.argv[3])
END
# What is of folders' times is what was there last, in either.
dated() { list "$1" | sed "s/ folder \([0-9]* [0-9:]* -\) [0-9]*/ folder \1/"; }
states=0 other=0 strange=0
for seed in 1 2 3 15 19 27; do
	rm -rf chain
	mkdir chain
	"$PYTHON" chain.py "$here" $seed chain
	release
	run "$XFLATE" mount chain/* "$m"
	places "$m/by-time" || strange=$((strange + 1))
	for door in "$m"/by-time/*/*/*; do
		states=$((states + 1))
		fileset=${door%/*}
		client=${fileset%/*}
		when=$(echo "${door##*/}" | sed 's/_/ /; s/\./:/g')
		rm -rf x
		"$XFLATE" -qq extract --devices --as-of "$when" --client "${client##*/}" --fileset "${fileset##*/}" -C x chain/* >/dev/null 2>&1
		dated x >wanted
		dated "$door" >got
		if ! [ -s wanted ] || ! diff wanted got >differ; then
			other=$((other + 1))
			echo "# seed $seed, $when: $(head -n 2 differ | tail -n 1)"
		fi
	done
done
[ $states -gt 15 ]
is "$? $other" '0 0' "by-time: $states states of chains of jobs are what extract --as-of makes"
is $strange 0 'and their folders give their own names, wherever it is sought in them'

# ---- files of Windows ----

release
run "$XFLATE" mount hostile/windows "$m"
made x hostile/windows
check 'files of Windows are what extract makes of them' same x "$(only_job)"

# ---- where it goes ----

release
run "$XFLATE" mount "$bareos/vol-gzip6" "$work/none"
refused 1 'a folder that is not there'
: >plain
run "$XFLATE" mount "$bareos/vol-gzip6" plain
refused 1 'no folder'
mkdir -p full/x
run "$XFLATE" mount "$bareos/vol-gzip6" full
refused 1 'a folder that is not empty'
blind=
[ "$(id -u)" != 0 ] || blind='setpriv --bounding-set=-dac_override,-dac_read_search'
if [ -z "$blind" ] || command -v setpriv >/dev/null; then
	mkdir closed
	: >closed/file
	chmod 300 closed
	# shellcheck disable=SC2086 # several words
	run $blind "$XFLATE" mount "$bareos/vol-gzip6" closed
	refused 1 'a folder of which nobody can tell that it is empty'
	says 'cannot be looked into' 'and it says so'
else
	skip 'a folder of which nobody can tell that it is empty' 'no setpriv here'
fi
up 0 'a folder' "$bareos/vol-gzip6"
run "$XFLATE" mount "$bareos/vol-gzip6" "$m"
refused 1 'something is mounted there already'
release
run "$XFLATE" mount "$m"
refused 2 'no volume'
run "$XFLATE" mount
refused 2 'nothing at all'
run "$XFLATE" mount - "$m"
refused 2 'standard input cannot be mounted'
mkfifo pipe
run "$XFLATE" mount pipe "$m"
refused 2 'nor can a pipe'

# ---- its end ----

ends() { # SIGNAL
	(fresh "$XFLATE" mount -f "$bareos/vol-gzip6" "$m") >"$out" 2>"$err" &
	mounting=$!
	waited=0
	while [ $waited -lt 200 ] && ! grep -q " $m fuse" /proc/mounts; do
		sleep 0.05
		waited=$((waited + 1))
	done
	check "-f: it is there" test -d "$(only_job)/srv"
	kill -"$1" "$mounting"
	wait "$mounting"
	is "$?" "$2" "SIG$1 ends it"
	fails 'and it is unmounted' grep -q " $m fuse" /proc/mounts
}
ends TERM 143
ends INT 130
(fresh "$XFLATE" mount -f -T1 "$bareos/vol-gzip6" "$m") >"$out" 2>"$err" &
mounting=$!
waited=0
while [ $waited -lt 200 ] && ! grep -q " $m fuse" /proc/mounts; do
	sleep 0.05
	waited=$((waited + 1))
done
same_tree bareos-tree "$(only_job)/srv/data/tree" 'one thread'
release
wait "$mounting"
is "$?" 0 'unmounted by others: 0'

# ---- an index ----

run "$XFLATE" find --index db --update "$bareos/vol-gzip6" "$bacula/plain-zstd3" "$bareos/vol-multi"
up 0 'an index' --index db
same_tree bareos-tree "$m"/J-gzip6*/srv/data/tree 'an index: one volume of it'
check 'and another' test -d "$(find "$m" -path '*/srv/src/tree' | head -n 1)"
up 0 'an index, and a volume' --index db "$bareos/vol-lzo"
same_tree bareos-tree "$m"/J-lzo*/srv/data/tree 'the volume is there, too'
run "$XFLATE" mount --index no-such "$m"
expect_status 1 'an index that is not there: 1'

release
done_testing
