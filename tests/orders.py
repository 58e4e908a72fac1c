#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What compare calls the same, against a reader that shares no code with it.

orders.py [--runs N] [--seed N] XFLATE   N jobs; prints TAP, a line for each kind of change and of conversion

Each run makes a random job, changes its records in one way (another order, one record more or less, empty or not, a byte,
other cuts, another algorithm), lays both out in blocks of their own and asks compare.  wounds.py reads both volumes, volcheck.py
decodes: compare has to say "the same" if and only if the same rows of (FileIndex, stream, plain content) come out, where
data that follow each other without a gap are one piece.  And whatever the job is like, compare finds each conversion of it
the same.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

import mkvolume
import volcheck
import wounds

SECONDS = 60
PLAIN = {2: 2, 4: 2, 29: 2, 6: 6, 7: 6, 30: 6, 11: 11, 12: 11, 31: 11}
FORMS = {2: [(2, None), (4, "zlib"), (29, "gzip"), (29, "lzo")], 6: [(6, None), (7, "zlib"), (30, "gzip"), (30, "lzo")],
         11: [(11, None), (12, "zlib"), (31, "lzo")]}
OTHER = [1, 3, 10, 22, 26, 28, 1007, 1998]
ALGORITHMS = {"bareos": ["lzo", "gzip", "lz4", "lz4hc", "lzfast"], "bacula": ["lzo", "gzip", "zstd"]}


# --- jobs: lists of [FileIndex, stream, data] --------------------------------------------------------------

class Catcher:
    """In the place of a Packer: keeps the records."""

    def __init__(self, product):
        self.product, self.records, self.now = product, [], mkvolume.Block(None, 0)

    def put(self, session, fi, stream, data):
        self.records.append([fi, stream, data])

    put_whole = put


def make_job(g, product):
    catcher = Catcher(product)
    s = mkvolume.Session(catcher)
    for i in range(g.randrange(2, 6)):
        content = mkvolume.text(g.random(), g.randrange(0, 3000)) if g.random() < 0.8 else mkvolume.noise(g.random(), 700)
        kind = g.choice((2, 2, 6, 11))
        stream, alg = g.choice(FORMS[kind])
        if kind == 6:
            at, extents = 0, []
            for _ in range(g.randrange(1, 4)):
                extents.append((at, content))
                at += len(content) + g.choice((0, 0, 4096))
            s.sparse(extents, stream, alg)
        else:
            s.file(content, stream, alg, g.randrange(300, 2000), g.choice(("md5", "sha1")))
        if g.random() < 0.3:
            s.put(1998, mkvolume.noise(i, 60))
        if g.random() < 0.1:
            s.put(kind, b"")
    s.end()
    return catcher.records


def lay_out(g, records, product, path):
    fmt = "BB03" if not product.bareos else "BB02"
    p = mkvolume.Packer(product, fmt, g.choice((1024, 2048, 64512)))
    s = mkvolume.Session.__new__(mkvolume.Session)
    s.sid, s.stime = p.sid, p.stime
    for fi, stream, data in records:
        (p.put_whole if fi < 0 else p.put)(s, fi, stream, data)
    p.flush()
    with open(path, "wb") as f:
        f.write(mkvolume.whole("vol", p.blocks))


# --- what is on a volume -----------------------------------------------------------------------------------

def sequence(path):
    """The row of (FileIndex, stream, address, plain content) as a list."""
    with open(path, "rb") as f:
        records, wrong = wounds.records_of([wounds.Volume(f.read())])
    assert not wrong, wrong
    out = []
    for _, fi, stream, data, _ in records:
        if fi in (-1, -2):
            continue
        kind = PLAIN.get(stream & 0x7FF) if fi >= 0 else None
        address, plain = None, data
        if kind and data:
            _, address, plain = volcheck.decode(stream, data, False)
        address = address if kind == 6 and data else None
        if out and kind and plain and out[-1][:2] == [fi, kind] and out[-1][3] and \
                (kind != 6 or address == out[-1][2] + len(out[-1][3])):
            out[-1][3] += plain
        else:
            out.append([fi, kind or stream, address, plain, bool(kind)])
    return out


# --- changes -----------------------------------------------------------------------------------------------

def data_at(g, records):
    return g.choice([i for i, (fi, stream, data) in enumerate(records) if fi > 0 and stream in PLAIN and data] or [0])


def swap(g, r):
    i = g.randrange(len(r) - 1)
    r[i], r[i + 1] = r[i + 1], r[i]


def move(g, r):
    r.insert(g.randrange(len(r)), r.pop(g.randrange(len(r))))


def drop(g, r):
    del r[g.randrange(len(r))]


def double(g, r):
    i = g.randrange(len(r))
    r.insert(i, list(r[i]))


