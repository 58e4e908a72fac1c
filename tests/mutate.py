#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damage real volumes in seeded ways and judge what xflate makes of them.

mutate.py [--runs N] [--seed N] [--only WORD] [--show N] XFLATE VOLUMES   N runs for each volume that tests/prepare made
mutate.py --bls COMMAND ... XFLATE VOLUMES   the same, but Debian's bls judges what --on-damage=skip makes
mutate.py --make SEED VOLUME OUT   one damaged volume and, on standard output, what was done to it; its label stays

A run damages one volume of a set (wounds.py) and then asks, by a parser of its own:
  * no crash, no hang: list, filter (stop, skip, keep; copied, inflated, recompressed, decrypted, encrypted, in another
    block format) and verify end with a status of theirs;
  * what a checksum or the order of records shows to be damaged is never called good (status 0), and a run that stops
    leaves no output; what only a file's digest shows, verify tells of that file;
  * every file that has no byte in a damaged block is in the output of --on-damage=skip, record by record the same (the data
    of recompressed ones by `xflate compare` alone), and compare says so too;
  * that output is a clean volume: the own parser, list and a checked copy find nothing, verify no fault of its blocks;
  * verify accuses no file outside the wound, in the damaged volume or in what skip made of it;
  * with --bls: it reads that output without a complaint and counts the jobs, files, records and blocks that are in it.
