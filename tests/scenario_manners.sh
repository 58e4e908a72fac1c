#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Manners: usage, exit status, what happens to files, pipes, terminals and signals, and the reports.
# shellcheck disable=SC2016 # for inner shells
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

gzip6=$VOLUMES/bareos/vol-gzip6
none=$VOLUMES/bareos/vol-none
multi=$VOLUMES/bareos/vol-multi
zstd3=$VOLUMES/bacula/plain-zstd3
forms=$VOLUMES/made/good-forms
bad=$VOLUMES/made/bad-crc
encrypted=$VOLUMES/bacula/enc256-append

# files WANTED TEXT: nothing else is in this folder, hidden or not
files() { is "$(in_folder .)" "$1" "$2"; }

# to_stdout SHELL-TEXT: run() with redirections of its own; $0 is the program
shell() {
	text=$1
	shift
	run sh -c "$text" "$XFLATE" "$@"
}

# on_terminal COMMAND...: run() with a terminal as standard input, output and error; $out has all that it showed
on_terminal() {
	run "$PYTHON" -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 65536))))' "$@" </dev/null
}

# --- help and usage ---

usage() {
	for command in '' filter list verify compare extract find mount 'catalog rows' 'catalog sql' 'catalog check' 'catalog bsr' key cache alerts drives changer 'key load' 'key clear' 'key status' 'key probe'; do
		# shellcheck disable=SC2086 # words or none
		run "$XFLATE" $command --help
		expect_status 0 "$command --help"
		is "$(wc -c <"$err")" 0 "$command --help: nothing on stderr"
		is "$(awk 'length > 80' "$out")" '' "$command --help: 80 columns"
		[ "$(wc -l <"$out")" -le 40 ] && [ -s "$out" ]
		is $? 0 "$command --help: one screen"
		cp "$out" help
		[ -n "$command" ] || continue
		# shellcheck disable=SC2086
		run "$XFLATE" help $command
		check "help $command is the same" cmp help "$out"
	done
	rm help
	run "$XFLATE" -i --help
	expect_status 0 '--help behind another option'
	run "$XFLATE" --version
	expect_status 0 --version
	is "$(sed -n 's/^xflate [0-9][0-9.]*.*/version/p' "$out")" version '--version: names itself'
	check '--version: names the libraries' grep -qi zstd "$out"
	run "$XFLATE" help nonsense
	refused 2 'help of what is no command'

	# Each line: what is wrong on the command line.
	while read -r line; do
		case $line in
		\#* | '') continue ;;
		esac
		# shellcheck disable=SC2086 # words
		run "$XFLATE" $line
		refused 2 "wrong usage: $line"
	done <<-END
		--nonsense $gzip6
		-Z $gzip6
		-d
		-d nonsense $gzip6
		-d gzip: $gzip6
		-d gzip:0 $gzip6
		-d gzip:13 $gzip6
		-d gzip:6x $gzip6
		-d gzip:-1 $gzip6
		-d lzo:1 $gzip6
		-d lzfast:1 $gzip6
		-d lz4:1 $gzip6
		-d lz4hc:0 $gzip6
		-d lz4hc:13 $gzip6
		-d zstd:0 $zstd3
		-d zstd:20 $zstd3
		-d gzip -d lzo $gzip6
		-d gzip -r lzo $gzip6
		-r lzo -r lzo $gzip6
		-o a -o b $gzip6
		--map a --map b $gzip6
		--report a --report b $gzip6
		-T x $gzip6
		-T -1 $gzip6
		-T 100000 $gzip6
		--max-block 1 $gzip6
		--max-block 20000001 $gzip6
		--max-block x $gzip6
		--on-damage nonsense $gzip6
		--progress nonsense $gzip6
		--target nonsense $gzip6
		--inflate=yes $gzip6
		filter --nonsense
		list --nonsense $gzip6
		compare --nonsense $gzip6 --vs $gzip6
		compare $gzip6
		compare $gzip6 --vs
		compare --vs $gzip6
		# What the product cannot read.
		-d zstd $gzip6
		-r zstd $multi
		-d lz4 $zstd3
		-r lz4hc:3 $zstd3
		-d lzfast $zstd3
		--target bacula -d lz4 $gzip6
		--target bacula -d lz4 $zstd3
		--target bacula -r lzfast $gzip6
		--target bareos -r zstd $zstd3
		--target bareos-22 -r zstd $gzip6
		--target any -r lz4 $gzip6
		--target any -r zstd $zstd3
		# Records that are left as they are, but cannot be read there.
		--target bareos -d lzo -o result $zstd3
		--target bacula -d lzo -o result $VOLUMES/bareos/vol-lzfast
	END
	files '' 'wrong usage: no output'
	# What is pasted in the place of a device may be a key.
	for verb in 'key status' 'key clear' 'key load --mode raw' 'key probe --cache c' alerts; do
		while read -r pasted; do
			# shellcheck disable=SC2086 # words
			run "$XFLATE" $verb "$pasted"
			refused 2 "$verb: bytes in the place of a device"
			fails '... are not shown' grep -qF -e "$(printf '%.6s' "$pasted")" "$err"
		done <<-'END'
			0010003040000203010000000000000000000020b1b2b3b4b5b6b7b8b9babbbcbdbebf
			b1b2b3b4
			B1 B2 B3 B4
			b1:b2:b3:b4
			00000000: b1b2 b3b4 b5b6 b7b8  ........
			/x8QGdmnbu1zZ3mVGQfnR2p6sJ8k1x2UJw4wm3Tqv0A
			x8Q!dmnbu1zZ3mVGQf/R2p6s$8k1x2U?
		END
		# shellcheck disable=SC2086
		run "$XFLATE" $verb b1 b2 b3
		refused 2 "$verb: bytes as words"
		fails '... are not shown' grep -q 'b[123]' "$err"
		# shellcheck disable=SC2086
		run "$XFLATE" $verb /dev/nothere
		says /dev/nothere "$verb: the name of a device is shown"
	done
}

# --- inputs that are none ---

