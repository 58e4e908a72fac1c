#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the first inputs of the fuzz targets: pieces of the real volumes, and small made ones.

seeds.py VOLUMES DIR   VOLUMES is what tests/prepare made; writes DIR/NAME/*

A minimised part of them is in fuzz/corpus, with what fuzzing found.  What is here is the layout of each target's input:
see the head of its fuzz_NAME.c.
"""

import glob
import hashlib
import os
import struct
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import mkvolume as mk  # noqa: E402

KEEP = 160  # bytes of a record's data in a seed


def put(out, name, data, limit=4096):
    """One input, named as its content; the longest are left out."""
    if len(data) > limit:
        return
    os.makedirs(os.path.join(out, name), exist_ok=True)
    with open(os.path.join(out, name, hashlib.sha1(data).hexdigest()[:16]), "wb") as f:
        f.write(data)


def blocks(volume):
    """(format, options, number, sid, stime, body) of the blocks from the volume's beginning on."""
    at = 0
    while at + 32 <= len(volume) and volume[at + 12:at + 15] == b"BB0":
        fmt = volume[at + 12:at + 16].decode()
        first, size, number = struct.unpack(">III", volume[at:at + 12])
        if fmt not in mk.HEADER_LEN or at + size > len(volume):
            return
        sid, stime = struct.unpack(">II", volume[at + 16:at + 24]) if fmt != "BB01" else (0, 0)
        yield fmt, first, number, sid, stime, volume[at + mk.HEADER_LEN[fmt]:at + size]
        at += size


def parts(fmt, body):
    """(header before FileIndex, FileIndex, Stream, length, data in this block)"""
    own, at = (8 if fmt == "BB01" else 0), 0
    while at + own + 12 <= len(body):
        fi, stream, n = struct.unpack(">iiI", body[at + own:at + own + 12])
        data = body[at + own + 12:at + own + 12 + n]
        yield body[at:at + own], fi, stream, n, data
        at += own + 12 + len(data)


def small(volume, most):
    """A volume of the first blocks with the first bytes of each record; a record that goes on does so for one block."""
    out, waiting = [], {}
    for fmt, options, number, sid, stime, body in blocks(volume):
        made = b""
        if fmt == "BB03" and options & 4:
            made = body[:KEEP]
        else:
            for own, fi, stream, n, data in parts(fmt, body):
                keep = data if fi < 0 else data[:KEEP]
                left = len(keep)
                if stream < 0 and waiting.pop((sid, own), None) is None:
                    continue
                if len(data) < n:
                    left += 40
                    waiting[sid, own] = True
                elif stream < 0:
                    keep = (keep + bytes(40))[:40]
                    left = 40
                made += own + struct.pack(">iiI", fi, stream, left) + keep
                if len(made) > 900 and len(data) == n:
                    break
        out.append(mk.seal(fmt, made, number, sid, stime, bool(options & 1) if fmt == "BB03" else options != 0))
        if sum(map(len, out)) > most:
            break
    return b"".join(out)


def tiny(product, fmt, stream, alg, cap=400, content=mk.text(7, 300)):
    s = mk.Session(mk.Packer(product, fmt, cap))
    s.file(content, stream, alg)
    s.file(content[:90], 2)
    return mk.whole("seed", s.close())


def volumes(folder, out):
    for path in sorted(glob.glob(os.path.join(folder, "*", "*"))):
        with open(path, "rb") as f:
            volume = f.read()
        for how in (0x71, 0xf5):
            put(out, "record", bytes((how, 128)) + small(volume, 1500))
        put(out, "filter", bytes((0x01, 0, 0)) + small(volume, 1200))
        put(out, "verify", bytes((0x01, 0, 0)) + small(volume, 1200))
        put(out, "extract", bytes((0x01, 0, 0)) + small(volume, 1200))
        for fmt, options, number, sid, stime, body in list(blocks(volume))[:6]:
            for own, fi, stream, n, data in parts(fmt, body):
                if fi < 0 and len(data) == n:
                    put(out, "label", data)
        for block in list(blocks(small(volume, 3000)))[:4]:
            fmt, options, number, sid, stime, body = block
            put(out, "block", mk.seal(fmt, body, number, sid, stime, options != 0), 1024)


def made(out):
    forms = [(mk.BAREOS, "BB02", 29, a) for a in ("gzip", "lzo", "lzfast", "lzfast2", "lz4", "lz4hc")]
    forms += [(mk.BAREOS, "BB02", 2, None), (mk.BAREOS, "BB02", 30, "lz4"), (mk.BAREOS22, "BB01", 4, "zlib"),
              (mk.BACULA, "BB03", 29, "lzo"), (mk.BACULA, "BB03", 4, "zlib"), (mk.BACULA, "BB03", 7, "zlib")]
    for n, (product, fmt, stream, alg) in enumerate(forms):
        v = tiny(product, fmt, stream, alg)
        put(out, "record", bytes((0x70, 0)) + v)
        put(out, "record", bytes((0xf1, 90)) + v)
        put(out, "verify", bytes((0x01, 0, 0)) + v)
        put(out, "extract", bytes((0x01, 0, 0)) + v)
        for how in (0x01, 0x09, 0x19, 0x3d, 0x9b, 0x59):
            put(out, "filter", bytes((how, n * 17 & 255, n & 1)) + v)


def payloads(out):
    contents = (b"", b"a", mk.text(3, 300), mk.noise(3, 100), bytes(3000), mk.text(5, 2500))
    for alg in ("gzip", "lzo", "lz4", "lz4hc", "lzfast", "lzfast2", "raw-FZ4L", "raw-FZFZ", "multi-FZ4L", "multi-FZFZ"):
        for n, content in enumerate(contents):
            if alg.startswith("multi") and n < 2:
                continue
            record = mk.encode(alg, content)
            for how in (0x01, 0x03, 0x13, 0x37, 0x57):
                put(out, "header", bytes((how, 0, n, n)) + record)
                put(out, "header", bytes((how, 1, n, n)) + struct.pack(">Q", 8 << n) + record)
            if "l" in alg or "FZ" in alg:
                put(out, "fzframe", bytes(({"lzfast": 0, "lzfast2": 0, "lz4": 1}.get(alg, n % 3),)) + record[12:])
    for n, content in enumerate(contents):
        for how in (0x01, 0x03, 0x0f, 0x52):
            put(out, "header", bytes((how, 3, 0, 0)) + zlib.compress(content, 9))
            put(out, "header", bytes((how | 0x50, 6, 0, 0)) + content)
            put(out, "header", bytes((how, 7, 0, 0)) + bytes(8) + content)
        for level in (1, 2):
            if 0 < len(content) < 65536:
                put(out, "fastlz", struct.pack(">H", len(content)) + mk.fastlz_block(content, level))
        put(out, "lzo1x", struct.pack(">H", len(content)) + mk.lzo(content))
    # a match of each kind behind 70 literals: two bytes, three, more than its instruction holds, far ones, short ones after 1 to 3 and 4
    for match in ("a800", "fd4058", "2308004142", "200201000041", "1900fc", "1700fc", "1b000000", "2100000005410400", "0400", "0701414243"):
        stream = bytes((17 + 70,)) + mk.noise(9, 70) + bytes.fromhex(match) + b"\x11\0\0"
        put(out, "lzo1x", struct.pack(">H", 200) + stream)
    # zstd, which Python cannot make: "Hello" in a raw block
    frame = bytes.fromhex("28b52ffd2005290000") + b"Hello"
    put(out, "header", bytes((0x01, 0, 2, 0)) + mk.comp(b"LZOY", frame))


def pki(out):
    """Records of clients that encrypt: the real ones in tests/pki, and a file of each kind as fuzz_pki.c takes it apart."""
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "pki", "fdpki-*"))):
        with open(path, "rb") as f:
            for _, _, _, _, _, body in blocks(f.read()):
                for _, _, stream, n, data in parts("BB02", body):
                    if stream in (19, 22) and n == len(data):
                        put(out, "pki", bytes((0 if stream == 22 else 1,)) + data)
    content = mk.text(9, 300)
    put(out, "pki", bytes((2, 5)) + b"".join(struct.pack(">I", len(c)) + c for c in (content, b"", b"x", content)))
    for kind, form in ((0, None), (1, None), (2, "zlib"), (3, "zlib"), (4, None), (5, "lzo"), (6, "lz4")):
        inside = b"".join(struct.pack(">I", len(c)) + c for c in (mk.encode(form, content), mk.encode(form, b"more")))
        script = bytes((9, 0, 0, 0x40, 0, 0))
        for part in (inside[:100], inside[100:101], inside[101:], b""):
            script += bytes((0x80 | kind,)) + struct.pack(">H", len(part)) + part
        put(out, "pki", bytes((3,)) + script + bytes((8, 0, 3)) + b"sig" + bytes((0x19, 0, 0)) + script)


def main(args):
    if len(args) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    volumes(args[0], args[1])
    made(args[1])
    payloads(args[1])
    pki(args[1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
