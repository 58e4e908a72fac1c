#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# key generate --volumes: a key for each of many volumes, in the cache and as SQL, all or nothing; never a second key for a name
# that has one; what a catalog makes of the SQL; the catalog command and its end.
# shellcheck disable=SC2016,SC2317 # for inner shells; called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

umask 077
cp "$here"/keys/kek-*.txt .
: >"$out"
generate() { run "$XFLATE" key generate --kek kek-16.txt "$@"; }
volumes_of() { "$XFLATE" cache list "$1" | awk 'NR > 1 { print $1 }' | tr '\n' ' '; }
nothing() { is "$(in_folder . | tr ' ' '\n' | grep -cv -e '^kek-' -e '^names$' -e '^$')" 0 "$1: nothing is made"; }

names() {
	printf '# the shelf\r\nA00001L4\r\n\n  A00002L4 \nVol:1.2_3-4/5\nA00001L4\n' >names
	generate --volumes names --cache c
	is "$status $(sed 's/^xflate: //' "$err" | tr '\n' ';')" '0 names: 3 volumes;c: 3 new keys;' 'a file of names'
	is "$(volumes_of c) $(stat -c %a c)" 'A00001L4 A00002L4 Vol:1.2_3-4/5  600' '... they are in the cache'
	run "$XFLATE" cache check c --kek kek-16.txt
	is "$status $(awk 'NR > 1 { print $2 }' "$out" | sort -u | wc -l)" '0 3' '... three keys, which the KEK opens'
	rm c
	generate --volumes --cache c B1 B2 B1 -o sql
	is "$status $(volumes_of c) $(stat -c %a sql) $(wc -c <"$out")" '0 B1 B2  600 0' 'names as arguments, -o'
	rm c sql
	generate --volumes=names --cache c B1
	is "$status $(volumes_of c)" '0 A00001L4 A00002L4 Vol:1.2_3-4/5 B1 ' '--volumes=FILE and a name'
	rm c
	run sh -c '"$0" key generate --kek kek-16.txt --volumes - --cache c <names' "$XFLATE"
	is "$status $(volumes_of c)" '0 A00001L4 A00002L4 Vol:1.2_3-4/5 ' 'names from standard input'
	rm c
	for bad in 'A 1' "A'1" 'A;1' 'A\1' "$(printf 'A\0011')" "$(printf %0128d 1)"; do
		printf 'GOOD\n%s\n' "$bad" >list
		generate --volumes list --cache c
		refused 1 "no name of a volume: $(printf %.20s "$bad" | tr -c 'A-Za-z0-9\n' '?')"
		says 'list: line 2: not the name of a volume' '... its line'
		rm list
	done
	xz -dc "$here/volumes/bareos/vol-none.xz" >DISK1
	generate --volumes DISK1 --cache c
	refused 1 'a volume is no list of names'
	rm DISK1
	generate --volumes --cache c 'A B'
	refused 2 'an argument that is neither name nor file'
	generate --volumes --cache c
	refused 2 'no name at all'
	generate --volumes A1
	refused 2 'no cache'
	run "$XFLATE" key generate --volumes A1 --cache c
	refused 2 'no KEK'
	generate --volumes names --cache c -o names --force
	refused 2 'the names are not written over'
	generate --volumes A1 --cache c --pool P
	refused 2 '--pool without --media-type'
	generate --volumes A1 --cache c --pool "$(printf 'P\nx')" --media-type LTO
	refused 2 'a pool of two lines'
	nothing 'whatever was refused'
}