inputs() {
	mkdir folder
	: >empty
	echo 'a text, and not a volume' >text
	seq 1 20000 >long-text
	gzip -nc text >text.gz
	head -c 300000 /dev/zero >zeros
	for input in folder empty text long-text text.gz zeros missing; do
		for verb in '-i -o result' list 'compare --vs' compare; do
			# shellcheck disable=SC2086 # words
			case $verb in
			'compare --vs') run "$XFLATE" compare "$gzip6" --vs "$input" ;;
			compare) run "$XFLATE" compare "$input" --vs "$gzip6" ;;
			*) run "$XFLATE" $verb "$input" ;;
			esac
			case $verb:$status in
			# A list may go on to the end of what is no volume.
			list:3) ok "$verb $input: it is damage" ;;
			*) is "$status" 1 "$verb $input: refused" ;;
			esac
			says "^xflate: $input: " "$verb $input: it is named"
		done
	done
	files 'empty folder long-text text text.gz zeros ' 'inputs that are none: no output'
	run "$XFLATE" -i "$gzip6" missing
	is "$status" 1 'a second input that is missing'
	rm -rf folder empty text long-text text.gz zeros

	for option in -i '-r lzo' ''; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" $option "$encrypted"
		is "$status" 4 "encrypted volume $option: a key is missing"
		says '^xflate: .*enc256-append: block at byte 244.*encrypted' "encrypted volume $option: says so"
	done
	run "$XFLATE" list "$encrypted"
	expect_status 0 'an encrypted volume can be listed'

	cp "$gzip6" secret
	chmod 0 secret
	chmod 755 "$work" "$work/here"
	another_user='import os, sys
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
os.execvp(sys.argv[1], sys.argv[1:])'
	if run "$PYTHON" -c "$another_user" "$XFLATE" --version && [ "$status" = 0 ] &&
		run "$PYTHON" -c "$another_user" sh -c "cd '$work/here'" && [ "$status" = 0 ]; then
		run "$PYTHON" -c "$another_user" "$XFLATE" "$work/here/secret"
		refused 1 'a file that may not be read'
		if [ "$(id -u)" = 0 ]; then
			run "$PYTHON" -c "$another_user" "$XFLATE" -o "$work/here/result" "$gzip6"
			refused 1 'a folder that may not be written'
		fi
	else
		skip 'a file that may not be read' 'root may read it, and nobody cannot reach the program'
	fi
	rm -f secret
	files '' 'inputs that are none: nothing left'

	# A name on a volume is foreign.
	"$PYTHON" - "$here" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import mkvolume as m
		for path, name in (("climber", "../climbed"), ("painter", "red\x1b[31mand\nwhite\r\x9b1m"), ("other", "")):
		    s = m.Session(m.Packer(), name=name)
		    s.file(m.text(len(name), 3000), 29, "gzip")
		    with open(path, "wb") as f:
		        f.write(m.whole(name, s.close()))
	END
	mkdir folder
	shell '"$0" -i -o folder <climber'
	refused 2 'a volume name that is a path elsewhere'
	files 'climber folder other painter ' 'a volume name that is a path elsewhere: nothing is written'
	shell '"$0" -i <painter 2>&1 >/dev/null; "$0" list -vv <painter; "$0" verify -v <painter; "$0" compare painter --vs other; "$0" compare other --vs painter'
	is "$(tr -d '\n\040-\176' <"$out" | wc -c)" 0 'control characters in names do not reach the terminal'
	run "$XFLATE" list --json painter
	check 'control characters in names do not spoil JSON' "$PYTHON" -m json.tool "$out"
	rm -rf climber painter other folder
}

# --- outputs ---

outputs() {
	cp "$gzip6" vol
	cp "$gzip6" vol.as-it-was
	ln vol hard
	ln -s vol soft
	for output in vol ./vol hard soft; do
		run "$XFLATE" --force -o "$output" vol
		refused 2 "-o $output is the input, even with --force"
		check "-o $output is the input: it is as it was" cmp vol vol.as-it-was
		run "$XFLATE" -o "$output" vol
		[ "$status" = 1 ] || [ "$status" = 2 ]
		is $? 0 "-o $output is the input, without --force"
	done
	for option in --map --report; do
		run "$XFLATE" --force "$option" vol -o result vol
		refused 2 "$option is the input"
		check "$option is the input: it is as it was" cmp vol vol.as-it-was
	done
	shell '"$0" <vol >>vol'
	refused 2 'appended to the input'
	shell '"$0" vol >>vol'
	refused 2 'appended to the input, which has a name'
	shell '"$0" <vol 1<>vol'
	refused 2 'over the input'
	check 'appended to the input: it is as it was' cmp vol vol.as-it-was
	files 'hard soft vol vol.as-it-was ' 'the input as output: nothing is left'
	rm -f hard soft vol.as-it-was

	for options in '-o one --map one' '-o one --report one' '--map one --report one' '-o one --map ./one' \
		"-o $work/here/one --report one" '--map .//one --report one' '-o ./ --map vol' '-o ./ --report vol'; do
		for force in '' --force; do
			# shellcheck disable=SC2086 # words
			run "$XFLATE" $force $options vol
			[ "$status" = 1 ] || [ "$status" = 2 ]
			is $? 0 "one file for two things: $options $force"
			files 'vol ' "one file for two things: $options $force: nothing is left"
			rm -f one
		done
	done

	echo kept >there
	run "$XFLATE" -i -o there vol
	refused 1 'an output that exists'
	is "$(cat there)" kept 'an output that exists: it is as it was'
	for option in --map --report; do
		run "$XFLATE" "$option" there -o result vol
		refused 1 "$option that exists"
		is "$(cat there)" kept "$option that exists: it is as it was"
	done
	files 'there vol ' 'an output that exists: nothing is left'
	run "$XFLATE" -i --force -o there "$bad"
	refused 1 'an output that exists, and a run that fails'
	is "$(cat there)" kept 'an output that exists, and a run that fails: it is as it was'
	run "$XFLATE" --force -o there vol
	expect_status 0 'an output that exists, with --force'
	check 'an output that exists, with --force: it is replaced' cmp there vol
	run "$XFLATE" -o missing/result vol
	refused 1 'an output in a folder that is not there'
	mkdir folder
	run "$XFLATE" -o folder vol
	expect_status 0 'an output in a folder'
	check 'an output in a folder: it has the name of the input' cmp vol folder/vol
	shell '"$0" -o folder <vol'
	check 'an output in a folder: from a pipe, it has the name in the label' cmp vol folder/vol-gzip6
	mkfifo pipe
	cat pipe >piped &
	run "$XFLATE" -o pipe vol
	wait
	expect_status 0 'to a named pipe'
	check 'to a named pipe: the bytes' cmp vol piped
	rm -rf folder pipe piped there

	# A disk that is full.
	for target in '-o /dev/full' '-o /dev/full -i' '--map /dev/full -o result' '--report /dev/full -o result'; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" $target vol
		is "$status" 1 "full: $target"
		says '^xflate: .*No space left' "full: $target: says why"
		# The volume that a report is about is whole.
		case $target in --report*) rm -f result ;; esac
		files 'vol ' "full: $target: nothing is left"
		rm -f result
	done
	for command in '' -i list 'list --json' "compare vol --vs" '--help' '--version'; do
		shell "\"\$0\" $command vol >/dev/full"
		is "$status" 1 "full standard output: $command"
		says '^xflate: ' "full standard output: $command: says so"
	done
	files 'vol ' 'full: nothing is left'
	small_disk='mount -t tmpfs -o size=1m none disk && cd disk && echo kept >there &&
		{ "$1" --force -o there "$2" 2>../said; echo "$?" >../status; ls -A >../left; cat there >>../left; }'
	mkdir disk
	if unshare -m sh -c "$small_disk" sh "$XFLATE" "$none" 2>/dev/null ||
		unshare -rm sh -c "$small_disk" sh "$XFLATE" "$none" 2>/dev/null; then
		is "$(cat status)" 1 'a small disk'
		is "$(tr '\n' ' ' <left)" 'there kept ' 'a small disk: the old file is as it was, and alone'
		check 'a small disk: says why' grep -q '^xflate: .*No space left' said
	else
		skip 'a small disk' 'no file system can be mounted here'
	fi
	rm -rf disk said status left

	(
		ulimit -f 100
		fresh "$XFLATE" -o result "$none" >"$out" 2>"$err"
	)
	status=$?
	[ "$status" = 153 ] || { [ "$status" = 1 ] && grep -q '^xflate: .*File too large' "$err"; }
	is $? 0 'a limit to the size of files: dies by SIGXFSZ, or says why'
	files 'vol ' 'a limit to the size of files: nothing is left'
	ignored=SIGXFSZ
	(
		ulimit -f 100
		fresh "$XFLATE" -o result "$none" >"$out" 2>"$err"
	)
	status=$?
	ran='with SIGXFSZ ignored'
	ignored=
	refused 1 'a limit to the size of files, SIGXFSZ ignored'
	files 'vol ' 'a limit to the size of files, SIGXFSZ ignored: nothing is left'
	rm -f vol
}

