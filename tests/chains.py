#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true of extract --as-of, tried on seeded chains of jobs: a tree that lives (files made, changed, replaced, linked, renamed,
deleted; folders, too) is backed up by full, differential and incremental jobs, accurate or not, with base jobs, updates of attributes
alone, jobs that fail or have no end, copies with later labels, jobs of other clients, interleaved or one behind the other.

chains.py --xflate PATH --seed N --runs N [--keep DIR]

  * what comes out for a time is what a second reader makes of the same jobs, who applies the rules one by one (State below);
  * where all jobs are accurate, it is the tree as it was at the time of the last of them;
  * by an index it is the same, where xflate was built with such;
  * --dry-run and --json tell of the chain that the second reader has; --tar gives the same.
Prints TAP, a test for each run; the seed is in its name.
"""

import argparse
import calendar
import json
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import time

import mkvolume as mk

DAY = 86400
BEGIN = calendar.timegm((2026, 3, 1, 21, 0, 0))  # TZ=UTC, as in lib.sh
TOP = "/srv/c"


class Wrong(Exception):
    """A property that does not hold."""


# --- the tree ---

class Inode:
    number = 1000

    def __init__(self, kind, now, content=b"", mode=0o644):
        Inode.number += 1
        self.number, self.kind, self.content, self.mode = Inode.number, kind, content, mode
        self.mtime = self.ctime = now

    def copy(self):
        other = Inode(self.kind, 0, self.content, self.mode)
        other.mtime, other.ctime = self.mtime, self.ctime
        return other

    def facts(self):
        """What is compared; the time of a link is not that of a record in each archive."""
        return (self.kind, self.mode if self.kind != "link" else 0, self.mtime, self.content)


class Tree:
    """Names and what they are."""

    def __init__(self, g, now):
        self.g, self.now, self.count = g, now, 0
        self.names = {TOP: Inode("dir", now, mode=0o755)}

    def folders(self):
        return [n for n, i in self.names.items() if i.kind == "dir"]

    def files(self):
        return [n for n, i in self.names.items() if i.kind == "file"]

    def touch_parent(self, name):
        parent = self.names[name.rsplit("/", 1)[0]]
        parent.mtime = parent.ctime = self.now

    def new_name(self):
        """Seldom one that nobody had: what comes back is of interest."""
        name = "%s/%s" % (self.g.choice(self.folders()), self.g.choice("abcdefgh"))
        return name if name not in self.names else None

    def remove(self, name):
        for n in [n for n in self.names if n == name or n.startswith(name + "/")]:
            self.names[n].ctime = self.now
            del self.names[n]
        self.touch_parent(name)

    def put(self, name, inode):
        self.names[name] = inode
        self.touch_parent(name)

    def content(self):
        self.count += 1
        size = self.g.choice((0, 1, 100, 5000, 9000))
        return mk.noise("%d %d" % (self.count, self.now), size)

    def step(self, now):
        """One thing happens."""
        self.now = now
        g, files, name = self.g, self.files(), self.new_name()
        what = g.choice(("make", "make", "make", "change", "change", "replace", "mode", "remove", "remove", "link", "symlink", "folder",
                         "folder", "rename", "rename folder", "remove folder", "swap"))
        old = g.choice(files) if files else None
        folders = [f for f in self.folders() if f != TOP]
        folder = g.choice(folders) if folders else None
        if what == "make" and name:
            self.put(name, Inode("file", now, self.content(), g.choice((0o644, 0o600, 0o755))))
        elif what == "change" and old:
            i = self.names[old]
            i.content, i.mtime, i.ctime = self.content(), now, now
        elif what == "replace" and old:
            self.names[old].ctime = now
            self.put(old, Inode("file", now, self.content()))
        elif what == "mode" and old:
            i = self.names[old]
            i.mode, i.ctime = g.choice((0o640, 0o700, 0o664)), now
        elif what == "remove" and old:
            self.remove(old)
        elif what == "link" and old and name:
            self.names[old].ctime = now
            self.put(name, self.names[old])
        elif what == "symlink" and name:
            self.put(name, Inode("link", now, b"../" + g.choice("abc").encode(), 0o777))
        elif what == "folder" and name:
            self.put(name, Inode("dir", now, mode=g.choice((0o755, 0o750))))
        elif what == "rename" and old and name:
            inode = self.names[old]
            self.remove(old)
            inode.ctime = now
            self.put(name, inode)
        elif what == "rename folder" and folder and name and not name.startswith(folder + "/"):
            moved = {n: i for n, i in self.names.items() if n == folder or n.startswith(folder + "/")}
            for n in moved:
                del self.names[n]
            self.touch_parent(folder)
            for n, i in moved.items():
                self.names[name + n[len(folder):]] = i
            moved[folder].ctime = now
            self.touch_parent(name)
        elif what == "remove folder" and folder:
            self.remove(folder)
        elif what == "swap" and folder:
            self.remove(folder)
            self.put(folder, Inode("file", now, self.content()))

    def walk(self):
        """In the order of a client: what is in a folder, then the folder."""
        def below(folder):
            for n in sorted(self.names):
                if n.rsplit("/", 1)[0] == folder and n != folder:
                    if self.names[n].kind == "dir":
                        yield from below(n)
                    else:
                        yield n
            yield folder
        yield from below(TOP)


# --- jobs ---

class Record:
    """What a job has of one name.  inode: a copy, the same one for all names of one inode."""

    def __init__(self, kind, name, inode=None, first=None):
        self.kind, self.name, self.inode, self.first = kind, name, inode, first


class Job:
    def __init__(self, number, level, when, client="fd", fileset="Set", status="T"):
        self.number, self.level, self.when, self.client, self.fileset, self.status = number, level, when, client, fileset, status
        self.name = "c-%s.%s_%02d" % (client, time.strftime("%Y-%m-%d_%H.%M.%S", time.gmtime(when)), number % 100)
        self.records, self.seen, self.accurate, self.start = [], {}, False, when + 7
        self.copy_of = None

    def copy(self, number, start):
        other = Job(number, self.level, self.when, self.client, self.fileset, "T")
        other.name, other.records, other.start, other.copy_of = self.name, self.records, start, self
        return other

    @property
    def good(self):
        return self.status in "TW"


def back_up(job, tree, parent, known, accurate, updates, base):
    """Fill the job.  parent: the job it follows on; known: what an accurate one takes for granted, as name: facts."""
    job.accurate = accurate
    copies, late, first = {}, [], {}
    for name in tree.walk():
        inode = tree.names[name]
        job.seen[name] = (inode.kind, inode.mtime, inode.ctime, len(inode.content), inode.mode)
        if job.level in "FB":
            wanted = True
        elif accurate:
            wanted = known.get(name) != job.seen[name]
        else:
            wanted = inode.ctime >= parent.when
        if not wanted:
            continue
        single = sum(i is inode for i in tree.names.values()) == 1
        before = known.get(name) if known else None
        kept = copies.setdefault(inode.number, inode.copy())
        same = before and before[0] == "file" and (before[1], before[3]) == (inode.mtime, len(inode.content))
        of_base = base.get(name) if base else None
        if inode.kind == "file" and single and of_base and of_base[0] == "file" and \
                (of_base[1], of_base[3], of_base[4]) == (inode.mtime, len(inode.content), inode.mode):
            late.append(Record("base", name, kept))
        elif accurate and updates and same and single and inode.kind == "file":
            job.records.append(Record("update", name, kept))
        elif inode.kind == "file" and inode.number in first:
            job.records.append(Record("hard", name, kept, first[inode.number]))
        else:
            first[inode.number] = name
            job.records.append(Record("as it is", name, kept))
    job.records += late
    if accurate and job.level in "DI":
        gone = [n for n in known if n not in tree.names]
        job.records += [Record("gone", n + ("/" if known[n][0] == "dir" else "")) for n in sorted(gone, key=lambda n: mk.noise(n, 4))]


# --- the second reader ---

class State:
    """Names and what they are, by the rules applied one by one.  Each job has inodes of its own: names that share one are linked."""

    def __init__(self):
        self.names = {}  # name: (inode, number of the job)

    def apply(self, at, job, bases):
        for r in job.records:
            name = r.name.rstrip("/")
            if r.kind == "gone":
                if name in self.names and self.names[name][1] != at:
                    del self.names[name]
                continue
            if r.kind == "update" and name in self.names:
                old, inode = self.names[name][0], r.inode
                new = old.copy()
                new.mode, new.mtime = inode.mode, inode.mtime
                self.put(name, new, at)
                continue
            inode = r.inode
            if r.kind == "base":
                fits = [b for b in bases for x in b.records if x.name == name and x.inode.kind == "file" and
                        (x.inode.mtime, len(x.inode.content)) == (inode.mtime, len(inode.content))]
                inode = [x.inode for x in fits[-1].records if x.name == name][0] if fits else None
            self.put(name, inode, at)

    def put(self, name, inode, at):
        """A file has nothing below it, and is below nothing but folders; what one job has is taken as it is."""
        if inode is not None and inode.kind != "dir":
            for n in [n for n, (_, when) in self.names.items() if n.startswith(name + "/") and when < at]:
                del self.names[n]
        above = name
        while "/" in above[1:]:
            above = above.rsplit("/", 1)[0]
            if above in self.names and self.names[above][0].kind != "dir" and self.names[above][1] < at:
                del self.names[above]
        self.names[name] = (inode, at)


def chain_of(jobs, when, client="fd", fileset="Set"):
    """Base jobs, and the chain."""
    mine = [j for j in jobs if j.client == client and j.fileset == fileset and j.good and j.when <= when]
    once = {}
    for j in mine:
        if j.name not in once or j.start < once[j.name].start:
            once[j.name] = j
    mine = sorted(once.values(), key=lambda j: j.when)
    fulls = [j for j in mine if j.level == "F"]
    if not fulls:
        return [], []
    full = fulls[-1]
    bases = [j for j in mine if j.level == "B" and j.when < full.when]
    diffs = [j for j in mine if j.level == "D" and j.when > full.when and j.records]
    last = diffs[-1] if diffs else full
    return bases, [full] + diffs[-1:] + [j for j in mine if j.level == "I" and j.when > last.when]


def state_at(jobs, when):
    bases, chain = chain_of(jobs, when)
    state = State()
    for at, j in enumerate(chain):
        state.apply(at, j, bases)
    return chain, state


# --- volumes ---

STREAM_UPDATE = 37
TYPES = {"file": 3, "dir": 5, "link": 4}
MODES = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK}


def packet(inode, links, link_fi):
    fields = (0xFC00, inode.number, MODES[inode.kind] | inode.mode, links, os.getuid(), os.getgid(), 0, len(inode.content), 4096, 1,
              inode.mtime, inode.mtime, inode.ctime, link_fi, 0, 2)
    return " ".join(mk.base64_number(f) for f in fields)


def attributes(fi, record, links, link_fi=0):
    if record.kind == "gone":
        return b"%d 23 " % fi + mk.cstr(record.name, "A A A A A A A A A A A A A A A A", "", "", "0") + b"\0"
    inode = record.inode
    kind = {"hard": 1, "base": 24}.get(record.kind, TYPES[inode.kind])
    link = record.first or "" if record.kind == "hard" else inode.content.decode() if inode.kind == "link" else ""
    name = record.name + ("/" if inode.kind == "dir" else "")
    return b"%d %d " % (fi, kind) + mk.cstr(name, packet(inode, links, link_fi), link, "", "1" if record.kind == "update" else "0") + b"\0"


class Session(mk.Session):
    """Of a job, with the labels that it has."""

    def __init__(self, packer, job):
        self.packer, self.sid, self.jobid, self.stime, self.name = packer, packer.sid, job.number, packer.stime, job.name
        self.fi, self.bytes, self.job = 0, 0, job
        packer.put_whole(self, mk.SOS, job.number, self.label(job.start))

    def label(self, when):
        p, j = self.packer.product, self.job
        out = mk.cstr(p.ident) + struct.pack(">II", p.vernum, j.number) + struct.pack(">qd", when * 1000000, 0)
        out += mk.cstr("Full", "Backup", j.name.split(".")[0], j.client, j.name, j.fileset)
        return out + struct.pack(">II", ord("B"), ord(j.level)) + mk.cstr("md5-" + j.fileset)

    def end(self, status="T", files=None):
        p = self.packer
        data = self.label(self.job.start + 60) + struct.pack(">IQ", self.fi, self.bytes) + bytes(20) + struct.pack(">I", ord(status))
        p.put_whole(self, mk.EOS, self.jobid, data)
        p.now.ends.append(len(p.now.body) - 24)

    def write(self):
        links = {}
        for r in self.job.records:
            if r.inode is not None:
                links[r.inode.number] = links.get(r.inode.number, 0) + 1
        where = {}
        for r in self.job.records:
            self.fi += 1
            n = max(links.get(r.inode.number, 1), 1) if r.inode else 1
            data = attributes(self.fi, r, n, where.get(r.first, 0))
            if r.kind == "update":
                self.put(STREAM_UPDATE, data)
                continue
            self.put(1, data)
            where[r.name] = self.fi
            if r.kind == "as it is" and r.inode.kind == "file":
                for at in range(0, len(r.inode.content), 3000):
                    self.put(2, r.inode.content[at:at + 3000])
            if r.kind in ("as it is", "hard") and r.inode.kind == "file":
                self.digest(r.inode.content)

    def blocks(self):
        self.write()
        if self.job.status == " ":
            self.packer.flush()
            return self.packer.blocks
        return self.close(self.job.status)


class World:
    """A run: the tree's history, the jobs, and volumes of them."""

    def __init__(self, seed, folder):
        self.g = g = random.Random("chain %d" % seed)
        self.folder, self.jobs, self.trees = folder, [], {}
        self.accurate = g.random() < 0.5
        self.updates = self.accurate and g.random() < 0.5
        self.product = g.choice((mk.BAREOS, mk.BACULA13))
        self.live()
        self.write()

    def live(self):
        g = self.g
        tree = Tree(g, BEGIN - 40 * DAY)
        for i in range(g.randrange(5, 30)):
            tree.step(BEGIN - 40 * DAY + i * 600)
        full = parent = diff_known = known = base = None
        for day in range(g.randrange(3, 10)):
            when = BEGIN + day * DAY
            for i in range(g.randrange(0, 12)):
                tree.step(when - 40000 + i * 600)
            level = "F" if full is None or g.random() < 0.15 else g.choice("DIII")
            if full is None and g.random() < 0.3:
                base = Job(len(self.jobs) + 1, "B", when - 1800)
                back_up(base, tree, None, {}, False, False, None)
                self.jobs.append(base)
            status = g.choice("TTTTTTTWEfA ") if full else "T"
            job = Job(len(self.jobs) + 1, level, when, status=status)
            if level == "D":
                back_up(job, tree, full, diff_known, self.accurate, self.updates, None)
            elif level == "I":
                back_up(job, tree, parent, known, self.accurate, self.updates, None)
            else:
                back_up(job, tree, None, {}, False, False, base.seen if base else None)
            self.jobs.append(job)
            if not job.good:
                continue
            self.trees[when] = {n: i.copy().facts() for n, i in tree.names.items()}
            parent, known = job, job.seen
            if level == "F":
                full, diff_known = job, job.seen
        for j in list(self.jobs):
            if j.good and g.random() < 0.3:
                self.jobs.append(j.copy(len(self.jobs) + 1, BEGIN + 30 * DAY + len(self.jobs) * 100))
        stranger = Job(len(self.jobs) + 1, "F", BEGIN + 12 * 3600, g.choice(("fd", "other-fd")), "Other")
        back_up(stranger, tree, None, {}, False, False, None)
        self.jobs.append(stranger)

    def write(self):
        """On some volumes, some of them interleaved, in any order."""
        g, shelves = self.g, [[]]
        order = list(self.jobs)
        if g.random() < 0.5:
            g.shuffle(order)
        for j in order:
            if shelves[-1] and g.random() < 0.4:
                shelves.append([])
            shelves[-1].append(j)
        self.paths = []
        for k, shelf in enumerate(shelves):
            queues = []
            for j in shelf:
                packer = mk.Packer(self.product, "BB02", g.choice((700, 4096, 64512)), j.number, mk.STIME)
                queues.append(Session(packer, j).blocks())
            blocks = mk.interleave(queues) if g.random() < 0.4 else [b for q in queues for b in q]
            path = os.path.join(self.folder, "vol%d" % k)
            with open(path, "wb") as f:
                f.write(mk.whole("vol%d" % k, blocks))
            self.paths.append(path)


