#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# pki.sh - Debian's own Bacula 9.6 encrypts and signs in its file daemon, xflate extracts with the client's or the master key.
#
#   XFLATE=path         the program under test (default: xflate at the top of the repository)
#   BACULA_DEBS=folder  keeps the downloaded packages for the next run
#   SAVE=folder         puts the volumes, the keys and a listing of the source there: how tests/volumes/pki was made
#   KEEP=1              leaves the work folder and says where it is
#
# As run.sh: daemons in a private folder, on free ports of 127.0.0.1.
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

work=$(mktemp -d "${TMPDIR:-/tmp}/xflate-pki.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/conf" "$work/run" "$work/log" "$work/orig" "$work/src"

need "there is a program to test: ${XFLATE##*/}" test -x "$XFLATE"
pkg=$work/pkg
need "the packages of Bacula are there" "$here/fetch.sh" "$top/packages.txt" "$pkg" ${BACULA_DEBS:+"$BACULA_DEBS"}
PATH=$pkg/usr/sbin:$pkg/usr/bin:$pkg/sbin:$pkg/bin:$PATH:/usr/sbin:/sbin
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null) || triplet=$(uname -m)-linux-gnu
libraries=$pkg/usr/lib/bacula:$pkg/usr/lib/$triplet:$pkg/lib/$triplet
peer() {
	limit=$1
	shift
	LD_LIBRARY_PATH=$libraries timeout -k 5 "$limit" "$@"
}
xflate() { timeout -k 5 60 "$XFLATE" "$@"; }
schema=usr/share/dbconfig-common/data/bacula-director-sqlite3/install/sqlite3
[ -e "$pkg/$schema" ] && schema=$pkg/$schema || schema=/$schema

# --- keys: of the client, and a master key that opens what any client encrypted; none of them is of use elsewhere ---

pair() {
	openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 7300 -subj "/CN=xflate test $1" -keyout "$work/$1.key" -out "$work/$1.cert"
	cat "$work/$1.key" "$work/$1.cert" >"$work/$1.pem"
}
pairs() { pair client && pair master && pair stranger; }
need "three pairs of keys" pairs

# --- configuration ---

ports=$(perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die } 1 .. 3;
	print join " ", map { $_->sockport } @s')
# shellcheck disable=SC2086 # three words
set -- $ports
printf 's|@%s@|%s|g\n' WORK "$work" DIRPORT "$1" FDPORT "$2" SDPORT "$3" \
	DIRPASS "$(password)" FDPASS "$(password)" SDPASS "$(password)" DBNAME first ARCHIVE "$work/orig" >"$work/conf/values.sed"
: >"$work/conf/query.sql"
configure() {
	sed -f "$work/conf/values.sed" "$here/$1" >"$work/conf/$2"
	if grep -q '@[A-Z]*@' "$work/conf/$2"; then echo "pki.sh: $1 has a placeholder without a value" >&2; exit 1; fi
}
configure console.conf.in console.conf
configure sd.conf.in sd.conf
configure pki-dir.conf.in dir.conf

# start_fd LINE...: a file daemon with these directives; one that is there goes.
start_fd() {
	stop "$fd_pid"
	configure fd.conf.in fd.plain
	printf '  %s\n' "$@" >"$work/conf/pki"
	sed "/Maximum Concurrent Jobs/r $work/conf/pki" "$work/conf/fd.plain" >"$work/conf/fd.conf"
	LD_LIBRARY_PATH=$libraries bacula-fd -f -c "$work/conf/fd.conf" >"$work/log/fd.out" 2>&1 &
	fd_pid=$!
}
console() { printf '%s\n' "$@" quit | peer 120 bconsole -n -c "$work/conf/console.conf"; }
query() { peer 20 sqlite3 -cmd '.timeout 10000' "$work/run/first.db" "$1"; }

# --- the source ---

