#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# extract --as-of: seeded chains of jobs against a second reader (chains.py; CHAINS=200 tries so many, CHAINS_SEED=N others), cases made
# by hand (chaincases.py), real volumes, and what is refused.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

half=$((${CHAINS:-24} / 2))
seed=${CHAINS_SEED:-1}
"$PYTHON" "$here/chains.py" --xflate "$XFLATE" --seed "$seed" --runs "$half" >first 2>&1 &
"$PYTHON" "$here/chains.py" --xflate "$XFLATE" --seed $((seed + half)) --runs "$half" >second 2>&1
wait
for part in first second; do
	grep -q '^1\.\.' "$part" || not_ok "the chains were tried to their end"
	grep -v '^1\.\.' "$part"
	tests=$((tests + $(grep -cE '^(not )?ok ' "$part")))
	failures=$((failures + $(grep -c '^not ok ' "$part")))
done

# as_of CASE TIME OPTION...: into x
as_of() {
	[ -d "$1" ] || "$PYTHON" "$here/chaincases.py" "$1" "$1" || not_ok "$1 is made"
	made=$1 when=$2
	shift 2
	rm -rf x
	run "$XFLATE" extract --as-of "$when" -C x "$@" "$made"/vol*
}
# holds TEXT FILES: "name=content ..." of x
holds() { is "$(cd x && find . -type f | sort | while read -r f; do printf '%s=%s ' "${f#./srv/}" "$(tr ' ' - <"$f")"; done)" "$2 " "$1"; }
# tells PATTERN TEXT: on standard output
tells() { check "$2" grep -Eq "$1" "$out" || show "$out"; }

# ---- consolidations ----

as_of consolidated-by-bacula now
expect_status 0 'consolidated by Bacula: three labels in one session'
holds 'all of its sources, and what came behind them' 'changed=of-the-fourth-day kept=of-the-full-one new=of-the-second-day'
tells '^  full  .* job 3 .*: 2 files' 'it is a full one, of the time of its last source'
as_of consolidated-by-bacula '2026-03-04'
holds 'as of the day before' 'changed=of-the-first-day kept=of-the-full-one new=of-the-second-day'
as_of consolidated-by-bacula '2026-03-01'
expect_status 1 'before its last source: nothing is here'

as_of consolidated-by-bareos now
expect_status 0 'consolidated by Bareos: labels of its own'
holds 'and what came behind it' 'changed=of-the-eleventh-day kept=of-the-full-one'
as_of consolidated-by-bareos '2026-03-07'
expect_status 0 'as of a time before it was made: its files are older'
holds 'and the job of that day is newer than they are' 'changed=of-the-fifth-day kept=of-the-full-one'
as_of consolidated-by-bareos '2026-03-03'
holds 'of a time before that' 'changed=of-the-first-day kept=of-the-full-one'

# ---- copies, updates, hints ----

as_of twins now
expect_status 0 'a copy: what is not damaged is taken'
holds 'and is right' 'file=content-that-is-right'
tells '^  left out .* job 1 .*the same job is here once more' 'the other one is told of'
cp twins/vol0 twins/vol2 && rm twins/vol1
as_of twins now
expect_status 3 'the damaged one alone: 3'
tells 'note: .*job 1: [0-9]+ places' 'its damage is told with the chain'

as_of updated now
expect_status 1 'attributes alone of a file whose content nobody has: 1'
says '/srv/never: only its attributes are here' 'and says so'
holds 'that of the other one is there' 'file=content'
is "$(TZ=UTC stat -c %Y x/srv/file)" $((1772398800 - 400)) 'with the attributes that came later'
if "$PYTHON" -c 'import os; os.setxattr("updated/vol0", "user.x", b"y")' 2>/dev/null; then
	is "$("$PYTHON" -c 'import os; print([(n, os.getxattr("x/srv/file", n)) for n in sorted(os.listxattr("x/srv/file"))])')" \
		"[('user.b', b'new')]" 'and the extended ones'
else
	skip 'and the extended ones' 'this file system has none'
fi
run "$XFLATE" extract --as-of now --tar updated/vol0
is "$(tar -xOf "$out" srv/file)" content 'the same in an archive'

as_of hints now
expect_status 0 'hints: they are no errors'
tells 'note: .*the fileset was changed' 'a fileset that was changed'
tells 'note: .*marked as deleted, but in no older job here: 1' 'a mark of what nobody had'
holds 'what is marked is gone' 'odd=old'
tells '^  incremental .* 2 marked as deleted' 'marks are counted'
is "$(grep -c superset "$out")" 0 'with marks it is no superset'
as_of unmarked now
tells 'note: .*a superset' 'without marks it is called a superset'
tells 'note: .*job 2 has files that had not changed since the one before it' 'a job that follows on another one'
as_of unmarked '2026-03-06'
is "$(grep -c note: "$out")" 0 'a full one alone: nothing to note'

# ---- what is refused ----

as_of fragments now
expect_status 1 'no full backup: 1'
says 'no finished full backup of client fd, fileset Set' 'it says what is missing, and what to do'
is "$(ls x 2>/dev/null)" '' 'and nothing is made'
tells '^  incremental .* job 2 ' 'the chain is told all the same'
tells '^  left out .* job 1 .*status E' 'with the one that failed'
tells '^  left out .* job 4 .*no end' 'and the one without an end'
as_of fragments now --without-full
expect_status 0 '--without-full: what there is'
holds 'of the jobs that ended well' 'one=one'
tells 'note: .*no full backup is among them' 'and says that it is not all'
as_of fragments '2026-03-01 12:00' --without-full
expect_status 1 '--without-full from nothing: 1'
says 'no finished backup of client fd' 'and says so'

refuse() { # TEXT PATTERN OPTION...: wrong usage
	text=$1 pattern=$2
	shift 2
	run "$XFLATE" extract --dry-run "$@"
	expect_status 2 "$text: 2"
	says "$pattern" 'and says why'
}
v=hints/vol0
refuse 'no time' 'no time as' --as-of yesterday $v
refuse 'a 31st of February' 'no time as' --as-of 2026-02-31 $v
refuse 'half a time' 'no time as' --as-of '2026-02-01 12' $v
refuse 'with --job' '[-]-job names one' --as-of now --job 1 $v
refuse 'with --file-index' 'say --file' --as-of now --file-index 1 $v
refuse 'with --objects' 'say --job' --as-of now --objects $v
refuse '--client without it' 'belong to --as-of' --client fd $v
refuse '--without-full without it' 'belong to --as-of' --without-full $v
refuse 'standard input' 'reads the volumes twice' --as-of now -
mkfifo pipe
refuse 'a pipe' 'pipe: --as-of reads the volumes twice' --as-of now pipe
run "$XFLATE" extract --as-of now --dry-run "$VOLUMES/bareos/vol-multi"
expect_status 2 'several clients and filesets: 2'
says 'client fd, fileset FS-multi-a' 'they are named'
run "$XFLATE" extract --as-of now --dry-run --client nobody "$VOLUMES/bareos/vol-multi"
expect_status 1 'a client that is not here: 1'

# ---- times, choices, JSON ----

for when in 2026-03-02T21:00:00Z '2026-03-02 21:00:00' '2026-03-02 21:00' 2026-03-02 @1772485200; do
	as_of hints "$when"
	holds "as of $when" 'odd=old'
done
for when in '2026-03-02 20:59:59' 2026-03-01 @1772485199; do
	as_of hints "$when"
	holds "as of $when" 'file=content'
done
TZ=Europe/Berlin as_of hints '2026-03-02 20:59:59'
holds 'names of jobs have local time' 'file=content'

as_of consolidated-by-bareos now --file /srv/kept
holds 'a file alone' 'kept=of-the-full-one'
as_of hints now --file /srv/file
expect_status 1 'a file that had been deleted: 1'
says 'not on the volumes: srv/file' 'and says so'
as_of unmarked now --json
is "$("$PYTHON" -c 'import json, sys
d = json.load(open(sys.argv[1]))
a = d["as_of"]
print(a["client"], a["fileset"], a["full"], a["superset"], a["fileset_changed"], len(a["notes"]), d["files"], d["exit_status"],
      [(j["role"], j["job_id"], j["time"], j["volumes"], j["files"], j["deleted"]) for j in a["chain"]], a["left_out"])' "$out")" \
	"fd Set True True False 2 2 0 [('full', 1, '2026-03-06T21:00:00Z', ['vol0'], 1, 0), ('incremental', 2, '2026-03-07T21:00:00Z', ['vol0'], 1, 0)] []" 'JSON has it'

# ---- real volumes ----

for job in a b c; do
	rm -rf x y
	run "$XFLATE" -q extract --as-of now --client fd --fileset FS-multi-$job -C x "$VOLUMES/bareos/vol-multi"
	run "$XFLATE" -q extract --job J-multi-$job -C y "$VOLUMES/bareos/vol-multi"
	check "a full job alone: as --job J-multi-$job" diff -r --no-dereference --exclude=fifo x y
done

# ---- by an index ----

if "$XFLATE" find --index none.db x 2>&1 | grep -q 'built without libsqlite3'; then
	skip 'by an index' 'built without libsqlite3'
else
	indexed() { # CASE TIME OPTION...: by an index of its volumes, which are not named
		rm -f "$1.db"
		made=$1 when=$2
		shift 2
		rm -rf x
		run "$XFLATE" -q find --index "$made.db" --update "$made"/vol*
		run "$XFLATE" extract --as-of "$when" --index "$made.db" -C x "$@"
	}
	# Of several labels in one session the index has the first.
	first_label() { sed 's/job 3 (c-fd.2026-03-03_21.00.00_03)/job 1 (c-fd.2026-03-01_21.00.00_01)/' "$1"; }
	for case in consolidated-by-bacula consolidated-by-bareos hints unmarked; do
		as_of $case 2026-12-31
		first_label "$out" >wanted.out
		cp -R x wanted
		indexed $case 2026-12-31
		expect_status 0 "$case by an index"
		check "$case by an index: the same files" diff -r wanted x
		check "$case by an index: the same is told" diff wanted.out "$out"
		rm -r wanted
	done
	indexed consolidated-by-bareos '2026-03-07' --file /srv/changed
	holds 'one of them, at a time' 'changed=of-the-fifth-day'
	indexed updated now
	expect_status 2 'extended attributes that were saved alone: 2'
	says 'leave --index out' 'and says what to do'
	indexed fragments now
	expect_status 1 'no full backup: 1'
	tells '^  left out .* job 1 .*status E' 'the chain is told'
	indexed hints now --file /srv/nothing
	expect_status 1 'nothing that is wanted: 1'
	says 'nothing that is wanted is in these jobs' 'and says so'
	refuse 'with --bsr' 'one of them' --as-of now --bsr x $v
fi

# ---- what cannot wait ----

as_of out-of-reach now
expect_status 1 'content that is kept until it is whole, further than any file reaches: that file alone is not extracted'
is "$(cd x/srv && echo *)" 'kept last new' 'all others are there'
says '^xflate: not extracted: /srv/far: its content reaches beyond' 'the error names it'

# ---- memory ----

as_of hints now --max-memory 64M
expect_status 0 '64 MiB are enough for some files'

done_testing
