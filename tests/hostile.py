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


class Attack:
    """What it is; says: what xflate is to say; status: how it ends, or with --existing=skip, with --existing=replace and with --tar;
    options of the run; before: what is done in the folder first (with its path and OUTSIDE); meanwhile: the same, when half of the
    volume has come; devices: they are asked for, which takes root; tar: is it tried with --tar, too?  other: the number of the job beside it; mortal: the statuses for
    others than root."""

    def __init__(self, make, what, says, status=0, options=(), before=None, meanwhile=None, devices=False, tar=True, other=1, mortal=None):
        self.make, self.what, self.says, self.options = make, what, says, list(options)
        self.statuses = (status,) * 3 if isinstance(status, int) else status
        self.before, self.meanwhile, self.devices, self.tar, self.other = before, meanwhile, devices, tar, other
        self.mortal = self.statuses if mortal is None else mortal


def attack(what, says, *more, **named):
    def note(f):
        ATTACKS[f.__name__.replace("_", "-")] = Attack(f, what, says, *more, **named)
        return f
    return note


@attack("a name that climbs out", r"leads out of the folder", 1)
def climbs(j):
    j.plain("../../../../../../.." + OUTSIDE + "/new")


@attack("a name that climbs in its middle", r"leads out of the folder", 1)
def climbs_inside(j):
    j.plain("/a/b/../../../.." + OUTSIDE + "/new")


@attack("a name that ends in ..", r"leads out of the folder", 1)
def climbs_last(j):
    j.folder("/a/../")
    j.plain("/a/..")


@attack("a folder that climbs out", r"leads out of the folder", 1)
def folder_climbs(j):
    j.folder("../../../../../../.." + OUTSIDE + "/", 0o040777)


@attack("an absolute name of what is there", r"2 files")
def absolute(j):
    j.plain(OUTSIDE + "/victim", b"overwritten\n")


@attack("a link, and a file through it", r"nothing is written through it", 1)
def file_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.plain("/way/new")
    j.plain("/way/victim", b"overwritten\n")


@attack("a link that climbs, and a file through it", r"nothing is written through it", 1)
def file_through_climbing_link(j):
    j.symlink("/a/way", "../../../../../../../../.." + OUTSIDE)
    j.plain("/a/way/new")


@attack("a link, and a folder record of its name: its mode and owner go through it", r"nothing is written through it", 1)
def folder_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.folder("/way/", 0o041777, uid=65534)


@attack("a link, and a folder below it", r"nothing is written through it", 1)
def folder_below_link(j):
    j.symlink("/way", OUTSIDE)
    j.folder("/way/made/", 0o041777)


@attack("a link to a file, and a file of its name", r"2 files|1 file .*\n.*there: *1")
def file_over_link(j):
    j.symlink("/way", OUTSIDE + "/victim")
    j.plain("/way", b"overwritten\n")


@attack("a folder that becomes a link before its mode is set", r"there: *1|there is a folder of this name|in the place of its folder", (0, 1, 1))
def folder_becomes_link(j):
    j.plain("/way/inside")
    j.symlink("/way", OUTSIDE)
    j.folder("/way/", 0o041777, uid=65534)


@attack("a link through a link", r"nothing is written through it", 1)
def link_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.symlink("/way/link", "victim")


@attack("a chain of links", r"nothing is written through it", 1)
def chain(j):
    j.symlink("/one", "two")
    j.symlink("/two", "three")
    j.symlink("/three", OUTSIDE)
    j.plain("/one/new")


@attack("a link in the place of the extracted folder itself", r"nothing is left of its name")
def root_link(j):
    j.symlink("/", OUTSIDE)
    j.symlink("/.", OUTSIDE)
    j.plain("/./new")


@attack("the folder itself as a folder: its mode is not to change", r"1 file")
def root_folder(j):
    j.folder("/", 0o040000)


@attack("a hard link to a file outside, by its absolute name", r"which did not come", 1)
def hardlink_outside(j):
    j.hardlink("/mine", OUTSIDE + "/victim", link_fi=99)


