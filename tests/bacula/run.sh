#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh - Debian's own Bacula 9.6 writes volumes, xflate converts them, Bacula reads them back.
#
#   XFLATE=path         the program under test (default: xflate at the top of the repository)
#   BACULA_DEBS=folder  keeps the downloaded packages for the next run
#   MUTATIONS=4         damaged copies of each bundled volume; MUTATION_SEED=1
#   KEEP=1              leaves the work folder and says where it is
#
# Director, storage daemon and file daemon run as the current user from a private folder, on free
# ports of 127.0.0.1, with a catalog in SQLite. Every step has a time limit, every daemon dies with
# the script. The tools of Bacula exit 0 after errors, so it is their words that count: what they
# say of a converted volume must be what they said of the original.
#
# shellcheck disable=SC2317 # check and need call functions by name
set -eu
LC_ALL=C
TZ=UTC
export LC_ALL TZ
umask 022

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
XFLATE=${XFLATE:-$top/xflate}
# shellcheck source=tests/bacula/lib.sh
. "$here/lib.sh"
note() { echo "# $1"; }

# --- the work folder and its end ---

work=$(mktemp -d "${TMPDIR:-/tmp}/xflate-bacula.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir "$work/conf" "$work/run" "$work/log" "$work/orig" "$work/conv" "$work/final" "$work/base"

python=/usr/bin/python3
[ -x "$python" ] || python=python3

# --- programs ---

need "there is a program to test: ${XFLATE##*/}" test -x "$XFLATE"

pkg=$work/pkg
need "the packages of Bacula are there" "$here/fetch.sh" "$top/packages.txt" "$pkg" ${BACULA_DEBS:+"$BACULA_DEBS"}
PATH=$pkg/usr/sbin:$pkg/usr/bin:$pkg/sbin:$pkg/bin:$PATH:/usr/sbin:/sbin
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null) || triplet=$(uname -m)-linux-gnu
libraries=$pkg/usr/lib/bacula:$pkg/usr/lib/$triplet:$pkg/lib/$triplet

# peer SECONDS COMMAND...: with the libraries of the unpacked packages; they are not for xflate.
peer() {
	limit=$1
	shift
	LD_LIBRARY_PATH=$libraries timeout -k 5 "$limit" "$@"
}
xflate() { timeout -k 5 60 "$XFLATE" "$@"; }

schema=usr/share/dbconfig-common/data/bacula-director-sqlite3/install/sqlite3
[ -e "$pkg/$schema" ] && schema=$pkg/$schema || schema=/$schema

tools_run() {
	for tool in bacula-dir bacula-sd bacula-fd bconsole bls bextract bscan; do
		command -v "$tool" || { echo "$tool: not found"; return 1; }
		peer 10 "$tool" -? >"$work/version" 2>&1 || : # the exit status of the help differs by tool
		grep 'Version: 9\.6\.' "$work/version" || { echo "$tool: not version 9.6"; cat "$work/version"; return 1; }
	done
	for tool in sqlite3 getfattr setfattr setfacl perl; do
		command -v "$tool" || { echo "$tool: not found"; return 1; }
	done
	test -s "$schema"
}
need "director, daemons, bconsole, bls, bextract and bscan of Bacula 9.6 run" tools_run

# --- configuration ---

ports=$(perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die } 1 .. 3;
	print join " ", map { $_->sockport } @s')
# shellcheck disable=SC2086 # three words
set -- $ports
printf 's|@%s@|%s|g\n' WORK "$work" DIRPORT "$1" FDPORT "$2" SDPORT "$3" \
	DIRPASS "$(password)" FDPASS "$(password)" SDPASS "$(password)" SPANBYTES 1700000 >"$work/conf/values.sed"
: >"$work/conf/query.sql"