For bls, Bareos's labels are made Bacula's before anything is damaged (wounds.relabel), and a volume whose label the wound took
gets the undamaged one's in front, if xflate cannot make one.
Prints TAP, a line for each volume.
"""

import argparse
import base64
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import bls
import volcheck
import wounds

SECONDS = 60
STATUSES = (0, 1, 2, 3, 4)
# A record that ends with its volume, and whose rest the next volume does not have: xflate cannot know, and says so.
IN_ORDER = b"are the volumes in order?"
# The first three encrypted blocks are all hurt; a volume of Bareos stands before the encrypted one.
NO_KEY = b"the key is wrong", b"reads no encrypted blocks"
ABOUT_LABELS = ("label", "FileIndex goes back")  # what is lost or there twice shows in what is left


# --- judging ---------------------------------------------------------------------------------------------

class Subject:
    """A volume, or a set of which one volume is damaged in turn."""

    def __init__(self, args, name, paths):
        self.args, self.name, self.paths, self.keys = args, name, paths, []
        self.converted, self.judged = {}, []  # by way of conversion; volumes of each judgement of bls
        contents = []
        for path in paths:
            with open(path, "rb") as f:
                contents.append(f.read())
        if args.peer:
            # Bacula reads no label of Bareos's: given its own identity, the volume is one that Bacula could have written.
            contents = [wounds.relabel(data) if wounds.BAREOS in data[:200] else data for data in contents]
            self.paths = [os.path.join(args.work, os.path.basename(path)) for path in paths]
            for path, data in zip(self.paths, contents):
                with open(path, "wb") as f:
                    f.write(data)
        self.ids = {b.fmt for data in contents for b in wounds.blocks_of(data)[0]}
        for path in self.paths:
            if os.path.basename(path).startswith(("enc", "strong", "mk-")):
                key_file(args.keys, os.path.basename(path))
        self.encrypted = any(b.encrypted for data in contents for b in wounds.blocks_of(data)[0])
        if self.encrypted and "encnull" not in name:
            self.keys = ["--key", key_file(args.keys, os.path.basename(name))]
        self.volumes = [self.volume(path, data) for path, data in zip(self.paths, contents)]
        self.names = [name_of(v) for v in self.volumes]
        records, wrong = wounds.records_of(self.volumes)
        self.sound, self.files = not wrong, wounds.files_of(records)

    def volume(self, path, data):
        """What the own parser sees; of an encrypted volume by way of xflate, which leaves every block where it was."""
        v = wounds.Volume(data)
        if not any(b.encrypted for b in v.blocks):
            return v
        code, clear, err = self.command("filter", "-q", "--decrypt", *self.keys, path)
        if code != 0:
            raise SystemExit("%s cannot be decrypted: %s" % (path, err))
        return wounds.Volume(data, clear)

    def command(self, *words):
        """(status, stdout, stderr)"""
        try:
            p = subprocess.run([self.args.xflate, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "none: it still ran after %d s" % SECONDS, b"", b""
        return p.returncode, p.stdout, p.stderr

    def readable(self):
        """Does the peer know the blocks, or those that --block-format makes?"""
        return self.args.peer.reads({b"BB02" if i == b"BB03" else i for i in self.ids})

    def ways(self):
        """Options of the conversions."""
        opened = ["--decrypt"] + self.keys if self.encrypted else []
        ways = [opened, opened + ["-T2"], opened + ["-i"], opened + ["-r", "lzo"]]
        if b"BB03" in self.ids:
            ways.append(opened + ["--block-format", "bb02"])
            if self.args.peer and self.args.peer.version < 15:
                return [ways[-1], ways[-1] + ["-i"]]
        if self.keys:
            ways.append(opened + ["--encrypt", "aes-128-xts" if "128" in self.name else "aes-256-xts"])
        return ways

    def run(self, number):
        """Returns (what was done, list of what is wrong)."""
        seed = "%s %s %d" % (self.args.seed, self.name, number)
        g = random.Random(seed + " run")
        which = g.randrange(len(self.volumes))
        wound = wounds.mutate(seed, self.volumes[which])
        folder = tempfile.mkdtemp(dir=self.args.work)
        inputs = []
        for k, volume in enumerate(self.volumes):
            at = os.path.join(folder, "in%d" % k)
            with open(at, "wb") as f:
                f.write(wound.data if k == which else volume.data)
            inputs.append(at)
        how = g.choice(self.ways())
        if self.keys and not self.args.peer and g.random() < 0.1:
            how = []
        problems = self.judge(folder, how, inputs, wound, which)
        if not self.args.keep:
            shutil.rmtree(folder)
        return "%s, volume %d, %s: %s: %s" % (seed, which, " ".join(how) or "copied", wound.what, "; ".join(problems)), problems

    def judge(self, folder, how, inputs, wound, which):
        damaged = self.sound and not wound.padding and not wound.reversed and self.damaged(wound, which)
        intact = {key for key, records in self.files.items()
                  if not wound.touches(key, [b for _, _, where in records for v, b in where if v == which])}
        out = os.path.join(folder, "skip", "")
        problems = []
        runs = {
            "list": ["list", *self.keys, *inputs],
            "verify": ["verify", "--json", "-q", *self.keys, *inputs],
            "stop": ["filter", *how, "-o", os.path.join(folder, "stop", ""), *inputs],
            "keep": ["filter", *how, "--on-damage=keep", "-o", os.path.join(folder, "keep", ""), *inputs],
            "skip": ["filter", *how, "--on-damage=skip", "-o", out, *inputs],
        }
        if self.args.peer:
            runs = {"skip": runs["skip"]}
        ordered = True
        # What only the next volume shows is none of list's business.
        listed = damaged and (len(inputs) == 1 or self.damaged(wound, None))
        for name, words in runs.items():
            status, text, err = self.command(*words)
            if b"say with --target" in err:  # the label is lost
                words[1:1] = ["--target", "bareos" if "bareos" in self.name and not self.args.peer else "bacula"]
                status, text, err = self.command(*words)
            if status not in STATUSES:
                problems.append("%s ends with %s: %s" % (name, status, err[-200:].decode("utf-8", "replace")))
            elif IN_ORDER in err:
                ordered = False
            elif status == 0 and (listed if name == "list" else damaged):
                problems.append("%s calls it good" % name)
            elif wound.undecodable and status == 0 and ("-i" in how or "-r" in how) and name in ("stop", "keep", "skip"):
                problems.append("%s takes a payload that does not decode" % name)
            elif status not in (0, 3) and not err:
                problems.append("%s fails in silence" % name)
            elif name == "stop" and status != 0 and os.path.isdir(words[-len(inputs) - 1]) and os.listdir(words[-len(inputs) - 1]):
                problems.append("stop leaves an output")
            elif name == "verify":
                problems += self.accused(status, text, err, wound, intact, False)
        if wound.sums and how in self.ways():
            problems += self.judge_keep(os.path.join(folder, "keep"), how)
        if self.keys and not how:
            if status == 0:
                problems.append("skip copies what it cannot read")
        elif status in (0, 3):
            problems += self.judge_skip(folder, how, out, wound, which, intact, ordered)
        elif self.encrypted and (any(why in err for why in NO_KEY) or not self.keys and b"it is encrypted" in err):
            pass  # Or the cipher is NULL, and a damaged block looks encrypted.
        elif intact and not wound.all and not ((0 in wound.blocks or wound.relabelled or 0 in (e[0] for e in wound.edits)) and b"label" in err):
            problems.append("skip gives up: %s" % err[-200:].decode("utf-8", "replace"))
        return problems

    def judge_keep(self, folder, how):
        """Where checksums alone were wrong nothing is lost, and they are right now."""
        made = []
        if self.args.peer:  # only what skip makes is judged then
            return []
        for k in range(len(self.paths)):
            path = os.path.join(folder, "in%d" % k)
            if not os.path.exists(path):
                return ["keep makes no volume"]
            with open(path, "rb") as f:
                made.append(self.volume(path, f.read()))
        records, wrong = wounds.records_of(made)
        return ["keep: " + p for p in (wrong[:1] if self.sound else []) +
                self.compare_records(how, wounds.files_of(records), set(self.files))]

    def damaged(self, wound, which):
        """Does the own parser see it, in the set or (which is None) in the volume alone?  Of an encrypted volume only the blocks."""
        hurt = wounds.Volume(wound.data)
        if self.encrypted:
            return not hurt.tiled
        if which is None:
            return bool(wounds.records_of([hurt])[1])
        return bool(wounds.records_of([hurt if k == which else v for k, v in enumerate(self.volumes)])[1])

    def judge_skip(self, folder, how, out, wound, which, intact, ordered):
        made = [os.path.join(out, "in%d" % k) for k in range(len(self.paths))]
        # The label of another volume in mid volume begins an output of its own.
        made[which + 1:which + 1] = sorted((os.path.join(out, name) for name in os.listdir(out) if not name.startswith("in")),
                                           key=lambda path: os.stat(path).st_mtime_ns)
        names = self.names[:which + 1] + [os.path.basename(path) for path in made[which + 1:len(made) - len(self.paths) + which + 1]]
        names += self.names[which + 1:]
        problems = []
        volumes = []
        for path in list(made):
            with open(path, "rb") as f:
                data = f.read()
            if data:
                volumes.append(self.volume(path, data))
                continue
            if any(v == which for key in intact for _, _, where in self.files[key] for v, _ in where):
                problems.append("an empty output")
            names.pop(made.index(path))
            made.remove(path)
        if not made:
            return problems
        records, wrong = wounds.records_of(volumes)
        if self.sound and ordered:
            problems += wrong[:1]
        problems += ["what skip made begins with no volume label" for v in volumes if not name_of(v)]
        problems += wounds.numbered(volumes)
        problems += self.compare_records(how, wounds.files_of(records), intact)
        if self.args.peer and ordered:
            problems += self.judge_by_bls(folder, how, names, volumes)
        elif not self.args.peer:
            code, text, err = self.command("verify", "--json", "-q", *self.keys, *made)
            problems += self.accused(code, text, err, wound, intact, True)
            if code != 0 and not self.known and not wound.accused and not wound.disorder and ordered and self.sound:
                problems.append("verify of what skip made ends with %s: %s" % (code, err[:300].decode("utf-8", "replace")))
            checks = [("list", ["list", *self.keys, *made]),
                      ("copy", ["filter", "-q", *(self.keys and ["--decrypt"] + self.keys),
                                "-o", os.path.join(folder, "copy", ""), *made])]
            for name, words in checks:
                code, _, err = self.command(*words)
                if code != 0:
                    problems.append("%s of what skip made ends with %s: %s" % (name, code, err[-200:].decode("utf-8", "replace")))
        differ = self.compared(self.paths, made, problems)
        wrong = sorted(intact & differ)
        if wrong:
            problems.append("%d of %d files outside the wound are not whole, the first: %s" % (len(wrong), len(intact), wrong[0]))
        return problems

    def compared(self, old, new, problems):
        """The files that `xflate compare` says to differ."""
        code, text, err = self.command("compare", "--json", "--on-damage=skip", *self.keys, *old, "--vs", *new)
        try:
            told = json.loads(text)
        except ValueError:
            problems.append("compare ends with %s: %s" % (code, err[-200:].decode("utf-8", "replace")))
            return set()
        if code not in (0, 1, 3) or (code == 1) != bool(told["differences"]):
            problems.append("compare ends with %s, with %d differences" % (code, len(told["differences"])))
        return {(self.jobs.get(d["job"], d["job"]), d.get("file_index", 0)) for d in told["differences"]}

    def compare_records(self, how, made, intact):
        """By the own parser: each record of a file as it was, but for data that was recompressed."""
        again = "-i" in how or "-r" in how
        for key in sorted(intact):
            was, now = ([number_of_both(r[:2]) for r in files.get(key, ()) if not (again and r[0] & volcheck.MASK in volcheck.CONTENT)]
                        for files in (self.files, made))
            if was != now:
                return ["%s has %d records instead of %d, or others" % (key, len(now), len(was))]
        return []

    def judge_by_bls(self, folder, how, names, volumes):
        """bls wants a volume under the name in its label.  A volume whose label is lost borrows the undamaged one's."""
        # Of a volume of which nothing is left nobody knows whose it was.
        if not any(r[1] not in (-1, -2) for r in wounds.records_of(volumes)[0]):
            return []
        to = os.path.join(folder, "bls")
        os.mkdir(to)
        names = [name_of(v) or name for name, v in zip(names, volumes)]
        if len(set(names)) < len(names) or any("/" in name for name in names):
            return []
        for k, (name, v) in enumerate(zip(names, volumes)):
            # Without any label left in old blocks, nobody knows whose they are: the new one is then Bareos's.
            if not name_of(v) or wounds.BAREOS in v.data[:200]:
                good, name = self.undamaged(how)[k], self.names[k]
                names[k] = name
                data = good.data[:good.blocks[0].end] + v.data[v.blocks[0].end if name_of(v) is not None else 0:]
                volumes[k] = v = self.volume_in(to, data)
            with open(os.path.join(to, name), "wb") as f:
                f.write(v.data)
        records, _ = wounds.records_of(volumes)
        self.judged.append(len(volumes))
        return self.args.peer.judge(to, names, volumes, records)

    def volume_in(self, folder, data):
        path = os.path.join(folder, "volume")
        with open(path, "wb") as f:
            f.write(data)
        return self.volume(path, data)

    def undamaged(self, how):
        """The same conversion of the undamaged volumes."""
        if tuple(how) not in self.converted:
            folder = tempfile.mkdtemp(dir=self.args.work)
            code, _, err = self.command("filter", "-q", "--on-damage=skip", *how, "-o", os.path.join(folder, ""), *self.paths)
            if code not in (0, 3):
                raise SystemExit("%s: xflate %s: %s" % (self.name, " ".join(how), err))
            volumes = []
            for path in self.paths:
                path = os.path.join(folder, os.path.basename(path))
                with open(path, "rb") as f:
                    volumes.append(self.volume(path, f.read()))
            self.converted[tuple(how)] = volumes
        return self.converted[tuple(how)]

    def accused(self, code, text, err, wound, intact, clean):
        """What verify says that it must not: of files outside the wound; of a volume's blocks where it is to be clean.  And
        what it must say."""
        try:
            told = json.loads(text)["problems"]
        except (ValueError, KeyError):
            if code == 1 and wound.all:
                return []
            return ["verify ends with %s: %s" % (code, err[-200:].decode("utf-8", "replace"))]
        out, accused = [], set()
        for p in told:
            key = (p.get("session_id"), p.get("session_time")), p.get("file_index", 0)
            about_order = any(word in p["reason"] for word in ABOUT_LABELS)
            if p["kind"] == "note" or (key, p["reason"]) in self.known or (wound.between and about_order) or \
                    (wound.renumbered and "blocks missing" in p["reason"]):
                continue
            accused.add(key)
            if key in intact:
                out.append("verify accuses %s of %s: %s" % (key, "what skip made" if clean else "the damaged volume", p["reason"]))
            elif clean and key[1] <= 0 and not about_order:
                out.append("verify of what skip made: %s" % p["reason"])
        if not clean and wound.accused - accused:
            out.append("verify does not see that the content of %s was changed" % sorted(wound.accused - accused)[0:1])
        return out

    def baseline(self):
        """Without damage all is well; names of the jobs as compare will say them."""
        status, text, err = self.command("list", "--json", *self.keys, *self.paths)
        self.jobs, self.known = {}, set()
        _, told, _ = self.command("verify", "--json", "-qq", *self.keys, *self.paths)
        self.known = {(((p.get("session_id"), p.get("session_time")), p.get("file_index", 0)), p["reason"])
                      for p in json.loads(told)["problems"]}
        guilty = {key for key, _ in self.known}
        for v in self.volumes:
            v.donors = [d for d in self.args.donors if d.data not in [w.data for w in self.volumes]
                        and not (self.args.peer and {b.fmt for b in d.blocks} - self.ids)]
            v.proved = {key for key, records in self.files.items() if key not in guilty and is_proved(records)}
        if status in (0, 3):
            for j in jobs_in(json.loads(text)):
                key = (j["session_id"], j["session_time"])
                if "job_id" in j:
                    self.jobs["job %d (%s)" % (j["job_id"], j["job"])] = key
                self.jobs["session %d/%d" % key] = key
        out = [] if status == 0 else ["undamaged, list ends with %s: %s" % (status, err.decode()[:200])]
        if self.args.peer:
            how = self.ways()[0]
            found = self.judge_by_bls(tempfile.mkdtemp(dir=self.args.work), how, self.names, list(self.undamaged(how)))
            out += ["undamaged, %s: %s" % (" ".join(how), p) for p in found]
        return out


