#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The Encryption Command: what the daemon asks, what it must and must not hear, master keys, files that are no good.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

umask 077
# ask OPERATION VOLUME [NAME=VALUE...] -- OPTION...: as the daemon runs it
ask() {
	asked_operation=$1
	asked_volume=$2
	shift 2
	variables=
	while [ "$1" != -- ]; do
		variables="$variables $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # words
	run env OPERATION="$asked_operation" VOLUME_NAME="$asked_volume" $variables "$XFLATE" getkey "$@"
}
# answers TEXT: the last answer is one, and nothing else is said
answers() {
	if [ "$status" = 0 ] && [ ! -s "$err" ] && grep -q '^cipher_key: ' "$out" && ! grep -q '^error' "$out"; then
		ok "$1"
	else
		not_ok "$1"
		show "$out" "$err"
	fi
}
# errs PATTERN TEXT: an error line, exit status 0, no key, and nothing on stderr
errs() {
	if [ "$status" = 0 ] && [ ! -s "$err" ] && grep -Eq "^error: .*$1" "$out" && [ "$(wc -l <"$out")" = 1 ] && ! grep -q cipher_key "$out"; then
		ok "$2"
	else
		not_ok "$2"
		echo "# exit status $status"
		show "$out" "$err"
	fi
}
field() { sed -n "s/^$1: //p" "${2:-$out}"; }

basics() {
	ask LABEL Vol-1 -- -k k --log log
	answers 'LABEL gives a key'
	is "$(field cipher)" AES_128_XTS 'AES-128 unless told otherwise'
	is "$(field volume_name)" Vol-1 'the volume is named'
	is "$(field cipher_key | base64 -d | wc -c | tr -d ' ')" 32 'of 32 bytes'
	is "$(stat -c %a k k/Vol-1 | tr '\n' ' ')" '700 600 ' 'directory 0700, file 0600'
	cp "$out" first
	ask LABEL Vol-1 -- -k k --log log
	check 'LABEL once more before the label is read: the same key' cmp first "$out"
	ask READ Vol-1 -- -k k --log log
	check 'READ: the same key' cmp first "$out"
	ask LABEL Vol-1 -- -k k --log log -c aes_256_xts
	answers 'LABEL of a volume that is used again'
	is "$(field cipher)" AES_256_XTS '--cipher'
	check '... another key' refuses cmp -s first "$out"
	cp "$out" second
	grep -v '^$' first >old
	check 'the key before is kept' cmp old k/.old/Vol-1.000001
	ask READ Vol-1 -- -k k
	check 'READ: the new one' cmp second "$out"
	is "$(wc -l <log | tr -d ' ')" 4 'an audit line for each request'
	check 'with an id instead of a key' grep -Eq 'LABEL volume=Vol-1 cipher=AES_128_XTS key=[0-9a-f]{8} from=new$' log
	field cipher_key first >secrets
	field cipher_key second >>secrets
	check 'and no key' refuses grep -qFf secrets log
	ask READ a:b=c -- -k k
	errs 'no cipher key nor encrypted cipher key for volume' 'READ of an unknown volume'
	ask LABEL a:b=c -- -k k
	check 'names are escaped as key-manager.py does' test -s k/a=0x3ab=0x3dc
	check 'what key-manager.py reads is where it looks' is_plain_lines k/Vol-1
}
is_plain_lines() { ! grep -Evq '^(cipher|cipher_key|volume_name|master_keyid|enc_cipher_key): ' "$1"; }
refuses() { ! "$@"; }