# --- what comes out ---

def look(folder):
    """Names and facts, and groups of names of one inode."""
    facts, groups = {}, {}
    for at, dirs, files in os.walk(folder):
        for name in dirs + files:
            path = os.path.join(at, name)
            shown = path[len(folder):]
            s = os.lstat(path)
            if stat.S_ISLNK(s.st_mode):
                facts[shown] = ("link", 0, int(s.st_mtime), os.readlink(path).encode())
            elif stat.S_ISDIR(s.st_mode):
                facts[shown] = ("dir", s.st_mode & 0o7777, int(s.st_mtime), b"")
            else:
                with open(path, "rb") as f:
                    facts[shown] = ("file", s.st_mode & 0o7777, int(s.st_mtime), f.read())
                groups.setdefault(s.st_ino, set()).add(shown)
    return facts, sorted(sorted(g) for g in groups.values() if len(g) > 1)


def differ(what, got, wanted):
    for name in sorted(set(got) | set(wanted)):
        if got.get(name) != wanted.get(name):
            def short(f):
                return f and f[:3] + (len(f[3]), f[3][:8])
            raise Wrong("%s: %s is %s, not %s" % (what, name, short(got.get(name)), short(wanted.get(name))))


def without(facts):
    """Without the folders that only paths lead through, and what a client may not see change: times of folders."""
    return {n: f for n, f in facts.items() if n.startswith(TOP)}