# A name that has a key.
second() {
	generate -q --volumes A1 A2 --cache c -o one.sql
	cp c before
	generate --volumes A3 A2 --cache c
	refused 4 'a name that has a key'
	says 'A2 has a key already, in the cache' '... it is named'
	check '... nothing is made' cmp c before
	generate --volumes A3 A2 --cache c --missing -o two.sql
	is "$status $(volumes_of c) $(grep -c "'A2'" two.sql)" '0 A1 A2 A3  0' '--missing: keys for the others'
	is "$("$XFLATE" cache get c A2)" "$("$XFLATE" cache get before A2)" '... that one stays'
	generate --volumes A1 A2 A3 --cache c --missing -o three.sql
	is "$status $(cat "$err")" '0 xflate: c: 0 new keys; the other volumes have theirs' '--missing: all have theirs'
	cp c before
	generate --volumes A1 A4 --cache c --rotate -o four.sql
	is "$status $(stat -c %a c.old.1) $(volumes_of c.old.1)" '0 600 A1 ' '--rotate: the old generation is kept'
	is "$("$XFLATE" cache get c.old.1 A1)" "$("$XFLATE" cache get before A1)" '... with the key that was in force'
	check '... which is another now' [ "$("$XFLATE" cache get c A1)" != "$("$XFLATE" cache get before A1)" ]
	generate -q --volumes A1 A2 --cache c --rotate -o five.sql
	is "$status $(volumes_of c.old.2) $(volumes_of c.old.1)" '0 A1 A2  A1 ' '--rotate again: another generation'
	# As the catalog has it.
	printf 'A9|%s\n' "$("$XFLATE" cache get c A1)" >catalog
	generate --volumes A8 A9 --cache c --catalog-command 'cat catalog'
	refused 4 'a name that has a key in the catalog'
	says 'A9 has a key already, in the catalog' '... it is named'
	printf 'A2|%s==\n' "$("$XFLATE" cache get c A1)" >catalog
	generate --volumes A2 --cache c --rotate --catalog-command 'cat catalog'
	refused 4 'cache and catalog disagree: nobody chooses'
	generate --volumes A8 --cache c --catalog-command 'cat catalog; exit 1'
	refused 1 'the catalog command fails'
	generate -q --volumes A8 --cache c --catalog-command true -o six.sql
	is "$status $(volumes_of c | wc -w)" '0 5' 'a catalog without one key'
	generate --volumes A7 --cache c --missing --rotate
	refused 2 '--missing and --rotate'
	rm -f c c.old.* before catalog ./*.sql
}

# What SQLite makes of the SQL; the division by zero is PostgreSQL's, here it is NULL.
sql() {
	cat >schema <<'END'
CREATE TABLE Pool (PoolId INTEGER PRIMARY KEY, Name TEXT, VolRetention BIGINT, VolUseDuration BIGINT, MaxVolJobs INTEGER,
	MaxVolFiles INTEGER, MaxVolBytes BIGINT, Recycle INTEGER);
CREATE TABLE Media (MediaId INTEGER PRIMARY KEY, VolumeName TEXT NOT NULL UNIQUE, MediaType TEXT NOT NULL, VolStatus TEXT NOT NULL,
	PoolId INTEGER DEFAULT 0, VolBytes BIGINT DEFAULT 0, VolRetention BIGINT DEFAULT 0, VolUseDuration BIGINT DEFAULT 0,
	MaxVolJobs INTEGER DEFAULT 0, MaxVolFiles INTEGER DEFAULT 0, MaxVolBytes BIGINT DEFAULT 0, Recycle INTEGER DEFAULT 0,
	EncryptionKey TEXT);
INSERT INTO Pool VALUES (7, 'Mother''s', 31536000, 0, 1, 0, 5, 1);
INSERT INTO Media (VolumeName, MediaType, VolStatus, PoolId) VALUES ('A1', 'LTO-8', 'Append', 3);
INSERT INTO Media (VolumeName, MediaType, VolStatus, PoolId, EncryptionKey) VALUES ('A2', 'LTO-8', 'Full', 3, '');
INSERT INTO Media (VolumeName, MediaType, VolStatus, PoolId, EncryptionKey) VALUES ('A3', 'LTO-8', 'Full', 3, 'mine');
END
	sqlite3 db <schema
	generate -q --volumes A1 A2 A4 --cache c --pool "Mother's" --media-type LTO-8 --storage Library -o new.sql
	expect_status 0 '--pool, --media-type'
	is "$(sqlite3 db <new.sql)" 1 'the SQL: all have their keys'
	is "$(sqlite3 db "SELECT VolumeName, EncryptionKey FROM Media WHERE VolumeName <> 'A3' ORDER BY 1" | tr '|' '\t')" "$("$XFLATE" cache export c)" \
		'... those of the cache'
	is "$(sqlite3 db "SELECT VolumeName, MediaType, VolStatus, PoolId, VolRetention, MaxVolBytes, Recycle FROM Media WHERE VolumeName='A4'")" \
		'A4|LTO-8|Append|7|31536000|5|1' '... a record that was not there, as its pool has it'
	is "$(sqlite3 db "SELECT PoolId, EncryptionKey FROM Media WHERE VolumeName='A3'")" '3|mine' '... and another volume as it was'
	is "$(sed -n 's/^-- bconsole: //p' new.sql | head -n 1)" "label volume=\"A1\" storage=\"Library\" pool=\"Mother's\"" 'lines for bconsole'
	check '... without the word encrypt' sh -c '! grep -q "^-- bconsole.*encrypt" new.sql'
	sqlite3 db "SELECT VolumeName, EncryptionKey FROM Media" >was
	generate -q --volumes A1 A4 --cache c --rotate -o rotate.sql
	is "$(sqlite3 db <rotate.sql)" '' 'rotate: volumes that are not purged keep their keys'
	is "$(sqlite3 db "SELECT VolumeName, EncryptionKey FROM Media")" "$(cat was)" '... all of them'
	sqlite3 db "UPDATE Media SET VolStatus='Purged'"
	is "$(sqlite3 db <rotate.sql)" 1 'rotate: purged ones get the new ones'
	is "$(sqlite3 db "SELECT EncryptionKey FROM Media WHERE VolumeName='A4'")" "$("$XFLATE" cache get c A4)" '... those of the cache'
	# Somebody else gave it a key meanwhile.
	generate -q --volumes A3 A9 --cache c -o late.sql
	is "$(sqlite3 db <late.sql) $(sqlite3 db "SELECT EncryptionKey FROM Media WHERE VolumeName='A3'")" ' mine' 'a key in the catalog is never replaced'
	generate -q --volumes B1 B2 --cache c --format lines -o lines
	is "$(cut -f 1 lines | tr '\n' ' ')" 'B1 B2 ' '--format lines'
	check '... what is in the cache' sh -c '"$0" cache export c | grep -Ff lines | cmp - lines' "$XFLATE"
	rm -f db schema was c c.old.* ./*.sql lines
}

all_or_nothing() {
	run sh -c '"$0" key generate -q --kek kek-16.txt --volumes A1 --cache c >/dev/full' "$XFLATE"
	is "$status" 1 'standard output is full'
	nothing '... and'
	generate --volumes A1 --cache missing/c
	is "$status $(grep -c '^COMMIT' "$out")" '1 0' 'no place for the cache: the SQL has no COMMIT'
	# Two keys of one name: nobody may choose here, and none is lost.
	cp "$here/keys/cache-two-keys-one-name" two
	chmod 600 two
	run "$XFLATE" key generate -q --kek kek-16.txt --volumes VOL001 --cache two --rotate
	expect_status 4 'two keys of one name: refused'
	says 'VOL001 has two keys in the cache: find out first' 'two keys of one name: said'
	check 'two keys of one name: the cache is as it was' cmp two "$here/keys/cache-two-keys-one-name"
	rm -f two
	# A reader that goes away when the keys are in the cache.
	seq -f 'VX%05g' 3000 >many
	bytes=$("$XFLATE" key generate --volumes=many --kek kek-16.txt --cache many.1 2>/dev/null | wc -c)
	{ "$XFLATE" key generate -q --volumes=many --kek kek-16.txt --cache many.2 2>"$err"; echo $? >many.status; } | head -c $((bytes - 200)) >/dev/null
	is "$(cat many.status)" 1 'a reader that goes away before the COMMIT: exit status'
	says 'the keys are in many.2, .*cache export many.2 --format sql prints them' '... and where the keys are'
	rm -f many many.*
	generate -q --volumes A1 --cache c -o missing/sql
	refused 1 'no place for the SQL'
	nothing '... and'
	generate -q --volumes A1 --cache c -o sql
	cp c before
	run sh -c '"$0" key generate -q --kek kek-16.txt --volumes A1 A2 --cache c --rotate >/dev/full' "$XFLATE"
	is "$status $(in_folder . | tr ' ' '\n' | grep -c old)" '1 0' 'rotate: standard output is full: no old generation'
	check '... the cache is as it was' cmp c before
	printf 'no cache' >bad
	cp bad before
	generate --volumes A3 --cache bad
	expect_status 1 'a file that is no cache'
	check '... is as it was' cmp bad before
	check '... and the SQL has no COMMIT' sh -c '! grep -q COMMIT "$0"' "$out"
	rm -f c sql bad before
	# Two at once: one wins.
	for i in 1 2 3 4 5 6 7 8; do
		"$XFLATE" key generate -q --kek kek-16.txt --volumes A1 A2 --cache c -o "sql.$i" 2>/dev/null &
	done
	wait
	is "$(in_folder . | tr ' ' '\n' | grep -c '^sql')" 1 'eight at once: one of them'
	check '... whose keys are in the cache' grep -qF "$("$XFLATE" cache get c A2)" sql.[1-8]
	rm -f c sql.*
}

# The command ends with us, whatever ends us, and with all that it has started.
command_ends() {
	for signal in TERM INT KILL; do
		fresh "$XFLATE" key generate -q --kek kek-16.txt --volumes A1 --cache c --catalog-command 'echo $$ >pid; sleep 987.6 | cat' >/dev/null 2>&1 &
		pid=$!
		for _ in $(seq 100); do [ -s pid ] && pgrep -f '^sleep 987.6' >/dev/null && break; sleep 0.05; done
		check "SIG$signal: the command runs" pgrep -f '^sleep 987.6'
		kill -s $signal $pid
		wait $pid 2>/dev/null
		for _ in $(seq 60); do pgrep -f '^sleep 987.6' >/dev/null || break; sleep 0.05; done
		fails "SIG$signal: it ends with us" pgrep -f '^sleep 987.6'
		rm -f pid
	done
	nothing 'a run that was ended'
}

names
second
sql
all_or_nothing
command_ends
done_testing
