#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""prove.py [--no-guards] WORLD DATABASE... - the rows of a real catalog, and what xflate catalog makes of them: right, or refused and unchanged.

WORLD: "bareos", whose catalog and volumes are bundled ($VOLUMES is what tests/prepare unpacked); or a folder with "orig", volumes that
a Bacula wrote, and "tables.json", its catalog before any conversion ($SCHEMAS is a folder with Bacula's schemas).
DATABASE: sqlite, postgresql, mysql; the last two by the clients $PSQL and $MARIADB, which find their servers.
XFLATE is the program under test.  Prints TAP.

prove.py --export FOLDER sqlite FILE, prove.py --export FOLDER postgresql NAME - makes tables.json.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attacks  # noqa: E402
import databases  # noqa: E402
import guards  # noqa: E402
import made  # noqa: E402
from worlds import FORMS, World, said_once, unchanged  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Report:
    def __init__(self):
        self.count = self.failures = 0

    def check(self, text, faults):
        """faults: what is wrong, a list."""
        self.count += 1
        self.failures += bool(faults)
        print("%sok - %s" % ("not " if faults else "", text))
        for fault in faults[:10]:
            for line in str(fault).splitlines()[:8]:
                print("#   %s" % line[:300])
        sys.stdout.flush()

    def plan(self):
        print("1..%d" % self.count)
        return 1 if self.failures else 0


def right(report, world, db, chain, form):
    """Applied, applied again, checked, undone, undone again."""
    title = "%s, %s, %s, %s: " % (world.name, db.kind, chain, form)
    undo = os.path.join(world.work, "undo.sql")
    maps = [world.map[chain]]
    db.load(world.tables)
    base, tables = db.dump(), db.tables()
    status, script, said = world.sql(db, form, maps, undo)
    report.check(title + "there is a script", [] if status == 0 else [said])
    if status != 0:
        return None
    _, said = db.run(script)
    done = db.dump()
    report.check(title + "rows as reading the new volumes gives them", said_once(said, "changed") + world.wrong(chain, form, base, done, world.new) +
                 (["it leaves a table behind"] if db.tables() != tables else []))
    # Of a label alone there is nothing to tell.
    told = "changed" if all(len(world.new[name].blocks) == 1 for name in world.names(chain)) else "already applied"
    _, said = db.run(script)
    report.check(title + "again: told as applied", said_once(said, told) + unchanged(done, db.dump()))
    with open(undo, encoding="utf-8") as f:
        back = f.read()
    _, said = db.run(back)
    undone = db.dump()
    report.check(title + "the way back", said_once(said, "changed") + world.wrong(chain, "whole", base, undone, world.old, exact=form == "rows"))
    _, said = db.run(back)
    report.check(title + "the way back again: told as applied", said_once(said, told) + unchanged(undone, db.dump()))
    return done


def verdicts(report, world, db, chain):
    """--check tells the three states by its exit status, and writes no script."""
    title = "%s, %s, %s: --check: " % (world.name, db.kind, chain)
    maps = [world.map[chain]]
    db.load(world.tables)
    for want, text in ((0, "ready"), (2, "applied")):
        status, out, said = world.sql(db, "rows", maps, extra=["--check"])
        report.check(title + text, [] if status == want and "UPDATE" not in out else [status, out, said])
        db.run(world.sql(db, "rows", maps)[1])
    db.must("UPDATE Media SET VolBytes = VolBytes + 1;")
    status, out, said = world.sql(db, "rows", maps, extra=["--check"])
    report.check(title + "refused", [] if status == 1 and "UPDATE" not in out else [status, out, said])


def same_everywhere(report, world, chain, form, results):
    """The rows are the same texts in all databases."""
    kinds = sorted(results)
    faults = [kind for kind in kinds[1:] for table in ("JobMedia", "Media") if places(results[kind][table]) != places(results[kinds[0]][table])]
    report.check("%s, %s, %s: the same rows in %s" % (world.name, chain, form, ", ".join(kinds)), faults)


def places(rows):
    return [[row[c] for c in sorted(row) if row[c] is not None and c.startswith(("start", "end", "first", "last", "vol", "job", "media"))
             and "written" not in c and "date" not in c] for row in rows]


def prove_made(report, world, dbs):
    """What no daemon was asked for, in the tables of this world."""
    # Without the rows nobody knows what MaxBlockSize was: there the way back leaves it.
    for made_world, forms in ((made.terabytes, FORMS), (made.row_a_block, FORMS), (made.larger_blocks, ("rows",))):
        one = made_world(world, world.work)
        for chain in one.chains:
            for form in forms:
                results = {db.kind: right(report, one, db, chain, form) for db in dbs}
                if len(dbs) > 1 and all(results.values()):
                    same_everywhere(report, one, chain, form, results)
    for db in dbs:
        made.tape_to_disk(report, world, db, world.work)


def prove(report, world, dbs, guarded):
    for chain in world.chains:
        # Without the rows all chains are alike but for these.
        for form in FORMS if guarded or chain in (world.many_rows, world.long) else ("rows",):
            results = {db.kind: right(report, world, db, chain, form) for db in dbs}
            if len(dbs) > 1 and all(results.values()):
                same_everywhere(report, world, chain, form, results)
    if not guarded:
        return
    for db in dbs:
        verdicts(report, world, db, world.other)
        guards.guards(report, world, db, world.many_rows)
        attacks.attacks(report, world, db, world.many_rows)
        guards.half_a_chain(report, world, db, world.long)
        guards.two_chains(report, world, db, world.many_rows, world.other)
    # Maps are the same for all databases.
    guards.wrong_maps(report, world, dbs[0], world.many_rows, world.other)
    guards.damaged_run(report, world, dbs[0], world.many_rows)


# --- the worlds ---

def bareos(work):
    volumes = os.path.join(os.environ["VOLUMES"], "bareos")
    multi = os.path.join(work, "vol-checkpoint-multi")
    with open(multi, "wb") as f:
        subprocess.run(["xz", "-dc", os.path.join(HERE, "bareos", "vol-checkpoint-multi.xz")], stdout=f, check=True)
    names = ("vol-append", "vol-multi", "vol-none", "vol-gzip6", "vol-nochecksum", "vol-sparse-lz4", "OUT1")
    chains = {name: [os.path.join(volumes, name)] for name in names}
    chains["vol-checkpoint-multi"] = [multi]
    chains["vol-span"] = [os.path.join(volumes, "vol-span-gzip6-%d" % n) for n in (1, 2)]
    world = World("Bareos", "bareos", databases.bareos_rows(os.path.join(HERE, "bareos")), chains, work)
    world.many_rows, world.other, world.long = "vol-checkpoint-multi", "vol-append", "vol-span"
    return world


def bacula(folder, work):
    """Volumes of a chain are named alike, but for the number at their end."""
    with open(os.path.join(folder, "tables.json"), encoding="utf-8") as f:
        tables = json.load(f)
    chains = {}
    for name in sorted(os.listdir(os.path.join(folder, "orig"))):
        chains.setdefault(name.rsplit("-", 1)[0], []).append(os.path.join(folder, "orig", name))
    world = World("Bacula %s" % tables["Version"][0]["versionid"], "bacula", tables, chains, work)
    world.many_rows, world.other, world.long = "rows", "seq", "span"
    return world


def export(folder, kind, name):
    db = databases.Sqlite(name) if kind == "sqlite" else databases.Postgres(name, os.environ["PSQL"])
    with open(os.path.join(folder, "tables.json"), "w", encoding="utf-8") as f:
        json.dump(db.dump(), f)


def opened(kind, work, world):
    """An empty catalog of a name of its own."""
    name = re.sub(r"\W", "", os.path.basename(work)).lower()
    if kind == "sqlite":
        db = databases.Sqlite(os.path.join(work, "catalog"))
    elif kind == "postgresql":
        databases.Postgres("postgres", os.environ["PSQL"]).must("CREATE DATABASE %s ENCODING 'SQL_ASCII' TEMPLATE template0;" % name)
        db = databases.Postgres(name, os.environ["PSQL"])
    else:
        databases.Maria("mysql", os.environ["MARIADB"]).must("CREATE DATABASE %s;" % name)
        db = databases.Maria(name, os.environ["MARIADB"])
    if world.product == "bareos":
        db.must(databases.bareos_schema(kind, world.tables))
    else:
        with open(os.path.join(os.environ["SCHEMAS"], kind), encoding="utf-8") as f:
            db.must(f.read())
    return db


def main():
    if sys.argv[1] == "--export":
        return export(*sys.argv[2:])
    guarded = sys.argv[1] != "--no-guards"
    if not guarded:
        del sys.argv[1]
    report = Report()
    work = tempfile.mkdtemp(prefix="xflate-prove.")
    try:
        world = bareos(work) if sys.argv[1] == "bareos" else bacula(os.path.abspath(sys.argv[1]), work)
        world.convert(["-r", "gzip:1"])
        dbs = [opened(kind, work, world) for kind in sys.argv[2:]]
        prove(report, world, dbs, guarded)
        if sys.argv[1] == "bareos":
            prove_made(report, world, dbs)
    finally:
        shutil.rmtree(work)
    return report.plan()


if __name__ == "__main__":
    sys.exit(main())
