#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the backup volumes that no real volume stands for: good-*, bad-* (damaged), wound-* (by a daemon, and mendable),
false-* (right to the byte, and wrong all the same).

mkvolume.py NAME OUTFILE   write one volume (the name is the expectation)
mkvolume.py --all DIR      write them all
mkvolume.py --list         the names
mkvolume.py --flags NAME   the volcheck.py options that the volume needs
mkvolume.py --sets         each set of volumes in one line
mkvolume.py --many N DIR   N small ones of one job each, DIR/00/vol00000 and so on, a hundred folders at most
mkvolume.py --split NAME N OUT1 OUT2   a set of two: NAME's first N blocks behind its label, and the rest behind another

A volume of a set is told apart by --partial in its flags; the whole set in order needs none.
The same name gives the same bytes each time (but for what zlib makes of it).  Exit 77: python3-xxhash is
missing, which the checksums of BB03 need.
"""

import hashlib
import os
import struct
import sys
import zlib

try:
    import xxhash
except ImportError:
    xxhash = None

HEADER_LEN = {"BB01": 16, "BB02": 24, "BB03": 32}
PRE_LABEL, VOL_LABEL, SOS, EOS = -1, -2, -4, -5
STIME = 0x65000000
BTIME = 1700000000 * 1000000
BITS, PLUGIN, OFFSETS, PORTABLE, DEDUP = 1 << 29, 1 << 28, 1 << 26, 1 << 25, 1 << 24
SPARSE = (6, 7, 30)
HEADED = (29, 30, 31)
LEGACY = (4, 7, 12)


class Product:
    """What the writing daemon decides: the labels, the last address, the treatment of empty records."""

    def __init__(self, ident, vernum, version, tail=0, bareos=True):
        self.ident, self.vernum, self.version, self.tail, self.bareos = ident, vernum, version, tail, bareos


BAREOS = Product("Bareos 2.0 immortal\n", 20, "Ver. 26.0.0 21 August 2026")
BAREOS22 = Product("Bacula 1.0 immortal\n", 11, "Ver. 20.0.1 02 March 2021")
BACULA = Product("Bacula 1.0 immortal\n", 11, "Ver. 15.0.3 25 March 2025", 3, False)
BACULA13 = Product("Bacula 1.0 immortal\n", 11, "Ver. 13.0.1 05 August 2022", 2, False)
BACULA10 = Product("Bacula 1.0 immortal\n", 10, "Ver. 1.38.11 28 June 2006", 0, False)


# --- content ---------------------------------------------------------------------------------------------

def noise(seed, n):
    return hashlib.shake_256(str(seed).encode()).digest(n)


def text(seed, n):
    """Compressible: words of a small dictionary in a seeded order."""
    words = [noise("word%d" % i, 2 + i % 7).hex().encode() for i in range(64)]
    out = bytearray()
    picks = noise(seed, n // 4 + 1)
    for p in picks:
        out += words[p & 63] + (b"\n" if p > 240 else b" ")
        if len(out) >= n:
            break
    return bytes(out[:n])


# --- encoders --------------------------------------------------------------------------------------------

def sequences(data, window, shortest, tail):
    """Greedy (literals, distance, length); the last has distance 0."""
    seen, pos, start = {}, 0, 0
    end = len(data) - tail
    while pos + shortest <= end:
        key = data[pos:pos + shortest]
        old = seen.get(key, -1)
        seen[key] = pos
        if old < 0 or pos - old > window:
            pos += 1
            continue
        n = shortest
        while pos + n < end and data[old + n] == data[pos + n]:
            n += 1
        yield data[start:pos], pos - old, n
        pos += n
        start = pos
    yield data[start:], 0, 0


def lz4_run(n):
    return b"" if n < 15 else b"\xff" * ((n - 15) // 255) + bytes([(n - 15) % 255])


def lz4_block(data):
    out = bytearray()
    for lit, dist, n in sequences(data, 65535, 4, 12):
        more = n - 4 if dist else 0
        out.append(min(len(lit), 15) << 4 | min(more, 15))
        out += lz4_run(len(lit)) + lit
        if dist:
            out += struct.pack("<H", dist) + lz4_run(more)
    return bytes(out)


def fastlz_match(level, dist, n):
    """A match of n bytes; the level 1 form holds at most 264."""
    far = level == 2 and dist > 8191
    low = 255 if far else (dist - 1) & 255
    high = 31 if far else (dist - 1) >> 8
    out = bytearray()
    while n:
        part = min(n, 264) if level == 1 else n
        if 0 < n - part < 3:
            part -= 3
        out.append(min(part - 2, 7) << 5 | high)
        if part >= 9:
            out += bytes([part - 9]) if level == 1 else b"\xff" * ((part - 9) // 255) + bytes([(part - 9) % 255])
        out.append(low)
        if far:
            out += struct.pack(">H", dist - 8192)
        n -= part
    return out


def fastlz_block(data, level=1):
    out = bytearray()
    for lit, dist, n in sequences(data, 8191 if level == 1 else 65535, 6, 12):
        for i in range(0, len(lit), 32):
            part = lit[i:i + 32]
            out.append(len(part) - 1)
            out += part
        if dist:
            out += fastlz_match(level, dist, n)
    out[0] |= (level - 1) << 5
    return bytes(out)


def lzo(data):
    """Literals only: legal, and longer than the input."""
    n = len(data)
    if n == 0:
        head = b""
    elif n <= 238:
        head = bytes([17 + n])
    else:
        zeros, rest = divmod(n - 19, 255)
        head = bytes(1 + zeros) + bytes([rest + 1])
    return head + data + b"\x11\0\0"


def fz_piece(raw, body, plain_len):
    return b"FastLZ\0" + bytes([0x18 if raw else 0xC8]) + struct.pack("<II", len(body), plain_len) + body


def fz(data, pack=None, piece=262144):
    """fastlzlib's framing; without a packer all blocks are RAW."""
    out = b""
    for i in range(0, len(data), piece):
        part = data[i:i + piece]
        packed = pack(part) if pack and len(part) > 64 else part
        raw = len(packed) >= len(part)
        out += fz_piece(raw, part if raw else packed, len(part))
    return out + fz_piece(False, b"", 0)


def comp(magic, payload, level=0, version=1, size=None):
    return magic + struct.pack(">IHH", len(payload) if size is None else size, level, version) + payload