# --- descriptors ---

descriptors() {
	cp "$gzip6" vol
	"$XFLATE" -q -i vol >plain
	shell '"$0" -o result <&-'
	is "$status" 1 'standard input closed'
	says '^xflate: .*stdin' 'standard input closed: says so'
	files 'plain vol ' 'standard input closed: nothing is left'
	for options in '' -i '--map map' '--report report'; do
		shell "\"\$0\" $options vol >&-"
		is "$status" 1 "standard output closed $options"
		says '^xflate: ' "standard output closed $options: says so"
		rm -f report
		files 'plain vol ' "standard output closed $options: nothing is left"
		rm -f map
	done
	shell '"$0" list vol >&-'
	is "$status" 1 'list: standard output closed'
	shell '"$0" -i -o result vol 2>&-'
	expect_status 0 'standard error closed'
	check 'standard error closed: the output is what it should be' cmp plain result
	rm -f result
	shell '"$0" -i -o result vol <&- >&- 2>&-'
	check 'all closed: the output is what it should be, or none' sh -c 'if [ -e result ]; then cmp plain result; fi'
	rm -f result
	shell '"$0" -i vol <&- 2>&- >result'
	expect_status 0 'the others closed'
	check 'the others closed: the output is what it should be' cmp plain result
	rm -f result

	# Somebody left the pipes non-blocking.
	run "$PYTHON" - "$XFLATE" vol result <<-'END'
		import fcntl, os, subprocess, sys, time
		def pipe():
		    ends = os.pipe()
		    for fd in ends:
		        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
		    return ends
		def feed(fd, data):
		    while data:
		        try:
		            data = data[os.write(fd, data[:50000]):]
		        except BlockingIOError:
		            time.sleep(0.001)
		    os._exit(0)
		(a, b), (c, d) = pipe(), pipe()
		data = open(sys.argv[2], "rb").read()
		if os.fork() == 0:
		    for fd in (a, c, d):
		        os.close(fd)
		    feed(b, data)
		p = subprocess.Popen([sys.argv[1], "-q", "-i"], stdin=a, stdout=d)
		for fd in (a, b, d):
		    os.close(fd)
		with open(sys.argv[3], "wb") as out:
		    while True:
		        try:
		            data = os.read(c, 20000)
		        except BlockingIOError:
		            time.sleep(0.001)
		            continue
		        if not data:
		            break
		        out.write(data)
		sys.exit(p.wait())
	END
	expect_status 0 'non-blocking pipes'
	check 'non-blocking pipes: the bytes' cmp plain result
	rm -f result

	# A writer that has a byte now and then.
	"$XFLATE" -q -i "$forms" >plain
	"$PYTHON" - "$forms" <<-'END' | timeout 60 "$XFLATE" -q -i >result
		import os, sys, time
		for i, byte in enumerate(open(sys.argv[1], "rb").read()):
		    os.write(1, bytes([byte]))
		    if i % 500 == 0:
		        time.sleep(0.002)
	END
	check 'a byte at a time: the same output' cmp plain result
	{
		head -c 100 "$forms"
		sleep 0.3
		tail -c +101 "$forms"
	} | timeout 60 "$XFLATE" -q >result
	check 'a pause inside a header: the same output' cmp "$forms" result
	shell '"$0" -q - - <vol'
	[ "$status" != 0 ]
	is $? 0 'standard input cannot be read twice'

	# A reader that goes away.
	rm -f result
	for command in '' -i 'list --records'; do
		# shellcheck disable=SC2086 # words
		{ (fresh "$XFLATE" $command "$none" 2>"$err"); echo "$?" >status; } | head -c 1000 >/dev/null
		case $command in
		# That is less than a pipe takes: all is written before the reader goes.
		list*) [ "$(cat status)" = 0 ] || [ "$(cat status)" = 141 ] ;;
		*) [ "$(cat status)" = 141 ] ;;
		esac
		is $? 0 "a reader that goes away $command: dies by SIGPIPE"
		is "$(wc -c <"$err")" 0 "a reader that goes away $command: says nothing"
	done
	ignored=SIGPIPE
	{ (fresh "$XFLATE" "$none" 2>"$err"); echo "$?" >status; } | head -c 1000 >/dev/null
	ignored=
	is "$(cat status)" 1 'a reader that goes away, SIGPIPE ignored: fails'
	says '^xflate: .*Broken pipe' 'a reader that goes away, SIGPIPE ignored: says why'
	rm -f status

	on_terminal "$XFLATE" vol
	is "$status" 2 'a volume to a terminal: refused'
	check 'a volume to a terminal: says why' grep -q '^xflate: .*terminal' "$out"
	is "$(grep -c BB02 "$out")" 0 'a volume to a terminal: not a byte'
	on_terminal "$XFLATE" -o result
	is "$status" 2 'a volume from a terminal: refused'
	check 'a volume from a terminal: says why' grep -q '^xflate: .*terminal' "$out"
	on_terminal "$XFLATE" -o result -
	is "$status" 2 'a volume from a terminal that was asked for: refused'
	on_terminal "$XFLATE" list
	is "$status" 2 'list of a terminal: refused'
	on_terminal "$XFLATE" compare vol --vs -
	is "$status" 2 'compare with a terminal: refused'
	files 'plain vol ' 'terminals: nothing is left'
	on_terminal "$XFLATE" -o result vol
	is "$status" 0 'a volume to a file, started on a terminal'
	check 'a volume to a file, started on a terminal: the bytes' cmp vol result
	rm -f vol plain result
}