@attack("a hard link to a file outside, by a name that climbs", r"which did not come", 1)
def hardlink_climbs(j):
    j.hardlink("/mine", "../../../../../.." + OUTSIDE + "/victim")
    j.plain("/mine", b"overwritten\n")


@attack("a hard link through a symbolic one", r"which did not come", 1)
def hardlink_through_link(j):
    j.symlink("/way", OUTSIDE)
    j.hardlink("/mine", "/way/victim")
    j.plain("/mine", b"overwritten\n")


@attack("a hard link to a symbolic link that is taken for a file", r"1 hard link")
def hardlink_to_link(j):
    j.symlink("/way", OUTSIDE + "/victim", links=2)
    j.hardlink("/mine", "/way")
    j.plain("/mine", b"overwritten\n")


@attack("a hard link to itself", r"which did not come", 1)
def hardlink_to_itself(j):
    j.hardlink("/mine", "/mine")


@attack("a fifo in the place of a file that is written to later", r"a device or fifo, which --devices makes")
def fifo_then_file(j):
    j.entry("/pipe", 6, 0o010666)
    j.plain("/pipe", b"into the pipe\n")


@attack("devices", r"a device or fifo, which --devices makes")
def devices(j):
    j.entry("/disk", 6, 0o060666, rdev=0x0800)
    j.entry("/memory", 6, 0o020666, rdev=0x0101)
    j.entry("/null", 6, 0o020666, rdev=0x0103)


@attack("a raw device: its content is no device's", r"2 files")
def raw_device(j):
    j.entry("/dev/loop77", 16, 0o060660, rdev=0x074D)
    j.put(2, b"raw\n")
    j.digest(b"raw\n")


@attack("a socket, a door and a type that nobody knows", r"a file of type 99, which nobody knows", 1)
def odd_types(j):
    j.entry("/socket", 6, 0o140777)
    j.entry("/door", 6, 0o150777)
    j.entry("/unknown", 99, 0o100644)
    j.entry("/deleted", 23, 0)
    j.entry("/base", 24, 0o100644, size=5)
    j.entry("/C:/junction/", 26, 0o120777, "C:/Windows")


@attack("setuid and setgid, owned by another one", r"2 files")
def setuid(j):
    j.plain("/setuid", mode=0o106755, uid=0)
    j.folder("/setgid/", 0o042777)


@attack("names of 5,000 bytes: one component, and many", r"File name too long|5 files", (1, 1, 0))
def long_names(j):
    j.plain("/" + "a" * 5000)
    j.plain("/" + "b" * 255)
    j.plain("/" + "c" * 256)
    j.plain("/" + "d/" * 2500 + "file")
    j.symlink("/longlink", "e" * 5000)


@attack("names with newlines, escapes, bytes that are no UTF-8", r"7 files")
def odd_names(j):
    j.plain(b"/new\nline")
    j.plain(b"/escape\x1b[31m")
    j.plain(b"/bell\x07\x9b\xff")
    j.plain(b"/ -rf ")
    j.plain(b"/-")
    j.plain(b"/ ")


@attack("a name that is empty, and names of slashes and dots", r"nothing is left of its name")
def empty_names(j):
    j.plain("")
    j.plain("/")
    j.plain("//")
    j.plain("/.")
    j.plain("/./.")
    j.plain("a//b/./c")


@attack("names that differ in case alone, or in how Unicode writes them", r"5 files")
def twins(j):
    j.plain("/Twin", b"large\n")
    j.plain("/twin", b"small\n")
    j.plain("/\u00e9", b"one character\n")
    j.plain("/e\u0301", b"two characters\n")


@attack("the same name three times", r"came again|4 files")
def same_name(j):
    j.plain("/same", b"first\n")
    j.plain("/same", b"second\n", mtime=1700000500)
    j.plain("/same", b"third\n", mtime=1700000100)


