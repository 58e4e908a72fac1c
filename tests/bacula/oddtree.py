#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""oddtree.py FOLDER: a tree of what is odd, for a client to back up.  Prints a line for each thing that cannot be made here.
oddtree.py --small N FOLDER: N small files, a hundred to a folder.
"""
import os
import random
import stat
import struct
import sys

ROOT = os.geteuid() == 0


def write(path, content=b"content\n", mode=0o644):
    os.makedirs(os.path.dirname(path) or b".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, mode)


def access_list(*entries):
    """As the kernel has it: (tag, permissions, id)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


def try_it(what, do, *words, **named):
    try:
        do(*words, **named)
    except OSError as fault:
        print("%s: %s" % (what, fault.strerror))


def names():
    for name in (b"new\nline", b"two\nnew\nlines\n", b"latin-1 \xe9\xfc\xdf", b"utf-8 \xc3\xa9", b"tab\there", b"escape\x1b[31m", b" ", b"-rf", b"back\\slash", b"quote'\"", b"*?[",
                 b"...", b"a" * 255, b"colon:C:", b"\x01\x02\x7f", b"end "):
        write(b"names/" + name, name)
        write(b"names/below " + name[:240] + b"/file", name)
    write(b"deep/" + b"/".join([b"f%02d" % n for n in range(99)]) + b"/file")
    # Together nearly as long as a path may be.
    here = os.open(".", os.O_RDONLY)
    os.mkdir("long")
    os.chdir("long")
    for _ in range(13):
        os.mkdir("n" * 250)
        os.chdir("n" * 250)
    write(b"file")
    os.fchdir(here)
    os.close(here)


def modes():
    for mode in (0o4755, 0o2755, 0o6711, 0o1644, 0o000, 0o400, 0o222, 0o777):
        write(b"modes/%04o" % mode, mode=mode)
    for mode in (0o1777, 0o2775, 0o500, 0o711):
        write(b"modes/folder%04o/file" % mode)
        os.chmod(b"modes/folder%04o" % mode, mode)
    write(b"empty/open", b"")
    write(b"empty/closed", b"", 0o600)
    os.mkdir("empty/folder")
    if ROOT:
        write(b"owners/file")
        os.chown("owners/file", 12345, 54321)
        write(b"owners/setuid", mode=0o755)
        os.chown("owners/setuid", 4000000000, 65534)
        os.chmod("owners/setuid", 0o6755)
        os.mkdir("owners/folder")
        os.chown("owners/folder", 1, 2)


def links():
    write(b"links/a/first", b"one file of five names\n")
    os.makedirs("links/b/c")
    for name in ("links/a/second", "links/b/third", "links/b/c/fourth", "links/zz"):
        os.link("links/a/first", name)
    os.symlink("nowhere", "links/dangling")
    os.symlink("/etc/passwd", "links/absolute")
    os.symlink("../../../../../../etc/passwd", "links/climbing")
    os.symlink("loop", "links/loop")
    os.symlink(".", "links/here")
    os.symlink("a", "links/to-folder")
    os.symlink(b"new\nline \xe9", "links/odd")
    os.symlink("t/" * 2000, "links/long")
    os.symlink("a/first", "links/twice")
    os.link("links/twice", "links/twice-too", follow_symlinks=False)
    if ROOT:
        os.symlink("a", "links/owned")
        os.lchown("links/owned", 12345, 54321)


def special():
    os.mkdir("special")
    os.mkfifo("special/fifo", 0o640)
    if ROOT:
        try_it("device", os.mknod, "special/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        try_it("device", os.mknod, "special/block", stat.S_IFBLK | 0o660, os.makedev(7, 200))


def sparse():
    os.mkdir("sparse")
    for name, size, pieces in (("start", 3000000, [(2900000, 100000)]), ("end", 3000001, [(0, 100000)]), ("both", 5000000, [(2000000, 70000)]),
                               ("islands", 9000000, [(0, 1), (1000000, 5000), (4194304, 65536), (8999999, 1)]), ("all", 1 << 21, []), ("one", 1, [])):
        with open("sparse/" + name, "wb") as f:
            f.truncate(size)
            for at, n in pieces:
                f.seek(at)
                f.write(random.Random(n).randbytes(n))


def attributes():
    write(b"attributes/file")
    for name, value in ((b"user.text", b"some words"), (b"user.binary", bytes(range(256))), (b"user.empty", b""), (b"user.long", b"y" * 1500)):
        try_it("xattr", os.setxattr, "attributes/file", name, value)
    write(b"attributes/latin-1")
    try_it("xattr", os.setxattr, "attributes/latin-1", b"user.latin \xe9", b"x")
    os.mkdir("attributes/folder")
    try_it("xattr", os.setxattr, "attributes/folder", "user.folder", b"f")
    write(b"attributes/list", mode=0o640)
    try_it("acl", os.setxattr, "attributes/list", "system.posix_acl_access",
           access_list((1, 6, 0xFFFFFFFF), (2, 7, 0), (2, 4, 2), (4, 4, 0xFFFFFFFF), (8, 5, 3), (16, 7, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)))
    os.mkdir("attributes/defaults")
    both = access_list((1, 7, 0xFFFFFFFF), (2, 5, 1), (4, 5, 0xFFFFFFFF), (16, 5, 0xFFFFFFFF), (32, 1, 0xFFFFFFFF))
    for name in ("system.posix_acl_access", "system.posix_acl_default"):
        try_it("acl", os.setxattr, "attributes/defaults", name, both)
    write(b"attributes/defaults/file", mode=0o604)
    os.mkdir("attributes/defaults/folder")
    if ROOT:
        write(b"attributes/capable", mode=0o755)
        try_it("capability", os.setxattr, "attributes/capable", "security.capability", bytes.fromhex("0100000200040000") + bytes(12))
        write(b"attributes/trusted")
        try_it("trusted", os.setxattr, "attributes/trusted", "trusted.x", b"t")


def times():
    write(b"times/before")
    write(b"times/future")
    os.makedirs("times/folder")
    write(b"times/folder/file")
    os.symlink("before", "times/link")


def settle():
    """Whole seconds, as no more is stored: each thing its own; some before 1970."""
    found = []
    for where, folders, files in os.walk(b".", topdown=False):
        found += [os.path.join(where, n) for n in sorted(folders + files)]
    for n, path in enumerate(sorted(found, key=lambda p: -p.count(b"/"))):
        if len(path) < 4000:
            os.utime(path, (1000000000 + n, 900000000 + n * 86399), follow_symlinks=False)
    for path, when in ((b"times/before", -86400 * 365 * 20), (b"times/future", 4000000000), (b"times/folder", -1)):
        os.utime(path, (when, when))


def small(n):
    draw = random.Random(1)
    noise = draw.randbytes(1 << 16)
    for i in range(n):
        if i % 100 == 0:
            os.makedirs("d%d/d%d" % (i // 5000, i // 100), exist_ok=True)
        at, size = draw.randrange(0, 1 << 15), draw.randrange(1, 2000)
        with open("d%d/d%d/f%d" % (i // 5000, i // 100, i), "wb") as f:
            f.write(noise[at:at + size])
    settle_small()


def settle_small():
    for where, folders, files in os.walk(".", topdown=False):
        for name in files + folders:
            os.utime(os.path.join(where, name), (1000000000, 1000000000))


def main():
    count = int(sys.argv[2]) if sys.argv[1] == "--small" else 0
    os.makedirs(sys.argv[-1])
    os.chdir(sys.argv[-1])
    if count:
        small(count)
        return
    for part in (names, modes, links, special, sparse, attributes, times, settle):
        part()


main()
