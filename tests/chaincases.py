#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of jobs that chains.py does not come across, made by hand for scenario_asof.

chaincases.py CASE FOLDER   writes FOLDER/vol0, vol1..., which extract --as-of is to make one tree of
"""

import os
import struct
import sys

import chains
import mkvolume as mk

DAY = chains.DAY
FIRST = chains.BEGIN  # 2026-03-01 21:00:00 UTC


class Session(chains.Session):
    """One that is written step by step."""

    def __init__(self, packer, job, md5="md5"):
        self.md5 = md5
        super().__init__(packer, job)

    def label(self, when):
        return super().label(when).rsplit(b"md5-", 1)[0] + mk.cstr(self.md5)

    def start(self, job):
        """Another job's label in the same session, as Bacula's consolidations have them."""
        self.job, self.jobid, self.name = job, job.number, job.name
        self.packer.put_whole(self, mk.SOS, job.number, self.label(job.start))

    def record(self, stream, data):
        self.packer.put(self, self.fi, stream, data)
        self.bytes += len(data)

    def have(self, name, content, when, text_index=None, kind=3, stream=1, xattr=None, delta="0", sparse_at=None):
        """A file that was last changed at this time; text_index: its number in the job that first wrote it; sparse_at: where its content is."""
        self.fi += 1
        inode = chains.Inode("file", when, content)
        text = b"%d %d " % (text_index or self.fi, kind) + mk.cstr(name, chains.packet(inode, 1, 0), "", "", delta) + b"\0"
        self.record(stream, text)
        if stream == 1 and kind == 3:
            if sparse_at is None:
                self.record(2, content)
            else:
                self.record(6, struct.pack(">Q", sparse_at) + content)
            self.digest(content)
        if xattr:
            key, value = xattr
            self.record(1998, struct.pack(">II", 0x5C5884, len(key)) + key + struct.pack(">I", len(value)) + value)

    def mark(self, name):
        self.fi += 1
        self.record(1, b"%d 23 " % self.fi + mk.cstr(name, " ".join("A" * 16), "", "", "0") + b"\0")


def job(number, level, day, **more):
    return chains.Job(number, level, FIRST + day * DAY, **more)


def begin(j, md5="md5", product=mk.BACULA13, cap=64512):
    return Session(mk.Packer(product, "BB02", cap, j.number, mk.STIME), j, md5)


def write(folder, *volumes):
    for k, sessions in enumerate(volumes):
        blocks = []
        for s in sessions:
            blocks += s.packer.blocks
        with open(os.path.join(folder, "vol%d" % k), "wb") as f:
            f.write(mk.whole("vol%d" % k, blocks))


CASES = {}


def case(make):
    CASES[make.__name__.replace("_", "-")] = make
    return make


def done(s):
    s.end()
    s.packer.flush()
    return s


@case
def consolidated_by_bacula(folder):
    """The labels of its three sources stand in one session; behind it an incremental job."""
    s = begin(job(1, "F", 0))
    s.have("/srv/kept", b"of the full one", FIRST - 500)
    s.end()
    s.start(job(2, "I", 1))
    s.have("/srv/changed", b"of the first day", FIRST + DAY - 500, 1)
    s.end()
    s.start(job(3, "I", 2))
    s.have("/srv/new", b"of the second day", FIRST + 2 * DAY - 500, 1)
    later = begin(job(9, "I", 4))
    later.have("/srv/changed", b"of the fourth day", FIRST + 4 * DAY - 500)
    write(folder, [done(s)], [done(later)])


@case
def consolidated_by_bareos(folder):
    """It has a name and labels of its own, from long after its files; an incremental job of before it, and one of behind it."""
    s = begin(job(20, "F", 10), product=mk.BAREOS)
    s.have("/srv/kept", b"of the full one", FIRST - 500, 1)
    s.have("/srv/changed", b"of the first day", FIRST + DAY - 500, 1)
    between = begin(job(3, "I", 5), product=mk.BAREOS)
    between.have("/srv/changed", b"of the fifth day", FIRST + 5 * DAY - 500)
    later = begin(job(21, "I", 11), product=mk.BAREOS)
    later.have("/srv/changed", b"of the eleventh day", FIRST + 11 * DAY - 500)
    write(folder, [done(s)], [done(between), done(later)])


@case
def twins(folder):
    """A job and its copy; the original has a wrong byte in its content."""
    original = begin(job(1, "F", 0))
    original.have("/srv/file", b"content that is right", FIRST - 500)
    copy = begin(job(1, "F", 0).copy(7, FIRST + 9 * DAY))
    copy.have("/srv/file", b"content that is right", FIRST - 500)
    write(folder, [done(original)], [done(copy)])
    path = os.path.join(folder, "vol0")
    with open(path, "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(data.replace(b"content that is right", b"content that is wrong"))


@case
def updated(folder):
    """Attributes alone, with an extended one; and those of a file that no older job has."""
    full = begin(job(1, "F", 0))
    full.have("/srv/file", b"content", FIRST - 500, xattr=(b"user.a", b"old"))
    late = begin(job(2, "I", 1))
    late.have("/srv/file", b"content", FIRST - 400, stream=37, xattr=(b"user.b", b"new"), delta="1")
    late.have("/srv/never", b"content", FIRST - 400, stream=37, delta="1")
    write(folder, [done(full), done(late)])


@case
def hints(folder):
    """A fileset that was changed, and marks of files that nobody had."""
    full = begin(job(1, "F", 0), "one")
    full.have("/srv/file", b"content", FIRST - 500)
    late = begin(job(2, "I", 1), "other")
    late.have("/srv/odd", b"old", FIRST - 3 * DAY)
    late.mark("/srv/never")
    late.mark("/srv/file")
    write(folder, [done(full), done(late)])


@case
def unmarked(folder):
    """An incremental job with a file that is older than the job it should follow on."""
    full = begin(job(1, "F", 5))
    full.have("/srv/file", b"content", FIRST)
    late = begin(job(2, "I", 6))
    late.have("/srv/odd", b"old", FIRST)
    write(folder, [done(full), done(late)])


@case
def fragments(folder):
    """No full one, one without an end, one that failed, an empty differential one."""
    failed = begin(job(1, "F", 0))
    failed.have("/srv/file", b"content", FIRST)
    failed.end("E")
    failed.packer.flush()
    first = begin(job(2, "I", 1))
    first.have("/srv/one", b"one", FIRST)
    empty = done(begin(job(3, "D", 2)))
    endless = begin(job(4, "F", 3))
    endless.have("/srv/two", b"two", FIRST)
    endless.packer.flush()
    write(folder, [failed, done(first)], [empty, endless])


@case
def out_of_reach(folder):
    """Two jobs at once; data of one file of the full one stand where no file reaches."""
    full = begin(job(1, "F", 0), cap=1024)
    full.have("/srv/kept", b"of the full one" * 200, FIRST - 500)
    full.have("/srv/far", b"content", FIRST - 500, sparse_at=1 << 62)
    full.have("/srv/last", b"the last of the full one", FIRST - 500)
    late = begin(job(2, "I", 1), cap=1024)
    late.have("/srv/new", b"of the first day" * 200, FIRST + DAY - 500)
    blocks = mk.interleave([done(full).packer.blocks, done(late).packer.blocks])
    with open(os.path.join(folder, "vol0"), "wb") as f:
        f.write(mk.whole("vol0", blocks))


if __name__ == "__main__":
    os.makedirs(sys.argv[2], exist_ok=True)
    CASES[sys.argv[1]](sys.argv[2])
