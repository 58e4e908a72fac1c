#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes that want more than is good: bombs, giant records, crowds of empty records and of sessions.

limits.py --make NAME OUT          one of them, see MAKERS
limits.py --run COMMAND...         runs it; the largest resident size in MB goes to descriptor 3; ends as the command does
"""

import os
import resource
import struct
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mkvolume as mk  # noqa: E402

MAX_RECORD = 19999999
BLOCK = 1 << 20


def zlib_zeros(n):
    """n zeros, without having them all at once."""
    z, out = zlib.compressobj(9), []
    for at in range(0, n, 1 << 20):
        out.append(z.compress(bytes(min(1 << 20, n - at))))
    return b"".join(out) + z.flush()


def frames(kind, total):
    """A fastlzlib payload that says it holds so many bytes in blocks of 262144: each is one run of zeros."""
    n = 262144
    if kind == "FZ4L":
        block = mk.lz4_block(bytes(n))
    else:
        block = mk.fastlz_block(bytes(n))
    one = mk.fz_piece(False, block, n)
    return one * (total // n + 1) + mk.fz_piece(False, b"", 0)


def volume(records, cap=BLOCK):
    """One job, each record a file's."""
    s = mk.Session(mk.Packer(mk.BAREOS, "BB02", cap))
    for stream, data in records:
        s.new(b"", stream)
        s.put(stream, data)
    return mk.whole("limits", s.close())


def bombs():
    plain = (16 << 20, 60 << 20)
    out = []
    for n in plain:
        out.append((29, mk.comp(b"GZIP", zlib_zeros(n), 9)))
        out.append((4, zlib_zeros(n)))
        out.append((29, mk.comp(b"FZ4L", frames("FZ4L", n), 1)))
        out.append((29, mk.comp(b"FZFZ", frames("FZFZ", n), 1)))
    # zstd that claims 2^40 bytes; one with a window of 2 GB
    out.append((29, mk.comp(b"LZOY", bytes.fromhex("28b52ffde0") + struct.pack("<Q", 1 << 40) + bytes.fromhex("010000"))))
    out.append((29, mk.comp(b"LZOY", bytes.fromhex("28b52ffd00a8010000"))))
    return volume(out * 3)


def giants():
    """The longest record that any reader takes, plain and deflated, in blocks of 1 MiB."""
    noise = mk.noise("giant", 1 << 20) * 20
    return volume([(2, noise[:MAX_RECORD]), (2, noise[:10000000]), (29, mk.comp(b"GZIP", zlib.compress(noise[:18000000], 1), 1))])


def too_long():
    """A header that says one byte more."""
    head = struct.pack(">iiI", 1, 2, MAX_RECORD + 1)
    return mk.label_block(mk.BAREOS, "BB02", "limits") + mk.seal("BB02", head + bytes(5000), 0, 1, mk.STIME)


def empties(count=3000000):
    """Millions of records without data, in one file."""
    body = struct.pack(">iiI", 1, 2, 0) * 5000
    blocks = [mk.seal("BB02", body, n, 1, mk.STIME) for n in range(count // 5000)]
    return mk.label_block(mk.BAREOS, "BB02", "limits") + b"".join(blocks)


def sessions(count=10000, length=65536, here=1000):
    """Jobs that all began a record at the same time and go on in turn."""
    out = [mk.label_block(mk.BAREOS, "BB02", "limits")]
    at = 0
    number = 0
    while at < 3 * here:
        data = (mk.text("x", 400) * 4)[:here]
        for n in range(count):
            head = struct.pack(">iiI", 1, 2 if at == 0 else -2, length - at)
            out.append(mk.seal("BB02", head + data, number, n + 1, mk.STIME))
        at += here
        number += 1
    return b"".join(out)


def busy(count=2000, length=110000, here=60000):
    """Jobs that are all in the middle of a record, in turn; none of them ends."""
    content = mk.noise("busy", length)
    out = [mk.label_block(mk.BAREOS, "BB02", "limits")]
    for at in range(0, length, here):
        part = struct.pack(">iiI", 1, 2 if at == 0 else -2, length - at) + content[at:at + here]
        out += [mk.seal("BB02", part, at // here, n + 1, mk.STIME) for n in range(count)]
    return b"".join(out)


MAKERS = {
    "bombs": bombs, "giants": giants, "too-long": too_long, "empties": empties, "sessions": sessions,
    "busy": busy,
    "sessions-claiming": lambda: sessions(10000, MAX_RECORD, 10), "crowd": lambda: sessions(400000, 12, 4),
}


def main(args):
    if len(args) == 3 and args[0] == "--make":
        with open(args[2], "wb") as f:
            f.write(MAKERS[args[1]]())
        return 0
    if len(args) > 1 and args[0] == "--run":
        p = subprocess.run(args[1:])
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        os.write(3, b"%d\n" % used)
        return p.returncode if p.returncode >= 0 else 128 - p.returncode
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
