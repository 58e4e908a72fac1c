#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The examples of the manual that want a tape drive.
#
#   DRIVES_OF=path  tests/drive/drives_of.c, built: xflate drives with another sysfs
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

mkdir "$work/bin"
# As mt-st does it: its drive has to be a character device.
cat >"$work/bin/mt" <<'END'
#!/usr/bin/env python3
import fcntl, os, struct, sys
operations = {"fsf": 1, "rewind": 6}
assert sys.argv[1] == "-f"
count = int(sys.argv[4]) if len(sys.argv) > 4 else 1
fcntl.ioctl(os.open(sys.argv[2], os.O_RDONLY), 0x40086D01, struct.pack("hi", operations[sys.argv[3]], count))
END
# The machine's drives are those of a sysfs that is made here; all else is the program itself.
cat >"$work/bin/xflate" <<END
#!/bin/sh
[ "\$*" != drives ] || exec "$DRIVES_OF" "$work/sys" "$mnt"
exec "$XFLATE" "\$@"
END
chmod 755 "$work/bin"/*
mkdir -p "$work/sys/devices/2:0:0:0" "$work/sys/class/scsi_generic/sg0" "$work/sys/class/scsi_tape/nst0"
for fact in type=1 vendor=HP 'model=Ultrium 6-SCSI' rev=R100; do echo "${fact#*=}" >"$work/sys/devices/2:0:0:0/${fact%%=*}"; done
ln -s ../../../devices/2:0:0:0 "$work/sys/class/scsi_generic/sg0/device"
ln -s ../../../devices/2:0:0:0 "$work/sys/class/scsi_tape/nst0/device"

rewind() { "$work/bin/mt" -f "$nst" rewind; }
# loaded PAGE: the tape that its examples find in the drive
loaded() {
	drive hp-lto6
	case $1 in
	xflate-key.1 | xflate-keys.7 | xflate-changer.1)
		# Its label in clear, its data under its key.
		"$XFLATE" -q --rename Full-0002=Tape-0001 -o "$work/on-tape" --force Full-0002 &&
			"$PYTHON" "$here/tapewrite.py" "$work/on-tape" "$nst" label &&
			"$XFLATE" key load -q --volume Tape-0001 --cache keys.cryptoc --kek kek --kad '%v %k' "$nst" &&
			"$PYTHON" "$here/tapewrite.py" "$work/on-tape" "$nst" data &&
			"$XFLATE" key clear -q "$nst" && rewind || return 1
		[ "$(state encrypted)" -ge 1 ] || { echo 'nothing is encrypted'; return 1; }
		;;
	*) "$XFLATE" -q -o "$nst" Full-0002 && rewind || return 1 ;;
	esac
	case $1 in
	bscrypto.8) "$XFLATE" key generate --kek kek -o vol.key || return 1 ;;
	xflate-alerts.1) ctl 'alert 20' ;;
	xflate-changer.1)
		ctl 'medium none'
		# shellcheck disable=SC2016 # for the script
		printf '#!/bin/sh\ncase $2 in\nload) echo "medium protected" ;;\nunload) echo "medium none" ;;\nesac >%s/ctl\n' "$mnt" >mtx-changer
		chmod +x mtx-changer
		;;
	esac
}
examples drive loaded --sed /dev/nst0 "$nst" --sed /dev/sg0 "$sg"
done_testing
