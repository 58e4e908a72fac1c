#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make every call fail, one at a time, and judge how the program ends.

faults.py [--all] [--sample N] [--seed N] [--only WORD] XFLATE SHIM VOLUMES [CASE...]

VOLUMES is what tests/prepare made.  Without faults each case ends as it should; then it runs again for the k-th call of
each kind (see shim.c), for every k with --all, else for N of them.  A run is right if

  * it ends by itself, with an exit status of xflate's and not of a crash, and says why on standard error;
  * with the status of the run without faults, output, map, report and standard output are there and the same;
  * with any other, there is no output under its final name, or the whole one; what was there before is still there
    unless the new one is;
  * no temporary is left, nothing under another name but PATH.partial under skip and keep;
  * no memory is left allocated that the run without faults gave back.

Prints TAP, one line for each case and kind, and how many runs there were.
"""

import argparse
import concurrent.futures
import errno
import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

SECONDS = 60
STATUSES = (0, 1, 2, 3, 4, 5, 6, 7)
FAILS = {
    "alloc": [errno.ENOMEM], "open": [errno.EMFILE, errno.EIO, errno.EINTR], "read": [errno.EIO, errno.EINTR],
    "write": [errno.ENOSPC, errno.EIO, errno.EINTR], "fsync": [errno.EIO, errno.ENOSPC], "rename": [errno.EIO, errno.EINVAL],
    "link": [errno.EIO, errno.EPERM], "unlink": [errno.EIO], "stat": [errno.EIO], "close": [errno.EIO], "mmap": [errno.ENOMEM],
    "thread": [errno.EAGAIN], "poll": [errno.EINTR, errno.ENOMEM], "ioctl": [errno.EIO], "fcntl": [errno.EINVAL],
    "dup": [errno.EMFILE], "mkdir": [errno.EACCES], "eventfd": [errno.EMFILE], "stdio": [errno.ENOSPC],
    "seek": [errno.EIO],
    "attr": [errno.EPERM],  # owners, modes, times: of what extract makes
}


class Case:
    """A command.  {name} in its words stands for a path in the run's folder; volumes are links there."""

    def __init__(self, name, words, volumes, status=0, outputs=(), before=(), stdin=None, partial=False, tree=None):
        self.name, self.words, self.volumes, self.status = name, words.split(), volumes, status
        self.tree, self.links = tree, set()  # a folder whose files are outputs, as the first run makes them
        self.outputs, self.before, self.stdin, self.partial = outputs, before, stdin, partial