@attack("a file in the place of a folder, and a folder in that of a file", r"no folder|in the place of its folder", 1)
def kinds_change(j):
    j.plain("/folder/file")
    j.plain("/folder", b"a file\n")
    j.plain("/file", b"a file\n")
    j.plain("/file/below")
    j.folder("/file/")


@attack("a size of 2^60, and data at 2^62", r"File too large|reaches beyond", 1)
def bombs(j):
    j.plain("/size", b"small\n", size=1 << 60)
    j.entry("/far", size=1 << 60, stream=6)
    j.put(6, b"\x40" + bytes(7) + b"far away")
    j.digest(b"far away")
    j.entry("/farthest", size=1 << 60, stream=6)
    j.put(6, b"\xff" * 8 + b"beyond")
    j.digest(b"beyond")


@attack("stat packets that are none", r"its name is lost", (1, 1, 3), mortal=(3, 3, 3))
def odd_packets(j):
    j.plain("/none", packet="hello")
    j.plain("/short", packet="A A A A A")
    j.plain("/huge", packet=" ".join(["//////////////////"] * 16))
    j.plain("/negative", packet=" ".join(["-B"] * 16))
    j.plain("/mime", packet="A A IGk= B A A A A A A A A A A A C")


@attack("drives that climb, and the other slash", r"leads out of the folder", 1)
def drives(j):
    j.plain("C:/../.." + OUTSIDE + "/new")
    j.plain("C:/Windows/file")
    j.plain("C:")
    j.plain("\\\\..\\..\\outside")


@attack("a symbolic link to nothing, to itself, to .", r"nothing is written through it", 1)
def odd_links(j):
    j.symlink("/empty", "")
    j.symlink("/itself", "itself")
    j.symlink("/here", ".")
    j.plain("/here/below")
    j.plain("/itself/below")


@attack("a hard link to a folder", r"which did not come", 1)
def hardlink_to_folder(j):
    j.folder("/folder/", links=2)
    j.hardlink("/mine", "/folder/")
    j.hardlink("/yours", "/folder")


@attack("the name of a folder for a file, and that of a file for a folder", r"1 folder")
def slashes(j):
    j.plain("/file/")
    j.folder("/folder")
    j.plain("/folder/below")


@attack("FileIndexes that go back and repeat", r"3 files of the job did not come", 3)
def indexes(j):
    j.plain("/one", b"one\n")
    j.plain("/two", b"two\n")
    j.fi = 0
    j.plain("/one-again", b"one again\n")
    j.fi = 2147483640
    j.plain("/last", b"last\n")
    j.fi = 5


@attack("modes without any right, on the way to other files", r"2 folders")
def no_rights(j):
    j.folder("/closed/", 0o040000)
    j.plain("/closed/file", mode=0o100000)
    j.folder("/closed/below/", 0o040000)
    j.plain("/closed/below/file")


@attack("names that xflate gives itself", r"its content is not what its digest says", 3)
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


@attack("data without attributes, attributes twice, data behind its digest", r"its name is lost", 3)
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


@attack("content that its client encrypted, that is a difference, that is not there", r"less has come than its size", 1)
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


@attack("capabilities and trusted attributes", r"2 files")
def capabilities(j):
    j.plain("/capable", mode=0o100755)
    j.put(1998, xattr(b"security.capability", bytes.fromhex("0100000200040000" + "00" * 12)) + xattr(b"trusted.x", b"y"))


@attack("extended attributes that are none", r"extended attributes cannot be read", 1)
def odd_xattrs(j):
    for n, record in enumerate((b"", b"\0", xattr(b"user.x", b"y", 1), xattr(b"", b"y"), xattr(b"user." + b"x" * 600, b"y"), xattr(b"user.\0x", b"y"),
                                xattr(b"user.long", b"z" * 70000), xattr(b"nothing", b"y"), xattr(b"user.cut", b"abcdef")[:-3],
                                mk.struct.pack(">II", 0x5C5884, 0xFFFFFFFF), xattr(b"system.posix_acl_access", b"garbage"))):
        j.plain("/xattr%d" % n)
        j.put(1998, record)


