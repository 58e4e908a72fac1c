# SPDX-License-Identifier: GPL-3.0-or-later
"""The wrong catalog and the wrong map: each is refused, and nothing is changed, whatever the client does with errors."""

import os
import re

import xxhash

from worlds import said_once, unchanged, verdict, xflate


class Case:
    """What somebody did to the catalog, for the scripts of these forms to refuse.  between: only if it was done since the rows were
    asked for; else the rows tell of it, and what is made of them is right."""

    def __init__(self, what, sql, forms=("rows", "whole", "none"), between=False):
        self.what, self.sql, self.forms, self.between = what, sql, forms, between


def new_job(media, start, end):
    """A job of a session that no map knows, and its row."""
    return ("INSERT INTO Job (JobId, Job, Name, Type, Level, JobStatus, ClientId, SchedTime, VolSessionId, VolSessionTime)"
            " VALUES (9001, 'later.1', 'later', 'B', 'F', 'T', 1, '2026-11-30 12:00:00', 9, 1795359999);"
            "INSERT INTO JobMedia (JobMediaId, JobId, MediaId, FirstIndex, LastIndex, StartFile, EndFile, StartBlock, EndBlock, VolIndex)"
            " VALUES (9001, 9001, %s, 1, 5, 0, 0, %d, %d, 1);" % (media, start, end))


def cases(world, media, rows, size):
    """media: MediaId.  rows: those of it with files, in order.  size: of the old volume."""
    last, first = rows[-1], rows[0]
    on = "WHERE MediaId = %s" % media
    found = [
        Case("another size", "UPDATE Media SET VolBytes = VolBytes + 1 %s;" % on),
        Case("a job was appended since", new_job(media, size, size + 999) + "UPDATE Media SET VolBytes = VolBytes + 1000 %s;" % on),
        Case("a row of a job that is not in the map", new_job(media, 300, 400)),
        Case("it is to be recycled", "UPDATE Media SET VolStatus = 'Recycle' %s;" % on),
        Case("it was recycled and written anew", "DELETE FROM JobMedia %s; UPDATE Media SET VolBytes = 1300 %s;" % (on, on) +
             new_job(media, 300, 1299)),
        Case("the catalog has no volume of this name", "UPDATE Media SET VolumeName = 'other' %s;" % on),
        Case("its label is no native one", "UPDATE Media SET LabelType = 1 %s;" % on),
        Case("the last row was changed", "UPDATE JobMedia SET EndBlock = EndBlock + 1 WHERE JobMediaId = %s;" % last["jobmediaid"],
             ("rows", "whole")),
        Case("a row in the middle was changed", "UPDATE JobMedia SET StartBlock = StartBlock + 1 WHERE JobMediaId = %s;" % last["jobmediaid"],
             ("rows",), between=True),
        Case("a row tells of other files", "UPDATE JobMedia SET FirstIndex = FirstIndex + 1 WHERE JobMediaId = %s;" % first["jobmediaid"],
             ("rows", "whole")),
        Case("a row is gone", "DELETE FROM JobMedia WHERE JobMediaId = %s;" % last["jobmediaid"], ("rows", "whole")),
        Case("a row is there twice",
             "INSERT INTO JobMedia (JobMediaId, JobId, MediaId, FirstIndex, LastIndex, StartFile, EndFile, StartBlock, EndBlock, VolIndex)"
             " SELECT 9002, JobId, MediaId, FirstIndex, LastIndex, StartFile, EndFile, StartBlock, EndBlock, VolIndex FROM JobMedia"
             " WHERE JobMediaId = %s;" % last["jobmediaid"], ("rows",), between=True),
        Case("a job has another session", "UPDATE Job SET VolSessionId = 77 WHERE JobId = %s;" % first["jobid"], ("rows", "whole")),
    ]
    if world.product == "bareos":
        found += [
            Case("the catalog is one of Bacula", "UPDATE Version SET VersionId = 1024;"),
            Case("two volumes of this name", "INSERT INTO Media (MediaId, VolumeName, MediaType, VolStatus, VolBytes) SELECT 9001,"
                 " VolumeName, MediaType, VolStatus, VolBytes FROM Media %s;" % on),
            Case("a row of NDMP", "UPDATE JobMedia SET JobBytes = 17 WHERE JobMediaId = %s;" % first["jobmediaid"]),
        ]
    else:
        found += [
            Case("the catalog is one of Bareos", "UPDATE Version SET VersionId = 2250;"),
            Case("an aligned volume", "UPDATE Media SET VolABytes = 4096 %s;" % on),
            Case("a volume in the cloud", "UPDATE Media SET VolParts = 2 %s;" % on),
        ]
    return found


