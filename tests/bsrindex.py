#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""bsrindex.py SEED KEY VOLUME...: bootstraps out of an index of these volumes, for each of their jobs and seeded choices of its files.

What extract --bsr makes of one is what extract --index makes of the same choice; its sections ascend and do not overlap; each begins at
a block of the job, as list tells them, and reaches to the end of the last one that is needed; and catalog bsr has the same to say
of the volumes themselves, but where it takes more.  KEY: a file with the key of encrypted volumes, or nothing.  Prints what is wrong;
exits 1 then.  $XFLATE is the program, the current folder is used.
"""
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys

xflate = os.environ["XFLATE"]
seed, key, volumes = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
keys = ["--key", key] if key else []
rng = random.Random(seed)
wrong = []
tried = 0


def run(*arguments):
    p = subprocess.run([xflate, *arguments], capture_output=True, timeout=120, check=False)
    if p.returncode < 0 or p.returncode > 4:
        wrong.append(f"{' '.join(arguments)}: ended with {p.returncode}")
    return p.returncode, p.stdout.decode("utf-8", "surrogateescape"), p.stderr.decode("utf-8", "replace")


def content(path):
    if os.path.islink(path):
        return os.readlink(path)
    if os.path.isdir(path):
        return "folder"
    # Holes of made volumes are terabytes.
    if os.stat(path).st_size > 1 << 26:
        return os.stat(path).st_size
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def tree(folder):
    found = set()
    for parent, folders, files in os.walk(os.fsencode(folder)):
        for name in folders + files:
            path = os.path.join(parent, name)
            found.add((path[len(folder):], os.lstat(path).st_mode, int(os.lstat(path).st_mtime) if not os.path.isdir(path) else 0, content(path)))
    return found


def sections(bootstrap):
    name = None
    for line in bootstrap.splitlines():
        if line.startswith("Volume="):
            name = line
        elif line.startswith("VolAddr="):
            first, last = line[8:].split("-")
            yield name, int(first), int(last)


def begins():
    """Where blocks begin, of each volume."""
    text = run("list", "-v", *keys, *volumes)[1]
    return {int(m) for m in re.findall(r"^block (?:byte )?(\d+): ", text, re.M)}


blocks = begins()
for name in ("db", "x", "y"):
    shutil.rmtree(name, ignore_errors=True)
    if os.path.exists(name):
        os.remove(name)
run("find", "-q", "--index", "db", "--update", *keys, *volumes)
rows = [json.loads(line) for line in run("find", "--index", "db", "--json", "-e", "*")[1].splitlines()] if os.path.exists("db") else []
# The last line may tell that there was nothing.
rows = [row for row in rows if "session_id" in row]
jobs = {}
for row in rows:
    jobs.setdefault(f"{row['session_id']}/{row['session_time']}", set()).add(row["file_index"])
for job, indexes in sorted(jobs.items()):
    indexes = sorted(indexes)
    for n in (None, 1, 1, 2, 5):
        choice = ["--file-index", ",".join(map(str, sorted(rng.sample(indexes, min(n, len(indexes))))))] if n else []
        what = f"job {job}, {choice[-1] if choice else 'all of it'}"
        status, made, said = run("catalog", "bsr", "--index", "db", "--job", job, *choice)
        if status == 2 and "a dump of a tape" in said and "a dump of a tape" in run("catalog", "bsr", *keys, "--job", job, *volumes)[2]:
            # By the volumes themselves there is none either.
            tried += 1
            continue
        if status not in (0, 3):
            wrong.append(f"{what}: no bootstrap: {said}")
            continue
        tried += 1
        before = (None, -1, -1)
        for section in sections(made):
            if section[0] == before[0] and section[1] <= before[2]:
                wrong.append(f"{what}: {section} behind {before}")
            if section[1] not in blocks:
                wrong.append(f"{what}: no block begins at {section[1]}")
            before = section
        with open("boot", "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(made)
        for folder in ("x", "y"):
            shutil.rmtree(folder, ignore_errors=True)
        by_boot = run("extract", "-q", "-C", "x", "--bsr", "boot", "--job", job, *keys, *volumes)
        by_index = run("extract", "-q", "-C", "y", "--index", "db", "--job", job, *choice, *keys)
        if tree("x") != tree("y"):
            wrong.append(f"{what}: other files by the bootstrap: {by_boot[2]} {by_index[2]}")
        # Of all of it each FileIndex between the first and the last has to come, also what has no row.
        if choice and by_boot[0] != by_index[0]:
            wrong.append(f"{what}: ended with {by_boot[0]}, not {by_index[0]}: {by_boot[2]}")
        from_volumes, measured, _ = run("catalog", "bsr", "--job", job, *choice, *keys, *volumes)
        if from_volumes != 0 or status != 0 or not choice:
            continue
        mine, theirs = list(sections(made)), list(sections(measured))
        for name, first, last in theirs:
            # Some header names the FileIndex of a record that has ended before.
            if not any(n == name and (a <= first) and (last <= b) for n, a, b in mine) and "good-empty-records" not in volumes[0]:
                wrong.append(f"{what}: of {name} {first}-{last} only {mine}")
for text in wrong:
    print(text)
print(f"{tried} bootstraps of {len(jobs)} jobs")
sys.exit(1 if wrong or (rows and not tried) else 0)
