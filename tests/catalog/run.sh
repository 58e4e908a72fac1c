#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [KIND...] - the catalog follows a conversion, with Debian's own Bacula, PostgreSQL and MariaDB.
#
#   KIND                 bareos (its rows, without daemons), migrating (the chapter), examples (of the manual), 96-sqlite, 96-pgsql,
#                        15-sqlite; default: all
#   XFLATE=path          the program under test (default: build/xflate)
#   BACULA_DEBS=folder, BACULA15_DEBS=folder    keep the downloaded packages for the next run
#   KEEP=1               leaves the work folders and says where they are
#
# shellcheck disable=SC2317 # check and need call functions by name
set -eu
LC_ALL=C
TZ=UTC
export LC_ALL TZ
umask 022

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
XFLATE=${XFLATE:-$top/build/xflate}
# shellcheck source=tests/bacula/lib.sh
. "$top/tests/bacula/lib.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/xflate-catalog.XXXXXX")
chmod 711 "$work"
end_servers() {
	# With all that they have started.
	for one in $running; do kill -TERM -- "-${one#*:}" 2>/dev/null || :; done
	for one in $running; do wait "${one#*:}" || :; done
	# TERM would let PostgreSQL wait for its clients.
	[ -z "$postgres_pid" ] || kill -INT "$postgres_pid" 2>/dev/null || :
	stop "$postgres_pid"
	stop "$maria_pid"
}
postgres_pid=
maria_pid=
running=
trap 'end_servers; clean_up' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/bin" "$work/log" "$work/report"

need "there is a program to test: ${XFLATE##*/}" test -x "$XFLATE"
pkg=$work/pkg
pkg15=$work/pkg15
need "the packages of Bacula 9.6, PostgreSQL and MariaDB are there" "$top/tests/bacula/fetch.sh" "$top/packages.txt" "$pkg" \
	"${BACULA_DEBS:-$pkg/debs}" bacula catalog
need "the packages of Bacula 15 are there" "$top/tests/bacula15/fetch.sh" "$top/packages.txt" "$pkg15" ${BACULA15_DEBS:+"$BACULA15_DEBS"}
PATH=$pkg/usr/sbin:$pkg/usr/bin:$pkg/sbin:$pkg/bin:$PATH:/usr/sbin:/sbin
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null) || triplet=$(uname -m)-linux-gnu
libraries=$pkg/usr/lib/bacula:$pkg/usr/lib/$triplet:$pkg/lib/$triplet
# shellcheck source=tests/catalog/servers.sh
. "$here/servers.sh"
need "PostgreSQL runs" postgres_start
need "MariaDB runs" maria_start

servers=$work
export XFLATE PATH pkg pkg15 libraries servers
need "the bundled volumes" "$top/tests/prepare" "$work/volumes"
PSQL=$work/bin/psql
MARIADB=$work/bin/mariadb
VOLUMES=$work/volumes
PYTHONDONTWRITEBYTECODE=1
export PSQL MARIADB VOLUMES PYTHONDONTWRITEBYTECODE
python=/usr/bin/python3
[ -x "$python" ] || python=python3

# side_by_side NAME COMMAND...: their reports are read at the end
side_by_side() {
	name=$1
	shift
	setsid "$@" >"$work/report/$name" 2>&1 &
	running="$running $name:$!"
}
# count REPORT: its lines are ours
count() {
	passed=$((passed + $(grep -c '^ok ' "$1" || :)))
	failed=$((failed + $(grep -c '^not ok ' "$1" || :)))
}
# report NAME LAST: the lines of a report; LAST is how its last one looks
report() {
	sed -n "s/^\(not \)\{0,1\}ok - /&$1: /p; /^#/p" "$work/report/$1"
	count "$work/report/$1"
	check "$1: came to its end" grep -q "$2" "$work/report/$1" || show "$work/report/$1"
}
[ $# -gt 0 ] || set -- bareos migrating examples 96-sqlite 96-pgsql 15-sqlite
for kind; do
	case $kind in
	bareos) side_by_side bareos "$python" "$here/prove.py" bareos sqlite postgresql mysql ;;
	migrating) side_by_side migrating "$here/migrating.sh" ;;
	examples) side_by_side examples sh "$here/examples.sh" ;;
	*) side_by_side "$kind" "$here/peer.sh" "$kind" ;;
	esac
done
for one in $running; do
	wait "${one#*:}" || :
	case $one in
	bareos:* | examples:*) report "${one%:*}" '^1\.\.[1-9]' ;;
	*) report "${one%:*}" '^[0-9]* passed, [0-9]* failed$' ;;
	esac
done
finish
