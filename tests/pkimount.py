#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkimount.py FOLDER GOOD EXTRACTED [SEED]: files that their client encrypted, through a mounted folder.

Each file below GOOD, which is as it was, is read whole, and in pieces from seeded places on, in the job's folder FOLDER.  Read whole it is as it
was, or an error; no piece is ever anything else; and what extract has called right is right here (EXTRACTED: what it made).  Prints what
is wrong, and then what only one of both takes for right; exits 1 where something is wrong.
"""
import os
import random
import sys

seen, good, extracted = sys.argv[1:4]
random.seed(int(sys.argv[4]) if len(sys.argv) > 4 else 20261130)
wrong = []
tried = 0


def whole(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError as e:
        return e.errno


def pieces(path, want):
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return
    for _ in range(60):
        at, n = random.randrange(len(want) + 1), random.choice((1, 15, 100, 4096, 70000))
        try:
            got = os.pread(fd, n, at)
        except OSError:
            continue
        # It may be less: the rest is an error then.
        if got != want[at:at + len(got)]:
            wrong.append(f"{path}: {n} bytes from {at} on are others")
    os.close(fd)


for where, _, names in os.walk(good):
    for name in sorted(names):
        relative = os.path.relpath(os.path.join(where, name), good)
        path = os.path.join(seen, relative)
        want = whole(os.path.join(where, name))
        first = random.random() < 0.5
        if first:
            pieces(path, want)
        got = whole(path)
        if not first:
            pieces(path, want)
        tried += 1
        is_right = whole(os.path.join(extracted, relative)) == want
        if isinstance(got, bytes) and got != want:
            wrong.append(f"{relative}: another content, of {len(got)} bytes")
        if is_right and got != want:
            wrong.append(f"{relative}: extract has it right, and here it is {got if isinstance(got, int) else 'other'}")
        if not is_right and got == want:
            print(f"only here: {relative}")
for line in wrong:
    print(line)
if tried == 0:
    print("no file")
sys.exit(1 if wrong or tried == 0 else 0)
