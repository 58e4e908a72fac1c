#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break filter --in-place off at every call, and judge what stands there.

inplace.py [--every N] [--second N] [--only WORD] XFLATE SHIM VOLUMES

The k-th call (the kind "call" of shim.c) is where the program is killed, for every k; or gets a signal, or is told of an
error, for every N-th.  Whatever happens, of each volume

  * NAME is the whole old one or the whole new one, and the old bytes stand under NAME or NAME.orig;
  * beside it is nothing but NAME.orig, NAME.map and unfinished files, whose names end in .xflate-new;
  * a set that is exchanged in part is so between runs only: the same command once more ends it.

Behind that the same command without a fault ends with all of it exchanged, maps placed, nothing left over.  Where the
first one had done all already, it says so; and where it had removed some originals of a set, how to go on.  From each state that was left in one of these ways the second command is
killed at every call, too (or at every N-th), and a third one ends it.

The same for power failures: what the run changes is traced, and each state is made that may be on the disk, whatever of
it was not synced yet.

A signal that can be caught leaves all of a set or nothing; an error leaves nothing of a run but what could not be
removed.  The same for --discard-original: NAME stays, NAME.orig is whole or not there.
"""

import argparse
import concurrent.futures
import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile

SECONDS = 60
SET = ["made/good-set-1", "made/good-set-2", "made/good-set-3"]
CONVERT = "filter -q --in-place -r lz4 -T1".split()
DISCARD = "filter -q --discard-original -T1".split()
UNFINISHED = ".xflate-new"


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return None


class Bench:
    def __init__(self, name, args, top, sources, command):
        self.name, self.args, self.top, self.command = name, args, os.path.join(top, name.replace(" ", "-")), command
        os.mkdir(self.top)
        self.names = ["v%d" % i for i in range(len(sources))]
        self.old = {n: read(os.path.join(args.volumes, s)) for n, s in zip(self.names, sources)}
        self.new, self.maps = {}, {}
        folder = self.folder("good")
        status, err, _ = self.run(folder, CONVERT)
        assert status == 0, err
        for n in self.names:
            self.new[n], self.maps[n] = read(os.path.join(folder, n)), read(os.path.join(folder, n + ".map"))
            assert self.new[n] != self.old[n] and self.maps[n]
            assert read(os.path.join(folder, n + ".orig")) == self.old[n]
        assert len(os.listdir(folder)) == 3 * len(self.names)
        self.converted = folder
        probe = self.start("counted")
        status, err, counts = self.run(probe, command)
        assert status == 0, err
        self.calls = counts["call"]

    def folder(self, tag):
        path = os.path.join(self.top, tag)
        os.mkdir(path)
        for n, data in self.old.items():
            with open(os.path.join(path, n), "wb") as f:
                f.write(data)
        return path

    def start(self, tag):
        """A folder as it is before the command of this bench."""
        if self.command is CONVERT:
            return self.folder(tag)
        path = os.path.join(self.top, tag)
        shutil.copytree(self.converted, path)
        return path

    def run(self, folder, command, fault=None, trace=None):
        counts = folder + ".counts"
        environment = dict(os.environ, LD_PRELOAD=os.path.abspath(self.args.shim), FAULT_COUNTS=counts, FAULT_SYNC="no",
                           LC_ALL="C")
        environment.pop("FAULT", None)
        if fault:
            environment["FAULT"] = fault
        if trace:
            environment["FAULT_TRACE"] = trace
        try:
            done = subprocess.run([os.path.abspath(self.args.xflate)] + command + self.names, cwd=folder, env=environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "still running after %d s" % SECONDS, b"", {}
        found = {}
        if os.path.exists(counts):
            with open(counts) as f:
                found = {k: int(n) for k, n in (line.split() for line in f)}
            os.unlink(counts)
        return done.returncode, done.stderr, found

    # ---- what must be true ----

    def state(self, folder):
        """What stands there, as text: of each name o for the old bytes, n for the new, m for its map, u for unfinished."""
        told = []
        for name in sorted(os.listdir(folder)):
            data, n = read(os.path.join(folder, name)), name.split(".")[0]
            what = "o" if data == self.old[n] else "n" if data == self.new[n] else "m" if data == self.maps[n] else "?"
            told.append("%s=%s" % (name, "u" if what == "?" and name.endswith(UNFINISHED) else what))
        return " ".join(told)

    def invariant(self, folder):
        problems = []
        for name in os.listdir(folder):
            if name not in self.names and not any(name in (n + ".orig", n + ".map") for n in self.names) and \
                    not any(name in (n + UNFINISHED, n + ".map" + UNFINISHED) for n in self.names):
                problems.append("%s stands there" % name)
        for n in self.names:
            now, kept = read(os.path.join(folder, n)), read(os.path.join(folder, n + ".orig"))
            if now not in (self.old[n], self.new[n]):
                problems.append("%s is neither the old nor the new volume" % n)
            if self.command is CONVERT and self.old[n] not in (now, kept):
                problems.append("%s: the old volume is gone" % n)
            if self.command is DISCARD and now != self.new[n]:
                problems.append("%s is not the new volume" % n)
            if kept not in (None, self.old[n]):
                problems.append("%s.orig is not the old volume" % n)
            if now == self.new[n] and read(os.path.join(folder, n + ".map")) != self.maps[n]:
                problems.append("%s is new and has no map" % n)
        return problems

    def is_done(self, folder):
        wanted = {n: self.new[n] for n in self.names}
        wanted.update((n + ".map", self.maps[n]) for n in self.names)
        if self.command is CONVERT:
            wanted.update((n + ".orig", self.old[n]) for n in self.names)
        return {name: read(os.path.join(folder, name)) for name in os.listdir(folder)} == wanted

    def is_untouched(self, folder):
        if self.command is CONVERT:
            return self.state(folder) == " ".join("%s=o" % n for n in self.names)
        return all(read(os.path.join(folder, n + ".orig")) for n in self.names) and not self.invariant(folder)

    def end(self, folder):
        """The same command once more, and what is wrong behind it."""
        done = self.is_done(folder)
        kept = [n for n in self.names if os.path.exists(os.path.join(folder, n + ".orig"))]
        status, err, _ = self.run(folder, self.command)
        said = b"exists" if self.command is CONVERT else b"there is no"
        problems = ["then " + p for p in self.invariant(folder)]
        if self.command is DISCARD and 0 < len(kept) < len(self.names):
            # The whole set was proved, and cannot be any more.
            return problems + ([] if status == 1 and b"by hand" in err else ["of a part: %s, %s" % (status, err.decode()[:200])])
        if not self.is_done(folder):
            problems.append("the next run leaves %s: %s" % (self.state(folder), err.decode()[:200]))
        if self.command is CONVERT and status != (1 if done else 0):
            problems.append("the next run ends with %s: %s" % (status, err.decode()[:200]))
        if status == 1 and said not in err:
            problems.append("the next run fails with %s" % err.decode()[:200])
        return problems

    # ---- one at a time ----

    def attempt(self, fault):
        kind, number = fault.split(":")[2:4]
        folder = self.start(fault.replace(":", "-"))
        status, err, _ = self.run(folder, self.command, fault)
        problems, state, done = self.invariant(folder), self.state(folder), self.is_done(folder)
        if kind == "signal":
            killed = status == -int(number)
            problems += [] if killed or status == 0 or (status == 1 and err) else ["ended with %s" % status]
            if int(number) != signal.SIGKILL and not (done or self.is_untouched(folder)) and self.command is CONVERT:
                problems.append("leaves %s" % state)
        else:
            problems += [] if status in range(8) else ["ended with %s" % status]
            problems += ["says nothing"] if status != 0 and not err else []
            problems += ["status 0 and %s" % state] if status == 0 and not done else []
        problems += self.end(folder)
        if not problems:
            shutil.rmtree(folder)
        return fault, problems, state

    def attempt_second(self, first, fault):
        """A run that is cut off at `first`, another one from there at `fault`."""
        folder = self.start((first + "-" + fault).replace(":", "-"))
        self.run(folder, self.command, first)
        status, _, _ = self.run(folder, self.command, fault)
        problems = self.invariant(folder) + self.end(folder)
        shutil.rmtree(folder)
        return "%s, then %s" % (first, fault), problems, status


class Disk:
    """What is on the disk for certain, and what may be, while a run goes on.  A file is [what is written to it in the end,
    whether that is all there, whether anything is].  A change of names that was not synced may be there or not, each for
    itself; of what was written and not synced, half."""

    def __init__(self, bench, folder):
        self.bench, self.folder, self.files = bench, os.stat(folder).st_ino, {}
        self.names = {}
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            self.names[name] = self.files[os.stat(path).st_ino] = [read(path), True, True]
        self.durable, self.pending = dict(self.names), []

    def take(self, line):
        what, *words = line.split()
        if what == "write" and int(words[0]) in self.files:
            self.files[int(words[0])][1:] = False, True
        elif what == "sync" and int(words[0]) == self.folder:
            self.durable, self.pending = dict(self.names), []
        elif what == "sync":
            self.files[int(words[0])][1] = True
        elif what == "create" and words[0].endswith(UNFINISHED):
            n = words[0].split(".")[0]
            # Numbers of files that are gone are used again.
            file = [self.bench.maps[n] if ".map" in words[0] else self.bench.new[n], True, False]
            self.files[int(words[1])] = file
            self.change(what, words[0], words[0], file)
        elif what in ("link", "rename", "unlink"):
            self.change(what, words[0], words[-1], self.names[words[0]])

    def change(self, *change):
        self.pending.append(change)
        self.apply(self.names, change)

    @staticmethod
    def apply(names, change):
        what, name, to, file = change
        if what in ("rename", "unlink") and names.get(name) is file:
            del names[name]
        if what != "unlink":
            names[to] = file

    def states(self):
        """Every set of names that a power failure may leave now."""
        for chosen in range(1 << len(self.pending)):
            names = dict(self.durable)
            for i, change in enumerate(self.pending):
                if chosen >> i & 1:
                    self.apply(names, change)
            yield names


def power_failures(bench):
    """Each state that a power failure may leave, made anew; the same command goes on from there."""
    folder, trace = bench.start("traced"), os.path.join(bench.top, "trace")
    disk, seen, results = Disk(bench, folder), set(), []
    bench.run(folder, bench.command, trace=trace)
    with open(trace) as f:
        for number, line in enumerate(f, 1):
            disk.take(line)
            for names in disk.states():
                state = str(sorted((n, id(file), file[1:]) for n, file in names.items()))
                if state not in seen:
                    seen.add(state)
                    results.append(after_power(bench, "power fails behind line %d, %s" % (number, line.strip()), names, len(seen)))
    if bench.invariant(folder) or not bench.is_done(folder) or dict(disk.names) != disk.durable:
        results.append(("at the end", ["it is not done, or not on the disk"], None))
    return results


def after_power(bench, what, names, number):
    folder, made = os.path.join(bench.top, "power-%d" % number), {}
    os.mkdir(folder)
    for name, (data, whole, written) in names.items():
        path = os.path.join(folder, name)
        file = names[name]
        if id(file) in made:
            os.link(made[id(file)], path)
            continue
        made[id(file)] = path
        with open(path, "wb") as f:
            f.write(b"" if not written else data if whole else data[:len(data) // 2])
    problems = bench.invariant(folder) + bench.end(folder)
    shutil.rmtree(folder)
    return what, problems, None


def told(title, results):
    bad = [(f, p) for f, p, _ in results if p]
    print("%s - %s: %d runs" % ("not ok" if bad else "ok", title, len(results)))
    for fault, problems in bad[:12]:
        print("#   FAULT=%s: %s" % (fault, "; ".join(problems)))
    if len(bad) > 12:
        print("#   and %d more" % (len(bad) - 12))
    sys.stdout.flush()
    return 1, int(bool(bad))


def second_kills(bench, pool, states, args):
    """From each state that one kill leaves: another one at every call of the run that goes on."""
    results = []
    for first in states.values():
        k, more = 1, True
        while more:
            batch = range(k, k + 12 * args.second, args.second)
            got = list(pool.map(lambda j: bench.attempt_second(first, "call:%d:signal:9" % j), batch))
            results += got
            more = any(status == -signal.SIGKILL for _, _, status in got)
            k = batch[-1] + args.second
    return results


def try_bench(bench, args):
    tests = failures = 0
    if not args.only or args.only in "power failures":
        tests, failures = told("%s: power failures" % bench.name, power_failures(bench))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for what, modes in (("kill -9", ["signal:9"]), ("SIGTERM", ["signal:15"]), ("an error", ["once:%d" % errno.EIO]),
                            ("errors from there on", ["from:%d" % errno.EIO, "from:%d" % errno.ENOSPC])):
            if args.only and args.only not in what:
                continue
            step = 1 if what == "kill -9" else args.every
            results = list(pool.map(bench.attempt, ["call:%d:%s" % (k, m) for m in modes for k in range(1, bench.calls + 1, step)]))
            t, f = told("%s: %s, %d calls" % (bench.name, what, bench.calls), results)
            tests, failures = tests + t, failures + f
            states = {state: fault for fault, _, state in results}
            if what != "kill -9":
                continue
            print("# states: %s" % "; ".join(sorted(states)))
            results = second_kills(bench, pool, states, args)
            t, f = told("%s: killed once more, from each of %d states" % (bench.name, len(states)), results)
            tests, failures = tests + t, failures + f
    return tests, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--second", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("xflate")
    parser.add_argument("shim")
    parser.add_argument("volumes")
    args = parser.parse_args()
    tests = failures = 0
    with tempfile.TemporaryDirectory() as top:
        for name, sources, command in (("in place", ["made/good-forms"], CONVERT), ("a set in place", SET, CONVERT),
                                       ("discard", ["made/good-forms"], DISCARD), ("discard of a set", SET, DISCARD)):
            t, f = try_bench(Bench(name, args, top, sources, command), args)
            tests, failures = tests + t, failures + f
    print("1..%d" % tests)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
