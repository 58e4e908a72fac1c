#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The crypto cache: list, get, import, export, renew, remove, check, the bundle; damage, other machines' files, owners and modes,
# several at once, calls that fail, SIGKILL at every moment.
# shellcheck disable=SC2016,SC2059 # for inner shells; formats that are tables
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cp "$here"/keys/cache-two-keys-one-name "$here"/keys/*.cryptoc "$here"/keys/kek-*.txt "$here"/keys/wrapped-kek-16.key .
chmod 600 ./*
: >"$out"
chmod 600 "$out"
W=$(cat wrapped-kek-16.key)
P='{OyiEnxda?Y#3gIVMCRT!DGKB0V3pxVW'
B=$(printf %s "$P" | base64 | tr -d =)
printf 'A00001L4\t%s\nA00002L4\t%s\n' "$W" "$W" >list
chmod 600 list

shell() {
	text=$1
	shift
	run sh -c "$text" "$XFLATE" "$@"
}

# volumes_of CACHE: their names, in one line
volumes_of() { "$XFLATE" cache list "$1" | awk 'NR > 1 { print $1 }' | tr '\n' ' '; }

basics() {
	run "$XFLATE" cache import c list
	is "$status $(cat "$err")" '0 xflate: c: 2 added, 0 changed, 0 as they were' 'import: a new cache'
	is "$(stat -c '%a %s' c)" '600 592' 'import: mode 0600, as long as a daemon makes it'
	shell '"$0" cache import c -q <list'
	is "$status $(wc -c <"$err")" '0 0' 'import -q: standard input, silent'
	run "$XFLATE" cache list c
	is "$(head -n 1 "$out")" "Volumename EncryptionKey                                          Added                Expires             " 'list: headings'
	is "$(awk 'NR > 1 { print $1, $2, $3 }' "$out" | head -n 1)" "A00001L4 $W $(date +%Y-%m-%d)" 'list: a row'
	run "$XFLATE" cache list c --no-keys
	is "$(grep -cF "$W" "$out") $(awk 'NR > 1 { print $2 }' "$out" | sort -u)" '0 wrapped' 'list --no-keys'
	run "$XFLATE" cache list c --json
	is "$("$PYTHON" -c 'import json, sys; from datetime import datetime; r = json.load(open(sys.argv[1])); e = r["entries"][1]
print(r["format"], len(r["entries"]), e["volume"], e["form"], (datetime.fromisoformat(e["expires"][:-1]) - datetime.fromisoformat(e["added"][:-1])).total_seconds(), "key" in e)' "$out")" \
		'1 2 A00002L4 wrapped 5184000.0 False' 'list --json: all but the keys'
	ln -s "$XFLATE" bscrypto
	./bscrypto -D cache-3.cryptoc >by-bscrypto
	run "$XFLATE" cache list cache-3.cryptoc
	check 'list: as bscrypto -D' cmp by-bscrypto "$out"
	shell '"$0" cache list - <cache-3.cryptoc'
	check 'list -: standard input' cmp by-bscrypto "$out"
	rm by-bscrypto bscrypto
	run "$XFLATE" cache get c A00002L4
	is "$status $(cat "$out")" "0 $W" 'get'
	run "$XFLATE" cache get c A00002L4 --kek kek-16.txt -o key
	is "$status $(cat key) $(stat -c %a key)" "0 $P 600" 'get --kek -o'
	run "$XFLATE" cache get c a00002l4
	refused 4 'get: names have their case'
	for form in lines json sql; do
		run "$XFLATE" cache export c --format $form
		expect_status 0 "export --format $form"
		cp "$out" "exported-$form"
	done
	check 'export: lines' cmp list exported-lines
	for form in lines json; do
		rm -f c2
		run "$XFLATE" cache import c2 exported-$form
		check "export --format $form, import: the same" sh -c '"$0" cache export c2 | cmp - list' "$XFLATE"
	done
	rm -f c2
	run "$XFLATE" cache import c2 c
	check 'import: of another cache' sh -c '"$0" cache export c2 | cmp - list' "$XFLATE"
	is "$(grep -c "^UPDATE Media SET EncryptionKey='$W' WHERE VolumeName='A0000[12]L4';\$" exported-sql)" 2 'export --format sql'
	run "$XFLATE" cache remove c A00001L4
	is "$status $(volumes_of c)" '0 A00002L4 ' 'remove'
	cp c before
	run "$XFLATE" cache remove c A00002L4 A00001L4
	refused 4 'remove: one is not there'
	check 'remove: nothing was changed then' cmp c before
	run "$XFLATE" cache renew c A00001L4
	refused 4 'renew: one is not there'
	run "$XFLATE" cache renew cache-expired-61d.cryptoc Vol-0002
	is "$("$XFLATE" cache list cache-expired-61d.cryptoc | awk 'NR > 1 { print $3 }' | tr '\n' ' ')" "2026-09-22 $(date +%Y-%m-%d) 2026-09-22 " \
		'renew: one of many'
	run "$XFLATE" cache renew cache-expired-61d.cryptoc
	is "$("$XFLATE" cache list cache-expired-61d.cryptoc | awk 'NR > 1 { print $3 }' | sort -u)" "$(date +%Y-%m-%d)" 'renew: all'
	run "$XFLATE" cache remove c A00002L4
	is "$status $(wc -c <c)" '0 32' 'remove: the last'
	run "$XFLATE" cache list c
	is "$status $(wc -l <"$out")" '0 1' 'list: an empty cache'
	cp "$here/keys/cache-expired-61d.cryptoc" old
	chmod 600 old
	run "$XFLATE" cache import old list
	is "$(volumes_of old)" 'Vol-0001 Vol-0002 A-name-with.dots_and-dashes A00001L4 A00002L4 ' 'import: nothing expires'
	rm -f c c2 before exported-* key old
}

imports() {
	"$XFLATE" cache import -q c list
	cp c before
	# Each line: what is bad, and its line number.
	while IFS='@' read -r number text; do
		printf "$text" >bad
		run "$XFLATE" cache import c bad
		[ "$status" = 1 ] || [ "$status" = 4 ]
		is $? 0 "import: refused: $(printf '%s' "$text" | cut -c 1-20)"
		says "bad: line $number: " "import: line $number is named"
		check 'import: all or nothing' cmp c before
		is "$(grep -cF -e "$W" -e secretsecret "$err")" 0 'import: no key in the message'
	done <<-END
		2@B1\t$W\nB2\n
		1@B1\tsecretsecret\n
		3@B1\t$W\n# comment\nB2\t${W}x\n
		2@B1\t$W\nB1\t$B\n
		1@\t$W\n
		1@B1\t$P\n
		2@volume,key\nB1,$W,x\n
		3@[{"volume":"B1","key":"$W"},\n{"volume":"B2"\n
		1@{"volume":"B1","key":"secretsecret"}
	END
	for empty in '' '\n' '# nothing\n' '[]' 'volumename|encryptionkey\n'; do
		printf "$empty" >bad
		run "$XFLATE" cache import c bad
		[ "$status" = 1 ] || [ "$status" = 4 ]
		is $? 0 "import: nothing in it: \"$empty\""
	done
	run "$XFLATE" cache import c missing
	refused 1 'import: no list'
	run "$XFLATE" cache import . list
	refused 1 'import: a folder is no cache'
	run "$XFLATE" cache import /dev/null list
	refused 1 'import: a device is no cache'
	mkfifo fifo
	run "$XFLATE" cache import fifo list
	refused 1 'import: a pipe is no cache'
	run "$XFLATE" cache import missing/c list
	refused 1 'import: where nothing can be made'
	check 'import: the cache is as it was' cmp c before
	printf '+------------+---+\n| VolumeName | EncryptionKey |\n+---+---+\n| A00002L4 | %s |\n| C1 | %s |\n| C2 | NULL |\n+---+---+\n' "$B" "$W" >table
	run "$XFLATE" cache import c table
	expect_status 0 'import: a table'
	says '1 added, 1 changed, 0 as they were' 'import: a table: what it did'
	says 'others than its owner' 'import: clear keys in a file of others: a warning'
	says '1 volumes? without a key' 'import: a table: volumes without a key'
	is "$("$XFLATE" cache get c A00002L4 -qq)" "$B" 'import: the key was changed'
	rm -f bad fifo table before c
}

# Nothing that cannot be read is changed or removed.
damage() {
	echo 'a text' >damaged-text.cryptoc
	for file in damaged-*.cryptoc; do
		case $file in *trailing*) continue ;; esac
		cp "$file" before
		for command in "list $file" "get $file V" "import $file list" "export $file" "renew $file" "remove $file V" "check $file"; do
			# shellcheck disable=SC2086 # words
			run "$XFLATE" cache $command
			refused 1 "$command"
			says "$file" "$command: names the file"
		done
		check "$file: as it was" cmp before "$file"
	done
	shell '"$0" cache list - </dev/null'
	refused 1 'list: nothing on standard input'
	run "$XFLATE" cache list /dev/zero
	refused 1 'list: an endless file'
	file=damaged-trailing-junk.cryptoc
	cp $file before
	run "$XFLATE" cache list $file
	is "$status $(wc -l <"$out") $(grep -c '4 bytes' "$err")" '0 4 1' 'trailing bytes: listed, with a warning'
	run "$XFLATE" cache renew $file
	refused 1 'trailing bytes: not dropped unasked'
	check 'trailing bytes: the file as it was' cmp before $file
	run "$XFLATE" cache renew $file --drop-trailing
	is "$status $(wc -c <$file)" '0 872' 'trailing bytes: dropped with --drop-trailing'
	is "$(in_folder . | tr ' ' '\n' | grep -c '^.xflate')" 0 'damage: no temporary is left'
	rm -f before
}

# Files of other machines, as their daemons write them.
layouts() {
	"$PYTHON" - "$W" <<-'END'
		import struct, sys
		for end, ptr, name, id in (("<", 4, "le32", b"BAREOS"), (">", 4, "be32", b"BAREOS"), (">", 8, "be64", b"BAREOS"), ("<", 8, "le64", b"BAREOS"),
		                           ("<", 8, "bacula", b"Bacula")):
		    out = (id + b" Crypto Cache\n").ljust(24, b"\0") + struct.pack(end + "ii", 1, 2)
		    for v in (b"A00001L4", b"A00002L4"):
		        out += b"\x90\x55\x77\x02\x55\x75\0\0"[:ptr] * 2 + v.ljust(128, b"\0") + sys.argv[1].encode().ljust(128, b"\0") + struct.pack(end + "q", 1700000000)
		    open(name, "wb").write(out)
	END
	for file in le32 be32 be64 le64 bacula; do
		run "$XFLATE" cache list $file
		is "$status $(awk 'NR > 1 { print $1, $2, $3, $4 }' "$out" | head -n 1)" "0 A00001L4 $W 2023-11-14 22:13:20" "list: $file"
		run "$XFLATE" cache export $file
		check "export: $file" cmp list "$out"
		run "$XFLATE" cache renew $file A00001L4
		expect_status 0 "renew: $file"
		case $file in
		"$native") is "$(grep -c 'was written by' "$err")" 0 "renew: $file: as it was" ;;
		*) says 'was written by' "renew: $file: tells that it is now as here" ;;
		esac
		is "$(head -c 6 $file) $(wc -c <$file)" "BAREOS $((32 + 2 * (256 + 8 + 2 * $("$PYTHON" -c 'import struct; print(struct.calcsize("P"))'))))" "renew: $file: native"
	done
	rm -f le32 be32 be64 le64 bacula
}
native=$("$PYTHON" -c 'import struct, sys; print(("le" if sys.byteorder == "little" else "be") + str(struct.calcsize("P") * 8))')

owners() {
	"$XFLATE" cache import -q c list
	chmod 0640 c
	run "$XFLATE" cache renew c
	is "$status $(stat -c %a c)" '0 640' 'a cache keeps its mode'
	if [ "$(id -u)" = 0 ]; then
		chown 4242:4343 c
		run "$XFLATE" cache renew c
		is "$status $(stat -c '%u:%g %a' c)" '0 4242:4343 640' 'a cache keeps its owner'
		# Who cannot give it back does not take it.
		if command -v setpriv >/dev/null; then
			chmod 777 "$work" "$work/here"
			chmod 644 list
			chmod 644 c
			cp -p c before
			run setpriv --reuid 4545 --regid 4545 --clear-groups "$XFLATE" cache import c list
			refused 1 'a cache of another owner'
			says 'owner' 'a cache of another owner: it says why'
			check 'a cache of another owner: as it was' cmp c before
			is "$(stat -c '%u:%g' c) $(in_folder . | tr ' ' '\n' | grep -c '^.xflate')" '4242:4343 0' 'a cache of another owner: nothing is left'
			chmod 600 c list
			run setpriv --reuid 4545 --regid 4545 --clear-groups "$XFLATE" cache list c
			[ "$status" = 1 ] && [ -s "$err" ]
			is $? 0 'a cache that may not be read'
			rm -f before
			chmod 755 "$work" "$work/here"
		fi
	fi
	ln -s c link
	run "$XFLATE" cache renew link
	is "$status $(readlink link) $(stat -c %F c)" '0 c regular file' 'a link stays one'
	rm -f c link
}

# Beside a right one: a name with two keys, a name that is there twice, the same key under another name.
twice() {
	run "$XFLATE" cache check cache-two-keys-one-name
	expect_status 4 'check: two keys of one name'
	says 'volume VOL001 has two different keys, entries 1 and 2' 'check: two keys of one name: it is named'
	is "$(grep -c ', two keys of this name$' "$out") $(grep -c '^VOL001 .*two keys' "$out")" '2 2' 'check: two keys of one name: in both rows, and in no other'
	run "$XFLATE" cache check cache-two-keys-one-name --json
	is "$("$PYTHON" -c 'import json, sys; print([k["volume"] for k in json.load(open(sys.argv[1]))["keys"] if k.get("two_keys")])' "$out")" \
		"['VOL001', 'VOL001']" 'check --json: two keys of one name'
	"$XFLATE" key generate --kek kek-16.txt -o other
	printf 'A00001L4\t%s\nA00002L4\t%s\n' "$W" "$(cat other)" | "$XFLATE" cache import -q two
	# The second entry gets the name of the first.
	sed 's/A00002L4/A00001L4/' two >two-keys
	chmod 600 two-keys
	run "$XFLATE" cache check two-keys --kek kek-16.txt
	is "$status $(grep -c ' two keys of this name$' "$out") $(grep -c ' ok' "$out")" '4 2 0' 'check: two keys that open: neither is ok'
	run "$XFLATE" cache get two-keys A00001L4
	is "$status $(cat "$out")" "0 $W" 'get: of two keys the first'
	says 'volume A00001L4 has two different keys' 'get: two keys: a warning'
	printf 'A00001L4\t%s\nA00002L4\t%s\n' "$W" "$W" | "$XFLATE" cache import -q same
	sed 's/A00002L4/A00001L4/' same >same-key
	chmod 600 same-key
	run "$XFLATE" cache check same-key --kek kek-16.txt
	is "$status $(grep -c ' ok$' "$out") $(grep -c 'there twice' "$err")" '0 2 1' 'check: one key twice: a warning'
	rm -f two two-keys same same-key other
}

# What others could have changed.
others() {
	"$XFLATE" cache import -q mine list
	run "$XFLATE" cache check mine --kek kek-16.txt
	is "$status $(wc -c <"$err")" '0 0' 'a cache of its owner alone: no warning'
	for mode in 620 602 666; do
		chmod $mode mine
		for verb in check list renew; do
			run "$XFLATE" cache $verb mine
			says "mine: others than its owner can change it .mode 0$mode" "$verb: mode $mode: a warning"
		done
	done
	chmod 644 mine
	run "$XFLATE" cache list mine
	is "$status $(wc -c <"$err")" '0 0' 'mode 644: others can read it, no more'
	mkdir -m 777 open
	cp mine open
	chmod 600 open/mine
	run "$XFLATE" cache list open/mine
	says 'open/mine: others can put another file in its place' 'a folder that all can write: a warning'
	chmod 1777 open
	run "$XFLATE" cache list open/mine
	is "$status $(wc -c <"$err")" '0 0' 'a folder like /tmp: no warning'
	rm -r open mine
}

# kek WHAT PYTHON: a KEK file of these bytes; the warning tells, and shows none of them
kek() {
	"$PYTHON" -c "import sys; sys.stdout.buffer.write($2)" >k
	run "$XFLATE" key generate --kek k
	is "$status $(grep -c "k: this KEK $1" "$err") $(grep -ci passphrase "$err")" '0 1 0' "a KEK that $1: a warning"
}

keks() {
	kek 'begins with a byte order mark' '"\ufeffPassphrase-of-20-chars".encode()'
	kek 'is text in UTF-16' '"Passphrase-of-20-chars\n".encode("utf-16")'
	kek 'is text in UTF-16' '"Passphrase-of-20-chars\n".encode("utf-16-le")'
	kek 'is text in UTF-16' '"Passphrase-of-20-chars\n".encode("utf-16-be")'
	kek 'begins with a quotation mark' 'b"\"Passphrase-of-20-chars\"\n"'
	kek 'begins with a quotation mark' '"\u201cPassphrase-of-20-chars\u201d\n".encode()'
	kek 'begins with a blank' 'b" Passphrase-of-20-chars\n"'
	for good in kek-16.txt kek-32.txt kek-32-newline.txt kek-64.txt; do
		run "$XFLATE" key generate --kek $good
		is "$status $(wc -c <"$err")" '0 0' "$good: no warning"
	done
	# Not a first byte that an editor puts there: one of fifty would be.
	{ printf "\001" && head -c 31 /dev/urandom; } >k
	chmod 600 k
	run "$XFLATE" key generate --raw-key --kek k
	is "$status $(wc -c <"$err")" '0 0' 'a KEK of random bytes: no warning'
	rm -f k
}

bundles() {
	"$XFLATE" cache import -q c list
	run "$XFLATE" cache export c --bundle bundle --kek kek-16.txt
	is "$status $(stat -c %a bundle) $(wc -c <"$err")" '0 600 0' 'export --bundle'
	is "$(LC_ALL=C grep -c '[^ -~]' bundle) $(awk 'length > 79' bundle)" '0 ' 'bundle: printable, 79 columns'
	is "$(grep -cF -e "$W" -e "$P" -e 0123456789abcdef bundle)" 0 'bundle: neither KEK nor passphrase'
	run "$XFLATE" cache check --bundle bundle --kek kek-16.txt
	is "$status $(awk 'NR > 1 { print $1, $3, $5 }' "$out" | tr '\n' ' ')" '0 A00001L4 wrapped ok A00002L4 wrapped ok ' 'check --bundle'
	id=$("$XFLATE" key show wrapped-kek-16.key --kek kek-16.txt --id)
	is "$(awk 'NR == 2 { print $2 }' "$out")" "$id" 'check --bundle: the id of the key'
	run "$XFLATE" cache check --bundle bundle --kek kek-64.txt
	expect_status 4 'check --bundle: another KEK'
	says 'made with the KEK whose id' 'check --bundle: another KEK: it says so'
	run "$XFLATE" cache check --bundle bundle
	expect_status 4 'check --bundle: no KEK'
	run "$XFLATE" cache check --bundle list --kek kek-16.txt
	refused 1 'check --bundle: no bundle'
	# As typed by somebody: no comments, capitals, other groups.
	grep -v '^#' bundle | awk '/^hex/ { s = $1 " " $2 " "; for (i = 3; i < NF; i++) s = s toupper($i) (i % 2 ? " " : ""); print s "  " toupper($NF); next } { print "  " $0; print "" }' >typed
	run "$XFLATE" cache import typed-cache typed
	check 'a bundle that was typed in again' sh -c '"$0" cache export typed-cache | cmp - list' "$XFLATE"
	rm -f typed-cache
	# One digit wrong; two lines wrong; a line missing; a line twice.
	sed '/^hex 2.1 /s/ \(.\)0/ \18/; t; /^hex 2.1 /s/\(hex 2.1 .\)./\1g/' bundle >wrong
	line=$(grep -n '^hex 2.1 ' bundle | cut -d : -f 1)
	run "$XFLATE" cache import typed-cache wrong
	refused 1 'bundle: a mistyped digit'
	says "wrong: line $line: .*mistyped" 'bundle: a mistyped digit: its line'
	is "$(find . -name typed-cache)" '' 'bundle: a mistyped digit: nothing goes in'
	sed 's/A00001L4/A00O01L4/; s/^kek ./kek x/' bundle >wrong
	run "$XFLATE" cache import typed-cache wrong
	is "$status $(grep -c 'line .*mistyped' "$err")" '1 2' 'bundle: two mistyped lines: both are named'
	sed '/^hex 1.2 /d' bundle >wrong
	run "$XFLATE" cache import typed-cache wrong
	refused 1 'bundle: a line is missing'
	says 'key 1 of A00001L4: a line "hex" is missing' 'bundle: a line is missing: which'
	sed '/^end/d' bundle >wrong
	run "$XFLATE" cache import typed-cache wrong
	refused 1 'bundle: it was not typed to its end'
	sed '/^XFLATE/s/BUNDLE/BUNDEL/' bundle >wrong
	run "$XFLATE" cache import typed-cache wrong
	says 'line 9: .*mistyped' 'bundle: the first line mistyped'
	# What must not go on paper.
	printf 'P1\t%s\n' "$B" >clear
	chmod 600 clear
	run "$XFLATE" cache import -q c clear
	run "$XFLATE" cache export c --bundle bundle2 --kek kek-16.txt
	refused 4 'bundle: a key that is not wrapped'
	says 'P1 is not wrapped' 'bundle: a key that is not wrapped: which'
	run "$XFLATE" cache export c --bundle bundle2 --kek kek-16.txt --plain-keys
	expect_status 0 'bundle --plain-keys'
	run "$XFLATE" cache export c --bundle bundle3 --kek kek-64.txt
	refused 4 'bundle: with a KEK that opens nothing'
	run "$XFLATE" cache export c --bundle bundle3
	refused 4 'bundle: without a KEK'
	is "$(find . -name bundle3)" '' 'bundle: none is made that would not open'
	run "$XFLATE" cache import c2 bundle2
	check 'bundle: there and back' sh -c '"$0" cache export c >a -qq; "$0" cache export c2 -qq | cmp - a' "$XFLATE"
	run "$XFLATE" cache export c --bundle bundle --kek kek-16.txt --plain-keys
	refused 1 'bundle: an existing one is kept'
	rm -f c c2 a clear typed wrong bundle bundle2
}

checks() {
	printf 'A1\t%s\nB2\t%s\n' "$W" "$B" >mixed
	chmod 600 mixed
	"$XFLATE" cache import -q c mixed
	run "$XFLATE" cache check c --kek kek-16.txt
	is "$status $(awk 'NR > 1 { print $1, $3, $6 }' "$out" | tr '\n' ' ')" '0 A1 wrapped ok B2 base64 ok ' 'check'
	is "$(awk 'NR > 1 { print $2 }' "$out" | sort -u | wc -l)" 1 'check: one key, one id, wrapped or not'
	run "$XFLATE" cache check c
	is "$status $(grep -c 'KEK needed' "$out")" '4 1' 'check: no KEK'
	run "$XFLATE" cache check c --kek kek-64.txt
	is "$status $(grep -c 'does not open' "$out")" '4 1' 'check: another KEK'
	run "$XFLATE" cache check c --kek kek-16.txt --json
	is "$("$PYTHON" -c 'import json, sys; r = json.load(open(sys.argv[1])); k = r["keys"]
print(r["format"], r["failed"], r["expired"], len(k), k[0]["state"], k[0]["key_id"] == k[1]["key_id"], "expires" in k[0])' "$out")" \
		'1 0 0 2 ok True True' 'check --json'
	"$PYTHON" - <<-'END'
		b = bytearray(open("c", "rb").read())
		b[32 + 272:32 + 280] = (1700000000).to_bytes(8, __import__("sys").byteorder)
		open("c", "wb").write(b)
	END
	run "$XFLATE" cache check c --kek kek-16.txt
	is "$status $(grep -c expired "$out") $(grep -c 'cache renew' "$err")" '3 1 1' 'check: one has expired'
	for line in '' nonsense list 'list a b' get 'get c' 'import' 'import - list' 'export' 'export c --bundle b --format json' 'export c --kek k' 'renew' \
		'remove' 'remove c' check 'check c --bundle b' 'list --nonsense c' 'check c --kek' 'check - --kek -' 'export c --format x'; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" cache $line
		refused 2 "wrong usage: cache $line"
	done
	run "$XFLATE" help cache
	is "$status $(awk 'length > 80' "$out")" '0 ' 'help cache: 80 columns'
	[ "$(wc -l <"$out")" -le 40 ]
	is $? 0 'help cache: one screen'
	cp c before
	run "$XFLATE" cache export c -o c --force
	refused 2 'export: over the cache itself'
	check 'export: over the cache itself: it is kept' cmp before c
	rm before
	shell '"$0" cache list c >/dev/full'
	is "$status" 1 'list: standard output is full'
	shell '"$0" cache check c --kek kek-16.txt >/dev/full'
	is "$status" 1 'check: standard output is full'
	rm -f c mixed
}

# Twenty at once into one cache, from nothing: each key of each is there.
at_once() {
	for round in new existing; do
		[ $round = new ] && rm -f c
		for i in $(seq 20); do
			printf '%s-%02d-a\t%s\n%s-%02d-b\t%s\n' $round "$i" "$W" $round "$i" "$B" | "$XFLATE" cache import -q c 2>>"$work/errors" &
		done
		wait
	done
	is "$(cat "$work/errors")" '' '40 imports at once: none fails'
	is "$("$XFLATE" cache list c | awk 'NR > 1' | wc -l)" 80 '40 imports at once: nothing is lost'
	is "$(in_folder . | tr ' ' '\n' | grep -c '^.xflate')" 0 '40 imports at once: no temporary is left'
	# A lock that is held.
	if command -v flock >/dev/null; then
		flock c sleep 1 &
		sleep 0.2
		run "$XFLATE" cache import -q c list
		wait
		is "$status $("$XFLATE" cache list c | awk 'NR > 1' | wc -l)" '0 82' 'an import waits for a lock'
	fi
	rm -f c
}

faults() {
	if with_shim 'every call made to fail'; then
		mkdir faults
		(cd faults && "$PYTHON" "$here/keyfaults.py" "$XFLATE" "$shim") >"$work/faults" 2>"$err"
		is $? 0 'the faults came to their end'
		show "$err"
		cat "$work/faults"
		tests=$((tests + $(grep -cE '^(not )?ok ' "$work/faults")))
		failures=$((failures + $(grep -c '^not ok ' "$work/faults")))
	fi
}

basics
imports
damage
layouts
owners
twice
others
keks
bundles
checks
at_once
faults
done_testing
