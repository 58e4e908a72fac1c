#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/disaster.md, word for word: from a volume alone to the catalog, and to the files.  The part of the tape is drive/scenario_disaster.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$work/bin" mnt
ln -s "$XFLATE" "$work/bin/xflate"
"$PYTHON" "$here/disaster.py" Vault-0001
is "$(grep -c '^```sh' "${here%/tests*}/docs/disaster.md")" 8 'the page has eight pieces of commands'

check 'from a volume on a disk' follow disaster.md 'From a volume on a disk' || show "$err"
says '^xflate: job 3 .*session 3/' 'the last save is found'
is "$(grep -c web rescued/var/lib/bacula/bacula.sql)" 1 'its dump knows the other job'
is "$(cat rescued/etc/bacula/bacula-dir.conf)" 'Director { Name = director }' 'and the configuration came with it'

if command -v sqlite3 >/dev/null; then
	check 'going on with the catalog' follow disaster.md 'Going on with the catalog' || show "$err"
	check 'it tells where the job is' grep -qx 'web.2026-01-01_00.00.00_01|T|Vault-0001' "$out"
else
	skip 'going on with the catalog' 'no sqlite3'
fi

if "$XFLATE" extract --tar - </dev/null 2>&1 | grep -q 'built without libarchive'; then
	skip 'going on without one' 'built without libarchive'
else
	check 'going on without one' follow disaster.md 'Going on without one' || show "$err"
	is "$(cat restored/srv/www/index.html)" '<h1>It works</h1>' 'the files are there'
	check 'by tar, too' diff -r restored mnt
	is "$(in_folder page/srv/www)" 'index.html ' 'or one of them'
fi

# A page that leads astray is seen.
fails 'with a save that is not there' follow disaster.md 'From a volume on a disk' 's/BackupCatalog/Nobody/'
done_testing