# --- signals ---

# slow OPTION...: starts it with half a volume in a pipe, and waits until some of that is in the output; $pid
slow() {
	rm -f pipe
	mkfifo pipe
	fresh "$XFLATE" "$@" <pipe >"$out" 2>"$err" &
	pid=$!
	exec 9>pipe
	head -c 900000 "$multi" >&9
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		[ -z "$(find . -type f -size +0)" ] || return 0
		sleep 0.2
	done
	not_ok "$* has begun to write"
}

# finish: its exit status, after the pipe is closed
finish() {
	exec 9>&-
	died
	rm -f pipe
}

# died: $status of the program that slow started; the shell need not tell how it died
died() { { wait "$pid"; } 2>/dev/null; status=$?; }

signals() {
	number=1
	for name in HUP INT TERM; do
		[ "$name" != INT ] || number=2
		[ "$name" != TERM ] || number=15
		slow -o result
		kill -s "$name" "$pid"
		died
		is "$status" $((128 + number)) "SIG$name: dies by it"
		finish
		files '' "SIG$name: nothing is left"
		slow -i --on-damage=skip -o result --map map --report report
		kill -s "$name" "$pid"
		died
		is "$status" $((128 + number)) "SIG$name with --on-damage=skip: dies by it"
		finish
		files 'result.partial ' "SIG$name with --on-damage=skip: what was written stays, as partial"
		[ ! -s result.partial ] || xflate -q -i "$multi" >whole
		# Also what was in memory, in blocks that were not full yet; more of it in tests/scenario_files.sh.
		for volume in result.partial whole; do
			"$XFLATE" list --records "$volume" 2>/dev/null | sed -n 's/^  record [0-9]*: //p' | sort >"$volume.records"
		done
		[ -s result.partial.records ] && [ -z "$(comm -23 result.partial.records whole.records)" ]
		is $? 0 "SIG$name with --on-damage=skip: its records are those of the whole"
		rm -f result.partial whole ./*.records
	done

	# A set appears whole or not at all.
	mkdir folder
	slow -o folder "$gzip6" -
	kill -s TERM "$pid"
	died
	finish
	files 'folder folder/vol-gzip6 ' 'SIGTERM in the second set: nothing is left of it'
	rm folder/vol-gzip6
	slow -o folder --map folder/map "$gzip6" -
	kill -s TERM "$pid"
	died
	finish
	files 'folder ' 'SIGTERM in the second of two sets with one map: nothing is left of either'
	head -c 200000 "$VOLUMES/bareos/vol-span-gzip6-2" >vol-span-gzip6-2
	run "$XFLATE" -q -i -o folder "$VOLUMES/bareos/vol-span-gzip6-1" vol-span-gzip6-2
	expect_status 1 'damage in the second volume of a set'
	rm vol-span-gzip6-2
	files 'folder ' 'damage in the second volume of a set: nothing is left of either'
	rm -rf folder

	echo kept >result
	slow --force -o result
	sleep 0.3
	kill -s INT "$pid"
	died
	finish
	files 'result ' 'SIGINT over an old output: nothing else is left'
	is "$(cat result)" kept 'SIGINT over an old output: it is as it was'
	rm -f result

	for name in HUP INT; do
		ignored=SIG$name
		slow -q -o result
		ignored=
		kill -s "$name" "$pid"
		sleep 0.2
		tail -c +900001 "$multi" >&9
		finish
		is "$status" 0 "SIG$name that was ignored stays ignored"
		check "SIG$name that was ignored: the output is whole" cmp "$multi" result
		rm -f result
	done

	slow -q -o result
	kill -s USR1 "$pid"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -s "$err" ] || break
		sleep 0.2
	done
	is "$(grep -c '^xflate: .*kB.* -> ' "$err")" 1 'SIGUSR1: a line of progress'
	tail -c +900001 "$multi" >&9
	finish
	is "$status" 0 'SIGUSR1: the run goes on'
	is "$(wc -l <"$err")" 1 'SIGUSR1: one line and no more'
	check 'SIGUSR1: the output is whole' cmp "$multi" result
	rm -f result
	files '' 'signals: nothing is left'
}

# --- damage anywhere ---

# Every place of a header, block ends, and every so many bytes: cut there, and one bit changed there.
damage() {
	for volume in "$forms" "$VOLUMES/made/good-interleaved-bb03"; do
		name=${volume##*/}
		mkdir pieces
		"$PYTHON" - "$volume" pieces <<-'END'
			import os, struct, sys
			data = open(sys.argv[1], "rb").read()[:45000]
			ends, at = [], 0
			while at + 8 <= len(data):
			    at += struct.unpack_from(">I", data, at + 4)[0]
			    if at <= len(data):
			        ends.append(at)
			data = data[:ends[-1]]
			second = ends[0]
			cuts = set(range(1, len(data), len(data) // 60))
			cuts |= {1, 3, 4, 8, 12, 15, 16, 23, 24, 30, 32, 36, 40, 44, 60, second - 1}
			cuts |= {second + i for i in (0, 1, 8, 12, 16, 23, 24, 25, 31, 32, 33, 35, 36, 40, 44, 45)} | set(ends)
			cuts |= {end - 1 for end in ends} | {end + 1 for end in ends}
			for cut in sorted(c for c in cuts if 0 < c < len(data)):
			    kind = "end" if cut in ends else "mid"
			    with open(os.path.join(sys.argv[2], "%s-%06d" % (kind, cut)), "wb") as f:
			        f.write(data[:cut])
			flips = set(range(7, len(data), len(data) // 40)) | set(range(0, 60, 3)) | {second + i for i in range(0, 50, 2)}
			for place in sorted(flips):
			    new = bytearray(data)
			    new[place] ^= 1 << place % 8
			    with open(os.path.join(sys.argv[2], "bit-%06d" % place), "wb") as f:
			        f.write(new)
		END
		for piece in pieces/*; do
			short="$name ${piece#pieces/}"
			case $piece in
			*/end-*)
				# Between blocks nothing need be missing, but for the end of the job.
				run "$XFLATE" -q "$piece"
				[ "$status" = 0 ] && cmp -s "$piece" "$out"
				is $? 0 "$short: what is there can be copied"
				run "$XFLATE" -q -i "$piece"
				[ "$status" = 0 ] || [ "$status" = 1 ]
				is $? 0 "$short: inflated, or refused"
				;;
			*)
				run "$XFLATE" -o result "$piece"
				refused 1 "$short: refused"
				run sh -c '"$0" -i <"$1"' "$XFLATE" "$piece"
				is "$status" 1 "$short: inflated from a pipe: refused"
				;;
			esac
			run "$XFLATE" -q -i --on-damage=skip -o result "$piece"
			case $status in
			0 | 1 | 3) ok "$short: skip ends as it should" ;;
			*) not_ok "$short: skip ends with $status" ;;
			esac
			if [ -e result ] && [ "$status" = 3 ]; then
				check "$short: skip: the result is sound" xflate -q -i --on-damage=keep -o /dev/null result ||
					show "$err"
			fi
			rm -f result result.partial
		done
		files "$(in_folder . | tr ' ' '\n' | grep '^pieces' | tr '\n' ' ')" "$name: nothing but the pieces is left"
		rm -rf pieces
	done
}

