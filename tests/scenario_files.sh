#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# No file is overwritten that was not named as output: what a failed run leaves and where, links, devices and descriptors as
# outputs, one file under two names, what a killed run leaves behind, and that children end with us.
# shellcheck disable=SC2013,SC2016,SC2317 # words are wanted; for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

multi=$VOLUMES/bareos/vol-multi
gzip6=$VOLUMES/bareos/vol-gzip6
none=$VOLUMES/bareos/vol-none
"$XFLATE" -q -r lz4 -o "$work/good" "$gzip6" || exit 1
good=$work/good

files() { is "$(in_folder .)" "$1" "$2"; }
shell() {
	text=$1
	shift
	run sh -c "$text" "$XFLATE" "$@"
}
# records VOLUME: without their places, sorted
records() { "$XFLATE" list --records "$1" 2>/dev/null | sed -n 's/^  record [0-9]*: //p' | sort; }
# limited BLOCKS COMMAND...: run() with a limit to the size of files, in units of 512 bytes
limited() {
	limit=$1
	shift
	ran=$*
	# shellcheck disable=SC3045 # dash has it
	(ulimit -f "$limit" && timeout -k 5 60 "$@") >"$out" 2>"$err"
	status=$?
}

# child_of PID: its only one
child_of() { tr -d " " <"/proc/$1/task/$1/children"; }

# --- what a rescue leaves when it fails ---

