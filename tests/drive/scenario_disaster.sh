#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/disaster.md, word for word: from an encrypted tape and two sheets of paper to the files.
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"

mkdir "$work/bin"
ln -s "$XFLATE" "$work/bin/xflate"
# As mt-st does it.
cat >"$work/bin/mt" <<'END'
#!/usr/bin/env python3
import fcntl, os, struct, sys
assert sys.argv[1] == "-f" and sys.argv[3:] == ["rewind"]
fcntl.ioctl(os.open(sys.argv[2], os.O_RDONLY), 0x40086D01, struct.pack("hi", 6, 1))
END
chmod 755 "$work/bin/mt"

# ---- before: a label in clear, data under the key; keys on paper ----
"$PYTHON" "${here%/drive}/disaster.py" vol
umask 077
"$XFLATE" key generate --kek kek -o key 2>/dev/null
printf 'Vault-0001\t%s\n' "$(cat key)" | "$XFLATE" cache import cache - 2>/dev/null
check "the keys are printed" "$XFLATE" cache export cache --bundle bundle --kek kek
umask 022
drive hp-lto6
check "the label is written in clear" "$PYTHON" "$here/tapewrite.py" vol "$nst" label
run "$XFLATE" key load -q --volume Vault-0001 --cache cache --kek kek --kad '%v %k' "$nst"
expect_status 0 "the key is in the drive"
check "the data is written" "$PYTHON" "$here/tapewrite.py" vol "$nst" data
"$XFLATE" key clear -q "$nst"
"$work/bin/mt" -f "$nst" rewind
check "the data is encrypted" [ "$(state encrypted)" -gt 10 ]

# ---- that day: the paper alone ----
sed 's/[[:space:]]*$//' bundle >typed
rm -f cache key bundle vol
check "from an encrypted tape" follow disaster.md 'From an encrypted tape' "s|/dev/nst0|$nst|" || show "$err"
is "$(grep -c web rescued/var/lib/bacula/bacula.sql)" 1 "the last save of the catalog came out"
is "$(cat restored/srv/www/index.html)" '<h1>It works</h1>' "and the files"
is "$(state key)" none "no key is left in the drive"
printf 'mistyped\n' >>typed
rm -rf keys rescued restored
fails "a sheet that was mistyped" follow disaster.md 'From an encrypted tape' "s|/dev/nst0|$nst|"
done_testing
