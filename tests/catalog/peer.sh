#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# peer.sh KIND - one Bacula with its catalog: backs up, xflate converts, its catalog follows, and the director restores.
# Run by run.sh, which says what $pkg, $pkg15, $libraries and $servers are.
#
# Words prove nothing here: 0 of 68 files can be a mere warning.  What came back is compared with what was backed up.
#
# shellcheck disable=SC2317 # check and need call functions by name
set -eu
LC_ALL=C
TZ=UTC
export LC_ALL TZ
umask 022

kind=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/catalog/begin.sh
. "$here/begin.sh"

# --- backups ---

# Those that share a volume side by side, or one after the other.
backups() {
	console 'run job=mixa yes' 'run job=mixb yes' 'run job=rmixa yes' 'run job=rmixb yes' 'run job=span yes' 'run job=seqa yes' \
		'wait jobid=6' 'run job=seqb yes' wait 'run job=rows yes' 'wait jobid=8' 'run job=rowsb yes' wait messages
	query 'SELECT Name, JobStatus, JobErrors, JobFiles, JobBytes FROM Job ORDER BY JobId'
	[ "$(query "SELECT COUNT(*) FROM Job WHERE JobStatus = 'T' AND JobErrors = 0 AND JobFiles > 0")" = 9 ]
}
need "nine backup jobs end well" backups
note "backed up"
cp "$work/v/"* "$work/orig/"
proven() {
	case $database in sqlite) set -- "$work/run/bacula.db" ;; *) set -- "$dbname" ;; esac
	"$python" "$here/prove.py" --export "$work" "$database" "$1"
}
need "its catalog is kept" proven
# What is refused depends on the product and the database, not on who wrote the rows: one of the three kinds tries it.
case $kind in 96-sqlite) guards= ;; *) guards=--no-guards ;; esac
"$python" "$here/prove.py" $guards "$work" sqlite postgresql mysql >"$work/log/proof" 2>&1 &
prover=$!

chains='mix rmix rows seq span'
jobs='mixa mixb rmixa rmixb rows rowsb seqa seqb span'
rows_of() { query "SELECT COUNT(*) FROM JobMedia WHERE FirstIndex > 0 AND JobId = $(job "$1")"; }
turns() { query "SELECT j.Name FROM JobMedia x JOIN Job j ON j.JobId = x.JobId WHERE j.Name LIKE 'rmix%' ORDER BY x.JobMediaId" | uniq | wc -l; }
check "span: three volumes" test "$(volumes span | wc -l)" = 3 || :
check "rows: $(rows_of rows) rows of JobMedia" test "$(rows_of rows)" -ge 18 || :
note "rows: $(for j in $jobs; do printf '%s %s, ' "$j" "$(rows_of "$j")"; done) turns of rmix: $(turns)"

# --- conversions ---

# of_chain CHAIN: the paths of its volumes
of_chain() { volumes "$1" | sed "s|^|$work/v/|"; }
# convert RUN OPTIONS CHAIN: into the place of the volumes, with a map in map/RUN
convert() {
	mkdir -p "$work/map/$1"
	list=$(volumes "$3")
	from=
	for volume in $list; do from="$from $work/v/$volume"; done
	to=$work/new/
	[ "$(echo "$list" | wc -l)" -gt 1 ] || to=$work/new/$list
	# shellcheck disable=SC2086 # words
	xflate filter $2 --map "$work/map/$1/$3" -o "$to" $from || return 1
	for volume in $list; do mv "$work/new/$volume" "$work/v/$volume" || return 1; done
}
# convert_in_place RUN OPTIONS CHAIN: the same, and each volume has a map of its own
convert_in_place() {
	mkdir -p "$work/map/$1"
	# shellcheck disable=SC2046,SC2086 # words
	xflate filter $2 --in-place $(of_chain "$3") || return 1
	for volume in $(volumes "$3"); do
		cmp "$work/v/$volume.orig" "$work/orig/$volume" || return 1
		mv "$work/v/$volume.map" "$work/map/$1/$3.$volume" && rm "$work/v/$volume.orig" || return 1
	done
}
# convert_by_volume RUN OPTIONS CHAIN: each volume by itself, with a map of its own
convert_by_volume() {
	mkdir -p "$work/map/$1"
	rm -rf "$work/apart"
	# shellcheck disable=SC2046,SC2086 # words
	xflate filter $2 --by-volume --jobs 2 -o "$work/apart" $(of_chain "$3") || return 1
	for volume in $(volumes "$3"); do
		mv "$work/apart/$volume.map" "$work/map/$1/$3.$volume" && mv "$work/apart/$volume" "$work/v/$volume" || return 1
	done
}
# maps RUN CHAIN
maps() { find "$work/map/$1" -name "$2" -o -name "$2.*" | sort; }
convert_all() {
	for chain in $chains; do need "$chain: xflate $2" convert "$1" "$2" "$chain"; done
}

