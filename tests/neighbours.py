#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes of a set converted by themselves, tried on seeded random sets of property.py.

neighbours.py --xflate PATH --seed N --runs N [--keep DIR]
neighbours.py --make far|again|network FOLDER    two volumes, one and two, for scenario_neighbours
neighbours.py --make edges FOLDER                such a pair for each place where a set can be cut, in a folder each

Of each set, two to ten volumes cut anywhere between two blocks, whatever is in it:
  * filter --by-volume makes the bytes that filter --before --after makes of each volume alone, with the neighbours that plan names and
    other threads, and the same maps, in which every number is right (mapcheck.py);
  * no volume begins or ends inside a record, and its blocks are numbered without a gap: what Bacula 15 asks for;
  * together they hold what the set held, says the independent reader (volcheck.py), and compare, and verify calls them sound;
  * a volume whose neighbours are others than those that plan names is refused, or comes out as it does with the right ones;
  * of a neighbour whose jobs' blocks beyond the cut records are wiped, the same comes.
Prints TAP, a test for each run; the seed is in its name.
"""

import argparse
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import mapcheck
import mkvolume as mk
import property as base
import volcheck

HEADERS = {b"BB01": (16, 20), b"BB02": (24, 12), b"BB03": (32, 12)}
must = base.must


class Spanned(base.Made):
    """Jobs that span, each with blocks of a size of its own."""

    def __init__(self, seed, folder):
        self.cut_at = random.Random("cuts %d" % seed)
        super().__init__(seed, folder)

    def blocks(self):
        self.cap = self.g.choice((900, 1024, 4096, 20000, 64512))
        return super().blocks()

    def parts(self, blocks):
        while len(blocks) < 12:
            blocks += self.more_blocks()
        n = self.cut_at.choice((2, 2, 3, 4, 10))
        cuts = sorted(self.cut_at.sample(range(1, len(blocks)), n - 1))
        return [blocks[a:b] for a, b in zip([0] + cuts, cuts + [len(blocks)])]

    def more_blocks(self):
        """A job of many blocks, whose records are cut by most of them."""
        self.extra = getattr(self, "extra", 100) + 1
        p = mk.Packer(self.product, self.fmt, 2000, sid=self.extra, checksum=self.checksum)
        s = mk.Session(p, self.extra, self.extra, name="long%d" % self.extra)
        for _ in range(3):
            stream, alg = self.cut_at.choice(self.forms)
            s.file(mk.noise(self.cut_at.random(), 20000), stream & ~mk.OFFSETS, alg, 9000)
        return s.close()


def blocks(path):
    """(address, length, records) of each block of a volume, a record as (session, FileIndex, stream, bytes wanted, bytes there); of
    the label there are none."""
    with open(path, "rb") as f:
        data = f.read()
    at = 0
    while at < len(data):
        length = struct.unpack_from(">I", data, at + 4)[0]
        head, size = HEADERS[data[at + 12:at + 16]]
        pos, end, rows = at + head, at + length, []
        while end - pos >= size:
            who = struct.unpack_from(">II", data, at + 16 if size == 12 else pos)
            fi, stream, n = struct.unpack_from(">iiI", data, pos + size - 12)
            have = min(n, end - pos - size)
            pos += size + have
            if fi not in (-1, -2):
                rows.append((who, fi, stream, n, have))
        yield at, length, rows
        at = end


def ends(path):
    """The first and the last record of each session."""
    first, last = {}, {}
    for _, _, rows in blocks(path):
        for row in rows:
            first.setdefault(row[0], row)
            last[row[0]] = row
    return first, last


def is_whole(path):
    """Nothing of it begins or ends elsewhere."""
    first, last = ends(path)
    return all(r[2] >= 0 or r[1] < 0 for r in first.values()) and all(r[3] == r[4] for r in last.values())


def wipe(path, to, before):
    """A copy of which only the label is left, and the blocks with what its neighbour cuts: before it the last one of each session, behind
    it the first ones, as long as they go on with a record."""
    all_blocks = list(blocks(path))
    keep, met = {0}, set()
    for at, _, rows in reversed(all_blocks) if before else all_blocks:
        here = {r[0] for r in rows}
        if before and here - met or not before and rows and any(r[2] < 0 and r[0] not in met for r in rows):
            keep.add(at)
        # Behind the volume a session is done with where a record of it ends.
        met |= here if before else {r[0] for r in rows if r[2] >= 0 or r[3] == r[4]}
    with open(path, "rb") as f:
        data = bytearray(f.read())
    for at, length, _ in all_blocks:
        if at not in keep:
            data[at:at + length] = b"\xaa" * length
    with open(to, "wb") as f:
        f.write(data)


class Trial(base.Trial):
    def __init__(self, xflate, folder, seed):
        self.xflate, self.folder, self.seed = xflate, folder, seed
        self.made = Spanned(seed, folder)
        self.g = random.Random("trial %d" % seed)

    def plan(self):
        """Of each volume: those before it, those behind it."""
        near = {}
        for unit in json.loads(self.run("plan", "--whole", "--json", *self.made.paths))["units"]:
            for v in unit["volumes"]:
                near[v["input"]] = [[x["input"] for x in v[side]] for side in ("before", "after")]
        return near

    @staticmethod
    def options_of(near):
        return [x for side, paths in zip(("--before", "--after"), near) for p in paths for x in (side, p)]

    def alone(self, name, path, near, *options):
        """The conversion of one of them: its path and map."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        out, at_map = os.path.join(folder, os.path.basename(path)), os.path.join(folder, os.path.basename(path) + ".map")
        self.run("filter", "-qq", *options, *self.options_of(near), "--map", at_map, "-o", out, path)
        return out, at_map

    def together(self, *options):
        folder = os.path.join(self.folder, "together")
        shuffled = self.g.sample(self.made.paths, len(self.made.paths))
        self.run("filter", "-qq", "--by-volume", "--jobs", self.g.choice(("1", "3")), *options, "-o", folder, *shuffled)
        return [os.path.join(folder, os.path.basename(p)) for p in self.made.paths]

    def check_one(self, options, path, near, new):
        out, at_map = self.alone("alone", path, near, "-T3", *options)
        must(base.same_file(out, new), "%s: alone it has other bytes" % new)
        must(base.same_file(at_map, new + ".map"), "%s: alone it has another map" % new)
        padded = ["--padded"] if self.made.flags else []
        # In BB01 a block is no one session's, and what is said of it there differs.
        must(self.made.fmt == "BB01" or mapcheck.main([at_map, "--old", path, "--new", out, *padded]) == 0, "%s: the map is wrong" % new)
        must(is_whole(new), "%s begins or ends inside a record" % new)
        self.look([new], ("--partial",))

    def go(self):
        _, content = self.look(self.made.paths, self.made.flags)
        near = self.plan()
        algorithm = self.g.choice(base.READS[self.made.target])
        options = self.g.choice((("-r", algorithm), ("-r", algorithm), ("-i",), ("-d", algorithm))) + self.more()
        made = self.together("-T2", *options)
        for old, new in zip(self.made.paths, made):
            self.check_one(options, old, near[old], new)
        _, now = self.look(made, ("--lax-numbers", "--lax-totals"))
        must(now == content, "the content is another: " + base.difference(content, now))
        must(json.loads(self.run("verify", "--json", *made))["sound"], "verify does not call it sound")
        self.run("compare", "-q", *self.made.paths, "--vs", *made)
        self.others(options, near, made)
        self.wiped(options, near, made)
        self.passed(near)

    def others(self, options, near, made):
        """Other neighbours than the right ones: refused, unless nothing depends on them."""
        path = self.g.choice(self.made.paths)
        at = self.made.paths.index(path)
        wrong = [self.g.sample(self.made.paths, self.g.randrange(3)) for _ in range(2)]
        out = os.path.join(self.folder, "wrong")
        r = subprocess.run([self.xflate, "filter", "-qq", *options, *self.options_of(wrong), "-o", out, path], stdin=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, timeout=120)
        must(r.returncode in (0, 1, 2), "wrong neighbours: exit status %d: %s" % (r.returncode, r.stderr.decode()))
        must(os.path.exists(out) == (r.returncode == 0), "wrong neighbours: something stands there")
        must(r.returncode == 0 or r.stderr, "wrong neighbours: nothing is said")
        # What is given is right as far as it goes, or nothing was cut: it is as with the right ones, but for what was not given.
        subset = all(set(a) <= set(b) for a, b in zip(wrong, near[path]))
        must(r.returncode != 0 or subset or base.same_file(out, made[at]), "wrong neighbours %s of %s are taken" % (wrong, path))

    def wiped(self, options, near, made):
        """Of the neighbours nothing but the cut records is wanted."""
        if self.made.flags:
            return
        path = self.g.choice(self.made.paths)
        copies = [[], []]
        for side, paths in enumerate(near[path]):
            for i, p in enumerate(paths):
                copies[side].append(os.path.join(self.folder, "wiped-%d-%d" % (side, i)))
                wipe(p, copies[side][-1], side == 0)
        out, _ = self.alone("of-wiped", path, copies, *options)
        must(base.same_file(out, made[self.made.paths.index(path)]), "%s: with neighbours that are wiped it has other bytes" % path)

    def passed(self, near):
        """Where blocks pass, each is as it was."""
        if self.made.flags:
            return
        path = self.g.choice(self.made.paths)
        out, _ = self.alone("passed", path, near[path])
        must(base.same_file(path, out), "%s: passed, it has other bytes" % path)


