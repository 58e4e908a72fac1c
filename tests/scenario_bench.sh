#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bench/run and bench/quick still measure: on a volume so small that the figures say nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

top=${here%/*}
build=$(dirname "$XFLATE")
BENCH_MB=4 BENCH_SECONDS=1 BENCH_DIR=$work/volumes BENCH_OLD=$XFLATE
export BENCH_MB BENCH_SECONDS BENCH_DIR BENCH_OLD

# --- quick: two builds in pairs ---

mkdir "$BENCH_DIR"
run "$top/bench/quick" "$XFLATE" "$XFLATE"
expect_status 0 'quick: a build against itself'
check 'quick: a line for each row, the ratios with their spread' [ "$(grep -Ec ' [0-9]+\.[0-9]{3}  \([0-9.]+ to [0-9.]+, [0-9]+ pairs\)' "$out")" = 14 ]
check 'quick: the bytes were compared' [ "$(grep -c 'same bytes$' "$out")" = 13 ]

# Another one, that writes other bytes: its copies end in a byte more.
cat >other <<END
#!/bin/sh
"$XFLATE" "\$@" && case \$1 in filter) echo ;; esac
END
chmod +x other
run "$top/bench/quick" "$XFLATE" ./other
expect_status 1 'quick: a build that writes other bytes'
check 'quick: it says so' grep -q '^none -> none .*BYTES DIFFER$' "$out"
run "$top/bench/quick" "$XFLATE"
expect_status 2 'quick: one build is too few'
run "$top/bench/quick" "$XFLATE" ./nothing
expect_status 1 'quick: a build that is not there'

# --- run: every row, its tables, its words ---

if ! command -v pigz >/dev/null 2>&1 || ! command -v lz4 >/dev/null 2>&1 || ! command -v zstd >/dev/null 2>&1 || [ ! -x /usr/bin/time ]; then
	skip 'run: every row and its tables' 'pigz, lz4, zstd or time is missing (packages.txt, bench)'
else
	run "$top/bench/run" "$build"
	expect_status 0 'run: a small corpus'
	for row in 'gzip6 -> none' 'none -> lzo' copy encrypt decrypt 'verify gzip6' 'compare gzip6, lz4' 'list gzip6'; do
		check "run: $row is measured" grep -Eq "^\\| $row \\| [0-9]+\\.[0-9]{3} \\| [0-9]+\\.[0-9]{3} \\| [0-9]+\\.[0-9]{3} " "$out"
	done
	check 'run: what is in turn, and 64 processors' grep -Eq '^\| gzip6 -> lz4, to a file( \| [0-9.]+){10} \|$' "$out"
	check 'run: records of every length' grep -Eq '^\| gzip6 -> none( \| [0-9.]+){12} \|$' "$out"
	check 'run: all that is wanted has a verdict' [ "$(grep -Ec '\| (met|\*\*short\*\*)[^|]* \|$' "$out")" = 25 ]
	check 'run: and what falls short is said in words' grep -q '^What falls short:$' "$out"

	# --- report: into the page, and the drawing ---

	cp -r "$top/bench" .
	mkdir docs
	printf 'before\n<!-- make bench-doc: from here -->\nold\n<!-- make bench-doc: to here -->\nbehind\n' >docs/performance.md
	run bench/report.py --doc "$build/bench/results.json"
	expect_status 0 'report: into a page'
	check 'report: what stands around stays' [ "$(sed -n '1p;$p' docs/performance.md | tr '\n' ' ')" = 'before behind ' ]
	check 'report: what stood there does not' [ "$(grep -c '^old$' docs/performance.md)" = 0 ]
	sed '1,/from here/d;/to here/,$d' docs/performance.md >page
	check 'report: the page has what the run printed' diff -B page "$out"
	check 'report: the drawing is XML, with a line for each conversion in both halves' \
		"$PYTHON" -c 'import sys, xml.dom.minidom as m; d = m.parse("docs/scaling.svg"); sys.exit(len(d.getElementsByTagName("polyline")) != 17)'
	printf 'no marks\n' >docs/performance.md
	run bench/report.py --doc "$build/bench/results.json"
	expect_status 1 'report: a page without the marks'
fi

done_testing
