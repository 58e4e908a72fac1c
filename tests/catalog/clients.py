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

import xxhash

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


# --- catalogs that changed between the question and the script ---

def ask(w, keep=lambda line: True):
    """The answer, as somebody edited it."""
    db = sqlite3.connect(w.path)
    path = os.path.join(w.work, "asked")
    with open(path, "w", encoding="utf-8") as f:
        for row in db.execute(w.xflate(["catalog", "rows", w.map])):
            line = "|".join(map(str, row)) + "\n"
            f.write(line if keep(line) else "")
    db.close()
    return ["--rows", path]


def change(w, sql):
    db = sqlite3.connect(w.path)
    db.executescript(sql)
    db.close()


def jobs_that_come_back(w):
    """Rows of jobs that were gone when they were asked for are left alone; such jobs are not back since."""
    w.fresh()
    change(w, "CREATE TABLE Gone AS SELECT * FROM Job; DELETE FROM Job")
    script = w.script(*ask(w))
    change(w, "INSERT INTO Job SELECT * FROM Gone")
    w.expect("jobs that came back", script, "REFUSED")


def cut_answer(w):
    """Without the lines of jobs, all else of the answer stays."""
    w.fresh()
    answer = ask(w, lambda line: "xflate-job" not in line)[1]
    volumes = [os.path.join(os.environ["VOLUMES"], "bareos", name) for name in SPAN]
    for arguments in (["sql", "--check", "--rows", answer, w.map], ["check", "--rows", answer, *volumes]):
        done = subprocess.run([os.environ["XFLATE"], "catalog", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        w.check("an answer without its jobs: %s" % arguments[0], done.returncode == 1 and b"not the whole answer" in done.stderr, [str(done)])


def another_volume(w):
    w.fresh()
    change(w, "DELETE FROM JobMedia")
    script = w.script(*ask(w))
    change(w, "UPDATE Media SET MediaId = MediaId + 100000")
    w.expect("a volume that has another MediaId", script, "REFUSED")


def unknown_storage(w, form):
    w.fresh()
    script = w.script("--storage", "Disk", "--media-type", "File", *form)
    w.expect("a storage that the catalog does not have", script, "REFUSED")
    change(w, "INSERT INTO Storage (StorageId, Name) VALUES (777, 'Disk')")
    w.expect("a storage that it has", script, "changed", changed=True)


def way_back_of_a_move(w):
    """A map does not know which storage a volume had."""
    undo = os.path.join(w.work, "undo.move")
    w.fresh()
    change(w, "INSERT INTO Storage (StorageId, Name) VALUES (777, 'Disk'); UPDATE Media SET MediaType = 'Bob''s \\ LTO'")
    was = w.dump()
    moved = ["--storage", "Disk", "--media-type", "Disk", "--undo", undo]
    done = subprocess.run([os.environ["XFLATE"], "catalog", "sql", *moved, w.map], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    w.check("another storage, the way back, and no rows", done.returncode == 2 and not done.stdout and not os.path.exists(undo), [str(done)])
    script = w.script(*moved, *ask(w))
    w.expect("another storage", script, "changed", changed=True)
    with open(undo, encoding="utf-8") as f:
        w.expect("and back", f.read(), "changed", changed=True)
    w.check("to the one that it had", was == w.dump())


def numbers_given_again(w):
    """More rows than blocks: some go; and a database gives their numbers to others."""
    undo = os.path.join(w.work, "undo")
    w.fresh()
    columns = "JobId, MediaId, FirstIndex, LastIndex, StartFile, EndFile, StartBlock, EndBlock, JobBytes, VolIndex"
    change(w, "".join("INSERT INTO JobMedia (JobMediaId, %s) SELECT %d, %s FROM JobMedia WHERE JobMediaId = 110;" % (columns, i, columns)
                      for i in range(1000, 1020)))
    was = w.dump()
    script = w.script("--undo", undo, *ask(w))
    with open(undo, encoding="utf-8") as f:
        back = f.read()
    for again in (False, True):
        w.expect("more rows than blocks", script, "changed", changed=True)
        if again:
            change(w, "INSERT INTO JobMedia (JobId, MediaId, FirstIndex, LastIndex) VALUES (3, 3, 1, 1)")
        w.expect("the way back, numbers %s" % ("given again" if again else "free"), back, "REFUSED" if again else "changed", changed=not again)
        now = w.dump()
        w.check("as it was", again or was == now, [str(r) for t in was for r in zip(was[t], now[t]) if r[0] != r[1]])


def block_size_since(w):
    """MaxBlockSize is raised, and goes back unless somebody has set it since."""
    undo = os.path.join(w.work, "undo.size")
    w.fresh()
    change(w, "UPDATE Media SET MaxBlockSize = 1000 WHERE MediaId = 51")
    script = w.script("--undo", undo, *ask(w))
    with open(undo, encoding="utf-8") as f:
        back = f.read()
    for since, want in ((64512, 1000), (999999, 999999)):
        w.expect("a larger block", script, "changed", changed=True)
        change(w, "UPDATE Media SET MaxBlockSize = %d WHERE MediaId = 51" % since)
        w.expect("back, with MaxBlockSize %d since" % since, back, "changed", changed=True)
        db = sqlite3.connect(w.path)
        is_now = db.execute("SELECT MaxBlockSize FROM Media WHERE MediaId = 51").fetchone()[0]
        db.close()
        w.check("it is %d then" % want, is_now == want, [str(is_now)])


def session_of_another_volume(w):
    """Rows on a volume, of a job whose blocks are on another one of the chain alone."""
    w.fresh()
    with open(w.map, encoding="utf-8") as f:
        text = f.read()
    # A session of 54's blocks on the second volume, for another job.
    second = text.index("volume\tvol-span-gzip6-2")
    body = text[:second] + text[second:text.rindex("xxh64\t")].replace("\t54\t1795351262\t", "\t10\t1795351262\t")
    path = os.path.join(w.work, "other.map")
    with open(path, "w", encoding="utf-8") as f:
        f.write(body + "xxh64\t%s\n" % xxhash.xxh64(body.encode()).hexdigest())
    change(w, "UPDATE JobMedia SET JobId = 10 WHERE MediaId IN (51, 53)")
    w.expect("rows of a job that is on another volume of the chain", w.script(maps=[path]), "REFUSED")
    change(w, "UPDATE JobMedia SET JobId = 54 WHERE MediaId = 51")
    w.expect("rows of each job on its volume", w.script(maps=[path]), "changed", changed=True)


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
            unknown_storage(w, form)
        jobs_that_come_back(w)
        cut_answer(w)
        another_volume(w)
        way_back_of_a_move(w)
        numbers_given_again(w)
        block_size_since(w)
        session_of_another_volume(w)
    finally:
        shutil.rmtree(work)
    print("1..%d" % w.count)
    return 1 if w.failures else 0


if __name__ == "__main__":
    sys.exit(main())
