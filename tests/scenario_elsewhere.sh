#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The files of systems that this one is not: do they compile against the functions that those systems have?  (tests/elsewhere/README.md)
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

top=$(dirname "$here")
compiler=${CC:-cc}
if ! command -v "$compiler" >/dev/null 2>&1; then
	skip 'files of other systems' 'there is no compiler'
	done_testing
fi

# compiles SYSTEM MACRO FILE
compiles() {
	"$compiler" -std=c17 -D_GNU_SOURCE -Ulinux -U__linux -U__linux__ "-D$2" -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Werror \
		-fsyntax-only "-I$here/elsewhere/$1" "-I$top" "$3" 2>"$err" || { show "$err"; return 1; }
}

for file in tape/freebsd.c tape/transport.c tape/inventory.c; do
	check "FreeBSD: $file" compiles freebsd __FreeBSD__ "$top/$file"
done
for file in tape/solaris.c tape/transport.c tape/inventory.c; do
	check "Solaris: $file" compiles solaris __sun "$top/$file"
done
# They are not empty for that, and the compiler does look.
refuses() { ! compiles "$@"; }
sed 's/cam_getccb/cam_getccbs/' "$top/tape/freebsd.c" >freebsd.c
sed 's/u\.uscsi_resid/u.uscsi_rest/' "$top/tape/solaris.c" >solaris.c
check 'FreeBSD: what is wrong is found' refuses freebsd __FreeBSD__ freebsd.c
check 'Solaris: what is wrong is found' refuses solaris __sun solaris.c
done_testing
