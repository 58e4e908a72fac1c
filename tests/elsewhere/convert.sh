#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# convert.sh PROGRAM... - what it makes of the volumes that tests/prepare put here, one line a run: exit status, digest of all that it says.
# SECONDS_LEFT=n: the next volume is not begun when they are over.
set -u
ends=$(($(date +%s) + ${SECONDS_LEFT:-86400}))
while read -r volume _; do
	[ "$(date +%s)" -lt "$ends" ] || break
	for options in '' -i '-d gzip:6' '-r lz4' '-r lzo' '-r lzfast' '-r zstd' '--target bacula' '--repair' '--max-block 9000'; do
		# shellcheck disable=SC2086 # options
		"$@" filter -q -T2 --on-damage=skip $options "$volume" >said 2>&1 </dev/null
		echo "$? $(cksum <said) $volume $options"
	done
	for command in 'list --json' verify; do
		# shellcheck disable=SC2086 # a command and its option
		"$@" $command "$volume" >said 2>&1 </dev/null
		echo "$? $(cksum <said) $volume $command"
	done
done <list
