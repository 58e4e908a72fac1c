#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""rescue.py KIND VOLUME: that volume with a wound, on standard output, for scenario_rescue.sh.

headless         without its first block
sums             with a wrong checksum in every block
freebsd          with the checksums of Bareos 19.2.4/5 on FreeBSD, as wounds.py counts them
freebsd-flip     the same, and one bit of the last block flipped
again FIRST LAST with these blocks (0 is the label) once more behind themselves
name NAME        with another Volume Name
nosum            without checksums
cut              a made volume (no VOLUME is read) with a record that the network layer cut, a block of its first piece spoilt
"""

import struct
import sys

import mkvolume
import wounds


def cut():
    content = mkvolume.noise(1, 1000000)
    record = mkvolume.encode("gzip", content)
    s = mkvolume.Session(mkvolume.Packer(cap=64512))
    s.file(mkvolume.text(2, 6000), 29, "gzip")
    s.new(content, 29)
    for piece in (record[:999996], record[999996:]):
        s.put(29, piece)
    s.digest(content)
    s.file(mkvolume.text(3, 6000), 29, "gzip")
    data = bytearray(mkvolume.whole("cut", s.close()))
    data[500000] ^= 1
    return bytes(data)


def main():
    kind, path = sys.argv[1:3]
    if kind == "cut":
        sys.stdout.buffer.write(cut())
        return
    with open(path, "rb") as f:
        v = wounds.Volume(f.read())
    data, blocks = v.data, v.blocks
    raws = [data[b.at:b.end] for b in blocks]
    if kind == "headless":
        del raws[0]
    elif kind == "sums":
        at = [24 if b.fmt == b"BB03" else 0 for b in blocks]
        raws = [r[:k] + bytes([r[k] ^ 1]) + r[k + 1:] for k, r in zip(at, raws)]
    elif kind.startswith("freebsd"):
        raws = [struct.pack(">I", wounds.reversed_crc(r[4:])) + r[4:] for r in raws]
        if kind.endswith("flip"):
            raws[-1] = raws[-1][:60] + bytes([raws[-1][60] ^ 1]) + raws[-1][61:]
    elif kind == "again":
        first, last = int(sys.argv[3]), int(sys.argv[4])
        raws[last + 1:last + 1] = raws[first:last + 1]
    elif kind == "name":
        start = raws[0].index(b"\0", blocks[0].head + blocks[0].own) + 1 + 4 + 32
        end = raws[0].index(b"\0", start)
        name = sys.argv[3].encode().decode("unicode_escape").encode("latin-1")
        raw = bytearray(raws[0][:start] + name + raws[0][end:])
        at = blocks[0].head + blocks[0].own - 4
        struct.pack_into(">I", raw, 4, len(raw))
        struct.pack_into(">I", raw, at, len(raw) - at - 4)
        raws[0] = wounds.seal(raw)
    elif kind == "nosum":
        raws = [bytes(4) + r[4:] for r in raws]
    else:
        raise SystemExit(__doc__)
    sys.stdout.buffer.write(b"".join(raws))


if __name__ == "__main__":
    main()