def number_of_both(record):
    """XXH3-128 digests have another number in each product, and --target gives them its own."""
    stream, payload = record[:2]
    same = stream and stream & volcheck.MASK == 41 and len(payload) == 16
    return (stream - 1 if same else stream, payload)


def name_of(v):
    """The Volume Name in the label; None where there is no label."""
    parts = v.parts[0] if v.blocks else None
    if not parts or parts[0][1] not in (-1, -2):
        return None
    at = parts[0][5] + v.blocks[0].own
    try:
        return volcheck.read_volume_label(v.clear[at:at + parts[0][4]], v.blocks[0].fmt)[1]
    except volcheck.Bad:
        return ""


def is_proved(records):
    """A file whose content has a digest that can be counted."""
    streams = {r[0] & volcheck.MASK for r in records}
    return bool(streams & set(volcheck.CONTENT)) and bool(streams & set(volcheck.DIGESTS)) and not streams & set(volcheck.NO_PROOF)


def key_file(folder, name):
    """The public key of a bundled encrypted volume, in a file for --key, and in the key directory of the Encryption Command."""
    path = os.path.join(folder, name)
    if os.path.exists(path + ".key"):
        return path + ".key"
    if name.startswith("mk-"):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "keys", name)) as f:
            key = re.search("^cipher_key: (.*)$", f.read(), re.M).group(1)
    else:
        raw = hashlib.sha512(b"xflate-fixture:" + name.encode()).digest()[:32 if "128" in name else 64]
        key = base64.b64encode(raw).decode()
    for at, text in ((path + ".key", key + "\n"), (path, "cipher: AES_%d_XTS\ncipher_key: %s\nvolume_name: %s\n"
                                                   % (128 if "128" in name else 256, key, name))):
        with open(at, "w", opener=lambda p, flags: os.open(p, flags, 0o600)) as f:
            f.write(text)
    return path + ".key"