# configure TEMPLATE RESULT [PLACEHOLDER VALUE]
configure() {
	sed -f "$work/conf/values.sed" ${3:+-e "s|@$3@|$4|g"} "$here/$1" >"$work/conf/$2"
	if grep -q '@[A-Z]*@' "$work/conf/$2"; then echo "run.sh: $1 has a placeholder without a value" >&2; exit 1; fi
}
configure fd.conf.in fd.conf
configure console.conf.in console.conf
configure sd.conf.in sd-orig.conf ARCHIVE "$work/orig"
configure sd.conf.in sd-final.conf ARCHIVE "$work/final"

query() { peer 20 sqlite3 -cmd '.timeout 10000' "$work/run/$1.db" "$2"; }

# console COMMAND...: at most two minutes.
console() { printf '%s\n' "$@" quit | peer 120 bconsole -n -c "$work/conf/console.conf"; }

# Not through peer: the daemon itself is to be the child, so that its number is the right one.
start_fd() {
	LD_LIBRARY_PATH=$libraries bacula-fd -f -c "$work/conf/fd.conf" >"$work/log/fd.out" 2>&1 &
	fd_pid=$!
}
# start CATALOG ARCHIVE: a director with this catalog, a storage daemon with this folder.
start() {
	configure dir.conf.in dir.conf DBNAME "$1"
	LD_LIBRARY_PATH=$libraries bacula-sd -f -c "$work/conf/sd-$2.conf" >"$work/log/sd.out" 2>&1 &
	sd_pid=$!
	LD_LIBRARY_PATH=$libraries bacula-dir -f -c "$work/conf/dir.conf" >"$work/log/dir.out" 2>&1 &
	dir_pid=$!
}

# --- the source and its backups ---

need "a source tree" peer 60 "$here/mktree.sh" "$work/src" 7
sed 's/^/# the file system does not take: /' "$work/said"
need "another source tree" peer 60 "$here/mktree.sh" "$work/srcb" 8
for tree in src srcb; do
	peer 30 "$here/manifest.sh" "$work/$tree" >"$work/base/$tree.full"
	peer 30 "$here/manifest.sh" -x "$work/$tree" >"$work/base/$tree.plain"
done

for catalog in first second; do
	need "a catalog in SQLite: $catalog" peer 60 sqlite3 -bail -init "$schema" "$work/run/$catalog.db" 'select VersionId from Version'
done
start_fd
start first orig
need "director, storage daemon and file daemon answer" ready Disk

# The two that share a volume go slowly, side by side; the others follow one another beside them.
backups() {
	console 'run job=mixa yes' 'run job=mixb yes' 'run job=gzip yes' 'wait jobid=3' 'run job=lzo yes' 'wait jobid=4' \
		'run job=plain yes' 'wait jobid=5' 'run job=gzsparse yes' 'wait jobid=6' 'run job=span yes' 'wait' messages
	query first "select count(*) from Job where JobStatus = 'T' and JobErrors = 0 and JobFiles > 0" >"$work/good"
	query first 'select Name, JobStatus, JobErrors, JobFiles, JobBytes from Job'
	[ "$(cat "$work/good")" = 7 ]
}
need "seven backup jobs end well" backups
stop "$dir_pid"
dir_pid=
stop "$sd_pid"
sd_pid=

# --- files out of volumes ---

# shellcheck source=tests/bacula/extract.sh
. "$here/extract.sh"

# volumes SET: the names of its volumes, in order.
volumes() { query first "select m.VolumeName from Media m join Pool p using (PoolId) where p.Name = '$1' collate nocase order by m.MediaId"; }
sets='gzip lzo plain gzsparse mix span'
trees() { case $1 in mix) echo src srcb ;; *) echo src ;; esac; }

# --- what Bacula says of volumes, and whether it is right ---

