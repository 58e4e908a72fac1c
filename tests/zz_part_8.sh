#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Batches: folders of volumes, each unit converted by a process of its own.  Whatever dies, and whenever: run again, every unit is done
# once, with the bytes that it always has.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

bareos=$VOLUMES/bareos

# fill: a folder with a set of two volumes and two alone, in folders
fill() {
	rm -rf in
	mkdir -p in/a/b
	cp -p "$bareos/vol-gzip6" in/
	cp -p "$bareos/vol-span-gzip6-1" in/a/
	cp -p "$bareos/vol-span-gzip6-2" "$bareos/vol-append" in/a/b/
	echo notes >in/readme
}

# in_batch OPTIONS...: the batch over it
in_batch() { run "$XFLATE" filter --recursive "$@" in; }

# volumes_of FOLDER: digest and name of all in it but reports and what killed runs have left
volumes_of() {
	find "$1" -name '.xflate-*' -prune -o -type f ! -name '*.report.json' -print | sed "s|^$1/||" | sort | while read -r file; do
		echo "$(sha256sum <"$1/$file") $file"
	done
}

# complete FOLDER: how many of its reports say so
complete() { find "$1" -name '*.report.json' -exec grep -l '^  "complete": true,$' {} + | wc -l; }

# truthful FOLDER: what a complete report names is there
truthful() {
	"$PYTHON" - "$1" <<'END'
import glob, json, os, sys
import xxhash
for path in glob.glob(sys.argv[1] + "/*.report.json"):
    r = json.load(open(path))
    if not r["complete"]:
        continue
    files = [(v["output"], v["bytes_out"], v["xxh64_out"]) for v in r["volumes"]]
    for name, size, digest in files + [(r["map"], r["map_bytes"], r["map_xxh64"])]:
        if os.path.isfile(name):
            data = open(name, "rb").read()
            assert len(data) == size and xxhash.xxh64(data).hexdigest() == digest, (path, name)
        else:
            assert os.path.isdir(name), (path, name)
    assert all(v["complete"] for v in r["volumes"])
END
}

# ask FILE EXPRESSION: of a report, as r
ask() {
	"$PYTHON" -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# gone: all of $children have ended
gone() {
	for child in $children; do
		for _ in $(seq 200); do
			kill -0 "$child" 2>/dev/null || continue 2
			sleep 0.05
		done
		return 1
	done
}

# --- ten thousand ---

"$PYTHON" "$here/mkvolume.py" --many 10000 many
head -c 700 many/50/vol05050 >cut
mv cut many/50/vol05050
cat >peak.py <<'END'
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
open(sys.argv[1], "w").write("%d\n" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(status)
END
if [ -f "${shim:-}" ]; then
	preload=$shim
else
	preload=
fi
LD_PRELOAD=$preload FAULT_SYNC=no "$XFLATE" filter --recursive --skip-done=quick --jobs 2 -qq -r gzip -o all many 2>"$err" &
pid=$!
for _ in $(seq 1200); do
	[ "$(find all -name '*.map' 2>/dev/null | wc -l)" -lt 1500 ] || break
	sleep 0.25
done
# shellcheck disable=SC2034 # read by gone
children=$(pgrep -P $pid)
kill -KILL $pid 2>/dev/null
wait $pid
check 'ten thousand: killed, and its children end' gone
first=$(complete all)
check "ten thousand: killed in the middle, behind $first" test "$first" -ge 1000 -a "$first" -lt 9999
LD_PRELOAD=$preload FAULT_SYNC=no "$PYTHON" peak.py peak "$XFLATE" filter --recursive --skip-done=quick --jobs 2 -q -r gzip --exit-class -o all many 2>"$err"
is $? 65 'ten thousand: gone on with, but for one that is cut off'
says "^xflate: 10000 units of 10000 volumes: [0-9]+ done, $first done before, 1 failed$" 'ten thousand: each is done once'
check "ten thousand: memory stays flat ($(cat peak) MiB)" test "$(cat peak)" -lt 64
is "$(complete all)" 9999 'ten thousand: their reports'
is "$(find all -maxdepth 1 -name 'vol?????' | wc -l)" 9999 'ten thousand: their volumes'
is "$(find all -name '.xflate-*' | wc -l)" 0 'ten thousand: nothing half done is left'
"$PYTHON" peak.py peak "$XFLATE" report merge all >"$out" 2>"$err"
is $? 1 'ten thousand: merged'
is "$(tail -n 1 "$out" | cut -d , -f 1-4)" '10000 reports: 9999 done, 0 damaged, 1 failed, 0 twice; 9999 volumes' 'ten thousand: merged: counted'
check "ten thousand: merged: memory ($(cat peak) MiB)" test "$(cat peak)" -lt 96
done_testing
done_testing
