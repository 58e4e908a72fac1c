#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge backup volumes: structure to the byte, and content against the digests inside.

An oracle of its own: it shares no code with xflate.  Several volumes are one set, in order.  Exit 0: right,
1: wrong (each error with volume and byte offset on stderr), 2: usage.
"""

import argparse
import ctypes
import ctypes.util
import hashlib
import struct
import sys
import zlib

try:
    import xxhash
except ImportError:
    xxhash = None

HEADER_LEN = {b"BB01": 16, b"BB02": 24, b"BB03": 32}
MAX_BLOCK, MAX_RECORD, MAX_MESSAGE = 20000000, 20000000, 999996
PRE_LABEL, VOL_LABEL, EOM_LABEL, SOS, EOS = -1, -2, -3, -4, -5
MASK, OFFSETS, DEDUP = 0x7FF, 1 << 26, 1 << 24
FILE, SPARSE, WIN32 = (2, 4, 29), (6, 7, 30), (11, 12, 31)
CONTENT = FILE + SPARSE + WIN32
LEGACY, HEADED = (4, 7, 12), (29, 30, 31)
ENCRYPTED = (20, 21, 23, 24, 32, 33)
NO_PROOF = ENCRYPTED + (25, 27)
BEFORE_DATA = (1, 5, 22, 35, 36)
MAGIC = {b"GZIP": "gzip", b"LZOX": "lzo", b"FZFZ": "lzfast", b"FZ4L": "lz4", b"FZ4H": "lz4hc", b"LZOY": "zstd"}
IDENTS = ("Bareos 2.0 immortal\n", "Bacula 1.0 immortal\n")


class Bad(Exception):
    """What is wrong, without the place."""


# --- decoders --------------------------------------------------------------------------------------------

def copy_match(out, dist, n):
    """Append n bytes from dist back, which may overlap."""
    start = len(out) - dist
    if dist < 1 or start < 0:
        raise Bad("match before the start")
    if len(out) + n > MAX_RECORD:
        raise Bad("expands too far")
    if dist >= n:
        out += out[start:start + n]
    else:
        out += (bytes(out[start:]) * (n // dist + 1))[:n]


def take(src, i, n):
    if i + n > len(src):
        raise Bad("input overrun")
    return src[i:i + n]


def lz4_length(src, i, n):
    if n == 15:
        while True:
            b = take(src, i, 1)[0]
            i += 1
            n += b
            if b < 255:
                break
    return n, i


def lz4_block(src):
    out, i, matched, n = bytearray(), 0, False, 0
    while True:
        token = take(src, i, 1)[0]
        n, i = lz4_length(src, i + 1, token >> 4)
        out += take(src, i, n)
        i += n
        if i == len(src):
            break
        dist = int.from_bytes(take(src, i, 2), "little")
        more, i = lz4_length(src, i + 2, token & 15)
        copy_match(out, dist, more + 4)
        matched = True
    if token & 15 or matched and n < 5:
        raise Bad("lz4: the end is not five literals")
    return bytes(out)


def fastlz_length(src, i, level):
    """The extension of the longest match code."""
    n = 9
    while True:
        b = take(src, i, 1)[0]
        n, i = n + b, i + 1
        if level == 1 or b < 255:
            return n, i


def fastlz_block(src):
    level = (take(src, 0, 1)[0] >> 5) + 1
    if level > 2:
        raise Bad("FastLZ level %d" % level)
    out, i, c = bytearray(), 1, src[0] & 31
    while True:
        if c < 32:
            out += take(src, i, c + 1)
            i += c + 1
        else:
            n, high = (c >> 5) + 2, (c & 31) << 8
            if n == 9:
                n, i = fastlz_length(src, i, level)
            low = take(src, i, 1)[0]
            i += 1
            dist = high + low + 1
            if level == 2 and low == 255 and high == 31 << 8:
                dist = 8192 + int.from_bytes(take(src, i, 2), "big")
                i += 2
            copy_match(out, dist, n)
        if i == len(src):
            return bytes(out)
        c = src[i]
        i += 1


def lzo_extended(src, i, n, base):
    if n:
        return n, i
    n = base
    while take(src, i, 1)[0] == 0:
        n, i = n + 255, i + 1
        if n > MAX_RECORD:
            raise Bad("expands too far")
    return n + src[i], i + 1


def lzo_match(src, i, c, state):
    """(length, distance, literals after it, next position) of an instruction that is a match."""
    if c < 16:
        dist = (take(src, i, 1)[0] << 2) + (c >> 2) + 1
        return (3, dist + 2048, c & 3, i + 1) if state == 4 else (2, dist, c & 3, i + 1)
    if c < 64:
        far = c < 32
        n, i = lzo_extended(src, i, c & (7 if far else 31), 7 if far else 31)
        d = int.from_bytes(take(src, i, 2), "little")
        dist = 16384 + ((c & 8) << 11) + (d >> 2) if far else (d >> 2) + 1
        return n + 2, dist, d & 3, i + 2
    n = 3 + (c >> 5 & 1) if c < 128 else 5 + (c >> 5 & 3)
    return n, (take(src, i, 1)[0] << 3) + (c >> 2 & 7) + 1, c & 3, i + 1


def lzo1x(src):
    out, i, state = bytearray(), 0, 0
    first = take(src, 0, 1)[0]
    if first > 17:
        out += take(src, 1, first - 17)
        i, state = first - 16, min(first - 17, 4)
    while True:
        c = take(src, i, 1)[0]
        i += 1
        if c < 16 and state == 0:
            n, i = lzo_extended(src, i, c, 15)
            out += take(src, i, n + 3)
            i, state = i + n + 3, 4
            continue
        n, dist, state, i = lzo_match(src, i, c, state)
        if dist == 16384 and 16 <= c < 32:
            if c != 17 or i != len(src):
                raise Bad("lzo: bad end or bytes behind it")
            return bytes(out)
        copy_match(out, dist, n)
        out += take(src, i, state)
        i += state


def inflate(src):
    d = zlib.decompressobj()
    try:
        out = d.decompress(src, MAX_RECORD)
    except zlib.error as e:
        raise Bad("zlib: %s" % e)
    if not d.eof:
        raise Bad("zlib: stream incomplete or too large")
    if d.unused_data:
        raise Bad("zlib: %d bytes behind the stream" % len(d.unused_data))
    return out


def fz_blocks(src):
    """(type, stored bytes, plain length) of each block, the end marker last."""
    i = 0
    while i < len(src):
        head = take(src, i, 16)
        if head[:7] != b"FastLZ\0":
            raise Bad("FZ: bad magic")
        stored, plain = struct.unpack_from("<II", head, 8)
        kind, power = head[7] & 0xF0, head[7] & 15
        if kind not in (0x10, 0xC0) or power > 8:
            raise Bad("FZ: type byte %02x" % head[7])
        if plain > 1024 << power:
            raise Bad("FZ: plain length %d" % plain)
        yield kind, take(src, i + 16, stored), plain
        i += 16 + stored


def fz(src, block, multi):
    blocks = list(fz_blocks(src))
    if not blocks or (blocks[-1][0], len(blocks[-1][1]), blocks[-1][2]) != (0xC0, 0, 0):
        raise Bad("FZ: no end marker, or bytes behind it")
    blocks.pop()
    if len(blocks) > 1 and not multi:
        raise Bad("FZ: %d data blocks" % len(blocks))
    out = b""
    for kind, data, plain in blocks:
        if kind == 0xC0 and len(data) >= plain:
            raise Bad("FZ: a compressed block of %d for %d bytes" % (len(data), plain))
        part = data if kind == 0x10 else block(data)
        if len(part) != plain or not plain:
            raise Bad("FZ: %d bytes, header says %d" % (len(part), plain))
        out += part
    return out


def find_zstd():
    name = ctypes.util.find_library("zstd")
    lib = ctypes.CDLL(name) if name else None
    if lib:
        lib.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
        lib.ZSTD_getFrameContentSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
        for f, kinds in ((lib.ZSTD_decompress, [ctypes.c_char_p, ctypes.c_size_t] * 2),
                         (lib.ZSTD_findFrameCompressedSize, [ctypes.c_char_p, ctypes.c_size_t])):
            f.restype, f.argtypes = ctypes.c_size_t, kinds
    return lib


ZSTD = find_zstd()


def zstd(src):
    """None without the library: then only the frame's magic is judged."""
    if src[:4] != b"\x28\xb5\x2f\xfd":
        raise Bad("zstd: bad magic")
    if not ZSTD:
        return None
    n = ZSTD.ZSTD_getFrameContentSize(src, len(src))
    if n > MAX_RECORD:
        raise Bad("zstd: content size absent or absurd")
    if ZSTD.ZSTD_findFrameCompressedSize(src, len(src)) != len(src):
        raise Bad("zstd: not exactly one frame")
    out = ctypes.create_string_buffer(n + 1)
    if ZSTD.ZSTD_decompress(out, n, src, len(src)) != n:
        raise Bad("zstd: corrupt")
    return out.raw[:n]


