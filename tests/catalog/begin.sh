#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One Bacula with its catalog, and what its director gives back.  Read with $kind and $here set, and what run.sh sets: $pkg, $pkg15,
# $libraries, $servers.
# shellcheck disable=SC2154,SC2317 # set by others; check and need call functions by name
top=$(cd "$here/../.." && pwd)
bin=$servers/bin
python=/usr/bin/python3
[ -x "$python" ] || python=python3
PSQL=$bin/psql
MARIADB=$bin/mariadb
PYTHONDONTWRITEBYTECODE=1
export PSQL MARIADB PYTHONDONTWRITEBYTECODE
# shellcheck source=tests/bacula/lib.sh
. "$top/tests/bacula/lib.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/xflate-$kind.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/conf" "$work/run" "$work/log" "$work/v" "$work/orig" "$work/new" "$work/map" "$work/base" "$work/r" "$work/sql" "$work/bsr"
# shellcheck source=tests/catalog/bacula.sh
. "$here/bacula.sh"
prover=
end_all() {
	[ -z "$prover" ] || kill "$prover" 2>/dev/null || :
	clean_up "$@"
}
trap end_all EXIT
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
need "director, storage daemon and file daemon answer" ready Disk

# --- jobs and volumes ---

tree_of() { case $1 in *b) echo srcb ;; *) echo src ;; esac; }
# volumes CHAIN: the names of its volumes, in order
volumes() { query "SELECT VolumeName FROM Media WHERE VolumeName LIKE '$1-%' ORDER BY MediaId"; }
# job NAME [TYPE]: its JobId
job() { query "SELECT MAX(JobId) FROM Job WHERE Name = '$1' AND Type = '${2:-B}'"; }

# --- restores ---

# The words of the last console are in log/console.
tell() { console "$@" >"$work/log/console" 2>&1 || :; }
# is_source FOLDER TREE
is_source() {
	[ -d "$1$work/$2" ] || { echo "nothing was restored"; return 1; }
	"$top/tests/bacula/manifest.sh" "$1$work/$2" >"$work/restored" || return 1
	diff "$work/base/$2" "$work/restored"
}
not_source() { ! is_source "$@"; }
# restore_all JOB...: each into a folder of its name
restore_all() {
	rm -rf "$work/r"
	commands=
	for j; do commands="${commands}restore jobid=$(job "$j") client=xf-fd restorejob=restore where=$work/r/$j all done yes
"; done
	tell "${commands}wait" messages
}
# restores WHEN JOB...: each job's tree comes back
restores() {
	when=$1
	shift
	restore_all "$@"
	for j; do
		check "$when: $j comes back" is_source "$work/r/$j" "$(tree_of "$j")" || :
	done
	note "$when: restored"
}
# restores_fail WHEN JOB...: so that the others can fail
restores_fail() {
	when=$1
	shift
	restore_all "$@"
	for j; do
		check "$when: $j does not come back" not_source "$work/r/$j" "$(tree_of "$j")" || :
	done
	note "$when: tried"
}
# same_file JOB PATH: it came back, and nothing else
same_file() {
	cmp "$work/$2" "$work/r/$1$work/$2" && [ "$(find "$work/r/$1" -type f | wc -l)" = 1 ]
}
# single WHEN JOB PATH: one file of a job, by its path below the work folder
single() {
	rm -rf "$work/r"
	tell "restore jobid=$(job "$2") client=xf-fd restorejob=restore where=$work/r/$2" "cd $work/${3%/*}" "mark ${3##*/}" \
		'done' 'yes' wait messages
	check "$1: of $2, $3 alone comes back" same_file "$2" "$3" || show "$work/log/console"
}
# by_bootstrap JOB FILE: what a director restores that has lost its catalog.  The file does not say where the volumes are.
by_bootstrap() {
	rm -rf "$work/r"
	case $1 in span) storage=Span ;; *) storage=Rows ;; esac
	tell "run job=restore bootstrap=$2 client=xf-fd storage=$storage where=$work/r/$1 yes" wait messages
	is_source "$work/r/$1" "$(tree_of "$1")"
}
# verifies WHEN JOB: reading the volume gives what the catalog has of its files
verifies() {
	tell "run job=verify level=VolumeToCatalog jobid=$(job "$2") yes" wait messages
	check "$1: Verify VolumeToCatalog of $2" grep 'Termination: *Verify OK' "$work/log/console" || show "$work/log/console"
}
