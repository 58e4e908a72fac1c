#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# mktree.sh FOLDER SEED - a source tree: every kind of file that a backup record can hold.
#
# The same SEED gives the same bytes. Prints one line for each thing the file system did not take.
set -eu

for tool in perl setfattr setfacl; do
	command -v "$tool" >/dev/null || { echo "mktree.sh: $tool is missing" >&2; exit 1; }
done
root=$1
seed=$2
mkdir -p "$root"
cd "$root"

# Incompressible bytes: noise COUNT SALT.
noise() {
	perl -e 'srand($ARGV[1]); my $n = $ARGV[0]; while ($n > 0) { my $k = $n > 65536 ? 65536 : $n;
		print pack("C*", map { int rand 256 } 1 .. $k); $n -= $k }' "$1" "$seed$2"
}

# Compressible text: prose COUNT SALT.
prose() {
	perl -e 'srand($ARGV[1]); my @w = qw(volume block record label session stream payload catalog digest
		tape mark restore director storage daemon inflate deflate); my $n = $ARGV[0]; my $s = "";
		while (length $s < $n) { $s .= $w[rand @w] . (rand(9) < 1 ? ".\n" : " ") }
		print substr $s, 0, $n' "$1" "$seed$2"
}

# Structured binary: 16-byte rows that count up.
table() { perl -e 'print pack("NNnnN", $_, $_ * 7, $_ & 255, 0, 0xdeadbeef) for 1 .. $ARGV[0]' "$1"; }

mkdir -p kinds sizes sparse links empty-dir
: >kinds/empty
printf x >kinds/one-byte
prose 3000 1 >kinds/text
prose 300000 2 >kinds/prose
table 40000 >kinds/table.bin
noise 200000 3 >kinds/noise.bin
noise 1500000 4 >kinds/big-noise.bin
prose 3500000 5 >kinds/big-prose.txt
{ prose 60000 6; noise 60000 7; head -c 200000 /dev/zero; table 5000; noise 40000 8; } >kinds/mixed.bin
head -c 70000 /dev/zero >kinds/zeros
mkfifo kinds/fifo

# The file daemon reads 65536 bytes at a time: one less, exactly, one more, and two of them.
for n in 65535 65536 65537 131072 131073; do prose "$n" "$n" >"sizes/prose-$n"; done
for n in 65535 65536 65537; do noise "$n" "$n" >"sizes/noise-$n"; done

# Holes: between islands (aligned and not), at the start, at the end, nothing but a hole.
put() { dd of="$1" bs=4096 seek="$2" conv=notrunc status=none; }
truncate -s 4000000 sparse/islands
prose 5000 11 | put sparse/islands 0
noise 70000 12 | put sparse/islands 200
prose 90000 13 | put sparse/islands 700
truncate -s 2000000 sparse/head-hole
prose 20000 14 | put sparse/head-hole 480
truncate -s 2000001 sparse/tail-hole
noise 20000 15 | put sparse/tail-hole 0
truncate -s 1048576 sparse/all-hole

prose 5000 21 >links/first
ln links/first links/second
ln links/first kinds/third
noise 70000 22 >links/pair-a
ln links/pair-a links/pair-b
ln -s first links/valid
ln -s ../kinds links/to-dir
ln -s nowhere/at/all links/dangling

deep=deep
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do deep=$deep/level-$n-down; done
mkdir -p "$deep"
prose 2000 31 >"$deep/bottom"
prose 100 32 >"$deep/$(printf 'n%.0s' $(seq 200))"
mkdir names
prose 500 33 >"names/$(printf 'gr\303\274\303\237e \342\202\254 \346\274\242\345\255\227')"
prose 500 34 >"names/two  spaces and 'quotes'"

mkdir modes
modes='0400 0644 0755 4755 2711'
[ "$(id -u)" != 0 ] || modes="$modes 0000" # which only root can read
for mode in $modes; do
	prose 700 "4$mode" >"modes/$mode"
	chmod "$mode" "modes/$mode"
done
mkdir modes/sticky && chmod 1777 modes/sticky
if [ "$(id -u)" = 0 ]; then
	prose 600 51 >modes/other-owner && chown 1234:4321 modes/other-owner
	ln -s 0644 modes/other-link && chown -h 1234:4321 modes/other-link
else
	echo owners
fi

mkdir acl
prose 800 61 >acl/attr
prose 800 62 >acl/acl
{ setfattr -n user.comment -v 'some words' acl/attr &&
	setfattr -n user.binary -v 0x00ff10807f acl/attr &&
	setfattr -n user.dir -v d acl; } 2>/dev/null || echo xattr
{ setfacl -m u:1234:r--,g:4321:rw- acl/acl && setfacl -m u:1234:r-x,d:u:1234:rwx acl; } 2>/dev/null || echo acl

# Whole seconds, as the peer keeps no more; folders last and from below.
n=0
find . -depth | LC_ALL=C sort -r | while IFS= read -r path; do
	n=$((n + 1))
	touch -h -d "@$((900000000 + n * 86399))" "$path"
done
