#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [PART...] - the program under other compilers, processors, C libraries and systems, and what analyzers say of it; all parts, or those
# that are named:
#
#   clang      builds without a warning, and its unit tests pass
#   analyzers  cppcheck and gcc -fanalyzer find nothing that is not in analyzers.known
#   valgrind   the unit tests of secrets and ciphers, and commands with keys: no invalid access, nothing uninitialised decides, no leak
#   user       the tests of a quick lane as an ordinary user, in a folder with a long name, without network, in another language
#   i386       32 bits: builds without a warning, unit tests and some scenarios pass
#   trixie     the next Debian, with its gcc and OpenSSL: the same
#   s390x      a big-endian processor, emulated: builds without a warning, unit tests pass, and it writes the bytes that this one writes
#   musl       another C library: every file compiles, as far as Debian's headers of the libraries do without glibc
#
#   XFLATE=path  this system's program, whose bytes s390x must write (default: build/xflate)
#   KEEP=1     leaves the work folder, and says where it is
#
# i386, trixie and s390x take root: each is a folder that mmdebstrap fills from the mirror of this machine's apt, and a chroot.  Prints what is
# tried, and last "N passed, N failed".
# shellcheck disable=SC2317 # check, fails and need call functions by name
VOLUMES=$(cd "$(dirname "$0")/../volumes" && pwd)
export VOLUMES
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
top=${here%/tests/elsewhere}
[ -z "${KEEP:-}" ] || trap 'echo "# kept: $work"' EXIT
jobs=$(nproc)
scenarios='scenario_convert scenario_verify scenario_encrypt scenario_keys scenario_cache'

# quietly COMMAND...: its last words where it fails
quietly() { "$@" >"$work/said" 2>&1 || { tail -n 30 "$work/said"; return 1; }; }

# sources FOLDER: what git has of the last commit
sources() { mkdir -p "$1" && git -C "$top" archive HEAD | tar -xf - -C "$1"; }

# tests_pass FOLDER COMMAND...: all of what tests/run says passed
tests_pass() {
	quietly "$@" || return 1
	tail -n 1 "$work/said" | grep -E '^[1-9][0-9]* passed, 0 failed$'
}

clang() {
	sources "$work/clang"
	cd "$work/clang" || return
	check 'clang: builds without a warning' quietly make -j"$jobs" CC=clang WERROR=1 all checks
	# shellcheck disable=SC2046 # names
	check 'clang: unit tests' tests_pass tests/run $(basename -s .c tests/check_*.c)
}

# known: findings that were looked at, and are none.  One a line: FILE ID, and why behind #
known() { sed 's/ *#.*//' "$here/analyzers.known"; }
findings() { sort -u "$1" | grep -vxFf "$work/known"; }

