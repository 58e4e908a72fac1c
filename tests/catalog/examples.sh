#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# examples.sh - the examples of the manual that ask a catalog.  Run by run.sh, whose servers are in $servers.
# shellcheck disable=SC2154,SC2317 # set by run.sh; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# The clients by the names that an operator knows, and as they are without options.
mkdir "$work/bin"
sed 's| -X -q -A -t | |' "$servers/bin/psql" >"$work/bin/psql"
sed 's| -B -N | |; s| -B -N$||' "$servers/bin/mariadb" >"$work/bin/mysql"
chmod 755 "$work/bin/psql" "$work/bin/mysql"
fails 'psql has only the options of the examples' grep -q -- ' -A' "$work/bin/psql"

# asked PAGE: the catalogs, and what the page has from before
asked() {
	"$XFLATE" cache export keys.cryptoc --format json -o keys.json && "$PYTHON" "$here/examples.py" && rm keys.json || return 1
	case $1 in
	xflate-catalog.1) "$XFLATE" catalog bsr --job 3 Full-0002 >job.bsr ;;
	xflate-keys.7) printf '%s\n' Tape-0005 Tape-0006 >names ;;
	esac
}
examples catalog asked

# What the last page has changed.
"$servers/bin/psql" -d bareos -c "SELECT COUNT(*), COUNT(DISTINCT EncryptionKey) FROM Media WHERE VolumeName LIKE 'Tape-%'" >"$out" 2>"$err"
is "$(cat "$out")" '5|5' 'the catalog has the keys of all tapes'
cd "$work/pages/catalog-xflate-keys.7" || exit 1
"$servers/bin/psql" -d bareos -F '	' -c "SELECT VolumeName, EncryptionKey FROM Media WHERE VolumeName LIKE 'Tape-%'" >of-catalog
check '... which open with the new KEK' "$XFLATE" cache import of-catalog.cryptoc of-catalog
check '... all of them' "$XFLATE" cache check --kek new.kek of-catalog.cryptoc
cd "$work/here" || exit 1
done_testing
