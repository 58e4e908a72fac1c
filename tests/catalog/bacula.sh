#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The daemons of a Bacula and its catalog, of three kinds: 9.6 with SQLite, 9.6 with PostgreSQL, 15 with SQLite.  Read with $kind,
# $here, $work, $pkg, $pkg15, $libraries and $bin (the clients of the database servers) set, after tests/bacula/lib.sh.
# shellcheck disable=SC2034,SC2154 # for those who read it, and theirs

case $kind in
96-*)
	libraries=$work/lib:$libraries
	mkdir "$work/lib"
	program() { command -v "$1"; }
	# exec_bacula NAME ARGUMENT...: becomes the program
	exec_bacula() { exec env LD_LIBRARY_PATH="$libraries" "$@"; }
	version='9\.6\.'
	;;
15-*)
	triplet15=$(basename "$(dirname "$(find "$pkg15/usr/lib" -name 'libc.so.6' | head -n 1)")")
	libraries15=$pkg15/usr/lib/bacula:$pkg15/usr/lib/$triplet15
	program() { ls "$pkg15/usr/sbin/$1"; }
	exec_bacula() {
		name=$1
		shift
		exec "$pkg15/loader" --library-path "$libraries15" "$pkg15/usr/sbin/$name" "$@"
	}
	version='15\.'
	;;
esac
# bacula SECONDS NAME ARGUMENT...
bacula() {
	limit=$1
	shift
	case $kind in
	96-*) LD_LIBRARY_PATH=$libraries timeout -k 5 "$limit" "$@" ;;
	15-*)
		name=$1
		shift
		timeout -k 5 "$limit" "$pkg15/loader" --library-path "$libraries15" "$pkg15/usr/sbin/$name" "$@"
		;;
	esac
}

# Which database the director of 9.6 speaks to is a matter of the library of that name.
case $kind in
96-sqlite) ln -s "$(of_package usr/lib/bacula/libbaccats-sqlite3-9.6.7.so)" "$work/lib/libbaccats-9.6.7.so" ;;
96-pgsql | 96-chapter) ln -s "$(of_package usr/lib/bacula/libbaccats-postgresql-9.6.7.so)" "$work/lib/libbaccats-9.6.7.so" ;;
esac

programs_run() {
	for tool in bacula-dir bacula-sd bacula-fd bconsole; do
		program $tool || { echo "$tool: not found"; return 1; }
		bacula 10 $tool -? >"$work/version" 2>&1 || : # the exit status of the help differs by tool
		grep "Version: $version" "$work/version" || { echo "$tool: not version $version"; cat "$work/version"; return 1; }
	done
}

# --- the catalog ---

# All three schemas of this Bacula, by the names that xflate has for databases.
SCHEMAS=$work/schemas
export SCHEMAS
mkdir "$SCHEMAS"
# schema NAME PATH
schema() {
	path=usr/share/dbconfig-common/data/bacula-director-$2
	case $kind in
	96-*) ln -s "$(of_package "$path")" "$SCHEMAS/$1" ;;
	15-*) ln -s "$pkg15/$path" "$SCHEMAS/$1" ;;
	esac
}
schema sqlite sqlite3/install/sqlite3
schema postgresql pgsql/install/pgsql
schema mysql mysql/install/mysql

case $kind in
*-sqlite)
	database=sqlite
	dbname=bacula
	sql() { LD_LIBRARY_PATH=$libraries timeout -k 5 60 sqlite3 -cmd '.timeout 20000' "$@" "$work/run/bacula.db"; }
	script() { sql -bail; }
	make_catalog() {
		sql -bail <"$SCHEMAS/sqlite"
		query 'SELECT VersionId FROM Version'
	}
	;;
96-pgsql | 96-chapter)
	database=postgresql
	# The chapter's has the name that it has everywhere.
	case $kind in 96-pgsql) dbname=bacula_96 ;; *) dbname=bacula ;; esac
	sql() { "$bin/psql" -d "$dbname" "$@"; }
	script() { sql -v ON_ERROR_STOP=1; }
	make_catalog() {
		"$bin/psql" -d postgres -c "CREATE DATABASE $dbname ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0" &&
			sql -v ON_ERROR_STOP=1 -f "$SCHEMAS/postgresql" && query 'SELECT VersionId FROM Version'
	}
	;;
esac
case $kind in
96-*)
	# file_index JOB PATH: of a file, by its path below the work folder
	file_index() {
		query "SELECT f.FileIndex FROM File f JOIN Path p ON p.PathId = f.PathId JOIN Filename n ON n.FilenameId = f.FilenameId
			WHERE f.JobId = $(job "$1") AND p.Path = '$work/${2%/*}/' AND n.Name = '$(echo "${2##*/}" | sed "s/'/''/g")'"
	}
	;;
15-*)
	file_index() {
		query "SELECT f.FileIndex FROM File f JOIN Path p ON p.PathId = f.PathId
			WHERE f.JobId = $(job "$1") AND p.Path = '$work/${2%/*}/' AND f.Filename = '$(echo "${2##*/}" | sed "s/'/''/g")'"
	}
	;;
esac
# query SQL: rows with | between their fields
query() { printf '%s;\n' "$1" | sql; }

# --- configuration and daemons ---

# configure TEMPLATE RESULT
configure() {
	sed -f "$work/conf/values.sed" "$1" >"$work/conf/$2"
	if grep -q '@[A-Z]*@' "$work/conf/$2"; then echo "$1 has a placeholder without a value" >&2; exit 1; fi
}
configure_all() {
	# What volumes are called.
	case $kind in
	96-chapter) seq=Full span=Long ;;
	*) seq=seq span=span ;;
	esac
	ports=$(perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die } 1 .. 3;
		print join " ", map { $_->sockport } @s')
	# shellcheck disable=SC2086 # three words
	set -- $ports
	printf 's|@%s@|%s|g\n' WORK "$work" DIRPORT "$1" FDPORT "$2" SDPORT "$3" DBNAME "$dbname" SEQ "$seq" SPAN "$span" \
		DIRPASS "$(password)" FDPASS "$(password)" SDPASS "$(password)" >"$work/conf/values.sed"
	: >"$work/conf/query.sql"
	configure "$here/dir.conf.in" dir.conf
	configure "$here/sd.conf.in" sd.conf
	configure "$top/tests/bacula/fd.conf.in" fd.conf
	configure "$top/tests/bacula/console.conf.in" console.conf
}
# console COMMAND...: at most ten minutes
console() { printf '%s\n' "$@" quit | bacula 600 bconsole -n -c "$work/conf/console.conf"; }

start() {
	(exec_bacula bacula-fd -f -c "$work/conf/fd.conf") >"$work/log/fd.out" 2>&1 &
	fd_pid=$!
	(exec_bacula bacula-sd -f -c "$work/conf/sd.conf") >"$work/log/sd.out" 2>&1 &
	sd_pid=$!
	(PGHOST=$servers/postgres exec_bacula bacula-dir -f -c "$work/conf/dir.conf") >"$work/log/dir.out" 2>&1 &
	dir_pid=$!
}
