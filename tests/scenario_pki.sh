#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that their client encrypted: real volumes (pki/) with the client's and the master key, every cipher and form as openssl makes them, and
# what must not be taken for right (pkivolumes.py).
# shellcheck disable=SC2016 # for inner shells
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pki=$here/pki
umask 077
for key in client master stranger; do cp "$pki/$key.pem" .; done
openssl x509 -in client.pem -out client.cert 2>/dev/null
openssl pkey -in client.pem -out client.key 2>/dev/null
umask 022

# comparable: what is no matter of the content
comparable() { sed 's/ [0-9]*:[0-9]* / - /; s/ [a-z.]*\.[a-z_]*=[0-9a-f]*//g'; }
comparable <"$pki/tree" >wanted

# of_source TEXT OPTION... VOLUME...: all of it, as it was
of_source() {
	text=$1
	shift
	rm -rf x
	run "$XFLATE" extract --json -C x "$@"
	[ "$status" = 0 ] || expect_status 0 "$text"
	"$PYTHON" "$here/treelist.py" "$(find x/tmp -mindepth 2 -maxdepth 2 -name src)" | comparable >got
	check "$text" diff wanted got
}
# counts NUMBER NUMBER NUMBER NUMBER TEXT: decrypted, signatures checked and not checked, without one
counts() {
	is "$("$PYTHON" -c 'import json, sys
c = json.load(open(sys.argv[1]))["client_encryption"]
print(c["files_decrypted"], c["signatures_checked"], c["signatures_not_checked"], c["files_not_signed"])' "$out" 2>&1)" "$1 $2 $3 $4" "$5"
}

# ---- what Bacula wrote ----

files=$(grep -c ' file ' "$pki/tree")
signed=$((files - 1)) # a further name of a file has neither data nor signature
with_data=$(($(grep ' file ' "$pki/tree" | grep -cv ' 0 17') - 1))

for set in aes256-gzip-0004 aes192-lzo-0005 'span-0002 span-0003' aes128-nosum-0006; do
	list=$(for v in $set; do echo "$pki/fdpki-$v"; done)
	name=${set%-*}
	# shellcheck disable=SC2086 # a list of files
	{
		of_source "$name: with the client's key" --pki-key client.pem $list
		counts "$with_data" "$signed" 0 0 "$name: each file decrypted, each signature checked"
		run "$XFLATE" verify --json --pki-key client.pem $list
		expect_status 0 "$name: verify proves it"
		is "$("$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["files_proved"], d["files_with_content"])' "$out")" \
			"$signed $signed" "$name: all of it"
		run "$XFLATE" extract -C never $list
		expect_status 4 "$name: without a key: 4"
		run "$XFLATE" extract -C never --pki-key stranger.pem $list
		expect_status 4 "$name: with another key: 4"
		says 'none of the keys given is one that it was encrypted for: key [0-9a-f]{20}\.\.\.' "$name: and for whom it is"
		is "$(grep -c 'none of the keys' "$err")" 1 "$name: which is told once"
		case $set in
		*nosum*) ;;
		*)
			of_source "$name: with the master key" --pki-key master.pem $list
			counts "$with_data" 0 "$signed" 0 "$name: signatures of a certificate that is not given are not checked, and counted"
			of_source "$name: with another key, and the master key" --pki-key stranger.pem --pki-key master.pem --pki-cert client.cert $list
			counts "$with_data" "$signed" 0 0 "$name: with the client's certificate they are"
			;;
		esac
	}
done
v=$pki/fdpki-aes256-gzip-0004
of_source 'the key without its certificate' --pki-key client.key "$v"
counts "$with_data" "$signed" 0 0 'it tells the signatures, too'
of_source 'from a pipe, one thread' -T1 --pki-key client.pem - <"$v"
"$XFLATE" -qq extract -T8 --json -C eight --pki-key client.pem "$v" >"$work/eight" 2>&1
check 'eight threads: the same report' cmp "$out" "$work/eight"
of_source 'signed, not encrypted: by the certificate' --pki-cert client.cert "$pki/fdpki-signed-only-0007"
counts 0 "$signed" 0 0 'each signature is checked'
run "$XFLATE" extract --json -C one --pki-key client.pem --file '*/words-12' "$v"
expect_status 0 'one file of many'
counts 1 1 0 0 'only that is decrypted'
if "$XFLATE" --version | grep -q libarchive; then
	rm -rf x
	mkdir x
	"$XFLATE" extract -q --tar --pki-key client.pem "$v" 2>"$err" | tar -C x -xf -
	"$PYTHON" "$here/treelist.py" "$(find x/tmp -mindepth 2 -maxdepth 2 -name src)" | comparable >got
	check '--tar, then tar: the source' diff wanted got
fi
run "$XFLATE" extract --json -C part --pki-key client.pem "$pki/fdpki-span-0002"
expect_status 3 'the first volume of two: a file is cut'
is "$(find part -name '*.damaged' | wc -l)" 1 'it alone is called damaged'

# ---- where keys come from ----