def encode(alg, data):
    """The record's data behind the address, for the name of a form."""
    if alg is None:
        return data
    if alg == "zlib":
        return zlib.compress(data, 6)
    if alg == "gzip":
        return comp(b"GZIP", zlib.compress(data, 6), 6)
    if alg == "lzo":
        return comp(b"LZOX", lzo(data))
    if alg in ("lz4", "lz4hc"):
        return comp(b"FZ4L" if alg == "lz4" else b"FZ4H", fz(data, lz4_block), 1)
    if alg == "lzfast":
        return comp(b"FZFZ", fz(data, fastlz_block), 1)
    if alg == "lzfast2":
        return comp(b"FZFZ", fz(data, lambda d: fastlz_block(d, 2)), 1)
    if alg.startswith("raw-"):
        return comp(alg[4:].encode(), fz(data), 1)
    if alg.startswith("multi-"):
        return comp(alg[6:].encode(), fz(data, None, len(data) // 2), 1)
    raise ValueError(alg)


# --- labels ----------------------------------------------------------------------------------------------

def cstr(*strings):
    return b"".join(s.encode() + b"\0" for s in strings)


def dates(product, i):
    if product.vernum >= 11:
        return struct.pack(">qq", BTIME + i, BTIME + i + 5), struct.pack(">dd", 0, 0)
    return struct.pack(">dd", 2453915.0, 0.5), struct.pack(">dd", 2453916.0, 0.25)


def volume_label(product, name):
    first, second = dates(product, 0)
    out = cstr(product.ident) + struct.pack(">I", product.vernum) + first + second
    out += cstr(name, "", "Full", "Backup", "File", "host", "sd", product.version, "Build 2026-01-01 00:00:00")
    if product.tail:
        out += cstr("") + struct.pack(">QIII", 0, 0, 0, 64512)
    if product.tail == 3:
        out += bytes(12)
    return out


def session_label(product, jobid, job, when):
    out = cstr(product.ident) + struct.pack(">II", product.vernum, jobid)
    if product.vernum >= 11:
        out += struct.pack(">qd", BTIME + when, 0)
    else:
        out += struct.pack(">dd", 2453916.0, 0.25)
    out += cstr("Full", "Backup", job, "fd", job + ".2026-01-01_00.00.00_01", "Set")
    out += struct.pack(">II", ord("B"), ord("F"))
    return out + (cstr("AbCdEfGhIjKlMnOpQrStUv") if product.vernum >= 11 else b"")


# --- blocks ----------------------------------------------------------------------------------------------

class Block:
    def __init__(self, owner, number):
        self.owner, self.number, self.body, self.ends = owner, number, bytearray(), []


class Packer:
    """One job's block buffer (of several jobs in BB01): the splitting of section 2.2."""

    def __init__(self, product=BAREOS, fmt="BB02", cap=4096, sid=1, stime=STIME, checksum=True):
        self.product, self.fmt, self.cap, self.checksum = product, fmt, cap, checksum
        self.sid, self.stime = sid, stime
        self.blocks = []
        self.now = Block(self, 0)

    @property
    def hlen(self):
        return 20 if self.fmt == "BB01" else 12

    def room(self):
        return self.cap - HEADER_LEN[self.fmt] - len(self.now.body)

    def flush(self):
        if self.now.body:
            self.blocks.append(self.now)
            self.now = Block(self, self.now.number + 1)

    def head(self, sess, fi, stream, n):
        if self.fmt == "BB01":
            self.now.body += struct.pack(">II", sess.sid, sess.stime)
        self.now.body += struct.pack(">iiI", fi, stream, n)

    def put(self, sess, fi, stream, data):
        if self.room() < self.hlen:
            self.flush()
        self.head(sess, fi, stream, len(data))
        if self.room() == 0 and not data and self.product.bareos:
            self.flush()
            self.head(sess, fi, -stream, 0)
        while data:
            part = data[:self.room()]
            self.now.body += part
            data = data[len(part):]
            if data:
                self.flush()
                self.head(sess, fi, -stream, len(data))

    def put_whole(self, sess, fi, stream, data):
        if self.room() < self.hlen + len(data):
            self.flush()
        self.put(sess, fi, stream, data)


def seal(fmt, body, number=0, sid=0, stime=0, checksum=True):
    """A block around its records."""
    n = HEADER_LEN[fmt] + len(body)
    rest = struct.pack(">II4s", n, number, fmt.encode())
    if fmt != "BB01":
        rest += struct.pack(">II", sid, stime)
    if fmt != "BB03":
        rest += bytes(body)
        return struct.pack(">I", zlib.crc32(rest) if checksum else 0) + rest
    front, body = struct.pack(">I", 1 if checksum else 0) + rest, bytes(body)
    if not checksum:
        return front + bytes(8) + body
    if xxhash is None:
        print("mkvolume.py: BB03 needs python3-xxhash", file=sys.stderr)
        sys.exit(77)
    return front + xxhash.xxh3_64_digest(front + bytes(8) + body) + body


def reseal(block):
    """A changed BB02 block with a right CRC."""
    return struct.pack(">I", zlib.crc32(block[4:])) + block[4:]


def label_block(product, fmt, name, fi=VOL_LABEL, checksum=True):
    data = volume_label(product, name)
    head = struct.pack(">II", 0, 0) if fmt == "BB01" else b""
    return seal(fmt, head + struct.pack(">iiI", fi, 0, len(data)) + data, checksum=checksum)


# --- jobs ------------------------------------------------------------------------------------------------

def base64_number(n):
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    out = ""
    while n or not out:
        out, n = digits[n & 63] + out, n >> 6
    return out


def attributes(fi, name, size, stream, kind=3, link="", link_fi=0):
    fields = (0xFC00, 0x12A00 + fi, 0o100644, 1, 0, 0, 0, size, 4096, (size + 511) // 512,
              1700000000, 1700000000, 1700000000, link_fi, 0, stream & 0x7FF)
    stat = " ".join(base64_number(f) for f in fields)
    return b"%d %d " % (fi, kind) + cstr(name, stat, link, "", "0") + b"\0"


DIGESTS = {"md5": (3, hashlib.md5), "sha1": (10, hashlib.sha1), "sha256": (17, hashlib.sha256)}


class Session:
    def __init__(self, packer, sid=1, jobid=1, stime=STIME, name="job", began=10):
        self.packer, self.sid, self.jobid, self.stime, self.name = packer, sid, jobid, stime, name
        self.fi, self.bytes = 0, 0
        packer.put_whole(self, SOS, jobid, session_label(packer.product, jobid, name, began))

    def put(self, stream, data):
        self.bytes += len(data)
        self.packer.put(self, self.fi, stream, data)

    def new(self, content=b"", stream=2, size=None, **more):
        """The attributes of the next file."""
        self.fi += 1
        name = "/srv/%s/file%d" % (self.name, self.fi)
        self.put(1, attributes(self.fi, name, len(content) if size is None else size, stream, **more))

    def digest(self, content, kind="md5"):
        stream, algorithm = DIGESTS[kind]
        self.put(stream, algorithm(content).digest())

    def file(self, content, stream=2, alg=None, chunk=3000, digest="md5"):
        """A file in one stream, cut into chunks; alg as in encode()."""
        self.new(content, stream)
        addressed = stream & 0x7FF in SPARSE or stream & OFFSETS
        for at in range(0, len(content), chunk):
            record = encode(alg, content[at:at + chunk])
            self.put(stream, (struct.pack(">Q", at) if addressed else b"") + record)
        self.digest(content, digest)

    def sparse(self, extents, stream=6, alg=None, digest="md5"):
        """Chunks with holes between them: the digest covers the chunks only."""
        whole = b"".join(data for _, data in extents)
        self.new(whole, stream)
        for at, data in extents:
            self.put(stream, struct.pack(">Q", at) + encode(alg, data))
        self.digest(whole, digest)

    def fill(self, left):
        """An attribute of the last file that leaves so many bytes in the block."""
        while self.packer.room() < self.packer.hlen + left:
            self.put(1998, noise(self.fi, 40))
        self.put(1998, noise(self.fi, self.packer.room() - self.packer.hlen - left))

    def fill_before(self, left, content, stream=2):
        """So many bytes will be left after the next file's attributes."""
        n = len(attributes(self.fi + 1, "/srv/%s/file%d" % (self.name, self.fi + 1), len(content), stream))
        self.fill(left + n + self.packer.hlen)

    def end(self, status="T", files=None):
        """EOS; the addresses are filled in when the blocks are laid out."""
        p = self.packer
        data = session_label(p.product, self.jobid, self.name, 99)
        data += struct.pack(">IQ", self.fi if files is None else files, self.bytes) + bytes(20)
        if p.product.vernum >= 11:
            data += struct.pack(">I", ord(status))
        p.put_whole(self, EOS, self.jobid, data)
        p.now.ends.append(len(p.now.body) - (24 if p.product.vernum >= 11 else 20))

    def close(self, *args):
        self.end(*args)
        self.packer.flush()
        return self.packer.blocks

    def again(self):
        """The job is run again under its session: another start, blocks numbered from 0, FileIndexes behind a gap."""
        p = self.packer
        s = Session(Packer(p.product, p.fmt, p.cap, p.sid, p.stime, p.checksum), self.sid, self.jobid, self.stime, self.name, 500)
        s.fi = self.fi + 1
        return s


# --- layout ----------------------------------------------------------------------------------------------

class Tape:
    """Padding of a tape, 1024 or fixed: the label's record is always the label buffer."""

    def __init__(self, fixed=0):
        self.fixed = fixed

    def pad(self, block, is_label):
        unit = self.fixed or (64512 if is_label else 1024)
        return block + bytes(-len(block) % unit)


class Layout:
    """One volume: label, then blocks, EOS addresses patched."""

    def __init__(self, label, tape=None):
        self.tape = tape
        self.out = [tape.pad(label, True) if tape else label]
        self.pos = self.label_len = len(label)
        self.count = 0
        self.own = {}

    def span(self, block, size):
        """(start, end) of the job's blocks before this one, as the daemon has it in mind."""
        p, before = block.owner, self.own.get(block.owner)
        if self.tape:
            here = 1 << 32 | self.count
            return (before[0] if before else here, here - 1 if before else here)
        if not p.product.bareos:
            return (before[0] if before else self.pos, self.pos)
        return before if before else (0, self.label_len - 1)

    def add(self, block):
        p = block.owner
        size = HEADER_LEN[p.fmt] + len(block.body)
        start, end = self.span(block, size)
        for at in block.ends:
            struct.pack_into(">IIII", block.body, at, start & 0xFFFFFFFF, end & 0xFFFFFFFF, start >> 32, end >> 32)
        raw = seal(p.fmt, block.body, block.number, p.sid, p.stime, p.checksum)
        first = self.own[p][0] if p in self.own else (1 << 32 | self.count if self.tape else self.pos)
        self.own[p] = (first, self.pos + size - 1)
        self.out.append(self.tape.pad(raw, False) if self.tape else raw)
        self.pos += size
        self.count += 1


def lay(name, blocks, tape=None):
    """The list of a volume's blocks, the label first."""
    p = blocks[0].owner
    volume = Layout(label_block(p.product, p.fmt, name, checksum=p.checksum), tape)
    for b in blocks:
        volume.add(b)
    return volume.out


def whole(name, blocks, tape=None):
    return b"".join(lay(name, blocks, tape))


def interleave(queues):
    """Round robin over the jobs' blocks."""
    queues, out = [list(q) for q in queues], []
    while any(queues):
        out += [q.pop(0) for q in queues if q]
    return out


# --- the good ones ---------------------------------------------------------------------------------------

GOOD, BAD, FLAGS = {}, {}, {}


def volume(*flags):
    """Enter a maker under its name."""
    def enter(make):
        name = make.__name__.replace("_", "-")
        (GOOD if name.startswith("good") else BAD)[name] = make
        FLAGS[name] = list(flags)
        return make
    return enter


def bareos_forms(s):
    """A file of each form that Bareos writes."""
    for i, alg in enumerate((None, "gzip", "lzo", "lzfast", "lzfast2", "lz4", "lz4hc")):
        s.file(text(i, 7000), 29 if alg else 2, alg)
    s.file(noise(1, 3100), 29, "gzip")
    s.file(b"", 2)


@volume()
def good_bb01(name):
    s = Session(Packer(BAREOS22, "BB01"))
    s.file(text(1, 9000), 2)
    s.file(text(2, 9000), 4, "zlib")
    return whole(name, s.close())


@volume()
def good_bb01_mixed(name):
    p = Packer(BAREOS22, "BB01", 2048)
    jobs = [Session(p, i, i, name="job%d" % i) for i in (1, 2, 3)]
    for i in range(12):
        jobs[i % 3].file(text(i, 900 + 200 * i), 4 if i & 1 else 2, "zlib" if i & 1 else None, 1500)
    for s in jobs:
        s.end()
    p.flush()
    return whole(name, p.blocks)


@volume()
def good_forms(name):
    s = Session(Packer())
    bareos_forms(s)
    return whole(name, s.close())


@volume()
def good_win32(name):
    s = Session(Packer())
    s.file(text(1, 9000), 11)
    s.file(text(2, 9000), 12, "zlib")
    for alg in ("gzip", "lzo", "lz4", "lzfast"):
        s.file(text(alg, 9000), 31, alg)
    return whole(name, s.close())


@volume()
def good_offsets_bit26(name):
    s = Session(Packer(BACULA, "BB03"))
    s.file(text(1, 9000), 2 | OFFSETS)
    s.file(text(2, 9000), 4 | OFFSETS, "zlib", digest="sha1")
    s.file(text(3, 9000), 29 | OFFSETS, "lzo")
    s.sparse([(0, text(4, 2000)), (1 << 33, text(5, 2000)), (5, b"")], 2 | OFFSETS)
    s.file(text(6, 5000), 2)
    return whole(name, s.close())


@volume()
def good_high_bits(name):
    s = Session(Packer())
    for i, bits in enumerate((BITS, PLUGIN, PORTABLE, BITS | PLUGIN | PORTABLE)):
        s.file(text(i, 9000), 2 | bits)
        s.file(text(i, 9000), 29 | bits, "gzip")
        s.file(text(i, 9000), 6 | bits)
        s.file(text(i, 9000), 11 | bits)
    return whole(name, s.close())


@volume()
def good_dedup_bit24(name):
    s = Session(Packer(BACULA, "BB03"))
    for i, stream in enumerate((2, 29, 4, 6, 30)):
        s.new(bytes(5000), stream | DEDUP)
        s.put(stream | DEDUP, noise(i, 44))
        s.put(stream | DEDUP, noise(i + 9, 88))
    s.file(text(1, 5000), 2)
    return whole(name, s.close())


@volume()
def good_empty_records(name):
    s = Session(Packer(cap=1024))
    s.file(b"abc" * 50, 2)
    s.fi += 1
    s.put(1, b"")
    for stream in (2, 11):
        s.new(b"", stream)
        s.put(stream, b"")
        s.digest(b"")
    s.new(b"xyz", 2)
    for part in (b"", b"xyz", b""):
        s.put(2, part)
    s.digest(b"xyz")
    for stream in (2, 11):
        s.fill_before(12, b"", stream)
        s.new(b"", stream)
        assert s.packer.room() == 12
        s.put(stream, b"")
        s.digest(b"")
    s.fill(12)
    s.fi += 1
    s.put(1, b"")
    s.file(text(1, 2000), 29, "gzip")
    return whole(name, s.close())


@volume()
def good_header_at_end(name):
    s = Session(Packer(cap=1024))
    s.file(b"abc" * 50, 2)
    for i, (stream, alg) in enumerate(((2, None), (29, "gzip"), (30, "lz4"), (6, None))):
        content = text(i, 2500)
        s.fill_before(12, content, stream)
        s.file(content, stream, alg)
    s.fill(12)
    s.new(b"")
    return whole(name, s.close())


@volume()
def good_tail_1to11(name):
    s = Session(Packer(cap=1024))
    for tail in list(range(1, 12)) + [0]:
        content = text(tail, 5000)
        s.new(content, 2)
        n = s.packer.room() - 12 - tail
        n += 988 if n < 0 else 0
        s.put(2, content[:n])
        assert s.packer.room() == tail
        s.put(2, content[n:])
        s.digest(content)
    return whole(name, s.close())


@volume()
def good_jobid_29(name):
    blocks = []
    for i, jobid in enumerate((29, 30, 31, 2, 6, 11, 4, 7, 12)):
        s = Session(Packer(sid=i + 1), i + 1, jobid)
        s.file(text(i, 5000), 29 if i & 1 else 2, "gzip" if i & 1 else None)
        blocks += s.close()
    return whole(name, blocks)


def tape_blocks():
    queues = []
    for i in (1, 2):
        s = Session(Packer(cap=64512, sid=i), i, i)
        for k in range(6):
            s.file(text(k, 20000), 29 if k & 1 else 2, "lz4" if k & 1 else None, 16384, "sha1")
        queues.append(s.close())
    return interleave(queues)


@volume("--tape-dump")
def good_tape_dump(name):
    return whole(name, tape_blocks(), Tape())


@volume("--tape-dump")
def good_tape_dump_fixed(name):
    return whole(name, tape_blocks(), Tape(64512))


@volume()
def good_small_blocks(name):
    s = Session(Packer(cap=512))
    bareos_forms(s)
    s.sparse([(0, text(1, 3000)), (1 << 20, text(2, 3000))], 30, "gzip")
    return whole(name, s.close())


@volume()
def good_big_blocks(name):
    s = Session(Packer(cap=2 << 20))
    s.file(text(1, 10000) * 300, 2, None, 262144)
    s.file(text(2, 10000) * 100, 29, "gzip", 262144)
    return whole(name, s.close())


@volume()
def good_pre_label(name):
    return label_block(BACULA13, "BB02", name, PRE_LABEL)


@volume()
def good_fifo(name):
    p = Packer()
    p.put(p, VOL_LABEL, 0, volume_label(BAREOS, name))
    s = Session(p)
    bareos_forms(s)
    first, rest = Layout(b""), s.close()
    for b in rest:
        first.add(b)
    return b"".join(first.out)


def interleaved_blocks(product, fmt, cap):
    queues = []
    for i in range(1, 6):
        s = Session(Packer(product, fmt, cap, i), i, i, name="job%d" % i)
        for k in range(5):
            stream, alg = ((2, None), (29, "lzo"), (6, None), (30, "lzo"), (2, None))[(i + k) % 5]
            s.file(text(10 * i + k, 6000 + 700 * i), stream, alg, 5000, ("md5", "sha1")[k & 1])
        queues.append(s.close())
    return interleave(queues)


@volume()
def good_interleaved(name):
    return whole(name, interleaved_blocks(BAREOS, "BB02", 2048))


@volume()
def good_interleaved_bb03(name):
    return whole(name, interleaved_blocks(BACULA, "BB03", 4096))


@volume()
def good_vernum10(name):
    s = Session(Packer(BACULA10))
    s.file(text(1, 9000), 2)
    s.file(text(2, 9000), 4, "zlib")
    return whole(name, s.close())


@volume()
def good_ndmp(name):
    s = Session(Packer(cap=64512), name="ndmp")
    s.new(b"", 2)
    s.put(999, noise(999, 16))
    for i in range(8):
        s.put(2, text(i, 10240 if i < 7 else 3000))
    s.put(999, noise(999, 16))
    return whole(name, s.close())


OPAQUE = [13, 15, 16] + list(range(19, 29)) + [32, 33] + list(range(1000, 1021)) + list(range(1988, 2000))


@volume()
def good_opaque(name):
    s = Session(Packer(cap=2048), 1, 29)
    for stream in OPAQUE:
        s.new(b"", stream)
        s.put(stream, noise(stream, 100 + stream % 700))
    s.file(text(1, 9000), 2)
    s.file(text(2, 9000), 29, "gzip")
    first = s.close()
    s = Session(Packer(cap=2048, sid=2), 2, 30)
    s.new(b"", 999)
    s.put(999, noise(999, 700))
    return whole(name, first + s.close())


@volume()
def good_nochecksum_bb03(name):
    s = Session(Packer(BACULA, "BB03", checksum=False))
    s.file(text(1, 9000), 2)
    s.file(text(2, 9000), 4, "zlib")
    return whole(name, s.close())


@volume()
def good_nochecksum_bb02(name):
    s = Session(Packer(checksum=False))
    bareos_forms(s)
    return whole(name, s.close())


@volume("--fz-multi")
def good_multi_block_fz(name):
    s = Session(Packer())
    s.file(noise(1, 3000), 29, "multi-FZ4L")
    s.file(noise(2, 3000), 30, "multi-FZFZ")
    return whole(name, s.close())


@volume()
def good_fz_raw(name):
    s = Session(Packer())
    for magic in ("FZ4L", "FZ4H", "FZFZ"):
        s.file(noise(magic, 5000), 29, "raw-" + magic)
        s.file(text(magic, 50), 29, "raw-" + magic)
        s.file(text(magic, 5000), 31, "raw-" + magic)
    return whole(name, s.close())


@volume()
def good_gzip_legacy_bareos(name):
    s = Session(Packer(BAREOS22))
    s.file(text(1, 9000), 4, "zlib")
    s.file(text(2, 9000), 7, "zlib", digest="sha1")
    s.file(text(3, 9000), 12, "zlib")
    s.file(noise(4, 3000), 4, "zlib")
    s.file(text(5, 9000), 29, "lz4")
    return whole(name, s.close())


@volume()
def good_sparse_all_forms(name):
    s = Session(Packer())
    far = 1 << 40
    extents = [(0, text(1, 2992)), (2992, text(2, 2992)), (1 << 20, noise(3, 1000)),
               (far, text(4, 64)), (far + 64, bytes(2992))]
    for stream, alg in ((6, None), (7, "zlib"), (30, "gzip"), (30, "lzo"), (30, "lz4"), (30, "lzfast")):
        s.sparse(extents, stream, alg)
    s.sparse([(0, b"")], 6)
    s.sparse([(131071, b"\0")], 30, "gzip")
    return whole(name, s.close())


@volume("--unfinished")
def good_unfinished(name):
    s = Session(Packer(cap=1024))
    s.file(text(1, 5000), 29, "gzip")
    s.new(text(2, 9000))
    s.put(2, text(2, 9000))
    return whole(name, s.packer.blocks)


def twice_run(name, *ends):
    """A job of Bacula that became Incomplete and was run again: each end counts its own run."""
    first = Session(Packer(BACULA13, cap=2048))
    for i in range(6):
        first.file(text(i, 1500), 4 if i & 1 else 2, "zlib" if i & 1 else None)
    second = first.again()
    for i in range(3):
        second.file(text(10 + i, 1100), 4, "zlib")
    return whole(name, first.close("I") + second.close("T", *ends))


@volume("--rerun")
def good_rerun(name):
    return twice_run(name)


@volume("--rerun")
def good_rerun_own_files(name):
    """JobFiles of the second end are its own, too."""
    return twice_run(name, 3)


def cut_short(s, stream=2):
    """Cancelled inside a record: what was in the buffer is lost."""
    content = noise(s.jobid, 9000)
    s.new(content, stream)
    s.put(stream, encode("gzip" if stream in HEADED else None, content))
    assert len(s.packer.blocks) > 4
    return s.packer.blocks


@volume("--rerun", "--unfinished")
def good_rerun_cut(name):
    """The first run has no end, and ends inside a record."""
    first = Session(Packer(BACULA13, cap=2048))
    first.file(text(1, 5000), 4, "zlib")
    cut = cut_short(first)
    second = first.again()
    second.file(text(2, 3000), 4, "zlib")
    return whole(name, cut + second.close())


def cancelled(name, later):
    """Jobs that ended inside a record, in both forms of data; others were appended behind them."""
    blocks = []
    for jobid, stream in ((1, 29), (2, None), (3, 2), (4, None)):
        s = Session(Packer(cap=1024, sid=jobid, stime=STIME + later * jobid), jobid, jobid, STIME + later * jobid, "job%d" % jobid)
        s.file(text(jobid, 2500), stream or 29, None if stream == 2 else "gzip")
        blocks += cut_short(s, stream) if stream else s.close()
    return whole(name, blocks)


@volume("--unfinished")
def good_cancelled(name):
    return cancelled(name, 0)


@volume("--unfinished")
def good_crashed(name):
    """The daemon was started again each time."""
    return cancelled(name, 1000)


def stale(name, more, files=None):
    s = Session(Packer(cap=2048))
    for i in range(5):
        s.file(text(i, 2000), 2)
    s.bytes += more
    return whole(name, s.close("T", files))


@volume("--lax-totals")
def good_stale_less(name):
    """As bcopy leaves it that inflated: JobBytes is what it was."""
    return stale(name, -7000)


@volume("--lax-totals")
def good_stale_more(name):
    """And that deflated."""
    return stale(name, 7000)


def set_volumes():
    """A record over all three volumes; at each boundary both jobs are inside a record."""
    jobs = [Session(Packer(cap=1024, sid=i), i, i, name="job%d" % i) for i in (1, 2)]
    for i, s in enumerate(jobs):
        s.file(text(i, 1500), 29, "gzip")
        for k in range(3):
            s.file(text(i + k, 14000), 2 if i else 29, None if i else "raw-FZ4L", 14000, "sha1")
    blocks = interleave([s.close() for s in jobs])
    cuts = [0, 16, 24, len(blocks)]
    parts = [blocks[a:b] for a, b in zip(cuts, cuts[1:])]
    for part in parts[1:]:
        assert all(struct.unpack_from(">i", b.body, 4)[0] < 0 for b in part[:2]), "cut between records"
    assert all(b.body[:8] == parts[1][0].body[:8] for b in parts[1][::2] + parts[2][:1]), "no record spans all three"
    return parts


def make_set(n):
    @volume("--partial")
    def good_set(name):
        return whole(name, set_volumes()[n - 1])
    good_set.__name__ = "good-set-%d" % n
    GOOD[good_set.__name__] = GOOD.pop("good-set")
    FLAGS[good_set.__name__] = FLAGS.pop("good-set")


for number in (1, 2, 3):
    make_set(number)


# --- the bad ones ----------------------------------------------------------------------------------------

def bad_session():
    s = Session(Packer(cap=2048))
    s.file(text(1, 6000), 29, "gzip")
    s.file(text(2, 6000), 2)
    return s


def bad_blocks(name):
    s = bad_session()
    s.file(text(3, 6000), 29, "lz4")
    return lay(name, s.close())


def with_record(name, content, stream, record):
    """A volume, whole in all but the data of one record."""
    s = bad_session()
    s.new(content, stream)
    s.put(stream, record)
    s.digest(content)
    s.file(text(3, 6000), 29, "lz4")
    return whole(name, s.close())


@volume()
def bad_crc(name):
    blocks = bad_blocks(name)
    b = bytearray(blocks[3])
    b[700] ^= 0x10
    blocks[3] = bytes(b)
    return b"".join(blocks)


@volume()
def bad_adler(name):
    payload = bytearray(zlib.compress(text(9, 3000), 6))
    payload[-1] ^= 1
    return with_record(name, text(9, 3000), 29, comp(b"GZIP", bytes(payload), 6))


@volume()
def bad_truncated(name):
    blocks = bad_blocks(name)
    return b"".join(blocks[:-1]) + blocks[-1][:-100]


@volume()
def bad_fz_tail(name):
    return with_record(name, text(9, 3000), 29, comp(b"FZ4L", fz(text(9, 3000), lz4_block) + b"\0", 1))


@volume()
def bad_fz_magic(name):
    payload = fz(text(9, 3000), lz4_block)
    return with_record(name, text(9, 3000), 29, comp(b"FZ4L", b"FastLY" + payload[6:], 1))


@volume()
def bad_comp_size(name):
    payload = zlib.compress(text(9, 3000), 6)
    return with_record(name, text(9, 3000), 29, comp(b"GZIP", payload, 6, 1, len(payload) + 1))


@volume()
def bad_comp_version(name):
    return with_record(name, text(9, 3000), 29, comp(b"GZIP", zlib.compress(text(9, 3000), 6), 6, 2))


@volume()
def bad_unknown_magic(name):
    return with_record(name, text(9, 3000), 29, comp(b"NONE", text(9, 3000)))


@volume()
def bad_short_sparse(name):
    return with_record(name, b"", 30, bytes(5))


@volume()
def bad_continuation(name):
    blocks = bad_blocks(name)
    at = next(i for i, b in enumerate(blocks) if struct.unpack_from(">i", b, 28)[0] < 0)
    b = bytearray(blocks[at])
    struct.pack_into(">I", b, 32, struct.unpack_from(">I", b, 32)[0] + 7)
    blocks[at] = reseal(bytes(b))
    return b"".join(blocks)


@volume()
def bad_dangling(name):
    s = bad_session()
    p = s.packer
    p.flush()
    p.head(s, s.fi, -2, 100)
    p.now.body += noise(1, 100)
    s.file(text(3, 6000), 29, "lz4")
    return whole(name, s.close())


@volume()
def bad_block_len(name):
    blocks = bad_blocks(name)
    blocks[2] = reseal(blocks[2][:4] + struct.pack(">I", 12) + blocks[2][8:])
    return b"".join(blocks)


@volume()
def bad_zero_hole(name):
    blocks = bad_blocks(name)
    blocks[3] = bytes(len(blocks[3]))
    return b"".join(blocks)


@volume()
def bad_garbage(name):
    blocks = bad_blocks(name)
    junk = noise("garbage", 1000)
    fake = struct.pack(">III4s", 0x12345678, 900, 3, b"BB02")
    blocks[2] += junk[:300] + fake + junk[300 + len(fake):]
    return b"".join(blocks)


@volume()
def false_wreck(name):
    """Its label is gone, a block with whole files in it is a hole, another stands there twice, one has wrong bytes."""
    s = Session(Packer(cap=1024))
    for n in range(30):
        s.file(text(n, 158), 29, "gzip")
    blocks = lay(name, s.close())
    label = bytes(40) + blocks[0][40:]
    hurt = blocks[6][:500] + bytes([blocks[6][500] ^ 1]) + blocks[6][501:]
    return b"".join([label] + blocks[1:3] + [bytes(len(blocks[3]))] + blocks[4:6] + [blocks[5], hurt] + blocks[7:])


@volume()
def bad_record_len(name):
    s = bad_session()
    s.new(b"", 2)
    s.packer.flush()
    s.packer.head(s, s.fi, 2, 30000000)
    s.packer.now.body += text(1, 500)
    s.packer.flush()
    s.file(text(3, 6000), 29, "lz4")
    return whole(name, s.close())


# --- command line ----------------------------------------------------------------------------------------

# --- neither good nor bad -----------------------------------------------------------------------------------


def zlib_of_length(seed, n):
    """Noise, and what is n bytes long of it in zlib."""
    plain = n
    while True:
        packed = zlib.compress(noise(seed, plain), 6)
        if len(packed) == n:
            return noise(seed, plain), packed
        plain -= len(packed) - n


def wound_network_cut(name):
    """What real clients with a network buffer of 1 000 000 make: messages cut at 999 996 bytes (volume-format.md 5.3)."""
    s = Session(Packer(cap=64512))
    files = (("gzip", 29, 1000000), ("gzip", 30, 1000000), ("lzo", 29, 2100000), ("zlib", 4, 2100000), ("zlib", 7, 1000000))
    for fi, (alg, stream, n) in enumerate(files):
        content = noise("cut%d" % fi, n)
        s.new(content, stream)
        record = (struct.pack(">Q", 0) if stream in SPARSE else b"") + encode(alg, content)
        for at in range(0, len(record), 999996):
            s.put(stream, record[at:at + 999996])
        s.digest(content)
    s.file(text(4, 5000), 29, "gzip")
    # All pieces of the full length; and what follows is cut, too.
    first, packed = zlib_of_length("full", 2 * 999996)
    second = noise("next", 1000000)
    s.new(first + second, 4)
    for record in (packed, encode("zlib", second)):
        for at in range(0, len(record), 999996):
            s.put(4, record[at:at + 999996])
    s.digest(first + second)
    # Plain, with addresses: what is cut off has none.
    content = noise("plain", 2 * 999992)
    s.new(content, 6)
    for at in (0, 999992):
        record = struct.pack(">Q", at) + content[at:at + 999992]
        s.put(6, record[:999996])
        s.put(6, record[999996:])
    s.digest(content)
    return whole(name, s.close())


SPARSE_FILES = (  # form, stream, may be wounded, digest, extents
    ("lz4", 30, True, "md5", ((0, text(1, 1500)), (8192, text(2, 900)))),
    ("gzip", 30, True, "sha1", ((0, bytes(500) + text(3, 900)), (4096, bytes(500)))),  # the first record cannot tell
    ("lz4", 30, True, "md5", ((0, bytes(500)),)),  # the digest tells
    ("lzo", 30, True, None, ((0, bytes(500) + text(4, 80)),)),  # the size tells
    (None, 6, True, "md5", ((0, bytes(500)), (65536, text(5, 700)))),  # as somebody inflated it
    ("lz4", 30, True, "md5", ((1 << 33, text(6, 700)),)),
    ("lz4", 30, False, "md5", ((0, bytes(500)), (4096, text(7, 90)))),
    ("lz4", 30, False, None, ((0, bytes(500)),)),
    # Pages that bear their own address: nothing is wrong with them.
    ("lz4", 30, False, "md5", tuple((at, struct.pack(">Q", at) + text(at, 992)) for at in range(0, 5000, 1000))),
    ("lz4", 30, False, "md5", ((4096, struct.pack(">Q", 4096) + text(8, 90)),)),
    # More of them, with holes between.
    ("lz4", 30, False, "md5", tuple((at, struct.pack(">Q", at) + text(at, 992)) for at in range(0, 60000, 2000))),
    ("lz4", 30, False, None, tuple((at, struct.pack(">Q", at) + text(at, 992)) for at in range(0, 60000, 3000))),
    ("lz4", 30, True, None, tuple((at, text(at, 1000)) for at in range(1000, 60000, 3000))),
    ("lz4", 30, True, None, tuple((at, struct.pack(">Q", at) + text(at, 992)) for at in range(1000, 5000, 1000))),
)


def sparse_files(name, wounded):
    s = Session(Packer(cap=4096))
    for alg, stream, may, digest, extents in SPARSE_FILES:
        content = b"".join(data for _, data in extents)
        s.new(content, stream, size=extents[-1][0] + len(extents[-1][1]))
        for at, data in extents:
            address = struct.pack(">Q", at)
            s.put(stream, address + encode(alg, (address if wounded and may else b"") + data))
        s.put(1008, b"u::rw-")  # an ACL stands before the digest
        if digest:
            s.digest(content, digest)
    return whole(name, s.close())


def wound_doubled(name):
    """Sparse files as Bareos's autoxflate deflates them: the address in front and once more in what is compressed
    (volume-format.md 6.6, item 2).  Some files only seem to be wounded."""
    return sparse_files(name, True)


def good_undoubled(name):
    """What wound-doubled is without its wound."""
    return sparse_files(name, False)


GOOD["good-undoubled"] = good_undoubled
FLAGS["good-undoubled"] = []
WOUNDS = {"wound-network-cut": wound_network_cut, "wound-doubled": wound_doubled}


# --- right to the byte, and wrong all the same ---------------------------------------------------------------


def false_session():
    return Session(Packer(cap=2048))


def false_digest(name):
    """Content that decodes and is not what was backed up."""
    s = false_session()
    s.file(text(1, 900))
    content = text(2, 3000)
    s.new(content, 29)
    s.put(29, encode("gzip", content[:1500] + b"X" + content[1501:]))
    s.digest(content, "sha256")
    s.file(text(3, 900), 29, "lz4")
    return whole(name, s.close())


def false_digest_length(name):
    s = false_session()
    s.file(text(1, 900))
    s.new(text(2, 50))
    s.put(2, text(2, 50))
    s.put(3, bytes(15))
    s.file(text(3, 900))
    return whole(name, s.close())


def false_data_missing(name):
    """Digest and attributes of a file whose data records are gone."""
    s = false_session()
    s.file(text(1, 900))
    s.new(text(2, 50))
    s.digest(text(2, 50))
    s.file(text(3, 900))
    return whole(name, s.close())


def false_attributes(name):
    """Attributes of another FileIndex."""
    s = false_session()
    s.file(text(1, 900))
    s.fi = 2
    s.put(1, attributes(3, "/srv/job/file3", 0, 2))
    s.file(text(3, 900))
    return whole(name, s.close())


def whole_blocks(n):
    """Blocks that begin and end with whole files."""
    s = false_session()
    for i in range(n):
        s.file(text(i + 1, 600))
        s.packer.flush()
    return s.close()


def false_doubled_block(name):
    blocks = whole_blocks(4)
    return whole(name, blocks[:2] + [blocks[1]] + blocks[2:])


def false_swapped_blocks(name):
    blocks = whole_blocks(4)
    return whole(name, [blocks[0], blocks[2], blocks[1]] + blocks[3:])


def false_missing_block(name):
    blocks = whole_blocks(4)
    return whole(name, blocks[:2] + blocks[3:])


def false_stream_change(name):
    """Two forms of data in one file: a restore passes over a record (volume-format.md 4.7)."""
    s = false_session()
    content = text(1, 900)
    s.new(content, 29)
    s.put(29, encode("lz4", content[:400]))
    s.put(2, content[400:])
    s.digest(content)
    return whole(name, s.close())


def false_second_start(name):
    s = false_session()
    s.file(text(1, 900))
    s.packer.put_whole(s, SOS, 1, session_label(s.packer.product, 1, "job", 10))
    s.file(text(2, 900))
    return whole(name, s.close())


def false_behind_end(name):
    s = false_session()
    s.file(text(1, 900))
    s.end()
    s.file(text(2, 900))
    s.packer.flush()
    return whole(name, s.packer.blocks)


def false_job_files(name):
    s = false_session()
    s.file(text(1, 900))
    s.fi += 1
    return whole(name, s.close())


def false_behind_digest(name):
    s = false_session()
    s.file(text(1, 900))
    s.new(text(2, 900))
    s.digest(text(2, 900))
    s.put(2, text(2, 900))
    return whole(name, s.close())


def false_second_digest(name):
    s = false_session()
    s.file(text(1, 900))
    s.digest(text(1, 900))
    return whole(name, s.close())


def false_second_attributes(name):
    """A restore begins the file anew: its first half is gone."""
    s = false_session()
    content = text(1, 900)
    s.new(content)
    s.put(2, content[:400])
    s.put(1, attributes(1, "/srv/job/file1", len(content), 2))
    s.put(2, content[400:])
    s.digest(content)
    return whole(name, s.close())


def false_no_attributes(name):
    s = false_session()
    s.file(text(1, 900))
    s.fi += 1
    s.put(2, text(2, 900))
    s.digest(text(2, 900))
    return whole(name, s.close())


def false_unknown_stream(name):
    s = false_session()
    s.file(text(1, 900))
    s.put(300, text(2, 100))
    return whole(name, s.close())


def hollow(stream, alg):
    """An empty record of a stream whose records have to hold something."""
    def make(name):
        s = false_session()
        content = text(1, 900)
        s.file(content, stream, alg, 400)
        s.new(content, stream)
        s.put(stream, (bytes(8) if stream in SPARSE else b"") + encode(alg, content))
        s.put(stream, b"")
        s.digest(content)
        return whole(name, s.close())
    return make


def restore_object(content, compression=1, stored=None, full=None, payload=None):
    payload = payload if payload is not None else zlib.compress(content) if compression else content
    stored, full = len(payload) if stored is None else stored, len(content) if full is None else full
    return b"2 25 1 %d %d %d " % (stored, full, compression) + b"plugin\0object\0" + payload + b"\0"


def with_object(record):
    def make(name):
        s = false_session()
        s.file(text(1, 900))
        s.fi += 1
        s.put(28, record)
        s.file(text(3, 900))
        return whole(name, s.close())
    return make


@volume()
def good_objects(name):
    s = false_session()
    for record in (restore_object(text(1, 3000)), restore_object(text(2, 500), 0), restore_object(b""), restore_object(b"", 0),
                   restore_object(text(3, 90))[:-1]):
        s.fi += 1
        s.put(28, record)
    s.file(text(1, 900))
    return whole(name, s.close())


def other_client(name):
    """The labels at start and end name different clients."""
    s = false_session()
    s.file(text(1, 900))
    s.end()
    s.packer.now.body[:] = bytes(s.packer.now.body).replace(b"\0fd\0", b"\0df\0", 1)
    s.packer.flush()
    return whole(name, s.packer.blocks)


def other_job_id(name):
    """The end-of-session label's record header names another job than the label."""
    s = false_session()
    s.file(text(1, 900))
    s.packer.flush()
    s.end()
    struct.pack_into(">i", s.packer.now.body, 4, 2)
    s.packer.flush()
    return whole(name, s.packer.blocks)


def label_kind(fi):
    def make(name):
        s = false_session()
        s.file(text(1, 900))
        s.packer.put_whole(s, fi, 1, session_label(s.packer.product, 1, "job", 10))
        s.file(text(2, 900))
        return whole(name, s.close())
    return make


def relabelled(old, new):
    """A volume whose label holds other bytes, with a right checksum."""
    def make(name):
        blocks = lay(name, whole_blocks(3))
        blocks[0] = reseal(blocks[0].replace(old, new, 1))
        return b"".join(blocks)
    return make


def false_label_second(name):
    blocks = lay(name, whole_blocks(3))
    return blocks[1] + blocks[0] + b"".join(blocks[2:])


def false_label_missing(name):
    return b"".join(lay(name, whole_blocks(3))[1:])


def false_two_volumes(name):
    s = Session(Packer(cap=2048, sid=2), 2, 2)
    s.file(text(4, 900))
    return whole(name, whole_blocks(2)) + whole("another", s.close())


def spooled(jump):
    """BB03 blocks with split records; the third's number and those behind it as jump says."""
    def make(name):
        s = Session(Packer(BACULA, "BB03", cap=1024))
        s.file(text(1, 9000), 2)
        blocks = s.close()
        assert struct.unpack_from(">i", blocks[3].body, 4)[0] < 0, "no split record"
        for b in blocks[3:]:
            b.number = jump(b.number)
        return whole(name, blocks)
    return make


def false_number(name):
    return spooled(lambda n: n + 5)(name)


def options(block, flips, checksum=True):
    """A BB03 volume with other option bits in one block, and the checksum as it was."""
    def make(name):
        s = Session(Packer(BACULA, "BB03", cap=1024, checksum=checksum))
        s.file(text(1, 3000), 2)
        blocks = lay(name, s.close())
        blocks[block] = struct.pack(">I", struct.unpack_from(">I", blocks[block])[0] ^ flips) + blocks[block][4:]
        return b"".join(blocks)
    return make


MORE_FALSE = {
    "false-empty-gzip": hollow(29, "gzip"), "false-empty-zlib": hollow(4, "zlib"), "false-empty-lzo": hollow(31, "lzo"),
    "false-empty-sparse": hollow(6, None), "false-empty-sparse-gzip": hollow(30, "gzip"),
    "false-object": with_object(restore_object(text(2, 3000), payload=zlib.compress(text(2, 3000))[:-9] + bytes(9))),
    "false-object-shorter": with_object(restore_object(text(2, 3000), full=3001)),
    "false-object-longer": with_object(restore_object(text(2, 3000), full=2999)),
    "false-object-cut": with_object(restore_object(text(2, 3000), stored=3000)),
    "false-object-plain": with_object(restore_object(text(2, 300), 0, full=299)),
    "false-object-absurd": with_object(restore_object(text(2, 300), full=10 ** 17)),
    "false-client": other_client, "false-job-id": other_job_id,
    "false-end-of-medium": label_kind(-3), "false-label-kind": label_kind(-9),
    "false-label-id": relabelled(b"Bareos 2.0 immortal", b"Bareos 2.0 immorta1"),
    "false-label-version": relabelled(b"immortal\n\0\0\0\0\x14", b"immortal\n\0\0\0\0\x15"),
    "false-label-name": relabelled(b"false-label-name", b"false\x01label-name"),
    "false-option-label": options(0, 1), "false-option": options(1, 1), "false-option-on": options(1, 1, False),
    "false-option-clear": options(1, 2, False), "false-option-unknown": options(1, 8), "false-option-cipher": options(1, 4),
}


FALSE = {f.__name__.replace("_", "-"): f for f in (
    false_digest, false_digest_length, false_data_missing, false_attributes, false_doubled_block, false_swapped_blocks,
    false_missing_block, false_stream_change, false_second_start, false_behind_end, false_job_files,
    false_behind_digest, false_second_digest, false_second_attributes, false_no_attributes, false_unknown_stream,
    false_label_second, false_label_missing, false_two_volumes, false_number)}
FALSE.update(MORE_FALSE)
ALL = {**GOOD, **BAD, **WOUNDS, **FALSE}
FLAGS.update({name: [] for name in (*WOUNDS, *FALSE)})
SETS = [["good-set-1", "good-set-2", "good-set-3"]]


def write(name, path):
    with open(path, "wb") as f:
        f.write(ALL[name](name))


def split(name, count, paths):
    volume, at = ALL[name](name), []
    while not at or at[-1] < len(volume):
        at.append((at[-1] if at else 0) + struct.unpack_from(">I", volume, (at[-1] if at else 0) + 4)[0])
    for path, part in zip(paths, (volume[:at[count]], volume[:at[0]] + volume[at[count]:])):
        with open(path, "wb") as f:
            f.write(part)


def many(count, folder):
    for i in range(count):
        s = Session(Packer(sid=i + 1), i + 1, i + 1, name="job%d" % i)
        s.file(text(i % 7, 400), 2)
        into = os.path.join(folder, "%02d" % (i % 100))
        os.makedirs(into, exist_ok=True)
        with open(os.path.join(into, "vol%05d" % i), "wb") as f:
            f.write(whole("vol%05d" % i, s.close()))


def main(args):
    if args == ["--list"]:
        print("\n".join(ALL))
    elif args == ["--sets"]:
        print("\n".join(" ".join(s) for s in SETS))
    elif len(args) == 3 and args[0] == "--many":
        many(int(args[1]), args[2])
    elif len(args) == 5 and args[0] == "--split" and args[1] in ALL:
        split(args[1], int(args[2]), args[3:])
    elif len(args) == 2 and args[0] == "--flags" and args[1] in ALL:
        print(" ".join(FLAGS[args[1]]))
    elif len(args) == 2 and args[0] == "--all":
        for name in ALL:
            write(name, os.path.join(args[1], name))
    elif len(args) == 2 and args[0] in ALL:
        write(args[0], args[1])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
