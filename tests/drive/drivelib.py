# SPDX-License-Identifier: GPL-3.0-or-later
"""What faults.py and paths.py share: the FUSE drive's control and state, TAP.  Their arguments are XFLATE MOUNTPOINT LOG ..."""
import os
import sys

mnt, log = sys.argv[2:4]
STEP = int(os.environ.get("FAULTS_STEP", "1"))  # with sanitizers: each STEPth command, each STEPth length
tests = failed = 0


def report(good, text, detail=""):
    global tests, failed
    tests += 1
    failed += not good
    print(("ok - " if good else "not ok - ") + text, flush=True)
    if not good:
        for line in detail.splitlines()[:16]:
            print("# " + line)


def finish():
    print(f"1..{tests}")
    sys.exit(failed > 0)


def ctl(*lines):
    for line in lines:
        with open(mnt + "/ctl", "w") as f:
            f.write(line + "\n")


def state():
    with open(mnt + "/state") as f:
        return dict(line.rstrip("\n").split("=", 1) for line in f)


def commands():
    """How many the drive got."""
    with open(log) as f:
        return sum(1 for _ in f)