def guards(report, world, db, chain):
    """On the last volume of the chain; whatever is refused of one is refused of all."""
    name = world.names(chain)[-1]
    media = [row["mediaid"] for row in world.tables["Media"] if row["volumename"] == name][0]
    rows = sorted((row for row in world.tables["JobMedia"] if row["mediaid"] == media and int(row["firstindex"]) > 0),
                  key=lambda row: int(row["jobmediaid"]))
    for case in cases(world, media, rows, world.old[name].size):
        for form in case.forms:
            refused_by_script(report, world, db, chain, form, case)
        if not case.between:
            refused_by_rows(report, world, db, chain, case)
    both_ways(report, world, db, chain, media, world.new[name].size)


def refused_by_script(report, world, db, chain, form, case):
    """The script was made before; clients that stop at an error and such that do not."""
    db.load(world.tables)
    status, script, said = world.sql(db, form, [world.map[chain]])
    db.must(case.sql)
    before = db.dump()
    for lax in (False, True):
        faults = [] if status == 0 else [said]
        _, said = db.run(script, lax)
        faults += said_once(said, "REFUSED") + unchanged(before, db.dump())
        report.check("%s, %s, %s, %s%s: refused: %s" % (world.name, db.kind, chain, form, ", a client that goes on" if lax else "", case.what), faults)


def refused_by_rows(report, world, db, chain, case):
    """It was so already when the rows were asked for.  What they do not tell, the script finds."""
    db.load(world.tables)
    db.must(case.sql)
    before = db.dump()
    status, script, said = world.sql(db, "rows", [world.map[chain]])
    if status == 0:
        _, said = db.run(script)
        faults = said_once(said, "REFUSED")
    else:
        faults = [] if status == 1 and not script and re.search("^xflate: ", said) else [status, script, said]
    report.check("%s, %s, %s, rows: refused when asked: %s" % (world.name, db.kind, chain, case.what), faults + unchanged(before, db.dump()))


def both_ways(report, world, db, chain, media, size):
    """The way back: not before, and not when a job is in the new volume alone."""
    undo = os.path.join(world.work, "undo.sql")
    for form in ("rows", "whole"):
        title = "%s, %s, %s, %s: " % (world.name, db.kind, chain, form)
        db.load(world.tables)
        _, script, _ = world.sql(db, form, [world.map[chain]], undo)
        with open(undo, encoding="utf-8") as f:
            back = f.read()
        before = db.dump()
        _, said = db.run(back, lax=True)
        report.check(title + "the way back of what was not done changes nothing", said_once(said, "already applied") + unchanged(before, db.dump()))
        db.run(script)
        db.must(new_job(media, size, size + 999) + "UPDATE Media SET VolBytes = VolBytes + 1000 WHERE MediaId = %s;" % media)
        before = db.dump()
        for text, lax in ((back, False), (back, True), (script, True)):
            _, said = db.run(text, lax)
            report.check(title + "appended since: %s is refused" % ("the way back" if text is back else "the way there"),
                         said_once(said, "REFUSED") + unchanged(before, db.dump()))


# --- maps ---

def summed(text):
    """With the checksum that such a map has."""
    return text + "xxh64\t%s\n" % xxhash.xxh64(text.encode()).hexdigest()


