#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""halfblocks.py NAME <TEXT - draws the QR codes of a text, rows of half blocks behind "# ", as NAME-1.pgm and so on, as a printer
would: ink where a block is.  Prints how many there are.  -svg: takes the drawings of an HTML page out, as NAME-1.svg."""
import re
import sys

ROW = re.compile("# ([ \u2580\u2584\u2588]{29,})$")
INK = {" ": (0, 0), "\u2580": (1, 0), "\u2584": (0, 1), "\u2588": (1, 1)}
SCALE = 6


def draw(name, rows):
    lines = [[INK[c][half] for c in row] for row in rows for half in (0, 1)]
    width = len(lines[0])
    assert all(len(line) == width for line in lines), "rows of one code differ in length"
    with open(name, "wb") as f:
        f.write(b"P5 %d %d 255\n" % (width * SCALE, len(lines) * SCALE))
        for line in lines:
            f.write(b"".join((b"\0" if ink else b"\xff") * SCALE for ink in line) * SCALE)


text = sys.stdin.buffer.read().decode("utf-8")
if sys.argv[1] == "-svg":
    found = re.findall(r"<svg xmlns.*?</svg>", text, re.S)
    for i, svg in enumerate(found, 1):
        with open("%s-%d.svg" % (sys.argv[2], i), "w") as f:
            f.write(svg)
    print(len(found))
    sys.exit(0)
codes, rows = [], []
for line in text.split("\n") + [""]:
    row = ROW.match(line)
    if row:
        rows.append(row.group(1))
    elif rows:
        codes.append(rows)
        rows = []
for i, rows in enumerate(codes, 1):
    draw("%s-%d.pgm" % (sys.argv[1], i), rows)
print(len(codes))