requests() {
	for volume in ../x /etc/passwd . .. .old a/b 'a b' "a
b" "$(printf 'a\033[31m')" "$(printf '%0200d' 7)" "$(printf '\303\251')"; do
		for operation in LABEL READ; do
			ask $operation "$volume" -- -k k --log log2
			errs 'Volume Name' "$operation of a hostile name: $(printf %s "$volume" | tr -c 'a-zA-Z0-9./ ' '?' | cut -c 1-20)"
		done
	done
	check 'the audit log has one line for each of them' test "$(wc -l <log2 | tr -d ' ')" = 22
	check 'without control characters' refuses grep -q '[[:cntrl:]]' log2
	is "$(in_folder k | tr ' ' '\n' | grep -cv -e '^\.' -e '^Vol-1$' -e '^a=0x3ab=0x3dc$' -e '^$')" 0 'nothing was made outside'
	ask '' Vol-1 -- -k k
	errs 'OPERATION missing or empty' 'no operation'
	ask LABEL '' -- -k k
	errs 'VOLUME_NAME missing or empty' 'no volume'
	ask DELETE Vol-1 -- -k k
	errs 'OPERATION invalid' 'another operation'
	ask READ Vol-1 ENC_CIPHER_KEY=??? -- -k k
	errs 'ENC_CIPHER_KEY is no base64' 'a variable that is no base64'
	"$PYTHON" -c 'import os, sys
os.environ.update(OPERATION="READ", VOLUME_NAME="v" * 100000)
os.execv(sys.argv[1], [sys.argv[1], "getkey", "-k", "k"])' "$XFLATE" >"$out" 2>"$err"
	status=$?
	errs 'at most 127' 'a name of 100000 characters'
	ask READ Vol-1 -- -k nowhere
	errs 'cannot open the key directory' 'no key directory'
	ask READ Vol-1 -- -k k -C nowhere
	errs 'cannot open the configuration' 'no configuration'
	ask READ Vol-1 -- --what
	errs 'unknown option' 'a wrong option is an answer, too'
	ask READ Vol-1 -- -k k -c ROT13
	errs 'must be AES' 'a cipher that there is not'
	ask READ Vol-1 -- -k k -d -v
	answers 'the options of key-manager.py are taken'
	run env OPERATION=READ VOLUME_NAME=Vol-1 sh -c '"$XFLATE" getkey -k k >/dev/full'
	expect_status 1 'an answer that cannot be given is a failure'
	mkdir full
	ask LABEL Vol-1 -- -k full/no/such
	errs 'cannot open' 'a directory that cannot be made'
	printf 'cipher: AES_256_XTS\n' >k/Broken
	ask READ Broken -- -k k
	errs 'no key in it' 'a damaged key file'
	printf 'cipher: AES_128_XTS\ncipher_key: %s\nvolume_name: Vol-9\n' "$(field cipher_key first)" >k/Vol-8
	ask READ Vol-8 -- -k k
	errs 'key of another volume' 'the key file of another volume'
	ln -s /etc/passwd k/Link
	ask READ Link -- -k k
	errs 'cannot open the key file' 'a link is not followed'
	rm -f k/Broken k/Vol-8 k/Link
}

master() {
	if ! command -v gpg >/dev/null; then
		skip 'master keys' 'there is no gpg'
		return
	fi
	id=CBD20642F58FB906F8E733D5457A7A53BA5B99C7
	mkdir -m 700 g keys
	gpg --homedir g --batch --quiet --pinentry-mode loopback --passphrase 'IxGu1Rz3ArgBqA==' --import "$here/keys/bacula_localhost.sec.asc" 2>/dev/null
	echo "$id:6:" | gpg --homedir g --batch --quiet --import-ownertrust 2>/dev/null
	cp "$here/keys/mk-enc256-gzip6" keys/
	cat >conf <<END
[DEFAULT]
gnupghome = "$work/here/g"
passphrase = IxGu1Rz3ArgBqA==

[$id]
volume_regex = st-
cipher = AES_256_XTS
stealth = on

[plain]
volume_regex = nomaster-
cipher = AES_256_XTS
masterkey = off
END
	ask LABEL st-1 -- -k keys -C conf --log log3
	answers 'LABEL under a master key, in stealth'
	is "$(field cipher)" AES_256_XTS 'the cipher of the section'
	is "$(field master_keyid | base64 -d)" $id 'the master key is named'
	check 'the file has no clear key' refuses grep -q '^cipher_key' keys/st-1
	cp "$out" third
	is "$(field enc_cipher_key | base64 -d | gpg --homedir g --batch --quiet --pinentry-mode loopback --passphrase 'IxGu1Rz3ArgBqA==' --decrypt 2>/dev/null | base64 -w 0)" \
		"$(field cipher_key)" 'gpg decrypts what it encrypted to the key that was given out'
	ask LABEL st-1 -- -k keys -C conf
	check 'LABEL once more: the same key' cmp third "$out"
	ask READ st-1 -- -k keys -C conf
	is "$(field cipher_key)" "$(field cipher_key third)" 'READ decrypts it'
	mv keys/st-1 away
	ask READ st-1 "ENC_CIPHER_KEY=$(field enc_cipher_key third)" "MASTER_KEYID=$(field master_keyid third)" -- -k keys -C conf
	is "$(field cipher_key)" "$(field cipher_key third)" 'without its file, the copy in the label gives the key'
	mv away keys/st-1
	ask LABEL st-1 -- -k keys -C conf
	cp "$out" fourth
	ask READ st-1 "ENC_CIPHER_KEY=$(field enc_cipher_key third)" "MASTER_KEYID=$(field master_keyid third)" -- -k keys -C conf
	is "$(field cipher_key)" "$(field cipher_key third)" 'a label that was not rewritten gets the key that it was made with'
	ask READ mk-enc256-gzip6 "ENC_CIPHER_KEY=$(field enc_cipher_key keys/mk-enc256-gzip6)" \
		"MASTER_KEYID=$(field master_keyid keys/mk-enc256-gzip6)" -- -k k -C conf
	is "$(field cipher_key)" "$(field cipher_key keys/mk-enc256-gzip6)" "a real volume's label gives the key that it was written with"
	check 'and filter opens it so' xflate verify -q --key-config conf "$VOLUMES/bacula/mk-enc256-gzip6"
	ask LABEL nomaster-1 -- -k keys -C conf
	answers 'a section that only chooses a cipher'
	check '... without a copy' refuses grep -q enc_cipher_key "$out"
	ask READ x ENC_CIPHER_KEY=AAAA MASTER_KEYID=QUFBQQ== -- -k keys -C conf
	errs 'master key "AAAA", of which the configuration says nothing' 'a master key that is not known'
	ask READ x ENC_CIPHER_KEY=AAAA "MASTER_KEYID=$(printf %s $id | base64)" -- -k keys -C conf
	errs 'gpg: ' 'a message that is none'
	sed 's/^passphrase = .*/passphrase = wrong/' conf >conf.wrong
	gpgconf --homedir g --kill gpg-agent
	ask LABEL st-2 -- -k keys -C conf.wrong
	errs 'pass phrase .* wrong' 'what cannot be decrypted again is not given out'
	check '... and not stored' refuses test -e keys/st-2
	sed 's/^stealth = on/stealth = on\nxflate_check = off/' conf.wrong >conf.unchecked
	ask LABEL st-2 -- -k keys -C conf.unchecked
	answers 'unless the configuration says that there is no secret key'
	sed "s/$id/0000000000000000000000000000000000000000/" conf >conf.unknown
	ask LABEL st-3 -- -k keys -C conf.unknown
	errs 'master key 0000.* is not in the key ring' 'a master key that gpg does not have'
	check '... stores nothing' refuses test -e keys/st-3
	PATH=/nowhere ask LABEL st-3 -- -k keys -C conf
	survey
	gpgconf --homedir g --kill all
}

