#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every path of load and unload with every failure: what is in the drive, what does the next write do?
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

# Each fault at every other command, each class of faults at others: under two and a half minutes.  FAULTS_STEP=1: at all.
export FAULTS_STEP="${FAULTS_STEP:-2}"

xz -dc "${here%/*}/volumes/bareos/vol-multi.xz" >vol 2>/dev/null
drive hp-lto6
"$PYTHON" "$here/paths.py" "$XFLATE" "$mnt" "$work/log" vol >paths 2>&1
grep -v '^1\.\.' paths
tests=$((tests + $(grep -cE '^(not )?ok ' paths)))
failures=$((failures + $(grep -c '^not ok ' paths)))
grep -q '^1\.\.' paths || not_ok "the paths came to their end"
done_testing
