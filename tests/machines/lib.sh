#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the scenarios of many machines share: twelve volumes in eleven units, what must become of them, and waiting.
# shellcheck disable=SC2034,SC2317,SC2154 # for the scenarios; called by name; of tests/lib.sh
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

contrib=$(cd "$here/../../contrib" && pwd)
XFLATE_UNIT=$contrib/xflate-unit
export XFLATE_UNIT
# Slow enough to be killed in the middle.
rate=${RATE:-1M}

# The folder has a blank in its name, one volume a newline and a quote.
shared="$work/all see"
plan=$shared/plan
volumes=$shared/volumes
results=$shared/results
mkdir -p "$plan" "$volumes" || exit 1
odd=${ODD:-"vol
it's"}

take() { # NAME OF-WHAT: a real volume
	case $2 in
	*.xz) xz -dc "$VOLUMES/$2" >"$volumes/$1" ;;
	*) cp "$VOLUMES/$2" "$volumes/$1" ;;
	esac
}
take vol-span-gzip6-1 bareos/vol-span-gzip6-1
take vol-span-gzip6-2 bareos/vol-span-gzip6-2
for from in bareos/vol-gzip6 bareos/vol-lz4hc.xz bareos/vol-lzfast.xz bareos/vol-lzo.xz bacula/plain-none-sparse.xz bacula/plain-interleave \
	bareos/vol-append.xz; do
	take "$(basename "$from" .xz)" "$from"
done
take "$odd" bacula/small-lzo
take vol-multi bareos/vol-multi.xz
printf 'torn' | dd of="$volumes/vol-multi" bs=1 seek=900000 conv=notrunc 2>/dev/null
take enc256-append bacula/enc256-append.xz
"$XFLATE" plan -q --recursive --json --lists "$plan/units" "$volumes" >"$plan/plan.json" 2>"$err"
is $? 3 'a plan: an encrypted volume may hide what it lacks'
set -- "$plan/units"/*
is $# 11 'twelve volumes are eleven units'
failing=enc256-append
list_of() { echo "$plan/units"/*."$1"; }

options="-q -r gzip:1 --on-damage=skip"
# What each becomes, by the program alone.
mkdir "$work/wanted" || exit 1
for list in "$plan/units"/*; do
	name=${list##*/}
	name=${name#*.}
	mkdir "$work/wanted/$name"
	# shellcheck disable=SC2086 # words
	xargs -0 "$XFLATE" $options -o "$work/wanted/$name" <"$list" 2>/dev/null
done

# Is in RESULTS all that must be, and nothing else?
as_wanted() {
	wrong=0
	[ ! -e "$results/$failing" ] || { echo "$failing is there"; wrong=1; }
	[ -s "$results/.failed/$failing.report.json" ] || { echo "no report of $failing"; wrong=1; }
	for name in "$work/wanted"/*; do
		name=${name##*/}
		[ "$name" != "$failing" ] || continue
		diff -r -x '*.report.json' -x '*.map' "$work/wanted/$name" "$results/$name" || wrong=1
		[ "$(grep -l '^  "complete": true' "$results/$name"/*.report.json | grep -c 'report.json$')" = 1 ] || { echo "$name: no report"; wrong=1; }
	done
	[ "$(find "$results" -mindepth 1 -maxdepth 1 ! -name '.*' | wc -l)" = 10 ] || { ls "$results"; wrong=1; }
	return $wrong
}
wanted_line='11 units planned: 9 done, 1 damaged, 1 failed, 0 missing, 0 twice'
# merged FILE: the first half of its last line
merged() { tail -n 1 "$1" | cut -d ';' -f 1; }

done_units() { find "$results" -mindepth 2 -maxdepth 2 -name '*.report.json' ! -path '*/.failed/*' 2>/dev/null | wc -l; }
at_least() { [ "$(done_units)" -ge "$1" ]; }
# Is somebody on that host at work on a unit?
at_work() { find "$results/.staging" -mindepth 2 -path "*.$1.*" 2>/dev/null | grep -q .; }
# The reports that are there, and when each was made.
made() { find "$results" -mindepth 2 -maxdepth 2 -name '*.report.json' ! -path '*/.failed/*' -printf '%i %T@\n' | sort; }