def decode_headed(data, multi):
    """(algorithm, plain content or None) of a payload with the 12-byte header."""
    if not data:
        return "empty", b""
    if len(data) < 12:
        raise Bad("compression header cut")
    magic, size, _, version = struct.unpack_from(">4sIHH", data)
    alg = MAGIC.get(magic)
    if not alg:
        raise Bad("unknown magic %r" % magic)
    if version != 1:
        raise Bad("compression header version %d" % version)
    if size != len(data) - 12:
        raise Bad("compression header size %d, there are %d" % (size, len(data) - 12))
    src = data[12:]
    if alg in ("gzip", "lzo", "zstd"):
        return alg, {"gzip": inflate, "lzo": lzo1x, "zstd": zstd}[alg](src)
    return alg, fz(src, fastlz_block if alg == "lzfast" else lz4_block, multi)


def decode(stream, data, multi):
    """(algorithm, address or None, plain content or None) of a record of a content stream."""
    kind, address = stream & MASK, None
    if kind in SPARSE or stream & OFFSETS:
        if not data:
            return "empty", 0, b""
        if len(data) < 8:
            raise Bad("record of %d bytes is too short for its address" % len(data))
        address, data = int.from_bytes(data[:8], "big"), data[8:]
    if kind in LEGACY:
        return ("gzip-legacy", address, inflate(data)) if data else ("empty", address, b"")
    if kind in HEADED:
        alg, plain = decode_headed(data, multi)
        return alg, address, plain
    return "none", address, data