@attack("access lists that are none, on files, folders and links", r"access list", 1)
def odd_acls(j):
    for n, text in enumerate((b"", b"\0", b"hello", b"user::rwx", b"user::rwx\ngroup::r-x\nother::r-x\nuser:no-such-person:rwx\nmask::rwx\n\0",
                              b"user::rwx\nuser:4294967295:rwx\n", b"user:0:rwx\n" * 9000, b"user::rwz\n", b"u" * 100000, b"\xff\n\x1b[31m:\0")):
        j.plain("/acl%d" % n)
        j.put(1008, text)
        j.folder("/folder%d/" % n)
        j.put(1007, text)
        j.symlink("/link%d" % n, "acl%d" % n)
        j.put(1008, text)


@attack("many of them for one file", r"not restored")
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


@attack("files of Windows, their headers cut anywhere; a sparse one", r"security descriptors of 8 files")
def windows(j):
    security, content = sub_stream(3, b"descriptor" * 9), mk.text(1, 5000)
    for cut in (7, 20, 21, 1000, 100000):
        windows_file(j, "C:/cut%d.txt" % cut, security + sub_stream(1, content) + sub_stream(4, b"zone", ":Zone.Identifier:$DATA"), 5000, cut)
    blocks = [(0, b"begin"), (1 << 20, b"middle"), (3 << 20, b"")]
    windows_file(j, "C:/sparse", b"".join(sub_stream(9, mk.struct.pack("<Q", at) + data) for at, data in blocks) + security, 3 << 20)
    windows_file(j, "C:/empty", security + sub_stream(1, b""), 0)
    windows_file(j, "C:/folder/", security, 0, kind=5)


@attack("files of Windows that are none", r"not what BackupRead makes", 4)
def odd_windows(j):
    good = sub_stream(1, b"content")
    for n, raw in enumerate((b"\0\0\0\0ROBS" + bytes(40), good + bytes(20), good[:-3], good + good[:10], sub_stream(9, b"short"),
                             sub_stream(9, b"\xff" * 8 + b"far"), mk.struct.pack("<IIQI", 1, 0, 1 << 63, 0) + b"x",
                             mk.struct.pack("<IIQI", 1, 0, 1 << 40, 0) + b"x", mk.struct.pack("<IIQI", 4, 0, 1, 0xFFFFFFFF), b"x" * 19)):
        windows_file(j, "C:/odd%d" % n, raw, 7)


@attack("a name a million levels deep", r"more levels than any system", 1)
def million_levels(j):
    j.plain("/" + "d/" * 1000000 + "file")


@attack("a name of as many levels as any system has", r"2 files", tar=False)
def deepest(j):
    j.plain("/" + "d/" * 6000 + "file")


@attack("a hard link whose LinkFI is that of another file", r"1 hard link")
def link_fi_lies(j):
    j.plain("/first", b"first\n", links=2)
    j.plain("/secret", b"secret\n", links=2)
    j.hardlink("/mine", "/first", link_fi=2)


@attack("a hard link in front of what it is a link to", r"which did not come", 1)
def link_first(j):
    j.hardlink("/mine", "/later")
    j.plain("/later", links=2)


@attack("a hard link that has a mode, an owner and a list of its own", r"1 hard link")
def link_with_rights(j):
    j.plain("/first", b"first\n", links=2)
    j.hardlink("/mine", "/first", uid=65534)
    j.put(1008, b"user::rwx\ngroup::rwx\nother::rwx\n\0")


@attack("a symbolic link that has a mode, an owner, a list and capabilities of its own", r"1 symbolic link", (1, 1, 0), mortal=(0, 0, 0))
def symlink_with_rights(j):
    j.symlink("/way", OUTSIDE + "/victim", uid=65534)
    j.put(1008, b"user::rwx\ngroup::rwx\nother::rwx\n\0")
    j.put(1998, xattr(b"user.x", b"y") + xattr(b"trusted.x", b"y") + xattr(b"security.capability", b"not one"))


