#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""manual_week.py FOLDER: three volumes of a web server's week, Web-0001 to Web-0003: a full job, and two accurate incremental ones."""

import os
import sys

import chaincases
import chains
import mkvolume as mk

FIRST, DAY = chains.BEGIN, chains.DAY


def session(number, level, day):
    job = chains.Job(number, level, FIRST + day * DAY, client="web1-fd", fileset="Linux")
    job.name = job.name.replace("c-web1-fd.", "web1.")
    return chaincases.begin(job, product=mk.BAREOS)


def write(folder, name, one):
    one.end()
    one.packer.flush()
    with open(os.path.join(folder, name), "wb") as f:
        f.write(mk.whole(name, one.packer.blocks))


def main(folder):
    os.makedirs(folder, exist_ok=True)
    # The files are root's, whoever runs this: the manual shows the volumes' sizes.
    os.getuid = os.getgid = lambda: 0
    full = session(101, "F", 0)
    full.have("/etc/hosts", b"127.0.0.1 localhost\n", FIRST - 40 * DAY)
    full.have("/etc/ssh/sshd_config", b"PermitRootLogin no\n", FIRST - 30 * DAY)
    full.have("/etc/ssh/old_config", b"Protocol 1\n", FIRST - 30 * DAY)
    full.have("/srv/www/index.html", b"<h1>Hello</h1>\n", FIRST - 20 * DAY)
    write(folder, "Web-0001", full)
    first = session(102, "I", 1)
    first.have("/srv/www/index.html", b"<h1>Hello, world</h1>\n", FIRST + DAY - 3600)
    first.mark("/etc/ssh/old_config")
    write(folder, "Web-0002", first)
    second = session(103, "I", 2)
    second.have("/etc/hosts", b"127.0.0.1 localhost\n192.0.2.7 mirror\n", FIRST + 2 * DAY - 3600)
    write(folder, "Web-0003", second)


main(sys.argv[1])