# --- reports ---

reports() {
	run "$XFLATE" -r lz4 -o result "$gzip6"
	expect_status 0 'the lines of a job log'
	for pattern in 'vol-gzip6 IN -> inflate=yes -> deflate=yes \(LZ4\) -> OUT' 'vol-gzip6: inflate ratio: [0-9]+\.[0-9][0-9]%' \
		'vol-gzip6: deflate ratio: [0-9]+\.[0-9][0-9]%' \
		'vol-gzip6: 1 job, 137 records, [1-9][0-9]* recompressed, 0 damaged; 735\.0 kB -> [0-9.]+ [kM]B in [0-9.]+ s'; do
		says "^xflate: $pattern\$" "the lines of a job log: $pattern"
	done
	is "$(wc -l <"$err")" 4 'the lines of a job log: no others'
	is "$(wc -c <"$out")" 0 'the lines of a job log: nothing on stdout'
	run "$XFLATE" -q -r lz4 --force -o result "$gzip6"
	is "$(wc -c <"$err")" 0 '-q: nothing'

	# report.json and map of several runs against what the oracle and list say of the volumes.
	cat >judge.py <<-'END'
		import hashlib, json, re, subprocess, sys
		import xxhash
		report, map_path, olds, news, counts = sys.argv[1], sys.argv[2], sys.argv[3].split(), sys.argv[4].split(), sys.argv[5:]
		r = json.load(open(report))
		read = lambda names: b"".join(open(n, "rb").read() for n in names)
		digest = lambda names: hashlib.sha256(read(names)).hexdigest()
		assert r["format"] == 1, r["format"]
		assert r["exit_status"] == 0
		assert r["sha256_in"] == digest(olds), "sha256_in"
		assert r["sha256_out"] == digest(news), "sha256_out"
		assert len(r["volumes"]) == len(olds)
		for v, old, new, count in zip(r["volumes"], olds, news, counts):
		    blocks, records = map(int, re.search(r"blocks=(\d+) records=(\d+)", count).groups())
		    assert v["blocks_in"] == blocks, (v["blocks_in"], blocks)
		    assert v["records"] == records, (v["records"], records)
		    assert (v["bytes_in"], v["bytes_out"]) == (len(read([old])), len(read([new])))
		    assert v["damaged"] == 0
		assert sum(j["recompressed"] for j in r["jobs"]) == sum(v["recompressed"] for v in r["volumes"])
		assert sum(j["data_bytes_in"] for j in r["jobs"]) == sum(v["data_bytes_in"] for v in r["volumes"])
		assert sum(j["data_bytes_out"] for j in r["jobs"]) == sum(v["data_bytes_out"] for v in r["volumes"])
		assert r["damage"] == []

		text = open(map_path, "rb").read()
		cut = text.rindex(b"xxh64\t")
		assert text[:cut].endswith(b"\n") and text.startswith(b"xflate-map\t2\n")
		assert text[cut:] == b"xxh64\t%s\n" % xxhash.xxh64(text[:cut]).hexdigest().encode(), "checksum of the map"
		parts = text[:cut].decode().split("\nvolume\t")[1:]
		assert len(parts) == len(olds)
		shape = re.compile(r"^block (\d+): BB0\d, (\d+) bytes, number (\d+), session (\d+)/(\d+), FileIndex (-?\d+)\.\.(-?\d+)", re.M)
		def blocks(path):
		    said = subprocess.run(["XFLATE", "list", "--blocks", path], executable=sys.exec_xflate, capture_output=True, text=True).stdout
		    return [(int(a), int(a) + int(n) - 1, int(sid), int(st), int(no), int(f), int(l))
		            for a, n, no, sid, st, f, l in shape.findall(said)]
		for part, old, new in zip(parts, olds, news):
		    lines = [l.split("\t") for l in part.split("\n") if l]
		    assert (lines[0][1], lines[0][3]) == ("file", "file")
		    get = lambda which: [tuple(map(int, l[1:-1])) for l in lines if l[0] == which and l[-1] == "1"]
		    for which, path in (("old", old), ("new", new)):
		        assert get(which) == blocks(path), (which, get(which)[:3], blocks(path)[:3])
		    end = [[int(x) for x in l[1:]] for l in lines if l[0] == "end"]
		    assert end == [[len(read([old])), len(read([new])), len(get("old")), len(get("new")), 0, 0]], end
	END
	sed -i 's/sys.exec_xflate/__import__("os").environ["XFLATE"]/' judge.py
	for case in "bareos/vol-gzip6 -r lz4" "bareos/vol-multi -i" "bareos/vol-multi -r gzip:1 --max-block 100000" \
		"bacula/plain-interleave -r zstd" "bacula/small-lzo" "made/good-bb01-mixed -r lzo" "made/good-interleaved"; do
		# shellcheck disable=SC2086 # words
		set -- $case
		volume=$VOLUMES/$1
		shift
		rm -f report map result
		run "$XFLATE" -q --report report --map map -o result "$@" "$volume"
		expect_status 0 "report and map: $case"
		volcheck "$volume" >counts
		check "report and map: $case: they are right" "$PYTHON" judge.py report map "$volume" result "$(cat counts)"
	done
	rm -rf report map result new
	run "$XFLATE" -q --report report --map map -r lzo -o new "$VOLUMES/bareos/vol-span-gzip6-1" "$VOLUMES/bareos/vol-span-gzip6-2"
	expect_status 0 'report and map of a set'
	"$PYTHON" -m json.tool report >/dev/null
	is $? 0 'report of a set: JSON'
	volcheck --partial "$VOLUMES/bareos/vol-span-gzip6-1" >counts1
	volcheck --partial "$VOLUMES/bareos/vol-span-gzip6-2" >counts2
	# A record that spans both counts where it begins, not where it ends; the oracle has it the other way round.
	sed -i 's/records=28/records=29/' counts1
	sed -i 's/records=110/records=109/' counts2
	check 'report and map of a set: they are right' "$PYTHON" judge.py report map \
		"$VOLUMES/bareos/vol-span-gzip6-1 $VOLUMES/bareos/vol-span-gzip6-2" 'new/vol-span-gzip6-1 new/vol-span-gzip6-2' \
		"$(cat counts1)" "$(cat counts2)"
	rm -rf report map new counts* judge.py

	# A run that fails, and one that finishes with damage.
	run "$XFLATE" -q -i --report report --map map -o result "$bad"
	refused 1 'report of a run that fails'
	is "$("$PYTHON" -c 'import json; r = json.load(open("report")); print(r["format"], r["exit_status"])')" '1 1' \
		'report of a run that fails: it is there'
	rm -f report
	files '' 'report of a run that fails: no output, no map'
	run "$XFLATE" -q -i --on-damage=skip --report report -o result "$bad"
	expect_status 3 'report of damage'
	is "$("$PYTHON" -c 'import json; r = json.load(open("report"))
d = r["damage"]
print(r["exit_status"], len(d) == r["volumes"][0]["damaged"] > 0, d[0]["volume"], {x["address"] for x in d} >= {4276},
      any(x["file_index"] == 2 and x.get("job_id") == 1 for x in d))')" '3 True bad-crc True True' 'report of damage: it is listed'
	rm -f report result

	# Progress as JSON, and none where nobody looks.
	for mode in json auto never; do
		{
			head -c 900000 "$multi"
			sleep 2.3
			tail -c +900001 "$multi"
		} | "$XFLATE" -q --progress="$mode" >result 2>"$err"
		if [ "$mode" = json ]; then
			is "$("$PYTHON" -c 'import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
print(len(lines) >= 2, all(l["format"] == 1 and "seconds_left" not in l for l in lines), lines[-1]["bytes_in"] >= 800000,
      [l["bytes_in"] for l in lines] == sorted(l["bytes_in"] for l in lines))' "$err")" 'True True True True' \
				'--progress=json: lines that parse'
		else
			is "$(wc -c <"$err")" 0 "--progress=$mode, no terminal: nothing"
		fi
		check "--progress=$mode: the output" cmp "$multi" result
	done
	# Where the size of the input is known, so is when it will be read.
	mkfifo slow
	{
		sleep 2.3
		cat
	} <slow >result &
	"$XFLATE" -q --progress=json --force -o slow "$multi" 2>"$err"
	wait
	is "$("$PYTHON" -c 'import json, sys
l = json.loads(open(sys.argv[1]).readline())
print(isinstance(l["seconds_left"], int), l["bytes_total"] > l["bytes_in"] > 0 < l["seconds"])' "$err")" 'True True' \
		'--progress=json: the time left'
	check '--progress=json: the output, through a named pipe' cmp "$multi" result
	rm -f slow result
}

