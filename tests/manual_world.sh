#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# manual_world.sh FOLDER - makes the folder in which the examples of the manual are run: real volumes, and a few of the makers, under the
# names that the manual uses.  $XFLATE is the program, $PYTHON runs what makes volumes.
#
#   Full-0001, Full-0002, Long-0001 + Long-0002   Bareos: two jobs; one; one that goes on on the second volume
#   Zstd-0001            Bacula, records in ZSTD
#   Bad-0001             Bareos, three jobs; a few bytes of it are wrong
#   Vault-0001           encrypted by Bacula; vault.key opens it
#   Client-0001          of a client of Bacula that encrypts; client.pem has its key
#   week/Web-0001..3     a full and two incremental jobs of a web server
#   site/Site-0001       of a site: its files, and two saves of its catalog
#   kek, keys.cryptoc    a Key Encryption Key, and the crypto cache of a storage daemon with three keys that it wraps
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-python3}
mkdir -p "$1"
cd "$1"
take() { # NAME OF-WHAT
	case $2 in
	*.xz) xz -dc "$here/volumes/$2" >"$1" ;;
	*) cp "$here/volumes/$2" "$1" ;;
	esac
}
# called OLD=NEW...: volumes with another name in their labels; the files are made by the program itself
called() {
	options=
	old=
	for pair; do
		options="$options --rename $pair"
		old="$old ${pair%=*}"
	done
	mkdir made
	# shellcheck disable=SC2086 # words
	"$XFLATE" -q $options -o made/ $old
	mv made/* .
	rmdir made
	# shellcheck disable=SC2086 # words
	rm $old
}
umask 022
take vol-append bareos/vol-append.xz
called vol-append=Full-0001
take vol-gzip6 bareos/vol-gzip6
called vol-gzip6=Full-0002
take vol-span-gzip6-1 bareos/vol-span-gzip6-1
take vol-span-gzip6-2 bareos/vol-span-gzip6-2
called vol-span-gzip6-1=Long-0001 vol-span-gzip6-2=Long-0002
take plain-zstd3 bacula/plain-zstd3
called plain-zstd3=Zstd-0001
take vol-multi bareos/vol-multi.xz
called vol-multi=Bad-0001
printf 'torn' | dd of=Bad-0001 bs=1 seek=900000 conv=notrunc 2>/dev/null
take Vault-0001 bacula/enc256-append.xz
cp "$here/pki/fdpki-aes256-gzip-0004" Client-0001
"$PYTHON" "$here/manual_week.py" week
mkdir site
"$PYTHON" "$here/disaster.py" site/Site-0001
umask 077
# As tests/volumes/README.md has it.
"$PYTHON" -c 'import base64, hashlib; print(base64.b64encode(hashlib.sha512(b"xflate-fixture:enc256-append").digest()).decode())' >vault.key
cp "$here/pki/client.pem" client.pem
chmod 600 client.pem
printf 'OutOfThinAir1234567890abcdefghij' >kek
for name in Tape-0001 Tape-0002 Tape-0003; do
	printf '%s\t' "$name"
	"$XFLATE" key generate --kek kek 2>/dev/null
	echo
done >list
"$XFLATE" cache import keys.cryptoc list 2>/dev/null
rm list