class Runner:
    def __init__(self, xflate, world, folder):
        self.xflate, self.world, self.out = xflate, world, os.path.join(folder, "out")
        help_text = subprocess.run([xflate, "-qq", "find", "--index", "/dev/null/none", "x"], capture_output=True, check=False, text=True)
        self.has_index = "built without" not in help_text.stderr

    def run(self, when, *more, **how):
        command = [self.xflate, "-qq", "extract", "--as-of", "@%d" % when, "--client", "fd", "--fileset", "Set", *more, *self.world.paths]
        return subprocess.run(command, capture_output=True, timeout=120, check=False, **how)

    def check_tree(self, when, missing):
        shutil.rmtree(self.out, ignore_errors=True)
        done = self.run(when, "-C", self.out)
        if done.returncode != (1 if missing else 0):
            raise Wrong("exit status %d: %s" % (done.returncode, done.stderr.decode("utf8", "replace")[:300]))
        return look(self.out)

    def check_report(self, when, chain):
        done = self.run(when, "--dry-run", "--json")
        d = json.loads(done.stdout)["as_of"]
        told = [j["job"] for j in d["chain"] if j["role"] != "base"]
        if told != [j.name for j in chain]:
            raise Wrong("the chain is told as %s" % told)
        marks = any(r.kind == "gone" for j in chain for r in j.records)
        changes = any(j.level in "DI" for j in chain)
        if d["superset"] != (changes and not marks):
            raise Wrong("superset: %s" % d["superset"])

    def check_index(self, when, wanted, linked):
        """Looked up instead of read; some names alone, too."""
        index = os.path.join(self.world.folder, "index.db")
        if not os.path.exists(index):
            made = subprocess.run([self.xflate, "-qq", "find", "--index", index, "--update", *self.world.paths], capture_output=True, timeout=120,
                                  check=False)
            if made.returncode != 0:
                raise Wrong("the index: %s" % made.stderr.decode("utf8", "replace")[:300])
        shutil.rmtree(self.out, ignore_errors=True)
        done = self.run(when, "-C", self.out, "--index", index)
        if done.returncode not in (0, 1):
            raise Wrong("by an index: exit status %d: %s" % (done.returncode, done.stderr.decode("utf8", "replace")[:300]))
        facts, groups = look(self.out)
        differ("by an index", without(facts), wanted)
        if groups != linked:
            raise Wrong("by an index: linked are %s" % groups)
        one = sorted(n for n in wanted if wanted[n][0] == "file")[:1]
        if one:
            shutil.rmtree(self.out, ignore_errors=True)
            self.run(when, "-C", self.out, "--index", index, "--file", one[0])
            facts, _ = look(self.out)
            differ("one by an index", {n: f for n, f in facts.items() if f[0] != "dir"}, {n: wanted[n] for n in one})

    def check_part(self, when, wanted):
        """Some names, whose links may lead to names that are not among them."""
        some = [n for n in sorted(wanted) if self.world.g.random() < 0.3 and wanted[n][0] != "dir"]
        if not some:
            return
        shutil.rmtree(self.out, ignore_errors=True)
        names = os.path.join(self.world.folder, "names")
        with open(names, "w", encoding="utf8") as f:
            f.write("".join(n + "\n" for n in some))
        done = self.run(when, "-C", self.out, "--files-from", names)
        if done.returncode != 0:
            raise Wrong("a part: exit status %d: %s" % (done.returncode, done.stderr.decode("utf8", "replace")[:300]))
        facts, _ = look(self.out)
        differ("a part", {n: f for n, f in facts.items() if f[0] != "dir"}, {n: wanted[n] for n in some})

    def check_tar(self, when, wanted):
        shutil.rmtree(self.out, ignore_errors=True)
        os.mkdir(self.out)
        done = self.run(when, "--tar")
        # P: of links with ".." GNU tar makes something else first, and changes the times of their folders in the end.
        subprocess.run(["tar", "-xpPf", "-", "-C", self.out], input=done.stdout, check=True, timeout=60, stderr=subprocess.DEVNULL)
        facts, _ = look(self.out)
        differ("tar", without(facts), wanted)

    def check(self, when, tar):
        chain, state = state_at(self.world.jobs, when)
        if not chain:
            shutil.rmtree(self.out, ignore_errors=True)
            done = self.run(when, "-C", self.out)
            if done.returncode != 1 or os.path.exists(self.out):
                raise Wrong("without a full backup: exit status %d" % done.returncode)
            return
        wanted = {n: i.facts() for n, (i, _) in state.names.items() if i is not None}
        groups = {}
        for n, (i, _) in state.names.items():
            if i is not None and i.kind == "file":
                groups.setdefault(id(i), set()).add(n)
        facts, linked = self.check_tree(when, any(i is None for i, _ in state.names.values()))
        differ("second reader", without(facts), wanted)
        if linked != sorted(sorted(g) for g in groups.values() if len(g) > 1):
            raise Wrong("linked are %s" % linked)
        if all(j.accurate for j in chain[1:]):
            truth = self.world.trees[chain[-1].when]
            differ("the tree itself", without(facts), truth)
        self.check_report(when, chain)
        if self.has_index:
            self.check_index(when, wanted, linked)
        if tar:
            self.check_tar(when, wanted)
            self.check_part(when, wanted)


def one(xflate, seed, folder):
    world = World(seed, folder)
    runner = Runner(xflate, world, folder)
    times = sorted({j.when for j in world.jobs if j.copy_of is None})
    for k, when in enumerate(times):
        try:
            runner.check(when + (0 if k % 2 else 3600), k == len(times) - 1)
        except Wrong as wrong:
            raise Wrong("as of day %d: %s" % ((when - BEGIN) // DAY, wrong)) from None
    runner.check(times[0] - 4000, False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--xflate", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--keep")
    o = parser.parse_args()
    os.environ["TZ"] = "UTC"
    failed = 0
    for seed in range(o.seed, o.seed + o.runs):
        folder = o.keep or tempfile.mkdtemp(prefix="xflate-chain.")
        os.makedirs(folder, exist_ok=True)
        Inode.number = 1000
        try:
            one(o.xflate, seed, folder)
            print("ok - chain %d" % seed)
        except Wrong as wrong:
            failed += 1
            print("not ok - chain %d\n# %s" % (seed, wrong))
        finally:
            if not o.keep:
                shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()
    print("1..%d" % o.runs)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
