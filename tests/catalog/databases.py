# SPDX-License-Identifier: GPL-3.0-or-later
"""The three databases that a catalog is kept in, each through the client that an operator has.

A table's rows are dictionaries: names of columns in small letters, every value a text (None where it is NULL).
"""

import csv
import io
import os
import re
import subprocess

# What a conversion can touch, and what it needs to know.
TABLES = ("Version", "Pool", "Storage", "Job", "Media", "JobMedia")


UNESCAPED = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


class Broken(Exception):
    """A client that did what no test asked for."""


def as_time(value):
    """SQLite has no time that is none; other databases do not take it, or not NULL."""
    return "1970-01-02 00:00:00" if value in (None, "", "0") else value


def quoted(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


class Database:
    """kind: what xflate calls it.  lax clients go on after an error."""

    kind = ""

    def client(self, lax):
        raise NotImplementedError

    def run(self, text, lax=False):
        """Returns the exit status and what was said, errors too."""
        done = subprocess.run(self.client(lax), input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def must(self, text):
        status, said = self.run(text)
        if status != 0:
            raise Broken("%s: %s" % (self.kind, said[-2000:]))
        return said

    def load(self, tables):
        """Makes these the only rows of the six tables."""
        text = [self.begin]
        for table in reversed(TABLES):
            text.append("DELETE FROM %s;" % table)
        for table in TABLES:
            known = self.columns(table)
            for row in tables[table]:
                names = [name for name in row if name in known]
                values = [quoted(as_time(row[name]) if name in TIMES else row[name]) for name in names]
                text.append("INSERT INTO %s (%s) VALUES (%s);" % (table, ", ".join(names), ", ".join(values)))
        text.append("COMMIT;")
        self.must("\n".join(text))

    def columns(self, table):
        if table not in self.known:
            self.known[table] = self.find_columns(table)
        return self.known[table]

    def dump(self):
        """All that the six tables have, to be compared."""
        said = self.must("\n".join(self.mark % ("~TABLE " + table) + "\n" + self.select(table) for table in TABLES))
        parts = re.split(r"^~TABLE (\w+)\n", said, flags=re.MULTILINE)[1:]
        return {table: sorted_rows(self.parse(table, text)) for table, text in zip(parts[::2], parts[1::2])}

    def tables(self):
        """Names of all tables, so that none can be left behind."""
        raise NotImplementedError


class Sqlite(Database):
    kind = "sqlite"
    begin = "BEGIN;"
    mark = ".print '%s'"

    def __init__(self, path, sqlite3="sqlite3"):
        self.path, self.program, self.known = path, sqlite3, {}

    def client(self, lax):
        return [self.program] + ([] if lax else ["-bail"]) + ["-cmd", ".timeout 3000", self.path]

    def find_columns(self, table):
        return [line.split("|")[1].lower() for line in self.must("PRAGMA table_info(%s);" % table).splitlines()]

    def select(self, table):
        return ".mode csv\n.headers on\n.nullvalue ~NULL~\nSELECT * FROM %s;" % table

    def parse(self, table, text):
        return from_csv(text)

    def tables(self):
        return sorted(self.must("SELECT name FROM sqlite_master WHERE type = 'table';").split())


class Postgres(Database):
    kind = "postgresql"
    begin = "BEGIN;"
    mark = "\\echo %s"

    def __init__(self, name, psql):
        self.name, self.program, self.known = name, psql, {}

    def client(self, lax):
        return [self.program, "-d", self.name] + ([] if lax else ["-v", "ON_ERROR_STOP=1"])

    def find_columns(self, table):
        return self.must("SELECT column_name FROM information_schema.columns WHERE table_name = '%s';" % table.lower()).split()

    def select(self, table):
        return "COPY (SELECT * FROM %s) TO STDOUT (FORMAT csv, HEADER, NULL '~NULL~');" % table

    def parse(self, table, text):
        return from_csv(text)

    def tables(self):
        return sorted(self.must("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public';").split())


class Maria(Database):
    kind = "mysql"
    begin = "START TRANSACTION;"
    mark = "SELECT '%s';"

    def __init__(self, name, mariadb):
        self.name, self.program, self.known = name, mariadb, {}

    def client(self, lax):
        return [self.program, self.name] + (["-f"] if lax else [])

    def find_columns(self, table):
        said = self.must("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '%s' AND TABLE_NAME = '%s';" % (self.name, table))
        return said.lower().split()

    def select(self, table):
        return "SELECT %s FROM %s;" % (", ".join(self.columns(table)), table)

    def parse(self, table, text):
        rows = []
        for line in text.splitlines():
            values = [None if v == "NULL" else re.sub(r"\\(.)", lambda m: UNESCAPED[m.group(1)], v) for v in line.split("\t")]
            rows.append(dict(zip(self.columns(table), values)))
        return rows

    def tables(self):
        return sorted(self.must("SHOW TABLES;").split())


def sorted_rows(rows):
    return sorted(rows, key=lambda row: [(v is not None, v or "") for v in row.values()])


def from_csv(text):
    return [{name.lower(): None if value == "~NULL~" else value for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]


# --- schemas ---

# Of the six tables of Bareos 24 to 26, with the types of its PostgreSQL; formats/catalog-facts.md 2.
NUMBERS = {
    "mediaid": "integer", "jobid": "integer", "jobmediaid": "integer", "poolid": "integer", "storageid": "integer",
    "volbytes": "bigint", "volblocks": "bigint", "volfiles": "bigint", "endfile": "integer", "startfile": "integer",
    "endblock": "bigint", "startblock": "bigint", "jobbytes": "numeric(20)", "volsessionid": "integer", "volsessiontime": "integer",
}
TEXTS = ("name", "job", "volumename", "mediatype", "volstatus", "type", "level", "jobstatus", "pooltype", "labelformat",
         "encryptionkey", "comment")
TIMES = ("schedtime", "starttime", "endtime", "realendtime", "firstwritten", "lastwritten", "labeldate", "initialwrite")


def bareos_type(kind, table, column):
    """As that database has it: MySQL's integers are unsigned, formats/catalog-facts.md 2.1."""
    if column in TEXTS:
        return "VARCHAR(127)" if kind == "mysql" else "text"
    if column in TIMES:
        return "DATETIME" if kind == "mysql" else "timestamp"
    name = NUMBERS.get(column, "bigint")
    if kind == "mysql" and table == "JobMedia" and column in ("startfile", "endfile", "startblock", "endblock"):
        return "INTEGER UNSIGNED"
    if kind == "mysql" and name != "numeric(20)":
        return {"integer": "INTEGER UNSIGNED", "bigint": "BIGINT UNSIGNED"}[name]
    return name


def bareos_column(kind, table, column):
    plain = column in TEXTS or column in TIMES
    return "%s %s%s" % (column, bareos_type(kind, table, column), "" if plain else " DEFAULT 0")


def bareos_schema(kind, tables):
    text = []
    for table in TABLES:
        columns = list(tables[table][0])
        text.append("CREATE TABLE %s (%s, PRIMARY KEY (%s));" % (
            table, ", ".join(bareos_column(kind, table, c) for c in columns), columns[0]))
    return "\n".join(text)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as f:
        return [{name: None if value == "" and name not in TEXTS else value for name, value in row.items()} for row in csv.DictReader(f)]


def bareos_rows(folder):
    tables = {table: read_csv(os.path.join(folder, table.lower() + ".csv")) for table in TABLES if table != "Version"}
    tables["Version"] = [{"versionid": "2250"}]
    return tables
