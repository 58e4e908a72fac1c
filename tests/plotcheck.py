#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map of --plot against the volumes, which are read here once more.

plotcheck.py bins SVG LIST VOLUME...  each box has the bytes of its job that are in its range, to the byte; the boxes of a volume come to its
                                      bytes; LIST: of list --json.  VOLUMEs of BB02, sound, in the order of the map
plotcheck.py sums SVG LIST            only that they come to the volumes' bytes
plotcheck.py marks SVG PROBLEMS       a flag at each place of verify --json, where it belongs on the axis, and no other
plotcheck.py kind SVG WORDS           bytes of these boxes"""
import json
import re
import struct
import sys
import xml.dom.minidom

LEFT, RIGHT, STRIP = 40.0, 920.0, 44.0


class Box:
    def __init__(self, r, words):
        what = re.fullmatch(r"(.*): (\d+) bytes, from byte (\d+) to (\d+)", words, re.S)
        self.what, self.bytes, self.begin, self.end = what[1], *map(int, what.groups()[1:])
        self.x, self.y, self.width, self.height = (float(r.getAttribute(k)) for k in ("x", "y", "width", "height"))


def words_of(e):
    t = [c for c in e.childNodes if c.nodeName == "title"]
    return t[0].firstChild.data if t else None


def strips(svg):
    """Boxes of each volume, from the top, and where the strip begins."""
    frames = [float(r.getAttribute("y")) for r in svg.getElementsByTagName("rect") if r.getAttribute("fill") == "none"]
    boxes = [Box(r, words_of(r)) for r in svg.getElementsByTagName("rect") if words_of(r)]
    return [(y, [b for b in boxes if y - 0.1 <= b.y < y + STRIP]) for y in frames]


def blocks_of(path):
    """Begin, end, session of the blocks of a sound volume."""
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        _, size, _, magic, session, time = struct.unpack(">III4sII", data[at : at + 24])
        assert magic == b"BB02" and size >= 24, "byte %d" % at
        first = struct.unpack(">i", data[at + 24 : at + 28])[0] if size > 24 else 0
        yield at, at + size, None if first in (-1, -2) else (session, time)
        at += size


def is_filled(boxes, total):
    """They stand side by side from end to end, and above each other within."""
    ranges = sorted({(b.begin, b.end) for b in boxes})
    if [a for a, _ in ranges] != [0] + [e for _, e in ranges[:-1]] or ranges[-1][1] != total:
        return "there is a gap, or an overlap: %s" % ranges
    for begin, end in ranges:
        here = [b for b in boxes if b.begin == begin]
        if sum(b.bytes for b in here) != end - begin:
            return "byte %d to %d: %d bytes in boxes" % (begin, end, sum(b.bytes for b in here))
        if abs(sum(b.height for b in here) - STRIP) > 0.1:
            return "byte %d: as high as %f" % (begin, sum(b.height for b in here))
        for b in here:
            x = LEFT + (RIGHT - LEFT) * begin / total
            if abs(b.x - x) > 0.02 or abs(b.x + b.width - LEFT - (RIGHT - LEFT) * end / total) > 0.03:
                return "byte %d is drawn at %f" % (begin, b.x)
    return None


def sums(svg, volumes):
    parts = strips(svg)
    if len(parts) != len(volumes):
        return "%d strips of %d volumes" % (len(parts), len(volumes))
    for (_, boxes), v in zip(parts, volumes):
        wrong = is_filled(boxes, v["bytes"])
        if wrong:
            return "%s: %s" % (v["input"], wrong)
    return None


def bins(svg, volumes, paths):
    wrong = sums(svg, volumes)
    names = {(j["session_id"], j["session_time"]): "job %d (%s)" % (j["job_id"], j["job"]) for v in volumes for j in v["jobs"]}
    told = {b.what for _, boxes in strips(svg) for b in boxes}
    for (_, boxes), path in zip(strips(svg), paths):
        blocks = list(blocks_of(path))
        for begin, end in sorted({(b.begin, b.end) for b in boxes}):
            true = {}
            for a, e, session in blocks:
                n = min(e, end) - max(a, begin)
                name = names[session] if session else "volume label"
                name = name if name in told else "other jobs"
                if n > 0:
                    true[name] = true.get(name, 0) + n
            here = {b.what: b.bytes for b in boxes if b.begin == begin}
            if here != true:
                return "%s, byte %d to %d: %s, and not %s" % (path, begin, end, here, true)
    return wrong


def marks(svg, report):
    flags = []
    for p in svg.getElementsByTagName("path"):
        x, y = map(float, re.match(r"M([\d.]+) ([\d.]+) ", p.getAttribute("d")).groups())
        place = re.match(r"byte (\d+): (.*)", words_of(p), re.S)
        if place:
            flags.append((y, int(place[1]), x, place[2]))
    places = [p for p in report["problems"] if p["kind"] != "note" and "address" in p]
    for (top, boxes), v in zip(strips(svg), report["volumes"]):
        wanted = sorted({p["address"] + p.get("offset_in_block", 0) for p in places if p["volume"] in (v["volume"], v["input"])})
        got = sorted({at for y, at, _, _ in flags if abs(y - top) < 0.1})
        total = max(b.end for b in boxes)
        for y, at, x, _ in flags:
            if abs(y - top) < 0.1 and abs(x - LEFT - (RIGHT - LEFT) * at / total) > 0.1:
                return "byte %d is drawn at %f" % (at, x)
        # Flags that would stand in one place are one.
        near = 2.2 * total / (RIGHT - LEFT)
        if not set(got) <= set(wanted) or any(min((abs(w - g) for g in got), default=1e99) > near for w in wanted):
            return "%s: flags at %s, problems at %s" % (v["volume"], got, wanted)
    return None


def main():
    verb, path, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    svg = xml.dom.minidom.parse(path)
    if verb == "kind":
        print(sum(b.bytes for _, boxes in strips(svg) for b in boxes if b.what == rest[0]))
        return 0
    report = json.load(open(rest[0], encoding="utf-8"))
    wrong = marks(svg, report) if verb == "marks" else sums(svg, report["volumes"]) if verb == "sums" else bins(svg, report["volumes"], rest[1:])
    if wrong:
        print(wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