survey() {
	rm keys/st-2
	run "$XFLATE" getkey -k keys -C conf --selftest
	expect_status 0 '--selftest: all well'
	check '... tries the master key' grep -q 'encrypted and decrypted a test key' "$out"
	check '... and every volume' grep -q 'volume mk-enc256-gzip6: AES_256_XTS, key ea43fd63' "$out"
	sed 's/st-/.*/; s/stealth = on/stealth = off/' conf >conf.all
	chmod 600 conf.all
	run "$XFLATE" getkey -k k -C conf.all --selftest
	check '--selftest tells what --migrate would do' grep -q 'volume Vol-1: .*which --migrate would do' "$out"
	cp k/Vol-1 before
	run "$XFLATE" getkey -k k -C conf.all --migrate
	expect_status 0 '--migrate'
	is "$(field cipher_key k/Vol-1)" "$(field cipher_key before)" 'the key is the same'
	check 'and under the master key' grep -q enc_cipher_key k/Vol-1
	check 'the file before is a generation' cmp before k/.old/Vol-1.000002
	run "$XFLATE" getkey -k k -C conf.all --migrate
	check 'once is enough' grep -q ', 0 moved, all well' "$out"
	printf 'cipher: AES_128_XTS\ncipher_key: AAAA\n' >k/Bad
	run "$XFLATE" getkey -k k -C conf.all --selftest
	expect_status 4 '--selftest: a bad key file'
	says 'Bad: ' '... is named'
	run "$XFLATE" getkey -k k -C conf.wrong --migrate
	expect_status 4 '--migrate with a master key that does not work'
	check '... moves nothing' grep -q ', 0 moved' "$out"
	run "$XFLATE" getkey -k k --selftest --migrate
	refused 2 'one of them'
}

# Ten at once for one volume: one key.
crowd() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		OPERATION=LABEL VOLUME_NAME=Crowd "$XFLATE" getkey -k k --log log4 >"crowd.$i" 2>&1 &
	done
	wait
	is "$(cat crowd.* | sed -n 's/^cipher_key: //p' | sort -u | wc -l | tr -d ' ')" 1 'ten LABELs at once give one key'
	is "$(cat crowd.* | grep -c '^cipher_key: ')" 10 '... to each of them'
	is "$(wc -l <log4 | tr -d ' ')" 10 'and ten whole audit lines'
}

basics
requests
master
crowd
done_testing
