#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""replay.py PROGRAM TRANSCRIPT - runs the commands of a transcript of the real bscrypto again, in the current folder.

Prints one line for each: "ok", "differs" or "bad", a TAB, the command.  "differs": docs/bscrypto.md says so, and it is as that
says.  What is random has to have the same shape."""
import ast
import os
import re
import subprocess
import sys

PROGRAM, TRANSCRIPT = sys.argv[1:]

# Where the original is broken: exit status, what standard output must be (None: as the original's), a pattern for standard error.
DIFFERENT = [
    (r"-D damaged-(?!trailing)|-D not-there|-r not-there", 1, b"", rb"."),
    (r"-k wrapped-kek-16.key -w kek-short-5.txt", 1, b"", rb"^Failed to aes unwrap the keydata read from wrapped-kek-16.key using the wrap "
                                                        rb"data from kek-short-5.txt ERR=.*, aborting\.\.\.\n$"),
    (r"-k garbage.b64 -w kek-16.txt", 1, b"", rb"^Failed to aes unwrap the keydata read from garbage.b64"),
    (r"-k wrapped-kek-[^ ]*.key -b$", 1, b"", rb"is wrapped; use -w"),
    (r"--version", 0, rb"\(xflate\)\n$", rb"^$"),
    (r"-d 200 -D", 0, rb"^Volumename", rb"^$"),
    (r"-d 10 -g", 0, rb"^[A-Za-z0-9+/]{54}\n$", rb"^$"),
    # The drive: its messages are another test's.
    (r"(-[evc]|-s plain-0.key) /", 1, rb"", rb""),
]


def blocks(text):
    """(command, stdin, exit status, stdout, stderr); of a transcript in either of the two layouts."""
    for m in re.finditer(r"^\$ bscrypto (.*)\n((?:# .*\n)*)rc=(\d+)(?:\n| )stdout=(b'.*'|b\".*\")(?:\n| )stderr=(b'.*'|b\".*\")", text, re.M):
        command = m.group(1)
        stdin = re.search(r"# stdin: (b'.*')|stdin: (b'.*')", command)
        feed = ast.literal_eval(stdin.group(1) or stdin.group(2)) if stdin else b""
        # Comments stand behind two blanks and more.
        command = re.split(r"\s{2,}|\s+#", command)[0].strip()
        yield command, feed, int(m.group(3)), ast.literal_eval(m.group(4)), ast.literal_eval(m.group(5))


ALPHABET = re.escape("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*()-_=+|[]{};:,.<>?/~").encode()
SHAPES = [rb"[A-Za-z0-9+/]{54}\n", rb"[A-Za-z0-9+/]{43}\n", rb"[" + ALPHABET + rb"]{32}\n"]


def judge(command, feed, rc, out, err):
    generates = re.search(r"-g (\S+)", command)
    target = generates.group(1) if generates and rc == 0 and generates.group(1) != "-" else None
    args = command.split()
    if target:  # not over the sample
        args[args.index(target)] = "generated"
        if os.path.exists("generated"):
            os.unlink("generated")
    existing = {f: open(f, "rb").read() for f in args if os.path.isfile(f)}
    p = subprocess.run([PROGRAM] + args, input=feed, capture_output=True, timeout=60)
    for name, content in existing.items():
        if (open(name, "rb").read() != content) != (args[0] == "-r"):
            return "bad", "what it did to " + name
        open(name, "wb").write(content)
    for pattern, want_rc, want_out, want_err in DIFFERENT:
        if re.match(pattern, command):
            good = p.returncode == want_rc and (re.search(want_out, p.stdout) if want_out else p.stdout == want_out) and \
                re.search(want_err, p.stderr)
            if pattern.startswith("(-"):
                good = p.returncode == want_rc
            return ("differs" if good else "bad"), (p.returncode, p.stdout, p.stderr)
    if generates and generates.group(1) == "-" and rc == 0:
        shape = [s for s in SHAPES if re.fullmatch(s, out)][0]
        good = (p.returncode, p.stderr) == (rc, err) and re.fullmatch(shape, p.stdout)
    elif target:
        want = open(target, "rb").read()
        have = open("generated", "rb").read() if os.path.exists("generated") else b""
        good = (p.returncode, p.stdout, p.stderr) == (rc, out, err) and len(have) == (32 if target == "overwrite.key" else len(want)) and \
            any(re.fullmatch(s, have + b"\n") for s in SHAPES) and os.stat("generated").st_mode & 0o7777 == 0o600
    else:
        good = (p.returncode, p.stdout, p.stderr) == (rc, out, err)
    return ("ok" if good else "bad"), (p.returncode, p.stdout[:200], p.stderr[:200], rc, out[:200], err[:200])


for block in blocks(open(TRANSCRIPT, encoding="utf-8").read()):
    if block[0].startswith("-p"):
        continue
    verdict, why = judge(*block)
    print(verdict, block[0], sep="\t")
    if verdict == "bad":
        print(why, file=sys.stderr)
