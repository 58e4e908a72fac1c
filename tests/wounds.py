# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks and records of volumes, by a parser that shares no code with xflate, and seeded damage to them.

For mutate.py and bls.py.  Damage is a list of edits of the undamaged bytes, so that several wounds make one, and what lies
outside of them is known.
"""

import random
import struct
import zlib

import volcheck

try:
    import xxhash
except ImportError:
    xxhash = None

HEADER = {b"BB01": 16, b"BB02": 24, b"BB03": 32}
MAX = 20000000
BAREOS, BACULA = b"Bareos 2.0 immortal\n\0", b"Bacula 1.0 immortal\n\0"


# --- blocks and records ----------------------------------------------------------------------------------

class Block:
    def __init__(self, data, at, fmt, size):
        self.at, self.fmt, self.size, self.head, self.end = at, fmt, size, HEADER[fmt], at + size
        self.own = 20 if fmt == b"BB01" else 12  # of a record
        self.options, _, self.number = struct.unpack(">III", data[at:at + 12])
        self.session = struct.unpack(">II", data[at + 16:at + 24]) if fmt != b"BB01" else (0, 0)
        self.encrypted = fmt == b"BB03" and bool(self.options & 4)


def reversed_crc(data):
    """What Bareos 19.2.4 and 19.2.5 made on FreeBSD: slicing by 16, four times a turn, in the code for the other byte order,
    here with its tables, as the source of the fault has them."""
    crc, at = 0xFFFFFFFF, 0
    while len(data) - at >= 64:
        for _ in range(4):
            words = struct.unpack("<4I", data[at:at + 16])
            words = (words[0] ^ int.from_bytes(crc.to_bytes(4, "big"), "little"),) + words[1:]
            crc, at = 0, at + 16
            for k, word in enumerate(reversed(words)):
                for shift in range(4):
                    crc ^= TABLES[4 * k + shift][word >> 8 * shift & 255]
    for byte in data[at:]:
        crc = crc >> 8 ^ TABLES[0][(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def make_tables():
    first = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        first.append(value)
    tables = [first]
    for _ in range(15):
        tables.append([value >> 8 ^ first[value & 255] for value in tables[-1]])
    return tables


TABLES = make_tables()


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
        # The checksum of an encrypted block is that of its plain text.
        if not b.encrypted and seal(data[at:at + size]) != data[at:at + size]:
            return out, False
        out.append(b)
        at += size
    return out, at == len(data)


def parts_of(data, b):
    """(session, FileIndex, Stream, length that the header says, bytes here, address); None: it does not go up."""
    at, end, out = b.at + b.head, b.at + b.size, []
    while end - at >= b.own:
        session = struct.unpack(">II", data[at:at + 8]) if b.own == 20 else b.session
        fi, stream, n = struct.unpack(">iiI", data[at + b.own - 12:at + b.own])
        here = min(n, end - at - b.own)
        if n >= MAX:
            return None
        out.append((session, fi, stream, n, here, at))
        at += b.own + here
    return out


class Volume:
    """clear: the same volume decrypted, every block where it was."""

    def __init__(self, data, clear=None):
        self.data, self.clear = data, clear or data
        self.blocks, self.tiled = blocks_of(data)
        readable = (b.encrypted and clear is None for b in self.blocks)
        self.parts = [[] if closed else parts_of(self.clear, b) for closed, b in zip(readable, self.blocks)]
        self.donors, self.proved = [], set()

    def sessions(self, first, end):
        return {part[0] for parts in self.parts[first:end] for part in parts or ()}


def records_of(volumes):
    """(session, FileIndex, Stream, payload, {(volume, block)}) of each record of a set, in the order of their ends; Stream is
    negative if the beginning is on an earlier volume, None if the end is not there.  And what is wrong: blocks that do not
    tile, and records that do not go on where they should."""
    out, wrong, waiting, seen, empty = [], [], {}, set(), {}
    for v, volume in enumerate(volumes):
        if not volume.tiled:
            wrong.append("volume %d: the blocks do not tile, or a checksum is wrong" % v)
        for k, b in enumerate(volume.blocks):
            parts = volume.parts[k]
            if parts is None:
                wrong.append("volume %d, byte %d: a record of absurd length" % (v, b.at))
            for i, (session, fi, stream, n, here, at) in enumerate(parts or ()):
                payload = volume.clear[at + b.own:at + b.own + here]
                if fi in (-1, -2):
                    out.append((session, fi, stream, payload, {(v, k)}))
                    continue
                left = waiting.pop(session, None)
                bad, fresh = None, session not in seen
                seen.add(session)
                if left and (fi, stream, n) != (left[0], -left[1], left[2]):
                    bad = "a record of FileIndex %d breaks off" % left[0]
                elif stream < 0 and not left and n == 0 and empty.get(session) and empty[session][1:3] == (fi, -stream):
                    # An empty record that ends with its block may have its header twice.
                    empty[session][4].add((v, k))
                elif stream < 0 and not left and not fresh:
                    bad = "a part of FileIndex %d without its beginning" % fi
                elif here < n and i + 1 < len(parts):
                    bad = "a record of FileIndex %d is cut in mid block" % fi
                if bad:
                    wrong.append("volume %d, byte %d: %s" % (v, at, bad))
                empty[session] = None
                if stream < 0 and (bad or not left and not fresh):
                    continue
                begun, where, whole = left[3:] if left and not bad else (b"", set(), stream >= 0)
                where = where | {(v, k)}
                if here < n:
                    waiting[session] = (fi, abs(stream), n - here, begun + payload, where, whole)
                else:
                    out.append((session, fi, abs(stream) if whole else -abs(stream), begun + payload, where))
                    empty[session] = out[-1] if n == 0 and i + 1 == len(parts) else None
    for session, left in waiting.items():
        out.append((session, left[0], None, left[3], left[4]))
    return out, wrong


def numbered(volumes):
    """What is wrong with the block numbers: in each session they go up by one.  In BB01 no session is known."""
    last = {}
    for v, volume in enumerate(volumes):
        for b, parts in zip(volume.blocks, volume.parts):
            if b.fmt == b"BB01" or not parts or parts[0][1] in (-1, -2):
                continue
            if b.session in last and b.number != last[b.session] + 1 & 0xFFFFFFFF:
                return ["volume %d, byte %d: block number %d behind %d of its session" % (v, b.at, b.number, last[b.session])]
            last[b.session] = b.number
    return []


def files_of(records):
    """{(session, FileIndex): [(stream, payload, where)]} of the files that are whole."""
    out, cut = {}, set()
    for session, fi, stream, payload, where in records:
        if fi > 0:
            out.setdefault((session, fi), []).append((stream, payload, where))
            if stream is None or stream < 0:
                cut.add((session, fi))
    return {key: records for key, records in out.items() if key not in cut}


def relabel(data):
    """A Bareos volume with labels that Bacula takes: another identity, as long, and the version that has the same fields."""
    out = bytearray()
    for b in blocks_of(data)[0]:
        raw = bytearray(data[b.at:b.end])
        for _, fi, _, _, _, at in parts_of(data, b) or ():
            at += b.own - b.at
            if fi < 0 and raw[at:at + len(BAREOS)] == BAREOS:
                raw[at:at + len(BAREOS) + 4] = BACULA + struct.pack(">I", 11)
        out += seal(raw)
    return bytes(out)


# --- damage ----------------------------------------------------------------------------------------------

class Wound:
    """What was done, as edits (from, to, new bytes) of the undamaged volume.
    ranges:  its bytes that are not what or where they were; none: a change that harms no file.
    between: (place, sessions): where a good block was put, which breaks a record of its session that goes on over this place.
    strangers: (session, FileIndex) that may be there twice.
    accused: files whose content was changed under right checksums, so that only their digest tells; undecodable: by gzip.
    padding: only zeros between blocks, as a tape has them; renumbered: a block of a job seems to be missing.
    sums: checksums alone are wrong, and keep loses nothing; reversed: they are so in a way that is no damage.
    relabelled: the volume's name is another.
    disorder: what is saved may be in another order, or under another name: records, whole as they are, that verify cannot call sound."""

    def __init__(self, what, edits, ranges, between=(), strangers=()):
        self.what, self.edits, self.ranges = what, list(edits), list(ranges)
        self.between, self.strangers = list(between), set(strangers)
        self.accused, self.undecodable, self.padding, self.renumbered = set(), False, False, False
        self.sums, self.reversed, self.relabelled, self.disorder = False, False, False, bool(self.between or self.strangers)

    def apply(self, volume):
        data = volume.data
        for at, end, new in sorted(self.edits, key=lambda e: e[:2], reverse=True):
            data = data[:at] + new + data[end:]
        self.data = data
        blocks = volume.blocks
        self.before = [(sum(b.at < place for b in blocks), sessions) for place, sessions in self.between]
        self.blocks = {k for k, b in enumerate(blocks) if any(a < b.end and e > b.at for a, e in self.ranges)}
        self.all = len(self.blocks) == len(blocks)
        return self

    def touches(self, key, blocks):
        over = blocks and any(min(blocks) < k <= max(blocks) and (who is None or key[0] in who) for k, who in self.before)
        return over or key in self.strangers or any(b in self.blocks for b in blocks)


def edit(data, what, at, new):
    """Bytes are overwritten."""
    return Wound(what, [(at, at + len(new), new)], [(at, at + len(new))])


def place(g, data, most):
    n = min(len(data) - 1, g.choice((1, 4, 16, 512, g.randint(1, most))))
    at = g.randrange(len(data) - n)
    return at, n


def starts(v):
    return {b.at for b in v.blocks} | {v.blocks[-1].end}


def some_blocks(g, v, counts):
    """The numbers of the first and of the one behind the last."""
    k = g.randrange(len(v.blocks))
    return k, min(len(v.blocks), k + g.choice(counts))


def flip(g, v):
    at = last = g.randrange(len(v.data))
    bits = []
    for _ in range(g.choice((1, 1, 2, 8))):
        last = min(len(v.data) - 1, last + g.randint(0, 7))
        bits.append((last, 1 << g.randrange(8)))
    raw = bytearray(v.data[at:last + 1])
    for where, bit in bits:
        raw[where - at] ^= bit
    return edit(v.data, "bits flipped at bytes %d to %d" % (at, last), at, bytes(raw))


def zero(g, v):
    at, n = place(g, v.data, 100000)
    return edit(v.data, "%d zeros at byte %d" % (n, at), at, bytes(n))


def noise(g, v):
    at, n = place(g, v.data, 5000)
    return edit(v.data, "%d random bytes at byte %d" % (n, at), at, g.randbytes(n))


def truncate(g, v):
    """Cut off anywhere, between blocks, within the header of a block or of a record."""
    b = g.choice(v.blocks)
    k = v.blocks.index(b)
    where = g.randrange(4)
    if where == 0:
        at = b.at
    elif where == 1:
        at = b.at + g.randrange(1, b.head)
    elif where == 2 and v.parts[k]:
        at = g.choice(v.parts[k])[5] + g.randrange(1, b.own)
    else:
        at = g.randrange(len(v.data))
    return Wound("cut off at byte %d" % at, [(at, len(v.data), b"")], [(at, len(v.data))])


def duplicate(g, v):
    """A range once more: behind itself, or elsewhere."""
    k, last = some_blocks(g, v, (1, 1, 2))
    at, end, who = v.blocks[k].at, v.blocks[last - 1].end, v.sessions(k, last)
    to = end if g.random() < 0.5 else g.choice(v.blocks).at
    if g.random() < 0.3:
        at, n = place(g, v.data, 70000)
        end = to = at + n
        who = None
    inside = [] if to in starts(v) else [(to - 1, to + 1)]
    return Wound("bytes %d to %d once more at %d" % (at, end, to), [(to, to, v.data[at:end])], [(at, end)] + inside, [(to, who)])


def swap(g, v):
    """Two blocks, often neighbours, or two ranges."""
    who = None
    if len(v.blocks) > 2 and g.random() < 0.8:
        i, k = sorted(g.sample(range(1, len(v.blocks)), 2))
        if g.random() < 0.5:
            k = i + 1 if i + 1 < len(v.blocks) else k
        a, b = v.blocks[i], v.blocks[k]
        x, y = (a.at, a.end), (b.at, b.end)
        who = v.sessions(i, i + 1) | v.sessions(k, k + 1)
    else:
        n = g.choice((4, 512, 4096))
        if len(v.data) < 3 * n:
            return flip(g, v)
        first, second = g.randrange(len(v.data) // 2 - n), g.randrange(len(v.data) // 2, len(v.data) - n)
        x, y = (first, first + n), (second, second + n)
    return Wound("bytes %d to %d and %d to %d change places" % (x + y), [x + (v.data[y[0]:y[1]],), y + (v.data[x[0]:x[1]],)],
                 [x, y], [(x[0], who), (y[0], who)])


def insert(g, v):
    at = g.choice(v.blocks).at if g.random() < 0.4 else g.randrange(len(v.data))
    n = g.choice((1, 7, 24, 512, g.randint(1, 20000)))
    new = bytearray(g.randbytes(n) if g.random() < 0.7 else bytes(n))
    for _ in range(g.choice((0, 0, 1, 5))):
        k = g.randrange(max(1, n - 24))
        head = struct.pack(">III", g.getrandbits(32), g.choice((24, 100, 64512, 20000001)), k) + b"BB0" + g.choice((b"1", b"2", b"3"))
        new[k:k + len(head)] = head
    wound = Wound("%d bytes of garbage before byte %d" % (len(new), at), [(at, at, bytes(new))],
                  [] if at in starts(v) else [(at - 1, at + 1)])
    wound.padding = at in starts(v) and not any(new)
    return wound


def foreign(g, v):
    """Blocks of another volume, between those of this one or over some of them."""
    if not v.donors:
        return duplicate(g, v)
    other = g.choice(v.donors)
    k, last = some_blocks(g, other, (1, 1, 2, 5))
    new = other.data[other.blocks[k].at:other.blocks[last - 1].end]
    parts = [p for block in other.parts[k:last] for p in block or ()]
    i, j = some_blocks(g, v, (0, 0, 1, 2))
    at = v.blocks[i].at
    end = v.blocks[j - 1].end if j > i else at
    # Behind the label of another volume nothing goes on.
    who = None if any(p[1] in (-1, -2) for p in parts) else {p[0] for p in parts}
    return Wound("%d bytes of another volume %s bytes %d to %d" % (len(new), "over" if j > i else "before", at, end),
                 [(at, end, new)], [(at, end)], [(at, who)], {p[:2] for p in parts})


def record(g, v):
    """Another length, stream or FileIndex in a record's header, with the checksum made right or not."""
    b = g.choice(v.blocks)
    parts = [] if b.encrypted else v.parts[v.blocks.index(b)]
    if not parts:
        return flip(g, v)
    session, fi, stream, n, _, at = g.choice(parts)
    field = g.choice(("length", "length", "length", "stream", "FileIndex"))
    old, new = {"length": (n, g.choice((max(0, n - 1), n // 2, 0, n + 1, n + 1000, MAX, 0xFFFFFFFF))),
                "stream": (stream & 0xFFFFFFFF, g.choice((0, 1, 2, 3, 29, 1999, 0x7FFFFFFF, -stream & 0xFFFFFFFF))),
                "FileIndex": (fi & 0xFFFFFFFF, g.choice((0, 1, 0x7FFFFFFF, -4 & 0xFFFFFFFF, fi + 1 & 0xFFFFFFFF)))}[field]
    offset = at - b.at + b.own - {"length": 4, "stream": 8, "FileIndex": 12}[field]
    raw = v.data[b.at:b.at + offset] + struct.pack(">I", new) + v.data[b.at + offset + 4:b.end]
    right = g.random() < 0.6
    what = "record at byte %d says %s %d instead of %d%s" % (at, field, new, old, ", with a right checksum" if right else "")
    wound = edit(v.data, what, b.at, seal(raw) if right else raw)
    wound.between = [(b.at, {session}), (b.end, {session})]
    wound.strangers = {(session, new)} if field == "FileIndex" else set()
    wound.disorder = True
    return wound


def content(g, v):
    """Another byte in the data of a file, or fewer of them, and all lengths and checksums of blocks made right."""
    choice = [(b, p, i) for b, parts in zip(v.blocks, v.parts) if not b.encrypted for i, p in enumerate(parts or ())
              if p[:2] in v.proved and p[2] & volcheck.MASK in volcheck.CONTENT and p[2] > 0 and p[3] == p[4] > 20]
    if not choice:
        return flip(g, v)
    b, (session, fi, stream, n, _, at), _ = g.choice(choice)
    at += b.own
    old = v.data[at:at + n]
    if g.random() < 0.5:
        k = g.randrange(n)
        new = old[:k] + bytes([old[k] ^ 1 << g.randrange(8)]) + old[k + 1:]
        what = "a bit of the data at byte %d" % (at + k)
    else:
        new = old[:n - g.choice((1, n // 2, g.randrange(1, n)))]
        what = "%d instead of %d bytes of data at byte %d" % (len(new), n, at)
    raw = bytearray(v.data[b.at:at] + new + v.data[at + n:b.end])
    raw[at - b.at - 4:at - b.at] = struct.pack(">I", len(new))
    raw[4:8] = struct.pack(">I", len(raw))
    wound = Wound(what + ", with right checksums", [(b.at, b.end, seal(raw))], [(b.at, b.end)])
    try:
        changed = volcheck.decode(stream, new, True)[2] != volcheck.decode(stream, old, True)[2]
    except volcheck.Bad:
        changed = True
        wound.undecodable = stream & volcheck.MASK in volcheck.LEGACY
    if changed:
        wound.accused = {(session, fi)}
    return wound


def header(g, v):
    b = g.choice(v.blocks)
    at = b.at + g.choice((0, 4, 8, 12, 16, 20))
    n = g.choice((1, 4, max(1, b.at + b.head - at)))
    return edit(v.data, "block header overwritten at byte %d" % at, at, g.randbytes(min(n, len(v.data) - at)))


def forge(g, v):
    """Another block number, session id or session time, with the checksum made right."""
    k = g.randrange(len(v.blocks))
    b = v.blocks[k]
    raw = bytearray(v.data[b.at:b.end])
    old = struct.unpack(">III", raw[8:12] + raw[16:24]) if b.head > 16 else (b.number, 0, 0)
    field = g.choice((0, 1, 2, 3)) if b.head > 16 else 0
    at = (8, 16, 20, 16)[field]
    if field == 3:
        other = g.choice(v.blocks).session
        raw[16:24] = struct.pack(">II", *other)
        what = "another session, %d/%d," % other
    else:
        new = g.choice((0, old[field] + 1, old[field] - 1, g.getrandbits(32))) & 0xFFFFFFFF
        raw[at:at + 4] = struct.pack(">I", new)
        what = ("block number", "session id", "session time")[field] + " %d" % new
    session = struct.unpack(">II", raw[16:24])
    strangers = {(session, p[1]) for p in v.parts[k] or ()}
    moved = b.head > 16 and session != b.session
    # The number is a part of the cipher's tweak.
    ranges = [(b.at, b.end)] if moved or b.encrypted else []
    wound = Wound("%s in the block at byte %d, with a right checksum" % (what, b.at), [(b.at, b.end, seal(raw))], ranges,
                  [(b.at, {session})] if moved else [], strangers if moved else ())
    wound.renumbered, wound.disorder = field == 0, True
    return wound


def hole(g, v):
    k, last = some_blocks(g, v, (1, 1, 2, 4))
    at, end = v.blocks[k].at, v.blocks[last - 1].end
    return edit(v.data, "a hole of zeros from byte %d to %d" % (at, end), at, bytes(end - at))


def drop(g, v):
    if g.random() < 0.5:
        b = g.choice(v.blocks)
        at, end = b.at, b.end
    else:
        at, n = place(g, v.data, 100000)
        end = at + n
    return Wound("bytes %d to %d are gone" % (at, end), [(at, end, b"")], [(at, end)])


def behead(g, v):
    """The label: overwritten in part or as a whole, or gone."""
    b = v.blocks[0]
    n = g.choice((1, 16, b.head, b.size, b.size))
    if g.random() < 0.25:
        return Wound("the first %d bytes are gone" % n, [(0, n, b"")], [(0, b.size)])
    return edit(v.data, "the first %d bytes overwritten" % n, 0, bytes(n) if g.random() < 0.5 else g.randbytes(n))


def replaced(v, what, changed):
    """Whole blocks, by number, with other bytes; nothing of them is counted as damaged."""
    return Wound(what, [(v.blocks[k].at, v.blocks[k].end, raw) for k, raw in changed.items()], [])


def run_of_blocks(g, v, least=0):
    """The first ones, some, or all."""
    n = len(v.blocks)
    first = g.choice((least, min(n - 1, 1), g.randrange(least, n) if n > least else 0))
    return range(first, g.choice((min(n, first + 1), min(n, first + 2), g.randint(first + 1, n), n)))


def sums(g, v):
    """Wrong checksums of blocks that are right: the first two of a job, some, all."""
    changed = {}
    for k in run_of_blocks(g, v):
        b = v.blocks[k]
        raw = bytearray(v.data[b.at:b.end])
        at = 24 if b.fmt == b"BB03" else 0
        if raw[at:at + 4] == bytes(4) or b.encrypted:
            continue
        raw[at:at + 4] = bytes(x ^ 0x5A for x in raw[at:at + 4])
        changed[k] = bytes(raw)
    if not changed:
        return flip(g, v)
    wound = replaced(v, "wrong checksums of the blocks %s" % sorted(changed), changed)
    wound.ranges = [(v.blocks[k].at, v.blocks[k].end) for k in changed]
    wound.sums = True
    return wound


def reverse(g, v):
    """Checksums as Bareos 19.2.4/5 on FreeBSD made them: of all blocks, or of some."""
    changed = {}
    for k in g.choice((range(len(v.blocks)), run_of_blocks(g, v))):
        b = v.blocks[k]
        if b.fmt != b"BB03" and v.data[b.at:b.at + 4] != bytes(4) and b.size < 300000:
            changed[k] = struct.pack(">I", reversed_crc(v.data[b.at + 4:b.end])) + v.data[b.at + 4:b.end]
    if not changed:
        return flip(g, v)
    wound = replaced(v, "checksums of FreeBSD in %d blocks" % len(changed), changed)
    wound.reversed = True
    return wound


def again(g, v):
    """Blocks of whatever number once more, behind themselves; nothing is missing for it."""
    n = len(v.blocks)
    first = g.randrange(1, n) if n > 1 else 0
    last = g.choice((first + 1, g.randint(first + 1, n), n))
    at, end = v.blocks[first].at, v.blocks[last - 1].end
    if first == 0:
        return flip(g, v)
    return Wound("blocks %d to %d once more" % (first, last - 1), [(end, end, v.data[at:end])], [])




def tile(g, v):
    """A record's header that cannot be one between others that fill the block: nothing but its file is hurt, or that of the
    record before it."""
    choice = [(k, i) for k, parts in enumerate(v.parts) for i, p in enumerate(parts or ())
              if 0 < i < len(parts) - 1 and v.blocks[k].fmt != b"BB01" and not v.blocks[k].encrypted and p[1] > 0 and parts[i + 1][1] > 0]
    if not choice:
        return flip(g, v)
    k, i = g.choice(choice)
    b, (session, fi, stream, n, _, at) = v.blocks[k], v.parts[k][i]
    field, new = g.choice((("length", MAX), ("length", 0xFFFFFFFF), ("length", n + (1 << 31)), ("stream", -stream & 0xFFFFFFFF),
                           ("stream", 0x80000000)))
    offset = at - b.at + b.own - {"length": 4, "stream": 8}[field]
    raw = v.data[b.at:b.at + offset] + struct.pack(">I", new) + v.data[b.at + offset + 4:b.end]
    # In a set the other volumes keep their checksums.
    alone = all(p[2] >= 0 or p[1] < 0 for p in v.parts[1][:1])
    blank = g.random() < 0.5 and b.fmt != b"BB03" and alone
    changed = {j: bytes(4) + v.data[x.at + 4:x.end] for j, x in enumerate(v.blocks) if x.fmt != b"BB03"} if blank else {}
    changed[k] = bytes(4) + raw[4:] if blank else seal(raw)
    wound = replaced(v, "record at byte %d says %s %d, %s" % (at, field, new, "without checksums" if blank else "with a right checksum"),
                     changed)
    wound.strangers = {(session, fi)}
    return wound


def leftover(g, v):
    """Too few bytes for a record behind the last one of a block."""
    choice = [k for k, b in enumerate(v.blocks) if k and not b.encrypted and v.parts[k] and v.parts[k][-1][3] == v.parts[k][-1][4]]
    if not choice:
        return flip(g, v)
    k = g.choice(choice)
    b = v.blocks[k]
    raw = bytearray(v.data[b.at:b.end] + g.randbytes(g.randint(1, b.own - 1)))
    raw[4:8] = struct.pack(">I", len(raw))
    wound = replaced(v, "%d bytes behind the last record of the block at byte %d" % (len(raw) - b.size, b.at), {k: seal(raw)})
    wound.strangers = {v.parts[k][-1][:2]}
    return wound


def misname(g, v):
    """A label with a name that no volume can have."""
    b = v.blocks[0]
    part = v.parts[0][0] if v.parts[0] else None
    if part is None or part[1] != -2 or part[3] != part[4]:
        return flip(g, v)
    at = part[5] + b.own
    start = v.data.index(b"\0", at) + 1 + 4 + 32
    end = v.data.index(b"\0", start)
    name = g.choice((b"", b"a/b", b"../x", b"..", b"a\nb", b"\x1b[2J", b"x" * 128, b"y" * 300, b"\x7f"))
    raw = bytearray(v.data[b.at:start] + name + v.data[end:b.end])
    raw[4:8] = struct.pack(">I", len(raw))
    where = part[5] - b.at + b.own - 4
    raw[where:where + 4] = struct.pack(">I", part[3] + len(name) - (end - start))
    wound = replaced(v, "the Volume Name is %r" % name[:20], {0: seal(raw)})
    wound.relabelled = True
    return wound


def late(g, v):
    """The label behind the first blocks of data."""
    n = g.choice((1, 1, 2, 5))
    if len(v.blocks) <= n or not v.parts[0] or v.parts[0][0][1] != -2 or len(v.parts[0]) != 1:
        return flip(g, v)
    end, label = v.blocks[n].end, v.data[:v.blocks[0].end]
    ended = any(p[1] == -5 for parts in v.parts[1:n + 1] for p in parts or ())
    wound = Wound("the label behind %d blocks" % n, [(0, v.blocks[0].end, b""), (end, end, label)], [])
    wound.relabelled = ended
    return wound


def several(g, v):
    """Two to four of the others, in places of their own."""
    out = g.choice(KINDS)(g, v)
    for _ in range(g.choice((1, 1, 2, 3))):
        more = g.choice(KINDS)(g, v)
        if any(a[0] <= b[1] and b[0] <= a[1] for a in more.edits for b in out.edits):
            continue
        out.what += "; " + more.what
        for name in ("edits", "ranges", "between"):
            getattr(out, name).extend(getattr(more, name))
        out.strangers |= more.strangers
        out.padding = out.padding and more.padding
        out.renumbered = out.renumbered or more.renumbered
        out.sums, out.reversed = out.sums and more.sums, out.reversed and more.reversed
        out.relabelled = out.relabelled or more.relabelled
        # Blocks that stand there once more may be the only whole ones.
        out.disorder = out.disorder or more.disorder or any(" once more" in what for what in (out.what, more.what)) or \
            bool(out.accused or more.accused)
        # Where one wound hides another, neither need be found for its own sake.
        out.accused, out.undecodable = set(), False
    return out


KINDS = (flip, zero, noise, truncate, duplicate, swap, insert, foreign, record, content, header, forge, hole, drop, behead,
         sums, reverse, again, tile, leftover, misname, late)


def mutate(seed, volume):
    g = random.Random(seed)
    return g.choice(KINDS + (several, several, several))(g, volume).apply(volume)
