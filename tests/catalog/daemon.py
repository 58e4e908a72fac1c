#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a storage daemon gives out of volumes for rows of a catalog, record by record: the judge of catalog check.

daemon.py judge JSON ROWS VOLUME...     does catalog check miss the files that a restore of each of them alone would not find whole?
                                        Of a row whose start is no block's it may miss all: whether a daemon goes there depends on the others.
                                        The last line is the number of files that are missed.
daemon.py shuffle SEED ROWS VOLUME...   prints other rows: moved, cut, joined, left out

A restore of one file has a section for each row whose FileIndexes hold it.  Before a volume the daemon goes to the smallest start
of its sections, where a block must begin, and later, when a section is done, to the next one, forward only; a record counts whose
address, the last byte of its block, lies between start and end.  formats/catalog-facts.md 4.2
"""
import json
import random
import struct
import sys


def blocks_of(path):
    """[(start, end, session, {FileIndex})] of a BB02 file volume."""
    data = open(path, "rb").read()
    at, found = 0, []
    while at < len(data):
        _, size, _, version, sid, stime = struct.unpack(">III4sII", data[at:at + 24])
        assert version == b"BB02", version
        p, files = at + 24, set()
        while p + 12 <= at + size:
            index, _, length = struct.unpack(">iiI", data[p:p + 12])
            if index > 0:
                files.add(index)
            p += 12 + length
        found.append((at, at + size - 1, (sid, stime), files))
        at += size
    return found


def name_of(path):
    data = open(path, "rb").read(400)
    rest = data[36:]
    rest = rest[rest.index(b"\0") + 1:]
    return rest[4 + 32:].split(b"\0")[0].decode()


class Rows:
    def __init__(self, path):
        self.lines = [line.rstrip("\n").split("|") for line in open(path)]
        self.media = {f[1]: f[12] for f in self.of("media")}
        self.jobs = {f[1]: (int(f[2]), int(f[3])) for f in self.of("job")}

    def of(self, kind):
        return [f for f in self.lines if f[0] == "xflate-" + kind]

    def rows(self):
        """{(job, volume): [[first, last, start, end]]}"""
        found = {}
        for f in self.of("row"):
            n = [int(x) for x in f[5:11]]
            found.setdefault((f[2], self.media[f[3]]), []).append([n[0], n[1], n[2] << 32 | n[3], n[4] << 32 | n[5]])
        return found


def given_out(blocks, session, sections, index):
    """How many blocks give out records of the file; None: the daemon stops with an error."""
    done = [False] * len(sections)
    at, count = 0, 0
    starts = {b[0] for b in blocks}

    def seek(position):
        left = [s[2] for s, d in zip(sections, done) if not d]
        target = min(left) if left else None
        if target is None or target <= position:
            return position
        return target

    position = seek(0)
    if position > 0 and position not in starts:
        return None if position < blocks[-1][1] else 0
    for start, end, of, files in blocks:
        if start < position:
            continue
        if of == session and index in files and any(not d and s[2] <= end <= s[3] for s, d in zip(sections, done)):
            count += 1
        before = list(done)
        done = [d or (bool(files) and end > s[3]) for s, d in zip(sections, done)]
        if all(done):
            break
        if done != before:
            position = seek(end + 1)
            if position > end + 1 and position not in starts:
                return None if position < blocks[-1][1] else count
    return count


def missed(rows, volumes):
    of = rows.rows()
    found = {}
    for job, session in rows.jobs.items():
        if not any(key[0] == job for key in of):
            continue
        bad = set()
        everything = {i for b in volumes.values() for x in b if x[2] == session for i in x[3]}
        wanted = {i for (j, v), rs in of.items() if j == job for r in rs for i in range(r[0], r[1] + 1)}
        here = {i for (j, v), rs in of.items() if j == job and v in volumes for r in rs for i in range(r[0], r[1] + 1)}
        bad |= here - everything
        bad |= set(range(1, max(wanted) + 1)) - wanted
        for index in everything:
            for volume, blocks in volumes.items():
                sections = [r for r in of.get((job, volume), []) if r[0] <= index <= r[1]]
                need = sum(1 for b in blocks if b[2] == session and index in b[3])
                got = given_out(blocks, session, sections, index) if sections else 0
                if got is None or got < need:
                    bad.add(index)
        found[job] = sorted(bad)
    return found


def judge(told, wanted):
    files = lambda ranges: {i for r in ranges for i in range(r["first"], r["last"] + 1)}
    jobs = {str(j["job_id"]): j for j in told["jobs"]}
    wrong = 0
    for job, missing in sorted(wanted.items()):
        if job not in jobs:
            continue
        got, want = files(jobs[job]["missed"]), set(missing)
        perhaps = {i for f in jobs[job]["faults"] if f["kind"] == "no_block" for i in files(f["files"])}
        for what, which in (("not told", want - got), ("told, and there", got - want - perhaps)):
            if which:
                print(f"job {job}: {what}: {sorted(which)}")
                wrong += 1
    print(sum(len(wanted[job]) for job in jobs))
    return wrong


def shuffle(rows, volumes, seed):
    rng = random.Random(seed)
    count = 0
    for f in rows.lines:
        if f[0] == "xflate-end":
            f[1] = str(count)
        if f[0] != "xflate-row":
            print("|".join(f))
            continue
        blocks = volumes.get(rows.media[f[3]])
        n = [int(x) for x in f[5:11]]
        row = [n[0], n[1], n[2] << 32 | n[3], n[4] << 32 | n[5]]
        made = [row]
        kind = rng.randrange(9) if blocks else 8
        if kind == 0:
            row[2] = rng.choice(blocks)[0]
        elif kind == 1:
            row[3] = rng.choice(blocks)[1] + rng.choice([-1, 0, 0, 1])
        elif kind == 2:
            row[2] = rng.randrange(blocks[-1][1] + 100)
        elif kind in (3, 4):
            # In pieces at blocks of its session, as a daemon writes rows; some get lost.
            own = [b for b in blocks if b[2] == rows.jobs[f[2]] and b[3]]
            cuts = sorted(rng.sample(range(1, len(own)), min(3, len(own) - 1))) if len(own) > 1 else []
            made = []
            for a, b in zip([0] + cuts, cuts + [len(own)]):
                if a < b:
                    made.append([min(own[a][3]), max(own[b - 1][3]), own[a][0], own[b - 1][1]])
            if kind == 4 and len(made) > 1:
                made.pop(rng.randrange(len(made)))
        elif kind == 5:
            row[1] = rng.randrange(row[0], row[1] + 3)
        elif kind == 6:
            half = (row[0] + row[1]) // 2
            made = [[row[0], half, row[2], row[3]], [half, row[1], row[2], row[3]]]
        elif kind == 7:
            row[2], row[3] = 0, 2**63 - 1
        for k, r in enumerate(made):
            count += 1
            print("|".join(["xflate-row", f[1] + "00" + str(k)] + f[2:4] + [str(k + 1), str(r[0]), str(r[1]), str(r[2] >> 32), str(r[2] & 0xffffffff),
                                                                         str(r[3] >> 32), str(r[3] & 0xffffffff)] + f[11:]))


def main():
    rows = Rows(sys.argv[3])
    volumes = {name_of(path): blocks_of(path) for path in sys.argv[4:]}
    if sys.argv[1] == "shuffle":
        shuffle(rows, volumes, int(sys.argv[2]))
    elif judge(json.load(open(sys.argv[2])), missed(rows, volumes)) > 0:
        sys.exit(1)


main()
