#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""clients.py - what happens between the statements of a script of xflate catalog sql, with a client that goes on after errors.

SQLite, from Python: a client of our own, which can do anything before any statement.  $VOLUMES is what tests/prepare unpacked, XFLATE
the program under test.  Prints TAP.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import databases

HERE = os.path.dirname(os.path.abspath(__file__))
SPAN = ("vol-span-gzip6-1", "vol-span-gzip6-2")


def statements(text):
    """At each semicolon, whatever stands before it: as simple as clients are."""
    text = "".join(line for line in text.splitlines(True) if not line.startswith("--"))
    return [s.strip() for s in text.split(";") if s.strip()]


class World:
    def __init__(self, work):
        self.work, self.count, self.failures = work, 0, 0
        self.path = os.path.join(work, "catalog")
        os.mkdir(os.path.join(work, "new"))
        self.map = os.path.join(work, "map")
        volumes = [os.path.join(os.environ["VOLUMES"], "bareos", name) for name in SPAN]
        self.xflate(["filter", "-q", "-r", "lz4", "--map", self.map, "-o", os.path.join(work, "new"), *volumes])
        self.fresh()
        query = self.xflate(["catalog", "rows", self.map])
        self.rows = os.path.join(work, "rows")
        with sqlite3.connect(self.path) as db, open(self.rows, "w", encoding="utf-8") as f:
            for row in db.execute(query):
                f.write("|".join(map(str, row)) + "\n")
        db.close()

    def xflate(self, arguments):
        return subprocess.run([os.environ["XFLATE"], *arguments], stdout=subprocess.PIPE, check=True).stdout.decode()

    def fresh(self):
        """The catalog as it was."""
        if os.path.exists(self.path):
            os.remove(self.path)
        db = sqlite3.connect(self.path)
        tables = {name: databases.read_csv(os.path.join(HERE, "bareos", name.lower() + ".csv")) for name in databases.TABLES[1:]}
        tables["Version"] = [{"versionid": "2250"}]
        db.executescript(databases.bareos_schema("sqlite", tables))
        for name, rows in tables.items():
            marks = ", ".join("?" * len(rows[0]))
            db.executemany("INSERT INTO %s VALUES (%s)" % (name, marks), [list(row.values()) for row in rows])
        db.commit()
        db.close()

    def dump(self):
        db = sqlite3.connect(self.path)
        found = {table: db.execute("SELECT * FROM %s" % table).fetchall() for table in ("Job", "Media", "JobMedia")}
        db.close()
        return found

    def script(self, *arguments, maps=None):
        text = self.xflate(["catalog", "sql", "--database", "sqlite", *arguments, *(maps or [self.map])])
        return text.replace("busy_timeout = 10000", "busy_timeout = 20")

    def run(self, script, before=lambda statement: None):
        """The client.  Returns what a script says at its end."""
        db = sqlite3.connect(self.path, isolation_level=None)
        said = []
        for statement in statements(script):
            before(statement)
            try:
                said += [str(row[0]) for row in db.execute(statement)]
            except sqlite3.Error as e:
                said.append("error: %s" % e)
        db.close()
        return [line for line in said if line.startswith("xflate:")], said

    def check(self, text, good, said=()):
        self.count += 1
        self.failures += not good
        print("%sok - %s" % ("" if good else "not ", text))
        for line in () if good else said:
            print("#   %s" % line)

    def expect(self, text, script, want, before=lambda statement: None, changed=False):
        """changed: all of it, or nothing."""
        was = self.dump()
        verdict, said = self.run(script, before)
        self.check(text + ": says so", len(verdict) == 1 and re.match("xflate: " + want, verdict[0]) is not None, said)
        self.check(text + ": " + ("changed" if changed else "unchanged"), (was != self.dump()) == changed, said)


def busy_at_the_beginning(w, form):
    """Somebody writes for longer than the script waits, and ends when some of the changes have failed."""
    w.fresh()
    other = sqlite3.connect(w.path, isolation_level=None)
    seen = []

    def before(statement):
        if statement.startswith("BEGIN"):
            other.execute("BEGIN IMMEDIATE")
        seen.extend(["UPDATE"] if statement.startswith("UPDATE") else [])
        if len(seen) == 2 and other.in_transaction:
            other.execute("COMMIT")

    w.expect("somebody writes, until the second change", w.script(*form), "REFUSED", before)
    other.close()


def reader_at_the_end(w, form):
    """A reader keeps a transaction of others from its end, if it can read at all by then."""
    w.fresh()
    reader = sqlite3.connect(w.path, isolation_level=None, timeout=0.02)
    was = w.dump()

    def before(statement):
        if statement == "COMMIT":
            reader.execute("BEGIN")
            try:
                reader.execute("SELECT * FROM Media").fetchall()
            except sqlite3.OperationalError:
                pass

    verdict, said = w.run(w.script(*form), before)
    reader.close()
    w.check("a reader at the end: what is said is what became of it", len(verdict) == 1 and ("changed" in verdict[0].split(",")[0]) == (was != w.dump()), said)


def error_before_the_end(w, form):
    """Whatever made it end without its changes."""
    w.fresh()
    w.expect("rolled back", w.script(*form).replace("COMMIT;", "ROLLBACK;", 1), "FAILED")
    w.expect("not committed", w.script(*form).replace("COMMIT;", "", 1), "FAILED")


def main():
    work = tempfile.mkdtemp(prefix="xflate-clients.")
    try:
        w = World(work)
        for form in (["--rows", w.rows], [], ["--no-addresses"]):
            w.fresh()
            script = w.script(*form)
            w.expect("there: %s" % form[:1], script, "changed", changed=True)
            w.expect("there again: %s" % form[:1], script, "already applied")
            busy_at_the_beginning(w, form)
            reader_at_the_end(w, form)
            error_before_the_end(w, form)
    finally:
        shutil.rmtree(work)
    print("1..%d" % w.count)
    return 1 if w.failures else 0


if __name__ == "__main__":
    sys.exit(main())
