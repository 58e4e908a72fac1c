#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""treelist.py [--bare] FOLDER: a line for each thing below FOLDER, to compare a tree with what was restored of it.

  NAME KIND MODE UID:GID SIZE MTIME CONTENT [=FIRST] [XATTRS]

NAME as Python writes bytes; KIND file, folder, link, fifo, block, char, socket; SIZE "-" but for files; CONTENT the SHA-256 of a file, the
target of a link, the number of a device, or "-"; =FIRST the first name of a file that has several; XATTRS name=hex, access lists among
them (not with --bare).  Sorted by name.
"""
import hashlib
import os
import stat
import sys

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo", stat.S_IFBLK: "block",
         stat.S_IFCHR: "char", stat.S_IFSOCK: "socket"}


def content(path, st):
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    if stat.S_ISLNK(st.st_mode):
        return repr(os.readlink(path))[1:]
    if stat.S_ISBLK(st.st_mode) or stat.S_ISCHR(st.st_mode):
        return "%d:%d" % (os.major(st.st_rdev), os.minor(st.st_rdev))
    return "-"


def attributes(path):
    try:
        return " ".join("%s=%s" % (n, os.getxattr(path, n, follow_symlinks=False).hex())
                        for n in sorted(os.listxattr(path, follow_symlinks=False)))
    except OSError:
        return ""


def main():
    bare = sys.argv[1] == "--bare"
    root = os.fsencode(sys.argv[-1])
    found = {}
    for where, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(where, name)
            found[os.path.relpath(path, root)] = path
    first = {}
    for name in sorted(found):
        path = found[name]
        st = os.lstat(path)
        folder = stat.S_ISDIR(st.st_mode)
        words = [repr(name)[1:], KINDS[stat.S_IFMT(st.st_mode)], "%04o" % (st.st_mode & 0o7777), "%d:%d" % (st.st_uid, st.st_gid),
                 str(st.st_size) if stat.S_ISREG(st.st_mode) else "-", str(int(st.st_mtime)), content(path, st)]
        if st.st_nlink > 1 and not folder:
            words.append("=" + repr(first.setdefault((st.st_dev, st.st_ino), name))[1:])
        words += [] if bare else [attributes(path)]
        print(" ".join(words).rstrip())


main()