def wrong_maps(report, world, db, chain, other):
    """No script is made of them; db is one that has not changed since the conversion."""
    with open(world.map[chain], encoding="utf-8") as f:
        text = f.read()
    body = text[:text.rindex("xxh64\t")]
    middle = body.index("\n", len(body) // 2)
    flipped = body.replace("\t1\n", "\t2\n", 1) if "\t1\n" in body[20:] else body.replace("9", "8", 1)
    name = world.names(chain)[0]
    wrong = {
        "a digit is another one": flipped + text[len(body):],
        "it is cut in the middle": text[:middle + 1],
        "it is cut in a line": text[:middle - 3],
        "its last line is missing": body,
        "it is empty": "",
        "something stands behind it": text + "new\t1\t2\t3\t4\t5\t6\t7\n",
        "it has the volume twice": summed(body + body[body.index("volume\t"):]),
        "a volume has a name that no director allows": summed(body.replace("\t%s\t" % name, "\tvol'; DROP TABLE Media; --\t", 1)),
        "it is of a later version": summed(body.replace("xflate-map\t", "xflate-map\t9", 1)),
        "it is no map": "SELECT 1;\n",
    }
    for what, content in wrong.items():
        path = os.path.join(world.work, "wrong.map")
        with open(path, "w", encoding="utf-8") as f:
            f.write(content)
        refuses(report, world, db, chain, "a map: " + what, [path])
    refuses(report, world, db, chain, "the same map twice", [world.map[chain], world.map[chain]])
    renamed = os.path.join(world.work, "renamed.map")
    with open(world.map[other], encoding="utf-8") as f:
        text = f.read()
    with open(renamed, "w", encoding="utf-8") as f:
        f.write(summed(text[:text.rindex("xxh64\t")].replace(world.names(other)[0] + "\t", name + "\t")))
    refuses(report, world, db, chain, "a map that does not go on where another one ends", [world.map[chain], renamed])
    another_volume(report, world, db, chain, renamed)


def refuses(report, world, db, chain, what, maps):
    for form in ("whole", "none"):
        undo = os.path.join(world.work, "undo.sql")
        status, script, said = world.sql(db, form, maps, undo)
        faults = [] if status in (1, 2, 3) and not script and re.search("^xflate: ", said) else [status, script[:300], said]
        report.check("%s, %s, %s, %s: no script of %s" % (world.name, db.kind, chain, form, what),
                     faults + (["there is a way back"] if os.path.exists(undo) else []))


def another_volume(report, world, db, chain, renamed):
    """A map of another volume that has this one's name."""
    for form in ("rows", "whole", "none"):
        db.load(world.tables)
        before = db.dump()
        status, script, said = world.sql(db, form, [renamed])
        if status == 0:
            _, said = db.run(script, lax=True)
        faults = said_once(said, "REFUSED") if status == 0 else [] if status == 1 and not script else [status, said]
        report.check("%s, %s, %s, %s: refused: the map of another volume of this name" % (world.name, db.kind, chain, form),
                     faults + unchanged(before, db.dump()))


def damaged_run(report, world, db, chain):
    """The run that wrote the map lost something: exit status 3."""
    name = world.names(chain)[-1]
    folder = os.path.join(world.work, "damaged")
    os.makedirs(folder, exist_ok=True)
    paths = []
    for path in world.chains[chain]:
        with open(path, "rb") as f:
            data = bytearray(f.read())
        if os.path.basename(path) == name:
            data[len(data) // 2] ^= 1
        paths.append(os.path.join(folder, os.path.basename(path)))
        with open(paths[-1], "wb") as f:
            f.write(data)
    for how in ("skip", "keep"):
        target = os.path.join(folder, how + ".map")
        out = os.path.join(folder, "new-" + how)
        os.makedirs(out, exist_ok=True)
        status, _, said = xflate(["filter", "-q", "-i", "--on-damage=" + how, "--map", target,
                                  "-o", out if len(paths) > 1 else os.path.join(out, name)] + paths)
        report.check("%s, %s: --on-damage=%s ends with exit status 3" % (world.name, chain, how), [] if status == 3 else [status, said])
        refuses(report, world, db, chain, "a map of --on-damage=%s" % how, [target])


def half_a_chain(report, world, db, chain):
    """One volume of a chain is wrong: nothing of the other is changed."""
    first, last = world.names(chain)[0], world.names(chain)[-1]
    for wrong in (first, last):
        case = Case("%s of the chain has another size" % wrong, "UPDATE Media SET VolBytes = VolBytes + 1 WHERE VolumeName = '%s';" % wrong)
        for form in case.forms:
            refused_by_script(report, world, db, chain, form, case)


def two_chains(report, world, db, right, wrong):
    """Chains stand for themselves: one is refused, the other changed."""
    db.load(world.tables)
    _, script, _ = world.sql(db, "whole", [world.map[wrong], world.map[right]])
    db.must("UPDATE Media SET VolBytes = VolBytes + 1 WHERE VolumeName = '%s';" % world.names(wrong)[0])
    before = db.dump()
    _, said = db.run(script, lax=True)
    faults = [] if verdict(said) == ["REFUSED", "changed"] else [said[-600:]]
    report.check("%s, %s: of two chains one is refused, the other changed" % (world.name, db.kind),
                 faults + world.wrong(right, "whole", before, db.dump(), world.new))