@attack("names with a NUL, behind which another one stands", r"its name is lost", 3)
def nul_in_names(j):
    j.plain(b"/before\0" + OUTSIDE.encode() + b"/new")
    j.symlink("/link", b"target\0" + OUTSIDE.encode() + b"/victim")


@attack("names of /proc and /dev", r"8 files")
def system_names(j):
    for name in ("/proc/self/root/new", "/proc/self/fd/3", "/proc/self/cwd/new", "/proc/sys/kernel/core_pattern", "/dev/sda", "/dev/stdout", "/dev/fd/1"):
        j.plain(name)


@attack("a link to /proc/self/cwd, one to /proc/self/root, and files through them", r"nothing is written through it", 1)
def magic_links(j):
    j.symlink("/cwd", "/proc/self/cwd")
    j.symlink("/root", "/proc/self/root")
    j.plain("/cwd/new")
    j.plain("/root" + OUTSIDE + "/new")
    j.folder("/cwd/", 0o041777)


@attack("names that climb when they lose components", r"leads out of the folder", 1, options=("--strip", "1"))
def strip_climbs(j):
    j.plain("/a/../.." + OUTSIDE + "/new")
    j.plain("x/../new")
    j.plain("/../new")
    j.plain("/lonely")
    j.plain("/fine/fine/file", FINE)


@attack("a link that is in the way only when names lose components", r"nothing is written through it", 1, options=("--strip", "1"))
def strip_meets(j):
    j.symlink("/a/way", OUTSIDE)
    j.plain("/b/way/new")
    j.folder("/c/way/", 0o041777)
    j.plain("/fine/fine/file", FINE)


@attack("names that look like headers of archives", r"4 files", (0, 0, 1))
def pax_headers(j):
    j.plain("/x\n30 path=" + OUTSIDE + "/new\n")
    j.symlink("/link", "x\n30 linkpath=" + OUTSIDE + "/victim\n")
    j.plain("/attributes")
    j.put(1998, xattr(b"user.a\n30 path=", OUTSIDE.encode() + b"/new") + xattr(b"user.x", b"y\n20 path=/new\n") +
          xattr(b"user.GNU.sparse.name", OUTSIDE.encode() + b"/new"))
    j.plain("/GNUSparseFile.0/file")


@attack("extended attributes by the thousand, of 60 kB each", r"cannot be set|2 files", (1, 1, 0))
def xattr_bomb(j):
    j.plain("/bomb")
    j.put(1998, b"".join(xattr(b"user.%d" % n, bytes(60000)) for n in range(100)))
    j.put(1998, b"".join(xattr(b"user.%d" % n, b"") for n in range(50000)))


@attack("an access list of 20,000 people whom nobody knows", r"not known here|2 files", (1, 1, 0))
def acl_bomb(j):
    j.plain("/bomb")
    j.put(1008, b"user::rw-\n" + b"".join(b"user:nobody%d:rwx\n" % n for n in range(20000)))


@attack("labels that lie: names with escapes and slashes, other numbers, files without end", r"missing|did not come", 3)
def labels_lie(j):
    j.name = "../../" + OUTSIDE + "/\x1b[31m\nnew"
    j.jobid = 77
    j.plain("/file")
    j.files = 1000000000


@attack("two jobs of one number", r"say with --job which one", 2, tar=False)
def two_jobs(j):
    j.plain("/one")
    j.other.plain("/two")


@attack("a hard link to a file of another job", r"which did not come", 1, options=("--job", "1"), other=2)
def link_to_other_job(j):
    j.other.plain("/theirs", b"theirs\n", links=2)
    j.hardlink("/mine", "/theirs")


@attack("a name that is a file, a link, a file, a folder and a link in turn", r"no folder|in the place of its folder", 1)
def types_change(j):
    j.plain("/t", b"file\n")
    j.symlink("/t", OUTSIDE + "/victim")
    j.plain("/t", b"file again\n")
    j.folder("/t/", 0o040777)
    j.symlink("/t", OUTSIDE)
    j.folder("/t/", 0o041777)
    j.plain("/t/new")


