#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples.py: makes anew the catalogs that the examples of the manual ask: that of Bareos in tests/catalog/bareos, as the database
"bareos" of PostgreSQL and MariaDB ($PSQL, $MARIADB: their clients) and as the file bareos.db of SQLite.  The volume vol-gzip6 of it is
called Full-0002 there, as by manual_world.sh; keys.json, what `cache export --format json` has printed, has the keys of volumes."""

import json
import os
import sys

sys.dont_write_bytecode = True
import databases  # noqa: E402


def main():
    tables = databases.bareos_rows(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bareos"))
    media = tables["Media"]
    for row in media:
        if row["volumename"] == "vol-gzip6":
            row["volumename"] = "Full-0002"
    with open("keys.json", encoding="utf-8") as f:
        keys = json.load(f)
    for n, entry in enumerate(keys["keys"], 9001):
        media.append(dict(media[0], mediaid=str(n), volumename=entry["volume"], encryptionkey=entry["key"]))
    tables["Pool"].append(dict(tables["Pool"][0], poolid="9001", name="Scratch"))
    databases.Postgres("postgres", os.environ["PSQL"]).must("DROP DATABASE IF EXISTS bareos;")
    databases.Postgres("postgres", os.environ["PSQL"]).must("CREATE DATABASE bareos ENCODING 'SQL_ASCII' TEMPLATE template0;")
    databases.Maria("mysql", os.environ["MARIADB"]).must("DROP DATABASE IF EXISTS bareos; CREATE DATABASE bareos;")
    for db in (databases.Postgres("bareos", os.environ["PSQL"]), databases.Maria("bareos", os.environ["MARIADB"]), databases.Sqlite("bareos.db")):
        db.must(databases.bareos_schema(db.kind, tables))
        db.load(tables)
    # As in Bareos, ids of new rows come by themselves.
    databases.Postgres("bareos", os.environ["PSQL"]).must(
        "CREATE SEQUENCE media_mediaid_seq START 10000; ALTER TABLE Media ALTER MediaId SET DEFAULT nextval('media_mediaid_seq');")


main()
