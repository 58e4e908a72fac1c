#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""keyfaults.py XFLATE SHIM - each call of the commands that write keys fails, or is the last before SIGKILL (tests/faults/shim.c).

Run in an empty folder.  However a run ends, the file is the old one or the new one, whole; with an error it says why, in words
without a key, and leaves nothing else; after SIGKILL at most a temporary of mode 0600 is left.  Prints TAP without a plan."""
import errno
import os
import signal
import stat
import subprocess
import sys

XFLATE, SHIM = sys.argv[1:]
W = "/3Fq8mNgW1+JJsA6eX7+3+Dr3KMNYcFSgHQHUEF+NNoHmQhSVU1S4g"
B = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY"
KEK = "0123456789abcdefGHIJKLMNOPQRSTUV"
PASSPHRASE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
KINDS = {
    "alloc": errno.ENOMEM, "open": errno.EIO, "read": errno.EIO, "write": errno.ENOSPC, "fsync": errno.EIO, "rename": errno.EIO,
    "link": errno.EIO, "unlink": errno.EIO, "stat": errno.EIO, "close": errno.EIO, "mmap": errno.ENOMEM, "dup": errno.EMFILE,
    "fcntl": errno.EINVAL, "ioctl": errno.EIO, "stdio": errno.ENOSPC,
}
KMAX = 400


def put(name, text):
    with open(name, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(name, 0o600)


def cache(*rows):
    out = b"BAREOS Crypto Cache\n".ljust(24, b"\0") + (1).to_bytes(4, sys.byteorder) + len(rows).to_bytes(4, sys.byteorder)
    for volume, key in rows:
        out += bytes(16) + volume.encode().ljust(128, b"\0") + key.encode().ljust(128, b"\0") + (1700000000).to_bytes(8, sys.byteorder)
    return out


def without_times(b):
    if not b.startswith(b"BAREOS"):
        return b
    b = bytearray(b)
    for at in range(32, len(b), 280):
        b[at + 272:at + 280] = bytes(8)
        if b[at + 16:at + 20] == b"NEW-":  # its key is another one each time
            b[at + 144:at + 272] = bytes(128)
    return bytes(b)


OLD = cache(("A1", W), ("B2", B))
CASES = [
    ("import over a cache", ["cache", "import", "c", "list"], "c", OLD),
    ("import, a new cache", ["cache", "import", "c", "list"], "c", None),
    ("renew", ["cache", "renew", "c"], "c", OLD),
    ("remove", ["cache", "remove", "c", "B2"], "c", OLD),
    ("key unwrap -o", ["key", "unwrap", "wrapped", "--kek", "kek", "-o", "result"], "result", None),
    ("key rewrap of a list -o --force", ["key", "rewrap", "wlist", "--kek", "kek", "--new-kek", "kek2", "-o", "result", "--force"], "result", b"old\n"),
    ("keys of volumes", ["key", "generate", "--volumes", "NEW-1", "NEW-2", "--kek", "kek", "--cache", "c", "-o", "sql"], "c", OLD),
    ("bundle", ["cache", "export", "c0", "--bundle", "result", "--kek", "kek", "--plain-keys"], "result", None),
]


def prepare(target, before):
    for name in os.listdir("."):
        os.unlink(name)
    put("list", "C3\t%s\nB2\t%s\n" % (W, W))
    put("wlist", "C3\t%s\nB2\t%s\n" % (W, W))
    put("wrapped", W)
    put("kek", KEK)
    put("kek2", "another KEK of 32 bytes, really!")
    put("c0", OLD)
    if before is not None:
        put(target, before)


def read(name):
    try:
        with open(name, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def same(a, b):
    if a is None or b is None:
        return a is b
    if a.startswith(b"# Keys"):  # a bundle has its time
        return len(a) == len(b)
    return without_times(a) == without_times(b)


def run(words, fault):
    env = dict(os.environ, LD_PRELOAD=SHIM, FAULT=fault, FAULT_COUNTS="/dev/null" if not fault else "../counts")
    try:
        os.unlink("../counts")
    except FileNotFoundError:
        pass
    return subprocess.run([XFLATE] + words, env=env, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)


def judge(p, words, target, before, after, names, killed):
    said = p.stdout + p.stderr
    now = read(target)
    if p.returncode < 0 and not (killed and p.returncode == -signal.SIGKILL):
        return "died of signal %d" % -p.returncode
    if any(s.encode() in said for s in (W, B, KEK, PASSPHRASE)):
        return "a key in what it said"
    if not same(now, after) and now != before:
        return "neither the old nor the new file"
    if p.returncode == 0 and not same(now, after):
        return "status 0, and not the new file"
    if p.returncode > 0 and not p.stderr:
        return "failed without a word"
    sql = read("sql")
    if sql is not None and (not same(now, after) or not sql.endswith(b"COMMIT;\n")):
        return "SQL, and not the keys, or not all of it"
    left = set(os.listdir(".")) - names - {target, "sql"}
    for name in left:
        if not killed and p.returncode != -signal.SIGKILL:
            # What could not be removed because just that failed is told by nobody else.
            if not words:
                return "left " + name
            return "left " + name if not FAULT.startswith("unlink") else None
        if stat.S_IMODE(os.stat(name).st_mode) & 0o077:
            return "a temporary that others can read"
    if now is not None and now != before and stat.S_IMODE(os.stat(target).st_mode) != 0o600:
        return "mode %o" % stat.S_IMODE(os.stat(target).st_mode)
    return None


for title, words, target, before in CASES:
    prepare(target, before)
    names = set(os.listdir("."))
    good = subprocess.run([XFLATE] + words, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    after = read(target)
    if good.returncode != 0 or after is None or same(after, before) and words[1] != "renew":
        print("not ok - faults: %s: without one" % title)
        continue
    for killed in (False, True):
        runs, bad = 0, []
        for kind, error in KINDS.items():
            for k in range(1, KMAX):
                FAULT = "%s:%d:%s" % (kind, k, "signal:9" if killed else "once:%d" % error)
                prepare(target, before)
                p = run(words, FAULT)
                why = judge(p, words, target, before, after, names, killed)
                if why:
                    bad.append("%s: %s %s" % (FAULT, why, p.stderr[:200]))
                runs += 1
                counts = read("../counts") or b""
                struck = b"struck 1" in counts
                if not struck and not (killed and p.returncode == -signal.SIGKILL):
                    break
        what = "killed at" if killed else "failing"
        if bad or runs < 30:
            print("not ok - faults: %s: every call %s (%d runs)" % (title, what, runs))
            for b in bad[:10]:
                print("# " + b)
        else:
            print("ok - faults: %s: every call %s" % (title, what))