# Dates before a message, addresses, folders and byte counts may differ between a volume and its conversion.
plain_words() {
	sed -E 's/^[0-9]{2}-[A-Z][a-z]{2} [0-9:]{5} //; s/ at addr=[0-9]+//; s|\(/[^)]*\)|(FOLDER)|
		s/Bytes=[0-9,]+/Bytes=N/; s/^(JobBytes +: ).*/\1N/; s/^((Start|End)(Block|File) +: ).*/\1N/' "$1" | by_job
}
# Where two jobs take turns depends on the size of their records, so that their lines are put apart. Each job keeps its order.
by_job() {
	awk '{ job = /VolSessionId=/ ? $0 : /\/srcb\// ? "b" : /\/src\// ? "a" : "" }
		/VolSessionId=/ { sub(/.*VolSessionId=/, "", job); sub(/ .*/, "", job) }
		{ lines[job] = lines[job] $0 "\n" }
		END { printf "%s", lines[""]
			for (i = 1; i < 10; i++) printf "%s", lines[i]
			printf "%s%s", lines["a"], lines["b"] }'
}
# bextract 9.6 restores no extended attributes (stream 1998) and ACLs (1007, 1008), knows no XXH digests (41), and says so
# each time.
no_complaint() {
	if sed -E 's/(Job)?Errors *[:=] *0( |$)/ /; /bextract .*Unknown stream=(1998|1007|1008|41) ignored/d' "$1" |
		grep -niE 'error|warn|mismatch|corrupt|damage|invalid|illegal|unexpected|unknown|ignor|skipp|wrong|wanted|fail|abort|cannot|could not|not found|no such|bad '; then
		return 1
	fi
}
# said COMMAND-NAME CONF VOLUMES FILE
said() {
	case $1 in
	jobs) set -- "$4" bls -j -c "$work/conf/$2" -V "$3" Disk ;;
	labels) set -- "$4" bls -j -v -c "$work/conf/$2" -V "$3" Disk ;;
	files) set -- "$4" bls -v -c "$work/conf/$2" -V "$3" Disk ;;
	records) set -- "$4" bls -E -c "$work/conf/$2" -V "$3" Disk ;;
	blocks) set -- "$4" bls -k -v -c "$work/conf/$2" -V "$3" Disk ;;
	esac
	out=$1
	shift
	peer 30 "$@" >"$out" 2>&1
}
# The streams of the data records that stand first in a block.
streams() { sed -n 's/.* Strm=\(cont\)*\([A-Z-]*\(DATA\|GZIP\|COMPRESSED\)\) .*/\2/p' "$1" | sort -u | tr '\n' ' ' | sed 's/ $//'; }
turns() { sed -n 's/^Addr=.* SessId=\([0-9]*\) .*/\1/p' "$1" | uniq | wc -l; }

# extract CONF SET FOLDER FILE
# bextract cannot tell sessions apart whose records take turns: the mixed volume needs a bootstrap for each job.
extract() {
	rm -rf "$3"
	mkdir "$3"
	case $2 in
	mix)
		for job in mixa mixb; do
			peer 60 bextract -c "$work/conf/$1" -b "$work/base/$job.bsr" Disk "$3" || :
		done
		;;
	*) peer 60 bextract -c "$work/conf/$1" -V "$(cat "$work/base/$2.names")" Disk "$3" || : ;;
	esac >"$4" 2>&1
}
# is_source FOLDER TREES [-x]: the restored trees are the sources; -x: but for attributes and ACLs.
is_source() {
	kind=full
	[ -z "${3:-}" ] || kind=plain
	[ -d "$1$work" ] || { echo "nothing was restored"; return 1; }
	for tree in $2; do
		# shellcheck disable=SC2086 # an option or nothing
		peer 30 "$here/manifest.sh" ${3:-} "$1$work/$tree" >"$work/restored" || return 1
		diff "$work/base/$tree.$kind" "$work/restored" || return 1
	done
	[ "$(find "$1$work" -mindepth 1 -maxdepth 1 | wc -l)" = "$(echo "$2" | wc -w)" ] || { ls "$1$work"; return 1; }
}
holes() { (cd "$1$work/src/sparse" && find . -type f -printf '%f %b %s\n' | sort); }
# still_sparse BASELINE FOLDER: less than half of each file takes room, and no more than 64 KiB above the original's restore.
still_sparse() {
	holes "$2" >"$work/holes"
	join "$1" "$work/holes" | awk '{ print; if ($4 * 512 > $5 / 2 || $4 > $2 + 128) bad = 1 } END { exit bad || NR < 4 }'
}