SET = {"a": "made/good-set-1", "b": "made/good-set-2", "c": "made/good-set-3"}
CASES = [
    Case("filter -r lz4, one thread", "-r lz4 -T1 -o out v", {"v": "made/good-forms"}, outputs=["out"]),
    Case("filter, map and report", "-r gzip --map map --report report -T2 -o out v", {"v": "made/bad-crc.good"},
         outputs=["out", "map", "report"]),
    Case("filter, everything replaced", "-r lzo --force --map map --report report -T1 -o out v", {"v": "made/bad-crc.good"},
         outputs=["out", "map", "report"], before=["out", "map", "report"]),
    Case("a checked copy", "-T2 -o out v", {"v": "made/good-forms"}, outputs=["out"]),
    Case("filter --on-damage=stop", "-i -T1 -o out v", {"v": "made/bad-crc"}, status=1),
    Case("filter --on-damage=skip", "-i --on-damage=skip --report report -T1 -o out v", {"v": "made/bad-crc"}, status=3,
         outputs=["out", "report"], partial=True),
    Case("filter --on-damage=keep", "-r lzo --on-damage=keep --map map -T2 -o out v", {"v": "made/bad-adler"}, status=3,
         outputs=["out", "map"], partial=True),
    Case("filter of a wreck", "-r lzo --on-damage=skip --map map --report report -T1 -o out v", {"v": "made/false-wreck"}, status=3,
         outputs=["out", "map", "report"], partial=True),
    Case("a set into a folder", "-i -T1 -o f a b c", SET, outputs=["f/a", "f/b", "f/c"]),
    Case("a set, two threads", "-r lz4hc -T2 -o f a b c", SET, outputs=["f/a", "f/b", "f/c"]),
    Case("a set and its map", "-i -T1 --map map -o f a b c", SET, outputs=["f/a", "f/b", "f/c", "map"]),
    Case("lzfast from a pipe", "-r lzfast -T2 -o out", {"v": "made/bad-crc.good"}, outputs=["out"], stdin="v"),
    Case("Bacula's, zstd", "-i -d zstd -T1 -o out v", {"v": "made/good-nochecksum-bb03"}, outputs=["out"]),
    Case("to standard output", "-r lz4 -T1 v", {"v": "made/bad-crc.good"}),
    Case("extract", "extract -T1 -C x v", {"v": "bacula/small-lzo"}, tree="x"),
    Case("extract, two threads", "extract -T2 -q --json -C x v", {"v": "bareos/vol-sparse-gzip6"}, tree="x"),
    Case("extract --tar", "extract --tar -q -T1 v", {"v": "bacula/small-lzo"}),
    Case("extract --as-of", "extract -T1 --as-of 2026-12-31 --fileset FS-append2 -C x v", {"v": "bareos/vol-append"}, tree="x"),
    Case("extract --as-of --tar", "extract -q -T1 --as-of 2026-12-31 --fileset FS-append --tar v", {"v": "bareos/vol-append"}),
    Case("extract, one of each kind", "extract -T1 --devices -C x v", {"v": "hostile/everything"}, tree="x"),
    Case("extract, everything replaced", "extract -T1 --devices --existing replace -C x v", {"v": "hostile/everything"}, tree="x",
         before=["x/a/file", "x/a/list", "x/b/large", "x/b/holes"]),
    Case("extract, both kept", "extract -T1 --existing keep-both -C x v", {"v": "hostile/everything"}, tree="x",
         before=["x/a/file", "x/a/list"]),
    Case("extract --tar, one of each kind", "extract --tar -q -T1 --devices v", {"v": "hostile/everything"}),
    Case("extract, decrypted", "extract -T1 -C x --pki-key k v", {"v": "pki/fdpki-aes256-gzip-0004", "k": "pki/client.pem"}, tree="x"),
    Case("extract past damage", "extract -T1 -C x v", {"v": "made/bad-crc"}, status=3, tree="x"),
    Case("list", "list v", {"v": "made/good-forms"}),
    Case("list --records --json", "list --json --blocks --records v", {"v": "made/bad-crc.good"}),
    Case("list of damage", "list v", {"v": "made/bad-crc"}, status=3),
    Case("verify", "verify -T1 v", {"v": "made/good-forms"}),
    Case("verify a set", "verify --json -T2 a b c", SET),
    Case("verify past damage", "verify -T1 v", {"v": "made/bad-crc"}, status=3),
    Case("verify a wreck", "verify -v -T1 v", {"v": "made/false-wreck"}, status=3),
    Case("filter --repair", "--repair -T1 -o out v", {"v": "made/wound-doubled"}, outputs=["out"]),
    Case("compare", "compare -T2 v --vs w", {"v": "made/good-forms", "w": "made/good-forms"}),
    Case("compare of different ones", "compare --json -T1 v --vs w", {"v": "made/good-forms", "w": "made/bad-crc.good"},
         status=1),
    Case("compare past damage", "compare --on-damage=skip -T1 v --vs w", {"v": "made/bad-crc", "w": "made/bad-crc"},
         status=3),
]


