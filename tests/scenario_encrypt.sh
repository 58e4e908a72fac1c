#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Encrypted volumes: opened, made, re-keyed, with every block in its place or with all of them written anew.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

umask 077
bacula=$VOLUMES/bacula
refuses() { ! "$@"; }
# key_of VOLUME FILE [BYTES]: the public key of a bundled volume, as base64
key_of() {
	"$PYTHON" -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(b"xflate-fixture:" + sys.argv[1].encode()).digest()[:int(sys.argv[2])]).decode())' "$1" \
		"${3:-64}" >"$2"
}
key_of enc256-append k.enc256-append
key_of enc256-spoolseg k.enc256-spoolseg
key_of strong256-gzip6 k.strong256-gzip6
key_of enc128-gzip6-sparse k.enc128-gzip6-sparse 32
sed -n 's/^cipher_key: //p' "$here/keys/mk-enc256-gzip6" >k.mk-enc256-gzip6
key_of new k.new
key_of new128 k.new128 32
key_of other k.other

# twice VOLUME KEY: how many numbers come more than once in a session
twice() { xflate list --blocks --key "$2" "$1" | sed -n 's/^block .* number \([0-9]*\), session \([0-9/]*\), .*/\2 \1/p' | grep -v '^0/0 ' | sort | uniq -d | wc -l | tr -d ' '; }
# moved A B: blocks that are not where they were, or not as long
moved() {
	for side in "$1" "$2"; do
		"$PYTHON" - "$side" <<'END'
import struct, sys
v = open(sys.argv[1], "rb").read()
at = 0
while at < len(v):
    n, = struct.unpack(">I", v[at + 4:at + 8])
    print(at, n)
    at += n
END
	done | sort | uniq -u | wc -l | tr -d ' '
}

opens() {
	for volume in enc256-append enc256-spoolseg strong256-gzip6 enc128-gzip6-sparse mk-enc256-gzip6; do
		v=$bacula/$volume
		run "$XFLATE" verify --json --key "k.$volume" "$v"
		expect_status 0 "$volume: verify proves it"
		check "$volume: every file, by its digest" grep -q '"sound": *true' "$out"
		run "$XFLATE" -q --decrypt --key "k.$volume" -o clear "$v"
		expect_status 0 "$volume: --decrypt"
		is "$(moved "$v" clear)" 0 "$volume: every block is where it was"
		check "$volume: the oracle accepts the clear volume" volcheck clear
		check "$volume: the same as the encrypted one" xflate compare -q --key "k.$volume" "$v" --vs clear
		run "$XFLATE" list --key "k.$volume" "$v"
		check "$volume: list tells cipher and key id" grep -q 'encrypted: .*AES-[0-9]*, key [0-9a-f]*$' "$out"
		# Encrypted by us with its own key it is what the daemon wrote.
		case $volume in
		enc256-spoolseg) ;;
		*)
			run "$XFLATE" -q --encrypt "$(awk '{ print length($1) < 60 ? "aes-128-xts" : "aes-256-xts" }' "k.$volume")" \
				--new-key "k.$volume" -o again clear
			expect_status 0 "$volume: --encrypt"
			case $volume in
			# The copy under the master key is the old key's: it goes.
			mk-enc256-gzip6) check "$volume: and it opens" xflate verify -q --key "k.$volume" again ;;
			*) check "$volume: byte for byte what it was" cmp "$v" again ;;
			esac
			;;
		esac
		rm -f clear again
	done
	run "$XFLATE" verify "$bacula/enc256-spoolseg" --key k.enc256-spoolseg
	says '3 of 4 encrypted blocks .*tweaks repeat' 'verify tells of tweaks that repeat'
	run "$XFLATE" -q --decrypt -o null "$bacula/encnull-gzip6"
	expect_status 0 'a NULL cipher needs no key'
	check '... and leaves no trace' volcheck null
	rm -f null
}

