#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What man/xflate-formats.5 says of files, against files.

  formats.py lines SECTION tab|blank FILE...  each line has a kind that the section has, and its fields; each kind is in one of the files
  formats.py kinds SECTION                    those kinds, a line each
  formats.py mutants MAP FOLDER               maps that are none, each with a right checksum: a kind that there is not, a field too few or too many
  formats.py documents                        what it calls documents
  formats.py verdicts                         words for a verdict, as the schemas have them
  formats.py sums FILE...                     the checksums of lines that are typed in from paper
  formats.py index DB                         the tables of an index, and their columns
  formats.py rows QUERY                       what a database answers to the query of "catalog rows"
  formats.py cache CACHE JSON LINES           the offsets in a cache, against what "cache list --json" and "cache export" tell of it
  formats.py other CACHE NEW                  that cache, as a big-endian machine of 32 bits would have it
  formats.py lists FOLDER                     the lists of keys that it shows, as files"""
import hashlib
import json
import os
import re
import sqlite3
import struct
import sys
import time

PAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "man", "xflate-formats.5")


def section(name):
    with open(PAGE, encoding="utf-8") as f:
        text = f.read().replace("\\\n", "")
    return re.search(r"^\.Ss %s\n(.*?)^\.S" % re.escape(name), text, re.M | re.S).group(1)


def kinds(name):
    """Of each kind of line its fields."""
    return {k: f.split(", ") for k, f in re.findall(r"^\.It Li (\S+)\n(.*)\.$", section(name), re.M)}


def lines(name, between, paths):
    want, bad, seen = kinds(name), [], set()
    for path in paths:
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            for line in f:
                if between == "blank" and (line[0] == "#" or not line.strip()):
                    continue
                fields = line.rstrip("\n").split("\t") if between == "tab" else line.split()[:-1]
                kind = fields.pop(0)
                seen.add(kind)
                right = kind in want and (len(fields) == len(want[kind]) or (want[kind][-1] == "digits" and len(fields) > len(want[kind])))
                if not right:
                    bad.append("%s: %s" % (path, line.rstrip()[:100]))
    bad += ["no line " + k for k in sorted(set(want) - seen)]
    return bad + ([] if len(want) > 0 else ["the section has no kinds"])


def mutants(path, folder):
    import xxhash

    with open(path, "rb") as f:
        old = f.read().splitlines(keepends=True)[:-1]
    every = [k.encode() for k in kinds("The map") if k != "xxh64"]
    for kind in every:
        at = [i for i, line in enumerate(old) if line.split(b"\t")[0] == kind][0]
        line = old[at]
        changed = {"kind": line.replace(kind, kind + b"x", 1), "few": line.rpartition(b"\t")[0] + b"\n", "many": line[:-1] + b"\t1\n", "same": line}
        for how, new in changed.items():
            text = b"".join(old[:at] + [new] + old[at + 1 :])
            with open(os.path.join(folder, "%s.%s" % (how, kind.decode())), "wb") as f:
                f.write(text + b"xxh64\t%s\n" % xxhash.xxh64(text).hexdigest().encode())
    return []


def crc24(data):
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc


def sums(paths):
    bad, every = [], 0
    for path in paths:
        summed = b""
        with open(path, "rb") as f:
            text = [line.split() for line in f if line[0] != ord("#") and line.strip()]
        for words in text:
            every += 1
            if words[0] == b"code":
                bad.append("codes are not for this")
            # Hex digits are summed as they stand.
            if b"%06x" % crc24(b" ".join(words[:-1])) != words[-1]:
                bad.append("%s: %s" % (path, b" ".join(words[:3]).decode()))
            if words[0] == b"end" and hashlib.sha256(summed).hexdigest()[:8].encode() != words[2]:
                bad.append("the digest of the whole")
            summed += b" ".join(words) + b"\n"
    return bad + ([] if every > 5 else ["there is nothing to sum"])


def index(path):
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    there = {n: [r[1] for r in db.execute("PRAGMA table_info(%s)" % n)] for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")}
    said = kinds("The index")
    bad = ["%s: %s, and not %s" % (n, said.get(n), there.get(n)) for n in sorted(set(said) | set(there)) if said.get(n) != there.get(n)]
    for name in "application_id", "user_version":
        value = db.execute("PRAGMA " + name).fetchone()[0]
        number = re.search(name + r" (0x[0-9a-fA-F]+|[0-9]+)", section("The index")).group(1)
        if value != int(number, 0):
            bad.append("%s is %d" % (name, value))
    return bad


NUMBERS = {"a": 1, "an": 1, "four": 4, "seven": 7, "nine": 9, "ten": 10}


def spread(field):
    what = re.fullmatch(r"(%s) (zero|empty text)s?" % "|".join(NUMBERS), field)
    return NUMBERS[what.group(1)] * [0 if what.group(2) == "zero" else ""] if what else [field]


def rows(path):
    """A catalog in which each field holds its own name."""
    with open(path, encoding="utf-8") as f:
        query = f.read()
    db, said = sqlite3.connect(":memory:"), kinds("Rows of a catalog")
    columns = {
        "Version": ["VersionId"],
        "Media": ["MediaId", "LabelType", "VolBytes", "VolFiles", "VolBlocks", "EndFile", "EndBlock", "MaxBlockSize", "StorageId", "Slot", "InChanger", "VolumeName", "MediaType", "VolStatus"],
        "Job": ["JobId", "VolSessionId", "VolSessionTime", "JobFiles", "Job", "Name", "Type", "JobStatus"],
        "JobMedia": ["JobMediaId", "JobId", "MediaId", "VolIndex", "FirstIndex", "LastIndex", "StartFile", "StartBlock", "EndFile", "EndBlock"],
    }
    name = re.search(r"VolumeName IN \('(.*?)'\)", query).group(1)
    for table, names in columns.items():
        db.execute("CREATE TABLE %s (%s)" % (table, ", ".join(names)))
        db.execute("INSERT INTO %s VALUES (%s)" % (table, ", ".join("?" * len(names))), [name if n == "VolumeName" else n for n in names])
    bad, seen = [], set()
    for kind, *fields in db.execute(query):
        seen.add(kind)
        want = [v for f in said.get(kind, ["none"]) for v in spread(f)]
        got = ["VolumeName" if f == name else f for f in fields]
        if kind == "xflate-end":
            want[:2] = [1, 1]
        if got != want:
            bad.append("%s: %s" % (kind, got))
    return bad + ["no line " + k for k in sorted(set(said) - seen)]


def cache_fields():
    """Where it says what is: header and entry, {content: (offset, offset of 32 bits, bytes)}"""
    head, entry = {}, {}
    for row in re.findall(r"^\.It ([0-9].*)$", section("The crypto cache"), re.M):
        cells = row.split(" Ta ")
        name = re.match(r"[a-z ]*[a-z]", cells[-1]).group(0)
        if len(cells) == 3:
            head[name] = (int(cells[0]), int(cells[1]))
        elif name != "pointers":
            entry[name] = (int(cells[0]), int(cells[1]), int(cells[2]))
    sizes = [int(n) for n in re.findall(r"(?:header|entry), ([0-9]+) bytes|machine ([0-9]+):", section("The crypto cache")) for n in n if n]
    return head, entry, sizes


def entries_of(data, wide, order):
    head, entry, (head_bytes, big, small) = cache_fields()
    (count,) = struct.unpack_from(order + "i", data, head["number of entries"][0])
    each = big if wide else small
    assert len(data) == head_bytes + count * each and data.startswith(b"BAREOS Crypto Cache\n\0")
    for i in range(count):
        at = {n: head_bytes + i * each + f[0 if wide else 1] for n, f in entry.items()}
        text = {n: data[at[n] : at[n] + entry[n][2]].split(b"\0")[0].decode() for n in ("volume", "key")}
        yield text["volume"], text["key"], struct.unpack_from(order + "q", data, at["added"])[0]


def cache(path, listed, exported):
    with open(path, "rb") as f:
        data = f.read()
    with open(exported, encoding="utf-8") as f:
        keys = [line.rstrip("\n").split("\t")[1] for line in f]
    with open(listed, encoding="utf-8") as f:
        told = json.load(f)
    order = {"little": "<", "big": ">"}[told["byte_order"]]
    got = [(v, k, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(a))) for v, k, a in entries_of(data, told["pointer_bytes"] == 8, order)]
    want = [(e["volume"], k, e["added"]) for e, k in zip(told["entries"], keys)]
    # They are samples: their keys may be shown.
    return [] if got == want and got else ["%s, and not %s" % (got, want)]


def other(path, to):
    with open(path, "rb") as f:
        every = list(entries_of(f.read(), True, "<"))
    head, entry, (head_bytes, _, each) = cache_fields()
    data = bytearray(head_bytes + each * len(every))
    data[: head["id"][1]] = b"BAREOS Crypto Cache\n\0"
    struct.pack_into(">i", data, head["version"][0], 1)
    struct.pack_into(">i", data, head["number of entries"][0], len(every))
    for i, (volume, key, added) in enumerate(every):
        at = {n: head_bytes + i * each + f[1] for n, f in entry.items()}
        data[at["volume"] : at["volume"] + len(volume)] = volume.encode()
        data[at["key"] : at["key"] + len(key)] = key.encode()
        struct.pack_into(">q", data, at["added"], added)
    with open(to, "wb") as f:
        f.write(data)
    return []


def lists(folder):
    blocks = re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed", section("Lists of keys"), re.M | re.S)
    for i, block in enumerate(blocks):
        with open(os.path.join(folder, str(i)), "w", encoding="utf-8") as f:
            f.write(block)
    return [] if len(blocks) > 4 else ["there are only %d" % len(blocks)]


def main():
    verb, rest = sys.argv[1], sys.argv[2:]
    if verb == "kinds":
        print("\n".join(kinds(rest[0])))
        return 0
    if verb == "documents":
        print("\n".join(sorted(re.findall(r"^\.It Sy (\S+)$", section("JSON documents"), re.M))))
        return 0
    if verb == "verdicts":
        with open(os.path.join(os.path.dirname(PAGE), "..", "docs", "schemas", "common.schema.json"), encoding="utf-8") as f:
            print("\n".join(sorted(json.load(f)["$defs"]["verdict"]["enum"])))
        return 0
    if verb == "lines":
        bad = lines(rest[0], rest[1], rest[2:])
    elif verb == "sums":
        bad = sums(rest)
    else:
        bad = {"mutants": mutants, "index": index, "rows": rows, "cache": cache, "other": other, "lists": lists}[verb](*rest)
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