# --- labels ----------------------------------------------------------------------------------------------

class Fields:
    """Reads a label forward."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def num(self, kind):
        n = struct.calcsize(">" + kind)
        value = struct.unpack(">" + kind, take(self.data, self.at, n))[0]
        self.at += n
        return value

    def string(self, limit=127):
        end = self.data.find(b"\0", self.at)
        if end < 0 or end - self.at > limit:
            raise Bad("label string without end or too long")
        value = self.data[self.at:end].decode("utf-8", "surrogateescape")
        self.at = end + 1
        return value

    def skip(self, n):
        take(self.data, self.at, n)
        self.at += n

    def done(self):
        return self.at == len(self.data)


def read_ident(f):
    ident, vernum = f.string(31), f.num("I")
    if ident not in IDENTS or not (vernum == 20 if ident[2] == "r" else 9 <= vernum <= 11):
        raise Bad("label of %r, version %d" % (ident, vernum))
    return ident, vernum


def read_volume_label(data, block_id):
    f = Fields(data)
    ident, vernum = read_ident(f)
    for kind in "qqdd" if vernum >= 11 else "dddd":
        f.num(kind)
    names = [f.string() for _ in range(9)]
    if names[3] != "Backup":
        raise Bad("pool type %r" % names[3])
    bacula = ident.startswith("Bacula")
    if bacula and not (f.done() and block_id != b"BB03"):
        f.string()
        for kind in "QIII":
            f.num(kind)
        for _ in range(2 if block_id == b"BB03" else 0):
            f.skip(f.num("I"))
        if block_id == b"BB03":
            f.num("I")
    elif not bacula and block_id == b"BB03":
        raise Bad("a Bareos label in BB03")
    if not f.done():
        raise Bad("volume label: %d bytes behind the fields" % (len(data) - f.at))
    return ident, names[0]


def read_session_label(data, last):
    """A dict of what counts in SOS or EOS."""
    f = Fields(data)
    out = dict(zip(("ident", "vernum"), read_ident(f)))
    out["jobid"] = f.num("I")
    f.num("q" if out["vernum"] >= 11 else "d"), f.num("d")
    out["names"] = [f.string() for _ in range(4)]
    if out["vernum"] >= 10:
        out["names"] += [f.string(), f.string()]
        out["type"], out["level"] = f.num("I"), f.num("I")
    if out["vernum"] >= 11:
        out["names"].append(f.string())
    if last:
        out["files"], out["bytes"] = f.num("I"), f.num("Q")
        sb, eb, sf, ef = (f.num("I") for _ in range(4))
        out["start"], out["end"], out["errors"] = sf << 32 | sb, ef << 32 | eb, f.num("I")
        out["status"] = f.num("I") if out["vernum"] >= 11 else None
    if not f.done():
        raise Bad("session label: %d bytes behind the fields" % (len(data) - f.at))
    return out


def base64_number(s):
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    n = 0
    for c in s.lstrip(b"-"):
        n = n << 6 | digits.index(c)
    return n


def read_attributes(data):
    """(type, link FileIndex, data stream, FileIndex) or None."""
    try:
        fi, kind, rest = data.split(b" ", 2)
        stat = rest.split(b"\0", 2)[1].split(b" ")
        return int(kind), base64_number(stat[13]), base64_number(stat[15]) & MASK, int(fi)
    except (ValueError, IndexError):
        return None


# --- state -----------------------------------------------------------------------------------------------

class Session:
    def __init__(self, key):
        self.key = key
        self.sos = self.eos = None
        self.number = self.pending = self.doubled = self.zero_sum = self.file = None
        self.last_fi, self.bytes, self.previous = 0, 0, None
        self.runs, self.first_of_run, self.files_of_run = 0, False, 0
        self.partial = self.ndmp = False
        self.digests = {}
        self.lines = []


class Record:
    def __init__(self, place, fi, stream, want):
        self.place, self.fi, self.stream, self.want, self.data = place, fi, stream, want, bytearray()


class File:
    def __init__(self, fi, place):
        self.fi, self.place = fi, place
        self.attributes = self.stream = None
        self.chunks, self.digests, self.others, self.raw = [], [], [], []
        self.unproved = False


class Place:
    def __init__(self, volume, offset):
        self.volume, self.offset = volume, offset


class Volume:
    def __init__(self, path):
        self.path, self.ident, self.name = path, "", ""
        self.starts, self.ends, self.eos = set(), set(), []
        self.id = None
        with open(path, "rb") as f:
            self.data = f.read()


def canonical(f, session):
    """(kind, SHA-256) of a file's content, whatever its chunks and its compression."""
    h = hashlib.sha256()
    if f.stream is None or f.stream & DEDUP or session.ndmp:
        for stream, data in f.raw:
            h.update(struct.pack(">iI", stream, len(data)) + data)
        return "ndmp" if session.ndmp else "dedup" if f.stream else "other", h.hexdigest()
    kind = f.stream & MASK
    name = "sparse" if kind in SPARSE else "win32" if kind in WIN32 else "file"
    name += "+%x" % (f.stream & ~MASK) if f.stream & ~MASK else ""
    if f.unproved:
        return name, "undecoded"
    addressed = kind in SPARSE or f.stream & OFFSETS
    for at, data in extents(f.chunks) if addressed else [(0, b"".join(d for _, d in f.chunks))]:
        h.update((struct.pack(">QQ", at, len(data)) if addressed else b"") + data)
    return name, h.hexdigest()


