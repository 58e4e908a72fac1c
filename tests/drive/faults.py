# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of a run fails once, with every class of status.  What must hold whatever happens:

* exit status 0: what was asked for is so;
* any other: the drive holds no key of ours, or the message says that it may;
* a line on standard error that begins with "xflate: ", no signal, no sanitizer's report.

usage: faults.py XFLATE MOUNTPOINT LOG PASSPHRASE-FILE; prints TAP."""
import subprocess
import sys

from drivelib import STEP, commands, ctl, finish, report, state

xflate, mnt, log, key = sys.argv[1:5]
KEY_SHA = "eae7e1f0eb48f395"


def run(*args):
    p = subprocess.run([xflate, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout, p.stderr


CLASSES = {
    "busy": "status=8", "reservation conflict": "status=18", "task set full": "status=28", "ACA active": "status=30",
    "task aborted": "status=40", "unknown status": "status=7e", "check without sense": "status=2 form=0",
    "not ready": "sense=2/4/1", "no medium": "sense=2/3a/0", "medium error": "sense=3/11/0", "hardware error": "sense=4/44/0",
    "invalid command": "sense=5/20/0", "invalid CDB": "sense=5/24/0", "invalid list": "sense=5/26/0",
    "unit attention": "sense=6/29/0", "unit attention for ever": "sense=6/2a/11 count=99", "data protect": "sense=7/74/0",
    "lockout": "sense=7/26/10", "blank": "sense=8/14/3", "aborted command": "sense=b/47/0", "vendor": "sense=5/ee/0",
    "descriptor sense": "sense=5/26/11 form=72", "deferred": "sense=3/c/0 form=71", "deferred descriptor": "sense=3/c/0 form=73",
    "not a sense format": "sense=5/20/0 form=7e", "no connection": "host=1", "timed out": "host=3", "host failed": "host=7",
    "reset": "host=8", "driver timeout": "driver=6", "unplugged": "error=19", "EIO": "error=5", "EPERM": "error=1",
    "executed, then timed out": "host=3 executed=1", "executed, then EIO": "error=5 executed=1",
    "executed, then aborted": "sense=b/0/0 executed=1", "executed, then busy": "status=8 executed=1",
}


def judge_load(rc, s, err):
    ours = s["key"] == KEY_SHA and s["encryption"] == "2" and s["decryption"] == "3"
    if rc == 0:
        return ours
    if rc not in (1, 4, 5, 6, 7) or "xflate: " not in err:
        return False
    return s["key"] == "none" or "MAY BE IN THE DRIVE" in err


def judge_clear(rc, s, err):
    if rc == 0:
        return s["key"] == "none" and s["encryption"] == "0"
    return rc in (1, 4, 5, 6, 7) and "xflate: " in err


def judge_report(rc, s, err):
    return rc == 0 or (rc in (1, 4, 5, 6, 7) and "xflate: " in err)


RUNS = {
    "load": (["key", "load", "--key", key, "--clear-on-demount", mnt + "/sg0"], judge_load),
    "clear": (["key", "clear", mnt + "/sg0"], judge_clear),
    "status": (["key", "status", "--json", mnt + "/sg0"], judge_report),
    "alerts": (["alerts", mnt + "/sg0"], judge_report),
}

for verb, (args, judge) in RUNS.items():
    ctl("drive hp-lto6")
    if verb == "clear":
        run("key", "load", "--key", key, mnt + "/sg0")
    before = commands()
    rc, out, err = run(*args)
    steps = commands() - before
    report(rc == 0 and steps > 1, f"{verb}: {steps} commands without a fault", err)
    for name, fault in CLASSES.items():
        bad = ""
        statuses = set()
        for k in range(len(name) % STEP, steps, STEP):
            ctl("drive hp-lto6")
            if verb == "clear":
                run("key", "load", "--key", key, mnt + "/sg0")
            ctl(f"fault after={k} {fault}")
            rc, out, err = run(*args)
            s = state()
            statuses.add(rc)
            if not judge(rc, s, err) or "Sanitizer" in err or "runtime error" in err:
                bad += f"command {k}: exit status {rc}, key {s['key']}, modes {s['encryption']} {s['decryption']}\n{err}"
            # nothing sticks: the next run is well
            ctl("fault count=0")
        report(not bad, f"{verb}, {name} at each of {steps} commands: exit {sorted(statuses)}", bad)

# Lengths that lie, answers that end early: at worst an error, never more than was sent.
for verb, (args, judge) in RUNS.items():
    for lie in (1, 4, 12, 400, 8192, 65000):
        ctl("drive hp-lto6", f"lie {lie}")
        rc, out, err = run(*args)
        report(judge(rc, state(), err) and "Sanitizer" not in err, f"{verb}: page lengths are {lie} too large", f"exit status {rc}\n{err}")
    bad = ""
    for cut in range(0, 60, STEP):
        ctl("drive hp-lto6", f"cut {cut}")
        rc, out, err = run(*args)
        if not judge(rc, state(), err) or "Sanitizer" in err:
            bad += f"cut {cut}: exit status {rc}\n{err}"
    report(not bad, f"{verb}: answers 0 to 59 bytes short", bad)

finish()