# What the catalog says of where things are, of volumes whose names begin so; readers change the rest of Media.
addresses() {
	query "SELECT 'JobMedia', m.VolumeName, x.JobMediaId, x.JobId, x.FirstIndex, x.LastIndex, x.StartFile, x.StartBlock, x.EndFile,
		x.EndBlock, x.VolIndex FROM JobMedia x JOIN Media m ON m.MediaId = x.MediaId WHERE m.VolumeName LIKE '$1%' ORDER BY x.JobMediaId"
	query "SELECT 'Media', VolumeName, VolBytes, VolFiles, VolBlocks, EndFile, EndBlock FROM Media
		WHERE VolumeName LIKE '$1%' ORDER BY MediaId"
}
same_addresses() {
	addresses "$1" >"$work/addresses"
	diff "$2" "$work/addresses"
}

# says VERDICT SCRIPT: the catalog's client runs it
says() {
	script <"$2" >"$work/verdict" 2>&1 || :
	cat "$work/verdict"
	[ "$(grep '^xflate: ' "$work/verdict")" = "xflate: $1" ]
}
# make_sql FORM NAME MAP...: sql/NAME, and sql/NAME.undo.  FORM: rows, whole, none
make_sql() {
	form=$1
	name=$2
	shift 2
	case $form in
	rows)
		xflate catalog rows "$@" >"$work/sql/$name.query" || return 1
		sql <"$work/sql/$name.query" >"$work/sql/$name.rows" || return 1
		set -- --rows "$work/sql/$name.rows" "$@"
		;;
	none) set -- --no-addresses "$@" ;;
	esac
	rm -f "$work/sql/$name.undo"
	xflate catalog sql --database "$database" --undo "$work/sql/$name.undo" "$@" >"$work/sql/$name"
}
# follow FORM RUN CHAIN: the catalog follows a conversion
follow() {
	# shellcheck disable=SC2046 # words
	make_sql "$1" "$2-$3" $(maps "$2" "$3") && says changed "$work/sql/$2-$3"
}
follow_all() {
	for chain in $chains; do need "$chain: the catalog follows ($1): $2" follow "$1" "$2" "$chain"; done
}
# fits STATUS CHAIN: what catalog check says of the volumes as they are and the rows as they are
fits() {
	# shellcheck disable=SC2046 # words
	set -- "$1" $(of_chain "$2")
	want=$1
	shift
	xflate catalog rows "$@" >"$work/sql/check.query" && sql <"$work/sql/check.query" >"$work/sql/check.rows" || return 1
	status=0
	xflate catalog check --rows "$work/sql/check.rows" "$@" || status=$?
	[ "$status" = "$want" ]
}
# updated JOB: its file of Write Bootstrap, for the volumes as they are
updated() {
	# shellcheck disable=SC2046 # words
	xflate catalog bsr --update "$work/bsr/$1.bsr" $(of_chain "$1") >"$work/bsr/$1.new.bsr"
}
# original CHAIN...: the volumes of before, in their place
original() {
	for chain; do
		for volume in $(volumes "$chain"); do cp "$work/orig/$volume" "$work/v/$volume"; done
	done
}

