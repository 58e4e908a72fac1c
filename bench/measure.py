# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs and says what they cost: for run and quick."""

import os
import statistics
import sys
import time

HERTZ = os.sysconf("SC_CLK_TCK")


class Sample:
    """One run: processor seconds, wall seconds, and how many processors others used meanwhile."""

    def __init__(self, cpu, wall, others=0.0):
        self.cpu, self.wall, self.others = cpu, wall, others


def fail(text):
    sys.exit("bench: " + text)


def busy_seconds():
    """Of all processors, by everybody, stolen time included."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / HERTZ


def measure(commands, source, target="/dev/null", count=None):
    """Runs the commands as a pipeline from the file source to the file target.  count: only the processor time of so many of
    the first of them counts (the rest takes what they write)."""
    if target != "/dev/null" and os.path.exists(target):
        os.unlink(target)
    busy, began = busy_seconds(), time.monotonic()
    first = os.open(source, os.O_RDONLY)
    last = os.open(target, os.O_WRONLY | os.O_CREAT, 0o666)
    pids = []
    for i, command in enumerate(commands):
        reader, writer = os.pipe() if i + 1 < len(commands) else (None, last)
        pids.append(os.posix_spawnp(command[0], command, os.environ,
                                    file_actions=[(os.POSIX_SPAWN_DUP2, first, 0), (os.POSIX_SPAWN_DUP2, writer, 1)]))
        os.close(first)
        os.close(writer)
        first = reader
    cpu = spent = 0
    for i, (pid, command) in enumerate(zip(pids, commands)):
        _, status, usage = os.wait4(pid, 0)
        if status:
            fail("%s failed" % " ".join(command))
        spent += usage.ru_utime + usage.ru_stime
        if count is None or i < count:
            cpu += usage.ru_utime + usage.ru_stime
    wall = time.monotonic() - began
    # The kernel counts in ticks: two of them are no evidence.
    others = max(0, busy_seconds() - busy - spent - 2 / HERTZ) / wall
    return Sample(cpu, wall, others)


def median(values):
    return statistics.median(values)


def pairs(above, below, field="cpu"):
    """The ratios inside rounds, of two rows of samples."""
    return [getattr(a, field) / getattr(b, field) for a, b in zip(above, below) if getattr(b, field) > 0]


def same_bytes(a, b):
    with open(a, "rb") as x, open(b, "rb") as y:
        while True:
            p, q = x.read(1 << 20), y.read(1 << 20)
            if p != q:
                return False
            if not p:
                return True
