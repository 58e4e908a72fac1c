#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Files out of volumes: of a tree of all that is odd, and of 100,000 small files, xflate extract makes what was backed up; and what
# bextract makes of the same volumes, with each difference that it has.  Read by run.sh behind its backups.
# shellcheck disable=SC2154 # for run.sh

note_of_folder() { sed 's/^/# not made here: /' "$work/said"; }

need "extract: an odd tree" "$python" "$here/oddtree.py" "$work/odd"
note_of_folder
need "extract: a hundred thousand small files" "$python" "$here/oddtree.py" --small 100000 "$work/crowd"
mkdir "$work/volumes.odd"
configure sd.conf.in sd-odd.conf ARCHIVE "$work/volumes.odd"
need "extract: a catalog in SQLite" peer 60 sqlite3 -bail -init "$schema" "$work/run/odd.db" 'select VersionId from Version'
start odd odd
need "extract: the daemons answer" ready Disk
odd_backups() {
	# A hundred thousand files take longer than a console is given elsewhere.
	printf '%s\n' 'run job=odd yes' 'run job=crowd yes' 'wait' messages quit | peer 600 bconsole -n -c "$work/conf/console.conf"
	[ "$(query odd "select count(*) from Job where JobStatus = 'T' and JobFiles > 0")" = 2 ]
}
need "extract: two backup jobs end well" odd_backups
stop "$dir_pid"
dir_pid=
stop "$sd_pid"
sd_pid=

# The client writes a symbolic link of two names as two.
list() { PYTHONDONTWRITEBYTECODE=1 "$python" "$here/../treelist.py" "$@" | sed "/^'links\/twice/s/ ='links\/twice'//"; }
# Of a sparse file less than half takes room.
holes_are_holes() { find "$1$work/odd/sparse" -type f -size +1000k -printf '%f %b %s\n' | awk '{ print; if ($2 * 512 > $3 / 2) bad = 1 } END { exit bad || NR != 5 }'; }
extracted() { # WHAT OPTION...: into $work/tree; all of it, and nothing said
	what=$1
	shift
	rm -rf "$work/tree"
	timeout -k 5 120 "$XFLATE" extract --devices -C "$work/tree" "$@" "$work/volumes.odd/$what"-* >"$work/out" 2>"$work/err" || { cat "$work/err"; return 1; }
	! grep . "$work/err"
}
as_source() { # WHAT FOLDER
	list "$2$work/$1" >"$work/restored" && test -s "$work/base/$1.list" && diff "$work/base/$1.list" "$work/restored"
}
for what in odd crowd; do list "$work/$what" >"$work/base/$what.list"; done
list --bare "$work/odd" >"$work/base/odd.bare"

check "extract, odd: ends well, and is silent" extracted odd || show "$work/out"
check "extract, odd: content, modes, owners, times, links, holes, lists and attributes are the source's" as_source odd "$work/tree" || :
check "extract, odd: holes are holes" holes_are_holes "$work/tree" || :
check "extract, crowd: ends well, and is silent" extracted crowd || show "$work/out"
check "extract, crowd: a hundred thousand files are the source's" as_source crowd "$work/tree" || :
# One name of an attribute is no archive's; that is told, and nothing else.
through_tar() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	status=0
	timeout -k 5 120 "$XFLATE" extract --tar --devices "$work/volumes.odd/odd-"* 2>"$work/err" >"$work/archive" || status=$?
	tar --acls --xattrs --xattrs-include='*' --warning=no-timestamp -xpf "$work/archive" -C "$work/tree" 2>"$work/out"
	rm "$work/archive"
	grep -v hdrcharset "$work/out" || :
	! grep -qv hdrcharset "$work/out" || return 1
	[ "$status" = 1 ] && [ "$(grep -c '^xflate: ' "$work/err")" = 1 ] && grep -q 'attributes/latin-1: .*not be written into an archive' "$work/err"
}
as_source_by_tar() {
	list "$work/tree$work/odd" | grep -v "^'attributes/latin-1'" >"$work/restored"
	grep -v "^'attributes/latin-1'" "$work/base/odd.list" | diff - "$work/restored"
}
if "$XFLATE" extract --tar - </dev/null 2>&1 | grep -q 'built without libarchive'; then
	note 'no archives: built without libarchive'
else
	check "extract, odd: as an archive, and tar has nothing to say" through_tar || :
	check "extract, odd: what tar unpacks is the source" as_source_by_tar || :
	check "extract, odd: its holes are holes" holes_are_holes "$work/tree" || :
fi

# --- the same by bextract ---

by_bextract() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	peer 120 bextract -c "$work/conf/sd-odd.conf" -V "$(cd "$work/volumes.odd" && echo "$1"-*)" Disk "$work/tree" >"$work/out" 2>&1
}
# Its faults: each record of an access list or of attributes is unknown to it, and those of no other kind.
bextract_is_right_but_for_attributes() {
	list "$work/tree$work/odd" >"$work/restored"
	diff "$work/base/odd.bare" "$work/restored" || return 1
	sed -n 's/.*Unknown stream=\([0-9]*\) ignored.*/\1/p' "$work/out" | sort -u | tr '\n' ' ' >"$work/unknown"
	cat "$work/unknown"
	[ "$(cat "$work/unknown")" = '1007 1008 1998 ' ]
}
if by_bextract odd; then :; fi
check "extract, odd: bextract makes the same, but for access lists and attributes, of which it makes none" bextract_is_right_but_for_attributes || :
if by_bextract crowd; then :; fi
check "extract, crowd: bextract makes the same" as_source crowd "$work/tree" || :
rm -rf "$work/tree" "$work/crowd" "$work/volumes.odd"