# --- recompressed: some shrink, some grow ---

check "span: its file of Write Bootstrap brings it back" by_bootstrap span "$work/bsr/span.bsr" || show "$work/log/console"
for chain in $chains; do addresses "$chain" >"$work/base/$chain.addresses"; done
for chain in $chains; do need "$chain: xflate -r lzo --in-place, as the daemons run" convert_in_place lzo '-r lzo' "$chain"; done
restores_fail 'without the SQL' rowsb rmixb seqa seqb span
for chain in rmix rows seq span; do
	check "$chain: without the SQL: catalog check says that it does not fit" fits 1 "$chain" || :
done
not_by_bootstrap() { ! by_bootstrap "$@"; }
check "span: its file of Write Bootstrap does not fit" not_by_bootstrap span "$work/bsr/span.bsr" || :
follow_all rows lzo
# shellcheck disable=SC2086 # words
restores 'recompressed' $jobs
last_file() { (cd "$work/src" && find . -type f -size +0 -links 1 | sed 's|^\./||' | while read -r f; do echo "$(file_index rows "src/$f") src/$f"; done) | sort -n | tail -n 1 | cut -d ' ' -f 2-; }
single 'recompressed' rows "$(last_file)"
single 'recompressed' span src/kinds/big-noise.bin
single 'recompressed' rmixb srcb/kinds/prose
for j in rows span rmixb mixa; do verifies 'recompressed' "$j"; done
for chain in $chains; do check "$chain: catalog check says that it fits" fits 0 "$chain" || :; done
for j in rows span; do
	check "$j: catalog bsr --update" updated "$j" || :
	check "$j: comes back by its updated file of Write Bootstrap" by_bootstrap "$j" "$work/bsr/$j.new.bsr" || :
done
addresses '' >"$work/base/lzo.addresses"
check "rows: told as applied the second time" says 'already applied, nothing is changed' "$work/sql/lzo-rows" || :
check "rows: which changes nothing" same_addresses '' "$work/base/lzo.addresses" || :

# --- written to ---

appended() {
	tell 'run job=seqc yes' wait messages
	cat "$work/log/console"
	! grep -i 'do not match' "$work/log/console" && grep -q 'Ready to append' "$work/log/console" &&
		[ "$(query "SELECT COUNT(*) FROM Media WHERE VolumeName LIKE 'seq-%' AND VolJobs = 3 AND VolStatus = 'Append'")" = 1 ]
}
copied() {
	tell 'run job=copy yes' wait messages
	cat "$work/log/console"
	grep -q 'Termination: *Copying OK' "$work/log/console" && [ "$(job rowsb C)" -gt 0 ]
}
check "a job is appended to the converted volume" appended || :
restores 'appended' seqc seqa seqb
check "a copy job reads the converted volume" copied || :
copy_restored() {
	rm -rf "$work/r"
	tell "restore jobid=$(job rowsb C) client=xf-fd restorejob=restore where=$work/r/copy all done yes" wait messages
	is_source "$work/r/copy" srcb
}
check "the copy comes back" copy_restored || :
# The job that made it has the session too, and no rows.
need "copies: xflate -i" convert copy '-i' copies
need "copies: the catalog follows" follow rows copy copies
check "the copy comes back from its converted volume" copy_restored || :

# --- once more, on top, and all the way back ---

cp "$(echo "$work/v/seq-"*)" "$work/appended"
addresses seq >"$work/base/appended.addresses"
convert_all plain '-i'
restores_fail 'twice converted, once followed' rowsb seqc
follow_all rows plain
# shellcheck disable=SC2086 # words
restores 'twice converted' $jobs seqc
for chain in $chains; do
	check "$chain: back from the second conversion" says changed "$work/sql/plain-$chain.undo" || :
