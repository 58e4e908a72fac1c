# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the blocks of a volume are, read from the volume itself: the judge of rows that xflate makes.

It shares no code with xflate, knows of blocks and record headers only, and believes every length but checks that they meet.
"""

import struct

HEADER = {b"BB01": 16, b"BB02": 24, b"BB03": 32}


class Block:
    """start and end are the addresses of its first and its last byte; indexes are of data, None in blocks of labels."""

    def __init__(self, start, end, session):
        self.start, self.end, self.session = start, end, session
        self.first = self.last = None

    def saw(self, index):
        self.first = index if self.first is None else min(self.first, index)
        self.last = index if self.last is None else max(self.last, index)


def blocks(path):
    """All blocks of a volume in a file, in order."""
    with open(path, "rb") as f:
        data = f.read()
    found, at = [], 0
    while at < len(data):
        size, ident = struct.unpack_from(">4xI4x4s", data, at)
        header = HEADER[ident]
        session = (0, 0) if ident == b"BB01" else struct.unpack_from(">II", data, at + 16)
        if at + size > len(data) or size < header:
            raise ValueError("%s: block at %d does not fit" % (path, at))
        block = Block(at, at + size - 1, session)
        records(data, at + header, at + size, ident, block)
        found.append(block)
        at += size
    return found


def records(data, at, end, ident, block):
    """The FileIndexes of data in one block; what a record has behind the block's end is a record again in the next one."""
    head = 20 if ident == b"BB01" else 12
    while end - at >= head:
        if ident == b"BB01":
            session = struct.unpack_from(">II", data, at)
            index, stream, length = struct.unpack_from(">iiI", data, at + 8)
            block.session = session
        else:
            index, stream, length = struct.unpack_from(">iiI", data, at)
        if index == 0 and stream == 0 and length == 0:
            break
        if index > 0:
            block.saw(index)
        at += head + length


class Volume:
    def __init__(self, path):
        self.blocks = blocks(path)
        self.label = self.blocks[0]
        self.size = self.blocks[-1].end + 1
        self.sessions = {}
        for block in self.blocks[1:]:
            self.sessions.setdefault(block.session, []).append(block)


def range_of(session):
    """first byte, last byte, lowest and highest FileIndex of a session's blocks on a volume."""
    data = [b for b in session if b.first is not None]
    return session[0].start, session[-1].end, min(b.first for b in data), max(b.last for b in data)