def extents(chunks):
    """Contiguous chunks become one."""
    out, expected = [], -1
    for at, data in chunks:
        at = at or 0
        if not data:
            continue
        if at == expected:
            out[-1][1].append(data)
        else:
            out.append((at, [data]))
        expected = at + len(data)
    return [(at, b"".join(parts)) for at, parts in out]


def digest_of(stream, size, content):
    """The digest that a record of this stream and size should hold, or None."""
    plain = {3: "md5", 10: "sha1", 17: "sha256", 18: "sha512"}
    if stream in plain:
        return hashlib.new(plain[stream], content).digest()
    name = {(39, 8): "xxh64", (40, 16): "xxh3_128", (40, 8): "xxh3_64", (41, 16): "xxh3_128"}.get((stream, size))
    if name is None:
        raise Bad("digest of stream %d has %d bytes" % (stream, size))
    return getattr(xxhash, name)(content).digest() if xxhash else None


DIGESTS = (3, 10, 17, 18, 39, 40, 41)


class Checker:
    def __init__(self, options):
        self.o = options
        self.errors, self.warnings = [], []
        self.sessions, self.order = {}, []
        self.blocks = self.records = self.files = self.proved = self.unproved = 0
        self.place = None
        self.lines = []

    def error(self, text, place=None):
        self.say(self.errors, text, place)

    def warn(self, text, place=None):
        self.say(self.warnings, text, place)

    def say(self, kind, text, place):
        place = place or self.place
        kind.append("%s:%d: %s" % (place.volume.path, place.offset, text) if place else text)

    # blocks

    def run(self, paths):
        names = set()
        for i, path in enumerate(paths):
            volume = Volume(path)
            self.walk(volume, i == 0)
            self.check_addresses(volume)
            if volume.name in names:
                self.error("the label %r is in the set twice" % volume.name, Place(volume, 0))
            names.add(volume.name)
            volume.data = b""
        for key in self.order:
            self.finish_session(self.sessions[key])

    def walk(self, volume, first):
        at, data = 0, volume.data
        if not data:
            self.error("empty file", Place(volume, 0))
        while at < len(data):
            self.place = Place(volume, at)
            try:
                n = self.block(volume, at, first)
            except Bad as e:
                self.error("%s; the rest of this volume is not judged" % e)
                return
            volume.starts.add(at)
            volume.ends.add(at + n - 1)
            at += self.padding(data, at, n) if self.o.tape_dump else n

    def padding(self, data, at, n):
        """The length of a block on tape: zeros up to a multiple of 1024 where a header stands."""
        size = (n + 1023) // 1024 * 1024
        while at + size < len(data) and data[at + size + 12:at + size + 16] not in HEADER_LEN:
            size += 1024
        size = min(size, len(data) - at)
        if size % 1024:
            self.error("the block on tape has %d bytes" % size)
        if data[at + n:at + size].strip(b"\0"):
            self.error("padding is not zero")
        return size

    def block(self, volume, at, first):
        """Judge one block; its block_len."""
        data = volume.data
        head = data[at:at + 32]
        size = HEADER_LEN.get(head[12:16])
        if size is None or len(head) < size:
            raise Bad("no block header")
        ident, (word, n, number) = head[12:16], struct.unpack_from(">III", head)
        if n <= size or n > MAX_BLOCK:
            raise Bad("block_len %d" % n)
        if at + n > len(data):
            raise Bad("block of %d bytes, %d are there" % (n, len(data) - at))
        block = data[at:at + n]
        self.blocks += 1
        if self.o.max_block and n > self.o.max_block:
            self.error("block of %d bytes is larger than %d" % (n, self.o.max_block))
        has_sum = self.checksum(ident, block, word)
        if ident == b"BB03" and at and word & 6 not in (0, 6):
            self.error("option bits %x: only half encrypted" % word)
        key = struct.unpack_from(">II", block, 16) if size > 16 else None
        self.parse_block(volume, at, ident, block, key, number, has_sum)
        return n

    def checksum(self, ident, block, word):
        if ident != b"BB03":
            if word and word != zlib.crc32(block[4:]):
                self.error("CRC is %08x, should be %08x" % (word, zlib.crc32(block[4:])))
            return word != 0
        if word & ~7:
            self.error("option bits %x" % word)
        if word & 4 and not self.o.null_cipher:
            raise Bad("encrypted block")
        stored = block[24:32]
        if not word & 1:
            if stored.strip(b"\0"):
                self.error("a checksum, but option bit 1 is off")
        elif xxhash is None:
            self.warn("XXH3 not proved: no python3-xxhash")
        elif xxhash.xxh3_64_digest(block[:24] + bytes(8) + block[32:]) != stored:
            self.error("XXH3 is wrong")
        return bool(word & 1)

    def parse_block(self, volume, at, ident, block, key, number, has_sum):
        pos, seen, size = HEADER_LEN[ident], set(), 20 if ident == b"BB01" else 12
        is_first, count = at == 0, 0
        if is_first and number:
            self.error("block number %d of the label block" % number)
        while pos < len(block):
            self.place = Place(volume, at + pos)
            if len(block) - pos < size:
                self.error("%d bytes behind the last record" % (len(block) - pos))
                return
            who = key or struct.unpack_from(">II", block, pos)
            fi, stream, n = struct.unpack_from(">iiI", block, pos + size - 12)
            pos += size
            data = block[pos:pos + n]
            pos += len(data)
            count += 1
            if is_first and count == 1 or fi in (PRE_LABEL, VOL_LABEL):
                self.volume_label(volume, ident, fi, n, data, is_first and count == 1, block)
                continue
            if ident == b"BB03" and not volume.ident.startswith("Bacula"):
                self.error("BB03 without a Bacula label")
            session = self.session(who)
            if who not in seen:
                seen.add(who)
                self.block_number(session, ident, number, has_sum, bool(len(seen) == 1))
            self.part(session, fi, stream, n, data, count == 1, pos == len(block))

    def volume_label(self, volume, ident, fi, n, data, expected, block):
        if fi not in (PRE_LABEL, VOL_LABEL):
            return self.error("the volume does not begin with a label")
        if not expected:
            return self.error("a volume label in mid volume")
        self.records += 1
        if n != len(data):
            return self.error("the volume label is cut")
        if len(block) > 64512:
            self.error("label block of %d bytes" % len(block))
        if fi == PRE_LABEL and len(volume.data) > len(block) and not self.o.tape_dump:
            self.error("blocks behind a PRE_LABEL")
        try:
            volume.ident, volume.name = read_volume_label(data, ident)
            self.lines.append(("label", "volume label %s" % volume.name))
        except Bad as e:
            self.error(str(e))

    def session(self, key):
        if key not in self.sessions:
            self.sessions[key] = Session(key)
            self.order.append(key)
        return self.sessions[key]

    def block_number(self, session, ident, number, has_sum, alone):
        last, session.number = session.number, number
        if session.zero_sum is None:
            session.zero_sum = has_sum
        elif session.zero_sum != has_sum:
            self.error("checksum %s in this block only" % ("present" if has_sum else "absent"))
            session.zero_sum = has_sum
        if self.o.lax_numbers or (last is None and (number in (0, 1) or self.o.partial or ident == b"BB01")):
            return
        if last == number and ident == b"BB03":
            self.warn("block number %d again" % number)
        elif self.o.rerun and number == 0:
            pass
        elif last is None or last + 1 != number:
            if ident != b"BB01" or last is None or number <= last:
                self.error("block number %d behind %s of session %d/%d" % (number, last, *session.key))

    # records

    def part(self, session, fi, stream, n, data, leads, closes):
        """One header with its data: a whole record or a part."""
        if n != len(data) and not closes:
            self.error("record of %d bytes inside a block" % n)
        if n >= MAX_RECORD:
            return self.error("record data_len %d" % n)
        if fi <= 0:
            return self.label_record(session, fi, stream, n, data)
        if stream < 0:
            record = self.continuation(session, fi, stream, n, leads)
            if record is None:
                return
        else:
            self.drop_pending(session)
            record = Record(self.place, fi, stream, n)
            session.doubled = record if n == 0 and closes else None
            if n > MAX_MESSAGE:
                self.warn("record of %d bytes: no client can restore it" % n)
        record.data += data
        if len(record.data) < record.want:
            session.pending = record
        else:
            session.pending = None
            self.record(session, record)

    def drop_pending(self, session):
        if session.pending:
            p = session.pending
            self.error("record of FileIndex %d stream %d ends %d bytes early" % (p.fi, p.stream, p.want - len(p.data)))
            session.pending = None

    def continuation(self, session, fi, stream, n, leads):
        """The record that this part continues, or None."""
        p, double = session.pending, session.doubled
        session.doubled = None
        if not leads:
            self.error("a continuation that is not first in its block")
        if p is None and double and leads and n == 0 and (double.fi, double.stream) == (fi, -stream):
            return None
        if p is None:
            return self.dangling(session, fi, stream, n)
        if (p.fi, p.stream, p.want - len(p.data)) != (fi, -stream, n):
            self.error("continuation (%d, %d, %d), expected (%d, %d, %d)"
                       % (fi, stream, n, p.fi, -p.stream, p.want - len(p.data)))
            session.pending = None
            return None
        return p

    def dangling(self, session, fi, stream, n):
        fresh = session.sos is None and session.previous is None and not session.partial
        if not (self.o.partial and fresh):
            self.error("continuation of FileIndex %d stream %d without a beginning" % (fi, stream))
            return None
        session.partial = True
        record = Record(self.place, fi, -stream, n)
        record.stream_lost = True
        return record

    def label_record(self, session, fi, jobid, n, data):
        self.records += 1
        if fi == SOS and self.o.rerun and self.o.unfinished:
            session.pending = None
        self.drop_pending(session)
        session.doubled = None
        if fi not in (SOS, EOS):
            return self.error("label of FileIndex %d" % fi)
        if n != len(data):
            return self.error("SOS or EOS is split")
        try:
            label = read_session_label(data, fi == EOS)
        except Bad as e:
            return self.error(str(e))
        if label["jobid"] != jobid:
            self.error("JobId %d in the label, %d in its header" % (label["jobid"], jobid))
        if label["ident"] != self.place.volume.ident and self.place.volume.ident:
            self.error("session label of another product than the volume's")
        return (self.begin if fi == SOS else self.end)(session, label)

    def begin(self, session, label):
        again = self.o.rerun and (session.eos or self.o.unfinished) and not session.partial
        if not again and (session.sos or session.eos or session.previous is not None or session.partial):
            self.error("SOS inside session %d/%d" % session.key)
        session.runs += 1
        session.first_of_run = session.runs > 1
        session.bytes = session.files_of_run = 0
        session.eos, session.sos = None, label
        session.lines.append("sos jobid=%d %r" % (label["jobid"], label["names"]))

    def end(self, session, label):
        self.close_file(session)
        if session.eos:
            self.error("a second EOS")
        session.eos = label
        session.lines.append("eos jobid=%d files=%d errors=%d status=%s"
                             % (label["jobid"], label["files"], label["errors"], label["status"]))
        self.place.volume.eos.append((self.place, label))
        if session.sos is None:
            session.partial = True
            if not self.o.partial:
                self.error("EOS without SOS")
            return
        if label["jobid"] != session.sos["jobid"] or label["names"] != session.sos["names"]:
            self.error("EOS of another job than SOS")
        if self.o.lax_totals:
            return
        if label["files"] != session.last_fi and not (session.runs > 1 and label["files"] == session.files_of_run):
            self.error("EOS JobFiles %d, last FileIndex %d" % (label["files"], session.last_fi))
        if label["bytes"] != session.bytes:
            self.error("EOS JobBytes %d, records hold %d" % (label["bytes"], session.bytes))

    def check_addresses(self, volume):
        if self.o.tape_dump or self.o.lax_addresses:
            return
        for place, label in volume.eos:
            start, end = label["start"], label["end"]
            bareos = (start == 0 or start in volume.starts) and end in volume.ends and end + 1 >= start
            bacula = start in volume.starts and end in volume.starts and end >= start
            strict = not volume.ident.startswith("Bacula")
            if not (bareos or bacula and not strict):
                self.error("EOS addresses %d..%d fit no block" % (start, end), place)

    def record(self, session, r):
        """A whole record of a file."""
        self.records += 1
        lost = hasattr(r, "stream_lost")
        if session.sos is None and not session.partial:
            session.partial = True
            if not self.o.partial:
                self.error("session %d/%d has no SOS" % session.key, r.place)
        if session.eos:
            self.error("a record behind EOS", r.place)
        session.bytes += r.want
        self.file_index(session, r)
        f = session.file
        kind = r.stream & MASK
        session.ndmp |= kind == 999
        self.collect(session, f, r, kind, lost)
        session.previous = kind

    def file_index(self, session, r):
        if session.file and session.file.fi == r.fi:
            return
        known = session.last_fi or not session.partial
        # A job that is run again goes on somewhere behind.
        fits = r.fi > session.last_fi if session.first_of_run else r.fi == session.last_fi + 1
        if known and not fits:
            self.error("FileIndex %d behind %d" % (r.fi, session.last_fi), r.place)
        session.first_of_run = False
        session.files_of_run += 1
        self.close_file(session)
        session.file, session.last_fi = File(r.fi, r.place), r.fi
        # What begins with its attributes begins here.
        begins = r.stream & MASK in (1, 5)
        session.file.unproved = session.partial and not session.sos and session.previous is None and not begins
        self.files += 1

    def collect(self, session, f, r, kind, lost):
        data = bytes(r.data)
        f.raw.append((r.stream, data))
        if kind in CONTENT + ENCRYPTED:
            if f.stream is not None and f.stream != r.stream and not session.ndmp:
                self.error("stream %d in a file of stream %d" % (r.stream, f.stream), r.place)
            if session.previous not in BEFORE_DATA + (kind,) and not session.ndmp and not session.partial:
                self.error("data of stream %d behind stream %d: a restore skips it" % (kind, session.previous or 0), r.place)
        if kind in CONTENT:
            f.stream = r.stream
            return self.content(session, f, r, data, lost)
        f.others.append((r.stream, data))
        f.unproved |= kind in NO_PROOF
        if kind in (1, 5):
            f.attributes = read_attributes(data)
            if f.attributes and f.attributes[3] != f.fi:
                self.error("attributes of FileIndex %d in %d" % (f.attributes[3], f.fi), r.place)
        elif kind in DIGESTS:
            f.digests.append((kind, data, r.place))
        return None

    def content(self, session, f, r, data, lost):
        if r.stream & DEDUP or session.ndmp or lost:
            f.unproved = True
            return
        try:
            alg, at, plain = decode(r.stream, data, self.o.fz_multi)
        except Bad as e:
            f.unproved = True
            self.error("FileIndex %d stream %d: %s" % (r.fi, r.stream, e), r.place)
            return
        want = self.o.expect_alg
        if want and alg != "empty" and alg != want and not (alg == "gzip-legacy" and want == "gzip"):
            self.error("record is %s, expected %s" % (alg, want), r.place)
        if plain is None:
            f.unproved = True
            return
        last = f.chunks[-1] if f.chunks and r.stream & MASK in SPARSE else (0, b"")
        if at is not None and at < (last[0] or 0) + len(last[1]):
            self.error("address %d goes back" % at, r.place)
        f.chunks.append((at, plain))

    # files

    def close_file(self, session):
        f, session.file = session.file, None
        if f is None:
            return
        self.stat_kind(f)
        for stream, value, place in f.digests:
            self.prove(session, f, stream, value, place)
        session.digests[f.fi] = [(s, v) for s, v, _ in f.digests]
        kind, content = canonical(f, session)
        line = "%d %d %d %s %s" % (*session.key, f.fi, kind, content)
        if self.o.dump_all:
            h = hashlib.sha256()
            for stream, data in f.others:
                h.update(struct.pack(">iI", stream, len(data)) + data)
            line += " " + h.hexdigest()
        session.lines.append(line)

    def stat_kind(self, f):
        """The stream in the attributes is of the records' kind."""
        said = f.attributes[2] if f.attributes else 0
        for kinds in (FILE, SPARSE, WIN32):
            if f.stream and (f.stream & MASK in kinds) and said in CONTENT and said not in kinds:
                self.error("attributes say stream %d, the data has %d" % (said, f.stream), f.place)

    def prove(self, session, f, stream, value, place):
        if f.attributes and f.attributes[0] == 1 and not f.chunks:
            return self.prove_link(session, f.attributes[1], stream, value, place)
        if f.unproved:
            self.unproved += 1
            return None
        try:
            right = digest_of(stream, len(value), b"".join(d for _, d in f.chunks))
        except Bad as e:
            return self.error(str(e), place)
        if right is None:
            self.unproved += 1
        elif right != value:
            self.error("digest (stream %d) of FileIndex %d is wrong" % (stream, f.fi), place)
        else:
            self.proved += 1
        return None

    def prove_link(self, session, target, stream, value, place):
        """A hard link repeats the digest of the first name."""
        known = dict(session.digests.get(target, ()))
        if stream not in known:
            self.unproved += 1
        elif known[stream] != value:
            self.error("digest of a hard link differs from the first name's", place)
        else:
            self.proved += 1

    def finish_session(self, session):
        self.close_file(session)
        cut_ok = self.o.unfinished or self.o.partial
        if session.pending and not cut_ok:
            p = session.pending
            self.error("record of FileIndex %d has no end: %d of %d bytes" % (p.fi, len(p.data), p.want), p.place)
        if not session.eos and not cut_ok:
            self.error("session %d/%d has no EOS" % session.key)
        self.lines += [("session", line) for line in session.lines]