def jobs_in(tree):
    """Every object of a report that tells a session, wherever it stands."""
    if isinstance(tree, dict):
        if "session_id" in tree:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from jobs_in(branch)


def subjects(args):
    """Every real volume; the parts of a set together."""
    names = []
    with open(os.path.join(args.volumes, "list")) as f:
        for line in f:
            names.append(line.split("\t")[0])
    sets = {"bareos/vol-span-gzip6-1": ["bareos/vol-span-gzip6-1", "bareos/vol-span-gzip6-2"],
            "bacula/plain-span1": ["bacula/plain-span1", "bacula/plain-span2"],
            "made/good-set-1": ["made/good-set-1", "made/good-set-2", "made/good-set-3"]}
    later = {n for s in sets.values() for n in s[1:]}
    made = ("made/good-bb01", "made/good-bb01-mixed", "made/good-small-blocks", "made/good-interleaved-bb03",
            "made/good-set-1") + (() if args.peer else ("made/good-empty-records",))  # bls crashes of empty attributes
    for name in names:
        if name in later or (name.startswith("made/") and name not in made) or args.only and args.only not in name:
            continue
        s = Subject(args, name, [os.path.join(args.volumes, n) for n in sets.get(name, [name])])
        if not args.peer or s.readable():
            yield s


