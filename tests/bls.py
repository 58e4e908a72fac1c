# SPDX-License-Identifier: GPL-3.0-or-later
"""What Debian's bls says of volumes, and whether that is what is in them.

bls ends with 0 after errors, so that its words count: no complaint in them, and the jobs, files, records and blocks that it
names are those that wounds.py reads.  For mutate.py --bls.
"""

import os
import re
import subprocess

import volcheck

SECONDS = 60
CONFIGURATION = """
Storage {
  Name = judge
  WorkingDirectory = "%(folder)s"
  PidDirectory = "%(folder)s"
%(command)s
}
Director {
  Name = judge
  Password = "none"
}
Messages {
  Name = Standard
  director = judge = all
}
Device {
  Name = Judge
  Media Type = File
  Archive Device = "%(folder)s"
  Random Access = yes
  AutomaticMount = yes
  RemovableMedia = no
  AlwaysOpen = no
  Maximum Block Size = 2097152
%(device)s
}
"""
COMPLAINT = re.compile(r"error|warn|mismatch|corrupt|damage|invalid|illegal|unexpected|unknown|ignor|skipp|wrong|wanted|fail|abort"
                       r"|cannot|could not|not found|no such|bad |press return", re.I)
# A line for a file, and counts of errors that a job had.
INNOCENT = re.compile(r"^bls JobId \d+: [-bcdlps][-rwxsStT]{9} .*|(Job)?Errors *[:=] *[0-9]+")
JOB = re.compile(r"^(Begin|End) Job Session Record: \S+ SessId=(-?\d+) SessTime=(-?\d+) JobId=(-?\d+)"
                 r"\s+(?:Job=|Date=.* Files=([\d,]+) Bytes=([\d,]+) Errors=(\d+) Status=(.))", re.M)
BLOCK = re.compile(r"^Addr=(\d+) blk_num=(\d+) blen=(\d+) ", re.M)
RECORD = re.compile(r"OK callback\. .* SI=(-?\d+) ST=(-?\d+) FI=(-?\d+)")


class Peer:
    """command: bls, or a script that runs it; version: 9 or 15.  getkey: the Encryption Command of version 15."""

    def __init__(self, command, getkey):
        self.command = os.path.abspath(command)
        said = subprocess.run([self.command, "-?"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        found = re.search(rb"Version: (\d+)\.", said)
        if not found:
            raise SystemExit("%s: no bls: %s" % (command, said[:200]))
        self.version, self.getkey = int(found.group(1)), getkey

    def reads(self, ids):
        """Whether it knows volumes with blocks of these ids."""
        return set(ids) <= ({b"BB01", b"BB02"} if self.version < 15 else {b"BB02", b"BB03"})

    def judge(self, folder, names, volumes, records):
        """folder holds the volumes of a set under their names.  What bls complains of or says otherwise."""
        blocks = [(v, b) for v in volumes for b in v.blocks]
        bare = any(not b.options & 1 if b.fmt == b"BB03" else b.options == 0 for v, b in blocks)
        closed = any(b.fmt == b"BB03" and b.options & 6 for v, b in blocks)
        with open(os.path.join(folder, ".conf"), "w") as f:
            f.write(CONFIGURATION % {
                "folder": folder, "command": '  Encryption Command = "%s"' % self.getkey if closed else "",
                "device": ("  Block Checksum = no\n" if bare else "") + ("  Volume Encryption = yes\n" if closed else "")})
        out = []

        def say(*options):
            words = [self.command, *options, "-c", os.path.join(folder, ".conf"), "-V", "|".join(names), "Judge"]
            try:
                p = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
            except subprocess.TimeoutExpired:
                out.append("bls %s does not end" % options[0])
                return ""
            text = p.stdout.decode("utf-8", "replace")
            if p.returncode:
                out.append("bls %s ends with %d" % (options[0], p.returncode))
            for line in text.splitlines() if "-d" not in options else ():
                if COMPLAINT.search(INNOCENT.sub("", line)):
                    out.append("bls %s: %s" % (options[0], line.strip()[:200]))
                    break
            return text

        def same(what, said, there):
            if said != there:
                k = next((k for k, pair in enumerate(zip(said, there)) if pair[0] != pair[1]), min(len(said), len(there)))
                out.append("bls counts %d %s, there are %d; number %d: %s, there is %s"
                           % (len(said), what, len(there), k, said[k:k + 1], there[k:k + 1]))

        said = [(j[0], *map(unsigned, j[1:4]), *j[4:]) for j in JOB.findall(say("-j"))]
        try:
            same("jobs", said, [j for j in map(job, records) if j])
        except volcheck.Bad:
            pass  # A record with a wrong FileIndex and a right checksum poses as the label of a job.
        same("blocks", [tuple(map(int, b)) for b in BLOCK.findall(say("-k", "-v"))],
             [(b.end, b.number, b.size) for v in volumes for b in v.blocks])
        text = say("-E", "-v")
        found = re.search(r"^(\d+) files? found", text, re.M)
        # What begins on another volume it counts like a whole one.
        files = sum(fi >= 0 and stream is not None and abs(stream) & volcheck.MASK in (1, 5) for _, fi, stream, _, _ in records)
        if not found or int(found.group(1)) != files:
            out.append("bls finds %s files, there are %d" % (found and found.group(1), files))
        same("records", [(*map(unsigned, r[:2]), int(r[2])) for r in RECORD.findall(say("-E", "-d", "200"))],
             [(*session, fi) for session, fi, stream, _, _ in records if fi >= 0 and stream is not None])
        return out


def unsigned(number):
    """As the volume has it; bls prints most numbers with a sign."""
    return int(number) & 0xFFFFFFFF


def job(record):
    """What bls -j says of a label of a job."""
    session, fi, _, payload, _ = record
    if fi not in (volcheck.SOS, volcheck.EOS):
        return None
    label = volcheck.read_session_label(payload, fi == volcheck.EOS)
    who = (*session, label["jobid"])
    if fi == volcheck.SOS:
        return ("Begin", *who, "", "", "", "")
    return ("End", *who, "{:,}".format(label["files"]), "{:,}".format(label["bytes"]), str(label["errors"]), chr(label["status"] or 0))