done
cp "$work/appended" "$(echo "$work/v/seq-"*)"
check "seq: the rows are those of before the second conversion" same_addresses seq "$work/base/appended.addresses" || :
check "seq: not back to before a job that is in the new volume alone" says 'REFUSED, nothing is changed, for this does not hold:' "$work/sql/lzo-seq.undo" || :
check "seq: which changes nothing" same_addresses seq "$work/base/appended.addresses" || :
for chain in mix rmix rows span; do
	check "$chain: back from the first conversion" says changed "$work/sql/lzo-$chain.undo" || :
	check "$chain: the rows are those of before all" same_addresses "$chain" "$work/base/$chain.addresses" || :
done
original mix rmix rows span
# shellcheck disable=SC2086 # words
restores 'back to the original volumes' $jobs seqc

# --- without the rows ---

convert_all grown '-i'
follow_all whole grown
# shellcheck disable=SC2086 # words
restores 'grown, from the map alone' $jobs seqc
single 'grown, from the map alone' rows "$(last_file)"
for chain in mix rmix rows span; do
	check "$chain: back, from the map alone" says changed "$work/sql/grown-$chain.undo" || :
done
original mix rmix rows span
restores 'back, from the map alone' mixb rmixb rows rowsb span

# --- each volume by itself ---

for options in '-r lzo' -i; do
	round=apart${options#-r }
	for chain in rmix span; do addresses "$chain" >"$work/base/$chain.apart"; done
	for chain in rmix span; do need "$chain: xflate $options --by-volume" convert_by_volume "$round" "$options" "$chain"; done
	restores_fail "by volume, $options, not followed" span
	for chain in rmix span; do
		need "$chain: the catalog follows: by volume, $options" follow rows "$round" "$chain"
		check "$chain: catalog check says that it fits" fits 0 "$chain" || :
	done
	restores "by volume, $options" rmixa rmixb span
	single "by volume, $options" span src/kinds/big-noise.bin
	verifies "by volume, $options" span
	check "span: catalog bsr --update: by volume, $options" updated span || :
	check "span: comes back by its updated file of Write Bootstrap" by_bootstrap span "$work/bsr/span.new.bsr" || :
	for chain in rmix span; do
		check "$chain: back, by volume, $options" says changed "$work/sql/$round-$chain.undo" || :
		check "$chain: the rows are those of before: by volume, $options" same_addresses "$chain" "$work/base/$chain.apart" || :
	done
	original rmix span
done

# --- two conversions, and one script for both; no addresses ---

for chain in rmix rows; do
	need "$chain: xflate -r lzo" convert one '-r lzo' "$chain"
	need "$chain: xflate -i" convert two '-i' "$chain"
done
restores_fail 'twice converted, not followed' rowsb
both_maps() { make_sql rows "both-$1" "$work/map/one/$1" "$work/map/two/$1" && says changed "$work/sql/both-$1"; }
for chain in rmix rows; do need "$chain: the catalog follows two conversions at once" both_maps "$chain"; done
restores 'two conversions at once' rmixa rmixb rows rowsb
for chain in mix span; do
	need "$chain: xflate -r gzip:1" convert none '-r gzip:1' "$chain"
	need "$chain: the catalog follows without addresses" follow none none "$chain"
done
restores 'without addresses' mixa mixb span

# --- the same rows in three databases ---

wait $prover || :
grep -E '^(not )?ok |^#' "$work/log/proof" || :
passed=$((passed + $(grep -c '^ok ' "$work/log/proof" || :)))
failed=$((failed + $(grep -c '^not ok ' "$work/log/proof" || :)))
check "the rows in three databases: came to its end" grep '^1\.\.[1-9]' "$work/log/proof" || tail -n 20 "$work/log/proof" | sed 's/^/# /'
note "came to its end"
finish
