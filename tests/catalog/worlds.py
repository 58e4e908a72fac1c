# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalog, the volumes it knows, and what xflate catalog makes of both."""

import os
import re
import subprocess

from blocks import Volume, range_of
from databases import TABLES

WHOLE_FILE, WHOLE_BLOCK = 2147483647, 4294967295
FORMS = ("rows", "whole", "none")
# Of Media; all other columns stay.
SIZES = ("volbytes", "volfiles", "volblocks", "endfile", "endblock")


def xflate(arguments, text=None):
    """Returns status, standard output, standard error."""
    done = subprocess.run([os.environ["XFLATE"]] + arguments, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


class World:
    """tables: the catalog's rows as they were before any conversion.  chains: name -> paths of its volumes, in order."""

    def __init__(self, name, product, tables, chains, work):
        self.name, self.product, self.tables, self.chains, self.work = name, product, tables, chains, work
        self.old, self.new, self.map = {}, {}, {}
        os.makedirs(os.path.join(work, "new"), exist_ok=True)

    def convert(self, options):
        """Every chain, with its map; then self.new and self.old say where blocks are, by Volume Name."""
        for chain, paths in self.chains.items():
            self.map[chain] = self.convert_one(options, paths, chain + ".map")
            for path in paths:
                name = os.path.basename(path)
                self.old[name] = Volume(path)
                self.new[name] = Volume(os.path.join(self.work, "new", name))

    def convert_one(self, options, paths, name):
        folder, target = os.path.join(self.work, "new"), os.path.join(self.work, name)
        out = folder if len(paths) > 1 else os.path.join(folder, os.path.basename(paths[0]))
        status, _, said = xflate(["filter", "-q", "--force"] + options + ["--map", target, "-o", out] + paths)
        if status != 0:
            raise RuntimeError("xflate filter: %s" % said)
        return target

    def names(self, chain):
        return [os.path.basename(path) for path in self.chains[chain]]

    # --- what is asked of xflate ---

    def ask_rows(self, db, maps):
        """The file with the catalog's answer to `catalog rows`, or None and why."""
        status, query, said = xflate(["catalog", "rows", "--product", self.product] + maps)
        if status != 0:
            return None, said
        answer = os.path.join(self.work, "rows.%s" % db.kind)
        with open(answer, "w", encoding="utf-8") as f:
            f.write(db.must(query))
        return answer, ""

    def sql(self, db, form, maps, undo=None, rows=None, extra=()):
        """Status, script, what was said.  rows: an answer that was asked for before."""
        arguments = ["catalog", "sql", "--database", db.kind, "--product", self.product, *extra]
        if form == "rows":
            answer, said = (rows, "") if rows else self.ask_rows(db, maps)
            if answer is None:
                return 1, "", said
            arguments += ["--rows", answer]
        if form == "none":
            arguments += ["--no-addresses"]
        if undo:
            if os.path.exists(undo):
                os.remove(undo)
            arguments += ["--undo", undo]
        return xflate(arguments + maps)

    # --- what must come of it ---

    def session_of(self, job_id):
        for job in self.tables["Job"]:
            if job["jobid"] == job_id:
                return int(job["volsessionid"]), int(job["volsessiontime"])
        return None

    def wrong(self, chain, form, base, now, side, exact=False):
        """What is not as reading the volumes of this side says.  base, now: dumps from before and after; exact: rows as in base."""
        faults = []
        for table in TABLES:
            if table not in ("Media", "JobMedia") and now[table] != base[table]:
                faults.append("%s was changed" % table)
        ids = {}
        media_now = {row["mediaid"]: row for row in now["Media"]}
        for row in base["Media"]:
            if row["volumename"] in self.names(chain):
                ids[row["mediaid"]] = side[row["volumename"]]
            faults += self.wrong_media(row, media_now.get(row["mediaid"]), ids.get(row["mediaid"]), exact)
        before, after = by_job(base["JobMedia"]), by_job(now["JobMedia"])
        for key, rows in before.items():
            there = after.pop(key, [])
            if exact or key[0] not in ids:
                if there != rows:
                    faults.append("rows of JobId %s on MediaId %s were changed" % (key[1], key[0]))
            else:
                blocks = ids[key[0]].sessions[self.session_of(key[1])]
                faults += [("JobId %s: " % key[1]) + f for f in wrong_rows(form, rows, there, blocks)]
        return faults + ["rows of JobId %s on MediaId %s are new" % (key[1], key[0]) for key in after]

    @staticmethod
    def wrong_media(was, row, volume, exact):
        if row is None:
            return ["the row of %s is gone" % was["volumename"]]
        want = dict(was)
        if volume is not None and not exact:
            sizes = (volume.size, volume.size >> 32, len(volume.blocks) - 1, (volume.size - 1) >> 32, (volume.size - 1) & 0xFFFFFFFF)
            want.update(zip(SIZES, map(str, sizes)))
            # Of Bareos: a device takes no longer blocks than it says, if it says anything.
            longest = max(b.end - b.start + 1 for b in volume.blocks)
            if 0 < int(was.get("maxblocksize") or 0) < longest:
                want["maxblocksize"] = str(longest)
        return ["%s: %s is %s, not %s" % (was["volumename"], c, row[c], want[c]) for c in want if row[c] != want[c]]


def by_job(rows):
    """(MediaId, JobId) -> rows with files, in the order in which a director reads them."""
    found = {}
    for row in sorted(rows, key=lambda r: (int(r["volindex"]), int(r["jobmediaid"]))):
        if int(row["firstindex"]) > 0:
            found.setdefault((row["mediaid"], row["jobid"]), []).append(row)
    return found


def place(row):
    return (int(row["startfile"]) << 32 | int(row["startblock"]), int(row["endfile"]) << 32 | int(row["endblock"]),
            int(row["firstindex"]), int(row["lastindex"]))


PLACE = ("startfile", "startblock", "endfile", "endblock", "firstindex", "lastindex")


def wrong_rows(form, was, now, blocks):
    """Of one job on one volume, whose blocks these are."""
    data = [b for b in blocks if b.first is not None]
    faults = []
    if form == "rows":
        if len(now) != min(len(was), len(data)):
            return ["%d rows of %d, for %d blocks" % (len(now), len(was), len(data))]
        was = was[:len(now)]
    elif len(now) != len(was):
        return ["%d rows of %d" % (len(now), len(was))]
    start, end, first, last = range_of(blocks)
    for i, (a, b) in enumerate(zip(was, now)):
        changed = [c for c in a if a[c] != b[c] and c not in PLACE]
        if changed:
            faults.append("columns %s" % changed)
        at = place(b)
        if form == "whole" and at != (start, end) + place(a)[2:]:
            faults.append("row %d is %s, not %s" % (i, at, (start, end)))
        if form == "none" and at != (0, WHOLE_FILE << 32 | WHOLE_BLOCK) + place(a)[2:]:
            faults.append("row %d is %s" % (i, at))
    return faults + (wrong_partition([place(row) for row in now], blocks, (start, end, first, last)) if form == "rows" else [])


def wrong_partition(places, blocks, whole):
    """Rows as a storage daemon writes them: each from the first byte of a block of the job to the last byte of one, with the files of
    these blocks, one behind the other, and together all of them."""
    faults = []
    starts, ends = {b.start for b in blocks}, {b.end for b in blocks}
    if (places[0][0], places[-1][1]) != whole[:2]:
        faults.append("rows from %d to %d, blocks from %d to %d" % (places[0][0], places[-1][1], whole[0], whole[1]))
    seen = 0
    for i, (start, end, first, last) in enumerate(places):
        inside = [b for b in blocks if start <= b.start and b.end <= end and b.first is not None]
        seen += len(inside)
        if start not in starts or end not in ends:
            faults.append("row %d: no block begins at %d or ends at %d" % (i, start, end))
        if i > 0 and start <= places[i - 1][1]:
            faults.append("row %d begins before the end of the one before it" % i)
        if not inside or (first, last) != (min(b.first for b in inside), max(b.last for b in inside)):
            faults.append("row %d: files %d to %d are not those of its blocks" % (i, first, last))
    if seen != len([b for b in blocks if b.first is not None]):
        faults.append("%d blocks with data are in no row" % (len([b for b in blocks if b.first is not None]) - seen))
    return faults


def verdict(said):
    """What a script says at its end, once for each chain."""
    return re.findall(r"xflate: (changed|already applied|REFUSED)", said)


def said_once(said, want):
    got = verdict(said)
    return [] if got == [want] else ["the script says %s, not %s: %s" % (got, want, said[-600:])]


def unchanged(before, after):
    """Nothing, or what is another: of rows that are as many as they were, the columns."""
    faults = []
    for table in before:
        if len(before[table]) != len(after[table]):
            faults.append("%s: %d rows were %d" % (table, len(after[table]), len(before[table])))
            continue
        for was, now in zip(before[table], after[table]):
            faults += ["%s.%s is %r, was %r" % (table, c, now.get(c), was[c]) for c in was if was[c] != now.get(c)]
    return faults[:20]