# --- list and compare ---

lists() {
	cat >judge.py <<-'END'
		import json, re, sys
		v = json.load(open(sys.argv[1]))
		assert v["format"] == 1
		v = v["volumes"][0]
		blocks, records, files = map(int, re.search(r"blocks=(\d+) records=(\d+) files=(\d+)", sys.argv[2]).groups())
		assert v["blocks"] == blocks, (v["blocks"], blocks)
		# The volume label belongs to no job.
		assert sum(j["records"] for j in v["jobs"]) + 1 == records
		assert sum(j["blocks"] for j in v["jobs"]) + 1 == blocks
		assert sum(j["job_files"] for j in v["jobs"]) == files
		assert all(j["ended"] and j["job_status"] == "T" for j in v["jobs"])
		assert v["damage"] == 0 and v["has_label"]
		assert v["bytes"] == int(sys.argv[3])
		assert (v["volume"], v["product"]) == (sys.argv[4], sys.argv[5]), (v["volume"], v["product"])
		# How the oracle decodes each record of content.
		sys.path.insert(0, sys.argv[7])
		import collections, volcheck
		names, decode = collections.Counter(), volcheck.decode
		def counting(stream, data, multi):
		    result = decode(stream, data, multi)
		    names[{"gzip-legacy": "gzip", "none": "plain"}.get(result[0], result[0])] += 1
		    return result
		volcheck.decode = counting
		volcheck.Checker(volcheck.parse([sys.argv[6]])).run([sys.argv[6]])
		listed = collections.Counter()
		for job in v["jobs"]:
		    listed.update(job["data_records"])
		assert +listed == +names, (listed, names)
	END
	while read -r name product jobs algorithm; do
		volume=$VOLUMES/$name
		run "$XFLATE" list "$volume"
		expect_status 0 "list $name"
		check "list $name: the label" grep -q "^volume ${name##*/}\$" "$out"
		is "$(grep -c '^  session: ' "$out")" "$jobs" "list $name: its jobs"
		check "list $name: its algorithms" grep -Eq "^  data: .*$algorithm [0-9]+" "$out"
		run "$XFLATE" list --json "$volume"
		expect_status 0 "list --json $name"
		check "list --json $name: as the oracle counts" "$PYTHON" judge.py "$out" "$(volcheck "$volume" 2>/dev/null)" \
			"$(wc -c <"$volume")" "${name##*/}" "$product" "$volume" "$here"
		volcheck "$volume" >counts
		run "$XFLATE" list --blocks "$volume"
		is "blocks=$(grep -c '^block ' "$out")" "$(tr ' ' '\n' <counts | grep blocks=)" "list --blocks $name"
		run "$XFLATE" list --records "$volume"
		is "records=$(($(grep -c '^  record ' "$out") + 1))" "$(tr ' ' '\n' <counts | grep records=)" "list --records $name"
		run "$XFLATE" list -vv "$volume"
		is "blocks=$(grep -c '^block ' "$out")" "$(tr ' ' '\n' <counts | grep blocks=)" "list -vv $name: blocks"
		is "records=$(($(grep -c '^  record ' "$out") + 1))" "$(tr ' ' '\n' <counts | grep records=)" "list -vv $name: records"
		run sh -c 'cat "$1" | "$0" list' "$XFLATE" "$volume"
		expect_status 0 "list $name in a pipe"
	done <<-END
		bareos/vol-gzip6 bareos 1 gzip
		bareos/vol-lz4hc bareos 1 lz4hc
		bareos/vol-append bareos 2 lz4
		bareos/vol-multi bareos 3 gzip
		bacula/plain-none-sparse bacula 1 plain
		bacula/plain-zstd3 bacula 1 zstd
		bacula/small-lzo bacula 1 lzo
		made/good-bb01-mixed bareos-22 3 gzip
		made/good-interleaved-bb03 bacula 5 lzo
	END
	rm -f judge.py counts
	run "$XFLATE" list "$gzip6" "$zstd3"
	expect_status 0 'list of two'
	is "$(grep -c '^volume ' "$out")" 2 'list of two: both'
	run "$XFLATE" list "$bad"
	expect_status 3 'list of damage'
	says '^xflate: .*bad-crc: damaged: .*[0-9]+ bytes at byte 4276: ' 'list of damage: says where'
	run "$XFLATE" list --json "$bad"
	check 'list of damage: JSON' "$PYTHON" -m json.tool "$out"
	run "$XFLATE" list --json missing
	is "$status" 1 'list --json of a file that is missing'
	[ ! -s "$out" ] || check 'list --json of a file that is missing: JSON' "$PYTHON" -m json.tool "$out"

	run "$XFLATE" compare "$gzip6" --vs "$VOLUMES/bareos/vol-lzo"
	expect_status 1 'compare: other jobs'
	check 'compare: other jobs: says how many' grep -q 'DIFFERENT' "$out"
	run "$XFLATE" compare --json "$gzip6" --vs "$gzip6"
	expect_status 0 'compare --json'
	is "$("$PYTHON" -c 'import json, sys; r = json.load(open(sys.argv[1]))
print(r["format"], r["same"], r["job_count"], r["files"], r["different"], r["missing"], r["added"])' "$out")" '1 True 1 61 0 0 0' \
		'compare --json: what it says'
	run "$XFLATE" compare --json "$VOLUMES/bacula/plain-lzo-sparse" --vs "$VOLUMES/bacula/plain-none-sparse"
	is "$("$PYTHON" -c 'import json, sys; r = json.load(open(sys.argv[1]))
print(r["format"], r["same"], len(r["differences"]) > 0)' "$out")" '1 False True' 'compare --json: differences'

	# Each thing that can differ.  The second of the jobs is the first, but for one thing.
	"$PYTHON" - "$here" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import mkvolume as m
		def job(path, change):
		    s = m.Session(m.Packer(), name="other" if change == "label" else "job")
		    for i in range(3):
		        content = bytearray(m.text(i, 7000))
		        if change == "content" and i == 1:
		            content[6999] ^= 1
		        if change == "missing" and i == 2:
		            continue
		        s.new(content, 29, link="elsewhere" if change == "attributes" and i == 1 else "")
		        for at in range(0, 7000, 3500):
		            record = m.encode("lzo" if change == "form" else "gzip", bytes(content[at:at + 3500]))
		            s.put(29, record)
		        s.digest(m.text(i, 7000) if change != "digest" or i != 1 else b"")
		    if change == "added":
		        s.file(b"new", 2)
		    with open(path, "wb") as f:
		        f.write(m.whole("same", s.close()))
		for change in ("nothing", "form", "content", "missing", "attributes", "digest", "added", "label"):
		    job(change, change)
	END
	for change in nothing form content missing attributes digest added label; do
		run "$XFLATE" compare nothing --vs "$change"
		case $change in
		nothing | form) expect_status 0 "compare: $change is changed" ;;
		*) expect_status 1 "compare: $change is changed" ;;
		esac
	done
	for change in nothing form content missing attributes digest added label; do rm -f "$change"; done
	files '' 'lists: nothing is left'
}