for job in mixa mixb; do
	query first "select 'Volume = ' || m.VolumeName || char(10) || 'MediaType = File' || char(10) ||
		'VolSessionId = ' || j.VolSessionId || char(10) || 'VolSessionTime = ' || j.VolSessionTime
		from Job j join JobMedia using (JobId) join Media m using (MediaId) where j.Name = '$job' limit 1" >"$work/base/$job.bsr"
done

# --- the originals: what is right, and what the peer itself does not do ---

for set in $sets; do
	names=$(volumes "$set" | tr '\n' '|' | sed 's/|$//')
	need "$set: the backup has a volume" test -n "$names"
	echo "$names" >"$work/base/$set.names"
	for what in jobs labels files records blocks; do
		said $what sd-orig.conf "$names" "$work/base/$set.$what" || :
		check "$set: original: bls ($what) has no complaint" no_complaint "$work/base/$set.$what" || :
		plain_words "$work/base/$set.$what" >"$work/base/$set.$what.words"
	done
	extract sd-orig.conf "$set" "$work/tree" "$work/base/$set.extract"
	check "$set: original: bextract has no complaint" no_complaint "$work/base/$set.extract" || :
	plain_words "$work/base/$set.extract" >"$work/base/$set.extract.words"
	need "$set: original: bextract restores the source (attributes and ACLs it never does)" is_source "$work/tree" "$(trees "$set")" -x
	case $set in
	plain | gzsparse)
		holes "$work/tree" >"$work/base/$set.holes"
		check "$set: original: bextract restores holes" still_sparse "$work/base/$set.holes" "$work/tree" || :
		;;
	esac
	grep -q 'Files=[1-9]' "$work/base/$set.jobs" || { not_ok "$set: bls -j shows jobs"; finish; }
done

expect_streams() { echo "expected $2, got $(streams "$1")"; [ "$(streams "$1")" = "$2" ]; }
check "gzip: original: stream GZIP" expect_streams "$work/base/gzip.blocks" GZIP || :
check "lzo: original: stream COMPRESSED" expect_streams "$work/base/lzo.blocks" COMPRESSED || :
check "plain: original: stream SPARSE-DATA" expect_streams "$work/base/plain.blocks" SPARSE-DATA || :
check "gzsparse: original: stream SPARSE-GZIP" expect_streams "$work/base/gzsparse.blocks" SPARSE-GZIP || :
check "mix: original: streams COMPRESSED and GZIP" expect_streams "$work/base/mix.blocks" 'COMPRESSED GZIP' || :
check "mix: original: the blocks of two jobs take turns ($(turns "$work/base/mix.blocks") runs)" test "$(turns "$work/base/mix.blocks")" -ge 20 || :
check "span: original: two volumes" test "$(volumes span | wc -l)" = 2 || :

# A continued record has a negative stream: block header 24 bytes, record header FileIndex, Stream, DataLen.
# The block behind the label of the second volume begins with one.
begins_inside_a_record() {
	perl -e 'open my $f, "<:raw", $ARGV[0] or die; local $/; my $v = <$f>; my $label = unpack "x4 N", $v;
		my ($id, $stream) = unpack "x12 a4 x8 x4 l>", substr $v, $label; print "$id $stream\n";
		exit !($id eq "BB02" && $stream < 0)' "$work/orig/$(volumes span | tail -n 1)"
}
check "span: original: BB02, and a record is cut by the end of the volume" begins_inside_a_record || :

# --- bootstraps ---

# shellcheck source=tests/bacula/bootstraps.sh
. "$here/bootstraps.sh"

