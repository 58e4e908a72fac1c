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
            if b.session in last and b.number != last[b.session] + 1:
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
    padding: only zeros between blocks, as a tape has them; renumbered: a block of a job seems to be missing."""

    def __init__(self, what, edits, ranges, between=(), strangers=()):
        self.what, self.edits, self.ranges = what, list(edits), list(ranges)
        self.between, self.strangers = list(between), set(strangers)
        self.accused, self.undecodable, self.padding, self.renumbered = set(), False, False, False

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
    wound.renumbered = field == 0
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
        # Where one wound hides another, neither need be found for its own sake.
        out.accused, out.undecodable = set(), False
    return out


KINDS = (flip, zero, noise, truncate, duplicate, swap, insert, foreign, record, content, header, forge, hole, drop, behead)


def mutate(seed, volume):
    g = random.Random(seed)
    return g.choice(KINDS + (several, several, several))(g, volume).apply(volume)
