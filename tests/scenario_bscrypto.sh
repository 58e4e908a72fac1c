#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The program under the name of bscrypto: the transcripts of the real one, and what is done right that it does wrong.
# shellcheck disable=SC2016 # for inner shells
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

keys=$here/keys
mkdir "$work/bin"
ln -s "$XFLATE" "$work/bin/bscrypto"
B=$work/bin/bscrypto
cp "$keys"/*.key "$keys"/*.txt "$keys"/*.cryptoc "$keys"/*.b64 .
chmod u+w ./*

shell() {
	text=$1
	shift
	run sh -c "$text" "$B" "$@"
}

# fails TEXT: exit status 1, a reason on stderr, nothing on stdout
fails() {
	if [ "$status" = 1 ] && [ -s "$err" ] && [ ! -s "$out" ]; then
		ok "$1"
	else
		not_ok "$1"
		printf '# %s: exit status %s\n' "$ran" "$status"
		show "$out" "$err"
	fi
}

transcripts() {
	for transcript in transcript.txt foreign-transcript.txt; do
		"$PYTHON" "$here/replay.py" "$B" "$keys/$transcript" >replayed 2>why
		tab=$(printf '\t')
		while IFS=$tab read -r verdict command; do
			case $verdict in
			ok) ok "$transcript: $command" ;;
			differs) ok "$transcript: $command (done right, not as the original)" ;;
			*)
				not_ok "$transcript: $command"
				show why
				;;
			esac
		done <replayed
		[ "$(wc -l <replayed)" -gt 15 ]
		is $? 0 "$transcript: it was read"
	done
	rm -f generated replayed why
	for option in --help -h '-?'; do
		run "$B" "$option"
		expect_status 0 "$option"
		check "$option: as the original" cmp "$keys/help.txt" "$out"
	done
}

spelling() {
	# All the same: current and older spellings, joined, attached, with "=", behind the device.
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run "$B" $line
		is "$status $(cat "$out")" "0 {OyiEnxda?Y#3gIVMCRT!DGKB0V3pxVW" "spelling: $line"
	done <<-END
		-k wrapped-kek-16.key -w kek-16.txt
		-kwrapped-kek-16.key -wkek-16.txt
		-bk wrapped-kek-16.key -w kek-16.txt
		--show-keyfile=wrapped-kek-16.key --wrap-unwrap-key=kek-16.txt
		--show-keyfile wrapped-kek-16.key --wrap-unwrap-key kek-16.txt --base64
		-w kek-16.txt /dev/nst0 -k wrapped-kek-16.key
		-d250 --dt -w kek-32.txt -k wrapped-kek-16.key
		--debug-level=5 --debug-timestamps -w kek-32.txt -k wrapped-kek-16.key --
	END
	while read -r code line; do
		# shellcheck disable=SC2086 # words
		run "$B" $line
		is "$status $(wc -c <"$out")" "$code 0" "wrong usage: $line"
	done <<-END
		108 -g - -k x
		108 -k x -g -
		108 -c -e /dev/null
		108 -e -c /dev/null
		108 -c -s x /dev/null
		108 -s x -k y /dev/null
		108 -D x -v /dev/null
		108 -r x -s y
		108 -p x -c /dev/null
		109 -X
		109 --nonsense
		109 --base64=x -k plain-0.key
		109 -k plain-0.key one two
		114 -D
		114 -k
		114 -g
		114 -D x -D y
		104 -d abc -k plain-0.key
		104 -d t -k plain-0.key
		1 -s x -p y /dev/null
		1 -e
		1 -s plain-0.key
		1 -w kek-16.txt
		1
	END
	run "$B" -w kek-16.txt /dev/null
	is "$status $(wc -c <"$out") $(wc -c <"$err")" '0 0 0' '-w alone, with a device: nothing'
	run "$B" -r not-there -g -
	is "$status" 1 '-r before -g'
	run "$B" -D cache-1.cryptoc -p not-there
	is "$status $(head -c 10 "$out")" '0 Volumename' '-D before -p, each with its own file'
}

drive() {
	for line in '-e' '-v' '-c' '-e -v' '-s plain-0.key' '-s wrapped-kek-16.key -w kek-16.txt' '-b -s plain64-0.key'; do
		# shellcheck disable=SC2086 # words
		run "$B" $line /dev/null
		is "$status" 1 "$line /dev/null: exit 1, never 0"
	done
	# What never reaches the drive.
	for line in '-s wrapped-kek-16.key' '-s plain64-0.key' '-s wrapped-kek-16.key -w plain-0.key' '-s garbage.b64 -w kek-16.txt' \
		'-b -s garbage.b64' '-b -s wrapped-kek-16.key' '-s not-there' '-s empty.key'; do
		# shellcheck disable=SC2086 # words
		run "$B" $line /dev/null
		fails "$line: refused"
		check "$line: not by the drive" sh -c '! grep -q /dev/null "$1"' sh "$err"
	done
}

generating() {
	run "$B" -g new
	expect_status 0 '-g FILE'
	is "$(stat -c '%a %s' new)" '600 32' '-g FILE: 0600, 32 bytes'
	head -c 60 /dev/zero | tr '\0' Z >new
	run "$B" -g new -w kek-16.txt
	is "$status $(stat -c '%a %s' new)" '0 600 54' '-g over a longer file: nothing of it is left'
	run "$B" -k new -w kek-32.txt
	is "$status $(wc -c <"$out")" '0 33' '-k of it'
	cp "$out" clear
	# The same by another program.
	if command -v openssl >/dev/null; then
		{ cat new; echo '=='; } | base64 -d 2>/dev/null |
			openssl enc -d -id-aes128-wrap -K "$(head -c 16 kek-16.txt | od -An -tx1 | tr -d ' \n')" -iv A6A6A6A6A6A6A6A6 >by-openssl
		printf '\n' >>by-openssl
		check '-g -w: openssl unwraps it' cmp clear by-openssl
	else
		skip '-g -w: openssl unwraps it' 'no openssl'
	fi
	shell '"$0" -g - >/dev/full'
	is "$status" 1 '-g - on a full disk: exit 1'
	shell 'ulimit -f 0; "$0" -g too-large'
	is "$status $(find . -name '*too-large*' -o -name '.xflate*')" '1 ' '-g FILE on a full disk: exit 1, and nothing is left'
	run "$B" -g folder-that-is-missing/key
	fails '-g where nothing can be made'
	run "$B" -g -
	cp "$out" one
	run "$B" -g -
	check '-g - twice: two keys' sh -c '! cmp -s one "$1"' sh "$out"
	shell 'cat kek-16.txt | "$0" -g - -w -'
	is "$status $(sed 's/.*: //' "$out" | tr -d '\n' | wc -c)" '0 54' '-g - -w -: the KEK from standard input'
	shell '(cat wrapped-kek-16.key; echo; cat kek-16.txt) | "$0" -k - -w -'
	is "$status $(sed 's/.*: //' "$out")" '0 {OyiEnxda?Y#3gIVMCRT!DGKB0V3pxVW' '-k - -w -: a line each'
	shell '(printf abc; sleep 0.3; printf "defgh\n") | "$0" -k -'
	is "$(cat "$out")" 'Enter Encryption Key (close with ^D): abcdefgh' '-k -: a pipe that delivers in parts'
	rm -f new clear one by-openssl
}

caches() {
	prompt='Enter cache entries (close with ^D): '
	W=$(cat wrapped-kek-16.key)
	shell 'printf "Vol-0001\t%s\nVol-0002\t%s\r\n" "$1" "$1" | "$0" -p new' "$W"
	is "$status $(cat "$out")" "0 $prompt" '-p reads standard input'
	is "$(stat -c '%a %s' new)" '600 592' '-p: a new cache is for its owner alone'
	run "$B" -D new
	is "$(awk 'NR > 1 { print $1, $2 }' "$out" | tr '\n' ' ')" "Vol-0001 $W Vol-0002 $W " '-p: both lines are entries'
	# What the original would have written.
	cp cache-3.cryptoc three
	shell 'printf "Vol-0001\tpassphrase-one-passphrase-one-32\nVol-0002\tsecond-changed\nA-name-with.dots_and-dashes\t!@#$%%^&*()-_=+|[]{};:,.<>?/~aaaaa\n" |
		"$0" -p made'
	expect_status 0 '-p as in the transcript'
	check '-p: byte for byte as the original but for pointers and times' "$PYTHON" - made three <<-'END'
		import sys
		a, b = (bytearray(open(f, "rb").read()) for f in sys.argv[1:])
		assert len(a) == len(b) == 872
		for x in (a, b):
		    for at in range(32, len(x), 280):
		        if x is b:
		            x[at:at + 16] = bytes(16)
		            for field in (at + 16, at + 144):
		                end = x.index(0, field)
		                x[end:field + 128] = bytes(field + 128 - end)
		        x[at + 272:at + 280] = bytes(8)
		assert a == b
	END
	for bad in 'no tab' 'Vol-1	' '	key' "Vol-1	$W	x"; do
		shell 'printf "Vol-0009\t%s\n%s\n" "$1" "$2" | "$0" -p made' "$W" "$bad"
		is "$status $(grep -c 'line 2' "$err")" '1 1' "-p: a bad line is named: $(printf '%s' "$bad" | tr '\t' '>' | cut -c 1-12)"
	done
	run "$B" -D made
	is "$(grep -c Vol-0009 "$out")" 0 '-p: with a bad line nothing goes in'
	long=$(printf '%0128d' 0)
	shell 'printf "%s\tk\n" "$1" | "$0" -p made' "$long"
	is "$status" 1 '-p: a name that would be cut is refused'
	shell '"$0" -p not-there </dev/null'
	is "$status $(find . -name not-there)" '0 ' '-p: no entries, no file'
	# Nothing expires behind the back.
	shell 'printf "NewVol\tnewkey\n" | "$0" -p cache-expired-61d.cryptoc'
	run "$B" -D cache-expired-61d.cryptoc
	is "$(awk 'NR > 1 { print $1 }' "$out" | tr '\n' ' ')" 'Vol-0001 Vol-0002 A-name-with.dots_and-dashes NewVol ' \
		'-p keeps entries that have expired'
	run "$B" -r cache-old-59d.cryptoc
	is "$status $(wc -c <"$out") $(wc -c <"$err")" '0 0 0' '-r'
	run "$B" -D cache-old-59d.cryptoc
	is "$(awk 'NR > 1 { print $3 }' "$out" | sort -u)" "$(date +%Y-%m-%d)" '-r: today'
	# Whatever cannot be read stays, to the byte.
	for file in damaged-*.cryptoc text; do
		case $file in
		*trailing*) continue ;;
		text) echo 'a text, and no cache' >text ;;
		esac
		cp "$file" before
		for option in -D -r -p; do
			shell 'printf "V\tk\n" | "$0" "$1" "$2"' "$option" "$file"
			is "$status $(cmp before "$file" 2>&1)" '1 ' "$option $file: exit 1, and it stays"
		done
	done
}

# Keys do not show on the terminal, and come in one piece.
terminal() {
	run "$PYTHON" - "$B" <<-'END'
		import os, pty, sys, time
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], [sys.argv[1], "-k", "-"])
		seen = b""
		while b"^D): " not in seen:
		    seen += os.read(fd, 1000)
		time.sleep(0.3)
		os.write(fd, b"abcdefghijklmnopqrstuvwxyz012345\n")
		try:
		    while True:
		        got = os.read(fd, 1000)
		        if not got:
		            break
		        seen += got
		except OSError:
		    pass
		print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.count(b"abcdefghijklmnopqrstuvwxyz012345"))
	END
	is "$(cat "$out")" '0 1' '-k - on a terminal: the key is not echoed, and is shown once'
}

# The page: every option that the help has, in all of its spellings, and none that it has not; what it shows is run.
manual() {
	page=${here%/tests}/man/bscrypto.8
	# ", g , -generate-passphrase Ar keyfile"
	items() { sed -n 's/Fl //g; s/\\&//g; s/^\.It \(.*\)/, \1/p' "$page" | grep '^, [^0-9]'; }
	run "$B" --help
	sed -n 's/^    \(-[^ ]*\).*/\1/p' "$out" | tr , '\n' | sort >of-help
	items | grep -o ', [^ ]*' | sed 's/^, /-/' | sort >of-page
	[ "$(wc -l <of-help)" -gt 20 ]
	is $? 0 'the help was read'
	check 'the page has the options of the help, and no others' diff of-help of-page
	sed -n 's/^    -.*--\([a-z-]*\) <.*/\1/p' "$out" >of-help
	sed -n 's/^\.It .*Fl -\([a-z-]*\) Ar .*/\1/p' "$page" >of-page
	sort -o of-help of-help
	sort -o of-page of-page
	check 'and the same ones take a value' diff of-help of-page
	# Taken: what there is not ends with 109.
	: >refused
	items | while IFS= read -r item; do
		value=
		case $item in *' Ar '*) value=1 ;; esac
		echo "$item" | grep -o ', [^ ]*' | sed 's/^, /-/' | while IFS= read -r option; do
			run "$B" "$option" ${value:+7} not-there </dev/null
			[ "$status" -le 1 ] || echo "$option: $status" >>refused
		done
	done
	check 'every option of the page is taken' [ ! -s refused ] || show refused
	rm -f 7 not-there
	sed -n '/^\.Sh EXIT/,/^\.Sh EX/s/^\.It \([0-9]*\)$/\1/p' "$page" | sort -n >codes
	is "$(wc -l <codes)" 6 'the page has its exit statuses'
	while IFS= read -r code; do
		case $code in
		0) run "$B" --version ;;
		1) run "$B" -e ;;
		104) run "$B" -d x -k plain-0.key ;;
		108) run "$B" -g x -k plain-0.key ;;
		109) run "$B" /dev/null /dev/null -e ;;
		114) run "$B" -k plain-0.key -k plain-0.key ;;
		*) status=none ;;
		esac
		is "$status" "$code" "the page has exit status $code"
	done <codes
	# The next word is the value.
	run "$B" -g -b -
	is "$(wc -c <./-b)" 32 'a name that looks like an option is a name'
	rm -f ./-b of-help of-page refused codes
}

transcripts
manual
spelling
drive
generating
caches
terminal
done_testing
