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
top=$(cd "$here/../.." && pwd)
bin=$servers/bin
# shellcheck source=tests/bacula/lib.sh
. "$top/tests/bacula/lib.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/xflate-$kind.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/conf" "$work/run" "$work/log" "$work/v" "$work/orig" "$work/new" "$work/map" "$work/base" "$work/r"
# shellcheck source=tests/catalog/bacula.sh
. "$here/bacula.sh"
xflate() { timeout -k 5 60 "$XFLATE" "$@"; }
began=$(date +%s)
note() { echo "# $(($(date +%s) - began)) s: $1"; }

need "the daemons run" programs_run
for tree in src srcb; do
	case $tree in src) seed=7 ;; *) seed=8 ;; esac
	need "a source tree, $tree" "$top/tests/bacula/mktree.sh" "$work/$tree" $seed
	sed 's/^/# the file system does not take: /' "$work/said"
	"$top/tests/bacula/manifest.sh" "$work/$tree" >"$work/base/$tree"
done
need "a catalog" make_catalog
configure_all
start
need "director, storage daemon and file daemon answer" ready

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

chains='mix rmix rows seq span'
jobs='mixa mixb rmixa rmixb rows rowsb seqa seqb span'
tree_of() { case $1 in *b) echo srcb ;; *) echo src ;; esac; }
# volumes CHAIN: the names of its volumes, in order
volumes() { query "SELECT VolumeName FROM Media WHERE VolumeName LIKE '$1-%' ORDER BY MediaId"; }
# job NAME [TYPE]: its JobId
job() { query "SELECT MAX(JobId) FROM Job WHERE Name = '$1' AND Type = '${2:-B}'"; }
rows_of() { query "SELECT COUNT(*) FROM JobMedia WHERE FirstIndex > 0 AND JobId = $(job "$1")"; }
turns() { query "SELECT j.Name FROM JobMedia x JOIN Job j ON j.JobId = x.JobId WHERE j.Name LIKE 'rmix%' ORDER BY x.JobMediaId" | uniq | wc -l; }
check "span: three volumes" test "$(volumes span | wc -l)" = 3 || :
check "rows: $(rows_of rows) rows of JobMedia" test "$(rows_of rows)" -ge 18 || :
note "rows: $(for j in $jobs; do printf '%s %s, ' "$j" "$(rows_of "$j")"; done) turns of rmix: $(turns)"

# --- restores ---

# is_source FOLDER TREE
is_source() {
	[ -d "$1$work/$2" ] || { echo "nothing was restored"; return 1; }
	"$top/tests/bacula/manifest.sh" "$1$work/$2" >"$work/restored" || return 1
	diff "$work/base/$2" "$work/restored"
}
restore_command() { echo "restore jobid=$(job "$1") client=xf-fd restorejob=restore where=$work/r/$1 all done yes"; }
# restores WHEN JOB...: each job's tree comes back
restores() {
	when=$1
	shift
	rm -rf "$work/r"
	for j; do restore_command "$j"; done >"$work/commands"
	{ cat "$work/commands"; echo wait; echo messages; } | console "$(cat)" >"$work/log/restores" 2>&1 || :
	for j; do
		check "$when: $j comes back" is_source "$work/r/$j" "$(tree_of "$j")" || :
	done
	note "$when: restored"
}
no_source() { ! is_source "$@"; }
# restores_fail JOB...: so that the others can fail
restores_fail() {
	rm -rf "$work/r"
	for j; do restore_command "$j"; done >"$work/commands"
	{ cat "$work/commands"; echo wait; echo messages; } | console "$(cat)" >"$work/log/restores" 2>&1 || :
	for j; do
		check "without the SQL: $j does not come back" no_source "$work/r/$j" "$(tree_of "$j")" || :
	done
	note "without the SQL: tried"
}

# --- conversions ---

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
awk '/^```awk/ { on = 1; next } /^```/ { on = 0 } on' "$top/docs/map-format.md" >"$work/jobmedia.awk"
apply() {
	awk -f "$work/jobmedia.awk" "$1" >"$work/sql"
	sql <"$work/sql"
}

for chain in $chains; do need "$chain: xflate -r lzo" convert lzo '-r lzo' "$chain"; done
restores_fail rowsb rmixb seqa seqb span
for chain in $chains; do need "$chain: the SQL" apply "$work/map/lzo/$chain"; done
# shellcheck disable=SC2086 # words
restores "lzo" $jobs

finish