# --- conversions ---

# The stream that a set's data has after a conversion.
expected() {
	[ "$2" != gzipfast ] || set -- "$1" gzip1
	case $1:$2 in
	mix:inflate) echo DATA ;;
	mix:*gzip6) echo GZIP ;;
	mix:relzo) echo COMPRESSED ;;
	mix:*) echo COMPRESSED GZIP ;;
	plain:inflate | gzsparse:inflate) echo SPARSE-DATA ;;
	*:inflate) echo DATA ;;
	plain:regzip6 | gzsparse:regzip6 | plain:gzip1 | gzsparse:gzip1 | gzsparse:lzo) echo SPARSE-GZIP ;;
	plain:relzo | gzsparse:relzo | plain:lzo) echo SPARSE-COMPRESSED ;;
	*:relzo | lzo:lzo | lzo:gzip1) echo COMPRESSED ;;
	*) echo GZIP ;;
	esac
}

# convert FOLDER OPTIONS VOLUME...: one volume to a file, several to the folder.
convert() {
	to=$1
	options=$2
	shift 2
	rm -rf "$to"
	mkdir "$to"
	[ $# -gt 1 ] || to=$to/${1##*/}
	# shellcheck disable=SC2086 # options are words
	xflate $options -o "$to" "$@"
}
same_files() {
	for volume in $3; do cmp "$1/$volume" "$2/$volume" || return 1; done
	[ "$(find "$1" -type f | wc -l)" = "$(echo "$3" | wc -w)" ] || { ls "$1"; return 1; }
}

in_folder() {
	(cd "$1" && shift && "$@")
}

conversion() {
	set=$1
	name=$2
	options=$3
	title="$set: xflate $options"
	names=$(cat "$work/base/$set.names")
	list=$(echo "$names" | tr '|' ' ')
	for threads in 1 2; do
		from=
		for volume in $list; do from="$from $work/orig/$volume"; done
		# shellcheck disable=SC2086 # a list of files
		check "$title -T$threads" convert "$work/conv/T$threads" "$options -T$threads" $from || return 0
	done
	# shellcheck disable=SC2086 # a list of files
	check "$title: verify calls it sound, with the digests of Bacula's client" in_folder "$work/conv/T1" xflate verify -q $list || :
	check "$title: -T1 and -T2 write the same bytes" same_files "$work/conv/T1" "$work/conv/T2" "$list" || :

	configure sd.conf.in sd-conv.conf ARCHIVE "$work/conv/T1"
	for what in jobs labels files records; do
		said $what sd-conv.conf "$names" "$work/out" || :
		plain_words "$work/out" >"$work/words"
		check "$title: bls ($what) has no complaint" no_complaint "$work/out" || :
		check "$title: bls ($what) says what it said of the original" diff "$work/base/$set.$what.words" "$work/words" || :
	done
	said blocks sd-conv.conf "$names" "$work/out" || :
	check "$title: bls (blocks) has no complaint" no_complaint "$work/out" || :
	check "$title: the data is in stream $(expected "$set" "$name")" expect_streams "$work/out" "$(expected "$set" "$name")" || :

	extract sd-conv.conf "$set" "$work/tree" "$work/out"
	plain_words "$work/out" >"$work/words"
	check "$title: bextract has no complaint" no_complaint "$work/out" || :
	check "$title: bextract says what it said of the original" diff "$work/base/$set.extract.words" "$work/words" || :
	check "$title: bextract restores the source" is_source "$work/tree" "$(trees "$set")" -x || :
	case $set in
	plain | gzsparse) check "$title: bextract restores holes" still_sparse "$work/base/$set.holes" "$work/tree" || : ;;
	esac

	# The director's turn comes below, with one conversion of each set.
	case $set:$name in
	gzip:relzo | lzo:regzip6 | plain:gzip1 | gzsparse:inflate | mix:relzo | span:relzo)
		for volume in $list; do cp "$work/conv/T1/$volume" "$work/final/"; done
		;;
	esac
}