opens() { # TEXT OPTION...
	text=$1
	shift
	rm -rf x
	run "$XFLATE" extract -q --dry-run "$@" "$v"
	expect_status 0 "$text"
}
printf 'a pass phrase\n' >phrase
chmod 600 phrase
umask 077
openssl pkcs8 -topk8 -in client.key -v2 aes256 -passout pass:'a pass phrase' -out pkcs8.pem
openssl rsa -aes128 -traditional -in client.key -passout pass:'a pass phrase' -out traditional.pem 2>/dev/null ||
	openssl rsa -aes128 -in client.key -passout pass:'a pass phrase' -out traditional.pem 2>/dev/null
openssl rsa -traditional -in client.key -out pkcs1.pem 2>/dev/null || openssl rsa -in client.key -out pkcs1.pem 2>/dev/null
cat client.cert client.key >turned.pem
openssl ecparam -name prime256v1 -genkey -noout -out elliptic.pem
printf 'other\n' >wrong-phrase
umask 022
opens 'PKCS #1' --pki-key pkcs1.pem
opens 'the certificate first' --pki-key turned.pem
opens 'PKCS #8 with a pass phrase' --pki-key pkcs8.pem --pki-passphrase phrase
opens 'the old form with a pass phrase' --pki-key traditional.pem --pki-passphrase phrase
opens 'several pass phrases: each is tried' --pki-key pkcs8.pem --pki-passphrase wrong-phrase --pki-passphrase phrase
opens 'several keys' --pki-key stranger.pem --pki-key pkcs8.pem --pki-key master.pem --pki-passphrase phrase
exec 7<client.pem
opens 'a descriptor' --pki-key fd:7
exec 7<&-
opens 'standard input' --pki-key - <client.pem
opens 'a key in one, its certificate in another' --pki-key client.key --pki-cert client.pem

refuses() { # STATUS PATTERN TEXT OPTION...
	wanted_status=$1 pattern=$2 text=$3
	shift 3
	run "$XFLATE" extract -C never "$@" "$v"
	refused "$wanted_status" "$text"
	says "$pattern" "$text: said so"
}
refuses 4 'pkcs8.pem: it is protected by a pass phrase' 'a protected key without its pass phrase' --pki-key pkcs8.pem
refuses 4 'pkcs8.pem: its pass phrase is not the one' 'a wrong pass phrase' --pki-key pkcs8.pem --pki-passphrase wrong-phrase
refuses 4 'elliptic.pem: its key is none of RSA' 'an elliptic key' --pki-key elliptic.pem
refuses 4 'client.cert: there is no private key' 'a certificate for a key' --pki-key client.cert
refuses 4 'client.key: there is no certificate' 'a key for a certificate' --pki-cert client.key
refuses 4 'phrase: there is no private key' 'no PEM at all' --pki-key phrase
refuses 1 'no-such: cannot open' 'a file that is not there' --pki-key no-such
refuses 2 'goes with --pki-key' 'a pass phrase for nothing' --pki-passphrase phrase
refuses 2 'one thing only' 'standard input for two' --pki-key - --pki-passphrase -
refuses 2 'one thing only' 'standard input for a key and a volume' --pki-key - -
fails 'nothing of the key is told' grep -rqF "$(sed -n 3p client.key)" "$out" "$err"

# ---- what openssl encrypts ----

mkdir volumes
check 'volumes of every cipher and form, and of none' "$PYTHON" "$here/pkivolumes.py" --all volumes
"$PYTHON" "$here/pkivolumes.py" --list >list
tab=$(printf '\t')
while IFS=$tab read -r name wanted_status what; do
	rm -rf x
	run "$XFLATE" extract --json -C x --pki-key client.pem "volumes/$name"
	expect_status "$wanted_status" "$name: $what"
	# What has its name is right, whatever it is; the file behind it comes out; and of good volumes all.
	(cd "volumes/$name.d" && find . -type f | sort) >"$work/names"
	lacking=0
	while read -r file; do
		if [ -e "x/$file" ]; then
			cmp -s "x/$file" "volumes/$name.d/$file" || not_ok "$name: $file is not what it was"
		else
			lacking=$((lacking + 1))
		fi
	done <"$work/names"
	case $name in
	good-* | odd-*) is "$lacking" 0 "$name: all files are there" ;;
	*)
		check "$name: some file is not taken for right" test "$lacking" -gt 0
		check "$name: the one behind it is" test -e x/fine
		;;
	esac
	run "$XFLATE" verify -q --pki-key client.pem "volumes/$name"
	if [ "$wanted_status" = 4 ]; then wanted_status=0; fi # only the client can read it: sound, as far as it can be told
	expect_status "$wanted_status" "$name: verify says so, too"
done <list
run "$XFLATE" extract --json -C s --pki-key client.pem volumes/good-signatures
counts 8 6 1 1 'signatures: six right, one of somebody else, a file without one'
run "$XFLATE" extract --json -C s2 --pki-key client.pem volumes/odd-unsigned
counts 1 1 0 1 'what is neither encrypted nor signed is told'

check 'flipped bits: nothing is called proved that is not what it was' "$PYTHON" "$here/pkivolumes.py" --flips "$XFLATE" 120

# ---- memory: a packet that is announced takes none ----

if sanitized; then
	skip 'a packet of 19 MB that does not come takes no memory' 'a sanitizer has its own allocator'
else
	check 'a packet of 19 MB that does not come takes no memory' \
		sh -c 'ulimit -v 400000; "$XFLATE" extract -T1 -q --dry-run --pki-key client.pem volumes/bad-packet-beyond; [ $? = 3 ]'
fi
done_testing
