#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [SCENARIO...] - contrib/ with the engines themselves: all scenarios, or those named (unit, parallel, slurm, pods, s3, examples).  Prints what failed
# and, last, "N passed, N failed".
#
#   BUILD=dir    where xflate is (default: build)
#
# Each scenario has namespaces of its own: its daemons are on a loopback that nobody else sees, at whatever ports they want, and die with its first
# process.  That takes root.  (192.0.2.1: a host that has 127.0.0.1 alone resolves no IPv4 address, thinks getaddrinfo.)
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
XFLATE=${XFLATE:-$BUILD/xflate}
# The scenarios read no volumes that tests/prepare would make.
VOLUMES=$PWD/tests/volumes
export BUILD XFLATE VOLUMES

if [ "$(id -u)" != 0 ]; then
	echo 'run.sh: namespaces and daemons take root' >&2
	echo '0 passed, 1 failed'
	exit 1
fi
[ $# -gt 0 ] || set -- unit parallel slurm pods s3 examples
passed=0 failed=0
# shellcheck source=tests/tap.sh
. tests/tap.sh
tap=$(mktemp)
trap 'rm -f "$tap"' EXIT
trap 'exit 1' HUP INT TERM
for name; do
	began=$(date +%s)
	# shellcheck disable=SC2016 # for the inner shell
	timeout -k 10 300 unshare --pid --fork --kill-child --mount-proc --mount --net --uts --ipc \
		sh -c 'ip link set lo up && ip addr add 192.0.2.1/32 dev lo && mount -t tmpfs none /run && exec sh "$0"' "$PWD/tests/machines/scenario_$name.sh" >"$tap" 2>&1 </dev/null
	tap_judge "$tap" $?
	tap_line "machines, $name:" $(($(date +%s) - began))
	tap_details "$tap"
	passed=$((passed + good))
	failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