def empty(g, r):
    i = g.randrange(1, len(r))
    r.insert(i, [max(r[i - 1][0], 0), g.choice(list(PLAIN) + OTHER), b""])


def other_index(g, r):
    i = g.randrange(1, len(r))
    r[i][0] = g.choice((0, r[i][0] + 1, 7))


def other_stream(g, r):
    i = g.choice([i for i, x in enumerate(r) if x[1] not in PLAIN or not x[2]])
    r[i][1] = g.choice([n for n in OTHER if n != r[i][1]])


def byte(g, r):
    i = g.choice([i for i, x in enumerate(r) if x[0] > 0 and x[1] not in PLAIN and x[2]])
    k = g.randrange(len(r[i][2]))
    r[i][2] = r[i][2][:k] + bytes([r[i][2][k] ^ 1]) + r[i][2][k + 1:]


def files(g, r):
    """A file changes places with the next."""
    index = g.choice([x[0] for x in r if x[0] > 0])
    mine = [x for x in r if x[0] == index]
    rest = [x for x in r if x[0] != index]
    place = max([i for i, x in enumerate(rest) if 0 < x[0] <= index + 1] or [0])
    r[:] = rest[:place + 1] + mine + rest[place + 1:]


def recode(g, r, cuts=()):
    """The same data in another form, perhaps in more records."""
    i = data_at(g, r)
    fi, stream, data = r[i]
    if stream not in PLAIN or fi < 0:
        return
    _, address, plain = volcheck.decode(stream, data, False)
    new, alg = g.choice(FORMS[PLAIN[stream]])
    at, pieces = 0, []
    for end in sorted({g.randrange(1, max(len(plain), 2)) for _ in cuts}) + [len(plain)]:
        if end > at or not plain:
            prefix = (address + at).to_bytes(8, "big") if PLAIN[stream] == 6 else b""
            pieces.append([fi, new, prefix + mkvolume.encode(alg, plain[at:end])])
            at = end
    r[i:i + 1] = pieces


def cut(g, r):
    recode(g, r, range(3))


CHANGES = [swap, move, drop, double, empty, other_index, other_stream, byte, files, recode, cut]


# --- judging -----------------------------------------------------------------------------------------------

class Judge:
    def __init__(self, xflate, folder):
        self.xflate, self.folder = xflate, folder
        self.wrong, self.same, self.tried = {}, {}, {}

    def command(self, *words):
        p = subprocess.run([self.xflate, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        return p.returncode, p.stdout + p.stderr

    def expect(self, kind, seed, want, got, said):
        self.tried[kind] = self.tried.get(kind, 0) + 1
        self.same[kind] = self.same.get(kind, 0) + (want == 0)
        if got != want:
            self.wrong.setdefault(kind, []).append("seed %s: status %d, not %d: %s" % (seed, got, want, said[:300]))

    def run(self, seed, change):
        g = random.Random(seed)
        name, product = g.choice((("bareos", mkvolume.BAREOS), ("bacula", mkvolume.BACULA)))
        records = make_job(g, product)
        changed = [list(x) for x in records]
        change(g, changed)
        old, new, made = (os.path.join(self.folder, n) for n in ("old", "new", "made"))
        lay_out(g, records, product, old)
        lay_out(g, changed, product, new)
        want = 0 if sequence(old) == sequence(new) else 1
        for a, b in ((old, new), (new, old)):
            self.expect(change.__name__, seed, want, *self.command("compare", "-qq", "-T1", a, "--vs", b))
        algorithm = g.choice(ALGORITHMS[name] + [None])
        options = ["-r", algorithm] if algorithm else ["-i"]
        code, said = self.command("-qq", "-T1", "--force", "-o", made, *options, new)
        self.expect("conversion", seed, 0, code, said)
        self.expect("conversion", seed, 0, *self.command("compare", "-qq", "-T1", new, "--vs", made))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--runs", type=int, default=20)
    p.add_argument("--seed", default="1")
    p.add_argument("xflate")
    args = p.parse_args()
    folder = tempfile.mkdtemp()
    judge = Judge(os.path.abspath(args.xflate), folder)
    try:
        for n in range(args.runs):
            for change in CHANGES:
                judge.run("%s %s %d" % (args.seed, change.__name__, n), change)
    finally:
        shutil.rmtree(folder)
    kinds = list(judge.tried)
    print("1..%d" % len(kinds))
    for kind in kinds:
        wrong = judge.wrong.get(kind, [])
        for line in wrong[:3]:
            print("# " + line)
        print("%sok - compare, %s: %d asked, %d of them the same" % ("not " if wrong else "", kind, judge.tried[kind], judge.same[kind]))
    return 1 if judge.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
