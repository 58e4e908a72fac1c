#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of scenario_proof: reads states of verify by itself, and says beforehand what a night has to look at.

  proofs.py state STATE           a line a volume: verdict, XXH64 or -, base name (as Python has it); complains of what is no state
  proofs.py next STATE PLAN N M   inputs of the units that are due, in order, a line each unit; PLAN: what plan --json says of the archive
  proofs.py stable STATE VOLUME... is each of them in the state, sound, with the size, time and XXH64 that it has?
  proofs.py flip FILE OFFSET      changes a byte, and keeps the time
  proofs.py future STATE NAME     as if the clock had been ten years ahead when the volume of this base name was looked at
  proofs.py ask FILE EXPRESSION   of JSON, as d
"""
import json
import os
import re
import sys

import xxhash

LINE = re.compile(rb"volume\t([a-z-]+)\t(\d+)\.(\d{9})\t(\d+)\.(\d{9})\t(\d+)\t(-?\d+\.\d{9})\t([0-9a-f]{16}|-)\t([^\t]+)")
BAD = ("not-proved", "not-whole", "wounded", "other-bytes", "damaged")


def unescaped(path):
    return re.sub(rb"\\(\\|x[0-9a-f]{2})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1][1:], 16)]), path)


def read(name):
    """{absolute path: row}"""
    with open(name, "rb") as f:
        text = f.read()
    assert text.endswith(b"\n")
    lines = text[:-1].split(b"\n")
    assert lines[0] == b"xflate-verify-state\t1", lines[0]
    body = text[: text.rindex(b"xxh64\t")]
    assert lines[-1] == b"xxh64\t" + xxhash.xxh64(body).hexdigest().encode(), "checksum"
    rows = {}
    for line in lines[1:-1]:
        m = LINE.fullmatch(line)
        assert m, line
        verdict = m[1].decode()
        assert verdict == "sound" or verdict in BAD
        row = {"verdict": verdict, "looked": int(m[2] + m[3]), "since": int(m[4] + m[5]), "bytes": int(m[6]), "mtime": m[7].decode(), "xxh64": m[8].decode()}
        assert row["since"] <= row["looked"]
        rows[unescaped(m[9])] = row
    assert list(rows) == sorted(rows) and len(rows) == len(lines) - 2
    return rows


def mtime_of(st):
    return "%d.%09d" % (st.st_mtime_ns // 10**9, st.st_mtime_ns % 10**9)


def show(state):
    for path, row in read(state).items():
        print(row["verdict"], row["xxh64"], ascii(os.fsdecode(os.path.basename(path))))


def due(state, plan, part, whole):
    rows = read(state) if os.path.exists(state) else {}
    with open(plan, encoding="utf-8") as f:
        units = json.load(f)["units"]
    ranked = []
    for at, unit in enumerate(units):
        paths = [v["input"] for v in unit["volumes"]]
        failed, looked = False, []
        for path in paths:
            row = rows.get(os.fsencode(os.path.realpath(path)))
            st = os.stat(path)
            same = row and (row["bytes"], row["mtime"]) == (st.st_size, mtime_of(st))
            failed = failed or bool(row and row["verdict"] != "sound")
            looked.append(row["looked"] if same else -1)
        ranked.append((not failed, min(looked), at, sum(os.path.getsize(p) for p in paths), paths))
    total, taken = sum(r[3] for r in ranked), 0
    for sound, _, _, size, paths in sorted(ranked):
        if sound and taken * whole >= total * part:
            continue
        print(" ".join(paths))
        taken += size if sound else 0


def stable(state, volumes):
    rows = read(state)
    for path in volumes:
        row, st = rows[os.fsencode(os.path.realpath(path))], os.stat(path)
        with open(path, "rb") as f:
            digest = xxhash.xxh64(f.read()).hexdigest()
        assert (row["verdict"], row["bytes"], row["mtime"], row["xxh64"]) == ("sound", st.st_size, mtime_of(st), digest), (path, row)


def flip(name, offset):
    st = os.stat(name)
    with open(name, "r+b") as f:
        f.seek(offset)
        byte = f.read(1)[0]
        f.seek(offset)
        f.write(bytes([byte ^ 1]))
    os.utime(name, ns=(st.st_atime_ns, st.st_mtime_ns))


def future(state, name):
    with open(state, "rb") as f:
        lines = f.read().split(b"\n")[:-2]
    for at, line in enumerate(lines):
        if line.endswith(b"/" + name.encode()):
            m = LINE.fullmatch(line)
            lines[at] = line[: m.start(2)] + b"%d" % (int(m[2]) + 10 * 366 * 86400) + line[m.end(2) :]
    body = b"\n".join(lines) + b"\n"
    with open(state, "wb") as f:
        f.write(body + b"xxh64\t" + xxhash.xxh64(body).hexdigest().encode() + b"\n")


def ask(name, expression):
    with open(name, encoding="utf-8") as f:
        d = json.load(f)
    print(eval(expression, {"d": d}))


verb, args = sys.argv[1], sys.argv[2:]
if verb == "state":
    show(args[0])
elif verb == "next":
    due(args[0], args[1], int(args[2]), int(args[3]))
elif verb == "stable":
    stable(args[0], args[1:])
elif verb == "flip":
    flip(args[0], int(args[1]))
elif verb == "future":
    future(args[0], args[1])
else:
    ask(args[0], args[1])