# --- what --force does not do, and -r does ---

recompressing() {
	run "$XFLATE" -q --force -i -d gzip:1 -o kept "$gzip6"
	expect_status 0 'records that are in the algorithm already'
	check '... stay as they are, --force or not' cmp kept "$gzip6"
	run "$XFLATE" -q --recompress gzip:1 -o anew "$gzip6"
	expect_status 0 'and with --recompress'
	check '... are larger at a lower level' [ "$(wc -c <anew)" -gt "$(wc -c <kept)" ]
	check '... and hold the same' "$XFLATE" compare "$gzip6" --vs anew
	rm -f kept anew
}

# --- mode, times and owner of outputs ---

# attributes FILE: mode, owner, group, second it was written
attributes() { stat -c '%a %u %g %Y' "$1"; }
mine=$(id -u)
group=$(id -g)

following() {
	cp "$gzip6" vol
	cp "$VOLUMES/bareos/vol-append" other
	touch -d @1700000000.25 vol
	for mode in 644 640 600 444 400 755; do
		chmod $mode vol
		run "$XFLATE" -q -r lz4 -o new vol
		is "$(attributes new)" "$mode $mine $group 1700000000" "mode $mode: as the input"
		is "$(stat -c %y new)" "$(stat -c %y vol)" '... and its time, to the nanosecond'
		rm -f new
	done
	chmod 6755 vol
	run "$XFLATE" -q -r lz4 -o new vol
	is "$(attributes new)" "755 $mine $group 1700000000" 'no setuid'
	rm -f new
	chmod 640 vol
	chmod 604 other
	mkdir folder
	run "$XFLATE" -q -r lz4 --map map -o folder vol other
	is "$(attributes folder/vol | cut -d ' ' -f 1,4)" '640 1700000000' 'of several each follows its own input'
	is "$(stat -c %a folder/other)" 604 '... and the other, too'
	rm -rf folder map
	run "$XFLATE" -q --recursive -r lz4 --report r -o folder vol
	[ "$status" = 2 ]
	run "$XFLATE" -q --jobs 1 -r lz4 -o folder vol
	is "$(attributes folder/vol | cut -d ' ' -f 1,4)" '640 1700000000' 'in a batch'
	run "$XFLATE" --jobs 1 --skip-done=quick -r lz4 -o folder vol
	says '1 done before' '... and its report knows it again'
	rm -rf folder
	# As any new file.
	for umask in 022 077; do
		wanted=640
		[ $umask = 022 ] || wanted=600
		chmod 644 vol
		run sh -c "umask $umask; exec \"\$0\" -q --no-preserve -r lz4 -o new vol" "$XFLATE"
		is "$(stat -c %a new)" $wanted "--no-preserve, umask $umask"
		is "$(find new -newermt '-1 hour')" new '... and its time is now'
		rm -f new
		run sh -c "umask $umask; exec \"\$0\" -q -r lz4 -o new" "$XFLATE" <vol
		is "$(stat -c %a new)" $wanted "from standard input, umask $umask"
		rm -f new
	done
	run "$XFLATE" --in-place --no-preserve -r lz4 vol
	refused 2 '--in-place --no-preserve'
	# Never more than the input allows, at no moment: looked at while it is written, and behind a failure.
	chmod 600 vol
	"$XFLATE" -q -r lz4 --limit-rate 300k -o new vol &
	sleep 0.7
	is "$(find . -name '.xflate-*.tmp' -printf '%m\n')" 600 'while it is written only its owner reads it'
	wait
	cp "$bad" hurt
	chmod 644 hurt
	run timeout -s TERM 1 "$XFLATE" -q -i --on-damage=skip --limit-rate 20k -o new2 "$multi"
	is "$(find . -name 'new2.partial' ! -perm 600)" '' 'and what is left of it, too'
	rm -f new new2* hurt
	# What was encrypted, and is not any more.
	cp "$VOLUMES/bacula/mk-enc256-gzip6" sealed
	sed -n 's/^cipher_key: //p' "$here/keys/mk-enc256-gzip6" >sealed.key
	chmod 644 sealed
	touch -d @1700000000 sealed
	if [ "$mine" = 0 ]; then
		chown 4545:4546 vol sealed
		chmod 640 vol
		run "$XFLATE" -q -r lz4 -o new vol
		is "$(attributes new)" '640 4545 4546 1700000000' 'root: the owner, too'
		rm -f new
		run "$PYTHON" -c 'import os, sys; os.setgroups([]); os.setgid(4546); os.setuid(4547); os.execv(sys.argv[1], sys.argv[1:])' \
			"$XFLATE" -q -r lz4 -o - vol
		[ "$status" != 0 ] || ok 'of the group one may read it'
		chmod 777 .
		run "$PYTHON" -c 'import os, sys; os.setgroups([4546]); os.setgid(4547); os.setuid(4547); os.execv(sys.argv[1], sys.argv[1:])' \
			"$XFLATE" -q -r lz4 -o new vol
		if [ "$status" = 0 ]; then
			is "$(attributes new)" '640 4547 4546 1700000000' 'another user: its group, as a member of it'
			rm -f new
		else
			skip 'another user' 'the program cannot be reached'
		fi
		chmod 755 .
	fi
	run "$XFLATE" -q --decrypt --key sealed.key -o new sealed
	expect_status 0 'an encrypted volume becomes clear'
	is "$(attributes new)" "600 $mine $group 1700000000" '... and is his alone who has done it'
	# One file of two volumes, of which one was.
	for both in 'vol sealed' 'sealed vol'; do
		# shellcheck disable=SC2086 # two files
		cat $both >two
		chmod 644 two
		run "$XFLATE" -q --decrypt --key sealed.key --force -o new two
		is "$(stat -c %a new)" 600 "$both in one file become clear in one: it is his alone"
	done
	rm -f two
	rm -f new vol other sealed sealed.key
}

