#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What xflate prints as JSON, against docs/schemas.

  schemas.py check NAME FILE [SEEN]    a document
  schemas.py lines NAME FILE [SEEN]    JSON lines
  schemas.py all LIST [SEEN]           lines of LIST: check or lines, NAME, FILE, with blanks between
  schemas.py sound                     are the schemas themselves right, and strict?
  schemas.py manual                    the table of members in man/xflate-formats.5, from ".Ss Members of JSON" to the next heading
  schemas.py unseen SEEN [REASONS [NAME...]]   what no document had (of these schemas alone); REASONS: lines "SCHEMA:MEMBER: why it
                                       cannot be seen here", or "SCHEMA:: why" of all of a schema

SEEN is a file to which is added what was there: "NAME:MEMBER" a line."""
import json
import os
import re
import sys
import urllib.parse

import jsonschema

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "schemas")
END = ".schema.json"


def load(name):
    with open(os.path.join(FOLDER, name + END), encoding="utf-8") as f:
        return json.load(f)


SCHEMAS = {n[: -len(END)]: load(n[: -len(END)]) for n in sorted(os.listdir(FOLDER)) if n.endswith(END)}


def resolver(name):
    """Finds the others beside it, and asks no network."""
    base = "file://" + urllib.parse.quote(FOLDER) + "/"
    store = {base + n + END: s for n, s in SCHEMAS.items()}
    return jsonschema.RefResolver(base + name + END, SCHEMAS[name], store=store)


def validator(name, schema=None):
    return jsonschema.Draft202012Validator(SCHEMAS[name] if schema is None else schema, resolver=resolver(name))


def follow(name, schema):
    while "$ref" in schema:
        other, _, pointer = schema["$ref"].partition("#")
        name = other[: -len(END)] if other else name
        schema = SCHEMAS[name]
        for step in pointer.strip("/").split("/") if pointer else ():
            schema = schema[step]
    return name, schema


def members(name, schema, top, place=""):
    """Every member that a document of it may have: NAME:PLACE."""
    name, schema = follow(name, schema)
    for one in schema.get("oneOf", ()):
        yield from members(name, one, top, place)
    if "items" in schema:
        yield from members(name, schema["items"], top, place + "[]")
    for key, below in schema.get("properties", {}).items():
        yield "%s:%s.%s" % (top, place, key)
        yield from members(name, below, top, place + "." + key)


def seen_in(name, schema, value, top, place=""):
    name, schema = follow(name, schema)
    for one in schema.get("oneOf", ()):
        if validator(name, one).is_valid(value):
            yield from seen_in(name, one, value, top, place)
    if isinstance(value, list) and "items" in schema:
        for v in value:
            yield from seen_in(name, schema["items"], v, top, place + "[]")
    if isinstance(value, dict):
        for key, v in value.items():
            yield "%s:%s.%s" % (top, place, key)
            yield from seen_in(name, schema.get("properties", {}).get(key, {}), v, top, place + "." + key)


def typed(name, schema):
    """What a value is, in the words of the manual, with its unit."""
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema["type"] == "string":
        return "time" if schema.get("pattern", "").startswith("^-?[0-9]{4,}-") else "text"
    units = (("_per_second", "bytes a second"), ("seconds", "seconds"), ("_percent", "percent"), ("_mb", "MB"), ("_mib", "MiB"), ("bytes", "bytes"))
    unit = [u for part, u in units if part in "_" + name][:1] if schema["type"] in ("integer", "number") else []
    return ", ".join([{"array": "list", "boolean": "true or false"}.get(schema["type"], schema["type"])] + unit)


def meanings(name, schema, top, place=""):
    """Every member as members() has it, but not those of a document in another: (its name, what, meaning, shared, document, place)."""
    came_from = name
    name, schema = follow(name, schema)
    if name not in (came_from, "common") and schema is SCHEMAS[name]:
        return
    for one in schema.get("oneOf", ()):
        yield from meanings(name, one, top, place)
    if "items" in schema:
        yield from meanings(name, schema["items"], top, place + "[]")
    for key, below in schema.get("properties", {}).items():
        home, what = follow(name, below)
        yield key, typed(key, what), what.get("description", ""), home == "common", top, place
        yield from meanings(name, below, top, place + "." + key)


def manual():
    rows, hexed = {}, set()
    for top, schema in SCHEMAS.items():
        for key, what, meaning, shared, document, place in meanings(top, schema, top) if top != "common" else ():
            if key.endswith("_hex"):
                hexed.add((key[:-4], document, place))
                continue
            words = what[7:].split(", ") if what.startswith("one of ") else []
            row = rows.setdefault((key, "word" if words else what, meaning), {"words": [], "where": set(), "places": set()})
            row["words"] += [w for w in words if w not in row["words"]]
            row["where"].add(document if shared else (document + " " + place).strip())
            row["places"].add((key, document, place))
    for (key, what, meaning), row in sorted(rows.items()):
        names = key + (" , %s_hex" % key if row["places"] & hexed else "")
        hexed -= row["places"]
        print(".It Va %s Pq %s" % (names, what))
        if row["words"]:
            print("%s." % ", ".join(row["words"]))
        meaning = meaning.replace("What is no UTF-8 is in %s_hex, too." % key, "").strip()
        if meaning:
            print(re.sub(r"^(?=['.])", r"\&", meaning.replace(". ", ".\n"), flags=re.M))
        print(".Em " + ", ".join(sorted(row["where"])))
    for key, document, place in sorted(hexed):
        print("%s_hex is alone in %s%s" % (key, document, place))
    return 1 if hexed else 0


def no_twice(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a member comes twice: %s" % sorted(k for k in keys if keys.count(k) > 1)[0])
    return dict(pairs)


def check(name, texts, seen):
    bad = 0
    for text in texts:
        try:
            value = json.loads(text, object_pairs_hook=no_twice)
        except ValueError as e:
            print("%s: no JSON: %s" % (name, e))
            return 1
        for e in validator(name).iter_errors(value):
            best = jsonschema.exceptions.best_match([e])
            print("%s: /%s: %s" % (name, "/".join(map(str, best.absolute_path)), best.message[:300]))
            bad += 1
        if seen and not bad:
            with open(seen, "a", encoding="utf-8") as f:
                f.writelines(m + "\n" for m in sorted(set(seen_in(name, SCHEMAS[name], value, name))))
    if not texts:
        print("%s: nothing was printed" % name)
    return 1 if bad or not texts else 0


def objects(schema, place):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield place, schema
        for key, v in schema.items():
            yield from objects(v, place + "/" + key)
    elif isinstance(schema, list):
        for v in schema:
            yield from objects(v, place)


def sound():
    bad = []
    for name, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for place, o in objects(schema, name):
            if o.get("additionalProperties") is not False:
                bad.append(place + ": takes other members, too")
            for key, v in o["properties"].items():
                if "description" not in follow(name, v)[1] and follow(name, v)[1].get("type") != "object":
                    bad.append("%s: %s is not described" % (place, key))
    print("\n".join(bad))
    return 1 if bad else 0


def unseen(seen, reasons, names):
    with open(seen, encoding="utf-8") as f:
        had = set(f.read().split("\n"))
    every = {m for n, s in SCHEMAS.items() if n in names for m in members(n, s, n)}
    excused = {}
    if reasons:
        with open(reasons, encoding="utf-8") as f:
            excused = dict(line.strip().split(": ", 1) for line in f if line.strip() and line[0] != "#")
    # What is no UTF-8 is one rule in one function: it is enough that files, inputs and volumes show it.
    missing = {m for m in every - had if not m.endswith("_hex")}
    taken = {e for e in excused if any(m == e or m.startswith(e + ".") or m.startswith(e + "[]") for m in missing)}
    left = {m for m in missing if not any(m == e or m.startswith(e + ".") or m.startswith(e + "[]") for e in excused)}
    for m in sorted(left):
        print(m + " was not seen")
    for e in sorted(set(excused) - taken):
        print(e + ": was seen, and has an excuse")
    return 1 if left or set(excused) - taken else 0


def one(verb, name, path, seen):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    bad = check(name, text.splitlines() if verb == "lines" else [text], seen)
    if bad:
        print("... in " + path)
    return bad


def main():
    verb, rest = sys.argv[1], sys.argv[2:]
    if verb == "sound":
        return sound()
    if verb == "manual":
        return manual()
    if verb == "unseen":
        return unseen(rest[0], rest[1] if len(rest) > 1 else None, rest[2:] or set(SCHEMAS) - {"common"})
    if verb != "all":
        return one(verb, rest[0], rest[1], rest[2] if len(rest) > 2 else None)
    with open(rest[0], encoding="utf-8") as f:
        every = [line.split(None, 2) for line in f.read().splitlines()]
    return max([one(*what, rest[1] if len(rest) > 1 else None) for what in every], default=1)


if __name__ == "__main__":
    sys.exit(main())
