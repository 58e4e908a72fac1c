#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# key generate, show, wrap, unwrap, rewrap: what they give out and where, whom they ask, what they refuse; and that no key is
# ever seen where it has no business: files of others, errors, debug output, core dumps.
# shellcheck disable=SC2016 # for inner shells
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cp "$here"/keys/*.key "$here"/keys/*.txt "$here"/keys/*.cryptoc .
chmod 600 ./*
P='{OyiEnxda?Y#3gIVMCRT!DGKB0V3pxVW' # in wrapped-kek-16.key
W=$(cat wrapped-kek-16.key)
tab=$(printf '\t')
# Nobody else reads what is tried here.
: >"$out"
chmod 600 "$out"

shell() {
	text=$1
	shift
	run sh -c "umask 077; $text" "$XFLATE" "$@"
}

# gives TEXT WHAT: the last run said this, and nothing on stderr
gives() {
	if [ "$status" = 0 ] && [ "$(cat "$out")" = "$1" ] && [ ! -s "$err" ]; then
		ok "$2"
	else
		not_ok "$2"
		printf '# %s: exit status %s\n' "$ran" "$status"
		show "$out" "$err"
	fi
}

# matches PATTERN WHAT: one line
matches() {
	if [ "$status" = 0 ] && [ "$(wc -l <"$out")" = 1 ] && grep -Eqx -e "$1" "$out" && [ ! -s "$err" ]; then
		ok "$2"
	else
		not_ok "$2"
		show "$out" "$err"
	fi
}

generate() {
	shell '"$0" key generate'
	matches '[]a-zA-Z0-9!@#$%^&*()_=+|[{};:,.<>?/~-]{32}' 'generate: a passphrase'
	shell '"$0" key generate --base64'
	matches '[A-Za-z0-9+/]{43}' 'generate --base64'
	shell '"$0" key generate --kek kek-16.txt'
	matches '[A-Za-z0-9+/]{54}' 'generate --kek'
	shell '"$0" key generate --raw-key'
	matches '[0-9a-f]{64}' 'generate --raw-key'
	shell '"$0" key generate --raw-key --kek kek-32.txt'
	matches 'xflate1:[A-Za-z0-9+/]{54}' 'generate --raw-key --kek'
	umask 0
	run "$XFLATE" key generate -o new
	is "$status $(stat -c '%a %s' new) $(wc -c <"$out") $(wc -c <"$err")" '0 600 33 0 0' 'generate -o: mode 0600 whatever the umask, silent'
	cp new before
	run "$XFLATE" key generate -o new
	refused 1 'generate -o: an existing file is kept'
	check 'generate -o: as it was' cmp new before
	run "$XFLATE" key generate -o new --force
	expect_status 0 'generate -o --force'
	check 'generate -o --force: another key' sh -c '! cmp -s new before'
	is "$(stat -c '%a' new)" 600 'generate -o --force: mode 0600'
	umask 022
	run "$XFLATE" key generate -o missing/new
	refused 1 'generate -o: where nothing can be made'
	shell '"$0" key generate >/dev/full'
	is "$status" 1 'generate: standard output is full'
	shell 'ulimit -f 0; "$0" key generate -o big'
	is "$status $(find . -name 'big*' -o -name '.xflate*')" '1 ' 'generate -o: the disk is full, and nothing is left'
	run sh -c '"$0" key generate >readable' "$XFLATE"
	says 'a file that others can read' 'generate into a file that others can read: a warning'
	"$XFLATE" key generate >"$work/a"
	"$XFLATE" key generate >"$work/b"
	check 'generate: twice, two keys' sh -c '! cmp -s "$1" "$2"' sh "$work/a" "$work/b"
	rm -f new before readable
}

show_them() {
	run "$XFLATE" key show wrapped-kek-16.key --kek kek-16.txt
	is "$status $(cat "$out")" "0 $P" 'show: a wrapped key'
	run "$XFLATE" key show --kek=kek-32.txt wrapped-kek-16.key
	is "$status $(cat "$out")" "0 $P" 'show: of the KEK 16 bytes count'
	shell '"$0" key show --base64 wrapped-kek-16.key --kek kek-16.txt'
	gives "$(printf %s "$P" | base64 | tr -d =)" 'show --base64'
	shell '"$0" key show plain64-0.key'
	gives '9e-ct0%%g[P_u$$xQsSY1D1@Mn+:W;5R' 'show: base64'
	shell '"$0" key show plain-0.key'
	gives 'M91uz5:x&5rrFq;.B,*x~bXD(hk%(Q:e' 'show: a passphrase'
	shell '"$0" key show - <foreign-wrapped-padded-nl.key --kek kek-16.txt'
	gives 'ThisIsA32BytePassphraseForTests!' 'show -: padding and a newline'
	shell '"$0" key show fd:5 --kek fd:6 5<wrapped-kek-16.key 6<kek-16.txt'
	gives "$P" 'show: secrets from descriptors'
	mkdir creds
	cp kek-16.txt creds/kek
	shell 'CREDENTIALS_DIRECTORY=creds "$0" key show wrapped-kek-16.key --kek cred:kek'
	gives "$P" 'show: a credential'
	shell '"$0" key show wrapped-kek-16.key --id --kek kek-16.txt'
	matches '[0-9a-f]{8}' 'show --id'
	id=$(cat "$out")
	printf '%s\n' "$P" >clear
	chmod 600 clear
	shell '"$0" key show clear --id'
	gives "$id" 'show --id: the same of the key that is not wrapped'
	is "$id" "$(printf 'xflate drive key\0%.31s\0' "$P" | sha256sum | cut -c 1-8)" 'show --id: a hash of what the drive gets'
	shell '"$0" key show wrapped-kek-16.key'
	refused 4 'show: wrapped, and no KEK'
	shell '"$0" key show wrapped-kek-16.key --kek plain-0.key'
	refused 4 'show: wrapped, and another KEK'
	shell '"$0" key show wrapped-kek-short-5.key --kek kek-short-5.txt'
	refused 4 'show: a KEK of 5 bytes'
	says '16|shorter' 'show: a KEK of 5 bytes: it says why'
	run "$XFLATE" key show plain64-0.key --kek kek-16.txt
	says 'is not wrapped' 'show: a KEK for nothing: a warning'
	is "$status" 0 'show: a KEK for nothing: exit 0'
	for bad in short.key long.key garbage overwrite.key; do
		[ "$bad" != garbage ] || printf 'this is\000no key\n' >garbage
		shell '"$0" key show "$1"' "$bad"
		refused 4 "show: $bad is no key"
	done
	shell '"$0" key show empty.key'
	refused 4 'show: an empty file'
	for bad in missing .; do
		shell '"$0" key show "$1"' "$bad"
		refused 1 "show: $bad cannot be read"
	done
	shell '"$0" key show - --kek - <wrapped-kek-16.key'
	refused 2 'show: standard input twice'
	chmod 644 wrapped-kek-16.key kek-16.txt
	run "$XFLATE" key show wrapped-kek-16.key --kek kek-16.txt
	is "$(grep -c 'others than its owner' "$err") $(grep -c 'kek-16.txt.*others' "$err")" '1 1' 'show: a KEK that others can read: a warning'
	run "$XFLATE" key show wrapped-kek-16.key -qq --kek kek-16.txt
	is "$status $(wc -c <"$err")" '0 0' 'show -qq: no warning'
	chmod 600 ./*.key ./*.txt
	rm -r creds
}

turning() {
	shell '"$0" key wrap clear --kek kek-16.txt'
	gives "$W" 'wrap: as bscrypto has wrapped it'
	shell '"$0" key unwrap wrapped-kek-16.key --kek kek-16.txt'
	gives "$P" 'unwrap'
	"$XFLATE" key generate -o new.txt
	run "$XFLATE" key rewrap wrapped-kek-16.key --kek kek-16.txt --new-kek new.txt -o rewrapped
	is "$status $(stat -c '%a %s' rewrapped) $(wc -c <"$out") $(wc -c <"$err")" '0 600 55 0 0' 'rewrap -o'
	shell '"$0" key unwrap rewrapped --kek new.txt'
	gives "$P" 'rewrap: it opens with the new KEK'
	shell '"$0" key unwrap rewrapped --kek kek-16.txt'
	refused 4 'rewrap: and no longer with the old one'
	shell '"$0" key rewrap wrapped-kek-16.key --kek kek-16.txt --new-kek kek-32.txt'
	refused 2 'rewrap: a new KEK that begins like the old one'
	shell '"$0" key wrap wrapped-kek-16.key --kek kek-16.txt'
	refused 4 'wrap: what is wrapped'
	shell '"$0" key rewrap clear --kek kek-16.txt --new-kek new.txt'
	refused 4 'rewrap: what is not wrapped'
	shell '"$0" key unwrap clear --kek kek-16.txt'
	refused 4 'unwrap: what is not wrapped'
	shell '"$0" key wrap short.key --kek kek-16.txt'
	refused 4 'wrap: a passphrase of 5 characters'
	shell '"$0" key wrap clear --kek kek-short-5.txt'
	refused 4 'wrap: a KEK of 5 bytes'
	# Raw keys.
	"$XFLATE" key generate --raw-key -o raw
	run "$XFLATE" key wrap raw --raw-key --kek kek-32.txt -o raw.wrapped
	shell '"$0" key unwrap raw.wrapped --kek kek-32.txt'
	gives "$(cat raw)" 'a raw key there and back'
	shell '"$0" key rewrap raw.wrapped --kek kek-32.txt --new-kek new.txt | "$0" key unwrap - --kek new.txt'
	gives "$(cat raw)" 'a raw key to another KEK'
	shell '"$0" key wrap raw --raw-key --kek kek-16.txt'
	refused 4 'a raw key needs a KEK of 32 bytes'
	shell '"$0" key show raw'
	refused 4 'a raw key is none of Bareos'
	head -c 32 /dev/urandom >binary
	chmod 600 binary
	shell '"$0" key show --raw-key binary'
	gives "$(od -An -tx1 binary | tr -d ' \n')" 'a raw key of 32 bytes'
	rm -f binary raw raw.wrapped rewrapped
}

lists() {
	for i in 1 2 3; do printf 'A0000%sL4\t%s\n' $i "$("$XFLATE" key generate --kek kek-16.txt)"; done >list
	run "$XFLATE" key rewrap list --kek kek-16.txt --new-kek new.txt
	is "$status $(wc -c <"$err")" '0 0' 'rewrap: a list'
	cp "$out" rewrapped
	run "$XFLATE" key rewrap - --kek new.txt --new-kek kek-16.txt <rewrapped
	check 'rewrap: a list there and back' cmp list "$out"
	run "$XFLATE" key unwrap list --kek kek-16.txt -o opened
	expect_status 0 'unwrap: a list'
	is "$(stat -c %a opened)" 600 'unwrap: a list: mode 0600'
	is "$(awk -F "$tab" '{ print length($2) }' opened | sort -u)" 43 'unwrap: a list: as the catalog has it without a KEK'
	run "$XFLATE" key wrap opened --kek kek-16.txt
	check 'wrap: a list: as it was' cmp list "$out"
	run "$XFLATE" cache import cache list
	run "$XFLATE" key rewrap cache --kek kek-16.txt --new-kek new.txt
	check 'rewrap: a cache' cmp rewrapped "$out"
	run "$XFLATE" cache export cache --format json -o json
	run "$XFLATE" key rewrap json --kek kek-16.txt --new-kek new.txt
	check 'rewrap: JSON' cmp rewrapped "$out"
	printf 'volumename|encryptionkey|pool\n' >table
	sed "s/$tab/|/; s/\$/|Full/" list >>table
	printf 'PLAIN|||\n' | sed 's/|$//' >>table
	run "$XFLATE" key rewrap table --kek kek-16.txt --new-kek new.txt
	check 'rewrap: what psql -A gives' cmp rewrapped "$out"
	says '1 volumes? without a key' 'rewrap: tells of volumes without a key'
	# One wrong of many: nothing comes out, and the line is named.
	sed '2s/	./	!/' list >bad
	shell '"$0" key rewrap bad --kek kek-16.txt --new-kek new.txt'
	refused 4 'rewrap: a list with a bad key'
	says 'bad: line 2: the key of A00002L4' 'rewrap: a list with a bad key: its line'
	{ cat list; printf 'B1\t%s\n' "$(cut -f 2 rewrapped | head -n 1)"; } >bad
	shell '"$0" key rewrap bad --kek kek-16.txt --new-kek new.txt -o result'
	refused 4 'rewrap: a list with a key of another KEK'
	says 'line 4: the key of B1' 'rewrap: a list with a key of another KEK: its line'
	is "$(find . -name result)" '' 'rewrap: no result then'
	shell '"$0" key rewrap list --kek kek-16.txt --new-kek new.txt --base64'
	refused 2 'rewrap: no such option'
	shell '"$0" key unwrap list --base64 --kek kek-16.txt'
	refused 2 'unwrap: --base64 of a list'

	# SQL for the catalog, by a database.
	if command -v sqlite3 >/dev/null; then
		{
			echo "CREATE TABLE Media (VolumeName TEXT, EncryptionKey TEXT);"
			while IFS=$tab read -r volume key; do echo "INSERT INTO Media VALUES ('$volume', '$key');"; done <list
			echo "INSERT INTO Media VALUES ('it''s', '$W'), ('A00003L4x', 'other');"
		} | sqlite3 db
		{ cat list; printf "it's\t%s\n" "$W"; } >quoted
		run "$XFLATE" key rewrap quoted --kek kek-16.txt --new-kek new.txt --format sql
		expect_status 0 'rewrap --format sql'
		sqlite3 db <"$out"
		sqlite3 -separator "$tab" db 'SELECT * FROM Media' >now
		run "$XFLATE" key rewrap quoted --kek kek-16.txt --new-kek new.txt
		{ cat "$out"; printf 'A00003L4x\tother\n'; } >wanted
		check 'rewrap --format sql: the catalog has the new keys, and only they are changed' sh -c 'sort now >a; sort wanted >b; cmp a b'
		# A key that somebody changed meanwhile stays.
		sqlite3 db "UPDATE Media SET EncryptionKey='meanwhile'"
		run "$XFLATE" key rewrap quoted --kek kek-16.txt --new-kek new.txt --format sql
		sqlite3 db <"$out"
		is "$(sqlite3 db 'SELECT DISTINCT EncryptionKey FROM Media')" meanwhile 'rewrap --format sql: not over a key that is another by now'
	else
		skip 'rewrap --format sql' 'no sqlite3'
	fi
	printf 'a\\b\t%s\n' "$W" >bad
	shell '"$0" key rewrap bad --kek kek-16.txt --new-kek new.txt --format sql'
	refused 1 'rewrap --format sql: a backslash in a name'
	rm -f bad json table opened rewrapped quoted now wanted a b db
}

usage() {
	for line in 'unwrap wrapped-kek-16.key --kek kek-16.txt -o wrapped-kek-16.key --force' 'generate --kek new.txt -o new.txt --force' \
		'rewrap list --kek kek-16.txt --new-kek new.txt -o new.txt --force' 'show clear -o ./clear --force'; do
		cp new.txt kept
		# shellcheck disable=SC2086 # words
		run "$XFLATE" key $line
		refused 2 "an output that is an input: key $line"
		check 'an output that is an input: it is kept' cmp kept new.txt
	done
	rm kept
	while read -r line; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" key $line
		refused 2 "wrong usage: key $line"
	done <<-END

		nonsense
		generate x
		generate --nonsense
		generate -o
		generate --kek
		generate -o a -o b
		generate --new-kek x
		generate --ba=x
		show
		show a b
		show --format json a
		wrap clear
		unwrap clear
		rewrap clear
		rewrap clear --kek a
		rewrap clear --new-kek a
		wrap --kek a
		wrap clear --kek a --format nonsense
		wrap - --kek -
		rewrap a --kek - --new-kek -
	END
	for help in 'help key' 'key --help' 'key generate --help'; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" $help
		expect_status 0 "$help"
		is "$(awk 'length > 80' "$out")$(wc -c <"$err")" 0 "$help: 80 columns"
		[ "$(wc -l <"$out")" -le 40 ]
		is $? 0 "$help: one screen"
	done
	is "$(in_folder . | tr ' ' '\n' | grep -c xflate)" 0 'no temporary is left'
}

# ask ANSWERS...: run() with a terminal that gets these lines, each when it is asked; what it showed is $out
ask() {
	answers=$1
	shift
	run "$PYTHON" -c 'import os, pty, sys, time, termios
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
answers = [a for a in sys.argv[1].split("|") if a]
try:
    while True:
        got = os.read(fd, 1000)
        if not got:
            break
        seen += got
        if answers and seen.rstrip().endswith(b":"):
            while termios.tcgetattr(fd)[3] & termios.ECHO:
                time.sleep(0.01)
            a = answers.pop(0)
            os.write(fd, b"\x03" if a == "^C" else b"\x1a\n" if a == "^Z" else a.encode() + b"\n")
            seen += b"<"
except OSError:
    pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)' "$answers" "$@" </dev/null
}

terminal() {
	ask '0123456789abcdef' "$XFLATE" key show wrapped-kek-16.key --kek tty
	is "$status $(grep -c 0123456789 "$out") $(tr -d '\r' <"$out" | tail -n 1)" "0 0 $P" 'tty: a KEK that is asked for, without echo'
	ask '0123456789abcdef|0123456789abcdef' "$XFLATE" key wrap clear --kek tty -o wrapped
	is "$status $(cat wrapped)" "0 $W" 'tty: a KEK to wrap with is asked for twice'
	ask '0123456789abcdef|0123456789abcdeg' "$XFLATE" key wrap clear --kek tty
	is "$status $(grep -c differ "$out")" '4 1' 'tty: two answers that differ'
	ask '^C' "$XFLATE" key show wrapped-kek-16.key --kek tty
	is "$status" 254 'tty: Ctrl-C ends it by that signal'
	ask 'short' "$XFLATE" key show wrapped-kek-16.key --kek tty
	is "$status" 4 'tty: a short KEK'
	if command -v setsid >/dev/null; then
		run setsid -w "$XFLATE" key show wrapped-kek-16.key --kek tty
		refused 1 'tty: there is no terminal'
	else
		skip 'tty: there is no terminal' 'no setsid'
	fi
	rm -f wrapped
}

# ---- nobody sees a key ----

# A debugger stops the program when it writes and when it ends, and dumps its memory: none of the secrets is in the core, not
# even a part.  A dump of all pages, also those that the kernel is told to leave out, has them: else this would prove nothing.
cores() {
	if sanitized; then
		skip 'core dumps' 'a sanitizer keeps copies of everything'
		return
	fi
	if ! command -v gdb >/dev/null; then
		skip 'core dumps' 'no gdb'
		return
	fi
	cat >find.py <<-'END'
		import sys
		core, secrets = open(sys.argv[1], "rb").read(), [s.encode() for s in sys.argv[2:]]
		# What a run without any key has, too, is a table of a library's: the KEK of the samples is the sixteen digits.
		plain = open("core.plain", "rb").read()
		# No 11 bytes of any, nor the 8 at its beginning and end.
		pieces = [(i, s[at:at + 8]) for i, s in enumerate(secrets) for at in list(range(0, len(s) - 7, 4)) + [len(s) - 8]]
		found = [i for i, piece in pieces if core.count(piece) > plain.count(piece)]
		print(len(core) > 100000, sorted(set(found)))
	END
	# Into a program with keys only root may look: for others this lets it be looked into.
	may=
	if [ "$(id -u)" != 0 ]; then
		cat >dumpable.c <<-'END'
			#include <stdarg.h>
			#include <sys/prctl.h>
			#include <sys/syscall.h>
			#include <unistd.h>
			int prctl(int option, ...)
			{
				unsigned long a[4];
				va_list list;
				va_start(list, option);
				for (int i = 0; i < 4; i++)
					a[i] = va_arg(list, unsigned long);
				va_end(list);
				return option == PR_SET_DUMPABLE ? 0 : (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
			}
		END
		# shellcheck disable=SC2086 # a compiler and its options
		check 'core dumps: the shim for those who are not root builds' ${CC:-cc} -D_GNU_SOURCE -shared -fPIC -o dumpable.so dumpable.c
		may='set environment LD_PRELOAD ./dumpable.so'
	fi
	K=$(cat new.txt)
	"$XFLATE" key split -qq new.txt --shares 3 --threshold 2 -o share
	cat share.1 share.3 >shares
	chmod 600 shares
	O=$(cat opened-key)
	setsid gdb -nx -batch -ex "$may" -ex 'set pagination off' -ex 'set confirm off' -ex 'set debuginfod enabled off' -ex 'catch syscall exit_group' \
		-ex 'run --version >stdout 2>stderr' -ex 'gcore core.plain' -ex kill --args "$XFLATE" >"$work/gdb" 2>&1 </dev/null
	[ -e core.plain ] || : >core.plain
	while IFS='@' read -r name command; do
		rm -f core.write core.end core.all
		setsid gdb -nx -batch -ex "$may" -ex 'set pagination off' -ex 'set confirm off' -ex 'set debuginfod enabled off' -ex 'catch syscall write' \
			-ex 'catch syscall exit_group' -ex "run $command >stdout 2>stderr" -ex 'gcore core.write' -ex 'set use-coredump-filter off' \
			-ex 'set dump-excluded-mappings on' -ex 'gcore core.all' -ex 'set use-coredump-filter on' \
			-ex 'set dump-excluded-mappings off' -ex 'delete 1' -ex 'continue' -ex 'gcore core.end' -ex kill \
			--args "$XFLATE" >"$work/gdb" 2>&1 </dev/null
		if [ ! -e core.end ]; then
			if grep -Eq 'ptrace|not permitted|Could not trace' "$work/gdb"; then
				skip "core: $name" 'debugging is not permitted here'
			else
				not_ok "core: $name: there is none"
				show "$work/gdb"
			fi
			continue
		fi
		# Of shares that it made the digits, too.
		S=$(sed -n 's/^xflate-share\( [^ ]*\)\{5\} //p' result.1 2>/dev/null)
		is "$("$PYTHON" find.py core.write "$P" 0123456789abcdef "$K" "$O" "${S:-$K}")" 'True []' "core: $name: while it writes"
		is "$("$PYTHON" find.py core.end "$P" 0123456789abcdef "$K" "$O" "${S:-$K}")" 'True []' "core: $name: when it ends"
		is "$("$PYTHON" find.py core.all "$P" 0123456789abcdef "$K" "$O" | grep -c '[0-9]')" 1 "core: $name: it was in memory"
		rm -f result*
	done <<-END
		show@key show wrapped-kek-16.key --kek kek-16.txt
		show --base64@key show wrapped-kek-16.key --base64 --kek kek-16.txt
		unwrap -o@key unwrap wrapped-kek-16.key --kek kek-16.txt -o result
		wrap@key wrap clear --kek new.txt
		rewrap@key rewrap wrapped-kek-16.key --kek kek-16.txt --new-kek new.txt
		rewrap of a list@key rewrap list --kek kek-16.txt --new-kek new.txt --format json
		unwrap of a list@key unwrap list --kek kek-16.txt --format sql
		cache check@cache check cache --kek kek-16.txt
		cache get@cache get cache A00001L4 --kek kek-16.txt
		cache import@cache import cache2 clear-list
		cache list@cache list cache2
		cache export@cache export cache2 --format json
		split@key split new.txt --shares 3 --threshold 2 -o result
		split --qr@key split new.txt --shares 2 --threshold 2 --qr text -o result
		join@key join shares -o result
	END
	rm -f core.* find.py dumpable.* stdout stderr
}

# No core at all from the kernel, no debugger of the same user; nothing of a key in arguments, environment, errors.
seen() {
	mkfifo pipe
	"$XFLATE" key show clear >"$work/shown" 2>/dev/null
	"$XFLATE" key wrap - --kek kek-16.txt <pipe >"$work/wrapped" 2>&1 &
	pid=$!
	exec 7>pipe
	sleep 0.3
	is "$(grep -c 'core file size *0 *0' /proc/$pid/limits 2>/dev/null)" 1 'while it waits for a key: no core files'
	is "$(stat -c %U /proc/$pid/mem 2>/dev/null)" root 'while it waits for a key: its memory belongs to root'
	printf '%s\n' "$P" >&7
	exec 7>&-
	wait $pid
	is "$(cat "$work/wrapped")" "$W" 'and then it does its work'
	rm pipe
	for line in 'show wrapped-kek-16.key --kek plain-0.key' 'show short.key' 'wrap clear --kek kek-short-5.txt' 'rewrap list --kek new.txt --new-kek kek-16.txt' \
		'show overwrite.key' 'unwrap list --kek new.txt' 'wrap wrapped-kek-16.key --kek kek-16.txt'; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" key $line -v -v -v
		is "$(cat "$out" "$err" | grep -cF -e "$P" -e 0123456789 -e "$(cat plain-0.key)" -e short -e "$(cut -f 2 list | head -n 1)" -e "$(cat new.txt)" |
			sed "s/^[1-9].*/$(grep -c 'short' "$err")/")" "$(grep -c 'short' "$err")" "errors hold no key: $line"
	done
}

generate
show_them
turning
lists
terminal
usage
printf 'V1\t%s\n' "$("$XFLATE" key show wrapped-kek-16.key --kek kek-16.txt --base64 -qq)" >clear-list
cut -f 2 clear-list >opened-key
chmod 600 clear-list opened-key list
cores
seen
done_testing
