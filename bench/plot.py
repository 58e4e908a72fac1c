# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawing of how much faster more processors are: SVG, without a library."""

from math import log2
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1040, 470
TOP, BOTTOM, LEFT, PANEL, GAP = 50, 400, 60, 300, 225
CORES = (1, 2, 4, 8, 16, 32, 64)
COLOURS = ("#1b6ca8", "#c8553d", "#2a7f62", "#8a4f9e", "#b8860b", "#444444", "#d1478c", "#4c9aa8", "#7a5c3e")
LINE = 15  # of text, pixels


def place_x(panel, cores):
    return LEFT + panel * (PANEL + GAP) + PANEL * log2(cores) / log2(CORES[-1])


def place_y(times):
    return BOTTOM - (BOTTOM - TOP) * log2(times) / log2(CORES[-1])


def label(x, y, words, anchor="middle", colour="#222", more=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s"%s>%s</text>' % (x, y, anchor, colour, more, escape(words))


def axes(panel, title):
    x0, x1 = place_x(panel, 1), place_x(panel, CORES[-1])
    out = [label((x0 + x1) / 2, TOP - 20, title, more=' font-weight="bold"')]
    for n in CORES:
        x, y = place_x(panel, n), place_y(n)
        out += ['<path d="M%.1f %.1fV%.1f M%.1f %.1fH%.1f" stroke="#ddd"/>' % (x, TOP, BOTTOM, x0, y, x1),
                label(x, BOTTOM + 18, str(n)), label(x0 - 8, y + 4, str(n), "end")]
    out += ['<path d="M%.1f %.1fV%.1fH%.1f" stroke="#222" fill="none"/>' % (x0, TOP, BOTTOM, x1),
            '<path d="M%.1f %.1fL%.1f %.1f" stroke="#999" stroke-dasharray="5 4"/>' % (x0, BOTTOM, x1, TOP),
            label((x0 + x1) / 2, BOTTOM + 40, "processors")]
    if panel == 0:
        out.append(label(18, (TOP + BOTTOM) / 2, "times as fast as one",
                         more=' transform="rotate(-90 18 %d)"' % ((TOP + BOTTOM) / 2)))
    return out


def apart(wanted):
    """Heights for words, in the order given from the top, none over another."""
    placed = []
    for y in wanted:
        placed.append(max(y, placed[-1] + LINE) if placed else y)
    over = placed[-1] - (BOTTOM + 4) if placed else 0
    for i in range(len(placed) - 1, -1, -1):
        if over <= 0:
            break
        placed[i] -= over
        over = placed[i - 1] + LINE - placed[i] if i else 0
    return placed


def lines(panel, curves, colours):
    out = []
    order = sorted(curves, key=lambda name: -curves[name][-1][1])
    heights = apart([place_y(curves[name][-1][1]) + 4 for name in order])
    for name, y in zip(order, heights):
        points = " ".join("%.1f,%.1f" % (place_x(panel, n), place_y(times)) for n, times in curves[name])
        end = place_x(panel, CORES[-1])
        out += ['<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (points, colours[name]),
                '<path d="M%.1f %.1fL%.1f %.1f" stroke="%s"/>' % (end, place_y(curves[name][-1][1]), end + 12, y - 4, colours[name]),
                label(end + 16, y, "%s: %.1f" % (name, curves[name][-1][1]), "start", colours[name])]
    return out


def draw(panels):
    """panels: by title, by name, (processors, times) in order of processors."""
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT),
           "<!-- SPDX-License-Identifier: GPL-3.0-or-later; drawn by make bench-doc -->",
           "<title>Times as fast as one processor, computed from what is in turn</title>",
           '<rect width="%d" height="%d" fill="#fff"/>' % (WIDTH, HEIGHT)]
    for panel, (title, curves) in enumerate(panels.items()):
        out += axes(panel, title) + lines(panel, curves, colours)
    out.append(label(WIDTH / 2, HEIGHT - 8, "computed from processor time of reading, work and writing; broken line: as many times as processors; "
                     "the number: at 64", colour="#555"))
    return "\n".join(out + ["</svg>"]) + "\n"