# --- command line ----------------------------------------------------------------------------------------

VECTORS = [
    (2, b"A" * 100, "41" * 100),
    (29, b"A" * 100, "475a49500000000c00060001789c7374a43d000002e91965"),
    (29, b"A" * 100, "4c5a4f580000002200000001024141414141202b10000001" + "41" * 19 + "110000"),
    (29, b"A" * 100, "465a344c0000002b00010001466173744c5a00c80b000000640000001f4101004b504141414141"
                     "466173744c5a00c80000000000000000"),
    (29, b"A" * 100, "465a465a0000002500010001466173744c5a00c805000000640000000041e05a00466173744c5a00c80000000000000000"),
    (29, b"A" * 100, "465a465a0000002500010001466173744c5a00c805000000640000002041e05a00466173744c5a00c80000000000000000"),
    (29, b"0123456789", "465a344c0000002a00010001466173744c5a00180a0000000a00000030313233343536373839"
                        "466173744c5a00c80000000000000000"),
    (29, b"", "4c5a4f580000000300000001110000"),
]


def self_test():
    """The known answers of the format page; and each of their truncations must be refused."""
    for stream, plain, packed in VECTORS:
        packed = bytes.fromhex(packed)
        if decode(stream, packed, False)[2] != plain:
            return "known answer of %r" % packed[:4]
        for n in range(1, len(packed)) if stream == 29 else ():
            for cut in (packed[:n], packed[:4] + struct.pack(">I", n - 12) + packed[8:n] if n > 12 else b"x"):
                try:
                    decode(stream, cut, False)
                except Bad:
                    continue
                return "truncation of %r to %d was accepted" % (packed[:4], n)
    return None