class Bench:
    """One case where it runs: folders below a temporary one."""

    def __init__(self, case, args, top):
        self.case, self.args, self.top, self.number = case, args, top, 0
        self.good = None

    def volume(self, name):
        if name.endswith(".good"):
            return os.path.join(self.top, "whole")
        if name.startswith("hostile/"):
            return os.path.join(self.top, os.path.basename(name))
        if name.startswith("pki/"):
            return os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", name)
        return os.path.join(self.args.volumes, name)

    def run(self, fault, tag):
        """Returns (status, stdout, stderr, counts, folder)."""
        folder = os.path.join(self.top, "run-%s" % tag)
        os.mkdir(folder)
        for name, volume in self.case.volumes.items():
            os.symlink(os.path.abspath(self.volume(volume)), os.path.join(folder, name))
        for name in self.case.before:
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            with open(os.path.join(folder, name), "w") as f:
                f.write("what was here before\n")
        counts = os.path.join(self.top, "counts-%s" % tag)
        environment = dict(os.environ, LD_PRELOAD=os.path.abspath(self.args.shim), FAULT_COUNTS=counts, LC_ALL="C")
        environment.pop("FAULT", None)
        if fault:
            environment["FAULT"] = fault
        feed = subprocess.PIPE if self.case.stdin else subprocess.DEVNULL
        process = subprocess.Popen([os.path.abspath(self.args.xflate)] + self.case.words, cwd=folder, env=environment,
                                   stdin=feed, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        data = None
        if self.case.stdin:
            with open(os.path.join(folder, self.case.stdin), "rb") as f:
                data = f.read()
        try:
            out, err = process.communicate(data, timeout=SECONDS)
            status = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            status = "still running after %d s" % SECONDS
        found = {}
        if os.path.exists(counts):
            with open(counts) as f:
                found = {k: int(n) for k, n in (line.split() for line in f)}
            os.unlink(counts)
        return status, out, err, found, folder

    def reference(self):
        """The run without faults: how it ends, what it makes, how often it calls what."""
        status, out, err, counts, folder = self.run(None, "good")
        if self.case.tree:
            made = [os.path.relpath(os.path.join(where, n), folder)
                    for where, _, files in os.walk(os.path.join(folder, self.case.tree)) for n in files]
            self.case.links = {n for n in made if not stat.S_ISREG(os.lstat(os.path.join(folder, n)).st_mode)}
            self.case.outputs = [n for n in made if n not in self.case.links]
        files = {n: read(os.path.join(folder, n)) for n in self.case.outputs}
        self.good = (status, out, files, counts)
        problems = []
        if status != self.case.status:
            problems.append("ends with %s, not %d: %s" % (status, self.case.status, err.decode()[:300]))
        problems += ["makes no %s" % n for n, data in files.items() if data is None]
        shutil.rmtree(folder)
        return problems

    def judge(self, status, out, err, counts, folder, fault):
        """What is wrong with a run, as a list of sentences."""
        good_status, good_out, good_files, good_counts = self.good
        mode = fault.split(":")[2]
        wanted = int(fault.split(":")[3]) if mode == "signal" else None
        problems = []
        died = isinstance(status, int) and wanted is not None and status == -wanted
        if not died and status not in STATUSES:
            problems.append("ended with %s" % status)
        same = status == good_status
        if not same and not died and not err:
            problems.append("says nothing")
        # A comparison that finds differences and one that fails both end with 1.
        if same and not (status == 1 and err) and comparable(out) != comparable(good_out):
            problems.append("standard output differs")
        if status == 0 and good_status != 0:
            problems.append("calls it good")
        for name, good in good_files.items():
            data = read(os.path.join(folder, name))
            before = b"what was here before\n" if name in self.case.before else None
            if same and comparable(data) != comparable(good):
                problems.append("%s is %s" % (name, "absent" if data is None else "not the same"))
            elif data is not None and name != "report" and data != good and data != before:
                problems.append("%s is there and not whole" % name)
            elif data is None and before is not None:
                problems.append("%s, which was there before, is gone" % name)
            elif name == "report" and data not in (None, before):
                # What fails behind the last output cannot be in the report.
                late = all(read(os.path.join(folder, n)) == good_files[n] for n in good_files if n != "report")
                try:
                    told = json.loads(data)["exit_status"]
                    if told == 0 and status != 0 and not late:
                        problems.append("the report says 0, the status was %s" % status)
                except ValueError:
                    problems.append("the report is no JSON")
        # Volumes of a set, and their map; extracted files are whole one by one.
        there = [n for n, good in good_files.items() if n != "report" and read(os.path.join(folder, n)) == good]
        missing = [n for n in good_files if n != "report" and n not in there]
        if died and wanted != signal.SIGKILL and there and missing and not self.case.before and not self.case.tree:
            problems.append("%s has its name, and %s has not" % (there[0], missing[0]))
        problems += self.left_over(folder, fault, died and wanted == signal.SIGKILL)
        # What libcrypto keeps when its own memory fails is not ours.
        if not died and same and "report" not in good_files and counts.get("live", 0) > good_counts["live"]:
            problems.append("%d allocations more than without faults are left" % (counts["live"] - good_counts["live"]))
        return problems

    def left_over(self, folder, fault, killed):
        known = set(self.case.volumes) | set(self.case.outputs) | self.case.links | {"f"}
        left = []
        for where, _, files in os.walk(folder):
            for name in files:
                path = os.path.relpath(os.path.join(where, name), folder)
                if path in known or (self.case.partial and path == "out.partial"):
                    continue
                if self.case.tree and name.endswith(".damaged"):
                    continue
                if ".xflate-" in name and (killed or fault.startswith("unlink:")):
                    continue
                left.append("leaves %s" % path)
        return left

    def attempt(self, fault):
        self.number += 1
        tag = re.sub("[^a-z0-9]", "-", fault)
        status, out, err, counts, folder = self.run(fault, tag)
        problems = self.judge(status, out, err, counts, folder, fault)
        shutil.rmtree(folder)
        return fault, problems, err


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return None


def comparable(data):
    """Without what a clock says."""
    return re.sub(rb'"(seconds|began|ended|mtime)": ?"?[^",\n]+', b"", data) if data is not None else None


def faults_of(kind, count, args, generator):
    """The faults of one kind in a case that calls it count times."""
    every = list(range(1, count + 1))
    chosen = every if args.all or count <= args.sample else sorted(generator.sample(every, args.sample))
    if count > 1000 and not args.all:
        # Thousands are what libcrypto allocates as it starts; the program's own lie before and behind.
        chosen = sorted(set(chosen) | set(every[:40]) | set(every[-40:]))
    faults = ["%s:%d:once:%d" % (kind, k, e) for k in chosen for e in FAILS[kind]]
    if kind in ("alloc", "write", "read", "open", "fsync"):
        later = chosen if args.all else chosen[::3]
        faults += ["%s:%d:from:%d" % (kind, k, FAILS[kind][0]) for k in later]
    if kind in ("read", "write"):
        faults += ["%s:%d:short:%d" % (kind, k, n) for k in chosen for n in (1, 1000)]
        faults += ["%s:1:dribble:1" % kind, "%s:1:dribble:4097" % kind]
    if kind in ("write", "rename", "fsync", "read", "open", "close", "eventfd"):
        some = chosen if args.all else chosen[:3]
        faults += ["%s:%d:signal:%d" % (kind, k, s) for k in some
                   for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)]
    return faults