@attack("devices, and files of their names", r"2 files", devices=True)
def devices_then_files(j):
    j.entry("/null", 6, 0o020666, rdev=0x0103)
    j.plain("/null", b"into the device\n", mtime=1700000500)


@attack("devices of regular files, of folders and of nothing", r"kind that is not made", (1, 1, 1), devices=True, tar=False)
def devices_of_files(j):
    j.entry("/regular", 6, 0o100666)
    j.entry("/nothing", 6, 0o666)
    j.entry("/folder", 6, 0o040777)


@attack("setuid files that are damaged, whose owner nobody can be, or which are links", r"owner cannot be set|DAMAGED", (1, 1, 3), mortal=(3, 3, 3))
def odd_setuid(j):
    j.entry("/hurt", size=4, mode=0o106755)
    j.put(2, b"some")
    j.digest(b"other")
    j.plain("/nobody", mode=0o106755, uid=0xFFFFFFFF)


@attack("lost+found is a link", r"nothing is written through it", 1)
def lost_and_found(j):
    j.symlink("/lost+found", OUTSIDE)
    j.fi += 1
    j.put(2, b"nameless\n")
    j.digest(b"nameless\n")


@attack("the name of a damaged file is a link", r"its content is not what its digest says", 3)
def damaged_link(j):
    j.symlink("/hurt.damaged", OUTSIDE + "/victim")
    j.entry("/hurt", size=4)
    j.put(2, b"some")
    j.digest(b"other")


@attack("a file whose pieces come from the end to the beginning, 40,000 of them", r"2 files|no order", (0, 0, 1))
def backwards(j):
    pieces = [b"%d" % (n % 10) for n in range(40000)]
    j.entry("/backwards", size=2 * 40000, stream=6)
    for n in range(len(pieces) - 1, -1, -1):
        j.put(6, mk.struct.pack(">Q", 2 * n) + pieces[n])
    j.digest(b"".join(reversed(pieces)))


@attack("a file that is a hole of 8 EiB, and one of pieces on top of each other", r"2 files|beyond|cannot get its size|File too large", 1)
def sparse(j):
    j.entry("/hole", size=(1 << 63) - 1, stream=6)
    j.put(6, mk.struct.pack(">Q", 0) + b"begin")
    j.digest(b"begin")
    j.entry("/same", size=5, stream=6)
    for _ in range(1000):
        j.put(6, mk.struct.pack(">Q", 0) + b"again")
    j.digest(b"again" * 1000)


@attack("slashes and dots in other clothes", r"8 files")
def odd_dots(j):
    for name in (b"/.../x", b"/.. /x", b"/ ../x", b"/\xc0\xae\xc0\xae/x", b"/..\xc0\xaf..\xc0\xafx", "/\uff0e\uff0e\uff0f\uff0e\uff0e\uff0fx", "/..\u2215..\u2215x"):
        j.plain(name)


@attack("names that write backwards, and those of no width", r"4 files")
def odd_writing(j):
    j.plain("/\u202etxt.exe")
    j.plain("/\u200b")
    j.plain("/\ufeff/\u2066x")


@attack("shares and devices of Windows", r"leads out of the folder", 1)
def windows_names(j):
    j.plain("//./PHYSICALDRIVE0")
    j.plain("//?/C:/x")
    j.plain("//server/share/../../../.." + OUTSIDE + "/new")
    j.plain("C:x")
    j.plain("c:/CON")
    j.plain("file:stream")


@attack("times and sizes that no clock and no disk has", r"time cannot be set|3 files", (0, 0, 0))
def odd_times(j):
    j.plain("/first", mtime=(1 << 62))
    j.plain("/zero", mtime=0)


@attack("records of plugins, restore objects and streams that nobody knows", r"records:")
def odd_streams(j):
    j.fi += 1
    j.put(26, b"1 0 /@PLUGIN/../../x\0")
    j.put(28, b"1 25 1 1 4 4 0 0 0 /@PLUGIN/x\0name\0data")
    j.plain("/known")
    for stream in (13, 14, 1989, 999, 2047):
        j.put(stream, b"../../x\0")