# --- sets made by hand ---

def far():
    """Two jobs, both cut; one has its last blocks on the first volume far from its end, and its first ones on the second far from its
    beginning: further than a glance reaches."""
    slow, fast = [mk.Packer(mk.BACULA, "BB03", 64512, sid=i) for i in (1, 2)]
    jobs = [mk.Session(p, i, i, name="job%d" % i) for i, p in ((1, slow), (2, fast))]
    jobs[0].file(mk.noise("slow", 400000), 29, "lzo", 60000)
    jobs[1].file(mk.noise("fast", 14 << 20), 2, None, 60000)
    one, two = [j.close() for j in jobs]
    half = len(two) // 2
    return one[:3] + two[:half], two[half:] + one[3:]


def again():
    """A drive that warned early: the last block of the first volume stands on the second once more."""
    s = mk.Session(mk.Packer(mk.BAREOS, "BB02", 1024))
    for i in range(5):
        s.file(mk.text(i, 9000), 29, "gzip", 9000)
    blocks_of = s.close()
    return blocks_of[:8], blocks_of[7:]


def network():
    """The client's network layer cut a compressed record, and the volume ends inside its first piece."""
    s = mk.Session(mk.Packer(mk.BAREOS, "BB02", 64512))
    content = mk.noise("network", 1400000)
    s.new(content, 29)
    record = mk.encode("gzip", content)
    for at in range(0, len(record), 999996):
        s.put(29, record[at:at + 999996])
    s.digest(content)
    blocks_of = s.close()
    return blocks_of[:9], blocks_of[9:]


