#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""disaster.py VOLUME: what is left of a site: files of a job, and two saves of the catalog, the later one of which has it.

The save is a dump as SQLite's .dump writes it, in /var/lib/bacula/bacula.sql, with the director's configuration beside it.
"""
import sys

sys.dont_write_bytecode = True
import hostile  # noqa: E402
import mkvolume as mk  # noqa: E402

DUMP = """BEGIN TRANSACTION;
CREATE TABLE Job (JobId INTEGER PRIMARY KEY, Job TEXT, Name TEXT, JobStatus TEXT, VolSessionId INTEGER, VolSessionTime INTEGER);
CREATE TABLE Media (MediaId INTEGER PRIMARY KEY, VolumeName TEXT);
CREATE TABLE JobMedia (JobMediaId INTEGER PRIMARY KEY, JobId INTEGER, MediaId INTEGER);
%sINSERT INTO Media VALUES(1,'Vault-0001');
COMMIT;
"""
ROW = "INSERT INTO Job VALUES(%d,'%s.2026-01-01_00.00.00_01','%s','T',%d,%d);\nINSERT INTO JobMedia VALUES(%d,%d,1);\n"


def dump(jobs):
    return (DUMP % "".join(ROW % (n, name, name, n, mk.STIME, n, n) for n, name in jobs)).encode()


def job(n, name, files):
    p = mk.Packer(product=mk.BAREOS22, sid=n)
    s = hostile.Job(p, sid=n, jobid=n, name=name, began=10 * n)
    for path, content in files:
        s.plain(path, content, mode=0o100640)
    return s.close()


def main():
    saved = "/var/lib/bacula/bacula.sql"
    conf = ("/etc/bacula/bacula-dir.conf", b"Director { Name = director }\n")
    blocks = job(1, "BackupCatalog", [(saved, dump([])), conf])
    blocks += job(2, "web", [("/srv/www/index.html", b"<h1>It works</h1>\n"), ("/srv/www/large", mk.text(1, 300000))])
    blocks += job(3, "BackupCatalog", [(saved, dump([(1, "BackupCatalog"), (2, "web")])), conf])
    with open(sys.argv[1], "wb") as f:
        f.write(mk.whole("Vault-0001", blocks))


main()