# The volumes of a set, each converted by itself: what Bacula says of them together.
by_volume() {
	set=$1
	title="$set: xflate $2 --by-volume"
	names=$(cat "$work/base/$set.names")
	list=$(echo "$names" | tr '|' ' ')
	from=
	for volume in $list; do from="$from $work/orig/$volume"; done
	rm -rf "$work/conv/T1"
	# shellcheck disable=SC2086 # options and a list of files are words
	check "$title" xflate $2 --by-volume -o "$work/conv/T1" $from || return 0
	# shellcheck disable=SC2086 # a list of files
	check "$title: verify calls it sound, with the digests of Bacula's client" in_folder "$work/conv/T1" xflate verify -q $list || :
	configure sd.conf.in sd-conv.conf ARCHIVE "$work/conv/T1"
	for what in jobs labels files records blocks; do
		said $what sd-conv.conf "$names" "$work/out" || :
		plain_words "$work/out" >"$work/words"
		check "$title: bls ($what) has no complaint" no_complaint "$work/out" || :
		[ $what = blocks ] || check "$title: bls ($what) says what it said of the original" diff "$work/base/$set.$what.words" "$work/words" || :
	done
	extract sd-conv.conf "$set" "$work/tree" "$work/out"
	plain_words "$work/out" >"$work/words"
	check "$title: bextract has no complaint" no_complaint "$work/out" || :
	check "$title: bextract says what it said of the original" diff "$work/base/$set.extract.words" "$work/words" || :
	check "$title: bextract restores the source" is_source "$work/tree" "$(trees "$set")" -x || :
}

