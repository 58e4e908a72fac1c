# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalogs and volumes that no daemon was asked for: a row for each block, addresses of terabytes, tapes."""

import os

from blocks import Block
from guards import summed
from worlds import World, said_once, unchanged

SESSIONS = ((5, 1795360001), (6, 1795360001))


class Laid:
    """A volume of which only the places of its blocks are known.  tape: an address is a tape file and a block in it."""

    def __init__(self, label_end, blocks, tape=False):
        self.tape, self.label = tape, Block(0, label_end, (0, 0))
        self.blocks = [self.label] + blocks
        self.size = blocks[-1].end + 1
        self.sessions = {}
        for block in blocks:
            self.sessions.setdefault(block.session, []).append(block)

    @property
    def files(self):
        return (self.blocks[-1].end >> 32) + 1 if self.tape else self.size >> 32


def data(start, end, session, first, last):
    block = Block(start, end, session)
    block.first, block.last = first, last
    return block


FILES = 20


def files_of(k, blocks):
    """First and last FileIndex in the k-th of so many blocks of a session: what ends in one block began in the one before."""
    return k * FILES // blocks + 1, min((k + 1) * FILES // blocks + 1, FILES)


def in_turn(count, base, length):
    """Blocks of two sessions in turn."""
    return [data(base + i * length, base + (i + 1) * length - 1, SESSIONS[i % 2], *files_of(i // 2, count // 2)) for i in range(count)]


def on_tape(count, per_file):
    places = [((i // per_file) << 32) + i % per_file + (i < per_file) for i in range(count)]
    return [data(p, p, SESSIONS[i % 2], *files_of(i // 2, count // 2)) for i, p in enumerate(places)]


def map_text(name, old, new):
    """Of version 2; docs/map-format.md."""
    kind = ["tape" if side.tape else "file" for side in (old, new)]
    lines = ["xflate-map\t2", "volume\t%s\t%s\t%s\t%s\t1" % (name, kind[0], name, kind[1]), "label\tbareos\tFile\tPool\t1795351000"]
    for word, side in (("old", old), ("new", new)):
        for number, b in enumerate(side.blocks):
            lines.append("%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t1" % (word, b.start, b.end, *b.session, number, b.first or 0, b.last or 0))
    for session in SESSIONS:
        numbers = []
        for side in (old, new):
            blocks = side.sessions[session]
            numbers += [blocks[0].start, blocks[-1].end, min(b.first for b in blocks), max(b.last for b in blocks), len(blocks)]
        lines.append("session\t%d\t%d\t0\t\t%s" % (*session, "\t".join(map(str, numbers))))
    lines += ["form\told\tBB02\t64512\tnone\t-", "form\tnew\tBB02\t64512\tnone\t-", "damage\t0"]
    lines.append("end\t%d\t%d\t%d\t%d\t%d\t%d" % (old.size, new.size, len(old.blocks), len(new.blocks), old.files, new.files))
    return summed("\n".join(lines) + "\nexit\t0\n")


def rows_of(volume, media, pieces):
    """As a storage daemon writes them: each session in so many rows."""
    rows = []
    for job, session in enumerate(SESSIONS, 1):
        blocks = volume.sessions[session]
        step = -(-len(blocks) // pieces)
        for k in range(0, len(blocks), step):
            part = blocks[k:k + step]
            values = (media * 1000 + len(rows), job, media, part[0].first, part[-1].last, part[0].start >> 32, part[-1].end >> 32,
                      part[0].start & 0xFFFFFFFF, part[-1].end & 0xFFFFFFFF, 0, k + 1)
            rows.append(dict(zip(("jobmediaid", "jobid", "mediaid", "firstindex", "lastindex", "startfile", "endfile", "startblock",
                                  "endblock", "jobbytes", "volindex"), map(str, values))))
    return rows


def laid_world(name, like, work, volumes, media):
    """volumes: Volume Name -> old and new side, each with five rows a session.  like: a world whose catalog has the columns."""
    tables = {table: list(rows) for table, rows in like.tables.items()}
    tables["Job"] = [dict(tables["Job"][0], jobid=str(i), job="job.%d" % i, volsessionid=str(s[0]), volsessiontime=str(s[1]))
                     for i, s in enumerate(SESSIONS, 1)]
    tables["Media"], tables["JobMedia"] = [], []
    world = World(name, like.product, tables, {}, work)
    for number, (volume, (old, new)) in enumerate(volumes.items(), 1):
        tables["Media"].append(dict(like.tables["Media"][0], mediaid=str(number), volumename=volume, volbytes=str(old.size), volfiles=str(old.files),
                                    volblocks=str(len(old.blocks) - 1), endfile=str(old.blocks[-1].end >> 32),
                                    endblock=str(old.blocks[-1].end & 0xFFFFFFFF), **media))
        tables["JobMedia"] += rows_of(old, number, 5)
        world.chains[volume] = [volume]
        world.old[volume], world.new[volume] = old, new
        world.map[volume] = os.path.join(work, volume + ".map")
        with open(world.map[volume], "w", encoding="utf-8") as f:
            f.write(map_text(volume, old, new))
    return world


def terabytes(like, work):
    """Rows on both sides of 4 GiB, and addresses of 12 TB."""
    old, new = Laid(199, in_turn(40, 200, 1 << 28)), Laid(199, in_turn(30, 200, (1 << 28) + 4096))
    far = Laid(199, in_turn(40, 12 << 40, 64512)), Laid(199, in_turn(36, 11 << 40, 64512))
    return laid_world("Made, terabytes", like, work, {"giga": (old, new), "tera": far}, {})


def tape_to_disk(report, like, db, work):
    """The catalog says where the volume is now, and where it was."""
    old, new = Laid(0, on_tape(40, 10), tape=True), Laid(199, in_turn(40, 200, 30000))
    where = {"mediatype": "LTO", "storageid": "2", "slot": "7", "inchanger": "1", "labeltype": "1"}
    world = laid_world("Made, tape to disk", like, work, {"reel": (old, new)}, where)
    title = "%s, %s: " % (world.name, db.kind)
    db.load(world.tables)
    base = db.dump()
    undo = os.path.join(work, "undo.sql")
    status, script, said = world.sql(db, "rows", [world.map["reel"]])
    report.check(title + "no script without the new place", [] if status == 2 and not script else [status, said])
    extra = ["--media-type", "File", "--storage", base["Storage"][0]["name"]]
    _, script, _ = world.sql(db, "rows", [world.map["reel"]], undo, extra=extra)
    _, said = db.run(script)
    done = db.dump()
    want = dict(base["Media"][0], volbytes=str(new.size), volfiles="0", volblocks="40", endfile="0", endblock=str(new.size - 1), mediatype="File",
                storageid=base["Storage"][0]["storageid"], slot="0", inchanger="0", labeltype="0")
    faults = ["%s is %s, not %s" % (c, done["Media"][0][c], want[c]) for c in want if done["Media"][0][c] != want[c]]
    faults += world.wrong("reel", "rows", dict(base, Media=done["Media"]), done, world.new)
    report.check(title + "rows of the file, and where it is", said_once(said, "changed") + faults)
    with open(undo, encoding="utf-8") as f:
        _, said = db.run(f.read())
    report.check(title + "the way back", said_once(said, "changed") + unchanged(base, db.dump()))


def row_a_block(like, work):
    """More rows than there will be blocks: those too many go, and come again on the way back."""
    volume = like.old["vol-multi"]
    media = [row["mediaid"] for row in like.tables["Media"] if row["volumename"] == "vol-multi"][0]
    tables = {table: list(rows) for table, rows in like.tables.items()}
    jobs = {(int(j["volsessionid"]), int(j["volsessiontime"])): j["jobid"] for j in tables["Job"]}
    tables["JobMedia"] = [row for row in tables["JobMedia"] if row["mediaid"] != media]
    for number, block in enumerate(b for b in volume.blocks[1:] if b.first is not None):
        values = (5000 + number, jobs[block.session], media, block.first, block.last, 0, 0, block.start, block.end, 0, number + 1)
        tables["JobMedia"].append(dict(zip(("jobmediaid", "jobid", "mediaid", "firstindex", "lastindex", "startfile", "endfile", "startblock",
                                            "endblock", "jobbytes", "volindex"), map(str, values))))
    world = World("Bareos, a row for each block", "bareos", tables, {"vol-multi": like.chains["vol-multi"]}, work)
    world.convert(["-r", "gzip:9"])
    return world


def larger_blocks(like, work):
    """A device takes no blocks that are longer than MaxBlockSize says, if it says anything."""
    tables = dict(like.tables, Media=[dict(row, maxblocksize="64512") if row["volumename"] == "vol-multi" else row for row in like.tables["Media"]])
    world = World("Bareos, longer blocks", "bareos", tables, {"vol-multi": like.chains["vol-multi"]}, work)
    world.convert(["-i", "--max-block", "1M"])
    return world
