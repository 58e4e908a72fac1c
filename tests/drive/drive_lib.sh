#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the scenarios of the test drive share, on top of tests/lib.sh.  run.sh starts them.
#
#   FUSE_DRIVE=path  the drive's server
#   DRIVES_OF=path   tests/drive/drives_of.c, built
# shellcheck disable=SC2034 # for the scenarios

VOLUMES=${VOLUMES:-/nonexistent} # lib.sh need not make any
export VOLUMES
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

DRIVES_OF=${DRIVES_OF:-/nonexistent}
mnt=$work/mnt
mkdir "$mnt"
nst=$mnt/nst0
sg=$mnt/sg0
server=

stop() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null
		wait "$server" 2>/dev/null
		server=
	fi
}
trap 'stop; cleanup' EXIT

# drive PERSONALITY [CONTROL...]: a new drive with a blank LTO-6 cartridge; its power-on attention is still waiting
drive() {
	stop
	"$FUSE_DRIVE" "$mnt" "$1" "$work/log" 2>>"$work/server" &
	server=$!
	shift
	for _ in $(seq 100); do
		[ -e "$sg" ] && break
		sleep 0.05
	done
	if ! [ -e "$sg" ]; then
		not_ok "the FUSE drive did not appear: is /dev/fuse there, and allowed?"
		done_testing
	fi
	for line; do
		ctl "$line"
	done
}

ctl() { printf '%s\n' "$1" >"$mnt/ctl"; }

# state NAME: what the drive is in
state() { sed -n "s/^$1=//p" "$mnt/state"; }

# key_is HEX TEXT: this key is in the drive
key_is() {
	is "$(state key)" "$(printf %s "$1" | "$PYTHON" -c 'import hashlib, sys
print(hashlib.sha256(bytes.fromhex(sys.stdin.read())).hexdigest()[:16])')" "$2"
}

# drive_is ENCRYPTION DECRYPTION TEXT
drive_is() { is "$(state encryption) $(state decryption)" "$1 $2" "$3"; }

# pages: the Set pages that the drive got, in hex
pages() { awk '$1 ~ /^b5/ { print $3 }' "$work/log"; }

# count_commands PREFIX: how many the drive got
count_commands() { grep -c "^$1" "$work/log"; }

# The rewind of the drive, as mt does it, and the place behind the label.  Then what is written: label and data of a volume.
rewind() { "$PYTHON" -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x40086D01, struct.pack("hi", 6, 1))' "$nst"; }
to_data() { "$PYTHON" -c 'import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
for op, n in (6, 1), (1, 1):
    fcntl.ioctl(fd, 0x40086D01, struct.pack("hi", op, n))' "$nst"; }
label() { "$PYTHON" "$here/tapewrite.py" "$1" "$nst" label; }
data() { "$PYTHON" "$here/tapewrite.py" "$1" "$nst" data; }

# prints PATTERN TEXT: a line on stdout of the last run
prints() {
	if grep -Eq -- "$1" "$out"; then
		ok "$2"
	else
		not_ok "$2"
		echo "# stdout has no line like $1"
		show "$out"
		return 1
	fi
}

# schema_of COMMAND...: the name of the schema of what a drive's command prints as JSON, "" for others
schema_of() {
	case " $* " in
	*' --json'*) ;;
	*) return ;;
	esac
	case "$* " in
	"$DRIVES_OF "* | "$XFLATE drives "*) echo drives ;;
	*"$XFLATE alerts "* | *"$XFLATE' alerts "*) echo alerts ;;
	"$XFLATE key "*) echo "key-$3" ;;
	esac
}

# run COMMAND...: as in lib.sh; and what it prints as JSON fits its schema, or a test fails.  $work/seen: what members it had.
run() {
	ran=$*
	timeout -k 5 60 "$@" >"$out" 2>"$err"
	status=$?
	schema=$(schema_of "$@")
	if [ -n "$schema" ] && { [ "$status" != 2 ] || [ -s "$out" ]; } &&
		! "$PYTHON" "$here/../schemas.py" check "$schema" "$out" "$work/seen" >"$work/said" 2>&1; then
		not_ok "the JSON of $schema fits its schema"
		echo "# $ran" | cut -c 1-300
		show "$work/said"
	fi
}

# A sysfs in sys/, and what xflate drives lists of it.
# device ADDRESS TYPE VENDOR PRODUCT SERIAL
device() {
	mkdir -p "sys/devices/$1"
	echo "$2" >"sys/devices/$1/type"
	echo "$3" >"sys/devices/$1/vendor"
	echo "$4" >"sys/devices/$1/model"
	echo R100 >"sys/devices/$1/rev"
	[ -z "$5" ] || printf "\\000\\200\\000\\00${#5}%s" "$5" >"sys/devices/$1/vpd_pg80"
}
# called CLASS NAME ADDRESS
called() {
	mkdir -p "sys/class/$1/$2"
	ln -s "../../../devices/$3" "sys/class/$1/$2/device"
}
list() { run "$DRIVES_OF" sys "$mnt" "$@"; }

# json EXPRESSION: of the object d on stdout of the last run
json() { "$PYTHON" -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out" "$1"; }

# The passphrase of formats/keys-and-drives.md 2.3, and the drive's key that Bareos makes of it.
passphrase=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef
drive_key=4142434445464748494a4b4c4d4e4f505152535455565758595a616263646500
other_passphrase=zyxwvutsrqponmlkjihgfedcbaZYXWVU
umask 077
printf '%s\n' "$passphrase" >pass
printf '%s\n' "$other_passphrase" >other
printf '%s\n' "$drive_key" >raw
printf 'OutOfThinAir1234567890abcdefghij' >kek
umask 022
