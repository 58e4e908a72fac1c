#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""hostile.py NAME OUTFILE: a volume whose files want to get out of the folder that they are extracted to, or to do other harm there.
hostile.py --all FOLDER: all of them.
hostile.py --list: the names, each with what it tries.

Each job also has a file /fine/file, written last, which is to come out whatever else is on the volume.  In names "@" stands for the
folder that the attack aims at, which the environment gives as OUTSIDE.
"""
import os
import sys

sys.dont_write_bytecode = True
import mkvolume as mk  # noqa: E402

OUTSIDE = os.environ.get("OUTSIDE", "/outside")
FINE = b"what is fine\n"


class Job(mk.Session):
    """A session whose files have any attributes."""

    def entry(self, name, kind=3, mode=0o100644, link="", link_fi=0, size=0, uid=0, rdev=0, links=1, packet=None, mtime=1700000000, stream=2):
        self.fi += 1
        fields = (0xFC00, 0x1000 + self.fi, mode, links, uid, uid, rdev, size, 4096, 8, 1700000000, mtime, mtime, link_fi, 0, stream)
        packet = packet or " ".join(mk.base64_number(f) for f in fields)
        as_bytes = [t if isinstance(t, bytes) else t.encode() for t in (name, packet, link)]
        self.put(1, b"%d %d " % (self.fi, kind) + b"\0".join(as_bytes) + b"\0\0" + b"0\0")

    def plain(self, name, content=b"content\n", **more):
        self.entry(name, size=more.pop("size", len(content)), **more)
        if content:
            self.put(2, content)
        self.digest(content)

    def folder(self, name, mode=0o040755, **more):
        self.entry(name, 5, mode, **more)

    def symlink(self, name, to, **more):
        self.entry(name, 4, 0o120777, to, **more)

    def hardlink(self, name, to, **more):
        self.entry(name, 1, 0o100644, to, links=2, **more)


ATTACKS = {}


def attack(what):
    def note(f):
        ATTACKS[f.__name__.replace("_", "-")] = (what, f)
        return f
    return note


@attack("a name that climbs out")
def climbs(j):
    j.plain("../../../../../../.." + OUTSIDE + "/new")


@attack("a name that climbs in its middle")
def climbs_inside(j):
    j.plain("/a/b/../../../.." + OUTSIDE + "/new")


@attack("a name that ends in ..")
def climbs_last(j):
    j.folder("/a/../")
    j.plain("/a/..")


@attack("a folder that climbs out")
def folder_climbs(j):
    j.folder("../../../../../../.." + OUTSIDE + "/", 0o040777)


@attack("an absolute name of what is there")
def absolute(j):
    j.plain(OUTSIDE + "/victim", b"overwritten\n")


@attack("a link, and a file through it")
def file_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.plain("/way/new")
    j.plain("/way/victim", b"overwritten\n")


@attack("a link that climbs, and a file through it")
def file_through_climbing_link(j):
    j.symlink("/a/way", "../../../../../../../../.." + OUTSIDE)
    j.plain("/a/way/new")


@attack("a link, and a folder record of its name: its mode and owner go through it")
def folder_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.folder("/way/", 0o041777, uid=65534)


@attack("a link, and a folder below it")
def folder_below_link(j):
    j.symlink("/way", OUTSIDE)
    j.folder("/way/made/", 0o041777)


@attack("a link to a file, and a file of its name")
def file_over_link(j):
    j.symlink("/way", OUTSIDE + "/victim")
    j.plain("/way", b"overwritten\n")


@attack("a folder that becomes a link before its mode is set")
def folder_becomes_link(j):
    j.plain("/way/inside")
    j.symlink("/way", OUTSIDE)
    j.folder("/way/", 0o041777, uid=65534)


@attack("a link through a link")
def link_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.symlink("/way/link", "victim")


@attack("a chain of links")
def chain(j):
    j.symlink("/one", "two")
    j.symlink("/two", "three")
    j.symlink("/three", OUTSIDE)
    j.plain("/one/new")


@attack("a link in the place of the extracted folder itself")
def root_link(j):
    j.symlink("/", OUTSIDE)
    j.symlink("/.", OUTSIDE)
    j.plain("/./new")


@attack("the folder itself as a folder: its mode is not to change")
def root_folder(j):
    j.folder("/", 0o040000)


@attack("a hard link to a file outside, by its absolute name")
def hardlink_outside(j):
    j.hardlink("/mine", OUTSIDE + "/victim", link_fi=99)


@attack("a hard link to a file outside, by a name that climbs")
def hardlink_climbs(j):
    j.hardlink("/mine", "../../../../../.." + OUTSIDE + "/victim")
    j.plain("/mine", b"overwritten\n")


@attack("a hard link through a symbolic one")
def hardlink_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.hardlink("/mine", "/way/victim")
    j.plain("/mine", b"overwritten\n")


@attack("a hard link to a symbolic link that is taken for a file")
def hardlink_to_link(j):
    j.symlink("/way", OUTSIDE + "/victim", links=2)
    j.hardlink("/mine", "/way")
    j.plain("/mine", b"overwritten\n")


@attack("a hard link to itself")
def hardlink_to_itself(j):
    j.hardlink("/mine", "/mine")


@attack("a fifo in the place of a file that is written to later")
def fifo_then_file(j):
    j.entry("/pipe", 6, 0o010666)
    j.plain("/pipe", b"into the pipe\n")


@attack("devices")
def devices(j):
    j.entry("/disk", 6, 0o060666, rdev=0x0800)
    j.entry("/memory", 6, 0o020666, rdev=0x0101)
    j.entry("/null", 6, 0o020666, rdev=0x0103)


@attack("a raw device: its content is no device's")
def raw_device(j):
    j.entry("/dev/loop77", 16, 0o060660, rdev=0x074D)
    j.put(2, b"raw\n")
    j.digest(b"raw\n")


@attack("a socket, a door and a type that nobody knows")
def odd_types(j):
    j.entry("/socket", 6, 0o140777)
    j.entry("/door", 6, 0o150777)
    j.entry("/unknown", 99, 0o100644)
    j.entry("/deleted", 23, 0)
    j.entry("/base", 24, 0o100644, size=5)
    j.entry("/C:/junction/", 26, 0o120777, "C:/Windows")


@attack("setuid and setgid, owned by another one")
def setuid(j):
    j.plain("/setuid", mode=0o106755, uid=0)
    j.folder("/setgid/", 0o042777)


@attack("names of 5,000 bytes: one component, and many")
def long_names(j):
    j.plain("/" + "a" * 5000)
    j.plain("/" + "b" * 255)
    j.plain("/" + "c" * 256)
    j.plain("/" + "d/" * 2500 + "file")
    j.symlink("/longlink", "e" * 5000)


@attack("names with newlines, escapes, bytes that are no UTF-8")
def odd_names(j):
    j.plain(b"/new\nline")
    j.plain(b"/escape\x1b[31m")
    j.plain(b"/bell\x07\x9b\xff")
    j.plain(b"/ -rf ")
    j.plain(b"/-")
    j.plain(b"/ ")


@attack("a name that is empty, and names of slashes and dots")
def empty_names(j):
    j.plain("")
    j.plain("/")
    j.plain("//")
    j.plain("/.")
    j.plain("/./.")
    j.plain("a//b/./c")


@attack("names that differ in case alone, or in how Unicode writes them")
def twins(j):
    j.plain("/Twin", b"large\n")
    j.plain("/twin", b"small\n")
    j.plain("/\u00e9", b"one character\n")
    j.plain("/e\u0301", b"two characters\n")


@attack("the same name three times")
def same_name(j):
    j.plain("/same", b"first\n")
    j.plain("/same", b"second\n", mtime=1700000500)
    j.plain("/same", b"third\n", mtime=1700000100)


@attack("a file in the place of a folder, and a folder in that of a file")
def kinds_change(j):
    j.plain("/folder/file")
    j.plain("/folder", b"a file\n")
    j.plain("/file", b"a file\n")
    j.plain("/file/below")
    j.folder("/file/")


@attack("a size of 2^60, and data at 2^62")
def bombs(j):
    j.plain("/size", b"small\n", size=1 << 60)
    j.entry("/far", size=1 << 60, stream=6)
    j.put(6, b"\x40" + bytes(7) + b"far away")
    j.digest(b"far away")
    j.entry("/farthest", size=1 << 60, stream=6)
    j.put(6, b"\xff" * 8 + b"beyond")
    j.digest(b"beyond")


@attack("stat packets that are none")
def odd_packets(j):
    j.plain("/none", packet="hello")
    j.plain("/short", packet="A A A A A")
    j.plain("/huge", packet=" ".join(["//////////////////"] * 16))
    j.plain("/negative", packet=" ".join(["-B"] * 16))
    j.plain("/mime", packet="A A IGk= B A A A A A A A A A A A C")


@attack("drives that climb, and the other slash")
def drives(j):
    j.plain("C:/../.." + OUTSIDE + "/new")
    j.plain("C:/Windows/file")
    j.plain("C:")
    j.plain("\\\\..\\..\\outside")


@attack("a symbolic link to nothing, to itself, to .")
def odd_links(j):
    j.symlink("/empty", "")
    j.symlink("/itself", "itself")
    j.symlink("/here", ".")
    j.plain("/here/below")
    j.plain("/itself/below")


@attack("a hard link to a folder")
def hardlink_to_folder(j):
    j.folder("/folder/", links=2)
    j.hardlink("/mine", "/folder/")
    j.hardlink("/yours", "/folder")


@attack("the name of a folder for a file, and that of a file for a folder")
def slashes(j):
    j.plain("/file/")
    j.folder("/folder")
    j.plain("/folder/below")


@attack("FileIndexes that go back and repeat")
def indexes(j):
    j.plain("/one", b"one\n")
    j.plain("/two", b"two\n")
    j.fi = 0
    j.plain("/one-again", b"one again\n")
    j.fi = 2147483640
    j.plain("/last", b"last\n")
    j.fi = 5


@attack("modes without any right, on the way to other files")
def no_rights(j):
    j.folder("/closed/", 0o040000)
    j.plain("/closed/file", mode=0o100000)
    j.folder("/closed/below/", 0o040000)
    j.plain("/closed/below/file")


@attack("names that xflate gives itself")
def own_names(j):
    j.plain("/.xflate-0000000000000000")
    j.plain("/damaged.damaged")
    j.entry("/damaged", size=4)
    j.put(2, b"some")
    j.digest(b"other")
    j.folder("/wrong.damaged/")
    j.entry("/wrong", size=4)
    j.put(2, b"some")
    j.digest(b"other")


@attack("data without attributes, attributes twice, data behind its digest")
def odd_orders(j):
    j.fi += 1
    j.put(2, b"nameless\n")
    j.digest(b"nameless\n")
    j.fi += 1
    j.put(2, b"before its attributes\n")
    j.fi -= 1
    j.plain("/late", b"and behind\n")
    j.plain("/twice", b"first\n")
    j.fi -= 1
    j.plain("/twice-again", b"second\n")
    j.plain("/behind", b"content\n")
    j.put(2, b"more\n")


@attack("content that its client encrypted, that is a difference, that is not there")
def not_ours(j):
    j.entry("/encrypted", size=32, stream=20)
    j.put(22, b"\x30\x00")
    j.put(20, bytes(32))
    j.entry("/delta", size=4)
    j.put(2 | 1 << 27, b"diff")
    j.digest(b"diff")
    j.entry("/deduplicated", size=4)
    j.put(2 | 1 << 24, b"refs")
    j.entry("/lost", size=4)


def xattr(name, value, magic=0x5C5884):
    return b"".join((mk.struct.pack(">II", magic, len(name)), name, mk.struct.pack(">I", len(value)), value))


@attack("capabilities and trusted attributes")
def capabilities(j):
    j.plain("/capable", mode=0o100755)
    j.put(1998, xattr(b"security.capability", bytes.fromhex("0100000200040000" + "00" * 12)) + xattr(b"trusted.x", b"y"))


@attack("extended attributes that are none")
def odd_xattrs(j):
    for n, record in enumerate((b"", b"\0", xattr(b"user.x", b"y", 1), xattr(b"", b"y"), xattr(b"user." + b"x" * 600, b"y"), xattr(b"user.\0x", b"y"),
                                xattr(b"user.long", b"z" * 70000), xattr(b"nothing", b"y"), xattr(b"user.cut", b"abcdef")[:-3],
                                mk.struct.pack(">II", 0x5C5884, 0xFFFFFFFF), xattr(b"system.posix_acl_access", b"garbage"))):
        j.plain("/xattr%d" % n)
        j.put(1998, record)


@attack("access lists that are none, on files, folders and links")
def odd_acls(j):
    for n, text in enumerate((b"", b"\0", b"hello", b"user::rwx", b"user::rwx\ngroup::r-x\nother::r-x\nuser:no-such-person:rwx\nmask::rwx\n\0",
                              b"user::rwx\nuser:4294967295:rwx\n", b"user:0:rwx\n" * 9000, b"user::rwz\n", b"u" * 100000, b"\xff\n\x1b[31m:\0")):
        j.plain("/acl%d" % n)
        j.put(1008, text)
        j.folder("/folder%d/" % n)
        j.put(1007, text)
        j.symlink("/link%d" % n, "acl%d" % n)
        j.put(1008, text)


@attack("many of them for one file")
def many_extras(j):
    j.plain("/many")
    for _ in range(100):
        j.put(1008, b"user::rw-\ngroup::r--\nother::r--\n\0")
        j.put(1998, xattr(b"user.x", b"y"))


def sub_stream(number, data, name=""):
    wide = name.encode("utf-16-le")
    return mk.struct.pack("<IIQI", number, 0, len(data), len(wide)) + wide + data


def windows_file(j, name, raw, size, cut=7, kind=3):
    j.entry(name, kind, 0o100777, size=size, stream=11)
    for at in range(0, len(raw), cut):
        j.put(11, raw[at:at + cut])
    if kind == 3:
        j.digest(raw)


@attack("files of Windows, their headers cut anywhere; a sparse one")
def windows(j):
    security, content = sub_stream(3, b"descriptor" * 9), mk.text(1, 5000)
    for cut in (7, 20, 21, 1000, 100000):
        windows_file(j, "C:/cut%d.txt" % cut, security + sub_stream(1, content) + sub_stream(4, b"zone", ":Zone.Identifier:$DATA"), 5000, cut)
    blocks = [(0, b"begin"), (1 << 20, b"middle"), (3 << 20, b"")]
    windows_file(j, "C:/sparse", b"".join(sub_stream(9, mk.struct.pack("<Q", at) + data) for at, data in blocks) + security, 3 << 20)
    windows_file(j, "C:/empty", security + sub_stream(1, b""), 0)
    windows_file(j, "C:/folder/", security, 0, kind=5)


@attack("files of Windows that are none")
def odd_windows(j):
    good = sub_stream(1, b"content")
    for n, raw in enumerate((b"\0\0\0\0ROBS" + bytes(40), good + bytes(20), good[:-3], good + good[:10], sub_stream(9, b"short"),
                             sub_stream(9, b"\xff" * 8 + b"far"), mk.struct.pack("<IIQI", 1, 0, 1 << 63, 0) + b"x",
                             mk.struct.pack("<IIQI", 1, 0, 1 << 40, 0) + b"x", mk.struct.pack("<IIQI", 4, 0, 1, 0xFFFFFFFF), b"x" * 19)):
        windows_file(j, "C:/odd%d" % n, raw, 7)


@attack("restore objects whose names climb, are long, empty, of bytes that nobody prints; and damaged ones")
def objects(j):
    content = mk.text(1, 3000)
    for name in (b"../../.." + OUTSIDE.encode() + b"/new", b"/etc/passwd", b"..", b"", b"a\nb\xff", b"n" * 5000, b"plain"):
        j.fi += 1
        packed = mk.zlib.compress(content)
        j.put(28, b"%d 25 1 %d %d 1 plugin\0%s\0%s\0" % (j.fi, len(packed), len(content), name, packed))
    for record in (b"", b"7", b"1 25 1 5 5 0 p\0", b"1 25 1 5 99 1 p\0o\0short\0", b"1 25 1 999999999999999999 5 0 p\0o\0short\0"):
        j.fi += 1
        j.put(28, record)


def make(name):
    p = mk.Packer(cap=65000)
    j = Job(p, name="hostile")
    ATTACKS[name][1](j)
    j.plain("/fine/file", FINE)
    return mk.whole("hostile", j.close())


def main():
    if sys.argv[1] == "--list":
        for name, (what, _) in sorted(ATTACKS.items()):
            print("%s\t%s" % (name, what))
        return
    for name in sorted(ATTACKS) if sys.argv[1] == "--all" else [sys.argv[1]]:
        with open(os.path.join(sys.argv[2], name) if sys.argv[1] == "--all" else sys.argv[2], "wb") as f:
            f.write(make(name))


main()