partials() {
	cp "$multi" out.partial
	limited 2000 "$XFLATE" --on-damage=skip -i -o out out.partial
	refused 1 'a rescue of out.partial to out that fails'
	check 'its input is as it was' cmp "$multi" out.partial
	says '^xflate: out: write error: File too large$' 'the error names the output'
	says '^xflate: out: what was written is in out.partial.2$' 'and where the beginning is'
	is "$(wc -c <out.partial.2)" 1024000 'which is there'
	[ "$(records out.partial.2 | comm -23 - "$work/whole.records" | wc -l)" = 0 ] && [ "$(records out.partial.2 | wc -l)" -gt 3 ]
	is $? 0 'with records of the volume'
	rm -f out.partial*

	# Whatever has that name, it keeps it.
	echo kept >out.partial
	mkdir out.partial.2
	ln -s nowhere out.partial.3
	for options in '' --force; do
		# shellcheck disable=SC2086 # an option or nothing
		limited 500 "$XFLATE" -qq $options --on-damage=keep -i -o out "$none"
		is "$status" 1 "names that are taken $options"
		says '^xflate: out: what was written is in out\.partial\.[45]$' "names that are taken $options: it says which it took"
	done
	is "$(cat out.partial)" kept 'names that are taken: a file is as it was'
	files 'out.partial out.partial.2 out.partial.3 out.partial.4 out.partial.5 ' 'names that are taken: no more than that'
	rm -rf out.partial*

	# What will be the name of another file of the run is not free either.
	limited 500 "$XFLATE" -q --on-damage=skip -i -o out --report out.partial --map out.partial.2 "$none"
	is "$status" 1 'a report that is called so'
	says 'what was written is in out.partial.[23]$' 'a report that is called so: the rescue goes elsewhere'
	check 'a report that is called so: it is there' "$PYTHON" -m json.tool out.partial
	rm -f out.partial*

	# Nothing was written: nothing is left.
	printf '' >empty
	run "$XFLATE" --on-damage=skip -i -o out empty
	is "$status" 1 'an input without anything'
	limited 0 "$XFLATE" --on-damage=skip -i -o out "$none"
	is "$status" 1 'no room for anything'
	files 'empty ' 'nothing was written: nothing is left'
	rm -f empty

	# Names as long as can be.
	long=$(printf '%0255d' 7)
	limited 500 "$XFLATE" --on-damage=skip -i -o "$long" "$none"
	is "$status" 1 'a name of 255 bytes'
	is "$(find . -name '*.partial' | wc -l)" 1 'a name of 255 bytes: the beginning is left under a shorter one'
	rm -f ./*.partial
	run "$XFLATE" -q -r lz4 -o "$long" "$gzip6"
	expect_status 0 'a name of 255 bytes can be written'
	rm -f "$long"
	run "$XFLATE" -q -r lz4 -o "${long}7" "$gzip6"
	refused 1 'a name of 256 bytes'
	says 'File name too long|has 256 bytes' 'a name of 256 bytes: says so before anything is converted'
	files '' 'names: nothing is left'
}

# What was read intact is in it, also what waits in memory: as much as of a volume that ends there.
waiting() {
	# Sessions side by side; records that were cut, of which the next may be the rest; files that may be doubled.
	for case in "$multi 300000 -i" "$multi 900000 -i" "$VOLUMES/made/wound-network-cut 1100000 -i" \
		"$VOLUMES/made/wound-network-cut 2300000 -r lzo" "$VOLUMES/made/wound-doubled 40000 --repair" "$multi 500000 "; do
		bytes=${case#* }
		options=${bytes#* }
		bytes=${bytes%% *}
		head -c "$bytes" "${case%% *}" >short
		# shellcheck disable=SC2086 # words
		"$XFLATE" -qq --force $options --on-damage=skip -o wanted short
		bytes="${case##*/}"
		records wanted >wanted.records
		for how in INT TERM HUP EIO-T1 EIO-T2 EIO-T8; do
			rm -f pipe out.partial
			mkfifo pipe
			if [ "${how%-*}" = EIO ]; then
				[ -e "$work/shim.so" ] || continue
				# The place behind that of the last byte cannot be read.
				head -c 300000 /dev/zero | cat short - >bad
				# shellcheck disable=SC2086
				LD_PRELOAD=$work/shim.so FAULT_BAD="$(stat -c %i bad):$(stat -c %s short)" timeout 60 \
					"$XFLATE" "-${how#*-}" $options --on-damage=skip -o out bad >"$out" 2>"$err"
				is $? 1 "$bytes bytes and then a read error, ${how#*-}: a failure"
				says 'Input/output error' "$bytes bytes and then a read error, ${how#*-}: which is told"
				rm -f out
			else
				# shellcheck disable=SC2086
				fresh "$XFLATE" $options --on-damage=skip -o out pipe >"$out" 2>"$err" &
				pid=$!
				exec 9>pipe
				cat short >&9
				sleep 0.5
				kill "-$how" "$pid"
				{ wait "$pid"; } 2>/dev/null
				status=$?
				exec 9>&-
				is "$status" "$(case $how in INT) echo 130 ;; TERM) echo 143 ;; HUP) echo 129 ;; esac)" "$bytes bytes and SIG$how: dies by it"
			fi
			records out.partial >got.records
			check "$bytes bytes and $how: all that was read is in what is left" cmp wanted.records got.records
			says '^xflate: out: what was written is in out.partial$' "$bytes bytes and $how: which is told"
			is "$(in_folder . | tr ' ' '\n' | grep -c xflate)" 0 "$bytes bytes and $how: no temporary"
		done
	done
	rm -f pipe short bad wanted out.partial ./*.records
	# The second one ends it whatever it waits for.
	mkfifo pipe
	mkdir folder
	mkfifo folder/vol
	ln "$none" vol 2>/dev/null || cp "$none" vol
	fresh "$XFLATE" -q -i --on-damage=skip -o folder vol >"$out" 2>"$err" &
	pid=$!
	sleep 0.5
	kill -INT "$pid"
	sleep 0.3
	check 'it waits for a reader of its output' kill -0 "$pid"
	kill -INT "$pid"
	{ wait "$pid"; } 2>/dev/null
	is $? 130 'a second SIGINT ends it all the same'
	rm -rf pipe folder vol
	files '' 'waiting: nothing is left'
}

# --- links, devices, descriptors ---

links() {
	cp "$gzip6" vol
	ln -s target link
	ln -s link second
	run "$XFLATE" -q -r lz4 -o second vol
	expect_status 0 'through a link to a file that is not there yet'
	check 'it is what the link points to' cmp "$good" target
	[ -h link ] && [ -h second ]
	is $? 0 'and the links are links'
	run "$XFLATE" -q -r lz4 -o link vol
	refused 1 'through a link to a file that exists'
	echo old >target
	run "$XFLATE" -q -r lz4 --force -o link vol
	expect_status 0 '--force through a link'
	check 'what it points to is replaced' cmp "$good" target
	[ -h link ]
	is $? 0 'and the link is a link'
	for option in --map --report; do
		run "$XFLATE" -q --force -r lz4 -o link "$option" target vol
		refused 2 "$option where the link points to"
		run "$XFLATE" -q --force -r lz4 -o target "$option" second vol
		refused 2 "$option through a link to the output"
	done
	check 'two outputs in one place: the old one is as it was' cmp "$good" target
	ln -s vol input
	run "$XFLATE" -q --force -o input vol
	refused 2 'through a link to the input'
	mkdir sub
	ln -s sub/new far
	run "$XFLATE" -q -r lz4 -o far vol
	check 'a link into another folder: that is where it is written' cmp "$good" sub/new
	ln -s loop loop
	run "$XFLATE" -q --force -o loop vol
	refused 1 'a link that leads round'
	limited 100 "$XFLATE" -q --on-damage=skip --force -i -o far vol
	says 'what was written is in sub/new.partial$' 'a rescue through a link fails: the beginning is beside what it points to'
	rm -rf link second target input sub far loop
	files 'vol ' 'links: nothing is left'
}

devices() {
	rm -f f
	# Where root would replace the node itself.
	cp -a /dev/null null 2>/dev/null
	before=$(stat -c '%F %t %T' /dev/stdout null 2>/dev/null)
	for force in '' --force; do
		for path in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
			shell '"$0" -q -r lz4 $2 -o $3 "$1" >f' vol "$force" "$path"
			expect_status 0 "$path $force"
			check "$path $force: the volume is there" cmp "$good" f
			shell 'printf head >f; "$0" -q -r lz4 $2 -o $3 "$1" >>f' vol "$force" "$path"
			is "$(head -c 4 f)$(tail -c +5 f | cmp - "$good" 2>&1)" head "$path $force, appended: behind what was there"
			shell '"$0" -q -r lz4 $2 -o $3 "$1" | cat >f' vol "$force" "$path"
			check "$path $force, a pipe: the volume is there" cmp "$good" f
		done
		shell '"$0" -q -r lz4 $2 -o /dev/fd/7 "$1" 7>f' vol "$force"
		check "/dev/fd/7 $force: the volume is there" cmp "$good" f
		# Behind what is there, in its order, whoever else writes there.
		"$XFLATE" -q -T1 -o one "$multi"
		for try in 1 2 3; do
			printf head >f
			shell '"$0" -q -T8 -o /dev/fd/7 "$1" 7>>f' "$multi"
			printf head | cat - one | cmp - f >"$out" 2>&1
			is $? 0 "/dev/fd/7 $force, appended, -T8, $try: behind what was there"
		done
		rm -f one
		shell '"$0" -q -r lz4 $2 -o g --report /dev/stderr "$1" 2>f' vol "$force"
		check "--report /dev/stderr $force" "$PYTHON" -m json.tool f
		rm -f g
		for device in /dev/null null; do
			[ -c "$device" ] || continue
			# shellcheck disable=SC2086 # an option or nothing
			run "$XFLATE" -q -r lz4 $force -o "$device" vol
			expect_status 0 "$device $force"
			# shellcheck disable=SC2086
			run "$XFLATE" -q -r lz4 $force --map "$device" --report /dev/zero vol
			expect_status 0 "--map $device $force"
		done
		mkfifo pipe
		cat pipe >f &
		# shellcheck disable=SC2086
		run "$XFLATE" -q -r lz4 $force -o pipe vol
		wait
		check "a named pipe $force: the volume comes through" cmp "$good" f
		[ -p pipe ]
		is $? 0 "a named pipe $force: it is one still"
		rm -f pipe
	done
	is "$(stat -c '%F %t %T' /dev/stdout null 2>/dev/null)" "$before" 'devices are as they were'
	shell '"$0" -q -o /dev/fd/8 "$1"' vol
	refused 2 'a descriptor that is not open'
	shell '"$0" -q -o /dev/fd/8 "$1" 8<"$1"' vol
	refused 2 'a descriptor for reading'
	shell '"$0" -q --force -o /dev/stdout "$1" >>"$1"' vol
	refused 2 'a descriptor of the input'
	check 'a descriptor of the input: it is as it was' cmp "$gzip6" vol
	# Volume and map, or report, in one stream or file.
	for other in --map --report; do
		shell '"$0" -q --force $2 /dev/stdout -o - "$1"' vol "$other"
		refused 2 "$other and the volume to standard output"
		shell '"$0" -q --force $2 f "$1" >f' vol "$other"
		refused 2 "$other in the file that standard output is"
		shell '"$0" -q --force $2 /dev/fd/7 -o f "$1" 7>f' vol "$other"
		refused 2 "$other on a descriptor of the output"
	done
	"$PYTHON" -c 'import sys, time
f = open("held", "w")
print(f.fileno(), flush=True)
time.sleep(60)' >number &
	holder=$!
	sleep 0.5
	run "$XFLATE" -q --force -o "/proc/$holder/fd/$(cat number)" vol
	refused 2 "a file by another process's descriptor"
	kill "$holder"
	{ wait "$holder"; } 2>/dev/null
	rm -f f g null held number vol
	files '' 'devices: nothing is left'
}

# --- what a failed run leaves ---

leftovers() {
	bad=$VOLUMES/made/bad-crc
	run "$XFLATE" -q -i -o out --map map --report report "$bad"
	refused 1 'a run that fails, with map and report'
	files 'report ' 'it leaves a report'
	is "$("$PYTHON" -c 'import json; r = json.load(open("report"))
print(r["exit_status"], r["complete"], [k for k in r if k.startswith("sha256")], [v["complete"] for v in r["volumes"] if v["complete"]])')" '1 False [] []' \
		'without digests of what it had read by chance'
	run "$XFLATE" -q -r lz4 -o out --map map --report report "$gzip6"
	expect_status 0 'which is not in the way of the next run'
	is "$("$PYTHON" -c 'import json; r = json.load(open("report")); print(r["exit_status"], r["complete"], len(r["sha256_out"]))')" '0 True 64' \
		'whose report it becomes'
	rm -f out map
	run "$XFLATE" -q -r lz4 -o out --map map --report report "$gzip6"
	refused 1 'the report of a run that succeeded is not replaced'
	files 'report ' 'the report of a run that succeeded is not replaced: nothing is made'
	for text in '' '{}' '{"format": 1, "complete": false,' 'anything'; do
		printf %s "$text" >report
		run "$XFLATE" -q -r lz4 -o out --report report "$gzip6"
		refused 1 "nor another file: $text"
		is "$(cat report)" "$text" "nor another file: $text: it is as it was"
	done
	rm -f report
	# Under skip and keep the report tells where the rest is.
	limited 500 "$XFLATE" -q --on-damage=skip -i -o m/ --report report "$gzip6" "$none"
	is "$("$PYTHON" -c 'import json; r = json.load(open("report"))
print(r["complete"], [(v["output"], v["complete"], v["partial"]) for v in r["volumes"]])' 2>&1)" "False []" 'a rescue that fails in its first volume'
	rm -rf m report
	# A folder that the failed run made would be one for the next.
	run "$XFLATE" -q -i -o new "$bad" missing
	is "$status" 1 'a run into a new folder that fails'
	files '' 'a run into a new folder that fails: no folder is left'

	# The volume is whole, and what follows fails.
	shell '"$0" -q -r lz4 -o out --report /dev/full "$1"' "$gzip6"
	is "$status" 1 'a report that cannot be written'
	says '^xflate: /dev/full: cannot write the report: No space left' 'a report that cannot be written: names it'
	says '^xflate: out: is complete' 'a report that cannot be written: says that the volume is complete'
	check 'a report that cannot be written: the volume is complete' cmp "$good" out
	rm -f out
	shell '"$0" -q -r lz4 --report /dev/full "$1" >out' "$gzip6"
	says '^xflate: standard output: is complete' 'the same to standard output'
	rm -f out
	for target in out - /dev/full; do
		shell 'if [ $2 = out ]; then ulimit -f 100; "$0" -q -i -o out "$1"; else "$0" -q -i -o $2 "$1" >/dev/full; fi' "$gzip6" "$target"
		[ "$target" != - ] || target='standard output'
		says "^xflate: $target: (write error: )?(File too large|No space left)" "full: the error names $target"
		fails "full: $target is not called complete" grep complete "$err"
	done
	shell 'ulimit -f 1; "$0" -q -r lz4 --map map -o /dev/null "$1"' "$multi"
	says '^xflate: map: ' 'full: the error names the map'
	files '' 'leftovers: nothing is left'

	# A killed run is not in the way of the next one with its process number: PID 1 of every container.
	again='"$0" -q -r lz4 --force -o out "$1"; ls -A'
	if unshare --pid --fork --mount-proc true 2>/dev/null; then
		mkfifo pipe
		for name in TERM INT HUP; do
			fresh unshare --pid --fork --kill-child --mount-proc "$XFLATE" -q -r lz4 -o out pipe 2>"$err" &
			outer=$!
			exec 9>pipe
			head -c 200000 "$none" >&9
			sleep 0.7
			inner=$(child_of "$outer")
			kill "-$name" "$inner"
			sleep 0.3
			fails "SIG$name ends it as PID 1, too" kill -0 "$inner"
			kill -KILL "$inner" 2>/dev/null
			{ wait "$outer"; } 2>/dev/null
			status=$?
			exec 9>&-
			is "$status" "$(case $name in TERM) echo 143 ;; INT) echo 130 ;; HUP) echo 129 ;; esac)" "SIG$name as PID 1: its exit status tells by what"
			files 'pipe ' "SIG$name as PID 1: nothing is left"
		done
		for command in list verify; do
			unshare --pid --fork --kill-child --mount-proc "$XFLATE" "$command" pipe >"$out" 2>"$err" &
			outer=$!
			exec 9>pipe
			sleep 0.5
			kill -TERM "$(child_of "$outer")"
			sleep 0.2
			fails "SIGTERM ends $command as PID 1, too" [ -n "$(child_of "$outer")" ]
			kill -KILL "$outer" 2>/dev/null
			{ wait "$outer"; } 2>/dev/null
			exec 9>&-
		done
		for _ in 1 2; do
			unshare --pid --fork --kill-child --mount-proc "$XFLATE" -q -r lz4 -o out pipe 2>"$err" &
			outer=$!
			exec 9>pipe
			head -c 200000 "$none" >&9
			sleep 0.5
			kill -KILL "$(child_of "$outer")"
			{ wait "$outer"; } 2>/dev/null
			exec 9>&-
		done
		run unshare --pid --fork sh -c "exec $again" "$XFLATE" "$gzip6"
		expect_status 0 'behind two that were killed as PID 1'
		check 'behind two that were killed as PID 1: the volume is there' cmp "$good" out
		rm -f pipe out .xflate-*
	else
		skip 'PID 1' 'no PID namespace can be made here'
	fi
	# Any temporary that can be guessed, there already.
	for slot in 0 1; do : >".xflate-$$-$slot.tmp"; done
	run sh -c 'for slot in 0 1 2; do : >.xflate-$$-$slot.tmp; done; exec "$0" -q -r lz4 -o out "$1"' "$XFLATE" "$gzip6"
	expect_status 0 'names that an earlier version would have taken'
	printf 'V\t%s\n' "$("$XFLATE" key generate --base64)" | (umask 077 && "$XFLATE" cache import -q cache)
	run sh -c ': >.xflate-$$-0.tmp; exec "$0" cache renew -q cache' "$XFLATE"
	expect_status 0 'the same for a crypto cache'
	rm -f out cache .xflate-*
	files '' 'what is killed: nothing is left'
}

# --- folders ---

folders() {
	if unshare -m true 2>/dev/null; then
		# A volume under two names: bind mounts.
		cp "$gzip6" vol
		cat >bound.sh <<-'END'
			: >other
			mount --bind vol other || exit 70
			"$0" -q --force -o other vol; echo "$?"
			"$0" -q --force -o vol other; echo "$?"
			"$0" -q --force --report other -o out vol; echo "$?"
			cmp vol "$1" && echo same
		END
		run unshare -m sh -c "$(cat bound.sh)" "$XFLATE" "$gzip6"
		if [ "$status" = 70 ]; then
			skip 'a bind mount of the input' 'no mount can be made here'
		else
			is "$(tr '\n' ' ' <"$out")" '2 2 2 same ' 'a bind mount of the input is the input'
		fi
		rm -f vol other bound.sh
		# Read-only, and full.
		mkdir disk
		run unshare -m sh -c 'mount -t tmpfs -o size=600k none disk && cp "$1" disk/in && mkdir disk/m && cd disk &&
			{ "$0" -q --on-damage=skip -i -o out in; echo "$?"; ls -A; rm -f out*; mount -o remount,ro . && "$0" -q -o m/x in; echo "$?"; }' "$XFLATE" "$VOLUMES/bareos/vol-append"
		if [ "$(sed -n 1p "$out")" = 1 ]; then
			is "$(tr '\n' ' ' <"$out")" '1 in m out.partial 1 ' 'a small disk: the beginning is left; read-only: nothing'
			says '^xflate: out: .*No space left' 'a small disk: the error names the output'
			says '^xflate: m/x: .*Read-only' 'read-only: the error names the output'
		else
			skip 'a small disk' 'no file system can be mounted here'
		fi
		rm -rf disk
	else
		skip 'mounts' 'no namespace can be made here'
	fi
	# It vanishes: nobody gets what was not asked for.
	mkdir gone
	mkfifo pipe
	fresh "$XFLATE" -q -r lz4 -o gone/out pipe 2>"$err" &
	pid=$!
	exec 9>pipe
	head -c 300000 "$gzip6" >&9
	sleep 0.5
	rm -r gone
	tail -c +300001 "$gzip6" >&9
	exec 9>&-
	{ wait "$pid"; } 2>/dev/null
	is $? 1 'a folder that vanishes: a failure'
	says '^xflate: gone/out: ' 'a folder that vanishes: says which'
	files 'pipe ' 'a folder that vanishes: nothing is left'
	# The output in the folder of the input, by the input's own name in other words.
	mkdir in
	cp "$gzip6" in/vol
	ln in/vol in/hard
	ln -s in again
	for options in '-o in/vol' '-o ./in/../in/vol' '-o again/vol' '-o in/hard' '-o in' '-o again/' "-o /proc/self/cwd/in/vol"; do
		# shellcheck disable=SC2086 # words
		run "$XFLATE" -q --force $options in/vol
		refused 2 "the input as output: $options"
	done
	shell '"$0" -q --force -o /proc/self/fd/6 in/vol 6>>in/vol'
	refused 2 'the input as output: by a descriptor'
	shell '"$0" -q --force -o in/vol /proc/self/fd/6 6<in/vol'
	refused 2 'the input by a descriptor, and as output'
	shell '"$0" -q --force -o in/vol - <in/hard'
	refused 2 'the input on standard input, and as output'
	check 'it is as it was' cmp "$gzip6" in/vol
	# What else is read is no output either.
	"$XFLATE" key generate --base64 -o key
	cp key old
	run "$XFLATE" -q --force --encrypt aes-256-xts --new-key key -o key in/vol
	refused 2 'the key as output'
	run "$XFLATE" -q --force --encrypt aes-256-xts --new-key key --report ./key -o out in/vol
	refused 2 'the key as report'
	check 'the key is as it was' cmp old key
	rm -f old key
	rm -rf in again pipe
	files '' 'folders: nothing is left'
}

# --- small stacks ---

stacks() {
	if sanitized; then
		skip 'small stacks' 'a sanitizer takes more'
		return
	fi
	for kilobytes in 16 32 64 128; do
		# Where a stack begins is random, so that with the smallest not every run gets as far as main: no program does.
		for threads in 1 4; do
			started=0
			for _ in 1 2 3 4 5 6 7 8; do
				run "$PYTHON" -c 'import os, resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (int(sys.argv[1]) << 10,) * 2)
os.execv(sys.argv[2], sys.argv[2:])' "$kilobytes" "$XFLATE" --version
				[ "$status" = 0 ] || continue
				run "$PYTHON" -c 'import os, resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (int(sys.argv[1]) << 10,) * 2)
os.execv(sys.argv[2], sys.argv[2:])' "$kilobytes" "$XFLATE" -q -T "$threads" -r lz4 --force --map map --report report -o out "$gzip6"
				[ "$status" != 0 ] || started=$((started + 1))
			done
			[ "$kilobytes" != 16 ] || [ "$started" -lt 4 ] || started=8
			is "$started" 8 "$kilobytes KiB of stack, $threads threads"
			check "$kilobytes KiB of stack, $threads threads: the output" cmp "$good" out
		done
	done
	rm -f map report out
}

# --- what is no volume, but might hold one ---

hints() {
	cp "$gzip6" vol
	gzip -k vol
	bzip2 -k vol 2>/dev/null
	xz -0k vol
	zstd -qk vol 2>/dev/null
	tar cf vol.tar vol
	"$PYTHON" -c 'import zipfile; zipfile.ZipFile("vol.zip", "w").write("vol")'
	for packed in vol.*; do
		word=$(case $packed in *.gz) echo 'gzip -dc' ;; *.bz2) echo 'bzip2 -dc' ;; *.xz) echo 'xz -dc' ;; *.zst) echo 'zstd -dc' ;; *.tar) echo 'tar -xOf' ;; *.zip) echo 'unzip -p' ;; esac)
		for command in '-i -o out' '-o out --on-damage=skip' list verify; do
			# shellcheck disable=SC2086 # words
			run "$XFLATE" $command "$packed"
			says "^xflate: $packed: .*unpack it first \($word" "$command $packed: what to do"
			rm -f out
		done
		shell '"$0" -i <$1 >/dev/null' "$packed"
		says "^xflate: stdin: .*unpack it first \($word" "$packed on standard input: what to do"
	done
	is "$(find . -name 'vol.*' | wc -l | tr -d ' ' | sed 's/[3-9]/some/')" some 'some kinds were tried'
	mkdir folder
	for command in '-i -o out' list verify; do
		# shellcheck disable=SC2086
		run "$XFLATE" $command folder
		says '^xflate: folder: is a folder.*name the files in it' "$command of a folder: what to do"
	done
	rm -rf folder vol vol.*
	files '' 'hints: nothing is left'
}

# --- children ---

# A program that says where it is, and does not go when it is asked to.
stubborn() {
	mkdir -p bin
	cat >"bin/$1" <<-'END'
		#!/bin/sh
		trap '' TERM INT HUP
		sleep 60 &
		echo "$$ $!" >"$PIDS"
		wait
		sleep 60
	END
	chmod +x "bin/$1"
}
# gone TEXT: all of $PIDS are, within two seconds
gone() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		alive=0
		for pid in $(cat "$PIDS"); do
			# Dead ones may wait for their new parent to take notice.
			[ ! -e "/proc/$pid/stat" ] || grep -q ') Z ' "/proc/$pid/stat" || alive=1
		done
		[ "$alive" = 1 ] || break
		sleep 0.2
	done
	is "$alive" 0 "$1"
	for pid in $(cat "$PIDS"); do kill -KILL "$pid" 2>/dev/null; done
	rm -f "$PIDS"
}
# begun: the child is there
begun() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		[ ! -s "$PIDS" ] || return 0
		sleep 0.2
	done
	not_ok 'the child has begun'
}

children() {
	PIDS=$work/pids
	export PIDS
	stubborn gpg
	stubborn stubborn
	mkdir -m 700 keys
	printf '[default]\ncipher = AES_128_XTS\nvolume_regex = .*\ngnupghome = g\nmaster = m\n' >conf
	encrypted=$VOLUMES/bacula/enc256-append
	for name in TERM INT HUP KILL; do
		for what in getkey filter rescue changer; do
			case $what in
			getkey) set -- env PATH="$(pwd)/bin:$PATH" OPERATION=LABEL VOLUME_NAME=V "$XFLATE" getkey -k keys -C conf --log /dev/null ;;
			filter) set -- "$XFLATE" --decrypt --key-command "$(pwd)/bin/stubborn" -o out "$encrypted" ;;
			rescue) set -- "$XFLATE" --on-damage=skip --decrypt --key-command "$(pwd)/bin/stubborn" -o out "$encrypted" ;;
			changer) set -- "$XFLATE" changer --cache none --device /dev/null -- "$(pwd)/bin/stubborn" x slots ;;
			esac
			fresh "$@" >"$out" 2>"$err" &
			pid=$!
			ran=$*
			begun || { show "$out" "$err"; kill "$pid"; continue; }
			kill "-$name" "$pid"
			{ wait "$pid"; } 2>/dev/null
			status=$?
			number=$(case $name in TERM) echo 143 ;; INT) echo 130 ;; HUP) echo 129 ;; KILL) echo 137 ;; esac)
			is "$status" "$number" "$what with a child, SIG$name: dies by it"
			gone "$what with a child, SIG$name: the child is gone, and what it started"
			[ "$name" != KILL ] || rm -f .xflate-*
		done
	done
	# With a terminal the command stays in its group, and may read from it.
	run timeout 20 "$PYTHON" -c 'import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
os.write(fd, b"word\n")
said = b""
try:
    while b"got-word" not in said:
        said += os.read(fd, 4096)
except OSError:
    pass
print(said.decode())' "$XFLATE" changer --cache none --device /dev/null -- sh -c 'read w; echo got-$w'
	check 'a changer command reads from its terminal' grep -q got-word "$out"
	files 'bin bin/gpg bin/stubborn conf keys ' 'children: nothing is left'
	rm -rf bin conf keys
}

# A file that somebody cuts while it is read has no end there, be it between two blocks.
cut_meanwhile() {
	"$XFLATE" -q --max-block 131072 -o large "$multi"
	for threads in 1 2 8; do
		cp large cut
		timeout 60 "$XFLATE" -q "-T$threads" --limit-rate 1M -o out cut 2>"$err" &
		pid=$!
		sleep 0.4
		truncate -s 1000 cut
		wait $pid
		is $? 1 "a file that is cut while it is read, -T$threads: a failure"
		check "a file that is cut while it is read, -T$threads: no output" test ! -e out
		rm -f out out.partial
	done
	rm -f large cut
}

with_shim 'read errors'
"$XFLATE" -q -i -o "$work/whole" "$multi" || exit 1
records "$work/whole" >"$work/whole.records"
partials
waiting
links
devices
cut_meanwhile
leftovers
folders
stacks
hints
children
done_testing
