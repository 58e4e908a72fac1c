#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# catalog check: does a catalog fit these volumes?  With the rows that a real Bareos wrote for them, before and after conversions, and
# with others of all kinds, which a second reader judges record by record.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# json EXPRESSION: of the answer in $out, as d
json() { "$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "$out" 2>&1; }
# judge ROWS VOLUME...: does $out miss what a daemon would?  The number of files in $work/judged
judge() { "$PYTHON" "$here/catalog/daemon.py" judge "$out" "$@" >"$work/judged" 2>&1; }

some="vol-append vol-gzip6 vol-multi vol-nochecksum vol-span-gzip6-1 vol-span-gzip6-2 vol-sparse-gzip6 $work/vol-checkpoint-multi"
# What is written here stays out of the volumes that all scenarios read.
cp "$VOLUMES"/bareos/* . || exit 1

# rows_of DATABASE OPERAND...
rows_of() {
	database=$1
	shift
	"$XFLATE" catalog rows "$@" >"$work/query" && sqlite3 "$database" <"$work/query"
}

check 'a catalog as Bareos has it' sh "$here/catalog/bareos/database.sh" "$work/catalog"
xz -dc "$here/catalog/bareos/vol-checkpoint-multi.xz" >"$work/vol-checkpoint-multi"

# --- as they are ---

# shellcheck disable=SC2086 # names
check 'the query for volumes' rows_of "$work/catalog" $some OUT1
# shellcheck disable=SC2086 # names
rows_of "$work/catalog" $some OUT1 >"$work/rows"
# shellcheck disable=SC2086 # names
run "$XFLATE" catalog check --rows "$work/rows" $some OUT1
expect_status 0 'a real catalog fits its volumes'
is "$(tail -n 1 "$out")" 'fits: restores of 11 jobs find every file' 'it says so'
is "$(grep -c 'a restore finds all$' "$out")" 11 'each job'
is "$(grep -c '^volume .*, as the catalog says$' "$out")" 9 'each volume'
# shellcheck disable=SC2086 # names
run "$XFLATE" catalog check --json --rows "$work/rows" $some
is "$(json 'd["format"], d["fits"], d["exit_status"], d["damage"], len(d["jobs"]), len(d["volumes"]), d["without_rows"]')" \
	'(1, True, 0, 0, 11, 8, [])' 'JSON says the same'
run "$XFLATE" catalog check --rows - vol-gzip6 <"$work/rows"
expect_status 0 'rows from standard input'
run "$XFLATE" catalog check --rows "$work/rows" - <vol-gzip6
expect_status 0 'a volume from standard input'
run "$XFLATE" catalog check --rows - - <vol-gzip6
refused 2 'not both'
run "$XFLATE" catalog check vol-gzip6
refused 2 'without rows'
run "$XFLATE" catalog check --rows "$work/rows" vol-gzip6 vol-gzip6
refused 2 'a volume that is given twice'
run "$XFLATE" catalog check --rows vol-gzip6 vol-gzip6
refused 1 'rows that are none'
run "$XFLATE" catalog check --rows "$work/rows" vol-span-gzip6-2
expect_status 0 'one volume of a chain'
check 'one volume of a chain: what is not judged' grep -q 'finds all of these volumes; it has rows on 1 volume more, not given' "$out"

# --- what a job that never ended leaves ---

rows_of "$work/catalog" vol-crashed >"$work/crashed"
run "$XFLATE" catalog check --rows "$work/crashed" vol-crashed
expect_status 1 'a crashed job: the size'
check 'a crashed job: the next one that appends' grep -q '322772 bytes, the catalog says 212: the next job that appends to it corrects that' "$out"
check 'a crashed job: it has no rows' grep -q '^job 64 .*the catalog has no row of it' "$out"
sqlite3 "$work/catalog" "UPDATE Media SET VolStatus = 'Used' WHERE VolumeName = 'vol-crashed'"
rows_of "$work/catalog" vol-crashed >"$work/crashed"
run "$XFLATE" catalog check --rows "$work/crashed" vol-crashed
expect_status 0 'a crashed job: nobody appends'

# --- jobs that were pruned ---

cp "$work/catalog" "$work/pruned"
sqlite3 "$work/pruned" 'DELETE FROM Job WHERE JobId = 51; DELETE FROM JobMedia WHERE JobId = 51'
rows_of "$work/pruned" vol-multi >"$work/rows.pruned"
run "$XFLATE" catalog check --rows "$work/rows.pruned" vol-multi
expect_status 0 'a job that was pruned is no fault'
check 'a job that was pruned is told' grep -q '^session 51/1795351262 (J-multi-b.*not in the catalog, or pruned' "$out"

# --- converted ---

mkdir "$work/new"
for options in '-r lzo' '-i' '-r lz4'; do
	rm -rf "$work/new" "$work"/map.*
	mkdir "$work/new"
	# shellcheck disable=SC2086 # options
	for set in vol-append vol-multi 'vol-span-gzip6-1 vol-span-gzip6-2' vol-nochecksum "$work/vol-checkpoint-multi"; do
		first=${set%% *}
		"$XFLATE" -q $options --map "$work/map.${first##*/}" -o "$work/new/" $set
	done
	run "$XFLATE" catalog check --json --rows "$work/rows" "$work/new"/*
	expect_status 1 "$options: the catalog is stale"
	check "$options: what it misses is what a daemon would" judge "$work/rows" "$work/new"/* || show "$work/judged"
	check "$options: and that is something" [ "$(tail -n 1 "$work/judged")" -gt 20 ]
	run "$XFLATE" catalog check --rows "$work/rows" "$work"/map.*
	expect_status 1 "$options: maps tell that it is stale"
	cp "$work/catalog" "$work/changed"
	"$XFLATE" catalog sql --product bareos --database sqlite --rows "$work/rows" "$work"/map.* | sqlite3 -bail "$work/changed" >"$work/said"
	is "$(grep -c '^xflate: changed$' "$work/said")" 5 "$options: the SQL is applied"
	rows_of "$work/changed" "$work/new"/* >"$work/rows.new"
	run "$XFLATE" catalog check --rows "$work/rows.new" "$work/new"/*
	expect_status 0 "$options: the catalog fits"
	is "$(grep -c 'a restore finds all$' "$out")" 9 "$options: each job"
	run "$XFLATE" catalog check --rows "$work/rows.new" "$work"/map.*
	expect_status 0 "$options: maps tell the same"
	echo mine >undo
	run "$XFLATE" catalog sql --database sqlite --undo undo "$work"/map.*
	refused 1 "$options: a way back that is there"
	says 'undo: exists already; .* name another file' "$options: it says what to do"
	is "$(cat undo)" mine "$options: and it stays"
	run "$XFLATE" catalog sql --database sqlite --undo - "$work"/map.*
	refused 2 "$options: two scripts on standard output"
	is "$(wc -c <"$out")" 0 "$options: of which there is none"
	# Without rows: each covers all of its job.
	cp "$work/catalog" "$work/changed"
	"$XFLATE" catalog sql --product bareos --database sqlite "$work"/map.* | sqlite3 -bail "$work/changed" >"$work/said"
	rows_of "$work/changed" "$work/new"/* >"$work/rows.new"
	run "$XFLATE" catalog check --rows "$work/rows.new" "$work/new"/*
	expect_status 0 "$options: whole ranges fit, too"
	# One of a chain.
	run "$XFLATE" catalog check --rows "$work/rows" vol-span-gzip6-1 "$work/new/vol-span-gzip6-2"
	expect_status 1 "$options: one of a chain is the old one"
	run "$XFLATE" catalog check --rows "$work/rows" vol-multi "$work/new/vol-append"
	check "$options: only what was converted is stale" grep -q '^DOES NOT FIT: restores of [12] of 5 jobs miss files$' "$out"
done
run "$XFLATE" catalog check --rows "$work/rows" "$work/new/vol-multi"
check 'a smaller volume, and status Append' grep -q 'the catalog says 1853483: the next job that would append to it does not, and sets it to Error' "$out"

# --- rows of any kind ---

six="vol-append vol-multi vol-span-gzip6-1 vol-span-gzip6-2 vol-nochecksum $work/vol-checkpoint-multi"
seed=1
same=0
missed=0
# shellcheck disable=SC2086,SC2015 # names; sed never fails
while [ "$seed" -le 40 ]; do
	"$PYTHON" "$here/catalog/daemon.py" shuffle "$seed" "$work/rows" $six >"$work/rows.other"
	run "$XFLATE" catalog check --json --rows "$work/rows.other" $six
	judge "$work/rows.other" $six && same=$((same + 1)) || sed "s/^/# seed $seed: /" "$work/judged"
	missed=$((missed + $(tail -n 1 "$work/judged")))
	[ "$status" = "$([ "$(json 'sum(j["files_missing"] for j in d["jobs"])')" = 0 ] && echo 0 || echo 1)" ] || same=$((same - 1))
	seed=$((seed + 1))
done
is "$same" 40 'forty catalogs of all kinds: the same files as a daemon, read by another reader, would miss'
check 'and many of them do' [ "$missed" -gt 500 ]

# --- damaged, encrypted, none at all ---

"$PYTHON" - vol-multi "$work/damaged" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[700000] ^= 1
open(sys.argv[2], "wb").write(data)
END
run "$XFLATE" catalog check --rows "$work/rows" "$work/damaged"
expect_status 3 'a damaged volume'
says 'damaged: damaged: ' 'a damaged volume: where'
check 'a damaged volume: the last line' grep -q '^DAMAGED in [0-9]* places*; ' "$out"
run "$XFLATE" catalog check --rows "$work/rows" "$VOLUMES/bacula/enc256-append"
refused 4 'an encrypted one without its key'
run "$XFLATE" catalog check --rows "$work/rows" "$here/catalog/bareos/media.csv"
refused 1 'no volume'
run "$XFLATE" catalog check --rows "$work/rows" vol-lzo
expect_status 1 'a volume that is not in the rows'
check 'a volume that is not in the rows: it says so' grep -q '^volume vol-lzo: 1029811 bytes, NOT in the rows' "$out"

done_testing