def parse(args):
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flag = lambda name, text: p.add_argument(name, action="store_true", help=text)
    flag("--tape-dump", "blocks are padded as on tape")
    flag("--unfinished", "jobs may lack EOS and the end of the last record")
    flag("--partial", "the set lacks volumes: jobs may begin and end elsewhere")
    flag("--rerun", "a job may run again under its session: each EOS counts its own run")
    flag("--lax-numbers", "do not judge block numbers")
    flag("--lax-totals", "do not judge JobFiles and JobBytes in EOS")
    flag("--lax-addresses", "do not judge the addresses in EOS")
    flag("--null-cipher", "blocks marked as encrypted are plain")
    flag("--fz-multi", "an FZ payload may have several data blocks")
    flag("--plain-digests", "a digest that cannot be proved is an error")
    flag("--dump", "print: session id, session time, FileIndex, kind, SHA-256 of the content")
    flag("--dump-all", "the same, with session labels and the hash of the file's other records")
    flag("--self-test", "try the decoders on known answers")
    p.add_argument("--expect-alg", metavar="NAME", choices=["none", "gzip-legacy"] + sorted(MAGIC.values()),
                   help="every content record is none, gzip (either form), gzip-legacy (4/7/12), lzo, lzfast, lz4, ...")
    p.add_argument("--max-block", metavar="N", type=int, help="largest block")
    p.add_argument("volume", nargs="*")
    o = p.parse_args(args)
    if not o.volume and not o.self_test:
        p.error("no volume")
    return o


def report(c, o):
    for line in c.warnings:
        print("warning: " + line, file=sys.stderr)
    for line in c.errors:
        print("error: " + line, file=sys.stderr)
    if o.dump or o.dump_all:
        for kind, line in c.lines:
            if o.dump_all or kind == "session" and line[:4] not in ("sos ", "eos "):
                print(line)
        return
    print("%s blocks=%d records=%d files=%d digests=%d ok, %d unproved"
          % ("BAD" if c.errors else "OK", c.blocks, c.records, c.files, c.proved, c.unproved))


def main(args):
    o = parse(args)
    if o.self_test:
        fault = self_test()
        print("BAD " + fault if fault else "OK self-test")
        return 1 if fault else 0
    c = Checker(o)
    c.run(o.volume)
    if o.plain_digests and c.unproved:
        c.errors.append("%d digests cannot be proved" % c.unproved)
    report(c, o)
    return 1 if c.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
