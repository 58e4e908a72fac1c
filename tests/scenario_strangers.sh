#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Batches among what is not theirs: no unit takes another one's name, and what stands in the folder that no report of the unit knows
# stays there, be it a file, a pipe or a link.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

bareos=$VOLUMES/bareos

# fill: a folder with two volumes, each for itself
fill() {
	rm -rf in
	mkdir in
	cp -p "$bareos/vol-gzip6" "$bareos/vol-append" in/
}

# in_batch OPTIONS...: the batch over it
in_batch() { run "$XFLATE" filter --recursive -q "$@" in; }

# ask FILE EXPRESSION: of a report, as r
ask() {
	"$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# same TEXT FILE WANTED: byte for byte
same() { check "$1" cmp "$2" "$3"; }

fill
xflate -qq -r lz4 -o alone.gzip6 in/vol-gzip6
xflate -qq -r lz4 -o alone.append in/vol-append

# --- one name for two units ---

for force in '' --force --skip-done; do
	# shellcheck disable=SC2086 # words
	in_batch -r lz4 --rename vol-append=vol-gzip6 $force -o taken
	refused 2 "--rename to the name of another input, $force"
	says 'in/vol-append and in/vol-gzip6 would be one file, taken/vol-gzip6: ' \
		"--rename to the name of another input, $force: both are named"
	# shellcheck disable=SC2086 # words
	in_batch -r lz4 --rename vol-append=vol-gzip6.map $force -o taken
	refused 2 "--rename to the name of a map, $force"
	says 'in/vol-append and what stands beside in/vol-gzip6 would be one file' "--rename to the name of a map, $force: said"
done
check 'one name for two: nothing is there' test ! -e taken -o -z "$(ls taken)"
in_batch -r lz4 --rename vol-append=vol-gzip6 --rename vol-gzip6=vol-append --jobs 1 -o crossed
expect_status 0 'two that change names: both are done'
is "$(xflate list crossed/vol-gzip6 | head -n 1 | grep -c 'vol-gzip6')" 1 'two that change names: the file is called as the new label'
in_batch -r lz4 --rename vol-append=vol-gzip6 --rename vol-gzip6=vol-append --skip-done -o crossed
expect_status 0 'two that change names: and are done'
rm crossed/vol-append
in_batch -r lz4 --rename vol-append=vol-gzip6 --rename vol-gzip6=vol-append --skip-done -o crossed
expect_status 0 'two that change names: one is made anew'
check 'two that change names: it is there' test -f crossed/vol-append
mkdir out.old
echo mine >out.old/Other
in_batch -r lz4 --rename vol-append=Other -o out.old
refused 1 '--rename to a name that a file has'
says 'out.old/Other: exists already; --skip-done goes on' '--rename to a name that a file has: said'
is "$(cat out.old/Other)" mine '--rename to a name that a file has: it is as it was'

# What is in an input behind its first volume has only its label for a name.
fill
cp "$VOLUMES/made/false-two-volumes" in/double
cp "$bareos/vol-gzip6" in/another
xflate -qq -i -o plain in/another
for jobs in 1 4; do
	in_batch -i --force --jobs $jobs -o two
	expect_status 2 "a second volume that is called as another input, $jobs at once"
	says 'failed: double: .*two/another: is what another output of this batch is called' \
		"a second volume that is called as another input, $jobs at once: said"
	same "a second volume that is called as another input, $jobs at once: that one has the name" two/another plain
	rm -r two
done
rm in/another
in_batch -i -o two
expect_status 0 'a second volume, and nobody is called so'
cp "$bareos/vol-gzip6" in/another
cp two/another second
in_batch -i --skip-done -o two
expect_status 1 'a second volume that was done, and then an input is called so'
same 'a second volume that was done, and then an input is called so: it is as it was' two/another second
mv in/another aside
in_batch -i --skip-done -o two
expect_status 0 'a second volume that was done, and the input is gone'
mv aside in/another
in_batch -i --skip-done --force -o two
expect_status 2 'a second volume that was done, and then an input is called so, --force'
says 'failed: double: .*two/another: is what another output of this batch is called' 'a second volume that was done: said'
rm -r two in/another
for name in vol-gzip6 vol-gzip6.map double.report.json double; do
	in_batch -i --force --rename another=$name --jobs 1 -o two
	expect_status 2 "a second volume that gets the name of another output by --rename, $name"
	same "a second volume that gets the name of another output by --rename, $name: that one has it" two/vol-gzip6 plain
	check "a second volume that gets the name of another output by --rename, $name: a map is one" \
		grep -q '^xflate-map' two/vol-gzip6.map
	check "a second volume that gets the name of another output by --rename, $name: a report is one" \
		grep -q '^  "format": 1,$' two/double.report.json
	rm -r two
done
rm in/double

# Through links two names are one file.
mkdir linked
ln -s vol-gzip6 linked/vol-append
for option in --force --skip-done; do
	in_batch -r lz4 $option -o linked
	refused 2 "a link from one output to another, $option"
	says 'in/vol-append and in/vol-gzip6 would be one file, linked/vol-gzip6' "a link from one output to another, $option: said"
done
ln -sf ../elsewhere linked/vol-append
ln -s "$PWD/elsewhere" linked/vol-gzip6
in_batch -r lz4 --force -o linked
refused 2 'two links to one file that is not there'
rm linked/vol-gzip6
in_batch -r lz4 --force -o linked
expect_status 0 'a link to a file of its own'
xflate -qq -r lz4 --force -o forced in/vol-append
same 'a link to a file of its own: it is written' elsewhere forced

# And an input of one unit is where another writes.
seq 99 | head -c 64 >key
chmod 600 key
xflate -qq --dedupable -i -o in/folder in/vol-gzip6
for link in vol-append:in/vol-gzip6 vol-append.map:in/vol-gzip6 vol-append.report.json:in/vol-append vol-append.report.json:key \
	vol-append:in/folder/config vol-append.map:in/folder/more; do
	rm -rf linked
	mkdir linked
	ln -s "../${link#*:}" "linked/${link%%:*}"
	find in key -type f -exec sha256sum {} + | sort >before
	for option in --force --skip-done; do
		in_batch --decrypt --key key -i $option -o linked
		refused 2 "a link to what is read, $link $option"
		says "linked/${link%%:*}: (is an input, too|leads into a volume that is read)" "a link to what is read, $link $option: said"
	done
	find in key -type f -exec sha256sum {} + | sort >behind
	check "a link to what is read, $link: it is as it was" cmp before behind
done
rm -rf in/folder key

# --- a file under the name of a report ---

mkdir out
echo 'my notes' >out/vol-append.report.json
in_batch -r lz4 -o out
refused 1 'a file that is called as a report is'
says 'out/vol-append.report.json: exists already; --skip-done goes on' 'a file that is called as a report is: said'
is "$(cat out/vol-append.report.json)" 'my notes' 'a file that is called as a report is: it is as it was'
is "$(in_folder out)" 'vol-append.report.json ' 'a file that is called as a report is: nothing was begun'
in_batch -r lz4 --skip-done -o out
expect_status 1 'a file that is called as a report is, --skip-done'
is "$(cat out/vol-append.report.json)" 'my notes' 'a file that is called as a report is, --skip-done: it is as it was'
in_batch -r lz4 --force -o out
expect_status 0 'a file that is called as a report is, --force'
in_batch -r lz4 --skip-done -o out
expect_status 0 'and all is done'
rm out/vol-append out/vol-append.map out/vol-gzip6*
in_batch -r lz4 -o out
refused 1 'the report of a unit that was done, whose volumes are gone'
rm -r out
head -c 100000 in/vol-append >shortened
cp shortened in/vol-append
in_batch -r lz4 -o out
expect_status 1 'a unit that fails'
rm out/vol-gzip6*
fill
in_batch -r lz4 -o out
expect_status 0 'its report is in nobody'"'"'s way'
# It appears while the unit waits for its turn.
rm -r out
cat >notes.sh <<'END'
echo 'my notes' >out/vol-gzip6.report.json
END
run timeout 60 "$XFLATE" filter -q --jobs 1 --limit-rate 1000000 -r lz4 -o out in/vol-append in/vol-gzip6 &
late=$!
for _ in $(seq 200); do
	[ -e out/vol-append.map ] || [ -n "$(find out -name '.xflate-*' 2>/dev/null)" ] && break
	sleep 0.02
done
sh notes.sh
wait $late
is "$(cat out/vol-gzip6.report.json)" 'my notes' 'a file that gets the name of a report meanwhile: it is as it was'
check 'a file that gets the name of a report meanwhile: no volume of that unit' test ! -e out/vol-gzip6

# --- what is no file ---

for option in '' --force --skip-done '--skip-done --force'; do
	for name in vol-append vol-append.map vol-append.report.json; do
		for made in before behind; do
			rm -rf out
			[ $made = before ] || in_batch -r lz4 -o out
			mkdir -p out
			rm -f "out/$name"
			mkfifo "out/$name"
			# shellcheck disable=SC2086 # words
			run timeout -k 1 10 "$XFLATE" filter -q --jobs 2 -r lz4 $option -o out in/vol-append in/vol-gzip6
			expect_status 1 "a pipe called $name, $made a run, $option: it fails, and does not wait"
			check "a pipe called $name, $made a run, $option: it is there" test -p "out/$name"
			[ -n "$option" ] || continue
			check "a pipe called $name, $made a run, $option: the other unit is done" \
				grep -q '^  "complete": true,$' out/vol-gzip6.report.json
		done
	done
done
says "failed: vol-append: .*out/vol-append.report.json: is no file, and a report is to stand there; move it away" \
	'a pipe called as a report: said'
rm -rf out
mkdir out
ln -s /dev/null out/vol-append
in_batch -r lz4 --force -o out
expect_status 1 'a link to a device'
says 'out/vol-append: is no file, and .*move it away' 'a link to a device: said'

# --- in the folders of volumes ---

for kind in --dedupable --chunk-size=10485760 --part-size=100000; do
	case $kind in
	--part*) volumes="$VOLUMES/bacula-mixed/plain-append $VOLUMES/bacula/plain-lzo-sparse" ;;
	*) volumes="$bareos/vol-append $bareos/vol-lzo" ;;
	esac
	for stranger in notes empty hidden folder link; do
		for ended in 'done' killed; do
			rm -rf out in
			mkdir in
			cp "${volumes% *}" in/vol
			in_batch -i $kind -o out
			# As if it had been killed before its report was complete.
			[ $ended = 'done' ] || sed -i 's/^  "complete": true,$/  "complete": false,/' out/vol.report.json
			case $stranger in
			notes) echo 'my notes' >out/vol/notes ;;
			empty) : >out/vol/notes ;;
			hidden) echo 'my notes' >out/vol/.notes ;;
			folder) mkdir out/vol/notes ;;
			link) ln -s nowhere out/vol/notes ;;
			esac
			cp "${volumes#* }" in/vol
			in_batch -i $kind --skip-done -o out
			expect_status 1 "$kind, $stranger in a volume, $ended: refused"
			says 'out/vol: exists already, is not what its report says, or holds something else, and nothing replaces a folder' \
				"$kind, $stranger in a volume, $ended: said"
			is "$(find out/vol -name '*notes' | wc -l)" 1 "$kind, $stranger in a volume, $ended: it is there"
			is "$(find out -name '.xflate-*' | wc -l)" 0 "$kind, $stranger in a volume, $ended: nothing else is left"
			# The report of the unit that has failed knows the volume still.
			find out/vol -name '*notes' -prune -exec rm -r {} +
			in_batch -i $kind --skip-done -o out
			expect_status 0 "$kind, $stranger in a volume, $ended: without it, it is the unit's own"
		done
	done
	echo 'my notes' >out/vol/notes
	in_batch -i $kind --skip-done -o out
	expect_status 0 "$kind, something else in a volume: it is done all the same"
	# What a unit that has failed says of the volume before.
	rm out/vol/notes
	head -c 40000 "${volumes% *}" >in/vol
	in_batch -i $kind --skip-done -o out
	expect_status 1 "$kind: a unit that fails"
	is "$(ask out/vol.report.json 'len(r["earlier"])')" 2 "$kind: its report tells of what stands there"
	echo 'my notes' >out/vol/notes
	cp "${volumes% *}" in/vol
	in_batch -i $kind --skip-done -o out
	expect_status 1 "$kind, something else in a volume from earlier: refused"
	is "$(cat out/vol/notes)" 'my notes' "$kind, something else in a volume from earlier: it is there"
	rm out/vol/notes
	in_batch -i $kind --skip-done -o out
	expect_status 0 "$kind: without it, it is the unit's own"