def plant(folder, outside):
    os.symlink(outside, os.path.join(folder, "way"))
    os.symlink(os.path.join(outside, "victim"), os.path.join(folder, "link"))
    os.link(os.path.join(outside, "shared"), os.path.join(folder, "other-name"))
    os.mkfifo(os.path.join(folder, "pipe"))


@attack("links, other names of files and a fifo that are in the folder already", r"nothing is written through it", 1, before=plant, tar=False)
def planted(j):
    j.plain("/way/new")
    j.folder("/way/", 0o041777, uid=65534)
    for name in ("/link", "/other-name", "/pipe"):
        j.plain(name, b"overwritten\n")


def move_away(folder, outside):
    os.rename(folder, folder + "-moved")
    os.symlink(folder + "-moved", folder)


@attack("the folder to extract to is a link itself", r"3 files", before=move_away, tar=False)
def target_is_link(j):
    j.plain("/a/file")
    j.plain("/b/file")


def swap(folder, outside):
    os.rename(os.path.join(folder, "busy"), os.path.join(folder, "swapped"))
    os.symlink(outside, os.path.join(folder, "busy"))


@attack("a folder that becomes a link while files are put into it", r"files", 1, meanwhile=swap, tar=False)
def folder_is_swapped(j):
    for n in range(200):
        j.plain("/busy/file%d" % n, mk.noise(n, 3000))
    j.plain("/elsewhere")
    j.plain("/busy/last")
    j.folder("/busy/", 0o041777, uid=65534)


@attack("nothing hostile: one of each kind, as clients write them", r"6 files")
def everything(j):
    # No names in its lists: where memory fails, what looks them up in glibc dies.
    j.plain("/a/file", b"content\n", links=2, mtime=1600000000)
    j.put(1998, xattr(b"user.x", b"y"))
    j.plain("/a/list", b"its list\n")
    j.put(1008, b"user::rw-\ngroup::r--\nmask::r--\nother::---\n\0")
    j.hardlink("/b/link", "/a/file", link_fi=1)
    j.symlink("/b/way", "../a/file")
    j.entry("/b/pipe", 6, 0o010640)
    j.entry("/b/holes", size=1 << 20, stream=6)
    for at in (0, 1 << 19):
        j.put(6, mk.struct.pack(">Q", at) + b"piece")
    j.digest(b"piecepiece")
    j.plain("/b/empty", b"")
    parts = [mk.text(n, 1 << 18) for n in range(2)] * 9
    j.entry("/b/large", size=18 << 18, stream=4)
    for part in parts:
        j.put(4, mk.encode("zlib", part))
    j.digest(b"".join(parts))
    j.folder("/b/", 0o040750)
    j.put(1008, b"user::rwx\ngroup::r-x\nmask::r-x\nother::---\n\0")
    j.put(1007, b"user::rwx\ngroup::r-x\nother::---\n\0")
    j.folder("/a/")
@attack("restore objects whose names climb, are long, empty, of bytes that nobody prints; and damaged ones", r"restore object|records:|left out|extracted", 0)
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
    a = ATTACKS[name]
    j = Job(mk.Packer(cap=65000), name="hostile")
    j.files, j.other = None, Job(mk.Packer(cap=65000, sid=2), sid=2, jobid=a.other, name="hostile")
    a.make(j)
    j.plain("/fine/file", FINE)
    blocks = j.close("T", j.files)
    if j.other.fi > 0:
        blocks = mk.interleave((blocks, j.other.close()))
    return mk.whole("hostile", blocks)


def main():
    if sys.argv[1] == "--list":
        for name, a in sorted(ATTACKS.items()):
            print("%s\t%s" % (name, a.what))
        return
    for name in sorted(ATTACKS) if sys.argv[1] == "--all" else [sys.argv[1]]:
        with open(os.path.join(sys.argv[2], name) if sys.argv[1] == "--all" else sys.argv[2], "wb") as f:
            f.write(make(name))


if __name__ == "__main__":
    main()
