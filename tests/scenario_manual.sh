#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The examples of the manual: every command that it shows is run somewhere, and says what is shown.  Here those that need nothing but
# files; drives, ssh and databases have suites of their own (tests/examples tells which).
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

check 'each example belongs to a suite that runs it' "$PYTHON" "$here/examples" --check

# plainly PAGE
plainly() {
	case $1 in
	# It makes a KEK.
	bscrypto.8) rm kek ;;
	xflate-volumes.7) for part in 0 1 2; do xz -dc "$here/volumes/field/tapefiles-f$part.xz" >"f$part" || return 1; done ;;
	esac
}
examples plain plainly

# The bundled volumes under their own names, and what the page says of one.
bundled() {
	find . -mindepth 1 -delete
	cp "$VOLUMES"/bareos/vol-multi "$VOLUMES"/bareos/vol-gzip6 "$VOLUMES"/bareos/vol-ax-sparse-lz4 "$VOLUMES"/bacula/plain-zstd3 . || return 1
	case $1 in
	damage.md) printf '\0\0\0\0' | dd of=vol-multi bs=1 seek=600000 conv=notrunc 2>/dev/null ;;
	proof.md) "$PYTHON" -c 'data = bytearray(open("vol-gzip6", "rb").read()); data[300000] ^= 1; open("vol-bit", "wb").write(data)' ;;
	esac
}
examples docs bundled

# Nothing is left but three shares of the KEK, and photos of the bundle's codes.
on_paper() {
	xflate key split kek --shares 5 --threshold 3 -o share &&
		xflate cache export keys.cryptoc --bundle bundle.svg --kek kek --qr svg || return 1
	rsvg-convert -b white -d 150 -p 150 bundle.svg -o photo1.png || return 1
	find . -mindepth 1 ! -name 'photo*' ! -name 'share.[145]' -delete
}
xflate cache export nothing --bundle nothing.svg --kek nothing --qr svg 2>"$err"
if grep -q 'without libqrencode' "$err"; then
	skip 'with nothing but paper' 'built without libqrencode'
elif ! command -v zbarimg >/dev/null || ! command -v rsvg-convert >/dev/null; then
	skip 'with nothing but paper' 'no zbarimg or no rsvg-convert'
else
	examples lost on_paper
fi

# As scenario_mount has it.
if [ -w /dev/fuse ] && command -v fusermount3 >/dev/null; then
	examples mount true
	for mounted in "$work/pages"/mount-*/mnt; do fusermount3 -q -u "$mounted" 2>/dev/null; done
elif [ -n "${FUSE_REQUIRED:-}" ]; then
	not_ok 'mounted: no right to /dev/fuse, or no fusermount3'
else
	skip 'mounted' 'no right to /dev/fuse, or no fusermount3'
fi

# ---- a manual that leads astray is seen ----

# astray SED TEXT: with this change of the page
astray() {
	mkdir -p astray/man astray/tests/x astray/run
	sed "$1" "${here%/tests}/man/xflate-verify.1" >astray/man/xflate-verify.1
	cmp -s astray/man/xflate-verify.1 "${here%/tests}/man/xflate-verify.1" && not_ok "$2: the page was changed"
	cp "$here/examples" astray/tests/
	cp -rp "$work/world/." astray/run
	(cd astray/run && PATH=$work/bin:$PATH "$PYTHON" ../tests/examples --run plain xflate-verify.1) >"$out" 2>"$err"
	# shellcheck disable=SC2016 # for the inner shell
	fails "$2" sh -c 'grep -q "^ok " "$1" && ! grep -q "^not ok " "$1"' sh "$out"
	is "$(grep -c '^not ok ' "$out")" 1 '... that one alone'
	rm -rf astray
}
astray 's/^sound: 1 job, 30 of 30/sound: 1 job, 31 of 31/' 'another output than is shown'
astray 's/^\$ xflate verify Full-0002$/$ xflate verify Full-0009/' 'a command that fails'
astray 's/^  files:      30 proved.*/&\
  more of it/' 'a line that does not come'
astray 's/^3$/0/' 'another exit status'
# unruled SED PATTERN TEXT: --check says so
unruled() {
	mkdir -p astray/man astray/tests
	cp "${here%/tests}"/man/*.[1-8] astray/man
	sed "$1" "${here%/tests}/man/xflate-verify.1" >astray/man/xflate-verify.1
	cp "$here/examples" astray/tests/
	"$PYTHON" astray/tests/examples --check >"$err"
	says "$2" "$3"
	rm -rf astray
}
unruled 's/^\.\\" run by drive/.\\" run by nobody/' 'xflate-verify.1:[0-9]*: nobody: no such kind' 'a kind that there is not'
unruled 's/^\$ xflate verify Full-0002/xflate verify Full-0002/' 'xflate-verify.1:[0-9]*: a command that nothing runs' 'a command without $ before it'
unruled 's/^Everything.*//; s/^\.Sh EXAMPLES/&\
.Dl $ xflate verify x/' 'xflate-verify.1:[0-9]*: a command that nothing runs' 'a command outside of a block'
done_testing