# Sizes around the 65536 bytes that the file daemon reads at once, and around the cipher's blocks.
source_tree() {
	cd "$work/src"
	words() { perl -e 'srand($ARGV[1]); my @w = qw(volume block record label session stream payload digest tape mark); my $s = "";
		while (length $s < $ARGV[0]) { $s .= $w[rand @w] . (rand(9) < 1 ? ".\n" : " ") } print substr $s, 0, $ARGV[0]' "$1" "$1"; }
	noise() { perl -e 'srand($ARGV[0]); print pack("C*", map { int rand 256 } 1 .. $ARGV[0])' "$1"; }
	for n in 1 11 12 13 27 28 29 65531 65532 70000; do words "$n" >"words-$n"; done
	for n in 16 65536; do noise "$n" >"noise-$n"; done
	: >empty
	: >empty-private
	chmod 600 empty-private
	truncate -s 131073 hole
	printf end >>hole
	mkdir folder
	ln words-65532 folder/again
	ln -s ../words-13 folder/symlink
	setfattr -n user.comment -v 'in the clear' words-28 2>/dev/null || echo "no extended attributes here"
	cd "$work"
	find src -exec touch -h -d '2026-03-04 05:06:07' {} +
}
need "a source" source_tree

# --- backups ---

need "a catalog in SQLite" peer 60 sqlite3 -bail -init "$schema" "$work/run/first.db" 'select VersionId from Version'
LD_LIBRARY_PATH=$libraries bacula-sd -f -c "$work/conf/sd.conf" >"$work/log/sd.out" 2>&1 &
sd_pid=$!
LD_LIBRARY_PATH=$libraries bacula-dir -f -c "$work/conf/dir.conf" >"$work/log/dir.out" 2>&1 &
dir_pid=$!

# backup JOB LINE...: the file daemon has these directives
backup() {
	job=$1
	shift
	start_fd "$@"
	need "$job: the daemons answer" ready Disk
	need "$job: the backup ends well" ended "$job"
}
ended() {
	console "run job=$1 yes" wait messages
	[ "$(query "select JobStatus || JobErrors from Job where Name = '$1'")" = T0 ]
}
keypair="PKI Keypair = \"$work/client.pem\""
master="PKI Master Key = \"$work/master.cert\""
backup plain 'PKI Signatures = yes' 'PKI Encryption = yes' "$keypair" "$master"
backup span 'PKI Signatures = yes' 'PKI Encryption = yes' "$keypair" "$master"
backup gzip 'PKI Signatures = yes' 'PKI Encryption = yes' 'PKI Cipher = aes256' "$keypair" "$master"
backup lzo 'PKI Signatures = yes' 'PKI Encryption = yes' 'PKI Cipher = aes192' "$keypair" "$master"
backup nosum 'PKI Encryption = yes' "$keypair"
backup signed 'PKI Signatures = yes' "$keypair"
volumes() { query "select m.VolumeName from Media m join Pool p using (PoolId) where p.Name = '$1' collate nocase order by m.MediaId" | sed "s|^|$work/orig/|"; }

stop "$dir_pid"
dir_pid=
stop "$sd_pid"
sd_pid=
stop "$fd_pid"
fd_pid=

# --- what xflate makes of them ---

"$here/manifest.sh" "$work/src" >"$work/wanted"
# attributes: the first line of each volume's report says how many files there are
files=$(find "$work/src" -type f | wc -l)

# of_source VOLUME... -- OPTION...: all of it comes out as it was, proved, and what the client signed was signed
of_source() {
	list=
	while [ "$1" != -- ]; do
		list="$list $1"
		shift
	done
	shift
	rm -rf "$work/x"
	# shellcheck disable=SC2086 # a list of files
	xflate extract --json -C "$work/x" "$@" $list >"$work/json" || return 1
	"$here/manifest.sh" "$work/x$work/src" | diff "$work/wanted" - || return 1
	grep -o '"files_proved": *[0-9]*' "$work/json" | grep -qx '.*[^0-9]'"$((files - 1))" || { cat "$work/json"; return 1; }
}
# status_is STATUS VOLUME... -- OPTION...
status_is() {
	wanted=$1
	shift
	list=
	while [ "$1" != -- ]; do
		list="$list $1"
		shift
	done
	shift
	rm -rf "$work/x"
	status=0
	# shellcheck disable=SC2086 # a list of files
	xflate extract -C "$work/x" "$@" $list || status=$?
	[ "$status" = "$wanted" ]
}
# of_report NAME NUMBER: as the last report says
of_report() { grep -o "\"$1\": *[0-9]*" "$work/json" | grep -q "[^0-9]$2\$" || { cat "$work/json"; return 1; }; }

chmod 600 "$work"/*.pem
for job in plain span gzip lzo nosum signed; do
	list=$(volumes "$job")
	# shellcheck disable=SC2086 # a list of files
	{
		need "$job: there is a volume" test -n "$list"
		check "$job: verify proves all with the client's key" xflate verify -q --pki-key "$work/client.pem" $list || :
		check "$job: with the client's key: the source" of_source $list -- --pki-key "$work/client.pem" || :
		check "$job: each signature is checked" of_report signatures_not_checked 0 || :
		check "$job: with the key alone, without its certificate: the source" of_source $list -- --pki-key "$work/client.key" || :
		check "$job: and the signatures are" of_report signatures_not_checked 0 || :
		case $job in
		signed) ;;
		nosum)
			check "$job: the master key, which it was not encrypted for: exit status 4" status_is 4 $list -- --pki-key "$work/master.pem" || :
			;;
		*)
			check "$job: with the master key: the source" of_source $list -- --pki-key "$work/master.pem" || :
			check "$job: and the signatures of the client are not checked" of_report signatures_checked 0 || :
			check "$job: but with its certificate they are" of_source $list -- --pki-key "$work/master.pem" --pki-cert "$work/client.cert" || :
			check "$job: all of them" of_report signatures_not_checked 0 || :
			;;
		esac
	}
done

if [ -n "${SAVE:-}" ]; then
	mkdir -p "$SAVE"
	cp "$work/orig"/* "$work"/*.pem "$work"/*.cert "$SAVE/"
	python3 "$here/../treelist.py" "$work/src" >"$SAVE/tree"
fi
finish