wrong_keys() {
	for key in k.other k.new128; do
		run "$XFLATE" --decrypt --key $key -o never "$bacula/enc256-append"
		refused 4 "$key: a wrong key ends with 4"
		says 'the key is wrong' "$key: and says so"
		run "$XFLATE" --decrypt --key $key "$bacula/enc256-append"
		refused 4 "$key: nothing on standard output either"
		run "$XFLATE" --decrypt --key $key --on-damage=skip -o never "$bacula/enc256-append"
		expect_status 4 "$key: nor is it damage to be skipped"
		run "$XFLATE" verify --key $key "$bacula/enc256-append"
		expect_status 4 "$key: verify ends with 4"
		run "$XFLATE" list --key $key "$bacula/enc256-append"
		expect_status 4 "$key: list ends with 4"
	done
	run "$XFLATE" --decrypt -o never "$bacula/enc256-append"
	refused 4 'no key at all'
	is "$(in_folder . | tr ' ' '\n' | grep -c never)" 0 'nothing was written'
	head -c 32 /dev/zero | base64 >k.halves
	run "$XFLATE" --encrypt aes-128-xts --new-key k.halves -o never "$bacula/plain-zstd3"
	refused 4 'a key of equal halves'
	run "$XFLATE" --encrypt aes-128-xts --new-key k.new -o never "$bacula/plain-zstd3"
	refused 4 'a key for another cipher'
	echo short >k.short
	run "$XFLATE" --decrypt --key k.short -o never "$bacula/enc256-append"
	refused 4 'what is no key'
	check 'no message quotes a key' refuses grep -q short.short "$err"
	for arguments in '--decrypt --key - -o never' '--encrypt aes-256-xts --new-key - -o never -' 'verify --key - -' 'list --key -' \
		"compare --key - - --vs $bacula/plain-zstd3"; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" $arguments <k.new
		refused 2 "a key and a volume from standard input: $arguments"
	done
	for arguments in '--key k.new' '--new-key k.new' '--encrypt aes-256-xts' '--encrypt des' '--strong --decrypt' \
		'--encrypt aes-256-xts --new-key k.new --block-format bb02' '--encrypt aes-256-xts --new-key k.new --target bareos' \
		'--keep-layout -i' '--keep-layout --on-damage=skip' '--block-format bb01' '--decrypt --key k.new --key-dir d' \
		'--decrypt --key k.new --key k.new'; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" $arguments -o never "$bacula/plain-zstd3"
		refused 2 "wrong usage: $arguments"
	done
	run "$XFLATE" --encrypt aes-256-xts --new-key k.new -o never "$VOLUMES/bareos/vol-gzip6"
	refused 2 'a volume of Bareos is not encrypted'
	for dump in good-tape-dump good-tape-dump-fixed; do
		run "$XFLATE" -q --keep-layout -o never "$VOLUMES/made/$dump"
		refused 1 "$dump: without its padding no block would keep its place"
	done
	check 'nothing was written' [ ! -e never ]
}