analyzers() {
	sources "$work/analyzed"
	cd "$work/analyzed" || return
	known >"$work/known"
	# What it says of how things might be put otherwise is not asked for.
	check 'cppcheck runs' quietly cppcheck -j"$jobs" --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingInclude \
		--template='{file} {id}' --output-file="$work/cppcheck" -D_GNU_SOURCE -I. ./*.c base codec format crypt medium volume pipeline restore \
		prove catalog index mount keys tape cmd
	fails 'cppcheck finds nothing' findings "$work/cppcheck"
	check 'gcc -fanalyzer runs' quietly make -j"$jobs" BUILD=analyze CFLAGS='-O1 -fanalyzer' all
	sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: warning: .* \[-W(analyzer-[a-z-]*)\]$/\1 \2/p' "$work/said" >"$work/analyzer"
	fails 'gcc -fanalyzer finds nothing' findings "$work/analyzer"
}

# checked COMMAND...: under valgrind.  Its exit status 99 is a finding
checked() { quietly valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite "$@"; }

valgrinds() {
	sources "$work/valgrind"
	cd "$work/valgrind" || return
	# Its processor has no AVX-512; what is chosen at run time is what it has.
	check 'valgrind: built' quietly make -j"$jobs" WERROR=1 all checks
	CK_FORK=no
	CK_TIMEOUT_MULTIPLIER=50
	export CK_FORK CK_TIMEOUT_MULTIPLIER
	# Without keydir, whose test kills its own child.
	for unit in secret keywrap cryptocache shamir share bundle keylist crypt pki; do
		check "valgrind: check_$unit" checked "build/tests/check_$unit"
	done
	xflate=build/xflate
	"$top/tests/prepare" "$work/volumes"
	(umask 077 && head -c 32 /dev/urandom >"$work/key")
	check 'valgrind: encrypt' checked $xflate filter -T1 -q --encrypt aes-128-xts --new-key "$work/key" -o "$work/locked" "$work/volumes/bacula/plain-gzip1-sparse"
	check 'valgrind: decrypt' checked $xflate filter -T2 -q --decrypt --key "$work/key" -o "$work/open" "$work/locked"
	check 'valgrind: verify' checked $xflate verify -q -T2 --key "$work/key" "$work/locked"
	check 'valgrind: key generate' checked $xflate key generate -o "$work/new"
}

ordinary() {
	folder="$work/a folder with a rather long name, and one more in it/$(printf 'x%.0s' $(seq 150))/xflate"
	sources "$folder"
	chown -R nobody "$work"
	chmod 711 "$work"
	cd "$folder" || return
	as_nobody() { quietly setpriv --reuid=nobody --regid=nogroup --clear-groups unshare -rn env -u HOME LC_ALL=de_DE.UTF-8 sh -c "umask 077; $1"; }
	check 'an ordinary user without network: builds' as_nobody "make -j$jobs WERROR=1 all checks"
	check 'an ordinary user without network: unit tests and scenarios' as_nobody "tests/run check_* $scenarios"
}

# system NAME ARCHITECTURE SUITE: a folder with that system and what the build and the tests need
system() {
	quietly mmdebstrap --quiet --variant=minbase --architectures="$2" \
		--include="$(awk '$1 == "build" || $1 == "check" { print $2 }' "$top/packages.txt" | paste -sd, -),ca-certificates" "$3" "$work/$1" &&
		sources "$work/$1/xflate"
}
# inside NAME COMMAND: in that system
inside() { quietly chroot "$work/$1" sh -c "cd /xflate && $2"; }

elsewhere() {
	if ! check "$1: the system is there" system "$1" "$2" "$3"; then
		return
	fi
	check "$1: builds without a warning" inside "$1" "$4 make -j$jobs WERROR=1 all checks"
	check "$1: unit tests" inside "$1" "$4 tests/run \$(basename -s .c tests/check_*.c)"
	check "$1: scenarios" inside "$1" "$4 tests/run $scenarios"
	rm -rf "${work:?}/$1"
}

# libraries ARCHITECTURE: what the build takes of it
libraries() { awk -v arch="$1" '$1 == "build" && $2 ~ /^lib/ { print $2 ":" arch } END { print "check:" arch }' "$top/packages.txt"; }

s390x() {
	cross='make,pkg-config,gcc-s390x-linux-gnu,libc6-dev-s390x-cross,qemu-user-static'
	root=$work/s390x
	check 's390x: the system is there' quietly mmdebstrap --quiet --variant=minbase --architectures="$(dpkg --print-architecture),s390x" \
		--include="$cross,$(libraries s390x | paste -sd,)" bookworm "$root" || return
	sources "$root/xflate"
	flags='WERROR=1 CC=s390x-linux-gnu-gcc AR=s390x-linux-gnu-ar PKG_CONFIG_LIBDIR=/usr/lib/s390x-linux-gnu/pkgconfig:/usr/share/pkgconfig'
	check 's390x: builds without a warning' inside s390x "make -j$jobs $flags all checks" || return
	for unit in "$root"/xflate/tests/check_*.c; do
		unit=$(basename -s .c "$unit")
		check "s390x: $unit" inside s390x "CK_TIMEOUT_MULTIPLIER=20 qemu-s390x-static build/tests/$unit"
	done
	"$top/tests/prepare" "$root/volumes"
	cp "$here/convert.sh" "$root/volumes/convert.sh"
	chroot "$root" sh -c 'cd /volumes && sh convert.sh qemu-s390x-static /xflate/build/xflate' >"$work/there"
	(cd "$root/volumes" && sh convert.sh "$XFLATE") >"$work/own"
	check "s390x: $(wc -l <"$work/own") runs" test "$(wc -l <"$work/own")" -gt 500
	check 's390x: the same bytes, words and exit status as here' quietly diff "$work/there" "$work/own"
	rm -rf "${root:?}"
}

# compiled FILE: its warnings are errors, but for those of headers that were written for glibc
compiled() {
	musl-gcc -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 '-DXFLATE_VERSION="0"' -Wall -Wextra -Werror -fsyntax-only -I. -idirafter /usr/include \
		-idirafter "/usr/include/$(gcc -print-multiarch)" "$1"
}

musl() {
	sources "$work/musl"
	cd "$work/musl" || return
	for file in ./*.c base/*.c codec/*.c format/*.c crypt/*.c medium/*.c volume/*.c pipeline/*.c restore/*.c prove/*.c catalog/*.c index/*.c keys/*.c tape/*.c \
		mount/*.c cmd/*.c cmd/*/*.c; do
		quietly compiled "$file" || not_musl="${not_musl:-} $file"
	done
	is "${not_musl:-}" '' 'musl: every file compiles'
}

all='clang analyzers valgrind user i386 trixie s390x musl'
[ $# -gt 0 ] || eval "set -- $all"
for part; do
	[ "$part" != --help ] || { sed -n "3,/^# shellcheck/s/^# \{0,1\}//p" "$here/run.sh" | sed "\$d"; exit 0; }
	case $part in
	clang) clang ;;
	analyzers) analyzers ;;
	valgrind) valgrinds ;;
	user) ordinary ;;
	i386) elsewhere i386 i386 bookworm linux32 ;;
	trixie) elsewhere trixie "$(dpkg --print-architecture)" trixie '' ;;
	s390x) s390x ;;
	musl) musl ;;
	*) echo "run.sh: no part $part; parts: $all" >&2; exit 2 ;;
	esac
done
echo "$((tests - failures)) passed, $failures failed"
[ "$failures" = 0 ]