def edges():
    """Records and headers that end with their block: empty ones, and such that have all of their data in the next."""
    s = mk.Session(mk.Packer(mk.BAREOS, "BB02", 1024))
    s.file(b"abc" * 50, 2)
    for i, (stream, alg) in enumerate(((2, None), (29, "gzip"), (30, "lz4"))):
        content = mk.text(i, 2500)
        s.fill_before(12, content, stream)
        s.file(content, stream, alg)
        s.fill_before(12, b"", 2)
        s.new(b"", 2)
        s.put(2, b"")
        s.digest(b"")
    return s.close()


def make_edges(folder):
    blocks_of = edges()
    for cut in range(1, len(blocks_of)):
        at = os.path.join(folder, "cut-%d" % cut)
        os.mkdir(at)
        for name, part in (("one", blocks_of[:cut]), ("two", blocks_of[cut:])):
            with open(os.path.join(at, name), "wb") as f:
                f.write(mk.whole(name, part))


def make(kind, folder):
    if kind == "edges":
        return make_edges(folder)
    for name, part in zip(("one", "two"), {"far": far, "again": again, "network": network}[kind]()):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(mk.whole(name, part))


def main():
    if sys.argv[1:2] == ["--make"]:
        make(*sys.argv[2:])
        return 0
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--xflate", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--runs", type=int, default=20)
    p.add_argument("--keep", metavar="DIR", help="where the volumes of a run that failed are kept")
    o = p.parse_args()
    failed = 0
    for seed in range(o.seed, o.seed + o.runs):
        folder = tempfile.mkdtemp(prefix="neighbours.")
        try:
            Trial(os.path.abspath(o.xflate), folder, seed).go()
            print("ok - neighbours, seed %d" % seed, flush=True)
        except (base.Wrong, subprocess.TimeoutExpired) as wrong:
            failed += 1
            print("not ok - neighbours, seed %d\n# %s" % (seed, str(wrong).replace("\n", "\n# ")), flush=True)
            if o.keep:
                shutil.copytree(folder, os.path.join(o.keep, str(seed)))
        finally:
            shutil.rmtree(folder)
    print("1..%d" % o.runs)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
