#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [SCENARIO...] - the test drive as FUSE files: all scenarios, or those named (key, faults, paths, times, tape, disaster, catalog,
# peers, drives, iscsi, examples, schemas).  Prints what failed and, last, "N passed, N failed".
#
#   BUILD=dir    where xflate is (default: build)
#   FAULTS_STEP=N    faults at every Nth command (default: 1; paths 2; with sanitizers 5)
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
XFLATE=${XFLATE:-$BUILD/xflate}
FUSE_DRIVE=$BUILD/drive/fuse_drive
export BUILD XFLATE FUSE_DRIVE
mkdir -p "$BUILD/drive"
# shellcheck disable=SC2046
${CC:-cc} -O1 -g -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(pkg-config --cflags fuse3) -o "$FUSE_DRIVE" \
	tests/drive/fuse_drive.c tests/drive/model.c tests/drive/model_crypto.c tests/drive/model_info.c tests/drive/model_medium.c \
	$(pkg-config --libs fuse3) -lcrypto || exit 1

ISCSI_ECHO=$BUILD/drive/iscsi_echo
DRIVES_OF=$BUILD/drive/drives_of
export ISCSI_ECHO DRIVES_OF

# A program with sanitizers is slow to start: not every fault at every command.
nm "$XFLATE" 2>/dev/null | grep -q __asan_init && FAULTS_STEP=${FAULTS_STEP:-5} && export FAULTS_STEP

[ $# -gt 0 ] || set -- key faults paths times tape disaster catalog peers drives iscsi examples schemas
passed=0 failed=0
# shellcheck source=tests/tap.sh
. tests/tap.sh
tap=$(mktemp)
trap 'rm -f "$tap"' EXIT
for name; do
	began=$(date +%s)
	timeout -k 10 900 sh "tests/drive/scenario_$name.sh" >"$tap" 2>&1
	tap_judge "$tap" $?
	tap_line "drive, $name:" $(($(date +%s) - began))
	tap_details "$tap"
	passed=$((passed + good))
	failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
