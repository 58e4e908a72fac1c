#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage real volumes in seeded ways and judge what xflate makes of them.

mutate.py [--runs N] [--seed N] [--only WORD] [--show N] XFLATE VOLUMES   N runs for each volume that tests/prepare made
mutate.py --make SEED VOLUME OUT   one damaged volume and, on standard output, what was done to it; its label stays

A run damages one volume of a set and then asks, by a parser of its own:
  * no crash, no hang: list, filter (stop, skip, keep; copying or inflating) and verify end with a status of theirs;
  * what a checksum or the order of records shows to be damaged is never called good (status 0), and a run that stops
    leaves no output;
  * every file that has no byte in a damaged block is in the output of --on-damage=skip, the same;
  * that output is a clean volume: list and a checked copy find nothing, verify no fault of its blocks;
  * verify accuses no file outside the wound, in the damaged volume or in what skip made of it.
Prints TAP, a line for each volume.
"""

import argparse
import concurrent.futures
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

try:
    import xxhash
except ImportError:
    xxhash = None

SECONDS = 60
HEADER = {b"BB01": 16, b"BB02": 24, b"BB03": 32}
STATUSES = (0, 1, 2, 3, 4)
MAX = 20000000
ABOUT_LABELS = ("label", "FileIndex goes back")  # what is lost or there twice shows in what is left


# --- reading ---------------------------------------------------------------------------------------------

class Block:
    def __init__(self, data, at, fmt, size):
        self.at, self.fmt, self.size, self.head = at, fmt, size, HEADER[fmt]
        self.options, _, self.number = struct.unpack(">III", data[at:at + 12])
        self.session = struct.unpack(">II", data[at + 16:at + 24]) if fmt != b"BB01" else (0, 0)
        self.encrypted = fmt == b"BB03" and bool(self.options & 4)


def seal(raw):
    """A block with a right checksum, if it has any."""
    raw = bytearray(raw)
    if raw[12:16] == b"BB03":
        if raw[3] & 1 and xxhash:
            raw[24:32] = bytes(8)
            raw[24:32] = xxhash.xxh3_64_digest(bytes(raw))
    elif raw[:4] != bytes(4):
        raw[:4] = struct.pack(">I", zlib.crc32(bytes(raw[4:])))
    return bytes(raw)


def blocks_of(data):
    """The blocks, and whether they tile the volume with right checksums."""
    at, out = 0, []
    while at + 16 <= len(data):
        fmt, size = data[at + 12:at + 16], struct.unpack(">I", data[at + 4:at + 8])[0]
        if fmt not in HEADER or size < HEADER[fmt] or at + size > len(data):
            return out, False
        b = Block(data, at, fmt, size)
        if seal(data[at:at + size]) != data[at:at + size]:
            return out, False
        out.append(b)
        at += size
    return out, at == len(data)


def parts_of(data, b):
    """(session, FileIndex, Stream, length that the header says, bytes here); None: it does not go up."""
    at, end, out = b.at + b.head, b.at + b.size, []
    own = 20 if b.fmt == b"BB01" else 12
    while end - at >= own:
        session = struct.unpack(">II", data[at:at + 8]) if own == 20 else b.session
        fi, stream, n = struct.unpack(">iiI", data[at + own - 12:at + own])
        here = min(n, end - at - own)
        if n >= MAX:
            return None
        out.append((session, fi, stream, n, here, at))
        at += own + here
    return out


def is_sound(volumes):
    """Do the blocks tile, and do the records of each session go on where they should?"""
    for data in volumes:
        # Whether volumes belong together is another question: a job may begin and end elsewhere.
        waiting, seen = {}, set()
        blocks, tiled = blocks_of(data)
        if not tiled:
            return False
        for b in blocks:
            parts = [] if b.encrypted else parts_of(data, b)
            if parts is None:
                return False
            for k, (session, fi, stream, n, here, _) in enumerate(parts):
                left = waiting.pop(session, None)
                if fi in (-1, -2):
                    continue
                if stream < 0 and left is None and session not in seen:
                    left = (fi, stream, n)
                if (left is not None) != (stream < 0) or (left and left != (fi, stream, n)):
                    # An empty record that ends with its block may have its header twice.
                    if not (stream < 0 and n == 0 and left is None):
                        return False
                if here < n and k + 1 < len(parts):
                    return False
                if here < n:
                    waiting[session] = (fi, -abs(stream), n - here)
                seen.add(session)
    return True


def files_of(volumes):
    """{(session, FileIndex): set of (volume, block)} of the files that are whole."""
    out, waiting = {}, {}
    for v, data in enumerate(volumes):
        for k, b in enumerate(blocks_of(data)[0]):
            for session, fi, _, n, here, _ in [] if b.encrypted else parts_of(data, b) or []:
                if fi > 0:
                    out.setdefault((session, fi), set()).add((v, k))
                if fi not in (-1, -2):
                    waiting[session] = fi if here < n else None
    for session, fi in waiting.items():
        out.pop((session, fi), None)
    return out


# --- damage ----------------------------------------------------------------------------------------------

class Wound:
    """A damaged copy, what was done, and the bytes of the whole volume that are not what or where they were.  between:
    where a good block was put, which breaks a record of its session that goes on over this place."""

    def __init__(self, data, what, ranges, between=()):
        self.data, self.what, self.ranges, self.between = bytes(data), what, ranges, between

    def touches(self, blocks):
        over = blocks and any(min(blocks) < k <= max(blocks) for k in self.before)
        return over or any(b in self.blocks for b in blocks)


def place(g, data, most):
    n = min(len(data) - 1, g.choice((1, 4, 16, 512, g.randint(1, most))))
    at = g.randrange(len(data) - n)
    return at, n


def overwrite(data, at, new):
    return data[:at] + new + data[at + len(new):]


def flip(g, data, blocks):
    out, at = bytearray(data), g.randrange(len(data))
    for _ in range(g.choice((1, 1, 2, 8))):
        at = min(len(data) - 1, at + g.randint(0, 7))
        out[at] ^= 1 << g.randrange(8)
    return Wound(out, "bits flipped up to byte %d" % at, [(max(0, at - 64), at + 1)])


def zero(g, data, blocks):
    at, n = place(g, data, 100000)
    return Wound(overwrite(data, at, bytes(n)), "%d zeros at byte %d" % (n, at), [(at, at + n)])


def noise(g, data, blocks):
    at, n = place(g, data, 5000)
    return Wound(overwrite(data, at, g.randbytes(n)), "%d random bytes at byte %d" % (n, at), [(at, at + n)])


def truncate(g, data, blocks):
    at = g.choice(blocks).at if g.random() < 0.25 else g.randrange(len(data))
    return Wound(data[:at], "cut off at byte %d" % at, [(at, len(data))])


def duplicate(g, data, blocks):
    """A range once more: behind itself, or elsewhere."""
    k = g.randrange(len(blocks))
    last = min(len(blocks), k + g.choice((1, 1, 2)))
    at, end = blocks[k].at, blocks[last - 1].at + blocks[last - 1].size
    to = end if g.random() < 0.5 else g.choice(blocks).at
    if g.random() < 0.3:
        at, n = place(g, data, 70000)
        end = at + n
        to = end
    return Wound(data[:to] + data[at:end] + data[to:], "bytes %d to %d once more at %d" % (at, end, to),
                 [(at, end), (to - 1, to + 1)] if to not in starts(blocks) else [(at, end)], [to])


def swap(g, data, blocks):
    if len(blocks) > 2 and g.random() < 0.7:
        i, k = sorted(g.sample(range(1, len(blocks)), 2))
        a, b = blocks[i], blocks[k]
        x, y = (a.at, a.at + a.size), (b.at, b.at + b.size)
    else:
        n = g.choice((4, 512, 4096))
        if len(data) < 3 * n:
            return flip(g, data, blocks)
        first = g.randrange(len(data) // 2 - n)
        second = g.randrange(len(data) // 2, len(data) - n)
        x, y = (first, first + n), (second, second + n)
    out = data[:x[0]] + data[y[0]:y[1]] + data[x[1]:y[0]] + data[x[0]:x[1]] + data[y[1]:]
    return Wound(out, "bytes %d to %d and %d to %d change places" % (x + y), [x, y], [x[0], y[0]])


def insert(g, data, blocks):
    at = g.choice(blocks).at if g.random() < 0.4 else g.randrange(len(data))
    n = g.choice((1, 7, 24, 512, g.randint(1, 20000)))
    new = bytearray(g.randbytes(n) if g.random() < 0.7 else bytes(n))
    for _ in range(g.choice((0, 0, 1, 5))):
        k = g.randrange(max(1, n - 24))
        head = struct.pack(">IIII", g.getrandbits(32), g.choice((24, 100, 64512, 20000001)), k, 0)[:12] + b"BB0" + g.choice((b"1", b"2", b"3"))
        new[k:k + len(head)] = head
    ranges = [] if at in starts(blocks) else [(at - 1, at + 1)]
    return Wound(data[:at] + bytes(new) + data[at:], "%d bytes of garbage before byte %d" % (len(new), at), ranges)


def record(g, data, blocks):
    """Another length in a record's header, with the checksum made right or not."""
    b = g.choice(blocks)
    parts = [] if b.encrypted else parts_of(data, b)
    if not parts:
        return flip(g, data, blocks)
    at, n = parts[g.randrange(len(parts))][5], 0
    own = 20 if b.fmt == b"BB01" else 12
    n = struct.unpack(">I", data[at + own - 4:at + own])[0]
    new = g.choice((max(0, n - 1), n // 2, 0, n + 1, n + 1000, MAX, 0xFFFFFFFF))
    raw = overwrite(data[b.at:b.at + b.size], at - b.at + own - 4, struct.pack(">I", new))
    raw = seal(raw) if g.random() < 0.6 else raw
    return Wound(overwrite(data, b.at, raw), "record at byte %d says %d instead of %d bytes" % (at, new, n),
                 [(b.at, b.at + b.size)])


def header(g, data, blocks):
    b = g.choice(blocks)
    at = b.at + g.choice((0, 4, 8, 12, 16, 20))
    n = g.choice((1, 4, b.at + b.head - at))
    return Wound(overwrite(data, at, g.randbytes(n)), "block header overwritten at byte %d" % at, [(at, at + n)])


def hole(g, data, blocks):
    k = g.randrange(len(blocks))
    last = blocks[min(len(blocks) - 1, k + g.choice((0, 0, 1, 3)))]
    at, end = blocks[k].at, last.at + last.size
    return Wound(overwrite(data, at, bytes(end - at)), "a hole of zeros from byte %d to %d" % (at, end), [(at, end)])


def drop(g, data, blocks):
    if g.random() < 0.5:
        b = g.choice(blocks)
        at, end = b.at, b.at + b.size
    else:
        at, n = place(g, data, 100000)
        end = at + n
    return Wound(data[:at] + data[end:], "bytes %d to %d are gone" % (at, end), [(at, end)])


KINDS = (flip, zero, noise, truncate, duplicate, swap, insert, record, header, hole, drop)


def starts(blocks):
    return {b.at for b in blocks} | {blocks[-1].at + blocks[-1].size}


def mutate(seed, data):
    g = random.Random(seed)
    blocks = blocks_of(data)[0]
    wound = g.choice(KINDS)(g, data, blocks)
    wound.before = [sum(b.at < place for b in blocks) for place in wound.between]
    wound.blocks = {k for k, b in enumerate(blocks) if any(a < b.at + b.size and e > b.at for a, e in wound.ranges)}
    return wound


# --- judging ---------------------------------------------------------------------------------------------

class Subject:
    """A volume, or a set of which one volume is damaged in turn."""

    def __init__(self, args, name, paths):
        self.args, self.name, self.paths = args, name, paths
        self.volumes = []
        for path in paths:
            with open(path, "rb") as f:
                self.volumes.append(f.read())
        self.files = files_of(self.volumes)
        self.encrypted = any(b.encrypted for v in self.volumes for b in blocks_of(v)[0])
        self.sound = is_sound(self.volumes)

    def command(self, *words):
        """(status, stdout, stderr)"""
        try:
            p = subprocess.run([self.args.xflate, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "none: it still ran after %d s" % SECONDS, b"", b""
        return p.returncode, p.stdout, p.stderr

    def run(self, number):
        """Returns (what was done, list of what is wrong)."""
        seed = "%s %s %d" % (self.args.seed, self.name, number)
        g = random.Random(seed + " run")
        which = g.randrange(len(self.volumes))
        wound = mutate(seed, self.volumes[which])
        folder = tempfile.mkdtemp(dir=self.args.work)
        inputs = []
        for k, path in enumerate(self.paths):
            at = os.path.join(folder, "in%d" % k)
            with open(at, "wb") as f:
                f.write(wound.data if k == which else self.volumes[k])
            inputs.append(at)
        changed = [wound.data if k == which else v for k, v in enumerate(self.volumes)]
        problems = self.judge(g, folder, inputs, wound, which, self.sound and not is_sound(changed))
        shutil.rmtree(folder)
        return "%s, volume %d: %s: %s" % (seed, which, wound.what, "; ".join(problems)), problems

    def judge(self, g, folder, inputs, wound, which, damaged):
        out = os.path.join(folder, "skip", "")
        how = g.choice(([], ["-i"], ["-T2"]))
        problems = []
        runs = {
            "list": ["list", *inputs],
            "verify": ["verify", *inputs],
            "stop": ["filter", *how, "-o", os.path.join(folder, "stop", ""), *inputs],
            "keep": ["filter", *how, "--on-damage=keep", "-o", os.path.join(folder, "keep", ""), *inputs],
            "skip": ["filter", *how, "--on-damage=skip", "-o", out, *inputs],
        }
        if not self.args.verify:
            del runs["verify"]
        for name, words in runs.items():
            status, _, err = self.command(*words)
            if status not in STATUSES:
                problems.append("%s ends with %s: %s" % (name, status, err[-200:].decode("utf-8", "replace")))
            elif damaged and status == 0:
                problems.append("%s calls it good" % name)
            elif status not in (0, 3) and not err:
                problems.append("%s fails in silence" % name)
            elif name == "stop" and status != 0 and os.path.isdir(words[-len(inputs) - 1]) and os.listdir(words[-len(inputs) - 1]):
                problems.append("stop leaves an output")
        if self.args.verify:
            problems += self.accused(inputs, wound, {k for k, where in self.files.items()
                                              if not wound.touches([b for v, b in where if v == which])}, False)
        if status in (0, 3):
            problems += self.judge_skip(folder, out, wound, which, status)
        elif status == 1 and len(wound.data) > 4096 and not self.encrypted and 0 not in wound.blocks:
            problems.append("skip gives up: %s" % err[-200:].decode("utf-8", "replace"))
        return problems

    def judge_skip(self, folder, out, wound, which, status):
        made = [os.path.join(out, "in%d" % k) for k in range(len(self.paths))]
        problems = []
        if any(os.path.getsize(m) == 0 for m in made):
            return [] if which == 0 and wound.blocks >= set(range(len(blocks_of(self.volumes[which])[0]))) else ["an empty output"]
        copies = os.path.join(folder, "copy", "")
        checks = [("list", ["list", *made]), ("copy", ["filter", "-q", "-o", copies, *made])]
        intact = {k for k, where in self.files.items() if not wound.touches([b for v, b in where if v == which])}
        if self.args.verify:
            problems += self.accused(made, wound, intact, True)
        for name, words in checks:
            code, _, err = self.command(*words)
            if code != 0:
                problems.append("%s of what skip made ends with %s: %s" % (name, code, err[-200:].decode("utf-8", "replace")))
        code, text, err = self.command("compare", "--json", "--on-damage=skip", *self.paths, "--vs", *made)
        try:
            told = json.loads(text)
        except ValueError:
            return problems + ["compare ends with %s: %s" % (code, err[-200:].decode("utf-8", "replace"))]
        lost = {(job_key(d["job"], self.jobs), d["file_index"]) for d in told["differences"]}
        wrong = sorted(intact & lost)
        if wrong:
            problems.append("%d of %d files outside the wound are not whole, the first: %s" % (len(wrong), len(intact), wrong[0]))
        if code not in (0, 1, 3):
            problems.append("compare ends with %s" % code)
        return problems

    def accused(self, paths, wound, intact, clean):
        """What verify says that it must not: of files outside the wound; of a volume's blocks where it is to be clean."""
        code, text, err = self.command("verify", "--json", "-qq", *paths)
        try:
            told = json.loads(text)["problems"]
        except (ValueError, KeyError):
            return ["verify ends with %s: %s" % (code, err[-200:].decode("utf-8", "replace"))]
        out = []
        for p in told:
            key = (p.get("session_id"), p.get("session_time")), p.get("file_index", 0)
            about_order = any(word in p["reason"] for word in ABOUT_LABELS)
            if p["kind"] == "note" or (key, p["reason"]) in self.known or (wound.between and about_order):
                continue
            if key in intact:
                out.append("verify accuses %s of %s: %s" % (key, "what skip made" if clean else "the damaged volume", p["reason"]))
            elif clean and key[1] <= 0 and not about_order:
                out.append("verify of what skip made: %s" % p["reason"])
        return out

    def baseline(self):
        """Without damage all is well; names of the jobs as compare will say them."""
        status, text, err = self.command("list", "--json", *self.paths)
        self.jobs, self.known = {}, set()
        if self.args.verify:
            _, told, _ = self.command("verify", "--json", "-qq", *self.paths)
            self.known = {(((p.get("session_id"), p.get("session_time")), p.get("file_index", 0)), p["reason"])
                          for p in json.loads(told)["problems"]}
        if status in (0, 3, 4):
            for j in jobs_in(json.loads(text)):
                key = (j["session_id"], j["session_time"])
                if "job_id" in j:
                    self.jobs["job %d (%s)" % (j["job_id"], j["job"])] = key
                self.jobs["session %d/%d" % key] = key
        return [] if status == 0 else ["undamaged, list ends with %s: %s" % (status, err.decode()[:200])]


def jobs_in(tree):
    """Every object of a report that tells a session, wherever it stands."""
    if isinstance(tree, dict):
        if "session_id" in tree:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from jobs_in(branch)


def job_key(name, jobs):
    return jobs.get(name, name)


def subjects(args):
    """Every real volume; the parts of a set together."""
    names = []
    with open(os.path.join(args.volumes, "list")) as f:
        for line in f:
            names.append(line.split("\t")[0])
    sets = {"bareos/vol-span-gzip6-1": ["bareos/vol-span-gzip6-1", "bareos/vol-span-gzip6-2"],
            "bacula/plain-span1": ["bacula/plain-span1", "bacula/plain-span2"],
            "made/good-set-1": ["made/good-set-1", "made/good-set-2", "made/good-set-3"]}
    later = {n for s in sets.values() for n in s[1:]}
    made = ("made/good-bb01", "made/good-bb01-mixed", "made/good-small-blocks", "made/good-interleaved-bb03",
            "made/good-set-1", "made/good-empty-records")
    for name in names:
        if name in later or (name.startswith("made/") and name not in made) or args.only and args.only not in name:
            continue
        yield Subject(args, name, [os.path.join(args.volumes, n) for n in sets.get(name, [name])])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only")
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--make", metavar="SEED")
    parser.add_argument("first")
    parser.add_argument("second")
    args = parser.parse_args()
    if args.make:
        with open(args.first, "rb") as f:
            data = f.read()
        tries = (mutate("%s %d" % (args.make, n), data) for n in range(1000))
        wound = next(w for w in tries if w.blocks and 0 not in w.blocks)
        with open(args.second, "wb") as f:
            f.write(wound.data)
        print(wound.what)
        return 0
    args.xflate, args.volumes = os.path.abspath(args.first), args.second
    args.verify = subprocess.run([args.xflate, "help", "verify"], capture_output=True).returncode == 0
    tests = failures = runs = 0
    with tempfile.TemporaryDirectory() as args.work, concurrent.futures.ThreadPoolExecutor(2) as pool:
        for s in subjects(args):
            bad = [(p, p) for p in s.baseline() if not s.encrypted]
            results = list(pool.map(s.run, range(args.runs)))
            runs += len(results)
            bad += [r for r in results if r[1]]
            tests += 1
            failures += bool(bad)
            print("%s - %s: %d damaged copies%s" % ("not ok" if bad else "ok", s.name, args.runs, ", %d wrong" % len(bad) if bad else ""))
            for what, _ in bad[:args.show]:
                print("#   " + what.replace("\n", " | ")[:600])
            sys.stdout.flush()
    print("# %d runs" % runs)
    print("1..%d" % tests)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
