#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the scenarios share.  A scenario is read by tests/run, but runs alone, too: sh tests/scenario_sets.sh
#
#   XFLATE=path   the program under test (default: build/xflate)
#   VOLUMES=dir   what tests/prepare made (default: made for this run)
#   PYTHON=path   for the oracle (default: the system's, which sees python3-xxhash)
#
# They print TAP: "ok - text", "not ok - text", "ok - text # SKIP why", and the plan at the end.  The current folder is
# an empty one that goes away at the end; run() keeps what a command said in $out and $err, how it ended in $status.
# shellcheck disable=SC2034,SC2317 # for the scenarios; called by name

set -u
LC_ALL=C
TZ=UTC
PYTHONDONTWRITEBYTECODE=1
export LC_ALL TZ PYTHONDONTWRITEBYTECODE
umask 022
# What a sanitizer finds is no ordinary failure.
ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:exitcode=99}
TSAN_OPTIONS=${TSAN_OPTIONS:-exitcode=99}
export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS

here=$(cd "$(dirname "$0")" && pwd)
scenario=$here/$(basename "$0")
XFLATE=${XFLATE:-${here%/*}/build/xflate}
case $XFLATE in
/*) ;;
*) XFLATE=$(pwd)/$XFLATE ;;
esac
if [ -z "${PYTHON:-}" ]; then
	PYTHON=/usr/bin/python3
	[ -x "$PYTHON" ] || PYTHON=python3
fi
export XFLATE PYTHON

work=$(mktemp -d "${TMPDIR:-/tmp}/xflate-test.XXXXXX") || exit 1
cleanup() {
	cd /
	# What a test left locked.
	chmod -R u+rwx "$work" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/here"
out=$work/out
err=$work/err
cd "$work/here" || exit 1

tests=0
failures=0

# show FILE...: the beginning of what was said, as comments
show() {
	for shown; do
		[ ! -s "$shown" ] || head -n 15 "$shown" | cut -c 1-300 | tr -cd '\011\012\040-\176' | sed "s|^|# ${shown##*/}: |"
	done
}

ok() {
	tests=$((tests + 1))
	echo "ok - $1"
}

not_ok() {
	tests=$((tests + 1))
	failures=$((failures + 1))
	echo "not ok - $1"
}

# skip TEXT WHY: it is seen in the report that this was not tried
skip() {
	tests=$((tests + 1))
	echo "ok - $1 # SKIP $2"
}

# sanitized: was the program built with a sanitizer?
sanitized() { [ "${SANITIZED:-}" = yes ] || ldd "$XFLATE" 2>/dev/null | grep -Eq 'lib[atu]b?san'; }

# with_shim TEXT: $shim makes calls fail (faults/shim.c); else TEXT is not tried.  With glibc it has to build.
with_shim() {
	shim=$work/shim.so
	if sanitized; then
		skip "$1" 'a sanitizer has its own allocator'
	elif ${CC:-cc} -std=gnu17 -O1 -D_GNU_SOURCE -shared -fPIC -o "$shim" "$here/faults/shim.c" -ldl 2>"$err"; then
		return 0
	elif getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
		not_ok "$1: the shim builds"
		show "$err"
	else
		skip "$1" "no shim on this system: $(head -n 1 "$err")"
	fi
	rm -f "$shim"
	return 1
}

# is GOT WANTED TEXT
is() {
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		printf '# got "%s", not "%s"\n' "$1" "$2"
	fi
}

# check TEXT COMMAND...: it succeeds
check() {
	checked=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		ok "$checked"
	else
		not_ok "$checked"
		echo "# failed: $*" | cut -c 1-300
		show "$work/said"
		return 1
	fi
}

# fails TEXT COMMAND...: it does not succeed
fails() {
	checked=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		not_ok "$checked"
		echo "# succeeded: $*" | cut -c 1-300
		return 1
	fi
	ok "$checked"
}

# run COMMAND...: never longer than a minute
run() {
	ran=$*
	timeout -k 5 60 "$@" >"$out" 2>"$err"
	status=$?
}

# expect_status N TEXT: of the last run
expect_status() {
	if [ "$status" = "$1" ]; then
		ok "$2"
	else
		not_ok "$2"
		printf '# %s\n# exit status %s, expected %s\n' "$ran" "$status" "$1" | cut -c 1-300
		show "$err"
		return 1
	fi
}

# refused N TEXT: the last run ended so, said why on stderr in lines that begin with "xflate: ", and gave out nothing
refused() {
	if [ "$status" = "$1" ] && [ -s "$err" ] && ! grep -qv '^xflate: ' "$err" && [ ! -s "$out" ]; then
		ok "$2"
	else
		not_ok "$2"
		printf '# %s\n# exit status %s, expected %s; every line of stderr begins with "xflate: "; nothing on stdout\n' "$ran" \
			"$status" "$1" | cut -c 1-300
		show "$out" "$err"
		return 1
	fi
}

# says PATTERN TEXT: a line on stderr of the last run
says() {
	if grep -Eq "$1" "$err"; then
		ok "$2"
	else
		not_ok "$2"
		echo "# stderr has no line like $1"
		show "$err"
		return 1
	fi
}

xflate() { timeout -k 5 60 "$XFLATE" "$@"; }

# shown PAGE HEADING: the commands of this part of a page of docs/
shown() { awk -v heading="## $2" '/^#/ { on = $0 == heading } /^```/ { code = on && $0 == "```sh"; next } code' "${here%/tests*}/docs/$1"; }

