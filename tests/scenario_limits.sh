#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bombs and crowds (tests/limits.py): memory stays within bounds, and where a limit ends the run it is named, with the
# option that raises it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"


# within MEGABYTES TEXT COMMAND...: runs it; no more memory than that at any time
within() {
	most=$1
	text=$2
	shift 2
	ran=$*
	timeout -k 5 120 "$PYTHON" "$here/limits.py" --run "$@" >"$out" 2>"$err" 3>"$work/used"
	status=$?
	used=$(cat "$work/used")
	if sanitized; then
		skip "$text: memory" 'a sanitizer has its own'
	elif [ "${used:-1000000}" -le "$most" ]; then
		ok "$text: $used MB, not more than $most"
	else
		not_ok "$text: $used MB, more than $most"
		show "$err"
	fi
}

make() { check "$1: made" "$PYTHON" "$here/limits.py" --make "$1" "$1"; }

# ---- payloads that inflate without end ----

make bombs
for command in '-i --on-damage=skip' '-r lz4 --on-damage=skip' '-r gzip:1 --on-damage=keep'; do
	# shellcheck disable=SC2086 # options
	within 200 "bombs, xflate $command" "$XFLATE" -q -T2 $command bombs
	expect_status 3 "bombs, xflate $command: damage"
	is "$(grep -cE '(gzip|lz4|lzfast) data (inflates to more than|claims to hold [0-9]* bytes; a record has at most) ?19999999' "$err")" 12 \
		"bombs, xflate $command: each that is too large is named with the limit"
	# The frame whose window would be 2 GB holds nothing: it decodes, and without that window.
	is "$(grep -c 'zstd data' "$err")" 3 "bombs, xflate $command: so are zstd's of a terabyte"
done
within 200 'bombs, verify' "$XFLATE" verify -T2 bombs
expect_status 3 'bombs, verify: damage'
within 100 'bombs, stop' "$XFLATE" -q -T2 -i -o stopped bombs
expect_status 1 'bombs: the run ends at the first'
check 'bombs: no output' test ! -e stopped
rm bombs

# ---- the longest records ----

make giants
within 300 'records of 20 MB, xflate -r lz4' "$XFLATE" -q -T2 -r lz4 -o packed giants
expect_status 0 'records of 20 MB: deflated'
within 300 'records of 20 MB, xflate -i' "$XFLATE" -q -T2 -i -o plain packed
expect_status 0 'records of 20 MB: and inflated again'
within 300 'records of 20 MB, compare' "$XFLATE" compare -T2 giants --vs plain
expect_status 0 'records of 20 MB: the same content'
rm giants packed plain

make too-long
run "$XFLATE" list too-long
expect_status 3 'one byte more is damage'
says 'longer than any reader takes' 'and it is said'

# ---- crowds ----

make empties
for command in list 'verify -q' '-q -i' '-q'; do
	# shellcheck disable=SC2086 # options
	within 60 "three million empty records, xflate $command" "$XFLATE" $command empties
	expect_status 0 "three million empty records, xflate $command: well"
done
is "$(cmp empties "$out" 2>&1)" '' 'three million empty records: a checked copy is the same'
rm empties

make sessions
for command in list 'verify -q' '-q -i --on-damage=skip' '-q'; do
	# shellcheck disable=SC2086 # options
	within 250 "ten thousand open sessions, xflate $command" "$XFLATE" $command sessions
	expect_status 0 "ten thousand open sessions, xflate $command: well"
done
within 100 'ten thousand open sessions in 64 MB' "$XFLATE" verify --max-memory 64M sessions
expect_status 1 'ten thousand open sessions in 64 MB: too many'
says '^xflate: sessions: .*more than 64 MiB of memory.*--max-memory' 'the limit and its option are named'
rm sessions

# What waits of their records is read again, not kept.
make busy
"$XFLATE" -q -T1 -r lz4 busy 2>/dev/null | cksum >wanted
for command in '-q -r lz4' '-q -T1 -r lz4' '-q -i' 'verify -q' 'compare -q busy --vs'; do
	# shellcheck disable=SC2086 # options
	within 64 "two thousand busy sessions, xflate $command" "$XFLATE" $command busy
	expect_status 0 "two thousand busy sessions, xflate $command: well"
	is "$(grep -cv '^2000 jobs' "$err")" 0 "two thousand busy sessions, xflate $command: quiet"
	case $command in
	*-r*) is "$(cksum <"$out")" "$(cat wanted)" "two thousand busy sessions, xflate $command: the same" ;;
	esac
done
# shellcheck disable=SC2016 # for the inner shell
is "$(sh -c 'cat busy | "$XFLATE" -q -r lz4' 2>/dev/null | cksum)" "$(cat wanted)" 'two thousand busy sessions in a pipe: the same'
rm busy

make sessions-claiming
within 100 'each claims 20 MB' "$XFLATE" -q -i --on-damage=skip sessions-claiming
expect_status 0 'ten thousand sessions that each claim 20 MB of a file: only what is there is read again'
# shellcheck disable=SC2016 # for the inner shell
within 200 'each claims 20 MB, in a pipe' sh -c 'cat sessions-claiming | "$XFLATE" -q -i --on-damage=skip'
expect_status 1 'ten thousand sessions that each claim 20 MB: too much'
says '^xflate: .*more than 1024 MiB of memory.*--max-memory' 'the limit and its option are named'
# shellcheck disable=SC2016 # for the inner shell
within 500 'each claims 20 MB, and may' sh -c 'cat sessions-claiming | "$XFLATE" -q -i --on-damage=skip --max-memory 400G'
expect_status 0 'with the option raised it goes on'
rm sessions-claiming

make crowd
within 600 'four hundred thousand sessions' "$XFLATE" list crowd
expect_status 1 'four hundred thousand sessions: too many'
says '^xflate: crowd: .*more than 1024 MiB of memory.*--max-memory' 'the limit and its option are named'

for wrong in 0 63M x -1 18446744073709551616; do
	run "$XFLATE" list --max-memory "$wrong" crowd
	refused 2 "--max-memory $wrong"
done
done_testing