def try_case(case, args, top, totals):
    bench = Bench(case, args, top)
    problems = bench.reference()
    if problems:
        print("not ok - %s: without faults: %s" % (case.name, "; ".join(problems)))
        return 1, 1
    tests = failures = 0
    generator = random.Random("%d %s" % (args.seed, case.name))
    for kind in FAILS:
        count = bench.good[3].get(kind, 0)
        if count == 0 or (args.only and kind != args.only) or (kind == "attr" and not case.tree):
            continue
        faults = faults_of(kind, count, args, generator)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(bench.attempt, faults))
        bad = [(f, p, e) for f, p, e in results if p]
        totals[kind] = totals.get(kind, 0) + len(faults)
        tests += 1
        failures += bool(bad)
        print("%s - %s: %s: %d runs for %d calls" % ("not ok" if bad else "ok", case.name, kind, len(faults), count))
        for fault, wrong, err in bad[:12]:
            print("#   FAULT=%s: %s" % (fault, "; ".join(wrong)))
            for line in err.decode("utf-8", "replace").splitlines()[-2:]:
                print("#     %s" % line[:200])
        if len(bad) > 12:
            print("#   and %d more" % (len(bad) - 12))
        sys.stdout.flush()
    return tests, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--sample", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("xflate")
    parser.add_argument("shim")
    parser.add_argument("volumes")
    parser.add_argument("cases", nargs="*")
    args = parser.parse_args()
    cases = [c for c in CASES if not args.cases or any(w in c.name for w in args.cases)]
    tests = failures = 0
    totals = {}
    with tempfile.TemporaryDirectory() as top:
        # A whole volume of few records.
        with open(os.path.join(args.volumes, "made/bad-crc"), "rb") as f:
            broken = bytearray(f.read())
        whole(broken)
        with open(os.path.join(top, "whole"), "wb") as f:
            f.write(broken)
        subprocess.run([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hostile.py"), "everything",
                        os.path.join(top, "everything")], check=True)
        for case in cases:
            t, f = try_case(case, args, top, totals)
            tests, failures = tests + t, failures + f
    print("# runs: %d (%s)" % (sum(totals.values()), ", ".join("%s %d" % kv for kv in sorted(totals.items()))))
    print("1..%d" % tests)
    return failures != 0


def whole(volume):
    """Takes the flipped bit of bad-crc back: tries the bits of the block whose checksum is wrong."""
    import struct
    import zlib
    at = 0
    while at < len(volume):
        size = struct.unpack(">I", volume[at + 4:at + 8])[0]
        if struct.pack(">I", zlib.crc32(volume[at + 4:at + size])) != volume[at:at + 4]:
            volume[at + 700] ^= 0x10
            assert struct.pack(">I", zlib.crc32(volume[at + 4:at + size])) == volume[at:at + 4]
        at += size


if __name__ == "__main__":
    sys.exit(main())