# follow PAGE HEADING [SED]: does what is shown there, one command after the other, as long as all is well; SED: what is changed before
follow() {
	shown "$1" "$2" | sed "${3:-}" >"$work/followed"
	[ -s "$work/followed" ] && PATH=$work/bin:$PATH timeout -k 5 120 sh -eu "$work/followed" >"$out" 2>"$err"
}

# examples KIND PREPARE [--sed FROM TO]...: the examples of this kind in the manual (tests/examples tells of kinds), those of each page in
# a folder of its own, a copy of what manual_world.sh makes.  PREPARE PAGE: a command that runs in it before.
examples() {
	kind=$1
	prepare=$2
	shift 2
	pages=${here%/tests*}/tests
	mkdir -p "$work/bin" "$work/pages"
	for name in xflate bscrypto; do [ -e "$work/bin/$name" ] || ln -s "$XFLATE" "$work/bin/$name"; done
	[ -d "$work/world" ] || check 'the folder in which the examples are run' sh "$pages/manual_world.sh" "$work/world" || return 1
	for page in $("$PYTHON" "$pages/examples" --pages "$kind" || echo none); do
		cp -rp "$work/world" "$work/pages/$kind-$page"
		cd "$work/pages/$kind-$page" || exit 1
		"$prepare" "$page" >"$work/prepared" 2>&1 || { not_ok "$page, $kind: prepared"; show "$work/prepared"; }
		PATH=$work/bin:$PATH "$PYTHON" "$pages/examples" --run "$kind" "$page" "$@" >"$work/tap" 2>&1 || not_ok "$page, $kind: came to its end"
		cat "$work/tap"
		tests=$((tests + $(grep -cE '^(not )?ok ' "$work/tap")))
		failures=$((failures + $(grep -c '^not ok ' "$work/tap")))
		cd "$work/here" || exit 1
	done
}

# fresh COMMAND...: becomes the command, with signals as a terminal's shell would give them but those named in $ignored,
# and dies after a minute.  (A shell starts what goes to the background with SIGINT ignored.)
fresh() {
	exec "$PYTHON" -c 'import os, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGXFSZ"):
    signal.signal(getattr(signal, name), signal.SIG_IGN if name in sys.argv[1] else signal.SIG_DFL)
signal.alarm(60)
os.execvp(sys.argv[2], sys.argv[2:])' "${ignored:-}" "$@"
}

volcheck() { "$PYTHON" "$here/volcheck.py" "$@"; }

# judge FLAGS VOLUME...: what the oracle counts, without the blocks: the same of a volume and of its conversion.  On
# stderr what is wrong, and the exit status.
judge() {
	judge_flags=$1
	shift
	# shellcheck disable=SC2086 # options
	volcheck $judge_flags "$@" >"$work/judged" || return 1
	sed 's/blocks=[0-9]* //' "$work/judged"
}

# until_true SECONDS COMMAND...: is it so before they are over?
until_true() {
	left=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.05
	done
}

# in_folder DIR: what is there, hidden files too, in one line
in_folder() { find "$1" -mindepth 1 | sed "s|^$1/||" | sort | tr '\n' ' '; }

# gone PID...: all of these processes have ended
gone() {
	for child; do
		for _ in $(seq 200); do
			kill -0 "$child" 2>/dev/null || continue 2
			sleep 0.05
		done
		return 1
	done
}

# volumes PATTERN: lines "group/name product flags" of the list that match
volumes() { grep -E "$1" "$VOLUMES/list"; }

# listed LINE: takes a line of the list apart: the $volume's path, its $name, $product and $flags
listed() {
	tab=$(printf '\t')
	volume=$VOLUMES/${1%%"$tab"*}
	name=${volume##*/}
	rest=${1#*"$tab"}
	product=${rest%%"$tab"*}
	flags=${rest#*"$tab"}
}

flags_of() { awk -F '\t' -v v="$1" '$1 == v { print $3 }' "$VOLUMES/list"; }

# The plan.  The exit status is for those who run a scenario alone.
done_testing() {
	echo "1..$tests"
	[ "$failures" = 0 ]
	exit
}

# in_parallel LIST: runs this scenario once for each line of the file LIST, two at a time, as: sh scenario --one LINE.
# What they print is printed in the order of the list.
in_parallel() {
	mkdir "$work/parts"
	# shellcheck disable=SC2016 # for the inner shell
	one='sh "$0" --one "$2" >"$1.tap" 2>&1'
	awk -v d="$work/parts" '{ printf "%s/%03d\n%s\n", d, NR, $0 }' "$1" | tr '\n' '\000' |
		xargs -0 -n 2 -P 2 sh -c "$one" "$scenario"
	part_number=0
	while read -r line; do
		part_number=$((part_number + 1))
		part=$(printf '%s/%03d' "$work/parts" "$part_number")
		grep -v '^1\.\.' "$part.tap"
		tests=$((tests + $(grep -cE '^(not )?ok ' "$part.tap")))
		failures=$((failures + $(grep -c '^not ok ' "$part.tap")))
		# One that broke off has printed no plan.
		grep -q '^1\.\.' "$part.tap" || not_ok "$line: the tests of this volume came to their end"
	done <"$1"
}

if [ -z "${VOLUMES:-}" ]; then
	VOLUMES=$work/volumes
	"$here/prepare" "$VOLUMES" || exit 1
fi
export VOLUMES
