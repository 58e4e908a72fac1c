#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# PostgreSQL and MariaDB for a test: throwaway servers on a socket in a folder, from unpacked packages; those of the system are
# not touched.  Read with $work (which any user may enter), $pkg and $libraries set.
#
#   $work/bin/psql, $work/bin/mariadb   the clients, which find the servers by themselves
# shellcheck disable=SC2034,SC2154 # for those who read it, and theirs

postgres_pid=
maria_pid=
postgres_bin=$pkg/usr/lib/postgresql/15/bin
[ -d "$postgres_bin" ] || postgres_bin=/usr/lib/postgresql/15/bin

# Neither server runs as root.
lowly=
if [ "$(id -u)" = 0 ]; then
	lowly="setpriv --reuid nobody --regid nogroup --clear-groups"
fi
folder_of_server() {
	mkdir "$1"
	[ -z "$lowly" ] || chown nobody "$1"
}
# client NAME PROGRAM OPTION...: a program that knows its server
client() {
	made=$work/bin/$1
	shift
	# shellcheck disable=SC2016 # for the program
	printf '#!/bin/sh\nLD_LIBRARY_PATH=%s\nexport LD_LIBRARY_PATH\nexec timeout -k 5 60 %s "$@"\n' "$libraries" "$*" >"$made"
	chmod 755 "$made"
}
# answers COMMAND...: within ten seconds
answers() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.5
	done
	"$@"
}

# With Bacula's encoding for catalogs.
postgres_start() {
	folder_of_server "$work/postgres"
	# shellcheck disable=SC2086 # words
	LD_LIBRARY_PATH=$libraries timeout 60 $lowly "$postgres_bin/initdb" -D "$work/postgres/data" -A trust -U bacula -E SQL_ASCII \
		--locale=C --no-sync || return 1
	# shellcheck disable=SC2086 # words
	LD_LIBRARY_PATH=$libraries $lowly "$postgres_bin/postgres" -D "$work/postgres/data" -k "$work/postgres" -c listen_addresses= \
		-c fsync=off -c jit=off >"$work/log/postgres" 2>&1 &
	postgres_pid=$!
	client psql "$postgres_bin/psql" -X -q -A -t -h "$work/postgres" -U bacula
	client pg_dump "$postgres_bin/pg_dump" -h "$work/postgres" -U bacula
	answers "$work/bin/psql" -d postgres -c 'SELECT 1' || { cat "$work/log/postgres"; return 1; }
}
maria_start() {
	folder_of_server "$work/maria"
	# shellcheck disable=SC2086 # words
	LD_LIBRARY_PATH=$libraries timeout 60 $lowly "$(of_package usr/bin/mariadb-install-db)" --no-defaults \
		--basedir="$(dirname "$(dirname "$(of_package usr/sbin/mariadbd)")")" --datadir="$work/maria/data" \
		--auth-root-authentication-method=normal --skip-test-db || return 1
	# shellcheck disable=SC2086 # words
	LD_LIBRARY_PATH=$libraries $lowly "$(of_package usr/sbin/mariadbd)" --no-defaults \
		--basedir="$(dirname "$(dirname "$(of_package usr/sbin/mariadbd)")")" --datadir="$work/maria/data" \
		--socket="$work/maria/socket" --skip-networking --skip-grant-tables --innodb-flush-log-at-trx-commit=0 \
		>"$work/log/maria" 2>&1 &
	maria_pid=$!
	client mariadb "$(of_package usr/bin/mariadb)" --no-defaults -S "$work/maria/socket" -B -N
	answers "$work/bin/mariadb" -e 'SELECT 1' || { cat "$work/log/maria"; return 1; }
}
