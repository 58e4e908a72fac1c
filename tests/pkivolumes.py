#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkivolumes.py --all FOLDER: volumes of clients that encrypt, in every form and cipher, and such that want to be taken for it.
pkivolumes.py --list: the names, each with the exit status of an extraction with the client's key, and what it is.
pkivolumes.py --flips XFLATE N: bits flipped in what is encrypted: nothing is called proved that is not what it was.

All is encrypted and signed by openssl(1), with the keys in tests/pki.  What extraction may make of a file stands in FOLDER/NAME.d: a file
of the right name and other content is an error, whatever was told of it.  Formats: docs/formats/restore-format.md 2.6.
"""
import functools
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True
import mkvolume as mk  # noqa: E402

KEYS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pki")
FINE = b"what is fine\n"

# Name of openssl enc: Object Identifier as DER has it, key bytes, block bytes.
CIPHERS = {
    "aes-128-cbc": ("60864801650304" "0102", 16, 16),
    "aes-192-cbc": ("60864801650304" "0116", 24, 16),
    "aes-256-cbc": ("60864801650304" "012a", 32, 16),
    "des-ede3-cbc": ("2a864886f70d0307", 24, 8),
    "bf-cbc": ("2b060104019755" "0102", 16, 8),
    "camellia-128-cbc": ("2a83088c9a4b3d01010102", 16, 16),
    "camellia-192-cbc": ("2a83088c9a4b3d01010103", 24, 16),
    "camellia-256-cbc": ("2a83088c9a4b3d01010104", 32, 16),
}
HASHES = {"md5": "2a864886f70d0205", "sha1": "2b0e03021a", "sha256": "608648016503040201", "sha512": "608648016503040203"}
RSA = "2a864886f70d010101"


def openssl(*words, data=b""):
    return subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE, check=True, stderr=subprocess.PIPE).stdout


@functools.lru_cache(None)
def key_id(who):
    text = openssl("x509", "-in", KEYS + "/" + who + ".pem", "-noout", "-ext", "subjectKeyIdentifier").decode()
    return bytes.fromhex(text.split("\n")[1].strip().replace(":", ""))


@functools.lru_cache(None)
def lock(who, key):
    return openssl("pkeyutl", "-encrypt", "-certin", "-inkey", KEYS + "/" + who + ".pem", data=key)


@functools.lru_cache(None)
def sign(who, algorithm, content):
    return openssl("dgst", "-" + algorithm, "-sign", KEYS + "/" + who + ".pem", data=content)


def encrypt(cipher, key, iv, plain, *more):
    legacy = ["-provider", "legacy", "-provider", "default"] if cipher == "bf-cbc" else []
    return openssl("enc", "-e", "-" + cipher, "-K", key.hex(), "-iv", iv.hex(), *legacy, *more, data=plain)


# ---- DER ----

def element(tag, content, length=None):
    n = len(content) if length is None else length
    if n < 128:
        head = bytes([n])
    else:
        digits = n.to_bytes((n.bit_length() + 7) // 8, "big")
        head = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + head + content


def oid(text):
    return element(6, bytes.fromhex(text))


ZERO = element(2, b"\0")


def recipient(who, key, algorithm=RSA, ident=None, locked=None):
    return element(0x30, ZERO + element(4, key_id(who) if ident is None else ident) + oid(algorithm) +
                   element(4, lock(who, key) if locked is None else locked))


def session(cipher, iv, *recipients):
    return element(0x30, ZERO + oid(CIPHERS[cipher][0]) + element(4, iv) + element(0x31, b"".join(recipients)))


def signature(who, content, algorithm="sha256", of_rsa="2a864886f70d01010b", signed=None):
    return element(0x30, ZERO + element(0x31, element(0x30, ZERO + element(4, key_id(who)) + oid(HASHES[algorithm]) + oid(of_rsa) + element(
        4, sign(who, algorithm, content) if signed is None else signed))))


# ---- jobs ----

class Job(mk.Session):
    """Of a client that encrypts."""

    def __init__(self, packer, cipher="aes-128-cbc", to=("client", "master")):
        super().__init__(packer, name="locked")
        self.cipher = cipher
        self.key = hashlib.sha512(b"key of " + cipher.encode()).digest()[:CIPHERS[cipher][1]]
        if cipher == "des-ede3-cbc":
            # Of each byte the last bit is parity.
            self.key = bytes(b & 0xFE | 1 - bin(b >> 1).count("1") % 2 for b in self.key)
        self.iv = hashlib.md5(cipher.encode()).digest()[:CIPHERS[cipher][2]]
        self.session = session(cipher, self.iv, *[recipient(who, self.key) for who in to])
        self.expected = {}

    def begin(self, name, content, kind=3):
        self.fi += 1
        fields = (0xFC00, 0x1000 + self.fi, 0o100644, 1, 0, 0, 0, len(content), 4096, 8, 1700000000, 1700000000, 1700000000, 0, 0, 20)
        packet = " ".join(mk.base64_number(f) for f in fields)
        self.put(1, b"%d %d %s\0%s\0\0\0" % (self.fi, kind, name.encode(), packet.encode()) + b"0\0")
        self.expected[name] = content

    def packets(self, content, chunk=65536, form=lambda data: data):
        parts = [form(content[at:at + chunk]) for at in range(0, len(content), chunk)]
        return b"".join(struct.pack(">I", len(p)) + p for p in parts)

    def encrypt(self, plain):
        return encrypt(self.cipher, self.key, self.iv, plain)

    def cut(self, stream, cipher_text, *sizes):
        """Into records of these sizes, the last one again and again."""
        sizes = list(sizes) or [65536]
        while cipher_text:
            n = sizes.pop(0) if len(sizes) > 1 else sizes[0]
            self.put(stream, cipher_text[:n])
            cipher_text = cipher_text[n:]

    def finish(self, raw, algorithm="sha256", who="client", **more):
        if algorithm:
            self.put(19, signature(who, raw, algorithm, **more))
        self.digest(raw)

    def locked(self, name, content, stream=20, chunk=65536, form=lambda data: data, sizes=(65536,), raw=None, **more):
        """A file.  raw: what is read of it, where that is not its content."""
        raw = content if raw is None else raw
        self.begin(name, content)
        self.put(22, self.session)
        self.cut(stream, self.encrypt(self.packets(raw, chunk, form)) if raw else b"", *sizes)
        self.finish(raw, **more)


VOLUMES = {}


def volume(status, what, **how):
    def note(f):
        VOLUMES[f.__name__.replace("_", "-")] = (status, what, f, how)
        return f
    return note


def every_size(j):
    for n in (0, 1, 11, 12, 13, 27, 28, 29, 65531, 65532, 65536, 65537, 200000):
        j.locked("/size%d" % n, mk.text(n, n))


for each in CIPHERS:
    VOLUMES["good-" + each] = (0, "files of many sizes, " + each, every_size, {"cipher": each})


def headed(algorithm):
    return lambda data: mk.encode(algorithm, data)


@volume(0, "each form that data may have inside")
def good_forms(j):
    content = mk.text(1, 150000)
    j.locked("/plain", content, 20)
    j.locked("/zlib", content, 23, form=zlib.compress)
    for algorithm in ("gzip", "lzo", "lz4", "lzfast"):
        j.locked("/headed-" + algorithm, content, 32, form=headed(algorithm))


@volume(0, "records cut anywhere, packets of any length")
def good_cuts(j):
    content = mk.text(2, 30000)
    for n in (1, 7, 15, 16, 17, 4096):
        j.locked("/cut%d" % n, content[:500 * n], sizes=(n,))
        j.locked("/packet%d" % n, content[:100 * n], chunk=n)
    j.locked("/both", content, chunk=1000, form=zlib.compress, stream=23, sizes=(16, 1, 3, 999))


def sub_stream(number, data, name=""):
    text = name.encode("utf-16-le")
    return struct.pack("<IIQI", number, 0, len(data), len(text)) + text + data


@volume(0, "files of Windows")
def good_windows(j):
    content = mk.text(3, 90000)
    raw = sub_stream(3, b"descriptor") + sub_stream(1, content) + sub_stream(4, b"zone", ":Zone.Identifier:$DATA")
    j.locked("C:/plain", content, 21, raw=raw)
    j.locked("C:/zlib", content, 24, raw=raw, form=zlib.compress)
    j.locked("C:/headed", content, 33, raw=raw, form=headed("lzo"))


@volume(0, "a resource fork: its cipher text begins anew")
def good_fork(j):
    content, fork = mk.text(4, 5000), mk.noise(4, 3000)
    j.begin("/with-fork", content)
    j.put(22, j.session)
    j.cut(20, j.encrypt(j.packets(content)))
    j.cut(25, j.encrypt(j.packets(fork)))
    j.finish(content + fork)


@volume(0, "signatures of each kind, and of Bareos, which has the digest's number for the signature")
def good_signatures(j):
    for algorithm in HASHES:
        j.locked("/" + algorithm, mk.text(5, 3000), algorithm=algorithm)
    j.locked("/bareos", mk.text(6, 3000), of_rsa=HASHES["sha256"])
    j.locked("/none", mk.text(7, 3000), algorithm=None)
    j.locked("/stranger", mk.text(8, 3000), who="stranger")


@volume(0, "one file signed twice, over digests of two kinds")
def good_two_signatures(j):
    for name in ("/signed-twice", "/fine-behind"):
        content = mk.text(9, 3000)
        j.begin(name, content)
        j.put(22, j.session)
        j.cut(20, j.encrypt(j.packets(content)))
        j.put(19, signature("client", content))
        j.put(19, signature("client", content, "sha1"))
        j.digest(content)


@volume(0, "many recipients; keys of other kinds among them")
def good_recipients(j):
    odd = recipient("client", j.key, algorithm="2a8648ce3d0201", locked=b"elliptic")
    j.session = session(j.cipher, j.iv, odd, recipient("master", j.key), recipient("stranger", j.key), odd, recipient("client", j.key))
    j.locked("/several", mk.text(1, 5000))


@volume(0, "large files: the content is counted, not kept")
def good_large(j):
    j.locked("/large", mk.text(1, 3000000), 23, form=zlib.compress)
    j.locked("/larger", mk.noise(1, 3000000))


@volume(4, "encrypted for somebody else")
def other_recipient(j):
    j.session = session(j.cipher, j.iv, recipient("stranger", j.key))
    j.locked("/victim", b"secret" * 50)


@volume(4, "nobody can open it")
def no_recipient(j):
    j.session = session(j.cipher, j.iv)
    j.locked("/victim", b"secret" * 50)


# ---- what must not be taken for right: each of file /victim, and /fine comes out behind it ----

VICTIM = b"what the client read, " * 400


def victim(j, session_record=None, cipher_text=None, sizes=(65536,)):
    j.begin("/victim", VICTIM)
    if session_record != b"":
        j.put(22, session_record or j.session)
    j.cut(20, j.encrypt(j.packets(VICTIM)) if cipher_text is None else cipher_text, *sizes)
    j.finish(VICTIM)


@volume(3, "the padding is none")
def bad_padding(j):
    plain = j.packets(VICTIM)
    victim(j, cipher_text=encrypt(j.cipher, j.key, j.iv, plain + bytes(-len(plain) % 16), "-nopad"))


@volume(3, "half a block is missing at the end")
def bad_half_block(j):
    victim(j, cipher_text=j.encrypt(j.packets(VICTIM))[:-8])


@volume(3, "the last block is missing")
def bad_last_block(j):
    victim(j, cipher_text=j.encrypt(j.packets(VICTIM))[:-16])


@volume(3, "the first block is missing")
def bad_first_block(j):
    victim(j, cipher_text=j.encrypt(j.packets(VICTIM))[16:])


@volume(3, "two blocks have changed places")
def bad_swapped_blocks(j):
    c = j.encrypt(j.packets(VICTIM))
    victim(j, cipher_text=c[:160] + c[176:192] + c[160:176] + c[192:])


@volume(3, "a packet that is longer than any")
def bad_packet_length(j):
    victim(j, cipher_text=j.encrypt(b"\xff\xff\xff\xff" + VICTIM))


@volume(3, "a packet that is longer than what comes")
def bad_packet_beyond(j):
    victim(j, cipher_text=j.encrypt(struct.pack(">I", 19999999) + VICTIM))


@volume(3, "a packet length of which a part comes")
def bad_packet_cut(j):
    victim(j, cipher_text=j.encrypt(j.packets(VICTIM) + b"\0\0"))


@volume(3, "more content than was read")
def bad_more(j):
    victim(j, cipher_text=j.encrypt(j.packets(VICTIM) + j.packets(b"and more")))


@volume(3, "other content than was signed, with a digest that fits")
def bad_signature(j):
    j.begin("/victim", VICTIM)
    j.put(22, j.session)
    j.cut(20, j.encrypt(j.packets(b"forged")))
    j.put(19, signature("client", VICTIM))
    j.digest(b"forged")


@volume(3, "a signature of another key under the client's name")
def bad_forged(j):
    j.begin("/victim", VICTIM)
    j.put(22, j.session)
    j.cut(20, j.encrypt(j.packets(VICTIM)))
    j.put(19, signature("client", VICTIM, signed=sign("stranger", "sha256", VICTIM)))
    j.digest(VICTIM)


@volume(3, "a signature that is none")
def bad_garbled(j):
    j.begin("/victim", VICTIM)
    j.put(22, j.session)
    j.cut(20, j.encrypt(j.packets(VICTIM)))
    j.put(19, signature("client", VICTIM)[:-1])
    j.digest(VICTIM)


@volume(3, "a signature behind which data follow")
def bad_behind_signature(j):
    j.begin("/victim", VICTIM)
    j.put(22, j.session)
    j.cut(20, j.encrypt(j.packets(VICTIM)))
    j.finish(VICTIM)
    j.cut(20, j.encrypt(j.packets(b"more")))


@volume(3, "the initial vector is longer than a block")
def bad_vector(j):
    victim(j, session(j.cipher, j.iv + b"x", recipient("client", j.key)))


@volume(3, "the initial vector is empty")
def bad_no_vector(j):
    victim(j, session(j.cipher, b"", recipient("client", j.key)))


@volume(3, "the session names another cipher with a key of that length")
def bad_swapped_cipher(j):
    victim(j, session("camellia-128-cbc", j.iv, recipient("client", j.key)))


@volume(3, "the session names a cipher with a longer key: its key cannot be of it")
def bad_longer_cipher(j):
    victim(j, session("aes-256-cbc", j.iv, recipient("client", j.key)))


@volume(3, "the session's key under another key than the recipient's")
def bad_session_key(j):
    victim(j, session(j.cipher, j.iv, recipient("client", j.key, locked=lock("stranger", j.key))))


@volume(3, "the session's key is of one byte less")
def bad_session_short(j):
    victim(j, session(j.cipher, j.iv, recipient("client", j.key[:-1])))


@volume(3, "a cipher that nobody knows")
def bad_cipher(j):
    victim(j, j.session.replace(bytes.fromhex(CIPHERS["aes-128-cbc"][0]), bytes.fromhex("608648016503040101")))


@volume(3, "lengths of 2^63, of more than there is, of none")
def bad_lengths(j):
    body = j.session[4:]
    for n, head in enumerate((b"\x30\x88\x80\0\0\0\0\0\0\0", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80", b"\x30\x82\xff\xff", b"\x30", b"")):
        j.begin("/victim%d" % n, VICTIM)
        j.put(22, head + body)
        j.cut(20, j.encrypt(j.packets(VICTIM)))
        j.finish(VICTIM)


@volume(3, "the session is cut, at every 16th byte")
def bad_session_cut(j):
    for n in range(0, len(j.session), 16):
        j.begin("/victim%d" % n, VICTIM)
        j.put(22, j.session[:n])
        j.cut(20, j.encrypt(j.packets(VICTIM)))
        j.finish(VICTIM)


@volume(3, "something behind the session")
def bad_session_tail(j):
    victim(j, j.session + b"\0")


@volume(3, "another session behind the first")
def bad_two_sessions(j):
    j.begin("/victim", VICTIM)
    j.put(22, j.session)
    j.put(22, session(j.cipher, bytes(16), recipient("client", j.key)))
    j.cut(20, j.encrypt(j.packets(VICTIM)))
    j.finish(VICTIM)


@volume(0, "the same session twice")
def odd_session_twice(j):
    j.begin("/twice", VICTIM)
    j.put(22, j.session)
    j.put(22, j.session)
    j.cut(20, j.encrypt(j.packets(VICTIM)))
    j.finish(VICTIM)


@volume(3, "data before their session")
def bad_before_session(j):
    j.begin("/victim", VICTIM)
    j.cut(20, j.encrypt(j.packets(VICTIM)))
    j.put(22, j.session)
    j.finish(VICTIM)


@volume(3, "no session at all, behind a file that has one")
def bad_no_session(j):
    j.locked("/first", b"content")
    victim(j, b"")


@volume(3, "the session of another key with the data of this one")
def bad_other_session(j):
    other = bytes(b ^ 1 for b in j.key)
    victim(j, session(j.cipher, j.iv, recipient("client", other)))


@volume(3, "compressed data that do not inflate, in a packet between good ones")
def bad_payload(j):
    good = zlib.compress(VICTIM)
    parts = [good, b"\x78\x9cnothing of zlib's", good]
    j.begin("/victim", VICTIM * 3)
    j.put(22, j.session)
    j.cut(23, j.encrypt(b"".join(struct.pack(">I", len(p)) + p for p in parts)))
    j.finish(VICTIM * 3)


@volume(3, "a second cipher text under another number")
def bad_two_streams(j):
    j.begin("/victim", VICTIM)
    j.put(22, j.session)
    j.cut(20, j.encrypt(j.packets(VICTIM[:4000])))
    j.cut(23, j.encrypt(j.packets(zlib.compress(b"another"))))
    j.finish(VICTIM)


@volume(0, "plain data and their digest between encrypted ones: told as not signed")
def odd_unsigned(j):
    j.begin("/unsigned", b"smuggled in")
    j.put(2, b"smuggled in")
    j.digest(b"smuggled in")


# ---- the maker ----

def make(name):
    _, _, fill, how = VOLUMES[name]
    j = Job(mk.Packer(cap=65000), **how)
    fill(j)
    j.session = Job(mk.Packer(cap=65000), **how).session
    j.locked("/fine", FINE)
    return j, mk.whole("locked", j.close())


def make_all(folder):
    for name in sorted(VOLUMES):
        j, made = make(name)
        with open(os.path.join(folder, name), "wb") as f:
            f.write(made)
        for path, content in j.expected.items():
            below = os.path.join(folder, name + ".d", path.replace("C:", "C").lstrip("/"))
            os.makedirs(os.path.dirname(below), exist_ok=True)
            with open(below, "wb") as f:
                f.write(content)


def flips(xflate, count):
    """Each 1/count-th of all that stands of the victim is hit once."""
    j = Job(mk.Packer(cap=65000))
    victim(j, sizes=(4096,))
    j.locked("/fine", FINE)
    made = bytearray(mk.whole("locked", j.close()))
    first, last = made.index(j.session), made.index(hashlib.md5(VICTIM).digest()) + 16
    work = tempfile.mkdtemp()
    proved = 0
    try:
        for n in range(count):
            at = first + (last - first) * n // count
            hit = bytearray(made)
            hit[at] ^= 1 << n % 8
            path = os.path.join(work, "volume")
            with open(path, "wb") as f:
                f.write(resealed(hit))
            out = os.path.join(work, "x%d" % n)
            told = subprocess.run([xflate, "extract", "-v", "--json", "-C", out, "--pki-key", KEYS + "/client.pem", path],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            report = json.loads(told.stdout)
            for f in report["problems"]:
                if f.get("kind") != "file" or f.get("file") != "/victim" or not f.get("proved"):
                    continue
                proved += 1
                with open(os.path.join(out, f["path"]), "rb") as made_of_it:
                    if made_of_it.read() != VICTIM:
                        sys.exit("byte %d, bit %d: called proved, and is not what it was" % (at - first, n % 8))
            with open(os.path.join(out, "fine"), "rb") as f:
                if f.read() != FINE:
                    sys.exit("byte %d: the file behind it is not what it was" % (at - first))
            shutil.rmtree(out)
    finally:
        shutil.rmtree(work)
    # In the master key's copy of the session's key, which nobody looks at, they are of no harm; and in nothing else.
    print("%d flipped, %d of no harm" % (count, proved))
    if not 0 < proved < count // 16:
        sys.exit("as many as that cannot be of no harm")


def resealed(data):
    """The volume with right checksums."""
    at = 0
    while at < len(data):
        n = struct.unpack(">I", data[at + 4:at + 8])[0]
        data[at:at + n] = mk.reseal(data[at:at + n])
        at += n
    return data


def main():
    if sys.argv[1] == "--list":
        for name, (status, what, _, _) in sorted(VOLUMES.items()):
            print("%s\t%d\t%s" % (name, status, what))
    elif sys.argv[1] == "--flips":
        flips(sys.argv[2], int(sys.argv[3]))
    else:
        make_all(sys.argv[2])


main()
