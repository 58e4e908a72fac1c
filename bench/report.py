#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.py [--doc] RESULTS.json: what bench/run has measured, as tables.

--doc   puts them between the two marks of docs/performance.md, and draws docs/scaling.svg
"""

import json
import os
import sys

sys.dont_write_bytecode = True
from measure import fail, median
from plot import draw

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs")
BEGIN, END = "<!-- make bench-doc: from here -->\n", "<!-- make bench-doc: to here -->\n"
QUIET = 0.15  # processors that others may use meanwhile
CORES = (1, 2, 4, 8, 16, 32, 64)
CPU, WALL, OTHERS = range(3)

# What is wanted.  (row, what it is, of what, limit); shares and speed-ups at least, processor time and memory at most.
WANTED = [
    *((row, "share", value) for row, value in (
        ("gzip6 -> none", 0.92), ("gzip6 -> lz4", 0.94), ("none -> gzip6", 0.96), ("none -> lz4", 0.92), ("none -> lzo", 0.93),
        ("lz4 -> none", 0.78), ("zstd3 -> none", 0.78), ("lzfast -> none", 0.80), ("verify gzip6", 1.5))),
    ("copy", "of cat, to a file", 0.85),
    *((row, "T2/T1", value) for row, value in (
        ("verify gzip6", 1.85), ("decrypt", 1.7), ("encrypt", 1.7), ("copy", 1.7), ("gzip6 -> none", 1.7), ("gzip6 -> lz4", 1.9),
        ("none -> gzip6", 1.95))),
    ("gzip6 -> lz4", "times, 32 processors, to a file", 20),
    ("lzo -> none", "of the old one, to /dev/null", 0.65),
    *((row, "of the old one, to a file", value) for row, value in (
        ("gzip6 -> none", 0.70), ("lz4 -> none", 0.65), ("none -> lz4", 0.80), ("gzip6 -> lz4", 0.80))),
    ("all", "MiB, T1", 12), ("all", "MiB, T2", 20),
]
WORDS = {
    "share": "of the floor with one thread",
    "of cat, to a file": "of `cat in > out` to a file",
    "T2/T1": "times as fast with two threads as with one",
    "times, 32 processors, to a file": "times one processor on 32, to a file, computed",
    "of the old one, to /dev/null": "of the older program's processor time",
    "of the old one, to a file": "of the older program's processor time, to a file",
    "MiB, T1": "MiB with one thread",
    "MiB, T2": "MiB with two",
}

# bcopy of Bareos 26, with autoxflate where something is inflated or deflated; not measured here.
BCOPY = [("copy", 1.63, 1.95, 1.87, .49, .65, .52), ("none -> lz4", 2.61, 2.88, 2.76, 1.41, 1.54, 1.47),
         ("gzip6 -> none", 2.27, 2.36, 2.45, 1.06, 1.05, 1.11), ("none -> gzip6", 15.9, 16.4, 16.6, 7.2, 7.0, 7.0),
         ("gzip6 -> lz4 (bcopy: two passes)", 4.88, 5.24, 5.21, 1.71, 1.76, 1.74)]


def cpus(row, way):
    return [s[CPU] for s in row[way]]


def floors(row):
    return [f["codec"] + f["cat"] for f in row["floor"]]


def share(row):
    return median([f / c for f, c in zip(floors(row), cpus(row, "1"))])


def ratio(row, above, below):
    return median([a / b for a, b in zip(cpus(row, above), cpus(row, below))])


def quiet(row, way):
    """The rounds in which nobody else computed, of this way and one thread."""
    return [i for i, (a, b) in enumerate(zip(row["1"], row[way])) if a[OTHERS] < QUIET and b[OTHERS] < QUIET]


def speedup(row, way="2"):
    """(ratio of wall clocks, was it quiet?)"""
    rounds = quiet(row, way)
    return median([row["1"][i][WALL] / row[way][i][WALL] for i in rounds or range(len(row["1"]))]), bool(rounds)


def stage(got, name, kind):
    samples = got["stages"][name][kind]
    return [median([s[i] for s in samples]) for i in range(3)]


def scaled(parts, cores):
    """Reading is in turn, and so is writing; work is shared."""
    read, work, write = parts
    whole = read + work + write
    return whole / max(whole / cores, read, write)


def value_of(got, name, what):
    """(value, was it quiet?); None: not measured."""
    row = got["rows"].get(name, {})
    if what == "share":
        return share(row), True
    if what == "of cat, to a file":
        return ratio(row, "cat file", "file"), True
    if what == "T2/T1":
        return speedup(row)
    if what.startswith("times"):
        return scaled(stage(got, name, "file"), 32), True
    if what.startswith("MiB"):
        return max(peak[what.endswith("T2")] for peak in got["memory"].values()), True
    way = "1" if what.endswith("null") else "file"
    return (ratio(row, way, "old " + way), True) if got["old"] else (None, True)


def at_most(what):
    return what.startswith(("MiB", "of the old"))


# ---- tables ----

def table(heads, rows):
    return "\n".join(["| " + " | ".join(heads) + " |", "|---" + "|--:" * (len(heads) - 1) + "|"]
                     + ["| " + " | ".join(cells) + " |" for cells in rows]) + "\n"


def seconds(row, way, field=CPU):
    return "%.3f" % median([s[field] for s in row[way]]) if way in row else ""


def loaded(got):
    """How many processors others used while xflate ran, the median."""
    return median([s[OTHERS] for row in got["rows"].values() for way in row if way in ("1", "2", "8") for s in row[way]])


def head(got):
    others = loaded(got)
    noise = ("Others used %.2f processors meanwhile (the median)%s.\n"
             % (others, "" if others < QUIET else ": **the machine had other work to do**; processor times and their ratios inside one run "
                "hold within some per cent, wall clock times do not"))
    return ("Measured on %s: %s; %s; %s.\n%s. %d rounds, %.0f seconds in all. %s"
            % (got["when"], got["machine"], got["xflate"], got["tools"], got["corpus"], got["rounds"], got["seconds"], noise))


def main_table(got):
    rows = []
    for name, row in got["rows"].items():
        fast, calm = speedup(row) if "2" in row else (None, True)
        rows.append([name, "%.3f" % median([f["codec"] for f in row["floor"]]), "%.3f" % median([f["cat"] for f in row["floor"]]),
                     seconds(row, "1"), "%.2f" % share(row) if row["floor"][0]["codec"] else "", seconds(row, "2"), seconds(row, "8"),
                     "%.2f%s" % (fast, "" if calm else "~") if fast else "", seconds(row, "file"), seconds(row, "pipe")])
    return table(["", "codec", "`cat`", "T1", "floor / T1", "T2", "T8", "T1 / T2, clock", "T1, to a file", "T1, to a pipe"], rows)


def copy_words(got):
    row = got["rows"]["copy"]
    return ("A checked copy takes %.2f of the processor time of `cat` to /dev/null, and to a file `cat in > out` takes %.2f of that of the "
            "copy.\n" % (ratio({**row, "cat": [[f["cat"]] for f in row["floor"]]}, "1", "cat"), ratio(row, "cat file", "file")))


def lengths_table(got):
    names = list(next(iter(got["lengths"].values())))
    rows = []
    for name in names:
        cells = [name]
        for rows_of in got["lengths"].values():
            row = rows_of.get(name)
            cells += [seconds(row, "1"), "%.2f" % share(row), seconds(row, "2")] if row else ["", "", ""]
        rows.append(cells)
    heads = [""] + [h for length in got["lengths"] for h in (length + ": T1", "floor / T1", "T2")]
    return table(heads, rows)


def stages_table(got):
    rows = []
    for name, kinds in got["stages"].items():
        for kind in kinds:
            parts = stage(got, name, kind)
            rows.append([name + (", to a file" if kind == "file" else "")] + ["%.0f" % p for p in parts]
                        + ["%.0f" % (1e6 / max(parts[0], parts[2]))] + ["%.1f" % scaled(parts, n) for n in CORES[1:]])
    return table(["", "reading", "work", "writing", "at most, MB/s"] + ["%d" % n for n in CORES[1:]], rows)


def instead_table(got):
    rows = []
    for name, others in got["instead"].items():
        mine = median(cpus(got["rows"][name], "1"))
        for text, (cpu, wall) in others.items():
            rows.append([name, "`%s`" % text.replace("|", "\\|"), "%.2f" % wall, "%.2f" % cpu, "%.2f" % mine, "%.2f" % (cpu / mine)])
    return table(["", "instead", "clock", "CPU", "xflate T1, CPU", "factor"], rows)


def bcopy_table():
    rows = []
    for name, *values in BCOPY:
        theirs, ours = values[:3], values[3:]
        rows.append([name, "%.2f" % median(theirs), "%.2f" % median(ours), "%.2f" % median([a / b for a, b in zip(theirs, ours)])])
    return table(["", "bcopy, CPU s", "xflate 0.1.0 -T1, CPU s", "factor"], rows)


def memory_table(got):
    return table(["", "T1", "T2"], [[name, *("%.1f" % p for p in peaks)] for name, peaks in got["memory"].items()])


def targets(got):
    """(the table, what falls short in words)"""
    rows, words = [], []
    for name, what, wanted in WANTED:
        value, calm = value_of(got, name, what)
        if value is None:
            verdict = "not measured"
            words.append("* %s: not measured %s (BENCH_OLD names that program)." % (name, WORDS[what]))
        else:
            good = value <= wanted if at_most(what) else value >= wanted
            verdict = ("met" if good else "**short**") + ("" if calm else " (others were computing)")
            if not good:
                words.append("* %s: %.2f %s, %s%.2f wanted%s." % (name, value, WORDS[what], "at most " if at_most(what) else "", wanted,
                                                                  "" if calm else "; others were computing meanwhile"))
        rows.append([name, WORDS[what], "%s%.2f" % ("<= " if at_most(what) else "", wanted), "%.2f" % value if value is not None else "",
                     verdict])
    return table(["", "what", "wanted", "measured", ""], rows), words


def text(got):
    verdicts, short = targets(got)
    return "\n".join([
        head(got),
        "Processor time (user and system) of whole processes, seconds, medians. Codec: the codecs alone on the same records; `cat`: of the same\n"
        "input to /dev/null. Both together are the floor. Of verify the codec is inflate and one MD5 after the other, of encrypt and decrypt\n"
        "AES-XTS. Output goes to /dev/null where nothing else is said. The pipe's other end is `cat`, whose time is not counted.%s\n"
        % (" ~: others were computing." if "~" in main_table(got) else ""),
        main_table(got),
        copy_words(got),
        "Records of other lengths, %d MB each (1 MiB: 917,504 bytes in blocks of 1,048,576; LZ4's framing ends at 262,144):\n"
        % max(got["mb"] // 10, 2),
        lengths_table(got),
        "### On many processors\n",
        "Reading is in turn, and so is writing; work is shared. Microseconds of processor time for a MB of file data, with two threads, by\n"
        "`bench/stages`: the program itself with a clock around its functions. The columns 2 to 64 are computed of them: how many times faster so\n"
        "many processors are than one, with a disk and memory that keep up, until the larger of reading and writing is all that is waited for.\n",
        stages_table(got),
        "![Times as fast as one processor, over processors, for each conversion: to /dev/null, and to a file](scaling.svg)\n",
        "### What is used instead\n",
        "The same file data in one stream, once each:\n",
        instead_table(got),
        "Bareos's own bcopy, **not measured in this run**: version 26, volumes of 600 MB to a file, three pairs on two processors (Xeon with\n"
        "AVX-512, Linux 6.18), xflate 0.1.0 beside it. Bacula's bcopy of Debian (9.6.7) does not write to a file without a director: it takes\n"
        "the output for a volume that will be read.\n",
        bcopy_table(),
        "### Memory\n",
        "The peak, MiB; 1 MiB: blocks of 1,048,576 bytes and records of 917,504:\n",
        memory_table(got),
        "### Against what is wanted\n",
        verdicts,
        "What falls short:\n" if short else "Nothing falls short.\n",
        "\n".join(short) + "\n" if short else "",
    ])


def curves(got, kind):
    return {name: [(n, scaled(stage(got, name, kind), n)) for n in range(1, CORES[-1] + 1)]
            for name, kinds in got["stages"].items() if kind in kinds}


def put_into_docs(got):
    path = os.path.join(DOCS, "performance.md")
    with open(path) as f:
        before, mark, rest = f.read().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        fail("%s has not the two marks that say where the tables go" % path)
    with open(path, "w") as f:
        f.write(before + BEGIN + "\n" + text(got) + "\n" + END + after)
    with open(os.path.join(DOCS, "scaling.svg"), "w") as f:
        f.write(draw({"to /dev/null": curves(got, "null"), "to a file": curves(got, "file")}))


def main(args):
    if args == ["--help"]:
        print(__doc__.strip())
        return 0
    doc = args[:1] == ["--doc"]
    args = args[1:] if doc else args
    if len(args) != 1 or args[0].startswith("-"):
        print(__doc__.split("\n")[0], file=sys.stderr)
        return 2
    with open(args[0]) as f:
        got = json.load(f)
    print(text(got))
    if doc:
        put_into_docs(got)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
