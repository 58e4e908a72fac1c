#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true of every volume, tried on seeded random ones: products, block formats, sizes, sessions one behind the
other or interleaved, streams, algorithms, sparse files, sets cut anywhere, tape dumps.

property.py --xflate PATH --seed N --runs N [--keep DIR]

Of each volume or set, whatever is in it:
  * verify calls it sound, list finds no damage, and both count what the independent reader (volcheck.py) counts;
  * converted to one algorithm, then another, then to none, it holds what it held, the reader says, and verify and compare;
  * with one thread, three and eight, from a file or from standard input: the same bytes, map and report;
  * the report counts the records and bytes that list counts, before and after.
Prints TAP, a test for each run; the seed is in its name.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import mkvolume as mk
import volcheck

READS = {"bareos": ("gzip", "gzip:1", "lzo", "lzfast", "lz4", "lz4hc:9"), "bareos-22": ("gzip", "lzo", "lzfast", "lz4", "lz4hc"),
         "bacula": ("gzip", "lzo", "zstd", "zstd:3")}
BAREOS_FORMS = [(2, None), (4, "zlib"), (6, None), (7, "zlib"), (11, None), (12, "zlib")] + \
    [(s, a) for s in (29, 30, 31) for a in ("gzip", "lzo", "lzfast", "lzfast2", "lz4", "lz4hc")]
BACULA_FORMS = [(2, None), (4, "zlib"), (6, None), (7, "zlib"), (11, None), (12, "zlib"), (29, "lzo"), (30, "lzo"), (31, "lzo"),
                (2 | mk.OFFSETS, None), (4 | mk.OFFSETS, "zlib"), (29 | mk.OFFSETS, "lzo")]
# Product, what --target calls it, block formats, forms of records: (stream, algorithm)
KINDS = [(mk.BAREOS, "bareos", ("BB02",), BAREOS_FORMS), (mk.BAREOS22, "bareos-22", ("BB02", "BB01"), BAREOS_FORMS),
         (mk.BACULA13, "bacula", ("BB02",), BACULA_FORMS[:9]), (mk.BACULA, "bacula", ("BB03",), BACULA_FORMS)]


class Wrong(Exception):
    """A property that does not hold."""


def must(true, text):
    if not true:
        raise Wrong(text)


# --- a volume or set ---

class Made:
    """One subject: its files in folder, in the order of the set, and what volcheck.py must be told of it."""

    def __init__(self, seed, folder):
        self.g = g = random.Random("volume %d" % seed)
        self.product, self.target, formats, self.forms = g.choice(KINDS)
        self.fmt = g.choice(formats)
        self.checksum = g.random() > 0.15
        self.cap = g.choice((1024, 2048, 4096, 4097, 20000, 64512, 64512, 150000, g.randrange(900, 70000)))
        self.flags = []
        blocks = self.blocks()
        parts = self.parts(blocks)
        tape = mk.Tape(g.choice((0, 0, 65536 if self.cap <= 65536 else 262144))) if g.random() < 0.15 and self.fmt == "BB02" else None
        if tape:
            self.flags.append("--tape-dump")
        self.paths = []
        for i, part in enumerate(parts):
            name = "made-%d" % (i + 1)
            self.paths.append(os.path.join(folder, name))
            with open(self.paths[-1], "wb") as f:
                f.write(mk.whole(name, part, tape))

    def blocks(self):
        """All jobs' blocks, in the order of the set."""
        g = self.g
        if self.fmt == "BB01":
            return self.mixed()
        queues = []
        for i in range(g.choice((1, 1, 2, 3, 6))):
            p = mk.Packer(self.product, self.fmt, self.cap, sid=i + 1, checksum=self.checksum)
            s = mk.Session(p, i + 1, g.randrange(1, 1 << 20), name="job%d" % i)
            for _ in range(g.choice((0, 1, 3, 8))):
                self.file(s)
            queues.append(s.close())
        if g.random() < 0.5:
            return [b for q in queues for b in q]
        return self.shuffled(queues)

    def shuffled(self, queues):
        """Interleaved, as several jobs write to one device at speeds of their own."""
        queues, out = [list(q) for q in queues if q], []
        while queues:
            q = self.g.choice(queues)
            out.append(q.pop(0))
            queues = [q for q in queues if q]
        return out

    def mixed(self):
        """Several jobs in each block."""
        p = mk.Packer(self.product, "BB01", self.cap, checksum=self.checksum)
        jobs = [mk.Session(p, i, i, name="job%d" % i) for i in range(1, self.g.randrange(2, 5))]
        for _ in range(self.g.randrange(12)):
            self.file(self.g.choice(jobs))
        for s in jobs:
            s.end()
        p.flush()
        return p.blocks

    def content(self):
        g = self.g
        n = g.choice((0, 1, 7, 100, 3000, 9000, 65536, 200000, g.randrange(100000)))
        seed = g.random()
        return mk.noise(seed, n) if g.random() < 0.3 else bytes(n) if g.random() < 0.1 else mk.text(seed, n)

    def file(self, s):
        g, content = self.g, self.content()
        stream, alg = g.choice(self.forms)
        digest = g.choice(("md5", "sha1", "sha256"))
        if g.random() < 0.1:
            s.new(b"", 2, kind=5)
            return
        if g.random() < 0.3:
            stream |= g.choice((mk.BITS, mk.PLUGIN, mk.PORTABLE)) if stream & 0x7FF not in (29, 30, 31) else 0
        if stream & 0x7FF in mk.SPARSE and content:
            self.sparse(s, content, stream, alg, digest)
        else:
            s.file(content, stream, alg, g.choice((65536, 3000, 20000, 100000)), digest)
        while g.random() < 0.2:
            s.put(1998, mk.noise(g.random(), g.choice((0, 10, 5000))))

    def sparse(self, s, content, stream, alg, digest):
        at, extents = 0, []
        while content:
            n = self.g.randrange(1, 65536)
            extents.append((at, content[:n]))
            at += len(content[:n]) + self.g.choice((0, 0, 65536, 1 << 33))
            content = content[n:]
        s.sparse(extents, stream, alg, digest)

    def parts(self, blocks):
        """A set of one to four volumes, cut anywhere between two blocks."""
        n = self.g.choice((1, 1, 1, 2, 3, 4))
        cuts = sorted(self.g.sample(range(1, len(blocks)), min(n - 1, len(blocks) - 1)))
        return [blocks[a:b] for a, b in zip([0] + cuts, cuts + [len(blocks)])]


