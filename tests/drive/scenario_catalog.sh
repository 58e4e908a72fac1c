#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Keys by a query of the catalog: key load, key probe and changer with --catalog-command.
# shellcheck disable=SC2016 # for the commands' shells
# shellcheck source=tests/drive/drive_lib.sh
. "$(dirname "$0")/drive_lib.sh"
volumes=${here%/*}/volumes

xz -dc "$volumes/bareos/vol-multi.xz" >vol 2>/dev/null
name=$(xflate list --json vol | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["volumes"][0]["volume"])')
umask 077
"$XFLATE" key wrap pass --kek kek -o wrapped
"$XFLATE" key generate --kek kek -o k1
printf ' volumename | encryptionkey\n------------+---------------\n OTHER      | %s\n %s | %s\n CLEAR      |\n(3 rows)\n' \
	"$(cat k1)" "$name" "$(cat wrapped)" >table
printf -- '-[ RECORD 1 ]-+---\nvolumename    | OTHER\nencryptionkey | %s\n-[ RECORD 2 ]-+---\nvolumename    | %s\nencryptionkey | %s\n' \
	"$(cat k1)" "$name" "$(cat wrapped)" >records
umask 022

# ---- load ----
drive hp-lto6
for form in table records; do
	run "$XFLATE" key load --volume "$name" --catalog-command "cat $form" --kek kek "$nst"
	expect_status 0 "load: $form"
	key_is "$drive_key" "... the volume's key is in the drive"
	run "$XFLATE" key clear "$nst"
done
run "$XFLATE" key load --volume CLEAR --catalog-command 'cat table' --kek kek "$nst"
refused 4 "load: a volume without a key"
says 'no key in the catalog' "... it says where it looked"
# The command's failure is ours, and nothing that it says is shown.
secret=$(cut -c 1-20 wrapped)
# catalog STATUS COMMAND TEXT
catalog() {
	run "$XFLATE" key load --volume "$name" --catalog-command "$2" --kek kek "$nst"
	refused "$1" "load: $3"
	is "$(state key) $(grep -cF "$secret" "$err")" 'none 0' "... no key is loaded, none is shown"
}
catalog 1 'cat table; exit 2' 'the command fails, although it has printed all'
catalog 1 'cat table >&2; exit 2' 'the command fails and puts keys on standard error'
catalog 1 'kill -9 $$' 'the command is killed'
catalog 1 ./nothere 'no such command'
catalog 1 true 'it prints nothing'
catalog 1 'echo " volumename | encryptionkey"' 'it prints no volume'
catalog 1 'cat wrapped' 'it prints something else'
catalog 1 'head -c 5000 /dev/urandom | base64; cat table' 'it prints a lot of something else'
catalog 1 'printf "%s|%s\n" "$(cat wrapped)" NAME' 'key and name have changed places'
catalog 1 'printf "%s|%s\n%s|%s\n" "$(cat wrapped)" A "$(cat wrapped)" B' 'key and name have changed places, twice'
run "$XFLATE" key load -v --volume "$name" --catalog-command 'echo no route to host >&2; exit 2' --kek kek "$nst"
says 'no route to host' "load -v: the command's own messages"
run "$XFLATE" key load --volume "$name" --catalog-command 'cat table' --cache c --kek kek "$nst"
refused 2 "load: a cache and a catalog"
run "$XFLATE" key load --volume "$name" --catalog-command '' --kek kek "$nst"
refused 2 "load: an empty command"
run "$XFLATE" key load --key pass --catalog-command 'cat table' "$nst"
refused 2 "load: a key and a catalog"

# ---- probe ----
check "the label is written in clear" "$PYTHON" "$here/tapewrite.py" vol "$nst" label
run "$XFLATE" key load -q --volume "$name" --catalog-command 'cat table' --kek kek "$nst"
check "the data is written" "$PYTHON" "$here/tapewrite.py" vol "$nst" data
run "$XFLATE" key clear "$nst"
to_data
run "$XFLATE" key probe --catalog-command 'cat records' --kek kek "$nst"
expect_status 0 "probe"
is "$(sed 's/, key .*//' "$out")" "volume $name" "... finds the volume"

# ---- changer ----
printf '#!/bin/sh\n[ "$2" != load ] || echo "medium protected" >%s/ctl\n' "$mnt" >mtx-changer
chmod +x mtx-changer
rewind
ctl 'medium none'
run "$XFLATE" changer --catalog-command 'cat table' --kek kek -- ./mtx-changer /dev/sg9 load 1 "$nst" 0
expect_status 0 "changer: load"
key_is "$drive_key" "... the volume's key is in the drive"
run "$XFLATE" key clear "$nst"
ctl 'medium none'
run "$XFLATE" changer --catalog-command 'cat table; exit 1' --kek kek -- ./mtx-changer /dev/sg9 load 1 "$nst" 0
expect_status 1 "changer: the catalog fails"
says 'the catalog command ended with exit status 1' "... and it is said"
is "$(state key)" none "... no key is loaded"
stop
done_testing