# --- progress fits the terminal ---

telling() {
	cat "$gzip6" >vol
	cat >terminal.py <<-'END'
		import fcntl, os, pty, struct, sys, termios, time
		sizes = [int(w) for w in sys.argv[1].split(",")]
		pid, fd = pty.fork()
		if pid == 0:
		    time.sleep(0.2)
		    os.execvp(sys.argv[2], sys.argv[2:])
		def resize(columns):
		    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
		resize(sizes[0])
		began, at, seen = time.time(), 0, []
		while True:
		    try:
		        data = os.read(fd, 4096)
		    except OSError:
		        break
		    if not data:
		        break
		    seen.append((sizes[at], data))
		    if at + 1 < len(sizes) and len(seen) >= 2 * (at + 1):
		        at += 1
		        resize(sizes[at])
		_, status = os.waitpid(pid, 0)
		lines = 0
		for columns, data in seen:
		    for line in data.replace(b"\x1b[K", b"").split(b"\r"):
		        if line.strip():
		            lines += 1
		            if len(line.rstrip(b"\n")) >= (columns or 80):
		                print("too wide for", columns, line)
		print("lines", lines > 1, "status", os.waitstatus_to_exitcode(status))
	END
	for widths in 200 40 20 5 0 200,20; do
		run "$PYTHON" terminal.py $widths "$XFLATE" -q --progress always --limit-rate 240k -o new vol
		is "$(cat "$out")" 'lines True status 0' "progress in $widths columns"
		rm -f new
	done
	run "$PYTHON" terminal.py 20 sh -c '"$0" verify -q --progress always --limit-rate 240k - <vol' "$XFLATE"
	is "$(cat "$out")" 'lines True status 0' 'progress without an end in 20 columns'
	run "$XFLATE" --limit-rate 500k -qq -o new vol
	is "$(wc -c <"$err")" 0 'no progress where there is no terminal'
	rm -f new vol terminal.py
}

# --- words of messages: file, side, option ---

wording() {
	cp "$gzip6" vol
	echo x >there
	# Each line: what is to be said, a bar, the command line.
	while IFS='|' read -r said line; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" $line
		[ "$status" != 0 ]
		is $? 0 "a mistake: $line"
		says "^xflate: $said" "is told so: $said"
	done <<-'END'
		missing: cannot open for reading: |missing
		missing: cannot open for reading: |verify missing
		missing: cannot open for reading: |compare vol --vs missing
		missing: cannot open for reading: |--before missing -o new vol
		nodir/x: cannot open its folder to write there: .* \(output, -o\)$|-o nodir/x vol
		nodir/x: cannot open its folder to write there: .* \(output, --map\)$|--map nodir/x -o new vol
		nodir/x: cannot open its folder to write there: .* \(output, --report\)$|--report nodir/x -o new vol
		there: exists already; use --force to replace it \(output, -o\)$|-o there vol
		there: exists already; use --force to replace it \(output, --map\)$|--map there -o new vol
		vol: is an input, too: .* \(output, --map\)$|--map vol -o new vol
		missing: cannot open the key of the volumes: |--decrypt --key missing -o new vol
		missing: cannot open the client's key: |verify --pki-key missing vol
		missing: cannot open the KEK: |key wrap vol --kek missing
		missing: cannot open the list of names: |verify --files-from missing
		missing: cannot open for reading: .* \(names of files, --files-from\)|extract --files-from missing -C x vol
		missing: cannot open the bootstrap: |extract --bsr missing -C x vol
		--file-index 5-x: must be FileIndexes|extract --file-index 5-x -C x vol
		--limit-rate 5: must be .*, 1k at least|--limit-rate 5 vol
		--max-memory 5: must be .*, 64M at least|--max-memory 5 vol
		--max-block 5: must be .*, 4096 to 20000000|--max-block 5 vol
	END
	rm -rf vol there x new
	on_terminal "$XFLATE"
	is "$status" 2 'no word at all, on a terminal: wrong usage'
	is "$(grep -c . "$out")" 1 '... one sentence'
	check '... that names --help' grep -q -- '--help' "$out"
	for words in filter -q '-i -T1'; do
		# shellcheck disable=SC2086 # words
		on_terminal "$XFLATE" $words
		is "$status" 2 "no volume, on a terminal: $words"
		check '... is what is said' grep -q 'no volume is named' "$out"
	done
	run "$XFLATE" verify -q "$gzip6"
	expect_status 0 'verify -q'
	is "$(cat "$out" "$err")" '' '... is quiet'
	run "$XFLATE" verify -q "$bad"
	expect_status 3 'verify -q of damage'
	is "$(wc -c <"$out")" 0 '... nothing on standard output'
	says '^xflate: .*bad-crc: ' '... and what is wrong on standard error'
	run "$XFLATE" verify -qq "$bad"
	expect_status 3 'verify -qq of damage'
	is "$(cat "$out" "$err")" '' '... the exit status alone'
	run "$XFLATE" verify -q --json "$gzip6"
	check 'verify -q --json: what was asked for' "$PYTHON" -m json.tool "$out"
}

wording
recompressing
following
telling
usage
inputs
outputs
descriptors
signals
damage
reports
lists
done_testing