done
fill

# While the next one is made.
for kind in '' --dedupable; do
	rm -rf out
	# shellcheck disable=SC2086 # words
	in_batch -i $kind -o out
	cp "$bareos/vol-lzo" in/vol-append
	# shellcheck disable=SC2086 # words
	"$XFLATE" filter -q --jobs 1 --limit-rate 300000 -i $kind --skip-done -o out in/vol-append 2>"$err" &
	pid=$!
	for _ in $(seq 200); do
		[ -n "$(find out -name '.xflate-*')" ] && break
		sleep 0.02
	done
	[ -z "$kind" ] && mine=out/vol-append || mine=out/vol-append/notes
	echo 'my notes' >"$mine"
	wait $pid
	is $? 1 "a volume that is changed while the next one is made, $kind: refused"
	says 'out/vol-append: was changed while its successor was made; it is not replaced' \
		"a volume that is changed while the next one is made, $kind: said"
	is "$(cat "$mine")" 'my notes' "a volume that is changed while the next one is made, $kind: it stays"
	is "$(find out -name '.xflate-*')" '' "a volume that is changed while the next one is made, $kind: nothing is left"
	fill
done

# --- whose options are not known ---

rm -rf out
mkdir out
run "$XFLATE" filter -q -r gzip --report out/vol-append.report.json --map out/vol-append.map -o out/vol-append in/vol-append
expect_status 0 'a run by itself'
cp out/vol-append by-itself
in_batch -r lz4 --skip-done -o out
expect_status 1 'its report tells of no options'
says 'vol-append.report.json: its volumes were made with other options \(of a run by itself\); --force makes them anew' \
	'its report tells of no options: said'
