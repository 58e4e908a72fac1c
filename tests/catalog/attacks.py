# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors in the middle of a script, and what others write between: all of a change or nothing of it, and it says which."""

import os
import sqlite3
import subprocess
import time

import made
from worlds import said_once, unchanged, verdict

# An error in the last change of a script, as a full disk or a missing right is.
BREAKS = {
    "sqlite": ("CREATE TRIGGER broken BEFORE UPDATE ON Media BEGIN SELECT RAISE(ABORT, 'broken'); END;", "DROP TRIGGER broken;"),
    "mysql": ("DELIMITER //\nCREATE TRIGGER broken BEFORE UPDATE ON Media FOR EACH ROW BEGIN SIGNAL SQLSTATE '45000'; END//\nDELIMITER ;\n",
              "DROP TRIGGER broken;"),
    "postgresql": ("CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql;"
                   "CREATE TRIGGER broken BEFORE UPDATE ON Media FOR EACH ROW EXECUTE FUNCTION broken();",
                   "DROP TRIGGER broken ON Media; DROP FUNCTION broken();"),
}


def attacks(report, world, db, chain):
    for form in ("rows", "whole"):
        error_in_a_change(report, world, db, chain, form)
        written_back(report, world, db, chain, form)
        if db.kind == "sqlite":
            locked(report, world, db, chain, form)
    quoted_media_type(report, world, db)


def error_in_a_change(report, world, db, chain, form):
    for lax in (False, True):
        db.load(world.tables)
        _, script, _ = world.sql(db, form, [world.map[chain]])
        db.must(BREAKS[db.kind][0])
        before = db.dump()
        _, said = db.run(script, lax)
        faults = unchanged(before, db.dump()) + (["it says that it has changed something"] if "changed" in verdict(said) else [])
        db.must(BREAKS[db.kind][1])
        report.check("%s, %s, %s, %s%s: an error in a change: nothing is changed" %
                     (world.name, db.kind, chain, form, ", a client that goes on" if lax else ""), faults)


def locked(report, world, db, chain, form):
    """Somebody writes when the script begins, for longer than it waits, and has done so in its middle."""
    db.load(world.tables)
    _, script, _ = world.sql(db, form, [world.map[chain]])
    script = script.replace("busy_timeout = 10000", "busy_timeout = 10")
    before = db.dump()
    places = [i for i in range(len(script)) if script.startswith("UPDATE JobMedia", i)]
    middle = places[len(places) // 2]
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    client = subprocess.Popen(db.client(True), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    client.stdin.write(script[:middle].encode())
    client.stdin.flush()
    time.sleep(1.5)
    other.execute("ROLLBACK")
    other.close()
    said = client.communicate(script[middle:].encode())[0].decode()
    faults = unchanged(before, db.dump()) + (["it says that it has changed something"] if "changed" in verdict(said) else [])
    report.check("%s, %s, %s, %s: no transaction at the beginning: nothing is changed" % (world.name, db.kind, chain, form), faults)


def written_back(report, world, db, chain, form):
    """A job that read the volume while the script ran has put the old size back: the script once more, or a new one, mends that."""
    name = world.names(chain)[-1]
    size = [row["volbytes"] for row in world.tables["Media"] if row["volumename"] == name][0]
    back = "UPDATE Media SET VolBytes = %s WHERE VolumeName = '%s';" % (size, name)
    db.load(world.tables)
    _, script, _ = world.sql(db, form, [world.map[chain]])
    db.must(script)
    done = db.dump()
    db.must(back)
    _, said = db.run(script)
    report.check("%s, %s, %s, %s: a reader wrote the old size back: the same script mends it" % (world.name, db.kind, chain, form),
                 said_once(said, "changed") + unchanged(done, db.dump()))
    db.load(done)
    db.must(back)
    status, script, said = world.sql(db, form, [world.map[chain]])
    _, said = db.run(script) if status == 0 else (status, said)
    report.check("%s, %s, %s, %s: a reader wrote the old size back: a new script mends it" % (world.name, db.kind, chain, form),
                 said_once(said, "changed") + unchanged(done, db.dump()))


def quoted_media_type(report, world, db):
    """A Media Type is any text; the way back has it from the catalog."""
    old, new = made.Laid(0, made.on_tape(40, 10), tape=True), made.Laid(199, made.in_turn(40, 200, 30000))
    tape = {"voltype": "2"} if world.product == "bacula" else {}
    one = made.laid_world("Made, an odd Media Type", world, world.work, {"reel": (old, new)}, dict(tape, mediatype="it's", storageid="2"))
    db.load(one.tables)
    base = db.dump()
    undo = os.path.join(world.work, "undo.sql")
    _, script, _ = one.sql(db, "rows", [one.map["reel"]], undo, extra=["--media-type", "File", "--storage", base["Storage"][0]["name"]])
    db.run(script)
    with open(undo, encoding="utf-8") as f:
        _, said = db.run(f.read())
    report.check("%s, %s: the way back" % (one.name, db.kind), said_once(said, "changed") + unchanged(base, db.dump()))