# --- what is asked of it ---

class Trial:
    def __init__(self, xflate, folder, seed):
        self.xflate, self.folder, self.seed = xflate, folder, seed
        self.made = Made(seed, folder)
        self.g = random.Random("trial %d" % seed)

    def run(self, *args, stdin=None, status=0):
        r = subprocess.run([self.xflate, *args], stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=120)
        must(r.returncode == status, "%s: exit status %d, wanted %d: %s" % (" ".join(args), r.returncode, status, r.stderr.decode()[:600]))
        return r.stdout

    def look(self, paths, flags=()):
        """What the independent reader sees: (checker, lines of content)."""
        options = volcheck.parse([*flags, "--dump-all", *paths])
        c = volcheck.Checker(options)
        c.run(paths)
        must(not c.errors, "the independent reader: " + "; ".join(c.errors[:3]))
        return c, sorted(line for _, line in c.lines)

    def convert(self, name, paths, *options):
        """The set's conversion in a folder of its own: its paths, map and report."""
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        several = len(paths) > 1
        out = folder + "/" if several else os.path.join(folder, "out")
        at_map, at_report = folder + ".map", folder + ".report"
        self.run("filter", "-q", *options, "-o", out, "--map", at_map, "--report", at_report, *paths)
        made = [os.path.join(folder, os.path.basename(p)) for p in paths] if several else [out]
        return made, at_map, at_report

    def go(self):
        before, content = self.look(self.made.paths, self.made.flags)
        self.judged_alike(self.made.paths, before)
        algorithms = self.g.sample(READS[self.made.target], 2)
        steps = [("first", ("-r", algorithms[0])), ("second", ("-r", algorithms[1])), ("plain", ("-i",))]
        paths = self.made.paths
        for name, options in steps:
            options += self.more()
            made, _, at_report = self.convert(name, paths, "-T2", *options)
            self.same(name, paths, options, made)
            after, now = self.look(made, () if self.made.fmt != "BB02" or not self.made.flags else ("--lax-addresses",))
            must(now == content, "%s: the content is another: %s" % (name, difference(content, now)))
            self.judged_alike(made, after)
            self.reported(at_report, paths, made)
            self.run("compare", "-q", *self.made.paths, "--vs", *made)
            self.locked(name, made, content)
            paths = made

    def more(self):
        """Other blocks, sometimes."""
        more = ("--max-block", str(self.g.choice((4096, 5000, 64512, 200000, 1000000)))) if self.g.random() < 0.5 else ()
        if self.made.target == "bacula" and self.g.random() < 0.4:
            more += ("--block-format", self.g.choice(("bb02", "bb03")))
        return more

    def locked(self, name, paths, content):
        """Encrypted with a new key, and decrypted again: what it was."""
        if self.made.target != "bacula" or self.g.random() < 0.5:
            return
        key = os.path.join(self.folder, "key")
        bits = self.g.choice((32, 64))
        with open(os.open(key, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as f:
            f.write(self.g.randbytes(bits))
        cipher = "aes-128-xts" if bits == 32 else "aes-256-xts"
        closed, _, _ = self.convert(name + "-closed", paths, "--encrypt", cipher, "--new-key", key, "--block-format", "bb03")
        must(json.loads(self.run("verify", "--json", "--key", key, *closed))["sound"], "verify does not call the encrypted one sound")
        self.run("verify", *closed, status=4)
        opened, _, _ = self.convert(name + "-opened", closed, "--decrypt", "--key", key, "--block-format", "bb03")
        must(self.look(opened)[1] == content, "%s: encrypted and decrypted the content is another" % name)

    def same(self, name, paths, options, made):
        """Other numbers of threads, and a pipe, change nothing."""
        at = os.path.join(self.folder, name)
        for threads in ("-T1", "-T3", "-T8"):
            other, at_map, at_report = self.convert(name + threads, paths, threads, *options)
            for a, b in zip(made, other):
                must(same_file(a, b), "%s %s: other bytes" % (name, threads))
            must(same_map(at + ".map", at_map), "%s %s: another map" % (name, threads))
            must(report_of(at + ".report") == report_of(at_report), "%s %s: another report" % (name, threads))
            shutil.rmtree(os.path.dirname(other[0]))
        if len(paths) == 1:
            with open(paths[0], "rb") as f:
                piped = self.run("filter", "-q", "-T2", *options, stdin=f)
            with open(made[0], "rb") as f:
                must(f.read() == piped, "%s: other bytes from a pipe" % name)

    def judged_alike(self, paths, reader):
        """verify, list and the reader agree on every count."""
        v = json.loads(self.run("verify", "--json", *paths))
        l = json.loads(self.run("list", "--json", *paths))
        must(v["sound"], "verify does not call it sound")
        must(sum(x["damage"] for x in l["volumes"]) == 0, "list finds damage")
        must(sum(x["blocks"] for x in v["volumes"]) == sum(x["blocks"] for x in l["volumes"]) == reader.blocks,
             "verify, list and the reader count other blocks")
        jobs = listed_jobs(l)
        must(len(v["jobs"]) == len(reader.sessions) == len(jobs), "other numbers of jobs")
        for j in v["jobs"]:
            s = reader.sessions[(j["session_id"], j["session_time"])]
            must(j["data_bytes"] == s.bytes == jobs[j["session_id"]]["data_bytes"], "job %d: other bytes" % j["job_id"])
            must(jobs[j["session_id"]]["job_bytes"] == s.bytes, "job %d: its label counts other bytes" % j["job_id"])
            must(j["records"] == jobs[j["session_id"]]["records"], "job %d: other records" % j["job_id"])
            must(j["damage"] == 0 and j["begun"] and j["ended"], "job %d: not whole" % j["job_id"])
        must(sum(j["results"]["proved"] for j in v["jobs"]) == reader.proved, "verify and the reader prove other files")

    def reported(self, at_report, before, after):
        with open(at_report) as f:
            r = json.load(f)
        for side, paths in (("in", before), ("out", after)):
            jobs = listed_jobs(json.loads(self.run("list", "--json", *paths)))
            for j in r["jobs"]:
                must(j["data_bytes_" + side] == jobs[j["session_id"]]["data_bytes"],
                     "the report counts other bytes of job %d (%s)" % (j["job_id"], side))
            must(sum(v["bytes_" + side] for v in r["volumes"]) == sum(map(os.path.getsize, paths)), "the report counts other bytes " + side)
        must(r["exit_status"] == 0, "the report says %s" % r["exit_status"])


def listed_jobs(listing):
    """Sessions of all volumes by their id; what is counted on each is added up."""
    jobs = {}
    for v in listing["volumes"]:
        for j in v["jobs"]:
            k = jobs.setdefault(j["session_id"], {"records": 0, "data_bytes": 0, "job_bytes": None})
            k["records"] += j["records"]
            k["data_bytes"] += j["data_bytes"]
            k["job_bytes"] = j.get("job_bytes") if j.get("ended") else k["job_bytes"]
    return jobs


def same_file(a, b):
    with open(a, "rb") as x, open(b, "rb") as y:
        return x.read() == y.read()


def same_map(a, b):
    """But for the paths and digests of its own."""
    def lines(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            return [l for l in f if not l.startswith("#")]
    return lines(a) == lines(b)


OF_A_RUN = ("seconds", "threads", "output", "map", "began", "ended", "command", "inputs", "mtime")


def report_of(path):
    """A report without what differs between any two runs."""
    def strip(x):
        if isinstance(x, dict):
            return {k: strip(v) for k, v in x.items() if k not in OF_A_RUN}
        return [strip(v) for v in x] if isinstance(x, list) else x
    with open(path) as f:
        return strip(json.load(f))


def difference(a, b):
    gone, new = [x for x in a if x not in b], [x for x in b if x not in a]
    return "gone: %s; new: %s" % (gone[:2], new[:2])


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--xflate", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--runs", type=int, default=20)
    p.add_argument("--keep", metavar="DIR", help="where the volumes of a run that failed are kept")
    o = p.parse_args()
    failed = 0
    for seed in range(o.seed, o.seed + o.runs):
        folder = tempfile.mkdtemp(prefix="property.")
        try:
            Trial(os.path.abspath(o.xflate), folder, seed).go()
            print("ok - seed %d" % seed, flush=True)
        except (Wrong, subprocess.TimeoutExpired) as wrong:
            failed += 1
            print("not ok - seed %d\n# %s" % (seed, str(wrong).replace("\n", "\n# ")), flush=True)
            if o.keep:
                shutil.copytree(folder, os.path.join(o.keep, str(seed)))
        finally:
            shutil.rmtree(folder)
    print("1..%d" % o.runs)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
