# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs of tests/behaviour: all_runs(WORK) unpacks and makes their inputs in the folder WORK and gives them.

Nothing here asks the program under test: the runs are the same whatever it does.  Commands and options stand in OPTIONS.
"""

import base64
import hashlib
import os
import random
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = os.path.join(HERE, "keys")
BIG = 2000000  # bytes: of such volumes only some conversions

# Each with what is to be found there by verbs that convert.
CONVERSIONS = (
    "", "-i", "-d lz4", "-d lz4hc", "-d lzo", "-d lzfast", "-d gzip:1", "-r gzip:9", "-d zstd:3", "-r lz4", "-r lzo", "-r lzfast",
    "-r zstd:3", "-r lz4 --target bareos", "-r gzip:6 --target bacula", "-r lzo --target bareos-22", "-i --target any",
    "--on-damage=skip", "--on-damage=keep", "-i --on-damage=skip", "-r lz4 --on-damage=skip", "-r lz4 --on-damage=keep", "-T1 -r lz4 -v",
    "-T4 -r lz4 -q", "--block-format bb02", "--block-format bb03", "--keep-layout", "--max-memory 64M -r lz4",
    "--max-block 32768 -r gzip:1", "--repair", "--repair -r lz4 -qq", "--encrypt aes-256-xts --new-key vkey",
    "--encrypt aes-256-xts --strong --new-key vkey", "--encrypt aes-128-xts --new-key half", "--decrypt --key vkey", "--key vkey -r lz4",
    "--key vkey -r gzip:3", "-i --progress=json --decrypt --key-dir keydir", "--decrypt --key-command sh|tell.sh", "--decrypt --key half",
    "--repair -r lzo --target any -T1", "-d gzip -v",
)
# Every level of every algorithm, and one beyond.
LEVELS = ["%s:%d" % (alg, level) for alg, last in (("gzip", 12), ("lz4hc", 12), ("zstd", 19)) for level in range(last + 2)]
LEVELS += ["lzo:1", "lz4:1", "lzfast:1", "gzip:", "gzip:x", "GZIP", "lz4hc", "zstd", "gzip", "none", "lzo lz4"]
READINGS = (
    ("list", ""), ("list", "--json"), ("list", "--blocks"), ("list", "--records"), ("list", "-v --key vkey"), ("list", "-qq -vv"),
    ("verify", ""), ("verify", "--json"), ("verify", "--whole"), ("verify", "-T1"), ("verify", "-T4 -q"),
    ("verify", "-v --all-digests --key vkey"), ("verify", "--json --whole --key-dir keydir"),
    ("verify", "-qq --progress=json --max-memory 64M"),
)
# After these, what came out is compared, proved and listed.
THERE = ("-i", "-r gzip:5", "-r lzo --target any", "--on-damage=skip", "-i --on-damage=keep", "--repair")
ON_WOUNDED = (
    "filter -r lzo --target any -o out --map map --report report", "filter --on-damage=skip -i -o out --report report",
    "filter --on-damage=keep -o out --map map", "verify --json", "verify", "list --json",
)
# a and b make no set, text is no volume.
TOGETHER = (
    "-o out a b", "-o out/ a b", "-i a b", "-o out/ a a", "-o out/ a none b", "-o out/ a text b", "-o text a", "--force -o text a",
    "--map text -o out a", "--report text -o out a", "--map m --report m -o out a", "--map - -i a", "--report - -o out a", "-o a a",
    "-o none/out a", "-o . a", "-o text/out a", "text", "a text", "-o out/ -r lz4 a b", "-i -o out/ - a",
)
COMPARED = (
    "a", "a b", "a --vs", "a --vs b", "--vs a b", "a --vs none", "text --vs a", "a b --vs b a", "a --vs a --vs b", "- --vs -",
)


class Run:
    """inputs: (path, name), links; copies: (path or bytes, name), of mode 0600; stdin: a name in the folder, or the bytes of a pipe;
    then: commands that follow in the same folder."""

    def __init__(self, name, argv, inputs=(), stdin=None, argv0="xflate", copies=(), env=None, then=()):
        self.name = name.encode("unicode_escape").decode()
        self.argv, self.inputs, self.stdin, self.argv0 = argv, inputs, stdin, argv0
        self.copies, self.env, self.then = copies, env or {}, then


def words_of(text):
    """Words, in which | stands for a blank."""
    return [w.replace("|", " ") for w in text.split()]


def read(path):
    with open(path, "rb") as f:
        return f.read()


# --- volumes -------------------------------------------------------------------------------------------------

def unpacked(work, group):
    folder = os.path.join(HERE, *group)
    os.makedirs(os.path.join(work, group[-1]), exist_ok=True)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".xz"):
            to = os.path.join(work, group[-1], name[:-3])
            with open(to, "wb") as f:
                subprocess.run(["xz", "-dc", os.path.join(folder, name)], check=True, stdout=f)
            yield group[-1] + "/" + name[:-3], [to]


def volumes(work):
    """(name, [paths]) of every volume that the tests have."""
    subprocess.run([os.path.join(HERE, "prepare"), work], check=True, stdout=subprocess.DEVNULL)
    found = []
    for group in ("bareos", "bacula", "bacula-mixed", "made"):
        folder = os.path.join(work, group)
        paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
        found += [(group + "/" + os.path.basename(p), [p]) for p in paths if os.path.isfile(p)]
    return found + list(unpacked(work, ("volumes", "field"))) + list(unpacked(work, ("rescue",)))


def sets_of(found):
    """Volumes whose names differ in a last number alone, in order, backwards and with a gap."""
    stems = {}
    for name, paths in found:
        m = re.fullmatch(r"(.*?)[-_.]?([0-9]+)", name)
        if m:
            stems.setdefault(m[1], []).append(paths[0])
    for stem, paths in sorted(stems.items()):
        if 2 <= len(paths) <= 5:
            yield stem + "+set", paths
            yield stem + "+back", paths[::-1]
            if len(paths) > 2:
                yield stem + "+gap", [paths[0]] + paths[2:]


def wounded(work, found):
    """Seeded damage of small volumes: flipped bits, cut ends, lost and doubled pieces, zeros."""
    dice = random.Random(20261130)
    small = [p[0] for _, p in found if 200 < os.path.getsize(p[0]) < 300000]
    folder = os.path.join(work, "wounded")
    os.makedirs(folder, exist_ok=True)
    for i in range(500):
        path = small[dice.randrange(len(small))]
        data = bytearray(read(path))
        kind = ("flip", "cut", "lose", "double", "zero")[i % 5]
        at = dice.randrange(len(data))
        length = dice.randrange(1, 5000)
        if kind == "flip":
            data[at] ^= 1 << dice.randrange(8)
        elif kind == "cut":
            del data[at:]
        elif kind == "lose":
            del data[at:at + length]
        elif kind == "double":
            data[at:at] = data[at:at + length]
        else:
            data[at:at + length] = bytes(len(data[at:at + length]))
        to = os.path.join(folder, "%03d-%s-%s" % (i, kind, os.path.basename(path)))
        with open(to, "wb") as f:
            f.write(data)
        yield "wounded/%03d-%s" % (i, kind), to


def keys_of(name):
    """The public key of a bundled encrypted volume, in all forms that are asked for; any other volume gets one that fits nothing."""
    name = re.sub(r"[+].*", "", os.path.basename(name))
    made = os.path.join(KEYS, name)
    key = base64.b64encode(hashlib.sha512(b"xflate-fixture:" + name.encode()).digest()[:32 if "128" in name else 64])
    if os.path.exists(made):
        key = re.search(rb"^cipher_key: (.*)$", read(made), re.M)[1]
    cipher = b"AES_128_XTS" if "128" in name else b"AES_256_XTS"
    answer = b"cipher: " + cipher + b"\ncipher_key: " + key + b"\nvolume_name: " + name.encode() + b"\n"
    half = base64.b64encode(base64.b64decode(key)[:32])
    return [(key + b"\n", "vkey"), (half + b"\n", "half"), (answer, "keydir/" + name), (answer, "answer"), (b"cat answer\n", "tell.sh")]


def runs_of_volume(name, paths):
    inputs, keys = [(p, "in%d" % i) for i, p in enumerate(paths)], keys_of(name)
    names = [n for _, n in inputs]
    out = "out" if len(paths) == 1 else "out/"
    size = sum(map(os.path.getsize, paths))
    for how in CONVERSIONS[::5] if size > BIG else CONVERSIONS:
        yield Run("filter/%s %s" % (name, how), ["filter", *words_of(how), "--map", "map", "--report", "report", "-o", out, *names], inputs,
                  copies=keys if "key" in how else ())
    for verb, options in READINGS:
        yield Run("%s/%s %s" % (verb, name, options), [verb, *options.split(), *names], inputs, copies=keys if "key" in options else ())
    yield Run("filter/%s to stdout" % name, ["-i", *names], inputs)
    yield Run("filter/%s over itself" % name, ["-i", "--force", "-o", "in0", *names], inputs)
    made = ["out"] if len(paths) == 1 else ["out/" + n for n in names]
    for how in THERE if size < BIG else ():
        yield Run("compare/%s with %s" % (name, how), ["filter", *how.split(), "-qq", "-o", out, *names], inputs, then=[
            ["compare", *names, "--vs", *made], ["compare", "--json", "--on-damage=skip", "-T1", *made, "--vs", *names],
            ["verify", "-v", *made], ["list", "--json", *made]])
    if len(paths) == 1:
        data = read(paths[0])
        for sign, stdin in (("<", "in0"), ("|", data)):
            yield Run("filter/%s %s" % (name, sign), ["-r", "lz4", "--report", "report", "--map", "map"], inputs, stdin=stdin)
            yield Run("list/%s %s" % (name, sign), ["list", "-"], inputs, stdin=stdin)
        yield Run("filter/%s | skip" % name, ["--on-damage=skip", "-i", "-"], stdin=data)
        yield Run("verify/%s |" % name, ["verify", "--json", "-"], stdin=data)


def runs_of_volumes(work):
    found = volumes(work)
    for name, paths in found + list(sets_of(found)):
        yield from runs_of_volume(name, paths)
    small = [(n, p[0]) for n, p in found if os.path.getsize(p[0]) < 500000]
    for (a, pa), (b, pb) in zip(small, small[1:] + small[:1]):
        yield Run("compare/%s %s" % (a, b), ["compare", "one", "--vs", "two"], [(pa, "one"), (pb, "two")])
        yield Run("compare/%s itself" % a, ["compare", "--json", "one", "--vs", "two"], [(pa, "one"), (pa, "two")])
    for name, path in wounded(work, found):
        inputs = [(path, "in0")]
        for words in ON_WOUNDED:
            verb, _, options = words.partition(" ")
            yield Run("%s/%s %s" % (verb, name, options), words.split() + ["in0"], inputs)
    paths = {n: p[0] for n, p in found}
    for name in ("bareos/OUT1", "bareos/vol-sparse-gzip6", "bacula/plain-gzip1-sparse", "bacula/small-lzo"):
        for level in LEVELS:
            target = {"zst": "bacula", "lz4": "bareos"}.get(level[:3], "any")
            yield Run("level/%s %s" % (name, level), ["-r", level, "--target", target, "-o", "out", "in"], [(paths[name], "in")])
    pair = [(paths["bareos/vol-append"], "a"), (paths["bacula/plain-gzip1-sparse"], "b")]
    text = [(b"no volume\n" * 99, "text")]
    for words in TOGETHER:
        for verb in ("filter", "list", "verify"):
            if verb == "filter" or "-" not in words:
                yield Run("together/%s %s" % (verb, words), [verb, *words.split()], pair, copies=text)
    for words in COMPARED:
        yield Run("together/compare " + words, ["compare", *words.split()], pair, copies=text)


# --- keys ----------------------------------------------------------------------------------------------------

WRAPPED = "wrapped-kek-16.key"
BUNDLE = rb"""XFLATE-BUNDLE 1 cb6a11
date 2026-11-30T06:14:11Z 452740
kek f681c2ba 00d3b6
keys 2 b8431e
volume 1 A1 96d297
key 1 wrapped 22a6a120 81de4e
hex 1.1 5f24 c92f 8fba b669 aae6 ff12 266c 23a5 c71c d1d7 df7ecb
hex 1.2 99b0 d545 c25d 029a 89aa 58ca c93b a39c 4093 b1a2 121c56
volume 2 A2 c05097
key 2 wrapped 22a6a120 990ef7
hex 2.1 5f24 c92f 8fba b669 aae6 ff12 266c 23a5 c71c d1d7 6b5a94
hex 2.2 99b0 d545 c25d 029a 89aa 58ca c93b a39c 4093 b1a2 a63809
end 2 d07f259f b81662
"""
SHARES = (
    b"xflate-share 1 b694d666 2 3 1 31f0 9fa2 169c d4fe dc01 a265 a042 862d ec6c ef05 e1cf 247a d951 0afa 85a3 feb1 0205 ce68 14f365\n",
    b"xflate-share 1 b694d666 2 3 2 32a8 730a 707c e9be eb49 fc6c fe28 b8f0 2b30 2de2 316d a01c 414a fc07 f9b5 0f91 149a e0a3 d71789\n",
    b"xflate-share 1 b694d666 2 3 3 3369 de9b 52d5 0b77 0f71 3f6b 3d0e 5bbb 9f04 9abf 88fa dc3e c043 aea5 244e a978 efef fa13 ee9efe\n",
)
# FILE stands for each file of tests/keys and each list below.
WITH_KEYS = (
    "key show FILE", "key show FILE --kek kek-16.txt", "key show --id --kek kek-32.txt FILE", "key show --base64 FILE --kek kek-64.txt",
    "key show --raw-key FILE", "key show -qq - --kek kek-16.txt", "key wrap FILE --kek kek-16.txt", "key wrap FILE --kek FILE",
    "key wrap --raw-key FILE --kek kek-32.txt", "key wrap FILE --kek kek-16.txt --format json -o new", "key unwrap FILE --kek kek-16.txt",
    "key unwrap FILE --kek kek-64.txt", "key unwrap FILE --kek kek-16.txt --format sql", "key unwrap FILE --kek kek-16.txt -o kek-64.txt",
    "key rewrap FILE --kek kek-16.txt --new-kek kek-64.txt", "key rewrap FILE --kek kek-16.txt --new-kek kek-32.txt",
    "key rewrap FILE --kek kek-16.txt --new-kek kek-64.txt --format json -o new", "key join FILE", "key join share-1 FILE",
    "key split FILE --shares 3 --threshold 2 -o share", "key generate --kek FILE", "cache list FILE", "cache list --json FILE",
    "cache list --no-keys FILE", "cache list -", "cache check FILE", "cache check FILE --kek kek-16.txt",
    "cache check --json FILE --kek kek-64.txt", "cache check --bundle FILE --kek kek-16.txt", "cache export FILE",
    "cache export --format json FILE", "cache export --format sql FILE -o new", "cache export FILE --bundle - --kek kek-16.txt",
    "cache get FILE NONE", "cache get FILE Vol-0001", "cache get FILE A1 --kek kek-16.txt -o new", "cache import new FILE",
    "cache import cache-3.cryptoc FILE", "cache import FILE list", "cache import FILE -", "cache renew FILE", "cache renew FILE Vol-0001",
    "cache renew --force FILE A1", "cache remove FILE Vol-0001", "cache remove FILE A1 A1", "key load --key FILE /dev/null",
    "key load --cache FILE --volume Vol-0001 /dev/null", "key load --cache FILE --volume A1 --kek kek-16.txt --dry-run none",
    "key load --key FILE --kek kek-16.txt --json none", "key probe --cache FILE /dev/null",
    "key probe --cache FILE --first A1 --kek kek-16.txt none", "changer --cache FILE -- echo ch load 1 /dev/null 0",
    "changer --cache FILE --kek kek-16.txt --require-key --wait 0 -- echo ch unload 1 none 0",
)
CHAINS = (
    (
        "cache import c list", "cache list c", "cache export c --bundle b --kek kek-16.txt",
        "cache check --bundle b --kek kek-16.txt --json", "cache import n b", "cache export n --format sql", "cache remove n A1",
        "cache list --json n", "cache get n A2", "cache remove n A2", "cache list n",
    ),
    (
        "cache import c clear", "cache export c --bundle b --kek kek-16.txt", "cache export c --bundle b --kek kek-16.txt --plain-keys",
        "cache import c b -q",
    ),
    (
        "cache import c bundle", "cache export c --bundle b --kek kek-16.txt --qr text",
        "cache export c --bundle b2 --kek kek-16.txt --qr svg", "cache export c --bundle b3 --kek kek-16.txt --qr html",
        "cache import d b", "cache export c --bundle b --kek kek-16.txt", "cache export c -o b --force",
    ),
    (
        "key generate -o k", "key show k --id", "key generate -o k", "key generate -o k --force", "key wrap k --kek kek-16.txt -o w",
        "key rewrap w --kek kek-16.txt --new-kek kek-64.txt -o w2", "key unwrap w2 --kek kek-64.txt", "key show w2 --kek kek-16.txt",
    ),
    (
        "key generate --raw-key -o k", "key wrap --raw-key k --kek kek-32.txt -o w", "key unwrap w --kek kek-32.txt",
        "key generate --raw-key --kek kek-32.txt",
    ),
    (
        "key generate", "key generate --base64", "key generate --kek kek-16.txt", "key generate --kek kek-short-5.txt",
        "key generate --kek -",
    ),
    (
        "key split kek-32.txt --shares 5 --threshold 3 -o s", "key join s.1 s.2 s.3 -o j", "key join s.5 s.1", "key join s.4 s.4 s.2",
        "key join s.1 s.2 share-1", "key split kek-32.txt --shares 5 --threshold 3 -o s", "key split kek-32.txt --shares 2 --threshold 2",
        "key split kek-64.txt --shares 2 --threshold 2 --qr svg -o q", "key split kek-64.txt --shares 2 --threshold 2 --qr text -o t",
        "key join q.1 q.2", "key join t.2 t.1",
    ),
    (
        "key join share-1 share-3", "key join share-2 share-3", "key join share-2", "key join share-1 share-1", "key join -",
    ),
    (
        "key generate --volumes B1 B2 B3 --kek kek-16.txt --cache c", "cache check c --kek kek-16.txt",
        "key generate --volumes B1 B4 --kek kek-16.txt --cache c", "key generate --volumes B1 B4 --kek kek-16.txt --cache c --missing",
        "key generate --volumes B1 --kek kek-16.txt --cache c --rotate --format sql",
        "key generate --volumes B9 --kek kek-16.txt --cache c --format json -o out",
        "key generate --volumes C1 --kek kek-16.txt --cache c --format bconsole",
        "key generate --volumes D1 --kek kek-16.txt --cache c --pool P --storage S --media-type LTO",
        "key generate --volumes= --kek kek-16.txt --cache c", "cache list c",
    ),
    (
        "key load --catalog-command cat|list --volume A1 --kek kek-16.txt none", "key load --catalog-command false --volume A1 none",
        "key probe --catalog-command cat|list --kek kek-16.txt none", "key load --auto --cache cache-3.cryptoc none",
        "key load --mode raw none", "key load --mode decrypt --key plain-0.key --kad %v none",
        "key load --key plain-0.key --algorithm 3 --clear-on-demount /dev/null", "key status none", "key status --json none",
        "key status --bscrypto /dev/null", "key clear none", "key clear --json /dev/null", "key clear --wait ready list",
        "key status list", "key status", "alerts none", "alerts --json /dev/null", "alerts --all --keep list", "key status iscsi://",
        "key status iscsi://127.0.0.1:1/x/0", "changer --cache cache-3.cryptoc -- sh -c exit|9",
        "changer --cache cache-3.cryptoc -- none load 1 none 0", "changer --cache none -- echo load",
        "changer --cache cache-3.cryptoc --device none -- echo ch slots", "changer --cache cache-3.cryptoc -- echo ch loaded 1 none 0",
    ),
)
BSCRYPTO = (
    "-k wrapped-kek-16.key -w kek-16.txt", "-kwrapped-kek-16.key -wkek-16.txt", "-bk wrapped-kek-16.key -w kek-16.txt",
    "--show-keyfile=wrapped-kek-16.key --wrap-unwrap-key=kek-16.txt", "-w kek-16.txt /dev/nst0 -k wrapped-kek-16.key",
    "-d250 --dt -w kek-32.txt -k wrapped-kek-16.key", "--debug-level=5 --debug-timestamps -w kek-32.txt -k wrapped-kek-16.key --",
    "-g - -k x", "-k x -g -", "-c -e /dev/null", "-e -c /dev/null", "-c -s x /dev/null", "-s x -k y /dev/null", "-D x -v /dev/null",
    "-r x -s y", "-p x -c /dev/null", "-X", "--nonsense", "--base64=x -k plain-0.key", "-k plain-0.key one two", "-D", "-k", "-g",
    "-D x -D y", "-d abc -k plain-0.key", "-d t -k plain-0.key", "-s x -p y /dev/null", "-e", "-s plain-0.key", "-w kek-16.txt", "",
    "-w kek-16.txt /dev/null", "-r not-there -g -", "-D cache-1.cryptoc -p not-there", "-e /dev/null", "-v /dev/null", "-c /dev/null",
    "-e -v /dev/null", "-s plain-0.key /dev/null", "-s wrapped-kek-16.key -w kek-16.txt /dev/null", "-b -s plain64-0.key /dev/null",
    "-s wrapped-kek-16.key /dev/null", "-s plain64-0.key /dev/null", "-s wrapped-kek-16.key -w plain-0.key /dev/null",
    "-b -s garbage.b64 /dev/null", "-s not-there /dev/null", "-s empty.key /dev/null", "-g new", "-g new -w kek-16.txt", "-g -",
    "-g - -w kek-16.txt", "-b -g new", "-g plain-0.key", "-p new", "-p cache-3.cryptoc", "-p none/new", "--help", "-h", "-?", "--version",
    "-D cache-3.cryptoc", "-r cache-3.cryptoc", "-r cache-old-59d.cryptoc", "-k - -w -",
)
# FILE: each file of tests/keys.
BSCRYPTO_FILES = (
    "-k FILE", "-k FILE -w kek-16.txt", "-b -k FILE -w kek-64.txt", "-D FILE", "-r FILE", "-p FILE", "-s FILE -w FILE /dev/null",
)
VOLUME_NAMES = (
    "mk-enc256-gzip6", "x", "", "../x", "/etc/passwd", ".", "..", ".old", "a/b", "a b", "a\nb", "a\033[31m",
    "7" * 200, "a:b=c", "Broken", "Other",
)


def key_inputs():
    copies = [(os.path.join(KEYS, f), f) for f in sorted(os.listdir(KEYS)) if f != "README.md"]
    wrapped = read(os.path.join(KEYS, WRAPPED)).strip()
    clear = base64.b64encode(rb"{OyiEnxda?Y#3gIVMCRT!DGKB0V3pxVW").rstrip(b"=")
    lists = [
        (b"A1\t%s\nA2\t%s\n" % (wrapped, wrapped), "list"), (b"A1\t%s\nB2\t%s\n" % (wrapped, clear), "clear"), (BUNDLE, "bundle"),
        (BUNDLE.replace(b"c92f", b"c82f").replace(b"A2", b"AZ"), "mistyped"), (b"".join(BUNDLE.splitlines(True)[:-2]), "untyped"),
        (b'[{"volume":"A1","key":"%s"},\n{"volume":"A2","key":"%s"}]\n' % (wrapped, wrapped), "json"),
        (b'[{"volume":"A1"},\n{]', "json-bad"),
        (b"volumename|encryptionkey|pool\nA1|%s|Full\nA2||Full\n" % wrapped, "psql"), (b"volume,key\nA1,%s,x\n" % wrapped, "csv"),
        (b"+------------+---+\n| VolumeName | EncryptionKey |\n+---+---+\n| A1 | %s |\n| A2 | NULL |\n+---+---+\n" % clear, "mysql"),
        (b"A1\t%s\nA1\t%s\n" % (wrapped, clear), "twice"), (b"A1\tsecretsecret\n", "short-list"), (b"B1 no tab\n", "no-tab"),
    ]
    return copies + lists + [(s, "share-%d" % (i + 1)) for i, s in enumerate(SHARES)]


def runs_of_keys():
    copies = key_inputs()
    content = {name: source if isinstance(source, bytes) else read(source) for source, name in copies}
    own = {"kek-16.txt", "kek-32.txt", "kek-64.txt", "list", "share-1", "cache-3.cryptoc"}  # what the commands name themselves

    typed = b"V1\t%s\nV2\tabc\n" % content[WRAPPED].strip()

    def needed(text):
        return [(s, n) for s, n in copies if n in own or n in text]

    for _, f in copies:
        for words in WITH_KEYS:
            argv = words_of(words.replace("FILE", f))
            yield Run("keys/%s: %s" % (f, words), argv, copies=needed(argv), stdin=content[f] if "-" in argv else None)
        for words in BSCRYPTO_FILES:
            argv = words.replace("FILE", f).split()
            yield Run("bscrypto/%s: %s" % (f, words), argv, copies=needed(argv), argv0="bscrypto", stdin=typed)
    for i, chain in enumerate(CHAINS):
        first, *then = map(words_of, chain)
        yield Run("keys/chain %d: %s" % (i, chain[0]), first, copies=copies, then=then)
    for words in BSCRYPTO:
        yield Run("bscrypto/" + words, words.split(), copies=copies, argv0="bscrypto",
                  stdin=content[WRAPPED] + b"\n" + content["kek-16.txt"])
    key = os.path.join(KEYS, "mk-enc256-gzip6")
    directory = [(key, "k/mk-enc256-gzip6"), (key, "k/Other"), (b"cipher: AES_256_XTS\n", "k/Broken"), (b"[DEFAULT]\nnonsense\n", "conf"),
                 (b"[DEFAULT]\n\n[plain]\nvolume_regex = x\ncipher = AES_256_XTS\nmasterkey = off\n", "conf-plain")]
    for operation in ("READ", "LABEL", "DELETE", ""):
        for volume in VOLUME_NAMES:
            for options in ("", "-c aes_256_xts --log log", "-C conf", "-C conf-plain -d -v", "--log none/log"):
                yield Run("getkey/%s %r %s" % (operation, volume, options), ["getkey", "-k", "k", *options.split()], copies=directory,
                          env={"OPERATION": operation, "VOLUME_NAME": volume}, then=[["getkey", "-k", "k", *options.split()]])
    for options in ("-k k --selftest", "-k k --migrate", "-k k -C conf-plain --selftest", "-k k -C conf-plain --migrate",
                    "-k none --selftest", "-k k --selftest --migrate"):
        yield Run("getkey/" + options, ["getkey", *options.split()], copies=directory)


# --- pasted text ---------------------------------------------------------------------------------------------

PASTED = (
    "5/74/21", "05 74 21", "05ee0f", "0x05ee0f", "7/EF10", "sense = 05ee0f",
    "LTFS30201D CDB check condition: sense = 05ee0f, Encryption - Key Service Failure.", "LTFS12345E unknown sense code 054a00 (sense)",
    "the drive said 06/2A01.", "SK=02 ASC=04 ASCQ=01", "ASC=0x74 ASCQ=0x21", "nonsense", "zz", "", "00 99 00 00",
    "Sense Code:              Illegal Request (0x05)\n ASC:                    0x26\n ASCQ:                   0x00\n",
    "st 1:0:0:0: [st0] tag#5 Sense Key : Data Protect [current] \nst 1:0:0:0: [st0] <<vendor>>ASC=0xef <<vendor>>ASCQ=0x81 \n",
    "Current st09:00: Sense key Blank Check\nASC=14 ASCQ= 3\n", "Sense Key : Medium Error [deferred]\n ASC=0x0c ASCQ=0x0",
    "Incorrect data encryption key", "Descriptor format, <<<deferred>>>; Sense key: Medium Error\nAdditional sense: Write error\n",
    "Add. Sense: Unable to decrypt data", "(sa0:mpt0:0:1:0): SCSI sense: ILLEGAL REQUEST asc:24,0 (Invalid field in CDB)",
    "IBM ULT3580-HH8: 7/74/05", "HP Ultrium 6-SCSI: 7/74/05", "00000000: 7000 0500 0000 000a 0000 0000 2600 0080\n00000010: 0008\n",
    "00000000: 7000 0500 0000 001c 0000 0000 2600 0080\n00000020: 0008 0000\n",
    "00000000  70 00 05 00 00 00 00 18  00 00 00 00 24 00 00 00  |p...........$...|\n00000010  00 00 00 00 00 00 00 00  00 00 00 "
    "00 00 00 00 00  |................|\n*\n",
    "b5 20 00 10 00 00 00 00 00 34 00 00", "Log page TapeAlert nonsense",
)
# Sense data and pages; each is cut after every byte, too.
BYTES = (
    "70 00 05 00 00 00 00 0a 00 00 00 00 74 21 00 00 00 00",
    "f0 00 20 ff ff fc 18 0a 00 00 00 00 00 00 00 00 00 00",
    "70 00 05 00 00 00 00 0a 00 00 00 00 26 00 00 80 00 08",
    "72 05 26 00 00 00 00 14 00 0a 80 00 00 00 00 00 00 00 02 03 02 06 00 00 8a 00 08 00",
    "70 00 06 00 00 00 00 1c 00 00 00 00 29 00 00 00 00 00 01 02 03 04 05 06 07 41 42 43",
    "00 00 00 08 00 10 00 20 00 21 00 30",
    "00 11 00 02 00 02",
    "00 31 00 0c 00 00 00 00 00 00 00 00 00 02 ab cd",
    "00 00 00 04 00 12 17 2e",
    "00 10 00 30 40 00 02 03 01 00 00 00 00 00 00 00 00 00 00 20 " + " ".join("%02x" % i for i in range(32)),
    "00 10 00 2c 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 14 8a 0c 00 20 "
    "00 3c 00 20 00 00 00 00 00 00 00 00 00 01 00 14 00 00 00 00",
    "00 20 00 18 42 02 02 01 00 00 00 05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    "00 21 00 1c 00 00 00 00 00 00 00 07 05 01 00 00 01 00 00 04 41 42 43 44 00 00 00 00 00 00 00 00",
    "2e 00 00 0a 00 04 60 01 01 00 14 60 01 01",
    "2e 00 01 40 " + " ".join("00 %02x 60 01 %02x" % (i, i % 7 == 0) for i in range(1, 65)),
    "12 00 00 0c 00 00 00 08 00 00 10 00 00 00 00 00",
    "17 00 00 0c 00 00 03 08 00 00 00 00 00 00 00 07",
    "20 00 00 04",
)


def runs_of_texts():
    for text in PASTED + BYTES:
        for verb in ("key status", "alerts", "key status --json", "alerts --json", "key status --vendor ibm", "alerts --type library"):
            yield Run("explain/%s %s" % (verb, text), [*verb.split(), "--explain", text])
            if "-" not in verb:
                yield Run("explain/%s - %s" % (verb, text), [*verb.split(), "--explain", "-"], stdin=text.encode())
    for i, text in enumerate(BYTES):
        words = text.split()
        for n in range(1, min(len(words), 48)):
            verb = ["alerts"] if text[:2] in ("2e", "12") else ["key", "status"]
            yield Run("explain/%d cut after %d" % (i, n), [*verb, "--explain", " ".join(words[:n])])
    for asc in range(256):
        for ascq in (0, 1, 3, 0x21):
            key = (2, 3, 4, 5, 6, 7)[(asc + ascq) % 6]
            words = ["key", "status"] + (["--vendor", ("ibm", "hp", "quantum")[(asc + ascq) % 3]] if asc >= 0x80 else [])
            yield Run("explain/%x/%02x/%02x" % (key, asc, ascq), [*words, "--explain", "%x/%02x/%02x" % (key, asc, ascq)])


# --- usage ---------------------------------------------------------------------------------------------------

COMMON = "quiet verbose help no-such-option"
KEYARGS = ("output= kek= new-kek= bundle= format= base64 raw-key force id json plain-keys no-keys volumes cache= catalog-command= "
           "missing rotate pool= media-type= storage= qr= shares= threshold=")
VOLUME_KEYS = "key= key-dir= key-config= key-command= new-key= new-key-dir= new-key-command="
# Long options of each command; = behind those that take a value.
OPTIONS = {
    "filter": "inflate deflate= recompress= output= threads= target= max-block= max-memory= on-damage= map= report= progress= "
              "force repair decrypt encrypt= strong block-format= keep-layout " + VOLUME_KEYS,
    "list": "blocks records json max-memory= " + VOLUME_KEYS,
    "verify": "threads= all-digests whole json max-memory= progress= " + VOLUME_KEYS,
    "compare": "vs json threads= on-damage= max-memory= " + VOLUME_KEYS,
    "key": "", **{"key " + v: KEYARGS for v in ("generate", "show", "wrap", "unwrap", "rewrap", "split", "join")},
    "key load": "key= volume= cache= catalog-command= auto rewind kek= mode= algorithm= kad= clear-on-demount raw-readable raw-key "
                "dry-run wait= json",
    "key clear": "json wait=", "key status": "json bscrypto explain= wait= vendor=",
    "key probe": "catalog-command= cache= kek= first= tries= algorithm= force wait= json",
    "cache": "", **{"cache " + v: KEYARGS for v in ("list", "get", "import", "export", "renew", "remove", "check")},
    "getkey": "key-dir= config= cipher= log= debug selftest migrate", "alerts": "all keep json explain= type=",
    "changer": "catalog-command= cache= kek= device= mode= algorithm= kad= clear-on-demount require-key raw-readable wait=",
    "drives": "json", "help": "", "nonsense": "", "verfy": "",
}
BAD = (
    "--no-such-option", "-Z", "-T", "-T0", "-Tx", "-T 99999", "-o", "--json=x", "--help", "-h", "--", "-- -x", "a b c d e", "",
    "--version", "-V", "-q", "-qq", "--json --json", "/dev/null", "no-such-file", "- -", "-r none", "-d", "-i -d lz4 -r lz4", "-i -i",
    "-o a -o b", "-r lz4 -d lz4", "--on-dam=skip", "--tar=bacula",
)
VALUES = ("x", "0", "-1", "99999999999999999999", "any")


def forms(option):
    name = option.rstrip("=")
    if option.endswith("="):
        yield from (["--" + name], ["--%s=" % name], ["--%s=x" % name, "--%s=x" % name], ["--%s=x" % name[:-1]])
        yield from (["--%s=%s" % (name, v), "none"] for v in VALUES)
    else:
        yield from (["--" + name], ["--%s=x" % name], ["--" + name, "--" + name, "none"], ["--" + name[:-1]])


def runs_of_usage():
    for command, options in OPTIONS.items():
        words = command.split()
        for bad in BAD:
            yield Run("usage/%s %s" % (command, bad), words + bad.split())
        for option in (options + " " + COMMON).split():
            for form in forms(option):
                if form != ["--help"] and form != ["--no-such-option"]:
                    yield Run("usage/%s of %s: %s" % (command, option, " ".join(form)), words + form)
        yield Run("usage/help %s:" % command, ["help", *words])
    for words in ("help nonsense", "--help", "-h", "--version", "-V", "help key nonsense", "help list list", "filter help", "--help list",
                  "-q", "-i", "help bscrypto"):
        yield Run("usage/: " + words, words.split())


def all_runs(work):
    return [*runs_of_volumes(work), *runs_of_keys(), *runs_of_texts(), *runs_of_usage()]