# Damaged in seeded ways, and what --on-damage=skip makes of it: bls reads that as if nothing had been.
skipped() {
	set=$1
	names=$(cat "$work/base/$set.names")
	list=$(echo "$names" | tr '|' ' ')
	mkdir "$work/damaged"
	from=
	for volume in $list; do
		cp "$work/orig/$volume" "$work/damaged/"
		from="$from $work/damaged/$volume"
	done
	volume=${list##* }
	what=$("$python" "$here/../mutate.py" --make "$2" "$work/orig/$volume" "$work/damaged/$volume")
	title="$set, $volume: $what"
	status=0
	# shellcheck disable=SC2086 # a list of files
	convert "$work/after" "-q --on-damage=skip" $from >"$work/out" 2>&1 || status=$?
	check "$title: exit status 3 of skip" test "$status" = 3 || show "$work/out"
	configure sd.conf.in sd-skip.conf ARCHIVE "$work/after"
	for what in jobs files records blocks; do
		said $what sd-skip.conf "$names" "$work/out" || :
		check "$title: bls ($what) has no complaint" no_complaint "$work/out" || :
	done
	rm -rf "$work/damaged"
}
for set in $sets; do
	for seed in 1 2 3 4; do skipped "$set" "$seed"; done
done

# The bundled volumes, damaged in every way that mutate.py knows; bls reads what skip makes of each, and counts what is there.
cat >"$work/bls" <<END
#!/bin/sh
LD_LIBRARY_PATH=$libraries exec "$(command -v bls)" "\$@"
END
chmod 755 "$work/bls"
judged() {
	PYTHONDONTWRITEBYTECODE=1 "$python" "$here/../mutate.py" --runs "${MUTATIONS:-4}" --seed "${MUTATION_SEED:-1}" --bls "$work/bls" \
		"$XFLATE" "$work/volumes" >"$work/judged" 2>&1 || :
	grep -v '^ok ' "$work/judged"
	grep -q '^1\.\.[1-9]' "$work/judged" && ! grep -q '^not ok' "$work/judged"
}
need "the bundled volumes" "$here/../prepare" "$work/volumes"
check "bls reads all that skip makes of damaged volumes, ${MUTATIONS:-4} of each" judged || :
note "$(grep '^# .* runs' "$work/judged" | sed 's/^# //')"

# --- volumes of Bareos, made for Bacula ---

# contents: SHA-256 of every file that bextract made; wanted VOLUME: and of every file on it, as the test's own reader sees them.
# (sha256sum marks names with a newline in them.)
contents() { find "$work/tree" -type f -size +0 -exec sha256sum {} + | sed -n 's/^\\*\([0-9a-f]\{64\}\) .*/\1/p' | sort; }
wanted() { "$python" "$here/../volcheck.py" --dump "$1" | awk '$4 == "file" { print $5 }' | sort; }
all_files_are_there() {
	contents >"$work/contents"
	wanted "$1" >"$work/wanted"
	test -s "$work/wanted" && comm -23 "$work/wanted" "$work/contents" >"$work/missing" && ! grep . "$work/missing"
}
from_bareos() {
	title="$1 of Bareos: xflate $2 --target bacula"
	echo "$1" >"$work/base/$1.names"
	configure sd.conf.in sd-conv.conf ARCHIVE "$work/volumes/bareos"
	said labels sd-conv.conf "$1" "$work/out" || :
	check "$title: before, bls refuses it" grep -q 'Header Id bad' "$work/out" || :
	check "$title" convert "$work/conv/T1" "-q $2 --target bacula" "$work/volumes/bareos/$1" || return 0
	check "$title: verify calls it sound" xflate verify -q "$work/conv/T1/$1" || :
	check "$title: compare says same" xflate compare -q "$work/volumes/bareos/$1" --vs "$work/conv/T1/$1" || :
	configure sd.conf.in sd-conv.conf ARCHIVE "$work/conv/T1"
	for what in jobs labels files records blocks; do
		said $what sd-conv.conf "$1" "$work/out" || :
		check "$title: bls ($what) has no complaint" no_complaint "$work/out" || :
	done
	# It would wait for a writer to a restored pipe.
	echo /srv/data/tree/links/fifo >"$work/exclude"
	rm -rf "$work/tree"
	mkdir "$work/tree"
	peer 60 bextract -e "$work/exclude" -c "$work/conf/sd-conv.conf" -V "$1" Disk "$work/tree" >"$work/out" 2>&1 || :
	check "$title: bextract has no complaint" no_complaint "$work/out" || :
	check "$title: bextract restores every file" all_files_are_there "$work/volumes/bareos/$1" || :
}
from_bareos vol-gzip6 '-r gzip'
from_bareos vol-append '-i'
from_bareos vol-lzo '-r lzo'
from_bareos vol-none '-d lzo'

for set in $sets; do
	# shellcheck disable=SC2046 # a list of files
	check "$set: verify calls what Bacula wrote sound" in_folder "$work/orig" xflate verify -q $(tr '|' ' ' <"$work/base/$set.names") || :
	conversion "$set" inflate '-i'
	conversion "$set" regzip6 '-i -d gzip:6'
	conversion "$set" relzo '-i -d lzo'
	conversion "$set" gzip1 '-d gzip:1'
	! "$XFLATE" --version | grep -q ISA-L || conversion "$set" gzipfast '-d gzip:fast'
	conversion "$set" lzo '-d lzo'
done
for options in -i '-r gzip:6' '-r lzo'; do by_volume span "$options"; done

# --- a fresh catalog by bscan, and restores by the director ---

# The addresses in the old catalog point into the old volumes; bscan reads the new ones and makes a new catalog.
all=$(for set in $sets; do cat "$work/base/$set.names"; done | tr '\n' '|' | sed 's/|$//')
scan() { peer 60 bscan -c "$work/conf/sd-final.conf" -D SQLite3 -n second -V "$all" -s -m Disk; }
scan >"$work/out" 2>&1 || :
cp "$work/out" "$work/log/bscan.out"
check "bscan of the converted volumes into a fresh catalog has no complaint" no_complaint "$work/out" || :
rows() {
	query "$1" "select j.Job, j.JobStatus, j.JobFiles, f.FileIndex, p.Path || n.Name, f.LStat, f.MD5 from File f
		join Job j using (JobId) join Path p using (PathId) join Filename n using (FilenameId)
		where j.Type = 'B' order by 1, 4"
}
places() {
	query "$1" "select m.VolumeName, j.Name, x.FirstIndex, x.LastIndex, min(x.StartBlock), max(x.EndBlock) from JobMedia x
		join Media m using (MediaId) join Job j using (JobId) group by 1, 2 order by 1, 2"
}
rows first >"$work/rows.first"
rows second >"$work/rows.second"
places first >"$work/places.first"
places second >"$work/places.second"
check "the old catalog has files" test -s "$work/rows.first" || :
check "the fresh catalog has the jobs, files, attributes and digests of the old one" diff "$work/rows.first" "$work/rows.second" || :
note "volume|job|first file|last file|start|end in the old catalog (stale now), then in the fresh one:"
show "$work/places.first"
show "$work/places.second"

start second final
need "director and storage daemon answer with the fresh catalog" ready Disk

# restored FILES: the console's report has a good end, so many files, and nothing that went wrong.
restored() {
	sed -E 's/(FD|SD|Non-fatal FD) [eE]rrors: *0$//' "$work/out" >"$work/job"
	grep -q 'Termination: *Restore OK' "$work/job" && no_complaint "$work/job" &&
		[ "$(sed -n 's/^ *Files Restored: *//p' "$work/job")" = "$1" ] && return 0
	cat "$work/out"
	return 1
}
# verified FILES: every digest is right. Bacula 9.6 takes the second name of a file for an empty one and finds
# the digest of nothing: three such names are in each tree, and they alone may differ.
verified() {
	grep -E 'Termination: *Verify (OK|Differences)' "$work/out" && grep -Eq '^ *SD Errors: *0$' "$work/out" &&
		grep -Eq '^ *Non-fatal FD errors: *0$' "$work/out" &&
		[ "$(sed -n 's/^ *Files Examined: *//p' "$work/out")" = "$1" ] &&
		sed '/FD termination status: *Verify differences/d; /Termination: *Verify Differences/d' "$work/out" |
		awk '/digest differs on .*File=(1B2M2Y8AsgTpgAmY7PhCfg|2jmj7l5rSw0yVb\/vlWAYkK\/YBwk|47DEQpj8HBSa\+\/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU) / {
				names++
				next
			}
			/Cat checksum differs/ { differs++; next }
			/differ|not found|Error:|Fatal/ { print; bad = 1 }
			END { print names " names, " differs " differ"; exit bad || names != 3 || differs != 3 }' && return 0
	cat "$work/out"
	return 1
}
for job in gzip lzo plain gzsparse span mixa mixb; do
	tree=src
	[ $job != mixb ] || tree=srcb
	id=$(query second "select JobId from Job where Name = '$job' and Type = 'B'")
	files=$(query second "select JobFiles from Job where Name = '$job' and Type = 'B'")
	if ! check "$job: the fresh catalog has the job" test "${id:-0}" -gt 0; then continue; fi
	rm -rf "$work/restore"
	console "restore jobid=$id client=xf-fd restorejob=restore where=$work/restore all done yes" wait messages >"$work/out" 2>&1 || :
	check "$job: the director restores from the converted volume" restored "$files" || :
	check "$job: the director's restore is the source, attributes and ACLs too" is_source "$work/restore" "$tree" || :
	case $job in
	plain | gzsparse) check "$job: the director restores holes" still_sparse "$work/base/$job.holes" "$work/restore" || : ;;
	esac
	console "run job=verify level=Data jobid=$id yes" wait messages >"$work/out" 2>&1 || :
	check "$job: the file daemon reads the volume and finds every digest right" verified "$files" || :
done

# --- several jobs as one tree ---

# shellcheck source=tests/bacula/chain.sh
. "$here/chain.sh"

finish