def donors(args):
    """Volumes whose blocks are put into others."""
    out = []
    for group in ("bareos", "bacula"):
        folder = os.path.join(args.volumes, group)
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as f:
                data = f.read()
            v = wounds.Volume(wounds.relabel(data) if args.peer and wounds.BAREOS in data[:200] else data)
            if name.startswith("enc"):
                key_file(args.keys, name)
            # An encrypted block ends a run without its key, with status 4.
            if not any(b.encrypted for b in v.blocks):
                out.append(v)
    return out


def make(args):
    with open(args.first_path, "rb") as f:
        volume = wounds.Volume(f.read())
    tries = (wounds.mutate("%s %d" % (args.make, n), volume) for n in range(1000))
    # bls takes no blocks without checksums, unless its configuration says so.
    wound = next(w for w in tries if 0 not in w.blocks and "without checksums" not in w.what and
                 wounds.records_of([wounds.Volume(w.data)])[1])
    with open(args.second_path, "wb") as f:
        f.write(wound.data)
    print(wound.what)
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--first", type=int, default=0, help="number of the first run, to see one again")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", help="volumes with this in their names")
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--bls", metavar="COMMAND", help="Debian's bls, of Bacula 9.6 or 15, judges what skip makes")
    parser.add_argument("--keep", metavar="FOLDER", help="leave all volumes there")
    parser.add_argument("--make", metavar="SEED")
    parser.add_argument("first_path", metavar="XFLATE|VOLUME")
    parser.add_argument("second_path", metavar="VOLUMES|OUT")
    args = parser.parse_args()
    if args.make:
        return make(args)
    args.xflate, args.volumes = os.path.abspath(args.first_path), args.second_path
    tests = failures = runs = judged = read = 0
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        args.work = os.path.abspath(args.keep or scratch)
        args.keys = os.path.join(scratch, "keys")
        os.mkdir(args.keys, 0o700)
        getkey = "%s getkey -k %s --log %s" % (args.xflate, args.keys, os.devnull)
        args.peer = bls.Peer(args.bls, getkey) if args.bls else None
        args.donors = donors(args)
        for s in subjects(args):
            bad = [(p, p) for p in s.baseline()]
            results = list(pool.map(s.run, range(args.first, args.first + args.runs)))
            runs += len(results)
            judged += len(s.judged)
            read += sum(s.judged)
            bad += [r for r in results if r[1]]
            tests += 1
            failures += bool(bad)
            print("%s - %s: %d damaged copies%s" % ("not ok" if bad else "ok", s.name, args.runs, ", %d wrong" % len(bad) if bad else ""))
            for what, _ in bad[:args.show]:
                print("#   " + what.replace("\n", " | ")[:600])
            sys.stdout.flush()
    print("# %d runs%s" % (runs, ", bls judged %d conversions, %d volumes" % (judged, read) if args.bls else ""))
    print("1..%d" % tests)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
