# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way of a tape and its key into a drive and out of it, with everything that can fail on the way: drive, changer,
cache, KEK, signals.  The expected value of each row is what is in the drive afterwards and what the next write does:

    ours    the key of the volume in the drive      old     a key of another tape, with the descriptor OLDKAD
    none    no key                                  clear   the next block is written in clear
    fails   nothing can be written

usage: paths.py XFLATE MOUNTPOINT LOG VOLUME-FILE; prints TAP.  The current folder has pass, other, kek; it is written to."""
import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import time

from drivelib import STEP, commands, ctl, finish, report, state

xflate, mnt, log, volume_file = sys.argv[1:5]
nst, sg = mnt + "/nst0", mnt + "/sg0"
OLD = "OLDKAD"


def run(*args, timeout=60):
    p = subprocess.run([xflate, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    return p.returncode, p.stderr


def write_label():
    data = open(volume_file, "rb").read()
    n = int.from_bytes(data[4:8], "big")
    fd = os.open(nst, os.O_WRONLY)
    os.write(fd, data[:n] + b"\0" * (-n % 1024))
    os.close(fd)


def tape_operation(operation, count=1):
    fd = os.open(nst, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x40086D01, struct.pack("hi", operation, count))
    os.close(fd)


def rewind():
    tape_operation(6)


def next_write():
    """ours, old, clear, fails: what the drive does with one more block."""
    try:
        fd = os.open(nst, os.O_WRONLY)
    except OSError:
        return "fails"
    try:
        os.write(fd, b"x" * 2048)
    except OSError:
        return "fails"
    finally:
        os.close(fd)
    s = state()["last_write"]
    return {"clear": "clear", ours: "ours", old: "old"}.get(s, s)


def key_in_drive():
    k = state()["key"]
    return {"none": "none", ours: "ours", old: "old"}.get(k, k)


# ---- the keys and the changer ----

os.umask(0o077)


def wrapped(passphrase_file, kek="kek"):
    return subprocess.run([xflate, "key", "wrap", passphrase_file, "--kek", kek], check=True, capture_output=True, text=True).stdout.strip()


def make_cache(name, *lines):
    subprocess.run([xflate, "cache", "import", "-q", name], input="".join(v + "\t" + k + "\n" for v, k in lines), text=True, check=True)


VOLUME = "vol-multi"
with open("otherkek", "w") as f:
    f.write("NotTheSameKek1234567890abcdefghi")
open("torn", "w").write("not a cache at all")
make_cache("cache", (VOLUME, wrapped("pass")))
make_cache("without", ("ANOTHER", wrapped("pass")))
make_cache("badkey", (VOLUME, wrapped("pass")[:-4] + "AAAA"))

# What the changer command does is the file "does".
with open("mtx", "w") as f:
    f.write("#!/bin/sh\nctl() { echo \"$1\" >'%s/ctl'; }\n. ./does\n" % mnt)
os.chmod("mtx", 0o700)


def does(script):
    with open("does", "w") as f:
        f.write(script + "\n")


def changer(operation, *options, cache="cache", kek="kek", device=None, command="./mtx"):
    return ["changer", "--cache", cache] + (["--kek", kek] if kek else []) + list(options) + [
        "--", command, "/dev/sg9", operation, "1", device or nst, "0"]


def fresh(*lines, personality="hp-lto6"):
    """A drive with a tape that has a label in clear."""
    ctl("drive " + personality)
    write_label()
    ctl(*lines)


def put_old(device=None):
    rc, err = run("key", "load", "-q", "--key", "other", "--kad", OLD, device or sg)
    if rc:
        raise SystemExit("the old key: " + err)


# What the two keys look like in the drive.
fresh()
ours = old = ""
run("key", "load", "-q", "--key", "pass", sg)
ours = state()["key"]
put_old()
old = state()["key"]
if "none" in (ours, old) or ours == old:
    raise SystemExit("the keys cannot be told apart")


def loaded():
    """A tape whose key the changer has loaded, and that was written to."""
    fresh("medium none")
    does("ctl 'medium same'")
    rc, err = run(*changer("load"))
    tape_operation(12)  # to its end, as a daemon that appends
    if rc or next_write() != "ours":
        raise SystemExit("no way to begin: %d %s" % (rc, err))


# ---- the table ----
# name, preparation, what the changer does, arguments, exit status, key, next write, what is said

CLEARED = r"cleared|no key is in the drive"
STILL = r"STILL IN THE DRIVE: a key, key instance counter \d+, its descriptor: U-KAD \"" + OLD + "\""
MAY = r"MAY BE IN THE DRIVE"
CLEAR = r"THE DRIVE IS CLEAR"
KEPT = r"still in the drive, and so it keeps its key"


def empty_old(*lines, personality="hp-lto6"):
    def prepare():
        fresh("medium none", personality=personality)
        put_old()
        ctl(*lines)
    return prepare


def tape_old(*lines, personality="hp-lto6"):
    def prepare():
        fresh(personality=personality)
        put_old()
        ctl(*lines)
    return prepare


def foreign_label():
    """Its label was written with a key in the drive."""
    ctl("drive hp-lto6")
    run("key", "load", "-q", "--key", "other", sg)
    write_label()
    put_old()


def own_label():
    """Its label was written with its own key in the drive, as Bacula does with the first job."""
    ctl("drive hp-lto6")
    run("key", "load", "-q", "--volume", VOLUME, "--cache", "cache", "--kek", "kek", sg)
    write_label()
    put_old()


def used_clear():
    fresh("medium none")
    does("ctl 'medium same'")
    run(*changer("load", cache="without"))


def with_ckod():
    fresh("medium none")
    does("ctl 'medium same'")
    run(*changer("load", "--clear-on-demount"))
    tape_operation(12)
    next_write()


COMES, STAYS = "ctl 'medium same'", "true"
GOES = "ctl 'medium none'"
AGAIN = "ctl 'medium none'; ctl 'medium same'"
LOAD = lambda *o, **k: changer("load", *o, **k)
UNLOAD = lambda *o, **k: changer("unload", *o, **k)
KEY = lambda *o: ["key", "load", *o, sg]

TABLE = [
    # -- the changer loads --
    ("load into an empty drive", lambda: fresh("medium none"), COMES, LOAD(), 0, "ours", "ours", "of volume " + VOLUME),
    ("load, an older key in the drive", empty_old(), COMES, LOAD(), 0, "ours", "ours", "of volume " + VOLUME),
    ("load by the sg node", empty_old(), COMES, LOAD(device=sg), 0, "ours", "ours", "of volume " + VOLUME),
    ("load, the tape is in already", tape_old(), STAYS, LOAD(), 0, "ours", "ours", "cleared what was in the drive before the load.*" + OLD),
    ("load, not ready in time", tape_old("loading 1"), STAYS, LOAD("--wait", "1"), 5, "none", "fails", CLEARED),
    ("load, not ready in time, and no keys before", tape_old("loading 1", "no-keys-yet 1"), STAYS, LOAD("--wait", "1"), 5, "old", "fails", MAY),
    ("load, no keys before it is ready", tape_old("not-ready 4/1 for 9 doing 2", "no-keys-yet 1"), STAYS, LOAD(), 0, "ours", "ours", "of volume"),
    ("load, ready after a while", empty_old("not-ready 4/1 for 9 doing 2"), COMES, LOAD(), 0, "ours", "ours", "of volume"),
    ("load, medium seen late", empty_old(), "(sleep 1; ctl 'medium same') >/dev/null 2>&1 &", LOAD(), 0, "ours", "ours", "of volume"),
    ("load, an LTO-9 calibrates", empty_old("not-ready 4/1 for 26 doing b"), COMES, LOAD(), 0, "ours", "ours", "waiting, [56] s so far: 2/04/01 .*optimized"),
    ("load, the cartridge is not threaded", tape_old("not-ready 3a/4 for 0 doing 0"), STAYS, LOAD("--wait", "1"), 5, "none", "fails", "2/3a/04.*" + "no key"),
    ("load, self test", tape_old("not-ready 3e/0 for 0 doing 0"), STAYS, LOAD("--wait", "0"), 5, "none", "fails", "no key"),
    ("load, but no tape comes", empty_old(), STAYS, LOAD("--wait", "1"), 5, "none", "fails", "no cartridge.*no key"),
    ("load, no cache", tape_old(), STAYS, LOAD(cache="nothere"), 1, "none", "clear", "nothere.*" + CLEARED),
    ("load, no cache but something else", tape_old(), STAYS, LOAD(cache="torn"), 1, "none", "clear", CLEARED),
    ("load, the cache is a folder", tape_old(), STAYS, LOAD(cache="/"), 1, "none", "clear", CLEARED),
    ("load, no key for the volume", tape_old(), STAYS, LOAD(cache="without"), 0, "none", "clear", "will not be encrypted"),
    ("load, no key, one is required", tape_old(), STAYS, LOAD("--require-key", cache="without"), 4, "none", "clear", "no key is in the drive"),
    ("load, the key is no key", tape_old(), STAYS, LOAD(cache="badkey"), 4, "none", "clear", CLEARED),
    ("load, the wrong KEK", tape_old(), STAYS, LOAD(kek="otherkek"), 4, "none", "clear", CLEARED),
    ("load, no KEK", tape_old(), STAYS, LOAD(kek=None), 4, "none", "clear", CLEARED),
    ("load, no such KEK", tape_old(), STAYS, LOAD(kek="nothere"), 1, "none", "clear", CLEARED),
    ("load, a tape without a label", tape_old("medium blank"), STAYS, LOAD(), 0, "none", "clear", "will not be encrypted"),
    ("load, without a label, a key is required", tape_old("medium blank"), STAYS, LOAD("--require-key"), 4, "none", "clear", "no key is in the drive"),
    ("load, a label encrypted by a key that is not there", foreign_label, STAYS, LOAD(), 4, "none", "clear", CLEARED),
    ("load, a label encrypted by the volume's key", own_label, STAYS, LOAD(), 0, "ours", "ours", "of volume " + VOLUME),
    ("load, the same, and the keys are refused", own_label, "ctl 'fault op=b5 after=1 count=99 sense=5/26/0'", LOAD(), 6, "none", "clear", CLEARED),
    ("load, the same, and the wrong KEK", own_label, STAYS, LOAD(kek="otherkek"), 4, "none", "clear", CLEARED),
    ("load, an LTO-3 medium", tape_old("medium lto3"), STAYS, LOAD("--require-key"), 4, "none", "clear", CLEARED),
    ("load, a bad descriptor", tape_old(), STAYS, LOAD("--kad", "x" * 40), 2, "none", "clear", CLEARED),
    ("load, no such algorithm", tape_old(), STAYS, LOAD("--algorithm", "9"), 6, "none", "clear", CLEARED),
    ("load, the key is refused", tape_old(), "ctl 'fault op=b5 after=1 count=99 sense=5/26/0'", LOAD(), 6, "none", "clear", CLEARED),
    ("load, nothing can be set", tape_old(), "ctl 'fault op=b5 count=99 sense=5/26/0'", LOAD(), 6, "old", "old", STILL),
    ("load, the drive ignores what is set", tape_old("ignore-set 1"), STAYS, LOAD(), 6, "old", "old", STILL),
    ("load, the status is unreadable", tape_old(), "ctl 'fault op=a2 page=20 count=999 sense=4/44/0'", LOAD(), 6, "old", "old", MAY),
    ("load, the drive goes away", tape_old(), "ctl 'unplug 1'", LOAD(), 6, "old", "old", MAY),
    ("load, the drive is reset", tape_old(), "ctl reset", LOAD(), 0, "ours", "ours", "of volume"),
    ("load, no such device", tape_old(), STAYS, LOAD(device=mnt + "/nothere"), 1, "old", "old", MAY),
    ("load, a device that is none", tape_old(), STAYS, LOAD(device="/dev/null"), 6, "old", "old", MAY),
    ("load, a drive that cannot encrypt", lambda: fresh(personality="lto3"), STAYS, LOAD(), 6, "none", "clear", "cannot encrypt"),
    ("load, keys come from the library", lambda: fresh(personality="library"), STAYS, LOAD(), 6, "none", "clear", "application managed"),
    ("load, allocation lengths up to 512", tape_old("allocation-max 512"), STAYS, LOAD(), 0, "ours", "ours", "of volume"),
    ("load fails, the drive stays empty", empty_old(), "exit 3", LOAD(), 3, "none", "fails", ""),
    ("load fails, empty, old key comes late", lambda: fresh("medium none"), "'%s' key load -q --key other --kad %s '%s'; exit 3" % (xflate, OLD, sg),
     LOAD(), 3, "none", "fails", "the load failed.*cleared"),
    ("load fails, another tape is in with its key", tape_old(), "exit 3", LOAD(), 3, "old", "old", STILL),
    ("load fails, the tape came all the same", empty_old(), COMES + "; exit 3", LOAD(), 3, "none", "clear", ""),
    ("load is killed", empty_old(), "kill -9 $$", LOAD(), 137, "none", "fails", "ended by signal 9"),
    ("load, no such command", empty_old(), STAYS, LOAD(command="./nothere"), 127, "none", "fails", "nothere"),
    ("load, not executable", empty_old(), STAYS, LOAD(command="./does"), 126, "none", "fails", "does"),
    ("load fails, and the drive is gone", empty_old(), "ctl 'unplug 1'; exit 3", LOAD(), 3, "none", "fails", MAY),
    # -- by hand: who works with a key in the drive goes on doing so, and is told --
    ("key load", tape_old(), STAYS, KEY("--key", "pass"), 0, "ours", "ours", "replaces"),
    ("key load --wait, never ready", tape_old("loading 1"), STAYS, KEY("--wait", "1", "--key", "pass"), 5, "old", "fails", "after [12] s.*" + STILL),
    ("key load --wait, never ready, no key", lambda: fresh("loading 1"), STAYS, KEY("--wait", "1", "--key", "pass"), 5, "none", "fails", "not ready after"),
    ("key load --wait ready", tape_old("not-ready 4/1 for 9 doing 2"), STAYS, KEY("--wait", "ready", "--key", "pass"), 0, "ours", "ours", ""),
    ("key load, no such file", tape_old(), STAYS, KEY("--key", "nothere"), 1, "old", "old", STILL),
    ("key load, the wrong KEK", tape_old(), STAYS, KEY("--volume", VOLUME, "--cache", "cache", "--kek", "otherkek"), 4, "old", "old", STILL),
    ("key load, no cache", tape_old(), STAYS, KEY("--volume", VOLUME, "--cache", "nothere", "--kek", "kek"), 1, "old", "old", STILL),
    ("key load, not in the cache", tape_old(), STAYS, KEY("--volume", "V", "--cache", "cache", "--kek", "kek"), 4, "old", "old", STILL),
    ("key load, a bad descriptor", tape_old(), STAYS, KEY("--key", "pass", "--kad", "x" * 40), 2, "old", "old", STILL),
    ("key load, refused", tape_old("fault op=b5 count=9 sense=5/26/0"), STAYS, KEY("--key", "pass"), 6, "old", "old", STILL),
    ("key load, the status is unreadable", tape_old("fault op=a2 page=20 count=99 sense=4/44/0"), STAYS, KEY("--key", "pass"), 6, "old", "old", MAY),
    ("key load, demount without a cartridge", empty_old(), STAYS, KEY("--key", "pass", "--clear-on-demount"), 5, "old", "fails", STILL),
    ("key load --auto, the key is not there", lambda: (tape_old()(), rewind()), STAYS, KEY("--auto", "--cache", "without", "--kek", "kek"), 4, "none", "clear", "no key is in the drive now"),
    ("key load --auto, not at the beginning", tape_old(), STAYS, KEY("--auto", "--cache", "cache", "--kek", "kek"), 1, "old", "old", STILL),
    ("key load --auto, no cache", tape_old(), STAYS, KEY("--auto", "--cache", "nothere", "--kek", "kek"), 1, "old", "old", STILL),
    ("key load --dry-run", tape_old(), STAYS, KEY("--dry-run", "--key", "pass"), 0, "old", "old", "would replace"),
    ("key clear --wait, never ready", tape_old("loading 1"), STAYS, ["key", "clear", "--wait", "1", sg], 5, "none", "fails", "not ready after.*cleared"),
    ("key clear", tape_old(), STAYS, ["key", "clear", sg], 0, "none", "clear", "no key is in the drive"),
    ("key clear, refused", tape_old("fault op=b5 count=99 sense=5/26/0"), STAYS, ["key", "clear", sg], 6, "old", "old", STILL),
    ("key status --wait, never ready", tape_old("loading 1"), STAYS, ["key", "status", "--wait", "1", sg], 5, "old", "fails", "not ready after"),
    ("key probe --wait, never ready", tape_old("loading 1"), STAYS, ["key", "probe", "--wait", "1", "--cache", "cache", sg], 5, "old", "fails", "not ready after"),
    # -- the changer unloads --
    ("unload", loaded, GOES, UNLOAD(), 0, "none", "fails", ""),
    ("unload by the sg node", loaded, GOES, UNLOAD(device=sg), 0, "none", "fails", ""),
    ("unload, the drive lets go late", loaded, GOES + "; ctl 'not-ready 4/1 for 5 doing 3'", UNLOAD(), 0, "none", "fails", ""),
    ("unload fails, the tape is in", loaded, "exit 1", UNLOAD(), 1, "ours", "ours", KEPT),
    ("unload fails with 5", loaded, "exit 5", UNLOAD(), 5, "ours", "ours", KEPT),
    ("unload says well, the tape is in", loaded, STAYS, UNLOAD(), 0, "ours", "ours", KEPT),
    ("unload is killed", loaded, "kill -9 $$", UNLOAD(), 137, "ours", "ours", KEPT),
    ("unload, no such command", loaded, STAYS, UNLOAD(command="./nothere"), 127, "ours", "ours", KEPT),
    ("unload fails, the tape has gone", loaded, GOES + "; exit 1", UNLOAD(), 1, "none", "fails", ""),
    ("unload fails, not threaded", loaded, "ctl 'not-ready 3a/4 for 0 doing 0'; exit 1", UNLOAD(), 1, "ours", "fails", KEPT),
    ("unload fails, not loaded", loaded, "ctl 'not-ready 4/2 for 0 doing 0'; exit 1", UNLOAD(), 1, "ours", "fails", KEPT),
    ("unload fails, the drive is busy", loaded, "ctl 'fault op=0 count=99 status=8'; exit 1", UNLOAD(), 1, "ours", "ours", MAY),
    ("unload without a cache", loaded, GOES, UNLOAD(cache="nothere"), 0, "none", "fails", ""),
    ("unload fails, no cache", loaded, "exit 1", UNLOAD(cache="nothere"), 1, "ours", "ours", KEPT),
    ("unload, the key cannot be cleared", loaded, GOES + "; ctl 'fault op=b5 count=99 sense=5/26/0'", UNLOAD(), 0, "ours", "fails", "could not be cleared; STILL IN THE DRIVE"),
    ("unload, the clearing is refused once", loaded, GOES + "; ctl 'fault op=b5 count=1 status=8'", UNLOAD(), 0, "none", "fails", ""),
    ("unload, the drive has gone", loaded, GOES + "; ctl 'unplug 1'", UNLOAD(), 0, "ours", "fails", MAY),
    ("unload, the drive forgets by itself", with_ckod, GOES, UNLOAD(), 0, "none", "fails", ""),
    ("unload fails, in and out, the key has gone", with_ckod, AGAIN + "; exit 1", UNLOAD(), 1, "ours", "ours", "had gone and is loaded again"),
    ("unload says well, in and out, the key has gone", with_ckod, AGAIN, UNLOAD(), 0, "ours", "ours", "had gone and is loaded again"),
    ("... and there is no cache", with_ckod, AGAIN + "; exit 1", UNLOAD(cache="nothere"), 1, "none", "clear", CLEAR),
    ("... and the command said well", with_ckod, AGAIN, UNLOAD(cache="nothere"), 1, "none", "clear", CLEAR),
    ("... and the key is not in the cache", with_ckod, AGAIN, UNLOAD(cache="without"), 4, "none", "clear", CLEAR),
    ("... and the wrong KEK", with_ckod, AGAIN, UNLOAD(kek="otherkek"), 4, "none", "clear", CLEAR),
    ("... and the drive refuses it", with_ckod, AGAIN + "; ctl 'fault op=b5 count=99 sense=5/26/0'; exit 7", UNLOAD(), 7, "none", "clear", CLEAR),
    ("... and does not get ready", with_ckod, AGAIN + "; ctl 'loading 1'; exit 1", UNLOAD("--wait", "1"), 1, "none", "fails", CLEAR),
    ("... and ignores it", with_ckod, AGAIN + "; ctl 'ignore-set 1'", UNLOAD(), 6, "none", "clear", CLEAR),
    ("unload fails, the drive was reset in mid-tape", loaded, "ctl reset; exit 1", UNLOAD(), 1, "none", "clear", "not at its beginning.*" + CLEAR),
    ("unload fails, the status is unreadable", loaded, "ctl 'fault op=a2 count=999 sense=4/44/0'; exit 1", UNLOAD(), 1, "ours", "ours", "does not tell whether its key"),
    ("unload says well, in, the status is unreadable", loaded, "ctl 'fault op=a2 count=999 sense=4/44/0'", UNLOAD(), 1, "ours", "ours", "does not tell whether its key"),
    ("unload fails, a volume in clear", used_clear, "exit 1", UNLOAD(cache="without"), 1, "none", "clear", ""),
    ("unload of an empty drive", lambda: fresh("medium none"), "exit 1", UNLOAD(), 1, "none", "fails", ""),
    ("unload of an empty drive with a key", empty_old(), "exit 1", UNLOAD(), 1, "none", "fails", ""),
    # -- everything else is none of ours --
    ("list", loaded, STAYS, changer("list"), 0, "ours", "ours", ""),
    ("loaded", loaded, "exit 1", changer("loaded"), 1, "ours", "ours", ""),
]


for name, prepare, script, args, status, key, written, said in TABLE:
    prepare()
    does(script)
    position = state()["position"]
    rc, err = run(*args)
    got_key = key_in_drive()
    ctl("fault count=0", "unplug 0")
    stands = state()["position"]
    wrote = next_write()
    moved = args[0] == "changer" and "unload" in args and wrote == "ours" and "had gone" not in err and stands != position
    good = (rc, got_key, wrote) == (status, key, written) and re.search(said, err) and "Sanitizer" not in err and not moved
    # Whoever is told nothing believes that all is well.
    good = good and (rc == 0 or "list" in args or "loaded" in args or status in (1, 3) or err.startswith("xflate: "))
    report(good, f"{name}: exit {status}, key {key}, next write {written}",
           f"got exit {rc}, key {got_key}, next write {wrote}{', and the tape has moved' if moved else ''}; said:\n{err}")

# ---- a fault at every command, once and from there on ----

CLASSES = {
    "busy": "status=8", "reservation conflict": "status=18", "check without sense": "status=2 form=0",
    "not ready": "sense=2/4/1", "no medium": "sense=2/3a/0", "medium error": "sense=3/11/0", "hardware error": "sense=4/44/0",
    "invalid command": "sense=5/20/0", "invalid CDB": "sense=5/24/0", "attention": "sense=6/29/0", "lockout": "sense=7/26/10", "deferred": "sense=3/c/0 form=71", "timed out": "host=3",
    "unplugged": "error=19", "executed, then timed out": "host=3 executed=1",
}


def load_holds(rc, key, wrote, err):
    if rc == 0:
        return key == "ours" and wrote == "ours"
    return key == "none" or re.search("STILL IN THE DRIVE|MAY BE IN THE DRIVE", err) is not None


def unload_holds(rc, key, wrote, err):
    if rc != 0:  # a drive that does not even say whether there is a tape
        return "does not tell" in err
    return (key == "none" or re.search("STILL IN THE DRIVE|MAY BE IN THE DRIVE|keeps its key|does not tell", err) is not None)


def failed_unload_holds(rc, key, wrote, err):
    return rc == 7 and ((key == "ours" and wrote == "ours") or re.search(CLEAR, err) is not None)


RUNS = {
    "load": (empty_old(), COMES, lambda w: LOAD("--wait", w), load_holds),
    "load of a tape that is in": (tape_old(), STAYS, lambda w: LOAD("--wait", w), load_holds),
    "unload": (loaded, GOES, lambda w: UNLOAD("--wait", w), unload_holds),
    "failed unload": (loaded, "exit 7", lambda w: UNLOAD("--wait", w), failed_unload_holds),
}

for verb, (prepare, script, arguments, holds) in RUNS.items():
    prepare()
    does(script)
    before = commands()
    run(*arguments("2"))
    steps = commands() - before
    report(steps > 5, f"{verb}: {steps} commands without a fault")
    for number, (name, fault) in enumerate(CLASSES.items()):
        for count, often in ((1, "at each"), (9999, "from every third on, at each")):
            bad, statuses = "", set()
            # A drive that never again is ready is waited for, which takes its time.
            slow = count > 1 and name == "not ready" and verb == "unload"
            step = STEP if count == 1 else steps // 3 if slow else 3 * STEP
            for k in range(number % step, steps, step):
                prepare()
                does(script)
                ctl(f"fault after={k} count={count} {fault}")
                rc, err = run(*arguments("2" if count == 1 else "0"))
                key = key_in_drive()
                ctl("fault count=0")
                wrote = next_write()
                statuses.add(rc)
                if not holds(rc, key, wrote, err) or "Sanitizer" in err:
                    bad += f"command {k}: exit {rc}, key {key}, next write {wrote}: {err}\n"
            report(not bad, f"{verb}, {name} {often} of {steps} commands: exit {sorted(statuses)}", bad)

# ---- killed ----


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def start(args):
    return subprocess.Popen([xflate, *args], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def children_of(name):
    return int(open(name).read())


for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    for operation, prepare, key in (("load", empty_old(), "none"), ("unload", loaded, "ours")):
        prepare()
        for name in ("shell", "child"):
            if os.path.exists(name):
                os.unlink(name)
        does("echo $$ >shell; sleep 50 & echo $! >child; wait")
        p = start(changer(operation))
        while not os.path.exists("child") or not open("child").read():
            time.sleep(0.02)
        shell, child = children_of("shell"), children_of("child")
        p.send_signal(number)
        err = p.communicate(timeout=20)[1]
        got = key_in_drive()
        good = p.returncode == -number and got == key and not alive(shell) and not alive(child)
        report(good, f"{operation}, {number.name} while the command runs: it and its children end, the key is {key}",
               f"exit {p.returncode}, key {got}, alive: {alive(shell)} {alive(child)}\n{err}")
        for pid in (shell, child):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

# A command that does not mind SIGTERM.
empty_old()()
if os.path.exists("shell"):
    os.unlink("shell")
does("trap '' TERM; echo $$ >shell; while :; do sleep 0.1; done")
p = start(changer("load"))
while not os.path.exists("shell") or not open("shell").read():
    time.sleep(0.02)
shell = children_of("shell")
begun = time.monotonic()
p.terminate()
err = p.communicate(timeout=20)[1]
took = time.monotonic() - begun
report(p.returncode == -signal.SIGTERM and not alive(shell) and took < 4 and key_in_drive() == "none",
       "a command that ignores SIGTERM is killed before a daemon would kill us", f"exit {p.returncode}, {took} s\n{err}")

# Killed for good: nothing can be put right, but the command is not left alone.
loaded()
os.unlink("shell")
does("echo $$ >shell; exec sleep 50")
p = start(UNLOAD())
while not os.path.exists("shell") or not open("shell").read():
    time.sleep(0.02)
shell = children_of("shell")
p.kill()
p.communicate(timeout=20)
time.sleep(0.2)
report(not alive(shell) and key_in_drive() == "ours" and next_write() == "ours", "SIGKILL: the command ends, the tape still has its key")

# While it waits for the drive.
tape_old("loading 1")()
does(STAYS)
p = start(LOAD())
time.sleep(1)
p.terminate()
err = p.communicate(timeout=20)[1]
report(p.returncode == -signal.SIGTERM and key_in_drive() == "none" and "interrupted" in err, "SIGTERM while it waits: the older key is cleared",
       f"exit {p.returncode}, key {key_in_drive()}\n{err}")
tape_old("loading 1")()
p = start(KEY("--wait", "ready", "--key", "pass"))
time.sleep(1)
p.terminate()
err = p.communicate(timeout=20)[1]
report(p.returncode == -signal.SIGTERM and key_in_drive() == "old" and re.search(STILL, err) is not None, "key load, SIGTERM while it waits: the older key is named",
       f"exit {p.returncode}\n{err}")

# At any time.
bad, ends = "", set()
for i in range(0, 60, STEP):
    empty_old()()
    does(COMES)
    p = start(LOAD())
    time.sleep(i * 0.001)
    p.terminate()
    err = p.communicate(timeout=20)[1]
    key = key_in_drive()
    ends.add(p.returncode)
    # In its first milliseconds it has not touched anything, and the old key is as it was.
    before = key == "old" and state()["position"] == "0" and err == ""
    # In its last it has done all, and said so.
    after = key == "ours" and "is in the drive" in err
    if not (load_holds(p.returncode, key, next_write(), err) or before or after):
        bad += f"after {i} ms: exit {p.returncode}, key {key}: {err}\n"
report(not bad, f"SIGTERM after 0 to 59 ms: exit {sorted(ends)}", bad)
bad = ""
for i in range(0, 60, STEP):
    loaded()
    does("exit 7")
    p = start(UNLOAD())
    time.sleep(i * 0.001)
    p.terminate()
    err = p.communicate(timeout=20)[1]
    if key_in_drive() != "ours":
        bad += f"after {i} ms: exit {p.returncode}, key {key_in_drive()}: {err}\n"
report(not bad, "SIGTERM at any time of an unload that fails: the tape keeps its key", bad)

# Nobody reads what it says: no reason to stop halfway.
tape_old()()
does(STAYS)
r, w = os.pipe()
os.close(r)
p = subprocess.Popen([xflate, *LOAD(cache="nothere")], stdin=subprocess.DEVNULL, stderr=w)
os.close(w)
p.wait(timeout=20)
report(p.returncode == 1 and key_in_drive() == "none", "messages that nobody reads: the older key is cleared all the same", f"exit {p.returncode}, key {key_in_drive()}")

finish()
