#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An accurate chain: a full, an incremental, a differential and an incremental job of a tree that changes meanwhile, with deletions, names
# that come back, folders that become files, and links whose first name is rewritten.  What extract --as-of makes of the volumes is the tree
# as it was at each of these times.  Read by run.sh.
# shellcheck disable=SC2154 # of run.sh

stop "$dir_pid"
dir_pid=
stop "$sd_pid"
sd_pid=
need "a chain: a catalog in SQLite" peer 60 sqlite3 -bail -init "$schema" "$work/run/chain.db" 'select VersionId from Version'
start chain orig
need "a chain: director and storage daemon answer" ready Disk
need "a chain: a source tree" peer 60 "$here/mktree.sh" "$work/srcc" 9

# Whole seconds are stored.
listing() { peer 30 "$here/manifest.sh" "$1" | sed -E 's/(	[0-9]{9,10})\.[0-9]+/\1/'; }
# back_up N LEVEL: and what the tree is then.  Names of jobs have seconds, and so have the times of files.
back_up() {
	sleep 1.1
	console "run job=chain level=$2 yes" wait messages
	listing "$work/srcc" >"$work/base/chain.$1"
	[ "$(query chain "select JobStatus || JobErrors from Job where JobId = $1")" = T0 ] && sleep 1.1
}
# change N: what happens before the N-th job
change() (
	cd "$work/srcc" || return
	case $1 in
	2)
		rm kinds/text links/first-of-two
		rm -r gone
		mv kinds/one-byte sizes/renamed
		mv moved other-name
		echo new >kinds/new
		echo longer >>kinds/prose
		chmod 600 kinds/table.bin
		;;
	3)
		echo 'back again' >kinds/text
		mkdir gone
		echo anew >gone/second
		rm -r becomes-a-file
		echo 'a file now' >becomes-a-file
		rm kinds/new
		;;
	4)
		rm becomes-a-file kinds/text
		mkdir becomes-a-file
		echo 'a folder again' >becomes-a-file/within
		echo 'rewritten' >links/tmp
		mv links/tmp links/first-of-three
		;;
	esac
)
prepare_source() (
	cd "$work/srcc" && mkdir -p links gone moved becomes-a-file &&
		for name in gone/first gone/second moved/one moved/two becomes-a-file/old links/first-of-two links/first-of-three; do
			echo "$name" >"$name" || return
		done
	ln links/first-of-two links/second-of-two && ln links/first-of-three links/second-of-three && ln links/first-of-three links/third
)
need "a chain: what is to change" prepare_source
set -- Full Incremental Differential Incremental
for n in 1 2 3 4; do
	check "a chain: what happens before job $n" change $n || :
	need "a chain: the $1 job ends well" back_up $n "$1"
	shift
done

# as_it_was N JOBS: of so many jobs
as_it_was() {
	job=$(query chain "select Job from Job where JobId = $1")
	when=$(printf '%s' "$job" | sed -E 's/^.*\.([0-9-]{10})_([0-9]{2})\.([0-9]{2})\.([0-9]{2})_[0-9]+$/\1 \2:\3:\4/')
	rm -rf "$work/asof"
	# shellcheck disable=SC2046 # names of volumes
	in_folder "$work/orig" xflate extract --devices --as-of "$when" -C "$work/asof" \
		$(query chain 'select VolumeName from Media order by MediaId') >"$work/asof.out" 2>&1 || { cat "$work/asof.out"; return 1; }
	[ "$(grep -cE '^  (full|differential|incremental) ' "$work/asof.out")" = "$2" ] || { cat "$work/asof.out"; return 1; }
	! grep -q 'superset' "$work/asof.out" || [ "$1" = 1 ] || { cat "$work/asof.out"; return 1; }
	listing "$work/asof/$work/srcc" >"$work/asof.list"
	diff "$work/base/chain.$1" "$work/asof.list"
}
check "a chain: as of the full job, the tree as it was" as_it_was 1 1 || :
check "a chain: as of the incremental job" as_it_was 2 2 || :
check "a chain: as of the differential job" as_it_was 3 2 || :
check "a chain: as of the last job" as_it_was 4 3 || :
show "$work/asof.out"