conversions() {
	v=$bacula/enc256-append
	k=k.enc256-append
	run "$XFLATE" -q --decrypt --key $k --encrypt aes-128-xts --strong --new-key k.new128 -o rekeyed "$v"
	expect_status 0 're-keyed to AES-128, strong'
	is "$(moved "$v" rekeyed)" 0 're-keyed: every block is where it was'
	check 're-keyed: the same content' xflate compare -q --key $k --new-key k.new128 "$v" --vs rekeyed
	run "$XFLATE" list --key k.new128 rekeyed
	check 're-keyed: the host name is hidden' grep -Eq 'host O[BFUSCATED]*$' "$out"
	run "$XFLATE" list --key $k rekeyed
	expect_status 4 're-keyed: the old key opens nothing'

	run "$XFLATE" -q --decrypt --key k.enc256-spoolseg --encrypt aes-256-xts --new-key k.new -o spool "$bacula/enc256-spoolseg"
	expect_status 0 'a spooled volume is re-keyed'
	is "$(twice "$bacula/enc256-spoolseg" k.enc256-spoolseg)" 1 'its tweaks did repeat'
	is "$(twice spool k.new)" 0 'and do no more'
	is "$(moved "$bacula/enc256-spoolseg" spool)" 0 'though each block is where it was'

	for threads in 1 2 5; do
		run "$XFLATE" -q -T$threads --decrypt --key $k -r lzo --encrypt aes-256-xts --new-key k.new -o "lzo$threads" "$v"
		expect_status 0 "decrypt, inflate, deflate, encrypt in one pass, $threads threads"
	done
	check 'the same bytes for any number of threads' cmp lzo1 lzo2
	check '... of threads' cmp lzo1 lzo5
	check 'recompressed: the same content' xflate compare -q --key $k --new-key k.new "$v" --vs lzo1
	is "$(twice lzo1 k.new)" 0 'recompressed: no tweak twice'
	run "$XFLATE" list --blocks --key k.new lzo1
	check 'recompressed: no encrypted block is larger than readers bear' awk '/^block/ { sub(",", "", $4); if ($4 + 0 > 64512) exit 1 }' "$out"

	# Under the same key: no tweak of the old volume with other data, twice over.
	run "$XFLATE" -q --decrypt --key $k -r lzo --encrypt aes-256-xts -o same1 "$v"
	expect_status 0 'recompressed under the key that it had'
	run "$XFLATE" -q --decrypt --key $k -r gzip --encrypt aes-256-xts -o same2 same1
	expect_status 0 '... and again'
	for file in "$v" same1 same2; do
		xflate list --blocks --key $k "$file" | sed -n 's/^block .* number \([0-9]*\), session \([0-9/]*\), .*/\2 \1/p' | grep -v '^0/0 '
	done | sort | uniq -d >twice
	is "$(wc -l <twice | tr -d ' ')" 0 'the three volumes share no tweak'

	run "$XFLATE" -q --decrypt --key $k --block-format bb02 -o bb02 "$v"
	expect_status 0 'BB03, encrypted, to BB02'
	check 'BB02: the oracle accepts it' volcheck bb02
	check 'BB02: the same content' xflate compare -q --key $k "$v" --vs bb02
	run "$XFLATE" -q --encrypt aes-256-xts --new-key k.new -o never bb02
	refused 2 'BB02 is not encrypted where it stands'
	run "$XFLATE" -q --block-format bb03 --encrypt aes-256-xts --new-key k.new -o bb03 bb02
	expect_status 0 'BB02 to encrypted BB03'
	check 'BB03: the same content' xflate compare -q --key k.new bb02 --vs bb03
	run "$XFLATE" -q --block-format bb03 -o mixed03 "$VOLUMES/bacula-mixed/plain-append"
	expect_status 0 'BB02 with BB03 behind it, to BB03'
	check 'mixed: the same content' xflate compare -q "$VOLUMES/bacula-mixed/plain-append" --vs mixed03
	run "$XFLATE" -q --decrypt --key $k -r lz4 --target bareos -o forbareos "$v"
	expect_status 0 'an encrypted volume of Bacula for Bareos'
	check 'for Bareos: the oracle accepts it' volcheck forbareos
	check 'for Bareos: the same content' xflate compare -q --key $k "$v" --vs forbareos
	run "$XFLATE" list forbareos
	check 'for Bareos: its label is of Bareos, its blocks are BB02' grep -Eq 'label: +Bareos 2.0' "$out"
	check '...' grep -Eq 'blocks: +BB02' "$out"

	# Plain blocks with encrypted ones behind them, as Bacula appends to a volume that was decrypted.
	"$PYTHON" - "$v" <<'END'
import struct, sys, subprocess, os
v = open(sys.argv[1], "rb").read()
clear = subprocess.run([os.environ["XFLATE"], "-q", "--decrypt", "--key", "k.enc256-append", sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout
at, blocks = 0, []
while at < len(v):
    n, = struct.unpack(">I", v[at + 4:at + 8])
    blocks.append((at, n))
    at += n
cut = blocks[5][0]
open("appended", "wb").write(clear[:cut] + v[cut:])
END
	run "$XFLATE" verify -q --key $k appended
	expect_status 0 'plain, then encrypted: verify opens what is encrypted'
	run "$XFLATE" -q --decrypt --key $k -o flat appended
	expect_status 0 'plain, then encrypted: --decrypt'
	run "$XFLATE" -q --decrypt --key $k -o clear "$v"
	check 'plain, then encrypted: all is clear' cmp flat clear
	run "$XFLATE" -q --decrypt --key $k --encrypt aes-256-xts -o whole appended
	check 'plain, then encrypted: all under the key that it had' cmp whole "$v"

	cat "$v" "$bacula/strong256-gzip6" >both
	mkdir d
	printf 'cipher: AES_256_XTS\ncipher_key: %s\n' "$(cat $k)" >d/enc256-append
	printf 'cipher: AES_256_XTS\ncipher_key: %s\nvolume_name: strong256-gzip6\n' "$(cat k.strong256-gzip6)" >d/strong256-gzip6
	run sh -c '"$XFLATE" verify -q --key-dir d - <both'
	expect_status 0 'two volumes in one stream, each with its own key from a folder'
	run "$XFLATE" -q --decrypt --key-dir d -o folder/ "$v" "$bacula/strong256-gzip6"
	expect_status 0 'two volumes with a key each'
	is "$(in_folder folder)" 'enc256-append strong256-gzip6 ' '... become two'
}

damage() {
	v=$bacula/enc256-append
	cp "$v" hurt
	printf XXXX | dd of=hurt bs=1 seek=100000 conv=notrunc 2>/dev/null
	run "$XFLATE" verify --key k.enc256-append hurt
	expect_status 3 'damage inside an encrypted block is damage, not a wrong key'
	run "$XFLATE" -q --decrypt --key k.enc256-append -o never hurt
	refused 1 'it stops a conversion'
	run "$XFLATE" -q --decrypt --key k.enc256-append --on-damage=skip -o skipped hurt
	expect_status 3 'or is passed over'
	cp "$v" hurt
	printf XXXX | dd of=hurt bs=1 seek=2000 conv=notrunc 2>/dev/null
	run "$XFLATE" -q --decrypt --key k.enc256-append --on-damage=skip -o skipped2 hurt
	expect_status 3 'even in the first encrypted block'
	run "$XFLATE" -q --decrypt --key k.enc256-append --on-damage=keep -o kept hurt
	expect_status 3 'keep as well'
	cp "$v" hurt
	printf XXXX | dd of=hurt bs=1 seek=20 conv=notrunc 2>/dev/null
	run "$XFLATE" -q --decrypt --key k.enc256-append --on-damage=skip -o lost hurt
	expect_status 3 'a label that is lost: the key is named all the same'
	run "$XFLATE" -q --decrypt --key-dir d --on-damage=skip -o lost2 hurt
	expect_status 4 'a label that is lost: no name to look a key up by'
	says 'give the key with --key' '... and what to do'
}

sources() {
	v=$bacula/enc256-append
	base64 -d k.enc256-append >k.raw
	od -An -v -tx1 k.raw | tr -d ' \n' >k.hex
	for source in k.raw k.hex; do check "a key from $source" xflate verify -q --key $source "$v"; done
	check 'a key from a descriptor' sh -c '"$XFLATE" verify -q --key fd:7 "$1" 7<k.hex' sh "$v"
	check 'a key from standard input' sh -c '"$XFLATE" verify -q --key - "$1" <k.hex' sh "$v"
	chmod 644 k.raw
	run "$XFLATE" verify -q --key k.raw "$v"
	says 'others than its owner can read' 'a key that all can read is told'
	cat >./ask <<'END'
#!/bin/sh
[ "$OPERATION" = READ ] && [ "$VOLUME_NAME" = "$1" ] && [ -z "$ENC_CIPHER_KEY$MASTER_KEYID" ] || echo 'error: not asked as the daemon asks'
printf 'cipher: AES_256_XTS\n cipher_key = %s\n' "$(cat k.enc256-append)"
END
	chmod 700 ask
	check 'a key from a command, with its environment' xflate verify -q --key-command './ask "%v"' "$v"
	for bad in 'false' './nowhere' 'echo some warning' 'echo error: no' "'" 'echo cipher: AES_256_XTS' 'sh -c "yes | head -c 20000"'; do
		run "$XFLATE" verify -q --key-command "$bad" "$v"
		case $bad in "'") wanted=2 ;; ./nowhere | sh*) wanted=1 ;; *) wanted=4 ;; esac
		expect_status $wanted "a command that is no good: $bad"
	done
	mkdir d2
	printf 'cipher: AES_256_XTS\ncipher_key: %s\n' "$(cat k.other)" >d2/enc256-append
	chmod 775 d2
	chmod 664 d2/enc256-append
	run "$XFLATE" verify --key-dir d2 "$v"
	says 'd2: others than its owner can put keys into it' 'a folder of keys that others can write: a warning'
	says 'can change 1 key file, enc256-append' 'a key file that others can change: a warning'
	chmod 755 d2
	chmod 644 d2/enc256-append
	run "$XFLATE" verify -q --key-dir d2 "$v"
	expect_status 4 'a folder with a wrong key'
	mkdir d2/.old
	printf 'cipher: AES_256_XTS\ncipher_key: %s\n' "$(cat k.enc256-append)" >d2/.old/enc256-append.000001
	check 'a key before the one in force is tried, too' xflate verify -q --key-dir d2 "$v"
	run "$XFLATE" -q --decrypt --key-dir d2 --encrypt aes-256-xts --new-key-dir d2 -o never "$v"
	refused 2 'old and new keys in one folder'
	run "$XFLATE" -q --decrypt --key-dir d2 --encrypt aes-256-xts --new-key-dir d3 -o made "$v"
	expect_status 0 'a key is made for the new volume'
	check '... which opens it' xflate verify -q --key-dir d3 made
	is "$(stat -c %a d3 d3/enc256-append | tr '\n' ' ')" '700 600 ' '... and which nobody else can read'
}

opens
wrong_keys
conversions
damage
sources
done_testing
