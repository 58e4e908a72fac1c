#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a map against the volumes that it tells of: every number of every line.

It reads the volumes itself, block by block, and shares no code with xflate.  Volumes are files, or tapes ("tape:/dev/nst0").  Of an encrypted volume a copy is wanted that is clear and has every block in its place.  Exit 0: right, 1: wrong (each error on
stderr), 2: usage.
"""

import argparse
import os
import struct
import sys
import zlib

import xxhash

HEADER = {b"BB01": 16, b"BB02": 24, b"BB03": 32}
LABELS = (-1, -2)
PRODUCTS = {"Bareos 2.0 immortal\n": "bareos", "Bacula 1.0 immortal\n": "bacula"}


class Wrong(Exception):
    """What is wrong with the map."""


def must_be(got, wanted, what):
    if got != wanted:
        raise Wrong("%s: the map has %r, the volume %r" % (what, got, wanted))


class Label:
    def __init__(self, data):
        self.data, self.at = data, 0

    def text(self):
        end = self.data.index(b"\0", self.at)
        value, self.at = self.data[self.at:end], end + 1
        return "".join(c if c >= " " else "?" for c in value[:127].decode("utf-8", "surrogateescape"))

    def number(self, kind):
        value = struct.unpack_from(">" + kind, self.data, self.at)[0]
        self.at += struct.calcsize(">" + kind)
        return value


def volume_label(data):
    """(product, name, pool, media type, label time), None if it is none."""
    label = Label(data)
    ident, version = label.data[:label.data.index(b"\0")].decode(), 0
    label.text()
    version = label.number("I")
    time = label.number("q")
    label.number("q"), label.number("q"), label.number("q")
    name, _, pool, _, media_type, _, _, program, _ = [label.text() for _ in range(9)]
    product = PRODUCTS.get(ident, "bacula")
    major = "".join(c if c.isdigit() else " " for c in program).split()
    # Bareos up to 22 can write Bacula's; it began at 12, Bacula is at 15.
    if product == "bacula" and major and int(major[0]) >= 16:
        product = "bareos"
    return product, name, pool, media_type, time // 1000000 if version >= 11 and time > 0 else 0


def job_of(data):
    """(JobId, Job) in the label of a session."""
    label = Label(data)
    label.text()
    version, job = label.number("I"), label.number("I")
    label.number("q"), label.number("q")
    names = [label.text() for _ in range(5 if version >= 10 else 4)]
    return job, names[4] if version >= 10 else ""


class Block:
    """One block: where it is, whose it is, what it holds."""

    def __init__(self, start, end, data, clear):
        self.start, self.end, self.len = start, end, len(data)
        self.version = data[12:16].decode()
        self.number, = struct.unpack_from(">I", data, 8)
        size = HEADER[data[12:16]]
        self.session = self.of_labels = struct.unpack_from(">II", data, 16) if size > 16 else None
        self.indexes, self.labels, self.volume = [], [], None
        self.read_records(clear, size)

    def read_records(self, data, at):
        header = 20 if at == 16 else 12
        while len(data) - at >= header:
            index, stream, n = struct.unpack_from(">iiI", data, at + header - 12)
            if header == 20:
                self.of_labels = struct.unpack_from(">II", data, at)
                self.session = self.session or self.of_labels
            at += header
            body = data[at:at + n]
            at += len(body)
            if index > 0:
                self.indexes.append(index)
            if index == -4 and stream >= 0:
                self.labels.append((self.of_labels, body))
            if index in LABELS and self.volume is None:
                self.volume, self.session = volume_label(body), (0, 0)

    def line(self):
        ends = (self.indexes[0], self.indexes[-1]) if self.indexes else (0, 0)
        return tuple(map(str, (self.start, self.end, *self.session, self.number, *ends, 1)))


def right(block):
    """Is its checksum right, or is there none?"""
    word, = struct.unpack_from(">I", block)
    if block[12:16] != b"BB03":
        return word in (0, zlib.crc32(block[4:]))
    return not word & 1 or xxhash.xxh3_64_digest(block[:24] + bytes(8) + block[32:]) == block[24:32]


class Volume:
    """What the map should say of one side."""

    def __init__(self, path, clear=None, damaged=False, padded=False):
        self.tape, self.damaged, self.padded = path.startswith("tape:"), damaged, padded
        self.path, self.blocks = path.removeprefix("tape:"), []
        if self.tape:
            self.read_tape()
        else:
            self.read_file(clear)

    def read_file(self, clear):
        with open(self.path, "rb") as f:
            data = f.read()
        twin = data
        if clear:
            with open(clear, "rb") as f:
                twin = f.read()
        self.bytes, self.files, self.digest = len(data), len(data) >> 32, xxhash.xxh64(data).hexdigest()
        at = 0
        while at < len(data):
            n = self.block_at(data, at)
            if n:
                self.blocks.append(Block(at, at + n - 1, data[at:at + n], twin[at:at + n]))
                at += n
            elif self.damaged or self.padded:
                at = self.next_block(data, at)
            else:
                raise Wrong("%s: no block at %d" % (self.path, at))

    def block_at(self, data, at):
        size, n = HEADER.get(data[at + 12:at + 16]), int.from_bytes(data[at + 4:at + 8], "big")
        good = size and size < n <= 20000000 and at + n <= len(data)
        return n if good and (not self.damaged or right(data[at:at + n])) else 0

    def next_block(self, data, at):
        for at in range(at + 1, len(data)):
            if data[at + 12:at + 15] == b"BB0" and self.block_at(data, at):
                return at
        return len(data)

    def read_tape(self):
        self.digest, self.bytes, self.files = "-", 0, 0
        with open(self.path, "rb", buffering=0) as f:
            at, marks = 0, 0
            while marks < 2:
                data = os.read(f.fileno(), 20000000)
                if not data:
                    marks, at, self.files = marks + 1, ((at >> 32) + 1) << 32, self.files + (marks == 0)
                    continue
                marks, self.bytes = 0, self.bytes + len(data)
                if data[12:16] in HEADER:
                    block = data[:int.from_bytes(data[4:8], "big")]
                    self.blocks.append(Block(at, at, block, block))
                at += 1

    def name(self):
        return next((b.volume[1] for b in self.blocks if b.volume), None)


class Map:
    def __init__(self, path):
        with open(path, "rb") as f:
            text, _, last = f.read().rpartition(b"xxh64\t")
        must_be(last, xxhash.xxh64(text).hexdigest().encode() + b"\n", "checksum")
        lines = [line.split("\t") for line in text.decode("utf-8", "surrogateescape").splitlines()]
        must_be(lines[0], ["xflate-map", "2"], "first line")
        must_be(lines[-1][0], "exit", "line before the checksum")
        self.status = lines[-1][1:]
        self.volumes = []
        for line in lines[1:-1]:
            if line[0] == "volume":
                self.volumes.append([])
            self.volumes[-1].append(line)


def judge_sessions(lines, sides, jobs):
    """Each session of the volume has its line, and that is true."""
    seen = set()
    for line in lines:
        key = int(line[1]), int(line[2])
        wanted = ["session", *line[1:3], *(str(x) for x in jobs.get(key, (0, "")))]
        for side in sides:
            blocks = [b for b in side.blocks if b.session == key]
            indexes = [i for b in blocks for i in b.indexes] or [0]
            ends = (blocks[0].start, blocks[-1].end) if blocks else (0, 0)
            wanted += map(str, (*ends, min(indexes), max(indexes), len(blocks)))
        must_be(line, wanted, "session %d/%d" % key)
        seen.add(key)
    must_be(len(lines), len(seen), "sessions, each once")
    must_be(seen, {b.session for side in sides for b in side.blocks} - {(0, 0)}, "sessions")


def judge(lines, old, new, jobs, o):
    """One volume of the map; what its chain is."""
    kinds = [line[0] for line in lines]
    order = [k for i, k in enumerate(kinds) if k not in ("old", "new", "session") or kinds[i - 1] != k]
    order = [k for k in order if k not in ("old", "new")]
    sessions = [line for line in lines if line[0] == "session"]
    must_be(order, ["volume", "label", *(["session"] if sessions else []), "form", "form", "damage", "end"], "order of lines")
    label = next((b.volume for b in old.blocks[:1] if b.volume), ("unknown", None, "", "", 0))
    medium = ["tape" if side.tape else "file" for side in (old, new)]
    must_be(lines[0][:5], ["volume", label[1] or lines[0][1], medium[0], new.name(), medium[1]], "volume")
    must_be(lines[1], ["label", label[0], label[3], label[2], str(label[4])], "label")
    for which, side in ("old", old), ("new", new):
        must_be([tuple(x[1:]) for x in lines if x[0] == which], [b.line() for b in side.blocks], which)
    for side in old, new:
        for b in side.blocks:
            for session, data in b.labels:
                jobs.setdefault(session, job_of(data))
    judge_sessions(sessions, (old, new), jobs)
    forms = [line for line in lines if line[0] == "form"]
    for form, which, side, cipher in (forms[0], "old", old, o.old_cipher), (forms[1], "new", new, o.new_cipher):
        version = max((b.version for b in side.blocks), default="BB01")
        longest = max((b.len for b in side.blocks), default=0)
        must_be(form, ["form", which, version, str(longest), cipher, side.digest], "form")
    must_be(lines[-2], ["damage", str(o.damage)], "damage")
    # What a drive wants between blocks is not counted where it is written.
    new_bytes = sum(b.len for b in new.blocks) if new.tape else new.bytes
    counts = (old.bytes, new_bytes, len(old.blocks), len(new.blocks), old.files, new.files)
    must_be(lines[-1], ["end", *map(str, counts)], "end")
    return lines[0][5]


def main(argv):
    p = argparse.ArgumentParser()
    p.add_argument("map")
    p.add_argument("--old", nargs="+", required=True)
    p.add_argument("--new", nargs="+", required=True)
    p.add_argument("--old-clear", nargs="+", default=())
    p.add_argument("--new-clear", nargs="+", default=())
    p.add_argument("--old-cipher", default="none")
    p.add_argument("--new-cipher", default="none")
    p.add_argument("--damage", type=int, default=0)
    p.add_argument("--kept", action="store_true", help="blocks of a wrong checksum were taken")
    p.add_argument("--padded", action="store_true", help="the old volumes are dumps of tapes")
    p.add_argument("--chains", help="1,1,2: default all 1")
    o = p.parse_args(argv)
    try:
        m, jobs = Map(o.map), {}
        must_be(m.status, ["3" if o.damage else "0"], "exit")
        must_be(len(m.volumes), len(o.old), "volumes")
        clear = [list(x) or [None] * len(o.old) for x in (o.old_clear, o.new_clear)]
        chains = []
        for lines, old, new, old_clear, new_clear in zip(m.volumes, o.old, o.new, *clear):
            sides = Volume(old, old_clear, o.damage > 0 and not o.kept, o.padded), Volume(new, new_clear)
            if chains and lines[0][5] != chains[-1]:
                jobs = {}
            chains.append(judge(lines, *sides, jobs, o))
        must_be(",".join(chains), o.chains or ",".join("1" for _ in chains), "chains")
    except Wrong as e:
        print("%s: %s" % (o.map, e), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