same 'its report tells of no options: its volume is as it was' out/vol-append by-itself
in_batch -r lz4 --skip-done --force -o out
expect_status 0 'its report tells of no options: --force'
same 'its report tells of no options: --force: made anew' out/vol-append forced

# --- a terminal that stops who writes to it ---

fill
rm -rf out
cat >on_terminal.py <<'END'
import os, pty, subprocess, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    mode = termios.tcgetattr(0)
    mode[3] |= termios.TOSTOP
    termios.tcsetattr(0, termios.TCSANOW, mode)
    os._exit(subprocess.call(sys.argv[1:]))
said = b""
try:
    while data := os.read(terminal, 4096):
        said += data
except OSError:
    pass
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
cp "$VOLUMES/made/bad-adler" in/
run "$PYTHON" on_terminal.py "$XFLATE" filter --recursive --on-damage=skip -i --progress never -o out in
expect_status 3 'stty tostop: units that warn come to their end'
check 'stty tostop: the warning is there' grep -q 'bad-adler: .*lost' "$out"
check 'stty tostop: nothing is killed' test "$(grep -c killed "$out")" = 0

# --- what to do next ---

run "$XFLATE" filter --exit-class --files-from missing -i -o out2
refused 75 'a list that is not there: try again'
run "$XFLATE" filter --exit-class --files-from in -i -o out2
refused 65 'a list that is a folder: give up'
run "$XFLATE" filter --files-from missing -i -o out2
refused 1 'a list that is not there, without --exit-class'
mkdir inside
cp in/vol-append inside/
run "$XFLATE" filter --exit-class --jobs 1 -i -o inside inside/vol-append
refused 65 'an input where the outputs go: give up'
run "$XFLATE" filter --exit-class --recursive -i -o inside inside
refused 65 'nothing but inputs where the outputs go: give up'
mkdir nothing
run "$XFLATE" filter --exit-class --recursive -i -o out2 nothing
refused 65 'no volume at all: give up'
run "$XFLATE" filter --recursive -i -o out2 nothing
refused 1 'no volume at all, without --exit-class'

# --- a unit that fails behind its promise ---

if with_shim 'a unit that fails behind its promise'; then
	fill
	rm -rf out
	LD_PRELOAD=$shim FAULT=rename:2:once:28 FAULT_SYNC=no timeout 60 "$XFLATE" filter -q --jobs 1 -r lz4 -o out in/vol-append 2>"$err"
	is $? 1 'a unit that fails behind its promise'
	xflate -qq -r lz4 --report single -o single.volume in/vol-append
	is "$(ask out/vol-append.report.json 'len(r["jobs"])')" "$(ask single 'len(r["jobs"])')" \
		'a unit that fails behind its promise: each job once'
	is "$(ask out/vol-append.report.json 'len(r["failures"])')" 1 'a unit that fails behind its promise: and the failure'
fi
done_testing
