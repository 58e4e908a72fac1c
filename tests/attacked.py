#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""attacked.py [--no-tar] XFLATE [NAME...]: each volume of hostile.py, extracted to a folder (--existing=skip, --existing=replace) and through --tar, and
what is around that folder before and behind it.  A run is right if

  * nothing outside the folder is new, gone or changed: types, modes, owners, sizes, times (ctime, too), links, attributes, content;
  * the folder keeps its mode and owner, and in it are no devices and no setuid files but what is asked for;
  * it ends with the status of the table and says what the table wants, without control characters;
  * /fine/file came out;
  * the archive has no member that leads out of it, or through another that is no folder, and tar unpacks it.

Prints TAP.  The folder is OUTSIDE's sister.
"""
import hashlib
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

sys.dont_write_bytecode = True
ROOT = os.geteuid() == 0
SECONDS = 60
TOP = tempfile.mkdtemp(prefix="xflate-attacked-")
WORLD, OUTSIDE = os.path.join(TOP, "world"), os.path.join(TOP, "world", "outside")
os.environ["OUTSIDE"] = OUTSIDE
import hostile  # noqa: E402


def content_of(path, st):
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    return os.readlink(path) if stat.S_ISLNK(st.st_mode) else ""


def attributes_of(path):
    try:
        return [(n, os.getxattr(path, n, follow_symlinks=False)) for n in sorted(os.listxattr(path, follow_symlinks=False))]
    except OSError:
        return []


def snapshot(leave):
    """What is in the world, without what is below leave; the world itself, too."""
    found = {}
    for where, folders, files in os.walk(WORLD):
        for name in ["."] + folders + files:
            path = os.path.normpath(os.path.join(where, name))
            st = os.lstat(path)
            facts = [st.st_mode, st.st_uid, st.st_gid]
            if path not in leave:
                facts += [st.st_size, st.st_mtime_ns, st.st_ino, content_of(path, st), attributes_of(path)]
                # It loses a name in the folder.
                facts += [] if name == "shared" else [st.st_ctime_ns, st.st_nlink]
            found[path] = facts
        folders[:] = [f for f in folders if os.path.join(where, f) not in leave]
    return found


def make_world():
    subprocess.run(["chmod", "-R", "u+rwx", WORLD], stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["rm", "-rf", WORLD], check=True)
    os.makedirs(OUTSIDE, 0o755)
    os.mkdir(os.path.join(WORLD, "x"))
    os.mkdir(os.path.join(OUTSIDE, "below"))
    for name in ("victim", "shared", "below/file"):
        with open(os.path.join(OUTSIDE, name), "w") as f:
            f.write("victim\n")
        os.utime(os.path.join(OUTSIDE, name), (1600000000, 1600000000))
    return os.path.join(WORLD, "x")


def differences(before, after):
    return ["%s: %s" % (p.replace(TOP, ""), "new" if p not in before else "gone" if p not in after else "changed")
            for p in sorted(set(before) | set(after)) if before.get(p) != after.get(p)]


def rights_in(folder, devices):
    """What in it lends rights that nobody asked for."""
    wrong = []
    for where, folders, files in os.walk(folder):
        if len(where) > 2000:
            folders[:] = []
        for name in folders + files:
            st = os.lstat(os.path.join(where, name))
            special = stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode)
            # Owners and setuid bits are root's wish; without an owner they are not to be.
            foreign = st.st_mode & 0o6000 and not stat.S_ISDIR(st.st_mode) and name not in ("setuid", "hurt.damaged", "negative")
            if (special and not devices) or foreign:
                wrong.append("%s has mode %o" % (name, st.st_mode))
    return wrong


def climbs(name):
    return name.startswith("/") or ".." in name.split("/")


def archive_faults(data):
    """Members that lead elsewhere, whoever unpacks them."""
    wrong, others, files = [], set(), set()
    if not data:
        return ["there is no archive"]
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|") as archive:
        for m in archive:
            parts = m.name.split("/")
            through = ["/".join(parts[:n]) for n in range(1, len(parts))] + [m.name] * m.isdir()
            if climbs(m.name) or any(p in others for p in through):
                wrong.append("member %r leads elsewhere" % m.name[:80])
            if m.islnk() and (climbs(m.linkname) or m.linkname not in files):
                wrong.append("member %r is a link to %r" % (m.name[:80], m.linkname[:80]))
            if not m.isdir():
                others.add(m.name)
                files.add(m.name)
    return wrong


def extract(xflate, a, volume, folder, mode):
    """Returns the status and what was said."""
    where = ["--tar"] if mode == "tar" else ["--existing", mode, "-C", folder]
    words = [xflate, "extract"] + where + a.options + (["--devices"] if a.devices else [])
    process = subprocess.Popen(words + ["-"], cwd=WORLD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with open(volume, "rb") as f:
        data = f.read()
    try:
        if a.meanwhile:
            process.stdin.write(data[:len(data) // 2])
            process.stdin.flush()
            while not os.path.exists(os.path.join(folder, "busy", "file10")):
                if process.poll() is not None:
                    break
            a.meanwhile(folder, OUTSIDE)
            data = data[len(data) // 2:]
        out, err = process.communicate(data, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return "still running after %d s" % SECONDS, out, err
    return process.returncode, out, err


def attempt(xflate, name, volume, number, mode):
    a = hostile.ATTACKS[name]
    folder = make_world()
    if a.before:
        a.before(folder, OUTSIDE)
    leave = {folder, os.path.realpath(folder)}
    before = snapshot(leave)
    status, out, err = extract(xflate, a, volume, folder, mode)
    problems = []
    wanted = (a.statuses if ROOT else a.mortal)[number]
    if status != wanted:
        problems.append("ends with %s, not %s" % (status, wanted))
    said = err + (b"" if mode == "tar" else out)
    if re.search(rb"[\0-\x08\x0b-\x1f\x7f]", said):
        problems.append("says control characters")
    if not re.search(a.says.encode(), said):
        problems.append("does not say %s" % a.says)
    if status != 0 and not err:
        problems.append("has no word for it")
    if mode == "tar":
        problems += archive_faults(out)
        tar = subprocess.run(["tar", "--xattrs", "--acls", "-xpf", "-", "-C", folder], input=out, stderr=subprocess.PIPE, check=False)
        if tar.returncode < 0:
            problems.append("tar dies")
    problems += differences(before, snapshot(leave))
    problems += rights_in(folder, a.devices)
    if wanted != 2:
        try:
            with open(os.path.join(folder, "fine", "file"), "rb") as f:
                fine = f.read()
        except OSError:
            fine = None
        if fine != hostile.FINE:
            problems.append("what is fine did not come out")
    print("%s - %s, %s (%s): nothing outside, a word, status %s" % ("not ok" if problems else "ok", name, a.what, mode, wanted))
    if problems:
        for line in problems[:8] + [w.decode("utf-8", "replace")[:160] for w in said.splitlines()[:6]]:
            print("#   %s" % line.encode("ascii", "backslashreplace").decode())
    return bool(problems)


def main():
    failures = tests = 0
    words = [w for w in sys.argv[1:] if w != "--no-tar"]
    volume = os.path.join(TOP, "volume")
    for name in words[1:] or sorted(hostile.ATTACKS):
        a = hostile.ATTACKS[name]
        if a.devices and not ROOT:
            continue
        with open(volume, "wb") as f:
            f.write(hostile.make(name))
        for number, mode in enumerate(("skip", "replace", "tar")):
            if mode != "tar" or (a.tar and len(words) == len(sys.argv) - 1):
                tests += 1
                failures += attempt(os.path.abspath(words[0]), name, volume, number, mode)
    make_world()
    shutil.rmtree(TOP)
    print("1..%d" % tests)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
