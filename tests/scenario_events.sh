#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# --events: who is told what, in which order, and who can stop it; the examples of contrib/events.
# shellcheck disable=SC2016 # for the events' shells
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

events=${here%/tests*}/contrib/events
append=$VOLUMES/bareos/vol-append
gzip=$VOLUMES/bareos/vol-gzip6
log=$work/log
# What is not the same in two runs is taken out.
told() { "$PYTHON" -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    e = json.loads(line)
    assert e.pop("format") == 1 and e.pop("pid") > 0 and e.pop("time").endswith("Z") and e.pop("host")
    for name in ("seconds", "bytes_per_second", "input"):
        e.pop(name, None)
    print(json.dumps(e, sort_keys=True))' "$log"; }
# names: of the events, in order
names() { "$PYTHON" -c 'import json, sys
print(*[json.loads(line)["event"] for line in open(sys.argv[1], encoding="utf-8")])' "$log"; }
# field NAME EVENT: of the events of this name
field() { "$PYTHON" -c 'import json, sys
es = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
print(*[e.get(sys.argv[2], "-") for e in es if e["event"] == sys.argv[3]])' "$log" "$1" "$2"; }
hook="cat >>'$log'"

# ---- what is told ----
run "$XFLATE" -q -r lz4 -o plainly "$append"
for threads in 1 4; do
	rm -f "$log" out
	run "$XFLATE" -q "-T$threads" -r lz4 --events "$hook" -o out "$append"
	expect_status 0 "-T$threads: a run with events"
	is "$(names)" 'run-start volume-start label-read label-verified session-start session-end session-start session-end volume-end run-end' \
		"-T$threads: all of them, in order"
	check "-T$threads: the output is that of any run" cmp out plainly
	told >"told.$threads"
	is "$(cat "$err")" '' "-T$threads: nothing is said of it"
done
check 'the number of threads changes none of them' cmp told.1 told.4
is "$(field bytes_in volume-end) $(field bytes_out volume-end)" "$(wc -c <"$append") $(wc -c <out)" 'sizes are those of the files'
is "$(field job_id session-end) / $(field job_status session-end)" '32 33 / T T' 'jobs, and how they ended'
is "$(field pool label-read) $(field media_type label-verified)" 'P-append File' 'what the label says'
is "$(field exit_status run-end) $(field error run-end)" '0 -' 'how it ended'
rm -f "$log"
run "$XFLATE" -q --events '[ "$XFLATE_EVENT" = "$(sed "s/.*\"event\": \"\([a-z-]*\)\".*/\1/")" ]' --events-veto -r gzip -o x1 "$append"
expect_status 0 'XFLATE_EVENT is the name of the event'
# As many as a second reader finds, in all that is here.
for volume in "$VOLUMES"/bareos/* "$VOLUMES"/bacula/plain-* "$VOLUMES"/bacula/nosum-*; do
	[ -f "$volume" ] || continue
	rm -f "$log"
	run "$XFLATE" verify -q --events "$hook" "$volume"
	xflate list --json "$volume" >list.json 2>/dev/null
	is "$(field event session-start | wc -w) $(field event volume-end | wc -w) $(field exit_status run-end)" \
		"$("$PYTHON" -c 'import json; d = json.load(open("list.json")); print(sum(len(v["jobs"]) for v in d["volumes"]), len(d["volumes"]))') $status" \
		"$(basename "$volume"): a session-start a job, a volume-end a volume, and the exit status"
done
# A set is one run; a job that spans is begun and ended once.
rm -f "$log"
run "$XFLATE" -q -i --events "$hook" -o . "$VOLUMES/bareos/vol-span-gzip6-1" "$VOLUMES/bareos/vol-span-gzip6-2"
is "$(names)" 'run-start volume-start label-read label-verified session-start volume-end volume-start label-read label-verified session-end volume-end run-end' \
	'of a set: its job begins on one volume and ends on the other'
rm -f "$log" vol-span*
run "$XFLATE" -q -i --on-damage=skip --events "$hook" -o . "$VOLUMES/bareos/vol-span-gzip6-2"
is "$(field begins_elsewhere session-start)" True 'the second alone: its job begins elsewhere'
# A batch: each unit is a run.
mkdir in res
cp "$append" in/vol-append
cp "$gzip" in/vol-gzip6
rm -f "$log"
run "$XFLATE" filter --recursive -q --jobs 2 -r lz4 --events "$hook" -o res in
expect_status 0 'a batch'
is "$(field unit run-end | tr ' ' '\n' | sort | tr '\n' ' ')" 'vol-append vol-gzip6 ' 'each unit of it is a run, and named'
cp "$append" here-append
rm -f "$log"
run "$XFLATE" -q --in-place -r lz4 --events "$hook" here-append
expect_status 0 'in place'
is "$(field event run-end) $(field event volume-end)" 'run-end volume-end' 'it is told of one run'

# ---- names and secrets ----
odd=$(printf 'a"b\\c\nd\377')
cp "$append" "./$odd"
rm -f "$log"
run "$XFLATE" verify -q --events "$hook" "./$odd"
is "$(field input_hex volume-end)" "$(printf '%s' "./$odd" | od -An -v -tx1 | tr -d ' \n')" 'a name that JSON cannot hold is there in hex digits, too'
printf 'the-passphrase-of-nobody' >pass
"$PYTHON" -c 'print("ab" * 32 + "cd" * 32)' >key256
chmod 600 key256
rm -f "$log"
run "$XFLATE" -q --encrypt aes-256-xts --new-key key256 --block-format bb03 --target bacula --events "{ cat; env; ls -l /proc/self/fd; cat /proc/\$PPID/cmdline; } >>'$log'" \
	-o enc "$VOLUMES/bacula/plain-zstd3"
expect_status 0 'what is encrypted'
fails 'no key is in lines, environment or arguments' grep -aEq '(ab){8}' "$log"
check 'but its id is' grep -q 'encrypted_with' "$log"
ls_fds='ls /proc/self/fd >>fds'
sh -c "exec >&2 3<&- 4>&-
$ls_fds" 2>"$err"
mv fds fds.alone
run "$XFLATE" -q --events "$ls_fds" -r gzip -o x2 "$append"
is "$(sort -u fds | tr '\n' ' ')" "$(sort -u fds.alone | tr '\n' ' ')" 'the command has no descriptor that it would not have without us'

# ---- the command's manners ----
run sh -c "'$XFLATE' -q -r lz4 --events 'cat >/dev/null; echo hello; yes | head -c 300000' <'$append' >piped"
expect_status 0 'a command that talks'
check 'nothing of it is in the volume' cmp piped plainly
says '^hello' 'but on standard error'
run "$XFLATE" -q -r lz4 --events 'exit 0' -o x3 "$append"
expect_status 0 'a command that reads nothing'
run "$XFLATE" -q -r lz4 --events '/not/there' -o x4 "$append"
expect_status 0 'one that is not there is a warning'
is "$(grep -c '^xflate: event' "$err")" 1 'and told once'
says 'event run-start: the command of --events cannot be run' 'and why'
run "$XFLATE" -q -r lz4 --events 'exec 0<&-; kill -SEGV $$' -o x5 "$append"
expect_status 0 'one that crashes is a warning, too'
run "$XFLATE" -r lz4 --events '' -o x6 "$append"
refused 2 'an empty one is refused'
run "$XFLATE" -r lz4 --events-veto -o x6 "$append"
refused 2 '--events-veto alone is refused'
run "$XFLATE" --discard-original --events true "$append"
refused 2 'nothing is told of --discard-original'
# A signal does not wait for it, and it goes with us.
timeout -s TERM 2 "$XFLATE" -q -r lz4 --events 'echo $$ >hangs; exec sleep 500' -o x7 "$append" 2>"$err"
is $? 124 'a command that hangs: SIGTERM ends the run'
check 'and the command' until_true 5 sh -c '! kill -0 "$(cat hangs)" 2>/dev/null'
is "$(in_folder . | grep -c x7)" 0 'nothing is left'

# ---- the veto ----
for event in run-start volume-start label-read label-verified session-start session-end volume-end; do
	for verb in filter verify extract; do
		rm -rf "$log" stopped
		case $verb in
		filter) run "$XFLATE" -q -r lz4 --events "$hook; [ \$XFLATE_EVENT != $event ]" --events-veto -o stopped "$gzip" ;;
		verify) run "$XFLATE" verify -q --events "$hook; [ \$XFLATE_EVENT != $event ]" --events-veto "$gzip" ;;
		extract) run "$XFLATE" extract -q --events "$hook; [ \$XFLATE_EVENT != $event ]" --events-veto -C stopped "$gzip" ;;
		esac
		expect_status 1 "$verb is stopped at $event"
		says "stopped at event $event: the command of --events ended with 1" "$verb, $event: it says so"
		is "$(names | tr ' ' '\n' | tail -n 2 | tr '\n' ' ') $(field exit_status run-end)" "$event run-end  1" "$verb, $event: no other event follows but the end"
		[ $verb != filter ] || is "$(in_folder . | grep -c stopped)" 0 "$event: no output stands"
	done
done
rm -rf res2 "$log"
mkdir res2
run "$XFLATE" filter --recursive -q -r lz4 --events "! grep -q vol-gzip6" --events-veto -o res2 in
expect_status 1 'a veto in a batch'
is "$(in_folder res2 | tr ' ' '\n' | grep -v '[.]' | tr '\n' ' ')" 'vol-append ' 'stops its unit only'
is "$(in_folder res2 | tr ' ' '\n' | grep -c 'vol-gzip6.report.json')" 1 'whose report tells'
rm -f same-*
run "$XFLATE" -q --in-place -r gzip:9 --events '[ "$XFLATE_EVENT" != volume-end ]' --events-veto here-append
expect_status 1 'a veto in place'
check 'the old volume is what it was' "$XFLATE" verify -qq here-append

# A signal while somebody may say no is no yes: nothing gets its name.
for event in label-read session-end volume-end; do
	for how in stop skip keep; do
		rm -f late late.partial
		run "$XFLATE" -q "--on-damage=$how" -r lz4 --events-veto -o late \
			--events "[ \$XFLATE_EVENT != $event ] || { kill -TERM \"\$(sed 's/.*\"pid\": \([0-9]*\).*/\1/')\"; sleep 0.5; exit 1; }" "$gzip"
		expect_status 143 "SIGTERM at $event, $how"
		check "... no output" [ ! -e late ]
	done
done
rm -f late.partial

# ---- only some of them ----
rm -f "$log"
run "$XFLATE" verify -q --events "$hook" --events-for run-end,label-read "$append"
is "$(names)" 'label-read run-end' 'only those that were asked for'
run "$XFLATE" verify --events "$hook" --events-for run-end,nonsense "$append"
refused 2 'one that is none is refused'
run "$XFLATE" verify --events-for run-end "$append"
refused 2 '--events-for alone, too'
# Batches: the units are runs, and at the end there is the whole.
mkdir bad badres
cp "$append" bad/a
cp "$VOLUMES/bareos/vol-none" bad/b
"$PYTHON" -c 'd = bytearray(open("bad/b", "rb").read()); d[70000] ^= 1; open("bad/b", "wb").write(d)'
rm -f "$log"
run "$XFLATE" filter --recursive -qq -r lz4 --events "$hook" --events-for run-end,batch-end -o badres bad
expect_status 1 'a batch with a bad one'
is "$(field exit_status batch-end) $(field unit_count batch-end) $(field "done" batch-end) $(field failed batch-end)" '1 2 1 1' 'batch-end tells of both'

# ---- long lines, long waits ----
"$PYTHON" -c 'import sys
sys.path.insert(0, sys.argv[1])
import mkvolume as m
s = m.Session(m.Packer(cap=600000), name="long")
s.fi += 1
s.put(1, m.attributes(s.fi, "/" + "x" * 300000, 5, 2))
s.put(2, b"other")
s.put(3, bytes(16))
open("long", "wb").write(m.whole("long", s.close()))' "$here"
rm -f "$log"
began=$(date +%s)
run "$XFLATE" verify -qq --events "$hook" --events-veto long
expect_status 3 'a name of 300,000 bytes'
check 'takes no minute' [ $(($(date +%s) - began)) -lt 30 ]
check 'and comes whole' [ "$(field file damage | wc -c)" -gt 300000 ]
run sh -c "'$XFLATE' -q -d lz4 --encrypt aes-256-xts --new-key fd:5 --block-format bb03 --target bacula --events 'cat <&5 >>fdl; cat /proc/self/fd/5 >>fdl' -o enc5 '$VOLUMES/bacula/plain-none-sparse' 5<key256"
is "$(cat fdl 2>/dev/null)" '' 'a key that came by a descriptor is not for the command'

# ---- what goes wrong ----
"$PYTHON" -c 'import sys
d = bytearray(open(sys.argv[1], "rb").read())
for at in range(70000, len(d), 64512):
    d[at] ^= 255
open("hurt", "wb").write(d)' "$VOLUMES/bareos/vol-none"
rm -f "$log"
run "$XFLATE" verify -qq --events "$hook" hurt
expect_status 3 'a damaged volume'
xflate verify -qq --json hurt >v.json
is "$(field kind damage | wc -w) $(field damage run-end)" "$("$PYTHON" -c 'import json; n = len([p for p in json.load(open("v.json"))["problems"] if p["kind"] != "note"]); print(min(n, 100), n)')" \
	'as many places as verify --json has'
rm -f "$log"
run "$XFLATE" -q -i --events "$hook" -o x8 hurt
expect_status 1 'a run that damage stops'
is "$(field event damage) $(field error run-end | cut -c 1-5)" "damage $(field reason damage | cut -c 1-5)" 'is told of it, and why'
rm -f "$log"
run "$XFLATE" -q -i --on-damage=skip --events "$hook; [ \$XFLATE_EVENT != damage ]" --events-veto -o x9 hurt
expect_status 1 'a veto at the first damage'
is "$(field event damage)" damage 'ends there'
check 'what was read until then is kept' [ -f x9.partial ]
rm -rf "$log" made
run "$XFLATE" extract -qq --events "$hook" -C made hurt
expect_status 3 'extract'
check 'tells of damaged files, by name' [ "$(field file damage | tr ' ' '\n' | grep -c /)" -gt 0 ]
rm -f "$log"
run "$XFLATE" -q -i --events "$hook" -o /dev/full "$append"
expect_status 1 'a full disk'
is "$(field event write-error) $(field event read-error)" 'write-error ' 'is a write-error'
rm -f "$log"
run "$XFLATE" -q -i --events "$hook" -o x10 missing
is "$(field event write-error) $(field event read-error)" ' read-error' 'a volume that is not there: a read-error'
check 'run-end says where, too' [ "$(field where run-end)" = missing ]
rm -f "$log"
run "$XFLATE" verify -q --events "$hook" --key nokey "$append"
is "$(names) $(field seconds run-end) $(field error run-end | cut -c 1-4)" 'run-end - noke' 'a key that is not there: no run, and no time of one'

# ---- the examples ----
rm -f "$log"
run "$XFLATE" verify -q --events "$events/log '$work/events.jsonl'" "$append"
expect_status 0 'log'
is "$(grep -c '"event": "run-end"' "$work/events.jsonl")" 1 'log: a line of JSON each'
prom=$work/xflate.prom
run "$XFLATE" verify -q --events "$events/prometheus '$prom'" "$append"
expect_status 0 'prometheus'
run "$XFLATE" -q -r lz4 --events "$events/prometheus '$prom'" -o x11 "$append"
run "$XFLATE" verify -qq --events "$events/prometheus '$prom'" hurt
is "$(grep '^xflate_exit_status' "$prom" | tr '\n' ' ')" 'xflate_exit_status{command="filter"} 0 xflate_exit_status{command="verify"} 3 ' \
	'prometheus: the last run of each command'
is "$(grep '^xflate_read_bytes{command="filter"}' "$prom")" "xflate_read_bytes{command=\"filter\"} $(wc -c <"$append")" 'prometheus: its bytes'
is "$(grep -vE '^(# (HELP|TYPE) xflate_[a-z_]+ .+|xflate_[a-z_]+\{command="[a-z ]+"\} [0-9.]+)$' "$prom")" '' 'prometheus: nothing but lines of its format'
is "$(grep -c '^# TYPE' "$prom") $(grep '^# TYPE' "$prom" | sort -u | wc -l)" '7 7' 'prometheus: each metric has its type once'
"$PYTHON" -c 'import socket, sys
s = socket.create_server(("127.0.0.1", 0))
s.settimeout(30)
open("port.new", "w").write(str(s.getsockname()[1]))
import os
os.rename("port.new", "port")
for i in range(2):
    c, _ = s.accept()
    with c, open("graphite", "ab") as out:
        while data := c.recv(65536):
            out.write(data)' &
server=$!
until_true 10 [ -f port ]
run "$XFLATE" verify -q --events "$events/graphite 127.0.0.1:$(cat port) backup.xflate" "$append"
expect_status 0 'graphite'
wait "$server"
is "$(grep -cE '^backup\.xflate\.[A-Za-z0-9_-]+\.verify\.volume-end\.vol-append\.bytes_in 257233 [0-9]+$' graphite)" 1 'graphite: path, value, time'
is "$(grep -c 'run-end.exit_status 0 ' graphite)" 1 'graphite: of the run, too'
for volume in "$append" hurt missing; do
	run "$XFLATE" verify -qq --events-for run-end --events "$events/icinga '$work/icinga' backup xflate" "$volume"
done
is "$(sed 's/^\[[0-9]*\] //; s/|.*//' "$work/icinga" | tr '\n' '/')" \
	'PROCESS_SERVICE_CHECK_RESULT;backup;xflate;0;xflate OK/PROCESS_SERVICE_CHECK_RESULT;backup;xflate;1;xflate WARNING: damage/PROCESS_SERVICE_CHECK_RESULT;backup;xflate;2;xflate CRITICAL: exit status 1/' \
	'icinga: OK, WARNING, CRITICAL'
run "$XFLATE" -q -r lz4 --events-veto --events "$events/only-pool P-append" -o x12 "$append"
expect_status 0 'only-pool: its pool goes'
run "$XFLATE" -q -r lz4 --events-veto --events "$events/only-pool Full" -o x13 "$append"
expect_status 1 'only-pool: another does not'
says 'vol-append is of pool P-append, not Full' 'and it says why'

tail -c +205 "$gzip" >headless
run "$XFLATE" -q -r lz4 --on-damage=skip --events-veto --events "$events/only-pool P-gzip6" -o x14 headless
expect_status 1 'only-pool: one whose label is lost does not, either'
rm -f "$work/icinga" badres/* "$prom"
run "$XFLATE" filter --recursive -qq -r lz4 --events "cat >line; $events/icinga '$work/icinga' h s <line; $events/prometheus '$prom' <line" -o badres bad
run "$XFLATE" filter --recursive -qq -r lz4 --skip-done --events "cat >line; $events/icinga '$work/icinga' h s <line; $events/prometheus '$prom' <line" -o badres bad
check 'icinga, prometheus: of a batch the whole counts' [ "$(grep -c CRITICAL "$work/icinga") $(wc -l <"$work/icinga")" = '2 2' ]
is "$(grep '^xflate_exit_status' "$prom")" 'xflate_exit_status{command="filter"} 1' 'and its exit status'

# ---- getkey ----
mkdir -m 700 keys
printf '[default]\ncipher = AES_256_XTS\n' >key-manager.conf
chmod 600 key-manager.conf
rm -f "$log"
OPERATION=LABEL VOLUME_NAME=Vol1 run "$XFLATE" getkey -k keys -C key-manager.conf --events "$hook"
expect_status 0 'getkey'
is "$(names) $(field operation key-loaded) $(field volume key-asked) $(field from key-loaded)" 'key-asked key-loaded LABEL Vol1 new' 'tells that a key is asked for and given out'
key=$(sed -n 's/^cipher_key: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$out")
check 'there is a key' [ -n "$key" ]
fails 'which is not in the event' grep -qF "$key" "$log"
OPERATION=READ VOLUME_NAME=Vol1 run "$XFLATE" getkey -k keys -C key-manager.conf --events 'echo noise; echo noise >&2; exit 1' --events-veto
expect_status 0 'a veto, as daemons want it'
check 'is an error: line alone' grep -qE '^error: stopped at event key-asked' "$out"
is "$(wc -l <"$out") $(wc -c <"$err")" '1 0' 'no key, no noise'
ls -l --time-style=full-iso keys keys/.old >keys.before 2>/dev/null
OPERATION=LABEL VOLUME_NAME=Vol1 run "$XFLATE" getkey -k keys -C key-manager.conf --events false --events-veto
ls -l --time-style=full-iso keys keys/.old >keys.after 2>/dev/null
check 'a LABEL that is refused makes no key, and leaves the one in force' cmp keys.before keys.after
OPERATION=READ VOLUME_NAME=Vol1 run "$XFLATE" getkey -k keys -C key-manager.conf
is "$(sed -n 's/^cipher_key: *"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$out")" "$key" 'which is given out as ever'
OPERATION=READ VOLUME_NAME=Vol1 run "$XFLATE" getkey -k keys -C key-manager.conf --events '' --events-veto
check 'an empty command is refused here, too' grep -q '^error:.*empty command' "$out"

done_testing
